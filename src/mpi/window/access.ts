import { expectOptions, expectWhole, keysOf, show, wrong } from "../../argument.js";
import { type Accumulation, accumulationOf } from "../calls/operation.js";
import { Request } from "../calls/request.js";
import { type Data, describe, type Message, messageOf } from "../data/buffer.js";
import { Datatype } from "../data/datatype.js";
import { expectApart } from "../data/overlap.js";
import { stridedType } from "../data/rows.js";
import { View } from "../data/view.js";
import type { FunctionName } from "../library/prototypes.js";
import { PROC_NULL } from "../library/status.js";
import { Epochs } from "./epoch.js";
import { type Reach, reachOf, reachOfLayout } from "./reach.js";

/**
 * Where in the window of another rank a call reads or writes. Default: elements like those of the data, side by side
 * from `at` on.
 */
export interface TargetOptions {
  /** The rank, or `PROC_NULL`. */
  readonly target: number;
  /** From the beginning of the target's part, in its displacement units; an address in a dynamic window. Default 0. */
  readonly at?: number;
  /** Elements along each axis on the target, as many in all as the data has. */
  readonly targetShape?: readonly number[];
  /** Elements from one index to the next on the target, along each axis; goes with `targetShape`. */
  readonly targetStrides?: readonly number[];
  /** Layout on the target, as often as the data fills it. Instead of `targetShape`. */
  readonly targetType?: Datatype;
}

const targetKeys = keysOf<TargetOptions>({
  target: true,
  at: true,
  targetShape: true,
  targetStrides: true,
  targetType: true,
});

/** Options of {@link Accesses.accumulate}. */
export interface AccumulateOptions extends TargetOptions {
  /** Default `sum`. `replace` writes. */
  readonly op?: Exclude<Accumulation, "noOp">;
}

const accumulateKeys = [...targetKeys, ...keysOf<Omit<AccumulateOptions, keyof TargetOptions>>({ op: true })];

/** Options of {@link Accesses.getAccumulate}. */
export interface GetAccumulateOptions extends TargetOptions {
  /** Default `sum`. `replace` writes, `noOp` only reads. */
  readonly op?: Accumulation;
}

const getAccumulateKeys = [...targetKeys, ...keysOf<Omit<GetAccumulateOptions, keyof TargetOptions>>({ op: true })];

/** Options of {@link Accesses.fetchAndOp}. */
export interface FetchOptions {
  /** The rank, or `PROC_NULL`. */
  readonly target: number;
  /** From the beginning of the target's part, in its displacement units; an address in a dynamic window. Default 0. */
  readonly at?: number;
  /** Default `sum`. `replace` writes, `noOp` only reads. */
  readonly op?: Accumulation;
}

const fetchKeys = keysOf<FetchOptions>({ target: true, at: true, op: true });

/** Options of {@link Accesses.compareAndSwap}. */
export type SwapOptions = Omit<FetchOptions, "op">;

const swapKeys = keysOf<SwapOptions>({ target: true, at: true });

/** How often which datatype data are on the target, and the bytes there. */
interface Layout {
  readonly count: number;
  readonly datatype: number;
  readonly reach: Reach;
}

/** The arguments of a call after those of the window. */
type Values = readonly number[];

const ofResult = { send: "array", recv: "result" };

const noData: Values = [0, 0];

/**
 * The one-sided calls of a window. They return at once: until the end of the epoch, or a flush, leave the data alone and
 * do not look at results. Data stay alive until then, even if nothing else refers to them.
 *
 * ```js
 * const window = comm.createWindow(new Int32Array(1)); // A counter on each rank, of which that of rank 0 is used.
 * const ticket = new Int32Array(1);
 * window.lock(0);
 * window.fetchAndOp(Int32Array.of(1), ticket, { target: 0, op: "sum" });
 * window.unlock(0); // The number is there now: another one on each rank.
 * window.free();
 * ```
 */
export abstract class Accesses extends Epochs {
  /** @throws UsageError for data outside of the part of a rank, as far as it is known */
  protected abstract expectInside(call: string, target: number, at: number, reach: Reach): void;

  /** Writes `data` to the target. **Local.** */
  put(data: Data, options: TargetOptions): void {
    this.#begin("MPI_Put", this.#move("MPI_Put", data, options), options, [data]);
  }

  /** As {@link put}, with a request that is complete when `data` may be reused. **Local.** */
  rput<D extends Data>(data: D, options: TargetOptions): Request<D> {
    return this.#request("MPI_Rput", this.#move("MPI_Rput", data, options), data);
  }

  /** Reads from the target into `data`. **Local.** */
  get<D extends Data>(data: D, options: TargetOptions): D {
    this.#begin("MPI_Get", this.#move("MPI_Get", data, options), options, [data]);
    return data;
  }

  /** As {@link get}, with a request that is complete when `data` is there. **Local.** */
  rget<D extends Data>(data: D, options: TargetOptions): Request<D> {
    return this.#request("MPI_Rget", this.#move("MPI_Rget", data, options), data);
  }

  #move(call: FunctionName, data: Data, options: TargetOptions): Values {
    expectOptions(call, options, targetKeys);
    const message = messageOf(this.world, data, call, "array", true);
    return [message.address, message.count, message.datatype, ...this.#target(call, data, message, options)];
  }

  /** Combines `data` with what the target has there, element by element, each in one step. **Local.** */
  accumulate(data: Data, options: AccumulateOptions): void {
    this.#begin("MPI_Accumulate", this.#accumulate("MPI_Accumulate", data, options), options, [data]);
  }

  /** As {@link accumulate}, with a request that is complete when `data` may be reused. **Local.** */
  raccumulate<D extends Data>(data: D, options: AccumulateOptions): Request<D> {
    return this.#request("MPI_Raccumulate", this.#accumulate("MPI_Raccumulate", data, options), data);
  }

  #accumulate(call: FunctionName, data: Data, options: AccumulateOptions): Values {
    expectOptions(call, options, accumulateKeys);
    const message = messageOf(this.world, data, call, "array", true);
    const op = accumulationOf(this.world, options.op, message.type, call);
    return [message.address, message.count, message.datatype, ...this.#target(call, data, message, options), op];
  }

  /**
   * As {@link accumulate}, and puts what was there before into `result`; each element in one step. With `op: "noOp"` it
   * only reads, and `data` may be `undefined`. **Local.**
   */
  getAccumulate<D extends Data>(data: Data | undefined, result: D, options: GetAccumulateOptions): D {
    const values = this.#getAccumulate("MPI_Get_accumulate", data, result, options);
    this.#begin("MPI_Get_accumulate", values, options, [data, result]);
    return result;
  }

  /** As {@link getAccumulate}, with a request that is complete when `result` is there. **Local.** */
  rgetAccumulate<D extends Data>(data: Data | undefined, result: D, options: GetAccumulateOptions): Request<D> {
    const values = this.#getAccumulate("MPI_Rget_accumulate", data, result, options);
    return this.#request("MPI_Rget_accumulate", values, result, data);
  }

  #getAccumulate(call: FunctionName, data: Data | undefined, result: Data, options: GetAccumulateOptions): Values {
    expectOptions(call, options, getAccumulateKeys);
    const { op = "sum" } = options;
    const into = messageOf(this.world, result, call, "result", true);
    const out =
      data === undefined && op === "noOp" ? undefined : messageOf(this.world, data as Data, call, "array", true);
    if (out) expectLike(call, "result", into, out);
    if (out) expectApart(call, out, data as Data, into, result, ofResult);
    const operation = accumulationOf(this.world, op, into.type, call);
    return [
      ...(out ? [out.address, out.count, out.datatype] : [...noData, into.datatype]),
      ...[into.address, into.count, into.datatype],
      ...this.#target(call, result, into, options),
      operation,
    ];
  }

  /**
   * Combines one element with the target's, in one step, and puts what was there before into `result`. With
   * `op: "noOp"` it only reads, and `data` may be `undefined`. **Local.**
   */
  fetchAndOp<D extends Data>(data: Data | undefined, result: D, options: FetchOptions): D {
    const call = "MPI_Fetch_and_op";
    expectOptions(call, options, fetchKeys);
    const { op = "sum", target, at } = options;
    const into = this.#element(call, "result", result);
    const out = data === undefined && op === "noOp" ? undefined : this.#element(call, "array", data as Data);
    if (out) expectLike(call, "result", into, out);
    if (out) expectApart(call, out, data as Data, into, result, ofResult);
    const operation = accumulationOf(this.world, op, into.type, call);
    const place = this.#place(call, target, at, reachOf(into.type, [1]));
    this.#begin(call, [out?.address ?? 0, into.address, into.datatype, ...place, operation], options, [data, result]);
    return result;
  }

  /**
   * Writes one element where the target has the same as `compare`, in one step, and puts what was there before into
   * `result`; integers and bytes only. **Local.**
   */
  compareAndSwap<D extends Data>(data: Data, compare: Data, result: D, options: SwapOptions): D {
    const call = "MPI_Compare_and_swap";
    expectOptions(call, options, swapKeys);
    const [out, compared, into] = [
      this.#element(call, "array", data),
      this.#element(call, "compare", compare),
      this.#element(call, "result", result),
    ];
    if (out.type.kind !== "integer" && out.type.kind !== "byte") {
      throw wrong(`${call}: "array"`, "an integer or a byte", describe(out), "Keep what is compared as integers.");
    }
    expectLike(call, "compare", compared, out);
    expectLike(call, "result", into, out);
    expectApart(call, out, data, into, result, ofResult);
    expectApart(call, compared, compare, into, result, { send: "compare", recv: "result" });
    const place = this.#place(call, options.target, options.at, reachOf(into.type, [1]));
    const values = [out.address, compared.address, into.address, into.datatype, ...place];
    this.#begin(call, values, options, [data, compare, result]);
    return result;
  }

  /** A message of one element. */
  #element(call: string, argument: string, data: Data): Message {
    const message = messageOf(this.world, data, call, argument, true);
    if (message.length === 1 && message.type.kind !== "struct") return message;
    throw wrong(
      `${call}: "${argument}"`,
      "one element",
      describe(message),
      "Pass for example Int32Array.of(1), or use getAccumulate.",
    );
  }

  #begin(call: FunctionName, values: Values, { target }: { target: number }, data: readonly unknown[]): void {
    const code = this.world.apply(call, values, this.handle);
    // Nothing is read or written for the rank that does not exist, and no call would end what is kept for it.
    if (target !== PROC_NULL) {
      for (const array of data) if (array !== undefined) this.keepFor(target, memoryOf(array as Data));
    }
    this.world.check(code, call);
  }

  #request<D>(call: FunctionName, values: Values, buffer: D, keep?: unknown): Request<D> {
    const { world } = this;
    world.check(world.apply(call, [...values, this.handle], world.outPtr), call);
    return new Request(world, world.readHandle(0), { name: call, buffer, keep: [keep, this] });
  }

  /** Rank and displacement, where the data reach nothing beyond the target's part. */
  #place(call: string, rank: number, at: number | undefined, reach: Reach): [number, number] {
    const target = this.rankOf(rank, call, "target", true);
    const place = displacement(call, at);
    if (target >= 0) this.expectInside(call, target, place, reach);
    return [target, place];
  }

  /** Rank, displacement, count and datatype on the target. */
  #target(call: string, data: Data, message: Message, options: TargetOptions): readonly number[] {
    const { target, at } = options;
    const { count, datatype, reach } = this.#layout(call, data, message, options);
    return [...this.#place(call, target, at, reach), count, datatype];
  }

  /** What the data become on the target. */
  #layout(call: string, data: Data, message: Message, options: TargetOptions): Layout {
    const { targetShape: shape, targetStrides: strides, targetType } = options;
    const { type, length } = message;
    if (targetType !== undefined) return this.#filled(call, message, targetType);
    if (type.datatype === undefined) {
      const { count, datatype } = message;
      return { count, datatype, reach: reachOfLayout((data as View).datatype!, count) };
    }
    const datatype = this.world.constants[type.datatype];
    const contiguous = { count: length, datatype, reach: reachOf(type, [length]) };
    if (shape === undefined && strides === undefined) return contiguous;
    if (
      !Array.isArray(shape) ||
      !shape.every((n) => Number.isSafeInteger(n) && n >= 0) ||
      shape.reduce((product, n) => product * n, 1) !== length ||
      shape.length === 0
    ) {
      throw wrong(
        `${call}: "targetShape"`,
        `whole numbers whose product is ${length}`,
        show(shape),
        "Give as many elements as the data has.",
      );
    }
    if (strides === undefined) return contiguous;
    if (!Array.isArray(strides) || strides.length !== shape.length || !strides.every(Number.isSafeInteger)) {
      throw wrong(
        `${call}: "targetStrides"`,
        `${shape.length} whole numbers, one an axis`,
        show(strides),
        'Give as many as "targetShape" has.',
      );
    }
    if (length === 0) return contiguous;
    return { ...stridedType(this.world, { type, shape, strides }), reach: reachOf(type, shape, strides) };
  }

  /** A layout that the data fill. */
  #filled(call: string, message: Message, targetType: Datatype): Layout {
    if (!(targetType instanceof Datatype)) {
      throw wrong(`${call}: "targetType"`, "a Datatype", show(targetType), "Make one with mpi.datatype.");
    }
    const datatype = targetType.committed();
    const sent = message.count * this.world.integer("MPI_Type_size", message.datatype);
    const { size } = targetType;
    const count = size === 0 ? 0 : sent / size;
    if (!Number.isInteger(count) || count * size !== sent) {
      throw wrong(
        `${call}: "targetType"`,
        `a layout that ${sent} bytes fill a whole number of times`,
        `one of ${size} bytes`,
        "Fit the data to it.",
      );
    }
    return { count, datatype, reach: reachOfLayout(targetType, count) };
  }
}

/** What has to stay alive for data to stay alive; the same object for all arrays in one buffer. */
function memoryOf(data: Data): unknown {
  return data instanceof View ? (ArrayBuffer.isView(data.source) ? data.source.buffer : data.source) : data.buffer;
}

function displacement(call: string, at = 0): number {
  return expectWhole(`${call}: "at"`, at, { least: 0 }, "Count in the window's displacement units.");
}

/** Checks that data is as long as other data and of its type. */
function expectLike(call: string, argument: string, data: Message, model: Message): void {
  if (data.type.name === model.type.name && data.length === model.length) return;
  throw wrong(`${call}: "${argument}"`, describe(model), describe(data), 'Allocate it like "array".');
}
