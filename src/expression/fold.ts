/**
 * Folds linear terms: a value that a sum has twice, each time with a factor that is equal in all cells, is taken once with
 * the sum of the factors, which is computed before the cells are. `c + k*(s - 4*c)` becomes `(1 - 4*k)*c + k*s`: one
 * addition less of five, where additions are what bounds a kernel. The rounding is another one than that of the text.
 */
import { type Graph, type Id, inputsOf, liveOf } from "./graph.js";

/** A value in a sum, and its factor. */
interface Term {
  readonly value: Id;
  readonly factor: Id;
}

/** What the nodes that some values need have become. Values whose sums have nothing twice are themselves. */
export function foldedOf(graph: Graph, roots: readonly Id[]): ReadonlyMap<Id, Id> {
  const live = liveOf(graph, roots);
  const uses = new Map<Id, number>();
  for (const id of [...live.flatMap((id) => inputsOf(graph.entry(id))), ...roots])
    uses.set(id, (uses.get(id) ?? 0) + 1);
  const folded = new Map<Id, Id>();
  for (const id of live) {
    const { op } = graph.entry(id);
    const terms = op === "add" || op === "sub" ? termsOf(graph, id, uses) : [];
    const isTwice = new Set(terms.map(({ value }) => value)).size < terms.length;
    folded.set(id, isTwice ? combined(graph, terms, folded) : rebuilt(graph, id, folded));
  }
  return folded;
}

/** The terms of a sum, through signs, factors and sums that nothing else uses. */
function termsOf(graph: Graph, root: Id, uses: ReadonlyMap<Id, number>): readonly Term[] {
  const terms: Term[] = [];
  // From left to right; no recursion, as sums may be long.
  const open: Term[] = [{ value: root, factor: graph.constant(1) }];
  for (let term = open.pop(); term; term = open.pop()) {
    const { value, factor } = term;
    const entry = graph.entry(value);
    const isInner = value === root || uses.get(value) === 1;
    if (isInner && (entry.op === "add" || entry.op === "sub") && !isPureSum(graph, value)) {
      open.push({ value: entry.b, factor: entry.op === "add" ? factor : graph.neg(factor) });
      open.push({ value: entry.a, factor });
    } else if (isInner && entry.op === "neg") open.push({ value: entry.a, factor: graph.neg(factor) });
    else if (isInner && entry.op === "mul" && !graph.varies(entry.b)) {
      open.push({ value: entry.a, factor: graph.mul(factor, entry.b) });
    } else if (isInner && entry.op === "mul" && !graph.varies(entry.a)) {
      open.push({ value: entry.b, factor: graph.mul(factor, entry.a) });
    } else terms.push(term);
  }
  return terms;
}

/** True for a sum of neighbours, which stays together as it is. */
function isPureSum(graph: Graph, id: Id): boolean {
  const open = [id];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    const entry = graph.entry(value);
    if (entry.op === "add") open.push(entry.a, entry.b);
    else if (entry.op !== "at") return false;
  }
  return true;
}

/** The sum of terms, each value once; values with the same factor are added before they are multiplied. */
function combined(graph: Graph, terms: readonly Term[], folded: ReadonlyMap<Id, Id>): Id {
  const factors = new Map<Id, Id>();
  for (const { value, factor } of terms) {
    const known = factors.get(value);
    factors.set(value, known === undefined ? factor : graph.add(known, factor));
  }
  const groups = new Map<Id, Id>();
  for (const [value, factor] of factors) {
    const group = groups.get(factor);
    const now = folded.get(value)!;
    groups.set(factor, group === undefined ? now : graph.add(group, now));
  }
  let sum: Id | undefined;
  for (const [factor, group] of groups) {
    // A factor of 0 stays, for the sake of NaN and infinity.
    const number = graph.constantOf(factor);
    const isNegative = number !== undefined && number < 0;
    const product = graph.mul(group, isNegative ? graph.neg(factor) : factor);
    if (sum === undefined) sum = isNegative ? graph.neg(product) : product;
    else sum = isNegative ? graph.sub(sum, product) : graph.add(sum, product);
  }
  return sum!;
}

/** The same operation on what the operands have become. */
function rebuilt(graph: Graph, id: Id, folded: ReadonlyMap<Id, Id>): Id {
  const entry = graph.entry(id);
  if (inputsOf(entry).every((input) => folded.get(input) === input)) return id;
  const at = (input: Id) => folded.get(input)!;
  switch (entry.op) {
    case "at": {
      const { partner } = entry.halo;
      const halo = partner === undefined ? entry.halo : { ...entry.halo, partner: at(partner) };
      return graph.at(at(entry.of), entry.offset, halo);
    }
    case "reduce":
      return graph.reduce(entry.operation, at(entry.of));
    case "select":
      return graph.select(at(entry.test), at(entry.a), at(entry.b));
    case "call":
      return graph.call(entry.name, entry.args.map(at));
    case "constant":
    case "parameter":
    case "along":
    case "field":
    case "noise":
      return id;
    default:
      return "b" in entry ? graph.binary(entry.op, at(entry.a), at(entry.b)) : graph.unary(entry.op, at(entry.a));
  }
}
