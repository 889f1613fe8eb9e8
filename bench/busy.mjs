/**
 * What other work on the machine takes from a run: steps of MPDATA, periodic, flow as a field, alone and beside busy processes,
 * which rank 0 starts and ends. In a clone:
 *
 *   npx wasm-mpi run -n 2 bench/busy.mjs [processes] [rounds] [sizes]      default 1 20 64,256,1024
 *
 * Prints microseconds a step on rank 0, minimum / median of pieces of some 0.1 s, in which the system's scheduler has given each
 * its turn several times, and the ratios.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Grid, Mpdata, mpi } from "wasm-mpi";

const [processes, rounds] = [process.argv[2] ?? 1, process.argv[3] ?? 20].map(Number);
const sizes = (process.argv[4] ?? "64,256,1024").split(",").map(Number);
if (![processes, rounds, ...sizes].every((count) => Number.isInteger(count) && count > 0)) {
  const got = process.argv.slice(2).join(" ");
  console.error(
    `busy: expected numbers of processes and rounds from 1, and sizes, got ${got}. Write 1 20 64,256, for example.`,
  );
  process.exit(1);
}
const comm = mpi.init();
const say = (text) => {
  if (comm.rank === 0) console.log(text);
};

/** Computes until its parent is another one, as the one that started it has ended. */
const work = `console.log("begun"); const parent = process.ppid;
  for (let turn = 1; ; turn++) if (turn % 1e6 === 0 && process.ppid !== parent) process.exit();`;

say(`| cells, scheme | alone | beside ${processes} busy | ratio |\n|---|---|---|---|`);
for (const n of sizes) {
  const grid = new Grid(comm, { shape: [n, n], periodic: true });
  const wave = (place) => Math.sin((2 * Math.PI * place) / n);
  for (const [name, scheme] of Object.entries({ basic: {}, FCT: { nonoscillatory: true } })) {
    const psi = grid.field((x, y) => 2 + 0.5 * wave(x) + 0.3 * wave(y));
    const solver = new Mpdata({ psi, courant: [() => 0.3, (x) => 0.2 + 0.1 * wave(x)], ...scheme });
    solver.advance(100); // Compiled by now.
    const steps = Math.max(10, Math.ceil(0.1 / comm.allreduce(solver.advance(100), { op: "max" })));
    const pieces = () => Array.from({ length: rounds }, () => 1e6 * solver.advance(steps)).sort((a, b) => a - b);
    const alone = pieces();
    const started = comm.rank > 0 ? [] : Array.from({ length: processes }, () => spawn(process.execPath, ["-e", work]));
    await Promise.all(started.map(({ stdout }) => once(stdout, "data")));
    comm.barrier();
    const beside = pieces();
    for (const child of started) child.kill();
    await Promise.all(started.map((child) => once(child, "exit")));
    comm.barrier();
    const show = (times) => [times[0], times[rounds >> 1]];
    const ratios = show(beside).map((time, i) => (time / show(alone)[i]).toFixed(1));
    const texts = [alone, beside].map((times) => show(times).map((time) => Number(time.toPrecision(3))));
    say(`| ${n}², ${name} | ${[...texts, ratios].map((pair) => pair.join(" / ")).join(" | ")} |`);
    solver.free();
    psi.free();
  }
}
