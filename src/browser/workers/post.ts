/** Messages between the workers of a page: what is under way on the wires, and who waits for it. */
import { codeOf, constants, fail } from "../../mpi/solo/failure.js";
import { Block, copy, readInt, writeInt } from "../../mpi/solo/memory.js";
import { Request } from "../../mpi/solo/requests.js";
import { nobody, nothing, type Outcome } from "../../mpi/solo/status.js";
import { type Data, pack, unpack } from "../../mpi/solo/typemap.js";
import type { Member } from "./members.js";
import type { Wires } from "./wires.js";

const { MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_PROC_NULL } = constants;

/** Bytes of a header: context, tag, bytes of the message in two words. */
const headerLength = 16;

/** Messages of one context are received by receives of that context alone. */
export interface Envelope {
  readonly member: Member;
  readonly context: number;
  /** A rank of the communicator, or `MPI_PROC_NULL`; of a receive also `MPI_ANY_SOURCE`. */
  readonly peer: number;
  readonly tag: number;
}

/** A message that has begun to arrive. */
interface Arrival {
  /** The sender's rank in the world. */
  readonly source: number;
  readonly context: number;
  readonly tag: number;
  readonly byteLength: number;
  arrived: number;
  /** Its bytes, where no receive waited for it when it began. */
  readonly block: Block | undefined;
  receive: Receive | undefined;
}

/** What this rank sends and receives. */
export class Post {
  readonly wires: Wires;
  /** Sends that are not wholly on the wire, to each rank in order. */
  readonly #leaving: Send[][];
  /** What is arriving from each rank. */
  readonly #arriving: (Arrival | undefined)[];
  /** Messages without a receive, in the order in which they began to arrive. */
  readonly #unclaimed: Arrival[] = [];
  /** Receives without a message, in the order in which they were made. */
  readonly #posted: Receive[] = [];
  #isWriting = false;

  constructor(wires: Wires) {
    this.wires = wires;
    this.#leaving = wires.to.map(() => []);
    this.#arriving = wires.from.map(() => undefined);
  }

  /** Moves what can be moved. Never waits. */
  progress(): void {
    while (this.wires.hears()) {
      for (const peer of this.wires.from.keys()) this.#read(peer);
      if (this.#isWriting) for (const peer of this.wires.to.keys()) this.#write(peer);
    }
  }

  /** Moves until something holds, and waits in between. */
  until(holds: () => boolean): void {
    for (this.progress(); !holds(); this.progress()) this.wires.rest(1000);
  }

  send(send: Send, peer: number): void {
    this.#leaving[peer]!.push(send);
    this.#write(peer);
  }

  /** Writes to a wire as much as there is room for. */
  #write(peer: number): void {
    const wire = this.wires.to[peer]!;
    const leaving = this.#leaving[peer]!;
    let wrote = false;
    for (let [send] = leaving; send; [send] = leaving) {
      const { ptr, byteLength } = wire.piece("write");
      if (byteLength === 0) break;
      wire.moved("write", send.write(ptr, byteLength));
      wrote = true;
      if (send.outcome) leaving.shift();
    }
    if (wrote) this.wires.ring(peer);
    this.#isWriting = this.#leaving.some(({ length }) => length > 0);
  }

  /** Reads all that has come on a wire. */
  #read(peer: number): void {
    const wire = this.wires.from[peer]!;
    let read = false;
    for (let piece = wire.piece("read"); piece.byteLength > 0; piece = wire.piece("read")) {
      const { ptr, byteLength } = piece;
      const arrival = this.#arriving[peer];
      let length = headerLength;
      if (!arrival) this.#arriving[peer] = this.#begin(peer, ptr);
      else {
        length = Math.min(byteLength, arrival.byteLength - arrival.arrived);
        this.#take(arrival, ptr, length);
      }
      const { byteLength: whole, arrived } = this.#arriving[peer]!;
      if (arrived === whole) this.#arriving[peer] = undefined;
      wire.moved("read", length);
      read = true;
    }
    if (read) this.wires.ring(peer);
  }

  /** A message whose header is at an address. */
  #begin(source: number, ptr: number): Arrival {
    const [context, tag] = [readInt(ptr), readInt(ptr, 1)];
    const byteLength = (readInt(ptr, 2) >>> 0) + 2 ** 32 * readInt(ptr, 3);
    const message = { source, context, tag, byteLength, arrived: 0 };
    const place = this.#posted.findIndex((receive) => receive.fits(message));
    if (place >= 0) {
      const [receive] = this.#posted.splice(place, 1);
      const arrival = { ...message, block: undefined, receive };
      if (byteLength === 0) receive!.end(arrival);
      return arrival;
    }
    const arrival = { ...message, block: new Block(byteLength), receive: undefined };
    this.#unclaimed.push(arrival);
    return arrival;
  }

  /** Takes some bytes of a message to where they belong. */
  #take(arrival: Arrival, ptr: number, length: number): void {
    const { arrived, block, receive } = arrival;
    if (block) copy(block.address + arrived, ptr, length);
    else receive!.take(ptr, arrived, length);
    arrival.arrived += length;
    if (arrival.arrived === arrival.byteLength) receive?.end(arrival);
  }

  /** Gives a receive the first message that it fits, or has it wait for one. */
  receive(receive: Receive): void {
    const place = this.#unclaimed.findIndex((arrival) => receive.fits(arrival));
    if (place < 0) {
      this.#posted.push(receive);
      return;
    }
    const [arrival] = this.#unclaimed.splice(place, 1);
    arrival!.receive = receive;
    if (arrival!.arrived === arrival!.byteLength) receive.end(arrival!);
  }

  withdraw(receive: Receive): boolean {
    const place = this.#posted.indexOf(receive);
    if (place >= 0) this.#posted.splice(place, 1);
    return place >= 0;
  }
}

/** A call of the workers' world: it ends with what other ranks do, for which it waits. */
abstract class Call extends Request {
  readonly obstacle = "";
  readonly cancellable: boolean = false;
  protected readonly post: Post;

  constructor(post: Post, persistent: boolean) {
    super(persistent);
    this.post = post;
  }

  override settle(): void {
    this.post.progress();
  }
}

/** A send: it ends when all of it is on the wire, or has been read from there, and the program's memory is free. */
export class Send extends Call {
  readonly #envelope: Envelope;
  readonly #data: Data;
  /** Bytes on the wire so far; -1 before the header is. */
  #sent = -1;

  constructor(post: Post, persistent: boolean, envelope: Envelope, data: Data) {
    super(post, persistent);
    this.#envelope = envelope;
    this.#data = data;
    if (!persistent) this.begin();
  }

  begin(): void {
    const { member, peer } = this.#envelope;
    this.#sent = -1;
    if (peer === MPI_PROC_NULL) this.outcome = nothing;
    else this.post.send(this, member.ranks[peer]!);
  }

  /** Writes the next part where there is so much room, and gives its length. */
  write(ptr: number, room: number): number {
    const { byteLength } = this.#data;
    let length = headerLength;
    if (this.#sent < 0) {
      writeInt(ptr, this.#envelope.context);
      writeInt(ptr, this.#envelope.tag, 1);
      writeInt(ptr, byteLength, 2);
      writeInt(ptr, Math.floor(byteLength / 2 ** 32), 3);
      this.#sent = 0;
    } else {
      length = Math.min(room, byteLength - this.#sent);
      pack(this.#data, ptr, this.#sent, this.#sent + length);
      this.#sent += length;
    }
    if (this.#sent === byteLength) this.outcome = nothing;
    return length;
  }
}

/** A receive. */
export class Receive extends Call {
  override readonly cancellable = true;
  readonly #envelope: Envelope;
  readonly #data: Data;

  constructor(post: Post, persistent: boolean, envelope: Envelope, data: Data) {
    super(post, persistent);
    this.#envelope = envelope;
    this.#data = data;
    if (!persistent) this.begin();
  }

  begin(): void {
    if (this.#envelope.peer === MPI_PROC_NULL) this.outcome = nobody;
    else this.post.receive(this);
  }

  fits(message: Pick<Arrival, "source" | "context" | "tag">): boolean {
    const { context, tag, peer, member } = this.#envelope;
    if (context !== message.context || (tag !== message.tag && tag !== MPI_ANY_TAG)) return false;
    return peer === MPI_ANY_SOURCE || member.ranks[peer] === message.source;
  }

  /** Takes some bytes of its message from an address; those that it has no room for are lost. */
  take(ptr: number, start: number, length: number): void {
    unpack(this.#data, ptr, start, Math.min(start + length, this.#data.byteLength));
  }

  /** All of its message has come. */
  end({ source, tag, byteLength, block }: Arrival): void {
    if (block) this.take(block.address, 0, byteLength);
    const code = byteLength > this.#data.byteLength ? codeOf("TRUNCATE") : 0;
    const peer = this.#envelope.member.ranks.indexOf(source);
    this.outcome = { code, source: peer, tag, byteLength: Math.min(byteLength, this.#data.byteLength) };
  }

  override withdraw(): boolean {
    return this.post.withdraw(this);
  }
}

/** Parts of data that go to ranks of a communicator, or come from them. */
export type Parts = readonly (readonly [peer: number, data: Data])[];

/** What a rank does in a collective call: messages that go and come at once, and something when all are there. */
export interface Plan {
  readonly out?: Parts;
  readonly into?: Parts;
  readonly end?: () => void;
}

/** A collective call. The n-th of a communicator has the tag n on each rank. */
export class Round extends Call {
  readonly #member: Member;
  readonly #plan: Plan;
  #parts: (Send | Receive)[] = [];

  constructor(post: Post, persistent: boolean, member: Member, plan: Plan) {
    super(post, persistent);
    this.#member = member;
    this.#plan = plan;
    if (!persistent) this.begin();
  }

  begin(): void {
    const member = this.#member;
    const tag = member.rounds++ & 0x7fff_ffff;
    const { out = [], into = [] } = this.#plan;
    const envelope = (peer: number) => ({ member, context: member.context + 1, peer, tag });
    this.#parts = [
      ...into.map(([peer, data]) => new Receive(this.post, false, envelope(peer), data)),
      ...out.map(([peer, data]) => new Send(this.post, false, envelope(peer), data)),
    ];
  }

  override settle(): void {
    super.settle();
    if (this.outcome || !this.#parts.every(({ outcome }) => outcome)) return;
    const failed = this.#parts.find(({ outcome }) => outcome!.code !== 0);
    if (!failed) this.#plan.end?.();
    this.outcome = failed?.outcome ?? nothing;
  }
}

/** Waits for a call, and fails as it does. */
export function finish(post: Post, call: Request): Outcome {
  post.until(() => call.result() !== undefined);
  return call.outcome ?? fail("REQUEST");
}
