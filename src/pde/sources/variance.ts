/** Noise that is added in each step, with a variance that may depend on the unknowns. */
import { show, wrong } from "../../argument.js";
import { derive } from "../../expression/derivative.js";
import type { Id } from "../../expression/graph.js";
import { liveOf } from "../../expression/graph.js";
import { volumeOf } from "../../expression/text/space.js";
import { findBlemish } from "../finite.js";
import type { Equations } from "../options.js";
import { Evaluation } from "../programs/evaluation.js";
import { arraysOfField, openCells, type Problem } from "../programs/problem.js";
import type { Rates } from "../programs/stage.js";
import { present, type State } from "../programs/state.js";
import { numbersOfStepper } from "../steppers/stepper.js";

/**
 * Rates with noise of a variance v: `sqrt(v dt / V)` times a standard normal number in each step, with V the volume of a
 * cell. In Stratonovich's sense and for Milstein's method there are terms with dv/du besides.
 */
export function withNoise(
  problem: Problem,
  { noise, kinds, isStratonovich }: Equations,
  isMilstein: boolean,
  rates: Rates,
): Rates {
  const { meaning, values } = rates;
  const { graph } = meaning;
  const { isBox, spacing } = problem.domain.grid;
  const volume = volumeOf(graph, problem.domain.axes);
  const axes = problem.domain.axes.length;
  const all = new Map(values);
  for (const [name, text] of Object.entries(noise)) {
    const owner = `noise.${name}`;
    const [variance] = problem.read(meaning, owner, text, "real");
    expectLocal(problem, rates, owner, text, variance!);
    const shared = graph.div(variance!, graph.mul(graph.parameter(numbersOfStepper.dt), volume));
    const strength = graph.unary("sqrt", shared);
    for (const array of arraysOfField(name, kinds[name])) {
      const xi = graph.noise(`noise of ${array}`, 0, 0);
      const terms = [values.get(array)!, graph.mul(strength, xi)];
      const derivative = derive(graph, variance!, axes, array);
      const slope = isBox
        ? graph.scale(derivative, 1 / (4 * spacing.reduce((product, dx) => product * dx, 1)))
        : graph.div(derivative, graph.scale(volume, 4));
      const isFlat = graph.constantOf(slope) === 0;
      if (isStratonovich && !isFlat) terms.push(slope);
      if (isMilstein && !isFlat) terms.push(graph.mul(slope, graph.sub(graph.mul(xi, xi), graph.constant(1))));
      all.set(array, graph.sum(terms));
    }
  }
  return { ...rates, values: all };
}

/**
 * Looks at the variances at the start, in open cells.
 * **Collective.** @throws UsageError for one that is below 0 or not finite
 */
export function checkVariances(
  problem: Problem,
  { noise }: Equations,
  { meaning, noiseOf }: Rates,
  state: State,
): void {
  const { graph } = meaning;
  const fieldOf = (name: string) => state.find(present, name);
  for (const [name, text] of Object.entries(noise)) {
    const [variance] = problem.read(meaning, `noise.${name}`, text, "real");
    const root = graph.unary("sqrt", variance!);
    const seen = problem.openField ? graph.select(graph.field(openCells), root, graph.constant(0)) : root;
    const evaluation = new Evaluation(problem, meaning, new Map([[name, seen]]), new Map(), { fieldOf, noiseOf });
    evaluation.run();
    const blemish = findBlemish(new Map([[name, evaluation.field(name)]]));
    evaluation.free();
    if (!blemish) continue;
    const got = `${show(text)}, whose root is ${blemish.value} in cell [${blemish.cell.join(", ")}] at the start`;
    throw wrong(`${problem.subject.where}: "noise.${name}"`, "a finite variance from 0", got, "Write max(..., 0).");
  }
}

/** @throws UsageError for a variance that depends on other cells */
function expectLocal({ subject }: Problem, { meaning }: Rates, owner: string, text: string, variance: Id): void {
  const { graph } = meaning;
  const isFar = liveOf(graph, [variance]).some((id) => ["at", "reduce", "noise"].includes(graph.entry(id).op));
  if (!isFar) return;
  const todo = "Use unknowns, coordinates and functions.";
  throw wrong(`${subject.where}: "${owner}"`, "a variance of one cell", JSON.stringify(text), todo);
}
