/** Memory of the MPI library as typed arrays, for as long as the library keeps it. */
import { wrong } from "../../argument.js";
import { type ToLong, toLong } from "../../elements.js";
import { mostBytes } from "../../host.js";
import { foreignBuffer } from "../library/native.js";
import { type ElementName, type ElementType, elementTypes, type TypedArray } from "./element.js";

/** The typed array that holds elements of the type of this name. */
export type ArrayOf<N extends ElementName> = InstanceType<(typeof elementTypes)[ToLong<N>]["array"]>;

/**
 * Checks that elements of a type make up an array that JavaScript can have, and that the machine has memory for: libraries
 * hang in an allocation beyond it. Returns its bytes.
 */
export function externalBytes(type: ElementType, length: number, where: string): number {
  const most = Math.floor(mostBytes() / type.byteLength);
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
  const buffer = byteLength === 0 ? new ArrayBuffer(0) : foreignBuffer(address, byteLength);
  const Type = elementTypes[toLong(name)].array;
  return new Type(buffer, 0, Math.floor(byteLength / Type.BYTES_PER_ELEMENT)) as ArrayOf<N>;
}

/**
 * Empties an array over memory that is about to go: its length is 0 from then on. Before Node 22, which has `transfer`,
 * a byte stream does it: it has to take the buffer that it reads into, while `structuredClone` copies external ones.
 */
export function detach({ buffer }: TypedArray): void {
  if (buffer.byteLength === 0) return;
  const { transfer } = ArrayBuffer.prototype as { transfer?: () => unknown };
  if (transfer) transfer.call(buffer);
  else {
    const reader = new ReadableStream({ type: "bytes" }).getReader({ mode: "byob" });
    reader.read(new Uint8Array(buffer as ArrayBuffer)).catch(() => {});
  }
}
