/** The chunks of a frame, each made by the rank that has its first cell. */
import { type Box, normalize } from "../../grid/box.js";
import type { AnyField } from "../../grid/field.js";
import type { Grid } from "../../grid/grid.js";
import { memory } from "../../wasm/memory.js";
import { chunkShape } from "../snapshot.js";

type Triple = readonly [number, number, number];

/** A box of cells of the grid, axes in the kernels' order. */
interface Part {
  readonly start: Triple;
  readonly count: Triple;
}

/** Values of a box of cells, rows along the last axis. */
interface Cells extends Part {
  readonly bytes: Uint8Array;
  /** Bytes of `bytes` before the first cell, and from one to the next along the first two axes. */
  readonly offset: number;
  readonly steps: readonly [number, number];
}

/** The cells that two boxes share; undefined where there are none. */
function shared(a: Part, b: Part): Part | undefined {
  const start = a.start.map((low, axis) => Math.max(low, b.start[axis]!)) as unknown as Triple;
  const count = start.map((low, axis) => {
    return Math.min(a.start[axis]! + a.count[axis]!, b.start[axis]! + b.count[axis]!) - low;
  }) as unknown as Triple;
  return count.every((n) => n > 0) ? { start, count } : undefined;
}

const cellsOf = ({ count }: Part) => count[0] * count[1] * count[2];

/** Copies the cells that two boxes share. */
function copyShared(to: Cells, from: Cells, elementLength: number): void {
  const part = shared(to, from);
  if (!part) return;
  const { start, count } = part;
  const placeIn = ({ start: first, offset, steps }: Cells, i: number, j: number) => {
    const [di, dj, dk] = start.map((low, axis) => low - first[axis]!) as unknown as Triple;
    return offset + (di + i) * steps[0] + (dj + j) * steps[1] + dk * elementLength;
  };
  const row = count[2] * elementLength;
  for (let i = 0; i < count[0]; i++) {
    for (let j = 0; j < count[1]; j++) {
      const begin = placeIn(from, i, j);
      to.bytes.set(from.bytes.subarray(begin, begin + row), placeIn(to, i, j));
    }
  }
}

/** Room for a box of cells, without gaps. */
function roomFor(
  part: Part,
  elementLength: number,
  bytes: Uint8Array = new Uint8Array(cellsOf(part) * elementLength),
): Cells {
  const [, n1, n2] = part.count;
  return { ...part, bytes, offset: 0, steps: [n1 * n2 * elementLength, n2 * elementLength] };
}

/** How fields are cut into chunks, and which rank makes which. The same on all ranks. */
export class Chunks {
  readonly #grid: Grid;
  /** Cells of a chunk along each axis of the kernels, and chunks. */
  readonly #shape: Triple;
  readonly #total: Triple;
  readonly #blocks: readonly Part[];

  /** **Collective.** @param field one of those, or one like it */
  constructor({ grid, shape, blockShape }: AnyField) {
    this.#grid = grid;
    this.#shape = normalize(chunkShape(shape), 1);
    this.#total = normalize(shape, 1);
    const mine: Part = { start: normalize(grid.start, 0), count: normalize(blockShape, 1) };
    this.#blocks = grid.comm.allgatherObject(mine) as Part[];
  }

  /** The first cells of the chunks of a rank, in C order. */
  firstCells(rank: number): Triple[] {
    const { start, count } = this.#blocks[rank]!;
    const along = (axis: 0 | 1 | 2) => {
      const n = this.#shape[axis];
      const [first, end] = [Math.ceil(start[axis] / n), Math.ceil((start[axis] + count[axis]) / n)];
      return Array.from({ length: end - first }, (_, index) => (first + index) * n);
    };
    const [is, js, ks] = [along(0), along(1), along(2)];
    return is.flatMap((i) => js.flatMap((j) => ks.map((k): Triple => [i, j, k])));
  }

  /** The first cell along the axes of the grid. */
  cellOf(cell: Triple): readonly number[] {
    return cell.slice(3 - this.#grid.shape.length);
  }

  /** Whether a chunk comes before another in the file's list: by their first cells. */
  static compare(a: readonly number[], b: readonly number[]): number {
    const axis = a.findIndex((value, i) => value !== b[i]);
    return axis < 0 ? 0 : a[axis]! - b[axis]!;
  }

  /** All cells of the chunks of a rank: none, or a box. */
  #region(rank: number): Part | undefined {
    const cells = this.firstCells(rank);
    if (cells.length === 0) return undefined;
    const [first, last] = [cells[0]!, cells.at(-1)!];
    const count = last.map((low, axis) => {
      return Math.min(low + this.#shape[axis]!, this.#total[axis]!) - first[axis]!;
    }) as unknown as Triple;
    return { start: first, count };
  }

  /** The values of the chunks of this rank, in the order of {@link firstCells}; zeros beyond the grid. **Collective.** */
  *of(field: AnyField): Generator<Uint8Array> {
    const { comm } = this.#grid;
    const { elementLength } = field;
    const mine = this.#blocks[comm.rank]!;
    const [ptr, stride0, stride1, n0, n1, n2]: Box = field.box();
    const byteLength = (n0 - 1) * stride0 + (n1 - 1) * stride1 + n2 * elementLength;
    const block: Cells = { ...mine, bytes: memory.u8(ptr, byteLength), offset: 0, steps: [stride0, stride1] };
    const region = this.#region(comm.rank);
    const cells = region && roomFor(region, elementLength);
    if (comm.size > 1) this.#exchange(block, cells, elementLength);
    if (!cells) return;
    copyShared(cells, block, elementLength);
    for (const start of this.firstCells(comm.rank)) {
      const chunk = roomFor({ start, count: this.#shape }, elementLength);
      copyShared(chunk, cells, elementLength);
      yield chunk.bytes;
    }
  }

  /** Gets from other ranks the cells of their blocks that are in chunks of this one. **Collective.** */
  #exchange(block: Cells, cells: Cells | undefined, elementLength: number): void {
    const { comm } = this.#grid;
    const others = this.#blocks.map((_, rank) => rank).map((rank) => (rank === comm.rank ? undefined : rank));
    const sent = others.map((rank) => {
      const region = rank === undefined ? undefined : this.#region(rank);
      return region && shared(region, block);
    });
    const got = others.map((rank) => (rank === undefined || !cells ? undefined : shared(cells, this.#blocks[rank]!)));
    const lengths = (parts: readonly (Part | undefined)[]) =>
      parts.map((part) => (part ? cellsOf(part) * elementLength : 0));
    const [sendCounts, recvCounts] = [lengths(sent), lengths(got)];
    const sum = (counts: readonly number[]) => counts.reduce((total, n) => total + n, 0);
    const [send, recv] = [new Uint8Array(sum(sendCounts)), new Uint8Array(sum(recvCounts))];
    const places = (bytes: Uint8Array, parts: readonly (Part | undefined)[], counts: readonly number[]) => {
      let begin = 0;
      return parts.flatMap((part, rank) => {
        const piece = bytes.subarray(begin, begin + counts[rank]!);
        begin += counts[rank]!;
        return part ? [roomFor(part, elementLength, piece)] : [];
      });
    };
    for (const piece of places(send, sent, sendCounts)) copyShared(piece, block, elementLength);
    comm.alltoallv(send, recv, { sendCounts, recvCounts });
    for (const piece of places(recv, got, recvCounts)) copyShared(cells!, piece, elementLength);
  }
}
