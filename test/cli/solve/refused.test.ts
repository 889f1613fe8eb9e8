/** `wasm-mpi solve`: options that are refused, in the words of the command line. */
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inOptions } from "../../../src/cli/solve/words.js";
import { FileError } from "../../../src/errors.js";
import { temporaryFolder } from "../../harness/command.js";
import { wasmMpi } from "../../harness/process.js";
import { expectLine } from "../../harness/wrong.js";
import { errorOf } from "./lines.js";

const folder = temporaryFolder();
const solve = (...args: string[]) => wasmMpi(["solve", ...args], { cwd: folder });
const at = (name: string) => join(folder, name);

describe("what is refused", () => {
  const c = "c = laplace(c)";
  const good = ["--shape", "8,6", "--until", "1", "--dt", "0.1", "--initial", "c = 1"];
  const still = ["u = 0*u", "v = 0", "--shape", "8,6", "--until", "1", "--initial", "u = 0", "--initial", "v = 0"];
  const number = ["--measure", "m = integral(c)"];
  const rows: [string[], string, (1 | 2)?][] = [
    [
      ["c_t = 2*c", ...good.with(-1, "c_t = 1")],
      '"c_t" expected a name that is known, got "c". Known are c_t, x, y, t, pi. Write c in place of c_t: what stands there is the rate.\n  2*c\n    ^',
    ],
    [
      ["d^2c/dt^2 = laplace(c)", ...good],
      '"equations" expected a name before "=", got "d^2c/dt^2". Write "c_tt = laplace(c)".',
    ],
    [
      ["c_t = laplace(c)", ...good],
      '"--initial" expected names among c_t, got "c". Write c in place of c_t: what stands there is the rate.',
    ],
    [
      [c, ...good.with(-1, "c = a.h5")],
      '"--initial" expected a variable of a file for c, got "a.h5". Write "c = a.h5:VARIABLE".',
    ],
    [
      [c, "--shape", "8", "6"],
      '"equations" expected a text "NAME = EXPRESSION" or a name, got "6". Numbers of a list have commas between them: --shape 6,6.',
    ],
    [
      [c, ...good, "--mask", "yy > 1"],
      '"--mask" expected a name that is known, got "yy". Known are x, y, t, pi. Give a constant by --set yy=1, for example.\n  yy > 1\n  ^',
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
      '"--point" number 1 expected a name that is known, got "q". Known are x, y, t, pi. Give a constant by --set q=1, for example.\n  q\n  ^',
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
      '"--save" of w expected a name that is known, got "q". Known are c, x, y, t, pi. Give a constant by --set q=1, for example.\n  q\n  ^',
    ],
    [
      [c, ...good, "--save", "w = c/0", "--output", at("b.h5")],
      "expected finite numbers, got Infinity of w in cell [0, 0] at time 0 (step 0). Use a shorter step, or another stepper.",
    ],
    [
      ["--restart", "a.h5", "--save", "w = c"],
      '"--save" expected none with --restart, as "a.h5" has its variables, got one. Leave it out.',
    ],
    [[c, ...good, "--unit", "x=m"], '"--unit" expected an output file, got none. Add --output FILE or leave it out.'],
    [
      [c, ...good, "--unit", "d=m", "--output", at("a.h5")],
      '"--unit" expected names among c, x, y, t, got "d". Leave it out.',
    ],
    [
      ["--restart", "a.h5", "--unit", "x=m"],
      '"--unit" expected none with --restart, as "a.h5" has its variables, got one. Leave it out.',
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
    [
      [c, ...good, "--stepper", "RK4"],
      '"--stepper" expected one of euler, rk4, ssprk3, adams-bashforth, rkf45, leapfrog, rkl2, milstein, implicit, crank-nicolson, got "RK4". Did you mean rk4?',
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
