/** The result of `wasm-mpi bench`, for programs and for people. */
import { chart } from "../../plot/index.js";
import { aligned } from "../columns.js";
import { threadsText } from "../run/picture.js";
import { counted } from "../run/report.js";
import { frameBytes } from "./frames.js";
import type { Load } from "./messages.js";
import type { Table } from "./page/table.js";
import { type PeerName, peerTitle, type What } from "./peers.js";

/** The figures at one size. Times are in seconds. */
export interface Row {
  /** What was timed; for `imb` the call, for `halo` the sides, for `output` the backend. */
  readonly name: string;
  /** Bytes of a message; for `pi` the x of 10000/x intervals; for `io` the cells along each axis. */
  readonly size: number;
  readonly ranks: number;
  /** Repetitions in each sample. */
  readonly repetitions: number;
  /** The minimum of the samples. */
  readonly seconds: number;
  readonly median: number;
  /** Bytes a second, from the minimum; `null` for `pi` and `output`. */
  readonly bandwidth: number | null;
  /** For `halo`: blocks along each axis, one of which exchanges. */
  readonly split?: readonly number[];
  /** For `halo` bytes of the halo cells that are set; for `io` those of a frame, and millions of them a second, from the minimum. */
  readonly bytes?: number;
  readonly MBps?: number;
  /** For `output`: what output takes of a step with it, by the minima, from 0 to 1. */
  readonly share?: number;
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
  /** For `io` and `output`: where the files were; for `io` how they were written. */
  readonly folder?: string;
  readonly backend?: string;
  /** For `output`: threads of each rank. */
  readonly threads?: number;
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
  return loads.map((load, place) => {
    const { name = what, size, count } = load;
    const samples = measured[place]!;
    const seconds = Math.min(...samples);
    const bytes = looks[what].bytesOf(load);
    const bandwidth = bytes && bytes / seconds;
    const least = ofPeers(place, (values) => Math.min(...values)) as Row["peers"];
    return {
      ...{ name, size, ranks, repetitions: count, seconds, median: medianOf(samples), bandwidth },
      ...(what === "io" ? { bytes: bytes!, MBps: bandwidth! / 1e6 } : {}),
      ...(load.exchange ? { bytes: load.bytes!, split: load.exchange.split } : {}),
      ...(what === "output" ? { share: 1 - least.plain! / seconds } : {}),
      samples,
      peers: least,
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

/** How the figures of a kind look in its table and at the axis of its picture. */
interface Look {
  about(report: Report): string;
  /** Bytes that are moved in the time that is measured; `null` where none are. */
  bytesOf(load: Load): number | null;
  /** The columns before the times. */
  readonly columns: readonly (readonly [head: string, text: (row: Row) => string])[];
  readonly unit: "us" | "ms";
  /** What a peer is compared by. */
  readonly measure: "ratio" | "speed" | "share";
  /** What stands for a size in the picture, and below all of them. */
  readonly point: (size: number) => string;
  readonly across: string;
}

const byteLength = ({ size }: Load) => size;
const ofMessages = {
  bytesOf: byteLength,
  columns: [["size", ({ size }: Row) => sizeText(size)]],
  unit: "us",
  measure: "ratio",
  point: sizeText,
  across: "size of the array",
} as const;

const looks: Readonly<Record<What, Look>> = {
  pingpong: { ...ofMessages, about: () => "half round trip between 2 ranks" },
  ring: { ...ofMessages, about: ({ ranks }) => `one hop of an array that goes round ${ranks} ranks` },
  allreduce: { ...ofMessages, about: ({ ranks }) => `sum of f64 arrays over ${ranks} ranks` },
  pi: {
    about: ({ ranks }) => `integral of pi over 10000/x intervals by ${counted(ranks, "rank")}, and the sum of one f64`,
    bytesOf: () => null,
    columns: [["x", ({ size }) => String(size)]],
    unit: "us",
    measure: "ratio",
    point: String,
    across: "x of 10000/x intervals",
  },
  imb: {
    ...ofMessages,
    about: ({ ranks }) =>
      `calls in compiled code on ${ranks} ranks, f64, sizes of the message of one rank to one rank, pingpong half a round trip`,
    columns: [["call", ({ name }) => name], ...ofMessages.columns],
  },
  halo: {
    about: ({ ranks }) =>
      `exchanges of 2 layers of f64 on ${ranks} ranks; x, y, z: both ends of that axis of a block on 3 axes, 1 to 6: so many sides of a block on 1 to 3 axes`,
    bytesOf: ({ bytes }) => bytes!,
    columns: [
      ["sides", ({ name }) => name],
      ["block", ({ size, split }) => `${size}${["", "²", "³"][split!.length - 1]}`],
      ["blocks", ({ split }) => split!.join("x")],
      ["KiB", ({ bytes }) => digits(bytes! / 2 ** 10)],
    ],
    unit: "us",
    measure: "ratio",
    point: String,
    across: "cells along an axis of the block",
  },
  io: {
    about: ({ ranks, folder, backend }) =>
      `frames of f64 that ${ranks} ${ranks === 1 ? "rank appends" : "ranks append"} to an HDF5 file in ${folder} through ${backend}`,
    bytesOf: ({ size }) => frameBytes(size),
    columns: [
      ["cells", ({ size }) => `${size}²`],
      ["MiB", ({ size }) => digits(frameBytes(size) / 2 ** 20)],
    ],
    unit: "ms",
    measure: "speed",
    point: (cells) => `${cells}²`,
    across: "cells",
  },
  output: {
    about: ({ ranks, folder, threads }) =>
      `a step of MPDATA, f64, on ${counted(ranks, "rank")}${threadsText(threads!)}, with a frame every 10 steps to an HDF5 file in ${folder}`,
    bytesOf: () => null,
    columns: [
      ["backend", ({ name }) => name],
      ["cells", ({ size }) => `${size}²`],
    ],
    unit: "us",
    measure: "share",
    point: (cells) => `${cells}²`,
    across: "cells",
  },
};

const legends: Readonly<Record<Look["measure"], string>> = {
  ratio: "ratio: the minimum of wasm-mpi to that of the peer",
  speed: "speed: MB/s of wasm-mpi as a multiple of the peer's",
  share: "share: what output takes of a step with it, by the minima",
};

/** A row beside a peer's minimum. */
const comparisons: Readonly<Record<Look["measure"], (row: Row, seconds: number) => string>> = {
  ratio: (row, seconds) => ratioText(row.seconds / seconds),
  speed: (row, seconds) => `${ratioText(seconds / row.seconds)} x`,
  share: (row, seconds) => `${(100 * (1 - seconds / row.seconds)).toFixed(1)} %`,
};

/** The report as a table. */
export function tableOf(what: What, report: Report): Table {
  const { rows, rounds, mpi, programs, missing, warning } = report;
  const { about, columns, unit, measure } = looks[what];
  const names = Object.keys(programs) as PeerName[];
  const figures = [`min ${unit}`, `median ${unit}`, ...(rows[0]!.bandwidth === null ? [] : ["MB/s"])];
  // A blank first line of headings above the size, then each participant above its columns.
  const above = [...columns.map(() => ""), "wasm-mpi", ...figures.slice(1).map(() => "")];
  const head = [...columns.map(([name]) => name), ...figures];
  for (const name of names) {
    above.push(peerTitle[name], ...figures.map(() => ""));
    head.push(...figures, measure);
  }
  const body = rows.map((row) => {
    const { bandwidth } = row;
    const cells = (seconds: number, median: number) => [
      ...[seconds, median].map((time) => digits((unit === "ms" ? 1e3 : 1e6) * time)),
      ...(bandwidth === null ? [] : [digits((bandwidth * row.seconds) / seconds / 1e6)]),
    ];
    const peers = names.flatMap((name) => {
      const seconds = row.peers[name]!;
      return [...cells(seconds, row.peerMedians[name]!), comparisons[measure](row, seconds)];
    });
    return [...columns.map(([, text]) => text(row)), ...cells(row.seconds, row.median), ...peers];
  });
  const samples = rows[0]!.samples.length;
  const notes = [
    ...names.map((name) => `${peerTitle[name]}: ${programs[name]}`),
    ...(Object.keys(missing) as PeerName[]).map((name) => `no ${peerTitle[name]}: ${missing[name]}`),
    ...(names.length > 0 ? [legends[measure]] : []),
    ...(warning === null ? [] : [`warning: ${warning}`]),
  ];
  const told = `${what}: ${about(report)}, ${samples} samples in ${counted(rounds, "round")}, ${mpi.version}`;
  return { about: told, notes, above, rows: [head, ...body] };
}

/** The report as a table, for people. */
export function describe(what: What, report: Report): string {
  const { about, notes, above, rows } = tableOf(what, report);
  const verdicts = verdictTable(report.toC ?? []);
  const below = verdicts.length === 0 ? [] : ["", aboutVerdicts, "", ...aligned(verdicts)];
  return `${[about, ...notes, "", ...aligned([above, ...rows]), ...below].join("\n")}\n`;
}

export const aboutVerdicts =
  "to C: geometric mean of the ratios from 1 KiB on, mean of the differences of smaller messages";

/** How the calls are to those of C; no row without C. */
export function verdictTable(verdicts: readonly Verdict[]): string[][] {
  if (verdicts.length === 0) return [];
  const text = (value: number | null, write: (value: number) => string) => (value === null ? "-" : write(value));
  const body = verdicts.map(({ name, ratio, difference }) => {
    return [name, text(ratio, ratioText), text(difference, (seconds) => (1e9 * seconds).toFixed(0))];
  });
  return [["call", "ratio", "ns more"], ...body];
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
    title: `${what} on ${counted(ranks, "rank")}, ${mpi.version}`,
    label: `time as a multiple of that of ${peerTitle[reference]} (minima)`,
    across: looks[what].across,
    points: rows.map(({ size }) => looks[what].point(size)),
  });
}

/** What stands below the sizes in a picture, and for each of them. */
export const acrossOf = (what: What) => looks[what].across;
export const pointsOf = (what: What, sizes: readonly number[]) => sizes.map(looks[what].point);

/** Three digits, or all those before the point. */
export const digits = (value: number): string => (value < 100 ? value.toPrecision(3) : value.toFixed(0));
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
