/** Files beside other programs: looked at while they are written, changed by others, or damaged. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { FileError, UsageError } from "../../src/errors.js";
import { Grid } from "../../src/grid/grid.js";
import { load } from "../../src/hdf5/library.js";
import { Output } from "../../src/io/output.js";
import { temporaryFolder } from "../harness/command.js";
import { root, runNode, wasmMpi } from "../harness/process.js";
import { solo } from "../harness/run.js";

const folder = temporaryFolder();
let count = 0;
const freshPath = () => join(folder, `${count++}.h5`);

let grid: Grid;
beforeAll(() => {
  grid = new Grid(solo(), { shape: [60, 50] });
});

const forms = ["posix", "gather"] as const;
/** Bytes that a file may be longer than its frames. */
const ahead = 2 ** 26;

/** Writes frames, each cell with the number of its frame. */
function writeFrames(output: Output, from: number, to: number): void {
  const psi = grid.field();
  for (let t = from; t < to; t++) {
    psi.set(t);
    output.write(t, { psi });
  }
  psi.free();
}

async function written(frames: number, backend: "posix" | "gather" = "posix"): Promise<string> {
  const path = freshPath();
  const output = await Output.create(grid, path, { variables: { psi: {} }, backend });
  writeFrames(output, 0, frames);
  await output.close();
  return path;
}

/** The number of frames, after a look at each. */
async function checkFrames(path: string): Promise<number> {
  const file = await Output.open(path);
  for (const [t, time] of file.times.entries()) {
    expect(time).toBe(t);
    expect(file.read("psi", t).every((value) => value === t)).toBe(true);
  }
  file.close();
  return file.times.length;
}

const hasTool = (name: string) => spawnSync(name, ["--version"]).error === undefined;

describe("a file that is being written", () => {
  it("is never blamed, and never shows half a frame, in this process and in view", { timeout: 60_000 }, async () => {
    const path = freshPath();
    const args = ["gaussian", "--shape", "60,50", "--steps", "1000000", "--every", "1", "--output", path];
    const run: ChildProcess = spawn(process.execPath, [join(root, "dist/cli.js"), "advect", ...args]);
    const end = new Promise((done) => run.once("exit", done));
    for (const begin = Date.now(); !fs.existsSync(path) && Date.now() - begin < 30_000; ) await sleep(5);
    try {
      const follower = await Output.open(path);
      let frames = 0;
      for (let turn = 0; turn < 25; turn++) {
        const file = turn % 5 === 0 ? await Output.open(path) : follower;
        if (file === follower) await file.refresh();
        const { times } = file;
        expect(times.length).toBeGreaterThanOrEqual(frames);
        frames = times.length;
        expect(times.at(-1)).toBe(frames - 1);
        // A frame of zeros, or without values, would have another sum.
        const last = file.read("psi", -1);
        const sum = Float64Array.from(last).reduce((total, value) => total + value, 0);
        expect(Math.abs(sum - file.diagnostics(-1).sum)).toBeLessThan(1e-9 * last.length);
        if (file !== follower) file.close();
      }
      follower.close();
      for (let turn = 0; turn < 2; turn++) {
        const { code, transcript } = await wasmMpi(["view", path, "--json"]);
        expect(code, transcript).toBe(0);
      }
      const { size } = fs.statSync(path);
      const later = await Output.open(path);
      expect(size).toBeLessThan(8 * 3000 * later.times.length + 2 * ahead);
      later.close();
    } finally {
      run.kill("SIGKILL");
      await end;
    }
    const file = await Output.open(path);
    const { times } = file;
    file.close();
    const size = () => fs.statSync(path).size;
    const used = 8 * 3000 * times.length;
    expect(size() - used).toBeLessThan(2 * ahead);

    // The run goes on in the same place, and cuts off what is left over.
    const again = ["advect", "--restart", path, "--steps", String(times.length + 2), "--json"];
    const { code, transcript } = await wasmMpi(again);
    expect(code, transcript).toBe(0);
    const metadata = 2 ** 20 + 5 * 8 * 2 ** 20;
    expect(size()).toBeLessThan(used + 8 * 3000 * 3 + metadata);
  });

  it.each([3, 400])("is at most 64 MiB longer than its frames, and is cut when it is closed: %i", async (frames) => {
    const path = freshPath();
    const output = await Output.create(grid, path, { variables: { psi: {} }, capacity: 1_000_000 });
    writeFrames(output, 0, frames);
    const used = 8 * 3000 * frames;
    const series = 5 * 8 * 1_000_000;
    expect(fs.statSync(path).size).toBeLessThan(used + series + ahead + 2 ** 20);
    await output.close();
    const closed = fs.statSync(path).size;
    expect(closed).toBeLessThan(used + series + 2 ** 20);
    expect(fs.statSync(path).blocks * 512).toBeLessThan(used + 2 ** 20);
    expect(await checkFrames(path)).toBe(frames);
  });

  it("tells readers that pad it with the fill value of its attribute", async ({ skip }) => {
    skip(!hasTool("h5dump"), "h5dump is not on PATH");
    const path = freshPath();
    const output = await Output.create(grid, path, { variables: { psi: {}, rho: { dtype: "f32" }, theta: {} } });
    const [psi, rho] = [grid.field(1), grid.field(2, { dtype: "f32" })];
    output.write(0, { psi, rho, theta: psi });
    await output.close();
    for (const name of ["psi", "rho", "theta"]) {
      const { stdout, status } = spawnSync("h5dump", ["-p", "-H", "-d", `/${name}`, path], { encoding: "utf8" });
      expect(status).toBe(0);
      expect(stdout).toMatch(/FILLVALUE \{\s+FILL_TIME H5D_FILL_TIME_IFSET\s+VALUE {2}nan/);
    }
    const file = await Output.open(path);
    expect(file.read("rho", 0).every((value) => value === 2)).toBe(true);
    file.close();
  });
});

describe("what another program has added", () => {
  it.each(forms)("is left alone: %s", async (backend) => {
    const path = await written(3, backend);
    const { File } = await load();
    const writer = new File(path, "a");
    const note = Float64Array.from({ length: 5000 }, (_, index) => index);
    writer.create_dataset({ name: "note", data: note });
    writer.create_dataset({ name: "number", data: Int32Array.of(7) });
    // As a variable would be.
    writer.create_dataset({ name: "mask", data: new Float64Array(3 * 3000).fill(1), shape: [3, 60, 50] });
    writer.create_group("results").create_dataset({ name: "inner", data: note });
    writer.create_attribute("by", "me");
    writer.close();

    const file = await Output.open(path);
    expect(file.variables).toEqual(["psi"]);
    expect(file.attributes.by).toBe("me");
    file.close();
    const output = await Output.append(grid, path);
    writeFrames(output, 3, 40);
    await output.close();
    expect(await checkFrames(path)).toBe(40);
    if (backend === "gather") return; // Copied, without what is not its own.
    const after = new File(path, "r");
    for (const name of ["note", "results/inner"])
      expect((after.get(name) as { value: unknown } | null)?.value).toEqual(note);
    after.close();
  });

  it("stays where it is behind a run that was killed", async () => {
    const path = await written(1);
    const program = `
      import { Grid, mpi, Output } from "wasm-mpi";
      const grid = new Grid(mpi.init(), { shape: [60, 50] });
      const output = await Output.append(grid, ${JSON.stringify(path)});
      const psi = grid.field();
      for (let t = 1; t < 4; t++) { psi.set(t); output.write(t, { psi }); }
      process.kill(process.pid, "SIGKILL");`;
    const file = join(root, "test/ranks", `.killed-${process.pid}.mjs`);
    fs.writeFileSync(file, program);
    await runNode([file]);
    fs.rmSync(file);
    const { File } = await load();
    const writer = new File(path, "a");
    const note = Float64Array.from({ length: 5000 }, (_, index) => index);
    writer.create_dataset({ name: "note", data: note });
    writer.close();
    const output = await Output.append(grid, path);
    writeFrames(output, 4, 2000);
    await output.close();
    expect(await checkFrames(path)).toBe(2000);
    const after = new File(path, "r");
    expect((after.get("note") as { value: unknown } | null)?.value).toEqual(note);
    after.close();
  });
});

describe("times", () => {
  it.each(forms)("only rise: %s", async (backend) => {
    const path = freshPath();
    const output = await Output.create(grid, path, { variables: { psi: {} }, backend });
    const psi = grid.field(0);
    await output.write(2, { psi });
    for (const time of [2, 1.5, -3]) {
      const text = `Output.write: "time" expected a time after 2, that of the last frame, got ${time}. Check the time step; a solver goes on from there after resume().`;
      await expect(output.write(time, { psi })).rejects.toThrow(new UsageError(text));
    }
    await output.write(2.5, { psi });
    await output.close();
    const again = await Output.append(grid, path);
    await expect(again.write(2.5, { psi })).rejects.toThrow(/a time after 2\.5, that of the last frame, got 2\.5/);
    await again.close();
    expect([...again.times]).toEqual([2, 2.5]);
  });
});

describe.skipIf(process.platform === "win32")("a path that is a symbolic link", () => {
  it.each(forms)("is written through, as a new file, in place of one, and continued: %s", async (backend) => {
    const [link, relative, target] = [freshPath(), freshPath(), freshPath()];
    fs.symlinkSync(target, relative);
    fs.symlinkSync(basename(relative), link);
    for (const overwrite of [false, true]) {
      const output = await Output.create(grid, link, { variables: { psi: {} }, backend, overwrite });
      writeFrames(output, 0, 2);
      await output.close();
      expect(fs.lstatSync(target).isFile()).toBe(true);
    }
    const output = await Output.append(grid, link);
    writeFrames(output, 2, 3);
    await output.close();
    expect([link, relative].every((path) => fs.lstatSync(path).isSymbolicLink())).toBe(true);
    expect(await checkFrames(target)).toBe(3);
    const taken = Output.create(grid, link, { variables: { psi: {} }, backend });
    await expect(taken).rejects.toThrow(/a path without a file, got an existing file/);
  });

  it("is refused where links lead in a circle", async () => {
    const [a, b] = [freshPath(), freshPath()];
    fs.symlinkSync(a, b);
    fs.symlinkSync(b, a);
    const text = `file "${a}": expected a path to a file, got more than 40 symbolic links. Choose another path.`;
    await expect(Output.create(grid, a, { variables: { psi: {} } })).rejects.toThrow(text);
  });
});

describe.skipIf(process.platform === "win32")("a file that is removed while it is written", () => {
  const told = (path: string, got: string, todo: string) =>
    new FileError(`file "${path}": expected the file that this run made, got ${got}. ${todo}`, path);
  const leave = "Leave it where it is while it is written.";

  it.each(forms)("is missed by the next frame: %s", async (backend) => {
    const path = freshPath();
    const psi = grid.field(1);
    const output = await Output.create(grid, path, { variables: { psi: {} }, backend });
    await output.write(0, { psi });
    fs.rmSync(path);
    await expect(output.write(1, { psi })).rejects.toThrow(told(path, "none", leave));
    await output.close(); // It has been said.
    expect(fs.existsSync(path)).toBe(false);
  });

  it.each(forms)(
    "is missed when it is closed, also where it got another name or there is another file: %s",
    async (backend) => {
      const psi = grid.field(1);
      for (const change of ["remove", "rename", "replace"]) {
        const path = freshPath();
        const output = await Output.create(grid, path, { variables: { psi: {} }, backend });
        await output.write(0, { psi });
        fs.renameSync(path, `${path}.old`);
        if (change === "remove") fs.rmSync(`${path}.old`);
        if (change === "replace") fs.writeFileSync(path, "other");
        const error =
          change === "replace"
            ? told(path, "another in its place", "Give each run a file of its own.")
            : told(path, "none", leave);
        await expect(output.close()).rejects.toThrow(error);
        if (change === "replace") expect(fs.readFileSync(path, "utf8")).toBe("other");
      }
    },
  );

  it.each(forms)("is missed before it has its name: %s", async (backend) => {
    const path = freshPath();
    const psi = grid.field(1);
    const output = await Output.create(grid, path, { variables: { psi: {} }, backend });
    fs.rmSync(`${path}.part`);
    await expect(output.write(0, { psi })).rejects.toThrow(told(`${path}.part`, "none", leave));
    await output.close();
  });
});

describe("a file of a run that was stopped before its first frame", () => {
  it.each(forms)("has no frames, and is not damaged: %s", async (backend) => {
    const path = freshPath();
    const output = await Output.create(grid, path, { variables: { psi: {}, rho: { dtype: "f32" } }, backend });
    const copy = `${path}.copy`;
    fs.copyFileSync(`${path}.part`, copy);
    await output.close();
    const file = await Output.open(copy);
    expect([file.times.length, file.variables, file.shape]).toEqual([0, ["psi", "rho"], [60, 50]]);
    file.close();
    const error = `file "${copy}": expected a file with frames, got none. Run it again from the start.`;
    await expect(Output.append(grid, copy)).rejects.toThrow(new FileError(error, copy));
  });
});

describe("a damaged file", () => {
  it("is read as far as it is whole", async () => {
    // One byte of the list of scales of a variable is another; HDF5 does not come back from reading it.
    const file = await Output.open(join(root, "test/reference/damaged-list.h5"));
    expect([file.times.length, file.variables]).toEqual([6, ["h", "qx", "qy", "u", "v"]]);
    file.close();
  });

  it("does not stand in the way of a whole one under the same name", async () => {
    const path = await written(3, "gather");
    const whole = fs.readFileSync(path);
    const damaged = Buffer.from(whole);
    damaged.fill(0xff, 100, 4000);
    fs.writeFileSync(path, damaged);
    await expect(Output.open(path)).rejects.toThrow(
      /^file ".*": expected a whole HDF5 file, got ".*"\. The file is damaged/,
    );
    fs.writeFileSync(path, whole);
    expect(await checkFrames(path)).toBe(3);
    const output = await Output.append(grid, path);
    writeFrames(output, 3, 4);
    await output.close();
    expect(await checkFrames(path)).toBe(4);
  });
});
