/** Frames that all ranks compress, each its chunks, and where the chunks get into the file. */
import type { Grid } from "../../grid/grid.js";
import { builtin } from "../../package.js";
import type { Fields } from "../store.js";
import { Chunks } from "./chunks.js";
import type { Chunk } from "./tree.js";

/** What a rank has compressed of a frame. */
export interface Packed {
  /** The chunks of this rank, those of one variable after the other. */
  readonly pieces: readonly Uint8Array[];
  /** On rank 0, the chunks of all ranks by variable, as they will be in the file, and the bytes of all. */
  readonly chunks: Readonly<Record<string, readonly Chunk[]>> | undefined;
  readonly byteLength: number;
  /** Byte of the file at which the chunks of this rank begin. */
  readonly position: number;
}

export class Packer {
  readonly #grid: Grid;
  /** Of each variable, made with the first frame. */
  readonly #chunks = new Map<string, Chunks>();
  readonly #level: number;

  /** @param level of gzip, from 1 to 9 */
  constructor(grid: Grid, level: number) {
    this.#grid = grid;
    this.#level = level;
  }

  /**
   * Compresses the chunks of this rank, and places them behind those of the ranks before. **Collective.**
   * @param tail on rank 0, the byte of the file at which those of all ranks begin
   */
  pack(fields: Fields, frame: number, tail: number): Packed {
    const { comm } = this.#grid;
    const { deflateSync } = builtin("zlib");
    const byName = Object.entries(fields).map(([name, field]) => {
      const chunks = this.#chunks.get(name) ?? new Chunks(field);
      this.#chunks.set(name, chunks);
      const pieces = Array.from(chunks.of(field), (bytes) => deflateSync(bytes, { level: this.#level }));
      return { name, pieces };
    });
    const pieces = byName.flatMap((each) => each.pieces);
    const lengths = pieces.map(({ length }) => length);
    const mine = lengths.reduce((sum, length) => sum + length, 0);
    const begin = comm.bcastObject(tail) as number;
    const before = comm.exscan(Float64Array.of(mine), new Float64Array(1))[0]!;
    const position = begin + (comm.rank === 0 ? 0 : before);
    const all = comm.gatherObject(lengths);
    const byteLength = all?.flat().reduce((sum, length) => sum + length, 0) ?? 0;
    return { pieces, chunks: all && this.#place(Object.keys(fields), frame, begin, all), byteLength, position };
  }

  /** The chunks of all ranks as they lie one behind the other. */
  #place(names: readonly string[], frame: number, begin: number, lengths: readonly (readonly number[])[]) {
    const byName = Object.fromEntries(names.map((name) => [name, [] as Chunk[]]));
    let address = begin;
    for (const [rank, ofRank] of lengths.entries()) {
      const cells = names.flatMap((name) => {
        const chunks = this.#chunks.get(name)!;
        return chunks.firstCells(rank).map((cell) => ({ name, cell: [frame, ...chunks.cellOf(cell)] }));
      });
      for (const [index, byteLength] of ofRank.entries()) {
        const { name, cell } = cells[index]!;
        byName[name]!.push({ cell, address, byteLength });
        address += byteLength;
      }
    }
    // The list has them in the order of their cells.
    for (const chunks of Object.values(byName)) chunks.sort((a, b) => Chunks.compare(a.cell, b.cell));
    return byName;
  }
}
