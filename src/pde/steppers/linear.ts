/** The linear part of a right side, and systems of linear equations with it. */

import { wrong } from "../../argument.js";
import { linearise } from "../../expression/derivative.js";
import { type Graph, type Id, liveOf } from "../../expression/graph.js";
import { volumeOf } from "../../expression/text/space.js";
import { indexOf, placeOf } from "../../grid/order.js";
import { findBlemish } from "../finite.js";
import type { Problem } from "../programs/problem.js";
import { type Rates, Stage, type StagePlan, type StageTerms } from "../programs/stage.js";
import type { State } from "../programs/state.js";
import { philox, unitOf } from "../sources/philox.js";

/** A part of a sum. */
export interface Summand {
  readonly id: Id;
  readonly sign: 1 | -1;
}

/** The two summands that a summand is of, or the one whose sign it changes; none where it is something else. */
export function partsOf(graph: Graph, { id, sign }: Summand): readonly Summand[] {
  const entry = graph.entry(id);
  const opposite = sign === 1 ? -1 : 1;
  if (entry.op === "neg") return [{ id: entry.a, sign: opposite }];
  if (entry.op !== "add" && entry.op !== "sub") return [];
  return [
    { id: entry.a, sign },
    { id: entry.b, sign: entry.op === "add" ? sign : opposite },
  ];
}

/** The summands of a summand, which are sums no more. */
export function summandsOf(graph: Graph, summand: Summand): readonly Summand[] {
  const parts = partsOf(graph, summand);
  return parts.length === 0 ? [summand] : parts.flatMap((part) => summandsOf(graph, part));
}

/** The value of summands. */
export function summed(graph: Graph, summands: readonly Summand[]): Id {
  const add = (total: Id, { id, sign }: Summand) => (sign === 1 ? graph.add(total, id) : graph.sub(total, id));
  return summands.reduce(add, graph.constant(0));
}

/** True for a value that is linear in one unknown, up to a constant, and of no other. @param names of all unknowns */
export function isLinear(graph: Graph, id: Id, axes: number, name: string, names: readonly string[]): boolean {
  const slopes = linearise(graph, id, axes, names);
  return (
    slopes.length > 0 &&
    slopes.every(({ field, node }) => field === name && !namesAny(graph, node, names)) &&
    !liveOf(graph, [id]).some((live) => ["reduce", "noise"].includes(graph.entry(live).op))
  );
}

function namesAny(graph: Graph, id: Id, names: readonly string[]): boolean {
  return liveOf(graph, [id]).some((live) => {
    const entry = graph.entry(live);
    return entry.op === "field" && names.includes(entry.name);
  });
}

/** The slots of a system. */
const [zero, offset, residual, direction, image] = ["zero", "offset", "r", "p", "q"];

/** What a system does with them. */
type Step = "offset" | "begin" | "apply" | "update" | "turn" | "test";

/** The slot of the right side. */
export const rightSide = "b";

/** What is said of equations that cannot be solved. */
export interface Advice {
  /** What the equations have to be like, to be positive definite. */
  readonly sign: string;
  /** What to do where they are not. */
  readonly other: string;
  /** What to do where numbers are too large or too small. */
  readonly range: string;
  /** What is expected where the residual stays above what rounding leaves, and what to do. */
  readonly residual: readonly [expected: string, todo: string];
}

const squares = "residuals whose squares are numbers of 64 bits";

const parameters = { sigma: "#sigma", kappa: "#kappa", alpha: "#alpha", beta: "#beta" } as const;

/**
 * Equations `sigma x - kappa (A(x) - A(0)) = b` for one unknown, with A the linear part of its rate, by conjugate
 * gradients, with the volumes of cells as weights. Sums are exact, so that all ranks and all splits take the same steps.
 */
export class LinearSystem {
  readonly #problem: Problem;
  readonly #state: State;
  readonly #name: string;
  readonly #slot: string;
  /** What makes each stage, when it is first run: where symmetry is all that is asked for, most are not. */
  readonly #plans: Readonly<Record<Step, StagePlan>>;
  readonly #make: (plan: StagePlan) => Stage;
  readonly #stages = new Map<Step, Stage>();
  /** The size of vectors that do not lose their digits beside A(0), where that is far larger than the image of one of size 1. */
  #length = 1;

  /** @param linear the linear part of the rate of the unknown @param slot of the solution */
  constructor(problem: Problem, state: State, rates: Rates, name: string, linear: Id, slot: string) {
    this.#problem = problem;
    this.#state = state;
    this.#name = name;
    this.#slot = slot;
    const system: Rates = { ...rates, values: new Map([[name, linear]]) };
    this.#make = (plan) => new Stage(problem, state, system, plan);
    /** `sigma v - kappa (A(v) - A(0))` of the slot that is read. */
    const imageOf = (read: string) => (terms: StageTerms) => {
      const { graph, at, rate, number } = terms;
      const moved = graph.mul(number(parameters.kappa), graph.sub(rate, at(offset!)));
      return graph.sub(graph.mul(number(parameters.sigma), at(read)), moved);
    };
    const { grid, axes } = problem.domain;
    /** A product of two vectors in a cell, with its volume as weight where volumes differ. */
    const weighted = (graph: Graph, a: Id, b: Id) => {
      const product = graph.mul(a, b);
      return grid.isBox ? product : graph.mul(product, volumeOf(graph, axes));
    };
    /** What A(0) and another vector have in common at most. */
    const added =
      (other: string) =>
      ({ graph, at }: StageTerms) =>
        graph.unary("abs", weighted(graph, at(other), at(offset!)));
    const size =
      (slot: string) =>
      ({ graph, at }: StageTerms) =>
        graph.unary("abs", at(slot));
    const first = (terms: StageTerms) => terms.graph.sub(terms.at(rightSide), imageOf(slot)(terms));
    const moved = (slot: string, by: string, sign: 1 | -1) => (terms: StageTerms) => {
      const { graph, at, number } = terms;
      const step = graph.mul(number(parameters.alpha), at(by));
      return sign === 1 ? graph.add(at(slot), step) : graph.sub(at(slot), step);
    };
    const next = moved(residual!, image!, -1);
    const product = (other: string, read: string) => (terms: StageTerms) =>
      weighted(terms.graph, terms.at(other), imageOf(read)(terms));
    this.#plans = {
      offset: { read: zero!, stores: { [offset!]: ({ rate }) => rate } },
      begin: {
        read: slot,
        stores: { [residual!]: first, [direction!]: first },
        reductions: [
          { name: "#rr", operation: "sum", of: (terms) => weighted(terms.graph, first(terms), first(terms)) },
          { name: "#size", operation: "max", of: (terms) => terms.graph.unary("abs", first(terms)) },
          { name: "#scale", operation: "max", of: size(rightSide) },
        ],
      },
      apply: {
        read: direction!,
        stores: { [image!]: imageOf(direction!) },
        reductions: [{ name: "#pq", operation: "sum", of: product(direction!, direction!) }],
      },
      update: {
        read: slot,
        stores: { [slot]: moved(slot, direction!, 1), [residual!]: next },
        reductions: [
          { name: "#rr", operation: "sum", of: (terms) => weighted(terms.graph, next(terms), next(terms)) },
          { name: "#size", operation: "max", of: (terms) => terms.graph.unary("abs", next(terms)) },
        ],
      },
      turn: {
        read: direction!,
        stores: {
          [direction!]: ({ graph, at, number }) =>
            graph.add(at(residual!), graph.mul(number(parameters.beta), at(direction!))),
        },
      },
      test: {
        read: direction!,
        stores: { [image!]: imageOf(direction!) },
        reductions: [
          { name: "#wLv", operation: "sum", of: product(residual!, direction!) },
          { name: "#vLv", operation: "sum", of: product(direction!, direction!) },
          { name: "#added", operation: "sum", of: added(residual!) },
        ],
      },
    };
  }

  #stage(step: Step): Stage {
    const known = this.#stages.get(step);
    if (known) return known;
    const made = this.#make(this.#plans[step]);
    this.#stages.set(step, made);
    return made;
  }

  /** Computes A(0) at the time of the problem. **Collective.** */
  setOffset(): void {
    this.#stage("offset").run();
  }

  /** The slot with A(0). */
  static readonly offset = offset!;

  /** True where A is symmetric, as far as two random vectors can tell; A(0) has to be set. **Collective.** */
  isSymmetric(): boolean {
    const { difference, size } = this.#asymmetry();
    return difference <= 1e-9 * size;
  }

  /** True where A is not symmetric; false for what is no number. A(0) has to be set. **Collective.** */
  isAsymmetric(): boolean {
    const { difference, size } = this.#asymmetry();
    return difference > 1e-9 * size;
  }

  #asymmetry(): { readonly difference: number; readonly size: number } {
    this.#set(0, 1);
    const test = this.#stage("test");
    const run = (v: number, w: number) => {
      this.#random(direction!, v);
      this.#random(residual!, w);
      test.run();
    };
    this.#length = 1;
    run(1, 2);
    while (test.number("#added") > 2 ** 20 * Math.abs(test.number("#vLv")) && this.#length < 2 ** 480) {
      this.#length *= 2 ** 20;
      run(1, 2);
    }
    const [first, size] = [test.number("#wLv"), Math.abs(test.number("#vLv"))];
    run(2, 1);
    return { difference: Math.abs(first - test.number("#wLv")), size };
  }

  /** The greatest absolute value in a slot. **Collective.** */
  #greatest(slot: string): number {
    const field = this.#state.field(slot, this.#name);
    return Math.max(field.max(), -field.min());
  }

  /**
   * A bound of the eigenvalues of `A(0) - A`, for operators whose weights of neighbours have one sign: the largest sum of
   * the weights of a cell without their signs, found with vectors whose sign changes from cell to cell; it has to be known
   * whether A is symmetric. **Collective.**
   */
  bound(): number {
    this.#set(0, 1);
    const { grid } = this.#problem.domain;
    // Where an axis wraps around with an odd number of cells, two neighbours have one sign: now here, now there.
    const turns = Array.from({ length: 2 ** grid.shape.length }, (_, n) =>
      grid.shape.map((_, axis) => (n >> axis) & 1),
    );
    return turns.reduce((largest, turn) => {
      const signs = this.#cells((index) => {
        const flips = index.reduce((sum, i, axis) => sum + i + (2 * i >= grid.shape[axis]! ? turn[axis]! : 0), 0);
        return flips % 2 === 0 ? this.#length : -this.#length;
      });
      this.#state.field(direction!, this.#name).set(signs);
      this.#stage("apply").run();
      return Math.max(largest, this.#greatest(image!) / this.#length);
    }, 0);
  }

  #set(sigma: number, kappa: number): void {
    this.#problem.numbers[parameters.sigma] = sigma;
    this.#problem.numbers[parameters.kappa] = kappa;
  }

  #random(slot: string, key: number): void {
    const { shape } = this.#problem.domain.grid;
    const counter = new Uint32Array(4);
    const open = this.#problem.openField?.interior();
    const values = this.#cells((cell, place) => {
      if (open?.[place] === 0) return 0;
      const index = placeOf(shape, cell);
      counter.set([index % 2 ** 32, Math.floor(index / 2 ** 32), 0, 0]);
      philox(counter, key, 0);
      return this.#length * (unitOf(counter[0]!, counter[1]!) - 0.5);
    });
    this.#state.field(slot, this.#name).set(values);
  }

  /** A value for each cell of the block, by its index in the whole grid. */
  #cells(compute: (index: readonly number[], place: number) => number): Float64Array {
    const { start, blockShape } = this.#problem.domain.grid;
    const index = [...start];
    const values = new Float64Array(blockShape.reduce((product, n) => product * n, 1));
    for (let place = 0; place < values.length; place++) {
      indexOf(blockShape, place, index);
      for (let axis = 0; axis < index.length; axis++) index[axis] = index[axis]! + start[axis]!;
      values[place] = compute(index, place);
    }
    return values;
  }

  /**
   * Solves for the right side in its slot; the slot of the solution holds where to start. **Collective.**
   * @returns how many iterations it took
   * @throws UsageError where the equations are not positive definite, and where the residual is not finite
   */
  solve(sigma: number, kappa: number, tolerance: number, where: string, advice: Advice): number {
    const { numbers } = this.#problem;
    this.#set(sigma, kappa);
    const [begin, apply] = [this.#stage("begin"), this.#stage("apply")];
    const [update, turn] = [this.#stage("update"), this.#stage("turn")];
    begin.run();
    let rr = begin.number("#rr");
    this.#expectFinite(where, rr, advice);
    const scale = begin.number("#scale");
    // Far below the rounding of the first residual, what the updates make of it goes to 0 all the same.
    const enough = Math.max(tolerance, 1e-20) * scale;
    let size = begin.number("#size");
    const { shape } = this.#problem.domain.grid;
    const most = 10 * shape.reduce((product, n) => product * n, 1) + 1000;
    let iterations = 0;
    // Where rounding is all that is left, the residual does not get smaller any more. Before, it is halved in fewer
    // iterations than there are cells along the axes together.
    const rounding = 1e-10 * scale;
    const patience = 200 + 10 * shape.reduce((sum, n) => sum + n, 0);
    let half = size / 2;
    let since = 0;
    let greatest = 0;
    while (size > enough && since < (half < rounding ? 200 : patience)) {
      apply.run();
      const pq = apply.number("#pq");
      this.#expectFinite(where, pq, advice);
      if (!(pq > 0)) {
        if (half <= Math.max(1e3 * enough, rounding)) break;
        if (rr > 0) throw wrong(where, advice.sign, `others (${pq})`, advice.other);
        throw wrong(where, squares, "smaller ones", advice.range);
      }
      numbers[parameters.alpha] = rr / pq;
      // The greatest eigenvalue of a symmetric A is none below these.
      greatest = Math.max(greatest, pq / rr);
      update.run();
      const next = update.number("#rr");
      this.#expectFinite(where, next, advice);
      size = update.number("#size");
      numbers[parameters.beta] = next / rr;
      rr = next;
      turn.run();
      since = size < half ? 0 : since + 1;
      if (since === 0) half = size / 2;
      if (++iterations > most) throw wrong(where, "an end of iterations", `${most} of them`, "Use a larger tolerance.");
    }
    if (size > Math.max(enough, rounding)) this.#expectRounded(size, greatest, where, advice);
    return iterations;
  }

  /**
   * Checks that a residual is what rounding leaves of the terms of the equations: that of conjugate gradients stays above
   * where the matrix is not symmetric, or rounded too much itself. **Collective.** @throws UsageError
   */
  #expectRounded(residual: number, greatest: number, where: string, advice: Advice): void {
    if (residual <= 1e-10 * greatest * this.#greatest(this.#slot)) return;
    const [expected, todo] = advice.residual;
    throw wrong(where, expected, `one of ${residual}`, todo);
  }

  /** A maximum passes over NaN, a sum does not. **Collective.** @throws UsageError for a sum of squares that is not finite */
  #expectFinite(where: string, sum: number, { range }: Advice): void {
    if (Number.isFinite(sum)) return;
    const blemish = findBlemish(new Map([[this.#name, this.#state.field(rightSide, this.#name)]]));
    if (!blemish) throw wrong(where, squares, "larger ones", range);
    const { name, value, cell } = blemish;
    throw wrong(where, "finite numbers", `${value} on the right side of ${name} in cell [${cell.join(", ")}]`, range);
  }

  /** **Local.** */
  free(): void {
    for (const stage of this.#stages.values()) stage.free();
  }
}
