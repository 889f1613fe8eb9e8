import { describe, expect, it } from "vitest";
import { eachLibrary, runRanks, type TestJob } from "../harness/launch.js";

/** Runs a rank program to its good end; what it printed as JSON. */
async function report(job: TestJob, program: string): Promise<Record<string, number>> {
  const timeoutMs = process.env.WASM_MPI_TEST_FULL === "1" ? 600_000 : 110_000;
  const result = await runRanks({ ...job, program, timeoutMs });
  expect(result.code, result.transcript).toBe(0);
  return JSON.parse(result.stdout);
}
const timeout = process.env.WASM_MPI_TEST_FULL === "1" ? 610_000 : 120_000;

describe("a halo exchange", () => {
  eachLibrary([1, 2, 3, 4], (job) => {
    it(
      "fills every halo cell, edges and corners too, on all splits, widths and choices of periodic axes",
      async () => {
        const { grids, cells } = await report(job, "grid-halo.mjs");
        expect(grids).toBeGreaterThan(50);
        expect(cells).toBeGreaterThan(1e5);
      },
      timeout,
    );
  });

  eachLibrary([2], (job) => {
    it(
      "of faces of 1 MiB does not hang, packed or not",
      async () => {
        const { faces } = await report(job, "grid-large.mjs");
        expect(faces).toBe(3 * (2 + 1) * (1 + 2)); // cases, sides of rank 0 where periodic or not, fields
      },
      timeout,
    );
  });

  eachLibrary([1, 3], (job) => {
    it("refuses wrong use in the same words on every rank", async () => {
      await report(job, "grid-errors.mjs");
    });
  });
});

describe("fields of f64, f32 and i32", () => {
  eachLibrary([1, 2, 3, 4], (job) => {
    it("have the values, figures and halos of one rank", async () => {
      const result = await runRanks({ ...job, program: "grid-dtypes.mjs" });
      expect(result.code, result.transcript).toBe(0);
      expect(result.stdout).toBe("ok\n".repeat(job.ranks));
    });
  });
});

describe("a field in blocks", () => {
  eachLibrary([1, 2, 3, 4], (job) => {
    it("has the gathered values, extremes, sum and digest of one rank, bit for bit", async () => {
      const { fields } = await report(job, "grid-field.mjs");
      expect(fields).toBeGreaterThan(20);
    });
  });
});
