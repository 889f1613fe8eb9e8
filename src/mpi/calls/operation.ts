import { show, wrong } from "../../argument.js";
import type { UsageError } from "../../errors.js";
import { type ElementKind, type ElementType, elementTypes } from "../data/element.js";
import type { Constant } from "../library/abi.js";
import type { World } from "../library/world.js";
import { comparesRight, extremeOf } from "./extremes.js";
import { elementwise, Op } from "./op.js";

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
export function operationOf(world: World, op: Operation | undefined = "sum", type: ElementType, where: string): number {
  if (op instanceof Op) return op.handle;
  if (type.kind === "struct" || type.kind === "packed") {
    const todo = "Reduce typed arrays, or views of their elements, or make an operation with { of: datatype }.";
    throw wrong(where, "elements that can be combined", type.name, todo);
  }
  if (typeof op === "string" && Object.hasOwn(operations, op) && has(operations[op].kinds, type.kind)) {
    const predefined = world.constants[operations[op].constant];
    if (op !== "max" && op !== "min") return predefined;
    return extremeOf(world, op, type, predefined, (combine) => elementwise(world, combine));
  }
  const names = Object.entries(operations).flatMap(([name, { kinds }]) => (has(kinds, type.kind) ? [name] : []));
  throw unknown(names, op, type, where);
}

/** As {@link operationOf}, for one-sided calls, which take predefined operations only. */
export function accumulationOf(
  world: World,
  op: Accumulation | undefined = "sum",
  type: ElementType,
  where: string,
): number {
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
