/** The command line in jobs: what is said once of all ranks, and wrong use. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { installHint } from "../../src/mpi/library/launcher.js";
import { documentOf } from "../harness/command.js";
import { isFull } from "../harness/effort.js";
import { inJob, launched, turnsOf } from "../harness/launch.js";
import { wasmMpi } from "../harness/process.js";
import { expectLine, expectLineOfJob, folderInTheWay, type Row, takenPaths } from "../harness/wrong.js";

const folder = folderInTheWay();

describe.each(launched)("view in a job of $title", ({ name: library }) => {
  it("is said once, and the other ranks do nothing", async () => {
    const path = join(folder, `${library}.h5`);
    const scheme = "advect --shape 13,9 --steps 4 --every 2 --output".split(" ");
    documentOf(await wasmMpi([...scheme, path, "--json"]));
    const view = (args: readonly string[]) => wasmMpi(["view", ...args], { cwd: folder });
    const inJobOf3 = (args: readonly string[]) => inJob({ library, ranks: 3 }, ["view", ...args], { cwd: folder });
    const { code, stdout, transcript } = await inJobOf3([path]);
    expect([code, stdout], transcript).toEqual([0, (await view([path])).stdout]);
    for (const args of turnsOf([["nowhere.h5"], [path, "--plot", "x.jpg"]], library)) {
      const [alone, result] = [await view(args), await inJobOf3(args)];
      expect([result.code, result.stdout], result.transcript).toEqual([alone.code, ""]);
      expect(result.stderr.split("\n").filter((line) => line.startsWith("wasm-mpi"))).toEqual([alone.stderr.trim()]);
    }
  });
});

const [first, second] = launched;

describe.skipIf(!second)("a launcher of another MPI than the library", () => {
  const pairs = second
    ? [
        { launcher: first!, library: second },
        { launcher: second, library: first! },
      ]
    : [];

  it.each(pairs)("is refused by -n: $launcher.title for $library.title", async ({ launcher, library }) => {
    const env = { WASM_MPI_LAUNCHER: launcher.launcher.path, WASM_MPI_LIBRARY: library.name };
    const result = await wasmMpi(["advect", "-n", "3"], { env });
    const text = `wasm-mpi advect: launch: 3 ranks expected a launcher of ${library.title}, got WASM_MPI_LAUNCHER=${launcher.launcher.path}. Install one: ${installHint()}; or name it in WASM_MPI_LAUNCHER.`;
    expectLine(result, text, 1);
  });

  it.each(pairs)("is refused in a job: $launcher.title for $library.title", async ({ launcher, library }) => {
    const result = await inJob({ library: launcher.name, ranks: 3 }, ["advect"], {
      env: { WASM_MPI_LIBRARY: library.name },
    });
    const [line] = /^wasm-mpi advect: .*/m.exec(result.stderr) ?? [];
    const name = /, got (.*)\. Start with/.exec(line ?? result.transcript)?.[1];
    expect(name, result.transcript).toMatch(new RegExp(`^${library.title} [\\d.]+ \\(.*libmpi.*\\)$`));
    const text = `wasm-mpi advect: mpi.init: expected a library of ${launcher.title}, which started 3 ranks, got ${name}. Start with the launcher of ${library.title}, or leave out WASM_MPI_LIBRARY.`;
    expectLineOfJob(result, text, 1);
  });
});

// Several at a time: Open MPI takes seconds to end a job that failed, in which nothing is computed.
describe.concurrent.each(launched)("wrong use in a job of 3 ranks of $title", ({ name: library, launcher }) => {
  const table: readonly Row[] = [
    ["advekt", "wasm-mpi: expected a known command, got advekt. Did you mean advect? See wasm-mpi --help."],
    [
      "advect --shape 0",
      'wasm-mpi advect: "--shape" expected whole numbers of at least 1 separated by commas or x, got "0". For example --shape 256,256.',
    ],
    [
      "advect --courant 0.9,-0.9",
      'wasm-mpi advect: Mpdata: "courant" expected an outflow of at most 1 a step from each cell, got 1.80000 at [0, 0], most of it along x. Take a smaller time step.',
    ],
    [
      "advect --split 2,2",
      'wasm-mpi advect: Grid: "split" expected a product of 3, the number of ranks, got [2, 2] (4 blocks). Start 4 ranks or change the split.',
    ],
    [
      "advect --ranks 2",
      'wasm-mpi advect: "--ranks" expected 3, the ranks of this job, got 2. Leave it out under a launcher.',
    ],
    [
      "compare --ranks 1,4",
      'wasm-mpi compare: "--ranks" expected at most 3, the ranks of this job, got 4. Start more ranks or compare fewer.',
    ],
    // One rank fails in its part of the job, while the others wait for the comparison to go on.
    [
      "compare --ranks 1,3 --shape 20 --courant 1.5",
      'wasm-mpi compare: Mpdata: "courant" expected an outflow of at most 1 a step from each cell, got 1.50000 at [0], most of it along x. Take a smaller time step.',
    ],
    [
      "compare --shape 20 --output nowhere/out.h5",
      'wasm-mpi compare: file "nowhere/out-1.h5": expected an existing directory, got nothing at "nowhere". Create it, or choose another path.',
      1,
    ],
    [
      "run nowhere.mjs",
      'wasm-mpi run: "file" expected a JavaScript program, got nowhere.mjs, which does not exist. Check the path.',
      1,
    ],
    [
      "run --ranks 2 text.txt",
      'wasm-mpi run: "--ranks" expected 3, the ranks of this job, got 2. Leave it out under a launcher.',
    ],
    [
      "run --json text.txt",
      'wasm-mpi run: "--json" expected a job started by wasm-mpi run, got one of mpiexec. Use wasm-mpi run -n N --json.',
    ],
    ...takenPaths,
  ];

  // Each row on one library, but where a rank fails alone. Open MPI takes seconds to end a job that failed: it has fewer.
  const isTried = (index: number) => index === 6 || [0, 2, 7, 8].includes(index) === (library === first!.name);
  const some = table.filter((_, index) => isFull || !second || isTried(index));
  it.each(some.map(([args, text, code = 2]) => ({ args, text, code })))(
    "mpiexec -n 3 wasm-mpi $args",
    async ({ args, text, code }) => {
      // A launcher has a say in how a job ends: one of each library's rows, and where a rank fails alone, is a job of its own.
      const isApart = args === some[0]![0] || args === table[6]![0];
      const options = { cwd: folder, timeoutMs: 20_000, isApart };
      const result = await inJob({ library, ranks: 3 }, args.split(" "), options);
      expectLineOfJob(result, text, code);
    },
  );

  const started = [
    ["compare --ranks 1,2 --output taken.h5", takenPaths[2]![1], 1],
    ["advect --courant 0.9,-0.9 -n 3", table[2]![1], 2],
    ["advect --output there.h5 -n 3", takenPaths[1]![1], 1],
  ] as const;
  it.each(turnsOf(started, library))("wasm-mpi %s", async (args, text, code) => {
    const env = { WASM_MPI_LAUNCHER: launcher.path };
    expectLineOfJob(await wasmMpi(args.split(" "), { cwd: folder, env }), text, code);
  });

  it("is what rank 0 says before the launcher ends the job because of another rank", async () => {
    // The launcher may end rank 0 as soon as another rank has left with an error: not to be seen every time.
    for (let time = 0; time < (isFull ? 10 : 1); time++) {
      const result = await inJob({ library, ranks: 4 }, ["advect", "--iterations", "x"], { isApart: true });
      const text =
        'wasm-mpi advect: "--iterations" expected a whole number from 1 to 1000, got "x". For example --iterations 1.';
      expectLineOfJob(result, text, 2);
    }
  });
});
