import { availableParallelism, cpus } from "node:os";
import { wrong } from "../../argument.js";
import { MpiError } from "../../errors.js";
import { type Message, RowTypes } from "../data/buffer.js";
import type { Constant } from "./abi.js";
import { type Differs, differsOf } from "./differences.js";
import type { Library } from "./library.js";
import { addressOf, Scratch, system } from "./native.js";
import type { FunctionName, Raw } from "./prototypes.js";

/** Stands for any rank in `from`. */
export const ANY_SOURCE = -1;
/** Stands for any tag in `tag` of a receive. */
export const ANY_TAG = -2;
/** The rank that does not exist: messages to and from it complete at once and carry nothing. */
export const PROC_NULL = -3;
/** The root of a collective call on an intercommunicator, on that rank itself. */
export const ROOT = -4;

/** What a receive brought. */
export interface Status {
  /** Rank of the sender, or `PROC_NULL`. */
  readonly source: number;
  readonly tag: number;
  /** Elements received, of the receive buffer's type. */
  readonly count: number;
}

/** The status where nothing was received: of a send, and of a request that was not active. */
export const nothing: Status = { source: ANY_SOURCE, tag: ANY_TAG, count: 0 };
const nobody: Status = { source: PROC_NULL, tag: ANY_TAG, count: 0 };

// Scratch: 0 output handles and integers | 32 two numbers | 64 one status | 128 error texts, integers
const numbersOffset = 32;
const statusOffset = 64;
const textOffset = 128;
const scratchLength = 1024;

/** What to do about an error, by its class. */
const advice: Readonly<Record<string, string>> = {
  MPI_ERR_TRUNCATE: "Receive at least as many elements as were sent.",
  MPI_ERR_RANK: "Ranks go from 0 to size - 1 of the communicator.",
  MPI_ERR_TAG: "Tags are whole numbers from 0 to MPI_TAG_UB.",
  MPI_ERR_COMM: "The communicator was freed or never made.",
  MPI_ERR_TYPE: "Use one element type on both sides.",
  MPI_ERR_COUNT: "Counts are below 2^31 elements.",
  MPI_ERR_OP: "Use an operation that is defined for the element type.",
  MPI_ERR_REQUEST: "The request was freed or never made.",
  MPI_ERR_DIMS: "The product of the dimensions may not exceed the number of ranks.",
  MPI_ERR_BUFFER: "Attach a buffer for bsend with mpi.attachBuffer(), large enough for all messages in it.",
  MPI_ERR_GROUP: "The group was freed or never made.",
  MPI_ERR_RMA_SYNC:
    "Call it between the calls that open and close an epoch: fence, lock and unlock, start and complete.",
  MPI_ERR_RMA_RANGE: "Stay within the memory of the window on the target.",
  MPI_ERR_WIN: "The window was freed or never made.",
  MPI_ERR_NO_SUCH_FILE: "Check the path, or open the file with create.",
  MPI_ERR_FILE_EXISTS: "Choose another path, or open the file without exclusive.",
  MPI_ERR_ACCESS: "Check the permissions of the file and of its folder; open it for reading to read it.",
  MPI_ERR_BAD_FILE: "Check the path: it has to be that of a file, not of a folder.",
  MPI_ERR_IO: "Check that there is room on the disk, and that the data is a whole number of elements of the view.",
  MPI_ERR_UNSUPPORTED_DATAREP: "Leave out datarep, or use external32.",
  MPI_ERR_READ_ONLY: "Open the file for writing.",
  MPI_ERR_AMODE: "Open with one of read, write and both; create and exclusive are for writing.",
  MPI_ERR_NO_SPACE: "Make room on the disk.",
  MPI_ERR_QUOTA: "Make room within the quota.",
  MPI_ERR_FILE: "The file was closed or never opened.",
};

/** The state that all communicators of a process share: the library, its scratch memory, and error reporting. */
export class World {
  readonly library: Library;
  readonly raw: Raw;
  readonly constants: Readonly<Record<Constant, number>>;
  /** What the library is known to do otherwise than the standard says. */
  readonly differs: Differs;
  readonly scratch: Scratch;
  readonly rank: number;
  readonly size: number;
  /** More ranks than cores on this node: blocking calls then poll and offer their core to the other ranks. */
  readonly crowded: boolean;
  /** Room for a number that is sent and one that is received. */
  readonly numbers: Float64Array;
  readonly numbersPtr: number;
  /** The requests that the library still knows: it may write to their buffers, even if the program has dropped them. */
  readonly requests = new Set<object>();
  /** The buffer of messages of `bsend`, of which the library knows the address only. */
  attached: Uint8Array | undefined;
  /** The windows that are not freed: other ranks may write to their memory, even if the program has dropped them. */
  readonly windows = new Set<{ end(): void }>();
  /** Datatypes of the rows of views. */
  readonly rowTypes: RowTypes;
  /** Where `MPI_Test` finds a request and leaves flag and status; and something else, so that it is a list of anything. */
  readonly #polled: readonly unknown[];
  // Kept alive over the next call.
  readonly #kept: unknown[] = [undefined, undefined, undefined, undefined];
  #next = 0;

  /** The library must be initialised. */
  constructor(library: Library) {
    this.library = library;
    this.raw = library.raw;
    this.constants = library.constants;
    this.differs = differsOf(library);
    this.scratch = new Scratch(scratchLength);
    this.numbers = this.scratch.f64.subarray(numbersOffset / 8, numbersOffset / 8 + 2);
    this.numbersPtr = this.scratch.address + numbersOffset;
    const { address } = this.scratch;
    this.#polled = [address, address + 16, address + statusOffset, undefined];
    const { MPI_COMM_WORLD } = library.constants;
    this.rank = this.integer("MPI_Comm_rank", MPI_COMM_WORLD);
    this.size = this.integer("MPI_Comm_size", MPI_COMM_WORLD);
    this.crowded = this.size > 1 && this.#anyNodeCrowded();
    // One call may need a type for what it sends to each rank, and another for what it receives from each.
    this.rowTypes = new RowTypes((handle) => this.freeType(handle), Math.max(256, 4 * this.size));
  }

  /** Equal on all ranks, because a blocking collective call does not meet the nonblocking one of another rank. */
  #anyNodeCrowded(): boolean {
    const here = this.#ranksOnNode();
    const crowded = Number(here > coreCount());
    if (here === this.size) return crowded === 1;
    const { MPI_INT32_T, MPI_MAX, MPI_COMM_WORLD } = this.constants;
    const { raw, scratch } = this;
    const ptr = this.writeIntegers([crowded, 0]);
    const code = raw.MPI_Iallreduce(ptr, ptr + 4, 1, MPI_INT32_T, MPI_MAX, MPI_COMM_WORLD, scratch.address);
    this.check(code, "MPI_Iallreduce");
    this.check(this.#poll(), "MPI_Iallreduce");
    return this.readIntegers(2)[1] === 1;
  }

  #ranksOnNode(): number {
    const told = process.env.OMPI_COMM_WORLD_LOCAL_SIZE ?? process.env.MPI_LOCALNRANKS;
    if (told !== undefined) return Number(told);
    const { MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, MPI_INFO_NULL } = this.constants;
    const { raw, scratch } = this;
    const code = raw.MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, scratch.address);
    this.check(code, "MPI_Comm_split_type");
    const node = this.readHandle(0);
    const size = this.integer("MPI_Comm_size", node);
    this.writeHandle(0, node);
    this.check(raw.MPI_Comm_free(scratch.address), "MPI_Comm_free");
    return size;
  }

  /** The result of a call whose last argument is an `int *`. */
  integer(
    call: "MPI_Comm_rank" | "MPI_Comm_size" | "MPI_Comm_remote_size" | "MPI_Group_rank" | "MPI_Group_size",
    handle: number,
  ): number {
    this.check(this.raw[call](handle, this.scratch.address), call);
    return this.scratch.i32[0]!;
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

  /** The address of an array that is kept alive over the next call. */
  addressOf(array: ArrayBufferView): number {
    this.keep(array);
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

  /** Writes integers where a call reads them, from the `start`-th on. Returns their address. */
  writeIntegers(values: readonly number[], start = 0): number {
    const { i32, address } = this.scratch;
    i32.set(values, textOffset / 4 + start);
    return address + textOffset + 4 * start;
  }

  /** Reads the integers that a call wrote over those of {@link writeIntegers}. */
  readIntegers(count: number): number[] {
    return [...this.scratch.i32.subarray(textOffset / 4, textOffset / 4 + count)];
  }

  /**
   * Keeps an object alive until four others are: an address alone does not keep the garbage collector from freeing an
   * array that nothing else refers to, and no call has more of them that nothing else holds.
   */
  keep(object: unknown): void {
    this.#kept[this.#next] = object;
    this.#next = (this.#next + 1) & 3;
  }

  freeType(handle: number): void {
    this.writeHandle(0, handle);
    this.check(this.raw.MPI_Type_free(this.scratch.address), "MPI_Type_free");
  }

  /** Byte offset in the scratch memory of the status at {@link statusPtr}. */
  readonly statusOffset = statusOffset;

  /** Where a call is to write its status. */
  get statusPtr(): number {
    return this.scratch.address + statusOffset;
  }

  /** The status that the last call, a receive from `from` into `message`, wrote at {@link statusPtr}. */
  readStatus(message: Message, from: number): Status {
    // MPICH 4.0 leaves this status empty where the receive is nonblocking.
    if (from === this.constants.MPI_PROC_NULL) return nobody;
    return this.statusAt(this.scratch, statusOffset, message);
  }

  /** A status at byte `offset` of some scratch memory. */
  statusAt(scratch: Scratch, offset: number, message: Message): Status {
    const at = (offset + this.library.abi.statusSource) >> 2;
    const source = scratch.i32[at]!;
    const tag = scratch.i32[at + 1]!;
    return { source: this.rankFrom(source), tag, count: this.countAt(scratch, offset, message) };
  }

  /** Whole elements received, by a status. */
  countAt(scratch: Scratch, offset: number, message: Message): number {
    const { type } = message;
    const { statusBytes } = this.library.abi;
    if (!statusBytes && message.unit === 1 && type.kind !== "struct") {
      const count = this.#countOf(scratch, offset, message.datatype);
      if (count >= 0) return count; // Else it ends within an element.
    }
    const size = type.size ?? type.byteLength;
    if (size === 0) return 0;
    if (!statusBytes) return Math.floor(this.#countOf(scratch, offset, this.constants.MPI_BYTE) / size);
    const low = scratch.i32[(offset + statusBytes.low) >> 2]! >>> 0;
    const high = scratch.i32[(offset + statusBytes.high) >> 2]! >>> statusBytes.shift;
    return Math.floor((high * 2 ** 32 + low) / size);
  }

  #countOf(scratch: Scratch, offset: number, datatype: number): number {
    const own = this.scratch;
    this.check(this.raw.MPI_Get_count(scratch.address + offset, datatype, own.address), "MPI_Get_count");
    return own.i32[0]!;
  }

  /** A rank as the library says it, in this package's numbers. */
  rankFrom(rank: number): number {
    const { MPI_PROC_NULL, MPI_ANY_SOURCE } = this.constants;
    return rank === MPI_PROC_NULL ? PROC_NULL : rank === MPI_ANY_SOURCE ? ANY_SOURCE : rank;
  }

  /** Completes the request whose handle lies at the start of the scratch memory; its status is then readable. */
  complete(call: FunctionName, detail?: () => string): void {
    this.check(this.wait(), call, detail);
  }

  /** As {@link complete}, but returns the error code; the handle in the scratch memory is as the call left it. */
  wait(): number {
    if (this.crowded) return this.#poll();
    const { raw, scratch, statusPtr } = this;
    return raw.MPI_Wait(scratch.address, statusPtr);
  }

  #poll(): number {
    const { raw, scratch } = this;
    // From a list, which hands out the same objects for these large numbers: see memorycomm.ts.
    const ptrs = this.#polled;
    let code = raw.MPI_Test(ptrs[0] as number, ptrs[1] as number, ptrs[2] as number);
    while (code === 0 && scratch.i32[4] === 0) {
      system().yieldCore();
      code = raw.MPI_Test(ptrs[0] as number, ptrs[1] as number, ptrs[2] as number);
    }
    return code;
  }

  /** Offers the core to other ranks, while this one waits. */
  yieldCore(): void {
    system().yieldCore();
  }

  /** Lets go of memory of the library's, and makes every further call an error: after `MPI_Finalize` a library would end the process. */
  end(): void {
    for (const window of this.windows) window.end();
    const raw = this.raw as Record<string, (...values: number[]) => number>;
    for (const call of Object.keys(raw)) {
      raw[call] = () => {
        throw wrong(call, "a job that has not ended", "a call after mpi.finalize()", "Finalize last.");
      };
    }
  }

  /** The MPI name of the class of an error code. */
  errorClass(code: number): string {
    return this.#classOf(code).name;
  }

  #classOf(code: number): { readonly name: string; readonly number: number } {
    const known = this.raw.MPI_Error_class(code, this.scratch.address) === 0;
    const number = known ? this.scratch.i32[0]! : code;
    return { name: this.library.errorClasses.get(number) ?? `error class ${number}`, number };
  }

  /** The library's text for an error code. */
  errorText(code: number): string {
    const { raw, scratch } = this;
    // Open MPI lets codes slip out that it does not know itself.
    if (raw.MPI_Error_string(code, scratch.address + textOffset, scratch.address) !== 0)
      return "an error without a text";
    return scratch.text(textOffset, Math.min(scratch.i32[0]!, scratchLength - textOffset));
  }

  /**
   * Throws when `code` is not `MPI_SUCCESS`.
   * @param detail what to say instead of the general advice for the error class, which it gets
   * @throws MpiError with the library's own text
   */
  check(code: number, call: FunctionName, detail?: (advice: string) => string): void {
    if (code !== 0) throw this.#error(code, call, detail);
  }

  #error(code: number, call: FunctionName, detail?: (advice: string) => string): MpiError {
    const { rank, size } = this;
    const { name: errorClass, number } = this.#classOf(code);
    const said = shorten(this.errorText(code));
    const general = advice[errorClass] ?? "The text before is the library's.";
    const what = detail?.(general) ?? general;
    const message = `${call} on rank ${rank} of ${size}: ${errorClass} (${number}): ${said}. ${what}`;
    return new MpiError(message, { code, errorClass, call, rank });
  }
}

/** A library's text on one line: of MPICH's error stacks only the first line and the reason at the bottom. */
function shorten(text: string): string {
  const lines = text.trim().split(/\s*\n\s*/);
  const first = lines[0]!.replace(/\s*, error stack:$/, "");
  const last = lines.at(-1)!.replace(/^.*\)\.*:\s*/, "");
  return (last === first || lines.length === 1 ? first : `${first}; ${last}`).replace(/\.$/, "");
}

/** Cores that ranks may run on. A rank bound to one core by its launcher sees only that; then count them all. */
function coreCount(): number {
  const own = availableParallelism();
  return own > 1 ? own : cpus().length;
}
