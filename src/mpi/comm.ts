import { UsageError } from "../errors.js";
import { elementTypeOf, type Operation, operationOf, type TypedArray } from "./datatype.js";
import type { FunctionName } from "./prototypes.js";
import { Request } from "./request.js";
import { ANY_SOURCE, ANY_TAG, PROC_NULL, type Status, type World } from "./world.js";

/** Where a message goes. */
export interface SendOptions {
  /** The receiving rank, or `PROC_NULL`. */
  readonly to: number;
  /** Default 0. */
  readonly tag?: number;
}

/** Where a message comes from. */
export interface RecvOptions {
  /** The sending rank, `ANY_SOURCE` (default) or `PROC_NULL`. */
  readonly from?: number;
  /** Default `ANY_TAG`. */
  readonly tag?: number;
}

/** Both sides of {@link Comm.sendrecv}. */
export interface SendrecvOptions {
  readonly to: number;
  readonly from: number;
  /** Tag of the message that is sent, default 0. */
  readonly sendTag?: number;
  /** Tag of the message that is received, default `ANY_TAG`. */
  readonly recvTag?: number;
}

interface Message {
  readonly address: number;
  readonly count: number;
  readonly datatype: number;
  readonly typeName: string;
}

/** The largest C `int`: the type of counts and tags. */
const largestInt = 2 ** 31 - 1;

type Collective = "Barrier" | "Bcast" | "Reduce" | "Allreduce" | "Gather" | "Allgather";

/**
 * A communicator. Buffers are typed arrays, in JavaScript's memory or in WebAssembly memory; count and datatype follow
 * from them. Errors of the library are thrown as {@link MpiError}.
 */
export class Comm {
  /** @internal */ readonly world: World;
  #handle: number;
  /** This process in the communicator, from 0. */
  readonly rank: number;
  /** Number of processes in the communicator. */
  readonly size: number;

  /** @internal */
  constructor(world: World, handle: number) {
    this.world = world;
    this.#handle = handle;
    this.rank = world.integer("MPI_Comm_rank", handle);
    this.size = world.integer("MPI_Comm_size", handle);
  }

  /** The library's handle; its `MPI_COMM_NULL` after {@link free}. */
  get handle(): number {
    return this.#handle;
  }

  /** Sends `array` and returns when it may be reused. **Blocking.** */
  send(array: TypedArray, options: SendOptions): void {
    const { world } = this;
    const { address, count, datatype } = this.#message(array, "MPI_Send", "array");
    const to = this.#rankOf(options.to, "MPI_Send", "to");
    const tag = this.#sendTag(options.tag, "MPI_Send", "tag");
    if (world.crowded) {
      world.check(
        world.raw.MPI_Isend(address, count, datatype, to, tag, this.handle, world.scratch.address),
        "MPI_Isend",
      );
      world.complete("MPI_Send");
    } else world.check(world.raw.MPI_Send(address, count, datatype, to, tag, this.handle), "MPI_Send");
  }

  /** Receives into `array`, which may be longer than the message. **Blocking.** */
  recv(array: TypedArray, options: RecvOptions = {}): Status {
    const { world } = this;
    const message = this.#message(array, "MPI_Recv", "array");
    const { address, count, datatype } = message;
    const from = this.#sourceOf(options.from, "MPI_Recv");
    const tag = this.#recvTag(options.tag, "MPI_Recv", "tag");
    const detail = () => describeRecv(message, options);
    if (world.crowded) {
      const requestPtr = world.scratch.address;
      world.check(
        world.raw.MPI_Irecv(address, count, datatype, from, tag, this.handle, requestPtr),
        "MPI_Irecv",
        detail,
      );
      world.complete("MPI_Recv", detail);
    } else {
      const code = world.raw.MPI_Recv(address, count, datatype, from, tag, this.handle, world.statusPtr);
      world.check(code, "MPI_Recv", detail);
    }
    return world.readStatus(datatype, from);
  }

  /** Sends one array and receives another at the same time, so that rings do not deadlock. **Blocking.** */
  sendrecv(send: TypedArray, recv: TypedArray, options: SendrecvOptions): Status {
    const { world } = this;
    const out = this.#message(send, "MPI_Sendrecv", "send");
    const into = this.#message(recv, "MPI_Sendrecv", "recv");
    const to = this.#rankOf(options.to, "MPI_Sendrecv", "to");
    const from = this.#sourceOf(options.from, "MPI_Sendrecv");
    const sendTag = this.#sendTag(options.sendTag, "MPI_Sendrecv", "sendTag");
    const recvTag = this.#recvTag(options.recvTag, "MPI_Sendrecv", "recvTag");
    const recvOptions = { from: options.from, tag: options.recvTag ?? ANY_TAG };
    if (world.crowded) {
      const received = this.irecv(recv, recvOptions);
      const sent = this.isend(send, { to: options.to, tag: sendTag });
      try {
        return received.wait();
      } finally {
        sent.wait();
      }
    }
    const code = world.raw.MPI_Sendrecv(
      ...([out.address, out.count, out.datatype, to, sendTag] as const),
      ...([into.address, into.count, into.datatype, from, recvTag] as const),
      this.handle,
      world.statusPtr,
    );
    world.check(code, "MPI_Sendrecv", () => describeRecv(into, recvOptions));
    return world.readStatus(into.datatype, from);
  }

  /** Starts sending `array`; keep it unchanged until `wait()`. */
  isend(array: TypedArray, options: SendOptions): Request {
    return this.#request("MPI_Isend", array, options.to, options.tag);
  }

  /** Starts receiving into `array`; its contents are there after `wait()`. */
  irecv(array: TypedArray, options: RecvOptions = {}): Request {
    return this.#request("MPI_Irecv", array, options.from, options.tag);
  }

  /** Prepares a send that can be started many times. Free it when done. */
  sendInit(array: TypedArray, options: SendOptions): Request {
    return this.#request("MPI_Send_init", array, options.to, options.tag);
  }

  /** Prepares a receive that can be started many times. Free it when done. */
  recvInit(array: TypedArray, options: RecvOptions = {}): Request {
    return this.#request("MPI_Recv_init", array, options.from, options.tag);
  }

  #request(
    call: "MPI_Isend" | "MPI_Irecv" | "MPI_Send_init" | "MPI_Recv_init",
    array: TypedArray,
    peer: number | undefined,
    tag: number | undefined,
  ): Request {
    const { world } = this;
    const sends = call === "MPI_Isend" || call === "MPI_Send_init";
    const message = this.#message(array, call, "array");
    const other = sends ? this.#rankOf(peer, call, "to") : this.#sourceOf(peer, call);
    const label = sends ? this.#sendTag(tag, call, "tag") : this.#recvTag(tag, call, "tag");
    const { address, count, datatype } = message;
    world.check(world.raw[call](address, count, datatype, other, label, this.handle, world.scratch.address), call);
    const describe = () =>
      sends ? `It was sent to rank ${peer}.` : describeRecv(message, { from: peer ?? ANY_SOURCE, tag: tag ?? ANY_TAG });
    const persistent = call === "MPI_Send_init" || call === "MPI_Recv_init";
    const from = sends ? undefined : other;
    return new Request(world, world.readHandle(0), array, { persistent, datatype, from, describe });
  }

  /** Returns on every rank when all have called it. **Collective.** */
  barrier(): void {
    this.#collective("Barrier", this.handle);
  }

  /** Copies the root's `array` into every rank's. **Collective.** */
  bcast(array: TypedArray, options: { root?: number } = {}): void {
    const { address, count, datatype } = this.#message(array, "MPI_Bcast", "array");
    this.#collective("Bcast", address, count, datatype, this.#root(options.root, "MPI_Bcast"), this.handle);
  }

  /**
   * Combines `send` of all ranks, element by element, into `recv` on the root (ignored elsewhere), which may be `send`
   * itself. **Collective.**
   */
  reduce(send: TypedArray, recv: TypedArray | undefined, options: { op?: Operation; root?: number } = {}): void {
    const { address, count, datatype, typeName } = this.#message(send, "MPI_Reduce", "send");
    const root = this.#root(options.root, "MPI_Reduce");
    const op = this.world.constants[operationOf(options.op ?? "sum", typeName, "MPI_Reduce")];
    const into = this.rank === root ? this.#result("MPI_Reduce", send, recv, 1) : 0;
    this.#collective("Reduce", this.#sourceFor(address, into), into, count, datatype, op, root, this.handle);
  }

  /**
   * Combines a number, or arrays element by element, of all ranks; every rank gets the result. `recv` may be `send`
   * itself. **Collective.**
   * @returns the combined number, or `recv`
   */
  allreduce(value: number, options?: { op?: Operation }): number;
  allreduce<A extends TypedArray>(send: A, recv: A, options?: { op?: Operation }): A;
  allreduce(send: number | TypedArray, second?: TypedArray | { op?: Operation }, third?: { op?: Operation }): unknown {
    if (typeof send === "number") {
      const { numbers } = this.world;
      numbers[0] = send;
      this.#allreduce(numbers.subarray(0, 1), numbers.subarray(1, 2), second as { op?: Operation } | undefined);
      return numbers[1];
    }
    this.#allreduce(send, second as TypedArray, third);
    return second;
  }

  #allreduce(send: TypedArray, recv: TypedArray, options: { op?: Operation } = {}): void {
    const { address, count, datatype, typeName } = this.#message(send, "MPI_Allreduce", "send");
    const op = this.world.constants[operationOf(options.op ?? "sum", typeName, "MPI_Allreduce")];
    const into = this.#result("MPI_Allreduce", send, recv, 1);
    this.#collective("Allreduce", this.#sourceFor(address, into), into, count, datatype, op, this.handle);
  }

  /** The send buffer of a reduction: MPI wants to be told when it is the result's. Empty arrays have none. */
  #sourceFor(address: number, into: number): number {
    return address === into && into !== 0 ? this.world.constants.MPI_IN_PLACE : address;
  }

  /** Puts `send` of all ranks behind each other, by rank, into `recv` on the root (ignored elsewhere). **Collective.** */
  gather(send: TypedArray, recv: TypedArray | undefined, options: { root?: number } = {}): void {
    const { address, count, datatype } = this.#message(send, "MPI_Gather", "send");
    const root = this.#root(options.root, "MPI_Gather");
    const into = this.rank === root ? this.#result("MPI_Gather", send, recv, this.size) : 0;
    this.#collective("Gather", address, count, datatype, into, count, datatype, root, this.handle);
  }

  /** Puts `send` of all ranks behind each other, by rank, into every rank's `recv`. **Collective.** */
  allgather<A extends TypedArray>(send: A, recv: A): A {
    const { address, count, datatype } = this.#message(send, "MPI_Allgather", "send");
    const into = this.#result("MPI_Allgather", send, recv, this.size);
    this.#collective("Allgather", address, count, datatype, into, count, datatype, this.handle);
    return recv;
  }

  /** A communicator of the same ranks whose messages never meet this one's. **Collective.** Free it when done. */
  dup(): Comm {
    const { world } = this;
    world.check(world.raw.MPI_Comm_dup(this.handle, world.scratch.address), "MPI_Comm_dup");
    return new Comm(world, world.readHandle(0));
  }

  /**
   * A communicator of the ranks that gave the same `color`, ordered by `key` (default: this rank), or `undefined` on
   * ranks that gave none. **Collective.** Free it when done.
   */
  split(options: { color: number | undefined; key?: number }): Comm | undefined {
    const { world } = this;
    const color = options.color ?? world.constants.MPI_UNDEFINED;
    const code = world.raw.MPI_Comm_split(this.handle, color, options.key ?? this.rank, world.scratch.address);
    world.check(code, "MPI_Comm_split");
    const handle = world.readHandle(0);
    return handle === world.constants.MPI_COMM_NULL ? undefined : new Comm(world, handle);
  }

  /**
   * A communicator whose ranks form a grid, the last dimension varying fastest. **Collective.** Free it when done.
   * @returns `undefined` on ranks beyond the product of `dims`
   */
  cartCreate(options: {
    dims: readonly number[];
    periods: readonly boolean[];
    reorder?: boolean;
  }): CartComm | undefined {
    const { world } = this;
    const { dims, periods } = options;
    if (dims.length !== periods.length) {
      throw new UsageError(
        `MPI_Cart_create: "periods" expected ${dims.length} values, one a dimension, got ${periods.length}. Give as many as "dims".`,
      );
    }
    const { MPI_COMM_NULL } = world.constants;
    const dimsPtr = world.writeIntegers(dims);
    const periodsPtr = world.writeIntegers(periods.map(Number), dims.length);
    const reorder = Number(options.reorder ?? false);
    const newCommPtr = world.scratch.address;
    const code = world.raw.MPI_Cart_create(this.handle, dims.length, dimsPtr, periodsPtr, reorder, newCommPtr);
    world.check(code, "MPI_Cart_create");
    const handle = world.readHandle(0);
    return handle === MPI_COMM_NULL ? undefined : new CartComm(world, handle, dims, periods);
  }

  /** Releases the communicator. Not for the world. **Collective.** */
  free(): void {
    const { world } = this;
    world.writeHandle(0, this.handle);
    world.check(world.raw.MPI_Comm_free(world.scratch.address), "MPI_Comm_free");
    this.#handle = world.constants.MPI_COMM_NULL;
  }

  /** Ends all processes of the job with this exit code. */
  abort(code = 1): never {
    // MPICH's launcher drops what the ranks have printed and it has not yet passed on.
    if (this.size > 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    this.world.raw.MPI_Abort(this.handle, code);
    process.exit(code);
  }

  toString(): string {
    return `communicator, rank ${this.rank} of ${this.size}`;
  }

  /** Runs a collective call; where ranks share cores, its nonblocking form, polled. */
  #collective(name: Collective, ...values: number[]): void {
    const { world } = this;
    const call = `MPI_${name}` as FunctionName;
    const raw = world.raw as Readonly<Record<string, (...values: number[]) => number>>;
    if (!world.crowded) {
      world.check(raw[call]!(...values), call);
      return;
    }
    world.check(raw[`MPI_I${name.toLowerCase()}`]!(...values, world.scratch.address), call);
    world.complete(call);
  }

  #message(array: TypedArray, call: string, argument: string): Message {
    const type = elementTypeOf(array, `${call}: "${argument}"`);
    if (array.length > largestInt) {
      throw new UsageError(
        `${call}: "${argument}" expected at most ${largestInt} elements, got ${array.length}. Pass it in parts.`,
      );
    }
    const datatype = this.world.constants[type.datatype];
    return { address: this.world.pin(array), count: array.length, datatype, typeName: type.name };
  }

  /** The address of a result array that holds `times` as many elements of the same type. */
  #result(call: string, send: TypedArray, recv: TypedArray | undefined, times: number): number {
    const sent = elementTypeOf(send, `${call}: "send"`).name;
    const got = elementTypeOf(recv as TypedArray, `${call}: "recv"`).name;
    const array = recv as TypedArray;
    if (got !== sent || array.length !== send.length * times) {
      throw new UsageError(
        `${call}: "recv" expected ${send.length * times} ${sent}, got ${array.length} ${got}. Allocate it to fit "send"${times === 1 ? "" : ` on ${times} ranks`}.`,
      );
    }
    return this.world.pin(array);
  }

  #root(root: number | undefined, call: string): number {
    return this.#rankOf(root ?? 0, call, "root", false);
  }

  #sourceOf(from: number | undefined, call: string): number {
    if (from === undefined || from === ANY_SOURCE) return this.world.constants.MPI_ANY_SOURCE;
    return this.#rankOf(from, call, "from");
  }

  #rankOf(rank: number | undefined, call: string, argument: string, orNull = true): number {
    if (orNull && rank === PROC_NULL) return this.world.constants.MPI_PROC_NULL;
    if (Number.isInteger(rank) && rank! >= 0 && rank! < this.size) return rank!;
    const last = this.size - 1;
    throw new UsageError(
      `${call}: "${argument}" expected a rank from 0 to ${last}, got ${typeof rank === "string" ? `"${rank}"` : rank}. Name a rank of this communicator${orNull ? " or PROC_NULL" : ""}.`,
    );
  }

  #sendTag(tag: number | undefined, call: string, argument: string): number {
    if (tag === undefined) return 0;
    if (Number.isInteger(tag) && tag >= 0 && tag <= largestInt) return tag;
    throw new UsageError(
      `${call}: "${argument}" expected a whole number from 0 to ${largestInt}, got ${tag}. Choose another tag.`,
    );
  }

  #recvTag(tag: number | undefined, call: string, argument: string): number {
    return tag === undefined || tag === ANY_TAG ? this.world.constants.MPI_ANY_TAG : this.#sendTag(tag, call, argument);
  }
}

/** Says what a receive was waiting for. */
function describeRecv(message: Message, { from, tag }: RecvOptions): string {
  const source = from === undefined || from === ANY_SOURCE ? "any rank" : `rank ${from}`;
  const label = tag === undefined || tag === ANY_TAG ? "any tag" : `tag ${tag}`;
  return `The buffer holds ${message.count} ${message.typeName} from ${source}, ${label}; receive at least as many as were sent.`;
}

/** A communicator whose ranks form a grid. */
export class CartComm extends Comm {
  readonly dims: readonly number[];
  readonly periods: readonly boolean[];
  /** This rank's place in the grid. */
  readonly coords: readonly number[];

  /** @internal */
  constructor(world: World, handle: number, dims: readonly number[], periods: readonly boolean[]) {
    super(world, handle);
    this.dims = [...dims];
    this.periods = [...periods];
    this.coords = this.coordsOf(this.rank);
  }

  /** The place of a rank in the grid. **Local.** */
  coordsOf(rank: number): number[] {
    const { world, dims } = this;
    const coordsPtr = world.writeIntegers(dims);
    world.check(world.raw.MPI_Cart_coords(this.handle, rank, dims.length, coordsPtr), "MPI_Cart_coords");
    return world.readIntegers(dims.length);
  }

  /** The rank at a place in the grid; periodic dimensions wrap. **Local.** */
  rankAt(coords: readonly number[]): number {
    const { world, dims } = this;
    if (coords.length !== dims.length) {
      throw new UsageError(
        `MPI_Cart_rank: "coords" expected ${dims.length} values, one a dimension, got ${coords.length}. Give as many as "dims" has.`,
      );
    }
    const coordsPtr = world.writeIntegers(coords);
    world.check(world.raw.MPI_Cart_rank(this.handle, coordsPtr, world.scratch.address), "MPI_Cart_rank");
    return world.scratch.i32[0]!;
  }

  /** The neighbours `displacement` places down (`source`) and up (`dest`) a dimension, or `PROC_NULL`. **Local.** */
  shift(axis: number, displacement = 1): { source: number; dest: number } {
    const { world } = this;
    const last = this.dims.length - 1;
    if (!Number.isInteger(axis) || axis < 0 || axis > last) {
      throw new UsageError(
        `MPI_Cart_shift: "axis" expected a dimension from 0 to ${last}, got ${axis}. Name a dimension of the grid.`,
      );
    }
    const { address, i32 } = world.scratch;
    world.check(world.raw.MPI_Cart_shift(this.handle, axis, displacement, address, address + 4), "MPI_Cart_shift");
    const rankOf = (rank: number) => (rank === world.constants.MPI_PROC_NULL ? PROC_NULL : rank);
    return { source: rankOf(i32[0]!), dest: rankOf(i32[1]!) };
  }
}
