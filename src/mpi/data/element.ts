import { show, wrong } from "../../argument.js";
import type { Constant } from "../library/abi.js";

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

/** What an element is, which decides the operations that are defined for it. */
export type ElementKind = "byte" | "integer" | "float" | "complex" | "pair" | "packed" | "struct";

/** An element type: the word used in messages, the MPI datatype, and the size in bytes. */
export interface ElementType {
  readonly name: string;
  readonly kind: ElementKind;
  /** From one element to the next. */
  readonly byteLength: number;
  /** Bytes of data in an element, where they are not `byteLength`: without padding and gaps. */
  readonly size?: number;
  /** Absent for elements of a derived datatype. */
  readonly datatype?: Constant;
}

const element = (name: string, kind: ElementKind, byteLength: number, datatype: Constant) => {
  return { name, kind, byteLength, datatype } as const;
};

/**
 * The element types by name. A complex number is its real and its imaginary part; a pair is a value and the index that
 * belongs to it, for `minloc` and `maxloc`, laid out as a C `struct` (`float64int32` has 4 bytes of padding); `packed`
 * are the bytes that `comm.pack()` makes of elements of any type.
 */
export const elementTypes = {
  int8: element("int8", "integer", 1, "MPI_INT8_T"),
  uint8: element("uint8", "integer", 1, "MPI_UINT8_T"),
  int16: element("int16", "integer", 2, "MPI_INT16_T"),
  uint16: element("uint16", "integer", 2, "MPI_UINT16_T"),
  int32: element("int32", "integer", 4, "MPI_INT32_T"),
  uint32: element("uint32", "integer", 4, "MPI_UINT32_T"),
  int64: element("int64", "integer", 8, "MPI_INT64_T"),
  uint64: element("uint64", "integer", 8, "MPI_UINT64_T"),
  float32: element("float32", "float", 4, "MPI_FLOAT"),
  float64: element("float64", "float", 8, "MPI_DOUBLE"),
  complex64: element("complex64", "complex", 8, "MPI_C_FLOAT_COMPLEX"),
  complex128: element("complex128", "complex", 16, "MPI_C_DOUBLE_COMPLEX"),
  byte: element("byte", "byte", 1, "MPI_BYTE"),
  int32int32: element("int32int32", "pair", 8, "MPI_2INT"),
  float32int32: element("float32int32", "pair", 8, "MPI_FLOAT_INT"),
  float64int32: { ...element("float64int32", "pair", 16, "MPI_DOUBLE_INT"), size: 12 },
  packed: element("packed", "packed", 1, "MPI_PACKED"),
} as const satisfies Record<string, ElementType>;

/** The name of an element type. */
export type ElementName = keyof typeof elementTypes;

const byTag: ReadonlyMap<string, ElementType> = new Map<string, ElementType>([
  ["Int8Array", elementTypes.int8],
  ["Uint8Array", elementTypes.uint8],
  ["Uint8ClampedArray", elementTypes.uint8],
  ["Int16Array", elementTypes.int16],
  ["Uint16Array", elementTypes.uint16],
  ["Int32Array", elementTypes.int32],
  ["Uint32Array", elementTypes.uint32],
  ["BigInt64Array", elementTypes.int64],
  ["BigUint64Array", elementTypes.uint64],
  ["Float32Array", elementTypes.float32],
  ["Float64Array", elementTypes.float64],
  ["DataView", elementTypes.byte],
]);

/** The element type of a typed array, bytes for a `DataView`; `undefined` for anything else. */
export function elementTypeOf(array: unknown): ElementType | undefined {
  if (!ArrayBuffer.isView(array)) return undefined;
  return byTag.get((array as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] ?? "");
}

/** The element type of a name. @throws UsageError for an unknown name; `where` names the call and the argument. */
export function elementTypeNamed(name: string, where: string): ElementType {
  if (Object.hasOwn(elementTypes, name)) return elementTypes[name as ElementName];
  const names = Object.keys(elementTypes).join(", ");
  throw wrong(where, `one of ${names}`, show(name), "Name one of them.");
}
