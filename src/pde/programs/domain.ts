/** A grid as expressions see it: axes with their spacing, and arrays along them. */
import { sizeOf } from "../../expression/lower.js";
import type { Layout } from "../../expression/program.js";
import { type Axis, gridNumbers } from "../../expression/text/space.js";
import { stridesOf } from "../../grid/code.js";
import { axisName } from "../../grid/decompose.js";
import type { AnyField } from "../../grid/field.js";
import type { Grid } from "../../grid/grid.js";
import { memory } from "../../wasm/memory.js";

/** The kinds of number that equations are solved in. */
export type RealDtype = "f64" | "f32";

/** Cells from a begin to an end along each axis, by index in the block. */
export type Bounds = readonly number[];

/** The axes of a grid, as operators need them. */
export function axesOf({ shape, spacing }: Grid): readonly Axis[] {
  return shape.map((_, axis) => ({ name: axisName(axis), spacing: spacing[axis]! }));
}

/** The coordinate of a cell's centre by its global index, on periodic axes of the cell that an index beyond an end stands for. */
export function coordinateOf(grid: Grid, axis: number, index: number): number {
  const n = grid.shape[axis]!;
  return grid.centre(axis, grid.periodic[axis] ? ((index % n) + n) % n : index);
}

/** One block of a grid, and the arrays on it that expressions name. */
export class Domain {
  readonly grid: Grid;
  readonly dtype: RealDtype;
  readonly axes: readonly Axis[];
  /** How fields lie in memory. */
  readonly layout: Layout;
  /** All cells of the block. */
  readonly whole: Bounds;
  readonly #along = new Map<string, number>();
  readonly #spare: AnyField[] = [];

  constructor(grid: Grid, dtype: RealDtype) {
    this.grid = grid;
    this.dtype = dtype;
    this.axes = axesOf(grid);
    this.layout = { dtype, strides: stridesOf(grid) };
    this.whole = grid.blockShape.flatMap((n) => [0, n]);
  }

  /** Bytes of a number. */
  get size(): number {
    return sizeOf[this.dtype];
  }

  /** The numbers of the grid that texts need. */
  get numbers(): Readonly<Record<string, number>> {
    const { shape, spacing } = this.grid;
    const cells = shape.reduce((product, n) => product * n, 1);
    return { [gridNumbers.cells]: cells, [gridNumbers.volume]: cells * this.cellVolume(spacing) };
  }

  cellVolume(spacing = this.grid.spacing): number {
    return spacing.reduce((product, dx) => product * dx, 1);
  }

  /** The address of an array along an axis at index 0: its coordinates, halos included. */
  alongPtr(name: string): number {
    const { grid, size } = this;
    const known = this.#along.get(name);
    if (known !== undefined) return known + size * grid.haloWidth;
    const axis = this.axes.findIndex((entry) => entry.name === name);
    const length = grid.blockShape[axis]! + 2 * grid.haloWidth;
    const ptr = memory.alloc(size * length);
    const first = grid.start[axis]! - grid.haloWidth;
    const values = memory[this.dtype](ptr, length);
    for (let i = 0; i < length; i++) values[i] = coordinateOf(grid, axis, first + i);
    this.#along.set(name, ptr);
    return ptr + size * grid.haloWidth;
  }

  /** The field that holds the n-th intermediate result of whatever is computed: programs run one after the other. */
  temporary(n: number): AnyField {
    while (this.#spare.length <= n) this.#spare.push(this.grid.field(0, { dtype: this.dtype }));
    return this.#spare[n]!;
  }

  /** Releases memory. **Local.** */
  free(): void {
    for (const ptr of this.#along.values()) memory.free(ptr);
    for (const field of this.#spare) field.free();
    this.#along.clear();
    this.#spare.length = 0;
  }
}
