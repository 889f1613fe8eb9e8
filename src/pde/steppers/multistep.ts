/** Steppers that use rates of steps before. */
import { present } from "../programs/state.js";
import { advanced } from "./explicit.js";
import { numbersOfStepper, Stages, type Stepper, type Workplace } from "./stepper.js";

/**
 * Adams and Bashforth's second-order method: `u += dt (1.5 f(u, t) - 0.5 before)`. The first rate `before` is the one of
 * `u - dt f(u, t)` at `t - dt`.
 */
export function adamsBashforth(workplace: Workplace): Stepper {
  const stages = new Stages(workplace, [
    {
      time: 0,
      read: present,
      stores: {
        [present]: ({ graph, at, rate, number }) => {
          const change = graph.sub(graph.scale(rate, 1.5), graph.scale(at("before"), 0.5));
          return graph.add(at(present), graph.mul(number(numbersOfStepper.dt), change));
        },
        before: ({ rate }) => rate,
      },
    },
  ]);
  return {
    stages: stages.list,
    history: ["before"],
    start(t, dt) {
      const first = new Stages(workplace, [
        { time: 0, read: present, stores: { y: advanced(present, -1) } },
        { time: -1, read: "y", stores: { before: ({ rate }) => rate } },
      ]);
      first.run(t, dt);
      first.free();
    },
    step: (t, dt) => stages.run(t, dt),
    free: () => stages.free(),
  };
}
