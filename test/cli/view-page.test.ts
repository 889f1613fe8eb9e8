/** The page of `wasm-mpi view --html`, as a file and in a real browser. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SnapshotWriter } from "../../src/io/writer.js";
import type { Contents } from "../../src/plot/page/contents.js";
import { chromiumPath, openBrowser, withoutChromium } from "../harness/chromium.js";
import { temporaryFolder } from "../harness/command.js";
import { wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const view = (...args: readonly string[]) => wasmMpi(["view", ...args], { cwd: folder });

const numbered = (i: number, frame: number) => (i === 0 ? Number.NaN : i + 100 * frame);

/** Writes a file of `psi`, whose values are by default the numbers of the cells and 100 more a frame. */
async function written(
  name: string,
  shape: readonly number[],
  frames: number,
  value: (i: number, frame: number) => number = numbered,
): Promise<void> {
  const count = shape.reduce((product, n) => product * n, 1);
  const coordinates = shape.map((n) => Float64Array.from({ length: n }, (_, i) => i + 0.5));
  const attributes = { decomposition: shape.map((_, axis) => (axis === 0 ? 2 : 1)).join(" x ") };
  const writer = await SnapshotWriter.create(at(name), { shape, coordinates, variables: { psi: {} }, attributes });
  for (let frame = 0; frame < frames; frame++) {
    const psi = Float64Array.from({ length: count }, (_, i) => value(i, frame));
    writer.write(frame, { psi }, { min: 0, max: 0, sum: 0, walltime: 0 });
  }
  writer.close();
}

function contentsIn(name: string): Contents {
  const [, json] = /type="application\/json">(.*?)<\/script>/.exec(readFileSync(at(name), "utf8"))!;
  return JSON.parse(json!) as Contents;
}

const numbersIn = (text: string) => Array.from(new Float64Array(new Uint8Array(Buffer.from(text, "base64")).buffer));

beforeAll(async () => {
  await written("plane.h5", [4, 3], 3);
  await written("cube.h5", [4, 3, 2], 1);
});

describe("wasm-mpi view --html", () => {
  it("writes all frames with their range, and says so", async () => {
    const { code, stdout, transcript } = await view("plane.h5", "--html", "plane.html", "--blocks", "--rate", "20");
    expect(code, transcript).toBe(0);
    expect(stdout).toMatch(/\npage: plane\.html\n$/);
    const { frames, ...rest } = contentsIn("plane.html");
    expect(rest).toEqual({
      ...{
        title: "psi",
        label: "psi",
        axes: ["x", "y"],
        titles: ["x", "y"],
        units: ["1", "1"],
        shape: [4, 3],
        cells: [4, 3],
      },
      coordinates: [
        [0.5, 1.5, 2.5, 3.5],
        [0.5, 1.5, 2.5],
      ],
      edges: [
        [0, 1, 2, 3, 4],
        [0, 1, 2, 3],
      ],
      blocks: [
        [0, 2, 4],
        [0, 3],
      ],
      ...{ dtype: "f64", isRounded: false, map: "viridis", log: false, range: [1, 211], above: [1, 211], rate: 20 },
    });
    expect(frames.map(({ title }) => title)).toEqual(["t = 0", "t = 1", "t = 2"]);
    expect(numbersIn(frames[2]!.values)).toEqual([Number.NaN, ...Array.from({ length: 11 }, (_, i) => 201 + i)]);
  });

  it("has the middle plane of three axes", async () => {
    const { code, transcript } = await view("cube.h5", "--html", "cube.html");
    expect(code, transcript).toBe(0);
    const { shape, frames } = contentsIn("cube.html");
    expect([shape, frames[0]!.title]).toEqual([[4, 3], "t = 0, z = 1.5 (cell 1 of 2)"]);
    expect(numbersIn(frames[0]!.values)).toEqual(Array.from({ length: 12 }, (_, i) => 2 * i + 1));
  });

  it("refuses another ending, and frames that are too many for a page", async () => {
    const ending = await view("plane.h5", "--html", "plane.htm");
    expect([ending.code, ending.stderr]).toEqual([
      2,
      'wasm-mpi view: plot: "path" expected a name ending in .html, got "plane.htm". Give the file the ending of its format.\n',
    ]);
    await written("wide.h5", [1024, 1024], 1);
    const many = await view("wide.h5", "--html", "wide.html", "--frames", Array(23).fill("0").join(","));
    expect([many.code, many.stderr]).toEqual([
      2,
      'wasm-mpi view: "--frames" expected frames for a page of at most 128 MB, got 23 of 129 MB. Choose fewer --frames, or draw a --movie.\n',
    ]);
    expect(existsSync(at("wide.html"))).toBe(false);
  });
});

describe.skipIf(chromiumPath === undefined)(`the page in a browser${withoutChromium}`, () => {
  let browser: Browser;
  let page: Page;
  const said: string[] = [];
  const asked: string[] = [];

  beforeAll(async () => {
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(String(error.stack)));
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(`file://${at("plane.html")}`);
  });
  afterAll(() => browser?.close());

  const textOf = (id: string) => page.locator(`#${id}`).innerText();
  const pixels = () => page.evaluate(() => (document.getElementById("picture") as HTMLCanvasElement).toDataURL());

  it("moves in time by its slider, by keys and by itself", async () => {
    // What came out is what it opens with.
    expect(await textOf("time")).toBe("t = 2 (frame 3 of 3)");
    const last = await pixels();
    await page.locator("#frame").fill("0");
    expect(await textOf("time")).toBe("t = 0 (frame 1 of 3)");
    expect(await pixels()).not.toBe(last);
    await page.locator("#frame").fill("2");
    await page.keyboard.press(",");
    expect(await textOf("time")).toBe("t = 1 (frame 2 of 3)");
    await page.click("#play");
    expect(await textOf("play")).toBe("Pause");
    await page.waitForFunction(() => document.getElementById("time")!.textContent!.startsWith("t = 0"));
    await page.click("#play");
    await page.locator("#frame").fill("0");
  });

  it("tells cell, coordinates and value under the pointer and under the keys, and draws a profile there", async () => {
    expect(await page.locator("#along").isVisible()).toBe(false);
    await page.locator("#picture").focus();
    await page.keyboard.press("ArrowRight");
    expect(await textOf("here")).toBe("cell [2, 1], x = 2.5, y = 1.5: psi = 7");
    await page.keyboard.press("ArrowUp");
    expect(await textOf("here")).toBe("cell [2, 2], x = 2.5, y = 2.5: psi = 8");
    const { x, y } = (await page.locator("#picture").boundingBox())!;
    await page.mouse.move(x + 70, y + 52);
    expect(await textOf("here")).toBe("cell [0, 2], x = 0.5, y = 2.5: psi = 2");
    const label = () => page.locator("#profile").getAttribute("aria-label");
    expect(await label()).toBe("psi along x at y = 2.5");
    await page.locator("#axis").selectOption("1");
    expect(await label()).toBe("psi along y at x = 0.5");
  });

  it("takes a range, a logarithmic scale and colours, and refuses what is no range", async () => {
    const seen = [await pixels()];
    const act = async (action: () => Promise<unknown>) => {
      await action();
      seen.push(await pixels());
    };
    await act(() => page.locator("#log").check());
    await act(() => page.locator("#map").selectOption("magma"));
    await act(() => page.click("#fit"));
    await act(() => page.locator("#blocks").uncheck());
    expect(new Set(seen).size).toBe(seen.length);
    await page.locator("#low").fill("20");
    await page.locator("#low").press("Enter");
    expect(await textOf("note")).toBe("Expected two numbers, min below max.");
    await page.click("#all");
    expect(await page.locator("#high").inputValue()).toBe("211");
  });

  it("saves its picture as a PNG", async () => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#export")]);
    expect(download.suggestedFilename()).toBe("psi-0.png");
    expect(
      readFileSync(await download.path())
        .subarray(1, 4)
        .toString(),
    ).toBe("PNG");
  });

  it("draws contours where values are equal, at round ones of the range that is shown", async () => {
    // Values rise along x alone: cell i has i, so that its right end is where i + 0.5 is.
    await written("slope.h5", [8, 6], 1, (i) => Math.floor(i / 6));
    const { code, transcript } = await view("slope.h5", "--html", "slope.html", "--contours", "4");
    expect(code, transcript).toBe(0);
    const html = readFileSync(at("slope.html"), "utf8");
    expect(contentsIn("slope.html").contours).toBe(4);
    writeFileSync(at("levels.html"), html.replace('"contours":4', '"contours":[4.5,2.5,2.5]'));
    await written("row.h5", [8, 1], 1);
    expect((await view("row.h5", "--html", "row.html", "--contours", "3")).code).toBe(0);
    writeFileSync(at("plain.html"), html.replace('"contours":4,', ""));

    const tab = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
    /** The middle row of the picture, a word for each pixel, in a range. */
    const rowOf = async (name: string, range?: readonly [string, string]): Promise<number[]> => {
      await tab.goto(`file://${at(name)}`);
      if (range) {
        await tab.locator("#low").fill(range[0]);
        await tab.locator("#high").fill(range[1]);
        await tab.locator("#high").press("Enter");
      }
      return tab.evaluate(() => {
        const canvas = document.getElementById("picture") as HTMLCanvasElement;
        const { data } = canvas.getContext("2d")!.getImageData(0, Math.round(canvas.height / 2), canvas.width, 1);
        return Array.from(new Uint32Array(data.buffer));
      });
    };
    /** The seven ends between cells, where colours change behind the frame of the picture. */
    const plain = await rowOf("plain.html");
    const ends = plain.flatMap((word, x) => (x > 70 && word !== plain[x - 1] ? [x] : [])).slice(0, 7);
    const width = (ends[6]! - ends[0]!) / 6;
    const left = ends[0]! - width;
    /** The middles of the lines in the picture, in cells from its left end. */
    const linesIn = (row: readonly number[], without: readonly number[]) => {
      const drawn = row.flatMap((word, x) => (x < ends[6]! + width - 4 && word !== without[x] ? [x] : []));
      const begins = drawn.filter((x) => !drawn.includes(x - 1));
      return begins.map((begin) => {
        let end = begin;
        while (drawn.includes(end + 1)) end++;
        return ((begin + end + 1) / 2 - left) / width;
      });
    };
    const expectLines = async (name: string, expected: readonly number[], range?: readonly [string, string]) => {
      const lines = linesIn(await rowOf(name, range), await rowOf("plain.html", range));
      expect(lines).toHaveLength(expected.length);
      for (const [i, place] of expected.entries()) expect(Math.abs(lines[i]! - place) * width).toBeLessThan(1.5);
    };
    const expectLevels = async (name: string, text: string, range?: readonly [string, string]) => {
      await rowOf(name, range);
      expect(await tab.locator("#levels").innerText()).toBe(text);
    };
    await expectLines("levels.html", [3, 5]);
    await expectLevels("levels.html", "contours at 2.5, 4.5");
    await expectLines("slope.html", [2.5, 4.5, 6.5]);
    await expectLevels("slope.html", "contours at 2, 4, 6");
    await expectLines("slope.html", [2.5, 3, 3.5, 4], ["1.9", "3.7"]);
    await expectLevels("slope.html", "contours at 2, 2.5, 3, 3.5", ["1.9", "3.7"]);
    await expectLevels("row.html", "contours: none, as an axis has one cell");
    await rowOf("plain.html");
    expect(await tab.locator("#levels").isVisible()).toBe(false);
    await tab.close();
  });

  it("fits narrow and wide windows, fetches nothing, and has no error", async () => {
    for (const width of [400, 1600]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
    expect(asked.filter((url) => !url.startsWith("blob:") && !url.startsWith("data:"))).toEqual([
      `file://${at("plane.html")}`,
    ]);
    expect(said).toEqual([]);
  });
});
