/** Data of messages: numbers, by value; arrays and views, by reference. */
import { Status } from "./status";

// @ts-ignore: decorator
@external("mpi", "strided")
declare function hostStrided(count: i32, block: i32, stride: i32, step: i32, type: i32): i32;

/** The handle of a datatype in the standard ABI. */
// @ts-ignore: decorator
@inline
export function typeOf<E>(): i32 {
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
  /** Address of the first element. */
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
  /** @param count blocks @param stride elements from one block to the next @param block elements in one @param step from one to the next */
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

  /** An element: `view[i]`. */
  // @ts-ignore: decorator
  @operator("[]")
  get(i: i32): T {
    return load<T>(this.at(i));
  }

  /** Sets an element: `view[i] = value`. */
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
  /** What is compared. */
  value: T;
  /** What tells where it is from; of equal values the lowest one counts. */
  index: i32;

  /** @param index any number that tells where the value is from, such as the rank */
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
export function ptrOf<T>(data: T): usize {
  if (isManaged<T>()) {
    if (isDefined(data.dataStart)) return load<usize>(changetype<usize>(data), offsetof<T>("dataStart"));
    return changetype<usize>(data);
  } else {
    return changetype<usize>(data) ? changetype<Data>(data).ptr : 0;
  }
}

// @ts-ignore: decorator
@inline
export function lengthOf<T>(data: T): i32 {
  if (isManaged<T>()) return data.length;
  else return changetype<usize>(data) ? changetype<Data>(data).length : 0;
}

// @ts-ignore: decorator
@inline
export function isStrided(data: Data): bool {
  if (!changetype<usize>(data)) return false;
  return (data.stride != data.block && data.count > 1) || (data.step != 1 && data.block > 1);
}

/** How many times the datatype of `kindOf` follows: the elements, or the blocks of a strided view. */
// @ts-ignore: decorator
@inline
export function countOf<T>(data: T): i32 {
  if (isManaged<T>()) return data.length;
  else return isStrided(changetype<Data>(data)) ? changetype<Data>(data).count : lengthOf<T>(data);
}

// @ts-ignore: decorator
@inline
export function kindOf<T>(data: T): i32 {
  if (isManaged<T>()) return typeOf<valueof<T>>();
  else return viewKind(changetype<Data>(data));
}

function viewKind(data: Data): i32 {
  if (!changetype<usize>(data)) return 0x247; // Without data any datatype will do.
  return isStrided(data) ? hostStrided(data.count, data.block, data.stride, data.step, data.type) : data.type;
}

// @ts-ignore: decorator
@inline
export function statusPtr(status: Status | null): usize {
  return changetype<usize>(status);
}
