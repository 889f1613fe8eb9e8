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

/**
 * TLSF keeps free blocks from 512 MiB on in classes of 32 MiB, and takes the first block of the class of a size, which may
 * be smaller: the block would reach into what lies behind it. A size at the lower end of a class fits into each block of
 * the class; blocks are multiples of 16 bytes less 4, so that the least is 12 bytes above a multiple of 32 MiB.
 */
const classSize: usize = 1 << 25;
const least: usize = 12;
/** From here on sizes are rounded up, a little before they have to be. */
const firstRounded: usize = (1 << 29) - 32;
/** Above, there is no class to round up to. */
const lastRounded: usize = (1 << 30) - classSize + least;
/** TLSF's own limit. */
const largest: usize = (1 << 30) - 4;

/** Addresses of up to 4 whole blocks of 1 GiB that TLSF knows nothing of, 1 added to those in use; 0 at the end. */
const wholesPtr: usize = 32;

/** Reserves `byteLength` [byte], aligned to 16, contents undefined. Traps when the memory is full. */
export function alloc(byteLength: usize): usize {
  if (byteLength < firstRounded) return heap.alloc(byteLength);
  if (byteLength <= lastRounded) return heap.alloc(((byteLength - least + classSize - 1) & ~(classSize - 1)) + least);
  if (byteLength > largest) unreachable();
  return allocWhole();
}

/** Releases a block from `alloc`. */
export function free(ptr: usize): void {
  if (!freeWhole(ptr)) heap.free(ptr);
}

/**
 * Sets bytes to zero, as the engine itself does it: `fill` of an array of JavaScript takes 7 to 27 times as long where the memory
 * is shared, 2.3 ms for 8 MiB.
 */
export function clear(ptr: usize, byteLength: usize): void {
  memory.fill(ptr, 0, byteLength);
}

/** A whole block that was released, or a new one at the end of the memory. */
function allocWhole(): usize {
  for (let entry = wholesPtr; entry < wholesPtr + 16; entry += 4) {
    let ptr = load<usize>(entry);
    if ((ptr & 1) != 0) continue;
    if (ptr == 0) {
      heap.free(heap.alloc(0)); // TLSF takes all the memory that there is when it is first asked.
      const pages = memory.grow(1 << 14);
      if (pages < 0) return allocGrown();
      ptr = (<usize>pages) << 16;
    }
    store<usize>(entry, ptr | 1);
    return ptr;
  }
  return unreachable();
}

/**
 * A block of TLSF of the largest size: one of the last class that grows in place. Traps where what lies behind it is in use.
 * A header of 4 bytes before each block has its size, with 1 added where it is free.
 */
function allocGrown(): usize {
  const ptr = heap.alloc(lastRounded);
  const size = load<usize>(ptr - 4) & ~3;
  const next = load<usize>(ptr + size);
  if ((next & 1) != 0 && size + 4 + (next & ~3) >= largest) return heap.realloc(ptr, largest);
  heap.free(ptr);
  return unreachable();
}

/** True for a whole block, which is then released. */
function freeWhole(ptr: usize): bool {
  if ((ptr & 0xffff) != 0) return false;
  for (let entry = wholesPtr; entry < wholesPtr + 16; entry += 4) {
    if (load<usize>(entry) != (ptr | 1)) continue;
    store<usize>(entry, ptr);
    return true;
  }
  return false;
}
