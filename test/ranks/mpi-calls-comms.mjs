/** Part of mpi-calls.mjs: communicators from others, grids of ranks, and what was freed. */
import assert from "node:assert/strict";
import { CartComm, MpiError, mpi } from "wasm-mpi/mpi";
import { bySize, comm, next, previous, rank, size } from "./mpi-calls-start.mjs";

const { PROC_NULL } = mpi;

export function duplicates() {
  const twin = comm.dup();
  assert.deepEqual([twin.rank, twin.size], [rank, size]);
  assert.notEqual(twin.handle, comm.handle);
  const [first, second] = [new Int32Array(1), new Int32Array(1)];
  const requests = [comm.irecv(first, { from: previous, tag: 1 }), twin.irecv(second, { from: previous, tag: 1 })];
  requests.push(
    twin.isend(Int32Array.of(22), { to: next, tag: 1 }),
    comm.isend(Int32Array.of(11), { to: next, tag: 1 }),
  );
  mpi.waitAll(requests);
  assert.deepEqual([first[0], second[0]], [11, 22]);
  twin.free();
}

export function splits() {
  // Even and odd ranks, in reverse order.
  const half = comm.split({ color: rank % 2, key: -rank });
  const members = [0, 1, 2, 3].slice(0, size).filter((r) => r % 2 === rank % 2);
  assert.equal(half.size, members.length);
  assert.equal(half.rank, members.reverse().indexOf(rank));
  assert.equal(
    half.allreduce(rank),
    members.reduce((a, b) => a + b),
  );
  const all = half.allgather(Int32Array.of(rank), new Int32Array(half.size));
  assert.deepEqual([...all], members);
  half.free();
  // All but the last rank; the keys are the ranks unless given.
  const rest = comm.split({ color: rank === size - 1 ? undefined : 3 });
  assert.equal(rest === undefined, rank === size - 1);
  if (rest) {
    assert.deepEqual([rest.rank, rest.size, rest.allreduce(1)], [rank, size - 1, size - 1]);
    rest.free();
  }
}

export function makesGrids() {
  const ring = comm.cartCreate({ dims: [size], periods: [true] });
  assert.ok(ring instanceof CartComm);
  assert.deepEqual([ring.dims, ring.periods, ring.coords], [[size], [true], [rank]]);
  assert.deepEqual(ring.shift(0), { source: previous, dest: next });
  assert.deepEqual(ring.shift(0, -1), { source: next, dest: previous });
  assert.deepEqual(ring.shift(0, 0), { source: rank, dest: rank });
  assert.equal(ring.rankAt([-1]), size - 1);
  assert.equal(ring.rankAt([size + 1]), 1 % size);
  const recv = new Int32Array(1);
  const { source, dest } = ring.shift(0);
  ring.sendrecv(Int32Array.of(rank), recv, { to: dest, from: source });
  assert.equal(recv[0], previous);
  ring.free();

  const line = comm.cartCreate({ dims: [1, size, 1], periods: [false, false, true], reorder: true });
  assert.deepEqual(line.coords, [0, line.rank, 0]);
  assert.deepEqual(line.coordsOf(size - 1), [0, size - 1, 0]);
  const [low, high] = [line.rank === 0 ? PROC_NULL : line.rank - 1, line.rank === size - 1 ? PROC_NULL : line.rank + 1];
  assert.deepEqual(line.shift(1), { source: low, dest: high });
  assert.deepEqual(line.shift(1, size), { source: PROC_NULL, dest: PROC_NULL });
  assert.deepEqual(line.shift(0), { source: PROC_NULL, dest: PROC_NULL });
  assert.deepEqual(line.shift(2), { source: line.rank, dest: line.rank });
  assert.equal(line.rankAt([0, size - 1, -3]), size - 1);
  assert.throws(() => line.rankAt([0, size, 0]), MpiError);
  recv[0] = -1;
  const status = line.sendrecv(Int32Array.of(line.rank), recv, { to: high, from: low, sendTag: 2, recvTag: 2 });
  assert.equal(status.count, low === PROC_NULL ? 0 : 1);
  assert.equal(recv[0], low === PROC_NULL ? -1 : low);
  line.free();

  // The last dimension varies fastest; a rank too many is left out.
  const dims = bySize([1, 1], [2, 1], [1, 2], [2, 2]);
  const grid = comm.cartCreate({ dims, periods: [true, false] });
  assert.equal(grid === undefined, size === 3 && rank === 2);
  if (!grid) return;
  const coords = bySize([[0, 0]], [[0, 0], [1, 0]], [[0, 0], [0, 1]], [[0, 0], [0, 1], [1, 0], [1, 1]]); // biome-ignore format: a table
  assert.deepEqual(grid.coords, coords[rank]);
  for (const [r, place] of coords.entries()) {
    assert.deepEqual(grid.coordsOf(r), place);
    assert.equal(grid.rankAt(place), r);
    assert.equal(grid.rankAt([place[0] + dims[0], place[1]]), r);
  }
  const across = bySize([0], [1, 0], [0, 1], [2, 3, 0, 1])[rank];
  assert.deepEqual(grid.shift(0), { source: across, dest: across });
  const n = PROC_NULL;
  const [source1, dest1] = bySize([[n, n]], [[n, n], [n, n]], [[n, 1], [0, n]], [[n, 1], [0, n], [n, 3], [2, n]])[rank]; // biome-ignore format: a table
  assert.deepEqual(grid.shift(1), { source: source1, dest: dest1 });
  grid.free();
}

/** Calls on a communicator that was freed, and freeing what cannot be freed. */
export function waitsAfterFreeing() {
  const twin = comm.dup();
  twin.free();
  const array = new Float64Array(1);
  return Object.entries({
    send: () => twin.send(array, { to: 0 }),
    irecv: () => twin.irecv(array, { from: 0 }),
    recvInit: () => twin.recvInit(array, { from: 0 }),
    barrier: () => twin.barrier(),
    bcast: () => twin.bcast(array),
    allreduce: () => twin.allreduce(1),
    dup: () => twin.dup(),
    free: () => twin.free(),
  });
}
