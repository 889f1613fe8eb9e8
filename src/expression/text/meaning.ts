/**
 * What texts mean: trees become values of a graph. Types are checked here (vectors, complex numbers, names), with an error
 * at the place of what is wrong.
 */
import { nearest } from "../../argument.js";
import { type Text, wrongText } from "../../diagnostics.js";
import { Graph, type Halo, type Id, type Part } from "../graph.js";
import type { Binary, Dtype } from "../program.js";
import { namedOf } from "./call.js";
import { ofComplex, type Pointwise, pointwise } from "./functions.js";
import { type Comparison, parseExpression, type Span, type Tree } from "./grammar.js";
import { checkNames, reserved } from "./names.js";
import { namesOfOperators, operatorOf } from "./operators.js";
import {
  absolute,
  add,
  divide,
  generalPower,
  isVector,
  mapComponents,
  multiply,
  negate,
  norm,
  power,
  type Scalar,
  subtract,
  type Value,
} from "./scalar.js";
import { noFlux, openEdge, type Scope } from "./space.js";
import { quote, shorten } from "./tokens.js";
import { calledElsewhere, joinedText, namedElsewhere, neighbourText } from "./words.js";

/** How errors call what a value is. */
function kindOf(value: Value): string {
  if (isVector(value)) return "the vector";
  return value.im === undefined ? "the number" : "the complex number";
}

/** Whole exponents up to this one are chains of products. */
const longestChain = 16;

const comparisons: Readonly<Record<Comparison, Binary>> = {
  "<": "lt",
  "<=": "le",
  ">": "gt",
  ">=": "ge",
  "==": "eq",
  "!=": "ne",
};

/** A text nests no deeper than the grammar allows, but parts that need each other do. */
const deepest = 1000;

/** Reads texts into one graph. */
export class Meaning {
  readonly graph: Graph;
  readonly scope: Scope;
  /** Values of the named parts; `undefined` while one is being read. */
  readonly #parts = new Map<string, Value | undefined>();
  /** Values of names that were assigned in a kernel. */
  readonly assigned = new Map<string, Value>();
  /** How many levels of nesting are being read. */
  depth = 0;

  /** @throws UsageError for names in the scope that mean something else, or twice */
  constructor(scope: Scope, dtype: Dtype = "f64") {
    this.scope = scope;
    this.graph = new Graph(dtype);
    checkNames(scope);
  }

  /**
   * The value of a text.
   * @param owner - the equation or part that the text is of: its conditions are meant
   * @throws CompileError
   */
  read(owner: string, text: string): Value {
    const source = this.sourceOf(owner, text);
    return new Reading(this, owner, source).value(parseExpression(source));
  }

  /** A text of an equation or part, as errors name it. */
  sourceOf(owner: string, text: string): Text {
    return { where: `${this.scope.where}: "${owner}"`, text };
  }

  /** The value of a text that is to be a number in each cell. @throws CompileError */
  readScalar(owner: string, text: string): Scalar {
    const source = this.sourceOf(owner, text);
    return new Reading(this, owner, source).scalar(parseExpression(source));
  }

  /** The names of parts by their values, as far as they were read; of complex ones and vectors with the part behind it. */
  names(): ReadonlyMap<Id, string> {
    const names = new Map<Id, string>();
    for (const [name, value] of this.#parts) {
      if (!value) continue;
      const components = isVector(value) ? value.components : [value];
      for (const [axis, { re, im }] of components.entries()) {
        const whole = isVector(value) ? `${name}.${this.scope.axes[axis]!.name}` : name;
        if (re !== undefined) names.set(re, im === undefined ? whole : `${whole}_re`);
        if (im !== undefined) names.set(im, `${whole}_im`);
      }
    }
    return names;
  }

  /** The value of a named part. */
  part(name: string, from: Reading, span: Span): Value {
    if (!this.#parts.has(name)) {
      this.#parts.set(name, undefined);
      this.#parts.set(name, this.read(name, this.scope.parts![name]!));
    }
    const value = this.#parts.get(name);
    if (!value)
      throw from.wrong(span, "parts that do not need each other", quote(name), "Write one without the other.");
    return value;
  }
}

/** Reads one text. */
export class Reading {
  readonly meaning: Meaning;
  readonly owner: string;
  readonly source: Text;
  /** How many calls of noise the text had so far. */
  noises = 0;

  constructor(meaning: Meaning, owner: string, source: Text) {
    this.meaning = meaning;
    this.owner = owner;
    this.source = source;
  }

  get graph(): Graph {
    return this.meaning.graph;
  }

  get scope(): Scope {
    return this.meaning.scope;
  }

  /** The error of something in the text; to be thrown. */
  wrong({ from }: { readonly from: number }, expected: string, got: string, todo: string): Error {
    return wrongText(this.source, from, expected, got, todo);
  }

  /** The characters of a node, in quotes. */
  quote({ from, to }: Span): string {
    return quote(this.source.text.slice(from, to));
  }

  /** `the vector "gradient(c)"`. */
  describe(tree: Tree, value: Value): string {
    return `${kindOf(value)} ${this.quote(tree)}`;
  }

  value(tree: Tree): Value {
    this.meaning.depth++;
    if (this.meaning.depth > deepest) {
      this.meaning.depth--;
      const todo = "Let fewer parts need each other.";
      throw this.wrong(tree, `at most ${deepest} levels of nesting, those of parts included`, "more", todo);
    }
    try {
      return this.#valueOf(tree);
    } finally {
      this.meaning.depth--;
    }
  }

  #valueOf(tree: Tree): Value {
    switch (tree.kind) {
      case "number":
        return { re: this.#number(tree, tree.value) };
      case "name":
        return this.#name(tree);
      case "negate":
        return mapComponents(this.value(tree.operand), (a) => negate(this.graph, a));
      case "chain":
        return this.#chain(tree);
      case "power":
        return this.#power(tree);
      case "compare":
        return this.#compare(tree);
      case "call":
        return this.#call(tree);
      case "index":
        return this.#index(tree);
      case "member":
        return this.#member(tree);
    }
  }

  /** The value of a node that is to be no vector. */
  scalar(tree: Tree, todo = "Use v[0], v.x or dot(v, w)."): Scalar {
    const value = this.value(tree);
    if (isVector(value)) throw this.wrong(tree, "a number in each cell", this.describe(tree, value), todo);
    return value;
  }

  /** The value of a node that is to be a real number in each cell. */
  real(tree: Tree, expected = "a real number"): Id {
    const value = this.scalar(tree);
    if (value.im !== undefined) {
      const todo = `Use re(...), im(...) or abs(...) of it.`;
      throw this.wrong(tree, expected, this.describe(tree, value), todo);
    }
    return value.re!;
  }

  /** The number that a node is at once, without fields and parameters. */
  known(tree: Tree): number | undefined {
    const value = this.value(tree);
    return isVector(value) || value.im !== undefined ? undefined : this.graph.constantOf(value.re!);
  }

  #number(span: Span, value: number): Id {
    if (this.graph.dtype === "i32" && (!Number.isInteger(value) || value >= 2 ** 31)) {
      throw this.wrong(span, "a whole number of 32 bits", this.quote(span), "Use fields of f64, or whole numbers.");
    }
    return this.graph.constant(value);
  }

  #name(tree: Tree & { readonly kind: "name" }): Value {
    const { name } = tree;
    const { graph, scope } = this;
    const axis = scope.axes.findIndex((a) => a.name === name);
    const assigned = this.meaning.assigned.get(name);
    if (assigned) return assigned;
    if (axis >= 0 || name === "pi") {
      if (graph.dtype === "i32") throw this.wrong(tree, "whole numbers", quote(name), "Use fields of f64.");
      return { re: axis >= 0 ? graph.along(name, axis) : graph.constant(Math.PI) };
    }
    if (name === "t" && scope.use !== "kernel") return { re: graph.parameter("t") };
    if (scope.complex && name === "i") return { im: graph.constant(1) };
    if (Object.hasOwn(scope.fields, name)) {
      if (scope.fields[name] === "real") return { re: graph.field(name) };
      return { re: graph.field(`${name}_re`), im: graph.field(`${name}_im`) };
    }
    if (scope.constants.includes(name)) return { re: graph.parameter(name) };
    if (scope.parts && Object.hasOwn(scope.parts, name)) return this.meaning.part(name, this, tree);
    throw this.#unknownName(tree);
  }

  #unknownName(tree: Tree & { readonly kind: "name" }): Error {
    const { name } = tree;
    const { axes, fields, constants, parts = {}, complex, use, hint } = this.scope;
    const functions = this.#functions();
    if (functions.includes(name)) return this.wrong(tree, `${name}(...)`, quote(name), "Write its arguments.");
    if (reserved.includes(name)) {
      const names = axes.map((axis) => axis.name).join(", ");
      return this.wrong(tree, `a coordinate of the grid (${names})`, quote(name), "Use one of them.");
    }
    const time = use === "kernel" ? [] : ["t"];
    const known = [
      ...Object.keys(fields),
      ...Object.keys(parts),
      ...constants,
      ...this.meaning.assigned.keys(),
      ...axes.map((axis) => axis.name),
      ...time,
      "pi",
      ...(complex ? ["i"] : []),
    ];
    if (name === "i" && use !== "kernel") {
      return this.wrong(tree, "real numbers alone", quote(name), "Name the complex fields: complex: [...].");
    }
    const near = namedElsewhere.get(name) ?? nearest(name, known);
    const list = `Known are ${[...new Set(known)].join(", ")}.`;
    const advice = near ? undefined : hint?.(name);
    const todo = near ? `Did you mean ${near}? ${list}` : advice ? `${list} ${advice}` : list;
    return this.wrong(tree, "a name that is known", quote(name), todo);
  }

  #chain(tree: Tree & { readonly kind: "chain" }): Value {
    let value = this.value(tree.first);
    for (const { operator, operand, at } of tree.links) {
      const right = this.value(operand);
      if (operator === "+" || operator === "-") value = this.#sum(operator, value, right, at, operand);
      else if (operator === "*") value = this.#product(value, right, at, operand);
      else value = this.#quotient(value, right, at, operand);
    }
    return value;
  }

  #sum(operator: "+" | "-", left: Value, right: Value, at: number, operand: Tree): Value {
    const combine = (a: Scalar, b: Scalar) => (operator === "+" ? add : subtract)(this.graph, a, b);
    if (isVector(left) && isVector(right)) {
      return { components: left.components.map((component, axis) => combine(component, right.components[axis]!)) };
    }
    if (!isVector(left) && !isVector(right)) return combine(left, right);
    const got = `${kindOf(left)} before ${operator} and ${this.describe(operand, right)}`;
    throw this.wrong({ from: at }, "two numbers or two vectors", got, "Use components, such as v[0], or vector(...).");
  }

  #product(left: Value, right: Value, at: number, operand: Tree): Value {
    if (!isVector(right)) return mapComponents(left, (a) => multiply(this.graph, a, right));
    if (!isVector(left)) return mapComponents(right, (b) => multiply(this.graph, left, b));
    const got = `the vector before * and ${this.describe(operand, right)}`;
    throw this.wrong({ from: at }, "at most one vector in a product", got, "Use dot(v, w).");
  }

  #quotient(left: Value, right: Value, at: number, operand: Tree): Value {
    if (this.graph.dtype === "i32") {
      throw this.wrong({ from: at }, "no quotients of whole numbers", '"/"', "Use fields of f64.");
    }
    if (isVector(right)) {
      throw this.wrong({ from: at }, "a number as divisor", this.describe(operand, right), "Divide by a component.");
    }
    return mapComponents(left, (a) => divide(this.graph, a, right));
  }

  #power({ base, exponent }: Tree & { readonly kind: "power" }): Value {
    const { graph } = this;
    const todo = "Use dot(v, v) for the square of a vector.";
    const raised = this.scalar(exponent, todo);
    const whole = raised.im === undefined ? graph.constantOf(raised.re!) : undefined;
    const isChain = whole !== undefined && Number.isInteger(whole) && Math.abs(whole) <= longestChain;
    if (graph.dtype === "i32" && !(isChain && whole >= 0)) {
      throw this.wrong(
        exponent,
        `a whole exponent from 0 to ${longestChain}`,
        this.quote(exponent),
        "Use fields of f64.",
      );
    }
    // The root in abs(psi)^2 is not needed.
    if (isChain && whole % 2 === 0 && base.kind === "call" && base.name === "abs" && base.args.length === 1) {
      const inner = this.scalar(base.args[0]!, todo);
      if (inner.im !== undefined) return this.#chainOfProducts({ re: norm(graph, inner) }, whole / 2);
      // It is not read again: nested ones would be read twice at each level.
      if (base.named.length === 0) return this.#chainOfProducts({ re: absolute(graph, inner) }, whole);
    }
    const value = this.scalar(base, todo);
    return isChain ? this.#chainOfProducts(value, whole) : generalPower(graph, value, raised);
  }

  #chainOfProducts(base: Scalar, exponent: number): Scalar {
    if (exponent >= 0) return power(this.graph, base, exponent);
    return divide(this.graph, { re: this.graph.constant(1) }, power(this.graph, base, -exponent));
  }

  #compare({ operator, left, right }: Tree & { readonly kind: "compare" }): Value {
    const expected = "real numbers to compare";
    return { re: this.graph.binary(comparisons[operator], this.real(left, expected), this.real(right, expected)) };
  }

  #functions(): string[] {
    const { axes, complex } = this.scope;
    return [...Object.keys(pointwise), ...(complex ? Object.keys(ofComplex) : []), ...namesOfOperators(axes)];
  }

  #call(tree: Tree & { readonly kind: "call" }): Value {
    const { name, args } = tree;
    const operator = operatorOf(name, args.length, this.scope.axes);
    if (operator) return operator(this, tree);
    const table = Object.hasOwn(pointwise, name) ? pointwise : this.scope.complex ? ofComplex : {};
    if (Object.hasOwn(table, name)) return this.#pointwise(tree, table[name]!);
    throw this.#unknownFunction(tree);
  }

  #unknownFunction(tree: Tree & { readonly kind: "call" }): Error {
    const { name } = tree;
    const { fields, constants, parts = {}, axes, use } = this.scope;
    const neighbour = use === "kernel" ? neighbourText(tree) : undefined;
    if ([...Object.keys(fields), ...constants, ...Object.keys(parts), ...axes.map((a) => a.name)].includes(name)) {
      return this.wrong(
        { from: tree.from + name.length },
        `an operator behind ${quote(name)}`,
        '"("',
        neighbour ?? "Write * between factors.",
      );
    }
    const functions = this.#functions();
    const axisNames = axes.map((axis) => axis.name).join(", ");
    if (/^d2?_d/.test(name)) {
      return this.wrong(
        tree,
        `a derivative along ${axisNames}`,
        quote(name),
        `Write d_d${axes[0]!.name}, for example.`,
      );
    }
    const near = calledElsewhere.get(name) ?? nearest(name, functions);
    const known = near ? `Did you mean ${near}?` : `Functions are ${[...new Set(functions)].join(", ")}.`;
    const todo = neighbour ?? joinedText(name) ?? known;
    return this.wrong(tree, "a function that is known", quote(name), todo);
  }

  /** Checks how many arguments a call has. */
  expectArgs({ name, args, from }: Tree & { readonly kind: "call" }, least: number, most: number): void {
    if (args.length >= least && args.length <= most) return;
    const count = most === least ? String(least) : Number.isFinite(most) ? `${least} to ${most}` : `at least ${least}`;
    const noun = count === "1" ? "argument" : "arguments";
    throw this.wrong({ from }, `${count} ${noun} of ${name}`, String(args.length), "Count them.");
  }

  #pointwise(tree: Tree & { readonly kind: "call" }, { args, complex, whole, apply }: Pointwise): Value {
    const { name } = tree;
    namedOf(this, tree, []);
    this.expectArgs(tree, ...args);
    if (this.graph.dtype === "i32" && !whole) {
      throw this.wrong(tree, "a function of whole numbers", quote(name), "Use fields of f64.");
    }
    const values = tree.args.map((arg, place): Scalar => {
      // The test of `where` is real, whatever it chooses from.
      if (complex && !(name === "where" && place === 0)) return this.scalar(arg);
      return { re: this.real(arg, `a real argument of ${name}`) };
    });
    return apply(this.graph, values);
  }

  #index(tree: Tree & { readonly kind: "index" }): Value {
    const { of, indices } = tree;
    if (this.scope.use === "kernel" && of.kind === "name") return this.#neighbour(of, tree);
    const value = this.value(of);
    if (!isVector(value)) {
      const todo = "Offsets are for kernels; here use laplace, d_dx and other operators.";
      throw this.wrong(tree, "a vector before [", this.describe(of, value), todo);
    }
    const { length } = value.components;
    const place = indices.length === 1 ? this.known(indices[0]!) : undefined;
    const component = place === undefined ? undefined : value.components[place];
    if (component) return component;
    const got = this.#written(indices);
    throw this.wrong(tree, `one index from 0 to ${length - 1}`, got, "Count components from 0.");
  }

  /** Indices as they are written. */
  #written(indices: readonly Tree[]): string {
    return `[${indices.map(({ from, to }) => shorten(this.source.text.slice(from, to))).join(", ")}]`;
  }

  #member({ of, name, at }: Tree & { readonly kind: "member" }): Value {
    const value = this.value(of);
    if (!isVector(value)) {
      throw this.wrong({ from: at }, `a vector before .${name}`, this.describe(of, value), "Remove the component.");
    }
    const axis = this.scope.axes.findIndex((a) => a.name === name);
    const names = this.scope.axes.map((a) => a.name);
    if (axis < 0) throw this.wrong({ from: at }, `an axis (${names.join(", ")})`, quote(name), "Use one of them.");
    return value.components[axis]!;
  }

  /** `u[1, 0]`: the value of a field in another cell. */
  #neighbour(name: Tree & { readonly kind: "name" }, { indices, from, to }: Tree & { readonly kind: "index" }): Value {
    const { axes, fields } = this.scope;
    if (!Object.hasOwn(fields, name.name)) {
      this.value(name);
      throw this.wrong(name, "a field before [", quote(name.name), "Pass a field of this name.");
    }
    const offset = indices.map((index) => this.known(index));
    if (offset.length !== axes.length || !offset.every((step) => Number.isInteger(step))) {
      const got = this.#written(indices);
      const expected = `${axes.length} whole ${axes.length === 1 ? "number" : "numbers"} as offset`;
      throw this.wrong({ from: name.to }, expected, got, "Write one number an axis, as in u[1, 0].");
    }
    if (offset.every((step) => step === 0)) return this.value(name);
    return { re: this.neighbour("", this.graph.field(name.name), { from, to })(offset as number[]) };
  }

  /**
   * What gives the neighbours of a value, by the conditions of an operator in this text.
   * @param span - the operand in the text
   */
  neighbour(operator: string, of: Id, span: Span, parts: { part?: Part; partner?: Id } = {}) {
    const { scope, graph, owner } = this;
    const entry = graph.entry(of);
    const operand = entry.op === "field" ? entry.name : "";
    if (scope.use === "kernel") {
      if (!operand) {
        const todo = "Store it in a field by a kernel before, or use Pde.";
        throw this.wrong(span, `a field as operand of ${operator} in a kernel`, this.quote(span), todo);
      }
      if (scope.assigned?.has(operand)) {
        const todo = `Assign to another field, or in a kernel that runs before: results would depend on the order of cells.`;
        throw this.wrong(span, `${operand}, which is assigned, at the cell itself alone`, this.quote(span), todo);
      }
    }
    const condition = scope.conditionOf?.(owner, operator, operand) ?? `${owner}:${operator}`;
    return this.neighbourBy({ condition, ...parts }, of);
  }

  /** What gives the neighbours of a value by conditions. A neighbour that takes no part is seen as the mask says. */
  neighbourBy(halo: Halo, of: Id): (offset: readonly number[]) => Id {
    const { graph, scope } = this;
    const { mask } = scope;
    const named = (condition: string) => scope.sameAs?.(condition) ?? condition;
    const around = { ...halo, condition: named(halo.condition) };
    const value = (offset: readonly number[]) => graph.at(of, offset, around);
    if (!mask) return value;
    const isValue = "value" in mask.faces && halo.condition !== noFlux;
    const closed = isValue ? graph.sub(graph.constant(2 * (mask.faces as { value: number }).value), of) : of;
    const isOpen = (offset: readonly number[]) =>
      graph.at(graph.field(mask.field), offset, { condition: named(openEdge) });
    return (offset) => (value(offset) === of ? of : graph.select(isOpen(offset), value(offset), closed));
  }
}
