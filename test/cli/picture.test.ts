/** Pictures of runs. */
import { describe, expect, it } from "vitest";
import { bordersOf, ranksText } from "../../src/cli/run/picture.js";
import { timeText } from "../../src/plot/words.js";

describe("a picture of a run", () => {
  it("has the borders of its blocks, where there are several", () => {
    expect(bordersOf({ ranks: 6, split: [3, 2, 1] }, [61, 47, 5])).toEqual({
      blocks: [
        [0, 20, 40, 61],
        [0, 23, 47],
        [0, 5],
      ],
    });
    expect(bordersOf({ ranks: 1, split: [1, 1] }, [61, 47])).toEqual({});
  });

  it("says the time and the ranks", () => {
    expect(timeText(0.1 + 0.2)).toBe("t = 0.3");
    expect([1, 6].map((ranks) => ranksText({ ranks, split: [ranks, 1] }))).toEqual(["1 rank", "6 ranks as 6 x 1"]);
  });
});
