/** What all operators ask of their calls, and how they look at neighbours. */
import { nearest } from "../../argument.js";
import type { Id } from "../graph.js";
import type { Neighbourhood } from "./differences.js";
import type { Tree } from "./grammar.js";
import type { Reading } from "./meaning.js";
import { imaginaryOf, realOf, type Scalar } from "./scalar.js";
import { isUniform } from "./space.js";
import { quote } from "./tokens.js";

export type Call = Tree & { readonly kind: "call" };

/** Checks that a text may have operators on neighbours. */
export function expectSpace(reading: Reading, call: Call): void {
  if (reading.scope.use === "local") {
    const todo = "Use fields, coordinates and functions.";
    throw reading.wrong(call, "no operator in a text of one cell", quote(call.name), todo);
  }
  if (reading.graph.dtype === "i32") {
    throw reading.wrong(
      call,
      "no operator on whole numbers",
      quote(call.name),
      "Use neighbours, as in u[1, 0], or f64.",
    );
  }
}

/** Checks the names of arguments, and gives what stands behind them. */
export function namedOf(
  reading: Reading,
  { name, named }: Call,
  known: readonly string[],
): Readonly<Record<string, Tree>> {
  const values: Record<string, Tree> = {};
  for (const { name: key, value, at } of named) {
    if (!known.includes(key)) {
      const near = nearest(key, known);
      const expected =
        known.length === 0 ? `no named argument of ${name}` : `a named argument of ${name} (${known.join(", ")})`;
      throw reading.wrong({ from: at }, expected, quote(key), near ? `Did you mean ${near}?` : "Remove it.");
    }
    if (Object.hasOwn(values, key)) throw reading.wrong({ from: at }, `${key} once`, "it twice", "Remove one.");
    values[key] = value;
  }
  return values;
}

/** The order of accuracy of a call. */
export function orderOf(reading: Reading, call: Call, tree: Tree | undefined): number {
  const order = tree ? reading.known(tree) : (reading.scope.order ?? 2);
  if (order === undefined || ![2, 4, 6, 8].includes(order)) {
    throw reading.wrong(
      tree ?? call,
      "an order of 2, 4, 6 or 8",
      tree ? reading.quote(tree) : String(order),
      "Use one of them.",
    );
  }
  if (order > 2) refuseFactors(reading, tree ?? call, `order ${order}`);
  return order;
}

/** Refuses what needs uniform axes without a mask. */
export function refuseFactors(reading: Reading, span: { readonly from: number }, what: string): void {
  const { axes, mask } = reading.scope;
  const axis = axes.find((entry) => !isUniform(entry));
  if (axis) throw reading.wrong(span, `uniform axes for ${what}`, `axis ${axis.name}`, "Use order 2 and laplace.");
  if (mask) throw reading.wrong(span, `frozen cells for ${what}`, "a mask with faces", "Use order 2 and laplace.");
}

/** Applies differences to the parts of a value, each with a halo of its own. */
export function difference(
  reading: Reading,
  operator: string,
  tree: Tree,
  value: Scalar,
  apply: (n: Neighbourhood) => Id,
): Scalar {
  const { graph, scope } = reading;
  const around = (own: Id, parts: Parameters<Reading["neighbour"]>[3] = {}) =>
    graph.difference(apply({ graph, axes: scope.axes, own, at: reading.neighbour(operator, own, tree, parts) }));
  if (value.im === undefined) return { re: around(value.re!) };
  // A condition may be complex where one part of the value is 0.
  const [re, im] = [realOf(graph, value), imaginaryOf(graph, value)];
  return { re: around(re, { part: "re", partner: im }), im: around(im, { part: "im", partner: re }) };
}
