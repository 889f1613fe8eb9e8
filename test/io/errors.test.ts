/** Wrong use of snapshot files, and files that are none. */
import fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { FileError, UsageError } from "../../src/errors.js";
import { Grid } from "../../src/grid/grid.js";
import { Output } from "../../src/io/output.js";
import { SnapshotReader } from "../../src/io/reader.js";
import type { Diagnostics } from "../../src/io/snapshot.js";
import { SnapshotWriter } from "../../src/io/writer.js";
import { takePlace } from "../../src/path.js";
import { temporaryFolder } from "../harness/command.js";
import { openFiles } from "../harness/descriptors.js";
import { solo } from "../harness/run.js";
import { filled, layoutOf, none, writeSnapshot } from "./snapshots.js";

const directory = temporaryFolder();
let count = 0;
const freshPath = () => join(directory, `${count++}.h5`);
const written = (frames: number) => writeSnapshot(freshPath(), frames);

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

  it.skipIf(process.platform !== "linux")("leave no file open", async () => {
    const path = freshPath();
    const { writeSync } = fs;
    let writes = 0;
    const full = vi.spyOn(fs, "writeSync").mockImplementation(((...args: Parameters<typeof writeSync>) => {
      if (writes++ > 0) throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
      return writeSync(...args);
    }) as typeof writeSync);
    const grid = new Grid(solo(), { shape: [3] });
    await fail(() => Output.create(grid, path, { variables: { psi: {} } }));
    full.mockRestore();
    expect([writes > 1, openFiles(path)]).toEqual([true, []]);

    const memory = "/proc/self/mem"; // What is at its beginning cannot be read.
    expect((await fail(() => SnapshotReader.open(memory))).message).toBe(
      `file "${memory}": expected a file that can be read, got "EIO: i/o error". Check its permissions.`,
    );
    expect(openFiles("/proc").filter((open) => open.endsWith("/mem"))).toEqual([]);

    fs.writeFileSync(path, "");
    const sync = vi.spyOn(fs, "fsyncSync").mockImplementation(() => {
      throw Object.assign(new Error("invalid argument"), { code: "EINVAL" });
    });
    expect(() => takePlace(path, freshPath(), true)).toThrow("invalid argument");
    sync.mockRestore();
    expect(openFiles(directory)).toEqual([]);
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
