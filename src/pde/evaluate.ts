/** The value of one text of fields. */
import { expectNumber, expectValues, keysOf, show, wrong } from "../argument.js";
import type { Id } from "../expression/graph.js";
import { expectSameCall } from "../grid/alike.js";
import { type AnyField, expectCells, Field } from "../grid/field.js";
import { Grid } from "../grid/grid.js";
import { checkConstants, checkOrder, namesUnit } from "./options.js";
import type { PdeBoundary } from "./programs/boundary.js";
import type { RealDtype } from "./programs/domain.js";
import { Evaluation } from "./programs/evaluation.js";
import { arraysOfField, type Constant, type PdeField, Problem } from "./programs/problem.js";
import { noiseFields } from "./sources/noise.js";
import type { NamesUnit } from "./unknowns.js";

/**
 * Options of `evaluate()`.
 * @typeParam Given the fields
 * @typeParam Value the values of `constants`
 */
export interface EvaluateOptions<Given extends PdeField = PdeField, Value extends Constant = Constant> {
  /** The grid of the fields, and of the result. */
  readonly grid: Grid;
  /** The fields that the text names; complex ones are `{ re, im }`. */
  readonly fields?: Readonly<Record<string, Given>>;
  /** Numbers and fields that the text names, the same on all ranks. */
  readonly constants?: Readonly<Record<string, Value>>;
  /** What lies beyond the sides, for each operator; as in `Pde`, by side or with the key `*`. */
  readonly boundary?: PdeBoundary;
  /** The time. Default: 0. */
  readonly t?: number;
  /** The accuracy of central differences. Default: 2. */
  readonly order?: number;
}

const keys = keysOf<EvaluateOptions>({
  grid: true,
  fields: true,
  constants: true,
  boundary: true,
  t: true,
  order: true,
});

/** A value in each cell: `AnyField` where neither the text, nor a field or constant is complex. */
type NumberOf<Text extends string, Value> =
  true extends NamesUnit<Text> ? PdeField : [Value] extends [number | AnyField] ? AnyField : PdeField;

/** What a text gives, as far as its type tells: a list only where it names `vector` or a gradient, without which there is none. */
export type Evaluated<Text extends string, Value> = string extends Text
  ? PdeField | PdeField[]
  : Text extends `${string}${"vector" | "grad"}${string}`
    ? NumberOf<Text, Value> | NumberOf<Text, Value>[]
    : NumberOf<Text, Value>;

/**
 * The value of an expression in the language of `Pde`: a new field, an array of fields for a vector; `{ re, im }` for
 * complex values. **Collective.**
 *
 * ```js
 * const w = await evaluate("d_dx(v) - d_dy(u)", { grid, fields: { u, v } });
 * ```
 * @throws CompileError that shows the place in the text; UsageError
 */
export async function evaluate<
  const Text extends string,
  Given extends PdeField = never,
  Value extends Constant = never,
>(text: Text, options: EvaluateOptions<Given, Value>): Promise<Evaluated<Text, Given | Value>> {
  return (await computed(text, options)) as Evaluated<Text, Given | Value>;
}

async function computed(text: string, options: EvaluateOptions): Promise<PdeField | PdeField[]> {
  const where = "evaluate";
  if (options?.grid instanceof Grid) expectSameCall(where, options.grid.comm, { text }, options, keys);
  expectValues(where, options, keys);
  if (typeof text !== "string")
    throw wrong(`${where}: "text"`, "a text", show(text), 'Write "laplace(c)", for example.');
  const { grid, fields = {}, constants = {}, boundary, t = 0, order } = options;
  if (!(grid instanceof Grid)) throw wrong(`${where}: "grid"`, "a grid", show(grid), "Pass new Grid(comm, { shape }).");
  expectNumber(`${where}: "t"`, t, {}, "Leave it out for 0.");
  checkConstants(where, constants);
  checkOrder(where, order);
  if (typeof fields !== "object" || fields === null || Array.isArray(fields) || fields instanceof Map) {
    throw wrong(`${where}: "fields"`, "an object with fields by name", show(fields), "Write { c }.");
  }
  const arrays = new Map<string, AnyField>();
  const kinds: Record<string, "real" | "complex"> = Object.create(null);
  for (const [name, value] of Object.entries(fields)) {
    const parts = value instanceof Field ? [value] : [value?.re, value?.im];
    const strange = parts.find((part) => !(part instanceof Field) || part.grid !== grid || part.dtype === "i32");
    if (strange !== undefined || parts.includes(undefined as never)) {
      const todo = "Make it with grid.field(), of f64 or f32.";
      throw wrong(`${where}: "fields.${name}"`, "a field of the grid, of real numbers", show(strange), todo);
    }
    for (const part of parts) expectCells(`${where}: "fields.${name}"`, part as AnyField);
    kinds[name] = parts.length === 1 ? "real" : "complex";
    for (const [i, array] of arraysOfField(name, kinds[name]).entries()) arrays.set(array, parts[i]!);
  }
  const dtype = dtypeOf([...arrays.values()]);
  const names = [...Object.keys(fields), ...Object.keys(constants)];
  const complex = Object.values(kinds).includes("complex") || (!names.includes("i") && namesUnit(text));
  const hint = (name: string) => `Give a field in fields: { ${name} }, a number in constants: { ${name}: 1 }.`;
  const subject = { where, fields: kinds, constants, parts: {}, complex, order, boundary, owners: [], hint };
  const problem = new Problem(subject, grid, dtype);
  const copies: AnyField[] = [];
  for (const [name, field] of arrays) {
    if (field.dtype === dtype) continue;
    const copy = grid.field(field.interior(), { dtype });
    copies.push(copy);
    arrays.set(name, copy);
  }
  problem.numbers.t = t;
  const noise = noiseFields(problem.domain);
  try {
    const meaning = problem.meaning();
    const { isVector, parts } = problem.readAny(meaning, "expression", text);
    problem.checkConditions();
    const cells = new Map<string, Id>(
      parts.flatMap((list, i) => list.map((id, part) => [`${i} ${part}`, id] as const)),
    );
    const sources = { fieldOf: (name: string) => arrays.get(name), noiseOf: noise.fieldOf };
    const evaluation = new Evaluation(problem, meaning, cells, new Map(), sources);
    evaluation.run();
    const results = parts.map((list, i): PdeField => {
      const [re, im] = list.map((_, part) => evaluation.field(`${i} ${part}`));
      return im ? { re: re!, im } : re!;
    });
    evaluation.free(true);
    return isVector ? results : results[0]!;
  } finally {
    problem.free();
    noise.free();
    for (const copy of copies) copy.free();
  }
}

/** `f32` where all fields are, else `f64`. */
function dtypeOf(fields: readonly AnyField[]): RealDtype {
  return fields.length > 0 && fields.every(({ dtype }) => dtype === "f32") ? "f32" : "f64";
}
