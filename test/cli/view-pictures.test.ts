/** What `wasm-mpi view` draws of a file: cuts, projections, differences, colours. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { OptionsOf } from "../../src/cli/options/index.js";
import { drawMovie } from "../../src/cli/view/movie.js";
import { Scene } from "../../src/cli/view/scene.js";
import { sectionOf } from "../../src/cli/view/section.js";
import { SnapshotReader } from "../../src/io/reader.js";
import { cells } from "../../src/io/snapshot.js";
import { SnapshotWriter } from "../../src/io/writer.js";
import { chunksOf } from "../../src/plot/chunks.js";
import { type Panel, type PlotOptions, plot } from "../../src/plot/index.js";
import { temporaryFolder } from "../harness/command.js";
import { wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
let count = 0;
const fresh = (ending: string) => join(folder, `${count++}.${ending}`);
const view = (args: readonly string[]) => wasmMpi(["view", ...args], { cwd: folder });

/** Writes a file of `psi` with these frames, at times 0, 1, 2 ... */
async function written(
  shape: readonly number[],
  frames: readonly ArrayLike<number>[],
  attributes: Readonly<Record<string, string>> = {},
  spacing = 1,
): Promise<string> {
  const path = fresh("h5");
  const coordinates = shape.map((n) => Float64Array.from({ length: n }, (_, i) => spacing * (i + 0.5)));
  const writer = await SnapshotWriter.create(path, { shape, coordinates, variables: { psi: {} }, attributes });
  for (const [time, psi] of frames.entries()) {
    writer.write(time, { psi: Float64Array.from(psi) }, { min: 0, max: 0, sum: 0, walltime: 0 });
  }
  writer.close();
  return path;
}

const numbered = (shape: readonly number[], first = 0) =>
  Float64Array.from({ length: cells(shape) }, (_, i) => first + i);

/** Draws a file, which has to be what `plot` draws of these panels. */
async function expectDrawn(args: readonly string[], panels: readonly Panel[], options: PlotOptions): Promise<void> {
  const [got, expected] = [fresh("svg"), fresh("svg")];
  const { code, transcript } = await view([...args, "--plot", got]);
  expect(code, transcript).toBe(0);
  await plot(expected, panels, { label: "psi", ...options });
  expect(readFileSync(got, "utf8")).toBe(readFileSync(expected, "utf8"));
}

const centres = (n: number) => Float64Array.from({ length: n }, (_, i) => i + 0.5);

describe("a section", () => {
  const shape = [2, 3, 4];
  const extent = {
    shape,
    axes: ["x", "y", "z"],
    coordinates: shape.map(centres),
    faces: [undefined, undefined, Float64Array.of(0, 1, 2, 3, 7)],
  };
  const values = numbered(shape);
  const at = (i: number, j: number, k: number) => values[(i * 3 + j) * 4 + k]!;

  it("across an axis has the cells there, by their number or by a coordinate within them", () => {
    for (const [cut, cell] of [
      [{ axis: "y", at: 1, isCell: true }, 1],
      [{ axis: "y", at: 1, isCell: false }, 1],
      [{ axis: "y", at: 1.99, isCell: false }, 1],
      [{ axis: "y", at: 0, isCell: false }, 0],
      [{ axis: "y", at: 3, isCell: false }, 2],
    ] as const) {
      const section = sectionOf(extent, { slice: [cut] });
      expect([section.shape, section.axes, section.kept]).toEqual([
        [2, 4],
        ["x", "z"],
        [0, 2],
      ]);
      expect(Array.from(section.of(values))).toEqual([0, 1].flatMap((i) => [0, 1, 2, 3].map((k) => at(i, cell, k))));
      expect(section.words).toBe(`, y = ${cell + 0.5} (cell ${cell} of 3)`);
    }
  });

  it("is of one axis after two cuts", () => {
    const slice = [
      { axis: "z", at: 3, isCell: true },
      { axis: "x", at: 1, isCell: true },
    ];
    const section = sectionOf(extent, { slice });
    expect([section.shape, section.axes]).toEqual([[3], ["y"]]);
    expect(Array.from(section.of(values))).toEqual([0, 1, 2].map((j) => at(1, j, 3)));
  });

  it("is a projection along the last axis that is left, or a named one, of finite values", () => {
    const holed = values.with(0, Number.NaN).with(1, Number.POSITIVE_INFINITY);
    const project = (how: "max" | "min" | "mean", axis?: string) =>
      Array.from(sectionOf(extent, { project: { axis, how } }).of(holed));
    expect(project("max")).toEqual([3, 7, 11, 15, 19, 23]);
    expect(project("min")).toEqual([2, 4, 8, 12, 16, 20]);
    expect(project("max", "x")).toEqual([...numbered([12], 12)]);
    // Cells 2 and 3 of the first row are 1 and 4 long.
    expect(project("mean")[0]).toBeCloseTo((2 + 4 * 3) / 5, 14);
    const none = sectionOf(extent, { project: { axis: undefined, how: "mean" } }).of(values.map(() => Number.NaN));
    expect(Array.from(none)).toEqual(Array(6).fill(Number.NaN));
    const large = sectionOf(extent, { project: { axis: undefined, how: "mean" } }).of(values.map(() => 1.5e308));
    expect(Array.from(large)).toEqual(Array(6).fill(1.5e308));
  });
});

describe("wasm-mpi view", () => {
  it("draws a cut and a projection of three axes, and a line of two", async () => {
    const shape = [4, 3, 2];
    const path = await written(shape, [numbered(shape)]);
    const [x, y, z] = shape.map(centres) as [Float64Array, Float64Array, Float64Array];
    const some = (passes: (i: number, j: number, k: number) => boolean) =>
      numbered(shape).filter((value) => passes(Math.floor(value / 6), Math.floor(value / 2) % 3, value % 2));
    const names = ["x", "y", "z"];
    await expectDrawn(
      [path, "--slice", "y=0.5"],
      [{ title: "t = 0, y = 0.5 (cell 0 of 3)", values: some((_i, j) => j === 0), shape: [4, 2] }],
      { axes: ["x", "z"], coordinates: [x, z] },
    );
    await expectDrawn(
      [path, "--project", "max"],
      [{ title: "t = 0, max along z", values: some((_i, _j, k) => k === 1), shape: [4, 3] }],
      { axes: names.slice(0, 2), coordinates: [x, y] },
    );
    await expectDrawn(
      [path, "--slice", "z=cell:1", "--slice", "x=cell:3", "--log", "--range", "1,100", "--map", "magma"],
      [
        {
          title: "t = 0, z = 1.5 (cell 1 of 2), x = 3.5 (cell 3 of 4)",
          values: some((i, _j, k) => i === 3 && k === 1),
          shape: [3],
        },
      ],
      { axes: ["y"], coordinates: [y], log: true, range: [1, 100], map: "magma" },
    );
  });

  it("draws the difference of two files in colours of both signs", async () => {
    const shape = [3, 2];
    const [first, second] = [await written(shape, [numbered(shape)]), await written(shape, [numbered(shape).fill(2)])];
    const values = numbered(shape, -2);
    await expectDrawn([first, "--minus", second], [{ title: "t = 0", values, shape }], {
      label: "psi, difference",
      map: "coolwarm",
      coordinates: shape.map(centres),
    });
  });

  it("draws no difference of frames that one file has alone, and says so", async () => {
    const shape = [3, 2];
    const [path, short] = [
      await written(
        shape,
        [1, 2].map(() => numbered(shape)),
      ),
      await written(shape, [numbered(shape)]),
    ];
    const drawn = await view([path, "--minus", short, "--plot", fresh("svg")]);
    expect(drawn.stdout.trimEnd().split("\n").at(-1)).toBe(`left out: frame 1, at whose time ${short} has none`);
    const { code, stderr } = await view([path, "--minus", short, "--plot", fresh("svg"), "--frames", "1"]);
    const line = `"--frames" expected some of 0, as --minus has their times, got 1 at t = 1, where ${short} has none. Choose others.`;
    expect([code, stderr]).toEqual([2, `wasm-mpi view: ${line}\n`]);
  });

  it("chooses the colours of both signs where values reach far to both sides of 0, and no others", async () => {
    for (const [low, map] of [
      [-0.01, "viridis"],
      [-0.2, "coolwarm"],
    ] as const) {
      const path = await written([3, 2], [Float64Array.of(low, 0, 1, 1, 1, 1)]);
      const panels = [{ title: "t = 0", values: Float64Array.of(low, 0, 1, 1, 1, 1), shape: [3, 2] }];
      await expectDrawn([path], panels, { map, coordinates: [centres(3), centres(2)] });
    }
  });

  it("takes one end of the range, or both", async () => {
    const path = await written([3], [Float64Array.of(1, 2, 3)]);
    const panels = [{ title: "t = 0", values: Float64Array.of(1, 2, 3), shape: [3] }];
    const line = { coordinates: [centres(3)] };
    await expectDrawn([path, "--min", "-1"], panels, { ...line, range: [-1, 3] });
    await expectDrawn([path, "--max", "9"], panels, { ...line, range: [1, 9] });
    await expectDrawn([path, "--min", "0", "--max", "9"], panels, { ...line, range: [0, 9] });
  });

  it("draws the borders of the blocks that wrote the file, also in a cut", async () => {
    const shape = [4, 3, 2];
    const path = await written(shape, [numbered(shape)], { decomposition: "2 x 3 x 1" });
    const values = numbered(shape).filter((value) => value % 2 === 1);
    const blocks = [
      [0, 2, 4],
      [0, 1, 2, 3],
    ];
    await expectDrawn(
      [path, "--slice", "z=cell:1", "--blocks"],
      [{ title: "t = 0, z = 1.5 (cell 1 of 2)", values, shape: [4, 3], blocks }],
      { coordinates: [centres(4), centres(3)] },
    );
  });

  it("draws what is known of a case beside what was computed", async () => {
    const path = fresh("h5");
    await wasmMpi(["advect", "gaussian", "--shape", "40", "--steps", "10", "--output", path]);
    const picture = fresh("svg");
    await view([path, "--plot", picture]);
    const text = readFileSync(picture, "utf8");
    for (const words of [">t = 0<", ">t = 10<", ">exact, t = 10<"]) expect(text).toContain(words);
    await view([path, "--plot", picture, "--minus", path]);
    expect(readFileSync(picture, "utf8")).not.toContain("exact");
  });
});

describe("wasm-mpi view --movie", () => {
  const frames = [0, 1, 2].map((frame) => Float64Array.of(0, frame, 2 * frame, 3 * frame));

  it("draws each frame to an animated PNG, in the range of all, which no other frame changes", async () => {
    const path = await written([2, 2], frames);
    const [all, last] = [fresh("png"), fresh("png")];
    expect((await view([path, "--movie", all])).stdout.split("\n\n").at(-1)).toBe(`movie: ${all}\n`);
    await view([path, "--movie", last, "--frames", "2"]);
    const partsOf = (file: string) => {
      const bytes = readFileSync(file);
      const chunks = [...chunksOf(bytes)];
      const dataOf = (type: string) =>
        chunks.filter((chunk) => chunk.type === type).map(({ begin, length }) => bytes.subarray(begin, begin + length));
      return { count: dataOf("acTL")[0]!.readUInt32BE(0), first: dataOf("IDAT")[0]!, others: dataOf("fdAT") };
    };
    const [whole, alone] = [partsOf(all), partsOf(last)];
    expect([whole.count, whole.others.length, alone.count]).toEqual([3, 2, 1]);
    expect(whole.others[1]!.subarray(4).equals(alone.first)).toBe(true); // Behind the number of the chunk.
  });

  it("shows the middle plane of three axes, in the range and with the longest arrow of that plane", async () => {
    const shape = [3, 3, 3];
    // The other planes have values and arrows that are ten times as large.
    const values = numbered(shape).map((value) => (value % 3 === 1 ? value : 10 * value));
    const reader = await SnapshotReader.open(await written(shape, [values]));
    const options = { vectors: ["psi", "psi"] };
    const drawn = [];
    for (const slice of [[], [{ axis: "z", at: 1, isCell: true }]]) {
      const movie = fresh("png");
      const asked = { ...options, slice } as OptionsOf<"view">;
      await drawMovie(movie, await Scene.of(reader, asked), [0], asked);
      drawn.push(readFileSync(movie));
    }
    reader.close();
    expect(drawn[0]!.equals(drawn[1]!)).toBe(true);
  });

  it("draws each frame to an animated GIF, as fast as is asked for", async () => {
    const [path, movie] = [await written([2, 2], frames), fresh("gif")];
    const { code, transcript } = await view([path, "--movie", movie, "--rate", "4", "--json"]);
    expect(code, transcript).toBe(0);
    const bytes = readFileSync(movie);
    expect(bytes.toString("latin1", 0, 6)).toBe("GIF89a");
    // The head of each picture: how long it is shown, in hundredths of a second.
    const delays: number[] = [];
    const mark = Buffer.of(0x21, 0xf9, 4);
    for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 8)) {
      if (bytes[at + 7] === 0 && bytes[at + 8] === 0x2c) delays.push(bytes.readUInt16LE(at + 4));
    }
    expect(delays).toEqual([25, 25, 25]);
    expect(bytes.at(-1)).toBe(0x3b);
  });

  it("is refused by its name, and options of it without it", async () => {
    const path = await written([2, 2], frames);
    const refused: [string[], string][] = [
      [
        ["--movie", "a.svg"],
        'plot: "path" expected a name ending in .png or .gif, got "a.svg". Give the file the ending of its format.',
      ],
      [
        ["--plot", "a.png", "--movie", "./a.png"],
        '"--movie" expected another file than --plot, got ./a.png. Give each a name of its own.',
      ],
      [
        ["--movie", "a.gif", "--rate", "51"],
        '"--rate" expected at most 50 frames a second of a GIF, got 51. Draw a movie.png, or choose less.',
      ],
      [
        ["--rate", "4", "--terminal"],
        '"--rate" expected --movie or --html with it, got none. Add --movie or --html, or leave it out.',
      ],
      [
        ["--blocks", "--terminal"],
        '"--blocks" expected --plot, --movie or --html with it, got none. Add --plot, --movie or --html, or leave it out.',
      ],
    ];
    for (const [args, message] of refused) {
      const { code, stdout, stderr } = await view([path, ...args]);
      expect([code, stdout, stderr]).toEqual([2, "", `wasm-mpi view: ${message}\n`]);
    }
  });
});

describe("what lies over maps", () => {
  /** Writes u of x-faces and v of cells beside psi, of 4 x 3 cells. */
  async function flowing(): Promise<string> {
    const path = fresh("h5");
    const shape = [4, 3];
    const variables = { psi: {}, u: { at: "x-face" as const, units: "m s-1" }, v: { units: "m s-1" } };
    const layout = { shape, coordinates: shape.map(centres), bounds: shape.map((n) => [0, n] as const), variables };
    const writer = await SnapshotWriter.create(path, { ...layout, coordinateUnits: ["degrees_east", "degrees_north"] });
    const values = { psi: numbered(shape), u: numbered([5, 3]), v: numbered(shape, -6) };
    writer.write(0, values, { min: 0, max: 11, sum: 66, walltime: 0 });
    writer.close();
    return path;
  }

  it("are contours, arrows of which faces count half to both sides, and axes with their units", async () => {
    const path = await flowing();
    const panel = { title: "t = 0", values: numbered([4, 3]), shape: [4, 3] };
    await expectDrawn(
      [path, "--contours", "2,4.5", "--vectors", "u,v"],
      [{ ...panel, vectors: [numbered([4, 3], 1.5), numbered([4, 3], -6)] }],
      {
        axes: ["x", "y"],
        units: ["degrees_east", "degrees_north"],
        coordinates: [4, 3].map(centres),
        contours: [2, 4.5],
        arrows: "u, v [m s-1]",
      },
    );
  });

  it("are refused where they would be ignored, or are not there", async () => {
    const reader = await SnapshotReader.open(await flowing());
    const line = { slice: [{ axis: "y", at: 0, isCell: true }] };
    const refused: [Parameters<typeof Scene.of>[1], string][] = [
      [{ vectors: ["u"] }, '"--vectors" expected two variables, or flow, got u. For example --vectors u,v.'],
      [{ vectors: ["u", "w"] }, '"--vectors" expected flow, or two of psi, u, v, got "w". Choose two of them, u,v.'],
      [
        { vectors: ["flow"] },
        '"--vectors" expected a file of advect, of a case with a steady flow, got another file. Name two variables, u,v.',
      ],
      [
        { vectors: ["u", "v"], ...line },
        '"--vectors" expected a map of 2 axes, got a line along 1. Leave it out, or cut along fewer axes.',
      ],
      [
        { contours: 8, ...line },
        '"--contours" expected a map of 2 axes, got a line along 1. Leave it out, or cut along fewer axes.',
      ],
      [
        { vectors: ["v", "v"], variable: "u" },
        '"--vectors" expected a --variable of cells below them, got u at x-faces. Choose another one.',
      ],
      [
        { log: true, contours: [0, 1] },
        '"--contours" expected levels above 0, as --log is on, got 0,1. Leave out the others.',
      ],
    ];
    for (const [options, message] of refused) await expect(Scene.of(reader, options)).rejects.toThrow(message);
    reader.close();
  });
});

describe("wasm-mpi view --terminal", () => {
  it("draws the last frame below the list, in characters where standard output is no terminal", async () => {
    const path = await written([2, 2], [Float64Array.of(9, 9, 9, 9), Float64Array.of(0, 1, 2, 3)]);
    const env = { COLUMNS: "24", FORCE_COLOR: undefined };
    const { code, stdout, transcript } = await wasmMpi(["view", path, "--terminal"], { cwd: folder, env });
    expect(code, transcript).toBe(0);
    const lines = stdout.split("\n\n").at(-1)!.split("\n");
    expect([lines[0], lines[1], lines.at(-2)]).toEqual([
      "t = 1",
      `2.0 ${"-".repeat(9)}${"@".repeat(10)}`,
      "psi: 0   ..::--==++**##%%@@ 3.0",
    ]);
    const all = await wasmMpi(["view", path, "--terminal", "--frames", "all"], { cwd: folder, env });
    expect(all.stdout.match(/^t = [01]$/gm)).toEqual(["t = 0", "t = 1"]);
  });

  it("is refused beside a document", async () => {
    for (const command of [["view", "a.h5"], ["compare"]]) {
      const { code, stdout, stderr } = await wasmMpi([...command, "--terminal", "--json"], { cwd: folder });
      const message = '"--terminal" expected none, as --json prints one document, got both. Leave out one of them.';
      expect([code, stdout, stderr]).toEqual([2, "", `wasm-mpi ${command[0]}: ${message}\n`]);
    }
  });
});

describe("a wrong wasm-mpi view --plot", () => {
  const shape = [4, 3, 2];
  const todo = "Choose a file of the same run as FILE.";
  const refusals: [string, string][] = [
    [
      "--slice z",
      '"--slice" expected an axis and a coordinate along it, z=0.5, or a cell, z=cell:3, got "z". For example --slice z=0.5.',
    ],
    ["--slice w=1", '"--slice" expected an axis among x, y, z, got "w". Name one of them.'],
    [
      "--slice z=9",
      '"--slice" expected a coordinate of z from 0 to 2, got 9. Choose one of them, or a cell: z=cell:0.',
    ],
    ["--slice z=cell:2", '"--slice" expected a cell of z from 0 to 1, got 2. Choose one of them.'],
    ["--slice z=1 --slice z=0", '"--slice" expected each axis once, got z twice. Leave one of them out.'],
    [
      "--slice z=1 --slice y=1 --project max",
      '"--slice" expected an axis of x, y, z that is left, got none. Leave out one of --slice and --project.',
    ],
    [
      "--project sum",
      '"--project" expected max, min or mean, with an axis before it where it is not the last one, y=max, got "sum". For example --project max.',
    ],
    [
      "--map jet",
      '"--map" expected one of viridis, magma, plasma, grey, coolwarm, got "jet". For example --map viridis.',
    ],
    ["--range 1,0", '"--range" expected two numbers, the smaller first, got "1,0". For example --range 0,1.'],
    ["--range 0,1 --min 0", '"--min" expected none, as --range has both ends, got 0. Leave out one of them.'],
    ["--min 1 --max 0", '"--min" expected a number below --max 0, got 1. Give the smaller one as --min.'],
    ["--min 99", '"--min" expected a number below 23, the max of what is drawn, got 99. Give --max as well.'],
    ["--log --min 0", '"--min" expected numbers above 0, as --log is on, got 0. Leave out one of them.'],
  ];
  let refusing: string | undefined;
  it.each(refusals)("%s is told what to do, and nothing is written", async (args, message) => {
    refusing ??= await written(shape, [numbered(shape)]);
    const picture = fresh("svg");
    const { code, stdout, stderr } = await view([refusing, "--plot", picture, ...args.split(" ")]);
    expect([code, stdout, stderr]).toEqual([2, "", `wasm-mpi view: ${message}\n`]);
    expect(existsSync(picture)).toBe(false);
  });

  it("file is told by its name", async () => {
    const path = await written(shape, [numbered(shape), numbered(shape)]);
    const flat = await written([2, 2], [numbered([2, 2])]);
    const far = await written(shape, [numbered(shape)], {}, 2);
    const refused: [string[], string][] = [
      [
        ["--minus", flat],
        `file "${flat}": expected "psi" of 4 x 3 x 2 cells for --minus, got "psi" of 2 x 2 cells. ${todo}`,
      ],
      [
        ["--minus", far],
        `file "${far}": expected x = 0.5 in cell 0 for --minus, as ${path}, got x = 1 in cell 0. ${todo}`,
      ],
      [["--blocks"], 'file "FILE": expected an attribute "decomposition" for --blocks, got null. Leave out --blocks.'],
    ];
    for (const [args, message] of refused) {
      const { code, stdout, stderr } = await view([path, "--plot", fresh("svg"), ...args]);
      expect([code, stdout, stderr]).toEqual([1, "", `wasm-mpi view: ${message.replace("FILE", path)}\n`]);
    }
  });
});
