/**
 * Processor time that a frame takes from the thread that computes: some steps and a frame, waited for (posix) and beside the
 * run, and as many steps without one, in turn. The time that other programs have the core is not in it, so that it can be
 * measured on a machine with other work; where the ranks leave a core free, it is what a frame costs.
 *
 *     node bench/frames.mjs [CELLS] [ROUNDS] [advect|solve]      Linux; under a launcher each rank prints its figures
 *
 * `advect` takes ten steps of plain MPDATA on a square for each frame, `solve` fifty of Cahn-Hilliard's equation, and each of its
 * frames has a state for a restart with it, as those of `wasm-mpi solve`; opening and closing both files is part of it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import koffi from "koffi";
import { Grid, Mpdata, mpi, Output, Pde, storage } from "wasm-mpi";

const [cells = 1024, rounds = 12] = process.argv.slice(2, 4).map(Number);
const kind = process.argv[4] ?? "advect";
if (![cells, rounds].every((count) => Number.isInteger(count) && count > 0) || !["advect", "solve"].includes(kind)) {
  const got = process.argv.slice(2).join(" ");
  console.error(`frames: expected cells, rounds, and advect or solve, got ${got}. Write 1024 12 solve, for example.`);
  process.exit(1);
}
const comm = mpi.init();
const folder = comm.bcastObject(comm.rank === 0 ? mkdtempSync(join(tmpdir(), "wasm-mpi-frames-")) : undefined);
const grid = new Grid(comm, { shape: [cells, cells], periodic: true, halo: 2 });
const wave = (place) => Math.sin((2 * Math.PI * place) / cells);

/** Milliseconds that the processor has spent on this thread. What /proc tells of it changes with the system's ticks only. */
const clock = koffi.load(null).func("int clock_gettime(int clock, _Out_ int64_t *time)");
const threadClock = 3; // CLOCK_THREAD_CPUTIME_ID
const threadTime = new BigInt64Array(2); // Seconds and nanoseconds.
function mainThread() {
  clock(threadClock, threadTime);
  return Number(threadTime[0]) * 1e3 + Number(threadTime[1]) / 1e6;
}

/** Files that are open to the end. */
const files = [];
/** Runs that return the milliseconds of a frame, by how it is written. */
const runs = await { advect, solve }[kind]();
const samples = Object.fromEntries(Object.keys(runs).map((name) => [name, []]));
for (let round = 0; round <= rounds; round++) {
  for (const [name, run] of Object.entries(runs)) {
    const taken = await run();
    if (round > 0) samples[name].push(taken); // Compiled by now.
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
for (const file of files) await file.close();
comm.barrier();
if (comm.rank === 0) rmSync(folder, { recursive: true });
mpi.finalize();

async function advect() {
  const [frames, every] = [4, 10];
  const psi = grid.field((x, y) => 2 + wave(x) * wave(y));
  const solver = new Mpdata({ psi, courant: [0.3, 0.2] });
  const outputs = {
    none: undefined,
    posix: await Output.create(grid, join(folder, "posix.h5"), { variables: { psi: {} }, backend: "posix" }),
    beside: await Output.create(grid, join(folder, "beside.h5"), { variables: { psi: {} }, beside: true }),
  };
  files.push(outputs.posix, outputs.beside);
  let time = 0;
  const runWith = (output) => async () => {
    await output?.write(time++, { psi }); // One is under way when the time begins, as when it ends.
    const begin = mainThread();
    for (let frame = 0; frame < frames; frame++) {
      solver.advance(every);
      await output?.write(time++, { psi });
    }
    const taken = (mainThread() - begin) / frames;
    await output?.flush();
    return taken;
  };
  return Object.fromEntries(Object.entries(outputs).map(([name, output]) => [name, runWith(output)]));
}

function solve() {
  const [frames, every, dt] = [4, 50, 0.01];
  const pde = new Pde({ c: "laplace(c^3 - c - laplace(c))" });
  const c = grid.field((x, y) => 0.1 * wave(x) * wave(y));
  const track = {
    none: () => [],
    posix: () => [storage(join(folder, "posix.h5"), { steps: every, overwrite: true, backend: "posix" })],
    beside: () => [storage(join(folder, "beside.h5"), { steps: every, overwrite: true, beside: true })],
  };
  const runWith = (tracked) => async () => {
    const begin = mainThread();
    await pde.solve({ grid, initial: { c }, until: frames * every * dt, dt, track: tracked() });
    return (mainThread() - begin) / frames;
  };
  return Object.fromEntries(Object.entries(track).map(([name, tracked]) => [name, runWith(tracked)]));
}
