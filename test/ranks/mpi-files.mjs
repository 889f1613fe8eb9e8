/**
 * Every call on files, on any number of ranks from 1 to 4, against bytes worked out by hand, which rank 0 reads with
 * Node.js.
 *
 *   mpi-files.mjs LIBRARY FOLDER
 *
 * Every rank prints "ok".
 */
import assert from "node:assert/strict";
import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { Datatype, MpiFile, mpi } from "wasm-mpi/mpi";

const [, , library, folder] = process.argv;
const comm = mpi.init();
const { rank, size } = comm;
const create = { read: true, write: true, create: true };
/** One of the values for 1, 2, 3, 4 ranks. */
const bySize = (...values) => values[size - 1];
let files = 0;
let common;

describesItself();
usesRomio();
for (const [read, write] of pairs()) readsWhatItWrites(read, write);
sharesOnePointer();
for (const { type, Type, cartesian } of kindsOfBlocks()) writesBlocks(type, Type, cartesian);
writesNothingFromEmptyBlocks();
writesThroughDatatypes();
tellsShortReads();
tellsShortReadsOfPieces();
movesPointers();
findsBytes();
resizes();
opensInEveryMode();
goesBeyondFourGibibytes();
writesInOrderOnly();
if (library !== "solo") writesBigEndian(); // Which has no external32.
readsOtherTypesThanTheView();
await waitsInEveryWay();
isAtomic();
opensOnPartOfTheRanks();
takesAnyName();
common.close();
console.log("ok");

/** Runs `use` with a new file open on all ranks, which is closed and deleted afterwards. */
function withNewFile(use, options = create, owner = comm) {
  const path = join(folder, `file${files++}`);
  const file = owner.openFile(path, options);
  use(file, path);
  file.close();
  owner.barrier();
  if (owner.rank === 0) mpi.deleteFile(path);
  owner.barrier();
}

/** Runs `use` with an empty file; always the same one, as to open one takes the longest of all calls. */
function withFile(use) {
  common ??= comm.openFile(join(folder, "common"), { ...create, deleteOnClose: true });
  common.setSize(0);
  use(common, common.path);
  comm.barrier();
}

/** The bytes of the file, as all ranks have written them. */
function bytesOf(path, owner = comm) {
  owner.barrier();
  const bytes = readFileSync(path);
  owner.barrier();
  return bytes;
}

/** The file as elements of a type. */
function elementsOf(path, Type, offset = 0) {
  const bytes = bytesOf(path);
  return [...new Type(Uint8Array.from(bytes).buffer, offset)];
}

function count(expected, status) {
  assert.deepEqual(status, { source: mpi.ANY_SOURCE, tag: mpi.ANY_TAG, count: expected });
}

/** The file, with this rank's pointer at `offset`. */
function from(file, offset) {
  file.seek({ offset });
  return file;
}

function fromShared(file, offset) {
  file.seekShared({ offset });
  return file;
}

function range(length, first = 0) {
  return Array.from({ length }, (_, i) => first + i);
}

function describesItself() {
  const path = join(folder, "described");
  const file = comm.openFile(path, { ...create, deleteOnClose: true, info: { romio_cb_write: "enable" } });
  assert.ok(file instanceof MpiFile);
  assert.equal(file.path, path);
  assert.equal(String(file), `file "${path}", read, write, create, deleteOnClose`);
  assert.deepEqual(file.mode, {
    read: true,
    write: true,
    create: true,
    exclusive: false,
    append: false,
    deleteOnClose: true,
    unique: false,
    sequential: false,
  });
  if (library !== "solo") assert.equal(file.info.romio_cb_write, "enable");
  file.setInfo({ romio_cb_read: "disable" });
  assert.deepEqual(file.view, { type: "byte", offset: 0, datarep: "native" });
  const block = { globalShape: [4, size], start: [0, rank], shape: [4, 1] };
  file.setView({ offset: 24, type: "float64", ...block, info: { romio_cb_write: "enable" } });
  assert.deepEqual(file.view, { type: "float64", ...block, offset: 24, datarep: "native" });
  file.setView({});
  assert.deepEqual(file.view, { type: "byte", offset: 0, datarep: "native" });
  assert.equal(file.freed, false);
  assert.ok(existsSync(path));
  comm.barrier();
  file.close();
  assert.equal(file.freed, true);
  assert.equal(String(file), `file "${path}", closed`);
  comm.barrier();
  assert.ok(!existsSync(path));
}

/** OMPIO of Open MPI 4 corrupts files: it must not even be loaded. */
function usesRomio() {
  if (library !== "openmpi" || process.platform !== "linux") return;
  const maps = readFileSync("/proc/self/maps", "utf8");
  assert.equal(maps.includes("mca_io_romio"), true);
  assert.equal(maps.includes("mca_io_ompio"), false);
}

/** Each way to read with each way to write. */
function pairs() {
  const at = 2 * rank;
  const waited = (request, data) => {
    assert.equal(request.buffer, data);
    return request.wait();
  };
  const reads = [
    (file, data) => from(file, at).read(data),
    (file, data) => file.readAt(at, data),
    (file, data) => from(file, at).readAll(data),
    (file, data) => file.readAtAll(at, data),
    (file, data) => fromShared(file, 0).readOrdered(data),
    (file, data) => waited(from(file, at).iread(data), data),
    (file, data) => waited(file.ireadAt(at, data), data),
    (file, data) => waited(from(file, at).ireadAll(data), data),
    (file, data) => waited(file.ireadAtAll(at, data), data),
  ];
  const writes = [
    (file, data) => from(file, at).write(data),
    (file, data) => file.writeAt(at, data),
    (file, data) => from(file, at).writeAll(data),
    (file, data) => file.writeAtAll(at, data),
    (file, data) => fromShared(file, 0).writeOrdered(data),
    (file, data) => waited(from(file, at).iwrite(data), data),
    (file, data) => waited(file.iwriteAt(at, data), data),
    (file, data) => waited(from(file, at).iwriteAll(data), data),
    (file, data) => waited(file.iwriteAtAll(at, data), data),
  ];
  return reads.map((read, i) => [read, writes[i]]);
}

/** Rank r has elements 2 r and 2 r + 1 of a file of int32. */
function readsWhatItWrites(read, write) {
  withFile((file, path) => {
    file.setView({ type: "int32" });
    count(2, write(file, Int32Array.of(10 * rank, 10 * rank + 1)));
    const all = [0, 1, 10, 11, 20, 21, 30, 31].slice(0, 2 * size);
    assert.deepEqual(elementsOf(path, Int32Array), all);
    // In WebAssembly memory, and every other element.
    const memory = new WebAssembly.Memory({ initial: 1 });
    const array = new Int32Array(memory.buffer, 16, 4).fill(-1);
    count(2, read(file, mpi.view(array, { shape: [2], strides: [2] })));
    assert.deepEqual([...array], [10 * rank, -1, 10 * rank + 1, -1]);
    array.fill(-1);
    count(2, write(file, mpi.view(memory, { type: "int32", offset: 20, shape: [2] })));
    assert.deepEqual(elementsOf(path, Int32Array), Array(2 * size).fill(-1));
    count(2, read(file, array.subarray(0, 2)));
    count(0, write(file, array.subarray(0, 0)));
    count(0, read(file, array.subarray(0, 0)));
  });
}

/** Ranks take their places in any order, but none is taken twice or left out. */
function sharesOnePointer() {
  withFile((file, path) => {
    file.setView({ type: "int32" });
    const write = (data, i) => (i % 2 ? file.iwriteShared(data).wait() : file.writeShared(data));
    const read = (data, i) => (i % 2 ? file.ireadShared(data).wait() : file.readShared(data));
    for (let i = 0; i < 10; i++) count(2, write(Int32Array.of(10 * rank + i, ~(10 * rank + i)), i));
    comm.barrier();
    assert.equal(file.sharedPosition, 20 * size);
    const elements = elementsOf(path, Int32Array);
    const firsts = elements.filter((_, i) => i % 2 === 0);
    assert.deepEqual(
      elements.filter((_, i) => i % 2 === 1),
      firsts.map((n) => ~n),
    );
    assert.deepEqual(
      [...firsts].sort((a, b) => a - b),
      range(10 * size),
    );
    file.seekShared({ offset: -20 * size, from: "end" });
    const sum = Float64Array.of(0);
    for (let i = 0; i < 10; i++) {
      const two = new Int32Array(2);
      count(2, read(two, i));
      assert.equal(two[1], ~two[0]);
      sum[0] += two[0];
    }
    // 0 + 1 + ... + (10 size - 1)
    assert.equal(comm.allreduce(sum[0]), bySize(45, 190, 435, 780));
    file.seekShared({ offset: 4 });
    file.seekShared({ offset: 3, from: "current" });
    assert.equal(file.sharedPosition, 7);
  });
}

function kindsOfBlocks() {
  return [
    { type: "float64", Type: Float64Array, cartesian: true },
    { type: "int16", Type: Int16Array, cartesian: false },
  ];
}

/** First rows of block `r` of `parts`, and of the block after it. */
function block(n, parts, r) {
  const [from, to] = [Math.floor((n * r) / parts), Math.floor((n * (r + 1)) / parts)];
  return { from, length: to - from };
}

/**
 * An array of 5 x 7, cut into uneven blocks, of which each rank has its own with a halo of one element; the memory's
 * view leaves out the halo, and the file's view places the block. Behind 16 bytes of something else.
 */
function writesBlocks(type, Type, cartesian) {
  const dims = bySize([1, 1], [1, 2], [3, 1], [2, 2]);
  const cart = cartesian ? comm.cartCreate({ dims, periods: [true, false] }) : undefined;
  const owner = cart ?? comm;
  const coords = cart ? cart.coords : [Math.floor(rank / dims[1]), rank % dims[1]];
  withNewFile(
    (file, path) => {
      const block = blockWithHalo(Type, dims, coords);
      for (let i = 0; i < block.m; i++) {
        for (let j = 0; j < block.n; j++) {
          block.array[(i + 1) * (block.n + 2) + j + 1] = 10 * (block.start[0] + i) + block.start[1] + j;
        }
      }
      file.setView({ offset: 16, type, globalShape: [5, 7], start: block.start, shape: block.shape });
      count(block.m * block.n, file.writeAll(block.interior));
      const expected = range(5).flatMap((i) => range(7, 10 * i));
      const bytes = bytesOf(path, owner);
      assert.deepEqual([...bytes.subarray(0, 16)], Array(16).fill(0));
      assert.deepEqual([...new Type(Uint8Array.from(bytes).buffer, 16)], expected);
      // A second frame behind the first, by each rank alone and at the same time.
      count(block.m * block.n, file.iwriteAll(block.interior).wait());
      assert.equal(file.position, 2 * block.m * block.n);
      const twice = bytesOf(path, owner);
      assert.deepEqual([...new Type(Uint8Array.from(twice).buffer, 16)], [...expected, ...expected]);

      // Back into other blocks: rows of the whole array. The halo stays as it is.
      const rows = blockWithHalo(Type, [size, 1], [rank, 0]);
      file.setView({ offset: 16, type, globalShape: [5, 7], start: rows.start, shape: rows.shape });
      for (const read of ["readAtAll", "readAt"]) {
        rows.array.fill(99);
        count(rows.m * 7, file[read](rows.m * 7, rows.interior));
        for (let i = 0; i < rows.m + 2; i++) {
          const inside = i > 0 && i <= rows.m;
          const line = inside ? [99, ...range(7, 10 * (rows.start[0] + i - 1)), 99] : Array(9).fill(99);
          assert.deepEqual([...rows.array.subarray(9 * i, 9 * i + 9)], line);
        }
      }
    },
    create,
    owner,
  );
  cart?.free();
}

function blockWithHalo(Type, dims, coords) {
  const [rows, columns] = [block(5, dims[0], coords[0]), block(7, dims[1], coords[1])];
  const [m, n] = [rows.length, columns.length];
  const memory = new WebAssembly.Memory({ initial: 1 });
  const array = new Type(memory.buffer, 64, (m + 2) * (n + 2)).fill(99);
  const interior = mpi.view(array, { offset: n + 3, shape: [m, n], strides: [n + 2, 1] });
  return { m, n, array, interior, start: [rows.from, columns.from], shape: [m, n] };
}

/** Two rows over up to four ranks: some have none. */
function writesNothingFromEmptyBlocks() {
  withFile((file, path) => {
    const { from, length } = block(2, size, rank);
    file.setView({ type: "uint16", globalShape: [2, 3], start: [from, 0], shape: [length, 3] });
    count(3 * length, file.writeAll(Uint16Array.from(range(3 * length, 3 * from))));
    assert.deepEqual(elementsOf(path, Uint16Array), range(6));
    const data = new Uint16Array(3 * length);
    count(3 * length, file.readAtAll(0, data));
    assert.deepEqual([...data], range(3 * length, 3 * from));
  });
}

/** Element r of every `size`, by a datatype of the program's own; and pairs as elements of the view. */
function writesThroughDatatypes() {
  const { world } = comm;
  const { raw, constants, scratch } = world;
  assert.equal(raw.MPI_Type_contiguous(1, constants.MPI_FLOAT, scratch.address), 0);
  const single = world.readHandle(0);
  assert.equal(raw.MPI_Type_create_resized(single, 0, 4 * size, scratch.address), 0);
  const every = new Datatype(world, world.readHandle(0));
  assert.equal(raw.MPI_Type_contiguous(2, constants.MPI_FLOAT, scratch.address), 0);
  const pair = new Datatype(world, world.readHandle(0));
  for (const type of [every, pair]) {
    world.writeHandle(0, type.handle);
    assert.equal(raw.MPI_Type_commit(scratch.address), 0);
  }
  withFile((file, path) => {
    file.setView({ offset: 4 * rank, type: "float32", filetype: every });
    count(3, file.writeAll(Float32Array.of(rank, rank + 10, rank + 20)));
    const expected = [0, 10, 20].flatMap((first) => range(size, first));
    assert.deepEqual(elementsOf(path, Float32Array), expected);
    const view = file.view;
    assert.equal(view.filetype, every);
    assert.equal(view.offset, 4 * rank);
    // Two pairs from the first on: elements 2 to 5 of the file, which has 3 for one rank.
    file.setView({ type: pair });
    const data = new Float32Array(4);
    count(Math.min(4, 3 * size - 2), file.readAt(1, data));
    assert.deepEqual([...data], [...expected, 0, 0, 0].slice(2, 6));
  });
  for (const type of [single, every.handle, pair.handle]) world.freeType(type);
}

/** A file of 5 float64 and 4 bytes: reads get what is there, and no more. */
function tellsShortReads() {
  withFile((file) => {
    file.setView({});
    if (rank === 0) file.writeAt(0, new Uint8Array(Float64Array.of(0, 1, 2, 3, 4, 5).buffer, 0, 44));
    file.sync();
    comm.barrier();
    assert.equal(file.size, 44);
    const reads = [
      (data) => file.readAt(2, data),
      (data) => file.readAtAll(2, data),
      (data) => file.ireadAt(2, data).wait(),
      (data) => file.ireadAtAll(2, data).wait(),
      (data) => from(file, 2).read(data),
      (data) => from(file, 2).readAll(data),
      (data) => from(file, 2).iread(data).wait(),
      (data) => from(file, 2).ireadAll(data).wait(),
    ];
    file.setView({ type: "float64" });
    for (const read of reads) {
      const data = new Float64Array(10);
      count(3, read(data));
      assert.deepEqual([...data.subarray(0, 3)], [2, 3, 4]);
      count(3, read(mpi.view(data, { shape: [5], strides: [2] })));
      assert.deepEqual([data[0], data[2], data[4]], [2, 3, 4]);
    }
    for (const offset of [5, 6, 2 ** 40]) {
      count(0, file.readAt(offset, new Float64Array(2)));
      count(0, file.readAtAll(offset, new Float64Array(2)));
    }
    file.seekShared({ offset: 0 });
    // The first rank gets 4, the second 1, the others none.
    count([4, 1, 0, 0][rank], file.readOrdered(new Float64Array(4)));
    file.seekShared({ offset: 5 });
    count(0, file.readShared(new Float64Array(1)));
  });
}

/** A file of 7 float64 seen as rows of 4, of which each rank reads columns 1 and 2: 1, 2, 5, 6, then nothing. */
function tellsShortReadsOfPieces() {
  withFile((file) => {
    file.setView({});
    if (rank === 0) file.writeAt(0, Float64Array.from(range(7)));
    file.sync();
    comm.barrier();
    file.setView({ type: "float64", globalShape: [4, 4], start: [0, 1], shape: [4, 2] });
    for (const read of ["readAt", "readAtAll", "ireadAt", "ireadAtAll"]) {
      const data = new Float64Array(8);
      const status = file[read](0, data);
      count(4, read.startsWith("i") ? status.wait() : status);
      assert.deepEqual([...data.subarray(0, 4)], [1, 2, 5, 6]);
      const next = file[read](3, data);
      count(1, read.startsWith("i") ? next.wait() : next);
      assert.equal(data[0], 6);
    }
    // Two at a time, of 4 bytes.
    count(2, file.readAt(3, new Float32Array(4)));
  });
}

function movesPointers() {
  withFile((file) => {
    file.setView({ type: "int16" });
    if (rank === 0) file.writeAt(0, Int16Array.from(range(10)));
    file.sync();
    comm.barrier();
    assert.equal(file.position, 0);
    file.seek({ offset: 4 });
    assert.equal(file.position, 4);
    file.seek({ offset: -1, from: "current" });
    assert.equal(file.position, 3);
    const data = new Int16Array(2);
    count(2, file.read(data));
    assert.deepEqual([...data], [3, 4]);
    assert.equal(file.position, 5);
    file.seek({ offset: -2, from: "end" });
    assert.equal(file.position, 8);
    file.iread(data).wait();
    assert.deepEqual([...data], [8, 9]);
    assert.equal(file.position, 10);
    file.readAt(0, data);
    assert.equal(file.position, 10);
    assert.equal(file.sharedPosition, 0);
    comm.barrier();
    file.seekShared({ offset: -3, from: "end" });
    assert.equal(file.sharedPosition, 7);
  });
}

/** Row 0 begins at byte 8, row 1 at 8 + 32, the next frame at 8 + 64; a rank's block begins in column 1. */
function findsBytes() {
  withFile((file) => {
    file.setView({ offset: 8, type: "float64", globalShape: [2, 4], start: [0, 1], shape: [2, 2] });
    assert.deepEqual(
      range(6).map((offset) => file.byteOffset(offset)),
      [16, 24, 48, 56, 80, 88],
    );
    file.setView({ offset: 2 ** 40, type: "int16" });
    assert.equal(file.byteOffset(2 ** 50), 2 ** 40 + 2 ** 51);
  });
}

function resizes() {
  withFile((file, path) => {
    file.setSize(10);
    assert.equal(file.size, 10);
    file.preallocate(4096);
    assert.equal(file.size, 4096);
    file.preallocate(100);
    assert.equal(file.size, 4096);
    file.setSize(3);
    file.sync();
    assert.equal(bytesOf(path).length, 3);
  });
}

function opensInEveryMode() {
  const path = join(folder, "modes");
  const made = comm.openFile(path, { write: true, create: true, exclusive: true });
  assert.equal(String(made), `file "${path}", write, create, exclusive`);
  count(4, made.writeAtAll(4 * rank, Uint8Array.of(1, 2, 3, 4)));
  made.close();
  const read = comm.openFile(path);
  assert.equal(String(read), `file "${path}", read`);
  const data = new DataView(new ArrayBuffer(8), 2, 4);
  count(4, read.readAtAll(4 * rank, data));
  assert.equal(data.getUint32(0), 0x01020304);
  read.close();
  const appended = comm.openFile(path, { write: true, append: true, unique: true });
  assert.equal(String(appended), `file "${path}", write, append, unique`);
  assert.equal(appended.position, 4 * size);
  appended.writeOrdered(Uint8Array.of(9));
  appended.close();
  const expected = [...Array(size).fill([1, 2, 3, 4]).flat(), ...Array(size).fill(9)];
  assert.deepEqual([...bytesOf(path)], expected);
  if (rank === 0) mpi.deleteFile(path, { info: { nothing: "known" } });
  comm.barrier();
  assert.ok(!existsSync(path));
}

/** One element at 5 000 000 000 bytes, and one at 2^30 elements of 8 bytes, on a file that has nothing before. */
function goesBeyondFourGibibytes() {
  withFile((file, path) => {
    file.setView({});
    const far = 5_000_000_000 + rank;
    count(1, file.writeAtAll(far, Uint8Array.of(50 + rank)));
    const data = new Uint8Array(2);
    count(1, file.readAt(far, data.subarray(0, 1)));
    assert.equal(data[0], 50 + rank);
    file.sync();
    comm.barrier();
    assert.equal(file.size, 5_000_000_000 + size);
    file.seek({ offset: -1, from: "end" });
    assert.equal(file.position, 5_000_000_000 + size - 1);
    count(1, file.read(data));
    assert.equal(data[0], 50 + size - 1);

    file.setView({ offset: 8, type: "float64" });
    file.seek({ offset: 2 ** 30 + rank });
    count(1, file.write(Float64Array.of(rank + 0.5)));
    assert.equal(file.position, 2 ** 30 + rank + 1);
    file.sync();
    comm.barrier();
    const value = new Float64Array(1);
    const fd = openSync(path, "r");
    assert.equal(readSync(fd, value, 0, 8, 8 + 8 * (2 ** 30 + rank)), 8);
    closeSync(fd);
    assert.equal(value[0], rank + 0.5);
    // Nothing was written in between.
    if (process.platform === "linux") assert.ok(statSync(path).blocks * 512 < 2 ** 24);

    // A block of an array of 2^31 + 2^30 elements: in its row 2^20 + rank, of 2048.
    const start = [2 ** 20 + rank, 2000];
    file.setView({ type: "float32", globalShape: [3 * 2 ** 19, 2048], start, shape: [1, 3] });
    assert.equal(file.byteOffset(1), 4 * (2048 * (2 ** 20 + rank) + 2001));
    count(3, file.writeAtAll(0, Float32Array.of(1, 2, 3)));
    const back = new Float32Array(3);
    count(3, file.readAtAll(0, back));
    assert.deepEqual([...back], [1, 2, 3]);
  });
}

function writesInOrderOnly() {
  withNewFile(
    (file, path) => {
      file.setView({ type: "int32" });
      count(1, file.writeOrdered(Int32Array.of(rank)));
      // The next view begins behind what has been written.
      file.setView({ type: "int32", offset: "current" });
      assert.equal(file.view.offset, 4 * size);
      count(1, file.writeOrdered(Int32Array.of(10 + rank)));
      assert.deepEqual(elementsOf(path, Int32Array), [...range(size), ...range(size, 10)]);
    },
    { write: true, create: true, sequential: true },
  );
}

function writesBigEndian() {
  withFile((file, path) => {
    file.setView({ type: "int32", datarep: "external32" });
    assert.equal(file.view.datarep, "external32");
    count(1, file.writeAtAll(rank, Int32Array.of(0x01020300 + rank)));
    assert.deepEqual(
      [...bytesOf(path)],
      range(size).flatMap((r) => [1, 2, 3, r]),
    );
  });
}

/** Data of any type whose bytes are a whole number of elements of the view; counts are of the data. */
function readsOtherTypesThanTheView() {
  withFile((file, path) => {
    file.setView({ type: "int16" });
    count(2, file.writeAtAll(4 * rank, Int32Array.of(rank, -1)));
    assert.deepEqual(
      elementsOf(path, Int16Array),
      range(size).flatMap((r) => [r, 0, -1, -1]),
    );
    file.setView({ type: "complex128" });
    count(1, file.writeAtAll(rank, mpi.view(Float64Array.of(rank, 0.25), { type: "complex128" })));
    assert.deepEqual(
      elementsOf(path, Float64Array),
      range(size).flatMap((r) => [r, 0.25]),
    );
    const parts = new Float64Array(2);
    count(2, file.readAt(rank, parts));
    assert.deepEqual([...parts], [rank, 0.25]);
  });
}

async function waitsInEveryWay() {
  const file = common;
  file.setSize(0);
  file.setView({ offset: 1000 * rank, type: "float64" });
  const ones = new Float64Array(4).fill(1);
  mpi.waitAll([file.iwriteAt(0, ones), file.iwriteAt(4, ones), file.iwriteAtAll(8, ones)]);
  const requests = range(3).map((i) => file.ireadAt(4 * i, new Float64Array(4)));
  while (!mpi.testAll(requests));
  for (const { buffer, active } of requests) {
    assert.equal(active, false);
    assert.deepEqual([...buffer], [1, 1, 1, 1]);
  }
  const any = [file.ireadAt(10, new Float64Array(9)), file.iwriteAt(20, ones)];
  const seen = [];
  for (let i = 0; i < 2; i++) {
    const { index, status } = mpi.waitAny(any);
    seen.push([index, status.count]);
  }
  // Elements 12 to 19 may be there already, if the write went first.
  seen.sort(([a], [b]) => a - b);
  assert.deepEqual(seen[1], [1, 4]);
  assert.ok(seen[0][0] === 0 && seen[0][1] >= 2 && seen[0][1] <= 9);
  assert.equal(mpi.waitAny(any), undefined);
  const some = [file.ireadAll(new Float64Array(4)), file.ireadAt(0, new Float64Array(2))];
  let completed = 0;
  while (completed < 2)
    for (const { index, status } of mpi.waitSome(some)) {
      assert.equal(status.count, [4, 2][index]);
      completed++;
    }
  // Of a request that is known to be complete, each call tells once more.
  for (const finish of [(r) => [mpi.waitAny(r)], (r) => [mpi.testAny(r)], mpi.waitSome, mpi.testSome]) {
    const known = [file.ireadAt(0, new Float64Array(4)), file.ireadAt(0, new Float64Array(2))];
    while (!known[1].status());
    count(2, known[1].status());
    assert.equal(known[1].active, true);
    const told = finish(known);
    if (told.some(({ index }) => index === 0)) known[1].wait();
    else assert.deepEqual(told, [{ index: 1, status: { source: mpi.ANY_SOURCE, tag: mpi.ANY_TAG, count: 2 } }]);
    mpi.waitAll(known);
    assert.equal(known[1].active, false);
  }
  const request = file.ireadAt(1, new Float64Array(3));
  let status = request.test();
  while (!status) status = request.test();
  count(3, status);
  count(3, await file.ireadAt(0, new Float64Array(3)));
  count(4, await file.iwriteAtAll(0, ones));
  // After the end, a request that is over tells nothing.
  count(0, request.wait());
  assert.equal(file.position, 4);
  comm.barrier();
}

function isAtomic() {
  withFile((file) => {
    assert.equal(file.atomic, false);
    file.setAtomic(true);
    assert.equal(file.atomic, true);
    // All write the same elements; a reader sees those of one rank.
    file.setView({ type: "int32" });
    for (let i = 0; i < 10; i++) {
      file.writeAt(0, new Int32Array(100).fill(rank));
      const data = new Int32Array(100);
      count(100, file.readAt(0, data));
      assert.equal(new Set(data).size, 1);
    }
    comm.barrier();
    file.setAtomic(false);
    assert.equal(file.atomic, false);
  });
}

function opensOnPartOfTheRanks() {
  const half = comm.split({ color: rank % 2 });
  files += rank % 2;
  withNewFile(
    (file, path) => {
      file.writeOrdered(Uint8Array.of(rank));
      assert.deepEqual(
        [...bytesOf(path, half)],
        range(size).filter((r) => r % 2 === rank % 2),
      );
    },
    create,
    half,
  );
  half.free();
}

function takesAnyName() {
  const path = join(folder, process.platform === "win32" ? "täglich 日本.dat" : "täglich 日本 12:30:00.dat");
  const file = comm.openFile(path, create);
  file.writeAtAll(rank, Uint8Array.of(rank));
  file.close();
  assert.deepEqual([...bytesOf(path)], range(size));
  if (rank === 0) mpi.deleteFile(path);
  comm.barrier();
  assert.ok(!existsSync(path));
}
