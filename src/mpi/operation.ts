import { UsageError } from "../errors.js";
import type { Constant } from "./abi.js";
import { type ElementKind, type ElementType, elementTypes, show, type TypedArray } from "./element.js";
import { Handle } from "./handle.js";
import { addressOf, koffi, system } from "./native.js";
import { extremeOf } from "./unsigned.js";
import type { World } from "./world.js";

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
  if (op instanceof Op && Object.hasOwn(views, type.name)) return op.handle;
  if (typeof op === "string" && Object.hasOwn(operations, op) && has(operations[op].kinds, type.kind)) {
    const predefined = world.constants[operations[op].constant];
    if (op !== "max" && op !== "min") return predefined;
    return extremeOf(world, op, type, predefined, (combine) => create(world, combine, true).handle);
  }
  const names = Object.entries(operations).flatMap(([name, { kinds }]) => (has(kinds, type.kind) ? [name] : []));
  throw unknown(names, op, type, where);
}

/** As {@link operationOf}, for one-sided calls, which take predefined operations only. */
export function accumulationOf(world: World, op: Accumulation, type: ElementType, where: string): number {
  if (typeof op === "string" && Object.hasOwn(accumulations, op)) {
    return world.constants[accumulations[op as keyof typeof accumulations]];
  }
  if (typeof op === "string") {
    if (Object.hasOwn(operations, op) && has(operations[op as OperationName].kinds, type.kind)) {
      return world.constants[operations[op as OperationName].constant];
    }
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
    return new UsageError(`${where}: "op" expected elements of ${types}, got ${type.name}. Combine arrays of them.`);
  }
  return new UsageError(
    `${where}: "op" expected one of ${names.join(", ")} for ${type.name}, got ${show(op)}. Name one of them.`,
  );
}

/** Combines `input` and `inout`, element by element, into `inout`. */
export type Combine<A extends TypedArray = Float64Array> = (input: A, inout: A) => void;

/** Makes typed arrays of the elements that an operation gets; complex numbers and bytes come as their parts. */
const views: Readonly<Record<string, (buffer: ArrayBuffer) => TypedArray>> = {
  int8: (buffer) => new Int8Array(buffer),
  uint8: (buffer) => new Uint8Array(buffer),
  int16: (buffer) => new Int16Array(buffer),
  uint16: (buffer) => new Uint16Array(buffer),
  int32: (buffer) => new Int32Array(buffer),
  uint32: (buffer) => new Uint32Array(buffer),
  int64: (buffer) => new BigInt64Array(buffer),
  uint64: (buffer) => new BigUint64Array(buffer),
  float32: (buffer) => new Float32Array(buffer),
  float64: (buffer) => new Float64Array(buffer),
  complex64: (buffer) => new Float32Array(buffer),
  complex128: (buffer) => new Float64Array(buffer),
  byte: (buffer) => new Uint8Array(buffer),
};

/**
 * A reduction operation in JavaScript, made with `mpi.createOp()`. It has to be associative; the library calls it with
 * parts of the arrays, in an order of its choice. Costs some 10 microseconds a call. Free it when done. **Local.**
 */
export class Op extends Handle {
  protected readonly kind = "operation";
  /** @internal */ readonly combine: Combine<never>;
  readonly commutative: boolean;
  readonly #callback: unknown;

  /** @internal */
  constructor(world: World, combine: Combine<never>, commutative: boolean) {
    const { handle, callback } = create(world, combine, commutative);
    super(world, handle);
    this.combine = combine;
    this.commutative = commutative;
    this.#callback = callback;
  }

  /** Releases the operation. **Local.** */
  free(): void {
    this.release("MPI_Op_free");
    koffi().unregister(this.#callback as Parameters<ReturnType<typeof koffi>["unregister"]>[0]);
  }

  override toString(): string {
    return `operation in JavaScript${this.commutative ? "" : ", not commutative"}`;
  }
}

function create(world: World, combine: Combine<never>, commutative: boolean): { handle: number; callback: unknown } {
  const callback = koffi().register(callbackOf(world, combine), koffi().pointer(signature()));
  const address = Number(koffi().address(callback));
  world.check(world.raw.MPI_Op_create(address, Number(commutative), world.scratch.address), "MPI_Op_create");
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
function callbackOf(world: World, combine: Combine<never>) {
  const names = new Map(Object.values(elementTypes).map((type) => [world.constants[type.datatype], type] as const));
  const words = new BigInt64Array(2);
  const integers = new Int32Array(words.buffer);
  return (
    inPtr: number | bigint,
    inoutPtr: number | bigint,
    countPtr: number | bigint,
    datatypePtr: number | bigint,
  ) => {
    const { memcpy } = system();
    memcpy(addressOf(words), Number(countPtr), 4);
    const count = integers[0]!;
    const { handleSize } = world.library.abi;
    memcpy(addressOf(words), Number(datatypePtr), handleSize);
    const type = names.get(handleSize === 4 ? integers[0]! : Number(words[0]!));
    const view = type && views[type.name];
    if (!type || !view) {
      throw new UsageError(
        `mpi.createOp: expected elements of ${Object.keys(views).join(", ")}, got ${type?.name ?? "a derived datatype"}. Reduce contiguous arrays.`,
      );
    }
    const byteLength = count * type.byteLength;
    if (byteLength === 0) return;
    const [input, inout] = [view(new ArrayBuffer(byteLength)), view(new ArrayBuffer(byteLength))];
    memcpy(addressOf(input), Number(inPtr), byteLength);
    memcpy(addressOf(inout), Number(inoutPtr), byteLength);
    combine(input as never, inout as never);
    memcpy(Number(inoutPtr), addressOf(inout), byteLength);
  };
}
