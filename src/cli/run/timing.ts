/** What a step takes once the engine has compiled everything and memory is there. */
import type { Values } from "../../io/snapshot.js";
import type { Simulation } from "./simulate.js";

/** Seconds that have to be measured for a time to be told. */
const enough = 0.2;
/** Of a run that takes so many seconds itself its own time is told. */
const long = 1;

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
 * Repeats a run, all of whose steps have been taken, from its start until it has taken a fifth of a second, and tells the
 * middle one of the times: others are those of the machine's other work. **Collective.** What the fields are afterwards is
 * of no use.
 * @param spent - on the run so far; told as it stands where that was long
 */
export function measureAgain(simulation: Simulation, start: readonly Values[], spent: Spent): Spent {
  const { solver, grid, resume } = simulation;
  const slowest = (seconds: number) => grid.comm.allreduce(seconds, { op: "max" });
  const { seconds } = solver;
  if (spent.steps === 0 || seconds === undefined || slowest(spent.total) > long) return spent;
  const rounds: (Spent & { readonly slowest: number })[] = [];
  for (let measured = 0; measured < enough; measured += rounds.at(-1)!.slowest) {
    for (const [index, field] of Object.values(solver.fields).entries()) field.set(start[index]!);
    resume?.(0);
    const before = { ...seconds };
    solver.advance(spent.steps);
    const [total, exchange] = [seconds.total - before.total, seconds.exchange - before.exchange];
    rounds.push({ steps: spent.steps, total, exchange, slowest: slowest(total) });
  }
  // All ranks take the same round: the slowest rank's time is known to all.
  return rounds.toSorted((a, b) => a.slowest - b.slowest)[Math.floor((rounds.length - 1) / 2)]!;
}
