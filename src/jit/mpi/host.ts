/**
 * What compiled code imports as `mpi`: the calls of `assembly/jit/mpi`. Its handles and constants are those of the
 * standard ABI of MPI 5; here they become the library's. Addresses are bytes in the one memory and are checked to lie in
 * it, ranks and tags by the library.
 */
import { wrong } from "../../argument.js";
import { probedAt } from "../../mpi/calls/probe.js";
import type { Comm } from "../../mpi/comm/comm.js";
import { overlap, overlapping } from "../../mpi/data/overlap.js";
import { abort, isInitialized, wtime } from "../../mpi/job.js";
import { addressOf } from "../../mpi/library/native.js";
import { ANY_SOURCE, ANY_TAG, PROC_NULL } from "../../mpi/library/status.js";
import type { Waiting } from "../../mpi/library/waiting.js";
import { currentWorld, type World } from "../../mpi/library/world.js";
import { allocator } from "../../wasm/core.js";
import { memory } from "../../wasm/memory.js";
import { Communicators } from "./comms.js";
import { Datatypes } from "./datatypes.js";
import { addOp, firstOp, forgetOps, Ops } from "./ops.js";
import { Pending } from "./requests.js";

/** No rank and no tag in any library: what it refuses. */
const wrongRank = 2 ** 31 - 1;
const wrongTag = -(2 ** 31);

/** The handle of bytes in the standard ABI, for what a rank does not send or receive. */
const byteType = 0x247;

function hexadecimal(handle: number): string {
  return `0x${(handle >>> 0).toString(16)}`;
}

/** The calls, for one library. */
class Host {
  readonly #world: World;
  readonly #waiting: Waiting;
  readonly #datatypes: Datatypes;
  readonly #types: readonly number[];
  readonly #steps: readonly number[];
  readonly #sizes: readonly number[];
  readonly #comms: Communicators;
  readonly #pending: Pending;
  readonly #ops: Ops;
  readonly #base: number;
  #limit = 0;

  constructor(world: World) {
    this.#world = world;
    this.#waiting = world.waiting;
    this.#datatypes = new Datatypes(world);
    this.#types = this.#datatypes.handles;
    this.#steps = this.#datatypes.steps;
    this.#sizes = this.#datatypes.sizes;
    this.#comms = new Communicators(world);
    this.#pending = new Pending(world);
    this.#ops = new Ops(world);
    this.#base = addressOf(memory.u8(0, 1));
  }

  /** The machine address of data. @throws UsageError when it does not lie in the memory */
  #at(ptr: number, count: number, type: number): number {
    const start = ptr >>> 0;
    // Of a type that there is none of, no end is within the limit.
    const end = start + (count - 1) * this.#steps[type]! + this.#sizes[type]!;
    if (!(end <= this.#limit)) this.#expectInside(start, type, end);
    return this.#base + start;
  }

  #expectInside(start: number, type: number, end: number): void {
    this.#limit = allocator().memory.buffer.byteLength;
    if (end <= this.#limit) return;
    if (Number.isNaN(end)) throw wrong("mpi", "the handle of a datatype", hexadecimal(type), 'Use the calls of "mpi".');
    throw wrong(
      "mpi",
      `data within the memory of ${this.#limit} bytes`,
      `${end - start} bytes from ${start} on`,
      "Pass the array's own address and length.",
    );
  }

  /** Data that are sent and data that are received may have no bytes in common. @throws UsageError */
  // biome-ignore format: one side a line
  #expectApart(
    call: string,
    sendPtr: number, sendCount: number, sendType: number,
    recvPtr: number, recvCount: number, recvType: number,
  ): void {
    const sendStart = sendPtr >>> 0;
    const recvStart = recvPtr >>> 0;
    if (sendStart >= recvStart + (recvCount - 1) * this.#steps[recvType]! + this.#sizes[recvType]!) return;
    if (recvStart >= sendStart + (sendCount - 1) * this.#steps[sendType]! + this.#sizes[sendType]!) return;
    const send = this.#datatypes.blocksOf(sendStart, sendCount, sendType);
    if (overlap(send, this.#datatypes.blocksOf(recvStart, recvCount, recvType))) throw overlapping(call);
  }

  /** A rank to send to, or a root. */
  #rank(rank: number): number {
    if (rank >= 0) return rank;
    return rank === PROC_NULL ? this.#world.constants.MPI_PROC_NULL : wrongRank;
  }

  #source(rank: number): number {
    return rank === ANY_SOURCE ? this.#world.constants.MPI_ANY_SOURCE : this.#rank(rank);
  }

  #tag(tag: number): number {
    if (tag >= 0) return tag;
    return tag === ANY_TAG ? this.#world.constants.MPI_ANY_TAG : wrongTag;
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
      const dest = to >= 0 ? to : this.#rank(to);
      const label = tag >= 0 ? tag : wrongTag;
      const handle = this.#comms.native(comm);
      this.#waiting.send(
        this.#at(ptr, count, type),
        count,
        this.#types[type]!,
        dest,
        label,
        handle,
        count * this.#sizes[type]!,
      );
    },

    recv: (ptr: number, count: number, type: number, from: number, tag: number, comm: number, status: number) => {
      const source = from >= 0 ? from : this.#source(from);
      const label = tag >= 0 ? tag : this.#tag(tag);
      const handle = this.#comms.native(comm);
      this.#waiting.recv(this.#at(ptr, count, type), count, this.#types[type]!, source, label, handle);
      if (status !== 0) this.#status(status, source);
    },

    // biome-ignore format: one buffer a line
    sendrecv: (
      sendPtr: number, sendCount: number, sendType: number, to: number, sendTag: number,
      recvPtr: number, recvCount: number, recvType: number, from: number, recvTag: number, comm: number, status: number,
    ) => {
      const types = this.#types;
      const source = this.#source(from);
      const label = sendTag >= 0 ? sendTag : wrongTag;
      const out = this.#at(sendPtr, sendCount, sendType);
      const into = this.#at(recvPtr, recvCount, recvType);
      this.#expectApart("MPI_Sendrecv", sendPtr, sendCount, sendType, recvPtr, recvCount, recvType);
      this.#waiting.sendrecv(
        out, sendCount, types[sendType]!, this.#rank(to), label,
        into, recvCount, types[recvType]!, source, this.#tag(recvTag),
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
      const source = this.#source(from);
      this.#waiting.probe(source, this.#tag(tag), this.#comms.native(comm));
      if (status !== 0) this.#status(status, source);
    },

    barrier: (comm: number) => this.#waiting.barrier(this.#comms.native(comm)),

    bcast: (ptr: number, count: number, type: number, root: number, comm: number) => {
      const handle = this.#comms.native(comm);
      this.#waiting.bcast(this.#at(ptr, count, type), count, this.#types[type]!, this.#rank(root), handle);
    },

    allreduce: (sendPtr: number, recvPtr: number, count: number, type: number, op: number, comm: number) => {
      const into = this.#at(recvPtr, count, type);
      const from = sendPtr === 0 ? this.#world.constants.MPI_IN_PLACE : this.#at(sendPtr, count, type);
      if (sendPtr !== 0) this.#expectApart("MPI_Allreduce", sendPtr, count, type, recvPtr, count, type);
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
      const from = sent === 0 ? this.#world.constants.MPI_IN_PLACE : this.#at(sent, count, type);
      const into = isRoot ? this.#at(recvPtr, count, type) : this.#base;
      if (isRoot && sent !== 0) this.#expectApart("MPI_Reduce", sent, count, type, recvPtr, count, type);
      const handle = this.#comms.native(comm);
      if (op >= firstOp) {
        const made = this.#ops.reduction(op, count, type, "MPI_Reduce");
        this.#waiting.reduce(from, into, made.count, made.datatype, made.handle, this.#rank(root), handle);
        made.failure.rethrow();
        return;
      }
      const operation = this.#datatypes.op(op, type, "MPI_Reduce");
      this.#waiting.reduce(from, into, count, this.#types[type]!, operation, this.#rank(root), handle);
    },

    // biome-ignore format: one buffer a line
    gather: (
      sendPtr: number, sendCount: number, sendType: number, sendLength: number,
      recvPtr: number, recvLength: number, recvType: number, root: number, comm: number,
    ) => {
      const isRoot = this.#comms.rank(comm) === root;
      const each = isRoot ? this.#share("gather", sendPtr, sendLength, recvLength, comm) : 0;
      const from = sendPtr === 0 ? this.#world.constants.MPI_IN_PLACE : this.#at(sendPtr, sendCount, sendType);
      const into = isRoot ? this.#at(recvPtr, recvLength, recvType) : this.#base;
      if (isRoot && sendPtr !== 0) {
        this.#expectApart("MPI_Gather", sendPtr, sendCount, sendType, recvPtr, recvLength, recvType);
      }
      const received = this.#types[isRoot ? recvType : byteType]!;
      const handle = this.#comms.native(comm);
      this.#waiting.gather(from, sendCount, this.#types[sendType]!, into, each, received, this.#rank(root), handle);
    },

    // biome-ignore format: one buffer a line
    scatter: (
      sendPtr: number, sendLength: number, sendType: number,
      recvPtr: number, recvCount: number, recvType: number, recvLength: number, root: number, comm: number,
    ) => {
      const isRoot = this.#comms.rank(comm) === root;
      const each = isRoot ? this.#share("scatter", recvPtr, recvLength, sendLength, comm) : 0;
      const from = isRoot ? this.#at(sendPtr, sendLength, sendType) : this.#base;
      const into = recvPtr === 0 ? this.#world.constants.MPI_IN_PLACE : this.#at(recvPtr, recvCount, recvType);
      if (isRoot && recvPtr !== 0) {
        this.#expectApart("MPI_Scatter", sendPtr, sendLength, sendType, recvPtr, recvCount, recvType);
      }
      const sent = this.#types[isRoot ? sendType : byteType]!;
      const handle = this.#comms.native(comm);
      this.#waiting.scatter(from, each, sent, into, recvCount, this.#types[recvType]!, this.#rank(root), handle);
    },

    // biome-ignore format: one buffer a line
    allgather: (
      sendPtr: number, sendCount: number, sendType: number, sendLength: number,
      recvPtr: number, recvLength: number, recvType: number, comm: number,
    ) => {
      const each = this.#share("allgather", sendPtr, sendLength, recvLength, comm);
      const from = sendPtr === 0 ? this.#world.constants.MPI_IN_PLACE : this.#at(sendPtr, sendCount, sendType);
      const into = this.#at(recvPtr, recvLength, recvType);
      if (sendPtr !== 0) this.#expectApart("MPI_Allgather", sendPtr, sendCount, sendType, recvPtr, recvLength, recvType);
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
      const from = sendPtr === 0 ? this.#world.constants.MPI_IN_PLACE : this.#at(sendPtr, sendLength, sendType);
      const into = this.#at(recvPtr, recvLength, recvType);
      if (sendPtr !== 0) this.#expectApart("MPI_Alltoall", sendPtr, sendLength, sendType, recvPtr, recvLength, recvType);
      const handle = this.#comms.native(comm);
      this.#waiting.alltoall(from, each, this.#types[sendType]!, into, each, this.#types[recvType]!, handle);
    },
  };

  /** The calls that begin a request, for a module that is known by its imports. */
  beginnings(owner: object) {
    return {
      isend: (ptr: number, count: number, type: number, to: number, tag: number, comm: number) => {
        const world = this.#world;
        const [at, label] = [this.#at(ptr, count, type), tag >= 0 ? tag : wrongTag];
        const handle = this.#comms.native(comm);
        const code = world.raw.MPI_Isend(at, count, this.#types[type]!, this.#rank(to), label, handle, world.outPtr);
        world.check(code, "MPI_Isend");
        return this.#pending.add(undefined, owner);
      },

      irecv: (ptr: number, count: number, type: number, from: number, tag: number, comm: number) => {
        const world = this.#world;
        const [at, source, label] = [this.#at(ptr, count, type), this.#source(from), this.#tag(tag)];
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

let opened: { readonly world: World; readonly host: Host } | undefined;

function host(): Host {
  const world = currentWorld();
  if (opened?.world !== world) opened = { world, host: new Host(world) };
  return opened.host;
}

/** The handle by which compiled code knows a communicator. **Local.** */
export function commHandleOf(comm: Comm): number {
  return host().handleOf(comm);
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

type Calls = Host["calls"];
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
  "barrier",
  "bcast",
  "allreduce",
  "reduce",
  "gather",
  "scatter",
  "allgather",
  "alltoall",
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
  if (isInitialized()) return Object.assign(table, host().calls, host().beginnings(table));
  for (const name of callNames) {
    table[name] = (...values: number[]) => (host().calls[name] as (...values: number[]) => unknown)(...values);
  }
  for (const name of ["isend", "irecv"] as const) {
    table[name] = (...values: Parameters<Beginning>) =>
      host()
        .beginnings(table)
        [name](...values);
  }
  return table;
}
