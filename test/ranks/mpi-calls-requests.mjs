/** Part of mpi-calls.mjs: requests, many at once, persistent ones and dropped ones. */
import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { mpi, Request } from "wasm-mpi/mpi";
import { comm, next, previous, rank } from "./mpi-calls-start.mjs";

const { ANY_SOURCE, ANY_TAG } = mpi;

export function matchesByTagOutOfOrder() {
  const arrays = Array.from({ length: 10 }, () => new Float32Array(2));
  const received = arrays.map((array, tag) => comm.irecv(array, { from: previous, tag }));
  assert.ok(received[0] instanceof Request && received[0].active && !received[0].persistent);
  const sent = [7, 2, 9, 0, 5, 1, 8, 3, 6, 4].map((tag) => comm.isend(Float32Array.of(tag, rank), { to: next, tag }));
  for (const tag of [3, 9, 0, 4, 8, 1, 6, 2, 7, 5]) {
    assert.deepEqual(received[tag].wait(), { source: previous, tag, count: 2 });
    assert.deepEqual([...received[tag].buffer], [tag, previous]);
    assert.equal(received[tag].active, false);
  }
  mpi.waitAll(sent);
  // Waiting again returns at once and says nothing.
  assert.deepEqual(received[0].wait(), { source: ANY_SOURCE, tag: ANY_TAG, count: 0 });
}

export function tests() {
  const recv = new Uint8Array(4);
  const request = comm.irecv(recv, { from: previous, tag: 8 });
  comm.barrier();
  assert.equal(request.test(), undefined);
  assert.equal(request.active, true);
  comm.barrier();
  comm.send(Uint8Array.of(1, 2, 3), { to: next, tag: 8 });
  let status = request.test();
  while (!status) status = request.test();
  assert.deepEqual(status, { source: previous, tag: 8, count: 3 });
  assert.deepEqual([...recv], [1, 2, 3, 0]);
  assert.equal(request.active, false);
}

export function waitsForManyRequests() {
  for (const count of [1, 63, 64, 65, 200]) {
    const recv = Array.from({ length: count }, () => new Int32Array(1));
    const requests = recv.map((array, tag) => comm.irecv(array, { from: previous, tag }));
    for (let tag = count - 1; tag >= 0; tag--) requests.push(comm.isend(Int32Array.of(tag * 3), { to: next, tag }));
    mpi.waitAll(requests);
    assert.ok(recv.every((array, tag) => array[0] === tag * 3));
    assert.ok(requests.every((request) => !request.active));
    mpi.waitAll(requests); // None is active any more.
  }
  mpi.waitAll([]);
  mpi.startAll([]);
}

export function restartsPersistentRequests() {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 16, shared: true });
  const pairs = Array.from({ length: 40 }, (_, tag) => ({
    send: new Float64Array(memory.buffer, 64 * tag, 3),
    recv: new Float64Array(memory.buffer, 32768 + 64 * tag, 3),
    tag,
  }));
  const requests = pairs.flatMap(({ send, recv, tag }) => [
    comm.recvInit(recv, { from: previous, tag }),
    comm.sendInit(send, { to: next, tag }),
  ]);
  assert.ok(requests.every((request) => request.persistent && !request.active));
  mpi.waitAll(requests);
  for (let step = 0; step < 60; step++) {
    if (step === 30) memory.grow(3); // Addresses stay.
    for (const { send, tag } of pairs) send.fill(1000 * step + 10 * tag + rank);
    mpi.startAll(requests);
    assert.ok(requests.every((request) => request.active));
    mpi.waitAll(requests);
    for (const { recv, tag } of pairs) assert.ok(recv.every((x) => x === 1000 * step + 10 * tag + previous));
  }
  const [recv, send] = requests;
  for (let step = 0; step < 300; step++) {
    pairs[0].send[2] = step + 0.25;
    recv.start();
    send.start();
    let status = step % 2 ? recv.wait() : recv.test();
    while (!status) status = recv.test();
    send.wait();
    assert.deepEqual(status, { source: previous, tag: 0, count: 3 });
    assert.equal(pairs[0].recv[2], step + 0.25);
  }
  for (const request of requests) request.free();
  for (const request of requests) request.free(); // Again: nothing happens.
  assert.deepEqual(recv.wait(), { source: ANY_SOURCE, tag: ANY_TAG, count: 0 });
}

export async function keepsBuffersOfDroppedRequests() {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc");
  const dropped = (() => {
    const array = new Float64Array(1000);
    comm.irecv(array, { from: previous, tag: 12 });
    return new WeakRef(array);
  })();
  const freed = (() => {
    const array = new Float64Array(1000);
    comm.recvInit(array, { from: previous, tag: 12 }).free();
    return new WeakRef(array);
  })();
  for (let i = 0; i < 5; i++) {
    comm.bcast(new Float64Array(1)); // The arrays of the last calls are held as well.
    await new Promise(setImmediate);
    collectGarbage();
  }
  assert.equal(freed.deref(), undefined);
  assert.ok(dropped.deref());
  const [request] = comm.world.requests;
  assert.equal(request.buffer, dropped.deref());
  comm.send(Float64Array.of(3), { to: next, tag: 12 });
  assert.deepEqual(request.wait(), { source: previous, tag: 12, count: 1 });
  assert.equal(comm.world.requests.size, 0);
}
