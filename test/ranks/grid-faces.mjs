/** Fields of faces on all splits of the ranks: their places, halos, digests, and kernels that read them beyond walls. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Grid, mpi, Output } from "wasm-mpi";
import { product, splitsOf } from "./grid-splits.mjs";

const names = ["x", "y", "z"];
const cases = [
  { shape: [9], periodic: [false] },
  { shape: [8], periodic: [true] },
  { shape: [9, 8], periodic: [false, true] },
  { shape: [7, 6, 5], periodic: [true, false, false] },
];
/** Another number for each place. */
const code = (x, y, z) => 1 + 2 * x + 31 * y + 503 * z;

/** All indices of a box, in C order. */
function* indicesOf(low, high) {
  for (let flat = 0; flat < product(low.map((first, axis) => high[axis] - first)); flat++) {
    let rest = flat;
    const index = [];
    for (let axis = low.length - 1; axis >= 0; axis--) {
      const n = high[axis] - low[axis];
      index[axis] = low[axis] + (rest % n);
      rest = Math.floor(rest / n);
    }
    yield index;
  }
}

/** @param alone of each rank itself @returns how many fields were compared */
export async function faces(world, alone) {
  let count = 0;
  for (const { shape, periodic } of cases) {
    const bounds = shape.map((n, axis) => [axis - 1, axis - 1 + (n * (axis + 2)) / 8]);
    const splits = [{ comm: alone, split: shape.map(() => 1) }];
    for (const split of splitsOf(shape, world.size, 2)) splits.push({ comm: world, split });
    for (const axis of shape.keys()) {
      const numbers = periodic.every(Boolean) ? {} : { s: 0.5 };
      const whole = shape.map((n, across) => n + Number(across === axis && !periodic[axis]));
      const known = [];
      for (const { comm, split } of splits) {
        const grid = new Grid(comm, { shape, periodic, bounds, split });
        const at = `${names[axis]}-face`;
        const what = `${at} of ${shape} as ${split}`;
        const coordinate = (across, index) => (across === axis ? grid.face(across, index) : grid.centre(across, index));
        const valueAt = (index) => code(...index.map((i, across) => coordinate(across, i)), 0, 0);
        const v = grid.field((x, y, z) => code(x, y, z), { at });
        assert.deepEqual(v.shape, whole);
        const values = v.gather();
        const expected = Array.from(indicesOf(whole.map(() => 0), whole), (index) => valueAt(index)); // biome-ignore format: short
        if (comm.rank === 0) assert.deepEqual(Array.from(values), expected, what);
        const copy = grid.field(0, { at });
        copy.scatter(values);
        assert.equal(copy.digest(), v.digest(), what);
        copy.set(v.interior());
        assert.equal(copy.digest(), v.digest(), what);

        // Together with a field of cells; beyond walls nothing is known.
        const cells = grid.field((x, y, z) => code(x, y, z));
        grid.halo([v, cells]).exchange();
        const [low, high] = [grid.blockShape.map(() => -2), grid.blockShape.map((n) => n + 2)];
        for (const place of indicesOf(low, high)) {
          const index = place.map((i, across) => i + grid.start[across]);
          if (index.some((i, across) => !periodic[across] && (i < 0 || i >= whole[across]))) continue;
          const inside = index.map((i, across) => (periodic[across] ? (i + shape[across]) % shape[across] : i));
          assert.equal(v.data[v.index(...place)], valueAt(inside), `${what} at ${index}`);
        }

        // What a cell reads of faces, with sums whose order is that of the text; and faces that change places.
        const offset = (along, n) => `v[${shape.map((_, across) => (across === along ? n : 0))}]`;
        const terms = shape.flatMap((_, along) => [-2, -1, 1, 2].map((n) => offset(along, n)));
        const sides = shape.map((_, across) => {
          if (periodic[across]) return [[names[across], across === axis ? "antiperiodic" : "periodic"]];
          const text = shape.length > 1 ? `s * ${names[(across + 1) % shape.length]}` : "s";
          return [
            [`${names[across]}-`, { mixed: 0.5, const: text }],
            [`${names[across]}+`, across === axis ? { curvature: 0.25 } : { value: text }],
          ];
        });
        const boundary = { v: Object.fromEntries(sides.flat()) };
        const sum = await grid.kernel(`n = ${terms.join(" + ")}; w = 0.5 * v + ${offset(0, 1)} / 8`, { boundary });
        const [n, w] = [grid.field(), grid.field(code, { at })];
        sum.run({ v, n, w, ...numbers }, { steps: 3, swap: [["v", "w"]] });
        known.push([v, n, w].map((field) => field.digest()).join());
        assert.equal(known.at(-1), known[0], what);
        // Upper walls are no cell's lower face: they keep what they had, and change places.
        const changed = w.gather();
        if (comm.rank === 0 && periodic.every((on) => !on)) assert.equal(changed.at(-1), expected.at(-1));
        for (const each of [v, w, n, copy, cells, sum, grid]) each.free();
        count++;
      }
    }
  }
  await beyond(alone);
  await stored(world);
  return count;
}

/** Faces in files, written on one split and read on another. */
async function stored(world) {
  const isSolo = mpi.versionInfo().library === "solo";
  const folder = world.bcastObject(world.rank === 0 ? mkdtempSync(join(tmpdir(), "wasm-mpi-faces-")) : undefined);
  const shape = [9, 8];
  const splits = splitsOf(shape, world.size, 2);
  for (const [turn, at] of ["x-face", "y-face"].entries()) {
    const split = (n) => splits[(turn + n) % splits.length];
    const [first, second] = [0, 1].map((n) => new Grid(world, { shape, periodic: [false, true], split: split(n) }));
    for (const backend of isSolo ? ["posix", "gather"] : ["mpiio", "posix", "gather"]) {
      const path = join(folder, `${at}-${backend}.h5`);
      const [u, copy] = [first.field(code, { at }), second.field(0, { at })];
      const output = await Output.create(first, path, { variables: { u: { at }, c: {} }, backend });
      await output.write(0, { u, c: first.field(code) });
      await output.close();
      const again = await Output.append(second, path);
      await again.read("u", -1, copy);
      await again.close();
      assert.equal(copy.digest(), u.digest(), path);
    }
  }
  world.barrier();
  if (world.rank === 0) rmSync(folder, { recursive: true });
}

/** Faces beyond walls, against the conditions as they are defined: the face at the wall is face 0, inwards are 1 and 2. */
async function beyond(comm) {
  const n = 6;
  const dx = 0.5;
  const conditions = [
    [{ value: 3 }, (h, v) => 6 - v[h]],
    [{ derivative: 3 }, (h, v) => v[h] + 2 * h * dx * 3],
    [{ mixed: 3, const: 2 }, (h, v) => v[h] + 2 * h * dx * (2 - 3 * v[0])],
    [{ curvature: 3 }, (h, v) => (h === 1 ? 3 * dx * dx + 2 * v[0] - v[1] : 9 * dx * dx + 3 * v[0] - 2 * v[1])],
    [{ value: "3 * k" }, (h, v) => 6 - v[h]],
  ];
  const grid = new Grid(comm, { shape: [n], bounds: [[0, n * dx]] });
  const v = grid.field((x) => Math.cos(x), { at: "x-face" });
  const values = Array.from(v.interior());
  const results = [grid.field(), grid.field()];
  for (const [condition, expected] of conditions) {
    const kernel = await grid.kernel("a = k * v[-2] + 1000 * v[-1]; b = v[2] + 1000 * v[1]", {
      boundary: { v: condition },
    });
    const [a, b] = results;
    kernel.run({ v, a, b, k: 1 });
    const reversed = values.toReversed();
    const low = [expected(2, values) + 1000 * expected(1, values), expected(1, values) + 1000 * values[0]];
    const high = expected(1, reversed) + 1000 * reversed[0];
    for (const i of [0, 1]) {
      assert.ok(Math.abs(a.data[a.index(i)] - low[i]) < 1e-10, `${JSON.stringify(condition)} ${i}`);
    }
    assert.ok(Math.abs(b.data[b.index(n - 1)] - high) < 1e-10, JSON.stringify(condition));
    assert.equal(b.data[b.index(n - 2)], values[n] + 1000 * values[n - 1]);
    kernel.free();
  }
  grid.free();
}
