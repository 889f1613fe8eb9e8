/** The unknowns at the start. */
import { show, wrong } from "../argument.js";
import { type AnyField, Field, type FieldValue } from "../grid/field.js";
import type { Initial } from "./options.js";
import { Evaluation } from "./programs/evaluation.js";
import { arraysOfField, type Problem } from "./programs/problem.js";
import { initialStep, noiseFields } from "./sources/noise.js";

/** Sets the arrays of the unknowns. **Collective.** @throws UsageError, CompileError */
export function setInitial(
  problem: Problem,
  initial: Readonly<Record<string, Initial>>,
  fieldOf: (name: string) => AnyField,
): void {
  const { subject, domain } = problem;
  const meaning = problem.meaning("equation", false);
  const cells = new Map<string, number>();
  for (const [name, kind] of Object.entries(subject.fields)) {
    const value = initial[name]!;
    const arrays = arraysOfField(name, kind);
    if (typeof value === "string") {
      const parts = problem.read(meaning, `initial ${name}`, value, kind);
      for (const [i, array] of arrays.entries()) cells.set(array, parts[i]!);
      continue;
    }
    const where = `${subject.where}.solve: "initial.${name}"`;
    const parts = partsOf(where, value, kind);
    for (const [i, array] of arrays.entries()) {
      const part = parts[i]!;
      if (part instanceof Field && part.grid !== domain.grid) {
        throw wrong(where, "a field of the grid of solve()", "one of another grid", "Make it with grid.field().");
      }
      fieldOf(array).set(part instanceof Field ? part.interior() : part);
    }
  }
  if (cells.size === 0) return;
  const noise = noiseFields(domain);
  const sources = { fieldOf: () => undefined, noiseOf: noise.fieldOf };
  const evaluation = new Evaluation(problem, meaning, cells, new Map(), sources);
  noise.draw(initialStep);
  evaluation.run();
  for (const array of cells.keys()) fieldOf(array).data.set(evaluation.field(array).data as never);
  evaluation.free();
  noise.free();
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
