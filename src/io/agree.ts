/** Errors that one rank meets, thrown on all of them: a rank that went on alone would wait for ever. */
import { errorOf, FileError, recordOf } from "../errors.js";
import type { Comm } from "../mpi/comm/comm.js";

/** Runs something on rank 0 only. When it fails there it fails everywhere, with the same words. **Collective.** */
export function onRoot<T>(comm: Comm, path: string, run: () => T): T | undefined {
  let result: T | undefined;
  let failure: unknown;
  if (comm.rank === 0) {
    try {
      result = run();
    } catch (error) {
      failure = error ?? new Error("nothing");
    }
  }
  share(comm, path, 0, failure);
  return result;
}

/** Runs something on every rank. When it fails on some it fails everywhere, as on the first of them. **Collective.** */
export function everywhere(comm: Comm, path: string, run: () => void): void {
  let failure: unknown;
  try {
    run();
  } catch (error) {
    failure = error ?? new Error("nothing");
  }
  const first = comm.size - comm.allreduce(failure ? comm.size - comm.rank : 0, { op: "max" });
  if (first < comm.size) share(comm, path, first, failure);
}

/** Throws the failure of one rank, if there is one, on all. */
function share(comm: Comm, path: string, root: number, failure: unknown): void {
  const error = comm.rank === root ? (failure as Error | undefined) : undefined;
  if (comm.size === 1) {
    if (error) throw error;
    return;
  }
  const text = Buffer.from(error ? JSON.stringify(recordOf(error)) : "");
  const length = Int32Array.of(text.length);
  comm.bcast(length, { root });
  if (length[0] === 0) return;
  const bytes = new Uint8Array(length[0]!);
  if (error) bytes.set(text);
  comm.bcast(bytes, { root });
  if (error) throw error;
  const told = errorOf(JSON.parse(Buffer.from(bytes).toString("utf8")));
  throw told.name === "UsageError" || told instanceof FileError ? told : new FileError(told.message, path);
}
