/** Part of mpi-windows.mjs: wrong calls, whose errors are noted, and what works after them. */
import assert from "node:assert/strict";
import { MpiError, mpi } from "wasm-mpi/mpi";
import { comm, next, page, previous, rank, size } from "./mpi-world.mjs";
import { wrong } from "./mpi-wrong.mjs";

export function tellsWhatIsWrong() {
  const array = Float64Array.of(1, 2);
  const [int, target] = [Int32Array.of(1), next];
  wrong("create: list", () => comm.createWindow([1, 2]));
  wrong("create: memory", () => comm.createWindow(page()));
  wrong("create: apart", () =>
    comm.createWindow(
      mpi.view(array, { shape: [1, 1], strides: [2, 2] }) &&
        mpi.view(new Float64Array(4), { shape: [2], strides: [2] }),
    ),
  );
  wrong("create: unit", () => comm.createWindow(array, { unit: 0 }));
  wrong("create: info", () => comm.createWindow(array, { info: { no_locks: true } }));
  wrong("allocate: type", () => comm.allocateWindow("double", 1));
  wrong("allocate: length", () => comm.allocateWindow("float64", 1.5));
  wrong("allocate: too long", () => comm.allocateSharedWindow("float64", 2 ** 40));
  const window = comm.createWindow(array);
  const dynamic = comm.createDynamicWindow();
  const shared = comm.allocateSharedWindow("int32", 1);
  window.fence();
  wrong("put: no target", () => window.put(array, {}));
  wrong("get: target", () => window.get(array, { target: size }));
  wrong("rput: target", () => window.rput(array, { target: mpi.ANY_SOURCE }));
  wrong("rget: at", () => window.rget(array, { target, at: -1 }));
  wrong("put: at", () => window.put(array, { target, at: 0.5 }));
  wrong("put: data", () => window.put([1], { target }));
  wrong("put: shape", () => window.put(array, { target, targetShape: [3] }));
  wrong("put: strides", () => window.put(array, { target, targetShape: [2], targetStrides: [1, 1] }));
  wrong("put: strides without shape", () => window.put(array, { target, targetStrides: [2] }));
  wrong("put: targetType", () => window.put(array, { target, targetType: "float64" }));
  wrong("accumulate: op", () => window.accumulate(array, { target, op: "avg" }));
  wrong("raccumulate: bits", () => window.raccumulate(array, { target, op: "bor" }));
  const op = mpi.createOp((_input, _inout) => {});
  wrong("accumulate: own op", () => window.accumulate(array, { target, op: op }));
  op.free();
  wrong("getAccumulate: no data", () => window.getAccumulate(undefined, array, { target }));
  wrong("getAccumulate: result", () => window.getAccumulate(array, new Float64Array(3), { target }));
  wrong("rgetAccumulate: type", () => window.rgetAccumulate(array, new Float32Array(2), { target }));
  wrong("fetchAndOp: length", () => window.fetchAndOp(array, array, { target }));
  wrong("fetchAndOp: result", () => window.fetchAndOp(Float64Array.of(1), int, { target }));
  wrong("compareAndSwap: float", () => {
    const single = Float64Array.of(1);
    window.compareAndSwap(single, single, Float64Array.of(1), { target });
  });
  wrong("compareAndSwap: compare", () => window.compareAndSwap(int, Int16Array.of(1), int, { target }));
  wrong("compareAndSwap: result", () => window.compareAndSwap(int, int, Uint32Array.of(1), { target }));
  window.fence({ noSucceed: true });
  comm.barrier();
  wrong("fence: promise", () => window.fence({ noCheck: true }));
  wrong("lock: rank", () => window.lock(size));
  wrong("lock: nobody", () => window.lock(mpi.PROC_NULL));
  wrong("lock: promise", () => window.lock(rank, { exclusive: true }));
  wrong("unlock: rank", () => window.unlock("0"));
  wrong("flush: rank", () => window.flush(-1));
  wrong("flushLocal: rank", () => window.flushLocal(size));
  wrong("post: ranks", () => window.post([0, size]));
  wrong("start: ranks", () => window.start([0, 0]));
  wrong("shared: of createWindow", () => window.shared(rank));
  wrong("shared: rank", () => shared.shared(size));
  wrong("attach: of createWindow", () => window.attach(array));
  wrong("detach: of allocateSharedWindow", () => shared.detach(array));
  wrong("attach: list", () => dynamic.attach([1]));
  wrong("detach: other memory", () => dynamic.detach(array));
  // The library's own.
  wrong("library: put outside of an epoch", () => window.put(array, { target }));
  wrong("library: unlock without lock", () => window.unlock(target));
  wrong("library: wait without post", () => window.wait());
  try {
    window.flush(target);
  } catch (error) {
    assert.ok(error instanceof MpiError);
    const { errorClass, call, rank: where } = error;
    assert.deepEqual([errorClass, call, where], ["MPI_ERR_RMA_SYNC", "MPI_Win_flush", rank]);
  }
  // And life goes on.
  comm.barrier();
  window.fence();
  window.put(Float64Array.of(rank, 8), { target });
  window.fence();
  assert.deepEqual([...array], [previous, 8]);
  for (const opened of [window, dynamic, shared]) opened.free();
  wrong("put: freed", () => window.put(array, { target }));
  wrong("free: twice", () => window.free());
}
