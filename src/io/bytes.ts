/** Bytes at positions of a file, all of them: the system's own calls may stop before. */
import fs from "node:fs";
import { wrongFile } from "../argument.js";
import { reserve } from "../mpi/library/machine.js";

/** Bytes that are copied, or zeros that are written, at a time. */
const PIECE = 2 ** 22;

/**
 * Bytes of a frame that are looked at and written at a time, as the processor's cache holds them. The longer a write is, the larger
 * are the pieces of memory in which the system keeps it: each 4 MiB of 2 ranks take 0.95 ms with their figures, and 1.2 in pieces of
 * half the length (ext4 of Linux 6.18). Larger ones, 0.70 in the best case, take memory that a virtual machine has not used yet, and
 * which its host has to give it first: 18 ms.
 */
export const FRAME_PIECE = 2 ** 19;

/** File systems of Linux on which bytes that are reserved take less time to write: ext4 and XFS. */
const reserving: readonly number[] = [0xef53, 0x5846_5342];

/** The part of what is free on a disk that is reserved at most. */
const RESERVED_SHARE = 1 / 16;

/** The next position where a page of the system may begin. */
export const aligned = (position: number) => Math.ceil(position / 4096) * 4096;

/** Fills an array from a position on. @throws Error of the system, or where the file ends before */
export function readBytes(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    const got = fs.readSync(fd, bytes, done, bytes.length - done, position + done);
    if (got === 0) throw new Error(`an end of the file at byte ${position + done}`);
    done += got;
  }
}

/** Reads a file by position and length. */
export function bytesOf(fd: number): (position: number, byteLength: number) => Buffer {
  return (position, byteLength) => {
    const bytes = Buffer.alloc(byteLength);
    readBytes(fd, bytes, position);
    return bytes;
  };
}

/** Writes an array to a position. @throws Error of the system */
export function writeBytes(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += fs.writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}

/**
 * Makes a file as long as that, where it is shorter. The bytes ahead are reserved where that is known to help, and there is
 * plenty of room: writing 8 MiB then takes 1.0 ms in place of 1.5 (ext4), as the file system need not look for each page of
 * them whether there is room.
 * @param begin of what is reserved @throws Error of the system where it cannot be so long; that nothing could be reserved is none
 */
export function lengthen(fd: number, byteLength: number, begin: number): void {
  const { size } = fs.fstatSync(fd);
  if (size >= byteLength) return;
  fs.ftruncateSync(fd, byteLength);
  if (process.platform !== "linux") return;
  const from = Math.max(size, begin);
  const ahead = byteLength - from;
  try {
    const { type, bavail, bsize } = fs.statfsSync(`/proc/self/fd/${fd}`);
    if (reserving.includes(type) && ahead <= RESERVED_SHARE * bavail * bsize) reserve(fd, from, ahead);
  } catch {
    // A system without /proc, or another C library: the file is as long, and its bytes get their room when they are written.
  }
}

/** Copies bytes to another place of the file. @throws Error of the system */
export function copyBytes(fd: number, from: number, to: number, byteLength: number): void {
  const read = bytesOf(fd);
  for (let at = 0; at < byteLength; at += PIECE) {
    writeBytes(fd, read(from + at, Math.min(PIECE, byteLength - at)), to + at);
  }
}

/** Writes zeros. @throws Error of the system */
export function writeZeros(fd: number, position: number, byteLength: number): void {
  const zeros = Buffer.alloc(PIECE);
  for (let at = 0; at < byteLength; at += PIECE) writeBytes(fd, zeros.subarray(0, byteLength - at), position + at);
}

/** The most bytes that are looked at together. */
const MOST_SEEN = 2 ** 16;

/** Changes of a file that only one run writes: each looks first whether what it changes is as the run has left it. */
export class Patches {
  readonly #path: string;
  readonly #fd: number;
  /** Bytes of the file from a position on. */
  #seen: { readonly begin: number; readonly bytes: Buffer } | undefined;

  constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
  }

  /** Does something whose changes all lie in a range, which is read at once where it is short. */
  within(begin: number, end: number, action: () => void): void {
    if (end - begin <= MOST_SEEN) this.#seen = { begin, bytes: bytesOf(this.#fd)(begin, end - begin) };
    try {
      action();
    } finally {
      this.#seen = undefined;
    }
  }

  /** @throws FileError for other bytes at a position than this run has written */
  expect(expected: Buffer, position: number): void {
    if (this.#bytesAt(position, expected.length).equals(expected)) return;
    const got = `other values at byte ${position}`;
    throw wrongFile(this.#path, "a file that only this run writes", got, "Give each run a file of its own.");
  }

  /** Writes over bytes that are as expected. @throws FileError for others; Error of the system */
  change(position: number, expected: Buffer, bytes: Buffer): void {
    this.expect(expected, position);
    writeBytes(this.#fd, bytes, position);
    if (this.#seen) bytes.copy(this.#bytesAt(position, bytes.length));
  }

  #bytesAt(position: number, byteLength: number): Buffer {
    const { begin, bytes } = this.#seen ?? { begin: 0, bytes: undefined };
    if (bytes === undefined) return bytesOf(this.#fd)(position, byteLength);
    return bytes.subarray(position - begin, position - begin + byteLength);
  }
}
