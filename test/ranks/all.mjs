/**
 * Runs programs of this folder on parts of one job, in much less time than a job for each number of ranks takes:
 *
 *     mpiexec -n 4 node all.mjs 1,2,4 grid-field.mjs grid-halo.mjs
 *
 * Each program runs on the first rank, then on the first two, then on all four, while the ranks beyond wait. Before each
 * run rank 0 prints a line such as `grid-field.mjs on 2`; the lines of the program follow.
 */
import { mpi } from "wasm-mpi";
import { setPart } from "./part.mjs";

const [numbers, ...programs] = process.argv.slice(2);
const world = mpi.init();
for (const ranks of numbers.split(",").map(Number)) {
  const comm = world.split({ color: world.rank < ranks ? 0 : undefined });
  for (const program of programs) {
    if (comm) {
      setPart(comm);
      if (comm.rank === 0) console.log(`${program} on ${ranks}`);
      // Another address is another instance of the module, with variables that are as at its start.
      await import(`./${program}?${ranks}`);
    }
    world.barrier();
  }
}
