/** Files that one rank writes, compressed. */
import fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { Grid } from "../../src/grid/grid.js";
import { Output } from "../../src/io/output.js";
import { SnapshotReader } from "../../src/io/reader.js";
import { temporaryFolder } from "../harness/command.js";
import { solo } from "../harness/run.js";

const folder = temporaryFolder();

describe("the gathered file", () => {
  it("is compressed, and continued", async () => {
    const wide = new Grid(solo(), { shape: [100, 100] });
    const psi = wide.field(0.25);
    const paths = ["plain.h5", "compressed.h5"].map((name) => join(folder, name));
    for (const [index, gzip] of [0, 9].entries()) {
      const output = await Output.create(wide, paths[index]!, { variables: { psi: {} }, backend: "gather", gzip });
      expect(output.backend).toBe("gather");
      for (let t = 0; t < 3; t++) await output.write(t, { psi });
      await output.close();
    }
    const [plain, compressed] = paths.map((path) => fs.statSync(path).size) as [number, number];
    expect(compressed).toBeLessThan(plain / 2);
    const again = await Output.append(wide, paths[1]!);
    psi.set(0.5);
    await again.write(3, { psi });
    const copy = wide.field();
    await again.read("psi", 2, copy);
    expect(copy.sum()).toBe(2500);
    await again.read("psi", -1, copy);
    expect(copy.sum()).toBe(5000);
    await again.close();
    const reader = await SnapshotReader.open(paths[1]!);
    expect([reader.gzip, [...reader.times]]).toEqual([9, [0, 1, 2, 3]]);
    reader.close();
    expect(fs.readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  it("has the frames before one that the disk has no room for, once it is closed, and takes others later", async () => {
    const grid = new Grid(solo(), { shape: [100, 100] });
    const psi = grid.field((x, y) => Math.sin(x * y));
    const path = join(folder, "limited.h5");
    const output = await Output.create(grid, path, { variables: { psi: {} }, backend: "gather", gzip: 0 });
    for (let t = 0; t < 3; t++) await output.write(t, { psi });
    const most = fs.statSync(path).size + 4000;
    const { writeSync, ftruncateSync } = fs;
    const check = (end: number) => {
      if (end > most) throw Object.assign(new Error("EFBIG: file too large"), { code: "EFBIG", errno: -27 });
    };
    vi.spyOn(fs, "ftruncateSync").mockImplementation((fd, length) => {
      check(length!);
      ftruncateSync(fd, length);
    });
    vi.spyOn(fs, "writeSync").mockImplementation(((...args: Parameters<typeof writeSync>) => {
      const [, , , length, position] = args as number[];
      check(position! + length!);
      return writeSync(...args);
    }) as never);
    try {
      const todo = "The frames before it are whole. Make room, and write the others to a new file.";
      const text = `file "${path}": expected to write frame 3, got "File too large". ${todo}`;
      await expect(output.write(3, { psi })).rejects.toThrow(text);
      await output.close();
    } finally {
      vi.restoreAllMocks();
    }
    const again = await Output.append(grid, path);
    expect([...again.times]).toEqual([0, 1, 2]);
    await again.write(3, { psi });
    await again.close();
    const reader = await SnapshotReader.open(path);
    expect([...reader.times]).toEqual([0, 1, 2, 3]);
    for (let frame = 0; frame < 4; frame++) expect([...reader.read("psi", frame)]).toEqual([...psi.interior()]);
    reader.close();
  });
});
