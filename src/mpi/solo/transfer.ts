/** Moving data from one place in memory to another, whatever their datatypes. */
import type { Reduction } from "./arithmetic.js";
import { fail } from "./failure.js";
import { Block, withBlock } from "./memory.js";
import { type Data, pack, unpack } from "./typemap.js";

const roomLength = 48 * 1024; // A multiple of the size of every value and pair.
let rooms: readonly [Block, Block] | undefined;

/** Copies data, as many as both have room for. */
export function transfer(from: Data, to: Data): void {
  const byteLength = Math.min(from.byteLength, to.byteLength);
  if (from.type.dense) unpack(to, from.ptr + from.type.trueLb, 0, byteLength);
  else if (to.type.dense) pack(from, to.ptr + to.type.trueLb, 0, byteLength);
  else {
    // In the order of the bytes, for nothing that is read may have been written before.
    withBlock(byteLength, ({ address }) => {
      pack(from, address, 0, byteLength);
      unpack(to, address, 0, byteLength);
    });
  }
}

/** Combines data into other data: `into` becomes `from` op `into`. */
export function combine(from: Data, into: Data, reduction: Reduction): void {
  rooms ??= [new Block(roomLength), new Block(roomLength)];
  const [first, second] = rooms;
  const byteLength = Math.min(from.byteLength, into.byteLength);
  for (let start = 0; start < byteLength; start += roomLength) {
    const end = Math.min(byteLength, start + roomLength);
    pack(from, first.address, start, end);
    pack(into, second.address, start, end);
    reduction(first.bytes.buffer as ArrayBuffer, second.bytes.buffer as ArrayBuffer, end - start);
    unpack(into, second.address, start, end);
  }
}

/** Checks that what is sent has room where it is received; then it can be copied. */
export function move(from: Data, to: Data): () => void {
  if (from.byteLength > to.byteLength) fail("TRUNCATE");
  return () => transfer(from, to);
}
