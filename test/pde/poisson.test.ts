/** Poisson's and Laplace's equations by each method: residuals, iterations, what is refused. */
import { describe, expect, it } from "vitest";
import { evaluate, type Field, Grid, type PdeBoundary, solveLaplace, solvePoisson } from "../../src/index.js";
import { elliptic } from "../../src/pde/poisson.js";
import { maxDifference, solo } from "../harness/run.js";

const comm = solo();
const methods = ["cg", "pseudo-transient"] as const;

/** A box with cells of size 1/n, and a right side of mean 0 on it. */
function boxOf(lengths: readonly number[], n: number, periodic = false): { readonly grid: Grid; readonly rhs: Field } {
  const shape = lengths.map((length) => Math.round(length * n));
  const grid = new Grid(comm, { shape, bounds: lengths.map((length) => [0, length] as const), periodic });
  const rhs = grid.field((x, y) => Math.exp(-50 * ((x - 0.3) ** 2 + (y - 0.4) ** 2)));
  const mean = rhs.sum() / rhs.interior().length;
  rhs.set(rhs.interior().map((value) => value - mean));
  return { grid, rhs };
}

/** Boxes by the waves that their conditions leave: lengths along the axes, conditions, whether the axes are periodic. */
const boxes: [string, readonly number[], PdeBoundary, boolean][] = [
  ["values", [1, 1], { value: 0.1 }, false],
  ["one value", [1, 1], { "x-": { value: "y" } }, false],
  ["no value", [1, 1], {}, false],
  ["a long box", [3, 1], { y: { value: 0 } }, false],
  ["mixed sides", [1, 1], { x: { mixed: 0.1, const: 1 } }, false],
  ["a side that pushes", [1, 1], { "x-": { mixed: -0.5 }, "x+": { value: 0 } }, false],
  ["a ring", [1, 1], {}, true],
  ["an antiperiodic ring", [1, 1], { x: "antiperiodic" }, true],
  ["one axis", [1], { "x+": { value: 1 } }, false],
  ["three axes", [0.5, 0.4, 0.3], { z: { value: 0 } }, false],
];

describe.each(methods)("%s", (method) => {
  it.each(boxes)("leaves no residual above the tolerance: %s", async (_, lengths, boundary, periodic) => {
    // An odd number of cells: where the axis wraps around, two cells of one colour meet.
    const { grid, rhs } = boxOf(lengths, lengths.length === 3 ? 30 : 81, periodic);
    const tolerance = 1e-9;
    const u = await solvePoisson(rhs, { boundary, tolerance, method });
    const back = (await evaluate("laplace(u)", { grid, fields: { u }, boundary })) as Field;
    const wanted = rhs.interior();
    const residual = Math.max(...back.interior().map((value, i) => Math.abs(value - wanted[i]!)));
    const nothing = (await evaluate("laplace(0*x)", { grid, boundary })) as Field;
    const right = nothing.interior().map((value, i) => Math.abs(value - wanted[i]!));
    // Taking the mean away rounds once more.
    const rounding = 16 * grid.spacing.length * Number.EPSILON * Math.max(u.max(), -u.min());
    const scale = Math.max(...grid.spacing.map((dx) => dx ** -2));
    expect(residual).toBeLessThanOrEqual(tolerance * Math.max(...right) + rounding * scale);
  });
});

describe.each(methods)("a right side in small units, by %s", (method) => {
  it("is solved where its mean is 0, and refused where that is a share of it", async () => {
    const grid = new Grid(comm, { shape: [16, 12], periodic: true });
    for (const unit of [1e-6, 1e-12, 1e-30]) {
      const rhs = (mean: number) => grid.field((x) => unit * (Math.sin((Math.PI * x) / 8) + mean));
      const u = await solvePoisson(rhs(0), { method });
      const eigenvalue = 2 * Math.cos(Math.PI / 8) - 2;
      expect(u.max() / unit / Math.sin((Math.PI * 4.5) / 8)).toBeCloseTo(-1 / eigenvalue, 8);
      await expect(solvePoisson(rhs(1e-3), { method })).rejects.toThrow(
        /^solvePoisson: "rhs" expected a right side of mean 0, with what the sides let in, as no side has a value, got a mean of [\d.]+e-\d+\. Subtract the mean, or give a side a value\.$/,
      );
    }
  });
});

describe.each(methods)("a small right side that is left of large numbers, by %s", (method) => {
  it.each([1e-5, 1e-7, 1e-9])("is solved without the mean that rounding left: %d of them", async (share) => {
    for (const shape of [[60], [16, 12], [7, 9]]) {
      const grid = new Grid(comm, { shape, periodic: true });
      const [n] = shape as [number, ...number[]];
      const wave = (x: number) => Math.cos((2 * Math.PI * x) / n + 0.3);
      const density = grid.field((x) => 1.7 * (1 + share * wave(x)));
      const mean = density.sum() / shape.reduce((product, count) => product * count);
      const u = await solvePoisson(grid.field(density.interior().map((value) => value - mean)), { method });
      const eigenvalue = 2 * Math.cos((2 * Math.PI) / n) - 2;
      const exact = grid.field((x) => (1.7 * share * wave(x)) / eigenvalue);
      // The rounding of the density is that of the share.
      expect(maxDifference(u.interior(), exact.interior()) / exact.max()).toBeLessThan(
        (10 * Number.EPSILON) / share + 1e-8,
      );
    }
  });
});

describe.each(methods)("cells of any length, by %s", (method) => {
  /** Conditions that have the same solution in each unit of length. */
  const conditions: [string, (unit: number) => PdeBoundary][] = [
    ["values", () => ({ "x-": { value: 1 }, "x+": { value: 4 } })],
    ["a derivative", (unit) => ({ "x-": { value: 1 }, "x+": { derivative: 0.125 / unit } })],
    ["mixed sides", (unit) => ({ "x-": { value: 1 }, "x+": { mixed: 0.25 / unit, const: 1.125 / unit } })],
    ["a text", (unit) => ({ "x-": { value: "1" }, "x+": { derivative: `1 / ${8 * unit}` } })],
    ["values of cells", () => ({ x: { value: [1, 2, 3] }, y: { derivative: 0 } })],
  ];

  it.each(conditions)("give one solution: %s", async (name, of) => {
    const shape = name === "values of cells" ? [24, 3] : [24];
    const solve = (unit: number) => {
      const grid = new Grid(comm, { shape, bounds: shape.map((n) => [0, n * unit] as const) });
      const rhs = grid.field((x) => (((x / unit) % 3) - 1) / unit ** 2);
      return solvePoisson(rhs, { boundary: of(unit), method });
    };
    const u = await solve(1);
    // Units that are powers of 64 change no digit of any step.
    for (const power of [1, 5, -5]) {
      const other = await solve(64 ** power);
      if (power > 0) expect(other.digest()).toBe(u.digest());
      expect(maxDifference(other.interior(), u.interior()) / u.max()).toBeLessThan(1e-8);
    }
    for (const unit of [3e3, 1e12]) {
      expect(maxDifference((await solve(unit)).interior(), u.interior()) / u.max()).toBeLessThan(1e-8);
    }
  });
});

describe("cells far longer along one axis", () => {
  it("keep the digits of what sides add", async () => {
    const grid = new Grid(comm, {
      shape: [33, 8],
      bounds: [undefined, [0, 1]],
      faces: { x: (s) => 1e9 * s * (1 + s) },
    });
    const u = await solveLaplace(grid, { boundary: { "x-": { value: 1 }, "x+": { derivative: 3 } } });
    const exact = grid.field((x) => 1 + 3 * x);
    expect(maxDifference(u.interior(), exact.interior()) / exact.max()).toBeLessThan(1e-8);
  });
});

describe.each(methods)("large values at sides, by %s", (method) => {
  it.each([1e7, 1e9, 1e20, 1e100])("lead to a solution as large: %d", async (value) => {
    const grid = new Grid(comm, { shape: [9, 8] });
    const boundary = { "x-": { value }, "x+": { value: 2 * value } };
    const u = await solveLaplace(grid, { boundary, method });
    const exact = grid.field((x) => value * (1 + x / 9));
    expect(maxDifference(u.interior(), exact.interior()) / value).toBeLessThan(1e-9);
    await expect(solveLaplace(grid, { boundary: { ...boundary, "y+": { curvature: value } }, method })).rejects.toThrow(
      "Use no curvature.",
    );
  });
});

describe("the iterations", () => {
  it.each(boxes.filter(([name]) => name !== "mixed sides"))(
    "of pseudo-transient relaxation grow as the cells along an axis: %s",
    (_, lengths, boundary, periodic) => {
      const [coarse, fine] = (lengths.length === 3 ? [20, 40] : [40, 80]).map((n) => {
        const { grid, rhs } = boxOf(lengths, n, periodic);
        return elliptic("solvePoisson", grid, rhs, { boundary, method: "pseudo-transient" }).iterations;
      });
      // Looked at after 16 iterations each, and what there is to relax differs a little.
      expect(fine! / coarse!).toBeGreaterThan(1.6);
      expect(fine! / coarse!).toBeLessThan(2.4);
    },
  );

  it("end where rounding leaves nothing to be done", async () => {
    for (const method of methods) {
      const { grid, rhs } = boxOf([1, 1], 32);
      const boundary = { y: { value: 0 } };
      const exact = await solvePoisson(rhs, { boundary, tolerance: 0, method });
      const back = (await evaluate("laplace(u)", { grid, fields: { u: exact }, boundary })) as Field;
      const wanted = rhs.interior();
      expect(Math.max(...back.interior().map((value, i) => Math.abs(value - wanted[i]!)))).toBeLessThan(1e-11);
    }
  });
});

describe("what has no solution", () => {
  const { rhs } = boxOf([1, 1], 12);
  const message = (options: object) =>
    solvePoisson(rhs, { method: "pseudo-transient", ...options }).then(
      () => "nothing",
      (error: Error) => error.message,
    );

  it("is refused in whole sentences", async () => {
    expect(await message({ method: "multigrid" })).toBe(
      'solvePoisson: "method" expected one of cg, pseudo-transient, got "multigrid". Choose one of them.',
    );
    expect(await message({ boundary: { "x-": { mixed: -3 } } })).toBe(
      'solvePoisson: expected conditions with which the Laplacian has one sign, got others. Mend the factors of "mixed".',
    );
    expect(await message({ boundary: { "x-": { curvature: 0 } } })).toBe(
      'solvePoisson: "boundary" expected conditions that keep the operator symmetric, got others. Use no curvature.',
    );
    const huge = solvePoisson(rhs.grid.field(1e308), { method: "pseudo-transient", boundary: { x: { value: 0 } } });
    await expect(huge).rejects.toThrow(
      "solvePoisson: expected a solution of 64-bit numbers, got larger ones. Use another unit.",
    );
  });
});
