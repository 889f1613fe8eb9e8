/** Part of mpi-types.mjs: derived datatypes. */
import assert from "node:assert/strict";
import { Datatype, mpi } from "wasm-mpi/mpi";
import { comm, next, previous, rank, size } from "./mpi-world.mjs";

const { datatype } = mpi;
/** `length` numbers that tell their rank and place. */
const numbered = (length, r = rank) => Float64Array.from({ length }, (_, i) => 1000 * r + i);

export function checkLayouts() {
  for (const layout of layouts()) movesEveryLayout(...layout);
  movesStructs();
  fitsAsManyAsThereIsRoomFor();
  movesFreedDatatypes();
  sendsEmptyDatatypes();
  namesDatatypes();
  gathersDatatypes();
}

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
    const bytes = new Uint8Array(all.buffer, 32 * r, 32);
    assert.deepEqual(bytes, new Uint8Array(rank === 0 ? filled(r, 1, 1).buffer : filled(r, 0, 1).buffer));
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
