import { describe, expect, it } from "vitest";
import { isFull } from "../harness/effort.js";
import { eachLibrary, eachPart, runRanks } from "../harness/launch.js";

const timeout = isFull ? 1_800_000 : 250_000;

describe("on any ranks", { timeout }, () => {
  const programs = ["grid-halo.mjs", "grid-errors.mjs", "grid-dtypes.mjs", "grid-field.mjs", "grid-read.mjs"];
  eachPart(programs, isFull ? [1, 2, 3, 4] : [1, 2, 3], (_job, printed) => {
    it("a halo exchange fills every halo cell, edges and corners too, for all splits, widths and periodic axes", async () => {
      const { grids, cells } = JSON.parse(await printed("grid-halo.mjs"));
      expect(grids).toBeGreaterThan(50);
      expect(cells).toBeGreaterThan(1e5);
    });

    it("wrong use of a halo exchange is refused in the same words on every rank", async () => {
      expect(await printed("grid-errors.mjs")).toBe("{}");
    });

    it("fields of f64, f32 and i32 have the values, figures and halos of one rank", async () => {
      expect(await printed("grid-dtypes.mjs")).toBe("{}");
    });

    it("a field has the gathered values, extremes, sum and digest of one rank, bit for bit", async () => {
      const { fields } = JSON.parse(await printed("grid-field.mjs"));
      expect(fields).toBeGreaterThan(20);
    });

    it("a field has the values of a file of another program, whatever their type and however they are kept", async () => {
      const { fields } = JSON.parse(await printed("grid-read.mjs"));
      expect(fields).toBeGreaterThan(20);
    });
  });
});

describe("a halo exchange", () => {
  eachLibrary([2], (job) => {
    it("of faces of 1 MiB does not hang, packed or not", { timeout: 120_000 }, async () => {
      const result = await runRanks({ ...job, program: "grid-large.mjs", timeoutMs: 110_000 });
      expect(result.code, result.transcript).toBe(0);
      expect(JSON.parse(result.stdout).faces).toBe(3 * (2 + 1) * (1 + 2)); // cases, sides of rank 0 where periodic or not, fields
    });
  });
});
