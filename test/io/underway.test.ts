/** Frames that another thread writes while the program goes on. */
import fs, { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { FileError, UsageError } from "../../src/errors.js";
import type { AnyField } from "../../src/grid/field.js";
import { Grid } from "../../src/grid/grid.js";
import { Filer } from "../../src/io/beside/filer.js";
import { at } from "../../src/io/beside/request.js";
import type { OutputOptions } from "../../src/io/options.js";
import { Output } from "../../src/io/output.js";
import { SnapshotReader } from "../../src/io/reader.js";
import { elsewhere } from "../../src/io/store.js";
import { memory } from "../../src/wasm/memory.js";
import { documentOf, temporaryFolder } from "../harness/command.js";
import { compareFiles } from "../harness/difference.js";
import { wasmMpi } from "../harness/process.js";
import { solo } from "../harness/run.js";

const folder = temporaryFolder();
let count = 0;
const freshPath = () => join(folder, `${count++}.h5`);

const variables = { psi: { units: "K" }, rho: { dtype: "f32" } } as const;

/** Values of every size and sign. */
const numberOf = (frame: number, cell: number) => (((frame + 1) * 7919 * (cell + 3)) % 1013) * 2 ** ((cell % 41) - 20);

/** Sets fields to a frame, writes them, and spoils them at once. */
async function writeFrame(output: Output, frame: number, fields: Readonly<Record<"psi" | "rho", AnyField>>) {
  for (const field of Object.values(fields)) {
    let cell = 0;
    field.set(() => numberOf(frame, cell++));
  }
  await output.write(frame / 2, fields);
  for (const field of Object.values(fields)) field.data.fill(-1);
}

async function written(grid: Grid, frames: number, options: Partial<OutputOptions>): Promise<string> {
  const path = freshPath();
  const fields = { psi: grid.field(0), rho: grid.field(0, { dtype: "f32" }) };
  const output = await Output.create(grid, path, { variables, ...options });
  for (let frame = 0; frame < frames; frame++) await writeFrame(output, frame, fields);
  await output.close();
  const again = await Output.append(grid, path, options.beside ? { beside: true } : {});
  for (let frame = frames; frame < 2 * frames; frame++) await writeFrame(again, frame, fields);
  await again.close();
  for (const field of Object.values(fields)) field.free();
  return path;
}

async function figuresOf(path: string) {
  const reader = await SnapshotReader.open(path);
  const figures = Array.from(reader.times, (_, frame) => ({ ...reader.diagnostics(frame), walltime: 0 }));
  reader.close();
  return figures;
}

const framesIn = async (path: string) => {
  const reader = await SnapshotReader.open(path);
  const { length } = reader.times;
  reader.close();
  return length;
};

describe("frames written beside the program", () => {
  it.each([
    { shape: [29], halo: 2, capacity: 1, threads: 1 },
    { shape: [13, 11], halo: 0, capacity: 3, threads: 1 },
    { shape: [7, 11, 13], halo: 1, capacity: 2, threads: 2 },
    { shape: [300, 400], halo: 2, capacity: 2, threads: 1 },
  ])("are those of a file that the program waits for: $shape", async ({ shape, halo, capacity, threads }) => {
    const grid = new Grid(solo(), { shape, halo, threads });
    const [plain, beside] = [
      await written(grid, 5, { capacity }),
      await written(grid, 5, { capacity, beside: true, durable: capacity === 3 }),
    ];
    expect(await compareFiles(plain, beside)).toEqual({ frames: 10, differingCells: 0, maxDifference: 0 });
    expect(await figuresOf(beside)).toEqual(await figuresOf(plain));
    expect(fs.statSync(beside).size).toBe(fs.statSync(plain).size);
    grid.free();
  });

  it("count when flush returns, and are read back at once", async () => {
    const grid = new Grid(solo(), { shape: [60, 50] });
    const path = freshPath();
    const psi = grid.field(0);
    const statics = { mask: { static: grid.field(3) } };
    const output = await Output.create(grid, path, { variables: { psi: {}, ...statics }, beside: true, xdmf: true });
    for (let frame = 0; frame < 4; frame++) {
      psi.set(frame);
      await output.write(frame, { psi });
      // At most two are in memory.
      if (frame > 1) expect(await framesIn(path)).toBeGreaterThanOrEqual(frame - 1);
    }
    expect(output.times).toEqual(Float64Array.of(0, 1, 2, 3));
    await output.flush();
    await output.flush();
    expect(await framesIn(path)).toBe(4);
    const text = () => fs.readFileSync(path.replace(/h5$/, "xdmf"), "utf8").match(/<Time/g)!.length;
    expect(text()).toBe(4);
    psi.set(9);
    await output.write(9, { psi });
    await output.read("psi", -1, psi);
    expect([psi.min(), psi.max(), await framesIn(path), text()]).toEqual([9, 9, 5, 5]);
    await output.close();
    await expect(output.flush()).rejects.toThrow(
      new UsageError("Output.flush: expected an open file, got a closed one. Do it before close()."),
    );
  });

  it("that are not written are told by the next call, and leave out those behind them", async () => {
    const grid = new Grid(solo(), { shape: [3, 4] });
    const { openSync } = fs;
    for (const call of ["write", "flush", "close"] as const) {
      const path = freshPath();
      let opened = 0;
      // The thread gets a file that takes nothing.
      const spy = vi.spyOn(fs, "openSync").mockImplementation((file, flags, mode) => {
        const isLast = file === `${path}.part` && flags === "r+" && ++opened === 2;
        return openSync(file, isLast ? "r" : flags, mode);
      });
      const output = await Output.create(grid, path, { variables: { psi: {} }, beside: true });
      spy.mockRestore();
      const psi = grid.field(1);
      const error = new FileError(
        `file "${path}": expected room for frame 0 (96 bytes), got "EBADF: bad file descriptor". Make room for 96 bytes, then start again.`,
        path,
      );
      await output.write(0, { psi });
      if (call === "close") {
        await expect(output.close()).rejects.toThrow(error);
      } else {
        if (call === "flush") await expect(output.flush()).rejects.toThrow(error);
        else {
          const next = async () => {
            for (let time = 1; time < 4; time++) await output.write(time, { psi });
          };
          await expect(next()).rejects.toThrow(error);
        }
        expect(output.times).toHaveLength(0);
        await expect(output.write(9, { psi })).rejects.toThrow(
          new FileError(
            `file "${path}": expected a file that can be written, got one that failed at frame 0. Close it; append to it when there is room.`,
            path,
          ),
        );
        await output.close();
      }
      expect([fs.existsSync(path), fs.existsSync(`${path}.part`)]).toEqual([false, false]);
    }
  });

  it.skipIf(process.platform === "win32")("are missed where the file is removed meanwhile", async () => {
    const grid = new Grid(solo(), { shape: [3, 4] });
    const path = freshPath();
    const psi = grid.field(1);
    const output = await Output.create(grid, path, { variables: { psi: {} }, beside: true });
    await output.write(0, { psi });
    await output.flush();
    await output.write(1, { psi });
    fs.rmSync(path);
    const todo = "Leave it where it is while it is written.";
    const error = new FileError(`file "${path}": expected the file that this run made, got none. ${todo}`, path);
    await expect(output.flush()).rejects.toThrow(error);
    await output.close(); // It has been said.
    expect(fs.existsSync(path)).toBe(false);
  });

  it.each([
    [
      { beside: true, backend: "gather" },
      'Output.create: "beside" expected the backend "posix" with it, got "gather". Leave out one of them.',
    ],
    [
      { beside: true, backend: "mpiio" },
      'Output.create: "beside" expected the backend "posix" with it, got "mpiio". Leave out one of them.',
    ],
    [{ beside: 1 }, 'Output.create: "beside" expected true or false, got 1. Give one of them.'],
  ])("are refused: %o", async (options, text) => {
    const grid = new Grid(solo(), { shape: [3, 4] });
    const made = Output.create(grid, freshPath(), { variables: { psi: {} }, ...(options as object) });
    await expect(made).rejects.toThrow(new UsageError(text));
  });
});

it("wants all ranks on one node", () => {
  for (const option of ["beside", "gzip"]) {
    expect(elsewhere("Output.create", option)).toEqual(
      new UsageError(
        `Output.create: "${option}" expected all ranks on one node with it, got several nodes. Leave it out, or pass { backend: "posix" } where all nodes see one file system at once.`,
      ),
    );
  }
});

describe("the thread that writes files", () => {
  const todo = "Append to it without the thread: { beside: false } (--output-beside off).";
  const fault = (got: string) =>
    new FileError(`file "a.h5": expected the thread "wasm-mpi files" to go on to the end, got ${got}. ${todo}`, "a.h5");
  const request = { fd: 0, writes: [], sync: false };
  const programOf = (name: string, source: string) => {
    const program = join(folder, `${name}.mjs`);
    writeFileSync(
      program,
      `import { workerData } from "node:worker_threads";\nconst { words } = workerData;\n${source}`,
    );
    return program;
  };

  it("is told to be missing", () => {
    const program = join(folder, "missing.mjs");
    const filer = new Filer({ program });
    const number = filer.ask(request);
    expect(filer.isDone(number)).toBe(true);
    expect(() => filer.wait("a.h5", number)).toThrow(fault(`"no file ${program}"`));
  });

  it("is told to end, or to give no answer, and is waited for no more", () => {
    const tell = `Atomics.add(words, ${at.news}, 1); Atomics.notify(words, ${at.news});`;
    const ending = `
      process.on("exit", () => { Atomics.store(words, ${at.hasEnded}, 1); ${tell} });
      Atomics.wait(words, ${at.asked}, 0);
      ${tell}
      process.exit(3);`;
    const rows = [
      [new Filer({ program: programOf("ending", ending) }), "its end"],
      [
        new Filer({ program: programOf("silent", "setInterval(() => {}, 1e6);"), patience: 200 }),
        "no answer within 0.2 s",
      ],
    ] as const;
    for (const [filer, got] of rows) {
      const number = filer.ask(request);
      for (let time = 0; time < 2; time++) expect(() => filer.wait("a.h5", number)).toThrow(fault(got));
      expect(filer.isDone(number)).toBe(true);
    }
  });

  it("is told to fail by itself", async () => {
    const filer = new Filer({ program: programOf("failing", 'throw new Error("no room");') });
    const number = filer.ask(request);
    await vi.waitUntil(() => filer.isDone(number), { timeout: 10_000 });
    expect(() => filer.wait("a.h5", number)).toThrow(fault('"no room"'));
  });

  it("tells a trap, and goes on", () => {
    const filer = new Filer();
    const path = join(folder, "bytes");
    const fd = fs.openSync(path, "w");
    const ptr = memory.alloc(32);
    memory.u8(ptr, 32).fill(7);
    const write = { ptr, byteLength: 8, position: 2, counts: [2, 2], steps: [40, 10], figures: undefined } as const;
    const figures = { ptr: 2 ** 32 - 64, type: 0, elementLength: 8 };
    const trapping = filer.ask({ fd, writes: [{ ...write, figures }], sync: false });
    const number = filer.ask({ fd, writes: [write], sync: true });
    expect(() => filer.wait("a.h5", trapping)).toThrow(
      new FileError(
        `file "a.h5": expected the thread "wasm-mpi files" to write a frame, got the trap "memory access out of bounds". ${todo}`,
        "a.h5",
      ),
    );
    filer.wait("a.h5", number);
    fs.closeSync(fd);
    const places = [...fs.readFileSync(path)].flatMap((byte, place) => (byte === 7 ? [place] : []));
    expect(places).toEqual([2, 12, 42, 52].flatMap((first) => Array.from({ length: 8 }, (_, i) => first + i)));
    memory.free(ptr);
  });
});

describe("advect --output-beside", () => {
  it("writes the same file, on or off", async () => {
    const [off, on] = [freshPath(), freshPath()];
    const run = async (path: string, when: string) => {
      const scheme = "advect drop --shape 24,20 --steps 9 --every 2 --json --output-beside".split(" ");
      return documentOf<{ digest: string; beside: boolean }>(await wasmMpi([...scheme, when, "--output", path]));
    };
    const [plain, beside] = [await run(off, "off"), await run(on, "on")];
    expect([plain.beside, beside.beside, beside.digest]).toEqual([false, true, plain.digest]);
    expect(await compareFiles(off, on)).toEqual({ frames: 6, differingCells: 0, maxDifference: 0 });
  });
});
