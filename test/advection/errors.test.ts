import { describe, expect, it } from "vitest";
import { Mpdata } from "../../src/advection/mpdata.js";
import type { MpdataOptions } from "../../src/advection/options.js";
import { UsageError } from "../../src/errors.js";
import { Grid } from "../../src/grid/grid.js";
import { solo } from "../harness/run.js";

const [nan, infinity] = [Number.NaN, Number.POSITIVE_INFINITY];
const gridOf = (shape: number[], periodic: boolean[], halo = 2) => new Grid(solo(), { shape, periodic, halo });
const grid = () => gridOf([6, 5], [true, false]);

/** A solver on 6 x 5 cells, periodic along x, of psi = 1, with options that are wrong in one way. */
const make = (options: object) =>
  new Mpdata({ psi: grid().field(1), courant: [0.1, 0.2], ...options } as unknown as MpdataOptions);

const tooFast = (limit: number, text: string) =>
  `Mpdata: "courant" expected an outflow of at most ${limit} a step from each cell, got ${text}. ${/not finite/.test(text) ? "Mend the flow there." : "Take a smaller time step."}`;
const known =
  "psi, courant, velocity, stream, dt, g, iterations, infiniteGauge, nonoscillatory, thirdOrderTerms, divergentFlow, variableSign, dimensionallySplit, dpdc, mu, source, before, after, boundary, gBoundary, courantBoundary, epsilon, maxCourant, overlap";
const onOff = (name: string, got: string) =>
  `Mpdata: "${name}" expected true or false, got ${got}. Leave it out for false.`;
const alone = (name: string) =>
  `Mpdata: "${name}" expected at least 2 passes, got iterations: 1. Leave it out, or use iterations: 2.`;
const onePerSign =
  'Mpdata: "variableSign" expected no infiniteGauge, got both. Each makes fields of either sign possible; choose one.';
const thin = 'Mpdata: "psi" expected a grid with a halo of at least 2, got 1. Make the grid with halo: 2.';
const unknown = (name: string, near: string) =>
  `Mpdata: expected options among ${known}, got "${name}". Did you mean ${near}?`;
const passes = (got: unknown) => `Mpdata: "iterations" expected a whole number from 1 to 1000000, got ${got}. Use 2.`;
const epsilon = (got: unknown) =>
  `Mpdata: "epsilon" expected a number from 1e-150, got ${got}. Leave it out for 1e-15.`;
const overlap = (got: unknown) =>
  `Mpdata: "overlap" expected true, false or "auto", got ${got}. Leave it out for "auto".`;
const limit = (got: unknown) => `Mpdata: "maxCourant" expected a positive number, got ${got}. Leave it out for 1.`;
const entries = (got: unknown) =>
  `Mpdata: "courant" expected 2 entries, one an axis, got ${got}. Give one for each axis.`;
const ways = (got: string) =>
  `Mpdata: expected one of "courant", "velocity" and "stream", got ${got}. Give the flow in one way.`;
const noStep = (name: string) => `Mpdata: "${name}" expected a time step, got none. Give "dt".`;
const dpdc = (rest: string) => `Mpdata: "dpdc" expected ${rest}`;
const row = () => ({ psi: gridOf([6], [true]).field(1), courant: [0.1], dpdc: true });
const diffusivities = (got: string) =>
  `Mpdata: "mu" expected numbers from 0, got ${got}. Give the diffusivity along each axis.`;
const faces = (axis: string, count: number, shape: string, got: number) =>
  `Mpdata: "courant" expected ${count} values along ${axis} (${shape} faces of this block), got ${got}. Give one a face, wall faces included.`;
const fields = (got: string) => `Mpdata: "psi" expected fields of one grid, got ${got}. Make them with grid.field().`;
const finite = (name: string) =>
  `Mpdata: "${name}" expected finite values, got NaN or infinity. Check the initial condition.`;
const negative = (name: string, count: number, least: number) =>
  `Mpdata: "${name}" expected values of at least 0 with ${count} passes, got a minimum of ${least}. Use infiniteGauge or variableSign, or add a constant to psi.`;
const factor = (range: string) => `Mpdata: "g" expected positive finite values, got ${range}. Check the G factor.`;
const side = (got: string, option = "boundary", near?: string) =>
  `Mpdata: "${option}" expected sides among *, x, x-, x+, y, y-, y+, got "${got}". ${near ? `Did you mean ${near}?` : "Name a side."}`;
const condition = (fitting: string, at: string, why: string, got: string, option = "boundary", near?: string) => {
  const isOfAxis = why === wraps || got === '"periodic"';
  const todo = isOfAxis ? `Change the grid's "periodic" or the condition.` : "Use one of them.";
  return `Mpdata: "${option}" expected ${fitting} at ${at} (${why}), got ${got}. ${near ? `Did you mean ${near}?` : todo}`;
};
const wraps = "a periodic axis of the grid";
const ends = "an axis that is not periodic";
const forPsi =
  'one of "open", "extrapolated", "rigid", "polar", { constant: ... }, { extrapolated: ... }, { polar: ... }';
const forG = 'one of "open", "rigid", "polar", { constant: ... }, { polar: ... }';
const forFlow = 'one of "open", "constant", "rigid", "polar", { polar: ... }';
const constant = (kind: string, at: string, got: unknown, way: string, option = "boundary") =>
  `Mpdata: "${option}" expected a ${kind} constant at ${at}, got ${got}. Give a number${way}.`;
const threshold = (got: unknown) =>
  `Mpdata: "boundary" expected a threshold from 0 at y, got ${got}. Use "extrapolated" for 1e-10.`;
const longitude = (at: string, got: string, way: string) =>
  `Mpdata: "boundary" expected one periodic axis besides ${at[0]} as the longitude of the pole ${at}, got ${got}. ${way}.`;
const odd = (at: string, count: number, axis: string, option = "boundary") =>
  `Mpdata: "${option}" expected an even number of longitudes for the pole ${at}, got ${count} cells along ${axis}. Use one cell more or less.`;
const thinBlock = (needed: number, kind: string, at: string, cells: number, option = "boundary") =>
  `Mpdata: "${option}" expected at least ${needed} cells in the blocks at the ${kind} wall ${at}, got ${cells}. Use fewer blocks or more cells along ${at[0]}.`;
const through = (at: string, got: unknown) =>
  `Mpdata: "courant" expected 0 on the rigid wall ${at}, got ${got}. Set it to 0 there, or choose another condition.`;

describe("Mpdata refuses", () => {
  it.each([
    [unknown("nonOscillatory", "nonoscillatory"), { nonOscillatory: true }],
    [onOff("infiniteGauge", '"yes"'), { infiniteGauge: "yes" }],
    [onOff("nonoscillatory", "1"), { nonoscillatory: 1 }],
    ...[
      "infiniteGauge",
      "nonoscillatory",
      "thirdOrderTerms",
      "divergentFlow",
      "variableSign",
      "dimensionallySplit",
      "dpdc",
    ].map((name): [string, object] => [alone(name), { [name]: true, iterations: 1 }]),
    [onePerSign, { infiniteGauge: true, variableSign: true }],
    [thin, { psi: gridOf([6, 5], [true, false], 1).field(1), thirdOrderTerms: true }],
    [thin, { psi: gridOf([6, 5], [true, false], 1).field(1), divergentFlow: true }],
    [unknown("iteration", "iterations"), { iteration: 3 }],
    [passes(0), { iterations: 0 }],
    [passes(-1), { iterations: -1 }],
    [passes(2.5), { iterations: 2.5 }],
    [passes(nan), { iterations: nan }],
    [passes('"2"'), { iterations: "2" }],
    [passes(2 ** 53), { iterations: 2 ** 53 }],
    [epsilon(0), { epsilon: 0 }],
    [epsilon("1e-151"), { epsilon: 1e-151 }],
    [epsilon(-1), { epsilon: -1 }],
    [epsilon(nan), { epsilon: nan }],
    [epsilon(infinity), { epsilon: infinity }],
    [limit(0), { maxCourant: 0 }],
    [overlap('"on"'), { overlap: "on" }],
    [overlap("1"), { overlap: 1 }],
    [limit(-1), { maxCourant: -1 }],
    [limit(nan), { maxCourant: nan }],
    [limit(infinity), { maxCourant: infinity }],
    [entries(1), { courant: [0.1] }],
    [entries(3), { courant: [0.1, 0.1, 0.1] }],
    [entries(0.1), { courant: 0.1 }],
    [ways("none"), { courant: undefined }],
    [ways("courant and velocity"), { velocity: [0, 0], dt: 1 }],
    [ways("velocity and stream"), { courant: undefined, velocity: [0, 0], stream: () => 0, dt: 1 }],
    [noStep("velocity"), { courant: undefined, velocity: [0, 0] }],
    [noStep("stream"), { courant: undefined, stream: () => 0 }],
    [noStep("mu"), { mu: [0.1, 0] }],
    ...[0, -1, nan, infinity].map((dt): [string, object] => [
      `Mpdata: "dt" expected a positive number, got ${dt}. Give the time of a step.`,
      { dt },
    ]),
    [
      'Mpdata: "velocity" expected 2 entries, one an axis, got 1. Give one for each axis.',
      { courant: undefined, velocity: [0], dt: 1 },
    ],
    [
      'Mpdata: "velocity" expected 35 values along x (7 x 5 faces of this block), got 30. Give one a face, wall faces included.',
      { courant: undefined, velocity: [new Float64Array(30), 0], dt: 1 },
    ],
    [
      'Mpdata: "stream" expected a grid of 2 axes, got 1. Give "courant" or "velocity" instead.',
      { psi: gridOf([6], [true]).field(1), courant: undefined, stream: () => 0, dt: 1 },
    ],
    [
      'Mpdata: "stream" expected a function of the position, got 1. Give the stream function of G u.',
      { courant: undefined, stream: 1, dt: 1 },
    ],
    ['Mpdata: "dpdc" expected a grid of 1 axis, got 2. Leave it out.', { dpdc: true, nonoscillatory: true }],
    [dpdc("no infiniteGauge, got both. Choose one."), { ...row(), nonoscillatory: true, infiniteGauge: true }],
    [dpdc("no variableSign, got both. Choose one."), { ...row(), nonoscillatory: true, variableSign: true }],
    [dpdc("no G factor, got one. Leave one of them out."), { ...row(), nonoscillatory: true, g: 1 }],
    [dpdc("nonoscillatory, got none. Add it, or leave dpdc out."), row()],
    [diffusivities("[-0.1, 0]"), { mu: [-0.1, 0], dt: 1 }],
    [diffusivities("[0, NaN]"), { mu: [0, nan], dt: 1 }],
    ['Mpdata: "mu" expected 2 entries, one an axis, got 0.1. Give one for each axis.', { mu: 0.1, dt: 1 }],
    [
      'Mpdata: "mu" expected a sum of 2 mu dt / dx^2 over the axes of at most 1, got 1.20000. Take a smaller time step.',
      { mu: [0.2, 0.1], dt: 2 },
    ],
    [
      'Mpdata: "psi" expected values of at least 0 with mu, got a minimum of -1. Use variableSign, or add a constant to psi.',
      { psi: grid().field(-1), mu: [0.1, 0.1], dt: 1, infiniteGauge: true },
    ],
    ...["before", "after"].map((name): [string, object] => [
      `Mpdata: "${name}" expected a function, got 3. It is called with the solver.`,
      { [name]: 3 },
    ]),
    [
      'Mpdata: "source" expected keys among scheme, rhs, implicit, got "rate". Remove or rename it.',
      { source: { scheme: "euler", rate: () => {} } },
    ],
    [
      'Mpdata: "source" expected the scheme "euler" or "trapezoidal", got "heun". Choose one.',
      { source: { scheme: "heun", rhs: () => {} } },
    ],
    [
      'Mpdata: "source" expected a function as "rhs", got undefined. Give one that sets the rates of change.',
      { source: { scheme: "euler" } },
    ],
    [
      'Mpdata: "source" expected a function as "implicit", got 1. Give one that sets the rates of change.',
      { source: { scheme: "trapezoidal", rhs: () => {}, implicit: 1 } },
    ],
    [
      'Mpdata: "source" expected no "implicit" with the scheme "euler", got one. Leave it out, or use "trapezoidal".',
      { source: { scheme: "euler", rhs: () => {}, implicit: () => {} } },
    ],
    [faces("x", 35, "7 x 5", 30), { courant: [new Float64Array(30), 0] }],
    [faces("y", 36, "6 x 6", 35), { courant: [0, new Float64Array(35)] }],
    [faces("y", 36, "6 x 6", 0), { courant: [0, []] }],
    [tooFast(1, "1.50000 at [0, 0], most of it along y"), { courant: [0.25, 1.25] }],
    [tooFast(1, "1.50000 at [0, 0], most of it along x"), { courant: [-1.25, -0.25] }],
    [tooFast(0.25, "0.300000 at [0, 0], most of it along y"), { maxCourant: 0.25 }],
    [tooFast(1, "1.20000 at [0, 0], most of it along y"), { g: 0.25 }],
    [tooFast(1, "1.00000 at [0, 0], most of it along x"), { courant: [1 + 1e-8, 0] }],
    [tooFast(1, "1.50000 at [3, 0], most of it along x"), { courant: [(x: number) => (x === 4 ? 1.5 : 0), 0] }],
    [
      tooFast(1, "1.50000 at [4, 2], most of it along x"),
      { courant: [(x: number, y: number) => (x === 4 && y === 2.5 ? -1.5 : 0), 0] },
    ],
    // Free of divergence at the open wall, the edge cell loses along y what it gains along x.
    [tooFast(1, "1.50000 at [3, 0], most of it along y"), { courant: [(x: number) => (x === 4 ? -1.5 : 0), 0] }],
    [
      tooFast(1, "1.50000 at [5, 2], most of it along x"),
      { courant: [(x: number, y: number) => (x === 0 && y === 2.5 ? 1.5 : 0), 0] },
    ],
    [tooFast(1, "a value that is not finite at [0, 0], most of it along y"), { courant: [0.1, nan] }],
    [
      tooFast(1, "a value that is not finite at [1, 0], most of it along x"),
      { courant: [(x: number) => (x === 2 ? infinity : 0), 0] },
    ],
    [factor("0 to 0"), { g: 0 }],
    [factor("-1 to -1"), { g: -1 }],
    [factor("NaN to NaN"), { g: nan }],
    [factor("-0.5 to 4.5"), { g: (x: number) => x - 1 }],
    [factor("1 to Infinity"), { g: (x: number) => (x > 5 ? infinity : 1) }],
    [side("z"), { boundary: { z: "open" } }],
    [side("x*", "boundary", "x-"), { boundary: { "x*": "periodic" } }],
    [side("xy", "boundary", "x-"), { boundary: { xy: "open" } }],
    [side(""), { boundary: { "": "open" } }],
    [side("constnat", "boundary", "constant"), { boundary: { constnat: 1 } }],
    [condition(forPsi, "y", ends, '"opne"', "boundary", '"open"'), { boundary: "opne" }],
    [condition(forPsi, "y", ends, "3"), { boundary: 3 }],
    [condition(forPsi, "y", ends, "null"), { boundary: null }],
    [condition(forPsi, "y", ends, '"periodic"'), { boundary: { "*": "periodic" } }],
    [condition(forPsi, "y", ends, '{"constant":1,"x":"open"}'), { boundary: { constant: 1, x: "open" } }],
    [condition(forG, "y", ends, '"extrapolated"', "gBoundary"), { g: 1, gBoundary: "extrapolated" }],
    [
      condition(forFlow, "y", ends, '{"constant":0}', "courantBoundary", '"constant"'),
      { courantBoundary: { "*": { constant: 0 } } },
    ],
    [condition('"periodic"', "x", wraps, '"open"'), { psi: gridOf([6, 6], [true, true]).field(1), boundary: "open" }],
    [constant("finite", "y", nan, ""), { boundary: { constant: nan } }],
    [condition('"periodic"', "x", wraps, '"open"'), { boundary: { x: "open" } }],
    [condition('"periodic"', "x+", wraps, '"rigid"', "gBoundary"), { g: 1, gBoundary: { "x+": "rigid" } }],
    [
      condition('"periodic"', "x", wraps, '{"polar":"y"}', "courantBoundary"),
      { courantBoundary: { x: { polar: "y" } } },
    ],
    [condition(forPsi, "y-", ends, '"periodic"'), { boundary: { y: "open", "y-": "periodic" } }],
    [
      condition(forPsi, "y+", ends, '{"value":1}', "boundary", "{ constant: ... }"),
      { boundary: { "y+": { value: 1 } } },
    ],
    [condition(forPsi, "y+", ends, '"neumann"', "boundary", '"open"'), { boundary: { "y+": "neumann" } }],
    [condition(forPsi, "y+", ends, '"solid"'), { boundary: { "y+": "solid" } }],
    [condition(forPsi, "y", ends, '"constant"', "boundary", "{ constant: ... }"), { boundary: { y: "constant" } }],
    [condition(forPsi, "y", ends, '{"rigid":1}', "boundary", '"rigid"'), { boundary: { y: { rigid: 1 } } }],
    [condition(forPsi, "y", ends, '{"constant":1,"polar":"x"}'), { boundary: { y: { constant: 1, polar: "x" } } }],
    [condition(forPsi, "y", ends, "null"), { boundary: { y: null } }],
    [condition(forPsi, "y", ends, '["open"]'), { boundary: { y: ["open"] } }],
    [condition(forG, "y", ends, '"extrapolated"', "gBoundary"), { g: 1, gBoundary: { y: "extrapolated" } }],
    [
      condition(forFlow, "y", ends, '{"constant":0}', "courantBoundary", '"constant"'),
      { courantBoundary: { y: { constant: 0 } } },
    ],
    [side("z", "gBoundary"), { g: 1, gBoundary: { z: "open" } }],
    [side("w", "courantBoundary"), { courantBoundary: { w: "open" } }],
    ['Mpdata: "gBoundary" expected a G factor, got none. Leave it out, or give "g".', { gBoundary: { y: "open" } }],
    [constant("finite", "y", nan, ""), { boundary: { y: { constant: nan } } }],
    [constant("finite", "y-", "1", ""), { boundary: { "y-": { constant: "1" } } }],
    [constant("positive finite", "y+", 0, " above 0", "gBoundary"), { g: 1, gBoundary: { "y+": { constant: 0 } } }],
    [threshold(-1), { boundary: { y: { extrapolated: -1 } } }],
    [threshold(infinity), { boundary: { y: { extrapolated: infinity } } }],
    [longitude("y", '"y"', 'Use { polar: "x" }'), { boundary: { y: { polar: "y" } } }],
    [longitude("y+", '"xy"', 'Use { polar: "x" }'), { boundary: { "y+": { polar: "xy" } } }],
    [
      longitude("x-", "none", "Make one periodic"),
      { psi: gridOf([6, 6], [false, false]).field(1), boundary: { "x-": "polar" } },
    ],
    [
      longitude("z", "x and y", 'Use { polar: "x" }'),
      { psi: gridOf([6, 6, 6], [true, true, false]).field(1), courant: [0, 0, 0], boundary: { z: "polar" } },
    ],
    [odd("y-", 7, "x"), { psi: gridOf([7, 6], [true, false]).field(1), boundary: { "y-": "polar" } }],
    [
      odd("y", 7, "x", "courantBoundary"),
      { psi: gridOf([7, 6], [true, false]).field(1), courantBoundary: { y: { polar: "x" } } },
    ],
    [
      thinBlock(3, "extrapolated", "y-", 2),
      { psi: gridOf([6, 2], [true, false]).field(1), boundary: { "y-": "extrapolated" } },
    ],
    [
      thinBlock(2, "rigid", "y+", 1, "courantBoundary"),
      { psi: gridOf([6, 1], [true, false]).field(1), divergentFlow: true, courantBoundary: { "y+": "rigid" } },
    ],
    [
      thinBlock(2, "polar", "y-", 1, "gBoundary"),
      { psi: gridOf([6, 1], [true, false]).field(1), thirdOrderTerms: true, g: 1, gBoundary: { y: "polar" } },
    ],
    [through("y-", 0.2), { boundary: { y: "rigid" } }],
    [
      through("y+", 2e-12),
      { boundary: { y: "rigid" }, courant: [0, (_x: number, y: number) => (y === 5 ? -2e-12 : 0)] },
    ],
    [through("y-", "a value that is not finite"), { boundary: { y: "rigid" }, courant: [0, nan] }],
    [
      'Mpdata: "boundary" expected a constant of at least 0 at y+ with 2 passes, got -1. Use infiniteGauge or variableSign, or add a constant to psi.',
      { boundary: { "y+": { constant: -1 } } },
    ],
    [
      'Mpdata: "psi" expected values of at least 0 at the extrapolated wall y-, got a minimum of -2. Choose another condition, or add a constant to psi.',
      { psi: grid().field(-2), boundary: { y: "extrapolated" }, infiniteGauge: true },
    ],
    ...(["f32", "i32"] as const).map((dtype): [string, object] => {
      const plane = grid();
      const types = dtype === "i32" ? "i32" : "f64 and f32";
      const psi = dtype === "i32" ? plane.field(1, { dtype }) : [plane.field(1), plane.field(1, { dtype })];
      return [
        `Mpdata: "psi" expected fields of f64, or all of f32, got ${types}. Make them with grid.field(value, { dtype: "f32" }).`,
        { psi },
      ];
    }),
    [
      'Mpdata: "epsilon" expected a number from 1e-18, got 1e-19. Leave it out for 1e-15.',
      { psi: grid().field(1, { dtype: "f32" }), epsilon: 1e-19 },
    ],
    [fields("none"), { psi: [] }],
    [fields("none"), { psi: undefined }],
    [fields("none"), { psi: new Float64Array(30) }],
  ])("%s", (text, options) => {
    expect(() => make(options)).toThrow(new UsageError(text));
  });

  it("fields that are not finite, or negative with more than one pass", () => {
    const plane = grid();
    const spiked = (value: number) => plane.field((x, y) => (x === 2.5 && y === 1.5 ? value : 1));
    const refuses = (options: object, text: string) => expect(() => make(options)).toThrow(new UsageError(text));
    for (const value of [nan, infinity, -infinity]) {
      refuses({ psi: spiked(value) }, finite("psi"));
      refuses({ psi: spiked(value), iterations: 1 }, finite("psi"));
      refuses({ psi: [spiked(1), spiked(value)] }, finite("psi[1]"));
    }
    refuses({ psi: spiked(-0.5) }, negative("psi", 2, -0.5));
    refuses({ psi: [spiked(1), spiked(2), spiked(-1e-300)], iterations: 3 }, negative("psi[2]", 3, -1e-300));
    expect(() => make({ psi: spiked(-0.5), iterations: 1 })).not.toThrow();
    expect(() => make({ psi: spiked(-0) })).not.toThrow();
  });

  it("a field that is given twice, and a flow of nothing", () => {
    const psi = grid().field(1);
    expect(() => make({ psi: [psi, psi] })).toThrow(/^Mpdata: "psi" expected each field once, got one twice\./);
    for (const courant of [[null, 0.1], new Array(2)]) {
      expect(() => make({ courant })).toThrow(/^Mpdata: "courant" expected a number, .*, got (null|undefined)\./);
    }
  });

  it("fields of two grids, and a grid without a halo", () => {
    const text = fields("fields of several grids");
    expect(() => make({ psi: [grid().field(), grid().field()] })).toThrow(new UsageError(text));
    expect(() => make({ psi: gridOf([6, 5], [true, false], 0).field(1) })).toThrow(
      new UsageError('Mpdata: "psi" expected a grid with a halo of at least 1, got 0. Make the grid with halo: 1.'),
    );
  });

  it.each([-1, 1.5, nan, infinity])("to advance %s steps", (steps) => {
    const text = `Mpdata.advance: "steps" expected a whole number from 0, got ${steps}. Give the steps to take.`;
    expect(() => make({}).advance(steps)).toThrow(new UsageError(text));
  });

  it("diffusion that has taken more out of cells than there was", () => {
    const bump = (mu: number) => {
      const psi = gridOf([60, 40], [true, true]).field((x, y) => Math.exp(-((x - 20) ** 2 + (y - 20) ** 2) / 50));
      return make({ psi, courant: [0.2, 0], mu: [mu, mu], dt: 1, nonoscillatory: true });
    };
    const text =
      'Mpdata: "mu" expected finite values of psi, got NaN or infinity at step 50. Keep the sum of 4 mu dt / dx^2 and of the Courant numbers to at most 1: take a smaller time step.';
    expect(() => bump(0.2).advance(50)).toThrow(new UsageError(text));
    expect(() => bump(0.1).advance(50)).not.toThrow();
  });

  it("nothing that fits", () => {
    const boundary = { x: "periodic", "x-": "periodic", y: "open", "y+": "open" };
    const walls = [
      { boundary: { "y-": { constant: 0 }, "y+": "extrapolated" }, courantBoundary: { y: "constant", "y+": "open" } },
      { boundary: { y: { constant: -1 } }, infiniteGauge: true },
      { boundary: { y: { constant: -1 } }, iterations: 1 },
      { boundary: { y: { polar: "x" } }, g: 2, gBoundary: { "y-": { constant: 2 } } },
      { boundary: { y: "rigid" }, courant: [0.1, (_x: number, y: number) => (y % 5 === 0 ? 1e-12 : 0.1)] },
    ];
    for (const options of walls) expect(() => make(options).advance(2), JSON.stringify(options)).not.toThrow();
    for (const options of [{ boundary }, { courant: [0.5, -0.5] }, { courant: [1 + 1e-10, 0] }, { epsilon: 1e-150 }]) {
      expect(() => make(options).advance(2)).not.toThrow();
    }
    expect(() => make({ courant: [1.25, 0.25], maxCourant: 1.5, iterations: 1 })).not.toThrow();
  });
});
