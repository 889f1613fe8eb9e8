/** The result of `wasm-mpi bench`, for programs and for people. */
import type { Kind, Load } from "./messages.js";
import { type PeerName, peerTitle } from "./peers.js";

/** The figures at one size. Times are in seconds. */
export interface Row {
  readonly name: Kind;
  /** Bytes of a message; for `pi` the x of 10000/x intervals. */
  readonly size: number;
  readonly ranks: number;
  /** Repetitions in each sample. */
  readonly repetitions: number;
  /** The minimum of the samples. */
  readonly seconds: number;
  readonly median: number;
  /** Bytes a second, from the minimum; `null` for `pi`. */
  readonly bandwidth: number | null;
  /** Every repeat of every round. */
  readonly samples: readonly number[];
  /** The minima of the peers. */
  readonly peers: Partial<Record<PeerName, number>>;
  readonly peerMedians: Partial<Record<PeerName, number>>;
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
}

/** The samples of each load, one list a load. */
export type Samples = readonly (readonly number[])[];

/** One row for each load. */
export function rowsOf(
  kind: Kind,
  ranks: number,
  loads: readonly Load[],
  own: Samples,
  peers: Partial<Record<PeerName, Samples>> = {},
): Row[] {
  const ofPeers = (place: number, figure: (samples: readonly number[]) => number) =>
    Object.fromEntries(Object.entries(peers).map(([name, samples]) => [name, figure(samples[place]!)]));
  return loads.map(({ size, count }, place) => {
    const samples = own[place]!;
    const seconds = Math.min(...samples);
    const bandwidth = kind === "pi" ? null : size / seconds;
    const figures = { seconds, median: medianOf(samples), bandwidth, samples };
    const [minima, medians] = [ofPeers(place, (values) => Math.min(...values)), ofPeers(place, medianOf)];
    return { name: kind, size, ranks, repetitions: count, ...figures, peers: minima, peerMedians: medians };
  });
}

function medianOf(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.floor(half)]! + sorted[Math.ceil(half) - 1]!) / 2;
}

const whatIsTimed: Record<Kind, string> = {
  pingpong: "half round trip between 2 ranks",
  ring: "one hop of an array that goes round RANKS ranks",
  allreduce: "sum of f64 arrays over RANKS ranks",
  pi: "integral of pi over 10000/x intervals by RANKS ranks, and the sum of one f64",
};

/** A table. */
export function describe(kind: Kind, report: Report): string {
  const { rows, ranks, rounds, mpi, programs, missing } = report;
  const names = Object.keys(programs) as PeerName[];
  const bandwidth = kind === "pi" ? [] : ["MB/s"];
  const figures = ["min us", "median us", ...bandwidth];
  // A blank first line of headings above the size, then each participant above its columns.
  const above = ["", "wasm-mpi", ...figures.slice(1).map(() => "")];
  const head = [kind === "pi" ? "x" : "size", ...figures];
  for (const name of names) {
    above.push(peerTitle[name], ...figures.map(() => ""));
    head.push(...figures, "ratio");
  }
  const body = rows.map((row) => {
    const cells = (seconds: number, median: number) => [
      digits(1e6 * seconds),
      digits(1e6 * median),
      ...(kind === "pi" ? [] : [digits(row.size / seconds / 1e6)]),
    ];
    const peers = names.flatMap((name) => {
      const seconds = row.peers[name]!;
      return [...cells(seconds, row.peerMedians[name]!), ratioText(row.seconds / seconds)];
    });
    return [kind === "pi" ? String(row.size) : sizeText(row.size), ...cells(row.seconds, row.median), ...peers];
  });
  const table = [above, head, ...body];
  const widths = head.map((_, column) => Math.max(...table.map((cells) => cells[column]!.length)));
  const samples = rows[0]!.samples.length;
  return `${[
    `${kind}: ${whatIsTimed[kind].replace("RANKS", String(ranks))}, ${samples} samples in ${rounds} ${rounds === 1 ? "round" : "rounds"}, ${mpi.version}`,
    ...names.map((name) => `${peerTitle[name]}: ${programs[name]}`),
    ...(Object.keys(missing) as PeerName[]).map((name) => `no ${peerTitle[name]}: ${missing[name]}`),
    ...(names.length > 0 ? ["ratio: the minimum of wasm-mpi to that of the peer"] : []),
    "",
    ...table.map((cells) =>
      cells
        .map((cell, column) => cell.padStart(widths[column]!))
        .join("  ")
        .trimEnd(),
    ),
  ].join("\n")}\n`;
}

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
