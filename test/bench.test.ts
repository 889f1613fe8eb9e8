/** `wasm-mpi bench`: what it reports, beside which peers, and what it says where one is missing. No time is judged. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Peer, runPeer } from "../src/cli/bench/peers.js";
import { describe as describeReport, type Report, sizeText } from "../src/cli/bench/report.js";
import { installHint } from "../src/mpi/launcher.js";
import { documentOf, inJob, launched, noLauncher, temporaryFolder, wasmMpi } from "./command.js";

const folder = temporaryFolder();
const posix = process.platform !== "win32";
/** A run starts a job for each probe, program and round; ranks that share a core with other work take long. */
const timeoutMs = 170_000;
const patient = { timeout: 180_000 };

/** What every report has to be, whatever the machine. */
function expectSane(report: Report, kind: string, ranks: number, sizes: readonly number[], rounds: number): void {
  expect([report.ranks, report.rounds]).toEqual([ranks, rounds]);
  expect(report.rows.map(({ name, size, ranks: own }) => [name, size, own])).toEqual(
    sizes.map((size) => [kind, size, ranks]),
  );
  for (const row of report.rows) {
    expect(row.samples).toHaveLength(10 * rounds);
    expect(Math.min(...row.samples)).toBeGreaterThan(0);
    expect(row.seconds).toBe(Math.min(...row.samples));
    expect(row.median).toBeGreaterThanOrEqual(row.seconds);
    expect(row.median).toBeLessThanOrEqual(Math.max(...row.samples));
    expect(row.bandwidth).toBe(kind === "pi" ? null : row.size / row.seconds);
    expect(Number.isInteger(row.repetitions) && row.repetitions >= 4).toBe(true);
    // A peer has figures in every row, or a reason.
    expect(Object.keys(row.peers)).toEqual(Object.keys(report.programs));
    expect(Object.keys(row.peerMedians)).toEqual(Object.keys(report.programs));
    for (const name of Object.keys(report.programs) as (keyof typeof row.peers)[]) {
      expect(row.peers[name]).toBeGreaterThan(0);
      expect(row.peerMedians[name]).toBeGreaterThanOrEqual(row.peers[name]!);
    }
  }
  expect([...Object.keys(report.programs), ...Object.keys(report.missing)].toSorted()).toEqual(["c", "python"]);
  for (const text of Object.values({ ...report.programs, ...report.missing })) expect(text).toMatch(/^\S.*\S$/);
}

describe.each(launched)("bench --json on $title", ({ name: library, title, launcher }) => {
  const env = { WASM_MPI_LAUNCHER: launcher.path };
  const messages = ["--sizes", "8,1KiB"];
  const sizes = [8, 1024];

  it.each([
    { kind: "pingpong", ranks: 2, rounds: 2 },
    { kind: "ring", ranks: 3, rounds: 1 },
    { kind: "allreduce", ranks: 2, rounds: 1 },
  ])("times $kind of $ranks ranks, beside the peers that are there", patient, async ({ kind, ranks, rounds }) => {
    const options = ["-n", String(ranks), "--rounds", String(rounds), ...messages];
    const result = await wasmMpi(["bench", kind, ...options, "--json"], { env, timeoutMs });
    const report = documentOf<Report>(result);
    expectSane(report, kind, ranks, sizes, rounds);
    expect(report.mpi.version).toMatch(new RegExp(`^${title} \\d`));
    expect(result.stderr).toBe("");
  });

  it("times pi", patient, async () => {
    const result = await wasmMpi(["bench", "pi", "--rounds", "1", "--json"], { env, timeoutMs });
    expectSane(documentOf<Report>(result), "pi", 2, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 1);
  });

  it("times wasm-mpi alone in a job of the reader's, and says so", async () => {
    const args = ["bench", "ring", "--rounds", "2", ...messages];
    const report = documentOf<Report>(await inJob({ library, ranks: 3 }, [...args, "--json"]));
    expectSane(report, "ring", 3, sizes, 2);
    const why = "a job that mpiexec started measures wasm-mpi alone, wasm-mpi bench by itself also the peers";
    expect(report.missing).toEqual({ c: why, python: why });
    const { code, stdout, transcript } = await inJob({ library, ranks: 3 }, args);
    expect(code, transcript).toBe(0);
    expect(stdout.split("\n").slice(1, 3)).toEqual([`no C: ${why}`, `no Python: ${why}`]);
  });

  it("refuses another number of ranks than the job's, once", async () => {
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

  it.skipIf(!posix)("says why a peer is missing", patient, async () => {
    // A launcher beside which, and a search path in which, there is nothing else; Python has a second place.
    const place = join(folder, library);
    mkdirSync(place);
    const write = (name: string, text: string) => {
      writeFileSync(join(place, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(place, name), 0o755);
      return join(place, name);
    };
    const mpiexec = write(`mpiexec.${library}`, `PATH="${process.env.PATH}" exec "${launcher.path}" "$@"`);
    const args = ["bench", "allreduce", "--rounds", "1", "--sizes", "8"];
    const isolated = { PATH: place, WASM_MPI_LAUNCHER: mpiexec };
    const missing = async () => {
      const report = documentOf<Report>(await wasmMpi([...args, "--json"], { env: isolated, timeoutMs }));
      expectSane(report, "allreduce", 2, [8], 1);
      return report.missing.c;
    };
    expect(await missing()).toBe(`no mpicc of ${title} was found`);
    const { stdout } = await wasmMpi(args, { env: isolated, timeoutMs });
    expect(stdout).toContain(`\nno C: no mpicc of ${title} was found\n`);

    const mpicc = write("mpicc", "echo 'cc: error: no such thing' >&2\nexit 1");
    expect(await missing()).toBe(`${mpicc} failed: cc: error: no such thing`);

    const program = write("program", "echo ranks 1"); // Alone in each process, as one of another MPI is.
    write("mpicc", `/bin/cp "${program}" "$4"`);
    expect(await missing()).toBe(`a program of ${mpicc} is of another MPI than ${mpiexec}`);

    const counts = '[ "$1" = ranks ] && { [ "$OMPI_COMM_WORLD_RANK$PMI_RANK" = 0 ] && echo ranks 2; exit 0; }';
    write("program", `${counts}\necho messages: broken >&2\nexit 3`);
    expect(await missing()).toBe(`${mpicc} -O3: exit code 3 (messages: broken)`);
  });

  it("ends a job that does not end, or fails, or prints no times", async () => {
    const loads = [{ size: 8, count: 4 }];
    const run = (code: string, patience: number) => {
      const peer: Peer = { name: "c", program: "test", words: [process.execPath, "-e", code] };
      return runPeer(peer, { launcher, ranks: 2, patience }, "ring", loads);
    };
    expect(await run("setInterval(() => {}, 1000)", 2)).toBe("no end within 2 s");
    expect(await run("console.error('messages: broken'); process.exit(3)", 30)).toBe("exit code 3 (messages: broken)");
    expect(await run("console.log('hello')", 30)).toBe("something else than times (hello)");
    expect(await run("console.log('8 1 2')", 30)).toBe("something else than times (8 1 2)");
  });
});

describe("bench", () => {
  it.each([
    ["", '"what" expected a value, got none. See wasm-mpi bench --help.'],
    ["pong", '"what" expected pingpong, ring, allreduce or pi, got "pong". For example wasm-mpi bench pingpong.'],
    ["pingpong ring", "expected at most 1 argument, got 2. See wasm-mpi bench --help."],
    ["pingpong -n 3", '"pingpong" expected 2 ranks, got 3. Start it on 2, or take ring.'],
    ["ring -n 1", '"--ranks" expected a whole number of at least 2, got "1". For example --ranks 2.'],
    ["ring --rounds 0", '"--rounds" expected a whole number of at least 1, got "0". For example --rounds 1.'],
    [
      "pi --sizes 8",
      '"--sizes" expected pingpong, ring or allreduce, got pi, whose x is always 1 to 10. Leave it out.',
    ],
    ["ring --size 8", "expected a known option, got --size. Did you mean --sizes? See wasm-mpi bench --help."],
    ...["", "7", "0", "-8", "8,", "8 8", "8k", "1.5KiB", "4,8", "512MiB", "1GiB", "1e3", "NaN"].map(
      (text) =>
        [
          ["ring", "--sizes", text],
          `"--sizes" expected multiples of 8 bytes from 8 to 256MiB separated by commas, got "${text}". For example --sizes 8,64KiB,1MiB.`,
        ] as const,
    ),
  ] as const)("%s is refused: %s", async (args, text) => {
    const words = typeof args === "string" ? args.split(" ").filter(Boolean) : args;
    const { code, stdout, stderr } = await wasmMpi(["bench", ...words]);
    expect([code, stdout, stderr]).toEqual([2, "", `wasm-mpi bench: ${text}\n`]);
  });

  it("needs a launcher", async () => {
    const { code, stdout, stderr } = await wasmMpi(["bench", "pi"], { env: noLauncher });
    const text = `launch: 2 ranks expected an MPI launcher (mpiexec), got WASM_MPI_LAUNCHER=/nowhere/mpiexec. Install one: ${installHint()}; or name it in WASM_MPI_LAUNCHER.`;
    expect([code, stdout, stderr]).toEqual([1, "", `wasm-mpi bench: ${text}\n`]);
  });

  it.skipIf(!posix)("fails when its own job fails", async () => {
    const mpiexec = join(folder, "mpiexec.mpich");
    writeFileSync(mpiexec, "#!/bin/sh\necho 'wasm-mpi: broken' >&2\nexit 3\n");
    chmodSync(mpiexec, 0o755);
    const { code, stdout, stderr } = await wasmMpi(["bench", "ring"], { env: { WASM_MPI_LAUNCHER: mpiexec } });
    const text = `"ring" expected 2 ranks of ${mpiexec} to end well, got exit code 3 (wasm-mpi: broken). Try wasm-mpi doctor.`;
    expect([code, stdout, stderr]).toEqual([1, "", `wasm-mpi bench: ${text}\n`]);
  });

  it.skipIf(!posix)("starts no further job when it is told to end", async () => {
    const mpiexec = join(folder, "mpiexec.openmpi");
    writeFileSync(mpiexec, `#!/bin/sh\necho started >> "${folder}/started"\nkill -TERM $PPID\nexec sleep 30\n`);
    chmodSync(mpiexec, 0o755);
    const env = { WASM_MPI_LAUNCHER: mpiexec, TMPDIR: join(folder, "temporary") };
    mkdirSync(env.TMPDIR);
    const { code, stdout, stderr } = await wasmMpi(["bench", "ring"], { env });
    expect([code, stdout, stderr]).toEqual([143, "", ""]);
    expect(readFileSync(join(folder, "started"), "utf8")).toBe("started\n");
    expect(readdirSync(env.TMPDIR)).toEqual([]);
  });

  it("prints a table", () => {
    const row = { name: "pingpong", ranks: 2, repetitions: 9, samples: [1e-6, 3e-6] } as const;
    const rows = [
      { ...row, size: 8, seconds: 1e-6, median: 2e-6, bandwidth: 8e6, peers: { c: 5e-7 }, peerMedians: { c: 6e-7 } },
      { ...row, size: 65536, seconds: 2e-4, median: 2e-3, bandwidth: 3e8, peers: { c: 1 }, peerMedians: { c: 2 } },
    ];
    const mpi = { library: "libmpi.so", version: "Open MPI 4.1.4" };
    const rest = {
      ranks: 2,
      rounds: 1,
      mpi,
      programs: { c: "mpicc -O3" },
      missing: { python: "no python3 was found" },
    };
    expect(describeReport("pingpong", { rows, ...rest })).toBe(
      [
        "pingpong: half round trip between 2 ranks, 2 samples in 1 round, Open MPI 4.1.4",
        "C: mpicc -O3",
        "no Python: no python3 was found",
        "ratio: the minimum of wasm-mpi to that of the peer",
        "",
        "        wasm-mpi                         C",
        "  size    min us  median us  MB/s   min us  median us    MB/s    ratio",
        "   8 B      1.00       2.00  8.00    0.500      0.600    16.0     2.00",
        "64 KiB       200       2000   328  1000000    2000000  0.0655  0.00020",
        "",
      ].join("\n"),
    );
    const pi = [
      { ...row, name: "pi", size: 10, seconds: 1e-6, median: 2e-6, bandwidth: null, peers: {}, peerMedians: {} },
    ] as const;
    const alone = { ...rest, rows: pi, ranks: 3, rounds: 2, programs: {}, missing: { c: "a", python: "b" } };
    expect(describeReport("pi", alone)).toBe(
      [
        "pi: integral of pi over 10000/x intervals by 3 ranks, and the sum of one f64, 2 samples in 2 rounds, Open MPI 4.1.4",
        "no C: a",
        "no Python: b",
        "",
        "    wasm-mpi",
        " x    min us  median us",
        "10      1.00       2.00",
        "",
      ].join("\n"),
    );
  });

  it("writes sizes as people do", () => {
    expect([8, 1000, 1024, 1536, 65536, 2 ** 24].map(sizeText)).toEqual([
      "8 B",
      "1000 B",
      "1 KiB",
      "1536 B",
      "64 KiB",
      "16 MiB",
    ]);
  });
});
