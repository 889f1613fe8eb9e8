/** Pieces of different lengths, scans and probes that do not wait, called from compiled code; argument 1: debug. */
import assert from "node:assert/strict";
import { heap, jit, mpi } from "wasm-mpi";

const comm = mpi.init();
const { rank, size } = comm;
const debug = process.argv[2] === "debug";
const ranks = Array.from({ length: size }, (_, r) => r);
const total = (size * (size + 1)) / 2;

const kernel = await jit(
  `import {
    ANY_SOURCE, Comm, COMM_WORLD, IN_PLACE, MAX, SUM, Status, View, allgatherv, alltoallv, barrier, createOp, exscan, gatherv,
    iprobe, isend, rank, recv, scan, scatterv, size, wait } from "mpi";

  /** Rank r has r + 1 elements. */
  function countsOf(): StaticArray<i32> {
    const counts = new StaticArray<i32>(size());
    for (let r = 0; r < size(); r++) counts[r] = r + 1;
    return counts;
  }
  /** The pieces from the last to the first, with a hole before each. */
  function holes(): StaticArray<i32> {
    const displs = new StaticArray<i32>(size());
    for (let r = size() - 1, at = 1; r >= 0; at += r + 2, r--) displs[r] = at;
    return displs;
  }
  function mine(): StaticArray<f64> {
    const values = new StaticArray<f64>(rank() + 1);
    for (let i = 0; i < values.length; i++) values[i] = 10 * rank() + i;
    return values;
  }
  export function collect(p: usize, n: i32, root: i32, comm: Comm): void {
    gatherv(mine(), new View<f64>(p, n), rank(comm) == root ? countsOf() : null, root, comm);
  }
  export function collectApart(p: usize, n: i32, root: i32): void {
    gatherv(new View<f64>(changetype<usize>(mine()), rank() + 1), new View<f64>(p, n, 2), countsOf(), root, COMM_WORLD, holes());
  }
  export function deal(p: usize, n: i32, root: i32): f64 {
    const part = new StaticArray<f64>(rank() + 1);
    scatterv(new View<f64>(p, n), part, countsOf(), root);
    let sum = 0.0;
    for (let i = 0; i < part.length; i++) sum += part[i];
    return sum;
  }
  export function dealApart(p: usize, n: i32, root: i32): f64 {
    const part = new StaticArray<f64>(2 * rank() + 2), into = new View<f64>(changetype<usize>(part), rank() + 1, 2);
    scatterv(new View<f64>(p, n), into, countsOf(), root, COMM_WORLD, holes());
    return part[0] + 1000 * part[2 * rank()];
  }
  export function single(p: usize, root: i32): i32 {
    const counts = new StaticArray<i32>(size()).fill(1);
    const all = new View<i32>(p, size());
    gatherv(rank() + 5, all, counts, root);
    allgatherv(rank() + 7, all, counts);
    return scatterv(all, 0, counts, root);
  }
  export function everywhere(p: usize, n: i32): void { allgatherv(mine(), new View<f64>(p, n), countsOf()); }
  export function everywhereApart(p: usize, n: i32): void {
    allgatherv(mine(), new View<f64>(p, n), countsOf(), COMM_WORLD, holes());
  }
  export function inPlace(p: usize, n: i32): void { allgatherv(IN_PLACE, new View<f64>(p, n), countsOf()); }
  export function exchange(p: usize, q: usize): void {
    // To rank r go r + 1 elements; from each come as many as this rank's number and 1.
    const theirs = new StaticArray<i32>(size()).fill(rank() + 1);
    alltoallv(new View<f64>(p, size() * (size() + 1) / 2), new View<f64>(q, size() * (rank() + 1)), countsOf(), theirs);
  }
  export function exchangeApart(p: usize, q: usize): void {
    const counts = new StaticArray<i32>(size()).fill(1), to = new StaticArray<i32>(size()), from = new StaticArray<i32>(size());
    for (let r = 0; r < size(); r++) { to[r] = 2 * r; from[r] = 2 * (size() - 1 - r); }
    alltoallv(new View<f64>(p, 2 * size()), new View<f64>(q, 2 * size()), counts, counts, COMM_WORLD, to, from);
  }
  export function uneven(): void {
    const values = new StaticArray<f64>(4 * size()), to = new StaticArray<i32>(size()).fill(1), from = new StaticArray<i32>(size()).fill(2);
    alltoallv(values, new StaticArray<f64>(4 * size()), to, from);
  }

  // The digits of one number behind those of the other: which is first matters, and which are put together first does not.
  const digits = createOp<f64>((input, inout) => {
    for (let i = 0; i < inout.length; i++) {
      let power = 1.0;
      while (power <= inout[i]) power *= 10;
      inout[i] += power * input[i];
    }
  }, 1, false);
  export function upTo(n: i32): i32 { return scan(n, SUM); }
  export function before(n: i64, comm: Comm): i64 { return exscan(n, SUM, comm); }
  export function highest(x: f32): f32 { return scan<f32>(x, MAX); }
  export function ordered(x: f64): f64 { return scan<f64>(x, digits); }
  export function arrays(p: usize, q: usize): void {
    scan(new View<f64>(p, 2, 2), SUM);
    exscan(new View<f64>(p, 2), new View<f64>(q, 2), SUM);
  }
  export function narrow(p: usize): void { scan(new View<f64>(p, 3), new View<f64>(p + 64, 2), SUM); }

  export function exclusiveInPlace(p: usize): void { exscan(new View<f64>(p, 2), SUM); }
  export function collectInPlace(p: usize, n: i32, root: i32): void {
    const counts = new StaticArray<i32>(size()).fill(2);
    if (rank() == root) gatherv(IN_PLACE, new View<f64>(p, n), counts, root);
    else gatherv(new View<f64>(p, 2), new View<f64>(p, 0), null, root);
  }
  export function dealInPlace(p: usize, n: i32, root: i32): void {
    const counts = new StaticArray<i32>(size()).fill(2);
    if (rank() == root) scatterv(new View<f64>(p, n), IN_PLACE, counts, root);
    else scatterv(new View<f64>(0, 0), new View<f64>(p, 2), null, root);
  }
  export function exchangeInPlace(p: usize): void {
    // Ranks i and r exchange 1 + (i + r) % 3.
    const counts = new StaticArray<i32>(size());
    let n = 0;
    for (let r = 0; r < size(); r++) n += counts[r] = 1 + (rank() + r) % 3;
    alltoallv(IN_PLACE, new View<f64>(p, n), counts, counts);
  }
  /** Ranks of even numbers have nothing. */
  export function withGaps(p: usize, n: i32): void {
    const counts = new StaticArray<i32>(size()), none = new StaticArray<i32>(size()), nothing = new StaticArray<f64>(0);
    for (let r = 1; r < size(); r += 2) counts[r] = r;
    const part = new StaticArray<f64>(counts[rank()]).fill(rank());
    allgatherv(part, new View<f64>(p, n), counts);
    gatherv(part, new View<f64>(p, n), counts);
    scatterv(new View<f64>(p, n), part, counts);
    alltoallv(nothing, nothing, none, none);
    exscan(nothing, new StaticArray<f64>(0), SUM);
  }

  export function waiting(): i32 {
    const status = new Status();
    assert(!iprobe(ANY_SOURCE, 77));
    barrier();
    // MPI_Send to the rank itself may wait for its receive, as that of MPICH does.
    const number = StaticArray.fromArray<i32>([rank()]), sending = isend(number, (rank() + 1) % size(), 78);
    while (!iprobe(ANY_SOURCE, 78, status)) {}
    assert(status.tag == 78 && status.count<i32>() == 1);
    const received = recv<i32>(0, status.source, 78);
    wait(sending);
    return received;
  }`,
  { debug },
);

const pieceOf = (r) => Array.from({ length: r + 1 }, (_, i) => 10 * r + i);
const behind = ranks.flatMap(pieceOf);
const apart = ranks.toReversed().flatMap((r) => [-1, ...pieceOf(r)]);
const all = heap.array("f64", 2 * apart.length + 2 * size);
const into = heap.array("f64", all.length);
const fill = (array, values) => array.fill(-1).set(values);
const start = (array, length) => [...array.subarray(0, length)];

for (const root of ranks) {
  fill(all, []);
  kernel.collect(all, total, root, comm);
  assert.deepEqual(start(all, total), rank === root ? behind : behind.map(() => -1));
  fill(all, []);
  kernel.collectApart(all, apart.length, root);
  const strided = apart.flatMap((value) => [value, -1]).slice(0, -1);
  assert.deepEqual(start(all, strided.length), rank === root ? strided : strided.map(() => -1));
  fill(all, rank === root ? behind : []);
  const sum = pieceOf(rank).reduce((a, b) => a + b);
  assert.equal(kernel.deal(all, total, root), sum);
  fill(all, rank === root ? apart : []);
  assert.equal(kernel.dealApart(all, apart.length, root), 10 * rank + 1000 * (11 * rank));
  const integers = heap.array("i32", size);
  assert.equal(kernel.single(integers, root), rank + 7);
  heap.free(integers);
}
fill(all, []);
kernel.everywhere(all, total);
assert.deepEqual(start(all, total), behind);
fill(all, []);
kernel.everywhereApart(all, apart.length);
assert.deepEqual(start(all, apart.length), apart);
fill(all, []);
all.set(pieceOf(rank), (rank * (rank + 1)) / 2);
kernel.inPlace(all, total);
assert.deepEqual(start(all, total), behind);

fill(
  all,
  behind.map((_, i) => 100 * rank + i),
);
kernel.exchange(all, into);
const mine = Array.from({ length: rank + 1 }, (_, i) => (rank * (rank + 1)) / 2 + i);
assert.deepEqual(
  start(into, size * (rank + 1)),
  ranks.flatMap((r) => mine.map((i) => 100 * r + i)),
);
fill(
  all,
  Array.from({ length: 2 * size }, (_, i) => 100 * rank + i),
);
fill(into, []);
kernel.exchangeApart(all, into);
assert.deepEqual(
  start(into, 2 * size),
  ranks.toReversed().flatMap((r) => [100 * r + 2 * rank, -1]),
);

// Scans.
const sumTo = (r) => ranks.slice(0, r).reduce((sum, peer) => sum + peer + 2, 0);
assert.equal(kernel.upTo(rank + 2), sumTo(rank + 1));
assert.equal(kernel.before(BigInt(rank + 2), comm), BigInt(sumTo(rank)));
assert.equal(kernel.highest((rank * 2) % 3), Math.max(...ranks.slice(0, rank + 1).map((r) => (r * 2) % 3)));
assert.equal(
  kernel.ordered(rank + 1),
  Number(
    ranks
      .slice(0, rank + 1)
      .map((r) => r + 1)
      .join(""),
  ),
);
fill(all, [rank + 2, 5, rank + 2]);
fill(into, []);
kernel.arrays(all, into);
assert.deepEqual(start(all, 4), [sumTo(rank + 1), 5, sumTo(rank + 1), -1]);
assert.deepEqual(
  start(into, 2),
  rank === 0 ? [-1, -1] : [ranks.slice(0, rank).reduce((sum, r) => sum + sumTo(r + 1), 0), 5 * rank],
);

// In place, and of ranks that have nothing.
for (const root of ranks) {
  const pairs = ranks.flatMap((r) => [r, r + 0.5]);
  fill(all, rank === root ? pairs.map((value, i) => (i >> 1 === rank ? value : -1)) : [rank, rank + 0.5]);
  kernel.collectInPlace(all, 2 * size, root);
  assert.deepEqual(start(all, 2 * size), rank === root ? pairs : [rank, rank + 0.5, ...pairs.slice(2).map(() => -1)]);
  fill(all, rank === root ? pairs : []);
  kernel.dealInPlace(all, 2 * size, root);
  assert.deepEqual(start(all.subarray(rank === root ? 2 * rank : 0), 2), [rank, rank + 0.5]);
}
const exchanged = (from, to) => Array.from({ length: 1 + ((from + to) % 3) }, (_, i) => 100 * from + 10 * to + i);
const swapped = heap.array("f64", 3 * size);
const outgoing = ranks.flatMap((r) => exchanged(rank, r));
swapped.set(outgoing);
kernel.exchangeInPlace(swapped);
assert.deepEqual(
  start(swapped, outgoing.length),
  ranks.flatMap((r) => exchanged(r, rank)),
);
heap.free(swapped);
const odd = ranks.flatMap((r) => new Array(r % 2 === 0 ? 0 : r).fill(r));
fill(all, []);
kernel.withGaps(all, odd.length);
assert.deepEqual(start(all, odd.length + 1), [...odd, -1]);
fill(all, [rank + 2, 5]);
kernel.exclusiveInPlace(all);
assert.deepEqual(start(all, 2), rank === 0 ? [2, 5] : [sumTo(rank), 5 * rank]);
assert.equal(kernel.waiting(), (rank + size - 1) % size);

// What does not fit is refused before any rank waits; the messages name what compiled code calls it.
const told = (message, action) => assert.throws(action, { name: "UsageError", message });
const allCounts = ranks.map((r) => r + 1).join(", ");
if (rank === 0) {
  const { collect, narrow } = kernel;
  told(
    `gatherv: "into" expected at least ${total} float64, the end of the last piece, got ${total - 1} float64. Mend "counts", or allocate more.`,
    () => collect(all, total - 1, 0, comm),
  );
  told("scan: expected room for 3 elements, got 2. Make what receives 3 long.", () => narrow(all));
}
told(
  'alltoallv: "sendCounts" expected as many elements from this rank to itself as "recvCounts" says, 2, got 1. Give both sides the same count.',
  () => kernel.uneven(),
);
if (size > 1) {
  const half = comm.split({ color: rank === 0 ? 0 : 1 });
  if (rank === 0) {
    told(`gatherv: "counts" expected 1 whole number from 0, one a rank, got [${allCounts}]. Count in elements.`, () =>
      kernel.collect(all, total, 0, half),
    );
  }
  half.free();
}
for (const array of [all, into]) heap.free(array);
kernel.free();
