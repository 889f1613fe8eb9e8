/** What one rank meets in the local part of a collective call, thrown on all of them: the others would wait for ever. */
import { errorOf, recordOf } from "../../errors.js";
import type { Comm } from "./comm.js";

/** Where something fails with `undefined`. */
const nothing = () => new Error("nothing");

/**
 * Runs the local part of a collective call, in which a function of the user or a check of what is this rank's fails on some
 * ranks and not on others. **Collective** and blocking: a reduction of one number.
 * @throws what this rank has met, else a copy of what the first rank has that met something
 */
export function everywhere<T>(comm: Comm, run: () => T): T {
  if (comm.size === 1) return run();
  let value: T | undefined;
  let failure: unknown;
  try {
    value = run();
  } catch (error) {
    failure = error ?? nothing();
  }
  const first = comm.size - comm.allreduce(failure === undefined ? 0 : comm.size - comm.rank, { op: "max" });
  if (first < comm.size) throw failureFrom(comm, first, failure);
  return value as T;
}

/**
 * The error of a rank that all know to have one: its own on each rank that has one, on the others a copy. **Collective.**
 */
export function failureFrom(comm: Comm, root: number, failure: unknown): unknown {
  const text = Buffer.from(comm.rank === root ? JSON.stringify(recordOf(failure)) : "");
  const length = Int32Array.of(text.length);
  comm.bcast(length, { root });
  const bytes = new Uint8Array(length[0]!);
  bytes.set(text);
  comm.bcast(bytes, { root });
  return failure ?? errorOf(JSON.parse(Buffer.from(bytes).toString("utf8")));
}
