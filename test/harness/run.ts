/** Advection on one rank in this process, and how fields are compared. */
import { Mpdata } from "../../src/advection/mpdata.js";
import type { FlowOptions, SchemeOptions } from "../../src/advection/options.js";
import type { Field, FieldValue, Float } from "../../src/grid/field.js";
import { Grid, type GridOptions } from "../../src/grid/grid.js";
import { type Comm, mpi } from "../../src/mpi/index.js";

/** Options of a solver but its fields and its flow. */
export type Switches<D extends Float = "f64"> = Omit<SchemeOptions<D>, "psi">;

/** All options of a solver but its fields. */
export type Settings<D extends Float = "f64"> = Switches<D> & FlowOptions;

/** The world of one rank without an MPI library. */
export const solo = (): Comm => mpi.init({ library: "solo" });

/** A solver on a new grid, with its field. */
export function solverOf(
  grid: GridOptions,
  psi: FieldValue,
  options: Settings,
): { readonly solver: Mpdata; readonly field: Field; readonly grid: Grid } {
  const field = new Grid(solo(), grid).field(psi);
  return { solver: new Mpdata({ psi: field, ...options }), field, grid: field.grid };
}

/** The interior after some steps; that of an f32 field as f64 values. */
export function run(
  grid: GridOptions,
  psi: FieldValue,
  steps: number,
  options: Settings<Float>,
  dtype: Float = "f64",
): Float64Array {
  const field = new Grid(solo(), grid).field(psi, { dtype });
  const solver = new Mpdata({ psi: field, ...options });
  solver.advance(steps);
  const result = Float64Array.from(field.interior());
  solver.free();
  field.free();
  return result;
}

export function maxDifference(a: Float64Array, b: ArrayLike<number>): number {
  return a.reduce((most, value, place) => Math.max(most, Math.abs(value - b[place]!)), 0);
}

/** The greatest magnitude. */
export function greatest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** The root of the mean of the squared differences. */
export function rms(a: Float64Array, b: Float64Array): number {
  return Math.sqrt(a.reduce((sum, value, place) => sum + (value - b[place]!) ** 2, 0) / a.length);
}
