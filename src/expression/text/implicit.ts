/**
 * The part of a right side that steppers may treat implicitly: linear in its own field, and symmetric with the volumes of
 * cells as weights. These are multiples of the field, and polynomials in one Laplacian (or one divergence of fluxes)
 * whose coefficients are equal in all cells. What else there is stays explicit, as the difference to the whole.
 */
import { wrongText } from "../../diagnostics.js";
import { type Graph, type Id, liveOf } from "../graph.js";
import { parseExpression, type Tree } from "./grammar.js";
import { laplacianOf } from "./laplacians.js";
import { type Meaning, Reading } from "./meaning.js";
import { isVector, sumOf } from "./scalar.js";

/** A linear part: the sum of what is there. */
interface Linear {
  /** The factor of the field, equal in all cells. */
  readonly uniform?: Id | undefined;
  /** The factor of the field, different from cell to cell. */
  readonly varying?: Id | undefined;
  /** Polynomials without a constant term, by the operator of which they are. */
  readonly operators: ReadonlyMap<string, Id>;
}

const nothing: Linear = { operators: new Map() };

/**
 * The implicit part of a right side, or `undefined` where there is none.
 * @param meaning - whose conditions are the homogeneous ones: what conditions add to a value is explicit
 * @param unknowns - the fields of all equations, of which no coefficient may depend
 */
export function implicitPart(
  meaning: Meaning,
  field: string,
  text: string,
  unknowns: readonly string[],
): Id | undefined {
  return new Splitting(meaning, field, unknowns).part(text);
}

class Splitting {
  readonly #meaning: Meaning;
  readonly #field: string;
  readonly #unknowns: readonly string[];
  readonly #parts = new Map<string, Linear>();

  constructor(meaning: Meaning, field: string, unknowns: readonly string[]) {
    this.#meaning = meaning;
    this.#field = field;
    this.#unknowns = unknowns;
  }

  get #graph(): Graph {
    return this.#meaning.graph;
  }

  part(text: string): Id | undefined {
    // Checks all of the text first.
    this.#meaning.readScalar(this.#field, text);
    return this.#value(this.#read(this.#field, text));
  }

  /** The linear part of the text of an equation or part. */
  #read(owner: string, text: string): Linear {
    const source = this.#meaning.sourceOf(owner, text);
    return this.#linear(new Reading(this.#meaning, owner, source), parseExpression(source));
  }

  /** The value of a linear part. */
  #value({ uniform, varying, operators }: Linear): Id | undefined {
    const multiple = (factor: Id | undefined) =>
      factor === undefined ? [] : [this.#graph.mul(factor, this.#graph.field(this.#field))];
    const terms = [...multiple(uniform), ...multiple(varying), ...operators.values()];
    return terms.length > 0 ? this.#graph.sum(terms) : undefined;
  }

  #linear(reading: Reading, tree: Tree): Linear {
    switch (tree.kind) {
      case "name":
        return this.#name(tree.name);
      case "negate":
        return this.#map(this.#linear(reading, tree.operand), (id) => this.#graph.neg(id));
      case "chain":
        return /^[-+]/.test(tree.links[0]!.operator) ? this.#sum(reading, tree) : this.#product(reading, tree);
      case "call": {
        const laplacian = laplacianOf(reading, tree);
        if (!laplacian || (laplacian.coefficient !== undefined && this.#depends(laplacian.coefficient))) return nothing;
        return this.#operate(reading, laplacian);
      }
      default:
        return nothing;
    }
  }

  #name(name: string): Linear {
    if (name === this.#field) return { uniform: this.#graph.constant(1), operators: new Map() };
    const text = this.#meaning.scope.parts?.[name];
    if (text === undefined) return nothing;
    const known = this.#parts.get(name);
    if (known) return known;
    const linear = this.#read(name, text);
    this.#parts.set(name, linear);
    return linear;
  }

  #map({ uniform, varying, operators }: Linear, map: (id: Id) => Id): Linear {
    const maybe = (id: Id | undefined) => (id === undefined ? undefined : map(id));
    const mapped = Array.from(operators, ([key, id]) => [key, map(id)] as const);
    return { uniform: maybe(uniform), varying: maybe(varying), operators: new Map(mapped) };
  }

  #add(a: Linear, b: Linear): Linear {
    const sum = (x: Id | undefined, y: Id | undefined) => sumOf(this.#graph, x, y);
    const operators = new Map(a.operators);
    for (const [key, id] of b.operators) operators.set(key, sum(operators.get(key), id)!);
    return { uniform: sum(a.uniform, b.uniform), varying: sum(a.varying, b.varying), operators };
  }

  #sum(reading: Reading, { first, links }: Tree & { readonly kind: "chain" }): Linear {
    let sum = this.#linear(reading, first);
    for (const { operator, operand } of links) {
      const term = this.#linear(reading, operand);
      sum = this.#add(sum, operator === "+" ? term : this.#map(term, (id) => this.#graph.neg(id)));
    }
    return sum;
  }

  /** A product is linear where one of its factors is, and all others are free of unknowns. */
  #product(reading: Reading, { first, links }: Tree & { readonly kind: "chain" }): Linear {
    const factors = [{ operator: "*", operand: first }, ...links];
    let factor = this.#graph.constant(1);
    let linear: Linear | undefined;
    for (const { operator, operand } of factors) {
      const value = reading.value(operand);
      if (isVector(value) || value.im !== undefined) return nothing;
      if (!this.#depends(value.re!)) {
        factor = operator === "*" ? this.#graph.mul(factor, value.re!) : this.#graph.div(factor, value.re!);
      } else if (linear || operator === "/") return nothing;
      else linear = this.#linear(reading, operand);
    }
    if (!linear) return nothing;
    const times = (id: Id) => this.#graph.mul(factor, id);
    if (!this.#graph.varies(factor)) return this.#map(linear, times);
    // A coefficient that varies in front of an operator is not symmetric.
    const varying = sumOf(this.#graph, linear.uniform, linear.varying);
    return this.#map({ varying, operators: new Map() }, times);
  }

  /** The operator on a polynomial in the same operator. */
  #operate(reading: Reading, { operand, apply, key }: NonNullable<ReturnType<typeof laplacianOf>>): Linear {
    const { uniform, operators } = this.#linear(reading, operand);
    // Under other conditions it is another operator.
    const condition = this.#meaning.scope.conditionOf?.(reading.owner, key.split(" ")[0]!, "") ?? reading.owner;
    const name = `${key} ${condition}`;
    const same = operators.get(name);
    const kept = { uniform, operators: same === undefined ? new Map() : new Map([[name, same]]) };
    const value = this.#value(kept);
    return value === undefined ? nothing : { operators: new Map([[name, apply({ re: value }).re!]]) };
  }

  /** True where a value depends on an unknown. */
  #depends(id: Id): boolean {
    return liveOf(this.#graph, [id]).some((live) => {
      const entry = this.#graph.entry(live);
      return entry.op === "field" && this.#unknowns.includes(entry.name);
    });
  }
}

/** The error of an equation without an implicit part; to be thrown. */
export function noImplicitPart(meaning: Meaning, field: string, text: string, stepper: string): Error {
  const source = meaning.sourceOf(field, text);
  const expected = `a part that is linear in ${field} and symmetric, for the stepper ${stepper}`;
  return wrongText(source, 0, expected, "none", "Use laplace or div(k * grad(...)), or an explicit stepper.");
}
