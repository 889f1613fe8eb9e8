/** Poisson's and Laplace's equations. */
import { expectKeys, expectNumber, show, wrong } from "../argument.js";
import { Field } from "../grid/field.js";
import { Grid } from "../grid/grid.js";
import { sides } from "../grid/side.js";
import { expectSameCall } from "./alike.js";
import { findBlemish, wrongNumbers } from "./finite.js";
import type { PdeBoundary } from "./programs/boundary.js";
import { Problem } from "./programs/problem.js";
import { present, State } from "./programs/state.js";
import { noiseFields } from "./sources/noise.js";
import { LinearSystem, rightSide } from "./steppers/linear.js";

/** Options of `solvePoisson()` and `solveLaplace()`. */
export interface PoissonOptions {
  /** What lies beyond the sides of the grid. Default: periodic where the grid is, elsewhere `{ derivative: 0 }`. */
  readonly boundary?: PdeBoundary;
  /** The largest residual, as a share of the largest number on the right side. Default: 1e-10. */
  readonly tolerance?: number;
}

/**
 * The field whose Laplacian is another one, by conjugate gradients. Where no side has a value, the solution has the mean 0,
 * and so must the right side. **Collective.**
 * @throws UsageError
 */
export async function solvePoisson(rhs: Field, options: PoissonOptions = {}): Promise<Field> {
  const where = "solvePoisson";
  if (!(rhs instanceof Field) || rhs.dtype !== "f64") {
    throw wrong(`${where}: "rhs"`, "a field of f64", show(rhs), "Make it with grid.field().");
  }
  return elliptic(where, rhs.grid, rhs, options);
}

/** The field without a Laplacian that fulfils the conditions. **Collective.** @throws UsageError */
export async function solveLaplace(grid: Grid, options: PoissonOptions = {}): Promise<Field> {
  const where = "solveLaplace";
  if (!(grid instanceof Grid)) throw wrong(`${where}: "grid"`, "a grid", show(grid), "Pass new Grid(comm, { shape }).");
  return elliptic(where, grid, undefined, options);
}

const keys = ["boundary", "tolerance"];

function elliptic(where: string, grid: Grid, rhs: Field | undefined, options: PoissonOptions): Field {
  expectSameCall(where, grid.comm, {}, options, keys);
  expectKeys(where, options, keys);
  const { boundary, tolerance = 1e-10 } = options;
  expectNumber(`${where}: "tolerance"`, tolerance, { least: 0, most: 1 }, "Leave it out for 1e-10.");
  const blemish = rhs && findBlemish(new Map([["rhs", rhs]]));
  if (blemish) throw wrongNumbers(`${where}: "rhs"`, blemish, "Give each cell a number.");
  const name = "u";
  const nothing = { constants: {}, parts: {}, complex: false, order: undefined };
  const problem = new Problem({ where, fields: { u: "real" }, boundary, owners: [name], ...nothing }, grid, "f64");
  const state = new State(problem.domain, [name]);
  const noise = noiseFields(problem.domain);
  let system: LinearSystem | undefined;
  try {
    const meaning = problem.meaning();
    const [laplace] = problem.read(meaning, name, "laplace(u)", "real");
    problem.checkConditions();
    const rates = { meaning, values: new Map([[name, laplace!]]), noiseOf: noise.fieldOf };
    system = new LinearSystem(problem, state, rates, name, laplace!, present);
    system.setOffset();
    const beyond = findBlemish(new Map([[name, state.field(LinearSystem.offset, name)]]));
    if (beyond) throw wrongNumbers(`${where}: "boundary"`, beyond, "Give each side a number.");
    if (!system.isSymmetric()) {
      throw wrong(`${where}: "boundary"`, "conditions that keep the operator symmetric", "others", "Use no curvature.");
    }
    system.setOffset();
    const offset = state.field(LinearSystem.offset, name).interior();
    const given = rhs?.interior();
    const right = offset.map((value, place) => value - (given ? given[place]! : 0));
    const target = state.field(rightSide, name);
    target.set(right);
    const isFixed = problem.boundary
      .of(`${name}:laplace`)
      .some((ends) => sides.some((side) => !["periodic", "derivative"].includes(ends[side].wall.kind)));
    const cells = grid.shape.reduce((product, n) => product * n, 1);
    if (!isFixed) {
      const mean = -target.sum() / cells;
      const scale = Math.max(target.max(), -target.min());
      if (Math.abs(mean) > 1e-10 * Math.max(1, scale)) {
        const expected = "a right side of mean 0, with what the sides let in, as no side has a value";
        throw wrong(`${where}: "rhs"`, expected, `a mean of ${mean}`, "Subtract the mean, or give a side a value.");
      }
    }
    system.solve(0, 1, tolerance, where, {
      sign: "conditions with which the Laplacian has one sign",
      other: 'Mend the factors of "mixed".',
      range: "Use another unit.",
    });
    const values = state.field(present, name);
    const mean = isFixed ? 0 : values.sum() / cells;
    return grid.field(values.interior().map((value) => value - mean));
  } finally {
    system?.free();
    state.free();
    noise.free();
    problem.free();
  }
}
