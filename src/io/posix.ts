import fs from "node:fs";
import { type Box, isPacked, normalize } from "../grid/box.js";
import type { AnyField } from "../grid/field.js";
import type { Summary } from "../grid/figures.js";
import { core } from "../wasm/core.js";
import { memory } from "../wasm/memory.js";
import { type Blocks, type FramePlace, frameByteLength } from "./blocks.js";
import { FRAME_PIECE, readBytes, writeBytes } from "./bytes.js";

/** A part of a block whose bytes lie side by side in the file: planes of rows, one plane unless the rows are whole. */
interface Piece {
  readonly box: Box;
  /** Bytes from the beginning of the frame. */
  readonly offset: number;
  /** Its bytes side by side: those of the field, or where they are copied. */
  readonly bytes: Uint8Array;
  readonly isCopied: boolean;
}

/**
 * Blocks through calls of the operating system, at positions that each rank knows. They need no MPI, and tell exactly
 * what went wrong. Writing by another thread while this one looks at the next piece took 0.8 x the time on 1 rank of 2
 * cores, and would have let the program change a field that is being written.
 */
export class PosixBlocks implements Blocks {
  readonly backend = "posix";
  readonly #fd: number;
  readonly #piecePtr: number;
  readonly #pieces = new WeakMap<AnyField, readonly Piece[]>();

  /** @throws Error of the system */
  constructor(path: string) {
    this.#fd = fs.openSync(path, "r+");
    this.#piecePtr = memory.alloc(FRAME_PIECE);
  }

  /** The open file. */
  get fd(): number {
    return this.#fd;
  }

  write(field: AnyField, place: FramePlace, summary?: Summary): void {
    const start = place.address + place.frame * frameByteLength(field);
    for (const piece of this.#piecesOf(field)) {
      if (!piece.isCopied) summary?.add(piece.box);
      else if (summary) summary.pack(piece.box, this.#piecePtr);
      else this.#copy(piece, "pack");
      writeBytes(this.#fd, piece.bytes, start + piece.offset);
    }
  }

  read(field: AnyField, place: FramePlace): void {
    const start = place.address + place.frame * frameByteLength(field);
    for (const piece of this.#piecesOf(field)) {
      readBytes(this.#fd, piece.bytes, start + piece.offset);
      if (piece.isCopied) this.#copy(piece, "unpack");
    }
  }

  #piecesOf(field: AnyField): readonly Piece[] {
    let pieces = this.#pieces.get(field);
    if (!pieces) {
      pieces = [...piecesOf(field, this.#piecePtr)];
      this.#pieces.set(field, pieces);
    }
    return pieces;
  }

  /** Copies a piece to where its rows lie side by side, or from there. */
  #copy({ box, bytes }: Piece, way: "pack" | "unpack"): void {
    const [ptr, stride0, stride1, planes, rows] = box;
    const row = bytes.length / (planes * rows);
    const [packed, inField] = [[this.#piecePtr, rows * row, row] as const, [ptr, stride0, stride1] as const];
    if (way === "pack") core().copyBox(...packed, ...inField, planes, rows, row);
    else core().copyBox(...inField, ...packed, planes, rows, row);
  }

  sync(): void {
    fs.fsyncSync(this.#fd);
  }

  close(): void {
    fs.closeSync(this.#fd);
    memory.free(this.#piecePtr);
  }
}

/** The pieces of a field's block, in order. @param piecePtr where rows are copied that do not lie side by side */
function* piecesOf(field: AnyField, piecePtr: number): Generator<Piece> {
  const { grid, shape, elementLength } = field;
  const [origin, stride0, stride1, n0, n1, n2] = field.box();
  const [, total1, total2] = normalize(shape, 1);
  const [start0, start1, start2] = normalize(grid.start, 0);
  const most = Math.floor(FRAME_PIECE / elementLength);
  // What is side by side in the file: cells of a row, rows where they are whole, planes where they are.
  const cells = Math.min(n2, most);
  const rows = n2 === total2 && cells === n2 ? Math.min(n1, Math.max(1, Math.floor(most / n2))) : 1;
  const arePlanes = n2 === total2 && n1 === total1 && rows === n1;
  const planes = arePlanes ? Math.min(n0, Math.max(1, Math.floor(most / (n1 * n2)))) : 1;
  for (let i = 0; i < n0; i += planes) {
    for (let j = 0; j < n1; j += rows) {
      for (let k = 0; k < n2; k += cells) {
        const [p, r, c] = [Math.min(planes, n0 - i), Math.min(rows, n1 - j), Math.min(cells, n2 - k)];
        const ptr = origin + i * stride0 + j * stride1 + k * elementLength;
        const box: Box = [ptr, stride0, stride1, p, r, c];
        const byteLength = elementLength * p * r * c;
        const isCopied = !isPacked(box, elementLength);
        const offset = elementLength * (((start0 + i) * total1 + start1 + j) * total2 + start2 + k);
        yield { box, offset, bytes: memory.u8(isCopied ? piecePtr : ptr, byteLength), isCopied };
      }
    }
  }
}
