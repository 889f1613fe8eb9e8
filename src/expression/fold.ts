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
  const sums = new Sums(graph, live, roots);
  const folded = new Map<Id, Id>();
  for (const id of live) {
    const terms = sums.termsOf(id);
    const isTwice = new Set(terms.map(({ value }) => value)).size < terms.length;
    folded.set(id, isTwice ? combined(graph, terms, folded) : rebuilt(graph, id, folded));
  }
  return folded;
}

/** Sums, through signs, factors and sums that nothing else uses. */
class Sums {
  readonly #graph: Graph;
  /** Sums of neighbours alone, which stay together as they are. */
  readonly #pure = new Set<Id>();
  /** Nodes that only a larger sum uses. */
  readonly #inner = new Set<Id>();

  constructor(graph: Graph, live: readonly Id[], roots: readonly Id[]) {
    this.#graph = graph;
    const uses = new Map<Id, number>();
    for (const id of [...live.flatMap((id) => inputsOf(graph.entry(id))), ...roots]) {
      uses.set(id, (uses.get(id) ?? 0) + 1);
    }
    for (const id of live) {
      const entry = graph.entry(id);
      if (entry.op === "at" || (entry.op === "add" && this.#pure.has(entry.a) && this.#pure.has(entry.b))) {
        this.#pure.add(id);
      } else if (this.#partsOf(id)) {
        for (const input of inputsOf(entry)) if (uses.get(input) === 1) this.#inner.add(input);
      }
    }
  }

  /** The terms of a sum that is part of no larger one; none of anything else. */
  termsOf(root: Id): readonly Term[] {
    const { op } = this.#graph.entry(root);
    if ((op !== "add" && op !== "sub") || this.#inner.has(root) || this.#pure.has(root)) return [];
    const terms: Term[] = [];
    // From left to right; no recursion, as sums may be long.
    const open: Term[] = [{ value: root, factor: this.#graph.constant(1) }];
    for (let term = open.pop(); term; term = open.pop()) {
      const { value, factor } = term;
      const parts = value === root || this.#inner.has(value) ? this.#partsOf(value) : undefined;
      if (!parts) terms.push(term);
      else for (const part of parts.toReversed()) open.push({ value: part.value, factor: part.scale(factor) });
    }
    return terms;
  }

  /** What a value is the sum of, and how a factor of the value becomes that of a part. */
  #partsOf(id: Id): readonly { readonly value: Id; readonly scale: (factor: Id) => Id }[] | undefined {
    const graph = this.#graph;
    const entry = graph.entry(id);
    const same = (factor: Id) => factor;
    const negative = (factor: Id) => graph.neg(factor);
    switch (entry.op) {
      case "add":
      case "sub": {
        if (this.#pure.has(id)) return undefined;
        const second = { value: entry.b, scale: entry.op === "add" ? same : negative };
        return [{ value: entry.a, scale: same }, second];
      }
      case "neg":
        return [{ value: entry.a, scale: negative }];
      case "mul": {
        const { a, b } = entry;
        if (!graph.varies(b)) return [{ value: a, scale: (factor) => graph.mul(factor, b) }];
        return graph.varies(a) ? undefined : [{ value: b, scale: (factor) => graph.mul(factor, a) }];
      }
      default:
        return undefined;
    }
  }
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
