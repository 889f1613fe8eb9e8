/** What is refused, in whole sentences. */
import { describe, expect, it } from "vitest";
import {
  evaluate,
  type Field,
  frames,
  Grid,
  Pde,
  type PdeOptions,
  type SolveOptions,
  solveLaplace,
  solvePoisson,
} from "../../src/index.js";
import { messageOf } from "../harness/message.js";
import { solo } from "../harness/run.js";

const grid = new Grid(solo(), { shape: [8, 6], periodic: [true, false] });
const good = { grid, initial: { c: 0 }, until: 1, dt: 0.1 };
const texts = { c: "laplace(c)" };

/** Something wrong, and the error's whole text. */
const equations: [string, unknown, PdeOptions | undefined, string][] = [
  [
    "a list",
    ["laplace(c)"],
    undefined,
    `Pde: expected an object with a text for each unknown, got ["laplace(c)"]. Write { c: "laplace(c)" }, for example.`,
  ],
  ["no equation", {}, undefined, 'Pde: expected at least one equation, got none. Write { c: "laplace(c)" }.'],
  ["a number", { c: 1 }, undefined, 'Pde: "c" expected a text, got 1. Write it in quotes.'],
  [
    "an option",
    texts,
    { boundry: {} } as never,
    'Pde: expected options among constants, boundary, define, complex, order, limit, stop, points, noise, mask, advection, interpretation, got "boundry". Did you mean boundary?',
  ],
  [
    "a constant",
    texts,
    { constants: { D: "1" } } as never,
    'Pde: "constants.D" expected a number or a field, got "1". Use grid.field() for other values.',
  ],
  ["a part", texts, { define: { mu: 1 } } as never, 'Pde: "define.mu" expected a text, got 1. Write it in quotes.'],
  ["complex", texts, { complex: ["psi"] }, 'Pde: "complex" expected one of c, got "psi". Choose one of them.'],
  [
    "complex",
    texts,
    { complex: "c" } as never,
    'Pde: "complex" expected a list of names of unknowns, got "c". Write ["psi"].',
  ],
  [
    "an operator",
    { c: "lapalce(c)" },
    undefined,
    'Pde: "c" expected a function that is known, got "lapalce". Did you mean laplace?\n  lapalce(c)\n  ^',
  ],
  [
    "a name",
    { c: "D * laplace(c)" },
    undefined,
    'Pde: "c" expected a name that is known, got "D". Known are c, x, y, t, pi. Give a constant in constants: { D: 1 }, for example.\n  D * laplace(c)\n  ^',
  ],
];

const solves: [string, PdeOptions | undefined, object, string][] = [
  ["no grid", undefined, { grid: 1 }, 'Pde.solve: "grid" expected a grid, got 1. Pass new Grid(comm, { shape }).'],
  ["a missing unknown", undefined, { initial: {} }, 'Pde.solve: "initial" expected a value for each of c, got none for c. Add { c: 0 }, for example.'],
  ["no initial values", undefined, { initial: undefined }, 'Pde.solve: "initial" expected a value for each of c, got undefined. Write { c: 0 }, for example.'],
  ["an unknown too many", undefined, { initial: { c: 0, C: 1 } }, 'Pde.solve: "initial" expected names among c, got "C". Did you mean c?'],
  ["an initial value", undefined, { initial: { c: true } }, 'Pde.solve: "initial.c" expected a text, number, function, array or field, got true. Write a text of coordinates, for example.'],
  ["an initial text", undefined, { initial: { c: "c + 1" } }, 'Pde: "initial c" expected a name that is known, got "c". Known are x, y, t, pi.\n  c + 1\n  ^'],
  ["an end", undefined, { until: "1" }, 'Pde.solve: "until" expected a finite number from 0, got "1". Name the time of the end.'],
  ["an end before the start", undefined, { start: 2 }, 'Pde.solve: "until" expected a finite number from 2, got 1. Name the time of the end.'],
  ["a step", undefined, { dt: 0 }, 'Pde.solve: "dt" expected a time above 0, got 0. Name the length of a step.'],
  ["a stepper", undefined, { stepper: "rk45" }, 'Pde.solve: "stepper" expected one of euler, rk4, ssprk3, adams-bashforth, rkf45, leapfrog, rkl2, milstein, implicit, crank-nicolson, got "rk45". Did you mean rk4?'],
  ["numbers", undefined, { dtype: "i32" }, 'Pde.solve: "dtype" expected one of f64, f32, got "i32". Did you mean f32?'],
  ["numbers of implicit steps", undefined, { dtype: "f32", stepper: "crank-nicolson" }, 'Pde.solve: "dtype" expected f64 for crank-nicolson, got "f32". Leave it out, or use an explicit stepper.'],
  ["an option", undefined, { untill: 1 }, 'Pde.solve: expected options among grid, initial, until, start, dt, stepper, adaptive, tolerance, stability, stages, solverTolerance, dtype, track, restart, maxRuntime, signal, overlap, got "untill". Did you mean until?'],
  ["a side", { boundary: { "z-": { value: 0 } } }, {}, 'Pde: "boundary" expected sides among *, x, x-, x+, y, y-, y+, got "z-". Name a side.'],
  ["a condition", { boundary: { y: { valeu: 0 } } } as never, {}, 'Pde: "boundary" expected { value }, { derivative }, { mixed, const } or { curvature } at y (an axis that is not periodic), got {"valeu":0}. Did you mean value?'],
  ["what others call a value", { boundary: { "x-": { dirichlet: 1 } } } as never, {}, 'Pde: "boundary" expected "periodic" or "antiperiodic" at x- (a periodic axis of the grid), got {"dirichlet":1}. Change the grid\'s "periodic" or the condition.'],
  ["what others call a derivative", { boundary: { "y-": { neumann: 1 } } } as never, {}, 'Pde: "boundary" expected { value }, { derivative }, { mixed, const } or { curvature } at y- (an axis that is not periodic), got {"neumann":1}. Did you mean derivative?'],
  ["what others call a value, for all sides", { boundary: { dirichlet: 1 } } as never, {}, 'Pde: "boundary" expected sides, or sides by equation and operator, among c, *, x, x-, x+, y, y-, y+, got "dirichlet". Did you mean value?'],
  ["an equation's conditions", { boundary: { d: { y: { value: 0 } } } } as never, {}, 'Pde: "boundary" expected sides, or sides by equation and operator, among c, *, x, x-, x+, y, y-, y+, got "d". Name a side or an equation.'],
  ["an operator's conditions", { boundary: { "c:laplcae": { y: { value: 0 } } } }, {}, 'Pde: "boundary" expected operators that the equations have, got "c:laplcae". Did you mean c:laplace?'],
  ["a text at a side", { boundary: { "y-": { value: "sin(q)" } } }, {}, 'Pde: "boundary of c:laplace at y-" expected a name that is known, got "q". Known are c, x, y, t, pi. Give a constant in constants: { q: 1 }, for example.\n  sin(q)\n      ^'],
  ["an operator at a side", { boundary: { "y-": { value: "d_dx(c)" } } }, {}, 'Pde: "boundary of c:laplace at y-" expected no operator in a text of one cell, got "d_dx". Use fields, coordinates and functions.\n  d_dx(c)\n  ^'],
  ["a text and an array", { boundary: { "y-": { mixed: "x", const: [1, 2, 3, 4, 5, 6, 7, 8] } } }, {}, 'Pde: "boundary" expected numbers or texts as "mixed" and "const" at y-, got a text and an array. Write both as texts, or both as arrays.'],
  ["a wide operator", { order: 6 }, {}, "Pde: expected a grid with a halo of at least 3 cells, as the operators reach, got 2. Make it with halo: 3."],
]; // biome-ignore format: a table

describe("wrong equations", () => {
  it.each(equations)("are refused: %s", async (_, given, options, message) => {
    expect(await messageOf(() => new Pde(given as never, options))).toBe(message);
  });
});

describe("wrong options of solve", () => {
  it.each(solves)("are refused: %s", async (_, options, changes, message) => {
    const solve = () => new Pde(texts, options).solve({ ...good, ...changes } as SolveOptions);
    expect(await messageOf(solve)).toBe(message);
  });

  it("are refused for fields in the corners that operators read", async () => {
    const eq = new Pde({ c: "laplace9(c)", d: "c" }, { boundary: { y: { value: "d" } } });
    expect(await messageOf(() => eq.solve({ ...good, initial: { c: 0, d: 0 } }))).toBe(
      'Pde: "boundary of c:laplace9 at y-" expected no field where an operator reads the corners of the grid, got d. Use laplace without corners, or texts of coordinates, t and numbers of the grid.',
    );
  });
});
const twice = frames();

const more: [string, Record<string, string>, PdeOptions, object, string][] = [
  ["orders in time", { u_tt: "laplace(u)", c: "c" }, {}, {}, "Pde: expected equations of one order in time, got c beside u_tt. Write u and its rate as two unknowns."],
  ["a limit", texts, { limit: { d: "0" } }, {}, 'Pde: "limit" expected one of c, got "d". Choose one of them.'],
  ["a stop", texts, { stop: "c > 1" }, {}, 'Pde: "stop" expected a number of the whole grid, got "c > 1". Use integral(...), average(...), max(...) or min(...).'],
  ["a point", texts, { points: [{ field: "c", at: [9, 1], source: 1 }] }, {}, 'Pde: "points[0].at" expected coordinates from 0 to 8 along x, got 9. Move the point.'],
  ["a source", texts, { points: [{ field: "c", at: [1, 1], source: "x" }] }, {}, 'Pde: "points[0]" expected a source of t and constants, got "x". Name no field.'],
  ["leapfrog", texts, {}, { stepper: "leapfrog" }, 'Pde.solve: "stepper" expected another one for first derivatives in time, got "leapfrog". Write c_tt, or use rk4.'],
  ["euler", { c_tt: "c" }, {}, { stepper: "euler" }, 'Pde.solve: "stepper" expected leapfrog for second derivatives in time, got "euler". Leave it out.'],
  ["a cut step", texts, {}, { stepper: "adams-bashforth", until: 0.25 }, 'Pde.solve: "until" expected the start and whole steps of 0.1 for adams-bashforth, got 0.25. Use 0.2 or 0.30000000000000004.'],
  ["adaptive", texts, {}, { stepper: "rk4", adaptive: true }, 'Pde.solve: "adaptive" expected euler or rkf45 for it, got rk4. Leave it out.'],
  ["a tolerance", texts, {}, { tolerance: 1 }, 'Pde.solve: "tolerance" expected an adaptive stepper with it, got euler. Use rkf45, or leave it out.'],
  ["implicit steps", { c: "c^2" }, {}, { stepper: "implicit" }, 'Pde.solve: "stepper" expected a part that is linear and symmetric for implicit, got none. Use an explicit stepper.'],
  ["implicit advection", { c: "d_dx(c)" }, {}, { stepper: "crank-nicolson" }, 'Pde.solve: "stepper" expected a part that is linear and symmetric for crank-nicolson, got none. Use an explicit stepper.'],
  ["auto", texts, {}, { stepper: "implicit", dt: "auto" }, 'Pde.solve: "dt" expected a time for implicit, which has no longest step, got "auto". Name the length of a step.'],
  ["stages", texts, {}, { stepper: "rkl2", stages: 2 ** 53 }, 'Pde.solve: "stages" expected a whole number from 3 to 1000000, got 9007199254740992. Leave it out.'],
  ["a step of too many stages", texts, {}, { stepper: "rkl2", until: 1e30, dt: 1e30 }, 'Pde.solve: "dt" expected a step of at most 1000000 stages of rkl2, got 1e+30. Use a shorter step.'],
  ["a tracker", texts, {}, { track: [1] }, 'Pde.solve: "track" expected trackers such as storage(), got 1. Call the function.'],
  ["a tracker twice", texts, {}, { track: [twice, twice] }, 'Pde.solve: "track" expected each tracker once, got frames twice. Make another one.'],
]; // biome-ignore format: a table

describe("more of them", () => {
  it.each(more)("are refused: %s", async (_, given, options, changes, message) => {
    const solve = () => new Pde(given, options).solve({ ...good, ...changes } as SolveOptions);
    expect(await messageOf(solve)).toBe(message);
  });
});

describe("wrong options of evaluate", () => {
  const c = grid.field(1);
  it.each<[string, string, object, string]>([
    ["no text", 1 as never, {}, 'evaluate: "text" expected a text, got 1. Write "laplace(c)", for example.'],
    ["no grid", "c", { grid: 1 }, 'evaluate: "grid" expected a grid, got 1. Pass new Grid(comm, { shape }).'],
    ["whole numbers", "c", { fields: { c: grid.field(1, { dtype: "i32" }) } }, 'evaluate: "fields.c" expected a field of the grid, of real numbers, got Field. Make it with grid.field(), of f64 or f32.'],
    ["a time", "c", { t: "0" }, 'evaluate: "t" expected a finite number, got "0". Leave it out for 0.'],
    ["an option", "c", { field: { c } }, 'evaluate: expected options among grid, fields, constants, boundary, t, order, got "field". Did you mean fields?'],
    ["a name", "d", {}, 'evaluate: "expression" expected a name that is known, got "d". Known are c, x, y, t, pi. Give a field in fields: { d }, a number in constants: { d: 1 }.\n  d\n  ^'],
  ])("are refused: %s", async (_, text, changes, message) => {
    expect(await messageOf(() => evaluate(text, { grid, fields: { c }, ...changes } as never))).toBe(message);
  }); // biome-ignore format: a table
});

describe("equations", () => {
  it("describe themselves", () => {
    const eq = new Pde({ c: "laplace(c^3 - c - laplace(c))" });
    expect(String(eq)).toBe(
      [
        "dc/dt = laplace(c^3 - c - laplace(c))",
        "  1. halo of c, 1 wide, by c:laplace",
        "  2. sweep for temporary1",
        "  3. halo of temporary1, 1 wide, by c:laplace",
        "  4. sweep for dc/dt",
      ].join("\n"),
    );
    expect(eq.text()).toContain("temporary1[-1, 0]");
  });

  it("end at a time that is no multiple of the step", async () => {
    const { fields, time, steps } = await new Pde({ c: "1 + 0*c" }).solve({ ...good, until: 0.25 });
    expect({ time, steps }).toEqual({ time: 0.25, steps: 3 });
    expect((fields.c as Field).max()).toBeCloseTo(0.25, 15);
  });
});

describe("Poisson's equation", () => {
  it("is refused without a solution", async () => {
    const square = new Grid(solo(), { shape: [6, 6], periodic: true });
    expect(await messageOf(() => solvePoisson(square.field(1)))).toBe(
      'solvePoisson: "rhs" expected a right side of mean 0, with what the sides let in, as no side has a value, got a mean of 1. Subtract the mean, or give a side a value.',
    );
    expect(await messageOf(() => solvePoisson(1 as never))).toBe(
      'solvePoisson: "rhs" expected a field of f64, got 1. Make it with grid.field().',
    );
    expect(await messageOf(() => solveLaplace(grid, { boundary: { y: { curvature: 1 } } }))).toBe(
      'solveLaplace: "boundary" expected conditions that keep the operator symmetric, got others. Use no curvature.',
    );
  });
});
