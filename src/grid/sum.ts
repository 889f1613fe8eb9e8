import type { Comm } from "../mpi/comm.js";
import { core } from "../wasm/kernels.js";
import { memory } from "../wasm/memory.js";
import type { Box } from "./field.js";

/** Limbs of 32 bits of the accumulator in assembly/sum.ts; one more counts values that are not finite. */
const limbs = 68;

/** What a field comes to. */
export interface Figures {
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}

/**
 * The exact sum over the blocks of all ranks, rounded once to the nearest f64, and the least and the greatest value of
 * this block; `type` is that of the elements as the kernels number it. **Collective.**
 */
export function figuresOf(comm: Comm, box: Box, type: number): Figures {
  const ptr = memory.alloc(8 * (limbs + 3));
  const own = memory.i64(ptr, limbs + 1);
  core().addFigures(ptr, ...box, type);
  const [min, max] = memory.f64(ptr + 8 * (limbs + 1), 2) as unknown as [number, number];
  const total = comm.allreduce(own, new BigInt64Array(limbs + 1));
  memory.free(ptr);
  return { min, max, sum: total[limbs] === 0n ? roundSum(total.subarray(0, limbs)) : Number.NaN };
}

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
