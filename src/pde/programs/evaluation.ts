/** Values of texts at one time: fields, and numbers of the whole grid. */
import type { Id } from "../../expression/graph.js";
import type { ProgramArray } from "../../expression/program.js";
import { programOf, type Target } from "../../expression/stages.js";
import type { Meaning } from "../../expression/text/meaning.js";
import type { AnyField } from "../../grid/field.js";
import { Code } from "./code.js";
import { Execution, type Setting } from "./execution.js";
import type { Problem } from "./problem.js";

/** What an evaluation works with. */
export interface Sources {
  /** The arrays of the unknowns by name. */
  readonly fieldOf: (name: string) => AnyField | undefined;
  readonly noiseOf: (array: ProgramArray) => AnyField;
  /** As in {@link Setting}. */
  readonly alongOf?: (name: string) => string;
}

const output = "#value ";

/** Values of a graph, computed again and again. */
export class Evaluation {
  readonly #problem: Problem;
  readonly #code: Code;
  readonly #execution: Execution;
  readonly #fields = new Map<string, AnyField>();

  /** **Collective.** @param numbers values that are equal in all cells */
  constructor(
    problem: Problem,
    { graph }: Meaning,
    cells: ReadonlyMap<string, Id>,
    numbers: ReadonlyMap<string, Id>,
    { fieldOf, noiseOf, alongOf }: Sources,
  ) {
    this.#problem = problem;
    const { grid, axes, dtype } = problem.domain;
    for (const name of cells.keys()) this.#fields.set(output + name, grid.field(0, { dtype }));
    const targets = (values: ReadonlyMap<string, Id>) =>
      Array.from(values, ([name, node]): Target => ({ name: output + name, node }));
    const program = programOf(graph, { axes: axes.length, cells: targets(cells), numbers: targets(numbers) });
    const setting: Setting = {
      ...problem.setting((name) => this.#fields.get(name) ?? fieldOf(name), noiseOf),
      alongOf,
    };
    this.#code = new Code(program, problem.domain);
    this.#execution = new Execution(this.#code, setting);
  }

  /** Computes all values, with the numbers of the problem. **Collective.** */
  run(): void {
    this.#execution.run(this.#problem.numbers);
  }

  /** The field of a value; it is computed anew with each run. */
  field(name: string): AnyField {
    return this.#fields.get(output + name)!;
  }

  number(name: string): number {
    return this.#execution.number(output + name);
  }

  /** Releases memory, of the fields too unless they are kept. **Local.** */
  free(keepFields = false): void {
    this.#execution.free();
    this.#code.free();
    if (!keepFields) for (const field of this.#fields.values()) field.free();
  }
}
