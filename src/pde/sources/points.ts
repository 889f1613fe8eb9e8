/** Sources at points: an amount per time that goes into the cell of each point. */
import { expectKeys, expectList, expectOneOf, show, wrong } from "../../argument.js";
import type { Id } from "../../expression/graph.js";
import type { AnyField } from "../../grid/field.js";
import type { Grid } from "../../grid/grid.js";
import { Evaluation } from "../programs/evaluation.js";
import { arraysOfField, type Problem } from "../programs/problem.js";

/** A source at a point. */
export interface PointSource {
  /** The unknown that it adds to. */
  readonly field: string;
  /** Its coordinates. */
  readonly at: readonly number[];
  /** The amount per time: a number, or a text of `t` and constants. */
  readonly source: number | string;
}

/** The index in the whole grid of the cell of a point: that whose lower face is not above it. @throws UsageError */
export function cellOf(where: string, grid: Grid, at: unknown): number[] {
  const { shape, bounds, spacing, axes } = grid;
  const list = expectList(where, at, `${shape.length} coordinates`, "Give one an axis.", shape.length);
  return list.map((value, axis) => {
    const [low, high] = bounds[axis]!;
    if (typeof value !== "number" || !(value >= low && value <= high)) {
      throw wrong(
        where,
        `coordinates from ${low} to ${high} along ${axes[axis]!.name}`,
        show(value),
        "Move the point.",
      );
    }
    if (axes[axis]!.faces) return axes[axis]!.cellAt(value);
    let index = Math.min(shape[axis]! - 1, Math.floor((value - low) / spacing[axis]!));
    // Rounded, the quotient may be beyond a face.
    if (grid.face(axis, index) > value) index--;
    else if (index + 1 < shape[axis]! && grid.face(axis, index + 1) <= value) index++;
    return index;
  });
}

/** The index in this block of a cell of the grid, where the block has it. */
export function localOf({ start, blockShape }: Grid, cell: readonly number[]): number[] | undefined {
  const local = cell.map((index, axis) => index - start[axis]!);
  return local.every((index, axis) => index >= 0 && index < blockShape[axis]!) ? local : undefined;
}

/** The value in a cell of this block; NaN in a closed one. @param open not 0 in open cells, where there is a mask */
export function valueAt(field: AnyField, open: AnyField | undefined, local: readonly number[]): number {
  const isClosed = open !== undefined && open.data[open.index(...local)] === 0;
  return isClosed ? Number.NaN : field.data[field.index(...local)]!;
}

/** @throws UsageError */
export function checkPoints(where: string, points: unknown, names: readonly string[]): readonly PointSource[] {
  const list = expectList(
    `${where}: "points"`,
    points,
    "a list of points",
    'Write [{ field: "c", at: [0, 0], source: 1 }].',
  );
  list.forEach((point, i) => {
    const at = `${where}: "points[${i}]"`;
    if (point === undefined) throw wrong(at, "an object with field, at, source", "undefined", "Leave it out.");
    expectKeys(at, point as object, ["field", "at", "source"]);
    const { field, source } = point as PointSource;
    expectOneOf(`${where}: "points[${i}].field"`, field, names);
    if (typeof source === "string" || Number.isFinite(source)) return;
    throw wrong(`${where}: "points[${i}].source"`, "a number or a text", show(source), 'Write "sin(t)", for example.');
  });
  return list as readonly PointSource[];
}

/** Sources in a solve: arrays that rates have beside the texts. */
export class PointSources {
  /** By name: `#points c`. */
  readonly fields = new Map<string, AnyField>();
  readonly #evaluation: Evaluation;
  readonly #places: {
    readonly name: string;
    readonly data: AnyField["data"];
    readonly place: number;
    readonly volume: number;
  }[] = [];

  /** **Collective.** @throws UsageError, CompileError */
  constructor(problem: Problem, points: readonly PointSource[]) {
    const { domain, subject } = problem;
    const { grid, dtype } = domain;
    const meaning = problem.meaning("local", false);
    const numbers = new Map<string, Id>();
    points.forEach(({ field, at, source }, i) => {
      const owner = `points[${i}]`;
      const index = cellOf(`${subject.where}: "${owner}.at"`, grid, at);
      const cell = localOf(grid, index);
      const volume = domain.volumeAt(index);
      const kind = subject.fields[field]!;
      const parts = problem.read(meaning, owner, String(source), kind);
      arraysOfField(field, kind).forEach((array, part) => {
        if (meaning.graph.varies(parts[part]!)) {
          throw wrong(`${subject.where}: "${owner}"`, "a source of t and constants", show(source), "Name no field.");
        }
        const name = `#points ${array}`;
        if (!this.fields.has(name)) this.fields.set(name, grid.field(0, { dtype }) as AnyField);
        const number = `${i} ${part}`;
        numbers.set(number, parts[part]!);
        const target = this.fields.get(name)!;
        if (cell) this.#places.push({ name: number, data: target.data, place: target.index(...cell), volume });
      });
    });
    const none = () => {
      throw new Error("no field is named");
    };
    this.#evaluation = new Evaluation(problem, meaning, new Map(), numbers, {
      fieldOf: () => undefined,
      noiseOf: none,
    });
  }

  /** Sets the arrays for the time of the problem. **Collective.** */
  prepare(): void {
    this.#evaluation.run();
    for (const { data, place } of this.#places) data[place] = 0;
    for (const { name, data, place, volume } of this.#places) {
      data[place] = data[place]! + this.#evaluation.number(name) / volume;
    }
  }

  /** **Local.** */
  free(): void {
    this.#evaluation.free();
    for (const field of this.fields.values()) field.free();
  }
}
