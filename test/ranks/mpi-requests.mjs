/** The part of mpi-points.mjs about requests: each of them, lists of them, and `await`. */
import assert from "node:assert/strict";
import { MpiError, mpi } from "wasm-mpi/mpi";

const comm = mpi.init();
const { rank, size } = comm;
const { ANY_SOURCE, ANY_TAG, PROC_NULL } = mpi;
const [next, previous] = [(rank + 1) % size, (rank + size - 1) % size];
export const nothing = { source: ANY_SOURCE, tag: ANY_TAG, count: 0 };
export const nobody = { source: PROC_NULL, tag: ANY_TAG, count: 0 };

export async function completesRequests() {
  tellsStatuses();
  completesAll();
  completesAny();
  completesSome();
  ignoresWhatIsNotActive();
  failsInLists();
  cancelsReceives();
  cancelsBesideFailures();
  cancelsSends();
  countsWholeElements();
  await awaits();
  await rejects();
  await signals();
}

/** An error of the library: what it says in the end is ours. */
export function fails(call, { name, code, end }) {
  assert.throws(call, (error) => {
    assert.ok(error instanceof MpiError, String(error));
    assert.equal(error.call, name, error.message);
    assert.equal(error.errorClass, code, error.message);
    assert.equal(error.rank, rank);
    assert.ok(error.message.startsWith(`${name} on rank ${rank} of ${size}: ${code} (`), error.message);
    assert.ok(error.message.endsWith(end), error.message);
    return true;
  });
}

/** Waits without a call of the library that waits. */
export function spin(condition) {
  for (;;) {
    const result = condition();
    if (result) return result;
    comm.world.waiting.yieldCore();
  }
}

function tellsStatuses() {
  const array = new Float32Array(5);
  const request = comm.irecv(array, { tag: 2 });
  comm.barrier();
  assert.equal(request.status(), undefined);
  assert.equal(request.test(), undefined);
  assert.equal(String(request), "request, active");
  comm.barrier();
  comm.send(Float32Array.of(1, 2, rank), { to: next, tag: 2 });
  const status = spin(() => request.status());
  assert.deepEqual(status, { source: previous, tag: 2, count: 3 });
  assert.deepEqual(request.status(), status); // The request is as it was.
  assert.equal(request.active, true);
  assert.deepEqual(request.test(), status);
  assert.equal(String(request), "request, complete");
  for (const again of [request.status(), request.test(), request.wait()]) assert.deepEqual(again, nothing);
  assert.deepEqual([...array], [1, 2, previous, 0, 0]);

  const persistent = comm.recvInit(array, { from: PROC_NULL });
  for (const idle of [persistent.status(), persistent.test(), persistent.wait()]) assert.deepEqual(idle, nothing);
  persistent.start();
  assert.deepEqual(
    spin(() => persistent.status()),
    nobody,
  );
  assert.deepEqual(persistent.wait(), nobody);
  persistent.free();
  assert.throws(() => request.cancel(), {
    name: "UsageError",
    message: "Request.cancel: expected an active request, got one that is not active. Cancel it before waiting for it.",
  });
}

/** Receives of tags 0 to count - 1, and what sends to them. */
function pairs(count, length = 2) {
  const received = Array.from({ length: count }, (_, tag) => comm.irecv(new Int32Array(3), { from: previous, tag }));
  const send = (tag) => comm.send(new Int32Array(length).fill(10 * tag + rank), { to: next, tag });
  const check = (tag, status) => {
    assert.deepEqual(status, { source: previous, tag, count: length });
    assert.equal(received[tag].buffer[length - 1], 10 * tag + previous);
    assert.equal(received[tag].active, false);
  };
  return { received, send, check };
}

function completesAll() {
  const { received, send } = pairs(3);
  comm.barrier();
  assert.equal(mpi.testAll(received), false);
  send(2);
  spin(() => received[2].status());
  assert.equal(mpi.testAll(received), false);
  assert.ok(received.every(({ active }) => active)); // Not even the one that is complete was touched.
  comm.barrier();
  send(0);
  send(1);
  spin(() => mpi.testAll(received));
  assert.ok(received.every(({ active, buffer }, tag) => !active && buffer[1] === 10 * tag + previous));
  assert.equal(mpi.testAll(received), true);
  assert.equal(mpi.testAll([]), true);
  mpi.waitAll(received);
  comm.barrier();
}

function completesAny() {
  for (const way of ["waitAny", "testAny"]) {
    const { received, send, check } = pairs(4);
    comm.barrier();
    assert.equal(mpi.testAny(received), undefined);
    comm.barrier();
    for (const tag of [2, 0, 3, 1]) {
      send(tag);
      const { index, status } = way === "waitAny" ? mpi.waitAny(received) : spin(() => mpi.testAny(received));
      assert.equal(index, tag);
      check(tag, status);
      comm.barrier();
    }
    assert.equal(mpi[way](received), undefined);
    assert.equal(mpi[way]([]), undefined);
  }
}

function completesSome() {
  for (const way of ["waitSome", "testSome"]) {
    const { received, send, check } = pairs(70);
    comm.barrier();
    assert.deepEqual(mpi.testSome(received), []);
    comm.barrier();
    const order = Array.from({ length: 70 }, (_, i) => (i * 27 + 5) % 70);
    for (const tag of order) send(tag);
    const seen = new Set();
    while (seen.size < 70) {
      const completed = mpi[way](received);
      if (way === "waitSome") assert.ok(completed.length > 0);
      for (const { index, status } of completed) {
        assert.ok(!seen.has(index));
        seen.add(index);
        check(index, status);
      }
    }
    assert.deepEqual(mpi[way](received), []);
    assert.deepEqual(mpi[way]([]), []);
    comm.barrier();
  }
}

function ignoresWhatIsNotActive() {
  const idle = [0, 1].map(() => comm.recvInit(new Int32Array(1), { from: previous, tag: 50 }));
  const over = comm.isend(new Int32Array(1), { to: PROC_NULL });
  over.wait();
  const none = [idle[0], over, idle[1]];
  mpi.waitAll(none);
  assert.equal(mpi.testAll(none), true);
  assert.equal(mpi.waitAny(none), undefined);
  assert.equal(mpi.testAny(none), undefined);
  assert.deepEqual(mpi.waitSome(none), []);
  assert.deepEqual(mpi.testSome(none), []);
  for (const way of ["waitAll", "testAll", "waitAny", "testAny", "waitSome", "testSome"]) {
    const started = comm.recvInit(new Int32Array(3), { from: previous, tag: 51 });
    const list = [idle[0], over, started, idle[1]];
    started.start();
    comm.send(Int32Array.of(5, rank), { to: next, tag: 51 });
    spin(() => started.status());
    const expected = { index: 2, status: { source: previous, tag: 51, count: 2 } };
    const result = mpi[way](list);
    if (way.endsWith("Any")) assert.deepEqual(result, expected);
    else if (way.endsWith("Some")) assert.deepEqual(result, [expected]);
    else assert.equal(result, way === "testAll" ? true : undefined);
    assert.equal(started.active, false);
    assert.deepEqual([...started.buffer], [5, previous, 0]);
    started.free();
  }
  assert.throws(() => mpi.startAll([idle[0], idle[1], idle[0]]), {
    name: "UsageError",
    message: "mpi.startAll: expected each request once, got one twice. Leave out the second.",
  });
  assert.ok(idle.every(({ active }) => !active));
  for (const way of ["waitAll", "testAll", "waitAny", "testAny", "waitSome", "testSome"]) {
    // One that is not active counts in no list, and may be there twice.
    mpi[way]([idle[0], idle[0]]);
    const received = comm.irecv(new Int32Array(1), { from: previous, tag: 77 });
    assert.throws(() => mpi[way]([received, idle[0], received]), {
      name: "UsageError",
      message: `mpi.${way}: expected each request once, got one twice. Leave out the second.`,
    });
    comm.send(Int32Array.of(5), { to: next, tag: 77 });
    mpi.waitAll([received]);
  }
  for (const request of idle) request.free();
  comm.barrier();
}

/** A message that is too long for its receive, among others: the error is thrown, all others are as they are. */
function failsInLists() {
  const end = "Receive at least as many elements as were sent.";
  for (const way of ["waitAll", "testAll", "waitAny", "testAny", "waitSome", "testSome"]) {
    const arrays = [new Int32Array(2), new Int32Array(1), new Int32Array(2)];
    const sent = [];
    const send = (tag) => sent.push(comm.isend(Int32Array.of(rank, tag), { to: next, tag: 60 + tag }));
    send(1);
    comm.barrier();
    const received = arrays.map((array, tag) => comm.irecv(array, { from: previous, tag: 60 + tag }));
    const late = way.endsWith("Any") ? [received[0], received[2]] : [];
    if (late.length === 0) {
      send(0);
      send(2);
      spin(() => received[0].status() && received[2].status());
    }
    let completed = [];
    const call = `MPI_${way[0].toUpperCase()}${way.slice(1).toLowerCase()}`;
    fails(
      () => {
        if (way.startsWith("wait")) completed = mpi[way](received);
        else for (;;) completed = mpi[way](received) ?? [];
      },
      { name: call, code: "MPI_ERR_TRUNCATE", end },
    );
    assert.deepEqual(completed, []);
    assert.equal(received[1].active, false);
    assert.deepEqual(received[1].wait(), nothing);
    if (late.length > 0) {
      assert.ok(late.every(({ active }) => active));
      comm.barrier();
      send(0);
      send(2);
    }
    mpi.waitAll(received);
    mpi.waitAll(sent);
    assert.ok(received.every(({ active }) => !active));
    assert.deepEqual([...arrays[0], ...arrays[2]], [previous, 0, previous, 2]);
    comm.barrier();
  }
}

function cancelsReceives() {
  const ways = {
    wait: (request) => request.wait(),
    test: (request) => spin(() => request.test()),
    waitAll: (request) => mpi.waitAll([request]),
    testAll: (request) => void spin(() => mpi.testAll([request])),
    waitAny: (request) => mpi.waitAny([request]).status,
    testAny: (request) => spin(() => mpi.testAny([request])).status,
    waitSome: (request) => mpi.waitSome([request])[0].status,
    testSome: (request) => spin(() => mpi.testSome([request])[0]).status,
  };
  const array = Float64Array.of(-1);
  for (const [way, complete] of Object.entries(ways)) {
    const request = comm.irecv(array, { from: previous, tag: 70 });
    assert.equal(request.cancelled, false);
    request.cancel();
    assert.deepEqual(complete(request) ?? nothing, nothing, way);
    assert.equal(request.cancelled, true, way);
    assert.equal(request.active, false);
  }
  // What was cancelled takes no message; what has its message is not cancelled.
  comm.barrier();
  const received = comm.irecv(new Float64Array(1), { from: previous, tag: 70 });
  comm.send(Float64Array.of(rank), { to: next, tag: 70 });
  spin(() => received.status());
  received.cancel();
  assert.deepEqual(received.wait(), { source: previous, tag: 70, count: 1 });
  assert.equal(received.cancelled, false);
  assert.deepEqual([array[0], received.buffer[0]], [-1, previous]);

  const persistent = comm.recvInit(array, { from: previous, tag: 71 });
  persistent.start();
  persistent.cancel();
  assert.deepEqual(persistent.wait(), nothing);
  assert.equal(persistent.cancelled, true);
  comm.barrier();
  persistent.start();
  assert.equal(persistent.cancelled, false);
  comm.send(Float64Array.of(rank), { to: next, tag: 71 });
  assert.deepEqual(persistent.wait(), { source: previous, tag: 71, count: 1 });
  assert.equal(array[0], previous);
  persistent.free();
}

/** A message that ends within an element has no number of elements, as in MPI. MPICH refuses them from the rank itself. */
function countsWholeElements() {
  if (size === 1) return;
  const [bytes, array] = [new Uint8Array(12).fill(1), new Float64Array(2)];
  const status = { source: previous, tag: 77, count: Number.NaN };
  assert.deepEqual(comm.sendrecv(bytes, array, { to: next, from: previous, sendTag: 77 }), status);
  const received = comm.irecv(array, { from: previous, tag: 77 });
  comm.send(bytes, { to: next, tag: 77 });
  assert.deepEqual(received.wait(), status);
  const integers = comm.irecv(new Int32Array(8), { from: previous, tag: 77 });
  comm.send(bytes, { to: next, tag: 77 });
  assert.deepEqual(integers.wait(), { ...status, count: 3 });
  assert.deepEqual(
    new Uint8Array(array.buffer),
    Uint8Array.from({ length: 16 }, (_, i) => Number(i < 12)),
  );
}

/** What was cancelled is known to be, even where another request of the list has failed. */
function cancelsBesideFailures() {
  for (const way of ["waitAll", "testAll"]) {
    const sent = comm.isend(Int32Array.of(1, 2), { to: next, tag: 76 });
    comm.barrier();
    const cancelled = comm.irecv(new Int32Array(1), { from: previous, tag: 75 });
    cancelled.cancel();
    const received = comm.irecv(new Int32Array(1), { from: previous, tag: 76 });
    assert.throws(() => spin(() => mpi[way]([cancelled, received])), MpiError);
    assert.deepEqual([cancelled.cancelled, cancelled.active, received.active], [true, false, false]);
    sent.wait();
    comm.barrier();
  }
}

/** Whether a send can be cancelled is up to the library. */
function cancelsSends() {
  const sent = comm.issend(Float64Array.of(rank, 3), { to: next, tag: 72 });
  sent.cancel();
  const received = comm.irecv(new Float64Array(2), { from: previous, tag: 72 });
  assert.deepEqual(sent.wait(), nothing);
  const told = new Int32Array(1);
  comm.sendrecv(Int32Array.of(Number(sent.cancelled)), told, { to: next, from: previous, sendTag: 73, recvTag: 73 });
  if (told[0]) {
    received.cancel();
    received.wait();
    assert.equal(received.cancelled, true);
  } else {
    assert.deepEqual(received.wait(), { source: previous, tag: 72, count: 2 });
    assert.deepEqual([...received.buffer], [previous, 3]);
  }
  comm.barrier();
}

/** The message is sent by a timer, after ticks of another: it comes only if the event loop goes on. */
async function awaits() {
  const afterTicks = (count, act) =>
    new Promise((resolve) => {
      let ticks = 0;
      const timer = setInterval(() => {
        if (++ticks < count) return;
        clearInterval(timer);
        act();
        resolve();
      }, 5);
    });
  const array = new Float64Array(3);
  const ticked = afterTicks(5, () => comm.send(Float64Array.of(rank, 2), { to: next, tag: 90 }));
  assert.deepEqual(await comm.irecv(array, { from: previous, tag: 90 }), { source: previous, tag: 90, count: 2 });
  assert.deepEqual([...array], [previous, 2, 0]);
  await ticked;
  comm.barrier();

  const received = Array.from({ length: 5 }, (_, tag) => comm.irecv(new Int8Array(2), { from: previous, tag }));
  for (const tag of [3, 1, 4, 0, 2]) afterTicks(2, () => comm.send(Int8Array.of(tag), { to: next, tag }));
  const statuses = await Promise.all(received);
  assert.deepEqual(
    statuses,
    [0, 1, 2, 3, 4].map((tag) => ({ source: previous, tag, count: 1 })),
  );
  assert.deepEqual(received.map(({ buffer }) => buffer[0]), [0, 1, 2, 3, 4]); // biome-ignore format: one line
  assert.deepEqual(await received[0], nothing);

  const persistent = [comm.recvInit(array, { from: previous, tag: 91 }), comm.sendInit(array, { to: next, tag: 92 })];
  assert.deepEqual(await persistent[0], nothing); // Not started.
  const receive = comm.recvInit(new Float64Array(3), { from: previous, tag: 92 });
  for (let step = 0; step < 3; step++) {
    mpi.startAll([...persistent, receive]);
    afterTicks(2, () => comm.send(Float64Array.of(step), { to: next, tag: 91 }));
    assert.deepEqual(await Promise.all([receive, ...persistent]), [
      { source: previous, tag: 92, count: 3 },
      { source: previous, tag: 91, count: 1 },
      nothing,
    ]);
    assert.equal(array[0], step);
  }
  for (const request of [...persistent, receive]) request.free();

  const sum = comm.iallreduce(Int32Array.of(1), new Int32Array(1));
  assert.deepEqual(await sum, nothing);
  assert.equal(sum.buffer[0], size);
  // An async function that returns a request waits for it.
  const direct = async () => comm.irecv(array, { from: PROC_NULL });
  assert.deepEqual(await direct(), nobody);
  const wrapped = async () => ({ request: comm.irecv(array, { from: previous, tag: 93 }) });
  const { request } = await wrapped();
  assert.equal(request.active, true);
  request.cancel();
  assert.deepEqual(await request, nothing);
  assert.equal(request.cancelled, true);
}

async function rejects() {
  const sent = [94, 95].map((tag) => comm.isend(Float64Array.of(1, 2), { to: next, tag }));
  comm.barrier();
  const requests = [1, 2].map((length, i) => comm.irecv(new Float64Array(length), { from: previous, tag: 94 + i }));
  const [first, second] = await Promise.allSettled(requests);
  assert.equal(first.status, "rejected");
  fails(
    () => {
      throw first.reason;
    },
    {
      name: "MPI_Test",
      code: "MPI_ERR_TRUNCATE",
      end: `The buffer holds 1 float64 from rank ${previous}, tag 94; receive at least as many as were sent.`,
    },
  );
  assert.deepEqual(second, { status: "fulfilled", value: { source: previous, tag: 95, count: 2 } });
  assert.deepEqual(await requests[0], nothing);
  mpi.waitAll(sent);
  comm.barrier();
}

/** What a signal does to what is awaited: a receive is cancelled unless its message has come, other calls go on. */
async function signals() {
  const aborted = AbortSignal.abort(new RangeError("no longer"));
  const reason = { name: "RangeError", message: "no longer" };
  const array = new Float64Array(2);
  const late = comm.irecv(array, { from: previous, tag: 96 });
  await assert.rejects(late.completion({ signal: AbortSignal.timeout(20) }), { name: "TimeoutError" });
  assert.deepEqual([late.active, late.cancelled], [false, true]);
  await assert.rejects(comm.irecv(array, { tag: 96 }).completion({ signal: aborted }), reason);
  const prepared = comm.recvInit(array, { from: previous, tag: 96 });
  for (let turn = 0; turn < 2; turn++) {
    prepared.start();
    await assert.rejects(prepared.completion({ signal: aborted }), reason);
  }

  comm.barrier();

  // What has come is not lost.
  const sent = comm.isend(Float64Array.of(rank, 5), { to: next, tag: 96 });
  comm.barrier();
  comm.probe({ from: previous, tag: 96 });
  prepared.start();
  const status = { source: previous, tag: 96, count: 2 };
  const { signal } = new AbortController();
  assert.deepEqual(await prepared.completion({ signal }), status);
  assert.deepEqual([...array], [previous, 5]);
  prepared.free();
  sent.wait();

  const held = comm.issend(array, { to: next, tag: 97 });
  await assert.rejects(held.completion({ signal: aborted }), reason);
  assert.equal(held.active, true);
  comm.barrier();
  comm.recv(new Float64Array(2), { from: previous, tag: 97 });
  assert.deepEqual(await held.completion({ signal }), nothing);
  comm.barrier();

  const value = comm.irecvObject({ from: previous, tag: 98 });
  await assert.rejects(value.completion({ signal: AbortSignal.timeout(20) }), { name: "TimeoutError" });
  comm.barrier();
  // A send that blocks would wait for ever for a receive of the rank itself that is made afterwards.
  const object = comm.isendObject(rank, { to: next, tag: 98 });
  assert.equal(await comm.irecvObject({ from: previous, tag: 98 }).completion({ signal }), previous);
  await object;
  await assert.rejects(async () => value, { name: "TimeoutError" });
  comm.barrier();

  const where = "UsageError: Request.completion:";
  const todo = "Make one with AbortSignal.timeout(ms) or new AbortController().";
  for (const [options, text] of [
    [undefined, "expected an object with the option signal, got undefined. Write { signal: ... }."],
    [{}, `"signal" expected an AbortSignal, got undefined. ${todo}`],
    [{ signal: 5 }, `"signal" expected an AbortSignal, got 5. ${todo}`],
    [{ signl: signal }, 'expected the option signal, got "signl". Did you mean signal?'],
  ]) {
    await held.completion(options).then(assert.fail, (error) => assert.equal(String(error), `${where} ${text}`));
  }
}
