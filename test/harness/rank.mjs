/**
 * A rank of a job that runs commands and programs one after another, as a process of the tests tells it:
 *
 *     mpiexec -n 3 node rank.mjs SOCKET
 *
 * Each line on the connection to this socket is `{ cwd, program, args }`, without `program` for the command line; the answers
 * follow in their order. At its end the job ends in order.
 */
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { mpi } from "wasm-mpi";
import { command, finalize, run } from "../ranks/inside.mjs";

// Commands listen to signals until the programs that they start have ended.
process.setMaxListeners(0);
const { rank } = mpi.init();
const socket = connect(process.argv[2]);
const say = (answer) => socket.write(`${JSON.stringify(answer)}\n`);
say({ rank });
// Ranks wait here, without MPI, in whose calls they would take the cores from the other tests.
for await (const line of createInterface({ input: socket })) {
  const { cwd, program, args } = JSON.parse(line);
  process.chdir(cwd);
  say(await (program === undefined ? command(args) : run(program, args)));
}
finalize();
