import { describe, expect, it } from "vitest";
import { isFull } from "../harness/effort.js";
import { eachLibrary, runRanks } from "../harness/launch.js";

describe("nonsense passed to every public function", () => {
  eachLibrary([1], ({ library, ranks }) => {
    it.runIf(isFull || library === "solo")(
      "is an error of this package, or a result",
      async () => {
        const args = [isFull ? "10000" : "3000", "1"];
        const result = await runRanks({ library, ranks, program: "mpi-nonsense.mjs", args, timeoutMs: 280_000 });
        expect(result.stdout.split("\n"), result.transcript).toContain("ok");
      },
      300_000,
    );
  });
});
