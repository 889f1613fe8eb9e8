import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isFull } from "../harness/effort.js";
import { eachLibrary, isLast, type LibraryName, libraries, runRanks, turnsOf } from "../harness/launch.js";
import { type Result, root, runNode } from "../harness/process.js";

/** Milliseconds within which a job has to end after one of its ranks failed. */
const limit = 5000;

/** When the rank failed, by its own clock. */
function failedAt(result: Result): number {
  const time = /^failing (\d+)$/m.exec(result.stderr)?.[1];
  expect(time, result.transcript).toBeDefined();
  return Number(time);
}

/** How a rank ends while the others wait in these calls, what is said of it, and the exit code of the job. */
interface Row {
  readonly way: string;
  readonly waiting: string;
  readonly line: string;
  readonly code: number;
  readonly isLong?: boolean;
}

describe("a rank that fails ends the job, with its error in one line that names it", () => {
  const expected = "expected the process to end after mpi.finalize(), got";
  const fix = "Call mpi.finalize() first, or mpi.abort() to end the job.";
  eachLibrary([3], ({ library, ranks }) => {
    // What Node.js tells of an error hardly depends on the library.
    const told: readonly Row[] = [
      { way: "throw of nothing", waiting: "barrier", line: "undefined", code: 1 },
      { way: "reject", waiting: "barrier", line: "RangeError: rejected", code: 1 },
      { way: "exit code", waiting: "barrier", line: `${expected} exit code 4. ${fix}`, code: 4 },
      {
        way: "throw of the package",
        waiting: "recv",
        line: 'UsageError: MPI_Send: "to" expected a rank from 0 to 2, got 99. Name a rank of this communicator or PROC_NULL.',
        code: 1,
      },
    ];
    // Nor do the ways to end without an error, which this package tells: what launchers make of it, throw and kill show.
    const left: readonly Row[] = [
      { way: "await", waiting: "wait", line: `${expected} an await that never settles. ${fix}`, code: 13 },
      { way: "exit 0", waiting: "barrier recv", line: `${expected} process.exit(0). ${fix}`, code: 70 },
      { way: "exit 3", waiting: "recv", line: `${expected} process.exit(3). ${fix}`, code: 3 },
    ];
    const rows: readonly Row[] = [
      ...turnsOf([...told, ...left], library),
      { way: "throw", waiting: "barrier recv", line: "Error: the pole is flat", code: 1 },
      { way: "throw", waiting: "wait await", line: "Error: the pole is flat", code: 1, isLong: true },
      { way: "throw", waiting: "probe waitAny", line: "Error: the pole is flat", code: 1, isLong: true },
      { way: "exit 0", waiting: "wait await", line: `${expected} process.exit(0). ${fix}`, code: 70, isLong: true },
    ];
    it.each(rows.filter(({ isLong }) => isFull || !isLong))(
      "$way, while the others are in $waiting",
      async ({ way, waiting, line, code }) => {
        const result = await runRanks({ library, ranks, program: "job-end.mjs", args: [way, ...waiting.split(" ")] });
        expect(result.code, result.transcript).toBe(code);
        expect(result.ended - failedAt(result), result.transcript).toBeLessThan(limit);
        const lines = result.stderr.split("\n").filter((text) => text.startsWith("wasm-mpi:"));
        expect(lines, result.transcript).toEqual([`wasm-mpi: rank 1 of 3: ${line}`]);
      },
    );

    it.each([
      { way: "abort", waiting: "barrier", code: 7 },
      ...turnsOf(
        [
          { way: "kill", waiting: "barrier recv", code: undefined },
          { way: "kill", waiting: "probe waitAny", code: undefined },
        ],
        library,
      ),
      ...(isFull ? [{ way: "kill", waiting: "wait await", code: undefined }] : []),
    ])("$way, where the rank itself says nothing, while the others are in $waiting", async ({ way, waiting, code }) => {
      const result = await runRanks({ library, ranks, program: "job-end.mjs", args: [way, ...waiting.split(" ")] });
      if (code === undefined) expect(result.code, result.transcript).not.toBe(0);
      else expect(result.code, result.transcript).toBe(code);
      expect(result.ended - failedAt(result), result.transcript).toBeLessThan(limit);
    });
  });
});

// All at once, and those of the next suite meanwhile: most of the time these jobs wait for what never comes.
describe.concurrent("what is awaited and never complete is told once, by each rank", () => {
  const names = "MPI_Irecv (2), MPI_Recv_init";
  const todo = "Cancel requests that are not needed, or await them with completion({ signal }).";
  const rows = [
    ["race", `nothing has been left to do for 5 s but to await ${names}. ${todo}`],
    ["race before finalize", `expected no request that is awaited at the end, got ${names}. ${todo}`],
  ] as const;
  eachLibrary([1, 2], ({ library, ranks }) => {
    it.each(rows)("%s", async (way, line) => {
      const result = await runRanks({ library, ranks, program: "job-end.mjs", args: [way] });
      expect(result.code, result.transcript).toBe(0);
      const lines = result.stderr.split("\n").filter((text) => text.startsWith("wasm-mpi:"));
      const expected = Array.from({ length: ranks }, (_, rank) => `wasm-mpi: rank ${rank} of ${ranks}: ${line}`);
      expect(lines.toSorted(), result.transcript).toEqual(expected);
    });
  });
});

describe.concurrent("a job ends well", () => {
  eachLibrary([3], ({ library, ranks }) => {
    // What ends without a call of the package is the launcher's; the others take turns outside the full tests.
    const ways = ["end", ...turnsOf(["finalize", "exit after finalize", "late", "open requests", "traps"], library)];
    it.each(ways)("%s", async (way) => {
      const result = await runRanks({ library, ranks, program: "job-end.mjs", args: [way] });
      expect(result.code, result.transcript).toBe(0);
      expect(result.stdout, result.transcript).toBe("ok\n".repeat(ranks));
      // UCX under MPICH warns of receives that were left open.
      const said = result.stderr.split("\n").filter((line) => way !== "open requests" || !line.includes("UCX  WARN"));
      expect(said, result.transcript).toEqual([""]);
    });
  });
});

describe("a call after the end of the job is told in one line, without a stack", () => {
  eachLibrary([2], ({ library, ranks }) => {
    it("by a rank at least, as launchers end the others", async () => {
      const result = await runRanks({ library, ranks, program: "job-end.mjs", args: ["barrier after finalize"] });
      expect(result.code, result.transcript).not.toBe(0);
      const line =
        "UsageError: MPI_Barrier: expected a job that has not ended, got a call after mpi.finalize(). Finalize last.";
      expect(result.stderr, result.transcript).toMatch(/^wasm-mpi: rank [01] of 2: UsageError: /m);
      expect(result.stderr, result.transcript).toContain(line);
      expect(result.stderr, result.transcript).not.toContain("    at ");
    });
  });
});

describe("an error of the package that nobody catches is told by its line and the program's", () => {
  const place = /^ {2}in file:.*\/test\/ranks\/job-end\.mjs:\d+:\d+$/;
  const text = (size: number) =>
    `UsageError: MPI_Send: "to" expected a rank from 0 to ${size - 1}, got 99. Name a rank of this communicator or PROC_NULL.`;

  eachLibrary([3], ({ library, ranks }) => {
    // The launcher of a busy machine may take longer than the others leave rank 0.
    it("once, where all ranks meet it", { retry: 2 }, async () => {
      const result = await runRanks({ library, ranks, program: "job-end.mjs", args: ["wrong on all"] });
      expect(result.code, result.transcript).toBe(1);
      const lines = result.stderr.split("\n").filter((line) => /^wasm-mpi:|^ {2}in /.test(line));
      expect(lines, result.transcript).toEqual([`wasm-mpi: rank 0 of 3: ${text(3)}`, expect.stringMatching(place)]);
    });
  });

  it.each([
    ["wrong on all", [expect.stringMatching(place)]],
    // Node.js alone has called it: a place in there is none of the program.
    ["wrong in a callback", []],
  ])("on one rank without a launcher: %s", async (way, places) => {
    const program = join(root, "test", "ranks", "job-end.mjs");
    const result = await runNode([program, way]);
    expect(result.code, result.transcript).toBe(1);
    expect(result.stderr.split("\n"), result.transcript).toEqual([`wasm-mpi: ${text(1)}`, ...places, ""]);
  });

  it("on one rank before mpi.init(), too", async () => {
    const program = join(root, "test", "ranks", "job-end.mjs");
    const result = await runNode([program, "before init"]);
    expect(result.code, result.transcript).toBe(1);
    const line = "wasm-mpi: UsageError: mpi: expected a job that has begun, got none. Call mpi.init() first.";
    expect(result.stderr.split("\n"), result.transcript).toEqual([line, expect.stringMatching(place), ""]);
  });

  it("unless the program takes what nobody catches, as the prompt of Node.js does", async () => {
    const program = join(root, "test", "ranks", "job-end.mjs");
    const result = await runNode([program, "captured in a callback"]);
    expect([result.code, result.stdout, result.stderr], result.transcript).toEqual([0, `ok\n${text(1)}\n`, ""]);
  });
});

describe("a library that does not fit is refused in one line", () => {
  const program = "job-init.mjs";
  const both = (["openmpi", "mpich"] as const).every((name) =>
    libraries.some((library) => library.name === name && library.available),
  );
  const install = "(brew install|winget install|apt-get install) [^\\n]*";

  /** All ranks that come to say something say the same, and the job fails. */
  function expectRefusal(result: Result, text: RegExp) {
    expect(result.code, result.transcript).not.toBe(0);
    const said = result.stdout.trim().split("\n");
    expect(new Set(said).size, result.transcript).toBe(1);
    expect(said[0], result.transcript).toMatch(text);
  }

  eachLibrary([2], ({ library, ranks }) => {
    const wrongLibrary: LibraryName = library === "openmpi" ? "mpich" : "openmpi";
    const titles: Partial<Record<LibraryName, string>> = { openmpi: "Open MPI", mpich: "MPICH" };
    const expected = `LibraryError: mpi\\.init: expected a library of ${titles[library]}, which started 2 ranks, got`;

    it.skipIf(!both)("another MPI than the launcher's", async () => {
      const got = `${titles[wrongLibrary]} [\\d.]+ \\(/[^ ]+\\)`;
      const start = `Start with the launcher of ${titles[wrongLibrary]}, or leave out`;
      const byVariable = await runRanks({ library, ranks, program, env: { WASM_MPI_LIBRARY: wrongLibrary } });
      expectRefusal(byVariable, new RegExp(`^${expected} ${got}\\. ${start} WASM_MPI_LIBRARY\\.$`));
      if (!isFull && !isLast(library)) return;
      const byOption = await runRanks({ library, ranks, program, args: [wrongLibrary] });
      expectRefusal(byOption, new RegExp(`^${expected} ${got}\\. ${start} the option "library"\\.$`));
    });

    it("a world of one rank under a launcher of two", async () => {
      const result = await runRanks({ library, ranks, program, env: { WASM_MPI_LIBRARY: "solo" } });
      expectRefusal(result, new RegExp(`^${expected} a world of 1\\. Leave out WASM_MPI_LIBRARY\\.$`));
    });

    it("a library that is named and fits is taken", async () => {
      const result = await runRanks({ library, ranks, program, env: { WASM_MPI_LIBRARY: library } });
      expect(result.code, result.transcript).toBe(0);
      expect(result.stdout).toMatch(new RegExp(`^(${titles[library]} [\\d.]+\\n){2}$`));
    });
  });

  it.each([
    { file: "/nowhere/libmpi.so", why: "not found" },
    { file: "nowhere.so", why: "not found" },
    { file: "./package.json", why: "[^\\n]+" },
    ...(process.platform === "linux" ? [{ file: "libm.so.6", why: "not an MPI library" }] : []),
  ])("$file", async ({ file, why }) => {
    const result = await runRanks({ library: "solo", ranks: 1, program, env: { WASM_MPI_LIBRARY: file } });
    const name = file.replaceAll(".", "\\.");
    expectRefusal(
      result,
      new RegExp(
        `^LibraryError: mpi\\.init: expected an MPI library at ${name}, got none\\. Tried ${name} \\(${why}\\)\\. Install one \\(${install}\\) or name its file in WASM_MPI_LIBRARY\\.$`,
      ),
    );
  });

  it("in one line as well where nobody catches it", async () => {
    const env = { WASM_MPI_LIBRARY: "/nowhere/libmpi.so" };
    const result = await runRanks({ library: "solo", ranks: 1, program: "job-end.mjs", args: ["end"], env });
    expect(result.code, result.transcript).toBe(1);
    expect(result.stderr, result.transcript).toMatch(
      /^wasm-mpi: LibraryError: mpi\.init: expected an MPI library at \/nowhere\/libmpi\.so, got none\. [^\n]*\n$/,
    );
  });

  it("without a launcher and without a wish, there is a world of one rank and no library", async () => {
    for (const env of [{}, { WASM_MPI_LIBRARY: "" }, { WASM_MPI_LIBRARY: "solo" }]) {
      const result = await runRanks({ library: "solo", ranks: 1, program, env });
      expect(result.stdout, result.transcript).toBe("none (one rank without an MPI library)\n");
      expect(result.code).toBe(0);
    }
  });
});

describe.skipIf(!isFull)("ranks of one host that reach each other by TCP alone", () => {
  const env = { UCX_TLS: "tcp,self", OMPI_MCA_btl: "tcp,self" };
  eachLibrary([4], ({ library, ranks }) => {
    // A minute and more where other programs have the cores.
    it("end, in five jobs of five", { timeout: 180_000 }, async () => {
      for (let job = 0; job < 5; job++) {
        const result = await runRanks({ library, ranks, program: "mpi-world.mjs", env });
        expect(result.code, result.transcript).toBe(0);
      }
    });
  });
});
