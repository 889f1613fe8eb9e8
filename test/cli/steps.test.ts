/** `wasm-mpi bench pde` and `bench advection`: what it reports, and what it refuses. No time is judged. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { Mpdata } from "../../src/advection/mpdata.js";
import { namedSchemes, type SchemeName } from "../../src/advection/schemes.js";
import { equations } from "../../src/cli/bench/equations.js";
import { writeBench } from "../../src/cli/bench/page/messages.js";
import { writeSteps } from "../../src/cli/bench/page/steps.js";
import { findProgram } from "../../src/cli/bench/peers.js";
import { drawSteps } from "../../src/cli/bench/picture.js";
import { rowsOf } from "../../src/cli/bench/report.js";
import { advection, flowOf, initialOf } from "../../src/cli/bench/schemes.js";
import { differenceOf, findSolvers, runSolver } from "../../src/cli/bench/solvers.js";
import { describeSteps, rowOf, type StepReport } from "../../src/cli/bench/throughput.js";
import { busyText, casesOf, layoutsUpTo } from "../../src/cli/bench/workload.js";
import { Grid } from "../../src/grid/grid.js";
import { mpi } from "../../src/mpi/index.js";
import { expectRefused } from "../harness/bench.js";
import { documentOf, noLauncher, temporaryFolder } from "../harness/command.js";
import { isFull } from "../harness/effort.js";
import { inJob, launchedLast } from "../harness/launch.js";
import { root, wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
const patient = { timeout: 180_000 };
const timeoutMs = 170_000;

/** What every report has to be, whatever the machine. */
function expectSound(
  report: StepReport,
  ranks: readonly number[],
  shapes: readonly (readonly number[])[],
  { names, peers: known }: Pick<typeof equations, "names" | "peers"> = equations,
): void {
  const cases = shapes.flatMap((shape) => names.flatMap((name) => ranks.map((count) => [name, shape, count])));
  expect(report.rows.map(({ name, shape, ranks: count }) => [name, shape, count])).toEqual(cases);
  expect(report.ranks).toEqual(ranks);
  expect(report.copy.map((each) => each.ranks)).toEqual(ranks);
  const { programs, missing } = report;
  expect([...Object.keys(programs), ...Object.keys(missing)].toSorted()).toEqual(known.toSorted());
  expect([null, "string"]).toContain(report.warning && typeof report.warning);
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

describe("bench", () => {
  it.each([
    ["pde --sizes 8x16", '"--sizes" expected squares and cubes, got "8x16". For example --sizes 512,256x256x256.'],
    [
      "pde --sizes 1KiB",
      '"--sizes" expected whole numbers of cells separated by commas, or shapes as 64x32, got "1KiB". For example --sizes 512,256x256x256.',
    ],
    ["pde --folder out", '"--folder" expected io or output, got pde, which makes no file. Leave it out.'],
    ["pde --backend posix", '"--backend" expected io or output, got pde, which makes no file. Leave it out.'],
    [
      "pde --plot a.png",
      '"--plot" expected pingpong, ring, allreduce, pi, io, advection or scaling, got pde, which has a table alone. Leave it out.',
    ],
    [
      "pde --sizes 3 -n 4",
      'Grid: "shape" expected [3, 3] cells to split over 4 ranks into blocks at least as thick as the halo of 2, got no such split. Use 1 rank or a larger grid.',
    ],
    [
      "advection --schemes fct,ftc",
      '"--schemes" expected some of upwind, basic, fct, third-order, gauge-fct, got "ftc". For example --schemes upwind,fct.',
    ],
    [
      "advection --plot a.jpg -n 2",
      'plot: "path" expected a name ending in .png or .svg, got "a.jpg". Give the file the ending of its format.',
    ],
    [
      "advection --sizes 3 -n 4 --schemes third-order",
      'Grid: "shape" expected [3, 3] cells to split over 4 ranks into blocks at least as thick as the halo of 2, got no such split. Use 1 rank or a larger grid.',
    ],
  ])("%s is refused", (args, text) => expectRefused(args.split(" "), text));
});

describe("bench pde", () => {
  it("refuses schemes", async () => {
    const { code, stderr } = await wasmMpi(["bench", "pde", "--schemes", "fct"]);
    expect([code, stderr]).toEqual([
      2,
      'wasm-mpi bench: "--schemes" expected advection or scaling, got pde. Leave it out.\n',
    ]);
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
      rowOf(equations, timed, { ranks: 1, threads: 1 }, { seconds: [2e-5, 1e-5, 3e-5] }, 64e9, {
        sse: [2e-5, 2e-5, 4e-5],
      }),
      rowOf(equations, timed, { ranks: 2, threads: 1 }, { seconds: [5e-6, 5e-6, 6e-6] }, 80e9, {}),
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
      warning: busyText(2.5, 2),
    };
    const text = describeSteps(equations, { rows, copy, ...rest, programs: { sse: "cc" }, missing: { avx2: "none" } });
    expect(text.split("\n")).toEqual([
      "pde: Euler steps of equations from text, f64, periodic, 3 samples in 1 round, MPI 1",
      "copy: 64.0 GB/s on 1 rank, 80.0 GB/s on 2 ranks, arrays of 128 MiB",
      "C, SSE: cc",
      "no C, AVX2: none",
      "left out: 9³, which is large",
      "warning: the machine was busy before the start: a load of 2.5 on 2 cores",
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

describe.each(launchedLast.slice(0, 1))("bench pde on ranks of $title", ({ name: library, launcher }) => {
  it("runs on 1 and 2, beside the peers that are there", patient, async () => {
    const env = { WASM_MPI_LAUNCHER: launcher.path };
    const args = ["bench", "pde", "--sizes", "16", "--rounds", "1", "--json"];
    const report = documentOf<StepReport>(await wasmMpi(args, { env, timeoutMs }));
    expectSound(report, [1, 2], [[16, 16]]);
    // Compiled anew, for what is known of each.
    if (!isFull) return;
    const { solvers, missing } = await findSolvers(equations, folder);
    // A processor may lack the vectors of one.
    const known = solvers.map(({ name }) => name);
    expect(known).toEqual(expect.arrayContaining(Object.keys(report.programs)));
    expect(report.missing).toMatchObject(missing);
  });

  // That messages are: test/cli/peers.test.ts.
  it.runIf(isFull)("is wasm-mpi alone in a job of somebody else's", patient, async () => {
    const result = await inJob({ library, ranks: 2 }, ["bench", "pde", "--sizes", "9", "--rounds", "1", "--json"], {
      timeoutMs,
    });
    expectSound(documentOf<StepReport>(result), [2], [[9, 9]]);
  });
});

describe("bench advection", () => {
  it("draws what a cell costs, and a step on more ranks and threads", async () => {
    const seconds = (timed: { readonly shape: readonly number[] }, cores: number) => [timed.shape[0]! / 1e9 / cores];
    const rows = casesOf(
      ["upwind", "fct"],
      [
        [64, 64],
        [256, 256],
        [32, 32, 32],
      ],
    ).flatMap((timed) =>
      layoutsUpTo(3, 2).map((layout, place) => {
        const measured = { seconds: seconds(timed, layout.ranks * layout.threads) };
        return rowOf(advection, timed, layout, measured, 1e9, place === 0 ? { javascript: [1e-3] } : {});
      }),
    );
    expect(rows.slice(0, 4).map(({ ranks, threads }) => [ranks, threads])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [1, 2],
    ]);
    const path = join(folder, "steps.svg");
    const rest = { copy: [], mpi: { library: "x", version: "MPI 1" }, missing: {}, skipped: [], warning: null };
    const report = { rows, ranks: [1, 2, 3], threads: 1, rounds: 1, ...rest, programs: { javascript: "node" } };
    await drawSteps(path, advection, report);
    const picture = readFileSync(path, "utf8");
    for (const text of ["ns a cell and step", "ms a step", "64²", "32³", "fct", "JavaScript", "threads of one rank"]) {
      expect(picture).toContain(`>${text}<`);
    }
    // In words of what is measured.
    await drawSteps(path, { ...advection, step: "iteration" }, report);
    const iterations = readFileSync(path, "utf8");
    for (const text of ["ns a cell and iteration", "ms an iteration"]) expect(iterations).toContain(`>${text}<`);
    // A page has the same picture below the table.
    const page = join(folder, "steps.html");
    await writeSteps(page, advection, { ...report, copy: [{ ranks: 1, bandwidth: 1e10, bytes: 2 ** 20 }] });
    const html = readFileSync(page, "utf8");
    expect(html).not.toMatch(/ (?:src|href)=/);
    for (const text of ["ms a step", "MPI 1"]) expect(html).toContain(text);
    // Each program stands above its columns.
    const [groups, heads] = html.match(/<thead>.*<\/thead>/)![0].split("</tr>");
    const named = Array.from(groups!.matchAll(/colspan="(\d+)">([^<]*)/g), ([, count, name]) => [name, Number(count)]);
    expect(named.map(([name]) => name)).toEqual(expect.arrayContaining(["wasm-mpi", "JavaScript"]));
    const under = heads!.match(/<th /g)!.length;
    expect(named.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(under);
  });

  it("makes a page of messages with times and throughput of each program", async () => {
    const loads = [8, 64].map((size) => ({ size, count: 10 }));
    const rows = rowsOf("pingpong", 2, loads, [[1e-6], [2e-6]], { c: [[5e-7], [1e-6]] });
    const page = join(folder, "pingpong.html");
    await writeBench(page, "pingpong", {
      ...{ rows, ranks: 2, rounds: 1, mpi: { library: "x", version: "MPI 1" }, programs: { c: "a.c" }, missing: {} },
      ...{ plot: null, warning: "busy" },
    });
    const html = readFileSync(page, "utf8");
    const texts = [
      "time",
      "throughput",
      "MB/s",
      "64 B",
      '<th scope="colgroup" colspan="4">C</th>',
      "<p>warning: busy</p>",
    ];
    for (const text of texts) expect(html).toContain(text);
    expect(html).toContain("<td>2.00</td>");
  });

  it("draws nothing in one process", async () => {
    const { code, stderr } = await wasmMpi(["bench", "advection", "-n", "1", "--plot", "a.png"], { env: noLauncher });
    const why = "one process (no MPI launcher was found)";
    const text = `"--plot" expected programs in processes of their own, got ${why}. Let wasm-mpi bench start the ranks, or leave it out.`;
    expect([code, stderr]).toEqual([2, `wasm-mpi bench: ${text}\n`]);
  });

  it("knows a machine that is busy, and a peer that has another result", () => {
    expect([busyText(2, 2), busyText(1.25, 1)]).toEqual([
      null,
      "the machine was busy before the start: a load of 1.3 on 1 core",
    ]);
    const result = { digest: "", meanSquare: 4 };
    const differences = [4, 4.1, undefined].map((meanSquare) => differenceOf(result, { seconds: [], meanSquare }));
    expect(differences).toEqual([
      undefined,
      "its result has a mean square of 4.1, that of wasm-mpi 4",
      "its result has a mean square of undefined, that of wasm-mpi 4",
    ]);
  });
});

it("takes steps that plain JavaScript takes, by all schemes on all axes", async () => {
  const { Advection } = await import(pathToFileURL(join(root, "bench", "mpdata.mjs")).href);
  const comm = mpi.init({ library: "solo" });
  for (const { name, shape } of casesOf(advection.names, [[17], [9, 12], [2, 3], [7, 6, 8]])) {
    const { iterations, ...scheme } = namedSchemes(shape.length)[name as SchemeName];
    const plain = new Advection(name, iterations, shape);
    const grid = new Grid(comm, { shape, periodic: true });
    const psi = grid.field(initialOf(shape));
    const solver = new Mpdata({ psi, courant: flowOf(shape), iterations, ...scheme });
    solver.advance(9);
    for (let step = 0; step < 9; step++) plain.step();
    const expected = psi.interior();
    const differences = [...plain.interior()].map((value: number, cell) => Math.abs(value - expected[cell]!));
    // Values of at most 3, of which each step adds up some ten terms.
    expect(Math.max(...differences), `${name} ${shape.join("x")}`).toBeLessThan(9 * 10 * 3 * 2 ** -52);
    for (const part of [solver, psi, grid]) part.free();
  }
});

it("takes steps whose results are those of C, by all schemes on all axes", patient, async () => {
  // What is compared are results: outside the full tests the program is compiled in a fifth of the time, with -O1.
  const [compiler, path] = [findProgram("cc"), process.env.PATH];
  if (!isFull && compiler !== undefined) {
    const quick = join(folder, "quick");
    mkdirSync(quick);
    writeFileSync(join(quick, "cc"), `#!/bin/sh\nexec "${compiler}" "$@" -O1\n`, { mode: 0o755 });
    vi.stubEnv("PATH", `${quick}:${path}`);
  }
  const { solvers } = await findSolvers({ ...advection, peers: ["native"] }, folder);
  vi.unstubAllEnvs();
  const comm = mpi.init({ library: "solo" });
  const [line, square, cube] = [[17], [9, 9], [7, 7, 7]];
  const some = advection.names.slice(-2);
  const cases = isFull
    ? casesOf(advection.names, [line, square, cube])
    : [...casesOf(some, [line, cube]), ...casesOf(advection.names, [square])];
  for (const timed of cases) {
    const { seconds, result } = await advection.measure(comm, timed, 1);
    expect(seconds).toHaveLength(10);
    for (const solver of solvers) {
      const found = await runSolver(solver, advection, timed);
      expect(typeof found === "string" ? found : differenceOf(result, found), timed.name).toBeUndefined();
    }
  }
});

describe.each(launchedLast.slice(0, 1))("bench advection on ranks of $title", ({ launcher }) => {
  it.skipIf(process.platform === "win32")(
    "has the bits of 1 rank on 2, and says why C is missing",
    patient,
    async () => {
      const compiler = join(folder, "cc");
      writeFileSync(compiler, "#!/bin/sh\necho 'cc: error: no such thing' >&2\nexit 1\n");
      chmodSync(compiler, 0o755);
      const env = { WASM_MPI_LAUNCHER: launcher.path, PATH: `${folder}:${process.env.PATH}` };
      const args = ["bench", "advection", "--sizes", "9", "--schemes", "gauge-fct", "--rounds", "1", "--json"];
      const report = documentOf<StepReport>(await wasmMpi(args, { env, timeoutMs }));
      expectSound(report, [1, 2], [[9, 9]], { ...advection, names: ["gauge-fct"] });
      const [alone, both] = report.rows.map(({ result }) => result!);
      expect(alone!.digest).toBe(both!.digest);
      expect(Math.abs(alone!.meanSquare - both!.meanSquare)).toBeLessThan(1e-12);
      const failed = `${compiler} failed: cc: error: no such thing`;
      const isX64 = process.arch === "x64";
      const others = isX64 ? failed : `its vectors are those of x64, not of ${process.arch}`;
      expect(report.missing).toEqual({ sse: others, avx2: others, native: failed });
      expect(Object.keys(report.programs)).toEqual(["javascript"]);
    },
  );
});
