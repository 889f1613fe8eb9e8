/** Blocks of frames through the calls of the system: those of several ranks, and those that do not fit. */
import fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { FileError } from "../../src/errors.js";
import { normalize } from "../../src/grid/box.js";
import { blockStart } from "../../src/grid/decompose.js";
import type { AnyField } from "../../src/grid/field.js";
import { Summary } from "../../src/grid/figures.js";
import { Grid } from "../../src/grid/grid.js";
import { Mould } from "../../src/io/datasets.js";
import { Output } from "../../src/io/output.js";
import { PosixBlocks } from "../../src/io/posix.js";
import { memory } from "../../src/wasm/memory.js";
import { temporaryFolder } from "../harness/command.js";
import { solo } from "../harness/run.js";

const folder = temporaryFolder();
const place = { address: 24, frame: 1 };

/** A field whose block is a part of an array in memory, the rest of which is its halo. */
function blockOf(shape: readonly number[], ptr: number, start: readonly number[], count: readonly number[]) {
  const [, total1, total2] = normalize(shape, 1);
  const [start0, start1, start2] = normalize(start, 0);
  const first = ptr + 8 * ((start0 * total1 + start1) * total2 + start2);
  const box = [first, 8 * total1 * total2, 8 * total2, ...normalize(count, 1)];
  return { grid: { start }, shape, elementLength: 8, dtype: "f64", box: () => box } as unknown as AnyField;
}

/** The blocks of a grid, start and count of each. */
function blocksOf(shape: readonly number[], split: readonly number[]) {
  let blocks = [{ start: [] as number[], count: [] as number[] }];
  for (const [axis, n] of shape.entries()) {
    const edges = Array.from({ length: split[axis]! + 1 }, (_, part) => blockStart(n, split[axis]!, part));
    blocks = blocks.flatMap(({ start, count }) =>
      edges.slice(1).map((end, part) => ({
        start: [...start, edges[part]!],
        count: [...count, end - edges[part]!],
      })),
    );
  }
  return blocks;
}

describe("blocks of several ranks", () => {
  it.each([
    ["29", "3"],
    ["13 x 11", "2 x 3"],
    ["7 x 1", "3 x 1"],
    ["1 x 7", "1 x 3"],
    ["6 x 5 x 4", "2 x 2 x 2"],
    ["6 x 5 x 4", "1 x 1 x 3"],
    ["8 x 1 x 16", "1 x 1 x 2"],
    ["8 x 1 x 16", "2 x 1 x 1"],
    ["3 x 1 x 70001", "1 x 1 x 1"],
    ["2 x 200003", "1 x 2"],
  ])("of %s cells cut into %s are each in their place", (cells, parts) => {
    const [shape, split] = [cells, parts].map((text) => text.split(" x ").map(Number)) as [number[], number[]];
    const length = shape.reduce((product, n) => product * n);
    const from = memory.alloc(8 * length);
    const to = memory.alloc(8 * length);
    memory.f64(from, length).set(Float64Array.from({ length }, (_, cell) => cell - 1000));
    memory.f64(to, length).fill(Number.NaN);
    const path = join(folder, `${cells} ${parts}`);
    fs.writeFileSync(path, "");
    const blocks = new PosixBlocks(path);
    const summary = new Summary(new Grid(solo(), { shape: [1] }).field(0));
    for (const [index, { start, count }] of blocksOf(shape, split).entries()) {
      blocks.write(blockOf(shape, from, start, count), place, index % 2 === 0 ? summary : undefined);
      if (index % 2 === 1) summary.add(blockOf(shape, from, start, count).box());
    }
    const bytes = fs.readFileSync(path).subarray(place.address + 8 * length);
    expect(bytes.equals(memory.u8(from, 8 * length))).toBe(true);
    const sum = (length * (length - 1)) / 2 - 1000 * length;
    expect(summary.reduce(solo())).toEqual({ min: -1000, max: length - 1001, sum });
    for (const { start, count } of blocksOf(shape, split)) blocks.read(blockOf(shape, to, start, count), place);
    expect(Buffer.compare(memory.u8(to, 8 * length), bytes)).toBe(0);
    blocks.close();
    summary.free();
    for (const ptr of [from, to]) memory.free(ptr);
  });
});

describe("a file of one frame", () => {
  it("says with the frame that it cannot be so long", async () => {
    const grid = new Grid(solo(), { shape: [3, 4] });
    const psi = grid.field(1);
    const [whole, path] = [join(folder, "whole.h5"), join(folder, "small.h5")];
    const output = await Output.createSingle(grid, whole, { variables: { psi: {} } }, new Mould("state"));
    await output.write(0, { psi });
    await output.close();
    const most = fs.statSync(whole).size - 1;
    const { writeSync, ftruncateSync } = fs;
    const tooLarge = new Error("EFBIG: file too large");
    const spies = [
      vi.spyOn(fs, "writeSync").mockImplementation(((...args: [number, Uint8Array, number, number, number]) => {
        if (args[4] + args[3] > most) throw tooLarge;
        return writeSync(...args);
      }) as typeof writeSync),
      vi.spyOn(fs, "ftruncateSync").mockImplementation((fd, length) => {
        if (length! > most) throw tooLarge;
        ftruncateSync(fd, length);
      }),
    ];
    const small = await Output.createSingle(grid, path, { variables: { psi: {} } }, new Mould("state"));
    const todo = "Make room for 96 bytes, then start again.";
    await expect(small.write(0, { psi })).rejects.toThrow(
      new FileError(`file "${path}": expected room for frame 0 (96 bytes), got "EFBIG: file too large". ${todo}`, path),
    );
    for (const spy of spies) spy.mockRestore();
    await small.close();
    expect([fs.existsSync(path), fs.existsSync(`${path}.part`)]).toEqual([false, false]);
  });
});
