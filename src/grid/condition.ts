/** The conditions at the walls of a grid for fields that a stencil reads: as they are given, and the layers they set. */
import { nearest, show, showAll, wrong } from "../argument.js";
import type { AnyField } from "./field.js";
import type { Grid } from "./grid.js";
import { type BySide, checkBlocks, parseSides, type Side, type Sides, sideName, sides } from "./side.js";
import { type SideNumbers, SideText } from "./sidetext.js";
import {
  type Action,
  type Coefficient,
  type Coefficients,
  type Edge,
  LinearWall,
  layersBeyond,
  negateLayer,
} from "./wall.js";

/** A number, or an array of one number a cell of the side: C order of the other axes, over the whole grid. */
export type SideValue = number | ArrayLike<number>;

/**
 * What a side does to the halo cells beyond it; texts are of the coordinates along the side, and of numbers of the run. With u0, u1 the cells inside from the wall on, v the first cell beyond, dx
 * the spacing, and derivatives that point outwards:
 *
 *     { value: c }                  v = 2 c - u0                                       the field is c on the wall
 *     { derivative: c }             v = u0 + dx c
 *     { mixed: g, const: b }        v = (2 dx b + (2 - g dx) u0) / (2 + g dx)          derivative + g u = b, b = 0 if left out
 *     { curvature: c }              v = c dx^2 + 2 u0 - u1
 *     "periodic", "antiperiodic"    the cell at the other end of the axis, or its negative
 */
export type Condition =
  | "periodic"
  | "antiperiodic"
  | { readonly value: SideValue | string }
  | { readonly derivative: SideValue | string }
  | { readonly mixed: SideValue | string; readonly const?: SideValue | string }
  | { readonly curvature: SideValue | string };

/** A condition, checked. */
export type Wall =
  | { readonly kind: "periodic" }
  | { readonly kind: "antiperiodic" }
  | { readonly kind: "value" | "derivative" | "curvature"; readonly value: SideValue | SideText }
  | { readonly kind: "mixed"; readonly value: SideValue | SideText; readonly constant: SideValue | SideText };

/** The conditions of a field, by axis. */
export type Walls = Sides<Wall>;

/** The keys of a condition, each with those that it takes beside it. */
const companions: Readonly<Record<string, readonly string[]>> = {
  value: [],
  derivative: [],
  mixed: ["const"],
  curvature: [],
};

/** All keys by which a condition is told from an object of sides. */
export const conditionKeys: readonly string[] = [...Object.keys(companions), "const"];

const known = "{ value }, { derivative }, { mixed, const } or { curvature }";

/**
 * The conditions of all sides, by default periodic where the grid is, and derivative 0 elsewhere. **Local.**
 * @param where the option in error texts: `Grid.kernel: "boundary"`
 * @throws UsageError
 */
export function parseWalls(where: string, boundary: BySide<Condition> | undefined, grid: Grid): Walls {
  const parse = (condition: unknown, axis: number, at: string) => {
    const [call, option] = where.split(/: "|"$/) as [string, string];
    const textOf = (text: string) => new SideText(call, `${option} at ${at}`, text, grid.axes);
    return parseCondition(where, condition, axis, at, grid, textOf);
  };
  const parsed = parseSides<Wall>(where, boundary, grid, { keys: conditionKeys, parse });
  return parsed.map(({ low, high }, axis) => {
    const otherwise: Wall = grid.periodic[axis] ? { kind: "periodic" } : { kind: "derivative", value: 0 };
    const walls = { low: low ?? otherwise, high: high ?? otherwise };
    if (grid.periodic[axis] && walls.low.kind !== walls.high.kind) {
      const expected = `the same at both ends of ${grid.axes[axis]!.name} (a periodic axis of the grid)`;
      const got = sides.map((side) => JSON.stringify(walls[side].kind)).join(" and ");
      throw wrong(where, expected, got, `Give it for ${grid.axes[axis]!.name}.`);
    }
    return walls;
  });
}

/** A condition of one side. @param textOf reads a text, where there may be one @throws UsageError */
export function parseCondition(
  where: string,
  condition: unknown,
  axis: number,
  at: string,
  grid: Grid,
  textOf?: (text: string) => SideText,
): Wall {
  const todo = 'Change the grid\'s "periodic" or the condition.';
  if (grid.periodic[axis]) {
    if (condition === "periodic" || condition === "antiperiodic") return { kind: condition };
    const expected = `"periodic" or "antiperiodic" at ${at} (a periodic axis of the grid)`;
    throw wrong(where, expected, showAll(condition), todo);
  }
  const keys = typeof condition === "object" && condition !== null ? Object.keys(condition) : [];
  const kind = keys.find((key) => Object.hasOwn(companions, key));
  if (kind === undefined) {
    const word = keys.length === 1 ? keys[0]! : condition;
    const near = typeof word === "string" ? nearest(word, Object.keys(companions)) : undefined;
    const meant = word === condition ? `{ ${near}: 0 }` : near;
    const expected = `${known} at ${at} (an axis that is not periodic)`;
    const isPeriodic = condition === "periodic" || condition === "antiperiodic";
    throw wrong(
      where,
      expected,
      showAll(condition),
      near ? `Did you mean ${meant}?` : isPeriodic ? todo : "Use one of them.",
    );
  }
  const strange = keys.find((key) => key !== kind && !companions[kind]!.includes(key));
  if (strange !== undefined) {
    const beside = companions[kind]!.map((key) => `, ${key}`).join("");
    throw wrong(where, `{ ${kind}${beside} } at ${at}`, `${strange} beside ${kind}`, "Leave it out.");
  }
  const entries = condition as Readonly<Record<string, unknown>>;
  const checked = (key: string) => {
    const value = entries[key];
    if (textOf && typeof value === "string") return textOf(value);
    return checkValue(where, value, `"${key}" at ${at}`, axis, grid);
  };
  if (kind !== "mixed") return { kind: kind as "value", value: checked(kind) };
  return { kind, value: checked(kind), constant: entries.const === undefined ? 0 : checked("const") };
}

/** Cells of a side. */
function cellsOf(grid: Grid, axis: number): number {
  return grid.shape.reduce((product, n, across) => (across === axis ? product : product * n), 1);
}

function checkValue(where: string, value: unknown, name: string, axis: number, grid: Grid): SideValue {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  const isList = Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
  const cells = cellsOf(grid, axis);
  const expected = `a finite number or ${cells} of them as ${name}, one a cell of the side in C order`;
  const todo = "Give one number for the whole side.";
  if (!isList) throw wrong(where, expected, show(value), todo);
  const list = value as ArrayLike<number>;
  if (list.length !== cells) throw wrong(where, expected, `${list.length} values`, todo);
  const copy = Array.from(list);
  const strange = copy.findIndex((entry) => !Number.isFinite(entry));
  if (strange >= 0) throw wrong(where, expected, `${show(copy[strange])} at ${strange}`, todo);
  return copy;
}

/**
 * Refuses what whole numbers cannot have: they have a value, a derivative of 0, and periodic axes. **Local.**
 * @throws UsageError
 */
export function checkWhole(where: string, name: string, grid: Grid, walls: Walls): void {
  for (const [axis, wall] of walls.entries()) {
    for (const side of sides) {
      const { kind } = wall[side];
      const value = "value" in wall[side] ? wall[side].value : [];
      const values = value instanceof SideText ? [Number.NaN] : listed(value);
      const fits = kind === "periodic" || (kind === "value" && values.every(Number.isInteger));
      if (fits || (kind === "derivative" && values.every((entry) => entry === 0))) continue;
      const at = sideName(grid, axis, side);
      const expected = `{ value } of whole numbers, { derivative: 0 } or "periodic" at ${at} for ${name}, a field of i32`;
      throw wrong(
        where,
        expected,
        kind === "value" ? (value instanceof SideText ? "a text" : "a fraction") : kind,
        "Use a field of f64.",
      );
    }
  }
}

/**
 * Refuses lists along sides of which a field has one value more or less: those across its faces. **Local.**
 * @throws UsageError
 */
export function checkLists(where: string, field: AnyField, walls: Walls): void {
  const { axes } = field.grid;
  for (const [axis, wall] of walls.entries()) {
    if (field.faceAxis < 0 || axis === field.faceAxis) continue;
    for (const condition of [wall.low, wall.high]) {
      const values = "value" in condition ? [condition.value, "constant" in condition ? condition.constant : 0] : [];
      if (values.every((value) => typeof value === "number" || value instanceof SideText)) continue;
      const expected = `a number or a text at ${axes[axis]!.name} for a field of ${field.at}s`;
      throw wrong(where, expected, "a list, of one number a cell", "Write a text of the coordinates along the side.");
    }
  }
}

function listed(value: SideValue): readonly number[] {
  return typeof value === "number" ? [value] : Array.from(value);
}

/**
 * Refuses blocks that are too thin for `width` layers beyond their walls. The same on every rank. **Local.**
 * @throws UsageError
 */
export function checkDepth(where: string, grid: Grid, walls: Walls, width: number): void {
  checkBlocks(where, grid, (axis, side) => {
    const { kind } = walls[axis]![side];
    const isWall = !grid.periodic[axis] && width > 0;
    return { kind, cells: isWall ? Math.max(width, kind === "curvature" ? 2 : 1) : 0 };
  });
}

/** Sets the halo of a field beyond the walls that this block touches, and at the ends of antiperiodic axes. */
export class WallFill {
  readonly #actions: readonly (readonly Action[])[];
  readonly #walls: LinearWall[] = [];
  /** Sets the coefficients of what depends on numbers of a run. */
  readonly #updates: ((numbers: SideNumbers) => void)[] = [];

  /** **Local.** @param width layers to set */
  constructor(field: AnyField, walls: Walls, width: number) {
    const { grid } = field;
    this.#actions = grid.shape.map((_, axis) => {
      const ends = sides.filter((side) => isAtEnd(grid, axis, side));
      const onFaces = field.faceAxis === axis && !grid.periodic[axis];
      return ends.flatMap((side) => this.#actionsOf({ field, axis, side, onFaces }, walls[axis]![side], width));
    });
  }

  /** The layers from the wall on: the later ones depend on the earlier. */
  #actionsOf(edge: Edge, wall: Wall, width: number): Action[] {
    if (wall.kind === "periodic") return [];
    const layers = Array.from({ length: layersBeyond(edge, width) }, (_, index) => index + 1);
    // What has come from the other end of the axis is there already.
    if (wall.kind === "antiperiodic") return layers.map((layer) => negateLayer(edge, -layer, -layer));
    return layers.map((layer) => {
      const [layers, coefficients] = linearOf(edge, wall, layer, {});
      const linear = new LinearWall(edge, layers, coefficients);
      this.#walls.push(linear);
      if (textsOf(wall).length > 0) {
        this.#updates.push((numbers) => linear.set(linearOf(edge, wall, layer, numbers)[1]));
      }
      return linear.run;
    });
  }

  /** Computes the texts again with numbers of a run. **Local.** */
  update(numbers: SideNumbers): void {
    for (const update of this.#updates) update(numbers);
  }

  /** Sets the halo beyond the walls of an axis, after the exchange along it. **Local.** */
  run(axis: number): void {
    for (const action of this.#actions[axis]!) action();
  }

  /** Releases the coefficients. **Local.** */
  free(): void {
    for (const wall of this.#walls) wall.free();
  }
}

function isAtEnd({ coords, split }: Grid, axis: number, side: Side): boolean {
  return side === "low" ? coords[axis] === 0 : coords[axis] === split[axis]! - 1;
}

/** The numbers that the texts of conditions name. */
export function namesOfTexts(fields: readonly Walls[]): readonly string[] {
  const conditions = fields.flat().flatMap(({ low, high }) => [low, high]);
  return [...new Set(conditions.flatMap(textsOf).flatMap(({ names }) => names))];
}

/** The texts of a condition. */
function textsOf(wall: Wall): readonly SideText[] {
  const values = [...("value" in wall ? [wall.value] : []), ...(wall.kind === "mixed" ? [wall.constant] : [])];
  return values.filter((value) => value instanceof SideText);
}

/** The size across a wall of the cells at it. */
function widthAt({ field, axis, side }: Edge): number {
  const { axes, shape } = field.grid;
  return axes[axis]!.width(side === "low" ? 0 : shape[axis]! - 1);
}

/** The layers of a linear wall, and its coefficients. */
type Linear = readonly [layers: ConstructorParameters<typeof LinearWall>[1], coefficients: Coefficients];

/** The layer -h beyond a wall, h = 1, 2 ...; the layers inside are 0, 1 ... */
function linearOf(
  edge: Edge,
  wall: Exclude<Wall, { kind: "periodic" } | { kind: "antiperiodic" }>,
  h: number,
  numbers: SideNumbers,
): Linear {
  const dx = widthAt(edge);
  const value = onLayer(edge, wall.value, numbers);
  // Faces: the one at the wall is layer 0, about which the others are mirrored.
  const { onFaces = false } = edge;
  const near = onFaces ? h : h - 1;
  const reach = (near + h) * dx;
  switch (wall.kind) {
    case "value":
      return [
        { to: -h, near },
        { a: each((c) => 2 * c, value), b: -1 },
      ];
    case "derivative": {
      // Without an addition for 0, which would change -0.
      const a = wall.value === 0 ? {} : { a: each((c) => reach * c, value) };
      return [
        { to: -h, near },
        { ...a, b: 1 },
      ];
    }
    case "curvature": {
      const a = wall.value === 0 ? {} : { a: each((c) => c * dx * dx, value) };
      return [
        { to: -h, near: 1 - h, far: 2 - h },
        { ...a, b: 2, c: -1 },
      ];
    }
    case "mixed": {
      const constant = onLayer(edge, wall.constant, numbers);
      if (onFaces) {
        const coefficients = { a: each((b) => reach * b, constant), b: 1, c: each((g) => -reach * g, value) };
        return [{ to: -h, near, far: 0 }, coefficients];
      }
      const a = each((g, b) => (2 * dx * b) / (2 + g * dx), value, constant);
      const b = each((g) => (2 - g * dx) / (2 + g * dx), value);
      if (h === 1)
        return [
          { to: -1, near: 0 },
          { a, b },
        ];
      // With the value on the wall (v + u0) / 2 = (a + (b + 1) u0) / 2 of the first layer.
      const coefficients = {
        a: each((g, constant, a) => reach * (constant - (g * a) / 2), value, constant, a),
        b: 1,
        c: each((g, b) => (-reach * g * (b + 1)) / 2, value, b),
      };
      return [{ to: -h, near, far: 0 }, coefficients];
    }
  }
}

/** A function of coefficients: a number where they are all numbers, else one number a cell. */
function each(compute: (...values: number[]) => number, ...values: readonly Coefficient[]): Coefficient {
  const arrays = values.filter((value) => typeof value !== "number");
  const [first] = arrays;
  if (first === undefined) return compute(...(values as readonly number[]));
  return Float64Array.from({ length: first.length }, (_, cell) => {
    return compute(...values.map((value) => (typeof value === "number" ? value : value[cell]!)));
  });
}

/**
 * What a value along a side is in each cell of a layer beyond the wall of this block, halos of the other axes included: on
 * periodic axes what is at the other end; beyond other walls a list is mirrored, a text has the coordinate there.
 */
function onLayer({ field, axis, side }: Edge, value: SideValue | SideText, numbers: SideNumbers): Coefficient {
  if (typeof value === "number") return value;
  const { grid } = field;
  if (value instanceof SideText) {
    const width = grid.haloWidth;
    const coordinates = grid.blockShape.map((n, across) => {
      if (across === axis) return Float64Array.of(grid.bounds[axis]![side === "low" ? 0 : 1]);
      const first = grid.start[across]! - width;
      return Float64Array.from({ length: n + 2 * width }, (_, index) => {
        const place = first + index;
        const isPeriodic = grid.periodic[across]!;
        return field.coordinate(across, isPeriodic ? insideOf(place, grid.shape[across]!, isPeriodic) : place);
      });
    });
    return value.values(coordinates, numbers);
  }
  const { shape, periodic, haloWidth, blockShape, start } = grid;
  let places = [0];
  for (const [across, n] of shape.entries()) {
    if (across === axis) continue;
    const indices = Array.from({ length: blockShape[across]! + 2 * haloWidth }, (_, index) => {
      return insideOf(start[across]! + index - haloWidth, n, periodic[across]!);
    });
    places = places.flatMap((place) => indices.map((index) => place * n + index));
  }
  return Float64Array.from(places, (place) => value[place]!);
}

/** The index of the cell inside that a cell beyond an end of an axis is an image of. */
function insideOf(index: number, n: number, isPeriodic: boolean): number {
  const wrapped = ((index % n) + n) % n;
  if (isPeriodic || wrapped === index) return wrapped;
  const mirrored = index < 0 ? -1 - index : 2 * n - 1 - index;
  return Math.min(n - 1, Math.max(0, mirrored));
}
