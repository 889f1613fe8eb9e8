/**
 * Super time stepping for damped modes: s stages of Runge, Kutta and Legendre's second-order method do the work of about
 * s^2/4 explicit steps. See Meyer, Balsara and Aslam (2014).
 */
import type { StageTerms } from "../programs/stage.js";
import { present } from "../programs/state.js";
import { mostStages } from "./name.js";
import { numbersOfStepper, Stages, type Stepper, type Workplace } from "./stepper.js";

/** The coefficients of the stages by their names in programs. */
const numbers = { before: "#mu", second: "#nu", rate: "#mu~", first: "#gamma~" } as const;

/**
 * The smallest odd number of stages for steps of this length, or one above {@link mostStages} where none of them is enough.
 * @param limit of Euler's method
 */
export function stagesFor(dt: number, limit: number): number {
  let s = 3;
  while (s <= mostStages && dt > (limit * (s * s + s - 2)) / 4) s += 2;
  return s;
}

/** `rkl2` with a number of stages. */
export function legendre(workplace: Workplace, count: number): Stepper {
  const { problem, state } = workplace;
  const parameters = problem.numbers;
  const dtRate = ({ graph, number, rate }: StageTerms, factor: string) =>
    graph.mul(graph.mul(number(factor), number(numbersOfStepper.dt)), rate);
  const first = new Stages(workplace, [
    {
      time: 0,
      read: present,
      stores: {
        a: (terms) => terms.graph.add(terms.at(present), dtRate(terms, numbers.rate)),
        b: ({ at }) => at(present),
        rate: ({ rate }) => rate,
      },
    },
  ]);
  const next = new Stages(workplace, [
    {
      time: 0,
      read: "a",
      stores: {
        b: (terms) => {
          const { graph, at, number } = terms;
          const [mu, nu] = [number(numbers.before), number(numbers.second)];
          const rest = graph.sub(graph.sub(graph.constant(1), mu), nu);
          const sum = graph.sum([graph.mul(mu, at("a")), graph.mul(nu, at("b")), graph.mul(rest, at(present))]);
          const start = graph.mul(graph.mul(number(numbers.first), number(numbersOfStepper.dt)), at("rate"));
          return graph.add(graph.add(sum, dtRate(terms, numbers.rate)), start);
        },
      },
    },
  ]);
  const b = (j: number) => (j < 3 ? 1 / 3 : (j * j + j - 2) / (2 * j * (j + 1)));
  const scale = count * count + count - 2;
  const w = 4 / scale;
  const timeOf = (j: number) => (j === 0 ? 0 : j === 1 ? w / 3 : (j * j + j - 2) / scale);
  return {
    stages: [...first.list, ...next.list],
    step(t, dt) {
      parameters[numbers.rate] = w / 3;
      first.run(t, dt);
      for (let j = 2; j <= count; j++) {
        const mu = (((2 * j - 1) / j) * b(j)) / b(j - 1);
        parameters[numbers.before] = mu;
        parameters[numbers.second] = (-((j - 1) / j) * b(j)) / b(j - 2);
        parameters[numbers.rate] = mu * w;
        parameters[numbers.first] = -(1 - b(j - 1)) * mu * w;
        next.run(t + timeOf(j - 1) * dt, dt);
        state.swap("a", "b");
      }
      state.swap(present, "a");
    },
    free() {
      first.free();
      next.free();
    },
  };
}
