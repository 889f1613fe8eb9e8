/** Calls of all ranks, but for reductions. */
import { countOf, kindOf, lengthOf, ptrOf, typeOf } from "./data";
import { Comm, COMM_WORLD } from "./handles";
import { hostRank, scratch } from "./host";
import { basicKind, expectAlike, packedPtr, release } from "./packed";

// @ts-ignore: decorator
@external("mpi", "barrier")
declare function hostBarrier(comm: Comm): void;
// @ts-ignore: decorator
@external("mpi", "bcast")
declare function hostBcast(ptr: usize, count: i32, type: i32, root: i32, comm: Comm): void;
// @ts-ignore: decorator
@external("mpi", "gather")
declare function hostGather(
  sendPtr: usize, sendCount: i32, sendType: i32, sendLength: i32,
  recvPtr: usize, recvLength: i32, recvType: i32, root: i32, comm: Comm,
): void;
// @ts-ignore: decorator
@external("mpi", "scatter")
declare function hostScatter(
  sendPtr: usize, sendLength: i32, sendType: i32,
  recvPtr: usize, recvCount: i32, recvType: i32, recvLength: i32, root: i32, comm: Comm,
): void;
// @ts-ignore: decorator
@external("mpi", "allgather")
declare function hostAllgather(
  sendPtr: usize, sendCount: i32, sendType: i32, sendLength: i32,
  recvPtr: usize, recvLength: i32, recvType: i32, comm: Comm,
): void;
// @ts-ignore: decorator
@external("mpi", "alltoall")
declare function hostAlltoall(
  sendPtr: usize, sendLength: i32, sendType: i32,
  recvPtr: usize, recvLength: i32, recvType: i32, comm: Comm,
): void;

/** Waits until all ranks have come here. Collective. */
export function barrier(comm: Comm = COMM_WORLD): void {
  hostBarrier(comm);
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
