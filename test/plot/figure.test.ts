/** Where things are in a picture, which colours and ticks it has, and what an SVG is made of. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/errors.js";
import { chunksOf } from "../../src/plot/chunks.js";
import { coloursOf, mapNames } from "../../src/plot/colours.js";
import { figureOf } from "../../src/plot/figure/figure.js";
import { columnsOf } from "../../src/plot/figure/maps.js";
import { density, measureOf } from "../../src/plot/figure/parts.js";
import { diagrams, type Panel, type PlotOptions, plot } from "../../src/plot/index.js";
import { pngOf } from "../../src/plot/png.js";
import { logTicks, paint } from "../../src/plot/scale.js";
import { temporaryFolder } from "../harness/command.js";
import { isFull } from "../harness/effort.js";

const folder = temporaryFolder();
const measure = measureOf("sans", (text, size) => 0.6 * size * text.length);
const figure = (panels: readonly Panel[], options: PlotOptions = {}) => figureOf(panels, options, measure);
const square = (title: string, values = Float64Array.of(0, 1, 2, 3)): Panel => ({ title, values, shape: [2, 2] });

describe("panels of a picture", () => {
  it("stand in one row up to five, and in rows of one length beyond", () => {
    const rows = [1, 5, 6, 8, 9, 12, 16, 40, 64].map((count) => [
      columnsOf(count),
      Math.ceil(count / columnsOf(count)),
    ]);
    expect(rows).toEqual([
      [1, 1],
      [5, 1],
      [3, 2],
      [4, 2],
      [3, 3],
      [4, 3],
      [4, 4],
      [8, 5],
      [8, 8],
    ]);
  });

  it("are in their order from the left to the right, row by row, and do not overlap", () => {
    const panels = Array.from({ length: 9 }, (_, i) => square(`t = ${i}`));
    const { images, width, height } = figure(panels, { title: "nine" });
    const [first, ...others] = images.slice(0, 9);
    const side = first!.width;
    expect(images).toHaveLength(10); // The last one are the colours.
    let before = first!;
    for (const [i, image] of others.entries()) {
      if ((i + 1) % 3 === 0) expect(image.y).toBeGreaterThan(before.y + side);
      else expect([image.y, image.x > before.x + side]).toEqual([before.y, true]);
      before = image;
    }
    expect(before.x + side).toBeLessThan(width);
    expect(before.y + side).toBeLessThan(height);
  });

  it("name the axis below only where nothing stands below", () => {
    const panels = Array.from({ length: 8 }, (_, i) => square(`t = ${i}`)).slice(0, 7);
    const names = (figure(panels).option.xAxis as { readonly name?: string }[]).map(({ name }) => name);
    expect(names.slice(0, 7)).toEqual(["", "", "", "x", "x", "x", "x"]);
  });
});

describe("colours", () => {
  it("of a map go from its first to its last", () => {
    const ends = mapNames.map((name) => [name, coloursOf(name)[0], coloursOf(name)[255], coloursOf(name).length]);
    expect(ends).toEqual([
      ["viridis", [68, 1, 84], [253, 231, 37], 256],
      ["magma", [0, 0, 4], [252, 253, 191], 256],
      ["plasma", [13, 8, 135], [240, 249, 33], 256],
      ["grey", [0, 0, 0], [255, 255, 255], 256],
      ["coolwarm", [59, 76, 192], [180, 4, 38], 256],
    ]);
  });

  it("of the map of both signs have 0 in their middle, unless a range is given", () => {
    const panel = square("t", Float64Array.of(-1, 0, 2, 4));
    const middle = coloursOf("coolwarm")[128]!;
    const cellOf = (options: PlotOptions) => {
      const { pixels, width } = figure([panel], { map: "coolwarm", ...options }).images[0]!;
      return [...pixels.slice(4 * width * density * 1, 4 * width * density * 1 + 3)]; // Of the upper left cell.
    };
    expect(cellOf({})).toEqual([...middle]);
    expect(cellOf({ range: [0, 4] })).toEqual([...coloursOf("coolwarm")[0]!]);
  });

  it("of logarithms are as far apart as those, and what is not above 0 is grey and said so", () => {
    const panel = square("t", Float64Array.of(0.01, 1, 100, -1));
    const { images, option } = figure([panel], { log: true });
    const { pixels, width } = images[0]!;
    const side = width * density;
    const at = (x: number, y: number) => [...pixels.slice(4 * (y * side + x), 4 * (y * side + x) + 3)];
    const [low, high] = [5, side - 5];
    const map = coloursOf("viridis");
    expect([at(low, high), at(low, low), at(high, high)]).toEqual([map[0], map[128], map[255]].map((rgb) => [...rgb!]));
    expect(at(high, low)).toEqual([190, 190, 190]);
    expect(JSON.stringify(option.graphic)).toContain("not above 0");
  });
});

describe("ticks of logarithms", () => {
  const told = (low: number, high: number, count = 7) => {
    const { values, format } = logTicks(low, high, count);
    return values.map(format);
  };

  it("are powers of ten, as few as there is room for", () => {
    expect(told(-2, 2)).toEqual(["0.01", "0.1", "1", "10", "100"]);
    expect(told(-10.2, 0.1)).toEqual(["10⁻¹⁰", "10⁻⁸", "10⁻⁶", "10⁻⁴", "0.01", "1"]);
    expect(told(-300, 300, 3)).toEqual(["10⁻²⁰⁰", "1", "10²⁰⁰"]);
  });

  it("are round numbers within a power of ten", () => {
    expect(told(0, 1, 5)).toEqual(["2", "4", "6", "8", "10"]);
    expect(told(-21, -20.5, 3)).toEqual(["1×10⁻²¹", "2×10⁻²¹", "3×10⁻²¹"]);
  });
});

describe("pixels as PNG", () => {
  it("are those that went in", () => {
    const pixels = paint(
      Float64Array.of(0, 1, 2, 3, 4, Number.NaN),
      [
        [0, 1, 2, 3],
        [0, 1, 2],
      ].map((e) => Float64Array.from(e)) as never,
      [0, 4],
      [6, 4],
    );
    const png = pngOf(pixels, 6, 4);
    const data = [...chunksOf(png)].find(({ type }) => type === "IDAT")!;
    const rows = inflateSync(png.subarray(data.begin, data.begin + data.length));
    const found = new Uint8ClampedArray(pixels.length);
    for (let y = 0; y < 4; y++) {
      expect(rows[y * 25]).toBe(2);
      for (let i = 0; i < 24; i++)
        found[y * 24 + i] = (rows[y * 25 + 1 + i]! + (y ? found[(y - 1) * 24 + i]! : 0)) & 0xff;
    }
    expect(found).toEqual(pixels);
  });
});

describe("an SVG", () => {
  it("has the texts, the lines and each map as an image, in one tree without anything to fetch", async () => {
    const path = join(folder, "maps.svg");
    await plot(path, [square("t = 0 & <more>"), square("t = 1")], { title: 'a "title"', label: "psi [K]" });
    const text = readFileSync(path, "utf8");
    for (const words of ["t = 0 &amp; &lt;more&gt;", "t = 1", "psi [K]"]) expect(text).toContain(words);
    expect(text.match(/<image /g)).toHaveLength(3);
    expect([...text.matchAll(/(?:href|src)="(?!data:image\/png;base64,)/g)]).toEqual([]);
    expect(balanced(text)).toEqual([]);
  });

  it("has diagrams of nine colours, with three ticks or more, and no key to a line that is the only one", async () => {
    const path = join(folder, "diagrams.svg");
    const names = Array.from("abcdefghi", (letter) => `name ${letter}`);
    const curves = names.map((_, colour) => ({ colour, line: 0, values: [1.9 + colour / 100, 2.9] }));
    const points = ["16", "32"];
    const diagram = { title: "time", label: "us", across: "cells", points, colours: names, lines: ["alone"], curves };
    await diagrams(path, { title: "sizes", diagrams: [diagram] });
    const text = readFileSync(path, "utf8");
    for (const words of [...names, "1.5", "2", "3"]) expect(text).toContain(`>${words}<`);
    expect(text).not.toContain(">alone<");
    const keys = text.matchAll(/<path[^>]* stroke="([^"]*)"[^>]* stroke-width="4"/g);
    expect(new Set(Array.from(keys, ([, colour]) => colour)).size).toBe(9);
  });

  it("says why there are no contours and no arrows", async () => {
    const path = join(folder, "none.svg");
    const said = async (shape: readonly [number, number], value: number) => {
      const values = new Float64Array(shape[0] * shape[1]).map((_, cell) => value * cell);
      await plot(path, [{ title: "t", values, shape, vectors: [values, values] }], { contours: [1.5] });
      return readFileSync(path, "utf8").match(/(?:contours|vectors)[^<]*/g);
    };
    expect(await said([4, 1], 1)).toEqual(["contours: none, as an axis has one cell", "vectors: 4.24"]);
    expect(await said([4, 2], 0)).toEqual(["contours at 1.5", "vectors: 0 everywhere"]);
    expect(await said([4, 2], Number.NaN)).toEqual(["contours at 1.5", "vectors: no finite value"]);
  });

  it("has curves as paths, dotted ones as such", async () => {
    const path = join(folder, "lines.svg");
    const values = Float64Array.from({ length: 50 }, (_, i) => Math.sin(i / 8));
    const shape = [50];
    await plot(path, [
      { title: "sine", values, shape },
      { title: "exact", values, shape, dotted: true },
    ]);
    const text = readFileSync(path, "utf8");
    expect(text).toContain("exact");
    expect(text).toContain('stroke-dasharray="1.5,3"');
    expect(balanced(text)).toEqual([]);
  });

  /** The tags that are not closed, and attributes that are not well formed. */
  function balanced(text: string): string[] {
    const open: string[] = [];
    const faults: string[] = [];
    for (const [tag, end, name, attributes, alone] of text.matchAll(
      /<(\/?)([a-z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/gi,
    )) {
      if (end) {
        if (open.pop() !== name) faults.push(tag);
      } else if (!alone) open.push(name!);
      if (attributes === undefined) faults.push(tag);
    }
    const tags = text.match(/<[a-z/]/gi)!.length;
    const known = [...text.matchAll(/<(\/?)([a-z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/gi)].length;
    return [...faults, ...open, ...(tags === known ? [] : [`${tags - known} tags that are none`])];
  }
});

describe("pictures", () => {
  it("survive cells of any number and values of any size, on each scale", async () => {
    const values = [0, 1, -1, 1e-21, 1e300, -1e300, Number.NaN, Number.POSITIVE_INFINITY];
    for (const shape of [[1], [1, 1], [1, 1, 1], [8], [8, 1], [1, 8], [2, 2, 2]]) {
      const isCell = shape.every((n) => n === 1);
      const all = isCell
        ? values.map((value) => [value])
        : [values, values.map((value) => value * 1e-300), Array(8).fill(0)];
      const panels = all.map((field, i) => ({ title: `t = ${i}`, values: field, shape }));
      for (const options of [{}, { log: true }, { map: "coolwarm" }] as const) {
        // Each by itself, and all on one scale.
        const apart = isFull || shape.length === 1 ? panels.map((panel) => [panel]) : [];
        for (const some of [panels, ...apart]) {
          const { width, height, images, option } = figure(some, options);
          const places = [width, height, ...images.flatMap(({ x, y, width }) => [x, y, width])];
          expect(places.every((place) => Number.isFinite(place) && place >= 0 && place < 8000)).toBe(true);
          const { series: _, ...others } = option; // Curves have gaps.
          expect(JSON.stringify(others)).not.toContain("null"); // As which JSON has what is not finite.
        }
      }
    }
  });
});

describe("a wrong option of plot", () => {
  const line: Panel = { title: "", values: [1, 2], shape: [2] };
  it.each<[PlotOptions, string]>([
    [
      { map: "jet" as never },
      'plot: "map" expected one of viridis, magma, plasma, grey, coolwarm, got "jet". Choose one of them.',
    ],
    [{ label: 5 as never }, 'plot: "label" expected a text, got 5. Write it in quotes.'],
    [{ log: 1 as never }, 'plot: "log" expected true or false, got 1. Leave it out for a linear scale.'],
    [
      { log: true, range: [0, 1] },
      'plot: "range" expected numbers above 0, as log is on, got [0, 1]. Write [0.01, 1], for example.',
    ],
  ])("%o is told what to do", async (options, message) => {
    await expect(plot(join(folder, "wrong.svg"), [line], options)).rejects.toThrow(new UsageError(message));
  });

  it("is a heat map that is to be dotted", async () => {
    await expect(plot(join(folder, "wrong.svg"), [{ ...square("t"), dotted: true }])).rejects.toThrow(
      new UsageError('plot: "panels[0].dotted" expected none, as only lines can be dotted, got true. Leave it out.'),
    );
  });
});
