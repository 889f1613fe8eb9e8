/** Part of mpi-types.mjs: operations in JavaScript on numbers that belong together, and on structs. */
import assert from "node:assert/strict";
import { mpi } from "wasm-mpi/mpi";
import { comm, rank, ranks, size } from "./mpi-world.mjs";

const { IN_PLACE } = mpi;
/** Enough for libraries to send in segments, and no multiple of what they cut by. */
const length = 10_001;

/** Samples are multiples of 12, so that counts, means and sums of squares of up to 4 are exact in any order. */
const sample = (r, i) => 12 * ((7 * r * r + 3 * r + i) % 100);

/** Welford's count, mean and sum of squared differences, of one sample each. */
const triples = (r = rank, n = length) =>
  Float64Array.from({ length: 3 * n }, (_, i) => [1, sample(r, (i - (i % 3)) / 3), 0][i % 3]);

/** The same of the samples of several ranks, worked out at once. */
function merged(members, n = length, first = 0) {
  const result = new Float64Array(3 * n);
  for (let i = 0; i < n; i++) {
    const samples = members.map((r) => sample(r, first + i));
    const mean = samples.reduce((sum, x) => sum + x, 0) / samples.length;
    const squares = samples.reduce((sum, x) => sum + (x - mean) ** 2, 0);
    result.set([samples.length, mean, squares], 3 * i);
  }
  return result;
}

function merge(input, inout) {
  assert.equal(inout.length % 3, 0);
  for (let i = 0; i < inout.length; i += 3) {
    const [n, delta] = [input[i] + inout[i], inout[i + 1] - input[i + 1]];
    inout[i + 2] += input[i + 2] + (delta * delta * input[i] * inout[i]) / n;
    inout[i + 1] = input[i + 1] + (delta * inout[i]) / n;
    inout[i] = n;
  }
}

/** The three forms of a reduction; `make` gives fresh data, `check` looks at what became of the result. */
async function everyForm(name, make, options, check) {
  const form = `i${name}`;
  const say = (text) => `${name} ${text} on ${size} ranks`;
  let [send, recv] = make();
  comm[name](send, recv, options);
  check(recv, say("blocking"));
  [send, recv] = make();
  comm[form](send, recv, options).wait();
  check(recv, say("nonblocking"));
  [send, recv] = make();
  await comm[form](send, recv, options);
  check(recv, say("awaited"));
  [send, recv] = make();
  const prepared = comm[`${name}Init`](send, recv, options);
  const [firstSend, firstRecv] = make();
  for (let turn = 0; turn < 2; turn++) {
    if (send !== IN_PLACE) send.set(firstSend);
    recv.set(firstRecv);
    prepared.start();
    prepared.wait();
    check(recv, say(`prepared, turn ${turn}`));
  }
  prepared.free();
}

const same = (got, expected, what) => assert.ok(Buffer.compare(bytesOf(got), bytesOf(expected)) === 0, what);
const bytesOf = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);

export async function checkGroups() {
  await keepsTriplesWhole();
  await combinesStructs();
  combinesOtherGroups();
}

async function keepsTriplesWhole() {
  const op = mpi.createOp(merge, { of: 3 });
  assert.equal(String(op), "operation in JavaScript, of 3 elements");
  const make = () => [triples(), new Float64Array(3 * length)];
  const all = merged(ranks);
  for (const root of ranks) {
    await everyForm("reduce", make, { op, root }, (got, what) => {
      same(got, rank === root ? all : new Float64Array(3 * length), what);
    });
  }
  await everyForm("allreduce", make, { op }, (got, what) => same(got, all, what));
  await everyForm(
    "allreduce",
    () => [IN_PLACE, triples()],
    { op },
    (got, what) => same(got, all, what),
  );
  await everyForm("scan", make, { op }, (got, what) => same(got, merged(ranks.slice(0, rank + 1)), what));
  await everyForm("exscan", make, { op }, (got, what) => {
    same(got, rank === 0 ? new Float64Array(3 * length) : merged(ranks.slice(0, rank)), what);
  });
  const each = 2501;
  const whole = () => [triples(rank, each * size), new Float64Array(3 * each)];
  await everyForm("reduceScatterBlock", whole, { op }, (got, what) =>
    same(got, merged(ranks, each, each * rank), what),
  );
  const lengths = ranks.map((r) => 3000 - 500 * r);
  const counts = lengths.map((n) => 3 * n);
  const start = lengths.slice(0, rank).reduce((sum, n) => sum + n, 0);
  const parts = () => [triples(rank, lengths.reduce((sum, n) => sum + n, 0)), new Float64Array(counts[rank])]; // biome-ignore format: short
  await everyForm("reduceScatter", parts, { op, counts }, (got, what) => {
    same(got, merged(ranks, lengths[rank], start), what);
  });

  // In WebAssembly memory, in a view whose numbers lie apart, and here alone.
  const memory = new WebAssembly.Memory({ initial: 8 });
  const [from, into] = [new Float64Array(memory.buffer, 0, 300), new Float64Array(memory.buffer, 4096, 300)];
  from.set(triples(rank, 100));
  comm.on(memory, "float64").allreduce(0, 4096, 300, op);
  same(into, merged(ranks, 100), "in memory");
  comm.on(memory, "float64").allreduce(0, 0, 300, op);
  same(from, merged(ranks, 100), "in memory, in place");
  const apart = new Float64Array(12).fill(-1);
  comm.allreduce(triples(rank, 2), mpi.view(apart, { shape: [6], strides: [2] }), { op });
  assert.deepEqual(
    [...apart],
    [...merged(ranks, 2)].flatMap((x) => [x, -1]),
  );
  const inout = triples(1, 4);
  mpi.reduceLocal(triples(0, 4), inout, { op });
  same(inout, merged([0, 1], 4), "reduceLocal");
  // Freed while a call is under way.
  const request = comm.iallreduce(...make(), { op });
  op.free();
  request.wait();
  same(request.buffer, all, "freed");
}

/** A struct in C: double mean; float squares; int32 count; and 8 bytes that belong to nobody. */
async function combinesStructs() {
  const { datatype } = mpi;
  const parts = datatype.struct([
    { offset: 0, type: "float64" },
    { offset: 8, type: "float32" },
    { offset: 12, type: "int32" },
  ]);
  const struct = datatype.resized(parts, { lowerBound: 0, extent: 24 });
  const op = mpi.createOp(
    (input, inout) => {
      assert.equal(inout.byteLength % 24, 0);
      for (let at = 0; at < inout.byteLength; at += 24) {
        const [m, n] = [input.getInt32(at + 12, true), inout.getInt32(at + 12, true)];
        const delta = inout.getFloat64(at, true) - input.getFloat64(at, true);
        const squares = input.getFloat32(at + 8, true) + inout.getFloat32(at + 8, true);
        inout.setFloat64(at, input.getFloat64(at, true) + (delta * n) / (m + n), true);
        inout.setFloat32(at + 8, squares + (delta * delta * m * n) / (m + n), true);
        inout.setInt32(at + 12, m + n, true);
      }
    },
    { of: struct },
  );
  assert.match(String(op), /^operation in JavaScript, of resized of /);
  const layOut = (numbers, gap) => {
    const bytes = new DataView(new ArrayBuffer(8 * numbers.length));
    for (let i = 0; i < numbers.length; i += 3) {
      bytes.setFloat64(8 * i, numbers[i + 1], true);
      bytes.setFloat32(8 * i + 8, numbers[i + 2], true);
      bytes.setInt32(8 * i + 12, numbers[i], true);
      bytes.setFloat64(8 * i + 16, gap, true);
    }
    return new Uint8Array(bytes.buffer);
  };
  const n = 5003;
  const view = (array) => mpi.view(array, { datatype: struct });
  const expected = layOut(merged(ranks, n), -1);
  const make = () => [layOut(triples(rank, n), -2), layOut(new Float64Array(3 * n), -1)];
  const [send, recv] = make();
  for (const call of ["allreduce", "iallreduce", "allreduceInit"]) {
    recv.set(make()[1]);
    const request = comm[call](view(send), view(recv), { op });
    if (call === "allreduceInit") request.start();
    if (call !== "allreduce") request.wait();
    if (call === "allreduceInit") request.free();
    same(recv, expected, `${call} of structs`);
  }
  recv.set(make()[1]);
  comm.scan(view(send), view(recv), { op });
  same(recv, layOut(merged(ranks.slice(0, rank + 1), n), -1), "scan of structs");
  const pieces = layOut(triples(rank, 2 * size), -2);
  const piece = layOut(new Float64Array(6), -1);
  comm.reduceScatter(view(pieces), view(piece), { op, counts: ranks.map(() => 2) });
  same(piece, layOut(merged(ranks, 2, 2 * rank), -1), "reduceScatter of structs");
  comm.reduceScatterBlock(view(pieces), view(piece), { op });
  same(piece, layOut(merged(ranks, 2, 2 * rank), -1), "reduceScatterBlock of structs");
  const inout = layOut(triples(1, 4), -1);
  mpi.reduceLocal(view(layOut(triples(0, 4), -2)), view(inout), { op });
  same(inout, layOut(merged([0, 1], 4), -1), "reduceLocal of structs");
  // Data that end before the extent does, in a buffer that ends with them.
  const short = layOut(triples(rank, 3), -1).slice(0, 64);
  const result = new Uint8Array(64);
  comm.allreduce(mpi.view(short, { datatype: struct, count: 3 }), mpi.view(result, { datatype: struct, count: 3 }), { op }); // biome-ignore format: short
  for (const i of [0, 1, 2]) same(result.subarray(24 * i, 24 * i + 16), expected.subarray(24 * i, 24 * i + 16), "end");
  op.free();
  struct.free();
  parts.free();
}

/** Products of 2 x 2 matrices of whole numbers, in the order of the ranks; groups of complex numbers and of pairs. */
function combinesOtherGroups() {
  const times = (a, b) => {
    for (let i = 0; i < b.length; i += 4) {
      const [p, q, r, s] = b.subarray(i, i + 4);
      const [t, u, v, w] = a.subarray(i, i + 4);
      b.set([t * p + u * r, t * q + u * s, v * p + w * r, v * q + w * s], i);
    }
  };
  const product = mpi.createOp(times, { of: 4, commutative: false });
  assert.equal(String(product), "operation in JavaScript, of 4 elements, not commutative");
  const matrix = (r, n, Type) => Type.from({ length: 4 * n }, (_, i) => [1 + r, r, 2, i % 5][i % 4]);
  for (const Type of [Float32Array, Int32Array, Float64Array]) {
    const expected = matrix(size - 1, 3000, Type);
    for (let r = size - 2; r >= 0; r--) times(matrix(r, 3000, Type), expected);
    same(comm.allreduce(matrix(rank, 3000, Type), new Type(12_000), { op: product }), expected, Type.name);
  }
  product.free();

  // The pair of the least distance, with the pair behind it.
  const nearer = mpi.createOp(
    (input, inout) => {
      for (let i = 0; i < inout.length; i += 2) {
        if (Math.abs(input.get(i).value) >= Math.abs(inout.get(i).value)) continue;
        for (const k of [i, i + 1]) inout.set(k, input.get(k).value, input.get(k).index);
      }
    },
    { of: 2 },
  );
  const own = mpi.pairs("float64", 2);
  own.set(0, rank - 0.75, rank);
  own.set(1, 100 + rank, 1000 + rank);
  const got = comm.allreduce(own, mpi.pairs("float64", 2), { op: nearer });
  const nearest = size > 1 ? 1 : 0;
  assert.deepEqual(got.get(0), { value: nearest - 0.75, index: nearest });
  assert.deepEqual(got.get(1), { value: 100 + nearest, index: 1000 + nearest });
  nearer.free();

  // Two complex numbers at a time: the sums of both in both.
  const mix = mpi.createOp((input, inout) => inout.set(inout.map((x, i) => x + input[i])), { of: 2 });
  const complex = (array) => mpi.view(array, { type: "complex128" });
  const sums = new Float64Array(4);
  comm.allreduce(complex(Float64Array.of(rank, 1, 2, 3)), complex(sums), { op: mix });
  assert.deepEqual([...sums], [(size * (size - 1)) / 2, size, 2 * size, 3 * size]);
  mix.free();
}
