/** Integers, what does not change, and what a file tells of its grid. */
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { FileError, UsageError } from "../../src/errors.js";
import { Grid } from "../../src/grid/grid.js";
import { compareFrames } from "../../src/io/difference.js";
import { Output } from "../../src/io/output.js";
import { documentOf, temporaryFolder } from "../harness/command.js";
import { compareFiles } from "../harness/difference.js";
import { wasmMpi } from "../harness/process.js";
import { solo } from "../harness/run.js";

const folder = temporaryFolder();
let count = 0;
const freshPath = () => join(folder, `${count++}.h5`);
const options = { shape: [6, 5], bounds: [[0, 1] as const, [-2, 3] as const], periodic: [true, false] };

let grid: Grid;
beforeAll(() => {
  grid = new Grid(solo(), options);
});

const backends = ["posix", "gather"] as const;

/** A file of 30 frames, and more when it is continued: a field, integers, and what does not change. */
async function written(backend: "posix" | "gather", land = 0.5): Promise<string> {
  const path = freshPath();
  const psi = grid.field((x, y) => x + 10 * y);
  const days = grid.field((x) => -Math.floor(10 * x), { dtype: "i32" });
  const mask = grid.field((x) => Number(x > land), { dtype: "i32" });
  const G = grid.field((x, y) => 1 + x * y);
  const h = grid.field((x) => x, { dtype: "f32" });
  const variables = {
    mask: { static: mask, longName: "land" },
    psi: {},
    days: { dtype: "int32" as const, units: "d" },
    G: { static: G },
    h: { static: h },
  };
  const output = await Output.create(grid, path, { variables, backend });
  for (let t = 0; t < 30; t++) await output.write(t, { psi, days });
  await output.close();
  for (const field of [psi, days, mask, G, h]) field.free();
  return path;
}

describe("integers and static variables", () => {
  it.each(backends)(
    "are as they were written, in every frame, and stay when the file is continued: %s",
    async (backend) => {
      const path = await written(backend);
      const output = await Output.append(grid, path);
      expect(output.variables).toEqual({ psi: "f64", days: "i32" });
      expect(output.statics).toEqual({ G: "f64", h: "f32", mask: "i32" });
      const [psi, days, mask] = [
        grid.field(1),
        grid.field(2 ** 31 - 1, { dtype: "i32" }),
        grid.field(7, { dtype: "i32" }),
      ];
      for (let t = 30; t < 40; t++) await output.write(t, { psi, days });
      await output.read("mask", -1, mask);
      await output.read("days", 3, days);
      expect(mask.sum()).toBe(15);
      expect(days.min()).toBe(-9);
      await output.close();
      const file = await Output.open(path);
      expect([file.variables, file.statics]).toEqual([
        ["days", "psi"],
        ["G", "h", "mask"],
      ]);
      expect(["mask", "G", "h"].map((name) => file.typeOf(name))).toEqual(["mask (i32)", "G", "h (f32)"]);
      for (const frame of [0, 29, 39, -1]) {
        expect(file.read("mask", frame)).toEqual(Int32Array.from({ length: 30 }, (_, cell) => Number(cell >= 15)));
      }
      expect(file.read("h", 0)).toBeInstanceOf(Float32Array);
      expect(file.read("G", 0)[1]).toBe(1 + (1 / 12) * -0.5);
      expect(file.read("days", -1)).toEqual(new Int32Array(30).fill(2 ** 31 - 1));
      expect(file.read("days", 29)[29]).toBe(-9);
      expect(file.diagnostics(0)).toMatchObject({ max: 11 / 12 + 25 });
      file.close();
      expect((await grid.read(path, "mask", { dtype: "i32" })).sum()).toBe(15);
    },
  );

  it("are compared once, and told by view", async () => {
    const [a, b, c] = [await written("posix"), await written("gather"), await written("posix", 0.2)];
    expect(await compareFiles(a, b)).toEqual({ frames: 30, differingCells: 0, maxDifference: 0 });
    const differing = (await compareFrames(a, c)).differences.filter(({ differingCells }) => differingCells > 0);
    expect(differing).toEqual([{ variable: "mask", frame: 0, time: 0, differingCells: 10, maxDifference: 1 }]);
    const { stdout } = await wasmMpi(["view", a]);
    expect(stdout.split("\n").slice(2, 7)).toEqual([
      "psi: f64",
      "days: i32, units d",
      "G: f64, static",
      "h: f32, static",
      "mask: i32, static, land",
    ]);
    const picture = join(folder, "mask.png");
    const drawn = await wasmMpi(["view", a, "--plot", picture, "--variable", "mask", "--frames", "0"]);
    expect(drawn.code, drawn.transcript).toBe(0);
  });

  it("are refused in a line where they do not fit", async () => {
    const [field, path] = [grid.field(1), freshPath()];
    const other = new Grid(solo(), { shape: [3] });
    const where = "Output.create:";
    const rows: [object, string][] = [
      [
        { psi: { static: field } },
        `${where} "variables" expected at least one variable that is not static, got none. Name what is to be written.`,
      ],
      [
        { psi: {}, G: { static: 3 } },
        `${where} "variables.G.static" expected a field on the grid of the output, got 3. Make it with grid.field().`,
      ],
      [
        { psi: {}, G: { static: other.field() } },
        `${where} "variables.G.static" expected a field on the grid of the output, got one on ${other}. Make it with grid.field().`,
      ],
      [
        { psi: {}, G: { static: field, dtype: "i32" } },
        `${where} "variables.G.static" expected a field of i32, got one of f64. Leave out the dtype.`,
      ],
      [
        { psi: { dtype: "i64" } },
        `${where} "variables.psi.dtype" expected f64, f32 or i32, got "i64". Give that of the field.`,
      ],
      [
        { psi: { isStatic: true } },
        `${where} "variables.psi" expected keys among units, longName, dtype, at, static, got "isStatic". Did you mean static?`,
      ],
    ];
    for (const [variables, text] of rows) {
      await expect(Output.create(grid, path, { variables } as never)).rejects.toThrow(new UsageError(text));
    }
  });
});

describe("what a file tells of its grid", () => {
  it.each(backends)("are its bounds and periodic axes, which a run that goes on has to have: %s", async (backend) => {
    const path = await written(backend);
    const file = await Output.open(path);
    expect([file.bounds, file.periodic]).toEqual([options.bounds, options.periodic]);
    file.close();
    const append = (changes: object) => Output.append(new Grid(solo(), { ...options, ...changes }), path);
    const todo = "Make the grid that the file is of.";
    const text = `file "${path}": expected the periodic axes [true,true] of the grid, got [true,false]. ${todo}`;
    await expect(append({ periodic: true })).rejects.toThrow(new FileError(text, path));
    // With one cell along an axis, its centre says little.
    const thin = freshPath();
    const narrow = new Grid(solo(), { shape: [1], bounds: [[-1, 1]] });
    const output = await Output.create(narrow, thin, { variables: { psi: {} }, backend });
    await output.write(0, { psi: narrow.field() });
    await output.close();
    const wide = new Grid(solo(), { shape: [1], bounds: [[-2, 2]] });
    const bounds = `file "${thin}": expected the bounds [[-2,2]] of the grid, got [[-1,1]]. ${todo}`;
    await expect(Output.append(wide, thin)).rejects.toThrow(new FileError(bounds, thin));
  });

  it("is G as well, in runs of cases that have one", async () => {
    const path = freshPath();
    documentOf(await wasmMpi(["advect", "pole", "--shape", "32,16", "--steps", "2", "--output", path, "--json"]));
    const file = await Output.open(path);
    expect(file.statics).toEqual(["G"]);
    const factor = file.read("G", 0);
    file.close();
    // The cosine of the latitude, times the size of a cell in angles.
    const size = (2 * Math.PI) / 32;
    for (const [cell, value] of factor.entries()) {
      const latitude = (Math.PI * ((cell % 16) + 0.5)) / 16 - Math.PI / 2;
      expect(Math.abs(value - size * size * Math.cos(latitude))).toBeLessThan(1e-15);
    }
    documentOf(await wasmMpi(["advect", "--restart", path, "--steps", "4", "--json"]));
    const after = await Output.open(path);
    expect(after.read("G", -1)).toEqual(factor);
    after.close();
  });
});
