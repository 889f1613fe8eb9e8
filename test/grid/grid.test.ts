import { beforeAll, describe, expect, it, vi } from "vitest";
import { UsageError } from "../../src/errors.js";
import { blockStart, checkSplit, chooseLocalSplit, chooseSplit, thinnest } from "../../src/grid/decompose.js";
import { Grid, type GridOptions } from "../../src/grid/grid.js";
import { type Comm, mpi } from "../../src/mpi/index.js";
import { bitsOf, product } from "../oracle/mpdata.js";

let comm: Comm;
beforeAll(() => {
  comm = mpi.init({ library: "solo" });
});
const gridOf = (options: GridOptions) => new Grid(comm, options);
const index = (n: number) => Array.from({ length: n }, (_, i) => i);

describe("the decomposition", () => {
  it("starts block r of P along n cells at floor(n r / P)", () => {
    expect(index(6).map((r) => blockStart(17, 5, r))).toEqual([0, 3, 6, 10, 13, 17]);
    expect(index(5).map((r) => blockStart(7, 4, r))).toEqual([0, 1, 3, 5, 7]);
    expect(blockStart(2 ** 30, 3, 2)).toBe(715827882);
  });

  it("covers the cells exactly, with blocks that differ by one cell at most, the thinnest as promised", () => {
    for (let cells = 1; cells <= 40; cells++) {
      for (let blocks = 1; blocks <= cells; blocks++) {
        const starts = index(blocks + 1).map((r) => blockStart(cells, blocks, r));
        const sizes = index(blocks).map((r) => starts[r + 1]! - starts[r]!);
        expect([starts[0], starts[blocks]]).toEqual([0, cells]);
        expect(Math.min(...sizes)).toBe(thinnest(cells, blocks));
        expect(Math.max(...sizes)).toBe(Math.ceil(cells / blocks));
      }
    }
  });

  it.each([
    { shape: [17], ranks: 4, split: [4] },
    { shape: [512, 512], ranks: 4, split: [2, 2] },
    { shape: [10, 100], ranks: 4, split: [1, 4] },
    { shape: [100, 10], ranks: 4, split: [4, 1] },
    { shape: [61, 47], ranks: 3, split: [3, 1] },
    { shape: [47, 61], ranks: 3, split: [1, 3] },
    { shape: [64, 64, 64], ranks: 8, split: [2, 2, 2] },
    { shape: [16, 64, 64], ranks: 4, split: [1, 2, 2] },
    { shape: [64, 64, 4], ranks: 6, split: [3, 2, 1] },
  ])("cuts $shape cells into the split $split for $ranks ranks", ({ shape, ranks, split }) => {
    expect(chooseSplit(shape, ranks, 2)).toEqual(split);
  });

  it.each([
    { localShape: [9], ranks: 5, split: [5] },
    { localShape: [64, 32], ranks: 6, split: [3, 2] },
    { localShape: [64, 1], ranks: 6, split: [6, 1] },
    { localShape: [8, 8, 8], ranks: 12, split: [3, 2, 2] },
    { localShape: [1, 1], ranks: 1, split: [1, 1] },
  ])("puts $ranks blocks of $localShape cells beside each other as $split", ({ localShape, ranks, split }) => {
    expect(chooseLocalSplit(localShape, ranks, 2)).toEqual(split);
  });

  it("of blocks of one shape makes the whole grid", () => {
    const grid = gridOf({ localShape: [5, 4], split: [1, 1] });
    expect([grid.shape, grid.blockShape, grid.bounds]).toEqual([[5, 4], [5, 4], [[0, 5], [0, 4]]]); // biome-ignore format: a row
    const message = (options: GridOptions) => {
      try {
        gridOf(options);
      } catch (error) {
        return (error as Error).message;
      }
      return "nothing";
    };
    expect(message({ shape: [5], localShape: [5] })).toBe(
      'Grid: "localShape" expected none with "shape", got [5]. Leave out one of them.',
    );
    expect(message({ localShape: [0] })).toBe(
      'Grid: "localShape" expected 1 to 3 whole numbers of cells, each at least 1, got [0]. Give the cells along each axis.',
    );
    expect(message({ localShape: [5], split: [2] })).toBe(
      'Grid: "split" expected a product of 1, the number of ranks, got [2] (2 blocks). Start 2 ranks or change the split.',
    );
    expect(() => chooseLocalSplit([1, 1], 2, 2)).toThrow(
      'Grid: "localShape" expected blocks at least as thick as the halo of 2, got 1 cells along x. Use 1 rank, a smaller halo or more cells.',
    );
  });

  it.each([
    { shape: [64, 64], ranks: 2, split: [2, 1] },
    { shape: [64, 64], ranks: 6, split: [3, 2] },
    { shape: [32, 32, 32], ranks: 2, split: [2, 1, 1] },
    { shape: [32, 32, 32], ranks: 4, split: [2, 2, 1] },
    { shape: [64, 32, 32], ranks: 2, split: [2, 1, 1] },
    { shape: [32, 64, 64], ranks: 2, split: [1, 2, 1] },
  ])("gives a tie to the cut of the earlier axis: $shape cells, $ranks ranks", ({ shape, ranks, split }) => {
    expect(chooseSplit(shape, ranks, 2)).toEqual(split);
  });

  it.each([
    { shape: [512, 512], ranks: 4, periodic: [true, false], split: [2, 2] },
    { shape: [64, 64], ranks: 2, periodic: [true, false], split: [1, 2] },
    { shape: [64, 64], ranks: 4, periodic: [true, true], split: [4, 1] },
    { shape: [32, 32, 32], ranks: 3, periodic: [true, true, false], split: [1, 1, 3] },
  ])(
    "counts what a cut periodic axis exchanges with itself: $shape cells, periodic $periodic, $ranks ranks",
    (example) => {
      expect(chooseSplit(example.shape, example.ranks, 2, example.periodic)).toEqual(example.split);
    },
  );

  it("finds no split with a smaller surface among all that fit", () => {
    const shapes = [
      [20, 20],
      [9, 31],
      [6, 8, 10],
      [12, 5, 7],
      [3, 40, 4],
    ];
    for (const shape of shapes) {
      const surface = (split: readonly number[]) =>
        split.reduce((sum, blocks, axis) => sum + (blocks - 1) * (product(shape) / shape[axis]!), 0);
      const fits = (split: readonly number[]) =>
        split.every((blocks, axis) => blocks === 1 || Math.floor(shape[axis]! / blocks) >= 2);
      for (let ranks = 1; ranks <= 12; ranks++) {
        const all = shape.reduce<number[][]>(
          (lists) => lists.flatMap((list) => index(ranks).map((i) => [...list, i + 1])),
          [[]],
        );
        const fitting = all.filter((split) => product(split) === ranks && fits(split));
        if (fitting.length === 0) expect(() => chooseSplit(shape, ranks, 2)).toThrow(UsageError);
        else expect(surface(chooseSplit(shape, ranks, 2))).toBe(Math.min(...fitting.map(surface)));
      }
    }
  });

  it("avoids blocks thinner than the halo, and without a halo blocks of no cells", () => {
    expect(chooseSplit([6, 100], 4, 3)).toEqual([1, 4]);
    expect(chooseSplit([100, 6], 4, 4)).toEqual([4, 1]);
    expect(chooseSplit([2, 8], 4, 0)).toEqual([1, 4]);
    expect(chooseSplit([9, 3], 5, 0)).toEqual([5, 1]);
  });

  it.each([
    {
      run: () => chooseSplit([9], 5, 2),
      text: 'Grid: "shape" expected [9] cells to split over 5 ranks into blocks at least as thick as the halo of 2, got no such split. Use 4 ranks or a larger grid.',
    },
    {
      run: () => chooseSplit([2, 2], 5, 0),
      text: 'Grid: "shape" expected [2, 2] cells to split over 5 ranks into blocks of at least 1 cell, got no such split. Use 4 ranks or a larger grid.',
    },
    {
      // Soon, too.
      run: () => chooseSplit([9, 7, 5], Number.MAX_SAFE_INTEGER, 2),
      text: 'Grid: "shape" expected [9, 7, 5] cells to split over 9007199254740991 ranks into blocks at least as thick as the halo of 2, got no such split. Use 24 ranks or a larger grid.',
    },
    {
      run: () => checkSplit([2, 2], [8, 8], 3, 2),
      text: 'Grid: "split" expected a product of 3, the number of ranks, got [2, 2] (4 blocks). Start 4 ranks or change the split.',
    },
    {
      run: () => checkSplit([4], [8, 8], 4, 2),
      text: 'Grid: "split" expected 2 whole numbers of blocks, one an axis, got [4]. Give the blocks along each axis.',
    },
    {
      run: () => checkSplit([2.5, 2], [8, 8], 5, 2),
      text: 'Grid: "split" expected 2 whole numbers of blocks, one an axis, got [2.5, 2]. Give the blocks along each axis.',
    },
    {
      run: () => checkSplit([-2, -2], [8, 8], 4, 2),
      text: 'Grid: "split" expected 2 whole numbers of blocks, one an axis, got [-2, -2]. Give the blocks along each axis.',
    },
    {
      run: () => checkSplit([1, 4], [8, 11], 4, 3),
      text: 'Grid: "split" expected blocks at least as thick as the halo of 3, got 2 cells along y (11 cells in 4 blocks). Use fewer blocks along y.',
    },
    {
      run: () => checkSplit([1, 4], [8, 3], 4, 0),
      text: 'Grid: "split" expected blocks of at least 1 cell, got 0 cells along y (3 cells in 4 blocks). Use fewer blocks along y.',
    },
  ])("refuses: $text", ({ run, text }) => {
    expect(run).toThrow(new UsageError(text));
  });
});

describe("a grid", () => {
  it("describes itself in one line", () => {
    expect(String(gridOf({ shape: [512, 512], periodic: [true, false] }))).toBe(
      "512 x 512 cells, periodic x, halo 2, 1 rank, this block [0, 512) x [0, 512)",
    );
    expect(String(gridOf({ shape: [5], threads: 2 }))).toContain(", halo 2, 1 rank, 2 threads each, this block");
    expect(String(gridOf({ shape: [5], halo: 0 }))).toBe("5 cells, not periodic, halo 0, 1 rank, this block [0, 5)");
    expect(String(gridOf({ shape: [3, 4, 5], periodic: true, halo: 1 }))).toBe(
      "3 x 4 x 5 cells, periodic x, y, z, halo 1, 1 rank, this block [0, 3) x [0, 4) x [0, 5)",
    );
    expect(String(gridOf({ shape: [3, 4] }).field())).toBe(
      "field of f64 on 3 x 4 cells, not periodic, halo 2, 1 rank, this block [0, 3) x [0, 4)",
    );
  });

  it("has cells of size 1 and no periodic axis unless told otherwise", () => {
    const { bounds, spacing, periodic, haloWidth, split } = gridOf({ shape: [4, 7] });
    expect({ bounds, spacing, periodic, haloWidth, split }).toEqual({
      bounds: [
        [0, 4],
        [0, 7],
      ],
      spacing: [1, 1],
      periodic: [false, false],
      haloWidth: 2,
      split: [1, 1],
    });
  });

  it("puts centres in the middle of cells and faces between them, on the bounds at the ends", () => {
    const bounds = [
      [-1, 3],
      [10, 11],
    ] as const;
    const grid = gridOf({ shape: [8, 4], bounds });
    expect(grid.spacing).toEqual([0.5, 0.25]);
    expect([...grid.coordinates(0)]).toEqual([-0.75, -0.25, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75]);
    expect([...grid.coordinates(1)]).toEqual([10.125, 10.375, 10.625, 10.875]);
    expect([0, 1, 8].map((face) => grid.face(0, face))).toEqual([-1, -0.5, 3]);
    expect([-1, 4].map((cell) => grid.centre(1, cell))).toEqual([9.875, 11.125]);
  });

  it("touches walls at the ends of axes that do not wrap, and is its own neighbour on those that do", () => {
    const grid = gridOf({ shape: [4, 4], periodic: [true, false] });
    expect(grid.neighbours).toEqual([
      { low: 0, high: 0 },
      { low: mpi.PROC_NULL, high: mpi.PROC_NULL },
    ]);
    const sides = ["low", "high"] as const;
    expect([0, 1].map((axis) => sides.map((side) => grid.atWall(axis, side)))).toEqual([
      [false, false],
      [true, true],
    ]);
  });

  it("keeps its own copy of the options", () => {
    const shape = [4, 5];
    const periodic = [true, false];
    const grid = gridOf({ shape, periodic, split: [1, 1] });
    shape[0] = 9;
    periodic[1] = true;
    expect([grid.shape, grid.periodic]).toEqual([
      [4, 5],
      [true, false],
    ]);
  });

  const shapeText = (got: string) =>
    `Grid: "shape" expected 1 to 3 whole numbers of cells, each at least 1, got ${got}. Give the cells along each axis.`;
  const boundsText = (axes: number, got: string) =>
    `Grid: "bounds" expected ${axes === 1 ? "a pair" : `${axes} pairs`} of finite numbers, the lower first, got ${got}. Give both ends of each axis.`;
  it.each([
    { options: { shape: [0] }, text: shapeText("[0]") },
    { options: { shape: ["12", 3] }, text: shapeText('["12", 3]') },
    { options: { shape: [] }, text: shapeText("[]") },
    { options: { shape: [4, -4] }, text: shapeText("[4, -4]") },
    { options: { shape: [4, 2.5] }, text: shapeText("[4, 2.5]") },
    { options: { shape: [4, Number.NaN] }, text: shapeText("[4, NaN]") },
    { options: { shape: [4, 4, 4, 4] }, text: shapeText("[4, 4, 4, 4]") },
    { options: { shape: 512 }, text: shapeText("512") },
    { options: { shape: [2 ** 53] }, text: shapeText("[9007199254740992]") },
    { options: { bounds: [[0, 1]] }, text: shapeText("undefined") },
    { options: { shape: [4], bounds: [[1, 0]] }, text: boundsText(1, "[[1, 0]]") },
    { options: { shape: [4], bounds: [[1, 1]] }, text: boundsText(1, "[[1, 1]]") },
    { options: { shape: [4, 4], bounds: [[0, 1]] }, text: boundsText(2, "[[0, 1]]") },
    {
      options: { shape: [4], bounds: [[0, Number.POSITIVE_INFINITY]] },
      text: boundsText(1, "[[0, Infinity]]"),
    },
    { options: { shape: [4], bounds: [0, 1] }, text: boundsText(1, "[0, 1]") },
    { options: { shape: [4], bounds: [["0", "1"]] }, text: boundsText(1, '[["0", "1"]]') },
    { options: { shape: [4], bounds: [[0, 1n]] }, text: boundsText(1, "[[0, 1n]]") },
    { options: { shape: [4], bounds: [[0, 1, 2]] }, text: boundsText(1, "[[0, 1, 2]]") },
    { options: { shape: [4], bounds: [[Number.NaN, 1]] }, text: boundsText(1, "[[NaN, 1]]") },
    {
      options: { shape: [4], halo: -1 },
      text: 'Grid: "halo" expected a whole number of cells from 0, got -1. Leave it out for 2.',
    },
    {
      options: { shape: [4], halo: 1.5 },
      text: 'Grid: "halo" expected a whole number of cells from 0, got 1.5. Leave it out for 2.',
    },
    {
      options: { shape: [4, 4], periodic: [true] },
      text: 'Grid: "periodic" expected 2 values, one an axis, got 1. Give true or false for each axis.',
    },
    {
      options: { shape: [4, 2], halo: 3, periodic: [false, true] },
      text: 'Grid: "shape" expected at least 3 cells along the periodic axis y (the halo), got 2. Use a smaller halo or more cells.',
    },
    {
      options: { shape: [4, 4], split: [2, 2] },
      text: 'Grid: "split" expected a product of 1, the number of ranks, got [2, 2] (4 blocks). Start 4 ranks or change the split.',
    },
    ...[0, 1.5, 257, "2"].map((threads) => ({
      options: { shape: [4], threads },
      text: `Grid: "threads" expected a whole number from 1 to 256, got ${JSON.stringify(threads)}. Leave it out for 1.`,
    })),
    {
      options: { shape: [4], periodc: true },
      text: 'Grid: expected options among shape, localShape, bounds, coordinates, faces, periodic, halo, split, threads, got "periodc". Did you mean periodic?',
    },
  ])("refuses: $text", ({ options, text }) => {
    expect(() => gridOf(options as unknown as GridOptions)).toThrow(new UsageError(text));
  });

  it("has the threads that the variable says, and none beside the main one in plain mode", () => {
    vi.stubEnv("WASM_MPI_THREADS", "2");
    expect(gridOf({ shape: [5] }).threads).toBe(2);
    expect(gridOf({ shape: [5], threads: 1 }).threads).toBe(1);
    vi.stubEnv("WASM_MPI_DISABLE_JIT", "1");
    expect(() => gridOf({ shape: [5] })).toThrow(
      'Grid: "threads" expected 1 in plain mode (WASM_MPI_DISABLE_JIT=1), which has no others, got 2. Leave it out, or unset WASM_MPI_DISABLE_JIT.',
    );
    vi.stubEnv("WASM_MPI_THREADS", "0");
    expect(() => gridOf({ shape: [5] })).toThrow('"WASM_MPI_THREADS" expected a whole number from 1 to 256, got 0.');
    vi.unstubAllEnvs();
  });

  it("accepts an unsplit axis thinner than the halo where it does not wrap", () => {
    const grid = gridOf({ shape: [1, 9], halo: 3, periodic: [false, true] });
    expect(grid.blockShape).toEqual([1, 9]);
  });
});

describe("a field", () => {
  it("lies in memory in C order with the halo around it", () => {
    const field = gridOf({ shape: [3, 4, 5], halo: 2 }).field((x, y, z) => 100 * x + 10 * y + z);
    expect(field.strides).toEqual([72, 9, 1]);
    expect(field.data.length).toBe(7 * 8 * 9);
    expect(field.index(0, 0, 0)).toBe(2 * 72 + 2 * 9 + 2);
    expect(field.index(-2, -2, -2)).toBe(0);
    expect(field.data[field.index(2, 1, 4)]).toBe(250 + 15 + 4.5);
    expect(field.data[field.index(-1, 0, 0)]).toBe(0);
    expect(field.originPtr - field.data.byteOffset).toBe(8 * field.index());
    field.free();
  });

  it.each([{ shape: [6] }, { shape: [4, 5] }, { shape: [3, 4, 5] }])(
    "of $shape cells is set by a number, a function of the position and an array, its halo left alone",
    ({ shape }) => {
      for (const halo of [0, 1, 2, 3]) {
        const bounds = shape.map((n, axis) => [-axis, -axis + 2 * n] as const);
        const grid = gridOf({ shape, halo, bounds });
        const field = grid.field();
        field.data.fill(-7);
        const outside = field.data.length - product(shape);
        const untouched = () => expect(field.data.filter((value) => value === -7).length).toBe(outside);
        field.set(2.5);
        expect([...field.interior()]).toEqual(new Array(product(shape)).fill(2.5));
        untouched();
        const seen: number[][] = [];
        field.set((...position) => seen.push(position));
        expect([...field.interior()]).toEqual(index(product(shape)).map((place) => place + 1));
        untouched();
        expect(seen.every((position) => position.length === 3)).toBe(true);
        const [nz, ny] = [shape[2] ?? 1, shape[1] ?? 1];
        const places = (place: number) => [Math.floor(place / (ny * nz)), Math.floor(place / nz) % ny, place % nz];
        expect(seen).toEqual(
          index(product(shape)).map((place) =>
            places(place).map((i, axis) => (axis < shape.length ? -axis + 2 * i + 1 : 0)),
          ),
        );
        const values = Float64Array.from(index(product(shape)), (place) => place ** 2 + 0.5);
        field.set(values);
        expect(field.interior()).toEqual(values);
        field.set([...values].reverse());
        expect(field.interior()).toEqual(values.slice().reverse());
        untouched();
        field.free();
      }
    },
  );

  it("gives its interior and the gathered whole as copies that later writes do not change", () => {
    const field = gridOf({ shape: [3, 3] }).field((x, y) => 10 * x + y);
    const [interior, whole] = [field.interior(), field.gather()!];
    expect(bitsOf(whole)).toEqual(bitsOf(interior));
    field.set(0);
    expect([interior[4], whole[4], field.interior()[4]]).toEqual([16.5, 16.5, 0]);
  });

  it.each([
    { values: [3, -1, 2], min: -1, max: 3 },
    { values: [3, Number.NaN, 2], min: Number.NaN, max: Number.NaN },
    { values: [Number.NaN, Number.POSITIVE_INFINITY, 2], min: Number.NaN, max: Number.NaN },
    { values: [3, Number.NEGATIVE_INFINITY, 2], min: Number.NEGATIVE_INFINITY, max: 3 },
    { values: [3, Number.POSITIVE_INFINITY, 2], min: 2, max: Number.POSITIVE_INFINITY },
    { values: [0, -0, 0], min: -0, max: 0 },
    { values: [-0, -0, -0], min: -0, max: -0 },
    { values: [5e-324, -5e-324, 0], min: -5e-324, max: 5e-324 },
    { values: [-Number.MAX_VALUE, Number.MAX_VALUE, 0], min: -Number.MAX_VALUE, max: Number.MAX_VALUE },
    { values: [-3, -1, -2], min: -3, max: -1 },
  ])("of $values has the least value $min and the greatest $max", ({ values, min, max }) => {
    const field = gridOf({ shape: [3] }).field(values);
    expect(Object.is(field.min(), min)).toBe(true);
    expect(Object.is(field.max(), max)).toBe(true);
  });

  it("does not let its halo into min, max, sum and digest", () => {
    const field = gridOf({ shape: [3, 4] }).field((x, y) => x * y);
    const before = [field.min(), field.max(), field.sum(), field.digest()];
    const interior = field.interior();
    field.data.fill(Number.NaN);
    field.set(interior);
    expect([field.min(), field.max(), field.sum(), field.digest()]).toEqual(before);
  });

  it("has a digest that any single bit changes", () => {
    const field = gridOf({ shape: [2, 3] }).field((x, y) => x - 3 * y);
    const bits = new BigUint64Array(field.data.buffer, field.data.byteOffset, field.data.length);
    const digests = new Set([field.digest()]);
    for (let cell = 0; cell < 6; cell++) {
      const at = field.index(Math.floor(cell / 3), cell % 3);
      for (let bit = 0n; bit < 64n; bit++) {
        bits[at]! ^= 1n << bit;
        digests.add(field.digest());
        bits[at]! ^= 1n << bit;
      }
    }
    expect(digests.size).toBe(1 + 6 * 64);
    for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{16}$/);
  });

  it("has a digest that exchanging any two values changes", () => {
    const values = [0, -0, 1, 2, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 5e-324];
    const field = gridOf({ shape: [8] }).field(values);
    const digests = new Set([field.digest()]);
    for (let a = 0; a < 8; a++) {
      for (let b = a + 1; b < 8; b++) {
        const swapped = [...values];
        [swapped[a], swapped[b]] = [swapped[b]!, swapped[a]!];
        field.set(swapped);
        digests.add(field.digest());
      }
    }
    expect(digests.size).toBe(1 + 28);
    field.set(values);
    expect(digests.has(field.digest())).toBe(true);
  });

  it("keeps its digest from one version to the next: files carry it", () => {
    const field = gridOf({ shape: [2, 3] }).field((x, y) => x + 10 * y);
    expect(field.digest()).toBe(expectedDigest(field.interior()));
  });

  it.each([
    {
      shape: [3, 4],
      value: new Float64Array(48),
      text: 'Field.set: "value" expected 12 values (block of 3 x 4 cells), got 48. Give one a cell of this rank\'s block.',
    },
    {
      shape: [5],
      value: [1, 2, 3],
      text: 'Field.set: "value" expected 5 values (block of 5 cells), got 3. Give one a cell of this rank\'s block.',
    },
  ])("refuses: $text", ({ shape, value, text }) => {
    const grid = gridOf({ shape });
    expect(() => grid.field(value)).toThrow(new UsageError(text));
    expect(() => grid.field().set(value)).toThrow(new UsageError(text));
  });
});

/** The digest, written again: the sum modulo 2^64 of `mix(bits + mix(place + golden))`, mix being SplitMix64's. */
function expectedDigest(values: Float64Array): string {
  const wrap = (x: bigint) => BigInt.asUintN(64, x);
  const mix = (x: bigint) => {
    const a = wrap((x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n);
    const b = wrap((a ^ (a >> 27n)) * 0x94d049bb133111ebn);
    return b ^ (b >> 31n);
  };
  let sum = 0n;
  for (const [place, bits] of bitsOf(values).entries()) {
    sum = wrap(sum + mix(wrap(bits + mix(wrap(BigInt(place) + 0x9e3779b97f4a7c15n)))));
  }
  return sum.toString(16).padStart(16, "0");
}
