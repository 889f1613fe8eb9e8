/** Part of mpi-calls.mjs: messages of any size, from and to any rank. */
import assert from "node:assert/strict";
import { mpi } from "wasm-mpi/mpi";
import { comm, next, previous, rank, size } from "./mpi-calls-start.mjs";

const { ANY_SOURCE, ANY_TAG, PROC_NULL } = mpi;

export function sendsToItself() {
  const recv = new Float64Array(2);
  const request = comm.irecv(recv, { from: rank, tag: 1 });
  comm.send(Float64Array.of(1.5, rank), { to: rank, tag: 1 });
  assert.deepEqual(request.wait(), { source: rank, tag: 1, count: 2 });
  assert.deepEqual([...recv], [1.5, rank]);
  const sent = comm.isend(Float64Array.of(2.5, -rank), { to: rank });
  assert.deepEqual(comm.recv(recv, { from: rank }), { source: rank, tag: 0, count: 2 });
  sent.wait();
  assert.deepEqual([...recv], [2.5, -rank]);
}

export function receivesShorterMessages() {
  const recv = new Int32Array(10).fill(-1);
  const request = comm.isend(Int32Array.of(4, 5, 6), { to: next, tag: 2 ** 15 });
  assert.deepEqual(comm.recv(recv, { from: previous, tag: 2 ** 15 }), { source: previous, tag: 2 ** 15, count: 3 });
  request.wait();
  assert.deepEqual([...recv], [4, 5, 6, -1, -1, -1, -1, -1, -1, -1]);
}

export function receivesFromAnyRank() {
  const request = comm.isend(Int16Array.of(rank, 7), { to: 0, tag: 100 + rank });
  if (rank === 0) {
    const seen = new Set();
    for (let i = 0; i < size; i++) {
      const recv = new Int16Array(3);
      // Spelled out, and as the defaults.
      const { source, tag, count } = i === 0 ? comm.recv(recv) : comm.recv(recv, { from: ANY_SOURCE, tag: ANY_TAG });
      assert.deepEqual([recv[0], recv[1], tag, count], [source, 7, 100 + source, 2]);
      seen.add(source);
    }
    assert.equal(seen.size, size);
  }
  request.wait();
  comm.barrier();
  // Any tag from one rank; any rank with one tag.
  const sent = [5, 6].map((tag) => comm.isend(Int16Array.of(tag), { to: next, tag }));
  const recv = new Int16Array(1);
  assert.deepEqual(comm.recv(recv, { tag: 6 }), { source: previous, tag: 6, count: 1 });
  assert.deepEqual([...recv], [6]);
  assert.deepEqual(comm.irecv(recv, { from: previous }).wait(), { source: previous, tag: 5, count: 1 });
  assert.deepEqual([...recv], [5]);
  mpi.waitAll(sent);
  comm.barrier();
}

export function keepsOrderOfOneTag() {
  const sent = Array.from({ length: 50 }, (_, i) => comm.isend(Int32Array.of(i), { to: next, tag: 3 }));
  const recv = new Int32Array(1);
  for (let i = 0; i < 50; i++) {
    comm.recv(recv, { from: previous, tag: 3 });
    assert.equal(recv[0], i);
  }
  for (const request of sent) request.wait();
}

export function talksToNobody() {
  const array = Float64Array.of(7, 8);
  const nobody = { source: PROC_NULL, tag: ANY_TAG, count: 0 };
  comm.send(array, { to: PROC_NULL, tag: 5 });
  assert.deepEqual(comm.recv(array, { from: PROC_NULL }), nobody);
  assert.deepEqual(comm.recv(array, { from: PROC_NULL, tag: 4 }), nobody);
  comm.isend(array, { to: PROC_NULL }).wait();
  assert.deepEqual(comm.irecv(array, { from: PROC_NULL }).wait(), nobody);
  assert.deepEqual(comm.sendrecv(array, Float64Array.of(1, 1), { to: PROC_NULL, from: PROC_NULL }), nobody);
  const requests = [comm.sendInit(array, { to: PROC_NULL }), comm.recvInit(array, { from: PROC_NULL })];
  for (let step = 0; step < 3; step++) {
    mpi.startAll(requests);
    mpi.waitAll(requests);
  }
  for (const request of requests) request.free();
  assert.deepEqual([...array], [7, 8]);
  // One side only.
  const recv = Float64Array.of(0, 0);
  const last = size - 1;
  const [to, from] = [rank === last ? PROC_NULL : next, rank === 0 ? PROC_NULL : previous];
  const status = comm.sendrecv(Float64Array.of(rank, 1), recv, { to, from, sendTag: 1, recvTag: 1 });
  assert.deepEqual(status, rank === 0 ? nobody : { source: previous, tag: 1, count: 2 });
  assert.deepEqual([...recv], rank === 0 ? [0, 0] : [previous, 1]);
}

export function sendsNothing() {
  for (const none of [new Float64Array(0), new Float64Array(8).subarray(3, 3)]) {
    const recv = Float64Array.of(4);
    const request = comm.irecv(recv, { from: previous, tag: 6 });
    comm.send(none, { to: next, tag: 6 });
    assert.deepEqual(request.wait(), { source: previous, tag: 6, count: 0 });
    assert.deepEqual([...recv], [4]);
    const status = comm.sendrecv(none, new Float64Array(0), { to: next, from: previous });
    assert.deepEqual(status, { source: previous, tag: 0, count: 0 });
    comm.bcast(none);
    comm.allreduce(none, new Float64Array(0));
    comm.reduce(none, new Float64Array(0));
    comm.gather(none, new Float64Array(0));
    comm.allgather(none, new Float64Array(0));
  }
}

export function sendsLargeMessagesBothWays() {
  for (const mebibytes of [1, 8]) {
    const words = mebibytes * 2 ** 18;
    const memory = new WebAssembly.Memory({ initial: mebibytes * 32, maximum: 1024, shared: true });
    const value = (r, i) => (i * 2654435761 + r) | 0;
    const send = new Int32Array(memory.buffer, 0, words);
    const recv = new Int32Array(memory.buffer, 4 * words, words);
    for (let i = 0; i < words; i++) send[i] = value(rank, i);
    const check = (array) => {
      let wrong = 0;
      for (let i = 0; i < words; i++) if (array[i] !== value(previous, i)) wrong++;
      assert.equal(wrong, 0);
      array.fill(0);
    };
    comm.sendrecv(send, recv, { to: next, from: previous });
    check(recv);
    const requests = [comm.irecv(recv, { from: previous }), comm.isend(send, { to: next })];
    mpi.waitAll(requests);
    check(recv);
    const plain = new Int32Array(words);
    const persistent = [comm.recvInit(plain, { from: previous }), comm.sendInit(send, { to: next })];
    mpi.startAll(persistent);
    mpi.waitAll(persistent);
    check(plain);
    for (const request of persistent) request.free();
  }
}
