import { expectKeys, expectOneOf, expectOptions, keysOf, wrong } from "../../argument.js";
import { type Data, describe, expectResult, IN_PLACE, type Message, messageOf } from "../data/buffer.js";
import { type ElementType, elementTypes, type TypedArray } from "../data/element.js";
import { expectApart } from "../data/overlap.js";
import { Pairs } from "../data/pairs.js";
import { equalPieces, listsOf, wholeNumbers } from "../data/pieces.js";
import { View } from "../data/view.js";
import { addressOf } from "../library/native.js";
import type { Collective } from "../library/prototypes.js";
import { currentWorld } from "../library/world.js";
import type { Call } from "./forms.js";
import { PointToPoint } from "./messages.js";
import { callName, type Form } from "./names.js";
import { type Elements, elementsOf, Op } from "./op.js";
import { type Operation, operationOf } from "./operation.js";
import type { Request } from "./request.js";

/** Options of the reductions. */
export interface ReduceOptions {
  /** Default `sum`. */
  readonly op?: Operation;
}

const reduceKeys = keysOf<ReduceOptions>({ op: true });

/** Options of a reduction to one rank. */
export interface RootedReduceOptions extends ReduceOptions {
  /** The rank that gets the result. Default 0. */
  readonly root?: number;
}

const rootedReduceKeys = keysOf<RootedReduceOptions>({ op: true, root: true });

/** Options of {@link Reductions.reduceScatter}. */
export interface ReduceScatterOptions extends ReduceOptions {
  /** Elements of the result on each rank. */
  readonly counts: ArrayLike<number>;
}

const reduceScatterKeys = keysOf<ReduceScatterOptions>({ op: true, counts: true });

/** Options of reductions of booleans. */
export interface LogicalOptions {
  /** True where all are, where any is, or where an odd number is. */
  readonly op: "land" | "lor" | "lxor";
}

/** Data, or `IN_PLACE` for what is in the result already. */
export type Input = Data | typeof IN_PLACE;

/** Data side by side: a view that is not is copied for the time of a blocking call. */
interface Flat {
  readonly message: Message;
  /** What the message is about, to be kept alive. */
  readonly data: unknown;
  /** Copies a result to where it belongs. */
  readonly finish?: (() => void) | undefined;
}

/**
 * Collective calls that combine the data of all ranks, element by element. `recv` may be `send` itself, which is the same
 * as `IN_PLACE`: each rank's data are taken from where the result goes. Views that are not contiguous are copied by the
 * blocking calls and refused by the others, which could not copy the result back.
 *
 * ```js
 * console.log(comm.allreduce(comm.rank + 1)); // 6 on 3 ranks
 * const range = comm.allreduce(Float64Array.of(comm.rank, -comm.rank), new Float64Array(2), { op: "max" });
 * console.log(range[0]); // 2 on 3 ranks
 * const before = comm.exscan(Int32Array.of(1), new Int32Array(1)); // On rank r: r; on rank 0 it is left as it was.
 * ```
 */
export abstract class Reductions extends PointToPoint {
  /** Combines `send` of all ranks into `recv` on the root; elsewhere `recv` matters only in place. **Collective.** */
  reduce(send: Input, recv?: Data, options: RootedReduceOptions = {}): void {
    this.run(this.#reduce("blocking", send, recv, options));
  }

  /** Begins {@link reduce}. **Collective.** */
  ireduce(send: Input, recv?: Data, options: RootedReduceOptions = {}): Request<Data> {
    return this.begin(this.#reduce("nonblocking", send, recv, options));
  }

  /** Prepares {@link reduce}. **Collective.** */
  reduceInit(send: Input, recv?: Data, options: RootedReduceOptions = {}): Request<Data> {
    return this.prepare(this.#reduce("persistent", send, recv, options));
  }

  #reduce(form: Form, send: Input, recv: Data | undefined, options: RootedReduceOptions): Call<Data> {
    const call = callName("Reduce", form);
    expectKeys(call, options, rootedReduceKeys);
    const root = this.rootOf(options.root, call);
    const { sends, receives } = this.role(root);
    if (!sends && !receives) return this.idle("Reduce", root, send as Data);
    let input = sends ? send : IN_PLACE;
    if (sends && !receives && send === IN_PLACE) {
      // Here too, it stands for what is in `recv`.
      this.message(recv as Data, call, "recv");
      input = recv as Data;
    }
    return this.#combine("Reduce", form, input, receives ? (recv as Data) : undefined, options, root);
  }

  /**
   * Combines a number, or arrays element by element, of all ranks; every rank gets the result. **Collective.** A `bigint` is
   * one of 64 bits, beyond which it wraps; booleans take `land`, `lor` and `lxor`.
   * @returns the combined number, or `recv`
   */
  allreduce(value: number, options?: ReduceOptions): number;
  allreduce(value: bigint, options?: ReduceOptions): bigint;
  allreduce(value: boolean, options: LogicalOptions): boolean;
  allreduce<D extends Data>(send: Input, recv: D, options?: ReduceOptions): D;
  allreduce(
    send: number | bigint | boolean | Input,
    recv?: Data | ReduceOptions,
    options: ReduceOptions = {},
  ): unknown {
    if (typeof send === "number") return this.#allreduceNumber(send, recv as ReduceOptions | undefined);
    if (typeof send === "bigint") return this.#allreduceBigint(send, recv as ReduceOptions | undefined);
    if (typeof send === "boolean") return this.#allreduceBoolean(send, recv as LogicalOptions);
    this.run(this.#combine("Allreduce", "blocking", send, recv as Data, options));
    return recv;
  }

  #allreduceNumber(value: number, options: ReduceOptions | undefined): number {
    const { world } = this;
    expectKeys("MPI_Allreduce", options, reduceKeys);
    const op = options?.op === undefined ? "sum" : options.op; // What is null is none.
    if (op instanceof Op && op.of !== 1) return this.allreduce(Float64Array.of(value), new Float64Array(1), { op })[0]!;
    const { numbers, numbersPtr, waiting, constants } = world;
    numbers[0] = value;
    const operation = operationOf(world, op, elementTypes.float64, "MPI_Allreduce");
    const { MPI_DOUBLE } = constants;
    waiting.allreduce(numbersPtr, numbersPtr + 8, 1, MPI_DOUBLE, operation, this.handle);
    if (op instanceof Op) op.rethrow();
    return numbers[1]!;
  }

  #allreduceBigint(value: bigint, options: ReduceOptions | undefined): bigint {
    if (BigInt.asIntN(64, value) !== value) {
      throw wrong('MPI_Allreduce: "send"', "a bigint of 64 bits", `${value}n`, "Combine it with allreduceObject.");
    }
    return this.allreduce(BigInt64Array.of(value), new BigInt64Array(1), options)[0]!;
  }

  #allreduceBoolean(value: boolean, options: LogicalOptions): boolean {
    expectOptions("MPI_Allreduce", options, reduceKeys);
    const op = expectOneOf('MPI_Allreduce: "op"', options.op, ["land", "lor", "lxor"]);
    return this.allreduce(Int32Array.of(Number(value)), new Int32Array(1), { op })[0] !== 0;
  }

  /** Begins {@link allreduce} of arrays. **Collective.** */
  iallreduce<D extends Data>(send: Input, recv: D, options: ReduceOptions = {}): Request<D> {
    return this.begin(this.#combine("Allreduce", "nonblocking", send, recv, options));
  }

  /** Prepares {@link allreduce} of arrays. **Collective.** */
  allreduceInit<D extends Data>(send: Input, recv: D, options: ReduceOptions = {}): Request<D> {
    return this.prepare(this.#combine("Allreduce", "persistent", send, recv, options));
  }

  /** Combines `send` of the ranks from 0 to this one. **Collective.** */
  scan<D extends Data>(send: Input, recv: D, options: ReduceOptions = {}): D {
    this.run(this.#combine("Scan", "blocking", send, recv, options));
    return recv;
  }

  /** Begins {@link scan}. **Collective.** */
  iscan<D extends Data>(send: Input, recv: D, options: ReduceOptions = {}): Request<D> {
    return this.begin(this.#combine("Scan", "nonblocking", send, recv, options));
  }

  /** Prepares {@link scan}. **Collective.** */
  scanInit<D extends Data>(send: Input, recv: D, options: ReduceOptions = {}): Request<D> {
    return this.prepare(this.#combine("Scan", "persistent", send, recv, options));
  }

  /** Combines `send` of the ranks before this one; `recv` of rank 0 stays as it is. **Collective.** */
  exscan<D extends Data>(send: Input, recv: D, options: ReduceOptions = {}): D {
    this.run(this.#combine("Exscan", "blocking", send, recv, options));
    return recv;
  }

  /** Begins {@link exscan}. **Collective.** */
  iexscan<D extends Data>(send: Input, recv: D, options: ReduceOptions = {}): Request<D> {
    return this.begin(this.#combine("Exscan", "nonblocking", send, recv, options));
  }

  /** Prepares {@link exscan}. **Collective.** */
  exscanInit<D extends Data>(send: Input, recv: D, options: ReduceOptions = {}): Request<D> {
    return this.prepare(this.#combine("Exscan", "persistent", send, recv, options));
  }

  /** Combines `send` of all ranks and gives each rank an equal piece of the result. **Collective.** */
  reduceScatterBlock<D extends Data>(send: Input, recv: D, options: ReduceOptions = {}): D {
    this.run(this.#scatterBlock("blocking", send, recv, options));
    return recv;
  }

  /** Begins {@link reduceScatterBlock}. **Collective.** */
  ireduceScatterBlock<D extends Data>(send: Input, recv: D, options: ReduceOptions = {}): Request<D> {
    return this.begin(this.#scatterBlock("nonblocking", send, recv, options));
  }

  /** Prepares {@link reduceScatterBlock}. **Collective.** */
  reduceScatterBlockInit<D extends Data>(send: Input, recv: D, options: ReduceOptions = {}): Request<D> {
    return this.prepare(this.#scatterBlock("persistent", send, recv, options));
  }

  #scatterBlock<D extends Data>(form: Form, send: Input, recv: D, options: ReduceOptions): Call<D> {
    const call = callName("Reduce_scatter_block", form);
    expectKeys(call, options, reduceKeys);
    const into = this.#flat(form, call, "recv", recv, "result", options?.op);
    const out = send === IN_PLACE ? undefined : this.#flat(form, call, "send", send, "input", options?.op);
    const whole = !out || isOne(out, into);
    const { count } = into.message;
    const each =
      whole && count === (out ?? into).message.count ? equalPieces(into.message, this.size, call, "recv") : count;
    return this.#scatter(
      "Reduce_scatter_block",
      form,
      out,
      recv,
      into,
      options,
      each,
      each * this.size * into.message.unit,
    );
  }

  /** Combines `send` of all ranks and gives each rank as much of the result as `counts` says. **Collective.** */
  reduceScatter<D extends Data>(send: Input, recv: D, options: ReduceScatterOptions): D {
    this.run(this.#scatterCounts("blocking", send, recv, options));
    return recv;
  }

  /** Begins {@link reduceScatter}. **Collective.** */
  ireduceScatter<D extends Data>(send: Input, recv: D, options: ReduceScatterOptions): Request<D> {
    return this.begin(this.#scatterCounts("nonblocking", send, recv, options));
  }

  /** Prepares {@link reduceScatter}. **Collective.** */
  reduceScatterInit<D extends Data>(send: Input, recv: D, options: ReduceScatterOptions): Request<D> {
    return this.prepare(this.#scatterCounts("persistent", send, recv, options));
  }

  #scatterCounts<D extends Data>(form: Form, send: Input, recv: D, options: ReduceScatterOptions): Call<D> {
    const call = callName("Reduce_scatter", form);
    expectKeys(call, options, reduceScatterKeys);
    const into = this.#flat(form, call, "recv", recv, "result", options?.op);
    const out = send === IN_PLACE ? undefined : this.#flat(form, call, "send", send, "input", options?.op);
    const { length, unit } = into.message;
    const counts = wholeNumbers(options?.counts, unit, this.size, call, "counts", "group");
    const total = unit * counts.reduce((sum, count) => sum + count, 0);
    // In place, the input of all pieces lies where the result is to begin.
    const inPlace = !out || (isOne(out, into) && length === out.message.length);
    const expected = inPlace ? total : unit * counts[this.rank]!;
    if (length !== expected) {
      const what = inPlace ? "the pieces of all ranks" : '"counts" of this rank';
      throw wrong(
        `${call}: "recv"`,
        `${expected} ${into.message.type.name}, ${what}`,
        describe(into.message),
        'Allocate it to fit "counts".',
      );
    }
    return this.#scatter("Reduce_scatter", form, out, recv, into, options, counts, total);
  }

  #scatter<D extends Data>(
    name: "Reduce_scatter" | "Reduce_scatter_block",
    form: Form,
    out: Flat | undefined,
    recv: D,
    into: Flat,
    options: ReduceOptions,
    counts: number | readonly number[],
    total: number,
  ): Call<D> {
    const { world } = this;
    const call = callName(name, form);
    const { type, datatype, address } = into.message;
    const op = operationOf(world, options.op, type, call);
    if (out && (out.message.type.name !== type.name || out.message.length !== total)) {
      const fit = typeof counts === "number" ? "recv" : "counts";
      throw wrong(
        `${call}: "send"`,
        `${total} ${type.name}, the pieces of all ranks`,
        describe(out.message),
        `Allocate it to fit "${fit}".`,
      );
    }
    const inPlace = !out || (isOne(out, into) && !this.inter);
    if (!inPlace) this.#expectApart(call, out, into);
    const from = inPlace ? world.constants.MPI_IN_PLACE : out.message.address;
    const lists = typeof counts === "number" ? undefined : listsOf([counts], form !== "blocking");
    const values = [from, address, lists ? lists.addresses[0]! : (counts as number), datatype, op, this.handle];
    return { name, values, buffer: recv, keep: [out?.data, into.data, lists], finish: into.finish, ...opOf(options) };
  }

  /** A reduction whose input and result are of one length; without `recv` this rank gets no result. */
  #combine<D extends Data>(
    name: Collective,
    form: Form,
    send: Input,
    recv: D | undefined,
    options: ReduceOptions,
    root?: number,
  ): Call<D> {
    const { world } = this;
    const call = callName(name, form);
    if (root === undefined) expectKeys(call, options, reduceKeys);
    const out = send === IN_PLACE ? undefined : this.#flat(form, call, "send", send, "input", options?.op);
    const receives = root === undefined || this.role(root).receives;
    const into = receives ? this.#flat(form, call, "recv", recv as D, "result", options?.op) : undefined;
    if (out && into) expectResult(call, into.message, out.message, out.message.length);
    const shape = (out ?? into)?.message;
    const op = operationOf(world, options.op, shape?.type ?? elementTypes.int32, call);
    const address = into?.message.address ?? 0;
    // MPI wants to be told when both are one.
    // Of an intercommunicator's root nothing is read, but MPICH takes no null pointer.
    let from = out?.message.address ?? world.scratch.address;
    if (!this.inter && (!out || (into && isOne(out, into)))) from = world.constants.MPI_IN_PLACE;
    else if (out && into) this.#expectApart(call, out, into);
    const count = shape?.count ?? 0;
    const datatype = shape?.datatype ?? world.constants.MPI_INT32_T;
    const values =
      root === undefined
        ? [from, address, count, datatype, op, this.handle]
        : [from, address, count, datatype, op, root, this.handle];
    return {
      name,
      values,
      buffer: (recv ?? send) as D,
      keep: [out?.data, into?.data],
      finish: into?.finish,
      ...opOf(options),
    };
  }

  #expectApart(call: string, out: Flat, into: Flat): void {
    expectApart(call, out.message, out.data as Data, into.message, into.data as Data);
  }

  /** Data as operations need it. */
  #flat(
    form: Form,
    call: string,
    argument: string,
    data: Data,
    role: "input" | "result",
    op: Operation | undefined,
  ): Flat {
    const flat = this.#sideBySide(form, call, argument, data, role);
    return op instanceof Op ? { ...flat, message: op.taken(flat.message, data, call, argument) } : flat;
  }

  #sideBySide(form: Form, call: string, argument: string, data: Data, role: "input" | "result"): Flat {
    const message = this.message(data, call, argument, form !== "blocking");
    if (!(data instanceof View) || data.contiguous || data.datatype) return { message, data };
    if (form !== "blocking") {
      throw wrong(`${call}: "${argument}"`, "contiguous data", data, "Reduce an array, or call the blocking form.");
    }
    const packed = data.pack();
    const { length, type } = message;
    const datatype = this.world.constants[type.datatype!];
    const flat = { address: addressOf(packed), count: length, datatype, unit: 1, length, type };
    return { message: flat, data: packed, finish: role === "result" ? () => data.unpack(packed) : undefined };
  }
}

function opOf({ op }: ReduceOptions): { op?: Op } {
  return op instanceof Op ? { op } : {};
}

/** True where input and result begin at one address; libraries refuse that even for empty arrays. */
function isOne(out: Flat, into: Flat): boolean {
  return out.message.address === into.message.address;
}

/**
 * Combines `input` and `inout`, element by element, into `inout`, as reductions do with the data of two ranks. The two
 * may not overlap. **Local.**
 * @returns `inout`
 */
export function reduceLocal<D extends Data>(input: Data, inout: D, options: ReduceOptions = {}): D {
  const world = currentWorld();
  const call = "MPI_Reduce_local";
  expectKeys(call, options, reduceKeys);
  const from = messageOf(world, input, call, "input");
  const into = messageOf(world, inout, call, "inout");
  const { type, length } = into;
  if (from.type.name !== type.name || from.length !== length) {
    throw wrong(`${call}: "inout"`, describe(from), describe(into), 'Give as many as "input" has.');
  }
  expectApart(call, from, input, into, inout, { send: "input", recv: "inout" });
  const { op = "sum" } = options;
  const handle = operationOf(world, op, type, call);
  if (op instanceof Op) {
    op.taken(from, input, call, "input");
    const taken = op.taken(into, inout, call, "inout");
    if (inout instanceof View && inout.datatype) {
      op.combineAt(from.address, into.address, taken);
      return inout;
    }
    const result = elementsIn(inout, type);
    op.combine(elementsIn(input, type) as never, result as never);
    if (inout instanceof View && inout !== (result as unknown)) inout.unpack(new Uint8Array(result.buffer));
    return inout;
  }
  const [source, result] = [sideBySide(input), sideBySide(inout)];
  const inputPtr = messageOf(world, source, call, "input").address;
  const inoutPtr = messageOf(world, result, call, "inout").address;
  world.check(world.raw.MPI_Reduce_local(inputPtr, inoutPtr, length, world.constants[type.datatype!], handle), call);
  if (inout instanceof View && result instanceof Uint8Array) inout.unpack(result);
  return inout;
}

/** Data whose elements lie side by side: of a view whose elements do not, the bytes of a copy. */
function sideBySide(data: Data): Data {
  return data instanceof View && !data.contiguous ? data.pack() : data;
}

/** Data as an operation in JavaScript gets it: itself, or a copy of a view. */
function elementsIn(data: Data, type: ElementType): Elements {
  if (data instanceof Pairs) return data;
  if (data instanceof View) return elementsOf(type, data.pack().buffer as ArrayBuffer);
  if (data instanceof DataView) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return data as TypedArray;
}
