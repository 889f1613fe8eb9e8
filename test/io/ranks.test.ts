/** Files that all ranks write. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { FileError } from "../../src/errors.js";
import { Grid } from "../../src/grid/grid.js";
import { Output } from "../../src/io/output.js";
import { SnapshotReader } from "../../src/io/reader.js";
import { documentOf, temporaryFolder } from "../harness/command.js";
import { compareFiles } from "../harness/difference.js";
import { isFull } from "../harness/effort.js";
import { ranksWith } from "../harness/killed.js";
import {
  eachLibrary,
  inJob,
  isLast,
  type LibraryName,
  launched,
  launchedLast,
  runRanks,
  turnsOf,
} from "../harness/launch.js";
import { root, runNode, wasmMpi } from "../harness/process.js";
import { solo } from "../harness/run.js";

const folder = temporaryFolder();
let count = 0;
const freshFolder = () => {
  const path = join(folder, String(count++));
  mkdirSync(path);
  return path;
};

const numberOf = (frame: number, variable: number, [i, j, k]: readonly number[]) =>
  4096 * frame + 512 * variable + 131 * i! + 17 * j! + k!;

describe("a file of several variables, types and frames", () => {
  // On one rank as well in the full tests: there is one split, as in the tests of files without ranks.
  eachLibrary(isFull || launched.length === 0 ? [1, 2, 3, 4] : [2, 3, 4], (job) => {
    it("has every value of every split in its place, and is continued on another split", {
      timeout: 120_000,
    }, async () => {
      const path = freshFolder();
      const result = await runRanks({ ...job, program: "output-frames.mjs", args: [path], timeoutMs: 110_000 });
      expect(result.code, result.transcript).toBe(0);
      const files = readdirSync(path);
      expect(result.stdout).toBe(`${files.length} files\n`);
      for (const file of files) {
        const reader = await SnapshotReader.open(join(path, file));
        expect([...reader.times]).toEqual([0, 0.25, 0.5, 0.75, 1, 1.25]);
        const { shape } = reader;
        const indices = (cell: number) => {
          const index = [0, 0, 0];
          for (let axis = shape.length - 1, rest = cell; axis >= 0; axis--) {
            index[axis] = rest % shape[axis]!;
            rest = Math.floor(rest / shape[axis]!);
          }
          return index;
        };
        for (const [variable, name] of ["psi", "rho", "theta"].entries()) {
          for (const frame of [0, 2, 5]) {
            const values = reader.read(name, frame);
            const wrong = values.findIndex((value, cell) => value !== numberOf(frame, variable, indices(cell)));
            expect(wrong, `${file}: ${name} in frame ${frame}, cell ${wrong}`).toBe(-1);
          }
        }
        reader.close();
      }
    });
  });
});

const divided = launchedLast.flatMap(({ name, title: library }) =>
  [
    { shape: "61", split: "3", title: "3" },
    { shape: "61,47", split: "1,3", title: "1 x 3" },
    { shape: "23,19,17", split: "3,1,1", title: "3 x 1 x 1" },
  ].map((row) => ({ ...row, name, library })),
);
it.each(divided)(
  "the file of 3 ranks of $library is that of 1 rank, and the picture shows their blocks: $shape cells",
  async ({ name, shape, split, title }) => {
    const home = freshFolder();
    const args = `advect gaussian --shape ${shape} --steps 4 --every 2`.split(" ");
    const run = (ranks: number) => {
      const [path, picture] = [join(home, `${ranks}.h5`), join(home, `${ranks}.png`)];
      return { path, picture, words: [...args, "--output", path, "--plot", picture, "--json"] };
    };
    const [alone, several] = [run(1), run(3)];
    documentOf(await wasmMpi(alone.words));
    documentOf(await inJob({ library: name, ranks: 3 }, [...several.words, "--split", split]));
    const contentsOf = async (path: string) => {
      const reader = await SnapshotReader.open(path);
      const figures = [0, 1, 2].map((frame) => ({ ...reader.diagnostics(frame), walltime: 0 }));
      reader.close();
      return { coordinates: reader.coordinates, figures, decomposition: reader.attributes.decomposition };
    };
    expect(await compareFiles(alone.path, several.path)).toEqual({ frames: 3, differingCells: 0, maxDifference: 0 });
    expect(await contentsOf(several.path)).toEqual({ ...(await contentsOf(alone.path)), decomposition: title });
    expect(readFileSync(several.picture).equals(readFileSync(alone.picture))).toBe(false);
  },
);

describe.each(launchedLast)("a restart in a job of $title", ({ name: library }) => {
  it("that is refused is so in the words of one rank, once, and leaves the file as it is", async () => {
    const path = join(freshFolder(), "whole.h5");
    const scheme = "advect gaussian --shape 11 --courant 0.5 --steps 4 --every 2 --output".split(" ");
    documentOf(await wasmMpi([...scheme, path, "--json"]));
    const before = readFileSync(path);
    const wrong = [["--steps", "3"], ["--shape", "12"], ["--backend", "gather"], ["--overwrite"]];
    // How they are said in a job hardly depends on what is wrong.
    for (const options of isFull ? wrong : wrong.slice(0, 2)) {
      const args = ["advect", "--restart", path, ...options];
      const [alone, result] = [await wasmMpi(args), await inJob({ library, ranks: 3 }, args)];
      expect([result.code, result.stdout], result.transcript).toEqual([alone.code, ""]);
      expect(alone.code, alone.transcript).toBe(2);
      const lines = result.stderr.split("\n").filter((line) => line.includes("expected"));
      expect(lines, result.transcript).toEqual([alone.stderr.trim()]);
    }
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("goes on in a new file, with the bits of one rank", async () => {
    const home = freshFolder();
    const [path, next] = [join(home, "first.h5"), join(home, "next.h5")];
    const words = "advect drop --shape 24,20 --json --steps".split(" ");
    const expected = documentOf<{ digest: string }>(await wasmMpi([...words, "9"]));
    documentOf(await wasmMpi([...words, "4", "--output", path, "--backend", "gather"]));
    const args = ["advect", "--restart", path, "--output", next, "--steps", "9", "--split", "1,3", "--json"];
    const report = documentOf<{ digest: string; startStep: number }>(await inJob({ library, ranks: 3 }, args));
    expect(report).toMatchObject({ digest: expected.digest, startStep: 4, file: next });
  });
});

const linux = process.platform === "linux";

/** What other programs say of a file that they can open; those that are not here are left out. */
function openElsewhere(path: string): void {
  const python = "/usr/bin/python3";
  const script = `import h5py; f = h5py.File("${path}"); n = f["time"].shape[0]; assert f["psi"].shape[0] >= n; print(f["psi"][n - 1].sum())`;
  const programs: [string, ...string[]][] = [
    ["h5dump", "-d", "/psi", "-s", "0,0,0", "-c", "1,2,2", path],
    ["ncdump", "-h", path],
    ...(spawnSync(python, ["-c", "import h5py"]).status === 0 ? [[python, "-c", script] as [string, ...string[]]] : []),
  ];
  for (const [program, ...args] of programs) {
    const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
    if (error === undefined) expect([status, stderr], `${program} ${args.join(" ")}`).toEqual([0, ""]);
  }
}

/** Frames that count. */
async function framesOf(path: string): Promise<number> {
  const reader = await SnapshotReader.open(path);
  const { length } = reader.times;
  reader.close();
  return length;
}

describe.skipIf(!linux || launched.length === 0)("a run that is killed", () => {
  const scheme = "gaussian --shape 61,47 --iterations 3 --nonoscillatory --every 1".split(" ");
  const steps = isFull ? 400 : 150;
  const total = ["--steps", String(steps)];
  const cases = launched.flatMap(({ name, title }) => {
    // Through mpiio, posix, gather, beside the run and compressed, killing each of the ranks.
    return (isFull ? Array.from({ length: 20 }, (_, run) => run) : turnsOf([1, 2], name)).map((run) => ({
      library: name,
      title,
      run,
    }));
  });
  let reference: { path: string; digest: string } | undefined;

  it.each(cases)("leaves whole frames, and is continued to the same bits: $title, $run", async ({ library, run }) => {
    if (!reference) {
      const path = join(freshFolder(), "reference.h5");
      const report = documentOf<{ digest: string }>(
        await wasmMpi(["advect", ...scheme, ...total, "--output", path, "--json"]),
      );
      reference = { path, digest: report.digest };
    }
    const path = join(freshFolder(), "killed.h5");
    const backend = ["posix", "mpiio", "beside", "gather", "gzip"][run % 5]!;
    const hows: Record<string, string[]> = { beside: ["--output-beside", "on"], gzip: ["--gzip", "1"] };
    const how = hows[backend] ?? ["--backend", backend];
    const endless = ["advect", ...scheme, "--steps", "100000", "--output", path, ...how];
    const job = inJob({ library, ranks: 3 }, endless, { isApart: true });
    for (const begin = Date.now(); !existsSync(path) && Date.now() - begin < 20_000; ) await sleep(5);
    await sleep(0.75 * steps * Math.random());
    // The command that started the ranks has the same arguments; it is the first, and no Node.
    const ranks = ranksWith(path);
    expect(ranks).toHaveLength(3);
    const counted = backend === "gather" ? 1 : await framesOf(path);
    process.kill(ranks[run % 3]!, "SIGKILL");
    const result = await job;
    expect(result.code, result.transcript).not.toBe(0);
    // The launcher may end a moment before the last rank, longer on a busy machine.
    await expect.poll(() => ranksWith(path), { timeout: 10_000 }).toEqual([]);

    openElsewhere(path);
    const frames = await framesOf(path);
    expect(frames).toBeGreaterThanOrEqual(counted);
    expect(counted).toBeGreaterThan(0);
    // On another number of ranks, as far as the reference or a little further than the file goes.
    const ranksAfter = 1 + ((run + 1) % 4);
    const target = Math.max(steps, frames + 5);
    const restart = ["advect", "--restart", path, "--steps", String(target), "--json"];
    const resumed = ranksAfter === 1 ? await wasmMpi(restart) : await inJob({ library, ranks: ranksAfter }, restart);
    const report = documentOf<{ startStep: number; digest: string }>(resumed);
    expect(report.startStep).toBe(frames - 1);
    let expected = reference.path;
    if (target > steps) {
      expected = join(freshFolder(), "longer.h5");
      documentOf(await wasmMpi(["advect", ...scheme, "--steps", String(target), "--output", expected, "--json"]));
    } else expect(report.digest).toBe(reference.digest);
    expect(await compareFiles(expected, path)).toEqual({ frames: target + 1, differingCells: 0, maxDifference: 0 });
  });
});

describe.skipIf(launched.length === 0)("a file of 3 ranks", () => {
  const scheme = "gaussian --shape 31,29,11 --courant 0.3,0.2,-0.1 --iterations 2 --third-order --every 2".split(" ");
  it.each(launchedLast)("is continued on other ranks of $title to the same bits, on any split", async ({ name }) => {
    const home = freshFolder();
    const reference = join(home, "reference.h5");
    const whole = documentOf<{ digest: string }>(
      await wasmMpi(["advect", ...scheme, "--steps", "17", "--output", reference, "--json"]),
    );
    const splits = isFull ? ["1,1,1", "1,1,2", "3,1,1", "2,2,1", "1,3,1"] : ["2,2,1"];
    for (const [index, split] of splits.entries()) {
      const path = join(home, `${index}.h5`);
      const first = ["advect", ...scheme, "--steps", "8", "--split", "1,3,1", "--output", path, "--json"];
      documentOf(await inJob({ library: name, ranks: 3 }, first));
      const ranks = split.split(",").reduce((product, blocks) => product * Number(blocks), 1);
      const restart = ["advect", "--restart", path, "--steps", "17", "--split", split, "--json"];
      const report = documentOf<{ digest: string; startStep: number; steps: number; ranks: number; file: string }>(
        await inJob({ library: name, ranks }, restart),
      );
      expect(report).toMatchObject({ digest: whole.digest, startStep: 8, steps: 17, ranks, file: path });
      expect(await compareFiles(reference, path)).toEqual({ frames: 10, differingCells: 0, maxDifference: 0 });
    }
  });

  it("opens as netCDF-4, with its dimensions, coordinates and units", async ({ skip }) => {
    skip(spawnSync("ncdump", []).error !== undefined, "ncdump is not on PATH");
    const path = join(freshFolder(), "netcdf.h5");
    const cone = "advect cone --shape 7,5 --dtype f32 --steps 2 --every 1 --json --output".split(" ");
    documentOf(await inJob({ library: launchedLast[0]!.name, ranks: 3 }, [...cone, path]));
    const dump = (...args: string[]) => {
      const { status, stdout, stderr } = spawnSync("ncdump", [...args, path], { encoding: "utf8" });
      expect([status, stderr]).toEqual([0, ""]);
      return stdout.replace(/\s+/g, " ");
    };
    const header = dump("-h");
    for (const line of [
      ...["time = 3 ;", "x = 7 ;", "y = 5 ;", "double time(time) ;", "double x(x) ;", "float psi(time, x, y) ;"],
      ...['psi:units = "1" ;', "psi:_FillValue = NaNf ;", 'x:axis = "X" ;', 'time:units = "1" ;'],
      ...["double min(time) ;", "double walltime(time) ;", 'walltime:units = "s" ;', ':Conventions = "CF-1.11" ;'],
    ]) {
      expect(header).toContain(line);
    }
    // The time step is a tenth of a cell of 100 / 6.
    expect(dump("-v", "time")).toContain(`time = 0, ${((100 / 6) * 0.1).toPrecision(15)}, `);
    expect(dump("-v", "y")).toContain("y = 0, 25, 50, 75, 100 ;");
  });
});

describe("a reader that looks on", () => {
  eachLibrary(isFull ? [3] : [2, 3], (job) => {
    // The thread beside a run writes as posix does.
    it.each(turnsOf(["mpiio", "beside", "gather", ...(isFull ? ["posix"] : [])], job.library))(
      "sees whole frames only, through %s",
      async (backend) => {
        const path = join(freshFolder(), "watched.h5");
        const writing = runRanks({
          ...job,
          program: "output-watched.mjs",
          args: [path, "1500", backend],
        });
        let isOver = false;
        void writing.finally(() => {
          isOver = true;
        });
        let [looks, most] = [0, 0];
        const least = backend === "gather" ? 1 : 6;
        while (!isOver) {
          await sleep(1);
          if (!existsSync(path)) continue;
          let reader: SnapshotReader;
          try {
            reader = await SnapshotReader.open(path);
          } catch (error) {
            // HDF5 refuses a file whose headers change while it opens it.
            if (isOver) throw error;
            continue;
          }
          try {
            const frames = reader.times.length;
            expect(frames).toBeGreaterThanOrEqual(most);
            most = frames;
            if (frames === 0) continue;
            for (const frame of new Set([0, frames - 1, Math.floor(frames * Math.random())])) {
              for (const [name, sign] of [
                ["psi", 1],
                ["rho", -1],
              ] as const) {
                const values = reader.read(name, frame);
                const wrong = values.findIndex((value, cell) => value !== sign * (frame + cell / 1024));
                if (wrong >= 0)
                  expect.fail(`${name} of frame ${frame} of ${frames}: cell ${wrong} is ${values[wrong]}`);
              }
            }
            if (++looks === least) writeFileSync(`${path}.seen`, "");
          } catch (error) {
            // HDF5's own lists of chunks may be ahead of the rest of a file that was opened before.
            if (backend !== "gather" || !(error instanceof FileError)) throw error;
          } finally {
            reader.close();
          }
        }
        const result = await writing;
        expect(result.code, result.transcript).toBe(0);
        expect(looks).toBeGreaterThanOrEqual(least);
        // In another process: where reading failed, HDF5 keeps the file as it was then.
        const { times } = documentOf<{ times: number[] }>(await wasmMpi(["view", path, "--json"]));
        expect(times).toHaveLength(Number(result.stdout));
      },
    );
  });
});

describe.skipIf(!linux)("a file above 4 GiB", () => {
  const wants = (library: LibraryName, ranks: number) => {
    // Posix hardly depends on the library.
    const backends = library === "solo" ? ["posix"] : isFull && isLast(library) ? ["mpiio", "posix"] : ["mpiio"];
    return backends.map((backend, index) => ({ backend, split: index === 0 ? `1,${ranks}` : `${ranks},1` }));
  };
  eachLibrary(isFull ? [1, 3] : [1, 2, 3], (job) => {
    it.each(wants(job.library, job.ranks))(
      "has values behind its holes: $backend, $split",
      async ({ backend, split }) => {
        const path = join(freshFolder(), "large.h5");
        const result = await runRanks({
          ...job,
          program: "output-large.mjs",
          args: [path, backend, split],
          timeoutMs: 60_000,
        });
        expect(result.code, result.transcript).toBe(0);
        // Less than a block of 1 / 3 of a frame, and far less than the two frames of 8 MiB that go to the file.
        if (backend === "posix") expect(Number(result.stdout)).toBeLessThan(8 * 2 ** 20);
        const { size, blocks } = statSync(path);
        expect(size).toBeGreaterThan(5.8e9);
        expect(blocks * 512).toBeLessThan(60e6);
        const reader = await SnapshotReader.open(path);
        const [psi, rho] = [reader.read("psi", 2), reader.read("rho", 2)];
        for (const cell of [0, 1024, 341 * 1024 + 341, 1024 * 1024 - 1]) {
          const expected = 2000 * (Math.floor(cell / 1024) + 0.5) + (cell % 1024) + 0.5;
          expect([psi[cell], rho[cell]]).toEqual([expected, -expected]);
        }
        reader.close();
        if (spawnSync("h5dump", ["--version"]).error === undefined) {
          const dump = spawnSync("h5dump", ["-d", "/rho", "-s", "2,1023,1022", "-c", "1,1,2", path], {
            encoding: "utf8",
          });
          expect(dump.stdout).toContain("(2,1023,1022): -2.04802e+06, -2.04802e+06");
        }
        rmSync(path);
      },
    );
  });
});

describe.skipIf(process.platform === "win32")("when the disk takes no more", () => {
  let whole: string | undefined;
  it.each([
    { title: "1 rank", env: {}, ranks: 1 },
    ...launchedLast.map(({ title, launcher }) => ({
      title: `3 ranks of ${title}`,
      env: { WASM_MPI_LAUNCHER: launcher.path },
      ranks: 3,
    })),
  ])("$title end in one line, and the frames before it are whole", async ({ env, ranks }) => {
    const path = join(freshFolder(), "limited.h5");
    const args = `advect --shape 1000,1000 --steps 9 --every 1 -n ${ranks} --output ${path}`.split(" ");
    // Some 10 or 20 MB, by the unit of the shell; less is too little for the shared memory of MPI.
    const result = await runNode([join(root, "test/ranks/output-limited.mjs"), "20000", ...args], { env });
    expect(result.code, result.transcript).toBe(1);
    const line =
      /^wasm-mpi advect: file "(.*)": expected room for frame (\d) \((\d+) bytes\), got "(.*)"( on rank \d)?\. (.*)$/m;
    const [, file, frame, byteLength, reason, , todo] = line.exec(result.stderr) ?? [];
    expect([file, byteLength, reason, todo], result.transcript).toEqual([
      path,
      "8000000",
      "EFBIG: file too large",
      "The frames before it are whole. Make room for 8000000 bytes, then continue the file.",
    ]);
    expect(result.stderr.match(/^wasm-mpi/gm), result.transcript).toHaveLength(1);
    const reader = await SnapshotReader.open(path);
    expect(reader.times.length).toBe(Number(frame));
    expect(reader.read("psi", -1)).toHaveLength(1e6);
    reader.close();
    if (ranks > 1 && !isFull) return; // Such files of several ranks are continued below and above.
    const restart = ["advect", "--restart", path, "--json"];
    const { digest } = documentOf<{ digest: string }>(await wasmMpi(restart));
    whole ??= documentOf<{ digest: string }>(
      await wasmMpi("advect --shape 1000,1000 --steps 9 --json".split(" ")),
    ).digest;
    expect(digest).toBe(whole);
  });
});

/** Whether this user may mount a file system. */
const mayMount = (() => {
  if (!linux || process.getuid?.() !== 0) return false;
  const path = freshFolder();
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", path]);
  if (status === 0) spawnSync("umount", [path]);
  return status === 0;
})();

describe.skipIf(!mayMount)("a disk that gets full", () => {
  eachLibrary(isFull ? [1, 3] : [1, 2, 3], (job) => {
    const backends = (() => {
      if (isFull) return [...(job.library === "solo" ? [] : ["mpiio"]), "posix", "gather", "beside", "gzip"];
      return job.library === "solo" ? ["beside"] : ["mpiio", ...turnsOf(["posix", "gather"], job.library)];
    })();
    it.each(backends)("keeps the frames before, tells every rank, and takes more later: %s", async (backend) => {
      const disk = freshFolder();
      expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=5m", "tmpfs", disk]).status).toBe(0);
      try {
        const path = join(disk, "full.h5");
        const result = await runRanks({ ...job, program: "output-full.mjs", args: [path, backend] });
        expect(result.code, result.transcript).toBe(0);
        const texts = JSON.parse(result.stdout) as string[];
        expect(texts).toHaveLength(job.ranks);
        expect(new Set(texts).size).toBe(1);
        expect(texts[0]).toContain(`FileError: file "${path}": expected `);
        const whole = "The frames before it are whole. ";
        expect(texts[0]).toContain(whole);
        if (backend === "mpiio") expect(texts[0]).toMatch(/got "MPI_ERR_(IO|NO_SPACE): [^"]+ \(\d+ bytes free\)"/);
        if (["posix", "beside", "gzip"].includes(backend)) {
          const [text] = texts.map((message) =>
            message.replace(/frame \d+/, "frame N").replace(/ on rank \d/, " on rank N"),
          );
          const where = job.ranks > 1 ? " on rank N" : "";
          expect(text).toBe(
            `FileError: file "${path}": expected room for frame N (1048576 bytes), got "ENOSPC: no space left on device"${where}. ${whole}Make room for 1048576 bytes, then continue the file.`,
          );
        }
        const reader = await SnapshotReader.open(path);
        const frames = reader.times.length;
        expect(frames).toBeGreaterThan(1);
        for (let frame = 0; frame < frames; frame++) {
          const wrong = reader.read("psi", frame).findIndex((value, cell) => {
            return value !== 1000 * (Math.floor(cell / 512) + 0.5) + (cell % 512) + 0.5;
          });
          expect(wrong).toBe(-1);
        }
        reader.close();

        expect(spawnSync("mount", ["-o", "remount,size=20m", disk]).status).toBe(0);
        const grid = new Grid(solo(), { shape: [256, 512] });
        const psi = grid.field();
        const output = await Output.append(grid, path);
        await output.read("psi", -1, psi);
        for (let frame = 0; frame < 3; frame++) await output.write(frames + frame, { psi });
        await output.close();
        const again = await SnapshotReader.open(path);
        expect(again.times).toEqual(Float64Array.from({ length: frames + 3 }, (_, frame) => frame));
        expect(again.read("psi", -1)).toEqual(again.read("psi", 0));
        again.close();
      } finally {
        spawnSync("umount", [disk]);
      }
    });
  });
});
