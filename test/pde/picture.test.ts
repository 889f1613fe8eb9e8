/** Trackers that draw. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AnyField } from "../../src/grid/field.js";
import {
  callback,
  type Field,
  Grid,
  kymograph,
  Pde,
  type PdeOptions,
  picture,
  plot,
  storage,
} from "../../src/index.js";
import { averaged, rasterOf } from "../../src/pde/trackers/raster.js";
import { chunksOf } from "../../src/plot/chunks.js";
import { plane } from "../../src/plot/index.js";
import { temporaryFolder } from "../harness/command.js";
import { messageOf } from "../harness/message.js";
import { solo } from "../harness/run.js";

// As on a machine without fonts; read when the canvas is loaded, which only pictures do.
Object.assign(process.env, { DISABLE_SYSTEM_FONTS_LOAD: "1" });

const folder = temporaryFolder();
const grid = new Grid(solo(), { shape: [12, 10], bounds: [[0, 3], [0, 2]], periodic: [true, false] }); // biome-ignore format: a table
const solve = (track: readonly unknown[], changes: object = {}, options: PdeOptions = {}) =>
  new Pde({ c: "laplace(c)" }, options).solve({
    ...{ grid, initial: { c: "sin(2*pi*x/3) + 0.2*y" }, until: 0.1, dt: 0.005, track },
    ...changes,
  } as never);

/** What is drawn in a picture, without what else is in its file. */
function drawnIn(path: string): string {
  const picture = readFileSync(path);
  const parts = [...chunksOf(picture)].filter(({ type }) => type === "IDAT");
  return parts.map(({ begin, length }) => picture.subarray(begin, begin + length).toString("base64")).join();
}

describe("picture", () => {
  it("draws what plot draws of the whole field, each in a file of its own where its name has a star", async () => {
    const range: [number, number] = [-1, 1];
    await solve([picture(join(folder, "c-*.png"), { steps: 8, range })]);
    expect(readdirSync(folder).sort()).toEqual(["c-00000.png", "c-00001.png", "c-00002.png", "c-00003.png"]);
    const { fields } = await solve([picture(join(folder, "square.png"), { value: "c^2" })]);
    const values = (fields.c as Field).interior();
    const coordinates = [0, 1].map((axis) => grid.coordinates(axis));
    const panel = { title: "t = 0.1", shape: [12, 10] };
    await plot(join(folder, "wanted.png"), [{ ...panel, values }], { label: "c", coordinates, range });
    const bytes = (name: string) => readFileSync(join(folder, name)).toString("base64");
    expect(bytes("c-00003.png")).toBe(bytes("wanted.png"));
    await plot(join(folder, "wanted.png"), [{ ...panel, values: values.map((c) => c * c) }], {
      label: "c^2",
      coordinates,
    });
    expect(bytes("square.png")).toBe(bytes("wanted.png"));
  });

  it("has the units of what it draws, of the axes and of the time, as plot has them", async () => {
    const units = { c: "K", x: "m", t: "s" };
    const { fields } = await solve([
      picture(join(folder, "units.png"), { units }),
      picture(join(folder, "squares.png"), { units: { ...units, "c^2": "K2" }, value: "c^2" }),
    ]);
    const values = (fields.c as Field).interior();
    const coordinates = [0, 1].map((axis) => grid.coordinates(axis));
    const shown = { coordinates, units: ["m", undefined] };
    const panel = { title: "t = 0.1 s", shape: [12, 10] };
    const bytes = (name: string) => readFileSync(join(folder, name)).toString("base64");
    await plot(join(folder, "wanted.png"), [{ ...panel, values }], { ...shown, label: "c [K]" });
    expect(bytes("units.png")).toBe(bytes("wanted.png"));
    const squares = values.map((c) => c * c);
    await plot(join(folder, "wanted.png"), [{ ...panel, values: squares }], { ...shown, label: "c^2 [K2]" });
    expect(bytes("squares.png")).toBe(bytes("wanted.png"));
    const refused = (expected: string) => `"units" expected names among ${expected}, got "z". Leave it out.`;
    const [path, strange] = [join(folder, "z.png"), { units: { z: "m" } }];
    expect(await messageOf(() => solve([picture(path, strange)]))).toBe(`picture: ${refused("c, x, y, t")}`);
    const drawn = { ...strange, value: "c^2" };
    expect(await messageOf(() => solve([kymograph(path, drawn)]))).toBe(`kymograph: ${refused("c, c^2, x, y, t")}`);
  });

  it.each(["before", "behind"])("numbers pictures on after a restart, where it stands %s storage", async (place) => {
    const track = () => {
      const drawn = picture(join(folder, `${place}-*-*.png`), { steps: 10 });
      const stored = storage(join(folder, `${place}.h5`), { steps: 20 });
      return place === "before" ? [drawn, stored] : [stored, drawn];
    };
    await solve(track());
    // Twice: what is there at the end is not drawn again.
    for (const _ of [0, 1]) await solve(track(), { until: 0.2, restart: join(folder, `${place}.restart.h5`) });
    const names = readdirSync(folder).filter((name) => name.startsWith(`${place}-`));
    expect(names.sort()).toEqual([0, 1, 2, 3, 4].map((n) => `${place}-0000${n}-0000${n}.png`));
  });

  it.each<[unknown, object, string]>([
    ["c.jpg", {}, 'picture: "path" expected a name that ends in .png, got "c.jpg". Write picture("c.png").'],
    ["c.png", { value: 1 }, 'picture: "value" expected a text, got 1. Write "c^2", for example.'],
    ["c.png", { units: { c: 1 } }, 'picture: "units.c" expected a text, got 1. Write it in quotes.'],
    ["c.png", { range: [1, 0] }, 'picture: "range" expected two finite numbers, the smaller first, got [1, 0]. Write [0, 1], for example.'],
    ["c.png", { ranges: 1 }, 'picture: expected options among every, steps, value, range, units, got "ranges". Did you mean range?'],
  ])("refuses %j with %j", (path, options, message) => {
    expect(() => picture(path as never, options)).toThrow(message);
  }); // biome-ignore format: a table
});

describe("kymograph", () => {
  it("keeps the line through a point, and draws it at the end", async () => {
    const path = join(folder, "line.png");
    const line = kymograph(path, { axis: "y", at: [1.3, 0], steps: 10, value: "2 * c" });
    const { fields } = await solve([line]);
    const values = (fields.c as Field).interior();
    expect(line.times).toEqual([0, 0.05, 0.1]);
    expect([...line.lines[2]!]).toEqual([...values.slice(50, 60)].map((c) => 2 * c));
    expect(readFileSync(path).subarray(1, 4).toString()).toBe("PNG");
    const measured = kymograph(path, { axis: "y", at: [1.3, 0], steps: 10, units: { c: "K", y: "m", t: "s" } });
    await solve([measured]);
    const { times, lines } = measured;
    const image = lines[0]!.length * times.length;
    const turned = Float64Array.from({ length: image }, (_, k) => lines[Math.floor(k / 10)]![k % 10]!);
    const shown = { label: "c [K]", axes: ["t", "y"], units: ["s", "m"], coordinates: [times, grid.coordinates(1)] };
    await plane(join(folder, "wanted.png"), { title: "", shape: [3, 10], values: turned }, shown);
    expect(drawnIn(path)).toBe(drawnIn(join(folder, "wanted.png")));
    const middle = kymograph(path);
    const again = await solve([middle], {}, { mask: "x > 1" });
    const c = (again.fields.c as Field).interior();
    const wanted = Array.from({ length: 12 }, (_, i) => (i < 4 ? Number.NaN : c[10 * i + 5]!));
    expect([...middle.lines.at(-1)!]).toEqual(wanted);
  });

  it("goes on after a restart with the lines of the run before, which are in its picture", async () => {
    const path = join(folder, "on.png");
    const track = () => [
      kymograph(path, { steps: 10 }),
      storage(join(folder, "on.h5"), { steps: 10, overwrite: true }),
    ];
    const mask = { mask: "x > 0.5" };
    const [whole] = track() as [ReturnType<typeof kymograph>];
    await solve([whole], { until: 0.2 }, mask);
    const bytes = readFileSync(path).toString("base64");
    await solve(track(), {}, mask);
    const [rest, stored] = track() as [ReturnType<typeof kymograph>, unknown];
    const restart = join(folder, "on.restart.h5");
    await solve([rest, stored], { until: 0.2, restart }, mask);
    expect([rest.times, rest.lines]).toEqual([whole.times, whole.lines]);
    expect(readFileSync(path).toString("base64")).toBe(bytes);
    const refused = (got: string, name = "on.png") =>
      `file "${join(folder, name)}": expected the picture of the run before, with its lines, got ${got}. Choose another name.`;
    const again = (name: string, options: object = {}) =>
      messageOf(() => solve([kymograph(join(folder, name), options)], { until: 0.2, restart }, mask));
    expect(await again("on.png", { axis: "y" })).toBe(
      refused("those of c along x at cell [0, 5] in place of c along y at cell [6, 0]"),
    );
    await plot(join(folder, "other.png"), [{ title: "", shape: [2], values: [1, 2] }]);
    expect(await again("other.png")).toBe(refused("a file without them", "other.png"));
    expect(await again("none.png")).toBe("nothing");
    writeFileSync(path, readFileSync(path).subarray(0, -40));
    expect(await again("on.png")).toBe(refused("one that is damaged"));
    rmSync(path);
    expect(await again("on.png")).toBe(
      `file "${path}": expected the picture of the run before, or "${path}.lines", with 5 lines, got none. Put it back, or choose another name.`,
    );
  });

  it("goes on with the lines of a run that was killed, which are beside its picture, but for one that was cut off", async () => {
    const [path, state] = [join(folder, "killed.png"), join(folder, "killed.restart.h5")];
    const store = () => storage(join(folder, "killed.h5"), { steps: 10, overwrite: true });
    let text = "";
    const spy = callback(
      ({ step }) => {
        if (step === 20) text = readFileSync(`${path}.lines`, "utf8");
      },
      { steps: 1 },
    );
    const whole = kymograph(path, { steps: 10 });
    await solve([whole, spy], { until: 0.2 });
    const bytes = readFileSync(path).toString("base64");
    expect(existsSync(`${path}.lines`)).toBe(false);
    await solve([kymograph(path, { steps: 10 }), store()]);
    rmSync(path);
    writeFileSync(`${path}.lines`, `${text}[0.15,0.2`);
    await solve([kymograph(path, { steps: 10 }), store()], { until: 0.2, restart: state });
    expect(readFileSync(path).toString("base64")).toBe(bytes);
    expect(existsSync(`${path}.lines`)).toBe(false);
  });

  it("is refused where there is no such line", async () => {
    const message = async (options: object, path = "x.png") =>
      Promise.resolve()
        .then(() => solve([kymograph(path, options)]))
        .then(() => "nothing")
        .catch((error: Error) => error.message);
    expect(await message({ axis: "z" })).toBe('kymograph: "axis" expected one of x, y, got "z". Choose one of them.');
    expect(await message({ at: [1] })).toBe('kymograph: "at" expected 2 coordinates, got 1. Give one an axis.');
    expect(await message({ axes: "x" })).toBe(
      'kymograph: expected options among every, steps, value, range, units, axis, at, got "axes". Did you mean axis?',
    );
    expect(await message({}, "x.gif")).toBe(
      'kymograph: "path" expected a name that ends in .png, got "x.gif". Write kymograph("c.png").',
    );
    expect(await message({}, join(folder, "nowhere", "x.png"))).toMatch(/^plot: expected a path that can be written/);
  });
});

describe("many cells", () => {
  it("are averaged to 1024 an axis", () => {
    expect([...averaged([1, Number.NaN, 3])]).toEqual([1, Number.NaN, 3]);
    const many = averaged(Float64Array.from({ length: 4096 }, (_, i) => (i % 4 === 1 ? Number.NaN : i)));
    expect(many).toHaveLength(1024);
    expect(many[1]).toBe((4 + 6 + 7) / 3);
    const wide = new Grid(solo(), { shape: [2048, 3] });
    const field = wide.field((x, y) => x + 1e4 * y) as AnyField;
    const open = wide.field((x) => Number(x > 1)) as AnyField;
    const { shape, values, coordinates } = rasterOf(field, open)!;
    expect(shape).toEqual([1024, 3]);
    expect([...values.slice(0, 6)]).toEqual([5001.5, 15001.5, 25001.5, 5003, 15003, 25003]);
    expect([...coordinates[0]!.slice(0, 2)]).toEqual([1, 3]);
  });

  it("are those of the middle plane where there are three axes", () => {
    const box = new Grid(solo(), { shape: [2, 2, 4] });
    const { shape, values } = rasterOf(box.field((x, y, z) => 100 * z + 10 * y + x) as AnyField, undefined)!;
    expect(shape).toEqual([2, 2]);
    expect([...values]).toEqual([255.5, 265.5, 256.5, 266.5]);
  });
});
