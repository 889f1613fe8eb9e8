/** `wasm-mpi bench` on ranks, and bench/calls.mjs: beside which peers, and what is said of a missing one. No time is judged. */
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { findPeers, type Peer, runPeer } from "../../src/cli/bench/peers.js";
import type { Report } from "../../src/cli/bench/report.js";
import { installHint } from "../../src/mpi/library/launcher.js";
import { expectSane, figures, isPicture, noFolder, nothingToDraw, notPng } from "../harness/bench.js";
import { documentOf, temporaryFolder } from "../harness/command.js";
import { isFull } from "../harness/effort.js";
import { eachLibrary, inJob, isLast, launched, runRanks, turnsOf } from "../harness/launch.js";
import { wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
const posix = process.platform !== "win32";
/** A run starts a job for each probe, program and round; ranks that share a core with other work take long. */
const timeoutMs = 170_000;
const patient = { timeout: 180_000 };

describe.each(launched)("bench --json on $title", ({ name: library, title, launcher }) => {
  const env = { WASM_MPI_LAUNCHER: launcher.path };
  /** For what hardly depends on the library. */
  const isTried = isLast(library);
  const messages = ["--sizes", "8,1KiB"];
  const sizes = [8, 1024];

  const kinds = [
    { kind: "ring", ranks: 3, rounds: 1 },
    { kind: "pingpong", ranks: 2, rounds: isFull ? 2 : 1 },
    { kind: "allreduce", ranks: 2, rounds: 1 },
  ];
  // allreduce is timed below as well, beside a peer that is made up.
  it.each(turnsOf(isFull ? kinds : kinds.slice(0, 2), library))(
    "times $kind of $ranks ranks, beside the peers that are there",
    patient,
    async ({ kind, ranks, rounds }) => {
      const options = ["-n", String(ranks), "--rounds", String(rounds), ...messages];
      const result = await wasmMpi(["bench", kind, ...options, "--json"], { env, timeoutMs });
      const report = documentOf<Report>(result);
      expectSane(report, kind, ranks, sizes, rounds);
      expect(report.mpi.version).toMatch(new RegExp(`^${title} \\d`));
      expect(result.stderr).toBe("");
    },
  );

  it.runIf(isFull || isTried)("times pi, on 1 rank where Numba is missing", patient, async () => {
    const modules = join(folder, `modules-${library}`);
    mkdirSync(modules);
    writeFileSync(join(modules, "numba.py"), "raise ModuleNotFoundError(\"No module named 'numba'\")\n");
    const without = { PYTHONPATH: modules, PYTHONDONTWRITEBYTECODE: "1" };
    for (const ranks of isFull ? [1, 2] : [1]) {
      const result = await wasmMpi(["bench", "pi", "-n", String(ranks), "--rounds", "1", "--json"], {
        env: { ...env, ...(ranks === 1 ? without : {}) },
        timeoutMs,
      });
      const report = documentOf<Report>(result);
      expectSane(report, "pi", ranks, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 1);
      expect(report.mpi.version).toMatch(new RegExp(`^${title} \\d`));
      expect([report.plot, result.stderr]).toEqual([null, ""]);
      if (ranks === 1) expect(report.missing.numba).toMatch(/^no python3 was found$|\S has no numba$/);
      if (report.programs.numba) expect(report.programs.numba).toMatch(/^numba [\d.]+\S*, mpi4py [\d.]+\S* of \S/);
    }
  });

  it.runIf(isTried)("times wasm-mpi alone in a job of the reader's, and says so", async () => {
    const args = ["bench", "ring", "--rounds", "2", ...messages];
    const report = documentOf<Report>(await inJob({ library, ranks: 3 }, [...args, "--json"]));
    expectSane(report, "ring", 3, sizes, 2);
    const why = "a job that mpiexec started runs wasm-mpi alone, wasm-mpi bench by itself also the peers";
    expect(report.missing).toEqual({ c: why, python: why });
    const { code, stdout, transcript } = await inJob({ library, ranks: 3 }, args);
    expect(code, transcript).toBe(0);
    expect(stdout.split("\n").slice(1, 3)).toEqual([`no C: ${why}`, `no Python: ${why}`]);
  });

  it.runIf(isTried)(
    "draws no picture of wasm-mpi alone, but of frames and plain writes, and refuses other files once",
    async () => {
      const messages = await inJob({ library, ranks: 2 }, ["bench", "pi", "--plot", join(folder, "alone.png")]);
      expect(messages.code, messages.transcript).toBe(2);
      const why = "a job that mpiexec started runs wasm-mpi alone, wasm-mpi bench by itself also the peers";
      expect(messages.stderr.match(/^wasm-mpi.*$/gm)).toEqual([`wasm-mpi bench: ${nothingToDraw(why)}`]);
      const frames = ["bench", "io", "--rounds", "1", "--sizes", "16", "--plot"];
      const picture = join(folder, `job-${library}.png`);
      const report = documentOf<Report>(await inJob({ library, ranks: 2 }, [...frames, picture, "--json"]));
      expect([report.plot, isPicture(picture)]).toEqual([picture, true]);
      const refused = await inJob({ library, ranks: 2 }, [...frames, "x.jpg"]);
      expect(refused.code, refused.transcript).toBe(2);
      expect(refused.stderr.match(/^wasm-mpi.*$/gm)).toEqual([`wasm-mpi bench: ${notPng}`]);
    },
  );

  it("times frames of a file and plain writes in turn, and removes what it wrote", patient, async () => {
    const place = join(folder, `frames-${library}`);
    mkdirSync(place);
    const runs = [
      { ranks: 2, options: [], backend: "posix" },
      { ranks: 2, options: ["--backend", "mpiio"], backend: "mpiio" },
      { ranks: 1, options: [], backend: "posix" },
    ];
    for (const { ranks, options, backend } of turnsOf(isFull ? runs : runs.slice(0, 2), library)) {
      const args = ["io", "-n", String(ranks), "--rounds", "1", "--sizes", "16,33", "--folder", place, ...options];
      const result = await wasmMpi(["bench", ...args, "--json"], { env, timeoutMs });
      const report = documentOf<Report>(result);
      expectSane(report, "io", ranks, [16, 33], 1);
      expect([report.folder, report.backend]).toEqual([place, backend]);
      expect(report.mpi.version).toMatch(new RegExp(`^${title} \\d`));
      expect(Object.keys(report.programs)).toContain("plain");
      expect([result.stderr, readdirSync(place)]).toEqual(["", []]);
    }
  });

  it.runIf(isTried)("times frames of a file in a job of the reader's, and says what is missing", async () => {
    const env = { TMPDIR: join(folder, `job-${library}`) };
    mkdirSync(env.TMPDIR);
    const args = ["bench", "io", "--rounds", "1", "--sizes", "16"];
    const result = await inJob({ library, ranks: 3 }, [...args, "--json"], { env });
    const report = documentOf<Report>(result);
    expectSane(report, "io", 3, [16], 1);
    const why = "a job that mpiexec started runs wasm-mpi alone, wasm-mpi bench by itself also the peers";
    expect([report.folder, report.missing]).toEqual([env.TMPDIR, { python: why }]);
    expect(readdirSync(env.TMPDIR).filter((name) => name.startsWith("wasm-mpi"))).toEqual([]);
  });

  it.runIf(isTried)("says in a job once that files cannot be made", async () => {
    const result = await inJob({ library, ranks: 2 }, ["bench", "io", "--sizes", "16", "--folder", "/nowhere/at/all"]);
    expect(result.code, result.transcript).toBe(1);
    expect(result.stderr.match(/^wasm-mpi.*$/gm)).toEqual([`wasm-mpi bench: ${noFolder}`]);
  });

  it.runIf(isTried)("refuses another number of ranks than the job's, once", async () => {
    for (const [ranks, args, text] of [
      [3, "ring -n 2", '"--ranks" expected 3, the ranks of this job, got 2. Leave it out under a launcher.'],
      [3, "pingpong", '"pingpong" expected 2 ranks, got 3. Start it on 2, or take ring.'],
      [1, "allreduce", '"allreduce" expected at least 2 ranks, got 1. Start it on 2.'],
    ] as const) {
      const result = await inJob({ library, ranks }, ["bench", ...args.split(" ")]);
      expect(result.code, result.transcript).toBe(2);
      expect(result.stderr.match(/^wasm-mpi.*$/gm)).toEqual([`wasm-mpi bench: ${text}`]);
    }
  });

  it.runIf(posix && isTried)("says why a peer is missing", patient, async () => {
    // A launcher beside which, and a search path in which, there is nothing else; Python has a second place.
    const place = join(folder, library);
    mkdirSync(place);
    const write = (name: string, text: string) => {
      writeFileSync(join(place, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(place, name), 0o755);
      return join(place, name);
    };
    const mpiexec = write(`mpiexec.${library}`, `PATH="${process.env.PATH}" exec "${launcher.path}" "$@"`);
    vi.stubEnv("PATH", place);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const here = { launcher: { ...launcher, path: mpiexec }, ranks: 2, patience: 30 };
    const missing = async () => (await findPeers("allreduce", here, place)).missing.c;
    expect(await missing()).toBe(`no mpicc of ${title} was found`);

    const mpicc = write("mpicc", "echo 'cc: error: no such thing' >&2\nexit 1");
    expect(await missing()).toBe(`${mpicc} failed: cc: error: no such thing`);

    const program = write("program", "echo ranks 1"); // Alone in each process, as one of another MPI is.
    write("mpicc", `/bin/cp "${program}" "$4"`);
    expect(await missing()).toBe(`a program of ${mpicc} is of another MPI than ${mpiexec}`);
  });

  it.runIf(posix && isTried)(
    "draws a picture of what it compares, and says so when that is nothing",
    patient,
    async () => {
      const place = join(folder, `plot-${library}`);
      mkdirSync(place);
      const write = (name: string, text: string) => {
        writeFileSync(join(place, name), text);
        chmodSync(join(place, name), 0o755);
        return join(place, name);
      };
      // A Python without mpi4py, wherever it is, and C programs that print times, or fail once they have to.
      write("mpi4py.py", "raise ModuleNotFoundError(\"No module named 'mpi4py'\")\n");
      const mpiexec = write(
        `mpiexec.${library}`,
        `#!/bin/sh\nPATH="${process.env.PATH}" exec "${launcher.path}" "$@"\n`,
      );
      write("mpicc", `#!/bin/sh\n/bin/cp "${place}/program" "$4"\n`);
      const env = { PATH: place, WASM_MPI_LAUNCHER: mpiexec, PYTHONPATH: place, PYTHONDONTWRITEBYTECODE: "1" };
      const first = '[ "$OMPI_COMM_WORLD_RANK$PMI_RANK" = 0 ] || exit 0';
      const counts = `#!/bin/sh\n${first}\n[ "$1" = ranks ] && { echo ranks 2; exit 0; }\n`;
      const args = ["bench", "allreduce", "--rounds", "1", "--sizes", "8", "--plot"];

      write("program", `${counts}echo 8 1 1 1 1 1 1 1 1 1 1\n`);
      const picture = join(folder, `compared-${library}.png`);
      const { stdout } = await wasmMpi([...args, picture], { env, timeoutMs });
      expect(stdout).toContain(`\nC: ${join(place, "mpicc")} -O3\n`);
      expect(stdout.split("\n\n").at(-1)).toBe(`picture: ${picture}\n`);
      expect(isPicture(picture)).toBe(true);

      // Found out after the first round: the figures are printed all the same.
      const none = join(folder, `none-${library}.png`);
      write("program", `${counts}echo messages: broken >&2\nexit 3\n`);
      const late = await wasmMpi([...args, none, "--json"], { env, timeoutMs });
      const alone = JSON.parse(late.stdout) as Report;
      expectSane(alone, "allreduce", 2, [8], 1);
      const reasons = (...parts: string[]) => `wasm-mpi bench: ${nothingToDraw(parts.join("; "))}\n`;
      const python = `no Python: ${alone.missing.python}`;
      expect(alone.missing.c).toBe(`${join(place, "mpicc")} -O3: exit code 3 (messages: broken)`);
      expect(alone.missing.python).toMatch(/^no python3 was found$|has no mpi4py$/);
      expect([late.code, late.stderr, alone.plot]).toEqual([2, reasons(python, `no C: ${alone.missing.c}`), null]);

      // Found out before.
      write("mpicc", "#!/bin/sh\necho broken >&2\nexit 1\n");
      const early = await wasmMpi([...args, none], { env, timeoutMs });
      expect([early.code, early.stdout]).toEqual([2, ""]);
      expect(early.stderr).toBe(reasons(`no C: ${join(place, "mpicc")} failed: broken`, python));
      expect(existsSync(none)).toBe(false);
    },
  );

  it("ends a job that does not end, or fails, or prints no times", async () => {
    const loads = [{ size: 8, count: 4 }];
    const run = (code: string, patience: number) => {
      const peer: Peer = { name: "c", program: "test", words: [process.execPath, "-e", code] };
      return runPeer(peer, { launcher, ranks: 2, patience }, "ring", loads);
    };
    if (isFull || !isTried || launched.length === 1)
      expect(await run("setInterval(() => {}, 1000)", 1)).toBe("no end within 1 s");
    if (!isTried) return;
    expect(await run("console.error('messages: broken'); process.exit(3)", 30)).toBe("exit code 3 (messages: broken)");
    expect(await run("console.log('hello')", 30)).toBe("something else than times (hello)");
    expect(await run("console.log('8 1 2')", 30)).toBe("something else than times (8 1 2)");
  });
});

it.skipIf(!launched.some(({ name }) => name === "mpich"))("names the launcher that 1 rank needs", async () => {
  // A library of MPICH, beside a launcher that is another's by its name.
  const foreign = join(folder, "mpiexec.openmpi-1");
  writeFileSync(foreign, "");
  chmodSync(foreign, 0o755);
  const env = { WASM_MPI_LIBRARY: "mpich", WASM_MPI_LAUNCHER: foreign };
  const { code, stdout, stderr } = await wasmMpi(["bench", "io", "-n", "1"], { env });
  const text = `launch: 1 rank expected a launcher of MPICH, got WASM_MPI_LAUNCHER=${foreign}. Install one: ${installHint()}; or name it in WASM_MPI_LAUNCHER.`;
  expect([code, stdout, stderr]).toEqual([1, "", `wasm-mpi bench: ${text}\n`]);
});

describe("bench/calls.mjs", () => {
  eachLibrary([1], (job) => {
    it.runIf(isFull || launched.length === 0 || isLast(job.library))(
      "times calls inside compiled code beside those of the library, and what an argument takes",
      async () => {
        const { code, stdout, transcript } = await runRanks({ ...job, program: "../../bench/calls.mjs", args: ["1"] });
        expect(code, transcript).toBe(0);
        expect(stdout).toMatch(/: ns a call {5}direct {2}inside {3}more\n {2}barriers/);
        expect(stdout).toMatch(/\nns a call of abs\(\) {4}koffi: 32 bits {2}addresses {3}trampoline\n {2}1 arguments/);
        // Trampolines are those of some processors.
        expect(figures(stdout)).toHaveLength(18 + (/ -$/m.test(stdout) ? 8 : 12));
      },
    );
  });
});
