/**
 * Writes frames from several hosts: hosts-output.mjs FILE [HOST], with a disk that is full for HOST: its ranks may write
 * nothing to any file. Rank 0 prints which backend it was and why, the frames that are in the file, and the error.
 */
import { execFileSync } from "node:child_process";
import { hostname } from "node:os";
import { Grid, mpi, Output } from "wasm-mpi";

const [path, full] = process.argv.slice(2);
const comm = mpi.init();
const grid = new Grid(comm, { shape: [64, 64], split: [comm.size, 1] });
const psi = grid.field((x, y) => x * 64 + y);
const output = await Output.create(grid, path, { variables: { psi: {} } });
await output.write(0, { psi });
if (hostname() === full) execFileSync("prlimit", ["--pid", String(process.pid), "--fsize=16"]);
let error = "none";
try {
  await output.write(1, { psi });
} catch (cause) {
  error = `${cause.name}: ${cause.message}`;
}
await output.close();
const { times } = await Output.append(grid, path);
if (comm.rank === 0) {
  console.log(`${output.backend}: ${output.reason}`);
  console.log(`frames ${times.length}`);
  console.log(`error ${error}`);
}
