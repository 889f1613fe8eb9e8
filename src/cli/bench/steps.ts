/** `wasm-mpi bench pde`, `bench advection` and `bench hpcg` */
import { rmSync } from "node:fs";
import { freemem } from "node:os";
import { show, wrong } from "../../argument.js";
import { LibraryError, type UsageError } from "../../errors.js";
import { type Comm, mpi } from "../../mpi/index.js";
import { detectJob, findLaunchers, type Launcher } from "../../mpi/library/launcher.js";
import { checkPicture } from "../../plot/index.js";
import { temporaryFolder } from "../folder.js";
import { launcherFor, self } from "../launch.js";
import { withoutCopy } from "../options/bench.js";
import { argumentsOf, type OptionsOf } from "../options/index.js";
import { shapes as shapesKind } from "../options/kind.js";
import { measureLine } from "../progress.js";
import { checkPage, madeText } from "../run/page.js";
import { counted } from "../run/report.js";
import { threadsOr1 } from "../run/threads.js";
import { copyBandwidth } from "./copy.js";
import { writeSteps } from "./page/steps.js";
import { capture, type Place, startRanks } from "./peers.js";
import { drawSteps } from "./picture.js";
import { differenceOf, type Found, findSolvers, runSolver, type Solver, type SolverName } from "./solvers.js";
import { type CopyFigures, describeSteps, rowOf, type StepReport, type StepRow } from "./throughput.js";
import {
  busyText,
  type Case,
  casesOf,
  cellsOf,
  doublings,
  type Layout,
  layoutsUpTo,
  type Measured,
  shapeText,
  type Workload,
} from "./workload.js";

/** The options, and whether copies are timed: not in each of the jobs of this command. */
type StepOptions = OptionsOf<"bench"> & { readonly copy?: boolean };

/** Shapes, lines as `65536x1`; one number is the side of the usual one. @throws UsageError */
export function shapesOf({ only, example, sides }: Workload, text: string): (readonly number[])[] {
  return shapesKind.read("--sizes", text, example).map((asked) => {
    const [first, ...rest] = asked as [number, ...number[]];
    if (rest.length === 0) return new Array<number>(sides).fill(first);
    const shape = rest.length === 1 && rest[0] === 1 ? [first] : asked;
    if (!only || only.has(shape)) return shape;
    throw wrong('"--sizes"', only.expected, JSON.stringify(asked.join("x")), `For example --sizes ${example}.`);
  });
}

/** A shape as `--sizes` has it. */
export const sizeOf = ({ shape }: Case) => (shape.length === 1 ? `${shape[0]}x1` : shape.join("x"));

/** The names of what is to be timed. @throws UsageError for unknown ones */
export function namesOf({ names }: Workload, asked: readonly string[] | undefined): readonly string[] {
  if (asked === undefined) return names;
  const unknown = asked.find((name) => !names.includes(name));
  if (unknown === undefined) return names.filter((name) => asked.includes(name));
  throw wrong('"--schemes"', `some of ${names.join(", ")}`, show(unknown), "For example --schemes upwind,fct.");
}

/** The cases that fit the memory, and what is said of the others. @throws UsageError where none does */
export function fitting(
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
  const { hasThreads } = workload;
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
  const why = job ? "a job that mpiexec started runs wasm-mpi alone" : "no MPI launcher was found";
  const isHere = job !== undefined || (most === 1 && !canStart);
  const { plot, html } = options;
  if (html !== undefined && (job?.rank ?? 0) === 0) checkPage(html);
  if (plot !== undefined && isHere) throw nothingBeside(why);
  if (plot !== undefined) await checkPicture(plot);
  const report = isHere
    ? await measureHere(plan, why, options.copy)
    : await measureApart(
        plan,
        plot === undefined && html === undefined
          ? ends(most, threads)
          : layoutsOf(most, hasThreads ? options.threads : 1),
      );
  if (!report) return;
  const whole = { ...report, skipped, warning, ...(what === "advection" ? { plot: plot ?? null } : {}) };
  process.stdout.write(json ? `${JSON.stringify(whole)}\n` : describeSteps(workload, whole));
  if (plot !== undefined) await drawSteps(plot, workload, whole);
  if (html !== undefined) await writeSteps(html, workload, whole);
  if (!json) process.stdout.write(madeText({ picture: plot, page: html }));
}

/** One rank and the most. */
const ends = (ranks: number, threads: number) => [...new Set([1, ranks])].map((count) => ({ ranks: count, threads }));

/** What a picture shows: numbers of ranks and, unless it was said how many each rank has, of threads of one rank. */
function layoutsOf(most: number, threads: number | undefined): Layout[] {
  if (threads !== undefined) return doublings(most).map((ranks) => ({ ranks, threads }));
  return layoutsUpTo(most, most);
}

/** The error of a picture where programs have no processes of their own. */
function nothingBeside(why: string): UsageError {
  const todo = "Let wasm-mpi bench start the ranks, or leave it out.";
  return wrong('"--plot"', "programs in processes of their own", `one process (${why})`, todo);
}

/** What is to be measured. */
interface Plan {
  readonly workload: Workload;
  readonly cases: readonly Case[];
  readonly threads: number;
  readonly rounds: number;
}

/** The figures, before what is said of sizes and of the machine. */
type Figures = Omit<StepReport, "skipped" | "warning" | "plot">;

/** Measures in this process, which may be a rank of a job; only rank 0 gets the figures. */
async function measureHere(
  { workload, cases, threads, rounds }: Plan,
  why: string,
  copies = true,
): Promise<Figures | undefined> {
  const comm = mpi.init();
  const { library, version } = mpi.versionInfo();
  const progress = measureLine(comm.rank === 0, workload.what);
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
  const layout = { ranks: comm.size, threads };
  const rows = cases.map((timed, i) => rowOf(workload, timed, layout, joined(measured[i]!), copy.bandwidth, {}));
  const missing = Object.fromEntries(workload.peers.map((name) => [name, why]));
  return { rows, ranks: [comm.size], threads, rounds, copy: [copy], mpi: { library, version }, programs: {}, missing };
}

/** The samples of all rounds, and their result. @throws Error where results differ */
export function joined(all: readonly Measured[]): Measured {
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
async function measureApart(plan: Plan, layouts: readonly Layout[]): Promise<Figures> {
  const { workload, cases, rounds } = plan;
  const launcher = launcherFor(Math.max(...layouts.map(({ ranks }) => ranks)));
  const folder = temporaryFolder("bench-");
  try {
    const { solvers, missing } = await findSolvers(workload, folder);
    const groups = workload.isApart ? cases.map((timed) => [timed]) : [cases];
    const reports: Figures[] = [];
    const peerSamples = cases.map((): PeerSamples => ({}));
    const progress = measureLine(true, workload.what);
    const total = rounds * (layouts.length * groups.length + solvers.length * cases.length);
    let done = 0;
    for (let round = 0; round < rounds; round++) {
      for (const group of groups) {
        for (const { ranks, threads } of layouts) {
          const place = { launcher, ranks, patience: patience(group) };
          const part = { workload, cases: group, threads };
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
    return merged(plan, layouts, { reports, peerSamples, solvers, missing });
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
  { workload, cases, threads, rounds }: Plan,
  layouts: readonly Layout[],
  { reports, peerSamples, solvers, missing }: All,
): Figures {
  const counts = [...new Set(layouts.map(({ ranks }) => ranks))];
  const copy = counts.map((ranks) => {
    const all = reports.map((report) => report.copy[0]!).filter((each) => each.ranks === ranks && each.bytes > 0);
    return all.reduce((best, each) => (each.bandwidth > best.bandwidth ? each : best));
  });
  const known = solvers.filter(({ name }) => missing[name] === undefined);
  const all = reports.flatMap(({ rows }) => rows);
  const rows = cases.flatMap((timed, i) => {
    const isOf = (row: StepRow) => row.name === timed.name && String(row.shape) === String(timed.shape);
    const measured = ({ samples: seconds, result, traffic }: StepRow): Measured => {
      return { seconds, ...(result && { result }), ...(traffic && { traffic }) };
    };
    joined(all.filter(isOf).map(measured));
    return layouts.map((layout, place): StepRow => {
      const isSame = ({ ranks, threads }: StepRow) => ranks === layout.ranks && threads === layout.threads;
      const times = joined(all.filter((row) => isOf(row) && isSame(row)).map(measured));
      const names = place === 0 ? known.map(({ name }) => [name, peerSamples[i]![name]!]) : [];
      const { bandwidth } = copy.find(({ ranks }) => ranks === layout.ranks)!;
      return rowOf(workload, timed, layout, times, bandwidth, Object.fromEntries(names));
    });
  });
  const programs = Object.fromEntries(known.map(({ name, program }) => [name, program]));
  const { mpi: library } = reports.at(-1)!;
  return { rows, ranks: counts, threads, rounds, copy, mpi: library, programs, missing };
}

/** Runs this command for one round in a job of its own, or without launcher on one rank. @throws LibraryError when the job fails */
export async function runOwn(
  { launcher, ranks, patience: seconds }: Omit<Place, "launcher"> & { readonly launcher: Launcher | undefined },
  { workload: { what, hasThreads }, cases, threads }: Omit<Plan, "rounds">,
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
  const words = [self, "bench", what, ...options, ...(copies ? [] : [withoutCopy])];
  const outcome = launcher
    ? await startRanks({ launcher, ranks, patience: seconds }, [process.execPath, ...words])
    : await capture({ command: process.execPath, args: [...words, "--ranks", "1"], env: process.env }, seconds);
  if (typeof outcome !== "string" && outcome.code === 0) return JSON.parse(outcome.stdout) as StepReport;
  const where = launcher ? ` of ${launcher.path}` : "";
  const got = typeof outcome === "string" ? outcome : `exit code ${outcome.code}`;
  const text = `"${what}" expected ${counted(ranks, "rank")}${where} to end well, got ${got}. Try wasm-mpi doctor.`;
  throw new LibraryError(text, { tried: launcher ? [launcher.path] : [] });
}
