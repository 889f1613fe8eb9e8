/** The tracker that draws into one animated picture. */
import fs, { appendFileSync, copyFileSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { crc32, inflateSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { Grid, movie, Pde, plot, storage } from "../../src/index.js";
import { temporaryFolder } from "../harness/command.js";
import { isQuick } from "../harness/effort.js";
import { messageOf } from "../harness/message.js";
import { solo } from "../harness/run.js";

// As on a machine without fonts; read when the canvas is loaded, which only pictures do.
Object.assign(process.env, { DISABLE_SYSTEM_FONTS_LOAD: "1" });

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const grid = new Grid(solo(), { shape: [12, 10], bounds: [[0, 3], [0, 2]], periodic: [true, false] }); // biome-ignore format: a table
const solve = (track: readonly unknown[], changes: object = {}) =>
  new Pde({ c: "laplace(c)" }).solve({
    ...{ grid, initial: { c: "1e3 * sin(2*pi*x/3) + 0.2*y" }, until: 0.1, dt: 0.005, track },
    ...changes,
  } as never);

/** The chunks of a file by name and data, whose check sums are right. */
function chunksOf(path: string): (readonly [type: string, data: Buffer])[] {
  const bytes = readFileSync(path);
  expect(bytes.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
  const chunks: [string, Buffer][] = [];
  let end = 8;
  while (end < bytes.length) {
    const length = bytes.readUInt32BE(end);
    const typed = bytes.subarray(end + 4, end + 8 + length);
    if (crc32) expect(bytes.readUInt32BE(end + 8 + length)).toBe(crc32(typed));
    chunks.push([typed.toString("latin1", 0, 4), typed.subarray(4)]);
    end += 12 + length;
  }
  expect(end).toBe(bytes.length);
  return chunks;
}

describe("movie", () => {
  it("is one file with a picture each time, of one size whatever the numbers at the colours", async () => {
    await solve([movie(at("c.png"), { steps: 8, rate: 4 })]);
    const chunks = chunksOf(at("c.png"));
    const pictures = ["fcTL", "fdAT"];
    expect(chunks.map(([type]) => type)).toEqual([
      ...["IHDR", "acTL", "fcTL", "IDAT"],
      ...[...pictures, ...pictures, ...pictures, "IEND"],
    ]);
    const [[, header], [, animation]] = chunks as [(typeof chunks)[0], (typeof chunks)[0]];
    expect([animation.readUInt32BE(0), animation.readUInt32BE(4)]).toEqual([4, 0]);
    const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
    const controls = chunks.filter(([type]) => type === "fcTL").map(([, data]) => data);
    expect(controls.map((data) => data.length)).toEqual([26, 26, 26, 26]);
    // Numbers in a row, the size, where it begins, and a quarter of a second.
    for (const [i, data] of controls.entries()) {
      expect([0, 4, 8, 12, 16].map((place) => data.readUInt32BE(place))).toEqual([
        Math.max(0, 2 * i - 1),
        width,
        height,
        0,
        0,
      ]);
      expect([data.readUInt16BE(20), data.readUInt16BE(22)]).toEqual([250, 1000]);
    }
    const later = chunks.filter(([type]) => type === "fdAT").map(([, data]) => data);
    expect(later.map((data) => data.readUInt32BE(0))).toEqual([2, 4, 6]);
    const rows = [chunks[3]![1], ...later.map((data) => data.subarray(4))].map((data) => inflateSync(data));
    const perPixel = header.readUInt8(9) === 6 ? 4 : 3;
    for (const data of rows) expect(data.length).toBe(height * (1 + perPixel * width));
    expect(rows[1]).not.toEqual(rows[2]);
  });

  it.skipIf(isQuick)(
    "goes on after a restart with the pictures of the run before, and without those that came after its state",
    async () => {
      const track = (name: string) => [
        movie(at(`${name}.png`), { steps: 20, value: "c^2" }),
        storage(at(`${name}.h5`), { steps: 20, overwrite: true }),
      ];
      await solve(track("whole"), { until: 0.2 });
      const whole = readFileSync(at("whole.png")).toString("base64");
      await solve(track("part"));
      copyFileSync(at("part.restart.h5"), at("kept.restart.h5"));
      const rest = (name: string) => solve(track(name), { until: 0.2, restart: at(`${name}.restart.h5`) });
      await rest("part");
      expect(readFileSync(at("part.png")).toString("base64")).toBe(whole);
      // At the end there is nothing to draw.
      await rest("part");
      expect(readFileSync(at("part.png")).toString("base64")).toBe(whole);
      // As if the run had been killed in the middle of a picture, behind the state that it goes on from.
      copyFileSync(at("kept.restart.h5"), at("part.restart.h5"));
      truncateSync(at("part.png"), readFileSync(at("part.png")).length - 40);
      await rest("part");
      expect(readFileSync(at("part.png")).toString("base64")).toBe(whole);
      appendFileSync(at("part.png"), "more");
      copyFileSync(at("kept.restart.h5"), at("part.restart.h5"));
      await rest("part");
      expect(readFileSync(at("part.png")).toString("base64")).toBe(whole);
    },
  );

  it.skipIf(isQuick)("refuses to go on in another file", async () => {
    const track = () => [movie(at("on.png"), { steps: 20 }), storage(at("on.h5"), { overwrite: true })];
    await solve(track());
    const rest = () => messageOf(() => solve(track(), { until: 0.2, restart: at("on.restart.h5") }));
    const refused = (got: string) =>
      `file "${at("on.png")}": expected the movie of the run before, with 2 pictures, got ${got}. Choose another name.`;
    await solve([movie(at("on.png"))], { until: 0 });
    expect(await rest()).toBe(refused("one with 1"));
    await plot(at("on.png"), [{ title: "", shape: [2], values: [1, 2] }]);
    expect(await rest()).toBe(refused("another file"));
    const tall = new Grid(solo(), { shape: [12, 30] });
    await new Pde({ c: "0*c" }).solve({
      grid: tall,
      initial: { c: 0 },
      until: 1,
      dt: 1,
      track: [movie(at("on.png"), { steps: 1 })],
    });
    expect(await rest()).toMatch(
      /^file ".*on\.png": expected pictures of \d+ x \d+ pixels, got \d+ x \d+\. Draw what the run before drew, in its range \(--range\), or choose another name\.$/,
    );
    rmSync(at("on.png"));
    expect(await rest()).toBe(refused(`"ENOENT: no such file or directory"`));
  });

  it("tells where there is no room for a picture, and keeps those before", async () => {
    await solve([movie(at("few.png"), { steps: 1 })], { until: 0.005 });
    const write = fs.writeSync as (...args: unknown[]) => number;
    // The disk takes the half of a picture, and then nothing but what room there was before.
    let left = Number.POSITIVE_INFINITY;
    const full = vi.spyOn(fs, "writeSync").mockImplementation(((...args: unknown[]) => {
      const [fd, bytes, from, length = (bytes as Buffer).length] = args as [number, Buffer, number, number?];
      if (length > 1000 && left > 1e6) left = length + 500;
      const taken = length > 1000 ? Math.min(length, left, 500) : length;
      if (taken === 0) throw new Error("ENOSPC: no space left on device, write");
      if (length > 1000) left -= taken;
      return write(fd, bytes, from, taken, args[4]);
    }) as never);
    const message = await messageOf(() => solve([movie(at("full.png"), { steps: 1 })], { until: 0.05 }));
    full.mockRestore();
    expect(message).toMatch(
      /^file ".*full\.png": expected room for picture 2 \(\d+ bytes\), got "ENOSPC: no space left on device"\. Make room\. The pictures before it are whole\.$/,
    );
    expect(readFileSync(at("full.png")).toString("base64")).toBe(readFileSync(at("few.png")).toString("base64"));
  });

  it.each<[unknown, object, string]>([
    ["c.gif", {}, 'movie: "path" expected a name that ends in .png, got "c.gif". Write movie("c.png").'],
    ["c.png", { rate: 0 }, 'movie: "rate" expected a finite number from 0.1 to 100, got 0. Leave it out for 10 pictures a second.'],
    ["c.png", { rates: 1 }, 'movie: expected options among every, steps, value, range, units, rate, got "rates". Did you mean rate?'],
  ])("refuses %j with %j", (path, options, message) => {
    expect(() => movie(path as never, options)).toThrow(message);
  }); // biome-ignore format: a table
});
