import type { Comm } from "../mpi/comm/comm.js";
import { memory } from "../wasm/memory.js";
import type { Box } from "./box.js";
import type { AnyField } from "./field.js";
import { limbs, roundSum } from "./sum.js";
import { partsOf, runParts } from "./threads.js";

/** The extremes and the sum of a field. */
export interface Figures {
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}

/** Collects the least, the greatest and the exact sum of blocks that are added one by one. */
export class Summary {
  /** An accumulator for each thread. */
  readonly #ptrs: readonly number[];
  readonly #type: number;
  readonly #elementLength: number;

  /** @param field whose blocks are added, or one like it */
  constructor(field: AnyField) {
    const { kernelType, elementLength, grid } = field;
    this.#type = kernelType;
    this.#elementLength = elementLength;
    // Not on cache lines of each other.
    this.#ptrs = Array.from({ length: grid.threads }, () => memory.alloc(8 * (limbs + 3) + 64));
    this.clear();
  }

  /** Where {@link add} adds up what the first thread does. */
  get ptr(): number {
    return this.#ptrs[0]!;
  }

  /** Forgets all blocks added so far. **Local.** */
  clear(): void {
    for (const ptr of this.#ptrs) {
      countsAt(ptr).fill(0n);
      extremesAt(ptr).set([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    }
  }

  /** **Local.** */
  add(box: Box): void {
    const parts = partsOf(box, this.#elementLength, this.#ptrs.length);
    runParts(
      "addFigures",
      parts.map((part, thread) => [this.#ptrs[thread]!, ...part.box, this.#type]),
    );
  }

  /** Adds what other threads have added to what the first one has. */
  #join(): void {
    const [first, ...rest] = this.#ptrs as [number, ...number[]];
    const [counts, extremes] = [countsAt(first), extremesAt(first)];
    for (const ptr of rest) {
      const others = countsAt(ptr);
      for (let l = 0; l <= limbs; l++) counts[l]! += others[l]!;
      others.fill(0n);
      const [min, max] = extremesAt(ptr) as unknown as [number, number];
      extremes.set([Math.min(extremes[0]!, min), Math.max(extremes[1]!, max)]);
    }
  }

  /** The figures of all ranks. **Collective.** */
  reduce(comm: Comm): Figures {
    const sum = this.sum(comm);
    const [min, max] = extremesAt(this.#ptrs[0]!) as unknown as [number, number];
    return { sum, min: extreme(comm, min, "min"), max: extreme(comm, max, "max") };
  }

  /** The sum of all ranks: exact, rounded once to the nearest f64; NaN if a value is not finite. **Collective.** */
  sum(comm: Comm): number {
    this.#join();
    const total = comm.allreduce(countsAt(this.#ptrs[0]!), new BigInt64Array(limbs + 1));
    return total[limbs] === 0n ? roundSum(total.subarray(0, limbs)) : Number.NaN;
  }

  /** **Local.** */
  free(): void {
    for (const ptr of this.#ptrs) memory.free(ptr);
  }
}

/** The limbs of an accumulator, and how many values were not finite. */
function countsAt(ptr: number): BigInt64Array {
  return memory.i64(ptr, limbs + 1);
}

function extremesAt(ptr: number): Float64Array {
  return memory.f64(ptr + 8 * (limbs + 1), 2);
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
