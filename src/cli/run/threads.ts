/** How many threads the ranks of a run have. */
import { availableParallelism } from "node:os";
import { isPlain, threadsAsked } from "../../environment.js";
import { mostThreads } from "../../host.js";
import { whole } from "../options/kind.js";
import type { Row } from "../options/row.js";

/**
 * Fewer cells a thread gain little: two threads on two cores take steps of MPDATA up to 1.5 times as fast as one at 64^2, 1.6
 * to 1.8 times at 256^2, and a thread takes 20 ms to start.
 */
const cellsForThread = 2 ** 13;

/** The option of commands whose ranks have one thread unless told. */
export const threads = {
  key: "threads",
  flag: "--threads <n>",
  kind: whole(1, mostThreads),
  about: "threads of each rank (default: 1)",
  example: "2",
  details: "with the same bits; `WASM_MPI_THREADS` decides where it is not given",
} as const satisfies Row;

/** The option of commands that take the cores of the machine where they run on one rank. */
export const coreThreads = {
  ...threads,
  about: "threads of each rank (default: the cores, on 1 rank without a launcher; else 1)",
  details: `with the same bits; on few cells fewer, at least ${cellsForThread} a thread; \`WASM_MPI_THREADS\` decides where it is not given`,
} as const satisfies Row;

/** The threads of each rank of a run that has one unless told. @throws UsageError for a wrong variable */
export function threadsOr1(asked: number | undefined): number {
  return asked ?? threadsAsked() ?? 1;
}

/**
 * The threads of each rank of a run that takes the cores where it has the machine for itself.
 * @param isAlone it has one rank, which no launcher has started
 * @throws UsageError for a wrong variable
 */
export function threadsFor(asked: number | undefined, shape: readonly number[], isAlone: boolean): number {
  const told = asked ?? threadsAsked();
  if (told !== undefined || !isAlone || isPlain()) return told ?? 1;
  const cells = shape.reduce((product, n) => product * n, 1);
  return Math.max(1, Math.min(availableParallelism(), mostThreads, Math.floor(cells / cellsForThread)));
}
