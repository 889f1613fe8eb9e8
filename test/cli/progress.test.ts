/** What is told of a run while it goes on. */
import { describe, expect, it, vi } from "vitest";
import { durationText, Estimate, measureLine, progressVariable } from "../../src/cli/progress.js";
import { temporaryFolder } from "../harness/command.js";
import { wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
const advect = ["advect", "gaussian", "--shape", "16", "--courant", "0.5"];
/** Times and what is left are others each time. */
const timeless = (text: string) => text.replaceAll(/, [\d.]+ s so far(, [\d.]+ s left)?$/gm, ", ...");

describe("the time left", () => {
  /** What is said at times of a run, in milliseconds, with the steps that are done then. */
  function told(steps: number, ...marks: readonly (readonly [now: number, done: number])[]): (number | undefined)[] {
    const estimate = new Estimate(0);
    return marks.map(([now, done]) => estimate.left(done, steps, now));
  }

  it("is that of the speed after the first steps, however slow these were", () => {
    // 500 ms for the first step, then 1 ms each: 9.6 s more, and not 1200 s as by the first 500 ms.
    const marks = [500, 600, 700, 800, 900, 1000, 1500].map((now) => [now, now - 499] as const);
    const left = told(10_000, ...marks);
    expect(left.slice(0, 5)).toEqual([undefined, undefined, undefined, undefined, undefined]);
    expect(left[5]).toBeCloseTo((10_000 - 501) / 1000, 9);
    expect(left[6]).toBeCloseTo((10_000 - 1001) / 1000, 9);
  });

  it("does not count the steps before a restart", () => {
    const marks = Array.from({ length: 30 }, (_, n) => [100 * (n + 1), 5000 + 10 * (n + 1)] as const);
    expect(told(6000, ...marks).at(-1)).toBeCloseTo((6000 - 5300) / 100, 9);
  });

  it("follows a machine that gets slower", () => {
    const fast = Array.from({ length: 100 }, (_, n) => [100 * (n + 1), 100 * (n + 1)] as const);
    const slow = Array.from({ length: 300 }, (_, n) => [10_000 + 100 * (n + 1), 10_000 + 10 * (n + 1)] as const);
    // Of the 40 s those count that are younger than 20 s at most.
    expect(told(20_000, ...fast, ...slow).at(-1)).toBeCloseTo((20_000 - 13_000) / 100, 9);
  });

  it("is told after the second of steps that are longer than anything else", () => {
    expect(told(10, [60_000, 1], [120_000, 2])).toEqual([undefined, 480]);
  });

  it.each([
    [0, "0.0 s"],
    [59.94, "59.9 s"],
    [59.96, "1 min 0 s"],
    [754.4, "12 min 34 s"],
    [3599.6, "1 h 0 min"],
    [90_000, "25 h 0 min"],
  ])("is written as people say it: %d", (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});

describe("the log of a run", () => {
  it("has a line after as many steps as were asked for, and after the last, also with --json", async () => {
    for (const more of [[], ["--json"], ["--output", "a.h5", "--every", "3", "--overwrite"]]) {
      const args = [...advect, "--steps", "10", "--log-every", "4", ...more];
      const { code, stderr, stdout, transcript } = await wasmMpi(args, { cwd: folder });
      expect(code, transcript).toBe(0);
      expect(timeless(stderr)).toBe(
        [
          "gaussian on 1 rank: step 4 of 10, 40 %, ...",
          "gaussian on 1 rank: step 8 of 10, 80 %, ...",
          "gaussian on 1 rank: step 10 of 10, 100 %, ...",
          "",
        ].join("\n"),
      );
      expect(stdout).not.toContain("so far");
    }
    const again = ["advect", "--restart", "a.h5", "--steps", "13", "--log-every", "6"];
    const { stderr } = await wasmMpi(again, { cwd: folder });
    expect(timeless(stderr)).toBe(
      "gaussian on 1 rank: step 12 of 13, 92 %, ...\ngaussian on 1 rank: step 13 of 13, 100 %, ...\n",
    );
  });

  it("says which of several runs it is", async () => {
    const args = ["compare", ...advect.slice(1), "--steps", "10", "--ranks", "1", "--log-every", "9"];
    // Its runs write on their own.
    const { code, stderr, transcript } = await wasmMpi(args, { cwd: folder, isApart: true });
    expect(code, transcript).toBe(0);
    const title = "run 1 of 1, gaussian on 1 rank";
    expect(timeless(stderr)).toBe(`${title}: step 9 of 10, 90 %, ...\n${title}: step 10 of 10, 100 %, ...\n`);
  });

  it("is not there where nobody asked", async () => {
    const { stderr } = await wasmMpi([...advect, "--steps", "10"]);
    expect(stderr).toBe("");
  });

  it("stands above the line that a terminal shows", async () => {
    const env = { WASM_MPI_PROGRESS: progressVariable(true, "run 2 of 3, gaussian on 2 ranks") };
    const shape = ["advect", "gaussian", "--shape", "700,700", "--steps", "40", "--log-every", "30"];
    const { stderr, transcript } = await wasmMpi(shape, { env });
    const clear = "\r\u001b[K";
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal is told.
    const shown = /(\r\u001b\[K)?\rrun 2 of 3, gaussian on 2 ranks: step \d+ of 40, \d+ %(, [\d.]+ s left)? \u001b\[K/g;
    expect(stderr.match(shown)?.length, transcript).toBeGreaterThan(1);
    const logged = timeless(stderr.replace(shown, "")).split("\n");
    const title = "run 2 of 3, gaussian on 2 ranks";
    expect(logged).toEqual([
      `${clear}${title}: step 30 of 40, 75 %, ...`,
      `${clear}${title}: step 40 of 40, 100 %, ...`,
      "",
    ]);
  });

  it("is every whole number of steps", async () => {
    const { code, stderr } = await wasmMpi([...advect, "--log-every", "0"]);
    const text = '"--log-every" expected a whole number of at least 1, got "0". For example --log-every 1.';
    expect([code, stderr]).toEqual([2, `wasm-mpi advect: ${text}\n`]);
  });
});

it("writes a line of a measurement every half a minute where there is no terminal", () => {
  vi.stubEnv("WASM_MPI_PROGRESS", "0");
  const lines: unknown[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => lines.push(text) > 0);
  const clock = vi.spyOn(performance, "now");
  const at = <T>(seconds: number, act: () => T): T => {
    clock.mockReturnValue(1e3 * seconds);
    return act();
  };
  const tell = at(0, () => measureLine(true, "advection"));
  for (const [part, seconds] of [10, 20, 35, 40, 70, 80, 120].entries()) at(seconds, () => tell(part + 1, 7));
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  expect(lines).toEqual([
    "advection: part 3 of 7, 35.0 s so far, 50.0 s left\n",
    "advection: part 5 of 7, 1 min 10 s so far, 33.3 s left\n",
  ]);
});

it("tells ranks whether there is a terminal, and what their run is called", () => {
  expect([progressVariable(false), progressVariable(true), progressVariable(false, "run 1 of 3")]).toEqual([
    "0",
    "1",
    "0 run 1 of 3",
  ]);
});
