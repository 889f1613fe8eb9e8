/** What one rank meets in the local part of a collective call, thrown on all of them: the others would wait for ever. */
import { errorOf, recordOf } from "../../errors.js";
import { bytesOfText, textOfBytes } from "../library/native.js";
import type { Comm } from "./comm.js";

/** What became of the local part of a collective call. */
interface Attempt<T> {
  readonly value: T | undefined;
  /** What this rank has met, if anything. */
  readonly failure: unknown;
  /** The first rank that has met something; the number of ranks where none has. */
  readonly first: number;
}

/** What a rank fails with, which may be `undefined`. */
export const failureOf = (error: unknown): unknown => error ?? new Error("nothing");

/**
 * Runs something on each rank, and finds the first on which it fails. **Collective** and blocking: a reduction of one number.
 * @param greatest - finds the greatest of a number of each rank
 */
export function attempt<T>(
  comm: Comm,
  run: () => T,
  greatest = (number: number) => comm.allreduce(number, { op: "max" }),
): Attempt<T> {
  let value: T | undefined;
  let failure: unknown;
  try {
    value = run();
  } catch (error) {
    failure = failureOf(error);
  }
  const first = comm.size - greatest(failure === undefined ? 0 : comm.size - comm.rank);
  return { value, failure, first };
}

/**
 * Runs the local part of a collective call, in which a function of the user or a check of what is this rank's fails on some
 * ranks and not on others. **Collective** and blocking: a reduction of one number.
 * @throws what this rank has met, else a copy of what the first rank has that met something
 */
export function everywhere<T>(comm: Comm, run: () => T): T {
  if (comm.size === 1) return run();
  const { value, failure, first } = attempt(comm, run);
  if (first < comm.size) throw failureFrom(comm, first, failure);
  return value as T;
}

/**
 * What a rank has failed with, if it has: the failure of this rank where it has one, else a copy of that of `root`.
 * **Collective.**
 */
export function failureFrom(comm: Comm, root: number, failure: unknown): unknown {
  const isTold = comm.rank === root && failure !== undefined;
  const text = bytesOfText(isTold ? JSON.stringify(recordOf(failure)) : "");
  const length = Int32Array.of(text.length);
  comm.bcast(length, { root });
  if (length[0] === 0) return undefined;
  const bytes = new Uint8Array(length[0]!);
  bytes.set(text);
  comm.bcast(bytes, { root });
  return failure ?? errorOf(JSON.parse(textOfBytes(bytes)));
}
