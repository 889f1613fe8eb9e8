import type { Command } from "commander";
import { caseOf } from "../advection/cases/case.js";
import { wrong } from "../argument.js";
import { type Norms, normsOf } from "../grid/norms.js";
import { type Comm, mpi } from "../mpi/index.js";
import { detectJob } from "../mpi/library/launcher.js";
import { checkPicture, diagrams } from "../plot/index.js";
import { schemeOfCase } from "./advect.js";
import { aligned } from "./columns.js";
import { defaultsOf, type OptionsOf, schemeOf } from "./options/index.js";
import { progressLine } from "./progress.js";
import type { Run } from "./run/config.js";
import { checkPage, writePage } from "./run/page.js";
import { threadsText } from "./run/picture.js";
import { counted, mpiText, schemeText } from "./run/report.js";
import { checkRun, prepare, setupOf } from "./run/setup.js";
import type { Progress } from "./run/simulate.js";
import { threadsOr1 } from "./run/threads.js";

type Options = OptionsOf<"converge">;

/** The errors on one shape, and the orders by which they have fallen since the shape before. */
interface Row extends Norms {
  readonly shape: readonly number[];
  readonly steps: number;
  readonly time: number;
  readonly orders: Norms | null;
}

/** `wasm-mpi converge` */
export async function converge(name: string, options: Options, parsed: Command): Promise<void> {
  const { json, plot, html, shapes: asked = [[32], [64], [128]], ...rest } = options;
  const { axes, runs } = plan(
    { ...defaultsOf("advect"), ...rest, ...schemeOfCase(name, parsed), case: name },
    asked,
    detectJob()?.size ?? 1,
  );
  if ((detectJob()?.rank ?? 0) === 0) {
    if (plot !== undefined) await checkPicture(plot);
    if (html !== undefined) checkPage(html);
  }
  const comm = mpi.init();
  const rows = measure(comm, runs, progressLine(comm.rank === 0, `${name} on ${counted(comm.size, "rank")}`));
  const library = mpiText(mpi.versionInfo());
  mpi.finalize();
  if (comm.rank !== 0) return;
  const threads = threadsOr1(options.threads);
  const result = { case: name, axes, ranks: comm.size, threads, options: schemeOf(runs[0]!), rows };
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : table(result));
  if (plot !== undefined) await draw(plot, result);
  if (html !== undefined) {
    await writePage(html, {
      title: `Convergence of ${name}`,
      about: aboutOf(result),
      rows: cellsOf(rows),
      pictured: "Errors against the cells along an axis, on logarithmic scales: the figures are those of the table.",
      draw: (path) => draw(path, result),
      mpi: `MPI: ${library}`,
    });
  }
  if (json) return;
  for (const [what, path] of Object.entries({ picture: plot, page: html })) {
    if (path !== undefined) process.stdout.write(`${what}: ${path}\n`);
  }
}

/** The runs, which all last equally long in lengths of their set-up. @throws UsageError */
function plan(
  run: Omit<Run, "shape">,
  asked: NonNullable<Options["shapes"]>,
  ranks: number,
): { axes: number; runs: Run[] } {
  const axes = run.courant?.length ?? caseOf(run.case).setup({}).shape.length;
  const shapes = asked.map((cells) => (cells.length === 1 ? new Array<number>(axes).fill(cells[0]!) : cells));
  const cells = shapes.map((shape) => shape.reduce((product, n) => product * n, 1));
  if (shapes.length < 2 || cells.some((count, index) => index > 0 && count <= cells[index - 1]!)) {
    throw wrong(
      '"--shapes"',
      "at least two shapes, coarsest first",
      JSON.stringify(asked.map((shape) => shape.join("x")).join(",")),
      "For example --shapes 32,64,128.",
    );
  }
  const first = setupOf({ ...run, shape: shapes[0]! });
  const duration = (first.steps * first.setup.dt) / (first.setup.length ?? 1);
  const runs = shapes.map((shape): Run => {
    const { setup } = setupOf({ ...run, shape });
    const steps = Math.max(1, Math.round((duration * (setup.length ?? 1)) / setup.dt));
    if (!setup.exact?.(steps * setup.dt)) {
      throw wrong(
        run.case,
        `a solution that is known after ${steps} steps on ${shape.join(" x ")} cells`,
        "none",
        "Leave out --steps, or choose another case.",
      );
    }
    const planned = { ...run, shape, steps };
    checkRun(planned, ranks);
    return planned;
  });
  return { axes: shapes[0]!.length, runs };
}

/** Does the runs and measures their errors. **Collective.** */
function measure(comm: Comm, runs: readonly Run[], progress: Progress): Row[] {
  const rows: Row[] = [];
  for (const [index, run] of runs.entries()) {
    const { setup, steps } = setupOf(run);
    const { psi, solver, free } = prepare(comm, run, setup);
    solver.advance(steps);
    const time = steps * setup.dt;
    const norms = normsOf(psi, setup.exact!(time)!);
    free();
    rows.push({ shape: setup.shape, steps, time, ...norms, orders: ordersOf(rows.at(-1), setup.shape, norms) });
    progress(index + 1, runs.length);
  }
  return rows;
}

/** By how many powers of the size of a cell the errors have fallen; null for the first shape. */
function ordersOf(before: Row | undefined, shape: readonly number[], now: Norms): Norms | null {
  if (!before) return null;
  const cells = (of: readonly number[]) => of.reduce((product, n) => product * n, 1) ** (1 / of.length);
  const refinement = Math.log(cells(shape) / cells(before.shape));
  const order = (name: keyof Norms) => Math.log(before[name] / now[name]) / refinement;
  return { mean: order("mean"), rms: order("rms"), max: order("max") };
}

interface Result {
  readonly case: string;
  readonly ranks: number;
  readonly threads: number;
  readonly options: Record<string, unknown>;
  readonly rows: readonly Row[];
}

const names = ["mean", "rms", "max"] as const;

/** `gaussian, 1 rank, 2 passes of MPDATA` */
function aboutOf({ case: name, ranks, threads, options }: Result): string {
  return `${name}, ${counted(ranks, "rank")}${threadsText(threads)}, ${schemeText(options)}`;
}

/** The cells of the table, with its heads. */
function cellsOf(rows: readonly Row[]): string[][] {
  const head = ["cells", "steps", ...names.flatMap((name) => [`${name} error`, "order"])];
  const body = rows.map(({ shape, steps, orders, ...norms }) => [
    shape.join(" x "),
    String(steps),
    ...names.flatMap((name) => [norms[name].toExponential(4), orders ? orders[name].toFixed(2) : ""]),
  ]);
  return [head, ...body];
}

function table(result: Result): string {
  return `${[aboutOf(result), "", ...aligned(cellsOf(result.rows))].join("\n")}\n`;
}

/** Draws the errors. @throws FileError when the picture cannot be written */
async function draw(path: string, result: Result): Promise<void> {
  const { rows } = result;
  const curves = names.map((name, colour) => ({ colour, line: 0, values: rows.map((row) => row[name]) }));
  const points = rows.map(({ shape }) => shape.join("x"));
  const [title, label, across] = ["errors", "error", "cells"];
  const diagram = { title, label, across, points, colours: names.map((name) => name), lines: ["wasm-mpi"], curves };
  await diagrams(path, { title: aboutOf(result), diagrams: [diagram] });
}
