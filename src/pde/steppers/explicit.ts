/** Explicit Runge-Kutta steppers of a fixed step. */
import type { Id } from "../../expression/graph.js";
import { laterName } from "../../expression/twice.js";
import { pairOf, type StageTerms } from "../programs/stage.js";
import { present } from "../programs/state.js";
import { numbersOfStepper, Stages, type Stepper, type TimedPlan, type Workplace } from "./stepper.js";

/** `factor dt rate` */
function increment({ graph, rate, number }: StageTerms, factor: number): Id {
  return graph.mul(graph.scale(number(numbersOfStepper.dt), factor), rate);
}

/** A slot plus `factor dt rate`. */
export function advanced(slot: string, factor: number): (terms: StageTerms) => Id {
  return (terms) => terms.graph.add(terms.at(slot), increment(terms, factor));
}

/** A share of a slot, and the rest of another one that is advanced by `dt`. */
function blended(share: number, slot: string, moved: string): (terms: StageTerms) => Id {
  return (terms) => {
    const { graph, at } = terms;
    const rest = graph.scale(graph.add(at(moved), increment(terms, 1)), 1 - share);
    return graph.add(graph.scale(at(slot), share), rest);
  };
}

const plans: Readonly<Record<string, readonly TimedPlan[]>> = {
  euler: [{ time: 0, read: present, stores: { [present]: advanced(present, 1) } }],
  rk4: [
    { time: 0, read: present, stores: { y: advanced(present, 1 / 2), sum: advanced(present, 1 / 6) } },
    { time: 1 / 2, read: "y", stores: { z: advanced(present, 1 / 2), sum: advanced("sum", 1 / 3) } },
    { time: 1 / 2, read: "z", stores: { y: advanced(present, 1), sum: advanced("sum", 1 / 3) } },
    { time: 1, read: "y", stores: { [present]: advanced("sum", 1 / 6) } },
  ],
  // Shu and Osher's third-order method.
  ssprk3: [
    { time: 0, read: present, stores: { y: advanced(present, 1) } },
    { time: 1, read: "y", stores: { z: blended(3 / 4, present, "y") } },
    { time: 1 / 2, read: "z", stores: { [present]: blended(1 / 3, present, "z") } },
  ],
};

/** The stepper of a name among `euler`, `rk4` and `ssprk3`. */
export function explicitStepper(name: string, workplace: Workplace): Stepper {
  const stages = new Stages(workplace, plans[name]!);
  const pair = name === "euler" ? pairOfSteps(workplace) : undefined;
  return {
    stages: stages.list,
    step: (t, dt) => stages.run(t, dt),
    ...(pair && { pair: pair.run }),
    free: () => {
      stages.free();
      pair?.free();
    },
  };
}

/** Two steps of Euler in one; not where something is set anew before each evaluation. */
function pairOfSteps({ problem, state, rates, prepare }: Workplace) {
  const { time, dt: length } = numbersOfStepper;
  const stage = prepare ? undefined : pairOf(problem, state, rates, plans.euler![0]!, [time]);
  if (!stage) return undefined;
  const { numbers } = problem;
  const laterTime = laterName(time);
  const run = (t: number, later: number, dt: number) => {
    numbers[time] = t;
    numbers[laterTime] = later;
    numbers[length] = dt;
    stage.run();
    numbers[time] = later;
  };
  return { run, free: () => stage.free() };
}
