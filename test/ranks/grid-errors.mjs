/** Wrong use of halo exchanges: the same words on every rank, and the grid still works afterwards. */
import assert from "node:assert/strict";
import { Grid } from "wasm-mpi";
import { part } from "./part.mjs";

const world = part();
const grid = new Grid(world, { shape: [4 * world.size, 5], periodic: true });
const second = new Grid(world, { shape: [4 * world.size, 5], periodic: true });
const field = grid.field(1);
const stranger = second.field();
const refuses = (run, message) => assert.throws(run, { name: "UsageError", message });

for (const width of [3, -1, 1.5, Number.NaN]) {
  refuses(
    () => grid.halo([field], { width }),
    `Grid.halo: "width" expected 0 to 2 layers (the grid's halo), got ${width}. Make the grid with a wider halo.`,
  );
}
refuses(
  () => grid.halo([field, stranger]),
  'Grid.halo: "fields" expected fields of this grid, got one of another at index 1. Exchange the fields of each grid apart.',
);
refuses(
  () => grid.halo([field], { widht: 1 }),
  'Grid.halo: expected options among width, fill, got "widht". Did you mean width?',
);
refuses(
  () => grid.halo([field], { fill: "edge" }),
  'Grid.halo: "fill" expected a function, got "edge". It is called with each axis.',
);

const halo = grid.halo([field]);
assert.equal(String(halo), `halo exchange of 1 fields, width 2, on ${grid}`);
refuses(() => halo.wait(), "Halo.wait: expected an exchange under way, got none. Call start() first.");
assert.equal(halo.start(), halo);
refuses(() => halo.start(), "Halo.start: expected no exchange under way, got one. Call wait() first.");
refuses(() => halo.exchange(), "Halo.start: expected no exchange under way, got one. Call wait() first.");
halo.wait();
refuses(() => halo.wait(), "Halo.wait: expected an exchange under way, got none. Call start() first.");
halo.exchange();
assert.ok(field.data.every((value) => value === 1));
assert.ok(halo.seconds > 0);
halo.free();

// Another grid on the last rank: the same words on all, and the next grid is well.
const last = world.size - 1;
const shape = [4 * world.size, 5];
const bounds = shape.map((n) => [0, n]);
const plain = { shape, bounds, periodic: [false, false], halo: 2, split: [world.size, 1], threads: 1 };
const others = [
  { shape: [4 * world.size + 1, 5], bounds: [[0, 4 * world.size + 1], bounds[1]] },
  { shape: [4 * world.size], bounds: bounds.slice(0, 1), periodic: [false], split: [world.size] },
  { periodic: [true, false] },
  { halo: 1 },
  { threads: 2 },
  { bounds: [[-1, 4 * world.size], bounds[1]] },
];
for (const changes of world.size > 1 ? others : []) {
  const options = world.rank === last ? { ...plain, ...changes } : plain;
  const differing = JSON.stringify({ ...plain, ...changes });
  refuses(
    () => new Grid(world, options),
    `Grid: "options" expected the same on all ranks, ${JSON.stringify(plain)} as on rank 0, got ${differing} on rank ${last}. Give all the same.`,
  );
}
// Faces that a rank computes otherwise.
if (world.size > 1) {
  const faces = { y: (s) => s ** (world.rank === last ? 3 : 2) };
  refuses(() => new Grid(world, { shape, faces }), new RegExp(`^Grid: "options" expected the same .* on rank ${last}`));
}
new Grid(world, plain).free();
if (world.rank === 0) console.log("{}");
