/** The command line as people and scripts use it, on ranks. */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { SnapshotReader } from "../../src/io/reader.js";
import { differences } from "../../src/mpi/library/differences.js";
import { packageVersion } from "../../src/package.js";
import { documentOf, temporaryFolder } from "../harness/command.js";
import { compareFiles } from "../harness/difference.js";
import { isFull } from "../harness/effort.js";
import { inJob, isLast, type LibraryName, launched, launchedLast } from "../harness/launch.js";
import { root, runNode, wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
const program = join(root, "test/ranks/cli-program.mjs");
/** The environment in which `-n` takes this launcher. */
const with_ = (launcher: { readonly path: string }) => ({ WASM_MPI_LAUNCHER: launcher.path });

/** The report of `advect --json`. */
interface Report {
  readonly case: string;
  readonly shape: readonly number[];
  readonly steps: number;
  readonly ranks: number;
  readonly split: readonly number[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly secondsPerStep: number;
  readonly nsPerCellStep: number;
  readonly exchangeShare: number;
  readonly seconds: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly digest: string;
  readonly fields: object;
  readonly L1: number;
  readonly L2: number;
  readonly Linf: number;
  readonly file: string | null;
  readonly mpi: { readonly library: string; readonly version: string };
}

/** What may not depend on how a run is divided. */
const resultOf = ({ min, max, sum, digest }: Report) => ({ min, max, sum, digest });

function expectReport(report: Report, ranks: number, title: string): void {
  const { seconds, secondsPerStep, nsPerCellStep, exchangeShare, fields, L1, L2, Linf, mpi, ...numbers } = report;
  const { min, max, sum, digest, ...rest } = numbers;
  expect(fields).toEqual({ psi: { min, max, sum, digest } });
  expect(L1).toBeLessThan(L2);
  expect(L2).toBeLessThan(Linf);
  expect(rest).toEqual({
    case: "gaussian",
    shape: [23, 19, 17],
    steps: 4,
    ranks,
    split: [ranks, 1, 1],
    options: { iterations: 3, courant: [0.5, -0.25, 0.125] },
    time: 4,
    file: null,
    plot: null,
    backend: null,
    backendReason: null,
    stopped: "steps",
    beside: false,
    startStep: 0,
    threads: 1,
    overlap: false,
  });
  expect(secondsPerStep).toBeGreaterThan(0);
  expect(nsPerCellStep).toBeCloseTo((1e9 * secondsPerStep) / (23 * 19 * 17), 6);
  expect(seconds).toBeGreaterThan(4 * secondsPerStep);
  expect(exchangeShare).toBeGreaterThanOrEqual(0);
  expect(exchangeShare).toBeLessThanOrEqual(1);
  expect(min).toBeGreaterThanOrEqual(0);
  expect(max).toBeGreaterThan(min);
  expect(sum).toBeGreaterThan(max);
  expect(digest).toMatch(/^[0-9a-f]{16}$/);
  expect(`${mpi.library} ${mpi.version}`).toMatch(
    title === "solo" ? /^solo none/ : new RegExp(`libmpi.* ${title} \\d`),
  );
}

describe("advect --json", () => {
  const args = "advect gaussian --shape 23,19,17 --steps 4 --courant 0.5,-0.25,0.125 --iterations 3 --json".split(" ");

  it("prints one document, and nothing on standard error", async () => {
    for (const ranks of [[], ["-n", "1"]]) {
      const result = await wasmMpi([...args, ...ranks]);
      expectReport(documentOf<Report>(result), 1, "solo");
      expect(result.stderr).toBe("");
    }
  });

  it.each(launchedLast.flatMap((library) => (isFull ? [2, 3] : [3]).map((ranks) => ({ ...library, ranks }))))(
    "prints one document with -n $ranks on $title",
    async ({ title, launcher, ranks }) => {
      const result = await wasmMpi([...args, "-n", String(ranks)], { env: with_(launcher) });
      expectReport(documentOf<Report>(result), ranks, title);
      expect(result.stderr).not.toContain("step");
    },
  );

  it.each(launched.flatMap((library) => (isFull ? [1, 3] : [3]).map((ranks) => ({ ...library, ranks }))))(
    "prints one document under mpiexec -n $ranks of $title",
    async ({ name: library, title, ranks }) => {
      const result = await inJob({ library, ranks }, args, { isApart: true });
      expectReport(documentOf<Report>(result), ranks, title);
      expect(result.stderr).not.toContain("step");
    },
  );
});

it.each(launchedLast.slice(0, 1))("advect tells people the same", async ({ launcher }) => {
  const args = ["advect", "--shape", "16,9", "--steps", "1", "--iterations", "1", "-n", "3"];
  const path = join(folder, "people.h5");
  const { code, stdout, transcript } = await wasmMpi([...args, "--output", path], { env: with_(launcher) });
  const { min, max, sum, digest, L1, L2, Linf, mpi } = documentOf<Report>(
    await wasmMpi([...args, "--json"], { env: with_(launcher) }),
  );
  expect(code, transcript).toBe(0);
  const [title, time, ...lines] = stdout.split("\n");
  expect(title).toBe("gaussian: 16 x 9 cells, 3 ranks as 3 x 1, 1 pass of MPDATA");
  expect(time).toMatch(
    /^1 step in [\d.e+-]+ s, [\d.e+-]+ ns per cell and step, \d+ % of it exchanging halos or waiting; with files [\d.e+-]+ s$/,
  );
  expect(lines).toEqual([
    `min ${min}, max ${max}, sum ${sum}, digest ${digest}`,
    `L1 ${L1}, L2 ${L2}, Linf ${Linf}`,
    `MPI: ${mpi.version}`,
    `file: ${path}`,
    "",
  ]);
});

describe("the result of advect", () => {
  const setups = ["gaussian 61", "gaussian 61,47", "cone 61,47", "gaussian 23,19,17"];
  const known = new Map<string, Promise<Report>>();
  const argsOf = (setup: string, iterations: number) => {
    const [name, shape] = setup.split(" ") as [string, string];
    return ["advect", name, "--shape", shape, "--steps", "7", "--iterations", String(iterations), "--json"];
  };
  /** The report of 1 rank without MPI, run once. */
  function reference(setup: string, iterations: number): Promise<Report> {
    const key = `${setup} ${iterations}`;
    const report = known.get(key) ?? wasmMpi(argsOf(setup, iterations)).then((result) => documentOf<Report>(result));
    known.set(key, report);
    return report;
  }
  async function expectSame(library: LibraryName, setup: string, iterations: number, split: string): Promise<void> {
    const ranks = split.split(",").reduce((product, blocks) => product * Number(blocks), 1);
    const job = await inJob({ library, ranks }, [...argsOf(setup, iterations), "--split", split], { isApart: true });
    const report = documentOf<Report>(job);
    expect(report.split).toEqual(split.split(",").map(Number));
    expect(resultOf(report), job.transcript).toEqual(resultOf(await reference(setup, iterations)));
  }

  const sample = [
    { setup: "gaussian 61,47", iterations: 2, split: "1,3" },
    { setup: "gaussian 61", iterations: 3, split: "4" },
    { setup: "gaussian 23,19,17", iterations: 4, split: "1,1,3" },
    { setup: "cone 61,47", iterations: 1, split: "2,2" },
    ...(isFull
      ? [
          { setup: "gaussian 61,47", iterations: 3, split: "3,1" },
          { setup: "gaussian 61", iterations: 4, split: "1" },
          { setup: "gaussian 23,19,17", iterations: 2, split: "2,2,1" },
          { setup: "cone 61,47", iterations: 4, split: "1,2" },
        ]
      : []),
  ];
  // One library a row; all of them in full.
  it.each(
    sample.flatMap((row, index) =>
      launched
        .filter((_, place) => index % launched.length === place)
        .map(({ name, title }) => ({ name, title, ...row })),
    ),
  )(
    "is that of 1 rank: $setup cells, $iterations passes, blocks $split, $title",
    ({ name, setup, iterations, split }) => expectSame(name, setup, iterations, split),
  );

  /** Every way to divide the axes. */
  const splits = (axes: number, ranks: number): string[] =>
    axes === 1
      ? [String(ranks)]
      : [1, 2, 3, 4].flatMap((first) =>
          ranks % first === 0 ? splits(axes - 1, ranks / first).map((rest) => `${first},${rest}`) : [],
        );
  it.runIf(isFull).each(launched)(
    "is that of 1 rank on any number of ranks, for any split and number of passes, $title",
    { timeout: 1_800_000 },
    async ({ name }) => {
      for (const setup of setups) {
        const axes = setup.split(",").length;
        const blocks = [1, 2, 3, 4].flatMap((ranks) => splits(axes, ranks));
        for (const iterations of [1, 2, 3, 4]) {
          for (const split of blocks) await expectSame(name, setup, iterations, split);
        }
      }
    },
  );
});

/** The report of `compare --json`. */
interface Comparison {
  readonly identical: boolean;
  readonly runs: readonly {
    readonly ranks: number;
    readonly split: readonly number[];
    readonly secondsPerStep: number;
    readonly differingCells: number;
    readonly maxDifference: number;
    readonly file: string;
  }[];
}

async function expectIdentical(comparison: Comparison, ranks: readonly number[], frames: number): Promise<void> {
  expect(comparison.identical).toBe(true);
  expect(comparison.runs.map((run) => run.ranks)).toEqual(ranks);
  for (const run of comparison.runs) {
    expect([run.differingCells, run.maxDifference]).toEqual([0, 0]);
    expect(run.split.reduce((product, blocks) => product * blocks, 1)).toBe(run.ranks);
    expect(run.secondsPerStep).toBeGreaterThan(0);
    const reader = await SnapshotReader.open(run.file);
    expect([reader.times.length, reader.attributes.decomposition]).toEqual([frames, run.split.join(" x ")]);
    reader.close();
  }
}

describe.each(launched)("compare on $title", ({ name: library, launcher }) => {
  // Of 1, 2 and 3 ranks the README shows the same, whose commands run as well.
  const counts = isFull ? [1, 2, 3, 4] : [1, 2];
  it.runIf(isLast(library))(`finds ${counts.join(", ")} ranks identical, and leaves their files`, async () => {
    const options = "--shape 23,19,17 --steps 4 --every 2 --iterations 3".split(" ");
    const args = ["compare", "gaussian", ...options, "--ranks", counts.join(), "--json"];
    const base = join(folder, `${library}.h5`);
    const result = await wasmMpi([...args, "--output", base], { env: with_(launcher) });
    const comparison = documentOf<Comparison>(result);
    await expectIdentical(comparison, counts, 3);
    const names = counts.map((ranks) => join(folder, `${library}-${ranks}.h5`));
    expect(comparison.runs.map(({ file }) => file)).toEqual(names);
    expect(existsSync(base)).toBe(false);
    // The runs had the options of the comparison.
    const direct = join(folder, `${library}-own.h5`);
    expect((await wasmMpi(["advect", "gaussian", ...options, "--output", direct])).code).toBe(0);
    expect(await compareFiles(direct, names.at(-1)!)).toEqual({ frames: 3, differingCells: 0, maxDifference: 0 });
  });

  it.runIf(isLast(library))("works inside a job of 3 ranks", async () => {
    const picture = join(folder, `${library}.png`);
    const files = ["--output", join(folder, `${library}-job.h5`), "--plot", picture];
    const options = ["--shape", "61,47", "--steps", "3", "--log-every", "3", ...files, "--json"];
    const result = await inJob({ library, ranks: 3 }, ["compare", "cone", ...options], { isApart: true });
    const logged = [...result.stderr.matchAll(/^run (.*): step 3 of 3, 100 %, /gm)].map(([, run]) => run);
    expect(logged, result.transcript).toEqual([
      "1 of 3, cone on 1 rank",
      "2 of 3, cone on 2 ranks",
      "3 of 3, cone on 3 ranks",
    ]);
    await expectIdentical(documentOf<Comparison>(result), [1, 2, 3], 2);
    expect(existsSync(picture)).toBe(true);
  });
});

describe("compare", () => {
  it.each(launchedLast.slice(0, 1))("prints a table, and logs which run is at which step", async ({ launcher }) => {
    const files = ["--output", join(folder, "table.h5"), "--log-every", "2"];
    const args = ["compare", "--shape", "40", "--steps", "3", "--ranks", "2,1", ...files];
    const { code, stdout, stderr, transcript } = await wasmMpi(args, { env: with_(launcher) });
    expect(code, transcript).toBe(0);
    expect(stderr.replaceAll(/, [\d.]+ s (so far|left)/g, "")).toBe(
      ["run 1 of 2, gaussian on 2 ranks", "run 2 of 2, gaussian on 1 rank"]
        .map((run) => `${run}: step 2 of 3, 66 %\n${run}: step 3 of 3, 100 %\n`)
        .join(""),
    );
    const [shown, title, , head, two, oneRank, why, , ...rest] = stdout.split("\n");
    expect(shown, transcript).toBe("2 and 1 ranks gave identical bits in all 2 frames.");
    expect(title).toMatch(/^gaussian, 40 cells, 3 steps, 2 passes of MPDATA, /);
    expect(head).toBe("ranks  split  ms per step  speed-up  max |difference|  differing cells");
    expect(two).toMatch(/^ {4}2 {6}2 +[\d.e-]+ {9}- {17}0 {16}0 {2}identical \(reference\)$/);
    expect(oneRank).toMatch(/^ {4}1 {6}1 +[\d.e-]+ {9}- {17}0 {16}0 {2}identical$/);
    expect(why).toBe("(no speed-up is told for more ranks than cores, or fewer than 16384 cells a rank)");
    expect(rest.slice(0, 3).map((line) => line.replace(/^file: .*-(\d)\.h5$/, "$1"))).toEqual(["2", "1", ""]);
    const [next, ...commands] = rest.slice(3, -1);
    expect(next).toBe("next:");
    expect(commands.map((line) => /^ {2}npx wasm-mpi (\w+)/.exec(line)?.[1])).toEqual(["view", "compare", "init"]);
    // What is proposed is large enough for two ranks.
    expect(commands[1]).toContain("compare gaussian --shape 131080 --steps 100 --ranks 1,2 ");
  });

  it.each(launchedLast.slice(0, 1))("times a short run again and again", async ({ launcher }) => {
    const args = ["advect", "--shape", "64,64", "--steps", "20", "--json", "-n", "2"];
    const [plain, timed] = [[], ["--timed"]].map(async (further) => {
      return documentOf<Report>(await wasmMpi([...args, ...further], { env: with_(launcher) }));
    });
    const { secondsPerStep, digest, L2 } = (await timed)!;
    expect(secondsPerStep).toBeGreaterThan(0);
    expect([digest, L2]).toEqual([(await plain)!.digest, (await plain)!.L2]);
  });

  it.each(launchedLast.slice(0, 1))("takes options of the scheme and several splits", async ({ launcher }) => {
    const splits = isFull
      ? ["--ranks", "1,3,4", "--split", "2,2", "--split", "1,3", "--split", "4,1"]
      : ["--ranks", "1,2", "--split", "2,1", "--split", "1,2"];
    const flags = ["--infinite-gauge", "--nonoscillatory", "--third-order", "--divergent-flow"];
    const output = ["--output", join(folder, "cone.h5")];
    const args = ["compare", "cone", "--shape", "23,19", "--steps", "7", ...splits, ...flags, ...output, "--json"];
    const result = documentOf<Comparison & { options: object }>(await wasmMpi(args, { env: with_(launcher) }));
    const on = { infiniteGauge: true, nonoscillatory: true, thirdOrderTerms: true, divergentFlow: true };
    expect(result.options).toEqual({ iterations: 2, ...on });
    expect(result.identical).toBe(true);
    const expected = isFull ? ["1", "3-1x3", "4-2x2", "4-4x1"] : ["1", "2-2x1", "2-1x2"];
    expect(result.runs.map(({ ranks, split }) => `${ranks}-${split.join("x")}`.replace("1-1x1", "1"))).toEqual(
      expected,
    );
    expect(result.runs.map(({ file }) => file.replace(/^.*cone-/, ""))).toEqual(expected.map((name) => `${name}.h5`));
  });
});

describe.each(launched)("run on $title", ({ name: library, launcher }) => {
  const env = with_(launcher);

  it("starts a program with its arguments", async () => {
    const args = ["a b", "--json", "-n", "7", "--", "--help"];
    const run = ["run", program, "well", ...args];
    // With a launcher of the reader's hardly depends on the library, which the other tests of such jobs start.
    const inside = isLast(library) ? [await inJob({ library, ranks: 3 }, run)] : [];
    for (const result of [await wasmMpi(["run", "-n", "3", ...run.slice(1)], { env }), ...inside]) {
      expect(documentOf(result)).toEqual({ ranks: 3, args });
    }
  });

  it("passes on the exit code", async () => {
    const result = await wasmMpi(["run", "-n", "2", program, "code", "3"], { env });
    expect(result.code, result.transcript).toBe(3);
    if (!isFull) return; // Jobs of the reader's: the next test, and test/mpi/job.test.ts.
    const job = await inJob({ library, ranks: 2 }, ["run", program, "code", "3"]);
    expect(job.code, job.transcript).toBe(3);
  });

  it("ends the job when a rank throws, and names the rank", async () => {
    const thrown = await wasmMpi(["run", "-n", "3", program, "throw"], { env, timeoutMs: 20_000 });
    expect(thrown.code, thrown.transcript).not.toBe(0);
    expect(thrown.stderr).toContain("wasm-mpi: rank 2 of 3: Error: thrown on purpose\n");
    if (!isLast(library)) return;
    const early = await wasmMpi(["run", "-n", "3", program, "early"], { env, timeoutMs: 20_000 });
    // An error of this package, for which the command has a line of its own when all ranks meet it.
    const misuse = await inJob({ library, ranks: 3 }, ["run", program, "misuse"], { timeoutMs: 20_000 });
    for (const result of [early, misuse]) expect(result.code, result.transcript).not.toBe(0);
    expect(early.stderr).toContain("Error: before the job has begun\n");
    // The place is that in the program, not in the package.
    const url = pathToFileURL(program).href;
    const lines = readFileSync(program, "utf8").split("\n");
    const at = lines.findIndex((text) => text.includes("to: comm.size")) + 1;
    const told = misuse.stderr.split("\n");
    const line = told.findIndex((text) => text.startsWith("wasm-mpi: rank 2 of 3"));
    expect(told[line]).toMatch(/: UsageError: MPI_Send: "to" expected a rank from 0 to 2, got 3\. /);
    expect(told[line + 1]).toMatch(new RegExp(`^  in ${url.replaceAll(".", "\\.")}:${at}:\\d+$`));
  });

  it.runIf(isLast(library))("reports with --json, and what the program prints goes to standard error", async () => {
    const result = await wasmMpi(["run", "--json", "-n", "2", program, "code", "3"], { env });
    const { seconds, ...report } = JSON.parse(result.stdout);
    expect(report).toEqual({ file: program, ranks: 2, launcher: launcher.path, code: 3 });
    expect(seconds).toBeGreaterThan(0);
    expect(result.code).toBe(3);
    expect(result.stderr).toContain('{"ranks":2,"args":["3"]}\n');
  });
});

describe("doctor", () => {
  const keys = ["library", "version", "abi", "launcher", "threadLevel", "node", "simd"] as const;
  type Doctor = Readonly<Record<(typeof keys)[number], unknown>> & Readonly<Record<string, unknown>>;

  it("reports every MPI that is installed", async () => {
    const report = documentOf<Doctor>(await wasmMpi(["doctor", "--json"]));
    expect(Object.keys(report)).toEqual(expect.arrayContaining([...keys]));
    expect([report.package, report.node, report.simd]).toEqual([packageVersion(), process.version, true]);
    const installations = report.installations as Record<string, unknown>[];
    for (const { name, title, launcher } of launched) {
      const found = installations.find((installation) => installation.launcher === launcher.path);
      expect(found).toMatchObject({ family: name, works: true, info: { abi: name } });
      expect((found!.info as Doctor).version).toMatch(new RegExp(`^${title} \\d`));
    }
    if (launched.length > 0) {
      const { library, version, abi, threadLevel } = report;
      expect(installations[0]).toMatchObject({ info: { library, version, abi, threadLevel } });
      expect(report.launcher).toBe(installations[0]!.launcher);
    }
  });

  const openmpi = launched.find(({ name }) => name === "openmpi");
  it.skipIf(!openmpi)("tells what Open MPI says where a setting keeps it from starting", async () => {
    const env = { WASM_MPI_LAUNCHER: openmpi!.launcher.path, OMPI_MCA_btl: "nonsense" };
    const { installations } = documentOf<Doctor>(await wasmMpi(["doctor", "--json"], { env }));
    expect(installations).toMatchObject([{ works: false, error: expect.stringMatching(/^\w.*Component: nonsense$/) }]);
  });

  it("asks Open MPI again where the launcher lost what kept it from starting", async () => {
    const script = join(folder, "mpiexec");
    const lost =
      "[host:1] [[1,0],0] ORTE_ERROR_LOG: Data unpack had inadequate space in file orte/util/show_help.c at line 513";
    const rule = "-".repeat(74);
    const [begun, notice] = [join(folder, "begun"), (text: string) => `${rule}\n${text}\n${rule}`];
    const said = [lost, `${lost}\n${notice("MPI_INIT failed.")}`, notice("No such\ncomponent.")];
    const launch = `echo >> ${begun}; case $(wc -l < ${begun}) in ${said.map((text, k) => `${k + 1}) echo '${text}';;`).join(" ")} esac; exit 1`;
    writeFileSync(
      script,
      `#!/bin/sh\n[ "$1" = --version ] && { echo 'mpiexec (OpenRTE) 4.1.4'; exit; }\n{ ${launch}; } >&2\n`,
      { mode: 0o755 },
    );
    const { installations } = documentOf<Doctor>(
      await wasmMpi(["doctor", "--json"], { env: { WASM_MPI_LAUNCHER: script } }),
    );
    expect(installations).toMatchObject([{ family: "openmpi", works: false, error: "No such component." }]);
  });

  it("tells what is said by a launcher that leaves with the code of a signal", async () => {
    const script = join(folder, "mpiexec.hydra");
    writeFileSync(script, "#!/bin/sh\necho Fatal error in internal_Init_thread >&2\nexit 143\n", { mode: 0o755 });
    const { installations } = documentOf<Doctor>(
      await wasmMpi(["doctor", "--json"], { env: { WASM_MPI_LAUNCHER: script } }),
    );
    expect(installations).toMatchObject([{ works: false, error: "Fatal error in internal_Init_thread" }]);
  });

  it("tells people the same", async () => {
    const { code, stdout, transcript } = await wasmMpi(["doctor"]);
    expect(code, transcript).toBe(0);
    expect(stdout).toMatch(new RegExp(`^wasm-mpi +${packageVersion()}\nNode.js +${process.version} on `));
    expect(stdout).toMatch(/^WebAssembly +SIMD yes, shared memory yes$/m);
    for (const { title, launcher } of launched) {
      const line = stdout.split("\n").find((text) => text.includes(`${launcher.path}, works: `));
      expect(line, transcript).toMatch(new RegExp(`^${title} +/.* works: ${title} [\\d.]+, .*libmpi.*, ABI \\w+, `));
    }
  });

  it.each(launched)("reports the library of a job of $title", async ({ name: library, title }) => {
    const report = documentOf<Doctor>(await inJob({ library, ranks: 3 }, ["doctor", "--json"]));
    expect(report).toMatchObject({ abi: library, launcher: null, ranks: 3, node: process.version, simd: true });
    expect(report.version).toMatch(new RegExp(`^${title} \\d`));
    expect(report.threadLevel).toMatch(/^(FUNNELED|SERIALIZED|MULTIPLE)$/);
    expect(report).toMatchObject({ coresPerRank: availableParallelism(), binding: null });
    // As JSON, which has no functions.
    expect(report.differences).toEqual(JSON.parse(JSON.stringify(differences[library])));
    if (!isLast(library)) return;
    const { stdout } = await inJob({ library, ranks: 3 }, ["doctor"]);
    expect(stdout.match(/^version +.*$/gm)).toEqual([`version       ${report.version}, ABI ${library}`]);
  });
});

describe("help", () => {
  it.each(launchedLast)("and version come once in a job of $title", async ({ name: library }) => {
    const version = await inJob({ library, ranks: 3 }, ["--version"], { isApart: true });
    expect([version.code, version.stdout]).toEqual([0, `${packageVersion()}\n`]);
    const help = await inJob({ library, ranks: 3 }, ["advect", "--help"], { isApart: true });
    expect([help.code, help.stdout.match(/Usage/g)]).toEqual([0, ["Usage"]]);
  });
});

const terminals = /util-linux/.test(spawnSync("script", ["--version"], { encoding: "utf8" }).stdout ?? "");

describe("the progress line", () => {
  /** Standard output and standard error of a command on a terminal. */
  async function onTerminal(command: string, env: Record<string, string> = {}): Promise<string> {
    const code = `process.exitCode = require("node:child_process")
      .spawnSync("script", ["-qec", process.argv[1], "/dev/null"], { stdio: "inherit" }).status`;
    const words = `${process.execPath} dist/cli.js ${command}`;
    const result = await runNode(["-e", code, words], { env });
    expect(result.code, result.transcript).toBe(0);
    return result.stdout;
  }
  const name = terminals ? "" : " (left out: no script of util-linux, which makes terminals)";
  const line = (title: string) => `\r${title}: step 9 of 9, 100 % \u001b[K\r\u001b[K`;

  it.skipIf(!terminals)(`is shown on a terminal, and wiped${name}`, async () => {
    const text = await onTerminal("advect --shape 40 --steps 9 --json");
    expect(text).toContain(line("gaussian on 1 rank"));
    expect(text.slice(text.lastIndexOf("\u001b[K") + 3)).toMatch(/^\{"case".*\}\r\n$/);
  });

  it.skipIf(!terminals).each(launchedLast)(`is shown by one of 3 ranks of $title${name}`, async ({ launcher }) => {
    const text = await onTerminal("advect --shape 40 --steps 9 -n 3 --json", with_(launcher));
    expect(text.split(line("gaussian on 3 ranks"))).toHaveLength(2);
    if (!isFull) return;
    expect(await onTerminal("doctor", with_(launcher))).not.toContain("step");
  });
});
