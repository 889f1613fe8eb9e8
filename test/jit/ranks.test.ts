/** `jit` on ranks: MPI called from compiled code, one compilation for all, and modules made ahead of time. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../harness/command.js";
import { isFull } from "../harness/effort.js";
import { eachLibrary, inJob, isLast, launched, launchedLast, runRanks } from "../harness/launch.js";
import { eachMode } from "../harness/modes.js";
import { type Result, wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
const timeoutMs = 180_000;

const expectWell = ({ code, transcript }: Result) => expect(code, transcript).toBe(0);

describe("MPI in compiled code", { timeout: 200_000 }, () => {
  eachMode((isPlain) => {
    eachLibrary([1, 2, 3, 4], (job) => {
      // The mode has nothing to do with the library: outside the full tests one library stands for all in plain mode.
      const isTried = isFull || !isPlain || launched.length === 0 || isLast(job.library);
      // Six programs in one job: every call, pieces of different lengths and scans, own operations, a heat solver, errors, and traps under the library's handlers.
      // Outside the full tests two of them in plain mode, and errors without a library in the test below alone.
      it.runIf(isTried)(
        "has every call, type, operation, view and communicator, exchanges halos, fails with the errors of JavaScript, and surfaces its traps",
        async () => {
          const names = ["mpi", "pieces", "ops", "heat", "errors", "traps"].filter((name) => {
            if (isFull) return true;
            return isPlain ? name === "mpi" || name === "errors" : name !== "errors" || job.library !== "solo";
          });
          const args = [String(job.ranks), ...names.map((name) => `jit-${name}.mjs`)];
          expectWell(await runRanks({ ...job, program: "all.mjs", args, timeoutMs }));
        },
      );

      it.runIf(isFull || (job.library === "solo" && !isPlain))(
        "refuses to be called before the job begins",
        async () => {
          expectWell(await runRanks({ ...job, program: "jit-errors.mjs", timeoutMs }));
        },
      );

      if (job.ranks < 4 && (isFull || (job.library === "solo" && !isPlain))) {
        it("does the same in a debug build", async () => {
          expectWell(await runRanks({ ...job, program: "jit-mpi.mjs", args: ["debug"], timeoutMs }));
        });
      }
    });
  });
});

describe("jit", { timeout: 120_000 }, () => {
  eachLibrary([1, 2, 3], (job) => {
    const isTried = isFull || launched.length === 0 || isLast(job.library);
    it.runIf(isTried)("compiles on rank 0 only", async () => {
      const env = { WASM_MPI_CACHE: "0" };
      expectWell(await runRanks({ ...job, program: "jit-cache.mjs", args: ["first"], env, timeoutMs: 100_000 }));
    });

    it.runIf(isTried)("compiles on one rank alone with { local: true }", async () => {
      expectWell(await runRanks({ ...job, program: "jit-cache.mjs", args: ["job"], timeoutMs: 100_000 }));
    });
  });
});

describe("wasm-mpi build", { timeout: 60_000 }, () => {
  const source = join(folder, "total.ts");
  writeFileSync(
    source,
    `import { allreduce, SUM } from "mpi";
     const offsets: StaticArray<f64> = [5, 10, 20];
     export function total(a: f64): f64 { return allreduce<f64>(a + offsets[1], SUM); }`,
  );

  const module = join(folder, "total.wasm");
  beforeAll(async () => expectWell(await wasmMpi(["build", source, "-o", module])));

  eachLibrary([1, 2, 3], (job) => {
    it("makes a module for every library and number of ranks", async () => {
      expectWell(await runRanks({ ...job, program: "jit-load.mjs", args: [module] }));
    });
  });

  it.each(launchedLast)("does it once in a job of $name", async ({ name: library }) => {
    const result = await inJob({ library, ranks: 2 }, ["build", source, "-o", join(folder, "job.wasm")]);
    expectWell(result);
    expect(result.stdout.match(/bytes/g)).toHaveLength(1);
  });
});
