import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { wrong } from "../argument.js";
import { LibraryError, type UsageError } from "../errors.js";
import { Lane } from "../mpi/comm/lane.js";
import { type Comm, mpi } from "../mpi/index.js";
import { detectJob, findLaunchers } from "../mpi/library/launcher.js";
import { checkPicture } from "../plot/index.js";
import { equations } from "./bench/equations.js";
import { type Files, frameBytes, measureFrames, newFolder, plainProgram, splitOf } from "./bench/frames.js";
import { gradients } from "./bench/gradients.js";
import { haloLoads, measureHalo } from "./bench/halos.js";
import { imbLoads, largestImb, measureImb } from "./bench/imb.js";
import { type Load, loadOf, measure, repeats } from "./bench/messages.js";
import { checkSquare, measureOutput, outputLoads, withoutOutput, writtenBytes } from "./bench/outputs.js";
import { writeBench } from "./bench/page/messages.js";
import {
  findPeers,
  makesFiles,
  type PeerName,
  type Place,
  peerTitle,
  programsOf,
  runPeer,
  startRanks,
  type What,
} from "./bench/peers.js";
import { describe, drawRatios, type Report, rowsOf, sizeText, verdictsOf } from "./bench/report.js";
import { benchScaling } from "./bench/scaling.js";
import { advection } from "./bench/schemes.js";
import { benchSteps } from "./bench/steps.js";
import { busyText } from "./bench/workload.js";
import { temporaryFolder } from "./folder.js";
import { launcherFor, self } from "./launch.js";
import { checkKind, type Kind } from "./options/bench.js";
import { argumentsOf, type OptionsOf } from "./options/index.js";
import { wholes } from "./options/kind.js";
import { measureLine } from "./progress.js";
import { checkPage, madeText } from "./run/page.js";
import { threadsOr1 } from "./run/threads.js";

type Options = OptionsOf<"bench">;

/** What to measure. */
interface Plan {
  readonly what: What;
  readonly sizes: readonly number[];
  readonly rounds: number;
  /** For `io` and `output` only. */
  readonly files: Files;
  /** Threads of each rank, for `output` only. */
  readonly threads: number;
  /** The picture to draw, and the page to write. */
  readonly plot: string | undefined;
  readonly html: string | undefined;
}

/** `wasm-mpi bench` */
export async function bench(kind: Kind, options: Options): Promise<void> {
  checkKind(kind, options);
  if (kind === "scaling") return benchScaling(options);
  if (kind === "pde" || kind === "advection" || kind === "hpcg") return benchSteps(workloads[kind], options);
  const what = kind;
  const job = detectJob();
  const ranks = ranksOf(what, options.ranks, job?.size);
  const plan = planOf(what, ranks, options);
  const warning = busyText();
  if (what === "io") for (const cells of plan.sizes) splitOf(cells, ranks);
  if (what === "output") for (const cells of plan.sizes) checkSquare(cells, ranks);
  const here = job
    ? "a job that mpiexec started runs wasm-mpi alone, wasm-mpi bench by itself also the peers"
    : ranks === 1 && findLaunchers().length === 0 && "no MPI launcher was found";
  if (plan.plot !== undefined && here && what !== "io") throw nothingToDraw(here);
  if (plan.html !== undefined && (job?.rank ?? 0) === 0) checkPage(plan.html);
  if (plan.plot !== undefined && !job) await checkPicture(plan.plot);
  const report = here ? await measureHere(plan, here) : await measureApart(plan, ranks);
  if (report) await tell(plan, { ...report, warning }, options.json);
}

/** What is timed step by step. */
const workloads = { pde: equations, advection, hpcg: gradients } as const;

/** Cells along each axis of what has cells: the usual ones, the fewest, and an example of `--sizes`. */
const cellsOf = {
  io: { usual: [256, 1024, 2048], least: 1, example: "256,1024" },
  output: { usual: [256, 1024], least: 1, example: "256,1024" },
  halo: { usual: [16, 64, 128], least: 2, example: "16,64" },
} as const;

/** What is to be measured. @throws UsageError for options and sizes that do not belong to what is timed */
function planOf(what: What, ranks: number, { sizes, rounds, folder, backend, plot, html, threads }: Options): Plan {
  if (what === "io" && backend === "gather") {
    throw wrong('"--backend"', "mpiio or posix", '"gather", which io does not time', "Take output, or leave it out.");
  }
  const files = { folder: folder ?? tmpdir(), ...(backend && { backend }) };
  const rest = { rounds, files, plot, html, threads: what === "output" ? threadsOr1(threads) : 1 };
  if (what === "io" || what === "output" || what === "halo") {
    const { usual, least, example } = cellsOf[what];
    return { what, sizes: sizes === undefined ? usual : wholes(least).read("--sizes", sizes, example), ...rest };
  }
  if (what === "pi" && sizes !== undefined) {
    throw wrong('"--sizes"', "another kind of bench", "pi, whose x is always 1 to 10", "Leave it out.");
  }
  if (what === "pi") return { what, sizes: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], ...rest };
  const most = what === "imb" ? largestImb(ranks) : largestSize;
  const usual = what === "imb" ? usualSizes.filter((size) => size <= 2 ** 20) : usualSizes;
  return { what, sizes: sizes === undefined ? usual : sizesOf(sizes, most), ...rest };
}

/** 8 B, and the powers of four from 64 B to 16 MiB. */
const usualSizes = [8, ...Array.from({ length: 10 }, (_, power) => 64 * 4 ** power)];

/** The largest message: two of them have to fit into one block of the heap. */
const largestSize = 2 ** 28;

/** The bytes that a text lists, if all of them can be sent. */
function bytesOf(text: string, most: number): number[] | undefined {
  const units: Readonly<Record<string, number>> = { "": 1, B: 1, KiB: 2 ** 10, MiB: 2 ** 20 };
  const sizes = text.split(",").map((part) => {
    const match = /^\s*(\d+) ?(|B|KiB|MiB)\s*$/.exec(part);
    return match ? Number(match[1]) * units[match[2]!]! : Number.NaN;
  });
  return sizes.every((size) => size >= 8 && size <= most && size % 8 === 0) ? sizes : undefined;
}

function sizesOf(text: string, most: number): number[] {
  const sizes = bytesOf(text, most);
  if (sizes) return sizes;
  const likely = text.replace(/(\d) ?([km])i?b?(?=,|$)/gi, (_, digit, unit) => `${digit}${unit.toUpperCase()}iB`);
  throw wrong(
    '"--sizes"',
    `multiples of 8 bytes from 8 to ${sizeText(most).replace(" ", "")} separated by commas`,
    JSON.stringify(text),
    bytesOf(likely, most) ? `Did you mean ${likely}?` : "For example --sizes 8,64KiB,1MiB.",
  );
}

/** The number of ranks, checked against the job that this process is a rank of and against what is timed. */
function ranksOf(what: What, asked: number | undefined, inJob: number | undefined): number {
  if (inJob !== undefined && asked !== undefined && asked !== inJob) {
    throw wrong('"--ranks"', `${inJob}, the ranks of this job`, asked, "Leave it out under a launcher.");
  }
  const ranks = inJob ?? asked ?? 2;
  if ((ranks < 2 && !makesFiles(what) && what !== "pi") || (what === "pingpong" && ranks !== 2)) {
    const wanted = what === "pingpong" ? "2 ranks" : "at least 2 ranks";
    const instead = what === "pingpong" && ranks > 2 ? ", or take ring" : "";
    throw wrong(`"${what}"`, wanted, ranks, `Start it on 2${instead}.`);
  }
  return ranks;
}

/** The load of each size. */
function loadsOf({ what, sizes, files }: Plan, ranks: number, hasLibrary = true): Load[] {
  if (what === "imb") return imbLoads(sizes, ranks);
  if (what === "halo") return haloLoads(sizes, ranks);
  if (what === "output") return outputLoads(sizes, ranks, files.backend, hasLibrary);
  return sizes.map((size) => (what === "io" ? { size, count: 1 } : loadOf(what, size, ranks)));
}

/** A report before the picture, and before what is said of the machine. */
type Figures = Omit<Report, "plot" | "warning">;

/** Prints a report, and draws it. @throws UsageError when there is nothing to draw */
async function tell({ what, plot, html }: Plan, figures: Omit<Report, "plot">, json = false): Promise<void> {
  const isDrawn = plot !== undefined && Object.keys(figures.programs).length > 0;
  const report = { ...figures, plot: isDrawn ? plot : null };
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : describe(what, report));
  if (plot !== undefined && !isDrawn) throw nothingToDraw(figures.missing);
  if (isDrawn) await drawRatios(plot, what, figures);
  if (html !== undefined) await writeBench(html, what, report);
  if (!json) process.stdout.write(madeText({ picture: isDrawn ? plot : undefined, page: html }));
}

/** The error of `--plot` where no peer was measured; `missing` is why, for each peer or for all of them. */
function nothingToDraw(missing: Report["missing"] | string): UsageError {
  const reasons =
    typeof missing === "string"
      ? missing
      : Object.entries(missing)
          .map(([name, why]) => `no ${peerTitle[name as PeerName]}: ${why}`)
          .join("; ");
  return wrong(
    '"--plot"',
    "a peer to compare with",
    `none (${reasons})`,
    "Install one and let wasm-mpi bench start the ranks, or leave it out.",
  );
}

/** Measures wasm-mpi alone in this process, which may be a rank of a job. Only rank 0 gets the figures. */
async function measureHere(plan: Plan, why: string): Promise<Figures | undefined> {
  const { what, rounds, threads } = plan;
  const comm = mpi.init();
  const { library, version } = mpi.versionInfo();
  const progress = measureLine(comm.rank === 0, what);
  const { plot } = plan;
  if (plot !== undefined) await Lane.of(comm).call((lane) => lane.fromRoot(() => checkPicture(plot)));
  const loads = loadsOf(plan, comm.size, library !== "solo");
  const measured = loads.map((): number[] => []);
  const plain = loads.map((): number[] => []);
  let backend = "";
  for (let round = 0; round < rounds; round++) {
    for (const [place, load] of loads.entries()) {
      const times = await measureOne(comm, plan, load);
      measured[place]!.push(...times.seconds);
      plain[place]!.push(...(times.plain ?? []));
      backend = times.backend ?? "";
      progress(round * loads.length + place + 1, rounds * loads.length);
    }
  }
  mpi.finalize();
  if (comm.rank !== 0) return undefined;
  const missing = Object.fromEntries(programsOf(what).map((name) => [name, why]));
  const rest = { ranks: comm.size, rounds, mpi: { library, version }, missing };
  if (!makesFiles(what)) {
    const judged = what === "imb" ? { toC: [] } : {};
    return { rows: rowsOf(what, comm.size, loads, measured), ...rest, programs: {}, ...judged };
  }
  const rows = rowsOf(what, comm.size, loads, measured, { plain });
  const programs = { plain: what === "io" ? plainProgram : withoutOutput };
  return { rows, ...rest, programs, folder: plan.files.folder, ...(what === "io" ? { backend } : { threads }) };
}

/** The seconds of wasm-mpi; where files are made also those of what it is compared with, of frames the backend. */
type Times = { seconds: readonly number[]; plain?: readonly number[]; backend?: string };

/** Measures one size. **Collective.** */
async function measureOne(comm: Comm, { what, files, threads }: Plan, load: Load): Promise<Times> {
  if (what === "output") return measureOutput(comm, load, files, threads);
  if (what === "io") return measureFrames(comm, load.size, files);
  if (what === "halo") return { seconds: measureHalo(comm, load) };
  return { seconds: await (what === "imb" ? measureImb(comm, load) : measure(comm, what, load)) };
}

/**
 * Measures wasm-mpi and its peers in turn, each program in a job of its own in each round, because times differ from
 * process to process, for all programs alike.
 */
async function measureApart(plan: Plan, ranks: number): Promise<Figures> {
  const { what, rounds, files } = plan;
  const place: Place = { launcher: launcherFor(ranks), ranks, patience: patienceOf(plan, ranks) };
  const folder = makesFiles(what) ? newFolder(files.folder) : temporaryFolder("bench-");
  try {
    const { peers, missing } = await findPeers(what, place, folder);
    if (plan.plot !== undefined && what !== "io" && peers.length === 0) throw nothingToDraw(missing);
    const loads = loadsOf(plan, ranks);
    const emptySamples = () => loads.map((): number[] => []);
    const measured = emptySamples();
    const samplesOfPeers = new Map(peers.map((peer) => [peer, emptySamples()]));
    const plain = emptySamples();
    const progress = measureLine(true, what);
    let report: Report | undefined;
    for (let round = 0; round < rounds; round++) {
      report = await runOwn(place, { ...plan, files: { ...files, folder } });
      for (const [index, row] of report.rows.entries()) {
        measured[index]!.push(...row.samples);
        plain[index]!.push(...(row.peerSamples.plain ?? []));
      }
      let done = 1;
      for (const [peer, samples] of samplesOfPeers) {
        const times = await runPeer(peer, place, what, loads);
        if (typeof times === "string") {
          missing[peer.name] = `${peer.program}: ${times}`;
          samplesOfPeers.delete(peer);
        } else for (const [index, seconds] of times.entries()) samples[index]!.push(...seconds);
        progress(round * (1 + peers.length) + ++done, rounds * (1 + peers.length));
      }
    }
    const samplesOf: Partial<Record<PeerName, number[][]>> = makesFiles(what) ? { plain } : {};
    const programs = { ...report!.programs };
    for (const [{ name, program }, samples] of samplesOfPeers) {
      samplesOf[name] = samples;
      programs[name] = program;
    }
    const rows = rowsOf(what, ranks, loads, measured, samplesOf);
    const judged = what === "imb" ? { toC: verdictsOf(rows) } : {};
    const where = makesFiles(what) ? { folder: files.folder } : {};
    return { ...report!, rows, rounds, programs, missing, ...judged, ...where };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Seconds within which a job has to end: much more than a job takes, because ranks that share a core with other work
 * wait for their turn at every message, and some disks write 10 MB/s.
 */
function patienceOf(plan: Plan, ranks: number): number {
  const loads = loadsOf(plan, ranks);
  const bytesOf = { io: ({ size }: Load) => 2 * (repeats + 1) * frameBytes(size), output: writtenBytes };
  const bytes = (load: Load) => (plan.what === "io" || plan.what === "output" ? bytesOf[plan.what](load) : 0);
  return 120 + 10 * loads.length + Math.ceil(loads.reduce((sum, load) => sum + bytes(load), 0) / 1e7);
}

/** Runs this command for one round in a job of its own. @throws LibraryError when the job fails */
async function runOwn(place: Place, { what, sizes, files, threads }: Plan): Promise<Report> {
  const options = argumentsOf("bench", {
    rounds: 1,
    json: true,
    ...(what === "pi" ? {} : { sizes: String(sizes) }),
    ...(makesFiles(what) ? files : {}),
    ...(what === "output" ? { threads } : {}),
  });
  const words = [process.execPath, self, "bench", what, ...options];
  const outcome = await startRanks(place, words);
  if (typeof outcome !== "string") return JSON.parse(outcome.stdout) as Report;
  const ranks = place.ranks === 1 ? "1 rank" : `${place.ranks} ranks`;
  throw new LibraryError(
    `"${what}" expected ${ranks} of ${place.launcher.path} to end well, got ${outcome}. Try wasm-mpi doctor.`,
    { tried: [place.launcher.path] },
  );
}
