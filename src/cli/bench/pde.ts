/** `wasm-mpi bench pde` */
import { rmSync } from "node:fs";
import { freemem } from "node:os";
import { wrong } from "../../argument.js";
import { LibraryError } from "../../errors.js";
import { type Comm, mpi } from "../../mpi/index.js";
import { detectJob, findLaunchers } from "../../mpi/library/launcher.js";
import { temporaryFolder } from "../folder.js";
import { shapes as shapesKind } from "../kind.js";
import { launcherFor, self } from "../launch.js";
import { argumentsOf, type OptionsOf } from "../options.js";
import { progressLine } from "../progress.js";
import { counted } from "../run/report.js";
import { threadsOr1 } from "../run/threads.js";
import { copyBandwidth } from "./copy.js";
import { type Case, casesOf, cellsOf, checkBlocks, measureSteps, shapeText } from "./equations.js";
import { startRanks } from "./peers.js";
import { findSolvers, runSolver, type Solver, type SolverName } from "./solvers.js";
import { type CopyFigures, describeSteps, rowOf, type StepReport, type StepRow } from "./throughput.js";

type Options = OptionsOf<"bench">;

const usualSizes = "512,2048,256x256x256";

/** Squares and cubes: one number is the side of a square. @throws UsageError */
function shapesOf(text: string): (readonly number[])[] {
  return shapesKind.read("--sizes", text, "512,256x256x256").map((shape) => {
    const [first, ...rest] = shape as [number, ...number[]];
    if (rest.length === 0) return [first, first];
    if (rest.every((n) => n === first)) return shape;
    const got = JSON.stringify(shape.join("x"));
    throw wrong('"--sizes"', "squares and cubes", got, "For example --sizes 512,256x256x256.");
  });
}

/** Bytes a cell of all arrays of a program, and of what it starts with. */
const cellBytes = 40;

/** The cases that fit the memory, and what is said of the others. @throws UsageError where none does */
function fitting(cases: readonly Case[]): { readonly cases: readonly Case[]; readonly skipped: readonly string[] } {
  const room = freemem() / 2;
  const fits = (timed: Case) => cellBytes * cellsOf(timed) <= room;
  const large = [...new Set(cases.filter((timed) => !fits(timed)).map(shapeText))];
  const kept = cases.filter(fits);
  const gigabytes = (room / 1e9).toPrecision(2);
  if (kept.length === 0) {
    throw wrong('"--sizes"', `a size that fits ${gigabytes} GB`, large.join(", "), "Take a smaller one.");
  }
  return { cases: kept, skipped: large.map((text) => `${text}, which does not fit half of the free memory`) };
}

/** Times steps of equations, prints how they were. @throws UsageError, LibraryError, Interrupted */
export async function benchEquations(options: Options): Promise<void> {
  const { ranks: asked, sizes = usualSizes, rounds, json = false } = options;
  for (const name of ["folder", "backend", "plot"] as const) {
    if (options[name] === undefined) continue;
    const expected = name === "plot" ? "pingpong, ring, allreduce, pi or io" : "io";
    const got = name === "plot" ? "pde, which has a table alone" : "pde, which makes no file";
    throw wrong(`"--${name}"`, expected, got, "Leave it out.");
  }
  const threads = threadsOr1(options.threads);
  const job = detectJob();
  if (job && asked !== undefined && asked !== job.size) {
    throw wrong('"--ranks"', `${job.size}, the ranks of this job`, asked, "Leave it out under a launcher.");
  }
  const all = casesOf(shapesOf(sizes));
  const most = job?.size ?? asked ?? 2;
  for (const timed of all) checkBlocks(timed, most);
  const { cases, skipped } = job ? { cases: all, skipped: [] } : fitting(all);
  const canStart = findLaunchers().length > 0;
  const report =
    job || (most === 1 && !canStart)
      ? measureHere(cases, threads, rounds, job ? "a job that mpiexec started runs wasm-mpi alone" : undefined)
      : await measureApart(cases, threads, [...new Set([1, most])], rounds);
  if (!report) return;
  const whole = { ...report, skipped };
  process.stdout.write(json ? `${JSON.stringify(whole)}\n` : describeSteps(whole));
}

/** Measures in this process, which may be a rank of a job; only rank 0 gets the figures. */
function measureHere(
  cases: readonly Case[],
  threads: number,
  rounds: number,
  why = "no MPI launcher was found",
): StepReport | undefined {
  const comm = mpi.init();
  const { library, version } = mpi.versionInfo();
  const progress = progressLine(comm.rank === 0, "pde");
  const samples = cases.map((): number[] => []);
  const copy = measureCopy(comm);
  for (let round = 0; round < rounds; round++) {
    for (const [i, timed] of cases.entries()) {
      samples[i]!.push(...measureSteps(comm, timed, threads));
      progress(round * cases.length + i + 1, rounds * cases.length);
    }
  }
  mpi.finalize();
  if (comm.rank !== 0) return undefined;
  const rows = cases.map((timed, i) => rowOf(timed, comm.size, samples[i]!, copy.bandwidth, {}));
  const missing = { sse: why, avx2: why, python: why };
  return {
    rows,
    ranks: [comm.size],
    threads,
    rounds,
    copy: [copy],
    mpi: { library, version },
    programs: {},
    missing,
    skipped: [],
  };
}

const measureCopy = (comm: Comm): CopyFigures => ({ ranks: comm.size, ...copyBandwidth(comm) });

/** Seconds within which a job has to end that takes some five by itself for each case. */
const patience = (cases: readonly Case[]) => 120 + 60 * cases.length;

/** Measures wasm-mpi and its peers in turn, each in processes of its own in each round. */
async function measureApart(
  cases: readonly Case[],
  threads: number,
  counts: readonly number[],
  rounds: number,
): Promise<StepReport> {
  const launcher = launcherFor(Math.max(...counts));
  const folder = temporaryFolder("bench-");
  try {
    const { solvers, missing } = await findSolvers(folder);
    const reports: StepReport[] = [];
    const peerSamples = cases.map((): Partial<Record<SolverName, number[]>> => ({}));
    const progress = progressLine(true, "pde");
    const total = rounds * (counts.length + solvers.length);
    let done = 0;
    for (let round = 0; round < rounds; round++) {
      for (const ranks of counts) {
        reports.push(await runOwn({ launcher, ranks, patience: patience(cases) }, cases, threads));
        progress(++done, total);
      }
      for (const solver of solvers) {
        if (!(solver.isOnce && round > 0)) await runAll(solver, cases, peerSamples, missing);
        progress(++done, total);
      }
    }
    return merged(cases, counts, rounds, { reports, peerSamples, solvers, missing });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a peer on all cases, unless it has failed before. */
async function runAll(
  solver: Solver,
  cases: readonly Case[],
  samples: Partial<Record<SolverName, number[]>>[],
  missing: Partial<Record<SolverName, string>>,
): Promise<void> {
  const { name } = solver;
  for (const [i, timed] of cases.entries()) {
    if (missing[name] !== undefined) return;
    const times = await runSolver(solver, timed);
    if (typeof times === "string") missing[name] = `${timed.name} ${shapeText(timed)}: ${times}`;
    else samples[i] = { ...samples[i], [name]: [...(samples[i]![name] ?? []), ...times] };
  }
}

/** What was measured in all rounds. */
interface Measured {
  readonly reports: readonly StepReport[];
  readonly peerSamples: readonly Partial<Record<SolverName, number[]>>[];
  readonly solvers: readonly Solver[];
  readonly missing: Partial<Record<SolverName, string>>;
}

function merged(
  cases: readonly Case[],
  counts: readonly number[],
  rounds: number,
  { reports, peerSamples, solvers, missing }: Measured,
): StepReport {
  const of = (ranks: number) => reports.filter((report) => report.ranks[0] === ranks);
  const copy = counts.map((ranks) => {
    const all = of(ranks).map((report) => report.copy[0]!);
    return all.reduce((best, each) => (each.bandwidth > best.bandwidth ? each : best));
  });
  const known = solvers.filter(({ name }) => missing[name] === undefined);
  const rows = cases.flatMap((timed, i) =>
    counts.map((ranks, place): StepRow => {
      const samples = of(ranks).flatMap(({ rows }) => rows[i]!.samples);
      const names = ranks === 1 ? known.map(({ name }) => [name, peerSamples[i]![name]!]) : [];
      return rowOf(timed, ranks, samples, copy[place]!.bandwidth, Object.fromEntries(names));
    }),
  );
  const programs = Object.fromEntries(known.map(({ name, program }) => [name, program]));
  const { mpi: library, threads } = reports.at(-1)!;
  return { rows, ranks: counts, threads, rounds, copy, mpi: library, programs, missing, skipped: [] };
}

/** Runs this command for one round in a job of its own. @throws LibraryError when the job fails */
async function runOwn(
  place: Parameters<typeof startRanks>[0],
  cases: readonly Case[],
  threads: number,
): Promise<StepReport> {
  const sizes = [...new Set(cases.map(({ shape }) => shape.join("x")))].join(",");
  const options = argumentsOf("bench", { rounds: 1, json: true, sizes, threads });
  const words = [process.execPath, self, "bench", "pde", ...options];
  const outcome = await startRanks(place, words);
  if (typeof outcome !== "string") return JSON.parse(outcome.stdout) as StepReport;
  const text = `"pde" expected ${counted(place.ranks, "rank")} of ${place.launcher.path} to end well, got ${outcome}. Try wasm-mpi doctor.`;
  throw new LibraryError(text, { tried: [place.launcher.path] });
}
