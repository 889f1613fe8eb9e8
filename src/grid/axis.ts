/** The axes of grids: what they are called, where cells and faces lie, and how areas and volumes grow along them. */
import { expectFunction, expectKeys, expectOneOf, isAbove, show, wrong } from "../argument.js";
import { type Axis, type Factor, factorsOf, type Growth } from "../expression/text/space.js";

/** What the axes of a grid measure. */
export type Coordinates = "cartesian" | "polar" | "spherical" | "cylindrical";

/** The axes of coordinates, and how areas and volumes grow along each. */
const systems: Readonly<Record<Coordinates, readonly (readonly [name: string, Growth])[]>> = {
  cartesian: [
    ["x", "box"],
    ["y", "box"],
    ["z", "box"],
  ],
  polar: [["r", "polar"]],
  spherical: [["r", "spherical"]],
  cylindrical: [
    ["r", "cylindrical"],
    ["z", "box"],
  ],
};

/** The names of the axes that there are in coordinates. */
export function axisNames(coordinates: Coordinates = "cartesian"): readonly string[] {
  return namedSystem(coordinates).map(([name]) => name);
}

/** The faces of the cells of an axis: one number more than there are cells, or a function of a share of them from 0 to 1. */
export type Faces = ArrayLike<number> | ((s: number) => number);

/** What of the options of a grid is about its axes. */
export interface AxisOptions {
  readonly shape: readonly number[];
  readonly bounds?: readonly (readonly [number, number] | undefined)[] | undefined;
  readonly periodic: readonly boolean[];
  readonly coordinates?: Coordinates | undefined;
  readonly faces?: Readonly<Record<string, Faces>> | undefined;
}

/** What an axis is made of. */
interface AxisParts extends Pick<GridAxis, "name" | "cells" | "isPeriodic" | "bounds" | "faces"> {
  readonly growth: Growth;
}

/** An axis of a grid. */
export class GridAxis implements Axis {
  readonly name: string;
  readonly cells: number;
  readonly isPeriodic: boolean;
  /** Both ends. */
  readonly bounds: readonly [number, number];
  /** The size of a cell, where all have the same; the faces of the others are in `faces`. */
  readonly spacing: number | undefined;
  readonly faces: Float64Array | undefined;
  readonly #growth: Growth;
  #factors: Readonly<Record<Factor, Float64Array>> | undefined;

  constructor({ name, growth, cells, isPeriodic, bounds, faces }: AxisParts) {
    this.name = name;
    this.#growth = growth;
    this.cells = cells;
    this.isPeriodic = isPeriodic;
    this.bounds = bounds;
    this.faces = faces;
    this.spacing = faces ? undefined : (bounds[1] - bounds[0]) / cells;
  }

  /** True where areas, volumes or distances differ from cell to cell: operators use {@link factor}s. */
  get metric(): boolean {
    return this.faces !== undefined || this.#growth !== "box";
  }

  /** True at the lower end of a radius from 0: its face has no area, and needs no condition. */
  get hasCentre(): boolean {
    return this.#growth !== "box" && this.bounds[0] === 0;
  }

  /** The middle of a cell; beyond a wall cells are as wide as the one at the wall. */
  centre(index: number): number {
    const { faces, spacing, cells } = this;
    if (!faces) return this.bounds[0] + (index + 0.5) * spacing!;
    const [cell, turn] = this.#place(index);
    if (cell >= 0 && cell < cells) return (faces[cell]! + faces[cell + 1]!) / 2 + turn;
    return cell < 0
      ? faces[0]! + (cell + 0.5) * this.width(0)
      : faces[cells]! + (cell - cells + 0.5) * this.width(cells - 1);
  }

  /** The face below a cell. */
  face(index: number): number {
    const { faces, spacing, cells } = this;
    if (!faces) return this.bounds[0] + index * spacing!;
    if (index === cells) return faces[cells]!;
    const [cell, turn] = this.#place(index);
    if (cell >= 0 && cell <= cells) return faces[cell]! + turn;
    return cell < 0 ? faces[0]! + cell * this.width(0) : faces[cells]! + (cell - cells) * this.width(cells - 1);
  }

  /** The cell that an index stands for on a periodic axis, and how far away that is. */
  #place(index: number): readonly [cell: number, turn: number] {
    const turns = Math.floor(index / this.cells);
    if (!this.isPeriodic || turns === 0) return [index, 0];
    return [index - turns * this.cells, turns * (this.bounds[1] - this.bounds[0])];
  }

  /** The size of a cell along the axis. */
  width(index: number): number {
    const { faces, spacing } = this;
    if (!faces) return spacing!;
    const cell = this.inside(index);
    return faces[cell + 1]! - faces[cell]!;
  }

  /** The cell of the grid that an index beyond an end stands for: the same on a periodic axis, else the one at the wall. */
  inside(index: number): number {
    const n = this.cells;
    return this.isPeriodic ? ((index % n) + n) % n : Math.min(n - 1, Math.max(0, index));
  }

  /** The cell of a coordinate within the bounds: that whose lower face is not above it; the upper bound is of the last. */
  cellAt(value: number): number {
    let [low, high] = [0, this.cells];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.face(middle) <= value) low = middle;
      else high = middle;
    }
    return low;
  }

  /**
   * What an array along the axis has for a cell: the coordinate where it is called as the axis, that of the face below behind a
   * dot and `face`, or the factor behind a dot.
   * Beyond the ends of a periodic axis it is that of the cell at the other end.
   */
  numberAt(array: string, index: number): number {
    const [, factor] = array.split(".");
    if (factor === "face") return this.face(index);
    if (factor === undefined) return this.centre(this.isPeriodic ? this.inside(index) : index);
    return this.factor(factor as Factor)[this.inside(index)]!;
  }

  /** One factor of all cells, where areas, volumes or distances differ. */
  factor(name: Factor): Float64Array {
    if (!this.#factors) {
      const faces = this.faces ?? Float64Array.from({ length: this.cells + 1 }, (_, index) => this.face(index));
      this.#factors = factorsOf(faces, this.#growth, this.isPeriodic);
    }
    return this.#factors[name];
  }
}

/** The axes of a grid. **Local.** @throws UsageError */
export function makeAxes({
  shape,
  bounds,
  periodic,
  coordinates = "cartesian",
  faces,
}: AxisOptions): readonly GridAxis[] {
  const system = systemOf(coordinates, shape);
  const names = system.map(([name]) => name);
  const all = shape.map((cells, axis) => facesOf(faces, names[axis]!, cells));
  if (faces !== undefined) expectKeys('Grid: "faces"', faces, names);
  const ends = checkBounds(bounds, all, names, shape);
  return system.map(([name, growth], axis) => {
    const place = { cells: shape[axis]!, isPeriodic: periodic[axis]!, bounds: ends[axis]!, faces: all[axis] };
    const made = new GridAxis({ name, growth, ...place });
    if (growth === "box") return made;
    if (made.bounds[0] < 0) {
      const where = faces && Object.hasOwn(faces, name) ? 'Grid: "faces.r"' : 'Grid: "bounds"';
      throw wrong(where, "a radius from 0", made.bounds[0], "Let r begin at 0 or above.");
    }
    if (periodic[axis]) {
      const todo = shape.length > 1 ? "Give periodic: [false, true] for z alone." : "Leave it out.";
      throw wrong('Grid: "periodic"', "a radius r that does not wrap around", "true", todo);
    }
    return made;
  });
}

function namedSystem(coordinates: Coordinates): readonly (readonly [string, Growth])[] {
  return systems[expectOneOf('Grid: "coordinates"', coordinates, Object.keys(systems) as Coordinates[])];
}

function systemOf(coordinates: Coordinates, shape: readonly number[]): readonly (readonly [string, Growth])[] {
  const system = namedSystem(coordinates);
  if (coordinates === "cartesian") return system.slice(0, shape.length);
  if (shape.length === system.length) return system;
  const count = system.length === 1 ? "1 axis, r," : "2 axes, r and z,";
  throw wrong('Grid: "shape"', `${count} of a ${coordinates} grid`, show(shape), "Give the cells along each axis.");
}

/** The most cells of an axis whose faces are given: every rank has all of its faces, here 1 GiB of them. */
const mostUneven = 2 ** 27 - 1;

/** The faces of an axis that are given. @throws UsageError */
function facesOf(faces: AxisOptions["faces"], name: string, cells: number): Float64Array | undefined {
  if (faces === undefined || faces === null || !Object.hasOwn(faces, name)) return undefined;
  const where = `Grid: "faces.${name}"`;
  const asked: unknown = faces[name];
  const expected = `${cells + 1} finite numbers that rise, one more than cells`;
  const todo = "Give the faces of all cells from the lowest up.";
  if (cells > mostUneven)
    throw wrong(where, `an axis of at most ${mostUneven} cells`, cells, "Use fewer, or leave it out for equal ones.");
  let list: ArrayLike<number>;
  if (typeof asked === "function") {
    expectFunction(where, asked, todo);
    list = Array.from({ length: cells + 1 }, (_, i) => (asked as (s: number) => number)(i / cells));
  } else {
    const isList = Array.isArray(asked) || (ArrayBuffer.isView(asked) && !(asked instanceof DataView));
    if (!isList) throw wrong(where, `${expected}, or a function`, show(asked), todo);
    list = asked as unknown as ArrayLike<number>;
    if (list.length !== cells + 1) throw wrong(where, expected, `${list.length} of them`, todo);
  }
  for (let i = 0; i <= cells; i++) {
    if (Number.isFinite(list[i]) && (i === 0 || list[i]! > list[i - 1]!)) continue;
    throw wrong(where, expected, `${show(list[i])}${i > 0 ? ` after ${list[i - 1]}` : ""} at [${i}]`, todo);
  }
  if (!Number.isFinite(list[cells]! - list[0]!)) {
    const got = `an infinite one from ${list[0]} to ${list[cells]}`;
    throw wrong(where, "a finite length of the whole axis", got, "Use another unit.");
  }
  return Float64Array.from(list);
}

/** Both ends of each axis. @throws UsageError */
function checkBounds(
  bounds: AxisOptions["bounds"],
  faces: readonly (Float64Array | undefined)[],
  names: readonly string[],
  shape: readonly number[],
): (readonly [number, number])[] {
  const endsOf = (axis: number): readonly [number, number] => {
    const known = faces[axis];
    return known ? [known[0]!, known.at(-1)!] : [0, shape[axis]!];
  };
  if (bounds === undefined) return shape.map((_, axis) => endsOf(axis));
  const isInterval = (pair: unknown, axis: number) =>
    (faces[axis] && (pair === undefined || pair === null)) ||
    (Array.isArray(pair) && pair.length === 2 && pair.every(Number.isFinite) && isAbove(0, pair[1] - pair[0]));
  if (!Array.isArray(bounds) || bounds.length !== shape.length || !bounds.every(isInterval)) {
    const list = (values: unknown): string =>
      Array.isArray(values) ? `[${values.map(list).join(", ")}]` : show(values);
    const pairs = shape.length === 1 ? "a pair" : `${shape.length} pairs`;
    const expected = `${pairs} of finite numbers, the lower first`;
    throw wrong('Grid: "bounds"', expected, list(bounds), "Give both ends of each axis.");
  }
  return shape.map((_, axis) => {
    const pair = bounds[axis];
    if (!faces[axis]) return [pair![0], pair![1]] as const;
    const ends = endsOf(axis);
    if (!pair || (pair[0] === ends[0] && pair[1] === ends[1])) return ends;
    const expected = `${show(ends)} for ${names[axis]}, the ends of its faces`;
    throw wrong('Grid: "bounds"', expected, show(pair), "Leave it undefined.");
  });
}
