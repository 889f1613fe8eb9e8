/** Diffusion beside advection. */
import { describe, expect, it } from "vitest";
import { maxDifference, rms, run, solverOf } from "../harness/run.js";
import { bitsOf, facesOf, mapCells, product } from "../oracle/mpdata.js";

const tau = 2 * Math.PI;
const u = 2 ** -53;
const { cos, exp, sin } = Math;

describe("diffusion", () => {
  /** The error of a Gaussian that spreads, by cells; with G = exp(a x) it drifts too, at the rate -mu a. */
  function error(n: number, a: number, axes: number): number {
    const [mu, sigma] = [0.02, 0.5];
    const shape = new Array<number>(axes).fill(n);
    const grid = { shape, bounds: shape.map(() => [-4, 4] as const), periodic: a === 0 };
    const dt = (0.1 * (8 / n) ** 2) / mu / axes;
    const steps = Math.round(4 / dt);
    const exact = (time: number, ...position: number[]) => {
      const width = sigma ** 2 + 2 * mu * time;
      const d2 = position.reduce((sum, x, axis) => sum + (x + (axis === 0 ? mu * a * time : 0)) ** 2, 0);
      return 0.5 + (sigma ** 2 / width) ** (axes / 2) * exp(-d2 / (2 * width));
    };
    const got = run(grid, (...position) => exact(0, ...position.slice(0, axes)), steps, {
      courant: shape.map(() => 0),
      dt,
      mu: shape.map(() => mu),
      ...(a === 0 ? {} : { g: (x: number) => exp(a * x) }),
    });
    return rms(
      got,
      mapCells(shape, (cell) => exact(steps * dt, ...cell.map((index) => -4 + ((index + 0.5) * 8) / n))),
    );
  }

  it.each([
    { axes: 1, a: 0, n: 64 },
    { axes: 1, a: 0.5, n: 64 },
    { axes: 2, a: 0, n: 32 },
    { axes: 3, a: 0, n: 16 },
  ])("spreads a Gaussian with second order, $axes axes, G = exp($a x)", ({ axes, a, n }) => {
    const errors = [error(n, a, axes), error(2 * n, a, axes)] as const;
    expect(Math.abs(Math.log2(errors[0] / errors[1]) - 2), String(errors)).toBeLessThan(0.3);
  });

  it("of 0 changes no bit", () => {
    const wave = (x: number) => 2 + sin(x);
    for (const periodic of [true, false]) {
      const options = { courant: [0.3, 0.2], dt: 1, iterations: 3 };
      const got = run({ shape: [9, 8], periodic }, wave, 5, { ...options, mu: [0, 1e-300] });
      expect(bitsOf(got)).toEqual(bitsOf(run({ shape: [9, 8], periodic }, wave, 5, options)));
    }
  });

  it("has the same bits for any width of the halo, and for numbers, functions and arrays", () => {
    const wave = (x: number, y: number, z: number) => 2 + sin(x + 2 * y) * cos(z);
    const values = [0.2, -0.15, 0.1];
    for (const shape of [[7], [7, 6], [5, 4, 6]]) {
      for (const periodic of [true, false]) {
        for (const iterations of [1, 2, 3]) {
          const mu = [0.05, 0.02, 0.04].slice(0, shape.length);
          const numbers = values.slice(0, shape.length);
          const arrays = numbers.map((value, axis) => new Float64Array(product(facesOf(shape, axis))).fill(value));
          const all = [numbers, numbers.map((value) => () => value), arrays].flatMap((courant) =>
            [1, 2, 3].map((halo) =>
              bitsOf(run({ shape, periodic, halo }, wave, 4, { courant, dt: 1, mu, iterations, maxCourant: 4 })),
            ),
          );
          for (const bits of all) expect(bits).toEqual(all[0]);
        }
      }
    }
  });

  it("does not pass open walls, and in f32 is that of f64 to its rounding", () => {
    const wave = (x: number, y: number) => 2 + sin(x) * cos(2 * y);
    const options = { courant: [0, 0], dt: 1, mu: [0.1, 0.08], iterations: 3 };
    const got = run({ shape: [9, 8] }, wave, 20, options);
    const before = run({ shape: [9, 8] }, wave, 0, options);
    const sum = (values: Float64Array) => values.reduce((all, value) => all + value, 0);
    expect(Math.abs(sum(got) - sum(before))).toBeLessThan(20 * 3 * 72 * 10 * u);
    expect(Math.max(...got) - Math.min(...got)).toBeLessThan(0.6 * (Math.max(...before) - Math.min(...before)));
    const single = run({ shape: [9, 8] }, wave, 20, options, "f32");
    expect(maxDifference(single, got)).toBeLessThan(20 * 3 * 60 * 3 * 2 ** -24);
  });

  it("keeps the sum, and takes signed psi with variableSign", () => {
    const { solver, field } = solverOf({ shape: [16], periodic: true }, (x) => sin((tau * x) / 16) + 0.25, {
      courant: [0.2],
      dt: 1,
      mu: [0.1],
      variableSign: true,
      nonoscillatory: true,
    });
    const before = field.sum();
    solver.advance(50);
    expect(Math.abs(field.sum() - before)).toBeLessThan(50 * 2 * 16 * 10 * u);
    expect(field.max()).toBeLessThan(0.75);
  });
});
