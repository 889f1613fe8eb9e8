/** `wasm-mpi bench scaling`: what it reports, and what it refuses. No time is judged. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ScalingReport } from "../../src/cli/bench/scaling.js";
import { expectRefused, isPicture } from "../harness/bench.js";
import { documentOf, noLauncher, temporaryFolder } from "../harness/command.js";
import { inJob, launchedLast } from "../harness/launch.js";
import { wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
const patient = { timeout: 180_000 };
const timeoutMs = 170_000;

/** What every report has to be, whatever the machine. */
function expectSound({ rows, rounds }: ScalingReport): void {
  for (const row of rows) {
    const alone = rows.find((each) => each.base.join() === row.base.join() && each.ranks * each.threads === 1)!;
    expect(row.samples).toHaveLength(10 * rounds);
    expect(row.seconds).toBe(Math.min(...row.samples));
    expect(row.seconds).toBeGreaterThan(0);
    expect(row.median).toBeGreaterThanOrEqual(row.seconds);
    const cores = row.ranks * row.threads;
    const work = row.name === "weak" ? cores : 1;
    expect(row.speedUp).toBe((work * alone.seconds) / row.seconds);
    expect(row.efficiency).toBe(row.speedUp / cores);
    expect(row.split.reduce((product, blocks) => product * blocks, 1)).toBe(row.ranks);
    expect(row.size).toBe(row.base[0]);
    expect(row.peers).toEqual({});
  }
}

describe("bench scaling", () => {
  it.each([
    ["scaling --folder .", '"--folder" expected io or output, got scaling, which makes no file. Leave it out.'],
    [
      "scaling --schemes a",
      '"--schemes" expected some of upwind, basic, fct, third-order, gauge-fct, got "a". For example --schemes upwind,fct.',
    ],
    [
      "scaling -n 1 --predict 8",
      '"--predict" expected at least 2 ranks whose messages can be timed, got 1. Leave out --predict, or take more ranks and a launcher.',
    ],
    ["hpcg --predict 8", '"--predict" expected scaling, got hpcg. Leave it out.'],
    ["pingpong --predict 8", '"--predict" expected scaling, got pingpong. Leave it out.'],
  ])("%s is refused", (args, text) => expectRefused(args.split(" "), text));

  it("has threads alone without a launcher, and draws them", patient, async () => {
    const path = join(folder, "scaling.png");
    const args = ["bench", "scaling", "--sizes", "12x8", "--threads", "2", "--rounds", "1", "--plot", path, "--json"];
    const report = documentOf<ScalingReport>(await wasmMpi(args, { env: noLauncher, timeoutMs }));
    expectSound(report);
    expect(report.rows.map((row) => [row.name, row.scheme, row.shape, row.ranks, row.threads, row.surface])).toEqual([
      ["strong", "fct", [12, 8], 1, 1, 0],
      ["strong", "fct", [12, 8], 1, 2, 0],
      ["weak", "fct", [12, 8], 1, 1, 0],
      ["weak", "fct", [24, 8], 1, 2, 0],
    ]);
    expect(report.reached.map(({ name, ranks, threads }) => [name, ranks, threads])).toEqual([
      ["strong", 1, 2],
      ["weak", 1, 2],
    ]);
    expect([report.mpi.library, report.predicted, report.plot]).toEqual(["solo", null, path]);
    expect(isPicture(path)).toBe(true);
  });
});

describe.each(launchedLast.slice(0, 1))("bench scaling on ranks of $title", ({ name: library, launcher }) => {
  it("measures ranks, and predicts more of them", patient, async () => {
    const env = { WASM_MPI_LAUNCHER: launcher.path };
    const options = "--sizes 16 -n 2 --threads 1 --schemes basic --rounds 1 --predict 16 --json";
    const args = ["bench", "scaling", ...options.split(" ")];
    const report = documentOf<ScalingReport>(await wasmMpi(args, { env, timeoutMs }));
    expectSound(report);
    expect(report.rows.map(({ name, shape, ranks, split, surface }) => [name, shape, ranks, split, surface])).toEqual([
      ["strong", [16, 16], 1, [1, 1], 0],
      ["strong", [16, 16], 2, [2, 1], 2 / 8],
      ["weak", [16, 16], 1, [1, 1], 0],
      ["weak", [32, 16], 2, [2, 1], 2 / 16],
    ]);
    const predicted = report.predicted!;
    expect([predicted.latency, predicted.bandwidth].every((value) => value > 0)).toBe(true);
    // Two passes, which share an exchange of two layers of psi.
    expect(predicted.models[0]!.traffic).toMatchObject({ exchanges: 1, layers: 2, halo: 2 });
    expect(predicted.checks.map(({ measured }) => measured)).toEqual(
      report.rows.filter(({ ranks }) => ranks === 2).map(({ seconds }) => seconds),
    );
    for (const { seconds, measured, error } of predicted.checks) expect(error).toBe(seconds / measured - 1);
    expect(predicted.rows.map(({ name, ranks }) => `${name} ${ranks}`)).toEqual(
      ["strong", "weak"].flatMap((name) => [1, 2, 4, 8, 16].map((ranks) => `${name} ${ranks}`)),
    );
  });

  it("is refused in a job", async () => {
    const { code, stderr } = await inJob({ library, ranks: 2 }, ["bench", "scaling"], { timeoutMs });
    const text =
      '"scaling" expected a process of its own, got a job of 2. Start it without the launcher; it starts the ranks itself.';
    expect(code).not.toBe(0);
    expect(stderr).toContain(`wasm-mpi bench: ${text}`);
  });
});
