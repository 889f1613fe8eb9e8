/** How many threads work on the block of a rank. */
import { expectWhole, show, wrong } from "../argument.js";
import { mostThreads, threadsAsked } from "../environment.js";
import { isPlain } from "../jit/jit.js";
import { isCrowded } from "../mpi/library/cores.js";
import { currentWorld } from "../mpi/library/world.js";
import { team } from "../wasm/team.js";

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
  if (threads > 1) team().grow(threads, isCrowded(threads, currentWorld().waiting.ranksHere));
}
