// @ts-check
/** Heat in a plate, periodic along y and held at 60 at its left side: a solver to make your own. */
import { Grid, mpi, Output } from "wasm-mpi";

const [file = "heat.h5", steps = "500"] = process.argv.slice(2);

const comm = mpi.init();
const grid = new Grid(comm, {
  shape: [120, 90],
  bounds: [
    [0, 4],
    [0, 3],
  ],
  periodic: [false, true],
});
const u = grid.field((x, y) => (Math.abs(x - 1) < 0.5 && Math.abs(y - 1) < 0.5 ? 100 : 20));
const next = grid.field();

// One cell from its neighbours; halos between the ranks are exchanged as far as the text reads.
const heat = await grid.kernel("next = u + k * (u[1, 0] + u[-1, 0] + u[0, 1] + u[0, -1] - 4*u)", {
  name: "heat",
  boundary: { "x-": { value: 60 } },
});

const output = await Output.create(grid, file, { variables: { u: {} }, overwrite: true });
await output.write(0, { u });
heat.run({ u, next, k: 0.2 }, { steps: Number(steps), swap: [["u", "next"]] });
await output.write(Number(steps), { u });
await output.close();

// Of the blocks of all ranks: every rank takes part, rank 0 prints.
const [mean, digest] = [u.sum() / (120 * 90), u.digest()];
if (comm.rank === 0) {
  console.log(`${grid}\nmean ${mean.toFixed(6)} after ${steps} steps, bits ${digest}, file ${file}`);
}
