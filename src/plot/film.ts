/**
 * Pictures one after another in one file, an animated PNG: what does not know of animations shows the first one.
 *
 *     signature | IHDR | acTL | fcTL IDAT | fcTL fdAT | fcTL fdAT | ... | IEND
 *                        ^ how many pictures: a chunk of constant size, which counts a picture when it is whole
 */
import fs from "node:fs";
import { wrongFile } from "../argument.js";
import { behind, type Chunk, chunkAt, chunkOf, chunksOf, headLength, signatureLength } from "./chunks.js";

/** Numbers of 32 bits, the highest byte first. */
function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, 4 * i);
  return bytes;
}

const ending = chunkOf("IEND", Buffer.alloc(0));

/** The data of a picture, and the size that it has. */
function partsOf(picture: Buffer) {
  const chunks = [...chunksOf(picture)];
  const bytesOf = ({ begin, length }: Chunk) => picture.subarray(begin, begin + length);
  const header = bytesOf(chunks.find(({ type }) => type === "IHDR")!);
  const data = Buffer.concat(chunks.filter(({ type }) => type === "IDAT").map(bytesOf));
  return { header, data, width: header.readUInt32BE(0), height: header.readUInt32BE(4) };
}

/** A file of pictures that grows. */
export class Film {
  readonly #path: string;
  readonly #perSecond: number;
  /** Pictures that are in the film. */
  count = 0;
  /** Where the next picture goes; undefined where that is not known. */
  #end: number | undefined;

  /** @param perSecond pictures a second, when it is shown */
  constructor(path: string, perSecond: number) {
    this.#path = path;
    this.#perSecond = perSecond;
  }

  /** Goes on behind so many pictures of the file; further ones are left out. */
  goOn(count: number): void {
    this.count = count;
    this.#end = undefined;
  }

  /** How long a picture is shown, its size, and that it takes the place of the one before. */
  #control(number: number, width: number, height: number): Buffer {
    const delay = Buffer.alloc(6);
    delay.writeUInt16BE(Math.max(1, Math.round(1000 / this.#perSecond)), 0);
    delay.writeUInt16BE(1000, 2);
    return chunkOf("fcTL", Buffer.concat([numbers(number, width, height, 0, 0), delay]));
  }

  /** The bytes of a film with one picture. */
  first(picture: Buffer): Buffer {
    const { header, data, width, height } = partsOf(picture);
    const parts = [
      ...[picture.subarray(0, signatureLength), chunkOf("IHDR", header), chunkOf("acTL", numbers(1, 0))],
      ...[this.#control(0, width, height), chunkOf("IDAT", data), ending],
    ];
    this.count = 1;
    this.#end = parts.slice(0, -1).reduce((sum, { length }) => sum + length, 0);
    return Buffer.concat(parts);
  }

  /** Adds a picture behind others. **Local.** @throws FileError where these are not in the file */
  add(picture: Buffer): void {
    const { count } = this;
    const { header, data, width, height } = partsOf(picture);
    const number = 2 * count - 1;
    const bytes = Buffer.concat([
      this.#control(number, width, height),
      chunkOf("fdAT", Buffer.concat([numbers(number + 1), data])),
    ]);
    const fd = this.#open();
    try {
      const end = this.#end ?? this.#endOf(fd);
      const size = this.#sizeIn(fd);
      if (!size.equals(header.subarray(0, 8))) {
        const [wide, high] = [size.readUInt32BE(0), size.readUInt32BE(4)];
        const todo = "Draw what the run before drew, in its range (--range), or choose another name.";
        throw wrongFile(this.#path, `pictures of ${width} x ${height} pixels`, `${wide} x ${high}`, todo);
      }
      // Bytes of a picture that was cut off may be there.
      this.#write(fd, end, Buffer.concat([bytes, ending]));
      this.#end = end + bytes.length;
      this.count = count + 1;
    } finally {
      fs.closeSync(fd);
    }
  }

  /** Puts a picture where the file ends from then on, and counts it. @throws FileError where there is no room */
  #write(fd: number, end: number, bytes: Buffer): void {
    try {
      fs.ftruncateSync(fd, end);
      for (let done = 0; done < bytes.length; ) done += fs.writeSync(fd, bytes, done, bytes.length - done, end + done);
      fs.writeSync(fd, chunkOf("acTL", numbers(this.count + 1, 0)), 0, undefined, animationAt);
    } catch (error) {
      this.#close(fd, end);
      const room = `room for picture ${this.count} (${bytes.length} bytes)`;
      throw wrongFile(this.#path, room, error, "Make room. The pictures before it are whole.");
    }
  }

  /** Ends the file behind the pictures that are whole, as far as that is possible. */
  #close(fd: number, end: number): void {
    try {
      fs.ftruncateSync(fd, end);
      fs.writeSync(fd, ending, 0, ending.length, end);
    } catch {
      // What is told is why the picture could not be written.
    }
  }

  #refused(expected: string, got: unknown) {
    return wrongFile(this.#path, expected, got, "Choose another name.");
  }

  #open(): number {
    try {
      return fs.openSync(this.#path, "r+");
    } catch (error) {
      throw this.#refused(this.#before, error);
    }
  }

  get #before(): string {
    const { count } = this;
    return `the movie of the run before, with ${count === 1 ? "1 picture" : `${count} pictures`}`;
  }

  /** Width and height, as they are in the file. */
  #sizeIn(fd: number): Buffer {
    const size = Buffer.alloc(8);
    fs.readSync(fd, size, 0, 8, signatureLength + headLength);
    return size;
  }

  /** Where the picture behind those that count begins, or would. @throws FileError for a file with fewer */
  #endOf(fd: number): number {
    const head = Buffer.alloc(headLength);
    let pictures = 0;
    let hasAnimation = false;
    for (let at = signatureLength; fs.readSync(fd, head, 0, headLength, at) === headLength; ) {
      const chunk = chunkAt(at, head);
      if (chunk.type === "acTL") hasAnimation = at === animationAt;
      if (chunk.type === "fcTL" && ++pictures > this.count) return at;
      if (chunk.type === "IEND") {
        if (hasAnimation && pictures === this.count) return at;
        break;
      }
      at = behind(chunk);
    }
    throw this.#refused(this.#before, hasAnimation ? `one with ${pictures}` : "another file");
  }
}

/** Where the number of pictures stands: behind the head, which has 13 bytes of data. */
const animationAt = signatureLength + 25;
