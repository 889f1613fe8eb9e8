/** Operations that compiled code makes of functions of its own; argument 1: debug. */
import assert from "node:assert/strict";
import { heap, jit, mpi } from "wasm-mpi";

const comm = mpi.init();
const { rank, size } = comm;
const debug = process.argv[2] === "debug";
const ranks = Array.from({ length: size }, (_, r) => r);
const length = 10_001;

const module = await jit(
  `import { Comm, IN_PLACE, Op, View, allreduce, createOp, reduce } from "mpi";

  // Welford's count, mean and sum of squared differences.
  const merge = createOp<f64>((input, inout) => {
    for (let i = 0; i < inout.length; i += 3) {
      const n = input[i] + inout[i], delta = inout[i + 1] - input[i + 1];
      inout[i + 2] += input[i + 2] + (delta * delta * input[i] * inout[i]) / n;
      inout[i + 1] = input[i + 1] + (delta * inout[i]) / n;
      inout[i] = n;
    }
  }, 3);
  export function merged(values: Float64Array): void { allreduce(values, merge); }
  export function mergedInto(values: Float64Array, result: Float64Array, comm: Comm): void {
    allreduce(values, result, merge, comm);
  }
  export function mergedAt(values: Float64Array, root: i32): void { reduce(values, merge, root); }
  export function mergedAtInto(values: Float64Array, result: Float64Array, root: i32): void {
    reduce(values, result, merge, root);
  }
  export function mergedApart(ptr: usize, n: i32): void { allreduce(new View<f64>(ptr, n, 2), merge); }

  // 2 x 2 matrices of whole numbers, in the order of the ranks: a function with a name.
  function times(a: View<i32>, b: View<i32>): void {
    for (let i = 0; i < b.length; i += 4) {
      const p = b[i], q = b[i + 1], r = b[i + 2], s = b[i + 3];
      b[i] = a[i] * p + a[i + 1] * r;
      b[i + 1] = a[i] * q + a[i + 1] * s;
      b[i + 2] = a[i + 2] * p + a[i + 3] * r;
      b[i + 3] = a[i + 2] * q + a[i + 3] * s;
    }
  }
  const product = createOp<i32>(times, 4, false);
  export function multiplied(values: Int32Array): void { allreduce(values, product); }

  // Single numbers, one made when it is used first.
  let hypotenuse: Op = 0;
  export function lengthOf(x: f64): f64 {
    if (!hypotenuse) {
      hypotenuse = createOp<f64>((a, b) => { for (let i = 0; i < b.length; i++) b[i] = Math.sqrt(a[i] * a[i] + b[i] * b[i]); });
    }
    return allreduce<f64>(x, hypotenuse);
  }
  export function floats(values: Float32Array): void { allreduce(values, merge); }
  export function number(): f64 { return allreduce<f64>(1, merge); }
  export function handle(op: Op): f64 { return allreduce<f64>(1, op); }
  export function collected(values: Float64Array): void {
    __collect();
    for (let n = 1; n < 60; n++) for (let i = 0; i < 9; i++) new StaticArray<i32>(n).fill(-1);
    allreduce(values, merge);
  }
  // What an operation leaves outside of itself is seen in the next turn of a loop.
  let combined = 0;
  const counting = createOp<f64>((a, b) => { combined++; for (let i = 0; i < b.length; i++) b[i] += a[i]; });
  export function counted(n: i32): i32 {
    let sum = 0;
    for (let i = 0; i < n; i++) { allreduce<f64>(1, counting); sum += 3 * combined; }
    return sum;
  }
  export function combinations(): i32 { return combined; }
  export function nothing(): void { createOp<f64>((a, b) => {}, 0); }
  const failing = createOp<i32>((a, b) => { unreachable(); });
  export function fail(): i32 { return allreduce<i32>(1, failing); }
  // The copy of the view is in use while a function that the operation calls fails.
  @external("host", "attempt") declare function attempt(): void;
  const attempting = createOp<f64>((a, b) => { attempt(); for (let i = 0; i < b.length; i++) b[i] += a[i]; });
  export function attempted(ptr: usize, n: i32): void { allreduce(new View<f64>(ptr, n, 2), attempting); }`,
  { debug, imports: { host: { attempt } } },
);

function attempt() {
  text(() => module.nothing());
  heap.free(heap.array("f64", 900).fill(-1));
}

/** Samples are multiples of 12, so that counts, means and sums of squares of up to 4 are exact in any order. */
const sample = (r, i) => 12 * ((7 * r + i) % 100);
function triples(n = length) {
  return Float64Array.from({ length: 3 * n }, (_, i) => [1, sample(rank, (i - (i % 3)) / 3), 0][i % 3]);
}
function all(n = length) {
  const result = new Float64Array(3 * n);
  for (let i = 0; i < n; i++) {
    const samples = ranks.map((r) => sample(r, i));
    const mean = samples.reduce((sum, x) => sum + x, 0) / size;
    result.set([size, mean, samples.reduce((sum, x) => sum + (x - mean) ** 2, 0)], 3 * i);
  }
  return result;
}
const same = (got, expected, what) => assert.ok(Buffer.from(got.buffer, got.byteOffset, got.byteLength).equals(Buffer.from(expected.buffer)), what); // biome-ignore format: short

const [values, result] = [heap.array("f64", 3 * length), heap.array("f64", 3 * length)];
values.set(triples());
module.merged(values);
same(values, all(), "in place");
values.set(triples());
module.collected(values);
same(values, all(), "after objects were collected");
values.set(triples());
module.mergedInto(values, result, comm);
same(values, triples(), "what was sent");
same(result, all(), "into another array");
for (const root of ranks) {
  result.fill(7);
  module.mergedAtInto(values, result, root);
  same(result, rank === root ? all() : new Float64Array(3 * length).fill(7), "at a root");
  const array = triples();
  module.mergedAt(array, root); // Copied into the memory, and back.
  same(array, rank === root ? all() : triples(), "at a root, in place");
}
for (let i = 0; i < 3000; i++) [values[2 * i], values[2 * i + 1]] = [triples(1000)[i % 3000], -1];
module.mergedApart(values.byteOffset, 3000);
const apart = all(1000);
assert.ok(apart.every((x, i) => values[2 * i] === x && values[2 * i + 1] === -1));
const half = comm.split({ color: rank % 2 });
values.set(triples());
module.mergedInto(values, result, half);
assert.equal(result[0], half.size);
half.free();

const matrix = (r) => Int32Array.from({ length: 12_000 }, (_, i) => [1 + r, r, 2, i % 5][i % 4]);
const matrices = matrix(rank);
module.multiplied(matrices);
const expected = matrix(size - 1);
for (let r = size - 2; r >= 0; r--) {
  const a = matrix(r);
  for (let i = 0; i < a.length; i += 4) {
    const [p, q, s, t] = expected.subarray(i, i + 4);
    expected.set([a[i] * p + a[i + 1] * s, a[i] * q + a[i + 1] * t, a[i + 2] * p + a[i + 3] * s, a[i + 2] * q + a[i + 3] * t], i); // biome-ignore format: short
  }
}
same(matrices, expected, "matrices");
const sides = [3, 4, 12, 84];
for (let turn = 0; turn < 2; turn++) assert.equal(module.lengthOf(sides[rank]), [3, 5, 13, 85][size - 1]);

const counted = module.counted(5);
assert.equal(counted, 9 * module.combinations(), "a loop reads what operations have set"); // As often in each turn: 3 * (1 + ... + 5) * all / 5.

const text = (run) => {
  try {
    run();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
  return "no error";
};
assert.equal(
  text(() => module.floats(new Float32Array(3))),
  "UsageError: MPI_Allreduce: expected elements of float64, which the operation combines, got float32. Make one for them with createOp.",
);
assert.equal(
  text(() => module.number()),
  "UsageError: MPI_Allreduce: expected a multiple of 3 float64, which the operation combines, got 1. Pass whole groups.",
);
assert.equal(
  text(() => module.handle(0xffff)),
  'UsageError: MPI_Allreduce: expected an operation, got 0xffff. Use SUM, MAX ... or createOp of "mpi".',
);
assert.equal(
  text(() => module.nothing()),
  'UsageError: createOp: "group" expected a number of elements from 1, got 0. Say how many belong together.',
);
values.fill(1);
module.attempted(values.byteOffset, 1000);
assert.deepEqual([values[0], values[1], values[1998]], [size, 1, size]);
// What the function throws is thrown by the call that it is for, where it ran; all ranks go on.
const failed = text(() => module.fail());
if (failed !== "no error") assert.match(failed, /^KernelError: fail/);
const failures = comm.allreduce(Number(failed !== "no error"));
assert.ok(size === 1 ? failures === 0 : failures >= 1);
assert.equal(module.lengthOf(sides[rank]), [3, 5, 13, 85][size - 1]);

// A module that calls an operation of its own before its exports are there.
if (size > 1) {
  const early = await jit(
    `import { allreduce, createOp } from "mpi";
    const first = createOp<f64>((a, b) => { for (let i = 0; i < b.length; i++) b[i] += a[i]; });
    export const value = allreduce<f64>(1, first);`,
  ).then(() => "no error", (error) => `${error.name}: ${error.message}`); // biome-ignore format: short
  const said = comm.allgatherObject(early);
  const expectedText =
    "UsageError: createOp: expected a reduction after the start of the module, got one in the start. Make the call in a function.";
  assert.ok(said.some((each) => each === expectedText) && said.every((each) => [expectedText, "no error"].includes(each)), said.join("\n")); // biome-ignore format: short
}
module.free();
heap.free(values);
heap.free(result);

// Made before mpi.init() would be too, and as many as there are: freed with the module. From the second half on with all that is
// theirs at addresses from 2 GiB on: nothing below is left, and what is taken is not touched.
const small = `import { allgatherv, allreduce, createOp, size, View } from "mpi";
  const sum = createOp<f64>((a, b) => { for (let i = 0; i < b.length; i++) b[i] += a[i]; });
  export function total(x: f64): f64 { return allreduce<f64>(x, sum); }
  export function all(x: f64): usize {
    const counts = new StaticArray<i32>(size()).fill(1);
    const values = new StaticArray<f64>(size());
    allgatherv(x, new View<f64>(changetype<usize>(values), size()), counts);
    return values[size() - 1] == size() - 1 ? changetype<usize>(values) : 0;
  }
  export function take(byteLength: usize): usize { return heap.alloc(byteLength); }`;
const taker = await jit(small);
for (let i = 0; i < 20; i++) {
  const isHigh = i >= 10;
  if (i === 10) for (let n = 2 ** 28; n >= 16; n /= 2) while (taker.take(n) < 2 ** 31);
  const each = await jit(small);
  assert.equal(each.total(rank), (size * (size - 1)) / 2);
  assert.ok(isHigh ? each.all(rank) >= 2 ** 31 : each.all(rank) > 0);
  each.free();
}
taker.free();
console.log("ok");
