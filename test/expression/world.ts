/**
 * A grid of one block in plain JavaScript: arrays with halos, the conditions at its sides, and the steps of a program one
 * after the other. Slow, and written after the tables of the language alone.
 */
import { type Functions, type Placed, runCell, runProgram } from "../../src/expression/oracle.js";
import type { Program } from "../../src/expression/program.js";
import { type Axis, factorsOf, type Growth, noFlux, openEdge } from "../../src/expression/text/space.js";
import { type Complex, evaluateText, type Names } from "./evaluate.js";

/** Layers of halo around every array. */
const halo = 4;

/** What a side is told: numbers, texts of coordinates, time and the adjacent cell, or lists along the side. */
type SideValue = number | string | readonly unknown[];

export type Condition =
  | "periodic"
  | "antiperiodic"
  | { readonly value: SideValue }
  | { readonly derivative: SideValue }
  | { readonly mixed: SideValue; readonly const: SideValue }
  | { readonly curvature: SideValue };

/** By axis or side: `x`, `x-`; or one for all that is not periodic. */
export type Sides = Readonly<Record<string, Condition>>;

export interface GridData {
  readonly type?: string;
  readonly bounds?: readonly (readonly [number, number])[];
  readonly shape: readonly number[];
  readonly periodic: readonly boolean[];
  /** The faces of axes that are not uniform. */
  readonly faces?: Readonly<Record<string, readonly number[]>>;
}

const growths: Readonly<Record<string, readonly Growth[]>> = {
  polar: ["polar"],
  spherical: ["spherical"],
  cylindrical: ["cylindrical", "box"],
};

/** The functions of expressions by those of the engine, which is enough for tolerances. */
export const functions: Functions = {
  ...Object.fromEntries(
    // biome-ignore format: names
    (["sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "exp", "log", "pow", "hypot", "cbrt"] as const)
      .map((name) => [name, Math[name] as (...args: number[]) => number]),
  ),
  mod: (a, b) => a! - b! * Math.floor(a! / b!),
};

export class World {
  readonly shape: readonly number[];
  readonly periodic: readonly boolean[];
  readonly axes: readonly Axis[];
  readonly faces: readonly (readonly number[])[];
  readonly #growths: readonly Growth[];
  readonly #strides: readonly number[];
  readonly #size: number;

  constructor(grid: GridData) {
    const { type = "cartesian", shape, periodic } = grid;
    this.shape = shape;
    this.periodic = periodic;
    this.#growths = growths[type] ?? shape.map(() => "box");
    const names = type === "cartesian" || type === "unit" ? ["x", "y", "z"] : ["r", "z"];
    const bounds = grid.bounds ?? shape.map((n) => [0, n] as const);
    this.axes = shape.map((n, axis): Axis => {
      const name = names[axis]!;
      if (grid.faces?.[name]) return { name, metric: true };
      const spacing = (bounds[axis]![1] - bounds[axis]![0]) / n;
      return this.#growths[axis] === "box" ? { name, spacing } : { name, spacing, metric: true };
    });
    this.faces = this.axes.map(({ name, spacing }, axis) => {
      const n = shape[axis]!;
      return grid.faces?.[name] ?? Array.from({ length: n + 1 }, (_, i) => bounds[axis]![0] + i * spacing!);
    });
    const extents = shape.map((n) => n + 2 * halo);
    this.#strides = extents.map((_, axis) => extents.slice(axis + 1).reduce((a, b) => a * b, 1));
    this.#size = extents.reduce((a, b) => a * b, 1);
  }

  /** The centres of the cells of an axis; beyond the walls those of cells as wide as the edge cell. */
  centre(axis: number, i: number): number {
    const faces = this.faces[axis]!;
    const n = this.shape[axis]!;
    const [first, last] = [faces[1]! - faces[0]!, faces[n]! - faces[n - 1]!];
    if (i < 0) return faces[0]! + (i + 0.5) * first;
    return i >= n ? faces[n]! + (i - n + 0.5) * last : (faces[i]! + faces[i + 1]!) / 2;
  }

  /** All cells of the block, in C order. */
  cells(): readonly (readonly number[])[] {
    return this.shape.reduce<number[][]>(
      (list, n) => list.flatMap((index) => Array.from({ length: n }, (_, i) => [...index, i])),
      [[]],
    );
  }

  coordinates(index: readonly number[]): Record<string, number> {
    return Object.fromEntries(this.axes.map(({ name }, axis) => [name, this.centre(axis, index[axis]!)]));
  }

  /** An array of all cells, its halo NaN. */
  array(values: (index: readonly number[], place: number) => number): Float64Array {
    const data = new Float64Array(this.#size).fill(Number.NaN);
    this.cells().forEach((index, place) => {
      data[this.place(index)] = values(index, place);
    });
    return data;
  }

  place(index: readonly number[]): number {
    return index.reduce((sum, i, axis) => sum + (i + halo) * this.#strides[axis]!, 0);
  }

  /** The cells of an array without its halo, in C order. */
  inside(data: Float64Array): number[] {
    return this.cells().map((index) => data[this.place(index)]!);
  }

  /** The arrays along an axis, by the names of factors and coordinates. */
  along(name: string): Float64Array {
    const [axisName, factor] = name.split(".");
    const axis = this.axes.findIndex((a) => a.name === axisName);
    if (factor === undefined) return Float64Array.from({ length: this.shape[axis]! }, (_, i) => this.centre(axis, i));
    const factors = factorsOf(this.faces[axis]!, this.#growths[axis]!, this.periodic[axis]!);
    return factors[factor as keyof typeof factors];
  }

  /** Runs the steps of a program. */
  run(
    program: Program,
    fields: Readonly<Record<string, Float64Array>>,
    numbers: Readonly<Record<string, number>>,
    conditionsOf: (name: string) => Sides,
  ): { readonly results: Record<string, Float64Array>; readonly numbers: Record<string, number> } {
    const computed = new Set(program.setup.flatMap((step) => (step.kind === "along" ? [step.array] : [])));
    const data = program.arrays.map(({ name, kind, axis }, array) => {
      if (kind === "along") return computed.has(array) ? new Float64Array(this.shape[axis!]!) : this.along(name);
      const field = fields[name];
      if (kind === "field" && !field) throw new Error(`no field ${name}`);
      return kind === "field" ? field! : this.array(() => Number.NaN);
    });
    const placed = data.map((values, array): Placed => {
      const isAlong = program.arrays[array]!.kind === "along";
      return { data: values, start: isAlong ? 0 : this.place(this.shape.map(() => 0)) };
    });
    const volume = this.cells().reduce((sum, index) => sum + this.volume(index), 0);
    const known: Record<string, number> = { "#cells": this.cells().length, "#volume": volume, ...numbers };
    const parameters = program.parameters.map(({ name }) => known[name] ?? Number.NaN);
    const box = this.shape.flatMap((n) => [0, n]);
    for (const step of program.setup) {
      const isAlong = step.kind === "along";
      const layout = { dtype: "f64", strides: isAlong ? [1] : this.#strides } as const;
      const part = isAlong ? [0, this.shape[program.arrays[step.array]!.axis!]!] : box;
      runCell(step.cell, layout, placed, parameters, part, functions);
    }
    runProgram(program, { dtype: "f64", strides: this.#strides }, placed, parameters, box, functions, {
      halo: ({ array, condition, radius, part = "re" }) => {
        const names = (index: readonly number[]) => this.#namesAt(fields, numbers, index);
        this.fill(data[array] as Float64Array, conditionsOf(condition), radius, part, names);
      },
      reduce: ({ operation, array }) => {
        const values = this.inside(data[array] as Float64Array);
        const reduce = { sum: (list: number[]) => list.reduce((a, b) => a + b, 0), min: Math.min, max: Math.max };
        return operation === "sum" ? reduce.sum(values) : reduce[operation](...values);
      },
    });
    const results = program.arrays.map(({ name }, array) => [name, data[array]] as const);
    return {
      results: Object.fromEntries(results) as Record<string, Float64Array>,
      numbers: Object.fromEntries(program.parameters.map(({ name }, i) => [name, parameters[i]!])),
    };
  }

  volume(index: readonly number[]): number {
    return this.axes.reduce((product, { name, spacing, metric }, axis) => {
      return product * (metric ? this.along(`${name}.volume`)[index[axis]!]! : spacing!);
    }, 1);
  }

  /** What a side's text may name, in a cell: fields, of complex ones both parts, and numbers. */
  #namesAt(
    fields: Readonly<Record<string, Float64Array>>,
    numbers: Readonly<Record<string, number>>,
    index: readonly number[],
  ): Names {
    return {
      ...numbers,
      ...Object.fromEntries(Object.entries(fields).map(([name, values]) => [name, values[this.place(index)]!])),
    };
  }

  /** Fills the halo of an array, axis after axis. */
  fill(
    data: Float64Array,
    sides: Sides,
    radius: number,
    part: "re" | "im",
    namesAt: (index: readonly number[]) => Names,
  ): void {
    for (const [axis, { name }] of this.axes.entries()) {
      // Halos of the axes before are filled.
      const across = this.shape.reduce<number[][]>(
        (list, n, a) => {
          const [from, to] = a < axis ? [-radius, n + radius] : a === axis ? [0, 1] : [0, n];
          return list.flatMap((index) => Array.from({ length: to - from }, (_, i) => [...index, from + i]));
        },
        [[]],
      );
      for (const end of [-1, 1] as const) {
        const condition = conditionAt(sides, name, end, this.periodic[axis]!);
        for (const index of across) this.#fillColumn(data, condition, radius, part, axis, end, index, namesAt);
      }
    }
  }

  #fillColumn(
    data: Float64Array,
    condition: Condition,
    radius: number,
    part: "re" | "im",
    axis: number,
    end: -1 | 1,
    index: readonly number[],
    namesAt: (index: readonly number[]) => Names,
  ): void {
    const n = this.shape[axis]!;
    const cell = (i: number) => index.map((value, a) => (a === axis ? i : value));
    const at = (i: number) => this.place(cell(i));
    /** The cell h layers beyond the wall, or inside where h is below 1: 0 is the adjacent one. */
    const layer = (h: number) => (end < 0 ? -h : n - 1 + h);
    if (condition === "periodic" || condition === "antiperiodic") {
      const sign = condition === "periodic" ? 1 : -1;
      for (let h = 1; h <= radius; h++) data[at(layer(h))] = sign * data[at(layer(h) - end * n)]!;
      return;
    }
    const [first, last] = [this.faces[axis]!.slice(0, 2), this.faces[axis]!.slice(-2)];
    const [a, b] = end < 0 ? first : last;
    const dx = b! - a!;
    const wall = end < 0 ? a! : b!;
    const inner = cell(layer(0));
    const names: Names = {
      ...namesAt(inner),
      ...this.coordinates(index),
      [this.axes[axis]!.name]: wall,
    };
    const known = (value: SideValue): number => {
      if (Array.isArray(value)) {
        const along = index.filter((_, a) => a !== axis);
        return along.reduce<unknown>((list, i) => (list as unknown[])[i], value) as number;
      }
      return (evaluateText(value as number | string, names) as Complex)[part];
    };
    const u = (depth: number) => data[at(layer(-depth))]!;
    for (let h = 1; h <= radius; h++) {
      const inside = u(h - 1);
      let value: number;
      if ("value" in condition) value = 2 * known(condition.value) - inside;
      else if ("derivative" in condition) value = inside + (2 * h - 1) * dx * known(condition.derivative);
      else if ("curvature" in condition) {
        const c = known(condition.curvature);
        value = h === 1 ? c * dx * dx + 2 * u(0) - u(1) : 2 * u(-h + 1) - u(-h + 2) + c * dx * dx;
      } else {
        const [g, constant] = [known(condition.mixed), known(condition.const)];
        if (h === 1) value = (2 * dx * constant + (2 - g * dx) * u(0)) / (2 + g * dx);
        else value = inside + (2 * h - 1) * dx * (constant - (g * (u(-1) + u(0))) / 2);
      }
      data[at(layer(h))] = value;
    }
  }
}

/** The condition of a side: the more specific wins. */
function conditionAt(sides: Sides, axis: string, end: -1 | 1, isPeriodic: boolean): Condition {
  const found = sides[`${axis}${end < 0 ? "-" : "+"}`] ?? sides[axis];
  if (found !== undefined) return found;
  if (isPeriodic) return "periodic";
  return sides["*"] ?? { derivative: 0 };
}

/** The conditions of a mask and of coefficients. */
export function ownConditions(name: string): Sides | undefined {
  if (name === noFlux) return {};
  return name === openEdge ? { "*": { value: 1 } } : undefined;
}
