/** How long steps are: as asked for where that is stable, or as long as is stable. */
import { show, wrong } from "../../argument.js";
import type { AnyField } from "../../grid/field.js";
import type { Parts } from "../course.js";
import type { Equations, Flow, SolveOptions } from "../options.js";
import type { Rates } from "../programs/stage.js";
import { present } from "../programs/state.js";
import type { Watch } from "../programs/watch.js";
import { growthOf } from "./amplification.js";
import type { Carrier } from "./carrier.js";
import { checkFlow, lengthOf } from "./flow.js";
import { stagesFor } from "./legendre.js";
import { mostStages, type StepperName } from "./name.js";
import { type Limit, limitOf, splitLimitOf } from "./stability.js";
import type { Split } from "./stepper.js";

const where = "Pde.solve";

/** The share of the longest stable step that `auto` takes. */
const share = 0.8;

/** The length of a step, and the stages of a stepper that may have any number. **Collective.** @throws UsageError */
export function paceOf(
  equations: Equations,
  options: SolveOptions,
  { stepping, problem, state }: Parts,
  rates: Rates,
  carriers: readonly Carrier[],
): { readonly dt: number; readonly stages: number } {
  const { dt, start = 0, until, restart } = options;
  const { stepper, tolerance, stability } = stepping;
  if (typeof dt === "object" && dt !== null) {
    const name = stepper === "euler" && tolerance !== undefined ? "adaptive euler" : stepper;
    checkFlow(dt, name, equations, problem.domain.axes.length);
    // All of the time, of which steps are cut.
    return { dt: until > start ? until - start : 1, stages: 0 };
  }
  const isAuto = dt === "auto";
  if (typeof dt !== "number" && !isAuto) {
    throw wrong(`${where}: "dt"`, 'a time above 0 or "auto"', show(dt), "Name the length of a step.");
  }
  if (tolerance !== undefined) {
    if (!isAuto) return { dt, stages: 0 };
    throw wrong(`${where}: "dt"`, "a first step for an adaptive stepper", '"auto"', "Name a short time.");
  }
  if (stepper === "implicit" || stepper === "crank-nicolson") {
    if (!isAuto) return { dt, stages: 0 };
    throw wrong(
      `${where}: "dt"`,
      `a time for ${stepper}, which has no longest step`,
      '"auto"',
      "Name the length of a step.",
    );
  }
  const needsLimit = isAuto || stepper === "rkl2" || stability !== "ignore";
  if (!needsLimit) return { dt: dt as number, stages: 0 };
  // A restart goes on with the step that the run before has found at its start.
  if (isAuto && restart !== undefined && stepper !== "rkl2")
    return { dt: until > start ? until - start : 1, stages: 0 };
  const limit = presentLimit(equations, options, { stepping, problem, state }, rates);
  // Beside flows the stepper takes two steps of half the length.
  const parts = carriers.length > 0 ? 2 : 1;
  const words = {
    steps: parts === 2 ? "half steps of " : "",
    todo: 'Use dt: "auto", a shorter step, or stability: "ignore".',
  };
  const isRoot = isRootOf({ stepping, problem, state });
  if (stepper === "rkl2") {
    const { stages } = legendrePace(isAuto ? dt : dt / parts, limit, stepping.stages);
    const todo = 'Use rk4, a shorter step, or stability: "ignore".';
    if (stability !== "ignore") judge((dt as number) / parts, limit, stepper, stability, isRoot, { ...words, todo });
    return { dt: dt as number, stages };
  }
  if (isAuto) {
    const longest = Math.min(parts * limit.dt, ...carriers.map((carrier) => carrier.longest(start)));
    if (Number.isFinite(longest)) return { dt: share * longest, stages: 0 };
    const todo = carriers.length > 0 ? "Name a time." : "Use rkf45, or name a time.";
    throw wrong(`${where}: "dt"`, "equations with a longest stable step", '"auto"', todo);
  }
  if (stability !== "ignore") judge(dt / parts, limit, stepper, stability, isRoot, words);
  return { dt, stages: 0 };
}

/**
 * Judges the step of an implicit stepper by what it takes at the old time. **Collective.**
 * @throws UsageError for a step that is too long
 */
export function judgeSplits(
  splits: ReadonlyMap<string, Split>,
  { start = 0 }: SolveOptions,
  { stepping, problem, state }: Present,
  rates: Rates,
  dt: number,
): void {
  const { stepper, stability } = stepping;
  if (stability === "ignore") return;
  problem.numbers.t = start;
  const sources = { fieldOf: (name: string) => state.find(present, name), noiseOf: rates.noiseOf };
  const limit = splitLimitOf(problem, splits, stepper === "crank-nicolson", rates, sources);
  const words = { steps: "", part: "what is explicit in ", todo: 'Use a shorter step, or stability: "ignore".' };
  judge(dt, limit, stepper, stability, isRootOf({ stepping, problem, state }), words);
}

type Present = Pick<Parts, "stepping" | "problem" | "state">;

/** The limit of the stepper at the unknowns of the start. **Collective.** @param resting unknowns that are 0 in their place */
function presentLimit(
  equations: Equations,
  { start = 0 }: SolveOptions,
  { stepping, problem, state }: Present,
  rates: Rates,
  resting: readonly string[] = [],
): Limit {
  problem.numbers.t = start;
  const { grid, dtype } = problem.domain;
  const rest = resting.length > 0 ? (grid.field(0, { dtype }) as AnyField) : undefined;
  const fieldOf = (name: string) => (rest && resting.includes(name) ? rest : state.find(present, name));
  try {
    return limitOf(problem, equations, stepping.stepper, rates, { fieldOf, noiseOf: rates.noiseOf });
  } finally {
    rest?.free();
  }
}

/**
 * The longest step that terms besides a flow allow: 0.8 of the longest stable one where the flow is at rest, which it may
 * come to. **Collective.** @throws UsageError where the first step is too long for the flow itself
 */
export function longestBeside(
  flow: Flow & { readonly watch: Watch },
  equations: Equations,
  options: SolveOptions,
  parts: Present,
  rates: Rates,
): number {
  const { stepper, stability } = parts.stepping;
  if (stability === "ignore") return Number.POSITIVE_INFINITY;
  const longest = share * presentLimit(equations, options, parts, rates, flow.velocity).dt;
  const { start = 0, until, restart } = options;
  // What a restart is given for the start is not where it goes on from.
  if (restart !== undefined || !(until > start)) return longest;
  const first = Math.min(lengthOf(flow, longest, start), until - start);
  const words = {
    steps: "steps of ",
    todo: 'Use a smaller cfl, another stepper, or stability: "ignore".',
  };
  judge(first, presentLimit(equations, options, parts, rates), stepper, stability, isRootOf(parts), words);
  return longest;
}

const isRootOf = ({ problem }: Present) => problem.domain.grid.comm.rank === 0;

/** @throws UsageError where damped modes oscillate */
function legendrePace(dt: number | "auto", limit: Limit, stages: number | undefined) {
  if (!limit.isReal) {
    const got = "equations whose damped modes oscillate";
    throw wrong(`${where}: "stepper"`, "equations whose damped modes have real eigenvalues for rkl2", got, "Use rk4.");
  }
  const euler = limit.damping > 0 ? 2 / limit.damping : Number.POSITIVE_INFINITY;
  if (dt === "auto") throw wrong(`${where}: "dt"`, "a time for rkl2", '"auto"', "Name the length of a step.");
  const needed = stagesFor(dt, euler);
  if (needed > mostStages) {
    throw wrong(`${where}: "dt"`, `a step of at most ${mostStages} stages of rkl2`, dt, "Use a shorter step.");
  }
  if (stages !== undefined && stages < needed) {
    throw wrong(`${where}: "stages"`, `at least ${needed} for dt ${dt}`, stages, "Leave it out.");
  }
  return { dt, stages: stages ?? needed };
}

/** @throws UsageError for a step that is too long */
function judge(
  dt: number,
  limit: Limit,
  stepper: StepperName,
  stability: "refuse" | "warn",
  isRoot: boolean,
  { steps, part = "", todo }: { readonly steps: string; readonly part?: string; readonly todo: string },
): void {
  const { oscillation, axis } = limit;
  const most = Math.min(limit.dt, oscillation > 0 ? 1 / oscillation : Number.POSITIVE_INFINITY);
  // The last digits of a limit mean nothing.
  if (dt > most * (1 + 1e-9)) {
    const worst = limit.dt <= most ? `, for waves along ${axis}` : "";
    const expected = `${steps}at most ${Number(most.toPrecision(10))} for ${part}${stepper} to be stable${worst}`;
    const error = wrong(`${where}: "dt"`, expected, `${steps}${dt}`, todo);
    if (stability === "refuse") throw error;
    if (isRoot) console.warn(error.message);
    return;
  }
  const growth = oscillation > 0 ? growthOf(stepper, oscillation, dt) : 0;
  // What a step adds below this is mostly rounding.
  if (growth * dt > 1e-14 && isRoot) {
    const rate = growth.toPrecision(3);
    console.warn(
      `${where}: ${stepper} lets oscillations grow, by up to ${rate} per unit of time. Use rk4 to keep them.`,
    );
  }
}
