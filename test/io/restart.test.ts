/** Runs that are continued from their files, and solvers that are continued from their fields. */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Mpdata } from "../../src/advection/mpdata.js";
import type { ResumedState } from "../../src/advection/resume.js";
import { UsageError } from "../../src/errors.js";
import type { Field } from "../../src/grid/field.js";
import { Grid } from "../../src/grid/grid.js";
import { Output } from "../../src/io/output.js";
import { documentOf, temporaryFolder } from "../harness/command.js";
import { compareFiles } from "../harness/difference.js";
import { isFull } from "../harness/effort.js";
import { wasmMpi } from "../harness/process.js";
import { type Settings, solo } from "../harness/run.js";

const folder = temporaryFolder();
let count = 0;
const freshPath = () => join(folder, `${count++}.h5`);

/** What these tests read of the report of `advect --json`. */
interface Report {
  readonly steps: number;
  readonly startStep: number;
  readonly digest: string;
  readonly file: string;
  readonly backend: string;
  readonly fields: Readonly<Record<string, { readonly digest: string }>>;
  readonly options: object;
}

const advect = async (args: string) =>
  documentOf<Report>(await wasmMpi(["advect", ...args.split(" "), "--json"], { cwd: folder }));

const hasTool = (name: string) => spawnSync(name, ["--help"]).error === undefined;

describe("advect --restart --output", () => {
  const scheme = "drop --shape 24,20";

  /** A run of 10 steps in a file, which no test changes, and the report of one of 17. */
  let known: Promise<{ readonly path: string; readonly expected: Report }> | undefined;
  const halfway = () => {
    known ??= (async () => {
      const path = freshPath();
      await advect(`${scheme} --steps 10 --every 2 --output ${path}`);
      return { path, expected: await advect(`${scheme} --steps 17 --every 2 --output ${freshPath()}`) };
    })();
    return known;
  };

  it("goes on in a new file with the bits of one run, and leaves the file as it is", async () => {
    const { path, expected } = await halfway();
    const [before, next] = [readFileSync(path), freshPath()];
    const report = await advect(`--restart ${path} --output ${next} --steps 17`);
    expect(report).toMatchObject({ startStep: 10, file: next, digest: expected.digest, fields: expected.fields });
    expect(readFileSync(path).equals(before)).toBe(true);
    const { times } = documentOf<{ times: number[] }>(await wasmMpi(["view", next, "--json"]));
    const dt = times[0]! / 10;
    expect(times.map((time) => Math.round(time / dt))).toEqual([10, 12, 14, 16, 17]);
    const [run, rest] = [await Output.open(path), await Output.open(next)];
    expect(rest.diagnostics(0).walltime).toBeGreaterThan(run.diagnostics(-1).walltime);
    for (const file of [run, rest]) file.close();
    // The new file is like any other.
    expect(await advect(`--restart ${next} --steps 19`)).toMatchObject({ startStep: 17, file: next });
    const again = await wasmMpi(["advect", "--restart", path, "--output", next, "--steps", "17"]);
    expect([again.code, again.stderr]).toEqual([
      1,
      `wasm-mpi advect: file "${next}": expected a path without a file, got an existing file. Choose another path, add --overwrite, or continue it with --restart.\n`,
    ]);
    await advect(`--restart ${path} --output ${next} --steps 17 --overwrite`);
  });

  const tools: [string, string, ...string[]][] = [
    ["compressed", "h5repack", "-f", "SHUF", "-f", "GZIP=4"],
    ["of the latest format", "h5repack", "-L"],
    ["of compact datasets", "h5repack", "-l", "COMPACT"],
    ["compressed", "nccopy", "-d4"],
    ["plain", "nccopy", "-k", "nc4"],
  ];
  it.each(tools)("takes a file that was made %s by %s, which --restart alone refuses", async (_, tool, ...args) => {
    if (!hasTool(tool)) return;
    const { path, expected } = await halfway();
    const [copy, next] = [freshPath(), freshPath()];
    expect(spawnSync(tool, [...args, path, copy]).status).toBe(0);
    const refused = await wasmMpi(["advect", "--restart", copy, "--steps", "17"]);
    expect(refused.code).toBe(1);
    const text = `wasm-mpi advect: file "${copy}": expected a file as wasm-mpi left it, got ".*"\\. Another program has changed it; continue in a new file: --output NEW.h5\\.\n`;
    expect(refused.stderr).toMatch(new RegExp(`^${text}$`));
    const report = await advect(`--restart ${copy} --output ${next} --steps 17`);
    expect(report).toMatchObject({ startStep: 10, file: next, digest: expected.digest, fields: expected.fields });
  });

  // Root may write to everything.
  it.skipIf(process.platform === "win32" || process.getuid!() === 0).each(["posix", "gather"])(
    "is what a file that may only be read is told: %s",
    async (backend) => {
      const [path, next] = [freshPath(), freshPath()];
      const expected = await advect(`${scheme} --steps 7`);
      await advect(`${scheme} --steps 4 --backend ${backend} --output ${path}`);
      chmodSync(path, 0o444);
      const { code, stderr } = await wasmMpi(["advect", "--restart", path, "--steps", "7"]);
      const got = '"EACCES: permission denied"';
      const todo = "Check its permissions, or continue in a new file: --output NEW.h5.";
      expect([code, stderr]).toEqual([
        1,
        `wasm-mpi advect: file "${path}": expected a file that can be written, got ${got}. ${todo}\n`,
      ]);
      expect((await advect(`--restart ${path} --output ${next} --steps 7`)).digest).toBe(expected.digest);
    },
  );
});

describe("advect --restart", () => {
  // In 1, 2 and 3 dimensions; the other cases and options in the full tests.
  const runs = [
    { args: "gaussian --shape 17,13 --courant 0.3,-0.2 --iterations 3 --third-order --nonoscillatory" },
    { args: "sphere --shape 9,8,7 --variable-sign" },
    { args: "pole --shape 32,16 --nonoscillatory" },
    { args: "drop --shape 60 --variable-sign --nonoscillatory --divergent-flow" },
    { args: "drop --shape 24,20 --variable-sign --nonoscillatory --divergent-flow --dtype f32" },
    { args: "cone --shape 31,25 --infinite-gauge --dtype f32" },
    { args: "options1d --shape 60 --infinite-gauge" },
    { args: "oscillator --shape 50 --variable-sign" },
    { args: "cone --shape 21,21 --backend gather" },
  ].slice(0, isFull ? 9 : 5);
  it.concurrent.each(runs)("gives the bits of a run that was not interrupted: $args", async ({ args }) => {
    const [whole, parts] = [freshPath(), freshPath()];
    const expected = await advect(`${args} --steps 23 --every 2 --output ${whole}`);
    await advect(`${args} --steps 10 --every 2 --output ${parts}`);
    // Longer than it was planned, twice; the last one on no frame of its own.
    await advect(`--restart ${parts} --steps 12`);
    const report = await advect(`--restart ${parts} --steps 23`);
    expect(report).toMatchObject({ steps: 23, startStep: 12, file: parts, digest: expected.digest });
    expect([report.fields, report.options, report.backend]).toEqual([
      expected.fields,
      expected.options,
      expected.backend,
    ]);
    expect(await compareFiles(whole, parts)).toEqual({ frames: 13, differingCells: 0, maxDifference: 0 });
  });

  it("takes the total of steps from the file, does nothing when they are done, and has other frames with --every", async () => {
    const path = freshPath();
    const args = "gaussian --shape 11 --courant 0.5";
    const { digest } = await advect(`${args} --steps 9 --every 3 --output ${path}`);
    const again = await advect(`--restart ${path}`);
    expect(again).toMatchObject({ steps: 9, startStep: 9, digest });
    const longer = await advect(`gaussian --restart ${path} --steps 21 --every 5 --courant 0.5 --shape 11`);
    expect(longer).toMatchObject({ steps: 21, startStep: 9 });
    const { times } = documentOf<{ times: number[] }>(await wasmMpi(["view", path, "--json"]));
    expect(times).toEqual([0, 3, 6, 9, 10, 15, 20, 21]);
  });

  it("takes files of earlier versions, which had no limit of passes, within reason", async () => {
    const path = freshPath();
    const copyWith = async (iterations: number) => {
      const [copy, grid] = [freshPath(), new Grid(solo(), { shape: [11], periodic: true })];
      const config = { command: "advect", case: "gaussian", shape: [11], courant: [0.5], iterations, steps: 4 };
      const output = await Output.create(grid, copy, {
        variables: { psi: { units: "1" } },
        attributes: { config: JSON.stringify(config) },
      });
      await output.write(0, { psi: await grid.read(path, "psi", { frame: 0 }) });
      await output.close();
      return copy;
    };
    await advect(`gaussian --shape 11 --courant 0.5 --steps 0 --output ${path}`);
    const report = await advect(`--restart ${await copyWith(1500)} --steps 2`);
    expect(report.options).toMatchObject({ iterations: 1500 });
    const { code, stderr } = await wasmMpi(["advect", "--restart", await copyWith(1e9), "--steps", "2"]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/whose attribute "config" .*iterations/)]);
  });

  it("says where it goes on", async () => {
    const path = freshPath();
    await advect(`gaussian --shape 11 --courant 0.5 --steps 4 --output ${path}`);
    const { stdout } = await wasmMpi(["advect", "--restart", path, "--steps", "7"]);
    expect(stdout).toMatch(/^gaussian: 11 cells, 1 rank, 2 passes of MPDATA\n3 steps from step 4 in /);
    expect(stdout).toContain(`\nfile: ${path}\n`);
  });

  it("says what is wrong in a line, and leaves the file as it is", async () => {
    const path = freshPath();
    await advect(`gaussian --shape 11 --courant 0.5 --steps 4 --every 2 --output ${path}`);
    const grid = new Grid(solo(), { shape: [11], periodic: true });
    const rho = grid.field(1);
    const made = async (attributes: Record<string, string>) => {
      const copy = freshPath();
      const output = await Output.create(grid, copy, { variables: { rho: {} }, attributes });
      await output.write(0, { rho });
      await output.close();
      return copy;
    };
    const config = { command: "advect", case: "gaussian", shape: [11], steps: 4, iterations: 2, courant: [0.5] };
    const renamed = await made({ config: JSON.stringify(config) });
    const plain = await made({});
    const text = await made({ config: "{" });
    const solve = await made({ config: JSON.stringify({ ...config, command: "solve" }) });
    const truncated = freshPath();
    copyFileSync(path, truncated);
    const { truncateSync } = await import("node:fs");
    truncateSync(truncated, 4000);
    const choose = "Choose another, or start anew with --output.";
    const wrong: [string, RegExp | string, number][] = [
      [
        `--restart ${path} --steps 3`,
        `"--steps" expected at least 4, as many as "${path}" has already, got 3. It is the total; left out, it is that of the first run.`,
        2,
      ],
      [
        `cone --restart ${path}`,
        `"case" expected gaussian, as in "${path}", got cone. Leave it out with --restart.`,
        2,
      ],
      [
        `--restart ${path} --iterations 3`,
        `"--iterations" expected 2, as in "${path}", got 3. Leave it out with --restart.`,
        2,
      ],
      [
        `--restart ${path} --nonoscillatory`,
        `"--nonoscillatory" expected none, as in "${path}", got true. Leave it out with --restart.`,
        2,
      ],
      [
        `--restart ${path} --shape 12`,
        `"--shape" expected 11, as in "${path}", got 12. Leave it out with --restart.`,
        2,
      ],
      [
        `--restart ${path} --dtype f32`,
        `"--dtype" expected f64, as in "${path}", got f32. Leave it out with --restart.`,
        2,
      ],
      [
        `--restart ${path} --output ${path}`,
        `"--output" expected another file than "${path}" with --restart, got "${path}". Leave it out to append to that file.`,
        2,
      ],
      [
        `--restart ${path} --overwrite`,
        `"--overwrite" expected none with --restart, which appends to "${path}", got true. Leave out one of them.`,
        2,
      ],
      [
        `--restart ${path} --backend gather`,
        'Output.append: "backend" expected "mpiio" or "posix" for this file, got "gather". Leave it out.',
        2,
      ],
      ["--restart none.h5", 'file "none.h5": expected an existing file, got nothing. Check the path.', 1],
      [
        `--restart ${truncated}`,
        /^wasm-mpi advect: file ".*": expected a whole HDF5 file, got "truncated file: .*"\. The file is damaged or incomplete; use another copy\.$/,
        1,
      ],
      [
        `--restart ${plain}`,
        `file "${plain}": expected a file that wasm-mpi advect wrote, got one without the attribute "config". ${choose}`,
        1,
      ],
      [
        `--restart ${text}`,
        `file "${text}": expected a file that wasm-mpi advect wrote, got one whose attribute "config" is no JSON. ${choose}`,
        1,
      ],
      [
        `--restart ${solve}`,
        `file "${solve}": expected a file that wasm-mpi advect wrote, got one whose attribute "config" is not of advect. ${choose}`,
        1,
      ],
      [
        `--restart ${renamed}`,
        `file "${renamed}": expected the variables psi (f64) of gaussian, got rho (f64). Choose the file of such a run.`,
        1,
      ],
      ["gaussian --every 2", '"--every" expected an output file, got none. Add --output FILE or leave it out.', 2],
      [
        "gaussian --backend posix",
        '"--backend" expected an output file, got none. Add --output FILE or leave it out.',
        2,
      ],
      [
        `gaussian --output ${path}`,
        `file "${path}": expected a path without a file, got an existing file. Choose another path, add --overwrite, or continue it with --restart.`,
        1,
      ],
    ];
    const before = readFileSync(path);
    for (const [args, expected, code] of wrong) {
      const result = await wasmMpi(["advect", ...args.split(" ")], { cwd: folder });
      expect(result.code, result.transcript).toBe(code);
      const [line, ...rest] = result.stderr.split("\n");
      if (typeof expected === "string") expect(line).toBe(`wasm-mpi advect: ${expected}`);
      else expect(line).toMatch(expected);
      expect([rest, result.stdout], result.transcript).toEqual([[""], ""]);
    }
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});

describe("Mpdata.resume", () => {
  const bits = (field: Field) => [...new BigUint64Array(Float64Array.from(field.interior()).buffer)];
  const initial = (x: number, y: number) => 2 + Math.sin(x) * Math.cos(y / 2);
  const grid = () => new Grid(solo(), { shape: [23, 19], periodic: true });

  /** The bits after steps in one go, and after some, and the others by another solver. */
  function twice(options: Settings, advance: (solver: Mpdata, part: 1 | 2) => void): [bigint[], bigint[]] {
    const on = grid();
    const [psi, part] = [on.field(initial), on.field(initial)];
    const whole = new Mpdata({ psi, ...options });
    advance(whole, 1);
    advance(whole, 2);
    const first = new Mpdata({ psi: part, ...options });
    advance(first, 1);
    const copy = on.field(part.interior());
    const second = new Mpdata({ psi: copy, ...options });
    second.resume({ steps: first.steps, time: first.time, dt: first.nextDt });
    advance(second, 2);
    expect([second.steps, second.time]).toEqual([whole.steps, whole.time]);
    return [bits(psi), bits(copy)];
  }

  it("goes on with a flow that changes in time, to the same bits", () => {
    const velocity = [(_x: number, _y: number, _z: number, t: number) => 0.3 + 0.1 * Math.sin(t), 0.2];
    const [whole, parts] = twice({ velocity, dt: 0.7 }, (solver, part) => solver.advance(part === 1 ? 7 : 11));
    expect(parts).toEqual(whole);
  });

  it("goes on with steps that fit the flow, to the same bits", () => {
    const velocity = [(_x: number, _y: number, _z: number, t: number) => 1.5 + Math.sin(3 * t), 0.2];
    const [whole, parts] = twice({ velocity, dt: 0.4, nonoscillatory: true }, (solver, part) => {
      solver.advanceTo(part === 1 ? 1 : 3.3);
    });
    expect(parts).toEqual(whole);
  });

  it("goes on with the step that a flow has left behind one that was cut, to the same bits", () => {
    const rate = (t: number) => (t < 0.7 ? 0.5 : t < 2 ? 2.4 : 0.2);
    const velocity = [(_x: number, _y: number, _z: number, t: number) => rate(t), 0.1];
    const dts: number[] = [];
    const [whole, parts] = twice({ velocity, dt: 1.2, nonoscillatory: true }, (solver, part) => {
      solver.advanceTo(part === 1 ? 2.05 : 6);
      if (part === 1) dts.push(solver.dt, solver.nextDt);
    });
    expect(parts).toEqual(whole);
    expect(dts[0]).toBeLessThan(dts[1]!);
    expect(dts[1]).toBeLessThan(1.2);
  });

  it("goes on behind a time that is a number of steps, to the same bits", () => {
    // 0.1 behind 0.5 is 0.6, six steps of 0.1 are 0.6000000000000001.
    const velocity = [(_x: number, _y: number, _z: number, t: number) => 1 + Math.sin(5 * t), 0.2];
    const [whole, parts] = twice({ velocity, dt: 0.1 }, (solver, part) => {
      solver.advanceTo(part === 1 ? 0.5 : 2.03);
    });
    expect(parts).toEqual(whole);
  });

  it("goes on with velocities that are extrapolated, to the same bits", () => {
    const options = (fields: readonly Field[]): Settings => ({
      courant: [0, 0],
      before(solver) {
        const [u, v] = fields as [Field, Field];
        const [psi] = solver.fields as [Field];
        u.set(psi.interior().map((value) => 0.05 * value));
        v.set(psi.interior().map((value) => 0.02 * value * value));
        solver.setVelocity([u, v], { extrapolate: true });
      },
    });
    const on = grid();
    const [psi, part, velocity] = [on.field(initial), on.field(initial), [on.field(), on.field()]];
    const whole = new Mpdata({ psi, ...options([on.field(), on.field()]) });
    whole.advance(9);
    const first = new Mpdata({ psi: part, ...options(velocity) });
    first.advance(4);
    const kept = velocity.map((field) => on.field(field.interior()));
    for (const [remembered, isSame] of [
      [true, true],
      [false, false],
    ] as const) {
      const copy = on.field(part.interior());
      const second = new Mpdata({ psi: copy, ...options([on.field(), on.field()]) });
      second.resume({ steps: 4, ...(remembered ? { velocity: { fields: kept, time: 3 } } : {}) });
      second.advance(5);
      expect(bits(copy).every((value, cell) => value === bits(psi)[cell])).toBe(isSame);
    }
  });

  it("refuses a state that is none", () => {
    const on = grid();
    const solver = new Mpdata({ psi: on.field(initial), courant: [0.2, 0.1], dt: 0.5 });
    const foreign = new Grid(solo(), { shape: [23, 19], periodic: true }).field();
    const [u, v] = [on.field(), on.field()];
    const wrong: [object, string][] = [
      [{ steps: -1 }, '"steps" expected a whole number from 0, got -1. Give the steps that were taken.'],
      [{ steps: 1.5 }, '"steps" expected a whole number from 0, got 1.5. Give the steps that were taken.'],
      [{ steps: 1, time: Number.NaN }, '"time" expected a finite number, got NaN. Give the time of the fields.'],
      [{ steps: 1, dt: 0.6 }, '"dt" expected a number above 0, at most 0.5 as for the solver, got 0.6. Leave it out.'],
      [{ step: 1 }, '"state" expected keys among steps, time, dt, velocity, got "step". Did you mean steps?'],
      [
        { steps: 1, velocity: { fields: [u], time: 0 } },
        '"velocity.fields" expected 2 fields of the grid, one an axis, got others. Make them with grid.field().',
      ],
      [
        { steps: 1, velocity: { fields: [u, foreign], time: 0 } },
        '"velocity.fields" expected 2 fields of the grid, one an axis, got others. Make them with grid.field().',
      ],
      [
        { steps: 1, velocity: { fields: [u, v], time: 0.5 } },
        '"velocity.time" expected a time before 0.5, that of the fields, got 0.5. Give that of the last step.',
      ],
    ];
    for (const [state, text] of wrong) {
      expect(() => solver.resume(state as ResumedState)).toThrow(new UsageError(`Mpdata.resume: ${text}`));
    }
    expect([solver.steps, solver.time]).toEqual([0, 0]);
    const hooked = new Mpdata({
      psi: on.field(initial),
      courant: [0.2, 0.1],
      after: (running) => running.resume({ steps: 3 }),
    });
    expect(() => hooked.advance(1)).toThrow(
      new UsageError("Mpdata.resume: expected no step under way, got a call from a hook. Call it elsewhere."),
    );
  });
});
