/**
 * Linear walls with one value a cell of the side, on all splits into 1 to all ranks: every cell, halos and corners
 * included, has the bits that it has on one rank. The argument is a module with `Grid`, `LinearWall` and `mpi`.
 */
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { forEachCell, splitsOf, switches } from "./grid-splits.mjs";

const { Grid, LinearWall, mpi } = await import(pathToFileURL(process.argv[2]).href);
const world = mpi.init();
const alone = world.split({ color: world.rank });
const halo = 2;
const counts = { grids: 0, cells: 0 };

/** A number that a place determines, of either sign, with digits that f32 has to round. */
function valueAt(seed, place) {
  let x = seed;
  for (const index of place) x = Math.imul(x ^ (index + 40), 0x9e3779b1) ^ (x >>> 13);
  return ((x >>> 0) / 2 ** 32 - 0.5) * 3.7;
}

/** Some forms of coefficients, in turn over the walls: arrays stand for one value a cell. */
const forms = [
  { a: "array", b: -1 },
  { a: "array", b: "array", c: "array" },
  { a: 0.3, b: "array" },
  { b: 1.7, c: "array" },
  { b: 1 },
  { a: "array" },
];

/** The part of this block of what a coefficient is along a side, halos of the other axes included. */
function coefficientOf(grid, axis, what, seed) {
  if (what !== "array") return what;
  const values = [];
  const low = grid.blockShape.map((_, along) => (along === axis ? 0 : grid.start[along] - halo));
  const high = grid.blockShape.map((n, along) => (along === axis ? 1 : grid.start[along] + n + halo));
  forEachCell(low, high, (place) => values.push(valueAt(seed, place)));
  return values;
}

/** A field with its halo set, after two exchanges: the second one finds the layers that the first has set. */
function filled(comm, { shape, periodic, dtype, turn }, split) {
  const grid = new Grid(comm, { shape, periodic, halo, split });
  const field = grid.field(0, { dtype });
  const cells = [];
  forEachCell(
    grid.start,
    grid.start.map((first, axis) => first + grid.blockShape[axis]),
    (place) => cells.push(valueAt(1, place)),
  );
  field.set(cells);
  const walls = shape.map((_, axis) =>
    ["low", "high"].flatMap((side, index) => {
      if (!grid.atWall(axis, side)) return [];
      return [-1, -2].map((layer) => {
        const number = turn + 4 * axis + 2 * index - layer;
        const coefficients = Object.fromEntries(
          Object.entries(forms[number % forms.length]).map(([name, what], term) => {
            return [name, coefficientOf(grid, axis, what, 10 * number + term)];
          }),
        );
        return new LinearWall({ field, axis, side }, { to: layer, near: layer + 1 }, coefficients);
      });
    }),
  );
  const fill = (axis) => {
    for (const wall of walls[axis]) wall.run();
  };
  const exchange = grid.halo([field], { fill });
  for (let repeat = 0; repeat < 2; repeat++) exchange.exchange();
  return {
    grid,
    field,
    free() {
      for (const part of [exchange, ...walls.flat(), field, grid]) part.free();
    },
  };
}

function compare(comm, setup, split) {
  const whole = filled(alone, setup);
  const part = filled(comm, setup, split);
  const { blockShape, start } = part.grid;
  forEachCell(
    blockShape.map(() => -halo),
    blockShape.map((n) => n + halo),
    (cell) => {
      const place = cell.map((index, axis) => index + start[axis]);
      const got = part.field.data[part.field.index(...cell)];
      const expected = whole.field.data[whole.field.index(...place)];
      if (!Object.is(got, expected)) assert.equal(got, expected, `cell [${place}] of ${part.grid}, ${setup.dtype}`);
      counts.cells++;
    },
  );
  counts.grids++;
  part.free();
  whole.free();
}

for (let ranks = 1; ranks <= world.size; ranks++) {
  const comm = world.split({ color: world.rank < ranks ? 0 : undefined });
  if (!comm) continue;
  let turn = 0;
  for (const shape of [[13], [7, 11], [5, 7, 6]]) {
    for (const periodic of switches(shape.length).slice(0, -1)) {
      for (const split of splitsOf(shape, ranks, halo)) {
        for (const dtype of ["f64", "f32"]) compare(comm, { shape, periodic, dtype, turn: turn++ }, split);
      }
    }
  }
  comm.free();
}
if (world.rank === 0) console.log(JSON.stringify(counts));
