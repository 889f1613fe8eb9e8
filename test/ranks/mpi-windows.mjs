/**
 * One-sided calls on any number of ranks from 1 to 4, against values worked out by hand. Every rank prints "ok"; rank 0
 * prints first, as a JSON object, what wrong calls throw.
 */
import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { MpiError, mpi, UsageError, Window } from "wasm-mpi/mpi";
import { texts, wrong } from "./mpi-wrong.mjs";

const comm = mpi.init();
const { abi } = mpi.versionInfo();
const { rank, size } = comm;
const [next, previous] = [(rank + 1) % size, (rank + size - 1) % size];
const ranks = Array.from({ length: size }, (_, r) => r);
const others = ranks.filter((r) => r !== rank);
/** The sum of something over all ranks. */
const over = (value) => ranks.reduce((sum, r) => sum + value(r), 0);
const page = () => new WebAssembly.Memory({ initial: 1 });

describesItself();
movesEveryType();
movesFromAndToEveryMemory();
movesStridedElements();
movesLayouts();
accumulates();
fetchesWhatWasThere();
await handsOutRequests();
for (const counter of counters()) countsExactly(counter);
locksOutOthers();
startsAndPosts();
sharesMemory();
attachesMemory();
leavesOutNobody();
await keepsMemoryAlive();
tellsWhatIsWrong();
endsOnce();
if (rank === 0) console.log(JSON.stringify(texts));
comm.barrier();
mpi.finalize();
console.log("ok");

function describesItself() {
  const array = new Float64Array(3 + rank);
  const window = comm.createWindow(array, { info: { accumulate_ordering: "none", same_disp_unit: "true" } });
  assert.ok(window instanceof Window);
  assert.equal(String(window), `window, rank ${rank} of ${size}`);
  assert.deepEqual([window.rank, window.size, window.flavor], [rank, size, "create"]);
  assert.equal(window.array, array);
  assert.deepEqual([window.byteLength, window.unit], [8 * (3 + rank), 8]);
  assert.ok(Number.isSafeInteger(window.base) && window.base > 0);
  assert.ok(["unified", "separate"].includes(window.model));
  window.name = "über";
  assert.equal(window.name, "über");
  assert.equal(window.freed, false);
  window.free();
  assert.equal(window.freed, true);

  const bytes = comm.createWindow(new Int32Array(4), { unit: 1 });
  assert.equal(bytes.unit, 1);
  bytes.fence();
  bytes.put(Int32Array.of(7 + rank), { target: next, at: 8 });
  bytes.fence();
  assert.deepEqual([...bytes.array], [0, 0, 7 + previous, 0]);
  bytes.free();

  const complex = comm.allocateWindow("complex128", 2);
  assert.deepEqual([complex.flavor, complex.byteLength, complex.unit, complex.array.length], ["allocate", 32, 16, 4]);
  assert.ok(complex.array instanceof Float64Array);
  complex.free();
}

function movesEveryType() {
  const integers = [Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array];
  const window = comm.createWindow(new DataView(new ArrayBuffer(1024)));
  assert.equal(window.unit, 1);
  const all = [...integers, Uint8ClampedArray, Float32Array, Float64Array, BigInt64Array, BigUint64Array];
  const valuesOf = (Type, r) => [1, 100 + r, 127 - r].map(Type.name.startsWith("Big") ? BigInt : Number);
  window.fence();
  for (const [index, Type] of all.entries()) {
    window.put(Type.from(valuesOf(Type, rank)), { target: next, at: 64 * index });
  }
  window.fence();
  const received = all.map((Type, index) => window.get(new Type(3), { target: next, at: 64 * index }));
  window.fence();
  for (const [index, Type] of all.entries()) {
    const here = new Type(window.array.buffer, 64 * index, 4);
    assert.deepEqual([...here], [...valuesOf(Type, previous), ...new Type(1)], Type.name);
    assert.deepEqual([...received[index]], valuesOf(Type, rank), Type.name);
  }
  window.free();
}

function movesFromAndToEveryMemory() {
  const shared = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
  const memory = page();
  const parts = [
    () => new Float64Array(4),
    () => new Float64Array(new ArrayBuffer(64), 16, 4),
    (shift) => new Float64Array(memory.buffer, 1024 + shift, 4),
    (shift) => new Float64Array(shared.buffer, 64 + shift, 4),
    () => mpi.view(memory, { type: "float64", offset: 2048, shape: [4] }),
  ];
  for (const make of parts) {
    const part = make(0);
    const window = comm.createWindow(part);
    assert.equal(window.array, part);
    assert.deepEqual([window.byteLength, window.unit], [32, 8]);
    // Elements of the next rank's part, last to first, from every kind of array there is.
    const origins = parts.slice(0, 4).map((origin) => origin(4096));
    window.fence();
    for (const [at, data] of origins.entries()) {
      data[0] = 10 * rank + at;
      window.put(data.subarray(0, 1), { target: next, at: 3 - at });
    }
    window.fence();
    const here = part instanceof Float64Array ? part : new Float64Array(memory.buffer, 2048, 4);
    assert.deepEqual(
      [...here],
      [3, 2, 1, 0].map((at) => 10 * previous + at),
    );
    here.fill(0);
    window.free();
  }
}

/**
 *     window, 3 x 4:   the left column goes to the right column of the next rank, and the last row, backwards, into
 *                      every second element of its first row
 */
function movesStridedElements() {
  const memory = page();
  const array = new Int32Array(memory.buffer, 256, 12);
  for (let i = 0; i < 12; i++) array[i] = 100 * rank + i;
  const window = comm.createWindow(array);
  const column = mpi.view(array, { shape: [3], strides: [4] });
  const backwards = mpi.view(array, { offset: 10, shape: [2], strides: [-2] });
  window.fence();
  window.put(column, { target: next, at: 3, targetShape: [3], targetStrides: [4] });
  window.fence();
  window.put(backwards, { target: next, at: 0, targetShape: [2, 1], targetStrides: [2, 1] });
  window.fence();
  const p = 100 * previous;
  const own = 100 * rank;
  // The right column is written by then, so element 10 is as before and 8 too.
  assert.deepEqual(
    [...array],
    [...[p + 10, own + 1, p + 8, p], ...[own + 4, own + 5, own + 6, p + 4], ...[own + 8, own + 9, own + 10, p + 8]],
  );
  comm.barrier();
  // Two dimensions on either side: the transposed 2 x 2 corner of the next rank, into rows that are apart.
  const corner = new Int32Array(6);
  window.get(mpi.view(corner, { shape: [2, 2], strides: [4, 1] }), {
    target: next,
    at: 5,
    targetShape: [2, 2],
    targetStrides: [1, 4],
  });
  window.fence();
  const n = 100 * next;
  assert.deepEqual([...corner], [n + 5, n + 9, 0, 0, n + 6, n + 10]);
  // Packed on the target, and backwards there.
  window.put(mpi.view(array, { offset: 4, shape: [2], strides: [1] }), {
    target: rank,
    at: 9,
    targetShape: [2],
    targetStrides: [-1],
  });
  window.accumulate(mpi.view(array, { offset: 4, shape: [2], strides: [1] }), {
    target: rank,
    at: 1,
    targetShape: [1, 2],
  });
  window.fence();
  assert.deepEqual([...array.subarray(8, 10)], [own + 5, own + 4]);
  assert.deepEqual([...array.subarray(1, 3)], [own + 1 + own + 4, p + 8 + own + 5]);
  // Nothing at all.
  window.put(new Int32Array(0), { target: next, targetShape: [0], targetStrides: [3] });
  window.fence();
  window.free();
}

/** A datatype of two int32 with one between them. */
function movesLayouts() {
  const targetType = mpi.datatype.vector({ count: 2, blockLength: 1, stride: 2 }, "int32");
  const window = comm.createWindow(new Int32Array(6));
  window.fence();
  window.put(Int32Array.of(rank, 10, 20, 30), { target: next, targetType });
  window.fence();
  // Its extent is 3 elements, so the second follows at 3.
  assert.deepEqual([...window.array], [previous, 0, 10, 20, 0, 30]);
  comm.barrier();
  window.accumulate(Int32Array.of(1, 2), { target: next, at: 1, targetType, op: "sum" });
  window.fence();
  assert.deepEqual([...window.array], [previous, 1, 10, 22, 0, 30]);
  assert.throws(
    () => window.put(Int32Array.of(1, 2, 3), { target: next, targetType }),
    new UsageError(
      'MPI_Put: "targetType" expected a layout that 12 bytes fill a whole number of times, got one of 8 bytes. Fit the data to it.',
    ),
  );
  window.free();
  targetType.free();
}

function accumulates() {
  const window = comm.createWindow(new Float64Array(4));
  const sum = over((r) => r + 1);
  window.fence();
  // Everybody to everybody.
  for (const target of ranks) {
    window.accumulate(Float64Array.of(rank + 1, 0.5), { target });
    window.accumulate(Float64Array.of(rank + 1), { target, at: 2, op: "max" });
    window.accumulate(Float64Array.of(0 - rank), { target, at: 3, op: "min" });
  }
  window.fence();
  assert.deepEqual([...window.array], [sum, 0.5 * size, size, 1 - size]);
  comm.barrier();
  window.accumulate(Float64Array.of(rank), { target: next, at: 1, op: "replace" });
  window.fence();
  assert.equal(window.array[1], previous);
  window.accumulate(Float64Array.of(3), { target: next, at: 2, op: "prod" });
  window.fence();
  assert.equal(window.array[2], 3 * size);
  window.free();

  // Each operation where nobody else takes part, on integers of every length, alone and with others.
  const operations = {
    sum: 6 + 5,
    prod: 6 * 5,
    max: 6,
    min: 5,
    land: 1,
    lor: 1,
    lxor: 0,
    band: 6 & 5,
    bor: 6 | 5,
    bxor: 6 ^ 5,
    replace: 5,
    noOp: 6,
  };
  const names = Object.keys(operations);
  const count = names.length;
  const before = [...names, ...names].map((name) => (name === "lor" ? 0 : 6));
  const after = [...names, ...names].map((name) => (name === "noOp" ? 6 : operations[name]));
  const types = [Int8Array, Uint16Array, Int32Array, Uint32Array, BigInt64Array];
  for (const part of [comm.createWindow(new Uint8Array(1024)), comm.allocateWindow("uint8", 1024)]) {
    const arrays = types.map((Type, index) => ({
      numbers: (values) => Type.from(values.map(Type === BigInt64Array ? BigInt : Number)),
      at: 200 * index,
      here: new Type(part.array.buffer, part.array.byteOffset + 200 * index, 2 * count),
      got: new Type(count),
      step: Type.BYTES_PER_ELEMENT,
    }));
    part.lock(rank);
    for (const { here, numbers } of arrays) here.set(numbers(before));
    part.unlock(rank);
    comm.barrier();
    part.lock(next, { shared: true });
    for (const { numbers, got, at, step } of arrays) {
      for (const [index, name] of names.entries()) {
        let value = numbers([5]);
        const place = { target: next, at: at + index * step, op: name };
        const unsigned = got instanceof Uint16Array || got instanceof Uint32Array;
        if (unsigned && (name === "max" || name === "min") && abi === "mpich") {
          // MPICH 4.0 compares them as signed.
          assert.throws(() => part.accumulate(value, place), {
            name: "UsageError",
            message: new RegExp(
              `^MPI_Accumulate: "op" expected one that MPICH \\S+ does right for uint\\d+, got "${name}", which it compares as signed\\. Use a signed type, or compareAndSwap\\(\\)\\.$`,
            ),
          });
          place.op = "replace";
          value = numbers([name === "max" ? 6 : 5]);
        }
        const { op } = place;
        if (op !== "noOp") part.accumulate(value, place);
        part.fetchAndOp(value, got.subarray(index, index + 1), { ...place, at: place.at + count * step });
      }
    }
    part.unlock(next);
    comm.barrier();
    part.lock(rank);
    for (const { here, got, numbers } of arrays) {
      assert.deepEqual(here, numbers(after));
      assert.deepEqual(got, numbers(before.slice(count)));
    }
    part.unlock(rank);
    part.free();
  }

  // Of strided elements of complex numbers, both parts at once.
  const memory = page();
  const complex = comm.createWindow(mpi.view(memory, { type: "complex128", shape: [3] }));
  assert.deepEqual([complex.unit, complex.byteLength], [16, 48]);
  const pair = mpi.view(Float64Array.of(1, 2, 0, 0, 3, rank), { type: "complex128", shape: [2], strides: [2] });
  complex.fence();
  for (const target of ranks) complex.accumulate(pair, { target, targetShape: [2], targetStrides: [2] });
  complex.fence();
  const ranksSum = over((r) => r);
  assert.deepEqual([...new Float64Array(memory.buffer, 0, 6)], [size, 2 * size, 0, 0, 3 * size, ranksSum]);
  complex.free();
}

function fetchesWhatWasThere() {
  const window = comm.allocateWindow("int32", 4);
  window.lock(rank);
  window.array.set([100 + rank, 200 + rank, 300 + rank, 0]);
  window.unlock(rank);
  comm.barrier();
  const before = new Int32Array(2);
  window.lock(next, { shared: true });
  assert.equal(window.getAccumulate(Int32Array.of(1, 2), before, { target: next }), before);
  window.unlock(next);
  assert.deepEqual([...before], [100 + next, 200 + next]);
  comm.barrier();
  window.lockAll();
  const spread = new Int32Array(3);
  window.getAccumulate(undefined, mpi.view(spread, { shape: [2], strides: [2] }), {
    target: next,
    op: "noOp",
    targetShape: [2],
    targetStrides: [2],
  });
  const fetched = window.fetchAndOp(undefined, new Int32Array(1), { target: next, at: 1, op: "noOp" });
  window.flush();
  assert.deepEqual([...spread], [101 + next, 0, 300 + next]);
  assert.equal(fetched[0], 202 + next);
  const [old, missed] = [new Int32Array(1), new Int32Array(1)];
  window.fetchAndOp(Int32Array.of(rank), old, { target: next, at: 3, op: "replace" });
  window.flush(next);
  window.compareAndSwap(Int32Array.of(-1), Int32Array.of(rank + 1), missed, { target: next, at: 3 });
  window.flushLocal(next);
  assert.deepEqual([old[0], missed[0]], [0, rank]);
  window.compareAndSwap(Int32Array.of(-1), Int32Array.of(rank), missed, { target: next, at: 3 });
  window.flushLocal();
  assert.equal(missed[0], rank);
  window.unlockAll();
  comm.barrier();
  window.lock(rank);
  assert.deepEqual([...window.array], [101 + rank, 202 + rank, 300 + rank, -1]);
  window.unlock(rank);
  window.free();

  // Values with their places.
  const memory = page();
  const pairs = comm.createWindow(mpi.view(memory, { type: "int32int32", shape: [1] }));
  pairs.fence();
  pairs.accumulate(mpi.view(Int32Array.of(7 * rank + 5, rank), { type: "int32int32" }), { target: 0, op: "maxloc" });
  pairs.fence();
  if (rank === 0) assert.deepEqual([...new Int32Array(memory.buffer, 0, 2)], [7 * size - 2, size - 1]);
  pairs.free();
}

async function handsOutRequests() {
  const window = comm.createWindow(new BigInt64Array(4));
  window.lockAll();
  const put = window.rput(BigInt64Array.of(5n, BigInt(rank)), { target: next });
  assert.deepEqual([...put.buffer], [5n, BigInt(rank)]);
  put.wait();
  window.flush(next);
  const got = window.rget(new BigInt64Array(2), { target: next });
  assert.deepEqual(await got, { source: mpi.ANY_SOURCE, tag: mpi.ANY_TAG, count: 0 });
  assert.deepEqual([...got.buffer], [5n, BigInt(rank)]);
  const added = window.raccumulate(BigInt64Array.of(2n), { target: next, at: 1 });
  while (!added.test());
  window.flush();
  const fetched = window.rgetAccumulate(BigInt64Array.of(10n), new BigInt64Array(1), { target: next, at: 1 });
  const nothing = window.rgetAccumulate(undefined, new BigInt64Array(1), { target: next, at: 2, op: "noOp" });
  mpi.waitAll([fetched, nothing]);
  assert.deepEqual([...fetched.buffer, ...nothing.buffer], [BigInt(rank) + 2n, 0n]);
  window.unlockAll();
  comm.barrier();
  window.lock(rank);
  assert.deepEqual([...window.array], [5n, BigInt(previous) + 12n, 0n, 0n]);
  window.unlock(rank);
  window.free();
}

/** Windows with a counter at 0 on rank 0, and how far to count there: less where ranks share cores, and so wait. */
function* counters() {
  const length = rank === 0 ? 2 : 0;
  const times = mpi.versionInfo().crowded ? 100 : 1000;
  yield { make: () => comm.allocateWindow("int64", length), times };
  yield { make: () => comm.allocateSharedWindow("int64", length), times };
  yield { make: () => comm.createWindow(new BigInt64Array(length)), times: times / 20 };
}

function countsExactly({ make, times }) {
  const window = make();
  if (rank === 0) window.array.fill(0n);
  comm.barrier();
  window.lockAll();
  const [increment, got] = [BigInt64Array.of(1n), new BigInt64Array(1)];
  const tickets = [];
  for (let i = 0; i < times; i++) {
    window.fetchAndOp(increment, got, { target: 0 });
    window.flush(0);
    tickets.push(Number(got[0]));
  }
  // Nobody drew the ticket of another.
  const drawn = comm.allreduce(tickets.reduce((sum, ticket) => sum + ticket, 0));
  assert.equal(drawn, (times * size * (times * size - 1)) / 2);
  assert.ok(tickets.every((ticket, index) => index === 0 || ticket > tickets[index - 1]));

  const [wanted, seen] = [new BigInt64Array(1), new BigInt64Array(1)];
  for (let done = 0; done < times; ) {
    wanted[0] = seen[0] + 1n;
    window.compareAndSwap(wanted, seen, got, { target: 0, at: 1 });
    window.flush(0);
    if (got[0] === seen[0]) done++;
    seen[0] = got[0];
  }
  comm.barrier();
  const counts = new BigInt64Array(2);
  window.getAccumulate(undefined, counts, { target: 0, op: "noOp" });
  window.flush(0);
  assert.deepEqual([...counts], [BigInt(times * size), BigInt(times * size)]);
  window.unlockAll();
  window.free();
}

/** Read, add, write: lost by anyone who is not alone. */
function locksOutOthers() {
  const times = 10;
  const window = comm.createWindow(new Float64Array(rank === size - 1 ? 1 : 0));
  const value = new Float64Array(1);
  for (let i = 0; i < times; i++) {
    window.lock(size - 1);
    window.get(value, { target: size - 1 });
    window.flush(size - 1);
    value[0] += 1;
    window.put(value, { target: size - 1 });
    window.unlock(size - 1);
  }
  comm.barrier();
  window.lock(size - 1, { shared: true, noCheck: true });
  window.get(value, { target: size - 1 });
  window.unlock(size - 1);
  assert.equal(value[0], times * size);
  window.free();
}

function startsAndPosts() {
  const window = comm.createWindow(new Float64Array(size));
  for (const round of [1, 2, 3]) {
    const neighbours = size > 1 ? others : [rank];
    window.post(neighbours, { noStore: true });
    window.start(neighbours);
    for (const target of neighbours) window.put(Float64Array.of(round * (rank + 1)), { target, at: rank });
    window.complete();
    if (round === 1) while (!window.test());
    else window.wait();
    assert.deepEqual(
      [...window.array],
      ranks.map((r) => (neighbours.includes(r) ? round * (r + 1) : 0)),
    );
    comm.barrier();
  }
  // Nobody, and only one way.
  comm.barrier();
  window.post([]);
  window.start([]);
  window.complete();
  window.wait();
  // MPICH counts the posts that arrive, whoever they are from.
  comm.barrier();
  if (size > 1 && rank === 0) {
    window.start([size - 1]);
    window.accumulate(Float64Array.of(0.5), { target: size - 1 });
    window.complete();
  } else if (size > 1 && rank === size - 1) {
    window.post([0]);
    window.wait();
    assert.equal(window.array[0], 3.5);
  }
  window.free();
}

/** A row of 4 cells a rank with a halo of one, filled from the parts of the neighbours without a message. */
function sharesMemory() {
  const window = comm.allocateSharedWindow("float64", 6);
  const { array } = window;
  assert.equal(window.flavor, "shared");
  assert.ok(array instanceof Float64Array && array.length === 6);
  window.lockAll();
  for (let i = 0; i < 6; i++) array[i] = i === 0 || i === 5 ? -1 : 10 * rank + i;
  window.sync();
  comm.barrier();
  window.sync();
  assert.equal(window.shared(rank), array);
  assert.equal(window.shared(next), window.shared(next));
  array[0] = window.shared(previous)[4];
  array[5] = window.shared(next)[1];
  assert.deepEqual(
    [...array],
    [10 * previous + 4, 10 * rank + 1, 10 * rank + 2, 10 * rank + 3, 10 * rank + 4, 10 * next + 1],
  );
  // What goes through the library is the same memory.
  comm.barrier();
  window.put(Float64Array.of(0.25), { target: next, at: 2 });
  window.flush();
  window.sync();
  comm.barrier();
  assert.equal(array[2], 0.25);
  window.unlockAll();
  // And so is a message from it.
  const received = new Float64Array(6);
  comm.sendrecv(array, received, { to: next, from: previous });
  assert.deepEqual([...received], [...window.shared(previous)]);
  comm.barrier();
  const far = window.shared(next);
  window.free();
  assert.deepEqual([array.length, far.length, array[2]], [0, 0, undefined]);

  // Atomics between ranks; only the last one has memory.
  const times = 1000;
  const last = size - 1;
  const counted = comm.allocateSharedWindow("int32", rank === last ? 2 : 0);
  assert.equal(counted.array.length, rank === last ? 2 : 0);
  const counter = counted.shared(last);
  assert.equal(counter.length, 2);
  if (rank === last) counter.fill(0);
  comm.barrier();
  for (let i = 0; i < times; i++) {
    Atomics.add(counter, 0, 1);
    for (let seen = Atomics.load(counter, 1); ; ) {
      const found = Atomics.compareExchange(counter, 1, seen, seen + 1);
      if (found === seen) break;
      seen = found;
    }
  }
  comm.barrier();
  assert.deepEqual([...counter], [times * size, times * size]);
  assert.throws(() => Atomics.wait(counter, 0, 0), TypeError);
  comm.barrier();
  counted.free();
}

function attachesMemory() {
  const window = comm.createDynamicWindow();
  assert.deepEqual([window.flavor, window.array, window.byteLength, window.unit], ["dynamic", undefined, 0, 1]);
  const memory = page();
  const first = new Int32Array(memory.buffer, 64, 4);
  const second = Float64Array.of(1, 2);
  const at = Float64Array.of(window.attach(first), window.attach(second));
  const all = comm.allgather(at, new Float64Array(2 * size));
  window.fence();
  window.put(Int32Array.of(rank, 1), { target: next, at: all[2 * next] + 4 });
  window.accumulate(Float64Array.of(rank), { target: next, at: all[2 * next + 1] + 8 });
  window.fence();
  const got = window.get(new Int32Array(4), { target: next, at: all[2 * next] });
  window.fence();
  assert.deepEqual([...first], [0, previous, 1, 0]);
  assert.deepEqual([...second], [1, 2 + previous]);
  assert.deepEqual([...got], [0, rank, 1, 0]);
  comm.barrier();
  window.detach(second);
  window.detach(first);
  window.free();
}

/** The rank that does not exist takes and gives nothing. */
function leavesOutNobody() {
  const window = comm.createWindow(Int32Array.of(5));
  const target = mpi.PROC_NULL;
  window.fence({ noPrecede: true });
  const got = window.get(Int32Array.of(9), { target });
  window.put(Int32Array.of(1), { target });
  window.accumulate(Int32Array.of(1), { target });
  window.fetchAndOp(Int32Array.of(1), Int32Array.of(3), { target });
  window.fence({ noStore: true, noPut: true, noSucceed: true });
  assert.deepEqual([got[0], window.array[0]], [9, 5]);
  window.free();
}

async function keepsMemoryAlive() {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc");
  const churn = async () => {
    for (let i = 0; i < 5; i++) {
      for (let k = 0; k < 20; k++) new Float64Array(10000).fill(k);
      gc();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const window = comm.createWindow(new Float64Array(1000).fill(rank));
  const memory = comm.createWindow(mpi.view(page(), { type: "float64", shape: [1000] }));
  const dynamic = comm.createDynamicWindow();
  const at = comm.allgather(Float64Array.of(dynamic.attach(new Float64Array(1000).fill(3))), new Float64Array(size));
  await churn();
  for (const opened of [window, memory, dynamic]) opened.fence();
  window.put(new Float64Array(1000).fill(rank + 0.5), { target: next });
  memory.put(new Float64Array(1000).fill(rank + 0.5), { target: next });
  const got = dynamic.get(new Float64Array(1000), { target: next, at: at[next] });
  await churn();
  for (const opened of [window, memory, dynamic]) opened.fence();
  assert.deepEqual([...new Set(window.array)], [previous + 0.5]);
  assert.deepEqual([...new Set(got)], [3]);
  const fetched = memory.get(new Float64Array(1000), { target: rank });
  memory.fence();
  assert.deepEqual([...new Set(fetched)], [previous + 0.5]);
  for (const opened of [window, memory, dynamic]) opened.free();
}

function tellsWhatIsWrong() {
  const array = Float64Array.of(1, 2);
  const [int, target] = [Int32Array.of(1), next];
  wrong("create: list", () => comm.createWindow([1, 2]));
  wrong("create: memory", () => comm.createWindow(page()));
  wrong("create: apart", () =>
    comm.createWindow(
      mpi.view(array, { shape: [1, 1], strides: [2, 2] }) &&
        mpi.view(new Float64Array(4), { shape: [2], strides: [2] }),
    ),
  );
  wrong("create: unit", () => comm.createWindow(array, { unit: 0 }));
  wrong("create: info", () => comm.createWindow(array, { info: { no_locks: true } }));
  wrong("allocate: type", () => comm.allocateWindow("double", 1));
  wrong("allocate: length", () => comm.allocateWindow("float64", 1.5));
  wrong("allocate: too long", () => comm.allocateSharedWindow("float64", 2 ** 40));
  const window = comm.createWindow(array);
  const dynamic = comm.createDynamicWindow();
  const shared = comm.allocateSharedWindow("int32", 1);
  window.fence();
  wrong("put: no target", () => window.put(array, {}));
  wrong("get: target", () => window.get(array, { target: size }));
  wrong("rput: target", () => window.rput(array, { target: mpi.ANY_SOURCE }));
  wrong("rget: at", () => window.rget(array, { target, at: -1 }));
  wrong("put: at", () => window.put(array, { target, at: 0.5 }));
  wrong("put: data", () => window.put([1], { target }));
  wrong("put: shape", () => window.put(array, { target, targetShape: [3] }));
  wrong("put: strides", () => window.put(array, { target, targetShape: [2], targetStrides: [1, 1] }));
  wrong("put: strides without shape", () => window.put(array, { target, targetStrides: [2] }));
  wrong("put: targetType", () => window.put(array, { target, targetType: "float64" }));
  wrong("accumulate: op", () => window.accumulate(array, { target, op: "avg" }));
  wrong("raccumulate: bits", () => window.raccumulate(array, { target, op: "bor" }));
  const op = mpi.createOp((_input, _inout) => {});
  wrong("accumulate: own op", () => window.accumulate(array, { target, op: op }));
  op.free();
  wrong("getAccumulate: no data", () => window.getAccumulate(undefined, array, { target }));
  wrong("getAccumulate: result", () => window.getAccumulate(array, new Float64Array(3), { target }));
  wrong("rgetAccumulate: type", () => window.rgetAccumulate(array, new Float32Array(2), { target }));
  wrong("fetchAndOp: length", () => window.fetchAndOp(array, array, { target }));
  wrong("fetchAndOp: result", () => window.fetchAndOp(Float64Array.of(1), int, { target }));
  wrong("compareAndSwap: float", () => {
    const single = Float64Array.of(1);
    window.compareAndSwap(single, single, Float64Array.of(1), { target });
  });
  wrong("compareAndSwap: compare", () => window.compareAndSwap(int, Int16Array.of(1), int, { target }));
  wrong("compareAndSwap: result", () => window.compareAndSwap(int, int, Uint32Array.of(1), { target }));
  window.fence({ noSucceed: true });
  comm.barrier();
  wrong("fence: promise", () => window.fence({ noCheck: true }));
  wrong("lock: rank", () => window.lock(size));
  wrong("lock: nobody", () => window.lock(mpi.PROC_NULL));
  wrong("lock: promise", () => window.lock(rank, { exclusive: true }));
  wrong("unlock: rank", () => window.unlock("0"));
  wrong("flush: rank", () => window.flush(-1));
  wrong("flushLocal: rank", () => window.flushLocal(size));
  wrong("post: ranks", () => window.post([0, size]));
  wrong("start: ranks", () => window.start([0, 0]));
  wrong("shared: of createWindow", () => window.shared(rank));
  wrong("shared: rank", () => shared.shared(size));
  wrong("attach: of createWindow", () => window.attach(array));
  wrong("detach: of allocateSharedWindow", () => shared.detach(array));
  wrong("attach: list", () => dynamic.attach([1]));
  wrong("detach: other memory", () => dynamic.detach(array));
  // The library's own.
  wrong("library: put outside of an epoch", () => window.put(array, { target }));
  wrong("library: unlock without lock", () => window.unlock(target));
  wrong("library: wait without post", () => window.wait());
  try {
    window.flush(target);
  } catch (error) {
    assert.ok(error instanceof MpiError);
    const { errorClass, call, rank: where } = error;
    assert.deepEqual([errorClass, call, where], ["MPI_ERR_RMA_SYNC", "MPI_Win_flush", rank]);
  }
  // And life goes on.
  comm.barrier();
  window.fence();
  window.put(Float64Array.of(rank, 8), { target });
  window.fence();
  assert.deepEqual([...array], [previous, 8]);
  for (const opened of [window, dynamic, shared]) opened.free();
  wrong("put: freed", () => window.put(array, { target }));
  wrong("free: twice", () => window.free());
}

/** Memory of the library's that is not freed in time goes with the job. */
function endsOnce() {
  const { array } = comm.allocateWindow("float64", 2);
  assert.equal(array.length, 2);
  process.on("exit", () => assert.equal(array.length, 0));
}
