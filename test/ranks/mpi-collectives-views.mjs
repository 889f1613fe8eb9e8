/** The collective calls that move data of views, and of several types; what they keep alive. */
import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { mpi } from "wasm-mpi/mpi";
import { comm, elements, everyForm, rank, ranks, size } from "./mpi-collectives-forms.mjs";

const { IN_PLACE } = mpi;
const isRoot = (root) => rank === root;

/** Pieces of views are rows, and a row may meet an array, or a row of another view. */
export function movesRowsOfViews() {
  const source = new Float64Array(64).fill(-1);
  const target = new Float64Array(64).fill(-1);
  const memory = new Float64Array(new WebAssembly.Memory({ initial: 1 }).buffer, 256, 64);
  // The middle two of rows of four; size rows of three with a step of two in them; a column.
  const rows = mpi.view(target, { offset: 1, shape: [2 * size, 2], strides: [4, 1] });
  const steps = mpi.view(memory, { offset: 2, shape: [size, 3], strides: [8, 2] });
  const column = mpi.view(source, { offset: 3, shape: [4], strides: [5] });
  const places = (count, at) => Array.from({ length: count }, (_, i) => at(i));
  const inRows = places(4 * size, (i) => 1 + 4 * Math.floor(i / 2) + (i % 2));
  const inSteps = places(3 * size, (i) => 2 + 8 * Math.floor(i / 3) + 2 * (i % 3));
  const inColumn = places(4, (i) => 3 + 5 * i);
  const spread = (array, at, numbers) => {
    array.fill(-1);
    for (const [i, place] of at.entries()) if (i < numbers.length) array[place] = numbers[i];
  };
  const expectSpread = (array, at, numbers) => {
    const expected = new Float64Array(64).fill(-1);
    for (const [i, place] of at.entries()) if (i < numbers.length) expected[place] = numbers[i];
    assert.deepEqual(array, expected);
  };
  const fromAll = (count, to, step) => ranks.flatMap((r) => elements(count, r, to, step));
  const forAll = (count, step, root) => ranks.flatMap((r) => elements(count, root, r, step));

  for (const root of [0, size - 1]) {
    const fill = (step) => {
      spread(source, inColumn, elements(4, rank, root, step));
      target.fill(-1);
    };
    const check = (step) => isRoot(root) && expectSpread(target, inRows, fromAll(4, root, step));
    everyForm("gather", [column, rows, { root }], fill, check);
    // Row by row the other way round; elements are counted.
    const displs = ranks.map((r) => 4 * (size - 1 - r));
    const options = { root, counts: ranks.map(() => 4), displs };
    const reversed = (step) => [...ranks].reverse().flatMap((r) => elements(4, r, root, step));
    const checkReversed = (step) => isRoot(root) && expectSpread(target, inRows, reversed(step));
    everyForm("gatherv", [column, rows, options], fill, checkReversed);

    const fillRows = (step) => {
      if (isRoot(root)) spread(target, inRows, forAll(4, step, root));
      source.fill(-1);
    };
    const checkColumn = (step) => expectSpread(source, inColumn, elements(4, root, rank, step));
    everyForm("scatter", [rows, column, { root }], fillRows, checkColumn);
    const fillReversed = (step) => {
      const pieces = [...ranks].reverse().flatMap((r) => elements(4, root, r, step));
      if (isRoot(root)) spread(target, inRows, pieces);
      source.fill(-1);
    };
    everyForm("scatterv", [rows, column, options], fillReversed, checkColumn);
    // A column here, an array there, and backwards.
    const flat = new Float64Array(4);
    const backwards = mpi.view(flat, { offset: 3, shape: [4], strides: [-1] });
    const data = isRoot(root) ? column : rank % 2 ? flat : backwards;
    const fillColumn = (step) => {
      if (isRoot(root)) spread(source, inColumn, elements(4, root, root, step));
      flat.fill(0);
    };
    const checkFlat = (step) => {
      const expected = elements(4, root, root, step);
      if (isRoot(root)) expectSpread(source, inColumn, expected);
      else assert.deepEqual([...flat], rank % 2 ? expected : expected.reverse());
    };
    everyForm("bcast", [data, { root }], fillColumn, checkFlat);
  }
  const fillSteps = (step) => {
    spread(source, inColumn, elements(4, rank, 0, step));
    spread(
      memory,
      inSteps,
      ranks.flatMap((to) => elements(3, rank, to, step)),
    );
    target.fill(-1);
  };
  everyForm("allgather", [column, rows], fillSteps, (step) => expectSpread(target, inRows, fromAll(4, 0, step)));
  const into = new Float64Array(3 * size);
  everyForm("alltoall", [steps, into], fillSteps, (step) =>
    assert.deepEqual(
      [...into],
      ranks.flatMap((from) => elements(3, from, rank, step)),
    ),
  );
  everyForm("alltoall", [IN_PLACE, steps], fillSteps, (step) =>
    expectSpread(
      memory,
      inSteps,
      ranks.flatMap((from) => elements(3, from, rank, step)),
    ),
  );
  const counts = ranks.map(() => 3);
  everyForm("alltoallv", [steps, into, { sendCounts: counts, recvCounts: counts }], fillSteps, (step) =>
    assert.deepEqual(
      [...into],
      ranks.flatMap((from) => elements(3, from, rank, step)),
    ),
  );
  everyForm("alltoallv", [IN_PLACE, steps, { recvCounts: counts }], fillSteps, (step) =>
    expectSpread(
      memory,
      inSteps,
      ranks.flatMap((from) => elements(3, from, rank, step)),
    ),
  );
  everyForm("allgatherv", [IN_PLACE, steps, { counts }], fillSteps, (step) =>
    expectSpread(
      memory,
      inSteps,
      ranks.flatMap((r) => elements(3, r, r, step)),
    ),
  );
}

/** Rank r and rank t exchange one float64 where r + t is even, else a column of 3 int32. */
export function exchangesManyTypes() {
  const parts = (buffer) =>
    ranks.map((other) =>
      (rank + other) % 2 === 0
        ? new Float64Array(buffer, 64 * (other + 1), 1)
        : mpi.view(buffer, { type: "int32", offset: 64 * (other + 1) + 4, shape: [3], strides: [2] }),
    );
  const write = (buffer, other, numbers) => {
    if ((rank + other) % 2 === 0) new Float64Array(buffer, 64 * (other + 1), 1)[0] = numbers[0];
    else for (let i = 0; i < 3; i++) new Int32Array(buffer)[16 * (other + 1) + 1 + 2 * i] = numbers[i];
  };
  const expected = (step) => {
    const buffer = new ArrayBuffer(512);
    for (const from of ranks) write(buffer, from, elements(3, from, rank, step));
    return new Int32Array(buffer);
  };
  const fill = (buffer) => (step) => {
    new Int32Array(buffer).fill(0);
    for (const to of ranks) write(buffer, to, elements(3, rank, to, step));
  };
  for (const make of [
    () => new ArrayBuffer(512),
    () => new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true }).buffer,
  ]) {
    const [out, into] = [make(), make()];
    const check = (step) => assert.deepEqual(new Int32Array(into, 0, 128), Int32Array.from(expected(step)));
    everyForm("alltoallw", [parts(out), parts(into)], fill(out), check);
    const same = parts(into);
    // MPICH is not trusted with this.
    if (size > 1 && !comm.world.library.version.startsWith("Open MPI")) continue;
    everyForm("alltoallw", [IN_PLACE, same], fill(into), check);
    everyForm("alltoallw", [same, same], fill(into), check);
  }
  const whole = new Int32Array(2 * size);
  const pieces = ranks.map((r) => whole.subarray(2 * r, 2 * r + 2));
  everyForm(
    "alltoallw",
    [IN_PLACE, pieces],
    (step) => whole.set(ranks.flatMap((to) => elements(2, rank, to, step))),
    (step) =>
      assert.deepEqual(
        [...whole],
        ranks.flatMap((from) => elements(2, from, rank, step)),
      ),
  );
  // Nothing for anybody but oneself.
  const buffer = new ArrayBuffer(64);
  const recvs = ranks.map((r) => new Uint8Array(buffer, 8 * r, r === rank ? 2 : 0));
  const sends = ranks.map((r) => (r === rank ? Uint8Array.of(3, 4) : new Uint8Array(0)));
  comm.alltoallw(sends, recvs);
  assert.deepEqual([...recvs[rank]], [3, 4]);
}

/** A hundred calls at once whose arrays and lists nothing else refers to, with collections of garbage in between. */
export async function keepsWhatDroppedRequestsNeed() {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc");
  const counts = () => ranks.map((r) => r + 1);
  const piece = (value) => new Float64Array(rank + 1).fill(value);
  const total = (size * (size + 1)) / 2;
  const column = (value) => mpi.view(new Float64Array(3 * (rank + 1)).fill(value), { shape: [rank + 1], strides: [3] });
  const begun = [];
  const shared = new Float64Array(3 * (rank + 1));
  const restarted = new Float64Array(total);
  const persistent = comm.allgathervInit(mpi.view(shared, { shape: [rank + 1], strides: [3] }), restarted, {
    counts: counts(),
  });
  for (let i = 0; i < 100; i++) {
    const value = 10 * i + rank;
    const [each, received] = [new Float64Array(size).fill(value), new Float64Array(size)];
    begun.push(
      [
        () => comm.iallgatherv(piece(value), new Float64Array(total), { counts: counts() }),
        () => comm.igatherv(column(value), rank === 0 ? new Float64Array(total) : undefined, { counts: counts() }),
        () => comm.ialltoallv(each, received, { sendCounts: ranks.map(() => 1), recvCounts: ranks.map(() => 1) }),
        () =>
          comm.ialltoallw(
            ranks.map((r) => each.subarray(r, r + 1)),
            ranks.map((r) => received.subarray(r, r + 1)),
          ),
      ][i % 4](),
    );
    if (i % 25 === 0) collectGarbage();
  }
  // The row type of the column is pushed out of the cache.
  for (let n = 2; n < 300; n++) comm.sendrecv(...rows(n), { to: rank, from: rank });
  for (let turn = 0; turn < 3; turn++) {
    await new Promise(setImmediate);
    collectGarbage();
    for (let i = 0; i < 100; i++) new Float64Array(total).fill(-1);
  }
  mpi.waitAll(begun);
  for (const [i, { buffer }] of begun.entries()) {
    const values = ranks.map((r) => 10 * i + r);
    const inPieces = values.flatMap((value, r) => new Array(r + 1).fill(value));
    if (i % 4 === 0 || (i % 4 === 1 && rank === 0)) assert.deepEqual([...buffer], inPieces);
    if (i % 4 === 2) assert.deepEqual([...buffer], values);
    if (i % 4 === 3)
      assert.deepEqual(
        buffer.map((array) => array[0]),
        values,
      );
  }
  for (const value of [5, 6]) {
    shared.fill(10 * value + rank);
    persistent.start();
    persistent.wait();
    assert.deepEqual(
      [...restarted],
      ranks.flatMap((r) => new Array(r + 1).fill(10 * value + r)),
    );
  }
  persistent.free();
  assert.equal(comm.world.requests.size, 0);
}

/** Two views with a shape of their own. */
function rows(n) {
  const view = () => mpi.view(new Int8Array(2 * n + 2), { shape: [2, n], strides: [n + 1, 1] });
  return [view(), view()];
}
