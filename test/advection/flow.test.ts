import { describe, expect, it } from "vitest";
import { Mpdata } from "../../src/advection/mpdata.js";
import { UsageError } from "../../src/errors.js";
import type { Field, FieldValue } from "../../src/grid/field.js";
import { Grid, type GridOptions } from "../../src/grid/grid.js";
import { core } from "../../src/wasm/core.js";
import { maxDifference, rms, run, type Settings, type Switches, solo } from "../harness/run.js";
import { bitsOf, facesOf, mapCells, product, randomOf } from "../oracle/mpdata.js";

const tau = 2 * Math.PI;
const u = 2 ** -53;
const { cos, exp, sin, sqrt } = Math;

/** A solver on a new grid, with its field. */
function solverOf(grid: GridOptions, psi: FieldValue, options: Settings) {
  const field = new Grid(solo(), grid).field(psi);
  return { solver: new Mpdata({ psi: field, ...options }), field, grid: field.grid };
}

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
          `Mpdata: "courant" expected an outflow of at most 1 a step from each cell, got ${text}. Take a smaller time step.`,
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

describe("hooks", () => {
  it("are called around each step, with psi at hand, and may change it", () => {
    const calls: string[] = [];
    const { solver, field } = solverOf({ shape: [6], periodic: true }, (x) => x, {
      courant: [1],
      iterations: 3,
      dt: 2,
      before: (stepped) =>
        void calls.push(`before ${stepped.steps} ${stepped.time} ${stepped.fields[0]!.interior()[0]}`),
      after: (stepped) => {
        calls.push(`after ${stepped.steps} ${stepped.time} ${stepped.fields[0]!.interior()[0]}`);
        stepped.fields[0]!.set(stepped.fields[0]!.interior().map((value) => value + 10));
      },
    });
    solver.advance(2);
    // A Courant number of 1 moves by a cell: what lies in the last cell comes into the first.
    expect(calls).toEqual(["before 0 0 0.5", "after 1 2 5.5", "before 1 2 15.5", "after 2 4 14.5"]);
    expect([...field.interior()]).toEqual([24.5, 25.5, 20.5, 21.5, 22.5, 23.5]);
  });

  it("may not take steps", () => {
    const { solver } = solverOf({ shape: [6] }, 1, {
      velocity: [0],
      dt: 1,
      before: (stepped) => void stepped.advance(),
    });
    expect(() => solver.advance()).toThrow(
      new UsageError("Mpdata.advance: expected no step under way, got a call from a hook. Call it elsewhere."),
    );
    const { solver: nested } = solverOf({ shape: [6] }, 1, {
      velocity: [0],
      dt: 1,
      after: (stepped) => void stepped.advanceTo(9),
    });
    expect(() => nested.advance()).toThrow(
      new UsageError("Mpdata.advanceTo: expected no step under way, got a call from a hook. Call it elsewhere."),
    );
  });
});

describe("sources", () => {
  const still = { courant: [0], dt: 0.1 };
  const grid = { shape: [5], periodic: true };

  it("by Euler's rule add the whole step before the advection", () => {
    const { solver, field } = solverOf(grid, 1, {
      ...still,
      source: { scheme: "euler", rhs: ([psi], [out]) => out!.set(psi!.interior().map((value) => -2 * value)) },
    });
    solver.advance(10);
    for (const value of field.interior()) expect(value).toBeCloseTo(0.8 ** 10, 14);
  });

  it("by the trapezoidal rule add half of it before and half after, implicit where given", () => {
    const times: number[] = [];
    const decay = (h: number) => (psi: Field) => Array.from(psi.interior(), (value) => (-2 * value) / (1 + 2 * h));
    const made = (implicit: boolean) =>
      solverOf(grid, 1, {
        ...still,
        source: {
          scheme: "trapezoidal",
          rhs: ([psi], [out], time) => {
            times.push(time);
            out!.set(decay(0)(psi!));
          },
          ...(implicit
            ? {
                implicit: ([psi], [out], time, step) => {
                  times.push(time, step);
                  out!.set(decay(step)(psi!));
                },
              }
            : {}),
        },
      });
    const explicit = made(false);
    explicit.solver.advance(2);
    expect(explicit.field.interior()[0]).toBeCloseTo(0.9 ** 4, 14);
    expect(times).toEqual([0, 0.1, 0.1, 0.2]);
    times.length = 0;
    const solved = made(true);
    solved.solver.advance(2);
    expect(solved.field.interior()[0]).toBeCloseTo((0.9 / 1.1) ** 2, 14);
    expect(times).toEqual([0, 0.1, 0.05, 0.1, 0.2, 0.05]);
  });

  it("see halos that are set, and rates of 0", () => {
    const { solver, field } = solverOf({ shape: [4] }, (x) => x, {
      ...still,
      source: {
        scheme: "euler",
        rhs: ([psi], [out]) => {
          expect([...out!.interior()]).toEqual([0, 0, 0, 0]);
          for (let i = 0; i < 4; i++) {
            out!.data[out!.index(i)] = psi!.data[psi!.index(i + 1)]! - psi!.data[psi!.index(i - 1)]!;
          }
        },
      },
    });
    solver.advance(1);
    expect([...field.interior()]).toEqual([0.5 + 0.1, 1.5 + 0.2, 2.5 + 0.2, 3.5 + 0.1]);
  });
});

describe("advanceTo", () => {
  const grid = { shape: [10], bounds: [[0, 1]], periodic: true } as const;
  const dts: number[] = [];
  const made = (rate: (time: number) => number, dt = 0.1) => {
    dts.length = 0;
    return solverOf(grid, (x) => 2 + sin(tau * x), {
      velocity: [(_x, _y, _z, time) => rate(time)],
      dt,
      after: (stepped) => void dts.push(stepped.dt),
    });
  };

  it("meets the time exactly and reports the steps", () => {
    const { solver } = made(() => 0.5);
    expect(solver.advanceTo(0.35)).toBe(4);
    expect(solver.time).toBe(0.35);
    expect(dts.slice(0, 3)).toEqual([0.1, 0.1, 0.1]);
    expect(dts[3]).toBeCloseTo(0.05, 14);
    expect(solver.advanceTo(0.35)).toBe(0);
    // What rounding leaves over is no step of its own.
    expect(solver.advanceTo(0.35 + 3 * 0.1)).toBe(3);
    expect(solver.time).toBe(0.35 + 3 * 0.1);
    solver.advance(1);
    expect(solver.dt).toBe(0.1);
  });

  it("halves the step above the limit and doubles it below half of it, up to the given one", () => {
    const { solver } = made((time) => (time < 0.25 ? 0.5 : time < 0.8 ? 1.9 : 0.4), 0.1);
    const steps = solver.advanceTo(1.2, { maxCourant: 0.5 });
    expect(dts.length).toBe(steps);
    // The half step after 0.2 ends at 0.225, when the flow is slow still.
    expect(dts.slice(0, 4)).toEqual([0.1, 0.1, 0.05, 0.025]);
    expect(Math.max(...dts.slice(-4, -1))).toBe(0.1);
    expect(solver.time).toBe(1.2);
    expect(dts.reduce((sum, dt) => sum + dt, 0)).toBeCloseTo(1.2, 12);
  });

  it("has the bits of steps of the given time where those fit", () => {
    const [timed, counted] = [made(() => 0.5), made(() => 0.5)];
    timed.solver.advanceTo(1);
    counted.solver.advance(10);
    expect(bitsOf(timed.field.interior())).toEqual(bitsOf(counted.field.interior()));
    expect(timed.solver.steps).toBe(10);
  });

  it("fits steps to velocities that are set before each", () => {
    const steps: number[] = [];
    const { solver, grid: box } = solverOf(grid, 1, {
      velocity: [0],
      dt: 0.1,
      before: (stepped) => stepped.setVelocity([box.field(1 + 4 * stepped.time)], { extrapolate: true }),
      after: (stepped) => void steps.push(stepped.dt, stepped.courantNumber()),
    });
    solver.advanceTo(1, { maxCourant: 0.8 });
    expect(solver.time).toBe(1);
    for (const value of steps.filter((_, place) => place % 2)) expect(value).toBeLessThanOrEqual(0.8 + 1e-9);
    expect(Math.min(...steps.filter((_, place) => place % 2 === 0))).toBe(0.0125);
  });

  it("refuses what makes no sense", () => {
    const { solver } = made((time) => (time > 2 ? Number.NaN : 0.5));
    const refuses = (run: () => void, text: string) => expect(run).toThrow(new UsageError(text));
    solver.advanceTo(0.5);
    for (const time of [0.4, Number.NaN, Number.POSITIVE_INFINITY]) {
      refuses(
        () => solver.advanceTo(time),
        `Mpdata.advanceTo: "time" expected a number from 0.5, the time of the fields, got ${time}. Give the time to reach.`,
      );
    }
    for (const maxCourant of [0, -1, 1.5, Number.NaN]) {
      refuses(
        () => solver.advanceTo(1, { maxCourant }),
        `Mpdata.advanceTo: "maxCourant" expected a number above 0, at most 1 as for the solver, got ${maxCourant}. Leave it out for 1.`,
      );
    }
    refuses(
      () => solver.advanceTo(1, { courant: 1 } as never),
      'Mpdata.advanceTo: expected the option maxCourant, got "courant". Remove or rename it.',
    );
    refuses(
      () => solverOf(grid, 1, { courant: [0.5] }).solver.advanceTo(1),
      'Mpdata.advanceTo: expected a flow of "velocity" or "stream", got "courant", which is of one time step. Give the velocity, or use advance.',
    );
    refuses(
      () => solver.advanceTo(3),
      'Mpdata: "velocity" expected an outflow of at most 1 a step from each cell, got a value that is not finite at [0], most of it along x. Take a smaller time step.',
    );
    const setting = solverOf(grid, 1, { velocity: [0.5], dt: 0.1, before: (stepped) => stepped.setCourant([0]) });
    refuses(
      () => setting.solver.advanceTo(1),
      "Mpdata.setCourant: expected a step of known time, got one of advanceTo. Use setVelocity, or advance.",
    );
  });
});

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

describe("dpdc", () => {
  /** One field of 1 axis, periodic, written plainly: FCT and, in the last pass, the sum of the series. */
  function plain(start: Float64Array, c: number, iterations: number, steps: number): Float64Array {
    const n = start.length;
    const eps = 1e-15;
    let psi = start;
    const at = (values: Float64Array, i: number) => values[(i + n) % n]!;
    for (let step = 0; step < steps; step++) {
      const first = psi;
      let velocity = new Float64Array(n).fill(c);
      let limited = velocity;
      for (let pass = 1; pass <= iterations; pass++) {
        const now = psi;
        const flux = (v: Float64Array, i: number) =>
          Math.max(at(v, i), 0) * at(now, i - 1) + Math.min(at(v, i), 0) * at(now, i);
        if (pass > 1) {
          const before = velocity;
          velocity = now.map((_, i) => {
            const half = (at(now, i) - at(now, i - 1)) / (at(now, i) + at(now, i - 1) + eps);
            const r = Math.abs(before[i]!) * (1 - Math.abs(before[i]!)) * half;
            if (pass < iterations) return r;
            const a = Math.min(Math.abs(half), 1 - 2 ** -20);
            const v1 = 1 / (1 - a);
            return r * (r * ((-half * v1) / (1 - a * a)) + v1);
          });
          const next = velocity;
          const bounds = [-1, 0, 1];
          const up = now.map((value, i) => {
            const most = Math.max(...bounds.flatMap((d) => [at(now, i + d), at(first, i + d)]));
            return (most - value) / (Math.max(flux(next, i), 0) - Math.min(flux(next, i + 1), 0) + eps);
          });
          const down = now.map((value, i) => {
            const least = Math.min(...bounds.flatMap((d) => [at(now, i + d), at(first, i + d)]));
            return (value - least) / (Math.max(flux(next, i + 1), 0) - Math.min(flux(next, i), 0) + eps);
          });
          limited = next.map(
            (v, i) =>
              Math.max(v, 0) * Math.min(1, at(down, i - 1), up[i]!) +
              Math.min(v, 0) * Math.min(1, at(up, i - 1), down[i]!),
          );
        }
        psi = now.map((value, i) => value - (flux(limited, i + 1) - flux(limited, i)));
      }
    }
    return psi;
  }

  it.each([2, 3])("is the plain formula, with %i passes", (iterations) => {
    const n = 40;
    const start = mapCells([n], ([i]) => (i! > 8 && i! < 20 ? 4 : 1) + 0.1 * sin(i!));
    const got = run({ shape: [n], periodic: true }, start, 30, {
      courant: [0.35],
      iterations,
      nonoscillatory: true,
      dpdc: true,
    });
    expect(maxDifference(got, plain(start, 0.35, iterations, 30))).toBeLessThan(1e-13);
  });

  it("is closer to the exact solution than as many passes without it", () => {
    const n = 64;
    const wave = (x: number) => 2 + sin((tau * x) / n);
    const error = (dpdc: boolean) => {
      const got = run({ shape: [n], periodic: true }, wave, 2 * n, { courant: [0.5], nonoscillatory: true, dpdc });
      return rms(
        got,
        mapCells([n], ([i]) => wave(i! + 0.5)),
      );
    };
    expect(error(true)).toBeLessThan(0.75 * error(false));
    expect(sqrt(error(true))).toBeGreaterThan(0);
  });
});
