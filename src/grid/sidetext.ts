/** Texts as values along a side: of coordinates, and of numbers that a run is given. */
import { show, wrong } from "../argument.js";
import { runCell } from "../expression/oracle.js";
import type { Cell, Program } from "../expression/program.js";
import { programOf } from "../expression/stages.js";
import { namesOf, parseExpression } from "../expression/text/grammar.js";
import { Meaning } from "../expression/text/meaning.js";
import { takenBy } from "../expression/text/names.js";
import type { Axis } from "../expression/text/space.js";
import { functions } from "../wasm/functions.js";
import { rowMajor } from "./code.js";

/** Numbers by name. */
export type SideNumbers = Readonly<Record<string, number>>;

const result = "#value";

/** A text that has a value in each cell along a side. */
export class SideText {
  /** The numbers that the text names, the time `t` among them. */
  readonly names: readonly string[];
  readonly #program: Program;
  readonly #cell: Cell;

  /** **Local.** @throws CompileError, UsageError */
  constructor(where: string, name: string, text: string, axes: readonly Axis[]) {
    const named = namesOf(parseExpression({ where: `${where}: "${name}"`, text }));
    this.names = [...named].filter((entry) => takenBy(entry, { axes, use: "kernel" }) === undefined);
    const constants = this.names.filter((entry) => entry !== "t");
    const meaning = new Meaning({ where, axes, use: "local", fields: {}, constants }, "f64");
    const { re } = meaning.readScalar(name, text);
    this.#program = programOf(meaning.graph, { axes: axes.length, cells: [{ name: result, node: re! }] });
    const { steps } = this.#program;
    if (steps.length > 1) {
      const todo = "Compute the number before, and give it to run() by a name.";
      throw wrong(`${where}: "${name}"`, "a text without numbers of the whole grid", show(text), todo);
    }
    const [sweep] = steps;
    this.#cell = sweep?.kind === "sweep" ? sweep.cell : { nodes: [], stores: [] };
  }

  /** The values for each combination of coordinates along the axes, in C order. **Local.** */
  values(coordinates: readonly Float64Array[], numbers: SideNumbers): Float64Array {
    const counts = coordinates.map(({ length }) => length);
    const strides = rowMajor(counts);
    const data = new Float64Array(strides[0]! * counts[0]!);
    const { arrays, parameters } = this.#program;
    const placed = arrays.map(({ kind, axis = 0 }) => ({
      data: kind === "along" ? coordinates[axis]! : data,
      start: 0,
    }));
    const box = counts.flatMap((n) => [0, n]);
    const values = parameters.map(({ name }) => numbers[name]!);
    runCell(this.#cell, { dtype: "f64", strides }, placed, values, box, functions());
    return data;
  }
}
