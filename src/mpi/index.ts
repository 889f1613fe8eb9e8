/**
 * MPI for Node.js: typed arrays and WebAssembly memory, any MPI library, nothing to compile.
 *
 * ```js
 * import { mpi } from "wasm-mpi/mpi";
 * const comm = mpi.init();
 * const sum = comm.allreduce(comm.rank);
 * ```
 */
import type { Datatype } from "./datatype.js";
import { attachBuffer, bsendOverhead, detachBuffer, versionInfo } from "./environment.js";
import { deleteFile } from "./file.js";
import type { Hints } from "./hints.js";
import { abort, currentWorld, finalize, init, isInitialized, wtime } from "./job.js";
import { IN_PLACE } from "./message.js";
import { type Combine, Op } from "./operation.js";
import { startAll, testAll, testAny, testSome, waitAll, waitAny, waitSome } from "./requests.js";
import { type Source, View, type ViewOptions } from "./view.js";
import { ANY_SOURCE, ANY_TAG, PROC_NULL, ROOT } from "./world.js";

/** Everything that does not belong to one communicator. */
export const mpi = {
  init,
  finalize,
  abort,
  wtime,
  startAll,
  waitAll,
  waitAny,
  waitSome,
  testAll,
  testAny,
  testSome,
  versionInfo,
  attachBuffer,
  detachBuffer,
  bsendOverhead,
  /** A view of elements in an array or a memory, which need not lie side by side. **Local.** */
  view(
    array: Source,
    options: ViewOptions | { readonly datatype: Datatype; readonly offset?: number; readonly count?: number } = {},
  ): View {
    return new View(array, options);
  },
  /** A reduction operation in JavaScript. **Local.** */
  createOp(combine: Combine<never>, options: { readonly commutative?: boolean } = {}): Op {
    return new Op(currentWorld(), combine, options.commutative ?? true);
  },
  /** Deletes a file that nobody has open. **Local**: call it on one rank. */
  deleteFile(path: string, options: { readonly info?: Hints } = {}): void {
    deleteFile(currentWorld(), path, options.info);
  },
  /** True between `init()` and `finalize()`. */
  get initialized(): boolean {
    return isInitialized();
  },
  ANY_SOURCE,
  ANY_TAG,
  PROC_NULL,
  ROOT,
  IN_PLACE,
} as const;

export { LibraryError, MpiError, UsageError } from "../errors.js";
export type { AlltoallvOptions, RootOptions } from "./collectives.js";
export { CartComm, Comm } from "./comm.js";
export { Datatype } from "./datatype.js";
export type { ElementName, TypedArray } from "./element.js";
export type { VersionInfo } from "./environment.js";
export { type FileOptions, MpiFile } from "./file.js";
export type { SeekOptions } from "./filehandle.js";
export type { FileMode } from "./filemode.js";
export type { FileView } from "./fileview.js";
export type { Hints } from "./hints.js";
export type { InitOptions } from "./job.js";
export { MemoryComm } from "./memorycomm.js";
export type { Data } from "./message.js";
export { type Combine, Op, type Operation, type OperationName } from "./operation.js";
export type { Pieces } from "./pieces.js";
export type { RecvOptions, SendOptions, SendrecvOptions } from "./point.js";
export { MatchedMessage, type Probed } from "./probe.js";
export type { Input, ReduceOptions, ReduceScatterOptions, RootedReduceOptions } from "./reductions.js";
export { Request } from "./request.js";
export type { Completed } from "./requests.js";
export { View, type ViewOptions } from "./view.js";
export type { Status } from "./world.js";
