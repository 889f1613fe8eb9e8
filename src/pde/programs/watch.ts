/** Values of texts of the unknowns, at whatever arrays these are in. */
import type { Id } from "../../expression/graph.js";
import type { ProgramArray } from "../../expression/program.js";
import type { Meaning } from "../../expression/text/meaning.js";
import type { AnyField } from "../../grid/field.js";
import { Evaluation } from "./evaluation.js";
import type { Problem } from "./problem.js";
import { present, type State } from "./state.js";

/** Texts that are evaluated of the unknowns again and again. */
export class Watch {
  readonly #problem: Problem;
  readonly #state: State;
  readonly #meaning: Meaning;
  readonly #cells: ReadonlyMap<string, Id>;
  readonly #numbers: ReadonlyMap<string, Id>;
  readonly #noiseOf: (array: ProgramArray) => AnyField;
  readonly #evaluations = new Map<string, Evaluation>();
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
    this.#state = state;
    this.#meaning = meaning;
    this.#cells = cells;
    this.#numbers = numbers;
    this.#noiseOf = noiseOf;
  }

  /** Evaluates the texts at a time. **Collective.** */
  run(time: number): void {
    const key = this.#state.arrangement([present]);
    let evaluation = this.#evaluations.get(key);
    if (!evaluation) {
      const { names } = this.#state;
      const fieldOf = (name: string) => (names.includes(name) ? this.#state.field(present, name) : undefined);
      const sources = { fieldOf, noiseOf: this.#noiseOf };
      evaluation = new Evaluation(this.#problem, this.#meaning, this.#cells, this.#numbers, sources);
      this.#evaluations.set(key, evaluation);
    }
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
    for (const evaluation of this.#evaluations.values()) evaluation.free();
  }
}
