/** Part of mpi-windows.mjs: what is combined with what is there, also where all ranks do it at once. */
import assert from "node:assert/strict";
import { mpi } from "wasm-mpi/mpi";
import { comm, next, page, previous, rank, ranks, size } from "./mpi-world.mjs";

const { abi } = mpi.versionInfo();
/** The sum of something over all ranks. */
const over = (value) => ranks.reduce((sum, r) => sum + value(r), 0);

export function accumulates() {
  const window = comm.createWindow(new Float64Array(4));
  const sum = over((r) => r + 1);
  window.fence();
  // Everybody to everybody.
  for (const target of ranks) {
    window.accumulate(Float64Array.of(rank + 1, 0.5), { target });
    window.accumulate(Float64Array.of(rank + 1), { target, at: 2, op: "max" });
    window.accumulate(Float64Array.of(0 - rank), { target, at: 3, op: "min" });
  }
  window.fence();
  assert.deepEqual([...window.array], [sum, 0.5 * size, size, 1 - size]);
  comm.barrier();
  window.accumulate(Float64Array.of(rank), { target: next, at: 1, op: "replace" });
  window.fence();
  assert.equal(window.array[1], previous);
  window.accumulate(Float64Array.of(3), { target: next, at: 2, op: "prod" });
  window.fence();
  assert.equal(window.array[2], 3 * size);
  window.free();

  // Each operation where nobody else takes part, on integers of every length, alone and with others.
  const operations = {
    sum: 6 + 5,
    prod: 6 * 5,
    max: 6,
    min: 5,
    land: 1,
    lor: 1,
    lxor: 0,
    band: 6 & 5,
    bor: 6 | 5,
    bxor: 6 ^ 5,
    replace: 5,
    noOp: 6,
  };
  const names = Object.keys(operations);
  const count = names.length;
  const before = [...names, ...names].map((name) => (name === "lor" ? 0 : 6));
  const after = [...names, ...names].map((name) => (name === "noOp" ? 6 : operations[name]));
  const types = [Int8Array, Uint16Array, Int32Array, Uint32Array, BigInt64Array];
  for (const part of [comm.createWindow(new Uint8Array(1024)), comm.allocateWindow("uint8", 1024)]) {
    const arrays = types.map((Type, index) => ({
      numbers: (values) => Type.from(values.map(Type === BigInt64Array ? BigInt : Number)),
      at: 200 * index,
      here: new Type(part.array.buffer, part.array.byteOffset + 200 * index, 2 * count),
      got: new Type(count),
      step: Type.BYTES_PER_ELEMENT,
    }));
    part.lock(rank);
    for (const { here, numbers } of arrays) here.set(numbers(before));
    part.unlock(rank);
    comm.barrier();
    part.lock(next, { shared: true });
    for (const { numbers, got, at, step } of arrays) {
      for (const [index, name] of names.entries()) {
        let value = numbers([5]);
        const place = { target: next, at: at + index * step, op: name };
        const unsigned = got instanceof Uint16Array || got instanceof Uint32Array;
        if (unsigned && (name === "max" || name === "min") && abi === "mpich") {
          // MPICH 4.0 compares them as signed.
          assert.throws(() => part.accumulate(value, place), {
            name: "UsageError",
            message: new RegExp(
              `^MPI_Accumulate: "op" expected one that MPICH \\S+ does right for uint\\d+, got "${name}", which it compares as signed\\. Use a signed type, or compareAndSwap\\(\\)\\.$`,
            ),
          });
          place.op = "replace";
          value = numbers([name === "max" ? 6 : 5]);
        }
        const { op } = place;
        if (op !== "noOp") part.accumulate(value, place);
        part.fetchAndOp(value, got.subarray(index, index + 1), { ...place, at: place.at + count * step });
      }
    }
    part.unlock(next);
    comm.barrier();
    part.lock(rank);
    for (const { here, got, numbers } of arrays) {
      assert.deepEqual(here, numbers(after));
      assert.deepEqual(got, numbers(before.slice(count)));
    }
    part.unlock(rank);
    part.free();
  }

  // Of strided elements of complex numbers, both parts at once.
  const memory = page();
  const complex = comm.createWindow(mpi.view(memory, { type: "complex128", shape: [3] }));
  assert.deepEqual([complex.unit, complex.byteLength], [16, 48]);
  const pair = mpi.view(Float64Array.of(1, 2, 0, 0, 3, rank), { type: "complex128", shape: [2], strides: [2] });
  complex.fence();
  for (const target of ranks) complex.accumulate(pair, { target, targetShape: [2], targetStrides: [2] });
  complex.fence();
  const ranksSum = over((r) => r);
  assert.deepEqual([...new Float64Array(memory.buffer, 0, 6)], [size, 2 * size, 0, 0, 3 * size, ranksSum]);
  complex.free();
}

export function fetchesWhatWasThere() {
  const window = comm.allocateWindow("int32", 4);
  window.lock(rank);
  window.array.set([100 + rank, 200 + rank, 300 + rank, 0]);
  window.unlock(rank);
  comm.barrier();
  const before = new Int32Array(2);
  window.lock(next, { shared: true });
  assert.equal(window.getAccumulate(Int32Array.of(1, 2), before, { target: next }), before);
  window.unlock(next);
  assert.deepEqual([...before], [100 + next, 200 + next]);
  comm.barrier();
  window.lockAll();
  const spread = new Int32Array(3);
  window.getAccumulate(undefined, mpi.view(spread, { shape: [2], strides: [2] }), {
    target: next,
    op: "noOp",
    targetShape: [2],
    targetStrides: [2],
  });
  const fetched = window.fetchAndOp(undefined, new Int32Array(1), { target: next, at: 1, op: "noOp" });
  window.flush();
  assert.deepEqual([...spread], [101 + next, 0, 300 + next]);
  assert.equal(fetched[0], 202 + next);
  const [old, missed] = [new Int32Array(1), new Int32Array(1)];
  window.fetchAndOp(Int32Array.of(rank), old, { target: next, at: 3, op: "replace" });
  window.flush(next);
  window.compareAndSwap(Int32Array.of(-1), Int32Array.of(rank + 1), missed, { target: next, at: 3 });
  window.flushLocal(next);
  assert.deepEqual([old[0], missed[0]], [0, rank]);
  window.compareAndSwap(Int32Array.of(-1), Int32Array.of(rank), missed, { target: next, at: 3 });
  window.flushLocal();
  assert.equal(missed[0], rank);
  window.unlockAll();
  comm.barrier();
  window.lock(rank);
  assert.deepEqual([...window.array], [101 + rank, 202 + rank, 300 + rank, -1]);
  window.unlock(rank);
  window.free();

  // Values with their places.
  const memory = page();
  const pairs = comm.createWindow(mpi.view(memory, { type: "int32int32", shape: [1] }));
  pairs.fence();
  pairs.accumulate(mpi.view(Int32Array.of(7 * rank + 5, rank), { type: "int32int32" }), { target: 0, op: "maxloc" });
  pairs.fence();
  if (rank === 0) assert.deepEqual([...new Int32Array(memory.buffer, 0, 2)], [7 * size - 2, size - 1]);
  pairs.free();
}

/** Windows with a counter at 0 on rank 0, and how far to count there: less where ranks share cores, and so wait. */
export function* counters() {
  const length = rank === 0 ? 2 : 0;
  const times = mpi.versionInfo().crowded ? 100 : 1000;
  yield { make: () => comm.allocateWindow("int64", length), times };
  yield { make: () => comm.allocateSharedWindow("int64", length), times };
  yield { make: () => comm.createWindow(new BigInt64Array(length)), times: times / 20 };
}

export function countsExactly({ make, times }) {
  const window = make();
  if (rank === 0) window.array.fill(0n);
  comm.barrier();
  window.lockAll();
  const [increment, got] = [BigInt64Array.of(1n), new BigInt64Array(1)];
  const tickets = [];
  for (let i = 0; i < times; i++) {
    window.fetchAndOp(increment, got, { target: 0 });
    window.flush(0);
    tickets.push(Number(got[0]));
  }
  // Nobody drew the ticket of another.
  const drawn = comm.allreduce(tickets.reduce((sum, ticket) => sum + ticket, 0));
  assert.equal(drawn, (times * size * (times * size - 1)) / 2);
  assert.ok(tickets.every((ticket, index) => index === 0 || ticket > tickets[index - 1]));

  const [wanted, seen] = [new BigInt64Array(1), new BigInt64Array(1)];
  for (let done = 0; done < times; ) {
    wanted[0] = seen[0] + 1n;
    window.compareAndSwap(wanted, seen, got, { target: 0, at: 1 });
    window.flush(0);
    if (got[0] === seen[0]) done++;
    seen[0] = got[0];
  }
  comm.barrier();
  const counts = new BigInt64Array(2);
  window.getAccumulate(undefined, counts, { target: 0, op: "noOp" });
  window.flush(0);
  assert.deepEqual([...counts], [BigInt(times * size), BigInt(times * size)]);
  window.unlockAll();
  window.free();
}
