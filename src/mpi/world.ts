import { availableParallelism, cpus } from "node:os";
import { MpiError, UsageError } from "../errors.js";
import type { Constant } from "./abi.js";
import type { Library } from "./library.js";
import { addressOf, Scratch, system } from "./native.js";
import type { FunctionName, Raw } from "./prototypes.js";

/** Stands for any rank in `from`. */
export const ANY_SOURCE = -1;
/** Stands for any tag in `tag` of a receive. */
export const ANY_TAG = -2;
/** The rank that does not exist: messages to and from it complete at once and carry nothing. */
export const PROC_NULL = -3;

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

/** What {@link World.all} needs of a request. */
export interface Startable {
  readonly handle: number;
  /** Takes the handle as a call left it; `active` says whether the message is under way again or still. */
  settle(handle: number, active: boolean): void;
}

// Scratch: 0 output handles and integers | 32 two numbers | 64 one status | 128 error texts, integers |
// 1024 arrays of requests and statuses
const numbersOffset = 32;
const statusOffset = 64;
const textOffset = 128;
const arrayOffset = 1024;
const arrayLength = 64;

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
};

/** The state that all communicators of a process share: the library, its scratch memory, and error reporting. */
export class World {
  readonly library: Library;
  readonly raw: Raw;
  readonly constants: Readonly<Record<Constant, number>>;
  readonly scratch: Scratch;
  readonly rank: number;
  readonly size: number;
  /** More ranks than cores on this node: blocking calls then poll and offer their core to the other ranks. */
  readonly crowded: boolean;
  /** Room for a number that is sent and one that is received. */
  readonly numbers: Float64Array;
  /** The requests that the library still knows: it may write to their buffers, even if the program has dropped them. */
  readonly requests = new Set<Startable>();
  #pinned: [unknown, unknown] = [undefined, undefined];

  /** The library must be initialised. */
  constructor(library: Library) {
    this.library = library;
    this.raw = library.raw;
    this.constants = library.constants;
    this.scratch = new Scratch(arrayOffset + arrayLength * 64);
    this.numbers = this.scratch.f64.subarray(numbersOffset / 8, numbersOffset / 8 + 2);
    const { MPI_COMM_WORLD } = library.constants;
    this.rank = this.integer("MPI_Comm_rank", MPI_COMM_WORLD);
    this.size = this.integer("MPI_Comm_size", MPI_COMM_WORLD);
    this.crowded = this.size > 1 && this.#anyNodeCrowded();
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
  integer(call: "MPI_Comm_rank" | "MPI_Comm_size", handle: number): number {
    this.check(this.raw[call](handle, this.scratch.address), call);
    return this.scratch.i32[0]!;
  }

  /** Reads a handle at byte `offset` of the scratch memory. */
  readHandle(offset: number): number {
    const { i32, i64 } = this.scratch;
    return this.library.abi.handleSize === 4 ? i32[offset >> 2]! : Number(i64[offset >> 3]!);
  }

  /** Writes a handle at byte `offset` of the scratch memory. */
  writeHandle(offset: number, handle: number): void {
    const { i32, i64 } = this.scratch;
    if (this.library.abi.handleSize === 4) i32[offset >> 2] = handle;
    else i64[offset >> 3] = BigInt(handle);
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
   * The address of an array, which is kept alive over the next call: an address alone does not keep the garbage
   * collector from freeing an array that nothing else refers to. No call has more than two.
   */
  pin(array: ArrayBufferView): number {
    this.#pinned = [array, this.#pinned[0]];
    return addressOf(array);
  }

  /** Where a call is to write its status. */
  get statusPtr(): number {
    return this.scratch.address + statusOffset;
  }

  /** The status that the last call, a receive from `from`, wrote at {@link statusPtr}. */
  readStatus(datatype: number, from: number): Status {
    const { raw, scratch, constants } = this;
    // MPICH 4.0 leaves this status empty where the receive is nonblocking.
    if (from === constants.MPI_PROC_NULL) return nobody;
    const at = (statusOffset + this.library.abi.statusSource) >> 2;
    const source = scratch.i32[at]!;
    const tag = scratch.i32[at + 1]!;
    this.check(raw.MPI_Get_count(this.statusPtr, datatype, scratch.address), "MPI_Get_count");
    return { source, tag, count: scratch.i32[0]! };
  }

  /** Completes the request whose handle lies at the start of the scratch memory; its status is then readable. */
  complete(call: FunctionName, detail?: () => string): void {
    this.check(this.wait(), call, detail);
  }

  /** As {@link complete}, but returns the error code; the handle in the scratch memory is as the call left it. */
  wait(): number {
    const { raw, scratch, statusPtr } = this;
    return this.crowded ? this.#poll() : raw.MPI_Wait(scratch.address, statusPtr);
  }

  #poll(): number {
    const { raw, scratch, statusPtr } = this;
    const requestPtr = scratch.address;
    const flagPtr = requestPtr + 16;
    let code = raw.MPI_Test(requestPtr, flagPtr, statusPtr);
    while (code === 0 && scratch.i32[4] === 0) {
      system().yieldCore();
      code = raw.MPI_Test(requestPtr, flagPtr, statusPtr);
    }
    return code;
  }

  /** Runs `MPI_Startall` or `MPI_Waitall`. Every request is settled before an error is thrown. */
  all(call: "MPI_Startall" | "MPI_Waitall", requests: readonly Startable[]): void {
    const { raw, scratch } = this;
    const { handleSize } = this.library.abi;
    const requestsPtr = scratch.address + arrayOffset;
    const starts = call === "MPI_Startall";
    for (let first = 0; first < requests.length; first += arrayLength) {
      const count = Math.min(arrayLength, requests.length - first);
      const offsetOf = (index: number) => arrayOffset + index * handleSize;
      for (let i = 0; i < count; i++) this.writeHandle(offsetOf(i), requests[first + i]!.handle);
      const code = starts ? raw.MPI_Startall(count, requestsPtr) : this.#waitAll(count, requestsPtr);
      const codes = starts || code === 0 ? undefined : this.#codesOf(count);
      for (let i = 0; i < count; i++) {
        const active = codes ? this.errorClass(codes[i]!) === "MPI_ERR_PENDING" : starts && code === 0;
        requests[first + i]!.settle(this.readHandle(offsetOf(i)), active);
      }
      // The code of MPI_Waitall may only say "look into the statuses".
      const own = codes?.find((one) => one !== 0 && this.errorClass(one) !== "MPI_ERR_PENDING");
      this.check(own ?? code, call);
    }
  }

  #waitAll(count: number, requestsPtr: number): number {
    const { raw, scratch } = this;
    const statusesPtr = requestsPtr + arrayLength * 8;
    // MPI_Waitall of Open MPI 4.1 never returns when a request has failed before the call; MPI_Testall does.
    const polls = this.crowded || this.library.abi.name === "openmpi";
    if (!polls) return raw.MPI_Waitall(count, requestsPtr, statusesPtr);
    const flagPtr = scratch.address;
    let code = raw.MPI_Testall(count, requestsPtr, flagPtr, statusesPtr);
    while (code === 0 && scratch.i32[0] === 0) {
      if (this.crowded) system().yieldCore();
      code = raw.MPI_Testall(count, requestsPtr, flagPtr, statusesPtr);
    }
    return code;
  }

  /** The error codes in the statuses of a call that failed; cleared, as calls that succeed do not write them. */
  #codesOf(count: number): number[] {
    const { i32 } = this.scratch;
    const { statusSize, statusSource } = this.library.abi;
    return Array.from({ length: count }, (_, index) => {
      const at = (arrayOffset + arrayLength * 8 + index * statusSize + statusSource + 8) >> 2;
      const code = i32[at]!;
      i32[at] = 0;
      return code;
    });
  }

  /** Makes every further call an error: after `MPI_Finalize` a library would end the process. */
  end(): void {
    const raw = this.raw as Record<string, (...values: number[]) => number>;
    for (const call of Object.keys(raw)) {
      raw[call] = () => {
        throw new UsageError(
          `${call}: expected a job that has not ended, got a call after mpi.finalize(). Finalize last.`,
        );
      };
    }
  }

  /** The MPI name of the class of an error code. */
  errorClass(code: number): string {
    this.raw.MPI_Error_class(code, this.scratch.address);
    const number = this.scratch.i32[0]!;
    return this.library.errorClasses.get(number) ?? `error class ${number}`;
  }

  /**
   * Throws when `code` is not `MPI_SUCCESS`.
   * @param detail what to say instead of the general advice for the error class
   * @throws MpiError with the library's own text
   */
  check(code: number, call: FunctionName, detail?: () => string): void {
    if (code !== 0) throw this.#error(code, call, detail);
  }

  #error(code: number, call: FunctionName, detail?: () => string): MpiError {
    const { raw, scratch, rank, size } = this;
    const errorClass = this.errorClass(code);
    const number = scratch.i32[0]!;
    raw.MPI_Error_string(code, scratch.address + textOffset, scratch.address);
    const text = scratch.text(textOffset, Math.min(scratch.i32[0]!, arrayOffset - textOffset));
    const said = shorten(text);
    const what = detail?.() ?? advice[errorClass] ?? "The text before is the library's.";
    const message = `${call} on rank ${rank} of ${size}: ${errorClass} (${number}): ${said}. ${what}`;
    return new MpiError(message, { code, errorClass, call, rank });
  }
}

/** A library's text on one line: of MPICH's error stacks only the first line and the reason at the bottom. */
function shorten(text: string): string {
  const lines = text.trim().split(/\s*\n\s*/);
  const first = lines[0]!.replace(/, error stack:$/, "");
  const last = lines.at(-1)!.replace(/^.*\):\s*/, "");
  return (last === first || lines.length === 1 ? first : `${first}; ${last}`).replace(/\.$/, "");
}

/** Cores that ranks may run on. A rank bound to one core by its launcher sees only that; then count them all. */
function coreCount(): number {
  const own = availableParallelism();
  return own > 1 ? own : cpus().length;
}
