/** How steps go through the block, and how many exchange halos together. */
import { describe, expect, it, vi } from "vitest";
import type { Cell } from "../../src/expression/program.js";
import { Halo } from "../../src/grid/halo.js";
import { callback, Grid, Pde, type PdeOptions, type SolveOptions } from "../../src/index.js";
import { isDivisible } from "../../src/pde/programs/code.js";
import { solo } from "../harness/run.js";

describe("threads share a pass", () => {
  const load = (array: number, i: number) => ({ op: "load" as const, array, offset: [i, 0] });
  const cell = (nodes: Cell["nodes"], array: number): Cell => ({ nodes, stores: [{ array, node: nodes.length - 1 }] });
  const across = cell([load(1, -1), load(1, 1), { op: "add", a: 0, b: 1 }], 0);

  it("unless the first cells read beyond a part what the last one stores there", () => {
    const apart = cell(across.nodes, 2);
    expect(isDivisible({ cells: [cell([load(0, 0)], 1), across], rolled: [1] })).toBe(false);
    expect(isDivisible({ cells: [cell([load(0, 0)], 1), apart], rolled: [1] })).toBe(true);
    expect(isDivisible({ cells: [cell([load(3, 1)], 1), across], rolled: [1] })).toBe(true);
    expect(isDivisible(cell([load(0, 0)], 0))).toBe(true);
    expect(isDivisible(cell([load(0, 1)], 2))).toBe(true);
  });
});

describe("two steps of Euler", () => {
  const grid = new Grid(solo(), { shape: [13, 11], periodic: true });
  const walled = (threads = 1) => new Grid(solo(), { shape: [13, 11], periodic: [true, false], threads });
  const k = grid.field((x, y) => 1 + 0.3 * Math.sin(x - y));
  const initial = { c: "sin(0.5*x) * cos(0.6*y)" };
  /** The exchanges of a run, its steps, its end and its digests. */
  const run = async (text: string, options: PdeOptions = {}, changes: Partial<SolveOptions> = {}) => {
    const exchange = vi.spyOn(Halo.prototype, "exchange");
    const eq = new Pde({ c: text }, options);
    const { fields, steps, time } = await eq.solve({
      grid,
      initial,
      until: 0.21,
      dt: 0.02,
      stability: "ignore",
      ...changes,
    });
    const exchanges = exchange.mock.calls.length;
    exchange.mockRestore();
    const { c } = fields;
    const parts = "re" in c! ? [c.re, c.im] : [c!];
    return { exchanges, steps, time, digests: parts.map((part) => part.digest()) };
  };
  const eachStep = () => [callback(() => {}, { steps: 1 })];

  it.each<[string, string, PdeOptions]>([
    ["an equation", "laplace(c)", {}],
    ["one of time", "laplace(c) + sin(t)*c", {}],
    ["fields and coordinates", "k*laplace(c) - x*d_dx(c)", { constants: { k } }],
    ["corners", "laplace9(c)", {}],
    ["complex numbers", "i*laplace(c)", { complex: ["c"] }],
    ["frozen cells", "laplace(c)", { mask: "hypot(x - 6, y - 5) > 2.2" }],
    ["a mask with faces", "laplace(c)", { mask: { open: "hypot(x - 6, y - 5) > 2.2", faces: { derivative: 0 } } }],
  ])("have one exchange, and the bits of steps one by one: %s", async (_, text, options) => {
    const single = await run(text, options, { track: eachStep() });
    const pairs = await run(text, options);
    expect([single.steps, single.exchanges, pairs.exchanges]).toEqual([11, 11, 6]);
    expect({ ...pairs, exchanges: 11 }).toEqual(single);
  });

  it("in numbers of 32 bits, on threads and on wider halos, too", async () => {
    for (const options of [{ threads: 3 }, { halo: 5 }]) {
      const large = new Grid(solo(), { shape: [133, 111], periodic: true, ...options });
      const changes = { grid: large, dtype: "f32" as const };
      const single = await run("laplace(c)", {}, { ...changes, track: eachStep() });
      const pairs = await run("laplace(c)", {}, changes);
      expect(pairs).toEqual({ ...single, exchanges: 6 });
    }
  });

  it("are one on three axes where the arrays of a block have 4 MiB", async () => {
    const large = new Grid(solo(), { shape: [6, 300, 301], periodic: true });
    for (const [dtype, exchanges] of [
      ["f64", 6],
      ["f32", 11],
    ] as const) {
      const single = await run("laplace(c)", {}, { grid: large, dtype, track: eachStep() });
      const pairs = await run("laplace(c)", {}, { grid: large, dtype });
      expect([single.exchanges, pairs.exchanges]).toEqual([11, exchanges]);
      expect(pairs.digests).toEqual(single.digests);
    }
  });

  it("end before what looks on, at its steps and at its times", async () => {
    const seen: number[][] = [];
    const track = [
      callback(({ step, time }) => void seen.push([step, time]), { steps: 5 }),
      callback(({ step, time }) => void seen.push([step, time]), { every: 0.06 }),
    ];
    const { exchanges } = await run("laplace(c)", {}, { track });
    expect(seen.map(([step]) => step)).toEqual([0, 0, 3, 5, 6, 9, 10, 11, 11]);
    expect(seen.map(([, time]) => time)).toEqual([0, 0, 0.06, 0.1, 0.12, 0.18, 0.2, 0.21, 0.21]);
    // Steps 1-2, 3, 4-5, 6, 7-8, 9, 10, 11.
    expect(exchanges).toBe(8);
  });

  it.each<[string, string, PdeOptions]>([
    ["an equation", "laplace(c)", {}],
    ["fields and coordinates along an axis without walls", "k*laplace(c) - x*d_dx(c)", { constants: { k: 0.7 } }],
    ["corners", "laplace9(c)", {}],
    ["complex numbers", "i*laplace(c)", { complex: ["c"] }],
    ["frozen cells", "laplace(c)", { mask: "hypot(x - 6, y - 5) > 2.2" }],
  ])("have one exchange beside walls that mirror, and the same bits: %s", async (_, text, options) => {
    for (const threads of [1, 2]) {
      const changes = { grid: walled(threads) };
      const single = await run(text, options, { ...changes, track: eachStep() });
      expect(await run(text, options, changes)).toEqual({ ...single, exchanges: 6 });
    }
  });

  it.each<[string, string, PdeOptions, boolean]>([
    ["walls that mirror", "laplace(c^3 - c - laplace(c))", {}, false],
    ["the negative of the other end", "laplace(c^3 - c - laplace(c))", { boundary: { x: "antiperiodic" } }, true],
    [
      "the negative of the other end for one operator",
      "laplace(part)",
      { define: { part: "laplace(c)" }, boundary: { part: { x: "antiperiodic" } } },
      true,
    ],
  ])("and one of them have the bits of a narrow halo, beside %s", async (_, text, options, isAround) => {
    const [narrow, wide] = await Promise.all(
      [1, 4].map((halo) => {
        const large = new Grid(solo(), { shape: [13, 11], periodic: [true, isAround], halo });
        return run(text, options, { grid: large, dt: 0.002 });
      }),
    );
    expect(wide!.digests).toEqual(narrow!.digests);
  });

  it.each<[string, PdeOptions, Partial<SolveOptions> & { readonly text?: string }]>([
    ["limits between them", { limit: { c: "min(c, 0.7)" } }, {}],
    ["a condition to stop at", { stop: "max(c) > 9" }, {}],
    ["a mask that changes", { mask: { open: "x > 10*t", dynamic: true } }, {}],
    ["sources in points", { points: [{ field: "c", at: [3, 4], source: "sin(t)" }] }, {}],
    ["noise", { noise: { c: 0.1 } }, {}],
    ["another stepper", {}, { stepper: "ssprk3" }],
    ["a halo of one layer", {}, { grid: new Grid(solo(), { shape: [13, 11], periodic: true, halo: 1 }) }],
    ["a wall that does not mirror", { boundary: { y: { value: 1 } } }, { grid: walled() }],
    ["a wall that mirrors one side", { boundary: { "y+": { derivative: 0.1 } } }, { grid: walled() }],
    [
      "what does not mirror beside a wall",
      { define: { flow: "d_dy(c)" } },
      { grid: walled(), text: "laplace(c) - flow" },
    ],
    ["a wall around one cell", {}, { grid: new Grid(solo(), { shape: [13, 1], periodic: [true, false] }) }],
  ])("are not one with %s", async (_, options, { text = "laplace(c)", ...changes }) => {
    const single = await run(text, options, { ...changes, track: eachStep() });
    expect(await run(text, options, changes)).toEqual(single);
  });

  it("are not one for numbers of the whole grid between them", async () => {
    const [text, track] = ["laplace(c) - average(c^2)", eachStep()];
    expect(await run(text)).toEqual(await run(text, {}, { track }));
  });
});
