/** Steppers, ends, limits, points and trackers on one rank. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import {
  callback,
  consistency,
  data,
  type Field,
  frames,
  Grid,
  Output,
  Pde,
  type SolveOptions,
  steadyState,
  storage,
} from "../../src/index.js";
import { temporaryFolder } from "../harness/command.js";
import { solo } from "../harness/run.js";

const folder = temporaryFolder();
const grid = new Grid(solo(), { shape: [16], bounds: [[0, 2]], periodic: true });
const wave = { c: "cos(pi*x)" };
const eigenvalue = (2 * Math.cos(Math.PI / 8) - 2) * 64;

/** The largest difference of a decaying mode from its exact value. */
async function errorOf(stepper: SolveOptions["stepper"], options: Partial<SolveOptions>): Promise<number> {
  const solution = await new Pde({ c: "laplace(c)" }).solve({
    grid,
    initial: wave,
    until: 0.1,
    dt: 0.001,
    stepper,
    ...options,
  } as SolveOptions);
  const { time } = solution;
  const values = (solution.fields.c as Field).interior();
  const exact = values.map((_, i) => Math.cos(Math.PI * grid.centre(0, i)) * Math.exp(eigenvalue * time));
  return Math.max(...values.map((value, i) => Math.abs(value - exact[i]!)));
}

describe("the order in time", () => {
  it.each([
    ["euler", 1],
    ["adams-bashforth", 2],
    ["ssprk3", 3],
    ["rk4", 4],
    ["implicit", 1],
    ["crank-nicolson", 2],
  ] as const)("of %s is %d", async (stepper, order) => {
    const [coarse, fine] = [await errorOf(stepper, { dt: 0.002 }), await errorOf(stepper, { dt: 0.001 })];
    expect(Math.log2(coarse / fine)).toBeGreaterThan(order - 0.1);
    expect(Math.log2(coarse / fine)).toBeLessThan(order + 0.2);
  });

  it("of leapfrog is 2", async () => {
    const omega = Math.sqrt(-eigenvalue);
    const error = async (dt: number) => {
      const eq = new Pde({ u_tt: "laplace(u)" });
      const { fields } = await eq.solve({ grid, initial: { u: "cos(pi*x)", u_t: "2*cos(pi*x)" }, until: 1, dt });
      const factor = Math.cos(omega) + (2 / omega) * Math.sin(omega);
      return Math.abs((fields.u as Field).interior()[0]! - factor * Math.cos(Math.PI * grid.centre(0, 0)));
    };
    const [coarse, fine] = [await error(0.02), await error(0.01)];
    expect(Math.log2(coarse / fine)).toBeGreaterThan(1.9);
    expect(Math.log2(coarse / fine)).toBeLessThan(2.2);
  });
});

describe("adaptive steppers", () => {
  it.each(["rkf45", "euler"] as const)("keep the error of %s as small as is asked for", async (stepper) => {
    const errors = await Promise.all(
      [1e-3, 1e-5].map((tolerance) => errorOf(stepper, { adaptive: true, tolerance, dt: 1e-4 })),
    );
    expect(errors[0]).toBeLessThan(0.05);
    expect(errors[1]).toBeLessThan(errors[0]! / 5);
  });

  it("end exactly at the end, and where a tracker is due", async () => {
    const times: number[] = [];
    const track = [callback(({ time }) => times.push(time), { every: 0.03 })];
    const { time } = await new Pde({ c: "laplace(c)" }).solve({
      grid,
      initial: wave,
      until: 0.1,
      dt: 1e-3,
      stepper: "rkf45",
      track,
    });
    expect(time).toBe(0.1);
    expect(times).toEqual([0, 0.03, 0.06, 0.09, 0.1]);
  });
});

describe("a solve", () => {
  it("sets limits after each step, and stops when asked to", async () => {
    const eq = new Pde({ c: "1" }, { limit: { c: "min(c, 0.35)" }, stop: "max(c) >= 0.35" });
    const { time, stopped, steps } = await eq.solve({ grid, initial: { c: 0 }, until: 1, dt: 0.1 });
    expect({ time, stopped, steps }).toEqual({ time: 0.4, stopped: "stop", steps: 4 });
  });

  it("adds sources to the cells of points", async () => {
    const points = [
      { field: "c", at: [0.3], source: "1 + 0*t" },
      { field: "c", at: [2], source: 2 },
    ];
    const { fields } = await new Pde({ c: "laplace(c)" }, { points }).solve({
      grid,
      initial: { c: 0 },
      until: 0.1,
      dt: 0.001,
    });
    expect((fields.c as Field).sum() * grid.spacing[0]!).toBeCloseTo(0.3, 12);
  });

  it("takes constants that change on the way", async () => {
    const eq = new Pde({ c: "k" }, { constants: { k: 1 } });
    const track = [callback(({ step }) => step === 5 && eq.set({ k: 2 }), { steps: 5 })];
    const { fields } = await eq.solve({ grid, initial: { c: 0 }, until: 1, dt: 0.1, track });
    expect((fields.c as Field).max()).toBeCloseTo(1.5, 14);
  });

  it("tells where a solution is no number any more", async () => {
    const eq = new Pde({ c: "c^2" });
    const solve = (track: SolveOptions["track"] = []) =>
      eq.solve({ grid, initial: { c: "where(x < 0.4, 0, 1e150)" }, until: 1, dt: 0.5, track });
    const text =
      "Pde.solve: expected finite numbers, got Infinity of c in cell [3] at time 1 (step 2). Use a shorter step, or another stepper.";
    await expect(solve()).rejects.toThrow(text);
    await expect(solve([consistency({ steps: 1 })])).rejects.toThrow(text);
  });

  it("ends after some time on the wall", async () => {
    const { stopped } = await new Pde({ c: "laplace(c)" }).solve({
      grid,
      initial: wave,
      until: 1e6,
      dt: 1e-3,
      maxRuntime: 0.05,
    });
    expect(stopped).toBe("maxRuntime");
  });
});

describe("trackers", () => {
  const solve = (track: SolveOptions["track"], options: Partial<SolveOptions> = {}) =>
    new Pde({ c: "laplace(c)" }).solve({ grid, initial: wave, until: 0.1, dt: 0.001, track: track!, ...options });

  it.each([
    [{ every: 0.05 }, [0, 50, 100]],
    [{ every: [0.01, 0.02, 0.07] }, [0, 10, 20, 70, 100]],
    [{ every: { geometric: [0.01, 2] as const } }, [0, 10, 20, 40, 80, 100]],
    [{ every: { logarithmic: [0.01, 2] as const } }, [0, 10, 30, 70, 100]],
    [{ steps: 40 }, [0, 40, 80, 100]],
    [{}, [0, 100]],
  ])("are called when due: %j", async (options, expected) => {
    const list: number[] = [];
    await solve([callback(({ step }) => list.push(step), options)]);
    expect(list).toEqual(expected);
  });

  it("keep frames, in memory and in a file, with further values", async () => {
    const kept = frames({ every: 0.05 });
    const path = join(folder, "frames.h5");
    await solve([kept, storage(path, { every: 0.05, save: { d: "d_dx(c)" } })]);
    expect(kept.frames.map(({ time }) => time)).toEqual([0, 0.05, 0.1]);
    const file = await Output.open(path);
    expect([...file.times]).toEqual([0, 0.05, 0.1]);
    expect([...file.read("c", -1)]).toEqual([...Array.from(kept.frames[2]!.values.c!)]);
    expect(Math.abs(file.read("d", 0)[4]! - (file.read("c", 0)[5]! - file.read("c", 0)[3]!) * 4)).toBeLessThan(1e-12);
    file.close();
  });

  it("write tables", async () => {
    const path = join(folder, "table.csv");
    const table = data({ mass: "integral(c)", most: "max(c)" }, { every: 0.05, path });
    await solve([table]);
    expect(table.rows).toHaveLength(3);
    const lines = readFileSync(path, "utf8").trim().split("\n");
    expect(lines[0]).toBe("time,step,mass,most");
    expect(lines.slice(1).map((line) => Number(line.split(",")[3]))).toEqual(table.rows.map(({ most }) => most));
  });

  it("stop at a steady state", async () => {
    const { stopped, time } = await solve([steadyState({ steps: 10, atol: 1e-4 })], { until: 100 });
    expect(stopped).toBe("steadyState");
    const hasLooked = await solve([steadyState({ atol: 1e-4 })], { until: 100 });
    expect([hasLooked.stopped, hasLooked.steps % 100]).toEqual(["steadyState", 0]);
    expect(time).toBeLessThan(5);
  });

  it("print and tell progress on rank 0", async () => {
    const { print, progress } = await import("../../src/index.js");
    const [log, error] = [vi.spyOn(console, "log"), vi.spyOn(console, "error")];
    for (const spy of [log, error]) spy.mockImplementation(() => {});
    await solve([print(), progress()], { initial: { c: 0.5 } });
    expect(log.mock.calls[0]).toEqual(["time 0: c 0.500000 0.500000 0.500000"]);
    expect(error.mock.calls.at(-1)).toEqual(["time 0.1 of 0.1 (100 %), step 100"]);
    for (const spy of [log, error]) spy.mockRestore();
  });
});

describe("a text of the start", () => {
  it("may name the time, which is that of the start", async () => {
    const { fields } = await new Pde({ c: "0" }).solve({ grid, initial: { c: "t" }, start: 2, until: 2, dt: 1 });
    expect((fields.c as Field).max()).toBe(2);
  });
});

describe("a restart", () => {
  it.each(["euler", "rk4", "adams-bashforth", "rkf45", "leapfrog"] as const)(
    "of %s has the bits of one run",
    async (stepper) => {
      const isSecond = stepper === "leapfrog";
      const text = "laplace(c) - c^3 + 0.1*noise()*0";
      const eq = new Pde(isSecond ? { c_tt: text } : { c: text }, { limit: { c: "min(c, 0.9)" } });
      const solve = (path: string, until: number, restart?: string) =>
        eq.solve({
          grid,
          initial: wave,
          until,
          dt: 0.001,
          stepper,
          track: [
            storage(join(folder, path), { every: 0.02 }),
            data({ m: "max(c)" }, { every: 0.03, path: join(folder, `${path}.csv`) }),
          ],
          ...(restart ? { restart: join(folder, restart) } : {}),
        });
      const whole = await solve(`whole-${stepper}.h5`, 0.1);
      await solve(`half-${stepper}.h5`, 0.06);
      const rest = await solve(`half-${stepper}.h5`, 0.1, `half-${stepper}.restart.h5`);
      expect((rest.fields.c as Field).digest()).toBe((whole.fields.c as Field).digest());
      expect({ ...rest, fields: 0 }).toEqual({ ...whole, fields: 0 });
      const [a, b] = [`whole-${stepper}.h5.csv`, `half-${stepper}.h5.csv`].map((name) =>
        readFileSync(join(folder, name), "utf8"),
      );
      expect(b).toBe(a);
    },
  );

  it("goes on with trackers of one name in their order", async () => {
    const solve = async (until: number, restart?: string) => {
      const called: [number, number][] = [];
      const callbacks = [10, 25].map((each) =>
        callback(({ step }) => called.push([each, step]), { every: each / 1000 }),
      );
      const track = [storage(join(folder, "two.h5"), { every: 0.05, overwrite: true }), ...callbacks];
      const options = { grid, initial: wave, until, dt: 0.001, track, ...(restart ? { restart } : {}) };
      await new Pde({ c: "laplace(c)" }).solve(options);
      return called;
    };
    const whole = await solve(0.1);
    await solve(0.05);
    const rest = await solve(0.1, join(folder, "two.restart.h5"));
    expect(rest).toEqual(whole.filter(([, step]) => step > 50));
  });

  it("of other equations is refused", async () => {
    const eq = new Pde({ c: "2 * laplace(c)" });
    const restart = join(folder, "half-euler.restart.h5");
    await expect(eq.solve({ grid, initial: wave, until: 1, dt: 0.001, restart })).rejects.toThrow(
      'Pde.solve: "restart" expected the equations of the run before, c = laplace(c) - c^3 + 0.1*noise()*0, got c = 2 * laplace(c). Go on with the same equations and options, or start anew.',
    );
  });

  it("takes the constants of the start, or as they were left, and no others", async () => {
    const path = join(folder, "set.h5");
    const solve = (eq: Pde, until: number, options: Partial<SolveOptions> = {}) =>
      eq.solve({ grid, initial: { c: 0 }, until, dt: 0.125, ...options });
    const made = (k: number) => new Pde({ c: "k" }, { constants: { k } });
    const changed = made(1);
    const track = [callback(({ step }) => step === 2 && changed.set({ k: 2 }), { steps: 1 })];
    await solve(changed, 0.5, { track: [...track, storage(path, { steps: 4 })] });
    const restart = join(folder, "set.restart.h5");
    for (const eq of [changed, made(1), made(2)]) {
      const { fields } = await solve(eq, 1, { restart });
      expect((fields.c as Field).max()).toBe(0.25 + 6 * 0.25);
    }
    await expect(solve(made(3), 1, { restart })).rejects.toThrow(
      'Pde.solve: "restart" expected the constants of the run before, k = 1, got k = 3. Go on with the same equations and options, or start anew.',
    );
  });
});
