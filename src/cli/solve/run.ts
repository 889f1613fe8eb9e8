/** From a task to a report: the grid, the equations on their way, the file and the picture. */
import { expectOneOf, wrong } from "../../argument.js";
import { axisNames } from "../../grid/axis.js";
import { checkSplit, chooseSplit } from "../../grid/decompose.js";
import type { Field } from "../../grid/field.js";
import { Grid } from "../../grid/grid.js";
import { Halo } from "../../grid/halo.js";
import { readInto } from "../../grid/input.js";
import { Output } from "../../io/output.js";
import type { Comm } from "../../mpi/comm/comm.js";
import { blemished, findBlemish } from "../../pde/finite.js";
import { Onlookers } from "../../pde/loop.js";
import { March } from "../../pde/march.js";
import { type Equations, type PdeOptions, parseEquations, type Solution } from "../../pde/options.js";
import { Pde } from "../../pde/pde.js";
import { arraysOfField, type Constant } from "../../pde/programs/problem.js";
import {
  besideOptions,
  expectFrame,
  type RestartState,
  readRestart,
  restartPath,
  StateFile,
} from "../../pde/restart.js";
import { checkUnits } from "../../pde/trackers/units.js";
import type { Source } from "../options/kind.js";
import { overlapOf } from "../run/overlap.js";
import type { Draw } from "../run/picture.js";
import { checkCells } from "../run/setup.js";
import {
  checkPlot,
  type FloatField,
  type Plan,
  type Progress,
  type Simulation,
  type Solver,
  simulate,
} from "../run/simulate.js";
import { threadsOr1 } from "../run/threads.js";
import { configOf, recordOf } from "./config.js";
import { checkFiles } from "./files.js";
import { FrameFields, FramesDue } from "./frames.js";
import { flowsOf } from "./places.js";
import type { SolveReport } from "./report.js";
import { drawsAny, type Meant, meaningOf, type Task } from "./task.js";
import { clockOf, trackersOf } from "./trackers.js";

/** Cells of halo that grids have at least. */
export const usualHalo = 2;

/** The equations of a task with numbers in place of fields that are in files. @throws CompileError, UsageError */
function pdeOf(task: Task, meant: Meant, constants: Readonly<Record<string, Constant>>): PdeOptions {
  const { boundary, define, complex, limit, noise, points, advection } = meant;
  const { order, stop, interpretation } = task;
  return {
    ...{ boundary, define, constants, noise, points },
    ...(interpretation === undefined ? {} : { interpretation }),
    ...(complex ? { complex } : {}),
    ...(advection ? { advection } : {}),
    ...(Object.keys(limit).length > 0 ? { limit } : {}),
    ...(order === undefined ? {} : { order }),
    ...(stop === undefined ? {} : { stop }),
  };
}

/** Constants with numbers in place of fields of files, on which operators reach as far. */
function numbersOf({ constants }: Meant): Readonly<Record<string, number>> {
  const numbers = Object.entries(constants).map(([name, value]) => [name, typeof value === "number" ? value : 1]);
  return Object.fromEntries(numbers);
}

/** How wide the halo of the grid is. @throws CompileError, UsageError */
function haloOf(task: Task, meant: Meant): number {
  const { reach } = new Pde(meant.texts, pdeOf(task, meant, numbersOf(meant)));
  return Math.max(usualHalo, reach);
}

/** @throws UsageError for an unknown to draw that there is not, or that nothing draws */
function checkVariable(task: Task, kinds: Equations["kinds"]): void {
  const { variable } = task;
  if (variable === undefined) return;
  if (!drawsAny(task)) {
    const todo = "Add --plot FILE.png or leave it out.";
    throw wrong('"--variable"', "--plot, --pictures, --movie or --kymograph with it", "none", todo);
  }
  const arrays = Object.entries(kinds).flatMap(([name, kind]) => arraysOfField(name, kind));
  expectOneOf('"--variable"', variable, arrays);
}

/**
 * Finds what is wrong with a task before any rank starts on it, so that it is said once.
 * @returns how wide the halo of its grid is
 * @throws CompileError, UsageError, FileError
 */
export function checkTask(task: Task, ranks: number): number {
  const meant = meaningOf(task);
  const { shape, periodic, coordinates } = meant;
  const halo = haloOf(task, meant);
  const { kinds } = parseEquations(meant.texts, pdeOf(task, meant, numbersOf(meant)));
  checkVariable(task, kinds);
  const arrays = Object.entries(kinds).flatMap(([name, kind]) => arraysOfField(name, kind));
  const axes = axisNames(coordinates).slice(0, shape.length);
  checkUnits('"--unit"', meant.units, { variables: [...arrays, ...Object.keys(meant.save)], axes });
  checkCells(shape, ranks);
  checkFiles(task);
  if (task.split) checkSplit(task.split, shape, ranks, halo, axisNames(coordinates));
  else chooseSplit(shape, ranks, halo, periodic);
  return halo;
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
  readonly plan: Pick<Plan, "steps" | "frames">;
  /** The length of a step; undefined where a flow decides it. */
  readonly fixedDt: number | undefined;
  /** Why it has ended. */
  readonly stopped: Solution["stopped"];
  /** **Collective.** */
  free(): void;
}

/** **Collective.** */
async function prepare(comm: Comm, task: Task, meant: Meant, halo: number): Promise<Prepared> {
  const { shape, bounds, coordinates, faces, periodic, start, until, dt, stepper, title, texts, mask } = meant;
  const { dtype, split, stages, solverTolerance, stability, adaptive, tolerance } = task;
  const axes = { shape, coordinates, faces, periodic, threads: threadsOr1(task.threads) };
  const grid = new Grid(comm, { ...axes, halo, ...(bounds ? { bounds } : {}), ...(split ? { split } : {}) });
  const constants = await readAll("--set", grid, meant.constants, dtype);
  const initial = await readAll("--initial", grid, meant.initial, dtype);
  const open = await readAll<string>("--mask", grid, mask ? { open: mask.open } : {}, dtype);
  // A mask may be of any type.
  const closed = mask ? { mask: { ...mask, open: open.values.open as string | Field } } : {};
  const march = new March(parseEquations(texts, { ...pdeOf(task, meant, constants.values), ...closed }), {
    ...{ grid, initial: initial.values, start, until, dt, stepper, dtype, overlap: overlapOf(task.overlap) },
    ...(stages === undefined ? {} : { stages }),
    ...(solverTolerance === undefined ? {} : { solverTolerance }),
    ...(stability === undefined ? {} : { stability }),
    ...(adaptive ? { adaptive } : {}),
    ...(tolerance === undefined ? {} : { tolerance }),
  });
  initial.free();
  open.free();
  const { course, problem } = march;
  const openField = problem.openField as FloatField | undefined;
  const isFixed = !("attempt" in course.stepper || course.flow);
  const recorded = new FrameFields(march, meant.save, openField);
  const due = new FramesDue(task, march.schedule, isFixed);
  // A run that is continued keeps the step that it began with.
  const isKnown = isFixed && !(dt === "auto" && task.restart !== undefined);
  const trackers = trackersOf(task, meant, march);
  let onlookers: Onlookers | undefined;
  let resumed: RestartState | undefined;
  let kept: StateFile | undefined;
  return {
    grid,
    solver: solverOf(march, isFixed, due, () => onlookers!),
    title,
    get dt() {
      return march.schedule.dt;
    },
    ...(task.variable === undefined ? {} : { drawn: task.variable }),
    get fixedDt() {
      return course.flow ? undefined : march.schedule.dt;
    },
    ...(openField ? { open: openField } : {}),
    units: meant.units,
    get recorded() {
      return recorded.fields();
    },
    plan: {
      steps: isKnown ? march.schedule.count : Number.POSITIVE_INFINITY,
      ...(due.isAsked ? { frames: due } : {}),
    },
    async begin() {
      onlookers = new Onlookers(march, { track: [...due.trackers, ...trackers], ...clockOf(task) }, resumed);
      await onlookers.begin();
      due.isDue();
    },
    async finish() {
      await onlookers!.finish();
      await onlookers!.end();
    },
    keep(path, beside, waits) {
      kept ??= new StateFile(restartPath(path), besideOptions(beside, task.backend));
      const state = { ...march.restart, trackers: onlookers?.states ?? [] };
      return kept.write(grid, state, march.restartFields(), waits);
    },
    async settle(frames, which) {
      await kept?.settle(frames, which);
    },
    async restore(path) {
      const { state, read } = await readRestart(grid, restartPath(path), march.course.setup);
      await read(march.restartFields(state.history));
      march.resume(state);
      resumed = state;
      const output = await Output.append(grid, path);
      try {
        await expectFrame(output, march.arrays, state, openField);
      } finally {
        await output.close();
      }
    },
    get stopped() {
      return march.stopped ?? "until";
    },
    free() {
      recorded.free();
      march.free();
      constants.free();
      grid.free();
    },
  };
}

/** Equations on their way, as the loop of runs has solvers. */
function solverOf(march: March, isFixed: boolean, frames: FramesDue, onlookers: () => Onlookers): Solver {
  const { start, until } = march.schedule;
  const seconds = { total: 0, exchange: 0 };
  return {
    seconds,
    overlap: march.problem.domain.overlap,
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
      return isFixed ? march.schedule.count : Math.ceil((march.steps * (until - start)) / (march.time - start));
    },
    async advance(steps) {
      const looking = onlookers();
      const end = march.steps + steps;
      while (march.steps < end && !march.isOver && !frames.isNow) {
        const [begin, exchanged] = [performance.now(), Halo.seconds];
        const dt = march.step(looking.due, (time, step) => step >= end || looking.isDue(time, step));
        seconds.total += (performance.now() - begin) / 1e3;
        seconds.exchange += Halo.seconds - exchanged;
        const waits = looking.tell(dt);
        if (waits) await waits;
      }
      const blemish = findBlemish(march.arrays);
      if (blemish) throw blemished("solve", blemish, march.time, march.steps);
    },
  };
}

/**
 * Solves a task on the ranks of a communicator. **Collective.** The report is the same on all ranks.
 * @param halo what {@link checkTask} has returned, where the same process has asked it: to tell it takes the equations' program
 */
export async function runTask(
  comm: Comm,
  task: Task,
  progress?: Progress,
  halo?: number,
): Promise<{ readonly report: SolveReport; readonly draw: Draw | undefined }> {
  const meant = meaningOf(task);
  const { start, until, stepper, title, texts } = meant;
  await checkPlot(comm, task.plot);
  const prepared = await prepare(comm, task, meant, halo ?? haloOf(task, meant));
  // Its clock is that of the equations, which ends between any two steps.
  const { every: _, everySteps: __, maxRuntime: ____, ...rest } = task;
  const about = { title, command: "wasm-mpi solve", config: configOf(task) };
  const { outcome, draw } = await simulate(prepared, { ...rest, ...prepared.plan, about }, progress);
  const { stopped, fixedDt: dt } = prepared;
  prepared.free();
  // What is said of the shape, the texts and the end stands elsewhere in the report, or is told as it came out.
  const { dt: ___, shape: _____, dtype, ...asked } = recordOf(task);
  const advect = flowsOf(meant.advection);
  const flows = advect.length > 0 ? { advect } : {};
  const options = { stepper, ...(dt === undefined ? {} : { dt }), start, until, ...flows };
  const type = dtype === "f64" ? {} : { dtype };
  return { report: { equations: texts, options: { ...asked, ...options, ...type }, stopped, ...outcome }, draw };
}
