/** The operators of the language: differences of neighbours, vectors, numbers of the whole grid, and noise. */
import { nearest } from "../../argument.js";
import type { Id } from "../graph.js";
import type { Neighbourhood } from "./differences.js";
import * as differences from "./differences.js";
import type { Tree } from "./grammar.js";
import type { Reading } from "./meaning.js";
import {
  add,
  imaginaryOf,
  isVector,
  mapComponents,
  mapParts,
  multiply,
  realOf,
  type Scalar,
  type Value,
} from "./scalar.js";
import { type Axis, gridNumbers, noFlux } from "./space.js";
import { quote } from "./tokens.js";

type Call = Tree & { readonly kind: "call" };

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

/** Checks that a text may have operators on neighbours. */
function expectSpace(reading: Reading, call: Call): void {
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
function namedOf(reading: Reading, { name, named }: Call, known: readonly string[]): Readonly<Record<string, Tree>> {
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
function orderOf(reading: Reading, call: Call, tree: Tree | undefined): number {
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
function refuseFactors(reading: Reading, span: { readonly from: number }, what: string): void {
  const { axes, mask } = reading.scope;
  const axis = axes.find(({ spacing, metric }) => spacing === undefined || metric);
  if (axis) throw reading.wrong(span, `uniform axes for ${what}`, `axis ${axis.name}`, "Use order 2 and laplace.");
  if (mask) throw reading.wrong(span, `frozen cells for ${what}`, "a mask with faces", "Use order 2 and laplace.");
}

/** Applies differences to the parts of a value, each with a halo of its own. */
function difference(
  reading: Reading,
  operator: string,
  tree: Tree,
  value: Scalar,
  apply: (n: Neighbourhood) => Id,
): Scalar {
  const { graph, scope } = reading;
  const around = (own: Id, parts: Parameters<Reading["neighbour"]>[3] = {}) =>
    apply({ graph, axes: scope.axes, own, at: reading.neighbour(operator, own, tree, parts) });
  if (value.im === undefined) return { re: around(value.re!) };
  // A condition may be complex where one part of the value is 0.
  const [re, im] = [realOf(graph, value), imaginaryOf(graph, value)];
  return { re: around(re, { part: "re", partner: im }), im: around(im, { part: "im", partner: re }) };
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

const laplace: Operator = (reading, call) => {
  expectSpace(reading, call);
  reading.expectArgs(call, 1, 1);
  const named = namedOf(reading, call, ["order", "corner_weight"]);
  const order = orderOf(reading, call, named.order);
  const [tree] = call.args;
  const apply = named.corner_weight
    ? ninePoint(reading, call, named.corner_weight, order)
    : (n: Neighbourhood) => differences.laplace(n, order);
  return mapComponents(reading.value(tree!), (value) => difference(reading, "laplace", tree!, value, apply));
};

function ninePoint(reading: Reading, call: Call, tree: Tree | undefined, order: number): (n: Neighbourhood) => Id {
  const { axes } = reading.scope;
  if (axes.length !== 2) {
    throw reading.wrong(call, "two axes for 9 points", String(axes.length), "Use laplace without corners.");
  }
  refuseFactors(reading, call, "9 points");
  if (order > 2)
    throw reading.wrong(call, "order 2 for 9 points", String(order), "Leave the corners or the order out.");
  const weight = tree ? reading.known(tree) : 1 / 3;
  if (weight === undefined || !(Math.abs(weight) <= 1)) {
    throw reading.wrong(
      tree!,
      "a weight of corners from -1 to 1",
      reading.quote(tree!),
      "Write a number, such as 1/3.",
    );
  }
  return (n) => differences.laplace9(n, weight);
}

const laplace9: Operator = (reading, call) => {
  expectSpace(reading, call);
  reading.expectArgs(call, 1, 1);
  const apply = ninePoint(reading, call, namedOf(reading, call, ["corner_weight"]).corner_weight, 2);
  const [tree] = call.args;
  return mapComponents(reading.value(tree!), (value) => difference(reading, "laplace9", tree!, value, apply));
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

/** The factors of a product or quotient without `grad(f)`, and that f; `undefined` where it is no such product. */
function fluxOf(
  tree: Tree,
): { readonly f: Tree; readonly factors: readonly (readonly ["*" | "/", Tree])[]; sign: 1 | -1 } | undefined {
  if (tree.kind === "call" && tree.name === "grad" && tree.args.length === 1 && tree.named.length === 0) {
    return { f: tree.args[0]!, factors: [], sign: 1 };
  }
  if (tree.kind === "negate") {
    const flux = fluxOf(tree.operand);
    return flux && { ...flux, sign: flux.sign === 1 ? -1 : 1 };
  }
  if (tree.kind !== "chain" || tree.links.some(({ operator }) => operator === "+" || operator === "-"))
    return undefined;
  const links = [{ operator: "*" as const, operand: tree.first }, ...tree.links];
  const place = links.findIndex(({ operator, operand }) => operator === "*" && fluxOf(operand));
  if (place < 0) return undefined;
  const inner = fluxOf(links[place]!.operand)!;
  const rest = links.filter((_, i) => i !== place);
  return {
    ...inner,
    factors: [...inner.factors, ...rest.map(({ operator, operand }) => [operator as "*" | "/", operand] as const)],
  };
}

/** `div(k * grad(f))`. */
const div: Operator = (reading, call) => {
  expectSpace(reading, call);
  reading.expectArgs(call, 1, 1);
  namedOf(reading, call, []);
  const [tree] = call.args;
  const flux = fluxOf(tree!);
  if (!flux) {
    throw reading.wrong(tree!, "k * grad(f) in div", reading.quote(tree!), "Use divergence and gradient otherwise.");
  }
  const { graph, scope } = reading;
  const value = reading.scalar(flux.f);
  const coefficient = coefficientOf(reading, flux.factors);
  const signed = (result: Scalar) => (flux.sign === 1 ? result : mapParts(result, (part) => graph.neg(part)));
  const k = coefficient.re!;
  // One number for all faces.
  if (!graph.varies(k)) {
    const result = difference(reading, "div", flux.f, value, (n) => differences.laplace(n, 2));
    return signed(multiply(graph, { re: k }, result));
  }
  // In a kernel each field has one halo.
  const at =
    scope.use === "kernel" ? reading.neighbour("div", k, tree!) : reading.neighbourBy({ condition: noFlux }, k);
  const faces = { graph, axes: scope.axes, own: k, at };
  return signed(difference(reading, "div", flux.f, value, (n) => differences.diffusion(faces, n)));
};

/** The product of the factors of a flux, a real number in each cell. */
function coefficientOf(reading: Reading, factors: readonly (readonly ["*" | "/", Tree])[]): Scalar {
  const { graph } = reading;
  let k = graph.constant(1);
  for (const [operator, tree] of factors) {
    const factor = reading.real(tree, "a real coefficient of a flux");
    k = operator === "*" ? graph.mul(k, factor) : graph.div(k, factor);
  }
  return { re: k };
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

/** The sum of a value over the grid, times the volumes of cells. */
const integral: Operator = (reading, call) => {
  expectGrid(reading, call);
  const { graph, scope } = reading;
  const uniform = scope.axes.reduce((product, { spacing, metric }) => (metric ? product : product * (spacing ?? 1)), 1);
  return mapParts(reading.scalar(call.args[0]!), (part) =>
    graph.scale(graph.reduce("sum", timesVolume(reading, part)), uniform),
  );
};

/** A value times the volumes of cells along the axes that are not uniform. */
function timesVolume({ graph, scope }: Reading, value: Id): Id {
  return scope.axes.reduce((product, { name, spacing, metric }, axis) => {
    const varies = metric || spacing === undefined;
    return varies ? graph.mul(product, graph.along(`${name}.volume`, axis)) : product;
  }, value);
}

const average: Operator = (reading, call) => {
  expectGrid(reading, call);
  const { graph, scope } = reading;
  const isUniform = scope.axes.every(({ spacing, metric }) => spacing !== undefined && !metric);
  const value = reading.scalar(call.args[0]!);
  if (isUniform) {
    const count = graph.parameter(gridNumbers.cells);
    return mapParts(value, (part) => graph.div(graph.reduce("sum", part), count));
  }
  const uniform = scope.axes.reduce((product, { spacing, metric }) => (metric ? product : product * (spacing ?? 1)), 1);
  const volume = graph.parameter(gridNumbers.volume);
  return mapParts(value, (part) =>
    graph.div(graph.scale(graph.reduce("sum", timesVolume(reading, part)), uniform), volume),
  );
};

const extreme =
  (operation: "min" | "max"): Operator =>
  (reading, call) => {
    expectGrid(reading, call);
    return { re: reading.graph.reduce(operation, reading.real(call.args[0]!, `a real argument of ${operation}`)) };
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
  laplace,
  laplace9,
  gradient,
  gradient_squared: gradientSquared,
  divergence,
  div,
  grad,
  vector,
  dot,
  integral,
  average,
  min: extreme("min"),
  max: extreme("max"),
  noise,
};
