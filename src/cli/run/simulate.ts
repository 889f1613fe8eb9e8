/** The loop over the steps of a solver, whichever it is, with the frames of its file and its picture. */
import type { Field } from "../../grid/field.js";
import type { Grid } from "../../grid/grid.js";
import type { Output } from "../../io/output.js";
import type { Backend } from "../../io/store.js";
import type { Comm } from "../../mpi/comm/comm.js";
import { Lane } from "../../mpi/comm/lane.js";
import { versionInfo } from "../../mpi/version.js";
import type { Units } from "../../pde/trackers/units.js";
import { checkPicture } from "../../plot/index.js";
import type { Beside } from "./beside.js";
import { Interruption, Stopped } from "./interruption.js";
import { type Draw, drawnOf, pictureOf, shownOf } from "./picture.js";
import { type Recorded, Recording } from "./recording.js";
import { figuresOf, type Outcome, stoppedAt, timingOf } from "./report.js";

/** A field that files and pictures can have. */
export type FloatField = Field<"f64" | "f32">;

/** What the loop asks of a solver. */
export interface Solver {
  /** The fields by name; the first is the one that is drawn, and that figures are of. */
  readonly fields: Readonly<Record<string, FloatField>>;
  /** Steps taken. */
  readonly steps: number;
  /** Time of the fields. */
  readonly time: number;
  /** Takes steps: fewer where it is over, or where a frame is due. **Collective.** */
  advance(steps: number): void | Promise<void>;
  /** Whether it has come to its end. Default: when the steps of the plan have been taken. */
  readonly isOver?: boolean;
  /** Steps in all, as far as that is known. Default: those of the plan. */
  readonly total?: number;
  /** Whether the interior of blocks is computed while messages travel. */
  readonly overlap: boolean;
  /** Seconds spent in `advance`, and those of them in halo exchanges. Default: measured from outside. */
  readonly seconds?: { readonly total: number; readonly exchange: number };
}

/** A solver, and what a run of it needs besides. */
export interface Simulation {
  readonly solver: Solver;
  readonly grid: Grid;
  /** What is solved, in titles and error texts: a case. */
  readonly title: string;
  /** Time of a step. */
  readonly dt: number;
  /** Everything that the next step needs, by its name in the file: the fields first. */
  readonly recorded: Readonly<Record<string, Recorded>>;
  /** What the file has once, by its name there: the G factor. */
  readonly statics?: Readonly<Record<string, Recorded>>;
  /** The units of what is recorded, by name, of the axes by theirs, and of the time `t`. Default: none. */
  readonly units?: Units;
  /** The name of the field that is drawn. Default: the first. */
  readonly drawn?: string;
  /** Not 0 in cells that take part, where not all do; the others are not shown, and count nowhere. */
  readonly open?: FloatField;
  /** Called before the first step, and after the last one. **Collective.** */
  begin?(): Promise<void>;
  finish?(): Promise<void>;
  /** Puts the solver where a run is after so many steps, whose fields have been read; not there where none can go on. */
  resume?(steps: number): void;
  /**
   * Keeps beside a file with frames what a restart needs besides. **Collective.**
   * @param beside whether another thread does @param waits whether it is there when this returns, in any case
   */
  keep?(path: string, beside: boolean, waits?: boolean): Promise<void>;
  /** Has frames of the file counted, and what was kept with the last one as well. **Collective.** */
  settle?(frames: Output, which: "written" | "all"): Promise<void>;
  /** Goes on where that was kept. **Collective.** */
  restore?(path: string): Promise<void>;
}

/** The steps that files have frames of, between the first state and the last. */
export interface Frames {
  /** The step of the next frame. */
  after(step: number): number;
  /** Whether the state is one of them, where steps do not say so; asked once after each call of `advance`. */
  isDue?(): boolean;
  /** How many there are at most, the last one included; undefined where that is not known. */
  readonly most: number | undefined;
}

/** Frames in intervals of steps. */
function framesOf({ steps, every = Math.max(steps, 1) }: Plan): Frames {
  const after = (step: number) => (Math.floor(step / every) + 1) * every;
  return { after, most: Number.isFinite(steps) ? Math.ceil(steps / every) : undefined };
}

/** How far a run goes, and what it leaves behind. */
export interface Plan {
  /** Steps in all, those of the run that is continued included. */
  readonly steps: number;
  /** The file to create. */
  readonly output?: string;
  /** The file of a run to continue, and the output as well unless that is another file. */
  readonly restart?: string;
  readonly backend?: Backend;
  /** Level of compression of a new file. */
  readonly gzip?: number;
  /** When frames are written beside the run. Default: never. */
  readonly outputBeside?: Beside;
  /** Steps between frames of the output; the first and the last state are always there. */
  readonly every?: number;
  /** The frames in place of those. */
  readonly frames?: Frames;
  /** Steps after which the progress is told at the latest. */
  readonly logEvery?: number;
  /** Seconds after which the run ends with a frame. */
  readonly maxRuntime?: number;
  readonly overwrite?: boolean;
  /** Whether a new file has a text of XDMF beside it. */
  readonly xdmf?: boolean;
  /** The picture to draw. */
  readonly plot?: string;
  /** What a new file says of the run. */
  readonly about: About;
}

/** What a file says of its run. */
export interface About {
  readonly title: string;
  /** The command, for the history of the file. */
  readonly command: string;
  /** Everything needed to run it again, as JSON. */
  readonly config: string;
}

/** Called now and then with the steps done. */
export type Progress = (done: number, steps: number) => void;

/** Checks that a picture can be drawn at the end, before anything is computed. **Collective.** */
export async function checkPlot(comm: Comm, plot: string | undefined): Promise<void> {
  if (plot !== undefined) await Lane.of(comm).call((lane) => lane.fromRoot(() => checkPicture(plot)));
}

/** Seconds after which a run looks for signals and tells its progress, where its steps are shorter. */
const chunkSeconds = 0.1;

/** What came of a run: the same on all ranks; and its picture, still to be drawn, on rank 0. */
export interface Done {
  readonly outcome: Outcome;
  readonly draw: Draw | undefined;
  /** Whether it ended because time was up. */
  readonly isStopped: boolean;
}

/** Runs a solver. **Collective.** */
export async function simulate(simulation: Simulation, plan: Plan, progress: Progress = () => {}): Promise<Done> {
  const { solver, grid } = simulation;
  const { steps, logEvery = steps, plot, maxRuntime = Number.POSITIVE_INFINITY } = plan;
  const frames = plan.frames ?? framesOf(plan);
  const [, drawn] = drawnOf(simulation);
  const first = plot === undefined ? undefined : shownOf(simulation, drawn);
  const beginTime = solver.time;
  const opened = performance.now();
  const recording = await recordingOf(simulation, plan, frames);
  await simulation.begin?.();

  const startStep = solver.steps;
  const isOver = () => solver.isOver ?? solver.steps >= steps;
  const interruption = new Interruption(grid.comm);
  let chunk = 1;
  let total = 0;
  let written = startStep;
  let isStopped = false;
  const began = performance.now();
  // A run that was to have frames at the ends only would lose everything.
  const keepStep = async () => {
    if (!recording || written === solver.steps) return;
    await recording.write(solver.time);
    written = solver.steps;
  };
  try {
    while (!isOver() && !isStopped) {
      const log = (Math.floor(solver.steps / logEvery) + 1) * logEvery;
      const frame = Math.min(steps, frames.after(solver.steps));
      const taken = Math.min(chunk, frame - solver.steps, log - solver.steps);
      const begin = performance.now();
      await solver.advance(taken);
      const seconds = (performance.now() - begin) / 1e3;
      total += seconds;
      progress(solver.steps, solver.total ?? steps);
      const isDue = frames.isDue?.() ?? solver.steps === frame;
      if (isDue || isOver()) {
        await recording?.write(solver.time);
        written = solver.steps;
      }
      await recording?.settle();
      const isLate = (performance.now() - began) / 1e3 >= maxRuntime;
      const { signal, seconds: slowest, ...agreed } = await interruption.agree(seconds / taken, isLate);
      if (signal !== 0 && !isOver()) {
        if (plan.every === undefined && plan.frames === undefined) await keepStep();
        await recording?.close();
        throw new Stopped(
          stoppedAt(
            recording ? written : solver.steps,
            steps,
            recording?.path,
            (simulation.resume ?? simulation.restore) !== undefined,
          ),
          signal,
        );
      }
      isStopped = agreed.isLate && !isOver();
      if (isStopped) await keepStep();
      chunk = Math.max(1, Math.min(8 * chunk, Math.floor(chunkSeconds / slowest)));
    }
  } catch (error) {
    await recording?.leave(error);
    throw error;
  } finally {
    interruption.end();
  }
  await recording?.close();
  await simulation.finish?.();
  const seconds = grid.comm.allreduce((performance.now() - opened) / 1e3, { op: "max" });
  const draw = plot === undefined ? undefined : pictureOf(plot, simulation, { time: beginTime, values: first });

  const entries = Object.entries(solver.fields).map(
    ([name, field]) => [name, figuresOf(field, simulation.open)] as const,
  );
  const { shape, split, threads, comm } = grid;
  const { library, version } = versionInfo();
  const outcome = {
    ...{ shape, steps: solver.steps, startStep, ranks: comm.size, split, threads, overlap: solver.overlap },
    ...timingOf(grid, solver.steps - startStep, solver.seconds ?? { total, exchange: 0 }),
    ...entries[0]![1],
    fields: Object.fromEntries(entries),
    seconds,
    time: solver.time,
    file: recording?.path ?? null,
    backend: recording?.backend ?? null,
    backendReason: recording?.reason ?? null,
    beside: recording?.beside ?? false,
    plot: plot ?? null,
    mpi: { library, version },
  };
  return { outcome, draw, isStopped };
}

/** The file that a run asks for. **Collective.** */
async function recordingOf(simulation: Simulation, plan: Plan, { most }: Frames): Promise<Recording | undefined> {
  const { restart, output } = plan;
  if (restart !== undefined && simulation.restore) {
    await simulation.restore(restart);
    return Recording.reopen(restart, simulation, plan);
  }
  if (restart !== undefined && output === undefined) return Recording.append(restart, simulation, plan);
  const walltime = restart === undefined ? 0 : await Recording.resume(restart, simulation, plan);
  return output === undefined ? undefined : Recording.create(output, simulation, plan, most, walltime);
}
