/** What lies over maps, and what stands at their axes. */
import { describe, expect, it } from "vitest";
import { arrowAt, arrowsIn, longestDrawn, longestOf, spacing, withoutArrows } from "../../src/plot/arrows.js";
import { ticksAlong, ticksIn, titleAlong } from "../../src/plot/axes.js";
import { contourOf, lowered, roundLevels } from "../../src/plot/contours.js";
import { ticksOf } from "../../src/plot/scale.js";

const centres = (n: number) => Float64Array.from({ length: n }, (_, i) => i + 0.5);
const plane = (nx: number, ny: number, f: (x: number, y: number) => number) =>
  Float64Array.from({ length: nx * ny }, (_, cell) => f(Math.floor(cell / ny) + 0.5, (cell % ny) + 0.5));
const pairs = (pieces: readonly number[]) =>
  Array.from({ length: pieces.length / 2 }, (_, i) => [pieces[2 * i]!, pieces[2 * i + 1]!] as const);

describe("a contour", () => {
  it("of a plane that rises evenly is where its value is, from centre to centre", () => {
    const points = pairs(
      contourOf(
        plane(6, 5, (x, y) => 2 * x + y),
        [centres(6), centres(5)],
        7.3,
      ),
    );
    for (const [x, y] of points) expect(2 * x + y).toBeCloseTo(7.3, 12);
    expect(Math.min(...points.map(([, y]) => y))).toBe(0.5);
    expect(Math.max(...points.map(([, y]) => y))).toBe(4.5);
  });

  it("is closed around a hill: each end is the end of two pieces", () => {
    const field = plane(20, 20, (x, y) => -Math.hypot(x - 10, y - 10));
    const ends = new Map<string, number>();
    for (const point of pairs(contourOf(field, [centres(20), centres(20)], -6.2))) {
      ends.set(String(point), (ends.get(String(point)) ?? 0) + 1);
      expect(Math.hypot(point[0] - 10, point[1] - 10)).toBeCloseTo(6.2, 1);
    }
    expect(ends.size).toBeGreaterThan(20);
    expect(new Set(ends.values())).toEqual(new Set([2]));
  });

  it("of a saddle parts the corners that its middle is not with", () => {
    const at = [Float64Array.of(0, 1), Float64Array.of(0, 1)] as const;
    // Corners a and c are high; with a high middle they hang together.
    expect(pairs(contourOf([1, 0, 0, 1], at, 0.4))).toEqual([
      [0.6, 0],
      [1, 0.4],
      [0.4, 1],
      [0, 0.6],
    ]);
    expect(pairs(contourOf([1, 0, 0, 1], at, 0.6))).toEqual([
      [0, 0.4],
      [0.4, 0],
      [1, 0.6],
      [0.6, 1],
    ]);
  });

  it("ends at values that are not finite, and has no digits to lose at both ends of the numbers", () => {
    const holed = plane(8, 8, (x, y) => (x === 3.5 && y === 3.5 ? Number.NaN : x));
    const xs = [centres(8), centres(8)] as const;
    expect(contourOf(holed, xs, 3.5)).toHaveLength(4 * 5);
    for (const scale of [1e-300, 1e-21, 1, 1e307]) {
      const points = pairs(
        contourOf(
          plane(4, 3, (x) => scale * (x - 2)),
          [centres(4), centres(3)],
          0.25 * scale,
        ),
      );
      expect(points).toHaveLength(4);
      for (const [x] of points) expect(x).toBeCloseTo(2.25, 12);
    }
  });

  it("has none in one cell, nor in a plane of one value", () => {
    expect(contourOf([1], [centres(1), centres(1)], 1)).toEqual([]);
    expect(contourOf(new Float64Array(9).fill(2), [centres(3), centres(3)], 2)).toEqual([]);
  });

  it("is not drawn through a background that equals its level but for rounding", () => {
    const noise = (unit: number) => (x: number, y: number) => 1 + unit * Math.sin(7 * x + 3 * y * y);
    const both = [centres(20), centres(20)] as const;
    const doubles = plane(20, 20, noise(2e-15));
    const singles = Float64Array.from(plane(20, 20, noise(5e-7)), Math.fround);
    for (const values of [doubles, singles]) {
      expect(contourOf(values, both, 1)).not.toEqual([]);
      expect(contourOf(values, both, lowered(values)(1))).toEqual([]);
      expect(contourOf(values.map(Math.log10), both, lowered(values, true)(0))).toEqual([]);
    }
    // About 0 the rounding is that of the largest value, about any other level that of the level.
    const around0 = plane(20, 20, (x, y) => (x > 15 && y > 15 ? 1 : noise(1e-16)(x, y) - 1));
    expect(contourOf(around0, both, lowered(around0)(0))).toEqual([]);
    const tail = plane(20, 20, (x) => 10 ** -x);
    expect(contourOf(tail, both, lowered(tail)(1e-12))).not.toEqual([]);
  });

  it("is drawn at round values strictly between the ends, as near to so many as there are", () => {
    const levels = (count: number) => roundLevels(count, -1, 1, (most) => ticksOf(-1, 1, most)).values;
    expect(levels(1)).toEqual([0]);
    expect(levels(4)).toEqual([-0.5, 0, 0.5]);
    expect(levels(8)).toEqual([-0.8, -0.6, -0.4, -0.2, 0, 0.2, 0.4, 0.6, 0.8]);
    expect(roundLevels(5, 2, 2, () => ({ values: [2], format: String })).values).toEqual([]);
  });
});

describe("arrows", () => {
  const square = { x: 0, y: 0, width: 10 * spacing, height: 10 * spacing };
  const places = (n: number) => centres(n).map((at) => at / n);
  const tips = (pieces: readonly number[]) =>
    Array.from({ length: pieces.length / 12 }, (_, i) => pieces.slice(12 * i, 12 * i + 4));

  it("point where the vector does, upwards on the screen for a positive second component", () => {
    const [x1, y1, x2, y2] = arrowAt(50, 50, 6, 8) as [number, number, number, number];
    expect([x2 - x1, y2 - y1, (x1 + x2) / 2, (y1 + y2) / 2]).toEqual([6, -8, 50, 50]);
  });

  it("have the mean of the finite vectors around them, no more than there is room for", () => {
    const [u, v] = [plane(40, 40, (x) => (x < 2 ? 2 : x < 4 ? Number.NaN : 1)), new Float64Array(1600)];
    const drawn = tips(arrowsIn([u, v], [places(40), places(40)], square, 2));
    expect(drawn).toHaveLength(100);
    const lengths = drawn.map(([x1, , x2]) => x2! - x1!);
    expect(lengths[0]).toBeCloseTo(0.92 * spacing, 10);
    expect(lengths.at(-1)).toBeCloseTo((0.92 * spacing) / 2, 10);
  });

  it("stand apart where cells are crowded, and are none for 0", () => {
    const crowded = Float64Array.from({ length: 50 }, (_, i) => ((i + 0.5) / 50) ** 4);
    const ones = new Float64Array(50).fill(1);
    const drawn = tips(arrowsIn([ones, ones], [crowded, Float64Array.of(0.5)], square, 2));
    expect(drawn.length).toBeLessThanOrEqual(10);
    expect(arrowsIn([new Float64Array(4), new Float64Array(4)], [places(2), places(2)], square, 1)).toEqual([]);
  });

  it("are scaled by the longest mean that is drawn, over all planes, not by the vector of one cell", () => {
    const [u, v] = [plane(40, 40, (x, y) => (x < 1 && y < 1 ? 17 : 1)), new Float64Array(1600)];
    const both = [places(40), places(40)] as const;
    // Sixteen cells have one arrow, of which one is 17 and the others are 1.
    expect(longestDrawn([[u, v]], both, square)).toBe(2);
    expect(
      longestDrawn(
        [
          [u, v],
          [v, u.map((value) => 3 * value)],
        ],
        both,
        square,
      ),
    ).toBeCloseTo(6, 12);
    const lengths = tips(arrowsIn([u, v], both, square, 2)).map(([x1, , x2]) => x2! - x1!);
    expect(Math.max(...lengths)).toBeCloseTo(0.92 * spacing, 10);
    expect([longestDrawn([[v, v]], both, square), longestDrawn([[u.map(() => Number.NaN), v]], both, square)]).toEqual([
      0,
      undefined,
    ]);
  });

  it("are as long as the longest finite one asks for", () => {
    expect(
      longestOf([
        [
          [3, Number.NaN, Infinity],
          [4, 1, 1],
        ],
      ]),
    ).toBe(5);
    expect(longestOf([[[Number.NaN], [1]]])).toBe(undefined);
    expect([longestOf([[[0], [0]]]), withoutArrows("u, v", 0), withoutArrows("u, v", undefined)]).toEqual([
      0,
      "u, v: 0 everywhere",
      "u, v: no finite value",
    ]);
  });
});

describe("an axis", () => {
  const texts = (units: string, low: number, high: number, count = 7) => {
    const { values, format } = ticksAlong({ units: [units] }, 0, low, high, count);
    return values.map(format);
  };

  it("has its units at its name", () => {
    const names = { axes: ["x", "r", "t"], units: ["m", "1", undefined] };
    expect([0, 1, 2, 3].map((axis) => titleAlong({ ...names, axes: [...names.axes, "w"] }, axis))).toEqual([
      "x [m]",
      "r",
      "t",
      "w",
    ]);
    expect(titleAlong({}, 1)).toBe("y");
    expect(titleAlong({ units: ["degrees_east"] }, 0)).toBe("longitude");
    expect(titleAlong({ axes: ["x", "y"], units: ["1", "degree_north"] }, 1)).toBe("latitude");
    expect(titleAlong({ units: ["radian"] }, 0)).toBe("x");
  });

  it("of angles has degrees in steps that people use", () => {
    expect(texts("radian", 0, 2 * Math.PI)).toEqual(["0°", "60°", "120°", "180°", "240°", "300°", "360°"]);
    expect(texts("degrees", -90, 90, 4)).toEqual(["−90°", "−45°", "0°", "45°", "90°"]);
    expect(texts("degrees_north", -90, 90)).toEqual(["90°S", "60°S", "30°S", "0°", "30°N", "60°N", "90°N"]);
    expect(texts("degrees_east", 0, 360, 4)).toEqual(["0°", "90°E", "180°", "90°W", "0°"]);
    expect(texts("degrees_east", -180, 180, 4)).toEqual(["180°", "90°W", "0°", "90°E", "180°"]);
    expect(texts("degrees_east", 9.9, 10.3, 4)).toEqual(["9.9°E", "10.0°E", "10.1°E", "10.2°E", "10.3°E"]);
  });

  it("that is short has two ticks where one would be alone, if they stand apart", () => {
    const ticks = (high: number, length: number, width = 12) => {
      const { values, format } = ticksIn({}, 0, [0, high], { length, each: 30, pair: () => width });
      return values.map(format);
    };
    expect([ticks(4, 24), ticks(8, 24), ticks(1, 24)]).toEqual([
      ["0", "4"],
      ["0", "5"],
      ["0", "1"],
    ]);
    expect([ticks(8, 24, 30), ticks(8, 10)]).toEqual([["0"], ["0"]]);
    expect(ticks(8, 120)).toEqual(["0", "2", "4", "6", "8"]);
  });
});
