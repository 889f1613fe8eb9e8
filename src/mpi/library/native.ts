/**
 * The foreign-function layer: koffi, loaded when it is first needed, addresses of JavaScript and WebAssembly memory,
 * and the few C functions outside MPI.
 */
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import type * as Koffi from "koffi";
import { show, wrong } from "../../argument.js";
import { expectFixed, pin, refuseTransfer } from "./place.js";

let loaded: typeof Koffi | undefined;

/** koffi itself. Loading takes about 30 ms, so nothing loads it before `mpi.init()` needs it. */
export function koffi(): typeof Koffi {
  loaded ??= createRequire(import.meta.url)("koffi") as typeof Koffi;
  return loaded;
}

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
    place = { base: Number(koffi().address(new Uint8Array(buffer))), pinned: false };
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
  const buffer = koffi().view(address, byteLength);
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

interface SystemFunctions {
  memcpy(to: number, from: number, byteLength: number): void;
  /** Offers the core to another process. */
  yieldCore(): void;
  /** Gives the core away for some microseconds at least; Windows sleeps in milliseconds. */
  sleep(microseconds: number): void;
}

let functions: SystemFunctions | undefined;

/** Functions of the C library. */
export function system(): SystemFunctions {
  if (functions) return functions;
  const windows = process.platform === "win32";
  const c = koffi().load(windows ? "msvcrt.dll" : null);
  const memcpy = c.func("memcpy", "void", ["int64_t", "int64_t", "size_t"]);
  const yieldCore = windows
    ? koffi().load("kernel32.dll").func("SwitchToThread", "int", [])
    : c.func("sched_yield", "int", []);
  const pause = windows
    ? koffi().load("kernel32.dll").func("Sleep", "void", ["uint32_t"])
    : c.func("usleep", "int", ["uint32_t"]);
  const sleep = (microseconds: number) => void pause(windows ? Math.ceil(microseconds / 1000) : microseconds);
  functions = { memcpy, yieldCore, sleep };
  return functions;
}

/**
 * Has the system end this process with the process that started it, where the system can: Linux. Without it, ranks run
 * on when the daemon of MPICH's launcher is killed.
 */
export function endWithParent(): void {
  if (process.platform !== "linux") return;
  try {
    // The system ends this process with the thread that started it, and a launcher with several may end one of them.
    if (readdirSync(`/proc/${process.ppid}/task`).length > 1) return;
    const prctl = koffi().load(null).func("prctl", "int", ["int", "ulong", "ulong", "ulong", "ulong"]);
    prctl(1 /* PR_SET_PDEATHSIG */, constants.signals.SIGKILL, 0, 0, 0);
  } catch {
    // A system without /proc, or another C library: the launcher alone ends the ranks.
  }
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
    return Buffer.from(this.bytes.subarray(offset, offset + length))
      .toString("utf8")
      .replace(/\0.*$/s, "");
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
  const byteLength = typeof value === "string" ? Buffer.byteLength(value) : -1;
  if (byteLength >= least && byteLength < room && !value.includes("\0")) return world.text(value);
  const range = `a text of ${least} to ${room - 1} bytes`;
  const got = byteLength < 0 || value.includes("\0") ? show(value) : `one of ${byteLength}`;
  throw wrong(where, `${range}, none of them 0`, got, "Choose another.");
}
