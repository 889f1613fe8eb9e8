/** MPDATA on several ranks: the bits, and the words, of one rank. */
import { describe, expect, it } from "vitest";
import { documentOf, temporaryFolder } from "../harness/command.js";
import { isFull } from "../harness/effort.js";
import { eachPart, inJob, launched, launchedLast } from "../harness/launch.js";
import { wasmMpi } from "../harness/process.js";

const programs = ["advection-ranks.mjs", "advection-flow.mjs", "advection-walls.mjs", "advection-errors.mjs"];

describe("a distributed solver", { timeout: isFull ? 1_800_000 : 250_000 }, () => {
  eachPart(
    programs,
    isFull ? [1, 2, 3, 4, 5] : [2, 3],
    (_job, printed) => {
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
        expect(await printed("advection-errors.mjs")).toBe("{}");
      });
    },
    { isOnce: true },
  );
});

describe("the cases of the command line", () => {
  const commands = [
    "sphere --shape 13,11,12 --third-order --nonoscillatory --steps 5 --overlap on",
    "drop --shape 61 --variable-sign --nonoscillatory --divergent-flow --steps 9",
    "drop --shape 31,23 --infinite-gauge --nonoscillatory --steps 9 --dtype f32",
    "options1d --shape 61 --variable-sign --steps 9",
    "oscillator --shape 61 --infinite-gauge --nonoscillatory --steps 9",
  ].slice(0, isFull ? 5 : 2);
  const compared = launchedLast.flatMap(({ name: library, title }) =>
    commands.map((words) => ({ library, title, words })),
  );
  it.each(compared)("have no differing bit in $words, $title", async ({ library, words }) => {
    const most = isFull ? 4 : 3;
    const ranks = [1, 2, 3, 4].slice(0, most);
    const args = ["compare", ...words.split(" "), "--ranks", ranks.join(), "--every", "3", "--json"];
    const result = await inJob({ library, ranks: most }, args, { timeoutMs: 60_000 });
    const { identical, runs } = documentOf<{ identical: boolean; runs: { differingCells: number }[] }>(result);
    expect(runs.map(({ differingCells }) => differingCells)).toEqual(ranks.map(() => 0));
    expect(identical).toBe(true);
  });

  it.each(launchedLast)("converge the same on 3 ranks of $title", async ({ name: library }) => {
    const args = "converge gaussian --shapes 8,16,24 --steps 5 --json".split(" ");
    const several = documentOf(await inJob({ library, ranks: 3 }, args, { timeoutMs: 60_000 }));
    expect(several).toEqual({ ...documentOf<object>(await wasmMpi(args)), ranks: 3 });
  });
});

describe("the case pole", () => {
  const folder = temporaryFolder();
  const scheme = "--third-order --nonoscillatory --iterations 3";

  it.each(launchedLast)(
    "has the same bits and statistics, whatever is split, with $title",
    async ({ name: library }) => {
      const args = `advect pole --shape 30,17 --steps 60 ${scheme} --json`.split(" ");
      const statistics = ({ digest, emin, emax, err0, err1, err2 }: Record<string, unknown>) =>
        [digest, emin, emax, err0, err1, err2] as const;
      const alone = statistics(documentOf(await wasmMpi(args)));
      // Three rows of blocks are compared below.
      for (const split of isFull ? ["2,2", "5,1"] : ["2,2"]) {
        const ranks = split.split(",").reduce((all, blocks) => all * Number(blocks), 1);
        const result = await inJob({ library, ranks }, [...args, "--split", split]);
        expect(statistics(documentOf(result)), split).toEqual(alone);
      }
    },
  );

  it.runIf(launched.length > 0)("can be compared", async () => {
    // Along one axis, and in the full tests along the other, too.
    const files = ["--output", `${folder}/pole.h5`, "--split", "3,1", ...(isFull ? ["--split", "1,2"] : [])];
    const ranks = isFull ? "1,2,3" : "1,3";
    const args = `compare pole --shape 26,15 --steps 40 ${scheme} --every 8 --ranks ${ranks} --json`.split(" ");
    const result = documentOf<{ identical: boolean; runs: { differingCells: number; split: number[] }[] }>(
      await wasmMpi([...args, ...files]),
    );
    expect(result.identical).toBe(true);
    expect(result.runs.map(({ split }) => split)).toEqual([[1, 1], ...(isFull ? [[1, 2]] : []), [3, 1]]);
  });
});

describe("a scheme that is less accurate than it could be", () => {
  it.each(launchedLast)("is told once a job of $title", async ({ name: library }) => {
    const command = "advect gaussian --infinite-gauge --iterations 3 --shape 24,16 --steps 2".split(" ");
    const { stderr, transcript } = await inJob({ library, ranks: 2 }, command);
    const warning =
      'Mpdata: "infiniteGauge" expected 2 passes, got 3, with which it is less accurate. Use iterations: 2.';
    expect(
      stderr.split("\n").filter((line) => line.includes("Warning: ")),
      transcript,
    ).toEqual([expect.stringMatching(new RegExp(`^\\(node:\\d+\\) Warning: ${warning}$`))]);
  });
});
