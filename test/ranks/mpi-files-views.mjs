/** Part of mpi-files.mjs: views of a file, as blocks of an array and as elements of any type. */
import assert from "node:assert/strict";
import { Datatype, mpi } from "wasm-mpi/mpi";
import { bytesOf, count, create, elementsOf, range, withFile, withNewFile } from "./mpi-files-scratch.mjs";
import { bySize, comm, rank, size } from "./mpi-world.mjs";

export function kindsOfBlocks() {
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
export function writesBlocks(type, Type, cartesian) {
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
export function writesNothingFromEmptyBlocks() {
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
export function writesThroughDatatypes() {
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

/** Row 0 begins at byte 8, row 1 at 8 + 32, the next frame at 8 + 64; a rank's block begins in column 1. */
export function findsBytes() {
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

export function writesBigEndian() {
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
export function readsOtherTypesThanTheView() {
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
