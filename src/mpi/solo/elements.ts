/** The predefined datatypes. */
import { isWindows } from "../../host.js";
import type { Constant } from "../library/abi.js";
import { constants } from "./failure.js";
import { Datatype } from "./typemap.js";

const long = isWindows ? "i32" : "i64";

/**
 * What the values of each type are: integers, floating-point and complex numbers with their bits; addresses and
 * offsets; truth values; bytes; characters, with which nothing is reckoned; and pairs of a value and an index.
 */
const kinds = {
  MPI_BYTE: "byte",
  MPI_PACKED: "packed",
  MPI_CHAR: "char",
  MPI_SIGNED_CHAR: "i8",
  MPI_UNSIGNED_CHAR: "u8",
  MPI_SHORT: "i16",
  MPI_UNSIGNED_SHORT: "u16",
  MPI_INT: "i32",
  MPI_UNSIGNED: "u32",
  MPI_LONG: long,
  MPI_UNSIGNED_LONG: long.replace("i", "u"),
  MPI_LONG_LONG: "i64",
  MPI_UNSIGNED_LONG_LONG: "u64",
  MPI_FLOAT: "f32",
  MPI_DOUBLE: "f64",
  MPI_INT8_T: "i8",
  MPI_UINT8_T: "u8",
  MPI_INT16_T: "i16",
  MPI_UINT16_T: "u16",
  MPI_INT32_T: "i32",
  MPI_UINT32_T: "u32",
  MPI_INT64_T: "i64",
  MPI_UINT64_T: "u64",
  MPI_C_BOOL: "bool",
  MPI_C_FLOAT_COMPLEX: "c32",
  MPI_C_DOUBLE_COMPLEX: "c64",
  MPI_AINT: "address",
  MPI_OFFSET: "address",
  MPI_COUNT: "address",
  MPI_FLOAT_INT: "f32 i32",
  MPI_DOUBLE_INT: "f64 i32",
  MPI_LONG_INT: `${long} i32`,
  MPI_SHORT_INT: "i16 i32",
  MPI_2INT: "i32 i32",
} as const satisfies Partial<Record<Constant, string>>;

/** Bytes of a value of a kind: 1 where the kind names no bits. */
function byteLengthOf(kind: string): number {
  if (kind === "address") return 8;
  const values = kind.startsWith("c3") || kind.startsWith("c6") ? 2 : 1;
  return (values * Number(/\d+/.exec(kind)?.[0] ?? 8)) / 8;
}

function basic(kind: string, handle = 0): Datatype {
  const byteLength = byteLengthOf(kind);
  return Datatype.basic(byteLength, Math.min(byteLength, kind === "c32" ? 4 : 8), { handle, kind });
}

/** The predefined types by their handles. */
export function predefinedTypes(): [number, Datatype][] {
  return Object.entries(kinds).map(([name, kind]) => {
    const handle = constants[name as Constant];
    const [value, index] = kind.split(" ") as [string, string?];
    if (index === undefined) return [handle, Object.assign(basic(kind, handle), { name })];
    // As a C structure: a pair with a short has a gap in it, one with a double at its end.
    const first = basic(value);
    const parts = [
      { type: first, offset: 0, count: 1 },
      { type: basic(index), offset: Math.max(first.size, 4), count: 1 },
    ];
    const pair = new Datatype(parts, { structure: true });
    return [handle, Object.assign(pair, { name, unit: { handle, kind }, predefined: true, committed: true })];
  });
}
