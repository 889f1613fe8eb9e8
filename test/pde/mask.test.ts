/** Cells that take no part. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { data, type Field, Grid, Output, Pde, type PdeOptions, storage } from "../../src/index.js";
import { temporaryFolder } from "../harness/command.js";
import { solo } from "../harness/run.js";

const folder = temporaryFolder();
const grid = new Grid(solo(), { shape: [12, 10], periodic: [true, false] });
const open = "hypot(x - 6, y - 5) > 2.2";
const initial = { c: `where(${open}, sin(x) + 0.2*y, 7)` };
const isClosed = (place: number) => {
  const [i, j] = [Math.floor(place / 10), place % 10];
  return Math.hypot(i + 0.5 - 6, j + 0.5 - 5) <= 2.2;
};
const solve = (text: string, options: PdeOptions, changes: object = {}) =>
  new Pde({ c: text }, options).solve({ grid, initial, until: 1, dt: 0.1, ...changes });
const valuesOf = async (text: string, options: PdeOptions, changes: object = {}) => {
  const { fields } = await solve(text, options, changes);
  return (fields.c as Field).interior();
};

describe("a mask", () => {
  it.each(["euler", "rk4", "ssprk3", "adams-bashforth", "rkf45", "rkl2"])(
    "keeps the values of closed cells: %s",
    async (stepper) => {
      const values = await valuesOf("laplace(c)", { mask: open }, { stepper });
      values.forEach((value, place) => {
        if (isClosed(place)) expect(value).toBe(7);
      });
    },
  );

  it("is read as it is where faces are frozen", async () => {
    const [mask, dt] = [await valuesOf("laplace(c)", { mask: open }, { until: 0.1 }), 0.1];
    const start = await valuesOf("laplace(c)", { mask: open }, { until: 0 });
    // The neighbour above the closed cells.
    const at = (i: number, j: number) => start[10 * i + j]!;
    const [i, j] = [6, 7];
    const laplace = at(i + 1, j) + at(i - 1, j) + at(i, j + 1) + at(i, j - 1) - 4 * at(i, j);
    expect(isClosed(10 * i + j - 1)).toBe(true);
    expect(mask[10 * i + j]).toBeCloseTo(at(i, j) + dt * laplace, 13);
  });

  it("lets nothing through faces of derivative 0, in nested operators too", async () => {
    for (const text of ["laplace(c)", "laplace(c^3 - c - 0.1*laplace(c))", "div((1 + 0.1*x) * grad(c))"]) {
      const mass = data({ mass: "integral(c)", mean: "average(c)", most: "max(c)" }, { steps: 1 });
      const mask = { open, faces: { derivative: 0 as const } };
      await solve(text, { mask }, { dt: 0.01, until: 0.1, track: [mass] });
      const [first, last] = [mass.rows[0]!, mass.rows.at(-1)!];
      expect(last.mass).toBeCloseTo(first.mass!, 11);
      const cells = Array.from({ length: 120 }, (_, place) => place).filter((place) => !isClosed(place)).length;
      expect(first.mean).toBeCloseTo(first.mass! / cells, 13);
      expect(first.most).toBeLessThan(4);
    }
  });

  it("pulls open cells to the value of faces", async () => {
    const mask = { open, faces: { value: 2 } };
    const values = await valuesOf("laplace(c)", { mask, boundary: { y: { value: 2 } } }, { until: 60, dt: 0.2 });
    values.forEach((value, place) => {
      if (!isClosed(place)) expect(value).toBeCloseTo(2, 3);
    });
  });

  it("shows closed cells as NaN in files, and not in a restart", async () => {
    const path = join(folder, "mask.h5");
    const options = { mask: open };
    const whole = await valuesOf("laplace(c)", options, { until: 2 });
    await solve("laplace(c)", options, { track: [storage(path)] });
    const file = await Output.open(path);
    expect([...file.read("c", -1)].map(Number.isNaN)).toEqual(
      Array.from({ length: 120 }, (_, place) => isClosed(place)),
    );
    file.close();
    const rest = await valuesOf("laplace(c)", options, { until: 2, restart: join(folder, "mask.restart.h5") });
    expect([...rest]).toEqual([...whole]);
  });

  it.each<[unknown, string]>([
    [1, 'Pde: "mask" expected a text, a field, or { open, faces }, got 1. Write "hypot(x, y) > 1", for example.'],
    [
      { faces: "frozen" },
      'Pde: "mask.open" expected a text or a field, got undefined. Write "hypot(x, y) > 1", for example.',
    ],
    [
      { open, faces: { derivative: 1 } },
      'Pde: "mask.faces" expected "frozen", { derivative: 0 } or { value }, got {"derivative":1}. Use one of them.',
    ],
    ["c > 1", 'Pde: "mask" expected a name that is known, got "c". Known are x, y, t, pi.\n  c > 1\n  ^'],
  ])("is refused: %j", async (mask, message) => {
    const error = await Promise.resolve()
      .then(() => solve("laplace(c)", { mask } as never))
      .catch((thrown: Error) => thrown.message);
    expect(error).toBe(message);
  });

  it("is refused with what needs all neighbours, and with implicit steps", async () => {
    const mask = { open, faces: { derivative: 0 as const } };
    await expect(solve("laplace9(c)", { mask })).rejects.toThrow(
      'Pde: "c" expected frozen cells for 9 points, got a mask with faces.',
    );
    await expect(solve("laplace(c)", { mask }, { stepper: "implicit" })).rejects.toThrow(
      'Pde.solve: "stepper" expected an explicit stepper with a mask, got implicit. Use rk4, for example.',
    );
  });
});
