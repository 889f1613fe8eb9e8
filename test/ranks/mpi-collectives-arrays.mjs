/** The collective calls that move data of arrays. */
import assert from "node:assert/strict";
import { mpi } from "wasm-mpi/mpi";
import { comm, elements, everyForm, placed, rank, ranks, size, zeros } from "./mpi-collectives-forms.mjs";

const { IN_PLACE } = mpi;
const isRoot = (root) => rank === root;

export function movesArrays() {
  barriers();
  for (const kind of kinds()) {
    bcasts(kind);
    gathers(kind);
    scatters(kind);
    exchanges(kind);
  }
  movesNothing();
}

/** The places and types of data: `make(numbers)` is an array of them, `numbers` are any that the type can hold. */
function* kinds() {
  const wasm = (options) => {
    const memory = new WebAssembly.Memory(options);
    let next = 8;
    return (length) => {
      const array = new Float64Array(memory.buffer, next, length);
      next += 8 * length + 8;
      return array;
    };
  };
  const plain = (Type, of) => (numbers) => Type.from(numbers.map(of));
  const filled = (allocate) => (numbers) => {
    const array = allocate(numbers.length);
    array.set(numbers);
    return array;
  };
  const roots = [size - 1];
  yield { make: plain(Float64Array, Number), of: Number, roots: ranks };
  yield { make: filled(wasm({ initial: 2, maximum: 9, shared: true })), of: Number, roots };
  yield { make: (numbers) => new DataView(Uint8Array.from(numbers).buffer), of: (number) => number % 256, roots };
  if (size > 2) return; // It takes long, and shows no more.
  yield { make: filled(wasm({ initial: 2 })), of: Number, roots };
  yield { make: plain(BigInt64Array, BigInt), of: BigInt, roots };
}

/** The elements of an array, or the bytes of a `DataView`, as a list. */
function list(array) {
  return array instanceof DataView ? [...new Uint8Array(array.buffer)] : [...array];
}

/** Writes numbers into an array of any kind. */
function put(array, numbers, of) {
  const target = array instanceof DataView ? new Uint8Array(array.buffer) : array;
  target.set(numbers.map(of));
}

function barriers() {
  everyForm(
    "barrier",
    [],
    () => {},
    () => {},
  );
  // No rank gets through before the last one has come.
  const last = size - 1;
  if (rank !== last) {
    const request = comm.ibarrier();
    for (let i = 0; i < 10; i++) assert.equal(request.test(), undefined);
    comm.send(new Int8Array(1), { to: last });
    request.wait();
  } else {
    for (let i = 0; i < last; i++) comm.recv(new Int8Array(1));
    comm.ibarrier().wait();
  }
}

function bcasts({ make, of, roots }) {
  for (const root of roots) {
    const data = make(zeros(4));
    everyForm(
      "bcast",
      [data, { root }],
      (step) => put(data, elements(4, rank, root, step), of),
      (step) => assert.deepEqual(list(data), elements(4, root, root, step).map(of)),
    );
  }
}

function gathers({ make, of, roots }) {
  // Rank r gives 3; unequally, 2, 0, 1, 2 elements, behind each other and in reverse order with gaps.
  const counts = ranks.map((r) => [2, 0, 1, 2][r]);
  const starts = ranks.map((r) => [0, 2, 2, 3][r]);
  const gaps = ranks.map((r) => [13, 9, 5, 1][r]);
  const all = (count, root) => (step) => ranks.flatMap((r) => elements(count, r, root, step));
  const each = (root, step) => ranks.map((r) => elements(counts[r], r, root, step));
  const total = counts.reduce((sum, n) => sum + n);
  const own = counts[rank];

  for (const root of roots) {
    const send = make(zeros(3));
    const recv = isRoot(root) ? make(zeros(3 * size)) : undefined;
    const fill = (step) => put(send, elements(3, rank, root, step), of);
    const checkAt = (expected) => (step) => recv && assert.deepEqual(list(recv), expected(step).map(of));
    everyForm("gather", [send, recv, { root }], fill, checkAt(all(3, root)));
    const inPlace = (step) =>
      recv ? put(recv, placed(3 * size, [elements(3, rank, root, step)], [3 * rank]), of) : fill(step);
    everyForm("gather", [isRoot(root) ? IN_PLACE : send, recv, { root }], inPlace, checkAt(all(3, root)));

    const part = make(zeros(own));
    const whole = isRoot(root) ? make(zeros(20)) : undefined;
    const fillPart = (step) => {
      put(part, elements(own, rank, root, step), of);
      if (whole) put(whole, new Array(20).fill(77), of);
    };
    const checkPart = (displs) => (step) =>
      whole && assert.deepEqual(list(whole), placed(20, each(root, step), displs).map(of));
    // The counts matter on the root only.
    const options = (displs) => (isRoot(root) ? { root, counts, ...(displs && { displs }) } : { root });
    everyForm("gatherv", [part, whole, options()], fillPart, checkPart(starts));
    everyForm("gatherv", [part, whole, options(gaps)], fillPart, checkPart(gaps));
    const fillWhole = (step) =>
      whole ? put(whole, placed(20, [elements(own, rank, root, step)], [gaps[rank]]), of) : fillPart(step);
    const sent = isRoot(root) ? IN_PLACE : part;
    everyForm("gatherv", [sent, whole, options(Int32Array.from(gaps))], fillWhole, checkPart(gaps));
  }

  const send = make(zeros(3));
  const recv = make(zeros(3 * size));
  const expectAll = (step) => assert.deepEqual(list(recv), all(3, 0)(step).map(of));
  const fill = (step) => put(send, elements(3, rank, 0, step), of);
  everyForm("allgather", [send, recv], fill, expectAll);
  const fillOwn = (step) => put(recv, placed(3 * size, [elements(3, rank, 0, step)], [3 * rank]), of);
  everyForm("allgather", [IN_PLACE, recv], fillOwn, expectAll);
  if (!(recv instanceof DataView)) {
    // Where the piece is in place already.
    everyForm("allgather", [recv.subarray(3 * rank, 3 * rank + 3), recv], fillOwn, expectAll);
  }

  const part = make(zeros(own));
  for (const [displs, length] of [
    [undefined, total],
    [gaps, 20],
    [Int32Array.from(gaps), 20],
  ]) {
    const whole = make(zeros(length));
    const options = { counts, ...(displs && { displs }) };
    const at = displs ?? starts;
    const check = (step) => assert.deepEqual(list(whole), placed(length, each(0, step), at).map(of));
    const fillPart = (step) => {
      put(part, elements(own, rank, 0, step), of);
      put(whole, new Array(length).fill(77), of);
    };
    everyForm("allgatherv", [part, whole, options], fillPart, check);
    const fillWhole = (step) => put(whole, placed(length, [elements(own, rank, 0, step)], [at[rank]]), of);
    everyForm("allgatherv", [IN_PLACE, whole, options], fillWhole, check);
  }
}

function scatters({ make, of, roots }) {
  const counts = ranks.map((r) => [1, 2, 0, 2][r]);
  const gaps = ranks.map((r) => [11, 1, 0, 6][r]);
  const own = counts[rank];
  const pieces = (root, step) => ranks.map((r) => elements(counts[r], root, r, step));

  for (const root of roots) {
    const send = isRoot(root) ? make(zeros(2 * size)) : undefined;
    const recv = make(zeros(2));
    const all = (step) => ranks.flatMap((r) => elements(2, root, r, step));
    const fill = (step) => {
      if (send) put(send, all(step), of);
      put(recv, [88, 88], of);
    };
    const check = (step) => assert.deepEqual(list(recv), elements(2, root, rank, step).map(of));
    everyForm("scatter", [send, recv, { root }], fill, check);
    // On the root its own piece stays where it is.
    const checkPlace = (step) => (send ? assert.deepEqual(list(send), all(step).map(of)) : check(step));
    everyForm("scatter", [send, isRoot(root) ? IN_PLACE : recv, { root }], fill, checkPlace);

    const whole = isRoot(root) ? make(zeros(14)) : undefined;
    const part = make(zeros(own));
    const fillPart = (displs) => (step) => {
      if (whole) put(whole, placed(14, pieces(root, step), displs), of);
      put(part, new Array(own).fill(88), of);
    };
    const checkPart = (step) => assert.deepEqual(list(part), elements(own, root, rank, step).map(of));
    const starts = ranks.map((r) => [0, 1, 3, 3][r]);
    // Nobody but the root has to say how it is cut.
    const options = (displs) => (isRoot(root) ? { root, counts, ...(displs && { displs }) } : { root });
    everyForm("scatterv", [whole, part, options()], fillPart(starts), checkPart);
    everyForm("scatterv", [whole, part, options(gaps)], fillPart(gaps), checkPart);
    const into = isRoot(root) ? IN_PLACE : part;
    const checkOthers = (step) => !whole && checkPart(step);
    everyForm("scatterv", [whole, into, options(gaps)], fillPart(gaps), checkOthers);
  }
  if (rank === 0) comm.scatter(make(zeros(size)), make([1]));
  else comm.scatter(undefined, make([1]));
}

function exchanges({ make, of }) {
  const send = make(zeros(2 * size));
  const recv = make(zeros(2 * size));
  const toAll = (step) => ranks.flatMap((to) => elements(2, rank, to, step));
  const fromAll = (step) => ranks.flatMap((from) => elements(2, from, rank, step));
  const check = (step) => assert.deepEqual(list(recv), fromAll(step).map(of));
  everyForm("alltoall", [send, recv], (step) => put(send, toAll(step), of), check);
  everyForm("alltoall", [IN_PLACE, recv], (step) => put(recv, toAll(step), of), check);
  everyForm("alltoall", [recv, recv], (step) => put(recv, toAll(step), of), check);

  // Rank r sends (r + 2 t) mod 3 elements to rank t: at 3 t, or behind each other; received at 4 times the sender, or so.
  const count = (from, to) => (from + 2 * to) % 3;
  const sendCounts = ranks.map((to) => count(rank, to));
  const recvCounts = ranks.map((from) => count(from, rank));
  const sent = (step) => ranks.map((to) => elements(count(rank, to), rank, to, step));
  const received = (step) => ranks.map((from) => elements(count(from, rank), from, rank, step));
  const [sendDispls, recvDispls] = [ranks.map((r) => 3 * r), ranks.map((r) => 4 * (3 - r))];
  const [out, into] = [make(zeros(12)), make(zeros(16))];
  const fillTight = (step) => {
    put(out, [...sent(step).flat(), ...zeros(12)].slice(0, 12), of);
    put(into, new Array(16).fill(77), of);
  };
  const checkTight = (step) => {
    const expected = received(step).flat();
    assert.deepEqual(list(into), [...expected, ...new Array(16 - expected.length).fill(77)].map(of));
  };
  everyForm("alltoallv", [out, into, { sendCounts, recvCounts }], fillTight, checkTight);
  const fillLoose = (step) => {
    put(out, placed(12, sent(step), sendDispls), of);
    put(into, new Array(16).fill(77), of);
  };
  const checkLoose = (step) => assert.deepEqual(list(into), placed(16, received(step), recvDispls).map(of));
  everyForm("alltoallv", [out, into, { sendCounts, sendDispls, recvCounts, recvDispls }], fillLoose, checkLoose);

  // In place as many go one way as the other.
  const both = ranks.map((other) => (rank + other) % 3);
  const wholeBoth = make(zeros(16));
  const outBoth = (step) => ranks.map((to) => elements(both[to], rank, to, step));
  const inBoth = (step) => ranks.map((from) => elements(both[from], from, rank, step));
  const fillBoth = (step) => put(wholeBoth, placed(16, outBoth(step), recvDispls), of);
  const checkBoth = (step) => assert.deepEqual(list(wholeBoth), placed(16, inBoth(step), recvDispls).map(of));
  everyForm("alltoallv", [IN_PLACE, wholeBoth, { recvCounts: both, recvDispls }], fillBoth, checkBoth);
  const alike = { sendCounts: both, sendDispls: recvDispls, recvCounts: both, recvDispls };
  everyForm("alltoallv", [wholeBoth, wholeBoth, alike], fillBoth, checkBoth);
}

function movesNothing() {
  const nothing = () => {};
  for (const none of [new Float64Array(0), new Float64Array(8).subarray(5, 5), new DataView(new ArrayBuffer(0))]) {
    const empty = () => (none instanceof DataView ? new DataView(new ArrayBuffer(0)) : new Float64Array(0));
    const counts = zeros(size);
    for (const args of [
      ["bcast", none],
      ["gather", none, empty()],
      ["gatherv", none, empty(), { counts }],
      ["scatter", none, empty()],
      ["scatterv", none, empty(), { counts, displs: counts }],
      ["allgather", none, empty()],
      ["allgatherv", none, empty(), { counts }],
      ["alltoall", none, empty()],
      ["alltoall", none, none],
      ["alltoallv", none, empty(), { sendCounts: counts, recvCounts: counts }],
      ["alltoallw", ranks.map(() => none), ranks.map(empty)],
    ]) {
      everyForm(args[0], args.slice(1), nothing, nothing);
    }
  }
}
