/**
 * Objects in the one memory that compiled code takes for its own. `assembly/jit/runtime.ts` has a header before each object;
 * this is the header of an object that compiled code neither frees nor collects:
 *
 *     | previous block | next block | bytes | kept |  mark | next to visit | class | bytes |  fields ...
 *     -32              -28          -24     -20       -16    -12             -8      -4      0
 */
import { largestBlock, memory } from "./memory.js";

/** Bytes before the fields. */
const headerLength = 32;

/** Bytes of the fields of the largest object. */
export const largestObject = largestBlock - headerLength;

/** A block that belongs to JavaScript, in the word for the flags of a block. */
const kept = 4;

/** The class `ArrayBuffer` in all compiled modules: bytes, and nothing that refers to another object. */
export const bufferClass = 1;

/** Reserves an object whose fields are zero, with bytes of room behind it. @throws KernelError when there is no room */
export function newObject(classId: number, byteLength: number, room = 0): number {
  const ptr = memory.alloc(headerLength + byteLength + room) + headerLength;
  const header = memory.i32(ptr - headerLength, headerLength / 4);
  header[3] = kept;
  header[6] = classId;
  header[7] = byteLength;
  return ptr;
}

/** As {@link newObject}, of a class without a header: the flags of its block are right before its fields. */
export function newBareObject(byteLength: number): number {
  const ptr = newObject(0, byteLength);
  memory.i32(ptr - 4, 1)[0] = kept;
  return ptr;
}

/** Releases an object of {@link newObject} or {@link newBareObject}. */
export function freeObject(ptr: number): void {
  memory.free(ptr - headerLength);
}
