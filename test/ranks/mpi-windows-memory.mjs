/** Part of mpi-windows.mjs: memory that ranks share or attach, and how long it lives. */
import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { mpi } from "wasm-mpi/mpi";
import { comm, next, page, previous, rank, size } from "./mpi-world.mjs";

/** A row of 4 cells a rank with a halo of one, filled from the parts of the neighbours without a message. */
export function sharesMemory() {
  const window = comm.allocateSharedWindow("float64", 6);
  const { array } = window;
  assert.equal(window.flavor, "shared");
  assert.ok(array instanceof Float64Array && array.length === 6);
  window.lockAll();
  for (let i = 0; i < 6; i++) array[i] = i === 0 || i === 5 ? -1 : 10 * rank + i;
  window.sync();
  comm.barrier();
  window.sync();
  assert.equal(window.shared(rank), array);
  assert.equal(window.shared(next), window.shared(next));
  array[0] = window.shared(previous)[4];
  array[5] = window.shared(next)[1];
  assert.deepEqual(
    [...array],
    [10 * previous + 4, 10 * rank + 1, 10 * rank + 2, 10 * rank + 3, 10 * rank + 4, 10 * next + 1],
  );
  // What goes through the library is the same memory.
  comm.barrier();
  window.put(Float64Array.of(0.25), { target: next, at: 2 });
  window.flush();
  window.sync();
  comm.barrier();
  assert.equal(array[2], 0.25);
  window.unlockAll();
  // And so is a message from it.
  const received = new Float64Array(6);
  comm.sendrecv(array, received, { to: next, from: previous });
  assert.deepEqual([...received], [...window.shared(previous)]);
  comm.barrier();
  const far = window.shared(next);
  window.free();
  assert.deepEqual([array.length, far.length, array[2]], [0, 0, undefined]);

  // Atomics between ranks; only the last one has memory.
  const times = 1000;
  const last = size - 1;
  const counted = comm.allocateSharedWindow("int32", rank === last ? 2 : 0);
  assert.equal(counted.array.length, rank === last ? 2 : 0);
  const counter = counted.shared(last);
  assert.equal(counter.length, 2);
  if (rank === last) counter.fill(0);
  comm.barrier();
  for (let i = 0; i < times; i++) {
    Atomics.add(counter, 0, 1);
    for (let seen = Atomics.load(counter, 1); ; ) {
      const found = Atomics.compareExchange(counter, 1, seen, seen + 1);
      if (found === seen) break;
      seen = found;
    }
  }
  comm.barrier();
  assert.deepEqual([...counter], [times * size, times * size]);
  assert.throws(() => Atomics.wait(counter, 0, 0), TypeError);
  comm.barrier();
  counted.free();
}

export function attachesMemory() {
  const window = comm.createDynamicWindow();
  assert.deepEqual([window.flavor, window.array, window.byteLength, window.unit], ["dynamic", undefined, 0, 1]);
  const memory = page();
  const first = new Int32Array(memory.buffer, 64, 4);
  const second = Float64Array.of(1, 2);
  const at = Float64Array.of(window.attach(first), window.attach(second));
  const all = comm.allgather(at, new Float64Array(2 * size));
  window.fence();
  window.put(Int32Array.of(rank, 1), { target: next, at: all[2 * next] + 4 });
  window.accumulate(Float64Array.of(rank), { target: next, at: all[2 * next + 1] + 8 });
  window.fence();
  const got = window.get(new Int32Array(4), { target: next, at: all[2 * next] });
  window.fence();
  assert.deepEqual([...first], [0, previous, 1, 0]);
  assert.deepEqual([...second], [1, 2 + previous]);
  assert.deepEqual([...got], [0, rank, 1, 0]);
  comm.barrier();
  window.detach(second);
  window.detach(first);
  window.free();
}

export async function keepsMemoryAlive() {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc");
  const churn = async () => {
    for (let i = 0; i < 5; i++) {
      for (let k = 0; k < 20; k++) new Float64Array(10000).fill(k);
      gc();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const window = comm.createWindow(new Float64Array(1000).fill(rank));
  const memory = comm.createWindow(mpi.view(page(), { type: "float64", shape: [1000] }));
  const dynamic = comm.createDynamicWindow();
  const at = comm.allgather(Float64Array.of(dynamic.attach(new Float64Array(1000).fill(3))), new Float64Array(size));
  await churn();
  for (const opened of [window, memory, dynamic]) opened.fence();
  window.put(new Float64Array(1000).fill(rank + 0.5), { target: next });
  memory.put(new Float64Array(1000).fill(rank + 0.5), { target: next });
  const got = dynamic.get(new Float64Array(1000), { target: next, at: at[next] });
  await churn();
  for (const opened of [window, memory, dynamic]) opened.fence();
  assert.deepEqual([...new Set(window.array)], [previous + 0.5]);
  assert.deepEqual([...new Set(got)], [3]);
  const fetched = memory.get(new Float64Array(1000), { target: rank });
  memory.fence();
  assert.deepEqual([...new Set(fetched)], [previous + 0.5]);
  for (const opened of [window, memory, dynamic]) opened.free();
}

/** Memory of the library's that is not freed in time goes with the job. */
export function endsOnce() {
  const { array } = comm.allocateWindow("float64", 2);
  assert.equal(array.length, 2);
  process.on("exit", () => assert.equal(array.length, 0));
}
