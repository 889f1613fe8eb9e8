/**
 * Random numbers that a place determines: Philox4x32 with 10 rounds, a counter-based generator.
 * See Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3 (2011).
 */

/** Multipliers of the rounds, and what is added to the key after each round. */
const [m0, m1, w0, w1] = [0xd2511f53, 0xcd9e8d57, 0x9e3779b9, 0xbb67ae85] as const;

/** The upper 32 bits of the product of two whole numbers of 32 bits. */
function highProduct(a: number, b: number): number {
  const [aHigh, aLow, bHigh, bLow] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const cross = (middle & 0xffff) + aLow * bHigh;
  // Sums of up to 33 bits: divided, not shifted.
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(cross / 65536)) >>> 0;
}

/** Encrypts a counter of four whole numbers of 32 bits by a key of two, in place. */
export function philox(counter: Uint32Array, key0: number, key1: number): void {
  let [c0, c1, c2, c3] = counter as unknown as [number, number, number, number];
  let [k0, k1] = [key0 >>> 0, key1 >>> 0];
  for (let round = 0; round < 10; round++) {
    const [high0, low0] = [highProduct(m0, c0), Math.imul(m0, c0)];
    const [high1, low1] = [highProduct(m1, c2), Math.imul(m1, c2)];
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + w0) >>> 0;
    k1 = (k1 + w1) >>> 0;
  }
  counter[0] = c0;
  counter[1] = c1;
  counter[2] = c2;
  counter[3] = c3;
}

/** A number from above 0 to 1 of 53 random bits. */
export function unitOf(high: number, low: number): number {
  return ((high >>> 5) * 2 ** 26 + (low >>> 6) + 1) / 2 ** 53;
}
