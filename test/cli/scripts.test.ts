/** The scripts of bench/ that docs/how/performance.md takes figures from still run, and so does the main job. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { figures } from "../harness/bench.js";
import { temporaryFolder } from "../harness/command.js";
import { runNode } from "../harness/process.js";

describe("bench/stencil.mjs", () => {
  it("times a step beside C where there is a compiler", async () => {
    const { code, stdout, transcript } = await runNode(["bench/stencil.mjs", "16"], { timeoutMs: 60_000 });
    expect(code, transcript).toBe(0);
    expect(stdout).toMatch(/^16 x 16 cells of f64: ns a cell, minimum \/ median of 20 rounds\n/);
    expect(figures(stdout).length).toBeGreaterThanOrEqual(4);
    expect(Math.min(...figures(stdout))).toBeGreaterThan(0);
  });
});

describe("scripts/start.mjs", () => {
  const folder = temporaryFolder();

  it("runs the main job, with the options behind it in place of its own", async () => {
    const [file, picture] = ["a.h5", "a.png"].map((name) => join(folder, name));
    const asked = ["--ranks=1", "--shape", "16,16", "--steps", "3", "--output", file!, "--plot", picture!];
    const { code, stdout, transcript } = await runNode(["scripts/start.mjs", ...asked], { timeoutMs: 60_000 });
    expect(code, transcript).toBe(0);
    expect(stdout).toMatch(/^1 rank alone: .*\ngaussian, 16 x 16 cells, 3 steps, /);
    expect([join(folder, "a-1.h5"), picture!].map((name) => existsSync(name))).toEqual([true, true]);
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
    const { code, stdout, transcript } = await runNode(["bench/advection.mjs", "--ranges", "2", "1"], {
      timeoutMs: 60_000,
    });
    expect(code, transcript).toBe(0);
    expect(figures(stdout).length).toBeGreaterThanOrEqual(9 * 6);
    expect(Math.min(...figures(stdout))).toBeGreaterThan(0);
  });
});
