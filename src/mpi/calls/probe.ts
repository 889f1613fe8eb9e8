import { wrong } from "../../argument.js";
import { type Data, describe, messageOf } from "../data/buffer.js";
import { elementTypes } from "../data/element.js";
import { deserialized } from "../data/serial.js";
import { PROC_NULL, readStatus, type Status } from "../library/status.js";
import type { World } from "../library/world.js";
import { Request } from "./request.js";

/** What a probe found. */
export interface Probed {
  /** The rank that sent it. */
  readonly source: number;
  /** Its tag. */
  readonly tag: number;
  /** Length of the message. */
  readonly byteLength: number;
}

/** The status that a probe of messages from `from` wrote. */
export function probedAt(world: World, from: number): Probed {
  const { MPI_BYTE: datatype } = world.constants;
  const message = { address: 0, count: 0, unit: 1, length: 0, type: elementTypes.byte, datatype };
  const status = readStatus(world, message, from);
  return { source: status.source, tag: status.tag, byteLength: status.count };
}

/**
 * A message that `mprobe` or `improbe` took, for one receive. **Local.**
 *
 * ```js
 * const sent = comm.isend(Float64Array.of(1, 2, 3), { to: comm.rank, tag: 7 });
 * const message = comm.mprobe({ from: comm.rank });
 * const data = new Float64Array(message.byteLength / 8);
 * message.recv(data);
 * console.log(message.tag, data.length); // 7 3
 * sent.wait();
 * ```
 */
export class MatchedMessage implements Probed {
  /** The rank that sent it. */
  readonly source: number;
  /** Its tag. */
  readonly tag: number;
  /** Length of the message. */
  readonly byteLength: number;
  readonly #world: World;
  #handle: number | undefined;

  /** @internal */
  constructor(world: World, handle: number, probed: Probed) {
    this.#world = world;
    this.#handle = handle;
    ({ source: this.source, tag: this.tag, byteLength: this.byteLength } = probed);
  }

  /** Receives the message into `data`, which may be longer. **Blocking.** @throws UsageError when it was received. */
  recv(data: Data): Status {
    const world = this.#world;
    const message = messageOf(world, data, "MPI_Mrecv", "array");
    this.#take("MPI_Mrecv");
    const { address, count, datatype } = message;
    world.waiting.mrecv(address, count, datatype, () => this.#describe(describe(message)));
    return readStatus(world, message, this.#from);
  }

  /**
   * Receives the message, which `sendObject` sent. **Blocking.**
   * @returns a copy of the value, `undefined` from `PROC_NULL`
   * @throws UsageError when the message holds no value; it is received all the same
   */
  recvObject<T = unknown>(): T {
    return this.value("MatchedMessage.recvObject");
  }

  /** As {@link recvObject}, of another call. @internal */
  value<T>(where: string): T {
    const bytes = new Uint8Array(this.byteLength);
    this.recv(bytes);
    if (this.source === PROC_NULL) return undefined as T;
    try {
      return deserialized(bytes) as T;
    } catch (cause) {
      const got = `${this.byteLength} bytes from rank ${this.source}, tag ${this.tag}, that hold no value`;
      throw wrong(where, "a message of sendObject", got, "Receive an array with recv.", cause);
    }
  }

  /** Starts receiving the message into `data`. **Local.** @throws UsageError when it was received. */
  irecv<D extends Data>(data: D): Request<D> {
    const world = this.#world;
    const message = messageOf(world, data, "MPI_Imrecv", "array", true);
    this.#take("MPI_Imrecv");
    const { address, count, datatype } = message;
    const code = world.raw.MPI_Imrecv(address, count, datatype, world.secondPtr, world.outPtr);
    const detail = () => this.#describe(describe(message));
    world.check(code, "MPI_Imrecv", detail);
    const name = "MPI_Imrecv";
    return new Request(world, world.readHandle(0), { name, buffer: data, message, from: this.#from, describe: detail });
  }

  /** What `console.log` prints. @internal */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `<${this}>`;
  }

  /** What it is, in one line: `message of 8 bytes from rank 0, tag 7`. **Local.** */
  toString(): string {
    const state = this.#handle === undefined ? ", received" : "";
    return `message of ${this.byteLength} bytes from rank ${this.source}, tag ${this.tag}${state}`;
  }

  get #from(): number {
    return this.source === PROC_NULL ? this.#world.constants.MPI_PROC_NULL : this.source;
  }

  #describe(holds: string): string {
    return `The buffer holds ${holds}, the message has ${this.byteLength} bytes; receive at least as many as were sent.`;
  }

  #take(call: string): void {
    if (this.#handle === undefined) {
      throw wrong(call, "a message that was not received", "one that was", "Receive it once.");
    }
    this.#world.writeHandle(this.#world.secondOffset, this.#handle);
    this.#handle = undefined;
  }
}
