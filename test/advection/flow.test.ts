/** Flows that solvers are given, and flows that change. */
import { describe, expect, it } from "vitest";
import { Mpdata } from "../../src/advection/mpdata.js";
import { UsageError } from "../../src/errors.js";
import type { FieldValue } from "../../src/grid/field.js";
import { Grid } from "../../src/grid/grid.js";
import { core } from "../../src/wasm/core.js";
import { maxDifference, rms, run, type Settings, type Switches, solo, solverOf } from "../harness/run.js";
import { bitsOf, facesOf, mapCells, product, randomOf } from "../oracle/mpdata.js";

const tau = 2 * Math.PI;
const u = 2 ** -53;
const { cos, sin } = Math;

describe("a velocity with a time step", () => {
  const grid = {
    shape: [9, 7],
    bounds: [
      [0, 3],
      [1, 2],
    ],
    periodic: [true, false],
  } as const;
  const [dx, dy, dt] = [3 / 9, 1 / 7, 0.05];
  const wave = (x: number, y: number) => 2 + sin(x) * cos(y);

  it("is the Courant field u dt / dx", () => {
    const random = randomOf(3);
    const numbers = [0.7, -0.4];
    const functions = [(x: number, y: number) => sin(x + y), (x: number) => cos(x)];
    const arrays = [0, 1].map((axis) => mapCells(facesOf(grid.shape, axis), () => random() - 0.5));
    const scaled = {
      numbers: [0.7 * (dt / dx), -0.4 * (dt / dy)],
      functions: [(x: number, y: number) => sin(x + y) * (dt / dx), (x: number) => cos(x) * (dt / dy)],
      arrays: arrays.map((values, axis) => values.map((value) => value * (dt / [dx, dy][axis]!))),
    };
    for (const [velocity, courant] of [
      [numbers, scaled.numbers],
      [functions, scaled.functions],
      [arrays, scaled.arrays],
    ] as const) {
      const got = run(grid, wave, 6, { velocity, dt, iterations: 3, maxCourant: 4 });
      const expected = run(grid, wave, 6, { courant, iterations: 3, maxCourant: 4 });
      expect(bitsOf(got)).toEqual(bitsOf(expected));
    }
  });

  it("is multiplied by the mean of G on the faces", () => {
    const g = (x: number, y: number) => 1 + 0.25 * sin((tau * x) / 3) * y;
    const mean = (x: number, y: number) => (g(x - dx / 2, y) + g(x + dx / 2, y)) / 2;
    const across = (x: number, y: number) => (g(x, y - dy / 2) + g(x, y + dy / 2)) / 2;
    const got = run({ ...grid, periodic: true }, wave, 6, { velocity: [0.7, -0.4], dt, g });
    const courant = [
      (x: number, y: number) => ((0.7 * dt) / dx) * mean(x, y),
      // Along y the grid wraps, the function does not.
      (x: number, y: number) =>
        ((-0.4 * dt) / dy) * (y < 1.01 || y > 1.99 ? (g(x, 1 + dy / 2) + g(x, 2 - dy / 2)) / 2 : across(x, y)),
    ];
    const expected = run({ ...grid, periodic: true }, wave, 6, { courant, g });
    expect(maxDifference(got, expected)).toBeLessThan(6 * 2 * 100 * u * 3);
  });
});

describe("a flow that changes in time", () => {
  it("is evaluated in every step, at the time of the half step, whatever the flow is given as", () => {
    for (const name of ["courant", "velocity", "stream"] as const) {
      const seen: number[] = [];
      const flow = (_x: number, _y: number, _z: number, time: number) => {
        if (seen.at(-1) !== time) seen.push(time);
        return 0;
      };
      const options = name === "stream" ? { stream: flow } : { [name]: [flow, 0] };
      const { solver } = solverOf({ shape: [4, 4] }, 1, { ...options, dt: 0.25 } as Settings);
      solver.advance(2);
      solver.advance(1);
      expect(seen, name).toEqual([0.125, 0.375, 0.625]);
      expect([solver.time, solver.dt, solver.steps]).toEqual([0.75, 0.25, 3]);
    }
  });

  it("is refused when it gets too fast, before the step that would take it", () => {
    const { solver, field } = solverOf({ shape: [6], periodic: true }, (x) => x, {
      courant: [(_x, _y, _z, time) => 0.3 * time],
    });
    const text =
      'Mpdata: "courant" expected an outflow of at most 1 a step from each cell, got 1.05000 at [0], most of it along x. Take a smaller time step.';
    for (const steps of [9, 1]) {
      expect(() => solver.advance(steps)).toThrow(new UsageError(text));
      expect([solver.steps, solver.time]).toEqual([3, 3]);
    }
    const three = (x: number) => x;
    const twin = solverOf({ shape: [6], periodic: true }, three, { courant: [(_x, _y, _z, time) => 0.3 * time] });
    twin.solver.advance(3);
    expect(bitsOf(field.interior())).toEqual(bitsOf(twin.field.interior()));
  });

  it("is evaluated once when the function does not declare the time", () => {
    let calls = 0;
    const flow = (x: number) => {
      calls++;
      return 0.1 * x;
    };
    const { solver } = solverOf({ shape: [4] }, 1, { courant: [flow] });
    solver.advance(5);
    expect(calls).toBe(5); // One a face.
  });

  it.each([1, 2])("gives second order in time and space with %i axes", (axes) => {
    const error = (n: number) => {
      const shape = new Array<number>(axes).fill(n);
      const grid = { shape, bounds: shape.map(() => [0, 1] as const), periodic: true };
      const dt = 0.25 / n;
      const speed = [1, -0.5];
      const wave = (...position: number[]) => 2 + product(shape.map((_, axis) => sin(tau * position[axis]! + axis)));
      const velocity = speed
        .slice(0, axes)
        .map((one) => (_x: number, _y: number, _z: number, time: number) => one * (1 + 0.5 * sin(5 * time)));
      const steps = 2 * n; // Half a unit of time.
      const got = run(grid, wave, steps, { velocity, dt });
      const way = 0.5 + 0.1 * (1 - cos(2.5)); // The integral of the factor.
      const exact = mapCells(shape, (cell) =>
        wave(...cell.map((index, axis) => (index + 0.5) / n - speed[axis]! * way)),
      );
      return rms(got, exact);
    };
    const [n] = [axes === 1 ? 64 : 48];
    expect(Math.abs(Math.log2(error(n) / error(2 * n)) - 2)).toBeLessThan(0.25);
  });

  it("gives second order with a divergence and a varying G factor, with divergentFlow", () => {
    // With u = a(t) / w(x), G psi / w is carried along W, the integral of w.
    const w = (x: number) => 1 + 0.3 * cos(tau * x);
    const along = (x: number) => x + (0.3 * sin(tau * x)) / tau;
    const g = (x: number) => 1 + 0.2 * sin(tau * x);
    const error = (n: number) => {
      const grid = { shape: [n], bounds: [[0, 1]], periodic: true } as const;
      const dt = 0.2 / n;
      const exact = (x: number, way: number) => (w(x) * (2 + sin(tau * (along(x) - way)))) / g(x);
      const velocity = [(x: number, _y: number, _z: number, time: number) => (1 + 0.5 * sin(5 * time)) / w(x)];
      const steps = 2.5 * n; // Half a unit of time.
      const got = run(grid, (x) => exact(x, 0), steps, { velocity, dt, g, divergentFlow: true });
      const way = 0.5 + 0.1 * (1 - cos(2.5));
      return rms(
        got,
        mapCells([n], ([i]) => exact((i! + 0.5) / n, way)),
      );
    };
    expect(Math.abs(Math.log2(error(128) / error(256)) - 2)).toBeLessThan(0.25);
  });

  it("gives second order in time alone, on a field that space does not blur", () => {
    // A Courant number of 1 but for its change moves psi by almost whole cells: what is left is the error in time of
    // the sum of the flow, which the midpoint rule makes second order.
    const error = (steps: number) => {
      const dt = 1 / steps;
      const rate = (time: number) => 1 + sin(3 * time);
      const { solver, field } = solverOf({ shape: [4], periodic: true }, 1, {
        velocity: [(_x, _y, _z, time) => rate(time)],
        dt,
        source: {
          scheme: "euler",
          rhs: (_fields, [out]) => out!.set(solver.courantNumber() / dt),
        },
      });
      solver.advance(steps);
      return Math.abs(field.interior()[0]! - 1 - (1 + (1 - cos(3)) / 3));
    };
    expect(Math.abs(Math.log2(error(16) / error(32)) - 2)).toBeLessThan(0.05);
  });
});

describe("a stream function", () => {
  const n = 12;
  const grid = {
    shape: [n, n],
    bounds: [
      [0, 2],
      [0, 1],
    ],
  } as const;
  const stream = (x: number, y: number) => sin((Math.PI * x) / 2) * sin(Math.PI * y);

  it("gives a flow free of divergence, G u = d stream / dy, G v = - d stream / dx", () => {
    const g = (x: number, y: number) => 1 + 0.2 * x * y;
    const dt = 0.02;
    const [dx, dy] = [2 / n, 1 / n];
    const { solver, field } = solverOf(grid, 1, { stream, dt, g });
    expect(solver.divergence()).toBeLessThan(10 * u);
    solver.advance(50);
    expect(maxDifference(field.interior(), new Float64Array(n * n).fill(1))).toBeLessThan(50 * 2 * 20 * u);
    const ends = (f: (x: number, y: number) => number, ax: number, ay: number) => (x: number, y: number) =>
      f(x + ax, y + ay) - f(x - ax, y - ay);
    const [up, right] = [ends(stream, 0, dy / 2), ends(stream, dx / 2, 0)];
    const courant = [
      (x: number, y: number) => (dt / dx / dy) * up(x, y),
      (x: number, y: number) => (-dt / dx / dy) * right(x, y),
    ];
    const wave = (x: number, y: number) => 2 + sin(3 * x) * cos(5 * y);
    const got = run(grid, wave, 20, { stream, dt, g });
    expect(maxDifference(got, run(grid, wave, 20, { courant, g }))).toBeLessThan(20 * 2 * 200 * u * 3);
  });

  it("may change in time", () => {
    const turning = (x: number, y: number, _z: number, time: number) => stream(x, y) * cos(time);
    const { solver } = solverOf(grid, 1, { stream: turning, dt: 0.02 });
    const first = solver.courantNumber();
    solver.advance(10);
    expect(solver.courantNumber() / first).toBeCloseTo(cos(0.19) / cos(0.01), 12);
  });
});

describe("divergence()", () => {
  it("is the greatest net outflow of a cell over G, without its sign", () => {
    const { solver } = solverOf({ shape: [4], periodic: true }, 1, { courant: [[0, 0.25, 0, 0, 0]], g: 0.5 });
    expect(solver.divergence()).toBe(0.5);
  });
});

describe("setCourant", () => {
  const grid = { shape: [8, 6], periodic: [true, false] };
  const wave = (x: number, y: number) => 2 + sin(x) * cos(y);
  const flow = [0.3, (x: number, y: number) => 0.2 * sin(x + y)];

  it("gives the bits of a solver that was made with the flow", () => {
    for (const first of [
      [0.1, 0.2],
      [(x: number) => 0.1 * cos(x), 0.2],
    ]) {
      for (const second of [flow, [0.25, -0.125]]) {
        const { solver, field } = solverOf(grid, wave, { courant: first });
        solver.setCourant(second);
        solver.advance(4);
        expect(bitsOf(field.interior())).toEqual(bitsOf(run(grid, wave, 4, { courant: second })));
      }
    }
  });

  it("refuses a flow above the limit or not finite, and keeps the one before", () => {
    const { solver, field } = solverOf(grid, wave, { courant: flow });
    const refuses = (courant: FieldValue[], text: string) =>
      expect(() => solver.setCourant(courant)).toThrow(
        new UsageError(
          `Mpdata: "courant" expected an outflow of at most 1 a step from each cell, got ${text}. ${/not finite/.test(text) ? "Mend the flow there." : "Take a smaller time step."}`,
        ),
      );
    refuses([1.5, 0], "1.50000 at [0, 0], most of it along x");
    refuses([0, Number.NaN], "a value that is not finite at [0, 0], most of it along y");
    solver.advance(2);
    refuses([(x) => (x === 4 ? Number.NaN : 0), 0], "a value that is not finite at [3, 0], most of it along x");
    solver.advance(2);
    expect(bitsOf(field.interior())).toEqual(bitsOf(run(grid, wave, 4, { courant: flow })));
    expect(() => solver.setCourant([0.1])).toThrow(
      new UsageError('Mpdata: "courant" expected 2 entries, one an axis, got 1. Give one for each axis.'),
    );
  });
});

describe("setVelocity", () => {
  const made = (options: Switches & { readonly courant?: readonly number[] } = {}) =>
    solverOf({ shape: [8], bounds: [[0, 4]], periodic: true }, 1, { courant: [0], dt: 0.1, ...options });

  it("takes the mean of the cells on both sides of a face", () => {
    const { solver, grid, field } = made({ maxCourant: 4 });
    const velocity = grid.field((x) => sin((tau * x) / 4));
    solver.setVelocity([velocity]);
    field.set((x) => 2 + cos((tau * x) / 4));
    solver.advance(3);
    const means = (x: number) => (sin((tau * (x - 0.25)) / 4) + sin((tau * (x + 0.25)) / 4)) / 2;
    const expected = run({ shape: [8], bounds: [[0, 4]], periodic: true }, (x) => 2 + cos((tau * x) / 4), 3, {
      velocity: [means],
      dt: 0.1,
    });
    expect(maxDifference(field.interior(), expected)).toBeLessThan(200 * u);
  });

  it("is multiplied by the mean of G, as the option velocity is", () => {
    const grid = { shape: [8], bounds: [[0, 4]] as const, periodic: true };
    const g = (x: number) => 1 + 0.5 * sin((tau * x) / 4);
    const wave = (x: number) => 2 + cos((tau * x) / 4);
    const { solver, field } = solverOf(grid, wave, { courant: [0], dt: 0.1, g });
    solver.setVelocity([field.grid.field(0.75)]);
    solver.advance(5);
    expect(bitsOf(field.interior())).toEqual(bitsOf(run(grid, wave, 5, { velocity: [0.75], dt: 0.1, g })));
  });

  it("is the flow at an open wall too", () => {
    const { solver, field, grid } = solverOf({ shape: [5] }, (x) => x, { courant: [0], dt: 0.5 });
    solver.setVelocity([grid.field(1)]);
    solver.advance(1);
    expect(bitsOf(field.interior())).toEqual(bitsOf(run({ shape: [5] }, (x) => x, 1, { courant: [0.5] })));
  });

  it("extrapolates to the half step: 1.5 u now less 0.5 u before, the first time u", () => {
    const speeds = [1, 2, 2.5];
    const seen: number[] = [];
    const { solver, grid } = made({
      before: (moved) => moved.setVelocity([grid.field(speeds[moved.steps]!)], { extrapolate: true }),
      after: (moved) => void seen.push(moved.courantNumber() / 0.2),
    });
    solver.advance(3);
    for (const [step, speed] of [1, 2.5, 2.75].entries()) expect(seen[step]!).toBeCloseTo(speed, 12);
  });

  it("refuses what does not fit, and keeps the flow before", () => {
    const { solver, grid } = made({ courant: [0.25] });
    const shorter = new Grid(solo(), { shape: [8] }).field(1);
    const refuses = (run: () => void, text: string) => expect(run).toThrow(new UsageError(text));
    refuses(
      () => solver.setVelocity([shorter]),
      'Mpdata.setVelocity: "velocity" expected fields of the grid of psi, got others. Make them with grid.field().',
    );
    refuses(
      () => solver.setVelocity([grid.field(1), grid.field(1)]),
      'Mpdata: "velocity" expected 1 entries, one an axis, got 2. Give one for each axis.',
    );
    refuses(
      () => solver.setVelocity([grid.field(1)], { extrapolates: true } as never),
      'Mpdata.setVelocity: expected the option extrapolate, got "extrapolates". Did you mean extrapolate?',
    );
    refuses(
      () => solver.setVelocity([grid.field(6)]),
      'Mpdata: "velocity" expected an outflow of at most 1 a step from each cell, got 1.20000 at [0], most of it along x. Take a smaller time step.',
    );
    solver.advance(1);
    expect(solver.courantNumber()).toBe(0.25);
  });
});

describe("a solver with all of it", () => {
  it("says what it has, and gives back all memory when it is freed", () => {
    const grid = new Grid(solo(), { shape: [16, 16, 16], periodic: [true, true, false] });
    const psi = [grid.field(1), grid.field(2)];
    const velocity = [0.1, 0.2, 0.3].map((value) => grid.field(value));
    const once = () => {
      const solver = new Mpdata({
        psi,
        velocity: [0, 0, 0],
        dt: 1,
        g: 1.5,
        mu: [0.01, 0, 0.01],
        nonoscillatory: true,
        source: { scheme: "euler", rhs: () => {} },
        before: (stepped) => stepped.setVelocity(velocity, { extrapolate: true }),
      });
      solver.advance(2);
      const text = String(solver);
      solver.free();
      return text;
    };
    expect(once()).toBe(`MPDATA, 2 passes, nonoscillatory, diffusion, sources, G factor, on ${grid}`);
    const before = core().memory.buffer.byteLength;
    for (let round = 0; round < 60; round++) once();
    expect(core().memory.buffer.byteLength).toBe(before);
  });
});
