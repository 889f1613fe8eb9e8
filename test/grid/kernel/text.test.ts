/** Kernels that are texts. */
import { describe, expect, it } from "vitest";
import { CompileError, Grid, type KernelValues } from "../../../src/index.js";
import { withMode } from "../../harness/modes.js";
import { grid } from "./heat.js";

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

  it("reads in corners what a text at a side is at the other end of a periodic axis, as a list of its numbers", async () => {
    const [n, halo] = [5, 2];
    for (const faces of [undefined, { x: [0, 0.5, 1, 2, 4, 5] }]) {
      const box = new Grid(grid.comm, { shape: [n, 4], periodic: [true, false], halo, ...(faces && { faces }) });
      const u = box.field((x, y) => x * x + y);
      const results = await Promise.all(
        ["1 + x", Array.from(box.coordinates(0), (x) => 1 + x)].map(async (value) => {
          const next = box.field();
          const kernel = await box.kernel("next = u[-2, -1] + 10*u[1, 2]", { boundary: { y: { value } } });
          kernel.run({ u, next });
          kernel.free();
          return next.interior();
        }),
      );
      expect(results[0]).toEqual(results[1]);
      const x = box.coordinates(0);
      const [below, above] = [x[n - 2]!, x[1]!];
      // 2 c - u0 beyond the lower wall, and three cells up.
      const wanted = 2 * (1 + below) - (below ** 2 + 0.5) + 10 * (above ** 2 + 2.5);
      expect(results[0]![0]).toBeCloseTo(wanted, 12);
    }
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
      'Grid.kernel: expected u, which is assigned, at the cell itself alone, got "u[1, 0]". Assign to another field, or in a kernel that runs before: results would depend on the order of cells.\n  u = u[1, 0]\n      ^';
    await expect(grid.kernel("u = u[1, 0]")).rejects.toThrow(
      new CompileError(message, { file: "Grid.kernel", line: 1, column: 5 }),
    );
    await expect(grid.kernel("next = u[3, 0]")).rejects.toThrow(
      `Grid.kernel: "source" expected offsets up to 2 (the grid's halo), got 3 of u. Make the grid with halo: 3.`,
    );
  });
});
