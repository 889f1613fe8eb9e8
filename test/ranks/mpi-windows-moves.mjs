/** Part of mpi-windows.mjs: what is put and got, of every type, from and to every memory and layout. */
import assert from "node:assert/strict";
import { mpi, UsageError } from "wasm-mpi/mpi";
import { comm, next, page, previous, rank } from "./mpi-world.mjs";

export function movesEveryType() {
  const integers = [Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array];
  const window = comm.createWindow(new DataView(new ArrayBuffer(1024)));
  assert.equal(window.unit, 1);
  const all = [...integers, Uint8ClampedArray, Float32Array, Float64Array, BigInt64Array, BigUint64Array];
  const valuesOf = (Type, r) => [1, 100 + r, 127 - r].map(Type.name.startsWith("Big") ? BigInt : Number);
  window.fence();
  for (const [index, Type] of all.entries()) {
    window.put(Type.from(valuesOf(Type, rank)), { target: next, at: 64 * index });
  }
  window.fence();
  const received = all.map((Type, index) => window.get(new Type(3), { target: next, at: 64 * index }));
  window.fence();
  for (const [index, Type] of all.entries()) {
    const here = new Type(window.array.buffer, 64 * index, 4);
    assert.deepEqual([...here], [...valuesOf(Type, previous), ...new Type(1)], Type.name);
    assert.deepEqual([...received[index]], valuesOf(Type, rank), Type.name);
  }
  window.free();
}

export function movesFromAndToEveryMemory() {
  const shared = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
  const memory = page();
  const parts = [
    () => new Float64Array(4),
    () => new Float64Array(new ArrayBuffer(64), 16, 4),
    (shift) => new Float64Array(memory.buffer, 1024 + shift, 4),
    (shift) => new Float64Array(shared.buffer, 64 + shift, 4),
    () => mpi.view(memory, { type: "float64", offset: 2048, shape: [4] }),
  ];
  for (const make of parts) {
    const part = make(0);
    const window = comm.createWindow(part);
    assert.equal(window.array, part);
    assert.deepEqual([window.byteLength, window.unit], [32, 8]);
    // Elements of the next rank's part, last to first, from every kind of array there is.
    const origins = parts.slice(0, 4).map((origin) => origin(4096));
    window.fence();
    for (const [at, data] of origins.entries()) {
      data[0] = 10 * rank + at;
      window.put(data.subarray(0, 1), { target: next, at: 3 - at });
    }
    window.fence();
    const here = part instanceof Float64Array ? part : new Float64Array(memory.buffer, 2048, 4);
    assert.deepEqual(
      [...here],
      [3, 2, 1, 0].map((at) => 10 * previous + at),
    );
    here.fill(0);
    window.free();
  }
}

/**
 *     window, 3 x 4:   the left column goes to the right column of the next rank, and the last row, backwards, into
 *                      every second element of its first row
 */
export function movesStridedElements() {
  const memory = page();
  const array = new Int32Array(memory.buffer, 256, 12);
  for (let i = 0; i < 12; i++) array[i] = 100 * rank + i;
  const window = comm.createWindow(array);
  const column = mpi.view(array, { shape: [3], strides: [4] });
  const backwards = mpi.view(array, { offset: 10, shape: [2], strides: [-2] });
  window.fence();
  window.put(column, { target: next, at: 3, targetShape: [3], targetStrides: [4] });
  window.fence();
  window.put(backwards, { target: next, at: 0, targetShape: [2, 1], targetStrides: [2, 1] });
  window.fence();
  const p = 100 * previous;
  const own = 100 * rank;
  // The right column is written by then, so element 10 is as before and 8 too.
  assert.deepEqual(
    [...array],
    [...[p + 10, own + 1, p + 8, p], ...[own + 4, own + 5, own + 6, p + 4], ...[own + 8, own + 9, own + 10, p + 8]],
  );
  comm.barrier();
  // Two dimensions on either side: the transposed 2 x 2 corner of the next rank, into rows that are apart.
  const corner = new Int32Array(6);
  window.get(mpi.view(corner, { shape: [2, 2], strides: [4, 1] }), {
    target: next,
    at: 5,
    targetShape: [2, 2],
    targetStrides: [1, 4],
  });
  window.fence();
  const n = 100 * next;
  assert.deepEqual([...corner], [n + 5, n + 9, 0, 0, n + 6, n + 10]);
  // Packed on the target, and backwards there.
  window.put(mpi.view(array, { offset: 4, shape: [2], strides: [1] }), {
    target: rank,
    at: 9,
    targetShape: [2],
    targetStrides: [-1],
  });
  window.accumulate(mpi.view(array, { offset: 4, shape: [2], strides: [1] }), {
    target: rank,
    at: 1,
    targetShape: [1, 2],
  });
  window.fence();
  assert.deepEqual([...array.subarray(8, 10)], [own + 5, own + 4]);
  assert.deepEqual([...array.subarray(1, 3)], [own + 1 + own + 4, p + 8 + own + 5]);
  // Nothing at all.
  window.put(new Int32Array(0), { target: next, targetShape: [0], targetStrides: [3] });
  window.fence();
  window.free();
}

/** A datatype of two int32 with one between them. */
export function movesLayouts() {
  const targetType = mpi.datatype.vector({ count: 2, blockLength: 1, stride: 2 }, "int32");
  const window = comm.createWindow(new Int32Array(6));
  window.fence();
  window.put(Int32Array.of(rank, 10, 20, 30), { target: next, targetType });
  window.fence();
  // Its extent is 3 elements, so the second follows at 3.
  assert.deepEqual([...window.array], [previous, 0, 10, 20, 0, 30]);
  comm.barrier();
  window.accumulate(Int32Array.of(1, 2), { target: next, at: 1, targetType, op: "sum" });
  window.fence();
  assert.deepEqual([...window.array], [previous, 1, 10, 22, 0, 30]);
  assert.throws(
    () => window.put(Int32Array.of(1, 2, 3), { target: next, targetType }),
    new UsageError(
      'MPI_Put: "targetType" expected a layout that 12 bytes fill a whole number of times, got one of 8 bytes. Fit the data to it.',
    ),
  );
  window.free();
  targetType.free();
}

/** The rank that does not exist takes and gives nothing. */
export function leavesOutNobody() {
  const window = comm.createWindow(Int32Array.of(5));
  const one = Int32Array.of(1);
  const got = Int32Array.of(9);
  const target = mpi.PROC_NULL;
  const at = 1e9; // Beyond any part.
  const calls = () => {
    window.get(got, { target, at });
    window.put(one, { target, at });
    window.accumulate(one, { target, at });
    window.getAccumulate(one, got, { target, at });
    window.fetchAndOp(one, got, { target, at });
    window.compareAndSwap(one, Int32Array.of(5), got, { target, at });
  };
  const requests = () => [
    window.rget(got, { target }),
    window.rput(one, { target }),
    window.raccumulate(one, { target }),
    window.rgetAccumulate(one, got, { target }),
  ];
  window.fence({ noPrecede: true });
  calls();
  window.fence({ noStore: true, noPut: true, noSucceed: true });
  // Under a lock of a rank that does exist, or of all.
  window.lock(next);
  calls();
  mpi.waitAll(requests());
  window.flush(next);
  window.unlock(next);
  window.lockAll();
  calls();
  window.flush();
  mpi.waitAll(requests());
  window.unlockAll();
  comm.barrier();
  assert.deepEqual([got[0], window.array[0]], [9, 5]);
  window.free();
}
