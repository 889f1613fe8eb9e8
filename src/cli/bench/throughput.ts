/** The result of `wasm-mpi bench pde`, `bench advection` and `bench hpcg`, for programs and for people. */
import { aligned } from "../columns.js";
import { threadsText } from "../run/picture.js";
import { counted } from "../run/report.js";
import type { Table } from "./page/table.js";
import { digits, medianOf } from "./report.js";
import { type SolverName, solverTitle } from "./solvers.js";
import { type Case, cellsOf, type Layout, type Measured, shapeText, type Traffic, type Workload } from "./workload.js";

/** The figures of an equation or a scheme on a grid. Times are in seconds, of one step. */
export interface StepRow {
  readonly name: string;
  /** Cells along each axis. */
  readonly size: number;
  readonly shape: readonly number[];
  readonly ranks: number;
  /** Of each rank. */
  readonly threads: number;
  /** Steps in each sample. */
  readonly repetitions: number;
  /** The minimum of the samples. */
  readonly seconds: number;
  readonly median: number;
  /** From the minimum: nanoseconds a cell, 10^9 cells a second. */
  readonly nsPerCellStep: number;
  readonly gigaCells: number;
  /** For `hpcg`: 10^9 operations a second, from the minimum. */
  readonly gigaFlops?: number;
  /** Effective bytes a second, all that a step has to read and write counted once, and their share of those of a copy. */
  readonly throughput: number;
  readonly copyShare: number;
  readonly samples: readonly number[];
  /** What the ranks ended with: for `advection` a hash and the mean of the squares, for `hpcg` that of the residual. */
  readonly result?: Measured["result"];
  /** For `advection`. */
  readonly traffic?: Traffic;
  /** The minima of the programs; none for more ranks than one. */
  readonly peers: Partial<Record<SolverName, number>>;
  readonly peerMedians: Partial<Record<SolverName, number>>;
  readonly peerSamples: Partial<Record<SolverName, readonly number[]>>;
}

/** How fast the ranks of a job copy. */
export interface CopyFigures {
  readonly ranks: number;
  /** Bytes a second, read and written. */
  readonly bandwidth: number;
  /** Bytes of the arrays. */
  readonly bytes: number;
}

/** The keys are a contract. */
export interface StepReport {
  readonly rows: readonly StepRow[];
  readonly ranks: readonly number[];
  /** Threads of each rank, where rows do not differ in them. */
  readonly threads: number;
  readonly rounds: number;
  readonly copy: readonly CopyFigures[];
  readonly mpi: { readonly library: string; readonly version: string };
  /** What the peers are, and why others were left out. */
  readonly programs: Partial<Record<SolverName, string>>;
  readonly missing: Partial<Record<SolverName, string>>;
  /** Sizes that do not fit the memory. */
  readonly skipped: readonly string[];
  /** What is to be said of a machine that was busy before the start. */
  readonly warning: string | null;
  /** For `advection`: the picture of {@link drawSteps}. */
  readonly plot?: string | null;
}

/** The figures of some samples, in seconds a step. */
export function rowOf(
  { stepsOf, moved, flops }: Pick<Workload, "stepsOf" | "moved" | "flops">,
  timed: Case,
  layout: Layout,
  { seconds: samples, result, traffic }: Measured,
  bandwidth: number,
  peerSamples: StepRow["peerSamples"],
): StepRow {
  const seconds = Math.min(...samples);
  const cells = cellsOf(timed);
  const throughput = (moved * cells) / seconds;
  const ofPeers = (figure: (values: readonly number[]) => number) =>
    Object.fromEntries(Object.entries(peerSamples).map(([name, values]) => [name, figure(values)]));
  return {
    ...{ name: timed.name, size: timed.shape[0]!, shape: timed.shape, ...layout, repetitions: stepsOf(timed) },
    ...{ seconds, median: medianOf(samples), nsPerCellStep: (1e9 * seconds) / cells, gigaCells: cells / seconds / 1e9 },
    ...(flops === undefined ? {} : { gigaFlops: (flops * cells) / seconds / 1e9 }),
    ...{
      throughput,
      copyShare: throughput / bandwidth,
      samples,
      ...(result && { result }),
      ...(traffic && { traffic }),
    },
    ...{ peers: ofPeers((values) => Math.min(...values)), peerMedians: ofPeers(medianOf), peerSamples },
  };
}

const gigabytes = (bytes: number) => (bytes / 1e9).toPrecision(3);

/** The report as a table, for people. */
export function describeSteps(workload: Workload, report: StepReport): string {
  const { about, notes, above, rows } = stepTable(workload, report);
  return `${[about, ...notes, "", ...aligned([above, ...rows])].join("\n")}\n`;
}

/** The report as a table. */
export function stepTable(workload: Workload, report: StepReport): Table {
  const { what, about, step, noun, movedOf, flops } = workload;
  const { rows, threads, rounds, mpi, copy, programs, missing, skipped, warning } = report;
  const names = Object.keys(programs) as SolverName[];
  const operations = flops === undefined ? [] : ["min ms", "GFLOP/s"];
  const figures = ["Gcells/s", ...operations, "GB/s", "of copy", "speed-up"];
  // A column of threads only where rows differ in them.
  const isMixed = rows.some((row) => row.threads !== rows[0]!.threads);
  const inTeams = (text: string) => (isMixed ? [text] : []);
  const above = ["", "", "", ...inTeams(""), "wasm-mpi", "", ...figures.map(() => "")];
  const head = [noun, "cells", "ranks", ...inTeams("threads"), "min ns", "median ns", ...figures];
  for (const name of names) {
    above.push(solverTitle[name], "", "");
    head.push("min ns", "median ns", "ratio");
  }
  const body = rows.map((row) => {
    const { name, shape, ranks, seconds, median, gigaCells, throughput, copyShare } = row;
    const ns = (time: number | undefined) => (time === undefined ? "-" : digits((1e9 * time) / cellsOf(row)));
    const alone = rows.find((each) => each.name === name && each.shape.join() === shape.join() && each.ranks === 1);
    const gain = alone && alone !== row ? (alone.seconds / seconds).toFixed(2) : "-";
    const peers = names.flatMap((peer) => {
      const least = row.peers[peer];
      return [ns(least), ns(row.peerMedians[peer]), least === undefined ? "-" : (seconds / least).toFixed(2)];
    });
    const counted = row.gigaFlops === undefined ? [] : [1e3 * seconds, row.gigaFlops].map(digits);
    const shares = [
      gigaCells.toPrecision(3),
      ...counted,
      gigabytes(throughput),
      `${(100 * copyShare).toFixed(0)} %`,
      gain,
    ];
    return [
      name,
      shapeText(row),
      String(ranks),
      ...inTeams(String(row.threads)),
      ns(seconds),
      ns(median),
      ...shares,
      ...peers,
    ];
  });
  const samples = rows[0]!.samples.length;
  const copies = copy.map(({ ranks, bandwidth }) => `${gigabytes(bandwidth)} GB/s on ${counted(ranks, "rank")}`);
  const legends = [
    `ns: of one cell in one ${step}; ${flops === undefined ? "" : `GFLOP/s: ${flops} operations a cell; `}GB/s: bytes of ${movedOf}, as a share of those of a copy`,
    ...(names.length > 0 ? ["ratio: the minimum of wasm-mpi on one rank to that of the peer"] : []),
  ];
  const told = `${what}: ${about}, ${threads === 1 || isMixed ? "" : `ranks${threadsText(threads)}, `}${samples} samples in ${counted(rounds, "round")}, ${mpi.version}`;
  const notes = [
    `copy: ${copies.join(", ")}, arrays of ${Math.round(copy[0]!.bytes / 2 ** 20)} MiB`,
    ...names.map((name) => `${solverTitle[name]}: ${programs[name]}`),
    ...(Object.keys(missing) as SolverName[]).map((name) => `no ${solverTitle[name]}: ${missing[name]}`),
    ...skipped.map((text) => `left out: ${text}`),
    ...(warning === null ? [] : [`warning: ${warning}`]),
    ...legends,
  ];
  return { about: told, notes, above, rows: [head, ...body] };
}
