/** `wasm-mpi solve`: what a line means, what comes out, and what is refused. */
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { table } from "../../../src/cli/options/table.js";
import { taskIn } from "../../../src/cli/solve/config.js";
import { runTask } from "../../../src/cli/solve/run.js";
import { meaningOf, type Task } from "../../../src/cli/solve/task.js";
import { Output } from "../../../src/index.js";
import { namedEquations } from "../../../src/pde/equations.js";
import { coloursOf } from "../../../src/plot/colours.js";
import { documentOf, temporaryFolder } from "../../harness/command.js";
import { inJob, launched } from "../../harness/launch.js";
import { wasmMpi } from "../../harness/process.js";
import { solo } from "../../harness/run.js";
import { expectLine } from "../../harness/wrong.js";
import { decoded, equals } from "../../plot/pixels.js";

const folder = temporaryFolder();
const solve = (...args: string[]) => wasmMpi(["solve", ...args], { cwd: folder });
const text = "c = laplace(c^3 - c - laplace(c))";
const small = ["--shape", "24,20", "--periodic", "--initial", "c = 0.1*noise()", "--until", "0.3", "--dt", "0.01"];

const nothing: Task = {
  ...{
    equations: ["c = laplace(c)"],
    faces: [],
    initial: ["c = 1"],
    define: [],
    boundary: [],
    set: [],
    limit: [],
    noise: [],
    point: [],
    advect: [],
    save: [],
    unit: [],
    measure: [],
    probe: [],
    conserve: [],
    dtype: "f64",
  },
  ...{ until: 1, dt: 0.1, overwrite: false },
};

describe("what a line means", () => {
  it("has conditions by side, by equation and by operator", () => {
    const lines = ["y- = value 0", "x = periodic", "c:laplace y+ = mixed 2 const sin(x) * t", "c y+=derivative -1e-3"];
    const { boundary, periodic } = meaningOf({ ...nothing, boundary: lines });
    expect(boundary).toEqual({
      "y-": { value: 0 },
      x: "periodic",
      "c:laplace": { "y+": { mixed: 2, const: "sin(x) * t" } },
      c: { "y+": { derivative: -0.001 } },
    });
    expect(periodic).toEqual([true, false]);
  });

  it("has texts and variables of files at the start", () => {
    const initial = ["c = where(x == 1, 2, 3)"];
    expect(meaningOf({ ...nothing, initial }).initial).toEqual({ c: "where(x == 1, 2, 3)" });
    const source = { path: "a:b.h5", name: "psi" };
    expect(meaningOf({ ...nothing, initial: ["c=a:b.h5:psi"] }).initial).toEqual({ c: source });
  });

  it("has faces of cells as numbers or by a text, and ends of the other axes", () => {
    const { bounds, faces, periodic } = meaningOf({
      ...nothing,
      ...{ coordinates: "cylindrical", shape: [4, 2], bounds: [0, 2], faces: ["z = 0, 0.5,3"] },
      boundary: ["z = periodic"],
    });
    expect([bounds, { ...faces }, periodic]).toEqual([[[0, 2], undefined], { z: [0, 0.5, 3] }, [false, true]]);
    const { faces: computed } = meaningOf({ ...nothing, shape: [4], faces: ["x = exp(2*s) - 1"] });
    expect(computed.x!.map((face, i) => Math.abs(face - Math.expm1(i / 2)) < 1e-14)).toEqual(new Array(5).fill(true));
    expect(meaningOf({ ...nothing, coordinates: "polar" }).shape).toEqual([128]);
    const named = meaningOf({ ...nothing, equations: ["diffusion"], coordinates: "cylindrical" });
    expect(named.periodic).toEqual([false, true]);
  });

  it("begins with the example of a name, whose axes wrap around where no condition is said", () => {
    const named = {
      ...nothing,
      equations: ["allen-cahn"],
      initial: [],
      until: undefined,
      dt: undefined,
    } as never as Task;
    const whole = meaningOf(named);
    expect([whole.shape, whole.periodic, whole.until]).toEqual([[128, 128], [true, true], 20]);
    expect(whole.constants).toEqual({ M: 1, gamma: 1 });
    const changed = meaningOf({ ...named, set: ["gamma=2"], boundary: ["y- = value 0"], shape: [9, 9] });
    expect([changed.constants, changed.periodic, changed.shape]).toEqual([{ M: 1, gamma: 2 }, [true, false], [9, 9]]);
  });
});

describe("a solve", () => {
  it("tells of the cells that its mask leaves open, in its report as in its frames", async () => {
    const masked = ["--mask", "hypot(x - 12, y - 10) < 8", "--output", "masked.h5", "--json"];
    const { fields } = documentOf(await solve(text, ...small, ...masked)) as { fields: { c: object } };
    const file = await Output.open(join(folder, "masked.h5"));
    const { walltime: _, ...figures } = file.diagnostics(-1);
    file.close();
    expect(fields.c).toMatchObject(figures);
    expect(Object.values(figures).every(Number.isFinite)).toBe(true);
  });

  it("reports what was solved, and its file has the frames that are due", async () => {
    const result = await solve(text, ...small, "--every", "0.1", "--output", "out.h5", "--plot", "out.png", "--json");
    const document = documentOf(result) as Record<string, unknown>;
    expect(document).toMatchObject({
      equations: { c: "laplace(c^3 - c - laplace(c))" },
      options: { stepper: "euler", dt: 0.01, start: 0, until: 0.3 },
      ...{ stopped: "until", shape: [24, 20], steps: 30, startStep: 0, ranks: 1, split: [1, 1], time: 0.3 },
      ...{ file: "out.h5", plot: "out.png" },
    });
    expect(document.fields).toEqual({ c: expect.objectContaining({ digest: document.digest }) });
    // Noise of both signs has the colours that view gives it.
    const picture = await decoded(join(folder, "out.png"));
    expect(picture.find(equals(coloursOf("coolwarm")[0]!))).not.toEqual([]);
    const view = documentOf(await wasmMpi(["view", "out.h5", "--json"], { cwd: folder })) as Record<string, unknown>;
    expect(view.times).toEqual([0, 0.1, 0.2, 0.3]);
    expect(JSON.parse((view.attributes as { config: string }).config)).toEqual({
      ...{ command: "solve", equations: [text], shape: [24, 20], periodic: true, initial: ["c = 0.1*noise()"] },
      ...{ until: 0.3, dt: 0.01, dtype: "f64", every: 0.1 },
    });
  });

  it("takes fields of files, complex unknowns, parts, and a file of options, of which the line has the last word", async () => {
    const config = { equations: ["u = D * laplace(mu)"], define: ["mu = u"], set: ["D=out.h5:c"], until: 9, dt: 0.01 };
    writeFileSync(join(folder, "run.json"), JSON.stringify({ ...config, initial: ["u=out.h5:c"], shape: [24, 20] }));
    const document = documentOf(await solve("--config", "run.json", "--until", "0.02", "--json"));
    expect(document).toMatchObject({ equations: { u: "D * laplace(mu)" }, steps: 2, shape: [24, 20] });
    const blocks = { equations: ["u = laplace(u)"], initial: ["u = x"], until: 0.02, dt: 0.01, localShape: [8, 6] };
    writeFileSync(join(folder, "blocks.json"), JSON.stringify(blocks));
    for (const [shape, ...args] of [[[8, 6]], [[5, 7], "--shape", "5,7"]] as [number[], ...string[]][]) {
      expect(documentOf(await solve("--config", "blocks.json", ...args, "--json"))).toMatchObject({ shape });
    }
    const psi = [
      "psi = i * laplace(psi)",
      "--initial",
      "psi = exp(i*x)",
      "--shape",
      "16",
      "--until",
      "1",
      "--dt",
      "0.1",
    ];
    const { fields } = documentOf(await solve(...psi, "--stepper", "rk4", "--json")) as { fields: object };
    expect(Object.keys(fields)).toEqual(["psi_re", "psi_im"]);
  });

  it.each(Object.keys(namedEquations))("runs the example of %s, which stays finite", async (name) => {
    const { dt } = namedEquations[name as keyof typeof namedEquations].example;
    const task = { ...nothing, equations: [name], initial: [], until: 20 * dt, dt: undefined } as never as Task;
    const { report } = await runTask(solo(), task);
    expect(report.steps).toBe(20);
  });

  it("ends adaptive steps when frames are due, and the run where it is to stop", async () => {
    const decay = ["c = -c", "--shape", "8", "--initial", "c = 1", "--until", "2", "--dt", "0.1", "--stepper", "rkf45"];
    documentOf(await solve(...decay, "--every", "0.5", "--output", "decay.h5", "--json"));
    const view = documentOf(await wasmMpi(["view", "decay.h5", "--json"], { cwd: folder })) as { times: number[] };
    expect(view.times).toEqual([0, 0.5, 1, 1.5, 2]);
    const wave = ["u_tt = laplace(u)", "--shape", "16", "--initial", "u = x", "--until", "2", "--dt", "0.1"];
    const limit = ["--limit", "u = min(u, 9)", "--stop", "t > 0.95"];
    const report = documentOf(await solve(...wave, ...limit, "--json")) as { max: number };
    expect(report.max).toBeLessThanOrEqual(9);
    expect(report).toMatchObject({ stopped: "stop", steps: 10, options: { stepper: "leapfrog" } });
  });

  it("chooses steps that are stable, and adds noise", async () => {
    const rest = ["--shape", "8,8", "--until", "1", "--initial", "c = 1"];
    const line = ["c = laplace(c)", ...rest, "--noise", "c = 0.1", "--dt", "auto", "--json"];
    const report = documentOf(await solve(...line)) as { options: { dt: number }; sum: number };
    expect(report.options.dt).toBeCloseTo(0.2, 9);
    expect(report.sum).not.toBe(64);
    expect(documentOf(await solve(...line))).toMatchObject({ sum: report.sum });
    const long = await solve("c = laplace(c)", ...rest, "--dt", "0.3");
    const text =
      '"--dt" expected at most 0.25 for euler to be stable, for waves along x, got 0.3. Use --dt auto, a shorter step, or --stability ignore.';
    expectLine(long, `wasm-mpi solve: ${text}`, 2);
  });

  it("ends where a field is no longer finite", async () => {
    const result = await solve("c = c^3", "--shape", "4", "--initial", "c = 9", "--until", "9", "--dt", "1");
    const pattern =
      /^wasm-mpi solve: expected finite numbers, got (Infinity|NaN) of c in cell \[0\] at time \d \(step \d\)\. Use a shorter step, or another stepper\.\n$/;
    expect(result.stderr).toMatch(pattern);
    expect(result.code).toBe(2);
  });

  it("lists the equations that have a name", async () => {
    const { stdout } = await solve("--list");
    expect(stdout).toContain("diffusion: diffusion (--set D=1)\n    dc/dt = D * laplace(c)\n");
    const { equations } = documentOf(await solve("--list", "--json")) as { equations: { name: string }[] };
    expect(equations.map(({ name }) => name)).toEqual(Object.keys(namedEquations));
  });
});

describe.each(launched.slice(0, 1))("a solve on 3 ranks of $title", ({ name: library }) => {
  it("has the bits of 1 rank", async () => {
    const args = [text, ...small, "--stepper", "rk4", "--json"];
    const alone = documentOf(await solve(...args)) as { digest: string };
    const result = await wasmMpi(["solve", ...args, "-n", "3"], { cwd: folder, env: { WASM_MPI_LIBRARY: library } });
    expect(documentOf(result)).toMatchObject({ ranks: 3, digest: alone.digest });
  });
});

describe("a restart of a solve", () => {
  it.each(["rk4", "adams-bashforth", "rkf45"])("has the bits of a run of %s without a break", async (stepper) => {
    const args = [text, ...small.slice(0, 5), "--dt", "0.01", "--stepper", stepper, "--every", "0.1", "--json"];
    const frames = ["--until", "0.3", "--output", `whole-${stepper}.h5`];
    const whole = documentOf<{ digest: string }>(await solve(...args, ...frames));
    documentOf(await solve(...args, "--until", "0.2", "--output", `${stepper}.h5`));
    const rest = ["--restart", `${stepper}.h5`, "--until", "0.3", "--json"];
    const ranks = stepper === "rk4" ? ["-n", "2"] : [];
    expect(documentOf(await solve(...rest, ...ranks))).toMatchObject({ digest: whole.digest, time: 0.3 });
    const look = await wasmMpi(["view", `${stepper}.h5`, "--json"], { cwd: folder });
    expect(documentOf<{ times: number[] }>(look).times).toEqual([0, 0.1, 0.2, 0.3]);
    const another = args.map((word) => word.replace("noise()", "cos(x)"));
    documentOf(await solve(...another, "--until", "0.3", "--output", `other-${stepper}.h5`));
    copyFileSync(join(folder, `other-${stepper}.restart.h5`), join(folder, `${stepper}.restart.h5`));
    expectLine(
      await solve("--restart", `${stepper}.h5`, "--until", "0.4"),
      `wasm-mpi solve: file "${stepper}.restart.h5": expected the state of a frame of "${stepper}.h5", got one of time 0.3 with another c. Put back the state that was written with "${stepper}.h5", or start anew.`,
      1,
    );
    const other =
      '"--restart" expected the dt of the run before, 0.01, got 0.005. Go on with the same equations and options, or start anew.';
    expectLine(await solve(...rest, "--dt", "0.005"), `wasm-mpi solve: ${other}`, 2);
  });

  it("has the constants of the run before", async () => {
    const args = ["diffusion", "--shape", "16", "--initial", "c = x", "--dt", "0.1", "--set", "D=0.1"];
    const solve = (...more: string[]) => wasmMpi(["solve", ...more, "--json"], { cwd: folder });
    documentOf(await solve(...args, "--until", "1", "--output", "set.h5"));
    const rest = ["--restart", "set.h5", "--until", "2"];
    const text =
      '"--restart" expected the constants of the run before, D = 0.1, got D = 0.2. Go on with the same equations and options, or start anew.';
    expectLine(await solve(...rest, "--set", "D=0.2"), `wasm-mpi solve: ${text}`, 2);
    const { digest } = documentOf<{ digest: string }>(await solve(...args, "--until", "2"));
    expect(documentOf(await solve(...rest))).toMatchObject({ digest });
  });
});

describe("compare solve", () => {
  const args = ["compare", "solve", text, ...small, "--every", "0.1"];

  it("has runs on several rank counts, with identical bits in all frames", async () => {
    const result = await wasmMpi([...args, "--ranks", "1,2", "--json"], { cwd: folder });
    const { identical, equations, runs, steps } = documentOf<Record<string, unknown> & { runs: object[] }>(result);
    expect([identical, equations, steps]).toEqual([true, { c: "laplace(c^3 - c - laplace(c))" }, 30]);
    expect(runs).toMatchObject([
      { ranks: 1, frames: 4, differingCells: 0 },
      { ranks: 2, frames: 4, differingCells: 0 },
    ]);
  });

  it.each(launched.slice(-1))("has them in a job of $title", async ({ name: library }) => {
    const result = await inJob({ library, ranks: 2 }, [...args, "--json"], { cwd: folder, isApart: true });
    expect(documentOf(result)).toMatchObject({ identical: true, runs: [{ ranks: 1 }, { ranks: 2 }] });
  });

  it("refuses options before the word", async () => {
    const line = '"--ranks" expected options behind "solve", got it before. Put it behind.';
    expectLine(await wasmMpi(["compare", "--ranks", "1", "solve", "diffusion"]), `wasm-mpi compare: ${line}`, 2);
  });
});

describe("what is refused", () => {
  const c = "c = laplace(c)";
  const ends = ["--shape", "8,6", "--until", "1", "--dt", "0.1"];
  const good = [...ends, "--initial", "c = 1"];
  const proto = 'Pde: expected a name that is free, got "__proto__", a meaning of its own. Rename it.';
  const bare = good.slice(0, 6);
  const rows: [string[], string, (1 | 2)?][] = [
    [
      [],
      '"equations" expected a text "NAME = EXPRESSION" or a name, got none. For example "c = laplace(c)"; --list lists names.',
    ],
    [
      ["laplace(c)"],
      '"equations" expected a text "NAME = EXPRESSION" or a name, got "laplace(c)". For example "c = laplace(c)".',
    ],
    [
      ["dT/dt = laplace(T)"],
      '"equations" expected a name before "=", got "dT/dt". Write "T = laplace(T)": what stands there is the rate.',
    ],
    [["a b = c"], `"equations" expected a name before "=", got "a b". Names have letters, digits and _.`],
    [[c, c], '"equations" expected one text for c, got two. Leave out one.'],
    [["diffusion", "wave"], '"equations" expected one name, or texts, got "diffusion" and "wave". Leave out one.'],
    [
      ["difusion"],
      `"equations" expected one of ${Object.keys(namedEquations).join(", ")}, got "difusion". Did you mean diffusion?`,
    ],
    [
      ["c = lapalce(c)", ...good],
      '"c" expected a function that is known, got "lapalce". Did you mean laplace?\n  lapalce(c)\n  ^',
    ],
    [[c, ...bare], '"--initial" expected a value for each of c, got none for c. Add --initial "c = 0", for example.'],
    [[c, ...good, "--initial", "c = 2"], '"--initial" expected one text for c, got two. Leave out one.'],
    [[c, ...bare, "--initial", "C = x"], '"--initial" expected names among c, got "C". Did you mean c?'],
    [[c, ...good, "--initial", "d = 2"], '"--initial" expected names among c, got "d". Remove it.'],
    [
      [c, ...bare, "--initial", "c"],
      '"--initial" expected a text NAME = EXPRESSION, or a variable of a file NAME = FILE:VARIABLE, got "c". For example --initial "c = 0.1*noise()".',
    ],
    [
      [c, ...bare, "--initial", "c = yy"],
      '"--initial" of c expected a name that is known, got "yy". Known are x, y, t, pi. Give a constant by --set yy=1, for example.\n  yy\n  ^',
    ],
    [
      [c, ...bare, "--initial", "c = no.h5:c"],
      'file "no.h5": expected an existing file, got nothing. Check the path.',
      1,
    ],
    [[c, "--initial", "c = 1"], '"--until" expected the time of the end, got none. Add --until 1, for example.'],
    [
      [c, "--initial", "c = 1", "--until", "1"],
      '"--dt" expected the time of a step, got none. Add --dt 0.01, for example.',
    ],
    [[c, ...good, "--start", "2"], '"--until" expected a finite number from 2, got 1. Name the time of the end.'],
    [[c, "--dt", "0"], '"--dt" expected a number above 0, or auto, got "0". For example --dt 0.01.'],
    [
      [c, ...good, "--boundary", "y- = valu 0"],
      '"--boundary" expected a condition among value, derivative, mixed, curvature, periodic, antiperiodic, got "valu 0". Did you mean value?',
    ],
    [
      [c, ...good, "--boundary", "y- = value"],
      '"--boundary" expected a number or a text behind value, got "". For example "y- = value 0".',
    ],
    [
      [c, ...good, "--boundary", "y = periodic 3"],
      '"--boundary" expected nothing behind periodic, got "3". Leave it out.',
    ],
    [
      [c, ...good, "--boundary", "a b y = value 3"],
      '"--boundary" expected SIDE or OWNER SIDE before =, got "a b y". For example "c y- = value 0".',
    ],
    [
      [c, ...good, "--boundary", "q- = value 0"],
      '"--boundary" expected sides, or sides by equation and operator, among c, *, x, x-, x+, y, y-, y+, got "q-". Did you mean x-?',
    ],
    [
      [c, ...good, "--boundary", "y- = value 2 *"],
      '"--boundary" of c:laplace at y- expected a number, a name or a parenthesis, got the end. Write an operand.\n  2 *\n     ^',
    ],
    [
      [c, ...good, "--boundary", "y- = value 1", "--boundary", "y- = value 2"],
      '"--boundary" expected one condition for y-, got two. Leave out one.',
    ],
    [[c, ...good, "--set", "D=3"], '"--set" expected constants that the texts name, got "D". Leave it out.'],
    [["diffusion", "--set", "E=3"], '"--set" expected constants among D, got "E". Leave it out.'],
    [
      ["korteweg-de-vries", "--set", "E=3"],
      '"--set" expected no constants, of which these equations have none, got "E". Leave it out.',
    ],
    [
      ["diffusion", "--set", "D=x"],
      '"--set" expected a number or FILE:VARIABLE for D, got "x". For example --set D=0.1.',
    ],
    [
      [c, ...good, "--bounds", "0,1"],
      '"--bounds" expected two ends of each of 2 axes, got [0, 1]. For example --bounds 0,1.',
    ],
    [
      [c, ...good, "--faces", "y = s^2", "--bounds", "0,1,0,1"],
      '"--bounds" expected two ends of each of 1 axes without faces, got [0, 1, 0, 1]. For example --bounds 0,1.',
    ],
    [
      [c, ...good, "--faces", "z = s^2"],
      '"--faces" expected an axis among x, y before =, got "z". For example "x = s^2".',
    ],
    [
      [c, ...good, "--faces", "y = s + a"],
      '"--faces" of y expected numbers, or a text of s, got the name a. s goes from 0 to 1: write s^2, for example.',
    ],
    [
      [c, ...good, "--faces", "y = 2 * (s"],
      '"--faces" of y expected ")", got the end. Close the "(" of column 5.\n  2 * (s\n        ^',
    ],
    [
      [c, ...good, "--faces", "y = 0, 2"],
      '"--faces" of y expected 7 finite numbers that rise, one more than cells, got 2 of them. Give the faces of all cells from the lowest up.',
    ],
    [
      [c, ...good, "--coordinates", "polar"],
      '"--shape" expected 1 axis, r, of a polar grid, got [8, 6]. Give the cells along each axis.',
    ],
    [[c, ...good, "--every", "1"], '"--every" expected an output file, got none. Add --output FILE or leave it out.'],
    [
      [c, ...good, "--every", "1", "--every-steps", "2"],
      '"--every-steps" expected none with --every, got 2. Leave out one of them.',
    ],
    [
      ["diffusion", "--list"],
      '"--list" expected nothing besides, but for --json, got "diffusion". Leave out one of them.',
    ],
    [
      ["--list", "--until", "3"],
      '"--list" expected nothing besides, but for --json, got --until. Leave out one of them.',
    ],
    [["__proto__ = 1", "--initial", "__proto__ = 0", ...ends], proto],
    [[c, ...good, "--define", "__proto__ = 1"], proto],
    [
      [c, ...good, "--set", "__proto__=1"],
      '"--set" expected constants that the texts name, got "__proto__". Leave it out.',
    ],
    [[c, ...good, "--order", "3"], '"--order" expected 2, 4, 6 or 8, got 3. Leave it out for 2.'],
    [
      [c, ...good, "--solver-tolerance", "1e-3"],
      '"--solver-tolerance" expected implicit or crank-nicolson with it, got euler. Leave it out.',
    ],
    [
      [c, ...good, "--noise", "c=-1"],
      '"--noise" of c expected a finite variance from 0, got "-1", whose root is NaN in cell [0, 0] at the start. Write max(..., 0).',
    ],
    [
      [c, "--initial", "c = 0/0", ...ends],
      '"--initial" of c expected finite numbers, got NaN in cell [0, 0]. Give each cell a number.',
    ],
    [
      [c, "--restart", "a.h5"],
      `"equations" expected none with --restart, as "a.h5" has them, got "${c}". Leave them out.`,
    ],
    [
      ["--config", "a.json", "--restart", "a.h5"],
      '"--config" expected none with --restart, as "a.h5" has the options, got "a.json". Leave it out.',
    ],
    [
      ["--restart", "out.h5", "--cfl", "0.5"],
      '"--cfl" expected none with --restart, as "out.h5" has dt 0.01, got 0.5. Leave it out.',
    ],
    [
      [c, ...good, "--output-beside", "on"],
      '"--output-beside" expected an output file, got none. Add --output FILE or leave it out.',
    ],
    [
      [c, ...good, "--output", "b.h5", "--output-beside", "on", "--backend", "mpiio"],
      '"--output-beside" expected the backend posix with on, got "mpiio". Leave out one of them.',
    ],
    [
      ["--restart", "out.h5", "--output", "b.h5"],
      '"--output" expected none with --restart, which appends to "out.h5", got "b.h5". Leave out one of them.',
    ],
    [
      [c, "--config", "no.json"],
      'file "no.json": expected a JSON object with equations and options of solve, got no such file. Name another.',
      1,
    ],
  ];

  it.each(rows)("%j", async (args, line, code = 2) => {
    expectLine(await solve(...args), `wasm-mpi solve: ${line}`, code);
  });

  const path = join(folder, "wrong.json");
  it.each<[string, string]>([
    [
      "{",
      "expected a JSON object with equations and options of solve, got a file that is no JSON (Expected property name or '}' in JSON at line 1 column 2). Name another, or mend it.",
    ],
    [
      '{\n  "until": 1,\n}',
      "expected a JSON object with equations and options of solve, got a file that is no JSON (Expected double-quoted property name in JSON at line 3 column 1). Name another, or mend it.",
    ],
    ['{"shape": "8,8"}', 'expected "shape" in the form of the option, got "8,8". Write [256,256], for example.'],
    ['{"initial": 1}', 'expected "initial" in the form of the option, got 1. Write ["c = 0.1*noise()"], for example.'],
    ['{"set": {"D": true}}', 'expected "set" in the form of the option, got {"D":true}. Write ["D=0.1"], for example.'],
    ['{"set": {"D=1": 2}}', 'expected "set" in the form of the option, got {"D=1":2}. Write ["D=0.1"], for example.'],
    [
      "[]",
      'expected a JSON object with equations and options of solve, got []. Write { "equations": ["c = laplace(c)"] }, for example.',
    ],
    [
      '{"equations": "c"}',
      'expected "equations" in the form of the option, got "c". Write ["c = laplace(c)"], for example.',
    ],
    ['{"until": "1"}', 'expected "until" in the form of the option, got "1". Write 50, for example.'],
    ['{"every": "0.5"}', 'expected "every" in the form of the option, got "0.5". Write 0.5, for example.'],
    ['{"unti": 1}', 'expected "equations" and names of options in camel case, got "unti". Did you mean until?'],
  ])("a file of options that is %s", (content, message) => {
    writeFileSync(path, content);
    expect(() => taskIn(path, table.solve)).toThrow(`file "${path}": ${message}`);
  });

  it("no objects in place of lists, which have the same texts", () => {
    const lists = { set: ["D = 1"], initial: ["c = x"], faces: ["x = 0, 1, 3"], boundary: ["y- = value 0"] };
    const objects = { set: { D: 1 }, initial: { c: "x" }, faces: { x: [0, 1, 3] }, boundary: { "y-": "value 0" } };
    writeFileSync(path, JSON.stringify(objects));
    expect(taskIn(path, table.solve)).toEqual(lists);
  });

  it("a text in a file that its option does not read", () => {
    writeFileSync(path, '{"initial": ["c"]}');
    expect(() => taskIn(path, table.solve)).toThrow('"--initial" expected a text NAME = EXPRESSION');
  });
});
