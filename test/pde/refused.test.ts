/** What would run to its end and mean nothing is refused before the first step, in whole sentences. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  callback,
  data,
  evaluate,
  Grid,
  Pde,
  type PdeOptions,
  type SolveOptions,
  solveLaplace,
  solvePoisson,
  storage,
} from "../../src/index.js";
import { temporaryFolder } from "../harness/command.js";
import { messageOf } from "../harness/message.js";
import { solo } from "../harness/run.js";

const grid = new Grid(solo(), { shape: [8, 6] });
const wrapped = new Grid(solo(), { shape: [8, 6], periodic: true });
const good = { grid, initial: { c: 0 }, until: 1, dt: 0.1 };
const texts = { c: "laplace(c)" };
const endless = { c: "laplace(c) + exp(c) * 1e300 * c^3" };
const folder = temporaryFolder();

describe("numbers that are not finite, or too large", () => {
  const boundary = { "x-": { value: 0 } };
  it.each<[string, () => unknown, string]>([
    ["NaN", () => solvePoisson(grid.field(Number.NaN), { boundary }), 'solvePoisson: "rhs" expected finite numbers, got NaN in cell [0, 0]. Give each cell a number.'],
    ["NaN in some cells", () => solvePoisson(grid.field((x) => (x > 5 ? Number.NaN : 1)), { boundary }), 'solvePoisson: "rhs" expected finite numbers, got NaN in cell [5, 0]. Give each cell a number.'],
    ["infinity", () => solvePoisson(grid.field((_, y) => 1 / (y - 2.5)), { boundary }), 'solvePoisson: "rhs" expected finite numbers, got Infinity in cell [0, 2]. Give each cell a number.'],
    ["1e308", () => solvePoisson(grid.field(1e308), { boundary }), "solvePoisson: expected residuals whose squares are numbers of 64 bits, got larger ones. Use another unit."],
    ["1e-200", () => solvePoisson(grid.field(1e-200), { boundary }), "solvePoisson: expected residuals whose squares are numbers of 64 bits, got smaller ones. Use another unit."],
    ["a side", () => solvePoisson(grid.field(1), { boundary: { "x-": { value: "0 / 0" } } }), 'solvePoisson: "boundary" expected finite numbers, got NaN in cell [0, 0]. Give each side a number.'],
    ["a side of Laplace's", () => solveLaplace(grid, { boundary: { "x-": { value: "1 / (y - 1.5)" } } }), 'solveLaplace: "boundary" expected finite numbers, got Infinity in cell [0, 1]. Give each side a number.'],
    ["signs", () => solvePoisson(grid.field(1), { boundary: { "x-": { mixed: -1.5 } } }), 'solvePoisson: expected conditions with which the Laplacian has one sign, got others (-36). Mend the factors of "mixed".'],
    ["an implicit step", () => new Pde(endless).solve({ ...good, initial: { c: "x" }, stepper: "implicit" }), "Pde.solve: expected residuals whose squares are numbers of 64 bits, got larger ones. Use a shorter step, or another stepper."],
    ["a longer one", () => new Pde({ c: "laplace(c) + 1 / (t - 0.1)" }).solve({ ...good, stepper: "implicit" }), "Pde.solve: expected finite numbers, got Infinity on the right side of c in cell [0, 0]. Use a shorter step, or another stepper."],
  ])("are refused on the right side: %s", async (_, call, message) => {
    expect(await messageOf(call)).toBe(message);
  }); // biome-ignore format: a table

  it.each<[unknown, string]>([
    ["0/0", "NaN in cell [0, 0]"],
    [Number.NaN, "NaN in cell [0, 0]"],
    ["1 / (x - 2.5)", "Infinity in cell [2, 0]"],
    [(x: number) => (x > 3 ? Number.NaN : 0), "NaN in cell [3, 0]"],
    [
      Float64Array.from({ length: 48 }, (_, i) => (i === 13 ? Number.NEGATIVE_INFINITY : 0)),
      "-Infinity in cell [2, 1]",
    ],
    [1e300, "Infinity in cell [0, 0]"],
  ])("are refused at the start: %s", async (c, got) => {
    const solve = () => new Pde(texts).solve({ ...good, initial: { c }, dtype: "f32" } as SolveOptions);
    expect(await messageOf(solve)).toBe(
      `Pde.solve: "initial.c" expected finite numbers, got ${got}. Give each cell a number.`,
    );
  });

  it("are refused at the start of rates and of complex unknowns", async () => {
    const wave = new Pde({ u_tt: "laplace(u)" });
    expect(await messageOf(() => wave.solve({ ...good, initial: { u: 0, u_t: "0/0" } }))).toBe(
      'Pde.solve: "initial.u_t" expected finite numbers, got NaN in cell [0, 0]. Give each cell a number.',
    );
    const psi = new Pde({ psi: "i * laplace(psi)" });
    expect(await messageOf(() => psi.solve({ ...good, stepper: "rk4", initial: { psi: "1 + i * (0/0)" } }))).toBe(
      'Pde.solve: "initial.psi" expected finite numbers, got NaN in cell [0, 0]. Give each cell a number.',
    );
  });

  it.each<[string, string]>([
    ["-1", "NaN in cell [0, 0]"],
    ["x - 3", "NaN in cell [0, 0]"],
    ["1 / c", "Infinity in cell [0, 0]"],
    ["2.5 - y", "NaN in cell [0, 3]"],
  ])("are refused as the root of a variance: %s", async (c, got) => {
    expect(await messageOf(() => new Pde(texts, { noise: { c } }).solve({ ...good, dt: 0.01 }))).toBe(
      `Pde: "noise.c" expected a finite variance from 0, got "${c}", whose root is ${got} at the start. Write max(..., 0).`,
    );
  });

  it("are no matter in the variance of closed cells", async () => {
    const eq = new Pde(texts, { noise: { c: "x - 3" }, mask: "x > 3" });
    expect((await eq.solve(good)).steps).toBe(10);
  });
});

const solves: [string, PdeOptions, object, string][] = [
  ...["", null, Number.NaN, 0, false].map((restart): [string, PdeOptions, object, string] => {
    const got = restart === "" ? '""' : String(restart);
    return [`restart ${got}`, {}, { restart }, `Pde.solve: "restart" expected the path of a file, got ${got}. Write "out.restart.h5", or leave it out.`];
  }),
  ["a tolerance", {}, { stepper: "rkf45", tolerance: null }, 'Pde.solve: "tolerance" expected a number above 0, got null. Leave it out for 1e-4.'],
  ["an overlap", {}, { overlap: "on" }, 'Pde.solve: "overlap" expected true, false or "auto", got "on". Leave it out for "auto".'],
  ["a residual", {}, { solverTolerance: 1e-3 }, 'Pde.solve: "solverTolerance" expected implicit or crank-nicolson with it, got euler. Leave it out.'],
  ["an array", {}, { initial: { c: new Float64Array(5) } }, `Pde.solve: "initial.c" expected 48 values (block of 8 x 6 cells), got 5. Give one a cell of this rank's block.`],
  ["a rate", {}, { initial: { c: null } }, 'Pde.solve: "initial.c" expected a text, number, function, array or field, got null. Write a text of coordinates, for example.'],
  ["a text on a periodic axis", { boundary: { x: { value: "t" } } }, { grid: wrapped }, 'Pde: "boundary" expected "periodic" or "antiperiodic" at x (a periodic axis of the grid), got {"value":"t"}. Change the grid\'s "periodic" or the condition.'],
  ["a text of no kind", { boundary: { x: { valeu: "t" } } } as never, {}, 'Pde: "boundary" expected { value }, { derivative }, { mixed, const } or { curvature } at x (an axis that is not periodic), got {"valeu":"t"}. Did you mean value?'],
  ["a bigint", { boundary: { x: 5n } } as never, {}, 'Pde: "boundary" expected { value }, { derivative }, { mixed, const } or { curvature } at x (an axis that is not periodic), got "5n". Use one of them.'],
  ["a symbol", { boundary: { x: Symbol("q") } } as never, { grid: wrapped }, 'Pde: "boundary" expected "periodic" or "antiperiodic" at x (a periodic axis of the grid), got Symbol(q). Change the grid\'s "periodic" or the condition.'],
  ["a word", {}, { track: [callback(() => "Stop")] }, 'Pde.solve: "track" expected "stop" or nothing from a callback, got "Stop". Did you mean stop?'],
  ["another word", {}, { track: [callback(() => "enough", { steps: 2 })] }, 'Pde.solve: "track" expected "stop" or nothing from a callback, got "enough". Return nothing to go on.'],
]; // biome-ignore format: a table

describe("wrong options", () => {
  it.each(solves)("of solve are refused: %s", async (_, options, changes, message) => {
    expect(await messageOf(() => new Pde(texts, options).solve({ ...good, ...changes } as SolveOptions))).toBe(message);
  });

  it.each([null, "x", 3, Number.NaN, 5n, Object.create(null), Symbol("q")])(
    "are refused as an order that no text needs",
    async (order) => {
      const got = { object: "object", string: '"x"', bigint: "5n" }[typeof order as string];
      const text = `expected 2, 4, 6 or 8, got ${order === null ? null : (got ?? String(order))}. Leave it out for 2.`;
      expect(await messageOf(() => new Pde({ c: "1" }, { order: order as never }))).toBe(`Pde: "order" ${text}`);
      expect(await messageOf(() => evaluate("x", { grid, order: order as never }))).toBe(`evaluate: "order" ${text}`);
    },
  );

  it.each<[unknown, string]>([
    [5, "5"],
    [null, "null"],
    [[], "[]"],
    ["c", '"c"'],
    [new Map(), "Map"],
  ])("of evaluate are refused as fields: %s", async (fields, got) => {
    expect(await messageOf(() => evaluate("x", { grid, fields: fields as never }))).toBe(
      `evaluate: "fields" expected an object with fields by name, got ${got}. Write { c }.`,
    );
  });

  it.each<[unknown, string]>([
    [5n, '"5n"'],
    [{ value: 5n }, '{"value":"5n"}'],
    [Object.create(null), "{}"],
  ])("are refused as faces of a mask", async (faces, got) => {
    expect(await messageOf(() => new Pde(texts, { mask: { open: "1", faces: faces as never } }))).toBe(
      `Pde: "mask.faces" expected "frozen", { derivative: 0 } or { value }, got ${got}. Use one of them.`,
    );
  });

  it("are refused as paths and names", async () => {
    expect(await messageOf(() => storage(5n as never))).toBe(
      'storage: "path" expected the path of a file, got 5n. Write storage("out.h5").',
    );
    expect(await messageOf(() => data({ m: "max(c)" }, { path: 5n as never }))).toBe(
      'data: "path" expected a name that ends in .csv or .json, got 5n. Rename the file.',
    );
    expect(await messageOf(() => data({ time: "max(c)" }))).toBe(
      'Pde: "data.time" expected a name that no column of the table has, got "time". Rename it.',
    );
    expect(await messageOf(() => Pde.named(5n as never))).toMatch(/^Pde\.named: expected one of .*, got 5n\. Name one/);
  });

  it("are refused where a table is asked for", async () => {
    const map = new Map([["D", 1]]) as never;
    for (const [make, message] of [
      [() => Pde.named("diffusion", map), /"parameters" expected an object with constants by name, got Map\./],
      [() => Pde.named("diffusion", 5 as never), /expected an object with constants by name, got 5\./],
      [() => Pde.named("diffusion", null as never), /expected an object with constants by name, got null\./],
      [() => Pde.named("diffusion", {}, { constants: { D: 3 } } as never), /^Pde\.named: .*, got "constants"\./],
      [() => new Pde(texts, { constants: map }), /^Pde: "constants" expected .*, got Map\./],
      [() => new Pde(texts, map), /^Pde: expected an object with options among .*, got Map\./],
      [() => new Pde(texts, { boundary: map }).solve(good), /^Pde: "boundary" expected/],
      [() => new Pde(texts, { complex: ["c", "c"] }), /^Pde: "complex" expected each name once, got \["c", "c"\]\./],
      [() => new Grid(solo(), { shape: [8], halo: null as never }), /^Grid: "halo" expected .*, got null\./],
      [() => grid.field(2 ** 31, { dtype: "i32" }), /expected whole numbers of 32 bits, got 2147483648\./],
      [() => grid.field(() => Number.NaN, { dtype: "i32" }), /expected whole numbers of 32 bits, got NaN\./],
    ] as const) {
      expect(await messageOf(make)).toMatch(message);
    }
  });

  it("are refused as names that objects cannot have", async () => {
    const known = 'Pde: expected a name that is free, got "__proto__", a meaning of its own. Rename it.';
    expect(await messageOf(() => new Pde({ ["__proto__"]: "1" }))).toBe(known);
    expect(await messageOf(() => new Pde(texts, { constants: { ["__proto__"]: 1 } }))).toBe(known);
    expect(await messageOf(() => new Pde(texts, { define: { ["__proto__"]: "1" } }))).toBe(known);
    const { steps } = await new Pde({ toString: "constructor" }, { constants: { constructor: 2 } }).solve({
      ...good,
      initial: { toString: 0 },
    });
    expect(steps).toBe(10);
  });

  it("are refused as names of what a restart keeps besides", async () => {
    const eq = new Pde({ c: "1", history_open: "2" }, { mask: { open: "t < 2", dynamic: true } });
    const initial = { c: 0, history_open: 0 };
    expect((await eq.solve({ ...good, initial })).steps).toBe(10);
    const track = [storage(join(folder, "names.h5"))];
    expect(await messageOf(() => eq.solve({ ...good, initial, track }))).toBe(
      "Pde.solve: expected unknowns named otherwise than what a restart keeps, got history_open. Rename it.",
    );
  });
});

describe("the state of another run", () => {
  const solve = (name: string, until: number, initial: string, restart?: string) =>
    new Pde(texts).solve({
      ...{ grid, initial: { c: initial }, until, dt: 0.1 },
      track: [storage(join(folder, `${name}.h5`), { every: 1 })],
      ...(restart ? { restart: join(folder, restart) } : {}),
    });
  const refused = (got: string) =>
    `file "${join(folder, "a.restart.h5")}": expected the state of a frame of "${join(folder, "a.h5")}", got ${got}. Put back the state that was written with "${join(folder, "a.h5")}", or start anew.`;
  const copy = (from: string, to: string) => copyFileSync(join(folder, from), join(folder, to));

  it("is refused, at the same time and at another", async () => {
    await solve("a", 2, "x");
    copy("a.restart.h5", "own.restart.h5");
    await solve("b", 2, "2 * x");
    await solve("c", 3, "x");
    copy("b.restart.h5", "a.restart.h5");
    expect(await messageOf(() => solve("a", 4, "x", "a.restart.h5"))).toBe(refused("one of time 2 with another c"));
    copy("c.restart.h5", "a.restart.h5");
    expect(await messageOf(() => solve("a", 4, "x", "a.restart.h5"))).toBe(
      refused("one of time 3, where there is no frame"),
    );
  });

  it("is told from the run's own, also from one of the frame before", async () => {
    copy("own.restart.h5", "a.restart.h5");
    const first = await solve("a", 3, "x", "a.restart.h5");
    copy("own.restart.h5", "a.restart.h5");
    const again = await solve("a", 3, "x", "a.restart.h5");
    const eq = new Pde(texts, { mask: "x > 3" });
    const masked = { grid, initial: { c: "x" }, dt: 0.1, track: [storage(join(folder, "mask.h5"))] };
    await eq.solve({ ...masked, until: 1 });
    const restart = join(folder, "..", folder.split("/").at(-1)!, "mask.restart.h5");
    expect((await eq.solve({ ...masked, until: 2, restart })).steps).toBe(20);
    const digests = [first, again].map(({ fields }) => (fields.c as { digest(): string }).digest());
    expect(digests[1]).toBe(digests[0]);
  });
});
