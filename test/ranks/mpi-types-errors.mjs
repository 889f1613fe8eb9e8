/**
 * Wrong datatypes, views, packing, pairs and operations. Rank 0 prints one JSON object: the error (class and text) of
 * each. Afterwards all ranks still work together.
 */
import assert from "node:assert/strict";
import { mpi } from "wasm-mpi/mpi";
import { texts, wrong } from "./mpi-wrong.mjs";

wrong("datatype before init", () => mpi.datatype.contiguous(1, "int8"));
const comm = mpi.init();
const { rank, size } = comm;
const { datatype } = mpi;
const array = new Float64Array(8);
const f = "float64";

const blocks = { count: 2, blockLength: 1, stride: 3 };
wrong("contiguous: count", () => datatype.contiguous(-1, f));
wrong("contiguous: type", () => datatype.contiguous(1, "double"));
wrong("contiguous: no type", () => datatype.contiguous(1));
wrong("vector: count", () => datatype.vector({ ...blocks, count: 0.5 }, f));
wrong("vector: blockLength", () => datatype.vector({ count: 2, stride: 3 }, f));
wrong("vector: stride", () => datatype.vector({ ...blocks, stride: 2 ** 31 }, f));
wrong("hvector: count", () => datatype.hvector({ ...blocks, count: 2 ** 31 }, f));
wrong("hvector: blockLength", () => datatype.hvector({ ...blocks, blockLength: -1 }, f));
wrong("hvector: stride", () => datatype.hvector({ ...blocks, stride: "8" }, f));
wrong("indexed: blockLengths", () => datatype.indexed({ displacements: [0] }, f));
wrong("indexed: block", () => datatype.indexed({ blockLengths: [1, -2], displacements: [0, 1] }, f));
wrong("indexed: displacements", () => datatype.indexed({ blockLengths: [1, 2], displacements: [0] }, f));
wrong("hindexed: displacement", () => datatype.hindexed({ blockLengths: [1], displacements: [1.5] }, f));
wrong("indexedBlock: blockLength", () => datatype.indexedBlock({ displacements: [0] }, f));
wrong("indexedBlock: displacements", () => datatype.indexedBlock({ blockLength: 1, displacements: 3 }, f));
const box = { shape: [4, 4], subshape: [2, 2], start: [0, 0] };
wrong("subarray: shape", () => datatype.subarray({ ...box, shape: 4 }, f));
wrong("subarray: subshape", () => datatype.subarray({ ...box, subshape: [2] }, f));
wrong("subarray: start", () => datatype.subarray({ ...box, start: [0, 0, 0] }, f));
wrong("subarray: place", () => datatype.subarray({ ...box, start: [0, -1] }, f));
wrong("subarray: beyond", () => datatype.subarray({ ...box, start: [3, 0] }, f));
wrong("subarray: empty", () => datatype.subarray({ ...box, subshape: [0, 2] }, f));
wrong("subarray: no axis", () => datatype.subarray({ shape: [], subshape: [], start: [] }, f));
wrong("subarray: order", () => datatype.subarray({ ...box, order: "F" }, f));
wrong("struct: fields", () => datatype.struct({ offset: 0, type: f }));
wrong("struct: type", () => datatype.struct([{ offset: 0, type: f }, { offset: 8, type: Float64Array }])); // biome-ignore format: short
wrong("struct: offset", () => datatype.struct([{ type: f }]));
wrong("struct: count", () => datatype.struct([{ offset: 0, type: f, count: -1 }]));
wrong("resized: lowerBound", () => datatype.resized(f, { extent: 8 }));
wrong("resized: extent", () => datatype.resized(f, { lowerBound: 0, extent: 2 ** 53 }));
const freed = datatype.contiguous(2, f);
const viewOfFreed = mpi.view(array, { datatype: freed });
freed.free();
wrong("dup: freed", () => datatype.dup(freed));
wrong("name: freed", () => freed.name);
wrong("free: freed", () => freed.free());
wrong("send: freed", () => comm.send(viewOfFreed, { to: 0 }));

const column = datatype.vector({ count: 2, blockLength: 1, stride: 4 }, f);
wrong("view: list", () => mpi.view([1, 2]));
wrong("view: buffer", () => mpi.view(new ArrayBuffer(8)));
wrong("view: type", () => mpi.view(array, { type: "float" }));
wrong("view: offset", () => mpi.view(array, { offset: -1 }));
wrong("view: offset beyond", () => mpi.view(array, { offset: 9 }));
wrong("view: shape", () => mpi.view(array, { shape: [2, -1] }));
wrong("view: no axis", () => mpi.view(array, { shape: [] }));
wrong("view: number", () => mpi.view(array, { shape: 3 }));
wrong("view: strides", () => mpi.view(array, { shape: [2, 2], strides: [3] }));
wrong("view: beyond", () => mpi.view(array, { offset: 1, shape: [3, 2], strides: [3, 2] }));
wrong("view: before", () => mpi.view(array, { offset: 3, shape: [3], strides: [-2] }));
wrong("view: option", () => mpi.view(array, { stride: [2] }));
wrong("view: datatype", () => mpi.view(array, { datatype: "float64" }));
wrong("view: datatype option", () => mpi.view(array, { datatype: column, shape: [1] }));
wrong("view: datatype count", () => mpi.view(array, { datatype: column, count: 1.5 }));
wrong("view: datatypes beyond", () => mpi.view(array, { datatype: column, count: 2 }));
wrong("view: no datatype fits", () => mpi.view(array, { datatype: column, offset: 4 }));
const memory = new WebAssembly.Memory({ initial: 1 });
const old = new Float64Array(memory.buffer, 0, 4);
const viewOfOld = mpi.view(old, { shape: [2], strides: [2] });
memory.grow(1);
wrong("view: detached", () => mpi.view(old));
wrong("send: detached", () => comm.send(old, { to: 0 }));
wrong("send: view of detached", () => comm.send(viewOfOld, { to: 0 }));

const same = mpi.view(array, { shape: [4], strides: [0] });
const crossing = mpi.view(array, { shape: [3, 3], strides: [2, 1] });
wrong("recv: overlap", () => comm.recv(same, { from: 0 }));
wrong("irecv: overlap", () => comm.irecv(crossing));
wrong("recvInit: overlap", () => comm.recvInit(same));
wrong("sendrecv: overlap", () => comm.sendrecv(array, same, { to: rank, from: rank }));
wrong("sendrecvReplace: overlap", () => comm.sendrecvReplace(same, { to: rank, from: rank }));
wrong("bcast: overlap", () => comm.bcast(same));
wrong("ibcast: overlap", () => comm.ibcast(same));
wrong("allgather: overlap", () => comm.allgather(array, same));
wrong("unpack: overlap", () => comm.unpack(new Uint8Array(64), [array, same]));
wrong("reduceLocal: overlap", () => mpi.reduceLocal(new Float64Array(4), same));

const strided = mpi.view(array, { shape: [4], strides: [2] });
wrong("iallreduce: send", () => comm.iallreduce(strided, new Float64Array(4)));
wrong("ireduce: recv", () => comm.ireduce(new Float64Array(4), strided, { root: rank }));
wrong("iscan: recv", () => comm.iscan(new Float64Array(4), strided));
const columns = mpi.view(array, { datatype: column });
wrong("allreduce: datatype", () => comm.allreduce(columns, columns));
const op = mpi.createOp(() => {});
wrong("allreduce: datatype, own operation", () => comm.allreduce(columns, columns, { op }));
const packed = mpi.view(new Uint8Array(8), { type: "packed" });
wrong("scan: packed", () => comm.scan(packed, packed, { op: "bor" }));
const complex = mpi.view(array, { type: "complex128" });
wrong("allreduce: complex", () => comm.allreduce(complex, mpi.view(new Float64Array(8), { type: "complex128" }), { op: "min" })); // biome-ignore format: short
const pairs = mpi.pairs("float64", 4);
wrong("allreduce: pairs", () => comm.allreduce(pairs, mpi.pairs("float64", 4)));
wrong("allreduce: places of numbers", () => comm.allreduce(array, new Float64Array(8), { op: "maxloc" }));
wrong("allreduce: complex and numbers", () => comm.allreduce(complex, new Float64Array(8)));
wrong("allgather: bytes", () => comm.allgather(columns, new Float64Array(size)));
wrong("scatter: bytes", () => comm.scatter(new Float64Array(3 * size), columns, { root: rank }));
const three = mpi.createOp(() => {}, { of: 3 });
wrong("allreduce: no whole groups", () => comm.allreduce(array, new Float64Array(8), { op: three }));
wrong("iscan: no whole groups", () => comm.iscan(new Float64Array(6), array, { op: three }));
wrong("allreduce: a number for a group", () => comm.allreduce(1, { op: three }));
wrong("allreduce: groups in memory", () =>
  comm.on(new WebAssembly.Memory({ initial: 1 }), f).allreduce(0, 64, 4, three),
);
wrong("reduceScatter: no whole groups", () =>
  comm.reduceScatter(new Float64Array(6 * size), new Float64Array(6), { op: three, counts: new Array(size).fill(4) }),
);
wrong("reduceLocal: no whole groups", () => mpi.reduceLocal(array, new Float64Array(8), { op: three }));
wrong("allreduce: datatype, operation on groups", () => comm.allreduce(columns, columns, { op: three }));
wrong("allreduce: groups that overlap", () => {
  const nine = new Float64Array(9);
  comm.allreduce(mpi.view(nine, { shape: [6] }), mpi.view(nine, { shape: [6], offset: 3 }), { op: three });
});
three.free();
const row = datatype.contiguous(2, f);
const onColumns = mpi.createOp(() => {}, { of: column });
wrong("allreduce: numbers for a datatype", () => comm.allreduce(array, new Float64Array(8), { op: onColumns }));
const rows = mpi.view(array, { datatype: row });
wrong("allreduce: another datatype", () => comm.allreduce(mpi.IN_PLACE, rows, { op: onColumns }));
onColumns.free();
row.free();
const beyond = datatype.resized(f, { lowerBound: 0, extent: 4 });
wrong("createOp: of, extent", () => mpi.createOp(() => {}, { of: beyond }));
beyond.free();
wrong("createOp: of, number", () => mpi.createOp(() => {}, { of: 0 }));
wrong("createOp: of, text", () => mpi.createOp(() => {}, { of: "f64" }));
op.free();
wrong("allreduce: freed", () => comm.allreduce(1, { op }));
wrong("op: freed", () => op.free());
wrong("createOp: of, null", () => mpi.createOp(() => {}, { of: null }));
wrong("createOp: commutative", () => mpi.createOp(() => {}, { commutative: "no" }));
wrong("createOp: async", () => mpi.createOp(async () => {}));
wrong("createOp: generator", () => mpi.createOp(function* () {}));
const promising = mpi.createOp(() => Promise.resolve());
wrong("createOp: promise", () => mpi.reduceLocal(array, new Float64Array(array.length), { op: promising }));
promising.free();
wrong("combine: async", () => comm.allreduceObject(1, async () => 2));
wrong("root: null", () => comm.bcast(array, { root: null }));
wrong("op: null", () => comm.allreduce(1, { op: null }));
wrong("createOp: name", () => mpi.createOp("sum"));
wrong("reduceLocal: length", () => mpi.reduceLocal(array, new Float64Array(3)));
wrong("reduceLocal: type", () => mpi.reduceLocal(array, new Float32Array(8)));
wrong("reduceLocal: operation", () => mpi.reduceLocal(Int8Array.of(1), Int8Array.of(2), { op: "minloc" }));
wrong("reduceLocal: number", () => mpi.reduceLocal(1, array));
wrong("pairs: value", () => mpi.pairs("int64", 1));
wrong("pairs: n", () => mpi.pairs("int32", -1));
wrong("pairs: get", () => pairs.get(4));
wrong("pairs: set", () => pairs.set(-1, 0, 0));
wrong("pairs: index", () => pairs.set(0, 1, 2 ** 31));
wrong("pack: array", () => comm.pack(array));
wrong("pack: element", () => comm.pack([array, "text"]));
wrong("packSize: array", () => comm.packSize(array));
wrong("unpack: bytes", () => comm.unpack(new Float64Array(8), [array]));
wrong("unpack: array", () => comm.unpack(new Uint8Array(64), array));
wrong("unpack: short", () => comm.unpack(new Uint8Array(63), [new Float64Array(7), Float32Array.of(1, 2)]));

truncates();

column.free();
comm.barrier();
assert.equal(comm.allreduce(1), size);
mpi.finalize();
if (rank === 0) console.log(JSON.stringify(texts));

/** Messages too long for a view. */
function truncates() {
  const [to, from] = [(rank + 1) % size, (rank + size - 1) % size];
  const truncated = (name, view) => {
    const sent = comm.isend(new Float64Array(5).fill(1), { to, tag: 7 });
    wrong(name, () => comm.recv(view, { from, tag: 7 }));
    sent.wait();
    comm.barrier();
  };
  truncated("truncated view", strided);
  truncated("truncated rows", mpi.view(array, { shape: [2, 2], strides: [4, 2] }));
  truncated("truncated datatype", columns);
  // What lies between stays.
  assert.deepEqual([array[1], array[3], array[5], array[7]], [0, 0, 0, 0]);
}
