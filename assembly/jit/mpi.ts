/**
 * MPI for compiled code. Handles and constants are those of the standard ABI of MPI 5, on every library.
 *
 * Data are numbers, by value, or arrays and views, by reference: `StaticArray`, `Array`, typed arrays, and `View` for
 * elements at an address, which need not lie side by side. A call that receives a number returns the number.
 */

/** A communicator: `COMM_WORLD`, or a `Comm` that JavaScript passes to an exported function. */
export type Comm = i32;
/** A message under way, for which `wait` waits. */
export type Request = i32;
/** How a reduction combines. */
export type Op = i32;

export const COMM_NULL: Comm = 0x100;
export const COMM_WORLD: Comm = 0x101;
export const COMM_SELF: Comm = 0x102;
export const REQUEST_NULL: Request = 0x180;

export const ANY_SOURCE: i32 = -1;
export const ANY_TAG: i32 = -2;
export const PROC_NULL: i32 = -3;
export const UNDEFINED: i32 = -32766;
/** What `testany` returns when none of the requests is complete. */
export const NONE: i32 = -1;

export const SUM: Op = 0x21;
export const MIN: Op = 0x22;
export const MAX: Op = 0x23;
export const PROD: Op = 0x24;
export const BAND: Op = 0x28;
export const BOR: Op = 0x29;
export const BXOR: Op = 0x2a;
export const LAND: Op = 0x30;
export const LOR: Op = 0x31;
export const LXOR: Op = 0x32;
export const MINLOC: Op = 0x38;
export const MAXLOC: Op = 0x39;

// @ts-ignore: decorator
@external("mpi", "scratch")
declare const scratch: usize;
// @ts-ignore: decorator
@external("mpi", "initialized")
declare function hostInitialized(): bool;
// @ts-ignore: decorator
@external("mpi", "rank")
declare function hostRank(comm: Comm): i32;
// @ts-ignore: decorator
@external("mpi", "size")
declare function hostSize(comm: Comm): i32;
// @ts-ignore: decorator
@external("mpi", "wtime")
declare function hostWtime(): f64;
// @ts-ignore: decorator
@external("mpi", "abort")
declare function hostAbort(code: i32): void;
// @ts-ignore: decorator
@external("mpi", "barrier")
declare function hostBarrier(comm: Comm): void;
// @ts-ignore: decorator
@external("mpi", "strided")
declare function hostStrided(count: i32, block: i32, stride: i32, step: i32, type: i32): i32;
// @ts-ignore: decorator
@external("mpi", "send")
declare function hostSend(ptr: usize, count: i32, type: i32, to: i32, tag: i32, comm: Comm): void;
// @ts-ignore: decorator
@external("mpi", "recv")
declare function hostRecv(ptr: usize, count: i32, type: i32, from: i32, tag: i32, comm: Comm, status: usize): void;
// biome-ignore format: one message a line
// @ts-ignore: decorator
@external("mpi", "sendrecv")
declare function hostSendrecv(
  sendPtr: usize, sendCount: i32, sendType: i32, to: i32, sendTag: i32,
  recvPtr: usize, recvCount: i32, recvType: i32, from: i32, recvTag: i32, comm: Comm, status: usize,
): void;
// @ts-ignore: decorator
@external("mpi", "isend")
declare function hostIsend(ptr: usize, count: i32, type: i32, to: i32, tag: i32, comm: Comm): Request;
// @ts-ignore: decorator
@external("mpi", "irecv")
declare function hostIrecv(ptr: usize, count: i32, type: i32, from: i32, tag: i32, comm: Comm): Request;
// @ts-ignore: decorator
@external("mpi", "wait")
declare function hostWait(request: Request, status: usize): void;
// @ts-ignore: decorator
@external("mpi", "test")
declare function hostTest(request: Request, status: usize): bool;
// @ts-ignore: decorator
@external("mpi", "waitall")
declare function hostWaitall(requests: usize, count: i32, statuses: usize): void;
// @ts-ignore: decorator
@external("mpi", "testall")
declare function hostTestall(requests: usize, count: i32, statuses: usize): bool;
// @ts-ignore: decorator
@external("mpi", "waitany")
declare function hostWaitany(requests: usize, count: i32, status: usize): i32;
// @ts-ignore: decorator
@external("mpi", "testany")
declare function hostTestany(requests: usize, count: i32, status: usize): i32;
// @ts-ignore: decorator
@external("mpi", "probe")
declare function hostProbe(from: i32, tag: i32, comm: Comm, status: usize): void;
// @ts-ignore: decorator
@external("mpi", "bcast")
declare function hostBcast(ptr: usize, count: i32, type: i32, root: i32, comm: Comm): void;
// @ts-ignore: decorator
@external("mpi", "allreduce")
declare function hostAllreduce(sendPtr: usize, recvPtr: usize, count: i32, type: i32, op: Op, comm: Comm): void;
// biome-ignore format: as above
// @ts-ignore: decorator
@external("mpi", "reduce")
declare function hostReduce(sendPtr: usize, recvPtr: usize, count: i32, type: i32, op: Op, root: i32, comm: Comm): void;
// biome-ignore format: as above
// @ts-ignore: decorator
@external("mpi", "createOp")
declare function hostCreateOp(combine: usize, input: usize, inout: usize, type: i32, group: i32, commutative: bool): Op;
// biome-ignore format: one buffer a line
// @ts-ignore: decorator
@external("mpi", "gather")
declare function hostGather(
  sendPtr: usize, sendCount: i32, sendType: i32, sendLength: i32,
  recvPtr: usize, recvLength: i32, recvType: i32, root: i32, comm: Comm,
): void;
// biome-ignore format: one buffer a line
// @ts-ignore: decorator
@external("mpi", "scatter")
declare function hostScatter(
  sendPtr: usize, sendLength: i32, sendType: i32,
  recvPtr: usize, recvCount: i32, recvType: i32, recvLength: i32, root: i32, comm: Comm,
): void;
// biome-ignore format: one buffer a line
// @ts-ignore: decorator
@external("mpi", "allgather")
declare function hostAllgather(
  sendPtr: usize, sendCount: i32, sendType: i32, sendLength: i32,
  recvPtr: usize, recvLength: i32, recvType: i32, comm: Comm,
): void;
// biome-ignore format: one buffer a line
// @ts-ignore: decorator
@external("mpi", "alltoall")
declare function hostAlltoall(
  sendPtr: usize, sendLength: i32, sendType: i32,
  recvPtr: usize, recvLength: i32, recvType: i32, comm: Comm,
): void;

/** Ends the call of the compiled function: a call of MPI, by its number below, has less room than it needs. */
// @ts-ignore: decorator
@external("env", "noRoom")
declare function noRoom(call: i32, needed: i32, room: i32): void;
// @ts-ignore: decorator
@inline const inAllreduce = 0;
// @ts-ignore: decorator
@inline const inReduce = 1;
// @ts-ignore: decorator
@inline const inWaitall = 2;
// @ts-ignore: decorator
@inline const inTestall = 3;

/** What a receive brought, laid out as an `MPI_Status` of the standard ABI. Make a status once and use it again. */
export class Status {
  source: i32 = ANY_SOURCE;
  tag: i32 = ANY_TAG;
  error: i32 = 0;
  private reserved: i32 = 0;
  /** Bytes received. */
  byteLength: i64 = 0;
  private reserved2: i64 = 0;

  /** Elements received; `UNDEFINED` where the message ends within one. */
  count<T>(): i32 {
    const count = this.byteLength / sizeof<T>();
    return count * sizeof<T>() == this.byteLength ? <i32>count : UNDEFINED;
  }
}

/** The handle of a datatype in the standard ABI. */
// @ts-ignore: decorator
@inline
function typeOf<E>(): i32 {
  if (isFloat<E>()) return sizeof<E>() == 4 ? 0x210 : 0x214;
  if (!isInteger<E>()) ERROR("expected elements of i8 to u64, f32 or f64");
  if (sizeof<E>() == 1) return isSigned<E>() ? 0x240 : 0x241;
  if (sizeof<E>() == 2) return isSigned<E>() ? 0x248 : 0x249;
  if (sizeof<E>() == 4) return isSigned<E>() ? 0x250 : 0x251;
  return isSigned<E>() ? 0x258 : 0x259;
}

/**
 * What `View` and `Located` have in common: elements at an address, `count` blocks of `block` elements, `stride` from one
 * block to the next and `step` from one element to the next.
 */
// @ts-ignore: decorator
@unmanaged
export class Data {
  ptr: usize;
  /** Number of elements. */
  length: i32;
  /** @internal */ count: i32;
  /** @internal */ block: i32;
  /** @internal */ stride: i32;
  /** @internal */ step: i32;
  /** @internal */ type: i32;
  /** @internal */ size: i32;
}

/** Stands for data to send, when the data of this rank already lie where the result will be. */
export const IN_PLACE: Data = changetype<Data>(0);

/**
 * Elements in memory, in blocks that need not lie side by side:
 *
 *     new View<f64>(ptr, 3, 5, 2):      |xx...|xx...|xx           3 blocks of 2, the next one begins 5 elements later
 *     new View<f64>(ptr, 3, 7, 2, 3):   |x..x...|x..x...|x..x     and the elements of a block are 3 apart
 *
 * Make a view once and use it again; `heap.free(changetype<usize>(view))` releases it before the module is freed.
 */
// @ts-ignore: decorator
@unmanaged
export class View<T> extends Data {
  constructor(ptr: usize, count: i32, stride: i32 = 1, block: i32 = 1, step: i32 = 1) {
    super();
    this.ptr = ptr;
    this.count = count;
    this.block = block;
    this.stride = stride;
    this.step = step;
    this.length = count * block;
    this.type = typeOf<T>();
    this.size = sizeof<T>();
  }

  /** Address of an element. */
  // @ts-ignore: decorator
  @inline
  at(i: i32): usize {
    return this.ptr + <usize>((i / this.block) * this.stride + (i % this.block) * this.step) * sizeof<T>();
  }

  // @ts-ignore: decorator
  @operator("[]")
  get(i: i32): T {
    return load<T>(this.at(i));
  }

  // @ts-ignore: decorator
  @operator("[]=")
  set(i: i32, value: T): void {
    store<T>(this.at(i), value);
  }
}

/** A value and the index that belongs to it, for `MINLOC` and `MAXLOC`: of i32, f32 or f64. */
// @ts-ignore: decorator
@unmanaged
export class Located<T> extends Data {
  value: T;
  index: i32;

  constructor(value: T, index: i32) {
    super();
    this.ptr = changetype<usize>(this) + offsetof<Located<T>>("value");
    this.length = 1;
    this.count = 1;
    this.block = 1;
    this.stride = 1;
    this.step = 1;
    if (isFloat<T>()) this.type = sizeof<T>() == 4 ? 0x228 : 0x229;
    else if (isInteger<T>() && isSigned<T>() && sizeof<T>() == 4) this.type = 0x22b;
    else ERROR("expected a value of i32, f32 or f64");
    this.size = sizeof<T>() == 4 ? 8 : 16;
    this.value = value;
    this.index = index;
  }

  /** The value. @internal */
  // @ts-ignore: decorator
  @operator("[]")
  get(_i: i32): T {
    return this.value;
  }
}

// What a call hands to the host of its data: address, count and datatype. IN_PLACE has the address 0.

// @ts-ignore: decorator
@inline
function ptrOf<T>(data: T): usize {
  if (isManaged<T>()) {
    if (isDefined(data.dataStart)) return load<usize>(changetype<usize>(data), offsetof<T>("dataStart"));
    return changetype<usize>(data);
  } else {
    return changetype<usize>(data) ? changetype<Data>(data).ptr : 0;
  }
}

// @ts-ignore: decorator
@inline
function lengthOf<T>(data: T): i32 {
  if (isManaged<T>()) return data.length;
  else return changetype<usize>(data) ? changetype<Data>(data).length : 0;
}

// @ts-ignore: decorator
@inline
function isStrided(data: Data): bool {
  if (!changetype<usize>(data)) return false;
  return (data.stride != data.block && data.count > 1) || (data.step != 1 && data.block > 1);
}

/** How many times the datatype of `kindOf` follows: the elements, or the blocks of a strided view. */
// @ts-ignore: decorator
@inline
function countOf<T>(data: T): i32 {
  if (isManaged<T>()) return data.length;
  else return isStrided(changetype<Data>(data)) ? changetype<Data>(data).count : lengthOf<T>(data);
}

// @ts-ignore: decorator
@inline
function kindOf<T>(data: T): i32 {
  if (isManaged<T>()) return typeOf<valueof<T>>();
  else return viewKind(changetype<Data>(data));
}

function viewKind(data: Data): i32 {
  if (!changetype<usize>(data)) return 0x247; // Without data any datatype will do.
  return isStrided(data) ? hostStrided(data.count, data.block, data.stride, data.step, data.type) : data.type;
}

// @ts-ignore: decorator
@inline
function statusPtr(status: Status | null): usize {
  return changetype<usize>(status);
}

/** True between `mpi.init()` and `mpi.finalize()`. */
export function initialized(): bool {
  return hostInitialized();
}

/** This rank's number, from 0 to size - 1. */
export function rank(comm: Comm = COMM_WORLD): i32 {
  return hostRank(comm);
}

/** Number of ranks. */
export function size(comm: Comm = COMM_WORLD): i32 {
  return hostSize(comm);
}

/** Seconds since some moment in the past. */
export function wtime(): f64 {
  return hostWtime();
}

/** Ends all processes of the job with this exit code. */
export function abort(code: i32 = 1): void {
  hostAbort(code);
}

/** Waits until all ranks have come here. Collective. */
export function barrier(comm: Comm = COMM_WORLD): void {
  hostBarrier(comm);
}

/** Sends a number, an array or a view. */
export function send<T>(data: T, to: i32, tag: i32 = 0, comm: Comm = COMM_WORLD): void {
  if (isInteger<T>() || isFloat<T>()) {
    store<T>(scratch, data);
    hostSend(scratch, 1, typeOf<T>(), to, tag, comm);
  } else {
    hostSend(ptrOf<T>(data), countOf<T>(data), kindOf<T>(data), to, tag, comm);
  }
}

/** Receives into an array or a view, which may be longer than the message, and returns it; returns a number that came. */
export function recv<T>(
  data: T,
  from: i32 = ANY_SOURCE,
  tag: i32 = ANY_TAG,
  status: Status | null = null,
  comm: Comm = COMM_WORLD,
): T {
  if (isInteger<T>() || isFloat<T>()) {
    store<T>(scratch, data);
    hostRecv(scratch, 1, typeOf<T>(), from, tag, comm, statusPtr(status));
    return load<T>(scratch);
  } else {
    hostRecv(ptrOf<T>(data), countOf<T>(data), kindOf<T>(data), from, tag, comm, statusPtr(status));
    return data;
  }
}

/** Sends and receives at the same time. Returns as `recv`. */
export function sendrecv<S, R>(
  data: S,
  to: i32,
  into: R,
  from: i32,
  sendTag: i32 = 0,
  recvTag: i32 = ANY_TAG,
  status: Status | null = null,
  comm: Comm = COMM_WORLD,
): R {
  let outPtr: usize;
  let outCount = 1;
  let outKind: i32;
  if (isInteger<S>() || isFloat<S>()) {
    outPtr = scratch;
    store<S>(outPtr, data);
    outKind = typeOf<S>();
  } else {
    outPtr = ptrOf<S>(data);
    outCount = countOf<S>(data);
    outKind = kindOf<S>(data);
  }
  if (isInteger<R>() || isFloat<R>()) {
    const ptr = scratch + 16;
    store<R>(ptr, into);
    hostSendrecv(outPtr, outCount, outKind, to, sendTag, ptr, 1, typeOf<R>(), from, recvTag, comm, statusPtr(status));
    return load<R>(ptr);
  } else {
    const ptr = ptrOf<R>(into);
    const count = countOf<R>(into);
    const kind = kindOf<R>(into);
    hostSendrecv(outPtr, outCount, outKind, to, sendTag, ptr, count, kind, from, recvTag, comm, statusPtr(status));
    return into;
  }
}

/** Begins to send an array or a view, which is to stay as it is until `wait`. */
export function isend<T>(data: T, to: i32, tag: i32 = 0, comm: Comm = COMM_WORLD): Request {
  if (isInteger<T>() || isFloat<T>()) ERROR("isend: expected an array or a view, which stays where it is. Use send.");
  return hostIsend(ptrOf<T>(data), countOf<T>(data), kindOf<T>(data), to, tag, comm);
}

/** Begins to receive into an array or a view, which is not to be touched until `wait`. */
export function irecv<T>(data: T, from: i32 = ANY_SOURCE, tag: i32 = ANY_TAG, comm: Comm = COMM_WORLD): Request {
  if (isInteger<T>() || isFloat<T>()) ERROR("irecv: expected an array or a view, which stays where it is. Use recv.");
  return hostIrecv(ptrOf<T>(data), countOf<T>(data), kindOf<T>(data), from, tag, comm);
}

/** Waits for the end of a request. The status of `REQUEST_NULL` and of a request that is over already is empty. */
export function wait(request: Request, status: Status | null = null): void {
  hostWait(request, statusPtr(status));
}

/** True when the request is over. Never waits. */
export function test(request: Request, status: Status | null = null): bool {
  return hostTest(request, statusPtr(status));
}

/** Waits for all requests of an array; each becomes `REQUEST_NULL`. */
export function waitall<A>(requests: A, statuses: StaticArray<Status> | null = null): void {
  hostWaitall(ptrOf<A>(requests), requestCount<A>(requests, statuses, inWaitall), changetype<usize>(statuses));
}

/** True when all requests of an array are over; then each becomes `REQUEST_NULL`. Never waits. */
export function testall<A>(requests: A, statuses: StaticArray<Status> | null = null): bool {
  return hostTestall(ptrOf<A>(requests), requestCount<A>(requests, statuses, inTestall), changetype<usize>(statuses));
}

/** Waits until a request of an array is over, and makes it `REQUEST_NULL`. Returns its index, or `UNDEFINED` if all were. */
export function waitany<A>(requests: A, status: Status | null = null): i32 {
  return hostWaitany(ptrOf<A>(requests), requestCount<A>(requests, null), statusPtr(status));
}

/** As `waitany`, but never waits: returns `NONE` when no request is over. */
export function testany<A>(requests: A, status: Status | null = null): i32 {
  return hostTestany(ptrOf<A>(requests), requestCount<A>(requests, null), statusPtr(status));
}

/** The number of requests in an array; there are to be as many statuses. */
// @ts-ignore: decorator
@inline
function requestCount<A>(requests: A, statuses: StaticArray<Status> | null, call: i32 = inWaitall): i32 {
  if (!isManaged<A>() || sizeof<valueof<A>>() != 4) ERROR("expected an array of Request");
  const count = requests.length;
  if (statuses && statuses.length < count) noRoom(call, count, statuses.length);
  return count;
}

/** Waits for a message that could be received, and fills the status as its receive would. */
export function probe(
  from: i32 = ANY_SOURCE,
  tag: i32 = ANY_TAG,
  status: Status | null = null,
  comm: Comm = COMM_WORLD,
): void {
  hostProbe(from, tag, comm, statusPtr(status));
}

/** Copies the root's number, array or view to all ranks. Returns as `recv`. Collective. */
export function bcast<T>(data: T, root: i32 = 0, comm: Comm = COMM_WORLD): T {
  if (isInteger<T>() || isFloat<T>()) {
    store<T>(scratch, data);
    hostBcast(scratch, 1, typeOf<T>(), root, comm);
    return load<T>(scratch);
  } else {
    hostBcast(ptrOf<T>(data), countOf<T>(data), kindOf<T>(data), root, comm);
    return data;
  }
}

// Reductions, and collectives for the data of all ranks, take elements side by side: the elements of a strided view are
// copied to a block of memory before, and back after.

/** The address of the elements side by side; those of a strided view in memory that `unpacked` frees. */
function packed(data: Data): usize {
  if (!isStrided(data)) return data.ptr;
  const to = heap.alloc(<usize>data.length * <usize>data.size);
  copyElements(data, to, true);
  return to;
}

/** Frees the memory that `packed` has taken for a strided view, after copying the elements back if `back` is set. */
function unpacked(data: Data, from: usize, back: bool): void {
  if (!isStrided(data)) return;
  if (back) copyElements(data, from, false);
  heap.free(from);
}

/** Copies the elements of a view side by side to memory if `out` is set, else from there into the view. */
function copyElements(data: Data, packedPtr: usize, out: bool): void {
  const runs = data.step == 1 ? 1 : data.block;
  const byteLength = <usize>((data.block / runs) * data.size);
  for (let i = 0; i < data.count; i++) {
    for (let j = 0; j < runs; j++) {
      const ptr = data.ptr + <usize>((i * data.stride + j * data.step) * data.size);
      if (out) memory.copy(packedPtr, ptr, byteLength);
      else memory.copy(ptr, packedPtr, byteLength);
      packedPtr += byteLength;
    }
  }
}

// @ts-ignore: decorator
@inline
function packedPtr<T>(data: T): usize {
  if (isManaged<T>()) return ptrOf<T>(data);
  else return changetype<usize>(data) ? packed(changetype<Data>(data)) : 0;
}

// @ts-ignore: decorator
@inline
function release<T>(data: T, ptr: usize, back: bool): void {
  if (!isManaged<T>()) {
    if (ptr) unpacked(changetype<Data>(data), ptr, back);
  }
}

// @ts-ignore: decorator
@inline
function basicKind<T>(data: T): i32 {
  if (isManaged<T>()) return typeOf<valueof<T>>();
  else return changetype<usize>(data) ? changetype<Data>(data).type : 0x247; // As in viewKind.
}

/** The receiver is not to be shorter than what is sent; the length of IN_PLACE is 0. */
// @ts-ignore: decorator
@inline
function expectRoom<S, R>(send: S, recv: R, call: i32): void {
  if (lengthOf<R>(recv) < lengthOf<S>(send)) noRoom(call, lengthOf<S>(send), lengthOf<R>(recv));
}

/** What the elements of data of a type are, known to the compiler; 0 of `Data`, of which IN_PLACE is. */
// @ts-ignore: decorator
@inline
function elementsOf<T>(): i32 {
  if (isInteger<T>() || isFloat<T>()) return typeOf<T>();
  if (isManaged<T>()) return typeOf<valueof<T>>();
  if (!isDefined(changetype<T>(0).get)) return 0;
  // A pair is no element like its value.
  return isDefined(changetype<T>(0).index) ? typeOf<valueof<T>>() + 0x1000 : typeOf<valueof<T>>();
}

/** Both sides of a collective call have elements of one type: what is known only when it runs is compared then. */
// @ts-ignore: decorator
@inline
function expectAlike<S, R>(send: S, recv: R): void {
  if (elementsOf<S>() != 0 && elementsOf<R>() != 0) {
    if (elementsOf<S>() != elementsOf<R>()) ERROR("expected elements of one type on both sides");
  } else if (isReference<S>() && isReference<R>()) {
    if (ptrOf<S>(send) && ptrOf<R>(recv) && basicKind<S>(send) != basicKind<R>(recv)) unreachable();
  }
}

/**
 * An operation for `allreduce` and `reduce`, of elements of one type. The function combines `input` and `inout`, element by
 * element, into `inout`; it is called with parts of the data, in any order. Make an operation once, outside of functions.
 *
 *     const hypotenuse = createOp<f64>((input, inout) => {
 *       for (let i = 0; i < inout.length; i++) inout[i] = Math.hypot(input[i], inout[i]);
 *     });
 *
 * `group` elements, one behind the other, stay together. Where the operation is not commutative, `input` comes from the lower
 * ranks. It lasts as long as the module.
 */
export function createOp<T>(
  combine: (input: View<T>, inout: View<T>) => void,
  group: i32 = 1,
  commutative: bool = true,
): Op {
  const input = changetype<usize>(new View<T>(0, 0));
  const inout = changetype<usize>(new View<T>(0, 0));
  return hostCreateOp(changetype<usize>(combine), input, inout, typeOf<T>(), group, commutative);
}

const absent: i32 = i32.MIN_VALUE;

/**
 * Combines the values of all ranks; every rank gets the result. Collective.
 *
 *     const total = allreduce<f64>(part, SUM);     a number, and in which communicator: (part, SUM, comm)
 *     allreduce(values, SUM);                      an array or a view, which becomes the result
 *     allreduce(values, sums, SUM);                the result into sums, no shorter than values; (IN_PLACE, sums, SUM)
 */
export function allreduce<S, R = i32>(data: S, second: R, third: i32 = absent, fourth: i32 = absent): S {
  if (isInteger<R>()) {
    const comm = third == absent ? COMM_WORLD : third;
    if (isInteger<S>() || isFloat<S>()) {
      store<S>(scratch, data);
      hostAllreduce(scratch, scratch + 16, 1, typeOf<S>(), second, comm);
      return load<S>(scratch + 16);
    } else {
      const ptr = packedPtr<S>(data);
      hostAllreduce(0, ptr, lengthOf<S>(data), basicKind<S>(data), second, comm);
      release<S>(data, ptr, true);
      return data;
    }
  } else {
    if (isInteger<S>() || isFloat<S>()) ERROR("allreduce: expected a number and an operation, or two arrays or views");
    expectAlike<S, R>(data, second);
    expectRoom<S, R>(data, second, inAllreduce);
    const sendPtr = packedPtr<S>(data);
    const recvPtr = packedPtr<R>(second);
    const count = sendPtr ? lengthOf<S>(data) : lengthOf<R>(second);
    const comm = fourth == absent ? COMM_WORLD : fourth;
    hostAllreduce(sendPtr, recvPtr, count, basicKind<R>(second), third == absent ? SUM : third, comm);
    release<S>(data, sendPtr, false);
    release<R>(second, recvPtr, true);
    return data;
  }
}

/**
 * Combines the values of all ranks; the root gets the result, other ranks get back their values. Collective.
 *
 *     const total = reduce<f64>(part, SUM);        a number; with a root: (part, SUM, root, comm)
 *     reduce(values, SUM, root, comm);             an array or a view, which becomes the result on the root
 *     reduce(values, sums, SUM, root, comm);       the result into sums; (IN_PLACE, sums, SUM) on all ranks
 */
export function reduce<S, R = i32>(
  data: S,
  second: R,
  third: i32 = absent,
  fourth: i32 = absent,
  fifth: i32 = absent,
): S {
  if (isInteger<R>()) {
    const root = third == absent ? 0 : third;
    const comm = fourth == absent ? COMM_WORLD : fourth;
    if (isInteger<S>() || isFloat<S>()) {
      store<S>(scratch, data);
      store<S>(scratch + 16, data);
      hostReduce(scratch, scratch + 16, 1, typeOf<S>(), second, root, comm);
      return hostRank(comm) == root ? load<S>(scratch + 16) : data;
    } else {
      const ptr = packedPtr<S>(data);
      hostReduce(0, ptr, lengthOf<S>(data), basicKind<S>(data), second, root, comm);
      release<S>(data, ptr, hostRank(comm) == root);
      return data;
    }
  } else {
    if (isInteger<S>() || isFloat<S>()) ERROR("reduce: expected a number and an operation, or two arrays or views");
    const root = fourth == absent ? 0 : fourth;
    const comm = fifth == absent ? COMM_WORLD : fifth;
    const isRoot = hostRank(comm) == root;
    expectAlike<S, R>(data, second);
    if (isRoot) expectRoom<S, R>(data, second, inReduce);
    const sendPtr = packedPtr<S>(data);
    const recvPtr = packedPtr<R>(second);
    const count = sendPtr ? lengthOf<S>(data) : lengthOf<R>(second);
    hostReduce(sendPtr, recvPtr, count, basicKind<R>(second), third == absent ? SUM : third, root, comm);
    release<S>(data, sendPtr, false);
    release<R>(second, recvPtr, isRoot);
    return data;
  }
}

/** Collects the same number of elements from each rank, in the order of ranks, on the root, which needs room for all. */
export function gather<S, R>(data: S, into: R, root: i32 = 0, comm: Comm = COMM_WORLD): void {
  expectAlike<S, R>(data, into);
  const isRoot = hostRank(comm) == root;
  const ptr = isRoot ? packedPtr<R>(into) : 0;
  const length = lengthOf<R>(into);
  const kind = basicKind<R>(into);
  if (isInteger<S>() || isFloat<S>()) {
    store<S>(scratch, data);
    hostGather(scratch, 1, typeOf<S>(), 1, ptr, length, kind, root, comm);
  } else {
    hostGather(ptrOf<S>(data), countOf<S>(data), kindOf<S>(data), lengthOf<S>(data), ptr, length, kind, root, comm);
  }
  release<R>(into, ptr, true);
}

/** Deals the root's elements out, the same number to each rank, in the order of ranks. Returns as `recv`. Collective. */
export function scatter<S, R>(data: S, into: R, root: i32 = 0, comm: Comm = COMM_WORLD): R {
  expectAlike<S, R>(data, into);
  const isRoot = hostRank(comm) == root;
  const ptr = isRoot ? packedPtr<S>(data) : 0;
  const length = lengthOf<S>(data);
  const kind = basicKind<S>(data);
  if (isInteger<R>() || isFloat<R>()) {
    store<R>(scratch, into);
    hostScatter(ptr, length, kind, scratch, 1, typeOf<R>(), 1, root, comm);
    release<S>(data, ptr, false);
    return load<R>(scratch);
  } else {
    hostScatter(ptr, length, kind, ptrOf<R>(into), countOf<R>(into), kindOf<R>(into), lengthOf<R>(into), root, comm);
    release<S>(data, ptr, false);
    return into;
  }
}

/** As `gather`, but every rank gets all elements. Collective. */
export function allgather<S, R>(data: S, into: R, comm: Comm = COMM_WORLD): void {
  expectAlike<S, R>(data, into);
  const ptr = packedPtr<R>(into);
  const length = lengthOf<R>(into);
  const kind = basicKind<R>(into);
  if (isInteger<S>() || isFloat<S>()) {
    store<S>(scratch, data);
    hostAllgather(scratch, 1, typeOf<S>(), 1, ptr, length, kind, comm);
  } else {
    hostAllgather(ptrOf<S>(data), countOf<S>(data), kindOf<S>(data), lengthOf<S>(data), ptr, length, kind, comm);
  }
  release<R>(into, ptr, true);
}

/**
 * Every rank deals its elements out as `scatter` does, and collects what all deal to it as `gather` does, into as many
 * elements. Collective.
 */
export function alltoall<S, R>(data: S, into: R, comm: Comm = COMM_WORLD): void {
  if (isInteger<S>() || isFloat<S>()) ERROR("alltoall: expected arrays or views, as many elements for each rank");
  expectAlike<S, R>(data, into);
  const sendPtr = packedPtr<S>(data);
  const recvPtr = packedPtr<R>(into);
  hostAlltoall(sendPtr, lengthOf<S>(data), basicKind<S>(data), recvPtr, lengthOf<R>(into), basicKind<R>(into), comm);
  release<S>(data, sendPtr, false);
  release<R>(into, recvPtr, true);
}
