import { caseOf, type Setup } from "../advection/cases.js";
import { Mpdata } from "../advection/mpdata.js";
import { haloNeeded } from "../advection/options.js";
import { UsageError } from "../errors.js";
import type { Field } from "../grid/field.js";
import { Grid } from "../grid/grid.js";
import { Output, onRoot } from "../io/output.js";
import type { Values } from "../io/snapshot.js";
import type { Comm } from "../mpi/comm.js";
import { versionInfo } from "../mpi/environment.js";
import { packageVersion } from "../package.js";
import { checkPicture, plot } from "../view.js";

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
  readonly time: number;
  readonly file: string | null;
  readonly plot: string | null;
  readonly mpi: { readonly library: string; readonly version: string };
  /** The case's own, where it has some. */
  readonly statistics?: Readonly<Record<string, number>>;
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
    throw new UsageError(
      `"--shape" expected the cells along 1 to 3 axes, got [${shape.join(", ")}]. Give at most three numbers.`,
    );
  }
  const setup = chosen.setup({ ...(shape ? { shape } : {}), ...(courant ? { courant } : {}) });
  return { setup, steps: run.steps ?? setup.steps };
}

/** Called now and then with the steps done. */
export type Progress = (done: number, steps: number) => void;

/** Runs a case on the ranks of a communicator. **Collective.** The report is the same on all ranks. */
export async function simulate(comm: Comm, run: Run, progress: Progress = () => {}): Promise<Report> {
  const { setup, steps } = setupOf(run);
  const scheme = schemeOf(run);
  const { shape, bounds, periodic, boundary, g, maxCourant } = setup;
  if (run.every !== undefined && run.output === undefined) {
    throw new UsageError('"--every" expected an output file, got none. Add --output FILE or leave it out.');
  }
  const { plot: picturePath } = run;
  if (picturePath !== undefined) await onRoot(comm, picturePath, () => checkPicture(picturePath));
  const grid = new Grid(comm, {
    shape,
    bounds,
    periodic,
    halo: haloNeeded(scheme),
    ...(run.split ? { split: run.split } : {}),
  });
  const psi = grid.field(setup.psi, { dtype: run.dtype });
  const start = setup.statistics ? psi.interior() : undefined;
  const solver = new Mpdata({
    psi,
    courant: setup.courant,
    ...(boundary ? { boundary } : {}),
    ...(g === undefined ? {} : { g }),
    ...(maxCourant === undefined ? {} : { maxCourant }),
    ...scheme,
  });
  const options = optionsOf(run);
  const output = run.output === undefined ? undefined : await createOutput(grid, run, options, steps);
  const first = run.plot === undefined ? undefined : psi.gather();
  await output?.write(0, { psi });

  const every = run.every ?? Math.max(steps, 1);
  const chunk = Math.max(1, Math.ceil(steps / 200));
  while (solver.steps < steps) {
    const frame = Math.min(steps, (Math.floor(solver.steps / every) + 1) * every);
    solver.advance(Math.min(chunk, frame - solver.steps));
    progress(solver.steps, steps);
    if (solver.steps === frame) await output?.write(frame * setup.dt, { psi });
  }
  await output?.close();
  if (run.plot !== undefined) await picture(run.plot, psi, first, run.case, steps * setup.dt);

  const report = { case: run.case, shape, steps, ranks: comm.size, split: grid.split, options };
  const figures = { min: psi.min(), max: psi.max(), sum: psi.sum(), digest: psi.digest(), time: steps * setup.dt };
  const own = start ? { statistics: setup.statistics!(psi, start) } : {};
  const files = { file: run.output ?? null, plot: run.plot ?? null };
  const { library, version } = versionInfo();
  const timing = timingOf(solver, grid);
  solver.free();
  psi.free();
  grid.free();
  return { ...report, ...timing, ...figures, ...files, mpi: { library, version }, ...own };
}

function createOutput(grid: Grid, run: Run, options: object, steps: number): Promise<Output> {
  const version = packageVersion();
  const { case: name, every, split } = run;
  const config = { command: "advect", case: name, shape: grid.shape, steps, every, split, ...options };
  return Output.create(grid, run.output!, {
    variables: { psi: { longName: "advected scalar", units: "1", dtype: run.dtype } },
    overwrite: run.overwrite,
    attributes: {
      title: `MPDATA advection: ${name}`,
      source: `wasm-mpi ${version}`,
      history: `${new Date().toISOString()} wasm-mpi advect ${name}`,
      version,
      config: JSON.stringify(config),
    },
  });
}

/** The slowest rank's time, and the share of all ranks' time in exchanges. */
function timingOf(solver: Mpdata, grid: Grid) {
  const { total, exchange } = solver.seconds;
  const slowest = grid.comm.allreduce(total, { op: "max" });
  const share = grid.comm.allreduce(exchange) / grid.comm.allreduce(total);
  const cells = grid.shape.reduce((product, n) => product * n, 1);
  const secondsPerStep = solver.steps === 0 ? 0 : slowest / solver.steps;
  const nsPerCellStep = (secondsPerStep * 1e9) / cells;
  return { secondsPerStep, nsPerCellStep, exchangeShare: Number.isFinite(share) ? share : 0 };
}

/** A picture of the first and the last state, from rank 0. */
async function picture(path: string, psi: Field, first: Values | undefined, name: string, time: number) {
  const last = psi.gather();
  const { grid } = psi;
  const { shape } = grid;
  await onRoot(grid.comm, path, () =>
    plot(
      path,
      [
        { title: "t = 0", values: first!, shape },
        { title: `t = ${Number(time.toPrecision(6))}`, values: last!, shape },
      ],
      { title: name, label: "psi", coordinates: shape.map((_, axis) => grid.coordinates(axis)) },
    ),
  );
}
