/** The predefined reductions of arrays of values of each kind, as a C compiler would make them. */
import { type NumberArrays, numbers, type ShortName } from "../../elements.js";
import { type ErrorName, fail } from "./failure.js";

const error: ErrorName = "OP";

type Values = NumberArrays[Exclude<ShortName, "i64" | "u64">];
type LongValues = NumberArrays["i64" | "u64"];

// Storing a number into an array of integers wraps it around, and into one of 32-bit floats rounds it, as C does.
const { i64, u64, ...arraysOfNumbers } = Object.fromEntries(
  Object.entries(numbers).map(([short, { array }]) => [short, array]),
) as { readonly [S in ShortName]: (typeof numbers)[S]["array"] };
const arrays = { ...arraysOfNumbers, c32: Float32Array, c64: Float64Array, bool: Uint8Array, byte: Uint8Array };
const longArrays: Readonly<Record<string, typeof BigInt64Array | typeof BigUint64Array>> = {
  i64,
  u64,
  address: BigInt64Array,
};

type Scalar<T> = Readonly<Record<string, (a: T, b: T) => T>>;

const order = { MAX: <T>(a: T, b: T) => (a > b ? a : b), MIN: <T>(a: T, b: T) => (a < b ? a : b) };
const real: Scalar<number> = { ...order, SUM: (a, b) => a + b, PROD: (a, b) => a * b };
const bitwise: Scalar<number> = { BAND: (a, b) => a & b, BOR: (a, b) => a | b, BXOR: (a, b) => a ^ b };
const logical: Scalar<number> = {
  LAND: (a, b) => Number(a !== 0 && b !== 0),
  LOR: (a, b) => Number(a !== 0 || b !== 0),
  LXOR: (a, b) => Number((a !== 0) !== (b !== 0)),
};
const integer: Scalar<number> = { ...order, SUM: (a, b) => a + b, PROD: Math.imul, ...bitwise, ...logical };
const long: Scalar<bigint> = {
  ...order,
  SUM: (a, b) => a + b,
  PROD: (a, b) => a * b,
  BAND: (a, b) => a & b,
  BOR: (a, b) => a | b,
  BXOR: (a, b) => a ^ b,
};
const longLogical: Scalar<bigint> = {
  LAND: (a, b) => BigInt(a !== 0n && b !== 0n),
  LOR: (a, b) => BigInt(a !== 0n || b !== 0n),
  LXOR: (a, b) => BigInt((a !== 0n) !== (b !== 0n)),
};

const byKind: Readonly<Record<string, Scalar<number>>> = { f32: real, f64: real, bool: logical, byte: bitwise };
const longByKind: Readonly<Record<string, Scalar<bigint>>> = {
  i64: { ...long, ...longLogical },
  u64: { ...long, ...longLogical },
  address: long,
};

/**
 * Reduces `byteLength` bytes of values that follow each other without gaps: the second becomes first `op` second.
 * Absent for what MPI does not define.
 */
export type Reduction = (first: ArrayBuffer, second: ArrayBuffer, byteLength: number) => void;

/** The reduction `op` (`SUM`, `MAXLOC`...) of values of a kind; the call fails where MPI does not define it. */
export function reductionOf(op: string, kind: string): Reduction {
  if (op === "NO_OP") return () => {};
  if (op === "REPLACE") {
    return (first, second, byteLength) => new Uint8Array(second).set(new Uint8Array(first, 0, byteLength));
  }
  const [value, index] = kind.split(" ") as [string, string?];
  if (index !== undefined) return pairs(op, value);
  if (kind === "c32" || kind === "c64") return complex(op, kind);
  const longs = longArrays[kind];
  if (longs) {
    const apply = longByKind[kind]?.[op] ?? fail(error);
    return (first, second, byteLength) => {
      const [a, b]: LongValues[] = [new longs(first), new longs(second)];
      for (let at = 0; at < byteLength / 8; at++) b![at] = apply(a![at]!, b![at]!);
    };
  }
  if (!(kind in arrays)) fail(error);
  const numbers = arrays[kind as keyof typeof arrays];
  const apply = (byKind[kind] ?? integer)[op] ?? fail(error);
  return (first, second, byteLength) => {
    const [a, b]: Values[] = [new numbers(first), new numbers(second)];
    const count = byteLength / numbers.BYTES_PER_ELEMENT;
    for (let at = 0; at < count; at++) b![at] = apply(a![at]!, b![at]!);
  };
}

function complex(op: string, kind: "c32" | "c64"): Reduction {
  if (op !== "SUM" && op !== "PROD") fail(error);
  const numbers = arrays[kind];
  // Each product and each sum is rounded, as in C.
  const round = kind === "c32" ? Math.fround : (value: number) => value;
  return (first, second, byteLength) => {
    const [a, b] = [new numbers(first), new numbers(second)];
    for (let at = 0; at < byteLength / numbers.BYTES_PER_ELEMENT; at += 2) {
      const [p, q, r, s] = [a[at]!, a[at + 1]!, b[at]!, b[at + 1]!];
      b[at] = op === "SUM" ? p + r : round(p * r) - round(q * s);
      b[at + 1] = op === "SUM" ? q + s : round(p * s) + round(q * r);
    }
  };
}

/** The larger or smaller value with its index; of equal values the lower index. */
function pairs(op: string, kind: string): Reduction {
  if (op !== "MAXLOC" && op !== "MINLOC") fail(error);
  const sign = op === "MAXLOC" ? 1 : -1;
  const size = Number(kind.slice(1)) / 8;
  const read = (view: DataView, at: number): number | bigint => {
    if (kind === "f64") return view.getFloat64(at, true);
    if (kind === "f32") return view.getFloat32(at, true);
    if (kind === "i64") return view.getBigInt64(at, true);
    return kind === "i32" ? view.getInt32(at, true) : view.getInt16(at, true);
  };
  return (first, second, byteLength) => {
    const [a, b] = [new DataView(first), new DataView(second)];
    const [from, to] = [new Uint8Array(first), new Uint8Array(second)];
    for (let at = 0; at < byteLength; at += size + 4) {
      const [x, y] = [read(a, at), read(b, at)];
      const better = sign > 0 ? x > y : x < y;
      if (better) to.set(from.subarray(at, at + size + 4), at);
      else if (x === y) b.setInt32(at + size, Math.min(a.getInt32(at + size, true), b.getInt32(at + size, true)), true);
    }
  };
}
