/** MPI inside compiled code: every call, every type, views, requests, communicators; argument 1: debug. */
import assert from "node:assert/strict";
import { heap, jit, mpi } from "wasm-mpi";

const comm = mpi.init();
const { rank, size } = comm;
const debug = process.argv[2] === "debug";
const next = (rank + 1) % size;
const before = (rank + size - 1) % size;
const ranks = Array.from({ length: size }, (_, i) => i);
const imports = `import {
  ANY_SOURCE, ANY_TAG, BAND, BOR, BXOR, Comm, COMM_SELF, COMM_WORLD, IN_PLACE, LAND, LOR, LXOR, Located, MAX, MAXLOC, MIN,
  MINLOC, NONE, PROC_NULL, PROD, Request, REQUEST_NULL, SUM, Status, UNDEFINED, View, allgather, allreduce, alltoall, barrier, bcast, gather, initialized,
  irecv, isend, probe, rank, recv, reduce, scatter, send, sendrecv, size, test, testall, testany, wait, waitall, waitany,
  wtime } from "mpi";`;

// Scalars of every type, by value; outside the full tests of half of them in a debug build, which compiles as long again.
const every = ["i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "f32", "f64"];
const types = debug && process.env.WASM_MPI_TEST_FULL !== "1" ? ["u8", "i32", "u32", "u64", "f64"] : every;
const scalars = await jit(
  `${imports}
  ${types
    .map(
      (t) => `
  export function ${t}_sum(a: ${t}): ${t} { return allreduce<${t}>(a, SUM); }
  export function ${t}_max(a: ${t}, comm: Comm): ${t} { return allreduce<${t}>(a, MAX, comm); }
  export function ${t}_reduce(a: ${t}, root: i32): ${t} { return reduce<${t}>(a, PROD, root); }
  export function ${t}_bcast(a: ${t}, root: i32): ${t} { return bcast(a, root); }
  export function ${t}_ring(a: ${t}, to: i32, from: i32): ${t} { return sendrecv(a, to, <${t}>0, from, 5, 5); }
  export function ${t}_pass(a: ${t}, to: i32, from: i32): ${t} {
    const values = new StaticArray<${t}>(1);
    const request = irecv(values, from, 9);
    send<${t}>(a, to, 9);
    wait(request);
    return values[0];
  }
  export function ${t}_recv(a: ${t}): ${t} {
    const own = new StaticArray<${t}>(1);
    own[0] = a;
    const request = isend(own, rank(), 3);
    const got = recv<${t}>(0, rank(), 3);
    wait(request);
    return got;
  }
  export function ${t}_gather(p: usize, a: ${t}, root: i32): void { gather(a, new View<${t}>(p, size()), root); }
  export function ${t}_allgather(p: usize, a: ${t}): void { allgather(a, new View<${t}>(p, size())); }
  export function ${t}_scatter(p: usize, root: i32): ${t} { return scatter(new View<${t}>(p, size()), <${t}>0, root); }`,
    )
    .join("\n")}
  export function world(): i32 { return 1000 * rank() + size(); }
  export function own(): i32 { return 1000 * rank(COMM_SELF) + size(COMM_SELF); }
  export function within(comm: Comm): i32 { return 1000 * rank(comm) + size(comm); }
  export function begun(): bool { return initialized(); }
  export function time(): f64 { return wtime(); }
  export function meet(comm: Comm): void { barrier(comm); }`,
  { debug },
);
for (const t of types) {
  const value = (n) => (t === "i64" || t === "u64" ? BigInt(n) : n);
  const call = (name, ...values) => scalars[`${t}_${name}`](...values);
  assert.equal(call("sum", value(rank + 1)), value((size * (size + 1)) / 2), t);
  assert.equal(call("max", value(rank + 5), comm), value(size + 4), t);
  const product = ranks.reduce((all, peer) => all * (peer + 1), 1);
  for (const root of ranks) {
    assert.equal(call("reduce", value(rank + 1), root), value(rank === root ? product : rank + 1), t);
    assert.equal(call("bcast", value(rank + 7), root), value(root + 7), t);
    const all = heap.array(t, size);
    call("gather", all, value(rank + 2), root);
    const expected = ranks.map((peer) => value(rank === root ? peer + 2 : 0));
    assert.deepEqual([...all], expected, t);
    all.set(ranks.map((peer) => value(3 * peer + root)));
    assert.equal(call("scatter", all, root), value(3 * rank + root), t);
    heap.free(all);
  }
  const all = heap.array(t, size);
  call("allgather", all, value(rank + 2));
  assert.deepEqual(
    [...all],
    ranks.map((peer) => value(peer + 2)),
    t,
  );
  heap.free(all);
  assert.equal(call("ring", value(rank + 1), next, before), value(before + 1), t);
  assert.equal(call("pass", value(rank + 1), next, before), value(before + 1), t);
  assert.equal(call("recv", value(rank + 100)), value(rank + 100), t);
}
// The greatest number of the unsigned types is the greatest: some libraries compare them as signed.
assert.equal(scalars.u8_max(rank === 0 ? 255 : 1, comm), 255);
assert.equal(scalars.u32_max(rank === 0 ? 2 ** 32 - 1 : 1, comm), 2 ** 32 - 1);
assert.equal(scalars.u64_max(rank === 0 ? 2n ** 64n - 1n : 1n, comm), 2n ** 64n - 1n);
assert.equal(scalars.world(), 1000 * rank + size);
assert.equal(scalars.own(), 1);
assert.equal(scalars.within(comm), 1000 * rank + size);
assert.equal(scalars.within(mpi.self), 1);
assert.equal(scalars.begun(), true);
assert.ok(Math.abs(scalars.time() - mpi.wtime()) < 1);

// Other communicators are passed in.
const half = comm.split({ color: rank % 2, key: -rank });
assert.equal(scalars.within(half), 1000 * half.rank + half.size);
assert.equal(scalars.i32_max(rank, half), Math.max(...ranks.filter((peer) => peer % 2 === rank % 2)));
scalars.meet(half);
scalars.meet(comm);
half.free();
assert.throws(() => scalars.within(half), { name: "UsageError" });
scalars.free();

// Every operation.
const operations = await jit(
  `${imports}
  export function combine(p: usize, n: i32, op: i32): void { allreduce(new View<i32>(p, n), op); }
  export function into(p: usize, q: usize, n: i32, op: i32, comm: Comm): void {
    allreduce(new View<f32>(p, n), new View<f32>(q, n), op, comm);
  }
  export function place(q: usize, n: i32): void { allreduce(IN_PLACE, new View<f64>(q, n), SUM); }
  export function root(p: usize, q: usize, n: i32, at: i32): void { reduce(new View<f64>(p, n), new View<f64>(q, n), SUM, at); }
  export function rootPlace(q: usize, n: i32, at: i32): void { reduce(IN_PLACE, new View<f64>(q, n), MAX, at); }
  export function rootOwn(q: usize, n: i32, at: i32): void { reduce(new View<f64>(q, n), MIN, at); }
  export function strided(p: usize): void { allreduce(new View<f64>(p, 3, 4, 2), SUM); }
  export function locate(op: i32, value: f64): f64 {
    const best = new Located<f64>(value, rank());
    const single = new Located<f32>(<f32>value, rank());
    const whole = new Located<i32>(<i32>value, rank());
    allreduce(best, op);
    allreduce(single, op);
    allreduce(whole, op);
    assert(best.index == single.index && best.index == whole.index && single.value == <f32>best.value);
    return best.value * 100 + best.index;
  }
  export function arrays(): f64 {
    const a: StaticArray<f64> = [1, 2, 3];
    const b = new Array<f64>(3).fill(rank());
    const c = new Float64Array(3);
    allreduce(a, b, SUM);
    allreduce(b, c, SUM);
    return c[0] * 10000 + c[1] * 100 + c[2];
  }`,
  { debug },
);
const [SUM, MIN, MAX, PROD, BAND, BOR, BXOR, LAND, LOR, LXOR] = [33, 34, 35, 36, 40, 41, 42, 48, 49, 50];
const integers = heap.array("i32", 3);
const combined = {
  [SUM]: (a, b) => a + b,
  [MIN]: Math.min,
  [MAX]: Math.max,
  [PROD]: (a, b) => a * b,
  [BAND]: (a, b) => a & b,
  [BOR]: (a, b) => a | b,
  [BXOR]: (a, b) => a ^ b,
  [LAND]: (a, b) => Number(a !== 0 && b !== 0),
  [LOR]: (a, b) => Number(a !== 0 || b !== 0),
  [LXOR]: (a, b) => Number((a !== 0) !== (b !== 0)),
};
for (const [op, combine] of Object.entries(combined)) {
  const valuesOf = (peer) => [peer + 1, 6 - peer, peer % 2];
  integers.set(valuesOf(rank));
  operations.combine(integers, 3, Number(op));
  const expected = [0, 1, 2].map((i) => ranks.map((peer) => valuesOf(peer)[i]).reduce((a, b) => combine(a, b)));
  if (size > 1) assert.deepEqual([...integers], expected, `operation ${op}`);
}
const single = heap.array("f32", 4);
const singles = heap.array("f32", 4);
single.fill(rank + 0.5);
operations.into(single, singles, 4, SUM, comm);
assert.ok(singles.every((value) => value === (size * size) / 2));
const doubles = heap.array("f64", 12);
const results = heap.array("f64", 12);
doubles.fill(rank + 1);
operations.place(doubles, 12);
assert.ok(doubles.every((value) => value === (size * (size + 1)) / 2));
for (const root of ranks) {
  doubles.fill(rank + 1);
  results.fill(-1);
  operations.root(doubles, results, 12, root);
  assert.ok(results.every((value) => value === (rank === root ? (size * (size + 1)) / 2 : -1)));
  results.fill(rank);
  operations.rootPlace(results, 12, root);
  assert.ok(results.every((value) => value === (rank === root ? size - 1 : rank)));
  results.fill(rank + 1);
  operations.rootOwn(results, 12, root);
  assert.ok(results.every((value) => value === (rank === root ? 1 : rank + 1)));
}
doubles.fill(1);
operations.strided(doubles);
assert.deepEqual([...doubles], [size, size, 1, 1, size, size, 1, 1, size, size, 1, 1]);
const [MINLOC, MAXLOC] = [56, 57];
assert.equal(
  operations.locate(MAXLOC, (rank * 3) % 4),
  100 * Math.max(...ranks.map((peer) => (peer * 3) % 4)) +
    ranks.reduce((best, peer) => ((peer * 3) % 4 > (best * 3) % 4 ? peer : best), 0),
);
assert.equal(operations.locate(MINLOC, 5), 500);
const arraySum = [1, 2, 3].map((value) => value * size * size);
assert.equal(operations.arrays(), arraySum[0] * 10000 + arraySum[1] * 100 + arraySum[2]);
operations.free();

// Strided views, blocking and nonblocking; statuses; many requests at once; any source.
const messages = await jit(
  `${imports}
  const status = new Status();
  export function column(p: usize, q: usize, to: i32, from: i32): i32 {
    const out = new View<f64>(p, 3, 4), into = new View<f64>(q, 3, 4);
    const requests: StaticArray<Request> = [irecv(into, from, 1), isend(out, to, 1)];
    const statuses: StaticArray<Status> = [new Status(), new Status()];
    waitall(requests, statuses);
    assert(requests[0] == REQUEST_NULL && requests[1] == REQUEST_NULL);
    assert(statuses[0].source == from && statuses[0].tag == 1);
    return statuses[0].count<f64>();
  }
  export function blocks(p: usize, q: usize, to: i32, from: i32): i32 {
    sendrecv(new View<f64>(p, 2, 5, 3), to, new View<f64>(q, 2, 5, 3), from, 4, 4, status);
    return status.source * 100 + status.tag * 10 + status.count<f64>();
  }
  export function self(p: usize, q: usize): i32 {
    const request = isend(new View<i32>(p, 4, 3), rank(), 2);
    probe(rank(), ANY_TAG, status);
    assert(status.tag == 2 && status.count<i32>() == 4 && status.count<f64>() == 2);
    status.byteLength = 12;
    assert(status.count<f32>() == 3 && status.count<f64>() == UNDEFINED);
    recv(new View<i32>(q, 6), ANY_SOURCE, ANY_TAG, status);
    wait(request);
    return status.count<i32>();
  }
  export function share(p: usize, q: usize, root: i32): void {
    bcast(new View<i32>(p, 2, 3), root);
    gather(new View<i32>(p, 2, 3), new View<i32>(q, 2 * size()), root);
    scatter(new View<i32>(q, 2 * size()), new View<i32>(p, 2, 2), root);
    allgather(new View<i32>(p, 2, 2), new View<i32>(q, 2 * size()));
  }
  export function spread(p: usize, q: usize, root: i32): void {
    const all = new View<i32>(q, 2 * size(), 3);
    gather(new View<i32>(p, 2, 2), rank() == root ? all : IN_PLACE, root);
    scatter(rank() == root ? all : IN_PLACE, new View<i32>(p, 2, 4), root);
    allgather(new View<i32>(p, 2, 4), all);
  }
  export function spreadInPlace(q: usize): void { allgather(IN_PLACE, new View<i32>(q, size(), 6, 2)); }
  export function allInPlace(q: usize): void { allgather(IN_PLACE, new View<i32>(q, 2 * size())); }
  export function dealt(p: usize, q: usize): void { alltoall(new View<i32>(p, size(), 3, 2), new View<i32>(q, 2 * size(), 2)); }
  export function dealtInPlace(q: usize): void { alltoall(IN_PLACE, new View<i32>(q, size())); }
  export function gatherInPlace(q: usize, root: i32): void {
    const all = new View<i32>(q, size());
    if (rank() == root) gather(IN_PLACE, all, root); else gather(new View<i32>(q + 4 * rank(), 1), all, root);
    if (rank() == root) scatter(all, IN_PLACE, root); else scatter(all, new View<i32>(q, 1), root);
  }
  export function many(n: i32): i32 {
    const values = new StaticArray<i32>(n * size()), got = new StaticArray<i32>(n * size());
    const requests = new StaticArray<Request>(2 * n * size());
    for (let i = 0; i < n * size(); i++) {
      values[i] = 1000 * rank() + i;
      requests[i] = irecv(new View<i32>(changetype<usize>(got) + 4 * i, 1), i % size(), i / size());
    }
    for (let i = 0; i < n * size(); i++) {
      requests[n * size() + i] = isend(new View<i32>(changetype<usize>(values) + 4 * i, 1), i % size(), i / size());
    }
    while (!testall(requests)) {}
    for (let i = 0; i < n * size(); i++) {
      const theirs = 1000 * (i % size()) + (i / size()) * size() + rank();
      if (got[i] != theirs) return i - 10000;
    }
    waitall(requests);
    return got.length;
  }
  export function anyOf(): i32 {
    const got = new StaticArray<i32>(size());
    const requests = new StaticArray<Request>(size());
    for (let i = 0; i < size(); i++) requests[i] = irecv(new View<i32>(changetype<usize>(got) + 4 * i, 1), i, 6);
    let sum = testany(requests) == NONE || size() == 1 ? 0 : 0;
    for (let i = 0; i < size(); i++) send(rank() + 1, i, 6);
    let seen = 0;
    for (let i = 0; i < size(); i++) {
      if (requests[i] == REQUEST_NULL) { sum += got[i]; seen++; }
    }
    for (; seen < size(); seen++) {
      const i = waitany(requests, status);
      assert(status.source == i && requests[i] == REQUEST_NULL);
      sum += got[i];
    }
    assert(waitany(requests) == UNDEFINED && testany(requests) == UNDEFINED && testall(requests));
    return sum;
  }
  export function anySource(): i32 {
    let sum = 0;
    if (rank()) send(rank() * 10, 0, 8);
    else for (let i = 1; i < size(); i++) {
      const value = recv<i32>(0, ANY_SOURCE, 8, status);
      assert(value == 10 * status.source);
      sum += value;
    }
    barrier();
    return sum;
  }
  export function over(p: usize): i32 {
    const request = isend(new View<i32>(p, 1), PROC_NULL);
    while (!test(request)) {}
    wait(request, status);
    assert(status.source == ANY_SOURCE && status.tag == ANY_TAG && status.count<i32>() == 0);
    wait(REQUEST_NULL, status);
    recv(new View<i32>(p, 1), PROC_NULL, 0, status);
    return status.source;
  }`,
  { debug },
);
for (let i = 0; i < 12; i++) doubles[i] = 100 * rank + i;
results.fill(-1);
assert.equal(messages.column(doubles, results, next, before), 3);
assert.deepEqual(
  [...results],
  [0, -1, -1, -1, 4, -1, -1, -1, 8, -1, -1, -1].map((i) => (i < 0 ? i : 100 * before + i)),
);
results.fill(-1);
assert.equal(messages.blocks(doubles, results, next, before), before * 100 + 46);
assert.deepEqual(
  [...results].slice(0, 9),
  [0, 1, 2, -1, -1, 5, 6, 7, -1].map((i) => (i < 0 ? i : 100 * before + i)),
);
const [words, copies] = [heap.array("i32", 10), heap.array("i32", 2 * size + 6)];
for (let i = 0; i < 10; i++) words[i] = i;
assert.equal(messages.self(words, copies), 4);
assert.deepEqual([...copies].slice(0, 6), [0, 3, 6, 9, 0, 0]);
for (const root of ranks) {
  words.fill(rank + 10);
  copies.fill(0);
  messages.share(words, copies, root);
  assert.deepEqual([...copies].slice(0, 2 * size), new Array(2 * size).fill(root + 10));
  for (let i = 0; i < 10; i++) words[i] = 100 * rank + i;
  const wide = heap.array("i32", 6 * size);
  wide.fill(-1);
  messages.spread(words, wide, root);
  const spread = ranks.flatMap((peer) => [100 * peer, -1, -1, 100 * peer + 2, -1, -1]);
  assert.deepEqual([...wide], spread);
  assert.deepEqual(
    [...words].slice(0, 5),
    [0, 1, 2, 3, 2].map((i) => 100 * rank + i),
  );
  wide.fill(-1);
  wide.set([rank, rank + 1], 6 * rank);
  messages.spreadInPlace(wide);
  assert.deepEqual(
    [...wide],
    ranks.flatMap((peer) => [peer, peer + 1, -1, -1, -1, -1]),
  );
  heap.free(wide);
  copies.fill(rank);
  messages.allInPlace(copies);
  assert.deepEqual(
    [...copies].slice(0, 2 * size),
    ranks.flatMap((peer) => [peer, peer]),
  );
  // Blocks of 2, the next one 3 further, to and from every rank.
  const blocks = heap.array("i32", 3 * size);
  const pairs = heap.array("i32", 4 * size);
  blocks.set(ranks.flatMap((peer) => [100 * rank + peer, 100 * rank + peer + 50, -2]));
  pairs.fill(-1);
  messages.dealt(blocks, pairs);
  assert.deepEqual(
    [...pairs].filter((_, i) => i % 2 === 0),
    ranks.flatMap((peer) => [100 * peer + rank, 100 * peer + rank + 50]),
  );
  assert.deepEqual(
    [...pairs].filter((_, i) => i % 2 === 1),
    ranks.flatMap(() => [-1, -1]),
  );
  blocks.set(ranks.map((peer) => 100 * rank + peer));
  messages.dealtInPlace(blocks);
  assert.deepEqual(
    [...blocks].slice(0, size),
    ranks.map((peer) => 100 * peer + rank),
  );
  for (const array of [blocks, pairs]) heap.free(array);
  copies.fill(rank + 3);
  messages.gatherInPlace(copies, root);
  if (rank === root)
    assert.deepEqual(
      [...copies].slice(0, size),
      ranks.map((peer) => peer + 3),
    );
  else assert.equal(copies[0], rank + 3);
}
// The sides of a box, each kind sent to this rank itself and summed over the ranks.
const box = await jit(
  `${imports}
  import { Array3 } from "field";
  export function sides(p: usize, q: usize): f64 {
    const u = new Array3<f64>(p, 4, 3, 5, 1), v = new Array3<f64>(q, 4, 3, 5, 1);
    const requests: StaticArray<Request> = [
      irecv(v.planeX(-1), rank(), 1), irecv(v.planeY(3), rank(), 2), irecv(v.planeZ(5), rank(), 3),
      isend(u.planeX(3), rank(), 1), isend(u.planeY(0), rank(), 2), isend(u.planeZ(0), rank(), 3),
    ];
    waitall(requests);
    const sent = isend(u.planeZ(4), 0, 4, COMM_SELF);
    recv(v.planeZ(-1), 0, 4, null, COMM_SELF);
    wait(sent);
    allreduce(u.planeZ(2), v.planeZ(2), SUM);
    const z = u.planeZ(1);
    return z[0] + 10 * z[1] + 100 * z[3] + z.length;
  }`,
  { debug },
);
const code = (i, j, k) => 100 * (i + 1) + 10 * (j + 1) + k + 1;
const [from, to] = [heap.array("f64", 6 * 5 * 7), heap.array("f64", 6 * 5 * 7)];
const cell = (i, j, k) => ((i + 1) * 5 + j + 1) * 7 + k + 1;
for (let i = -1; i < 5; i++)
  for (let j = -1; j < 4; j++) for (let k = -1; k < 6; k++) from[cell(i, j, k)] = code(i, j, k);
assert.equal(box.sides(from, to), code(0, 0, 1) + 10 * code(0, 1, 1) + 100 * code(1, 0, 1) + 12);
const within = (i, j, k) => i >= 0 && i < 4 && j >= 0 && j < 3 && k >= 0 && k < 5;
for (let i = -1; i < 5; i++) {
  for (let j = -1; j < 4; j++) {
    for (let k = -1; k < 6; k++) {
      let expected = 0;
      if (i === -1 && within(0, j, k)) expected = code(3, j, k);
      if (j === 3 && within(i, 0, k)) expected = code(i, 0, k);
      if (k === 5 && within(i, j, 0)) expected = code(i, j, 0);
      if (k === -1 && within(i, j, 0)) expected = code(i, j, 4);
      if (k === 2 && within(i, j, k)) expected = size * code(i, j, k);
      assert.equal(to[cell(i, j, k)], expected, `${i}, ${j}, ${k}`);
    }
  }
}
box.free();
// More layouts than the library's types are kept for, two in each call.
const layouts = await jit(
  `${imports}
  export function wrong(p: usize, q: usize, round: i32): i32 {
    let wrong = 0;
    for (let stride = 2; stride < 32; stride++) {
      for (let count = 2; count < 22; count++) {
        const from = new View<i32>(p, count, stride), to = new View<i32>(q, count, stride + 1 + round);
        for (let i = 0; i < count; i++) from[i] = 1000 * stride + 10 * count + i + round;
        sendrecv(from, rank(), to, rank(), 7, 7);
        for (let i = 0; i < count; i++) if (to[i] != 1000 * stride + 10 * count + i + round) wrong++;
        heap.free(changetype<usize>(from));
        heap.free(changetype<usize>(to));
      }
    }
    return wrong;
  }`,
  { debug },
);
const [many, others] = [heap.array("i32", 22 * 40), heap.array("i32", 22 * 40)];
for (const round of [0, 0, 1, 2, 0]) assert.equal(layouts.wrong(many, others, round), 0);
layouts.free();
heap.free(many);
heap.free(others);
assert.equal(messages.many(20), 20 * size);
assert.equal(messages.anyOf(), (size * (size + 1)) / 2);
assert.equal(messages.anySource(), rank ? 0 : 5 * size * (size - 1));
assert.equal(messages.over(words), -3);
messages.free();
for (const array of [integers, single, singles, doubles, results, words, copies, from, to]) heap.free(array);
