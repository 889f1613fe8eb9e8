/**
 * Messages of JavaScript values, on any number of ranks from 1 to 4.
 *
 *   mpi-objects.mjs [crowded]
 *
 * Every rank prints "ok".
 */
import assert from "node:assert/strict";
import { Comm, mpi } from "wasm-mpi/mpi";

if (process.argv[2] === "crowded") process.env.OMPI_COMM_WORLD_LOCAL_SIZE = "100000";
const comm = mpi.init();
const { rank, size } = comm;
const { PROC_NULL } = mpi;
const [next, previous] = [(rank + 1) % size, (rank + size - 1) % size];

for (const [index, make] of values().entries()) movesValue(index, make);
keepsReferences();
ownsItsMemory();
matchesOneByOne();
movesLargeValues();
await movesAlongRings();
exchangesValues();
combinesValues();
refusesWhatHasNoBytes();
refusesOtherMessages();
refusesWrongArguments();
if (size > 1) refusesTwoGroups();
assert.equal(comm.allreduce(1), size);
mpi.finalize();
console.log("ok");

/** Values that depend on the rank. */
function values() {
  return [
    () => undefined,
    () => null,
    (r) => r - 0.5,
    () => Number.NaN,
    () => -0,
    (r) => BigInt(r) + 2n ** 80n,
    (r) => `rank ${r} \u{1f600}`,
    () => "",
    (r) => r % 2 === 0,
    (r) => Array.from({ length: r }, (_, i) => i),
    (r) => ({ rank: r, deep: { list: [1, [2, [r]]] }, none: undefined }),
    (r) => new Map([["rank", r], [r, new Set([r, "a"])]]), // biome-ignore format: a table
    (r) => new Date(1e12 + r),
    (r) => new RegExp(`a{${r}}`, "gi"),
    (r) => new TypeError(`of rank ${r}`),
    (r) => Float64Array.of(r, 0.5, Number.NEGATIVE_INFINITY),
    (r) => BigInt64Array.of(BigInt(r), -1n),
    (r) => Buffer.from(`bytes of ${r}`),
    (r) => new DataView(Uint8Array.of(9, r, 7, 9).buffer, 1, 2),
    (r) => Uint8Array.of(1, 2, r, 4).buffer,
  ];
}

function movesValue(index, make) {
  const list = Array.from({ length: size }, (_, r) => make(r));
  // Along the ring, the even ranks first, so that one of two sides receives at a time; alone, to itself.
  let got;
  const receive = () => {
    got = comm.recvObject(index % 2 ? { from: previous, tag: index } : {});
  };
  if (size === 1) {
    // A send to oneself may wait for its receive.
    got = comm.bcastObject(make(0));
    assert.deepEqual(got, make(0));
  } else if (rank % 2 === 0) {
    comm.sendObject(make(rank), { to: next, tag: index });
    receive();
  } else {
    receive();
    comm.sendObject(make(rank), { to: next, tag: index });
  }
  assert.deepEqual(got, list[previous]);
  comm.barrier();

  for (let root = 0; root < size; root++) {
    const object = rank === root ? make(root) : "ignored";
    const all = comm.bcastObject(object, { root });
    assert.deepEqual(all, list[root]);
    if (rank === root) assert.ok(Object.is(all, object));
    assert.deepEqual(comm.gatherObject(make(rank), { root }), rank === root ? list : undefined);
    assert.deepEqual(comm.scatterObject(rank === root ? list : undefined, { root }), list[rank]);
  }
  assert.deepEqual(comm.allgatherObject(make(rank)), list);
}

function keepsReferences() {
  const cycle = { rank };
  cycle.self = cycle;
  cycle.twice = [cycle, cycle];
  for (const [r, copy] of comm.allgatherObject(cycle).entries()) {
    assert.equal(copy.rank, r);
    assert.equal(copy.self, copy);
    assert.ok(copy.twice.every((again) => again === copy));
    assert.notEqual(copy, cycle); // A copy, its own as well.
  }
}

/** Typed arrays in a message have buffers of their own, and take along nothing but their elements. */
function ownsItsMemory() {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 32, shared: true });
  const part = new Int16Array(memory.buffer, 2000, 3);
  part.set([rank, -1, 7]);
  const all = comm.allgatherObject({ part, bytes: Buffer.from("abc") });
  for (const [r, { part, bytes }] of all.entries()) {
    assert.deepEqual([...part], [r, -1, 7]);
    assert.equal(part.buffer.byteLength, 6);
    assert.ok(part.buffer instanceof ArrayBuffer);
    assert.equal(bytes.toString(), "abc");
  }
}

/** Source and tag of a value, by a matched probe. */
function matchesOneByOne() {
  const array = Float64Array.of(rank);
  const request = comm.irecv(new Float64Array(1), { from: previous, tag: 41 });
  if (size > 1) {
    comm.sendObject([rank], { to: next, tag: 40 });
    const message = comm.mprobe({ tag: 40 });
    assert.deepEqual([message.source, message.tag], [previous, 40]);
    assert.deepEqual(message.recvObject(), [previous]);
    assert.throws(() => message.recvObject(), {
      name: "UsageError",
      message: "MPI_Mrecv: expected a message that was not received, got one that was. Receive it once.",
    });
  }
  comm.send(array, { to: next, tag: 41 });
  request.wait();
  comm.sendObject({ rank }, { to: PROC_NULL });
  assert.equal(comm.recvObject({ from: PROC_NULL }), undefined);
  comm.barrier();
}

function movesLargeValues() {
  const text = "0123456789".repeat(30_000);
  const list = Array.from({ length: 20_000 }, (_, i) => ({ i, rank }));
  if (size > 1) {
    if (rank === 0) {
      comm.sendObject(text, { to: 1 });
      comm.sendObject(list, { to: 1 });
    }
    if (rank === 1) {
      assert.equal(comm.recvObject({ from: 0 }), text);
      const got = comm.recvObject({ from: 0 });
      assert.ok(got.length === 20_000 && got.every((entry, i) => entry.i === i && entry.rank === 0));
    }
  }
  assert.equal(comm.bcastObject(rank === 0 ? text : undefined), text);
  for (const [r, { length }] of comm.allgatherObject(text.slice(0, 100_000 * (rank + 1))).entries()) {
    assert.equal(length, Math.min(300_000, 100_000 * (r + 1)));
  }
}

/** Nobody waits for a value that has no bytes: the call fails on every rank, and the next one works. */
function refusesWhatHasNoBytes() {
  const text = (call, argument, part) =>
    `${call}: "${argument}" expected what can be serialised, got a part that cannot: ${part}. Leave out functions, symbols and handles.`;
  const elsewhere = (call, argument, where) =>
    `${call}: "${argument}" expected what can be serialised on every rank, got an error on rank ${where}. Mend what that error names.`;
  const refuses = (call, message) => assert.throws(call, { name: "UsageError", message });
  const wrong = { f: () => 1 };
  const part = "() => 1 could not be cloned";
  const name = "Comm.sendObject";
  refuses(() => comm.sendObject(wrong, { to: next }), text(name, "value", part));
  refuses(() => comm.sendObject(Symbol("s"), { to: next }), text(name, "value", "Symbol(s) could not be cloned"));
  refuses(() => comm.sendObject(new WeakMap(), { to: next }), text(name, "value", "#<WeakMap> could not be cloned"));
  assert.equal(comm.iprobe(), undefined); // Nothing was sent.

  const last = size - 1;
  const value = rank === last ? wrong : rank;
  const told = (call, argument = "value") =>
    rank === last ? text(call, argument, part) : elsewhere(call, argument, last);
  refuses(() => comm.bcastObject(value, { root: last }), told("Comm.bcastObject"));
  refuses(() => comm.gatherObject(value), told("Comm.gatherObject"));
  refuses(() => comm.allgatherObject(value), told("Comm.allgatherObject"));
  const list = new Array(size).fill(wrong);
  refuses(() => comm.scatterObject(rank === last ? list : [], { root: last }), told("Comm.scatterObject", "values"));
  for (const [values, got] of [
    [undefined, "undefined"],
    [new Array(size + 1).fill(0), size + 1],
    [{ length: size }, "Object"],
  ]) {
    refuses(
      () => comm.scatterObject(values, { root: last }),
      rank === last
        ? `Comm.scatterObject: "values" expected a list of ${size} values, one a rank, got ${got}. Give each rank its value.`
        : elsewhere("Comm.scatterObject", "values", last),
    );
  }
  assert.equal(comm.bcastObject(rank === last ? "good" : wrong, { root: last }), "good");
}

function refusesOtherMessages() {
  const request = comm.isend(Float64Array.of(1, 2), { to: next, tag: 44 });
  assert.throws(() => comm.recvObject({ from: previous, tag: 44 }), {
    name: "UsageError",
    message: `Comm.recvObject: expected a message of sendObject, got 16 bytes from rank ${previous}, tag 44, that hold no value. Receive an array with recv.`,
  });
  request.wait();
  comm.barrier();
}

function refusesWrongArguments() {
  const anyRank = (call, argument, got, others = " or PROC_NULL") =>
    `${call}: "${argument}" expected a rank from 0 to ${size - 1}, got ${got}. Name a rank of this communicator${others}.`;
  const anyTag = (call, got) =>
    `${call}: "tag" expected a whole number from 0 to 2147483647, got ${got}. Choose another tag.`;
  for (const [call, message] of [
    [() => comm.sendObject(1, { to: size }), anyRank("Comm.sendObject", "to", size)],
    [() => comm.sendObject(1, { to: 0, tag: -1 }), anyTag("Comm.sendObject", -1)],
    [() => comm.recvObject({ from: -7 }), anyRank("Comm.recvObject", "from", -7)],
    [() => comm.recvObject({ tag: 0.5 }), anyTag("Comm.recvObject", 0.5)],
    [() => comm.bcastObject(1, { root: size }), anyRank("Comm.bcastObject", "root", size, "")],
    [() => comm.gatherObject(1, { root: "0" }), anyRank("Comm.gatherObject", "root", '"0"', "")],
    [() => comm.scatterObject([], { root: PROC_NULL }), anyRank("Comm.scatterObject", "root", PROC_NULL, "")],
  ]) {
    assert.throws(call, { name: "UsageError", message });
  }
}

/** On an intercommunicator messages work, and collective calls say that they do not. */
function refusesTwoGroups() {
  const { world } = comm;
  const half = comm.split({ color: Number(rank === 0) });
  const other = Number(rank === 0);
  const { raw, scratch } = world;
  world.check(raw.MPI_Intercomm_create(half.handle, 0, comm.handle, other, 5, scratch.address), "MPI_Intercomm_create");
  const inter = new Comm(world, world.readHandle(0), { inter: true });
  for (const call of ["bcastObject", "gatherObject", "allgatherObject", "scatterObject"]) {
    assert.throws(() => inter[call]([]), {
      name: "UsageError",
      message: `Comm.${call}: expected a communicator of one group, got an intercommunicator. Merge its groups, or use sendObject.`,
    });
  }
  if (rank === 0) inter.sendObject({ hello: 1 }, { to: size - 2 });
  if (rank === size - 1) assert.deepEqual(inter.recvObject(), { hello: 1 });
  inter.free();
  half.free();
}

/** Rings of values that are longer than libraries send at once. */
async function movesAlongRings() {
  const value = (r) => ({ rank: r, text: "x".repeat(200_000) });
  const to = { to: next, from: previous };
  assert.deepEqual(comm.sendrecvObject(value(rank), to), value(previous));
  assert.deepEqual(comm.sendrecvObject(rank, { ...to, sendTag: 3, recvTag: 3 }), previous);
  const received = comm.irecvObject({ from: previous, tag: 5 });
  assert.equal(String(received), "request of a value, active");
  const sent = comm.isendObject(value(rank), { to: next, tag: 5 });
  assert.deepEqual(await received, value(previous));
  assert.deepEqual(
    [received.wait(), received.test(), String(received)],
    [value(previous), { value: value(previous) }, "request of a value, complete"],
  );
  await sent;
  const waited = comm.irecvObject({ from: previous, tag: 6 });
  assert.equal(size > 1 ? waited.test() : undefined, undefined);
  comm.barrier();
  const second = comm.isendObject(undefined, { to: next, tag: 6 });
  assert.equal(waited.wait(), undefined);
  second.wait();
  assert.equal(await comm.irecvObject({ from: PROC_NULL }), undefined);
  // In the order in which the requests were made, however they are waited for.
  const values = [0, 1, 2, 3, 4].map((i) => ({ i, text: "z".repeat(i % 2 === 0 ? 100_000 : 1) }));
  for (const form of ["all", "last first"]) {
    const requests = values.map(() => comm.irecvObject({ from: previous, tag: 7 }));
    const sends = values.map((each) => comm.isendObject(each, { to: next, tag: 7 }));
    if (form === "all") assert.deepEqual(await Promise.all(requests), values);
    else
      assert.deepEqual(
        requests
          .toReversed()
          .map((request) => request.wait())
          .toReversed(),
        values,
      );
    mpi.waitAll(sends);
  }
}

function exchangesValues() {
  const list = Array.from({ length: size }, (_, r) => ({ from: rank, to: r, text: "y".repeat(10 * r) }));
  const expected = list.map((_, r) => ({ from: r, to: rank, text: "y".repeat(10 * rank) }));
  assert.deepEqual(comm.alltoallObject(list), expected);
  assert.throws(() => comm.alltoallObject(rank === 0 ? [...list, 1] : list), {
    name: "UsageError",
    message:
      rank === 0
        ? `Comm.alltoallObject: "values" expected a list of ${size} values, one a rank, got ${size + 1}. Give each rank its value.`
        : 'Comm.alltoallObject: "values" expected what can be serialised on every rank, got an error on rank 0. Mend what that error names.',
  });
}

function combinesValues() {
  const join = (a, b) => ({ text: a.text + b.text });
  const text = (n) => ({ text: "abcd".slice(0, n) });
  const letter = { text: "abcd"[rank] };
  assert.deepEqual(comm.allreduceObject(letter, join), text(size));
  assert.deepEqual(comm.reduceObject(letter, join, { root: size - 1 }), rank === size - 1 ? text(size) : undefined);
  assert.deepEqual(comm.scanObject(letter, join), text(rank + 1));
  assert.deepEqual(comm.exscanObject(letter, join), rank === 0 ? undefined : text(rank));
  const big = 2n ** 60n;
  assert.equal(comm.allreduce(BigInt(rank) - big, { op: "min" }), -big);
  assert.equal(comm.allreduce(5n), 5n * BigInt(size));
  const lasts = [rank === 0, rank < size, rank >= size];
  assert.deepEqual(
    lasts.map((value) => comm.allreduce(value, { op: "land" })),
    [size === 1, true, false],
  );
  assert.deepEqual(
    lasts.map((value) => comm.allreduce(value, { op: "lor" })),
    [true, true, false],
  );
  assert.equal(comm.allreduce(true, { op: "lxor" }), size % 2 === 1);
  const told = (message, call) => assert.throws(call, { name: "UsageError", message });
  told(
    'MPI_Allreduce: "send" expected a bigint of 64 bits, got 9223372036854775808n. Combine it with allreduceObject.',
    () => comm.allreduce(2n ** 63n),
  );
  told('MPI_Allreduce: "op" expected one of land, lor, lxor, got "sum". Choose one of them.', () =>
    comm.allreduce(true, { op: "sum" }),
  );
  told('Comm.scanObject: "combine" expected a function, got undefined. Give (a, b) => ... .', () => comm.scanObject(1));
}
