/** Noise that is added in each step, with a variance that may depend on the unknowns. */
import { wrong } from "../../argument.js";
import { derive } from "../../expression/derivative.js";
import type { Id } from "../../expression/graph.js";
import { liveOf } from "../../expression/graph.js";
import type { Equations } from "../options.js";
import { arraysOfField, type Problem } from "../programs/problem.js";
import type { Rates } from "../programs/stage.js";
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
  const volume = problem.domain.cellVolume();
  const axes = problem.domain.axes.length;
  const all = new Map(values);
  for (const [name, text] of Object.entries(noise)) {
    const owner = `noise.${name}`;
    const [variance] = problem.read(meaning, owner, text, "real");
    expectLocal(problem, rates, owner, text, variance!);
    const shared = graph.div(variance!, graph.scale(graph.parameter(numbersOfStepper.dt), volume));
    const strength = graph.unary("sqrt", shared);
    for (const array of arraysOfField(name, kinds[name])) {
      const xi = graph.noise(`noise of ${array}`, 0, 0);
      const terms = [values.get(array)!, graph.mul(strength, xi)];
      const slope = graph.scale(derive(graph, variance!, axes, array), 1 / (4 * volume));
      const isFlat = graph.constantOf(slope) === 0;
      if (isStratonovich && !isFlat) terms.push(slope);
      if (isMilstein && !isFlat) terms.push(graph.mul(slope, graph.sub(graph.mul(xi, xi), graph.constant(1))));
      all.set(array, graph.sum(terms));
    }
  }
  return { ...rates, values: all };
}

/** @throws UsageError for a variance that depends on other cells */
function expectLocal({ subject }: Problem, { meaning }: Rates, owner: string, text: string, variance: Id): void {
  const { graph } = meaning;
  const isFar = liveOf(graph, [variance]).some((id) => ["at", "reduce", "noise"].includes(graph.entry(id).op));
  if (!isFar) return;
  const todo = "Use unknowns, coordinates and functions.";
  throw wrong(`${subject.where}: "${owner}"`, "a variance of one cell", JSON.stringify(text), todo);
}
