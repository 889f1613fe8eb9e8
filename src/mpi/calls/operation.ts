import { expectFunction, expectKeys, keysOf, show, wrong } from "../../argument.js";
import type { UsageError } from "../../errors.js";
import { type ElementKind, type ElementType, elementTypes, type TypedArray } from "../data/element.js";
import { Pairs, type PairValue } from "../data/pairs.js";
import type { Constant } from "../library/abi.js";
import { Handle } from "../library/handle.js";
import { addressOf, koffi, system } from "../library/native.js";
import type { World } from "../library/world.js";
import { comparesRight, extremeOf } from "./extremes.js";
import type { Request } from "./request.js";

const arithmetic: readonly ElementKind[] = ["integer", "float", "complex"];
const ordered: readonly ElementKind[] = ["integer", "float"];
const logical: readonly ElementKind[] = ["integer"];
const bitwise: readonly ElementKind[] = ["integer", "byte"];
const located: readonly ElementKind[] = ["pair"];

/** The predefined operations: the MPI constant, and the kinds of elements that MPI defines it for. */
const operations = {
  sum: { constant: "MPI_SUM", kinds: arithmetic },
  prod: { constant: "MPI_PROD", kinds: arithmetic },
  max: { constant: "MPI_MAX", kinds: ordered },
  min: { constant: "MPI_MIN", kinds: ordered },
  land: { constant: "MPI_LAND", kinds: logical },
  band: { constant: "MPI_BAND", kinds: bitwise },
  lor: { constant: "MPI_LOR", kinds: logical },
  bor: { constant: "MPI_BOR", kinds: bitwise },
  lxor: { constant: "MPI_LXOR", kinds: logical },
  bxor: { constant: "MPI_BXOR", kinds: bitwise },
  minloc: { constant: "MPI_MINLOC", kinds: located },
  maxloc: { constant: "MPI_MAXLOC", kinds: located },
} as const satisfies Record<string, { constant: Constant; kinds: readonly ElementKind[] }>;

/** Operations for one-sided calls only: the new value replaces the old one, or the old one stays. */
const accumulations = { replace: "MPI_REPLACE", noOp: "MPI_NO_OP" } as const satisfies Record<string, Constant>;

/** The reduction operations that are named in options: `{ op: "sum" }`. */
export type OperationName = keyof typeof operations;

/** An operation: a predefined one by name, or one made with `mpi.createOp()`. */
export type Operation = OperationName | Op;

/** A named operation, or for one-sided calls also `replace` and `noOp`. */
export type Accumulation = OperationName | keyof typeof accumulations;

/** The library's handle of an operation. @throws UsageError for a name that is unknown or not for the type. */
export function operationOf(world: World, op: Operation, type: ElementType, where: string): number {
  if (type.kind === "struct" || type.kind === "packed") {
    throw wrong(where, "elements that can be combined", type.name, "Reduce typed arrays, or views of their elements.");
  }
  if (op instanceof Op) return op.handle;
  if (typeof op === "string" && Object.hasOwn(operations, op) && has(operations[op].kinds, type.kind)) {
    const predefined = world.constants[operations[op].constant];
    if (op !== "max" && op !== "min") return predefined;
    return extremeOf(world, op, type, predefined, (combine) => create(world, combine, true, new Failure()).handle);
  }
  const names = Object.entries(operations).flatMap(([name, { kinds }]) => (has(kinds, type.kind) ? [name] : []));
  throw unknown(names, op, type, where);
}

/** As {@link operationOf}, for one-sided calls, which take predefined operations only. */
export function accumulationOf(world: World, op: Accumulation, type: ElementType, where: string): number {
  if (typeof op === "string" && Object.hasOwn(accumulations, op)) {
    return world.constants[accumulations[op as keyof typeof accumulations]];
  }
  if (
    typeof op === "string" &&
    Object.hasOwn(operations, op) &&
    has(operations[op as OperationName].kinds, type.kind)
  ) {
    const predefined = world.constants[operations[op as OperationName].constant];
    if ((op !== "max" && op !== "min") || comparesRight(world, op, type, predefined)) return predefined;
    // One-sided calls take no operation in JavaScript that could do it.
    throw wrong(
      `${where}: "op"`,
      `one that ${world.library.version} does right for ${type.name}`,
      `"${op}", which it compares as signed`,
      "Use a signed type, or compareAndSwap().",
    );
  }
  const names = Object.entries(operations).flatMap(([name, { kinds }]) => (has(kinds, type.kind) ? [name] : []));
  throw unknown([...names, ...Object.keys(accumulations)], op, type, where);
}

function has(kinds: readonly ElementKind[], kind: ElementKind): boolean {
  return kinds.includes(kind);
}

function unknown(names: readonly string[], op: unknown, type: ElementType, where: string): UsageError {
  if (names.length === 0) {
    const types = Object.keys(elementTypes).join(", ");
    return wrong(`${where}: "op"`, `elements of ${types}`, type.name, "Combine arrays of them.");
  }
  return wrong(`${where}: "op"`, `one of ${names.join(", ")} for ${type.name}`, show(op), "Name one of them.");
}

/** Elements that an operation in JavaScript gets: complex numbers as their parts, pairs as {@link Pairs}. */
export type Elements = TypedArray | Pairs;

/**
 * Combines `input` and `inout`, element by element, into `inout`. Where the operation is not commutative, `input` comes
 * from the lower ranks.
 */
export type Combine<A extends Elements = Float64Array> = (input: A, inout: A) => void;

/** Options of `mpi.createOp()`. */
export interface OpOptions {
  /** Whether the library may change the order of the ranks. Default true. */
  readonly commutative?: boolean;
}

const opKeys = keysOf<OpOptions>({ commutative: true });

/** The elements in a buffer, as an operation gets them: numbers, complex ones as their parts, bytes, pairs. @internal */
export function elementsOf({ name, kind, array }: ElementType, buffer: ArrayBuffer): Elements {
  if (kind === "pair") return new Pairs(name.replace(/int32$/, "") as PairValue, buffer);
  return new array!(buffer);
}

/** What a function threw while the library called it; it cannot be thrown through the library's code. */
class Failure {
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

/**
 * A reduction operation in JavaScript, made with `mpi.createOp()`. It has to be associative; the library calls it with
 * parts of the arrays, in an order of its choice. What it throws is thrown by the call that it is for, or by the `wait`
 * for that, on the ranks where it was thrown; the result is then of no use on any rank. Costs some 10 microseconds a
 * call. Free it when done. **Local.**
 */
export class Op extends Handle {
  protected readonly kind = "operation";
  /** @internal */ readonly combine: Combine<never>;
  readonly commutative: boolean;
  readonly #failure: Failure;
  #callback: unknown;

  /** @internal */
  constructor(world: World, combine: Combine<never>, commutative: boolean) {
    const failure = new Failure();
    const { handle, callback } = create(world, combine, commutative, failure);
    super(world, handle);
    this.combine = combine;
    this.commutative = commutative;
    this.#failure = failure;
    this.#callback = callback;
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
    koffi().unregister(this.#callback as Parameters<ReturnType<typeof koffi>["unregister"]>[0]);
    this.#callback = undefined;
  }

  override toString(): string {
    return `operation in JavaScript${this.commutative ? "" : ", not commutative"}`;
  }
}

/** Makes an operation in JavaScript. @throws UsageError for what is no function */
export function createOp<A extends Elements>(world: World, combine: Combine<A>, options: OpOptions): Op {
  expectFunction('mpi.createOp: "combine"', combine, "Give (input, inout) => { ... }.");
  expectKeys("mpi.createOp", options, opKeys);
  return new Op(world, combine, options.commutative ?? true);
}

/** Makes an operation of the library that calls a function, which has to stay registered as long as it is used. */
function create(
  world: World,
  combine: Combine<never>,
  commutative: boolean,
  failure: Failure,
): { handle: number; callback: unknown } {
  const callback = koffi().register(callbackOf(world, combine, failure), koffi().pointer(signature()));
  const address = Number(koffi().address(callback));
  world.call("MPI_Op_create", address, Number(commutative), world.outPtr);
  return { handle: world.readHandle(0), callback };
}

let userFunction: ReturnType<ReturnType<typeof koffi>["proto"]> | undefined;
function signature() {
  userFunction ??= koffi().proto(
    "void WasmMpiUserFunction(int64_t in, int64_t inout, int64_t count, int64_t datatype)",
  );
  return userFunction;
}

/** What the library calls: copies the elements out of its memory, combines them, and copies the result back. */
function callbackOf(world: World, combine: Combine<never>, failure: Failure) {
  const names = new Map(Object.values(elementTypes).map((type) => [world.constants[type.datatype], type] as const));
  const words = new BigInt64Array(2);
  const integers = new Int32Array(words.buffer);
  const copy = (inPtr: number, inoutPtr: number, countPtr: number, datatypePtr: number) => {
    const { memcpy } = system();
    memcpy(addressOf(words), countPtr, 4);
    const count = integers[0]!;
    const { handleSize } = world.library.abi;
    memcpy(addressOf(words), datatypePtr, handleSize);
    const type = names.get(handleSize === 4 ? integers[0]! : Number(words[0]!));
    if (!type || type.kind === "packed") {
      throw wrong(
        "mpi.createOp",
        "elements of a type with a name",
        "others from the library",
        "Reduce contiguous arrays.",
      );
    }
    const byteLength = count * type.byteLength;
    if (byteLength === 0) return;
    const [input, inout] = [new ArrayBuffer(byteLength), new ArrayBuffer(byteLength)];
    const inoutView = new Uint8Array(inout);
    memcpy(addressOf(new Uint8Array(input)), inPtr, byteLength);
    memcpy(addressOf(inoutView), inoutPtr, byteLength);
    combine(elementsOf(type, input) as never, elementsOf(type, inout) as never);
    memcpy(inoutPtr, addressOf(inoutView), byteLength);
  };
  return (...ptrs: readonly [number | bigint, number | bigint, number | bigint, number | bigint]) => {
    const [inPtr, inoutPtr, countPtr, datatypePtr] = ptrs.map(Number) as [number, number, number, number];
    failure.run(() => copy(inPtr, inoutPtr, countPtr, datatypePtr));
  };
}
