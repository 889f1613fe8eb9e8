/** What of a run has to be the same for another one to go on from its state. */
import { cut, wrong } from "../argument.js";
import { type AnyField, Field } from "../grid/field.js";
import type { ParsedMask } from "./mask.js";
import type { Equations, SolveOptions, Stepping } from "./options.js";

/** Equations and options by the words for them, of values as JSON has them. */
export type Setup = Readonly<Record<string, unknown>>;

/** Constants in a setup: numbers by name, and fields by name and digest. */
interface Constants {
  readonly numbers: Readonly<Record<string, number>>;
  readonly fields: readonly string[];
}

/** What has to be the same for a restart. */
export function setupOf(
  equations: Equations,
  options: SolveOptions,
  stepping: Stepping,
  open: AnyField | undefined,
): Setup {
  const {
    texts,
    kinds,
    parts,
    constants,
    boundary,
    order,
    limit,
    stop,
    points,
    isSecond,
    noise,
    isStratonovich,
    mask,
    advection,
  } = equations;
  const isNumber = ([, value]: readonly [string, unknown]) => typeof value === "number";
  const entries = Object.entries(constants);
  const numbers = Object.fromEntries(entries.filter(isNumber));
  const fields = digestsOf(constants);
  const { grid, start = 0, dt, dtype = "f64" } = options;
  const { shape, bounds, periodic, system: coordinates, axes, isBox } = grid;
  const metric = isBox ? {} : { coordinates, faces: axes.map(({ faces }) => Array.from(faces ?? [])) };
  const list = (value: unknown) => (ArrayBuffer.isView(value) ? Array.from(value as never) : value);
  return {
    equations: texts,
    "order in time": isSecond ? 2 : 1,
    kinds,
    define: parts,
    constants: { numbers, fields },
    boundary: JSON.parse(JSON.stringify(boundary ?? null, (_, value: unknown) => list(value))),
    order: order ?? 2,
    limit: limit ?? null,
    stop: stop ?? null,
    points,
    noise,
    mask: mask ? { open: maskText(mask, open), faces: mask.faces, dynamic: mask.dynamic } : null,
    // Files of runs without flows do not say so.
    ...(Object.keys(advection).length > 0 ? { advection } : {}),
    interpretation: isStratonovich ? "stratonovich" : "ito",
    stages: stepping.stages ?? null,
    stepper: stepping.stepper,
    tolerance: stepping.tolerance ?? null,
    dtype,
    start,
    dt,
    grid: { shape, bounds, periodic, ...metric },
  };
}

/** Constants that are fields, by name and digest, which does not depend on the split. **Collective.** */
export function digestsOf(constants: Equations["constants"]): readonly string[] {
  return Object.entries(constants).flatMap(([name, value]) => {
    if (typeof value === "number") return [];
    const parts = value instanceof Field ? [value] : [value.re, value.im];
    return [[name, ...parts.map((part) => part.digest())].join(" ")];
  });
}

/** A mask in a setup; the field of one that is looked at anew is the program's to set. */
function maskText({ open, dynamic }: ParsedMask, cells: AnyField | undefined): string {
  if (typeof open === "string") return open;
  return dynamic ? "a field" : `a field ${cells!.digest()}`;
}

/**
 * Checks that a run is the one of a state, but for how long it is.
 * @param left the constants as the program had left them, which are as good as those of the start
 * @throws UsageError naming what differs
 */
export function expectSetup(before: Setup, now: Setup, left: Constants): void {
  const isSame = (first: unknown, second: unknown) => JSON.stringify(first) === JSON.stringify(second);
  const isSameConstants = (first: Constants, second: Constants) => isSame(sorted(first), sorted(second));
  for (const name of new Set([...Object.keys(before), ...Object.keys(now)])) {
    if (isSame(before[name], now[name])) continue;
    const [first, second] = [before[name], now[name]] as [Constants, Constants];
    if (name === "constants" && [first, left].some((constants) => isSameConstants(constants, second))) continue;
    const [was, is] = [first, second].map((value) => entriesOf(name === "constants" ? byName(value) : value)) as [
      string[],
      string[],
    ];
    const isReordered = was.length === is.length && was.every((entry) => is.includes(entry));
    const listed = (entries: string[], others: string[]) => {
      return cut(entries.filter((entry) => isReordered || !others.includes(entry)).join(", ")) || "none";
    };
    const todo = "Go on with the same equations and options, or start anew.";
    throw wrong('Pde.solve: "restart"', `the ${name} of the run before, ${listed(was, is)}`, listed(is, was), todo);
  }
}

/** Constants in the order of their names, which says nothing. */
function sorted({ numbers, fields }: Constants): unknown {
  return [Object.entries(numbers).toSorted(([a], [b]) => (a < b ? -1 : 1)), fields.toSorted()];
}

/** Constants of a setup by name alone. */
function byName({ numbers, fields }: Constants): Readonly<Record<string, unknown>> {
  const entries = fields.map((text) => {
    const [name, ...digests] = text.split(" ");
    return [name, `a field with digest ${digests.join(" and ")}`];
  });
  return { ...numbers, ...Object.fromEntries(entries) };
}

/** What a value of a setup has, as users write it: `D = 1` of `{ D: 1 }`, `y- value = 0` of `{ "y-": { value: 0 } }`. */
function entriesOf(value: unknown, path = ""): string[] {
  if (value === null || value === undefined) return [];
  if (typeof value === "object" && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([key, part]) => entriesOf(part, path === "" ? key : `${path} ${key}`));
  }
  const text = typeof value === "string" ? value : JSON.stringify(value).replaceAll(",", ", ");
  return [path === "" ? text : `${path} = ${text}`];
}
