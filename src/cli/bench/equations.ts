/** What `wasm-mpi bench pde` times on the ranks of a job: steps of equations from text. bench/pde.c and bench/pde.py do the same. */
import { chooseSplit } from "../../grid/decompose.js";
import { Grid } from "../../grid/grid.js";
import { type Comm, mpi } from "../../mpi/index.js";
import { findBlemish } from "../../pde/finite.js";
import { March } from "../../pde/march.js";
import { parseEquations } from "../../pde/options.js";
import { repeats } from "./messages.js";
import { type Case, cellsOf, isRegular, type Workload } from "./workload.js";

/** The right sides by the names of the equations. */
const texts: Readonly<Record<string, string>> = {
  diffusion: "laplace(c)",
  "cahn-hilliard": "laplace(c^3 - c - laplace(c))",
};

/**
 * Steps of a repeat for some 10 ms, from a rough time: measured ones would differ from job to job. They are even, as
 * two steps may be one pass, which a long run consists of.
 */
function stepsOf(timed: Case): number {
  return 2 * Math.max(1, Math.round(5e6 / (5e3 + 0.7 * cellsOf(timed))));
}

/** Halos as wide as the operators reach one after the other. */
const halo = 2;

const dt = 0.001;

/** The seconds of each repeat for one step, from when all ranks begin until all are done. **Collective.** */
function measureSteps(comm: Comm, timed: Case, threads: number): number[] {
  const { name, shape } = timed;
  const grid = new Grid(comm, { shape, periodic: true, halo, threads });
  // Arithmetic alone: functions of many cells take longer than the steps.
  const initial = { c: `0.2 * (x / ${shape[0]} - 0.5)` };
  const endless = { until: 2 ** 40 * dt, dt, stability: "ignore" } as const;
  const march = new March(parseEquations({ c: texts[name]! }, {}), { grid, initial, ...endless });
  const steps = stepsOf(timed);
  const seconds: number[] = [];
  // The first repeat does not count, in which the engine compiles.
  for (let repeat = -1; repeat < repeats; repeat++) {
    comm.barrier();
    const begin = mpi.wtime();
    march.advance(steps);
    comm.barrier();
    if (repeat >= 0) seconds.push((mpi.wtime() - begin) / steps);
  }
  if (findBlemish(march.arrays)) {
    throw new Error("bench: expected finite numbers at the end, got others. Do not trust these times.");
  }
  march.free();
  grid.free();
  return seconds;
}

/** Euler steps of equations from text. */
export const equations: Workload = {
  what: "pde",
  about: "Euler steps of equations from text, f64, periodic",
  step: "step",
  noun: "equation",
  names: Object.keys(texts),
  usualSizes: "512,2048,256x256x256",
  example: "512,256x256x256",
  sides: 2,
  only: { expected: "squares and cubes", has: (shape) => shape.length > 1 && isRegular(shape) },
  hasThreads: true,
  isApart: false,
  peers: ["sse", "avx2", "python"],
  source: "pde.c",
  remark: "one step a sweep",
  cellBytes: () => 40,
  moved: 2 * 8,
  movedOf: "the field, read and written once a step",
  stepsOf,
  argsOf: (timed) => {
    const { name, shape } = timed;
    return [shape.length === 3 ? `${name}3` : name, String(shape[0]), String(stepsOf(timed))];
  },
  checkBlocks: ({ shape }, ranks) => {
    const periodic = shape.map(() => true);
    chooseSplit(shape, ranks, halo, periodic);
  },
  measure: (comm, timed, threads) => ({ seconds: measureSteps(comm, timed, threads) }),
};
