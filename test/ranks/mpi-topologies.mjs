/**
 * Grids, graphs and the calls with neighbors, in all their forms, with values worked out by hand. Each rank prints "ok".
 */
import assert from "node:assert/strict";
import { CartComm, Comm, GraphComm, mpi } from "wasm-mpi/mpi";

const comm = mpi.init();
const { rank, size } = comm;
const next = (rank + 1) % size;
const previous = (rank + size - 1) % size;
const bySize = (...values) => values[size - 1];
const { PROC_NULL } = mpi;

choosesDims();
cutsGrids();
for (const periods of [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
]) {
  for (const dims of bySize(
    [[1, 1]],
    [
      [2, 1],
      [1, 2],
    ],
    [
      [3, 1],
      [1, 3],
    ],
    [
      [2, 2],
      [4, 1],
      [1, 4],
    ],
  )) {
    exchangesOnGrids(dims, periods);
  }
}
exchangesSides();
knowsItsEdges();
exchangesOnGraphs();
sendsOneWay();
goesWithoutNeighbors();

mpi.finalize();
console.log("ok");

/** The three forms of a call: `make(name)` calls the method of this name. */
function inAllForms(name, make, check) {
  make(name);
  check();
  make(`i${name}`).wait();
  check();
  const request = make(`${name}Init`);
  for (let turn = 0; turn < 2; turn++) {
    request.start();
    request.wait();
    check();
  }
  request.free();
}

function choosesDims() {
  for (const [ranks, dims, expected] of [
    [1, [0], [1]],
    [4, [0, 0], [2, 2]],
    [6, [0, 0], [3, 2]],
    [7, [0, 0], [7, 1]],
    [12, [0, 0, 0], [3, 2, 2]],
    [12, [0, 2, 0], [3, 2, 2]],
    [12, [0, 4], [3, 4]],
    [12, [6, 0, 0], [6, 2, 1]],
    [36, [0, 0], [6, 6]],
    [6, [2, 3], [2, 3]],
    [1, [], []],
  ]) {
    const before = [...dims];
    assert.deepEqual(mpi.dimsCreate(ranks, dims), expected);
    assert.deepEqual(dims, before);
  }
}

function cutsGrids() {
  const dims = bySize([1, 1], [1, 2], [3, 1], [2, 2]);
  const grid = comm.cartCreate({ dims, periods: [true, false] });
  const [i, j] = bySize([0, 0], [0, rank], [rank, 0], [rank >> 1, rank & 1]);
  assert.deepEqual(grid.coords, [i, j]);
  // Lines along the second dimension: this rank's row.
  const row = grid.sub([false, true]);
  assert.ok(row instanceof CartComm);
  assert.deepEqual([row.dims, row.periods, row.coords, row.rank], [[dims[1]], [false], [j], j]);
  const ranks = row.allgather(Int32Array.of(rank), new Int32Array(dims[1]));
  assert.deepEqual([...ranks], bySize([0], [0, 1], [rank], [2 * i, 2 * i + 1]));
  const column = grid.sub([true, false]);
  assert.deepEqual([column.dims, column.periods, column.coords], [[dims[0]], [true], [i]]);
  assert.deepEqual(column.shift(0), { source: (i + dims[0] - 1) % dims[0], dest: (i + 1) % dims[0] });
  const whole = grid.sub([true, true]);
  assert.equal(whole.compare(grid), "congruent");
  const point = grid.sub([false, false]);
  assert.deepEqual([point.size, point.dims, point.coords, point.neighbors], [1, [], [], []]);
  // A copy is a grid too.
  const twin = grid.dup();
  assert.ok(twin instanceof CartComm);
  assert.deepEqual([twin.dims, twin.periods, twin.coords], [dims, [true, false], [i, j]]);
  assert.deepEqual(twin.neighbors, grid.neighbors);
  for (const communicator of [grid, row, column, whole, point, twin]) communicator.free();
}

/** The rank below and the one above along each dimension, by hand. */
function neighborsOf([ni, nj], [wrapI, wrapJ]) {
  const at = (i, j) => {
    if ((i < 0 || i >= ni) && !wrapI) return PROC_NULL;
    if ((j < 0 || j >= nj) && !wrapJ) return PROC_NULL;
    return ((i + ni) % ni) * nj + ((j + nj) % nj);
  };
  const [i, j] = [Math.floor(rank / nj), rank % nj];
  return [at(i - 1, j), at(i + 1, j), at(i, j - 1), at(i, j + 1)];
}

function exchangesOnGrids(dims, periods) {
  const grid = comm.cartCreate({ dims, periods });
  const neighbors = neighborsOf(dims, periods);
  assert.deepEqual(grid.neighbors, neighbors);
  const isThere = (r) => r !== PROC_NULL;
  /** What neighbor n sends this way: it is on the other side of it. */
  const opposite = [1, 0, 3, 2];

  const all = new Float64Array(8).fill(-1);
  inAllForms(
    "neighborAllgather",
    (call) => grid[call](Float64Array.of(rank, rank + 0.5), all),
    () => {
      assert.deepEqual(
        [...all],
        neighbors.flatMap((r) => (isThere(r) ? [r, r + 0.5] : [-1, -1])),
      );
      all.fill(-1);
    },
  );

  // Rank r sends r + 1 elements to each; every second element of the result is not touched.
  const counts = neighbors.map((r) => (isThere(r) ? r + 1 : 2));
  const displs = [0, 5, 10, 15];
  const apart = new Int32Array(40).fill(-1);
  const strided = mpi.view(apart, { shape: [20], strides: [2] });
  const expected = new Array(40).fill(-1);
  for (const [n, r] of neighbors.entries()) {
    for (let k = 0; isThere(r) && k <= r; k++) expected[2 * (displs[n] + k)] = r;
  }
  inAllForms(
    "neighborAllgatherv",
    (call) => grid[call](new Int32Array(rank + 1).fill(rank), strided, { counts, displs }),
    () => {
      assert.deepEqual([...apart], expected);
      apart.fill(-1);
    },
  );

  // The piece for neighbor n of rank r is 10 r + n; in WebAssembly memory.
  const memory = new WebAssembly.Memory({ initial: 1 });
  const [send, recv] = [new Int32Array(memory.buffer, 64, 4), new Int32Array(memory.buffer, 128, 4)];
  send.set([0, 1, 2, 3].map((n) => 10 * rank + n));
  recv.fill(-1);
  inAllForms(
    "neighborAlltoall",
    (call) => grid[call](send, recv),
    () => {
      assert.deepEqual(
        [...recv],
        neighbors.map((r, n) => (isThere(r) ? 10 * r + opposite[n] : -1)),
      );
      recv.fill(-1);
    },
  );

  // The piece for neighbor n has n + 1 elements, so one from neighbor n has as many as it sends to the other side.
  const sendCounts = [1, 2, 3, 4];
  const recvCounts = [2, 1, 4, 3];
  const pieces = new Int16Array([0, 1, 2, 3].flatMap((n) => new Array(n + 1).fill(10 * rank + n)));
  const arrived = new Int16Array(10).fill(-1);
  const whole = neighbors.flatMap((r, n) => new Array(recvCounts[n]).fill(isThere(r) ? 10 * r + opposite[n] : -1));
  inAllForms(
    "neighborAlltoallv",
    (call) => grid[call](pieces, arrived, { sendCounts, recvCounts }),
    () => {
      assert.deepEqual([...arrived], whole);
      arrived.fill(-1);
    },
  );
  const reversed = new Int16Array(10).fill(-1);
  inAllForms(
    "neighborAlltoallv",
    (call) =>
      grid[call](pieces, reversed, { sendCounts, sendDispls: [0, 1, 3, 6], recvCounts, recvDispls: [8, 7, 3, 0] }),
    () => {
      const part = (n) => new Array(recvCounts[n]).fill(isThere(neighbors[n]) ? 10 * neighbors[n] + opposite[n] : -1);
      assert.deepEqual([...reversed], [...part(3), ...part(2), ...part(1), ...part(0)]);
      reversed.fill(-1);
    },
  );
  grid.free();
}

/** A field of 3 x 3 cells with a halo of 1, its four sides exchanged by views: columns are strided. */
function exchangesSides() {
  const dims = bySize([1, 1], [2, 1], [1, 3], [2, 2]);
  const periods = [true, false];
  const grid = comm.cartCreate({ dims, periods });
  const neighbors = neighborsOf(dims, periods);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const field = new Float64Array(memory.buffer, 1024, 25);
  const value = (r, i, j) => 100 * r + 10 * i + j;
  const rowOf = (i) => mpi.view(field, { offset: 5 * i + 1, shape: [3] });
  const columnOf = (j) => mpi.view(field, { offset: 5 + j, shape: [3], strides: [5] });
  const fill = () => {
    field.fill(-1);
    for (let i = 1; i < 4; i++) for (let j = 1; j < 4; j++) field[5 * i + j] = value(rank, i, j);
  };
  fill();
  inAllForms(
    "neighborAlltoallw",
    (call) =>
      grid[call]([rowOf(1), rowOf(3), columnOf(1), columnOf(3)], [rowOf(0), rowOf(4), columnOf(0), columnOf(4)]),
    () => {
      const from = (n, i, j) => (neighbors[n] === PROC_NULL ? -1 : value(neighbors[n], i, j));
      for (let k = 1; k < 4; k++) {
        assert.equal(field[k], from(0, 3, k));
        assert.equal(field[20 + k], from(1, 1, k));
        assert.equal(field[5 * k], from(2, k, 3));
        assert.equal(field[5 * k + 4], from(3, k, 1));
      }
      for (const corner of [0, 4, 20, 24]) assert.equal(field[corner], -1);
      fill();
    },
  );
  grid.free();
}

/** Each rank has an edge to the next, and one to rank 0 if that is not the next. */
function edges() {
  const others = Array.from({ length: size - 1 }, (_, r) => r);
  return { sources: [previous, ...(rank === 0 ? others : [])], destinations: next === 0 ? [0] : [next, 0] };
}

function knowsItsEdges() {
  const neighbors = edges();
  const plain = comm.distGraphCreateAdjacent(neighbors);
  assert.ok(plain instanceof GraphComm && plain instanceof Comm);
  assert.deepEqual([plain.sources, plain.destinations], [neighbors.sources, neighbors.destinations]);
  assert.deepEqual([plain.sourceWeights, plain.destinationWeights], [undefined, undefined]);
  plain.free();

  const sourceWeights = neighbors.sources.map((r, n) => 10 * r + n);
  const destinationWeights = next === 0 ? [rank] : [rank, 5];
  const weighted = comm.distGraphCreateAdjacent({
    ...neighbors,
    sourceWeights,
    destinationWeights,
    reorder: false,
    info: { some_hint: "some value" },
  });
  for (const graph of [weighted, weighted.dup()]) {
    assert.deepEqual([graph.sources, graph.destinations], [neighbors.sources, neighbors.destinations]);
    assert.deepEqual([graph.sourceWeights, graph.destinationWeights], [sourceWeights, destinationWeights]);
    graph.free();
  }

  // The last rank gives all edges: from r to r + 1, and of rank 0 also to itself. The order is the library's.
  const everybody = Array.from({ length: size }, (_, r) => r);
  const all = {
    sources: [...everybody, 0],
    degrees: [...everybody.map(() => 1), 1],
    destinations: [...everybody.map((r) => (r + 1) % size), 0],
    weights: [...everybody, 50],
  };
  const none = { sources: [], degrees: [], destinations: [], weights: [] };
  const ring = comm.distGraphCreate(rank === size - 1 ? all : none);
  const pairs = (ranks, weights) => ranks.map((r, n) => `${r} ${weights[n]}`).sort();
  const loop = rank === 0 ? ["0 50"] : [];
  assert.deepEqual(pairs(ring.sources, ring.sourceWeights), [`${previous} ${previous}`, ...loop].sort());
  assert.deepEqual(pairs(ring.destinations, ring.destinationWeights), [`${next} ${rank}`, ...loop].sort());
  ring.free();
  const light = comm.distGraphCreate({ sources: [rank], degrees: [1], destinations: [next] });
  assert.deepEqual([light.sources, light.destinations, light.sourceWeights], [[previous], [next], undefined]);
  light.free();
}

function exchangesOnGraphs() {
  const { sources, destinations } = edges();
  const graph = comm.distGraphCreateAdjacent({ sources, destinations });
  const all = new Int32Array(sources.length).fill(-1);
  inAllForms(
    "neighborAllgather",
    (call) => graph[call](Int32Array.of(7 * rank), all),
    () => {
      assert.deepEqual(
        [...all],
        sources.map((r) => 7 * r),
      );
      all.fill(-1);
    },
  );
  const counts = sources.map((r) => r + 1);
  const varied = new Int32Array(counts.reduce((sum, n) => sum + n, 0)).fill(-1);
  inAllForms(
    "neighborAllgatherv",
    (call) => graph[call](new Int32Array(rank + 1).fill(rank), varied, { counts }),
    () => {
      assert.deepEqual(
        [...varied],
        sources.flatMap((r) => new Array(r + 1).fill(r)),
      );
      varied.fill(-1);
    },
  );
  // Along the ring 10 r, to rank 0 10 r + 1.
  const values = sources.map((r, n) => 10 * r + Number(n > 0));
  inAllForms(
    "neighborAlltoall",
    (call) =>
      graph[call](
        Int32Array.from(destinations, (_, n) => 10 * rank + n),
        all,
      ),
    () => {
      assert.deepEqual([...all], values);
      all.fill(-1);
    },
  );
  const isLast = next === 0;
  const send = Int32Array.of(10 * rank + 1, 10 * rank, 10 * rank);
  const [sendCounts, sendDispls] = isLast ? [[2], [1]] : [[2, 1], [1, 0]]; // biome-ignore format: pairs
  const recvCounts = sources.map((_, n) => (n === 0 ? 2 : 1));
  const pieces = new Int32Array(sources.length + 1).fill(-1);
  inAllForms(
    "neighborAlltoallv",
    (call) => graph[call](send, pieces, { sendCounts, sendDispls, recvCounts }),
    () => {
      assert.deepEqual([...pieces], [values[0], ...values]);
      pieces.fill(-1);
    },
  );
  // Two elements of a strided view to the next rank, which receives them side by side.
  const ring = comm.distGraphCreateAdjacent({ sources: [previous], destinations: [next] });
  const wide = Float64Array.of(rank, -5, rank + 0.25, -5);
  const received = new Float64Array(3).fill(-1);
  inAllForms(
    "neighborAlltoallw",
    (call) => ring[call]([mpi.view(wide, { shape: [2], strides: [2] })], [received.subarray(1)]),
    () => {
      assert.deepEqual([...received], [-1, previous, previous + 0.25]);
      received.fill(-1);
    },
  );
  ring.free();
  // The communicator is one for all other calls as well.
  assert.equal(graph.allreduce(1), size);
  graph.free();
}

/** From rank 0 to the last, which sends nothing: lengths differ from rank to rank. */
function sendsOneWay() {
  if (size === 1) return;
  const [first, last] = [rank === 0, rank === size - 1];
  const graph = comm.distGraphCreateAdjacent({
    sources: last ? [0] : [],
    destinations: first ? [size - 1] : [],
    sourceWeights: last ? [3] : [],
    destinationWeights: first ? [3] : [],
  });
  assert.deepEqual([graph.sourceWeights, graph.destinationWeights], [last ? [3] : [], first ? [3] : []]);
  const send = new Int32Array(first ? 3 : 0).fill(4);
  const recv = new Int32Array(last ? 3 : 0);
  const recvCounts = last ? [3] : [];
  for (const [name, options] of Object.entries({
    neighborAllgather: undefined,
    neighborAllgatherv: { counts: recvCounts },
    neighborAlltoall: undefined,
    neighborAlltoallv: { sendCounts: first ? [3] : [], recvCounts },
  })) {
    inAllForms(
      name,
      (call) => graph[call](send, recv, options),
      () => {
        assert.deepEqual([...recv], last ? [4, 4, 4] : []);
        recv.fill(0);
      },
    );
  }
  graph.free();
}

function goesWithoutNeighbors() {
  const graph = comm.distGraphCreateAdjacent({ sources: [], destinations: [] });
  const none = new Int32Array(0);
  const [counts, sendCounts, recvCounts] = [[], [], []];
  const check = () => {};
  inAllForms("neighborAllgather", (call) => graph[call](Int32Array.of(1), none), check);
  inAllForms("neighborAllgatherv", (call) => graph[call](Int32Array.of(1), none, { counts }), check);
  inAllForms("neighborAlltoall", (call) => graph[call](none, none), check);
  inAllForms("neighborAlltoallv", (call) => graph[call](none, none, { sendCounts, recvCounts }), check);
  inAllForms("neighborAlltoallw", (call) => graph[call]([], []), check);
  graph.free();
}
