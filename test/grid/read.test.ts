/** Fields from HDF5 and netCDF-4 files, on one rank: what is refused, and in which parts a block is read. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { FileError, UsageError } from "../../src/errors.js";
import { Grid } from "../../src/grid/grid.js";
import type { ReadOptions } from "../../src/grid/input.js";
import { load } from "../../src/hdf5/library.js";
import { partsOf, type Ranges } from "../../src/hdf5/variable.js";
import { temporaryFolder } from "../harness/command.js";
import { root } from "../harness/process.js";
import { solo } from "../harness/run.js";

const folder = temporaryFolder();
const reference = (name: string) => join(root, "test/reference", name);
const [foreign, packed] = [reference("foreign.h5"), reference("packed.nc")];
const choose = "Choose another variable.";

let grid: Grid;
beforeAll(() => {
  grid = new Grid(solo(), { shape: [6, 5] });
});

const file = (path: string, expected: string, got: string, todo: string) =>
  new FileError(`file "${path}": expected ${expected}, got ${got}. ${todo}`, path);
const usage = (text: string) => new UsageError(`Grid.read: ${text}`);
const damagedTodo = "The file is damaged or incomplete; use another copy.";

describe("Grid.read", () => {
  const typed = (name: string, got: string) => file(foreign, `"${name}" of floats or integers`, got, choose);
  const unknown = (got: string, todo: string) =>
    usage(`"name" expected a variable in "${foreign}", got ${got}. ${todo}`);
  const list =
    "There is be_f2, be_f4, be_f8, be_i1, be_i2, be_i4, be_i8, be_u1, be_u2, be_u4, be_u8, broken, circle, compact, complex, elsewhere, fletcher, frames, gzip, large and 21 more.";
  const integers = "Leave out the dtype, or give f64.";
  const rows: [string, string, ReadOptions | undefined, Error][] = [
    [foreign, "text", undefined, typed("text", "texts")],
    [foreign, "strings", undefined, typed("strings", "texts")],
    [foreign, "complex", undefined, typed("complex", "records or complex numbers")],
    [foreign, "long_double", undefined, typed("long_double", "numbers of 16 bytes")],
    [
      foreign,
      "number",
      undefined,
      file(
        foreign,
        '"number" of 6 x 5 cells, or frames of as many',
        "one number",
        "Choose a variable of the grid's axes.",
      ),
    ],
    [
      packed,
      "x",
      undefined,
      file(packed, '"x" of 6 x 5 cells, or frames of as many', "6", "Choose a variable of the grid's axes."),
    ],
    [foreign, "no_frames", undefined, file(foreign, '"no_frames" with frames', "none", "Choose a file that has some.")],
    [
      foreign,
      "lzf",
      undefined,
      file(
        foreign,
        '"lzf" without filters or with those of HDF5',
        "the filter lzf",
        "Write it again with gzip, by h5repack or nccopy.",
      ),
    ],
    [
      foreign,
      "circle",
      undefined,
      file(foreign, "a whole HDF5 file", '"too many links"', "Name a variable that is no link."),
    ],
    [foreign, "broken", undefined, unknown('"broken", a link that leads nowhere in this file', list)],
    [foreign, "elsewhere", undefined, unknown('"elsewhere", a link that leads nowhere in this file', list)],
    [foreign, "run", undefined, unknown('"run", a group', list)],
    [foreign, "be_f9", undefined, unknown('"be_f9"', "Did you mean be_f2?")],
    [foreign, "zzz", undefined, unknown('"zzz"', list)],
    [foreign, "", undefined, unknown('""', list)],
    [
      foreign,
      "run/1/temprature",
      undefined,
      usage(
        `"name" expected a variable in "run/1" of "${foreign}", got "run/1/temprature". Did you mean run/1/temperature?`,
      ),
    ],
    [
      foreign,
      "frames",
      { frame: 3 },
      usage('"frame" expected a whole number from -3 to 2 (3 frames), got 3. Choose one of them.'),
    ],
    [
      foreign,
      "gzip",
      { frame: 1 },
      usage('"frame" expected a whole number from -1 to 0 (1 frame), got 1. Choose one of them.'),
    ],
    [foreign, "gzip", { frame: 0.5 }, usage('"frame" expected a whole number, got 0.5. Leave it out for the last.')],
    [foreign, "gzip", { dtype: "i32" }, file(foreign, '"gzip" of integers for a field of i32', "floats", integers)],
    [packed, "t2m", { dtype: "i32" }, file(packed, '"t2m" of integers for a field of i32', "floats", integers)],
    [
      foreign,
      "large",
      { dtype: "i32" },
      file(foreign, '"large" of values that an i32 holds', "9007199254740991", integers),
    ],
    [
      foreign,
      "gzip",
      { frames: 1 } as object,
      usage('expected options among frame, dtype, at, got "frames". Did you mean frame?'),
    ],
    [
      join(folder, "nowhere.h5"),
      "a",
      undefined,
      file(join(folder, "nowhere.h5"), "an existing file", "nothing", "Check the path."),
    ],
  ];
  it.each(rows)("says what is wrong in a line: %s %s %o", async (path, name, options, error) => {
    await expect(grid.read(path, name, options)).rejects.toThrow(error);
    await expect(grid.read(path, name, options)).rejects.toBeInstanceOf(error.constructor);
  });

  it("says so of wrong types of arguments", async () => {
    const read = grid.read.bind(grid) as (path: unknown, name: unknown) => Promise<unknown>;
    await expect(read(3, "a")).rejects.toThrow(usage('"path" expected the name of a file, got 3. Pass one.'));
    const text = '"name" expected the name of a variable, got undefined. Pass one.';
    await expect(read(foreign, undefined)).rejects.toThrow(usage(text));
  });

  it("tells a grid of the shape that the file has", async () => {
    const other = new Grid(solo(), { shape: [5, 6] });
    const todo = "Make the grid of that shape: pass { shape: [6, 5] } (--shape 6,5).";
    for (const [name, got] of [
      ["gzip", "6 x 5"],
      ["frames", "3 x 6 x 5"],
    ] as const) {
      const error = file(foreign, `"${name}" of 5 x 6 cells, or frames of as many`, got, todo);
      await expect(other.read(foreign, name)).rejects.toThrow(error);
    }
  });

  it("tells of files that are none of HDF5, and of damaged ones", async () => {
    const made = (name: string, bytes: Uint8Array | string) => {
      const path = join(folder, name);
      writeFileSync(path, bytes);
      return path;
    };
    const sound = readFileSync(foreign);
    const classic = made("classic.nc", "CDF\x01, and so on");
    const convert = "Convert it: nccopy -k nc4 OLD.nc NEW.nc.";
    await expect(grid.read(classic, "a")).rejects.toThrow(file(classic, "an HDF5 file", "one of netCDF-3", convert));
    const text = made("text.csv", "1,2,3");
    const begin = "one that does not begin like HDF5";
    const hint = "Choose an HDF5 or netCDF-4 file.";
    await expect(grid.read(text, "a")).rejects.toThrow(file(text, "an HDF5 file", begin, hint));
    const cut = made("cut.h5", sound.subarray(0, 20_000));
    const end = `"truncated file: eof = 19488, sblock->base_addr = 512, stored_eof = ${sound.length}"`;
    await expect(grid.read(cut, "gzip")).rejects.toThrow(file(cut, "a whole HDF5 file", end, damagedTodo));
    const damage = Buffer.from(sound);
    const values = Buffer.from(Float64Array.from({ length: 30 }, (_, cell) => cell).buffer);
    for (let at = damage.indexOf(values); at >= 0; at = damage.indexOf(values)) damage[at + 9]! ^= 1;
    const damaged = made("damaged.h5", damage);
    await expect(grid.read(damaged, "fletcher")).rejects.toThrow(
      new RegExp(`^file "${damaged}": expected to read "fletcher", got ".*"\\. ${damagedTodo}$`),
    );
    expect((await grid.read(foreign, "fletcher")).sum()).toBe(435);
  });

  it("reads a block of many chunks part by part", async () => {
    const hdf5 = await load();
    const path = join(folder, "large.h5");
    const [nx, ny] = [700, 900];
    const writer = new hdf5.File(path, "w");
    const data = Float32Array.from({ length: nx * ny }, (_, cell) => cell);
    for (const [name, chunks] of [
      ["small", [7, 900]],
      ["wide", [650, 811]],
      ["whole", [nx, ny]],
    ] as const) {
      writer.create_dataset({ name, data, shape: [nx, ny], chunks: [...chunks], compression: 1 });
    }
    writer.create_dataset({ name: "plain", data, shape: [nx, ny] });
    writer.close();
    const large = new Grid(solo(), { shape: [nx, ny] });
    for (const name of ["small", "wide", "whole", "plain"]) {
      const field = await large.read(path, name, { dtype: "f32" });
      expect(field.interior().every((value, cell) => value === cell)).toBe(true);
      field.free();
    }
  });
});

describe("the parts in which a block is read", () => {
  it("cover it once, in C order, and are cut between chunks only", () => {
    let state = 1;
    const random = (n: number) => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return Math.floor((state / 0x80000000) * n);
    };
    for (let round = 0; round < 300; round++) {
      const axes = 1 + random(3);
      const most = [4e6, 3000, 200][axes - 1]!;
      const block: Ranges = Array.from({ length: axes }, () => {
        const low = random(50);
        return [low, low + 1 + random(most)];
      });
      const chunk = block.map(([low, high]) => 1 + random(random(2) === 0 ? 8 : high - low));
      const parts = [...partsOf(block, chunk)];
      const cellsOf = (ranges: Ranges) => ranges.reduce((product, [low, high]) => product * (high - low), 1);
      expect(parts.reduce((sum, part) => sum + cellsOf(part), 0)).toBe(cellsOf(block));
      const room = chunk.reduce((product, n) => product * n, 1);
      for (const [index, part] of parts.entries()) {
        expect(cellsOf(part)).toBeLessThanOrEqual(Math.max(2 ** 19, room));
        for (const [axis, [low, high]] of part.entries()) {
          const [first, end] = block[axis]!;
          expect(low === first || low % chunk[axis]! === 0).toBe(true);
          expect(high === end || high % chunk[axis]! === 0).toBe(true);
        }
        if (index === 0) continue;
        const before = parts[index - 1]!;
        const axis = part.findIndex(([low], place) => low !== before[place]![0]);
        expect(part[axis]![0]).toBe(axis < 0 ? undefined : before[axis]![0] < part[axis]![0] ? before[axis]![1] : -1);
      }
    }
  });
});
