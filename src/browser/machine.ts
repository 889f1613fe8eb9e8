/**
 * Addresses for a browser, which has none: each buffer that is asked for gets a range of numbers of its own, and bytes are
 * copied between numbers. The world of one rank works with them as it does with the machine's in Node.js.
 */
import { wrong } from "../argument.js";
import { LibraryError } from "../errors.js";

/** A buffer from an address on. What nothing else refers to may go. */
interface Range {
  readonly base: number;
  readonly byteLength: number;
  readonly buffer: WeakRef<ArrayBufferLike>;
}

/** By their addresses, which only grow. */
let ranges: Range[] = [];
/** 0 is no address. */
let end = 65536;
/** As many ranges as make it worth looking for those that have gone. */
let crowd = 1024;
/** The ranges that were found last. */
const last: (Range | undefined)[] = [];

/** The address of the first byte of a buffer, which gets one when it is asked for; the caller keeps it. */
export function baseOf(buffer: ArrayBufferLike): number {
  if (ranges.length >= crowd) {
    ranges = ranges.filter((range) => range.buffer.deref() !== undefined);
    crowd = Math.max(1024, 2 * ranges.length);
  }
  const { byteLength } = buffer;
  const base = end;
  ranges.push({ base, byteLength, buffer: new WeakRef(buffer) });
  // Nothing lies right behind, so that an address one behind the end is in no other buffer.
  end = 64 * Math.ceil((base + byteLength + 64) / 64);
  return base;
}

/** The bytes at an address. @throws Error where there are none: a program would have ended there */
function bytesAt(address: number, byteLength: number, slot: number): Uint8Array {
  let range = last[slot];
  if (range === undefined || address < range.base || address >= range.base + range.byteLength) {
    range = ranges[indexOf(address)];
    last[slot] = range;
  }
  const buffer = range?.buffer.deref();
  const offset = address - (range?.base ?? 0);
  if (buffer === undefined || offset < 0 || offset + byteLength > buffer.byteLength) {
    throw new RangeError(`wasm-mpi: no ${byteLength} bytes at address ${address}`);
  }
  return new Uint8Array(buffer, offset, byteLength);
}

/** The place of the last range that begins at an address or before. */
function indexOf(address: number): number {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle]!.base <= address) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

const functions = {
  memcpy(to: number, from: number, byteLength: number): void {
    bytesAt(to, byteLength, 0).set(bytesAt(from, byteLength, 1));
  },
  yieldCore(): void {
    rest();
  },
  sleep(_microseconds: number): void {
    rest();
  },
  timeWithoutCore: () => 0,
};

/** What a rank does while it waits for others, of which a world of one rank has none. */
let rest = () => {};

/** Has this rank wait with a function, which returns when there may be something new. */
export function restWith(run: () => void): void {
  rest = run;
}

export function system(): typeof functions {
  return functions;
}

/** Nothing but this code knows addresses, so that a buffer that goes elsewhere is a range without bytes. */
export function pinned(_buffer: ArrayBufferLike): void {}

/** A window's memory: the buffer that begins at an address. */
export function viewAt(address: number, _byteLength: number): ArrayBuffer {
  return ranges[indexOf(address)]!.buffer.deref() as ArrayBuffer;
}

/** @throws LibraryError */
export function koffi(): never {
  const todo = "Run the program in Node.js.";
  throw new LibraryError(wrong("mpi", "Node.js, which calls functions of C", "a browser", todo).message);
}

/** A page's workers have a world of their own each. */
export function beginsAlone(): { readonly isAlone: boolean; readonly end: () => void } {
  return { isAlone: true, end: () => {} };
}

/** Nobody has started a page. */
export function endWithParent(): void {}

/** The engine's own affair. */
export function preferLargePages(_buffer: ArrayBufferLike, _byteLength: number): void {}
