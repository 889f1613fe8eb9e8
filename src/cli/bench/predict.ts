/** `wasm-mpi bench scaling --predict`: a model of steps on more ranks than there are, from what was measured on those. */
import { LibraryError, UsageError } from "../../errors.js";
import type { Launcher } from "../../mpi/library/launcher.js";
import { self } from "../launch.js";
import { startRanks } from "./peers.js";
import type { Report, Row } from "./report.js";
import { grown, type ScalingRow, splitOf, surfaceOf, wellUsed } from "./spread.js";
import { type Case, cellsOf, doublings, type Traffic } from "./workload.js";

/** An exchange along one axis of a block: its bytes from both sides, and its seconds. */
export type Exchanged = Pick<Row, "bytes" | "seconds">;

/** What a message costs on this machine. */
export interface Link {
  /** Seconds of an exchange along an axis, however few bytes it has. */
  readonly latency: number;
  /** Bytes a second that arrive at a rank that sends as many. */
  readonly bandwidth: number;
  /** The mean of how far measured exchanges are from it, as parts of them. */
  readonly error: number;
}

/** The seconds of a step by one core alone, over its cells. */
export interface Cost {
  readonly cells: number;
  readonly seconds: number;
}

/** What is known of a scheme on so many axes. */
export interface Model {
  readonly scheme: string;
  readonly axes: number;
  readonly traffic: Traffic;
  readonly nsPerCellStep: readonly { readonly cells: number; readonly ns: number }[];
  /** For numbers of ranks the cells along an axis from which on a grid uses them well, or `null` for none up to 2^20. */
  readonly reached: readonly { readonly ranks: number; readonly size: number | null }[];
}

/** A step that is predicted. */
export interface Predicted {
  readonly name: ScalingRow["name"];
  readonly scheme: string;
  readonly shape: readonly number[];
  readonly ranks: number;
  readonly split: readonly number[];
  readonly surface: number;
  readonly seconds: number;
  readonly efficiency: number;
}

/** The model, how it fits what was measured, and what it says. */
export interface Prediction extends Link {
  readonly ranks: number;
  readonly assumptions: readonly string[];
  readonly models: readonly Model[];
  /** What was measured on several ranks beside what the model says of it; `error` as a part of what was measured. */
  readonly checks: readonly (Predicted & { readonly measured: number; readonly error: number })[];
  readonly rows: readonly Predicted[];
}

/** Cells along each axis of the blocks whose exchanges are timed. */
const haloSizes = [4, 8, 16, 32, 64];

/** Times exchanges along single axes, by `wasm-mpi bench halo` in jobs of their own. @throws LibraryError, Interrupted */
export async function measureHalos(
  { launcher, ranks }: { readonly launcher: Launcher; readonly ranks: number },
  rounds: number,
): Promise<Exchanged[]> {
  const options = ["--sizes", haloSizes.join(","), "--rounds", "1", "--json"];
  const words = [process.execPath, self, "bench", "halo", ...options];
  const all: Row[] = [];
  for (let round = 0; round < rounds; round++) {
    const outcome = await startRanks({ launcher, ranks, patience: 300 }, words);
    if (typeof outcome === "string") {
      const text = `"scaling" expected ${ranks} ranks of ${launcher.path} to time halos, got ${outcome}. Try wasm-mpi doctor.`;
      throw new LibraryError(text, { tried: [launcher.path] });
    }
    all.push(...(JSON.parse(outcome.stdout) as Report).rows.filter(({ name }) => "xyz".includes(name)));
  }
  const keyOf = ({ name, size }: Row) => `${name} ${size}`;
  return [...new Set(all.map(keyOf))].map((key) => {
    const same = all.filter((row) => keyOf(row) === key);
    return { bytes: same[0]!.bytes!, seconds: Math.min(...same.map(({ seconds }) => seconds)) };
  });
}

/** The line through exchanges with the least squares of errors as parts of what was measured. */
export function linkOf(exchanges: readonly Exchanged[]): Link {
  // Minimises the sum of ((latency + bytes gap) / seconds - 1)^2.
  let [n, x, xx, y, xy] = [0, 0, 0, 0, 0];
  for (const { bytes, seconds } of exchanges) {
    const [weight, byteLength] = [1 / seconds ** 2, bytes!];
    n += weight;
    x += weight * byteLength;
    xx += weight * byteLength ** 2;
    y += weight * seconds;
    xy += weight * byteLength * seconds;
  }
  const slope = (n * xy - x * y) / (n * xx - x * x);
  // Noise must not make messages that take no time, or less with more bytes.
  const gap = Math.max(slope, 1e-13);
  const latency = Math.max((y - gap * x) / n, 1e-9);
  const errors = exchanges.map(({ bytes, seconds }) => Math.abs((latency + gap * bytes!) / seconds - 1));
  return { latency, bandwidth: 1 / gap, error: errors.reduce((sum, error) => sum + error, 0) / errors.length };
}

/**
 * The seconds of one core for a step of so many cells: on a straight line of logarithms between measured grids, with the
 * time a cell of the largest beyond it, and below the smallest on the line through the smallest two.
 */
export function secondsFor(cells: number, costs: readonly Cost[]): number {
  const sorted = costs.toSorted((a, b) => a.cells - b.cells);
  const [first, last] = [sorted[0]!, sorted.at(-1)!];
  if (cells >= last.cells) return (cells / last.cells) * last.seconds;
  if (cells <= first.cells) {
    const next = sorted[1];
    const slope = next ? (next.seconds - first.seconds) / (next.cells - first.cells) : first.seconds / first.cells;
    const fixed = Math.max(0, first.seconds - slope * first.cells);
    return fixed + ((first.seconds - fixed) / first.cells) * cells;
  }
  const above = sorted.findIndex((cost) => cost.cells > cells);
  const [a, b] = [sorted[above - 1]!, sorted[above]!];
  const part = Math.log(cells / a.cells) / Math.log(b.cells / a.cells);
  return a.seconds * (b.seconds / a.seconds) ** part;
}

/** The seconds of a step on ranks: the largest block by a core alone, and its messages. */
export function stepOf(
  shape: readonly number[],
  split: readonly number[],
  { traffic: { exchanges, layers, halo }, costs }: { readonly traffic: Traffic; readonly costs: readonly Cost[] },
  { latency, bandwidth }: Pick<Link, "latency" | "bandwidth">,
): number {
  const block = shape.map((n, axis) => Math.ceil(n / split[axis]!));
  const messages = split.map((blocks, axis) => {
    if (blocks === 1) return 0;
    // Layers of axis 0 are whole, those of later axes reach into the halo of earlier ones.
    const across = block.reduce((area, n, other) => {
      if (other === axis) return area;
      return area * (n + (other < axis || axis === 0 ? 2 * halo : 0));
    }, 1);
    return exchanges * latency + (2 * layers * 8 * across) / bandwidth;
  });
  return secondsFor(cellsOf({ shape: block }), costs) + messages.reduce((sum, seconds) => sum + seconds, 0);
}

/** Fits the model, checks it against the measured ranks, and asks it about more. */
export function predict(measured: readonly ScalingRow[], exchanges: readonly Exchanged[], ranks: number): Prediction {
  const link = linkOf(exchanges);
  const most = Math.max(...measured.map((row) => row.ranks));
  const kinds = [...new Map(measured.map((row) => [`${row.scheme} ${row.shape.length}`, row])).values()];
  const parts = kinds.map((kind) => {
    const rows = measured.filter((row) => row.scheme === kind.scheme && row.shape.length === kind.shape.length);
    return partOf(rows, link, ranks);
  });
  return {
    ranks,
    ...link,
    assumptions: [
      "a rank takes for its largest block as long as one rank with the machine for itself takes for as many cells, interpolated between the measured grids",
      `an exchange along an axis that is cut takes latency + bytes / bandwidth, as between ${most} ranks here; all links are alike and do not disturb each other, and nothing is hidden behind computing`,
      "halos are as wide, and as often exchanged, as on the most ranks here",
      "nobody waits for the operating system, for sums over all ranks, or for files",
    ],
    models: parts.map(({ model }) => model),
    checks: parts.flatMap(({ checks }) => checks),
    rows: parts.flatMap(({ rows }) => rows),
  };
}

/** Whether a grid can be cut for so many ranks. */
function hasSplit(timed: Case, ranks: number, halo: number): boolean {
  try {
    return splitOf(timed, ranks, halo).length > 0;
  } catch (cause) {
    if (cause instanceof UsageError) return false;
    throw cause;
  }
}

/** The part of a prediction that is about one scheme on so many axes. */
function partOf(measured: readonly ScalingRow[], link: Link, most: number) {
  const { scheme, shape: anyShape } = measured[0]!;
  const alone = measured.filter((row) => row.name === "strong" && row.ranks === 1 && row.threads === 1);
  const costs = alone.map((row) => ({ cells: cellsOf(row), seconds: row.seconds }));
  // What more ranks exchange: blocks of one rank may have a halo of their own width.
  const { traffic } = measured.reduce((widest, row) => (row.ranks > widest.ranks ? row : widest));
  const isCut = (shape: readonly number[], ranks: number) => hasSplit({ name: scheme, shape }, ranks, traffic.halo);
  const about = (name: ScalingRow["name"], base: readonly number[], shape: readonly number[], ranks: number) => {
    const split = splitOf({ name: scheme, shape }, ranks, traffic.halo);
    const seconds = stepOf(shape, split, { traffic, costs }, link);
    const work = secondsFor(cellsOf({ shape: base }), costs) * (cellsOf({ shape }) / cellsOf({ shape: base }));
    const efficiency = work / (ranks * seconds);
    return { name, scheme, shape, ranks, split, surface: surfaceOf(shape, split), seconds, efficiency };
  };
  const checks = measured
    .filter((row) => row.ranks > 1)
    .map((row) => {
      const said = about(row.name, row.base, row.shape, row.ranks);
      return { ...said, measured: row.seconds, error: said.seconds / row.seconds - 1 };
    });
  const largest = alone.reduce((top, row) => (cellsOf(row) > cellsOf(top) ? row : top)).shape;
  const counts = doublings(most);
  const rows = (["strong", "weak"] as const).flatMap((name) =>
    counts.flatMap((ranks): Predicted[] => {
      const shape = name === "strong" ? largest : grown({ name: scheme, shape: largest }, ranks);
      return isCut(shape, ranks) ? [about(name, largest, shape, ranks)] : [];
    }),
  );
  const reached = counts.slice(1).map((ranks) => {
    let size: number | null = null;
    // From large grids down, in steps of half a power of two.
    for (let half = 40; half >= 4; half--) {
      const n = Math.round(2 ** (half / 2));
      const shape = anyShape.map(() => n);
      if (!isCut(shape, ranks) || about("strong", shape, shape, ranks).efficiency < wellUsed) break;
      size = n;
    }
    return { ranks, size };
  });
  const nsPerCellStep = costs.map(({ cells, seconds }) => ({ cells, ns: (1e9 * seconds) / cells }));
  return { model: { scheme, axes: anyShape.length, traffic, nsPerCellStep, reached }, checks, rows };
}
