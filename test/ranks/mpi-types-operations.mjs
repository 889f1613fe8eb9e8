/** Part of mpi-types.mjs: packing, complex numbers, pairs, and operations in JavaScript. */
import assert from "node:assert/strict";
import { mpi, Pairs, View } from "wasm-mpi/mpi";
import { bySize, comm, next, previous, rank, size } from "./mpi-world.mjs";

/** `length` numbers that tell their rank and place. */
const numbered = (length, r = rank) => Float64Array.from({ length }, (_, i) => 1000 * r + i);

export async function checkOperations() {
  packs();
  reducesComplexNumbers();
  findsPlaces();
  combinesInJavaScript();
  await surfacesExceptions();
  freesOperationsInUse();
  reducesLocally();
}

function packs() {
  const parts = () => [
    Int32Array.of(rank, 2, 3),
    mpi.view(numbered(8), { offset: 1, shape: [3], strides: [2] }),
    new Int8Array(0),
    Float32Array.of(0.5),
    BigInt64Array.of(-5n),
  ];
  assert.equal(comm.pack([]).length, 0);
  assert.equal(comm.packSize([]), 0);
  const packed = comm.pack(parts());
  assert.equal(packed.length, 12 + 24 + 4 + 8);
  const room = comm.packSize(parts());
  assert.ok(room >= packed.length);
  const empty = () => [
    new Int32Array(3),
    mpi.view(new Float64Array(9), { shape: [3], strides: [4] }),
    new Int8Array(0),
  ];
  const check = ([integers, view], from) => {
    assert.deepEqual([...integers], [from, 2, 3]);
    assert.deepEqual(
      [...view.source],
      [1, 0, 0, 0, 3, 0, 0, 0, 5].map((x) => x && x + 1000 * from),
    );
  };
  // In parts: the first three, and what is left.
  const whole = empty();
  const read = comm.unpack(packed, whole);
  assert.equal(read, 36);
  check(whole, rank);
  const [float, two] = [new Float32Array(1), new BigInt64Array(1)];
  assert.equal(comm.unpack(packed.subarray(read), [float, two]), 12);
  assert.deepEqual([float[0], two[0]], [0.5, -5n]);
  // To another rank.
  const bytes = new Uint8Array(room);
  const received = comm.irecv(mpi.view(bytes, { type: "packed" }), { from: previous });
  comm.send(mpi.view(packed, { type: "packed" }), { to: next });
  assert.equal(received.wait().count, 48);
  const unpacked = empty();
  comm.unpack(bytes, [...unpacked, float, two]);
  check(unpacked, previous);
  assert.deepEqual([float[0], two[0]], [0.5, -5n]);
  // What is packed can be unpacked as what it was, and the other way round.
  const plain = comm.irecv(new Float64Array(2), { from: previous, tag: 1 });
  comm.send(mpi.view(comm.pack([Float64Array.of(rank, 1.5)]), { type: "packed" }), { to: next, tag: 1 });
  assert.equal(plain.wait().count, 2);
  assert.deepEqual([...plain.buffer], [previous, 1.5]);
  const form = comm.irecv(mpi.view(bytes, { type: "packed" }), { from: previous, tag: 2 });
  comm.send(Float64Array.of(rank, 2.5), { to: next, tag: 2 });
  assert.equal(form.wait().count, 16);
  comm.unpack(bytes, [plain.buffer]);
  assert.deepEqual([...plain.buffer], [previous, 2.5]);
}

/** (1 + i) to the powers 1 to 4: 1 + i, 2i, -2 + 2i, -4. */
function reducesComplexNumbers() {
  for (const [type, Parts] of [
    ["complex128", Float64Array],
    ["complex64", Float32Array],
  ]) {
    const view = (array) => mpi.view(array, { type });
    const parts = Parts.of(1, 1, rank, -1);
    assert.equal(String(view(parts)), `view of 2 ${type}`);
    const into = new Parts(4);
    comm.allreduce(view(parts), view(into));
    assert.deepEqual([...into], [size, size, bySize(0, 1, 3, 6), -size]);
    comm.allreduce(view(parts.subarray(0, 2)), view(into.subarray(0, 2)), { op: "prod" });
    assert.deepEqual([...into.subarray(0, 2)], bySize([1, 1], [0, 2], [-2, 2], [-4, 0]));
    const strided = (array) => mpi.view(array, { type, shape: [2], strides: [2] });
    const apart = new Parts(6).fill(-1);
    comm.allreduce(strided(Parts.of(1, 1, 9, 9, 2, rank)), strided(apart));
    assert.deepEqual([...apart], [size, size, -1, -1, 2 * size, bySize(0, 1, 3, 6)]);
  }
}

function findsPlaces() {
  for (const value of ["float64", "float32", "int32"]) {
    const pairs = mpi.pairs(value, 3);
    assert.ok(pairs instanceof Pairs && pairs instanceof View);
    assert.deepEqual([pairs.length, pairs.get(2)], [3, { value: 0, index: 0 }]);
    pairs.set(0, 10 - rank, rank); // The last rank has the least.
    pairs.set(1, 4, 20 + rank); // Equal values: the lowest index.
    pairs.set(2, rank === 0 ? -3 : 3, -rank);
    assert.deepEqual(pairs.get(1), { value: 4, index: 20 + rank });
    assert.equal(String(pairs), `view of 3 ${value}int32`);
    const least = comm.allreduce(pairs, mpi.pairs(value, 3), { op: "minloc" });
    assert.deepEqual(
      [0, 1, 2].map((i) => least.get(i)),
      [
        { value: 11 - size, index: size - 1 },
        { value: 4, index: 20 },
        { value: -3, index: 0 },
      ],
    );
    const greatest = comm.scan(pairs, mpi.pairs(value, 3), { op: "maxloc" });
    assert.deepEqual(greatest.get(0), { value: 10, index: 0 });
    assert.deepEqual(greatest.get(2), rank === 0 ? { value: -3, index: 0 } : { value: 3, index: -rank });
    const got = comm.irecv(mpi.pairs(value, 3), { from: previous });
    comm.send(pairs, { to: next });
    got.wait();
    assert.deepEqual(got.buffer.get(0), { value: 10 - previous, index: previous });
  }
  assert.equal(mpi.pairs("float64", 0).length, 0);
}

/** x -> a x + b, one after the other from rank 0 on; a complex number holds a and b. */
function compose(input, inout) {
  for (let i = 0; i < inout.length; i += 2) {
    inout[i + 1] = inout[i] * input[i + 1] + inout[i + 1];
    inout[i] *= input[i];
  }
}

/** a = rank + 2, b = rank + 1: after n ranks a = (n + 1)! and b = a - 1. */
function composed(n) {
  return [2, 6, 24, 120].map((a) => [a, a - 1])[n - 1];
}

function combinesInJavaScript() {
  const chain = mpi.createOp(compose, { commutative: false });
  assert.equal(String(chain), "operation in JavaScript, not commutative");
  assert.equal(chain.commutative, false);
  const maps = (array) => mpi.view(array, { type: "complex128" });
  const map = () => maps(Float64Array.of(rank + 2, rank + 1, rank + 2, rank + 1));
  const twice = (n) => [...composed(n), ...composed(n)];
  const into = new Float64Array(4);
  comm.allreduce(map(), maps(into), { op: chain });
  assert.deepEqual([...into], twice(size));
  for (let root = 0; root < size; root++) {
    into.fill(0);
    comm.reduce(map(), maps(into), { op: chain, root });
    assert.deepEqual([...into], rank === root ? twice(size) : [0, 0, 0, 0]);
  }
  comm.scan(map(), maps(into), { op: chain });
  assert.deepEqual([...into], twice(rank + 1));
  into.fill(0);
  comm.exscan(map(), maps(into), { op: chain });
  assert.deepEqual([...into], rank === 0 ? [0, 0, 0, 0] : twice(rank));
  comm.iallreduce(map(), maps(into.fill(0)), { op: chain }).wait();
  assert.deepEqual([...into], twice(size));
  const apart = new Float64Array(8).fill(-1);
  comm.allreduce(map(), mpi.view(apart, { type: "complex128", shape: [2], strides: [2] }), { op: chain });
  assert.deepEqual([...apart], [...composed(size), -1, -1, ...composed(size), -1, -1]);
  chain.free();
  assert.ok(chain.freed);

  // A commutative one, on every type.
  const add = mpi.createOp((input, inout) => {
    for (let i = 0; i < inout.length; i++) inout[i] += input[i];
  });
  assert.equal(String(add), "operation in JavaScript");
  const numbers = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array];
  for (const Type of [...numbers, Float32Array, Float64Array]) {
    const sum = comm.allreduce(Type.of(rank, 5, 100), new Type(3), { op: add });
    assert.deepEqual([...sum.subarray(0, 2)], [bySize(0, 1, 3, 6), 5 * size], Type.name);
  }
  for (const Type of [BigInt64Array, BigUint64Array]) {
    const sum = comm.allreduce(Type.of(2n ** 60n, BigInt(rank)), new Type(2), { op: add });
    assert.deepEqual([...sum], [BigInt(size) * 2n ** 60n, BigInt(bySize(0, 1, 3, 6))]);
  }
  assert.equal(comm.allreduce(rank, { op: add }), bySize(0, 1, 3, 6));
  const bytes = new DataView(new ArrayBuffer(2));
  comm.allreduce(new DataView(Uint8Array.of(1, rank).buffer), bytes, { op: add });
  assert.deepEqual([bytes.getUint8(0), bytes.getUint8(1)], [size, bySize(0, 1, 3, 6)]);
  const large = comm.allreduce(new Float64Array(20_000).fill(rank), new Float64Array(20_000), { op: add });
  assert.ok(large.every((value) => value === bySize(0, 1, 3, 6)));
  const memory = new WebAssembly.Memory({ initial: 1 });
  new Int32Array(memory.buffer).set([rank, 1]);
  comm.on(memory, "int32").allreduce(0, 16, 2, add);
  assert.deepEqual([...new Int32Array(memory.buffer, 16, 2)], [bySize(0, 1, 3, 6), size]);
  add.free();

  // Pairs: the greatest value, of equal ones the highest index.
  const last = mpi.createOp((input, inout) => {
    for (let i = 0; i < inout.length; i++) {
      const [a, b] = [input.get(i), inout.get(i)];
      if (a.value > b.value || (a.value === b.value && a.index > b.index)) inout.set(i, a.value, a.index);
    }
  });
  for (const value of ["float64", "float32", "int32"]) {
    const pairs = mpi.pairs(value, 2);
    pairs.set(0, 5, rank);
    pairs.set(1, -rank, rank);
    const got = comm.allreduce(pairs, mpi.pairs(value, 2), { op: last });
    assert.deepEqual([got.get(0), got.get(1)].map(plus), [
      { value: 5, index: size - 1 },
      { value: 0, index: 0 },
    ]);
  }
  last.free();
}

/** -0 is 0 here. */
function plus({ value, index }) {
  return { value: value + 0, index };
}

/** What an operation throws is thrown where it ran, after the call; all ranks go on. */
async function surfacesExceptions() {
  const thrown = new RangeError("no such sum");
  const bad = mpi.createOp(() => {
    throw thrown;
  });
  const memory = new WebAssembly.Memory({ initial: 1 });
  const [send, into] = [Float64Array.of(rank, 1), new Float64Array(2)];
  const calls = {
    allreduce: () => comm.allreduce(send, into, { op: bad }),
    number: () => comm.allreduce(1, { op: bad }),
    memory: () => comm.on(memory, "float64").allreduce(0, 64, 2, bad),
    reduce: () => comm.reduce(send, into, { op: bad }),
    scan: () => comm.scan(send, into, { op: bad }),
    reduceScatterBlock: () => comm.reduceScatterBlock(new Float64Array(2 * size), into, { op: bad }),
    wait: () => comm.iallreduce(send, into, { op: bad }).wait(),
    waitAll: () => mpi.waitAll([comm.iallreduce(send, into, { op: bad }), comm.irecv(into, { from: mpi.PROC_NULL })]),
    waitAny: () => mpi.waitAny([comm.iallreduce(send, into, { op: bad })]),
    waitSome: () => mpi.waitSome([comm.iallreduce(send, into, { op: bad })]),
    await: async () => await comm.iallreduce(send, into, { op: bad }),
    view: () => comm.allreduce(mpi.view(new Float64Array(4), { shape: [2], strides: [2] }), into, { op: bad }),
  };
  for (const [name, call] of Object.entries(calls)) {
    let caught = 0;
    try {
      await call();
    } catch (error) {
      assert.equal(error, thrown, name);
      caught = 1;
    }
    const ranks = comm.allreduce(caught);
    assert.ok(size === 1 ? ranks === 0 : ranks >= 1, `${name}: thrown on ${ranks} ranks`);
    assert.equal(comm.world.requests.size, 0, name);
  }
  // All that are complete are settled before anything is thrown, and one failure is thrown once.
  const throwing = mpi.createOp(() => {
    throw new TypeError("another");
  });
  for (const wait of [mpi.waitAll, mpi.waitSome]) {
    const requests = [bad, throwing].map((op) => comm.iallreduce(send, new Float64Array(2), { op }));
    for (let tries = 0; requests.some(({ active }) => active); tries++) {
      assert.ok(tries < 2);
      try {
        wait(requests);
      } catch (error) {
        assert.ok(error === thrown || error instanceof TypeError);
      }
    }
    for (const request of requests) request.wait();
  }
  // Prepared ones fail each time, and only then.
  const prepared = comm.allreduceInit(send, into, { op: bad });
  for (let step = 0; step < 2; step++) {
    let caught = 0;
    prepared.start();
    try {
      prepared.wait();
    } catch (error) {
      assert.equal(error, thrown);
      caught = 1;
    }
    const ranks = comm.allreduce(caught);
    assert.ok(size === 1 ? ranks === 0 : ranks >= 1);
    prepared.wait();
  }
  prepared.free();
  throwing.free();
  bad.free();
}

function freesOperationsInUse() {
  const add = mpi.createOp((input, inout) => {
    for (let i = 0; i < inout.length; i++) inout[i] += input[i];
  });
  const requests = [1, 2].map((factor) =>
    comm.iallreduce(Float64Array.of(factor * rank), new Float64Array(1), { op: add }),
  );
  add.free();
  // Others take the place of what was freed too early.
  const others = Array.from({ length: 20 }, () => mpi.createOp((_, inout) => inout.fill(-1)));
  mpi.waitAll(requests);
  assert.deepEqual(
    requests.map(({ buffer }) => buffer[0]),
    [bySize(0, 1, 3, 6), bySize(0, 2, 6, 12)],
  );
  for (const op of others) op.free();
}

function reducesLocally() {
  const inout = Float64Array.of(1, 2, 3);
  assert.equal(mpi.reduceLocal(Float64Array.of(10, 20, 30), inout), inout);
  assert.deepEqual([...inout], [11, 22, 33]);
  mpi.reduceLocal(Float64Array.of(5, 40, 5), inout, { op: "max" });
  assert.deepEqual([...inout], [11, 40, 33]);
  const bits = BigUint64Array.of(12n);
  mpi.reduceLocal(BigUint64Array.of(10n), bits, { op: "bxor" });
  assert.equal(bits[0], 6n);
  // Views: what lies between stays.
  const array = Float64Array.of(1, -1, 2, -1, 3, -1);
  const odd = mpi.view(array, { shape: [3], strides: [2] });
  assert.equal(mpi.reduceLocal(Float64Array.of(7, 8, 9), odd, { op: "prod" }), odd);
  assert.deepEqual([...array], [7, -1, 16, -1, 27, -1]);
  mpi.reduceLocal(odd, inout);
  assert.deepEqual([...inout], [18, 56, 60]);
  const minus = mpi.createOp(
    (input, result) => {
      for (let i = 0; i < result.length; i++) result[i] = input[i] - result[i];
    },
    { commutative: false },
  );
  mpi.reduceLocal(Float64Array.of(20, 60, 61), inout, { op: minus });
  assert.deepEqual([...inout], [2, 4, 1]);
  mpi.reduceLocal(Float64Array.of(8, 17, 29), odd, { op: minus });
  assert.deepEqual([...array], [1, -1, 1, -1, 2, -1]);
  mpi.reduceLocal(odd, inout, { op: minus });
  assert.deepEqual([...inout], [-1, -3, 1]);
  const bytes = new DataView(Uint8Array.of(9, 1, 2, 9).buffer, 1, 2);
  mpi.reduceLocal(new DataView(Uint8Array.of(5, 5).buffer), bytes, { op: minus });
  assert.deepEqual([...new Uint8Array(bytes.buffer)], [9, 4, 3, 9]);
  minus.free();
  const [a, b] = [mpi.pairs("int32", 1), mpi.pairs("int32", 1)];
  a.set(0, 3, 7);
  b.set(0, 3, 8);
  mpi.reduceLocal(a, b, { op: "maxloc" });
  assert.deepEqual(b.get(0), { value: 3, index: 7 });
  assert.deepEqual([...mpi.reduceLocal(new Int32Array(0), new Int32Array(0))], []);
}
