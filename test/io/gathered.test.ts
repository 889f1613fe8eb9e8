/** Files that one rank writes, compressed. */
import fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
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
});
