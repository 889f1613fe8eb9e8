/** Cells that take no part. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { callback, data, type Field, Grid, Output, Pde, type PdeOptions, storage } from "../../src/index.js";
import { temporaryFolder } from "../harness/command.js";
import { solo } from "../harness/run.js";

const folder = temporaryFolder();
const grid = new Grid(solo(), { shape: [12, 10], periodic: [true, false] });
const open = "hypot(x - 6, y - 5) > 2.2";
const initial = { c: `where(${open}, sin(x) + 0.2*y, 7)` };
const isClosed = (place: number) => {
  const [i, j] = [Math.floor(place / 10), place % 10];
  return Math.hypot(i + 0.5 - 6, j + 0.5 - 5) <= 2.2;
};
const solve = (text: string, options: PdeOptions, changes: object = {}) =>
  new Pde({ c: text }, options).solve({ grid, initial, until: 1, dt: 0.1, ...changes });
const valuesOf = async (text: string, options: PdeOptions, changes: object = {}) => {
  const { fields } = await solve(text, options, changes);
  return (fields.c as Field).interior();
};

describe("a mask", () => {
  it.each(["euler", "rk4", "ssprk3", "adams-bashforth", "rkf45", "rkl2"])(
    "keeps the values of closed cells: %s",
    async (stepper) => {
      const values = await valuesOf("laplace(c)", { mask: open }, { stepper });
      values.forEach((value, place) => {
        if (isClosed(place)) expect(value).toBe(7);
      });
    },
  );

  it("leaves no memory where it is refused", async () => {
    const large = new Grid(solo(), { shape: [200, 200] });
    const stranger = new Grid(solo(), { shape: [200, 200] }).field(1);
    const known = large.field();
    const refused = async (times: number) => {
      for (let i = 0; i < times; i++) {
        const solved = solve("laplace(c)", { mask: stranger }, { grid: large, initial: { c: 0 } });
        await expect(solved).rejects.toThrow(
          'Pde: "mask" expected a field of the grid of solve(), got one of another grid.',
        );
      }
      return known.data.buffer.byteLength;
    };
    const before = await refused(2);
    expect(await refused(40)).toBe(before);
    known.free();
  });

  it("that names the time has to be dynamic, and has a number in each cell", async () => {
    const timed =
      'Pde: "mask" expected a text of coordinates and constants, got "x > t". Write { open, dynamic: true } for one that changes with the time.';
    await expect(solve("0", { mask: "x > t" })).rejects.toThrow(timed);
    await solve("0", { mask: { open: "x > t", dynamic: true } });
    await solve("0", { mask: "x > tt", constants: { tt: 1 } });
    const hole = () => grid.field((x, y) => (x === 3.5 && y === 2.5 ? Number.NaN : 1));
    for (const [dynamic, mask] of [
      [false, "sqrt(x - 3)"],
      [true, "sqrt(x - 3)"],
    ] as const) {
      const cell = "NaN in cell [0, 0]";
      await expect(solve("0", { mask: { open: mask, dynamic } })).rejects.toThrow(
        `Pde: "mask" expected finite numbers, got ${cell}. Give each cell a number.`,
      );
      await expect(solve("0", { mask: { open: hole(), dynamic } })).rejects.toThrow(
        'Pde: "mask" expected finite numbers, got NaN in cell [3, 2]. Give each cell a number.',
      );
    }
  });

  it("and constants that are fields are compared by their values in a restart", async () => {
    const path = join(folder, "digests.h5");
    const run = (mask: Field, D: Field, changes: object = {}) =>
      solve("D * laplace(c)", { mask, constants: { D } }, { track: [storage(path, { overwrite: true })], ...changes });
    const half = (limit: number) => grid.field((x) => Number(x > limit));
    await run(half(3), grid.field(0.5));
    const again = (mask: Field, D: Field) =>
      run(mask, D, { until: 2, restart: join(folder, "digests.restart.h5"), track: [] });
    await again(half(3), grid.field(0.5));
    await expect(again(half(3), grid.field(0.25))).rejects.toThrow(
      /^Pde\.solve: "restart" expected the constants of the run before, D = a field with digest \w{16}, got D = a field with digest \w{16}\. Go on with the same equations and options, or start anew\.$/,
    );
    await expect(again(half(4), grid.field(0.5))).rejects.toThrow(
      /^Pde\.solve: "restart" expected the mask of the run before, open = a field \w{16}, got open = a field \w{16}\. Go on/,
    );
  });

  it("is read as it is where faces are frozen", async () => {
    const [mask, dt] = [await valuesOf("laplace(c)", { mask: open }, { until: 0.1 }), 0.1];
    const start = await valuesOf("laplace(c)", { mask: open }, { until: 0 });
    // The neighbour above the closed cells.
    const at = (i: number, j: number) => start[10 * i + j]!;
    const [i, j] = [6, 7];
    const laplace = at(i + 1, j) + at(i - 1, j) + at(i, j + 1) + at(i, j - 1) - 4 * at(i, j);
    expect(isClosed(10 * i + j - 1)).toBe(true);
    expect(mask[10 * i + j]).toBeCloseTo(at(i, j) + dt * laplace, 13);
  });

  it("lets nothing through faces of derivative 0, in nested operators too", async () => {
    for (const text of ["laplace(c)", "laplace(c^3 - c - 0.1*laplace(c))", "div((1 + 0.1*x) * grad(c))"]) {
      const mass = data({ mass: "integral(c)", mean: "average(c)", most: "max(c)" }, { steps: 1 });
      const mask = { open, faces: { derivative: 0 as const } };
      await solve(text, { mask }, { dt: 0.01, until: 0.1, track: [mass] });
      const [first, last] = [mass.rows[0]!, mass.rows.at(-1)!];
      expect(last.mass).toBeCloseTo(first.mass!, 11);
      const cells = Array.from({ length: 120 }, (_, place) => place).filter((place) => !isClosed(place)).length;
      expect(first.mean).toBeCloseTo(first.mass! / cells, 13);
      expect(first.most).toBeLessThan(4);
    }
  });

  it("pulls open cells to the value of faces", async () => {
    const mask = { open, faces: { value: 2 } };
    const values = await valuesOf("laplace(c)", { mask, boundary: { y: { value: 2 } } }, { until: 60, dt: 0.2 });
    values.forEach((value, place) => {
      if (!isClosed(place)) expect(value).toBeCloseTo(2, 3);
    });
  });

  it("shows closed cells as NaN in files, and not in a restart", async () => {
    const path = join(folder, "mask.h5");
    const options = { mask: open };
    const whole = await valuesOf("laplace(c)", options, { until: 2 });
    await solve("laplace(c)", options, { track: [storage(path)] });
    const file = await Output.open(path);
    expect([...file.read("c", -1)].map(Number.isNaN)).toEqual(
      Array.from({ length: 120 }, (_, place) => isClosed(place)),
    );
    file.close();
    const rest = await valuesOf("laplace(c)", options, { until: 2, restart: join(folder, "mask.restart.h5") });
    expect([...rest]).toEqual([...whole]);
  });

  it.each([{}, { gzip: 1 }, { beside: true }, { backend: "gather" } as const])(
    "leaves the figures of frames to open cells: %j",
    async (how) => {
      const path = join(folder, "figures.h5");
      const values = await valuesOf(
        "laplace(c)",
        { mask: open },
        { track: [storage(path, { ...how, overwrite: true })] },
      );
      const opened = [...values].filter((_, place) => !isClosed(place));
      const file = await Output.open(path);
      const sum = grid.field(values.map((value, place) => (isClosed(place) ? 0 : value))).sum();
      expect(file.diagnostics(-1)).toMatchObject({ min: Math.min(...opened), max: Math.max(...opened), sum });
      file.close();
    },
  );

  it("leaves frames without open cells no extremes", async () => {
    const path = join(folder, "closed.h5");
    await solve("laplace(c)", { mask: "x < x" }, { track: [storage(path)] });
    const file = await Output.open(path);
    expect(file.diagnostics(-1)).toMatchObject({ min: Number.NaN, max: Number.NaN, sum: 0 });
    file.close();
  });

  it.each<[unknown, string]>([
    [1, 'Pde: "mask" expected a text, a field, or { open, faces }, got 1. Write "hypot(x, y) > 1", for example.'],
    [
      { faces: "frozen" },
      'Pde: "mask.open" expected a text or a field, got undefined. Write "hypot(x, y) > 1", for example.',
    ],
    [
      { open, faces: { derivative: 1 } },
      'Pde: "mask.faces" expected "frozen", { derivative: 0 } or { value }, got {"derivative":1}. Use one of them.',
    ],
    ["c > 1", 'Pde: "mask" expected a name that is known, got "c". Known are x, y, t, pi.\n  c > 1\n  ^'],
  ])("is refused: %j", async (mask, message) => {
    const error = await Promise.resolve()
      .then(() => solve("laplace(c)", { mask } as never))
      .catch((thrown: Error) => thrown.message);
    expect(error).toBe(message);
  });

  it("is refused with what needs all neighbours", async () => {
    const mask = { open, faces: { derivative: 0 as const } };
    await expect(solve("laplace9(c)", { mask })).rejects.toThrow(
      'Pde: "c" expected frozen cells for 9 points, got a mask with faces.',
    );
  });

  it("keeps closed cells where equations are of second order in time", async () => {
    const eq = new Pde({ c_tt: "laplace(c)" }, { mask: open });
    const { fields } = await eq.solve({ grid, initial: { ...initial, c_t: 1 }, until: 1, dt: 0.1 });
    (fields.c as Field).interior().forEach((value, place) => {
      if (isClosed(place)) expect(value).toBe(7);
    });
  });
});

describe("implicit steps with a mask", () => {
  const faces = ["frozen", { derivative: 0 }, { value: 2 }] as const;

  it.each(faces)("solve the equations of a step in open cells: %j", async (faces) => {
    const options = { mask: { open, faces }, boundary: { y: { value: "x / 12" } } };
    const dt = 0.4;
    const start = await valuesOf("0", options);
    const values = await valuesOf("laplace(c) - c^3", options, { stepper: "implicit", dt, until: dt });
    // Laplacians of the new values, by a step of Euler's method that is so short that nothing moves.
    const c = grid.field(values);
    const moved = await valuesOf("laplace(c)", options, { initial: { c }, dt: 1, until: 1, stability: "ignore" });
    let largest = 0;
    values.forEach((value, place) => {
      if (isClosed(place)) expect(value).toBe(7);
      else {
        const residual = value - dt * (moved[place]! - value) - (start[place]! - dt * start[place]! ** 3);
        largest = Math.max(largest, Math.abs(residual));
      }
    });
    expect(largest).toBeLessThan(1e-12);
  });

  it.each(["implicit", "crank-nicolson"])("come to the same as explicit ones: %s", async (stepper) => {
    const options = {
      mask: { open, faces: { derivative: 0 as const } },
      points: [{ field: "c", at: [1, 1], source: 2 }],
    };
    const exact = await valuesOf("laplace(c)", options, { stepper: "rk4", dt: 0.01 });
    const error = async (dt: number) => {
      const values = await valuesOf("laplace(c)", options, { stepper, dt });
      return Math.max(...values.map((value, i) => Math.abs(value - exact[i]!)));
    };
    const [coarse, fine] = [await error(0.05), await error(0.025)];
    const order = stepper === "implicit" ? 1 : 2;
    expect(Math.log2(coarse / fine)).toBeGreaterThan(order - 0.2);
  });
});

describe("a dynamic mask", () => {
  it("opens cells at the start of the step behind their time, which go on from what they kept", async () => {
    // A front that moves by a cell in each step.
    const mask = { open: "x < 2 + 10 * t", faces: "frozen" as const, dynamic: true };
    const values = await valuesOf("1", { mask }, { initial: { c: "x" }, until: 0.5, dt: 0.1 });
    const wanted = Array.from({ length: 120 }, (_, place) => {
      const x = Math.floor(place / 10) + 0.5;
      return [0, 0.1, 0.2, 0.3, 0.4].filter((t) => x < 2 + 10 * t).length;
    });
    values.forEach((value, place) => {
      expect(value).toBeCloseTo(Math.floor(place / 10) + 0.5 + 0.1 * wanted[place]!, 13);
    });
  });

  it.each(["euler", "rk4", "ssprk3", "rkf45", "implicit"])("may be of unknowns: %s", async (stepper) => {
    const mass = data({ mass: "integral(c)", cells: "integral(1 + 0*c)" }, { steps: 1 });
    const mask = { open: "c > 0.5", faces: { derivative: 0 as const }, dynamic: true };
    const changes = { initial: { c: "where(x < 6, 1, 0.1)" }, stepper, dt: 0.05, until: 0.5, track: [mass] };
    const values = await valuesOf("-c + laplace(c)", { mask }, changes);
    // Open cells decay until they are at a half, closed ones keep their value.
    values.forEach((value, place) => {
      expect(value).toBeCloseTo(place < 60 ? Math.exp(-0.5) : 0.1, 1);
    });
    expect(mass.rows[0]!.cells).toBe(60);
    expect(mass.rows.at(-1)!.cells).toBe(60);
    const longer = await valuesOf("-c + laplace(c)", { mask }, { ...changes, until: 2 });
    const still = await valuesOf("-c + laplace(c)", { mask }, { ...changes, until: 4 });
    expect([...still]).toEqual([...longer]);
    expect(longer[0]).toBeLessThanOrEqual(0.5);
    expect(longer[0]).toBeGreaterThan(0.45);
  });

  it("may be a field that a program changes", async () => {
    const gate = grid.field(0);
    const open = callback(
      ({ step }) => {
        if (step === 3) gate.set((x) => Number(x < 4));
      },
      { steps: 1 },
    );
    const values = await valuesOf("1", { mask: { open: gate, dynamic: true } }, { initial: { c: 0 }, track: [open] });
    values.forEach((value, place) => {
      expect(value).toBeCloseTo(place < 40 ? 0.7 : 0, 13);
    });
  });

  it("has the bits of a run without a break after a restart, and closed cells as they were", async () => {
    const mask = { open: "c > 0.3 + 0.1 * sin(3 * t)", faces: { derivative: 0 as const }, dynamic: true };
    const changes = { initial: { c: "abs(sin(x) + cos(y))" }, dt: 0.02, stepper: "rk4" };
    const run = (until: number, rest: object) => valuesOf("laplace(c) - c", { mask }, { ...changes, until, ...rest });
    const whole = await run(0.6, {});
    await run(0.4, { track: [storage(join(folder, "dynamic.h5"))] });
    const restart = join(folder, "dynamic.restart.h5");
    const again = { restart, track: [storage(join(folder, "dynamic.h5"))] };
    expect([...(await run(0.4, again))].map(Number.isNaN)).not.toContain(true);
    expect([...(await run(0.6, again))]).toEqual([...whole]);
  });

  it.each<[object, object, string]>([
    [{ dynamic: 1 }, {}, 'Pde: "mask.dynamic" expected true or false, got 1. Leave it out for false.'],
    [
      { dynamic: true },
      { stepper: "adams-bashforth" },
      'Pde.solve: "stepper" expected one that keeps no history, for a dynamic mask, got adams-bashforth. Use rk4, for example.',
    ],
  ])("is refused: %j", async (mask, changes, message) => {
    const error = await Promise.resolve()
      .then(() => solve("laplace(c)", { mask: { open, ...mask } } as never, changes))
      .catch((thrown: Error) => thrown.message);
    expect(error).toBe(message);
  });

  it("is refused with second derivatives in time", async () => {
    const eq = new Pde({ c_tt: "laplace(c)" }, { mask: { open, dynamic: true } });
    await expect(eq.solve({ grid, initial, until: 1, dt: 0.1 })).rejects.toThrow(
      'Pde.solve: "stepper" expected one that keeps no history, for a dynamic mask, got leapfrog. Make the rate an unknown of its own, and use rk4.',
    );
  });
});
