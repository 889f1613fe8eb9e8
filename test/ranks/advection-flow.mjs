/**
 * Flows that change in time or come from fields, hooks, sources, diffusion and fitted steps: MPDATA on all splits of the
 * ranks equals MPDATA on one rank, bit for bit.
 */
import assert from "node:assert/strict";
import { Grid, Mpdata } from "wasm-mpi";
import { bitsOf, product, splitsOf } from "./grid-splits.mjs";
import { part } from "./part.mjs";

const world = part();
const alone = world.split({ color: world.rank });
const full = process.env.WASM_MPI_TEST_FULL === "1";
const tau = 2 * Math.PI;
const { sin, cos } = Math;
const counts = { runs: 0, cells: 0 };

const density = (x, y, z) => 1 + 0.15 * cos(tau * x) - 0.1 * sin(tau * (y + 2 * z));
const initials = [
  (x, y, z) => 1.1 + sin(tau * x + 0.3) * cos(tau * (y - z)),
  (x, y, z) => ((x - 0.4) ** 2 + (y - 0.6) ** 2 + (z - 0.5) ** 2 < 0.09 ? 3 + sin(50 * x * (1 + y)) : 0),
];
const speeds = (axes) =>
  [0.9, -0.7, 0.5].slice(0, axes).map((speed, axis) => (x, y, z, time) => {
    return speed * (0.4 + 0.6 * sin(tau * (x + y - z + 0.1 * axis) + 9 * time));
  });

/** Rates of change from a centred difference along each axis: they read halos. */
function rhs(fields, out) {
  for (const [number, psi] of fields.entries()) {
    const { grid, strides } = psi;
    const [first] = fields;
    const interior = out[number].interior();
    let place = 0;
    for (let i = 0; i < grid.blockShape[0]; i++) {
      for (let j = 0; j < (grid.blockShape[1] ?? 1); j++) {
        for (let k = 0; k < (grid.blockShape[2] ?? 1); k++) {
          const at = psi.index(i, j, k);
          let rate = 0.1 * first.data[at];
          for (const stride of strides)
            rate += 0.01 * (psi.data[at + stride] - 2 * psi.data[at] + psi.data[at - stride]);
          interior[place++] = rate;
        }
      }
    }
    out[number].set(interior);
  }
}

/** The velocity that a field has where it is a momentum and the first one a mass. */
function velocityOf(solver, fields) {
  const [mass, ...others] = solver.fields;
  for (const [axis, field] of fields.entries()) {
    const momentum = others[axis % others.length].interior();
    field.set(mass.interior().map((value, place) => 0.2 * sin(value + momentum[place] + axis)));
  }
}

/** Each makes options and takes the steps. */
const runs = {
  changing: (axes, dt) => [{ velocity: speeds(axes), dt }, (solver) => solver.advance(4)],
  fitted: (axes, dt) => [
    { velocity: speeds(axes), dt: 2 * dt, iterations: 3 },
    (solver) => solver.advanceTo(9.3 * dt, { maxCourant: 0.5 }),
  ],
  set: (axes) => [
    {
      courant: new Array(axes).fill(0),
      before: (solver) =>
        solver.setCourant(speeds(axes).map((speed) => (x, y, z) => 0.2 * speed(x, y, z, solver.time))),
    },
    (solver) => solver.advance(4),
  ],
  extrapolated: (axes, dt, velocity) => [
    {
      velocity: new Array(axes).fill(0),
      dt: 4 * dt,
      nonoscillatory: true,
      variableSign: true,
      before(solver) {
        velocityOf(solver, velocity);
        solver.setVelocity(velocity, { extrapolate: true });
      },
      source: { scheme: "trapezoidal", rhs },
    },
    (solver) => solver.advanceTo(9 * dt, { maxCourant: 0.4 }),
  ],
  euler: (axes, dt) => [
    { velocity: speeds(axes), dt, source: { scheme: "euler", rhs } },
    (solver) => solver.advance(4),
  ],
  diffusive: (axes, dt, _velocity, grid) => [
    {
      velocity: speeds(axes),
      dt,
      mu: grid.spacing.map((dx, axis) => ((0.05 + 0.02 * axis) * dx ** 2) / dt),
      iterations: 3,
    },
    (solver) => solver.advance(4),
  ],
  smooth: (axes, dt, _velocity, grid) => [
    {
      courant: [0.31, -0.23, 0.17].slice(0, axes),
      dt,
      mu: grid.spacing.map((dx) => (0.07 * dx ** 2) / dt),
      nonoscillatory: true,
      thirdOrderTerms: true,
      divergentFlow: true,
    },
    (solver) => solver.advance(4),
  ],
  stream: (axes, dt) =>
    axes === 2 && [
      { stream: (x, y, _z, time) => 0.2 * sin(tau * x + time) * sin(tau * y), dt, divergentFlow: true },
      (solver) => solver.advance(4),
    ],
  dpdc: (axes) =>
    axes === 1 && [
      { courant: [(x) => 0.3 + 0.2 * sin(tau * x)], nonoscillatory: true, dpdc: true, iterations: 3 },
      (solver) => solver.advance(4),
    ],
};

function run(comm, { name, shape, split, periodic, g, dtype, overlap = false }) {
  const bounds = shape.map(() => [0, 1]);
  const grid = new Grid(comm, { shape, periodic, bounds, ...(split ? { split } : {}) });
  const fields = initials.map((initial) => grid.field(initial, { dtype }));
  const velocity = shape.map(() => grid.field());
  const dt = 0.25 * Math.min(...grid.spacing);
  const [options, go] = runs[name](shape.length, dt, velocity, grid);
  // Open walls take what makes their cells free of divergence; in corners that can be more than is stable.
  const solver = new Mpdata({
    psi: fields,
    maxCourant: 4,
    overlap,
    ...options,
    ...(g && !options.dpdc ? { g: density } : {}),
  });
  go(solver);
  const wholes = fields.map((field) => field.gather());
  const result = {
    wholes,
    steps: solver.steps,
    time: solver.time,
    numbers: [solver.courantNumber(), solver.divergence()],
  };
  for (const object of [solver, ...fields, ...velocity]) object.free();
  grid.free();
  return result;
}

const references = new Map();
let turn = 0;
for (const shape of [[37], [17, 14], [9, 8, 7]]) {
  for (const name of Object.keys(runs)) {
    if (!runs[name](shape.length, 1, [], { spacing: shape.map(() => 1) })) continue;
    const splits = splitsOf(shape, world.size, 2);
    // Of many ways to cut, another one for each of the runs.
    for (const split of full || splits.length < 4
      ? splits
      : [0, 1].map((step) => splits[(turn + step) % splits.length])) {
      for (const variant of full ? [0, 1, 2, 3, 4, 5, 6, 7] : [turn % 8]) {
        turn += 3;
        const periodic = shape.map((_, axis) => ((variant >> 1) + axis) % 2 === 0);
        const config = { name, shape, periodic, g: variant % 2 === 0, dtype: variant >= 6 ? "f32" : "f64" };
        const overlap = full ? variant % 3 < 2 : counts.runs % 4 !== 3;
        const got = run(world, { ...config, split, overlap });
        counts.runs++;
        if (world.rank !== 0) continue;
        const key = JSON.stringify(config);
        if (!references.has(key)) references.set(key, run(alone, config));
        const expected = references.get(key);
        const where = JSON.stringify({ ...config, split, overlap });
        for (const [index, whole] of got.wholes.entries()) {
          assert.deepEqual(bitsOf(whole), bitsOf(expected.wholes[index]), where);
          assert.ok(whole.every(Number.isFinite), where);
        }
        assert.deepEqual(
          [got.steps, got.time, ...got.numbers],
          [expected.steps, expected.time, ...expected.numbers],
          where,
        );
        counts.cells += 2 * product(shape);
      }
    }
  }
}

// What is wrong in one cell is refused in the same words on every rank, and no rank waits; the flow stays.
for (const split of splitsOf([12, 9], world.size, 2)) {
  const grid = new Grid(world, { shape: [12, 9], split, periodic: true });
  const psi = grid.field(1);
  const face = (value) => (x, y) => (x === 4 && y === 7.5 ? value : 0);
  const solver = new Mpdata({ psi, courant: [0.25, (_x, _y, _z, time) => 0.1 * time] });
  const refuses = (run, got, option = "courant") =>
    assert.throws(run, {
      name: "UsageError",
      message: `Mpdata: "${option}" expected an outflow of at most 1 a step from each cell, got ${got}. ${/not finite/.test(got) ? "Mend the flow there." : "Take a smaller time step."}`,
    });
  refuses(() => solver.setCourant([face(Number.NaN), 0]), "a value that is not finite at [3, 7], most of it along x");
  refuses(() => solver.setCourant([face(-1.25), 0]), "1.25000 at [4, 7], most of it along x");
  refuses(() => solver.advance(20), "1.10000 at [0, 0], most of it along y");
  assert.equal(solver.steps, 8);
  const fast = grid.field(0);
  if (psi.grid.coords.every((place, axis) => place === split[axis] - 1))
    fast.data[fast.index(...grid.blockShape.map((n) => n - 1))] = 3;
  refuses(() => solver.setVelocity([fast, grid.field(0)]), "1.50000 at [10, 8], most of it along x", "velocity");
  for (const object of [solver, psi, fast]) object.free();
  grid.free();
}
if (world.rank === 0) console.log(JSON.stringify(counts));
