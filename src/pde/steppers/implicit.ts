/** Steppers that solve equations for the part of the right side that is linear. */
import { wrong } from "../../argument.js";
import type { Id } from "../../expression/graph.js";
import { openCells } from "../programs/problem.js";
import type { StageTerms } from "../programs/stage.js";
import { present } from "../programs/state.js";
import { isLinear, LinearSystem, partsOf, rightSide, type Summand, summandsOf, summed } from "./linear.js";
import { numbersOfStepper, type Split, Stages, type Stepper, type Workplace } from "./stepper.js";

const where = "Pde.solve";
const advice = {
  sign: "a linear part that damps",
  other: "Use an explicit stepper.",
  range: "Use a shorter step, or another stepper.",
  residual: ["a symmetric linear part, whose residual gets small", "Use an explicit stepper."],
} as const;

/** Times at which a linear part is looked at besides the start: a near one, and one behind most switches. */
const laterTimes = [0.618034, 618034];

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
    const linear = closed(summed(graph, summands));
    const system = new LinearSystem(problem, state, rates, name, linear, present);
    system.setOffset();
    if (system.isSymmetric() && staysSymmetric(system)) return { linear, system };
    system.free();
    return undefined;
  };
  /** Whether it is so at other times as well: a flow that is 0 at the start hides there. */
  const staysSymmetric = (system: LinearSystem) => {
    const { numbers } = problem;
    const { t } = numbers;
    const stays = laterTimes.every((later) => {
      numbers.t = later;
      system.setOffset();
      return !system.isAsymmetric();
    });
    numbers.t = t!;
    system.setOffset();
    return stays;
  };
  const isCandidate = (name: string) => (summand: Summand) => isLinear(graph, summand.id, axes, name, state.names);
  /** Summands that are symmetric each, as diffusion beside a flow is, as large as they come, and the rest. */
  const separate = (name: string, summand: Summand): readonly [Summand[], Summand[]] => {
    const system = isCandidate(name)(summand) ? systemOf(name, [summand])?.system : undefined;
    system?.free();
    if (system) return [[summand], []];
    // What an operator is computed of is not taken apart: which sums these are depends on the sizes of cells.
    const parts = graph.isDifference(summand.id) ? [] : partsOf(graph, summand);
    if (parts.length === 0) return [[], [summand]];
    const each = parts.map((part) => separate(name, part));
    return [each.flatMap(([symmetric]) => symmetric), each.flatMap(([, rest]) => rest)];
  };
  for (const [name, id] of rates.values) {
    const rate: Summand = { id, sign: 1 };
    const summands = summandsOf(graph, rate);
    let linear = summands.filter(isCandidate(name));
    let rest = summands.filter((summand) => !linear.includes(summand));
    let found = systemOf(name, linear);
    if (linear.length > 0 && !found) {
      [linear, rest] = separate(name, rate);
      found = systemOf(name, linear);
    }
    if (found) systems.set(name, found.system);
    splits.set(name, { linear: found?.linear, rest: closed(found ? summed(graph, rest) : id) });
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
    splits,
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
