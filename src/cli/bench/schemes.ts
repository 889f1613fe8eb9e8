/** What `wasm-mpi bench advection` times on the ranks of a job: steps of MPDATA. bench/mpdata.c and bench/mpdata.mjs do the same. */
import { Mpdata } from "../../advection/mpdata.js";
import { haloFor } from "../../advection/options.js";
import { namedSchemes, type SchemeName } from "../../advection/schemes.js";
import { chooseSplit } from "../../grid/decompose.js";
import { Grid } from "../../grid/grid.js";
import { Halo } from "../../grid/halo.js";
import { type Comm, mpi } from "../../mpi/index.js";
import { repeats } from "./messages.js";
import { type Case, cellsOf, type Measured, type Workload } from "./workload.js";

/** Rough nanoseconds a cell and step of each scheme on two axes. */
const costs: Readonly<Record<SchemeName, number>> = {
  upwind: 1.2,
  basic: 5,
  fct: 11,
  "third-order": 28,
  "gauge-fct": 20,
};

const optionsOf = ({ name, shape }: Case) => namedSchemes(shape.length)[name as SchemeName];

/** Rough nanoseconds of a step: measured ones would differ from job to job. */
function costOf(timed: Case): number {
  return 3e3 + cellsOf(timed) * costs[timed.name as SchemeName] * [0.5, 1, 3][timed.shape.length - 1]!;
}

/**
 * Steps of a repeat for some 10 ms: on a busy machine a short repeat is more likely to have a core for itself. An even number of
 * one pass, whose steps are taken by twos in long runs.
 */
function stepsOf(timed: Case): number {
  const steps = Math.max(1, Math.round(10e6 / costOf(timed)));
  return timed.name === "upwind" ? 2 * Math.ceil(steps / 2) : steps;
}

/** Steps that do not count, in which the engine compiles: some 100 ms of them. */
const untimedOf = (timed: Case) => Math.max(2, Math.min(200, Math.round(100e6 / costOf(timed))));

const wraps = ({ shape }: Case) => shape.map(() => true);

export const haloOf = (timed: Case, ranks: number) =>
  haloFor(optionsOf(timed), timed.shape, { ranks, periodic: wraps(timed) });

/** A wave along each axis, for the first, the last and the middle one. */
export function initialOf(shape: readonly number[]): (x: number, y: number, z: number) => number {
  const waves = shape.map((n) => (place: number) => (2 * Math.PI * place) / n);
  if (shape.length === 1) return (x) => 2 + 0.5 * Math.sin(waves[0]!(x));
  if (shape.length === 2) return (x, y) => 2 + 0.5 * Math.sin(waves[1]!(y)) + 0.3 * Math.cos(waves[0]!(x));
  return (x, y, z) => 2 + 0.5 * Math.sin(waves[2]!(z)) + 0.3 * Math.cos(waves[0]!(x)) + 0.2 * Math.sin(waves[1]!(y));
}

/** A flow along each axis that differs along the next one, free of divergence. */
export function flowOf(shape: readonly number[]): ((x: number, y: number, z: number) => number)[] {
  const axes = shape.length;
  if (axes === 1) return [() => 0.25];
  return shape.map((_, axis) => {
    const next = (axis + 1) % axes;
    const turn = (2 * Math.PI) / shape[next]!;
    return (...place) => 0.15 + 0.1 * Math.sin(turn * place[next]!);
  });
}

function measure(comm: Comm, timed: Case, threads: number): Measured {
  const { shape } = timed;
  const grid = new Grid(comm, { shape, periodic: true, halo: haloOf(timed, comm.size), threads });
  const psi = grid.field(initialOf(shape));
  const solver = new Mpdata({ psi, courant: flowOf(shape), ...optionsOf(timed) });
  solver.advance(untimedOf(timed));
  const steps = stepsOf(timed);
  const seconds: number[] = [];
  const before = [Halo.exchanges, Halo.layers] as const;
  for (let repeat = 0; repeat < repeats; repeat++) {
    comm.barrier();
    const begin = mpi.wtime();
    solver.advance(steps);
    comm.barrier();
    seconds.push((mpi.wtime() - begin) / steps);
  }
  const [exchanges, layers] = [Halo.exchanges, Halo.layers].map((count, i) => (count - before[i]!) / (steps * repeats));
  const traffic = { exchanges: exchanges!, layers: layers!, halo: grid.haloWidth };
  const squares = psi.interior().reduce((sum, value) => sum + value * value, 0);
  const meanSquare = comm.allreduce(squares) / cellsOf(timed);
  const result = { digest: psi.digest(), meanSquare };
  solver.free();
  psi.free();
  grid.free();
  return { seconds, result, traffic };
}

/** Steps of MPDATA, the flow as a field. */
export const advection: Workload = {
  what: "advection",
  about: "steps of MPDATA, the flow as a field, f64, periodic",
  step: "step",
  noun: "scheme",
  names: Object.keys(costs),
  usualSizes: "256,1024,64x64x64",
  example: "65536x1,512,64x64x64",
  sides: 2,
  hasThreads: true,
  isApart: true,
  peers: ["sse", "avx2", "native", "javascript"],
  source: "mpdata.c",
  remark: "one sweep a pass",
  // The flow and two sets of velocities, psi three times, two ratios, the limited velocity.
  cellBytes: ({ shape }) => 8 * (5 + 4 * shape.length),
  moved: 2 * 8,
  movedOf: "the field, read and written once a step",
  stepsOf,
  argsOf: (timed) => {
    const { name, shape } = timed;
    return [name, ...[optionsOf(timed).iterations, shape, untimedOf(timed), stepsOf(timed)].map(String)];
  },
  checkBlocks: (timed, ranks) => {
    chooseSplit(timed.shape, ranks, haloOf(timed, ranks), wraps(timed));
  },
  measure,
};
