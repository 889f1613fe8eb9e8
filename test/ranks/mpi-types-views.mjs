/** Part of mpi-types.mjs: views, strided and of growing memory. */
import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { mpi, UsageError, View } from "wasm-mpi/mpi";
import { bySize, comm, next, previous, rank, size } from "./mpi-world.mjs";

const { datatype } = mpi;
/** `length` numbers that tell their rank and place. */
const numbered = (length, r = rank) => Float64Array.from({ length }, (_, i) => 1000 * r + i);

export async function checkViews() {
  mpi.attachBuffer(100 * (48 + mpi.bsendOverhead()));
  const all = views();
  for (const [i, out] of all.entries()) for (const step of [0, 1, 4]) movesViews(out, all[(i + step) % all.length]);
  mpi.detachBuffer();
  sendsOneElementManyTimes();
  gathersAndScattersViews();
  reducesViews();
  countsPartsOfViews();
  await looksAtGrowingMemory();
  await keepsMemoryOfDroppedViews();
  keepsFewRowTypes();
}

/** Views of six float64: text, a maker of view and array, and the places in the array. */
function views() {
  const view = (length, options) => () => {
    const array = new Float64Array(length).fill(-1);
    return { array, view: mpi.view(array, options) };
  };
  const inMemory = (shared) => () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared });
    const array = new Float64Array(memory.buffer, 64, 20).fill(-1);
    const options = { type: "float64", offset: 72, shape: [2, 3], strides: [8, 3] };
    return { array, view: mpi.view(memory, options) };
  };
  const box = { offset: 1, shape: [2, 1, 3], strides: [12, 99, 2] };
  return [
    ["view of 6 float64", view(8, { offset: 2 }), [2, 3, 4, 5, 6, 7]],
    ["view of 6 float64, strides 3", view(17, { offset: 1, shape: [6], strides: [3] }), [1, 4, 7, 10, 13, 16]],
    ["view of 6 float64, strides -2", view(12, { offset: 11, shape: [6], strides: [-2] }), [11, 9, 7, 5, 3, 1]],
    ["view of 3 x 2 float64, strides 5 x 2", view(15, { shape: [3, 2], strides: [5, 2] }), [0, 2, 5, 7, 10, 12]],
    ["view of 3 x 2 float64, strides 1 x 3", view(6, { shape: [3, 2], strides: [1, 3] }), [0, 3, 1, 4, 2, 5]],
    [
      "view of 2 x 3 float64, strides 4 x -1",
      view(8, { offset: 2, shape: [2, 3], strides: [4, -1] }),
      [2, 1, 0, 6, 5, 4],
    ],
    [
      "view of 2 x 3 float64, strides -5 x 2",
      view(11, { offset: 6, shape: [2, 3], strides: [-5, 2] }),
      [6, 8, 10, 1, 3, 5],
    ],
    ["view of 2 x 1 x 3 float64, strides 12 x 99 x 2", view(20, box), [1, 3, 5, 13, 15, 17]],
    ["view of 2 x 3 float64, strides 8 x 3", inMemory(false), [1, 4, 7, 9, 12, 15]],
    ["view of 2 x 3 float64, strides 8 x 3", inMemory(true), [1, 4, 7, 9, 12, 15]],
  ];
}

/** Through every call from one rank to another. */
function movesViews([text, makeOut, from], [, makeInto, places]) {
  const out = makeOut();
  assert.ok(out.view instanceof View && out.view.length === 6);
  assert.equal(String(out.view), text);
  const values = [3, 1, 4, 1.5, 9, 2.5];
  for (const [i, place] of from.entries()) out.array[place] = values[i] + rank;
  const unsent = out.array.slice();
  const into = makeInto();
  const check = (status, tag) => {
    assert.deepEqual(status, { source: previous, tag, count: 6 }, text);
    const expected = new Float64Array(into.array.length).fill(-1);
    for (const [i, place] of places.entries()) expected[place] = values[i] + previous;
    assert.deepEqual([...into.array], [...expected], text);
    into.array.fill(-1);
  };
  const [to, source] = [{ to: next }, { from: previous }];
  const received = (tag) => comm.irecv(into.view, { ...source, tag });
  let request = received(1);
  comm.send(out.view, { ...to, tag: 1 });
  check(request.wait(), 1);
  request = received(2);
  comm.ssend(out.view, { ...to, tag: 2 });
  check(request.wait(), 2);
  request = received(8);
  comm.bsend(out.view, { ...to, tag: 8 });
  check(request.wait(), 8);
  const sent = ["isend", "issend"].map((call, i) => comm[call](out.view, { ...to, tag: 3 + i }));
  check(comm.recv(into.view, { ...source, tag: 3 }), 3);
  check(comm.mprobe({ ...source, tag: 4 }).recv(into.view), 4);
  mpi.waitAll(sent);
  check(comm.sendrecv(out.view, into.view, { ...to, ...source, sendTag: 5, recvTag: 5 }), 5);

  const both = makeOut();
  for (const [i, place] of from.entries()) both.array[place] = values[i] + rank;
  const status = comm.sendrecvReplace(both.view, { ...to, ...source, sendTag: 6, recvTag: 6 });
  assert.deepEqual(status, { source: previous, tag: 6, count: 6 });
  for (const [i, place] of from.entries()) unsent[place] = values[i] + previous;
  assert.deepEqual(both.array, unsent);

  const persistent = [comm.recvInit(into.view, { ...source, tag: 7 }), comm.sendInit(out.view, { ...to, tag: 7 })];
  for (let step = 0; step < 2; step++) {
    mpi.startAll(persistent);
    persistent[1].wait();
    check(persistent[0].wait(), 7);
  }
  for (const request of persistent) request.free();

  // From the last rank to all.
  const shared = rank === size - 1 ? out : into;
  comm.bcast(shared.view, { root: size - 1 });
  if (rank !== size - 1)
    for (const [i, place] of places.entries()) assert.equal(into.array[place], values[i] + size - 1);
}

/** A step of 0 sends the same element again and again. */
function sendsOneElementManyTimes() {
  const into = new Int32Array(6);
  const received = comm.irecv(into, { from: previous });
  comm.send(mpi.view(Int32Array.of(7, 8 + rank, 9), { offset: 1, shape: [2, 3], strides: [0, 1 - 1] }), { to: next });
  assert.equal(received.wait().count, 6);
  assert.deepEqual([...into], new Array(6).fill(8 + previous));
  const rows = comm.irecv(into, { from: previous });
  comm.send(mpi.view(Int32Array.of(7, 8, 9), { shape: [2, 3], strides: [0, 1] }), { to: next });
  rows.wait();
  assert.deepEqual([...into], [7, 8, 9, 7, 8, 9]);
}

/** The pieces of ranks are rows of views. */
function gathersAndScattersViews() {
  // Two rows of two in a row of five: x.x.. x.x..
  const rows = (array, count) => mpi.view(array, { shape: [count, 2], strides: [5, 2] });
  const places = (count) => Array.from({ length: count }, (_, row) => [5 * row, 5 * row + 2]).flat();
  const array = new Float64Array(10);
  for (const [i, place] of places(2).entries()) array[place] = 10 * rank + i;
  const expected = [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 33].slice(0, 4 * size);
  const check = (array) => {
    const whole = new Float64Array(10 * size).fill(-1);
    for (const [i, place] of places(2 * size).entries()) whole[place] = expected[i];
    assert.deepEqual(array, whole);
  };
  const all = new Float64Array(10 * size).fill(-1);
  comm.gather(rows(array, 2), rows(all, 2 * size));
  if (rank === 0) check(all);
  all.fill(-1);
  comm.allgather(rows(array, 2), rows(all, 2 * size));
  check(all);
  const flat = comm.allgather(rows(array, 2), new Float64Array(4 * size));
  assert.deepEqual([...flat], expected);
  const counts = new Array(size).fill(4);
  all.fill(-1);
  comm.allgatherv(rows(array, 2), rows(all, 2 * size), { counts });
  check(all);
  const request = comm.iallgather(rows(array, 2), rows(all.fill(-1), 2 * size));
  request.wait();
  check(all);
  // Rank 0 gives each rank two rows.
  const got = new Float64Array(10);
  comm.scatter(rank === 0 ? rows(all, 2 * size) : undefined, rows(got, 2));
  assert.deepEqual(got, array);
  // Row r of rank q goes to row q of rank r.
  const each = new Float64Array(5 * size);
  for (const [i, place] of places(size).entries()) each[place] = 100 * rank + i;
  const swapped = new Float64Array(5 * size);
  comm.alltoall(rows(each, size), rows(swapped, size));
  for (let r = 0; r < size; r++) {
    const row = [100 * r + 2 * rank, 0, 100 * r + 2 * rank + 1, 0, 0];
    assert.deepEqual([...swapped.subarray(5 * r, 5 * r + 5)], row);
  }
}

/** Blocking reductions copy what is not side by side; the others say so (see the texts of the errors). */
function reducesViews() {
  const sums = bySize([1, 2, 3], [3, 4, 6], [6, 6, 9], [10, 8, 12]);
  const filled = (r = rank) => Float64Array.of(r + 1, -7, 2, -7, 3, -7);
  const odd = (array) => mpi.view(array, { shape: [3], strides: [2] });
  const backwards = (array) => mpi.view(array, { offset: 5, shape: [3], strides: [-2] });
  const into = new Float64Array(6).fill(-1);
  const result = odd(into);
  assert.equal(comm.allreduce(odd(filled()), result), result);
  assert.deepEqual([...into], [sums[0], -1, sums[1], -1, sums[2], -1]);
  comm.allreduce(odd(filled()), backwards(into));
  assert.deepEqual([...into], [sums[0], sums[2], sums[1], sums[1], sums[2], sums[0]]);
  assert.deepEqual([...comm.allreduce(odd(filled()), new Float64Array(3))], sums);
  const same = filled();
  comm.allreduce(mpi.IN_PLACE, odd(same));
  assert.deepEqual([...same], [sums[0], -7, sums[1], -7, sums[2], -7]);
  const root = size - 1;
  const greatest = filled();
  comm.reduce(odd(filled()), rank === root ? odd(greatest) : undefined, { root, op: "max" });
  assert.deepEqual([...greatest], rank === root ? [size, -7, 2, -7, 3, -7] : [...filled()]);
  into.fill(-1);
  comm.scan(odd(filled()), odd(into));
  assert.deepEqual([...into], [[1, 3, 6, 10][rank], -1, 2 * (rank + 1), -1, 3 * (rank + 1), -1]);
  into.fill(-1);
  comm.exscan(odd(filled()), odd(into));
  assert.deepEqual(
    [...into],
    rank === 0 ? new Array(6).fill(-1) : [[0, 1, 3, 6][rank], -1, 2 * rank, -1, 3 * rank, -1],
  );
  const pieces = new Float64Array(2).fill(-1);
  const wide = mpi.view(new Float64Array(2 * size).fill(rank), { shape: [size], strides: [2] });
  comm.reduceScatterBlock(wide, mpi.view(pieces, { offset: 1, shape: [1], strides: [9] }));
  assert.deepEqual([...pieces], [-1, bySize(0, 1, 3, 6)]);
  // Of 2 x 2 int16 with steps 3 x 2, whose bytes are no whole words.
  const small = Int16Array.from([1, 0, 2, 3, 0, 4]);
  comm.allreduce(mpi.IN_PLACE, mpi.view(small, { shape: [2, 2], strides: [3, 2] }), { op: "prod" });
  assert.deepEqual([...small], [1, 0, 2 ** size, 3 ** size, 0, 4 ** size]);
}

/** The elements that came, not the rows. */
function countsPartsOfViews() {
  const makers = {
    rows: () => mpi.view(new Float64Array(20), { shape: [4, 3], strides: [5, 1] }),
    step: () => mpi.view(new Float64Array(24), { shape: [12], strides: [2] }),
    backwards: () => mpi.view(new Float64Array(24), { offset: 23, shape: [12], strides: [-2] }),
    plain: () => mpi.view(new Float64Array(12)),
  };
  for (const [name, make] of Object.entries(makers)) {
    for (const count of [0, 1, 3, 5, 12]) {
      const view = make();
      const request = comm.irecv(view, { from: previous });
      comm.send(numbered(count), { to: next });
      assert.deepEqual(request.wait(), { source: previous, tag: 0, count }, name);
      const filled = [...view.source].filter((value) => value !== 0).length;
      assert.equal(filled, previous === 0 ? Math.max(0, count - 1) : count, name);
    }
  }
  // Whole pairs and whole complex numbers.
  const complex = mpi.view(new Float64Array(10), { type: "complex128", shape: [2], strides: [2] });
  const got = comm.irecv(complex, { from: previous });
  comm.send(mpi.view(Float64Array.of(1, 2), { type: "complex128" }), { to: next });
  assert.equal(got.wait().count, 1);
  const pairs = comm.irecv(mpi.pairs("float64", 3), { from: previous });
  comm.send(mpi.pairs("float64", 2), { to: next });
  assert.equal(pairs.wait().count, 2);
  // Of datatypes there is a number where all are whole.
  const three = datatype.contiguous(3, "int32");
  for (const [sent, count] of [
    [2, Number.NaN],
    [3, 1],
    [7, Number.NaN],
    [0, 0],
  ]) {
    const view = mpi.view(new Int32Array(12), { datatype: three });
    const request = comm.irecv(view, { from: previous });
    comm.send(new Int32Array(sent), { to: next });
    assert.deepEqual(request.wait(), { source: previous, tag: 0, count });
  }
  three.free();
  // Nobody sends nothing.
  const { count } = comm.recv(makers.rows(), { from: mpi.PROC_NULL });
  assert.equal(count, 0);
}

/** An address in WebAssembly memory stays while the memory grows, also under a message. */
async function looksAtGrowingMemory() {
  for (const shared of [false, true]) {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 40, shared });
    const ptr = 4096;
    const values = () => new Float64Array(memory.buffer, ptr, 3);
    const view = mpi.view(memory, { type: "float64", offset: ptr, shape: [3] });
    const into = mpi.view(memory, { type: "float64", offset: 8, shape: [3], strides: [2] });
    for (let step = 0; step < 3; step++) {
      values().set([step, rank, 5]);
      const received = comm.irecv(into, { from: previous });
      memory.grow(1 + 10 * step);
      comm.send(view, { to: next });
      assert.equal((await received).count, 3);
      assert.deepEqual([...new Float64Array(memory.buffer, 8, 5)], [step, 0, previous, 0, 5]);
    }
    // What lies in the memory that was added.
    const far = 65536 * 30;
    const beyond = mpi.view(memory, { type: "int32", offset: far, shape: [2] });
    new Int32Array(memory.buffer, far, 2).set([rank, 3]);
    comm.bcast(beyond, { root: size - 1 });
    assert.deepEqual([...new Int32Array(memory.buffer, far, 2)], [size - 1, 3]);
    assert.throws(() => mpi.view(memory, { type: "int32", offset: 65536 * 34 - 4, shape: [2] }), UsageError);
  }
}

/** As for arrays: the memory of a view that nothing else refers to stays until the message has gone. */
async function keepsMemoryOfDroppedViews() {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc");
  const column = datatype.vector({ count: 1000, blockLength: 1, stride: 2 }, "float64");
  const large = 100_000; // Beyond what libraries send before the receive.
  const dropped = [
    () => mpi.view(numbered(2 * large), { shape: [large], strides: [2] }),
    () => mpi.view(numbered(2 * large), { datatype: column, count: 100 }),
  ].map((make, tag) => {
    const view = make();
    comm.isend(view, { to: next, tag });
    return new WeakRef(view.source);
  });
  const done = (() => {
    const view = mpi.view(numbered(20), { shape: [10], strides: [2] });
    const request = comm.isend(view, { to: mpi.PROC_NULL });
    request.wait();
    return new WeakRef(view.source);
  })();
  for (let i = 0; i < 5; i++) {
    comm.bcast(new Float64Array(1)); // The arrays of the last calls are held as well.
    await new Promise(setImmediate);
    collectGarbage();
    new Float64Array(2 * large).fill(0.5);
  }
  assert.equal(done.deref(), undefined);
  for (const reference of dropped) assert.ok(reference.deref());
  const requests = [...comm.world.requests];
  assert.equal(requests.length, 2);
  const into = new Float64Array(large);
  for (const tag of [0, 1]) {
    const { count } = comm.recv(into, { from: previous, tag });
    assert.equal(count, large);
    // The 1000 elements of a datatype take 1999 of the array, its extent.
    const place = (i) => (tag === 0 ? 2 * i : Math.floor(i / 1000) * 1999 + 2 * (i % 1000));
    assert.ok(into.every((value, i) => value === 1000 * previous + place(i)));
  }
  mpi.waitAll(requests);
  assert.equal(comm.world.requests.size, 0);
  column.free();
}

/** A datatype is made for each layout of rows, and the ones used last are kept. */
function keepsFewRowTypes() {
  const room = Math.max(256, 4 * comm.size);
  const { raw } = comm.world;
  const { MPI_Type_commit, MPI_Type_free } = raw;
  let [made, freed] = [0, 0];
  raw.MPI_Type_commit = (ptr) => {
    made++;
    return MPI_Type_commit(ptr);
  };
  raw.MPI_Type_free = (ptr) => {
    freed++;
    return MPI_Type_free(ptr);
  };
  const array = numbered(4000);
  const into = new Float64Array(2);
  for (let i = 0; i < 1000; i++) {
    const view = mpi.view(array, { shape: [2], strides: [2 + i] });
    comm.sendrecv(view, into, { to: rank, from: rank });
    assert.deepEqual([...into], [1000 * rank, 1000 * rank + 2 + i]);
    assert.ok(made - freed <= room);
  }
  // As many are freed as are made, once there is no more room.
  assert.ok(freed >= 1000 - room && made <= 1000);
  // Those in use are not made again.
  [made, freed] = [0, 0];
  for (let i = 0; i < room + 50; i++) {
    comm.bcast(mpi.view(array, { shape: [2], strides: [2] }));
    comm.bcast(mpi.view(array, { shape: [2], strides: [1100 + i] }));
  }
  assert.deepEqual([made, freed], [1 + room + 50, 1 + room + 50]);
  Object.assign(raw, { MPI_Type_commit, MPI_Type_free });
}
