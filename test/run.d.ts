import type { MpdataOptions } from "../src/advection/options.js";
import type { FieldValue } from "../src/grid/field.js";
import { type GridOptions } from "../src/grid/grid.js";
import { type Comm } from "../src/mpi/index.js";
/** The world of one rank without an MPI library. */
export declare const solo: () => Comm;
/** The interior after some steps. */
export declare function run(
  grid: GridOptions,
  psi: FieldValue,
  steps: number,
  options: Omit<MpdataOptions, "psi">,
): Float64Array;
export declare function maxDifference(a: Float64Array, b: ArrayLike<number>): number;
/** The greatest magnitude. */
export declare function greatest(values: Float64Array): number;
/** The root of the mean of the squared differences. */
export declare function rms(a: Float64Array, b: Float64Array): number;
