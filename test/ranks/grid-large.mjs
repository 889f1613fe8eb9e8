/** Two ranks exchange halo faces of 1 MiB, far above what MPI libraries send before a receive is posted. */
import assert from "node:assert/strict";
import { Grid, mpi } from "wasm-mpi";

const world = mpi.init();
const long = 131072; // times 8 bytes is 1 MiB
const cases = [
  { shape: [4, long], split: [2, 1] }, // contiguous slabs, sent from the field itself
  { shape: [long, 4], split: [1, 2] }, // packed
  { shape: [362, 4, 363], split: [1, 2, 1] },
];
const valueAt = (x, y, z = 0) => x + 3 * y + 5 * z;
let faces = 0;

/** Checks the halo next to an end of the split axis, unless it lies beyond a wall. */
function check(field, number, axis, at) {
  const { grid } = field;
  const n = grid.shape[axis];
  const place = grid.start[axis] + at;
  if (!grid.periodic[axis] && (place < 0 || place >= n)) return;
  faces++;
  const along = axis === 0 ? 1 : 0;
  for (let index = 0; index < grid.shape[along]; index++) {
    const cell = grid.shape.map(() => 0);
    cell[axis] = at;
    cell[along] = index;
    const centre = cell.map((i) => i + 0.5).with(axis, ((place + n) % n) + 0.5);
    const [got, expected] = [field.data[field.index(...cell)], valueAt(...centre) + number];
    if (got !== expected) assert.equal(got, expected, `cell [${cell}] of ${grid}`);
  }
}

for (const { shape, split } of cases) {
  for (const periodic of [true, false]) {
    for (const many of [1, 2]) {
      const grid = new Grid(world, { shape, split, periodic, halo: 1 });
      const fields = Array.from({ length: many }, (_, number) => {
        return grid.field((x, y, z) => valueAt(x, y, shape.length > 2 ? z : 0) + number);
      });
      const halo = grid.halo(fields);
      for (let round = 0; round < 3; round++) halo.exchange();
      const axis = split.indexOf(2);
      for (const [number, field] of fields.entries()) {
        for (const at of [-1, grid.blockShape[axis]]) check(field, number, axis, at);
        field.free();
      }
      halo.free();
      grid.comm.free();
    }
  }
}
if (world.rank === 0) console.log(JSON.stringify({ faces }));
