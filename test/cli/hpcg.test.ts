/** `wasm-mpi bench hpcg`: what it reports, that it solves what C solves, and what it refuses. No time is judged. */
import { describe, expect, it } from "vitest";
import { gradients } from "../../src/cli/bench/gradients.js";
import { differenceOf, findSolvers, runSolver } from "../../src/cli/bench/solvers.js";
import { describeSteps, rowOf, type StepReport } from "../../src/cli/bench/throughput.js";
import { casesOf } from "../../src/cli/bench/workload.js";
import { mpi } from "../../src/mpi/index.js";
import { expectRefused } from "../harness/bench.js";
import { documentOf, temporaryFolder } from "../harness/command.js";
import { isFull } from "../harness/effort.js";
import { launchedLast } from "../harness/launch.js";
import { wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
const patient = { timeout: 180_000 };
const timeoutMs = 170_000;
const cubes = (sides: readonly number[]) =>
  casesOf(
    gradients.names,
    sides.map((n) => [n, n, n]),
  );

/** The mean of the squares of the residual after 10 iterations, by whole arrays: the same formulas, in another way. */
function residualOf(n: number): number {
  const cells = n ** 3;
  const place = (i: number, j: number, k: number) => (i * n + j) * n + k;
  const range = Array.from({ length: n }, (_, i) => i);
  const near = [-1, 0, 1];
  const inside = (i: number) => i >= 0 && i < n;
  const times = (p: Float64Array) => {
    const q = p.map((value) => 27 * value);
    for (const i of range) {
      for (const j of range) {
        for (const k of range) {
          for (const di of near) {
            for (const dj of near) {
              for (const dk of near) {
                const [a, b, c] = [i + di, j + dj, k + dk];
                if (inside(a) && inside(b) && inside(c)) q[place(i, j, k)]! -= p[place(a, b, c)]!;
              }
            }
          }
        }
      }
    }
    return q;
  };
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, cell) => sum + value * b[cell]!, 0);
  let r = Float64Array.from({ length: cells }, (_, cell) => {
    const [i, j, k] = [Math.floor(cell / n / n), Math.floor(cell / n) % n, cell % n];
    return ((i * 7919 + j * 104729 + k * 1299709) % 1024) / 1024;
  });
  let p = r;
  for (let iteration = 0; iteration < 10; iteration++) {
    const q = times(p);
    const rho = dot(r, r);
    const alpha = rho / dot(p, q);
    r = r.map((value, cell) => value - alpha * q[cell]!);
    const beta = dot(r, r) / rho;
    p = r.map((value, cell) => value + beta * p[cell]!);
  }
  return dot(r, r) / cells;
}

describe("bench hpcg", () => {
  it.each([
    ["hpcg --sizes 8x8", '"--sizes" expected cubes, got "8x8". For example --sizes 32,64.'],
    ["hpcg --sizes 8x8x9", '"--sizes" expected cubes, got "8x8x9". For example --sizes 32,64.'],
    [
      "hpcg --threads 2",
      '"--threads" expected pde, advection, scaling or output, got hpcg, whose compiled code has one thread. Leave it out.',
    ],
    ["hpcg --schemes fct", '"--schemes" expected advection or scaling, got hpcg. Leave it out.'],
    [
      "hpcg --sizes 3 -n 4",
      'Grid: "shape" expected [3] cells to split over 4 ranks into blocks at least as thick as the halo of 1, got no such split. Use 3 ranks or a larger grid.',
    ],
  ])("%s is refused", (args, text) => expectRefused(args.split(" "), text));

  it("has the residual of whole arrays, and of C", patient, async () => {
    const { solvers } = await findSolvers(gradients, folder);
    const comm = mpi.init({ library: "solo" });
    for (const timed of cubes([8, 13])) {
      const { seconds, result } = await gradients.measure(comm, timed, 1);
      const meanSquare = residualOf(timed.shape[0]!);
      expect([seconds.length, differenceOf(result, { seconds, meanSquare })]).toEqual([10, undefined]);
      for (const solver of solvers) {
        const found = await runSolver(solver, gradients, timed);
        expect(typeof found === "string" ? found : differenceOf(result, found), solver.name).toBeUndefined();
      }
    }
  });

  it("says in a table how fast what is", () => {
    const [timed] = cubes([100]);
    const rows = [rowOf(gradients, timed!, { ranks: 1, threads: 1 }, { seconds: [4e-3, 2e-3] }, 64e9, { c: [1e-3] })];
    const copy = [{ ranks: 1, bandwidth: 64e9, bytes: 2 ** 27 }];
    const rest = { ranks: [1], threads: 1, rounds: 1, copy, mpi: { library: "x", version: "MPI 1" } };
    const report = { rows, ...rest, programs: { c: "cc" }, missing: { native: "none" }, skipped: [], warning: null };
    expect(describeSteps(gradients, report).split("\n")).toEqual([
      "hpcg: iterations of conjugate gradients with a 27-point matrix that is not stored, in compiled code, f64, 2 samples in 1 round, MPI 1",
      "copy: 64.0 GB/s on 1 rank, arrays of 128 MiB",
      "C: cc",
      "no C, native: none",
      "ns: of one cell in one iteration; GFLOP/s: 64 operations a cell; GB/s: bytes of the vectors, once in each of three sweeps, as a share of those of a copy",
      "ratio: the minimum of wasm-mpi on one rank to that of the peer",
      "",
      "                      wasm-mpi                                                                      C",
      "solver  cells  ranks    min ns  median ns  Gcells/s  min ms  GFLOP/s  GB/s  of copy  speed-up  min ns  median ns  ratio",
      "    cg   100³      1      2.00       3.00     0.500    2.00     32.0  44.0     69 %         -    1.00       1.00   2.00",
      "",
    ]);
  });
});

describe.each(launchedLast.slice(0, 1))("bench hpcg on ranks of $title", ({ launcher }) => {
  // Ranks that share cores keep them from each other: 3 in the full tests.
  const most = isFull ? 3 : 2;
  it(`finds one residual on 1 and ${most} ranks, beside C`, patient, async () => {
    const args = ["bench", "hpcg", "-n", String(most), "--sizes", "11", "--rounds", "1", "--json"];
    const result = await wasmMpi(args, { env: { WASM_MPI_LAUNCHER: launcher.path }, timeoutMs });
    const report = documentOf<StepReport>(result);
    expect(report.rows.map(({ name, shape, ranks }) => [name, shape, ranks])).toEqual([
      ["cg", [11, 11, 11], 1],
      ["cg", [11, 11, 11], most],
    ]);
    const meanSquare = residualOf(11);
    for (const row of report.rows) {
      expect(differenceOf(row.result, { seconds: [], meanSquare })).toBeUndefined();
      expect([row.samples.length, row.seconds]).toEqual([10, Math.min(...row.samples)]);
      expect(row.gigaFlops).toBe((64 * 11 ** 3) / row.seconds / 1e9);
      expect(row.throughput).toBe((88 * 11 ** 3) / row.seconds);
      expect(Object.keys(row.peers)).toEqual(row.ranks === 1 ? Object.keys(report.programs) : []);
    }
    expect([...Object.keys(report.programs), ...Object.keys(report.missing)].toSorted()).toEqual(["c", "native"]);
  });
});
