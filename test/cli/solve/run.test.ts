/** `wasm-mpi solve`: what `Pde` and its trackers offer, by options. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addOptions } from "../../../src/cli/options/index.js";
import { taskOf } from "../../../src/cli/solve/index.js";
import { describeSolve } from "../../../src/cli/solve/report.js";
import { runTask } from "../../../src/cli/solve/run.js";
import { meaningOf, type Task } from "../../../src/cli/solve/task.js";
import type { Field } from "../../../src/grid/field.js";
import { Grid } from "../../../src/grid/grid.js";
import { SnapshotReader } from "../../../src/io/reader.js";
import { Pde } from "../../../src/pde/pde.js";
import { documentOf, temporaryFolder } from "../../harness/command.js";
import { wasmMpi } from "../../harness/process.js";
import { solo } from "../../harness/run.js";
import { errorOf, extras, flow, pace, whirl } from "./lines.js";

const folder = temporaryFolder();
const solve = (...args: string[]) => wasmMpi(["solve", ...args], { cwd: folder });
const viewOf = async (file: string) =>
  documentOf<{ times: number[]; variables: { name: string }[]; attributes: { config: string } }>(
    await wasmMpi(["view", file, "--json"], { cwd: folder }),
  );
const textOf = (file: string) => readFileSync(join(folder, file), "utf8");
const at = (name: string) => join(folder, name);

const nothing: Task = {
  ...{ equations: ["c = laplace(c)"], initial: ["c = 1 + x"], define: [], boundary: [], set: [], limit: [], noise: [] },
  ...{
    point: [],
    save: [],
    unit: [],
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

  it("has units in its file and its picture", async () => {
    const [output, plot] = [at("units.h5"), at("units.svg")];
    const { draw } = await runTask(solo(), { ...nothing, unit: ["c = K", "x=m", "t=s"], output, plot });
    await draw!();
    const reader = await SnapshotReader.open(output);
    const { layout, axisUnits } = reader;
    reader.close();
    expect([layout.variables.c!.units, axisUnits, layout.timeUnits]).toEqual(["K", ["m", "1"], "s"]);
    const texts = Array.from(readFileSync(plot, "utf8").matchAll(/<text[^>]*>([^<]+)</g), ([, text]) => text);
    expect(texts).toEqual(expect.arrayContaining(["c [K]", "x [m]", "t = 0 s", "t = 1 s"]));
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
    const parsed = addOptions(new Command().exitOverride().argument("[equations...]"), "solve").parse(scheme, {
      from: "user",
    });
    const { advection: flows } = meaningOf(await taskOf(parsed.args, parsed.opts(), parsed, "solve"));
    expect(flows).toEqual({ c: { velocity: { x: "ux", y: "uy" }, iterations: 3, nonoscillatory: false } });
  });

  it("carries along by the axes of the grid, where the equations have a name", async () => {
    const velocities: object[] = [];
    for (const shape of ["31", "12,9", "8,6,4"]) {
      const args = ["advection-diffusion", "--shape", shape, "--until", "0.2", "--dt", "0.1", "--set", "ux=0.5"];
      const parsed = addOptions(new Command().exitOverride().argument("[equations...]"), "solve").parse(args, {
        from: "user",
      });
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
