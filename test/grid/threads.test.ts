/** What runs on the threads of a grid, and what on the main one alone. */
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import type { AnyField } from "../../src/grid/field.js";
import { warnOfBinding } from "../../src/grid/threads.js";
import { constant, copyEdge, type Edge, LinearWall, mirror } from "../../src/grid/wall.js";
import { Grid, Mpdata, Pde } from "../../src/index.js";
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

  it.skipIf(process.platform !== "linux")(
    "share the memory of functions, of 10 GiB of addresses, on each thread",
    async () => {
      const gibibytes = () => Number(/VmSize:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 2 ** 20;
      const runs = async (count: number) => {
        for (let i = 0; i < count; i++) {
          const kernel = await grid.kernel(`next = exp(-u) + ${i}`);
          kernel.run({ u, next });
          kernel.free();
        }
      };
      await runs(1);
      const before = gibibytes();
      await runs(12);
      expect(gibibytes() - before).toBeLessThan(2 * 10 + 1); // Threads that came late have theirs now.
    },
  );

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

describe("sides of many cells on threads", () => {
  const shape = [64, 63, 62];
  const values = (cells: number) => Array.from({ length: cells }, (_, i) => Math.sin(i));
  const linear = (edge: Edge, coefficient?: number) => {
    const wall = new LinearWall(edge, { to: -1, near: 0 }, { a: 0 });
    const all = coefficient === undefined ? values(wall.cells) : coefficient;
    wall.set({ a: all, b: all, c: all });
    return [wall.run];
  };
  const actions: Record<string, (edge: Edge) => readonly (() => void)[]> = {
    "copies of the edge": (edge) => copyEdge(edge, 2),
    "the mirror image, with the sign changed": (edge) => mirror(edge, 2, true),
    "a number": (edge) => constant(edge, 2, -7),
    "a linear function of other layers": (edge) => linear(edge, 1.5),
    "a linear function with coefficients for each cell": (edge) => linear(edge),
    "coefficients for each cell alone": (edge) => {
      const wall = new LinearWall(edge, { to: -1, near: 0 }, { a: 0 });
      wall.set({ a: values(wall.cells) });
      return [wall.run];
    },
  };
  const differences = (all: readonly AnyField[]) => {
    const [alone, ...rest] = all.map(({ data }) => new BigInt64Array(data.buffer, data.byteOffset, data.length));
    return rest.map((bits) => bits.findIndex((value, cell) => value !== alone![cell]));
  };
  const fieldsOn = (threads: readonly number[], options: object) =>
    threads.map((count) => {
      const grid = new Grid(solo(), { shape, halo: 2, threads: count, ...options });
      return grid.field((x, y, z) => Math.sin(x + 10 * y + 100 * z) + 2);
    });

  it.each(Object.keys(actions).flatMap((name) => [0, 1, 2].map((axis) => ({ name, axis }))))(
    "are $name, axis $axis",
    ({ name, axis }) => {
      const fields = fieldsOn([1, 3], {});
      for (const side of ["low", "high"] as const) {
        for (const field of fields) for (const action of actions[name]!({ field, axis, side })) action();
      }
      expect(differences(fields)).toEqual([-1]);
      // Two layers at a time are too few for three threads along the axis that they lie across.
      expect(new Set(threadsOfCalls())).toEqual(new Set(name === "a number" && axis === 0 ? [] : [3]));
      for (const field of fields) field.free();
    },
  );

  it.each([
    // Four sides, of axis 0 whole layers are copied at once; and the result, from where a single pass has left it.
    ["periodic", true, "copyBox", 5],
    ["extrapolated walls", false, "extrapolate", 6],
  ])("are those of one thread: %s", (_, periodic, kernel, times) => {
    const fields = fieldsOn([1, 3], { periodic });
    const walls = periodic ? {} : ({ boundary: "extrapolated" } as const);
    const solvers = fields.map((psi) => new Mpdata({ psi, courant: [0.1, 0.2, -0.1], iterations: 1, ...walls }));
    for (const solver of solvers) solver.advance(1);
    run.mockClear();
    for (const solver of solvers) solver.advance(1);
    expect(differences(fields)).toEqual([-1]);
    const kernels = run.mock.calls.map(([{ name }]) => name);
    expect(kernels.filter((name) => name === kernel).length).toBe(times);
    for (const solver of solvers) solver.free();
    for (const field of fields) field.free();
  });

  it("of few cells are one thread's", () => {
    const grid = new Grid(solo(), { shape: [1024, 64], periodic: true, threads: 3 });
    grid.halo([grid.field()]).exchange();
    expect(threadsOfCalls()).toEqual([]);
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
