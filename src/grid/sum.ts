/** Limbs of 32 bits of the accumulator in assembly/sum.ts; one more counts values that are not finite. */
export const limbs = 68;

/** The f64 nearest to `sum over l of limb[l] 2^(32 l - 1074)`, ties to even. */
export function roundSum(limb: BigInt64Array): number {
  let whole = 0n;
  for (let l = limb.length - 1; l >= 0; l--) whole = (whole << 32n) + limb[l]!;
  const negative = whole < 0n;
  let magnitude = negative ? -whole : whole;
  // Of a long number 64 bits and whether any bit follows decide the rounding of Number().
  const excess = Math.max(magnitude.toString(2).length - 64, 0);
  const shift = BigInt(excess);
  const rest = magnitude & ((1n << shift) - 1n);
  magnitude = (magnitude >> shift) | (rest === 0n ? 0n : 1n);
  // 2^-1074 times 2^excess in two exact steps; a short magnitude is exact even below the normal range.
  const value = Number(magnitude) * 2 ** (excess - 1074);
  return negative ? -value : value;
}
