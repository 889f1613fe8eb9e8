import { describe, expect, it } from "vitest";
import { Grid } from "../../src/grid/grid.js";
import { overlaps, paysBetweenNodes } from "../../src/grid/overlap.js";
import { solo } from "../harness/run.js";

describe("an overlap of messages and kernels", () => {
  const grid = new Grid(solo(), { shape: [512, 512] });

  it("is as it is asked for, and left off on one node", () => {
    expect([true, false, "auto", undefined].map((value) => overlaps("Test", value, grid))).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it("pays between nodes from some cells on, where rows are cut from some cells a row on", () => {
    expect(paysBetweenNodes([8192], [2])).toBe(true);
    expect(paysBetweenNodes([8191], [2])).toBe(false);
    expect(paysBetweenNodes([128, 64], [2, 1])).toBe(true);
    expect(paysBetweenNodes([127, 64], [2, 1])).toBe(false);
    expect(paysBetweenNodes([64, 1024], [1, 2])).toBe(true);
    expect(paysBetweenNodes([64, 1023], [1, 2])).toBe(false);
    expect(paysBetweenNodes([32, 32, 32], [2, 2, 1])).toBe(true);
    expect(paysBetweenNodes([32, 32, 32], [2, 1, 2])).toBe(false);
  });
});
