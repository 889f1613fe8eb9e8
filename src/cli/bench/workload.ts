/** What `wasm-mpi bench` times step by step: equations or schemes, each on grids of some shapes. */
import { availableParallelism, loadavg } from "node:os";
import type { Comm } from "../../mpi/index.js";
import type { SolverName } from "./solvers.js";

/** An equation or a scheme, by its name, on a grid. */
export interface Case {
  readonly name: string;
  /** Cells along each axis. */
  readonly shape: readonly number[];
}

/** Ranks, and the threads of each of them. */
export interface Layout {
  readonly ranks: number;
  readonly threads: number;
}

/** 1, 2, 4 ... and the last one. */
export function doublings(most: number): number[] {
  const powers = Array.from({ length: Math.floor(Math.log2(most)) + 1 }, (_, power) => 2 ** power);
  return [...new Set([...powers, most])];
}

/** One rank of one thread, more ranks, and more threads of one rank. */
export function layoutsUpTo(ranks: number, threads: number): Layout[] {
  const alone = { ranks: 1, threads: 1 };
  const [others, teams] = [ranks, threads].map((most) => doublings(most).slice(1)) as [number[], number[]];
  return [
    alone,
    ...others.map((count) => ({ ...alone, ranks: count })),
    ...teams.map((count) => ({ ...alone, threads: count })),
  ];
}

/** What was measured of a case on the ranks of a job. */
export interface Measured {
  /** Of each repeat, for one step. */
  readonly seconds: readonly number[];
  /**
   * A hash of the result, where it does not depend on the ranks, and the mean of the squares of its values, which peers
   * find as well; for `hpcg` of the residual.
   */
  readonly result?: { readonly digest?: string; readonly meanSquare: number };
  /** For `advection`: what travels in a step. */
  readonly traffic?: Traffic;
}

/** What a rank exchanges in a step along each axis that is cut. */
export interface Traffic {
  readonly exchanges: number;
  /** Layers of f64 fields that come from either side, in all exchanges together. */
  readonly layers: number;
  /** Layers around a block. */
  readonly halo: number;
}

/** A kind of `wasm-mpi bench` whose rows are steps. */
export interface Workload {
  readonly what: "pde" | "advection" | "hpcg";
  /** What a step is, for people, in a word as well, and what its names are. */
  readonly about: string;
  readonly step: "step" | "iteration";
  readonly noun: string;
  readonly names: readonly string[];
  readonly usualSizes: string;
  /** An example of shapes, and which there are, in the words of an error as well; default: all. */
  readonly example: string;
  readonly only?: { readonly expected: string; has(shape: readonly number[]): boolean };
  /** Axes of the grid that one number is the side of. */
  readonly sides: 2 | 3;
  /** Whether ranks have threads. */
  readonly hasThreads: boolean;
  /** Whether each case has a process of its own. */
  readonly isApart: boolean;
  readonly peers: readonly SolverName[];
  /** The C program, in `bench/`, and what is to be said of it. */
  readonly source: string;
  readonly remark: string;
  /** Bytes a cell of all arrays, and of what a run starts with. */
  cellBytes(timed: Case): number;
  /** Bytes a cell that a step reads and writes at least, and of what. */
  readonly moved: number;
  readonly movedOf: string;
  /** Operations a cell and step, where they are counted. */
  readonly flops?: number;
  /** Steps of a repeat. */
  stepsOf(timed: Case): number;
  /** The arguments by which the peers know a case, before the number of repeats. */
  argsOf(timed: Case): readonly string[];
  /** @throws UsageError where a grid cannot be split over so many ranks */
  checkBlocks(timed: Case, ranks: number): void;
  /** Times the steps of a case, from when all ranks begin until all are done. **Collective.** */
  measure(comm: Comm, timed: Case, threads: number): Measured | Promise<Measured>;
}

export const cellsOf = ({ shape }: Pick<Case, "shape">) => shape.reduce((product, n) => product * n, 1);

/** `512²`, `256³`, of one axis `4096`, of axes that differ `128x64` */
export function shapeText({ shape }: Pick<Case, "shape">): string {
  const [first] = shape;
  return isRegular(shape) ? `${first}${["", "²", "³"][shape.length - 1]}` : shape.join("x");
}

/** Whether all axes have equally many cells. */
export const isRegular = (shape: readonly number[]) => shape.every((n) => n === shape[0]);

/** All names on grids of these shapes. */
export function casesOf(names: readonly string[], shapes: readonly (readonly number[])[]): Case[] {
  return shapes.flatMap((shape) => names.map((name) => ({ name, shape })));
}

/** What is to be said where the machine has more to do than it has cores, before anything is timed. */
export function busyText(load = loadavg()[0]!, cores = availableParallelism()): string | null {
  if (load <= cores) return null;
  return `the machine was busy before the start: a load of ${load.toFixed(1)} on ${cores === 1 ? "1 core" : `${cores} cores`}`;
}
