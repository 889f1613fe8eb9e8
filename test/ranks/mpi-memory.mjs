/**
 * The calls on addresses in WebAssembly memory allocate nothing: a million of each leave the heap as it was.
 * Every rank prints "ok".
 */
import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { mpi } from "wasm-mpi/mpi";

const comm = mpi.init();
const { rank, size } = comm;
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");

const memory = new WebAssembly.Memory({ initial: 1, maximum: 100, shared: true });
const doubles = comm.on(memory, "float64");
const array = new Float64Array(memory.buffer);
const [out, into] = [1024, 2048];
const [next, previous] = [(rank + 1) % size, (rank + size - 1) % size];
array[out / 8] = rank;

const { library, crowded } = mpi.versionInfo();
/** What ranks that share cores allocate, which wait for their turn in each call, or the world without a library, is not looked at. */
const isLooked = !crowded && library !== "solo";
const most = process.env.WASM_MPI_TEST_FULL === "1" ? 100_000 : 20_000;
const calls = !isLooked ? 500 : size > 1 ? most : 1e6;
const operations = {
  // In pairs; who has no partner talks to nobody.
  "send and recv": () => {
    const partner = (rank ^ 1) < size ? rank ^ 1 : mpi.PROC_NULL;
    if (rank % 2 === 0) doubles.send(out, 1, partner);
    doubles.recv(into, 1, partner);
    if (rank % 2 === 1) doubles.send(out, 1, partner);
  },
  sendrecv: () => doubles.sendrecv(out, 1, next, into, 1, previous),
  bcast: () => doubles.bcast(into, 1, size - 1),
  allreduce: () => doubles.allreduce(out, into, 1),
  "allreduce in place": () => doubles.allreduce(into, into, 1, "max"),
};

for (const [name, operation] of Object.entries(operations)) {
  const repeat = (count) => {
    for (let i = 0; i < count; i++) operation();
  };
  repeat(isLooked ? 50_000 : calls); // Compiled by now, on every version of Node.js.
  // What the engine compiles meanwhile is on the heap as well, but not every time: a call that allocates does so in each round.
  const grown = () => {
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    repeat(calls);
    return process.memoryUsage().heapUsed - before;
  };
  // A collection in between would hide growth, but not this often; measuring itself takes some kilobytes. On a busy machine
  // ranks wait for each other, and a wait that looks at the clock gets a number on the heap, of 16 bytes; an object in each
  // call would be 24 and more. The world without a library is JavaScript, which allocates.
  const limit = 300_000 + (size > 1 ? 20 * calls : 0);
  // All ranks make the same rounds.
  const growths = Array.from({ length: 8 }, grown);
  const growth = Math.min(...growths);
  if (isLooked) assert.ok(growth < limit, `${name}: ${growth} bytes in ${calls} calls`);
}

// And they do what they say.
doubles.sendrecv(out, 1, next, into, 2, previous, 5);
assert.deepEqual(doubles.status(), { source: previous, tag: 5, count: 1 });
assert.equal(array[into / 8], previous);
memory.grow(10);
const last = memory.buffer.byteLength - 8;
doubles.allreduce(out, last, 1, "max");
assert.equal(new Float64Array(memory.buffer)[last / 8], size - 1);
console.log("ok");
