/** How grids are spread over cores, and what comes of it, for `wasm-mpi bench scaling`. */
import { chooseLocalSplit, chooseSplit } from "../../grid/decompose.js";
import { haloOf } from "./schemes.js";
import { type Case, cellsOf, type Traffic } from "./workload.js";

/** A step of a scheme on a grid by some cores. Times are in seconds. */
export interface ScalingRow {
  /** `strong`: the cells are shared by the cores; `weak`: each core has as many as one has alone. */
  readonly name: "strong" | "weak";
  readonly scheme: string;
  /** Cells along the first axis of `base`, which is what one core has alone; for `strong` the whole grid. */
  readonly size: number;
  readonly base: readonly number[];
  readonly shape: readonly number[];
  readonly ranks: number;
  readonly threads: number;
  /** Blocks of ranks along each axis. */
  readonly split: readonly number[];
  /** Cells at the cut sides of a block to all of its cells: none for threads. */
  readonly surface: number;
  readonly seconds: number;
  readonly median: number;
  readonly samples: readonly number[];
  /** From the minima: times as many cells a second as one core, and that to the number of cores. */
  readonly speedUp: number;
  readonly efficiency: number;
  readonly traffic: Traffic;
  /** None: a program of another kind has no part in this. */
  readonly peers: Readonly<Record<string, number>>;
}

/** From which size on cores are used well. */
export interface Reached {
  readonly name: ScalingRow["name"];
  readonly scheme: string;
  readonly ranks: number;
  readonly threads: number;
  readonly axes: number;
  /**
   * The smallest grid, for `weak` of one core, from which on all measured ones have 90 % efficiency; `null` where the largest
   * has not.
   */
  readonly shape: readonly number[] | null;
}

/** The blocks that a grid is cut into. @throws UsageError where blocks are too thin */
export function splitOf(timed: Case, ranks: number, halo = haloOf(timed, ranks)): number[] {
  const periodic = timed.shape.map(() => true);
  return chooseSplit(timed.shape, ranks, halo, periodic);
}

/** Cells at the cut sides of the largest block, one layer on either side, to its cells. */
export function surfaceOf(shape: readonly number[], split: readonly number[]): number {
  return split.reduce((sum, blocks, axis) => sum + (blocks > 1 ? 2 / Math.ceil(shape[axis]! / blocks) : 0), 0);
}

/** A grid with as many cells for each core as one has alone. @throws UsageError where they are too few */
export function grown(alone: Case, cores: number): readonly number[] {
  const blocks = chooseLocalSplit(alone.shape, cores, haloOf(alone, 1));
  return alone.shape.map((n, axis) => n * blocks[axis]!);
}

/** What counts as well used. */
export const wellUsed = 0.9;

/** The sizes from which on cores are used well. */
export function reachedOf(rows: readonly ScalingRow[]): Reached[] {
  const more = rows.filter(({ ranks, threads }) => ranks * threads > 1);
  const kinds = new Map(
    more.map(({ name, scheme, ranks, threads, shape }) => {
      const kind = { name, scheme, ranks, threads, axes: shape.length };
      return [Object.values(kind).join(), kind] as const;
    }),
  );
  return [...kinds.values()].map((kind) => {
    const isOf = (row: ScalingRow) =>
      row.name === kind.name &&
      row.scheme === kind.scheme &&
      row.ranks === kind.ranks &&
      row.threads === kind.threads &&
      row.shape.length === kind.axes;
    const sorted = more.filter(isOf).toSorted((a, b) => cellsOf(b) - cellsOf(a));
    const worse = sorted.findIndex(({ efficiency }) => efficiency < wellUsed);
    const well = worse < 0 ? sorted : sorted.slice(0, worse);
    return { ...kind, shape: well.at(-1)?.base ?? null };
  });
}
