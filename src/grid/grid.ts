import { expectKeys, expectList, expectOneOf, expectValues, expectWhole, show, wrong } from "../argument.js";
import { type LongName, type ToShort, toShort } from "../elements.js";
import type { Files } from "../jit/sources.js";
import { type CartComm, Comm } from "../mpi/comm/comm.js";
import { everywhere } from "../mpi/comm/everywhere.js";
import { expectSame } from "../mpi/comm/same.js";
import { PROC_NULL } from "../mpi/library/status.js";
import { expectAlike, named } from "./alike.js";
import { axisNames, type Coordinates, type Faces, type GridAxis, makeAxes } from "./axis.js";
import { blockStart, checkSplit, chooseLocalSplit, chooseSplit } from "./decompose.js";
import { type AnyField, type Dtype, dtypeNames, Field, type FieldValue, type Place } from "./field.js";
import { Halo, type HaloOptions } from "./halo.js";
import { type ReadOptions, readField } from "./input.js";
import { type Kernel, type KernelOptions, makeKernel } from "./kernel/kernel.js";
import { checkThreads, startThreads } from "./threads.js";

/** What a grid is made of; lists over axes start with x, or r. */
export interface GridOptions {
  /** Cells along each of 1 to 3 axes. */
  readonly shape?: readonly number[];
  /**
   * In place of `shape`: cells along each axis of the block of every rank, so that the grid grows with the ranks. `shape` is
   * then this times the split.
   */
  readonly localShape?: readonly number[];
  /**
   * Both ends of each axis, in the user's unit of length; `undefined` for an axis of which `faces` are given. Default:
   * `[0, n]`, cells of size 1.
   */
  readonly bounds?: readonly (readonly [number, number] | undefined)[];
  /**
   * What the axes measure: `polar` and `spherical` grids have the axis r, the distance from a centre, `cylindrical` ones r
   * and z. Nothing depends on angles. Default: `cartesian`, the axes x, y and z.
   */
  readonly coordinates?: Coordinates;
  /**
   * The faces of cells that differ in size, by the name of the axis: `n + 1` numbers that rise, or a function of a share of
   * the cells, from 0 to 1, that gives the coordinate.
   */
  readonly faces?: Readonly<Record<string, Faces>>;
  /** Which axes wrap around. Default: none. */
  readonly periodic?: readonly boolean[] | boolean;
  /** Width of the rim of cells around each block that mirrors its neighbours. Default: 2. */
  readonly halo?: number;
  /** Blocks along each axis; their product is the number of ranks. Default: the split that exchanges the smallest surface. */
  readonly split?: readonly number[];
  /**
   * Threads that work on the block of each rank, the same number on all ranks; no bit of a result depends on it. Default:
   * what `WASM_MPI_THREADS` says, else 1.
   */
  readonly threads?: number;
}

const gridKeys = ["shape", "localShape", "bounds", "coordinates", "faces", "periodic", "halo", "split", "threads"];

/**
 * A cell-centred grid of 1 to 3 axes, split into blocks, one a rank. Making one is **collective**.
 *
 * ```js
 * const grid = new Grid(comm, { shape: [512, 512], bounds: [[0, 1], [0, 1]], periodic: true });
 * const disk = new Grid(comm, { shape: [100], bounds: [[0, 2]], coordinates: "polar" });
 * const layer = new Grid(comm, { shape: [64, 32], faces: { y: (s) => s ** 2 } });
 * ```
 */
export class Grid {
  /** The communicator of the blocks; its ranks lie in C order, the last axis fastest. */
  readonly comm: CartComm;
  /** Cells of the whole grid along each axis. */
  readonly shape: readonly number[];
  /** Both ends of each axis, in the unit of length that the program uses. */
  readonly bounds: readonly (readonly [number, number])[];
  /** Which axes wrap around. */
  readonly periodic: readonly boolean[];
  /** Width of the halo of every field, in cells. */
  readonly haloWidth: number;
  /** Blocks along each axis. */
  readonly split: readonly number[];
  /** Threads that work on the block of each rank. */
  readonly threads: number;
  /** Size of a cell along each axis, in the unit of `bounds`; NaN where cells differ in size, see {@link width}. */
  readonly spacing: readonly number[];
  /** What the axes measure. */
  readonly system: Coordinates;
  /** The axes, with their names and where cells lie. */
  readonly axes: readonly GridAxis[];
  /** Global index of this block's first cell along each axis. */
  readonly start: readonly number[];
  /** Cells of this block along each axis, without halo. */
  readonly blockShape: readonly number[];
  /** This block's place among the blocks. */
  readonly coords: readonly number[];
  /** Neighbouring ranks along each axis, or `PROC_NULL` at a wall; the rank itself where an axis wraps unsplit. */
  readonly neighbours: readonly { readonly low: number; readonly high: number }[];

  /** @throws UsageError when an option is wrong or a block would be thinner than the halo. */
  constructor(comm: Comm, options: GridOptions) {
    if (!(comm instanceof Comm)) {
      throw wrong('Grid: "comm"', "a communicator", show(comm), "Pass for example the one of mpi.init().");
    }
    const read = everywhere(comm, () => readOptions(comm.size, options));
    const { shape, coordinates, threads } = read;
    this.shape = shape;
    this.haloWidth = read.halo;
    this.periodic = read.periodic;
    this.axes = read.axes;
    this.system = coordinates;
    this.bounds = this.axes.map((axis) => axis.bounds);
    this.split = read.split;
    this.threads = threads;
    const { bounds, periodic, haloWidth: halo } = this;
    // Blocks of another grid would not fit together.
    const metric = this.isBox ? {} : { coordinates, faces: this.axes.map((axis) => Array.from(axis.faces ?? [])) };
    const told = { shape, bounds, periodic, halo, split: this.split, ...metric, threads };
    expectSame(comm, 'Grid: "options"', JSON.stringify(told));
    const cart = comm.cartCreate({ dims: this.split, periods: this.periodic })!;
    this.comm = cart;
    this.coords = cart.coords;
    this.neighbours = shape.map((_, axis) => {
      const { source, dest } = cart.shift(axis);
      return { low: source, high: dest };
    });
    startThreads(threads);
    this.spacing = this.axes.map((axis) => axis.spacing ?? Number.NaN);
    this.start = shape.map((n, axis) => blockStart(n, this.split[axis]!, this.coords[axis]!));
    this.blockShape = shape.map((n, axis) => {
      return blockStart(n, this.split[axis]!, this.coords[axis]! + 1) - this.start[axis]!;
    });
  }

  /** True where all cells have one size and volume. */
  get isBox(): boolean {
    return this.axes.every((axis) => !axis.metric);
  }

  /** True where this block touches a wall of the grid: an end of an axis that does not wrap. */
  atWall(axis: number, side: "low" | "high"): boolean {
    this.#checkAxis("Grid.atWall", axis);
    expectOneOf('Grid.atWall: "side"', side, ["low", "high"]);
    return this.neighbours[axis]![side] === PROC_NULL;
  }

  /** The coordinate of a cell centre by its global index; beyond a wall cells are as wide as the last one. **Local.** */
  centre(axis: number, index: number): number {
    this.#checkAxis("Grid.centre", axis);
    expectWhole('Grid.centre: "index"', index, {}, "Number the cells from 0.");
    return this.axes[axis]!.centre(index);
  }

  /** The coordinate of a face by its global index; face f lies between the cells f - 1 and f. **Local.** */
  face(axis: number, index: number): number {
    this.#checkAxis("Grid.face", axis);
    expectWhole('Grid.face: "index"', index, {}, "Number the faces from 0.");
    return this.axes[axis]!.face(index);
  }

  /** The size of a cell along an axis by its global index, in the unit of `bounds`. **Local.** */
  width(axis: number, index: number): number {
    this.#checkAxis("Grid.width", axis);
    expectWhole('Grid.width: "index"', index, {}, "Number the cells from 0.");
    return this.axes[axis]!.width(index);
  }

  #checkAxis(where: string, axis: number): void {
    expectWhole(`${where}: "axis"`, axis, { least: 0, most: this.shape.length - 1 }, "Number the axes from 0.");
  }

  /** Cell centres of the whole axis. **Local.** */
  coordinates(axis: number): Float64Array {
    this.#checkAxis("Grid.coordinates", axis);
    const line = this.axes[axis]!;
    const centres = new Float64Array(line.cells);
    for (let index = 0; index < centres.length; index++) centres[index] = line.centre(index);
    return centres;
  }

  /**
   * A field on this grid, of f64 unless `dtype` says `f32` or `i32`; with `at: "x-face"` of the faces across an axis: one
   * more than there are cells between walls, as many on a periodic axis, and face i lies below cell i.
   * @param value a number, a function of the cell's or the face's centre, or an array of this block's values (C order);
   * default 0
   */
  field<D extends Dtype | LongName<Dtype> = "f64">(
    value: FieldValue = 0,
    options: { readonly dtype?: D; readonly at?: Place } = {},
  ): Field<ToShort<D> & Dtype> {
    return new Field(this, value, checkDtype(options), this.#placeOf(options.at));
  }

  #placeOf(at: Place = "cell"): Place {
    const known = ["cell", ...this.axes.map(({ name }) => `${name}-face` as Place)] as const;
    expectOneOf('Grid.field: "at"', at, known as readonly Place[]);
    const axis = known.indexOf(at) - 1;
    if (axis < 0 || this.periodic[axis] || this.haloWidth > 0) return at;
    throw wrong('Grid.field: "at"', '"cell" on a grid without halo', show(at), "Make the grid with halo: 1.");
  }

  /**
   * A new field of a variable in an HDF5 or netCDF-4 file of any program: of floats or integers, of the grid's shape, or
   * of frames of it; with `at` of faces, as `Output` writes them. Each rank reads its block. The convention of netCDF for packed numbers is followed: `scale_factor`
   * and `add_offset`, NaN for `_FillValue` and `missing_value`. **Collective**; other calls may be made before the promise
   * is settled.
   *
   * ```js
   * const temperature = await grid.read("era5.nc", "t2m", { frame: 0 });
   * ```
   * @param name of the variable, behind those of its groups: `run/temperature`
   * @throws FileError when the file cannot be read or the variable does not fit; UsageError when there is no such variable
   */
  read<D extends Dtype | LongName<Dtype> = "f64">(
    path: string,
    name: string,
    options: ReadOptions<D> = {},
  ): Promise<Field<ToShort<D> & Dtype>> {
    return readField(this, path, name, options);
  }

  /** The halo exchange of some fields; its pattern is computed once. **Collective.** */
  halo(fields: readonly AnyField[], options: HaloOptions = {}): Halo {
    if (this.comm.size > 1) expectAlike(this.comm, () => named("Grid.halo", { fields, width: options?.width }));
    return new Halo(this, fields, options);
  }

  /**
   * A stencil of the user's: the update of one cell, in AssemblyScript, or as assignments with neighbours as `u[1, 0]`.
   * **Collective.**
   * @throws CompileError that shows the lines that are wrong; UsageError
   */
  kernel(source: string | URL | Files, options: KernelOptions = {}): Promise<Kernel> {
    return makeKernel(this, source, options);
  }

  /** Releases the communicator. The grid and its fields must not be used afterwards. **Collective.** */
  free(): void {
    this.comm.free();
  }

  /** What it is, in one line: cells, blocks, axes that wrap. **Local.** */
  toString(): string {
    const namesThat = (test: (axis: GridAxis) => boolean) =>
      this.axes.flatMap((axis) => (test(axis) ? [axis.name] : []));
    const wraps = namesThat((axis) => axis.isPeriodic);
    const stretched = namesThat((axis) => axis.faces !== undefined);
    const blocks = this.start.map((low, axis) => `[${low}, ${low + this.blockShape[axis]!})`).join(" x ");
    const ranks = this.comm.size === 1 ? "1 rank" : `${this.comm.size} ranks as ${this.split.join(" x ")}`;
    return [
      `${this.shape.join(" x ")} cells`,
      ...(this.system === "cartesian" ? [] : [this.system]),
      ...(stretched.length > 0 ? [`stretched ${stretched.join(", ")}`] : []),
      wraps.length > 0 ? `periodic ${wraps.join(", ")}` : "not periodic",
      `halo ${this.haloWidth}`,
      this.threads === 1 ? ranks : `${ranks}, ${this.threads} threads each`,
      `this block ${blocks}`,
    ].join(", ");
  }
}

/** What options of a grid say; it may be computed, on one rank in another way than on others. **Local.** @throws UsageError */
function readOptions(ranks: number, options: GridOptions) {
  expectValues("Grid", options, gridKeys);
  const { coordinates = "cartesian", faces, localShape } = options;
  if (localShape !== undefined && options.shape !== undefined) {
    throw wrong('Grid: "localShape"', 'none with "shape"', show(localShape), "Leave out one of them.");
  }
  const count = localShape === undefined ? checkShape("shape", options.shape) : checkShape("localShape", localShape);
  const halo = checkHalo(options.halo);
  const periodic = checkPeriodic(options.periodic ?? false, count);
  const { shape, split: parts } = cellsOf(ranks, options, halo, periodic);
  const axes = makeAxes({ shape, bounds: options.bounds, periodic, coordinates, faces });
  const axis = shape.findIndex((n, index) => periodic[index] && n < halo);
  if (axis >= 0) {
    const expected = `at least ${halo} cells along the periodic axis ${axes[axis]!.name} (the halo)`;
    throw wrong('Grid: "shape"', expected, shape[axis], "Use a smaller halo or more cells.");
  }
  const threads = checkThreads(options.threads);
  return { shape: [...shape], coordinates, halo, periodic, axes, split: parts, threads };
}

/** The cells of the whole grid, and the blocks along each axis. @throws UsageError */
function cellsOf(
  ranks: number,
  { shape, localShape, split, coordinates }: GridOptions,
  halo: number,
  periodic: readonly boolean[],
): { readonly shape: readonly number[]; readonly split: readonly number[] } {
  const names = axisNames(coordinates);
  if (localShape === undefined) {
    const cells = shape!;
    const parts = split === undefined ? chooseSplit(cells, ranks, halo, periodic) : undefined;
    return { shape: cells, split: parts ?? checkSplit(split!, cells, ranks, halo, names) };
  }
  const wholeOf = (parts: readonly number[]) => localShape.map((cells, axis) => cells * parts[axis]!);
  if (split === undefined) {
    const parts = chooseLocalSplit(localShape, ranks, halo, names);
    return { shape: wholeOf(parts), split: parts };
  }
  const parts = checkSplit(split, Array.isArray(split) ? wholeOf(split) : localShape, ranks, halo, names);
  return { shape: wholeOf(parts), split: parts };
}

function checkShape(name: "shape" | "localShape", shape: readonly number[] | undefined): number {
  const valid = Array.isArray(shape) && shape.length >= 1 && shape.length <= 3;
  if (valid && shape.every((n) => Number.isSafeInteger(n) && n >= 1)) return shape.length;
  throw wrong(
    `Grid: "${name}"`,
    "1 to 3 whole numbers of cells, each at least 1",
    show(shape),
    "Give the cells along each axis.",
  );
}

function checkHalo(halo = 2): number {
  if (Number.isSafeInteger(halo) && halo >= 0) return halo;
  throw wrong('Grid: "halo"', "a whole number of cells from 0", show(halo), "Leave it out for 2.");
}

function checkPeriodic(periodic: readonly boolean[] | boolean, axes: number): boolean[] {
  if (typeof periodic === "boolean") return new Array<boolean>(axes).fill(periodic);
  const todo = "Give true or false for each axis.";
  expectList('Grid: "periodic"', periodic, `${axes} values, one an axis`, todo, axes);
  return [...periodic];
}

function checkDtype<D>(options: { readonly dtype?: D; readonly at?: Place }): ToShort<D> & Dtype {
  expectKeys("Grid.field", options, ["dtype", "at"]);
  const dtype: unknown = toShort(options.dtype ?? "f64");
  return expectOneOf('Grid.field: "dtype"', dtype, dtypeNames, "Leave it out for f64.") as ToShort<D> & Dtype;
}
