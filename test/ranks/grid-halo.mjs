/**
 * Halo exchanges of coordinate-encoded values: every grid, split, halo, width and choice of periodic axes.
 *
 * Before an exchange the cells of the block hold the code of their place in the grid, and so do the cells beyond the
 * walls of the grid that the block touches: no neighbour sends those, but neighbours across other axes share them.
 * All others hold `unset`.
 */
import assert from "node:assert/strict";
import { Grid } from "wasm-mpi";
import { forEachCell, splitsOf, switches } from "./grid-splits.mjs";
import { part } from "./part.mjs";

const world = part();
const full = process.env.WASM_MPI_TEST_FULL === "1";
const unset = -5;
const counts = { grids: 0, exchanges: 0, cells: 0 };

/** What belongs in a cell, by its global indices; and by the field's number and a generation. */
const codeOf = (place) => place.reduce((sum, index, axis) => sum + (index + 10) * 100 ** axis, 0);
const label = (number, generation) => 1e7 * number + 1e9 * generation;

/** The padded block of a grid, cell by cell in the order of memory. */
function padding(grid) {
  const { blockShape, haloWidth: h, shape, start, periodic } = grid;
  const cells = [];
  const low = blockShape.map(() => -h);
  const high = blockShape.map((n) => n + h);
  forEachCell(low, high, (index) => {
    const cell = [...index];
    const out = cell.map((i, axis) => Math.max(-i, i - blockShape[axis] + 1, 0));
    // The axes along which it lies beyond a wall of the grid.
    const beyond = cell.map((i, axis) => out[axis] > 0 && grid.atWall(axis, i < 0 ? "low" : "high"));
    // The place in the grid that it mirrors; places beyond walls are their own.
    const image = cell.map((i, axis) => {
      const place = start[axis] + i;
      return periodic[axis] ? (place + shape[axis]) % shape[axis] : place;
    });
    const depth = Math.min(...cell.map((i, axis) => Math.min(i, blockShape[axis] - 1 - i)));
    const isOwn = out.every((distance, axis) => distance === 0 || beyond[axis]);
    cells.push({ cell, out, far: Math.max(...out), beyond, image, code: codeOf(image), depth, isOwn });
  });
  return cells;
}

function encode(cells, { data }, added) {
  for (const [at, { isOwn, code }] of cells.entries()) data[at] = isOwn ? code + added : unset;
}

/**
 * Checks every cell, corners and edges included: within the width the image. Farther out it may be there as well, as
 * whole contiguous slabs are sent, or not.
 */
function check(cells, { data }, added, width, where) {
  counts.cells += cells.length;
  for (const [at, { cell, code, isOwn, far }] of cells.entries()) {
    if (data[at] === code + added || (data[at] === unset && !isOwn && far > width)) continue;
    assert.equal(data[at], code + added, `cell [${cell}], ${where()}`);
  }
}

function exchangeAll(grid, cells, width, many) {
  const fields = Array.from({ length: many }, () => grid.field());
  const halo = grid.halo(fields, { width });
  const where = () => `width ${width}, ${many} fields, on rank ${grid.comm.rank}: ${grid}`;
  const each = (run) => {
    for (const [number, field] of fields.entries()) run(field, number);
  };
  each((field, number) => encode(cells, field, label(number, 1)));
  halo.exchange();
  each((field, number) => check(cells, field, label(number, 1), width, where));
  // Again, with the interior written between start and wait: all but the outermost layers, which are being sent.
  const rewrite = (value) => {
    each(({ data }, number) => {
      for (const [at, { depth, code }] of cells.entries()) if (depth >= width) data[at] = value(code, number);
    });
  };
  each((field, number) => encode(cells, field, label(number, 2)));
  rewrite(() => Number.NaN);
  halo.start();
  rewrite((code, number) => code + label(number, 2));
  halo.wait();
  each((field, number) => check(cells, field, label(number, 2), width, where));
  counts.exchanges += 2;
  halo.free();
  each((field) => field.free());
}

/** With a fill that copies the edge, every halo cell holds the nearest place of the grid, corners too. */
function fillWalls(grid, cells) {
  const field = grid.field();
  const { data } = field;
  const axes = [];
  const fill = (axis) => {
    axes.push(axis);
    for (const [at, { out, beyond }] of cells.entries()) {
      // What the exchange along this axis brings is there, with all that was filled along earlier axes.
      const set = out.every((distance, other) => distance === 0 || other <= axis);
      if (set && !beyond[axis]) assert.notEqual(data[at], unset, `fill ${axis} of ${grid}`);
    }
    for (const [at, { cell, beyond }] of cells.entries()) {
      if (!beyond[axis]) continue;
      data[at] = data[field.index(...cell.with(axis, cell[axis] < 0 ? 0 : grid.blockShape[axis] - 1))];
    }
  };
  for (const [at, { far, code }] of cells.entries()) data[at] = far === 0 ? code : unset;
  const halo = grid.halo([field], { fill });
  halo.exchange();
  assert.deepEqual(axes, [...grid.shape.keys()]);
  for (const [at, { cell, image }] of cells.entries()) {
    const place = image.map((index, axis) => Math.min(Math.max(index, 0), grid.shape[axis] - 1));
    if (data[at] !== codeOf(place)) assert.equal(data[at], codeOf(place), `cell [${cell}], filled, ${grid}`);
  }
  halo.free();
  field.free();
}

function testGrid(options) {
  const grid = new Grid(world, options);
  const cells = padding(grid);
  counts.grids++;
  const { halo } = options;
  const turn = counts.grids;
  // All widths with one field and three, or two of them: the whole halo, and the others in turn.
  const all = Array.from({ length: 2 * (halo + 1) }, (_, index) => [index >> 1, 1 + 2 * (index & 1)]);
  const some = [
    [halo, 1 + 2 * (turn & 1)],
    [(turn >> 1) % halo, 3 - 2 * (turn & 1)],
  ];
  for (const [width, many] of full ? all : some) exchangeAll(grid, cells, width, many);
  fillWalls(grid, cells);
  grid.comm.free();
}

/** All choices of periodic axes, or none, all and one in turn; on many ranks, which have many splits, each in turn. */
function choices(axes) {
  const all = switches(axes);
  if (!full && world.size > 3) return [all[counts.grids % all.length]];
  return full || axes < 3 ? all : [all[0], all.at(-1), all[1 + (counts.grids % 6)]];
}

for (const shape of [[17], [13, 11], [7, 9, 8]]) {
  for (const halo of [1, 2, 3]) {
    for (const split of splitsOf(shape, world.size, halo)) {
      for (const periodic of choices(shape.length)) testGrid({ shape, split, halo, periodic });
    }
  }
}
// Blocks exactly as thick as the halo.
for (const axes of [1, 2, 3]) {
  for (const halo of [1, 2, 3]) {
    for (const split of splitsOf(new Array(axes).fill(world.size), world.size, 1)) {
      const shape = split.map((blocks) => blocks * halo);
      for (const periodic of choices(axes)) testGrid({ shape, split, halo, periodic });
    }
  }
}
if (world.rank === 0) console.log(JSON.stringify(counts));
