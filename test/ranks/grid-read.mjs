/** Fields from the files of other programs: every type, filter and split gives the values that were written. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Grid } from "wasm-mpi";
import { splitsOf } from "./grid-splits.mjs";
import { part } from "./part.mjs";

const world = part();
const reference = (name) => fileURLToPath(new URL(`../reference/${name}`, import.meta.url));
const [foreign, packed] = [reference("foreign.h5"), reference("packed.nc")];
const codes = ["f8", "f4", "f2", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"];
const names = [
  ...codes.flatMap((code) => [`le_${code}`, `be_${code}`]),
  "gzip",
  "fletcher",
  "compact",
  "run/1/temperature",
];

let count = 0;
for (const split of splitsOf([6, 5], world.size, 1)) {
  const grid = new Grid(world, { shape: [6, 5], split, halo: 1 });
  const read = async (path, name, expected, options) => {
    const reading = grid.read(path, name, options);
    // Other collective calls may come between.
    assert.equal(world.allreduce(1), world.size);
    const field = await reading;
    assert.equal(field.dtype, options?.dtype ?? "f64");
    const whole = field.gather();
    if (whole)
      assert.deepEqual(
        [...whole],
        Array.from({ length: 30 }, (_, cell) => expected(cell)),
        name,
      );
    field.free();
    count++;
  };
  // Half of the names a split, each of them somewhere.
  for (const name of names.filter((_, index) => index % 2 === count % 2)) {
    const isFloat = /_f|gzip|fletcher|compact|run/.test(name);
    for (const dtype of isFloat ? ["f64", "f32"] : ["i32"]) await read(foreign, name, (cell) => cell, { dtype });
  }
  await read(foreign, "/link", (cell) => cell);
  await read(foreign, "never_written", () => 7);
  await read(foreign, "mask", (cell) => Number(cell % 2 === 0), { dtype: "i32" });
  await read(foreign, "large", () => 2 ** 53 - 1);
  await read(foreign, "frames", (cell) => 200 + cell);
  for (const frame of [0, 2, -2]) await read(foreign, "frames", (cell) => 100 * ((frame + 3) % 3) + cell, { frame });
  await read(packed, "t2m", (cell) => cell, { frame: 0 });
  await read(packed, "t2m", (cell) => (cell === 3 ? Number.NaN : cell + 1));
  // A failed read does no harm to the next, which was begun before.
  const [failed, good] = [grid.read(foreign, "text"), grid.read(foreign, "gzip")];
  await assert.rejects(failed, { name: "FileError" });
  assert.equal((await good).sum(), 435);
  if (world.size > 1) {
    const name = world.rank === 1 ? "gzip" : "mask";
    const text = (name) => `${JSON.stringify(foreign)}, "${name}", -1, "f64"`;
    await assert.rejects(grid.read(foreign, name), {
      name: "UsageError",
      message: `Grid.read: "path, name, frame, dtype" expected the same on all ranks, ${text("mask")} as on rank 0, got ${text("gzip")} on rank 1. Give all the same.`,
    });
  }
  grid.free();
}
if (world.rank === 0) console.log(JSON.stringify({ fields: count }));
