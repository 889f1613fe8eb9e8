/** Values of texts of the unknowns, at whatever arrays these are in. */
import type { Id } from "../../expression/graph.js";
import type { ProgramArray } from "../../expression/program.js";
import type { Meaning } from "../../expression/text/meaning.js";
import type { AnyField } from "../../grid/field.js";
import { Evaluation } from "./evaluation.js";
import type { Problem } from "./problem.js";
import { Arranged, present, type State } from "./state.js";

/** Texts that are evaluated of the unknowns again and again. */
export class Watch {
  readonly #problem: Problem;
  readonly #evaluations: Arranged<Evaluation>;
  #last: Evaluation | undefined;

  constructor(
    problem: Problem,
    state: State,
    meaning: Meaning,
    cells: ReadonlyMap<string, Id>,
    numbers: ReadonlyMap<string, Id>,
    noiseOf: (array: ProgramArray) => AnyField,
  ) {
    this.#problem = problem;
    const sources = { fieldOf: (name: string) => state.find(present, name), noiseOf };
    const make = () => new Evaluation(problem, meaning, cells, numbers, sources);
    this.#evaluations = new Arranged(state, [present], make);
  }

  /** Evaluates the texts at a time. **Collective.** */
  run(time: number): void {
    const evaluation = this.#evaluations.now();
    this.#problem.numbers.t = time;
    evaluation.run();
    this.#last = evaluation;
  }

  /** The field of a value, until the next run. */
  field(name: string): AnyField {
    return this.#last!.field(name);
  }

  number(name: string): number {
    return this.#last!.number(name);
  }

  /** **Local.** */
  free(): void {
    this.#evaluations.free();
  }
}
