import { show, wrong } from "../argument.js";
import { type LongName, type NumberArrays, numbers, type ShortName, type ToShort, toShort } from "../elements.js";
import { allocator } from "./core.js";
import { inMemory, memory } from "./memory.js";

/** The arrays by AssemblyScript's names of their elements. */
export type HeapArrays = NumberArrays;

/** Arrays that were made here and not freed, by address. */
const lengths = new Map<number, number>();

/** Typed arrays in the one WebAssembly memory, which compiled code takes as addresses. */
export const heap = {
  /**
   * An array of zeros. It stays valid when the memory grows. Free it when done. **Local.**
   * @throws UsageError for an unknown type or a wrong length; KernelError when there is no room
   */
  array<T extends ShortName | LongName>(type: T, length: number): HeapArrays[ToShort<T>] {
    const short: ShortName = toShort(type);
    if (!Object.hasOwn(numbers, short)) {
      const names = Object.keys(numbers).join(", ");
      throw wrong('heap.array: "type"', `one of ${names}`, show(type), "Name one of them.");
    }
    if (!Number.isSafeInteger(length) || length < 0) {
      throw wrong('heap.array: "length"', "a whole number of elements", show(length), "Give their number.");
    }
    const { array: Type } = numbers[short];
    const unit = Type.BYTES_PER_ELEMENT;
    // Behind the last element room for vectors that reach beyond it.
    const ptr = memory.alloc(Math.max(16, unit * length + 16));
    const { buffer } = memory.u8(ptr, 0);
    lengths.set(ptr, length);
    return new Type(buffer as never, ptr, length) as HeapArrays[ToShort<T>];
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
