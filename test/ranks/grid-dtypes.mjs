/**
 * Fields of every type on all splits of the ranks: gather, min, max, sum, digest and halo exchange equal those of one
 * rank. Rank 0 prints that it is done.
 */
import assert from "node:assert/strict";
import { Grid } from "wasm-mpi";
import { forEachCell, product, splitsOf } from "./grid-splits.mjs";
import { part } from "./part.mjs";

const world = part();
const alone = world.split({ color: world.rank });
const arrays = { f64: Float64Array, f32: Float32Array, i32: Int32Array };

/** A value that no rounding to f32 changes, of either sign, by the place in the grid. */
const valueAt = (place) => place.reduce((sum, index, axis) => sum + (index - 3) * [1, 20, 400][axis], 0.5);

for (const dtype of ["f64", "f32", "i32"]) {
  for (const shape of [[17], [13, 11], [7, 6, 5]]) {
    const code = (...x) => valueAt(x.slice(0, shape.length).map(Math.floor)) - Number(dtype === "i32") / 2;
    const whole = [];
    forEachCell(
      shape.map(() => 0),
      shape,
      (cell) => whole.push(code(...cell)),
    );
    const serial = new Grid(alone, { shape }).field(code, { dtype });
    for (const split of splitsOf(shape, world.size, 2)) {
      const grid = new Grid(world, { shape, split, periodic: true });
      const field = grid.field(code, { dtype });
      assert.equal(field.dtype, dtype);
      assert.equal(field.data.constructor, arrays[dtype]);
      assert.equal(String(field), `field of ${dtype} on ${grid}`);
      const gathered = field.gather();
      if (grid.comm.rank === 0) assert.deepEqual(gathered, arrays[dtype].from(whole));
      assert.deepEqual(field.interior().length, product(grid.blockShape));
      assert.equal(field.min(), Math.min(...whole));
      assert.equal(field.max(), Math.max(...whole));
      assert.equal(
        field.sum(),
        whole.reduce((sum, value) => sum + value, 0),
      );
      assert.equal(field.digest(), serial.digest());

      const twin = grid.field(-7, { dtype });
      for (const fields of [[field], [field, twin]]) {
        const halo = grid.halo(fields);
        halo.exchange();
        halo.free();
      }
      const h = grid.haloWidth;
      const low = shape.map(() => -h);
      const high = grid.blockShape.map((n) => n + h);
      forEachCell(low, high, (cell) => {
        const image = cell.map((i, axis) => (grid.start[axis] + i + shape[axis]) % shape[axis]);
        assert.equal(field.data[field.index(...cell)], code(...image));
        assert.equal(twin.data[twin.index(...cell)], -7);
      });
      // Rounded to the type.
      field.set(1 / 3);
      assert.equal(field.max(), { f64: 1 / 3, f32: Math.fround(1 / 3), i32: 0 }[dtype]);
      field.free();
      twin.free();
      grid.free();
    }
  }
}

// Sides of so many cells that threads pack, unpack and copy parts of them.
for (const axis of [1, 2]) {
  const shape = [60, 60, 60].with(axis, 4 * world.size);
  const split = [1, 1, 1].with(axis, world.size);
  const dtype = ["f64", "f32", "i32"][(axis + world.size) % 3];
  const grid = new Grid(world, { shape, split, periodic: true, halo: 2, threads: 2 });
  const fields = [1, 2].map((factor) => grid.field((...x) => factor * valueAt(x.map(Math.floor)) * 2, { dtype }));
  for (const exchanged of [fields.slice(0, 1), fields]) {
    for (const { data } of exchanged) {
      const interior = fields[0].index();
      data.fill(-7, 0, interior);
    }
    grid.halo(exchanged).exchange();
  }
  forEachCell(
    [-2, -2, -2],
    grid.blockShape.map((n) => n + 2),
    (cell) => {
      const image = cell.map((i, along) => (grid.start[along] + i + shape[along]) % shape[along]);
      for (const [index, { data }] of fields.entries()) {
        assert.equal(data[fields[0].index(...cell)], 2 * (index + 1) * valueAt(image), `${dtype} [${cell}] of ${grid}`);
      }
    },
  );
}

const grid = new Grid(world, { shape: [4 * world.size] });
const refuses = (call, message) => assert.throws(call, { name: "UsageError", message });
refuses(
  () => grid.field(0, { dtype: "f16" }),
  'Grid.field: "dtype" expected one of f64, f32, i32, got "f16". Leave it out for f64.',
);
refuses(
  () => grid.field(0, { type: "f32" }),
  'Grid.field: expected options among dtype, at, got "type". Did you mean dtype?',
);
refuses(
  () => grid.halo([grid.field(), grid.field(0, { dtype: "f32" })]),
  'Grid.halo: "fields" expected fields of one type, got f64 and f32. Exchange those of each type apart.',
);
if (world.rank === 0) console.log("{}");
