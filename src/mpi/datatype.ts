import { UsageError } from "../errors.js";
import type { Constant } from "./abi.js";

/** The typed arrays that MPI calls take: in JavaScript's own memory or in WebAssembly memory. */
export type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** An element type: the word used in messages, the MPI datatype, and the size in bytes. */
export interface ElementType {
  readonly name: string;
  readonly datatype: Constant;
  readonly byteLength: number;
}

/** The element types by the name of their typed array. */
export const elementTypes: ReadonlyMap<string, ElementType> = new Map<string, ElementType>([
  ["Int8Array", { name: "int8", datatype: "MPI_INT8_T", byteLength: 1 }],
  ["Uint8Array", { name: "uint8", datatype: "MPI_UINT8_T", byteLength: 1 }],
  ["Uint8ClampedArray", { name: "uint8", datatype: "MPI_UINT8_T", byteLength: 1 }],
  ["Int16Array", { name: "int16", datatype: "MPI_INT16_T", byteLength: 2 }],
  ["Uint16Array", { name: "uint16", datatype: "MPI_UINT16_T", byteLength: 2 }],
  ["Int32Array", { name: "int32", datatype: "MPI_INT32_T", byteLength: 4 }],
  ["Uint32Array", { name: "uint32", datatype: "MPI_UINT32_T", byteLength: 4 }],
  ["BigInt64Array", { name: "int64", datatype: "MPI_INT64_T", byteLength: 8 }],
  ["BigUint64Array", { name: "uint64", datatype: "MPI_UINT64_T", byteLength: 8 }],
  ["Float32Array", { name: "float32", datatype: "MPI_FLOAT", byteLength: 4 }],
  ["Float64Array", { name: "float64", datatype: "MPI_DOUBLE", byteLength: 8 }],
]);

/**
 * The element type of a typed array. **Local.**
 * @throws UsageError when `array` is not a typed array; `where` names the call and argument.
 */
export function elementTypeOf(array: TypedArray, where: string): ElementType {
  const tag = ArrayBuffer.isView(array) ? (array as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] : undefined;
  const type = elementTypes.get(tag ?? "");
  if (type) return type;
  const given: unknown = array;
  const got =
    typeof given === "string"
      ? `"${given}"`
      : given === null || typeof given !== "object"
        ? String(given)
        : (given.constructor?.name ?? "object");
  throw new UsageError(`${where} expected a typed array, got ${got}. Pass for example a Float64Array.`);
}

/** The reduction operations that are named in options: `{ op: "sum" }`. */
export type Operation = keyof typeof operations;

const operations = {
  sum: "MPI_SUM",
  prod: "MPI_PROD",
  max: "MPI_MAX",
  min: "MPI_MIN",
  land: "MPI_LAND",
  band: "MPI_BAND",
  lor: "MPI_LOR",
  bor: "MPI_BOR",
  lxor: "MPI_LXOR",
  bxor: "MPI_BXOR",
} as const satisfies Record<string, Constant>;

/** The operations that MPI defines for floating-point numbers; logical and bitwise ones are for integers. */
const floatOperations: ReadonlySet<string> = new Set<Operation>(["sum", "prod", "max", "min"]);

/** The MPI constant of a named operation. @throws UsageError for a name that is unknown or not for the type. */
export function operationOf(op: string, typeName: string, where: string): Constant {
  const isFloat = typeName.startsWith("float");
  if (Object.hasOwn(operations, op) && (!isFloat || floatOperations.has(op))) return operations[op as Operation];
  const names = isFloat ? [...floatOperations] : Object.keys(operations);
  throw new UsageError(
    `${where}: "op" expected one of ${names.join(", ")} for ${typeName}, got ${JSON.stringify(op)}. Name one of them.`,
  );
}
