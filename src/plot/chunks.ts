/** The chunks that files of PNG are made of. */

/** A chunk of a picture. */
export interface Chunk {
  readonly type: string;
  /** Where its data begin in the file, and how many bytes they are. */
  readonly begin: number;
  readonly length: number;
}

/** Bytes before the first chunk. */
export const signatureLength = 8;

/** Bytes before the data of a chunk, its length and its type; and bytes behind them, its check sum. */
export const headLength = 8;
const sumLength = 4;

/** The end of a picture: a chunk without data. */
export const endLength = headLength + sumLength;

/** The remainders of all bytes for the check sum: CRC-32 of ISO 3309, as the specification of PNG has it. */
const remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  return sum;
});

function checkSum(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = (sum >>> 8) ^ remainders[(sum ^ byte) & 0xff]!;
  return (sum ^ 0xffffffff) >>> 0;
}

/** The bytes of a chunk. */
export function chunkOf(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.alloc(headLength + data.length + sumLength);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, "latin1");
  chunk.set(data, headLength);
  chunk.writeUInt32BE(checkSum(chunk.subarray(4, -sumLength)), chunk.length - sumLength);
  return chunk;
}

/** The chunk of this head, which begins at a byte of the file. */
export function chunkAt(position: number, head: Buffer): Chunk {
  const type = head.toString("latin1", 4, headLength);
  return { type, begin: position + headLength, length: head.readUInt32BE(0) };
}

/** Where the chunk behind another one begins. */
export function behind({ begin, length }: Chunk): number {
  return begin + length + sumLength;
}

/** The chunks of a picture, in order. */
export function* chunksOf(picture: Buffer): Generator<Chunk, undefined> {
  for (let at = signatureLength; at + endLength <= picture.length; ) {
    const chunk = chunkAt(at, picture.subarray(at, at + headLength));
    yield chunk;
    at = behind(chunk);
  }
}
