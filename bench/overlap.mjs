/**
 * What it takes, or gains, to compute the interior of a block while messages travel: steps of MPDATA with and without
 * `overlap`, in turns in one job, periodic, flow as a field. In a clone:
 *
 *   npx wasm-mpi run -n 2 bench/overlap.mjs [sizes] [rounds] [split]      default 64,256,1024 200 and that of the grid
 *
 * Prints microseconds a step on rank 0, minimum / median.
 */
import { Grid, Mpdata, mpi } from "wasm-mpi";

const [sizes = "64,256,1024", rounds = "200", split] = process.argv.slice(2);
const shapes = sizes.split(",").map(Number);
if (![...shapes, Number(rounds)].every((count) => Number.isInteger(count) && count > 0)) {
  const got = process.argv.slice(2).join(" ");
  console.error(`overlap: expected sizes and a number of rounds from 1, got ${got}. Write 64,256 200, for example.`);
  process.exit(1);
}
const comm = mpi.init();
const schemes = { upwind: { iterations: 1 }, basic: {}, FCT: { nonoscillatory: true } };
const courant = [0.3, (x) => 0.2 + 0.1 * Math.sin(6 * x)];
const say = (text) => {
  if (comm.rank === 0) console.log(text);
};

say("| cells, scheme | without | with | ratio of the minima |\n|---|---|---|---|");
for (const n of shapes) {
  const blocks = split && { split: split.split(",").map(Number) };
  const grid = new Grid(comm, {
    shape: [n, n],
    periodic: true,
    bounds: [
      [0, 1],
      [0, 1],
    ],
    ...blocks,
  });
  // Short ones: on a busy machine some then find both ranks at work.
  const steps = Math.max(1, Math.ceil(1e5 / n ** 2));
  for (const [name, scheme] of Object.entries(schemes)) {
    const runs = [false, true].map((overlap) => {
      const psi = grid.field((x, y) => 1 + y * Math.sin(6 * x));
      const solver = new Mpdata({ psi, courant, overlap, ...scheme });
      solver.advance(20 * steps); // Compiled by now.
      return { solver, psi, times: [] };
    });
    for (let round = 0; round < Number(rounds); round++) {
      for (const run of round % 2 ? runs.toReversed() : runs) {
        comm.barrier();
        run.times.push(1e6 * run.solver.advance(steps));
      }
    }
    const [without, overlapping] = runs.map(({ times }) => times.sort((a, b) => a - b));
    const text = (times) => `${times[0].toFixed(1)} / ${times[times.length >> 1].toFixed(1)}`;
    const ratio = (overlapping[0] / without[0]).toFixed(2);
    say(`| ${n}², ${name} | ${text(without)} | ${text(overlapping)} | ${ratio} |`);
    for (const { solver, psi } of runs) {
      solver.free();
      psi.free();
    }
  }
}
