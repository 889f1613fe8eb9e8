/**
 * The heap of the one linear memory, AssemblyScript's TLSF: every field, buffer and accumulator lies in it.
 */

/** Reserves `byteLength` bytes, aligned to 16, contents undefined. Traps when the memory is full. */
export function alloc(byteLength: usize): usize {
  return heap.alloc(byteLength);
}

/** Releases a block from `alloc`. */
export function free(ptr: usize): void {
  heap.free(ptr);
}
