import { UsageError } from "../errors.js";
import { type Call, Calls, callName, type Form } from "./calls.js";
import { elementTypes } from "./element.js";
import { type Data, expectResult, IN_PLACE, type Message } from "./message.js";
import { Op, type Operation, operationOf } from "./operation.js";
import { unequalPieces } from "./pieces.js";
import type { Collective } from "./prototypes.js";
import type { Request } from "./request.js";
import { View } from "./view.js";

/** Options of the reductions. */
export interface ReduceOptions {
  /** Default `sum`. */
  readonly op?: Operation;
}

/** Options of a reduction to one rank. */
export interface RootedReduceOptions extends ReduceOptions {
  /** The rank that gets the result. Default 0. */
  readonly root?: number;
}

/** Options of {@link Reductions.reduceScatter}. */
export interface ReduceScatterOptions extends ReduceOptions {
  /** Elements of the result on each rank. */
  readonly counts: readonly number[];
}

/** Data, or `IN_PLACE` for what is in the result already. */
export type Input = Data | typeof IN_PLACE;

/** Data side by side: a view that is not is copied for the time of a blocking call. */
interface Flat {
  readonly message: Message;
  /** Copies a result to where it belongs. */
  readonly finish?: () => void;
}

/**
 * Collective calls that combine the data of all ranks, element by element. `recv` may be `send` itself. Views that are
 * not contiguous are copied by the blocking calls and refused by the others, which could not copy the result back.
 */
export abstract class Reductions extends Calls {
  /** Combines `send` of all ranks into `recv` on the root, ignored elsewhere. **Collective.** */
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
    const root = this.rootOf(options.root ?? 0, call);
    const { sends, receives } = this.role(root);
    if (!sends && !receives) return this.idle("Reduce", root, send as Data);
    const given = sends ? send : IN_PLACE;
    return this.#combine("Reduce", form, given, receives ? (recv as Data) : undefined, options, [root]);
  }

  /**
   * Combines a number, or arrays element by element, of all ranks; every rank gets the result. **Collective.**
   * @returns the combined number, or `recv`
   */
  allreduce(value: number, options?: ReduceOptions): number;
  allreduce<D extends Data>(send: Input, recv: D, options?: ReduceOptions): D;
  allreduce(send: number | Input, second?: Data | ReduceOptions, third?: ReduceOptions): unknown {
    if (typeof send === "number") return this.#allreduceNumber(send, (second as ReduceOptions | undefined)?.op);
    this.run(this.#combine("Allreduce", "blocking", send, second as Data, third ?? {}, []));
    return second;
  }

  #allreduceNumber(value: number, op: Operation = "sum"): number {
    const { world } = this;
    const { numbers, numbersPtr, raw, constants } = world;
    numbers[0] = value;
    const operation = operationOf(world, op, elementTypes.float64, "MPI_Allreduce");
    if (world.crowded) {
      const values = [numbersPtr, numbersPtr + 8, 1, constants.MPI_DOUBLE, operation, this.handle];
      this.run({ name: "Allreduce", values, buffer: numbers, ...opOf({ op }) });
    } else {
      const code = raw.MPI_Allreduce(numbersPtr, numbersPtr + 8, 1, constants.MPI_DOUBLE, operation, this.handle);
      world.check(code, "MPI_Allreduce");
      if (op instanceof Op) op.rethrow();
    }
    return numbers[1]!;
  }

  /** Begins {@link allreduce} of arrays. **Collective.** */
  iallreduce<D extends Data>(send: Input, recv: D, options: ReduceOptions = {}): Request<D> {
    return this.begin(this.#combine("Allreduce", "nonblocking", send, recv, options, []));
  }

  /** Prepares {@link allreduce} of arrays. **Collective.** */
  allreduceInit<D extends Data>(send: Input, recv: D, options: ReduceOptions = {}): Request<D> {
    return this.prepare(this.#combine("Allreduce", "persistent", send, recv, options, []));
  }

  /** Combines `send` of the ranks from 0 to this one. **Collective.** */
  scan<D extends Data>(send: Input, recv: D, options: ReduceOptions = {}): D {
    this.run(this.#combine("Scan", "blocking", send, recv, options, []));
    return recv;
  }

  /** Begins {@link scan}. **Collective.** */
  iscan<D extends Data>(send: Input, recv: D, options: ReduceOptions = {}): Request<D> {
    return this.begin(this.#combine("Scan", "nonblocking", send, recv, options, []));
  }

  /** Prepares {@link scan}. **Collective.** */
  scanInit<D extends Data>(send: Input, recv: D, options: ReduceOptions = {}): Request<D> {
    return this.prepare(this.#combine("Scan", "persistent", send, recv, options, []));
  }

  /** Combines `send` of the ranks before this one; `recv` of rank 0 stays as it is. **Collective.** */
  exscan<D extends Data>(send: Input, recv: D, options: ReduceOptions = {}): D {
    this.run(this.#combine("Exscan", "blocking", send, recv, options, []));
    return recv;
  }

  /** Begins {@link exscan}. **Collective.** */
  iexscan<D extends Data>(send: Input, recv: D, options: ReduceOptions = {}): Request<D> {
    return this.begin(this.#combine("Exscan", "nonblocking", send, recv, options, []));
  }

  /** Prepares {@link exscan}. **Collective.** */
  exscanInit<D extends Data>(send: Input, recv: D, options: ReduceOptions = {}): Request<D> {
    return this.prepare(this.#combine("Exscan", "persistent", send, recv, options, []));
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
    const into = this.#flat(form, callName("Reduce_scatter_block", form), "recv", recv, "result");
    // In place, the input lies where the first piece of it is to be replaced by the result.
    const count = send === IN_PLACE ? Math.floor(into.message.count / this.size) : into.message.count;
    return this.#scatter("Reduce_scatter_block", form, send, recv, into, options, count, count * this.size);
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
    const into = this.#flat(form, call, "recv", recv, "result");
    const names = { counts: "counts", displs: "counts", data: send === IN_PLACE ? "recv" : "send" };
    const whole = send === IN_PLACE ? into.message : this.#flat(form, call, "send", send, "input").message;
    const { counts } = unequalPieces(whole, options, this.size, call, names);
    const own = counts[this.rank]!;
    if (into.message.count < own) {
      throw new UsageError(
        `${call}: "recv" expected at least ${own} elements, "counts" of this rank, got ${into.message.count}. Allocate it to fit.`,
      );
    }
    const total = counts.reduce((sum, count) => sum + count, 0);
    return this.#scatter("Reduce_scatter", form, send, recv, into, options, counts, total);
  }

  #scatter<D extends Data>(
    name: "Reduce_scatter" | "Reduce_scatter_block",
    form: Form,
    send: Input,
    recv: D,
    into: Flat,
    options: ReduceOptions,
    counts: number | Int32Array,
    total: number,
  ): Call<D> {
    const { world } = this;
    const call = callName(name, form);
    const { type, datatype, address } = into.message;
    const op = operationOf(world, options.op ?? "sum", type, call);
    const out = send === IN_PLACE ? undefined : this.#flat(form, call, "send", send, "input").message;
    if (out && (out.type.name !== type.name || out.length !== total)) {
      throw new UsageError(
        `${call}: "send" expected ${total} ${type.name}, the pieces of all ranks, got ${out.length} ${out.type.name}. Allocate it to fit "recv".`,
      );
    }
    const from = out?.address ?? world.constants.MPI_IN_PLACE;
    const countOrPtr = typeof counts === "number" ? counts : world.addressOf(counts);
    const values = [from, address, countOrPtr, datatype, op, this.handle];
    return { name, values, buffer: recv, keep: [send, counts], ...opOf(options), ...finishOf(into) };
  }

  /** A reduction whose input and result are of one length; without `recv` this rank gets no result. */
  #combine<D extends Data>(
    name: Collective,
    form: Form,
    send: Input,
    recv: D | undefined,
    options: ReduceOptions,
    root: readonly number[],
  ): Call<D> {
    const { world } = this;
    const call = callName(name, form);
    const out = send === IN_PLACE ? undefined : this.#flat(form, call, "send", send, "input").message;
    const receives = root.length === 0 || this.role(root[0]!).receives;
    const into = receives ? this.#flat(form, call, "recv", recv as D, "result") : undefined;
    if (out && into) expectResult(call, into.message, out, out.length);
    const shape = out ?? into?.message;
    const type = shape?.type ?? elementTypes.int32;
    const op = operationOf(world, options.op ?? "sum", type, call);
    const { MPI_IN_PLACE, MPI_INT32_T } = world.constants;
    const address = into?.message.address ?? 0;
    // MPI wants to be told when both are one. Empty arrays have no address.
    const inPlace = !out || (out.address === address && address !== 0 && !this.inter);
    // Of an intercommunicator's root nothing is read, but MPICH takes no null pointer.
    const from = inPlace ? (this.inter ? world.scratch.address : MPI_IN_PLACE) : out.address;
    const values = [from, address, shape?.count ?? 0, shape?.datatype ?? MPI_INT32_T, op, ...root, this.handle];
    return {
      name,
      values,
      buffer: (recv ?? send) as D,
      keep: [send, into],
      ...opOf(options),
      ...(into && finishOf(into)),
    };
  }

  /** Data as predefined operations need it. */
  #flat(form: Form, call: string, argument: string, data: Data, role: "input" | "result"): Flat {
    const message = this.message(data, call, argument);
    if (!(data instanceof View) || data.contiguous || data.datatype) return { message };
    if (form !== "blocking") {
      throw new UsageError(
        `${call}: "${argument}" expected contiguous data, got ${data}. Reduce an array, or call the blocking form.`,
      );
    }
    const packed = data.pack();
    const { length, type } = message;
    const { datatype } = type;
    const flat = { address: this.world.addressOf(packed), count: length, unit: 1, length, type };
    this.world.keep(packed);
    const finish = role === "result" ? { finish: () => data.unpack(packed) } : {};
    return { message: { ...flat, datatype: this.world.constants[datatype!] }, ...finish };
  }
}

function opOf({ op }: ReduceOptions): { op?: Op } {
  return op instanceof Op ? { op } : {};
}

function finishOf(flat: Flat): { finish?: () => void } {
  return flat.finish ? { finish: flat.finish } : {};
}
