/** Kernels on one rank: what they read, set and say. */
import { describe, expect, it } from "vitest";
import { Grid, mpi } from "../../../src/index.js";
import { isQuick } from "../../harness/effort.js";
import { withMode } from "../../harness/modes.js";
import { grid, head, heat } from "./heat.js";

const comm = mpi.init();

describe.skipIf(isQuick)("a kernel", () => {
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

describe.skipIf(isQuick)("kernels on cells of different sizes", () => {
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
