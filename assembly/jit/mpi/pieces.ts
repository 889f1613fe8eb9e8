/**
 * Calls of all ranks for pieces of different lengths: `counts` has the elements of each rank, `displs` where its piece begins,
 * behind each other when it is left out.
 */
import { countOf, kindOf, lengthOf, ptrOf, typeOf } from "./data";
import { Comm, COMM_WORLD } from "./handles";
import { hostRank, scratch } from "./host";
import { basicKind, expectAlike, packedPtr, release } from "./packed";

// @ts-ignore: decorator
@external("mpi", "gatherv")
declare function hostGatherv(
  sendPtr: usize, sendCount: i32, sendType: i32, sendLength: i32,
  recvPtr: usize, recvLength: i32, recvType: i32,
  counts: usize, countsLength: i32, displs: usize, displsLength: i32, root: i32, comm: Comm,
): void;
// @ts-ignore: decorator
@external("mpi", "scatterv")
declare function hostScatterv(
  sendPtr: usize, sendLength: i32, sendType: i32,
  recvPtr: usize, recvCount: i32, recvType: i32, recvLength: i32,
  counts: usize, countsLength: i32, displs: usize, displsLength: i32, root: i32, comm: Comm,
): void;
// @ts-ignore: decorator
@external("mpi", "allgatherv")
declare function hostAllgatherv(
  sendPtr: usize, sendCount: i32, sendType: i32, sendLength: i32,
  recvPtr: usize, recvLength: i32, recvType: i32,
  counts: usize, countsLength: i32, displs: usize, displsLength: i32, comm: Comm,
): void;
// @ts-ignore: decorator
@external("mpi", "alltoallv")
declare function hostAlltoallv(
  sendPtr: usize, sendLength: i32, sendType: i32, sendCounts: usize, sendCountsLength: i32,
  sendDispls: usize, sendDisplsLength: i32,
  recvPtr: usize, recvLength: i32, recvType: i32, recvCounts: usize, recvCountsLength: i32,
  recvDispls: usize, recvDisplsLength: i32, comm: Comm,
): void;

/** An array of one number a rank, or none. */
type Numbers = StaticArray<i32> | null;

// @ts-ignore: decorator
@inline
function ptrOfNumbers(numbers: Numbers): usize {
  return changetype<usize>(numbers);
}

// @ts-ignore: decorator
@inline
function lengthOfNumbers(numbers: Numbers): i32 {
  return numbers ? numbers.length : 0;
}

/** As `gather`, with `counts[r]` elements from rank r; `counts` and `displs` matter on the root. Collective. */
export function gatherv<S, R>(
  data: S, into: R, counts: Numbers, root: i32 = 0, comm: Comm = COMM_WORLD, displs: Numbers = null,
): void {
  expectAlike<S, R>(data, into);
  const ptr = hostRank(comm) == root ? packedPtr<R>(into) : 0;
  if (isInteger<S>() || isFloat<S>()) {
    store<S>(scratch, data);
    hostGatherv(
      scratch, 1, typeOf<S>(), 1, ptr, lengthOf<R>(into), basicKind<R>(into),
      ptrOfNumbers(counts), lengthOfNumbers(counts), ptrOfNumbers(displs), lengthOfNumbers(displs), root, comm,
    );
  } else {
    hostGatherv(
      ptrOf<S>(data), countOf<S>(data), kindOf<S>(data), lengthOf<S>(data), ptr, lengthOf<R>(into), basicKind<R>(into),
      ptrOfNumbers(counts), lengthOfNumbers(counts), ptrOfNumbers(displs), lengthOfNumbers(displs), root, comm,
    );
  }
  release<R>(into, ptr, true);
}

/** As `scatter`, with `counts[r]` elements for rank r; `counts` and `displs` matter on the root. Returns as `recv`. Collective. */
export function scatterv<S, R>(
  data: S, into: R, counts: Numbers, root: i32 = 0, comm: Comm = COMM_WORLD, displs: Numbers = null,
): R {
  expectAlike<S, R>(data, into);
  const ptr = hostRank(comm) == root ? packedPtr<S>(data) : 0;
  if (isInteger<R>() || isFloat<R>()) {
    store<R>(scratch, into);
    hostScatterv(
      ptr, lengthOf<S>(data), basicKind<S>(data), scratch, 1, typeOf<R>(), 1,
      ptrOfNumbers(counts), lengthOfNumbers(counts), ptrOfNumbers(displs), lengthOfNumbers(displs), root, comm,
    );
    release<S>(data, ptr, false);
    return load<R>(scratch);
  } else {
    hostScatterv(
      ptr, lengthOf<S>(data), basicKind<S>(data), ptrOf<R>(into), countOf<R>(into), kindOf<R>(into), lengthOf<R>(into),
      ptrOfNumbers(counts), lengthOfNumbers(counts), ptrOfNumbers(displs), lengthOfNumbers(displs), root, comm,
    );
    release<S>(data, ptr, false);
    return into;
  }
}

/** As `gatherv`, but every rank gets all elements, and gives all counts. Collective. */
export function allgatherv<S, R>(
  data: S, into: R, counts: Numbers, comm: Comm = COMM_WORLD, displs: Numbers = null,
): void {
  expectAlike<S, R>(data, into);
  const ptr = packedPtr<R>(into);
  if (isInteger<S>() || isFloat<S>()) {
    store<S>(scratch, data);
    hostAllgatherv(
      scratch, 1, typeOf<S>(), 1, ptr, lengthOf<R>(into), basicKind<R>(into),
      ptrOfNumbers(counts), lengthOfNumbers(counts), ptrOfNumbers(displs), lengthOfNumbers(displs), comm,
    );
  } else {
    hostAllgatherv(
      ptrOf<S>(data), countOf<S>(data), kindOf<S>(data), lengthOf<S>(data), ptr, lengthOf<R>(into), basicKind<R>(into),
      ptrOfNumbers(counts), lengthOfNumbers(counts), ptrOfNumbers(displs), lengthOfNumbers(displs), comm,
    );
  }
  release<R>(into, ptr, true);
}

/** Every rank deals out `sendCounts[r]` elements to rank r, and collects `recvCounts[r]` from it. Collective. */
export function alltoallv<S, R>(
  data: S, into: R, sendCounts: Numbers, recvCounts: Numbers, comm: Comm = COMM_WORLD,
  sendDispls: Numbers = null, recvDispls: Numbers = null,
): void {
  if (isInteger<S>() || isFloat<S>()) ERROR("alltoallv: expected arrays or views");
  expectAlike<S, R>(data, into);
  const sendPtr = packedPtr<S>(data);
  const recvPtr = packedPtr<R>(into);
  hostAlltoallv(
    sendPtr, lengthOf<S>(data), basicKind<S>(data), ptrOfNumbers(sendCounts), lengthOfNumbers(sendCounts),
    ptrOfNumbers(sendDispls), lengthOfNumbers(sendDispls),
    recvPtr, lengthOf<R>(into), basicKind<R>(into), ptrOfNumbers(recvCounts), lengthOfNumbers(recvCounts),
    ptrOfNumbers(recvDispls), lengthOfNumbers(recvDispls), comm,
  );
  release<S>(data, sendPtr, false);
  release<R>(into, recvPtr, true);
}
