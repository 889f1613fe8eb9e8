/** Files whose frames all ranks compress, on one rank: the list of chunks, and what is left when a run stops. */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { UsageError } from "../../src/errors.js";
import { Grid } from "../../src/grid/grid.js";
import type { OutputOptions } from "../../src/io/options.js";
import { Output } from "../../src/io/output.js";
import { ChunkTree } from "../../src/io/packed/tree.js";
import { SnapshotReader } from "../../src/io/reader.js";
import { documentOf, temporaryFolder } from "../harness/command.js";
import { compareFiles } from "../harness/difference.js";
import { messageOf } from "../harness/message.js";
import { wasmMpi } from "../harness/process.js";
import { solo } from "../harness/run.js";

const folder = temporaryFolder();
let count = 0;
const freshPath = () => join(folder, `${count++}.h5`);

const variables = { psi: { units: "K" }, rho: { dtype: "f32" } } as const;

/** Writes frames, each cell with a number of its own. */
async function writeFrames(grid: Grid, output: Output, from: number, to: number): Promise<void> {
  const fields = { psi: grid.field(0), rho: grid.field(0, { dtype: "f32" }) };
  for (let frame = from; frame < to; frame++) {
    let cell = 0;
    fields.psi.set(() => 1000 * frame + (cell++ % 997));
    cell = 0;
    fields.rho.set(() => -frame - (cell++ % 31));
    await output.write(frame, fields);
  }
  for (const field of Object.values(fields)) field.free();
}

async function written(grid: Grid, frames: number, options: Partial<OutputOptions>): Promise<string> {
  const path = freshPath();
  const mask = grid.field((x) => x);
  const output = await Output.create(grid, path, { variables: { ...variables, mask: { static: mask } }, ...options });
  await writeFrames(grid, output, 0, frames);
  await output.close();
  mask.free();
  return path;
}

describe("a file that all ranks compress", () => {
  it.each([
    { shape: [29], frames: 40 },
    { shape: [13, 11], frames: 3 },
    { shape: [300, 1000], frames: 4 },
    { shape: [70, 60, 50], frames: 1 },
  ])("has the frames of one that is not: $shape", async ({ shape, frames }) => {
    const grid = new Grid(solo(), { shape, halo: 1 });
    const [plain, packed] = [
      await written(grid, frames, {}),
      await written(grid, frames, { gzip: 1, durable: shape.length === 2 }),
    ];
    const same = { differingCells: 0, maxDifference: 0 };
    expect(await compareFiles(plain, packed)).toEqual({ frames, ...same });
    for (const path of [plain, packed]) {
      const output = await Output.append(grid, path);
      expect(output.backend).toBe("posix");
      const psi = grid.field(0);
      await output.read("psi", frames - 1, psi);
      expect(psi.interior()[0]).toBe(1000 * (frames - 1));
      await output.read("mask", 0, psi);
      expect(psi.interior().at(-1)).toBe(shape[0]! - 0.5);
      await writeFrames(grid, output, frames, 2 * frames);
      await output.close();
      psi.free();
    }
    expect(await compareFiles(plain, packed)).toEqual({ frames: 2 * frames, ...same });
    const [before, after] = [plain, packed].map((path) => fs.statSync(path).size) as [number, number];
    if (shape[0] === 300) expect(after).toBeLessThan(before / 4);
    const reader = await SnapshotReader.open(packed);
    expect([reader.form, reader.gzip, reader.diagnostics(1).min]).toEqual(["compressed", 1, 1000]);
    reader.close();
    grid.free();
  });

  it("is read by the tools of HDF5", async ({ skip }) => {
    skip(spawnSync("h5dump", ["--version"]).error !== undefined, "h5dump is not on PATH");
    // More chunks than one list has room for.
    const path = await written(new Grid(solo(), { shape: [300, 500] }), 33, { gzip: 4 });
    const dump = spawnSync("h5dump", ["-d", "/psi", "-s", "32,299,497", "-c", "1,1,3", path], { encoding: "utf8" });
    const first = 149_997 % 997;
    const expected = [0, 1, 2].map((n) => 32_000 + ((first + n) % 997)).join(", ");
    expect([dump.status, dump.stdout.includes(`(32,299,497): ${expected}`)]).toEqual([0, true]);
    const about = spawnSync("h5dump", ["-p", "-H", "-d", "/psi", path], { encoding: "utf8" });
    expect(about.stdout).toMatch(/CHUNKED \( 1, 150, 500 \)[\s\S]*COMPRESSION DEFLATE \{ LEVEL 4 \}/);
    const copy = freshPath();
    const repack = spawnSync("h5repack", ["-f", "NONE", path, copy], { encoding: "utf8" });
    if (repack.error === undefined) {
      expect([repack.status, repack.stderr]).toEqual([0, ""]);
      expect(await compareFiles(path, copy)).toEqual({ frames: 33, differingCells: 0, maxDifference: 0 });
      // HDF5 fills lists by halves.
      const todo = "Another program has changed it; continue in a new file: Output.create (--output NEW.h5).";
      await expect(Output.append(new Grid(solo(), { shape: [300, 500] }), copy)).rejects.toThrow(todo);
    }
    if (spawnSync("ncdump", []).error === undefined) {
      const header = spawnSync("ncdump", ["-h", path], { encoding: "utf8" });
      expect([header.status, header.stdout.includes("time = ")]).toEqual([0, true]);
    }
  });

  it("keeps every whole frame when the run is killed between any two writes", { timeout: 120_000 }, async () => {
    const grid = new Grid(solo(), { shape: [3, 4] });
    const [path, left] = [freshPath(), freshPath()]; // What is on the disk, write by write.
    const events: { bytes?: Buffer; position: number; named: boolean; frames: number }[] = [];
    let [frames, named] = [0, false];
    const { writeSync, ftruncateSync, renameSync } = fs;
    const output = await Output.create(grid, path, { variables, gzip: 1 });
    fs.copyFileSync(`${path}.part`, left);
    const spies = [
      vi.spyOn(fs, "writeSync").mockImplementation(((...args: [number, Uint8Array, number, number, number]) => {
        const [, from, offset, length, position] = args;
        events.push({ bytes: Buffer.from(from.slice(offset, offset + length)), position, named, frames });
        return writeSync(...args);
      }) as typeof writeSync),
      vi.spyOn(fs, "ftruncateSync").mockImplementation((fd, length) => {
        events.push({ position: length!, named, frames });
        ftruncateSync(fd, length);
      }),
      vi.spyOn(fs, "renameSync").mockImplementation((from, to) => {
        named = true;
        renameSync(from, to);
      }),
    ];
    for (; frames < 67; frames++) await writeFrames(grid, output, frames, frames + 1);
    await output.close();
    for (const spy of spies) spy.mockRestore();
    const check = async (file: string) => {
      const reader = await SnapshotReader.open(file);
      const { length } = reader.times;
      for (const frame of [0, length - 1]) {
        expect([reader.read("psi", frame)[5], reader.read("rho", frame)[5]]).toEqual([1000 * frame + 5, -frame - 5]);
      }
      reader.close();
      return length;
    };
    for (const [index, event] of events.entries()) {
      const fd = fs.openSync(left, "r+");
      if (event.bytes) fs.writeSync(fd, event.bytes, 0, event.bytes.length, event.position);
      else fs.ftruncateSync(fd, event.position);
      fs.closeSync(fd);
      // Around the first frames, and where lists of chunks are full.
      if (!event.named || (event.frames > 1 && event.frames < 64)) continue;
      const whole = await check(left);
      expect(whole - event.frames).toBeOneOf([0, 1]);
      if (index % 7 !== 0) continue;
      const copy = freshPath();
      fs.copyFileSync(left, copy);
      const appended = await Output.append(grid, copy);
      await writeFrames(grid, appended, whole, whole + 2);
      expect(await check(copy)).toBe(whole + 2);
      await appended.close();
      expect(await check(copy)).toBe(whole + 2);
    }
  });

  it.each([
    [
      { gzip: 3, backend: "mpiio" },
      '"gzip" expected the backend "posix" or "gather" with it, got "mpiio". Leave out one of them.',
    ],
    [{ gzip: 3, capacity: 5 }, '"capacity" expected none with "gzip", got 5. Leave out one of them.'],
    [{ gzip: 3, preallocate: true }, '"preallocate" expected none with "gzip", got true. Leave out one of them.'],
    [{ gzip: 3, beside: true }, '"beside" expected none with "gzip", got true. Leave out one of them.'],
    [{ gzip: 10 }, '"gzip" expected a level from 0 to 9, got 10. Leave it out.'],
  ])("is refused with %o", async (options, text) => {
    const grid = new Grid(solo(), { shape: [3, 4] });
    const made = Output.create(grid, freshPath(), { variables, ...(options as object) });
    await expect(made).rejects.toThrow(new UsageError(`Output.create: ${text}`));
  });
});

it.each([
  [{ backend: "gather" }, '"backend" expected "posix", as for this file before, got "gather". Leave it out.'],
  [{ beside: true }, '"beside" expected a file that is not compressed, got one that is. Leave it out.'],
])("a compressed file is not continued with %o", async (options, text) => {
  const grid = new Grid(solo(), { shape: [3, 4] });
  const path = await written(grid, 1, { gzip: 1 });
  const before = fs.readFileSync(path);
  await expect(Output.append(grid, path, options as object)).rejects.toThrow(new UsageError(`Output.append: ${text}`));
  expect(fs.readFileSync(path).equals(before)).toBe(true);
});

it("advect --gzip writes the frames of a file that is not compressed", async () => {
  const [plain, packed] = [freshPath(), freshPath()];
  const run = async (path: string, ...args: string[]) => {
    const scheme = "advect drop --shape 24,20 --steps 9 --every 2 --output".split(" ");
    return documentOf<{ digest: string; backend: string }>(await wasmMpi([...scheme, path, ...args, "--json"]));
  };
  const [expected, report] = [await run(plain), await run(packed, "--gzip", "1")];
  expect(report).toMatchObject({ digest: expected.digest, backend: "posix" });
  expect(await compareFiles(plain, packed)).toEqual({ frames: 6, differingCells: 0, maxDifference: 0 });
  const restart = ["advect", "--steps", "13", "--json", "--restart"];
  const { stderr } = await wasmMpi([...restart, packed, "--gzip", "2"]);
  expect(stderr).toBe(
    'wasm-mpi advect: "--gzip" expected none with --restart, which goes on as the file is, got 2. Leave out one of them.\n',
  );
  const [plainDigest, digest] = [await wasmMpi([...restart, plain]), await wasmMpi([...restart, packed])].map(
    (result) => documentOf<{ digest: string }>(result).digest,
  );
  expect(digest).toBe(plainDigest);
  expect(await compareFiles(plain, packed)).toEqual({ frames: 9, differingCells: 0, maxDifference: 0 });
});

describe("a compressed file with a byte of the list of chunks changed", () => {
  /** Its chunks of `psi`: 2 in each of 70 frames, so that the list is a root over three nodes. */
  async function listed() {
    const grid = new Grid(solo(), { shape: [300, 500] });
    const path = freshPath();
    const psi = grid.field(0);
    const output = await Output.create(grid, path, { variables: { psi: {} }, gzip: 1 });
    for (let frame = 0; frame < 70; frame++) await output.write(frame, { psi });
    await output.close();
    const bytes = fs.readFileSync(path);
    const nodes: number[] = [];
    for (let at = bytes.indexOf("TREE"); at >= 0; at = bytes.indexOf("TREE", at + 1)) nodes.push(at);
    const leaf = nodes.find((at) => bytes[at + 5] === 0 && bytes.readUInt16LE(at + 6) === 64)!;
    const top = nodes.find((at) => bytes[at + 5] === 1)!;
    return { grid, path, bytes, leaf, top };
  }

  it("is refused, whichever it is", async () => {
    const { grid, path, bytes, leaf, top } = await listed();
    const step = 48; // A key of 40 bytes, for 3 axes, and a child of 8.
    const key = (node: number, child: number) => node + 24 + child * step;
    const other = (what: string, node: number) => `another list of the chunks of "psi" (${what} at byte ${node})`;
    const end = "beyond the end of the file";
    const faults: [position: number, bit: number, fault: string][] = [
      [leaf + 6, 1, other("no node", leaf)],
      [leaf + 6, 0x60, 'no chunk of "psi" for frame 16'],
      [leaf + 5, 1, other("no node", leaf)],
      [key(leaf, 5) + 8, 1, other("other keys", leaf)],
      [key(leaf, 4) + 16, 0x10, 'no chunk of "psi" for frame 2'],
      [key(leaf, 5) + 4, 1, 'a chunk of "psi" in frame 2 that is compressed in no known way'],
      [key(leaf, 5), 0x80, 'two chunks of "psi" in one place'],
      [key(leaf, 5) + 45, 0x80, `"psi" ${end}`],
      [key(top, 1) + 8, 0xff, other("other keys", top)],
      [key(top, 0) + 8, 1, other("other keys", leaf)],
      [key(top, 1) + 40, 0xff, other("no node", bytes.readUInt32LE(key(top, 1) + 40) ^ 0xff)],
    ];
    for (const [position, bit, fault] of faults) {
      const changed = Buffer.from(bytes);
      changed[position]! ^= bit;
      fs.writeFileSync(path, changed);
      const got = `expected a sound snapshot file of wasm-mpi, got one with ${fault}. The file is damaged or incomplete; use another copy.`;
      const told = await messageOf(() => Output.open(path));
      expect.soft(told).toBe(`file "${path}": ${got}`);
      expect.soft(await messageOf(() => Output.append(grid, path))).toBe(told);
    }
    fs.writeFileSync(path, bytes);
    (await Output.open(path)).close();
  });
});

it("another run that writes to a compressed file is noticed before its frame is written over", async () => {
  const grid = new Grid(solo(), { shape: [3, 4] });
  const path = freshPath();
  const output = await Output.create(grid, path, { variables: { psi: {} }, gzip: 1 });
  await output.write(0, { psi: grid.field(0) });
  const again = await Output.append(grid, path);
  await again.write(1, { psi: grid.field(7) });
  await again.close();
  const bytes = fs.readFileSync(path);
  const text =
    /^file ".*": expected a file that only this run writes, got other values at byte \d+\. Give each run a file of its own\.$/;
  expect(await messageOf(() => output.write(2, { psi: grid.field(1) }))).toMatch(text);
  expect(await messageOf(() => output.close())).toMatch(text);
  expect(fs.readFileSync(path).equals(bytes)).toBe(true);
});

it.each([
  [["--backend", "gather"], "which rank 0 writes"],
  [["--gzip", "1"], "whose frames are compressed"],
])("a file made with %o is not continued beside the run", async (how, whose) => {
  const path = freshPath();
  const run = (...args: string[]) => wasmMpi(["advect", ...args, "--threads", "1", "--json"]);
  documentOf(await run("gaussian", "--shape", "256,256", "--steps", "1", ...how, "--output", path));
  const restart = ["--restart", path, "--steps", "2", "--output-beside"];
  const { stderr } = await run(...restart, "on");
  const text = `"--output-beside" expected off or auto with "${path}", ${whose}, got "on". Leave it out.`;
  expect(stderr).toBe(`wasm-mpi advect: ${text}\n`);
  expect(documentOf(await run(...restart, "auto"))).toMatchObject({ steps: 2, beside: false });
});

describe("the list of chunks", () => {
  /** A file in memory. */
  const fileOf = () => {
    const bytes = Buffer.alloc(2 ** 22);
    let tail = 8;
    return {
      bytes,
      read: (position: number, byteLength: number) => Buffer.from(bytes.subarray(position, position + byteLength)),
      write: (from: Buffer, position: number) => void from.copy(bytes, position),
      allocate: (byteLength: number) => {
        tail += byteLength;
        return tail - byteLength;
      },
    };
  };

  /** The chunks below a node of a tree over 2 axes, and the number of its level. */
  function walk(bytes: Buffer, address: number): { cells: number[]; level: number } {
    expect(bytes.toString("latin1", address, address + 4)).toBe("TREE");
    const [level, children] = [bytes[address + 5]!, bytes.readUInt16LE(address + 6)];
    expect(children > 0 && children <= 64).toBe(true);
    const cells = Array.from({ length: children }, (_, child) => {
      const key = address + 24 + 40 * child;
      const cell = Number(bytes.readBigUInt64LE(key + 8));
      const below = Number(bytes.readBigUInt64LE(key + 32));
      // The key above it is that of the next child, or above all.
      const isRight =
        Number(bytes.readBigUInt64LE(key + 48)) > cell &&
        (level > 0 || (below === 1e6 + cell && bytes.readUInt32LE(key) === 10 + (cell % 7)));
      if (!isRight) expect.fail(`chunk ${cell} of level ${level}`);
      if (level === 0) return [cell];
      const part = walk(bytes, below);
      expect([part.level, part.cells[0]]).toEqual([level - 1, cell]);
      return part.cells;
    });
    return { cells: cells.flat(), level };
  }

  const chunkOf = (cell: number) => ({ cell: [cell, 0], address: 1e6 + cell, byteLength: 10 + (cell % 7) });

  it("has all chunks in order, and goes on behind those that count", () => {
    const file = fileOf();
    const tree = ChunkTree.create(file, 2);
    expect(tree.root).toBeUndefined();
    const whole = 64 ** 2 + 130;
    for (let cell = 0; cell < whole; cell++) tree.add(chunkOf(cell));
    const all = walk(file.bytes, tree.root!);
    expect([all.level, all.cells.length]).toEqual([2, whole]);
    expect(all.cells.every((cell, index) => cell === index)).toBe(true);
    for (const kept of [64 ** 2 + 64, 64 ** 2, 65, 64, 1]) {
      const again = ChunkTree.open(file, 2, tree.root!, kept);
      expect(walk(file.bytes, again.root!).cells).toHaveLength(kept);
      for (let cell = kept; cell < kept + 70; cell++) again.add(chunkOf(cell));
      expect(walk(file.bytes, again.root!).cells).toEqual(Array.from({ length: kept + 70 }, (_, cell) => cell));
      ChunkTree.open(file, 2, again.root!, kept);
    }
    expect(() => ChunkTree.open(file, 2, 1, 5)).toThrow("another list of chunks at byte 1");
    expect(() => ChunkTree.open(file, 2, tree.root!, 70 ** 3)).toThrow(`another list of chunks at byte ${tree.root}`);
  });
});
