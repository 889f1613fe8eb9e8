/** `wasm-mpi solve`: what `Pde` and its trackers offer, by options. */
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { times } from "../../../src/cli/options/kind.js";
import { table } from "../../../src/cli/options/table.js";
import { addEquations, taskOf } from "../../../src/cli/solve/index.js";
import { describeSolve } from "../../../src/cli/solve/report.js";
import { checkTask, runTask } from "../../../src/cli/solve/run.js";
import { meaningOf, type Task } from "../../../src/cli/solve/task.js";
import { inOptions } from "../../../src/cli/solve/words.js";
import { FileError } from "../../../src/errors.js";
import type { Field } from "../../../src/grid/field.js";
import { Grid } from "../../../src/grid/grid.js";
import type { PdeOptions, SolveOptions } from "../../../src/pde/options.js";
import { Pde } from "../../../src/pde/pde.js";
import type { Every } from "../../../src/pde/trackers/when.js";
import { documentOf, temporaryFolder } from "../../harness/command.js";
import { inJob, launched } from "../../harness/launch.js";
import { wasmMpi } from "../../harness/process.js";
import { solo } from "../../harness/run.js";
import { expectLine } from "../../harness/wrong.js";

const folder = temporaryFolder();
const solve = (...args: string[]) => wasmMpi(["solve", ...args], { cwd: folder });
const viewOf = async (file: string) =>
  documentOf<{ times: number[]; variables: { name: string }[]; attributes: { config: string } }>(
    await wasmMpi(["view", file, "--json"], { cwd: folder }),
  );
const textOf = (file: string) => readFileSync(join(folder, file), "utf8");

const at = (name: string) => join(folder, name);

/** What a command line is refused with, without a process of its own. */
async function errorOf(args: readonly string[]): Promise<Error | undefined> {
  try {
    const command = addEquations(new Command().exitOverride(), "solve").parse(args, { from: "user" });
    const task = await taskOf(command.args, command.opts(), command, "solve");
    checkTask(task, 1);
    await runTask(solo(), task);
  } catch (error) {
    return error as Error;
  }
  return undefined;
}

const nothing: Task = {
  ...{ equations: ["c = laplace(c)"], initial: ["c = 1 + x"], define: [], boundary: [], set: [], limit: [], noise: [] },
  ...{
    point: [],
    save: [],
    measure: [],
    faces: [],
    probe: [],
    advect: [],
    conserve: [],
    dtype: "f64",
    shape: [16, 12],
    until: 1,
    dt: 0.1,
    overwrite: false,
  },
};

/** The option of each key of `new Pde()` and of `solve()`; the compiler refuses a list that lacks one. */
const reached: Readonly<Record<keyof PdeOptions | keyof SolveOptions, string | readonly string[]>> = {
  ...{ constants: "set", boundary: "boundary", define: "define", complex: "complex", order: "order", limit: "limit" },
  ...{
    stop: "stop",
    points: "point",
    noise: "noise",
    mask: ["mask", "maskFaces", "maskDynamic"],
    interpretation: "interpretation",
    advection: "advect",
  },
  ...{
    grid: ["shape", "bounds", "coordinates", "faces", "periodic", "split"],
    initial: "initial",
    until: "until",
    start: "start",
  },
  ...{ dt: ["dt", "cfl", "velocity", "maxDt"], stepper: "stepper", adaptive: "adaptive", tolerance: "tolerance" },
  ...{ stability: "stability", stages: "stages", solverTolerance: "solverTolerance", dtype: "dtype" },
  ...{
    track: [
      "output",
      "every",
      "everySteps",
      "save",
      "data",
      "measure",
      "dataEvery",
      "probe",
      "probeData",
      "conserve",
      "pictures",
      "movie",
      "range",
      "kymograph",
      "kymographAxis",
      "drift",
      "steadyState",
    ],
  },
  // The command itself hears signals.
  ...{ restart: "restart", maxRuntime: "maxRuntime", signal: [], overlap: "overlap" },
};

it("every option of the library is one of the command line, in solve and in compare solve", () => {
  const keys = Object.values(reached).flat();
  const known = table.solve.map(({ key }) => key as string);
  expect(keys.filter((key) => !known.includes(key))).toEqual([]);
  const compared: readonly string[] = table["compare solve"].map(({ key }) => key);
  expect(keys.filter((key) => !compared.includes(key))).toEqual(["restart"]);
});

describe("intervals", () => {
  const rows: [string, Every][] = [
    ["0.5", 0.5],
    ["0.5,1,4", [0.5, 1, 4]],
    ["2,", [2]],
    ["logarithmic 0.1,2", { logarithmic: [0.1, 2] }],
    ["geometric 1,1.5", { geometric: [1, 1.5] }],
    ["wall 60", { wall: 60 }],
  ];
  it.each(rows)("are read and written: %s", (text, value) => {
    expect(times.read("--every", text, "1")).toEqual(value);
    expect(times.texts(value)).toEqual([text]);
  });

  it.each(["0", "-1", "1,1", "2,1", "x", "", "wall 0", "wall 1,2", "geometric 1", "geometric 1,1", "logarithmic a,2"])(
    "that are none are refused: %s",
    (text) => {
      const message = `"--every" expected a time above 0, times in ascending order, or logarithmic T,FACTOR, geometric T,FACTOR, wall SECONDS, got "${text}". For example --every 1.`;
      expect(() => times.read("--every", text, "1")).toThrow(message);
    },
  );
});

const flow = ["u = -u*d_dx(u) + 0.1*laplace(u)", "v = 0.1*laplace(v)", "--shape", "16,12", "--periodic"];
const whirl = ["--initial", "u = sin(2*pi*x/16)", "--initial", "v = cos(2*pi*x/16)", "--until", "2"];
const pace = ["--cfl", "0.5", "--velocity", "u,v", "--max-dt", "0.3", "--stepper", "rk4"];
const extras = ["--save", "w = d_dx(v) - d_dy(u)", "--measure", "E = integral(u^2 + v^2)", "--every", "0.5"];

describe("a solve", () => {
  it("has steps by a flow, further values in its frames, a table, and a record of all that", async () => {
    const files = ["--output", "uv.h5", "--data", "uv.csv", "--stability", "ignore"];
    const report = documentOf<{ options: object }>(
      await solve(...flow, ...whirl, ...pace, ...extras, ...files, "--json"),
    );
    const shaped = {
      ...{ periodic: true, initial: [whirl[1], whirl[3]], until: 2, cfl: 0.5, velocity: ["u", "v"], maxDt: 0.3 },
      ...{ stepper: "rk4", stability: "ignore", every: 0.5, save: ["w = d_dx(v) - d_dy(u)"], data: "uv.csv" },
      measure: ["E = integral(u^2 + v^2)"],
    };
    expect(report.options).toEqual({ ...shaped, start: 0 });
    expect(report).toMatchObject({ time: 2, exchangeShare: expect.any(Number) });
    const { times: frames, variables, attributes } = await viewOf("uv.h5");
    expect(frames).toEqual([0, 0.5, 1, 1.5, 2]);
    expect(variables.map(({ name }) => name)).toEqual(["u", "v", "w"]);
    const equations = flow.slice(0, 2);
    const config = { command: "solve", equations, shape: [16, 12], ...shaped, dtype: "f64" };
    expect(JSON.parse(attributes.config)).toEqual(config);
    const lines = textOf("uv.csv").trimEnd().split("\n");
    expect(lines[0]).toBe("time,step,E");
    expect(lines.slice(1).map((line) => Number(line.split(",")[0]))).toEqual(frames);
  });

  it("closes cells and has sources, as Pde has them", async () => {
    const places = { mask: "hypot(x - 8, y - 6) > 3", maskFaces: "derivative 0", point: ["c at 3,4 = sin(t)"] };
    const { report } = await runTask(solo(), { ...nothing, ...places, output: join(folder, "mask.h5") });
    const points = [{ field: "c", at: [3, 4], source: "sin(t)" }];
    const mask = { open: places.mask, faces: { derivative: 0 } } as const;
    const grid = new Grid(solo(), { shape: [16, 12], halo: 2 });
    const eq = new Pde({ c: "laplace(c)" }, { points, mask });
    const { fields } = await eq.solve({ grid, initial: { c: "1 + x" }, until: 1, dt: 0.1 });
    const c = fields.c as Extract<typeof fields.c, { readonly grid: Grid }>;
    expect(report.digest).toBe(c!.digest());
    const isOpen = (i: number) => Math.hypot(Math.floor(i / 12) - 7.5, (i % 12) - 5.5) > 3;
    const open = Array.from(c!.interior()).filter((_, i) => isOpen(i));
    expect([report.min, report.max]).toEqual([Math.min(...open), Math.max(...open)]);
    const sum = open.reduce((total, value) => total + value, 0);
    expect(Math.abs(report.sum - sum)).toBeLessThan(open.length * Math.abs(sum) * 2 ** -52);
    const { values } = documentOf<{ frames: { sum: null }[]; values?: undefined }>(
      await wasmMpi(["view", "mask.h5", "--json"], { cwd: folder }),
    );
    expect(values).toBeUndefined();
    const filed = { ...nothing, initial: ["c = 2"], mask: `${join(folder, "mask.h5")}:c`, shape: [16, 12] };
    await expect(runTask(solo(), filed)).rejects.toThrow(
      'Pde: "mask" expected finite numbers, got NaN in cell [5, 4]. Give each cell a number.',
    );
    const half = { ...nothing, equations: ["c = 0"], initial: ["c = x > 8"], output: join(folder, "half.h5") };
    await runTask(solo(), half);
    const { report: halved } = await runTask(solo(), { ...filed, mask: `${half.output}:c` });
    expect(halved.sum).toBe(2 * 8 * 12);
    for (const field of Object.values(fields)) (field as { free(): void }).free();
    grid.free();
  });

  it("has flows that carry unknowns along, as Pde has them", async () => {
    const { report } = await runTask(solo(), { ...nothing, advect: ["c x = 0.5", "c y = 0.2*k*x"], set: ["k=0.1"] });
    const grid = new Grid(solo(), { shape: [16, 12], halo: 2 });
    const advection = { c: { velocity: { x: 0.5, y: "0.2*k*x" } } };
    const eq = new Pde({ c: "laplace(c)" }, { advection, constants: { k: 0.1 } });
    const { fields } = await eq.solve({ grid, initial: { c: "1 + x" }, until: 1, dt: 0.1 });
    expect(report.digest).toBe((fields.c as Field).digest());
    expect(describeSolve(report)).toContain(
      "dc/dt = laplace(c)\nflow of c x = 0.5\nflow of c y = 0.2*k*x\n16 x 12 cells",
    );
    const scheme = ["advection-diffusion", "--advect", "c iterations = 3", "--advect", "c nonoscillatory = false"];
    const parsed = addEquations(new Command().exitOverride(), "solve").parse(scheme, { from: "user" });
    const { advection: flows } = meaningOf(await taskOf(parsed.args, parsed.opts(), parsed, "solve"));
    expect(flows).toEqual({ c: { velocity: { x: "ux", y: "uy" }, iterations: 3, nonoscillatory: false } });
  });

  it("carries along by the axes of the grid, where the equations have a name", async () => {
    const velocities: object[] = [];
    for (const shape of ["31", "12,9", "8,6,4"]) {
      const args = ["advection-diffusion", "--shape", shape, "--until", "0.2", "--dt", "0.1", "--set", "ux=0.5"];
      const parsed = addEquations(new Command().exitOverride(), "solve").parse(args, { from: "user" });
      const task = await taskOf(parsed.args, parsed.opts(), parsed, "solve");
      velocities.push(meaningOf(task).advection!.c!.velocity);
      const { report } = await runTask(solo(), task);
      expect(report.steps).toBe(2);
    }
    expect(velocities).toEqual([{ x: "ux" }, { x: "ux", y: "uy" }, { x: "ux", y: "uy" }]);
    const idle = await errorOf(["advection-diffusion", "--shape", "31", "--set", "uy=1"]);
    expect(idle!.message).toBe('"--set" expected constants among D, ux, got "uy". Did you mean ux?');
  });

  it("has points in a table, and numbers that stay, on a disk", async () => {
    const disk = { coordinates: "polar", shape: [20], bounds: [0, 2], initial: ["c = 1 + r^2"] } as const;
    const drawn = { pictures: at("disk-*.png"), kymograph: at("line.png") };
    const table = { ...drawn, probe: [[0.5], [1.5]], save: ["d = 2*c"], probeData: join(folder, "disk.csv") };
    const task = { ...nothing, ...disk, until: 0.1, dt: 0.002, conserve: ["mass = integral(c)"], ...table };
    const { report } = await runTask(solo(), task);
    const grid = new Grid(solo(), { shape: [20], bounds: [[0, 2]], coordinates: "polar" });
    const eq = new Pde({ c: "laplace(c)" });
    const { fields } = await eq.solve({ grid, initial: { c: "1 + r^2" }, until: 0.1, dt: 0.002 });
    expect(report.digest).toBe((fields.c as Field).digest());
    const [head, first, last] = textOf("disk.csv").trimEnd().split("\n");
    expect([head, first]).toEqual([
      "time,step,c[0],c[1],d[0],d[1]",
      "0,0,1.3025,3.4025000000000003,2.605,6.805000000000001",
    ]);
    expect(last).toMatch(/^0.1,50,/);
    expect(
      ["disk-00000.png", "disk-00001.png", "disk-00002.png", "line.png"].map((name) => existsSync(at(name))),
    ).toEqual([true, true, false, true]);
    (fields.c as Field).free();
    grid.free();
  });

  it("means places and flows as they are written", () => {
    const task = { ...nothing, mask: "a.h5:open", maskFaces: "value -1", point: ["c at 1, 2 = 3"] };
    expect(meaningOf(task)).toMatchObject({
      mask: { open: { path: "a.h5", name: "open" }, faces: { value: -1 }, dynamic: false },
      points: [{ field: "c", at: [1, 2], source: "3" }],
    });
    const { dt: _, ...free } = nothing;
    const { dt } = meaningOf({ ...free, cfl: 0.8, velocity: ["c", "c"] });
    expect(dt).toEqual({ cfl: 0.8, velocity: ["c", "c"] });
  });

  it("ends where nothing changes any more", async () => {
    const still = { ...nothing, until: 1e6, dt: 0.2, steadyState: true, rtol: 1e-3 };
    const { report } = await runTask(solo(), still);
    expect([report.stopped, report.steps % 10]).toEqual(["steadyState", 0]);
    const longer = (await runTask(solo(), { ...still, rtol: 1e-6 })).report;
    expect(longer.steps).toBeGreaterThan(report.steps);
  });

  it("ends when its time is over, and a restart goes on to the same bits and the same table", async () => {
    const text = ["c = laplace(c)", "--shape", "16,12", "--initial", "c = 1 + x*y", "--until", "2", "--dt", "0.1"];
    const measure = ["--measure", "most = max(c)", "--data-every", "0.2"];
    const whole = documentOf<{ digest: string }>(await solve(...text, ...measure, "--data", "whole.csv", "--json"));
    const files = [...measure, "--data", "part.csv", "--output", "part.h5"];
    const part = await solve(...text, ...files, "--max-runtime", "1e-9", "--json");
    expect(documentOf(part)).toMatchObject({ stopped: "maxRuntime", steps: 1 });
    const rest = await solve("--restart", "part.h5", "--json");
    expect(documentOf(rest)).toMatchObject({ stopped: "until", steps: 20, startStep: 1, digest: whole.digest });
    const later = (file: string) =>
      textOf(file)
        .split("\n")
        .filter((line) => !line.startsWith("0.1,"));
    expect(later("part.csv")).toEqual(later("whole.csv"));
  });
});

describe.each(launched.slice(0, 1))(
  "compare solve with everything, on 1 and 2 ranks of $title",
  ({ name: library }) => {
    it("has the same bits, and a table of each run", async () => {
      const places = ["--mask", "hypot(x - 8, y - 6) > 3", "--point", "u at 3,4 = sin(t)", "--steady-state"];
      const args = [
        ...flow,
        ...whirl,
        ...pace,
        ...extras,
        ...places,
        "--data",
        "both.csv",
        "--overwrite",
        "--overlap",
        "on",
        "--json",
      ];
      const result = await inJob({ library, ranks: 2 }, ["compare", "solve", ...args], { cwd: folder, isApart: true });
      expect(documentOf(result)).toMatchObject({ identical: true, runs: [{ ranks: 1 }, { ranks: 2 }] });
      expect(textOf("both-1.csv")).toBe(textOf("both-2.csv"));
      const nowhere = await inJob(
        { library, ranks: 2 },
        ["solve", ...flow, ...whirl, ...pace, ...extras.slice(2, 4), "--data", "no/a.csv"],
        {
          cwd: folder,
          isApart: true,
        },
      );
      const line = `file "no/a.csv": expected a file that can be written, got "ENOENT: no such file or directory". Choose another path.`;
      expect(nowhere.stderr).toContain(`wasm-mpi solve: ${line}`);
      expect(nowhere.code).toBe(1);
    });
  },
);

describe("what is refused", () => {
  const c = "c = laplace(c)";
  const good = ["--shape", "8,6", "--until", "1", "--dt", "0.1", "--initial", "c = 1"];
  const still = ["u = 0*u", "v = 0", "--shape", "8,6", "--until", "1", "--initial", "u = 0", "--initial", "v = 0"];
  const number = ["--measure", "m = integral(c)"];
  const rows: [string[], string, (1 | 2)?][] = [
    [
      [c, ...good, "--mask", "yy > 1"],
      '"--mask" expected a name that is known, got "yy". Known are x, y, t, pi.\n  yy > 1\n  ^',
    ],
    [[c, ...good, "--mask", "no.h5:c"], 'file "no.h5": expected an existing file, got nothing. Check the path.', 1],
    [
      [c, ...good, "--mask-faces", "frozen"],
      '"--mask-faces" expected --mask with it, got none. Add --mask "x > 1", for example, or leave it out.',
    ],
    [
      [c, ...good, "--mask", "x", "--mask-faces", "valu 0"],
      '"--mask-faces" expected frozen, derivative 0 or value NUMBER, got "valu 0". For example --mask-faces frozen.',
    ],
    [
      [c, ...good, "--mask-dynamic"],
      '"--mask-dynamic" expected --mask with it, got none. Add --mask "x > 1", for example, or leave it out.',
    ],
    [
      [c, ...good, "--mask", "a.h5:open", "--mask-dynamic"],
      '"--mask-dynamic" expected a text as --mask, got "a.h5:open". Leave it out: a field of a file stays as it is.',
    ],
    [
      [c, ...good, "--data", "a.csv", "--measure", `m = ${"c + ".repeat(60)}c`],
      `"--measure" of m expected a number of the whole grid, got "${"c + ".repeat(25)}...". Use integral(...), average(...), max(...) or min(...).`,
    ],
    [
      [c, ...good, "--point", "c 1,2 = 1"],
      '"--point" expected NAME at COORDINATES before =, got "c 1,2". For example "c at 3,4 = sin(t)".',
    ],
    [
      [c, ...good, "--point", "c at 1,2 = 1", "--point", "c at 1,99 = 1"],
      '"--point" number 2 expected coordinates from 0 to 6 along y, got 99. Move the point.',
    ],
    [[c, ...good, "--point", "d at 1,2 = 1"], '"--point" number 1 expected one of c, got "d". Choose one of them.'],
    [
      [c, ...good, "--point", "c at 1,2 = q"],
      '"--point" number 1 expected a name that is known, got "q". Known are x, y, t, pi.\n  q\n  ^',
    ],
    [[c, ...good, "--cfl", "0.8"], '"--cfl" expected none with --dt, got 0.8. Leave out one of them.'],
    [[c, ...good, "--velocity", "u"], '"--velocity" expected --cfl with it, got none. Add --cfl 0.8 or leave it out.'],
    [[c, ...good, "--max-dt", "1"], '"--max-dt" expected --cfl with it, got none. Add --cfl 0.8 or leave it out.'],
    [
      [...still, "--cfl", "0.8"],
      '"--cfl" expected --velocity with it, got none. Add --velocity u,v, for example: the flow, one an axis.',
    ],
    [[...still, "--cfl", "1", "--velocity", "u"], '"--velocity" expected 2 unknowns, got 1. Name one an axis.'],
    [[...still, "--cfl", "1", "--velocity", "u,w"], '"--velocity" expected one of u, v, got "w". Choose one of them.'],
    [
      ["u = laplace(u) - u*d_dx(u)", ...still.slice(1).with(6, "u = 30"), "--cfl", "0.9", "--velocity", "u,v"],
      '"--cfl" expected steps of at most 0.002137617059 for euler to be stable, for waves along x, got steps of 0.030000000000000002. Use a smaller --cfl, another stepper, or --stability ignore.',
    ],
    [
      [...still, "--cfl", "1", "--velocity", "u,v"],
      '"--cfl" expected a flow, or the longest step, got a flow at rest at time 0. Add --max-dt 0.1, for example.',
    ],
    [
      [...still, "--cfl", "1", "--velocity", "u,v", "--stepper", "rkf45"],
      '"--stepper" expected euler, rk4 or ssprk3 for --cfl, got rkf45. Use one of them.',
    ],
    [[c, ...good, "--save", "w = c"], '"--save" expected an output file, got none. Add --output FILE or leave it out.'],
    [
      [c, ...good, "--save", "c = c", "--output", at("a.h5")],
      '"--save" expected names that are free, got "c". Rename it.',
    ],
    [
      [c, ...good, "--save", "w = q", "--output", at("a.h5")],
      '"--save" of w expected a name that is known, got "q". Known are c, x, y, t, pi.\n  q\n  ^',
    ],
    [
      [c, ...good, "--save", "w = c/0", "--output", at("b.h5")],
      "expected finite numbers, got Infinity of w in cell [0, 0] at time 0 (step 0). Use a shorter step, or another stepper.",
    ],
    [
      ["--restart", "a.h5", "--save", "w = c"],
      '"--save" expected none with --restart, as "a.h5" has its variables, got one. Leave it out.',
    ],
    [
      [c, ...good, "--data", "a.csv"],
      '"--data" expected --measure with it, got none. Add --measure "mass = integral(c)", for example, or leave it out.',
    ],
    [[c, ...good, ...number], '"--measure" expected --data with it, got none. Add --data FILE.csv or leave it out.'],
    [
      [c, ...good, "--data-every", "1"],
      '"--data-every" expected --data with it, got none. Add --data FILE.csv or leave it out.',
    ],
    [
      [c, ...good, ...number, "--data", "a.txt"],
      '"--data" expected a name that ends in .csv or .json, got "a.txt". Rename the file.',
    ],
    [
      [c, ...good, "--measure", "m = c", "--data", "a.csv"],
      '"--measure" of m expected a number of the whole grid, got "c". Use integral(...), average(...), max(...) or min(...).',
    ],
    [
      [c, ...good, ...number, "--data", at("there.csv")],
      `"--data" expected the name of a new file, got "${at("there.csv")}", which exists. Choose another name, or add --overwrite.`,
      1,
    ],
    [
      [c, ...good, "--pictures", at("there-*.png")],
      `"--pictures" expected the name of a new file, got "${at("there-00000.png")}", which exists. Choose another name, or add --overwrite.`,
      1,
    ],
    [
      [c, ...good, "--kymograph", at("there.png")],
      `"--kymograph" expected the name of a new file, got "${at("there.png")}", which exists. Choose another name, or add --overwrite.`,
      1,
    ],
    [
      [c, ...good, "--mask", "x > t"],
      '"--mask" expected a text of coordinates and constants, got "x > t". Add --mask-dynamic for one that changes with the time.',
    ],
    [
      ["c = 1", ...good.slice(0, 4), "--dt", "0.5", ...good.slice(6), "--conserve", "most = max(c)", "--drift", "0.25"],
      '"--conserve" of most expected max(c) to stay 1 (at time 0) to within 0.5, got 2 at time 1 (step 2). Mend the equations or their walls, or raise --drift.',
    ],
    [
      [
        c,
        ...good,
        "--conserve",
        "square = integral(c^2 + x*c)",
        "--drift",
        "0",
        "--steady-state",
        "--atol",
        "0",
        "--faces",
        "x = 0,1,2,",
      ],
      '"--faces" expected numbers for x separated by commas, got nothing as number 4. For example "x = 0, 1, 3".',
    ],
    [
      [c, ...good, "--faces", "x = 0,1,b"],
      '"--faces" expected numbers for x separated by commas, got "b". For example "x = 0, 1, 3".',
    ],
    [[c, ...good, "--drift", "-1"], '"--drift" expected a number from 0, got "-1". For example --drift 1e-6.'],
    [
      [c, ...good, "--drift", "1"],
      '"--drift" expected --conserve with it, got none. Add --conserve "mass = integral(c)", for example, or leave it out.',
    ],
    [
      [c, ...good, "--pictures", "c.png"],
      '"--pictures" expected a name with * that ends in .png, got "c.png". For example --pictures c-*.png.',
    ],
    [
      [c, ...good, "--variable", "c"],
      '"--variable" expected --plot, --pictures, --movie or --kymograph with it, got none. Add --plot FILE.png or leave it out.',
    ],
    [
      ["c = i*laplace(c)", ...good, "--variable", "c", "--plot", "c.png"],
      '"--variable" expected one of c_re, c_im, got "c". Choose one of them.',
    ],
    [
      [c, ...good, "--kymograph-axis", "y"],
      '"--kymograph-axis" expected --kymograph with it, got none. Add --kymograph FILE.png or leave it out.',
    ],
    [
      [c, ...good, "--range", "0,1"],
      '"--range" expected --pictures, --movie or --kymograph with it, got none. Add --movie FILE.png or leave it out.',
    ],
    [
      [c, ...good, "--range", "1,0", "--movie", "c.png"],
      '"--range" expected two numbers, the smaller first, got 1,0. For example --range 0,1.',
    ],
    [
      [c, ...good, "--advect", "c x = 1", "--advect", "c iterations = many"],
      '"--advect" expected a number, true or false for iterations, got "many". For example "c iterations = 3".',
    ],
    [
      [c, ...good, "--movie", "c.gif"],
      '"--movie" expected a name that ends in .png, got "c.gif". For example --movie c.png.',
    ],
    [[c, ...good, "--advect", "x = 1"], '"--advect" expected NAME AXIS before =, got "x". For example "c x = 0.5".'],
    [
      [c, ...good, "--advect", "c x = 1", "--advect", "c x = y"],
      '"--advect" expected one value of c x, got two. Leave out one.',
    ],
    [
      [c, ...good, "--advect", "c iterations = 3"],
      '"--advect" of c.velocity expected velocities by axis, got none. For example --advect "c x = 1".',
    ],
    [
      [c, ...good, "--advect", "c x = 100"],
      '"--advect" of c.velocity expected an outflow of at most 1 a step from each cell, got 10.0000 at [0, 0], most of it along x, in the step of 0.1 from time 0. Name a --dt of at most 0.00995, and less for a flow that still grows: --dt auto looks at the start alone.',
    ],
    [
      [c, ...good, "--advect", "c z = 1"],
      '"--advect" of c.velocity expected keys among x, y, got "z". Remove or rename it.',
    ],
    [
      [c, ...good, "--kymograph", "c.jpg"],
      '"--kymograph" expected a name that ends in .png, got "c.jpg". For example --kymograph c.png.',
    ],
    [
      [c, ...good, "--kymograph", at("k.png"), "--kymograph-axis", "z"],
      '"--kymograph-axis" expected one of x, y, got "z". Choose one of them.',
    ],
    [
      [c, ...good, "--data", "d.csv", "--measure", "step = max(c)"],
      '"--measure" of step expected a name that no column of the table has, got "step". Rename it.',
    ],
    [
      [c, ...good, "--movie", at("q.png"), "--plot", at("./q.png")],
      `"--plot" expected another file than that of --movie, got "${at("q.png")}". Choose another name.`,
    ],
    [
      [c, ...good, "--pictures", "q-*.png", "--movie", "q-00001.png"],
      '"--movie" expected another file than that of --pictures, got "q-00001.png". Choose another name.',
    ],
    [
      [c, ...good, "--pictures", "q-*.png", "--plot", "./q-123456.png"],
      '"--plot" expected another file than that of --pictures, got "./q-123456.png". Choose another name.',
    ],
    [
      [c, ...good, "--kymograph", at("link.png"), "--movie", at("q.png")],
      `"--kymograph" expected another file than that of --movie, got "${at("link.png")}". Choose another name.`,
    ],
    [
      [c, ...good, "--output", "d.csv", "--measure", "m = max(c)", "--data", "d.csv"],
      '"--data" expected another file than that of --output, got "d.csv". Choose another name.',
    ],
    [
      [c, ...good, "--data", "d.csv", "--measure", "m = max(c)", "--probe", "1,1", "--probe-data", "d.csv"],
      '"--probe-data" expected another file than that of --data, got "d.csv". Choose another name.',
    ],
    [
      [c, ...good, "--probe", "1,1"],
      '"--probe" expected --probe-data with it, got none. Add --probe-data FILE.csv or leave it out.',
    ],
    [
      [c, ...good, "--probe-data", "p.csv"],
      '"--probe-data" expected --probe with it, got none. Add --probe 3,4, for example, or leave it out.',
    ],
    [
      [c, ...good, "--probe", "1,99", "--probe-data", "p.csv"],
      '"--probe" number 1 expected coordinates from 0 to 6 along y, got 99. Move the point.',
    ],
    [
      [c, ...good, "--atol", "1e-3"],
      '"--atol" expected --steady-state with it, got none. Add --steady-state or leave it out.',
    ],
    [
      [c, ...good, "--max-runtime", "0"],
      '"--max-runtime" expected a number above 0, got "0". For example --max-runtime 3600.',
    ],
  ];

  symlinkSync("q.png", at("link.png"));
  for (const name of ["there.csv", "there.png", "there-00000.png"]) writeFileSync(at(name), "");

  it.each(rows)("%j", async (args, line, code = 2) => {
    const error = await errorOf(args);
    expect(inOptions(error!.message)).toBe(line);
    expect(error).toBeInstanceOf(code === 1 ? FileError : Error);
  });

  it("in the same words by the command", async () => {
    const [args, line] = rows.find(([, text]) => text.includes("number 2"))!;
    expectLine(await solve(...args), `wasm-mpi solve: ${line}`, 2);
  });
});
