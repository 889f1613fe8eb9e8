/** What a command line of `solve` means: equations, their grid, how far they go. */
import { cut, nearest, show, wrong } from "../../argument.js";
import { axisNames } from "../../grid/axis.js";
import type { Advections } from "../../pde/advection.js";
import { constantsOf, type Example, equationsOf, type NamedEquations, onAxes } from "../../pde/equations.js";
import { expectUnknowns, type SolveOptions } from "../../pde/options.js";
import type { PdeBoundary } from "../../pde/programs/boundary.js";
import type { PointSource } from "../../pde/sources/points.js";
import { Schedule } from "../../pde/time.js";
import type { Units } from "../../pde/trackers/units.js";
import type { OptionsOf } from "../options/index.js";
import { type Assignment, assignmentOf, type Source, sourceOf } from "../options/kind.js";
import { checkStorage } from "../run/storage.js";
import { type AxesMeant, axesIn } from "./axes.js";
import { advectionIn, type MaskMeant, maskIn, pointsIn } from "./places.js";

/** Equations and options, as the command line or a file names them. */
export interface Task extends Omit<OptionsOf<"solve">, "ranks" | "json" | "list" | "config"> {
  /** Texts `NAME = EXPRESSION`, or one name of equations. */
  readonly equations: readonly string[];
}

/** Whether a task draws an unknown. */
export function drawsAny({ plot, pictures, movie, kymograph }: Omit<Task, "variable">): boolean {
  return (plot ?? pictures ?? movie ?? kymograph) !== undefined;
}

/** What a task means. */
export interface Meant extends AxesMeant {
  /** What titles call it. */
  readonly title: string;
  readonly texts: Readonly<Record<string, string>>;
  readonly define: Readonly<Record<string, string>>;
  readonly limit: Readonly<Record<string, string>>;
  readonly complex: readonly string[] | undefined;
  readonly boundary: PdeBoundary;
  readonly constants: Readonly<Record<string, number | Source>>;
  readonly initial: Readonly<Record<string, string | Source>>;
  readonly noise: Readonly<Record<string, string>>;
  readonly mask: MaskMeant | undefined;
  readonly points: readonly PointSource[];
  readonly advection: Advections | undefined;
  /** Further values in frames, and numbers in a table. */
  readonly save: Readonly<Record<string, string>>;
  readonly measure: Readonly<Record<string, string>>;
  readonly units: Units;
  readonly conserve: Readonly<Record<string, string>>;
  readonly start: number;
  readonly until: number;
  readonly dt: SolveOptions["dt"];
  readonly stepper: NonNullable<SolveOptions["stepper"]>;
}

/** What an equation says of its unknown: `dc/dt`, or `c_tt` for a second derivative. */
export function rateOf(name: string): string {
  return name.endsWith("_tt") ? name : `d${name}/dt`;
}

const isName = (text: string) => /^[\p{L}_][\p{L}\p{M}\p{Nd}_]*$/u.test(text);

/** What to write where a name is none: a rate is the name alone. */
function rateHint(name: string, value: string): string {
  const [, twice, plain, bracketed] = /^[d∂](\^?2|²)?\s*(?:(\w+)|\((\w+)\))\s*\/\s*[d∂]t(?:\^?2|²)?$/u.exec(name) ?? [];
  const rate = plain ?? bracketed;
  if (rate && twice) return `Write "${rate}_tt = ${cut(value)}".`;
  return rate ? `Write "${rate} = ${cut(value)}": what stands there is the rate.` : "Names have letters, digits and _.";
}

/** The table of texts `NAME = VALUE`. @throws UsageError for a name twice, and for what is no name */
function tableOf(where: string, texts: readonly string[], isKey = isName): Readonly<Record<string, string>> {
  const table: Record<string, string> = Object.create(null);
  for (const text of texts) {
    const { name, value } = assignmentOf(text) as Assignment;
    if (!isKey(name)) throw wrong(where, 'a name before "="', show(name), rateHint(name, value));
    if (Object.hasOwn(table, name)) throw wrong(where, `one text for ${name}`, "two", "Leave out one.");
    table[name] = value;
  }
  return table;
}

/** The equations of a task: those of a name, or the texts. @throws UsageError */
function equationsIn({ equations }: Task): { readonly named?: NamedEquations; readonly texts: Meant["texts"] } {
  const where = '"equations"';
  const [first, second] = equations;
  if (first === undefined) {
    throw wrong(
      where,
      'a text "NAME = EXPRESSION" or a name',
      "none",
      'For example "c = laplace(c)"; --list lists names.',
    );
  }
  const plain = equations.find((text) => !assignmentOf(text)?.value);
  if (plain === undefined) return { texts: tableOf(where, equations) };
  if (/^\d+$/.test(plain)) {
    const todo = `Numbers of a list have commas between them: --shape ${plain},${plain}.`;
    throw wrong(where, 'a text "NAME = EXPRESSION" or a name', show(plain), todo);
  }
  if (!/^[\w-]+$/.test(plain)) {
    throw wrong(where, 'a text "NAME = EXPRESSION" or a name', show(plain), 'For example "c = laplace(c)".');
  }
  const named = equationsOf(where, plain);
  if (second === undefined) return { named, texts: named.equations };
  throw wrong(where, "one name, or texts", `${show(first)} and ${show(second)}`, "Leave out one.");
}

/** What a value of `--initial` is: a variable of a file, or a text; texts have no colon. @throws UsageError */
function initialOf(name: string, text: string): string | Source {
  const source = sourceOf(text);
  if (source === undefined && /^\S+\.(h5|hdf5|nc)$/i.test(text)) {
    throw wrong('"--initial"', `a variable of a file for ${name}`, show(text), `Write "${name} = ${text}:VARIABLE".`);
  }
  return source ?? text;
}

/** The constants of a task. @throws UsageError */
function constantsIn({ set }: Task, named: NamedEquations | undefined): Meant["constants"] {
  const asked = Object.entries(tableOf('"--set"', set)).map(([name, text]) => {
    const source = sourceOf(text);
    const value = Number(text);
    if (source === undefined && !Number.isFinite(value)) {
      throw wrong('"--set"', `a number or FILE:VARIABLE for ${name}`, show(text), `For example --set ${name}=0.1.`);
    }
    return [name, source ?? value] as const;
  });
  const constants: Readonly<Record<string, number | Source>> = Object.fromEntries(asked);
  return named ? constantsOf<number | Source>('"--set"', named, constants) : constants;
}

/** @throws UsageError for a constant that no text names: it would do nothing */
function checkNamed(constants: Meant["constants"], texts: readonly string[]): void {
  const words = new Set(texts.flatMap((text) => text.match(/[\p{L}_][\p{L}\p{M}\p{Nd}_]*/gu) ?? []));
  const stray = Object.keys(constants).find((name) => !words.has(name));
  if (stray === undefined) return;
  const near = nearest(stray, [...words]);
  const todo = near ? `Did you mean ${near}?` : "Leave it out.";
  throw wrong('"--set"', "constants that the texts name", show(stray), todo);
}

const kinds = ["value", "derivative", "mixed", "curvature", "periodic", "antiperiodic"];

/** A number, or a text as it is. */
const numberOr = (text: string) => (Number.isFinite(Number(text)) ? Number(text) : text);

/** The condition of a text: `value 0`, `mixed 2 const 0.5`, `periodic`. @throws UsageError */
function conditionOf(text: string): unknown {
  const [, kind = "", rest = ""] = /^(\w+)\s*(.*)$/s.exec(text) ?? [];
  const where = '"--boundary"';
  if (!kinds.includes(kind)) {
    const near = nearest(kind, kinds);
    const todo = near ? `Did you mean ${near}?` : 'For example "y- = value 0".';
    throw wrong(where, `a condition among ${kinds.join(", ")}`, show(text), todo);
  }
  const isPlain = kind.endsWith("periodic");
  if (isPlain !== (rest === "")) {
    const todo = isPlain ? "Leave it out." : `For example "y- = ${kind} 0".`;
    throw wrong(where, isPlain ? `nothing behind ${kind}` : `a number or a text behind ${kind}`, show(rest), todo);
  }
  if (isPlain) return kind;
  if (kind !== "mixed") return { [kind]: numberOr(rest) };
  const [, factor, constant] = /^(.*?)(?:\s+const\s+(.+))?$/s.exec(rest)!;
  return { mixed: numberOr(factor!), ...(constant === undefined ? {} : { const: numberOr(constant) }) };
}

/** The conditions of a task, by owner and side. @throws UsageError */
function boundaryIn({ boundary }: Task): {
  readonly boundary: PdeBoundary;
  /** The sides that conditions are given for, and those that wrap around. */
  readonly sides: readonly string[];
  readonly wraps: readonly string[];
} {
  const owners: Record<string, Record<string, unknown>> = Object.create(null);
  const common: Record<string, unknown> = Object.create(null);
  const [sides, wraps]: string[][] = [[], []];
  for (const text of boundary) {
    const { name, value } = assignmentOf(text) as Assignment;
    const words = name.split(/\s+/);
    const [side, owner] = [words.at(-1)!, words.length > 1 ? words[0] : undefined];
    if (words.length > 2) {
      throw wrong('"--boundary"', "SIDE or OWNER SIDE before =", show(name), 'For example "c y- = value 0".');
    }
    if (owner !== undefined) owners[owner] ??= Object.create(null);
    const table = owner === undefined ? common : owners[owner]!;
    if (Object.hasOwn(table, side)) throw wrong('"--boundary"', `one condition for ${name}`, "two", "Leave out one.");
    const condition = conditionOf(value);
    table[side] = condition;
    sides!.push(side);
    if (typeof condition === "string") wraps!.push(side);
  }
  return { boundary: { ...common, ...owners } as PdeBoundary, sides: sides!, wraps: wraps! };
}

/** An option that is only of use with another one. @throws UsageError where it is alone */
function checkWith(flag: string, value: unknown, needed: string, isThere: boolean, todo: string): void {
  if (value === undefined || isThere) return;
  throw wrong(`"--${flag}"`, `${needed} with it`, "none", `Add ${todo} or leave it out.`);
}

/** @throws UsageError for frames of a file that there is not, or that are asked for twice */
function checkFrames(task: Task): void {
  const { every, everySteps, backend, gzip, xdmf, output, outputBeside, restart, save } = task;
  const { data, dataEvery, measure, probe, probeData } = task;
  const { pictures, movie, kymograph, kymographAxis, range } = task;
  const hasTable = (data ?? probeData ?? pictures ?? movie ?? kymograph) !== undefined;
  if (restart !== undefined && output !== undefined) {
    throw wrong(
      '"--output"',
      `none with --restart, which appends to "${restart}"`,
      show(output),
      "Leave out one of them.",
    );
  }
  if (every !== undefined && everySteps !== undefined) {
    throw wrong('"--every-steps"', "none with --every", everySteps, "Leave out one of them.");
  }
  const hasFile = (output ?? restart) !== undefined;
  const isDrawn = (pictures ?? movie ?? kymograph) !== undefined;
  for (const [flag, value] of Object.entries({
    every,
    "every-steps": everySteps,
    backend,
    gzip,
    xdmf,
    "output-beside": outputBeside,
    save: save[0],
    unit: task.unit[0],
  })) {
    if (flag === "unit" && (isDrawn || task.plot !== undefined)) continue;
    const isOfTable = hasTable && (flag.startsWith("every") || (flag === "save" && probeData !== undefined));
    // A file of options may say of a switch that it is off.
    if (value === undefined || value === false || hasFile || isOfTable) continue;
    throw wrong(`"--${flag}"`, "an output file", "none", "Add --output FILE or leave it out.");
  }
  checkStorage(task);
  checkWith("measure", measure[0], "--data", data !== undefined, "--data FILE.csv");
  checkWith("data", data, "--measure", measure.length > 0, '--measure "mass = integral(c)", for example,');
  checkWith("data-every", dataEvery, "--data", hasTable, "--data FILE.csv");
  checkWith("probe", probe[0], "--probe-data", probeData !== undefined, "--probe-data FILE.csv");
  checkWith("probe-data", probeData, "--probe", probe.length > 0, "--probe 3,4, for example,");
  checkWith("kymograph-axis", kymographAxis, "--kymograph", kymograph !== undefined, "--kymograph FILE.png");
  checkWith("range", range, "--pictures, --movie or --kymograph", isDrawn, "--movie FILE.png");
  if (range !== undefined && !(range.length === 2 && range[0]! < range[1]!)) {
    throw wrong('"--range"', "two numbers, the smaller first", range.join(","), "For example --range 0,1.");
  }
  if (pictures !== undefined && !/\*.*\.png$/.test(pictures)) {
    throw wrong('"--pictures"', "a name with * that ends in .png", show(pictures), "For example --pictures c-*.png.");
  }
  for (const [flag, path] of Object.entries({ data, "probe-data": probeData })) {
    if (path === undefined || /\.(csv|json)$/.test(path)) continue;
    throw wrong(`"--${flag}"`, "a name that ends in .csv or .json", show(path), "Rename the file.");
  }
}

/** @throws UsageError for what belongs to an option that there is not */
function checkStopping({ steadyState, atol, rtol, conserve, drift }: Task): void {
  checkWith("drift", drift, "--conserve", conserve.length > 0, '--conserve "mass = integral(c)", for example,');
  checkWith("atol", atol, "--steady-state", steadyState === true, "--steady-state");
  checkWith("rtol", rtol, "--steady-state", steadyState === true, "--steady-state");
}

/** How long steps are; undefined where a task does not say it. @throws UsageError */
function paceIn({ dt, cfl, velocity, maxDt }: Task): SolveOptions["dt"] | undefined {
  checkWith("velocity", velocity, "--cfl", cfl !== undefined, "--cfl 0.8");
  checkWith("max-dt", maxDt, "--cfl", cfl !== undefined, "--cfl 0.8");
  if (cfl === undefined) return dt;
  if (dt !== undefined) throw wrong('"--cfl"', "none with --dt", cfl, "Leave out one of them.");
  if (velocity === undefined) {
    throw wrong('"--cfl"', "--velocity with it", "none", "Add --velocity u,v, for example: the flow, one an axis.");
  }
  return { cfl, velocity, ...(maxDt === undefined ? {} : { max: maxDt }) };
}

/** The start of an example in a grid of another size: its coordinates are stretched to the ends of each axis. */
function stretched(example: Example | undefined, { shape, bounds, coordinates, faces }: AxesMeant) {
  if (!example || coordinates !== "cartesian") return example?.initial;
  let texts = Object.entries(example.initial);
  for (const [axis, name] of axisNames("cartesian").entries()) {
    const cells = example.shape[axis];
    if (cells === undefined || shape[axis] === undefined) continue;
    const known = Object.hasOwn(faces, name) ? faces[name]! : undefined;
    const [low, high] = known ? [known[0]!, known.at(-1)!] : (bounds?.[axis] ?? [0, shape[axis]!]);
    if (low === 0 && high === cells) continue;
    const fromLow = low === 0 ? name : `(${name} - ${low})`.replace("- -", "+ ");
    const place = `(${fromLow} * ${cells / (high - low)})`;
    texts = texts.map(([unknown, text]) => [unknown, text.replace(new RegExp(`\\b${name}\\b`, "g"), place)]);
  }
  return Object.fromEntries(texts);
}

/** What a task means. **Local.** @throws UsageError */
export function meaningOf(task: Task): Meant {
  const { named: known, texts } = equationsIn(task);
  const usual = known?.example;
  const define = tableOf('"--define"', task.define);
  const initialTexts = tableOf('"--initial"', task.initial);
  const { boundary, sides, wraps } = boundaryIn(task);
  const axes = axesIn(task, usual?.shape ?? [128, 128], (name) => {
    // Examples wrap around where nothing is said, as far as an axis can.
    const isSaid = sides.some((side) => side === "*" || side.replace(/[-+]$/, "") === name);
    return wraps.includes(name) || (usual !== undefined && !isSaid && name !== "r");
  });
  const named = known && onAxes(known, axisNames(axes.coordinates).slice(0, axes.shape.length));
  const example = named?.example;
  const initial = Object.entries({ ...stretched(example, axes), ...initialTexts }).map(([name, text]) => [
    name,
    initialOf(name, text),
  ]);
  const names = Object.keys(texts).map((name) => name.replace(/_tt$/, ""));
  const isSecond = Object.keys(texts)[0]!.endsWith("_tt");
  expectUnknowns('"--initial"', Object.keys(initialTexts), names, isSecond);
  const missing = names.find((name) => !initial.some(([known]) => known === name));
  if (missing !== undefined) {
    const todo = `Add --initial "${missing} = 0", for example.`;
    throw wrong('"--initial"', `a value for each of ${names.join(", ")}`, `none for ${missing}`, todo);
  }
  const constants = constantsIn(task, named);
  if (!named)
    checkNamed(constants, [
      ...Object.values(texts),
      ...task.define,
      ...task.initial,
      ...task.boundary,
      ...task.limit,
      ...task.noise,
      ...task.point,
      ...task.advect,
      ...task.save,
      ...task.measure,
      ...task.conserve,
      ...[task.stop ?? "", task.mask ?? ""],
    ]);
  const { until = example?.until, start = 0 } = task;
  const dt = paceIn(task) ?? example?.dt;
  if (until === undefined) throw wrong('"--until"', "the time of the end", "none", "Add --until 1, for example.");
  if (dt === undefined) throw wrong('"--dt"', "the time of a step", "none", "Add --dt 0.01, for example.");
  checkFrames(task);
  checkStopping(task);
  // Wrong times are told before any rank is started.
  new Schedule("solve", start, until, typeof dt === "number" ? dt : Math.max(1, until - start));
  const [first, ...rest] = Object.keys(texts).map((name) => `${rateOf(name)} = ${cut(texts[name]!)}`);
  return {
    title: named ? task.equations[0]! : rest.length > 0 ? `${first}, ...` : first!,
    texts,
    define,
    limit: tableOf('"--limit"', task.limit),
    complex: task.complex ?? named?.complex,
    boundary,
    constants,
    initial: Object.fromEntries(initial),
    ...axes,
    noise: tableOf('"--noise"', task.noise),
    mask: maskIn(task),
    points: pointsIn(task),
    advection: advectionIn(task, named?.advection),
    save: tableOf('"--save"', task.save),
    measure: tableOf('"--measure"', task.measure),
    units: tableOf('"--unit"', task.unit),
    conserve: tableOf('"--conserve"', task.conserve),
    ...{ start, until, dt },
    stepper: task.stepper ?? example?.stepper ?? (isSecond ? "leapfrog" : "euler"),
  };
}
