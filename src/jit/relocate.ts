/**
 * Static data of a compiled module lies at fixed addresses, which its code holds as constants. A module is compiled for
 * two addresses; where the two differ is an address, and with the list of these places the module can be moved to a block
 * of the heap, in every process to another one. The list is part of the module, as its last section.
 */

/** Where a module is compiled for: in 5 bytes wherever an address is a constant. */
export const compiledBase = 2 ** 28;
/** The distance of the second compilation; the first of the bytes always differs then. */
export const compiledShift = 0x654310;
/** The memory that the compiler is told of, in pages: up to beyond both bases. Also never a number of less bytes. */
export const compiledPages = 6144;

const sectionName = "wasm-mpi";

/** What the last section of a module says. */
export interface Layout {
  /** Bytes of static data. */
  readonly byteLength: number;
  /** Where constants in code are addresses, as offsets in the module. */
  readonly constants: readonly number[];
  /** Where words of the data are addresses. */
  readonly words: readonly number[];
}

/** Makes of the two compilations one module that can be moved; `undefined` when they differ in more than addresses. */
export function movable(
  first: Uint8Array,
  second: Uint8Array,
  byteLength: number,
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
  const layout: Layout = { byteLength, constants, words };
  const body = new TextEncoder().encode(JSON.stringify(layout));
  const name = new TextEncoder().encode(sectionName);
  const section = [0, ...unsigned(1 + name.length + body.length), name.length, ...name, ...body];
  const bytes = new Uint8Array(first.length + section.length);
  bytes.set(withSmallMemory(first));
  bytes.set(section, first.length);
  return bytes;
}

/** What a module's last section says; `undefined` when the bytes are not a module of this package. */
export function layoutOf(bytes: Uint8Array): Layout | undefined {
  try {
    for (const { id, start, end } of sectionsOf(bytes)) {
      const nameEnd = start + 1 + sectionName.length;
      if (id !== 0 || bytes[start] !== sectionName.length) continue;
      if (new TextDecoder().decode(bytes.subarray(start + 1, nameEnd)) !== sectionName) continue;
      return JSON.parse(new TextDecoder().decode(bytes.subarray(nameEnd, end))) as Layout;
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

/** The number in 5 bytes of 7 bits, lowest first; `NaN` where there is none. */
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

/** The fifth byte of an `i32.const` is signed: for addresses from 2 GiB on its upper bits are set. */
function writeConstant(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 5; i++) bytes[at + i] = (Math.floor(value / 2 ** (7 * i)) & 127) | (i < 4 ? 128 : 0);
  if (value >= 2 ** 31 && bytes[at - 1] === i32const) bytes[at + 4]! |= 0x70;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

/** A number of up to 32 bits as a module has it, and where it ends. */
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

/** The module that asks for one page of the imported memory only, which has at least as many. */
function withSmallMemory(bytes: Uint8Array): Uint8Array {
  const section = [...sectionsOf(bytes)].find(({ id }) => id === 2)!;
  // env.memory, a memory, shared with a maximum, of that many pages.
  const entry = [3, ..."env".split(""), 6, ..."memory".split(""), 2, 3, ...unsigned(compiledPages)].map((one) =>
    typeof one === "string" ? one.charCodeAt(0) : one,
  );
  const place = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(Buffer.from(entry), section.start);
  const result = bytes.slice();
  result.set([129, 0], place + entry.length - 2);
  return result;
}
