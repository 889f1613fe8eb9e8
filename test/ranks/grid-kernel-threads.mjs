/** Kernels of stencils on threads inside the ranks have the bits of one thread on one rank. */
import assert from "node:assert/strict";
import { Grid } from "wasm-mpi";
import { splitsOf } from "./grid-splits.mjs";

/** Sources for fields of a type on some axes, and texts that mean the same; one asserts, and so has one thread. */
const sources = {
  text: () => (axes) => `next = u + k * (${neighbours(axes, (at) => `u[${at}]`)} - ${2 * axes} * u)`,
  source:
    (dtype, guard = "") =>
    (axes) =>
      `import { Cells } from "stencil";
    export function heat(u: Cells<${dtype}>, next: Cells<${dtype}>, k: ${dtype}): void {
      ${guard}
      next.set(u.at(${zero(axes)}) + k * (${neighbours(axes, (at) => `u.at(${at})`)} - ${2 * axes} * u.at(${zero(axes)})));
    }`,
};
const zero = (axes) => new Array(axes).fill(0).join();
function neighbours(axes, write) {
  const offsets = Array.from({ length: axes }, (_, axis) =>
    [1, -1].map((n) => zero(axes).split(",").with(axis, n).join()),
  );
  return offsets.flat().map(write).join(" + ");
}

const full = process.env.WASM_MPI_TEST_FULL === "1";

/** **Collective.** @returns how many runs were compared */
export async function threads(world, alone) {
  let runs = 0;
  for (const [index, shape] of [[10_501], [112, 95], [24, 22, 21]].entries()) {
    for (const [place, dtype] of ["f64", "f32", "i32"].entries()) {
      const axes = shape.length;
      const kinds = [sources.text(), sources.source(dtype), sources.source(dtype, "assert(k < 9);")];
      for (const [kind, write] of kinds.entries()) {
        const digestOf = async (comm, options) => {
          const grid = new Grid(comm, { shape, periodic: shape.map((_, axis) => axis === 1), ...options });
          const [u, next] = [
            grid.field((x, y = 0, z = 0) => (7 * x + 3 * y + 5 * z) % 11, { dtype }),
            grid.field(0, { dtype }),
          ];
          const kernel = await grid.kernel(write(axes));
          kernel.run({ u, next, k: dtype === "i32" ? 1 : 0.1 }, { steps: 4, swap: [["u", "next"]] });
          const digest = u.digest();
          for (const each of [kernel, u, next, grid]) each.free();
          return digest;
        };
        // Threads take long where ranks share cores: a third of the kernels on each number of ranks outside the full tests.
        if (!full && (index + kind + place) % 3 !== world.size % 3) continue;
        const splits = splitsOf(shape, world.size, 2);
        const split = splits[(index + kind) % splits.length];
        const count = [2, 3, 5][(index + kind + runs) % 3];
        const expected = await digestOf(alone, { threads: 1 });
        assert.equal(await digestOf(world, { split, threads: count }), expected, `${shape} ${dtype} ${kind} ${count}`);
        runs++;
      }
    }
  }
  return runs;
}
