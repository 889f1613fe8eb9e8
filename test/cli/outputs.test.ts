/** `wasm-mpi bench output`: what it reports, and what it refuses. No time is judged. */
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { expectLastFrame } from "../../src/cli/bench/frames.js";
import { outputLoads, withoutOutput, writtenBytes } from "../../src/cli/bench/outputs.js";
import { describe as describeReport, type Report, rowsOf } from "../../src/cli/bench/report.js";
import { Grid } from "../../src/grid/grid.js";
import { mpi } from "../../src/mpi/index.js";
import { expectRefused } from "../harness/bench.js";
import { documentOf, noLauncher, temporaryFolder } from "../harness/command.js";
import { launchedLast } from "../harness/launch.js";
import { wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
const timeoutMs = 170_000;

/** The figures of a report have to be those of its samples. */
function expectFigures(report: Report, ranks: number, backends: readonly string[], size: number): void {
  expect(report.rows.map((row) => [row.name, row.size, row.ranks])).toEqual(
    backends.map((name) => [name, size, ranks]),
  );
  for (const row of report.rows) {
    const { samples, peerSamples, seconds, median, peers, share } = row;
    expect([samples.length, peerSamples.plain!.length]).toEqual([10, 10]);
    expect([seconds, peers.plain]).toEqual([Math.min(...samples), Math.min(...peerSamples.plain!)]);
    expect(peers.plain).toBeGreaterThan(0);
    expect(median).toBeGreaterThanOrEqual(seconds);
    expect(share).toBe(1 - peers.plain! / seconds);
    expect([row.repetitions % 10, row.bandwidth]).toEqual([0, null]);
  }
  expect([report.programs, report.missing]).toEqual([{ plain: withoutOutput }, {}]);
}

describe("bench output", () => {
  it.each([
    [
      "output --plot a.png",
      '"--plot" expected pingpong, ring, allreduce, pi, io, advection or scaling, got output, which has a table alone. Leave it out.',
    ],
    [
      "output --sizes 64KiB",
      '"--sizes" expected whole numbers of at least 1 separated by commas, got "64KiB". For example --sizes 256,1024.',
    ],
    [
      "output --sizes 64,3 -n 4",
      'Grid: "shape" expected [3, 3] cells to split over 4 ranks into blocks at least as thick as the halo of 2, got no such split. Use 1 rank or a larger grid.',
    ],
    [
      "io --threads 2",
      '"--threads" expected pde, advection, scaling or output, got io, which computes nothing on a grid. Leave it out.',
    ],
  ])("%s is refused", (args, text) => expectRefused(args.split(" "), text));

  it("takes each backend in turn, or the one that is asked for, with a frame every ten steps", () => {
    const named = (loads: ReturnType<typeof outputLoads>) => loads.map(({ name, size }) => `${name} ${size}`);
    expect(named(outputLoads([8, 16], 2, undefined))).toEqual(
      "mpiio 8,mpiio 16,posix 8,posix 16,beside 8,beside 16,gather 8,gather 16".split(","),
    );
    expect(named(outputLoads([8], 1, undefined, false))).toEqual(["posix 8", "beside 8", "gather 8"]);
    expect(named(outputLoads([8], 1, "posix"))).toEqual(["posix 8", "beside 8"]);
    const loads = outputLoads([2048], 2, "gather");
    expect(loads).toEqual([{ name: "gather", size: 2048, count: 40 }]);
    expect(writtenBytes(loads[0]!)).toBe(11 * 5 * 8 * 2048 ** 2);
  });

  it("prints what output takes of a run", () => {
    const loads = outputLoads([1024], 2, undefined);
    const samples = loads.map(() => [2e-3, 4e-3]);
    const rows = rowsOf("output", 2, loads, samples, { plain: [[1e-3], [1.9e-3, 3e-3], [1.98e-3], [2.1e-3]] });
    expect(rows.map(({ share }) => share)).toEqual([0.5, 1 - 1.9e-3 / 2e-3, 1 - 1.98e-3 / 2e-3, 1 - 2.1e-3 / 2e-3]);
    const report: Report = {
      ...{ rows, ranks: 2, rounds: 1, mpi: { library: "x", version: "MPI 1" }, programs: { plain: withoutOutput } },
      ...{ missing: {}, plot: null, warning: null, folder: "/data", threads: 2 },
    };
    expect(describeReport("output", report).split("\n")).toEqual([
      "output: a step of MPDATA, f64, on 2 ranks of 2 threads, with a frame every 10 steps to an HDF5 file in /data, 2 samples in 1 round, MPI 1",
      "plain: the same run without output, in turn in the same job",
      "share: what output takes of a step with it, by the minima",
      "",
      "                wasm-mpi              plain",
      "backend  cells    min us  median us  min us  median us   share",
      "  mpiio  1024²      2000       3000    1000       1000  50.0 %",
      "  posix  1024²      2000       3000    1900       2450   5.0 %",
      " beside  1024²      2000       3000    1980       1980   1.0 %",
      " gather  1024²      2000       3000    2100       2100  -5.0 %",
      "",
    ]);
  });

  it("fails where the file has another frame", async () => {
    const grid = new Grid(mpi.init({ library: "solo" }), { shape: [4, 4] });
    const psi = grid.field((x) => x);
    const read = (value: number) => async () => void psi.set((x) => x * value);
    const outputOf = (value: number) => ({ read: read(value) }) as unknown as Parameters<typeof expectLastFrame>[0];
    await expectLastFrame(outputOf(1), psi);
    const text = "bench: expected the last frame in the file, got other values. Do not trust these times.";
    await expect(expectLastFrame(outputOf(2), psi)).rejects.toThrow(text);
    psi.free();
    grid.free();
  });

  it("runs on 1 rank without a launcher, on threads", async () => {
    const args = ["bench", "output", "-n", "1", "--threads", "2", "--rounds", "1", "--sizes", "16", "--json"];
    const report = documentOf<Report>(await wasmMpi(args, { env: noLauncher, timeoutMs }));
    expectFigures(report, 1, ["posix", "beside", "gather"], 16);
    expect([report.mpi.library, report.threads, report.backend]).toEqual(["solo", 2, undefined]);
  });
});

describe.each(launchedLast)("bench output on ranks of $title", ({ title, launcher }) => {
  it("writes through each backend, and removes the files", { timeout: 180_000 }, async () => {
    const place = join(folder, `output-${title}`);
    mkdirSync(place);
    const args = ["bench", "output", "--rounds", "1", "--sizes", "16", "--folder", place, "--json"];
    const result = await wasmMpi(args, { env: { WASM_MPI_LAUNCHER: launcher.path }, timeoutMs });
    const report = documentOf<Report>(result);
    expectFigures(report, 2, ["mpiio", "posix", "beside", "gather"], 16);
    expect([report.folder, report.threads, result.stderr, readdirSync(place)]).toEqual([place, 1, "", []]);
  });
});
