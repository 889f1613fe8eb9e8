/** Elements side by side, and what is checked of data on both sides of a collective call. */
import { Data, isStrided, lengthOf, ptrOf, typeOf } from "./data";
import { noRoom } from "./host";

// Reductions, and collectives for the data of all ranks, take elements side by side: the elements of a strided view are
// copied to a block of memory before, and back after. Where the call throws, the block is freed by `__endCalls` of runtime.ts.

/** The address of the elements side by side; those of a strided view in memory that `unpacked` frees. */
function packed(data: Data): usize {
  if (!isStrided(data)) return data.ptr;
  const to = __allocPassing(<usize>data.length * <usize>data.size);
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
export function packedPtr<T>(data: T): usize {
  if (isManaged<T>()) return ptrOf<T>(data);
  else return changetype<usize>(data) ? packed(changetype<Data>(data)) : 0;
}

// @ts-ignore: decorator
@inline
export function release<T>(data: T, ptr: usize, back: bool): void {
  if (!isManaged<T>()) {
    if (ptr) unpacked(changetype<Data>(data), ptr, back);
  }
}

// @ts-ignore: decorator
@inline
export function basicKind<T>(data: T): i32 {
  if (isManaged<T>()) return typeOf<valueof<T>>();
  else return changetype<usize>(data) ? changetype<Data>(data).type : 0x247; // As in viewKind of data.ts.
}

/** The receiver is not to be shorter than what is sent; the length of IN_PLACE is 0. */
// @ts-ignore: decorator
@inline
export function expectRoom<S, R>(send: S, recv: R, call: i32): void {
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
export function expectAlike<S, R>(send: S, recv: R): void {
  if (elementsOf<S>() != 0 && elementsOf<R>() != 0) {
    if (elementsOf<S>() != elementsOf<R>()) ERROR("expected elements of one type on both sides");
  } else if (isReference<S>() && isReference<R>()) {
    if (ptrOf<S>(send) && ptrOf<R>(recv) && basicKind<S>(send) != basicKind<R>(recv)) unreachable();
  }
}
