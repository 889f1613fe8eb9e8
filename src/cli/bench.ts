import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { LibraryError, UsageError } from "../errors.js";
import { mpi } from "../mpi/index.js";
import { detectJob } from "../mpi/launcher.js";
import { integer } from "./arguments.js";
import { type Kind, loadOf, measure } from "./bench/messages.js";
import { findPeers, Interruption, type Place, runPeer, startRanks } from "./bench/peers.js";
import { describe, type Report, rowsOf } from "./bench/report.js";
import { launcherFor, self } from "./launch.js";
import { progressLine } from "./progress.js";

interface Options {
  readonly ranks?: number;
  readonly sizes?: readonly number[];
  readonly rounds: number;
  readonly json?: boolean;
}

/** `wasm-mpi bench` */
export function addBench(program: Command): void {
  program
    .command("bench")
    .description("Time messages and reductions, beside a C program and mpi4py where they are installed.")
    .argument(
      "<what>",
      "pingpong (half round trip), ring (one hop), allreduce (sum), pi (integral and sum of one number)",
      kindOf,
    )
    .option("-n, --ranks <n>", "ranks (default: 2)", integer("--ranks", 2))
    .option("--sizes <list>", "bytes of the messages, e.g. 8,64KiB,1MiB (default: 8 to 16MiB)", sizesOf)
    .option("--rounds <n>", "rounds, in each of which every program runs once", integer("--rounds", 1), 5)
    .option("--json", "print one JSON document")
    .action(async (kind: Kind, options: Options) => {
      const { rounds, json } = options;
      const job = detectJob();
      const ranks = ranksOf(kind, options.ranks, job?.size);
      if (kind === "pi" && options.sizes) {
        throw new UsageError(
          '"--sizes" expected pingpong, ring or allreduce, got pi, whose x is always 1 to 10. Leave it out.',
        );
      }
      const sizes = kind === "pi" ? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] : (options.sizes ?? usualSizes);
      try {
        const report = job ? measureHere(kind, sizes, rounds) : await measureApart(kind, sizes, rounds, ranks);
        if (report) process.stdout.write(json ? `${JSON.stringify(report)}\n` : describe(kind, report));
      } catch (error) {
        if (!(error instanceof Interruption)) throw error;
        process.exitCode = 128 + constants.signals[error.signal];
      }
    });
}

const kinds: readonly Kind[] = ["pingpong", "ring", "allreduce", "pi"];

function kindOf(text: string): Kind {
  const kind = kinds.find((one) => one === text);
  if (kind) return kind;
  throw new UsageError(
    `"what" expected pingpong, ring, allreduce or pi, got ${JSON.stringify(text)}. For example wasm-mpi bench pingpong.`,
  );
}

/** 8 B, and the powers of four from 64 B to 16 MiB. */
const usualSizes = [8, ...Array.from({ length: 10 }, (_, power) => 64 * 4 ** power)];

/** The largest message: two of them have to fit into one block of the heap. */
const largestSize = 2 ** 28;

function sizesOf(text: string): number[] {
  const units: Readonly<Record<string, number>> = { "": 1, B: 1, KiB: 2 ** 10, MiB: 2 ** 20 };
  const sizes = text.split(",").map((part) => {
    const match = /^\s*(\d+) ?(|B|KiB|MiB)\s*$/.exec(part);
    return match ? Number(match[1]) * units[match[2]!]! : Number.NaN;
  });
  if (sizes.every((size) => size >= 8 && size <= largestSize && size % 8 === 0)) return sizes;
  throw new UsageError(
    `"--sizes" expected multiples of 8 bytes from 8 to 256MiB separated by commas, got ${JSON.stringify(text)}. For example --sizes 8,64KiB,1MiB.`,
  );
}

/** The number of ranks, checked against the job that this process is a rank of and against what is timed. */
function ranksOf(kind: Kind, asked: number | undefined, inJob: number | undefined): number {
  if (inJob !== undefined && asked !== undefined && asked !== inJob) {
    throw new UsageError(
      `"--ranks" expected ${inJob}, the ranks of this job, got ${asked}. Leave it out under a launcher.`,
    );
  }
  const ranks = inJob ?? asked ?? 2;
  if (ranks < 2 || (kind === "pingpong" && ranks !== 2)) {
    const wanted = kind === "pingpong" ? "2 ranks" : "at least 2 ranks";
    const other = kind === "pingpong" && ranks > 2 ? ", or take ring" : "";
    throw new UsageError(`"${kind}" expected ${wanted}, got ${ranks}. Start it on 2${other}.`);
  }
  return ranks;
}

/** Measures wasm-mpi alone in the job that this process is a rank of. Only rank 0 gets the report. */
function measureHere(kind: Kind, sizes: readonly number[], rounds: number): Report | undefined {
  const comm = mpi.init();
  const { library, version } = mpi.versionInfo();
  const progress = progressLine(comm.rank === 0, kind);
  const loads = sizes.map((size) => loadOf(kind, size, comm.size));
  const samples = loads.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [place, load] of loads.entries()) {
      samples[place]!.push(...measure(comm, kind, load));
      progress(round * loads.length + place + 1, rounds * loads.length);
    }
  }
  mpi.finalize();
  if (comm.rank !== 0) return undefined;
  const rows = rowsOf(kind, comm.size, loads, samples);
  const why = "a job that mpiexec started measures wasm-mpi alone, wasm-mpi bench by itself also the peers";
  return { rows, ranks: comm.size, rounds, mpi: { library, version }, programs: {}, missing: { c: why, python: why } };
}

/**
 * Measures wasm-mpi and its peers in turn, each in a job of its own in each round: the times of one process differ from
 * those of the next, for all of them alike.
 */
async function measureApart(kind: Kind, sizes: readonly number[], rounds: number, ranks: number): Promise<Report> {
  // Much longer than a job takes: ranks that share a core with other work wait for their turn at every message.
  const place: Place = { launcher: launcherFor(ranks), ranks, patience: 120 + 10 * sizes.length };
  const folder = mkdtempSync(join(tmpdir(), "wasm-mpi-bench-"));
  try {
    const { peers, missing } = await findPeers(kind, place, folder);
    const loads = sizes.map((size) => loadOf(kind, size, ranks));
    const own = loads.map((): number[] => []);
    const others = new Map(peers.map((peer) => [peer, loads.map((): number[] => [])]));
    const progress = progressLine(true, kind);
    let library = { library: "", version: "" };
    for (let round = 0; round < rounds; round++) {
      const report = await runOwn(place, kind, sizes);
      library = report.mpi;
      for (const [index, row] of report.rows.entries()) own[index]!.push(...row.samples);
      let done = 1;
      for (const [peer, samples] of others) {
        const times = await runPeer(peer, place, kind, loads);
        if (typeof times === "string") {
          missing[peer.name] = `${peer.program}: ${times}`;
          others.delete(peer);
        } else for (const [index, seconds] of times.entries()) samples[index]!.push(...seconds);
        progress(round * (1 + peers.length) + ++done, rounds * (1 + peers.length));
      }
    }
    const programs = Object.fromEntries(Array.from(others.keys(), ({ name, program }) => [name, program]));
    const peerSamples = Object.fromEntries(Array.from(others, ([{ name }, samples]) => [name, samples]));
    const rows = rowsOf(kind, ranks, loads, own, peerSamples);
    return { rows, ranks, rounds, mpi: library, programs, missing };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs this very command for one round as a job. @throws LibraryError when that does not end well */
async function runOwn(place: Place, kind: Kind, sizes: readonly number[]): Promise<Report> {
  const options = kind === "pi" ? [] : ["--sizes", String(sizes)];
  const words = [process.execPath, self, "bench", kind, "--rounds", "1", "--json", ...options];
  const outcome = await startRanks(place, words);
  if (typeof outcome !== "string") return JSON.parse(outcome.stdout) as Report;
  throw new LibraryError(
    `"${kind}" expected ${place.ranks} ranks of ${place.launcher.path} to end well, got ${outcome}. Try wasm-mpi doctor.`,
    { tried: [place.launcher.path] },
  );
}
