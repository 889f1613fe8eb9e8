import { createHash } from "node:crypto";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FileError, UsageError } from "../../src/errors.js";
import { type ChartOptions, chart, type Panel, type PlotOptions, plane, plot } from "../../src/plot/index.js";
import { edgesOf, outline, pointTicks, singleTick, ticksOf } from "../../src/plot/scale.js";
import { isFull } from "../harness/effort.js";

// As on a machine without fonts; read when the canvas is loaded, which only plot does.
Object.assign(process.env, { DISABLE_SYSTEM_FONTS_LOAD: "1" });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wasm-mpi-view-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const lowest = [0x44, 0x01, 0x54];
const highest = [0xfd, 0xe7, 0x25];
const middle = [0x21, 0x90, 0x8c];
const grey = [190, 190, 190];

/** A decoded PNG. */
class Picture {
  constructor(
    readonly width: number,
    readonly height: number,
    readonly data: Uint8ClampedArray,
    readonly digest: string,
  ) {}

  at(x: number, y: number): number[] {
    const place = 4 * (y * this.width + x);
    return [this.data[place]!, this.data[place + 1]!, this.data[place + 2]!];
  }

  /** The pixels with x0 <= x < x1, y0 <= y < y1 that pass. */
  find(passes: (rgb: number[]) => boolean, [x0, y0, x1, y1] = [0, 0, this.width, this.height]): [number, number][] {
    const found: [number, number][] = [];
    for (let y = y0!; y < y1!; y++) for (let x = x0!; x < x1!; x++) if (passes(this.at(x, y))) found.push([x, y]);
    return found;
  }

  /** The inside of the leftmost dark frame at least `least` pixels wide and high: [x0, y0, x1, y1]. */
  frame(least = 40): [number, number, number, number] {
    const dark = (x: number, y: number) => {
      const place = 4 * (y * this.width + x);
      return this.data[place]! < 40 && this.data[place + 1]! < 40 && this.data[place + 2]! < 40;
    };
    const run = (x: number, y: number, dx: number, dy: number, wanted: boolean) => {
      let n = 0;
      while (x + n * dx < this.width && y + n * dy < this.height && dark(x + n * dx, y + n * dy) === wanted) n++;
      return n;
    };
    for (let x = 0; x < this.width; x++) {
      for (let y = 0; y < this.height; y++) {
        if (!dark(x, y) || run(x, y, 1, 0, true) < least || run(x, y, 0, 1, true) < least) continue;
        const [x0, y0] = [x + 2, y + 2];
        return [x0, y0, x0 + run(x0, y0 + 4, 1, 0, false), y0 + run(x0 + 4, y0, 0, 1, false)];
      }
    }
    throw new Error("no frame");
  }
}

const equals = (wanted: readonly number[]) => (rgb: number[]) => rgb.every((channel, c) => channel === wanted[c]);
const isDark = (rgb: number[]) => rgb.every((channel) => channel < 100);

function box(pixels: [number, number][]): [number, number, number, number] {
  const [xs, ys] = [pixels.map(([x]) => x), pixels.map(([, y]) => y)];
  const least = (all: number[]) => all.reduce((a, b) => Math.min(a, b), Infinity);
  const most = (all: number[]) => all.reduce((a, b) => Math.max(a, b), -Infinity);
  return [least(xs), least(ys), most(xs) + 1, most(ys) + 1];
}

/** A picture of half the width of one panel, which takes a fourth of the time. */
async function picture(panels: Panel[], options?: PlotOptions): Promise<Picture> {
  const path = join(folder, "picture.png");
  await plot(path, panels, { width: 450, ...options });
  return decoded(path);
}

async function decoded(path: string): Promise<Picture> {
  const { createCanvas, loadImage } = await import("@napi-rs/canvas");
  const bytes = readFileSync(path);
  const image = await loadImage(bytes);
  const context = createCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  return new Picture(image.width, image.height, data, createHash("sha256").update(bytes).digest("hex"));
}

function field(nx: number, ny: number, f: (i: number, j: number) => number, title = "psi"): Panel {
  const values = Float64Array.from({ length: nx * ny }, (_, cell) => f(Math.floor(cell / ny), cell % ny));
  return { title, values, shape: [nx, ny] };
}

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
    const plane = field(nx, ny, (i, j) => (i * ny + j) * nz + 8, "psi, z = 8.5 (plane 8 of 17)");
    const coordinates = [nx, ny, nz].map((n) => Float64Array.from({ length: n }, (_, i) => i / 2));
    const cube = { title: "psi", values, shape: [nx, ny, nz] };
    expect((await picture([cube])).digest).toBe((await picture([plane])).digest);
    const [got, same] = [
      await picture([cube], { coordinates }),
      await picture([{ ...plane, title: "psi, z = 4 (plane 8 of 17)" }], { coordinates: coordinates.slice(0, 2) }),
    ];
    expect(got.digest).toBe(same.digest);
    expect(got.digest).not.toBe((await picture([plane], { coordinates: coordinates.slice(0, 2) })).digest);
  });
});

describe("one axis", () => {
  const blue = equals([0x00, 0x72, 0xb2]);
  const red = equals([0xd5, 0x5e, 0x00]);

  it("is drawn as one line for each panel, x to the right, values upwards, with a legend", async () => {
    const n = 81;
    const peak = (at: number) => Array.from({ length: n }, (_, i) => Math.max(0, 1 - Math.abs(i - at) / 8));
    const panels = [20, 60].map((at) => ({ title: `peak at ${at}`, values: peak(at), shape: [n] }));
    const got = await picture(panels, { title: "Peaks", label: "psi" });
    const frame = got.frame();
    const [x0, y0, x1] = frame;
    [blue, red].forEach((colour, p) => {
      const [left, top] = got.find(colour, frame)[0]!;
      expect(Math.abs(left - (x0 + ((20.5 + 40 * p) * (x1 - x0)) / n))).toBeLessThanOrEqual(6);
      expect(top - y0).toBeLessThan(0.1 * (frame[3] - y0));
      expect(got.find(colour, [0, 0, got.width, y0 - 4]).length, "legend").toBeGreaterThan(40);
    });
    expect(got.find(isDark, [0, 64, got.width, y0 - 4]).length, "legend").toBeGreaterThan(200);
  });

  it("breaks at NaN, and still shows a value alone between gaps", async () => {
    const values = Array.from({ length: 100 }, (_, i) => (i > 40 && i < 60 && i !== 50 ? Number.NaN : 1 + i / 100));
    const got = await picture([{ title: "gap", values, shape: [100] }]);
    const [x0, y0, x1, y1] = got.frame();
    const column = (at: number) => Math.round(x0 + (at / 100) * (x1 - x0));
    expect(got.find(blue, [column(42), y0, column(49), y1])).toEqual([]);
    expect(got.find(blue, [column(50), y0, column(51), y1]).length).toBeGreaterThan(10);
  });

  it("survives a constant, a single cell, no finite value and a million cells", async () => {
    for (const values of [[3, 3, 3], [3], [Number.NaN, Infinity]]) {
      const got = await picture([{ title: "line", values, shape: [values.length] }]);
      expect(got.find(blue, got.frame()).length > 0).toBe(Number.isFinite(values[0]));
    }
    const values = new Float32Array(1e6);
    values[777_777] = 1;
    const got = await picture([{ title: "spike", values, shape: [1e6] }]);
    const [x0, y0, x1, y1] = got.frame();
    const [x, y] = got.find(blue, [x0, y0, x1, y1])[0]!;
    expect(Math.abs(x - (x0 + 0.777777 * (x1 - x0)))).toBeLessThanOrEqual(4);
    expect(y - y0).toBeLessThan(0.1 * (y1 - y0));
  });
});

describe("numbers of any size", () => {
  const greatest = [5e-324, 1e-307, 1e-290, 1e-100, 1e-21, 1e-20, 1e20, 1e150, 1.7e308];

  it.each(greatest)("are drawn up to %s, as lines and as maps", async (value) => {
    const values = [0, value / 2, value, value / 2];
    const signs = [values, values.map((each) => -each), [-value, value, 0, value], new Array(4).fill(value)];
    for (const [index, signed] of signs.entries()) {
      // Outside the full tests lines and maps take turns.
      const turn = (index + greatest.indexOf(value)) % 2;
      for (const shape of isFull ? [[4], [2, 2]] : [[[4], [2, 2]][turn]!]) {
        await picture([{ title: "q", values: signed, shape }]);
      }
    }
  });

  it("look the same whatever the power of ten", async () => {
    const values = [0, 1, 2, 1];
    const frameIn = async (unit: number) => {
      // Without a width, which would take from the panel what the numbers beside the bar need.
      const path = join(folder, "unit.png");
      await plot(path, [{ title: "q", values: values.map((value) => value * unit), shape: [2, 2] }]);
      return (await decoded(path)).frame();
    };
    const usual = await frameIn(1);
    expect(await frameIn(2 ** -70)).toEqual(usual);
  });

  it.each([1e-289, 1e-100, 1e-21, 1e20, 1e289])("may be coordinates, %s apart", async (step) => {
    for (const shape of [[4], [2, 2]]) {
      const coordinates = shape.map((n) => Float64Array.from({ length: n }, (_, i) => step * (i + 0.5)));
      await picture([{ title: "q", values: [1, 2, 3, 4], shape }], { coordinates });
    }
  });
});

describe("a range", () => {
  it("is that of the colours, whatever the values are", async () => {
    const got = await picture([field(2, 1, (i) => (i === 0 ? -5 : 0.5))], { range: [0, 1] });
    const [x0, y0, x1, y1] = got.frame();
    expect(got.at(x0 + 9, (y0 + y1) >> 1)).toEqual(lowest);
    expect(got.at(x1 - 9, (y0 + y1) >> 1)).toEqual(middle);
  });

  it("is that of the axis of lines", async () => {
    const digest = async (options: PlotOptions) =>
      (await picture([{ title: "", values: [1, 2], shape: [2] }], options)).digest;
    expect(await digest({ range: [0, 4] })).not.toBe(await digest({}));
    expect(await digest({ range: [0, 4] })).toBe(await digest({ range: [0, 4] }));
  });

  it.each([[[1, 1]], [[0]], [[0, Number.NaN]], [5], [[2, 1]]])("is refused: %j", async (range) => {
    const got = Array.isArray(range) ? `[${range.join(", ")}]` : String(range);
    const text = `plot: "range" expected two finite numbers, the smaller first, got ${got}. Write [0, 1], for example.`;
    await expect(picture([field(2, 1, () => 1)], { range } as never)).rejects.toThrow(new UsageError(text));
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

describe("a chart over named points", () => {
  const blue = equals([0x00, 0x72, 0xb2]);
  const red = equals([0xd5, 0x5e, 0x00]);
  const curve = (title: string, values: number[]): Panel => ({ title, values, shape: [values.length] });
  const charted = async (curves: Panel[], options: Partial<ChartOptions> = {}) => {
    const path = join(folder, "chart.png");
    await chart(path, curves, {
      title: "",
      label: "ratio",
      across: "size",
      points: ["8 B", "1 KiB", "1 MiB"],
      ...options,
    });
    return decoded(path);
  };

  it("has its points evenly spaced, a line where all values are equal, and a legend", async () => {
    const got = await charted([curve("ours", [2, 3, 5]), curve("theirs", [1, 1, 1])]);
    const frame = got.frame();
    const [x0, y0, x1, y1] = frame;
    // The range of the values and a twentieth of it on both sides.
    const height = (value: number) => y1 - ((value - 0.8) / 4.4) * (y1 - y0);
    for (const [index, value] of [2, 3, 5].entries()) {
      const [x, y] = [x0 + ((index + 0.5) / 3) * (x1 - x0), height(value)];
      expect(got.find(blue, [x - 3, y - 3, x + 3, y + 3].map(Math.round) as typeof frame).length).toBeGreaterThan(9);
    }
    const [left, top, right, bottom] = box(got.find(red, frame));
    expect(Math.abs((top + bottom) / 2 - height(1))).toBeLessThanOrEqual(3);
    expect(Math.abs(left - (x0 + (x1 - x0) / 6)) + Math.abs(right - (x1 - (x1 - x0) / 6))).toBeLessThanOrEqual(12);
    for (const colour of [blue, red]) expect(got.find(colour, [0, 0, got.width, y0 - 4]).length).toBeGreaterThan(40);
  });

  it("says what stands at the axes and at the points", async () => {
    const curves = [curve("ours", [2, 3, 5])];
    const before = await charted(curves);
    for (const change of [
      { title: "T" },
      { label: "other" },
      { across: "other" },
      { points: ["8 B", "1 KiB", "2 MiB"] },
    ]) {
      expect((await charted(curves, change)).digest, JSON.stringify(change)).not.toBe(before.digest);
    }
    expect((await charted(curves)).digest).toBe(before.digest);
  });

  it("is a dot for a single point", async () => {
    const got = await charted([curve("ours", [2])], { points: ["8 B"] });
    expect(got.find(blue, got.frame()).length).toBeGreaterThan(9);
  });

  it("is refused where it cannot be written", async () => {
    const text =
      'plot: "path" expected a name ending in .png or .svg, got "x.jpg". Give the file the ending of its format.';
    const options = { title: "", label: "", across: "", points: ["8 B"] };
    await expect(chart("x.jpg", [curve("", [1])], options)).rejects.toThrow(new UsageError(text));
  });
});

describe("ticks", () => {
  it("of named points leave out what there is no room for", () => {
    const labels = (count: number) => {
      const { values, format } = pointTicks(["a", "b", "c", "d", "e"], count);
      return values.map((value) => `${format(value)} ${value}`);
    };
    expect(labels(9)).toEqual(["a 0.5", "b 1.5", "c 2.5", "d 3.5", "e 4.5"]);
    expect(labels(4)).toEqual(["a 0.5", "c 2.5", "e 4.5"]);
    expect([1, 0].map(labels)).toEqual([["a 0.5"], ["a 0.5"]]);
  });

  it.each([
    [0, 1, 5, ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]],
    [0.05, 0.37, 7, ["0.05", "0.10", "0.15", "0.20", "0.25", "0.30", "0.35"]],
    [-1, 1, 4, ["−1.0", "−0.5", "0", "0.5", "1.0"]],
    [0, 2048, 5, ["0", "500", "1000", "1500", "2000"]],
    [100000, 100004, 4, ["100000", "100001", "100002", "100003", "100004"]],
    [0, 4e-6, 4, ["0", "1×10⁻⁶", "2×10⁻⁶", "3×10⁻⁶", "4×10⁻⁶"]],
    [0, 1e12, 2, ["0", "0.5×10¹²", "1.0×10¹²"]],
    [1, 1 + 1e-10, 2, ["1.0000000000", "1.0000000001"]],
  ])("from %d to %d, at most %d steps", (low, high, count, labels) => {
    const { values, format } = ticksOf(low, high, count);
    expect(values.map(format)).toEqual(labels);
  });

  it("lie within the range, whatever the range", () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 48271) % 2147483647;
      return seed / 2147483647;
    };
    for (let trial = 0; trial < 2000; trial++) {
      const low = (random() - 0.5) * 10 ** Math.floor(random() * 600 - 300);
      const high = low + Math.abs(low || 1) * 10 ** Math.floor(random() * 20 - 12);
      const count = 1 + Math.floor(random() * 7);
      const { values, format } = ticksOf(low, high, count);
      expect(values.length).toBeLessThanOrEqual(count + 1);
      expect(values.every((value) => value >= low && value <= high)).toBe(true);
      expect(new Set(values.map(format)).size).toBe(values.length);
    }
  });

  it("are one for a constant, without rounding noise", () => {
    const label = (value: number) => singleTick(value).values.map(singleTick(value).format);
    expect([-0.1 - 0.2, 0, 7, 1013.25, -1.2345678e20, 1e-300].map(label)).toEqual(
      ["−0.3", "0", "7", "1013.25", "−1.23457×10²⁰", "1×10⁻³⁰⁰"].map((text) => [text]),
    );
  });
});

describe("cells and lines", () => {
  it("have edges halfway between their centres", () => {
    expect([...edgesOf(3)]).toEqual([0, 1, 2, 3]);
    expect([...edgesOf(3, [1, 2, 4])]).toEqual([0.5, 1.5, 3, 5]);
    expect([...edgesOf(1, [7])]).toEqual([6.5, 7.5]);
  });

  it("keep the extremes of a line that has too many values", () => {
    const values = [0, 9, 1, 2, Number.NaN, -5, 3, 3];
    expect(outline(values, 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(outline(values, 4)).toEqual([0, 1, 5, 6]);
  });
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

describe("a wrong call", () => {
  const good: Panel = { title: "", values: new Float64Array(6), shape: [2, 3] };
  const table: [string, string, Panel[], PlotOptions | undefined, string][] = [
    [
      "another format",
      "x.jpg",
      [good],
      undefined,
      'plot: "path" expected a name ending in .png or .svg, got "x.jpg". Give the file the ending of its format.',
    ],
    [
      "no panel",
      "x.png",
      [],
      undefined,
      'plot: "panels" expected at least one panel, got none. Pass { title, values, shape } for each field.',
    ],
    [
      "four axes",
      "x.png",
      [{ ...good, shape: [1, 1, 2, 3] }],
      undefined,
      'plot: "panels[0].shape" expected 1 to 3 axes, got [1, 1, 2, 3]. Take a slice with fewer axes.',
    ],
    [
      "no axis",
      "x.png",
      [{ ...good, shape: [] }],
      undefined,
      'plot: "panels[0].shape" expected 1 to 3 axes, got []. Take a slice with fewer axes.',
    ],
    [
      "an empty axis",
      "x.png",
      [{ ...good, shape: [0, 3] }],
      undefined,
      'plot: "panels[0].shape" expected positive integers, got [0, 3]. Give the number of cells of each axis.',
    ],
    [
      "another shape",
      "x.png",
      [good, { ...good, shape: [3, 2] }],
      undefined,
      'plot: "panels[1].shape" expected [2, 3] as of panels[0], got [3, 2]. Plot other shapes into other files.',
    ],
    [
      "too few values",
      "x.png",
      [good, { ...good, values: [1, 2] }],
      undefined,
      'plot: "panels[1].values" expected 6 values (shape [2, 3]), got 2. Pass one value per cell, without halo.',
    ],
    [
      "an unknown option",
      "x.png",
      [good],
      { lable: "psi" } as PlotOptions,
      'plot: expected options among title, coordinates, faces, axes, units, label, range, map, log, contours, arrows, longest, width, got "lable". Did you mean label?',
    ],
    [
      "an unknown part of a panel",
      "x.png",
      [{ ...good, borders: [] } as Panel],
      undefined,
      'plot: "panels[0]" expected keys among title, values, shape, blocks, vectors, dotted, got "borders". Remove or rename it.',
    ],
    [
      "blocks along one axis",
      "x.png",
      [good, { ...good, blocks: [[0, 1, 2]] }],
      undefined,
      'plot: "panels[1].blocks" expected 2 lists of edges, one an axis, got 1. Give the first cell of each block along the axis, and the number of cells at the end.',
    ],
    ...[[0, 1], [1, 3], [0, 2, 2, 3], [0, 1.5, 3], []].map((edges): (typeof table)[number] => [
      `blocks with the edges [${edges}]`,
      "x.png",
      [{ ...good, blocks: [[0, 2], edges] }],
      undefined,
      `plot: "panels[0].blocks[1]" expected whole numbers rising from 0 to 3, got [${edges.join(", ")}]. Give the first cell of each block along the axis, and the number of cells at the end.`,
    ]),
    [
      "coordinates of one axis",
      "x.png",
      [good],
      { coordinates: [[1, 2]] },
      'plot: "coordinates" expected 2 arrays (shape [2, 3]), got 1. Pass the cell centres of each axis.',
    ],
    [
      "faces of one axis",
      "x.png",
      [good],
      { faces: [[1, 2, 3]] },
      'plot: "faces" expected 2 lists, one an axis, got 1. Pass those of grid.axes.',
    ],
    [
      "too few faces",
      "x.png",
      [good],
      { faces: [undefined, [1, 2, 3]] },
      'plot: "faces[1]" expected 4 finite, increasing numbers, got 3. Pass those of grid.axes.',
    ],
    [
      "faces that are no list",
      "x.png",
      [good],
      { faces: [null, undefined] } as never,
      'plot: "faces[0]" expected 3 finite, increasing numbers, got null. Pass those of grid.axes.',
    ],
    [
      "names that are no texts",
      "x.png",
      [good],
      { axes: ["x", 2] } as never,
      'plot: "axes" expected names as texts, got 2. Name each axis.',
    ],
    [
      "unordered faces",
      "x.png",
      [good],
      { faces: [[1, 3, 2], undefined] },
      'plot: "faces[0]" expected 3 finite, increasing numbers, got others. Pass those of grid.axes.',
    ],
    [
      "too many coordinates",
      "x.png",
      [good],
      {
        coordinates: [
          [1, 2],
          [1, 2, 3, 4],
        ],
      },
      'plot: "coordinates[1]" expected 3 values, got 4. Pass one coordinate per cell of the axis.',
    ],
    [
      "unordered coordinates",
      "x.png",
      [good],
      {
        coordinates: [
          [1, 2],
          [1, 3, 2],
        ],
      },
      'plot: "coordinates[1]" expected finite, increasing values, got 2 after 3 at [2]. Pass the cell centres in the order of the cells.',
    ],
    [
      "coordinates that are no numbers",
      "x.png",
      [good],
      {
        coordinates: [
          [Number.NaN, 2],
          [1, 2, 3],
        ],
      },
      'plot: "coordinates[0]" expected finite, increasing values, got NaN at [0]. Pass the cell centres in the order of the cells.',
    ],
    [
      "too narrow a picture",
      "x.png",
      [good, good],
      { width: 100 },
      'plot: "width" expected an integer from 400 to 8000 pixels, got 100. Leave it out for a width that suits the panels.',
    ],
  ];

  it.each(table)("with %s says what to do", async (_, path, panels, options, message) => {
    const error = await plot(join(folder, path), panels, options).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toBe(message.replace('"x.jpg"', JSON.stringify(join(folder, "x.jpg"))));
  });

  it("with coordinates without digits between them says so", async () => {
    const coordinates = [Float64Array.of(1e-300, 2e-300)];
    const error = await plot(join(folder, "x.png"), [{ ...good, values: [1, 2], shape: [2] }], { coordinates }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toBe(
      'plot: "coordinates[0]" expected centres from 1e-290 to 1e+290 apart, got 1e-300. Give them in another unit.',
    );
  });

  it("with a path that cannot be written says which and why, and leaves nothing behind", async () => {
    const path = join(folder, "missing", "x.png");
    const error = await plot(path, [good]).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(FileError);
    expect(error).toMatchObject({
      path,
      message: `plot: expected a path that can be written, got "${path}" (ENOENT). Name a file in a folder that exists and is yours to write.`,
      cause: { code: "ENOENT" },
    });
    await plot(join(folder, "last.png"), [good]);
    if (process.platform !== "win32") {
      // A symbolic link is written through.
      const [link, target] = ["link.png", "target.png"].map((name) => join(folder, name)) as [string, string];
      symlinkSync("target.png", link);
      for (let turn = 0; turn < 2; turn++) await plot(link, [good]);
      expect([lstatSync(link).isSymbolicLink(), lstatSync(target).isFile()]).toEqual([true, true]);
    }
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});
