/** The collective calls that combine data. */
import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { mpi } from "wasm-mpi/mpi";
import { bySize, comm, everyForm, rank, ranks, size } from "./mpi-collectives-forms.mjs";

const { IN_PLACE } = mpi;
const last = size - 1;

/** What ranks 0 to 3 give, and what comes out of the first one, two, three and four of them. */
const table = {
  sum: { inputs: [[12], [10], [6], [3]], results: [[12], [22], [28], [31]] },
  prod: { inputs: [[3], [2], [5], [4]], results: [[3], [6], [30], [120]] },
  max: {
    inputs: [
      [2, 9],
      [9, 2],
      [4, 4],
      [11, 1],
    ],
    results: [
      [2, 9],
      [9, 9],
      [9, 9],
      [11, 9],
    ],
  },
  min: {
    inputs: [
      [9, 2],
      [4, 3],
      [6, 1],
      [1, 7],
    ],
    results: [
      [9, 2],
      [4, 2],
      [4, 1],
      [1, 1],
    ],
  },
  // 1100, 1010, 0110, 0011
  band: { inputs: [[12], [10], [6], [3]], results: [[12], [8], [0], [0]] },
  bor: { inputs: [[12], [10], [6], [3]], results: [[12], [14], [14], [15]] },
  bxor: { inputs: [[12], [10], [6], [3]], results: [[12], [6], [0], [3]] },
  // One alone stays as it is; of two and more the result is 0 or 1.
  land: {
    inputs: [
      [1, 0, 5],
      [4, 1, 1],
      [1, 0, 1],
      [0, 0, 2],
    ],
    results: [
      [1, 0, 5],
      [1, 0, 1],
      [1, 0, 1],
      [0, 0, 1],
    ],
  },
  lor: {
    inputs: [
      [0, 0, 5],
      [0, 6, 1],
      [1, 0, 1],
      [0, 0, 1],
    ],
    results: [
      [0, 0, 5],
      [0, 1, 1],
      [1, 1, 1],
      [1, 1, 1],
    ],
  },
  lxor: {
    inputs: [
      [1, 0, 5],
      [1, 1, 1],
      [1, 0, 1],
      [0, 0, 4],
    ],
    results: [
      [1, 0, 5],
      [0, 1, 0],
      [1, 1, 1],
      [1, 1, 0],
    ],
  },
};

const arithmetic = ["sum", "prod", "max", "min"];
const bits = ["band", "bor", "bxor"];
const logic = ["land", "lor", "lxor"];

export function combinesEveryType() {
  const integers = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array];
  // On more ranks it takes long, and each operation has been seen for each type.
  for (const Type of size > 2 ? [Int8Array, Uint32Array] : integers) {
    const make = (numbers) => Type.from(numbers);
    for (const op of [...arithmetic, ...bits, ...logic]) combines({ make, list, op, ...table[op] }, Type.name);
  }
  for (const Type of size > 2 ? [BigUint64Array] : [BigInt64Array, BigUint64Array]) {
    const make = (numbers) => Type.from(numbers.map(BigInt));
    const numbers = (array) => [...array].map(Number);
    for (const op of [...arithmetic, ...bits, ...logic]) combines({ make, list: numbers, op, ...table[op] }, Type.name);
  }
  for (const Type of [Float32Array, Float64Array]) {
    const make = (numbers) => Type.from(numbers, (x) => x / 4);
    const quarters = (array) => [...array].map((x) => 4 * x);
    for (const op of ["sum", "max", "min"]) combines({ make, list: quarters, op, ...table[op] }, Type.name);
    combines({ make: (numbers) => Type.from(numbers), list, op: "prod", ...table.prod }, Type.name);
  }
  const bytes = (numbers) => new DataView(Uint8Array.from(numbers).buffer);
  const listBytes = (data) => [...new Uint8Array(data.buffer)];
  for (const op of bits) combines({ make: bytes, list: listBytes, op, ...table[op] }, "byte");

  // With and without sign.
  const [top, all] = [2n ** 63n, 2n ** 64n - 1n];
  const extremes = [
    [Int8Array, "min", [5, -128, 127, -1], [5, -128, -128, -128]],
    [Uint8Array, "max", [5, 128, 255, 7], [5, 128, 255, 255]],
    [Uint16Array, "max", [5, 2 ** 15, 2 ** 16 - 1, 7], [5, 2 ** 15, 2 ** 16 - 1, 2 ** 16 - 1]],
    [Uint32Array, "max", [5, 2 ** 31, 2 ** 32 - 1, 7], [5, 2 ** 31, 2 ** 32 - 1, 2 ** 32 - 1]],
    [BigInt64Array, "min", [5n, -top, top - 1n, -1n], [5n, -top, -top, -top]],
    [BigUint64Array, "max", [5n, top, all, 7n], [5n, top, all, all]],
    [
      BigInt64Array,
      "sum",
      [2n ** 53n, 1n, -(2n ** 60n), 3n],
      [2n ** 53n, 2n ** 53n + 1n, 1n + 2n ** 53n - 2n ** 60n, 4n + 2n ** 53n - 2n ** 60n],
    ],
    [Float64Array, "max", [-1, Number.MIN_VALUE, 0.1, Number.NEGATIVE_INFINITY], [-1, Number.MIN_VALUE, 0.1, 0.1]],
    [Float64Array, "min", [-1, 2, -0.5, Number.NEGATIVE_INFINITY], [-1, -1, -1, Number.NEGATIVE_INFINITY]],
  ];
  for (const [Type, op, inputs, results] of extremes) {
    const make = (values) => Type.from(values);
    combines({ make, list, op, inputs: inputs.map((one) => [one]), results: results.map((one) => [one]) }, Type.name);
  }
  combinesComplexNumbersAndPairs();
}

const list = (array) => [...array];

/** Every call gives what belongs to the number of ranks that take part in its result. */
function combines({ make, list, op, inputs, results }, what) {
  const note = `${what} ${op}`;
  const send = make(inputs[rank]);
  const empty = () => make(inputs[rank].map((one) => (typeof one === "bigint" ? 0n : 0)));
  const recv = empty();
  assert.equal(comm.allreduce(send, recv, { op }), recv);
  assert.deepEqual(list(recv), results[last], `allreduce ${note}`);
  const inPlace = make(inputs[rank]);
  comm.allreduce(IN_PLACE, inPlace, { op });
  assert.deepEqual(list(inPlace), results[last], `allreduce in place ${note}`);
  const onRoot = rank === last ? empty() : undefined;
  comm.reduce(send, onRoot, { op, root: last });
  if (onRoot) assert.deepEqual(list(onRoot), results[last], `reduce ${note}`);
  const upTo = empty();
  assert.equal(comm.scan(send, upTo, { op }), upTo);
  assert.deepEqual(list(upTo), results[rank], `scan ${note}`);
  const before = make(inputs[0]);
  assert.equal(comm.exscan(send, before, { op }), before);
  assert.deepEqual(list(before), rank === 0 ? list(make(inputs[0])) : results[rank - 1], `exscan ${note}`);
  const request = comm.iallreduce(send, recv, { op });
  request.wait();
  assert.deepEqual(list(recv), results[last], `iallreduce ${note}`);
  assert.deepEqual(list(send), list(make(inputs[rank])), `input of ${note}`);
}

function combinesComplexNumbersAndPairs() {
  for (const [Type, type] of [
    [Float32Array, "complex64"],
    [Float64Array, "complex128"],
  ]) {
    const make = (numbers) => mpi.view(Type.from(numbers), { type });
    const parts = (view) => [...view.source];
    // 1 + 2i, 3 - i, i, 2 + 2i
    const inputs = [
      [1, 2],
      [3, -1],
      [0, 1],
      [2, 2],
    ];
    const sums = [
      [1, 2],
      [4, 1],
      [4, 2],
      [6, 4],
    ];
    const products = [
      [1, 2],
      [5, 5],
      [-5, 5],
      [-20, 0],
    ];
    combines({ make, list: parts, op: "sum", inputs, results: sums }, type);
    combines({ make, list: parts, op: "prod", inputs, results: products }, type);
  }
  const layouts = {
    int32int32: { byteLength: 8, at: 4, get: "getInt32", set: "setInt32" },
    float32int32: { byteLength: 8, at: 4, get: "getFloat32", set: "setFloat32" },
    float64int32: { byteLength: 16, at: 8, get: "getFloat64", set: "setFloat64" },
  };
  for (const [type, { byteLength, at, get, set }] of Object.entries(layouts)) {
    // Of equal values the lower index counts, wherever it comes from. Two pairs each.
    const make = (numbers) => {
      const data = new DataView(new ArrayBuffer(2 * byteLength));
      for (let i = 0; i < 2; i++) {
        data[set](i * byteLength, numbers[2 * i], true);
        data.setInt32(i * byteLength + at, numbers[2 * i + 1], true);
      }
      return mpi.view(data, { type });
    };
    const pairs = ({ source }) =>
      [0, 1].flatMap((i) => [source[get](i * byteLength, true), source.getInt32(i * byteLength + at, true)]);
    const least = {
      inputs: [
        [5, 40, 1, 1],
        [3, 30, 1, 0],
        [3, 20, 2, 5],
        [7, 10, -1, 9],
      ],
      results: [
        [5, 40, 1, 1],
        [3, 30, 1, 0],
        [3, 20, 1, 0],
        [3, 20, -1, 9],
      ],
    };
    const greatest = {
      inputs: [
        [2, 40, 1, 1],
        [8, 30, 1, 0],
        [8, 20, 0, 5],
        [1, 10, 9, 9],
      ],
      results: [
        [2, 40, 1, 1],
        [8, 30, 1, 0],
        [8, 20, 1, 0],
        [8, 20, 9, 9],
      ],
    };
    combines({ make, list: pairs, op: "minloc", ...least }, type);
    combines({ make, list: pairs, op: "maxloc", ...greatest }, type);
  }
}

/** Element i of rank r at a step: (r + 1) (i + 1) + step. Of the first k ranks the sum is (i + 1) k (k + 1) / 2 + k step. */
const input = (count, r, step, first = 0) => Array.from({ length: count }, (_, i) => (r + 1) * (first + i + 1) + step);
const sums = (count, k, step, first = 0) =>
  Array.from({ length: count }, (_, i) => ((first + i + 1) * k * (k + 1)) / 2 + k * step);

export function combinesInEveryForm() {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
  for (const [send, recv] of [
    [new Float64Array(3), new Float64Array(3)],
    [new Int32Array(memory.buffer, 16, 3), new Int32Array(memory.buffer, 64, 3)],
  ]) {
    const fill = (step) => {
      send.set(input(3, rank, step));
      recv.fill(-1);
    };
    const fillOwn = (step) => recv.set(input(3, rank, step));
    const check = (step) => assert.deepEqual([...recv], sums(3, size, step));
    for (const root of ranks) {
      const checkRoot = (step) => assert.deepEqual([...recv], rank === root ? sums(3, size, step) : [-1, -1, -1]);
      everyForm("reduce", [send, recv, { root }], fill, checkRoot);
      const checkOwn = (step) =>
        assert.deepEqual([...recv], rank === root ? sums(3, size, step) : input(3, rank, step));
      // One line for all ranks: the root's data are in the result, and the others' too.
      everyForm("reduce", [IN_PLACE, recv, { root }], fillOwn, checkOwn);
      everyForm("reduce", [recv, recv, { root }], fillOwn, checkOwn);
    }
    everyForm("allreduce", [send, recv], fill, check);
    everyForm("allreduce", [IN_PLACE, recv], fillOwn, check);
    everyForm("allreduce", [recv, recv], fillOwn, check);
    everyForm("scan", [send, recv], fill, (step) => assert.deepEqual([...recv], sums(3, rank + 1, step)));
    everyForm("scan", [IN_PLACE, recv], fillOwn, (step) => assert.deepEqual([...recv], sums(3, rank + 1, step)));
    everyForm("exscan", [send, recv], fill, (step) =>
      assert.deepEqual([...recv], rank === 0 ? [-1, -1, -1] : sums(3, rank, step)),
    );
    everyForm("exscan", [IN_PLACE, recv], fillOwn, (step) =>
      assert.deepEqual([...recv], rank === 0 ? input(3, 0, step) : sums(3, rank, step)),
    );
  }
  // In pieces: of two elements each, and of 2, 0, 1, 3.
  const whole = new Float64Array(2 * size);
  const piece = new Float64Array(2);
  const fill = (step) => whole.set(input(2 * size, rank, step));
  const expected = (step) => sums(2, size, step, 2 * rank);
  everyForm("reduceScatterBlock", [whole, piece], fill, (step) => assert.deepEqual([...piece], expected(step)));
  const inPlace = (step) => assert.deepEqual([...whole.subarray(0, 2)], expected(step));
  everyForm("reduceScatterBlock", [IN_PLACE, whole], fill, inPlace);
  everyForm("reduceScatterBlock", [whole, whole], fill, inPlace);
  everyForm("reduceScatterBlock", [whole, whole.subarray(0, 2)], fill, inPlace);

  const counts = [2, 0, 1, 3].slice(0, size);
  const [own, start, total] = [counts[rank], [0, 2, 2, 3][rank], bySize(2, 2, 3, 6)];
  const all = new Float64Array(total);
  const part = new Float64Array(own);
  const fillAll = (step) => all.set(input(total, rank, step));
  const expectedPart = (step) => sums(own, size, step, start);
  everyForm("reduceScatter", [all, part, { counts }], fillAll, (step) =>
    assert.deepEqual([...part], expectedPart(step)),
  );
  const partInPlace = (step) => assert.deepEqual([...all.subarray(0, own)], expectedPart(step));
  everyForm("reduceScatter", [IN_PLACE, all, { counts: Uint8Array.from(counts) }], fillAll, partInPlace);
  everyForm("reduceScatter", [all, all, { counts }], fillAll, partInPlace);

  assert.equal(comm.allreduce(rank + 0.5), bySize(0.5, 2, 4.5, 8));
  assert.equal(comm.allreduce(rank, { op: "max" }), last);
  const nothing = () => {};
  const none = () => new Float64Array(0);
  for (const name of ["reduce", "allreduce", "scan", "exscan", "reduceScatterBlock"]) {
    everyForm(name, [none(), none()], nothing, nothing);
    everyForm(name, [IN_PLACE, none()], nothing, nothing);
  }
  everyForm("reduceScatter", [none(), none(), { counts: ranks.map(() => 0) }], nothing, nothing);
}

/** A blocking call copies views that are not contiguous, and touches nothing between their elements. */
export function combinesViews() {
  const spread = (numbers) => numbers.flatMap((x) => [x, -1, -1]);
  const column = (array, length) => mpi.view(array, { shape: [length], strides: [3] });
  const steps = (array) => mpi.view(array, { offset: 7, shape: [2, 2], strides: [-6, 3] });
  const send = Float64Array.from(spread(input(4, rank, 0)));
  const untouched = [...send];
  const recv = new Float64Array(12).fill(-1);
  comm.allreduce(column(send, 4), column(recv, 4));
  assert.deepEqual([...recv], spread(sums(4, size, 0)));
  const flat = new Float64Array(4);
  comm.allreduce(column(send, 4), flat);
  assert.deepEqual([...flat], sums(4, size, 0));
  // Rows in reverse order: elements 7, 10, 1, 4 of the array.
  recv.fill(-1);
  comm.allreduce(Float64Array.from(input(4, rank, 0)), steps(recv));
  const [a, b, c, d] = sums(4, size, 0);
  assert.deepEqual([...recv], [-1, c, -1, -1, d, -1, -1, a, -1, -1, b, -1]);
  const inPlace = Float64Array.from(untouched);
  comm.allreduce(IN_PLACE, column(inPlace, 4));
  assert.deepEqual([...inPlace], spread(sums(4, size, 0)));
  inPlace.set(untouched);
  comm.scan(column(inPlace, 4), column(inPlace, 4));
  assert.deepEqual([...inPlace], spread(sums(4, rank + 1, 0)));
  inPlace.set(untouched);
  comm.exscan(IN_PLACE, column(inPlace, 4));
  assert.deepEqual([...inPlace], spread(rank === 0 ? input(4, 0, 0) : sums(4, rank, 0)));
  inPlace.set(untouched);
  comm.reduce(IN_PLACE, column(inPlace, 4), { root: last });
  assert.deepEqual([...inPlace], rank === last ? spread(sums(4, size, 0)) : untouched);
  const pieces = Float64Array.from(spread(input(size, rank, 0)));
  recv.fill(-1);
  comm.reduceScatterBlock(column(pieces, size), column(recv, 1));
  assert.equal(recv[0], sums(1, size, 0, rank)[0]);
  comm.reduceScatter(column(pieces, size), column(recv, 1), { counts: ranks.map(() => 1) });
  assert.deepEqual([...recv], [sums(1, size, 0, rank)[0], ...new Array(11).fill(-1)]);
  comm.reduceScatterBlock(IN_PLACE, column(pieces, size));
  assert.equal(pieces[0], sums(1, size, 0, rank)[0]);
  assert.deepEqual([...send], untouched);
  // What only looks like a view of rows is sent as it is, with a request too.
  const request = comm.iallreduce(mpi.view(flat, { shape: [2, 2] }), mpi.view(recv, { offset: 2, shape: [4] }));
  request.wait();
  assert.deepEqual(
    [...recv.subarray(2, 6)],
    sums(4, size, 0).map((x) => size * x),
  );
}

/**
 * A number and the power of ten above it, as a complex number so that both stay together: combined in the order of the
 * ranks, their digits stand behind each other.
 */
export function combinesInJavaScript() {
  const join = (input, inout) => {
    for (let i = 0; i < inout.length; i += 2) {
      inout[i] += input[i] * inout[i + 1];
      inout[i + 1] *= input[i + 1];
    }
  };
  const op = mpi.createOp(join, { commutative: false });
  const digits = [
    [0, 1],
    [1, 10],
    [12, 100],
    [123, 1000],
    [1234, 10000],
  ];
  const make = () => new Float64Array(2);
  const view = (array) => mpi.view(array, { type: "complex128" });
  const [send, recv] = [make(), make()];
  const fill = () => {
    send.set([rank + 1, 10]);
    recv.set([7, 1]);
  };
  const options = { op };
  for (const root of ranks) {
    const check = () => rank === root && assert.deepEqual([...recv], digits[size]);
    everyForm("reduce", [view(send), view(recv), { op, root }], fill, check);
  }
  everyForm("allreduce", [view(send), view(recv), options], fill, () => assert.deepEqual([...recv], digits[size]));
  everyForm("scan", [view(send), view(recv), options], fill, () => assert.deepEqual([...recv], digits[rank + 1]));
  everyForm("exscan", [view(send), view(recv), options], fill, () =>
    assert.deepEqual([...recv], rank === 0 ? [7, 1] : digits[rank]),
  );
  const setInput = () => recv.set([rank + 1, 10]);
  everyForm("allreduce", [IN_PLACE, view(recv), options], setInput, () => assert.deepEqual([...recv], digits[size]));
  const whole = Float64Array.from({ length: 2 * size }, (_, i) => (i % 2 ? 10 : rank + 1));
  everyForm("reduceScatterBlock", [view(whole), view(recv), options], fill, () =>
    assert.deepEqual([...recv], digits[size]),
  );
  op.free();

  // Numbers too, and integers of 64 bits.
  const hypot = mpi.createOp((input, inout) => inout.set(inout.map((x, i) => Math.hypot(x, input[i]))));
  const length = comm.allreduce(bySize([3], [3, 4], [3, 4, 12], [3, 4, 12, 84])[rank], { op: hypot });
  assert.ok(Math.abs(length - bySize(3, 5, 13, 85)) < 1e-13);
  hypot.free();
  const or = mpi.createOp((input, inout) => inout.set(inout.map((x, i) => x | input[i])));
  const flags = BigUint64Array.of(1n << BigInt(60 + rank), 1n);
  comm.allreduce(flags, flags, { op: or });
  assert.deepEqual([...flags], [bySize(1n, 3n, 7n, 15n) << 60n, 1n]);
  or.free();
}

/** A hundred reductions at once of arrays that nothing else refers to, with collections of garbage in between. */
export async function keepsWhatDroppedReductionsNeed() {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc");
  const filled = (count, value) => new Float64Array(count).fill(value);
  const plus = mpi.createOp((input, inout) => inout.set(inout.map((x, i) => x + input[i])));
  const begun = [];
  for (let i = 0; i < 100; i++) {
    begun.push(
      [
        () => comm.iallreduce(filled(50, i + rank), filled(50, 0)),
        () => comm.iallreduce(IN_PLACE, filled(50, i + rank), { op: plus }),
        () => comm.ireduceScatter(filled(size, i + rank), filled(1, 0), { counts: ranks.map(() => 1) }),
        () => comm.iscan(filled(50, i + rank), filled(50, 0)),
      ][i % 4](),
    );
    if (i % 30 === 0) collectGarbage();
  }
  for (let turn = 0; turn < 3; turn++) {
    await new Promise(setImmediate);
    collectGarbage();
    for (let i = 0; i < 100; i++) filled(50, -1);
  }
  mpi.waitAll(begun);
  const all = (i) => size * i + bySize(0, 1, 3, 6);
  for (const [i, { buffer }] of begun.entries()) {
    const expected = i % 4 === 3 ? (rank + 1) * i + [0, 1, 3, 6][rank] : all(i);
    assert.ok(
      buffer.every((x) => x === expected),
      `${i}: ${buffer}, not ${expected}`,
    );
  }
  plus.free();
  assert.equal(comm.world.requests.size, 0);
}
