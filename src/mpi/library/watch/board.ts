/**
 * What the thread that watches a rank sees of it: words of shared memory that the rank's calls write. Plain stores, since the
 * thread looks a few times a second and a value that is a moment old tells it the same.
 *
 *     numbers   what goes on now, see {@link places}
 *     everybody the communicators of all ranks besides the library's own, the last of them
 *     counts    how many collective calls each of them has had, the library's own first
 *     pending   a table of requests that calls have begun, a row each, by the handle
 */
import { prototypes } from "../prototypes.js";

/** The places of what goes on now. */
export const places = {
  /** Grows with each call that is not one more question after the same request. */
  progress: 0,
  /** Grows with each question whether a request is complete, or a message there. */
  asked: 1,
  /** Grows while the event loop of the rank turns, and does not only await other ranks. */
  turns: 2,
  /** The call that goes on, or the question that was asked last; 0 for none, else its number in {@link calls} and 1. */
  call: 3,
  /** 1 where it is a question, of which the answer may be known already. */
  isQuestion: 4,
  /** The rank that it sends to, or its root. */
  to: 5,
  /** The rank that it receives from. */
  from: 6,
  tag: 7,
  /** The low bits of the communicator's handle. */
  comm: 8,
  /** The low bits of the handle of the request that is asked for. */
  request: 9,
  /** How many requests are asked for, in the library's memory. */
  requests: 10,
  /** The address of their handles, the low and the high bits. */
  requestsLow: 11,
  requestsHigh: 12,
  /** Which collective call of its communicator it is, from 1; 0 where that is none of all ranks. Of other calls an old one. */
  order: 13,
} as const;

const placeCount = 14;

/** A row of the table: the handle's low bits, and what began the request. */
export const columns = { handle: 0, call: 1, to: 2, from: 3, tag: 4, comm: 5, order: 6 } as const;

const columnCount = 7;

/** Communicators of all ranks that are told from others; a later one takes the place of an earlier. */
const everybodyCount = 64;

/** Rows of the table, a power of two. Requests whose handles meet in a row take it from each other. */
const rowCount = 1024;

const wordCount = placeCount + 2 * everybodyCount + 1 + everybodyCount + columnCount * rowCount;

/** More collective calls than a communicator can have. */
const allOfThem = 2 ** 31;

/** Stands for an argument that a call does not have. */
export const absent = -(2 ** 31);

/** The names of all calls, in the order of their numbers. */
export const calls = Object.keys(prototypes) as readonly (keyof typeof prototypes)[];

/** The words that a rank and the thread that watches it share. */
export class Board {
  readonly buffer: SharedArrayBuffer;
  readonly now: Int32Array;
  /** Pairs of the low bits of a handle and a number that grows in the order of the program, negative when freed, 0 for none. */
  readonly #everybody: Int32Array;
  readonly #counts: Int32Array;
  readonly #pending: Int32Array;
  /** How many communicators of all ranks there were. */
  #made = 0;

  /** The low bits of the handle of the library's own communicator of all ranks. */
  readonly #world: number;

  constructor(world: number, buffer = new SharedArrayBuffer(4 * wordCount)) {
    this.#world = world;
    this.buffer = buffer;
    const words = [placeCount, 2 * everybodyCount, 1 + everybodyCount, columnCount * rowCount];
    const starts = words.map((_, i) => 4 * words.slice(0, i).reduce((sum, n) => sum + n, 0));
    const parts = words.map((n, i) => new Int32Array(buffer, starts[i]!, n));
    [this.now, this.#everybody, this.#counts, this.#pending] = parts as [
      Int32Array,
      Int32Array,
      Int32Array,
      Int32Array,
    ];
  }

  /** Notes a communicator that was made, with all ranks or with some of them, or that was freed. */
  note(handle: number, hasAll: boolean): void {
    const low = handle | 0;
    const known = this.numberOf(low);
    if (hasAll === known > 0) return;
    const table = this.#everybody;
    if (hasAll) {
      this.#made++;
      table.set([low, this.#made], 2 * (this.#made % everybodyCount));
      this.#counts[1 + (this.#made % everybodyCount)] = 0;
    } else table[2 * (known % everybodyCount) + 1] = -known;
  }

  /** Which communicator of all ranks a handle is, in the order in which they were made, the same on all ranks; 0 for none. */
  numberOf(handle: number): number {
    const table = this.#everybody;
    for (let at = 0; at < table.length; at += 2) if (table[at] === handle && table[at + 1]! > 0) return table[at + 1]!;
    return 0;
  }

  /** Where the collective calls of a communicator are counted; -1 for one that has not all ranks. */
  placeOf(handle: number): number {
    if (handle === this.#world) return 0;
    const number = this.numberOf(handle);
    return number === 0 ? -1 : 1 + (number % everybodyCount);
  }

  /** Counts a collective call, the one that is told in {@link now}. @param place of {@link placeOf} */
  count(place: number): void {
    this.now[places.order] = place < 0 ? 0 : ++this.#counts[place]!;
  }

  /**
   * How many collective calls each communicator of all ranks has had: the library's own as number 0. One that was freed has
   * had all of them.
   */
  get counts(): readonly (readonly [number, number])[] {
    const numbers = Array.from({ length: everybodyCount }, (_, i) => this.#everybody[2 * i + 1]!).filter(
      (n) => n !== 0,
    );
    const others = numbers.map((n) => {
      return n < 0 ? ([-n, allOfThem] as const) : ([n, this.#counts[1 + (n % everybodyCount)]!] as const);
    });
    return [[0, this.#counts[0]!], ...others];
  }

  /** The row of a request. */
  #row(handle: number): number {
    // Handles are addresses or have a kind in their high bits; neighbours are to have rows of their own.
    return columnCount * (Math.imul(handle, 0x9e3779b1) >>> 22);
  }

  /** Notes what began a request: the call that is told in {@link now}. */
  begin(handle: number): void {
    const { now } = this;
    const row = this.#row(handle);
    const pending = this.#pending;
    pending[row + columns.handle] = handle;
    pending[row + columns.call] = now[places.call]!;
    pending[row + columns.to] = now[places.to]!;
    pending[row + columns.from] = now[places.from]!;
    pending[row + columns.tag] = now[places.tag]!;
    pending[row + columns.comm] = now[places.comm]!;
    pending[row + columns.order] = now[places.order]!;
  }

  /** What began a request: the words of its row; `undefined` where that is not known any more. */
  begun(handle: number): Int32Array | undefined {
    const row = this.#row(handle);
    const words = this.#pending.subarray(row, row + columnCount);
    return words[columns.handle] === handle && words[columns.call] !== 0 ? words : undefined;
  }
}
