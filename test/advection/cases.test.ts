/** The cases of the command line, and how `converge` measures them. */
import { describe, expect, it } from "vitest";
import { caseOf } from "../../src/advection/cases/case.js";
import type { Run } from "../../src/cli/run/config.js";
import { runCase, setupOf } from "../../src/cli/run/setup.js";
import { UsageError } from "../../src/errors.js";
import { Grid } from "../../src/grid/grid.js";
import { normsOf } from "../../src/grid/norms.js";
import { documentOf } from "../harness/command.js";
import { wasmMpi } from "../harness/process.js";
import { maxDifference, run, solo } from "../harness/run.js";
import { advect, facesOf, mapCells } from "../oracle/mpdata.js";

const full = process.env.WASM_MPI_TEST_FULL === "1";
const base = { iterations: 2, dtype: "f64", overwrite: false } as const;
const report = async (name: string, options: Partial<Run> = {}) =>
  (await runCase(solo(), { ...base, ...options, case: name })).report;

describe("options1d", () => {
  it("gives the printed extremes of both fields", async () => {
    const { fields, statistics } = await report("options1d", { variableSign: true });
    for (const [name, least, greatest] of [
      ["psi", 1.83067, 4.21307],
      ["signed", -1.09418, 1.09418],
    ] as const) {
      expect(Math.abs(fields[name]!.min - least)).toBeLessThan(1e-5);
      expect(Math.abs(fields[name]!.max - greatest)).toBeLessThan(1e-5);
    }
    expect(statistics!.Linf).toBeGreaterThan(0.5);
  });

  it("is exact at a Courant number of 1", async () => {
    const { statistics } = await report("options1d", { shape: [120], courant: [-1], infiniteGauge: true });
    expect(statistics).toEqual({ L1: 0, L2: 0, Linf: 0 });
  });
});

describe("sphere", () => {
  it("is advected as the plain formulae say, on cells of three sizes", () => {
    const { setup } = setupOf({ ...base, case: "sphere", shape: [14, 13, 15] });
    const { shape, bounds, courant, psi } = setup;
    const spacing = bounds.map(([low, high], axis) => (high - low) / shape[axis]!);
    const at = (f: unknown, half: number) => (cell: readonly number[]) => {
      const position = cell.map((i, axis) => bounds[axis]![0] + (i + (axis === half ? 0 : 0.5)) * spacing[axis]!);
      return (f as (...position: number[]) => number)(...position);
    };
    const steps = 20;
    const expected = advect(
      {
        shape,
        periodic: [false, false, false],
        psi: mapCells(shape, at(psi, -1)),
        courant: courant.map((component, axis) => mapCells(facesOf(shape, axis), at(component, axis))),
        g: mapCells(shape, () => 1),
        iterations: 2,
        epsilon: 1e-15,
      },
      steps,
    );
    const got = run({ shape, bounds }, psi, steps, { courant });
    expect(maxDifference(got, expected)).toBeLessThan(1e-12);
    expect(Math.max(...expected)).toBeGreaterThan(1);
  });

  it.runIf(full)(
    "keeps its bounds through a whole turn with the limiter, and is sharper in the gauge",
    async () => {
      const plain = await report("sphere", { nonoscillatory: true });
      const gauge = await report("sphere", { nonoscillatory: true, infiniteGauge: true });
      expect(plain.steps).toBe(556);
      for (const { min, max } of [plain, gauge]) {
        expect(min).toBeGreaterThanOrEqual(-1e-12);
        expect(max).toBeLessThanOrEqual(4 + 1e-12);
      }
      expect(gauge.statistics!.L2).toBeLessThan(plain.statistics!.L2!);
    },
    300_000,
  );
});

describe("oscillator", () => {
  it("turns psi into phi and back while both are carried, as the exact solution does", async () => {
    // 1400 steps are three and a half periods: psi comes out negative, its peak lowered by the advection alone.
    const { fields, statistics } = await report("oscillator", { infiniteGauge: true, nonoscillatory: true });
    expect(fields.psi!.min).toBeGreaterThan(-1);
    expect(fields.psi!.min).toBeLessThan(-0.995);
    expect(Math.max(fields.phi!.max, -fields.phi!.min)).toBeLessThan(1e-3);
    expect(statistics!.Linf).toBeLessThan(2e-3);
  });

  it("keeps its amplitude, to rounding, where nothing moves", async () => {
    const steps = 777;
    const { fields } = await report("oscillator", { courant: [0], infiniteGauge: true, steps });
    const amplitude = Math.hypot(fields.psi!.min, fields.phi!.max, fields.psi!.max, fields.phi!.min);
    expect(Math.abs(amplitude - 1)).toBeLessThan(steps * 8 * 2 ** -53);
  });
});

describe("drop", () => {
  const switches = { variableSign: true, nonoscillatory: true, divergentFlow: true };

  it.each([
    { shape: [160], sign: switches },
    { shape: [160], sign: { ...switches, variableSign: false, infiniteGauge: true } },
    { shape: [48, 48], sign: switches },
  ])("on $shape cells keeps the water and its symmetry, and follows the exact solution", async ({ shape, sign }) => {
    const { min, max, fields, statistics, time } = await report("drop", { shape, ...sign });
    const { setup } = setupOf({ ...base, ...switches, case: "drop", shape });
    const grid = new Grid(solo(), { shape, bounds: setup.bounds });
    const [first, last] = [grid.field(setup.psi), grid.field(setup.exact!(time)!)];
    expect(Math.abs(fields.h!.sum - first.sum())).toBeLessThan(1e-10);
    expect(min).toBeGreaterThanOrEqual(0);
    expect(Math.abs(fields.qx!.sum)).toBeLessThan(1e-10);
    expect(Math.abs(max / last.max() - 1)).toBeLessThan(shape.length === 1 ? 0.02 : 0.1);
    expect(statistics!.L2! * time).toBeLessThan(shape.length === 1 ? 0.004 : 0.005);
    if (shape.length === 2) expect(Math.abs(fields.qx!.max - fields.qy!.max)).toBeLessThan(1e-12);
  });

  it("has the exact solution of the initial state at first, and keeps its volume", () => {
    for (const shape of [[2000], [400, 400]]) {
      const { setup } = setupOf({ ...base, ...switches, case: "drop", shape });
      const grid = new Grid(solo(), { shape, bounds: setup.bounds });
      const first = grid.field(setup.psi);
      expect(normsOf(first, setup.exact!(0)!).max).toBeLessThan(1e-12);
      for (const time of [0.5, 1.5, 3]) {
        const volume = grid.field(setup.exact!(time)!).sum();
        expect(Math.abs(volume / first.sum() - 1)).toBeLessThan(1e-3);
      }
      // Half-way up, at t = 3, l is about 5.1 in 1D and 19^(1/2) in 2D; see the formulae.
      const centre = (setup.exact!(3) as (x: number, y: number) => number)(0, 0);
      const l = shape.length === 1 ? 1 / centre : Math.sqrt(1 / centre);
      if (shape.length === 1) expect((Math.sqrt(l * (l - 1)) + Math.asinh(Math.sqrt(l - 1))) / 2).toBeCloseTo(3, 12);
      else expect(l).toBeCloseTo(Math.sqrt(19), 12);
    }
  });
});

describe("the cases refuse", () => {
  const none = (name: string, why: string) => `${name}: "courant" expected none (${why}), got [0.1]. Leave it out.`;
  const expectsNumber = (name: string, what: string, got: string, example: number) =>
    `${name}: "${what}" expected 1 number for its one axis, got [${got}]. Give for example ${example}.`;
  it.each([
    ["sphere", { courant: [0.1] }, none("sphere", "the flow is a rotation")],
    [
      "sphere",
      { shape: [9, 9] },
      'sphere: "shape" expected 3 axes of at least 2 cells, got [9, 9]. Give for example 59,59,59.',
    ],
    ["drop", { courant: [0.1] }, none("drop", "the flow is that of the water")],
    [
      "drop",
      { shape: [9, 9, 9] },
      'drop: "shape" expected 1 or 2 axes of at least 2 cells, got [9, 9, 9]. Give for example 320,320.',
    ],
    ["options1d", { shape: [9, 9] }, expectsNumber("options1d", "shape", "9, 9", 600)],
    ["options1d", { courant: [0.1, 0.1] }, expectsNumber("options1d", "courant", "0.1, 0.1", -0.75)],
    ["oscillator", { shape: [9, 9] }, expectsNumber("oscillator", "shape", "9, 9", 1000)],
    ["oscillator", { courant: [0.1, 0.1] }, expectsNumber("oscillator", "courant", "0.1, 0.1", 0.5)],
  ])("%s with %j", (name, choice, text) => {
    expect(() => caseOf(name).setup(choice)).toThrow(new UsageError(text));
  });

  it.each(["options1d", "oscillator", "drop"])("%s with neither the gauge nor variable sign", (name) => {
    expect(() => setupOf({ ...base, case: name })).toThrow(
      new UsageError(
        `${name}: expected --infinite-gauge or --variable-sign (a field takes both signs), got neither. Add one.`,
      ),
    );
    expect(() => setupOf({ ...base, case: name, iterations: 1 })).not.toThrow();
  });
});

interface Convergence {
  readonly axes: number;
  readonly rows: {
    shape: number[];
    steps: number;
    rms: number;
    orders: { mean: number; rms: number; max: number } | null;
  }[];
}
const converge = async (words: string) =>
  documentOf<Convergence>(await wasmMpi(["converge", ...words.split(" "), "--json"]));

describe("converge", () => {
  it.each([
    { words: "gaussian --courant 0.3 --iterations 1 --shapes 256,512,1024", order: 1 },
    { words: "gaussian --courant 0.3 --shapes 128,256,512", order: 2 },
    { words: "gaussian --courant 0.3 --iterations 3 --third-order --shapes 64,128,256", order: 3 },
    { words: "gaussian --courant 0.3,0.2 --iterations 3 --third-order --shapes 32,64,128", order: 3 },
    { words: "oscillator --infinite-gauge --shapes 500,1000,2000", order: 2 },
  ])("measures order $order for $words", async ({ words, order }) => {
    const { rows } = await converge(words);
    expect(rows.map(({ orders }) => orders === null)).toEqual([true, false, false]);
    expect(Math.abs(rows[2]!.orders!.rms - order)).toBeLessThan(0.3);
    expect(rows[2]!.orders!.rms).toBeCloseTo(Math.log2(rows[1]!.rms / rows[2]!.rms), 12);
  });

  it("runs every shape as long, in lengths of the set-up", async () => {
    const gaussian = await converge("gaussian --shapes 8x16,16x32 --steps 7");
    expect(gaussian.rows.map(({ shape, steps }) => [shape, steps])).toEqual([
      [[8, 16], 7],
      [[16, 32], 14],
    ]);
    const drop = await converge("drop --shapes 40,80 --variable-sign --nonoscillatory --divergent-flow");
    expect(drop.rows.map(({ steps }) => steps)).toEqual([38, 76]);
    expect(drop.rows[1]!.orders!.mean).toBeGreaterThan(0.7);
  });

  it("prints a table", async () => {
    const { stdout, transcript } = await wasmMpi(
      "converge gaussian --courant 1 --shapes 8,16 --iterations 1".split(" "),
    );
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0], transcript).toBe("gaussian, 1 rank, 1 pass of MPDATA");
    expect(lines[2]!.trim().split(/ {2,}/)).toEqual([
      "cells",
      "steps",
      "mean error",
      "order",
      "rms error",
      "order",
      "max error",
      "order",
    ]);
    expect(lines.slice(3).map((line) => line.trim().split(/ +/).slice(0, 2))).toEqual([
      ["8", "100"],
      ["16", "200"],
    ]);
  });

  it.each([
    [
      "gaussian --shapes 32,x",
      '"--shapes" expected whole numbers of cells separated by commas, or shapes as 64x32, got "32,x". For example --shapes 32,64,128.',
    ],
    [
      "gaussian --shapes 32",
      '"--shapes" expected at least two shapes, coarsest first, got "32". For example --shapes 32,64,128.',
    ],
    [
      "gaussian --shapes 64,32",
      '"--shapes" expected at least two shapes, coarsest first, got "64,32". For example --shapes 32,64,128.',
    ],
    [
      "cone --steps 5",
      "cone: expected a solution that is known after 5 steps on 32 x 32 cells, got none. Leave out --steps, or choose another case.",
    ],
  ])("refuses %s", async (words, text) => {
    const { code, stderr } = await wasmMpi(["converge", ...words.split(" ")]);
    expect([code, stderr]).toEqual([2, `wasm-mpi converge: ${text}\n`]);
  });
});
