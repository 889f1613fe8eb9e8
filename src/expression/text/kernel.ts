/**
 * Stencils of a user's own, as text: assignments to fields, with neighbours as `u[1, 0]`. They are done in order for one
 * cell after the other: a field that is set is read at the cell itself alone, where it has its new value from then on.
 */
import { nearest } from "../../argument.js";
import { type Text, wrongText } from "../../diagnostics.js";
import type { Dtype, Program } from "../program.js";
import { programOf } from "../stages.js";
import { namesOf, parseStatements, type Statement } from "./grammar.js";
import { Meaning, Reading } from "./meaning.js";
import { takenBy } from "./names.js";
import type { Scalar } from "./scalar.js";
import type { Axis } from "./space.js";
import { quote } from "./tokens.js";

/** A text that was read, before it is known which names are fields. */
export interface KernelText {
  readonly source: Text;
  readonly statements: readonly Statement[];
  /** The names that are assigned to, in the order of the text. */
  readonly assigned: readonly string[];
  /** All names of values in the text: fields, numbers, coordinates. */
  readonly names: readonly string[];
}

/** @throws CompileError for a text that is no list of assignments */
export function readKernel(where: string, text: string): KernelText {
  const source = { where, text };
  const statements = parseStatements(source);
  const names = new Set<string>();
  for (const { name, value } of statements) {
    names.add(name);
    for (const used of namesOf(value)) names.add(used);
  }
  return { source, statements, assigned: [...new Set(statements.map(({ name }) => name))], names: [...names] };
}

/**
 * The program of a kernel: the halos of the fields that are read at offsets, by conditions that are called as the field,
 * and one sweep. Its parameters are the names that are no field.
 * @param fields - the names of the fields; an assigned name that is none, and is read later, is a value of the cell
 * @throws CompileError for a text that means nothing with these fields
 */
export function kernelProgram(
  kernel: KernelText,
  axes: readonly Axis[],
  fields: readonly string[],
  dtype: Dtype,
): Program {
  const { source, statements, assigned, names } = kernel;
  const isTaken = (name: string) => takenBy(name, { axes, use: "kernel" }) !== undefined;
  const numbers = names.filter((name) => !fields.includes(name) && !assigned.includes(name) && !isTaken(name));
  for (const { name, at } of statements) {
    if (isTaken(name)) {
      throw wrongText(source, at, "a field or a name that is free", quote(name), "Assign to another name.");
    }
  }
  const meaning = new Meaning(
    {
      where: source.where,
      axes,
      use: "kernel",
      fields: Object.fromEntries(fields.filter((name) => names.includes(name)).map((name) => [name, "real"])),
      constants: numbers,
      assigned: new Set(assigned),
      conditionOf: (_owner, _operator, operand) => operand,
    },
    dtype,
  );
  const values = new Map<string, number>();
  /** The last statement that reads a name. */
  const reads = new Map(
    statements.flatMap(({ value }, place) => Array.from(namesOf(value), (name) => [name, place] as const)),
  );
  for (const [place, { name, at, value }] of statements.entries()) {
    const reading = new Reading(meaning, name, source);
    const result: Scalar = { re: reading.real(value) };
    meaning.assigned.set(name, result);
    if (fields.includes(name)) values.set(name, result.re!);
    else if ((reads.get(name) ?? -1) <= place) {
      const near = nearest(name, fields);
      const todo = near ? `Did you mean ${near}?` : "Pass a field of this name to run.";
      throw wrongText(source, at, "a field, or a value that is read later", quote(name), todo);
    }
  }
  const cells = Array.from(values, ([name, node]) => ({ name, node }));
  return programOf(meaning.graph, { axes: axes.length, cells });
}
