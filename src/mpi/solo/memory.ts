/** Reading and writing memory at machine addresses, which is what the arguments of C functions are. */
import { system } from "../library/machine.js";
import { addressOf, bytesOfText, Scratch, textOfBytes } from "../library/native.js";
import { fail } from "./failure.js";

let opened: { readonly scratch: Scratch; readonly memcpy: (to: number, from: number, byteLength: number) => void };

/** Loads what the functions below need. */
export function openMemory(): void {
  // Through the scratch memory: a foreign call and two array accesses, half the time of koffi.decode().
  opened ??= { scratch: new Scratch(64), memcpy: system().memcpy };
}

/** Copies bytes; the places may not overlap in part. */
export function copy(to: number, from: number, byteLength: number): void {
  if (byteLength > 0 && to !== from) opened.memcpy(to, from, byteLength);
}

/** The `int` at an address, or of an array there. */
export function readInt(ptr: number, index = 0): number {
  const { scratch, memcpy } = opened;
  memcpy(scratch.address, ptr + 4 * index, 4);
  return scratch.i32[0]!;
}

export function writeInt(ptr: number, value: number, index = 0): void {
  const { scratch, memcpy } = opened;
  scratch.i32[0] = value;
  memcpy(ptr + 4 * index, scratch.address, 4);
}

/** The 8-byte integer at an address, or of an array there: a handle, an address, an `MPI_Aint`, an `MPI_Offset`. */
export function readLong(ptr: number, index = 0): number {
  const { scratch, memcpy } = opened;
  memcpy(scratch.address, ptr + 8 * index, 8);
  return (scratch.i32[0]! >>> 0) + scratch.i32[1]! * 2 ** 32;
}

export function writeLong(ptr: number, value: number, index = 0): void {
  const { scratch, memcpy } = opened;
  scratch.i32[0] = value; // Its low 32 bits.
  scratch.i32[1] = Math.floor(value / 2 ** 32);
  memcpy(ptr + 8 * index, scratch.address, 8);
}

/** The `count` values of an `int` array. */
export function readInts(ptr: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => readInt(ptr, index));
}

/** The `count` values of an array of 8-byte integers. */
export function readLongs(ptr: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => readLong(ptr, index));
}

/** The C string at an address. */
export function readText(ptr: number): string {
  const { scratch, memcpy } = opened;
  const parts: number[] = [];
  for (let at = ptr; ; ) {
    // Up to the next multiple of 64, so that nothing is read from a page beyond the string's end.
    const byteLength = 64 - (at % 64);
    memcpy(scratch.address, at, byteLength);
    const end = scratch.bytes.subarray(0, byteLength).indexOf(0);
    parts.push(...scratch.bytes.subarray(0, end < 0 ? byteLength : end));
    if (end >= 0) return textOfBytes(Uint8Array.from(parts));
    at += byteLength;
  }
}

/** Writes a C string of at most `byteLength` bytes with its end, and its length where `lengthPtr` points. */
export function writeText(ptr: number, text: string, byteLength: number, lengthPtr?: number): void {
  const bytes = bytesOfText(text).subarray(0, byteLength - 1);
  withBlock(bytes.length + 1, (block) => {
    block.bytes.set(bytes);
    copy(ptr, block.address, bytes.length + 1);
  });
  if (lengthPtr !== undefined) writeInt(lengthPtr, bytes.length);
}

/** Memory that stays where it is for as long as the object is referred to; zero at first. */
export class Block {
  readonly bytes: Uint8Array;
  readonly address: number;

  /** At least one byte, so that every block has an address. */
  constructor(byteLength: number) {
    this.bytes = new Uint8Array(allocate(Math.max(1, byteLength)));
    this.address = addressOf(this.bytes);
  }
}

/** The block that is in use, which nothing else may refer to any more. */
let held: Block | undefined;

/**
 * Memory for a while. An engine collects an object whose last use is behind it, also while a function goes on with the
 * address of the object: the block is held until `use` returns.
 */
export function withBlock(byteLength: number, use: (block: Block) => void): void {
  const before = held;
  const block = new Block(byteLength);
  held = block;
  try {
    use(block);
  } finally {
    held = before;
  }
}

function allocate(byteLength: number): ArrayBuffer {
  try {
    return new ArrayBuffer(byteLength);
  } catch {
    return fail("NO_MEM");
  }
}
