/**
 * Every call of the bindings, on any number of ranks from 1 to 4, against values worked out by hand.
 *
 *   mpi-calls.mjs ABI [mixed]
 *
 * `mixed` tells rank 0 that its node has more ranks than cores, and the others that theirs has not: then all ranks wait
 * as on a crowded node. Every rank prints "ok".
 */
import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { CartComm, MpiError, mpi, Request, UsageError } from "wasm-mpi/mpi";

const [, , abi, waiting] = process.argv;
const launchedAs = process.env.OMPI_COMM_WORLD_RANK ?? process.env.PMI_RANK;
if (waiting === "mixed") process.env.OMPI_COMM_WORLD_LOCAL_SIZE = launchedAs === "0" ? "100000" : "0";

assert.equal(mpi.initialized, false);
assert.throws(() => mpi.versionInfo(), UsageError);
const comm = mpi.init({ threadLevel: "SERIALIZED" });
assert.equal(mpi.initialized, true);
assert.equal(mpi.init(), comm);
const { rank, size } = comm;
const { ANY_SOURCE, ANY_TAG, PROC_NULL } = mpi;
const [next, previous] = [(rank + 1) % size, (rank + size - 1) % size];
/** One of the values for 1, 2, 3, 4 ranks. */
const bySize = (...values) => values[size - 1];

describesItself();
tellsErrors();
for (const type of elementTypes()) for (const memory of memories()) movesEveryType(type, memory);
reducesWithEveryOperation();
reducesNumbers();
gathers();
sendsToItself();
receivesShorterMessages();
receivesFromAnyRank();
keepsOrderOfOneTag();
matchesByTagOutOfOrder();
tests();
waitsForManyRequests();
restartsPersistentRequests();
await keepsBuffersOfDroppedRequests();
talksToNobody();
sendsNothing();
sendsLargeMessagesBothWays();
duplicates();
splits();
makesGrids();
for (const [operation, call] of waitsAfterFreeing()) assert.throws(call, UsageError, operation);
assert.throws(() => comm.free(), MpiError);
const before = mpi.wtime();
comm.barrier();
assert.ok(mpi.wtime() >= before);
endsOnce();
console.log("ok");

function describesItself() {
  assert.equal(String(comm), `communicator, rank ${rank} of ${size}`);
  const info = mpi.versionInfo();
  assert.equal(info.abi, abi);
  assert.match(info.library, abi === "standard" ? /^solo$/ : /mpi/);
  assert.match(info.version, { openmpi: /^Open MPI \d/, mpich: /MPI/, msmpi: /^Microsoft/, standard: /./ }[abi]);
  assert.match(info.standard, /^[3-5]\.\d$/);
  assert.match(info.threadLevel, /^(SERIALIZED|MULTIPLE)$/); // As asked for, or better.
  assert.ok(info.processor.length > 0);
  if (waiting) assert.equal(info.crowded, true);
}

function tellsErrors() {
  let code = 0;
  const sent = comm.isend(Float64Array.of(1, 2), { to: next, tag: 1 });
  try {
    comm.recv(new Float64Array(1), { from: previous, tag: 1 });
  } catch (error) {
    code = error.code;
  }
  sent.wait();
  assert.equal(mpi.errorClass(code), "MPI_ERR_TRUNCATE");
  assert.match(mpi.errorString(code), /truncated/i);
}

function* elementTypes() {
  const integers = [Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array];
  for (const Type of [...integers, Float32Array, Float64Array, Uint8ClampedArray]) yield { Type, of: Number };
  for (const Type of [BigInt64Array, BigUint64Array]) yield { Type, of: BigInt };
}

/** Ways to come by an array: `make(Type, length)`, with junk around it that must stay. */
function* memories() {
  const within = (buffer, Type, length, start) => {
    new Uint8Array(buffer).fill(0xa5);
    return new Type(buffer, start * Type.BYTES_PER_ELEMENT, length).fill(Type.name.startsWith("Big") ? 0n : 0);
  };
  yield (Type, length) => new Type(length);
  yield (Type, length) => within(new ArrayBuffer(4096), Type, length, 3);
  yield (Type, length) => within(new SharedArrayBuffer(4096), Type, length, 5);
  yield (Type, length) => within(new WebAssembly.Memory({ initial: 1 }).buffer, Type, length, 7);
  yield (Type, length) =>
    within(new WebAssembly.Memory({ initial: 1, maximum: 9, shared: true }).buffer, Type, length, 1);
  yield (Type, length) => within(new ArrayBuffer(4096), Type, length + 4, 1).subarray(3, length + 3);
}

/** No byte outside an array changed. */
function surroundingsOf(array) {
  const bytes = new Uint8Array(array.buffer);
  return [...bytes.subarray(0, array.byteOffset), ...bytes.subarray(array.byteOffset + array.byteLength)];
}

function movesEveryType({ Type, of }, make) {
  const values = (r) => [0, 1, 7, 100 + r, 127 - r].map(of);
  const filled = (r) => {
    const array = make(Type, 5);
    array.set(values(r));
    return array;
  };
  const send = filled(rank);
  const recv = make(Type, 5);
  const around = surroundingsOf(recv);
  assert.deepEqual(comm.sendrecv(send, recv, { to: next, from: previous, sendTag: 9 }), {
    source: previous,
    tag: 9,
    count: 5,
  });
  assert.deepEqual([...recv], values(previous));
  assert.deepEqual([...send], values(rank));
  assert.deepEqual(surroundingsOf(recv), around);

  const root = size - 1;
  const shared = filled(rank);
  comm.bcast(shared, { root });
  assert.deepEqual([...shared], values(root));

  const all = make(Type, 5 * size);
  assert.equal(comm.allgather(send, all), all);
  const expected = Array.from({ length: size }, (_, r) => values(r)).flat();
  assert.deepEqual([...all], expected);

  const least = make(Type, 5);
  assert.equal(comm.allreduce(send, least, { op: "min" }), least);
  assert.deepEqual([...least], [0, 1, 7, 100, 128 - size].map(of));

  // The extreme values of the type, bit by bit.
  const bits = new Uint8Array(Type.BYTES_PER_ELEMENT * 2).map((_, i) => (i * 37 + rank * 11 + 128) % 256);
  const extreme = new Type(bits.buffer);
  const got = new Type(2);
  const request = comm.irecv(got, { from: previous, tag: 4 });
  comm.isend(extreme, { to: next, tag: 4 }).wait();
  request.wait();
  const sent = bits.map((_, i) => (i * 37 + previous * 11 + 128) % 256);
  assert.deepEqual(new Uint8Array(got.buffer), sent);
}

function reducesWithEveryOperation() {
  const number = [12, 10, 6, 3][rank]; // 1100, 1010, 0110, 0011
  const truths = [
    [1, 0, 1],
    [1, 1, 1],
    [1, 0, 1],
    [0, 0, 1],
  ][rank];
  const results = {
    sum: [bySize(12, 22, 28, 31)],
    prod: [bySize(12, 120, 720, 2160)],
    max: [12],
    min: [bySize(12, 10, 6, 3)],
    band: [bySize(12, 8, 0, 0)],
    bor: [bySize(12, 14, 14, 15)],
    bxor: [bySize(12, 6, 0, 3)],
    land: bySize([1, 0, 1], [1, 0, 1], [1, 0, 1], [0, 0, 1]),
    lor: bySize([1, 0, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1]),
    lxor: bySize([1, 0, 1], [0, 1, 0], [1, 1, 1], [1, 1, 0]),
  };
  for (const { Type, of } of elementTypes()) {
    for (const [op, numbers] of Object.entries(results)) {
      if (Type.name.startsWith("Float") && /^[lb]/.test(op)) continue;
      if (Type.BYTES_PER_ELEMENT === 1 && op === "prod") continue; // 2160 is no byte
      const expected = numbers.map(of);
      const send = Type.from((numbers.length === 1 ? [number] : truths).map(of));
      const recv = new Type(send.length);
      comm.allreduce(send, recv, { op });
      assert.deepEqual([...recv], expected, `allreduce ${Type.name} ${op}`);
      for (const root of [0, size - 1]) {
        const result = rank === root ? new Type(send.length) : undefined;
        comm.reduce(send, result, { op, root });
        if (result) assert.deepEqual([...result], expected, `reduce ${Type.name} ${op}`);
      }
    }
  }
  // Without options: the sum, on rank 0; arrays given elsewhere stay as they are.
  const recv = Int32Array.of(-1, -1);
  comm.reduce(Int32Array.of(rank, 1), recv);
  assert.deepEqual([...recv], rank === 0 ? [bySize(0, 1, 3, 6), size] : [-1, -1]);
  comm.allreduce(Int32Array.of(rank, 1), recv);
  assert.deepEqual([...recv], [bySize(0, 1, 3, 6), size]);
}

function reducesNumbers() {
  assert.equal(comm.allreduce(rank + 1), bySize(1, 3, 6, 10));
  const inPlace = Int32Array.of(rank + 1, 10 * rank);
  assert.equal(comm.allreduce(inPlace, inPlace), inPlace);
  assert.deepEqual([...inPlace], [bySize(1, 3, 6, 10), bySize(0, 10, 30, 60)]);
  const ranked = Float64Array.of(rank + 1);
  comm.reduce(ranked, ranked, { op: "max", root: size - 1 });
  assert.equal(ranked[0], rank + 1); // The root's own value is the greatest; the others keep theirs.
  assert.equal(comm.allreduce(rank + 1, { op: "prod" }), bySize(1, 2, 6, 24));
  assert.equal(comm.allreduce(rank - 0.5, { op: "max" }), size - 1.5);
  assert.equal(comm.allreduce(rank - 0.5, { op: "min" }), -0.5);
  assert.equal(comm.allreduce(Number.NEGATIVE_INFINITY, { op: "sum" }), Number.NEGATIVE_INFINITY);
}

function gathers() {
  const send = Uint16Array.of(rank, 10 * rank);
  for (let root = 0; root < size; root++) {
    const recv = rank === root ? new Uint16Array(2 * size) : undefined;
    comm.gather(send, recv, { root });
    if (recv) assert.deepEqual([...recv], [0, 0, 1, 10, 2, 20, 3, 30].slice(0, 2 * size));
  }
  const recv = new Uint16Array(2 * size).fill(9);
  comm.gather(send, recv);
  assert.deepEqual([...recv.subarray(0, 2)], rank === 0 ? [0, 0] : [9, 9]);
  const array = Int8Array.of(5 - rank);
  comm.bcast(array);
  assert.deepEqual([...array], [5]);
}

function sendsToItself() {
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

function receivesShorterMessages() {
  const recv = new Int32Array(10).fill(-1);
  const request = comm.isend(Int32Array.of(4, 5, 6), { to: next, tag: 2 ** 15 });
  assert.deepEqual(comm.recv(recv, { from: previous, tag: 2 ** 15 }), { source: previous, tag: 2 ** 15, count: 3 });
  request.wait();
  assert.deepEqual([...recv], [4, 5, 6, -1, -1, -1, -1, -1, -1, -1]);
}

function receivesFromAnyRank() {
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

function keepsOrderOfOneTag() {
  const sent = Array.from({ length: 50 }, (_, i) => comm.isend(Int32Array.of(i), { to: next, tag: 3 }));
  const recv = new Int32Array(1);
  for (let i = 0; i < 50; i++) {
    comm.recv(recv, { from: previous, tag: 3 });
    assert.equal(recv[0], i);
  }
  for (const request of sent) request.wait();
}

function matchesByTagOutOfOrder() {
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

function tests() {
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

function waitsForManyRequests() {
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

function restartsPersistentRequests() {
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

async function keepsBuffersOfDroppedRequests() {
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

function talksToNobody() {
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

function sendsNothing() {
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

function sendsLargeMessagesBothWays() {
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

function duplicates() {
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

function splits() {
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

function makesGrids() {
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
function waitsAfterFreeing() {
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

function endsOnce() {
  const request = comm.irecv(new Float64Array(1), { from: PROC_NULL });
  request.wait();
  mpi.finalize();
  assert.equal(mpi.initialized, false);
  mpi.finalize();
  assert.ok(mpi.wtime() > 0);
  const text = (call) => `${call}: expected a job that has not ended, got a call after mpi.finalize(). Finalize last.`;
  assert.throws(() => comm.barrier(), { name: "UsageError", message: text(barrierName()) });
  assert.throws(() => request.wait(), UsageError);
  assert.throws(() => comm.dup(), { name: "UsageError", message: text("MPI_Comm_dup") });
  assert.throws(() => mpi.init(), UsageError);
  assert.throws(() => mpi.versionInfo(), UsageError);
}

function barrierName() {
  return comm.world.waiting.crowded ? "MPI_Ibarrier" : "MPI_Barrier";
}
