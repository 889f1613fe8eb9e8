/** The scripts of bench/ that docs/how/performance.md takes figures from still run. */
import { describe, expect, it } from "vitest";
import { figures } from "../harness/bench.js";
import { isFull } from "../harness/effort.js";
import { runNode } from "../harness/process.js";

describe("bench/stencil.mjs", () => {
  it("times a step beside C where there is a compiler", async () => {
    const { code, stdout, transcript } = await runNode(["bench/stencil.mjs", "16", "2"], { timeoutMs: 60_000 });
    expect(code, transcript).toBe(0);
    const row = stdout.split("\n").find((line) => line.startsWith("| 16² | "))!;
    const times = [...row.matchAll(/([\d.]+) \/ [\d.]+/g)].map(([, least]) => Number(least));
    expect(times.length).toBeGreaterThanOrEqual(4);
    expect(Math.min(...times)).toBeGreaterThan(0);
  });
});

describe("bench/advection.mjs", () => {
  it("times steps of a solver, by which it is compared with C", async () => {
    const child = ["bench/advection.mjs", "--child", "16", "2", "numbers"];
    const { code, stdout, transcript } = await runNode(child, { timeoutMs: 60_000 });
    expect(code, transcript).toBe(0);
    const seconds = stdout.trim().split("\n").map(Number);
    expect(seconds).toHaveLength(9);
    expect(Math.min(...seconds)).toBeGreaterThan(0);
  });

  it("times sweeps cut into ranges beside whole ones", async () => {
    const { code, stdout, transcript } = await runNode(
      ["bench/advection.mjs", "--ranges", "2", "1", "16x16,32x32,8x8x8"],
      {
        timeoutMs: 60_000,
      },
    );
    expect(code, transcript).toBe(0);
    expect(figures(stdout).length).toBeGreaterThanOrEqual(9 * 6);
    expect(Math.min(...figures(stdout))).toBeGreaterThan(0);
  });
});

describe.skipIf(process.platform !== "linux")("bench/frames.mjs", () => {
  it.each(isFull ? ["advect", "solve"] : ["solve"])(
    "times frames that are waited for and beside a run: %s",
    async (kind) => {
      const { code, stdout, transcript } = await runNode(["bench/frames.mjs", "16", "1", kind], { timeoutMs: 60_000 });
      expect(code, transcript).toBe(0);
      const lines = ["none", "posix", "beside"].map(
        (name) => `rank 0, ${name}: [\\d.]+ ms, median [\\d.]+, share -?[\\d.]+ %\n`,
      );
      expect(stdout).toMatch(new RegExp(`^${lines.join("")}$`));
    },
  );
});

// They take seconds, and nothing else depends on them.
describe.runIf(isFull)("a script that prints rows of a table", () => {
  it.each([
    ["advection.mjs", ["--halos", "1"], 6],
    ["advection.mjs", ["--threads", "2", "1", "16"], 5],
    ["overlap.mjs", ["16,24", "2"], 6],
    ["busy.mjs", ["1", "2", "16"], 2],
  ] as const)("bench/%s %j", async (script, words, count) => {
    const { code, stdout, transcript } = await runNode([`bench/${script}`, ...words], { timeoutMs: 60_000 });
    expect(code, transcript).toBe(0);
    const [head, rule, ...rows] = stdout.trim().split("\n");
    const columns = head!.split("|").length;
    expect([rule, rows.length]).toEqual([`|${"---|".repeat(columns - 2)}`, count]);
    for (const row of rows) {
      expect(row.split("|"), row).toHaveLength(columns);
      expect(row).toMatch(/ \| [\d.]+ \/ [\d.]+ \|/);
    }
  });
});

describe("bench/nodes.mjs", () => {
  const run = (versions: string) => {
    const bench = ["advection", "--sizes", "9", "--schemes", "upwind", "-n", "1"];
    return runNode(["bench/nodes.mjs", versions, "1", ...bench], { timeoutMs: 60_000 });
  };

  it("times a bench on versions of Node.js, and compares their digests", async () => {
    const { code, stdout, transcript } = await run(`${process.execPath},${process.execPath}`);
    expect(code, transcript).toBe(0);
    const { version } = process;
    const number = "[\\d.]+";
    expect(stdout).toMatch(
      new RegExp(
        `^\\| advection: case, cells or bytes, ranks \\| ${version} \\| ${version} \\| slowest to fastest \\| digests \\|\n.*\n` +
          `\\| upwind, 9 x 9, 1 \\| ${number} \\| ${number} \\| ${number} \\| equal \\|\n$`,
      ),
    );
  });

  it("refuses what is no Node.js", async () => {
    const { code, stderr } = await run("/nowhere/node");
    const text = 'expected a version of Node.js, got "/nowhere/node". Name one as 24, or the path of a program.';
    expect([code, stderr]).toEqual([1, `nodes: ${text}\n`]);
  });
});
