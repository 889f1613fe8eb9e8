/** Differences: their orders, what they are exactly 0 of, and what they conserve. */
import { describe, expect, it } from "vitest";
import { programOf } from "../../src/expression/stages.js";
import { Meaning } from "../../src/expression/text/meaning.js";
import { realOf } from "../../src/expression/text/scalar.js";
import type { Mask } from "../../src/expression/text/space.js";
import { randomOf } from "../oracle/mpdata.js";
import { ownConditions, World } from "./world.js";

/** The values of a text in all cells. */
function valuesOf(
  world: World,
  text: string,
  fields: Record<string, Float64Array>,
  options: { order?: number; mask?: Mask } = {},
): number[] {
  const names = Object.keys(fields).filter((name) => name !== options.mask?.field);
  const meaning = new Meaning({
    where: "Pde",
    axes: world.axes,
    use: "equation",
    fields: Object.fromEntries(names.map((name) => [name, "real"])),
    constants: [],
    ...options,
  });
  const node = realOf(meaning.graph, meaning.readScalar("c", text));
  const program = programOf(meaning.graph, { axes: world.axes.length, cells: [{ name: "q", node }] });
  return world.inside(world.run(program, fields, {}, (name) => ownConditions(name) ?? {}).results.q!);
}

/** `faces` that lie closer at one end. */
const stretched = (n: number) => Array.from({ length: n + 1 }, (_, i) => i / n + 0.1 * Math.sin((2 * Math.PI * i) / n));

describe("the order of differences", () => {
  const exact: Readonly<Record<string, (x: number) => number>> = {
    "d_dx(c)": (x) => Math.cos(x),
    "d2_dx2(c)": (x) => -Math.sin(x),
    "laplace(c)": (x) => -Math.sin(x),
    "divergence(vector(c))": (x) => Math.cos(x),
    "gradient_squared(c)": (x) => Math.cos(x) ** 2,
  };
  const errorOf = (text: string, order: number, n: number) => {
    const world = new World({ shape: [n], bounds: [[0, 2 * Math.PI]], periodic: [true] });
    const c = world.array((index) => Math.sin(world.coordinates(index).x!));
    const values = valuesOf(world, text, { c }, { order });
    return Math.max(...values.map((value, i) => Math.abs(value - exact[text]!(world.centre(0, i)))));
  };

  it.each(Object.keys(exact).flatMap((text) => [2, 4, 6, 8].map((order) => [text, order] as const)))(
    "%s is of order %i",
    (text, order) => {
      const measured = Math.log2(errorOf(text, order, 16) / errorOf(text, order, 32));
      expect(Math.abs(measured - order)).toBeLessThan(0.25);
    },
  );

  it("is 2 along a stretched axis", () => {
    const error = (n: number) => {
      const faces = { x: stretched(n).map((face) => 2 * Math.PI * face) };
      const world = new World({ shape: [n], periodic: [true], faces });
      const c = world.array((index) => Math.sin(world.coordinates(index).x!));
      const values = valuesOf(world, "d_dx(c)", { c });
      return Math.max(...values.map((value, i) => Math.abs(value - Math.cos(world.centre(0, i)))));
    };
    expect(Math.log2(error(64) / error(128))).toBeGreaterThan(1.8);
  });
});

const random = randomOf(5);
const grids = {
  uniform: new World({
    shape: [5, 6],
    bounds: [
      [0, 1],
      [0, 1.2],
    ],
    periodic: [false, true],
  }),
  oblong: new World({
    shape: [5, 6],
    bounds: [
      [0, 1.7],
      [0, 0.3],
    ],
    periodic: [false, false],
  }),
  stretched: new World({
    shape: [5, 6],
    bounds: [
      [0, 1],
      [0, 1],
    ],
    periodic: [false, false],
    faces: { y: stretched(6) },
  }),
  cylindrical: new World({
    type: "cylindrical",
    shape: [5, 6],
    bounds: [
      [0, 2],
      [0, 1],
    ],
    periodic: [false, true],
  }),
};

describe.each(Object.entries(grids))("on a %s grid", (_, world) => {
  const [r] = world.axes;
  const c = () => world.array(() => random() - 0.3);

  it("equal values have differences of exactly 0", () => {
    const derivatives = [`d_d${r!.name}(c)`, `d2_d${r!.name}2(c)`, `d_d${r!.name}_forward(c)`, "gradient_squared(c)"];
    for (const text of [
      "laplace(c)",
      "laplace(laplace(c))",
      "div(k*grad(c))",
      "gradient_squared(c, central = false)",
      ...derivatives,
    ]) {
      const values = valuesOf(world, text, { c: world.array(() => 1.1), k: c() });
      expect(
        values.every((value) => value === 0),
        text,
      ).toBe(true);
    }
  });

  it.each(["laplace(c)", "div(k*grad(c))", "laplace(c^3 - c - laplace(c))", "div(k*grad(laplace(c)))"])(
    "%s conserves the integral",
    (text) => {
      const values = valuesOf(world, text, { c: c(), k: c() });
      const volumes = world.cells().map((index) => world.volume(index));
      const sum = values.reduce((total, value, i) => total + value * volumes[i]!, 0);
      const size = values.reduce((total, value, i) => total + Math.abs(value) * volumes[i]!, 0);
      expect(Math.abs(sum)).toBeLessThanOrEqual(30 * 2 ** -52 * size);
    },
  );

  it("nothing passes faces that a mask closes", () => {
    const open = world.array(() => (random() < 0.6 ? 1 : 0));
    const mask = { field: "open", faces: { derivative: 0 } } as const;
    const isOpen = world.inside(open);
    for (const text of ["laplace(c)", "div(k*grad(c))", "laplace(c^3 - laplace(c))"]) {
      // What lies behind closed faces is never used.
      const wild = world.inside(c()).map((value, i) => (isOpen[i] ? value : Number.NaN));
      const values = valuesOf(world, text, { c: world.array((_index, i) => wild[i]!), k: c(), open }, { mask });
      const volumes = world.cells().map((index) => world.volume(index));
      const parts = values.flatMap((value, i) => (isOpen[i] ? [value * volumes[i]!] : []));
      const size = parts.reduce((total, part) => total + Math.abs(part), 0);
      expect(Math.abs(parts.reduce((total, part) => total + part, 0)), text).toBeLessThanOrEqual(30 * 2 ** -52 * size);
    }
  });
});

describe("9 points", () => {
  it("have the weights of their formula", () => {
    const world = new World({
      shape: [5, 5],
      bounds: [
        [0, 1],
        [0, 2],
      ],
      periodic: [true, true],
    });
    const [a, b, w] = [25, 6.25, 0.4];
    const c = world.array(([i, j]) => (i === 2 && j === 2 ? 1 : 0));
    const values = valuesOf(world, `laplace9(c, corner_weight = ${w})`, { c });
    const at = (i: number, j: number) => values[i * 5 + j];
    expect(at(2, 2)).toBeCloseTo((a + b) * (w - 2), 12);
    expect(at(1, 2)).toBeCloseTo(a * (1 - w), 12);
    expect(at(2, 3)).toBeCloseTo(b * (1 - w), 12);
    expect(at(3, 1)).toBeCloseTo(((a + b) * w) / 4, 12);
    expect(at(0, 0)).toBe(0);
  });
});
