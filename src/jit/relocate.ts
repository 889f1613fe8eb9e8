/**
 * Static data of a compiled module lies at fixed addresses, which its code holds as constants. A source is compiled for
 * two addresses: wherever the two modules differ there is an address. With the list of these places a module can be moved
 * to a block of the heap, which is another one in every process. The list is in the last section of the module, with the
 * signatures of its functions.
 */

import type { Signatures } from "./border/signature.js";

/** The address for which a module is compiled first: as a constant in code it always takes 5 bytes. */
export const compiledBase = 2 ** 28;
/** From the first address to the second; the lowest byte of an address then always differs between the two. */
export const compiledShift = 0x654310;
/** The memory of which the compiler is told, in pages: beyond both addresses. Its number takes 2 bytes. */
export const compiledPages = 6144;

const sectionName = "wasm-mpi";

/** The contents of the last section of a module. */
export interface Layout {
  /** Bytes of static data. */
  readonly byteLength: number;
  /** Where constants in code are addresses, as offsets in the module. */
  readonly constants: readonly number[];
  /** Where words of the data are addresses. */
  readonly words: readonly number[];
  readonly signatures: Signatures;
}

/** Makes of the two compilations one module that can be moved; `undefined` when they differ in more than addresses. */
export function movable(
  first: Uint8Array,
  second: Uint8Array,
  byteLength: number,
  signatures: Signatures,
): Uint8Array<ArrayBuffer> | undefined {
  if (first.length !== second.length) return undefined;
  const constants: number[] = [];
  const words: number[] = [];
  for (let at = 0; at < first.length; at++) {
    if (first[at] === second[at]) continue;
    if (constantAt(second, at) - constantAt(first, at) === compiledShift) {
      constants.push(at);
      at += 4;
    } else if (wordAt(second, at) - wordAt(first, at) === compiledShift) {
      words.push(at);
      at += 3;
    } else return undefined;
  }
  const layout: Layout = { byteLength, constants, words, signatures };
  const body = new TextEncoder().encode(JSON.stringify(layout));
  const name = new TextEncoder().encode(sectionName);
  const section = [0, ...unsigned(1 + name.length + body.length), name.length, ...name, ...body];
  const bytes = new Uint8Array(first.length + section.length);
  bytes.set(withSmallMemory(first));
  bytes.set(section, first.length);
  return bytes;
}

/** The contents of a module's last section; `undefined` when the bytes are not a module of this package. */
export function layoutOf(bytes: Uint8Array): Layout | undefined {
  try {
    for (const { id, start, end } of sectionsOf(bytes)) {
      const nameEnd = start + 1 + sectionName.length;
      if (id !== 0 || bytes[start] !== sectionName.length) continue;
      if (new TextDecoder().decode(bytes.subarray(start + 1, nameEnd)) !== sectionName) continue;
      const layout = JSON.parse(new TextDecoder().decode(bytes.subarray(nameEnd, end))) as Layout;
      return layout.signatures && layout; // Modules of earlier versions have none.
    }
  } catch {
    // Not a whole module.
  }
  return undefined;
}

/** The module with its static data at `base`, a multiple of 16. */
export function moved(bytes: Uint8Array<ArrayBuffer>, layout: Layout, base: number): Uint8Array<ArrayBuffer> {
  const result = bytes.slice();
  const shift = base - compiledBase;
  for (const at of layout.constants) writeConstant(result, at, constantAt(bytes, at) + shift);
  const view = new DataView(result.buffer);
  for (const at of layout.words) view.setUint32(at, wordAt(bytes, at) + shift, true);
  return result;
}

/** The number in 5 bytes of 7 bits, lowest first; `NaN` where no such number stands. */
function constantAt(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[at + i];
    if (byte === undefined || byte >= 128 !== i < 4) return Number.NaN;
    value += (byte & 127) * 2 ** (7 * i);
  }
  return value;
}

const i32const = 0x41;

/** Writes 5 bytes. The fifth byte of an `i32.const` is signed: its upper bits are set for addresses from 2 GiB on. */
function writeConstant(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 5; i++) bytes[at + i] = (Math.floor(value / 2 ** (7 * i)) & 127) | (i < 4 ? 128 : 0);
  if (value >= 2 ** 31 && bytes[at - 1] === i32const) bytes[at + 4]! |= 0x70;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

/** A number of up to 32 bits as a module holds it, and the place behind the number. */
function readUnsigned(bytes: Uint8Array, at: number): [value: number, end: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    if (byte === undefined || shift > 28) throw new RangeError("the module ends within a number");
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return [value, at];
  }
}

function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(Math.floor(value / 128))];
}

function* sectionsOf(bytes: Uint8Array): Generator<{ id: number; start: number; end: number }> {
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at]!;
    const [byteLength, start] = readUnsigned(bytes, at + 1);
    if (start + byteLength > bytes.length) throw new RangeError("the module ends within a section");
    yield { id, start, end: start + byteLength };
    at = start + byteLength;
  }
}

/** The module asking for one page of the imported memory: any memory is large enough then. */
function withSmallMemory(bytes: Uint8Array): Uint8Array {
  const section = [...sectionsOf(bytes)].find(({ id }) => id === 2)!;
  // The import env.memory: a memory (2), shared with a maximum (3), of so many pages.
  const entry = [3, ...Buffer.from("env"), 6, ...Buffer.from("memory"), 2, 3, ...unsigned(compiledPages)];
  const place = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(Buffer.from(entry), section.start);
  const result = bytes.slice();
  result.set([129, 0], place + entry.length - 2);
  return result;
}
