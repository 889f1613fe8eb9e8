import { expectFunction, isRevoked, show, wrong } from "../argument.js";
import { type NumberArrays, numbers } from "../elements.js";
import { preferLargePages } from "../mpi/library/machine.js";
import { allocator, core } from "../wasm/core.js";
import { memory, noteFreed, noteHeld } from "../wasm/memory.js";
import { type Box, normalize } from "./box.js";
import { blockStart } from "./decompose.js";
import { extreme, type Figures, Summary } from "./figures.js";
import type { Grid } from "./grid.js";
import { partsOf, runParts } from "./threads.js";

/** A number, a function of the position, or an array of this block's cells in C order. */
export type FieldValue = number | ((x: number, y: number, z: number) => number) | ArrayLike<number>;

/** What a field has in each cell. */
export type Dtype = "f64" | "f32" | "i32";

/** The types of fields that can be advected. */
export type Float = "f64" | "f32";

/** A field of any type. */
export type AnyField = Field<Dtype>;

/** The arrays of each type. */
export type DtypeArrays = Pick<NumberArrays, Dtype>;

/** Each type as the kernels number it. */
const codes: Readonly<Record<Dtype, number>> = { f64: 0, f32: 1, i32: 2 };

/** The names of the types. */
export const dtypeNames = Object.keys(codes) as readonly Dtype[];

/** Where a field has its values: in the centres of cells, or in those of the faces across an axis. */
export type Place = "cell" | `${"x" | "y" | "z" | "r"}-face`;

/** Room behind a field: kernels work on vectors and may reach three elements beyond the last row. */
const slackByteLength = 64;

/** Processors tell addresses of loads and stores under way apart by their places in a page. */
const pageByteLength = 4096;

/** How many large fields were made. */
let largeFields = 0;

/**
 * An address for a large field in its memory, with a page to spare: fields that are made one after another begin at places
 * in a page that are far apart. Else a cell that is stored would keep waiting the loads of another field some cells on.
 */
function staggered(ptr: number): number {
  // 0, 1/2, 1/4, 3/4, 1/8 ... of a page: the bits of the number of the field in reverse order.
  const turn = largeFields++ % 8;
  const place = ((turn & 1) * 4 + (turn & 2) + (turn >> 2)) * (pageByteLength / 8);
  return ptr + ((place - ptr) & (pageByteLength - 1));
}

/** Fields of so many bytes are worth pages of that size. */
const largePageByteLength = 2 ** 21;

/** What WebAssembly can address. */
const memoryByteLength = 2 ** 32;

let hasLargePages = false;

/**
 * Has the memory lie in large pages, before the first field that fills one is set; what is not in use takes no room.
 */
function wantLargePages(): void {
  if (hasLargePages) return;
  hasLargePages = true;
  preferLargePages(allocator().memory.buffer, memoryByteLength);
}

/**
 * Refuses a field of faces. **Local.** @param where the argument in error texts @throws UsageError
 */
export function expectCells(where: string, { at }: AnyField): void {
  if (at === "cell") return;
  throw wrong(where, "a field of cells", `one of ${at}s`, "Compute one of cells with a kernel: the mean of two faces.");
}

/**
 * One value a cell of this rank's block and its halo, in the WebAssembly memory, C order:
 *
 *     index of cell (i, j, k) = (i + h) * strides[0] + (j + h) * strides[1] + (k + h)      h = halo width
 *
 * Or one value a face across an axis. Face i lies below cell i and belongs to the block of that cell; the one above the last
 * cell at a wall belongs to the last block, and lies in memory where others have the first layer of their halo:
 *
 *     faces     0   1   2   3        of the last block at a wall; other blocks have one for each cell
 *     cells     | 0 | 1 | 2 |
 *
 * ```js
 * const field = grid.field((x, y) => x + 100 * y);
 * const [i, j] = [3, 0]; // A cell of this rank's block.
 * field.data[field.index(i, j)] += 1;
 * console.log(field.figures().max); // 3181.5
 * field.free();
 * ```
 */
export class Field<D extends Dtype = "f64"> {
  /** The grid that it is a field of. */
  readonly grid: Grid;
  /** The type of its values: `f64`, `f32` or `i32`. */
  readonly dtype: D;
  /** Where the values are. */
  readonly at: Place;
  /** The axis whose faces have the values, by its number; -1 where cells have them. @internal */
  readonly faceAxis: number;
  /** Values of the whole field along each axis: those of the grid, and one more across faces between walls. */
  readonly shape: readonly number[];
  /** Values of this block along each axis, without halo. */
  readonly blockShape: readonly number[];
  /** Bytes of an element. @internal */
  readonly elementLength: 4 | 8;
  /** The block with its halo. */
  readonly data: DtypeArrays[D];
  /** Distance of neighbours along each axis, in elements. */
  readonly strides: readonly number[];
  /** Address of the first interior cell in the WebAssembly memory. */
  readonly originPtr: number;
  readonly #ptr: number;
  #freed = false;

  /** @internal Use `grid.field()`. */
  constructor(grid: Grid, value: FieldValue, dtype: D, at: Place = "cell") {
    this.grid = grid;
    this.dtype = dtype;
    this.at = at;
    this.faceAxis = grid.axes.findIndex(({ name }) => at === `${name}-face`);
    const hasUpper = (axis: number) => axis === this.faceAxis && !grid.periodic[axis];
    this.shape = grid.shape.map((n, axis) => n + Number(hasUpper(axis)));
    this.blockShape = grid.blockShape.map((n, axis) => n + Number(hasUpper(axis) && grid.atWall(axis, "high")));
    this.elementLength = numbers[dtype].array.BYTES_PER_ELEMENT as 4 | 8;
    const padded = grid.blockShape.map((n) => n + 2 * grid.haloWidth);
    const strides = new Array<number>(padded.length).fill(1);
    for (let axis = padded.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * padded[axis + 1]!;
    this.strides = strides;
    const length = strides[0]! * padded[0]!;
    const byteLength = this.elementLength * length + slackByteLength;
    const isLarge = byteLength > 4 * pageByteLength;
    if (byteLength >= largePageByteLength) wantLargePages();
    this.#ptr = memory.alloc(byteLength + (isLarge ? pageByteLength : 0));
    const ptr = isLarge ? staggered(this.#ptr) : this.#ptr;
    this.data = memory[dtype](ptr, length) as DtypeArrays[D];
    noteHeld("field", this.data);
    this.originPtr = ptr + this.elementLength * this.#indexOf([]);
    try {
      this.set(value);
    } catch (error) {
      this.free();
      throw error;
    }
  }

  /** Index in `data` of a cell of the block; halo cells have indices below 0 or from n on. **Local.** */
  index(...cell: number[]): number {
    const strange = cell.findIndex((index) => !Number.isInteger(index));
    if (strange < 0) return this.#indexOf(cell);
    throw wrong(
      "Field.index",
      "whole numbers, one an axis",
      show(cell[strange]),
      "Number the cells of the block from 0.",
    );
  }

  #indexOf(cell: readonly number[]): number {
    const { strides } = this;
    const h = this.grid.haloWidth;
    return strides.reduce((sum, stride, axis) => sum + stride * ((cell[axis] ?? 0) + h), 0);
  }

  /** Sets the interior; the halo stays as it is until the next exchange. **Local.** @throws UsageError for what is no number */
  set(value: FieldValue): void {
    this.setAs('Field.set: "value"', value);
  }

  /** As {@link set}. @param where the argument in error texts @internal */
  setAs(where: string, value: FieldValue): void {
    const { grid } = this;
    const checked = (cell: readonly number[], number: unknown): number => {
      if (typeof number !== "number") throw this.#noNumber(where, cell, number);
      // Without its fraction; of NaN and what 32 bits do not hold nothing would be left.
      if (this.dtype !== "i32" || Math.trunc(number) === (number | 0)) return number;
      throw wrong(where, "whole numbers of 32 bits", show(number), "Use a field of f64.");
    };
    if (typeof value === "function") {
      expectFunction(where, value, "Give one that can be called for each place.");
      const at = this.blockShape.map((n, axis) => {
        return Float64Array.from({ length: n }, (_, index) => this.coordinate(axis, grid.start[axis]! + index));
      });
      this.#fill((cell) => {
        return checked(cell, value(at[0]![cell[0]!]!, at[1]?.[cell[1]!] ?? 0, at[2]?.[cell[2]!] ?? 0));
      });
    } else if (typeof value === "number") {
      if (this.dtype === "i32") this.#fill((cell) => checked(cell, value));
      else core().fillBox(...this.box(), value, this.kernelType);
    } else {
      const cells = this.blockShape.reduce((product, n) => product * n, 1);
      const isObject = typeof value === "object" && value !== null && !isRevoked(value);
      const isList = isObject && typeof value.length === "number";
      if (!isList || value.length !== cells) {
        throw wrong(
          where,
          `${isList ? "" : "a number, a function of the position, or "}${cells} values (block of ${this.blockShape.join(" x ")} ${this.#noun})`,
          isList ? value.length : show(value),
          `Give one a ${this.at === "cell" ? "cell" : "face"} of this rank's block.`,
        );
      }
      let next = 0;
      this.#fill((cell) => checked(cell, value[next++]));
    }
  }

  /** The error of something else than a number in a cell of the block; to be thrown. */
  #noNumber(where: string, cell: readonly number[], value: unknown): Error {
    const index = cell.map((local, axis) => this.grid.start[axis]! + local);
    const place = this.at === "cell" ? "cell" : "face";
    return wrong(where, "numbers", `${show(value)} in ${place} [${index.join(", ")}]`, `Give each ${place} a number.`);
  }

  /** The coordinate of a value along an axis by its global index: of a cell's centre, or of the face below. @internal */
  coordinate(axis: number, index: number): number {
    return axis === this.faceAxis ? this.grid.face(axis, index) : this.grid.centre(axis, index);
  }

  get #noun(): string {
    return this.at === "cell" ? "cells" : `${this.at}s`;
  }

  /** Sets each interior cell, in C order, to what `valueAt` says of its index in the block. */
  #fill(valueAt: (cell: readonly number[]) => number): void {
    const { data } = this;
    const [n0, n1, n2] = normalize(this.blockShape, 1);
    const axes = this.grid.shape.length;
    for (let i = 0; i < n0; i++) {
      for (let j = 0; j < n1; j++) {
        const row = [i, j, 0].slice(3 - axes);
        const start = this.#indexOf(row);
        for (let k = 0; k < n2; k++) {
          row[axes - 1] = k;
          data[start + k] = valueAt(row);
        }
      }
    }
  }

  /** Whether the memory is given back. @internal */
  get isFreed(): boolean {
    return this.#freed;
  }

  /** @throws UsageError when it is freed @internal */
  expectInUse(): void {
    if (this.#freed) throw wrong("Field", "a field in use", "a freed one", "Make a new one with grid.field().");
  }

  /** The interior as the kernels take it. **Local.** @internal */
  box(): Box {
    this.expectInUse();
    const [n0, n1, n2] = normalize(this.blockShape, 1);
    const [stride0, stride1] = this.byteStrides();
    return [this.originPtr, stride0, stride1, n0, n1, n2];
  }

  /** Strides of the first two axes of the kernels' layout, in bytes; 0 for missing axes. @internal */
  byteStrides(): [number, number] {
    const [s0, s1] = normalize(this.strides, 0);
    return [this.elementLength * s0, this.elementLength * s1];
  }

  /** The type as the kernels number it. @internal */
  get kernelType(): number {
    return codes[this.dtype];
  }

  /** A copy of the interior of this block, C order. **Local.** */
  interior(): DtypeArrays[D] {
    const [ptr, stride0, stride1, n0, n1, n2] = this.box();
    const length = n0 * n1 * n2;
    const rowBytes = this.elementLength * n2;
    const packedPtr = memory.alloc(rowBytes * n0 * n1);
    core().copyBox(packedPtr, rowBytes * n1, rowBytes, ptr, stride0, stride1, n0, n1, rowBytes);
    const copy = memory[this.dtype as Dtype](packedPtr, length).slice() as DtypeArrays[D];
    memory.free(packedPtr);
    return copy;
  }

  /**
   * The whole field, without halos, on the root; `undefined` elsewhere. **Collective.**
   * @returns shape `field.shape`, C order
   */
  gather(root = 0): DtypeArrays[D] | undefined {
    const { comm } = this.grid;
    const interior = this.interior();
    if (comm.rank !== root) {
      comm.send(interior, { to: root });
      return undefined;
    }
    const whole = this.#wholeArray();
    for (let rank = 0; rank < comm.size; rank++) {
      const rows = this.#rowsOf(rank);
      const block = rank === root ? interior : new numbers[this.dtype as Dtype].array(rows.cells);
      if (rank !== root) comm.recv(block, { from: rank });
      for (const [row, place] of rows.places.entries()) {
        whole.set(block.subarray(row * rows.length, (row + 1) * rows.length), place);
      }
    }
    return whole as DtypeArrays[D];
  }

  /**
   * Sets the interior from the whole field on the root, the reverse of {@link gather}; the halo stays as it is until the
   * next exchange. **Collective.**
   * @param whole shape `field.shape`, C order; ignored on ranks that are not the root
   */
  scatter(whole: ArrayLike<number> | undefined, root = 0): void {
    const { shape } = this;
    const { comm } = this.grid;
    const { array: Values } = numbers[this.dtype as Dtype];
    const cells = shape.reduce((product, n) => product * n, 1);
    const isRoot = comm.rank === root;
    // Told to the others, which would wait for their blocks.
    const fits = Int32Array.of(Number(isRoot && whole?.length === cells));
    comm.bcast(fits, { root });
    if (fits[0] === 0) {
      const got = !isRoot
        ? `others on rank ${root}`
        : Array.isArray(whole) || ArrayBuffer.isView(whole)
          ? whole.length
          : show(whole);
      const expected = `${cells} values (${shape.join(" x ")} ${this.#noun}) on the root`;
      throw wrong(
        'Field.scatter: "whole"',
        expected,
        got,
        `Give one a ${this.at === "cell" ? "cell" : "face"} of the grid, in C order.`,
      );
    }
    if (!isRoot) {
      const block = new Values(this.#rowsOf(comm.rank).cells);
      comm.recv(block, { from: root });
      this.set(block);
      return;
    }
    for (let rank = 0; rank < comm.size; rank++) {
      const rows = this.#rowsOf(rank);
      const block = new Values(rows.cells);
      for (const [row, place] of rows.places.entries()) {
        for (let k = 0; k < rows.length; k++) block[row * rows.length + k] = whole![place + k]!;
      }
      if (rank === root) this.set(block);
      else comm.send(block, { to: rank });
    }
  }

  #wholeArray(): DtypeArrays[Dtype] {
    return new numbers[this.dtype as Dtype].array(this.shape.reduce((product, n) => product * n, 1));
  }

  /** The rows of a rank's block, in order: where each begins in the whole field, and their length. */
  #rowsOf(rank: number): { readonly places: number[]; readonly length: number; readonly cells: number } {
    const { comm, shape: cells, split } = this.grid;
    const { shape } = this;
    const [, total1, total2] = normalize(shape, 1);
    const coords = comm.coordsOf(rank);
    const low = cells.map((n, axis) => blockStart(n, split[axis]!, coords[axis]!));
    const high = cells.map((n, axis) => {
      const end = blockStart(n, split[axis]!, coords[axis]! + 1);
      return end === n ? shape[axis]! : end;
    });
    const counts = low.map((start, axis) => high[axis]! - start);
    const [n0, n1, n2] = normalize(counts, 1);
    const [i0, j0, k0] = normalize(low, 0);
    const places = Array.from({ length: n0 * n1 }, (_, row) => {
      return ((i0 + Math.floor(row / n1)) * total1 + j0 + (row % n1)) * total2 + k0;
    });
    return { places, length: n2, cells: n0 * n1 * n2 };
  }

  /** The least value of the whole field, NaN if one is NaN. **Collective.** */
  min(): number {
    return extreme(this.grid.comm, Math.min(...this.#extremes("minimum")), "min");
  }

  /** The greatest value of the whole field, NaN if one is NaN. **Collective.** */
  max(): number {
    return extreme(this.grid.comm, Math.max(...this.#extremes("maximum")), "max");
  }

  /** An extreme of each part of the block that a thread looks at. */
  #extremes(kernel: "minimum" | "maximum"): readonly number[] {
    const parts = partsOf(this.box(), this.elementLength, this.grid.threads);
    return runParts(
      kernel,
      parts.map(({ box }) => [...box, this.kernelType]),
    ) as number[];
  }

  /**
   * The sum over all cells, exact and then rounded once: the same for any split. NaN if a value is not finite.
   * **Collective.**
   */
  sum(): number {
    return this.figures().sum;
  }

  /** The least, the greatest and the sum, in one look at the values. **Collective.** */
  figures(): Figures {
    const summary = new Summary(this);
    summary.add(this.box());
    const figures = summary.reduce(this.grid.comm);
    summary.free();
    return figures;
  }

  /**
   * A hash of all values' bits and places, 16 hexadecimal digits, the same for any split: equal digests mean equal
   * fields. **Collective.**
   */
  digest(): string {
    const { grid } = this;
    const [start0, start1, start2] = normalize(grid.start, 0);
    const [, total1, total2] = normalize(this.shape, 1);
    const parts = partsOf(this.box(), this.elementLength, grid.threads).map(({ box, offset: [i, j, k] }) => {
      return [...box, start0 + i, start1 + j, start2 + k, total1, total2, this.kernelType];
    });
    const hash = (runParts("digest", parts) as bigint[]).reduce((all, part) => all + part);
    const [sum] = grid.comm.allreduce(BigUint64Array.of(BigInt.asUintN(64, hash)), new BigUint64Array(1));
    return sum!.toString(16).padStart(16, "0");
  }

  /**
   * Releases the memory, which nothing else does; again does nothing. The field must not be used afterwards: calls refuse it,
   * but nothing notices who reads or writes its `data`. **Local.**
   */
  free(): void {
    if (this.#freed) return;
    this.#freed = true;
    memory.free(this.#ptr);
    noteFreed("field", this.data);
  }

  /** What it is, in one line: type, place and grid. **Local.** */
  toString(): string {
    return `field of ${this.dtype}${this.at === "cell" ? "" : ` at ${this.#noun}`} on ${this.grid}`;
  }
}
