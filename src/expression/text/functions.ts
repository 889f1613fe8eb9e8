/** The functions of the language that work cell by cell, on numbers. */
import type { Graph, Id } from "../graph.js";
import {
  absolute,
  argument,
  choose,
  divide,
  exponential,
  imaginaryOf,
  logarithm,
  realOf,
  root,
  type Scalar,
  trigonometric,
} from "./scalar.js";

export interface Pointwise {
  /** The least and the largest number of arguments. */
  readonly args: readonly [number, number];
  /** Takes complex numbers. */
  readonly complex?: true;
  /** Takes whole numbers, and gives them. */
  readonly whole?: true;
  readonly apply: (graph: Graph, args: readonly Scalar[]) => Scalar;
}

/** A function of one real number. */
const real = (apply: (graph: Graph, a: Id) => Id, traits: { whole?: true } = {}): Pointwise => ({
  args: [1, 1],
  ...traits,
  apply: (graph, [a]) => ({ re: apply(graph, a!.re!) }),
});

/** A function of the core module. */
const called = (name: string, count = 1): Pointwise => ({
  args: [count, count],
  apply: (graph, args) => ({
    re: graph.call(
      name,
      args.map(({ re }) => re!),
    ),
  }),
});

/** A function of one complex number. */
const complex = (apply: (graph: Graph, a: Scalar) => Scalar, traits: { whole?: true } = {}): Pointwise => ({
  args: [1, 1],
  complex: true,
  ...traits,
  apply: (graph, [a]) => apply(graph, a!),
});

/** The same operation on two and more numbers, from left to right. */
const folded = (
  most: number,
  combine: (graph: Graph, a: Id, b: Id) => Id,
  traits: { whole?: true } = {},
): Pointwise => ({
  args: [2, most],
  ...traits,
  apply: (graph, args) => ({ re: args.map(({ re }) => re!).reduce((a, b) => combine(graph, a, b)) }),
});

/** `heaviside`, `sign`: by three tests, so that NaN stays NaN. */
function bySign(graph: Graph, a: Id, [below, at, above]: readonly [number, number, number]): Id {
  const zero = graph.constant(0);
  const rest = graph.select(graph.binary("eq", a, zero), graph.constant(at), a);
  const notAbove = graph.select(graph.binary("lt", a, zero), graph.constant(below), rest);
  return graph.select(graph.binary("gt", a, zero), graph.constant(above), notAbove);
}

export const pointwise: Readonly<Record<string, Pointwise>> = {
  sin: complex((graph, a) => trigonometric(graph, "sin", a)),
  cos: complex((graph, a) => trigonometric(graph, "cos", a)),
  tan: complex((graph, a) =>
    a.im === undefined
      ? { re: graph.call("tan", [a.re!]) }
      : divide(graph, trigonometric(graph, "sin", a), trigonometric(graph, "cos", a)),
  ),
  asin: called("asin"),
  acos: called("acos"),
  atan: called("atan"),
  atan2: called("atan2", 2),
  sinh: complex((graph, a) => trigonometric(graph, "sinh", a)),
  cosh: complex((graph, a) => trigonometric(graph, "cosh", a)),
  tanh: complex((graph, a) =>
    a.im === undefined
      ? { re: graph.call("tanh", [a.re!]) }
      : divide(graph, trigonometric(graph, "sinh", a), trigonometric(graph, "cosh", a)),
  ),
  exp: complex(exponential),
  log: complex(logarithm),
  sqrt: complex(root),
  cbrt: called("cbrt"),
  erf: called("erf"),
  abs: complex((graph, a) => ({ re: absolute(graph, a) }), { whole: true }),
  floor: real((graph, a) => graph.unary("floor", a)),
  sign: real((graph, a) => bySign(graph, a, [-1, 0, 1]), { whole: true }),
  heaviside: real((graph, a) => bySign(graph, a, [0, 0.5, 1])),
  hypot: folded(3, (graph, a, b) => graph.call("hypot", [a, b])),
  mod: called("mod", 2),
  min: folded(Number.POSITIVE_INFINITY, (graph, a, b) => graph.binary("min", a, b), { whole: true }),
  max: folded(Number.POSITIVE_INFINITY, (graph, a, b) => graph.binary("max", a, b), { whole: true }),
  where: {
    args: [3, 3],
    complex: true,
    whole: true,
    apply: (graph, [test, a, b]) => choose(graph, test!.re!, a!, b!),
  },
};

/** The functions that there are only in texts with complex numbers. */
export const ofComplex: Readonly<Record<string, Pointwise>> = {
  re: complex((graph, a) => ({ re: realOf(graph, a) })),
  im: complex((graph, a) => ({ re: imaginaryOf(graph, a) })),
  conj: complex((graph, { re, im }) => ({ re, im: im === undefined ? undefined : graph.neg(im) })),
  arg: complex((graph, a) => ({ re: argument(graph, a) })),
};
