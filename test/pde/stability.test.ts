/** The longest stable step, and what is done about longer ones; noise and super time stepping. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Field, Grid, Pde, type PdeOptions, type SolveOptions } from "../../src/index.js";
import { solo } from "../harness/run.js";

const grid = new Grid(solo(), { shape: [16, 12], bounds: [[0, 2], [0, 3]], periodic: true }); // biome-ignore format: short
const [a, b] = [64, 16]; // 1 / spacing^2
const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
afterEach(() => warn.mockClear());

/** The step of a run with `dt: "auto"`, over the share of the limit. */
async function limitOf(
  equations: Record<string, string>,
  stepper: SolveOptions["stepper"],
  initial: Record<string, string | number> = { c: 0 },
): Promise<number> {
  const until = 1e-9;
  const solve = (dt: number) => new Pde(equations).solve({ grid, initial, until, dt, stepper: stepper! });
  const message = await solve(1e6).then(
    () => "nothing",
    (error: Error) => error.message,
  );
  return Number(/expected at most (\S+) for/.exec(message)?.[1]);
}

describe("the longest stable step", () => {
  const real = { euler: 2, rk4: 2.785293563405282, ssprk3: 2.512745326618329, "adams-bashforth": 1 };
  it.each(Object.entries(real))("of %s is %d over the largest eigenvalue of diffusion", async (stepper, factor) => {
    const limit = await limitOf({ c: "laplace(c)" }, stepper as "euler");
    expect(limit * 4 * (a + b)).toBeCloseTo(factor, 9);
  });

  it.each([
    [
      "Cahn and Hilliard's equation",
      { c: "laplace(c^3 - c - laplace(c))" },
      "euler",
      2 / (16 * (a + b) ** 2 - 4 * (a + b)),
    ],
    ["advection", { c: "-d_dx(c)" }, "rk4", 2.8284271247 / 8],
    [
      "waves of two unknowns",
      { u: "v", c: "laplace(u)", v: "laplace(u)" },
      "rk4",
      2.8284271247 / Math.sqrt(4 * (a + b)),
    ],
    ["waves of one unknown", { c_tt: "4 * laplace(c)" }, "leapfrog", 2 / Math.sqrt(16 * (a + b))],
    ["diffusion in one direction", { c: "d2_dy2(c)" }, "euler", 2 / (4 * b)],
    ["Schroedinger's equation", { c: "i * laplace(c)" }, "rk4", 2.8284271247 / (4 * (a + b))],
    ["a coefficient that varies", { c: "(1 + x) * laplace(c)" }, "euler", 2 / (4 * (a + b) * (3 - 1 / 16))],
  ] as const)("is found for %s", async (_, equations, stepper, expected) => {
    const names = Object.keys(equations).map((name) => name.replace("_tt", ""));
    const limit = await limitOf(equations, stepper, Object.fromEntries(names.map((name) => [name, 0])));
    expect(limit / expected).toBeCloseTo(1, 8);
  });

  const solve = (text: string, options: object) =>
    new Pde({ c: text }).solve({ grid, initial: { c: "cos(pi*x)" }, until: 0.1, dt: 0.02, ...options });

  it("is not exceeded, unless asked for", async () => {
    const message =
      'Pde.solve: "dt" expected at most 0.00625 for euler to be stable, for waves along x, got 0.02. Use dt: "auto", a shorter step, or stability: "ignore".';
    await expect(solve("laplace(c)", {})).rejects.toThrow(message);
    await solve("laplace(c)", { stability: "warn" });
    expect(warn.mock.calls).toEqual([[message]]);
    await solve("laplace(c)", { stability: "ignore" });
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it("is what auto takes 0.8 of", async () => {
    const { steps } = await solve("laplace(c)", { dt: "auto" });
    expect(steps).toBe(Math.ceil(0.1 / (0.8 * 0.00625) - 1e-9));
    await expect(solve("1 + c", { dt: "auto" })).rejects.toThrow(
      'Pde.solve: "dt" expected equations with a longest stable step, got "auto". Use rkf45, or name a time.',
    );
  });

  it("of oscillations is told for steppers that let them grow", async () => {
    // By ln(R) / dt at z = 0.008 i: those of Euler's grow by z^2 / 2, of the others by z^4 / 4 and (1/8 - 1/15) z^4.
    for (const stepper of ["euler", "adams-bashforth", "rkl2"]) await solve("-d_dx(c)", { dt: 0.001, stepper });
    const growths = { euler: 0.008 ** 2 / 2, "adams-bashforth": 0.008 ** 4 / 4, rkl2: (1 / 8 - 1 / 15) * 0.008 ** 4 };
    const told = warn.mock.calls.map(([text]) => / (\S+) lets oscillations grow, by up to (\S+) per/.exec(text)!);
    expect(told.map(([, name]) => name)).toEqual(Object.keys(growths));
    for (const [, name, rate] of told) {
      expect(Number(rate) / (1e3 * growths[name as keyof typeof growths])).toBeCloseTo(1, 2);
    }
    expect(warn.mock.calls[0]).toEqual([
      "Pde.solve: euler lets oscillations grow, by up to 0.0320 per unit of time. Use rk4 to keep them.",
    ]);
    // z^4 / 4 is less than a rounding: who goes on with such steps is not warned of it.
    warn.mockClear();
    await solve("-d_dx(c)", { dt: 1e-5, until: 2e-5, stepper: "adams-bashforth" });
    expect(warn).not.toHaveBeenCalled();
    await expect(solve("-d_dx(c)", { dt: 1, stepper: "rkl2" })).rejects.toThrow(
      'Pde.solve: "dt" expected at most 0.125 for rkl2 to be stable, got 1. Use rk4, a shorter step, or stability: "ignore".',
    );
  });
});

describe("steps by a flow", () => {
  const eq = new Pde({ u: "-u * d_dx(u)", v: "0*v" });
  const solve = (dt: object, changes: object = {}) =>
    eq.solve({ grid, initial: { u: "2 + 0*x", v: -1 }, until: 1, dt: dt as never, stepper: "rk4", ...changes });

  it("go as far through a cell as is allowed", async () => {
    // 2 / (1/8) + 1 / (1/4) cells per unit of time.
    const { steps, time } = await solve({ cfl: 0.5, velocity: ["u", "v"] });
    expect({ steps, time }).toEqual({ steps: 40, time: 1 });
    const limited = await solve({ cfl: 0.5, velocity: ["u", "v"], max: 0.01 });
    expect(limited.steps).toBe(100);
  });

  it("are no longer than other terms allow", async () => {
    const dt = { cfl: 0.5, velocity: ["u", "v"], max: 1 };
    const initial = { u: 0, v: "0.001 + 0*y", c: "cos(pi*x)" };
    const solve = (changes: object) =>
      new Pde({ u: "0*u", v: "0*v", c: "laplace(c) - u*d_dx(c)" }).solve({ grid, initial, until: 0.1, dt, ...changes });
    const { steps, fields } = await solve({});
    expect(steps).toBe(Math.ceil(0.1 / (0.8 * 0.00625)));
    expect((fields.c as Field).max()).toBeLessThan(1);
    expect((await solve({ stability: "ignore" })).steps).toBe(1);
    // The flow alone needs a step of 2 D / u^2 at most.
    await expect(solve({ initial: { ...initial, u: 30 }, dt: { ...dt, cfl: 0.9 } })).rejects.toThrow(
      /^Pde\.solve: "dt" expected steps of at most 0\.00\d+ for euler to be stable, for waves along x, got steps of 0\.00\d+\. Use a smaller cfl, another stepper, or stability: "ignore"\.$/,
    );
    await expect(solve({ adaptive: true })).rejects.toThrow(
      'Pde.solve: "stepper" expected euler, rk4 or ssprk3 for { cfl }, got adaptive euler. Use one of them.',
    );
  });

  it("are refused for a flow at rest, and for what is no flow", async () => {
    const rest = { initial: { u: 0, v: 0 } };
    await expect(solve({ cfl: 0.5, velocity: ["u", "v"] }, rest)).rejects.toThrow(
      'Pde.solve: "dt" expected a flow, or the longest step, got a flow at rest at time 0. Add max to { cfl, velocity }.',
    );
    expect((await solve({ cfl: 0.5, velocity: ["u", "v"], max: 0.5 }, rest)).steps).toBe(2);
    await expect(solve({ cfl: 0, velocity: ["u", "v"] })).rejects.toThrow(
      'Pde.solve: "dt.cfl" expected a number above 0, got 0. Write { cfl: 0.8, velocity: [...] }.',
    );
    await expect(solve({ cfl: 1, velocity: ["u"] })).rejects.toThrow(
      'Pde.solve: "dt.velocity" expected 2 unknowns, got 1. Name one an axis.',
    );
    await expect(solve({ cfl: 1, velocity: ["u", "v"] }, { stepper: "adams-bashforth" })).rejects.toThrow(
      'Pde.solve: "stepper" expected euler, rk4 or ssprk3 for { cfl }, got adams-bashforth. Use one of them.',
    );
  });
});

it("steps by a flow that is no number any more are refused as such", async () => {
  const root = new Pde({ u: "0 * sqrt(u - 1) - u" });
  for (const max of [{}, { max: 0.05 }]) {
    const dt = { cfl: 0.5, velocity: ["u"], ...max };
    const line = new Grid(solo(), { shape: [8], bounds: [[0, 1]] });
    const solve = root.solve({ grid: line, initial: { u: 1.1 }, until: 5, dt, stability: "ignore" });
    await expect(solve).rejects.toThrow(
      /^Pde\.solve: expected finite numbers, got NaN of u in cell \[0\] at time 0\.\d+ \(step \d+\)\. Use a shorter step, or another stepper\.$/,
    );
  }
});

describe("rkl2", () => {
  it("takes the fewest stages that are stable, and is of second order", async () => {
    const eigenvalue = (2 * Math.cos(Math.PI / 8) - 2) * a;
    const error = async (dt: number) => {
      const { fields } = await new Pde({ c: "laplace(c)" }).solve({
        grid,
        initial: { c: "cos(pi*x)" },
        until: 0.2,
        dt,
        stepper: "rkl2",
        stages: 9,
      });
      const x = grid.centre(0, 0);
      return Math.abs((fields.c as Field).interior()[0]! - Math.cos(Math.PI * x) * Math.exp(0.2 * eigenvalue));
    };
    const [coarse, fine] = [await error(0.02), await error(0.01)];
    expect(Math.log2(coarse / fine)).toBeGreaterThan(1.8);
    expect(fine).toBeLessThan(1e-3);
  });

  it("is refused for what oscillates", async () => {
    await expect(
      new Pde({ c: "laplace(c) - 9*d_dx(c)" }).solve({ grid, initial: { c: 0 }, until: 1, dt: 0.1, stepper: "rkl2" }),
    ).rejects.toThrow(
      'Pde.solve: "stepper" expected equations whose damped modes have real eigenvalues for rkl2, got equations whose damped modes oscillate. Use rk4.',
    );
  });
});

describe("noise", () => {
  const large = new Grid(solo(), { shape: [200, 200], bounds: [[0, 10], [0, 10]], periodic: true }); // biome-ignore format: short
  const volume = (10 / 200) ** 2;
  const solve = (options: PdeOptions, changes: object = {}) =>
    new Pde({ c: "0*c" }, options).solve({ grid: large, initial: { c: 1 }, until: 0.1, dt: 0.01, ...changes });
  const moments = async (options: PdeOptions, changes: object = {}) => {
    const { fields } = await solve(options, changes);
    const values = (fields.c as Field).interior();
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
  };

  it("has the variance that is asked for", async () => {
    const { mean, variance } = await moments({ noise: { c: 0.002 } });
    expect(Math.abs(mean - 1)).toBeLessThan(4 * Math.sqrt((0.002 * 0.1) / volume / 40000));
    expect(variance / ((0.002 * 0.1) / volume)).toBeCloseTo(1, 1);
  });

  it("moves the mean in Stratonovich's sense", async () => {
    // dc = sqrt(s c^2 / V) dW has the mean exp(s t / (2 V)) then, and 1 in Ito's sense.
    const noise = { c: "0.001 * c^2" };
    const ito = await moments({ noise }, { stepper: "milstein" });
    const stratonovich = await moments({ noise, interpretation: "stratonovich" }, { stepper: "milstein" });
    expect(ito.mean).toBeCloseTo(1, 2);
    expect(stratonovich.mean).toBeCloseTo(Math.exp((0.001 * 0.1) / (2 * volume)), 2);
  });

  it("is refused where it means nothing", async () => {
    await expect(solve({ noise: { c: 1 } }, { stepper: "rk4" })).rejects.toThrow(
      'Pde.solve: "stepper" expected euler or milstein for noise, got rk4. Use one of them, with a fixed dt.',
    );
    await expect(solve({ noise: { c: "laplace(c)" } })).rejects.toThrow(
      'Pde: "noise.c" expected a variance of one cell, got "laplace(c)". Use unknowns, coordinates and functions.',
    );
  });
});
