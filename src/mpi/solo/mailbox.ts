import type { Communicators } from "./communicators.js";
import type { Datatypes } from "./datatypes.js";
import { codeOf, constants, fail, failWith, noReceiver, noSender } from "./failure.js";
import { Block } from "./memory.js";
import { Request } from "./requests.js";
import { nobody, nothing, type Outcome } from "./status.js";
import { transfer } from "./transfer.js";
import { type Data, pack } from "./typemap.js";

const { MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_BSEND_OVERHEAD, MPI_PROC_NULL } = constants;

const largestSpare = 65536;

/** How a send ends: when its data are in a buffer, when it is received; or it needs a receive that waits for it. */
export type Mode = "standard" | "synchronous" | "buffered" | "ready";

/** To or from whom, and which messages belong together. */
export interface Envelope {
  /** `MPI_PROC_NULL`, else this rank or any. */
  readonly peer: number;
  readonly tag: number;
  readonly comm: number;
}

/** A message that was sent and not yet received. */
export interface Message {
  readonly tag: number;
  readonly comm: number;
  /** The sender's memory, until `copy` has what was in it. */
  data: Data;
  copy: Block | undefined;
  /** The send that waits until the message is received. */
  send: Send | undefined;
  /** Bytes of the attached buffer that the message takes. */
  readonly buffered: number;
}

/** Messages from this rank to itself. Nothing is ever in both lists that fits together. */
export class Mailbox {
  /** Sent and not received, in order. */
  readonly sent: Message[] = [];
  /** Receives that wait, in the order in which they were posted, as MPI matches them. */
  readonly posted: Receive[] = [];
  /** The buffer of buffered sends, and how much of it is in use. Messages are kept elsewhere. */
  buffer: { readonly ptr: number; readonly byteLength: number } | undefined;
  used = 0;
  /** The memory of the message that was received last, for the next one: allocating takes longer than copying. */
  #spare: Block | undefined;
  readonly #types: Datatypes;
  readonly #comms: Communicators;

  constructor(types: Datatypes, comms: Communicators) {
    this.#types = types;
    this.#comms = comms;
    comms.onFree = (comm) => {
      for (const message of this.sent.filter((sent) => sent.comm === comm)) this.take(message);
    };
  }

  /** The envelope of a send, checked. */
  to(peer: number, tag: number, comm: number): Envelope {
    this.#comms.get(comm);
    if (tag < 0) fail("TAG");
    if (peer !== 0 && peer !== MPI_PROC_NULL) fail("RANK");
    return { peer, tag, comm };
  }

  /** The envelope of a receive or a probe, checked. */
  from(peer: number, tag: number, comm: number): Envelope {
    this.#comms.get(comm);
    if (tag < 0 && tag !== MPI_ANY_TAG) fail("TAG");
    if (peer !== 0 && peer !== MPI_PROC_NULL && peer !== MPI_ANY_SOURCE) fail("RANK");
    return { peer, tag, comm };
  }

  data(ptr: number, count: number, datatype: number): Data {
    return this.#types.data(ptr, count, datatype);
  }

  /** The first message that a receive or a probe fits. */
  find({ tag, comm }: Envelope): Message | undefined {
    return this.sent.find((message) => message.comm === comm && (tag === MPI_ANY_TAG || tag === message.tag));
  }

  /** Takes a message out of the list, if it is there. */
  take(message: Message): boolean {
    const index = this.sent.indexOf(message);
    if (index < 0) return false;
    this.sent.splice(index, 1);
    this.used = Math.max(0, this.used - message.buffered); // The buffer may have been detached since.
    return true;
  }

  /** Sends: to the first receive that fits, else into the list. Gives the message that was not received. */
  send({ tag, comm }: Envelope, data: Data, mode: Mode, send: Send | undefined): Message | undefined {
    const buffered = mode === "buffered" ? data.byteLength + MPI_BSEND_OVERHEAD : 0;
    if (buffered > 0 && (this.buffer?.byteLength ?? -1) - this.used < buffered) {
      fail("BUFFER", "the attached buffer has no room for this message");
    }
    const message: Message = { tag, comm, data, copy: undefined, send, buffered };
    const index = this.posted.findIndex((receive) => receive.fits(message));
    if (index >= 0) {
      const [receive] = this.posted.splice(index, 1);
      receive!.outcome = this.deliver(message, receive!.data);
      return undefined;
    }
    if (mode === "ready") fail("OTHER", "no receive waits for this ready send");
    if (mode === "synchronous" && !send) fail("OTHER", noReceiver);
    this.used += buffered;
    if (!send) this.keep(message);
    this.sent.push(message);
    return message;
  }

  /** Makes the message independent of the sender's memory. */
  keep(message: Message): void {
    const { byteLength } = message.data;
    const spare = this.#spare;
    const fits = spare !== undefined && spare.bytes.length >= byteLength;
    if (fits) this.#spare = undefined;
    const copy = fits ? spare : new Block(byteLength);
    pack(message.data, copy.address);
    message.copy = copy;
    message.data = { ptr: copy.address, type: this.#types.byte, byteLength };
    message.send = undefined;
  }

  /** Copies a message to where it is received. */
  deliver(message: Message, to: Data): Outcome {
    const { data, tag, send } = message;
    transfer(data, to);
    if (message.copy && message.copy.bytes.length <= largestSpare) this.#spare = message.copy;
    if (send) send.outcome = nothing;
    const code = data.byteLength > to.byteLength ? codeOf("TRUNCATE") : 0;
    return { code, source: 0, tag, byteLength: Math.min(data.byteLength, to.byteLength) };
  }

  /** Receives what was sent, at once; nothing else can ever come. */
  receive(envelope: Envelope, data: Data): Outcome {
    const receive = new Receive(this, false, envelope, data);
    if (receive.outcome) return receive.outcome;
    receive.withdraw();
    return fail("OTHER", noSender);
  }
}

/** A send that is waited for. */
export class Send extends Request {
  readonly cancellable = true;
  readonly obstacle = noReceiver;
  readonly #mailbox: Mailbox;
  readonly #envelope: Envelope;
  readonly #data: Data;
  readonly #mode: Mode;
  /** What was sent last, unless it was received at once. */
  #message: Message | undefined;

  constructor(mailbox: Mailbox, persistent: boolean, mode: Mode, envelope: Envelope, data: Data) {
    super(persistent);
    this.#mailbox = mailbox;
    this.#mode = mode;
    this.#envelope = envelope;
    this.#data = data;
    if (!persistent) this.begin();
  }

  begin(): void {
    // A standard send reads the program's memory when it is received, or else when it is waited for.
    const waiter = this.#mode === "buffered" ? undefined : this;
    const nowhere = this.#envelope.peer === MPI_PROC_NULL;
    this.#message = nowhere ? undefined : this.#mailbox.send(this.#envelope, this.#data, this.#mode, waiter);
    if (!this.#message?.send) this.outcome = nothing;
  }

  override settle(): void {
    if (this.#mode !== "synchronous") this.#complete();
  }

  override release(): void {
    this.#complete();
  }

  #complete(): void {
    this.#mailbox.keep(this.#message!);
    this.outcome = nothing;
  }

  override withdraw(): boolean {
    return this.#message !== undefined && this.#mailbox.take(this.#message);
  }
}

/** A receive that is waited for. */
export class Receive extends Request {
  readonly cancellable = true;
  readonly obstacle = noSender;
  readonly data: Data;
  readonly #mailbox: Mailbox;
  readonly #envelope: Envelope;

  constructor(mailbox: Mailbox, persistent: boolean, envelope: Envelope, data: Data) {
    super(persistent);
    this.#mailbox = mailbox;
    this.#envelope = envelope;
    this.data = data;
    if (!persistent) this.begin();
  }

  begin(): void {
    const mailbox = this.#mailbox;
    if (this.#envelope.peer === MPI_PROC_NULL) this.outcome = nobody;
    else {
      const message = mailbox.find(this.#envelope);
      if (!message) mailbox.posted.push(this);
      else {
        mailbox.take(message);
        this.outcome = mailbox.deliver(message, this.data);
      }
    }
  }

  /** True when it receives this message. */
  fits({ tag, comm }: Message): boolean {
    const envelope = this.#envelope;
    return envelope.comm === comm && (envelope.tag === MPI_ANY_TAG || envelope.tag === tag);
  }

  override withdraw(): boolean {
    const index = this.#mailbox.posted.indexOf(this);
    if (index >= 0) this.#mailbox.posted.splice(index, 1);
    return index >= 0;
  }
}

/** Sends without a request. */
export function sendNow(mailbox: Mailbox, mode: Mode, envelope: Envelope, data: Data): void {
  if (envelope.peer !== MPI_PROC_NULL) mailbox.send(envelope, data, mode, undefined);
}

/** Sends and receives at once. */
export function exchange(mailbox: Mailbox, to: Envelope, sent: Data, from: Envelope, received: Data): Outcome {
  const receive = new Receive(mailbox, false, from, received);
  try {
    sendNow(mailbox, "standard", to, sent);
  } finally {
    if (!receive.outcome) receive.withdraw();
  }
  if (!receive.outcome) failWith(codeOf("OTHER", noSender));
  return receive.outcome!;
}
