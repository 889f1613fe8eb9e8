/**
 * Writes beyond 4 GiB, into a file with holes: the second variable begins behind 700 frames of 8 MiB. Then measures how
 * much memory a frame takes beside the fields. Arguments: the file, backend, split.
 */
import assert from "node:assert/strict";
import { Grid, mpi, Output } from "wasm-mpi";

const comm = mpi.init();
const [path, backend, split] = process.argv.slice(2);
const shape = [1024, 1024];
const grid = new Grid(comm, { shape, split: split.split(",").map(Number) });
const [psi, rho] = [grid.field((x, y) => 2000 * x + y), grid.field((x, y) => -2000 * x - y)];
const output = await Output.create(grid, path, { variables: { psi: {}, rho: {} }, capacity: 700, backend });
await output.write(0, { psi, rho }); // What is loaded and compiled at first is not meant.
const before = process.resourceUsage().maxRSS;
for (let frame = 1; frame < 3; frame++) await output.write(frame, { psi, rho });
const grown = (process.resourceUsage().maxRSS - before) * 1024;
const most = comm.allreduce(grown, { op: "max" });
const copy = grid.field(0);
await output.read("rho", 2, copy);
assert.deepEqual(copy.interior(), rho.interior());
await output.close();
if (comm.rank === 0) console.log(String(most));
