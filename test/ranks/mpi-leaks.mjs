/**
 * Leaves handles behind; the report of leaks names each kind and this file's lines.
 *
 *   mpi-leaks.mjs [tidy]
 *
 * `tidy` frees all of them. Prints the line numbers that the report is to have as JSON, on rank 0.
 */
import { mpi } from "wasm-mpi/mpi";

const comm = mpi.init();
const { rank, size } = comm;
const tidy = process.argv[2] === "tidy";
const lines = {};
/** The line from which this is called. */
const here = () => Number(/mpi-leaks\.mjs:(\d+):\d+/.exec(new Error().stack.split("\n")[2])[1]);

const handles = [];
const array = new Float64Array(1);
lines.dup = here() + 1;
for (let i = 0; i < 2; i++) handles.push(comm.dup());
lines.grid = here() + 1;
handles.push(comm.cartCreate({ dims: [size], periods: [false] }));
lines.op = here() + 1;
handles.push(mpi.createOp((a, b) => b.set(a)));
lines.persistent = here() + 1;
handles.push(comm.recvInit(array));
const open = [];
lines.open = here() + 1;
if (rank === 0) for (const tag of [1, 2, 3]) open.push(comm.irecv(array, { from: 0, tag }));
// What is freed, complete or cancelled is not reported.
comm.dup().free();
comm.isend(array, { to: mpi.PROC_NULL }).wait();
const cancelled = comm.irecv(array, { from: rank, tag: 9 });
cancelled.cancel();
cancelled.wait();
await comm.irecv(array, { from: mpi.PROC_NULL });
mpi.waitAll([comm.irecv(array, { from: mpi.PROC_NULL })]);
// Nor is what was sent beside a message that is no value.
const bare = comm.isend(array, { to: rank, tag: 4 });
try {
  comm.sendrecvObject(rank, { to: rank, from: rank, sendTag: 5, recvTag: 4 });
} catch (error) {
  if (error.name !== "UsageError") throw error;
}
bare.wait();
comm.recvObject({ from: rank, tag: 5 });
const persistent = comm.sendInit(array, { to: mpi.PROC_NULL });
persistent.start();
persistent.wait();
persistent.free();
lines.late = await later();
for (const request of open) {
  if (!tidy && request === open[2]) break;
  request.cancel();
  request.wait();
}
if (tidy) for (const handle of handles) handle.free();
if (rank === 0) console.log(JSON.stringify(lines));

async function later() {
  await null;
  const line = here() + 1;
  handles.push(comm.split({ color: 0 }));
  return line;
}
