/**
 * What kernels of stencils are written with, for `grid.kernel()`: one function that is called for one cell after another,
 * in any order.
 *
 *     import { Cells } from "stencil";
 *     export function heat(u: Cells<f64>, next: Cells<f64>, k: f64): void {
 *       next.set(u.at(0, 0) + k * (u.at(1, 0) + u.at(-1, 0) + u.at(0, 1) + u.at(0, -1) - 4 * u.at(0, 0)));
 *     }
 *
 * The functions here are marks, see `src/jit/passes/stencil.ts`: calls become loads and stores at fixed distances from the
 * cell. What the bodies below compute is never run.
 */

/** The cells of a field around the cell that the kernel is called for. T is f64, f32 or i32. */
// @ts-ignore: decorator
@unmanaged
export class Cells<T> {
  /** Cells are arguments of a kernel alone. */
  private constructor() {}

  /** The value at constant offsets from the cell, one an axis; the largest number is one that is left out. */
  at(i: i32, j: i32 = 0x7fffffff, k: i32 = 0x7fffffff): T {
    return load<T>(changetype<usize>(this) + i + j + k);
  }

  /** Sets the value of the cell itself. A field that is set is read at offsets 0 only. */
  set(value: T): void {
    store<T>(changetype<usize>(this), value);
  }
}

/** The index of the cell along an axis, a constant, in the whole grid. */
export function i(axis: i32): i32 {
  return axis;
}

/** The coordinate of the centre of the cell along an axis, a constant. */
export function x(axis: i32): f64 {
  return axis;
}
