/** Evaluates a tree by itself, in complex numbers, without the graph: an oracle for what texts mean cell by cell. */
import { parseExpression, type Tree } from "../../src/expression/text/grammar.js";

export interface Complex {
  readonly re: number;
  readonly im: number;
}

const real = (re: number): Complex => ({ re, im: 0 });
const times = (a: Complex, b: Complex): Complex => ({ re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re });
const over = (a: Complex, b: Complex): Complex => {
  const size = b.re * b.re + b.im * b.im;
  const product = times(a, { re: b.re, im: -b.im });
  return { re: product.re / size, im: product.im / size };
};
const exp = ({ re, im }: Complex): Complex => ({ re: Math.exp(re) * Math.cos(im), im: Math.exp(re) * Math.sin(im) });
const log = ({ re, im }: Complex): Complex => ({ re: Math.log(Math.hypot(re, im)), im: Math.atan2(im, re) });

function power(base: Complex, exponent: Complex): Complex {
  if (base.im === 0 && exponent.im === 0) return real(base.re ** exponent.re);
  if (exponent.im === 0 && Number.isInteger(exponent.re)) {
    let product = real(1);
    for (let n = Math.abs(exponent.re); n > 0; n--) product = times(product, base);
    return exponent.re < 0 ? over(real(1), product) : product;
  }
  return exp(times(exponent, log(base)));
}

const half = (a: Complex, b: Complex, sign: number): Complex => ({
  re: (a.re + sign * b.re) / 2,
  im: (a.im + sign * b.im) / 2,
});
const turned = ({ re, im }: Complex): Complex => ({ re: -im, im: re });

/** The functions of the language; those that need a real number look at the real part alone. */
const functions: Readonly<Record<string, (...args: Complex[]) => Complex>> = {
  sin: (a) =>
    a!.im === 0
      ? real(Math.sin(a!.re))
      : over(half(exp(turned(a!)), exp(times(real(-1), turned(a!))), -1), { re: 0, im: 1 }),
  cos: (a) => (a!.im === 0 ? real(Math.cos(a!.re)) : half(exp(turned(a!)), exp(times(real(-1), turned(a!))), 1)),
  tan: (a) => (a!.im === 0 ? real(Math.tan(a!.re)) : over(functions.sin!(a!), functions.cos!(a!))),
  sinh: (a) => (a!.im === 0 ? real(Math.sinh(a!.re)) : half(exp(a!), exp(times(real(-1), a!)), -1)),
  cosh: (a) => (a!.im === 0 ? real(Math.cosh(a!.re)) : half(exp(a!), exp(times(real(-1), a!)), 1)),
  tanh: (a) => (a!.im === 0 ? real(Math.tanh(a!.re)) : over(functions.sinh!(a!), functions.cosh!(a!))),
  exp: (a) => exp(a!),
  log: (a) => (a!.im === 0 ? real(Math.log(a!.re)) : log(a!)),
  sqrt: (a) => (a!.im === 0 ? real(Math.sqrt(a!.re)) : exp(times(real(0.5), log(a!)))),
  abs: (a) => real(Math.hypot(a!.re, a!.im)),
  re: (a) => real(a!.re),
  im: (a) => real(a!.im),
  conj: (a) => ({ re: a!.re, im: -a!.im }),
  arg: (a) => real(Math.atan2(a!.im, a!.re)),
  asin: (a) => real(Math.asin(a!.re)),
  acos: (a) => real(Math.acos(a!.re)),
  atan: (a) => real(Math.atan(a!.re)),
  atan2: (a, b) => real(Math.atan2(a!.re, b!.re)),
  cbrt: (a) => real(Math.cbrt(a!.re)),
  floor: (a) => real(Math.floor(a!.re)),
  sign: (a) => real(Math.sign(a!.re)),
  heaviside: (a) => real(Number.isNaN(a!.re) ? a!.re : (Math.sign(a!.re) + 1) / 2),
  hypot: (...args) => real(Math.hypot(...args.map(({ re }) => re))),
  mod: (a, b) => real(a!.re - b!.re * Math.floor(a!.re / b!.re)),
  min: (...args) => real(Math.min(...args.map(({ re }) => re))),
  max: (...args) => real(Math.max(...args.map(({ re }) => re))),
  where: (test, a, b) => (test!.re !== 0 ? a! : b!),
};

const comparisons = {
  "<": (a: number, b: number) => a < b,
  "<=": (a: number, b: number) => a <= b,
  ">": (a: number, b: number) => a > b,
  ">=": (a: number, b: number) => a >= b,
  "==": (a: number, b: number) => a === b,
  "!=": (a: number, b: number) => a !== b,
};

export type Names = Readonly<Record<string, number | Complex>>;

export function evaluateTree(tree: Tree, names: Names): Complex {
  const value = (node: Tree) => evaluateTree(node, names);
  switch (tree.kind) {
    case "number":
      return real(tree.value);
    case "name": {
      if (tree.name === "pi") return real(Math.PI);
      const found = names[tree.name] ?? (tree.name === "i" ? { re: 0, im: 1 } : undefined);
      if (found === undefined) throw new Error(`no value of ${tree.name}`);
      return typeof found === "number" ? real(found) : found;
    }
    case "negate":
      return times(real(-1), value(tree.operand));
    case "chain":
      return tree.links.reduce((left, { operator, operand }) => {
        const right = value(operand);
        if (operator === "*") return times(left, right);
        if (operator === "/") return over(left, right);
        const sign = operator === "+" ? 1 : -1;
        return { re: left.re + sign * right.re, im: left.im + sign * right.im };
      }, value(tree.first));
    case "power":
      return power(value(tree.base), value(tree.exponent));
    case "compare":
      return real(comparisons[tree.operator](value(tree.left).re, value(tree.right).re) ? 1 : 0);
    case "call": {
      const apply = functions[tree.name];
      if (!apply) throw new Error(`no function ${tree.name}`);
      return apply(...tree.args.map(value));
    }
    default:
      throw new Error(`no value of ${tree.kind}`);
  }
}

export function evaluateText(text: string | number, names: Names): Complex {
  if (typeof text === "number") return real(text);
  return evaluateTree(parseExpression({ where: "test", text }), names);
}
