/** Frames and states for restarts that another thread writes while equations go on. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { callback, Grid, Output, Pde, type PdeOptions, type SolveOptions, storage } from "../../src/index.js";
import { SnapshotReader } from "../../src/io/reader.js";
import { temporaryFolder } from "../harness/command.js";
import { isFull } from "../harness/effort.js";
import { messageOf } from "../harness/message.js";
import { solo } from "../harness/run.js";

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);

/** All frames of a file, and what a state says of its run. */
async function contents(path: string) {
  const file = await Output.open(path);
  const frames = [...file.times].map((time, frame) => [
    time,
    ...file.variables.map((name) => [name, ...(file.read(name, frame) as Float64Array)]),
    file.diagnostics(frame).min,
    file.diagnostics(frame).max,
    file.diagnostics(frame).sum,
  ]);
  const { pde_restart: state } = file.attributes;
  file.close();
  // Trackers are known by the names of their files, whose lengths decide how many spaces follow.
  return {
    frames,
    state: String(state)
      .trimEnd()
      .replaceAll(/\/[^"]*\.h5/g, ""),
  };
}

type Case = [what: string, equations: Record<string, string>, options: PdeOptions, solve: Partial<SolveOptions>];

const cases: Case[] = [
  ["a history", { c: "laplace(c) - c^3" }, {}, { stepper: "adams-bashforth" }],
  ["a mask that changes", { c: "laplace(c)" }, { mask: { open: "x > 1 + 20*t", dynamic: true } }, { stepper: "euler" }],
  ["noise", { c: "laplace(c)" }, { noise: { c: 0.01 } }, { stepper: "euler" }],
  ["second derivatives", { u_tt: "laplace(u)" }, {}, { initial: { u: "x" } }],
  ["adaptive steps", { c: "laplace(c) - c^3" }, {}, { stepper: "rkf45" }],
  ["complex unknowns", { psi: "i * laplace(psi)" }, {}, { stepper: "rk4", initial: { psi: "x + i*y" } }],
];

describe("frames and states that are written beside the run", () => {
  // Outside the full tests with a history and with what is no unknown.
  it.each(cases.slice(0, isFull ? cases.length : 2))(
    "are those that are waited for, and go on with the same bits, with %s",
    async (what, texts, options, rest) => {
      const solve = async (name: string, beside: boolean, changes: object = {}) => {
        const grid = new Grid(solo(), { shape: [9, 7], halo: 2 });
        const path = at(`${what}-${name}.h5`);
        const track = [storage(path, { every: 0.03, beside, save: { d: "2*t" } })];
        const usual = { grid, initial: { c: "sin(x) + y/8" }, until: 0.1, dt: 0.005 };
        await new Pde(texts, options).solve({ ...usual, ...rest, track, ...changes } as SolveOptions);
        return [await contents(path), await contents(path.replace(".h5", ".restart.h5"))];
      };
      const expected = await solve("waited", false);
      expect(await solve("beside", true)).toEqual(expected);
      await solve("part", true, { until: 0.06 });
      const [frames, state] = await solve("part", true, { restart: at(`${what}-part.restart.h5`) });
      expect(frames).toEqual(expected[0]);
      expect(state!.frames).toEqual(expected[1]!.frames);
    },
  );

  it("are never a state ahead of its frame, nor more than one frame behind", async () => {
    const grid = new Grid(solo(), { shape: [64, 60] });
    const path = at("order.h5");
    const lags: number[] = [];
    const looks = callback(
      ({ step }) => {
        if (!existsSync(at("order.restart.h5"))) return;
        const [frames, state] = [path, at("order.restart.h5")].map((name) => SnapshotReader.openAtOnce(name)) as [
          SnapshotReader,
          SnapshotReader,
        ];
        expect(frames.times).toContain(state.times[0]);
        expect([...frames.read("c", [...frames.times].indexOf(state.times[0]!))]).toEqual([...state.read("c", 0)]);
        lags.push(step - Math.round(state.times[0]! / 0.1));
        for (const file of [frames, state]) file.close();
      },
      { steps: 1 },
    );
    const track = [storage(path, { steps: 2, beside: true }), looks];
    await new Pde({ c: "laplace(c)" }).solve({ grid, initial: { c: "x" }, until: 2, dt: 0.1, track });
    expect(lags.length).toBeGreaterThan(10);
    expect(Math.max(...lags)).toBeLessThanOrEqual(3);
    const { frames } = await contents(at("order.restart.h5"));
    expect(frames[0]![0]).toBe(2);
    expect((await contents(path)).frames.length).toBe(11);
  });

  it("count up to the error that ends the run, and leave the state of the last one that counts", async () => {
    const grid = new Grid(solo(), { shape: [8, 6] });
    const solve = (path: string, looks: (step: number) => void) =>
      new Pde({ c: "laplace(c)" }).solve({
        ...{ grid, initial: { c: "x" }, until: 1, dt: 0.1 },
        track: [storage(path, { steps: 1, beside: true }), callback(({ step }) => looks(step), { steps: 1 })],
      });
    const broken = solve(at("broken.h5"), (step) => {
      if (step === 4) throw new RangeError("over");
    });
    await expect(broken).rejects.toThrow(new RangeError("over"));
    const [frames, state] = [await contents(at("broken.h5")), await contents(at("broken.restart.h5"))];
    expect([frames.frames.length, state.frames[0]![0]]).toEqual([5, frames.frames.at(-1)![0]]);
    const gone = at("gone.h5");
    const lost = solve(gone, (step) => step === 4 && rmSync(gone));
    expect(await messageOf(() => lost)).toBe(
      `file "${gone}": expected the file that this run made, got none. Leave it where it is while it is written.`,
    );
    expect((await contents(at("gone.restart.h5"))).frames[0]![0]).toBeCloseTo(0.3, 12);
    expect(existsSync(at("gone.restart.h5.part"))).toBe(false);
  });

  it("are refused where rank 0 writes or frames are compressed", async () => {
    const grid = new Grid(solo(), { shape: [8, 6] });
    const solve = (options: object) =>
      messageOf(async () =>
        new Pde({ c: "laplace(c)" }).solve({
          ...{ grid, initial: { c: "x" }, until: 1, dt: 0.1 },
          track: [storage(at("never.h5"), { beside: true, ...options })],
        }),
      );
    expect(await solve({ backend: "gather" })).toBe(
      'Output.create: "beside" expected the backend "posix" with it, got "gather". Leave out one of them.',
    );
    expect(await solve({ gzip: 1 })).toBe(
      'Output.create: "beside" expected none with "gzip", got true. Leave out one of them.',
    );
  });
});
