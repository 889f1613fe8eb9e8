import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/errors.js";
import { totalOf } from "../../src/mpi/calls/objects.js";
import { isFull } from "../harness/effort.js";
import { eachLibrary, isLast, runRanks } from "../harness/launch.js";
import { type Result, root } from "../harness/process.js";

/** Every rank printed "ok" and nothing else. */
function expectOk(result: Result, ranks: number) {
  expect(result.code, result.transcript).toBe(0);
  expect(result.stdout, result.transcript).toBe("ok\n".repeat(ranks));
  expect(result.stderr, result.transcript).toBe("");
}

describe("messages between two ranks, requests and probes give what they say", () => {
  eachLibrary([1, 2, 3, 4], ({ library, ranks }) => {
    // Seconds on an idle machine, half a minute beside other work.
    it("as the machine makes ranks wait", { timeout: 110_000 }, async () => {
      expectOk(await runRanks({ library, ranks, program: "mpi-points.mjs", timeoutMs: 100_000 }), ranks);
    });
  });
  eachLibrary([2], ({ library, ranks }) => {
    // As above, where the ranks of the other library share them.
    it.runIf(isFull || isLast(library))("where ranks share cores", async () => {
      expectOk(await runRanks({ library, ranks, program: "mpi-points.mjs", args: ["crowded"] }), ranks);
    });
  });
});

describe("JavaScript values travel whole", () => {
  eachLibrary([1, 2, 3, 4], ({ library, ranks }) => {
    it("and those that cannot are refused on every rank", async () => {
      expectOk(await runRanks({ library, ranks, program: "mpi-objects.mjs" }), ranks);
    });
  });
  it("up to the largest count together", () => {
    expect(totalOf([2 ** 30, 2 ** 30 - 1], "Comm.gatherObject")).toBe(2 ** 31 - 1);
    expect(() => totalOf([2 ** 30, 2 ** 30], "Comm.gatherObject")).toThrow(
      new UsageError(
        "Comm.gatherObject: expected at most 2147483647 bytes of all ranks together, got 2147483648. Send them one by one with sendObject.",
      ),
    );
  });
});

describe("with WASM_MPI_LEAKS=1 each rank lists what it has not freed", () => {
  const program = "mpi-leaks.mjs";
  const file = pathToFileURL(join(root, "test/ranks", program)).href;
  // UCX under MPICH warns of receives that were left open.
  const linesOf = (text: string) => text.split("\n").filter((line) => line && !line.includes("UCX  WARN"));

  eachLibrary([3], ({ library, ranks }) => {
    it("with the lines that made them", async () => {
      // The frames of this package are those of its source maps under one library, those of the bundle under the other.
      const NODE_OPTIONS = library === "mpich" ? "--enable-source-maps" : undefined;
      const result = await runRanks({ library, ranks, program, env: { WASM_MPI_LEAKS: "1", NODE_OPTIONS } });
      expect(result.code, result.transcript).toBe(0);
      const lines = JSON.parse(result.stdout) as Record<string, number>;
      const said = linesOf(result.stderr);
      for (let rank = 0; rank < ranks; rank++) {
        const prefix = `wasm-mpi: rank ${rank} of ${ranks}: `;
        const ofRank = said.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
        const leak = (what: string, line: number | undefined, column: number) =>
          `${what}, made at ${file}:${line}:${column}`;
        expect(ofRank, result.transcript).toEqual([
          leak("2 communicators never freed", lines.dup, 47),
          leak("1 communicator never freed", lines.grid, 19),
          leak("1 operation never freed", lines.op, 18),
          leak("1 persistent request never freed", lines.persistent, 19),
          ...(rank === 0 ? [leak("1 request never completed", lines.open, 61)] : []),
          leak("1 communicator never freed", lines.late, 21),
        ]);
      }
      expect(
        said.every((line) => line.startsWith("wasm-mpi: rank ")),
        result.transcript,
      ).toBe(true);
    });

    it("and says nothing where all is freed, or without the variable", async () => {
      const tidy = await runRanks({ library, ranks, program, args: ["tidy"], env: { WASM_MPI_LEAKS: "1" } });
      expect(tidy.code, tidy.transcript).toBe(0);
      expect(tidy.stderr, tidy.transcript).toBe("");
      if (!isFull && !isLast(library)) return; // Without the variable nothing looks, whatever the library.
      const quiet = await runRanks({ library, ranks, program, env: { WASM_MPI_LEAKS: undefined } });
      expect(quiet.code, quiet.transcript).toBe(0);
      expect(linesOf(quiet.stderr), quiet.transcript).toEqual([]);
    });
  });
});
