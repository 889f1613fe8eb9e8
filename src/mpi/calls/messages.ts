import { expectKeys, expectOptions, keysOf, wrong } from "../../argument.js";
import { type Data, describe, type Message } from "../data/buffer.js";
import { addressOf } from "../library/native.js";
import type { FunctionName } from "../library/prototypes.js";
import { ANY_SOURCE, ANY_TAG, type Status } from "../library/world.js";
import { Packing } from "./packing.js";
import { MatchedMessage, type Probed, probedAt } from "./probe.js";
import { Request } from "./request.js";

/** Where a message goes. */
export interface SendOptions {
  /** The receiving rank, or `PROC_NULL`. */
  readonly to: number;
  /** Default 0. */
  readonly tag?: number;
}

/** @internal */
export const sendKeys = keysOf<SendOptions>({ to: true, tag: true });

/** Where a message comes from. */
export interface RecvOptions {
  /** The sending rank, `ANY_SOURCE` (default) or `PROC_NULL`. */
  readonly from?: number;
  /** Default `ANY_TAG`. */
  readonly tag?: number;
}

/** @internal */
export const recvKeys = keysOf<RecvOptions>({ from: true, tag: true });

/** Both sides of {@link PointToPoint.sendrecv}. */
export interface SendrecvOptions {
  readonly to: number;
  readonly from: number;
  /** Tag of the message that is sent, default 0. */
  readonly sendTag?: number;
  /** Tag of the message that is received, default `ANY_TAG`. */
  readonly recvTag?: number;
}

const sendrecvKeys = keysOf<SendrecvOptions>({ to: true, from: true, sendTag: true, recvTag: true });

/** Address, count, datatype, rank and tag. */
type Envelope = readonly [number, number, number, number, number];

type SendCall = "MPI_Send" | "MPI_Ssend" | "MPI_Rsend";
type SendRequest = "Isend" | "Issend" | "Ibsend" | "Irsend" | "Send_init" | "Ssend_init" | "Bsend_init" | "Rsend_init";

/** Messages between two ranks. */
export abstract class PointToPoint extends Packing {
  /** Sends `data` and returns when it may be reused. **Blocking.** */
  send(data: Data, options: SendOptions): void {
    this.#send("MPI_Send", "MPI_Isend", data, options);
  }

  /** As {@link send}, but returns only when the receive has begun. **Blocking.** */
  ssend(data: Data, options: SendOptions): void {
    this.#send("MPI_Ssend", "MPI_Issend", data, options);
  }

  /** As {@link send}, where the receive is known to have been posted. **Blocking.** */
  rsend(data: Data, options: SendOptions): void {
    this.#send("MPI_Rsend", "MPI_Irsend", data, options);
  }

  /**
   * Copies `data` into the buffer given with `mpi.attachBuffer()` and returns at once. **Local.**
   * @throws UsageError when the buffer is too short for the message, MpiError when those under way leave no room for it
   */
  bsend(data: Data, options: SendOptions): void {
    const { world } = this;
    expectOptions("MPI_Bsend", options, sendKeys);
    const message = this.message(data, "MPI_Bsend", "array");
    const { address, count, datatype } = message;
    const to = this.rankOf(options.to, "MPI_Bsend", "to");
    const tag = this.sendTag(options.tag, "MPI_Bsend", "tag");
    this.#expectRoom(message, to, "MPI_Bsend");
    world.check(world.raw.MPI_Bsend(address, count, datatype, to, tag, this.handle), "MPI_Bsend");
  }

  /** After a buffered send that found no room, Open MPI 4.1 delivers no further message to that rank. */
  #expectRoom(message: Message, to: number, call: string): void {
    const { world } = this;
    const { attached } = world;
    const { MPI_BSEND_OVERHEAD, MPI_PROC_NULL } = world.constants;
    const needed = message.type.kind === "struct" ? 0 : message.length * message.type.byteLength;
    if (to === MPI_PROC_NULL || (attached && attached.length >= needed + MPI_BSEND_OVERHEAD)) return;
    const got = attached ? `one of ${attached.length} bytes` : "none";
    throw wrong(
      call,
      `${needed} + ${MPI_BSEND_OVERHEAD} bytes in the buffer of mpi.attachBuffer()`,
      got,
      "Attach one for all messages under way.",
    );
  }

  #send(call: SendCall, polled: "MPI_Isend" | "MPI_Issend" | "MPI_Irsend", data: Data, options: SendOptions): void {
    const { world } = this;
    expectOptions(call, options, sendKeys);
    const { address, count, datatype } = this.message(data, call, "array");
    const to = this.rankOf(options.to, call, "to");
    const tag = this.sendTag(options.tag, call, "tag");
    if (world.crowded) {
      const code = world.raw[polled](address, count, datatype, to, tag, this.handle, world.scratch.address);
      world.check(code, polled);
      world.complete(call);
    } else world.check(world.raw[call](address, count, datatype, to, tag, this.handle), call);
  }

  /** Receives into `data`, which may be longer than the message. **Blocking.** */
  recv(data: Data, options: RecvOptions = {}): Status {
    const { world } = this;
    expectKeys("MPI_Recv", options, recvKeys);
    const message = this.message(data, "MPI_Recv", "array");
    const { address, count, datatype } = message;
    const from = this.sourceOf(options.from, "MPI_Recv");
    const tag = this.recvTag(options.tag, "MPI_Recv", "tag");
    if (world.crowded) {
      const detail = () => describeRecv(message, options);
      const code = world.raw.MPI_Irecv(address, count, datatype, from, tag, this.handle, world.scratch.address);
      world.check(code, "MPI_Irecv", detail);
      world.complete("MPI_Recv", detail);
    } else {
      const code = world.raw.MPI_Recv(address, count, datatype, from, tag, this.handle, world.statusPtr);
      if (code !== 0) world.check(code, "MPI_Recv", () => describeRecv(message, options));
    }
    return world.readStatus(message, from);
  }

  /** Sends one array and receives another at the same time, so that rings do not deadlock. **Blocking.** */
  sendrecv(send: Data, recv: Data, options: SendrecvOptions): Status {
    const { world } = this;
    expectOptions("MPI_Sendrecv", options, sendrecvKeys);
    const out = this.message(send, "MPI_Sendrecv", "send");
    const into = this.message(recv, "MPI_Sendrecv", "recv");
    const to = this.rankOf(options.to, "MPI_Sendrecv", "to");
    const from = this.sourceOf(options.from, "MPI_Sendrecv");
    const sendTag = this.sendTag(options.sendTag, "MPI_Sendrecv", "sendTag");
    const recvTag = this.recvTag(options.recvTag, "MPI_Sendrecv", "recvTag");
    const recvOptions = { from: options.from, tag: options.recvTag ?? ANY_TAG };
    const detail = () => describeRecv(into, recvOptions);
    if (world.crowded) {
      const sends = [out.address, out.count, out.datatype, to, sendTag] as const;
      this.#exchange("MPI_Sendrecv", sends, [into.address, into.count, into.datatype, from, recvTag], detail);
    } else {
      const code = world.raw.MPI_Sendrecv(
        ...([out.address, out.count, out.datatype, to, sendTag] as const),
        ...([into.address, into.count, into.datatype, from, recvTag] as const),
        this.handle,
        world.statusPtr,
      );
      if (code !== 0) world.check(code, "MPI_Sendrecv", detail);
    }
    return world.readStatus(into, from);
  }

  /** Sends `data`, then overwrites it with what is received. **Blocking.** */
  sendrecvReplace(data: Data, options: SendrecvOptions): Status {
    const { world } = this;
    const call = "MPI_Sendrecv_replace";
    expectOptions(call, options, sendrecvKeys);
    const message = this.message(data, call, "array");
    const to = this.rankOf(options.to, call, "to");
    const from = this.sourceOf(options.from, call);
    const sendTag = this.sendTag(options.sendTag, call, "sendTag");
    const recvTag = this.recvTag(options.recvTag, call, "recvTag");
    const { address, count, datatype } = message;
    const detail = () => describeRecv(message, { from: options.from, tag: options.recvTag ?? ANY_TAG });
    if (world.crowded) {
      const packed = this.#pack(message);
      const sends = [addressOf(packed), packed.length, world.constants.MPI_PACKED, to, sendTag] as const;
      this.#exchange(call, sends, [address, count, datatype, from, recvTag], detail);
      world.keep(packed);
    } else {
      const code = world.raw.MPI_Sendrecv_replace(
        ...([address, count, datatype, to, sendTag, from, recvTag] as const),
        this.handle,
        world.statusPtr,
      );
      if (code !== 0) world.check(code, call, detail);
    }
    return world.readStatus(message, from);
  }

  /** A send and a receive, polled; arguments as `MPI_Isend` and `MPI_Irecv` take them. The status is the receive's. */
  #exchange(call: "MPI_Sendrecv" | "MPI_Sendrecv_replace", out: Envelope, into: Envelope, detail: () => string): void {
    const { world, handle } = this;
    const { raw, scratch } = world;
    world.check(raw.MPI_Irecv(...into, handle, scratch.address), "MPI_Irecv", detail);
    const received = world.readHandle(0);
    const code = raw.MPI_Isend(...out, handle, scratch.address);
    const sent = world.readHandle(0);
    if (code !== 0) {
      world.writeHandle(0, received);
      raw.MPI_Cancel(scratch.address);
      world.wait();
      world.check(code, "MPI_Isend");
    }
    // The one that is waited for first lets the other go on as well.
    world.writeHandle(0, sent);
    const failure = world.wait();
    world.writeHandle(0, received);
    world.complete(call, detail);
    world.check(failure, call);
  }

  /** The elements of a message, one behind the other as the library packs them. */
  #pack(message: Message): Uint8Array {
    const { world, handle } = this;
    const { raw, scratch } = world;
    const { address, count, datatype } = message;
    world.check(raw.MPI_Pack_size(count, datatype, handle, scratch.address), "MPI_Pack_size");
    const packed = new Uint8Array(scratch.i32[0]! + 1); // One of no length has no address.
    scratch.i32[0] = 0;
    const code = raw.MPI_Pack(address, count, datatype, addressOf(packed), packed.length, scratch.address, handle);
    world.check(code, "MPI_Pack");
    return packed.subarray(0, scratch.i32[0]);
  }

  /** Starts sending `data`; keep it unchanged until `wait()`. */
  isend<D extends Data>(data: D, options: SendOptions): Request<D> {
    return this.#sendRequest("Isend", data, options);
  }

  /** As {@link isend}; complete only when the receive has begun. */
  issend<D extends Data>(data: D, options: SendOptions): Request<D> {
    return this.#sendRequest("Issend", data, options);
  }

  /** As {@link bsend}, with a request. */
  ibsend<D extends Data>(data: D, options: SendOptions): Request<D> {
    return this.#sendRequest("Ibsend", data, options);
  }

  /** As {@link isend}, where the receive is known to have been posted. */
  irsend<D extends Data>(data: D, options: SendOptions): Request<D> {
    return this.#sendRequest("Irsend", data, options);
  }

  /** Prepares a send that can be started many times. Free it when done. */
  sendInit<D extends Data>(data: D, options: SendOptions): Request<D> {
    return this.#sendRequest("Send_init", data, options);
  }

  /** As {@link sendInit}, for {@link ssend}. */
  ssendInit<D extends Data>(data: D, options: SendOptions): Request<D> {
    return this.#sendRequest("Ssend_init", data, options);
  }

  /** As {@link sendInit}, for {@link bsend}. */
  bsendInit<D extends Data>(data: D, options: SendOptions): Request<D> {
    return this.#sendRequest("Bsend_init", data, options);
  }

  /** As {@link sendInit}, for {@link rsend}. */
  rsendInit<D extends Data>(data: D, options: SendOptions): Request<D> {
    return this.#sendRequest("Rsend_init", data, options);
  }

  #sendRequest<D extends Data>(name: SendRequest, data: D, options: SendOptions): Request<D> {
    const { world } = this;
    const call = `MPI_${name}` as const;
    expectOptions(call, options, sendKeys);
    const message = this.message(data, call, "array");
    const { address, count, datatype } = message;
    const to = this.rankOf(options.to, call, "to");
    const tag = this.sendTag(options.tag, call, "tag");
    if (name === "Ibsend" || name === "Bsend_init") this.#expectRoom(message, to, call);
    world.check(world.raw[call](address, count, datatype, to, tag, this.handle, world.scratch.address), call);
    const describe = () => `It was sent to rank ${options.to}.`;
    return new Request(world, world.readHandle(0), { buffer: data, persistent: name.endsWith("_init"), describe });
  }

  /** Starts receiving into `data`; its contents are there after `wait()`. */
  irecv<D extends Data>(data: D, options: RecvOptions = {}): Request<D> {
    return this.#recvRequest("MPI_Irecv", data, options);
  }

  /** Prepares a receive that can be started many times. Free it when done. */
  recvInit<D extends Data>(data: D, options: RecvOptions = {}): Request<D> {
    return this.#recvRequest("MPI_Recv_init", data, options);
  }

  #recvRequest<D extends Data>(call: "MPI_Irecv" | "MPI_Recv_init", data: D, options: RecvOptions): Request<D> {
    const { world } = this;
    expectKeys(call, options, recvKeys);
    const message = this.message(data, call, "array");
    const { address, count, datatype } = message;
    const from = this.sourceOf(options.from, call);
    const tag = this.recvTag(options.tag, call, "tag");
    world.check(world.raw[call](address, count, datatype, from, tag, this.handle, world.scratch.address), call);
    const describe = () => describeRecv(message, options);
    const persistent = call === "MPI_Recv_init";
    return new Request(world, world.readHandle(0), { buffer: data, persistent, message, from, describe });
  }

  /** Waits for a message and says what it is, without receiving it. **Blocking.** */
  probe(options: RecvOptions = {}): Probed {
    const { world } = this;
    expectKeys("MPI_Probe", options, recvKeys);
    const from = this.sourceOf(options.from, "MPI_Probe");
    const tag = this.recvTag(options.tag, "MPI_Probe", "tag");
    if (!world.crowded) {
      world.check(world.raw.MPI_Probe(from, tag, this.handle, world.statusPtr), "MPI_Probe");
      return probedAt(world, from);
    }
    for (;;) {
      if (this.#probe("MPI_Probe", from, tag)) return probedAt(world, from);
      world.yieldCore();
    }
  }

  /** What message could be received, or `undefined`. Never waits. **Local.** */
  iprobe(options: RecvOptions = {}): Probed | undefined {
    expectKeys("MPI_Iprobe", options, recvKeys);
    const from = this.sourceOf(options.from, "MPI_Iprobe");
    const tag = this.recvTag(options.tag, "MPI_Iprobe", "tag");
    return this.#probe("MPI_Iprobe", from, tag) ? probedAt(this.world, from) : undefined;
  }

  #probe(call: FunctionName, from: number, tag: number): boolean {
    const { world } = this;
    const { scratch, statusPtr } = world;
    world.check(world.raw.MPI_Iprobe(from, tag, this.handle, scratch.address, statusPtr), call);
    return scratch.i32[0] !== 0;
  }

  /** Waits for a message and takes it out of the reach of other receives, to be received with the result. **Blocking.** */
  mprobe(options: RecvOptions = {}): MatchedMessage {
    const { world } = this;
    expectKeys("MPI_Mprobe", options, recvKeys);
    const from = this.sourceOf(options.from, "MPI_Mprobe");
    const tag = this.recvTag(options.tag, "MPI_Mprobe", "tag");
    if (!world.crowded) {
      const { scratch, statusPtr } = world;
      world.check(world.raw.MPI_Mprobe(from, tag, this.handle, scratch.address, statusPtr), "MPI_Mprobe");
      return new MatchedMessage(world, world.readHandle(0), probedAt(world, from));
    }
    for (;;) {
      const message = this.#mprobe("MPI_Mprobe", from, tag);
      if (message) return message;
      world.yieldCore();
    }
  }

  /** As {@link mprobe}, or `undefined` when there is no message yet. Never waits. **Local.** */
  improbe(options: RecvOptions = {}): MatchedMessage | undefined {
    expectKeys("MPI_Improbe", options, recvKeys);
    const from = this.sourceOf(options.from, "MPI_Improbe");
    return this.#mprobe("MPI_Improbe", from, this.recvTag(options.tag, "MPI_Improbe", "tag"));
  }

  #mprobe(call: FunctionName, from: number, tag: number): MatchedMessage | undefined {
    const { world } = this;
    const { scratch, statusPtr } = world;
    const flagPtr = scratch.address + 16;
    world.check(world.raw.MPI_Improbe(from, tag, this.handle, flagPtr, scratch.address, statusPtr), call);
    if (scratch.i32[4] === 0) return undefined;
    return new MatchedMessage(world, world.readHandle(0), probedAt(world, from));
  }
}

/** Says what a receive was waiting for. */
export function describeRecv(message: Message, { from, tag }: RecvOptions): string {
  const source = from === undefined || from === ANY_SOURCE ? "any rank" : `rank ${from}`;
  const label = tag === undefined || tag === ANY_TAG ? "any tag" : `tag ${tag}`;
  return `The buffer holds ${describe(message)} from ${source}, ${label}; receive at least as many as were sent.`;
}
