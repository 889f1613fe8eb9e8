/**
 * Wrong use of the collective calls. Every rank makes the same mistakes, so none waits for another. Rank 0 prints one
 * JSON object: the error (class and text) of each. Afterwards all ranks still work together.
 */
import assert from "node:assert/strict";
import { mpi } from "wasm-mpi/mpi";
import { texts, wrong } from "./mpi-wrong.mjs";

const comm = mpi.init();
const { rank, size } = comm;
const { IN_PLACE } = mpi;
const root = rank; // Each rank is the root that is wrong.
const array = (n) => new Float64Array(n);
const ones = new Array(size).fill(1);
const rows = (n) => mpi.view(array(4 * n), { shape: [n, 2], strides: [4, 1] });
const column = (n) => mpi.view(array(3 * n), { shape: [n], strides: [3] });

// Data that are none, in each place.
wrong("bcast: list", () => comm.bcast([1]));
wrong("ibcast: text", () => comm.ibcast("text"));
wrong("bcastInit: nothing", () => comm.bcastInit());
wrong("gather: no send", () => comm.gather(undefined, array(size), { root }));
wrong("gather: no recv", () => comm.gather(array(1), undefined, { root }));
wrong("scatter: no send", () => comm.scatter(undefined, array(1), { root }));
wrong("scatter: no recv", () => comm.iscatter(array(size), undefined, { root }));
wrong("allgather: no send", () => comm.allgather(undefined, array(size)));
wrong("alltoall: no recv", () => comm.ialltoall(array(size)));
wrong("reduce: no recv", () => comm.ireduce(array(1), undefined, { root }));
wrong("reduce: in place of nothing", () => comm.reduce(IN_PLACE, undefined, { root: (rank + 1) % size }));
wrong("scan: no send", () => comm.iscan(undefined, array(1)));
wrong("reduceScatter: no recv", () => comm.reduceScatter(array(size), undefined, { counts: ones }));

// Roots.
wrong("bcast: root", () => comm.ibcast(array(1), { root: size }));
wrong("gatherv: root", () => comm.gathervInit(array(1), array(size), { root: -1, counts: ones }));
wrong("scatter: root", () => comm.scatter(array(size), array(1), { root: 0.5 }));
wrong("reduce: root", () => comm.reduceInit(array(1), array(1), { root: "0" }));

// Lengths and types.
wrong("gather: length", () => comm.igather(array(2), array(2 * size + 1), { root }));
wrong("gather: type", () => comm.gather(array(2), new Int32Array(2 * size), { root }));
wrong("allgather: length", () => comm.allgather(array(1), array(size + 1)));
wrong("scatter: length", () => comm.scatter(array(2 * size), array(1), { root }));
wrong("scatter: type", () => comm.scatterInit(array(2 * size), new Float32Array(2), { root }));
wrong("alltoall: length", () => comm.alltoall(array(2 * size), array(size)));
wrong("alltoall: type", () => comm.alltoall(array(size), new BigInt64Array(size)));
wrong("alltoallv: type", () =>
  comm.alltoallv(array(size), new DataView(new ArrayBuffer(size)), { sendCounts: ones, recvCounts: ones }),
);
wrong("allreduce: length", () => comm.iallreduce(array(2), array(1)));
wrong("scan: type", () => comm.scan(array(2), new Float32Array(2)));
wrong("reduceScatterBlock: length", () => comm.reduceScatterBlock(array(2 * size + 1), array(2)));
wrong("reduceScatterBlock: type", () => comm.reduceScatterBlock(new Int8Array(2 * size), array(2)));
wrong("reduceScatter: send", () => comm.reduceScatter(array(size + 1), array(1), { counts: ones }));
wrong("reduceScatter: recv", () => comm.reduceScatter(array(size), array(2), { counts: ones }));
wrong("reduceScatter: in place", () => comm.reduceScatter(IN_PLACE, array(size + 1), { counts: ones }));
if (size > 1) {
  wrong("uneven: gather", () => comm.gather(IN_PLACE, array(size + 1), { root }));
  wrong("uneven: scatter", () => comm.scatter(array(size + 1), IN_PLACE, { root }));
  wrong("uneven: alltoall", () => comm.alltoall(array(size + 1), array(size + 1)));
  wrong("uneven: reduceScatterBlock", () => comm.reduceScatterBlock(IN_PLACE, array(size + 1)));
  wrong("uneven: rows", () => comm.allgather(IN_PLACE, rows(size + 1)));
  const backwards = mpi.view(array(4 * size), { offset: 4 * size - 4, shape: [size, 2], strides: [-4, 1] });
  wrong("uneven: backwards", () => comm.allgather(array(2), backwards));
  wrong("in place: gather", () => comm.gather(IN_PLACE, array(size), { root: (rank + 1) % size }));
  wrong("in place: gatherv", () => comm.gatherv(IN_PLACE, array(size), { root: (rank + 1) % size }));
  wrong("in place: scatter", () => comm.scatter(array(size), IN_PLACE, { root: (rank + 1) % size }));
}

// Counts and displacements.
wrong("counts: none", () => comm.gatherv(array(1), array(size), { root }));
wrong("counts: no options", () => comm.allgatherv(array(1), array(size)));
wrong("counts: too many", () => comm.allgatherv(array(1), array(size), { counts: [...ones, 1] }));
wrong("counts: negative", () => comm.allgatherv(array(1), array(size), { counts: ones.map(() => -1) }));
wrong("counts: fraction", () => comm.scatterv(array(size), array(1), { root, counts: ones.map(() => 0.5) }));
wrong("counts: text", () => comm.iscatterv(array(size), array(1), { root, counts: "1" }));
wrong("counts: texts", () => comm.iscatterv(array(size), array(1), { root, counts: ones.map(() => "1") }));
wrong("counts: big", () => comm.allgatherv(array(1), array(size), { counts: BigInt64Array.from(ones, BigInt) }));
wrong("counts: 2^32", () => comm.allgatherv(array(1), array(size), { counts: ones.map(() => 2 ** 32) }));
wrong("counts: DataView", () => comm.allgatherv(array(1), array(size), { counts: new DataView(new ArrayBuffer(8)) }));
wrong("counts: half rows", () => comm.allgatherv(array(1), rows(2 * size), { counts: ones }));
wrong("counts: beyond the end", () => comm.allgatherv(array(1), array(size), { counts: ones.map(() => 2) }));
wrong("counts: own of gatherv", () => comm.gatherv(array(2), array(size), { root, counts: ones }));
wrong("counts: own of allgatherv", () => comm.iallgatherv(new Int8Array(1), array(size), { counts: ones }));
wrong("counts: own of scatterv", () => comm.scatterv(array(size), array(2), { root, counts: ones }));
wrong("counts: reduceScatter", () => comm.ireduceScatter(array(size), array(1), { counts: [] }));
wrong("counts: reduceScatter without", () => comm.reduceScatter(array(size), array(1)));
wrong("displs: negative", () =>
  comm.allgatherv(array(1), array(size), { counts: ones, displs: Int32Array.from(ones, () => -1) }),
);
wrong("displs: too few", () => comm.igatherv(array(1), array(size), { root, counts: ones, displs: [] }));
wrong("displs: beyond the end", () =>
  comm.allgatherv(array(1), array(size), { counts: ones, displs: ones.map(() => size) }),
);
wrong("sendCounts: none", () => comm.alltoallv(array(size), array(size), { recvCounts: ones }));
wrong("recvCounts: none", () => comm.ialltoallv(array(size), array(size), { sendCounts: ones }));
wrong("recvCounts: no options", () => comm.alltoallv(array(size), array(size)));
wrong("sendDispls: beyond the end", () =>
  comm.alltoallv(array(size), array(size), { sendCounts: ones, sendDispls: ones.map(() => size), recvCounts: ones }),
);
wrong("recvCounts: of oneself", () =>
  comm.alltoallv(array(size), array(size), { sendCounts: ones, recvCounts: ones.map(() => 0) }),
);
const parts = ones.map(() => array(0));
wrong("parts: no list", () => comm.alltoallw(array(1), parts));
wrong("parts: too many", () => comm.ialltoallw(parts, [...parts, array(0)]));
wrong("parts: no data", () => comm.alltoallwInit([...parts.slice(1), 5], parts));
if (size > 1) {
  const apart = ones.map(() => array(1));
  wrong("parts: apart", () => comm.alltoallw(apart, parts));
}
if (comm.world.library.version.startsWith("MPICH")) {
  const gaps = mpi.view(array(3 * size), { shape: [2], strides: [2] });
  wrong("parts: in place", () =>
    comm.alltoallw(
      IN_PLACE,
      ones.map(() => gaps),
    ),
  );
}

// Operations.
const types = { int32: new Int32Array(1), float32: new Float32Array(1), byte: new DataView(new ArrayBuffer(1)) };
for (const [type, data] of Object.entries(types)) wrong(`op: ${type}`, () => comm.scan(data, data, { op: "minloc" }));
const complex = mpi.view(array(2), { type: "complex128" });
wrong("op: complex128", () => comm.exscan(complex, complex, { op: "max" }));
wrong("op: float64int32", () => comm.reduceScatterBlock(IN_PLACE, mpi.view(array(2 * size), { type: "float64int32" })));
wrong("op: text", () => comm.allreduceInit(array(1), array(1), { op: "Max" }));
wrong("op: number", () => comm.allreduce(1, { op: 5 }));
wrong("strided: iallreduce", () => comm.iallreduce(array(2), column(2)));
wrong("strided: scanInit", () => comm.scanInit(rows(2), array(4)));
const failing = mpi.createOp(() => {
  throw new RangeError("this operation fails");
});
// Which ranks combine is the library's choice.
let failed = 0;
try {
  comm.allreduce(1, { op: failing });
} catch (error) {
  failed = Number(error instanceof RangeError && error.message === "this operation fails");
}
assert.equal(comm.allreduce(failed) > 0, size > 1);
failing.free();

comm.barrier();
assert.equal(comm.allreduce(1), size);
mpi.finalize();
wrong("call after finalize", () => comm.ibcast(array(1)));
if (rank === 0) console.log(JSON.stringify(texts));
