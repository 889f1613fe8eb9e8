/** Kernels of stencils have the same bits whether cells are computed while messages travel, on every split. */
import assert from "node:assert/strict";
import { Grid } from "wasm-mpi";
import { product, randomOf, splitsOf } from "./grid-splits.mjs";

const full = process.env.WASM_MPI_TEST_FULL === "1";

/** Offsets within a reach along each axis: corners, or a star. */
function offsetsOf(random, reach, isStar) {
  const offset = reach.map((most) => Math.floor(random() * (2 * most + 1)) - most);
  const along = Math.floor(random() * reach.length);
  return isStar ? offset.map((count, axis) => (axis === along ? count : 0)) : offset;
}

/** A kernel of fields of three types, which travel in messages of their own, and one of two fields as a text. */
function kernelsOf(random, reach, isStar) {
  const at = () => offsetsOf(random, reach, isStar).join();
  const low = reach.map((most, axis) => (axis === 0 ? -most : 0)).join();
  return {
    source: `import { Cells } from "stencil";
      export function mixed(u: Cells<f64>, v: Cells<f32>, m: Cells<i32>, next: Cells<f64>, low: Cells<f32>): void {
        next.set(0.5 * u.at(${at()}) + 0.25 * u.at(${at()}) + 0.125 * <f64>v.at(${at()}) + <f64>m.at(${at()}));
        low.set(v.at(${low}) * 0.5 + <f32>m.at(${at()}) + <f32>u.at(${at()}));
      }`,
    text: `next = 0.5 * u[${at()}] + 0.25 * u[${at()}] - 0.125 * w[${at()}] + x`,
  };
}

const cases = [
  { shape: [40], periodic: [true], reach: [2] },
  { shape: [23, 21], periodic: [false, true], reach: [2, 1] },
  { shape: [23, 21], periodic: [true, false], reach: [0, 2] },
  { shape: [22, 24], periodic: [false, false], reach: [2, 2] },
  { shape: [13, 14, 15], periodic: [true, false, true], reach: [1, 1, 2] },
  { shape: [14, 13, 12], periodic: [false, true, false], reach: [2, 1, 1] },
  // Where the middle axis is cut, cells read beyond ends of both others, and signs change at one of them.
  { shape: [5, 18, 6], periodic: [true, true, true], reach: [1, 1, 1], signs: { x: "antiperiodic" } },
];

/** **Collective.** @returns how many runs were compared, and how many of them were cut on this rank */
export async function overlaps(world, alone) {
  const counts = { runs: 0, cut: 0 };
  let prods = 0;
  const probe = new Grid(alone, { shape: [4] });
  const { prototype } = probe.halo([probe.field()]).constructor;
  const { prod } = prototype;
  prototype.prod = function (end) {
    prods++;
    return prod.call(this, end);
  };
  for (const [index, { shape, periodic, reach, signs }] of cases.entries()) {
    const random = randomOf(500 + index);
    const isStar = index % 2 === 1;
    const kernels = kernelsOf(random, reach, isStar);
    const values = Array.from({ length: product(shape) }, () => Math.floor(random() * 64) / 8);
    const wall = { value: shape.length > 1 ? "0.5 * k" : 1 };
    for (const form of Object.keys(kernels)) {
      const digestOf = async (comm, overlap, options) => {
        const grid = new Grid(comm, { shape, periodic, ...options });
        const field = (dtype) => {
          const made = grid.field(0, { dtype });
          made.scatter(dtype === "i32" ? values.map(Math.floor) : values);
          return made;
        };
        const fields =
          form === "text"
            ? { u: field("f64"), w: field("f64"), next: field("f64") }
            : { u: field("f64"), v: field("f32"), m: field("i32"), next: field("f64"), low: field("f32") };
        const isText = shape.length > 1 && !periodic.every(Boolean);
        const kernel = await grid.kernel(kernels[form], {
          boundary: isText ? { u: wall } : signs ? { u: signs } : {},
          overlap,
        });
        assert.equal(kernel.overlap, overlap);
        const swap = form === "text" ? [["u", "next"]] : [["u", "next"], ["v", "low"]]; // biome-ignore format: pairs
        prods = 0;
        kernel.run({ ...fields, ...(isText ? { k: 3 } : {}) }, { steps: 3, swap });
        const digest = Object.values(fields).map((each) => each.digest());
        for (const each of [kernel, ...Object.values(fields), grid]) each.free();
        return digest.join();
      };
      const expected = await digestOf(alone, false, {});
      assert.equal(prods, 0, "nothing travels on one rank");
      for (const [place, split] of splitsOf(shape, world.size, 2).entries()) {
        const threads = full || (index + place) % 4 === 1 ? 2 : 1;
        for (const overlap of [true, false]) {
          const title = `${form} ${shape} as ${split}, overlap ${overlap}, ${threads} threads`;
          assert.equal(await digestOf(world, overlap, { split, threads }), expected, title);
          if (!overlap) assert.equal(prods, 0, title);
          if (overlap && prods > 0) counts.cut++;
          counts.runs++;
        }
      }
    }
  }
  prototype.prod = prod;
  return counts;
}
