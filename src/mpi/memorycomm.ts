import { UsageError } from "../errors.js";
import type { Comm } from "./comm.js";
import { type ElementType, show } from "./element.js";
import { addressOf } from "./native.js";
import { type Operation, operationOf } from "./operation.js";
import { ANY_SOURCE, ANY_TAG, PROC_NULL, type Status, type World } from "./world.js";

/**
 * The calls of a communicator on addresses in a WebAssembly memory: `Ptr` is a byte offset in it, counts are in elements
 * of one type. As fast as a call from JavaScript can be: arguments are plain numbers, nothing is allocated, and ranks
 * and tags are checked by the MPI library only. Memory beyond the end is the caller's mistake to avoid. Made with
 * `comm.on(memory, type)`; follows the memory when it grows.
 */
export class MemoryComm {
  readonly comm: Comm;
  readonly memory: WebAssembly.Memory;
  readonly #world: World;
  readonly #type: ElementType;
  // Addresses and handles are beyond 31 bits: numbers that V8 keeps in objects of their own. Lists like these, of anything,
  // hold such an object and give the same one to each call, where a field or a sum would make a new one.
  readonly #datatype: unknown[];
  readonly #handle: unknown[];
  readonly #statusPtr: unknown[];
  readonly #requestPtr: unknown[];
  readonly #base: number;
  readonly #ptrs: number[] = new Array(64).fill(-1);
  readonly #addresses: unknown[] = new Array(64).fill(undefined);
  /** Where the last message was to come from, as the library says it. */
  #source = 0;
  readonly #ops = new Map<Operation, unknown>();

  /** @internal */
  constructor(comm: Comm, memory: WebAssembly.Memory, type: ElementType) {
    if (!(memory instanceof WebAssembly.Memory)) {
      throw new UsageError(
        `Comm.on: "memory" expected a WebAssembly.Memory, got ${show(memory)}. Pass the one of the kernels.`,
      );
    }
    const { world } = comm;
    this.comm = comm;
    this.memory = memory;
    this.#world = world;
    this.#type = type;
    this.#datatype = [undefined, world.constants[type.datatype!]];
    this.#handle = [undefined, comm.handle];
    this.#statusPtr = [undefined, world.statusPtr];
    this.#requestPtr = [undefined, world.scratch.address];
    this.#base = addressOf(new Uint8Array(memory.buffer));
  }

  /** The address of a place in the memory, the same object for the same place where it was asked for lately. */
  #at(ptr: number): number {
    const slot = (ptr >>> 3) & 63;
    if (this.#ptrs[slot] !== ptr) {
      this.#ptrs[slot] = ptr;
      this.#addresses[slot] = this.#base + ptr;
    }
    return this.#addresses[slot] as number;
  }

  #rank(rank: number): number {
    if (rank >= 0) return rank;
    const { MPI_PROC_NULL, MPI_ANY_SOURCE } = this.#world.constants;
    return rank === PROC_NULL ? MPI_PROC_NULL : rank === ANY_SOURCE ? MPI_ANY_SOURCE : this.comm.peers;
  }

  #op(op: Operation): number {
    let handle = this.#ops.get(op);
    if (handle === undefined) {
      handle = operationOf(this.#world, op, this.#type, "MemoryComm");
      this.#ops.set(op, handle);
    }
    return handle as number;
  }

  /** Sends `count` elements. **Blocking.** */
  send(ptr: number, count: number, to: number, tag = 0): void {
    const world = this.#world;
    const [at, datatype, handle] = [this.#at(ptr), this.#datatype[1] as number, this.#handle[1] as number];
    if (world.crowded) {
      const code = world.raw.MPI_Isend(at, count, datatype, this.#rank(to), tag, handle, this.#requestPtr[1] as number);
      if (code !== 0) world.check(code, "MPI_Isend");
      world.complete("MPI_Send");
      return;
    }
    const code = world.raw.MPI_Send(at, count, datatype, this.#rank(to), tag, handle);
    if (code !== 0) world.check(code, "MPI_Send");
  }

  /** Receives up to `count` elements; {@link status} then tells what came. **Blocking.** */
  recv(ptr: number, count: number, from: number = ANY_SOURCE, tag: number = ANY_TAG): void {
    const world = this.#world;
    const [at, datatype, handle] = [this.#at(ptr), this.#datatype[1] as number, this.#handle[1] as number];
    const label = tag === ANY_TAG ? world.constants.MPI_ANY_TAG : tag;
    const source = this.#rank(from);
    this.#source = source;
    if (world.crowded) {
      const requestPtr = this.#requestPtr[1] as number;
      const code = world.raw.MPI_Irecv(at, count, datatype, source, label, handle, requestPtr);
      if (code !== 0) world.check(code, "MPI_Irecv");
      world.complete("MPI_Recv");
      return;
    }
    const code = world.raw.MPI_Recv(at, count, datatype, source, label, handle, this.#statusPtr[1] as number);
    if (code !== 0) world.check(code, "MPI_Recv");
  }

  /** What the last {@link recv} or {@link sendrecv} brought. **Local.** */
  status(): Status {
    const world = this.#world;
    const message = {
      address: 0,
      count: 0,
      unit: 1,
      length: 0,
      datatype: this.#datatype[1] as number,
      type: this.#type,
    };
    return world.readStatus(message, this.#source);
  }

  /** Sends and receives at the same time. **Blocking.** */
  sendrecv(
    sendPtr: number,
    sendCount: number,
    to: number,
    recvPtr: number,
    recvCount: number,
    from: number = ANY_SOURCE,
    tag = 0,
  ): void {
    const world = this.#world;
    const [out, into] = [this.#at(sendPtr), this.#at(recvPtr)];
    const [datatype, handle, statusPtr] = [this.#datatype[1], this.#handle[1], this.#statusPtr[1]] as number[];
    const [dest, source] = [this.#rank(to), this.#rank(from)];
    this.#source = source;
    if (world.crowded) {
      this.#crowdedSendrecv(out, sendCount, dest, into, recvCount, source, tag);
      return;
    }
    const code = world.raw.MPI_Sendrecv(
      ...([out, sendCount, datatype!, dest, tag, into, recvCount, datatype!, source, tag] as const),
      handle!,
      statusPtr!,
    );
    if (code !== 0) world.check(code, "MPI_Sendrecv");
  }

  /** The send begins first, then the receive is polled; a send that waits for its receive goes on meanwhile. */
  #crowdedSendrecv(
    out: number,
    outCount: number,
    dest: number,
    into: number,
    count: number,
    source: number,
    tag: number,
  ): void {
    const world = this.#world;
    const [datatype, handle] = [this.#datatype[1], this.#handle[1]] as [number, number];
    const { raw, scratch } = world;
    world.check(raw.MPI_Isend(out, outCount, datatype, dest, tag, handle, scratch.address), "MPI_Isend");
    const sent = world.readHandle(0);
    const code = raw.MPI_Irecv(into, count, datatype, source, tag, handle, scratch.address);
    const received = world.readHandle(0);
    world.writeHandle(0, sent);
    const failure = world.wait();
    world.check(code, "MPI_Irecv");
    world.writeHandle(0, received);
    world.complete("MPI_Sendrecv");
    world.check(failure, "MPI_Sendrecv");
  }

  /** Copies the root's elements into every rank's. **Collective.** */
  bcast(ptr: number, count: number, root = 0): void {
    const world = this.#world;
    const [at, datatype, handle] = [this.#at(ptr), this.#datatype[1] as number, this.#handle[1] as number];
    if (world.crowded) {
      const code = world.raw.MPI_Ibcast(at, count, datatype, root, handle, this.#requestPtr[1] as number);
      if (code !== 0) world.check(code, "MPI_Ibcast");
      world.complete("MPI_Bcast");
      return;
    }
    const code = world.raw.MPI_Bcast(at, count, datatype, root, handle);
    if (code !== 0) world.check(code, "MPI_Bcast");
  }

  /** Combines elements of all ranks; every rank gets the result. `recvPtr` may be `sendPtr`. **Collective.** */
  allreduce(sendPtr: number, recvPtr: number, count: number, op: Operation = "sum"): void {
    const world = this.#world;
    const into = this.#at(recvPtr);
    const from = sendPtr === recvPtr ? world.constants.MPI_IN_PLACE : this.#at(sendPtr);
    const [datatype, handle] = [this.#datatype[1] as number, this.#handle[1] as number];
    if (world.crowded) {
      const requestPtr = this.#requestPtr[1] as number;
      const code = world.raw.MPI_Iallreduce(from, into, count, datatype, this.#op(op), handle, requestPtr);
      if (code !== 0) world.check(code, "MPI_Iallreduce");
      world.complete("MPI_Allreduce");
      return;
    }
    const code = world.raw.MPI_Allreduce(from, into, count, datatype, this.#op(op), handle);
    if (code !== 0) world.check(code, "MPI_Allreduce");
  }

  toString(): string {
    return `${this.#type.name} in WebAssembly memory for ${this.comm}`;
  }
}
