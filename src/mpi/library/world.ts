import { wrong } from "../../argument.js";
import type { Constant } from "./abi.js";
import { type Differs, differsOf } from "./differences.js";
import { failureOf } from "./failure.js";
import type { Library } from "./library.js";
import { addressOf, Scratch } from "./native.js";
import type { FunctionName, Raw } from "./prototypes.js";
import { ANY_SOURCE, PROC_NULL } from "./status.js";
import { Waiting } from "./waiting/waiting.js";

/**
 * The places of the scratch memory, in bytes: what calls put out, which is up to two handles or integers, and next to it a
 * flag; a handle beside the first; a number that is sent and one that is received; a status; and a text.
 */
const places = placesOf({ out: 16, flag: 8, second: 8, numbers: 16, status: 32, text: 1024 });

/** Places of given lengths, one behind the other, each at a multiple of 8 bytes. */
function placesOf<Name extends string>(lengths: Readonly<Record<Name, number>>) {
  let end = 0;
  const entries = Object.entries<number>(lengths).map(([name, length]) => {
    const offset = end;
    end += 8 * Math.ceil(length / 8);
    return [name, { offset, length }] as const;
  });
  const table = Object.fromEntries(entries) as Record<Name, { readonly offset: number; readonly length: number }>;
  return { ...table, byteLength: end };
}

/** How many arrays that nothing else refers to one call may have. */
const argumentRoom = 64;

/** The state that all communicators of a process share: the library, its scratch memory, and how calls are made. */
export class World {
  readonly library: Library;
  readonly raw: Raw;
  readonly constants: Readonly<Record<Constant, number>>;
  /** What the library is known to do otherwise than the standard says. */
  readonly differs: Differs;
  readonly scratch: Scratch;
  /** Where calls put out a handle or integers, at byte 0 of the scratch memory. */
  readonly outPtr: number;
  /** Where a call puts out a flag. */
  readonly flagPtr: number;
  /** Where a second handle may lie, at byte {@link secondOffset} of the scratch memory. */
  readonly secondPtr: number;
  readonly secondOffset = places.second.offset;
  /** Where a call writes its status, at byte {@link statusOffset} of the scratch memory. */
  readonly statusPtr: number;
  readonly statusOffset = places.status.offset;
  /** Room for a number that is sent and one that is received. */
  readonly numbers: Float64Array;
  readonly numbersPtr: number;
  readonly rank: number;
  readonly size: number;
  /** How calls wait for other ranks. */
  readonly waiting: Waiting;
  /** The requests that the library still knows: it may write to their buffers, even if the program has dropped them. */
  readonly requests = new Set<object>();
  /** The buffer of messages of `bsend`, of which the library knows the address only. */
  attached: Uint8Array | undefined;
  /** The windows that are not freed: other ranks may write to their memory, even if the program has dropped them. */
  readonly windows = new Set<{ end(): void }>();
  /** Is told of each communicator that is made, and whether all ranks are in it, or freed; where calls are watched. */
  noteComm: ((handle: number, hasAll: boolean) => void) | undefined;
  /** What has to be done before the library is left. */
  readonly onEnd: (() => void)[] = [];
  /** The data of the last calls. */
  readonly #data: unknown[] = [undefined, undefined, undefined, undefined];
  #nextData = 0;
  /** The arrays of the last calls that nothing else refers to. */
  readonly #arguments: unknown[] = new Array(argumentRoom).fill(undefined);
  #nextArgument = 0;
  /** How many of them were made since the last call. */
  #newArguments = 0;

  /** The library must be initialised. **Collective.** */
  constructor(library: Library) {
    this.library = library;
    this.raw = library.raw;
    this.constants = library.constants;
    this.differs = differsOf(library);
    this.scratch = new Scratch(places.byteLength);
    const { address, f64 } = this.scratch;
    this.outPtr = address + places.out.offset;
    this.flagPtr = address + places.flag.offset;
    this.secondPtr = address + places.second.offset;
    this.statusPtr = address + places.status.offset;
    this.numbersPtr = address + places.numbers.offset;
    this.numbers = f64.subarray(places.numbers.offset / 8, places.numbers.offset / 8 + 2);
    if (library.abi.statusSize > places.status.length) throw new RangeError("a status is longer than its place");
    const { MPI_COMM_WORLD } = library.constants;
    this.rank = this.integer("MPI_Comm_rank", MPI_COMM_WORLD);
    this.size = this.integer("MPI_Comm_size", MPI_COMM_WORLD);
    this.waiting = new Waiting(this);
  }

  /** Makes a call that returns an error code. @throws MpiError when it fails */
  call<Name extends FunctionName>(name: Name, ...values: Parameters<Raw[Name]>): void {
    const code = (this.raw[name] as Callable)(...values);
    this.#newArguments = 0; // Of a call that fails as well.
    if (code !== 0) throw failureOf(this, code, name);
  }

  /**
   * Makes a call whose name and arguments are put together at run time, and returns its error code. A call by a name in the
   * program takes 200 ns less, because V8 compiles it as one of a known function.
   */
  apply(name: FunctionName, values: readonly number[], last?: number): number {
    this.#newArguments = 0;
    const callable = this.raw[name] as Callable;
    return last === undefined ? callable(...values) : callable(...values, last);
  }

  /**
   * Throws when `code` is not `MPI_SUCCESS`.
   * @param detail what to say instead of the general advice for the error class, which it gets
   * @throws MpiError with the library's own text
   */
  check(code: number, call: FunctionName, detail?: (advice: string) => string): void {
    this.#newArguments = 0; // Of a call that fails as well.
    if (code !== 0) throw failureOf(this, code, call, detail);
  }

  /** The result of a call whose last argument is an `int *`. */
  integer(
    call:
      | "MPI_Comm_rank"
      | "MPI_Comm_size"
      | "MPI_Comm_remote_size"
      | "MPI_Group_rank"
      | "MPI_Group_size"
      | "MPI_Type_size",
    handle: number,
  ): number {
    this.call(call, handle, this.outPtr);
    return this.out;
  }

  /** The integer that a call put out at {@link outPtr}. */
  get out(): number {
    return this.scratch.i32[0]!;
  }

  set out(value: number) {
    this.scratch.i32[0] = value;
  }

  /** The flag that a call put out at {@link flagPtr}. */
  get flag(): boolean {
    return this.scratch.i32[places.flag.offset >> 2] !== 0;
  }

  /** Reads a handle at byte `offset` of the scratch memory. */
  readHandle(offset: number): number {
    return this.library.abi.handleSize === 4 ? this.scratch.i32[offset >> 2]! : this.readPointer(offset);
  }

  /** Writes a handle at byte `offset` of the scratch memory. */
  writeHandle(offset: number, handle: number): void {
    if (this.library.abi.handleSize === 4) this.scratch.i32[offset >> 2] = handle;
    else this.writePointer(offset, handle);
  }

  /** Reads an address, a file handle or another unsigned integer of 8 bytes. */
  readPointer(offset: number): number {
    return this.scratch.pointer(offset);
  }

  writePointer(offset: number, value: number): void {
    this.scratch.setPointer(offset, value);
  }

  /** Where a call writes a text of up to `room` bytes, with the zero at its end. */
  textPtr(room: number): number {
    if (room > places.text.length) throw new RangeError(`a text of ${room} bytes is longer than its place`);
    return this.scratch.address + places.text.offset;
  }

  /** The text that a call wrote at {@link textPtr}. */
  readText(length: number): string {
    return this.scratch.text(places.text.offset, Math.min(length, places.text.length));
  }

  /** Handles as the C array that calls take; it has to be kept alive. */
  handles(values: readonly number[]): Uint32Array {
    const words = this.library.abi.handleSize / 4;
    const array = new Uint32Array(words * values.length);
    for (const [index, value] of values.entries()) {
      array[words * index] = value;
      if (words === 2) array[2 * index + 1] = Math.floor(value / 2 ** 32);
    }
    return array;
  }

  /** The address of an array that the next call reads or writes. */
  addressOf(array: ArrayBufferView): number {
    if (this.#newArguments++ >= argumentRoom) throw new RangeError(`a call has more than ${argumentRoom} arrays`);
    this.#arguments[this.#nextArgument] = array;
    this.#nextArgument = (this.#nextArgument + 1) % argumentRoom;
    return this.pointerTo(array);
  }

  /** The address of an array that something else keeps for as long as the library uses it. */
  pointerTo(array: ArrayBufferView): number {
    // Libraries take no null pointer, even for what has no elements.
    return array.byteLength === 0 ? this.scratch.address : addressOf(array);
  }

  /** The address of integers that the next call reads. */
  integers(values: readonly number[]): number {
    return this.addressOf(Int32Array.from(values));
  }

  /** The address of a text that the next call reads, zero-terminated. */
  text(value: string): number {
    return this.addressOf(new TextEncoder().encode(`${value}\0`));
  }

  /**
   * Keeps data of a call alive until four others are: an address alone does not keep the garbage collector from freeing an
   * array that nothing else refers to. A call has data to send and data to receive; one that has more keeps them in a list.
   */
  keep(data: unknown): void {
    this.#data[this.#nextData] = data;
    this.#nextData = (this.#nextData + 1) & 3;
  }

  freeType(handle: number): void {
    this.writeHandle(0, handle);
    this.call("MPI_Type_free", this.outPtr);
  }

  /** A rank as the library says it, in this package's numbers. */
  rankFrom(rank: number): number {
    const { MPI_PROC_NULL, MPI_ANY_SOURCE } = this.constants;
    return rank === MPI_PROC_NULL ? PROC_NULL : rank === MPI_ANY_SOURCE ? ANY_SOURCE : rank;
  }

  /** Leaves the library, and makes every further call an error, because the library would end the process. **Collective.** */
  end(): void {
    for (const run of this.onEnd) run();
    this.raw.MPI_Finalize();
    for (const window of this.windows) window.end();
    const raw = this.raw as Record<FunctionName, Callable>;
    for (const call of Object.keys(raw) as FunctionName[]) {
      raw[call] = () => {
        throw wrong(call, "a job that has not ended", "a call after mpi.finalize()", "Finalize last.");
      };
    }
  }
}

/** A function of the library, whatever its arguments. */
type Callable = (...values: readonly number[]) => number;

let current: World | undefined;

/** Sets the world of this process, or that there is none any more. @internal */
export function setCurrentWorld(world: World | undefined): void {
  current = world;
}

/** The world of this process. @throws UsageError before `mpi.init()` and after `mpi.finalize()`. */
export function currentWorld(): World {
  if (current) return current;
  throw wrong("mpi", "a job that has begun", "none", "Call mpi.init() first.");
}
