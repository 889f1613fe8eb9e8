import { describe, expect, it } from "vitest";
import { eachLibrary, runRanks } from "./launch.js";

describe("datatypes, views, packing, pairs and operations in JavaScript", () => {
  eachLibrary([1, 2, 3, 4], ({ library, ranks }) => {
    it("give what they say", async () => {
      const result = await runRanks({ library, ranks, program: "mpi-types.mjs" });
      expect(result.code, result.transcript).toBe(0);
      expect(result.stdout, result.transcript).toBe("ok\n".repeat(ranks));
    });
  });
});
