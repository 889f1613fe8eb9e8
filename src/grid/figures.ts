import type { Comm } from "../mpi/comm/comm.js";
import { core } from "../wasm/core.js";
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

  /** Adds a box and copies its cells to where they lie side by side. **Local.** */
  pack(box: Box, toPtr: number): void {
    const [ptr, stride0, stride1, n0, n1, n2] = box;
    if (this.#ptrs.length === 1) {
      // Between long pieces little of this program is in the cache: a list of parts takes 10 us there.
      core().packFigures(toPtr, this.#ptrs[0]!, ptr, stride0, stride1, n0, n1, n2, this.#type);
      return;
    }
    const parts = partsOf(box, this.#elementLength, this.#ptrs.length);
    runParts(
      "packFigures",
      parts.map(({ box: part, offset: [i, j, k] }, thread) => {
        const partPtr = toPtr + this.#elementLength * ((i * n1 + j) * n2 + k);
        return [partPtr, this.#ptrs[thread]!, ...part, this.#type];
      }),
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
    const { min, max } = this.extremes(comm);
    return { min, max, sum: this.sum(comm) };
  }

  /** The sum of all ranks: exact, rounded once to the nearest f64; NaN if a value is not finite. **Collective.** */
  sum(comm: Comm): number {
    this.#join();
    const counts = countsAt(this.#ptrs[0]!);
    return sumOf(comm.size === 1 ? counts : comm.allreduce(counts, new BigInt64Array(limbs + 1)));
  }

  /** The extremes of all ranks and, in the same message, the greatest of a number of each. **Collective.** */
  extremes(comm: Comm, number = 0): Omit<Figures, "sum"> & { readonly greatest: number } {
    this.#join();
    const [min, max] = extremesAt(this.#ptrs[0]!) as unknown as [number, number];
    if (comm.size === 1) return { min: plain(min), max: plain(max), greatest: number };
    // The complement turns the order around.
    const keys = BigInt64Array.of(BigInt(number), ~keyOf(min, "min"), keyOf(max, "max"));
    const reduced = comm.allreduce(keys, keys.slice(), { op: "max" });
    const [greatest, least, most] = reduced as unknown as [bigint, bigint, bigint];
    return { min: valueFor(~least), max: valueFor(most), greatest: Number(greatest) };
  }

  /** {@link sum}, on rank 0 alone: the others do not wait for it. **Collective.** */
  sumOnRoot(comm: Comm): number | undefined {
    this.#join();
    const counts = countsAt(this.#ptrs[0]!);
    if (comm.size === 1) return sumOf(counts);
    const total = new BigInt64Array(limbs + 1);
    comm.reduce(counts, total);
    return comm.rank === 0 ? sumOf(total) : undefined;
  }

  /** **Local.** */
  free(): void {
    for (const ptr of this.#ptrs) memory.free(ptr);
  }
}

/** The sum in an accumulator, rounded; NaN if a value was not finite. */
function sumOf(counts: BigInt64Array): number {
  return counts[limbs] === 0n ? roundSum(counts.subarray(0, limbs)) : Number.NaN;
}

/** The limbs of an accumulator, and how many values were not finite. */
function countsAt(ptr: number): BigInt64Array {
  return memory.i64(ptr, limbs + 1);
}

function extremesAt(ptr: number): Float64Array {
  return memory.f64(ptr + 8 * (limbs + 1), 2);
}

/** The least or the greatest of the ranks' values. **Collective.** */
export function extreme(comm: Comm, local: number, op: "min" | "max"): number {
  const key = BigInt64Array.of(keyOf(local, op));
  return valueFor(comm.allreduce(key, key.slice(), { op })[0]!);
}

/** All bits but the sign; those of negative values count backwards. */
const magnitude = 0x7fff_ffff_ffff_ffffn;
const value = new Float64Array(1);
const bits = new BigInt64Array(value.buffer);

/**
 * An integer for a value that is reduced in its place, as MPI leaves open what MIN and MAX make of NaN and of zeros of both
 * signs: its bits, in the order of the values -Infinity < ... < -0 < 0 < ... < Infinity, and NaN at the end that wins.
 */
function keyOf(local: number, op: "min" | "max"): bigint {
  if (Number.isNaN(local)) return op === "max" ? magnitude : ~magnitude;
  value[0] = local;
  return bits[0]! < 0n ? bits[0]! ^ magnitude : bits[0]!;
}

/** The value that {@link keyOf} gives a key for. */
function valueFor(key: bigint): number {
  bits[0] = key < 0n ? key ^ magnitude : key;
  return plain(value[0]!);
}

/** The value, with the bits of one NaN for all of them: those of a sum of vectors, or of a comparison, are up to the engine. */
function plain(number: number): number {
  return Number.isNaN(number) ? Number.NaN : number;
}
