/**
 * The graph of values: what a text means, in numbers a cell. Nodes are made once (equal nodes are one), operands lie
 * before what uses them, and what is known is computed at once where that gives the bits of run time.
 */
import { type Binary, type Dtype, roundings, type Unary } from "./program.js";

/** A node, by its place in the graph. */
export type Id = number;

/** Which part of a complex value an array holds. */
export type Part = "re" | "im";

/** The halo that a value has beside the block: by which conditions, and of which part of a complex value. */
export interface Halo {
  /** The name of a set of conditions, which the caller knows. */
  readonly condition: string;
  readonly part?: Part | undefined;
  /** The other part, which a condition may need. */
  readonly partner?: Id | undefined;
}

export type Entry =
  | { readonly op: "constant"; readonly value: number }
  /** A number that is equal in all cells: t, a constant. */
  | { readonly op: "parameter"; readonly name: string }
  /** An array along one axis. */
  | { readonly op: "along"; readonly name: string; readonly axis: number }
  /** An array of cells that the caller has. */
  | { readonly op: "field"; readonly name: string }
  /** Standard normal numbers, an array that is filled before each step. */
  | { readonly op: "noise"; readonly owner: string; readonly seed: number; readonly call: number }
  /** A value in another cell. */
  | { readonly op: "at"; readonly of: Id; readonly offset: readonly number[]; readonly halo: Halo }
  /** A number of all cells of the grid. */
  | { readonly op: "reduce"; readonly operation: "sum" | "min" | "max"; readonly of: Id }
  | { readonly op: Unary; readonly a: Id }
  | { readonly op: Binary; readonly a: Id; readonly b: Id }
  | { readonly op: "select"; readonly test: Id; readonly a: Id; readonly b: Id }
  | { readonly op: "call"; readonly name: string; readonly args: readonly Id[] };

/** Operations whose operands may be exchanged without another bit. */
const commutative: ReadonlySet<string> = new Set(["add", "mul", "min", "max", "eq", "ne"]);

const unaries: Readonly<Record<Unary, (a: number) => number>> = {
  neg: (a) => -a,
  abs: Math.abs,
  sqrt: Math.sqrt,
  floor: Math.floor,
  not: (a) => (a === 0 ? 1 : 0),
};

const binaries: Readonly<Record<Binary, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: Math.min,
  max: Math.max,
  lt: (a, b) => (a < b ? 1 : 0),
  le: (a, b) => (a <= b ? 1 : 0),
  gt: (a, b) => (a > b ? 1 : 0),
  ge: (a, b) => (a >= b ? 1 : 0),
  eq: (a, b) => (a === b ? 1 : 0),
  ne: (a, b) => (a !== b ? 1 : 0),
};

/** The operands of an entry. */
export function inputsOf(entry: Entry): readonly Id[] {
  switch (entry.op) {
    case "constant":
    case "parameter":
    case "along":
    case "field":
    case "noise":
      return [];
    case "at":
      return entry.halo.partner === undefined ? [entry.of] : [entry.of, entry.halo.partner];
    case "reduce":
      return [entry.of];
    case "select":
      return [entry.test, entry.a, entry.b];
    case "call":
      return entry.args;
    default:
      return "b" in entry ? [entry.a, entry.b] : [entry.a];
  }
}

/** True where the value is an array that the caller has. */
export function isLeaf({ op }: Entry): boolean {
  return op === "field" || op === "noise";
}

/** Nodes, each once. */
export class Graph {
  readonly dtype: Dtype;
  readonly #entries: Entry[] = [];
  readonly #ids = new Map<string, Id>();
  readonly #local: boolean[] = [];
  /** Constants but 0, whose texts take long to make. */
  readonly #constants = new Map<number, Id>();
  /** What operators on cells and their neighbours make. */
  readonly #differences = new Set<Id>();

  constructor(dtype: Dtype = "f64") {
    this.dtype = dtype;
  }

  get size(): number {
    return this.#entries.length;
  }

  entry(id: Id): Entry {
    return this.#entries[id]!;
  }

  /** The number of a node that is a constant. */
  constantOf(id: Id): number | undefined {
    const entry = this.#entries[id]!;
    return entry.op === "constant" ? entry.value : undefined;
  }

  /** True where the value may differ from cell to cell. */
  varies(id: Id): boolean {
    return this.#local[id]!;
  }

  constant(value: number): Id {
    const rounded = roundings[this.dtype](value);
    const known = rounded === 0 ? undefined : this.#constants.get(rounded);
    if (known !== undefined) return known;
    const key = `constant ${Object.is(rounded, -0) ? "-0" : rounded}`;
    const id = this.#node({ op: "constant", value: rounded }, key, false);
    if (rounded !== 0) this.#constants.set(rounded, id);
    return id;
  }

  parameter(name: string): Id {
    return this.#node({ op: "parameter", name }, `parameter ${name}`, false);
  }

  along(name: string, axis: number): Id {
    return this.#node({ op: "along", name, axis }, `along ${name}`, true);
  }

  field(name: string): Id {
    return this.#node({ op: "field", name }, `field ${name}`, true);
  }

  noise(owner: string, seed: number, call: number): Id {
    return this.#node({ op: "noise", owner, seed, call }, `noise ${owner} ${seed} ${call}`, true);
  }

  /** The value in the cell at an offset. */
  at(of: Id, offset: readonly number[], halo: Halo): Id {
    if (offset.every((step) => step === 0)) return of;
    const { condition, part = "", partner = "" } = halo;
    return this.#node({ op: "at", of, offset, halo }, `at ${of} ${offset} ${part} ${partner} ${condition}`, true);
  }

  /** Notes that an operator on cells and their neighbours makes this value, of whatever sums it is. */
  difference(id: Id): Id {
    this.#differences.add(id);
    return id;
  }

  /** True for what an operator makes, whose summands mean nothing alone. */
  isDifference(id: Id): boolean {
    return this.#differences.has(id);
  }

  reduce(operation: "sum" | "min" | "max", of: Id): Id {
    return this.#node({ op: "reduce", operation, of }, `reduce ${operation} ${of}`, false);
  }

  call(name: string, args: readonly Id[]): Id {
    return this.#node(
      { op: "call", name, args },
      `call ${name} ${args}`,
      args.some((id) => this.varies(id)),
    );
  }

  unary(op: Unary, a: Id): Id {
    const known = this.constantOf(a);
    if (known !== undefined) return this.constant(unaries[op](known));
    const entry = this.entry(a);
    if (op === "neg" && entry.op === "neg") return entry.a;
    if (op === "abs" && (entry.op === "neg" || entry.op === "abs")) return this.unary("abs", entry.a);
    return this.#node({ op, a }, `${op} ${a}`, this.varies(a));
  }

  binary(op: Binary, a: Id, b: Id): Id {
    const [left, right] = [this.constantOf(a), this.constantOf(b)];
    if (left !== undefined && right !== undefined) {
      // A product of two numbers of 32 bits may have more digits than a number of 64 bits holds.
      if (op === "mul" && this.dtype === "i32") return this.constant(Math.imul(left, right));
      return this.constant(binaries[op](left, right));
    }
    const simpler = this.#simplify(op, a, b, left, right);
    if (simpler !== undefined) return simpler;
    const [first, second] = commutative.has(op) && b < a ? [b, a] : [a, b];
    return this.#node({ op, a, b }, `${op} ${first} ${second}`, this.varies(a) || this.varies(b));
  }

  select(test: Id, a: Id, b: Id): Id {
    const known = this.constantOf(test);
    if (known !== undefined) return known !== 0 ? a : b;
    if (a === b) return a;
    const varies = this.varies(test) || this.varies(a) || this.varies(b);
    return this.#node({ op: "select", test, a, b }, `select ${test} ${a} ${b}`, varies);
  }

  add(a: Id, b: Id): Id {
    return this.binary("add", a, b);
  }

  sub(a: Id, b: Id): Id {
    return this.binary("sub", a, b);
  }

  mul(a: Id, b: Id): Id {
    return this.binary("mul", a, b);
  }

  div(a: Id, b: Id): Id {
    return this.binary("div", a, b);
  }

  neg(a: Id): Id {
    return this.unary("neg", a);
  }

  scale(a: Id, factor: number): Id {
    return this.mul(a, this.constant(factor));
  }

  /** The sum from left to right. */
  sum(terms: readonly Id[]): Id {
    return terms.reduce((sum, term) => this.add(sum, term));
  }

  /** A power with a whole exponent of at least 0, as a fixed chain of products. */
  power(base: Id, exponent: number): Id {
    if (exponent === 0) return this.constant(1);
    if (exponent === 1) return base;
    const half = this.power(base, exponent >> 1);
    const square = this.mul(half, half);
    return exponent % 2 === 0 ? square : this.mul(square, base);
  }

  /** A node with the same bits and fewer operations. */
  #simplify(op: Binary, a: Id, b: Id, left: number | undefined, right: number | undefined): Id | undefined {
    const [first, second] = [this.entry(a), this.entry(b)];
    switch (op) {
      case "mul":
        if (left === 1) return b;
        if (right === 1) return a;
        if (left === -1) return this.neg(b);
        return right === -1 ? this.neg(a) : undefined;
      case "div":
        if (right === 1) return a;
        if (right === -1) return this.neg(a);
        // Twice as fast, and exact for powers of 2.
        return right !== undefined && this.#isPowerOf2(right) ? this.scale(a, 1 / right) : undefined;
      case "add":
        if (second.op === "neg") return this.sub(a, second.a);
        return first.op === "neg" ? this.sub(b, first.a) : undefined;
      case "sub":
        if (Object.is(right, 0)) return a;
        return second.op === "neg" ? this.add(a, second.a) : undefined;
      case "min":
      case "max":
        return a === b ? a : undefined;
      default:
        return undefined;
    }
  }

  /** True where the reciprocal is exact, and far from the ends of the type. */
  #isPowerOf2(value: number): boolean {
    const bits = new DataView(new Float64Array([value]).buffer).getBigUint64(0, true);
    const exponent = Number((bits >> 52n) & 0x7ffn) - 1023;
    return (bits & 0xfffffffffffffn) === 0n && Math.abs(exponent) <= (this.dtype === "f32" ? 100 : 1000);
  }

  #node(entry: Entry, key: string, varies: boolean): Id {
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#entries.push(entry) - 1;
    this.#ids.set(key, id);
    this.#local.push(varies);
    return id;
  }
}

/** The nodes that others need, in ascending order. */
export function liveOf(graph: Graph, roots: readonly Id[]): readonly Id[] {
  const live = new Uint8Array(graph.size);
  for (const id of roots) live[id] = 1;
  for (let id = graph.size - 1; id >= 0; id--) {
    if (live[id]) for (const input of inputsOf(graph.entry(id))) live[input] = 1;
  }
  return Array.from(live.keys()).filter((id) => live[id]);
}
