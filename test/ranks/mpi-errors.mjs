/**
 * Wrong use of every call. Rank 0 prints one JSON object: the error (class and text) of each.
 * Afterwards all ranks still work together.
 */
import assert from "node:assert/strict";
import { mpi } from "wasm-mpi/mpi";
import { texts, wrong } from "./mpi-wrong.mjs";

wrong("version before init", () => mpi.versionInfo());
wrong("init with a strange option", () => mpi.init({ threads: 2 }));
wrong("init with a strange level", () => mpi.init({ threadLevel: "multiple" }));
const comm = mpi.init();
const { rank, size } = comm;
const array = Float64Array.of(1, 2);

wrong("init with another library", () => mpi.init({ library: "msmpi" }));
wrong("to: size", () => comm.send(array, { to: size }));
wrong("to: fraction", () => comm.isend(array, { to: 0.5 }));
wrong("to: missing", () => comm.send(array, {}));
wrong("to: any rank", () => comm.sendInit(array, { to: mpi.ANY_SOURCE }));
wrong("from: negative", () => comm.recv(array, { from: -7 }));
wrong("from: text", () => comm.irecv(array, { from: "0" }));
wrong("from of recvInit", () => comm.recvInit(array, { from: size }));
wrong("sendrecv to", () => comm.sendrecv(array, array, { to: size, from: 0 }));
wrong("sendrecv from", () => comm.sendrecv(array, array, { to: 0, from: size }));
wrong("sendrecv send", () => comm.sendrecv("text", array, { to: 0, from: 0 }));
wrong("sendrecv recv", () => comm.sendrecv(array, undefined, { to: 0, from: 0 }));
wrong("sendrecv sendTag", () => comm.sendrecv(array, array, { to: 0, from: 0, sendTag: -1 }));
wrong("sendrecv recvTag", () => comm.sendrecv(array, array, { to: 0, from: 0, recvTag: 1.5 }));
wrong("tag: negative", () => comm.send(array, { to: 0, tag: -1 }));
wrong("tag: fraction", () => comm.irecv(array, { tag: 0.5 }));
wrong("tag: any", () => comm.isend(array, { to: 0, tag: mpi.ANY_TAG }));
wrong("tag: 2^32", () => comm.send(array, { to: 0, tag: 2 ** 32 }));
wrong("array: list", () => comm.send([1, 2], { to: 0 }));
wrong("array: number", () => comm.recv(5));
wrong("array: null", () => comm.isend(null, { to: 0 }));
wrong("array: buffer", () => comm.bcast(new ArrayBuffer(8)));
wrong("array: too long", () => comm.send(new Uint8Array(2 ** 31), { to: 0 }));
wrong("root: size", () => comm.bcast(array, { root: size }));
wrong("root: nobody", () => comm.gather(array, array, { root: mpi.PROC_NULL }));
wrong("op: unknown", () => comm.allreduce(Int32Array.of(1), Int32Array.of(1), { op: "avg" }));
wrong("op: inherited name", () => comm.allreduce(Int32Array.of(1), Int32Array.of(1), { op: "toString" }));
wrong("op: bits of numbers", () => comm.allreduce(1, { op: "bor" }));
wrong("op: truth of float32", () => comm.reduce(Float32Array.of(1), Float32Array.of(1), { op: "land" }));
wrong("allreduce: length", () => comm.allreduce(array, new Float64Array(3)));
wrong("allreduce: type", () => comm.allreduce(array, new Float32Array(2)));
wrong("allreduce: no result", () => comm.allreduce(array));
wrong("allreduce: options in place of the result", () => comm.allreduce(array, { op: "max" }));
wrong("reduce: no result", () => comm.reduce(array, undefined, { root: rank }));
wrong("gather: length", () => comm.gather(array, new Float64Array(2 * size + 1), { root: rank }));
wrong("allgather: type", () => comm.allgather(array, new BigInt64Array(2 * size)));
wrong("cart: periods", () => comm.cartCreate({ dims: [size, 1], periods: [true] }));
const grid = comm.cartCreate({ dims: [size, 1], periods: [true, false] });
wrong("cart: coords", () => grid.rankAt([0]));
wrong("cart: axis", () => grid.shift(2));
grid.free();

const request = comm.recvInit(new Float64Array(2), { from: mpi.PROC_NULL });
request.start();
wrong("start: active", () => request.start());
wrong("startAll: active", () => mpi.startAll([request]));
wrong("free: active", () => request.free());
request.wait();
request.free();
wrong("start: freed", () => request.start());
const once = comm.irecv(new Float64Array(2), { from: mpi.PROC_NULL });
once.wait();
wrong("start: not persistent", () => once.start());

truncates();
// Open MPI's copies between processes go too far; see `setEnvironment` in src/mpi/library/library.ts.
if (size === 1 || mpi.versionInfo().abi !== "openmpi") leavesAlone();

comm.barrier();
assert.equal(comm.allreduce(1), size);
mpi.finalize();
wrong("init after finalize", () => mpi.init());
wrong("call after finalize", () => comm.dup());
if (rank === 0) console.log(JSON.stringify(texts));

/** Long messages that do not fit change nothing beyond the buffer. */
function leavesAlone() {
  const [to, from] = [(rank + 1) % size, (rank + size - 1) % size];
  for (const length of [600, 4000, 40_000]) {
    const around = new Float64Array(50_000).fill(-1);
    const received = comm.irecv(around.subarray(0, 100), { from, tag: 3 });
    const sent = comm.isend(new Float64Array(length).fill(7), { to, tag: 3 });
    assert.throws(() => received.wait(), { errorClass: "MPI_ERR_TRUNCATE" });
    sent.wait();
    assert.ok(around.subarray(100).every((value) => value === -1));
    comm.barrier();
  }
}

/** Messages too long for the buffer, received by every call that receives; the library's own errors. */
function truncates() {
  const [to, from] = [(rank + 1) % size, (rank + size - 1) % size];
  const short = () => new Float64Array(1);
  const fields = {};
  const truncated = (name, call) => {
    const sent = comm.isend(Float64Array.of(1, 2, 3), { to, tag: 7 });
    wrong(name, () => {
      try {
        call();
      } catch (error) {
        const { errorClass, rank: where, call: failed, code } = error;
        fields[name] = [errorClass, where, failed, Number.isInteger(code) && code !== 0];
        throw error;
      }
    });
    sent.wait();
    comm.barrier();
  };
  truncated("truncated recv", () => comm.recv(short(), { from, tag: 7 }));
  truncated("truncated wait", () => comm.irecv(short()).wait());
  truncated("truncated test", () => {
    const received = comm.irecv(short(), { from, tag: 7 });
    for (;;) received.test();
  });
  truncated("truncated waitAll", () => {
    const requests = [comm.irecv(short(), { from, tag: 7 }), comm.irecv(short(), { from: mpi.PROC_NULL })];
    try {
      mpi.waitAll(requests);
    } finally {
      // What failed is over; waiting again neither fails nor hangs.
      assert.deepEqual(requests[0].wait(), { source: mpi.ANY_SOURCE, tag: mpi.ANY_TAG, count: 0 });
      mpi.waitAll(requests);
      assert.ok(requests.every((request) => !request.active));
    }
  });
  const expected = (call) => ["MPI_ERR_TRUNCATE", rank, call, true];
  assert.deepEqual(fields, {
    "truncated recv": expected("MPI_Recv"),
    "truncated wait": expected("MPI_Wait"),
    "truncated test": expected("MPI_Test"),
    "truncated waitAll": expected("MPI_Waitall"),
  });
  // Another one of the library: its largest tag may be less than an int.
  const tag = 2 ** 31 - 1;
  const sent = [comm.irecv(new Float64Array(3), { from, tag: 9 })];
  try {
    comm.send(array, { to: mpi.PROC_NULL, tag });
  } catch (error) {
    assert.match(
      error.message,
      /^MPI_I?[Ss]end on rank \d of \d: MPI_ERR_TAG \(4\): .*Tags are whole numbers from 0 to MPI_TAG_UB\.$/,
    );
  }
  // And after errors: the same communicator still carries messages.
  comm.send(Float64Array.of(4, 5, 6), { to, tag: 9 });
  mpi.waitAll(sent);
  assert.deepEqual([...sent[0].buffer], [4, 5, 6]);
}
