/**
 * MPDATA with walls of every kind on all splits of the ranks equals MPDATA on one rank, bit for bit: longitude and
 * latitude split, or both, longitudes that no number of ranks divides. WASM_MPI_TEST_FULL=1 runs every scheme on every
 * split, otherwise they take turns.
 */
import assert from "node:assert/strict";
import { Grid, Mpdata } from "wasm-mpi";
import { bitsOf, product, splitsOf } from "./grid-splits.mjs";
import { part } from "./part.mjs";

const world = part();
const alone = world.split({ color: world.rank });
const full = process.env.WASM_MPI_TEST_FULL === "1";
const tau = 2 * Math.PI;
const counts = { runs: 0, cells: 0 };
// More than two passes of the gauge are worth comparing, not recommending.
process.removeAllListeners("warning");

const schemes = [
  { iterations: 1 },
  { iterations: 4 },
  { iterations: 2, nonoscillatory: true },
  { iterations: 2, diffusive: true },
  { iterations: 3, divergentFlow: true, nonoscillatory: true, diffusive: true },
  { iterations: 3, infiniteGauge: true, nonoscillatory: true },
  { iterations: 3, variableSign: true, nonoscillatory: true },
  { iterations: 2, dimensionallySplit: true },
  { iterations: 3, thirdOrderTerms: true },
  { iterations: 3, divergentFlow: true },
  { iterations: 2, thirdOrderTerms: true, divergentFlow: true, infiniteGauge: true },
  { iterations: 3, thirdOrderTerms: true, divergentFlow: true, nonoscillatory: true },
  { iterations: 3, thirdOrderTerms: true, divergentFlow: true, variableSign: true, nonoscillatory: true },
];

const box = { "x-": { constant: 1.5 }, "x+": "extrapolated", "y-": "rigid", "y+": { extrapolated: 0.2 } };
/** Shapes, and the conditions where they are not periodic. */
const setups = () => [
  [[31], { "x-": "extrapolated", "x+": { constant: 2 } }],
  [[29], { "x-": "rigid" }],
  [[26, 13], { y: "polar" }],
  [[13, 26], { x: { polar: "y" } }],
  [[22, 17], { "y-": "polar", "y+": "rigid" }],
  [[17, 22], { "x-": { constant: 1 }, "x+": "polar" }],
  [[23, 19], box],
  [[19, 23], { x: "rigid", y: "rigid" }],
  [[19, 23], { x: "extrapolated", y: { constant: 1 } }, { x: "open", "y+": "rigid" }],
  [[14, 11, 11], { y: { polar: "x" }, "z-": "rigid", "z+": "extrapolated" }],
  [[11, 14, 11], { x: "polar", z: { constant: 1.2 } }],
  [[11, 11, 14], { "x-": "rigid", "x+": "open", y: { polar: "z" } }],
  [[11, 14, 12], { x: "open", y: "periodic", z: { polar: "y" } }],
  [[14, 12, 11], { y: { polar: "x" }, z: { polar: "x" } }],
  [[11, 12, 13], { ...box, "z-": "open", "z+": "rigid" }],
  // Blocks as thin as the halo.
  [[2 * world.size, 5], { y: "polar" }],
  [[2 * world.size, 2 * world.size], { x: "polar" }],
  [[2, 2 * world.size + 1], { y: "polar" }],
  // Blocks that are large enough for several threads.
  [[84, 127], box],
  [[126, 85], { y: "polar" }],
  [[23, 22, 22], { ...box, "z-": "open", "z+": "rigid" }],
];
const isLarge = (shape) => product(shape) > 10_000;

/** The axes that go round a pole, or are said to be periodic. */
function periodicOf(shape, boundary) {
  const around = Object.values(boundary).map((condition) => condition.polar);
  const isPolar = Object.values(boundary).some((condition) => condition === "polar");
  return shape.map((_, axis) => {
    const name = "xyz"[axis];
    if (around.includes(name) || boundary[name] === "periodic") return true;
    return isPolar && ![name, `${name}-`, `${name}+`].some((key) => key in boundary);
  });
}

/** A flow that changes sign and diverges, but does not cross rigid walls. */
function flowOf(axes, boundary) {
  return [0.27, -0.25, 0.21].slice(0, axes).map((c, axis) => {
    const name = "xyz"[axis];
    const keys = [name, `${name}-`, `${name}+`];
    const isClosed = keys.some((key) => boundary[key] === "rigid");
    return (...position) => {
      const phase = position.reduce((sum, s, along) => sum + (1 + ((axis + along) % 2)) * s, 0.1 * axis);
      const s = position[axis];
      return c * (0.35 + 0.65 * Math.sin(tau * phase)) * (isClosed ? 4 * s * (1 - s) : 1);
    };
  });
}
const factor = (x, y, z) => 1 + 0.15 * Math.cos(tau * x) - 0.1 * Math.sin(tau * (y + 2 * z));
const smooth = (x, y, z) => 1.3 + Math.sin(tau * x + 0.3) * Math.cos(tau * (y - z));
const sharp = (x, y, z) =>
  (x - 0.2) ** 2 + (y - 0.1) ** 2 + (z - 0.5) ** 2 < 0.2 ? 3 + Math.sin(9 * x * (1 + y)) : 0.5;

const grids = new Map();
function gridOf(comm, shape, options) {
  const key = JSON.stringify([comm.size, shape, options]);
  if (!grids.has(key)) {
    const bounds = shape.map(() => [0, 1]);
    grids.set(key, new Grid(comm, { shape, bounds, ...options }));
  }
  return grids.get(key);
}

function run(comm, { shape, boundary, courantBoundary, scheme, withG, dtype, halo }, distribution, overlap = false) {
  const grid = gridOf(comm, shape, { periodic: periodicOf(shape, boundary), halo, ...distribution });
  const { diffusive, ...options } = scheme;
  const fields = [smooth, sharp].map((value) => grid.field(value, { dtype }));
  const solver = new Mpdata({
    psi: fields,
    courant: flowOf(shape.length, { ...boundary, ...courantBoundary }),
    boundary,
    ...(courantBoundary ? { courantBoundary } : {}),
    ...(withG ? { g: factor } : {}),
    ...(diffusive ? { mu: grid.spacing.map((dx, axis) => (0.05 + 0.02 * axis) * dx ** 2), dt: 1 } : {}),
    ...options,
    maxCourant: 4,
    overlap,
  });
  solver.advance(1);
  solver.advance(2);
  const result = fields.map((field) => ({ digest: field.digest(), whole: field.gather() }));
  solver.free();
  for (const field of fields) field.free();
  return result;
}

/** Every set-up on splits of the world. */
function compareAll() {
  let turn = 7 * world.size;
  let pair = 0;
  for (const [shape, boundary, courantBoundary] of setups()) {
    const references = new Map();
    for (const split of splitsOf(shape, world.size, JSON.stringify(boundary).includes("extrapolated") ? 3 : 2)) {
      // Four ranks have many splits: every second one.
      if (!full && (world.size === 4 || isLarge(shape)) && pair++ % 2 === 1) continue;
      for (let time = 0; time < (full ? 2 * schemes.length : world.size > 1 ? 1 : 2); time++) {
        const scheme = schemes[turn++ % schemes.length];
        const halo = scheme.thirdOrderTerms || scheme.divergentFlow ? 2 : 1 + (turn % 2);
        const config = {
          shape,
          boundary,
          courantBoundary,
          scheme,
          withG: turn % 3 > 0,
          dtype: turn % 5 ? "f64" : "f32",
          halo,
        };
        const threads = isLarge(shape) ? [2, 3, 5][turn % 3] : 1;
        // Cells are computed while messages travel in three of four runs, in full with every scheme and split.
        const overlap = full ? time < schemes.length : counts.runs % 4 !== 3;
        const got = run(world, config, { split, threads }, overlap);
        counts.runs++;
        if (world.rank > 0) continue;
        const key = JSON.stringify(config);
        if (!references.has(key)) references.set(key, run(alone, config));
        for (const [index, { whole, digest }] of got.entries()) {
          const expected = references.get(key)[index];
          const [a, b] = [bitsOf(whole), bitsOf(expected.whole)];
          const differing = a.reduce((sum, bits, cell) => sum + Number(bits !== b[cell]), 0);
          assert.equal(
            differing,
            0,
            `${differing} cells of ${a.length} differ: ${key} split ${split}, ${threads} threads, overlap ${overlap}`,
          );
          assert.equal(digest, expected.digest);
          assert.ok(whole.every(Number.isFinite), `not finite: ${key}`);
          counts.cells += a.length;
        }
      }
    }
  }
}

/** What is wrong at one place of a wall is refused in the same words on every rank. */
function refuseAll() {
  const refuses = (make, message) => assert.throws(make, { name: "UsageError", message });
  for (const split of splitsOf([17, 13], world.size, 2)) {
    const grid = new Grid(world, { shape: [17, 13], split });
    const psi = grid.field(1);
    const through = (value) => [0, (x, y) => (x === 6.5 && y === 13 ? value : 0)];
    const text = (got) =>
      `Mpdata: "courant" expected 0 on the rigid wall y+, got ${got}. Set it to 0 there, or choose another condition.`;
    const boundary = { y: "rigid" };
    refuses(() => new Mpdata({ psi, courant: through(-0.25), boundary }), text("0.25"));
    refuses(() => new Mpdata({ psi, courant: through(Number.NaN), boundary }), text("a value that is not finite"));
    const signed = grid.field((x, y) => (x === 0.5 && y === 3.5 ? -0.5 : 1));
    refuses(
      () => new Mpdata({ psi: signed, courant: [0, 0], boundary: { "x-": "extrapolated" }, variableSign: true }),
      'Mpdata: "psi" expected values of at least 0 at the extrapolated wall x-, got a minimum of -0.5. Choose another condition, or add a constant to psi.',
    );
    for (const field of [psi, signed]) field.free();
  }
}

compareAll();
refuseAll();
if (world.rank === 0) console.log(JSON.stringify(counts));
