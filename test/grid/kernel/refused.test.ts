import { describe, expect, it } from "vitest";
import {
  CompileError,
  evaluate,
  Grid,
  type KernelOptions,
  type KernelValues,
  Mpdata,
  mpi,
  Pde,
  type RunOptions,
  solvePoisson,
  UsageError,
} from "../../../src/index.js";
import { isFull } from "../../harness/effort.js";
import { eachPart } from "../../harness/launch.js";
import { withMode } from "../../harness/modes.js";

const timeout = isFull ? 1_800_000 : 250_000;

describe("kernels on any ranks", { timeout }, () => {
  eachPart(
    ["grid-kernel.mjs"],
    [1, 2, 3, 4],
    ({ ranks }, printed) => {
      it("have the bits of one rank and the values of a slow oracle, for all splits, types and walls", async () => {
        const { grids, cells, faces, threads, overlaps } = JSON.parse(await printed("grid-kernel.mjs"));
        expect(threads).toBe(isFull || ranks === 1 ? 27 : 9);
        // Of each case both kernels on each split; on one rank nothing travels.
        expect(overlaps).toEqual({ runs: [28, 64, 60, 104][ranks - 1]!, cut: [0, 30, 27, 45][ranks - 1]! });
        expect(faces).toBeGreaterThanOrEqual(7);
        expect(grids).toBeGreaterThanOrEqual(24);
        expect(cells).toBeGreaterThan(1000);
      });
    },
    { isOnce: true },
  );
});

const comm = mpi.init();
const grid = new Grid(comm, {
  shape: [6, 5],
  bounds: [
    [0, 3],
    [1, 2],
  ],
  halo: 2,
});
const head = 'import { Cells, i, x } from "stencil";\n';
const heat = `${head}export function heat(u: Cells<f64>, next: Cells<f64>, k: f64): void {
  next.set(u.at(0, 0) + k * (u.at(1, 0) + u.at(-1, 0) + u.at(0, 1) + u.at(0, -1) - 4 * u.at(0, 0)));
}`;

describe("a kernel", () => {
  const place = `${head}
    function half(u: Cells<f32>): f32 { return u.at(0, 0) / 2; }
    export function place(u: Cells<f64>, v: Cells<f32>, n: Cells<i32>, out: Cells<f64>, on: bool, b: u32, c: f32): void {
      assert(n.at(0, 0) < 100);
      n.set(n.at(0, 0) + i(1) * 10 + i(0));
      out.set((on ? x(0) : x(1)) + u.at(1, -2) + half(v) + n.at(0, 0) + b + c);
    }`;

  it.each(["compiled", "debug", "plain", "plain and debug"])(
    "knows its place and reads fields of every type: %s",
    async (mode) => {
      const make = () => grid.kernel(place, { debug: mode.includes("debug") });
      const kernel = await withMode(mode.includes("plain") ? "1" : "0", make);
      const u = grid.field((x, y) => x + 10 * y);
      const v = grid.field(3, { dtype: "f32" });
      const n = grid.field(7, { dtype: "i32" });
      const out = grid.field();
      const values = { u, v, n, out, b: 2 ** 32 - 1, c: 0.5 };
      for (const on of [true, false]) {
        n.set(7);
        kernel.run({ ...values, on });
        for (let i = 0; i < 6; i++) {
          for (let j = 0; j < 5; j++) {
            const number = 7 + 10 * j + i;
            expect(n.data[n.index(i, j)]).toBe(number);
            const [column, row] = [Math.min(i + 1, 5), j < 2 ? 1 - j : j - 2];
            const read = u.data[u.index(column, row)]!;
            const at = on ? grid.centre(0, i) : grid.centre(1, j);
            expect(out.data[out.index(i, j)]).toBe(at + read + 1.5 + number + (2 ** 32 - 1) + 0.5);
          }
        }
      }
      expect(kernel.radius).toBe(2);
      expect(String(kernel)).toBe(
        `kernel place of radius 2; reads u in 1 cell, v in 1 cell, n in 1 cell; sets n, out; numbers on, b, c; on ${grid}`,
      );
      expect(kernel.text()).toBe(place);
      kernel.free();
      kernel.free();
    },
  );

  it("computes steps in turn, and gives each name its field back", async () => {
    const source = `${head}export function wave(before: Cells<f64>, u: Cells<f64>, next: Cells<f64>): void {
      next.set(2 * u.at(0) - before.at(0) + 0.25 * (u.at(1) - 2 * u.at(0) + u.at(-1)));
    }`;
    const line = new Grid(comm, { shape: [9], periodic: true });
    const wave = await line.kernel(source);
    const swap = [
      ["before", "u"],
      ["u", "next"],
    ] as const;
    const make = () => ({
      before: line.field((x) => Math.sin(x)),
      u: line.field((x) => Math.sin(x + 0.1)),
      next: line.field(),
    });
    const [all, single] = [make(), make()];
    for (const steps of [0, 1, 2, 3, 4, 7]) {
      wave.run(all, { steps, swap });
      for (let step = 0; step < steps; step++) {
        wave.run(single);
        const [before, u, next] = [single.before, single.u, single.next];
        const result = next.interior();
        next.set(before.interior());
        before.set(u.interior());
        u.set(result);
      }
      for (const name of ["before", "u", "next"] as const) expect(all[name].digest()).toBe(single[name].digest());
    }
  });

  it("keeps what it needs for the fields that it was run with last", async () => {
    const kernel = await grid.kernel(heat);
    const u = grid.field((x, y) => x * y);
    const results = Array.from({ length: 20 }, () => grid.field());
    for (const next of [...results, ...results]) kernel.run({ u, next, k: 0.1 });
    expect(new Set(results.map((next) => next.digest())).size).toBe(1);
  });

  it("stops with the assertion that fails in a cell", async () => {
    const kernel = await grid.kernel(
      `${head}export function positive(u: Cells<f64>): void {
      assert(u.at(0, 0) > 0, "not positive");
      u.set(sqrt(u.at(0, 0)));
    }`,
      { debug: true },
    );
    expect(() => kernel.run({ u: grid.field(-1) })).toThrow(
      /^positive: expected the function to return, got the abort "not positive/,
    );
  });
});

describe("a kernel as text", () => {
  const text = "a = k * (u[1, 0] + u[-1, 0] + u[0, 2] + u[0, -1] - 4*u)\nnext = u + a * exp(-w) + x*y; w = sin(a)";

  it("has the same bits in plain mode, and tells what it computes", async () => {
    for (const dtype of ["f64", "f32"] as const) {
      const digests = await Promise.all(
        ["0", "1"].map((mode) =>
          withMode(mode, async () => {
            const kernel = await grid.kernel(text, { name: "mixed", boundary: { u: { "y+": { value: 2 } } } });
            expect(kernel.radius).toBe(2);
            const u = grid.field((x, y) => Math.cos(x * y), { dtype });
            const [next, w] = [grid.field(0, { dtype }), grid.field(0.5, { dtype })];
            kernel.run({ u, next, w, k: 0.1 }, { steps: 5, swap: [["u", "next"]] });
            expect(String(kernel)).toBe(
              `kernel mixed of radius 2; reads u in 5 cells, w in 1 cell; sets w, next; numbers k; on ${grid}`,
            );
            expect(kernel.text().split("\n")[0]).toBe("halo of u, 2 layers, by u");
            return [u, next, w].map((field) => field.digest()).join();
          }),
        ),
      );
      expect(digests[0]).toBe(digests[1]);
    }
  });

  it("has other code for other fields and types", async () => {
    const kernel = await grid.kernel("v = u * k");
    const [u, k, v] = [grid.field(3), grid.field((x) => x), grid.field()];
    kernel.run({ u, k: 2, v });
    expect(v.sum()).toBe(180);
    kernel.run({ u, k, v });
    expect(v.sum()).toBe(3 * k.sum());
    const [whole, product] = [grid.field(3, { dtype: "i32" }), grid.field(0, { dtype: "i32" })];
    kernel.run({ u: whole, k: 5, v: product });
    expect(product.sum()).toBe(450);
    kernel.free();
  });

  const [u, next] = [grid.field(1), grid.field()];
  const single = grid.field(0, { dtype: "f32" });
  it.each<[text: string, values: object, message: string]>([
    [
      "next = u + k",
      { u, next },
      'kernel.run: "k" expected a field or a number, got nothing. Give what the name stands for.',
    ],
    [
      "next = u + k",
      { u, next, k: "1" },
      'kernel.run: "k" expected a number, got "1". Give the number that the kernel is to compute with.',
    ],
    [
      "next = u + k",
      { u, nxt: next, k: 1 },
      'kernel.run: expected options among next, u, k, got "nxt". Did you mean next?',
    ],
    [
      "next = u + k",
      { u: single, next, k: 1 },
      'kernel.run: "u" expected a field of f64 as "next" is, got one of f32. Use fields of one type in a text.',
    ],
    [
      "next = u + k",
      { u, k: 1 },
      'kernel.run: expected a field, or a value that is read later, got "next". Pass a field of this name to run.\n  next = u + k\n  ^',
    ],
    [
      "next = u + k",
      { u, next: 1, k: 1 },
      'kernel.run: "next" expected a field, since the text sets it, got 1. Make it with grid.field().',
    ],
    [
      "next = u[1, 0] + k",
      { u: 2, next, k: 1 },
      'kernel.run: "u" expected a field, since the text reads its neighbours, got 2. Make it with grid.field().',
    ],
    [
      "next = u[0, 0] + k",
      { u: 2, next, k: 1 },
      'kernel.run: expected a field before [, got "u". Pass a field of this name.\n  next = u[0, 0] + k\n         ^',
    ],
    [
      "next = u + k",
      { u, next: u, k: 1 },
      'kernel.run: "next" expected a field of its own, got that of "u". Make another with grid.field().',
    ],
  ])("%s is refused when it is run with something else", async (source, values, message) => {
    const kernel = await grid.kernel(source);
    const error = (() => {
      try {
        kernel.run(values as KernelValues);
      } catch (failure) {
        return failure as Error;
      }
      return undefined;
    })();
    expect(error?.message).toBe(message);
  });

  it("is refused when it is made, where it is wrong whatever is a field", async () => {
    const message =
      'Grid.kernel: expected u, which is assigned, at the cell itself alone, got "u[1, 0]". Assign to another field: results would depend on the order of cells.\n  u = u[1, 0]\n      ^';
    await expect(grid.kernel("u = u[1, 0]")).rejects.toThrow(
      new CompileError(message, { file: "Grid.kernel", line: 1, column: 5 }),
    );
    await expect(grid.kernel("next = u[3, 0]")).rejects.toThrow(
      `Grid.kernel: "source" expected offsets up to 2 (the grid's halo), got 3 of u. Make the grid with halo: 3.`,
    );
  });
});

describe("what a kernel's source is refused for", () => {
  const table: readonly [source: string, message: string][] = [
    [
      "let n: i32 = 1;\nexport function f(u: Cells<f64>): void { n++; u.set(n); }",
      `2:5: n may change from cell to cell, whose order is open. Make it constant, or a parameter.
  let n: i32 = 1;
      ^`,
    ],
    [
      "class A { static n: f64 = 1; static readonly m: f64 = 2; }\nexport function f(u: Cells<f64>): void { u.set(A.n + A.m); }",
      `2:18: A.n may change from cell to cell, whose order is open. Make it constant, or a parameter.
  class A { static n: f64 = 1; static readonly m: f64 = 2; }
                   ^`,
    ],
    [
      "export function f(u: Cells<f64>): void { u.set(u.at(0)); }",
      `2:48: at takes 2 offsets, one for each axis of the grid, and not 1.
  export function f(u: Cells<f64>): void { u.set(u.at(0)); }
                                                 ^`,
    ],
    [
      "export function f(u: Cells<f64>): void { u.set(u.at(0, 0, 0)); }",
      `2:48: at takes 2 offsets, one for each axis of the grid, and not 3.
  export function f(u: Cells<f64>): void { u.set(u.at(0, 0, 0)); }
                                                 ^`,
    ],
    [
      "export function f(u: Cells<f64>, d: i32): void { u.set(u.at(d, 0)); }",
      `2:56: The offsets of at are constants, so that what a cell reads is known before the run.
  export function f(u: Cells<f64>, d: i32): void { u.set(u.at(d, 0)); }
                                                         ^`,
    ],
    [
      "export function f(u: Cells<f64>): void {\n  const a = u.at(-1, 0);\n  u.set(a); }",
      `3:13: u is set, and so read at (0, 0) only, not at (-1, 0): the order of the cells is open.
    const a = u.at(-1, 0);
              ^`,
    ],
    [
      "function g(v: Cells<f64>): f64 { return v.at(0, 1); }\nexport function f(u: Cells<f64>): void { u.set(g(u)); }",
      `2:41: u is set, and so read at (0, 0) only, not at (0, 1): the order of the cells is open.
  function g(v: Cells<f64>): f64 { return v.at(0, 1); }
                                          ^`,
    ],
    [
      "function g(v: Cells<f64>): Cells<f64> { return v; }\nexport function f(u: Cells<f64>): void { const w = x(0) > 1 ? u : g(u); u.set(w.at(1, 1)); }",
      `3:79: u is set, and so read at (0, 0) only, not at (1, 1): the order of the cells is open.
  export function f(u: Cells<f64>): void { const w = x(0) > 1 ? u : g(u); u.set(w.at(1, 1)); }
                                                                                ^`,
    ],
    [
      "class A { u: Cells<f64> | null = null; }\nexport function f(u: Cells<f64>): void { const a = new A(); a.u = u; u.set(1); }",
      `3:61: Cells can be passed to functions by name, and kept nowhere.
  export function f(u: Cells<f64>): void { const a = new A(); a.u = u; u.set(1); }
                                                              ^`,
    ],
    [
      "export function f(u: Cells<f64>): void { changetype<Cells<f64>>(changetype<usize>(u) + 8).set(1); }",
      `2:42: Cells are parameters of the kernel: there are no others.
  export function f(u: Cells<f64>): void { changetype<Cells<f64>>(changetype<usize>(u) + 8).set(1); }
                                           ^`,
    ],
    [
      "export function f(u: Cells<f64>, n: i32): void { u.set(i(2) + x(n)); }",
      `2:56: The axis of i is a constant from 0 to 1 of the grid.
  export function f(u: Cells<f64>, n: i32): void { u.set(i(2) + x(n)); }
                                                         ^
kernel.ts:2:63: The axis of x is a constant from 0 to 1 of the grid.
  export function f(u: Cells<f64>, n: i32): void { u.set(i(2) + x(n)); }
                                                                ^`,
    ],
    [
      "export function f(u: Cells<f64>, n: i64): void { u.set(<f64>n); }",
      `2:37: n is i64. A kernel takes Cells of f64, f32 or i32, and numbers: f64, f32, i32, u32 or bool.
  export function f(u: Cells<f64>, n: i64): void { u.set(<f64>n); }
                                      ^`,
    ],
    [
      "export function f(u: Cells<u8>): void { u.set(1); }",
      `2:22: u is Cells<u8>. A kernel takes Cells of f64, f32 or i32, and numbers: f64, f32, i32, u32 or bool.
  export function f(u: Cells<u8>): void { u.set(1); }
                       ^`,
    ],
    [
      "export function f(u: Cells<f64>): f64 { u.set(1); return 1; }",
      `2:35: A kernel returns nothing: it calls set.
  export function f(u: Cells<f64>): f64 { u.set(1); return 1; }
                                    ^`,
    ],
    [
      "export function f(u: Cells<f64>, k: f64): void { k *= u.at(0, 0); }",
      `2:17: A kernel sets a field: call set of one of its Cells.
  export function f(u: Cells<f64>, k: f64): void { k *= u.at(0, 0); }
                  ^`,
    ],
    [
      "export function f(u: Cells<f64>): void { u.set(1); }\nexport function g(): void {}",
      `3:17: A kernel exports one function, which is called for each cell, and not g beside f.
  export function g(): void {}
                  ^`,
    ],
    [
      "export const f = 1;",
      `2:14: A kernel exports one function, which is called for each cell, and not f.
  export const f = 1;
               ^`,
    ],
    [
      "function f(u: Cells<f64>): void { u.set(1); }",
      `1:1: A kernel exports one function, which is called for each cell.
  import { Cells, i, x } from "stencil";
  ^`,
    ],
    [
      'import { rank } from "mpi";\nexport function f(u: Cells<f64>): void { u.set(rank()); }',
      `2:22: A kernel imports "stencil" and files beside it, not "mpi".
  import { rank } from "mpi";
                       ^`,
    ],
  ];

  it.each(table)("%s", async (source, message) => {
    const places = message.match(/^(kernel\.ts:)?\d+:\d+:/gm)!.length;
    const count = places === 1 ? "an error. Mend this line" : `${places} errors. Mend these lines`;
    const text = `Grid.kernel: expected source that compiles, got ${count}.\nkernel.ts:${message}`;
    const error = await grid.kernel(head + source).catch((failure) => failure);
    expect(error).toBeInstanceOf(CompileError);
    expect(error.message).toBe(text);
  });
});

describe("wrong use of a kernel", () => {
  const other = new Grid(comm, { shape: [6, 5] });
  const u = grid.field(1);
  const next = grid.field();
  const single = grid.field(0, { dtype: "f32" });
  const freed = grid.field();
  freed.free();
  const kernel = grid.kernel(heat);

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
    const made = await kernel;
    expect(() => made.run(values as KernelValues, options as RunOptions)).toThrow(new UsageError(message));
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

describe("kernels on cells of different sizes", () => {
  it("know the index, and the coordinate where cells have one size", async () => {
    const source = (value: string) => `
      import { Cells, i, x } from "stencil";
      export function place(u: Cells<f64>): void { u.set(${value}); }`;
    const tube = new Grid(comm, {
      shape: [3, 2],
      coordinates: "cylindrical",
      bounds: [[1, 4], undefined],
      faces: { z: [0, 1, 3] },
    });
    const u = tube.field();
    (await tube.kernel(source("x(0) + 10 * i(1)"))).run({ u });
    expect([...u.interior()]).toEqual([1.5, 11.5, 2.5, 12.5, 3.5, 13.5]);
    await expect(tube.kernel(source("x(1)"))).rejects.toThrow(
      'Grid.kernel: "source" expected cells of one size along an axis whose x(1) it asks for, got a stretched z. Pass a field of the coordinates, or write the kernel as a text.',
    );
  });
});
