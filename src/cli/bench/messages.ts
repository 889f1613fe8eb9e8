/** What `wasm-mpi bench` times, on this rank. bench/messages.c and bench/messages.py do the same, step by step. */
import { availableParallelism } from "node:os";
import { jit } from "../../jit/jit.js";
import { type Comm, mpi } from "../../mpi/index.js";
import { core } from "../../wasm/core.js";
import { memory } from "../../wasm/memory.js";

/** What can be timed. */
export type Timed = "pingpong" | "ring" | "allreduce" | "pi";

/** A size, and how many repetitions one repeat times. */
export interface Load {
  /** What is timed at this size, where one run times several things. */
  readonly name?: string;
  /** Bytes of a message; for `pi` the x of 10000/x intervals, for frames and halos the cells along an axis. */
  readonly size: number;
  readonly count: number;
  /** What the peers have to know besides. */
  readonly words?: readonly string[];
  /** Bytes that are moved; default: `size`. */
  readonly bytes?: number;
  /** For halos. */
  readonly exchange?: Exchange;
}

/** An exchange of halos: of a block on some axes, of which some wrap, one of so many blocks along each. */
export interface Exchange {
  readonly periodic: readonly boolean[];
  readonly split: readonly number[];
}

/** Repeats of each size in a job. */
export const repeats = 10;

/** Intervals of the integral of pi. */
const intervalsOf = (x: number) => Math.floor(10000 / x);

/**
 * Repetitions for some 5 ms, from rough times of the machines of today: measured times would differ from job to job. Short
 * repeats leave some of them the cores on a machine with other work, where a message may take a thousand times as long.
 */
export function loadOf(timed: Timed, size: number, ranks: number): Load {
  const message = 5e-7 + size / 5e9;
  const seconds = {
    pingpong: 2 * message,
    ring: ranks * message,
    allreduce: 2 * Math.ceil(Math.log2(ranks)) * message,
    pi: 1e-6 + (intervalsOf(size) / ranks) * 1.6e-9,
  }[timed];
  // Ranks that take turns on the cores wait for the scheduler.
  const waiting = ranks > availableParallelism() ? 1e-3 * ranks : 0;
  return { size, count: Math.max(4, Math.round(5e-3 / (seconds + waiting))) };
}

/** Hops of a repetition. */
const hopsOf = (timed: Timed, ranks: number) => (timed === "pingpong" ? 2 : timed === "ring" ? ranks : 1);

/** The messages of this rank: two arrays of `n` f64 in WebAssembly memory. */
interface Messages {
  readonly comm: Comm;
  readonly outgoing: Float64Array;
  readonly incoming: Float64Array;
  put(to: number): void;
  get(from: number): void;
  /** Sends on what was received. */
  pass(to: number): void;
  allreduce(): void;
  /** The last of `count` integrals over so many intervals. */
  integrate(count: number, intervals: number): number;
}

/** The integral of 4 / (1 + x^2) from 0 to 1 by midpoints; a rank takes every `ranks`-th interval. */
const integral = `
  import { allreduce, rank, size, SUM } from "mpi";

  export function integrate(count: i32, intervals: i32): f64 {
    const width = 1.0 / intervals;
    const ranks = size();
    const first = rank();
    let total = 0.0;
    for (let i = 0; i < count; i++) {
      let sum = 0.0;
      for (let k = first; k < intervals; k += ranks) {
        const x = (k + 0.5) * width;
        sum += 4.0 / (1.0 + x * x);
      }
      total = allreduce<f64>(sum * width, SUM);
    }
    return total;
  }`;

type Integral = Pick<Messages, "integrate">;
let compiled: Promise<Integral> | undefined;
const unused: Integral = { integrate: () => Number.NaN };

/** Does `count` repetitions. */
const loops: Record<Timed, (messages: Messages, count: number, size: number) => void> = {
  /** Rank 0 sends, rank 1 answers. */
  pingpong(messages, count) {
    const { rank } = messages.comm;
    for (let i = 0; i < count; i++) {
      if (rank === 0) messages.put(1);
      messages.get(1 - rank);
      if (rank === 1) messages.put(0);
    }
  },

  /** The array of rank 0 goes through all ranks. */
  ring(messages, count) {
    const { rank, size } = messages.comm;
    const right = (rank + 1) % size;
    const left = (rank + size - 1) % size;
    for (let i = 0; i < count; i++) {
      if (rank === 0) messages.put(right);
      messages.get(left);
      if (rank !== 0) messages.pass(right);
    }
  },

  allreduce(messages, count) {
    for (let i = 0; i < count; i++) messages.allreduce();
  },

  /** All repetitions in one call of compiled code. */
  pi(messages, count, size) {
    messages.incoming[0] = messages.integrate(count, intervalsOf(size));
  },
};

/** What arrives when nothing goes wrong. */
function expectedOf(timed: Timed, { rank, size }: Comm): number {
  return { pingpong: 2 - rank, ring: 1, allreduce: (size * (size + 1)) / 2, pi: Math.PI }[timed];
}

/**
 * Times `timed` at one size: the seconds of each repeat, for one hop, one reduction or one integral. **Collective.**
 * The times are those of this rank.
 */
export async function measure(comm: Comm, timed: Timed, { size, count }: Load): Promise<number[]> {
  const n = timed === "pi" ? 1 : size / 8;
  const block = memory.alloc(2 * 8 * n + 2 * page);
  const sendPtr = Math.ceil(block / page) * page;
  if (timed === "pi") compiled ??= jit<Integral>(integral);
  const recvPtr = sendPtr + Math.ceil((8 * n) / page) * page;
  const messages: Messages = { ...messagesOf(comm, sendPtr, recvPtr, n), ...((await compiled) ?? unused) };
  messages.outgoing.fill(comm.rank + 1);
  messages.incoming.fill(0);
  const seconds = timeRepeats(comm, count * hopsOf(timed, comm.size), () => loops[timed](messages, count, size));
  expectArrival(expectedOf(timed, comm), messages.incoming);
  memory.free(block);
  return seconds;
}

/** Repeats of a millisecond that do not count, in which the engine compiles the way to the library. */
export const warmingRepeats = 10;

/**
 * The seconds of each repeat, shared by what is done `times` times in it, after `untimed` ones: for connections, caches and
 * the compiler. **Collective.**
 */
export function timeRepeats(comm: Comm, times: number, repeat: () => void, untimed = 1): number[] {
  for (let i = 0; i < untimed; i++) repeat();
  return Array.from({ length: repeats }, () => {
    comm.barrier();
    const begin = mpi.wtime();
    repeat();
    return (mpi.wtime() - begin) / times;
  });
}

/** @throws Error where the first or the last number that arrived is another one */
export function expectArrival(expected: number, arrived: Float64Array): void {
  for (const got of [arrived[0]!, arrived.at(-1)!]) {
    if (Math.abs(got - expected) <= 1e-6) continue;
    throw new Error(`bench: expected ${expected} from the other ranks, got ${got}. Do not trust these times.`);
  }
}

/** Arrays begin on pages of the operating system, as in the peers. */
export const page = 4096;

function messagesOf(comm: Comm, sendPtr: number, recvPtr: number, n: number): Omit<Messages, "integrate"> {
  const doubles = comm.on(core().memory, "float64");
  return {
    comm,
    outgoing: memory.f64(sendPtr, n),
    incoming: memory.f64(recvPtr, n),
    put: (to) => doubles.send(sendPtr, n, to, 0),
    get: (from) => doubles.recv(recvPtr, n, from, 0),
    pass: (to) => doubles.send(recvPtr, n, to, 0),
    allreduce: () => doubles.allreduce(sendPtr, recvPtr, n, "sum"),
  };
}
