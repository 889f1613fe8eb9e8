/** `wasm-mpi bench pde`, `bench advection` and `bench hpcg` */
import { rmSync } from "node:fs";
import { freemem } from "node:os";
import { show, wrong } from "../../argument.js";
import { LibraryError } from "../../errors.js";
import { type Comm, mpi } from "../../mpi/index.js";
import { detectJob, findLaunchers } from "../../mpi/library/launcher.js";
import { temporaryFolder } from "../folder.js";
import { launcherFor, self } from "../launch.js";
import { argumentsOf, type OptionsOf } from "../options/index.js";
import { shapes as shapesKind } from "../options/kind.js";
import { progressLine } from "../progress.js";
import { counted } from "../run/report.js";
import { threadsOr1 } from "../run/threads.js";
import { copyBandwidth } from "./copy.js";
import { startRanks } from "./peers.js";
import { differenceOf, type Found, findSolvers, runSolver, type Solver, type SolverName } from "./solvers.js";
import { type CopyFigures, describeSteps, rowOf, type StepReport, type StepRow } from "./throughput.js";
import { busyText, type Case, casesOf, cellsOf, type Measured, shapeText, type Workload } from "./workload.js";

/** The options, and whether copies are timed: not in each of the jobs of this command. */
type StepOptions = OptionsOf<"bench"> & { readonly copy?: boolean };

/** What says so to those jobs; no option of users. */
export const withoutCopy = "--no-copy";

/** Squares and cubes, and lines as `65536x1`; one number is the side of the usual one. @throws UsageError */
function shapesOf({ expected, example, sides, hasLines, hasSquares }: Workload, text: string): (readonly number[])[] {
  return shapesKind.read("--sizes", text, example).map((shape) => {
    const [first, ...rest] = shape as [number, ...number[]];
    if (rest.length === 0) return new Array<number>(sides).fill(first);
    if (hasLines && rest.length === 1 && rest[0] === 1) return [first];
    if (rest.every((n) => n === first) && (hasSquares || rest.length === 2)) return shape;
    throw wrong('"--sizes"', expected, JSON.stringify(shape.join("x")), `For example --sizes ${example}.`);
  });
}

/** A shape as `--sizes` has it. */
const sizeOf = ({ shape }: Case) => (shape.length === 1 ? `${shape[0]}x1` : shape.join("x"));

/** The names of what is to be timed. @throws UsageError for unknown ones */
function namesOf({ what, names }: Workload, asked: readonly string[] | undefined): readonly string[] {
  if (asked === undefined) return names;
  if (what !== "advection") throw wrong('"--schemes"', "advection", what, "Leave it out.");
  const unknown = asked.find((name) => !names.includes(name));
  if (unknown === undefined) return names.filter((name) => asked.includes(name));
  throw wrong('"--schemes"', `some of ${names.join(", ")}`, show(unknown), "For example --schemes upwind,fct.");
}

/** The cases that fit the memory, and what is said of the others. @throws UsageError where none does */
function fitting(
  { cellBytes }: Workload,
  cases: readonly Case[],
): { readonly cases: readonly Case[]; readonly skipped: readonly string[] } {
  const room = freemem() / 2;
  const fits = (timed: Case) => cellBytes(timed) * cellsOf(timed) <= room;
  const large = [...new Set(cases.filter((timed) => !fits(timed)).map(shapeText))];
  const kept = cases.filter(fits);
  const gigabytes = (room / 1e9).toPrecision(2);
  if (kept.length === 0) {
    throw wrong('"--sizes"', `a size that fits ${gigabytes} GB`, large.join(", "), "Take a smaller one.");
  }
  return { cases: kept, skipped: large.map((text) => `${text}, which does not fit half of the free memory`) };
}

/** Times steps, prints how they were. @throws UsageError, LibraryError, Interrupted */
export async function benchSteps(workload: Workload, options: StepOptions): Promise<void> {
  const { what, usualSizes } = workload;
  const { ranks: asked, sizes = usualSizes, rounds, json = false } = options;
  for (const name of ["folder", "backend", "plot"] as const) {
    if (options[name] === undefined) continue;
    const expected = name === "plot" ? "pingpong, ring, allreduce, pi or io" : "io or output";
    const got = `${what}, which ${name === "plot" ? "has a table alone" : "makes no file"}`;
    throw wrong(`"--${name}"`, expected, got, "Leave it out.");
  }
  const { hasThreads } = workload;
  if (!hasThreads && options.threads !== undefined) {
    const got = `${what}, whose compiled code has one thread`;
    throw wrong('"--threads"', "pde, advection or output", got, "Leave it out.");
  }
  const warning = busyText();
  const threads = hasThreads ? threadsOr1(options.threads) : 1;
  const job = detectJob();
  if (job && asked !== undefined && asked !== job.size) {
    throw wrong('"--ranks"', `${job.size}, the ranks of this job`, asked, "Leave it out under a launcher.");
  }
  const all = casesOf(namesOf(workload, options.schemes), shapesOf(workload, sizes));
  const most = job?.size ?? asked ?? 2;
  for (const timed of all) workload.checkBlocks(timed, most);
  const { cases, skipped } = job ? { cases: all, skipped: [] } : fitting(workload, all);
  const canStart = findLaunchers().length > 0;
  const plan: Plan = { workload, cases, threads, rounds };
  const report =
    job || (most === 1 && !canStart)
      ? await measureHere(plan, job ? "a job that mpiexec started runs wasm-mpi alone" : undefined, options.copy)
      : await measureApart(plan, [...new Set([1, most])]);
  if (!report) return;
  const whole = { ...report, skipped, warning };
  process.stdout.write(json ? `${JSON.stringify(whole)}\n` : describeSteps(workload, whole));
}

/** What is to be measured. */
interface Plan {
  readonly workload: Workload;
  readonly cases: readonly Case[];
  readonly threads: number;
  readonly rounds: number;
}

/** The figures, before what is said of sizes and of the machine. */
type Figures = Omit<StepReport, "skipped" | "warning">;

/** Measures in this process, which may be a rank of a job; only rank 0 gets the figures. */
async function measureHere(
  { workload, cases, threads, rounds }: Plan,
  why = "no MPI launcher was found",
  copies = true,
): Promise<Figures | undefined> {
  const comm = mpi.init();
  const { library, version } = mpi.versionInfo();
  const progress = progressLine(comm.rank === 0, workload.what);
  const measured = cases.map((): Measured[] => []);
  const copy = copies ? measureCopy(comm) : { ranks: comm.size, bandwidth: Number.NaN, bytes: 0 };
  for (let round = 0; round < rounds; round++) {
    for (const [i, timed] of cases.entries()) {
      measured[i]!.push(await workload.measure(comm, timed, threads));
      progress(round * cases.length + i + 1, rounds * cases.length);
    }
  }
  mpi.finalize();
  if (comm.rank !== 0) return undefined;
  const rows = cases.map((timed, i) => rowOf(workload, timed, comm.size, joined(measured[i]!), copy.bandwidth, {}));
  const missing = Object.fromEntries(workload.peers.map((name) => [name, why]));
  return { rows, ranks: [comm.size], threads, rounds, copy: [copy], mpi: { library, version }, programs: {}, missing };
}

/** The samples of all rounds, and their result. @throws Error where results differ */
function joined(all: readonly Measured[]): Measured {
  const [first] = all as readonly [Measured];
  const isSame = ({ result }: Measured) =>
    result?.digest === first.result?.digest &&
    (!result || differenceOf(first.result, { seconds: [], ...result }) === undefined);
  if (!all.every(isSame)) {
    throw new Error("bench: expected one result of all rounds and ranks, got several. Do not trust these times.");
  }
  return { ...first, seconds: all.flatMap(({ seconds }) => seconds) };
}

const measureCopy = (comm: Comm): CopyFigures => ({ ranks: comm.size, ...copyBandwidth(comm) });

/** Seconds within which a job has to end that takes some five by itself for each case. */
const patience = (cases: readonly Case[]) => 120 + 60 * cases.length;

/** Measures wasm-mpi and its peers in turn, each in processes of its own in each round. */
async function measureApart(plan: Plan, counts: readonly number[]): Promise<Figures> {
  const { workload, cases, rounds } = plan;
  const launcher = launcherFor(Math.max(...counts));
  const folder = temporaryFolder("bench-");
  try {
    const { solvers, missing } = await findSolvers(workload, folder);
    const groups = workload.isApart ? cases.map((timed) => [timed]) : [cases];
    const reports: Figures[] = [];
    const peerSamples = cases.map((): PeerSamples => ({}));
    const progress = progressLine(true, workload.what);
    const total = rounds * (counts.length * groups.length + solvers.length * cases.length);
    let done = 0;
    for (let round = 0; round < rounds; round++) {
      for (const group of groups) {
        for (const ranks of counts) {
          const place = { launcher, ranks, patience: patience(group) };
          const part = { ...plan, cases: group, rounds: 1 };
          reports.push(await runOwn(place, part, group === groups[0]));
          progress(++done, total);
        }
        const { rows } = reports.at(-1)!;
        for (const solver of solvers) {
          for (const [i, timed] of group.entries()) {
            const isLeft = missing[solver.name] === undefined && !(solver.isOnce && round > 0);
            const trouble = isLeft
              ? await add(solver, workload, timed, { samples: peerSamples[cases.indexOf(timed)]!, row: rows[i]! })
              : undefined;
            if (trouble !== undefined) missing[solver.name] = trouble;
            progress(++done, total);
          }
        }
      }
    }
    return merged(plan, counts, { reports, peerSamples, solvers, missing });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type PeerSamples = Partial<Record<SolverName, number[]>>;

/** Runs a peer on a case, adds its samples; what is wrong with them, if anything. @throws Interrupted */
async function add(
  solver: Solver,
  workload: Workload,
  timed: Case,
  { samples, row }: { readonly samples: PeerSamples; readonly row: StepRow },
): Promise<string | undefined> {
  const { name } = solver;
  const found = await runSolver(solver, workload, timed);
  const trouble = typeof found === "string" ? found : differenceOf(row.result, found);
  if (trouble !== undefined) return `${timed.name} ${shapeText(timed)}: ${trouble}`;
  samples[name] = [...(samples[name] ?? []), ...(found as Found).seconds];
  return undefined;
}

/** What was measured in all rounds. */
interface All {
  readonly reports: readonly Figures[];
  readonly peerSamples: readonly PeerSamples[];
  readonly solvers: readonly Solver[];
  readonly missing: Partial<Record<SolverName, string>>;
}

function merged(
  { workload, cases, rounds }: Plan,
  counts: readonly number[],
  { reports, peerSamples, solvers, missing }: All,
): Figures {
  const copy = counts.map((ranks) => {
    const all = reports.map((report) => report.copy[0]!).filter((each) => each.ranks === ranks && each.bytes > 0);
    return all.reduce((best, each) => (each.bandwidth > best.bandwidth ? each : best));
  });
  const known = solvers.filter(({ name }) => missing[name] === undefined);
  const all = reports.flatMap(({ rows }) => rows);
  const rows = cases.flatMap((timed, i) => {
    const isOf = (row: StepRow) => row.name === timed.name && String(row.shape) === String(timed.shape);
    const measured = ({ samples: seconds, result }: StepRow): Measured => ({ seconds, ...(result && { result }) });
    joined(all.filter(isOf).map(measured));
    return counts.map((ranks, place): StepRow => {
      const own = joined(all.filter((row) => isOf(row) && row.ranks === ranks).map(measured));
      const names = ranks === 1 ? known.map(({ name }) => [name, peerSamples[i]![name]!]) : [];
      return rowOf(workload, timed, ranks, own, copy[place]!.bandwidth, Object.fromEntries(names));
    });
  });
  const programs = Object.fromEntries(known.map(({ name, program }) => [name, program]));
  const { mpi: library, threads } = reports.at(-1)!;
  return { rows, ranks: counts, threads, rounds, copy, mpi: library, programs, missing };
}

/** Runs this command for one round in a job of its own. @throws LibraryError when the job fails */
async function runOwn(
  place: Parameters<typeof startRanks>[0],
  { workload: { what, hasThreads }, cases, threads }: Plan,
  copies: boolean,
): Promise<Figures> {
  const schemes = what === "advection" ? { schemes: [...new Set(cases.map(({ name }) => name))] } : {};
  const sizes = [...new Set(cases.map(sizeOf))].join(",");
  const options = argumentsOf("bench", {
    rounds: 1,
    json: true,
    sizes,
    ...(hasThreads ? { threads } : {}),
    ...schemes,
  });
  const words = [process.execPath, self, "bench", what, ...options, ...(copies ? [] : [withoutCopy])];
  const outcome = await startRanks(place, words);
  if (typeof outcome !== "string") return JSON.parse(outcome.stdout) as StepReport;
  const text = `"${what}" expected ${counted(place.ranks, "rank")} of ${place.launcher.path} to end well, got ${outcome}. Try wasm-mpi doctor.`;
  throw new LibraryError(text, { tried: [place.launcher.path] });
}
