/** What a solve works with: texts, compiled for a grid. */
import { show, wrong } from "../argument.js";
import type { Id } from "../expression/graph.js";
import type { AnyField } from "../grid/field.js";
import { maskedRates } from "./mask.js";
import type { Equations, Flow, SolveOptions, Stepping } from "./options.js";
import { arraysOfField, openCells, type PdeField, type Problem } from "./programs/problem.js";
import { type Rates, Stage } from "./programs/stage.js";
import { present, type State } from "./programs/state.js";
import { Watch } from "./programs/watch.js";
import { type Setup, setupOf } from "./setup.js";
import type { NoiseFields } from "./sources/noise.js";
import { PointSources } from "./sources/points.js";
import { checkVariances, withNoise } from "./sources/variance.js";
import type { AdaptiveStepper } from "./steppers/adaptive.js";
import { carried, carriersOf } from "./steppers/carrier.js";
import { rateOfFlow } from "./steppers/flow.js";
import { stepperOf } from "./steppers/index.js";
import { judgeSplits, longestBeside, paceOf } from "./steppers/pace.js";
import type { Stepper } from "./steppers/stepper.js";
import { Schedule } from "./time.js";
import type { Run } from "./trackers/tracker.js";

/** What a solve works with. */
export interface Course {
  readonly schedule: Schedule;
  readonly stepper: Stepper | AdaptiveStepper;
  readonly limiter: Stage | undefined;
  readonly stopper: Watch | undefined;
  /** What decides how long steps are, and the longest that terms besides allow. */
  readonly flow: (Flow & { readonly watch: Watch; readonly longest: number }) | undefined;
  readonly watch: Run["watch"];
  readonly fields: () => Readonly<Record<string, PdeField>>;
  /** What has to be the same for a restart. */
  readonly setup: Setup;
}

/** What a course is made of. */
export interface Parts {
  readonly stepping: Stepping;
  readonly problem: Problem;
  readonly state: State;
  readonly noise: NoiseFields;
  readonly release: (() => void)[];
}

/** Everything that the loop over time needs, compiled; the unknowns are set. **Collective.** */
export function courseOf(equations: Equations, options: SolveOptions, parts: Parts): Course {
  const { stepping, problem, state, noise, release } = parts;
  const { texts, kinds, limit, stop, points } = equations;
  const read = ratesOf(problem, texts, kinds, noise);
  const carriers = carriersOf(problem, state, equations.advection, kinds);
  release.push(...carriers.map((carrier) => () => carrier.free()));
  problem.checkConditions();
  const rates = equations.mask ? maskedRates(read) : read;
  const { dt, stages } = paceOf(equations, options, parts, rates, carriers);
  const { start = 0, until } = options;
  const schedule = new Schedule("Pde.solve", start, until, dt);
  const sources = points.length > 0 ? new PointSources(problem, points) : undefined;
  if (sources) release.push(() => sources.free());
  const isImplicit = stepping.stepper === "implicit" || stepping.stepper === "crank-nicolson";
  // Those that are implicit close cells when they have found the linear parts.
  const noisy = isImplicit ? read : withNoise(problem, equations, stepping.stepper === "milstein", rates);
  if (options.restart === undefined) {
    problem.numbers.t = start;
    checkVariances(problem, equations, rates, state);
  }
  const driven = sources ? withSources(noisy, sources) : noisy;
  const all = equations.mask && !isImplicit ? maskedRates(driven) : driven;
  const prepare = sources && (() => sources.prepare());
  const workplace = { problem, state, rates: all, ...(prepare ? { prepare } : {}) };
  const plain = stepperOf(stepping.stepper, workplace, stepping.tolerance, stages, options.solverTolerance ?? 1e-13);
  const stepper = carriers.length > 0 ? carried(plain as Stepper, carriers) : plain;
  release.push(() => stepper.free());
  const { splits } = plain as Stepper;
  // Beside flows the stepper takes two steps of half the length.
  if (splits) judgeSplits(splits, options, parts, all, carriers.length > 0 ? dt / 2 : dt);
  const limiter = limit && limitStage(problem, state, limit, kinds, noise);
  if (limiter) release.push(() => limiter.free());
  const watch = (owner: string, cells: Readonly<Record<string, string>>, numbers: Readonly<Record<string, string>>) => {
    const made = watchOf(problem, state, noise, owner, cells, numbers);
    release.push(() => made.free());
    return made;
  };
  const paceWatch = (asked: Flow) => {
    const meaning = problem.meaning();
    const numbers = new Map([["pace", rateOfFlow(meaning, asked)]]);
    const made = new Watch(problem, state, meaning, new Map(), numbers, noise.fieldOf);
    release.push(() => made.free());
    return made;
  };
  const stopper = stop === undefined ? undefined : watch("stop", {}, { stop });
  const fields = () => fieldsOf(equations, (name) => state.field(present, name));
  const setup = setupOf(equations, options, stepping, problem.openField);
  const asked = typeof options.dt === "object" ? { ...options.dt, watch: paceWatch(options.dt) } : undefined;
  const flow = asked && { ...asked, longest: longestBeside(asked, equations, options, parts, rates) };
  return { schedule, stepper, limiter, stopper, flow, watch, fields, setup };
}

/** The values of texts by arrays. */
function ratesOf(
  problem: Problem,
  texts: Readonly<Record<string, string>>,
  kinds: Equations["kinds"],
  noise: NoiseFields,
): Rates {
  const meaning = problem.meaning();
  const values = new Map<string, Id>();
  for (const [name, text] of Object.entries(texts)) {
    const ids = problem.read(meaning, name, text, kinds[name]!);
    for (const [i, array] of arraysOfField(name, kinds[name]).entries()) values.set(array, ids[i]!);
  }
  return { meaning, values, noiseOf: noise.fieldOf };
}

function withSources({ meaning, values, noiseOf }: Rates, { fields }: PointSources): Rates {
  const { graph } = meaning;
  const all = Array.from(values, ([name, rate]) => {
    const source = `#points ${name}`;
    return [name, fields.has(source) ? graph.add(rate, graph.field(source)) : rate] as const;
  });
  return { meaning, values: new Map(all), noiseOf, extra: fields };
}

/** What sets unknowns to their limits: all of the values before any of them. */
function limitStage(
  problem: Problem,
  state: State,
  limit: Readonly<Record<string, string>>,
  kinds: Equations["kinds"],
  noise: NoiseFields,
): Stage {
  const { meaning, values, noiseOf } = ratesOf(problem, limit, kinds, noise);
  const { graph } = meaning;
  const limited = (name: string) => {
    const [value, before] = [values.get(name), graph.field(name)];
    if (value === undefined) return before;
    return problem.openField ? graph.select(graph.field(openCells), value, before) : value;
  };
  const all = new Map(state.names.map((name) => [name, limited(name)]));
  const rates = { meaning, values: all, noiseOf };
  return new Stage(problem, state, rates, { read: present, stores: { [present]: ({ rate }) => rate } });
}

/** Texts that trackers ask for. @throws UsageError for numbers that differ from cell to cell */
function watchOf(
  problem: Problem,
  state: State,
  noise: NoiseFields,
  owner: string,
  cells: Readonly<Record<string, string>>,
  numbers: Readonly<Record<string, string>>,
): Watch {
  const meaning = problem.meaning();
  const read = (name: string, text: string) => {
    const title = owner === name ? owner : `${owner}.${name}`;
    const [id] = problem.read(meaning, title, text, "real");
    return { title, id: id! };
  };
  const fields = new Map(Object.entries(cells).map(([name, text]) => [name, read(name, text).id]));
  const values = new Map<string, Id>();
  for (const [name, text] of Object.entries(numbers)) {
    const { title, id } = read(name, text);
    if (meaning.graph.varies(id)) {
      const todo = "Use integral(...), average(...), max(...) or min(...).";
      throw wrong(`Pde: "${title}"`, "a number of the whole grid", show(text), todo);
    }
    values.set(name, id);
  }
  return new Watch(problem, state, meaning, fields, values, noise.fieldOf);
}

/** The unknowns by name. */
function fieldsOf({ kinds }: Equations, fieldOf: (array: string) => AnyField): Readonly<Record<string, PdeField>> {
  return Object.fromEntries(
    Object.entries(kinds).map(([name, kind]): [string, PdeField] => {
      const [re, im] = arraysOfField(name, kind).map(fieldOf);
      return [name, im ? { re: re!, im } : re!];
    }),
  );
}
