import { expectWhole, show, wrong } from "../../argument.js";
import type { UsageError } from "../../errors.js";
import { Op } from "../calls/op.js";
import { type Operation, operationOf } from "../calls/operation.js";
import { IN_PLACE, largestInt, tooLong } from "../data/buffer.js";
import type { ElementType, TypeName } from "../data/element.js";
import { overlapping } from "../data/overlap.js";
import { View } from "../data/view.js";
import { addressOf, type Kept, kept } from "../library/native.js";
import { ANY_SOURCE, ANY_TAG, PROC_NULL, readStatus, type Status } from "../library/status.js";
import type { Waiting } from "../library/waiting/waiting.js";
import type { World } from "../library/world.js";
import type { Comm } from "./comm.js";

const ofPtrs = { send: "sendPtr", recv: "recvPtr" };

/** Whether a number is one of a C `int` from 0 on: the library would take another one for what its part before the point is. */
function isOrdinal(value: number): boolean {
  return (value | 0) === value && value >= 0;
}

/** The error of a call; that of an argument that is no number, which nothing looks at before, names the argument. */
function toldOf(error: unknown, call: string, values: Readonly<Record<string, unknown>>): unknown {
  const found = Object.entries(values).find(([, value]) => typeof value !== "number");
  if (!(error instanceof TypeError) || !found) return error;
  const [name, value] = found;
  const got = typeof value === "bigint" ? `${value}n` : show(value);
  return wrong(`${call}: "${name}"`, "a number", got, "Pass plain numbers.", error);
}

/**
 * The calls of a communicator on addresses in a WebAssembly memory: `Ptr` is a byte offset in it, counts are in elements
 * of one type. As fast as a call from JavaScript can be: arguments are plain numbers, nothing is allocated, and which ranks
 * and tags there are is checked by the MPI library only. Made with `comm.on(memory, type)`; stays valid when the memory
 * grows.
 *
 * ```js
 * const memory = new WebAssembly.Memory({ initial: 1 });
 * const values = new Float64Array(memory.buffer);
 * values[0] = comm.rank + 1;
 * const on = comm.on(memory, "f64");
 * on.allreduce(0, 8, 1); // From byte 0, to byte 8, 1 element.
 * console.log(values[1]); // 6 on 3 ranks
 * ```
 */
export class MemoryComm {
  /** The communicator whose calls these are. */
  readonly comm: Comm;
  /** The memory that addresses are in. */
  readonly memory: WebAssembly.Memory;
  readonly #world: World;
  readonly #waiting: Waiting;
  readonly #type: ElementType;
  readonly #datatype: Kept;
  readonly #handle: Kept;
  readonly #base: number;
  readonly #byteLength: number;
  /** Bytes of the memory when a call last came to their end. */
  #limit = 0;
  // Addresses that were used lately, by a hash of their place in the memory.
  readonly #ptrs: number[] = new Array(256).fill(Number.NaN); // No address at all, not even one that is none.
  readonly #addresses: Kept[] = new Array(256).fill(kept(0));
  /** Where the last message was to come from, as the library says it. */
  #source: number;
  /** The words of its status: each later call that receives or waits writes its own where the library put it. */
  readonly #status: Int32Array;
  readonly #ops = new Map<Operation, Kept>();
  readonly #inPlace: Kept;

  /** @internal */
  constructor(comm: Comm, memory: WebAssembly.Memory, type: ElementType) {
    if (!(memory instanceof WebAssembly.Memory)) {
      throw wrong('Comm.on: "memory"', "a WebAssembly.Memory", show(memory), "Pass the one of the kernels.");
    }
    const { world } = comm;
    this.comm = comm;
    this.memory = memory;
    this.#world = world;
    this.#waiting = world.waiting;
    this.#type = type;
    this.#byteLength = type.byteLength;
    this.#datatype = kept(world.constants[type.datatype!]);
    this.#handle = comm.lend();
    this.#source = world.constants.MPI_PROC_NULL;
    this.#status = new Int32Array(world.library.abi.statusSize / 4);
    this.#inPlace = kept(world.constants.MPI_IN_PLACE);
    this.#base = addressOf(new Uint8Array(memory.buffer));
  }

  /** The address of elements. @throws UsageError when they do not lie in the memory */
  #at(ptr: number, count: number, call: string, argument = "ptr"): number {
    return this.#kept(ptr, count, call, argument)[0];
  }

  #kept(ptr: number, count: number, call: string, argument: string): Kept {
    // A count that is no number is not within the limit either; one below 0 the library refuses.
    const isInside = ptr + count * this.#byteLength <= this.#limit && (count | 0) === count;
    if (!isInside) this.#expectInside(ptr, count, call, argument);
    const slot = Math.imul(ptr >>> 2, 0x9e3779b1) >>> 24;
    if (this.#ptrs[slot] !== ptr) {
      if (!(Number.isInteger(ptr) && ptr >= 0)) throw this.#outside(ptr, count, call, argument);
      this.#ptrs[slot] = ptr;
      this.#addresses[slot] = kept(this.#base + ptr);
    }
    return this.#addresses[slot]!;
  }

  #expectInside(ptr: number, count: number, call: string, argument: string): void {
    this.#limit = this.memory.buffer.byteLength;
    const isInside = ptr + count * this.#byteLength <= this.#limit && Number.isInteger(count);
    if (!isInside) throw this.#outside(ptr, count, call, argument);
    if (count > largestInt) throw tooLong(count, call, argument);
  }

  #outside(ptr: number, count: number, call: string, argument: string): UsageError {
    return wrong(
      `${call}: "${argument}"`,
      `elements within the memory of ${this.memory.buffer.byteLength} bytes`,
      `${show(count)} ${this.#type.name} from ${show(ptr)} on`,
      "Pass the array's own address and length.",
    );
  }

  /** A rank that is no number of one. @throws UsageError for what is none at all */
  #special(rank: number, call: string, argument: string): number {
    const { MPI_PROC_NULL, MPI_ANY_SOURCE } = this.#world.constants;
    if (rank === PROC_NULL) return MPI_PROC_NULL;
    if (rank === ANY_SOURCE && argument === "from") return MPI_ANY_SOURCE;
    throw this.comm.wrongRank(rank, call, argument, " or PROC_NULL");
  }

  /** A tag that is no number of one. @throws UsageError for what is none at all */
  #label(tag: number, call: string): number {
    if (tag === ANY_TAG && call === "MPI_Recv") return this.#world.constants.MPI_ANY_TAG;
    return expectWhole(`${call}: "tag"`, tag, { least: 0, most: largestInt }, "Choose another tag.");
  }

  #op(op: Operation): Kept {
    if (op instanceof Op) return kept(operationOf(this.#world, op, this.#type, "MPI_Allreduce"));
    let handle = this.#ops.get(op);
    if (handle === undefined) {
      handle = kept(operationOf(this.#world, op, this.#type, "MPI_Allreduce"));
      this.#ops.set(op, handle);
    }
    return handle;
  }

  /** Sends `count` elements. **Blocking.** */
  send(ptr: number, count: number, to: number, tag = 0): void {
    try {
      const dest = isOrdinal(to) ? to : this.#special(to, "MPI_Send", "to");
      const label = isOrdinal(tag) ? tag : this.#label(tag, "MPI_Send");
      const address = this.#at(ptr, count, "MPI_Send");
      this.#waiting.send(address, count, this.#datatype[0], dest, label, this.#handle[0], count * this.#byteLength);
    } catch (error) {
      throw toldOf(error, "MPI_Send", { ptr, count, to, tag });
    }
  }

  /** Receives up to `count` elements; {@link status} then tells what came. **Blocking.** */
  recv(ptr: number, count: number, from: number = ANY_SOURCE, tag: number = ANY_TAG): void {
    try {
      const source = isOrdinal(from) ? from : this.#special(from, "MPI_Recv", "from");
      const label = isOrdinal(tag) ? tag : this.#label(tag, "MPI_Recv");
      const address = this.#at(ptr, count, "MPI_Recv");
      this.#waiting.recv(address, count, this.#datatype[0], source, label, this.#handle[0]);
      this.#received(source);
    } catch (error) {
      throw toldOf(error, "MPI_Recv", { ptr, count, from, tag });
    }
  }

  /** Keeps the status of a message that has come. */
  #received(source: number): void {
    const { scratch, statusOffset } = this.#world;
    const { i32 } = scratch;
    const status = this.#status;
    const first = statusOffset >> 2;
    this.#source = source;
    for (let word = 0; word < status.length; word++) status[word] = i32[first + word]!;
  }

  /** What the last {@link recv} or {@link sendrecv} brought; before the first one it is that of `PROC_NULL`. **Local.** */
  status(): Status {
    const { scratch, statusOffset } = this.#world;
    scratch.i32.set(this.#status, statusOffset >> 2);
    return readStatus(this.#world, { unit: 1, datatype: this.#datatype[0], type: this.#type }, this.#source);
  }

  /** Sends and receives at the same time, with one tag. **Blocking.** */
  sendrecv(
    sendPtr: number,
    sendCount: number,
    to: number,
    recvPtr: number,
    recvCount: number,
    from: number = ANY_SOURCE,
    tag = 0,
  ): void {
    try {
      const type = this.#datatype[0];
      const dest = isOrdinal(to) ? to : this.#special(to, "MPI_Sendrecv", "to");
      const source = isOrdinal(from) ? from : this.#special(from, "MPI_Sendrecv", "from");
      const label = isOrdinal(tag) ? tag : this.#label(tag, "MPI_Sendrecv");
      const out = this.#kept(sendPtr, sendCount, "MPI_Sendrecv", "sendPtr");
      const into = this.#kept(recvPtr, recvCount, "MPI_Sendrecv", "recvPtr");
      const size = this.#byteLength;
      if (sendPtr < recvPtr + recvCount * size && recvPtr < sendPtr + sendCount * size && sendCount * recvCount > 0) {
        throw overlapping("MPI_Sendrecv", ofPtrs);
      }
      // biome-ignore format: one message a line
      this.#waiting.sendrecv(
        out[0], sendCount, type, dest, label,
        into[0], recvCount, type, source, label, this.#handle[0], sendCount * size,
      );
      this.#received(source);
    } catch (error) {
      throw toldOf(error, "MPI_Sendrecv", { sendPtr, sendCount, to, recvPtr, recvCount, from, tag });
    }
  }

  /** Copies the root's elements into every rank's. **Collective.** */
  bcast(ptr: number, count: number, root = 0): void {
    try {
      if (!isOrdinal(root)) throw this.comm.wrongRank(root, "MPI_Bcast", "root", "");
      this.#waiting.bcast(this.#at(ptr, count, "MPI_Bcast"), count, this.#datatype[0], root, this.#handle[0]);
    } catch (error) {
      throw toldOf(error, "MPI_Bcast", { ptr, count, root });
    }
  }

  /** Combines elements of all ranks; every rank gets the result. `recvPtr` may be `sendPtr`. **Collective.** */
  allreduce(sendPtr: number, recvPtr: number, count: number, op: Operation = "sum"): void {
    try {
      const operation = this.#op(op);
      // Chosen as objects: a choice between two numbers would become a new one.
      const call = "MPI_Allreduce";
      const from = sendPtr === recvPtr ? this.#inPlace : this.#kept(sendPtr, count, call, "sendPtr");
      const into = this.#kept(recvPtr, count, call, "recvPtr");
      const distance = Math.abs(sendPtr - recvPtr);
      if (distance !== 0 && distance < count * this.#byteLength) throw overlapping(call, ofPtrs);
      if (op instanceof Op && op.of !== 1) {
        const view = (offset: number) =>
          new View(this.memory, { type: this.#type.name as TypeName, offset, shape: [count] });
        this.comm.allreduce(distance === 0 ? IN_PLACE : view(sendPtr), view(recvPtr), { op });
        return;
      }
      this.#waiting.allreduce(from[0], into[0], count, this.#datatype[0], operation[0], this.#handle[0]);
      if (op instanceof Op) op.rethrow();
    } catch (error) {
      throw toldOf(error, "MPI_Allreduce", { sendPtr, recvPtr, count });
    }
  }

  /** What `console.log` prints. @internal */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `<${this}>`;
  }

  /** What it is, in one line. **Local.** */
  toString(): string {
    return `${this.#type.name} in WebAssembly memory for ${this.comm}`;
  }
}
