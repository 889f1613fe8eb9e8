/** What `new Pde()` and `solve()` take. */
import {
  expectList,
  expectNumber,
  expectOneOf,
  expectValues,
  expectWhole,
  isTable,
  keysOf,
  nearest,
  show,
  wrong,
} from "../argument.js";
import { parseExpression } from "../expression/text/grammar.js";
import { namesWord, rateHint } from "../expression/text/words.js";
import { Field, type FieldValue } from "../grid/field.js";
import { Grid } from "../grid/grid.js";
import { type Overlap, overlaps } from "../grid/overlap.js";
import { type Advections, checkSurroundings, parseAdvections } from "./advection.js";
import { type Mask, type ParsedMask, parseMask } from "./mask.js";
import type { PdeBoundary } from "./programs/boundary.js";
import type { RealDtype } from "./programs/domain.js";
import type { Constant, PdeField } from "./programs/problem.js";
import { checkPoints, type PointSource } from "./sources/points.js";
import { mostStages, type StepperName, stepperNames } from "./steppers/name.js";
import type { Tracker } from "./trackers/tracker.js";

/** Options of `new Pde()`. The types of its parts tell which unknowns are real. */
export interface PdeOptions<
  Complex extends string = string,
  Parts extends string = string,
  Value extends Constant = Constant,
> {
  /** Numbers and fields that texts name. */
  readonly constants?: Readonly<Record<string, Value>>;
  /** What lies beyond the sides of the grid. Default: periodic where the grid is, elsewhere `{ derivative: 0 }`. */
  readonly boundary?: PdeBoundary;
  /** Texts with a name, each computed once, with conditions of its own. */
  readonly define?: Readonly<Record<string, Parts>>;
  /** The unknowns that are complex. Default: all of them where a text contains `i`, else none. */
  readonly complex?: readonly Complex[];
  /** The accuracy of central differences: 2, 4, 6 or 8. Default: 2. */
  readonly order?: number;
  /** Texts that unknowns are set to after each step: `{ c: "max(c, 0)" }`. */
  readonly limit?: Readonly<Record<string, string>>;
  /** A number of the whole grid, as text; the run ends after the step at which it is not 0. */
  readonly stop?: string;
  /** Sources at points. */
  readonly points?: readonly PointSource[];
  /** The variances of noise that is added in each step: numbers, or texts of the unknowns in the cell and of coordinates. */
  readonly noise?: Readonly<Record<string, number | string>>;
  /** Cells that take no part: they keep their values. */
  readonly mask?: Mask;
  /** Unknowns that flows carry along, by MPDATA: `{ c: { velocity: { x: 1, y: "-x" } } }`. */
  readonly advection?: Advections;
  /** What noise means whose variance depends on unknowns. Default: `ito`. */
  readonly interpretation?: "ito" | "stratonovich";
}

/** An initial value: a text of coordinates and constants, what `grid.field()` takes, or a field, which is copied. */
export type Initial = string | FieldValue | PdeField;

/**
 * Steps in which a flow goes no further than a share of a cell; of `euler`, `rk4` and `ssprk3`. They are no longer than 0.8
 * of what is stable for the terms that are left where the flow is at rest, unless `stability` is `ignore`.
 */
export interface Flow {
  /** The largest sum over axes of velocity times step over size of a cell. */
  readonly cfl: number;
  /** The unknowns that are velocities, one an axis. */
  readonly velocity: readonly string[];
  /** The longest step. Without it a flow at rest is refused. */
  readonly max?: number;
}

/** Options of `solve()`. */
export interface SolveOptions {
  /** The grid of the unknowns. */
  readonly grid: Grid;
  /** The unknowns at the start. */
  readonly initial: Readonly<Record<string, Initial>>;
  /** The time of the end. */
  readonly until: number;
  /** The time of the start. Default: 0. */
  readonly start?: number;
  /** The length of a step; `auto` for 0.8 of the longest stable one; or how far a flow may go in a step. */
  readonly dt: number | "auto" | Flow;
  /** Default: `euler`; `leapfrog` for second derivatives in time. */
  readonly stepper?: StepperName;
  /** Choose the length of each step by its error. Default: of `rkf45` alone. */
  readonly adaptive?: boolean;
  /** The error of a step that an adaptive stepper allows. Default: 1e-4. */
  readonly tolerance?: number;
  /** What to do about a step that is too long to be stable. Default: `refuse`; of implicit steppers `warn`. */
  readonly stability?: "refuse" | "warn" | "ignore";
  /** How many stages a step of `rkl2` has: an odd number from 3 to a million. Default: the fewest that are stable. */
  readonly stages?: number;
  /** The largest residual of the equations of implicit steppers, as a share of their right side. Default: 1e-13. */
  readonly solverTolerance?: number;
  /** What looks at the solution on the way: `storage()`, `data()` and others. */
  readonly track?: readonly Tracker[];
  /** The file of a state that `storage()` has kept, to go on from. */
  readonly restart?: string;
  /** Seconds on the wall after which the run ends. */
  readonly maxRuntime?: number;
  /**
   * Ends the run after a step when it is aborted on any of the ranks, within a tenth of a second; trackers are called as at
   * any end, so that the last frame and the state for a restart are in the files. All ranks give one, or none.
   */
  readonly signal?: AbortSignal;
  /** The numbers that are computed with; implicit steppers take `f64` alone. Default: `f64`. */
  readonly dtype?: RealDtype;
  /**
   * Compute the cells whose neighbours are of the block while the messages of a halo travel, and the others afterwards. The
   * bits are the same. Default: `"auto"`, true where ranks are on several nodes.
   */
  readonly overlap?: Overlap;
}

/** What `solve()` resolves to. */
export interface Solution<Fields = Readonly<Record<string, PdeField>>> {
  /** The unknowns at the end; of a complex one both parts. */
  readonly fields: Fields;
  /** The time that was reached. */
  readonly time: number;
  /** Steps that were taken, those of earlier parts of a continued run included. */
  readonly steps: number;
  /** Why the run ended. */
  readonly stopped: "until" | "stop" | "steadyState" | "maxRuntime" | "interrupt";
}

export const pdeKeys = keysOf<PdeOptions>({
  constants: true,
  boundary: true,
  define: true,
  complex: true,
  order: true,
  limit: true,
  stop: true,
  points: true,
  noise: true,
  mask: true,
  advection: true,
  interpretation: true,
});

export const solveKeys = keysOf<SolveOptions>({
  grid: true,
  initial: true,
  until: true,
  start: true,
  dt: true,
  stepper: true,
  adaptive: true,
  tolerance: true,
  stability: true,
  stages: true,
  solverTolerance: true,
  dtype: true,
  track: true,
  restart: true,
  maxRuntime: true,
  signal: true,
  overlap: true,
});

/** Equations as they are worked with. */
export interface Equations {
  /** The right sides by unknown. */
  readonly texts: Readonly<Record<string, string>>;
  readonly kinds: Readonly<Record<string, "real" | "complex">>;
  readonly complex: boolean;
  readonly parts: Readonly<Record<string, string>>;
  readonly constants: Readonly<Record<string, Constant>>;
  readonly boundary: PdeBoundary | undefined;
  readonly order: number | undefined;
  /** True where the right sides are second derivatives in time. */
  readonly isSecond: boolean;
  readonly limit: Readonly<Record<string, string>> | undefined;
  readonly stop: string | undefined;
  readonly points: readonly PointSource[];
  readonly noise: Readonly<Record<string, string>>;
  readonly isStratonovich: boolean;
  readonly mask: ParsedMask | undefined;
  readonly advection: Advections;
}

/** @throws UsageError for what is no table of texts */
export function expectTexts(
  where: string,
  value: unknown,
  what: string,
  example: string,
): Readonly<Record<string, string>> {
  if (!isTable(value)) throw wrong(where, `an object with ${what}`, show(value), `Write ${example}, for example.`);
  for (const [name, text] of Object.entries(value)) {
    if (typeof text === "string") continue;
    throw wrong(
      `${where.replace(/"$/, "")}${where.endsWith('"') ? "." : ': "'}${name}"`,
      "a text",
      show(text),
      "Write it in quotes.",
    );
  }
  return value as Readonly<Record<string, string>>;
}

/** True where a text names the imaginary unit. */
export function namesUnit(text: string): boolean {
  return namesWord(text, "i");
}

/** Checks what was passed to `new Pde()`. @throws UsageError, CompileError for texts that are no expressions */
export function parseEquations(equations: unknown, options: PdeOptions): Equations {
  const where = "Pde";
  const equationTexts = expectTexts(where, equations, "a text for each unknown", '{ c: "laplace(c)" }');
  const keys = Object.keys(equationTexts);
  if (keys.length === 0) throw wrong(where, "at least one equation", "none", 'Write { c: "laplace(c)" }.');
  const second = keys.find((key) => key.endsWith("_tt"));
  const first = keys.find((key) => !key.endsWith("_tt"));
  const isSecond = second !== undefined;
  if (isSecond && first !== undefined) {
    const todo = `Write ${second.slice(0, -3)} and its rate as two unknowns.`;
    throw wrong(where, "equations of one order in time", `${first} beside ${second}`, todo);
  }
  const texts = Object.fromEntries(
    Object.entries(equationTexts).map(([key, text]) => [isSecond ? key.slice(0, -3) : key, text] as const),
  );
  expectValues(where, options, pdeKeys);
  const {
    constants = {},
    boundary,
    define = {},
    complex,
    order,
    limit,
    stop,
    points = [],
    noise = {},
    interpretation = "ito",
  } = options;
  const parts = expectTexts(`${where}: "define"`, define, "texts by name", '{ mu: "c^3 - c" }');
  checkConstants(where, constants);
  checkOrder(where, order);
  for (const [name, text] of Object.entries({ ...texts, ...parts })) {
    parseExpression({ where: `${where}: "${name}"`, text });
  }
  const names = Object.keys(texts);
  if (limit !== undefined) {
    const limits = expectTexts(`${where}: "limit"`, limit, "texts by unknown", '{ c: "max(c, 0)" }');
    for (const name of Object.keys(limits)) expectOneOf(`${where}: "limit"`, name, names);
  }
  if (stop !== undefined && typeof stop !== "string") {
    throw wrong(`${where}: "stop"`, "a text", show(stop), 'Write "max(abs(c)) > 10", for example.');
  }
  checkPoints(where, points, names);
  const variances = checkNoise(where, noise, names);
  expectOneOf(`${where}: "interpretation"`, interpretation, ["ito", "stratonovich"]);
  const all = [...Object.values(texts), ...Object.values(parts)];
  const isTaken = [...names, ...Object.keys(parts), ...Object.keys(constants)].includes("i");
  const hasComplex = Object.values(constants).some((value) => typeof value === "object" && !(value instanceof Field));
  const isComplex = complex !== undefined || hasComplex || (!isTaken && all.some(namesUnit));
  if (complex !== undefined && !Array.isArray(complex)) {
    throw wrong(`${where}: "complex"`, "a list of names of unknowns", show(complex), 'Write ["psi"].');
  }
  const chosen: readonly string[] = complex ?? (isComplex ? names : []);
  for (const name of chosen) expectOneOf(`${where}: "complex"`, name, names);
  if (new Set(chosen).size < chosen.length) {
    throw wrong(`${where}: "complex"`, "each name once", show(chosen), "Leave out the second.");
  }
  const kinds = Object.fromEntries(
    names.map((name) => [name, chosen.includes(name) ? ("complex" as const) : ("real" as const)]),
  );
  return {
    texts,
    kinds,
    complex: isComplex,
    parts,
    constants,
    boundary,
    order,
    isSecond,
    limit,
    stop,
    points,
    noise: variances,
    isStratonovich: interpretation === "stratonovich",
    mask: parseMask(where, options.mask),
    advection: parseAdvections(where, options.advection, isSecond ? [] : names),
  };
}

/** The variances as texts. @throws UsageError */
function checkNoise(where: string, noise: unknown, names: readonly string[]): Readonly<Record<string, string>> {
  if (!isTable(noise)) {
    throw wrong(`${where}: "noise"`, "an object with variances", show(noise), `Write { ${names[0]}: 0.1 }.`);
  }
  const entries = Object.entries(noise).map(([name, value]): [string, string] => {
    expectOneOf(`${where}: "noise"`, name, names);
    if (typeof value === "string") return [name, value];
    if (typeof value === "number" && value >= 0 && Number.isFinite(value)) return [name, String(value)];
    throw wrong(`${where}: "noise.${name}"`, "a number from 0, or a text", show(value), "Name the variance.");
  });
  return Object.fromEntries(entries);
}

/** @throws UsageError */
export function checkConstants(where: string, constants: unknown): void {
  if (!isTable(constants)) {
    throw wrong(`${where}: "constants"`, "an object with numbers and fields", show(constants), "Write { D: 0.1 }.");
  }
  for (const [name, value] of Object.entries(constants)) {
    const isPair = typeof value === "object" && value?.re instanceof Field && value?.im instanceof Field;
    if ((typeof value === "number" && !Number.isNaN(value)) || value instanceof Field || isPair) continue;
    throw wrong(
      `${where}: "constants.${name}"`,
      "a number or a field",
      show(value),
      "Use grid.field() for other values.",
    );
  }
}

/** The accuracy of central differences, or nothing. @throws UsageError */
export function checkOrder(where: string, order: unknown): void {
  if (order === undefined || [2, 4, 6, 8].includes(order as number)) return;
  throw wrong(`${where}: "order"`, "2, 4, 6 or 8", show(order), "Leave it out for 2.");
}

/** How steps are made. */
export interface Stepping {
  readonly stepper: StepperName;
  /** Of an adaptive stepper. */
  readonly tolerance: number | undefined;
  readonly stability: "refuse" | "warn" | "ignore";
  readonly stages: number | undefined;
  /** Whether cells are computed while messages travel. */
  readonly overlap: boolean;
}

/** Checks the options of `solve()`. @throws UsageError */
export function checkSolve(options: SolveOptions, equations: Equations): Stepping {
  const { texts, isSecond, noise, mask, advection } = equations;
  const where = "Pde.solve";
  expectValues(where, options, solveKeys);
  const { grid, initial, dtype = "f64", track = [], maxRuntime, restart } = options;
  const { stepper = isSecond ? "leapfrog" : "euler" } = options;
  if (!(grid instanceof Grid)) throw wrong(`${where}: "grid"`, "a grid", show(grid), "Pass new Grid(comm, { shape }).");
  expectOneOf(`${where}: "dtype"`, dtype, ["f64", "f32"]);
  expectOneOf(`${where}: "stepper"`, stepper, stepperNames);
  if (isSecond !== (stepper === "leapfrog")) {
    const expected = isSecond ? "leapfrog for second derivatives in time" : "another one for first derivatives in time";
    throw wrong(`${where}: "stepper"`, expected, show(stepper), isSecond ? "Leave it out." : "Write c_tt, or use rk4.");
  }
  const list = expectList(`${where}: "track"`, track, "a list of trackers", 'Write [storage("out.h5")].');
  for (const tracker of list) {
    const known = typeof tracker === "object" && tracker !== null && "due" in tracker;
    if (!known) throw wrong(`${where}: "track"`, "trackers such as storage()", show(tracker), "Call the function.");
  }
  const twice = (list as readonly Tracker[]).find((tracker, i) => list.indexOf(tracker) !== i);
  if (twice) throw wrong(`${where}: "track"`, "each tracker once", `${twice.name} twice`, "Make another one.");
  if (restart !== undefined && (typeof restart !== "string" || restart === "")) {
    throw wrong(`${where}: "restart"`, "the path of a file", show(restart), 'Write "out.restart.h5", or leave it out.');
  }
  if (maxRuntime !== undefined) expectNumber(`${where}: "maxRuntime"`, maxRuntime, { least: 0 }, "Name seconds.");
  const { signal } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw wrong(`${where}: "signal"`, "an AbortSignal", show(signal), "Pass new AbortController().signal.");
  }
  checkInitial(where, initial, Object.keys(texts), isSecond);
  const isImplicit = stepper === "implicit" || stepper === "crank-nicolson";
  // The steps that make them worthwhile are so long that rounding to f32 would be a part of the solution: 1 to 15 % of it
  // after three steps of 1e6 of laplace(c) in 1D to 3D, and no residual tells of it.
  if (isImplicit && dtype === "f32") {
    throw wrong(`${where}: "dtype"`, `f64 for ${stepper}`, show(dtype), "Leave it out, or use an explicit stepper.");
  }
  // A step that is too long for what is taken at the old time often is none for what one is after, as a steady state.
  const { stability = isImplicit ? "warn" : "refuse", stages } = options;
  expectOneOf(`${where}: "stability"`, stability, ["refuse", "warn", "ignore"]);
  if (stages !== undefined) {
    expectWhole(`${where}: "stages"`, stages, { least: 3, most: mostStages }, "Leave it out.");
    if (stepper !== "rkl2" || stages % 2 === 0) {
      throw wrong(`${where}: "stages"`, "an odd number of stages of rkl2", `${stages} of ${stepper}`, "Leave it out.");
    }
  }
  const { solverTolerance } = options;
  if (solverTolerance !== undefined) {
    expectNumber(`${where}: "solverTolerance"`, solverTolerance, { least: 0, most: 1 }, "Leave it out for 1e-13.");
    if (!isImplicit) {
      throw wrong(`${where}: "solverTolerance"`, "implicit or crank-nicolson with it", stepper, "Leave it out.");
    }
  }
  const tolerance = toleranceOf(where, stepper, options);
  checkSurroundings(advection, {
    ...{ grid, dt: options.dt, stepper: tolerance !== undefined && stepper === "euler" ? "adaptive euler" : stepper },
    ...{ hasNoise: Object.keys(noise).length > 0, hasMask: mask !== undefined },
  });
  if (Object.keys(noise).length > 0 && (tolerance !== undefined || !["euler", "milstein"].includes(stepper))) {
    const got = tolerance === undefined ? stepper : `adaptive ${stepper}`;
    throw wrong(`${where}: "stepper"`, "euler or milstein for noise", got, "Use one of them, with a fixed dt.");
  }
  if (mask?.dynamic && (stepper === "adams-bashforth" || stepper === "leapfrog")) {
    const todo = isSecond ? "Make the rate an unknown of its own, and use rk4." : "Use rk4, for example.";
    throw wrong(`${where}: "stepper"`, "one that keeps no history, for a dynamic mask", stepper, todo);
  }
  const overlap = overlaps(`${where}: "overlap"`, options.overlap, grid);
  return { stepper, tolerance, stability, stages, overlap };
}

/** The tolerance of an adaptive stepper; `undefined` for steps of one length. @throws UsageError */
function toleranceOf(where: string, stepper: StepperName, { adaptive, tolerance }: SolveOptions): number | undefined {
  if (adaptive !== undefined && typeof adaptive !== "boolean") {
    throw wrong(`${where}: "adaptive"`, "true or false", show(adaptive), "Give one of them.");
  }
  const can = stepper === "euler" || stepper === "rkf45";
  if (adaptive && !can) throw wrong(`${where}: "adaptive"`, "euler or rkf45 for it", stepper, "Leave it out.");
  if (adaptive === false && stepper === "rkf45") {
    throw wrong(`${where}: "adaptive"`, "true for rkf45", "false", "Use rk4 for steps of one length.");
  }
  if (adaptive || stepper === "rkf45") {
    const value = tolerance === undefined ? 1e-4 : tolerance;
    if (typeof value === "number" && value > 0 && Number.isFinite(value)) return value;
    throw wrong(`${where}: "tolerance"`, "a number above 0", show(value), "Leave it out for 1e-4.");
  }
  if (tolerance !== undefined) {
    throw wrong(`${where}: "tolerance"`, "an adaptive stepper with it", stepper, "Use rkf45, or leave it out.");
  }
  return undefined;
}

/** Checks the names of what is given at the start. @param isSecond whether rates have some, `u_t` @throws UsageError */
export function expectUnknowns(
  where: string,
  found: readonly string[],
  names: readonly string[],
  isSecond: boolean,
): void {
  for (const key of found) {
    if (names.includes(key) || (isSecond && key.endsWith("_t") && names.includes(key.slice(0, -2)))) continue;
    const near = nearest(key, names);
    const todo = rateHint(key, names) ?? (near ? `Did you mean ${near}?` : "Remove it.");
    throw wrong(where, `names among ${names.join(", ")}`, show(key), todo);
  }
}

function checkInitial(where: string, initial: unknown, names: readonly string[], isSecond: boolean): void {
  const expected = `a value for each of ${names.join(", ")}`;
  if (typeof initial !== "object" || initial === null) {
    throw wrong(`${where}: "initial"`, expected, show(initial), `Write { ${names[0]}: 0 }, for example.`);
  }
  expectUnknowns(`${where}: "initial"`, Object.keys(initial), names, isSecond);
  const missing = names.find((name) => !Object.hasOwn(initial, name));
  if (missing !== undefined) {
    throw wrong(`${where}: "initial"`, expected, `none for ${missing}`, `Add { ${missing}: 0 }, for example.`);
  }
}
