/** Poisson's and Laplace's equations. */
import { expectKeys, expectNumber, expectOneOf, keysOf, show, wrong } from "../argument.js";
import { gridNumbers } from "../expression/text/space.js";
import { expectAlike, expectSameCall, named } from "../grid/alike.js";
import type { GridAxis } from "../grid/axis.js";
import { type AnyField, expectCells, Field } from "../grid/field.js";
import { Grid } from "../grid/grid.js";
import { sides } from "../grid/side.js";
import { findBlemish, wrongNumbers } from "./finite.js";
import type { Conditions, PdeBoundary } from "./programs/boundary.js";
import { Problem } from "./programs/problem.js";
import { present, State } from "./programs/state.js";
import { noiseFields } from "./sources/noise.js";
import { LinearSystem, rightSide } from "./steppers/linear.js";
import { Relaxation, wanted } from "./steppers/relaxation.js";

/** Options of `solvePoisson()` and `solveLaplace()`. */
export interface PoissonOptions {
  /** What lies beyond the sides of the grid. Default: periodic where the grid is, elsewhere `{ derivative: 0 }`. */
  readonly boundary?: PdeBoundary;
  /** The largest residual, as a share of the largest number on the right side. Default: 1e-10. */
  readonly tolerance?: number;
  /**
   * How: by conjugate gradients, `cg`, with two exact sums an iteration; or by `pseudo-transient` relaxation, damped
   * oscillations that exchange halos alone. Default: `cg`.
   */
  readonly method?: "cg" | "pseudo-transient";
}

/**
 * The field whose Laplacian is another one. Where no side has a value, the solution has the mean 0,
 * and so must the right side. **Collective.**
 *
 * ```js
 * const charge = grid.field((x) => Math.sin((2 * Math.PI * x) / 32));
 * const potential = await solvePoisson(charge); // laplace(potential) = charge
 * console.log(potential.max().toFixed(2)); // 25.90
 * ```
 * @throws UsageError
 */
export async function solvePoisson(rhs: Field, options: PoissonOptions = {}): Promise<Field> {
  const where = "solvePoisson";
  if (!(rhs instanceof Field)) {
    throw wrong(`${where}: "rhs"`, "a field of f64", show(rhs), "Make it with grid.field().");
  }
  expectAlike(rhs.grid.comm, () => named(where, { rhs }));
  rhs.expectInUse();
  if (rhs.dtype !== "f64") {
    throw wrong(`${where}: "rhs"`, "a field of f64", `one of ${rhs.dtype}`, "Make it with grid.field().");
  }
  expectCells(`${where}: "rhs"`, rhs);
  return elliptic(where, rhs.grid, rhs, options).field;
}

/**
 * The field without a Laplacian that fulfils the conditions. **Collective.**
 *
 * ```js
 * const plates = new Grid(comm, { shape: [64], bounds: [[0, 1]] });
 * const heat = await solveLaplace(plates, { boundary: { "x-": { value: 0 }, "x+": { value: 10 } } });
 * console.log(heat.max().toFixed(3)); // 9.922
 * ```
 * @throws UsageError
 */
export async function solveLaplace(grid: Grid, options: PoissonOptions = {}): Promise<Field> {
  const where = "solveLaplace";
  if (!(grid instanceof Grid)) throw wrong(`${where}: "grid"`, "a grid", show(grid), "Pass new Grid(comm, { shape }).");
  return elliptic(where, grid, undefined, options).field;
}

const keys = keysOf<PoissonOptions>({ boundary: true, tolerance: true, method: true });
const methods = ["cg", "pseudo-transient"] as const;

const advice = {
  sign: "conditions with which the Laplacian has one sign",
  other: 'Mend the factors of "mixed".',
  range: "Use another unit.",
  residual: ["a residual that gets small", 'Use method "pseudo-transient".'],
} as const;

/** The mean that rounding may leave of a right side, as a share of its greatest value: of a small rest of large numbers. */
const roundedMean = 1e-6;

/** The solution, and how many iterations it took. **Collective.** @throws UsageError */
export function elliptic(
  where: string,
  grid: Grid,
  rhs: Field | undefined,
  options: PoissonOptions,
): { readonly field: Field; readonly iterations: number } {
  expectSameCall(where, grid.comm, {}, options, keys);
  expectKeys(where, options, keys);
  const { boundary, tolerance = 1e-10, method = "cg" } = options;
  expectNumber(`${where}: "tolerance"`, tolerance, { least: 0, most: 1 }, "Leave it out for 1e-10.");
  expectOneOf(`${where}: "method"`, method, methods);
  const blemish = rhs && findBlemish(new Map([["rhs", rhs]]));
  if (blemish) throw wrongNumbers(`${where}: "rhs"`, blemish, "Give each cell a number.");
  const name = "u";
  const nothing = { constants: {}, parts: {}, complex: false, order: undefined };
  const problem = new Problem({ where, fields: { u: "real" }, boundary, owners: [name], ...nothing }, grid, "f64");
  const state = new State(problem.domain, [name]);
  const noise = noiseFields(problem.domain);
  let system: LinearSystem | undefined;
  let relaxation: Relaxation | undefined;
  try {
    const meaning = problem.meaning();
    const [laplace] = problem.read(meaning, name, "laplace(u)", "real");
    problem.checkConditions();
    const unit = unitOf(grid);
    const linear = meaning.graph.scale(laplace!, unit);
    const rates = { meaning, values: new Map([[name, linear]]), noiseOf: noise.fieldOf };
    system = new LinearSystem(problem, state, rates, name, linear, present);
    system.setOffset();
    const beyond = findBlemish(new Map([[name, state.field(LinearSystem.offset, name)]]));
    if (beyond) throw wrongNumbers(`${where}: "boundary"`, beyond, "Give each side a number.");
    if (!system.isSymmetric()) {
      throw wrong(`${where}: "boundary"`, "conditions that keep the operator symmetric", "others", "Use no curvature.");
    }
    const offset = state.field(LinearSystem.offset, name).interior();
    const interior = rhs?.interior().map((value) => unit * value);
    const right = offset.map((value, place) => value - (interior ? interior[place]! : 0));
    const target = state.field(rightSide, name);
    target.set(right);
    const conditions = problem.boundary.of(`${name}:laplace`);
    const isFixed = conditions.some((ends) => sides.some((side) => isFixing(ends[side].wall.kind)));
    const cells = grid.shape.reduce((product, n) => product * n, 1);
    const { domain } = problem;
    const meanOf = (values: AnyField) => {
      return grid.isBox ? values.sum() / cells : domain.integrate(values) / domain.numbers[gridNumbers.volume]!;
    };
    const wantedMean = isFixed ? 0 : -meanOf(target);
    const scale = Math.max(target.max(), -target.min());
    if (Math.abs(wantedMean) > roundedMean * scale) {
      const expected = "a right side of mean 0, with what the sides let in, as no side has a value";
      throw wrong(
        `${where}: "rhs"`,
        expected,
        `a mean of ${wantedMean / unit}`,
        "Subtract the mean, or give a side a value.",
      );
    }
    // No residual comes below a mean. One that is far below what it has to come to stays, and with it the bits of solutions.
    if (Math.abs(wantedMean) > 1e-3 * tolerance * scale)
      target.set(target.interior().map((value) => value + wantedMean));
    let iterations: number;
    if (method === "cg") iterations = system.solve(0, 1, tolerance, where, advice);
    else {
      relaxation = new Relaxation(problem, state, rates, name);
      state.field(wanted, name).set(interior ? interior.map((value) => value - wantedMean) : -wantedMean);
      const spectrum = { least: unit * slowest(grid, conditions), greatest: system.bound() };
      iterations = relaxation.solve(spectrum, tolerance * scale, where, advice);
    }
    const values = state.field(present, name);
    const mean = isFixed ? 0 : meanOf(values);
    return { field: grid.field(values.interior().map((value) => value - mean)), iterations };
  } finally {
    system?.free();
    relaxation?.free();
    state.free();
    noise.free();
    problem.free();
  }
}

/**
 * What both sides of the equation are multiplied by, a power of 2, so that no digit of them changes: about the square of the
 * longest cell where that is far from 1. Laplacians are then no smaller than the values that they are of; conjugate
 * gradients ask for those of residuals, which would have no digits left beside the values at sides.
 */
function unitOf({ axes }: Grid): number {
  let unit = 1;
  for (let length = Math.max(...axes.map(longest)); length >= 64; length /= 64) unit *= 64 ** 2;
  return unit;
}

/** The size of the longest cell of an axis. */
function longest({ faces, spacing }: GridAxis): number {
  return spacing ?? faces!.reduce((most, face, i) => (i === 0 ? most : Math.max(most, face - faces![i - 1]!)), 0);
}

const isFixing = (kind: string) => kind !== "periodic" && kind !== "derivative";

/** About the least eigenvalue of the negative Laplacian: that of the longest wave which conditions leave between walls. */
function slowest({ bounds, periodic }: Grid, conditions: Conditions): number {
  const square = (value: number) => value * value;
  const waves = bounds.map(([low, high]) => square(Math.PI / (high - low)));
  const held = conditions.map((ends) => sides.filter((side) => isFixing(ends[side].wall.kind)).length);
  const sum = waves.reduce((total, wave, axis) => total + wave * square(held[axis]! / 2), 0);
  return sum > 0 ? sum : Math.min(...waves.map((wave, axis) => (periodic[axis] ? 4 : 1) * wave));
}
