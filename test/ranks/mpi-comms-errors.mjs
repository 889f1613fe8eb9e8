/**
 * Wrong use of the calls that make communicators, groups, info objects, attributes and topologies. Rank 0 prints one JSON
 * object: the error (class and text) of each. Afterwards all ranks still work together.
 */
import assert from "node:assert/strict";
import { mpi } from "wasm-mpi/mpi";
import { texts, wrong } from "./mpi-wrong.mjs";

wrong("self before init", () => mpi.self);
const comm = mpi.init();
const { rank, size } = comm;
const all = comm.group();
const key = mpi.createKeyval();
const info = mpi.createInfo();

wrong("split: color", () => comm.split({ color: -1 }));
wrong("split: key", () => comm.split({ color: 0, key: 0.5 }));
wrong("splitType: type", () => comm.splitType("numa"));
wrong("splitType: key", () => comm.splitType("shared", { key: "first" }));
wrong("create: group", () => comm.create([0]));
wrong("createGroup: group", () => comm.createGroup());
wrong("createGroup: tag", () => comm.createGroup(all, { tag: -1 }));
wrong("compare: other", () => comm.compare(all));
wrong("name: number", () => {
  comm.name = 5;
});
wrong("name: zero byte", () => {
  comm.name = "a\0b";
});
wrong("name: too long", () => {
  comm.name = "ü".repeat(500);
});
wrong("include: rank", () => all.include([0, size]));
wrong("include: fraction", () => all.include([0.5]));
wrong("exclude: twice", () => all.exclude([0, 0]));
wrong("include: of none", () => mpi.emptyGroup.include([0]));
wrong("include: number", () => all.include(0));
wrong("union: other", () => all.union(comm));
wrong("translateRanks: ranks", () => all.translateRanks([-1], all));
wrong("translateRanks: other", () => all.translateRanks([0], undefined));

wrong("createInfo: text", () => mpi.createInfo("key=value"));
wrong("createInfo: number", () => mpi.createInfo({ nodes: 4 }));
wrong("info: key", () => info.set("", "value"));
wrong("info: value", () => info.set("key", ""));
wrong("info: long key", () => info.get("k".repeat(5000)));
wrong("info: long value", () => info.set("key", "v".repeat(5000)));
wrong("info: key of another type", () => info.get(5));
wrong("dup: info", () => comm.dup({ info: 5 }));
wrong("dup: info of numbers", () => comm.dup({ info: { a: 1 } }));

wrong("setAttribute: key", () => comm.setAttribute("key", 5));
wrong("getAttribute: key", () => comm.getAttribute(undefined));
wrong("deleteAttribute: key", () => comm.deleteAttribute(7));
wrong("attribute: name", () => comm.attribute("MPI_TAG_UB"));

wrong("dimsCreate: ranks", () => mpi.dimsCreate(0, [0]));
wrong("dimsCreate: dims", () => mpi.dimsCreate(6, [-1]));
wrong("dimsCreate: divides", () => mpi.dimsCreate(6, [4, 0]));
wrong("dimsCreate: product", () => mpi.dimsCreate(6, [2, 2]));
wrong("cart: dims", () => comm.cartCreate({ dims: [0.5], periods: [true] }));
wrong("cart: flags", () => comm.cartCreate({ dims: [1], periods: [1] }));
const grid = comm.cartCreate({ dims: [size], periods: [true] });
wrong("sub: keep", () => grid.sub([true, false]));
wrong("neighborAllgather: length", () => grid.neighborAllgather(new Float64Array(2), new Float64Array(3)));
wrong("neighborAlltoall: length", () => grid.neighborAlltoall(new Float64Array(4), new Float64Array(2)));
wrong("neighborAlltoall: in place", () => grid.neighborAlltoall(mpi.IN_PLACE, new Float64Array(2)));
wrong("neighborAllgather: in place", () => grid.ineighborAllgather(mpi.IN_PLACE, new Float64Array(2)));
wrong("neighborAlltoallw: in place", () => grid.neighborAlltoallw(mpi.IN_PLACE, []));
grid.free();

wrong("graph: sources", () => comm.distGraphCreateAdjacent({ sources: [size], destinations: [] }));
wrong("graph: destinations", () => comm.distGraphCreateAdjacent({ sources: [], destinations: 0 }));
const loop = { sources: [0], destinations: [0] };
wrong("graph: one weight", () => comm.distGraphCreateAdjacent({ ...loop, sourceWeights: [1] }));
wrong("graph: weights", () => comm.distGraphCreateAdjacent({ ...loop, sourceWeights: [-1], destinationWeights: [1] }));
wrong("graph: degrees", () => comm.distGraphCreate({ ...loop, degrees: [] }));
wrong("graph: edges", () => comm.distGraphCreate({ ...loop, degrees: [2] }));
wrong("graph: weights of edges", () => comm.distGraphCreate({ ...loop, degrees: [1], weights: [1, 2] }));
wrong("intercomm: leader", () => comm.intercommCreate({ leader: size, peer: comm, remoteLeader: 0 }));
wrong("intercomm: tag", () => comm.intercommCreate({ peer: comm, remoteLeader: 0, tag: 0.5 }));
const self = mpi.self;
wrong("intercomm: peer", () => self.intercommCreate({ remoteLeader: 0 }));
wrong("intercomm: remote leader", () => self.intercommCreate({ peer: comm, remoteLeader: size }));

for (const made of [all, key, info]) made.free();
wrong("freed group", () => all.include([0]));
wrong("freed key", () => comm.getAttribute(key));
wrong("freed info", () => info.get("key"));

comm.barrier();
assert.equal(comm.allreduce(1), size);
mpi.finalize();
if (rank === 0) console.log(JSON.stringify(texts));
