/** The unknowns at the start. */
import { show, wrong } from "../argument.js";
import { type AnyField, expectCells, Field, type FieldValue } from "../grid/field.js";
import type { Grid } from "../grid/grid.js";
import { everywhere } from "../mpi/comm/everywhere.js";
import { findBlemish, wrongNumbers } from "./finite.js";
import type { Initial } from "./options.js";
import { Evaluation } from "./programs/evaluation.js";
import { arraysOfField, type Problem } from "./programs/problem.js";
import { initialStep, noiseFields } from "./sources/noise.js";

/** Sets the arrays of the unknowns. **Collective.** @throws UsageError, CompileError */
export function setInitial(
  problem: Problem,
  initial: Readonly<Record<string, Initial>>,
  fieldOf: (name: string) => AnyField,
  suffix: "" | "_t" = "",
): void {
  const { subject, domain } = problem;
  const meaning = problem.meaning("equation", false);
  const cells = new Map<string, number>();
  // What is a function, or of this block, may fail on one rank alone.
  everywhere(domain.grid.comm, () => {
    for (const [name, kind] of Object.entries(subject.fields)) {
      const value = initial[name]!;
      const arrays = arraysOfField(name, kind);
      if (typeof value === "string") {
        const parts = problem.read(meaning, `initial ${name}${suffix}`, value, kind);
        for (const [i, array] of arrays.entries()) cells.set(array, parts[i]!);
        continue;
      }
      const where = `${subject.where}.solve: "initial.${name}${suffix}"`;
      const parts = partsOf(where, value, kind);
      for (const [i, array] of arrays.entries()) setPart(where, domain.grid, fieldOf(array), parts[i]!);
    }
  });
  if (cells.size === 0) return;
  const noise = noiseFields(domain, initialStep);
  const sources = { fieldOf: () => undefined, noiseOf: noise.fieldOf };
  const evaluation = new Evaluation(problem, meaning, cells, new Map(), sources);
  evaluation.run();
  for (const array of cells.keys()) fieldOf(array).data.set(evaluation.field(array).data as never);
  evaluation.free();
  noise.free();
}

/** Sets an array of an unknown to what is no text. **Local.** @throws UsageError */
function setPart(where: string, grid: Grid, field: AnyField, part: FieldValue | AnyField): void {
  if (part instanceof Field && part.grid !== grid) {
    throw wrong(where, "a field of the grid of solve()", "one of another grid", "Make it with grid.field().");
  }
  if (part instanceof Field) expectCells(where, part);
  const isList = Array.isArray(part) || ArrayBuffer.isView(part);
  const cells = grid.blockShape.reduce((product, n) => product * n, 1);
  if (isList && (part as ArrayLike<number>).length !== cells) {
    const expected = `${cells} values (block of ${grid.blockShape.join(" x ")} cells)`;
    const got = (part as ArrayLike<number>).length;
    throw wrong(where, expected, got, "Give one a cell of this rank's block.");
  }
  field.setAs(where, part instanceof Field ? part.interior() : part);
}

/** @param suffix of the names in `initial`: `_t` for rates. **Collective.** @throws UsageError for values that are not finite */
export function expectFinite({ subject }: Problem, suffix: "" | "_t", fieldOf: (name: string) => AnyField): void {
  for (const [name, kind] of Object.entries(subject.fields)) {
    const arrays = arraysOfField(name, kind).map((array) => [array, fieldOf(array)] as const);
    const blemish = findBlemish(new Map(arrays));
    if (!blemish) continue;
    throw wrongNumbers(`${subject.where}.solve: "initial.${name}${suffix}"`, blemish, "Give each cell a number.");
  }
}

/** The real part of a value, and the imaginary one. */
function partsOf(where: string, value: Exclude<Initial, string>, kind: "real" | "complex"): (FieldValue | AnyField)[] {
  if (value instanceof Field) return [value, 0];
  const isPlain =
    typeof value === "number" || typeof value === "function" || ArrayBuffer.isView(value) || Array.isArray(value);
  if (isPlain) return [value as FieldValue, 0];
  if (kind === "complex" && value !== null && "re" in value && "im" in value) return [value.re, value.im];
  const expected =
    kind === "complex"
      ? "a text, number, function, array, field or { re, im }"
      : "a text, number, function, array or field";
  throw wrong(where, expected, show(value), "Write a text of coordinates, for example.");
}
