/** The result of `wasm-mpi bench`, for programs and for people. */
import { chart } from "../../plot/index.js";
import { aligned } from "../columns.js";
import { frameBytes } from "./frames.js";
import type { Load } from "./messages.js";
import { type PeerName, peerTitle, type What } from "./peers.js";

/** The figures at one size. Times are in seconds. */
export interface Row {
  /** What was timed; for `imb` the operation. */
  readonly name: string;
  /** Bytes of a message; for `pi` the x of 10000/x intervals; for `io` the cells along each axis. */
  readonly size: number;
  readonly ranks: number;
  /** Repetitions in each sample. */
  readonly repetitions: number;
  /** The minimum of the samples. */
  readonly seconds: number;
  readonly median: number;
  /** Bytes a second, from the minimum; `null` for `pi`. */
  readonly bandwidth: number | null;
  /** For `io`: bytes of a frame, and millions of them a second, from the minimum. */
  readonly bytes?: number;
  readonly MBps?: number;
  /** Every repeat of every round. */
  readonly samples: readonly number[];
  /** The minima of the peers. */
  readonly peers: Partial<Record<PeerName, number>>;
  readonly peerMedians: Partial<Record<PeerName, number>>;
  readonly peerSamples: Partial<Record<PeerName, readonly number[]>>;
}

/** The keys are a contract. */
export interface Report {
  readonly rows: readonly Row[];
  readonly ranks: number;
  readonly rounds: number;
  readonly mpi: { readonly library: string; readonly version: string };
  /** What the peers are. */
  readonly programs: Partial<Record<PeerName, string>>;
  /** Why the other peers were left out. */
  readonly missing: Partial<Record<PeerName, string>>;
  /** For `io`: where the files were, and how they were written. */
  readonly folder?: string;
  readonly backend?: string;
  /** For `imb`: how the times are to those of C, of each operation and of `all`; none without C. */
  readonly toC?: readonly Verdict[];
  /** The picture of {@link drawRatios}. */
  readonly plot: string | null;
  /** What is to be said of a machine that was busy before the start. */
  readonly warning: string | null;
}

/** How the times of an operation are to those of C, by the minima. */
export interface Verdict {
  readonly name: string;
  /** The geometric mean of the ratios from 1 KiB on. */
  readonly ratio: number | null;
  /** The mean of the differences of smaller messages, in seconds a call. */
  readonly difference: number | null;
}

/** Bytes from which messages are judged by ratios: below, by what a call takes besides. */
const ratiosFrom = 1024;

/** How the rows are to C, for each name and for all. */
export function verdictsOf(rows: readonly Row[]): Verdict[] {
  const mean = (values: readonly number[]) => {
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const verdict = (name: string, judged: readonly Row[]): Verdict => {
    const large = judged.filter(({ size }) => size >= ratiosFrom);
    const small = judged.filter(({ size }) => size < ratiosFrom);
    const logarithm = mean(large.map(({ seconds, peers }) => Math.log(seconds / peers.c!)));
    const difference = mean(small.map(({ seconds, peers }) => seconds - peers.c!));
    return { name, ratio: logarithm === null ? null : Math.exp(logarithm), difference };
  };
  if (rows.some(({ peers }) => peers.c === undefined)) return [];
  const names = [...new Set(rows.map(({ name }) => name))];
  return [
    ...names.map((name) =>
      verdict(
        name,
        rows.filter((row) => row.name === name),
      ),
    ),
    verdict("all", rows),
  ];
}

/** The samples of each load, one list a load. */
export type Samples = readonly (readonly number[])[];

/** Bytes that are moved in the time that is measured; `null` where none are. */
const bytesOf = (what: What, size: number) => (what === "pi" ? null : what === "io" ? frameBytes(size) : size);

/** One row for each load. */
export function rowsOf(
  what: What,
  ranks: number,
  loads: readonly Load[],
  measured: Samples,
  peers: Partial<Record<PeerName, Samples>> = {},
): Row[] {
  const ofPeers = <T>(place: number, figure: (samples: readonly number[]) => T) =>
    Object.fromEntries(Object.entries(peers).map(([name, samples]) => [name, figure(samples[place]!)]));
  return loads.map(({ name = what, size, count }, place) => {
    const samples = measured[place]!;
    const seconds = Math.min(...samples);
    const bytes = bytesOf(what, size);
    const bandwidth = bytes && bytes / seconds;
    const megabytes = what === "io" ? { bytes: bytes!, MBps: bandwidth! / 1e6 } : {};
    return {
      ...{ name, size, ranks, repetitions: count, seconds, median: medianOf(samples), bandwidth, ...megabytes },
      samples,
      peers: ofPeers(place, (values) => Math.min(...values)),
      peerMedians: ofPeers(place, medianOf),
      peerSamples: ofPeers(place, (values) => values),
    };
  });
}

/** The middle of some samples. */
export function medianOf(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.floor(half)]! + sorted[Math.ceil(half) - 1]!) / 2;
}

const whatIsTimed: Record<What, (report: Report) => string> = {
  pingpong: () => "half round trip between 2 ranks",
  ring: ({ ranks }) => `one hop of an array that goes round ${ranks} ranks`,
  allreduce: ({ ranks }) => `sum of f64 arrays over ${ranks} ranks`,
  pi: ({ ranks }) =>
    `integral of pi over 10000/x intervals by ${ranks} ${ranks === 1 ? "rank" : "ranks"}, and the sum of one f64`,
  imb: ({ ranks }) =>
    `calls in compiled code on ${ranks} ranks, f64, sizes of the message of one rank to one rank, pingpong half a round trip`,
  io: ({ ranks, folder, backend }) =>
    `frames of f64 that ${ranks} ${ranks === 1 ? "rank appends" : "ranks append"} to an HDF5 file in ${folder} through ${backend}`,
};

/** The report as a table, for people. */
export function describe(what: What, report: Report): string {
  const { rows, rounds, mpi, programs, missing, warning } = report;
  const names = Object.keys(programs) as PeerName[];
  const io = what === "io";
  const imb = what === "imb";
  const unit = io ? "ms" : "us";
  const figures = [`min ${unit}`, `median ${unit}`, ...(what === "pi" ? [] : ["MB/s"])];
  const sizes = io ? ["cells", "MiB"] : [...(imb ? ["call"] : []), what === "pi" ? "x" : "size"];
  // A blank first line of headings above the size, then each participant above its columns.
  const above = [...sizes.map(() => ""), "wasm-mpi", ...figures.slice(1).map(() => "")];
  const head = [...sizes, ...figures];
  for (const name of names) {
    above.push(peerTitle[name], ...figures.map(() => ""));
    head.push(...figures, io ? "speed" : "ratio");
  }
  const body = rows.map((row) => {
    const bytes = bytesOf(what, row.size);
    const cells = (seconds: number, median: number) => [
      ...[seconds, median].map((time) => digits((io ? 1e3 : 1e6) * time)),
      ...(bytes === null ? [] : [digits(bytes / seconds / 1e6)]),
    ];
    const peers = names.flatMap((name) => {
      const seconds = row.peers[name]!;
      const ratio = io ? `${ratioText(seconds / row.seconds)} x` : ratioText(row.seconds / seconds);
      return [...cells(seconds, row.peerMedians[name]!), ratio];
    });
    const size = [...(imb ? [row.name] : []), placeOf[what](row.size), ...(io ? [digits(bytes! / 2 ** 20)] : [])];
    return [...size, ...cells(row.seconds, row.median), ...peers];
  });
  const samples = rows[0]!.samples.length;
  const legend = io
    ? "speed: MB/s of wasm-mpi as a multiple of the peer's"
    : "ratio: the minimum of wasm-mpi to that of the peer";
  return `${[
    `${what}: ${whatIsTimed[what](report)}, ${samples} samples in ${rounds} ${rounds === 1 ? "round" : "rounds"}, ${mpi.version}`,
    ...names.map((name) => `${peerTitle[name]}: ${programs[name]}`),
    ...(Object.keys(missing) as PeerName[]).map((name) => `no ${peerTitle[name]}: ${missing[name]}`),
    ...(names.length > 0 ? [legend] : []),
    ...(warning === null ? [] : [`warning: ${warning}`]),
    "",
    ...aligned([above, head, ...body]),
    ...describeVerdicts(report.toC ?? []),
  ].join("\n")}\n`;
}

function describeVerdicts(verdicts: readonly Verdict[]): string[] {
  if (verdicts.length === 0) return [];
  const text = (value: number | null, write: (value: number) => string) => (value === null ? "-" : write(value));
  const body = verdicts.map(({ name, ratio, difference }) => {
    return [name, text(ratio, ratioText), text(difference, (seconds) => (1e9 * seconds).toFixed(0))];
  });
  const about = "to C: geometric mean of the ratios from 1 KiB on, mean of the differences of smaller messages";
  return ["", about, "", ...aligned([["call", "ratio", "ns more"], ...body])];
}

/**
 * Draws the minimum of each participant as a multiple of that of the first peer, at each size, to a PNG file.
 * @throws FileError when it cannot be written
 */
export async function drawRatios(
  path: string,
  what: What,
  { rows, ranks, mpi, programs }: Omit<Report, "plot" | "warning">,
) {
  const names = Object.keys(programs) as PeerName[];
  const reference = names[0]!;
  const curve = (title: string, minimum: (row: Row) => number) => {
    return { title, shape: [rows.length], values: rows.map((row) => minimum(row) / row.peers[reference]!) };
  };
  const curves = names.map((name) => curve(peerTitle[name], ({ peers }) => peers[name]!));
  await chart(path, [curve("wasm-mpi", ({ seconds }) => seconds), ...curves], {
    title: `${what} on ${ranks} ${ranks === 1 ? "rank" : "ranks"}, ${mpi.version}`,
    label: `time as a multiple of that of ${peerTitle[reference]} (minima)`,
    across: what === "pi" ? "x of 10000/x intervals" : what === "io" ? "cells" : "size of the array",
    points: rows.map(({ size }) => placeOf[what](size)),
  });
}

/** What stands for a size in tables and at axes. */
const placeOf: Record<What, (size: number) => string> = {
  pingpong: sizeText,
  ring: sizeText,
  allreduce: sizeText,
  imb: sizeText,
  pi: String,
  io: (cells) => `${cells}²`,
};

/** Three digits, or all those before the point. */
const digits = (value: number) => (value < 100 ? value.toPrecision(3) : value.toFixed(0));
const ratioText = (ratio: number) => (ratio < 0.1 ? ratio.toPrecision(2) : ratio.toFixed(2));

const units = ["B", "KiB", "MiB", "GiB"];

/** `65536` as `64 KiB`. */
export function sizeText(bytes: number): string {
  let unit = 0;
  let size = bytes;
  while (size % 1024 === 0 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${size} ${units[unit]}`;
}
