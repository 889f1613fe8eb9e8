/**
 * Numbers of a text: real, imaginary or complex, as one node or two. A part that is left out is exactly 0 and costs
 * nothing: `i * psi` is an exchange of parts.
 */
import type { Graph, Id } from "../graph.js";

/** A number; at least one part is there. It is complex where `im` is. */
export interface Scalar {
  readonly re?: Id | undefined;
  readonly im?: Id | undefined;
}

/** One number an axis. */
export interface Vector {
  readonly components: readonly Scalar[];
}

export type Value = Scalar | Vector;

export function isVector(value: Value): value is Vector {
  return "components" in value;
}

/** Applies a function to a number, or to each component of a vector. */
export function mapComponents(value: Value, map: (component: Scalar) => Scalar): Value {
  return isVector(value) ? { components: value.components.map(map) } : map(value);
}

/** The value of a real number, or the real part of another; 0 where there is none. */
export function realOf(graph: Graph, { re }: Scalar): Id {
  return re ?? graph.constant(0);
}

export function imaginaryOf(graph: Graph, { im }: Scalar): Id {
  return im ?? graph.constant(0);
}

/** The number of these parts, of which one may be missing. */
function join(graph: Graph, re: Id | undefined, im: Id | undefined): Scalar {
  return re === undefined && im === undefined ? { re: graph.constant(0) } : { re, im };
}

/** Applies a real function to each part that is there. */
export function mapParts({ re, im }: Scalar, map: (id: Id) => Id): Scalar {
  return { re: re === undefined ? undefined : map(re), im: im === undefined ? undefined : map(im) };
}

export function negate(graph: Graph, a: Scalar): Scalar {
  return mapParts(a, (part) => graph.neg(part));
}

/** The sum of two parts, of which each may be missing. */
export function sumOf(graph: Graph, a: Id | undefined, b: Id | undefined): Id | undefined {
  return a === undefined ? b : b === undefined ? a : graph.add(a, b);
}

function differenceOf(graph: Graph, a: Id | undefined, b: Id | undefined): Id | undefined {
  return b === undefined ? a : a === undefined ? graph.neg(b) : graph.sub(a, b);
}

export function add(graph: Graph, a: Scalar, b: Scalar): Scalar {
  return join(graph, sumOf(graph, a.re, b.re), sumOf(graph, a.im, b.im));
}

export function subtract(graph: Graph, a: Scalar, b: Scalar): Scalar {
  return join(graph, differenceOf(graph, a.re, b.re), differenceOf(graph, a.im, b.im));
}

/** (ac - bd, ad + bc), without the products of parts that are not there. */
export function multiply(graph: Graph, a: Scalar, b: Scalar): Scalar {
  const product = (x: Id | undefined, y: Id | undefined) =>
    x === undefined || y === undefined ? undefined : graph.mul(x, y);
  const [ac, bd, ad, bc] = [product(a.re, b.re), product(a.im, b.im), product(a.re, b.im), product(a.im, b.re)];
  return join(graph, differenceOf(graph, ac, bd), sumOf(graph, ad, bc));
}

/** The square of the absolute value. */
export function norm(graph: Graph, { re, im }: Scalar): Id {
  const square = (part: Id) => graph.mul(part, part);
  if (re === undefined) return square(im!);
  return im === undefined ? square(re) : graph.add(square(re), square(im));
}

/** By the plain formula: ((ac + bd) / (cc + dd), (bc - ad) / (cc + dd)). */
export function divide(graph: Graph, a: Scalar, b: Scalar): Scalar {
  if (b.im === undefined) return mapParts(a, (part) => graph.div(part, b.re!));
  if (b.re === undefined) {
    // By an imaginary number: (b - ai) / d.
    const { im } = b;
    const quotient = (part: Id | undefined) => (part === undefined ? undefined : graph.div(part, im));
    const re = quotient(a.re);
    return join(graph, quotient(a.im), re === undefined ? undefined : graph.neg(re));
  }
  const numerator = multiply(graph, a, { re: b.re, im: graph.neg(b.im) });
  const denominator = norm(graph, b);
  return mapParts(numerator, (part) => graph.div(part, denominator));
}

/** A power with a whole exponent of at least 0, as a fixed chain of products. */
export function power(graph: Graph, base: Scalar, exponent: number): Scalar {
  if (base.im === undefined) return { re: graph.power(base.re!, exponent) };
  if (exponent === 0) return { re: graph.constant(1) };
  if (exponent === 1) return base;
  const half = power(graph, base, exponent >> 1);
  const square = multiply(graph, half, half);
  return exponent % 2 === 0 ? square : multiply(graph, square, base);
}

export function absolute(graph: Graph, a: Scalar): Id {
  if (a.im === undefined) return graph.unary("abs", a.re!);
  return a.re === undefined ? graph.unary("abs", a.im) : graph.unary("sqrt", norm(graph, a));
}

/** The angle from the positive real axis. */
export function argument(graph: Graph, a: Scalar): Id {
  return graph.call("atan2", [imaginaryOf(graph, a), realOf(graph, a)]);
}

/** One or the other by a real test. */
export function choose(graph: Graph, test: Id, a: Scalar, b: Scalar): Scalar {
  if (a.im === undefined && b.im === undefined) return { re: graph.select(test, a.re!, b.re!) };
  const re = graph.select(test, realOf(graph, a), realOf(graph, b));
  return { re, im: graph.select(test, imaginaryOf(graph, a), imaginaryOf(graph, b)) };
}

/** e^(re + i im). */
export function exponential(graph: Graph, a: Scalar): Scalar {
  if (a.im === undefined) return { re: graph.call("exp", [a.re!]) };
  const turn = { re: graph.call("cos", [a.im]), im: graph.call("sin", [a.im]) };
  if (a.re === undefined) return turn;
  const length = graph.call("exp", [a.re]);
  return mapParts(turn, (part) => graph.mul(length, part));
}

export function logarithm(graph: Graph, a: Scalar): Scalar {
  if (a.im === undefined) return { re: graph.call("log", [a.re!]) };
  return { re: graph.call("log", [absolute(graph, a)]), im: argument(graph, a) };
}

/** The root with the real part of at least 0: the larger part by a root, the smaller one without cancellation. */
export function root(graph: Graph, a: Scalar): Scalar {
  if (a.im === undefined) return { re: graph.unary("sqrt", a.re!) };
  const zero = graph.constant(0);
  const re = realOf(graph, a);
  const length = graph.add(absolute(graph, a), graph.unary("abs", re));
  const large = graph.unary("sqrt", graph.scale(length, 0.5));
  const quotient = graph.div(graph.unary("abs", a.im), graph.add(large, large));
  const small = graph.select(graph.binary("eq", large, zero), zero, quotient);
  const isRight = graph.binary("ge", re, zero);
  const im = graph.select(isRight, small, large);
  const isBelow = graph.binary("lt", a.im, zero);
  return { re: graph.select(isRight, large, small), im: graph.select(isBelow, graph.neg(im), im) };
}

/** `sin(x + iy) = sin x cosh y + i cos x sinh y`, and so on: the functions of either part, and the sign of the second. */
const formulas = {
  sin: { real: ["sin", "cosh"], imaginary: ["cos", "sinh"], sign: 1 },
  cos: { real: ["cos", "cosh"], imaginary: ["sin", "sinh"], sign: -1 },
  sinh: { real: ["sinh", "cos"], imaginary: ["cosh", "sin"], sign: 1 },
  cosh: { real: ["cosh", "cos"], imaginary: ["sinh", "sin"], sign: 1 },
} as const;

/** Sine, cosine and their relatives of real and complex numbers. */
export function trigonometric(graph: Graph, name: keyof typeof formulas, a: Scalar): Scalar {
  if (a.im === undefined) return { re: graph.call(name, [a.re!]) };
  const { real, imaginary, sign } = formulas[name];
  const x = realOf(graph, a);
  const y = a.im;
  const product = ([f, g]: readonly [string, string]) => graph.mul(graph.call(f, [x]), graph.call(g, [y]));
  const second = product(imaginary);
  return { re: product(real), im: sign === 1 ? second : graph.neg(second) };
}

/** A power whose exponent is any number. */
export function generalPower(graph: Graph, base: Scalar, exponent: Scalar): Scalar {
  if (base.im === undefined && exponent.im === undefined) return { re: graph.call("pow", [base.re!, exponent.re!]) };
  return exponential(graph, multiply(graph, exponent, logarithm(graph, base)));
}
