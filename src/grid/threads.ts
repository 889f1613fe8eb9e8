/** How many threads work on the block of a rank, and kernels on parts of boxes of cells. */
import { expectWhole, show, wrong } from "../argument.js";
import { isPlain, threadsAsked } from "../environment.js";
import { mostThreads, warn } from "../host.js";
import { type Cores, coresOfRank, isCrowded } from "../mpi/library/cores.js";
import { currentWorld } from "../mpi/library/world.js";
import { type Core, core } from "../wasm/core.js";
import { cutRows, type Result, sharedKernel, team } from "../wasm/team.js";
import type { Box } from "./box.js";
import type { AnyField } from "./field.js";

/** The number of threads that is asked for. @throws UsageError */
export function checkThreads(threads: number | undefined): number {
  const count =
    threads === undefined
      ? (threadsAsked() ?? 1)
      : expectWhole('Grid: "threads"', threads, { least: 1, most: mostThreads }, "Leave it out for 1.");
  if (count === 1 || !isPlain()) return count;
  const todo = "Leave it out, or unset WASM_MPI_DISABLE_JIT.";
  throw wrong('Grid: "threads"', "1 in plain mode (WASM_MPI_DISABLE_JIT=1), which has no others", show(count), todo);
}

/** Starts the threads that are missing. **Local.** @throws KernelError when one cannot be started */
export function startThreads(threads: number): void {
  if (threads === 1) return;
  const world = currentWorld();
  if (world.rank === 0) warnOfBinding(threads, coresOfRank());
  const crowded = isCrowded(threads, world.waiting.ranksHere);
  if (crowded) world.waiting.share();
  team().grow(threads, crowded);
}

/** Has a rank share its core while it waits, where so many threads in each are more than there are cores for. **Local.** */
export function shareCores(threads: number): void {
  const { waiting } = currentWorld();
  if (isCrowded(threads, waiting.ranksHere)) waiting.share();
}

let isWarned = false;

/** Says once where threads have to share cores because the launcher has bound the rank to some. */
export function warnOfBinding(threads: number, { count, bound }: Cores): void {
  if (isWarned || bound === undefined || threads <= count) return;
  isWarned = true;
  const cores = count === 1 ? "core" : "cores";
  const { message } = wrong(
    'Grid: "threads"',
    `at most ${count}, the ${cores} ${bound} that the launcher has bound rank 0 to`,
    threads,
    "Start it with more cores a rank: mpiexec --bind-to none.",
  );
  warn(message);
}

/** A part of a box, and how far along the kernels' three axes it begins. */
export interface Part {
  readonly box: Box;
  readonly offset: readonly [number, number, number];
}

/** Parts of a box for threads, one behind the other along the first axis that has more than one cell. **Local.** */
export function partsOf(box: Box, elementLength: number, threads: number): readonly Part[] {
  if (threads === 1) return [{ box, offset: [0, 0, 0] }];
  const [ptr, stride0, stride1, ...counts] = box;
  const strides = [stride0, stride1, elementLength];
  const axis = Math.max(
    0,
    counts.findIndex((n) => n > 1),
  );
  const cuts = cutRows(
    counts[axis]!,
    counts.reduce((product, n) => product * n),
    threads,
  );
  return cuts.slice(1).map((end, part): Part => {
    const begin = cuts[part]!;
    const [n0, n1, n2] = counts.with(axis, end - begin) as [number, number, number];
    const offset = [0, 0, 0].with(axis, begin) as [number, number, number];
    return { box: [ptr + begin * strides[axis]!, stride0, stride1, n0, n1, n2], offset };
  });
}

/** Runs a kernel with the arguments of several parts, by a thread each, and returns what it gives for them. **Local.** */
export function runParts(kernel: keyof Core, parts: readonly (readonly number[])[]): readonly Result[] {
  const [first] = parts as [readonly number[]];
  if (parts.length === 1) return [(core()[kernel] as (...values: readonly number[]) => Result)(...first)];
  const results: Result[] = [];
  team().run(sharedKernel(kernel), parts, results);
  return results;
}

/**
 * A layer or a side of a block with fewer cells than that is one thread's. With more of them threads set those beside the cells
 * that they compute, which are in their caches: 64^3 donor-cell steps of 2 threads took 485 us where the main one set
 * all, and take 353; of 32^3 and 1024^2, below this bound, as long either way.
 */
const leastAside = 4096;

/**
 * A function that runs a kernel on a box of cells at a side of a block, by some threads where it has cells enough. **Local.**
 * @param box of a field that the kernel writes
 * @param argumentsOf the kernel's arguments for a part of the box
 */
export function aside(
  kernel: keyof Core,
  box: Box,
  { elementLength, grid }: AnyField,
  argumentsOf: (part: Part) => readonly number[],
): () => void {
  const isLarge = box[3] * box[4] * box[5] >= leastAside;
  const parts = partsOf(box, elementLength, isLarge ? grid.threads : 1).map(argumentsOf);
  if (parts.length > 1) {
    const shared = sharedKernel(kernel);
    return () => team().run(shared, parts);
  }
  const call = core()[kernel] as (...values: readonly (number | undefined)[]) => void;
  const [values] = parts as [readonly number[]];
  const [a, b, c, d, e, f, g, h, i, ...more] = values;
  // Small steps are mostly calls of these: a bound function takes 20 ns more, one that spreads the values 50.
  return more.length > 0 ? call.bind(undefined, ...values) : () => call(a, b, c, d, e, f, g, h, i);
}
