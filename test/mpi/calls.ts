/** Every call that takes options, with a wrong name for one of them. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CartComm, Intercomm, mpi } from "../../src/mpi/index.js";

/** Options that a program in JavaScript may pass. */
export type Any = never;
type Attempt = (options: Any) => unknown;

const comm = mpi.init({ library: "solo" });
const cart = comm.cartCreate({ dims: [1], periods: [false] }) as CartComm;
const graph = comm.distGraphCreate({ sources: [], degrees: [], destinations: [] });
const inter = Object.create(Intercomm.prototype) as Intercomm; // It has no instance on one rank.
const a = new Float64Array(2);
const b = new Float64Array(2);
const win = comm.createWindow(new Int32Array(2));
const path = join(tmpdir(), `wasm-mpi-options-${process.pid}.bin`);
export const file = comm.openFile(path, { write: true, create: true, deleteOnClose: true });
const group = comm.group();

/**
 * Calls whose options have the same names: an unknown name with the known one that is meant, and for each method what
 * its errors begin with, and the call.
 */
interface Row {
  readonly known: string;
  readonly unknown: string;
  readonly meant: string;
  readonly calls: Readonly<Record<string, readonly [where: string, attempt: Attempt]>>;
}

const target = "target, at, targetShape, targetStrides, targetType";

const table: readonly Row[] = [
  {
    known: "to, tag",
    unknown: "dest",
    meant: "to",
    calls: {
      "PointToPoint.send": ["MPI_Send", (o) => comm.send(a, o)],
      "PointToPoint.ssend": ["MPI_Ssend", (o) => comm.ssend(a, o)],
      "PointToPoint.rsend": ["MPI_Rsend", (o) => comm.rsend(a, o)],
      "PointToPoint.bsend": ["MPI_Bsend", (o) => comm.bsend(a, o)],
      "PointToPoint.isend": ["MPI_Isend", (o) => comm.isend(a, o)],
      "PointToPoint.issend": ["MPI_Issend", (o) => comm.issend(a, o)],
      "PointToPoint.irsend": ["MPI_Irsend", (o) => comm.irsend(a, o)],
      "PointToPoint.ibsend": ["MPI_Ibsend", (o) => comm.ibsend(a, o)],
      "PointToPoint.sendInit": ["MPI_Send_init", (o) => comm.sendInit(a, o)],
      "PointToPoint.ssendInit": ["MPI_Ssend_init", (o) => comm.ssendInit(a, o)],
      "PointToPoint.rsendInit": ["MPI_Rsend_init", (o) => comm.rsendInit(a, o)],
      "PointToPoint.bsendInit": ["MPI_Bsend_init", (o) => comm.bsendInit(a, o)],
      "Objects.sendObject": ["Comm.sendObject", (o) => comm.sendObject({}, o)],
      "Objects.isendObject": ["Comm.isendObject", (o) => comm.isendObject({}, o)],
    },
  },
  {
    known: "from, tag",
    unknown: "source",
    meant: "from",
    calls: {
      "PointToPoint.recv": ["MPI_Recv", (o) => comm.recv(a, o)],
      "PointToPoint.irecv": ["MPI_Irecv", (o) => comm.irecv(a, o)],
      "PointToPoint.recvInit": ["MPI_Recv_init", (o) => comm.recvInit(a, o)],
      "PointToPoint.probe": ["MPI_Probe", (o) => comm.probe(o)],
      "PointToPoint.iprobe": ["MPI_Iprobe", (o) => comm.iprobe(o)],
      "PointToPoint.mprobe": ["MPI_Mprobe", (o) => comm.mprobe(o)],
      "PointToPoint.improbe": ["MPI_Improbe", (o) => comm.improbe(o)],
      "Objects.recvObject": ["Comm.recvObject", (o) => comm.recvObject(o)],
      "Objects.irecvObject": ["Comm.irecvObject", (o) => comm.irecvObject(o)],
    },
  },
  {
    known: "to, from, sendTag, recvTag",
    unknown: "sendtag",
    meant: "sendTag",
    calls: {
      "PointToPoint.sendrecv": ["MPI_Sendrecv", (o) => comm.sendrecv(a, b, o)],
      "PointToPoint.sendrecvReplace": ["MPI_Sendrecv_replace", (o) => comm.sendrecvReplace(a, o)],
      "Objects.sendrecvObject": ["Comm.sendrecvObject", (o) => comm.sendrecvObject({}, o)],
    },
  },
  {
    known: "root",
    unknown: "rooot",
    meant: "root",
    calls: {
      "Collectives.bcast": ["MPI_Bcast", (o) => comm.bcast(a, o)],
      "Collectives.ibcast": ["MPI_Ibcast", (o) => comm.ibcast(a, o)],
      "Collectives.bcastInit": ["MPI_Bcast_init", (o) => comm.bcastInit(a, o)],
      "Collectives.gather": ["MPI_Gather", (o) => comm.gather(a, b, o)],
      "Collectives.igather": ["MPI_Igather", (o) => comm.igather(a, b, o)],
      "Collectives.gatherInit": ["MPI_Gather_init", (o) => comm.gatherInit(a, b, o)],
      "Collectives.scatter": ["MPI_Scatter", (o) => comm.scatter(a, b, o)],
      "Collectives.iscatter": ["MPI_Iscatter", (o) => comm.iscatter(a, b, o)],
      "Collectives.scatterInit": ["MPI_Scatter_init", (o) => comm.scatterInit(a, b, o)],
      "Objects.bcastObject": ["Comm.bcastObject", (o) => comm.bcastObject({}, o)],
      "Objects.gatherObject": ["Comm.gatherObject", (o) => comm.gatherObject({}, o)],
      "Objects.scatterObject": ["Comm.scatterObject", (o) => comm.scatterObject([{}], o)],
      "Objects.reduceObject": ["Comm.reduceObject", (o) => comm.reduceObject({}, (value) => value, o)],
    },
  },
  {
    known: "counts, displs, root",
    unknown: "recvcounts",
    meant: "counts",
    calls: {
      "Collectives.gatherv": ["MPI_Gatherv", (o) => comm.gatherv(a, b, o)],
      "Collectives.igatherv": ["MPI_Igatherv", (o) => comm.igatherv(a, b, o)],
      "Collectives.gathervInit": ["MPI_Gatherv_init", (o) => comm.gathervInit(a, b, o)],
      "Collectives.scatterv": ["MPI_Scatterv", (o) => comm.scatterv(a, b, o)],
      "Collectives.iscatterv": ["MPI_Iscatterv", (o) => comm.iscatterv(a, b, o)],
      "Collectives.scattervInit": ["MPI_Scatterv_init", (o) => comm.scattervInit(a, b, o)],
    },
  },
  {
    known: "counts, displs",
    unknown: "displacements",
    meant: "displs",
    calls: {
      "Collectives.allgatherv": ["MPI_Allgatherv", (o) => comm.allgatherv(a, b, o)],
      "Collectives.iallgatherv": ["MPI_Iallgatherv", (o) => comm.iallgatherv(a, b, o)],
      "Collectives.allgathervInit": ["MPI_Allgatherv_init", (o) => comm.allgathervInit(a, b, o)],
      "TopologyComm.neighborAllgatherv": ["MPI_Neighbor_allgatherv", (o) => cart.neighborAllgatherv(a, b, o)],
      "TopologyComm.ineighborAllgatherv": ["MPI_Ineighbor_allgatherv", (o) => cart.ineighborAllgatherv(a, b, o)],
      "TopologyComm.neighborAllgathervInit": [
        "MPI_Neighbor_allgatherv_init",
        (o) => cart.neighborAllgathervInit(a, b, o),
      ],
    },
  },
  {
    known: "sendCounts, sendDispls, recvCounts, recvDispls",
    unknown: "counts",
    meant: "recvCounts",
    calls: {
      "Exchanges.alltoallv": ["MPI_Alltoallv", (o) => comm.alltoallv(a, b, o)],
      "Exchanges.ialltoallv": ["MPI_Ialltoallv", (o) => comm.ialltoallv(a, b, o)],
      "Exchanges.alltoallvInit": ["MPI_Alltoallv_init", (o) => comm.alltoallvInit(a, b, o)],
      "TopologyComm.neighborAlltoallv": ["MPI_Neighbor_alltoallv", (o) => cart.neighborAlltoallv(a, b, o)],
      "TopologyComm.ineighborAlltoallv": ["MPI_Ineighbor_alltoallv", (o) => cart.ineighborAlltoallv(a, b, o)],
      "TopologyComm.neighborAlltoallvInit": ["MPI_Neighbor_alltoallv_init", (o) => cart.neighborAlltoallvInit(a, b, o)],
    },
  },
  {
    known: "op, root",
    unknown: "dest",
    meant: "root",
    calls: {
      "Reductions.reduce": ["MPI_Reduce", (o) => comm.reduce(a, b, o)],
      "Reductions.ireduce": ["MPI_Ireduce", (o) => comm.ireduce(a, b, o)],
      "Reductions.reduceInit": ["MPI_Reduce_init", (o) => comm.reduceInit(a, b, o)],
    },
  },
  {
    known: "op",
    unknown: "operation",
    meant: "op",
    calls: {
      "Reductions.allreduce": ["MPI_Allreduce", (o) => comm.allreduce(a, b, o)],
      "Reductions.allreduce of a number": ["MPI_Allreduce", (o) => comm.allreduce(1, o)],
      "Reductions.iallreduce": ["MPI_Iallreduce", (o) => comm.iallreduce(a, b, o)],
      "Reductions.allreduceInit": ["MPI_Allreduce_init", (o) => comm.allreduceInit(a, b, o)],
      "Reductions.scan": ["MPI_Scan", (o) => comm.scan(a, b, o)],
      "Reductions.iscan": ["MPI_Iscan", (o) => comm.iscan(a, b, o)],
      "Reductions.scanInit": ["MPI_Scan_init", (o) => comm.scanInit(a, b, o)],
      "Reductions.exscan": ["MPI_Exscan", (o) => comm.exscan(a, b, o)],
      "Reductions.iexscan": ["MPI_Iexscan", (o) => comm.iexscan(a, b, o)],
      "Reductions.exscanInit": ["MPI_Exscan_init", (o) => comm.exscanInit(a, b, o)],
      "Reductions.reduceScatterBlock": ["MPI_Reduce_scatter_block", (o) => comm.reduceScatterBlock(a, b, o)],
      "Reductions.ireduceScatterBlock": ["MPI_Ireduce_scatter_block", (o) => comm.ireduceScatterBlock(a, b, o)],
      "Reductions.reduceScatterBlockInit": [
        "MPI_Reduce_scatter_block_init",
        (o) => comm.reduceScatterBlockInit(a, b, o),
      ],
      "mpi.reduceLocal": ["MPI_Reduce_local", (o) => mpi.reduceLocal(a, b, o)],
    },
  },
  {
    known: "op, counts",
    unknown: "recvcounts",
    meant: "counts",
    calls: {
      "Reductions.reduceScatter": ["MPI_Reduce_scatter", (o) => comm.reduceScatter(a, b, o)],
      "Reductions.ireduceScatter": ["MPI_Ireduce_scatter", (o) => comm.ireduceScatter(a, b, o)],
      "Reductions.reduceScatterInit": ["MPI_Reduce_scatter_init", (o) => comm.reduceScatterInit(a, b, o)],
    },
  },
  {
    known: target,
    unknown: "offset",
    meant: "at",
    calls: {
      "Accesses.put": ["MPI_Put", (o) => win.put(a, o)],
      "Accesses.rput": ["MPI_Rput", (o) => win.rput(a, o)],
      "Accesses.get": ["MPI_Get", (o) => win.get(a, o)],
      "Accesses.rget": ["MPI_Rget", (o) => win.rget(a, o)],
    },
  },
  {
    known: `${target}, op`,
    unknown: "rank",
    meant: "target",
    calls: {
      "Accesses.accumulate": ["MPI_Accumulate", (o) => win.accumulate(a, o)],
      "Accesses.raccumulate": ["MPI_Raccumulate", (o) => win.raccumulate(a, o)],
      "Accesses.getAccumulate": ["MPI_Get_accumulate", (o) => win.getAccumulate(a, b, o)],
      "Accesses.rgetAccumulate": ["MPI_Rget_accumulate", (o) => win.rgetAccumulate(a, b, o)],
    },
  },
  {
    known: "target, at, op",
    unknown: "targt",
    meant: "target",
    calls: { "Accesses.fetchAndOp": ["MPI_Fetch_and_op", (o) => win.fetchAndOp(a, b, o)] },
  },
  {
    known: "target, at",
    unknown: "disp",
    meant: "at",
    calls: { "Accesses.compareAndSwap": ["MPI_Compare_and_swap", (o) => win.compareAndSwap(a, a, b, o)] },
  },
  {
    known: "noStore, noPut, noPrecede, noSucceed",
    unknown: "noStores",
    meant: "noStore",
    calls: { "Epochs.fence": ["MPI_Win_fence", (o) => win.fence(o)] },
  },
  {
    known: "shared, noCheck",
    unknown: "nocheck",
    meant: "noCheck",
    calls: { "Epochs.lock": ["MPI_Win_lock", (o) => win.lock(0, o)] },
  },
  {
    known: "noCheck",
    unknown: "noChek",
    meant: "noCheck",
    calls: {
      "Epochs.lockAll": ["MPI_Win_lock_all", (o) => win.lockAll(o)],
      "Epochs.start": ["MPI_Win_start", (o) => win.start([0], o)],
    },
  },
  {
    known: "noCheck, noStore, noPut",
    unknown: "noput",
    meant: "noPut",
    calls: { "Epochs.post": ["MPI_Win_post", (o) => win.post([0], o)] },
  },
  {
    known: "unit, info",
    unknown: "units",
    meant: "unit",
    calls: { "Resources.createWindow": ["MPI_Win_create", (o) => comm.createWindow(a, o)] },
  },
  {
    known: "info",
    unknown: "infos",
    meant: "info",
    calls: {
      "Resources.allocateWindow": ["MPI_Win_allocate", (o) => comm.allocateWindow("int32", 1, o)],
      "Resources.allocateSharedWindow": ["MPI_Win_allocate_shared", (o) => comm.allocateSharedWindow("int32", 1, o)],
      "Resources.createDynamicWindow": ["MPI_Win_create_dynamic", (o) => comm.createDynamicWindow(o)],
      "Comm.dup": ["MPI_Comm_dup", (o) => comm.dup(o)],
      "CartComm.dup": ["MPI_Comm_dup", (o) => cart.dup(o)],
      "GraphComm.dup": ["MPI_Comm_dup", (o) => graph.dup(o)],
      "Intercomm.dup": ["MPI_Comm_dup", (o) => inter.dup(o)],
      "mpi.deleteFile": ["MPI_File_delete", (o) => mpi.deleteFile(path, o)],
    },
  },
  {
    known: "color, key",
    unknown: "colour",
    meant: "color",
    calls: { "Comm.split": ["MPI_Comm_split", (o) => comm.split(o)] },
  },
  {
    known: "key, info",
    unknown: "keys",
    meant: "key",
    calls: { "Comm.splitType": ["MPI_Comm_split_type", (o) => comm.splitType("shared", o)] },
  },
  {
    known: "tag",
    unknown: "tags",
    meant: "tag",
    calls: { "Comm.createGroup": ["MPI_Comm_create_group", (o) => comm.createGroup(group, o)] },
  },
  {
    known: "leader, peer, remoteLeader, tag",
    unknown: "remote_leader",
    meant: "remoteLeader",
    calls: { "Comm.intercommCreate": ["MPI_Intercomm_create", (o) => comm.intercommCreate(o)] },
  },
  {
    known: "high",
    unknown: "hihg",
    meant: "high",
    calls: { "Intercomm.merge": ["MPI_Intercomm_merge", (o) => inter.merge(o)] },
  },
  {
    known: "dims, periods, reorder",
    unknown: "periodic",
    meant: "periods",
    calls: { "Comm.cartCreate": ["MPI_Cart_create", (o) => comm.cartCreate(o)] },
  },
  {
    known: "sources, destinations, sourceWeights, destinationWeights, reorder, info",
    unknown: "source",
    meant: "sources",
    calls: {
      "Comm.distGraphCreateAdjacent": ["MPI_Dist_graph_create_adjacent", (o) => comm.distGraphCreateAdjacent(o)],
    },
  },
  {
    known: "sources, degrees, destinations, weights, reorder, info",
    unknown: "weight",
    meant: "weights",
    calls: { "Comm.distGraphCreate": ["MPI_Dist_graph_create", (o) => comm.distGraphCreate(o)] },
  },
  {
    known: "read, write, create, exclusive, append, deleteOnClose, unique, sequential, info",
    unknown: "delete_on_close",
    meant: "deleteOnClose",
    calls: { "Resources.openFile": ["MPI_File_open", (o) => comm.openFile(path, o)] },
  },
  {
    known: "offset, type, globalShape, start, shape, filetype, datarep, info",
    unknown: "etype",
    meant: "type",
    calls: { "MpiFile.setView": ["MPI_File_set_view", (o) => file.setView(o)] },
  },
  {
    known: "offset, from",
    unknown: "whence",
    meant: "from",
    calls: {
      "FileHandle.seek": ["MPI_File_seek", (o) => file.seek(o)],
      "FileHandle.seekShared": ["MPI_File_seek_shared", (o) => file.seekShared(o)],
    },
  },
  {
    known: "library, threadLevel",
    unknown: "libray",
    meant: "library",
    calls: { "mpi.init": ["mpi.init", (o) => mpi.init(o)] },
  },
  {
    known: "commutative, of",
    unknown: "comutative",
    meant: "commutative",
    calls: { "mpi.createOp": ["mpi.createOp", (o) => mpi.createOp(() => {}, o)] },
  },
  {
    known: "copy",
    unknown: "coppy",
    meant: "copy",
    calls: { "mpi.createKeyval": ["mpi.createKeyval", (o) => mpi.createKeyval(o)] },
  },
  {
    known: "offset, shape, strides, type",
    unknown: "at",
    meant: "offset",
    calls: { "mpi.view": ["mpi.view", (o) => mpi.view(a, o)] },
  },
  {
    known: "datatype, offset, count",
    unknown: "counts",
    meant: "count",
    calls: { "mpi.view of a datatype": ["mpi.view", (o) => mpi.view(a, { datatype: {}, ...(o as object) } as never)] },
  },
  {
    known: "count, blockLength, stride",
    unknown: "blocklength",
    meant: "blockLength",
    calls: {
      "datatype.vector": ["mpi.datatype.vector", (o) => mpi.datatype.vector(o, "float64")],
      "datatype.hvector": ["mpi.datatype.hvector", (o) => mpi.datatype.hvector(o, "float64")],
    },
  },
  {
    known: "blockLengths, displacements",
    unknown: "blocklengths",
    meant: "blockLengths",
    calls: {
      "datatype.indexed": ["mpi.datatype.indexed", (o) => mpi.datatype.indexed(o, "float64")],
      "datatype.hindexed": ["mpi.datatype.hindexed", (o) => mpi.datatype.hindexed(o, "float64")],
    },
  },
  {
    known: "blockLength, displacements",
    unknown: "displacement",
    meant: "displacements",
    calls: { "datatype.indexedBlock": ["mpi.datatype.indexedBlock", (o) => mpi.datatype.indexedBlock(o, "float64")] },
  },
  {
    known: "shape, subshape, start, order",
    unknown: "starts",
    meant: "start",
    calls: { "datatype.subarray": ["mpi.datatype.subarray", (o) => mpi.datatype.subarray(o, "float64")] },
  },
  {
    known: "offset, type, count",
    unknown: "at",
    meant: "offset",
    calls: { "datatype.struct": ['mpi.datatype.struct: "fields[0]"', (o) => mpi.datatype.struct([o])] },
  },
  {
    known: "lowerBound, extent",
    unknown: "lowerbound",
    meant: "lowerBound",
    calls: { "datatype.resized": ["mpi.datatype.resized", (o) => mpi.datatype.resized("float64", o)] },
  },
];

/** The calls, each with what is known of its options. */
export const rows = table.flatMap(({ known, unknown, meant, calls }) =>
  Object.entries(calls).map(([method, [where, attempt]]) => ({ method, where, known, unknown, meant, attempt })),
);
