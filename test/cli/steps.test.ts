/** `wasm-mpi bench pde`: what it reports, and what it refuses. No time is judged. */
import { describe, expect, it } from "vitest";
import { findSolvers } from "../../src/cli/bench/solvers.js";
import { describeSteps, rowOf, type StepReport } from "../../src/cli/bench/throughput.js";
import { documentOf, noLauncher, temporaryFolder } from "../harness/command.js";
import { inJob, launched } from "../harness/launch.js";
import { wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
const patient = { timeout: 180_000 };
const timeoutMs = 170_000;
const names = ["diffusion", "cahn-hilliard"];

/** What every report has to be, whatever the machine. */
function expectSound(report: StepReport, ranks: readonly number[], shapes: readonly (readonly number[])[]): void {
  const cases = shapes.flatMap((shape) => names.flatMap((name) => ranks.map((count) => [name, shape, count])));
  expect(report.rows.map(({ name, shape, ranks: count }) => [name, shape, count])).toEqual(cases);
  expect(report.ranks).toEqual(ranks);
  expect(report.copy.map((each) => each.ranks)).toEqual(ranks);
  const { programs, missing } = report;
  expect([...Object.keys(programs), ...Object.keys(missing)].toSorted()).toEqual(["avx2", "python", "sse"]);
  for (const row of report.rows) {
    const cells = row.shape.reduce((product, n) => product * n, 1);
    const copy = report.copy.find((each) => each.ranks === row.ranks)!;
    expect(row.size).toBe(row.shape[0]);
    expect(row.samples).toHaveLength(10 * report.rounds);
    expect(row.seconds).toBe(Math.min(...row.samples));
    expect(row.seconds).toBeGreaterThan(0);
    expect(row.median).toBeGreaterThanOrEqual(row.seconds);
    expect(row.nsPerCellStep).toBe((1e9 * row.seconds) / cells);
    expect(row.gigaCells).toBe(cells / row.seconds / 1e9);
    expect(row.throughput).toBe((16 * cells) / row.seconds);
    expect(row.copyShare).toBe(row.throughput / copy.bandwidth);
    const peers = row.ranks === 1 ? Object.keys(programs) : [];
    expect(Object.keys(row.peers)).toEqual(peers);
    for (const peer of peers as (keyof typeof row.peers)[]) {
      expect(row.peers[peer]).toBe(Math.min(...row.peerSamples[peer]!));
      expect(row.peers[peer]).toBeGreaterThan(0);
      expect(row.peerMedians[peer]).toBeGreaterThanOrEqual(row.peers[peer]!);
    }
  }
}

describe("bench pde", () => {
  it.each([
    ["--sizes 8x16", '"--sizes" expected squares and cubes, got "8x16". For example --sizes 512,256x256x256.'],
    [
      "--sizes 1KiB",
      '"--sizes" expected whole numbers of cells separated by commas, or shapes as 64x32, got "1KiB". For example --sizes 512,256x256x256.',
    ],
    ["--folder out", '"--folder" expected io, got pde, which makes no file. Leave it out.'],
    ["--backend posix", '"--backend" expected io, got pde, which makes no file. Leave it out.'],
    [
      "--plot a.png",
      '"--plot" expected pingpong, ring, allreduce, pi or io, got pde, which has a table alone. Leave it out.',
    ],
    [
      "--sizes 3 -n 4",
      'Grid: "shape" expected [3, 3] cells to split over 4 ranks into blocks at least as thick as the halo of 2, got no such split. Use 1 rank or a larger grid.',
    ],
  ])("%s is refused", async (args, text) => {
    const { code, stdout, stderr } = await wasmMpi(["bench", "pde", ...args.split(" ")]);
    expect([code, stdout, stderr]).toEqual([2, "", `wasm-mpi bench: ${text}\n`]);
  });

  it("refuses what does not fit the memory", async () => {
    const { code, stderr } = await wasmMpi(["bench", "pde", "--sizes", "30000x30000x30000", "-n", "1"]);
    expect(stderr).toMatch(
      /^wasm-mpi bench: "--sizes" expected a size that fits [\d.e+]+ GB, got 30000³\. Take a smaller one\.\n$/,
    );
    expect(code).toBe(2);
  });

  it("runs on 1 rank without a launcher", patient, async () => {
    const args = ["bench", "pde", "--sizes", "12x12x12", "-n", "1", "--rounds", "1", "--json"];
    const report = documentOf<StepReport>(await wasmMpi(args, { env: noLauncher, timeoutMs }));
    expectSound(report, [1], [[12, 12, 12]]);
    const why = "no MPI launcher was found";
    expect([report.mpi.library, report.missing]).toEqual(["solo", { sse: why, avx2: why, python: why }]);
  });

  it("says in a table how fast what is, and what was left out", () => {
    const timed = { name: "diffusion", shape: [100, 100] } as const;
    const rows = [
      rowOf(timed, 1, [2e-5, 1e-5, 3e-5], 64e9, { sse: [2e-5, 2e-5, 4e-5] }),
      rowOf(timed, 2, [5e-6, 5e-6, 6e-6], 80e9, {}),
    ];
    const copy = [
      { ranks: 1, bandwidth: 64e9, bytes: 2 ** 27 },
      { ranks: 2, bandwidth: 80e9, bytes: 2 ** 27 },
    ];
    const rest = {
      rounds: 1,
      ranks: [1, 2],
      threads: 1,
      mpi: { library: "x", version: "MPI 1" },
      skipped: ["9³, which is large"],
    };
    const text = describeSteps({ rows, copy, ...rest, programs: { sse: "cc" }, missing: { avx2: "none" } });
    expect(text.split("\n")).toEqual([
      "pde: Euler steps of equations from text, f64, periodic, 3 samples in 1 round, MPI 1",
      "copy: 64.0 GB/s on 1 rank, 80.0 GB/s on 2 ranks, arrays of 128 MiB",
      "C, SSE: cc",
      "no C, AVX2: none",
      "left out: 9³, which is large",
      "ns: of one cell in one step; GB/s: bytes of the field, read and written once a step, as a share of those of a copy",
      "ratio: the minimum of wasm-mpi on one rank to that of the peer",
      "",
      "                         wasm-mpi                                                C, SSE",
      " equation  cells  ranks    min ns  median ns  Gcells/s  GB/s  of copy  speed-up  min ns  median ns  ratio",
      "diffusion   100²      1      1.00       2.00      1.00  16.0     25 %         -    2.00       2.00   0.50",
      "diffusion   100²      2     0.500      0.500      2.00  32.0     40 %      2.00       -          -      -",
      "",
    ]);
  });
});

describe.each(launched.slice(0, 1))("bench pde on ranks of $title", ({ name: library, launcher }) => {
  it("runs on 1 and 2, beside the peers that are there", patient, async () => {
    const { solvers, missing } = await findSolvers(folder);
    const env = { WASM_MPI_LAUNCHER: launcher.path };
    const args = ["bench", "pde", "--sizes", "16", "--rounds", "1", "--json"];
    const report = documentOf<StepReport>(await wasmMpi(args, { env, timeoutMs }));
    expectSound(report, [1, 2], [[16, 16]]);
    // A processor may lack the vectors of one.
    const known = solvers.map(({ name }) => name);
    expect(known).toEqual(expect.arrayContaining(Object.keys(report.programs)));
    expect(report.missing).toMatchObject(missing);
  });

  it("is wasm-mpi alone in a job of somebody else's", patient, async () => {
    const result = await inJob({ library, ranks: 3 }, ["bench", "pde", "--sizes", "9", "--rounds", "1", "--json"]);
    expectSound(documentOf<StepReport>(result), [3], [[9, 9]]);
  });
});
