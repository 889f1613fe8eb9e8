/**
 * Every bit of recorded runs: `test/reference/digests.json` holds what runs gave when the list was made, and the tests
 * ask for the same digest, minimum, maximum and sum. Entries with `arguments` are commands, entries with `name` are the
 * option sets of the table below, for what has no flag. The commands run what is in `dist/`: build first.
 *
 * To record the list anew, after a change of bits that is meant:
 *
 *     npm run build
 *     WASM_MPI_RECORD_DIGESTS=1 npx vitest run test/advection/digests.test.ts
 *
 * Commands are taken from the list itself: to add one, add `{ "arguments": "advect ..." }` to it and record. Option sets
 * are taken from the table. What a filter of vitest leaves out keeps its figures.
 *
 * The functions of the table are sums and products only, and so give the same bits everywhere; the named cases of the
 * command line also call Math.exp, Math.sin and Math.cos, whose last bit is a matter of the JavaScript engine.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import type { Field, Float } from "../../src/grid/field.js";
import { type FieldValue, Grid, type GridOptions, Mpdata, mpi } from "../../src/index.js";
import { libraries } from "../harness/launch.js";
import { type Result, runNode } from "../harness/process.js";
import type { Settings } from "../harness/run.js";

const records = process.env.WASM_MPI_RECORD_DIGESTS === "1";
const full = process.env.WASM_MPI_TEST_FULL === "1" || records;
const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const listUrl = new URL("../reference/digests.json", import.meta.url);

/** What is compared of a field. */
interface Figures {
  readonly digest: string;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}

/** A run of the list: figures of its first field, and of the further ones by name where it has several. */
interface Entry extends Figures {
  readonly arguments?: string;
  readonly name?: string;
  readonly further?: Readonly<Record<string, Figures>>;
}

const list = JSON.parse(readFileSync(listUrl, "utf8")) as readonly Entry[];
const commands = list.flatMap(({ arguments: words }) => (words === undefined ? [] : [words]));
/** The entries by their arguments or name; those of this run where it records. */
const entries = new Map<string, Entry>(list.map((entry) => [entry.arguments ?? entry.name ?? "", entry]));

/** The entry of a run, from the figures of its fields. */
function entryOf(key: Pick<Entry, "arguments" | "name">, fields: Readonly<Record<string, Figures>>): Entry {
  const [first, ...rest] = Object.entries(fields).map(([name, { digest, min, max, sum }]) => {
    return [name, { digest, min, max, sum }] as const;
  });
  const entry = { ...key, ...first![1], ...(rest.length > 0 ? { further: Object.fromEntries(rest) } : {}) };
  // As the list has it: there -0 is 0, and what is not finite is null.
  return JSON.parse(JSON.stringify(entry)) as Entry;
}

/** Compares a run with the list, or puts it there. */
function check(key: string, entry: Entry, transcript = key): void {
  expect(JSON.stringify(entry), "finite figures").not.toContain("null");
  if (records) entries.set(key, entry);
  else expect(entry, transcript).toEqual(entries.get(key));
}

/** The entry of a command that succeeded. */
function entryOfCommand(words: string, result: Result): Entry {
  expect(result.code, result.transcript).toBe(0);
  const { fields } = JSON.parse(result.stdout) as { fields: Record<string, Figures> };
  return entryOf({ arguments: words }, fields);
}

const runCommand = (words: string, flags: readonly string[] = [], env: Record<string, string> = {}) =>
  runNode([cli, ...words.split(" "), "--json", ...flags], { env });

/** A run of the library on a grid, with the fields as they are at first. */
interface OptionSet {
  readonly name: string;
  readonly grid: GridOptions;
  readonly psi: readonly FieldValue[];
  readonly dtype?: "f64" | "f32" | "i32";
  /** Left out where a field is only hashed. */
  readonly options?: Settings<Float>;
  readonly steps?: number;
  /** The time to go to instead of a number of steps. */
  readonly until?: number;
}

const unit = (...shape: number[]): GridOptions => ({ shape, bounds: shape.map(() => [0, 1] as const) });
const wrapped = (periodic: boolean | readonly boolean[], ...shape: number[]): GridOptions => ({
  ...unit(...shape),
  periodic,
});

// Fields and flows on the unit box; they do without the coordinates of missing axes, which are 0.
const square = (value: number) => value * value;
const smooth = (x: number, y: number, z: number) =>
  0.4 + x * (1 - x) * (3 + y) + y * (1 - y) * (2 - x) + 0.5 * z * (1 - z) * (1 + x);
const sharp = (x: number, y: number, z: number) => {
  return square(x - 0.35) + square(y - 0.3) + square(z - 0.45) < 0.3 ? 2.5 + x * y - z : 0.25;
};
const signed = (x: number, y: number, z: number) => smooth(x, y, z) - 1.1;
const factor = (x: number, y: number, z: number) => 1 + 0.3 * x * (1 - x) - 0.2 * y * (0.5 - y) + 0.1 * z;

/** A flow along x, y and z that changes its sign and diverges. */
const flow = [
  (x: number, y: number, z: number) => 0.3 * (0.9 - 1.4 * y) + 0.1 * x - 0.05 * z,
  (x: number, y: number, z: number) => 0.25 * (1.3 * x - 0.6) - 0.08 * y + 0.04 * z,
  (x: number, y: number, z: number) => 0.15 * (x - y) + 0.06 * z,
] as const;
const [alongX, alongY, alongZ] = flow;
/** The same, vanishing on both walls of its axis. */
const [closedX, closedY, closedZ] = [
  (x: number, y: number, z: number) => 4 * x * (1 - x) * alongX(x, y, z),
  (x: number, y: number, z: number) => 4 * y * (1 - y) * alongY(x, y, z),
  (x: number, y: number, z: number) => 4 * z * (1 - z) * alongZ(x, y, z),
] as const;

/** A flow along z that vanishes on the upper wall alone. */
const highClosedZ = (x: number, y: number, z: number) => (1 - z) * (0.1 + alongX(x, y, z));

/** Values of a function at evenly spaced places of an array, as a block of cells or faces takes them. */
const arrayOf = (length: number, value: (s: number) => number) =>
  Float64Array.from({ length }, (_, index) => value(index / length));

/** Sets the interior of the rates from the fields, cell by cell. */
function setRates(
  fields: readonly Field<Float>[],
  out: readonly Field<Float>[],
  rates: (...values: number[]) => readonly number[],
): void {
  const values = fields.map((field) => [...field.interior()]);
  const results = values[0]!.map((_, cell) => rates(...values.map((array) => array[cell]!)));
  for (const [index, field] of out.entries()) field.set(results.map((cell) => cell[index]!));
}

const optionSets: readonly OptionSet[] = [
  {
    name: "constant walls, inflow, a flow with divergence",
    grid: unit(31, 29),
    psi: [smooth],
    steps: 15,
    options: {
      courant: [alongX, alongY],
      boundary: { "x-": { constant: 1.5 }, "x+": { constant: 0.25 }, y: { constant: 0.75 } },
      divergentFlow: true,
      nonoscillatory: true,
      iterations: 3,
    },
  },
  {
    name: "extrapolated walls, f32",
    grid: unit(29, 31),
    psi: [smooth],
    dtype: "f32",
    steps: 15,
    options: { courant: [alongX, alongY], boundary: { x: "extrapolated", y: { extrapolated: 0.05 } } },
  },
  {
    name: "rigid walls in 3D, third order",
    grid: unit(13, 11, 17),
    psi: [sharp],
    steps: 10,
    options: {
      courant: [closedX, closedY, closedZ],
      boundary: { x: "rigid", y: "rigid", z: "rigid" },
      thirdOrderTerms: true,
      nonoscillatory: true,
    },
  },
  {
    name: "rigid walls of psi with a flow through them",
    grid: unit(19, 23),
    psi: [smooth],
    steps: 12,
    options: {
      courant: [alongX, alongY],
      boundary: { x: "rigid", y: "rigid" },
      courantBoundary: { x: "open", y: "constant" },
      thirdOrderTerms: true,
      nonoscillatory: true,
      iterations: 3,
    },
  },
  {
    name: "a condition of each kind per side, 3D",
    grid: unit(13, 14, 11),
    psi: [smooth],
    steps: 10,
    options: {
      courant: [alongX, closedY, alongZ],
      boundary: {
        "x-": { constant: 1.25 },
        "x+": "extrapolated",
        "y-": "rigid",
        "y+": "open",
        "z-": { extrapolated: 0.2 },
        "z+": "open",
      },
      thirdOrderTerms: true,
      divergentFlow: true,
      iterations: 3,
    },
  },
  {
    name: "a pole on both ends, with a G factor",
    grid: wrapped([true, false], 26, 13),
    psi: [sharp],
    steps: 15,
    options: {
      courant: [alongX, alongY],
      boundary: { y: "polar" },
      g: factor,
      nonoscillatory: true,
      thirdOrderTerms: true,
      divergentFlow: true,
    },
  },
  {
    name: "a pole with its longitude named, a wall on its far end, 3D, f32",
    grid: wrapped([true, true, false], 11, 14, 13),
    psi: [smooth],
    dtype: "f32",
    steps: 10,
    options: {
      courant: [alongX, alongY, highClosedZ],
      boundary: { "z-": { polar: "y" }, "z+": "rigid", x: "periodic" },
      g: factor,
      iterations: 3,
    },
  },
  {
    name: "poles of G and of the flow where psi has none",
    grid: wrapped([false, true], 13, 22),
    psi: [smooth],
    steps: 12,
    options: {
      courant: [alongX, alongY],
      boundary: { "x-": { constant: 0.5 }, "x+": "open" },
      gBoundary: { "x-": "polar", "x+": { polar: "y" } },
      courantBoundary: { "x-": "constant", "x+": "polar" },
      g: factor,
      divergentFlow: true,
      thirdOrderTerms: true,
      iterations: 3,
    },
  },
  {
    // Where the flow has a pole as well, nothing crosses it, and the limiter and G beyond it do not matter.
    name: "poles with a flow through them",
    grid: wrapped([true, false], 22, 13),
    psi: [sharp],
    steps: 12,
    options: {
      courant: [alongX, alongY],
      boundary: { y: "polar" },
      courantBoundary: { "y-": "constant", "y+": "open" },
      g: factor,
      nonoscillatory: true,
      divergentFlow: true,
      thirdOrderTerms: true,
      iterations: 3,
    },
  },
  {
    name: "walls of the G factor: open, rigid, constant, per side",
    grid: unit(23, 19),
    psi: [sharp],
    steps: 12,
    options: {
      courant: [alongX, alongY],
      g: factor,
      gBoundary: { "x-": "open", "x+": "rigid", "y-": { constant: 1.2 }, "y+": { constant: 0.8 } },
      thirdOrderTerms: true,
      divergentFlow: true,
      nonoscillatory: true,
      iterations: 3,
    },
  },
  {
    name: "walls of the flow: open, constant, rigid, per side",
    grid: unit(19, 23),
    psi: [smooth],
    steps: 12,
    options: {
      courant: [alongX, closedY],
      boundary: { x: "extrapolated", y: { constant: 1 } },
      courantBoundary: { "x-": "open", "x+": "constant", "y-": "rigid", "y+": "constant" },
      divergentFlow: true,
      nonoscillatory: true,
    },
  },
  {
    name: "walls in 1D, psi of both signs beyond one",
    grid: unit(67),
    psi: [signed],
    steps: 20,
    options: {
      courant: [alongX],
      boundary: { "x-": { constant: -0.5 }, "x+": "open" },
      variableSign: true,
      thirdOrderTerms: true,
      iterations: 4,
    },
  },
  {
    name: "diffusion, psi of both signs",
    grid: wrapped([true, false], 31, 29),
    psi: [signed],
    steps: 15,
    options: { courant: [alongX, alongY], mu: [1e-4, 6e-5], dt: 1, variableSign: true, nonoscillatory: true },
  },
  {
    name: "diffusion of an f32 field between rigid walls, without advection",
    grid: unit(71),
    psi: [sharp],
    dtype: "f32",
    steps: 20,
    options: { courant: [0], mu: [3e-5], dt: 1, boundary: { x: "rigid" }, iterations: 1 },
  },
  {
    name: "diffusion along some axes in 3D, with a G factor",
    grid: unit(11, 13, 17),
    psi: [sharp],
    steps: 8,
    options: {
      courant: [alongX, alongY, alongZ],
      mu: [4e-4, 0, 2e-4],
      dt: 1,
      g: factor,
      boundary: { "x-": { constant: 1 }, z: "open" },
      iterations: 3,
    },
  },
  {
    name: "dpdc on a periodic axis",
    grid: wrapped(true, 101),
    psi: [sharp],
    steps: 40,
    options: { courant: [0.35], dpdc: true, nonoscillatory: true },
  },
  {
    name: "dpdc with walls and third-order terms, f32",
    grid: unit(97),
    psi: [sharp],
    dtype: "f32",
    steps: 30,
    options: {
      courant: [alongX],
      dpdc: true,
      nonoscillatory: true,
      thirdOrderTerms: true,
      iterations: 3,
      boundary: { "x-": { constant: 2 } },
    },
  },
  {
    name: "dimensionally split in 2D",
    grid: unit(31, 37),
    psi: [sharp],
    steps: 15,
    options: { courant: [alongX, alongY], dimensionallySplit: true },
  },
  {
    name: "dimensionally split in 3D, third order, f32",
    grid: wrapped(true, 13, 11, 17),
    psi: [sharp],
    dtype: "f32",
    steps: 10,
    options: {
      courant: [0.2, -0.3, 0.1],
      dimensionallySplit: true,
      thirdOrderTerms: true,
      infiniteGauge: true,
      nonoscillatory: true,
    },
  },
  {
    name: "several fields with one flow and a G factor",
    grid: wrapped([false, true], 29, 31),
    psi: [smooth, sharp, factor],
    steps: 12,
    options: { courant: [alongX, alongY], g: factor, nonoscillatory: true, iterations: 3, boundary: { x: "open" } },
  },
  {
    name: "sources of two fields, Euler",
    grid: wrapped(true, 53),
    psi: [sharp, smooth],
    steps: 20,
    options: {
      courant: [0.4],
      dt: 0.1,
      infiniteGauge: true,
      source: {
        scheme: "euler",
        rhs: (fields, out, time) => setRates(fields, out, (a, b) => [0.3 * b + 0.1 * time, -0.2 * a]),
      },
    },
  },
  {
    name: "sources of two fields, trapezoidal and implicit",
    grid: unit(23, 19),
    psi: [sharp, signed],
    steps: 12,
    options: {
      courant: [alongX, alongY],
      dt: 0.1,
      variableSign: true,
      nonoscillatory: true,
      source: {
        scheme: "trapezoidal",
        rhs: (fields, out) => setRates(fields, out, (a, b) => [0.5 * b, -0.5 * a]),
        implicit: (fields, out, _time, step) => {
          const c = 0.5 * step;
          setRates(fields, out, (a, b) => [(0.5 * (b - c * a)) / (1 + c * c), (-0.5 * (a + c * b)) / (1 + c * c)]);
        },
      },
    },
  },
  {
    name: "a source that is trapezoidal and explicit, f32",
    grid: unit(23, 19),
    psi: [smooth],
    dtype: "f32",
    steps: 12,
    options: {
      courant: [alongX, alongY],
      dt: 0.1,
      source: { scheme: "trapezoidal", rhs: (fields, out, time) => setRates(fields, out, (a) => [(time - 0.4) * a]) },
    },
  },
  {
    name: "a Courant field that changes in time",
    grid: unit(31, 29),
    psi: [sharp],
    steps: 15,
    options: {
      courant: [(x, y, z, time) => (1 - 0.1 * time) * alongX(x, y, z), alongY],
      thirdOrderTerms: true,
      divergentFlow: true,
    },
  },
  {
    name: "a velocity that changes in time, weighted by G, up to a time",
    grid: {
      shape: [29, 23],
      bounds: [
        [-1, 3],
        [2, 5],
      ],
      halo: 3,
    },
    psi: [(x, y) => smooth(0.25 * (x + 1), y / 3 - 0.6, 0)],
    until: 0.55,
    options: {
      velocity: [(x, y, _z, time) => (1 + 2 * time) * (0.6 - 0.2 * y + 0.1 * x), -0.7],
      dt: 0.1,
      g: (x, y) => 1 + 0.05 * x * y,
      maxCourant: 0.95,
      nonoscillatory: true,
    },
  },
  {
    name: "a stream function that changes in time, walls rigid, two fields of f32",
    grid: unit(29, 31),
    psi: [sharp, smooth],
    dtype: "f32",
    steps: 15,
    options: {
      stream: (x, y, _z, time) => (1 - 0.05 * time) * 0.9 * x * (1 - x) * y * (1 - y),
      dt: 0.1,
      boundary: { x: "rigid", y: "rigid" },
      infiniteGauge: true,
      nonoscillatory: true,
    },
  },
  {
    name: "arrays as psi, G and flow",
    grid: wrapped([true, false], 11, 7),
    psi: [arrayOf(77, (s) => 0.5 + 3 * s * (1 - s))],
    steps: 12,
    options: {
      courant: [arrayOf(12 * 7, (s) => 0.3 - 0.4 * s), arrayOf(11 * 8, (s) => 0.3 * s - 0.1)],
      g: arrayOf(77, (s) => 1 + 0.2 * s),
      iterations: 3,
      epsilon: 1e-12,
    },
  },
  {
    name: "a velocity in cells set before each step, extrapolated; psi changed after it",
    grid: unit(23, 19),
    psi: [smooth],
    steps: 12,
    options: {
      velocity: [0, 0],
      dt: 0.02,
      divergentFlow: true,
      // The mean of the cells is not 0 on the rigid walls; there the condition stops it.
      boundary: { "x-": "rigid", "y+": "rigid" },
      before: (solver) => {
        const velocity = [
          solver.grid.field((x, y, z) => (1 + solver.time) * alongX(x, y, z)),
          solver.grid.field((x, y, z) => (2 - solver.time) * alongY(x, y, z)),
        ];
        solver.setVelocity(velocity, { extrapolate: true });
        for (const field of velocity) field.free();
      },
      after: (solver) => {
        const [psi] = solver.fields;
        psi!.set(Float64Array.from(psi!.interior(), (value) => 0.99 * value + 0.01));
      },
    },
  },
  {
    name: "a Courant field set before each step, 3D",
    grid: wrapped(true, 11, 13, 7),
    psi: [sharp],
    steps: 8,
    options: {
      courant: [0.1, 0.1, 0.1],
      before: (solver) => solver.setCourant([0.3 - 0.02 * solver.steps, -0.2, 0.02 * solver.steps]),
      nonoscillatory: true,
    },
  },
  {
    name: "a field of i32, hashed",
    grid: unit(7, 11, 5),
    psi: [(x, y, z) => Math.floor(1e6 * (x - y * z)) * 2011],
    dtype: "i32",
  },
];

/** Runs an option set on one rank in this process. */
function runOptionSet({ name, grid: shape, psi, dtype = "f64", options, steps = 0, until }: OptionSet): Entry {
  const grid = new Grid(mpi.init({ library: "solo" }), shape);
  const fields = psi.map((value) => grid.field(value, { dtype }));
  const solver = options && new Mpdata({ psi: fields as Field<Float>[], ...options });
  if (until === undefined) solver?.advance(steps);
  else solver?.advanceTo(until);
  const figures = fields.map((field, index) => {
    return [`psi${index}`, { digest: field.digest(), min: field.min(), max: field.max(), sum: field.sum() }] as const;
  });
  solver?.free();
  for (const field of fields) field.free();
  grid.free();
  return entryOf({ name }, Object.fromEntries(figures));
}

describe("the list of digests", () => {
  it("has the figures of every command and option set, each once", () => {
    const names = list.flatMap(({ name }) => (name === undefined ? [] : [name]));
    expect(entries.size).toBe(list.length);
    expect(new Set(optionSets.map(({ name }) => name)).size).toBe(optionSets.length);
    if (!records) expect(names).toEqual(optionSets.map(({ name }) => name));
  });
});

describe("the bits of one rank are those of the list", () => {
  it.runIf(full).each(commands)("%s", async (words) => {
    const result = await runCommand(words);
    check(words, entryOfCommand(words, result), result.transcript);
  });

  it.runIf(full).each(optionSets.map((set) => [set.name, set] as const))("%s", (name, set) => {
    check(name, runOptionSet(set));
  });
});

/** Takes turns through cases, numbers of axes and types. */
const some = commands.filter((_, index) => index % 8 === 0);
for (const { title, launcher } of libraries) {
  if (!launcher) continue;
  describe.each([2, 3])(`the bits of %i ranks of ${title} are those of the list`, (ranks) => {
    it.runIf(full).each(some)("%s", async (words) => {
      const result = await runCommand(words, ["--ranks", `${ranks}`], { WASM_MPI_LAUNCHER: launcher.path });
      expect(entryOfCommand(words, result), result.transcript).toEqual(entries.get(words));
    });
  });
}

afterAll(() => {
  if (!records) return;
  const ordered = [...commands, ...optionSets.map(({ name }) => name)].flatMap((key) => entries.get(key) ?? []);
  writeFileSync(listUrl, `[\n${ordered.map((entry) => JSON.stringify(entry)).join(",\n")}\n]\n`);
});
