/** `wasm-mpi bench halo`: what it exchanges and reports, and what it refuses. No time is judged. */
import { describe, expect, it } from "vitest";
import { expectNeighbours, haloLoads, measureHalo } from "../../src/cli/bench/halos.js";
import { describe as describeReport, type Report, rowsOf } from "../../src/cli/bench/report.js";
import { Grid } from "../../src/grid/grid.js";
import { mpi } from "../../src/mpi/index.js";
import { expectRefused } from "../harness/bench.js";
import { documentOf } from "../harness/command.js";
import { launchedLast } from "../harness/launch.js";
import { wasmMpi } from "../harness/process.js";

const timeoutMs = 170_000;

/** The exchanges of blocks of 10 cells: name, split, bytes. */
const exchanges = (ranks: number) =>
  haloLoads([10], ranks).map(({ name, exchange, bytes }) => [name, exchange!.split.join("x"), bytes]);

describe("bench halo", () => {
  it.each([
    ["halo -n 1", '"halo" expected at least 2 ranks, got 1. Start it on 2.'],
    [
      "halo --plot a.png",
      '"--plot" expected pingpong, ring, allreduce, pi, io, advection or scaling, got halo, which has a table alone. Leave it out.',
    ],
    [
      "halo --sizes 16,1",
      '"--sizes" expected whole numbers of at least 2 separated by commas, got "16,1". For example --sizes 16,64.',
    ],
    ["halo --backend posix", '"--backend" expected io or output, got halo, which makes no file. Leave it out.'],
  ])("%s is refused", (args, text) => expectRefused(args.split(" "), text));

  it("has exchanges along each axis, and of 1 to 6 sides where the ranks allow them", () => {
    // Bytes of two cells, and of two rows with their ends; beyond walls cells belong to the slab as well.
    const line = 2 * 8;
    const whole = line * 14;
    expect(exchanges(2)).toEqual([
      ["x", "2x1x1", 2 * whole * 14],
      ["y", "1x2x1", 2 * whole * 14],
      ["z", "1x1x2", 2 * whole * 14],
      ["1", "2", line],
      ["2", "2", 2 * line],
      ["3", "1x2", 2 * whole + whole],
      ["4", "2x1", 2 * whole + 2 * whole],
      ["5", "1x1x2", 2 * whole * 14 + 2 * whole * 12 + whole * 14],
      ["6", "2x1x1", 2 * whole * 14 + 2 * whole * 10 + 2 * whole * 14],
    ]);
    expect(exchanges(3).map(([name, split]) => `${name} ${split}`)).toEqual([
      ..."x 3x1x1,y 1x3x1,z 1x1x3,2 3,4 3x1,6 3x1x1".split(","),
    ]);
    expect(exchanges(4).map(([name, split]) => `${name} ${split}`)).toEqual([
      ..."x 4x1x1,y 1x4x1,z 1x1x4,2 4,3 2x2,4 2x2,5 2x1x2,6 2x2x1".split(","),
    ]);
    expect(exchanges(8).at(-1)).toEqual(["6", "2x2x2", 2 * whole * 14 + 2 * whole * 10 + 2 * whole * 14]);
  });

  it("has the cells of the neighbours in the halo, corners as well, or fails", () => {
    const comm = mpi.init({ library: "solo" });
    for (const load of haloLoads([3], 1)) expect(measureHalo(comm, load)).toHaveLength(10);
    const grid = new Grid(comm, { shape: [4, 5], periodic: [true, false], halo: 2 });
    const field = grid.field((x, y) => Math.floor(x) * 5 + Math.floor(y));
    const text = "bench: expected 10 in a halo cell, got 0. Do not trust these times.";
    expect(() => expectNeighbours(field)).toThrow(text);
    const halo = grid.halo([field]);
    halo.exchange();
    expect(() => expectNeighbours(field)).not.toThrow();
    halo.free();
    field.free();
    grid.free();
  });

  it("prints a row for each exchange", () => {
    const loads = haloLoads([16], 2).filter(({ name }) => name === "x" || name === "3");
    const samples = [
      [2e-6, 1e-6],
      [5e-7, 5e-7],
    ];
    const c = [[1e-6], [1e-6]];
    const report: Report = {
      ...{ rows: rowsOf("halo", 2, loads, samples, { c }), ranks: 2, rounds: 1 },
      ...{ mpi: { library: "x", version: "MPI 1" }, programs: { c: "mpicc" }, missing: {}, plot: null, warning: null },
    };
    expect(describeReport("halo", report).split("\n")).toEqual([
      "halo: exchanges of 2 layers of f64 on 2 ranks; x, y, z: both ends of that axis of a block on 3 axes, 1 to 6: so many sides of a block on 1 to 3 axes, 2 samples in 1 round, MPI 1",
      "C: mpicc",
      "ratio: the minimum of wasm-mpi to that of the peer",
      "",
      "                             wasm-mpi                         C",
      "sides  block  blocks    KiB    min us  median us   MB/s  min us  median us   MB/s  ratio",
      "    x    16³   2x1x1   12.5      1.00       1.50  12800    1.00       1.00  12800   1.00",
      "    3    16²     1x2  0.938     0.500      0.500   1920    1.00       1.00    960   0.50",
      "",
    ]);
  });
});

describe.each(launchedLast)("bench halo on ranks of $title", ({ launcher }) => {
  it("times exchanges of 2 ranks, beside C where it is", { timeout: 180_000 }, async () => {
    const args = ["bench", "halo", "--rounds", "1", "--sizes", "5", "--json"];
    const result = await wasmMpi(args, { env: { WASM_MPI_LAUNCHER: launcher.path }, timeoutMs });
    const report = documentOf<Report>(result);
    expect(result.stderr).toBe("");
    const loads = haloLoads([5], 2);
    const samplesOf = (samples: (row: Report["rows"][number]) => readonly number[]) => report.rows.map(samples);
    const peers = report.programs.c === undefined ? {} : { c: samplesOf(({ peerSamples }) => peerSamples.c!) };
    // The same figures from the samples.
    expect(report.rows).toEqual(
      rowsOf(
        "halo",
        2,
        loads,
        samplesOf(({ samples }) => samples),
        peers,
      ),
    );
    expect(report.rows.map(({ samples }) => samples.length)).toEqual(loads.map(() => 10));
    expect(Math.min(...report.rows.map(({ seconds }) => seconds))).toBeGreaterThan(0);
    expect([...Object.keys(report.programs), ...Object.keys(report.missing)]).toEqual(["c"]);
  });
});
