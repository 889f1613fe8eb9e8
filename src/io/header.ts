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
  /** Position of the address of the values (u64) and of the bytes reserved for them (u64). */
  readonly placePosition: number;
  /** Address of the values; undefined where none are reserved. */
  readonly address: number | undefined;
  readonly byteLength: number;
}

const DATASPACE = 0x0001;
const LAYOUT = 0x0008;
const CONTINUATION = 0x0010;

/** No address. */
const UNDEFINED = 0xffff_ffff_ffff_ffffn;

/** Reads the header at an address. @throws Error saying what it is instead */
export function readHeader(read: ReadBytes, address: number): Header {
  const prefix = read(address, 16);
  if (prefix[0] !== 1) throw new Error(`object header of version ${prefix[0]}, not 1`);
  const blocks = [{ position: address + 16, byteLength: prefix.readUInt32LE(8) }];
  let space: Pick<Header, "extentPosition" | "extent" | "hasMaximum"> | undefined;
  let place: Pick<Header, "placePosition" | "address" | "byteLength"> | undefined;
  for (const { position, byteLength } of blocks) {
    const block = read(position, byteLength);
    for (let at = 0; at + 8 <= byteLength; ) {
      const [type, length] = [block.readUInt16LE(at), block.readUInt16LE(at + 2)];
      const body = block.subarray(at + 8, at + 8 + length);
      if (type === DATASPACE) space = readSpace(body, position + at + 8);
      if (type === LAYOUT) place = readPlace(body, position + at + 8);
      if (type === CONTINUATION) {
        if (blocks.length > 64) throw new Error("object header of too many blocks");
        blocks.push({ position: readNumber(body, 0), byteLength: readNumber(body, 8) });
      }
      at += 8 + length;
    }
  }
  if (!space || !place) throw new Error("object header without extents or layout");
  return { ...space, ...place };
}

/** Dataspace, version 1: 8 bytes (the second is the number of axes, bit 0 of the third tells of maxima), then extents. */
function readSpace(body: Buffer, position: number) {
  const [version, axes, flags] = body as unknown as [number, number, number];
  if (version !== 1 && version !== 2) throw new Error(`dataspace of version ${version}`);
  const start = version === 1 ? 8 : 4;
  const extent = Array.from({ length: axes }, (_, axis) => readNumber(body, start + 8 * axis));
  return { extentPosition: position + start, extent, hasMaximum: (flags & 1) === 1 };
}

/** Layout, version 3 of class 1, contiguous: 2 bytes, then address and bytes. */
function readPlace(body: Buffer, position: number) {
  const [version, layoutClass] = body;
  if (version !== 3 || layoutClass !== 1) throw new Error(`layout of version ${version}, class ${layoutClass}`);
  const address = body.readBigUInt64LE(2) === UNDEFINED ? undefined : readNumber(body, 2);
  return { placePosition: position + 2, address, byteLength: readNumber(body, 10) };
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
