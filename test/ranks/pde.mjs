/**
 * Equations on all splits of some grids, of sizes that no number of ranks divides: every field has the bits that it has on
 * one rank. Prints how many runs were compared.
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  callback,
  evaluate,
  Grid,
  kymograph,
  movie,
  mpi,
  Output,
  Pde,
  picture,
  probe,
  solveLaplace,
  solvePoisson,
  storage,
} from "wasm-mpi";
import { splitsOf } from "./grid-splits.mjs";
import { part } from "./part.mjs";
import { alike } from "./pde-alike.mjs";

mpi.init();
const comm = part();
const alone = comm.split({ color: comm.rank });

const square = { shape: [13, 11], bounds: [[0, 2], [-1, 1]], periodic: [true, false] }; // biome-ignore format: a table
const wrapped = { shape: [13, 11], periodic: true };
const walls = { shape: [11, 13], bounds: [[0, 1], [0, 2]] }; // biome-ignore format: a table
const line = { shape: [23], periodic: true, halo: 4 };
const box = { shape: [7, 9, 8], periodic: [false, true, false] };
const tube = {
  shape: [11, 13],
  coordinates: "cylindrical",
  faces: { r: (s) => 0.5 + s * (2 - s), z: (s) => s + s ** 2 },
  periodic: [false, true],
};
const ball = { shape: [23], bounds: [[0, 2]], coordinates: "spherical" };
const layers = { shape: [13, 11], faces: { x: (s) => 3 * s + Math.sin(s), y: (s) => s ** 2 } };
const wave = { c: "sin(3*x) + cos(2*y) * x" };

/** Each: equations, options of `Pde`, a grid, options of `solve`. */
const cases = {
  "Cahn-Hilliard": [{ c: "laplace(c^3 - c - laplace(c))" }, {}, wrapped, { initial: { c: "0.1*noise()" }, dt: 0.01 }],
  "stages with walls": [
    { c: "laplace(mu)" },
    { define: { mu: "c^3 - c - laplace(c)" }, boundary: { c: { "y-": { value: 0.1 } }, mu: { y: { curvature: 1 } } } },
    square,
    { initial: wave, dt: 1e-6, stepper: "rk4" },
  ],
  corners: [
    { c: "laplace9(c) + 0.1*d2_dxdy(c)" },
    { boundary: { "x-": { value: "sin(y)" } } },
    walls,
    { initial: wave, dt: 1e-4 },
  ],
  "corners of periodic axes": [{ c: "laplace9(c)" }, {}, wrapped, { initial: wave, dt: 0.1, stepper: "ssprk3" }],
  "texts of sides": [
    { u: "laplace(u) - v", v: "0.2*laplace(v) + u" },
    {
      boundary: {
        u: { "x-": { value: "cos(t) + y" }, "x+": { derivative: "0.1 * (1 - u) + integral(u*v)" } },
        v: { y: { mixed: "1 + x", const: "max(u) + t" } },
        "*": { y: { derivative: "v - average(u)" } },
      },
    },
    walls,
    { initial: { u: "x*y", v: "cos(x)" }, dt: 1e-4, stepper: "rk4" },
  ],
  integrals: [
    { c: "laplace(c) + c - integral(c^2) - max(c)" },
    {},
    walls,
    { initial: wave, dt: 1e-3, stepper: "adams-bashforth" },
  ],
  complex: [
    { psi: "i*laplace(psi)/2 - abs(psi)^2*i*psi" },
    { boundary: { y: { mixed: "1 + i", const: "x" } } },
    square,
    { initial: { psi: "exp(-x^2) * (cos(y) + i*sin(y))" }, dt: 1e-3, stepper: "rk4" },
  ],
  "order 8": [
    { u: "-u*d_dx(u) + laplace(u)" },
    { order: 8 },
    line,
    { initial: { u: "sin(pi*x/11.5)" }, dt: 0.05, stepper: "rk4" },
  ],
  antiperiodic: [{ u: "laplace(u)" }, { boundary: { x: "antiperiodic" } }, line, { initial: { u: "cos(x)" }, dt: 0.1 }],
  "three axes": [
    { c: "div((1 + c^2) * grad(c)) + d2_dxdz(c)" },
    { boundary: { x: { derivative: "z" }, "z+": { value: 1 } } },
    box,
    { initial: { c: "sin(x + y*z)" }, dt: 0.01 },
  ],
  "cells beyond two ends of a box": [
    { c: "laplace(c) + d2_dxdz(c)" },
    { boundary: { "x-": { derivative: 1 }, "x+": { value: 2 }, z: { mixed: 2, const: 1 } } },
    { shape: [5, 18, 6], periodic: [false, true, false] },
    { initial: { c: "sin(x + y*z)" }, dt: 0.01 },
  ],
  "numbers of 32 bits": [{ c: "laplace(c) + sin(c)" }, {}, square, { initial: wave, dt: 1e-4, dtype: "f32" }],
  adaptive: [
    { c: "laplace(c) - c^3" },
    { limit: { c: "min(c, 0.7)" }, stop: "max(c) < 0.1" },
    walls,
    { initial: wave, dt: 1e-5, stepper: "rkf45", until: 0.01 },
  ],
  "second derivatives": [
    { u_tt: "laplace(u)" },
    { points: [{ field: "u", at: [3, 4], source: "sin(t)" }] },
    wrapped,
    { initial: { u: "cos(x)", u_t: "sin(y)" }, dt: 0.1 },
  ],
  "super time stepping": [
    { c: "div((1 + 0.1*x) * grad(c))" },
    { boundary: { x: { value: "y" } } },
    walls,
    { initial: wave, dt: 0.02, stepper: "rkl2" },
  ],
  variances: [
    { c: "laplace(c)" },
    { noise: { c: "0.1 + c^2" }, interpretation: "stratonovich" },
    wrapped,
    { initial: wave, dt: 0.01, stepper: "milstein" },
  ],
  "a step by itself": [{ c: "(1 + c^2) * laplace(c)" }, {}, square, { initial: wave, dt: "auto", until: 0.005 }],
  "implicit steps": [
    { c: "laplace(c) - 0.1*laplace(laplace(c)) - c^3 + x" },
    { boundary: { y: { value: "t" } } },
    square,
    { initial: wave, dt: 0.01, stepper: "crank-nicolson" },
  ],
  masks: [
    { c: "laplace(c^3 - c - 0.1*laplace(c)) - 0.1*average(c)" },
    { mask: { open: "hypot(x - 6, y - 5) > 2.2", faces: { derivative: 0 } } },
    wrapped,
    { initial: { c: "sin(x) * cos(y)" }, dt: 0.01, stepper: "rk4" },
  ],
  "masks that change": [
    { c: "laplace(c) + c - c^3" },
    { mask: { open: "c + 1e-4 * laplace(c) > 0.2 * sin(40 * t)", faces: { value: 0.1 }, dynamic: true } },
    square,
    { initial: wave, dt: 0.01, stepper: "rkf45", until: 0.05 },
  ],
  "implicit steps with a mask": [
    { c: "laplace(c) - c^3" },
    { mask: { open: "hypot(x - 1, y) > 0.4", faces: { derivative: 0 } }, boundary: { y: { value: "t" } } },
    square,
    { initial: wave, dt: 0.02, stepper: "implicit" },
  ],
  "a stretched tube": [
    { c: "laplace(c^3 - c - 0.01*laplace(c)) + div((1 + c^2) * grad(c)) + divergence(vector(c, r*z)) - average(c)" },
    { boundary: { "r-": { value: "sin(z)" }, "r+": { mixed: "1 + z", const: "c" } }, noise: { c: 0.1 } },
    tube,
    { initial: { c: "r*cos(z)" }, dt: 1e-7, stepper: "euler" },
  ],
  "the steps of a ball": [
    { c: "laplace(c) + gradient_squared(c) - integral(c)" },
    { boundary: { "r-": { derivative: "t" } }, points: [{ field: "c", at: [1.1], source: "cos(t)" }] },
    ball,
    { initial: { c: "cos(r)" }, dt: "auto", stepper: "rk4", until: 0.01 },
  ],
  "layers of fluid": [
    { u: "laplace(u) - d_dx(p)", p: "-u*d2_dx2(p) + laplace(p)" },
    { boundary: { y: { value: "x" } } },
    layers,
    { initial: { u: "x*y", p: "cos(x)" }, dt: 1e-4, stepper: "crank-nicolson" },
  ],
  "a flow that carries along": [
    { c: "0.05*laplace(c) - 0.1*c", d: "0.1*c" },
    {
      advection: {
        c: { velocity: { x: "0.3*cos(pi*y) * (1 + t)", y: "0.2 - t*x" }, iterations: 3, thirdOrderTerms: true },
      },
    },
    square,
    { initial: { c: "sin(pi*x) + y", d: 1 }, dt: 0.02, stepper: "rk4" },
  ],
  noise: [{ c: "laplace(c) + noise(seed = 3) * noise()" }, {}, wrapped, { initial: wave, dt: 0.01 }],
  "two steps at once": [{ c: "laplace9(c) + x * sin(y + t) * c" }, {}, wrapped, { initial: wave, dt: 0.01 }],
  "products in one pass": [{ c: "laplace((1 + x) * c)" }, {}, wrapped, { initial: wave, dt: 1e-3 }],
};

async function digests(comm, [equations, options, shape, solve], split, threads = 1, overlap = false) {
  const grid = new Grid(comm, { ...shape, threads, ...(split && { split }) });
  const eq = new Pde(equations, options);
  const { fields } = await eq.solve({ grid, until: 5 * solve.dt, stability: "ignore", overlap, ...solve });
  const all = Object.values(fields).flatMap((field) => (field.re ? [field.re, field.im] : [field]));
  const first = all[0];
  const boundary = Object.fromEntries(
    grid.shape.flatMap((_, axis) =>
      grid.periodic[axis] ? [] : [[grid.axes[axis].name, { derivative: "integral(c) * t" }]],
    ),
  );
  const vector = await evaluate("gradient(c)", { grid, fields: { c: first }, boundary, t: 2 });
  const digests = [...all, ...vector].map((field) => field.digest());
  for (const field of [...all, ...vector]) field.free();
  return digests;
}

/** What a run on rank 0 alone gives: on each rank it would take as long as the runs that are compared with it. */
const onRank0 = async (run) => comm.bcastObject(comm.rank === 0 ? await run() : undefined);
const expectedOf = (entry) => onRank0(() => digests(alone, entry));

/** A run that one rank begins and all go on with, and its digest. */
async function continued(comm, path, options = {}, beside = true) {
  const grid = new Grid(comm, wrapped);
  const eq = new Pde({ c: "laplace(c) + 0.1*noise()" });
  const track = [storage(path, { every: 0.2, beside })];
  const solve = { grid, initial: { c: "noise(seed = 1)" }, dt: 0.01, stepper: "adams-bashforth", track };
  const { fields } = await eq.solve({ ...solve, ...options });
  return fields.c.digest();
}

/** What points and lines have, what is drawn, and where a run ends that one rank interrupts. */
async function watched(comm, path) {
  const grid = new Grid(comm, walls);
  const points = [[0, 0], [0.5, 1], [1, 2], [6 / 11, 1.3]]; // biome-ignore format: a table
  const looks = probe(points, { steps: 1, values: { c: "c", slope: "d_dx(c)" } });
  const lines = kymograph(`${path}.lines.png`, { axis: "y", at: [0.5, 1], steps: 1 });
  const drawn = picture(`${path}.*.png`, { value: "c^2", steps: 2 });
  const film = movie(`${path}.film.png`, { steps: 2 });
  const controller = new AbortController();
  const aborts = callback(({ step }) => {
    if (step === 3 && comm.rank === comm.size - 1) controller.abort();
  }, { steps: 1 }); // biome-ignore format: the steps belong to it
  const eq = new Pde({ c: "laplace(c)" }, { mask: "x > 0.1" });
  const solve = {
    grid,
    initial: { c: "sin(5*x) + y" },
    until: 1,
    dt: 1e-3,
    track: [looks, lines, drawn, film, aborts],
  };
  const { steps, stopped, fields } = await eq.solve({ ...solve, signal: controller.signal });
  assert.deepEqual([steps, stopped], [3, "interrupt"]);
  const files =
    comm.rank === 0 ? ["lines", "film", "00000", "00002"].map((name) => readFileSync(`${path}.${name}.png`)) : [];
  const fails = callback(({ step }) => {
    if (step === 2 && comm.rank === comm.size - 1) throw new RangeError("local");
  }, { steps: 1 }); // biome-ignore format: the steps belong to it
  const broken = eq.solve({ ...solve, track: [storage(`${path}.broken.h5`), fails] });
  await assert.rejects(broken, { name: "RangeError", message: "local" });
  const throws = callback(() => {
    if (comm.rank === comm.size - 1) throw Object.create(null);
  });
  const strange = await eq.solve({ ...solve, track: [throws] }).catch((error) => error);
  if (comm.rank === comm.size - 1) assert.equal(Object.getPrototypeOf(strange), null);
  else assert.equal(strange.message, "an object that is no text");
  // A folder where the picture was to be: all ranks are told, and the file is closed.
  const occupied = `${path}.folder.png`;
  const spoils = callback(() => comm.rank === 0 && mkdirSync(occupied, { recursive: true }) && undefined);
  const spoilt = [kymograph(occupied), storage(`${path}.spoilt.h5`), spoils];
  const failed = eq.solve({ ...solve, until: 0.01, track: spoilt });
  await assert.rejects(failed, { name: "FileError", message: /^plot: expected a path .* \(EISDIR\)/ });
  // A file that is gone while another thread writes: all ranks are told, and the state is that of the last frame that counted.
  const gone = `${path}.gone.h5`;
  const removes = callback(({ step }) => step === 4 && comm.rank === 0 && rmSync(gone) && undefined, { steps: 1 });
  const lost = eq.solve({ ...solve, until: 0.01, track: [storage(gone, { steps: 2, beside: true }), removes] });
  await assert.rejects(lost, {
    name: "FileError",
    message: /\.gone\.h5": expected the file that this run made, got none\./,
  });
  comm.barrier();
  const state = await Output.append(grid, `${path}.gone.restart.h5`);
  assert.deepEqual([...state.times], [0.002]);
  await state.close();
  const output = await Output.append(grid, `${path}.spoilt.h5`);
  assert.deepEqual([...output.times], [0, 0.01]);
  await output.close();
  return [looks.rows, lines.lines, fields.c.digest(), files.map((bytes) => bytes.toString("base64"))];
}

/** The solution of Poisson's equation. */
async function poisson(comm, on = walls, [x, y] = "xy") {
  const grid = new Grid(comm, on);
  const rhs = await evaluate(`${x}*${y} + cos(${x})`, { grid });
  const boundary = { [`${x}-`]: { value: y }, [`${x}+`]: { mixed: 2, const: 1 } };
  const solutions = [];
  for (const method of ["cg", "pseudo-transient"]) {
    solutions.push(await solvePoisson(rhs, { boundary, method }), await solveLaplace(grid, { boundary, method }));
  }
  return solutions.map((solution) => solution.digest());
}

/** Blocks of one shape: those of a grid as large as all of them. */
function blocks(comm) {
  const grid = new Grid(comm, { localShape: [5, 4], periodic: [true, false], bounds: [[0, 2], [0, 1]] }); // biome-ignore format: a table
  assert.deepEqual(grid.blockShape, [5, 4]);
  assert.equal(grid.shape[0] * grid.shape[1], 20 * comm.size);
  const { shape, split, periodic, bounds } = grid;
  const digest = (grid) => grid.field((x, y) => x - 2 * y).digest();
  assert.equal(digest(grid), digest(new Grid(comm, { shape, split, periodic, bounds })));
}

const full = process.env.WASM_MPI_TEST_FULL === "1";
let runs = 0;
if (comm.size > 1) await alike(comm);
blocks(comm);
assert.deepEqual(await poisson(comm), await onRank0(() => poisson(alone)), "Poisson's equation");
const inTube = await onRank0(() => poisson(alone, tube, "rz"));
assert.deepEqual(await poisson(comm, tube, "rz"), inTube, "Poisson's equation in a tube");
const folder = comm.bcastObject(comm.rank === 0 ? mkdtempSync(join(tmpdir(), "wasm-mpi-pde-")) : undefined);
const seen = [await watched(comm, join(folder, "all")), await onRank0(() => watched(alone, join(folder, "rank0")))];
assert.deepEqual(seen[0], comm.rank === 0 ? seen[1] : [...seen[1].slice(0, 3), []], "what trackers see");
const expectedRest = comm.rank === 0 ? await continued(alone, join(folder, "whole.h5"), { until: 0.5 }, false) : "";
if (comm.rank === 0) await continued(alone, join(folder, "part.h5"), { until: 0.4 });
comm.barrier();
const restart = join(folder, "part.restart.h5");
const rest = await continued(comm, join(folder, "part.h5"), { until: 0.5, restart });
if (comm.rank === 0) assert.equal(rest, expectedRest, "a restart on another number of ranks");
if (comm.rank === 0) rmSync(folder, { recursive: true });
for (const [name, entry] of Object.entries(cases)) {
  const { shape, halo = 2 } = entry[2];
  const expected = await expectedOf(entry);
  for (const split of splitsOf(shape, comm.size, halo)) {
    // Cells are computed while messages travel in three of four runs.
    for (const overlap of full ? [true, false] : [runs % 4 !== 3]) {
      const what = `${name}, ${split.join(" x ")}, overlap ${overlap}`;
      assert.deepEqual(await digests(comm, entry, split, 1, overlap), expected, what);
      runs++;
    }
  }
}

// Threads inside the ranks, on blocks that are large enough for them, of cells of the same size.
const threaded = [
  ...[
    "Cahn-Hilliard",
    "stages with walls",
    "corners",
    "texts of sides",
    "integrals",
    "complex",
    "order 8",
    "three axes",
  ],
  ...["numbers of 32 bits", "second derivatives", "variances", "masks", "noise", "two steps at once"],
  "products in one pass",
];
for (const [index, name] of threaded.entries()) {
  // Threads on ranks that share cores take long: a third of the equations on each number of ranks outside the full tests.
  if (!full && comm.size > 1 && index % 3 !== comm.size % 3) continue;
  const [equations, options, { shape, bounds, ...rest }, solve] = cases[name];
  const factor = Math.ceil((10_500 / shape.reduce((product, n) => product * n)) ** (1 / shape.length));
  const scaled = bounds && { bounds: bounds.map((ends) => ends.map((end) => factor * end)) };
  const large = { ...rest, shape: shape.map((n) => factor * n), ...scaled };
  const entry = [equations, options, large, solve];
  const splits = splitsOf(large.shape, comm.size, rest.halo ?? 2);
  const threads = [2, 3, 5][Math.floor(index / 3 + comm.size) % 3];
  const expected = await expectedOf(entry);
  const got = await digests(comm, entry, splits[index % splits.length], threads, index % 2 === 0);
  assert.deepEqual(got, expected, `${name}, ${threads} threads`);
  runs++;
}
if (comm.rank === 0) console.log(JSON.stringify({ runs }));
