/** The loop over time. */
import type { Id } from "../expression/graph.js";
import type { AnyField } from "../grid/field.js";
import { setInitial } from "./initial.js";
import { noiseFields } from "./noise.js";
import { checkSolve, type Equations, type Solution, type SolveOptions } from "./options.js";
import { arraysOfField, type PdeField, Problem } from "./problem.js";
import { present, State } from "./state.js";
import { stepperOf } from "./steppers/index.js";
import { Schedule } from "./time.js";

const where = "Pde.solve";

/** Solves equations from the start to the end. **Collective.** @throws UsageError, CompileError */
export async function solve(equations: Equations, options: SolveOptions): Promise<Solution> {
  const names = Object.keys(equations.texts);
  checkSolve(options, names);
  const { grid, initial, dtype = "f64", start = 0, until, dt, stepper: stepperName = "euler" } = options;
  const { texts, kinds, parts, ...rest } = equations;
  const problem = new Problem({ where: "Pde", fields: kinds, parts, owners: names, ...rest }, grid, dtype);
  const arrays = names.flatMap((name) => arraysOfField(name, kinds[name]));
  const state = new State(problem.domain, arrays);
  const noise = noiseFields(problem.domain);
  const release = [() => noise.free(), () => problem.free()];
  try {
    const schedule = new Schedule(where, start, until, dt);
    const meaning = problem.meaning();
    const values = new Map<string, Id>();
    for (const [name, text] of Object.entries(texts)) {
      const ids = problem.read(meaning, name, text, kinds[name]!);
      for (const [i, array] of arraysOfField(name, kinds[name]).entries()) values.set(array, ids[i]!);
    }
    problem.checkConditions();
    const stepper = stepperOf(stepperName, { problem, state, rates: { meaning, values, noiseOf: noise.fieldOf } });
    release.push(() => stepper.free());
    setInitial(problem, initial, (name) => state.field(present, name));
    if (schedule.count > 0) {
      noise.draw(0);
      stepper.start?.(schedule.start, schedule.dt);
    }
    for (let step = 0; step < schedule.count; step++) {
      if (step > 0) noise.draw(step);
      stepper.step(schedule.timeOf(step), schedule.lengthOf(step));
    }
    const fields = fieldsOf(names, kinds, (name) => state.field(present, name));
    release.push(() => state.free([present]));
    return { fields, time: schedule.timeOf(schedule.count), steps: schedule.count, stopped: "until" };
  } catch (error) {
    release.push(() => state.free());
    throw error;
  } finally {
    for (const free of release.toReversed()) free();
  }
}

/** The unknowns by name. */
export function fieldsOf(
  names: readonly string[],
  kinds: Equations["kinds"],
  fieldOf: (array: string) => AnyField,
): Readonly<Record<string, PdeField>> {
  return Object.fromEntries(
    names.map((name): [string, PdeField] => {
      const [re, im] = arraysOfField(name, kinds[name]).map(fieldOf);
      return [name, im ? { re: re!, im } : re!];
    }),
  );
}
