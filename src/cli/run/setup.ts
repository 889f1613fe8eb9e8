/** From the options of a run to a case that is ready to run. */
import { caseOf, type Setup } from "../../advection/cases/case.js";
import { Mpdata } from "../../advection/mpdata.js";
import { haloFor } from "../../advection/options.js";
import { wrong, wrongFile } from "../../argument.js";
import { checkSplit, chooseSplit } from "../../grid/decompose.js";
import type { AnyField, Float } from "../../grid/field.js";
import { Grid } from "../../grid/grid.js";
import { readInto } from "../../grid/input.js";
import { normsOf } from "../../grid/norms.js";
import { checkSignature } from "../../hdf5/library.js";
import type { Values } from "../../io/snapshot.js";
import type { Comm } from "../../mpi/comm/comm.js";
import { rowsThat, schemeOf } from "../options/index.js";
import { sourceOf } from "../options/kind.js";
import { longOf } from "../options/row.js";
import { configOf, type Run, typeOf } from "./config.js";
import { checkBlock } from "./local.js";
import { overlapOf } from "./overlap.js";
import type { Draw } from "./picture.js";
import { type Outcome, type Report, timingOf } from "./report.js";
import { checkPlot, type FloatField, type Plan, type Progress, type Simulation, simulate } from "./simulate.js";
import { checkStorage } from "./storage.js";
import { threadsOr1 } from "./threads.js";
import { measureAgain, valuesOf } from "./timing.js";

/** The set-up and steps of a run. Needs no MPI. @throws UsageError when they do not fit */
export function setupOf(run: Run): { setup: Setup; steps: number } {
  const { shape, courant } = run;
  const setup = caseOf(run.case).setup({ ...(shape ? { shape } : {}), ...(courant ? { courant } : {}) });
  if (setup.isSigned) checkSigned(run);
  return { setup, steps: run.steps ?? setup.steps };
}

/** @throws UsageError unless the scheme is one for fields of both signs */
function checkSigned(run: Run): void {
  const remedies = rowsThat(({ eitherSign }) => eitherSign === true);
  if (run.iterations === 1 || remedies.some(({ key }) => run[key as keyof Run])) return;
  const flags = remedies.map(({ flag }) => longOf(flag)).join(" or ");
  throw wrong(run.case, `${flags} (a field takes both signs)`, "neither", "Add one.");
}

/** Finds what is wrong with a run before any rank starts on it, so that it is said once. @throws UsageError */
export function checkRun(run: Run, ranks: number): void {
  const { setup } = setupOf(run);
  const { shape } = setup;
  checkCells(shape, ranks);
  // A solver may warn before the file is read.
  if (run.initial !== undefined && run.restart === undefined)
    checkSignature(sourceOf(run.initial)!.path, "Choose an HDF5 or netCDF-4 file.");
  const { split } = run;
  const periodic = wraps(setup);
  const halo = haloFor(schemeOf(run), shape, { ranks, split, periodic });
  if (split) checkSplit(split, shape, ranks, halo);
  else chooseSplit(shape, ranks, halo, periodic);
}

/** Which axes are periodic. */
function wraps({ shape, periodic }: Setup): readonly boolean[] {
  return shape.map((_, axis) => (typeof periodic === "boolean" ? periodic : periodic[axis]!));
}

/** @throws UsageError where blocks are larger than memory may be */
export function checkCells(shape: readonly number[], ranks: number): void {
  checkBlock('"--shape"', shape.reduce((product, n) => product * n, 1) / ranks, "Use more ranks or a smaller grid.");
}

/** @throws UsageError for options of an output that there is not, or that do not go together */
export function checkOutput(run: Run): void {
  const { output, outputBeside, restart, every, backend, gzip, xdmf, timed } = run;
  if (timed && restart !== undefined) {
    throw wrong('"--timed"', "a run from the start", `the restart of "${restart}"`, "Leave out one of them.");
  }
  if (xdmf && output === undefined && restart !== undefined) {
    const expected = "none with --restart, which continues the text where there is one";
    throw wrong('"--xdmf"', expected, "one", "Leave it out, or add --output NEW.h5.");
  }
  for (const [option, value] of Object.entries({ every, backend, gzip, xdmf, "output-beside": outputBeside })) {
    // A file of options may say of a switch that it is off.
    if (value === undefined || value === false || output !== undefined || restart !== undefined) continue;
    throw wrong(`"--${option}"`, "an output file", "none", "Add --output FILE or leave it out.");
  }
  checkStorage(run);
}

/** A case, ready to run. */
export interface Prepared extends Simulation {
  /** The first field. */
  readonly psi: FloatField;
  /** Releases everything. **Collective.** */
  free(): void;
}

/** Makes the grid, fields and solver of a run. **Collective.** */
export function prepare(comm: Comm, run: Run, setup: Setup): Prepared {
  const { shape, bounds, periodic, name = "psi", others: coupled = {}, courant, dt, boundary, g, maxCourant } = setup;
  const scheme = schemeOf(run);
  const split = run.split ? { split: run.split } : {};
  const threads = threadsOr1(run.threads);
  const halo = haloFor(scheme, shape, { ranks: comm.size, periodic: wraps(setup), ...split });
  const grid = new Grid(comm, { shape, bounds, periodic, halo, ...split, threads });
  const initial = Object.entries({ [name]: setup.psi, ...coupled });
  const all = initial.map(([, value]) => grid.field(value, { dtype: run.dtype }));
  const factor = g === undefined ? undefined : grid.field(g, { dtype: run.dtype });
  const { free: release, velocity = [], ...coupling } = setup.couple?.(all) ?? {};
  const walls = {
    ...(boundary ? { boundary } : {}),
    ...(g === undefined ? {} : { g }),
    ...(maxCourant === undefined ? {} : { maxCourant }),
  };
  const overlap = overlapOf(run.overlap);
  const mpdata = new Mpdata({ psi: all, courant, dt, ...walls, ...coupling, ...scheme, overlap });
  const fields = Object.fromEntries(initial.map(([key], index) => [key, all[index]!]));
  const advected = Object.entries(fields).map(([key, field]) => [key, { field, longName: "advected scalar" }]);
  const last = velocity.map((field, axis) => {
    const key = ["u", "v", "w"][axis]!;
    return [key, { field, longName: `velocity ${key} of the last step` }];
  });
  return {
    grid,
    psi: all[0]!,
    solver: solverOf(mpdata, fields),
    title: run.case,
    dt,
    ...(setup.units === undefined
      ? {}
      : { units: Object.fromEntries(grid.axes.map(({ name }) => [name, setup.units!])) }),
    recorded: Object.fromEntries([...advected, ...last]),
    ...(factor ? { statics: { G: { field: factor, longName: "G factor" } } } : {}),
    resume(steps) {
      const before = steps > 0 && velocity.length > 0 ? { velocity: { fields: velocity, time: (steps - 1) * dt } } : {};
      mpdata.resume({ steps, ...before });
    },
    free() {
      mpdata.free();
      release?.();
      for (const field of all) field.free();
      factor?.free();
      grid.free();
    },
  };
}

/** MPDATA with its fields by name. */
function solverOf(mpdata: Mpdata<Float>, fields: Readonly<Record<string, FloatField>>): Simulation["solver"] {
  return {
    fields,
    get steps() {
      return mpdata.steps;
    },
    get time() {
      return mpdata.time;
    },
    seconds: mpdata.seconds,
    overlap: mpdata.overlap,
    advance(steps) {
      mpdata.advance(steps);
    },
  };
}

/** Runs a case on the ranks of a communicator. **Collective.** The report is the same on all ranks. */
export async function runCase(
  comm: Comm,
  run: Run,
  progress?: Progress,
): Promise<{ readonly report: Report; readonly draw: Draw | undefined }> {
  const { setup, steps } = setupOf(run);
  await checkPlot(comm, run.plot);
  const prepared = prepare(comm, run, setup);
  const { psi } = prepared;
  await begin(run, psi);
  // What is known of a case is known of its own field alone.
  const known: Pick<Setup, "exact" | "statistics"> = run.initial === undefined ? setup : {};
  const start = known.statistics ? psi.interior() : undefined;
  const first = run.timed ? valuesOf(prepared) : undefined;
  const { outcome, draw, isStopped } = await simulate(prepared, planOf(run, prepared, steps), progress);
  const statistics = start ? known.statistics!(psi, start) : errorsOf(psi, known, outcome.time);
  const timing = first ? timingAgain(prepared, first, outcome) : {};
  prepared.free();
  const { shape, steps: total, startStep, ranks, split, threads, ...rest } = outcome;
  const head = { case: run.case, shape, steps: total, startStep, ranks, split, threads, options: optionsOf(run) };
  const end = { stopped: isStopped ? "maxRuntime" : "steps", plannedSteps: steps } as const;
  return { report: { ...head, ...rest, ...timing, ...end, ...(statistics ? { statistics } : {}) }, draw };
}

/** Sets the first field to what the run is to begin with, unless it is continued. **Collective.** */
async function begin(run: Run, psi: AnyField): Promise<void> {
  const { initial, restart } = run;
  if (initial === undefined || restart !== undefined) return;
  const { path, name } = sourceOf(initial)!;
  await readInto("--initial", psi, path, name, -1);
  const { min, max, sum } = psi.figures();
  if (!Number.isFinite(sum)) {
    throw wrongFile(path, `"${name}" of finite values for --initial`, "others", "Fill in what is missing.");
  }
  if (min < 0 && max > 0) checkSigned(run);
}

/** The times of a run that is repeated until it can be timed. **Collective.** */
function timingAgain(prepared: Prepared, first: readonly Values[], { steps, startStep }: Outcome): Partial<Outcome> {
  const { total, exchange } = prepared.solver.seconds!;
  const spent = measureAgain(prepared, first, { steps: steps - startStep, total, exchange });
  return timingOf(prepared.grid, spent.steps, spent);
}

function planOf(run: Run, { grid }: Simulation, steps: number): Plan {
  const about = {
    title: `MPDATA advection: ${run.case}`,
    command: `wasm-mpi advect ${run.case}`,
    config: configOf(run, grid.shape, steps),
  };
  return { ...run, steps, about };
}

/** What a report says of the options: the scheme, the type where it is not f64, the flow that was asked for. */
function optionsOf(run: Run): Report["options"] {
  const { dtype } = typeOf(run);
  const { courant } = run;
  return { ...schemeOf(run), ...(dtype ? { dtype } : {}), ...(courant ? { courant } : {}) };
}

/** The errors of psi against what is known, mean and root mean square over the time as published. **Collective.** */
function errorsOf(psi: AnyField, setup: Pick<Setup, "exact">, time: number): Record<string, number> | undefined {
  const exact = time > 0 ? setup.exact?.(time) : undefined;
  if (exact === undefined) return undefined;
  const { mean, rms, max } = normsOf(psi, exact);
  return { L1: mean / time, L2: rms / time, Linf: max };
}
