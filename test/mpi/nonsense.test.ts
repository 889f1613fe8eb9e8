import { describe, expect, it } from "vitest";
import { isFull } from "../harness/effort.js";
import { eachLibrary, runRanks } from "../harness/launch.js";

describe("nonsense passed to every public function", () => {
  eachLibrary([1], ({ library, ranks }) => {
    it.runIf(isFull || library === "solo")(
      "is an error of this package, or a result",
      async () => {
        // Calls of each function. A library keeps what a wrong call has sent to its own rank, and may wait in a later
        // one that meets it: MPICH does after some thousands of calls, with other seeds before.
        const args = library === "solo" ? [isFull ? "10000" : "10", "1"] : ["5", "2"];
        const result = await runRanks({ library, ranks, program: "mpi-nonsense.mjs", args, timeoutMs: 280_000 });
        expect(result.stdout.split("\n"), result.transcript).toContain("ok");
      },
      300_000,
    );
  });
});
