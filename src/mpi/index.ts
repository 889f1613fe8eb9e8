/**
 * MPI for Node.js: typed arrays and WebAssembly memory, any MPI library, nothing to compile.
 *
 * ```js
 * import { mpi } from "wasm-mpi/mpi";
 * const comm = mpi.init();
 * const sum = comm.allreduce(comm.rank);
 * ```
 */
import { versionInfo } from "./environment.js";
import { abort, finalize, init, isInitialized, wtime } from "./job.js";
import { startAll, waitAll } from "./request.js";
import { ANY_SOURCE, ANY_TAG, PROC_NULL } from "./world.js";

/** Everything that does not belong to one communicator. */
export const mpi = {
  init,
  finalize,
  abort,
  wtime,
  startAll,
  waitAll,
  versionInfo,
  /** True between `init()` and `finalize()`. */
  get initialized(): boolean {
    return isInitialized();
  },
  ANY_SOURCE,
  ANY_TAG,
  PROC_NULL,
} as const;

export { LibraryError, MpiError, UsageError } from "../errors.js";
export { CartComm, Comm, type RecvOptions, type SendOptions, type SendrecvOptions } from "./comm.js";
export type { Operation, TypedArray } from "./datatype.js";
export type { VersionInfo } from "./environment.js";
export type { InitOptions } from "./job.js";
export { Request } from "./request.js";
export type { Status } from "./world.js";
