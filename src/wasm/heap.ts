import { show, wrong } from "../argument.js";
import { allocator } from "./core.js";
import { inMemory, memory } from "./memory.js";

/** The arrays by AssemblyScript's names of their elements. */
export interface HeapArrays {
  i8: Int8Array;
  u8: Uint8Array;
  i16: Int16Array;
  u16: Uint16Array;
  i32: Int32Array;
  u32: Uint32Array;
  i64: BigInt64Array;
  u64: BigUint64Array;
  f32: Float32Array;
  f64: Float64Array;
}

const constructors = {
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
} as const;

/** Arrays that were made here and not freed, by address. */
const lengths = new Map<number, number>();

/** Typed arrays in the one WebAssembly memory, which compiled code takes as addresses. */
export const heap = {
  /**
   * An array of zeros. It stays valid when the memory grows. Free it when done. **Local.**
   * @throws UsageError for an unknown type or a wrong length; KernelError when there is no room
   */
  array<T extends keyof HeapArrays>(type: T, length: number): HeapArrays[T] {
    if (!Object.hasOwn(constructors, type)) {
      const names = Object.keys(constructors).join(", ");
      throw wrong('heap.array: "type"', `one of ${names}`, show(type), "Name one of them.");
    }
    if (!Number.isSafeInteger(length) || length < 0) {
      throw wrong('heap.array: "length"', "a whole number of elements", show(length), "Give their number.");
    }
    const { BYTES_PER_ELEMENT: unit } = constructors[type];
    // Behind the last element room for vectors that reach beyond it.
    const ptr = memory.alloc(Math.max(16, unit * length + 16));
    const { buffer } = memory.u8(ptr, 0);
    lengths.set(ptr, length);
    return new constructors[type](buffer as never, ptr, length) as HeapArrays[T];
  },

  /** Releases an array of {@link array}. **Local.** @throws UsageError for another one, or one that has been freed */
  free(array: ArrayBufferView): void {
    if (!ArrayBuffer.isView(array) || !inMemory(array) || !lengths.delete(array.byteOffset)) {
      throw wrong(
        'heap.free: "array"',
        "an array of heap.array() in use",
        ArrayBuffer.isView(array) ? "another one" : show(array),
        "Free each one once.",
      );
    }
    allocator().free(array.byteOffset);
  },
};
