/**
 * wasm-mpi in a browser: grids, MPDATA and equations from text, in a world of one rank or of workers, without MPI libraries
 * and files.
 *
 * ```js
 * import { Grid, Mpdata, mpi } from "wasm-mpi/browser";
 * const grid = new Grid(mpi.init(), { shape: [64, 64], periodic: true });
 * const psi = grid.field((x, y) => Math.exp(-((x - 32) ** 2 + (y - 32) ** 2) / 50));
 * new Mpdata({ psi, courant: [0.3, 0.2] }).advance(10);
 * psi.digest();
 * ```
 */
import { abort, finalize, init, isInitialized, wtime } from "../mpi/job.js";

export type { FlowValue, Stream } from "../advection/flow.js";
export { Mpdata } from "../advection/mpdata.js";
export type { MpdataOptions } from "../advection/options.js";
export type { Rates, Source } from "../advection/source.js";
export type { Boundary, Condition, CourantBoundary, GBoundary } from "../advection/walls/condition.js";
export { CompileError, KernelError, LibraryError, MpiError, UsageError } from "../errors.js";
export type { Coordinates, Faces } from "../grid/axis.js";
export type { Field, FieldValue, Place } from "../grid/field.js";
export { Grid, type GridOptions } from "../grid/grid.js";
export type { Halo, HaloOptions } from "../grid/halo.js";
export type { Kernel, KernelBoundary, KernelOptions, KernelValues, RunOptions } from "../grid/kernel/kernel.js";
export type { Comm } from "../mpi/comm/comm.js";
export type { Advection } from "../pde/advection.js";
export { type EvaluateOptions, evaluate } from "../pde/evaluate.js";
export type { Mask } from "../pde/mask.js";
export type { Flow, Initial, PdeOptions, Solution, SolveOptions } from "../pde/options.js";
export { Pde } from "../pde/pde.js";
export { type PoissonOptions, solveLaplace, solvePoisson } from "../pde/poisson.js";
export type { PdeBoundary, PdeCondition } from "../pde/programs/boundary.js";
export type { Constant, PdeField } from "../pde/programs/problem.js";
export type { PointSource } from "../pde/sources/points.js";
export type { StepperName } from "../pde/steppers/name.js";
export { type ConservationOptions, conservation } from "../pde/trackers/conservation.js";
export { type DataOptions, data } from "../pde/trackers/data.js";
export { type Frame, frames } from "../pde/trackers/frames.js";
export { type ProbeOptions, probe } from "../pde/trackers/probe.js";
export { callback, consistency, type SteadyStateOptions, steadyState } from "../pde/trackers/simple.js";
export type { Row } from "../pde/trackers/table.js";
export type { Moment, Tracker } from "../pde/trackers/tracker.js";
export type { Every, Interval } from "../pde/trackers/when.js";
export { type HeapArrays, heap } from "../wasm/heap.js";
export { joinWorld, newWorld } from "./job.js";

/**
 * The world, which has one rank, or those that {@link joinWorld} has made of workers.
 *
 * ```js
 * const comm = mpi.init();
 * console.log(comm.size); // 1
 * ```
 */
export const mpi = {
  init,
  finalize,
  abort,
  wtime,
  /** True between `init()` and `finalize()`. */
  get initialized(): boolean {
    return isInitialized();
  },
} as const;
