/** What `new Pde()` and `solve()` take. */
import { expectKeys, expectOneOf, expectOptions, keysOf, nearest, show, wrong } from "../argument.js";
import { parseExpression } from "../expression/text/grammar.js";
import { Field, type FieldValue } from "../grid/field.js";
import { Grid } from "../grid/grid.js";
import type { PdeBoundary } from "./boundary.js";
import type { RealDtype } from "./domain.js";
import type { Constant, PdeField } from "./problem.js";

/** Options of `new Pde()`. */
export interface PdeOptions {
  /** Numbers and fields that texts name. */
  readonly constants?: Readonly<Record<string, Constant>>;
  /** What lies beyond the sides of the grid. Default: periodic where the grid is, elsewhere `{ derivative: 0 }`. */
  readonly boundary?: PdeBoundary;
  /** Texts with a name, each computed once, with conditions of its own. */
  readonly define?: Readonly<Record<string, string>>;
  /** The unknowns that are complex. Default: all of them where a text contains `i`, else none. */
  readonly complex?: readonly string[];
  /** The accuracy of central differences: 2, 4, 6 or 8. Default: 2. */
  readonly order?: number;
}

/** An initial value: a text of coordinates and constants, what `grid.field()` takes, or a field, which is copied. */
export type Initial = string | FieldValue | PdeField;

/** Options of `solve()`. */
export interface SolveOptions {
  readonly grid: Grid;
  /** The unknowns at the start. */
  readonly initial: Readonly<Record<string, Initial>>;
  /** The time of the end. */
  readonly until: number;
  /** The time of the start. Default: 0. */
  readonly start?: number;
  /** The length of a step. */
  readonly dt: number;
  /** Default: `euler`. */
  readonly stepper?: StepperName;
  /** The numbers that are computed with. Default: `f64`. */
  readonly dtype?: RealDtype;
}

/** The steppers. */
export const stepperNames = ["euler", "rk4", "ssprk3", "adams-bashforth"] as const;
export type StepperName = (typeof stepperNames)[number];

/** What `solve()` resolves to. */
export interface Solution {
  /** The unknowns at the end; of a complex one both parts. */
  readonly fields: Readonly<Record<string, PdeField>>;
  readonly time: number;
  readonly steps: number;
  readonly stopped: "until";
}

const pdeKeys = keysOf<PdeOptions>({ constants: true, boundary: true, define: true, complex: true, order: true });

export const solveKeys = keysOf<SolveOptions>({
  grid: true,
  initial: true,
  until: true,
  start: true,
  dt: true,
  stepper: true,
  dtype: true,
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
}

/** @throws UsageError for what is no table of texts */
export function expectTexts(where: string, value: unknown, what: string): Readonly<Record<string, string>> {
  const isTable = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isTable) throw wrong(where, `an object with ${what}`, show(value), 'Write { c: "laplace(c)" }, for example.');
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
  return /(?<![\p{L}\p{M}\p{Nd}_.])i(?![\p{L}\p{M}\p{Nd}_]|\s*\()/u.test(text);
}

/** Checks what was passed to `new Pde()`. @throws UsageError, CompileError for texts that are no expressions */
export function parseEquations(equations: unknown, options: PdeOptions): Equations {
  const where = "Pde";
  const texts = expectTexts(where, equations, "a text for each unknown");
  if (Object.keys(texts).length === 0)
    throw wrong(where, "at least one equation", "none", 'Write { c: "laplace(c)" }.');
  expectKeys(where, options, pdeKeys);
  const { constants = {}, boundary, define = {}, complex, order } = options;
  const parts = expectTexts(`${where}: "define"`, define, "texts by name");
  checkConstants(where, constants);
  for (const [name, text] of Object.entries({ ...texts, ...parts })) {
    parseExpression({ where: `${where}: "${name}"`, text });
  }
  const names = Object.keys(texts);
  const all = [...Object.values(texts), ...Object.values(parts)];
  const isTaken = [...names, ...Object.keys(parts), ...Object.keys(constants)].includes("i");
  const hasComplex = Object.values(constants).some((value) => typeof value === "object" && !(value instanceof Field));
  const isComplex = complex !== undefined || hasComplex || (!isTaken && all.some(namesUnit));
  if (complex !== undefined && !Array.isArray(complex)) {
    throw wrong(`${where}: "complex"`, "a list of names of unknowns", show(complex), 'Write ["psi"].');
  }
  const chosen: readonly string[] = complex ?? (isComplex ? names : []);
  for (const name of chosen) expectOneOf(`${where}: "complex"`, name, names);
  const kinds = Object.fromEntries(
    names.map((name) => [name, chosen.includes(name) ? ("complex" as const) : ("real" as const)]),
  );
  return { texts, kinds, complex: isComplex, parts, constants, boundary, order };
}

/** @throws UsageError */
export function checkConstants(where: string, constants: unknown): void {
  if (typeof constants !== "object" || constants === null) {
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

/** Checks the options of `solve()` that are alike for all steppers. @throws UsageError */
export function checkSolve(options: SolveOptions, names: readonly string[]): void {
  const where = "Pde.solve";
  expectOptions(where, options, solveKeys);
  const { grid, initial, dtype = "f64", stepper = "euler" } = options;
  if (!(grid instanceof Grid)) throw wrong(`${where}: "grid"`, "a grid", show(grid), "Pass new Grid(comm, { shape }).");
  expectOneOf(`${where}: "dtype"`, dtype, ["f64", "f32"]);
  expectOneOf(`${where}: "stepper"`, stepper, stepperNames);
  checkInitial(where, initial, names);
}

function checkInitial(where: string, initial: unknown, names: readonly string[]): void {
  const expected = `a value for each of ${names.join(", ")}`;
  if (typeof initial !== "object" || initial === null) {
    throw wrong(`${where}: "initial"`, expected, show(initial), `Write { ${names[0]}: 0 }, for example.`);
  }
  for (const key of Object.keys(initial)) {
    if (names.includes(key)) continue;
    const near = nearest(key, names);
    throw wrong(
      `${where}: "initial"`,
      `names among ${names.join(", ")}`,
      show(key),
      near ? `Did you mean ${near}?` : "Remove it.",
    );
  }
  const missing = names.find((name) => !Object.hasOwn(initial, name));
  if (missing !== undefined) {
    throw wrong(`${where}: "initial"`, expected, `none for ${missing}`, `Add { ${missing}: 0 }, for example.`);
  }
}
