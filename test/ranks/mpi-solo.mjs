/** What only a world of one rank can tell: that a message will never come. Prints "ok". */
import assert from "node:assert/strict";
import { mpi } from "wasm-mpi/mpi";

const comm = mpi.init({ library: "solo" });
const array = Float64Array.of(1, 2);
const text = (call, detail) =>
  `${call} on rank 0 of 1: MPI_ERR_OTHER (16): no rank can send this message, so waiting for it would never end. ${detail}`;
const holds = "The buffer holds 2 float64 from any rank, tag 3; receive at least as many as were sent.";
const never = (call, run, detail = holds) => {
  assert.throws(run, { name: "MpiError", message: text(call, detail), errorClass: "MPI_ERR_OTHER", code: 16 });
};

never("MPI_Recv", () => comm.recv(array, { tag: 3 }));
const request = comm.irecv(array, { tag: 3 });
assert.equal(request.test(), undefined);
never("MPI_Wait", () => request.wait());
assert.deepEqual(request.wait(), { source: mpi.ANY_SOURCE, tag: mpi.ANY_TAG, count: 0 });
const general = "The text before is the library's.";
const late = comm.irecv(Float64Array.of(0), { tag: 4 });
comm.send(Float64Array.of(8), { to: 0, tag: 4 });
never("MPI_Waitall", () => mpi.waitAll([comm.irecv(array, { tag: 3 }), late]), general);
assert.deepEqual([...late.buffer], [8]);

const again = comm.recvInit(array, { tag: 3 });
again.start();
never("MPI_Wait", () => again.wait());
again.free();
// What was given up takes no message.
comm.send(Float64Array.of(6, 7), { to: 0, tag: 3 });
assert.deepEqual([...array], [1, 2]);
const recv = new Float64Array(2);
assert.deepEqual(comm.recv(recv), { source: 0, tag: 3, count: 2 });
assert.deepEqual([...recv], [6, 7]);
assert.throws(() => comm.cartCreate({ dims: [2], periods: [true] }), {
  message:
    "MPI_Cart_create on rank 0 of 1: MPI_ERR_DIMS (12): the dimensions do not fit one rank. The product of the dimensions may not exceed the number of ranks.",
});
console.log("ok");
