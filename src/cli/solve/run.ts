/** From a task to a report: the grid, the equations on their way, the file and the picture. */
import { checkSplit, chooseSplit } from "../../grid/decompose.js";
import { Grid } from "../../grid/grid.js";
import { readInto } from "../../grid/input.js";
import { Output } from "../../io/output.js";
import type { Comm } from "../../mpi/comm/comm.js";
import { blemished, findBlemish } from "../../pde/finite.js";
import { March } from "../../pde/march.js";
import { type PdeOptions, parseEquations, type Solution } from "../../pde/options.js";
import { Pde } from "../../pde/pde.js";
import type { Constant } from "../../pde/programs/problem.js";
import { expectFrame, readRestart, restartPath, writeRestart } from "../../pde/restart.js";
import type { Schedule } from "../../pde/time.js";
import type { Source } from "../kind.js";
import type { Draw } from "../run/picture.js";
import { checkCells } from "../run/setup.js";
import {
  checkPlot,
  type FloatField,
  type Frames,
  type Plan,
  type Progress,
  type Simulation,
  type Solver,
  simulate,
} from "../run/simulate.js";
import { configOf } from "./config.js";
import type { SolveReport } from "./report.js";
import { type Meant, meaningOf, type Task } from "./task.js";

/** Cells of halo that grids have at least. */
const usualHalo = 2;

/** The equations of a task with numbers in place of fields that are in files. @throws CompileError, UsageError */
function pdeOf(task: Task, meant: Meant, constants: Readonly<Record<string, Constant>>): PdeOptions {
  const { boundary, define, complex, limit, noise } = meant;
  const { order, stop, interpretation } = task;
  return {
    ...{ boundary, define, constants, noise },
    ...(interpretation === undefined ? {} : { interpretation }),
    ...(complex ? { complex } : {}),
    ...(Object.keys(limit).length > 0 ? { limit } : {}),
    ...(order === undefined ? {} : { order }),
    ...(stop === undefined ? {} : { stop }),
  };
}

/** How wide the halo of the grid is. @throws CompileError, UsageError */
function haloOf(task: Task, meant: Meant): number {
  // Operators reach as far on fields of files as on numbers.
  const numbers = Object.entries(meant.constants).map(([name, value]) => [name, typeof value === "number" ? value : 1]);
  const { reach } = new Pde(meant.texts, pdeOf(task, meant, Object.fromEntries(numbers)));
  return Math.max(usualHalo, reach);
}

/** Finds what is wrong with a task before any rank starts on it, so that it is said once. @throws CompileError, UsageError */
export function checkTask(task: Task, ranks: number): void {
  const meant = meaningOf(task);
  const { shape, periodic } = meant;
  const halo = haloOf(task, meant);
  checkCells(shape, ranks);
  if (task.split) checkSplit(task.split, shape, ranks, halo);
  else chooseSplit(shape, ranks, halo, periodic);
}

/** The frames that are due in intervals of time: each in the first step that ends then or later. */
export function framesEvery(every: number, schedule: Schedule): Frames {
  const { start, until, dt, count } = schedule;
  const tolerance = 1e-9;
  return {
    most: Math.min(count, Math.ceil((until - start) / every)),
    after(step) {
      const due = Math.floor((schedule.timeOf(step) - start + tolerance * dt) / every) + 1;
      return Math.max(step + 1, Math.ceil((due * every) / dt - tolerance));
    },
  };
}

/** The frames that are due in intervals of time of steps that end when a frame is due. */
function framesOn(every: number, march: March): Frames & { readonly next: number } {
  const { start, until } = march.schedule;
  const due = (count: number) => start + count * every;
  let count = Math.floor((march.time - start) / every) + 1;
  return {
    most: Math.ceil((until - start) / every),
    after: () => Number.POSITIVE_INFINITY,
    isDue() {
      const isNow = march.time >= due(count);
      while (march.time >= due(count)) count++;
      return isNow;
    },
    get next() {
      return due(count);
    },
  };
}

/** Reads what is in files. **Collective.** */
async function readAll<T extends string | number>(
  flag: string,
  grid: Grid,
  values: Readonly<Record<string, T | Source>>,
  dtype: "f64" | "f32",
): Promise<{ readonly values: Record<string, T | FloatField>; free(): void }> {
  const read: FloatField[] = [];
  const entries: [string, T | FloatField][] = [];
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== "object") {
      entries.push([name, value]);
      continue;
    }
    const field = grid.field(0, { dtype }) as FloatField;
    read.push(field);
    await readInto(flag, field, value.path, value.name, -1);
    entries.push([name, field]);
  }
  const free = () => {
    for (const field of read) field.free();
  };
  return { values: Object.fromEntries(entries), free };
}

/** A solve, ready to run. */
interface Prepared extends Simulation {
  readonly plan: Pick<Plan, "steps" | "every" | "frames">;
  /** Why it has ended. */
  readonly stopped: Solution["stopped"];
  /** **Collective.** */
  free(): void;
}

/** **Collective.** */
async function prepare(comm: Comm, task: Task, meant: Meant): Promise<Prepared> {
  const { shape, bounds, periodic, start, until, dt, stepper, title, texts } = meant;
  const { dtype, split, stages, solverTolerance, stability, adaptive, tolerance, every, everySteps } = task;
  const halo = haloOf(task, meant);
  const grid = new Grid(comm, { shape, periodic, halo, ...(bounds ? { bounds } : {}), ...(split ? { split } : {}) });
  const constants = await readAll("--set", grid, meant.constants, dtype);
  const initial = await readAll("--initial", grid, meant.initial, dtype);
  const march = new March(parseEquations(texts, pdeOf(task, meant, constants.values)), {
    ...{ grid, initial: initial.values, start, until, dt, stepper, dtype },
    ...(stages === undefined ? {} : { stages }),
    ...(solverTolerance === undefined ? {} : { solverTolerance }),
    ...(stability === undefined ? {} : { stability }),
    ...(adaptive ? { adaptive } : {}),
    ...(tolerance === undefined ? {} : { tolerance }),
  });
  initial.free();
  const { schedule } = march;
  const isAdaptive = "attempt" in march.course.stepper;
  const onTime = isAdaptive && every !== undefined ? framesOn(every, march) : undefined;
  return {
    grid,
    solver: solverOf(march, isAdaptive, onTime),
    title,
    dt: schedule.dt,
    get recorded() {
      const entries = Array.from(march.arrays, ([name, field]) => [name, { field, longName: name }]);
      return Object.fromEntries(entries);
    },
    plan: {
      steps: isAdaptive ? Number.POSITIVE_INFINITY : schedule.count,
      ...(everySteps === undefined ? {} : { every: everySteps }),
      ...(every === undefined ? {} : { frames: onTime ?? framesEvery(every, schedule) }),
    },
    keep(path) {
      return writeRestart(grid, restartPath(path), { ...march.restart, trackers: [] }, march.restartFields());
    },
    async restore(path) {
      const { state, read } = await readRestart(grid, restartPath(path), march.course.setup);
      await read(march.restartFields(state.history));
      march.resume(state);
      const output = await Output.append(grid, path);
      try {
        await expectFrame(output, march.arrays, state);
      } finally {
        await output.close();
      }
    },
    get stopped() {
      return march.stopped ?? "until";
    },
    free() {
      march.free();
      constants.free();
      grid.free();
    },
  };
}

/** Equations on their way, as the loop of runs has solvers. */
function solverOf(march: March, isAdaptive: boolean, onTime: { readonly next: number } | undefined): Solver {
  const { start, until, count } = march.schedule;
  return {
    get fields() {
      return Object.fromEntries(march.arrays) as Readonly<Record<string, FloatField>>;
    },
    get steps() {
      return march.steps;
    },
    get time() {
      return march.time;
    },
    get isOver() {
      return march.isOver;
    },
    get total() {
      if (march.isOver) return march.steps;
      return isAdaptive ? Math.ceil((march.steps * (until - start)) / (march.time - start)) : count;
    },
    advance(steps) {
      const due = onTime?.next ?? Number.POSITIVE_INFINITY;
      for (let i = 0; i < steps && !march.isOver && march.time < due; i++) march.step(due);
      const blemish = findBlemish(march.arrays);
      if (blemish) throw blemished("solve", blemish, march.time, march.steps);
    },
  };
}

/** Solves a task on the ranks of a communicator. **Collective.** The report is the same on all ranks. */
export async function runTask(
  comm: Comm,
  task: Task,
  progress?: Progress,
): Promise<{ readonly report: SolveReport; readonly draw: Draw | undefined }> {
  const meant = meaningOf(task);
  const { start, until, stepper, title, texts } = meant;
  await checkPlot(comm, task.plot);
  const prepared = await prepare(comm, task, meant);
  const { every: _, everySteps: __, ...rest } = task;
  const about = { title, command: "wasm-mpi solve", config: configOf(task) };
  const { outcome, draw } = await simulate(prepared, { ...rest, ...prepared.plan, about }, progress);
  const { stopped, dt } = prepared;
  prepared.free();
  const options = { stepper, dt, start, until, ...(task.dtype === "f64" ? {} : { dtype: task.dtype }) };
  return { report: { equations: texts, options, stopped, ...outcome }, draw };
}
