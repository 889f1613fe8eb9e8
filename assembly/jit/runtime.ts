/**
 * The runtime of modules that are compiled at run time: their memory comes from the heap of this package, so that
 * modules, fields and message buffers share one heap. A list links all blocks of a module, which are freed with it:
 *
 *     | previous block | next block | bytes | managed, pinned, kept, passing |  payload ...
 *     0                4            8       12                               16
 *
 * Objects of classes have another header at the start of their payload, where AssemblyScript expects it:
 *
 *     | mark | next to visit | class | bytes |  fields ...
 *     0      4               8       12      16
 *
 * `__collect()` frees the objects to which nothing refers; all others live until the module is freed. `__collect()` must not
 * be called while only a local variable refers to an object that is still needed.
 */

// @ts-ignore: decorator
@external("heap", "alloc")
declare function reserve(byteLength: usize): usize;
// @ts-ignore: decorator
@external("heap", "free")
declare function release(ptr: usize): void;

// @ts-ignore: decorator
@inline const header: usize = 16;
// @ts-ignore: decorator
@inline const largest: usize = (1 << 30) - 64;
// @ts-ignore: decorator
@inline const managed: u32 = 1;
// @ts-ignore: decorator
@inline const pinned: u32 = 2;
/** A block that belongs to JavaScript, see `src/wasm/object.ts`: in no list, and not freed here. */
// @ts-ignore: decorator
@inline const kept: u32 = 4;
/** A block for the time of a call of MPI, which is freed also where that call throws. */
// @ts-ignore: decorator
@inline const passing: u32 = 8;

/** The block that was made last; 0 when there is none. */
let newest: usize = 0;
/** The mark of objects that were reached: 1 or 2, in turn. Static objects begin with 0 and so do not count as reached. */
let mark: u32 = 1;
/** The first of the objects that were reached but whose members were not yet visited; their headers link them. */
let unvisited: usize = 0;

// @ts-ignore: decorator
@inline function prevOf(block: usize): usize {
  return load<usize>(block);
}
// @ts-ignore: decorator
@inline function nextOf(block: usize): usize {
  return load<usize>(block, 4);
}
// @ts-ignore: decorator
@inline function flagsOf(block: usize): u32 {
  return load<u32>(block, 12);
}

// @ts-ignore: decorator
@global @unsafe
function __alloc(byteLength: usize): usize {
  // What is too large for a block is refused by the heap, and what is left of the sum is not.
  const block = reserve(byteLength > largest ? usize.MAX_VALUE : header + byteLength);
  store<usize>(block, newest);
  store<usize>(block, 0, 4);
  store<usize>(block, byteLength, 8);
  store<u32>(block, 0, 12);
  if (newest) store<usize>(newest, block, 4);
  newest = block;
  return block + header;
}

/** Memory for the time of a call of MPI. */
// @ts-ignore: decorator
@global @unsafe
function __allocPassing(byteLength: usize): usize {
  const ptr = __alloc(byteLength);
  store<u32>(ptr - header, passing, 12);
  return ptr;
}

// @ts-ignore: decorator
@global @unsafe
function __free(ptr: usize): void {
  const block = ptr - header;
  if (flagsOf(block) & kept) return;
  const prev = prevOf(block);
  const next = nextOf(block);
  if (prev) store<usize>(prev, next, 4);
  if (next) store<usize>(next, prev);
  else newest = prev;
  release(block);
}

// @ts-ignore: decorator
@global @unsafe
function __realloc(ptr: usize, byteLength: usize): usize {
  const block = ptr - header;
  const old = load<usize>(block, 8);
  if (byteLength <= old) return ptr;
  // Half as much more, so that an array that grows element by element is not copied each time.
  const moved = __alloc(max<usize>(byteLength, min<usize>(largest, old + (old >> 1))));
  memory.copy(moved, ptr, old);
  store<u32>(moved - header, flagsOf(block), 12);
  __free(ptr);
  return moved;
}

// @ts-ignore: decorator
@global @unsafe
function __new(byteLength: usize, id: u32): usize {
  const ptr = __alloc(header + byteLength);
  store<u32>(ptr - header, managed, 12);
  store<u32>(ptr, mark);
  store<usize>(ptr, 0, 4);
  store<u32>(ptr, id, 8);
  store<u32>(ptr, <u32>byteLength, 12);
  memory.fill(ptr + header, 0, byteLength);
  return ptr + header;
}

/** True for static objects: they have no block, and a multiple of 4 where blocks have flags. They move when they grow. */
// @ts-ignore: decorator
@inline function isStatic(object: usize): bool {
  return !(load<u32>(object - header - 4) & managed);
}

// @ts-ignore: decorator
@global @unsafe
function __renew(object: usize, byteLength: usize): usize {
  const old = load<u32>(object - 4);
  if (isStatic(object) || byteLength > load<usize>(object - 2 * header, 8) - header) {
    // Room for half as much more, so that an array that grows element by element is not copied each time.
    const room = max<usize>(byteLength, min<usize>(largest - header, byteLength + (byteLength >> 1)));
    const moved = __new(room, load<u32>(object - 8));
    memory.copy(moved, object, min<usize>(old, byteLength));
    store<u32>(moved - 4, <u32>byteLength);
    return moved;
  }
  store<u32>(object - 4, <u32>byteLength);
  if (byteLength > old) memory.fill(object + old, 0, byteLength - old);
  return object;
}

// @ts-ignore: decorator
@global @unsafe
function __link(parent: usize, child: usize, expectMultiple: bool): void {}

// @ts-ignore: decorator
@global @unsafe
function __pin(object: usize): usize {
  if (object && !isStatic(object)) store<u32>(object - 2 * header, managed | pinned, 12);
  return object;
}

// @ts-ignore: decorator
@global @unsafe
function __unpin(object: usize): void {
  if (object && !isStatic(object)) store<u32>(object - 2 * header, managed, 12);
}

// @ts-ignore: decorator
@global @unsafe
function __visit(object: usize, cookie: u32): void {
  if (!object || load<u32>(object - header) == mark) return;
  store<u32>(object - header, mark);
  store<usize>(object - header, unvisited, 4);
  unvisited = object;
}

// @ts-ignore: decorator
@global @unsafe
function __collect(): void {
  mark = 3 - mark;
  __visit_globals(0);
  for (let block = newest; block; block = prevOf(block)) {
    if (flagsOf(block) & pinned) __visit(block + 2 * header, 0);
  }
  while (unvisited) {
    const object = unvisited;
    unvisited = load<usize>(object - header, 4);
    __visit_members(object, 0);
  }
  for (let block = newest; block; ) {
    const prev = prevOf(block);
    if (flagsOf(block) & managed && load<u32>(block + header) != mark) __free(block + header);
    block = prev;
  }
}

/** Frees what calls of MPI that have thrown would have freed. None may be under way. */
export function __endCalls(): void {
  for (let block = newest; block; ) {
    const prev = prevOf(block);
    if (flagsOf(block) & passing) __free(block + header);
    block = prev;
  }
}

/** Frees every block. The module must not run afterwards. */
export function __end(): void {
  while (newest) __free(newest + header);
}

/** The end of static data. The compiler keeps `__heap_base` only where it is used, and `jit` reads it. */
export function __staticEnd(): usize {
  return __heap_base;
}

/** Calls a function that combines two views, by their addresses, for an operation that the module has made. */
export function __combine(combine: usize, input: usize, inout: usize): void {
  changetype<(input: usize, inout: usize) => void>(combine)(input, inout);
}
