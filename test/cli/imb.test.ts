/** `wasm-mpi bench imb`: what it reports, and what it refuses. No time is judged. */
import { describe, expect, it } from "vitest";
import { expectArrival } from "../../src/cli/bench/messages.js";
import { describe as describeReport, type Report, verdictsOf } from "../../src/cli/bench/report.js";
import { expectRefused, expectSane } from "../harness/bench.js";
import { documentOf } from "../harness/command.js";
import { isFull } from "../harness/effort.js";
import { launchedLast } from "../harness/launch.js";
import { wasmMpi } from "../harness/process.js";

const calls = "pingpong sendrecv bcast allreduce reduce allgather gather scatter alltoall".split(" ");
const timeoutMs = 170_000;

/** A row of a report with these minima. */
const rowOf = (name: string, size: number, seconds: number, c?: number) => {
  const peers = c === undefined ? {} : { c };
  const figures = { seconds, median: 2 * seconds, bandwidth: size / seconds, samples: [seconds, 3 * seconds] };
  return { name, size, ranks: 2, repetitions: 9, ...figures, peers, peerMedians: peers, peerSamples: {} };
};

describe("bench imb", () => {
  it.each([
    ["imb -n 1", '"imb" expected at least 2 ranks, got 1. Start it on 2.'],
    [
      "imb --plot a.png",
      '"--plot" expected pingpong, ring, allreduce, pi, io, advection or scaling, got imb, which has a table alone. Leave it out.',
    ],
    [
      "imb -n 4 --sizes 128MiB",
      '"--sizes" expected multiples of 8 bytes from 8 to 64MiB separated by commas, got "128MiB". For example --sizes 8,64KiB,1MiB.',
    ],
  ])("%s is refused", (args, text) => expectRefused(args.split(" "), text));

  it("judges large messages by ratios to C, small ones by differences", () => {
    const rows = [
      rowOf("bcast", 8, 3e-7, 2e-7),
      rowOf("bcast", 1016, 5e-7, 2e-7),
      rowOf("bcast", 1024, 2e-6, 1e-6),
      rowOf("bcast", 2048, 2e-6, 4e-6),
      rowOf("gather", 4096, 8e-6, 1e-6),
    ];
    const [bcast, gather, all] = verdictsOf(rows);
    expect([bcast!.name, gather!.name, all!.name]).toEqual(["bcast", "gather", "all"]);
    expect(bcast!.ratio).toBeCloseTo(1, 12);
    expect(bcast!.difference).toBeCloseTo(2e-7, 12);
    expect(gather!.ratio).toBeCloseTo(8, 12);
    expect(gather!.difference).toBeNull();
    expect(all!.ratio).toBeCloseTo(2, 12);
    expect(all!.difference).toBeCloseTo(2e-7, 12);
    expect(verdictsOf([rowOf("bcast", 8, 1)])).toEqual([]);
  });

  it("prints a row a call and size, and what C says to it", () => {
    const rows = [rowOf("bcast", 8, 3e-7, 2e-7), rowOf("bcast", 1024, 2e-6, 1e-6)];
    const report: Report = {
      ...{ rows, ranks: 2, rounds: 1, mpi: { library: "x", version: "MPI 1" }, programs: { c: "mpicc" } },
      ...{ missing: { python: "none" }, plot: null, warning: "busy", toC: verdictsOf(rows) },
    };
    expect(describeReport("imb", report).split("\n")).toEqual([
      "imb: calls in compiled code on 2 ranks, f64, sizes of the message of one rank to one rank, pingpong half a round trip, 2 samples in 1 round, MPI 1",
      "C: mpicc",
      "no Python: none",
      "ratio: the minimum of wasm-mpi to that of the peer",
      "warning: busy",
      "",
      "              wasm-mpi                        C",
      " call   size    min us  median us  MB/s  min us  median us  MB/s  ratio",
      "bcast    8 B     0.300      0.600  26.7   0.200      0.200  40.0   1.50",
      "bcast  1 KiB      2.00       4.00   512    1.00       1.00  1024   2.00",
      "",
      "to C: geometric mean of the ratios from 1 KiB on, mean of the differences of smaller messages",
      "",
      " call  ratio  ns more",
      "bcast   2.00      100",
      "  all   2.00      100",
      "",
    ]);
  });

  it("fails where something else arrives than was sent", () => {
    expect(() => expectArrival(2, Float64Array.of(2, 5, 2))).not.toThrow();
    const text = "bench: expected 2 from the other ranks, got 3. Do not trust these times.";
    expect(() => expectArrival(2, Float64Array.of(2, 3))).toThrow(text);
    expect(() => expectArrival(2, Float64Array.of(3, 2))).toThrow(text);
  });
});

describe.each(launchedLast)("bench imb on ranks of $title", ({ launcher }) => {
  const ranks = isFull ? 3 : 2;
  it(`times all calls of ${ranks} ranks, beside the peers that are there`, { timeout: 180_000 }, async () => {
    const args = ["bench", "imb", "-n", String(ranks), "--rounds", "1", "--sizes", "8,2KiB", "--json"];
    const result = await wasmMpi(args, { env: { WASM_MPI_LAUNCHER: launcher.path }, timeoutMs });
    const report = documentOf<Report>(result);
    expect(result.stderr).toBe("");
    const named = (name: string) => report.rows.filter((row) => row.name === name);
    for (const name of calls) expectSane({ ...report, rows: named(name) }, name, ranks, [8, 2048], 1);
    expect(report.rows.map(({ name }) => name)).toEqual(calls.flatMap((name) => [name, name]));
    expect(report.toC).toEqual(verdictsOf(report.rows));
    expect([null, "string"]).toContain(report.warning && typeof report.warning);
  });
});
