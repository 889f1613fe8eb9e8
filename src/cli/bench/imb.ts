/**
 * What `wasm-mpi bench imb` times: calls of MPI in compiled code, as the Intel MPI Benchmarks do. bench/messages.c and
 * bench/messages.py do the same, step by step.
 */
import { availableParallelism } from "node:os";
import { jit } from "../../jit/jit.js";
import type { Comm } from "../../mpi/index.js";
import { memory } from "../../wasm/memory.js";
import { expectArrival, type Load, page, timeRepeats, warmingRepeats } from "./messages.js";

/** Every size is that of the message of one rank to one rank; the root is another rank in each repetition. */
const source = `
  import {
    SUM, View, allgather, allreduce, alltoall, bcast, gather, rank, recv, reduce, scatter, send, sendrecv, size,
  } from "mpi";

  let outgoing = new View<f64>(0, 0), incoming = outgoing, outgoingOfAll = outgoing, incomingOfAll = outgoing;

  export function place(outgoingPtr: usize, incomingPtr: usize, n: i32): void {
    outgoing = new View<f64>(outgoingPtr, n);
    incoming = new View<f64>(incomingPtr, n);
    outgoingOfAll = new View<f64>(outgoingPtr, n * size());
    incomingOfAll = new View<f64>(incomingPtr, n * size());
  }

  export function pingpong(count: i32): void {
    const me = rank();
    if (me > 1) return;
    for (let i = 0; i < count; i++) {
      if (me == 0) send(outgoing, 1);
      recv(incoming, 1 - me, 0);
      if (me == 1) send(outgoing, 0);
    }
  }

  export function sendrecvs(count: i32): void {
    const right = (rank() + 1) % size();
    const left = (rank() + size() - 1) % size();
    for (let i = 0; i < count; i++) sendrecv(outgoing, right, incoming, left, 0, 0);
  }

  export function bcasts(count: i32): void {
    const me = rank(), ranks = size();
    for (let i = 0, root = 0; i < count; i++, root = next(root, ranks)) bcast(root == me ? outgoing : incoming, root);
  }

  export function allreduces(count: i32): void {
    for (let i = 0; i < count; i++) allreduce(outgoing, incoming, SUM);
  }

  export function reduces(count: i32): void {
    const ranks = size();
    for (let i = 0, root = 0; i < count; i++, root = next(root, ranks)) reduce(outgoing, incoming, SUM, root);
  }

  export function allgathers(count: i32): void {
    for (let i = 0; i < count; i++) allgather(outgoing, incomingOfAll);
  }

  export function gathers(count: i32): void {
    const ranks = size();
    for (let i = 0, root = 0; i < count; i++, root = next(root, ranks)) gather(outgoing, incomingOfAll, root);
  }

  export function scatters(count: i32): void {
    const ranks = size();
    for (let i = 0, root = 0; i < count; i++, root = next(root, ranks)) scatter(outgoingOfAll, incoming, root);
  }

  export function alltoalls(count: i32): void {
    for (let i = 0; i < count; i++) alltoall(outgoingOfAll, incomingOfAll);
  }

  function next(root: i32, ranks: i32): i32 {
    return root + 1 == ranks ? 0 : root + 1;
  }`;

/** An operation, as far as it differs from the next. */
interface Operation {
  /** The function above. */
  readonly call: string;
  /** Messages on the way from the first to the last rank, roughly. */
  messages(ranks: number): number;
  /** Whether every rank gets a block of each rank. */
  readonly getsAll?: true;
  /** What arrives from a rank, by that rank, the rank that gets it, the number of ranks, and the last root. */
  arrives(from: number, rank: number, ranks: number, last: number): number;
}

const levels = (ranks: number) => Math.ceil(Math.log2(ranks));
const others = (ranks: number) => ranks - 1;
const sumOf = (_from: number, _rank: number, ranks: number) => (ranks * (ranks + 1)) / 2;
/** What a rank sends to another one: the same to all but where it deals out blocks. */
const sentBy = (rank: number, block = 0) => rank + 1 + 100 * block;

const operations: Readonly<Record<string, Operation>> = {
  pingpong: {
    call: "pingpong",
    messages: () => 2,
    arrives: (_from, rank) => (rank > 1 ? 0 : sentBy(1 - rank)),
  },
  sendrecv: {
    call: "sendrecvs",
    messages: () => 1,
    arrives: (_from, rank, ranks) => sentBy((rank + ranks - 1) % ranks),
  },
  bcast: {
    call: "bcasts",
    messages: levels,
    // The last root still has what came from the root before.
    arrives: (_from, rank, ranks, last) => sentBy(rank === last ? (last + ranks - 1) % ranks : last),
  },
  allreduce: { call: "allreduces", messages: (ranks) => 2 * levels(ranks), arrives: sumOf },
  reduce: { call: "reduces", messages: levels, arrives: sumOf },
  allgather: { call: "allgathers", messages: others, getsAll: true, arrives: (from) => sentBy(from) },
  gather: { call: "gathers", messages: others, getsAll: true, arrives: (from) => sentBy(from) },
  scatter: { call: "scatters", messages: others, arrives: (_from, rank, _ranks, last) => sentBy(last, rank) },
  alltoall: { call: "alltoalls", messages: others, getsAll: true, arrives: (from, rank) => sentBy(from, rank) },
};

/**
 * Repetitions for a millisecond, so that some repeats have the cores for themselves on a machine with other work; every
 * rank is a root once at least.
 */
function countOf(operation: Operation, size: number, ranks: number): number {
  const seconds = operation.messages(ranks) * (5e-7 + size / 5e9);
  // Ranks that take turns on the cores wait for the scheduler.
  const waiting = ranks > availableParallelism() ? 1e-3 * ranks : 0;
  return Math.max(4, ranks, Math.round(1e-3 / (seconds + waiting)));
}

/** All operations at all sizes. */
export function imbLoads(sizes: readonly number[], ranks: number): Load[] {
  return Object.entries(operations).flatMap(([name, operation]) =>
    sizes.map((size) => ({ name, size, count: countOf(operation, size, ranks) })),
  );
}

/** The bytes of messages of which blocks for all ranks fit into a block of the heap, twice. */
export const largestImb = (ranks: number) => Math.floor(2 ** 28 / ranks / 8) * 8;

type Compiled = Record<string, (count: number) => void> & {
  place(outgoingPtr: number, incomingPtr: number, n: number): void;
};
let compiled: Promise<Compiled> | undefined;

/**
 * Times an operation at one size: the seconds of each repeat, for one call, of `pingpong` for half a round trip.
 * **Collective.** The times are those of this rank.
 */
export async function measureImb(comm: Comm, { name, size, count }: Load): Promise<number[]> {
  const { rank, size: ranks } = comm;
  const operation = operations[name!]!;
  const n = size / 8;
  const byteLength = Math.ceil((size * ranks) / page) * page;
  const block = memory.alloc(2 * byteLength + page);
  const outgoingPtr = Math.ceil(block / page) * page;
  const incomingPtr = outgoingPtr + byteLength;
  for (let to = 0; to < ranks; to++) memory.f64(outgoingPtr + to * size, n).fill(sentBy(rank, to));
  memory.f64(incomingPtr, n * ranks).fill(0);
  compiled ??= jit<Compiled>(source);
  const calls = await compiled;
  calls.place(outgoingPtr, incomingPtr, n);
  const hops = name === "pingpong" ? 2 : 1;
  const seconds = timeRepeats(comm, count * hops, () => calls[operation.call]!(count), warmingRepeats);
  for (let from = 0; from < (operation.getsAll ? ranks : 1); from++) {
    const expected = operation.arrives(from, rank, ranks, (count - 1) % ranks);
    expectArrival(expected, memory.f64(incomingPtr + from * size, n));
  }
  memory.free(block);
  return seconds;
}
