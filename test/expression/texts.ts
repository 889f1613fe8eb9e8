/**
 * Random texts of the language, and what they mean on a periodic plane: tree by tree, cell by cell, in the order of
 * operations that the language promises.
 */
import { parseExpression, type Tree } from "../../src/expression/text/grammar.js";
import { centralWeights } from "../../src/expression/text/weights.js";
import { functions } from "./world.js";

export type Random = () => number;

export const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)]!;

const names = ["c", "u", "D", "x", "y", "t", "pi"];
const numbers = ["0", "1", "2", "0.5", "3", "1e-3", "7.25", "1.", ".1"];
const unaries = ["sin", "cos", "exp", "sqrt", "abs", "floor", "sign", "heaviside", "tanh", "log", "cbrt", "atan"];
const binaries = ["max", "min", "hypot", "atan2", "mod"];
const operators = ["laplace", "d_dx", "d_dy", "d2_dx2", "d_dx_forward", "d_dy_backward", "gradient_squared"];

/** A text that is right; `deep` bounds how much is nested in it, `spatial` how many operators follow on each other. */
export function randomText(random: Random, deep = 4, spatial = 2): string {
  const inner = (less = 1) => randomText(random, deep - less, spatial);
  const leaf = deep <= 0 || random() < 0.15;
  if (leaf) return random() < 0.7 ? pick(random, names) : pick(random, numbers);
  const kind = random();
  if (kind < 0.4) {
    const links = Array.from(
      { length: 1 + Math.floor(random() * 3) },
      () => ` ${pick(random, ["+", "-", "*", "/"])} ${inner()}`,
    );
    return `${inner()}${links.join("")}`;
  }
  if (kind < 0.5) return `(${inner()})`;
  if (kind < 0.56) return `-${inner()}`;
  if (kind < 0.64)
    return `${pick(random, ["c", "u", `(${inner()})`])}^${pick(random, ["2", "3", "5", "16", "-2", "0", "D", "0.5"])}`;
  if (kind < 0.7) return `(${inner()} ${pick(random, ["<", "<=", ">", ">=", "==", "!="])} ${inner()})`;
  if (kind < 0.8) return `${pick(random, unaries)}(${inner()})`;
  if (kind < 0.86) return `${pick(random, binaries)}(${inner()}, ${inner()})`;
  if (kind < 0.9) return `where(${inner()}, ${inner()}, ${inner()})`;
  if (spatial <= 0) return pick(random, names);
  const operand = randomText(random, deep - 1, spatial - 1);
  if (kind < 0.92) return `${pick(random, ["integral", "max", "min", "average"])}(${operand})`;
  if (kind < 0.94) return `div(${pick(random, ["u", "2", "D", "(c + 1)"])} * grad(${operand}))`;
  if (kind < 0.96) return `laplace(${operand}, order = ${pick(random, ["2", "4"])})`;
  return `${pick(random, operators)}(${operand})`;
}

/** Some changes of single characters or words of a text. */
export function mutate(random: Random, text: string): string {
  let changed = text;
  for (let n = 1 + Math.floor(random() * 3); n > 0; n--) {
    const at = Math.floor(random() * (changed.length + 1));
    const kind = random();
    const word = pick(random, [
      "(",
      ")",
      "+",
      "-",
      "*",
      "^",
      "**",
      "c",
      "2",
      ",",
      "[0]",
      ".x",
      "laplace",
      "=",
      "<",
      "∇²",
      " ",
      "\n",
      "é",
      "²",
      "noise()",
      "i",
    ]);
    if (kind < 0.35) changed = changed.slice(0, at) + word + changed.slice(at);
    else if (kind < 0.7) changed = changed.slice(0, at) + changed.slice(at + 1 + Math.floor(random() * 3));
    else if (kind < 0.85) changed = changed.slice(0, at) + word + changed.slice(at + 1);
    else {
      const from = Math.floor(random() * (changed.length + 1));
      changed = changed.slice(0, at) + changed.slice(from, from + 5) + changed.slice(at);
    }
  }
  return changed;
}

/** Words in any order. */
export function randomWords(random: Random): string {
  const words = [
    ...names,
    ...numbers,
    ...unaries,
    "(",
    ")",
    "(",
    ")",
    "+",
    "-",
    "*",
    "/",
    "^",
    "<",
    "==",
    ",",
    "[",
    "]",
    ".",
    "=",
    ";",
    "\n",
  ];
  return Array.from({ length: Math.floor(random() * 12) }, () => pick(random, words)).join(random() < 0.5 ? " " : "");
}

/** A plane of cells, periodic along both axes, of one spacing. */
export interface Plane {
  readonly shape: readonly [number, number];
  readonly spacing: number;
  /** Values of names in all cells, row by row; or one number. */
  readonly values: Readonly<Record<string, readonly number[] | number>>;
}

/** The value of a text in all cells. @throws for what is no text of numbers on a plane */
export function valuesOf(text: string, plane: Plane): number[] {
  const tree = parseExpression({ where: "test", text });
  const cells = plane.shape[0] * plane.shape[1];
  const evaluator = new Evaluator(plane);
  return Array.from({ length: cells }, (_, cell) => evaluator.value(tree, cell));
}

const comparisons = {
  "<": (a: number, b: number) => a < b,
  "<=": (a: number, b: number) => a <= b,
  ">": (a: number, b: number) => a > b,
  ">=": (a: number, b: number) => a >= b,
  "==": (a: number, b: number) => a === b,
  "!=": (a: number, b: number) => a !== b,
};

const step = (below: number, at: number, above: number) => (a: number) => {
  if (Number.isNaN(a)) return a;
  return a > 0 ? above : a < 0 ? below : at;
};

const pointwise: Readonly<Record<string, (...args: number[]) => number>> = {
  ...functions,
  sqrt: Math.sqrt,
  abs: Math.abs,
  floor: Math.floor,
  sign: step(-1, 0, 1),
  heaviside: step(0, 0.5, 1),
  min: Math.min,
  max: Math.max,
  where: (test, a, b) => (test !== 0 ? a! : b!),
};

/** The fixed chain of products of a power. */
function power(base: number, exponent: number): number {
  if (exponent === 0) return 1;
  if (exponent === 1) return base;
  const half = power(base, exponent >> 1);
  return exponent % 2 === 0 ? half * half : half * half * base;
}

class Evaluator {
  readonly #plane: Plane;
  readonly #known = new Map<Tree, Map<number, number>>();

  constructor(plane: Plane) {
    this.#plane = plane;
  }

  value(tree: Tree, cell: number): number {
    const cells = this.#known.get(tree) ?? new Map<number, number>();
    const value = cells.get(cell) ?? this.#compute(tree, cell);
    this.#known.set(tree, cells.set(cell, value));
    return value;
  }

  #compute(tree: Tree, cell: number): number {
    switch (tree.kind) {
      case "number":
        return tree.value;
      case "name": {
        if (tree.name === "pi") return Math.PI;
        const values = this.#plane.values[tree.name];
        if (values === undefined) throw new Error(`no values of ${tree.name}`);
        return typeof values === "number" ? values : values[cell]!;
      }
      case "negate":
        return -this.value(tree.operand, cell);
      case "chain":
        return tree.links.reduce(
          (left, { operator, operand }) => {
            const right = this.value(operand, cell);
            if (operator === "+") return left + right;
            if (operator === "-") return left - right;
            return operator === "*" ? left * right : left / right;
          },
          this.value(tree.first, cell),
        );
      case "power": {
        const [base, exponent] = [this.value(tree.base, cell), this.value(tree.exponent, cell)];
        const isChain = isKnown(tree.exponent) && Number.isInteger(exponent) && Math.abs(exponent) <= 16;
        if (!isChain) return functions.pow!(base, exponent);
        return exponent < 0 ? 1 / power(base, -exponent) : power(base, exponent);
      }
      case "compare":
        return comparisons[tree.operator](this.value(tree.left, cell), this.value(tree.right, cell)) ? 1 : 0;
      case "call":
        return this.#call(tree, cell);
      default:
        throw new Error(`no value of ${tree.kind}`);
    }
  }

  #call(tree: Tree & { readonly kind: "call" }, cell: number): number {
    const { name, args, named } = tree;
    const apply = pointwise[name];
    if (apply && !(args.length === 1 && (name === "max" || name === "min"))) {
      const values = args.map((arg) => this.value(arg, cell));
      return name === "hypot" || name === "max" || name === "min"
        ? values.reduce((a, b) => apply(a, b))
        : apply(...values);
    }
    const [f] = args;
    const order = named[0] ? this.value(named[0].value, cell) : 2;
    return this.#operator(name, f!, cell, order);
  }

  /** The value some cells away along an axis. */
  #at(f: Tree, cell: number, axis: number, by: number): number {
    const { shape } = this.#plane;
    const index = [Math.floor(cell / shape[1]), cell % shape[1]];
    index[axis] = (index[axis]! + by + 10 * shape[axis]!) % shape[axis]!;
    return this.value(f, index[0]! * shape[1] + index[1]!);
  }

  #operator(name: string, f: Tree, cell: number, order: number): number {
    const { shape, spacing: h } = this.#plane;
    const at = (axis: number, by: number) => this.#at(f, cell, axis, by);
    const second = (axes: readonly number[]) =>
      centralWeights(2, order).reduce((sum, weight, k) => {
        const pairs = axes.map((axis) => at(axis, -k - 1) + at(axis, k + 1)).reduce((a, b) => a + b);
        const term = (pairs - this.value(f, cell) * (2 * axes.length)) * (weight / (h * h));
        return k === 0 ? term : sum + term;
      }, 0);
    const first = (axis: number) =>
      centralWeights(1, order).reduce((sum, weight, k) => {
        const term = (at(axis, k + 1) - at(axis, -k - 1)) * (weight / h);
        return k === 0 ? term : sum + term;
      }, 0);
    const all = () => Array.from({ length: shape[0] * shape[1] }, (_, place) => this.value(f, place));
    switch (name) {
      case "laplace":
        return second([0, 1]);
      case "d2_dx2":
        return second([0]);
      case "d_dx":
        return first(0);
      case "d_dy":
        return first(1);
      case "d_dx_forward":
        return (at(0, 1) - this.value(f, cell)) * (1 / h);
      case "d_dy_backward":
        return (this.value(f, cell) - at(1, -1)) * (1 / h);
      case "gradient_squared":
        return first(0) * first(0) + first(1) * first(1);
      case "integral":
        return all().reduce((a, b) => a + b, 0) * (h * h);
      case "average":
        return all().reduce((a, b) => a + b, 0) / (shape[0] * shape[1]);
      case "max":
        return Math.max(...all());
      case "min":
        return Math.min(...all());
      case "div":
        return this.#flux(f, cell);
      default:
        throw new Error(`no operator ${name}`);
    }
  }

  /** `div(k * grad(f))`. */
  #flux(product: Tree, cell: number): number {
    if (product.kind !== "chain" || product.links.length !== 1) throw new Error("no flux");
    const k = product.first;
    const call = product.links[0]!.operand;
    if (call.kind !== "call" || call.name !== "grad") throw new Error("no flux");
    const f = call.args[0]!;
    const { spacing: h } = this.#plane;
    if (isUniform(k)) return this.value(k, cell) * this.#operator("laplace", f, cell, 2);
    const terms = [0, 1].map((axis) => {
      const [own, above, below] = [this.value(f, cell), this.#at(f, cell, axis, 1), this.#at(f, cell, axis, -1)];
      const [k0, k1, k2] = [this.value(k, cell), this.#at(k, cell, axis, 1), this.#at(k, cell, axis, -1)];
      return ((k0 + k1) * (above - own) - (k2 + k0) * (own - below)) * (0.5 / (h * h));
    });
    return terms[0]! + terms[1]!;
  }
}

function partsOf(tree: Tree): readonly Tree[] {
  switch (tree.kind) {
    case "negate":
      return [tree.operand];
    case "chain":
      return [tree.first, ...tree.links.map(({ operand }) => operand)];
    case "power":
      return [tree.base, tree.exponent];
    case "compare":
      return [tree.left, tree.right];
    case "call":
      return tree.args;
    default:
      return [];
  }
}

/** True where a tree is a number at once. */
function isKnown(tree: Tree): boolean {
  if (tree.kind === "name") return tree.name === "pi";
  if (tree.kind === "call" && !["sqrt", "abs", "floor", "sign", "heaviside", "min", "max", "where"].includes(tree.name))
    return false;
  return partsOf(tree).every(isKnown);
}

/** True where a tree has the same value in all cells, as one sees at once. */
function isUniform(tree: Tree): boolean {
  return tree.kind === "name" ? ["D", "t", "pi"].includes(tree.name) : partsOf(tree).every(isUniform);
}

/**
 * True for the sentences of the language, by another way than the grammar: operands and operators alternate, brackets
 * match, and each level has one comparison at most.
 */
export function isSentence(text: string): boolean {
  const words =
    text.match(/\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|[\p{L}_][\p{L}\p{M}\p{Nd}_]*|∇²|\*\*|[<>=!]=|\S/gu) ??
    [];
  const levels: { open: string; compared: boolean; named: boolean; empty: boolean; nabla: boolean; indices: number }[] =
    [{ open: "", compared: false, named: false, empty: true, nabla: false, indices: 0 }];
  let wantsOperand = true;
  /** How many indices stand behind the last operand, and whether ∇² stands before it. */
  let [indices, nabla] = [0, false];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const level = levels.at(-1)!;
    const isName = /^[\p{L}_]/u.test(word);
    if (wantsOperand) {
      // Behind a named argument all have names.
      if (level.open === "call(" && level.named && words[i - 1] === "," && words[i + 1] !== "=") return false;
      if (word === "+" || word === "-") {
        if (nabla) return false;
        level.empty = false;
        continue;
      }
      if (word === "∇²") {
        nabla = true;
        level.empty = false;
        continue;
      }
      if (word === "(" || word === "[") {
        if (word === "[") return false;
        level.empty = false;
        levels.push({ open: "(", compared: false, named: false, empty: true, nabla, indices: 0 });
        nabla = false;
        continue;
      }
      if ((word === ")" || word === "]") && (level.open === "call(" || level.open === "[") && level.empty) {
        if ((word === ")") !== (level.open === "call(")) return false;
        ({ indices, nabla } = levels.pop()!);
        wantsOperand = false;
        continue;
      }
      if (!isName && !/^\.?\d/.test(word)) return false;
      if (isName && words[i + 1] === "=" && level.open === "call(" && !nabla && (level.empty || words[i - 1] === ",")) {
        level.named = true;
        level.empty = false;
        i++;
        continue;
      }
      level.empty = false;
      if (isName && words[i + 1] === "(") {
        levels.push({ open: "call(", compared: false, named: false, empty: true, nabla, indices: 0 });
        nabla = false;
        i++;
        continue;
      }
      wantsOperand = false;
      indices = 0;
      continue;
    }
    if (word === "[" || word === ".") {
      if (indices === 2) return false;
      if (word === "[") {
        levels.push({ open: "[", compared: false, named: false, empty: true, nabla, indices: indices + 1 });
        nabla = false;
        wantsOperand = true;
      } else {
        if (!/^[\p{L}_]/u.test(words[i + 1] ?? "")) return false;
        indices++;
        i++;
      }
      continue;
    }
    if (word === ")" || word === "]") {
      const closed = levels.pop()!;
      if (levels.length === 0 || (word === "]") !== (closed.open === "[")) return false;
      ({ indices, nabla } = closed);
      continue;
    }
    if (word === ",") {
      if (level.open !== "call(" && level.open !== "[") return false;
      level.compared = false;
      nabla = false;
    } else if (["<", "<=", ">", ">=", "==", "!="].includes(word)) {
      if (level.compared) return false;
      level.compared = true;
      nabla = false;
    } else if (word === "^" || word === "**") {
      if (nabla) return false;
    } else if (["+", "-", "*", "/"].includes(word)) nabla = false;
    else return false;
    wantsOperand = true;
  }
  return levels.length === 1 && !wantsOperand;
}
