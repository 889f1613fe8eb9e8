/**
 * Processor time that a frame takes from the thread that computes: ten steps of plain MPDATA on a square and a frame, waited
 * for (posix) and beside the run, and ten steps without one, in turn. The time that other programs have the core is not in
 * it, so that it can be measured on a machine with other work; where the ranks leave a core free, it is what a frame costs.
 *
 *     node bench/frames.mjs [CELLS] [ROUNDS]      Linux; under a launcher each rank prints its figures
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Grid, Mpdata, mpi, Output } from "wasm-mpi";

const [cells = 1024, rounds = 12] = process.argv.slice(2).map(Number);
const [frames, every] = [4, 10];
const comm = mpi.init();
const folder = comm.bcastObject(comm.rank === 0 ? mkdtempSync(join(tmpdir(), "wasm-mpi-frames-")) : undefined);
const grid = new Grid(comm, { shape: [cells, cells], periodic: true, halo: 2 });
const wave = (place) => Math.sin((2 * Math.PI * place) / cells);
const psi = grid.field((x, y) => 2 + wave(x) * wave(y));
const solver = new Mpdata({ psi, courant: [0.3, 0.2] });
const outputs = {
  none: undefined,
  posix: await Output.create(grid, join(folder, "posix.h5"), { variables: { psi: {} }, backend: "posix" }),
  beside: await Output.create(grid, join(folder, "beside.h5"), { variables: { psi: {} }, beside: true }),
};

/** Milliseconds that the processor has spent on the main thread. */
function mainThread() {
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
}

let time = 0;
const samples = { none: [], posix: [], beside: [] };
for (let round = 0; round <= rounds; round++) {
  for (const [name, output] of Object.entries(outputs)) {
    await output?.write(time++, { psi }); // One is under way when the time begins, as when it ends.
    const begin = mainThread();
    for (let frame = 0; frame < frames; frame++) {
      solver.advance(every);
      await output?.write(time++, { psi });
    }
    const taken = (mainThread() - begin) / frames;
    await output?.flush();
    if (round > 0) samples[name].push(taken);
  }
}

const least = Math.min(...samples.none);
for (const [name, all] of Object.entries(samples)) {
  const sorted = all.toSorted((a, b) => a - b);
  const share = 100 * (1 - least / sorted[0]);
  const median = sorted[rounds >> 1];
  console.log(
    `rank ${comm.rank}, ${name}: ${sorted[0].toFixed(2)} ms, median ${median.toFixed(2)}, share ${share.toFixed(1)} %`,
  );
}
for (const output of Object.values(outputs)) await output?.close();
comm.barrier();
if (comm.rank === 0) rmSync(folder, { recursive: true });
mpi.finalize();
