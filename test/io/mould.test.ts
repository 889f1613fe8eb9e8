/** Metadata of files that differ in a text: those that HDF5 lays out, and those made of the ones before. */
import fs from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Grid } from "../../src/grid/grid.js";
import { layOut, Mould } from "../../src/io/datasets.js";
import { Output } from "../../src/io/output.js";
import type { SnapshotLayout } from "../../src/io/snapshot.js";
import { temporaryFolder } from "../harness/command.js";
import { solo } from "../harness/run.js";

const folder = temporaryFolder();

function layoutOf(state: string, others: Partial<SnapshotLayout> = {}): SnapshotLayout {
  const coordinates = [Float64Array.of(0.5, 1.5), Float64Array.of(0.25, 0.5, 0.75)];
  const attributes = { title: "states", state, decomposition: "1 x 1" };
  return { shape: [2, 3], coordinates, variables: { c: {}, d: { dtype: "f32" } }, attributes, ...others };
}

/** The bytes of the metadata of a file. */
async function bytesOf(layout: SnapshotLayout, mould?: Mould): Promise<Buffer> {
  const path = join(folder, "metadata.h5");
  fs.writeFileSync(path, "");
  const { fd } = await layOut(path, layout, { form: "contiguous" }, mould);
  fs.closeSync(fd);
  return fs.readFileSync(path);
}

describe("the metadata of a file that differs from the one before in a text", () => {
  // Headers have the time at which they were made.
  beforeEach(() => void vi.spyOn(Date, "now").mockReturnValue(1_700_000_000_000));
  afterEach(() => void vi.restoreAllMocks());

  it("are to the last byte what HDF5 lays out, checksum included, for texts of any length", async () => {
    for (const length of [8, 23, 24, 25, 200, 255, 256, 3000, 40_000]) {
      const mould = new Mould("state");
      const [a, b] = ["<", ">"].map((last) => layoutOf("é".repeat(length >> 2).padEnd(length - 1, "x") + last));
      const first = await bytesOf(a!, mould);
      expect(first.equals(await bytesOf(a!))).toBe(true);
      expect(mould.cast(b!)).toBeDefined();
      expect((await bytesOf(b!, mould)).equals(await bytesOf(b!))).toBe(true);
      expect((await bytesOf(a!, mould)).equals(first)).toBe(true);
    }
  });

  it("are laid out anew where anything else differs", async () => {
    const mould = new Mould("state");
    await bytesOf(layoutOf("step 1"), mould);
    expect(mould.cast(layoutOf("step 2"))).toBeDefined();
    const others: SnapshotLayout[] = [
      layoutOf("step 10"),
      layoutOf("step 2", { coordinates: [Float64Array.of(0.5, 1.5), Float64Array.of(0.25, 0.5, 0.8)] }),
      layoutOf("step 2", { variables: { c: {}, d: {} } }),
      layoutOf("step 2", { periodic: [true, false] }),
      layoutOf("step 2", { attributes: { title: "others", state: "step 2", decomposition: "1 x 1" } }),
    ];
    for (const layout of others) {
      expect(mould.cast(layout)).toBeUndefined();
      expect((await bytesOf(layout, mould)).equals(await bytesOf(layout))).toBe(true);
      await bytesOf(layoutOf("step 1"), mould);
    }
  });

  it("are laid out anew where the text is not found once in the header of the file", async () => {
    // Of another attribute as well; none; too long for a header.
    for (const text of ["states", "", "x".repeat(70_000)]) {
      const mould = new Mould("state");
      await bytesOf(layoutOf(text), mould);
      expect(mould.cast(layoutOf(text))).toBeUndefined();
    }
  });
});

describe("files of one frame that differ in a text", () => {
  it("have their own text and frame", async () => {
    const grid = new Grid(solo(), { shape: [3, 4] });
    const psi = grid.field((x) => x);
    const mould = new Mould("state");
    for (const [time, state] of ["step 1", "step 2", "step 30"].entries()) {
      const path = join(folder, "state.h5");
      const options = { variables: { psi: {} }, attributes: { state }, overwrite: true };
      const output = await Output.createSingle(grid, path, options, mould);
      psi.set(time);
      await output.write(time, { psi });
      await output.close();
      const file = await Output.open(path);
      expect([file.attributes.state, ...file.times, ...file.read("psi", 0)]).toEqual([state, time, ...psi.interior()]);
      file.close();
    }
  });
});
