import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, parse } from "node:path";
import type { Command } from "commander";
import { FileError, UsageError } from "../errors.js";
import { compareFiles, type Difference } from "../io/compare.js";
import { onRoot } from "../io/output.js";
import { type Comm, mpi } from "../mpi/index.js";
import { detectJob, findLaunchers } from "../mpi/launcher.js";
import { checkPicture } from "../view.js";
import { addRunOptions, checkRun } from "./advect.js";
import { integers } from "./arguments.js";
import { launch, launcherFor, self } from "./launch.js";
import { progressLine } from "./progress.js";
import { type Report, type Run, simulate } from "./simulate.js";

interface Options extends Omit<Run, "case" | "split"> {
  readonly ranks?: readonly number[];
  readonly fewer: boolean;
  readonly json?: boolean;
}

/** A run beside the first one. */
interface Row extends Difference {
  readonly ranks: number;
  readonly split: readonly number[];
  readonly secondsPerStep: number;
  readonly file: string;
}

/** `wasm-mpi compare` */
export function addCompare(program: Command): void {
  addRunOptions(
    program.command("compare").description("Run the same case on several rank counts and compare all bits."),
  )
    .option(
      "--ranks <list>",
      "rank counts, the first is the reference (default: 1,2,3)",
      integers("--ranks", 1, "1,2,3"),
    )
    .option("--output <file>", "base name of the HDF5 files: out.h5 gives out-1.h5, out-2.h5 ...")
    .option("--plot <file>", "draw the first and last field to this PNG file")
    .option("--fewer", "without an MPI launcher run on 1 rank only, instead of failing", false)
    .action(async (name: string, options: Options) => {
      const { ranks: asked, fewer, json, ...rest } = options;
      const run: Run = { ...rest, case: name };
      const job = detectJob();
      const ranks = job ? ranksInJob(asked, job.size) : (asked ?? [1, 2, 3]);
      checkRanks(ranks, run);
      const reports = job ? await runInJob(run, ranks) : await runApart(run, available(ranks, run, fewer));
      if (!reports) return;
      const rows: Row[] = [];
      for (const report of reports) {
        const difference = await compareFiles(reports[0]!.file!, report.file!);
        const { ranks: count, split, secondsPerStep } = report;
        rows.push({ ranks: count, split, secondsPerStep, ...difference, file: report.file! });
      }
      const identical = rows.every((row) => row.differingCells === 0);
      const { case: title, shape, steps, options: scheme, plot, mpi: library } = reports.at(-1)!;
      const result = {
        identical,
        case: title,
        shape,
        steps,
        options: scheme,
        plot: reports[0]!.plot ?? plot,
        runs: rows,
      };
      process.stdout.write(json ? `${JSON.stringify({ ...result, mpi: library })}\n` : table(result, library.version));
      process.exitCode = identical ? 0 : 1;
    });
}

/** Finds what is wrong before the first run. @throws UsageError */
function checkRanks(ranks: readonly number[], run: Run): void {
  const twice = ranks.find((count, index) => ranks.indexOf(count) !== index);
  if (twice !== undefined) {
    throw new UsageError(
      `"--ranks" expected each rank count once, got [${ranks.join(", ")}]. Leave out the second ${twice}.`,
    );
  }
  for (const count of ranks) checkRun(run, count);
}

/** The rank counts to compare inside a job of `size` ranks. */
function ranksInJob(asked: readonly number[] | undefined, size: number): readonly number[] {
  const ranks = asked ?? [1, 2, 3].filter((count) => count <= size);
  const most = Math.max(...ranks);
  if (most <= size) return ranks;
  throw new UsageError(
    `"--ranks" expected at most ${size}, the ranks of this job, got ${most}. Start more ranks or compare fewer.`,
  );
}

/** The rank counts that can be started: all, or with `--fewer` and no launcher only 1. */
function available(ranks: readonly number[], run: Run, fewer: boolean): readonly number[] {
  if (run.plot !== undefined) checkPicture(run.plot);
  if (Math.max(...ranks) === 1) return ranks;
  if (fewer && findLaunchers().length === 0) {
    process.stderr.write("wasm-mpi compare: no MPI launcher (mpiexec) was found, going on with 1 rank.\n");
    return [1];
  }
  launcherFor(Math.max(...ranks));
  return ranks;
}

/** Where the run on `count` ranks writes: `out-2.h5` beside `out.h5`, or a new folder for temporary files. */
function fileNames(output: string | undefined, name: string): (count: number) => string {
  const { dir, name: base, ext } = parse(output ?? join(mkdtempSync(join(tmpdir(), "wasm-mpi-")), `${name}.h5`));
  return (count) => join(dir, `${base}-${count}${ext}`);
}

/** Runs every rank count as a job of its own, one after the other. */
async function runApart(run: Run, ranks: readonly number[]): Promise<Report[] | undefined> {
  const fileOf = fileNames(run.output, run.case);
  const reports: Report[] = [];
  for (const [index, count] of ranks.entries()) {
    const drawn = index === 0 ? run.plot : undefined;
    const args = [self, "advect", run.case, ...optionsOf({ ...run, output: fileOf(count) }, drawn), "--json"];
    const { code, stdout } = await launch(count, args, { stdout: "capture", stderr: "inherit" });
    if (code !== 0) {
      process.exitCode = code;
      return undefined;
    }
    reports.push(JSON.parse(stdout) as Report);
  }
  return reports;
}

/** The command line of a run. */
function optionsOf(run: Run, plot: string | undefined): string[] {
  const list = (name: string, value: unknown) => (value === undefined ? [] : [name, String(value)]);
  const flag = (name: string, value: boolean | undefined) => (value ? [name] : []);
  return [
    ...list("--shape", run.shape),
    ...list("--steps", run.steps),
    ...list("--courant", run.courant),
    ...list("--iterations", run.iterations),
    ...flag("--infinite-gauge", run.infiniteGauge),
    ...flag("--nonoscillatory", run.nonoscillatory),
    ...flag("--third-order", run.thirdOrder),
    ...flag("--divergent-flow", run.divergentFlow),
    ...flag("--variable-sign", run.variableSign),
    ...list("--every", run.every),
    ...list("--output", run.output),
    ...list("--plot", plot),
    ...flag("--overwrite", run.overwrite),
  ];
}

/** Runs every rank count on the first ranks of this job, while the others wait. Only rank 0 gets the reports. */
async function runInJob(run: Run, ranks: readonly number[]): Promise<Report[] | undefined> {
  const world = mpi.init();
  const base = await sharedBase(world, run);
  const reports: Report[] = [];
  for (const [index, count] of ranks.entries()) {
    const part = world.split({ color: world.rank < count ? 0 : undefined });
    const { plot, ...rest } = run;
    const own: Run = { ...rest, output: base(count), ...(index === 0 && plot !== undefined ? { plot } : {}) };
    let failure: unknown;
    try {
      if (part) reports.push(await simulate(part, own, progressLine(part.rank === 0, `${run.case} on ${count} ranks`)));
    } catch (error) {
      // Thrown on all ranks of the part, of which rank 0 is always one; others end the job themselves.
      if (!(error instanceof UsageError || error instanceof FileError)) throw error;
      failure = error;
    }
    await onRoot(world, own.output!, () => {
      if (failure) throw failure;
    });
    part?.free();
  }
  mpi.finalize();
  return world.rank === 0 ? reports : undefined;
}

/** The file names, the same on all ranks: rank 0 makes the folder for temporary files. */
async function sharedBase(world: Comm, run: Run): Promise<(count: number) => string> {
  return (await onRoot(world, tmpdir(), () => fileNames(run.output, run.case))) ?? (() => "on rank 0");
}

function table(
  result: {
    identical: boolean;
    shape: readonly number[];
    case: string;
    steps: number;
    plot: string | null;
    runs: Row[];
  },
  library: string,
): string {
  const [first] = result.runs as [Row];
  const head = ["ranks", "split", "ms per step", "speed-up", "max |difference|", "differing cells", ""];
  const body = result.runs.map((row, index) => [
    String(row.ranks),
    row.split.join(" x "),
    (1e3 * row.secondsPerStep).toPrecision(4),
    row.secondsPerStep > 0 ? (first.secondsPerStep / row.secondsPerStep).toFixed(2) : "-",
    String(row.maxDifference),
    String(row.differingCells),
    index === 0 ? "reference" : row.differingCells === 0 ? "identical" : "DIFFERENT",
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...body].map((cells) => cells[column]!.length)));
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => (column === 6 ? cell : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd();
  return `${[
    `${result.case}, ${result.shape.join(" x ")} cells, ${result.steps} steps, ${library}`,
    "",
    ...[head, ...body].map(line),
    "",
    ...result.runs.map((row) => `file: ${row.file}`),
    ...(result.plot ? [`picture: ${result.plot}`] : []),
  ].join("\n")}\n`;
}
