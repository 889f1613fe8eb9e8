/** Steps in which a flow goes no further than a share of a cell. */
import { expectKeys, expectList, expectOneOf, show, wrong } from "../../argument.js";
import type { Id } from "../../expression/graph.js";
import type { Meaning } from "../../expression/text/meaning.js";
import { counted } from "../../expression/text/operators.js";
import type { Equations, Flow } from "../options.js";
import type { Watch } from "../programs/watch.js";

const where = 'Pde.solve: "dt"';

/** @throws UsageError */
export function checkFlow(flow: Flow, stepper: string, { kinds }: Pick<Equations, "kinds">, axes: number): void {
  expectKeys(where, flow, ["cfl", "velocity", "max"]);
  const { cfl, velocity, max } = flow;
  for (const [name, value] of Object.entries({ cfl, ...(max === undefined ? {} : { max }) })) {
    if (typeof value === "number" && value > 0 && Number.isFinite(value)) continue;
    throw wrong(`Pde.solve: "dt.${name}"`, "a number above 0", show(value), "Write { cfl: 0.8, velocity: [...] }.");
  }
  const names = Object.keys(kinds).filter((name) => kinds[name] === "real");
  const list = expectList('Pde.solve: "dt.velocity"', velocity, `${axes} unknowns`, "Name one an axis.", axes);
  for (const name of list) expectOneOf('Pde.solve: "dt.velocity"', name, names);
  if (["euler", "rk4", "ssprk3"].includes(stepper)) return;
  throw wrong('Pde.solve: "stepper"', "euler, rk4 or ssprk3 for { cfl }", stepper, "Use one of them.");
}

/** How many cells the flow goes through per unit of time, at most. */
export function rateOfFlow(meaning: Meaning, { velocity }: Flow): Id {
  const { graph, scope } = meaning;
  const terms = velocity.map((name, axis) => {
    const { name: along, spacing } = scope.axes[axis]!;
    const width = spacing === undefined ? graph.along(`${along}.width`, axis) : graph.constant(spacing);
    return graph.div(graph.unary("abs", graph.field(name)), width);
  });
  return graph.reduce("max", counted(meaning, graph.sum(terms), Number.NEGATIVE_INFINITY));
}

/**
 * The length of the next step; NaN where the flow is no number. **Collective.** @param longest that terms besides the flow allow
 * @throws UsageError where the flow is at rest, and no longest step is told
 */
export function lengthOf(
  { cfl, max = Number.POSITIVE_INFINITY, watch }: Flow & { readonly watch: Watch },
  longest: number,
  time: number,
): number {
  watch.run(time);
  const length = Math.min(max, longest, cfl / watch.number("pace"));
  if (length !== Number.POSITIVE_INFINITY) return length;
  throw wrong(where, "a flow, or the longest step", `a flow at rest at time ${time}`, "Add max to { cfl, velocity }.");
}
