/** What runs on the threads of a grid, and what on the main one alone. */
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import type { AnyField } from "../../src/grid/field.js";
import { Grid, Pde } from "../../src/index.js";
import { Team } from "../../src/wasm/team.js";
import { solo } from "../harness/run.js";

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
