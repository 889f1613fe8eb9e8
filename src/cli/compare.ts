import { existsSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { format, join, parse } from "node:path";
import type { Command } from "commander";
import { show, wrong } from "../argument.js";
import { FileError, UsageError } from "../errors.js";
import { onRoot } from "../io/agree.js";
import { type Difference, differencesBetween, type FrameDifference, overallOf } from "../io/difference.js";
import { SnapshotReader } from "../io/reader.js";
import { type Comm, mpi } from "../mpi/index.js";
import { detectJob, findLaunchers, installHint } from "../mpi/library/launcher.js";
import { checkPicture } from "../plot/index.js";
import { schemeOfCase } from "./advect.js";
import { aligned } from "./columns.js";
import { temporaryFolder } from "./folder.js";
import { launcherFor, launchRun, self } from "./launch.js";
import { shellWord } from "./manual/shell.js";
import { argumentsOf, type OptionsOf } from "./options/index.js";
import { sourceOf } from "./options/kind.js";
import { checkNotAlone, comparePair } from "./pair.js";
import { announce, progressLine } from "./progress.js";
import { isSameFile, type Run } from "./run/config.js";
import { Stopped } from "./run/interruption.js";
import { type Columns, checkPage, type Page, writePage } from "./run/page.js";
import { type Division, drawRuns, ranksText, threadsText } from "./run/picture.js";
import { counted, mpiText, type Outcome, type Report, schemeText } from "./run/report.js";
import { checkRun, runCase } from "./run/setup.js";
import { checkPlot, type Progress } from "./run/simulate.js";
import { threadsOr1 } from "./run/threads.js";
import { noTerminal, terminalLines } from "./view/picture.js";
import { Scene } from "./view/scene.js";

type Options = OptionsOf<"compare">;

/** A run beside the first run. */
interface Row extends Difference {
  readonly ranks: number;
  readonly split: readonly number[];
  readonly overlap: boolean;
  readonly secondsPerStep: number;
  readonly file: string;
}

/** `wasm-mpi compare` */
export async function compare(
  name: string,
  second: string | undefined,
  options: Options,
  parsed: Command,
): Promise<void> {
  if (second !== undefined) return comparePair([name, second], parsed, options.json ?? false);
  checkNotAlone(name);
  const { ranks: _, split: __, fewer: ___, json: ____, plot: _____, html: _6, terminal: _7, ...rest } = options;
  const threads = threadsOr1(options.threads);
  await compareRuns(subjectOf({ ...rest, ...schemeOfCase(name, parsed), case: name, threads }), options);
}

/** The run of a case, as something to compare. */
export function subjectOf(run: Run): Subject {
  const { output, overwrite, logEvery } = run;
  return {
    name: run.case,
    ...{ output, overwrite, logEvery },
    check: (split, ranks) => checkRun(split ? { ...run, split } : run, ranks),
    argumentsFor: (options) => [
      "advect",
      run.case,
      ...argumentsOf("advect", { ...run, ...options, timed: true, json: true }),
    ],
    run: async (comm, options, progress) => (await runCase(comm, { ...run, ...options, timed: true }, progress)).report,
    looksOf: () => ({}),
    reads: () => (run.initial === undefined ? [] : [sourceOf(run.initial)!.path]),
    about: (report) => ({ case: (report as Report).case }),
    describe: ({ options }) => schemeText(options),
    suggestion: (shape) => [
      `compare ${run.case} --shape ${shape} --steps 100 --ranks 1,2`,
      "more cells: what ranks save",
    ],
  };
}

/** Runs something on several rank counts, and prints how the results differ. */
export async function compareRuns(
  subject: Subject,
  options: Pick<Options, "ranks" | "split" | "fewer" | "json" | "plot" | "html" | "terminal"> & {
    readonly command?: string;
  },
): Promise<void> {
  const { ranks: asked, split: splits, fewer, json, plot, html, terminal = false, command = "compare" } = options;
  if (terminal && json) throw noTerminal();
  const job = detectJob();
  const counts = job ? ranksInJob(asked, job.size) : (asked ?? [1, 2, 3]);
  const planned = plan(subject, counts, splits);
  if (!job && plot !== undefined) await checkPicture(plot);
  if (!job && html !== undefined) checkPage(html);
  const reports = job
    ? await runInJob(subject, planned, { plot, html })
    : await runApart(subject, available(planned, fewer ?? false, command), command);
  if (!reports) return;
  const rows: Row[] = [];
  const frames: (readonly FrameDifference[])[] = [];
  for (const report of reports) {
    const differences = await differencesBetween(reports[0]!.file!, report.file!);
    frames.push(differences);
    const { ranks: count, split, overlap, secondsPerStep } = report;
    rows.push({
      ranks: count,
      split,
      overlap,
      secondsPerStep,
      ...overallOf(differences),
      file: report.file!,
    });
  }
  const identical = rows.every((row) => row.differingCells === 0);
  const last = reports.at(-1)!;
  const { shape, steps, threads, mpi: library } = last;
  const about = subject.about(last);
  // The files of a folder for temporary files are gone when this process has ended.
  const runs = subject.output === undefined ? rows.map((row) => ({ ...row, file: null })) : rows;
  const result = { identical, ...about, shape, steps, threads, options: last.options, plot: plot ?? null, runs };
  process.exitCode = identical ? 0 : 1;
  process.stdout.write(json ? `${JSON.stringify({ ...result, mpi: library })}\n` : table(subject, last, rows));
  if (plot !== undefined) await drawRuns(plot, subject, rows);
  if (html !== undefined) await writePage(html, pageOf(subject, last, rows, frames));
  if (json) return;
  if (plot !== undefined) process.stdout.write(`picture: ${plot}\n`);
  if (html !== undefined) process.stdout.write(`page: ${html}\n`);
  if (terminal && process.stdout.isTTY) process.stdout.write(`\n${await lastFrame(subject, rows)}\n`);
  process.stdout.write(`\n${nextSteps(subject, last, rows)}`);
}

/** The last frame of the last run, in characters. */
async function lastFrame({ drawn }: Subject, rows: readonly Row[]): Promise<string> {
  const reader = await SnapshotReader.open(rows.at(-1)!.file);
  try {
    const options = drawn === undefined ? {} : { variable: drawn };
    const scene = await Scene.of(reader, options);
    return terminalLines(scene, [scene.panelOf(reader.times.length - 1)], options).join("\n");
  } finally {
    reader.close();
  }
}

/** A report of a run of any command. */
export interface AnyReport extends Outcome {
  readonly options: Readonly<Record<string, unknown>>;
}

/** What each run of a comparison has of its own. */
interface OfRun {
  readonly output: string;
  readonly split?: readonly number[];
}

/** What is run on several rank counts. */
export interface Subject {
  /** What files and titles are called. */
  readonly name: string;
  /** The variable that pictures show. Default: the first. */
  readonly drawn?: string | undefined;
  readonly output: string | undefined;
  readonly overwrite: boolean;
  readonly logEvery: number | undefined;
  /** @throws UsageError, CompileError when something is wrong with a run */
  check(split: readonly number[] | undefined, ranks: number): void;
  /** The arguments of this program that make a run, reported as JSON. */
  argumentsFor(options: OfRun): string[];
  /** Runs on the ranks of a communicator. **Collective.** */
  run(comm: Comm, options: OfRun, progress: Progress): Promise<AnyReport>;
  /** What the document says of the subject. */
  about(report: AnyReport): Readonly<Record<string, unknown>>;
  /** The files that a run writes besides, by option. */
  looksOf(options: OfRun): Readonly<Record<string, string>>;
  /** The files that each run begins with. */
  reads(): readonly string[];
  /** How it was run, in words. */
  describe(report: AnyReport): string;
  /** A command to try next, and what it is for. @param shape of a larger grid */
  suggestion(shape: string): readonly [command: string, about: string] | undefined;
}

/** One of the runs to compare. */
interface Planned {
  readonly ranks: number;
  readonly split?: readonly number[];
}

/**
 * The runs: one for each rank count, or one for each split that was given for it.
 * @throws UsageError when something is wrong with a run, before the first run is started
 */
function plan(subject: Subject, counts: readonly number[], splits: readonly (readonly number[])[]): Planned[] {
  const twice = counts.find((count, index) => counts.indexOf(count) !== index);
  if (twice !== undefined) {
    throw wrong('"--ranks"', "each rank count once", `[${counts.join(", ")}]`, `Leave out the second ${twice}.`);
  }
  const blocksOf = (split: readonly number[]) => split.reduce((product, blocks) => product * blocks, 1);
  const stray = splits.find((split) => !counts.includes(blocksOf(split)));
  if (stray) {
    throw wrong(
      '"--split"',
      `a product among the rank counts [${counts.join(", ")}]`,
      `[${stray.join(", ")}] (${blocksOf(stray)} blocks)`,
      `Add ${blocksOf(stray)} to --ranks or change the split.`,
    );
  }
  const planned = counts.flatMap((ranks): Planned[] => {
    const chosen = splits.filter((split) => blocksOf(split) === ranks);
    return chosen.length === 0 ? [{ ranks }] : chosen.map((split) => ({ ranks, split }));
  });
  for (const { split, ranks } of planned) subject.check(split, ranks);
  return planned;
}

/** The rank counts to compare inside a job of `size` ranks. */
function ranksInJob(asked: readonly number[] | undefined, size: number): readonly number[] {
  const ranks = asked ?? [1, 2, 3].filter((count) => count <= size);
  const most = Math.max(...ranks);
  if (most <= size) return ranks;
  throw wrong('"--ranks"', `at most ${size}, the ranks of this job`, most, "Start more ranks or compare fewer.");
}

/** The runs that can be started: all, or with `--fewer` and no launcher only those on 1 rank. */
function available(planned: readonly Planned[], fewer: boolean, command: string): readonly Planned[] {
  const most = Math.max(...planned.map(({ ranks }) => ranks));
  if (most === 1) return planned;
  if (fewer && findLaunchers().length === 0) {
    process.stderr.write(`wasm-mpi ${command}: no MPI launcher (mpiexec) was found, going on with 1 rank.\n`);
    return [{ ranks: 1 }];
  }
  launcherFor(most);
  return planned;
}

/**
 * Where each run writes: `out-2.h5` or `out-2-1x2.h5` beside `out.h5`, or in a new folder for temporary files, which is removed.
 * @throws FileError when such a file exists already: now, and not after the runs before it; UsageError where a run would replace
 *   what those after it read
 */
function newFiles(subject: Subject, planned: readonly Planned[]): (planned: Planned) => string {
  const { output, name, overwrite } = subject;
  const { dir, name: base, ext: ending, root } = parse(output ?? join(temporaryFolder(), `${name}.h5`));
  const ext = ending || ".h5";
  // A name that begins with a hyphen keeps its folder: ./-a.h5.
  const fileOf = ({ ranks, split }: Planned) =>
    format({ root, dir, base: `${base}-${ranks}${split ? `-${split.join("x")}` : ""}${ext}` });
  const files = planned.flatMap((each): [flag: string, path: string][] => {
    const options = ofRun(each, fileOf);
    return [["--output", options.output], ...Object.entries(subject.looksOf(options))];
  });
  const read = subject.reads();
  const [flag, taken] = files.find(([, path]) => existsSync(path) && !overwrite) ?? [];
  if (taken !== undefined) {
    throw new FileError(
      `"${flag}" expected names of new files, got "${taken}", which exists. Choose another name, or add --overwrite.`,
      taken,
    );
  }
  const [of, replaced] = files.find(([, path]) => read.some((source) => isSameFile(source, path))) ?? [];
  if (replaced === undefined) return fileOf;
  throw wrong(`"${of}"`, "names of other files than those that the runs read", show(replaced), "Choose another name.");
}

/** `run 2 of 3, cone on 2 ranks` */
function titleOf(subject: Subject, { ranks }: Planned, index: number, count: number): string {
  return `run ${index + 1} of ${count}, ${subject.name} on ${counted(ranks, "rank")}`;
}

/** What a run has of its own. */
function ofRun(planned: Planned, fileOf: (planned: Planned) => string): OfRun {
  const { split } = planned;
  return { output: fileOf(planned), ...(split ? { split } : {}) };
}

/** What a run says that was stopped; without where it goes on, where no file is kept. */
function endOf({ output }: Subject, line: string): string {
  return output === undefined ? line.split("; continue with ")[0]! : line;
}

/** Does every run as a job of its own, one after the other. */
async function runApart(
  subject: Subject,
  planned: readonly Planned[],
  command: string,
): Promise<AnyReport[] | undefined> {
  const fileOf = newFiles(subject, planned);
  const reports: AnyReport[] = [];
  for (const [index, each] of planned.entries()) {
    const title = titleOf(subject, each, index, planned.length);
    announce(`${title} `);
    const args = [self, ...subject.argumentsFor(ofRun(each, fileOf))];
    const { code, result, line } = await launchRun(each.ranks, args, { title });
    announce("");
    if (line) {
      process.stderr.write(`wasm-mpi ${command}: on ${counted(each.ranks, "rank")}, ${endOf(subject, line)}\n`);
    }
    if (result === undefined) {
      process.exitCode = code;
      return undefined;
    }
    reports.push(JSON.parse(result) as AnyReport);
  }
  return reports;
}

/** Does every run on the first ranks of this job, while the others wait. Only rank 0 gets the reports. */
async function runInJob(
  subject: Subject,
  planned: readonly Planned[],
  { plot, html }: { readonly plot: string | undefined; readonly html: string | undefined },
): Promise<AnyReport[] | undefined> {
  const world = mpi.init();
  const fileOf = sharedFiles(world, subject, planned);
  await checkPlot(world, plot);
  if (html !== undefined) onRoot(world, html, () => checkPage(html));
  const reports: AnyReport[] = [];
  for (const [index, each] of planned.entries()) {
    const { ranks } = each;
    const part = world.split({ color: world.rank < ranks ? 0 : undefined });
    const options = ofRun(each, fileOf);
    let failure: unknown;
    try {
      const progress = progressLine(part?.rank === 0, titleOf(subject, each, index, planned.length), subject.logEvery);
      if (part) reports.push(await subject.run(part, options, progress));
    } catch (error) {
      // Thrown on all ranks of the part, rank 0 among them, which says it; any other error ends the job by itself.
      if (error instanceof Stopped) error.message = endOf(subject, error.message);
      if (!(error instanceof UsageError || error instanceof FileError)) throw error;
      failure = error;
    }
    onRoot(world, options.output, () => {
      if (failure) throw failure;
    });
    part?.free();
  }
  mpi.finalize();
  return world.rank === 0 ? reports : undefined;
}

/** The file names, which rank 0 chooses: it makes the folder for temporary files. **Collective.** */
function sharedFiles(world: Comm, subject: Subject, planned: readonly Planned[]): (planned: Planned) => string {
  const chosen = onRoot(world, tmpdir(), () => planned.map(newFiles(subject, planned)));
  const names = world.bcastObject(chosen) as readonly string[];
  return (each) => names[planned.indexOf(each)]!;
}

/** On fewer cells a rank, exchanging halos takes longer than what the other ranks save. */
const cellsForSpeed = 2 ** 14;

/** Whether a speed-up is told of a run: not for more ranks than cores, or few cells a rank. */
function isFast({ shape, threads }: AnyReport, ranks: number): boolean {
  const cells = shape.reduce((product, n) => product * n, 1);
  return ranks * threads <= availableParallelism() && cells / ranks >= cellsForSpeed;
}

/** The table of the runs, with the heads of its columns. */
function cellsOf(report: AnyReport, runs: readonly Row[]): string[][] {
  const [first] = runs as [Row];
  const head = ["ranks", "split", "ms per step", "speed-up", "max |difference|", "differing cells", ""];
  const body = runs.map((row, index) => [
    String(row.ranks),
    row.split.join(" x "),
    row.secondsPerStep > 0 ? (1e3 * row.secondsPerStep).toPrecision(3) : "-",
    row.secondsPerStep > 0 && isFast(report, row.ranks) ? (first.secondsPerStep / row.secondsPerStep).toFixed(2) : "-",
    String(row.maxDifference),
    String(row.differingCells),
    row.differingCells > 0 ? "DIFFERENT" : index === 0 ? "identical (reference)" : "identical",
  ]);
  return [head, ...body];
}

/** What was run, in a line. */
function aboutOf(subject: Subject, report: AnyReport): string {
  const { shape, steps, threads, mpi } = report;
  return `${subject.name}, ${shape.join(" x ")} cells, ${counted(steps, "step")}, ${subject.describe(report)}${threads === 1 ? "" : `, ranks${threadsText(threads)}`}, MPI: ${mpiText(mpi)}`;
}

/** For people: what was shown, in a sentence; the runs; what to do next. */
function table(subject: Subject, report: AnyReport, runs: readonly Row[]): string {
  const untold = runs.some(({ ranks, secondsPerStep }) => secondsPerStep > 0 && !isFast(report, ranks));
  const why = `no speed-up is told for more ranks than cores, or fewer than ${cellsForSpeed} cells a rank`;
  return `${[
    shownText(runs),
    aboutOf(subject, report),
    "",
    ...aligned(cellsOf(report, runs), "left"),
    ...(untold ? [`(${why})`] : []),
    "",
    ...(subject.output === undefined
      ? [`(the files of the runs are removed; --output ${subject.name}.h5 keeps them)`]
      : runs.map((row) => `file: ${row.file}`)),
  ].join("\n")}\n`;
}

/** How each run differs from the first in each frame, all variables together. */
export function framesOf(runs: readonly Division[], differences: readonly (readonly FrameDifference[])[]): Columns {
  const names = runs.slice(1).map((run) => ranksText(run));
  const times = new Map(differences[0]!.map(({ frame, time }) => [frame, time]));
  const sums = differences.slice(1).map((all) => {
    const frames = new Map<number, FrameDifference[]>(Array.from(times.keys(), (frame) => [frame, []]));
    for (const each of all) frames.get(each.frame)!.push(each);
    return new Map(Array.from(frames, ([frame, each]) => [frame, overallOf(each)]));
  });
  const body = Array.from(times, ([frame, time]) => {
    const cells = sums.flatMap((all) => [all.get(frame)!.maxDifference, all.get(frame)!.differingCells]);
    return [frame, Number(time.toPrecision(6)), ...cells].map(String);
  });
  const head = names.flatMap(() => ["max |difference|", "differing cells"]);
  return { above: ["", "", ...names.flatMap((name) => [name, ""])], rows: [["frame", "time", ...head], ...body] };
}

/** The same as a page, with the picture of the runs. */
function pageOf(
  subject: Subject,
  report: AnyReport,
  runs: readonly Row[],
  differences: readonly (readonly FrameDifference[])[],
): Page {
  const caption = `differences from ${ranksText(runs[0]!)}, frame by frame`;
  return {
    ...(runs.length > 1 ? { further: [{ caption, ...framesOf(runs, differences) }] } : {}),
    title: shownText(runs),
    about: aboutOf(subject, report),
    rows: cellsOf(report, runs),
    pictured: "The first field, and the last one of each run with the borders of its blocks.",
    draw: (path) => drawRuns(path, subject, runs),
    mpi: `MPI: ${mpiText(report.mpi)}`,
  };
}

/** `1, 2 and 3 ranks gave identical bits.` */
function shownText(runs: readonly Row[]): string {
  const [first] = runs as [Row];
  const listed = (rows: readonly Row[]) => {
    const counts = [...new Set(rows.map(({ ranks }) => ranks))];
    const all = [...counts.slice(0, -2), counts.slice(-2).join(" and ")].join(", ");
    return `${all} ${counts.length === 1 && counts[0] === 1 ? "rank" : "ranks"}`;
  };
  const strange = runs.filter(({ differingCells }) => differingCells > 0);
  if (strange.length > 0) return `${listed(strange)} gave OTHER BITS than ${listed([first])}.`;
  if (runs.length === 1) return `${listed(runs)} alone: there was nothing to compare with.`;
  return `${listed(runs)} gave identical bits in all ${counted(first.frames, "frame")}.`;
}

/** What somebody may want to do after the first comparison. */
function nextSteps(subject: Subject, { shape }: AnyReport, runs: readonly Row[]): string {
  const { file } = runs.at(-1)!;
  const cells = shape.reduce((product, n) => product * n, 1);
  const factor = Math.max(2, Math.ceil(((8 * cellsForSpeed) / cells) ** (1 / shape.length)));
  const large = shape.map((n) => factor * n).join(",");
  const further = subject.suggestion(large);
  const commands = [
    ...(subject.output === undefined ? [] : [[`npx wasm-mpi view ${shellWord(file)}`, "what is in a file"]]),
    ...(findLaunchers().length === 0
      ? [[installHint(), "an MPI library, for more ranks"]]
      : further === undefined
        ? []
        : [[`npx wasm-mpi ${further[0]}`, further[1]]]),
    ["npx wasm-mpi init solver", "a project of your own"],
  ] as [string, string][];
  const width = Math.max(...commands.map(([command]) => command!.length));
  const lines = commands.map(([command, about]) => `  ${command!.padEnd(width)}  ${about}\n`);
  return `next:\n${lines.join("")}`;
}
