/** What `wasm-mpi run` starts in tests: node cli-program.mjs HOW ARGUMENTS... */
import { mpi } from "wasm-mpi";

const [how, ...args] = process.argv.slice(2);
if (how === "early") throw new Error("before the job has begun");
const comm = mpi.init();
comm.barrier();
if (comm.rank === 0) process.stdout.write(`${JSON.stringify({ ranks: comm.size, args })}\n`);
if (how === "code") {
  mpi.finalize();
  process.exitCode = Number(args[0]);
}
// The others wait for the rank that fails.
if (how === "throw") {
  if (comm.rank === comm.size - 1) throw new Error("thrown on purpose");
  comm.barrier();
}
if (how === "misuse") {
  if (comm.rank === comm.size - 1) comm.send(Float64Array.of(1), { to: comm.size });
  comm.barrier();
}
if (how === "signal") process.kill(process.pid, args[0]);
if (how === "spin") for (;;);
