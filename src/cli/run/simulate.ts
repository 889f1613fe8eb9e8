import { caseOf, type Setup } from "../../advection/cases/case.js";
import { Mpdata } from "../../advection/mpdata.js";
import { haloNeeded } from "../../advection/options.js";
import { wrong } from "../../argument.js";
import type { Field } from "../../grid/field.js";
import { Grid } from "../../grid/grid.js";
import { normsOf } from "../../grid/norms.js";
import { onRoot } from "../../io/agree.js";
import type { Values } from "../../io/snapshot.js";
import type { Backend } from "../../io/store.js";
import type { Comm } from "../../mpi/comm/comm.js";
import { versionInfo } from "../../mpi/version.js";
import { checkPicture, plot } from "../../plot/index.js";
import { bordersOf, ranksText, timeText } from "./picture.js";
import { Recording } from "./recording.js";

/** One advection run, as the command line describes it. */
export interface Run {
  readonly case: string;
  readonly shape?: readonly number[];
  readonly courant?: readonly number[];
  readonly steps?: number;
  readonly iterations: number;
  readonly infiniteGauge?: boolean;
  readonly nonoscillatory?: boolean;
  readonly thirdOrder?: boolean;
  readonly divergentFlow?: boolean;
  readonly variableSign?: boolean;
  readonly dtype: "f64" | "f32";
  readonly split?: readonly number[];
  readonly output?: string;
  /** The file of a run to continue; the output as well. */
  readonly restart?: string;
  readonly backend?: Backend;
  /** Steps between frames of the output; the first and the last state are always there. */
  readonly every?: number;
  readonly overwrite: boolean;
  readonly plot?: string;
}

/** What a run reports; the keys are a contract. */
export interface Report {
  readonly case: string;
  readonly shape: readonly number[];
  readonly steps: number;
  readonly ranks: number;
  readonly split: readonly number[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly secondsPerStep: number;
  readonly nsPerCellStep: number;
  /** Share of the time that ranks spent in halo exchanges, waiting included. */
  readonly exchangeShare: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly digest: string;
  /** The same figures of each field by name, the first one included. */
  readonly fields: Readonly<Record<string, Figures>>;
  readonly time: number;
  /** Steps of an earlier run that this one continued; 0 for a new one. */
  readonly startStep: number;
  readonly file: string | null;
  /** How the file was written. */
  readonly backend: string | null;
  readonly plot: string | null;
  readonly mpi: { readonly library: string; readonly version: string };
  /** The case's own, where it has some. */
  readonly statistics?: Readonly<Record<string, number>>;
}

/** What a report says of a field. */
export interface Figures {
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly digest: string;
}

/** A report as one JSON document: the statistics are keys like the others. */
export function jsonOf({ statistics, ...report }: Report): string {
  return `${JSON.stringify({ ...report, ...statistics })}\n`;
}

/** The options of the scheme, by the solver's names; those that are off are left out. */
export function schemeOf(run: Run) {
  const { iterations, infiniteGauge, nonoscillatory, thirdOrder: thirdOrderTerms, divergentFlow, variableSign } = run;
  const flags = { infiniteGauge, nonoscillatory, thirdOrderTerms, divergentFlow, variableSign };
  const on = Object.fromEntries(Object.entries(flags).filter(([, value]) => value)) as Partial<
    Record<keyof typeof flags, true>
  >;
  return { iterations, ...on };
}

/** What a report and a file say of the options: those of the scheme, and the type where it is not f64. */
function optionsOf(run: Run) {
  const { courant, dtype } = run;
  return { ...schemeOf(run), ...(dtype === "f64" ? {} : { dtype }), ...(courant ? { courant } : {}) };
}

/** The set-up and steps of a run. Needs no MPI. @throws UsageError when they do not fit */
export function setupOf(run: Run): { setup: Setup; steps: number } {
  const chosen = caseOf(run.case);
  const { shape, courant } = run;
  if (shape && shape.length > 3) {
    throw wrong('"--shape"', "the cells along 1 to 3 axes", `[${shape.join(", ")}]`, "Give at most three numbers.");
  }
  const setup = chosen.setup({ ...(shape ? { shape } : {}), ...(courant ? { courant } : {}) });
  if (setup.isSigned && run.iterations > 1 && !run.infiniteGauge && !run.variableSign) {
    throw wrong(run.case, "--infinite-gauge or --variable-sign (a field takes both signs)", "neither", "Add one.");
  }
  return { setup, steps: run.steps ?? setup.steps };
}

/** Called now and then with the steps done. */
export type Progress = (done: number, steps: number) => void;

/** A case, ready to run. */
export interface Prepared {
  readonly grid: Grid;
  /** The fields by name, psi first. */
  readonly fields: Readonly<Record<string, Field<"f64" | "f32">>>;
  readonly psi: Field<"f64" | "f32">;
  /** The velocity of the last step, where the next is extrapolated from it. */
  readonly velocity: readonly Field<"f64">[];
  readonly solver: Mpdata;
  /** Releases everything. **Collective.** */
  free(): void;
}

/** Makes the grid, fields and solver of a run. **Collective.** */
export function prepare(comm: Comm, run: Run, setup: Setup): Prepared {
  const { shape, bounds, periodic, name = "psi", others = {}, courant, dt } = setup;
  const scheme = schemeOf(run);
  const split = run.split ? { split: run.split } : {};
  const grid = new Grid(comm, { shape, bounds, periodic, halo: haloNeeded(scheme), ...split });
  const initial = Object.entries({ [name]: setup.psi, ...others });
  const all = initial.map(([, value]) => grid.field(value, { dtype: run.dtype }));
  const { free: release, velocity = [], ...coupling } = setup.couple?.(all) ?? {};
  const { boundary, g, maxCourant } = setup;
  const own = {
    ...(boundary ? { boundary } : {}),
    ...(g === undefined ? {} : { g }),
    ...(maxCourant === undefined ? {} : { maxCourant }),
  };
  const solver = new Mpdata({ psi: all, courant, dt, ...own, ...coupling, ...scheme });
  const fields = Object.fromEntries(initial.map(([one], index) => [one, all[index]!]));
  const free = () => {
    solver.free();
    release?.();
    for (const field of all) field.free();
    grid.free();
  };
  return { grid, fields, psi: all[0]!, velocity, solver, free };
}

/** Runs a case on the ranks of a communicator. **Collective.** The report is the same on all ranks. */
export async function simulate(comm: Comm, run: Run, progress: Progress = () => {}): Promise<Report> {
  const { setup, steps } = setupOf(run);
  const { plot: picturePath } = run;
  if (picturePath !== undefined) await onRoot(comm, picturePath, () => checkPicture(picturePath));
  const prepared = prepare(comm, run, setup);
  const { grid, fields, psi, solver } = prepared;
  const start = setup.statistics ? psi.interior() : undefined;
  const first = run.plot === undefined ? undefined : psi.gather();
  const recording = await recordingOf(run, steps, setup.dt, prepared);

  const startStep = solver.steps;
  const every = run.every ?? Math.max(steps, 1);
  const chunk = Math.max(1, Math.ceil(steps / 200));
  while (solver.steps < steps) {
    const frame = Math.min(steps, (Math.floor(solver.steps / every) + 1) * every);
    solver.advance(Math.min(chunk, frame - solver.steps));
    progress(solver.steps, steps);
    if (solver.steps === frame) await recording?.write(frame * setup.dt);
  }
  await recording?.close();
  const time = steps * setup.dt;
  if (run.plot !== undefined) await picture(run, setup, psi, first, time);

  const { shape } = setup;
  const options = optionsOf(run);
  const report = { case: run.case, shape, steps, startStep, ranks: comm.size, split: grid.split, options };
  const figures = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, figuresOf(field)]));
  const [own] = Object.values(figures) as [Figures];
  const files = { file: recording?.path ?? null, backend: recording?.backend ?? null, plot: run.plot ?? null };
  const { library, version } = versionInfo();
  const timing = timingOf(solver, grid, steps - startStep);
  const statistics = start ? setup.statistics!(psi, start) : errorsOf(psi, setup, time);
  prepared.free();
  const rest = { fields: figures, time, ...files, mpi: { library, version } };
  return { ...report, ...timing, ...own, ...rest, ...(statistics ? { statistics } : {}) };
}

function figuresOf(field: Field): Figures {
  return { ...field.figures(), digest: field.digest() };
}

/** The errors of psi against what is known, mean and root mean square over the time as published. **Collective.** */
function errorsOf(psi: Field, setup: Setup, time: number): Record<string, number> | undefined {
  const exact = time > 0 ? setup.exact?.(time) : undefined;
  if (exact === undefined) return undefined;
  const { mean, rms, max } = normsOf(psi, exact);
  return { L1: mean / time, L2: rms / time, Linf: max };
}

/** @throws UsageError for options of an output that there is not */
export function checkOutput({ output, restart, every, backend }: Run): void {
  for (const [option, value] of Object.entries({ every, backend })) {
    if (value === undefined || output !== undefined || restart !== undefined) continue;
    throw wrong(`"--${option}"`, "an output file", "none", "Add --output FILE or leave it out.");
  }
}

/** The file that a run asks for. **Collective.** */
async function recordingOf(run: Run, steps: number, dt: number, prepared: Prepared): Promise<Recording | undefined> {
  if (run.restart !== undefined) return Recording.continue(run, steps, dt, prepared);
  return run.output === undefined ? undefined : Recording.create(run, steps, prepared);
}

/** The slowest rank's time, and the share of all ranks' time in exchanges. */
function timingOf(solver: Mpdata, grid: Grid, steps: number) {
  const { total, exchange } = solver.seconds;
  const slowest = grid.comm.allreduce(total, { op: "max" });
  const share = grid.comm.allreduce(exchange) / grid.comm.allreduce(total);
  const cells = grid.shape.reduce((product, n) => product * n, 1);
  const secondsPerStep = steps === 0 ? 0 : slowest / steps;
  const nsPerCellStep = (secondsPerStep * 1e9) / cells;
  return { secondsPerStep, nsPerCellStep, exchangeShare: Number.isFinite(share) ? share : 0 };
}

/** A picture of the first and the last state, from rank 0. **Collective.** */
async function picture(run: Run, setup: Setup, psi: Field<"f64" | "f32">, first: Values | undefined, time: number) {
  const last = psi.gather();
  const { grid } = psi;
  const { shape, split } = grid;
  const division = { ranks: grid.comm.size, split };
  const borders = bordersOf(division, shape);
  const title = division.ranks === 1 ? run.case : `${run.case}, ${ranksText(division)}`;
  const coordinates = shape.map((_, axis) => grid.coordinates(axis));
  await onRoot(grid.comm, run.plot!, () =>
    plot(
      run.plot!,
      [
        { title: timeText(0), values: first!, shape, ...borders },
        { title: timeText(time), values: last!, shape, ...borders },
      ],
      { title, label: setup.name ?? "psi", coordinates },
    ),
  );
}
