/** `wasm-mpi bench scaling`: the same grid, and as many cells for each core, on more and more ranks and threads. */
import { availableParallelism } from "node:os";
import { wrong } from "../../argument.js";
import { threadsAsked } from "../../environment.js";
import { detectJob, findLaunchers } from "../../mpi/library/launcher.js";
import { checkPicture } from "../../plot/index.js";
import { launcherFor } from "../launch.js";
import type { OptionsOf } from "../options/index.js";
import { measureLine } from "../progress.js";
import { checkPage, madeText } from "../run/page.js";
import { writeScaling } from "./page/steps.js";
import { measureHalos, type Prediction, predict } from "./predict.js";
import { medianOf } from "./report.js";
import { describeScaling, drawScaling } from "./scalingtable.js";
import { advection } from "./schemes.js";
import { grown, type Reached, reachedOf, type ScalingRow, splitOf, surfaceOf } from "./spread.js";
import { fitting, joined, namesOf, runOwn, shapesOf } from "./steps.js";
import type { StepRow } from "./throughput.js";
import { busyText, type Case, cellsOf, type Layout, layoutsUpTo } from "./workload.js";

/** The keys are a contract. */
export interface ScalingReport {
  readonly rows: readonly ScalingRow[];
  readonly reached: readonly Reached[];
  /** The most ranks, and the most threads of one rank. */
  readonly ranks: number;
  readonly threads: number;
  readonly rounds: number;
  readonly mpi: { readonly library: string; readonly version: string };
  /** What a model says of more ranks, where it was asked for. */
  readonly predicted: Prediction | null;
  readonly skipped: readonly string[];
  readonly plot: string | null;
  readonly warning: string | null;
}

const usualSizes = "32,64,128,256,512,1024";
const usualSchemes = ["fct"];

/** What is measured: a case on a layout, as one of some rows. */
interface Run {
  readonly timed: Case;
  readonly layout: Layout;
}

/** What a row is made of. */
interface Place extends Run {
  readonly name: ScalingRow["name"];
  /** Cells of what one core has alone. */
  readonly base: readonly number[];
}

/** Times all, prints how it was. @throws UsageError, LibraryError, Interrupted */
export async function benchScaling(options: OptionsOf<"bench">): Promise<void> {
  const job = detectJob();
  if (job) {
    const todo = "Start it without the launcher; it starts the ranks itself.";
    throw wrong('"scaling"', "a process of its own", `a job of ${job.size}`, todo);
  }
  const { rounds, plot, html, json = false, predict: target } = options;
  const hasLauncher = findLaunchers().length > 0;
  const cores = availableParallelism();
  const most = {
    ranks: options.ranks ?? (hasLauncher ? cores : 1),
    threads: options.threads ?? threadsAsked() ?? cores,
  };
  if (target !== undefined && most.ranks < 2) {
    const todo = "Leave out --predict, or take more ranks and a launcher.";
    throw wrong('"--predict"', "at least 2 ranks whose messages can be timed", most.ranks, todo);
  }
  const launcher = hasLauncher || most.ranks > 1 ? launcherFor(most.ranks) : undefined;
  if (plot !== undefined) await checkPicture(plot);
  if (html !== undefined) checkPage(html);
  const warning = busyText();
  const schemes = namesOf(advection, options.schemes ?? usualSchemes);
  const shapes = shapesOf(advection, options.sizes ?? usualSizes);
  const wanted = schemes.flatMap((name) => shapes.flatMap((base) => placesOf({ name, shape: base }, most)));
  const { cases, skipped } = fitting(
    advection,
    wanted.map(({ timed }) => timed),
  );
  const places = wanted.filter(({ timed }) => cases.includes(timed));
  const runs = [...new Map(places.map((place) => [keyOf(place), place])).values()];
  const progress = measureLine(true, "scaling");
  const measured = new Map<string, StepRow[]>();
  let mpi = { library: "", version: "" };
  let done = 0;
  for (let round = 0; round < rounds; round++) {
    for (const run of runs) {
      const { timed, layout } = run;
      const place = { launcher, ranks: layout.ranks, patience: 180 };
      const report = await runOwn(place, { workload: advection, cases: [timed], threads: layout.threads }, false);
      measured.set(keyOf(run), [...(measured.get(keyOf(run)) ?? []), report.rows[0]!]);
      if (layout.ranks === most.ranks) mpi = report.mpi;
      progress(++done, rounds * runs.length);
    }
  }
  expectAlike(runs, measured);
  const rows = places.map((place) => rowOf(place, measured));
  const halos =
    target === undefined ? undefined : await measureHalos({ launcher: launcher!, ranks: most.ranks }, rounds);
  const report: ScalingReport = {
    rows,
    reached: reachedOf(rows),
    ...most,
    rounds,
    mpi,
    predicted: halos ? predict(rows, halos, target!) : null,
    skipped,
    plot: plot ?? null,
    warning,
  };
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : describeScaling(report));
  if (plot !== undefined) await drawScaling(plot, report);
  if (html !== undefined) await writeScaling(html, report);
  if (!json) process.stdout.write(madeText({ picture: plot, page: html }));
}

const keyOf = ({ timed: { name, shape }, layout: { ranks, threads } }: Run) =>
  [name, shape.join("x"), ranks, threads].join(" ");

/** One grid on all layouts, and as many cells for each core. @throws UsageError where blocks are too thin */
export function placesOf(alone: Case, most: Layout): Place[] {
  const { name: scheme, shape: base } = alone;
  const layouts = layoutsUpTo(most.ranks, most.threads);
  return (["strong", "weak"] as const).flatMap((name) =>
    layouts.map((layout) => {
      const cores = layout.ranks * layout.threads;
      const timed = { name: scheme, shape: name === "weak" ? grown(alone, cores) : base };
      advection.checkBlocks(timed, layout.ranks);
      return { name, base, timed, layout };
    }),
  );
}

/** @throws Error where the cores differ in the result of a grid */
function expectAlike(runs: readonly Run[], measured: ReadonlyMap<string, readonly StepRow[]>): void {
  const isSame = (a: Case, b: Case) => a.name === b.name && a.shape.join() === b.shape.join();
  for (const { timed } of runs) {
    const same = runs.filter((run) => isSame(run.timed, timed)).flatMap((run) => measured.get(keyOf(run))!);
    joined(same.map(({ samples: seconds, result }) => ({ seconds, ...(result && { result }) })));
  }
}

/** A row from all rounds, beside one core alone. */
function rowOf({ name, base, timed, layout }: Place, measured: ReadonlyMap<string, readonly StepRow[]>): ScalingRow {
  const { name: scheme, shape } = timed;
  const all = measured.get(keyOf({ timed, layout }))!;
  const alone = measured.get(keyOf({ timed: { name: scheme, shape: base }, layout: { ranks: 1, threads: 1 } }))!;
  const leastOf = (some: readonly StepRow[]) => Math.min(...some.map(({ seconds }) => seconds));
  const samples = all.flatMap((row) => row.samples);
  const seconds = leastOf(all);
  const work = cellsOf(timed) / cellsOf({ shape: base });
  const speedUp = (work * leastOf(alone)) / seconds;
  const split = splitOf(timed, layout.ranks);
  return {
    ...{ name, scheme, size: base[0]!, base, shape, ...layout, split, surface: surfaceOf(shape, split) },
    ...{ seconds, median: medianOf(samples), samples, speedUp, efficiency: speedUp / (layout.ranks * layout.threads) },
    ...{ traffic: all[0]!.traffic!, peers: {} },
  };
}
