/** Steppers that choose their steps by an estimate of the error. */
import type { Id } from "../../expression/graph.js";
import { functions } from "../../wasm/functions.js";
import type { StageTerms } from "../programs/stage.js";
import { present } from "../programs/state.js";
import { advanced } from "./explicit.js";
import { numbersOfStepper, Stages, type Stepper, type TimedPlan, type Workplace } from "./stepper.js";

/** Tries steps, and takes those whose error is small enough. */
export interface AdaptiveStepper extends Stepper {
  /** A step that is not taken yet; the error as a share of what is tolerated, NaN where it is not finite. **Collective.** */
  attempt(t: number, dt: number): number;
  /** Takes the step that was tried last. **Local.** */
  accept(): void;
}

/** The next step as a multiple of one with this error. */
export function growthOf(error: number): number {
  if (Number.isNaN(error)) return 0.25;
  return error < 5.7665e-4 ? 4 : Math.max(0.9 * functions().pow!(error, -0.2), 0.1);
}

const [taken, worst] = ["new", "#error"];

/** Multiples of slots and of the rate, added to the unknowns: `u + dt (a1 k1 + a2 k2 ...)`. */
function combination(terms: StageTerms, factors: readonly number[]): Id {
  const { graph, at, rate, number } = terms;
  const last = factors.length - 1;
  const products = factors.flatMap((factor, i) => {
    return factor === 0 ? [] : [graph.scale(i === last ? rate : at(`k${i + 1}`), factor)];
  });
  return graph.mul(number(numbersOfStepper.dt), graph.sum(products));
}

/** Fehlberg's tableau. */
const nodes = [0, 1 / 4, 3 / 8, 12 / 13, 1, 1 / 2];
const rows = [
  [1 / 4],
  [3 / 32, 9 / 32],
  [1932 / 2197, -7200 / 2197, 7296 / 2197],
  [439 / 216, -8, 3680 / 513, -845 / 4104],
  [-8 / 27, 2, -3544 / 2565, 1859 / 4104, -11 / 40],
];
const fourth = [25 / 216, 0, 1408 / 2565, 2197 / 4104, -1 / 5, 0];
const difference = [1 / 360, 0, -128 / 4275, -2197 / 75240, 1 / 50, 2 / 55];

/** The stages of Runge, Kutta and Fehlberg's method, of which the fourth-order solution is kept. */
function fehlberg(): TimedPlan[] {
  return nodes.map((time, i): TimedPlan => {
    const read = i === 0 ? present : i % 2 === 1 ? "y" : "z";
    if (i < rows.length) {
      const next = i % 2 === 0 ? "y" : "z";
      const moved = (terms: StageTerms) => terms.graph.add(terms.at(present), combination(terms, rows[i]!));
      return { time, read, stores: { [`k${i + 1}`]: ({ rate }) => rate, [next]: moved } };
    }
    return {
      time,
      read,
      stores: { [taken]: (terms) => terms.graph.add(terms.at(present), combination(terms, fourth)) },
      reductions: [
        { name: worst, operation: "max", of: (terms) => terms.graph.unary("abs", combination(terms, difference)) },
      ],
    };
  });
}

/** One step of Euler's method beside two of half the length, of which the latter are kept. */
const doubling: readonly TimedPlan[] = [
  { time: 0, read: present, stores: { y: advanced(present, 1 / 2), z: advanced(present, 1) } },
  {
    time: 1 / 2,
    read: "y",
    stores: { [taken]: advanced("y", 1 / 2) },
    reductions: [
      {
        name: worst,
        operation: "max",
        of: (terms) => terms.graph.unary("abs", terms.graph.sub(terms.at("z"), advanced("y", 1 / 2)(terms))),
      },
    ],
  },
];

/** The adaptive stepper of a name among `euler` and `rkf45`. */
export function adaptiveStepper(name: string, workplace: Workplace, tolerance: number): AdaptiveStepper {
  const stages = new Stages(workplace, name === "rkf45" ? fehlberg() : doubling);
  const { state } = workplace;
  const attempt = (t: number, dt: number) => {
    stages.run(t, dt);
    return stages.list.at(-1)!.number(worst) / tolerance;
  };
  const accept = () => state.swap(present, taken);
  return {
    stages: stages.list,
    attempt,
    accept,
    step(t, dt) {
      attempt(t, dt);
      accept();
    },
    free: () => stages.free(),
  };
}
