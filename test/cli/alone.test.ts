/** The command line without a launcher and without an MPI library. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SnapshotReader } from "../../src/io/reader.js";
import { installHint } from "../../src/mpi/library/launcher.js";
import { documentOf, noLauncher, temporaryFolder } from "../harness/command.js";
import { root, wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
const program = join(root, "test/ranks/cli-program.mjs");

/** What these tests read of the report of `advect --json`. */
interface Report {
  readonly shape: readonly number[];
  readonly steps: number;
  readonly min: number;
  readonly max: number;
  readonly digest: string;
}

/** What these tests read of the report of `compare --json`. */
interface Comparison {
  readonly identical: boolean;
  readonly runs: readonly {
    readonly ranks: number;
    readonly differingCells: number;
    readonly maxDifference: number;
    readonly file: string | null;
  }[];
}

describe("the result of advect", () => {
  it("depends on the case, the shape, the flow and the number of passes and steps", async () => {
    const runs = [
      ...["", "--shape 41", "--shape 40,2", "--steps 8", "--courant 0.5", "--courant -0.3", "--iterations 3"].map(
        (options) => `gaussian --shape 40 --steps 7 ${options}`,
      ),
      "gaussian --shape 40 --steps 7 --iterations 1",
      "gaussian --shape 61,47 --steps 7",
      "cone --shape 61,47 --steps 7",
    ];
    const reports = await Promise.all(
      runs.map((words) => wasmMpi(["advect", ...words.trim().split(/ +/), "--json"]).then(documentOf<Report>)),
    );
    expect(new Set(reports.map(({ digest }) => digest)).size).toBe(runs.length);
  });

  it("is the published one for one turn of the cone", async () => {
    const tables = JSON.parse(readFileSync(join(root, "test/reference/mpdata-tables.json"), "utf8"));
    const row = tables["rotating-cone-2d"].rows[0];
    expect(row.options).toEqual({ iterations: 2 });
    const file = join(folder, "cone.h5");
    const report = documentOf<Report>(await wasmMpi(["advect", "cone", "--output", file, "--json"]));
    expect([report.shape, report.steps]).toEqual([[101, 101], 3768]);
    const reader = await SnapshotReader.open(file);
    const [first, last] = [reader.read("psi", 0), reader.read("psi", -1)];
    const square = Float64Array.from(last).reduce((sum, value, cell) => sum + (value - first[cell]!) ** 2, 0);
    const rms = Math.sqrt(square / last.length) / reader.times.at(-1)!;
    reader.close();
    // The table's tolerance, which is more than the rounding of its digits.
    for (const [got, published] of [
      [report.min, row.min],
      [report.max, row.max],
      [rms, row.rms],
    ] as const) {
      expect(Math.abs(got - published)).toBeLessThan(1e-7);
    }
  });
});

describe("compare", () => {
  it("goes on with 1 rank when there is no launcher and --fewer is given, and says so", async () => {
    const args = ["compare", "--shape", "20", "--steps", "2", "--json"];
    const TMPDIR = join(folder, "one");
    mkdirSync(TMPDIR);
    const result = await wasmMpi([...args, "--fewer"], { env: { ...noLauncher, TMPDIR } });
    const comparison = documentOf<Comparison>(result);
    expect(comparison).toMatchObject({ identical: true, runs: [{ ranks: 1, differingCells: 0, maxDifference: 0 }] });
    expect(comparison.runs).toHaveLength(1);
    // Nobody has asked for its file.
    expect([comparison.runs[0]!.file, readdirSync(TMPDIR)]).toEqual([null, []]);
    expect(result.stderr).toBe("wasm-mpi compare: no MPI launcher (mpiexec) was found, going on with 1 rank.\n");
    const without = await wasmMpi(args, { env: noLauncher });
    expect([without.code, without.stdout]).toEqual([1, ""]);
  });

  it.skipIf(process.platform === "win32")("fails when a single bit differs, and says where", async () => {
    const launcher = join(folder, "mpiexec.mpich"); // So that it is taken for one of MPICH.
    const script = join(root, "test/ranks/cli-launcher.mjs");
    writeFileSync(launcher, `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`);
    chmodSync(launcher, 0o755);
    const args = ["compare", "--shape", "20", "--steps", "2", "--ranks", "1,2"];
    const TMPDIR = join(folder, "two");
    mkdirSync(TMPDIR);
    const env = { WASM_MPI_LAUNCHER: launcher, WASM_MPI_LIBRARY: "solo", TMPDIR };
    const result = await wasmMpi([...args, "--json"], { env });
    expect(result.code, result.transcript).toBe(1);
    const { identical, runs } = JSON.parse(result.stdout) as Comparison;
    expect(identical).toBe(false);
    expect(runs.map((run) => run.differingCells)).toEqual([0, 1]);
    expect(runs[0]!.maxDifference).toBe(0);
    // The last bit of a value below 1/8.
    expect(runs[1]!.maxDifference).toBeGreaterThan(0);
    expect(runs[1]!.maxDifference).toBeLessThan(2 ** -55);
    const table = await wasmMpi(args, { env });
    expect(table.code, table.transcript).toBe(1);
    expect(table.stdout).toMatch(/^ +1 .* 1 {2}DIFFERENT$/m);
    expect(table.stdout).toContain("\n(the files of the runs are removed; --output gaussian.h5 keeps them)\n\nnext:\n");
    expect(table.stdout).not.toContain(TMPDIR);
    expect(readdirSync(TMPDIR)).toEqual([]);
  });
});

describe("run without a launcher", () => {
  it("starts one rank", async () => {
    const result = await wasmMpi(["run", program, "well", "-n"], { env: noLauncher });
    expect(documentOf(result)).toEqual({ ranks: 1, args: ["-n"] });
  });

  it.skipIf(process.platform === "win32")("gives 128 and the signal's number when one ended the program", async () => {
    for (const [signal, code] of [
      ["SIGTERM", 143],
      ["SIGKILL", 137],
      ["SIGSEGV", 139],
    ] as const) {
      const result = await wasmMpi(["run", program, "signal", signal]);
      expect(result.code, result.transcript).toBe(code);
      expect(result.stderr).toBe(`wasm-mpi run: the job was ended by ${signal}\n`);
    }
  });
});

describe("doctor", () => {
  it("says what to install when there is none", async () => {
    const report = documentOf<Record<string, unknown>>(await wasmMpi(["doctor", "--json"], { env: noLauncher }));
    const none = { library: null, version: null, abi: null, launcher: null, threadLevel: null, installations: [] };
    expect(report).toMatchObject(none);
    expect(report.differences).toEqual({});
    const { stdout } = await wasmMpi(["doctor"], { env: noLauncher });
    expect(stdout).toMatch(/^MPI .*$/m);
    expect(/^MPI +(.*)$/m.exec(stdout)?.[1]).toBe(`none: one rank only. Install one: ${installHint()}.`);
  });
});

describe("help", () => {
  it.each([
    ["--help", "[options] [command]"],
    ["advect --help", "advect [options]"],
    ["help compare solve", "compare solve [options]"],
    ["", "[options] [command]"],
  ])("is printed: wasm-mpi %s", async (args, usage) => {
    const result = await wasmMpi(args.split(" ").filter(Boolean));
    expect([result.code, result.stderr], result.transcript).toEqual([0, ""]);
    expect(result.stdout.startsWith(`Usage: wasm-mpi ${usage}`), result.transcript).toBe(true);
    expect(result.stdout).toContain("Also works under a launcher: mpiexec -n 3 node_modules/.bin/wasm-mpi ...");
  });
});
