/** The text beside a file by which ParaView reads it. */
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Dataset } from "h5wasm/node";
import { describe, expect, it } from "vitest";
import { FileError, UsageError } from "../../src/errors.js";
import { Grid } from "../../src/grid/grid.js";
import { load } from "../../src/hdf5/library.js";
import { Output } from "../../src/io/output.js";
import { documentOf, temporaryFolder } from "../harness/command.js";
import { openFiles } from "../harness/descriptors.js";
import { wasmMpi } from "../harness/process.js";
import { solo } from "../harness/run.js";

const folder = temporaryFolder();
let count = 0;
const freshPath = () => join(folder, `a & b ${count++}.h5`);
const textOf = (path: string) => readFileSync(path.replace(/h5$/, "xdmf"), "utf8");

/** What a text refers to, as a reader of XDMF finds it: by frame its time, corners and values. */
async function framesOf(path: string) {
  const { File } = await load();
  const file = new File(path, "r");
  const frames = textOf(path).split('GridType="Uniform"').slice(1);
  const valuesAt = (place: string, ranges?: [number, number][]) => {
    const dataset = file.get(place.split(":/")[1]!) as Dataset;
    return [...((ranges ? dataset.slice(ranges) : dataset.value) as Float64Array)];
  };
  const all = frames.map((frame) => {
    const corners = [...frame.matchAll(/>([^<>]*:\/mesh\/\w)</g)].map(([, place]) => valuesAt(place!));
    const attributes = [...frame.matchAll(/Attribute Name="(\w+)"(.*)/g)].map(([, name, rest]) => {
      const place = />([^<>]*:\/\w+)</.exec(rest!)![1]!;
      const slab = /Format="XML">([\d ]+)</.exec(rest!)?.[1]?.split(" ").map(Number);
      const axes = (slab?.length ?? 0) / 3;
      const ranges = slab?.slice(0, axes).map((low, axis): [number, number] => [low, low + slab[2 * axes + axis]!]);
      return [name!, valuesAt(place, ranges)] as const;
    });
    return { time: Number(/Value="(.*)"/.exec(frame)![1]), corners, values: Object.fromEntries(attributes) };
  });
  file.close();
  return all;
}

describe("XDMF", () => {
  it.each(["posix", "gather"] as const)(
    "has every frame, where its cells are, and goes on with the file: %s",
    async (backend) => {
      const grid = new Grid(solo(), {
        shape: [4, 3, 2],
        bounds: [
          [0, 4],
          [10, 13],
          [-1, 1],
        ],
      });
      const path = freshPath();
      const psi = grid.field((x, y, z) => 100 * x + 10 * y + z);
      const mask = grid.field((x) => Number(x > 2), { dtype: "i32" });
      const variables = { psi: {}, mask: { static: mask } };
      const output = await Output.create(grid, path, { variables, backend, xdmf: true });
      expect(existsSync(path.replace(/h5$/, "xdmf"))).toBe(false);
      await output.write(0.5, { psi });
      expect(await framesOf(path)).toHaveLength(1);
      await output.write(1.5, { psi });
      await output.close();
      writeFileSync(path.replace(/h5$/, "xdmf"), "left half written");
      const again = await Output.append(grid, path);
      psi.set(7);
      await again.write(3, { psi });
      await again.close();
      const text = textOf(path);
      expect(text).toMatch(/^<\?xml version="1.0"\?>\n<Xdmf Version="2.0">[\s\S]*<\/Xdmf>\n$/);
      expect(text).toContain("a &amp; b ");
      for (const tag of ["Grid", "DataItem", "Attribute", "Geometry", "Domain"]) {
        expect(text.split(`<${tag}`).length, tag).toBe(text.split(`</${tag}>`).length);
      }
      const frames = await framesOf(path);
      expect(frames.map(({ time }) => time)).toEqual([0.5, 1.5, 3]);
      const first = frames[0]!;
      // Corner (i, j, k) in C order, one more than cells along each axis.
      const corner = (i: number, j: number, k: number) => first.corners.map((values) => values[(i * 4 + j) * 3 + k]);
      expect([corner(0, 0, 0), corner(4, 3, 2), corner(1, 2, 1)]).toEqual([
        [0, 10, -1],
        [4, 13, 1],
        [1, 12, 0],
      ]);
      expect(first.values.psi![3]).toBe(100 * 0.5 + 10 * 11.5 + 0.5);
      expect(first.values.mask).toEqual(Array.from({ length: 24 }, (_, cell) => Number(cell >= 12)));
      expect(frames[2]!.values.psi!.every((value) => value === 7)).toBe(true);
    },
  );

  it("is refused in a line where it cannot be, or is in the way", async () => {
    const [grid, path] = [new Grid(solo(), { shape: [4, 3] }), freshPath()];
    const line = new Grid(solo(), { shape: [4] });
    const variables = { psi: {} };
    const axes = 'Output.create: "xdmf" expected a grid of 2 or 3 axes with it, got one of 1. Leave it out.';
    await expect(Output.create(line, path, { variables, xdmf: true })).rejects.toThrow(new UsageError(axes));
    const text = path.replace(/h5$/, "xdmf");
    writeFileSync(text, "mine");
    await expect(Output.create(grid, path, { variables, xdmf: true })).rejects.toThrow(
      new FileError(
        `file "${text}": expected a path without a file, got an existing file. Choose another path, pass { overwrite: true } (--overwrite), or continue it with Output.append (--restart).`,
        text,
      ),
    );
    expect(readFileSync(text, "utf8")).toBe("mine");
    const names =
      'Output.create: "variables" expected names other than "time", "x", "y", "mesh", "min", "max", "sum", "walltime", got "mesh". Choose another name.';
    await expect(Output.create(grid, path, { variables: { mesh: {} }, xdmf: true })).rejects.toThrow(
      new UsageError(names),
    );
  });

  it.each(["posix", "gather"] as const)("is not there where a variable is called mesh: %s", async (backend) => {
    const [grid, path] = [new Grid(solo(), { shape: [4, 3] }), freshPath()];
    const mesh = grid.field(1);
    const output = await Output.create(grid, path, { variables: { mesh: {} }, backend });
    await output.write(0, { mesh });
    await output.close();
    const more = await Output.append(grid, path);
    await more.write(1, { mesh });
    await more.close();
    expect([more.times.length, existsSync(path.replace(/h5$/, "xdmf"))]).toEqual([2, false]);
  });

  it.skipIf(process.platform !== "linux")("leaves no file open that it fails on", async () => {
    const grid = new Grid(solo(), { shape: [4, 3] });
    const psi = grid.field(1);
    // The device may be open for another file of tests, which share a process.
    const others = openFiles("/dev/full");
    for (const options of [{}, { backend: "gather" }, { gzip: 1 }] as const) {
      const path = freshPath();
      const text = path.replace(/h5$/, "xdmf");
      const output = await Output.create(grid, path, { variables: { psi: {} }, xdmf: true, ...options });
      await output.write(0, { psi });
      rmSync(text);
      symlinkSync("/dev/full", text); // What is there takes nothing.
      await expect(output.write(1, { psi })).rejects.toThrow(/ENOSPC/);
      await output.close();
      await expect(Output.append(grid, path)).rejects.toThrow(/ENOSPC/);
      expect([openFiles(path), openFiles("/dev/full")]).toEqual([[], others]);
    }
  });

  it("is written by advect, and goes on with a restart", async () => {
    const path = join(folder, "run.h5");
    const advect = async (words: string) =>
      documentOf(await wasmMpi(["advect", ...words.split(" "), "--json"], { cwd: folder }));
    await advect("gaussian --shape 9,7 --steps 4 --every 2 --xdmf --output run.h5");
    expect((await framesOf(path)).map(({ time }) => time)).toEqual([0, 2, 4]);
    await advect("--restart run.h5 --steps 5");
    expect((await framesOf(path)).map(({ time }) => time)).toEqual([0, 2, 4, 5]);
    for (const [words, text] of [
      ["gaussian --xdmf", '"--xdmf" expected an output file, got none. Add --output FILE or leave it out.'],
      [
        "--restart run.h5 --xdmf",
        '"--xdmf" expected none with --restart, which continues the text where there is one, got one. Leave it out, or add --output NEW.h5.',
      ],
    ] as const) {
      const { code, stderr } = await wasmMpi(["advect", ...words.split(" ")], { cwd: folder });
      expect([code, stderr]).toEqual([2, `wasm-mpi advect: ${text}\n`]);
    }
  });
});
