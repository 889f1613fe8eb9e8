/** Steppers that solve equations for the part of the right side that is linear. */
import { wrong } from "../../argument.js";
import type { Id } from "../../expression/graph.js";
import { openCells } from "../programs/problem.js";
import type { StageTerms } from "../programs/stage.js";
import { present } from "../programs/state.js";
import { isLinear, LinearSystem, rightSide, type Summand, summandsOf, sumOf } from "./linear.js";
import { numbersOfStepper, Stages, type Stepper, type Workplace } from "./stepper.js";

const where = "Pde.solve";
const advice = {
  sign: "a linear part that damps",
  other: "Use an explicit stepper.",
  range: "Use a shorter step, or another stepper.",
};

/** A rate as a part that is linear and symmetric, which closed cells have none of, and the rest. */
interface Split {
  readonly linear: Id | undefined;
  readonly rest: Id;
}

/**
 * Backward Euler's method, or Crank and Nicolson's, for the part of each right side that is linear in its unknown and
 * symmetric; the rest is explicit at the old time. **Collective.** @throws UsageError where there is no such part
 */
export function implicitStepper(workplace: Workplace, isMean: boolean, tolerance: number): Stepper {
  const { problem, state, rates } = workplace;
  const { graph } = rates.meaning;
  /** Closed cells do not move: their equations say that they are what they were, and directions are 0 in them. */
  const closed = (id: Id) => {
    return problem.openField ? graph.select(graph.field(openCells), id, graph.constant(0)) : id;
  };
  const axes = problem.domain.axes.length;
  const stepper = isMean ? "crank-nicolson" : "implicit";
  const systems = new Map<string, LinearSystem>();
  const splits = new Map<string, Split>();
  /** The equations with a linear part; `undefined` where it is not symmetric. */
  const systemOf = (name: string, summands: readonly Summand[]) => {
    if (summands.length === 0) return undefined;
    const linear = closed(sumOf(graph, summands));
    const system = new LinearSystem(problem, state, rates, name, linear, present);
    system.setOffset();
    if (system.isSymmetric()) return { linear, system, summands };
    system.free();
    return undefined;
  };
  /** Of summands that are not symmetric together those that are alone, as diffusion beside a flow is. */
  const symmetricOf = (name: string, summands: readonly Summand[]) => {
    return summands.filter((summand) => {
      const found = systemOf(name, [summand]);
      found?.system.free();
      return found !== undefined;
    });
  };
  for (const [name, rate] of rates.values) {
    const all = summandsOf(graph, rate);
    const candidates = all.filter(({ id }) => isLinear(graph, id, axes, name, state.names));
    const found = systemOf(name, candidates) ?? systemOf(name, symmetricOf(name, candidates));
    if (found) systems.set(name, found.system);
    const rest = found
      ? sumOf(
          graph,
          all.filter((summand) => !found.summands.includes(summand)),
        )
      : rate;
    splits.set(name, { linear: found?.linear, rest: closed(rest) });
  }
  if (systems.size === 0) {
    const expected = `a part that is linear and symmetric for ${stepper}`;
    throw wrong(`${where}: "stepper"`, expected, "none", "Use an explicit stepper.");
  }
  const share = isMean ? 1 / 2 : 1;
  // What is known at the old time.
  const values = Array.from(splits, ([name, { linear, rest }]) => {
    const half = linear !== undefined && isMean ? graph.add(rest, graph.scale(linear, share)) : rest;
    return [name, half] as const;
  });
  const advanced = ({ graph, at, rate, number }: StageTerms) =>
    graph.add(at(present), graph.mul(number(numbersOfStepper.dt), rate));
  const known = new Stages({ ...workplace, rates: { ...rates, values: new Map(values) } }, [
    { time: 0, read: present, stores: { [rightSide]: advanced } },
  ]);
  // What conditions add at the new time.
  const shifted = ({ graph, at, number }: StageTerms) => {
    const dt = graph.scale(number(numbersOfStepper.dt), share);
    return graph.add(at(rightSide), graph.mul(dt, at(LinearSystem.offset)));
  };
  const solved = new Map(Array.from(systems.keys(), (name) => [name, rates.values.get(name)!] as const));
  const shift = new Stages({ problem, state, rates: { ...rates, values: solved } }, [
    { time: 1, read: rightSide, stores: { [rightSide]: shifted } },
  ]);
  return {
    stages: known.list,
    step(t, dt) {
      known.run(t, dt);
      problem.numbers.t = t + dt;
      for (const system of systems.values()) system.setOffset();
      shift.run(t, dt);
      for (const name of state.names) {
        const system = systems.get(name);
        if (system) system.solve(1, share * dt, tolerance, where, advice);
        else state.field(present, name).data.set(state.field(rightSide, name).data as never);
      }
    },
    free() {
      for (const system of systems.values()) system.free();
      known.free();
      shift.free();
    },
  };
}
