/** Reductions, and operations of one's own. */
import { lengthOf, typeOf, View } from "./data";
import { Comm, COMM_WORLD, Op, SUM } from "./handles";
import { hostRank, inAllreduce, inReduce, inScan, scratch } from "./host";
import { basicKind, expectAlike, expectRoom, packedPtr, release } from "./packed";

// @ts-ignore: decorator
@external("mpi", "createOp")
declare function hostCreateOp(combine: usize, input: usize, inout: usize, type: i32, group: i32, commutative: bool): Op;
// @ts-ignore: decorator
@external("mpi", "allreduce")
declare function hostAllreduce(sendPtr: usize, recvPtr: usize, count: i32, type: i32, op: Op, comm: Comm): void;
// @ts-ignore: decorator
@external("mpi", "reduce")
declare function hostReduce(sendPtr: usize, recvPtr: usize, count: i32, type: i32, op: Op, root: i32, comm: Comm): void;

// @ts-ignore: decorator
@external("mpi", "scan")
declare function hostScan(
  sendPtr: usize, recvPtr: usize, count: i32, type: i32, op: Op, comm: Comm, isExclusive: bool,
): void;

/**
 * An operation for reductions and scans, of elements of one type. The function combines `input` and `inout`, element by
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

/**
 * Combines the values of the ranks up to this one, itself included. Collective.
 *
 *     const before = scan<i32>(n, SUM) - n;        a number, and in which communicator: (n, SUM, comm)
 *     scan(values, SUM);                           an array or a view, which becomes the result
 *     scan(values, sums, SUM);                     the result into sums, no shorter than values; (IN_PLACE, sums, SUM)
 */
export function scan<S, R = i32>(data: S, second: R, third: i32 = absent, fourth: i32 = absent): S {
  return scanned<S, R>(data, second, third, fourth, false);
}

/**
 * As `scan`, without this rank: where its part begins, of n elements each, is `exscan<i32>(n, SUM)`. On rank 0 there is
 * nothing to combine: it gets 0 for a number, and arrays stay as they are. Collective.
 */
export function exscan<S, R = i32>(data: S, second: R, third: i32 = absent, fourth: i32 = absent): S {
  return scanned<S, R>(data, second, third, fourth, true);
}

// @ts-ignore: decorator
@inline
function scanned<S, R>(data: S, second: R, third: i32, fourth: i32, isExclusive: bool): S {
  if (isInteger<R>()) {
    const comm = third == absent ? COMM_WORLD : third;
    if (isInteger<S>() || isFloat<S>()) {
      store<S>(scratch, data);
      store<S>(scratch + 16, 0);
      hostScan(scratch, scratch + 16, 1, typeOf<S>(), second, comm, isExclusive);
      return load<S>(scratch + 16);
    } else {
      const ptr = packedPtr<S>(data);
      hostScan(0, ptr, lengthOf<S>(data), basicKind<S>(data), second, comm, isExclusive);
      release<S>(data, ptr, true);
      return data;
    }
  } else {
    if (isInteger<S>() || isFloat<S>()) ERROR("scan: expected a number and an operation, or two arrays or views");
    expectAlike<S, R>(data, second);
    expectRoom<S, R>(data, second, inScan);
    const sendPtr = packedPtr<S>(data);
    const recvPtr = packedPtr<R>(second);
    const count = sendPtr ? lengthOf<S>(data) : lengthOf<R>(second);
    const comm = fourth == absent ? COMM_WORLD : fourth;
    hostScan(sendPtr, recvPtr, count, basicKind<R>(second), third == absent ? SUM : third, comm, isExclusive);
    release<S>(data, sendPtr, false);
    release<R>(second, recvPtr, true);
    return data;
  }
}
