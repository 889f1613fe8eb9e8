/** Fields on all splits of the ranks: gather, min, max, sum, digest and the grid's own words equal those of one rank. */
import assert from "node:assert/strict";
import { Grid } from "wasm-mpi";
import { bitsOf, product, randomOf, splitsOf } from "./grid-splits.mjs";
import { part } from "./part.mjs";

const world = part();
const alone = world.split({ color: world.rank });
let count = 0;

/** Bits of all exponents, as a sum that overflows, cancels and underflows would need them. */
function anyValues(length, seed) {
  const random = randomOf(seed);
  return Float64Array.from({ length }, () => (random() - 0.5) * 2 ** Math.floor(random() * 2070 - 1060));
}

/** This rank's part of a whole array in C order. */
function blockOf(grid, whole) {
  const { shape, start, blockShape } = grid;
  return Array.from({ length: product(blockShape) }, (_, number) => {
    let [place, stride, rest] = [0, 1, number];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += stride * (start[axis] + (rest % blockShape[axis]));
      rest = Math.floor(rest / blockShape[axis]);
      stride *= shape[axis];
    }
    return whole[place];
  });
}

const special = (at, value) => (values) => values.with(at % values.length, value);
const variants = [
  (values) => values,
  special(3, Number.NaN),
  special(16, Number.POSITIVE_INFINITY),
  special(9, Number.NEGATIVE_INFINITY),
  (values) => special(2, Number.NaN)(special(16, Number.POSITIVE_INFINITY)(values)),
  // Zeros of both signs, which compare equal: min and max are still to have the same bits for any split.
  (values) => values.map((_, place) => (place % 5 === 0 ? -0 : 0)),
  (values) => values.map((_, place) => (place === 1 ? -0 : 0)),
  (values) => values.map((_, place) => (place === values.length - 1 ? 0 : -0)),
  (values) => values.map(() => -0),
];

for (const shape of [[17], [13, 11], [7, 9, 8]]) {
  const random = anyValues(product(shape), shape.length);
  const serial = new Grid(alone, { shape });
  for (const split of splitsOf(shape, world.size, 1)) {
    const grid = new Grid(world, { shape, split, halo: 1 });
    const blocks = split.join(" x ");
    const part = grid.start.map((low, axis) => `[${low}, ${low + grid.blockShape[axis]})`).join(" x ");
    const ranks = world.size === 1 ? "1 rank" : `${world.size} ranks as ${blocks}`;
    const words = `${shape.join(" x ")} cells, not periodic, halo 1, ${ranks}, this block ${part}`;
    assert.equal(String(grid), words);
    assert.deepEqual(grid.comm.coordsOf(grid.comm.rank), grid.coords);
    for (const [index, change] of variants.entries()) {
      const values = change(random);
      const whole = serial.field(values);
      const field = grid.field(blockOf(grid, values));
      const where = `${words}, variant ${index}`;
      const root = count++ % world.size;
      const gathered = field.gather(root);
      assert.equal(gathered === undefined, grid.comm.rank !== root, where);
      if (gathered) assert.deepEqual(bitsOf(gathered), bitsOf(values), where);
      const expected = { min: Math.min(...values), max: Math.max(...values), sum: whole.sum() };
      for (const [what, value] of Object.entries(expected)) {
        const got = field[what]();
        assert.ok(Object.is(got, value), `${what}: ${got}, not ${value}, ${where}`);
      }
      assert.equal(field.digest(), whole.digest(), where);
      const [ours, theirs] = [field, whole].map((each) => Float64Array.from(Object.values(each.figures())));
      assert.deepEqual(bitsOf(ours), bitsOf(theirs), where);
      field.free();
      whole.free();
    }
    // A function sees the coordinates of the whole grid.
    const field = grid.field((x, y, z) => x + 100 * y + 10000 * z);
    const whole = serial.field((x, y, z) => x + 100 * y + 10000 * z);
    assert.equal(field.digest(), whole.digest());
    field.free();
    whole.free();
    grid.comm.free();
  }
  serial.comm.free();
}

// One bit anywhere, on any rank, is in the digest.
const grid = new Grid(world, { shape: [3 * world.size], halo: 0 });
const field = grid.field((x) => x);
const before = field.digest();
const last = world.size - 1;
if (grid.comm.rank === last) new BigUint64Array(field.data.buffer, field.originPtr, 1)[0] ^= 1n;
assert.notEqual(field.digest(), before);

// Splits that do not fit, in the same words on every rank.
const refuses = (options, message) => assert.throws(() => new Grid(world, options), { name: "UsageError", message });
const tooMany = world.size + 1;
refuses(
  { shape: [64, 64], split: [tooMany, 1] },
  `Grid: "split" expected a product of ${world.size}, the number of ranks, got [${tooMany}, 1] (${tooMany} blocks). Start ${tooMany} ranks or change the split.`,
);
if (world.size > 1) {
  const thin = 3 * world.size - 1;
  refuses(
    { shape: [64, thin], halo: 3, split: [1, world.size] },
    `Grid: "split" expected blocks at least as thick as the halo of 3, got 2 cells along y (${thin} cells in ${world.size} blocks). Use fewer blocks along y.`,
  );
  refuses(
    { shape: [world.size - 1], halo: 0 },
    `Grid: "shape" expected [${world.size - 1}] cells to split over ${world.size} ranks into blocks of at least 1 cell, got no such split. Use ${world.size === 2 ? "1 rank" : `${world.size - 1} ranks`} or a larger grid.`,
  );
}
if (world.rank === 0) console.log(JSON.stringify({ fields: count }));
