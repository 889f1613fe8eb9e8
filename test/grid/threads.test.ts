/** What runs on the threads of a grid, and what on the main one alone. */
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import type { AnyField } from "../../src/grid/field.js";
import { warnOfBinding } from "../../src/grid/threads.js";
import { Grid, Pde } from "../../src/index.js";
import { Team } from "../../src/wasm/team.js";
import { solo } from "../harness/run.js";
import { randomOf } from "../oracle/mpdata.js";

const source = (body: string, head = "", factor = "1") => `import { Cells } from "stencil";
  ${head}
  export function kernel(u: Cells<f64>, next: Cells<f64>): void { ${body} next.set(u.at(1, 0) + ${factor} * u.at(0, -1)); }`;

let run: MockInstance<Team["run"]>;
beforeEach(() => {
  run = vi.spyOn(Team.prototype, "run");
});
afterEach(() => {
  run.mockRestore();
});

/** How many threads each of the calls was for. */
const threadsOfCalls = () => run.mock.calls.map(([, parts]) => parts.length);

describe("kernels of a grid with threads", () => {
  const grid = new Grid(solo(), { shape: [64, 64], periodic: true, threads: 3 });
  const [u, next] = [grid.field((x, y) => x * y), grid.field()];

  it.each([
    ["a text", "next = u[1, 0] + u[0, -1]", [3]],
    ["a source", source(""), [3]],
    ["a source that asserts", source("assert(u.at(0, 0) >= 0);"), [3]],
    ["a source with a table", source("", "const w: StaticArray<f64> = [1, 2];", "w[1]"), [3]],
  ])("%s", async (_, text, expected) => {
    const kernel = await grid.kernel(text);
    kernel.run({ u, next });
    expect(threadsOfCalls()).toEqual(expected);
    kernel.free();
  });

  it("traps on a thread are told", async () => {
    const kernel = await grid.kernel(source("assert(u.at(0, 0) < 3000);"), { debug: true });
    const onThread = "kernel to return on thread \\d, got the trap .assertion failed";
    const onMain = "function to return, got the abort .abort";
    const text = new RegExp(`^kernel: expected the (${onThread}|${onMain})`);
    for (let time = 0; time < 20; time++) expect(() => kernel.run({ u, next })).toThrow(text);
    kernel.free();
  });

  it("few cells are one thread's, and those of another grid", async () => {
    for (const options of [{ shape: [9, 9], threads: 3 }, { shape: [64, 64] }]) {
      const other = new Grid(solo(), { periodic: true, ...options });
      const kernel = await other.kernel("next = u[1, 0] + u[0, -1]");
      kernel.run({ u: other.field(1), next: other.field() });
    }
    expect(threadsOfCalls()).toEqual([]);
  });
});

it("are warned of once, where they have to share cores that the rank is bound to", () => {
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  warnOfBinding(2, { count: 2, bound: "0-1" });
  warnOfBinding(9, { count: 2, bound: undefined });
  expect(warn).not.toHaveBeenCalled();
  for (let time = 0; time < 2; time++) warnOfBinding(2, { count: 1, bound: "3" });
  expect(warn.mock.calls).toEqual([
    [
      'Grid: "threads" expected at most 1, the core 3 that the launcher has bound rank 0 to, got 2. Start it with more cores a rank: mpiexec --bind-to none.',
    ],
  ]);
  warn.mockRestore();
});

describe("equations on a grid with threads", () => {
  it.each([
    ["one sweep", "laplace(c)", [2, 2]],
    [
      "two sweeps in one pass, of which the second stores what the first has read",
      "laplace(c^3 - c - laplace(c))",
      [2, 2],
    ],
  ])("%s", async (_, text, expected) => {
    const digests: string[] = [];
    for (const threads of [1, 2]) {
      const grid = new Grid(solo(), { shape: [64, 64], periodic: true, threads });
      const eq = new Pde({ c: text });
      const { fields } = await eq.solve({ grid, initial: { c: "0.1*noise()" }, until: 0.02, dt: 0.01 });
      digests.push((fields.c as AnyField).digest());
    }
    expect(digests[1]).toBe(digests[0]);
    expect(threadsOfCalls().slice(-2)).toEqual(expected);
  });
});

describe("figures and digests on threads", () => {
  const random = randomOf(3);
  const shapes = [[2701], [53, 51], [1, 2701], [13, 14, 15], [1, 1, 2703], [1, 60, 45]];
  it.each(shapes.flatMap((shape) => (["f64", "f32", "i32"] as const).map((dtype) => ({ shape, dtype }))))(
    "are those of one: $dtype, $shape",
    ({ shape, dtype }) => {
      const values = Array.from({ length: shape.reduce((product, n) => product * n) }, () =>
        dtype === "i32" ? Math.floor(1e9 * random()) : (random() - 0.5) * 2 ** Math.floor(40 * random()),
      );
      const variants = [values, values.map((value) => Math.abs(value) * -0), values.with(1500, Number.NaN)];
      for (const variant of dtype === "i32" ? [values] : variants) {
        const seen = [1, 2, 3, 5].map((threads) => {
          const field = new Grid(solo(), { shape, halo: 1, threads }).field(variant, { dtype });
          const { min, max, sum } = field.figures();
          const bits = Float64Array.of(field.min(), field.max(), min, max, sum);
          const told = [...new BigInt64Array(bits.buffer), field.digest()].join();
          field.free();
          return told;
        });
        expect(new Set(seen).size, String(seen)).toBe(1);
      }
      expect(run.mock.calls.length).toBeGreaterThan(0);
    },
  );
});
