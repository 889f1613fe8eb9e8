/** What runs leave behind: snapshot files, pictures, and the comparison of files. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { UsageError } from "../../src/errors.js";
import { Grid } from "../../src/grid/grid.js";
import { Output } from "../../src/io/output.js";
import { SnapshotReader } from "../../src/io/reader.js";
import type { Values } from "../../src/io/snapshot.js";
import { type Comm, mpi } from "../../src/mpi/index.js";
import { packageVersion } from "../../src/package.js";
import { documentOf, temporaryFolder } from "../harness/command.js";
import { wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
let count = 0;
const freshPath = (ending = "h5") => join(folder, `${count++}.${ending}`);

/** What these tests read of the report of `advect --json`. */
interface Report {
  readonly steps: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly digest: string;
  readonly file: string | null;
  readonly plot: string | null;
}

const advect = async (args: string) =>
  documentOf<Report>(await wasmMpi(["advect", ...args.split(" "), "--json"], { cwd: folder }));

/** Reads a file and closes it. */
async function reading<T>(path: string, read: (reader: SnapshotReader) => T): Promise<T> {
  const reader = await SnapshotReader.open(path);
  try {
    return read(reader);
  } finally {
    reader.close();
  }
}

/** The sum rounded once: partial sums that do not overlap, as in Python's math.fsum. */
function exactSum(values: Values): number {
  let partials: number[] = [];
  for (const value of values) {
    let x = value;
    const next: number[] = [];
    for (let y of partials) {
      if (Math.abs(x) < Math.abs(y)) [x, y] = [y, x];
      const high = x + y;
      const low = y - (high - x);
      if (low !== 0) next.push(low);
      x = high;
    }
    partials = [...next, x];
  }
  return partials.reduceRight((sum, part) => sum + part, 0);
}

describe("the HDF5 file of a run", () => {
  it.concurrent.each([
    { args: "--steps 7", steps: [0, 7] },
    { args: "--steps 7 --every 3", steps: [0, 3, 6, 7] },
    { args: "--steps 6 --every 3", steps: [0, 3, 6] },
    { args: "--steps 3 --every 1", steps: [0, 1, 2, 3] },
    { args: "--steps 4 --every 9", steps: [0, 4] },
    { args: "--steps 0", steps: [0] },
    { args: "--steps 0 --every 2", steps: [0] },
  ])("has frames at steps $steps with $args", async ({ args, steps }) => {
    const path = freshPath();
    const report = await advect(`gaussian --shape 12 --courant 0.5 ${args} --output ${path}`);
    expect(report.file).toBe(path);
    await reading(path, (reader) => {
      expect([...reader.times]).toEqual(steps); // The time step of this case is 1.
      expect(reader.shape).toEqual([12]);
      expect(reader.variables).toEqual(["psi"]);
    });
  });

  it("holds in each frame the state of a run that ends there, and its figures", async () => {
    const path = freshPath();
    await advect(`gaussian --shape 13,9 --steps 10 --every 5 --output ${path}`);
    for (const [frame, steps] of [0, 5, 10].entries()) {
      const shorter = freshPath();
      const { min, max, sum } = await advect(`gaussian --shape 13,9 --steps ${steps} --output ${shorter}`);
      const last = await reading(shorter, (reader) => reader.read("psi", -1));
      const { values, diagnostics } = await reading(path, (reader) => ({
        values: reader.read("psi", frame),
        diagnostics: reader.diagnostics(frame),
      }));
      expect(values).toEqual(last);
      const { walltime, ...figures } = diagnostics;
      expect(figures).toEqual({ min, max, sum });
      expect(figures).toEqual({ min: Math.min(...values), max: Math.max(...values), sum: exactSum(values) });
      expect(walltime > 0 && walltime < 60).toBe(true);
    }
  });

  it("has cell centres and times in the units of the case", async () => {
    const [gaussian, cone] = [freshPath(), freshPath()];
    await advect(`gaussian --shape 4,3,2 --steps 1 --output ${gaussian}`);
    await advect(`cone --shape 51,26 --steps 3 --output ${cone}`);
    await reading(gaussian, ({ coordinates }) => {
      expect(coordinates.map((centres) => [...centres])).toEqual([
        [0.5, 1.5, 2.5, 3.5],
        [0.5, 1.5, 2.5],
        [0.5, 1.5],
      ]);
    });
    await reading(cone, ({ coordinates, times }) => {
      for (const [axis, n] of [51, 26].entries()) {
        const nodes = Array.from({ length: n }, (_, index) => (100 * index) / (n - 1));
        expect(coordinates[axis]).toHaveLength(n);
        // Some roundings of numbers up to 100.
        for (const [index, x] of nodes.entries()) expect(Math.abs(coordinates[axis]![index]! - x)).toBeLessThan(1e-13);
      }
      expect([...times]).toEqual([0, 3 * 0.1 * 2]); // A tenth of the smaller cell, 100 / 50.
    });
  });

  it("says what it is, and how to run it again", async () => {
    const path = freshPath();
    const begin = new Date().toISOString();
    const args = "gaussian --shape 20,10 --steps 6 --every 4 --courant 0.25,-0.5 --iterations 3 --split 1,1";
    const report = await advect(`${args} --output ${path}`);
    const { history, config, ...rest } = (await reading(path, (reader) => reader.attributes)) as Record<string, string>;
    expect(rest).toEqual({
      Conventions: "CF-1.11",
      title: "MPDATA advection: gaussian",
      source: `wasm-mpi ${packageVersion()}`,
      version: packageVersion(),
      decomposition: "1 x 1",
      storage: "wasm-mpi contiguous 1",
      variables: "psi",
    });
    expect(history).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z wasm-mpi advect gaussian$/);
    expect(history! > begin).toBe(true);
    expect(JSON.parse(config!)).toEqual({
      command: "advect",
      case: "gaussian",
      shape: [20, 10],
      steps: 6,
      every: 4,
      split: [1, 1],
      iterations: 3,
      courant: [0.25, -0.5],
    });
    const { command, case: name, ...options } = JSON.parse(config!);
    const again = Object.entries(options).flatMap(([key, value]) => [`--${key}`, String(value)]);
    const second = await wasmMpi([command, name, ...again, "--output", freshPath(), "--json"]);
    expect(documentOf<Report>(second).digest).toBe(report.digest);
  });

  it("replaces an older file with --overwrite, and only then", async () => {
    const path = freshPath();
    await advect(`gaussian --shape 40,40 --steps 3 --every 1 --output ${path}`);
    const before = readFileSync(path);
    const refused = await wasmMpi(["advect", "--output", path]);
    expect(refused.code, refused.transcript).toBe(1);
    expect(readFileSync(path).equals(before)).toBe(true);
    await advect(`gaussian --shape 5 --steps 1 --output ${path} --overwrite`);
    await reading(path, (reader) => expect([reader.shape, reader.times.length]).toEqual([[5], 2]));
  });
});

/** Width and height of a PNG file. */
function sizeOf(path: string): [number, number] {
  const bytes = readFileSync(path);
  expect(bytes.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
  expect(bytes.subarray(12, 16).toString("latin1")).toBe("IHDR");
  expect(bytes.subarray(-8, -4).toString("latin1")).toBe("IEND");
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}

describe("--plot", () => {
  it.each(["50", "40,30", "12,10,8"])("draws the first and last field of %s cells", async (shape) => {
    const [path, still] = [freshPath("png"), freshPath("png")];
    const report = await advect(`gaussian --shape ${shape} --steps 5 --plot ${path}`);
    expect(report.plot).toBe(path);
    await advect(`gaussian --shape ${shape} --steps 0 --plot ${still}`);
    const [width, height] = sizeOf(path);
    expect(width).toBeGreaterThan(height);
    expect(height).toBeGreaterThan(200);
    expect(statSync(path).size).toBeGreaterThan(5000);
    expect(readFileSync(still).equals(readFileSync(path))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});

describe("compare --output", () => {
  it("gives the files their ending where the name has none", async () => {
    const path = join(folder, "plain");
    const args = ["compare", "gaussian", "--shape", "9,9", "--steps", "2", "--ranks", "1", "--output", path, "--json"];
    const { runs } = documentOf<{ runs: { file: string }[] }>(await wasmMpi(args));
    expect(runs.map(({ file }) => file)).toEqual([`${path}-1.h5`]);
    expect(existsSync(`${path}-1.h5`)).toBe(true);
  });
});

describe("Output", () => {
  let comm: Comm;
  let grid: Grid;
  beforeAll(() => {
    comm = mpi.init({ library: "solo" });
    grid = new Grid(comm, {
      shape: [3, 2],
      bounds: [
        [0, 3],
        [0, 1],
      ],
    });
  });

  it("writes several variables, with the figures of the first", async () => {
    const path = freshPath();
    const variables = { rho: { units: "kg m-3" }, psi: {} };
    const output = await Output.create(grid, path, { variables, timeUnits: "s", coordinateUnits: "m" });
    const psi = grid.field((x, y) => x + y);
    const rho = grid.field(-2);
    await output.write(1.5, { psi, rho }); // In another order.
    await output.close();
    await reading(path, (reader) => {
      expect(reader.variables).toEqual(["psi", "rho"]);
      expect([...reader.times]).toEqual([1.5]);
      expect([...reader.read("psi", 0)]).toEqual([0.75, 1.25, 1.75, 2.25, 2.75, 3.25]);
      expect([...reader.read("rho", 0)]).toEqual([-2, -2, -2, -2, -2, -2]);
      expect(reader.diagnostics(0)).toMatchObject({ min: -2, max: -2, sum: -12 });
      expect(reader.attributes).toEqual({
        Conventions: "CF-1.11",
        decomposition: "1 x 1",
        storage: "wasm-mpi contiguous 1",
        variables: "rho psi",
      });
    });
  });

  it("keeps the bits of fields of f32, beside others of f64", async () => {
    const path = freshPath();
    const values = Float32Array.of(1 / 3, -0, 1e-40, 3e38, Number.NaN, 5);
    const psi = grid.field(values, { dtype: "f32" });
    const variables = { rho: {}, psi: { dtype: "f32" } } as const;
    const output = await Output.create(grid, path, { variables });
    await output.write(0, { psi, rho: grid.field(1 / 3) });
    await output.close();
    await reading(path, (reader) => {
      expect(new Uint32Array(reader.read("psi", 0).buffer)).toEqual(new Uint32Array(values.buffer));
      expect([...reader.read("rho", 0)]).toEqual(new Array(6).fill(1 / 3));
    });
    await expect(Output.create(grid, freshPath(), { variables: { psi: { dtype: "f16" as "f32" } } })).rejects.toThrow(
      'Output.create: "variables.psi.dtype" expected f64, f32 or i32, got "f16". Give that of the field.',
    );
  });

  it("refuses frames that do not fit, in words, and goes on", async () => {
    const path = freshPath();
    const output = await Output.create(grid, path, { variables: { psi: {}, rho: {} } });
    const psi = grid.field(1);
    const foreign = new Grid(comm, { shape: [4] }).field(1);
    const refusals: [Parameters<Output["write"]>, string][] = [
      [
        [0, { rho: psi }],
        'Output.write: "fields" expected the variables "psi", "rho", got no "psi". Pass all of them.',
      ],
      [
        [0, { psi, rho: psi, q: psi }],
        'Output.write: "fields" expected keys among psi, rho, got "q". Remove or rename it.',
      ],
      [
        [0, { psi, rho: foreign }],
        'Output.write: "rho" expected a field on the grid of the output, got one on 4 cells, not periodic, halo 2, 1 rank, this block [0, 4). Make it with grid.field().',
      ],
      [
        [0, { psi, rho: grid.field(1, { dtype: "i32" }) }],
        'Output.write: "rho" expected a field of f64, got one of i32. Give the variable and the field one dtype, f64, f32 or i32.',
      ],
      [
        [{ psi, rho: psi } as never, 0 as never],
        'Output.write: "time" expected a finite number, got Object. Write write(time, { psi }).',
      ],
      [[Number.NaN, { psi, rho: psi }], 'Output.write: "time" expected a finite number, got NaN. Check the time step.'],
    ];
    for (const [args, text] of refusals) await expect(output.write(...args)).rejects.toThrow(new UsageError(text));
    await output.write(0, { psi, rho: psi });
    const wrongReads: [Parameters<Output["read"]>, string][] = [
      [["q", 0, psi], 'Output.read: "name" expected one of "psi", "rho", got "q". Choose one of them.'],
      [["psi", 1, psi], 'Output.read: "frame" expected an integer in [-1, 0] (1 frame), got 1. Choose one of them.'],
      [
        ["psi", 0.5, psi],
        'Output.read: "frame" expected an integer in [-1, 0] (1 frame), got 0.5. Choose one of them.',
      ],
      [
        ["psi", 0, grid.field(1, { dtype: "f32" })],
        'Output.read: "psi" expected a field of f64, got one of f32. Give the variable and the field one dtype, f64, f32 or i32.',
      ],
    ];
    for (const [args, text] of wrongReads) await expect(output.read(...args)).rejects.toThrow(new UsageError(text));
    await output.close();
    await output.close();
    const closed = (method: string) =>
      new UsageError(`Output.${method}: expected an open file, got a closed one. Do it before close().`);
    await expect(output.write(1, { psi, rho: psi })).rejects.toThrow(closed("write"));
    await expect(output.read("psi", 0, psi)).rejects.toThrow(closed("read"));
    await reading(path, (reader) => expect(reader.times.length).toBe(1));
  });

  it("refuses a path, in words, and leaves no file", async () => {
    const variables = { psi: {} };
    const path = join(folder, "nowhere", "out.h5");
    await expect(Output.create(grid, path, { variables })).rejects.toMatchObject({
      name: "FileError",
      path,
      message: `file "${path}": expected an existing directory, got nothing at "${join(folder, "nowhere")}". Create it, or choose another path.`,
    });
    const unnamed = freshPath();
    await expect(Output.create(grid, unnamed, { variables: {} })).rejects.toMatchObject({ name: "UsageError" });
    expect(existsSync(unnamed)).toBe(false);
  });
});
