/** Part of mpi-files.mjs: every call that reads or writes, and every way to wait for it. */
import assert from "node:assert/strict";
import { mpi } from "wasm-mpi/mpi";
import { common, count, elementsOf, from, fromShared, range, withFile } from "./mpi-files-scratch.mjs";
import { bySize, comm, rank, size } from "./mpi-world.mjs";

/** Each way to read with each way to write. */
export function pairs() {
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
export function readsWhatItWrites(read, write) {
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
export function sharesOnePointer() {
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

export async function waitsInEveryWay() {
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
