/** Contiguous files on one rank: where HDF5 keeps what is changed, and what is left when a run stops. */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { FileError, UsageError } from "../../src/errors.js";
import { Grid } from "../../src/grid/grid.js";
import { load } from "../../src/hdf5/library.js";
import { readEnd, readHeader } from "../../src/io/header.js";
import type { AppendOptions, OutputOptions } from "../../src/io/options.js";
import { Output } from "../../src/io/output.js";
import { SnapshotReader } from "../../src/io/reader.js";
import { SnapshotWriter } from "../../src/io/writer.js";
import { temporaryFolder } from "../harness/command.js";
import { isFull, isQuick } from "../harness/effort.js";
import { solo } from "../harness/run.js";

const folder = temporaryFolder();
let count = 0;
const freshPath = () => join(folder, `${count++}.h5`);

let grid: Grid;
beforeAll(() => {
  grid = new Grid(solo(), { shape: [3, 4] });
});

/** Two variables of different types; `rho` lies behind `psi`. */
const variables = { psi: { units: "K" }, rho: { dtype: "f32" } } as const;

/** Fields of a frame: each cell of psi is 100 t and its number, of rho the negative. */
function fieldsOf(t: number) {
  const psi = grid.field(Array.from({ length: 12 }, (_, cell) => 100 * t + cell));
  const rho = grid.field(
    Array.from({ length: 12 }, (_, cell) => -100 * t - cell),
    { dtype: "f32" },
  );
  return { psi, rho };
}

async function writeFrames(output: Output, from: number, to: number): Promise<void> {
  for (let t = from; t < to; t++) {
    const fields = fieldsOf(t);
    await output.write(t / 2, fields);
    fields.psi.free();
    fields.rho.free();
  }
}

/** A file with some frames, closed. */
async function written(frames: number, options: Partial<OutputOptions> = {}): Promise<string> {
  const path = freshPath();
  const output = await Output.create(grid, path, { variables, ...options });
  await writeFrames(output, 0, frames);
  await output.close();
  return path;
}

/** The number of frames of a file, after a look at all of them. */
async function checkFrames(path: string): Promise<number> {
  const reader = await SnapshotReader.open(path);
  try {
    for (const [t, time] of reader.times.entries()) {
      const [psi, rho] = [reader.read("psi", t), reader.read("rho", t)];
      const isRight = time === t / 2 && psi.every((value, cell) => value === 100 * t + cell);
      if (!isRight || rho.some((value, cell) => value !== -100 * t - cell)) expect.fail(`frame ${t} of ${path}`);
      const sum = 12 * 100 * t + 66;
      expect(reader.diagnostics(t)).toMatchObject({ min: 100 * t, max: 100 * t + 11, sum });
    }
    return reader.times.length;
  } finally {
    reader.close();
  }
}

const tool = (program: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  return stdout;
};
const isMissing = (program: string) => spawnSync(program, ["--version"]).error !== undefined;

describe("the headers of a file", () => {
  it("are where h5dump finds the values", async ({ skip }) => {
    skip(isMissing("h5dump"), "h5dump is not on PATH");
    const path = await written(3, { attributes: { config: "x".repeat(20_000) } });
    const bytes = fs.readFileSync(path);
    const read = (position: number, byteLength: number) => bytes.subarray(position, position + byteLength);
    const reader = await SnapshotReader.open(path);
    for (const [name, extent, byteLength] of [
      ["time", [3], 8 * 21_845],
      ["psi", [3, 3, 4], 8 * 12],
      ["rho", [3, 3, 4], 4 * 12],
      ["x", [3], 8],
    ] as const) {
      const header = readHeader(read, reader.headerAddress(name));
      expect(header.extent).toEqual(extent);
      const dump = tool("h5dump", "-p", "-H", "-d", `/${name}`, path);
      const [, size, offset] = /SIZE (\d+)\s+OFFSET (\d+)/.exec(dump)!;
      expect([header.byteLength, header.address]).toEqual([Number(size), Number(offset)]);
      if (name === "psi" || name === "rho") expect(header.address! % 4096).toBe(0);
      expect(header.byteLength % (byteLength > 96 ? 8 : byteLength)).toBe(0);
    }
    reader.close();
    expect(readEnd(read)).toBe(bytes.length);
  });

  it("are refused where they are of another kind", async () => {
    const bytes = fs.readFileSync(await written(1));
    const read = (position: number, byteLength: number) => bytes.subarray(position, position + byteLength);
    expect(() => readHeader(read, 0)).toThrow("object header of version 137, not 1");
    bytes[8] = 2;
    expect(() => readEnd(read)).toThrow("superblock of version 2, not 0");
  });
});

describe("a contiguous file", () => {
  it("has no name before its first frame, and leaves nothing when there is none", async () => {
    const path = freshPath();
    const output = await Output.create(grid, path, { variables });
    expect([fs.existsSync(path), fs.existsSync(`${path}.part`)]).toEqual([false, true]);
    await writeFrames(output, 0, 1);
    expect([fs.existsSync(path), fs.existsSync(`${path}.part`)]).toEqual([true, false]);
    await output.close();
    const empty = freshPath();
    await (await Output.create(grid, empty, { variables })).close();
    expect([fs.existsSync(empty), fs.existsSync(`${empty}.part`)]).toEqual([false, false]);
  });

  it("replaces another file only when it has a frame", async () => {
    const path = await written(4);
    const before = fs.readFileSync(path);
    await expect(Output.create(grid, path, { variables })).rejects.toThrow(
      new FileError(
        `file "${path}": expected a path without a file, got an existing file. Choose another path, pass { overwrite: true } (--overwrite), or continue it with Output.append (--restart).`,
        path,
      ),
    );
    const output = await Output.create(grid, path, { variables, overwrite: true });
    expect(fs.readFileSync(path).equals(before)).toBe(true);
    await writeFrames(output, 0, 2);
    await output.close();
    expect(await checkFrames(path)).toBe(2);
  });

  it.each([
    { capacity: 1, frames: 9 },
    { capacity: 2, frames: 33 },
    { capacity: 40, frames: 40 },
    { capacity: 512, frames: 3 },
  ])("has $frames frames with room for $capacity", async (how) => {
    const path = await written(how.frames, { capacity: how.capacity });
    expect(await checkFrames(path)).toBe(how.frames);
    const output = await Output.append(grid, path);
    await writeFrames(output, how.frames, 2 * how.frames);
    const psi = grid.field();
    await output.read("psi", how.frames - 1, psi);
    expect(psi.interior()[5]).toBe(100 * (how.frames - 1) + 5);
    await output.close();
    expect(await checkFrames(path)).toBe(2 * how.frames);
  });

  it("gets more diagnostics than it has room for", { timeout: 120_000 }, async () => {
    const path = freshPath();
    const small = new Grid(solo(), { shape: [1], halo: 0 });
    const psi = small.field();
    const output = await Output.create(small, path, { variables: { psi: {} }, capacity: 1 });
    for (let t = 0; t < 1100; t++) {
      psi.set(t);
      await output.write(t, { psi });
    }
    await output.close();
    const reader = await SnapshotReader.open(path);
    expect(reader.times).toEqual(Float64Array.from({ length: 1100 }, (_, t) => t));
    for (const t of [0, 511, 512, 1023, 1024, 1099]) {
      expect([reader.read("psi", t)[0], reader.diagnostics(t).sum]).toEqual([t, t]);
    }
    reader.close();
  });

  it("is not larger than its frames and a little", async () => {
    const wide = new Grid(solo(), { shape: [200, 100] });
    const psi = wide.field(1);
    const path = freshPath();
    const output = await Output.create(wide, path, { variables: { psi: {} } });
    for (let t = 0; t < 5; t++) await output.write(t, { psi });
    await output.close();
    const frames = 5 * 8 * 200 * 100;
    expect(fs.statSync(path).size - frames).toBeLessThan(48 * 1024);
  });

  it("takes the whole disk space at once with preallocate, and gives back what it does not need", async () => {
    const path = freshPath();
    const wide = new Grid(solo(), { shape: [128, 128] });
    const psi = wide.field(1);
    const output = await Output.create(wide, path, { variables: { psi: {} }, capacity: 20, preallocate: true });
    const frame = 8 * 128 * 128;
    expect(fs.statSync(`${path}.part`).blocks * 512).toBeGreaterThanOrEqual(20 * frame);
    await output.write(0, { psi });
    await output.close();
    expect(fs.statSync(path).size).toBeLessThan(2 * frame);
  });

  it("is flushed to the disk before each frame counts with durable", async () => {
    const path = freshPath();
    const output = await Output.create(grid, path, { variables, durable: true });
    const calls: string[] = [];
    const [fsync, write] = [fs.fsyncSync, fs.writeSync];
    const spies = [
      vi.spyOn(fs, "fsyncSync").mockImplementation((fd) => {
        calls.push("sync");
        fsync(fd);
      }),
      vi.spyOn(fs, "writeSync").mockImplementation(((...args: Parameters<typeof write>) => {
        if (calls.at(-1) !== "write") calls.push("write");
        return write(...args);
      }) as typeof write),
    ];
    await writeFrames(output, 0, 1);
    for (const spy of spies) spy.mockRestore();
    await output.close();
    // Blocks; figures; headers; and the folder, which has a new name in it.
    expect(calls).toEqual(["write", "sync", "write", "sync", "write", "sync", "sync"]);
    expect(await checkFrames(path)).toBe(1);
  });

  it.skipIf(isQuick).each([
    { what: "from the start", before: 0, frames: 14, capacity: 3 },
    { what: "continued", before: 5, frames: 9, capacity: 2 },
  ])(
    "keeps every whole frame when the run is killed between any two writes, $what",
    { timeout: 120_000 },
    async (how) => {
      const left = freshPath(); // What is on the disk, write by write.
      const path = how.before > 0 ? await written(how.before, { capacity: how.capacity }) : freshPath();
      if (how.before > 0) fs.copyFileSync(path, left);
      const events: { bytes?: Buffer; position: number; length?: number; named: boolean; frames: number }[] = [];
      let [frames, named] = [how.before, how.before > 0];
      const { writeSync, ftruncateSync, renameSync } = fs;
      const output =
        how.before > 0
          ? await Output.append(grid, path)
          : await Output.create(grid, path, { variables, capacity: how.capacity });
      if (how.before === 0) fs.copyFileSync(`${path}.part`, left);
      const spies = [
        vi.spyOn(fs, "writeSync").mockImplementation(((...args: [number, Uint8Array, number, number, number]) => {
          const [, from, offset, length, position] = args;
          events.push({ bytes: Buffer.from(from.slice(offset, offset + length)), position, named, frames });
          return writeSync(...args);
        }) as typeof writeSync),
        vi.spyOn(fs, "ftruncateSync").mockImplementation((fd, length) => {
          events.push({ position: 0, length: length!, named, frames });
          ftruncateSync(fd, length);
        }),
        vi.spyOn(fs, "renameSync").mockImplementation((from, to) => {
          named = true;
          renameSync(from, to);
        }),
      ];
      for (; frames < how.frames; frames++) await writeFrames(output, frames, frames + 1);
      await output.close();
      for (const spy of spies) spy.mockRestore();

      expect(events.length).toBeGreaterThan(10 * (how.frames - how.before));
      for (const [index, event] of events.entries()) {
        const fd = fs.openSync(left, "r+");
        if (event.bytes) fs.writeSync(fd, event.bytes, 0, event.bytes.length, event.position);
        else fs.ftruncateSync(fd, event.length);
        fs.closeSync(fd);
        // Nobody sees it yet; and outside the full tests a third is looked at, which meets each kind of write in some frame.
        if (!event.named || (!isFull && index % 3 > 0)) continue;
        const whole = await checkFrames(left);
        expect(whole - event.frames).toBeOneOf([0, 1]);
        // Every so often, go on from there.
        if (index % (isFull ? 7 : 21) > 0) continue;
        const copy = freshPath();
        fs.copyFileSync(left, copy);
        const appended = await Output.append(grid, copy);
        await writeFrames(appended, whole, whole + 2);
        expect(await checkFrames(copy)).toBe(whole + 2);
        await appended.close();
        expect(await checkFrames(copy)).toBe(whole + 2);
      }
    },
  );

  it("keeps the frames before one that the disk does not take, and goes on when there is room", async () => {
    const path = freshPath();
    const output = await Output.create(grid, path, { variables });
    await writeFrames(output, 0, 2);
    const { writeSync } = fs;
    const failing = () =>
      vi.spyOn(fs, "writeSync").mockImplementation(((...args: Parameters<typeof writeSync>) => {
        if (Number(args[3]) > 64) throw Object.assign(new Error("ENOSPC: no space left on device, write"));
        return writeSync(...args);
      }) as typeof writeSync);
    const spy = failing();
    await expect(writeFrames(output, 2, 3)).rejects.toThrow(
      new FileError(
        `file "${path}": expected room for frame 2 (144 bytes), got "ENOSPC: no space left on device". The frames before it are whole. Make room for 144 bytes, then continue the file.`,
        path,
      ),
    );
    spy.mockRestore();
    await expect(writeFrames(output, 2, 3)).rejects.toThrow(
      new FileError(
        `file "${path}": expected a file that can be written, got one that failed at frame 2. Close it; append to it when there is room.`,
        path,
      ),
    );
    await output.close();
    expect(await checkFrames(path)).toBe(2);
    const again = await Output.append(grid, path);
    await writeFrames(again, 2, 3);
    await again.close();
    expect(await checkFrames(path)).toBe(3);
  });

  it("says what does not fit on the disk before the run with preallocate", async () => {
    const path = freshPath();
    const { writeSync } = fs;
    const spy = vi.spyOn(fs, "writeSync").mockImplementation(((...args: Parameters<typeof writeSync>) => {
      if (Number(args[3]) > 64 && args[1].length >= 144) throw new Error("ENOSPC: no space left on device, write");
      return writeSync(...args);
    }) as typeof writeSync);
    const options = { variables: { psi: {} }, capacity: 1e4, preallocate: true };
    const error = await Output.create(grid, path, options).catch((cause: unknown) => cause);
    spy.mockRestore();
    // HDF5 writes through the same call, and may meet it first.
    expect(error).toBeInstanceOf(FileError);
    expect([fs.existsSync(path), fs.existsSync(`${path}.part`)]).toEqual([false, false]);
  });

  it("refuses to go on when somebody else has changed it", async () => {
    const path = freshPath();
    const output = await Output.create(grid, path, { variables });
    await writeFrames(output, 0, 2);
    const appended = await Output.append(grid, path);
    await writeFrames(appended, 2, 3);
    await expect(writeFrames(output, 2, 3)).rejects.toThrow(
      /^file ".*": expected a file that only this run writes, got other values at byte \d+\. Give each run a file of its own\.$/,
    );
    await appended.close();
    expect(await checkFrames(path)).toBe(3);
  });

  it("notices another run that makes a file of the same name", async () => {
    const path = freshPath();
    const first = await Output.create(grid, path, { variables });
    const second = await Output.create(grid, path, { variables });
    const error =
      /^file ".*\.part": expected the file that this run made, got another in its place\. Give each run a file of its own\.$/;
    await expect(writeFrames(first, 0, 1)).rejects.toThrow(error);
    // Which it leaves alone when it is closed.
    await first.close();
    await writeFrames(second, 0, 2);
    await second.close();
    expect(await checkFrames(path)).toBe(2);
  });
});

describe("errors of Output", () => {
  const wrongOptions: [object, string][] = [
    [{ capacity: 0 }, '"capacity" expected a whole number of frames from 1, got 0. Leave it out.'],
    [{ gzip: 10, backend: "gather" }, '"gzip" expected a level from 0 to 9, got 10. Leave it out.'],
    [
      { backend: "gather", capacity: 3 },
      '"capacity" expected none with the backend "gather", got 3. Leave out one of them.',
    ],
    [
      { backend: "gather", durable: true },
      '"durable" expected none with the backend "gather", got true. Leave out one of them.',
    ],
    [{ durable: 1 }, '"durable" expected true or false, got 1. Give one of them.'],
    [{ backend: "hdf5" }, '"backend" expected one of mpiio, posix, gather, got "hdf5". Leave it out.'],
    [{ backend: "mpiio" }, '"backend" expected posix or gather without an MPI library, got "mpiio". Leave it out.'],
    [
      { every: 3 },
      '"options" expected keys among variables, attributes, timeUnits, coordinateUnits, overwrite, xdmf, backend, capacity, preallocate, durable, beside, gzip, got "every". Remove or rename it.',
    ],
    [{ variables: {} }, '"variables" expected at least one variable, got none. Name what is to be written.'],
    [
      { attributes: { storage: "x" } },
      '"attributes" expected names other than "Conventions", "storage", "variables", "statics", got "storage". Choose another name.',
    ],
  ];
  it.each(wrongOptions)("refuse the options %j, and leave no file", async (options, text) => {
    const path = freshPath();
    const create = Output.create(grid, path, { variables, ...options } as OutputOptions);
    await expect(create).rejects.toThrow(new UsageError(`Output.create: ${text}`));
    expect(fs.readdirSync(folder).filter((name) => join(folder, name).startsWith(path))).toEqual([]);
  });

  it("refuse options of append that the file does not have", async () => {
    const [contiguous, chunked] = [await written(1), await written(1, { backend: "gather" })];
    const wrong: [string, object, string][] = [
      [
        contiguous,
        { backend: "gather" },
        '"backend" expected "mpiio" or "posix" for this file, got "gather". Leave it out.',
      ],
      [
        chunked,
        { backend: "posix" },
        '"backend" expected "gather", as for this file before, got "posix". Leave it out.',
      ],
      [
        chunked,
        { durable: true },
        '"durable" expected a file whose blocks the ranks write, got one of rank 0. Leave it out.',
      ],
      [
        chunked,
        { beside: true },
        '"beside" expected a file whose blocks the ranks write, got one of rank 0. Leave it out.',
      ],
      [
        contiguous,
        { backend: "mpiio", beside: true },
        '"beside" expected the backend "posix" with it, got "mpiio". Leave out one of them.',
      ],
      [
        contiguous,
        { capacity: 4 },
        '"options" expected keys among backend, durable, beside, got "capacity". Remove or rename it.',
      ],
    ];
    for (const [path, options, text] of wrong) {
      const before = fs.readFileSync(path);
      const append = Output.append(grid, path, options as AppendOptions);
      await expect(append).rejects.toThrow(new UsageError(`Output.append: ${text}`));
      expect(fs.readFileSync(path).equals(before)).toBe(true);
    }
  });

  it("refuse to continue what is no file of this grid, and leave it as it is", async () => {
    const text = freshPath();
    fs.writeFileSync(text, "time,psi");
    const truncated = await written(3);
    fs.truncateSync(truncated, fs.statSync(truncated).size - 100);
    const cut = await written(3);
    fs.truncateSync(cut, 1000);
    const foreign = await written(1);
    const changed = new (await load()).File(foreign, "a");
    changed.delete_attribute("storage");
    changed.close();
    const empty = freshPath();
    const coordinates = grid.shape.map((_, axis) => grid.coordinates(axis));
    const writer = await SnapshotWriter.create(empty, { shape: grid.shape, coordinates, variables: { psi: {} } });
    writer.close();
    const good = await written(2);
    const turned = new Grid(solo(), { shape: [4, 3] });
    const shifted = new Grid(solo(), {
      shape: [3, 4],
      bounds: [
        [0, 3],
        [0, 5],
      ],
    });
    const wrong: [string, Grid, RegExp | string][] = [
      [join(folder, "none.h5"), grid, "an existing file, got nothing. Check the path."],
      [folder, grid, "an existing file, got a directory. Check the path."],
      [text, grid, "an HDF5 file, got one that does not begin like HDF5. Choose a file that wasm-mpi wrote."],
      [
        truncated,
        grid,
        /^a whole HDF5 file, got "truncated file: .*"\. The file is damaged or incomplete; use another/,
      ],
      [
        cut,
        grid,
        /^a whole HDF5 file, got "truncated file: .*"\. The file is damaged or incomplete; use another copy\.$/,
      ],
      [foreign, grid, "a file that Output made, got one of another program. Choose a file that wasm-mpi wrote."],
      [empty, grid, "a file with frames, got none. Run it again from the start."],
      [good, turned, "the 4 x 3 cells of the grid, got 3 x 4. Make the grid that the file is of."],
      [
        good,
        shifted,
        "the cell centres of the grid along y, got others. Make the grid that the file is of, with the same bounds.",
      ],
    ];
    for (const [path, of, message] of wrong) {
      const before = fs.existsSync(path) && fs.statSync(path).isFile() ? fs.readFileSync(path) : undefined;
      const error = (await Output.append(of, path).catch((cause: unknown) => cause)) as FileError;
      expect(error).toBeInstanceOf(FileError);
      const start = `file "${path}": expected `;
      expect(error.message.slice(0, start.length)).toBe(start);
      const rest = error.message.slice(start.length);
      if (typeof message === "string") expect(rest).toBe(message);
      else expect(rest).toMatch(message);
      if (before) expect(fs.readFileSync(path).equals(before)).toBe(true);
    }
  });
});
