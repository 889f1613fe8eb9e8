/** The stepper of equations for second derivatives in time. */
import type { StageTerms } from "../programs/stage.js";
import { present } from "../programs/state.js";
import { numbersOfStepper, Stages, type Stepper, type Workplace } from "./stepper.js";

/** The slot of the first derivatives at the start. */
export const velocity = "velocity";

/**
 * `u+ = 2 u - u- + dt^2 f(u)`; the first step is `u+ = u + dt u_t + dt^2/2 f(u)`.
 */
export function leapfrog(workplace: Workplace): Stepper {
  const before = ({ at }: StageTerms) => at(present);
  const squared = ({ graph, number, rate }: StageTerms, share: number) => {
    const dt = number(numbersOfStepper.dt);
    return graph.mul(graph.scale(graph.mul(dt, dt), share), rate);
  };
  const stages = new Stages(workplace, [
    {
      time: 0,
      read: present,
      stores: {
        [present]: (terms) => {
          const { graph, at } = terms;
          return graph.add(graph.sub(graph.scale(at(present), 2), at("before")), squared(terms, 1));
        },
        before,
      },
    },
  ]);
  const first = new Stages(workplace, [
    {
      time: 0,
      read: present,
      stores: {
        [present]: (terms) => {
          const { graph, at, number } = terms;
          const moved = graph.add(at(present), graph.mul(number(numbersOfStepper.dt), at(velocity)));
          return graph.add(moved, squared(terms, 0.5));
        },
        before,
      },
    },
  ]);
  let started = false;
  return {
    stages: stages.list,
    history: ["before"],
    beginning: [velocity],
    resume() {
      started = true;
    },
    step(t, dt) {
      if (started) stages.run(t, dt);
      else first.run(t, dt);
      started = true;
    },
    free() {
      stages.free();
      first.free();
    },
  };
}
