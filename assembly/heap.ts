/**
 * The heap of the one linear memory, AssemblyScript's TLSF: every field, buffer and accumulator lies in it.
 *
 * The root of the heap is a global of the instance of this module. A second instance on the same memory would set up
 * the heap again and hand out blocks that are in use; therefore an instance claims the memory when it is made, and
 * traps where another instance has claimed it. Threads share the kernels, which allocate nothing, and not the heap.
 */

/** Address of the claim: 0 at first, 1 once the memory has a heap. Statics begin at 1024 (memoryBase in asconfig.json). */
const claimPtr: usize = 16;

if (atomic.cmpxchg<i32>(claimPtr, 0, 1) != 0) unreachable();

/** Reserves `byteLength` [byte], aligned to 16, contents undefined. Traps when the memory is full. */
export function alloc(byteLength: usize): usize {
  return heap.alloc(byteLength);
}

/** Releases a block from `alloc`. */
export function free(ptr: usize): void {
  heap.free(ptr);
}
