/**
 * Where an HDF5 file of the earliest format keeps the extent of a dataset and the place of its values, so that both can
 * be changed without HDF5. An object header of version 1, all numbers little-endian:
 *
 *     0   version 1, 0, u16 messages, u32 references, u32 bytes of the first block, u32 0
 *     16  messages: u16 type, u16 bytes, u8 flags, 3 x 0, then that many bytes
 *
 * A message of type 0x10 leads to another block of messages: u64 position, u64 bytes.
 * @see HDF5 File Format Specification, version 3: superblock II.A, object headers IV.A, dataspace IV.A.2.b, layout IV.A.2.i
 */

/** Gives bytes of the file. */
export type ReadBytes = (position: number, byteLength: number) => Buffer;

/** What the header of a dataset says, and where it says so. */
export interface Header {
  /** Position of the extents, u64 along each axis; of the greatest extents behind them where `hasMaximum`. */
  readonly extentPosition: number;
  readonly extent: readonly number[];
  readonly hasMaximum: boolean;
  /**
   * Position of the address of the values (u64) and of the bytes reserved for them (u64), or of the list of chunks alone
   * where `isChunked`.
   */
  readonly placePosition: number;
  readonly isChunked: boolean;
  /** Address of the values, or of the list of their chunks; undefined where there are none. */
  readonly address: number | undefined;
  readonly byteLength: number;
  /** Where the message of the fill value ends, the last of what {@link fillValueChanges} writes. */
  readonly fillEnd: number | undefined;
}

/** Where the last of what changes in a header ends, but for the fill value. */
export function changesEnd({ extentPosition, extent, hasMaximum, placePosition }: Header): number {
  return Math.max(extentPosition + 8 * extent.length * (hasMaximum ? 2 : 1), placePosition + 16);
}

const NOTHING = 0x0000;
const DATASPACE = 0x0001;
const FILL_VALUE = 0x0005;
const ATTRIBUTE = 0x000c;
const LAYOUT = 0x0008;
const CONTINUATION = 0x0010;

/** No block of a header has more bytes. */
const MOST_HEADER = 2 ** 20;

/** No address. */
const UNDEFINED = 0xffff_ffff_ffff_ffffn;

/** A message of a header: 8 bytes, then its body. */
interface Message {
  readonly type: number;
  readonly position: number;
  readonly body: Buffer;
}

/** The messages of the header at an address, in order. @throws Error saying what it is instead */
function messagesAt(read: ReadBytes, address: number): Message[] {
  const prefix = read(address, 16);
  if (prefix[0] !== 1) throw new Error(`object header of version ${prefix[0]}, not 1`);
  const blocks = [{ position: address + 16, byteLength: prefix.readUInt32LE(8) }];
  const messages: Message[] = [];
  for (const { position, byteLength } of blocks) {
    if (byteLength > MOST_HEADER) throw new Error(`object header of ${byteLength} bytes`);
    const block = read(position, byteLength);
    for (let at = 0; at + 8 <= byteLength; ) {
      const [type, length] = [block.readUInt16LE(at), block.readUInt16LE(at + 2)];
      const body = block.subarray(at + 8, at + 8 + length);
      if (body.length < length) throw new Error("object header whose last message is cut off");
      messages.push({ type, position: position + at, body });
      if (type === CONTINUATION) {
        if (blocks.length > 64) throw new Error("object header of too many blocks");
        blocks.push({ position: readNumber(body, 0), byteLength: readNumber(body, 8) });
      }
      at += 8 + length;
    }
  }
  return messages;
}

/** Reads the header at an address. @throws Error saying what it is instead */
export function readHeader(read: ReadBytes, address: number): Header {
  const messages = messagesAt(read, address);
  const space = messages.find(({ type }) => type === DATASPACE);
  const place = messages.find(({ type }) => type === LAYOUT);
  if (!space || !place) throw new Error("object header without extents or layout");
  const fill = messages.find(({ type }) => type === FILL_VALUE);
  const fillEnd = fill && fill.position + 8 + fill.body.length;
  return { ...readSpace(space.body, space.position + 8), ...readPlace(place.body, place.position + 8), fillEnd };
}

/** Bytes to write, and where. */
export interface Change {
  readonly position: number;
  readonly bytes: Buffer;
}

/**
 * Gives a dataset a fill value, which h5wasm cannot: what readers take for cells that a dataset does not have. The message
 * for it is longer than the one without, so the first attribute moves to a block at `spare`, with the new message behind:
 *
 *     fill value   attribute              becomes   nothing   continuation   nothing   ...   spare: attribute, fill value
 *
 * @see HDF5 File Format Specification, version 3: fill value message IV.A.2.f, version 2
 */
export function fillValueChanges(read: ReadBytes, address: number, value: Buffer, spare: number): Change[] {
  const messages = messagesAt(read, address);
  const former = messages.find(({ type }) => type === FILL_VALUE);
  const moved = messages.find(({ type, body }) => type === ATTRIBUTE && body.length >= 16);
  if (!former || !moved) throw new Error("object header without a fill value or an attribute");
  const padded = Buffer.concat([value, Buffer.alloc(-value.length & 7)]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(value.length);
  // Version 2, allocated late, written if set, and there is one.
  const fill = Buffer.concat([headOf(FILL_VALUE, 8 + padded.length), Buffer.from([2, 2, 2, 1]), length, padded]);
  const block = Buffer.concat([read(moved.position, 8 + moved.body.length), fill]);
  const rest = moved.body.length - 16;
  const gap = rest > 0 ? Buffer.concat([headOf(NOTHING, rest - 8), Buffer.alloc(rest - 8)]) : Buffer.alloc(0);
  const link = Buffer.concat([headOf(CONTINUATION, 16), numbers([spare, block.length]), gap]);
  const count = read(address + 2, 2);
  count.writeUInt16LE(count.readUInt16LE() + (rest > 0 ? 3 : 2));
  return [
    { position: spare, bytes: block },
    { position: moved.position, bytes: link },
    { position: former.position, bytes: headOf(NOTHING, former.body.length) },
    { position: address + 2, bytes: count },
  ];
}

function headOf(type: number, byteLength: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(type);
  bytes.writeUInt16LE(byteLength, 2);
  return bytes;
}

/** Dataspace, version 1: 8 bytes (the second is the number of axes, bit 0 of the third tells of maxima), then extents. */
function readSpace(body: Buffer, position: number) {
  const [version, axes, flags] = body as unknown as [number, number, number];
  if (version !== 1 && version !== 2) throw new Error(`dataspace of version ${version}`);
  const start = version === 1 ? 8 : 4;
  const extent = Array.from({ length: axes }, (_, axis) => readNumber(body, start + 8 * axis));
  return { extentPosition: position + start, extent, hasMaximum: (flags & 1) === 1 };
}

/**
 * Layout, version 3: 2 bytes, then address and bytes where it is contiguous (class 1), or the number of axes in a byte, one
 * more than there are, and the address of the list where there are chunks (class 2).
 */
function readPlace(body: Buffer, position: number) {
  const [version, layoutClass] = body;
  if (version !== 3 || (layoutClass !== 1 && layoutClass !== 2)) {
    throw new Error(`layout of version ${version}, class ${layoutClass}`);
  }
  const isChunked = layoutClass === 2;
  const at = isChunked ? 3 : 2;
  const address = body.readBigUInt64LE(at) === UNDEFINED ? undefined : readNumber(body, at);
  return { placePosition: position + at, isChunked, address, byteLength: isChunked ? 0 : readNumber(body, 10) };
}

/** Position of the address of the root group in a superblock of version 0. */
const ROOT_POSITION = 64;

/**
 * The first block of the root group's header, whose last 4 bytes are the checksum of those before; undefined where it is none of
 * version 2. All numbers little-endian:
 *
 *     "OHDR", version 2, flags, 16 bytes of times with flag 0x20, 4 bytes of limits with flag 0x10, bytes of messages in a number
 *     of 1, 2 or 4 bytes by flags 0x03, messages, checksum
 *
 * @param bytes of the file from its beginning on @see HDF5 File Format Specification, version 3: object headers IV.A.1.b
 */
export function rootBlock(bytes: Buffer): { readonly begin: number; readonly end: number } | undefined {
  const begin = readNumber(bytes, ROOT_POSITION);
  const flags = bytes[begin + 5]!;
  if (bytes.toString("latin1", begin, begin + 4) !== "OHDR" || bytes[begin + 4] !== 2 || (flags & 3) === 3)
    return undefined;
  const at = begin + 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
  const width = 1 << (flags & 3);
  const end = at + width + bytes.readUIntLE(at, width) + 4;
  const isSound = bytes.readUInt32LE(end - 4) === checksumOf(bytes.subarray(begin, end - 4));
  return isSound ? { begin, end } : undefined;
}

/** The checksum of the format: Bob Jenkins' `lookup3`, of twelve bytes at a time. */
export function checksumOf(bytes: Buffer): number {
  const padded = Buffer.concat([bytes, Buffer.alloc((12 - (bytes.length % 12)) % 12)]);
  let [a, b, c] = [0, 0, 0].map(() => (0xdead_beef + bytes.length) | 0) as [number, number, number];
  const turned = (word: number, by: number) => (word << by) | (word >>> (32 - by));
  for (let at = 0; at < padded.length; at += 12) {
    a = (a + padded.readInt32LE(at)) | 0;
    b = (b + padded.readInt32LE(at + 4)) | 0;
    c = (c + padded.readInt32LE(at + 8)) | 0;
    if (at + 12 === padded.length) break;
    a = ((a - c) ^ turned(c, 4)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ turned(a, 6)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ turned(b, 8)) | 0;
    b = (b + a) | 0;
    a = ((a - c) ^ turned(c, 16)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ turned(a, 19)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ turned(b, 4)) | 0;
    b = (b + a) | 0;
  }
  c = ((c ^ b) - turned(b, 14)) | 0;
  a = ((a ^ c) - turned(c, 11)) | 0;
  b = ((b ^ a) - turned(a, 25)) | 0;
  c = ((c ^ b) - turned(b, 16)) | 0;
  a = ((a ^ c) - turned(c, 4)) | 0;
  b = ((b ^ a) - turned(a, 14)) | 0;
  c = ((c ^ b) - turned(b, 24)) | 0;
  return c >>> 0;
}

/**
 * A note behind the fill values, of the last two ends of the file that this package set: the superblock has one of them
 * unless another program has put something behind the frames.
 *
 *     8 x note mark, u64 end before, u64 end
 */
const NOTE_MARK = Buffer.from("wasm-mpi");
export const NOTE_LENGTH = 24;

/** The note of two ends. */
export function noteOf(before: number, end: number): Buffer {
  return Buffer.concat([NOTE_MARK, numbers([before, end])]);
}

/** The ends in the note at a position; undefined where there is none. */
export function readNote(read: ReadBytes, position: number): readonly number[] | undefined {
  const note = read(position, NOTE_LENGTH);
  return note.subarray(0, 8).equals(NOTE_MARK) ? [readNumber(note, 8), readNumber(note, 16)] : undefined;
}

/** Position of the end-of-file address in a superblock of version 0. */
export const END_POSITION = 40;

/** The end of the file as its superblock has it. @throws Error when that is of another version */
export function readEnd(read: ReadBytes): number {
  const superblock = read(0, END_POSITION + 8);
  const [version, offsets, lengths] = [superblock[8], superblock[13], superblock[14]];
  if (version !== 0 || offsets !== 8 || lengths !== 8) throw new Error(`superblock of version ${version}, not 0`);
  return readNumber(superblock, END_POSITION);
}

function readNumber(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Error(`the number ${value} in a header`);
  return Number(value);
}

/** Numbers as a header has them. */
export function numbers(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  for (const [index, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), 8 * index);
  return bytes;
}
