/**
 * Derived datatypes, views, packing, pairs and operations in JavaScript, on any number of ranks from 1 to 4, against
 * values worked out by hand. Every rank prints "ok".
 */
import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Datatype, mpi, Pairs, UsageError, View } from "wasm-mpi/mpi";

const comm = mpi.init();
const { rank, size } = comm;
const [next, previous] = [(rank + 1) % size, (rank + size - 1) % size];
const { datatype } = mpi;
/** One of the values for 1, 2, 3, 4 ranks. */
const bySize = (...values) => values[size - 1];
/** `length` numbers that tell their rank and place. */
const numbered = (length, r = rank) => Float64Array.from({ length }, (_, i) => 1000 * r + i);

for (const layout of layouts()) movesEveryLayout(...layout);
movesStructs();
fitsAsManyAsThereIsRoomFor();
movesFreedDatatypes();
sendsEmptyDatatypes();
namesDatatypes();
const pairs = views().flatMap((out, i, all) => [0, 1, 4].map((step) => [out, all[(i + step) % all.length]]));
mpi.attachBuffer(100 * (48 + mpi.bsendOverhead()));
for (const [out, into] of pairs) movesViews(out, into);
mpi.detachBuffer();
sendsOneElementManyTimes();
gathersAndScattersViews();
gathersDatatypes();
reducesViews();
countsPartsOfViews();
await looksAtGrowingMemory();
await keepsMemoryOfDroppedViews();
keepsFewRowTypes();
packs();
reducesComplexNumbers();
findsPlaces();
combinesInJavaScript();
await surfacesExceptions();
freesOperationsInUse();
reducesLocally();
ends();
console.log("ok");

/** Name, datatype, [size, extent, lowerBound, trueExtent, trueLowerBound] in bytes, and the places of its float64. */
function* layouts() {
  const f = "float64";
  const text = (kind) => `${kind} of float64`;
  yield [text("contiguous"), datatype.contiguous(3, f), [24, 24, 0, 24, 0], [0, 1, 2]];
  yield [
    text("vector"),
    datatype.vector({ count: 3, blockLength: 2, stride: 4 }, f),
    [48, 80, 0, 80, 0],
    [0, 1, 4, 5, 8, 9],
  ];
  yield [
    text("vector"),
    datatype.vector({ count: 3, blockLength: 1, stride: -2 }, f),
    [24, 40, -32, 40, -32],
    [0, -2, -4],
  ];
  yield [text("hvector"), datatype.hvector({ count: 2, blockLength: 1, stride: 24 }, f), [16, 32, 0, 32, 0], [0, 3]];
  yield [
    text("indexed"),
    datatype.indexed({ blockLengths: [2, 1], displacements: [4, 0] }, f),
    [24, 48, 0, 48, 0],
    [4, 5, 0],
  ];
  yield [
    text("hindexed"),
    datatype.hindexed({ blockLengths: [1, 2], displacements: [-8, 16] }, f),
    [24, 40, -8, 40, -8],
    [-1, 2, 3],
  ];
  yield [
    text("indexedBlock"),
    datatype.indexedBlock({ blockLength: 2, displacements: [6, 0, 3] }, f),
    [48, 64, 0, 64, 0],
    [6, 7, 0, 1, 3, 4],
  ];
  const box = { shape: [3, 4], subshape: [2, 2], start: [1, 1] };
  yield [text("subarray"), datatype.subarray(box, f), [32, 96, 0, 48, 40], [5, 6, 9, 10]];
  yield [text("subarray"), datatype.subarray({ ...box, order: "Fortran" }, f), [32, 96, 0, 40, 32], [4, 5, 7, 8]];
  yield [
    "struct of { float64, 2 float64 }",
    datatype.struct([
      { offset: 0, type: f },
      { offset: 16, type: f, count: 2 },
    ]),
    [24, 32, 0, 32, 0],
    [0, 2, 3],
  ];
  const two = datatype.vector({ count: 2, blockLength: 1, stride: 2 }, f);
  yield [
    "resized of vector of float64",
    datatype.resized(two, { lowerBound: -8, extent: 32 }),
    [16, 32, -8, 24, 0],
    [0, 2],
  ];
  yield ["copy of vector of float64", datatype.dup(two), [16, 24, 0, 24, 0], [0, 2]];
  two.free(); // What was made of it stays.
  const pair = datatype.contiguous(2, f);
  yield [
    "vector of contiguous of float64",
    datatype.vector({ count: 2, blockLength: 1, stride: 3 }, pair),
    [32, 64, 0, 64, 0],
    [0, 1, 6, 7],
  ];
  pair.free();
}

function movesEveryLayout(title, type, bounds, places) {
  assert.ok(type instanceof Datatype);
  assert.deepEqual([type.size, type.extent, type.lowerBound, type.trueExtent, type.trueLowerBound], bounds, title);
  assert.equal(String(type), `${title}: ${bounds[0]} bytes, extent ${bounds[1]}`);
  const offset = 5;
  const all = [...places, ...places.map((place) => place + bounds[1] / 8)].map((place) => offset + place);

  // Out of the layout, side by side into an array.
  const plain = new Float64Array(all.length);
  const received = comm.irecv(plain, { from: previous, tag: 1 });
  const out = mpi.view(numbered(40), { datatype: type, offset, count: 2 });
  assert.equal(String(out), `view of 2 ${title}`);
  comm.send(out, { to: next, tag: 1 });
  assert.deepEqual(received.wait(), { source: previous, tag: 1, count: all.length });
  assert.deepEqual(
    [...plain],
    all.map((place) => 1000 * previous + place),
    title,
  );

  // And back: into the layout, and nothing else changes. In WebAssembly memory as well.
  for (const buffer of [new ArrayBuffer(320), new WebAssembly.Memory({ initial: 1 }).buffer]) {
    const array = new Float64Array(buffer, 0, 40).fill(-1);
    const into = mpi.view(array, { datatype: type, offset, count: 2 });
    const sent = comm.isend(numbered(all.length), { to: next, tag: 2 });
    assert.deepEqual(comm.recv(into, { from: previous, tag: 2 }), { source: previous, tag: 2, count: 2 });
    sent.wait();
    const expected = new Float64Array(40).fill(-1);
    for (const [i, place] of all.entries()) expected[place] = 1000 * previous + i;
    assert.deepEqual(array, expected, title);
  }
  type.free();
  assert.ok(type.freed);
}

/** A C struct { int32_t id; double x; float v[3]; char kind; }: 29 bytes of 32. */
function movesStructs() {
  const parts = datatype.struct([
    { offset: 0, type: "int32" },
    { offset: 8, type: "float64" },
    { offset: 16, type: "float32", count: 3 },
    { offset: 28, type: "int8" },
  ]);
  const particle = datatype.resized(parts, { lowerBound: 0, extent: 32 });
  parts.free();
  assert.deepEqual([particle.size, particle.extent, particle.trueExtent], [25, 32, 29]);
  const write = (bytes, i, r) => {
    bytes.setInt32(32 * i, 10 * r + i, true);
    bytes.setFloat64(32 * i + 8, r + i / 4, true);
    for (let axis = 0; axis < 3; axis++) bytes.setFloat32(32 * i + 16 + 4 * axis, r - axis, true);
    bytes.setInt8(32 * i + 28, -i);
  };
  const filled = (r, count, whole) => {
    const bytes = new DataView(new ArrayBuffer(32 * whole));
    new Uint8Array(bytes.buffer).fill(0xee);
    for (let i = 0; i < count; i++) write(bytes, i, r);
    return bytes;
  };
  // Five are expected, three come; the unused bytes between their fields stay.
  const sent = comm.isend(mpi.view(filled(rank, 3, 3), { datatype: particle }), { to: next });
  const into = filled(0, 0, 5);
  const status = comm.recv(mpi.view(into, { datatype: particle }), { from: previous });
  sent.wait();
  assert.deepEqual(status, { source: previous, tag: 0, count: 3 });
  assert.deepEqual(into, filled(previous, 3, 5));
  // In a broadcast, and as rows of a gather.
  const shared = rank === size - 1 ? filled(7, 2, 2) : filled(0, 0, 2);
  comm.bcast(mpi.view(shared, { datatype: particle }), { root: size - 1 });
  assert.deepEqual(shared, filled(7, 2, 2));
  const all = filled(0, 0, size);
  comm.gather(mpi.view(filled(rank, 1, 1), { datatype: particle }), mpi.view(all, { datatype: particle }));
  for (let r = 0; r < size; r++) {
    const one = new Uint8Array(all.buffer, 32 * r, 32);
    assert.deepEqual(one, new Uint8Array(rank === 0 ? filled(r, 1, 1).buffer : filled(r, 0, 1).buffer));
  }
  particle.free();
}

/** `count` is as many as fit by their true extent; the last one may lack the unused end of its extent. */
function fitsAsManyAsThereIsRoomFor() {
  const wide = datatype.resized("float64", { lowerBound: 0, extent: 24 }); // x.. x.. x..
  const lengths = [1, 3, 4, 6, 7, 8].map((n) => mpi.view(new Float64Array(n), { datatype: wide }).length);
  assert.deepEqual(lengths, [1, 1, 2, 2, 3, 3]);
  assert.equal(mpi.view(new Float64Array(8), { datatype: wide, offset: 2 }).length, 2);
  assert.equal(mpi.view(new ArrayBuffer(64), { datatype: wide, offset: 56 }).length, 1); // Bytes, for a buffer.
  assert.equal(mpi.view(new Float64Array(8), { datatype: wide, count: 0 }).length, 0);
  wide.free();
  const backwards = datatype.hindexed({ blockLengths: [1, 1], displacements: [-16, 0] }, "float64");
  assert.equal(mpi.view(new Float64Array(8), { datatype: backwards, offset: 2 }).length, 2);
  assert.equal(mpi.view(new Float64Array(7), { datatype: backwards, offset: 4 }).length, 1);
  backwards.free();
}

/** Messages under way need neither the handle nor another thought. */
function movesFreedDatatypes() {
  const type = datatype.vector({ count: 50_000, blockLength: 1, stride: 2 }, "float64");
  const into = new Float64Array(50_000);
  const sent = comm.isend(mpi.view(numbered(100_000), { datatype: type }), { to: next });
  const prepared = comm.sendInit(mpi.view(numbered(100_000), { datatype: type }), { to: next, tag: 5 });
  type.free();
  for (const tag of [0, 5, 5]) {
    if (tag === 5) prepared.start();
    into.fill(-1);
    comm.recv(into, { from: previous, tag });
    if (tag === 5) prepared.wait();
    assert.ok(into.every((value, i) => value === 1000 * previous + 2 * i));
  }
  sent.wait();
  prepared.free();
  comm.barrier();
}

function sendsEmptyDatatypes() {
  const none = datatype.contiguous(0, "float64");
  assert.deepEqual([none.size, none.extent], [0, 0]);
  const array = Float64Array.of(1, 2);
  const request = comm.irecv(mpi.view(array, { datatype: none }), { from: previous });
  comm.send(mpi.view(array, { datatype: none, count: 2 }), { to: next });
  assert.deepEqual(request.wait(), { source: previous, tag: 0, count: 0 });
  assert.deepEqual([...array], [1, 2]);
  assert.equal(comm.pack([mpi.view(array, { datatype: none })]).length, 0);
  none.free();
}

function namesDatatypes() {
  const type = datatype.contiguous(2, "int16");
  assert.equal(type.name, "");
  type.name = "spin";
  assert.equal(type.name, "spin");
  assert.equal(String(type), "spin: 4 bytes, extent 4");
  assert.equal(String(mpi.view(new Int16Array(6), { datatype: type })), "view of 3 spin");
  type.free();
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
  for (const one of persistent) one.free();

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
  const own = new Float64Array(10);
  for (const [i, place] of places(2).entries()) own[place] = 10 * rank + i;
  const expected = [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 33].slice(0, 4 * size);
  const check = (array) => {
    const whole = new Float64Array(10 * size).fill(-1);
    for (const [i, place] of places(2 * size).entries()) whole[place] = expected[i];
    assert.deepEqual(array, whole);
  };
  const all = new Float64Array(10 * size).fill(-1);
  comm.gather(rows(own, 2), rows(all, 2 * size));
  if (rank === 0) check(all);
  all.fill(-1);
  comm.allgather(rows(own, 2), rows(all, 2 * size));
  check(all);
  const flat = comm.allgather(rows(own, 2), new Float64Array(4 * size));
  assert.deepEqual([...flat], expected);
  const counts = new Array(size).fill(4);
  all.fill(-1);
  comm.allgatherv(rows(own, 2), rows(all, 2 * size), { counts });
  check(all);
  const request = comm.iallgather(rows(own, 2), rows(all.fill(-1), 2 * size));
  request.wait();
  check(all);
  // Rank 0 gives each rank two rows.
  const got = new Float64Array(10);
  comm.scatter(rank === 0 ? rows(all, 2 * size) : undefined, rows(got, 2));
  assert.deepEqual(got, own);
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

/** A column of a matrix from each rank, as rows of another: types differ, bytes agree. */
function gathersDatatypes() {
  const column = datatype.vector({ count: 3, blockLength: 1, stride: 4 }, "float64");
  const matrix = Float64Array.from({ length: 12 }, (_, i) => 100 * rank + i);
  const send = mpi.view(matrix, { datatype: column, offset: 1 });
  assert.equal(send.length, 1);
  const expected = [1, 5, 9, 101, 105, 109, 201, 205, 209, 301, 305, 309].slice(0, 3 * size);
  const all = comm.allgather(send, new Float64Array(3 * size));
  assert.deepEqual([...all], expected);
  const parts = comm.allgatherv(send, new Float64Array(3 * size), { counts: new Array(size).fill(3) });
  assert.deepEqual([...parts], expected);
  const back = new Float64Array(12);
  comm.scatter(all, mpi.view(back, { datatype: column, offset: 3, count: 1 }));
  assert.deepEqual(
    [back[3], back[7], back[11]],
    [1, 5, 9].map((x) => x + 100 * rank),
  );
  column.free();
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
  const other = filled();
  comm.reduce(odd(filled()), rank === root ? odd(other) : undefined, { root, op: "max" });
  assert.deepEqual([...other], rank === root ? [size, -7, 2, -7, 3, -7] : [...filled()]);
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
  // Of datatypes those that are whole.
  const three = datatype.contiguous(3, "int32");
  for (const [sent, count] of [
    [2, 0],
    [3, 1],
    [7, 2],
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
  for (const one of dropped) assert.ok(one.deref());
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
  const { rowTypes } = comm.world;
  const array = numbered(4000);
  const into = new Float64Array(2);
  for (let i = 0; i < 1000; i++) {
    const view = mpi.view(array, { shape: [2], strides: [2 + i] });
    comm.sendrecv(view, into, { to: rank, from: rank });
    assert.deepEqual([...into], [1000 * rank, 1000 * rank + 2 + i]);
    assert.ok(rowTypes.size <= rowTypes.room);
  }
  assert.equal(rowTypes.size, rowTypes.room);
  // Those in use are not made again.
  const { raw } = comm.world;
  const commit = raw.MPI_Type_commit;
  let made = 0;
  raw.MPI_Type_commit = (ptr) => {
    made++;
    return commit(ptr);
  };
  for (let i = 0; i < rowTypes.room + 50; i++) {
    comm.bcast(mpi.view(array, { shape: [2], strides: [2] }));
    comm.bcast(mpi.view(array, { shape: [2], strides: [1100 + i] }));
  }
  assert.equal(made, 1 + rowTypes.room + 50);
  raw.MPI_Type_commit = commit;
}

function packs() {
  const parts = () => [
    Int32Array.of(rank, 2, 3),
    mpi.view(numbered(8), { offset: 1, shape: [3], strides: [2] }),
    new Int8Array(0),
    Float32Array.of(0.5),
    BigInt64Array.of(-5n),
  ];
  assert.equal(comm.pack([]).length, 0);
  assert.equal(comm.packSize([]), 0);
  const packed = comm.pack(parts());
  assert.equal(packed.length, 12 + 24 + 4 + 8);
  const room = comm.packSize(parts());
  assert.ok(room >= packed.length);
  const empty = () => [
    new Int32Array(3),
    mpi.view(new Float64Array(9), { shape: [3], strides: [4] }),
    new Int8Array(0),
  ];
  const check = ([integers, view], from) => {
    assert.deepEqual([...integers], [from, 2, 3]);
    assert.deepEqual(
      [...view.source],
      [1, 0, 0, 0, 3, 0, 0, 0, 5].map((x) => x && x + 1000 * from),
    );
  };
  // In parts: the first three, and what is left.
  const whole = empty();
  const read = comm.unpack(packed, whole);
  assert.equal(read, 36);
  check(whole, rank);
  const [one, two] = [new Float32Array(1), new BigInt64Array(1)];
  assert.equal(comm.unpack(packed.subarray(read), [one, two]), 12);
  assert.deepEqual([one[0], two[0]], [0.5, -5n]);
  // To another rank.
  const bytes = new Uint8Array(room);
  const received = comm.irecv(mpi.view(bytes, { type: "packed" }), { from: previous });
  comm.send(mpi.view(packed, { type: "packed" }), { to: next });
  assert.equal(received.wait().count, 48);
  const other = empty();
  comm.unpack(bytes, [...other, one, two]);
  check(other, previous);
  assert.deepEqual([one[0], two[0]], [0.5, -5n]);
  // What is packed can be received as what it was, and the other way round.
  const plain = comm.irecv(new Float64Array(2), { from: previous, tag: 1 });
  comm.send(mpi.view(comm.pack([Float64Array.of(rank, 1.5)]), { type: "packed" }), { to: next, tag: 1 });
  assert.equal(plain.wait().count, 2);
  assert.deepEqual([...plain.buffer], [previous, 1.5]);
  const form = comm.irecv(mpi.view(bytes, { type: "packed" }), { from: previous, tag: 2 });
  comm.send(Float64Array.of(rank, 2.5), { to: next, tag: 2 });
  assert.equal(form.wait().count, 16);
  comm.unpack(bytes, [plain.buffer]);
  assert.deepEqual([...plain.buffer], [previous, 2.5]);
}

/** (1 + i) to the powers 1 to 4: 1 + i, 2i, -2 + 2i, -4. */
function reducesComplexNumbers() {
  for (const [type, Parts] of [
    ["complex128", Float64Array],
    ["complex64", Float32Array],
  ]) {
    const view = (array) => mpi.view(array, { type });
    const parts = Parts.of(1, 1, rank, -1);
    assert.equal(String(view(parts)), `view of 2 ${type}`);
    const into = new Parts(4);
    comm.allreduce(view(parts), view(into));
    assert.deepEqual([...into], [size, size, bySize(0, 1, 3, 6), -size]);
    comm.allreduce(view(parts.subarray(0, 2)), view(into.subarray(0, 2)), { op: "prod" });
    assert.deepEqual([...into.subarray(0, 2)], bySize([1, 1], [0, 2], [-2, 2], [-4, 0]));
    const strided = (array) => mpi.view(array, { type, shape: [2], strides: [2] });
    const apart = new Parts(6).fill(-1);
    comm.allreduce(strided(Parts.of(1, 1, 9, 9, 2, rank)), strided(apart));
    assert.deepEqual([...apart], [size, size, -1, -1, 2 * size, bySize(0, 1, 3, 6)]);
  }
}

function findsPlaces() {
  for (const value of ["float64", "float32", "int32"]) {
    const own = mpi.pairs(value, 3);
    assert.ok(own instanceof Pairs && own instanceof View);
    assert.deepEqual([own.length, own.get(2)], [3, { value: 0, index: 0 }]);
    own.set(0, 10 - rank, rank); // The last rank has the least.
    own.set(1, 4, 20 + rank); // Equal values: the lowest index.
    own.set(2, rank === 0 ? -3 : 3, -rank);
    assert.deepEqual(own.get(1), { value: 4, index: 20 + rank });
    assert.equal(String(own), `view of 3 ${value}int32`);
    const least = comm.allreduce(own, mpi.pairs(value, 3), { op: "minloc" });
    assert.deepEqual(
      [0, 1, 2].map((i) => least.get(i)),
      [
        { value: 11 - size, index: size - 1 },
        { value: 4, index: 20 },
        { value: -3, index: 0 },
      ],
    );
    const greatest = comm.scan(own, mpi.pairs(value, 3), { op: "maxloc" });
    assert.deepEqual(greatest.get(0), { value: 10, index: 0 });
    assert.deepEqual(greatest.get(2), rank === 0 ? { value: -3, index: 0 } : { value: 3, index: -rank });
    const got = comm.irecv(mpi.pairs(value, 3), { from: previous });
    comm.send(own, { to: next });
    got.wait();
    assert.deepEqual(got.buffer.get(0), { value: 10 - previous, index: previous });
  }
  assert.equal(mpi.pairs("float64", 0).length, 0);
}

/** x -> a x + b, one after the other from rank 0 on; a complex number holds a and b. */
function compose(input, inout) {
  for (let i = 0; i < inout.length; i += 2) {
    inout[i + 1] = inout[i] * input[i + 1] + inout[i + 1];
    inout[i] *= input[i];
  }
}

/** a = rank + 2, b = rank + 1: after n ranks a = (n + 1)! and b = a - 1. */
function composed(n) {
  return [2, 6, 24, 120].map((a) => [a, a - 1])[n - 1];
}

function combinesInJavaScript() {
  const chain = mpi.createOp(compose, { commutative: false });
  assert.equal(String(chain), "operation in JavaScript, not commutative");
  assert.equal(chain.commutative, false);
  const maps = (array) => mpi.view(array, { type: "complex128" });
  const own = () => maps(Float64Array.of(rank + 2, rank + 1, rank + 2, rank + 1));
  const twice = (n) => [...composed(n), ...composed(n)];
  const into = new Float64Array(4);
  comm.allreduce(own(), maps(into), { op: chain });
  assert.deepEqual([...into], twice(size));
  for (let root = 0; root < size; root++) {
    into.fill(0);
    comm.reduce(own(), maps(into), { op: chain, root });
    assert.deepEqual([...into], rank === root ? twice(size) : [0, 0, 0, 0]);
  }
  comm.scan(own(), maps(into), { op: chain });
  assert.deepEqual([...into], twice(rank + 1));
  into.fill(0);
  comm.exscan(own(), maps(into), { op: chain });
  assert.deepEqual([...into], rank === 0 ? [0, 0, 0, 0] : twice(rank));
  comm.iallreduce(own(), maps(into.fill(0)), { op: chain }).wait();
  assert.deepEqual([...into], twice(size));
  const apart = new Float64Array(8).fill(-1);
  comm.allreduce(own(), mpi.view(apart, { type: "complex128", shape: [2], strides: [2] }), { op: chain });
  assert.deepEqual([...apart], [...composed(size), -1, -1, ...composed(size), -1, -1]);
  chain.free();
  assert.ok(chain.freed);

  // A commutative one, on every type.
  const add = mpi.createOp((input, inout) => {
    for (let i = 0; i < inout.length; i++) inout[i] += input[i];
  });
  assert.equal(String(add), "operation in JavaScript");
  const numbers = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array];
  for (const Type of [...numbers, Float32Array, Float64Array]) {
    const sum = comm.allreduce(Type.of(rank, 5, 100), new Type(3), { op: add });
    assert.deepEqual([...sum.subarray(0, 2)], [bySize(0, 1, 3, 6), 5 * size], Type.name);
  }
  for (const Type of [BigInt64Array, BigUint64Array]) {
    const sum = comm.allreduce(Type.of(2n ** 60n, BigInt(rank)), new Type(2), { op: add });
    assert.deepEqual([...sum], [BigInt(size) * 2n ** 60n, BigInt(bySize(0, 1, 3, 6))]);
  }
  assert.equal(comm.allreduce(rank, { op: add }), bySize(0, 1, 3, 6));
  const bytes = new DataView(new ArrayBuffer(2));
  comm.allreduce(new DataView(Uint8Array.of(1, rank).buffer), bytes, { op: add });
  assert.deepEqual([bytes.getUint8(0), bytes.getUint8(1)], [size, bySize(0, 1, 3, 6)]);
  const large = comm.allreduce(new Float64Array(20_000).fill(rank), new Float64Array(20_000), { op: add });
  assert.ok(large.every((value) => value === bySize(0, 1, 3, 6)));
  const memory = new WebAssembly.Memory({ initial: 1 });
  new Int32Array(memory.buffer).set([rank, 1]);
  comm.on(memory, "int32").allreduce(0, 16, 2, add);
  assert.deepEqual([...new Int32Array(memory.buffer, 16, 2)], [bySize(0, 1, 3, 6), size]);
  add.free();

  // Pairs: the greatest value, of equal ones the highest index.
  const last = mpi.createOp((input, inout) => {
    for (let i = 0; i < inout.length; i++) {
      const [a, b] = [input.get(i), inout.get(i)];
      if (a.value > b.value || (a.value === b.value && a.index > b.index)) inout.set(i, a.value, a.index);
    }
  });
  for (const value of ["float64", "float32", "int32"]) {
    const own = mpi.pairs(value, 2);
    own.set(0, 5, rank);
    own.set(1, -rank, rank);
    const got = comm.allreduce(own, mpi.pairs(value, 2), { op: last });
    assert.deepEqual([got.get(0), got.get(1)].map(plus), [
      { value: 5, index: size - 1 },
      { value: 0, index: 0 },
    ]);
  }
  last.free();
}

/** -0 is 0 here. */
function plus({ value, index }) {
  return { value: value + 0, index };
}

/** What an operation throws is thrown where it ran, after the call; all ranks go on. */
async function surfacesExceptions() {
  const thrown = new RangeError("no such sum");
  const bad = mpi.createOp(() => {
    throw thrown;
  });
  const memory = new WebAssembly.Memory({ initial: 1 });
  const [own, into] = [Float64Array.of(rank, 1), new Float64Array(2)];
  const calls = {
    allreduce: () => comm.allreduce(own, into, { op: bad }),
    number: () => comm.allreduce(1, { op: bad }),
    memory: () => comm.on(memory, "float64").allreduce(0, 64, 2, bad),
    reduce: () => comm.reduce(own, into, { op: bad }),
    scan: () => comm.scan(own, into, { op: bad }),
    reduceScatterBlock: () => comm.reduceScatterBlock(new Float64Array(2 * size), into, { op: bad }),
    wait: () => comm.iallreduce(own, into, { op: bad }).wait(),
    waitAll: () => mpi.waitAll([comm.iallreduce(own, into, { op: bad }), comm.irecv(into, { from: mpi.PROC_NULL })]),
    waitAny: () => mpi.waitAny([comm.iallreduce(own, into, { op: bad })]),
    waitSome: () => mpi.waitSome([comm.iallreduce(own, into, { op: bad })]),
    await: async () => await comm.iallreduce(own, into, { op: bad }),
    view: () => comm.allreduce(mpi.view(new Float64Array(4), { shape: [2], strides: [2] }), into, { op: bad }),
  };
  for (const [name, call] of Object.entries(calls)) {
    let caught = 0;
    try {
      await call();
    } catch (error) {
      assert.equal(error, thrown, name);
      caught = 1;
    }
    const ranks = comm.allreduce(caught);
    assert.ok(size === 1 ? ranks === 0 : ranks >= 1, `${name}: thrown on ${ranks} ranks`);
    assert.equal(comm.world.requests.size, 0, name);
  }
  // All that are complete are settled before anything is thrown, and one failure is thrown once.
  const other = mpi.createOp(() => {
    throw new TypeError("another");
  });
  for (const wait of [mpi.waitAll, mpi.waitSome]) {
    const requests = [bad, other].map((op) => comm.iallreduce(own, new Float64Array(2), { op }));
    for (let tries = 0; requests.some(({ active }) => active); tries++) {
      assert.ok(tries < 2);
      try {
        wait(requests);
      } catch (error) {
        assert.ok(error === thrown || error instanceof TypeError);
      }
    }
    for (const request of requests) request.wait();
  }
  // Prepared ones fail each time, and only then.
  const prepared = comm.allreduceInit(own, into, { op: bad });
  for (let step = 0; step < 2; step++) {
    let caught = 0;
    prepared.start();
    try {
      prepared.wait();
    } catch (error) {
      assert.equal(error, thrown);
      caught = 1;
    }
    const ranks = comm.allreduce(caught);
    assert.ok(size === 1 ? ranks === 0 : ranks >= 1);
    prepared.wait();
  }
  prepared.free();
  other.free();
  bad.free();
}

function freesOperationsInUse() {
  const add = mpi.createOp((input, inout) => {
    for (let i = 0; i < inout.length; i++) inout[i] += input[i];
  });
  const requests = [1, 2].map((factor) =>
    comm.iallreduce(Float64Array.of(factor * rank), new Float64Array(1), { op: add }),
  );
  add.free();
  // Others take the place of what was freed too early.
  const others = Array.from({ length: 20 }, () => mpi.createOp((_, inout) => inout.fill(-1)));
  mpi.waitAll(requests);
  assert.deepEqual(
    requests.map(({ buffer }) => buffer[0]),
    [bySize(0, 1, 3, 6), bySize(0, 2, 6, 12)],
  );
  for (const other of others) other.free();
}

function reducesLocally() {
  const inout = Float64Array.of(1, 2, 3);
  assert.equal(mpi.reduceLocal(Float64Array.of(10, 20, 30), inout), inout);
  assert.deepEqual([...inout], [11, 22, 33]);
  mpi.reduceLocal(Float64Array.of(5, 40, 5), inout, { op: "max" });
  assert.deepEqual([...inout], [11, 40, 33]);
  const bits = BigUint64Array.of(12n);
  mpi.reduceLocal(BigUint64Array.of(10n), bits, { op: "bxor" });
  assert.equal(bits[0], 6n);
  // Views: what lies between stays.
  const array = Float64Array.of(1, -1, 2, -1, 3, -1);
  const odd = mpi.view(array, { shape: [3], strides: [2] });
  assert.equal(mpi.reduceLocal(Float64Array.of(7, 8, 9), odd, { op: "prod" }), odd);
  assert.deepEqual([...array], [7, -1, 16, -1, 27, -1]);
  mpi.reduceLocal(odd, inout);
  assert.deepEqual([...inout], [18, 56, 60]);
  const minus = mpi.createOp(
    (input, result) => {
      for (let i = 0; i < result.length; i++) result[i] = input[i] - result[i];
    },
    { commutative: false },
  );
  mpi.reduceLocal(Float64Array.of(20, 60, 61), inout, { op: minus });
  assert.deepEqual([...inout], [2, 4, 1]);
  mpi.reduceLocal(Float64Array.of(8, 17, 29), odd, { op: minus });
  assert.deepEqual([...array], [1, -1, 1, -1, 2, -1]);
  mpi.reduceLocal(odd, inout, { op: minus });
  assert.deepEqual([...inout], [-1, -3, 1]);
  const bytes = new DataView(Uint8Array.of(9, 1, 2, 9).buffer, 1, 2);
  mpi.reduceLocal(new DataView(Uint8Array.of(5, 5).buffer), bytes, { op: minus });
  assert.deepEqual([...new Uint8Array(bytes.buffer)], [9, 4, 3, 9]);
  minus.free();
  const [a, b] = [mpi.pairs("int32", 1), mpi.pairs("int32", 1)];
  a.set(0, 3, 7);
  b.set(0, 3, 8);
  mpi.reduceLocal(a, b, { op: "maxloc" });
  assert.deepEqual(b.get(0), { value: 3, index: 7 });
  assert.deepEqual([...mpi.reduceLocal(new Int32Array(0), new Int32Array(0))], []);
}

function ends() {
  const { rowTypes } = comm.world;
  assert.ok(rowTypes.size > 0);
  mpi.finalize();
  assert.equal(rowTypes.size, 0);
  assert.throws(() => datatype.contiguous(1, "int8"), UsageError);
}
