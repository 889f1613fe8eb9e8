import { expectKeys, expectOptions, keysOf, wrong } from "../../argument.js";
import { byteLengthOf, type Data, dataLength, describe, largestInt, type Message } from "../data/buffer.js";
import { expectApart } from "../data/overlap.js";
import { system } from "../library/machine.js";
import { addressOf } from "../library/native.js";
import { ANY_SOURCE, ANY_TAG, readStatus, type Status } from "../library/status.js";
import { type Call, Calls } from "./forms.js";
import { callName, type Form, type Sending } from "./names.js";
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
  /** The rank that gets what is sent, or `PROC_NULL`. */
  readonly to: number;
  /** The rank whose message is received, `ANY_SOURCE` or `PROC_NULL`. */
  readonly from: number;
  /** Tag of the message that is sent, default 0. */
  readonly sendTag?: number;
  /** Tag of the message that is received, default `ANY_TAG`. */
  readonly recvTag?: number;
}

/** @internal */
export const sendrecvKeys = keysOf<SendrecvOptions>({ to: true, from: true, sendTag: true, recvTag: true });

/**
 * Messages between two ranks.
 *
 * ```js
 * const { rank, size } = comm;
 * const data = new Float64Array(1);
 * comm.sendrecv(Float64Array.of(rank), data, { to: (rank + 1) % size, from: (rank + size - 1) % size });
 * console.log(data[0]); // 2 on 3 ranks
 * if (rank === 0) for (let to = 1; to < size; to++) comm.send(Int32Array.of(to * to), { to, tag: 1 });
 * else comm.recv(new Int32Array(1), { from: 0, tag: 1 });
 * ```
 */
export abstract class PointToPoint extends Calls {
  /** Sends `data` and returns when it may be reused. **Blocking.** */
  send(data: Data, options: SendOptions): void {
    this.#send("Send", data, options);
  }

  /** As {@link send}, but returns only when the receive has begun. **Blocking.** */
  ssend(data: Data, options: SendOptions): void {
    this.#send("Ssend", data, options);
  }

  /** As {@link send}, where the receive is known to have been posted. **Blocking.** */
  rsend(data: Data, options: SendOptions): void {
    this.#send("Rsend", data, options);
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
    const needed = message.type.kind === "struct" ? 0 : byteLengthOf(message);
    if (to === MPI_PROC_NULL || (attached && attached.length >= needed + MPI_BSEND_OVERHEAD)) return;
    const got = attached ? `one of ${attached.length} bytes` : "none";
    throw wrong(
      call,
      `${needed} + ${MPI_BSEND_OVERHEAD} bytes in the buffer of mpi.attachBuffer()`,
      got,
      "Attach one for all messages under way.",
    );
  }

  #send(name: "Send" | "Ssend" | "Rsend", data: Data, options: SendOptions): void {
    const { waiting } = this.world;
    const call = callName(name, "blocking");
    expectOptions(call, options, sendKeys);
    const message = this.message(data, call, "array");
    const { address, count, datatype } = message;
    const to = this.rankOf(options.to, call, "to");
    const tag = this.sendTag(options.tag, call, "tag");
    if (name === "Send") waiting.send(address, count, datatype, to, tag, this.handle, byteLengthOf(message));
    else {
      const values = [address, count, datatype, to, tag, this.handle];
      waiting.run(call, callName(name, "nonblocking"), values, waiting.polls);
    }
  }

  /** Receives into `data`, which may be longer than the message. **Blocking.** */
  recv(data: Data, options: RecvOptions = {}): Status {
    const { world } = this;
    expectKeys("MPI_Recv", options, recvKeys);
    const message = this.message(data, "MPI_Recv", "array");
    const { address, count, datatype } = message;
    const from = this.sourceOf(options.from, "MPI_Recv");
    const tag = this.recvTag(options.tag, "MPI_Recv", "tag");
    const detail = () => describeRecv(message, options);
    world.waiting.recv(address, count, datatype, from, tag, this.handle, detail);
    return readStatus(world, message, from);
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
    expectApart("MPI_Sendrecv", out, send, into, recv);
    // biome-ignore format: one message a line
    world.waiting.sendrecv(
      out.address, out.count, out.datatype, to, sendTag,
      into.address, into.count, into.datatype, from, recvTag,
      this.handle, byteLengthOf(out), () => describeRecv(into, { from: options.from, tag: options.recvTag ?? ANY_TAG }),
    );
    return readStatus(world, into, from);
  }

  /** Sends `data`, then overwrites it with what is received. **Blocking.** */
  sendrecvReplace(data: Data, options: SendrecvOptions): Status {
    const { world, handle } = this;
    const call = "MPI_Sendrecv_replace";
    expectOptions(call, options, sendrecvKeys);
    const message = this.message(data, call, "array");
    const to = this.rankOf(options.to, call, "to");
    const from = this.sourceOf(options.from, call);
    const sendTag = this.sendTag(options.sendTag, call, "sendTag");
    const recvTag = this.recvTag(options.recvTag, call, "recvTag");
    const { address, count, datatype } = message;
    const detail = () => describeRecv(message, { from: options.from, tag: options.recvTag ?? ANY_TAG });
    if (world.waiting.polls) {
      const isPlain = datatype === world.constants[message.type.datatype!];
      const sent = isPlain ? this.#copy(message) : this.#pack(message, call);
      const [sentCount, sentType] = isPlain ? [count, datatype] : [sent.length, world.constants.MPI_PACKED];
      // biome-ignore format: one message a line
      world.waiting.exchange(
        call,
        world.pointerTo(sent), sentCount, sentType, to, sendTag,
        address, count, datatype, from, recvTag, handle, sent.length, detail,
      );
      world.keep(sent);
    } else {
      const { raw, statusPtr } = world;
      const code = raw.MPI_Sendrecv_replace(address, count, datatype, to, sendTag, from, recvTag, handle, statusPtr);
      if (code !== 0) world.check(code, call, detail);
    }
    return readStatus(world, message, from);
  }

  /** A copy of elements that lie side by side. */
  #copy(message: Message): Uint8Array {
    const copy = new Uint8Array(byteLengthOf(message));
    if (copy.length > 0) system().memcpy(addressOf(copy), message.address, copy.length);
    return copy;
  }

  /** The elements of a message, one behind the other as the library packs them, which counts bytes in an `int`. */
  #pack(message: Message, call: string): Uint8Array {
    const { world, handle } = this;
    const { raw } = world;
    const { address, count, datatype, type, length } = message;
    const byteLength = dataLength(type, length);
    if (byteLength > largestInt) {
      const expected = `at most ${largestInt} bytes of elements that do not lie side by side`;
      throw wrong(`${call}: "array"`, expected, byteLength, "Pass it in parts.");
    }
    world.check(raw.MPI_Pack_size(count, datatype, handle, world.outPtr), "MPI_Pack_size");
    const packed = new Uint8Array(world.out + 1); // One of no length has no address.
    world.out = 0;
    const code = raw.MPI_Pack(address, count, datatype, addressOf(packed), packed.length, world.outPtr, handle);
    world.check(code, "MPI_Pack");
    return packed.subarray(0, world.out);
  }

  /** Starts sending `data`; keep it unchanged until `wait()`. */
  isend<D extends Data>(data: D, options: SendOptions): Request<D> {
    return this.#sendRequest("Send", "nonblocking", data, options);
  }

  /** As {@link isend}; complete only when the receive has begun. */
  issend<D extends Data>(data: D, options: SendOptions): Request<D> {
    return this.#sendRequest("Ssend", "nonblocking", data, options);
  }

  /** As {@link bsend}, with a request. */
  ibsend<D extends Data>(data: D, options: SendOptions): Request<D> {
    return this.#sendRequest("Bsend", "nonblocking", data, options);
  }

  /** As {@link isend}, where the receive is known to have been posted. */
  irsend<D extends Data>(data: D, options: SendOptions): Request<D> {
    return this.#sendRequest("Rsend", "nonblocking", data, options);
  }

  /** Prepares a send that can be started many times. Free it when done. */
  sendInit<D extends Data>(data: D, options: SendOptions): Request<D> {
    return this.#sendRequest("Send", "persistent", data, options);
  }

  /** As {@link sendInit}, for {@link ssend}. */
  ssendInit<D extends Data>(data: D, options: SendOptions): Request<D> {
    return this.#sendRequest("Ssend", "persistent", data, options);
  }

  /** As {@link sendInit}, for {@link bsend}. */
  bsendInit<D extends Data>(data: D, options: SendOptions): Request<D> {
    return this.#sendRequest("Bsend", "persistent", data, options);
  }

  /** As {@link sendInit}, for {@link rsend}. */
  rsendInit<D extends Data>(data: D, options: SendOptions): Request<D> {
    return this.#sendRequest("Rsend", "persistent", data, options);
  }

  #sendRequest<D extends Data>(name: Sending, form: Form, data: D, options: SendOptions): Request<D> {
    const call = callName(name, form);
    expectOptions(call, options, sendKeys);
    const message = this.message(data, call, "array", true);
    const { address, count, datatype } = message;
    const to = this.rankOf(options.to, call, "to");
    const tag = this.sendTag(options.tag, call, "tag");
    if (name === "Bsend") this.#expectRoom(message, to, call);
    const describe = () => `It was sent to rank ${options.to}.`;
    if (name !== "Send" || form !== "nonblocking") {
      const values = [address, count, datatype, to, tag, this.handle];
      return this.#request({ name, values, buffer: data, describe }, form);
    }
    // The usual ones by their names, for the speed of `world.apply`.
    const { world } = this;
    world.check(world.raw.MPI_Isend(address, count, datatype, to, tag, this.handle, world.outPtr), call);
    return new Request(world, world.readHandle(0), { name, buffer: data, describe });
  }

  /** Starts receiving into `data`; its contents are there after `wait()`. */
  irecv<D extends Data>(data: D, options: RecvOptions = {}): Request<D> {
    return this.#recvRequest("nonblocking", data, options);
  }

  /** Prepares a receive that can be started many times. Free it when done. */
  recvInit<D extends Data>(data: D, options: RecvOptions = {}): Request<D> {
    return this.#recvRequest("persistent", data, options);
  }

  #recvRequest<D extends Data>(form: Form, data: D, options: RecvOptions): Request<D> {
    const call = callName("Recv", form);
    expectKeys(call, options, recvKeys);
    const message = this.message(data, call, "array", true);
    const { address, count, datatype } = message;
    const from = this.sourceOf(options.from, call);
    const tag = this.recvTag(options.tag, call, "tag");
    const describe = () => describeRecv(message, options);
    if (form === "nonblocking") {
      const { world } = this;
      world.check(world.raw.MPI_Irecv(address, count, datatype, from, tag, this.handle, world.outPtr), call);
      return new Request(world, world.readHandle(0), { name: "Recv", buffer: data, message, from, describe });
    }
    const values = [address, count, datatype, from, tag, this.handle];
    return this.#request({ name: "Recv", values, buffer: data, message, from, describe }, form);
  }

  #request<B>(call: Call<B>, form: Form): Request<B> {
    return form === "persistent" ? this.prepare(call) : this.begin(call);
  }

  /** Waits for a message and says what it is, without receiving it. **Blocking.** */
  probe(options: RecvOptions = {}): Probed {
    const { world } = this;
    expectKeys("MPI_Probe", options, recvKeys);
    const from = this.sourceOf(options.from, "MPI_Probe");
    world.waiting.probe(from, this.recvTag(options.tag, "MPI_Probe", "tag"), this.handle);
    return probedAt(world, from);
  }

  /** What message could be received, or `undefined`. Never waits. **Local.** */
  iprobe(options: RecvOptions = {}): Probed | undefined {
    expectKeys("MPI_Iprobe", options, recvKeys);
    const { world } = this;
    const call = "MPI_Iprobe";
    const from = this.sourceOf(options.from, call);
    const found = world.waiting.iprobe(call, from, this.recvTag(options.tag, call, "tag"), this.handle);
    return found ? probedAt(world, from) : undefined;
  }

  /** Waits for a message and takes it out of the reach of other receives, to be received with the result. **Blocking.** */
  mprobe(options: RecvOptions = {}): MatchedMessage {
    const { world } = this;
    expectKeys("MPI_Mprobe", options, recvKeys);
    const from = this.sourceOf(options.from, "MPI_Mprobe");
    world.waiting.mprobe(from, this.recvTag(options.tag, "MPI_Mprobe", "tag"), this.handle);
    return new MatchedMessage(world, world.readHandle(0), probedAt(world, from));
  }

  /** As {@link mprobe}, or `undefined` when there is no message yet. Never waits. **Local.** */
  improbe(options: RecvOptions = {}): MatchedMessage | undefined {
    expectKeys("MPI_Improbe", options, recvKeys);
    const { world } = this;
    const call = "MPI_Improbe";
    const from = this.sourceOf(options.from, call);
    const found = world.waiting.improbe(call, from, this.recvTag(options.tag, call, "tag"), this.handle);
    return found ? new MatchedMessage(world, world.readHandle(0), probedAt(world, from)) : undefined;
  }
}

/** Says what a receive was waiting for. */
function describeRecv(message: Message, { from, tag }: RecvOptions): string {
  const source = from === undefined || from === ANY_SOURCE ? "any rank" : `rank ${from}`;
  const label = tag === undefined || tag === ANY_TAG ? "any tag" : `tag ${tag}`;
  return `The buffer holds ${describe(message)} from ${source}, ${label}; receive at least as many as were sent.`;
}
