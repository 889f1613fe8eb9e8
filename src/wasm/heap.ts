import { show, wrong } from "../argument.js";
import { type LongName, type NumberArrays, numbers, type ShortName, type ToShort, toShort } from "../elements.js";
import { inMemory, memory, noteFreed, noteHeld } from "./memory.js";
import { bufferClass, freeObject, largestObject, newObject } from "./object.js";

/** The arrays by AssemblyScript's names of their elements. */
export type HeapArrays = NumberArrays;

/** Bytes of arrays that were made here and not freed, by address. */
const byteLengths = new Map<number, number>();

/** Bytes behind the last element, for vectors that reach beyond it. */
const room = 16;

/** True for a whole array of {@link heap}, and not for a part: it is an `ArrayBuffer` to compiled code. */
export function isHeapArray(array: ArrayBufferView): boolean {
  return inMemory(array) && byteLengths.get(array.byteOffset) === array.byteLength;
}

/**
 * Typed arrays in the one WebAssembly memory, which compiled code takes as its own arrays, or by address.
 *
 * ```js
 * const values = heap.array("f64", 100); // A Float64Array, to be passed to compiled code without a copy.
 * values.fill(0.5);
 * heap.free(values);
 * ```
 */
export const heap = {
  /**
   * An array of zeros. It stays valid when the memory grows. Free it when done. **Local.**
   * @throws UsageError for an unknown type or a wrong length; KernelError when there is no room
   */
  array<T extends ShortName | LongName>(type: T, length: number): HeapArrays[ToShort<T>] {
    const short: ShortName = toShort(type);
    if (typeof short !== "string" || !Object.hasOwn(numbers, short)) {
      const names = Object.keys(numbers).join(", ");
      throw wrong('heap.array: "type"', `one of ${names}`, show(type), "Name one of them.");
    }
    if (!Number.isSafeInteger(length) || length < 0) {
      throw wrong('heap.array: "length"', "a whole number of elements", show(length), "Give their number.");
    }
    const { array: Type } = numbers[short];
    const byteLength = Type.BYTES_PER_ELEMENT * length;
    const most = Math.floor((largestObject - room) / Type.BYTES_PER_ELEMENT);
    if (length > most) {
      const expected = `at most ${most} elements of ${short} (1 GiB with what is around them)`;
      throw wrong('heap.array: "length"', expected, length, "Make several arrays.");
    }
    const ptr = newObject(bufferClass, byteLength, room);
    const { buffer } = memory.u8(ptr, 0);
    byteLengths.set(ptr, byteLength);
    const array = new Type(buffer as never, ptr, length) as HeapArrays[ToShort<T>];
    noteHeld("array", array);
    return array;
  },

  /**
   * Releases an array of {@link array}. It must not be read or written afterwards, which nothing can notice; compiled functions
   * refuse it. **Local.** @throws UsageError for another one, or one that has been freed */
  free(array: ArrayBufferView): void {
    if (!ArrayBuffer.isView(array) || !inMemory(array) || !byteLengths.delete(array.byteOffset)) {
      throw wrong(
        'heap.free: "array"',
        "an array of heap.array() in use",
        ArrayBuffer.isView(array) ? "another one" : show(array),
        "Free each one once.",
      );
    }
    freeObject(array.byteOffset);
    noteFreed("array", array);
  },
};
