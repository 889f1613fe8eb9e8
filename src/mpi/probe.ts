import { UsageError } from "../errors.js";
import { elementTypes } from "./element.js";
import { type Data, describe, messageOf } from "./message.js";
import { Request } from "./request.js";
import { PROC_NULL, type Status, type World } from "./world.js";

/** What a probe found. */
export interface Probed {
  readonly source: number;
  readonly tag: number;
  /** Length of the message. */
  readonly byteLength: number;
}

/** The status that a probe of messages from `from` wrote. */
export function probedAt(world: World, from: number): Probed {
  const bytes = { address: 0, count: 0, unit: 1, length: 0, type: elementTypes.byte };
  const status = world.readStatus({ ...bytes, datatype: world.constants.MPI_BYTE }, from);
  return { source: status.source, tag: status.tag, byteLength: status.count };
}

/** A message that `mprobe` or `improbe` took, for one receive. **Local.** */
export class MatchedMessage implements Probed {
  readonly source: number;
  readonly tag: number;
  readonly byteLength: number;
  readonly #world: World;
  #handle: number | undefined;

  /** @internal */
  constructor(world: World, handle: number, probed: Probed) {
    this.#world = world;
    this.#handle = handle;
    ({ source: this.source, tag: this.tag, byteLength: this.byteLength } = probed);
  }

  /** Receives the message into `data`. */
  recv(data: Data): Status {
    const world = this.#world;
    const message = messageOf(world, data, "MPI_Mrecv", "array");
    this.#take("MPI_Mrecv");
    const { address, count, datatype } = message;
    const code = world.raw.MPI_Mrecv(address, count, datatype, world.scratch.address, world.statusPtr);
    world.check(code, "MPI_Mrecv", () => this.#describe(describe(message)));
    return world.readStatus(message, this.#from);
  }

  /** Starts receiving the message into `data`. */
  irecv<D extends Data>(data: D): Request<D> {
    const world = this.#world;
    const message = messageOf(world, data, "MPI_Imrecv", "array");
    this.#take("MPI_Imrecv");
    const { address, count, datatype } = message;
    const requestPtr = world.scratch.address + 16;
    const code = world.raw.MPI_Imrecv(address, count, datatype, world.scratch.address, requestPtr);
    world.check(code, "MPI_Imrecv", () => this.#describe(describe(message)));
    const detail = () => this.#describe(describe(message));
    return new Request(world, world.readHandle(16), { buffer: data, message, from: this.#from, describe: detail });
  }

  get #from(): number {
    return this.source === PROC_NULL ? this.#world.constants.MPI_PROC_NULL : this.source;
  }

  #describe(holds: string): string {
    return `The buffer holds ${holds}, the message has ${this.byteLength} bytes; receive at least as many as were sent.`;
  }

  #take(call: string): void {
    if (this.#handle === undefined) {
      throw new UsageError(`${call}: expected a message that was not received, got one that was. Receive it once.`);
    }
    this.#world.writeHandle(0, this.#handle);
    this.#handle = undefined;
  }
}
