/**
 * What compiled code imports as `mpi`: the calls of `assembly/jit/mpi`. Its handles and constants are those of the
 * standard ABI of MPI 5; here they become the library's. Addresses are bytes in the one memory and are checked to lie in
 * it (`reach.ts`), ranks and tags by the library.
 */
import { wrong } from "../../argument.js";
import { probedAt } from "../../mpi/calls/probe.js";
import type { Comm } from "../../mpi/comm/comm.js";
import { abort, isInitialized, wtime } from "../../mpi/job.js";
import type { Waiting } from "../../mpi/library/waiting/waiting.js";
import { currentWorld, type World } from "../../mpi/library/world.js";
import { memory } from "../../wasm/memory.js";
import { Communicators } from "./comms.js";
import { byteType, Datatypes } from "./datatypes.js";
import { addOp, firstOp, forgetOps, Ops } from "./ops.js";
import { Pieces } from "./pieces.js";
import { Reach, wrongTag } from "./reach.js";
import { Pending } from "./requests.js";

/** The two scans, and their nonblocking forms. */
const inclusive = ["MPI_Scan", "MPI_Iscan"] as const;
const exclusive = ["MPI_Exscan", "MPI_Iexscan"] as const;

/** The calls, for one library. */
class Host extends Reach {
  readonly #world: World;
  readonly #waiting: Waiting;
  readonly #datatypes: Datatypes;
  readonly #types: readonly number[];
  readonly #sizes: readonly number[];
  readonly #comms: Communicators;
  readonly #pending: Pending;
  readonly #ops: Ops;

  constructor(world: World, datatypes: Datatypes, comms: Communicators) {
    super(world, datatypes);
    this.#world = world;
    this.#waiting = world.waiting;
    this.#datatypes = datatypes;
    this.#types = datatypes.handles;
    this.#sizes = datatypes.sizes;
    this.#comms = comms;
    this.#pending = new Pending(world);
    this.#ops = new Ops(world);
  }

  /** Writes a status of the standard ABI. */
  #status(ptr: number, from: number): void {
    this.#pending.writeStatus(ptr, probedAt(this.#world, from));
  }

  /** How many requests of a module, known by its imports, are under way. */
  pendingOf(owner: object): number {
    return this.#pending.countOf(owner);
  }

  /** Frees the operations of a module, known by its imports. */
  freeOps(owner: object): void {
    this.#ops.free(owner);
  }

  handleOf(comm: Comm): number {
    return this.#comms.handleOf(comm);
  }

  readonly calls = {
    rank: (comm: number) => this.#comms.rank(comm),
    size: (comm: number) => this.#comms.size(comm),

    strided: (count: number, block: number, stride: number, step: number, type: number) =>
      this.#datatypes.strided(count, block, stride, step, type),

    send: (ptr: number, count: number, type: number, to: number, tag: number, comm: number) => {
      const dest = to >= 0 ? to : this.rank(to);
      const label = tag >= 0 ? tag : wrongTag;
      const handle = this.#comms.native(comm);
      this.#waiting.send(
        this.at(ptr, count, type),
        count,
        this.#types[type]!,
        dest,
        label,
        handle,
        count * this.#sizes[type]!,
      );
    },

    recv: (ptr: number, count: number, type: number, from: number, tag: number, comm: number, status: number) => {
      const source = from >= 0 ? from : this.source(from);
      const label = tag >= 0 ? tag : this.tag(tag);
      const handle = this.#comms.native(comm);
      this.#waiting.recv(this.at(ptr, count, type), count, this.#types[type]!, source, label, handle);
      if (status !== 0) this.#status(status, source);
    },

    // biome-ignore format: one buffer a line
    sendrecv: (
      sendPtr: number, sendCount: number, sendType: number, to: number, sendTag: number,
      recvPtr: number, recvCount: number, recvType: number, from: number, recvTag: number, comm: number, status: number,
    ) => {
      const types = this.#types;
      const source = this.source(from);
      const label = sendTag >= 0 ? sendTag : wrongTag;
      const out = this.at(sendPtr, sendCount, sendType);
      const into = this.at(recvPtr, recvCount, recvType);
      this.expectApart("MPI_Sendrecv", sendPtr, sendCount, sendType, recvPtr, recvCount, recvType);
      this.#waiting.sendrecv(
        out, sendCount, types[sendType]!, this.rank(to), label,
        into, recvCount, types[recvType]!, source, this.tag(recvTag),
        this.#comms.native(comm), sendCount * this.#sizes[sendType]!,
      );
      if (status !== 0) this.#status(status, source);
    },

    wait: (request: number, status: number) => this.#pending.wait(request, status),
    test: (request: number, status: number) => this.#pending.test(request, status),
    waitall: (ptr: number, count: number, statuses: number) => this.#pending.waitAll(ptr, count, statuses),
    testall: (ptr: number, count: number, statuses: number) => this.#pending.testAll(ptr, count, statuses),
    waitany: (ptr: number, count: number, status: number) => this.#pending.waitAny(ptr, count, status),
    testany: (ptr: number, count: number, status: number) => this.#pending.testAny(ptr, count, status),

    probe: (from: number, tag: number, comm: number, status: number) => {
      const source = this.source(from);
      this.#waiting.probe(source, this.tag(tag), this.#comms.native(comm));
      if (status !== 0) this.#status(status, source);
    },

    iprobe: (from: number, tag: number, comm: number, status: number) => {
      const source = this.source(from);
      const found = this.#waiting.iprobe("MPI_Iprobe", source, this.tag(tag), this.#comms.native(comm));
      if (found && status !== 0) this.#status(status, source);
      return Number(found);
    },

    barrier: (comm: number) => this.#waiting.barrier(this.#comms.native(comm)),

    bcast: (ptr: number, count: number, type: number, root: number, comm: number) => {
      const handle = this.#comms.native(comm);
      this.#waiting.bcast(this.at(ptr, count, type), count, this.#types[type]!, this.rank(root), handle);
    },

    allreduce: (sendPtr: number, recvPtr: number, count: number, type: number, op: number, comm: number) => {
      const into = this.at(recvPtr, count, type);
      const from = sendPtr === 0 ? this.#world.constants.MPI_IN_PLACE : this.at(sendPtr, count, type);
      if (sendPtr !== 0) this.expectApart("MPI_Allreduce", sendPtr, count, type, recvPtr, count, type);
      if (op >= firstOp) {
        const made = this.#ops.reduction(op, count, type, "MPI_Allreduce");
        this.#waiting.allreduce(from, into, made.count, made.datatype, made.handle, this.#comms.native(comm));
        made.failure.rethrow();
        return;
      }
      const operation = this.#datatypes.op(op, type, "MPI_Allreduce");
      this.#waiting.allreduce(from, into, count, this.#types[type]!, operation, this.#comms.native(comm));
    },

    // biome-ignore format: one buffer a line
    reduce: (
      sendPtr: number, recvPtr: number, count: number, type: number, op: number, root: number, comm: number,
    ) => {
      // In place the root's data are in the result, and so are those of the others, who give them as what they send.
      const isRoot = this.#comms.rank(comm) === root;
      const sent = sendPtr === 0 && !isRoot ? recvPtr : sendPtr;
      const from = sent === 0 ? this.#world.constants.MPI_IN_PLACE : this.at(sent, count, type);
      const into = isRoot ? this.at(recvPtr, count, type) : this.base;
      if (isRoot && sent !== 0) this.expectApart("MPI_Reduce", sent, count, type, recvPtr, count, type);
      const handle = this.#comms.native(comm);
      if (op >= firstOp) {
        const made = this.#ops.reduction(op, count, type, "MPI_Reduce");
        this.#waiting.reduce(from, into, made.count, made.datatype, made.handle, this.rank(root), handle);
        made.failure.rethrow();
        return;
      }
      const operation = this.#datatypes.op(op, type, "MPI_Reduce");
      this.#waiting.reduce(from, into, count, this.#types[type]!, operation, this.rank(root), handle);
    },

    // biome-ignore format: one buffer a line
    scan: (
      sendPtr: number, recvPtr: number, count: number, type: number, op: number, comm: number, isExclusive: number,
    ) => {
      const [call, nonblocking] = isExclusive ? exclusive : inclusive;
      const into = this.at(recvPtr, count, type);
      const from = sendPtr === 0 ? this.#world.constants.MPI_IN_PLACE : this.at(sendPtr, count, type);
      if (sendPtr !== 0) this.expectApart(call, sendPtr, count, type, recvPtr, count, type);
      const made = op >= firstOp ? this.#ops.reduction(op, count, type, call) : undefined;
      const what = made
        ? [made.count, made.datatype, made.handle]
        : [count, this.#types[type]!, this.#datatypes.op(op, type, call)];
      this.#waiting.run(call, nonblocking, [from, into, ...what, this.#comms.native(comm)]);
      made?.failure.rethrow();
    },

    // biome-ignore format: one buffer a line
    gather: (
      sendPtr: number, sendCount: number, sendType: number, sendLength: number,
      recvPtr: number, recvLength: number, recvType: number, root: number, comm: number,
    ) => {
      const isRoot = this.#comms.rank(comm) === root;
      const each = isRoot ? this.#share("gather", sendPtr, sendLength, recvLength, comm) : 0;
      const from = sendPtr === 0 ? this.#world.constants.MPI_IN_PLACE : this.at(sendPtr, sendCount, sendType);
      const into = isRoot ? this.at(recvPtr, recvLength, recvType) : this.base;
      if (isRoot && sendPtr !== 0) {
        this.expectApart("MPI_Gather", sendPtr, sendCount, sendType, recvPtr, recvLength, recvType);
      }
      const received = this.#types[isRoot ? recvType : byteType]!;
      const handle = this.#comms.native(comm);
      this.#waiting.gather(from, sendCount, this.#types[sendType]!, into, each, received, this.rank(root), handle);
    },

    // biome-ignore format: one buffer a line
    scatter: (
      sendPtr: number, sendLength: number, sendType: number,
      recvPtr: number, recvCount: number, recvType: number, recvLength: number, root: number, comm: number,
    ) => {
      const isRoot = this.#comms.rank(comm) === root;
      const each = isRoot ? this.#share("scatter", recvPtr, recvLength, sendLength, comm) : 0;
      const from = isRoot ? this.at(sendPtr, sendLength, sendType) : this.base;
      const into = recvPtr === 0 ? this.#world.constants.MPI_IN_PLACE : this.at(recvPtr, recvCount, recvType);
      if (isRoot && recvPtr !== 0) {
        this.expectApart("MPI_Scatter", sendPtr, sendLength, sendType, recvPtr, recvCount, recvType);
      }
      const sent = this.#types[isRoot ? sendType : byteType]!;
      const handle = this.#comms.native(comm);
      this.#waiting.scatter(from, each, sent, into, recvCount, this.#types[recvType]!, this.rank(root), handle);
    },

    // biome-ignore format: one buffer a line
    allgather: (
      sendPtr: number, sendCount: number, sendType: number, sendLength: number,
      recvPtr: number, recvLength: number, recvType: number, comm: number,
    ) => {
      const each = this.#share("allgather", sendPtr, sendLength, recvLength, comm);
      const from = sendPtr === 0 ? this.#world.constants.MPI_IN_PLACE : this.at(sendPtr, sendCount, sendType);
      const into = this.at(recvPtr, recvLength, recvType);
      if (sendPtr !== 0) this.expectApart("MPI_Allgather", sendPtr, sendCount, sendType, recvPtr, recvLength, recvType);
      const handle = this.#comms.native(comm);
      this.#waiting.allgather(from, sendCount, this.#types[sendType]!, into, each, this.#types[recvType]!, handle);
    },

    // biome-ignore format: one buffer a line
    alltoall: (
      sendPtr: number, sendLength: number, sendType: number,
      recvPtr: number, recvLength: number, recvType: number, comm: number,
    ) => {
      const size = this.#comms.size(comm);
      if (sendPtr !== 0 && sendLength % size !== 0) {
        throw wrong("alltoall", `a multiple of ${size} elements to send`, sendLength, "Give each rank as many.");
      }
      const each = this.#share("alltoall", sendPtr, sendLength / size, recvLength, comm);
      const from = sendPtr === 0 ? this.#world.constants.MPI_IN_PLACE : this.at(sendPtr, sendLength, sendType);
      const into = this.at(recvPtr, recvLength, recvType);
      if (sendPtr !== 0) this.expectApart("MPI_Alltoall", sendPtr, sendLength, sendType, recvPtr, recvLength, recvType);
      const handle = this.#comms.native(comm);
      this.#waiting.alltoall(from, each, this.#types[sendType]!, into, each, this.#types[recvType]!, handle);
    },
  };

  /** The calls that begin a request, for a module that is known by its imports. */
  beginnings(owner: object) {
    return {
      isend: (ptr: number, count: number, type: number, to: number, tag: number, comm: number) => {
        const world = this.#world;
        const [at, label] = [this.at(ptr, count, type), tag >= 0 ? tag : wrongTag];
        const handle = this.#comms.native(comm);
        const code = world.raw.MPI_Isend(at, count, this.#types[type]!, this.rank(to), label, handle, world.outPtr);
        world.check(code, "MPI_Isend");
        return this.#pending.add(undefined, owner);
      },

      irecv: (ptr: number, count: number, type: number, from: number, tag: number, comm: number) => {
        const world = this.#world;
        const [at, source, label] = [this.at(ptr, count, type), this.source(from), this.tag(tag)];
        const handle = this.#comms.native(comm);
        const code = world.raw.MPI_Irecv(at, count, this.#types[type]!, source, label, handle, world.outPtr);
        world.check(code, "MPI_Irecv");
        return this.#pending.add(source, owner);
      },
    };
  }

  /** Elements of each rank in the array for all: as many as this rank's own, or an equal share when those are in it. */
  #share(call: string, ownPtr: number, ownLength: number, length: number, comm: number): number {
    const size = this.#comms.size(comm);
    const each = ownPtr === 0 ? Math.floor(length / size) : ownLength;
    if (each * size <= length && (ownPtr !== 0 || each * size === length)) return each;
    const expected =
      ownPtr === 0 ? `a multiple of ${size} elements` : `${each * size} elements (${each} from each of ${size} ranks)`;
    throw wrong(call, `room for ${expected}`, length, "Allocate it to fit.");
  }
}

/** What is imported for one library. */
interface Opened {
  readonly world: World;
  readonly host: Host;
  readonly calls: Calls;
}

let opened: Opened | undefined;

function open(): Opened {
  const world = currentWorld();
  if (opened?.world !== world) {
    const [datatypes, comms] = [new Datatypes(world), new Communicators(world)];
    const host = new Host(world, datatypes, comms);
    opened = { world, host, calls: { ...host.calls, ...new Pieces(world, datatypes, comms).calls } };
  }
  return opened;
}

/** The handle by which compiled code knows a communicator. **Local.** */
export function commHandleOf(comm: Comm): number {
  return open().host.handleOf(comm);
}

/** How many requests are under way that a module, known by its imports, has begun. **Local.** */
export function pendingOf(imports: object): number {
  return opened && isInitialized() ? opened.host.pendingOf(imports) : 0;
}

/** Frees the operations of a module, known by its imports. **Local.** */
export function freeOps(imports: object): void {
  if (opened && isInitialized()) opened.host.freeOps(imports);
  forgetOps(imports);
}

type Calls = Host["calls"] & Pieces["calls"];
type Beginning = ReturnType<Host["beginnings"]>["isend"];

const callNames: readonly (keyof Calls)[] = [
  "rank",
  "size",
  "strided",
  "send",
  "recv",
  "sendrecv",
  "wait",
  "test",
  "waitall",
  "testall",
  "waitany",
  "testany",
  "probe",
  "iprobe",
  "barrier",
  "bcast",
  "allreduce",
  "reduce",
  "scan",
  "gather",
  "gatherv",
  "scatter",
  "scatterv",
  "allgather",
  "allgatherv",
  "alltoall",
  "alltoallv",
];

type Tail<L extends readonly unknown[]> = L extends readonly [unknown, ...infer T] ? T : never;

let scratchGlobal: WebAssembly.Global | undefined;

/** What compiled code imports as `mpi`. Before `mpi.init()` most of it throws a UsageError. */
export function mpiImports(): Record<string, unknown> {
  scratchGlobal ??= new WebAssembly.Global({ value: "i32" }, memory.alloc(64));
  const table: Record<string, unknown> = {
    scratch: scratchGlobal,
    initialized: isInitialized,
    wtime,
    abort: (code: number) => abort(code),
    createOp: (...values: Tail<Parameters<typeof addOp>>) => addOp(table, ...values),
  };
  // A module that is linked after mpi.init() calls the host without a step between.
  if (isInitialized()) return Object.assign(table, open().calls, open().host.beginnings(table));
  for (const name of callNames) {
    table[name] = (...values: number[]) => (open().calls[name] as (...values: number[]) => unknown)(...values);
  }
  for (const name of ["isend", "irecv"] as const) {
    table[name] = (...values: Parameters<Beginning>) =>
      open()
        .host.beginnings(table)
        [name](...values);
  }
  return table;
}
