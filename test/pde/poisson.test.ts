/** Poisson's and Laplace's equations on many cells. */
import { describe, expect, it } from "vitest";
import { evaluate, type Field, Grid, type PdeBoundary, solvePoisson } from "../../src/index.js";
import { solo } from "../harness/run.js";

const comm = solo();
/** A box with cells of size 1/n, and a right side of mean 0 on it. */
function boxOf(lengths: readonly number[], n: number, periodic = false): { readonly grid: Grid; readonly rhs: Field } {
  const shape = lengths.map((length) => Math.round(length * n));
  const grid = new Grid(comm, { shape, bounds: lengths.map((length) => [0, length] as const), periodic });
  const rhs = grid.field((x, y) => Math.exp(-50 * ((x - 0.3) ** 2 + (y - 0.4) ** 2)));
  const mean = rhs.sum() / rhs.interior().length;
  rhs.set(rhs.interior().map((value) => value - mean));
  return { grid, rhs };
}

/** Boxes by the waves that their conditions leave: lengths along the axes, conditions, whether the axes are periodic. */
const boxes: [string, readonly number[], PdeBoundary, boolean][] = [
  ["values", [1, 1], { value: 0.1 }, false],
  ["one value", [1, 1], { "x-": { value: "y" } }, false],
  ["no value", [1, 1], {}, false],
  ["a long box", [3, 1], { y: { value: 0 } }, false],
  ["mixed sides", [1, 1], { x: { mixed: 0.1, const: 1 } }, false],
  ["a side that pushes", [1, 1], { "x-": { mixed: -0.5 }, "x+": { value: 0 } }, false],
  ["a ring", [1, 1], {}, true],
  ["an antiperiodic ring", [1, 1], { x: "antiperiodic" }, true],
  ["one axis", [1], { "x+": { value: 1 } }, false],
  ["three axes", [0.5, 0.4, 0.3], { z: { value: 0 } }, false],
];

describe("conjugate gradients", () => {
  it.each(boxes)("leaves no residual above the tolerance: %s", async (_, lengths, boundary, periodic) => {
    // An odd number of cells: where the axis wraps around, two cells of one colour meet.
    const { grid, rhs } = boxOf(lengths, lengths.length === 3 ? 30 : 81, periodic);
    const tolerance = 1e-9;
    const u = await solvePoisson(rhs, { boundary, tolerance });
    const back = (await evaluate("laplace(u)", { grid, fields: { u }, boundary })) as Field;
    const wanted = rhs.interior();
    const residual = Math.max(...back.interior().map((value, i) => Math.abs(value - wanted[i]!)));
    const nothing = (await evaluate("laplace(0*x)", { grid, boundary })) as Field;
    const right = nothing.interior().map((value, i) => Math.abs(value - wanted[i]!));
    // Taking the mean away rounds once more.
    const rounding = 16 * grid.spacing.length * Number.EPSILON * Math.max(u.max(), -u.min());
    const scale = Math.max(...grid.spacing.map((dx) => dx ** -2));
    expect(residual).toBeLessThanOrEqual(tolerance * Math.max(...right) + rounding * scale);
  });
});
