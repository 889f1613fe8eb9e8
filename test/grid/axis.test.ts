/** Grids whose cells differ in size or volume. */
import { describe, expect, it } from "vitest";
import { Grid, type GridOptions } from "../../src/index.js";
import { solo } from "../harness/run.js";

const comm = solo();
const grid = (options: GridOptions) => new Grid(comm, options);

describe("axes", () => {
  it("are x, y and z, r, or r and z", () => {
    const names = (options: GridOptions) => grid(options).axes.map(({ name }) => name);
    expect(names({ shape: [4, 5, 6] })).toEqual(["x", "y", "z"]);
    expect(names({ shape: [4], coordinates: "polar" })).toEqual(["r"]);
    expect(names({ shape: [4], coordinates: "spherical" })).toEqual(["r"]);
    expect(names({ shape: [4, 5], coordinates: "cylindrical" })).toEqual(["r", "z"]);
  });

  it("describe themselves", () => {
    const tube = grid({
      shape: [8, 6],
      coordinates: "cylindrical",
      faces: { z: (s) => s ** 2 },
      periodic: [false, true],
    });
    expect(String(tube)).toBe(
      "8 x 6 cells, cylindrical, stretched z, periodic z, halo 2, 1 rank, this block [0, 8) x [0, 6)",
    );
    expect(String(grid({ shape: [8], coordinates: "polar" }))).toBe(
      "8 cells, polar, not periodic, halo 2, 1 rank, this block [0, 8)",
    );
    expect({ system: tube.system, spacing: tube.spacing, bounds: tube.bounds, isBox: tube.isBox }).toEqual({
      system: "cylindrical",
      spacing: [1, Number.NaN],
      bounds: [
        [0, 8],
        [0, 1],
      ],
      isBox: false,
    });
  });

  it("have the faces that are given, and centres in the middle", () => {
    const faces = [0, 1, 3, 6, 10, 11];
    const wall = grid({ shape: [5, 3], faces: { x: faces } });
    expect(faces.map((_, f) => wall.face(0, f))).toEqual(faces);
    expect([...wall.coordinates(0)]).toEqual([0.5, 2, 4.5, 8, 10.5]);
    expect([0, 1, 2, 3, 4].map((i) => wall.width(0, i))).toEqual([1, 2, 3, 4, 1]);
    expect([...wall.coordinates(1)]).toEqual([0.5, 1.5, 2.5]);
    const stretched = grid({ shape: [2, 4], bounds: [[0, 1], undefined], faces: { y: (s) => 2 * s ** 2 } });
    expect([0, 1, 2, 3, 4].map((f) => stretched.face(1, f))).toEqual([0, 0.125, 0.5, 1.125, 2]);
    expect([...stretched.field((x, y) => 10 * x + y).interior()].slice(0, 2)).toEqual([2.5625, 2.8125]);
  });

  it("go on beyond walls with the cell at the wall, and beyond periodic ends with those of the other end", () => {
    const faces = { x: [0, 1, 3, 6] };
    const at = (periodic: boolean) => {
      const one = grid({ shape: [3], faces, periodic, halo: 1 });
      return [-2, -1, 3, 4].map((i) => [one.face(0, i), one.centre(0, i), one.width(0, i)]);
    };
    expect(at(false)).toEqual([
      [-2, -1.5, 1],
      [-1, -0.5, 1],
      [6, 7.5, 3],
      [9, 10.5, 3],
    ]);
    expect(at(true)).toEqual([
      [-5, -4, 2],
      [-3, -1.5, 3],
      [6, 6.5, 1],
      [7, 8, 2],
    ]);
  });

  it("know the cell of a coordinate", () => {
    const [axis] = grid({ shape: [3], faces: { x: [0, 1, 3, 6] } }).axes;
    expect([0, 0.9, 1, 2.9, 3, 6].map((value) => axis!.cellAt(value))).toEqual([0, 0, 1, 1, 2, 2]);
  });
});

describe("options of axes", () => {
  const faces = (x: unknown, more: object = {}) => grid({ shape: [2, 3], faces: { x } as never, ...more });
  const rising = "expected 3 finite numbers that rise, one more than cells";
  const todo = "Give the faces of all cells from the lowest up.";
  it.each([
    [() => faces([0, 1]), `Grid: "faces.x" ${rising}, got 2 of them. ${todo}`],
    [() => faces([0, 3n, 1]), `Grid: "faces.x" ${rising}, got 3n after 0 at [1]. ${todo}`],
    [() => faces([0, 1, 1]), `Grid: "faces.x" ${rising}, got 1 after 1 at [2]. ${todo}`],
    [() => faces([Number.NaN, 1, 2]), `Grid: "faces.x" ${rising}, got NaN at [0]. ${todo}`],
    [
      () => faces([-1e308, 0, 1e308]),
      'Grid: "faces.x" expected a finite length of the whole axis, got an infinite one from -1e+308 to 1e+308. Use another unit.',
    ],
    [() => faces((s: number) => -s), `Grid: "faces.x" ${rising}, got -0.5 after 0 at [1]. ${todo}`],
    [
      () => grid({ shape: [2 ** 27], faces: { x: (s: number) => s } }),
      'Grid: "faces.x" expected an axis of at most 134217727 cells, got 134217728. Use fewer, or leave it out for equal ones.',
    ],
    [() => faces(7), `Grid: "faces.x" ${rising}, or a function, got 7. ${todo}`],
    [
      () => grid({ shape: [2], faces: { y: [0, 1, 2] } }),
      'Grid: "faces" expected the key x, got "y". Remove or rename it.',
    ],
    [
      () =>
        faces([0, 1, 2], {
          bounds: [
            [0, 1],
            [0, 3],
          ],
        }),
      'Grid: "bounds" expected [0, 2] for x, the ends of its faces, got [0, 1]. Leave it undefined.',
    ],
    [
      () => grid({ shape: [2, 2], bounds: [undefined, [0, 1]] }),
      'Grid: "bounds" expected 2 pairs of finite numbers, the lower first, got [undefined, [0, 1]]. Give both ends of each axis.',
    ],
    [
      () => grid({ shape: [2], coordinates: "sperical" as never }),
      'Grid: "coordinates" expected one of cartesian, polar, spherical, cylindrical, got "sperical". Did you mean spherical?',
    ],
    [
      () => grid({ shape: [2, 3], coordinates: "polar" }),
      'Grid: "shape" expected 1 axis, r, of a polar grid, got [2, 3]. Give the cells along each axis.',
    ],
    [
      () => grid({ shape: [2], coordinates: "cylindrical" }),
      'Grid: "shape" expected 2 axes, r and z, of a cylindrical grid, got [2]. Give the cells along each axis.',
    ],
    [
      () => grid({ shape: [2], coordinates: "polar", bounds: [[-1, 1]] }),
      'Grid: "bounds" expected a radius from 0, got -1. Let r begin at 0 or above.',
    ],
    [
      () => grid({ shape: [2], coordinates: "polar", faces: { r: [-1, 0, 1] } }),
      'Grid: "faces.r" expected a radius from 0, got -1. Let r begin at 0 or above.',
    ],
    [
      () => grid({ shape: [2], coordinates: "spherical", periodic: true }),
      'Grid: "periodic" expected a radius r that does not wrap around, got true. Leave it out.',
    ],
    [
      () => grid({ shape: [2, 2], coordinates: "cylindrical", periodic: true }),
      'Grid: "periodic" expected a radius r that does not wrap around, got true. Give periodic: [false, true] for z alone.',
    ],
  ])("that are wrong are refused: %#", (make, text) => {
    expect(make).toThrow(text);
    expect(make).toThrow(expect.objectContaining({ message: text }));
  });
});
