/** Part of mpi-files.mjs: places in a file, its end, and what lies far away. */
import assert from "node:assert/strict";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { mpi } from "wasm-mpi/mpi";
import { bytesOf, count, from, range, withFile } from "./mpi-files-scratch.mjs";
import { comm, rank, size } from "./mpi-world.mjs";

/** A file of 5 float64 and 4 bytes: reads get what is there, and no more. */
export function tellsShortReads() {
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
export function tellsShortReadsOfPieces() {
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

export function movesPointers() {
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

export function resizes() {
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

/** One element at 5 000 000 000 bytes, and one at 2^30 elements of 8 bytes, on a file that has nothing before. */
export function goesBeyondFourGibibytes() {
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
