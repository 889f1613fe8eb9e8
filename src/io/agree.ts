/** Errors that one rank meets, thrown on all of them: a rank that went on alone would wait for ever. */
import { FileError } from "../errors.js";
import type { Comm } from "../mpi/comm/comm.js";
import { attempt, failureFrom, failureOf } from "../mpi/comm/everywhere.js";

/** Runs something on rank 0 only. When it fails there it fails everywhere, with the same words. **Collective.** */
export function onRoot<T>(comm: Comm, path: string, run: () => T): T | undefined {
  let result: T | undefined;
  let failure: unknown;
  if (comm.rank === 0) {
    try {
      result = run();
    } catch (error) {
      failure = failureOf(error);
    }
  }
  share(comm, path, 0, failure);
  return result;
}

/**
 * Runs something on every rank. When it fails on some it fails everywhere, as on the first of them. **Collective.**
 * @param greatest finds the greatest of a number of each rank, where it can be part of another message
 */
export function everywhere(comm: Comm, path: string, run: () => void, greatest?: (number: number) => number): void {
  const { failure, first } = attempt(comm, run, greatest);
  if (first < comm.size) share(comm, path, first, failure);
}

/** Throws the failure of one rank, if there is one, on all. */
function share(comm: Comm, path: string, root: number, failure: unknown): void {
  const error = comm.rank === root ? failure : undefined;
  const told = (comm.size === 1 ? error : failureFrom(comm, root, error)) as Error | undefined;
  if (told === undefined) return;
  if (error !== undefined || told.name === "UsageError" || told instanceof FileError) throw told;
  throw new FileError(told.message, path);
}
