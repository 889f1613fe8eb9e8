/**
 * MPDATA on all splits of the ranks equals MPDATA on one rank, bit for bit. Each configuration runs once on a
 * communicator of one rank and once on each split; the gathered fields are compared as integers.
 *
 * WASM_MPI_TEST_FULL=1 runs the whole product of the choices, otherwise each split meets every choice and most pairs
 * of choices.
 */
import assert from "node:assert/strict";
import { Grid, Mpdata } from "wasm-mpi";
import { bitsOf, splitsOf, switches } from "./grid-splits.mjs";
import { part } from "./part.mjs";

const world = part();
const alone = world.split({ color: world.rank });
const full = process.env.WASM_MPI_TEST_FULL === "1";
const tau = 2 * Math.PI;
const counts = { runs: 0, cells: 0 };

/** A flow with no value in {0, 0.5, 1}; the varying one changes sign and diverges. */
const flows = {
  constant: (axes) => [0.31, -0.23, 0.17].slice(0, axes),
  varying: (axes) =>
    [0.29, -0.27, 0.21].slice(0, axes).map((c, axis) => (x, y, z) => {
      const phase = [x, y, z].reduce((sum, s, along) => sum + (1 + ((axis + along) % 2)) * s, 0.1 * axis);
      return c * (0.35 + 0.65 * Math.sin(tau * phase));
    }),
};
const factors = {
  none: undefined,
  varying: (x, y, z) => 1 + 0.15 * Math.cos(tau * x) - 0.1 * Math.sin(tau * (y + 2 * z)),
};
/** Smooth; and mostly zero with sharp edges, where fractions are at their worst. */
const initials = [
  (x, y, z) => 1.1 + Math.sin(tau * x + 0.3) * Math.cos(tau * (y - z)),
  (x, y, z) => ((x - 0.4) ** 2 + (y - 0.6) ** 2 + (z - 0.5) ** 2 < 0.09 ? 3 + Math.sin(50 * x * (1 + y)) : 0),
];

/** Options of the scheme, those that read a halo of 2 last; used in turn. */
const schemes = [
  {},
  { nonoscillatory: true },
  { infiniteGauge: true },
  { infiniteGauge: true, nonoscillatory: true },
  { variableSign: true, nonoscillatory: true },
  { dimensionallySplit: true, nonoscillatory: true },
  { thirdOrderTerms: true },
  { thirdOrderTerms: true, nonoscillatory: true },
  { thirdOrderTerms: true, divergentFlow: true, nonoscillatory: true },
  { thirdOrderTerms: true, infiniteGauge: true, divergentFlow: true, nonoscillatory: true },
  { thirdOrderTerms: true, divergentFlow: true, variableSign: true },
];
let schemeTurn = 0;
function schemeFor(iterations, halo) {
  return iterations === 1 ? {} : schemes[schemeTurn++ % (halo >= 2 ? schemes.length : 6)];
}
// More than two passes of the gauge are worth comparing, not recommending.
process.removeAllListeners("warning");

/** Grids are shared by the runs on them: making a communicator takes longer than a run. */
const grids = new Map();
function gridOf(comm, { shape, split, periodic, halo, threads = 1 }) {
  const key = JSON.stringify([comm === world, shape, split, periodic, halo, threads]);
  if (!grids.has(key)) {
    const bounds = shape.map(() => [0, 1]);
    grids.set(key, new Grid(comm, { shape, periodic, halo, bounds, threads, ...(split ? { split } : {}) }));
  }
  return grids.get(key);
}

function run(comm, config) {
  const { shape, flow, factor, iterations, scheme, steps } = config;
  const grid = gridOf(comm, config);
  const fields = initials.map((initial) => grid.field(initial, { dtype: config.dtype }));
  const g = factors[factor];
  // Open walls take what makes their cells free of divergence; in corners that can be more than is stable.
  const solver = new Mpdata({
    psi: config.many ? fields : fields[config.number],
    courant: flows[flow](shape.length),
    iterations,
    ...scheme,
    maxCourant: 4,
    overlap: config.overlap,
    ...(g ? { g } : {}),
  });
  solver.advance(1);
  solver.advance(steps - 1);
  const used = config.many ? fields : [fields[config.number]];
  const result = used.map((field) => ({ digest: field.digest(), whole: field.gather(config.root) }));
  solver.free();
  for (const field of fields) field.free();
  return result;
}

/** The choices of a shape and split; every `stride`-th of the product, from `first` on. */
function* configsOf(shape, walls, halo, first, stride) {
  let number = 0;
  for (const iterations of [1, 2, 3, 4]) {
    for (const periodic of walls) {
      for (const flow of Object.keys(flows)) {
        for (const factor of Object.keys(factors)) {
          if (number++ % stride !== first % stride) continue;
          const many = number % 3 === 0;
          const dtype = number % 5 === 0 ? "f32" : "f64";
          const scheme = schemeFor(iterations, halo);
          const choice = { shape, periodic, halo, flow, factor, iterations, scheme, many, dtype };
          yield { ...choice, number: number % 2, steps: 4, root: 0 };
        }
      }
    }
  }
}

const references = new Map();
function reference(config) {
  const { split: _, root: __, threads: ___, overlap: ____, ...rest } = config;
  const key = JSON.stringify(rest);
  if (!references.has(key)) references.set(key, run(alone, { ...rest, root: 0 }));
  return references.get(key);
}

/** Three of four, and in full all, compute cells while messages travel. */
function compare(config) {
  const overlaps = full ? [true, false] : [counts.runs % 4 !== 3];
  for (const overlap of overlaps) compareOne({ ...config, overlap, root: counts.runs++ % world.size });
}

function compareOne(config) {
  const got = run(world, config);
  if (world.rank !== config.root) return;
  const expected = reference(config);
  for (const [index, { whole, digest }] of got.entries()) {
    const [a, b] = [bitsOf(whole), bitsOf(expected[index].whole)];
    const differing = a.reduce((sum, bits, cell) => sum + Number(bits !== b[cell]), 0);
    assert.equal(differing, 0, `${differing} cells of ${a.length} differ: ${JSON.stringify(config)}`);
    assert.equal(digest, expected[index].digest);
    assert.ok(whole.every(Number.isFinite), `not finite: ${JSON.stringify(config)}`);
    counts.cells += a.length;
  }
}

const shapes = [[61], [61, 47], [23, 19, 17]];
// Grids whose blocks are as thin as they may be, and an axis of one cell.
for (const split of splitsOf([world.size, world.size], world.size, 1)) shapes.push(split.map((n) => n + (n > 1)));
shapes.push([world.size, 1], [world.size, 3, 2], [2, world.size + 1, 3]);

let turn = 0;
for (const [index, shape] of shapes.entries()) {
  const all = switches(shape.length);
  const walls = full || shape.length < 3 ? all : [all.at(-1), all[0], all[5], all[2]];
  const stride = full ? 1 : index === 0 ? 5 : 11;
  for (const halo of full ? [1, 2, 3] : [index === 1 ? 3 : 1 + (index % 2)]) {
    if (shape.some((n) => n < halo)) continue;
    for (const split of splitsOf(shape, world.size, halo)) {
      for (const config of configsOf(shape, walls, halo, turn++, stride)) {
        compare({ ...config, split });
      }
    }
  }
}

// Blocks whose interior is computed in several slabs, between which messages travel.
for (const shape of [[180_001], [601, 311], [45, 62, 53]]) {
  if (!full && world.size > 2) continue;
  const splits = splitsOf(shape, world.size, 2);
  for (const split of full ? splits : [splits[turn % splits.length]]) {
    for (const config of configsOf(shape, [switches(shape.length)[1]], 2, turn++, full ? 3 : 16)) {
      compareOne({ ...config, split, overlap: true, root: counts.runs++ % world.size });
    }
  }
}

// Threads inside the ranks, on blocks that are large enough for them.
for (const shape of [
  [112, 95],
  [24, 23, 20],
]) {
  const walls = switches(shape.length);
  for (const [index, split] of splitsOf(shape, world.size, 2).entries()) {
    // Threads on ranks that share cores take long: many of these jobs have one shape outside the full tests.
    if (!full && (index % 2 === 1 || (world.size > 2 && shape.length === 2))) continue;
    // All of them in turn, where there are not all in full.
    for (const threads of full ? [2, 3, 5] : [[2, 3, 5][(shape.length + index / 2) % 3]]) {
      for (const config of configsOf(shape, [walls.at(-1), walls[1]], 2, turn++, full ? 5 : 9)) {
        compare({ ...config, split, threads });
      }
    }
  }
}
if (world.rank === 0) console.log(JSON.stringify(counts));
