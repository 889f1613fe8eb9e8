import { describe, expect, it } from "vitest";
import { isFull } from "../harness/effort.js";
import { eachPart } from "../harness/launch.js";

describe("on any ranks", { timeout: isFull ? 1_800_000 : 250_000 }, () => {
  eachPart(
    ["pde.mjs"],
    isFull ? [1, 2, 3, 4] : [2, 3],
    (_job, printed) => {
      it("equations have the bits of one rank, for all splits, steppers and conditions", async () => {
        const { runs } = JSON.parse(await printed("pde.mjs"));
        expect(runs).toBeGreaterThanOrEqual(12);
      });
    },
    { isOnce: true },
  );
});
