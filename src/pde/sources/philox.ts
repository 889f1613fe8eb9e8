/**
 * Random numbers that a place determines: Philox4x32 with 10 rounds, a counter-based generator.
 * See Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3 (2011).
 */

/** Multipliers of the rounds, and what is added to the key after each round. */
const [m0, m1, w0, w1] = [0xd2511f53, 0xcd9e8d57, 0x9e3779b9, 0xbb67ae85] as const;

/** The upper 32 bits of the product of two whole numbers of 32 bits, from those of halves: all sums stay below 2^32. */
function highProduct(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const cross = ((middle & 0xffff) + Math.imul(aLow, bHigh)) | 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (cross >>> 16)) | 0;
}

/** Encrypts a counter of four whole numbers of 32 bits by a key of two, in place. */
export function philox(counter: Uint32Array, key0: number, key1: number): void {
  // Whole numbers of 32 bits with their signs, which the engine computes with as they are; the array takes the bits.
  let c0 = counter[0]! | 0;
  let c1 = counter[1]! | 0;
  let c2 = counter[2]! | 0;
  let c3 = counter[3]! | 0;
  let k0 = key0 | 0;
  let k1 = key1 | 0;
  for (let round = 0; round < 10; round++) {
    const high0 = highProduct(m0, c0);
    const high1 = highProduct(m1, c2);
    const low0 = Math.imul(m0, c0);
    c0 = high1 ^ c1 ^ k0;
    c1 = Math.imul(m1, c2);
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + w0) | 0;
    k1 = (k1 + w1) | 0;
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
