/**
 * Memory that the library must not reach, on 1 or 2 ranks: buffers that shrink or are transferred while it has their
 * address, what lies beyond a window or a memory, and data that are sent and received at once. Every rank prints "ok";
 * rank 0 prints first, as a JSON object, what wrong calls throw.
 */
import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { mpi } from "wasm-mpi/mpi";
import { texts, wrong } from "./mpi-wrong.mjs";

const comm = mpi.init();
const { rank, size } = comm;
const [next, previous] = [(rank + 1) % size, (rank + size - 1) % size];

refusesBuffersThatShrink();
followsBuffersThatGrow();
holdsBuffersThatAreTransferred();
looksAtEachStart();
staysWithinWindows();
staysWithinMemory();
keepsStatuses();
refusesFreedCommunicators();
refusesWhatOverflows();
keepsDataApart();
writesPairs();
reducesInPlace();
await startsOnceAProcess();
if (rank === 0) console.log(JSON.stringify(texts));
comm.barrier();
mpi.finalize();
console.log("ok");

function refusesBuffersThatShrink() {
  const array = new Float64Array(new ArrayBuffer(80, { maxByteLength: 160 }));
  const fixed = new Float64Array(10);
  const counts = Array.from({ length: size }, () => 0);
  const pieces = { sendCounts: counts, recvCounts: counts };
  const list = Array.from({ length: size }, () => array);
  const window = comm.createWindow(fixed);
  const dynamic = comm.createDynamicWindow();
  const path = join(tmpdir(), `limits-${process.ppid}-${size}.bin`);
  const file = mpi.self.openFile(`${path}-${rank}`, { read: true, write: true, create: true, deleteOnClose: true });
  wrong("irecv", () => comm.irecv(array, { from: previous }));
  wrong("isend", () => comm.isend(array, { to: next }));
  wrong("recvInit", () => comm.recvInit(array));
  wrong("send", () => comm.send(array, { to: next }));
  wrong("view", () => comm.irecv(mpi.view(array, { shape: [2], strides: [3] })));
  wrong("empty", () => comm.irecv(new Uint8Array(new ArrayBuffer(0, { maxByteLength: 8 }))));
  wrong("ibcast", () => comm.ibcast(array));
  wrong("iallreduce", () => comm.iallreduce(fixed, array));
  wrong("ialltoallv", () => comm.ialltoallv(array, fixed, pieces));
  wrong("ialltoallw", () => comm.ialltoallw(list, list));
  wrong("createWindow", () => comm.createWindow(array));
  wrong("attach", () => dynamic.attach(array));
  wrong("put", () => window.put(array, { target: next }));
  wrong("rget", () => window.rget(array, { target: next }));
  wrong("iread", () => file.ireadAt(0, array));
  for (const handle of [window, dynamic]) handle.free();
  file.close();
}

/** Shared buffers only grow and stay where they are, and so do memories of WebAssembly, empty ones as well. */
function followsBuffersThatGrow() {
  const shared = new SharedArrayBuffer(0, { maxByteLength: 64 });
  comm.bcast(new Uint8Array(shared));
  shared.grow(64);
  const memory = new WebAssembly.Memory({ initial: 0, maximum: 2 });
  const on = comm.on(memory, "float64");
  const view = mpi.view(new WebAssembly.Memory({ initial: 1 }), { type: "float64", shape: [2] });
  memory.grow(1);
  for (const array of [
    new Float64Array(shared, 0, 2),
    mpi.view(memory, { type: "float64", offset: 8, shape: [2] }),
    view,
  ]) {
    const request = comm.irecv(array, { from: previous });
    comm.send(Float64Array.of(5, 6 + rank), { to: next });
    request.wait();
    const [a, b] = new Float64Array(array.buffer, array.byteOffset, 2);
    assert.deepEqual([a, b], [5, 6 + previous]);
  }
  on.sendrecv(8, 2, next, 64, 2, previous);
  assert.deepEqual([...new Float64Array(memory.buffer, 64, 2)], [5, 6 + ((previous + size - 1) % size)]);
  // A memory whose buffer was under way can still grow.
  view.source.grow(1);
  memory.grow(1);
}

/** Moves a buffer away, where the version of Node.js can: by any means but those of a library in C++. */
function transferred(buffer) {
  for (const move of [() => buffer.transfer(), () => buffer.transferToFixedLength(), clone(buffer), post(buffer)]) {
    try {
      move();
    } catch (error) {
      assert.ok(["TypeError", "DataCloneError", "UsageError"].includes(error.name), String(error));
    }
  }
  return buffer.byteLength === 0;
}

function clone(buffer) {
  return () => structuredClone(0, { transfer: [buffer] });
}

function post(buffer) {
  return () => {
    const { port1 } = new MessageChannel();
    port1.close();
    port1.postMessage(0, [buffer]);
  };
}

function holdsBuffersThatAreTransferred() {
  const expected = Float64Array.of(1, 2, 3 + previous);
  const message = Float64Array.of(1, 2, 3 + rank);
  const received = new Float64Array(3);
  const request = comm.irecv(received, { from: previous });
  assert.equal(transferred(received.buffer), false);
  comm.send(message, { to: next });
  request.wait();
  assert.deepEqual(received, expected);

  const prepared = [comm.recvInit(new Float64Array(3), { from: previous }), comm.sendInit(message, { to: next })];
  for (const { buffer } of prepared) assert.equal(transferred(buffer.buffer), false);
  mpi.startAll(prepared);
  mpi.waitAll(prepared);
  assert.deepEqual(prepared[0].buffer, expected);
  for (const request of prepared) request.free();

  const whole = new Float64Array(3 * size);
  const gathered = comm.iallgather(message, whole);
  assert.deepEqual([transferred(whole.buffer), transferred(message.buffer)], [false, false]);
  gathered.wait();
  assert.deepEqual(whole.slice(3 * previous, 3 * previous + 3), expected);

  const window = comm.createWindow(new Float64Array(3));
  assert.equal(transferred(window.array.buffer), false);
  window.fence();
  const put = Float64Array.of(1, 2, 3 + rank);
  window.put(put, { target: next });
  assert.equal(transferred(put.buffer), false);
  window.fence();
  assert.deepEqual(window.array, expected);
  window.free();

  // Memory of the library's: it goes with the window, which empties its array.
  const allocated = comm.allocateWindow("float64", 3);
  assert.equal(transferred(allocated.array.buffer), false);
  const { array } = allocated;
  comm.isend(array, { to: mpi.PROC_NULL }).wait();
  allocated.free();
  assert.equal(array.length, 0);
  // What blocking calls were given is the program's as before.
  const free = new Float64Array(3);
  comm.bcast(free);
  if (free.buffer.transfer) assert.equal(transferred(free.buffer), true);
}

/** A memory that grows takes its old array away. */
function looksAtEachStart() {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const old = new Float64Array(memory.buffer, 0, 2);
  const prepared = comm.recvInit(old, { from: mpi.PROC_NULL });
  const reduction = comm.allreduceInit(old, new Float64Array(2));
  const followed = comm.recvInit(mpi.view(memory, { type: "float64", shape: [2] }), { from: mpi.PROC_NULL });
  memory.grow(1);
  wrong("start", () => prepared.start());
  wrong("startAll", () => mpi.startAll([reduction]));
  followed.start();
  followed.wait();
  for (const request of [prepared, reduction, followed]) request.free();
  wrong("detached", () => comm.irecv(old));
  const bytes = new DataView(memory.buffer);
  memory.grow(1);
  wrong("detached bytes", () => comm.irecv(bytes));
  wrong("detached window", () => comm.createWindow(bytes));
}

/** One-sided calls stay within the part of the target, which differs from rank to rank. */
function staysWithinWindows() {
  const guarded = new Float64Array(24);
  const inner = guarded.subarray(4, 20);
  const window = comm.createWindow(inner, { unit: rank === 0 ? 8 : 4 });
  const target = 0;
  const [pair, single, int] = [new Float64Array(2), new Float64Array(1), new Int32Array(1)];
  const strided = mpi.datatype.vector({ count: 2, blockLength: 1, stride: 15 }, "float64");
  const shifted = mpi.datatype.hindexed({ blockLengths: [1], displacements: [-8] }, "float64");
  window.fence();
  wrong("put at 16", () => window.put(pair, { target, at: 16 }));
  wrong("put at 15", () => window.put(pair, { target, at: 15 }));
  wrong("put at 1e9", () => window.put(single, { target, at: 1e9 }));
  wrong("put long", () => window.put(new Float64Array(17), { target }));
  wrong("get", () => window.get(pair, { target, at: 15 }));
  wrong("accumulate", () => window.accumulate(single, { target, at: 16 }));
  wrong("getAccumulate", () => window.getAccumulate(pair, new Float64Array(2), { target, at: 15 }));
  wrong("fetchAndOp", () => window.fetchAndOp(single, new Float64Array(1), { target, at: 16 }));
  wrong("compareAndSwap", () => window.compareAndSwap(int, int, new Int32Array(1), { target, at: 16 }));
  wrong("strides", () => window.put(pair, { target, at: 1, targetShape: [2], targetStrides: [15] }));
  wrong("strides back", () => window.put(pair, { target, at: 1, targetShape: [2], targetStrides: [-2] }));
  wrong("layout", () => window.put(pair, { target, at: 1, targetType: strided }));
  wrong("layout before", () => window.get(single, { target, targetType: shifted }));
  wrong("put view", () =>
    window.put(mpi.view(new Float64Array(17), { datatype: strided, offset: 1, count: 1 }), { target, at: 1 }),
  );
  wrong("unit", () => window.put(single, { target: size - 1, at: 32 }));
  // What reaches the last byte is within.
  if (rank === 0) {
    window.put(Float64Array.of(1, 2), { target, targetShape: [2], targetStrides: [15] });
    window.put(Float64Array.of(3, 4), { target, at: 14, targetShape: [2], targetStrides: [-1] });
    window.put(new Float64Array(0), { target, at: 99 });
    window.put(pair, { target: mpi.PROC_NULL, at: 99 });
  }
  window.fence();
  if (rank === 0) assert.deepEqual([inner[0], inner[13], inner[14], inner[15]], [1, 4, 3, 2]);
  window.lockAll();
  wrong("rput", () => window.rput(pair, { target, at: 15 }));
  wrong("rget beyond", () => window.rget(pair, { target, at: 15 }));
  wrong("raccumulate", () => window.raccumulate(pair, { target, at: 15 }));
  wrong("rgetAccumulate", () => window.rgetAccumulate(pair, new Float64Array(2), { target, at: 15 }));
  window.unlockAll();
  const shared = comm.allocateSharedWindow("int32", 1 + rank);
  shared.fence();
  wrong("shared", () => shared.put(int, { target, at: 1 }));
  shared.fence();
  const dynamic = comm.createDynamicWindow();
  dynamic.fence();
  wrong("dynamic get", () => dynamic.get(pair, { target: next }));
  wrong("dynamic rput", () => dynamic.rput(pair, { target: next, at: 64 }));
  wrong("dynamic fetchAndOp", () => dynamic.fetchAndOp(int, Int32Array.of(0), { target: next, at: 8 }));
  const at = dynamic.attach(inner);
  dynamic.fence();
  wrong("dynamic", () => {
    try {
      dynamic.put(pair, { target: rank, at: at + 8 * 15 });
    } catch (error) {
      error.message = error.message.replace(/got \d+/, "got N");
      throw error;
    }
  });
  dynamic.put(pair, { target: rank, at: at + 8 * 14 });
  dynamic.fence();
  for (const handle of [window, shared, dynamic, strided, shifted]) handle.free();
  assert.deepEqual([...guarded.subarray(0, 4), ...guarded.subarray(20)], [0, 0, 0, 0, 0, 0, 0, 0]);
}

/** Calls on addresses stay within the memory, as it is at the moment. */
function staysWithinMemory() {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
  const on = comm.on(memory, "float64");
  const end = 65536;
  wrong("memory send", () => on.send(end - 8, 2, next));
  wrong("memory recv", () => on.recv(end, 1, previous));
  wrong("memory before", () => on.bcast(-8, 1));
  wrong("memory part", () => on.bcast(0.5, 1));
  wrong("memory count", () => on.bcast(0, Number.NaN));
  wrong("memory symbol", () => on.send(Symbol.iterator, 1, next));
  wrong("memory bigint", () => on.recv(0, 1n, previous));
  wrong("memory rank", () => on.sendrecv(0, 1, Symbol.iterator, 8, 1, previous));
  wrong("memory long", () => on.sendrecv(0, 1, next, 8, 2 ** 30, previous));
  wrong("memory allreduce", () => on.allreduce(0, end - 8, 2));
  wrong("memory allreduce from", () => on.allreduce(end - 8, 0, 2));
  wrong("memory minus one", () => on.bcast(-1, 1));
  // The library would cut fractions off, and what a C `int` does not hold.
  wrong("memory to", () => on.send(0, 1, 0.5));
  wrong("memory to far", () => on.sendrecv(0, 1, 2 ** 32, 8, 1, previous));
  wrong("memory to any", () => on.send(0, 1, mpi.ANY_SOURCE));
  wrong("memory from", () => on.recv(0, 1, Number.NaN));
  wrong("memory from both", () => on.sendrecv(0, 1, next, 8, 1, -0.5));
  wrong("memory tag", () => on.send(0, 1, next, 2 ** 31));
  wrong("memory tag part", () => on.recv(0, 1, previous, 1.5));
  wrong("memory tag both", () => on.sendrecv(0, 1, next, 8, 1, previous, mpi.ANY_TAG));
  wrong("memory root", () => on.bcast(0, 1, 0.5));
  wrong("memory count part", () => on.allreduce(0, 8, 0.5));
  on.bcast(end - 8, 1);
  on.bcast(end, 0);
  memory.grow(1);
  on.bcast(end - 8, 2);
}

/** The status of a message on addresses is that of the last of them, whatever calls have followed. */
function keepsStatuses() {
  const on = comm.on(new WebAssembly.Memory({ initial: 1 }), "float64");
  assert.deepEqual(on.status(), { source: mpi.PROC_NULL, tag: mpi.ANY_TAG, count: 0 });
  const sent = comm.isend(new Float64Array(3), { to: next, tag: 5 });
  on.recv(0, 8, previous, 5);
  sent.wait();
  comm.sendrecv(new Int32Array(7), new Int32Array(7), { to: next, from: previous, sendTag: 9 });
  comm.barrier();
  assert.deepEqual(on.status(), { source: previous, tag: 5, count: 3 });
  on.sendrecv(0, 2, next, 64, 4, previous, 6);
  comm.probe({ from: mpi.PROC_NULL });
  assert.deepEqual(on.status(), { source: previous, tag: 6, count: 2 });
}

/** The handle of a communicator that is freed may be the address of memory that is gone. */
function refusesFreedCommunicators() {
  const copy = comm.dup();
  const on = copy.on(new WebAssembly.Memory({ initial: 1 }), "float64");
  on.bcast(0, 1);
  copy.free();
  for (const call of [() => on.bcast(0, 1), () => on.send(0, 1, next), () => on.allreduce(0, 8, 1)]) {
    assert.throws(call, { name: "MpiError", errorClass: "MPI_ERR_COMM" });
  }
}

/** Numbers that are none of a C `int`, in which libraries count, would come out as others. */
function refusesWhatOverflows() {
  const half = mpi.view(new WebAssembly.Memory({ initial: 16384 }), { type: "f64" });
  wrong("pack size", () => comm.packSize([half, half]));
  wrong("pack long", () => comm.pack([half, half]));
  const repeated = mpi.view(new Float64Array(1), { shape: [1, 2 ** 32], strides: [1, 0] });
  wrong("axis", () => comm.isend(repeated, { to: next }));
  const ring = comm.cartCreate({ dims: [size], periods: [true] });
  wrong("shift part", () => ring.shift(0, 0.5));
  wrong("shift far", () => ring.shift(0, 2 ** 32));
  wrong("place", () => ring.rankAt([2 ** 32]));
  wrong("place part", () => ring.rankAt([Number.NaN]));
  ring.free();
  // Names that the library would cut are refused, as those of communicators.
  const message =
    /^MPI_(Type|Win)_set_name: "name" expected a text of 0 to \d+ bytes, none of them 0, got (one of 1000|5)\. Choose/;
  for (const named of [mpi.datatype.contiguous(2, "f64"), comm.createWindow(new Float64Array(1))]) {
    for (const name of ["x".repeat(1000), 5]) {
      assert.throws(() => Object.assign(named, { name }), { name: "UsageError", message });
    }
    named.name = "short";
    assert.equal(named.name, "short");
    named.free();
  }
}

/** What is sent and what is received have no bytes in common, unless the call is told. */
function keepsDataApart() {
  const array = new Float64Array(8 * size);
  const head = array.subarray(0, 2 * size);
  const inside = array.subarray(1, 1 + 2 * size);
  const piece = array.subarray(2 * size - 1, 2 * size + 1);
  const twos = Array.from({ length: size }, () => 2);
  const to = { to: next, from: previous };
  wrong("sendrecv same", () => comm.sendrecv(array, array, to));
  wrong("sendrecv part", () => comm.sendrecv(head, inside, to));
  wrong("sendrecv view", () => comm.sendrecv(mpi.view(array, { shape: [2], strides: [3] }), array.subarray(3, 5), to));
  wrong("allreduce", () => comm.allreduce(head, inside));
  wrong("iallreduce apart", () => comm.iallreduce(head, inside));
  wrong("scanInit", () => comm.scanInit(head, inside));
  wrong("reduceScatterBlock", () => comm.reduceScatterBlock(head, piece));
  wrong("allgather", () => comm.allgather(piece, head));
  wrong("allgatherv", () => comm.allgatherv(piece, head, { counts: twos }));
  wrong("alltoall", () => comm.alltoall(head, inside));
  wrong("alltoallv", () => comm.alltoallv(head, inside, { sendCounts: twos, recvCounts: twos }));
  const parts = (whole) => twos.map((_, r) => whole.subarray(2 * r, 2 * r + 2));
  wrong("alltoallw", () => comm.alltoallw(parts(head), parts(inside)));
  if (rank === 0) {
    wrong("gather", () => comm.gather(piece, head));
    wrong("scatter", () => comm.scatter(head, piece));
    wrong("reduce", () => comm.reduce(head, inside));
  }
  wrong("reduceLocal", () => mpi.reduceLocal(head, inside));
  const window = comm.createWindow(new Float64Array(2));
  const single = new Float64Array(1);
  const int = new Int32Array(2);
  wrong("fetchAndOp apart", () => window.fetchAndOp(single, single, { target: rank }));
  wrong("getAccumulate apart", () => window.getAccumulate(single, single, { target: rank }));
  const [first, second] = [int.subarray(0, 1), int.subarray(1)];
  wrong("compareAndSwap data", () => window.compareAndSwap(first, second, first, { target: rank }));
  wrong("compareAndSwap compare", () => window.compareAndSwap(first, second, second, { target: rank }));
  window.free();
  const memory = new WebAssembly.Memory({ initial: 1 });
  const on = comm.on(memory, "float64");
  wrong("memory sendrecv", () => on.sendrecv(0, 2, next, 8, 2, previous));
  wrong("memory apart", () => on.allreduce(0, 8, 2));
  on.sendrecv(0, 2, next, 16, 2, previous);
  on.allreduce(16, 0, 2);

  // Neighbors in memory, gaps between pieces, and columns of one array are apart.
  const table = Float64Array.from({ length: 12 }, (_, i) => 100 * rank + i);
  const column = (j) => mpi.view(table, { offset: j, shape: [3], strides: [4] });
  comm.sendrecv(column(0), column(2), to);
  assert.deepEqual(
    [table[2], table[6], table[10]],
    [0, 4, 8].map((i) => 100 * previous + i),
  );
  comm.sendrecv(table.subarray(0, 2), table.subarray(2, 4), to);
  assert.deepEqual([...table.subarray(2, 4)], [100 * previous, 100 * previous + 1]);
  const gaps = new Float64Array(3 * size + 1);
  gaps[1] = 7 + rank;
  const displs = twos.map((_, r) => 3 * r + 2);
  comm.allgatherv(gaps.subarray(1, 2), gaps, { counts: twos.fill(1), displs });
  assert.deepEqual(
    displs.map((at) => gaps[at]),
    twos.map((_, r) => 7 + r),
  );
  // In place stays in place, said or not.
  comm.allreduce(head.fill(1), head);
  comm.alltoall(head, head);
  assert.deepEqual([...new Set(head)], [size]);
}

/** A pair of float64 and int32 has padding, which a file does not. */
function writesPairs() {
  const pairs = mpi.pairs("f64", 2);
  for (const i of [0, 1]) pairs.set(i, rank + i / 2, i + 7);
  const nested = mpi.datatype.contiguous(2, "float64int32");
  const path = join(tmpdir(), `pairs-${process.ppid}-${size}-${rank}.bin`);
  const file = mpi.self.openFile(path, { read: true, write: true, create: true, deleteOnClose: true });
  for (const type of ["float64", "byte", "float64int32", nested]) {
    file.setView({ type });
    file.writeAt(0, pairs);
    const back = mpi.pairs("f64", 2);
    const { count } = file.readAt(0, back);
    assert.equal(count, 2);
    for (const i of [0, 1]) assert.deepEqual(back.get(i), pairs.get(i));
    const view = mpi.view(new Uint8Array(32), { datatype: nested });
    file.ireadAt(0, view).wait();
    assert.deepEqual(view.bytes.slice(0, 12), new Uint8Array(pairs.buffer).slice(0, 12));
  }
  file.close();
  nested.free();
}

/** MPICH's blocking call has an algorithm of its own for two ranks and more than 2 KiB. */
function reducesInPlace() {
  for (let root = 0; root < size; root++) {
    for (const array of [new Float64Array(1000), new Int32Array(5001), new Uint8Array(2049)]) {
      const isRoot = rank === root;
      array.fill(1 + rank);
      comm.reduce(isRoot ? mpi.IN_PLACE : array, isRoot ? array : undefined, { root });
      assert.deepEqual(array, array.slice().fill(isRoot && size === 2 ? 3 : 1 + rank));
    }
  }
}

/** A library is started once a process, whatever the thread; a world of one rank without a library by each thread. */
async function startsOnceAProcess() {
  const source = `
    import { parentPort } from "node:worker_threads";
    const { mpi } = await import(${JSON.stringify(import.meta.resolve("wasm-mpi/mpi"))});
    let answer;
    try {
      answer = "size " + mpi.init().size;
    } catch (error) {
      answer = error.name + ": " + error.message;
    }
    parentPort.postMessage(answer);`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
  const answer = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
  const solo = mpi.versionInfo().library === "solo";
  const refused =
    "UsageError: mpi.init: expected one call a process, got a second one, in a worker. Call MPI in one thread, and pass data to the others.";
  assert.equal(answer, solo ? "size 1" : refused);
  await worker.terminate();
}
