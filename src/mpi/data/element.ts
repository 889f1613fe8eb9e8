import { show, wrong } from "../../argument.js";
import { type NumberArrays, numbers, type ShortName, toLong } from "../../elements.js";
import type { Constant } from "../library/abi.js";

/** The typed arrays that MPI calls take: in JavaScript's own memory or in WebAssembly memory. */
export type TypedArray = NumberArrays[ShortName] | Uint8ClampedArray;

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
  /** The typed array that holds such elements, or their parts. Absent for elements of a derived datatype. */
  readonly array?: (typeof numbers)[ShortName]["array"];
}

/** A number by its short name. */
const number = <S extends ShortName>(short: S, kind: ElementKind, datatype: Constant) => {
  const { long: name, array } = numbers[short];
  return { name, kind, byteLength: array.BYTES_PER_ELEMENT, datatype, array } as {
    readonly name: (typeof numbers)[S]["long"];
    readonly kind: ElementKind;
    readonly byteLength: number;
    readonly datatype: Constant;
    readonly array: (typeof numbers)[S]["array"];
  };
};

const element = <A>(name: string, kind: ElementKind, byteLength: number, datatype: Constant, array: A) => {
  return { name, kind, byteLength, datatype, array } as const;
};

/**
 * The element types by name. A complex number is its real and its imaginary part; a pair is a value and the index that
 * belongs to it, for `minloc` and `maxloc`, laid out as a C `struct` (`float64int32` has 4 bytes of padding); `packed`
 * are the bytes that `comm.pack()` makes of elements of any type.
 */
export const elementTypes = {
  int8: number("i8", "integer", "MPI_INT8_T"),
  uint8: number("u8", "integer", "MPI_UINT8_T"),
  int16: number("i16", "integer", "MPI_INT16_T"),
  uint16: number("u16", "integer", "MPI_UINT16_T"),
  int32: number("i32", "integer", "MPI_INT32_T"),
  uint32: number("u32", "integer", "MPI_UINT32_T"),
  int64: number("i64", "integer", "MPI_INT64_T"),
  uint64: number("u64", "integer", "MPI_UINT64_T"),
  float32: number("f32", "float", "MPI_FLOAT"),
  float64: number("f64", "float", "MPI_DOUBLE"),
  complex64: element("complex64", "complex", 8, "MPI_C_FLOAT_COMPLEX", Float32Array),
  complex128: element("complex128", "complex", 16, "MPI_C_DOUBLE_COMPLEX", Float64Array),
  byte: element("byte", "byte", 1, "MPI_BYTE", Uint8Array),
  int32int32: element("int32int32", "pair", 8, "MPI_2INT", Int32Array),
  float32int32: element("float32int32", "pair", 8, "MPI_FLOAT_INT", Uint8Array),
  float64int32: { ...element("float64int32", "pair", 16, "MPI_DOUBLE_INT", Uint8Array), size: 12 },
  packed: element("packed", "packed", 1, "MPI_PACKED", Uint8Array),
} as const satisfies Record<string, ElementType>;

/** The name of an element type, as messages have it. */
export type TypeName = keyof typeof elementTypes;

/** The name of an element type; numbers have a short one as well: `float64`, `f64`. */
export type ElementName = TypeName | ShortName;

const byTag: ReadonlyMap<string, ElementType> = new Map<string, ElementType>([
  ...Object.values(numbers).map(({ long, array }) => [array.name, elementTypes[long]] as const),
  ["Uint8ClampedArray", elementTypes.uint8],
  ["DataView", elementTypes.byte],
]);

/** The element type of a typed array, bytes for a `DataView`; `undefined` for anything else. */
export function elementTypeOf(array: unknown): ElementType | undefined {
  if (!ArrayBuffer.isView(array)) return undefined;
  return byTag.get((array as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] ?? "");
}

/** The element type of a name. @throws UsageError for an unknown name; `where` names the call and the argument. */
export function elementTypeNamed(name: string, where: string): ElementType {
  const long = toLong(name);
  if (typeof long === "string" && Object.hasOwn(elementTypes, long)) return elementTypes[long as TypeName];
  const names = Object.keys(elementTypes).join(", ");
  throw wrong(where, `one of ${names}`, show(name), "Name one of them.");
}
