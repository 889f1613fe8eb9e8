/** Memory of the MPI library as typed arrays, for as long as the library keeps it. */
import { constants } from "node:buffer";
import { wrong } from "../../argument.js";
import { koffi } from "../library/native.js";
import type { ElementName, ElementType, TypedArray } from "./element.js";

/** Makes the typed array that holds elements of a type; complex numbers, pairs and bytes come as their parts. */
const arrays = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
  complex64: Float32Array,
  complex128: Float64Array,
  byte: Uint8Array,
  int32int32: Int32Array,
  float32int32: Uint8Array,
  float64int32: Uint8Array,
  packed: Uint8Array,
} as const satisfies Record<ElementName, new (buffer: ArrayBuffer) => TypedArray>;

/** The typed array that holds elements of the type of this name. */
export type ArrayOf<N extends ElementName> = InstanceType<(typeof arrays)[N]>;

/** Checks that elements of a type make up an array that JavaScript can have. Returns its bytes. */
export function externalBytes(type: ElementType, length: number, where: string): number {
  const most = Math.floor(constants.MAX_LENGTH / type.byteLength);
  if (Number.isSafeInteger(length) && length >= 0 && length <= most) return length * type.byteLength;
  throw wrong(
    `${where}: "length"`,
    `a whole number of ${type.name} from 0 to ${most}`,
    String(length),
    "Count in elements.",
  );
}

/** A typed array over memory at an address. Its memory is not JavaScript's: {@link detach} it before it goes. */
export function externalArray<N extends ElementName>(name: N, address: number, byteLength: number): ArrayOf<N> {
  const buffer = byteLength === 0 ? new ArrayBuffer(0) : koffi().view(address, byteLength);
  const Type = arrays[name] as unknown as new (buffer: ArrayBuffer, offset: number, length: number) => ArrayOf<N>;
  const { BYTES_PER_ELEMENT } = arrays[name];
  return new Type(buffer, 0, Math.floor(byteLength / BYTES_PER_ELEMENT));
}

/**
 * Empties an array over memory that is about to go: its length is 0 from then on. Before Node 22, which has `transfer`,
 * a byte stream does it: it has to take the buffer that it reads into, while `structuredClone` copies external ones.
 */
export function detach({ buffer }: TypedArray): void {
  if (buffer.byteLength === 0) return;
  const { transfer } = buffer as { transfer?: () => unknown };
  if (transfer) transfer.call(buffer);
  else {
    const reader = new ReadableStream({ type: "bytes" }).getReader({ mode: "byob" });
    reader.read(new Uint8Array(buffer as ArrayBuffer)).catch(() => {});
  }
}
