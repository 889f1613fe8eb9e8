/** Kernels on any number of ranks and threads: the bits of one rank. */
import { describe, expect, it } from "vitest";
import { isFull } from "../../harness/effort.js";
import { eachPart, launched } from "../../harness/launch.js";

const timeout = isFull ? 1_800_000 : 250_000;

describe("kernels on any ranks", { timeout }, () => {
  eachPart(
    ["grid-kernel.mjs"],
    // Each number compares with one rank; outside the full tests that is not run by itself, too, where there are several.
    isFull ? [1, 2, 3, 4] : launched.length > 0 ? [2, 3] : [1],
    ({ ranks }, printed) => {
      it("have the bits of one rank and the values of a slow oracle, for all splits, types and walls", async () => {
        const { grids, cells, faces, threads, overlaps } = JSON.parse(await printed("grid-kernel.mjs"));
        expect(threads).toBe(isFull ? 27 : 9);
        // Of each case both kernels on each split; on one rank nothing travels.
        expect(overlaps).toEqual({ runs: [28, 64, 60, 104][ranks - 1]!, cut: [0, 30, 27, 45][ranks - 1]! });
        expect(faces).toBeGreaterThanOrEqual(7);
        expect(grids).toBeGreaterThanOrEqual(24);
        expect(cells).toBeGreaterThan(1000);
      });
    },
    { isOnce: true },
  );
});
