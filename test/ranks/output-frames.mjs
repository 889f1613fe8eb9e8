/**
 * Files written on some splits and read on others: every value is a number of its cell, frame and variable, so that each
 * block of each frame is known. Arguments: a folder for the files.
 *
 * Rank 0 prints how many files there are; the test looks into them. WASM_MPI_TEST_FULL=1 writes every split in every way,
 * otherwise they take turns.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Grid, mpi, Output } from "wasm-mpi";
import { splitsOf } from "./grid-splits.mjs";

const world = mpi.init();
const [folder] = process.argv.slice(2);
const ways = [
  ...(mpi.versionInfo().library === "solo" ? [] : [{ backend: "mpiio", capacity: 2 }]),
  { backend: "posix", capacity: 3 },
  { backend: "gather" },
  { backend: "posix", capacity: 2, beside: true },
  { gzip: 1 },
];
/** No number of ranks divides these; the last but one has rows of more than a piece, 512 KiB. */
const shapes = [[29], [13, 11], [7, 11, 13], [3, 70_001], [3, 5, 7]];
let [files, turns] = [0, 0];

/** What a variable has in a cell, by its indices in the grid; exact in f32 too. */
const numberOf = (frame, variable) => (i, j, k) => 4096 * frame + 512 * variable + 131 * i + 17 * j + k;

/** Sets the block; halo cells get what must not reach the file. */
function fill(field, frame, variable) {
  const { grid } = field;
  field.data.fill(-7);
  const at = numberOf(frame, variable);
  // Positions of cells of size 1 are half a cell from their indices.
  field.set((x, y, z) => at(Math.floor(x), grid.shape.length > 1 ? Math.floor(y) : 0, Math.floor(z)));
}

for (const shape of shapes) {
  const splits = splitsOf(shape, world.size, 2);
  for (const [turn, split] of splits.entries()) {
    turns++;
    for (const [index, way] of ways.entries()) {
      if (process.env.WASM_MPI_TEST_FULL !== "1" && index !== turns % ways.length) continue;
      const { backend = "posix", beside = false, gzip = 0 } = way;
      // The halo is as wide as the scheme wants it, or there is none.
      const grid = new Grid(world, { shape, split, halo: turn % 2 === 0 ? 2 : 0 });
      const fields = {
        psi: grid.field(0),
        rho: grid.field(0, { dtype: "f32" }),
        theta: grid.field(0),
      };
      const path = join(folder, `${files++}.h5`);
      const variables = { psi: { units: "K" }, rho: { dtype: "f32" }, theta: { longName: "third" } };
      const output = await Output.create(grid, path, { variables, ...way });
      assert.equal(output.backend, backend);
      const write = async (to, from, frame) => {
        for (const [variable, name] of Object.keys(variables).entries()) fill(from[name], frame, variable);
        await to.write(frame / 4, from);
        // What is written has been copied.
        if (beside) for (const field of Object.values(from)) field.data.fill(-5);
      };
      for (let frame = 0; frame < 5; frame++) await write(output, fields, frame);
      await output.close();

      // Read, and continued, on another split.
      const newSplit = splits[(turn + 1) % splits.length];
      const second = new Grid(world, { shape, split: newSplit, halo: 1 });
      const others = ways.filter((each) => !each.gzip && (each.backend === "gather") === (backend === "gather"));
      const { capacity: _, gzip: __, ...how } = gzip > 0 ? {} : others[files % others.length];
      const again = await Output.append(second, path, how);
      assert.deepEqual([...again.times], [0, 0.25, 0.5, 0.75, 1]);
      const copies = Object.fromEntries(
        Object.entries(again.variables).map(([name, dtype]) => [name, second.field(0, { dtype })]),
      );
      assert.deepEqual(Object.keys(copies), ["psi", "rho", "theta"]);
      const check = async (frame) => {
        for (const [variable, name] of Object.keys(variables).entries()) {
          const [copy, expected] = [copies[name], second.field(0, { dtype: copies[name].dtype })];
          copy.data.fill(-9);
          await again.read(name, frame, copy);
          fill(expected, frame < 0 ? frame + again.times.length : frame, variable);
          assert.deepEqual(copy.interior(), expected.interior(), `${path}: ${name} in frame ${frame} as ${newSplit}`);
          // The halo is not touched.
          const outside = copy.data.reduce((count, value) => count + Number(value === -9), 0);
          assert.equal(outside, copy.data.length - copy.interior().length);
          expected.free();
        }
      };
      for (const frame of [0, 4, -3]) await check(frame);
      await write(again, copies, 5);
      for (const frame of [5, 1]) await check(frame);
      await again.close();
      for (const field of [...Object.values(fields), ...Object.values(copies)]) field.free();
      grid.free();
      second.free();
    }
  }
}
// What differs between ranks is told to all of them, and does no harm.
if (world.size > 1) {
  const grid = new Grid(world, { shape: [13, 11] });
  const psi = grid.field(1);
  const [path, other] = ["differs.h5", "stranger.h5"].map((name) => join(folder, "..", name));
  const mine = (common, strange) => (world.rank === 1 ? strange : common);
  const refused = (promise, argument, common, strange) =>
    assert.rejects(promise, {
      name: "UsageError",
      message: `${argument} expected the same on all ranks, ${common} as on rank 0, got ${strange} on rank 1. Give all the same.`,
    });
  const paths = [path, other].map((name) => JSON.stringify(name));
  const variables = { psi: {} };
  await refused(Output.create(grid, mine(path, other), { variables }), 'Output.create: "path"', ...paths);
  await refused(
    Output.create(grid, mine(path, undefined), { variables }),
    'Output.create: "path"',
    paths[0],
    "undefined",
  );
  const options = (type, backend) =>
    `{ variables: { psi: "${type}" }, backend: ${backend}, durable: undefined, xdmf: undefined }`;
  await refused(
    Output.create(grid, path, { variables: { psi: { dtype: mine("f64", "f32") } } }),
    'Output.create: "options"',
    options("f64", "undefined"),
    options("f32", "undefined"),
  );
  const backend = mine("posix", "gather");
  await refused(
    Output.create(grid, path, { variables, backend }),
    'Output.create: "options"',
    options("f64", '"posix"'),
    options("f64", '"gather"'),
  );
  await refused(
    Output.create(grid, path, { variables, ...mine({}, { gzip: 3 }) }),
    'Output.create: "options"',
    options("f64", "undefined"),
    options("f64", "undefined").replace(/ }$/, ", gzip: 3 }"),
  );
  for (const [common, strange, first, second] of [
    [{}, { at: "x-face" }, "", ' (at: "x-face")'],
    [{ units: "m" }, { units: "K" }, ' (units: "m")', ' (units: "K")'],
  ]) {
    const shown = [first, second].map((text) => options("f64", "undefined").replace('"f64"', `"f64"${text}`));
    const made = Output.create(grid, path, { variables: { psi: mine(common, strange) } });
    await refused(made, 'Output.create: "options"', ...shown);
  }
  await assert.rejects(Output.create(grid, path, { variables, ...mine({}, { unit: "m" }) }), /got "unit"\./);
  const output = await Output.create(grid, path, { variables, overwrite: true });
  for (const [common, strange] of [
    [0, 0.5],
    [0, Number.NaN],
    [0, "now"],
  ]) {
    const shown = typeof strange === "string" ? `"${strange}"` : strange;
    await refused(output.write(mine(common, strange), { psi }), 'Output.write: "time"', common, shown);
  }
  const freed = grid.field(1);
  if (mine(false, true)) freed.free();
  for (const call of [() => output.write(9, { psi: freed }), () => output.read("psi", -1, freed)]) {
    const message = "Field: expected a field in use, got a freed one. Make a new one with grid.field().";
    await output.write(output.times.length, { psi });
    await assert.rejects(call, { message });
  }
  await output.write(2, { psi });
  await output.write(3, { psi });
  await refused(output.read("psi", mine(0, 1), psi), 'Output.read: "name, frame"', '"psi", 0', '"psi", 1');
  await output.read("psi", 0, psi);
  await output.close();
  await refused(Output.append(grid, mine(path, other)), 'Output.append: "path"', ...paths);
  await assert.rejects(Output.append(grid, path, mine({}, { gzip: 1 })), /got "gzip"\./);
  grid.free();
}
if (world.rank === 0) console.log(`${files} files`);
