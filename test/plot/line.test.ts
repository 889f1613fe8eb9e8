/** Fields of one axis and charts as pictures. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/errors.js";
import { type ChartOptions, chart, type Panel, type PlotOptions, plot } from "../../src/plot/index.js";
import { temporaryFolder } from "../harness/command.js";
import { isFull } from "../harness/effort.js";
import { box, decoded, equals, field, isDark, lowest, middle, pictureIn } from "./pixels.js";

const folder = temporaryFolder();
const picture = pictureIn(folder);

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
