/** A grid as expressions see it: axes with their spacing, and arrays along them. */
import { sizeOf } from "../../expression/lower.js";
import type { Layout } from "../../expression/program.js";
import { gridNumbers } from "../../expression/text/space.js";
import type { GridAxis } from "../../grid/axis.js";
import { stridesOf } from "../../grid/code.js";
import type { AnyField } from "../../grid/field.js";
import type { Grid } from "../../grid/grid.js";
import { indexOf } from "../../grid/order.js";
import { memory } from "../../wasm/memory.js";

/** The kinds of number that equations are solved in. */
export type RealDtype = "f64" | "f32";

/** Cells from a begin to an end along each axis, by index in the block. */
export type Bounds = readonly number[];

/** One block of a grid, and the arrays on it that expressions name. */
export class Domain {
  readonly grid: Grid;
  readonly dtype: RealDtype;
  readonly axes: readonly GridAxis[];
  /** How fields lie in memory. */
  readonly layout: Layout;
  /** All cells of the block. */
  readonly whole: Bounds;
  /** Whether the interior of the block is computed while messages travel. */
  readonly overlap: boolean;
  readonly #along = new Map<string, number>();
  readonly #spare: AnyField[] = [];

  constructor(grid: Grid, dtype: RealDtype, overlap = false) {
    this.grid = grid;
    this.dtype = dtype;
    this.overlap = overlap;
    this.axes = grid.axes;
    this.layout = { dtype, strides: stridesOf(grid) };
    this.whole = grid.blockShape.flatMap((n) => [0, n]);
  }

  /** Bytes of a number. */
  get size(): number {
    return sizeOf[this.dtype];
  }

  /** The numbers of the grid that texts need. */
  get numbers(): Readonly<Record<string, number>> {
    const { shape, spacing, axes, isBox } = this.grid;
    const cells = shape.reduce((product, n) => product * n, 1);
    if (isBox) return this.numbersOf(cells, cells * spacing.reduce((product, dx) => product * dx, 1));
    const lengths = axes.map((axis) => {
      return axis.metric ? axis.factor("volume").reduce((sum, volume) => sum + volume, 0) : axis.cells * axis.spacing!;
    });
    return this.numbersOf(
      cells,
      lengths.reduce((product, length) => product * length, 1),
    );
  }

  /** The numbers of the grid where so many cells count. */
  numbersOf(cells: number, volume: number): Readonly<Record<string, number>> {
    return { [gridNumbers.cells]: cells, [gridNumbers.volume]: volume };
  }

  /** The volume of a cell over the full angle, by its index in the whole grid. */
  volumeAt(cell: readonly number[]): number {
    const volume = (axis: GridAxis, i: number) => (axis.metric ? axis.factor("volume")[cell[i]!]! : axis.spacing!);
    return this.axes.reduce((product, axis, i) => product * volume(axis, i), 1);
  }

  /** The sum over the grid of a field times the volumes of cells, which is exact but for these products. **Collective.** */
  integrate(field: AnyField): number {
    const { start, blockShape } = this.grid;
    const values = field.interior();
    const weighted = this.grid.field(
      Float64Array.from(values, (value, place) => {
        return value * this.volumeAt(indexOf(blockShape, place).map((i, axis) => start[axis]! + i));
      }),
    );
    const sum = weighted.sum();
    weighted.free();
    return sum;
  }

  /** The address of an array along an axis at index 0: its coordinates or a factor, halos included. */
  alongPtr(name: string): number {
    const { grid, size } = this;
    const known = this.#along.get(name);
    if (known !== undefined) return known + size * grid.haloWidth;
    const axis = this.axes.findIndex((entry) => entry.name === name.split(".")[0]);
    const length = grid.blockShape[axis]! + 2 * grid.haloWidth;
    const ptr = memory.alloc(size * length);
    const first = grid.start[axis]! - grid.haloWidth;
    const values = memory[this.dtype](ptr, length);
    for (let i = 0; i < length; i++) values[i] = this.axes[axis]!.numberAt(name, first + i);
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
