/** Operations in JavaScript: the functions that a library calls, and what they get. */
import { expectFunction, expectKeys, keysOf, show, wrong } from "../../argument.js";
import type { UsageError } from "../../errors.js";
import { describe, largestInt, type Message } from "../data/buffer.js";
import { Datatype } from "../data/datatype.js";
import { type ElementType, elementTypes, type TypedArray } from "../data/element.js";
import { Pairs, type PairValue } from "../data/pairs.js";
import { View } from "../data/view.js";
import { Handle } from "../library/handle.js";
import { koffi, system } from "../library/machine.js";
import { addressOf } from "../library/native.js";
import type { World } from "../library/world.js";
import type { Request } from "./request.js";

/**
 * Elements that an operation in JavaScript gets: complex numbers as their parts, pairs as {@link Pairs}, those of a derived
 * datatype as bytes, each as long as the extent of the datatype.
 */
export type Elements = TypedArray | Pairs | DataView;

/**
 * Combines `input` and `inout`, element by element, into `inout`. Where the operation is not commutative, `input` comes
 * from the lower ranks.
 */
export type Combine<A extends Elements = Float64Array> = (input: A, inout: A) => void;

/** Options of `mpi.createOp()`. */
export interface OpOptions {
  /** Whether the library may change the order of the ranks. Default true. */
  readonly commutative?: boolean;
  /**
   * What belongs together, so that no library parts it: so many elements of an array, one behind the other, or an element
   * of a derived datatype. Default 1.
   */
  readonly of?: number | Datatype;
}

const opKeys = keysOf<OpOptions>({ commutative: true, of: true });

/** The elements in a buffer, as an operation gets them: numbers, complex ones as their parts, bytes, pairs. @internal */
export function elementsOf({ name, kind, array }: ElementType, buffer: ArrayBuffer): Elements {
  if (kind === "pair") return new Pairs(name.replace(/int32$/, "") as PairValue, buffer);
  return new array!(buffer);
}

/** What a function threw while the library called it; it cannot be thrown through the library's code. */
export class Failure {
  #thrown: { readonly error: unknown } | undefined;

  /** Runs `combine` unless it has failed already; the results do not count any more then. */
  run(combine: () => void): void {
    if (this.#thrown) return;
    try {
      combine();
    } catch (error) {
      this.#thrown = { error };
    }
  }

  rethrow(): void {
    const thrown = this.#thrown;
    this.#thrown = undefined;
    if (thrown) throw thrown.error;
  }
}

/** What an operation combines at a time, in memory. */
interface Unit {
  /** From one to the next. */
  readonly byteLength: number;
  /** Bytes before its data and behind: they may lie outside the library's memory. */
  readonly before: number;
  readonly behind: number;
  elements(buffer: ArrayBuffer): Elements;
}

/** So many elements of a type, one behind the other. */
function unitOf(type: ElementType, length: number): Unit {
  const elements = (buffer: ArrayBuffer) => elementsOf(type, buffer);
  return { byteLength: length * type.byteLength, before: 0, behind: 0, elements };
}

function unitOfDatatype({ extent, trueLowerBound, trueExtent }: Datatype): Unit {
  const behind = extent - trueLowerBound - trueExtent;
  return { byteLength: extent, before: trueLowerBound, behind, elements: (buffer) => new DataView(buffer) };
}

/** Copies what lies at two addresses out of the library's memory, combines it, and copies the result back. */
function combineAt(unit: Unit, combine: Combine<never>, inPtr: number, inoutPtr: number, count: number): void {
  const { before } = unit;
  const byteLength = count * unit.byteLength;
  const span = byteLength - before - unit.behind;
  if (count === 0 || span <= 0) return;
  const { memcpy } = system();
  const [input, inout] = [new ArrayBuffer(byteLength), new ArrayBuffer(byteLength)];
  const result = new Uint8Array(inout, before);
  memcpy(addressOf(new Uint8Array(input, before)), inPtr + before, span);
  memcpy(addressOf(result), inoutPtr + before, span);
  combine(unit.elements(input) as never, unit.elements(inout) as never);
  memcpy(inoutPtr + before, addressOf(result), span);
}

/**
 * A reduction operation in JavaScript, made with `mpi.createOp()`. It has to be associative; the library calls it with
 * parts of the arrays, in an order of its choice. What it throws is thrown by the call that it is for, or by the `wait`
 * for that, on the ranks where it was thrown; the result is then of no use on any rank. Costs some 10 microseconds a
 * call. Free it when done. **Local.**
 *
 * ```js
 * const longest = mpi.createOp((input, inout) => {
 *   for (let i = 0; i < inout.length; i++) if (Math.abs(input[i]) > Math.abs(inout[i])) inout[i] = input[i];
 * });
 * const [value] = comm.allreduce(Float64Array.of(-2 * comm.rank), new Float64Array(1), { op: longest });
 * console.log(value); // -4 on 3 ranks
 * longest.free();
 * ```
 */
export class Op extends Handle {
  protected readonly kind = "operation";
  /** @internal */ readonly combine: Combine<never>;
  /** Whether the library may change the order of ranks. */
  readonly commutative: boolean;
  /** @internal */ readonly of: number | Datatype;
  readonly #failure: Failure;
  /** The units by the library's datatypes. */
  readonly #units: Map<number, Unit>;
  /** The datatypes of groups of elements, by the names of their types. */
  readonly #groups = new Map<string, number>();
  #callback: unknown;

  /** @internal */
  constructor(world: World, combine: Combine<never>, commutative: boolean, of: number | Datatype) {
    const failure = new Failure();
    const units = of === 1 ? predefinedUnits(world) : new Map<number, Unit>();
    const { handle, callback } = register(world, combining(units, combine), commutative, failure);
    super(world, handle);
    this.combine = combine;
    this.commutative = commutative;
    this.of = of;
    this.#failure = failure;
    this.#units = units;
    this.#callback = callback;
  }

  /** Data as the operation takes them: by groups of elements that stay together. @throws UsageError @internal */
  taken(message: Message, data: unknown, call: string, argument: string): Message {
    const { of } = this;
    const { type, length } = message;
    const where = `${call}: "${argument}"`;
    if (of instanceof Datatype) {
      if (data instanceof View && data.datatype === of) {
        if (!this.#units.has(message.datatype)) this.#units.set(message.datatype, unitOfDatatype(of));
        return message;
      }
      const todo = "Pass mpi.view(array, { datatype }) with the one of the operation.";
      throw wrong(where, `elements of the operation's datatype, ${of.title}`, describe(message), todo);
    }
    if (type.kind === "struct" || type.kind === "packed") {
      const todo = "Make the operation with { of: datatype }.";
      throw wrong(where, "elements that the operation combines", type.name, todo);
    }
    if (of === 1) return message;
    if (length % of !== 0) {
      const got = describe(message);
      throw wrong(where, `a multiple of ${of} ${type.name}, which the operation combines`, got, "Pass whole groups.");
    }
    return { ...message, count: length / of, datatype: this.#group(type, of), unit: of };
  }

  #group(type: ElementType, of: number): number {
    let datatype = this.#groups.get(type.name);
    if (datatype === undefined) {
      const { world } = this;
      world.call("MPI_Type_contiguous", of, world.constants[type.datatype!], world.outPtr);
      datatype = world.readHandle(0);
      world.call("MPI_Type_commit", world.outPtr);
      this.#groups.set(type.name, datatype);
      this.#units.set(datatype, unitOf(type, of));
    }
    return datatype;
  }

  /** Combines the elements of the operation's datatype at two addresses. @internal */
  combineAt(inPtr: number, inoutPtr: number, { datatype, count }: Message): void {
    combineAt(this.#units.get(datatype)!, this.combine, inPtr, inoutPtr, count);
  }

  /** Releases the operation; calls that are under way still complete with it. **Local.** */
  free(): void {
    this.release("MPI_Op_free");
    this.retire();
  }

  /** Throws what the function threw since the last time. @internal */
  rethrow(): void {
    this.#failure.rethrow();
  }

  /** Takes the function from the library when the operation is freed and no request needs it. @internal */
  retire(): void {
    if (!this.freed || this.#callback === undefined) return;
    for (const request of this.world.requests) if ((request as Request).op === this) return;
    unregister(this.#callback);
    this.#callback = undefined;
    for (const datatype of this.#groups.values()) this.world.freeType(datatype);
    this.#groups.clear();
  }

  /** What it is, in one line. **Local.** */
  override toString(): string {
    const { of } = this;
    const groups = of === 1 ? "" : `, of ${of instanceof Datatype ? of.title : `${of} elements`}`;
    return `operation in JavaScript${groups}${this.commutative ? "" : ", not commutative"}`;
  }
}

/** Makes an operation in JavaScript. @throws UsageError for what is no function */
export function createOp<A extends Elements>(world: World, combine: Combine<A>, options: OpOptions): Op {
  expectFunction('mpi.createOp: "combine"', combine, "Give (input, inout) => { ... }.");
  expectKeys("mpi.createOp", options, opKeys);
  const { commutative = true, of = 1 } = options;
  if (typeof commutative !== "boolean") {
    throw wrong('mpi.createOp: "commutative"', "true or false", show(commutative), "Leave it out for true.");
  }
  return new Op(world, expectingDone(combine), commutative, expectOf(of));
}

/** A function that also says when it has only begun: nothing can be awaited in a call of the library. */
function expectingDone<A extends Elements>(combine: Combine<A>): Combine<A> {
  return (input, inout) => {
    const returned: unknown = combine(input, inout);
    if (!(returned instanceof Promise)) return;
    const todo = "Await what it needs before.";
    throw wrong(
      'mpi.createOp: "combine"',
      "a function that is done when it returns",
      "one that returns a promise",
      todo,
    );
  };
}

function expectOf(of: number | Datatype): number | Datatype {
  const wrongOf = (expected: string, got: string, todo: string): UsageError =>
    wrong('mpi.createOp: "of"', expected, got, todo);
  if (of instanceof Datatype) {
    const { trueLowerBound, trueExtent, extent } = of;
    if (trueLowerBound >= 0 && trueLowerBound + trueExtent <= extent) return of;
    const got = `data from byte ${trueLowerBound} to ${trueLowerBound + trueExtent} in an extent of ${extent}`;
    throw wrongOf("a datatype whose data lie within its extent", got, "Make one with mpi.datatype.resized().");
  }
  if (Number.isInteger(of) && of >= 1 && of <= largestInt) return of;
  throw wrongOf("a number of elements from 1, or a datatype", show(of), "Say how many belong together.");
}

/** The handle of an operation on single elements that lasts as long as the job. @internal */
export function elementwise(world: World, combine: Combine<never>): number {
  return register(world, combining(predefinedUnits(world), combine), true, new Failure()).handle;
}

function predefinedUnits(world: World): Map<number, Unit> {
  const types = Object.values(elementTypes).filter(({ kind }) => kind !== "packed");
  return new Map(types.map((type) => [world.constants[type.datatype], unitOf(type, 1)]));
}

/** Combines what lies at two addresses of the machine: so many elements of a datatype of the library. */
type CombineAt = (inPtr: number, inoutPtr: number, count: number, datatype: number) => void;

function combining(units: ReadonlyMap<number, Unit>, combine: Combine<never>): CombineAt {
  return (inPtr, inoutPtr, count, datatype) => {
    const unit = units.get(datatype);
    if (unit) combineAt(unit, combine, inPtr, inoutPtr, count);
    else {
      const todo = "Reduce contiguous arrays.";
      throw wrong("mpi.createOp", "elements of a type with a name", "others from the library", todo);
    }
  };
}

/** Makes an operation of the library that calls a function, which has to stay registered as long as it is used. */
export function register(
  world: World,
  combine: CombineAt,
  commutative: boolean,
  failure: Failure,
): { handle: number; callback: unknown } {
  const callback = koffi().register(callbackOf(world, combine, failure), koffi().pointer(signature()));
  const address = Number(koffi().address(callback));
  world.call("MPI_Op_create", address, Number(commutative), world.outPtr);
  return { handle: world.readHandle(0), callback };
}

/** Releases the function of an operation. */
export function unregister(callback: unknown): void {
  koffi().unregister(callback as Parameters<ReturnType<typeof koffi>["unregister"]>[0]);
}

let userFunction: ReturnType<ReturnType<typeof koffi>["proto"]> | undefined;
function signature() {
  userFunction ??= koffi().proto(
    "void WasmMpiUserFunction(int64_t in, int64_t inout, int64_t count, int64_t datatype)",
  );
  return userFunction;
}

/** What the library calls, with the addresses of the count and of the datatype. */
function callbackOf(world: World, combine: CombineAt, failure: Failure) {
  const words = new BigInt64Array(2);
  const integers = new Int32Array(words.buffer);
  const { handleSize } = world.library.abi;
  const run = (inPtr: number, inoutPtr: number, countPtr: number, datatypePtr: number) => {
    const { memcpy } = system();
    memcpy(addressOf(words), countPtr, 4);
    const count = integers[0]!;
    memcpy(addressOf(words), datatypePtr, handleSize);
    combine(inPtr, inoutPtr, count, handleSize === 4 ? integers[0]! : Number(words[0]!));
  };
  return (...ptrs: readonly [number | bigint, number | bigint, number | bigint, number | bigint]) => {
    const [inPtr, inoutPtr, countPtr, datatypePtr] = ptrs.map(Number) as [number, number, number, number];
    failure.run(() => run(inPtr, inoutPtr, countPtr, datatypePtr));
  };
}
