/**
 * What compiled code imports as `mpi`: the calls of `assembly/jit/mpi.ts`. Its handles and constants are those of the
 * standard ABI of MPI 5; here they become the library's. Addresses are bytes in the one memory and are checked to lie in
 * it, ranks and tags by the library.
 */
import { wrong } from "../../argument.js";
import { type OperationName, operationOf } from "../../mpi/calls/operation.js";
import { probedAt } from "../../mpi/calls/probe.js";
import type { Comm } from "../../mpi/comm/comm.js";
import { stridedType } from "../../mpi/data/buffer.js";
import { type ElementType, elementTypes, type TypeName } from "../../mpi/data/element.js";
import { abort, currentWorld, isInitialized, wtime } from "../../mpi/job.js";
import type { Constant } from "../../mpi/library/abi.js";
import { addressOf } from "../../mpi/library/native.js";
import type { FunctionName } from "../../mpi/library/prototypes.js";
import { ANY_SOURCE, ANY_TAG, PROC_NULL, type World } from "../../mpi/library/world.js";
import { allocator } from "../../wasm/core.js";
import { memory } from "../../wasm/memory.js";
import { Communicators } from "./comms.js";
import { Pending } from "./requests.js";

/** Datatypes by their handles in the standard ABI. */
const typeNames: Readonly<Record<number, TypeName>> = {
  528: "float32",
  532: "float64",
  552: "float32int32",
  553: "float64int32",
  555: "int32int32",
  576: "int8",
  577: "uint8",
  583: "byte",
  584: "int16",
  585: "uint16",
  592: "int32",
  593: "uint32",
  600: "int64",
  601: "uint64",
};

const operationNames: Readonly<Record<number, OperationName>> = {
  33: "sum",
  34: "min",
  35: "max",
  36: "prod",
  40: "band",
  41: "bor",
  42: "bxor",
  48: "land",
  49: "lor",
  50: "lxor",
  56: "minloc",
  57: "maxloc",
};

/** From here on handles of strided datatypes, which are valid for one call: of the last few layouts, in pairs by a hash. */
const firstStrided = 0x300;
const stridedRoom = 64;
const layoutLength = 5; // Count, block, stride, step and element type.

/** No rank and no tag in any library: what it refuses. */
const wrongRank = 2 ** 31 - 1;
const wrongTag = -(2 ** 31);

/**
 * A list whose numbers stay objects, also those beyond 31 bits, which a list of nothing but numbers would make anew each
 * time one is read.
 */
function keptNumbers(length: number, value: number): number[] {
  return [...new Array<unknown>(length).fill(value), undefined] as number[];
}

/** The calls, for one library. */
class Host {
  readonly #world: World;
  readonly #types: number[];
  /** Bytes from one of a type to the next, for what has to lie in the memory. */
  readonly #sizes = new Array<number>(firstStrided + stridedRoom).fill(0);
  readonly #ops: number[] = keptNumbers(0x40 * 0x60, 0);
  readonly #comms: Communicators;
  readonly #pending: Pending;
  readonly #base: number;
  #limit = 0;
  /** The layouts of the strided datatypes, valid while the library's types are those that were there then. */
  readonly #layouts = new Int32Array(layoutLength * stridedRoom);
  #layoutsOf = -1;
  /** The place of the last one, which a second one of the same call must not take. */
  #lastStrided = 0;

  constructor(world: World) {
    const { constants } = world;
    this.#world = world;
    this.#types = keptNumbers(firstStrided + stridedRoom, constants.MPI_DATATYPE_NULL);
    for (const [handle, name] of Object.entries(typeNames)) {
      this.#types[Number(handle)] = constants[elementTypes[name].datatype as Constant];
      this.#sizes[Number(handle)] = elementTypes[name].byteLength;
    }
    this.#comms = new Communicators(world);
    this.#pending = new Pending(world);
    this.#base = addressOf(memory.u8(0, 1));
  }

  /** The machine address of data. @throws UsageError when it does not lie in the memory */
  #at(ptr: number, count: number, type: number): number {
    const start = ptr >>> 0;
    if (start + count * this.#sizes[type]! > this.#limit) this.#expectInside(start, count, type);
    return this.#base + start;
  }

  #expectInside(start: number, count: number, type: number): void {
    this.#limit = allocator().memory.buffer.byteLength;
    const byteLength = count * this.#sizes[type]!;
    if (start + byteLength <= this.#limit) return;
    throw wrong(
      "mpi",
      `data within the memory of ${this.#limit} bytes`,
      `${byteLength} bytes from ${start} on`,
      "Pass the array's own address and length.",
    );
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

  #op(op: number, type: number, call: FunctionName): number {
    const place = op * 0x60 + type - 0x200;
    return (op < 0x40 && this.#ops[place]) || this.#findOp(op, type, place, call);
  }

  #findOp(op: number, type: number, place: number, call: FunctionName): number {
    const name = operationNames[op];
    const element = typeNames[type];
    if (!name || !element) {
      const got = name ? `datatype 0x${type.toString(16)}` : `operation 0x${(op >>> 0).toString(16)}`;
      throw wrong(call, "a predefined operation and type", got, 'Use SUM, MAX ... of "mpi".');
    }
    const handle = operationOf(this.#world, name, elementTypes[element] as ElementType, call);
    this.#ops[place] = handle;
    return handle;
  }

  #isLayout(place: number, count: number, block: number, stride: number, step: number, type: number): boolean {
    const layouts = this.#layouts;
    const at = layoutLength * place;
    return (
      layouts[at] === count &&
      layouts[at + 1] === block &&
      layouts[at + 2] === stride &&
      layouts[at + 3] === step &&
      layouts[at + 4] === type
    );
  }

  #addLayout(place: number, count: number, block: number, stride: number, step: number, type: number): void {
    const extent = (block - 1) * step + 1;
    if (count < 0 || block < 1 || step < 1 || stride < extent) {
      const got = `${count} of ${block} with stride ${stride}${step === 1 ? "" : ` and step ${step}`}`;
      throw wrong("View", "blocks that do not overlap", got, "Choose a stride of at least the block.");
    }
    const { rowTypes } = this.#world;
    // The other one of the same call is not to be the oldest type, which may be freed for this one.
    const [count0, block0, stride0, step0, type0] = this.#layouts.subarray(layoutLength * this.#lastStrided);
    if (type0 !== 0) this.#typeOf(count0!, block0!, stride0!, step0!, type0!);
    const datatype = this.#typeOf(count, block, stride, step, type);
    if (this.#layoutsOf !== rowTypes.generation) this.#layouts.fill(0);
    this.#layoutsOf = rowTypes.generation;
    this.#layouts.set([count, block, stride, step, type], layoutLength * place);
    this.#types[firstStrided + place] = datatype;
    this.#sizes[firstStrided + place] =
      (((count - 1) * stride + extent) * elementTypes[typeNames[type]!].byteLength) / count;
  }

  #typeOf(count: number, block: number, stride: number, step: number, type: number): number {
    const layout =
      block === 1 ? { shape: [count], strides: [stride] } : { shape: [count, block], strides: [stride, step] };
    return stridedType(this.#world, { type: elementTypes[typeNames[type]!], ...layout }).datatype;
  }

  /** Writes a status of the standard ABI. */
  #status(ptr: number, from: number): void {
    if (ptr !== 0) this.#pending.writeStatus(ptr, probedAt(this.#world, from));
  }

  /** A collective call, or its nonblocking form where ranks share cores. */
  #collect(name: FunctionName, polled: FunctionName, ...values: number[]): void {
    const world = this.#world;
    const raw = world.raw as unknown as Record<string, (...values: number[]) => number>;
    if (world.crowded) {
      world.check(raw[polled]!(...values, world.scratch.address), polled);
      world.complete(name);
    } else world.check(raw[name]!(...values), name);
  }

  handleOf(comm: Comm): number {
    return this.#comms.handleOf(comm);
  }

  readonly calls = {
    rank: (comm: number) => this.#comms.rank(comm),
    size: (comm: number) => this.#comms.size(comm),

    strided: (count: number, block: number, stride: number, step: number, type: number) => {
      const { generation } = this.#world.rowTypes;
      if (this.#layoutsOf !== generation) this.#layouts.fill(0);
      this.#layoutsOf = generation;
      const hash = (count * 7 + block * 13 + stride * 31 + step * 3 + type) & (stridedRoom - 1);
      let place = hash;
      if (!this.#isLayout(place, count, block, stride, step, type)) {
        place = hash ^ 1;
        if (!this.#isLayout(place, count, block, stride, step, type)) {
          if (hash !== this.#lastStrided) place = hash;
          this.#addLayout(place, count, block, stride, step, type);
        }
      }
      this.#lastStrided = place;
      return firstStrided + place;
    },

    send: (ptr: number, count: number, type: number, to: number, tag: number, comm: number) => {
      const world = this.#world;
      const at = this.#at(ptr, count, type);
      const dest = to >= 0 ? to : this.#rank(to);
      const label = tag >= 0 ? tag : wrongTag;
      const handle = this.#comms.native(comm);
      if (world.crowded) {
        world.check(
          world.raw.MPI_Isend(at, count, this.#types[type]!, dest, label, handle, world.scratch.address),
          "MPI_Isend",
        );
        world.complete("MPI_Send");
        return;
      }
      const code = world.raw.MPI_Send(at, count, this.#types[type]!, dest, label, handle);
      if (code !== 0) world.check(code, "MPI_Send");
    },

    recv: (ptr: number, count: number, type: number, from: number, tag: number, comm: number, status: number) => {
      const world = this.#world;
      const at = this.#at(ptr, count, type);
      const source = from >= 0 ? from : this.#source(from);
      const label = tag >= 0 ? tag : this.#tag(tag);
      const handle = this.#comms.native(comm);
      if (world.crowded) {
        world.check(
          world.raw.MPI_Irecv(at, count, this.#types[type]!, source, label, handle, world.scratch.address),
          "MPI_Irecv",
        );
        world.complete("MPI_Recv");
      } else {
        const code = world.raw.MPI_Recv(at, count, this.#types[type]!, source, label, handle, world.statusPtr);
        if (code !== 0) world.check(code, "MPI_Recv");
      }
      if (status !== 0) this.#status(status, source);
    },

    // biome-ignore format: one buffer a line
    sendrecv: (
      sendPtr: number, sendCount: number, sendType: number, to: number, sendTag: number,
      recvPtr: number, recvCount: number, recvType: number, from: number, recvTag: number, comm: number, status: number,
    ) => {
      const world = this.#world;
      const { raw, scratch } = world;
      const [out, into] = [this.#at(sendPtr, sendCount, sendType), this.#at(recvPtr, recvCount, recvType)];
      const [sent, received] = [this.#types[sendType]!, this.#types[recvType]!];
      const source = this.#source(from);
      const outLabel = sendTag >= 0 ? sendTag : wrongTag;
      const handle = this.#comms.native(comm);
      if (world.crowded) {
        // The send begins first; one that fails leaves nothing under way.
        const code = raw.MPI_Isend(out, sendCount, sent, this.#rank(to), outLabel, handle, scratch.address);
        world.check(code, "MPI_Isend");
        const sending = world.readHandle(0);
        const begun = raw.MPI_Irecv(into, recvCount, received, source, this.#tag(recvTag), handle, scratch.address);
        const receiving = world.readHandle(0);
        world.writeHandle(0, sending);
        const failure = world.wait();
        world.check(begun, "MPI_Irecv");
        world.writeHandle(0, receiving);
        world.complete("MPI_Sendrecv"); // Last, for its status.
        world.check(failure, "MPI_Sendrecv");
      } else {
        const code = raw.MPI_Sendrecv(
          out, sendCount, sent, this.#rank(to), outLabel,
          into, recvCount, received, source, this.#tag(recvTag), handle, world.statusPtr,
        );
        if (code !== 0) world.check(code, "MPI_Sendrecv");
      }
      if (status !== 0) this.#status(status, source);
    },

    isend: (ptr: number, count: number, type: number, to: number, tag: number, comm: number) => {
      const world = this.#world;
      const [at, label] = [this.#at(ptr, count, type), tag >= 0 ? tag : wrongTag];
      const handle = this.#comms.native(comm);
      const code = world.raw.MPI_Isend(
        at,
        count,
        this.#types[type]!,
        this.#rank(to),
        label,
        handle,
        world.scratch.address,
      );
      world.check(code, "MPI_Isend");
      return this.#pending.add(undefined);
    },

    irecv: (ptr: number, count: number, type: number, from: number, tag: number, comm: number) => {
      const world = this.#world;
      const [at, source, label] = [this.#at(ptr, count, type), this.#source(from), this.#tag(tag)];
      const handle = this.#comms.native(comm);
      const code = world.raw.MPI_Irecv(at, count, this.#types[type]!, source, label, handle, world.scratch.address);
      world.check(code, "MPI_Irecv");
      return this.#pending.add(source);
    },

    wait: (request: number, status: number) => this.#pending.wait(request, status),
    test: (request: number, status: number) => this.#pending.test(request, status),
    waitall: (ptr: number, count: number, statuses: number) => this.#pending.waitAll(ptr, count, statuses),
    testall: (ptr: number, count: number, statuses: number) => this.#pending.testAll(ptr, count, statuses),
    waitany: (ptr: number, count: number, status: number) => this.#pending.waitAny(ptr, count, status),
    testany: (ptr: number, count: number, status: number) => this.#pending.testAny(ptr, count, status),

    probe: (from: number, tag: number, comm: number, status: number) => {
      const world = this.#world;
      const { raw, scratch, statusPtr } = world;
      const [source, label, handle] = [this.#source(from), this.#tag(tag), this.#comms.native(comm)];
      if (world.crowded) {
        const iprobe = () => raw.MPI_Iprobe(source, label, handle, scratch.address + 16, statusPtr);
        world.check(iprobe(), "MPI_Iprobe");
        while (scratch.i32[4] === 0) {
          world.yieldCore();
          world.check(iprobe(), "MPI_Iprobe");
        }
      } else world.check(raw.MPI_Probe(source, label, handle, statusPtr), "MPI_Probe");
      this.#status(status, source);
    },

    barrier: (comm: number) => this.#collect("MPI_Barrier", "MPI_Ibarrier", this.#comms.native(comm)),

    bcast: (ptr: number, count: number, type: number, root: number, comm: number) => {
      const at = this.#at(ptr, count, type);
      const handle = this.#comms.native(comm);
      this.#collect("MPI_Bcast", "MPI_Ibcast", at, count, this.#types[type]!, this.#rank(root), handle);
    },

    allreduce: (sendPtr: number, recvPtr: number, count: number, type: number, op: number, comm: number) => {
      const world = this.#world;
      const { raw } = world;
      const into = this.#at(recvPtr, count, type);
      const from = sendPtr === 0 ? world.constants.MPI_IN_PLACE : this.#at(sendPtr, count, type);
      const operation = this.#op(op, type, "MPI_Allreduce");
      const handle = this.#comms.native(comm);
      const datatype = this.#types[type]!;
      if (world.crowded) {
        const code = raw.MPI_Iallreduce(from, into, count, datatype, operation, handle, world.scratch.address);
        world.check(code, "MPI_Iallreduce");
        world.complete("MPI_Allreduce");
        return;
      }
      const code = raw.MPI_Allreduce(from, into, count, datatype, operation, handle);
      if (code !== 0) world.check(code, "MPI_Allreduce");
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
      const operation = this.#op(op, type, "MPI_Reduce");
      const handle = this.#comms.native(comm);
      this.#collect("MPI_Reduce", "MPI_Ireduce", from, into, count, this.#types[type]!, operation, this.#rank(root), handle);
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
      const [sent, received] = [this.#types[sendType]!, this.#types[isRoot ? recvType : 0x247]!];
      const handle = this.#comms.native(comm);
      this.#collect("MPI_Gather", "MPI_Igather", from, sendCount, sent, into, each, received, this.#rank(root), handle);
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
      const [sent, received] = [this.#types[isRoot ? sendType : 0x247]!, this.#types[recvType]!];
      const handle = this.#comms.native(comm);
      this.#collect("MPI_Scatter", "MPI_Iscatter", from, each, sent, into, recvCount, received, this.#rank(root), handle);
    },

    // biome-ignore format: one buffer a line
    allgather: (
      sendPtr: number, sendCount: number, sendType: number, sendLength: number,
      recvPtr: number, recvLength: number, recvType: number, comm: number,
    ) => {
      const each = this.#share("allgather", sendPtr, sendLength, recvLength, comm);
      const from = sendPtr === 0 ? this.#world.constants.MPI_IN_PLACE : this.#at(sendPtr, sendCount, sendType);
      const into = this.#at(recvPtr, recvLength, recvType);
      const [sent, received] = [this.#types[sendType]!, this.#types[recvType]!];
      const handle = this.#comms.native(comm);
      this.#collect("MPI_Allgather", "MPI_Iallgather", from, sendCount, sent, into, each, received, handle);
    },
  };

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

type Calls = Host["calls"];

const callNames: readonly (keyof Calls)[] = [
  "rank",
  "size",
  "strided",
  "send",
  "recv",
  "sendrecv",
  "isend",
  "irecv",
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
];

let scratchGlobal: WebAssembly.Global | undefined;

/** What compiled code imports as `mpi`. Before `mpi.init()` most of it throws a UsageError. */
export function mpiImports(): Record<string, unknown> {
  scratchGlobal ??= new WebAssembly.Global({ value: "i32" }, memory.alloc(64));
  const table: Record<string, unknown> = {
    scratch: scratchGlobal,
    initialized: isInitialized,
    wtime,
    abort: (code: number) => abort(code),
  };
  // A module that is linked after mpi.init() calls the host without a step between.
  if (isInitialized()) return Object.assign(table, host().calls);
  for (const name of callNames) {
    table[name] = (...values: number[]) => (host().calls[name] as (...values: number[]) => unknown)(...values);
  }
  return table;
}
