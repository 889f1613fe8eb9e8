/** What a step takes once the engine has compiled everything and memory is there. */
import type { Values } from "../../io/snapshot.js";
import type { Simulation } from "./simulate.js";

/** Seconds that have to be measured for a time to be told: shorter ones are those of the machine's other work. */
const enough = 0.5;

/** What a solver has spent on some steps. */
export interface Spent {
  readonly steps: number;
  readonly total: number;
  readonly exchange: number;
}

/** The values that a run begins with. */
export function valuesOf({ solver }: Simulation): readonly Values[] {
  return Object.values(solver.fields).map((field) => field.interior());
}

/**
 * Repeats a run, all of whose steps have been taken, from its start until it has taken half a second. **Collective.**
 * What the fields are afterwards is of no use.
 * @param spent - on the run so far; told as it stands where that was long
 */
export function measureAgain(simulation: Simulation, start: readonly Values[], spent: Spent): Spent {
  const { solver, grid, resume } = simulation;
  const slowest = (seconds: number) => grid.comm.allreduce(seconds, { op: "max" });
  const { seconds } = solver;
  if (spent.steps === 0 || seconds === undefined || slowest(spent.total) > 2 * enough) return spent;
  const before = { ...seconds };
  let rounds = 0;
  do {
    for (const [index, field] of Object.values(solver.fields).entries()) field.set(start[index]!);
    resume?.(0);
    solver.advance(spent.steps);
    rounds++;
  } while (slowest(seconds.total - before.total) < enough);
  const { total, exchange } = seconds;
  return { steps: rounds * spent.steps, total: total - before.total, exchange: exchange - before.exchange };
}
