/** The operators of the language: differences of neighbours, vectors, numbers of the whole grid, and noise. */
import type { Id } from "../graph.js";
import { type Call, difference, expectSpace, namedOf, orderOf, refuseFactors } from "./call.js";
import type { Neighbourhood } from "./differences.js";
import * as differences from "./differences.js";
import type { Tree } from "./grammar.js";
import { laplacianOf } from "./laplacians.js";
import type { Reading } from "./meaning.js";
import { add, isVector, mapComponents, mapParts, multiply, type Scalar, type Value } from "./scalar.js";
import { type Axis, gridNumbers, isUniform } from "./space.js";
import { quote } from "./tokens.js";

/** What reads the call of an operator. */
type Operator = (reading: Reading, call: Call) => Value;

/** The names of derivatives: which, along which axes. */
function derivativesOf(axes: readonly Axis[]): ReadonlyMap<string, Operator> {
  const all = axes.flatMap(({ name }, axis): [string, Operator][] => [
    [`d_d${name}`, central(`d_d${name}`, (n, order) => differences.first(n, axis, order))],
    [`d_d${name}_forward`, plain(`d_d${name}_forward`, (n) => differences.oneSided(n, axis, "forward"))],
    [`d_d${name}_backward`, plain(`d_d${name}_backward`, (n) => differences.oneSided(n, axis, "backward"))],
    [`d2_d${name}2`, central(`d2_d${name}2`, (n, order) => differences.second(n, axis, order))],
  ]);
  const mixed = axes.flatMap((a, i) =>
    axes.flatMap((b, j): [string, Operator][] => {
      // The order of the two does not matter, to the conditions either.
      const [first, second] = i < j ? [a.name, b.name] : [b.name, a.name];
      const name = `d2_d${first}d${second}`;
      const pair = [Math.min(i, j), Math.max(i, j)] as const;
      return i === j ? [] : [[`d2_d${a.name}d${b.name}`, box(name, (n, order) => differences.mixed(n, pair, order))]];
    }),
  );
  return new Map([...all, ...mixed]);
}

const tables = new WeakMap<readonly Axis[], ReadonlyMap<string, Operator>>();

function tableOf(axes: readonly Axis[]): ReadonlyMap<string, Operator> {
  const known = tables.get(axes);
  if (known) return known;
  const table = new Map([...derivativesOf(axes), ...Object.entries(operators)]);
  tables.set(axes, table);
  return table;
}

/** The names of all operators on these axes. */
export function namesOfOperators(axes: readonly Axis[]): readonly string[] {
  return [...tableOf(axes).keys()];
}

/** The operator of a call; `max` and `min` are operators with one argument alone. */
export function operatorOf(name: string, count: number, axes: readonly Axis[]): Operator | undefined {
  if ((name === "max" || name === "min") && count !== 1) return undefined;
  return tableOf(axes).get(name);
}

/** An operator of one argument, a number in each cell. */
function plain(operator: string, apply: (n: Neighbourhood) => Id): Operator {
  return (reading, call) => {
    expectSpace(reading, call);
    reading.expectArgs(call, 1, 1);
    namedOf(reading, call, []);
    const [tree] = call.args;
    return difference(reading, operator, tree!, reading.scalar(tree!), apply);
  };
}

/** An operator whose differences have an order of accuracy. */
function central(operator: string, apply: (n: Neighbourhood, order: number) => Id): Operator {
  return (reading, call) => {
    expectSpace(reading, call);
    reading.expectArgs(call, 1, 1);
    const order = orderOf(reading, call, namedOf(reading, call, ["order"]).order);
    const [tree] = call.args;
    return difference(reading, operator, tree!, reading.scalar(tree!), (n) => apply(n, order));
  };
}

/** A central operator that needs uniform axes. */
function box(operator: string, apply: (n: Neighbourhood, order: number) => Id): Operator {
  const operate = central(operator, apply);
  return (reading, call) => {
    refuseFactors(reading, call, call.name);
    return operate(reading, call);
  };
}

/** An operator that is symmetric, on vectors by component where it takes them. */
const symmetric =
  (takes: "numbers" | "vectors"): Operator =>
  (reading, call) => {
    const { operand, apply } = laplacianOf(reading, call)!;
    return takes === "vectors" ? mapComponents(reading.value(operand), apply) : apply(reading.scalar(operand));
  };

const gradient: Operator = (reading, call) => {
  expectSpace(reading, call);
  reading.expectArgs(call, 1, 1);
  const order = orderOf(reading, call, namedOf(reading, call, ["order"]).order);
  const [tree] = call.args;
  const value = reading.scalar(tree!);
  const along = (axis: number) =>
    difference(reading, "gradient", tree!, value, (n) => differences.first(n, axis, order));
  return { components: reading.scope.axes.map((_, axis) => along(axis)) };
};

const gradientSquared: Operator = (reading, call) => {
  expectSpace(reading, call);
  reading.expectArgs(call, 1, 1);
  const named = namedOf(reading, call, ["order", "central"]);
  const isCentral = named.central === undefined || truthOf(reading, named.central);
  const order = isCentral ? orderOf(reading, call, named.order) : 2;
  if (!isCentral && named.order) {
    throw reading.wrong(named.order, "no order of one-sided squares", reading.quote(named.order), "Remove it.");
  }
  const [tree] = call.args;
  const value = reading.scalar(tree!);
  if (value.im !== undefined) {
    const todo = "Use dot(gradient(a), gradient(conj(a))).";
    throw reading.wrong(tree!, "a real argument of gradient_squared", reading.describe(tree!, value), todo);
  }
  return difference(reading, "gradient_squared", tree!, value, (n) =>
    isCentral ? differences.gradientSquared(n, order) : differences.gradientSquaredOneSided(n),
  );
};

function truthOf(reading: Reading, tree: Tree): boolean {
  if (tree.kind === "name" && (tree.name === "true" || tree.name === "false")) return tree.name === "true";
  throw reading.wrong(tree, "true or false", reading.quote(tree), "Use one of them.");
}

const divergence: Operator = (reading, call) => {
  expectSpace(reading, call);
  reading.expectArgs(call, 1, 1);
  const order = orderOf(reading, call, namedOf(reading, call, ["order"]).order);
  const [tree] = call.args;
  const value = vectorOf(reading, tree!, "Use div(k * grad(c)), or d_dx.");
  const terms = value.map((component, axis) =>
    difference(reading, "divergence", tree!, component, (n) => differences.outflow(n, axis, order)),
  );
  return terms.reduce((sum, term) => add(reading.graph, sum, term));
};

function vectorOf(reading: Reading, tree: Tree, todo: string): readonly Scalar[] {
  const value = reading.value(tree);
  if (isVector(value)) return value.components;
  throw reading.wrong(tree, "a vector", reading.describe(tree, value), todo);
}

const grad: Operator = (reading, call) => {
  throw reading.wrong(call, "grad inside div(k * grad(f)) alone", quote(call.name), "Use gradient.");
};

const vector: Operator = (reading, call) => {
  const { axes } = reading.scope;
  namedOf(reading, call, []);
  reading.expectArgs(call, axes.length, axes.length);
  return { components: call.args.map((tree) => reading.scalar(tree)) };
};

const dot: Operator = (reading, call) => {
  namedOf(reading, call, []);
  reading.expectArgs(call, 2, 2);
  const [v, w] = call.args.map((tree) => vectorOf(reading, tree, "Use * for numbers."));
  const products = v!.map((component, axis) => multiply(reading.graph, component, w![axis]!));
  return products.reduce((sum, product) => add(reading.graph, sum, product));
};

/** Checks that a text may have numbers of the whole grid. */
function expectGrid(reading: Reading, call: Call): void {
  if (reading.scope.use === "kernel") {
    throw reading.wrong(
      call,
      "no number of the whole grid in a kernel",
      quote(call.name),
      "Compute it before, and pass it.",
    );
  }
  namedOf(reading, call, []);
  reading.expectArgs(call, 1, 1);
}

const integral: Operator = (reading, call) => {
  expectGrid(reading, call);
  return mapParts(reading.scalar(call.args[0]!), (part) => total(reading, part));
};

/** A value in cells that count, elsewhere one that changes nothing. */
export function counted({ graph, scope }: Pick<Reading, "graph" | "scope">, value: Id, otherwise: number): Id {
  return scope.open === undefined ? value : graph.select(graph.field(scope.open), value, graph.constant(otherwise));
}

/** The sum of a value over the grid, times the volumes of cells. */
function total(reading: Reading, value: Id): Id {
  const { graph, scope } = reading;
  let uniform = 1;
  let product = value;
  for (const [axis, entry] of scope.axes.entries()) {
    if (isUniform(entry)) uniform *= entry.spacing!;
    else product = graph.mul(product, graph.along(`${entry.name}.volume`, axis));
  }
  return graph.scale(graph.reduce("sum", counted(reading, product, 0)), uniform);
}

const average: Operator = (reading, call) => {
  expectGrid(reading, call);
  const { graph, scope } = reading;
  const value = reading.scalar(call.args[0]!);
  if (scope.axes.every(isUniform)) {
    const count = graph.parameter(gridNumbers.cells);
    return mapParts(value, (part) => graph.div(graph.reduce("sum", counted(reading, part, 0)), count));
  }
  const volume = graph.parameter(gridNumbers.volume);
  return mapParts(value, (part) => graph.div(total(reading, part), volume));
};

const extreme =
  (operation: "min" | "max"): Operator =>
  (reading, call) => {
    expectGrid(reading, call);
    const value = reading.real(call.args[0]!, `a real argument of ${operation}`);
    const otherwise = operation === "min" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    return { re: reading.graph.reduce(operation, counted(reading, value, otherwise)) };
  };

const noise: Operator = (reading, call) => {
  if (reading.scope.use !== "equation") {
    throw reading.wrong(call, "no noise in a text of one cell", quote(call.name), "Use it in an equation.");
  }
  reading.expectArgs(call, 0, 0);
  const { seed } = namedOf(reading, call, ["seed"]);
  const number = seed ? reading.known(seed) : 0;
  if (number === undefined || !Number.isSafeInteger(number) || number < 0) {
    throw reading.wrong(seed!, "a whole number as seed", reading.quote(seed!), "Write noise(seed = 1).");
  }
  return { re: reading.graph.noise(reading.owner, number, reading.noises++) };
};

const operators: Readonly<Record<string, Operator>> = {
  laplace: symmetric("vectors"),
  laplace9: symmetric("vectors"),
  gradient,
  gradient_squared: gradientSquared,
  divergence,
  div: symmetric("numbers"),
  grad,
  vector,
  dot,
  integral,
  average,
  min: extreme("min"),
  max: extreme("max"),
  noise,
};
