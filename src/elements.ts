/**
 * The numbers that arrays hold: for each kind the short name, which is AssemblyScript's, the long one of MPI and NumPy,
 * and the typed array. All other tables of element types are made of this one, and each takes both names.
 */
export const numbers = {
  i8: { long: "int8", array: Int8Array },
  u8: { long: "uint8", array: Uint8Array },
  i16: { long: "int16", array: Int16Array },
  u16: { long: "uint16", array: Uint16Array },
  i32: { long: "int32", array: Int32Array },
  u32: { long: "uint32", array: Uint32Array },
  i64: { long: "int64", array: BigInt64Array },
  u64: { long: "uint64", array: BigUint64Array },
  f32: { long: "float32", array: Float32Array },
  f64: { long: "float64", array: Float64Array },
} as const;

/** `f64` and the like. */
export type ShortName = keyof typeof numbers;

/** The typed arrays by the short names of their numbers, in memory of any kind. */
export interface NumberArrays {
  i8: Int8Array;
  u8: Uint8Array;
  i16: Int16Array;
  u16: Uint16Array;
  i32: Int32Array;
  u32: Uint32Array;
  i64: BigInt64Array;
  u64: BigUint64Array;
  f32: Float32Array;
  f64: Float64Array;
}

/** `float64` and the like, of all numbers or of some. */
export type LongName<S extends ShortName = ShortName> = (typeof numbers)[S]["long"];

/** The long name of a short one; of any other name the name itself. */
export type ToLong<N> = N extends ShortName ? LongName<N> : N;

/** The short name of a long one; of any other name the name itself. */
export type ToShort<N> = N extends LongName ? { [S in ShortName]: LongName<S> extends N ? S : never }[ShortName] : N;

const shortNames: ReadonlyMap<unknown, ShortName> = new Map(
  Object.entries(numbers).map(([short, { long }]) => [long, short as ShortName]),
);

/** The short name of a number's long one; anything else as it is. */
export function toShort<N>(name: N): ToShort<N> {
  return (shortNames.get(name) ?? name) as ToShort<N>;
}

/** The long name of a number's short one; anything else as it is. */
export function toLong<N>(name: N): ToLong<N> {
  const short = typeof name === "string" && Object.hasOwn(numbers, name);
  return (short ? numbers[name as ShortName].long : name) as ToLong<N>;
}
