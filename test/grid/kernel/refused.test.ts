/** Wrong use of a kernel: each is refused before anything is computed. */
import { beforeAll, describe, expect, it } from "vitest";
import {
  evaluate,
  Grid,
  type Kernel,
  type KernelOptions,
  type KernelValues,
  Mpdata,
  mpi,
  Pde,
  type RunOptions,
  solvePoisson,
  UsageError,
} from "../../../src/index.js";
import { isQuick } from "../../harness/effort.js";
import { grid, head, heat } from "./heat.js";

const comm = mpi.init();

describe.skipIf(isQuick)("wrong use of a kernel", () => {
  const other = new Grid(comm, { shape: [6, 5] });
  const u = grid.field(1);
  const next = grid.field();
  const single = grid.field(0, { dtype: "f32" });
  const freed = grid.field();
  freed.free();
  let kernel: Kernel;
  beforeAll(async () => {
    kernel = await grid.kernel(heat);
  });

  const runs: readonly [values: object, options: object | undefined, message: string][] = [
    [{ u, k: 1 }, undefined, 'heat.run: "next" expected a field of f64, got nothing. Make it with grid.field().'],
    [
      { u, next },
      undefined,
      'heat.run: "k" expected a number, got nothing. Give the number that the kernel is to compute with.',
    ],
    [
      { u, next, k: "1" },
      undefined,
      'heat.run: "k" expected a number, got "1". Give the number that the kernel is to compute with.',
    ],
    [
      { u, next, k: 1, nxet: 2 },
      undefined,
      'heat.run: expected options among u, next, k, got "nxet". Did you mean next?',
    ],
    [{ u: 1, next, k: 1 }, undefined, 'heat.run: "u" expected a field of f64, got 1. Make it with grid.field().'],
    [
      { u: single, next, k: 1 },
      undefined,
      'heat.run: "u" expected a field of f64, got one of f32. Make it with { dtype: "f64" }, or declare Cells<f32>.',
    ],
    [
      { u: other.field(), next, k: 1 },
      undefined,
      `heat.run: "u" expected a field of the kernel's grid, got one of another grid. Make the field and the kernel of one grid.`,
    ],
    [
      { u, next: u, k: 1 },
      undefined,
      'heat.run: "next" expected a field of its own, got that of "u". Make another with grid.field().',
    ],
    [
      { u, next: freed, k: 1 },
      undefined,
      "Field: expected a field in use, got a freed one. Make a new one with grid.field().",
    ],
    [{ u, next, k: 1 }, { step: 1 }, 'heat.run: expected options among steps, swap, got "step". Did you mean steps?'],
    [
      { u, next, k: 1 },
      { steps: 1.5 },
      'heat.run: "steps" expected a whole number from 0, got 1.5. Leave it out for 1.',
    ],
    [
      { u, next, k: 1 },
      { swap: ["u", "next"] },
      'heat.run: "swap" expected pairs of names of fields, got "u". Write [["u", "next"]].',
    ],
    [
      { u, next, k: 1n },
      undefined,
      'heat.run: "k" expected a number, got 1n. Give the number that the kernel is to compute with.',
    ],
    [
      { u, next, k: 1 },
      { swap: [["u", "next", "k"]] },
      'heat.run: "swap" expected pairs of names of fields, got ["u","next","k"]. Write [["u", "next"]].',
    ],
    [
      { u, next, k: 1 },
      { swap: [["u", "u"]] },
      'heat.run: "swap" expected pairs of different fields, got ["u","u"]. Leave the pair out.',
    ],
    [
      { u, next, k: 1 },
      { swap: [["u", "nxt"]] },
      'heat.run: "swap" expected fields among u, next, got "nxt". Did you mean next?',
    ],
  ];

  it.each(runs.map((row) => [row[2], ...row] as const))("%s", async (_title, values, options, message) => {
    expect(() => kernel.run(values as KernelValues, options as RunOptions)).toThrow(new UsageError(message));
  });

  const wholeSource = `${head}export function life(u: Cells<i32>, next: Cells<i32>, n: i32): void { next.set(u.at(1, 1) + n); }`;
  const makes: readonly [options: object, message: string, source?: string][] = [
    [
      { boundry: 1 },
      'Grid.kernel: expected options among boundary, name, debug, overlap, got "boundry". Did you mean boundary?',
    ],
    [
      { name: 1 },
      'Grid.kernel: "name" expected a text that is not empty, got 1. Leave it out for the name of the function.',
    ],
    [
      { name: "" },
      'Grid.kernel: "name" expected a text that is not empty, got "". Leave it out for the name of the function.',
    ],
    [{ overlap: "on" }, 'Grid.kernel: "overlap" expected true, false or "auto", got "on". Leave it out for "auto".'],
    [{ debug: 1 }, 'Grid.kernel: "debug" expected true or false, got 1. Leave it out for false.'],
    [
      { boundary: { x: "open" } },
      `Grid.kernel: "boundary" expected { value }, { derivative }, { mixed, const } or { curvature } at x (an axis that is not periodic), got "open". Use one of them.`,
    ],
    [
      { boundary: { "z-": { value: 1 } } },
      'Grid.kernel: "boundary" expected sides among *, x, x-, x+, y, y-, y+, got "z-". Name a side.',
    ],
    [
      { boundary: { u: { valeu: 1 } } },
      'Grid.kernel: "boundary.u" expected sides among *, x, x-, x+, y, y-, y+, got "valeu". Did you mean value?',
    ],
    [
      { boundary: { u: { value: 1 }, nxet: { value: 1 } } },
      'Grid.kernel: "boundary" expected fields among u, next, *, got "nxet". Did you mean next?',
    ],
    [
      { boundary: { value: Number.NaN } },
      'Grid.kernel: "boundary" expected a finite number or 5 of them as "value" at x, one a cell of the side in C order, got NaN. Give one number for the whole side.',
    ],
    [
      { boundary: { value: 1n } },
      'Grid.kernel: "boundary" expected a finite number or 5 of them as "value" at x, one a cell of the side in C order, got 1n. Give one number for the whole side.',
    ],
    [
      { boundary: { x: { values: 1n } } },
      `Grid.kernel: "boundary" expected { value }, { derivative }, { mixed, const } or { curvature } at x (an axis that is not periodic), got {"values":"1n"}. Did you mean value?`,
    ],
    [
      { boundary: { "y-": { mixed: [1, 2], const: 1 } } },
      'Grid.kernel: "boundary" expected a finite number or 6 of them as "mixed" at y-, one a cell of the side in C order, got 2 values. Give one number for the whole side.',
    ],
    [
      { boundary: { x: { value: 1, derivative: 2 } } },
      'Grid.kernel: "boundary" expected { value } at x, got derivative beside value. Leave it out.',
    ],
    [
      { boundary: { "x-": "dirichlet" } },
      `Grid.kernel: "boundary" expected { value }, { derivative }, { mixed, const } or { curvature } at x- (an axis that is not periodic), got "dirichlet". Did you mean { value: 0 }?`,
    ],
    [
      { boundary: { vv: { value: 0 } } },
      'Grid.kernel: "boundary" expected sides, or sides by field, among u, next, *, x, x-, x+, y, y-, y+, got "vv". Name a side or a field.',
    ],
    [
      { boundary: { temperatur: { value: 0 } } },
      'Grid.kernel: "boundary" expected sides, or sides by field, among next, temperature, *, x, x-, x+, y, y-, y+, got "temperatur". Did you mean temperature?',
      "next = temperature[1, 0]",
    ],
    [
      { boundary: { x: "periodic" } },
      `Grid.kernel: "boundary" expected { value }, { derivative }, { mixed, const } or { curvature } at x (an axis that is not periodic), got "periodic". Change the grid's "periodic" or the condition.`,
    ],
    [
      {},
      'Grid.kernel: "source" expected offsets up to 2 (the grid\'s halo), got 3 of u. Make the grid with halo: 3.',
      heat.replace("u.at(1, 0)", "u.at(3, 0)"),
    ],
    [
      { boundary: { "x-": { value: "integral(y)" } } },
      'Grid.kernel: "boundary at x-" expected a text without numbers of the whole grid, got "integral(y)". Compute the number before, and give it to run() by a name.',
    ],
    [
      { boundary: { derivative: 1 } },
      'Grid.kernel: "boundary" expected { value } of whole numbers, { derivative: 0 } or "periodic" at x- for u, a field of i32, got derivative. Use a field of f64.',
      wholeSource,
    ],
    [
      { boundary: { value: "y" } },
      'Grid.kernel: "boundary" expected { value } of whole numbers, { derivative: 0 } or "periodic" at x- for u, a field of i32, got a text. Use a field of f64.',
      wholeSource,
    ],
    [
      { boundary: { value: 0.5 } },
      'Grid.kernel: "boundary" expected { value } of whole numbers, { derivative: 0 } or "periodic" at x- for u, a field of i32, got a fraction. Use a field of f64.',
      wholeSource,
    ],
  ];

  it.each(makes)("%s", async (options, message, source = heat) => {
    const error = await grid.kernel(source, options as KernelOptions).catch((failure) => failure);
    expect(error.message).toBe(message);
  });

  it("of texts at sides", async () => {
    const make = (value: string) => grid.kernel("next = u[1, 0]", { boundary: { u: { "x+": { value } } } });
    await expect(make("sn(y)")).rejects.toThrow(
      'Grid.kernel: "boundary.u at x+" expected a function that is known, got "sn". Did you mean sin?\n  sn(y)\n  ^',
    );
    const timed = await make("sin(y) * t");
    expect(() => timed.run({ u, next })).toThrow(
      'kernel.run: "t" expected a number, which the text of a side names, got nothing. Give it with the fields.',
    );
    expect(() => timed.run({ u, next, tt: 1 })).toThrow(
      'kernel.run: expected options among next, u, t, got "tt". Remove or rename it.',
    );
    for (const t of [1, 2, 2, 1]) {
      timed.run({ u, next, t });
      for (let j = 0; j < 5; j++) {
        expect(next.data[next.index(5, j)]).toBeCloseTo(2 * Math.sin(grid.centre(1, j)) * t - 1, 14);
      }
    }
  });

  it("of sources, fields of two types that change places, and texts without a name", async () => {
    for (const [source, got] of [
      [5, "5"],
      [{}, "Object"],
    ] as const) {
      await expect(grid.kernel(source as never)).rejects.toThrow(
        `Grid.kernel: "source" expected a text, the URL of a file or { files: { "name.ts": text } }, got ${got}. Pass the text of a source.`,
      );
    }
    const narrowed = await grid.kernel(
      `${head}export function narrowed(u: Cells<f64>, next: Cells<f32>): void { next.set(<f32>u.at(1, 0)); }`,
    );
    expect(() => narrowed.run({ u, next: single }, { swap: [["u", "next"]] })).toThrow(
      'narrowed.run: "swap" expected fields of one type in a pair, got u of f64 and next of f32. Make them of the same type.',
    );
    expect(String(await grid.kernel("next = u[1, 0]"))).toBe(
      `kernel of radius 1; reads u in 1 cell; sets next; on ${grid}`,
    );
  });

  it("of fields of faces", async () => {
    const faces = grid.field(0, { at: "x-face" });
    expect(String(faces)).toBe(`field of f64 at x-faces on ${grid}`);
    const listed = await grid.kernel("next = v[0, 1]", { boundary: { v: { y: { value: [1, 2, 3, 4, 5, 6] } } } });
    expect(() => listed.run({ v: faces, next })).toThrow(
      'kernel.run: "v" expected a number or a text at y for a field of x-faces, got a list, of one number a cell. Write a text of the coordinates along the side.',
    );
    const moved = await grid.kernel("next = u[1, 0]");
    expect(() => moved.run({ u: faces, next }, { swap: [["u", "next"]] })).toThrow(
      'kernel.run: "swap" expected fields of one type in a pair, got u of f64 at x-faces and next of f64. Make them of the same type.',
    );
    expect(() => grid.field(0, { at: "z-face" })).toThrow(
      'Grid.field: "at" expected one of cell, x-face, y-face, got "z-face". Did you mean x-face?',
    );
    const thin = new Grid(comm, { shape: [4], halo: 0 });
    expect(() => thin.field(0, { at: "x-face" })).toThrow(
      'Grid.field: "at" expected "cell" on a grid without halo, got "x-face". Make the grid with halo: 1.',
    );
    expect(() => faces.set([1])).toThrow(
      'Field.set: "value" expected 35 values (block of 7 x 5 x-faces), got 1. Give one a face of this rank\'s block.',
    );
    expect(() => faces.scatter([1])).toThrow(
      'Field.scatter: "whole" expected 35 values (7 x 5 x-faces) on the root, got 1. Give one a face of the grid, in C order.',
    );
    const cells = (where: string) =>
      `${where} expected a field of cells, got one of x-faces. Compute one of cells with a kernel: the mean of two faces.`;
    expect(() => new Mpdata({ psi: faces, courant: [0, 0] })).toThrow(cells('Mpdata: "psi"'));
    await expect(solvePoisson(faces)).rejects.toThrow(cells('solvePoisson: "rhs"'));
    await expect(evaluate("c", { grid, fields: { c: faces } })).rejects.toThrow(cells('evaluate: "fields.c"'));
    const solve = (options: object, initial: unknown = 0) =>
      new Pde({ c: "k" }, { constants: { k: 1 }, ...options }).solve({
        grid,
        initial: { c: initial as number },
        until: 1,
        dt: 1,
      });
    await expect(solve({}, faces)).rejects.toThrow(cells('Pde.solve: "initial.c"'));
    await expect(solve({ constants: { k: faces } })).rejects.toThrow(cells('Pde: "constants.k"'));
    await expect(solve({ mask: faces })).rejects.toThrow(cells('Pde: "mask"'));
  });

  it("of whole numbers, periodic axes and thin blocks", async () => {
    const life = await grid.kernel(wholeSource);
    const [u, next] = [grid.field(0, { dtype: "i32" }), grid.field(0, { dtype: "i32" })];
    expect(() => life.run({ u, next, n: 0.5 })).toThrow(
      'life.run: "n" expected a whole number from -2147483648 to 2147483647, got 0.5. It is i32 in the kernel.',
    );
    life.free();
    expect(() => life.run({ u, next, n: 1 })).toThrow(
      "life.run: expected a kernel in use, got a freed one. Make a new one with grid.kernel().",
    );
    const ring = new Grid(comm, { shape: [4], periodic: true });
    const source = `${head}export function f(u: Cells<f64>, next: Cells<f64>, on: bool): void { next.set(u.at(2)); }`;
    const refused = (on: Grid, boundary: object) => expect(on.kernel(source, { boundary: boundary as never })).rejects;
    await refused(ring, { value: 0 }).toThrow(
      `Grid.kernel: "boundary" expected "periodic" or "antiperiodic" at x (a periodic axis of the grid), got {"value":0}. Change the grid's "periodic" or the condition.`,
    );
    await refused(ring, { "x-": "antiperiodic" }).toThrow(
      'Grid.kernel: "boundary" expected the same at both ends of x (a periodic axis of the grid), got "antiperiodic" and "periodic". Give it for x.',
    );
    const thin = new Grid(comm, { shape: [1] });
    await refused(thin, {}).toThrow(
      'Grid.kernel: "boundary" expected at least 2 cells in the blocks at the derivative wall x-, got 1. Use fewer blocks or more cells along x.',
    );
    const shift = await ring.kernel(source);
    const [a, b] = [ring.field(), ring.field()];
    expect(() => shift.run({ u: a, next: b, on: 1 })).toThrow('f.run: "on" expected true or false, got 1. Give it.');
  });
});
