/** Part of mpi-calls.mjs: data of every type, in every memory, and every operation on it. */
import assert from "node:assert/strict";
import { bySize, comm, next, previous, rank, size } from "./mpi-calls-start.mjs";

export function* elementTypes() {
  const integers = [Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array];
  for (const Type of [...integers, Float32Array, Float64Array, Uint8ClampedArray]) yield { Type, of: Number };
  for (const Type of [BigInt64Array, BigUint64Array]) yield { Type, of: BigInt };
}

/** Ways to come by an array: `make(Type, length)`, with junk around it that must stay. */
export function* memories() {
  const within = (buffer, Type, length, start) => {
    new Uint8Array(buffer).fill(0xa5);
    return new Type(buffer, start * Type.BYTES_PER_ELEMENT, length).fill(Type.name.startsWith("Big") ? 0n : 0);
  };
  yield (Type, length) => new Type(length);
  yield (Type, length) => within(new ArrayBuffer(4096), Type, length, 3);
  yield (Type, length) => within(new SharedArrayBuffer(4096), Type, length, 5);
  yield (Type, length) => within(new WebAssembly.Memory({ initial: 1 }).buffer, Type, length, 7);
  yield (Type, length) =>
    within(new WebAssembly.Memory({ initial: 1, maximum: 9, shared: true }).buffer, Type, length, 1);
  yield (Type, length) => within(new ArrayBuffer(4096), Type, length + 4, 1).subarray(3, length + 3);
}

/** No byte outside an array changed. */
function surroundingsOf(array) {
  const bytes = new Uint8Array(array.buffer);
  return [...bytes.subarray(0, array.byteOffset), ...bytes.subarray(array.byteOffset + array.byteLength)];
}

export function movesEveryType({ Type, of }, make) {
  const values = (r) => [0, 1, 7, 100 + r, 127 - r].map(of);
  const filled = (r) => {
    const array = make(Type, 5);
    array.set(values(r));
    return array;
  };
  const send = filled(rank);
  const recv = make(Type, 5);
  const around = surroundingsOf(recv);
  assert.deepEqual(comm.sendrecv(send, recv, { to: next, from: previous, sendTag: 9 }), {
    source: previous,
    tag: 9,
    count: 5,
  });
  assert.deepEqual([...recv], values(previous));
  assert.deepEqual([...send], values(rank));
  assert.deepEqual(surroundingsOf(recv), around);

  const root = size - 1;
  const shared = filled(rank);
  comm.bcast(shared, { root });
  assert.deepEqual([...shared], values(root));

  const all = make(Type, 5 * size);
  assert.equal(comm.allgather(send, all), all);
  const expected = Array.from({ length: size }, (_, r) => values(r)).flat();
  assert.deepEqual([...all], expected);

  const least = make(Type, 5);
  assert.equal(comm.allreduce(send, least, { op: "min" }), least);
  assert.deepEqual([...least], [0, 1, 7, 100, 128 - size].map(of));

  // The extreme values of the type, bit by bit.
  const bits = new Uint8Array(Type.BYTES_PER_ELEMENT * 2).map((_, i) => (i * 37 + rank * 11 + 128) % 256);
  const extreme = new Type(bits.buffer);
  const got = new Type(2);
  const request = comm.irecv(got, { from: previous, tag: 4 });
  comm.isend(extreme, { to: next, tag: 4 }).wait();
  request.wait();
  const sent = bits.map((_, i) => (i * 37 + previous * 11 + 128) % 256);
  assert.deepEqual(new Uint8Array(got.buffer), sent);
}

export function reducesWithEveryOperation() {
  const number = [12, 10, 6, 3][rank]; // 1100, 1010, 0110, 0011
  const truths = [
    [1, 0, 1],
    [1, 1, 1],
    [1, 0, 1],
    [0, 0, 1],
  ][rank];
  const results = {
    sum: [bySize(12, 22, 28, 31)],
    prod: [bySize(12, 120, 720, 2160)],
    max: [12],
    min: [bySize(12, 10, 6, 3)],
    band: [bySize(12, 8, 0, 0)],
    bor: [bySize(12, 14, 14, 15)],
    bxor: [bySize(12, 6, 0, 3)],
    land: bySize([1, 0, 1], [1, 0, 1], [1, 0, 1], [0, 0, 1]),
    lor: bySize([1, 0, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1]),
    lxor: bySize([1, 0, 1], [0, 1, 0], [1, 1, 1], [1, 1, 0]),
  };
  for (const { Type, of } of elementTypes()) {
    for (const [op, numbers] of Object.entries(results)) {
      if (Type.name.startsWith("Float") && /^[lb]/.test(op)) continue;
      if (Type.BYTES_PER_ELEMENT === 1 && op === "prod") continue; // 2160 is no byte
      const expected = numbers.map(of);
      const send = Type.from((numbers.length === 1 ? [number] : truths).map(of));
      const recv = new Type(send.length);
      comm.allreduce(send, recv, { op });
      assert.deepEqual([...recv], expected, `allreduce ${Type.name} ${op}`);
      for (const root of [0, size - 1]) {
        const result = rank === root ? new Type(send.length) : undefined;
        comm.reduce(send, result, { op, root });
        if (result) assert.deepEqual([...result], expected, `reduce ${Type.name} ${op}`);
      }
    }
  }
  // Without options: the sum, on rank 0; arrays given elsewhere stay as they are.
  const recv = Int32Array.of(-1, -1);
  comm.reduce(Int32Array.of(rank, 1), recv);
  assert.deepEqual([...recv], rank === 0 ? [bySize(0, 1, 3, 6), size] : [-1, -1]);
  comm.allreduce(Int32Array.of(rank, 1), recv);
  assert.deepEqual([...recv], [bySize(0, 1, 3, 6), size]);
}

export function reducesNumbers() {
  assert.equal(comm.allreduce(rank + 1), bySize(1, 3, 6, 10));
  const inPlace = Int32Array.of(rank + 1, 10 * rank);
  assert.equal(comm.allreduce(inPlace, inPlace), inPlace);
  assert.deepEqual([...inPlace], [bySize(1, 3, 6, 10), bySize(0, 10, 30, 60)]);
  const ranked = Float64Array.of(rank + 1);
  comm.reduce(ranked, ranked, { op: "max", root: size - 1 });
  assert.equal(ranked[0], rank + 1); // The root's own value is the greatest; the others keep theirs.
  assert.equal(comm.allreduce(rank + 1, { op: "prod" }), bySize(1, 2, 6, 24));
  assert.equal(comm.allreduce(rank - 0.5, { op: "max" }), size - 1.5);
  assert.equal(comm.allreduce(rank - 0.5, { op: "min" }), -0.5);
  assert.equal(comm.allreduce(Number.NEGATIVE_INFINITY, { op: "sum" }), Number.NEGATIVE_INFINITY);
}

export function gathers() {
  const send = Uint16Array.of(rank, 10 * rank);
  for (let root = 0; root < size; root++) {
    const recv = rank === root ? new Uint16Array(2 * size) : undefined;
    comm.gather(send, recv, { root });
    if (recv) assert.deepEqual([...recv], [0, 0, 1, 10, 2, 20, 3, 30].slice(0, 2 * size));
  }
  const recv = new Uint16Array(2 * size).fill(9);
  comm.gather(send, recv);
  assert.deepEqual([...recv.subarray(0, 2)], rank === 0 ? [0, 0] : [9, 9]);
  const array = Int8Array.of(5 - rank);
  comm.bcast(array);
  assert.deepEqual([...array], [5]);
}
