/** The world of one rank as its calls see it, and memory that they read and write. */
import { expect } from "vitest";
import { Scratch } from "../../../src/mpi/library/native.js";
import { soloLibrary } from "../../../src/mpi/solo/index.js";

export const library = soloLibrary();
export const { raw, constants: c } = library;
export const World = c.MPI_COMM_WORLD;

/** Memory that the calls read and write; `i32(1, 2)` gives a view of two fresh integers that knows its address. */
const heap = new Scratch(1 << 20);
let top = 0;

export function room(byteLength: number): { ptr: number; offset: number } {
  const offset = top;
  top += Math.ceil(byteLength / 16) * 16;
  return { ptr: heap.address + offset, offset };
}

type Placed<T> = T & { readonly ptr: number };

export function placed<T extends { set(values: ArrayLike<never>): void }>(
  Type: { new (buffer: ArrayBuffer, offset: number, length: number): T; readonly BYTES_PER_ELEMENT: number },
  values: readonly (number | bigint)[],
): Placed<T> {
  const { ptr, offset } = room(values.length * Type.BYTES_PER_ELEMENT);
  const view = new Type(heap.bytes.buffer as ArrayBuffer, offset, values.length);
  view.set(values as never[]);
  return Object.assign(view, { ptr });
}

export const i32 = (...values: number[]) => placed(Int32Array, values);
export const f64 = (...values: number[]) => placed(Float64Array, values);
const u8 = (...values: number[]) => placed(Uint8Array, values);

/** Handles, addresses, `MPI_Aint`. */
export const longs = (...values: number[]) => placed(BigInt64Array, values.map(BigInt));
export const text = (value: string) => u8(...Buffer.from(`${value}\0`)).ptr;
export const blank = (byteLength: number) => u8(...new Array(byteLength).fill(0));

export const textAt = (bytes: Uint8Array) =>
  Buffer.from(bytes)
    .toString()
    .replace(/\0[\s\S]*$/, "");

/** `ok`, or the class of the error with its text: `MPI_ERR_RANK: invalid rank`. */
export function outcome(code: number): string {
  if (code === 0) return "ok";
  const number = i32(0);
  const string = blank(512);
  raw.MPI_Error_class(code, number.ptr);
  raw.MPI_Error_string(code, string.ptr, i32(0).ptr);
  return `${library.errorClasses.get(number[0]!)}: ${textAt(string)}`;
}

export const classOf = (code: number) => outcome(code).replace(/:.*/, "");

/** Expects success. */
export function ok(...codes: number[]): void {
  for (const code of codes) expect(outcome(code)).toBe("ok");
}

/** The handle that a call writes where its last argument points. */
export function made(call: (ptr: number) => number): number {
  const handle = longs(0);
  ok(call(handle.ptr));
  return Number(handle[0]);
}

/** The integer that a call writes where its last argument points. */
export function told(call: (ptr: number) => number): number {
  const value = i32(-7);
  ok(call(value.ptr));
  return value[0]!;
}

export const committed = (call: (ptr: number) => number) => {
  const handle = longs(made(call));
  ok(raw.MPI_Type_commit(handle.ptr));
  return Number(handle[0]);
};

export const newStatus = () => i32(9, 9, 9, 9, 9, 9, 9, 9);

export const counted = (status: { ptr: number }, type: number) =>
  told((ptr) => raw.MPI_Get_count(status.ptr, type, ptr));

export const { MPI_DOUBLE, MPI_INT, MPI_INT32_T, MPI_STATUS_IGNORE, MPI_REQUEST_NULL, MPI_UNDEFINED, MPI_SUM } = c;
