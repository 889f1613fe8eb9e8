/** Fields of two and three axes as pictures: where each cell is, and in which colour. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type PlotOptions, plane, plot } from "../../src/plot/index.js";
import { temporaryFolder } from "../harness/command.js";
import { box, decoded, equals, field, isDark, lowest, middle, pictureIn } from "./pixels.js";

const folder = temporaryFolder();
const picture = pictureIn(folder);
const highest = [0xfd, 0xe7, 0x25];
const grey = [190, 190, 190];

describe("a heat map", () => {
  it("draws cells between their faces", async () => {
    const faces = [[0, 1, 4], undefined];
    const got = await picture([field(2, 4, (i) => i)], {
      coordinates: [
        [0.5, 2.5],
        [0.5, 1.5, 2.5, 3.5],
      ],
      faces,
    });
    const [x0, y0, x1, y1] = got.frame();
    const hot = box(got.find(equals(highest), [x0, y0, x1, y1]));
    expect(Math.abs(hot[0] - (x0 + (x1 - x0) / 4))).toBeLessThanOrEqual(3);
  });

  it("puts axis 0 to the right, axis 1 upwards and every cell where it belongs", async () => {
    const [nx, ny, hotI, hotJ] = [8, 5, 6, 3];
    const got = await picture([field(nx, ny, (i, j) => (i === hotI && j === hotJ ? 2 : -1))]);
    const [x0, y0, x1, y1] = got.frame();
    const hot = box(got.find(equals(highest), [x0, y0, x1, y1]));
    const [width, height] = [(x1 - x0) / nx, (y1 - y0) / ny];
    const expected = [x0 + hotI * width, y1 - (hotJ + 1) * height, x0 + (hotI + 1) * width, y1 - hotJ * height];
    // The frame covers up to two pixels of the picture on each side, rounding moves an edge by one.
    hot.forEach((edge, e) => {
      expect(Math.abs(edge - expected[e]!)).toBeLessThanOrEqual(3);
    });
    const area = (hot[2] - hot[0]) * (hot[3] - hot[1]);
    expect(got.find(equals(highest), [x0, y0, x1, y1])).toHaveLength(area);
    expect(got.find(equals(lowest), [x0, y0, x1, y1])).toHaveLength((x1 - x0) * (y1 - y0) - area);
  });

  it("has square cells, or rectangles as the coordinates say", async () => {
    const ratio = async (options?: PlotOptions) => {
      const [x0, y0, x1, y1] = (await picture([field(12, 4, (i) => i)], options)).frame();
      return (x1 - x0 + 4) / (y1 - y0 + 4);
    };
    const centres = (n: number, step: number) => Float64Array.from({ length: n }, (_, i) => 10 + i * step);
    expect(await ratio()).toBeCloseTo(3, 1);
    expect(await ratio({ coordinates: [centres(12, 0.5), centres(4, 1)] })).toBeCloseTo(1.5, 1);
    expect(await ratio({ coordinates: [centres(12, 0.5), centres(4, 1.2)], width: 700 })).toBeCloseTo(1.25, 1);
  });

  it("has a colour bar from the colour of the minimum, at the bottom, to that of the maximum, at the top", async () => {
    const got = await picture([field(6, 6, (i, j) => i * j)]);
    const panel = got.frame();
    const bar = got.find(
      (rgb) => equals(lowest)(rgb) || equals(highest)(rgb),
      [panel[2] + 10, 0, got.width, got.height],
    );
    const [x0, y0, x1, y1] = box(bar);
    expect([x1 - x0, y0, y1]).toEqual([expect.any(Number), panel[1], panel[3]]);
    expect(got.at(x0 + 4, y0)).toEqual(highest);
    expect(got.at(x0 + 4, y1 - 1)).toEqual(lowest);
    const green = Array.from({ length: y1 - y0 }, (_, y) => got.at(x0 + 4, y0 + y)[1]!);
    expect(green).toEqual([...green].sort((a, b) => b - a));
    expect(got.find(isDark, [x1 + 16, 0, got.width, got.height]).length, "tick labels and name").toBeGreaterThan(100);
  });

  it("shares the colour scale between panels", async () => {
    const got = await picture([field(4, 4, () => 0), field(4, 4, () => 1), field(4, 4, () => 2)], { width: 1400 });
    const [x0, y0, x1, y1] = got.frame();
    const y = Math.floor((y0 + y1) / 2);
    const colours = [lowest, middle, highest];
    const row = Array.from({ length: got.width }, (_, x) => String(got.at(x, y)));
    const places = colours.map((colour) => row.indexOf(String(colour)));
    expect(places[0]).toBe(x0);
    expect(places[1]! - places[0]!).toBeGreaterThan(x1 - x0);
    expect(places[2]! - places[1]!).toBe(places[1]! - places[0]!);
  });

  it("shows cells that are not finite in grey and leaves them out of the scale", async () => {
    const odd = [Number.NaN, Infinity, -Infinity];
    const got = await picture([field(4, 4, (i, j) => (j === 2 && i < 3 ? odd[i]! : i))]);
    const [x0, y0, x1, y1] = got.frame();
    const cell = (i: number, j: number) =>
      got.at(Math.floor(x0 + ((i + 0.5) * (x1 - x0)) / 4), Math.floor(y1 - ((j + 0.5) * (y1 - y0)) / 4));
    expect([cell(0, 2), cell(1, 2), cell(2, 2)]).toEqual([grey, grey, grey]);
    expect([cell(0, 0), cell(3, 2)]).toEqual([lowest, highest]);
  });

  it("keeps every cell of a field with more cells than pixels", async () => {
    const [n, hot] = [2048, 1501];
    const got = await picture([field(n, n, (i, j) => (i === hot && j === 300 ? Number.NaN : i === hot ? 1 : 0))]);
    const [x0, y0, x1, y1] = got.frame();
    const line = box(got.find((rgb) => !equals(lowest)(rgb), [x0, y0, x1, y1]));
    expect(line[2] - line[0]).toBe(1);
    expect(Math.abs(line[0] - (x0 + ((hot + 0.5) * (x1 - x0)) / n))).toBeLessThanOrEqual(3);
    const spots = got.find(equals(grey), [x0, y0, x1, y1]);
    expect(spots).toHaveLength(1);
    expect(Math.abs(spots[0]![1] - (y1 - (300.5 * (y1 - y0)) / n))).toBeLessThanOrEqual(3);
  });

  it("draws a constant field in one colour and a field of one cell, row or column", async () => {
    for (const value of [0.1 + 0.2, 0, -1e20, 1e-300]) {
      const constant = await picture([field(5, 5, () => value)]);
      const [x0, y0, x1, y1] = constant.frame();
      expect(constant.find(equals(middle), [x0, y0, x1, y1])).toHaveLength((x1 - x0) * (y1 - y0));
    }
    for (const [nx, ny] of [
      [1, 1],
      [1, 300],
      [300, 1],
    ] as const) {
      const [left, top, right, bottom] = (await picture([field(nx, ny, (i, j) => i + j)])).frame(20);
      expect(Math.min(right - left, bottom - top)).toBeGreaterThanOrEqual(44);
    }
    const nothing = await picture([field(5, 5, () => Number.NaN)]);
    expect(nothing.at(...(nothing.frame().slice(0, 2) as [number, number]))).toEqual(grey);
  });

  it("has axis names, tick labels and titles that fit, on white, in the font of the package", async () => {
    const panels = (title: string) => [field(8, 8, (i) => i, title), field(8, 8, (i) => i, title)];
    const got = await picture(panels("a title that needs several lines ".repeat(4)), { title: "Title", label: "psi" });
    const { GlobalFonts } = await import("@napi-rs/canvas");
    expect(GlobalFonts.has("wasm-mpi sans")).toBe(true);
    const [x0, y0, , y1] = got.frame();
    expect(got.find(isDark, [0, 0, got.width, 56]).length, "title").toBeGreaterThan(200);
    expect(got.find(isDark, [0, 60, got.width, y0 - 6]).length, "panel titles").toBeGreaterThan(2000);
    expect(got.find(isDark, [0, y0, x0 - 12, y1]).length, "y axis").toBeGreaterThan(100);
    expect(got.find(isDark, [0, y1 + 12, got.width, got.height]).length, "x axis").toBeGreaterThan(100);
    const border = 8;
    const white = equals([255, 255, 255]);
    const inside = [border, border, got.width - border, got.height - border];
    expect(
      box(got.find((rgb) => !white(rgb))).every((edge, e) => (e < 2 ? edge >= inside[e]! : edge <= inside[e]!)),
    ).toBe(true);
  });

  it("has the width that was asked for, at twice the density", async () => {
    expect((await picture([field(8, 8, (i) => i)], { width: 444 })).width).toBe(888);
    expect((await picture([{ title: "", values: [1, 2], shape: [2] }], { width: 333 })).width).toBe(666);
  });
});

describe("the borders of blocks", () => {
  const white = equals([255, 255, 255]);
  const isPale = (rgb: number[]) => rgb.every((channel) => channel > 200);

  it("are thin lines over a heat map, at the edges that lie inside", async () => {
    const panel = field(60, 40, (i) => i / 60);
    const got = await picture([
      {
        ...panel,
        blocks: [
          [0, 15, 60],
          [0, 10, 30, 40],
        ],
      },
    ]);
    const frame = got.frame();
    const [x0, y0, x1, y1] = frame;
    const column = Math.round(x0 + (x1 - x0) / 4);
    const rows = [0.75, 0.25].map((share) => Math.round(y0 + share * (y1 - y0)));
    const lines = got.find(isPale, frame);
    const near = ([x, y]: [number, number]) => Math.abs(x - column) <= 3 || rows.some((row) => Math.abs(y - row) <= 3);
    expect(lines.filter((pixel) => !near(pixel))).toEqual([]);
    // Two lines to the right and one upwards, each two pixels of the file wide, or three where it lies between two.
    expect(lines.length).toBeGreaterThan(2 * (x1 - x0) + (y1 - y0));
    expect(lines.length).toBeLessThan(3.5 * (2 * (x1 - x0) + (y1 - y0)));
    expect(got.find(white, frame)).toEqual([]);
  });

  it("follow the edges of cells that are not evenly spaced, and the plane of three axes", async () => {
    const coordinates = [Float64Array.from({ length: 8 }, (_, i) => i ** 2), [0, 1, 2, 3]];
    const flat = {
      ...field(8, 4, () => 1),
      blocks: [
        [0, 6, 8],
        [0, 4],
      ],
    };
    const got = await picture([flat], { coordinates });
    const frame = got.frame();
    const [x0, , x1] = frame;
    const [left, , right] = box(got.find(isPale, frame));
    // The edge between 25 and 36, on an axis from -0.5 to 55.5.
    expect(Math.abs((left + right) / 2 - (x0 + (31 / 56) * (x1 - x0)))).toBeLessThanOrEqual(3);
    const cube = {
      title: "",
      values: new Float64Array(96).fill(1),
      shape: [8, 4, 3],
      blocks: [
        [0, 6, 8],
        [0, 4],
        [0, 1, 3],
      ],
    };
    const cubes = await picture([cube], { coordinates: [...coordinates, [0, 1, 2]] });
    expect(cubes.find(isPale, cubes.frame()).length).toBe(got.find(isPale, frame).length);
  });

  it("are not drawn around one block", async () => {
    const panel = field(8, 4, (i, j) => i * j);
    const [without, whole] = [
      await picture([panel]),
      await picture([
        {
          ...panel,
          blocks: [
            [0, 8],
            [0, 4],
          ],
        },
      ]),
    ];
    expect(whole.digest).toBe(without.digest);
  });

  it("are upright lines in a chart, in the colour of the panel", async () => {
    const line = { title: "", values: [1, 1, 1, 1], shape: [4] };
    const without = await picture([line]);
    const got = await picture([{ ...line, blocks: [[0, 3, 4]] }]);
    const frame = got.frame();
    const [x0, y0, x1, y1] = frame;
    const faded = (rgb: number[]) => rgb[2]! > 190 && rgb[0]! < 200;
    const above: typeof frame = [x0, y0, x1, Math.round(y0 + (y1 - y0) / 3)];
    expect(without.find(faded, above)).toEqual([]);
    const [left, , right] = box(got.find(faded, above));
    expect(Math.abs((left + right) / 2 - (x0 + 0.75 * (x1 - x0)))).toBeLessThanOrEqual(3);
  });
});

describe("three axes", () => {
  it("show the middle plane along the last, which the title names", async () => {
    const [nx, ny, nz] = [6, 5, 17];
    const values = Float64Array.from({ length: nx * ny * nz }, (_, cell) => (cell % nz === 8 ? cell : 1e9));
    const seen = field(nx, ny, (i, j) => (i * ny + j) * nz + 8, "psi, z = 8.5 (plane 8 of 17)");
    // Arrows are scaled by the longest one of the plane, too.
    const plane = { ...seen, vectors: [seen.values, seen.values] as const };
    const coordinates = [nx, ny, nz].map((n) => Float64Array.from({ length: n }, (_, i) => i / 2));
    const cube = { title: "psi", values, shape: [nx, ny, nz], vectors: [values, values] as const };
    expect((await picture([cube])).digest).toBe((await picture([plane])).digest);
    const [got, same] = [
      await picture([cube], { coordinates }),
      await picture([{ ...plane, title: "psi, z = 4 (plane 8 of 17)" }], { coordinates: coordinates.slice(0, 2) }),
    ];
    expect(got.digest).toBe(same.digest);
    expect(got.digest).not.toBe((await picture([plane], { coordinates: coordinates.slice(0, 2) })).digest);
  });
});

describe("a plane of two kinds of axes", () => {
  it("has one shape, however long its axes are", async () => {
    for (const [length, nx] of [[1, 4], [1e6, 4], [1e-3, 9]] as const) {
      const path = join(folder, "plane.png");
      const coordinates = [Float64Array.from({ length: nx }, (_, i) => (length * (i + 0.5)) / nx), [0.5, 1.5]];
      await plane(path, field(nx, 2, (i, j) => i + j), { axes: ["t", "x"], coordinates });
      const [x0, y0, x1, y1] = (await decoded(path)).frame();
      expect((x1 - x0) / (y1 - y0)).toBeCloseTo(4 / 3, 1);
    }
  }); // biome-ignore format: a table
});

it.each([
  ["map", [2, 3]],
  ["line", [6]],
])("a %s has the same bytes whatever the process has drawn before", async (_, shape) => {
  const values = Float64Array.of(0, 1, 4, 9, 16, 25);
  const drawn = [];
  for (const ending of ["svg", "png", "svg", "png"]) {
    const path = join(folder, `again.${ending}`);
    await plot(path, [{ title: "A", shape, values }], { label: "psi" });
    drawn.push(readFileSync(path));
  }
  const [vector, pixels, ...again] = drawn;
  expect(again.map((bytes, i) => bytes.equals([vector!, pixels!][i]!))).toEqual([true, true]);
});
