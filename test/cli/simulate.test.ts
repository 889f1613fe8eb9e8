/** Runs of any solver: the loop, the file, the picture and the report. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { continuedRun } from "../../src/cli/run/config.js";
import { type Plan, type Simulation, simulate } from "../../src/cli/run/simulate.js";
import { FileError, UsageError } from "../../src/errors.js";
import { Grid } from "../../src/grid/grid.js";
import { Output } from "../../src/io/output.js";
import { SnapshotReader } from "../../src/io/reader.js";
import { temporaryFolder } from "../harness/command.js";
import { solo } from "../harness/run.js";

const folder = temporaryFolder();
let count = 0;
const freshPath = (ending = "h5") => join(folder, `run-${count++}.${ending}`);
const dt = 0.25;

/** A solver that is no MPDATA: each step adds 1 to the cells of `u`, and `v` counts the steps. */
function counting(): Simulation & { readonly taken: number[] } {
  const grid = new Grid(solo(), { shape: [7, 5], periodic: true });
  const [u, v] = [grid.field((x) => x), grid.field(0)];
  const taken: number[] = [];
  let steps = 0;
  const solver = {
    overlap: false,
    fields: { u, v },
    get steps() {
      return steps;
    },
    get time() {
      return steps * dt;
    },
    advance(further: number) {
      taken.push(further);
      steps += further;
      u.set(Array.from(u.interior(), (value) => value + further));
      v.set(steps);
    },
  };
  const recorded = { u: { field: u, longName: "the first" }, v: { field: v, longName: "steps" } };
  const resume = (before: number) => {
    steps = before;
  };
  return { solver, grid, title: "counting", dt, recorded, resume, taken };
}

const planOf = (steps: number, options: Partial<Plan> = {}): Plan => {
  return { steps, about: { title: "Counting", command: "count", config: "{}" }, ...options };
};

describe("a run of any solver", () => {
  it("takes the steps, and reports figures, time and what each field is", async () => {
    const simulation = counting();
    const seen: number[] = [];
    const { outcome } = await simulate(simulation, planOf(9), (done, steps) => seen.push(done / steps));
    expect(simulation.taken.reduce((sum, taken) => sum + taken)).toBe(9);
    expect(seen.at(-1)).toBe(1);
    const { secondsPerStep, nsPerCellStep, digest, fields, mpi, ...rest } = outcome;
    expect(rest).toMatchObject({ shape: [7, 5], steps: 9, startStep: 0, ranks: 1, split: [1, 1], time: 9 * dt });
    expect(rest).toMatchObject({ file: null, backend: null, plot: null, exchangeShare: 0 });
    expect([rest.min, rest.max]).toEqual([fields.u!.min, fields.u!.max]);
    // Centres of cells of size 1, and 9 steps.
    expect([rest.min, rest.max]).toEqual([9.5, 15.5]);
    expect(digest).toBe(fields.u!.digest);
    expect(fields.v).toMatchObject({ min: 9, max: 9, sum: 9 * 35 });
    expect(secondsPerStep).toBeGreaterThan(0);
    expect(nsPerCellStep).toBeCloseTo((1e9 * secondsPerStep) / 35, 6);
    expect(mpi.library).toBe("solo");
  });

  it("records frames, and goes on from the last one to the same bits", async () => {
    const [whole, parts, picture] = [freshPath(), freshPath(), freshPath("png")];
    const { outcome: expected } = await simulate(counting(), planOf(10, { output: whole, every: 3 }));
    await simulate(counting(), planOf(6, { output: parts, every: 3 }));
    const simulation = counting();
    const { outcome, draw } = await simulate(simulation, planOf(10, { restart: parts, every: 3, plot: picture }));
    await draw!();
    expect([outcome.startStep, outcome.file, outcome.plot]).toEqual([6, parts, picture]);
    expect(outcome.fields).toEqual(expected.fields);
    expect(existsSync(picture)).toBe(true);
    const [first, second] = [await SnapshotReader.open(whole), await SnapshotReader.open(parts)];
    expect([...first.times]).toEqual([0, 3, 6, 9, 10].map((step) => step * dt));
    expect(second.times).toEqual(first.times);
    for (const name of ["u", "v"]) expect(second.read(name, -1)).toEqual(first.read(name, -1));
    expect(first.attributes).toMatchObject({ title: "Counting", config: "{}" });
    for (const reader of [first, second]) reader.close();
  });

  it("refuses a file with other variables, and one that has more steps", async () => {
    const path = freshPath();
    await simulate(counting(), planOf(6, { output: path }));
    await expect(simulate(counting(), planOf(5, { restart: path }))).rejects.toThrow(
      new UsageError(
        `"--steps" expected at least 6, as many as "${path}" has already, got 5. It is the total; left out, it is that of the first run.`,
      ),
    );
    const renamed = { ...counting() };
    const { u } = renamed.recorded;
    const text = `file "${path}": expected the variables w (f64) of counting, got u (f64), v (f64). Choose the file of such a run.`;
    await expect(simulate({ ...renamed, recorded: { w: u! } }, planOf(6, { restart: path }))).rejects.toThrow(
      new FileError(text, path),
    );
  });
});

describe("a file whose record of its run is damaged", () => {
  const config = { command: "advect", case: "cone", shape: [9, 9], iterations: 2, steps: 3 };
  it.each([
    [{ ...config, stepz: 4 }, 'has the unknown key "stepz"'],
    [{ ...config, nonoscillatory: "no" }, 'has "nonoscillatory": "no"'],
    [{ ...config, shape: undefined }, 'lacks "shape"'],
  ])("is refused: %j", async (record, breach) => {
    const path = freshPath();
    const grid = new Grid(solo(), { shape: [9, 9], periodic: true });
    const attributes = { config: JSON.stringify(record) };
    const output = await Output.create(grid, path, { variables: { psi: {} }, attributes });
    await output.write(0, { psi: grid.field(0) });
    await output.close();
    const text = `file "${path}": expected a file that wasm-mpi advect wrote, got one whose attribute "config" ${breach}. Choose another, or start anew with --output.`;
    await expect(continuedRun(path, {})).rejects.toThrow(new FileError(text, path));
  });
});
