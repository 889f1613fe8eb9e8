/** `wasm-mpi bench`: what it reports, beside which peers, and what it says where one is missing. No time is judged. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describe as describeReport, drawRatios, type Report, sizeText } from "../../src/cli/bench/report.js";
import { installHint } from "../../src/mpi/library/launcher.js";
import { chart } from "../../src/plot/index.js";
import { expectRefused, expectSane, isPicture, noFolder, nothingToDraw, notPng } from "../harness/bench.js";
import { documentOf, noLauncher, temporaryFolder } from "../harness/command.js";
import { root, wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
const posix = process.platform !== "win32";

describe("bench", () => {
  it.each([
    ["", '"what" expected a value, got none. See wasm-mpi bench --help.'],
    [
      "pong",
      '"what" expected pingpong, ring, allreduce, pi, imb, halo, io, output, pde, advection, hpcg or scaling, got "pong". For example wasm-mpi bench pingpong.',
    ],
    [
      "advect",
      '"what" expected pingpong, ring, allreduce, pi, imb, halo, io, output, pde, advection, hpcg or scaling, got "advect". Did you mean advection?',
    ],
    ["pingpong ring", "expected at most 1 argument, got 2. See wasm-mpi bench --help."],
    ["pingpong -n 3", '"pingpong" expected 2 ranks, got 3. Start it on 2, or take ring.'],
    ["ring -n 1", '"ring" expected at least 2 ranks, got 1. Start it on 2.'],
    ["io -n 0", '"--ranks" expected a whole number of at least 1, got "0". For example --ranks 1.'],
    ["ring --rounds 0", '"--rounds" expected a whole number of at least 1, got "0". For example --rounds 1.'],
    ["pi --sizes 8", '"--sizes" expected another kind of bench, got pi, whose x is always 1 to 10. Leave it out.'],
    ["ring --folder out", '"--folder" expected io or output, got ring, which makes no file. Leave it out.'],
    ["pi --backend posix", '"--backend" expected io or output, got pi, which makes no file. Leave it out.'],
    [
      "io --backend gather",
      '"--backend" expected mpiio or posix, got "gather", which io does not time. Take output, or leave it out.',
    ],
    ["io --backend hdf", '"--backend" expected one of mpiio, posix, gather, got "hdf". For example --backend mpiio.'],
    [["io", "--folder", ""], '"--folder" expected the path of a folder, got "". For example --folder out.'],
    [
      "io --sizes 64KiB",
      '"--sizes" expected whole numbers of at least 1 separated by commas, got "64KiB". For example --sizes 256,1024.',
    ],
    [
      "io -n 3 --sizes 256,5",
      'Grid: "shape" expected [5, 5] cells to split over 3 ranks into blocks at least as thick as the halo of 2, got no such split. Use 2 ranks or a larger grid.',
    ],
    ["ring --plot x.jpg", notPng],
    ["ring --size 8", "expected a known option, got --size. Did you mean --sizes? See wasm-mpi bench --help."],
    ...["", "7", "0", "-8", "8,", "8 8", "8g", "1kb,300mb", "1.5KiB", "4,8", "512MiB", "1GiB", "1e3", "NaN"].map(
      (text) =>
        [
          ["ring", "--sizes", text],
          `"--sizes" expected multiples of 8 bytes from 8 to 256MiB separated by commas, got "${text}". For example --sizes 8,64KiB,1MiB.`,
        ] as const,
    ),
  ] as const)("%s is refused: %s", async (args, text) => {
    await expectRefused(typeof args === "string" ? args.split(" ").filter(Boolean) : args, text);
  });

  it("needs a launcher", async () => {
    const { code, stdout, stderr } = await wasmMpi(["bench", "pi"], { env: noLauncher });
    const text = `launch: 2 ranks expected an MPI launcher (mpiexec), got WASM_MPI_LAUNCHER=/nowhere/mpiexec. Install one: ${installHint()}; or name it in WASM_MPI_LAUNCHER.`;
    expect([code, stdout, stderr]).toEqual([1, "", `wasm-mpi bench: ${text}\n`]);
  });

  it("times frames of a file on 1 rank without a launcher", async () => {
    const env = { ...noLauncher, NO_COLOR: "1" };
    const args = ["bench", "io", "-n", "1", "--rounds", "1", "--sizes", "16"];
    const report = documentOf<Report>(await wasmMpi([...args, "--json"], { env }));
    expectSane(report, "io", 1, [16], 1);
    expect([report.folder, report.mpi.library]).toEqual([tmpdir(), "solo"]);
    expect(report.missing).toEqual({ python: "no MPI launcher was found" });
    const { stdout } = await wasmMpi(args, { env });
    expect(stdout.split("\n").slice(0, 4)).toEqual([
      `io: frames of f64 that 1 rank appends to an HDF5 file in ${tmpdir()} through posix, 10 samples in 1 round, none (one rank without an MPI library)`,
      "plain: one write a rank of its share of the bytes, in the same job",
      "no Python: no MPI launcher was found",
      "speed: MB/s of wasm-mpi as a multiple of the peer's",
    ]);
  });

  it("times pi on 1 rank without a launcher, and draws no picture of it", async () => {
    const args = ["bench", "pi", "-n", "1", "--rounds", "1"];
    const report = documentOf<Report>(await wasmMpi([...args, "--json"], { env: noLauncher }));
    expectSane(report, "pi", 1, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 1);
    const why = "no MPI launcher was found";
    expect([report.mpi.library, report.missing]).toEqual(["solo", { c: why, python: why, numba: why }]);
    const { code, stdout, stderr } = await wasmMpi([...args, "--plot", "alone.png"], { env: noLauncher });
    expect([code, stdout, stderr]).toEqual([2, "", `wasm-mpi bench: ${nothingToDraw(why)}\n`]);
  });

  it("draws frames beside plain writes without a launcher, and refuses a folder that is not there", async () => {
    const args = ["bench", "io", "-n", "1", "--rounds", "1", "--sizes", "16,8", "--plot"];
    const picture = join(folder, "solo.png");
    const { stdout } = await wasmMpi([...args, picture], { env: noLauncher });
    expect([stdout.split("\n\n").at(-1), isPicture(picture)]).toEqual([`picture: ${picture}\n`, true]);
    const lost = join(folder, "none", "x.png");
    const { code, stderr } = await wasmMpi([...args, lost], { env: noLauncher });
    const text = `plot: expected a path that can be written, got "${lost}" (ENOENT). Name a file in a folder that exists and is yours to write.`;
    expect([code, stderr]).toEqual([1, `wasm-mpi bench: ${text}\n`]);
  });

  it("refuses mpiio without an MPI library, and a folder that is not there", async () => {
    const args = ["bench", "io", "-n", "1", "--sizes", "16"];
    for (const [options, code, text] of [
      [
        ["--backend", "mpiio"],
        2,
        'Output.create: "backend" expected posix or gather without an MPI library, got "mpiio". Leave it out.',
      ],
      [["--folder", "/nowhere/at/all"], 1, noFolder],
    ] as const) {
      const result = await wasmMpi([...args, ...options], { env: noLauncher });
      expect([result.code, result.stdout, result.stderr]).toEqual([code, "", `wasm-mpi bench: ${text}\n`]);
    }
  });

  it.skipIf(!existsSync("/usr/bin/python3"))("says that an h5py is without MPI", () => {
    const modules = join(folder, "modules");
    mkdirSync(modules);
    const config = "def get_config():\n    return type('Config', (), {'mpi': False})\n";
    const world = "import sys\n\nclass MPI:\n    class COMM_WORLD:\n        rank, size, Abort = 0, 2, sys.exit\n";
    for (const [name, text] of Object.entries({ h5py: config, mpi4py: world, numpy: "" })) {
      writeFileSync(join(modules, `${name}.py`), text);
    }
    const args = [join(root, "bench", "io.py"), folder, "2x1", "ranks"];
    const env = { ...process.env, PYTHONPATH: modules, PYTHONDONTWRITEBYTECODE: "1" };
    const { status, stderr } = spawnSync("/usr/bin/python3", args, { encoding: "utf8", env });
    const text = "expected an h5py with MPI, got one without. Install python3-h5py-mpi, or build it with HDF5_MPI=ON.";
    expect([status, stderr]).toEqual([1, `io: rank 0 of 2: ${text}\n`]);
  });

  it.skipIf(!existsSync("/usr/bin/python3"))("integrates pi in one loop with Numba", () => {
    const modules = join(folder, "numba");
    mkdirSync(modules);
    // A world of one rank, and a compiler that leaves functions as they are, but notes that it was asked once.
    const world = [
      "import sys, time",
      "class MPI:",
      "    DOUBLE = SUM = None",
      "    Wtime = time.perf_counter",
      "    class COMM_WORLD:",
      "        rank, size, Abort, Barrier = 0, 1, sys.exit, lambda: None",
      "        def Allreduce(outgoing, incoming, operation):",
      "            incoming[0][:] = outgoing[0]",
    ];
    const compiler = [
      "import sys",
      "def njit(f):",
      "    print('compiled', f.__name__, file=sys.stderr)",
      "    return f",
    ];
    for (const [name, lines] of Object.entries({ mpi4py: world, numba: compiler })) {
      writeFileSync(join(modules, `${name}.py`), `${lines.join("\n")}\n`);
    }
    const env = { ...process.env, PYTHONPATH: modules, PYTHONDONTWRITEBYTECODE: "1" };
    const run = (...words: string[]) => {
      const args = [join(root, "bench", "messages.py"), "numba", ...words];
      return spawnSync("/usr/bin/python3", args, { encoding: "utf8", env });
    };
    expect(run("ranks").stdout).toBe("ranks 1\n");
    const { status, stdout, stderr } = run("pi", "2", "1:1", "10:2");
    expect([status, stderr]).toEqual([0, "compiled share\n"]);
    expect(stdout).toMatch(/^1 \S+ \S+\n10 \S+ \S+\n$/);
  });

  it.skipIf(!posix)("fails when its own job fails", async () => {
    const mpiexec = join(folder, "mpiexec.mpich");
    writeFileSync(mpiexec, "#!/bin/sh\necho 'wasm-mpi: broken' >&2\nexit 3\n");
    chmodSync(mpiexec, 0o755);
    const place = join(folder, "broken");
    mkdirSync(place);
    for (const [args, ranks] of [
      ["ring", "2 ranks"],
      ["io -n 1", "1 rank"],
    ] as const) {
      const env = { WASM_MPI_LAUNCHER: mpiexec, TMPDIR: place };
      const { code, stdout, stderr } = await wasmMpi(["bench", ...args.split(" ")], { env });
      const text = `"${args.split(" ")[0]}" expected ${ranks} of ${mpiexec} to end well, got exit code 3 (wasm-mpi: broken). Try wasm-mpi doctor.`;
      expect([code, stdout, stderr, readdirSync(place)]).toEqual([1, "", `wasm-mpi bench: ${text}\n`, []]);
    }
  });

  it.skipIf(!posix)("starts no further job when it is told to end", async () => {
    const mpiexec = join(folder, "mpiexec.openmpi");
    writeFileSync(mpiexec, `#!/bin/sh\necho started >> "${folder}/started"\nkill -TERM $PPID\nexec sleep 30\n`);
    chmodSync(mpiexec, 0o755);
    const env = { WASM_MPI_LAUNCHER: mpiexec, TMPDIR: join(folder, "temporary") };
    mkdirSync(env.TMPDIR);
    const { code, stdout, stderr } = await wasmMpi(["bench", "ring"], { env });
    expect([code, stdout, stderr]).toEqual([143, "", "wasm-mpi bench: stopped by SIGTERM\n"]);
    expect(readFileSync(join(folder, "started"), "utf8")).toBe("started\n");
    expect(readdirSync(env.TMPDIR)).toEqual([]);
  });

  it("prints a table", () => {
    const row = { name: "pingpong", ranks: 2, repetitions: 9, samples: [1e-6, 3e-6], peerSamples: {} } as const;
    const rows = [
      { ...row, size: 8, seconds: 1e-6, median: 2e-6, bandwidth: 8e6, peers: { c: 5e-7 }, peerMedians: { c: 6e-7 } },
      {
        ...row,
        size: 65536,
        seconds: 2e-4,
        median: 2e-3,
        bandwidth: 65536 / 2e-4,
        peers: { c: 1 },
        peerMedians: { c: 2 },
      },
    ];
    const mpi = { library: "libmpi.so", version: "Open MPI 4.1.4" };
    const rest = {
      ranks: 2,
      rounds: 1,
      mpi,
      programs: { c: "mpicc -O3" },
      missing: { python: "no python3 was found" },
      plot: null,
      warning: null,
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
    const why = { c: "a", python: "b", numba: "c" };
    const alone = { ...rest, rows: pi, ranks: 1, rounds: 2, programs: {}, missing: why };
    expect(describeReport("pi", alone)).toBe(
      [
        "pi: integral of pi over 10000/x intervals by 1 rank, and the sum of one f64, 2 samples in 2 rounds, Open MPI 4.1.4",
        "no C: a",
        "no Python: b",
        "no numba: c",
        "",
        "    wasm-mpi",
        " x    min us  median us",
        "10      1.00       2.00",
        "",
      ].join("\n"),
    );
    const three = { c: 5e-7, python: 4e-6, numba: 1e-6 };
    const beside = pi.map((row) => ({ ...row, ranks: 3, peers: three, peerMedians: three }));
    const programs = { c: "mpicc -O3", python: "numpy 1, mpi4py 3", numba: "numba 0.56, mpi4py 3" };
    expect(describeReport("pi", { ...rest, rows: beside, ranks: 3, programs, missing: {}, plot: "out/pi.png" })).toBe(
      [
        "pi: integral of pi over 10000/x intervals by 3 ranks, and the sum of one f64, 2 samples in 1 round, Open MPI 4.1.4",
        "C: mpicc -O3",
        "Python: numpy 1, mpi4py 3",
        "numba: numba 0.56, mpi4py 3",
        "ratio: the minimum of wasm-mpi to that of the peer",
        "",
        "    wasm-mpi                  C                    Python                     numba",
        " x    min us  median us  min us  median us  ratio  min us  median us  ratio  min us  median us  ratio",
        "10      1.00       2.00   0.500      0.500   2.00    4.00       4.00   0.25    1.00       1.00   1.00",
        "",
      ].join("\n"),
    );
    const peers = { plain: 1e-4, python: 8e-4 };
    const frame = {
      ...row,
      name: "io",
      seconds: 4e-4,
      median: 5e-4,
      bytes: 524288,
      peers,
      peerMedians: peers,
    } as const;
    const io = [
      { ...frame, size: 256, bandwidth: 524288 / 4e-4, MBps: 524288 / 400 },
      { ...frame, size: 2048, bandwidth: 2 ** 25 / 4e-4, MBps: 2 ** 25 / 400 },
    ];
    const both = { plain: "one write", python: "h5py 3.7.0" };
    const files = { ...rest, rows: io, programs: both, missing: {}, folder: "/data", backend: "posix" };
    expect(describeReport("io", files)).toBe(
      [
        "io: frames of f64 that 2 ranks append to an HDF5 file in /data through posix, 2 samples in 1 round, Open MPI 4.1.4",
        "plain: one write",
        "Python: h5py 3.7.0",
        "speed: MB/s of wasm-mpi as a multiple of the peer's",
        "",
        "              wasm-mpi                     plain                             Python",
        "cells    MiB    min ms  median ms   MB/s  min ms  median ms    MB/s   speed  min ms  median ms   MB/s   speed",
        " 256²  0.500     0.400      0.500   1311   0.100      0.100    5243  0.25 x   0.800      0.800    655  2.00 x",
        "2048²   32.0     0.400      0.500  83886   0.100      0.100  335544  0.25 x   0.800      0.800  41943  2.00 x",
        "",
      ].join("\n"),
    );
  });

  it("draws minima as multiples of those of the first peer", async () => {
    const [drawn, wanted] = [join(folder, "drawn.png"), join(folder, "wanted.png")];
    const row = { ranks: 2, repetitions: 9, median: 9, bandwidth: null, samples: [], peerMedians: {}, peerSamples: {} };
    const mpi = { library: "libmpi.so", version: "Open MPI 4.1.4" };
    const rest = { ranks: 2, rounds: 1, mpi, missing: {} };
    const curves = (all: Record<string, number[]>) =>
      Object.entries(all).map(([title, values]) => ({ title, values, shape: [values.length] }));
    const pi = [
      { ...row, name: "pi", size: 1, seconds: 6, peers: { c: 4, python: 8, numba: 5 } },
      { ...row, name: "pi", size: 2, seconds: 3, peers: { c: 2, python: 8, numba: 4 } },
    ] as const;
    await drawRatios(drawn, "pi", { ...rest, rows: pi, programs: { c: "", python: "", numba: "" } });
    await chart(wanted, curves({ "wasm-mpi": [1.5, 1.5], C: [1, 1], Python: [2, 4], numba: [1.25, 2] }), {
      title: "pi on 2 ranks, Open MPI 4.1.4",
      label: "time as a multiple of that of C (minima)",
      across: "x of 10000/x intervals",
      points: ["1", "2"],
    });
    expect(readFileSync(drawn).equals(readFileSync(wanted))).toBe(true);
    for (const [what, across, points] of [
      ["ring", "size of the array", ["1 KiB", "8 B"]],
      ["io", "cells", ["1024²", "8²"]],
    ] as const) {
      const peers = { [what === "io" ? "plain" : "python"]: 2 };
      const rows = [1024, 8].map((size) => ({ ...row, name: what, size, seconds: 3, peers }));
      await drawRatios(drawn, what, {
        ...rest,
        ranks: 1,
        rows,
        programs: what === "io" ? { plain: "" } : { python: "" },
      });
      const reference = what === "io" ? "plain" : "Python";
      await chart(wanted, curves({ "wasm-mpi": [1.5, 1.5], [reference]: [1, 1] }), {
        title: `${what} on 1 rank, Open MPI 4.1.4`,
        label: `time as a multiple of that of ${reference} (minima)`,
        across,
        points,
      });
      expect(readFileSync(drawn).equals(readFileSync(wanted))).toBe(true);
    }
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
