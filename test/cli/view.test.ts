/** Files read in parts: by comparisons, and by `wasm-mpi view`. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/errors.js";
import { SnapshotReader } from "../../src/io/reader.js";
import { cells, chunkShape, type Dtype, parts, type Values } from "../../src/io/snapshot.js";
import { SnapshotWriter } from "../../src/io/writer.js";
import { plot } from "../../src/plot/index.js";
import { documentOf, temporaryFolder } from "../harness/command.js";
import { compareFiles } from "../harness/difference.js";
import { root, runNode, wasmMpi } from "../harness/process.js";
import { without as withoutPackage } from "../harness/without.js";

const folder = temporaryFolder();
let count = 0;
const freshPath = (ending = "h5") => join(folder, `${count++}.${ending}`);

/** Values that one transfer moves at most. */
const most = 2 ** 19;

/** Writes a file of `psi` whose frames have these values. */
async function written(shape: readonly number[], dtype: Dtype, frames: readonly Values[]): Promise<string> {
  const path = freshPath();
  const coordinates = shape.map((n) => Float64Array.from({ length: n }, (_, index) => index));
  const writer = await SnapshotWriter.create(path, { shape, coordinates, variables: { psi: { dtype } } });
  const figures = { min: 0, max: 0, sum: 0, walltime: 0 };
  for (const [time, psi] of frames.entries()) writer.write(time, { psi }, figures);
  writer.close();
  return path;
}

describe("the parts of a frame", () => {
  let seed = 1;
  /** A whole number from 1, as often small as large. */
  const random = (greatest: number) => {
    seed = (seed * 48271) % 2147483647;
    return Math.ceil(greatest ** (seed / 2147483647));
  };
  const shapes = Array.from({ length: 300 }, (_, trial) => [
    ...[random(300), random(3000), random(3e6)].slice(2 - (trial % 3)),
  ]);

  it("are all cells once, in C order, in whole chunks of at most one transfer", () => {
    for (const shape of [...shapes, [3, 5, most], [3, 5, most + 1], [3, most, 2], [1, 1, 1]]) {
      const chunk = chunkShape(shape);
      let next = 0;
      for (const ranges of parts(shape)) {
        const rest = cells(shape.slice(ranges.length));
        let [first, size] = [0, rest];
        for (const [axis, [begin, end]] of ranges.entries()) {
          const whole = begin % chunk[axis]! === 0 && (end % chunk[axis]! === 0 || end === shape[axis]);
          // All but the last range are of one row, so that the part is in one piece.
          const isRow = axis === ranges.length - 1 || end === begin + 1;
          if (!(begin < end && whole && isRow)) expect.fail(`${shape}: ${JSON.stringify(ranges)} of chunks ${chunk}`);
          first = first * shape[axis]! + begin;
          size *= end - begin;
        }
        if (first * rest !== next || size > most) expect.fail(`${shape}: ${JSON.stringify(ranges)} at ${next}`);
        next += size;
      }
      expect(next, String(shape)).toBe(cells(shape));
    }
  });

  it.each<{ shape: number[]; dtype: Dtype; count: number }>([
    { shape: [3, 2], dtype: "f64", count: 1 },
    { shape: [601, 1021], dtype: "f64", count: 2 },
    { shape: [1_300_001], dtype: "f32", count: 3 },
    { shape: [2, 700_001], dtype: "f64", count: 4 },
    { shape: [2, 3, 200_003], dtype: "f32", count: 4 },
  ])("are the values of the frame: $shape cells of $dtype in $count", async ({ shape, dtype, count }) => {
    const Type = dtype === "f32" ? Float32Array : Float64Array;
    const waves = (frame: number) => Array.from({ length: cells(shape) }, (_, cell) => Math.sin(frame * cell));
    const values = [1, 2].map((frame) => Type.from(waves(frame)));
    const reader = await SnapshotReader.open(await written(shape, dtype, values));
    for (const frame of [0, 1, -1]) {
      const found = [...reader.readParts("psi", frame)];
      expect(found).toHaveLength(count);
      const whole = reader.read("psi", frame);
      expect(whole).toBeInstanceOf(Type);
      expect(Buffer.from(whole.buffer).equals(Buffer.from(values.at(frame)!.buffer))).toBe(true);
      const bytes = found.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength));
      expect(Buffer.concat(bytes).equals(Buffer.from(whole.buffer))).toBe(true);
    }
    reader.close();
  });

  it("are refused before the first is read", async () => {
    const reader = await SnapshotReader.open(await written([2], "f64", [Float64Array.of(1, 2)]));
    expect(() => reader.readParts("rho", 0)).toThrow(
      new UsageError('Output.open().readParts: "variable" expected one of "psi", got "rho". Choose one of them.'),
    );
    expect(() => reader.readParts("psi", 1)).toThrow(
      new UsageError(
        'Output.open().readParts: "frame" expected an integer in [-1, 0] (1 frame), got 1. Choose one of them.',
      ),
    );
    reader.close();
  });

  it("are compared each with its own: differences in the first, the last and beside the edges of parts count", async () => {
    for (const dtype of ["f64", "f32"] as const) {
      const Type = dtype === "f32" ? Float32Array : Float64Array;
      const shape = [601, 1021]; // Two parts.
      const edge = 1021 * [...parts(shape)][0]![0]![1];
      const [psi, changed] = [new Type(cells(shape)).fill(1), new Type(cells(shape)).fill(1)];
      for (const [place, cell] of [0, edge - 1, edge, psi.length - 1].entries())
        changed[cell]! += place === 2 ? -0.5 : 0.25;
      const [same, different] = [await written(shape, dtype, [psi, psi]), await written(shape, dtype, [psi, changed])];
      expect(await compareFiles(same, different)).toEqual({ frames: 2, differingCells: 4, maxDifference: 0.5 });
      expect(await compareFiles(different, different)).toEqual({ frames: 2, differingCells: 0, maxDifference: 0 });
    }
  });
});

/** The document of `view --json`. */
interface Document {
  readonly file: string;
  readonly title: string | null;
  readonly shape: readonly number[];
  readonly variables: readonly { readonly name: string; readonly dtype: Dtype; readonly units: string | null }[];
  readonly times: readonly number[];
  readonly frames: readonly Readonly<Record<"time" | "min" | "max" | "sum" | "walltime", number>>[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly plot: string | null;
}

const view = (args: readonly string[]) => wasmMpi(["view", ...args], { cwd: folder });

/** What a command that succeeded prints for people. */
async function listed(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr, transcript } = await view(args);
  expect([code, stderr], transcript).toEqual([0, ""]);
  return stdout;
}

/** A file of `rho` of f32 and of `psi`, whose figures it has, in `count` frames half a second apart. */
async function weather(count: number, shape: readonly number[] = [3, 2]): Promise<string> {
  const path = freshPath();
  const coordinates = shape.map((n) => Float64Array.from({ length: n }, (_, index) => 10 * index));
  const writer = await SnapshotWriter.create(path, {
    shape,
    coordinates,
    timeUnits: "s",
    variables: { theta: { units: "K", longName: "potential temperature" }, rho: { dtype: "f32" } },
    attributes: { title: "Weather", decomposition: "2 x 1" },
  });
  for (let frame = 0; frame < count; frame++) {
    const theta = Float64Array.from({ length: cells(shape) }, (_, cell) => 300 + frame + cell);
    const rho = Float32Array.from({ length: cells(shape) }, (_, cell) => (frame + 1) / (cell + 1));
    const figures = { min: theta[0]!, max: theta.at(-1)!, sum: 0.1 * frame, walltime: 1.5 * frame };
    writer.write(0.5 * frame, { theta, rho }, figures);
  }
  writer.close();
  return path;
}

describe("wasm-mpi view", () => {
  it("lists what is in a file, and each frame in a line", async () => {
    expect(await listed([await weather(3)])).toBe(
      [
        "Weather",
        "3 x 2 cells, 3 frames, decomposition 2 x 1",
        "theta: f64, units K, potential temperature",
        "rho: f32",
        "",
        "frame  time [s]  min of theta  max of theta  sum of theta  walltime",
        "    0         0           300           305             0   0.000 s",
        "    1       0.5           301           306           0.1   1.500 s",
        "    2         1           302           307           0.2   3.000 s",
        "",
      ].join("\n"),
    );
  });

  it("lists of more than 12 frames the first and the last five", async () => {
    const framesOf = (text: string) => Array.from(text.matchAll(/^ *(\d+|\.\.\.)(?: |$)/gm), ([, frame]) => frame);
    const upTo = (n: number) => Array.from({ length: n }, (_, frame) => String(frame));
    expect(framesOf((await listed([await weather(12, [1])])).split("\n\n")[1]!)).toEqual(upTo(12));
    expect(framesOf((await listed([await weather(13, [1])])).split("\n\n")[1]!)).toEqual([
      ...upTo(5),
      "...",
      ...upTo(13).slice(-5),
    ]);
  });

  it("lists a file without title, units or frames by its name", async () => {
    const path = await written([4], "f64", []);
    expect(await listed([path])).toBe(`${path}\n4 cells, 0 frames\npsi: f64\n`);
    expect(documentOf(await view([path, "--json"]))).toMatchObject({ title: null, times: [], frames: [] });
  });

  it("says the same to programs, of all frames", async () => {
    const path = await weather(13);
    const times = Array.from({ length: 13 }, (_, frame) => 0.5 * frame);
    expect(documentOf<Document>(await view([path, "--json"]))).toEqual({
      file: path,
      title: "Weather",
      shape: [3, 2],
      variables: [
        { name: "theta", dtype: "f64", units: "K" },
        { name: "rho", dtype: "f32", units: null },
      ],
      times,
      frames: times.map((time, frame) => ({
        time,
        min: 300 + frame,
        max: 305 + frame,
        sum: 0.1 * frame,
        walltime: 1.5 * frame,
      })),
      attributes: {
        Conventions: "CF-1.11",
        storage: "wasm-mpi chunked 1",
        variables: "theta rho",
        title: "Weather",
        decomposition: "2 x 1",
      },
      plot: null,
      movie: null,
      html: null,
      series: null,
      kymograph: null,
    });
  });

  it.each(["posix", "gather"])("shows what advect wrote with %s", async (backend) => {
    const path = freshPath();
    const run = ["advect", "--shape", "13,9", "--steps", "4", "--every", "2", "--backend", backend, "--output", path];
    const { min, max, sum, time } = documentOf<Document["frames"][0]>(await wasmMpi([...run, "--json"]));
    const { title, shape, variables, times, frames, attributes } = documentOf<Document>(await view([path, "--json"]));
    expect({ title, shape, variables, times }).toEqual({
      title: "MPDATA advection: gaussian",
      shape: [13, 9],
      variables: [{ name: "psi", dtype: "f64", units: "1" }],
      times: [0, 2, 4],
    });
    expect(frames.at(-1)).toMatchObject({ min, max, sum, time });
    expect(JSON.parse(String(attributes.config))).toMatchObject({ command: "advect", steps: 4 });
  });
});

describe("wasm-mpi view --plot", () => {
  /** The panels that `plot` draws of some frames of a file of {@link weather}. */
  async function drawn(path: string, variable: string, label: string, frames: readonly number[]): Promise<Buffer> {
    const reader = await SnapshotReader.open(path);
    const { shape, coordinates } = reader;
    const [nx, ny, nz] = shape;
    const middle = nz && Math.floor(nz / 2);
    const panels = frames.map((frame) => {
      const [title, values] = [`t = ${0.5 * frame} s`, reader.read(variable, frame)];
      if (middle === undefined) return { title, values, shape };
      // Of three axes the middle plane.
      return {
        title: `${title}, z = ${coordinates[2]![middle]!} (cell ${middle} of ${nz})`,
        values: Array.from(values).filter((_, cell) => cell % nz! === middle),
        shape: [nx!, ny!],
      };
    });
    reader.close();
    const picture = freshPath("png");
    await plot(picture, panels, { title: "Weather", label, coordinates: coordinates.slice(0, 2) });
    return readFileSync(picture);
  }

  it("draws the first and the last frame of the first variable", async () => {
    const [path, picture] = [await weather(3), freshPath("png")];
    const text = await listed([path, "--plot", picture]);
    expect(text.split("\n\n").at(-1)).toBe(`picture: ${picture}\n`);
    expect(readFileSync(picture).equals(await drawn(path, "theta", "theta [K]", [0, 2]))).toBe(true);
  });

  it("draws a single frame once", async () => {
    const [path, picture] = [await weather(1), freshPath("png")];
    expect(documentOf<Document>(await view([path, "--plot", picture, "--json"])).plot).toBe(picture);
    expect(readFileSync(picture).equals(await drawn(path, "theta", "theta [K]", [0]))).toBe(true);
  });

  it("draws the frames and the variable that were asked for, in 1, 2 and 3 dimensions", async () => {
    for (const shape of [[9], [4, 3], [4, 3, 3]]) {
      const [path, picture] = [await weather(6, shape), freshPath("png")];
      await listed([path, "--plot", picture, "--frames", "-1, 0,3", "--variable", "rho"]);
      expect(readFileSync(picture).equals(await drawn(path, "rho", "rho", [5, 0, 3]))).toBe(true);
    }
  });

  it("takes one frame counted from the end, and eight frames", async () => {
    const [path, picture] = [await weather(8), freshPath("png")];
    await listed([path, "--plot", picture, "--frames", "-2"]);
    expect(readFileSync(picture).equals(await drawn(path, "theta", "theta [K]", [6]))).toBe(true);
    await listed([path, "--plot", picture, "--frames", "0,1,2,3,4,5,6,7"]);
    expect(readFileSync(picture).equals(await drawn(path, "theta", "theta [K]", [0, 1, 2, 3, 4, 5, 6, 7]))).toBe(true);
  });
});

describe("a wrong wasm-mpi view", () => {
  const usage: [string, string][] = [
    ["", '"file" expected a value, got none. See wasm-mpi view --help.'],
    ["FILE more", "expected at most 1 argument, got 2. See wasm-mpi view --help."],
    ["FILE --frames 0", '"--frames" expected a picture, got none. Add --plot FILE.png or --terminal, or leave it out.'],
    ["FILE --contours 5", '"--contours" expected a picture, got none. Add --plot FILE.png, or leave it out.'],
    [
      "FILE --variable rho",
      '"--variable" expected a picture, got none. Add --plot FILE.png or --terminal, or leave it out.',
    ],
    ["FILE --variable psi", '"--variable" expected one of rho, theta, got "psi". Choose one of them.'],
    ["FILE --frames 99", '"--frames" expected whole numbers from -2 to 1 (2 frames), got 99. Choose some of them.'],
    [
      "FILE --plot x.jpg",
      'plot: "path" expected a name ending in .png or .svg, got "x.jpg". Give the file the ending of its format.',
    ],
    ...["1.5", "a", "0,,1"].map((frames): [string, string] => [
      `FILE --plot x.png --frames ${frames}`,
      `"--frames" expected whole numbers separated by commas, or all, got "${frames}". For example --frames 0,5,-1.`,
    ]),
    [
      `FILE --plot x.png --frames ${Array(65).fill(0)}`,
      '"--frames" expected at most 64 frames in a picture, got 65. Choose some of them.',
    ],
    ...[2, -3].map((frame): [string, string] => [
      `FILE --plot x.png --frames 0,${frame}`,
      `"--frames" expected whole numbers from -2 to 1 (2 frames), got ${frame}. Choose some of them.`,
    ]),
    ["FILE --plot x.png --variable time", '"--variable" expected one of rho, theta, got "time". Choose one of them.'],
  ];

  it.each(usage)("%s is told what to do", async (args, message) => {
    const path = await weather(2);
    const { code, stdout, stderr } = await view(args === "" ? [] : args.replace("FILE", path).split(" "));
    expect([code, stdout, stderr]).toEqual([2, "", `wasm-mpi view: ${message}\n`]);
    expect(existsSync(join(folder, "x.png"))).toBe(false);
  });

  it("file does not write to the terminal what it likes", async () => {
    const path = freshPath();
    const codes = "\u001b[31mred\u0007\u009b2J\u202e";
    const writer = await SnapshotWriter.create(path, {
      shape: [2],
      coordinates: [Float64Array.of(0, 1)],
      variables: { psi: { units: `K${codes}`, longName: `two\nlines${codes}` } },
      attributes: { title: `Title ${codes}`, decomposition: codes },
    });
    writer.write(0, { psi: Float64Array.of(1, 2) }, { min: 1, max: 2, sum: 3, walltime: 0 });
    writer.close();
    const { code, stdout } = await view([path]);
    expect(code).toBe(0);
    const shown = "\\u001b[31mred\\u0007\\u009b2J\\u202e";
    expect(stdout.split("\n").slice(0, 3)).toEqual([
      `Title ${shown}`,
      `2 cells, 1 frame, decomposition ${shown}`,
      `psi: f64, units K${shown}, two lines${shown}`,
    ]);
  });

  it("file that claims to have more cells than can be drawn is listed, and no memory is taken", async () => {
    const path = freshPath();
    const shape = [16384, 16384];
    const coordinates = shape.map((n) => Float64Array.from({ length: n }, (_, index) => index));
    const file = new h5wasm.File(path, "w");
    file.create_attribute("Conventions", "CF-1.11");
    for (const [axis, name] of ["x", "y"].entries()) {
      file.create_dataset({ name, data: coordinates[axis]!, shape: [shape[axis]!] });
    }
    for (const name of ["time", "min", "max", "sum", "walltime"]) {
      file.create_dataset({ name, data: Float64Array.of(0), shape: [1] });
    }
    const chunk = { shape: [1, 1, 1], maxshape: [null, ...shape], chunks: [1, 1024, 1024] };
    file.create_dataset({ name: "psi", data: Float64Array.of(0), ...chunk }).resize([1, ...shape]);
    file.close();
    const { code, stdout, stderr } = await view([path, "--plot", join(folder, "claimed.png")]);
    const message =
      '"--frames" expected frames of at most 134217728 cells together (1 GiB), got 268435456. Choose fewer --frames, or read the file with another program.';
    expect([code, stdout, stderr]).toEqual([2, "", `wasm-mpi view: ${message}\n`]);
  });

  it("without the canvas is told what to install, before a run", async () => {
    const flags = withoutPackage(/napi-rs/, "no binding");
    const without = (args: readonly string[]) => runNode([...flags, join(root, "dist/cli.js"), ...args]);
    const text = `plot: expected the package @napi-rs/canvas with its binary for ${process.platform}-${process.arch}, got "no binding". Install it, or draw an .svg or no picture: npm install @napi-rs/canvas@1`;
    const path = await weather(2);
    const picture = join(folder, "none.png");
    for (const args of [
      ["advect", "--steps", "1"],
      ["view", path],
      ["compare", "--ranks", "1"],
      ["bench", "io", "-n", "1"],
    ]) {
      const { code, stdout, stderr } = await without([...args, "--plot", picture]);
      expect([code, stdout, stderr]).toEqual([1, "", `wasm-mpi ${args[0]}: ${text}\n`]);
    }
    expect((await without(["view", path])).code).toBe(0);
  });

  it("file is told by its name", async () => {
    const [empty, foreign] = [await written([4], "f64", []), freshPath()];
    writeFileSync(foreign, "time,psi\n");
    const refusals: [string[], string][] = [
      [["nowhere.h5"], 'file "nowhere.h5": expected an existing file, got nothing. Check the path.'],
      [
        [foreign],
        `file "${foreign}": expected an HDF5 file, got one that does not begin like HDF5. Choose a file that wasm-mpi wrote.`,
      ],
      [
        [empty, "--plot", "x.png"],
        `file "${empty}": expected a file with frames to draw, got none. Leave out what draws.`,
      ],
    ];
    for (const [args, message] of refusals) {
      const { code, stdout, stderr } = await view(args);
      expect([code, stdout, stderr]).toEqual([1, "", `wasm-mpi view: ${message}\n`]);
    }
  });
});
