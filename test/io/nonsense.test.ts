/** Calls of grids, fields, halos and files with what they do not take. */
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { Mpdata } from "../../src/advection/mpdata.js";
import { UsageError, WasmMpiError } from "../../src/errors.js";
import { Grid } from "../../src/grid/grid.js";
import { Output } from "../../src/io/output.js";
import { temporaryFolder } from "../harness/command.js";
import { isFull } from "../harness/effort.js";
import { solo } from "../harness/run.js";

const folder = temporaryFolder();
let count = 0;
const freshPath = () => join(folder, `${count++}.h5`);

// biome-ignore lint/suspicious/noExplicitAny: what programs without types pass
type Anything = any;

let grid: Grid;
let path: string;
const field = () => grid.field(1);
beforeAll(async () => {
  grid = new Grid(solo(), { shape: [3, 4] });
  path = freshPath();
  const output = await Output.create(grid, path, { variables: { psi: {} } });
  output.write(0, { psi: field() });
  await output.close();
});

/** Uses the output and closes it. */
async function using(use: (output: Output) => unknown): Promise<unknown> {
  const output = await Output.append(grid, path);
  try {
    return await use(output);
  } finally {
    await output.close();
  }
}

async function reading(use: (file: Awaited<ReturnType<typeof Output.open>>) => unknown): Promise<unknown> {
  const file = await Output.open(path);
  try {
    return use(file);
  } finally {
    file.close();
  }
}

const create = (options: unknown) => Output.create(grid, freshPath(), options as Anything);

type Call = (a: Anything, b: Anything, c: Anything) => unknown;

/** Calls that touch no disk. */
const calls: Record<string, Call> = {
  Grid: (a, b) => new Grid(a, b),
  "Grid options": (a) => new Grid(solo(), a),
  ...Object.fromEntries(
    ["shape", "bounds", "periodic", "halo", "split"].map((key): [string, Call] => [
      `Grid ${key}`,
      (a) => new Grid(solo(), { shape: [3, 4], [key]: a }),
    ]),
  ),
  field: (a, b) => grid.field(a, b),
  "field dtype": (a) => grid.field(0, { dtype: a }),
  halo: (a, b) => grid.halo(a, b),
  "halo options": (a, b) => grid.halo([field()], { width: a, fill: b }),
  centre: (a, b) => grid.centre(a, b),
  face: (a, b) => grid.face(a, b),
  coordinates: (a) => grid.coordinates(a),
  atWall: (a, b) => grid.atWall(a, b),
  index: (a, b) => field().index(a, b),
  set: (a) => field().set(a),
  scatter: (a) => field().scatter(a),
};

/** Calls that open a file. */
const fileCalls: Record<string, Call> = {
  create: (a, b, c) => Output.create(a, b, c),
  "create options": create,
  "create variables": (a) => create({ variables: a }),
  "create variable": (a) => create({ variables: { psi: a } }),
  ...Object.fromEntries(
    "attributes timeUnits coordinateUnits overwrite backend capacity preallocate durable gzip"
      .split(" ")
      .map((key): [string, Call] => [`create ${key}`, (a) => create({ variables: { psi: {} }, [key]: a })]),
  ),
  append: (a, b, c) => Output.append(a, b, c),
  "append options": (a) => Output.append(grid, path, a),
  open: (a) => Output.open(a),
  write: (a, b) => using((output) => output.write(a, b)),
  "write field": (a) => using((output) => output.write(1, { psi: a })),
  read: (a, b, c) => using((output) => output.read(a, b, c)),
  "read field": (a) => using((output) => output.read("psi", 0, a)),
  "open read": (a, b) => reading((file) => file.read(a, b)),
  "open readParts": (a, b) => reading((file) => [...file.readParts(a, b)]),
  "open diagnostics": (a) => reading((file) => file.diagnostics(a)),
  "open typeOf": (a) => reading((file) => file.typeOf(a)),
};

/** What programs pass by mistake. */
const values = (): unknown[] => [
  ...[undefined, null, Number.NaN, -1, 1.5, 1e9, 0, 5n, true, "", "a", "psi", Symbol("s")],
  ...[{}, [], [Number.NaN], [3], ["a"], { shape: "a" }, { shape: [3, 4] }, new Map(), new Date()],
  ...[() => {}, () => "x", new Float64Array(3), new Float64Array(12)],
];

describe("nonsense", () => {
  const all = [...Object.entries(calls), ...Object.entries(fileCalls)];
  it.each(all.map(([name, call]) => ({ name, call })))("is an error with words: $name", async ({ name, call }) => {
    const isDear = name in fileCalls && !isFull;
    const others = (needed: boolean) =>
      needed ? (isDear ? [undefined, {}] : [undefined, 0, "a", {}, [3]]) : [undefined];
    const raw: unknown[] = [];
    for (const a of values()) {
      for (const b of others(call.length >= 2)) {
        for (const c of others(call.length >= 3)) {
          try {
            const result = await call(a, b, c);
            if (Number.isNaN(result)) raw.push(["NaN", a, b, c]);
            if (result instanceof Output) await result.close();
          } catch (error) {
            if (!(error instanceof WasmMpiError)) raw.push([error, a, b, c]);
          }
        }
      }
    }
    expect(raw).toEqual([]);
  });

  const texts: [string, () => unknown, string][] = [
    [
      "grid",
      () => new Grid(undefined as Anything, { shape: [3] }),
      'Grid: "comm" expected a communicator, got undefined. Pass for example the one of mpi.init().',
    ],
    [
      "options",
      () => new Grid(solo(), undefined as Anything),
      "Grid: expected an object with options among shape, localShape, bounds, coordinates, faces, periodic, halo, split, threads, got undefined. Write { shape: ... }.",
    ],
    [
      "split",
      () => new Grid(solo(), { shape: [3], split: 2 as Anything }),
      'Grid: "split" expected 1 whole numbers of blocks, one an axis, got 2. Give the blocks along each axis.',
    ],
    [
      "face",
      () => grid.face({} as Anything, 0),
      'Grid.face: "axis" expected a whole number from 0 to 1, got Object. Number the axes from 0.',
    ],
    [
      "centre",
      () => grid.centre(0, "a" as Anything),
      'Grid.centre: "index" expected a whole number, got "a". Number the cells from 0.',
    ],
    [
      "side",
      () => grid.atWall(0, "up" as Anything),
      'Grid.atWall: "side" expected one of low, high, got "up". Choose one of them.',
    ],
    [
      "index",
      () => field().index("a" as Anything),
      'Field.index: expected whole numbers, one an axis, got "a". Number the cells of the block from 0.',
    ],
    [
      "set",
      () => field().set(null as Anything),
      'Field.set: "value" expected a number, a function of the position, or 12 values (block of 3 x 4 cells), got null. Give one a cell of this rank\'s block.',
    ],
    [
      "scatter",
      () => field().scatter([1, 2]),
      'Field.scatter: "whole" expected 12 values (3 x 4 cells) on the root, got 2. Give one a cell of the grid, in C order.',
    ],
    [
      "halo",
      () => grid.halo(undefined as Anything),
      'Grid.halo: "fields" expected a list of fields, got undefined. Pass [field].',
    ],
    [
      "grid of a file",
      () => Output.create({} as Anything, path, { variables: {} }),
      'Output.create: "grid" expected a grid, got Object. Make it with new Grid().',
    ],
    [
      "options of a file",
      () => Output.create(grid, path, undefined as Anything),
      'Output.create: "options" expected an object with keys among variables, attributes, timeUnits, coordinateUnits, overwrite, xdmf, backend, capacity, preallocate, durable, beside, gzip, got undefined. Write { variables: ... }.',
    ],
    [
      "variables",
      () => create({}),
      'Output.create: "variables" expected an object with an entry a variable, got undefined. Pass { psi: {} }.',
    ],
    [
      "variable",
      () => create({ variables: { psi: 3 } }),
      'Output.create: "variables.psi" expected an object with keys among units, longName, dtype, at, static, got 3. Pass {}.',
    ],
    [
      "attributes",
      () => create({ variables: { psi: {} }, attributes: "a" }),
      'Output.create: "attributes" expected an object of texts and numbers, got "a". Leave it out.',
    ],
    [
      "overwrite",
      () => create({ variables: { psi: {} }, overwrite: "yes" }),
      'Output.create: "overwrite" expected true or false, got "yes". Give one of them.',
    ],
    [
      "field of a frame",
      () => using((output) => output.write(1, { psi: 3 as Anything })),
      'Output.write: "psi" expected a field on the grid of the output, got 3. Make it with grid.field().',
    ],
    [
      "type of nothing",
      () => reading((file) => file.typeOf("x")),
      'Output.open().typeOf: "variable" expected one of "psi", got "x". Choose one of them.',
    ],
  ];
  it.each(texts)("says what is wrong: %s", async (_, call, message) => {
    await expect((async () => call())()).rejects.toThrow(new UsageError(message));
  });
});

describe("what was freed", () => {
  it("is not used again: a field, a halo exchange", () => {
    const psi = field();
    const halo = grid.halo([psi]);
    halo.free();
    halo.free();
    const freed = "Halo.start: expected an exchange in use, got a freed one. Make a new one with grid.halo().";
    expect(() => halo.exchange()).toThrow(new UsageError(freed));
    expect(() => halo.start()).toThrow(new UsageError(freed));
    psi.free();
    psi.free();
    const gone = new UsageError("Field: expected a field in use, got a freed one. Make a new one with grid.field().");
    const [left, right] = [field(), field()];
    const [exchange, courant] = [grid.halo([left, right]), grid.shape.map(() => 0)];
    right.free();
    for (const use of [
      () => psi.sum(),
      () => psi.set(1),
      () => psi.interior(),
      () => psi.digest(),
      () => grid.halo([psi]),
      () => exchange.exchange(),
      () => new Mpdata({ psi, courant }),
    ]) {
      expect(use).toThrow(gone);
    }
  });
});
