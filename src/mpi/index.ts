/**
 * MPI for Node.js: typed arrays and WebAssembly memory, any MPI library, nothing to compile.
 *
 * ```js
 * import { mpi } from "wasm-mpi/mpi";
 * const comm = mpi.init();
 * const sum = comm.allreduce(comm.rank);
 * ```
 */
import { Keyval, type KeyvalOptions } from "./calls/attribute.js";
import { startAll, testAll, testAny, testSome, waitAll, waitAny, waitSome } from "./calls/completion.js";
import { Group } from "./calls/group.js";
import { type Combine, createOp, type Elements, type Op, type OpOptions } from "./calls/op.js";
import { reduceLocal } from "./calls/reductions.js";
import type { Comm } from "./comm/comm.js";
import { chooseDims } from "./comm/topology.js";
import { IN_PLACE } from "./data/buffer.js";
import { datatype } from "./data/derived.js";
import { pairs } from "./data/pairs.js";
import { type DatatypeViewOptions, View, type Viewable, type ViewOptions } from "./data/view.js";
import { type DeleteFileOptions, deleteFile } from "./file/file.js";
import { abort, finalize, init, isInitialized, selfComm, wtime } from "./job.js";
import { createInfo, Info } from "./library/info.js";
import { ANY_SOURCE, ANY_TAG, PROC_NULL, ROOT } from "./library/status.js";
import { currentWorld } from "./library/world.js";
import { attachBuffer, bsendOverhead, detachBuffer, errorClass, errorString, versionInfo } from "./version.js";

/**
 * Everything that does not belong to one communicator.
 *
 * ```js
 * const comm = mpi.init(); // The ranks that a launcher has started, or this process alone.
 * console.log(mpi.initialized, mpi.versionInfo().standard >= "3"); // true true
 * const begin = mpi.wtime();
 * const sum = comm.allreduce(comm.rank);
 * ```
 */
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
  errorClass,
  errorString,
  attachBuffer,
  detachBuffer,
  bsendOverhead,
  datatype,
  pairs,
  reduceLocal,
  /** A view of elements in an array or a memory, which need not lie side by side. **Local.** */
  view(array: Viewable, options: ViewOptions | DatatypeViewOptions = {}): View {
    return new View(array, options);
  },
  /**
   * A reduction operation in JavaScript; `commutative` (default) lets the library change the order of ranks. What belongs
   * together, as the three numbers of a mean and its variance, `of` keeps together: `{ of: 3 }`. **Local.**
   */
  createOp<A extends Elements = Float64Array>(combine: Combine<A>, options: OpOptions = {}): Op {
    return createOp(currentWorld(), combine, options);
  },
  /** Deletes a file that nobody has open. **Local**: call it on one rank. */
  deleteFile(path: string, options: DeleteFileOptions = {}): void {
    deleteFile(currentWorld(), path, options);
  },
  /** The communicator of this process alone. **Local.** */
  get self(): Comm {
    return selfComm();
  },
  /** The group without members. **Local.** */
  get emptyGroup(): Group {
    const world = currentWorld();
    return new Group(world, world.constants.MPI_GROUP_EMPTY);
  },
  /** Hints to the library, from an object of texts. **Local.** Free it when done. */
  createInfo(entries: Readonly<Record<string, string>> = {}): Info {
    return createInfo(currentWorld(), entries, 'mpi.createInfo: "entries"');
  },
  /** What the library tells about the start of the job: command, arguments... `undefined` where it tells nothing. **Local.** */
  get infoEnv(): Info | undefined {
    const world = currentWorld();
    const handle = world.constants.MPI_INFO_ENV as number | undefined;
    return handle === undefined ? undefined : new Info(world, handle, true);
  },
  /** A key of attributes, for values of any kind. **Local.** Free it when done. */
  createKeyval<T = unknown>(options: KeyvalOptions = {}): Keyval<T> {
    return new Keyval<T>(currentWorld(), options);
  },
  /**
   * Ranks along each dimension of a grid of `ranks`, as equal as can be; a number in `dims` that is not 0 stays.
   * **Local.** @throws UsageError when those that stay do not divide `ranks`
   */
  dimsCreate(ranks: number, dims: readonly number[]): number[] {
    return chooseDims(currentWorld(), ranks, dims);
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
export { Keyval, type KeyvalOptions, type PredefinedAttributes } from "./calls/attribute.js";
export type { RootOptions } from "./calls/collectives.js";
export type { Completed } from "./calls/completion.js";
export type { AlltoallvOptions } from "./calls/exchanges.js";
export { Group, type Relation } from "./calls/group.js";
export type { RecvOptions, SendOptions, SendrecvOptions } from "./calls/messages.js";
export { ObjectRequest } from "./calls/objectrequest.js";
export type { CombineObjects } from "./calls/objects.js";
export { type Combine, type Elements, Op } from "./calls/op.js";
export type { Accumulation, Operation, OperationName } from "./calls/operation.js";
export { MatchedMessage, type Probed } from "./calls/probe.js";
export type {
  Input,
  LogicalOptions,
  ReduceOptions,
  ReduceScatterOptions,
  RootedReduceOptions,
} from "./calls/reductions.js";
export { Request } from "./calls/request.js";
export { CartComm, Comm, GraphComm, TopologyComm } from "./comm/comm.js";
export { Intercomm, type IntercommOptions } from "./comm/intercomm.js";
export { MemoryComm } from "./comm/memory.js";
export type { AdjacentOptions, CartOptions, GraphOptions } from "./comm/topology.js";
export type { Data } from "./data/buffer.js";
export { Datatype } from "./data/datatype.js";
export type {
  BaseType,
  Bounds,
  IndexedBlockOptions,
  IndexedOptions,
  StructPart,
  SubarrayOptions,
  VectorOptions,
} from "./data/derived.js";
export type { ElementName, TypedArray } from "./data/element.js";
export { type Pair, Pairs, type PairValue } from "./data/pairs.js";
export type { Pieces } from "./data/pieces.js";
export { type DatatypeViewOptions, View, type Viewable, type ViewOptions } from "./data/view.js";
export { type FileOptions, MpiFile } from "./file/file.js";
export type { SeekOptions } from "./file/handle.js";
export type { FileMode } from "./file/mode.js";
export type { FileView } from "./file/view.js";
export type { InitOptions, ThreadLevel } from "./job.js";
export { type Hints, Info } from "./library/info.js";
export type { Status } from "./library/status.js";
export type { CompletionOptions } from "./library/waiting/polling.js";
export type { VersionInfo } from "./version.js";
export type {
  AccumulateOptions,
  FetchOptions,
  GetAccumulateOptions,
  SwapOptions,
  TargetOptions,
} from "./window/access.js";
export type { CheckOptions, FenceOptions, LockOptions, PostOptions } from "./window/epoch.js";
export { type CreateWindowOptions, Window, type WindowFlavor, type WindowOptions } from "./window/window.js";
