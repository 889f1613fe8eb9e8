import { wrongKernel } from "../argument.js";
import { allocator } from "./core.js";

/** The largest block of AssemblyScript's heap (`BLOCK_MAXSIZE` in its `rt/tlsf.ts`). */
export const largestBlock = 2 ** 30 - 4;

const useLess = "Use more ranks or a smaller grid.";
const freeMore = "Free those that are no longer used, or use more ranks or a smaller grid.";

/** The buffers of the one memory that views have: one more each time it grows. */
const buffers = new WeakSet<ArrayBufferLike>();

function currentBuffer(): ArrayBuffer {
  const { buffer } = allocator().memory;
  buffers.add(buffer);
  return buffer;
}

/** True for an array in the one memory. */
export function inMemory(array: ArrayBufferView): boolean {
  return buffers.has(array.buffer) || array.buffer === allocator().memory.buffer;
}

/** Arrays whose memory was given back: JavaScript cannot take them away, and would reach what lies there now. */
const freed = new WeakSet<ArrayBufferView>();

/** How many there have been; what remembers arrays looks again when there is one more. */
export let freedCount = 0;

/**
 * What a program is to free itself, as nothing else can: a part of an array that somebody has kept does not keep the array,
 * so that a collected one says nothing about who still reads its memory.
 */
type Held = "field" | "array";

/** How many of each there are, and their bytes. */
const held: Readonly<Record<Held, { count: number; byteLength: number }>> = {
  field: { count: 0, byteLength: 0 },
  array: { count: 0, byteLength: 0 },
};

/** Notes that a program has an array, or a field with it, which it is to free. */
export function noteHeld(kind: Held, { byteLength }: ArrayBufferView): void {
  held[kind].count++;
  held[kind].byteLength += byteLength;
}

/** Notes that the memory of an array is given back. */
export function noteFreed(kind: Held, array: ArrayBufferView): void {
  held[kind].count--;
  held[kind].byteLength -= array.byteLength;
  freed.add(array);
  freedCount++;
}

/** What of a full memory was not given back, for errors; empty when there is nothing. */
function heldText(): string {
  const kinds = Object.entries(held).filter(([, { count }]) => count > 0);
  if (kinds.length === 0) return "";
  const names = kinds.map(([kind, { count }]) => `${count} ${kind}${count === 1 ? "" : "s"}`).join(" and ");
  const mebibytes = kinds.reduce((sum, [, { byteLength }]) => sum + byteLength, 0) / 2 ** 20;
  return `, ${mebibytes.toFixed(0)} MiB of it in ${names}`;
}

/** True for an array whose memory was given back; not for others over the same memory. */
export function isFreed(array: ArrayBufferView): boolean {
  return freed.has(array);
}

/**
 * The one linear memory and its heap: kernels compute in it, MPI reads and writes it. It is shared, so that it may
 * grow under views and its base address never moves.
 */
export const memory = {
  /** Reserves bytes that are zero, aligned to 16. @throws KernelError when there is no room. */
  alloc(byteLength: number): number {
    // Not left to the heap: 4 GiB and more would arrive there as less.
    if (byteLength > largestBlock)
      throw wrongKernel("alloc", `room for ${byteLength} bytes`, `blocks of at most ${largestBlock}`, useLess);
    let ptr: number;
    try {
      ptr = allocator().alloc(byteLength) >>> 0;
    } catch (cause) {
      const used = (allocator().memory.buffer.byteLength / 2 ** 20).toFixed(0);
      const what = heldText();
      const got = `a memory of ${used} MiB that cannot grow${what}`;
      throw wrongKernel("alloc", `room for ${byteLength} bytes`, got, what === "" ? useLess : freeMore, cause);
    }
    allocator().clear(ptr, byteLength);
    return ptr;
  },

  /** Releases a block from `alloc`. */
  free(ptr: number): void {
    allocator().free(ptr);
  },

  /** Views of the memory. They stay valid when it grows. */
  f64(ptr: number, length: number): Float64Array {
    return new Float64Array(currentBuffer(), ptr, length);
  },
  f32(ptr: number, length: number): Float32Array {
    return new Float32Array(currentBuffer(), ptr, length);
  },
  i32(ptr: number, length: number): Int32Array {
    return new Int32Array(currentBuffer(), ptr, length);
  },
  u8(ptr: number, length: number): Uint8Array {
    return new Uint8Array(currentBuffer(), ptr, length);
  },
  i64(ptr: number, length: number): BigInt64Array {
    return new BigInt64Array(currentBuffer(), ptr, length);
  },
};

let cachedView: DataView | undefined;

/** A view of the memory that reaches to `end`, or to the end of a memory that is shorter. */
export function viewTo(end: number): DataView {
  if (cachedView === undefined || end > cachedView.byteLength) cachedView = new DataView(allocator().memory.buffer);
  return cachedView;
}
