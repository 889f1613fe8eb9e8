/** Snapshot files: what is in them, and who can read them. */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { FileError } from "../../src/errors.js";
import { lengthen } from "../../src/io/bytes.js";
import { SnapshotReader } from "../../src/io/reader.js";
import { chunkShape, type SnapshotLayout, slabs } from "../../src/io/snapshot.js";
import { SnapshotWriter } from "../../src/io/writer.js";
import { temporaryFolder } from "../harness/command.js";
import { isFull, isQuick } from "../harness/effort.js";
import { filled, layoutOf, none, product, writeSnapshot } from "./snapshots.js";

const directory = temporaryFolder();
let count = 0;
const freshPath = () => join(directory, `${count++}.h5`);
const bits = (values: Float64Array) => new BigUint64Array(values.slice().buffer);

/** Random bit patterns (so all sorts of NaN, denormals ...) after the values that are most often lost. */
function anyBits(length: number, seed: number): Float64Array {
  const special = [0x8000000000000000n, 1n, 0x800fffffffffffffn, 0x7ff0000000000000n, 0xfff0000000000000n];
  special.push(0x7ff8000000000000n, 0x7ff0000000000001n, 0xfffc0000deadbeefn, 0x7fefffffffffffffn, 0n);
  let state = BigInt(seed + 1);
  const patterns = BigUint64Array.from({ length }, (_, i) => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    return special[i] ?? state;
  });
  return new Float64Array(patterns.buffer);
}

/** Number of values that differ in any bit; `expect` alone would take all sorts of NaN for the same. */
function differing(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [p, q] = [bits(Float64Array.from(a)), bits(Float64Array.from(b))];
  return Math.abs(p.length - q.length) + p.reduce((n, value, i) => n + Number(value !== q[i]), 0);
}

const written = (frames: number, ...rest: [shape?: number[], extras?: Partial<SnapshotLayout>]) =>
  writeSnapshot(freshPath(), frames, ...rest);

describe("a snapshot file", () => {
  it.each([
    { shape: [1] },
    { shape: [1009] },
    { shape: [61, 47] },
    { shape: [23, 19, 17] },
    // Several chunks and slabs, the last ones smaller; rows of several chunks.
    ...(isQuick ? [] : [{ shape: [601, 1021] }, { shape: [3, 2, 140_000] }]),
  ])("gives back every bit of every variable and frame of $shape cells", async ({ shape }) => {
    const path = freshPath();
    const variables = { theta: { units: "K" }, psi: {}, b2: { longName: "second one" } };
    const frames = [0, 1, 2].map((t) =>
      Object.fromEntries(Object.keys(variables).map((name, i) => [name, anyBits(product(shape), 10 * t + i)])),
    );
    const diagnostics = { min: -0, max: Number.POSITIVE_INFINITY, sum: 1 / 3, walltime: 0.25 };
    const writer = await SnapshotWriter.create(path, layoutOf(shape, { variables }));
    for (const [t, values] of frames.entries()) writer.write(t / 3, values, { ...diagnostics, sum: t / 3 });
    writer.close();

    const reader = await SnapshotReader.open(path);
    expect(reader.shape).toEqual(shape);
    expect(reader.variables).toEqual(["b2", "psi", "theta"]);
    expect(reader.times).toEqual(Float64Array.of(0, 1 / 3, 2 / 3));
    for (const [t, values] of frames.entries()) {
      for (const [name, expected] of Object.entries(values)) {
        expect(differing(reader.read(name, t), expected)).toBe(0);
        expect(differing(reader.read(name, t - 3), expected)).toBe(0);
      }
      expect(reader.diagnostics(t)).toEqual({ ...diagnostics, sum: t / 3 });
      expect(reader.diagnostics(t - 3)).toEqual({ ...diagnostics, sum: t / 3 });
    }
    reader.close();
    reader.close();
  });

  it("takes views into shared memory", async () => {
    const path = freshPath();
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const values = new Float64Array(memory.buffer, 64, 6);
    values.set([1, 2, 3, 4, 5, 6]);
    const writer = await SnapshotWriter.create(path, layoutOf([3, 2]));
    writer.write(0, { psi: values }, none);
    writer.close();
    const reader = await SnapshotReader.open(path);
    expect(reader.read("psi", 0)).toEqual(Float64Array.of(1, 2, 3, 4, 5, 6));
    reader.close();
  });

  it("keeps coordinates and attributes", async () => {
    const coordinates = [Float64Array.of(-1.5, 0.1, 7), Float64Array.of(1e-300, 2)];
    const attributes = {
      title: "Ein Test: ψ → π",
      empty: "",
      config: JSON.stringify({ text: "x".repeat(70_000) }),
      ranks: 3,
      minus: -7,
      big: 2 ** 31,
      dt: 0.1,
      negativeZero: -0,
    };
    const path = await written(1, [3, 2], { coordinates, attributes });
    const reader = await SnapshotReader.open(path);
    expect(reader.coordinates).toEqual(coordinates);
    const marks = { storage: "wasm-mpi chunked 1", variables: "psi" };
    expect(reader.attributes).toEqual({ Conventions: "CF-1.11", ...marks, ...attributes });
    reader.close();
  });

  it("may have a variable that is called like an axis it does not have", async () => {
    const path = freshPath();
    const writer = await SnapshotWriter.create(path, layoutOf([4], { variables: { y: {} } }));
    writer.write(0, { y: Float64Array.of(1, 2, 3, 4) }, none);
    writer.close();
    const reader = await SnapshotReader.open(path);
    expect(reader.shape).toEqual([4]);
    expect(reader.read("y", -1)).toEqual(Float64Array.of(1, 2, 3, 4));
    reader.close();
  });

  it("has every whole frame on disk while it is being written", async () => {
    const path = freshPath();
    const writer = await SnapshotWriter.create(path, layoutOf([61, 47]));
    for (let t = 0; t <= 3; t++) {
      // A copy is what another process sees, or what is left when this one is killed here.
      const copy = freshPath();
      fs.copyFileSync(path, copy);
      for (const reader of [await SnapshotReader.open(copy), await SnapshotReader.open(path)]) {
        expect(reader.times.length).toBe(t);
        for (let s = 0; s < t; s++) expect(reader.read("psi", s)).toEqual(filled(61 * 47, s));
        reader.close();
      }
      writer.write(t, { psi: filled(61 * 47, t) }, none);
    }
    writer.close();
    writer.close();
  });

  it.skipIf(isQuick)(
    "keeps every whole frame when the run is killed between any two writes to the disk",
    {
      timeout: 60_000,
    },
    async () => {
      const path = freshPath();
      const writer = await SnapshotWriter.create(path, layoutOf([2, 4]));
      const frame = (t: number) => writer.write(t, { psi: filled(8, t) }, { min: t, max: t, sum: 8 * t, walltime: t });
      frame(0);
      const left = freshPath();
      fs.copyFileSync(path, left);
      const writes: { bytes: Buffer; position: number; frames: number }[] = [];
      const { writeSync } = fs;
      let frames = 1;
      const spy = vi.spyOn(fs, "writeSync").mockImplementation(((
        ...args: [number, Uint8Array, number, number, number]
      ) => {
        const [, from, offset, length, position] = args;
        writes.push({ bytes: Buffer.from(from.slice(offset, offset + length)), position, frames });
        return writeSync(...args);
      }) as typeof fs.writeSync);
      for (; frames < 80; frames++) frame(frames); // the lists of chunks of HDF5 grow at 4, 20, 36 and 68
      spy.mockRestore();
      writer.close();

      expect(writes.length).toBeGreaterThan(5 * frames);
      for (const [index, { bytes, position, frames }] of writes.entries()) {
        const fd = fs.openSync(left, "r+");
        fs.writeSync(fd, bytes, 0, bytes.length, position);
        fs.closeSync(fd);
        // Outside the full tests a third of them, which meets each kind of write in some frame.
        if (!isFull && index % 3 > 0) continue;
        const reader = await SnapshotReader.open(left);
        expect(reader.times.length - frames).toBeOneOf([0, 1]);
        for (const [t, time] of reader.times.entries()) {
          if (time !== t || reader.read("psi", t).some((value) => value !== t)) expect.fail(`frame ${t} of ${frames}`);
        }
        expect(reader.diagnostics(-1).sum).toBe(8 * (reader.times.length - 1));
        reader.close();
      }
    },
  );

  it("keeps the frames before one that the disk does not take", async () => {
    const path = freshPath();
    const writer = await SnapshotWriter.create(path, layoutOf([61, 47]));
    writer.write(0, { psi: filled(61 * 47, 1) }, none);
    const { writeSync } = fs;
    const spy = vi.spyOn(fs, "writeSync").mockImplementation(((...args: Parameters<typeof writeSync>) => {
      if (Number(args[3]) >= 61 * 47 * 8) throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
      return writeSync(...args);
    }) as typeof fs.writeSync);
    const write = () => writer.write(1, { psi: filled(61 * 47, 2) }, none);
    expect(write).toThrow(
      new FileError(
        `file "${path}": expected to write frame 1, got "No space left on device". The frames before it are whole. Make room, and write the others to a new file.`,
        path,
      ),
    );
    spy.mockRestore();
    expect(write).toThrow(
      new FileError(
        `file "${path}": expected a file that can be written, got one that failed at frame 1. Write to a new file.`,
        path,
      ),
    );
    writer.close();
    const reader = await SnapshotReader.open(path);
    expect(reader.times).toEqual(Float64Array.of(0));
    expect(reader.read("psi", 0)).toEqual(filled(61 * 47, 1));
    reader.close();
  });

  it("is replaced when told to", async () => {
    const path = await written(5);
    const writer = await SnapshotWriter.create(path, layoutOf([4]), { overwrite: true });
    writer.write(7, { psi: Float64Array.of(1, 2, 3, 4) }, none);
    writer.close();
    const reader = await SnapshotReader.open(path);
    expect(reader.times).toEqual(Float64Array.of(7));
    expect(reader.shape).toEqual([4]);
    reader.close();
  });
});

describe("other programs", () => {
  const output = (program: string, ...args: string[]) => {
    const run = spawnSync(program, args, { encoding: "utf8" });
    expect(run.stderr).toBe("");
    return run.stdout;
  };
  const isMissing = (program: string) => spawnSync(program, ["--help"]).error !== undefined;
  const texts: Partial<SnapshotLayout> = {
    coordinateUnits: "m",
    timeUnits: "s",
    attributes: { title: "a test", ranks: 2 },
  };

  it("read the dimensions, coordinates and units with ncdump, also while the file is being written", async ({
    skip,
  }) => {
    skip(isMissing("ncdump"), "ncdump is not on PATH");
    const path = freshPath();
    const writer = await SnapshotWriter.create(path, layoutOf([5, 4, 3], texts));
    for (const t of [0, 1]) writer.write(t, { psi: filled(60, t) }, { min: t, max: t, sum: 60 * t, walltime: t });
    const header = output("ncdump", "-h", path);
    for (const line of [
      ...["time = UNLIMITED ; // (2 currently)", "x = 5 ;", "y = 4 ;", "z = 3 ;"],
      ...["double time(time) ;", 'time:units = "s" ;', "double z(z) ;", 'z:units = "m" ;', "double sum(time) ;"],
      ...["double psi(time, x, y, z) ;", 'psi:units = "1" ;', 'psi:long_name = "advected scalar" ;'],
      ...["psi:_FillValue = NaN ;", ':Conventions = "CF-1.11" ;', ':title = "a test" ;', ":ranks = 2 ;"],
    ]) {
      expect(header).toContain(line);
    }
    expect(output("ncdump", "-v", "sum", path)).toContain("sum = 0, 60 ;");
    writer.close();
  });

  it("read the scales and the values with h5dump, also while the file is being written", async ({ skip }) => {
    skip(isMissing("h5dump"), "h5dump is not on PATH");
    const path = freshPath();
    const writer = await SnapshotWriter.create(path, layoutOf([2, 3], texts));
    writer.write(0.5, { psi: Float64Array.of(1, 2, 3, 4, 5, 6) }, none);
    const scales = output("h5dump", "-a", "/psi/DIMENSION_LIST", path)
      .replace(/DATASET \d+ /g, "")
      .replace(/\s+/g, " ");
    expect(scales).toContain('(0): ("/time"), ("/x"), ("/y")');
    expect(output("h5dump", "-H", "-d", "/psi", path)).toContain("( 1, 2, 3 ) / ( H5S_UNLIMITED, 2, 3 )");
    expect(output("h5dump", "-y", "-w", "0", "-d", "/psi", path)).toMatch(/1, 2, 3,\s+4, 5, 6/);
    writer.close();
  });
});

describe("a frame", () => {
  it.each([[[1]], [[131_072]], [[131_073]], [[512, 512]], [[601, 1021]], [[3, 2, 140_000]], [[1000, 7, 5]]])(
    "of %j cells is moved in slabs of whole chunks of at most 1 MiB",
    (shape) => {
      const chunk = chunkShape(shape);
      expect(product(chunk)).toBeLessThanOrEqual(2 ** 17);
      for (const [i, n] of shape.entries()) expect(Math.ceil(n / chunk[i]!) * chunk[i]! - n).toBeLessThan(chunk[i]!);
      const ranges = slabs(shape);
      expect(ranges[0]![0]).toBe(0);
      expect(ranges.at(-1)![1]).toBe(shape[0]);
      for (const [i, [begin]] of ranges.entries()) {
        expect(begin % chunk[0]!).toBe(0);
        if (i > 0) expect(ranges[i - 1]![1]).toBe(begin);
      }
    },
  );
});

describe("a file that is made longer", () => {
  const megabytes = (count: number) => count * 2 ** 20;

  it("has room for the bytes ahead on ext4 and XFS of Linux where there is plenty, and is never shorter", () => {
    const path = freshPath();
    const fd = fs.openSync(path, "w+");
    fs.writeSync(fd, Buffer.from("abc"));
    lengthen(fd, megabytes(8), megabytes(2));
    lengthen(fd, megabytes(4), 0);
    const { size, blocks } = fs.fstatSync(fd);
    fs.closeSync(fd);
    expect(size).toBe(megabytes(8));
    expect(fs.readFileSync(path).equals(Buffer.concat([Buffer.from("abc"), Buffer.alloc(megabytes(8) - 3)]))).toBe(
      true,
    );
    const { type, bavail, bsize } = fs.statfsSync(directory);
    const reserves = process.platform === "linux" && [0xef53, 0x5846_5342].includes(type);
    // Elsewhere, and of what lies before those bytes, only what is written has room.
    const ahead = reserves && bavail * bsize > megabytes(256) ? 6 : 0;
    expect(512 * blocks).toBeGreaterThanOrEqual(megabytes(ahead));
    expect(512 * blocks).toBeLessThan(megabytes(ahead + 1));
  });

  it("is as long where the system does not tell what it lies on, as without /proc", () => {
    const fd = fs.openSync(freshPath(), "w+");
    const asked = vi.spyOn(fs, "statfsSync").mockImplementation(() => {
      throw new Error("ENOENT: no such file or directory");
    });
    try {
      lengthen(fd, megabytes(8), megabytes(2));
      expect(asked).toHaveBeenCalledTimes(process.platform === "linux" ? 1 : 0);
    } finally {
      asked.mockRestore();
    }
    const { size, blocks } = fs.fstatSync(fd);
    fs.closeSync(fd);
    expect(size).toBe(megabytes(8));
    expect(512 * blocks).toBeLessThan(megabytes(1));
  });
});
