/** Derivatives of values by fields, in symbols: of a value in its own cell, and of a whole right side by neighbours. */
import type { Entry, Graph, Id } from "./graph.js";
import { inputsOf, liveOf } from "./graph.js";

/** How a value depends on a field in a cell at an offset: the derivative, in the cell of the value. */
export interface Slope {
  readonly field: string;
  readonly offset: readonly number[];
  readonly node: Id;
}

/**
 * How a value depends on fields in its own cell and around, with the derivatives of nested operators frozen at the cell
 * of the value: the symbol of the linearised operator is their sum, each times a wave's value at the offset. Numbers of
 * the whole grid count as constants.
 */
export function linearise(graph: Graph, root: Id, axes: number, fields: readonly string[]): readonly Slope[] {
  const slopes = new Map<Id, ReadonlyMap<number, Slope>>();
  const origin = new Array<number>(axes).fill(0);
  const live = liveOf(graph, [root]);
  const unused = unusedBehind(graph, live);
  for (const id of live) {
    const entry = graph.entry(id);
    if (entry.op === "field") {
      const place = fields.indexOf(entry.name);
      if (place < 0) continue;
      const slope = { field: entry.name, offset: origin, node: graph.constant(1) };
      slopes.set(id, new Map([[place, slope]]));
    } else if (entry.op === "at") {
      const move = entry.offset.reduce((sum, step, axis) => sum + step * fields.length * farthest ** axis, 0);
      const moved = new Map<number, Slope>();
      for (const [key, slope] of slopes.get(entry.of) ?? []) {
        moved.set(key + move, { ...slope, offset: slope.offset.map((step, axis) => step + entry.offset[axis]!) });
      }
      slopes.set(id, moved);
    } else if (entry.op !== "reduce") {
      // Nested operators reach thousands of cells: no lists beside the maps.
      const found = new Map<number, Slope>();
      for (const input of inputsOf(entry)) {
        for (const [key, slope] of slopes.get(input) ?? []) {
          if (found.has(key)) continue;
          const node = differential(graph, id, entry, (operand) => slopes.get(operand)?.get(key)?.node);
          if (node !== undefined) found.set(key, { field: slope.field, offset: slope.offset, node });
        }
      }
      slopes.set(id, found);
    }
    for (const done of unused.get(id) ?? []) slopes.delete(done);
  }
  return [...(slopes.get(root)?.values() ?? [])];
}

/** More than twice as far as offsets go: numbers stand for fields and offsets, and move with these. */
const farthest = 4096;

/** The nodes that nothing needs behind a node, by this. */
function unusedBehind(graph: Graph, live: readonly Id[]): ReadonlyMap<Id, readonly Id[]> {
  const last = new Map<Id, Id>();
  for (const id of live) for (const input of inputsOf(graph.entry(id))) last.set(input, id);
  const unused = new Map<Id, Id[]>();
  for (const [input, id] of last) {
    const list = unused.get(id);
    if (list) list.push(input);
    else unused.set(id, [input]);
  }
  return unused;
}

/** The derivative of a value by a field in the same cell: 0 where it does not depend on it. */
export function derive(graph: Graph, root: Id, axes: number, field: string): Id {
  const atCell = linearise(graph, root, axes, [field]).find(({ offset }) => offset.every((step) => step === 0));
  return atCell?.node ?? graph.constant(0);
}

/** Derivatives of functions of one number `a`, of which the function's value is `f`. */
const derivatives: Readonly<Record<string, (graph: Graph, a: Id, f: Id) => Id>> = {
  sin: (g, a) => g.call("cos", [a]),
  cos: (g, a) => g.neg(g.call("sin", [a])),
  tan: (g, _, f) => g.add(g.constant(1), g.mul(f, f)),
  asin: (g, a) => g.div(g.constant(1), g.unary("sqrt", g.sub(g.constant(1), g.mul(a, a)))),
  acos: (g, a) => g.div(g.constant(-1), g.unary("sqrt", g.sub(g.constant(1), g.mul(a, a)))),
  atan: (g, a) => g.div(g.constant(1), g.add(g.constant(1), g.mul(a, a))),
  sinh: (g, a) => g.call("cosh", [a]),
  cosh: (g, a) => g.call("sinh", [a]),
  tanh: (g, _, f) => g.sub(g.constant(1), g.mul(f, f)),
  exp: (_, __, f) => f,
  log: (g, a) => g.div(g.constant(1), a),
  cbrt: (g, _, f) => g.div(g.constant(1), g.scale(g.mul(f, f), 3)),
  erf: (g, a) => g.scale(g.call("exp", [g.neg(g.mul(a, a))]), 2 / Math.sqrt(Math.PI)),
};

/** The derivative of a node by those of its operands; `undefined` stands for 0. */
function differential(graph: Graph, id: Id, entry: Entry, of: (input: Id) => Id | undefined): Id | undefined {
  const g = graph;
  const times = (factor: Id, slope: Id | undefined) => (slope === undefined ? undefined : g.mul(slope, factor));
  const sum = (a: Id | undefined, b: Id | undefined) => (a === undefined ? b : b === undefined ? a : g.add(a, b));
  const minus = (a: Id | undefined) => (a === undefined ? undefined : g.neg(a));
  const choose = (test: Id, a: Id | undefined, b: Id | undefined) => {
    if (a === undefined && b === undefined) return undefined;
    return g.select(test, a ?? g.constant(0), b ?? g.constant(0));
  };
  switch (entry.op) {
    case "neg":
      return minus(of(entry.a));
    case "abs":
      return choose(g.binary("lt", entry.a, g.constant(0)), minus(of(entry.a)), of(entry.a));
    case "sqrt":
      return times(g.div(g.constant(0.5), id), of(entry.a));
    case "add":
      return sum(of(entry.a), of(entry.b));
    case "sub":
      return sum(of(entry.a), minus(of(entry.b)));
    case "mul":
      return sum(times(entry.b, of(entry.a)), times(entry.a, of(entry.b)));
    case "div": {
      const [above, below] = [of(entry.a), times(id, of(entry.b))];
      const top = sum(above, minus(below));
      return top === undefined ? undefined : g.div(top, entry.b);
    }
    case "min":
      return choose(g.binary("le", entry.a, entry.b), of(entry.a), of(entry.b));
    case "max":
      return choose(g.binary("ge", entry.a, entry.b), of(entry.a), of(entry.b));
    case "select":
      return choose(entry.test, of(entry.a), of(entry.b));
    case "call":
      return ofCall(graph, id, entry.name, entry.args, of, times, sum);
    default:
      // Steps have slope 0 between their jumps, and nothing else has operands.
      return undefined;
  }
}

function ofCall(
  g: Graph,
  id: Id,
  name: string,
  [a, b]: readonly Id[],
  of: (input: Id) => Id | undefined,
  times: (factor: Id, slope: Id | undefined) => Id | undefined,
  sum: (a: Id | undefined, b: Id | undefined) => Id | undefined,
): Id | undefined {
  const left = of(a!);
  if (b === undefined) return left === undefined ? undefined : times(derivatives[name]!(g, a!, id), left);
  const right = of(b);
  const scaled = (slope: Id | undefined, factor: () => Id) =>
    slope === undefined ? undefined : times(factor(), slope);
  switch (name) {
    case "pow": {
      const below = () => g.mul(b, g.call("pow", [a!, g.sub(b, g.constant(1))]));
      return sum(
        scaled(left, below),
        scaled(right, () => g.mul(g.call("log", [a!]), id)),
      );
    }
    case "atan2": {
      const size = () => g.add(g.mul(a!, a!), g.mul(b, b));
      return sum(
        scaled(left, () => g.div(b, size())),
        scaled(right, () => g.neg(g.div(a!, size()))),
      );
    }
    case "hypot":
      return sum(
        scaled(left, () => g.div(a!, id)),
        scaled(right, () => g.div(b, id)),
      );
    default:
      // `mod`: as far as b goes into a.
      return sum(
        left,
        scaled(right, () => g.neg(g.unary("floor", g.div(a!, b)))),
      );
  }
}
