/** MPDATA on several ranks: the bits, and the words, of one rank. */
import { describe, expect, it } from "vitest";
import { isFull } from "../harness/effort.js";
import { eachPart } from "../harness/launch.js";

const programs = ["advection-ranks.mjs", "advection-flow.mjs", "advection-walls.mjs", "advection-errors.mjs"];

describe("a distributed solver", { timeout: isFull ? 1_800_000 : 250_000 }, () => {
  eachPart(programs, isFull ? [1, 2, 3, 4, 5] : [1, 3, 4], (_job, printed) => {
    it("has the bits of one rank for any split, flow, G factor, periodic axes and passes", async () => {
      const { runs, cells } = JSON.parse(await printed("advection-ranks.mjs"));
      expect(runs).toBeGreaterThan(30);
      expect(cells).toBeGreaterThan(10_000);
    });

    it("has the bits of one rank with flows that change, hooks, sources, diffusion and fitted steps", async () => {
      expect(JSON.parse(await printed("advection-flow.mjs")).cells).toBeGreaterThan(3000);
    });

    it("has the bits of one rank for any walls and options", async () => {
      const { runs, cells } = JSON.parse(await printed("advection-walls.mjs"));
      expect(runs).toBeGreaterThan(30);
      expect(cells).toBeGreaterThan(30_000);
    });

    it("refuses what is wrong in one cell in the same words on every rank", async () => {
      expect(await printed("advection-errors.mjs")).toBe("{}\n");
    });
  });
});
