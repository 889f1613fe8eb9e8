/** Addresses of JavaScript and WebAssembly memory, as a library takes them. */
import { show, wrong } from "../../argument.js";
import { baseOf, viewAt } from "./machine.js";
import { expectFixed, pin, refuseTransfer } from "./place.js";

/** What is known of a buffer: where it begins, and whether it is kept from being transferred. */
interface Place {
  readonly base: number;
  pinned: boolean;
}

const places = new WeakMap<ArrayBufferLike, Place>();

/**
 * The machine address of the first byte of a view. Buffers do not move, so the address is asked for once per buffer;
 * that also moves a small typed array out of the garbage-collected heap, where it could move. A `WebAssembly.Memory`
 * that grows keeps its base. **Local.**
 * @param lasting - true where the address is used after the call that it is for, so that the buffer may not be transferred
 * @throws UsageError for a buffer that could shrink, naming the call and the argument
 */
export function addressOf(view: ArrayBufferView, lasting = false, call = "mpi", argument = "array"): number {
  const { buffer } = view;
  let place = places.get(buffer);
  if (place === undefined) {
    expectFixed(buffer, call, argument);
    place = { base: baseOf(buffer), pinned: false };
    places.set(buffer, place);
  }
  if (lasting && !place.pinned) {
    pin(buffer);
    place.pinned = true;
  }
  return place.base + view.byteOffset;
}

/** The array over memory of a library. It is emptied before the memory goes, so nobody else may transfer it. */
export function foreignBuffer(address: number, byteLength: number): ArrayBuffer {
  const buffer = viewAt(address, byteLength);
  refuseTransfer(buffer);
  places.set(buffer, { base: address, pinned: true });
  return buffer;
}

/** A number that stays an object, and something else, which makes the list one of anything. */
export type Kept = readonly [number, unknown];

/**
 * Keeps a number beyond 31 bits, such as an address, for calls that need it again and again. V8 has such a number in an
 * object, which a list of anything hands out each time, while a field, a sum or a list of nothing but numbers would make
 * a new one for each call.
 */
export function kept(number: number): Kept {
  return [number, undefined];
}

/** As {@link kept}, for several numbers, in the order that they are given in; a list of one takes three times as long. */
export function keptList<N extends readonly number[]>(...numbers: N): [...N, unknown] {
  return [...numbers, undefined];
}

/** True for the buffer that a `WebAssembly.Memory` had before it grew, or that was transferred: it holds nothing. */
export function detached(buffer: ArrayBufferLike): boolean {
  if (buffer.byteLength > 0) return false;
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

const [encoder, decoder] = [new TextEncoder(), new TextDecoder("utf-8", { ignoreBOM: true })];

/** A text in UTF-8. */
export function bytesOfText(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** The text of some bytes of UTF-8, which must not be shared. */
export function textOfBytes(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Room for output arguments, statuses and short arrays of handles: views of one buffer that never moves. */
export class Scratch {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly i32: Int32Array;
  readonly i64: BigInt64Array;
  readonly f64: Float64Array;

  constructor(byteLength: number) {
    const buffer = new ArrayBuffer(byteLength);
    this.bytes = new Uint8Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.i64 = new BigInt64Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.address = addressOf(this.bytes);
  }

  /** An address or another unsigned integer of 8 bytes, below 2^53, at byte `offset`. */
  pointer(offset: number): number {
    const { i32 } = this;
    return (i32[offset >> 2]! >>> 0) + (i32[(offset >> 2) + 1]! >>> 0) * 2 ** 32;
  }

  /** A signed integer of 8 bytes (`MPI_Aint`), within 2^53 of 0, at byte `offset`. */
  signed(offset: number): number {
    const { i32 } = this;
    return (i32[offset >> 2]! >>> 0) + i32[(offset >> 2) + 1]! * 2 ** 32;
  }

  setPointer(offset: number, value: number): void {
    const { i32 } = this;
    i32[offset >> 2] = value; // Its low 32 bits.
    i32[(offset >> 2) + 1] = Math.floor(value / 2 ** 32);
  }

  /** The text that a library wrote at byte `offset`. */
  text(offset: number, length: number): string {
    return textOfBytes(this.bytes.subarray(offset, offset + length)).replace(/\0.*$/s, "");
  }
}

/** The bounds of a text that a library keeps, in bytes of UTF-8. */
export interface TextBounds {
  readonly least: number;
  /** The length of the library's C array, with the zero at the end. */
  readonly room: number;
}

/**
 * The address of a text that the next call reads.
 * @throws UsageError when it is no text or the library would cut it; `where` names the call and the argument
 */
export function textOf(
  world: { text(value: string): number },
  value: string,
  { least, room }: TextBounds,
  where: string,
): number {
  const byteLength = typeof value === "string" ? bytesOfText(value).length : -1;
  if (byteLength >= least && byteLength < room && !value.includes("\0")) return world.text(value);
  const range = `a text of ${least} to ${room - 1} bytes`;
  const got = byteLength < 0 || value.includes("\0") ? show(value) : `one of ${byteLength}`;
  throw wrong(where, `${range}, none of them 0`, got, "Choose another.");
}
