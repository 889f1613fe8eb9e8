/** Runs of the library whose digests are listed, for what has no flag. */
import type { Field, Float } from "../../src/grid/field.js";
import type { FieldValue, GridOptions } from "../../src/index.js";
import type { Settings } from "../harness/run.js";

/** A run of the library on a grid, with the fields as they are at first. */
export interface OptionSet {
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

/** The sets, in the order of the list. */
export const optionSets: readonly OptionSet[] = [
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
