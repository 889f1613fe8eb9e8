import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { FileError, UsageError } from "../../src/errors.js";
import { SnapshotReader } from "../../src/io/reader.js";
import { chunkShape, type Diagnostics, type SnapshotLayout, slabs } from "../../src/io/snapshot.js";
import { SnapshotWriter } from "../../src/io/writer.js";
import { isFull, isQuick } from "../harness/effort.js";

const directory = fs.mkdtempSync(join(tmpdir(), "wasm-mpi-file-"));
afterAll(() => fs.rmSync(directory, { recursive: true, force: true }));

let count = 0;
const freshPath = () => join(directory, `${count++}.h5`);
const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const bits = (values: Float64Array) => new BigUint64Array(values.slice().buffer);
const filled = (n: number, value: number) => new Float64Array(n).fill(value);
const none: Diagnostics = { min: 0, max: 0, sum: 0, walltime: 0 };

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

function layoutOf(shape: number[], extras: Partial<SnapshotLayout> = {}): SnapshotLayout {
  const coordinates = shape.map((n) => Float64Array.from({ length: n }, (_, i) => (i + 0.5) / n));
  return { shape, coordinates, variables: { psi: { units: "1", longName: "advected scalar" } }, ...extras };
}

/** Number of values that differ in any bit; `expect` alone would take all sorts of NaN for the same. */
function differing(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [p, q] = [bits(Float64Array.from(a)), bits(Float64Array.from(b))];
  return Math.abs(p.length - q.length) + p.reduce((n, value, i) => n + Number(value !== q[i]), 0);
}

/** A file with the given number of frames; frame t holds t + 1 everywhere. */
async function written(frames: number, shape = [3, 2], extras: Partial<SnapshotLayout> = {}): Promise<string> {
  const path = freshPath();
  const writer = await SnapshotWriter.create(path, layoutOf(shape, extras));
  for (let t = 0; t < frames; t++) writer.write(t, { psi: filled(product(shape), t + 1) }, none);
  writer.close();
  return path;
}

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

describe("errors", () => {
  const fail = async (action: () => unknown) => {
    try {
      await action();
    } catch (error) {
      return error as Error & { path?: string };
    }
    return expect.fail("no error");
  };

  const wrongLayouts: [unknown, string][] = [
    [{ shape: [] }, '"shape" expected 1 to 3 positive integers, got []. Give the cells of each axis.'],
    [
      { shape: [1, 2, 3, 4] },
      '"shape" expected 1 to 3 positive integers, got [1, 2, 3, 4]. Give the cells of each axis.',
    ],
    [{ shape: [3, 0] }, '"shape" expected 1 to 3 positive integers, got [3, 0]. Give the cells of each axis.'],
    [{ shape: [3, 1.5] }, '"shape" expected 1 to 3 positive integers, got [3, 1.5]. Give the cells of each axis.'],
    [{ coordinates: [] }, '"coordinates" expected 2 arrays (shape [3, 2]), got 0. Give one array per axis.'],
    [
      { coordinates: [new Float64Array(3), new Float64Array(3)] },
      '"coordinates[1]" expected 2 values (axis y), got 3. Give its cell centres.',
    ],
    [{ coordinates: [[1, 2, 3], null] }, '"coordinates[0]" expected a Float64Array, got Array. Give its cell centres.'],
    [{ variables: {} }, '"variables" expected at least one variable, got none. Name what is to be written.'],
    [
      { variables: { y: {} } },
      '"variables" expected names other than "time", "x", "y", "min", "max", "sum", "walltime", got "y". Choose another name.',
    ],
    [
      { variables: { "a/b": {} } },
      '"variables" expected names of letters, digits and _ after a letter, got "a/b". Choose another name.',
    ],
    [
      { variables: { psi: { unit: "K" } } },
      '"variables.psi" expected keys among units, longName, dtype, at, static, got "unit". Did you mean units?',
    ],
    [
      { variables: { psi: { units: 1 } } },
      '"variables.psi.units" expected a text without NUL, got number. Pass a string.',
    ],
    [
      { attributes: { Conventions: "x" } },
      '"attributes" expected names other than "Conventions", "storage", "variables", "statics", got "Conventions". Choose another name.',
    ],
    [{ attributes: { a: null } }, '"attributes.a" expected a text without NUL, got null. Pass a string.'],
    [{ timeUnits: "\0" }, '"timeUnits" expected a text without NUL, got "\\u0000". Pass a string.'],
    [
      { units: "m" },
      '"layout" expected keys among shape, coordinates, bounds, system, faces, periodic, hasMesh, coordinateUnits, timeUnits, variables, attributes, got "units". Remove or rename it.',
    ],
  ];
  it.each(wrongLayouts)("refuse the layout %j", async (wrong, message) => {
    const path = freshPath();
    const layout = { ...layoutOf([3, 2]), ...(wrong as object) };
    const error = await fail(() => SnapshotWriter.create(path, layout));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toBe(`SnapshotWriter.create: ${message}`);
    expect(fs.existsSync(path)).toBe(false);
  });

  it("refuse unknown options and an empty path", async () => {
    const options = { overwrit: true } as object;
    expect(await fail(() => SnapshotWriter.create(freshPath(), layoutOf([3]), options))).toEqual(
      new UsageError(
        'SnapshotWriter.create: "options" expected keys among overwrite, gzip, got "overwrit". Did you mean overwrite?',
      ),
    );
    expect(await fail(() => SnapshotWriter.create("", layoutOf([3])))).toEqual(
      new UsageError('SnapshotWriter.create: "path" expected the name of a file, got "". Pass one.'),
    );
    expect(await fail(() => SnapshotReader.open("a\0b"))).toEqual(
      new UsageError('Output.open: "path" expected the name of a file, got "a\\u0000b". Pass one.'),
    );
  });

  it("refuse frames that do not fit, and write nothing of them", async () => {
    const path = freshPath();
    const writer = await SnapshotWriter.create(path, layoutOf([3, 2], { variables: { psi: {}, theta: {} } }));
    const good = { psi: filled(6, 1), theta: filled(6, 2) };
    const wrong: [number, object, object, string][] = [
      [Number.NaN, good, none, '"time" expected a finite number, got NaN. Check the time step.'],
      [0, { psi: good.psi }, none, '"values" expected the variables "psi", "theta", got no "theta". Pass all of them.'],
      [0, { ...good, phi: good.psi }, none, '"values" expected keys among psi, theta, got "phi". Did you mean psi?'],
      [
        0,
        { ...good, theta: filled(5, 0) },
        none,
        '"theta" expected 6 values (3 x 2 cells), got 5. Pass the whole frame in C order.',
      ],
      [
        0,
        { ...good, psi: new Float32Array(6) },
        none,
        '"psi" expected a Float64Array, got Float32Array. Pass the whole frame in C order.',
      ],
      [
        0,
        good,
        { min: 0, max: 0, walltime: 0 },
        '"diagnostics.sum" expected a number, got undefined. Pass min, max, sum and walltime.',
      ],
      [
        0,
        good,
        { ...none, mean: 0 },
        '"diagnostics" expected keys among min, max, sum, walltime, got "mean". Remove or rename it.',
      ],
    ];
    for (const [time, values, diagnostics, message] of wrong) {
      const error = await fail(() => writer.write(time, values as typeof good, diagnostics as Diagnostics));
      expect(error).toBeInstanceOf(UsageError);
      expect(error.message).toBe(`SnapshotWriter.write: ${message}`);
    }
    writer.write(5, good, none);
    writer.close();
    expect((await fail(() => writer.write(6, good, none))).message).toBe(
      "SnapshotWriter.write: expected an open file, got a closed one. Write before close().",
    );
    const reader = await SnapshotReader.open(path);
    expect(reader.times).toEqual(Float64Array.of(5));
    reader.close();
  });

  it("refuse paths where no new file can be, and leave them as they are", async () => {
    const file = await written(1);
    const before = fs.readFileSync(file);
    const wrong: [string, boolean, string][] = [
      [
        file,
        false,
        "a path without a file, got an existing file. Choose another path, pass { overwrite: true } (--overwrite), or continue it with Output.append (--restart).",
      ],
      [directory, true, "a path for a file, got a directory. Choose another path."],
      [
        join(directory, "no", "a.h5"),
        true,
        `an existing directory, got nothing at "${join(directory, "no")}". Create it, or choose another path.`,
      ],
      [join(file, "a.h5"), true, `an existing directory, got a file at "${file}". Create it, or choose another path.`],
    ];
    if (process.platform === "linux") {
      wrong.push(["/dev/null", true, "a path for a file, got a device or pipe. Choose another path."]);
      const reason = "ENOENT: no such file or directory";
      wrong.push([
        "/proc/a.h5",
        false,
        `a path that can be written, got "${reason}". Check the permissions, or choose another path.`,
      ]);
    }
    for (const [path, overwrite, message] of wrong) {
      const error = await fail(() => SnapshotWriter.create(path, layoutOf([3]), { overwrite }));
      expect(error).toBeInstanceOf(FileError);
      expect(error.message).toBe(`file "${path}": expected ${message}`);
      expect(error.path).toBe(path);
    }
    expect(fs.readFileSync(file).equals(before)).toBe(true);
  });

  it("refuse to replace a file that is open", async () => {
    const path = await written(1);
    const reader = await SnapshotReader.open(path);
    const error = await fail(() => SnapshotWriter.create(path, layoutOf([3]), { overwrite: true }));
    expect(error.message).toBe(
      `file "${path}": expected a file that HDF5 can create, got "unable to truncate a file which is already open". Close or free what is in the way.`,
    );
    expect(reader.read("psi", 0)).toEqual(filled(6, 1));
    reader.close();
  });

  it("leave no file when HDF5 cannot write it", async () => {
    const path = freshPath();
    const spy = vi.spyOn(fs, "writeSync").mockImplementation(() => {
      throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
    });
    const error = await fail(() => SnapshotWriter.create(path, layoutOf([3])));
    spy.mockRestore();
    expect(error).toBeInstanceOf(FileError);
    expect(error.message).toBe(
      `file "${path}": expected a file that HDF5 can create, got "an error without words, as when the disk of /tmp is full". Close or free what is in the way.`,
    );
    expect(fs.existsSync(path)).toBe(false);
  });

  it("refuse what is not a whole snapshot file", async () => {
    const hdf5 = await import("h5wasm/node");
    await hdf5.ready;
    const foreign = (content: (file: InstanceType<typeof hdf5.File>) => void) => {
      const path = freshPath();
      const file = new hdf5.File(path, "w");
      content(file);
      file.close();
      return path;
    };
    const single = Float64Array.of(1);
    const text = freshPath();
    fs.writeFileSync(text, "time,psi");
    const short = freshPath();
    fs.writeFileSync(short, fs.readFileSync(await written(3)).subarray(0, 3000));
    const choose = "Choose a file that wasm-mpi wrote.";
    const ours = "a snapshot file of wasm-mpi, got one";
    const wrong: [string, string | RegExp][] = [
      [join(directory, "none.h5"), "an existing file, got nothing. Check the path."],
      [directory, "an existing file, got a directory. Check the path."],
      [text, `an HDF5 file, got one that does not begin like HDF5. ${choose}`],
      [short, /^a whole HDF5 file, got "truncated file: .*"\. The file is damaged or incomplete; use another copy\.$/],
      [foreign(() => {}), `${ours} without the dataset "time". ${choose}`],
      [
        foreign((file) => file.create_dataset({ name: "time", data: single })),
        `${ours} without the root attribute "Conventions" of CF. ${choose}`,
      ],
    ];
    const cf = (content: Record<string, { data: Float64Array | Int16Array; shape?: number[] }>) =>
      foreign((file) => {
        file.create_attribute("Conventions", "CF-1.8");
        for (const [name, dataset] of Object.entries(content)) file.create_dataset({ name, ...dataset });
      });
    const series = { data: single };
    const scalars = { time: series, x: series, min: series, max: series, sum: series, walltime: series };
    wrong.push(
      [cf({ time: series }), `${ours} without the dataset "x" along one axis. ${choose}`],
      [cf({ time: series, x: series, min: series }), `${ours} without the dataset "max" along one axis. ${choose}`],
      [cf(scalars), `${ours} without variables. ${choose}`],
      [cf({ ...scalars, psi: { data: Int16Array.of(1), shape: [1, 1] } }), `${ours} without variables. ${choose}`],
      [cf({ ...scalars, psi: { data: Float64Array.of(1, 2), shape: [1, 2] } }), `${ours} without variables. ${choose}`],
    );
    for (const [path, message] of wrong) {
      const error = await fail(() => SnapshotReader.open(path));
      expect(error).toBeInstanceOf(FileError);
      expect(error.path).toBe(path);
      const start = `file "${path}": expected `;
      expect(error.message.slice(0, start.length)).toBe(start);
      const rest = error.message.slice(start.length);
      if (typeof message === "string") expect(rest).toBe(message);
      else expect(rest).toMatch(message);
    }
  });

  it("refuse variables and frames that the file does not have", async () => {
    const reader = await SnapshotReader.open(await written(3));
    const empty = await SnapshotReader.open(await written(0));
    const wrong: [() => unknown, string][] = [
      [() => reader.read("phi", 0), 'read: "variable" expected one of "psi", got "phi". Choose one of them.'],
      [() => reader.read("time", 0), 'read: "variable" expected one of "psi", got "time". Choose one of them.'],
      [
        () => reader.read("psi", 3),
        'read: "frame" expected an integer in [-3, 2] (3 frames), got 3. Choose one of them.',
      ],
      [
        () => reader.diagnostics(-4),
        'diagnostics: "frame" expected an integer in [-3, 2] (3 frames), got -4. Choose one of them.',
      ],
      [
        () => reader.diagnostics(0.5),
        'diagnostics: "frame" expected an integer in [-3, 2] (3 frames), got 0.5. Choose one of them.',
      ],
      [() => empty.read("psi", 0), "read: expected a file with frames, got none. Open it again after the first frame."],
    ];
    for (const [action, message] of wrong) {
      expect(await fail(action)).toEqual(new UsageError(`Output.open().${message}`));
    }
    for (const open of [reader, empty]) open.close();
    expect(await fail(() => reader.read("psi", 0))).toEqual(
      new UsageError("Output.open().read: expected an open file, got a closed one. Read before close()."),
    );
  });

  it("say which frame of a damaged file cannot be read", async () => {
    const path = await written(3);
    const bytes = fs.readFileSync(path);
    // The index of the chunks of "psi" is the first that was written.
    bytes.write("????", bytes.indexOf("EAIB"), "latin1");
    fs.writeFileSync(path, bytes);
    const reader = await SnapshotReader.open(path);
    const error = await fail(() => reader.read("psi", -1));
    expect(error).toBeInstanceOf(FileError);
    expect(error.message).toMatch(
      /^file ".*": expected to read frame 2 of "psi", got ".+"\. The file is damaged or incomplete; use another copy\.$/,
    );
    reader.close();
  });
});
