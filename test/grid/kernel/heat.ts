/** The grid of the tests of kernels, and the source of one. */
import { Grid, mpi } from "../../../src/index.js";

export const grid: Grid = new Grid(mpi.init(), {
  shape: [6, 5],
  bounds: [
    [0, 3],
    [1, 2],
  ],
  halo: 2,
});

/** The first line of a source. */
export const head = 'import { Cells, i, x } from "stencil";\n';

/** A step of heat conduction on two axes. */
export const heat = `${head}export function heat(u: Cells<f64>, next: Cells<f64>, k: f64): void {
  next.set(u.at(0, 0) + k * (u.at(1, 0) + u.at(-1, 0) + u.at(0, 1) + u.at(0, -1) - 4 * u.at(0, 0)));
}`;
