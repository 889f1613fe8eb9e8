import type { Comm } from "../mpi/comm/comm.js";
import { core } from "../wasm/core.js";
import { memory } from "../wasm/memory.js";
import type { Box } from "./box.js";
import { limbs, roundSum } from "./sum.js";

/** The extremes and the sum of a field. */
export interface Figures {
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}

/** Collects the least, the greatest and the exact sum of blocks that are added one by one. */
export class Summary {
  readonly #ptr = memory.alloc(8 * (limbs + 3));
  readonly #type: number;

  /** @param type of the elements, as the kernels number it */
  constructor(type: number) {
    this.#type = type;
    this.clear();
  }

  /** Forgets all blocks added so far. **Local.** */
  clear(): void {
    memory.i64(this.#ptr, limbs + 1).fill(0n);
    this.#extremes().set([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  }

  #extremes(): Float64Array {
    return memory.f64(this.#ptr + 8 * (limbs + 1), 2);
  }

  /** **Local.** */
  add(box: Box): void {
    core().addFigures(this.#ptr, ...box, this.#type);
  }

  /** The figures of all ranks. **Collective.** */
  reduce(comm: Comm): Figures {
    const [min, max] = this.#extremes() as unknown as [number, number];
    return { sum: this.sum(comm), min: extreme(comm, min, "min"), max: extreme(comm, max, "max") };
  }

  /** The sum of all ranks: exact, rounded once to the nearest f64; NaN if a value is not finite. **Collective.** */
  sum(comm: Comm): number {
    const total = comm.allreduce(memory.i64(this.#ptr, limbs + 1), new BigInt64Array(limbs + 1));
    return total[limbs] === 0n ? roundSum(total.subarray(0, limbs)) : Number.NaN;
  }

  /** **Local.** */
  free(): void {
    memory.free(this.#ptr);
  }
}

/**
 * The least or the greatest of the ranks' values. MPI leaves open what MIN and MAX make of NaN and of zeros of both
 * signs, so the values' bits are reduced, as integers in the order of the values:
 * -Infinity < ... < -0 < 0 < ... < Infinity, and NaN at the end that wins. **Collective.**
 */
export function extreme(comm: Comm, local: number, op: "min" | "max"): number {
  const value = Float64Array.of(local);
  const key = new BigInt64Array(value.buffer);
  const magnitude = 0x7fff_ffff_ffff_ffffn; // All bits but the sign; those of negative values count backwards.
  if (Number.isNaN(local)) key[0] = op === "max" ? magnitude : ~magnitude;
  else if (key[0]! < 0n) key[0]! ^= magnitude;
  const reduced = comm.allreduce(key, key.slice(), { op })[0]!;
  key[0] = reduced < 0n ? reduced ^ magnitude : reduced;
  return value[0]!;
}
