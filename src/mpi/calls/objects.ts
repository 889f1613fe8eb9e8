/** Messages of JavaScript values, serialised as `structuredClone()` does. */
import { expectFunction, expectKeys, expectOptions, show, wrong } from "../../argument.js";
import type { UsageError } from "../../errors.js";
import { largestInt } from "../data/buffer.js";
import { deserialized, serialized } from "../data/serial.js";
import { type RootOptions, rootKeys } from "./collectives.js";
import { Exchanges } from "./exchanges.js";
import {
  type RecvOptions,
  recvKeys,
  type SendOptions,
  type SendrecvOptions,
  sendKeys,
  sendrecvKeys,
} from "./messages.js";
import { ObjectRequest } from "./objectrequest.js";
import type { Request } from "./request.js";

/** Combines the values of two ranks, of which `a` is that of the lower; has to be the same function on all ranks. */
export type CombineObjects<T> = (a: T, b: T) => T;

/** Stands for the length of a value that cannot be serialised. */
const failed = -1;

/**
 * Messages of values: numbers, texts, lists, objects, `Map`, `Set`, `Date`, `BigInt`, errors, typed arrays, and objects
 * that refer to themselves; not functions, symbols and handles of MPI. What comes is a copy, without its class. Where
 * speed matters, send typed arrays instead.
 *
 * ```js
 * const options = comm.bcastObject(comm.rank === 0 ? { steps: 10, names: ["psi"] } : undefined);
 * console.log(options); // { steps: 10, names: [ 'psi' ] }
 * const all = comm.gatherObject({ rank: comm.rank }); // A list on rank 0, undefined elsewhere.
 * ```
 */
export abstract class Objects extends Exchanges {
  /**
   * Sends a value, to be received with {@link recvObject}. **Blocking.**
   * @throws UsageError when it cannot be serialised; nothing is sent then
   */
  sendObject(value: unknown, options: SendOptions): void {
    const call = "Comm.sendObject";
    this.#expectSend(options, call);
    this.send(serialized(value, call, "value"), options);
  }

  /**
   * Receives a value of {@link sendObject}; `undefined` from `PROC_NULL`. Where the source or the tag matters, take the
   * message with `mprobe()` and receive it with its `recvObject()`. **Blocking.**
   */
  recvObject<T = unknown>(options: RecvOptions = {}): T {
    const call = "Comm.recvObject";
    this.#expectRecv(options, call);
    return this.mprobe(options).value<T>(call);
  }

  /**
   * As {@link sendObject}, but returns at once. The value may be changed: its bytes are on their way. **Local.**
   * @throws UsageError when it cannot be serialised; nothing is sent then
   */
  isendObject(value: unknown, options: SendOptions): Request<Uint8Array> {
    const call = "Comm.isendObject";
    this.#expectSend(options, call);
    return this.isend(serialized(value, call, "value"), options);
  }

  /**
   * As {@link recvObject}, to be awaited or waited for later. The message is taken then: the first one that fits and that
   * no other call has received; requests of a communicator take theirs in the order in which they were made. **Local.**
   */
  irecvObject<T = unknown>(options: RecvOptions = {}): ObjectRequest<T> {
    const call = "Comm.irecvObject";
    this.#expectRecv(options, call);
    return new ObjectRequest<T>(this, options);
  }

  /** Sends a value and receives another at the same time, so that rings do not deadlock. **Blocking.** */
  sendrecvObject<T = unknown>(value: unknown, options: SendrecvOptions): T {
    const call = "Comm.sendrecvObject";
    expectOptions(call, options, sendrecvKeys);
    const { to, from, sendTag, recvTag } = options;
    this.rankOf(to, call, "to");
    this.sourceOf(from, call);
    this.sendTag(sendTag, call, "sendTag");
    this.recvTag(recvTag, call, "recvTag");
    const sent = this.isend(serialized(value, call, "value"), { to, ...(sendTag !== undefined && { tag: sendTag }) });
    try {
      return this.recvObject<T>({ from, ...(recvTag !== undefined && { tag: recvTag }) });
    } finally {
      sent.wait(); // Also where what has come is no value: the other rank gets its own.
    }
  }

  /**
   * Gives the root's value to every rank; `value` is ignored elsewhere. **Collective.**
   * @returns a copy of the root's value, on the root the value itself
   * @throws UsageError on every rank when it cannot be serialised
   */
  bcastObject<T = unknown>(value?: T, options: RootOptions = {}): T {
    const call = "Comm.bcastObject";
    const root = this.#root(options, call);
    const isRoot = this.rank === root;
    const { bytes, error } = isRoot ? attempt(() => serialized(value, call, "value")) : nobody;
    const length = Int32Array.of(bytes ? bytes.length : failed);
    this.bcast(length, { root });
    if (error) throw error;
    if (length[0] === failed) throw elsewhere(call, "value", root);
    const message = bytes ?? new Uint8Array(length[0]!);
    this.bcast(message, { root });
    return isRoot ? (value as T) : (deserialized(message) as T);
  }

  /**
   * Gives the values of all ranks to the root. **Collective.**
   * @returns the values by rank on the root, its own as a copy as well; `undefined` elsewhere
   * @throws UsageError on every rank when one cannot be serialised
   */
  gatherObject<T = unknown>(value: T, options: RootOptions = {}): T[] | undefined {
    return this.#gathered(value, options, "Comm.gatherObject");
  }

  #gathered<T>(value: T, options: RootOptions, call: string): T[] | undefined {
    const root = this.#root(options, call);
    const { bytes, counts, total } = this.#counted(value, call);
    const recv = this.rank === root ? new Uint8Array(total) : undefined;
    this.gatherv(bytes, recv, { root, counts });
    return recv && (pieces(recv, counts).map(deserialized) as T[]);
  }

  /**
   * Gives the values of all ranks to every rank. **Collective.**
   * @returns the values by rank, its own as a copy as well
   * @throws UsageError on every rank when one cannot be serialised
   */
  allgatherObject<T = unknown>(value: T): T[] {
    return this.#allgathered(value, "Comm.allgatherObject");
  }

  #allgathered<T>(value: T, call: string): T[] {
    this.#expectOneGroup(call);
    const { bytes, counts, total } = this.#counted(value, call);
    return pieces(this.allgatherv(bytes, new Uint8Array(total), { counts }), counts).map(deserialized) as T[];
  }

  /**
   * Gives each rank its value of the root's list; `values` is ignored elsewhere. **Collective.**
   * @returns a copy, on the root as well
   * @throws UsageError on every rank when there is not one value a rank or one cannot be serialised
   */
  scatterObject<T = unknown>(values?: readonly T[], options: RootOptions = {}): T {
    const call = "Comm.scatterObject";
    const root = this.#root(options, call);
    const isRoot = this.rank === root;
    const { bytes: parts, error } = isRoot ? attempt(() => this.#parts(values, call)) : nobody;
    const counts = parts?.map((part) => part.length) ?? new Array<number>(this.size).fill(failed);
    const length = new Int32Array(1);
    this.scatter(isRoot ? Int32Array.from(counts) : undefined, length, { root });
    if (error) throw error;
    if (length[0] === failed) throw elsewhere(call, "values", root);
    const recv = new Uint8Array(length[0]!);
    this.scatterv(parts && joined(parts), recv, { root, counts });
    return deserialized(recv) as T;
  }

  /**
   * Gives each rank its value of every rank's list. **Collective.**
   * @returns what each rank had for this one, by rank, as copies
   * @throws UsageError on every rank when there is not one value a rank or one cannot be serialised
   */
  alltoallObject<T = unknown>(values: readonly T[]): T[] {
    const call = "Comm.alltoallObject";
    this.#expectOneGroup(call);
    const { bytes: parts, error } = attempt(() => this.#parts(values, call));
    const sendCounts = parts?.map((part) => part.length) ?? new Array<number>(this.size).fill(failed);
    const recvCounts = [...this.alltoall(Int32Array.from(sendCounts), new Int32Array(this.size))];
    if (error) throw error;
    const wrong = recvCounts.indexOf(failed);
    if (wrong >= 0) throw elsewhere(call, "values", wrong);
    const sum = recvCounts.reduce((total, count) => total + count, 0);
    totalOf([this.allreduce(sum, { op: "max" })], call);
    const recv = this.alltoallv(joined(parts!), new Uint8Array(sum), { sendCounts, recvCounts });
    return pieces(recv, recvCounts).map(deserialized) as T[];
  }

  /**
   * Combines the values of all ranks, from rank 0 on, each with what came before. **Collective.**
   * @returns the result on the root, `undefined` elsewhere
   * @throws UsageError on every rank when a value cannot be serialised
   */
  reduceObject<T = unknown>(value: T, combine: CombineObjects<T>, options: RootOptions = {}): T | undefined {
    const call = "Comm.reduceObject";
    expectCombine(call, combine);
    return this.#gathered(value, options, call)?.reduce((a, b) => combine(a, b));
  }

  /** As {@link reduceObject}; every rank gets the result. **Collective.** */
  allreduceObject<T = unknown>(value: T, combine: CombineObjects<T>): T {
    const call = "Comm.allreduceObject";
    expectCombine(call, combine);
    return this.#allgathered(value, call).reduce((a, b) => combine(a, b));
  }

  /** As {@link reduceObject}, for the values of the ranks from 0 to this one. **Collective.** */
  scanObject<T = unknown>(value: T, combine: CombineObjects<T>): T {
    const call = "Comm.scanObject";
    expectCombine(call, combine);
    return this.#allgathered(value, call)
      .slice(0, this.rank + 1)
      .reduce((a, b) => combine(a, b));
  }

  /** As {@link scanObject}, for the values of the ranks before this one; `undefined` on rank 0. **Collective.** */
  exscanObject<T = unknown>(value: T, combine: CombineObjects<T>): T | undefined {
    const call = "Comm.exscanObject";
    expectCombine(call, combine);
    const before = this.#allgathered(value, call).slice(0, this.rank);
    return before.length === 0 ? undefined : before.reduce((a, b) => combine(a, b));
  }

  /** Errors name the call for values, and not the one that it makes for their bytes. */
  #expectSend(options: SendOptions, call: string): void {
    expectOptions(call, options, sendKeys);
    this.rankOf(options.to, call, "to");
    this.sendTag(options.tag, call, "tag");
  }

  #expectRecv(options: RecvOptions, call: string): void {
    expectKeys(call, options, recvKeys);
    this.sourceOf(options.from, call);
    this.recvTag(options.tag, call, "tag");
  }

  #parts(values: unknown, call: string): Uint8Array[] {
    if (!Array.isArray(values) || values.length !== this.size) {
      const got = Array.isArray(values) ? values.length : show(values);
      throw wrong(`${call}: "values"`, `a list of ${this.size} values, one a rank`, got, "Give each rank its value.");
    }
    const parts = values.map((value) => serialized(value, call, "values"));
    totalOf(
      parts.map((part) => part.length),
      call,
    );
    return parts;
  }

  /** The value of this rank, and the lengths of those of all ranks. */
  #counted(value: unknown, call: string): { bytes: Uint8Array; counts: number[]; total: number } {
    const { bytes, error } = attempt(() => serialized(value, call, "value"));
    const counts = [...this.allgather(Int32Array.of(bytes ? bytes.length : failed), new Int32Array(this.size))];
    if (error) throw error;
    const wrong = counts.indexOf(failed);
    if (wrong >= 0) throw elsewhere(call, "value", wrong);
    return { bytes: bytes!, counts, total: totalOf(counts, call) };
  }

  #root(options: RootOptions, call: string): number {
    expectKeys(call, options, rootKeys);
    this.#expectOneGroup(call);
    return this.rootOf(options.root, call);
  }

  #expectOneGroup(call: string): void {
    if (!this.inter) return;
    throw wrong(call, "a communicator of one group", "an intercommunicator", "Merge its groups, or use sendObject.");
  }
}

function expectCombine(call: string, combine: unknown): void {
  expectFunction(`${call}: "combine"`, combine, "Give (a, b) => ... .");
}

const nobody = { bytes: undefined, error: undefined };

/** The result or the error of a step that may fail on one rank, of which the others have to know. */
function attempt<B>(serialize: () => B): { bytes: B | undefined; error: unknown } {
  try {
    return { bytes: serialize(), error: undefined };
  } catch (error) {
    return { bytes: undefined, error };
  }
}

function elsewhere(call: string, argument: string, rank: number): UsageError {
  return wrong(
    `${call}: "${argument}"`,
    "what can be serialised on every rank",
    `an error on rank ${rank}`,
    "Mend what that error names.",
  );
}

/** The sum of the lengths of values that travel together. @throws UsageError beyond the largest count. @internal */
export function totalOf(counts: readonly number[], call: string): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total <= largestInt) return total;
  throw wrong(
    call,
    `at most ${largestInt} bytes of all ranks together`,
    total,
    "Send them one by one with sendObject.",
  );
}

/** The pieces of a message, one behind the other. */
function pieces(bytes: Uint8Array, counts: readonly number[]): Uint8Array[] {
  let end = 0;
  return counts.map((count) => {
    end += count;
    return bytes.subarray(end - count, end);
  });
}

/** The pieces of a message as one. */
function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    bytes.set(part, end);
    end += part.length;
  }
  return bytes;
}
