import { expectKeys, expectOptions, expectWhole, keysOf, nearest, show, showAll, wrong } from "../../argument.js";
import { isPath } from "../../jit/path.js";
import type { Files } from "../../jit/sources.js";
import { expectSameCall } from "../alike.js";
import { type Code, type FieldUse, type KernelSource, type NumberUse, radiusOf } from "../code.js";
import {
  type Condition,
  checkDepth,
  checkLists,
  checkWhole,
  conditionKeys,
  namesOfTexts,
  parseWalls,
  type Walls,
} from "../condition.js";
import { type AnyField, Field } from "../field.js";
import type { Grid } from "../grid.js";
import { type Overlap, overlaps } from "../overlap.js";
import { type BySide, isSideName, namesOfSides } from "../side.js";
import { type Compared, expectSameRun, runKeys } from "./alike.js";
import { assemblyScriptSource } from "./assemblyscript.js";
import { Step, swapContents } from "./step.js";
import { textSource } from "./textcode.js";

/** Conditions of all fields, or of each field by its name in the kernel; `*` stands for the fields that are not named. */
export type KernelBoundary = BySide<Condition> | Readonly<Record<string, BySide<Condition>>>;

/** Options of `grid.kernel()`. */
export interface KernelOptions {
  /** What lies beyond the sides of the grid. Default: periodic where the grid is, elsewhere `{ derivative: 0 }`. */
  readonly boundary?: KernelBoundary;
  /** What error texts call the kernel. Default: the name of its function, or `kernel`. */
  readonly name?: string;
  /** Checks assertions, and names functions in errors. Default: false. */
  readonly debug?: boolean;
  /**
   * Compute the interior of the block while the messages of a halo travel, and the cells around it afterwards, with the same
   * bits. Default: `"auto"`, where ranks are on several nodes and blocks are large enough.
   */
  readonly overlap?: Overlap;
}

/** Options of `kernel.run()`. */
export interface RunOptions {
  /** How many times to run. Default: 1. */
  readonly steps?: number;
  /** Pairs of fields that change places after each time, in this order. */
  readonly swap?: readonly (readonly [string, string])[];
}

/** The options of `grid.kernel()`. */
const kernelKeys = keysOf<KernelOptions>({ boundary: true, name: true, debug: true, overlap: true });

/** What a kernel is run with: fields and numbers by their names in the source. */
export type KernelValues = Readonly<Record<string, AnyField | number | boolean>>;

/** Steps are kept for so many combinations of fields: their messages and walls are made once. */
const keptSteps = 16;

/** What a kernel is made with, besides its source. */
interface Made {
  readonly name: string | undefined;
  readonly boundary: KernelBoundary | undefined;
  readonly overlap: boolean;
}

/** Numbers of fields, by which combinations of fields are known. */
const identities = new WeakMap<AnyField, number>();
let nextIdentity = 0;

function identityOf(field: AnyField): number {
  const known = identities.get(field);
  if (known !== undefined) return known;
  identities.set(field, nextIdentity);
  return nextIdentity++;
}

/** Compiles a kernel. **Collective.** @throws CompileError, UsageError */
export async function makeKernel(grid: Grid, source: string | URL | Files, options: KernelOptions): Promise<Kernel> {
  const where = "Grid.kernel";
  expectSameCall(where, grid.comm, { source }, options, kernelKeys);
  expectKeys(where, options, kernelKeys);
  const { boundary, name, debug = false } = options;
  if (name !== undefined && (typeof name !== "string" || name.trim() === "")) {
    throw wrong(
      `${where}: "name"`,
      "a text that is not empty",
      show(name),
      "Leave it out for the name of the function.",
    );
  }
  if (typeof debug !== "boolean") {
    throw wrong(`${where}: "debug"`, "true or false", show(debug), "Leave it out for false.");
  }
  const isOverlapped = overlaps(`${where}: "overlap"`, options.overlap, grid);
  const isText = typeof source === "string" && !isPath(source) && !/\b(export|import|function)\b/.test(source);
  const read = isText ? textSource(where, source, grid) : await assemblyScriptSource(where, source, grid, debug);
  try {
    return new Kernel(grid, read, { name, boundary, overlap: isOverlapped });
  } catch (error) {
    read.free();
    throw error;
  }
}

/**
 * A stencil: the update of each cell from its neighbours, on all ranks.
 *
 * ```js
 * const heat = await grid.kernel(`
 *   import { Cells } from "stencil";
 *   export function heat(u: Cells<f64>, next: Cells<f64>, k: f64): void {
 *     next.set(u.at(0, 0) + k * (u.at(1, 0) + u.at(-1, 0) + u.at(0, 1) + u.at(0, -1) - 4 * u.at(0, 0)));
 *   }`);
 * heat.run({ u, next, k: 0.1 }, { steps: 100, swap: [["u", "next"]] });
 * ```
 */
export class Kernel {
  /** The grid that it was made for. */
  readonly grid: Grid;
  /** What error texts call the kernel. */
  readonly name: string;
  /** How many cells away along an axis a neighbour is at most that the kernel reads. */
  readonly radius: number;
  /** Whether cells are computed while messages travel. */
  readonly overlap: boolean;
  readonly #source: KernelSource;
  /** What the kernel is called, where it has a name. */
  readonly #title: string | undefined;
  /** The conditions of each name that may be that of a field. */
  readonly #walls: ReadonlyMap<string, Walls>;
  /** Names of fields and numbers. */
  readonly #names: readonly string[];
  /** The numbers that texts at sides name. */
  readonly #sideNames: readonly string[];
  readonly #sideNumbers: Record<string, number> = {};
  /** What each code needs to run. */
  readonly #runs = new Map<Code, CodeRuns>();
  /** What was run last: a text tells fields from numbers when it is run. */
  #code: Code | undefined;
  #freed = false;

  /** @internal Use `grid.kernel()`. */
  constructor(grid: Grid, source: KernelSource, { name, boundary, overlap }: Made) {
    const { candidates, names } = source;
    this.grid = grid;
    this.overlap = overlap;
    this.name = name ?? source.name ?? "kernel";
    this.#title = name ?? source.name;
    this.#source = source;
    this.radius = Math.max(0, ...candidates.map(radiusOf));
    if (this.radius > grid.haloWidth) {
      const expected = `offsets up to ${grid.haloWidth} (the grid's halo)`;
      const furthest = candidates.find((field) => radiusOf(field) === this.radius)!;
      const got = `${this.radius} of ${furthest.name}`;
      throw wrong('Grid.kernel: "source"', expected, got, `Make the grid with halo: ${this.radius}.`);
    }
    this.#walls = wallsOf(boundary, candidates, grid);
    this.#sideNames = namesOfTexts([...this.#walls.values()]);
    this.#names = [...new Set([...names, ...this.#sideNames])];
    for (const field of candidates) {
      const walls = this.#walls.get(field.name)!;
      if (field.dtype === "i32") checkWhole('Grid.kernel: "boundary"', field.name, grid, walls);
      checkDepth('Grid.kernel: "boundary"', grid, walls, radiusOf(field));
    }
  }

  /**
   * Exchanges the halos of the fields that are read at offsets, sets what lies beyond walls, and computes all cells of
   * this block. What the kernel does not set stays as it is. With `steps` this is done again and again; `swap` lets fields
   * change places after each step: after the run each name's field holds what the name stands for. **Collective.**
   * @param values each field and each number of the kernel, by name
   * @throws UsageError on all ranks, also for what is not the same on all of them
   */
  run(values: KernelValues, options?: RunOptions): void {
    if (this.grid.comm.size > 1) expectSameRun(this.#compared(), values, options);
    const runs = this.#runsOf(values);
    const fields = this.#read(runs, values);
    if (options === undefined) {
      runs.stepOf(fields).run();
      return;
    }
    const { steps, swaps } = this.#readOptions(options, runs.code, fields);
    const places = [...fields];
    for (let step = 0; step < steps; step++) {
      runs.stepOf(places).run();
      for (const [a, b] of swaps) [places[a], places[b]] = [places[b]!, places[a]!];
    }
    swapContents(fields, places);
  }

  #compared(): Compared {
    return { grid: this.grid, where: this.#where(), names: this.#names, isFreed: this.#freed };
  }

  #where(name?: string): string {
    return name === undefined ? `${this.name}.run` : `${this.name}.run: "${name}"`;
  }

  #runsOf(values: KernelValues): CodeRuns {
    if (this.#freed) {
      throw wrong(this.#where(), "a kernel in use", "a freed one", "Make a new one with grid.kernel().");
    }
    expectOptions(this.#where(), values, this.#names);
    const code = this.#source.codeOf(this.#where(), values);
    this.#code = code;
    let runs = this.#runs.get(code);
    if (!runs) {
      const walls = code.fields.map(({ name, dtype }) => {
        const of = this.#walls.get(name)!;
        if (dtype === "i32") checkWhole(this.#where(), name, this.grid, of);
        return of;
      });
      runs = new CodeRuns(code, walls, { sideNumbers: this.#sideNumbers, overlap: this.overlap });
      this.#runs.set(code, runs);
    }
    return runs;
  }

  /** The fields, in the order of the code; numbers go to those of the runs. */
  #read(runs: CodeRuns, values: KernelValues): AnyField[] {
    const { fields, numbers } = runs.code;
    const found = fields.map((use) => this.#field(use, values[use.name]));
    for (const [index, use] of numbers.entries()) runs.numbers[index] = this.#number(use, values[use.name]);
    for (const name of this.#sideNames) {
      const value = values[name];
      if (typeof value === "number") this.#sideNumbers[name] = value;
      else {
        const got = value === undefined ? "nothing" : show(value);
        throw wrong(this.#where(name), "a number, which the text of a side names", got, "Give it with the fields.");
      }
    }
    const twice = found.findIndex((field, index) => found.indexOf(field) < index);
    if (twice >= 0) {
      const first = fields[found.indexOf(found[twice]!)]!;
      const got = `that of "${first.name}"`;
      throw wrong(this.#where(fields[twice]!.name), "a field of its own", got, "Make another with grid.field().");
    }
    return found;
  }

  #field({ name, dtype }: FieldUse, value: unknown): AnyField {
    if (!(value instanceof Field)) {
      const got = value === undefined ? "nothing" : show(value);
      throw wrong(this.#where(name), `a field${dtype ? ` of ${dtype}` : ""}`, got, "Make it with grid.field().");
    }
    if (value.grid !== this.grid) {
      const todo = "Make the field and the kernel of one grid.";
      throw wrong(this.#where(name), "a field of the kernel's grid", "one of another grid", todo);
    }
    if (dtype !== undefined && value.dtype !== dtype) {
      const todo = `Make it with { dtype: "${dtype}" }, or declare Cells<${value.dtype}>.`;
      throw wrong(this.#where(name), `a field of ${dtype}`, `one of ${value.dtype}`, todo);
    }
    value.box(); // Refuses a freed field.
    checkLists(this.#where(name), value, this.#walls.get(name)!);
    return value;
  }

  #number({ name, type }: NumberUse, value: unknown): number {
    if (type === "bool") {
      if (typeof value === "boolean") return Number(value);
      throw wrong(this.#where(name), "true or false", value === undefined ? "nothing" : show(value), "Give it.");
    }
    if (type === "f64" || type === "f32") {
      if (typeof value === "number") return value;
      const got = value === undefined ? "nothing" : show(value);
      throw wrong(this.#where(name), "a number", got, "Give the number that the kernel is to compute with.");
    }
    const [least, most] = type === "i32" ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1];
    return expectWhole(this.#where(name), value, { least, most }, `It is ${type} in the kernel.`);
  }

  #readOptions(
    options: RunOptions,
    { fields }: Code,
    found: readonly AnyField[],
  ): {
    readonly steps: number;
    readonly swaps: readonly (readonly [number, number])[];
  } {
    expectKeys(this.#where(), options, runKeys);
    const { steps = 1, swap = [] } = options;
    expectWhole(this.#where("steps"), steps, { least: 0 }, "Leave it out for 1.");
    const isPair = (pair: unknown) => Array.isArray(pair) && pair.length === 2;
    if (!Array.isArray(swap) || !swap.every(isPair)) {
      const got = Array.isArray(swap) ? showAll(swap.find((pair) => !isPair(pair))) : show(swap);
      throw wrong(this.#where("swap"), "pairs of names of fields", got, 'Write [["u", "next"]].');
    }
    const names = fields.map(({ name }) => name);
    const swaps = swap.map((pair) => {
      const places = pair.map((name: unknown) => {
        const place = names.indexOf(name as string);
        if (place >= 0) return place;
        const near = typeof name === "string" ? nearest(name, names) : undefined;
        const todo = near ? `Did you mean ${near}?` : "Name fields of the kernel.";
        throw wrong(this.#where("swap"), `fields among ${names.join(", ")}`, show(name), todo);
      }) as [number, number];
      const [a, b] = places;
      const types = places.map((place) => {
        const { dtype, at } = found[place]!;
        return at === "cell" ? dtype : `${dtype} at ${at}s`;
      });
      if (a === b) {
        throw wrong(this.#where("swap"), "pairs of different fields", showAll(pair), "Leave the pair out.");
      }
      if (types[0] !== types[1]) {
        const got = `${names[a]} of ${types[0]} and ${names[b]} of ${types[1]}`;
        throw wrong(this.#where("swap"), "fields of one type in a pair", got, "Make them of the same type.");
      }
      return places;
    });
    return { steps, swaps };
  }

  /** What is computed, for people. **Local.** */
  text(): string {
    return this.#source.text();
  }

  /** Gives back the memory of the kernel, of its messages and walls. **Local.** */
  free(): void {
    if (this.#freed) return;
    this.#freed = true;
    for (const runs of this.#runs.values()) runs.free();
    this.#source.free();
  }

  /** What it reads and writes, in one line. **Local.** */
  toString(): string {
    const { candidates, names } = this.#source;
    const fields = this.#code?.fields ?? candidates;
    const read = fields.flatMap(({ name, reads }) => {
      return reads.length === 0 ? [] : [`${name} in ${reads.length} ${reads.length === 1 ? "cell" : "cells"}`];
    });
    const set = fields.flatMap(({ name, isSet }) => (isSet ? [name] : []));
    const isNumber = (name: string) => !fields.some((field) => field.name === name);
    const numbers = this.#code ? this.#code.numbers.map(({ name }) => name) : names.filter(isNumber);
    const parts = [
      `kernel ${this.#title === undefined ? "" : `${this.#title} `}of radius ${this.radius}`,
      `reads ${read.join(", ") || "no field"}`,
      `sets ${set.join(", ")}`,
      ...(numbers.length > 0 ? [`numbers ${numbers.join(", ")}`] : []),
    ];
    return `${parts.join("; ")}; on ${this.grid}`;
  }
}

/** What all codes of a kernel are run with: the numbers that texts at sides name, read at each run. */
interface Setting {
  readonly sideNumbers: Readonly<Record<string, number>>;
  readonly overlap: boolean;
}

/** What a code needs to run: made for the fields that the code was run with last, and kept. */
class CodeRuns {
  readonly code: Code;
  /** The numbers of the next steps. */
  readonly numbers: number[];
  readonly #walls: readonly Walls[];
  readonly #setting: Setting;
  /** Steps by the identities of their fields; those used last are at the end. */
  readonly #steps = new Map<string, Step>();
  #last: { readonly fields: readonly AnyField[]; readonly step: Step } | undefined;

  constructor(code: Code, walls: readonly Walls[], setting: Setting) {
    this.code = code;
    this.numbers = code.numbers.map(() => 0);
    this.#walls = walls;
    this.#setting = setting;
  }

  /** What one time needs with these fields. **Local.** */
  stepOf(fields: readonly AnyField[]): Step {
    const last = this.#last;
    if (last?.fields.every((field, index) => field === fields[index])) return last.step;
    const key = fields.map(identityOf).join();
    let step = this.#steps.get(key);
    if (step) this.#steps.delete(key);
    else {
      for (const [oldest, old] of this.#steps) {
        if (this.#steps.size < keptSteps) break;
        old.free();
        this.#steps.delete(oldest);
      }
      const { sideNumbers, overlap } = this.#setting;
      step = new Step(this.code, fields, this.#walls, this.numbers, sideNumbers, overlap);
    }
    this.#steps.set(key, step);
    this.#last = { fields: [...fields], step };
    return step;
  }

  free(): void {
    for (const step of this.#steps.values()) step.free();
  }
}

/** The conditions of each field by name. */
function wallsOf(
  boundary: KernelBoundary | undefined,
  fields: readonly FieldUse[],
  grid: Grid,
): ReadonlyMap<string, Walls> {
  const where = 'Grid.kernel: "boundary"';
  const names = fields.map(({ name }) => name);
  if (!isByField(boundary, names)) {
    checkKeys(where, boundary, names, grid);
    const walls = parseWalls(where, boundary as BySide<Condition> | undefined, grid);
    return new Map(names.map((name) => [name, walls]));
  }
  const table = boundary as Readonly<Record<string, BySide<Condition>>>;
  const known = [...names, "*"];
  for (const key of Object.keys(table)) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    throw wrong(where, `fields among ${known.join(", ")}`, show(key), near ? `Did you mean ${near}?` : "Name a field.");
  }
  const entries = names.map((name) => {
    const key = Object.hasOwn(table, name) ? name : "*";
    const sides = Object.hasOwn(table, key) ? table[key] : undefined;
    return [name, parseWalls(`Grid.kernel: "boundary.${key}"`, sides, grid)] as const;
  });
  return new Map(entries);
}

/** @throws UsageError for a key that is neither a side nor a field, nor one of a condition for all sides */
function checkKeys(where: string, boundary: unknown, names: readonly string[], grid: Grid): void {
  const keys =
    typeof boundary === "object" && boundary !== null && !Array.isArray(boundary) ? Object.keys(boundary) : [];
  if (keys.some((key) => conditionKeys.includes(key))) return;
  const stray = keys.find((key) => key !== "*" && !isSideName(grid, key));
  if (stray === undefined) return;
  const known = [...names, "*", ...namesOfSides(grid)];
  const near = nearest(stray, [...known, ...conditionKeys]);
  const expected = `sides, or sides by field, among ${known.join(", ")}`;
  throw wrong(where, expected, show(stray), near ? `Did you mean ${near}?` : "Name a side or a field.");
}

/** True for conditions by field: some key is a field, or what `*` stands for is itself by side. */
function isByField(boundary: KernelBoundary | undefined, names: readonly string[]): boolean {
  if (typeof boundary !== "object" || boundary === null || Array.isArray(boundary)) return false;
  const keys = Object.keys(boundary);
  if (keys.some((key) => names.includes(key))) return true;
  const rest: unknown = (boundary as Record<string, unknown>)["*"];
  if (typeof rest !== "object" || rest === null || Array.isArray(rest)) return false;
  return !Object.keys(rest).some((key) => conditionKeys.includes(key));
}
