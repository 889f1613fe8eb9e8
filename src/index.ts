/**
 * wasm-mpi: MPI on the memory of WebAssembly kernels, and distributed MPDATA advection on top of it.
 * Importing it loads neither an MPI library nor a kernel; `mpi.init()` and the first grid do.
 */

export type { FlowValue, Stream } from "./advection/flow.js";
export { Mpdata } from "./advection/mpdata.js";
export type { MpdataOptions } from "./advection/options.js";
export type { ResumedState } from "./advection/resume.js";
export type { Rates, Source } from "./advection/source.js";
export type { Boundary, Condition, CourantBoundary, GBoundary } from "./advection/walls/condition.js";
export { CompileError, FileError, KernelError } from "./errors.js";
export type { Coordinates, Faces } from "./grid/axis.js";
export type { Field, FieldValue, Place } from "./grid/field.js";
export { Grid, type GridOptions } from "./grid/grid.js";
export type { Halo, HaloOptions } from "./grid/halo.js";
export type { ReadOptions } from "./grid/input.js";
export type { Kernel, KernelBoundary, KernelOptions, KernelValues, RunOptions } from "./grid/kernel/kernel.js";
export type { AppendOptions, OutputOptions } from "./io/options.js";
export { Output } from "./io/output.js";
export type { SnapshotReader } from "./io/reader.js";
export type { Variable } from "./io/snapshot.js";
export type { Backend } from "./io/store.js";
export { type LoadOptions, loadModule } from "./jit/build.js";
export { type JitOptions, type Jitted, jit } from "./jit/jit.js";
export type { Imports } from "./jit/link.js";
export type { Files } from "./jit/sources.js";
export * from "./mpi/index.js";
export type { Advection } from "./pde/advection.js";
export { type EvaluateOptions, evaluate } from "./pde/evaluate.js";
export type { Mask } from "./pde/mask.js";
export type { Flow, Initial, PdeOptions, Solution, SolveOptions } from "./pde/options.js";
export { Pde } from "./pde/pde.js";
export { type PoissonOptions, solveLaplace, solvePoisson } from "./pde/poisson.js";
export type { PdeBoundary, PdeCondition } from "./pde/programs/boundary.js";
export type { Constant, PdeField } from "./pde/programs/problem.js";
export type { PointSource } from "./pde/sources/points.js";
export type { StepperName } from "./pde/steppers/name.js";
export { type ConservationOptions, conservation } from "./pde/trackers/conservation.js";
export { type DataOptions, data } from "./pde/trackers/data.js";
export { type Frame, frames } from "./pde/trackers/frames.js";
export { type MovieOptions, movie } from "./pde/trackers/movie.js";
export { type KymographOptions, kymograph, type PictureOptions, picture } from "./pde/trackers/picture.js";
export { type ProbeOptions, probe } from "./pde/trackers/probe.js";
export {
  callback,
  consistency,
  print,
  progress,
  type SteadyStateOptions,
  steadyState,
} from "./pde/trackers/simple.js";
export { type StorageOptions, storage } from "./pde/trackers/storage.js";
export type { Row } from "./pde/trackers/table.js";
export type { Moment, Tracker } from "./pde/trackers/tracker.js";
export type { Every, Interval } from "./pde/trackers/when.js";
export { type Panel, type PlotOptions, plot } from "./plot/index.js";
export { type HeapArrays, heap } from "./wasm/heap.js";
