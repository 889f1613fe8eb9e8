/** The comparison of two snapshot files. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compareFrames } from "../../src/io/difference.js";
import { SnapshotWriter } from "../../src/io/writer.js";
import { temporaryFolder } from "../harness/command.js";
import { compareFiles } from "../harness/difference.js";
import { wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
let count = 0;
const freshPath = () => join(folder, `${count++}.h5`);

describe("compareFiles", () => {
  interface Frames {
    readonly times?: readonly number[];
    readonly shape?: readonly number[];
    readonly names?: readonly string[];
    /** Of the last variable, and of the time. */
    readonly units?: string;
    readonly timeUnits?: string;
    readonly coordinateUnits?: string | readonly string[];
    /** The ends of each axis, and the centres of the cells along the first one. */
    readonly bounds?: readonly (readonly [number, number])[];
    readonly cells?: readonly number[];
    /** Values of cell 1 of frame 1 of the last variable; all others are 1. */
    readonly value?: Float64Array;
  }

  async function written({
    times = [0, 0.5],
    shape = [3, 2],
    names = ["psi"],
    value,
    ...said
  }: Frames = {}): Promise<string> {
    const path = freshPath();
    const { units, cells: centres, ...place } = said;
    const last = units === undefined ? {} : { units };
    const variables = Object.fromEntries(names.map((name) => [name, name === names.at(-1) ? last : {}]));
    const coordinates = shape.map((n, axis) => {
      return Float64Array.from({ length: n }, (_, index) => (axis === 0 ? (centres?.[index] ?? index) : index));
    });
    const writer = await SnapshotWriter.create(path, { shape, coordinates, variables, ...place });
    const cells = shape.reduce((product, n) => product * n, 1);
    for (const [frame, time] of times.entries()) {
      const values = Object.fromEntries(names.map((name) => [name, new Float64Array(cells).fill(1)]));
      if (value && frame === 1) values[names.at(-1)!]!.set(value, 1);
      writer.write(time, values, { min: 0, max: 0, sum: 0, walltime: 0 });
    }
    writer.close();
    return path;
  }

  /** A double by its bits. */
  const double = (bits: bigint) => new Float64Array(BigUint64Array.of(bits).buffer);
  const [one, nextToOne] = [double(0x3ff0000000000000n), double(0x3ff0000000000001n)];
  const [nan, otherNan] = [double(0x7ff8000000000000n), double(0x7ff8000000000001n)];
  const infinity = Number.POSITIVE_INFINITY;

  it.each([
    { what: "the same bits", a: one, b: one, cells: 0, greatest: 0 },
    { what: "a flipped last bit", a: one, b: nextToOne, cells: 1, greatest: Number.EPSILON },
    { what: "0 and -0", a: Float64Array.of(0), b: Float64Array.of(-0), cells: 1, greatest: 0 },
    { what: "5e-324 and 0", a: Float64Array.of(5e-324), b: Float64Array.of(0), cells: 1, greatest: 5e-324 },
    { what: "NaN and the same NaN", a: nan, b: nan, cells: 0, greatest: 0 },
    { what: "NaN and a number", a: nan, b: one, cells: 1, greatest: infinity },
    { what: "a number and NaN", a: one, b: nan, cells: 1, greatest: infinity },
    { what: "two sorts of NaN", a: nan, b: otherNan, cells: 1, greatest: infinity },
    { what: "infinity and itself", a: Float64Array.of(infinity), b: Float64Array.of(infinity), cells: 0, greatest: 0 },
    {
      what: "infinities of both signs",
      a: Float64Array.of(infinity),
      b: Float64Array.of(-infinity),
      cells: 1,
      greatest: infinity,
    },
    { what: "several cells", a: Float64Array.of(1, 3, 4), b: Float64Array.of(2, 3, 1), cells: 2, greatest: 3 },
  ])("finds of $what: $cells differing, at most by $greatest", async ({ a, b, cells, greatest }) => {
    const names = ["psi", "rho"]; // The difference is in the second frame of the second one.
    const difference = await compareFiles(await written({ names, value: a }), await written({ names, value: b }));
    expect(difference).toEqual({ frames: 2, differingCells: cells, maxDifference: greatest });
  });

  it("finds no difference of a file to itself", async () => {
    const path = await written({ value: nan });
    expect(await compareFiles(path, path)).toEqual({ frames: 2, differingCells: 0, maxDifference: 0 });
  });

  it.each([
    { changes: { shape: [2, 3] }, expected: "shape [3, 2]", got: "shape [2, 3]" },
    { changes: { shape: [6] }, expected: "shape [3, 2]", got: "shape [6]" },
    { changes: { names: ["phi"] }, expected: "variables psi", got: "variables phi" },
    { changes: { names: ["psi", "rho"] }, expected: "variables psi", got: "variables psi, rho" },
    { changes: { times: [0] }, expected: "2 frames", got: "1 frame" },
    { changes: { times: [0, 0.5, 1] }, expected: "2 frames", got: "3 frames" },
    { changes: { times: [0, 0.25] }, expected: "time 0.5 in frame 1", got: "time 0.25 in frame 1" },
  ])("refuses files of different runs: $expected and $got", async ({ changes, expected, got }) => {
    const [first, second] = [await written(), await written(changes)];
    await expect(compareFiles(first, second)).rejects.toMatchObject({
      name: "FileError",
      path: second,
      message: `file "${second}": expected ${expected} as in "${first}", got ${got}. Compare files of the same run.`,
    });
  });

  it("compares frames of one time of runs that were stopped on the way, and names those without a partner", async () => {
    const [first, second] = [await written({ times: [0, 1, 2] }), await written({ times: [0, 0.7, 1, 2, 3] })];
    const { differences, alone, ends } = await compareFrames(first, second);
    expect(differences.map(({ frame, time, differingCells }) => [frame, time, differingCells])).toEqual([
      [0, 0, 0],
      [1, 1, 0],
      [2, 2, 0],
    ]);
    expect(alone).toEqual([
      { file: second, frame: 1, time: 0.7 },
      { file: second, frame: 4, time: 3 },
    ]);
    expect(ends).toEqual([2, 3]);
  });

  it.each([
    { changes: { times: [0.5, 2] }, expected: "time 0 in frame 0", got: "time 0.5 in frame 0" },
    { changes: { times: [0.5] }, expected: "time 0 in frame 0", got: "time 0.5 in frame 0" },
    { changes: { times: [] }, expected: "time 0 in frame 0", got: "0 frames" },
    {
      changes: {
        bounds: [
          [0, 3],
          [0, 4],
        ] as const,
      },
      expected: "y from 0 to 2",
      got: "y from 0 to 4",
    },
    { changes: { cells: [0, 1, 2.5] }, expected: "x = 2 in cell 2", got: "x = 2.5 in cell 2" },
    { changes: { coordinateUnits: ["m", "km"] }, expected: "y in m", got: "y in km" },
    { changes: { timeUnits: "h" }, expected: "times in s", got: "times in h" },
    { changes: { units: "km" }, expected: '"psi" in m', got: '"psi" in km' },
  ])(
    "refuses $got, where $expected was expected, in frames of runs that were stopped",
    async ({ changes, ...texts }) => {
      const bounds: Frames["bounds"] = [
        [0, 3],
        [0, 2],
      ];
      const usual = { times: [0, 1], units: "m", timeUnits: "s", coordinateUnits: "m", bounds };
      const [first, second] = [await written(usual), await written({ ...usual, ...changes })];
      await expect(compareFrames(first, second)).rejects.toThrow(
        `file "${second}": expected ${texts.expected} as in "${first}", got ${texts.got}. Compare files of the same run.`,
      );
    },
  );

  it("takes units and ends that one file does not say for those of the other, and places that rounding has moved", async () => {
    const place = {
      bounds: [[0, 3 + 1e-12] as [number, number], [0, 2] as [number, number]],
      cells: [0, 1 + 1e-12, 2],
    };
    const [first, second] = [await written({ units: "m", timeUnits: "s", ...place }), await written({ units: "1" })];
    expect((await compareFrames(first, second)).differences).toHaveLength(2);
  });

  it("takes places that rounding has moved on an axis of one cell, too", async () => {
    const endsTo = (end: number) => ({ shape: [1, 2], bounds: [[-1, end] as const, [0, 2] as const] });
    const [first, second] = [await written(endsTo(1)), await written({ ...endsTo(1 + 1e-12), cells: [1e-12] })];
    expect((await compareFrames(first, second)).differences).toHaveLength(2);
    const third = await written(endsTo(1.5));
    await expect(compareFrames(first, third)).rejects.toThrow("expected x from -1 to 1 as in");
  });

  it("refuses files without frames, which differ in none", async () => {
    const [first, second] = [await written({ times: [] }), await written({ times: [] })];
    await expect(compareFrames(first, second)).rejects.toThrow(
      `file "${first}": expected a file with frames to compare, got none. Compare files of runs that went on.`,
    );
  });

  it("refuses what is no snapshot file", async () => {
    const [path, nowhere] = [await written(), join(folder, "nowhere.h5")];
    const message = `file "${nowhere}": expected an existing file, got nothing. Check the path.`;
    await expect(compareFiles(path, nowhere)).rejects.toMatchObject({ name: "FileError", message });
    await expect(compareFiles(nowhere, path)).rejects.toMatchObject({ name: "FileError", message });
  });

  describe("of the command line", () => {
    const compare = (...args: string[]) => wasmMpi(["compare", ...args], { cwd: folder });

    it("tells each variable in each frame, and leaves with 0 or 1", async () => {
      const names = ["psi", "rho"];
      const [a, b] = [await written({ names }), await written({ names, value: Float64Array.of(3, 1.5) })];
      const same = await compare(a, a);
      expect([same.code, same.stdout]).toEqual([
        0,
        [
          `${a} and ${a} have identical bits in all variables of all 2 frames.`,
          "",
          "variable  frame  time  max |difference|  differing cells",
          "     psi      0     0                 0                0  identical",
          "     rho      0     0                 0                0  identical",
          "     psi      1   0.5                 0                0  identical",
          "     rho      1   0.5                 0                0  identical",
          "",
        ].join("\n"),
      ]);
      const other = await compare(a, b);
      expect(other.code).toBe(1);
      expect(other.stdout).toMatch(/ has OTHER BITS than .* in 1 frame of 2\.\n/);
      expect(other.stdout).toMatch(/\n {5}rho {6}1 {3}0\.5 {17}2 {16}2 {2}DIFFERENT\n$/);
      const json = await compare(a, b, "--json");
      expect(json.code).toBe(1);
      const document = JSON.parse(json.stdout) as { identical: boolean; files: string[]; differences: object[] };
      expect(document).toMatchObject({ identical: false, files: [a, b] });
      expect(document.differences).toHaveLength(4);
      expect(document.differences[3]).toEqual({
        ...{ variable: "rho", frame: 1, time: 0.5 },
        ...{ differingCells: 2, maxDifference: 2 },
      });
    });

    it("leaves with 0 for a frame between others that one file has alone, with 1 where one ends before", async () => {
      const [a, b, c] = await Promise.all([[0, 1], [0, 0.5, 1], [0]].map((times) => written({ times })));
      const between = await compare(a!, b!);
      expect([between.code, between.stdout]).toEqual([
        0,
        [
          `${a} and ${b} have identical bits in the 2 frames that both have.`,
          "",
          "variable  frame  time  max |difference|  differing cells",
          "     psi      0     0                 0                0  identical",
          "     psi      1     1                 0                0  identical",
          "",
          `frame 1 (time 0.5) of ${b} has no partner in ${a}`,
          "",
        ].join("\n"),
      ]);
      const early = await compare(a!, c!);
      expect([early.code, early.stdout.split("\n")[0]]).toEqual([
        1,
        `${a} and ${c} have identical bits in the 1 frame that both have, but ${c} ends at time 0, ${a} at 1.`,
      ]);
    });

    it("tells of many frames the first and the last, or those that differ", async () => {
      const times = Array.from({ length: 40 }, (_, frame) => frame);
      const [a, b] = [await written({ times }), await written({ times, value: Float64Array.of(5) })];
      const rows = async (second: string) => (await compare(a, second)).stdout.trimEnd().split("\n").slice(3);
      expect(await rows(a)).toHaveLength(11);
      expect((await rows(a))[5]!.trim()).toBe("...");
      expect(await rows(b)).toEqual(["     psi      1     1                 4                1  DIFFERENT"]);
    });

    it("says what is wrong in a line", async () => {
      const path = await written();
      const rows: [string[], number, string][] = [
        [
          [path],
          2,
          `"case" expected a case, or two files to compare, got the file "${path}" alone. Name another file.`,
        ],
        [
          [path, path, "--steps", "3"],
          2,
          '"--steps" expected none with two files, of which no run is made, got one. Leave it out, or name a case.',
        ],
        [[path, "no.h5"], 1, 'file "no.h5": expected an existing file, got nothing. Check the path.'],
        [["gaussian", path], 1, 'file "gaussian": expected an existing file, got nothing. Check the path.'],
      ];
      for (const [args, code, text] of rows) {
        const result = await compare(...args);
        expect([result.code, result.stderr]).toEqual([code, `wasm-mpi compare: ${text}\n`]);
      }
    });
  });
});
