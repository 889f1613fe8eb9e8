/**
 * MPI for Node.js: typed arrays and WebAssembly memory, any MPI library, nothing to compile.
 *
 * ```js
 * import { mpi } from "wasm-mpi/mpi";
 * const comm = mpi.init();
 * const sum = comm.allreduce(comm.rank);
 * ```
 */
import { UsageError } from "../errors.js";
import { Keyval, type KeyvalOptions } from "./attribute.js";
import { reduceLocal } from "./combination.js";
import type { Comm } from "./comm.js";
import { show } from "./element.js";
import { attachBuffer, bsendOverhead, detachBuffer, errorClass, errorString, versionInfo } from "./environment.js";
import { deleteFile } from "./file.js";
import { Group } from "./group.js";
import { createInfo, type Hints, Info } from "./info.js";
import { abort, currentWorld, finalize, init, isInitialized, selfComm, wtime } from "./job.js";
import { datatype } from "./layouts.js";
import { IN_PLACE } from "./message.js";
import { type Combine, type Elements, Op } from "./operation.js";
import { pairs } from "./pairs.js";
import { startAll, testAll, testAny, testSome, waitAll, waitAny, waitSome } from "./requests.js";
import { chooseDims } from "./topology.js";
import { type DatatypeViewOptions, type Source, View, type ViewOptions } from "./view.js";
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
  errorClass,
  errorString,
  attachBuffer,
  detachBuffer,
  bsendOverhead,
  datatype,
  pairs,
  reduceLocal,
  /** A view of elements in an array or a memory, which need not lie side by side. **Local.** */
  view(array: Source, options: ViewOptions | DatatypeViewOptions = {}): View {
    return new View(array, options);
  },
  /**
   * A reduction operation in JavaScript; `commutative` (default) lets the library change the order of ranks. **Local.**
   */
  createOp<A extends Elements = Float64Array>(
    combine: Combine<A>,
    options: { readonly commutative?: boolean } = {},
  ): Op {
    if (typeof combine !== "function") {
      throw new UsageError(
        `mpi.createOp: "combine" expected a function, got ${show(combine)}. Give (input, inout) => { ... }.`,
      );
    }
    return new Op(currentWorld(), combine, options.commutative ?? true);
  },
  /** Deletes a file that nobody has open. **Local**: call it on one rank. */
  deleteFile(path: string, options: { readonly info?: Hints } = {}): void {
    deleteFile(currentWorld(), path, options.info);
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
export type { AccumulateOptions, FetchOptions, GetAccumulateOptions, SwapOptions, TargetOptions } from "./access.js";
export { Keyval, type KeyvalOptions, type PredefinedAttributes } from "./attribute.js";
export type { AlltoallvOptions, RootOptions } from "./collectives.js";
export { CartComm, Comm, GraphComm, TopologyComm } from "./comm.js";
export { Datatype } from "./datatype.js";
export type { ElementName, TypedArray } from "./element.js";
export type { VersionInfo } from "./environment.js";
export type { CheckOptions, FenceOptions, LockOptions, PostOptions } from "./epoch.js";
export { type FileOptions, MpiFile } from "./file.js";
export type { SeekOptions } from "./filehandle.js";
export type { FileMode } from "./filemode.js";
export type { FileView } from "./fileview.js";
export { Group, type Relation } from "./group.js";
export { type Hints, Info } from "./info.js";
export { Intercomm, type IntercommOptions } from "./intercomm.js";
export type { InitOptions, ThreadLevel } from "./job.js";
export type {
  BaseType,
  Bounds,
  Field,
  IndexedBlockOptions,
  IndexedOptions,
  SubarrayOptions,
  VectorOptions,
} from "./layouts.js";
export { MemoryComm } from "./memorycomm.js";
export type { Data } from "./message.js";
export {
  type Accumulation,
  type Combine,
  type Elements,
  Op,
  type Operation,
  type OperationName,
} from "./operation.js";
export { type Pair, Pairs, type PairValue } from "./pairs.js";
export type { Pieces } from "./pieces.js";
export type { RecvOptions, SendOptions, SendrecvOptions } from "./point.js";
export { MatchedMessage, type Probed } from "./probe.js";
export type { Input, ReduceOptions, ReduceScatterOptions, RootedReduceOptions } from "./reductions.js";
export { Request } from "./request.js";
export type { Completed } from "./requests.js";
export type { AdjacentOptions, CartOptions, GraphOptions } from "./topology.js";
export { type DatatypeViewOptions, type Source, View, type ViewOptions } from "./view.js";
export { type CreateWindowOptions, Window, type WindowFlavor, type WindowOptions } from "./window.js";
export type { Status } from "./world.js";
