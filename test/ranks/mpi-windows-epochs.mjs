/** Part of mpi-windows.mjs: when calls are over, by requests, locks, and ranks that start and post. */
import assert from "node:assert/strict";
import { mpi } from "wasm-mpi/mpi";
import { comm, next, previous, rank, ranks, size } from "./mpi-world.mjs";

const others = ranks.filter((r) => r !== rank);

export async function handsOutRequests() {
  const window = comm.createWindow(new BigInt64Array(4));
  window.lockAll();
  const put = window.rput(BigInt64Array.of(5n, BigInt(rank)), { target: next });
  assert.deepEqual([...put.buffer], [5n, BigInt(rank)]);
  put.wait();
  window.flush(next);
  const got = window.rget(new BigInt64Array(2), { target: next });
  assert.deepEqual(await got, { source: mpi.ANY_SOURCE, tag: mpi.ANY_TAG, count: 0 });
  assert.deepEqual([...got.buffer], [5n, BigInt(rank)]);
  const added = window.raccumulate(BigInt64Array.of(2n), { target: next, at: 1 });
  while (!added.test());
  window.flush();
  const fetched = window.rgetAccumulate(BigInt64Array.of(10n), new BigInt64Array(1), { target: next, at: 1 });
  const nothing = window.rgetAccumulate(undefined, new BigInt64Array(1), { target: next, at: 2, op: "noOp" });
  mpi.waitAll([fetched, nothing]);
  assert.deepEqual([...fetched.buffer, ...nothing.buffer], [BigInt(rank) + 2n, 0n]);
  window.unlockAll();
  comm.barrier();
  window.lock(rank);
  assert.deepEqual([...window.array], [5n, BigInt(previous) + 12n, 0n, 0n]);
  window.unlock(rank);
  window.free();
}

/** Read, add, write: lost by anyone who is not alone. */
export function locksOutOthers() {
  const times = 10;
  const window = comm.createWindow(new Float64Array(rank === size - 1 ? 1 : 0));
  const value = new Float64Array(1);
  for (let i = 0; i < times; i++) {
    window.lock(size - 1);
    window.get(value, { target: size - 1 });
    window.flush(size - 1);
    value[0] += 1;
    window.put(value, { target: size - 1 });
    window.unlock(size - 1);
  }
  comm.barrier();
  window.lock(size - 1, { shared: true, noCheck: true });
  window.get(value, { target: size - 1 });
  window.unlock(size - 1);
  assert.equal(value[0], times * size);
  window.free();
}

export function startsAndPosts() {
  const window = comm.createWindow(new Float64Array(size));
  for (const round of [1, 2, 3]) {
    const neighbours = size > 1 ? others : [rank];
    window.post(neighbours, { noStore: true });
    window.start(neighbours);
    for (const target of neighbours) window.put(Float64Array.of(round * (rank + 1)), { target, at: rank });
    window.complete();
    if (round === 1) while (!window.test());
    else window.wait();
    assert.deepEqual(
      [...window.array],
      ranks.map((r) => (neighbours.includes(r) ? round * (r + 1) : 0)),
    );
    comm.barrier();
  }
  // Nobody, and only one way.
  comm.barrier();
  window.post([]);
  window.start([]);
  window.complete();
  window.wait();
  // MPICH counts the posts that arrive, whoever they are from.
  comm.barrier();
  if (size > 1 && rank === 0) {
    window.start([size - 1]);
    window.accumulate(Float64Array.of(0.5), { target: size - 1 });
    window.complete();
  } else if (size > 1 && rank === size - 1) {
    window.post([0]);
    window.wait();
    assert.equal(window.array[0], 3.5);
  }
  window.free();
}
