/** The loop over time. */
import type { Id } from "../expression/graph.js";
import type { AnyField } from "../grid/field.js";
import { setInitial } from "./initial.js";
import { type NoiseFields, noiseFields } from "./noise.js";
import { checkSolve, type Equations, type Solution, type SolveOptions } from "./options.js";
import { arraysOfField, type PdeField, Problem } from "./problem.js";
import { present, State } from "./state.js";
import { stepperOf } from "./steppers/index.js";
import type { Stepper } from "./steppers/stepper.js";
import { Schedule } from "./time.js";

const where = "Pde.solve";

/** Solves equations from the start to the end. **Collective.** @throws UsageError, CompileError */
export async function solve(equations: Equations, options: SolveOptions): Promise<Solution> {
  const march = new March(equations, options);
  try {
    march.advance(march.schedule.count);
  } catch (error) {
    march.free();
    throw error;
  }
  march.end();
  return { fields: march.fields, time: march.time, steps: march.steps, stopped: "until" };
}

/** Equations on their way from the start to the end. */
export class March {
  readonly schedule: Schedule;
  readonly #equations: Equations;
  readonly #stepper: Stepper;
  readonly #noise: NoiseFields;
  readonly #state: State;
  readonly #release: (() => void)[] = [];
  #steps = 0;

  /** Sets the unknowns to their values at the start. **Collective.** @throws UsageError, CompileError */
  constructor(equations: Equations, options: SolveOptions) {
    this.#equations = equations;
    const names = Object.keys(equations.texts);
    checkSolve(options, names);
    const { grid, initial, dtype = "f64", start = 0, until, dt, stepper = "euler" } = options;
    this.schedule = new Schedule(where, start, until, dt);
    const { texts, kinds, parts, ...rest } = equations;
    const problem = new Problem({ where: "Pde", fields: kinds, parts, owners: names, ...rest }, grid, dtype);
    const arrays = names.flatMap((name) => arraysOfField(name, kinds[name]));
    this.#state = new State(problem.domain, arrays);
    this.#noise = noiseFields(problem.domain);
    this.#release.push(
      () => problem.free(),
      () => this.#noise.free(),
    );
    try {
      const meaning = problem.meaning();
      const values = new Map<string, Id>();
      for (const [name, text] of Object.entries(texts)) {
        const ids = problem.read(meaning, name, text, kinds[name]!);
        for (const [i, array] of arraysOfField(name, kinds[name]).entries()) values.set(array, ids[i]!);
      }
      problem.checkConditions();
      const rates = { meaning, values, noiseOf: this.#noise.fieldOf };
      this.#stepper = stepperOf(stepper, { problem, state: this.#state, rates });
      this.#release.push(() => this.#stepper.free());
      setInitial(problem, initial, (name) => this.#state.field(present, name));
    } catch (error) {
      this.free();
      throw error;
    }
  }

  /** The unknowns at the present time: others after a step than before. */
  get fields(): Readonly<Record<string, PdeField>> {
    const { kinds } = this.#equations;
    return fieldsOf(Object.keys(kinds), kinds, (name) => this.#state.field(present, name));
  }

  /** Steps taken. */
  get steps(): number {
    return this.#steps;
  }

  /** The time of the unknowns. */
  get time(): number {
    return this.schedule.timeOf(this.#steps);
  }

  /** Takes steps. **Collective.** */
  advance(steps: number): void {
    const { schedule } = this;
    for (const end = this.#steps + steps; this.#steps < end; this.#steps++) {
      this.#noise.draw(this.#steps);
      if (this.#steps === 0) this.#stepper.start?.(schedule.start, schedule.dt);
      this.#stepper.step(schedule.timeOf(this.#steps), schedule.lengthOf(this.#steps));
    }
  }

  /** Releases all but the unknowns. **Local.** */
  end(): void {
    for (const free of this.#release.splice(0).reverse()) free();
    this.#state.free([present]);
  }

  /** **Local.** */
  free(): void {
    this.end();
    this.#state.free();
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
