/** Messages from rank to rank. */
import { countOf, kindOf, ptrOf, statusPtr, typeOf } from "./data";
import { ANY_SOURCE, ANY_TAG, Comm, COMM_WORLD, Request } from "./handles";
import { scratch } from "./host";
import { Status } from "./status";

// @ts-ignore: decorator
@external("mpi", "send")
declare function hostSend(ptr: usize, count: i32, type: i32, to: i32, tag: i32, comm: Comm): void;
// @ts-ignore: decorator
@external("mpi", "recv")
declare function hostRecv(ptr: usize, count: i32, type: i32, from: i32, tag: i32, comm: Comm, status: usize): void;
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
@external("mpi", "probe")
declare function hostProbe(from: i32, tag: i32, comm: Comm, status: usize): void;
// @ts-ignore: decorator
@external("mpi", "iprobe")
declare function hostIprobe(from: i32, tag: i32, comm: Comm, status: usize): bool;

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

/** True when there is a message that could be received: the status is then filled. Never waits. */
export function iprobe(
  from: i32 = ANY_SOURCE,
  tag: i32 = ANY_TAG,
  status: Status | null = null,
  comm: Comm = COMM_WORLD,
): bool {
  return hostIprobe(from, tag, comm, statusPtr(status));
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
