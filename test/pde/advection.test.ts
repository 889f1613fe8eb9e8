/** Unknowns that a flow carries along by MPDATA, while they do what their equations say. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Advection, type Field, Grid, type Mask, Mpdata, Pde, type PdeOptions, storage } from "../../src/index.js";
import { temporaryFolder } from "../harness/command.js";
import { messageOf } from "../harness/message.js";
import { solo } from "../harness/run.js";

const folder = temporaryFolder();
const square = (n: number) =>
  new Grid(solo(), { shape: [n, n], bounds: [[-1, 1], [-1, 1]], periodic: true }); // biome-ignore format: a table
const D = 0.01;

/** A Gaussian that is carried along and spreads, over a few periods of the axes. */
function spreading(x: number, y: number, t: number, [u, v]: readonly [number, number]): number {
  const [width, s] = [0.1 ** 2, 0.1 ** 2 + 2 * D * t];
  let sum = 0;
  for (const i of [-2, 0, 2]) {
    for (const j of [-2, 0, 2]) sum += Math.exp(-((x - u * t + i) ** 2 + (y - v * t + j) ** 2) / (2 * s));
  }
  return (width / s) * sum;
}

/** The root of the mean square of the error. */
async function errorOf(n: number, stepper: string, advection: Partial<Advection> = {}): Promise<number> {
  const grid = square(n);
  const flow = [0.6, -0.4] as const;
  const eq = new Pde(
    { c: "D * laplace(c)" },
    { constants: { D, u: flow[0] }, advection: { c: { velocity: { x: "u", y: flow[1] }, ...advection } } },
  );
  const initial = { c: (x: number, y: number) => spreading(x, y, 0, flow) };
  const solution = await eq.solve({ grid, initial, until: 0.4, dt: 0.64 / n, stepper: stepper as "rk4" });
  const c = solution.fields.c as Field;
  const exact = grid.field((x, y) => spreading(x, y, 0.4, flow)).interior();
  const squares = c.interior().map((value, i) => (value - exact[i]!) ** 2);
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}

describe("a Gaussian that is carried along and spreads", () => {
  it.each([
    ["rk4", {}],
    ["rkl2", { nonoscillatory: false }],
    ["crank-nicolson", { iterations: 3, variableSign: true }],
  ] as const)("is met to second order, with %s and %j", async (stepper, scheme) => {
    const [coarse, fine] = [await errorOf(32, stepper, scheme), await errorOf(64, stepper, scheme)];
    expect(Math.log2(coarse / fine)).toBeGreaterThan(1.75);
    expect(fine).toBeLessThan(6e-3);
  });
});

describe("advection", () => {
  const grid = square(24);
  const solve = (advection: Advection, changes: object = {}, options: PdeOptions = {}, on = grid) =>
    new Pde({ c: "0*c" }, { advection: { c: advection }, ...options }).solve({
      ...{ grid: on, initial: { c: "exp(-20*(x^2 + y^2))" }, until: 0.2, dt: 0.02 },
      ...changes,
    });

  it("has the bits of Mpdata where there is nothing else", async () => {
    const scheme = { iterations: 2, infiniteGauge: true, nonoscillatory: true };
    const { fields } = await solve({ velocity: { x: 0.5, y: 0.25 } });
    const psi = grid.field((x, y) => Math.exp(-20 * (x ** 2 + y ** 2)));
    psi.set(((await solve({ velocity: { x: 0 } }, { until: 0 })).fields.c as Field).interior());
    const mpdata = new Mpdata({ psi, courant: [(0.5 * 0.02) / (2 / 24), (0.25 * 0.02) / (2 / 24)], ...scheme });
    mpdata.advance(10);
    expect((fields.c as Field).digest()).toBe(psi.digest());
  });

  it("keeps the sum, in a flow that differs from face to face and changes", async () => {
    const flow = { x: "sin(pi*y) * cos(t)", y: "w * sin(pi*x)" };
    const { fields } = await solve({ velocity: flow }, {}, { constants: { w: 0.5 } });
    const before = (await solve({ velocity: flow }, { until: 0 }, { constants: { w: 0.5 } })).fields.c as Field;
    expect(Math.abs((fields.c as Field).sum() / before.sum() - 1)).toBeLessThan(1e-14);
    const still = await solve({ velocity: flow }, {}, { constants: { w: 0 } });
    expect((still.fields.c as Field).digest()).not.toBe((fields.c as Field).digest());
  });

  it("has the same bits where a text of the flow is compiled, as those of the time are", async () => {
    const box = new Grid(solo(), { shape: [9, 8, 7], periodic: [false, true, false] });
    const flow = { x: "0.1*sin(y)*x", y: "0.2*cos(x + z)", z: "-0.1*z*exp(-y)" };
    const changing = Object.fromEntries(Object.entries(flow).map(([axis, text]) => [axis, `${text} + 0*t`]));
    const [still, moving] = [
      await solve({ velocity: flow }, {}, {}, box),
      await solve({ velocity: changing }, {}, {}, box),
    ];
    expect((moving.fields.c as Field).digest()).toBe((still.fields.c as Field).digest());
  });

  it("goes on after a restart, and cuts its last step", async () => {
    const velocity = { x: "1 + t" };
    const run = (name: string, changes: object) =>
      solve({ velocity }, { track: [storage(join(folder, name), { overwrite: true })], until: 0.15, ...changes });
    const whole = await run("whole.h5", {});
    await run("part.h5", { until: 0.06 });
    const rest = await run("part.h5", { restart: join(folder, "part.restart.h5") });
    expect([rest.steps, (rest.fields.c as Field).digest()]).toEqual([8, (whole.fields.c as Field).digest()]);
    const refused = 'Pde.solve: "restart" expected the advection of the run before';
    const other = solve({ velocity: { x: 1 } }, { restart: join(folder, "part.restart.h5"), until: 0.2 });
    expect(await messageOf(() => other)).toContain(refused);
  });

  it("has steps of 0.8 of what flow and equation allow, of which the equation takes halves", async () => {
    const { steps } = await solve({ velocity: { x: -0.5, y: 0.5 } }, { dt: "auto" });
    // The outflow of a cell is 1 / (2 / 24) in a unit of time.
    expect(steps).toBe(Math.ceil(0.2 / ((0.8 * 2) / 24)));
    const spread = new Pde({ c: "laplace(c)" }, { advection: { c: { velocity: { x: 0.01 } } } });
    const options = { grid, initial: { c: 1 }, until: 0.01 };
    const limit = 2 / (8 * 12 ** 2);
    expect((await spread.solve({ ...options, dt: "auto" })).steps).toBe(Math.ceil(0.01 / (0.8 * 2 * limit) - 1e-9));
    expect(await messageOf(() => spread.solve({ ...options, dt: 2.5 * limit }))).toBe(
      'Pde.solve: "dt" expected half steps of at most 0.001736111111 for euler to be stable, for waves along x, got half steps of 0.002170138888888889. Use dt: "auto", a shorter step, or stability: "ignore".',
    );
  });

  const tooFast = "Name a dt of at most";
  const start = 'and less for a flow that still grows: dt: "auto" looks at the start alone.';
  it.each<[Advection["velocity"], object, string]>([
    [{ x: 5 }, {}, `Pde.solve: "advection.c.velocity" expected an outflow of at most 1 a step from each cell, got 1.20000 at [0, 0], most of it along x, in the step of 0.02 from time 0. ${tooFast} 0.0166, ${start}`],
    [{ x: "1 + 10*t" }, { dt: "auto", until: 1 }, `Pde.solve: "advection.c.velocity" expected an outflow of at most 1 a step from each cell, got 1.06667 at [0, 0], most of it along x, in the step of 0.06666666666666667 from time 0. ${tooFast} 0.0622, ${start}`],
    [{ x: 1, y: "log(0.05 - t) / 10" }, {}, 'Pde.solve: "advection.c.velocity.y" expected finite velocities, got one that is not at [0, 0], in the step from time 0.04. Change its text.'],
    [{ x: "1 + log(x - 0.6)" }, { dt: "auto" }, 'Pde.solve: "advection.c.velocity.x" expected finite velocities, got one that is not at [0, 0], in the step from time 0. Change its text.'],
    [{ x: 0 }, { dt: "auto" }, 'Pde.solve: "dt" expected equations with a longest stable step, got "auto". Name a time.'],
  ])("%j is refused with %j where it goes too far in a step", async (velocity, changes, message) => {
    expect(await messageOf(() => solve({ velocity }, changes))).toBe(message);
  }); // biome-ignore format: a table

  it("lets in what a value at a wall says, and out what comes to one", async () => {
    const channel = new Grid(solo(), { shape: [20, 4], periodic: [false, true] });
    const { fields } = await solve(
      { velocity: { x: 1 } },
      { initial: { c: 1 }, until: 60, dt: 0.5 },
      { boundary: { "x-": { value: 3 } } },
      channel,
    );
    const values = (fields.c as Field).interior();
    expect(Math.max(...values.map((value) => Math.abs(value - 3)))).toBeLessThan(1e-9);
    const mixed = { boundary: { "x+": { mixed: 1 } } };
    expect(await messageOf(() => solve({ velocity: { x: 1 } }, {}, mixed, channel))).toBe(
      'Pde: "boundary" expected { value } of a number or { derivative: 0 } at x+ for the advection of c, got { mixed: 1 }. Give "c:advection" one of them.',
    );
    const apart = { boundary: { c: { "x+": { mixed: 1 } }, "c:advection": { "x+": { derivative: 0 } } } } as const;
    await solve({ velocity: { x: 1 } }, {}, apart, channel);
  });

  it.each<[Partial<Advection>]>([
    [{}],
    [{ iterations: 1 }],
    [{ iterations: 3, thirdOrderTerms: true, divergentFlow: true }],
    [{ dimensionallySplit: true }],
  ])("lets nothing through walls on which the flow is 0, with %j", async (scheme) => {
    for (const shape of [[13], [40], [12, 9], [24, 31], [6, 5, 4]]) {
      const names = ["x", "y", "z"].slice(0, shape.length);
      const box = new Grid(solo(), { shape, bounds: shape.map(() => [0, 1] as const) });
      const velocity = Object.fromEntries(names.map((name) => [name, `${name} * (${name} - 1)`]));
      const initial = { c: `1 + 0.5 * cos(7 * ${names.join(" + 2 * ")})` };
      const run = (until: number) => solve({ velocity, ...scheme }, { initial, until, dt: 0.02 }, {}, box);
      const [before, after] = [await run(0), await run(1)].map(({ fields }) => fields.c as Field);
      expect(Math.abs(after!.sum() / before!.sum() - 1)).toBeLessThan(2e-15);
      expect(after!.digest()).not.toBe(before!.digest());
    }
  });

  it("has on a wall the flow of the text, which lets in and out what it says", async () => {
    // At x = 0 comes in what lies there, at x = 1 leaves three times as much a face.
    const box = new Grid(solo(), { shape: [16, 3], bounds: [[0, 1], [0, 1]], periodic: [false, true] }); // biome-ignore format: a table
    const { fields } = await solve(
      { velocity: { x: "1 + 2*x" }, iterations: 1 },
      { initial: { c: 1 }, until: 0.01, dt: 0.01 },
      {},
      box,
    );
    expect((fields.c as Field).sum() / (16 * 3)).toBeCloseTo(1 - 0.01 * (3 - 1), 14);
    const from = { boundary: { "x-": { value: 2 } } };
    const closing = { velocity: { x: "1 - x" }, iterations: 1 };
    const fed = await solve(closing, { initial: { c: 1 }, until: 0.01, dt: 0.01 }, from, box);
    expect((fed.fields.c as Field).sum() / (16 * 3)).toBeCloseTo(1 + 0.01 * 2, 14);
  });

  it("carries both parts of complex unknowns, of either sign", async () => {
    const eq = new Pde({ psi: "0*psi" }, { complex: ["psi"], advection: { psi: { velocity: { x: 1 } } } });
    const { fields } = await eq.solve({ grid, initial: { psi: "x - i*x" }, until: 0.1, dt: 0.02 });
    const { re, im } = fields.psi as { re: Field; im: Field };
    expect([...re.interior()]).toEqual([...im.interior()].map((value) => -value));
  });

  const flow = { velocity: { x: 1 } };
  it.each<[string, PdeOptions, object, string]>([
    ["a mask", { mask: "x > 0" as Mask }, {}, 'Pde: "mask" expected none with advection, got one. Write the flow as -u * d_dx(c) in the text instead.'],
    ["noise", { noise: { c: 1 } }, {}, 'Pde: "noise" expected none with advection, got some. Write the flow as -u * d_dx(c) in the text instead.'],
    ["a history", {}, { stepper: "adams-bashforth" }, 'Pde.solve: "stepper" expected one of euler, rk4, ssprk3, rkl2, implicit, crank-nicolson for advection, got adams-bashforth. Use one of them.'],
    ["adaptive steps", {}, { adaptive: true }, 'Pde.solve: "stepper" expected one of euler, rk4, ssprk3, rkl2, implicit, crank-nicolson for advection, got adaptive euler. Use one of them.'],
    ["steps by a flow", {}, { dt: { cfl: 1, velocity: ["c", "c"] } }, 'Pde.solve: "dt" expected a time or "auto" with advection, got { cfl }. Name the length of a step.'],
    ["cells of several sizes", {}, { grid: new Grid(solo(), { shape: [8], faces: { x: (s) => s ** 2 } }) }, 'Pde.solve: "grid" expected equal cells for advection, got cells that differ in size along x. Write the flow as -u * d_dx(c) in the text instead.'],
    ["an axis that there is not", { advection: { c: { velocity: { z: 1 } } } }, {}, 'Pde: "advection.c.velocity" expected keys among x, y, got "z". Remove or rename it.'],
    ["an unknown in the flow", { advection: { c: { velocity: { x: "1 + c" } } } }, {}, 'Pde: "advection.c.velocity.x" expected a text of coordinates, t and constants that are numbers, got the name c. Write the flow as -u * d_dx(c) in the text instead.'],
    ["an unknown that there is not", { advection: { d: flow } }, {}, 'Pde: "advection" expected one of c, got "d". Choose one of them.'],
    ["no velocity", { advection: { c: {} as Advection } }, {}, 'Pde: "advection.c.velocity" expected velocities by axis, got undefined. Write { x: 1 }, for example.'],
    ["a velocity that is none", { advection: { c: { velocity: { x: Number.NaN } } } }, {}, 'Pde: "advection.c.velocity.x" expected a number or a text, got NaN. Write "-y", for example.'],
    ["an option that there is not", { advection: { c: { ...flow, passes: 2 } as Advection } }, {}, 'Pde: "advection.c" expected keys among velocity, iterations, infiniteGauge, nonoscillatory, thirdOrderTerms, divergentFlow, variableSign, dimensionallySplit, got "passes". Remove or rename it.'],
    ["a list", { advection: [] as never }, {}, 'Pde: "advection" expected an object with the flows of unknowns, got []. Write { c: { velocity: { x: 1 } } }.'],
  ])("is refused with %s", async (_, options, changes, message) => {
    expect(await messageOf(async () => solve(flow, changes, options))).toBe(message);
  }); // biome-ignore format: a table

  it("is refused for second derivatives in time", async () => {
    expect(await messageOf(async () => new Pde({ c_tt: "laplace(c)" }, { advection: { c: flow } }))).toBe(
      'Pde: "advection" expected first derivatives in time with it, got second ones. Leave it out.',
    );
  });

  it("has the axes of the grid in equations with a name, unless a speed along others is asked for", async () => {
    const on = (shape: readonly number[], parameters = {}, options: PdeOptions = {}, set = {}) => {
      const eq = Pde.named("advection-diffusion", { D: 0.2, ux: 0.5, ...parameters }, options);
      eq.set(set);
      const grid = new Grid(solo(), { shape, periodic: true, halo: 2 });
      return eq.solve({ grid, initial: { c: "exp(-(x - 3)^2)" }, until: 0.2, dt: 0.1 });
    };
    const flows = [{ x: 0.5 }, { x: 0.5, y: 0.5 }, { x: 0.5, y: 0.5 }];
    for (const [i, shape] of [[31], [12, 9], [8, 6, 4]].entries()) {
      const { fields } = await on(shape);
      const eq = new Pde({ c: "0.2 * laplace(c)" }, { advection: { c: { velocity: flows[i]! } } });
      const grid = new Grid(solo(), { shape, periodic: true, halo: 2 });
      const same = await eq.solve({ grid, initial: { c: "exp(-(x - 3)^2)" }, until: 0.2, dt: 0.1 });
      expect((fields.c as Field).digest()).toBe((same.fields.c as Field).digest());
    }
    const text = 'Pde: "advection.c.velocity" expected the key x, got "y". Remove or rename it.';
    expect(await messageOf(() => on([31], { uy: 1 }))).toBe(text);
    expect(await messageOf(() => on([31], {}, {}, { uy: 1 }))).toBe(text);
    const velocity = { x: "ux", y: "uy" };
    expect(await messageOf(() => on([31], {}, { advection: { c: { velocity } } }))).toBe(text);
  });

  it("is a part of equations with a name, and of their description", () => {
    expect(String(Pde.named("advection-diffusion", { D: 2 }))).toMatch(
      /^dc\/dt = D \* laplace\(c\)\nc carried along by MPDATA: ux along x, uy along y\n/,
    );
  });
});
