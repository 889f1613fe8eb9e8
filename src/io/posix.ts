import fs from "node:fs";
import { type Field, normalize } from "../grid/field.js";
import { core } from "../wasm/kernels.js";
import { memory } from "../wasm/memory.js";
import { type Blocks, type FramePlace, frameByteLength } from "./blocks.js";

/**
 * Bytes that are packed and written at a time, which the processor's cache holds. Handing the system a list of rows
 * instead (`writev`) took as long for rows of 16 KiB, and 1.4 times as long for rows of 1 KiB.
 */
const PIECE = 2 ** 18;

/** A part of a block whose bytes lie side by side in the file: planes of rows, one plane unless the rows are whole. */
interface Piece {
  readonly ptr: number;
  readonly planes: number;
  readonly rows: number;
  /** Bytes from the beginning of the frame. */
  readonly offset: number;
}

/**
 * Blocks through calls of the operating system, at positions that each rank knows. They need no MPI, and tell exactly
 * what went wrong.
 */
export class PosixBlocks implements Blocks {
  readonly backend = "posix";
  readonly #fd: number;
  readonly #piecePtr: number;

  /** @throws Error of the system */
  constructor(path: string) {
    this.#fd = fs.openSync(path, "r+");
    this.#piecePtr = memory.alloc(PIECE);
  }

  write(field: Field, place: FramePlace): void {
    this.#move(field, place, (bytes, position) => {
      for (let done = 0; done < bytes.length; ) {
        done += fs.writeSync(this.#fd, bytes, done, bytes.length - done, position + done);
      }
    });
  }

  read(field: Field, place: FramePlace): void {
    this.#move(
      field,
      place,
      (bytes, position) => {
        for (let done = 0; done < bytes.length; ) {
          const got = fs.readSync(this.#fd, bytes, done, bytes.length - done, position + done);
          if (got === 0) throw new Error(`an end of the file at byte ${position + done}`);
          done += got;
        }
      },
      true,
    );
  }

  sync(): void {
    fs.fsyncSync(this.#fd);
  }

  close(): void {
    fs.closeSync(this.#fd);
    memory.free(this.#piecePtr);
  }

  /** Calls `transfer` with the bytes of each piece, packed before it, or unpacked after it where they are read. */
  #move(
    field: Field,
    { address, frame }: FramePlace,
    transfer: (bytes: Uint8Array, position: number) => void,
    reads = false,
  ): void {
    const start = address + frame * frameByteLength(field);
    const [, stride0, stride1, , , n2] = field.box();
    const rowBytes = field.elementLength * n2;
    const { copyBox } = core();
    for (const { ptr, planes, rows, offset } of piecesOf(field)) {
      const byteLength = planes * rows * rowBytes;
      const direct = planes * rows === 1;
      const packed = [this.#piecePtr, rows * rowBytes, rowBytes] as const;
      const place = [ptr, stride0, stride1] as const;
      if (!direct && !reads) copyBox(...packed, ...place, planes, rows, rowBytes);
      transfer(memory.u8(direct ? ptr : this.#piecePtr, byteLength), start + offset);
      if (!direct && reads) copyBox(...place, ...packed, planes, rows, rowBytes);
    }
  }
}

/** The pieces of a field's block, in order. */
function* piecesOf(field: Field): Generator<Piece> {
  const { grid, elementLength } = field;
  const [origin, stride0, stride1, n0, n1, n2] = field.box();
  const [, total1, total2] = normalize(grid.shape, 1);
  const [start0, start1, start2] = normalize(grid.start, 0);
  const most = Math.max(1, Math.floor(PIECE / (elementLength * Math.max(n2, 1))));
  // What is side by side in the file: rows where they are whole, planes where they are.
  const rows = n2 === total2 ? Math.min(most, n1) : 1;
  const planes = n2 === total2 && n1 === total1 ? Math.max(1, Math.floor(most / n1)) : 1;
  for (let i = 0; i < n0; i += planes) {
    for (let j = 0; j < n1; j += rows) {
      yield {
        ptr: origin + i * stride0 + j * stride1,
        planes: Math.min(planes, n0 - i),
        rows: Math.min(rows, n1 - j),
        offset: elementLength * (((start0 + i) * total1 + start1 + j) * total2 + start2),
      };
    }
  }
}
