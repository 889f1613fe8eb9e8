/** The model of `wasm-mpi bench scaling --predict`, on figures whose answers are known. */
import { describe, expect, it } from "vitest";
import { linkOf, predict, secondsFor, stepOf } from "../../src/cli/bench/predict.js";
import { placesOf } from "../../src/cli/bench/scaling.js";
import { describeScaling } from "../../src/cli/bench/scalingtable.js";
import { reachedOf, type ScalingRow, splitOf, surfaceOf } from "../../src/cli/bench/spread.js";
import { cellsOf } from "../../src/cli/bench/workload.js";

const traffic = { exchanges: 1, layers: 3, halo: 3 };
const [latency, bandwidth] = [2e-6, 4e9];
const exchanges = [100, 1000, 1e5].map((bytes) => ({ bytes, seconds: latency + bytes / bandwidth }));
const sides = [32, 64, 128, 256];
/** 10 ns a cell, and 1 us. */
const secondsAlone = (cells: number) => 1e-6 + 1e-8 * cells;
const costs = sides.map((n) => ({ cells: n * n, seconds: secondsAlone(n * n) }));

/** Rows of a machine that is as the model has it. */
function rowsOf(slower = 1): ScalingRow[] {
  return sides.flatMap((n) =>
    placesOf({ name: "fct", shape: [n, n] }, { ranks: 4, threads: 1 }).map(({ name, base, timed, layout }) => {
      const { shape } = timed;
      const split = splitOf(timed, layout.ranks);
      const seconds =
        (layout.ranks > 1 ? slower : 1) * stepOf(shape, split, { traffic, costs }, { latency, bandwidth });
      const speedUp = ((cellsOf(timed) / (n * n)) * secondsAlone(n * n)) / seconds;
      const figures = { seconds, median: seconds, samples: [seconds], speedUp, efficiency: speedUp / layout.ranks };
      const place = { name, scheme: "fct", size: n, base, shape, ...layout, split, surface: surfaceOf(shape, split) };
      return { ...place, ...figures, traffic, peers: {} };
    }),
  );
}

describe("the model of bench scaling", () => {
  it("finds latency and bandwidth of exchanges that have them, and says how far others are off", () => {
    const link = linkOf(exchanges);
    expect(link.latency / latency).toBeCloseTo(1, 9);
    expect(link.bandwidth / bandwidth).toBeCloseTo(1, 9);
    expect(link.error).toBeLessThan(1e-9);
    const [first, ...rest] = exchanges;
    expect(linkOf([{ ...first!, seconds: 2 * first!.seconds }, ...rest]).error).toBeGreaterThan(0.1);
  });

  it("goes through what one core was measured at, and on beyond", () => {
    for (const { cells, seconds } of costs) expect(secondsFor(cells, costs)).toBeCloseTo(seconds, 12);
    expect(secondsFor(0, costs) / 1e-6).toBeCloseTo(1, 6);
    expect(secondsFor(512 ** 2, costs)).toBeCloseTo(4 * costs.at(-1)!.seconds, 12);
    expect(secondsFor(50, [{ cells: 100, seconds: 1 }])).toBe(0.5);
  });

  it("adds the messages of the axes that are cut", () => {
    const [alone, bytes] = [secondsAlone(32 * 32), 2 * 3 * 8 * (32 + 6)];
    const seconds = stepOf([64, 64], [2, 2], { traffic, costs }, { latency, bandwidth });
    expect(seconds).toBeCloseTo(alone + 2 * (latency + bytes / bandwidth), 12);
    expect(stepOf([32, 32], [1, 1], { traffic, costs }, { latency, bandwidth })).toBeCloseTo(alone, 12);
  });

  it("is right about a machine that is as it assumes, and says how wrong it is about another", () => {
    const { checks, rows, models, assumptions } = predict(rowsOf(), exchanges, 1000);
    expect(checks).toHaveLength(4 * 4); // Four sizes, strong and weak, on 2 and 4 ranks.
    for (const check of checks) expect(Math.abs(check.error)).toBeLessThan(1e-9);
    expect(assumptions.join()).toContain("between 4 ranks here");
    const counts = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000];
    const named = (name: string) => rows.filter((row) => row.name === name);
    expect(named("strong").map(({ ranks }) => ranks)).toEqual(counts);
    expect(named("weak").map(({ ranks }) => ranks)).toEqual(counts);
    expect(named("strong").at(-1)!.shape).toEqual([256, 256]);
    expect(cellsOf(named("weak").at(-1)!)).toBe(1000 * 256 ** 2);
    // Blocks of one size have the messages of two axes at most.
    expect(named("weak").at(-1)!.efficiency).toBeCloseTo(named("weak").at(6)!.efficiency, 9);
    const sizes = models[0]!.reached.map(({ size }) => size!);
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    for (const check of predict(rowsOf(2), exchanges, 8).checks) expect(check.error).toBeCloseTo(-0.5, 9);
  });

  it("leaves out ranks that blocks would be too thin for", () => {
    const small = rowsOf().filter(({ size }) => size === 32);
    const { rows } = predict(small, exchanges, 2 ** 20);
    expect(rows.filter(({ name }) => name === "strong").at(-1)!.ranks).toBe(64);
    expect(rows.filter(({ name }) => name === "weak").at(-1)!.ranks).toBe(2 ** 20);
  });
});

it("scaling says from which size on cores are used well: all larger ones are, too", () => {
  const [first] = rowsOf() as [ScalingRow];
  const row = (size: number, efficiency: number): ScalingRow => {
    return { ...first, ranks: 2, size, base: [size, size], shape: [size, size], efficiency };
  };
  const of = (rows: ScalingRow[]) => reachedOf(rows).map(({ ranks, shape }) => [ranks, shape]);
  expect(of([row(8, 0.95), row(16, 0.8), row(32, 0.9), row(64, 1.2)])).toEqual([[2, [32, 32]]]);
  expect(of([row(8, 0.95), row(64, 0.89)])).toEqual([[2, null]]);
  expect(of([{ ...row(8, 1), ranks: 1 }])).toEqual([]);
});

it("scaling tells all in tables", () => {
  const rows = rowsOf().filter(({ size, ranks }) => size === 256 && ranks < 4);
  const [mpi, warning] = [{ library: "x", version: "MPI 1" }, "the machine was busy"];
  const rest = { ranks: 2, threads: 1, rounds: 1, mpi, skipped: [], plot: null, warning };
  const text = describeScaling({ rows, reached: reachedOf(rows), ...rest, predicted: predict(rows, exchanges, 4) });
  expect(text.split("\n")).toEqual([
    "scaling: steps of MPDATA, the flow as a field, f64, periodic, 1 sample in 1 round, MPI 1",
    "warning: the machine was busy",
    "strong: the same cells on more cores; weak: as many cells for each core as the first has alone",
    "surface: cells at the cut sides of a block to all of its cells; speed-up, efficiency: by the cells a second of one core, minima",
    "",
    "        scheme    cells  ranks  threads  split  surface  min us  median us  speed-up  efficiency",
    "strong     fct     256²      1        1    1x1        -     656        656      1.00       100 %",
    "strong     fct     256²      2        1    2x1    0.016     334        334      1.96        98 %",
    "  weak     fct     256²      1        1    1x1        -     656        656      1.00       100 %",
    "  weak     fct  512x256      2        1    2x1   0.0078     662        662      1.98        99 %",
    "",
    "90 % efficiency from:",
    "  strong, fct, 2 ranks: 256² cells on",
    "  weak, fct, 2 ranks: 256² cells of each core on",
    "",
    "prediction for up to 4 ranks, by a model. It assumes that",
    "  - a rank takes for its largest block as long as one rank with the machine for itself takes for as many cells, interpolated between the measured grids",
    "  - an exchange along an axis that is cut takes latency + bytes / bandwidth, as between 2 ranks here; all links are alike and do not disturb each other, and nothing is hidden behind computing",
    "  - halos are as wide, and as often exchanged, as on the most ranks here",
    "  - nobody waits for the operating system, for sums over all ranks, or for files",
    "exchange along an axis: 2.00 us + bytes at 4.00 GB/s, 0 % off the measured ones in the mean",
    "fct on 2 axes: 1 exchange of 3 layers a step; ns a cell (of so many cells): 10.0 (65536)",
    "",
    "against what was measured: 0 % off in the mean, 0 % at worst",
    "",
    "        scheme    cells  ranks  split  measured us  model us  error",
    "strong     fct     256²      2    2x1          334       333   +0 %",
    "  weak     fct  512x256      2    2x1          662       662   +0 %",
    "",
    "        scheme    cells  ranks  split  surface   us  efficiency",
    "strong     fct     256²      1    1x1        -  656       100 %",
    "strong     fct     256²      2    2x1    0.016  333        98 %",
    "strong     fct     256²      4    4x1    0.031  169        97 %",
    "  weak     fct     256²      1    1x1        -  656       100 %",
    "  weak     fct  512x256      2    2x1   0.0078  662        99 %",
    "  weak     fct     512²      4    4x1    0.016  665        99 %",
    "",
    "90 % efficiency of one grid on more ranks, from so many cells along each axis on:",
    "  fct, 2D: 91 on 2, 128 on 4",
    "",
  ]);
});
