/**
 * The memory that the ranks of a page share, each of which is a worker: a wire from each rank to each, itself too, and a bell
 * for each rank. All is done with atomic operations, and `Atomics.wait` where a rank has nothing to do.
 *
 *     counts: | ranks | bell of each rank | of each wire: bytes written, bytes read |   int32, which wrap around
 *     bytes:  | wire 0 -> 0 | wire 0 -> 1 | ... | wire n-1 -> n-1 |                     rings
 *
 * A message on a wire is a header of 16 bytes and its bytes, up to a multiple of 16, so that a header lies in one piece.
 */
import { addressOf } from "../../mpi/library/native.js";

/** Bytes of a wire. */
const wireLength = 131072;

/** What the parts of a message begin at multiples of. */
const grain = 16;

const onGrain = (byteLength: number) => grain * Math.ceil(byteLength / grain);

const countsOf = (ranks: number) => onGrain(4 * (1 + ranks + 2 * ranks * ranks));

/** Memory for the wires of so many ranks. */
export function newWires(ranks: number): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(countsOf(ranks) + wireLength * ranks * ranks);
  new Int32Array(shared)[0] = ranks;
  return shared;
}

/** The number of ranks of such memory; `undefined` of other memory. */
export function ranksOf(shared: SharedArrayBuffer): number | undefined {
  const ranks = shared.byteLength < 4 ? 0 : new Int32Array(shared, 0, 1)[0]!;
  return ranks > 0 && shared.byteLength === countsOf(ranks) + wireLength * ranks * ranks ? ranks : undefined;
}

/** One end of a wire. */
class End {
  readonly #counts: Int32Array;
  readonly #written: number;
  readonly #startPtr: number;

  constructor(counts: Int32Array, written: number, startPtr: number) {
    this.#counts = counts;
    this.#written = written;
    this.#startPtr = startPtr;
  }

  /** Bytes that were written and not yet read. */
  get filled(): number {
    return (Atomics.load(this.#counts, this.#written) - Atomics.load(this.#counts, this.#written + 1)) >>> 0;
  }

  /** The address of the next byte that is written, or read, and how many follow it before the ring begins anew. */
  piece(way: "write" | "read"): { readonly ptr: number; readonly byteLength: number } {
    const at = (Atomics.load(this.#counts, this.#written + Number(way === "read")) >>> 0) % wireLength;
    const byteLength = way === "write" ? wireLength - this.filled : this.filled;
    return { ptr: this.#startPtr + at, byteLength: Math.min(byteLength, wireLength - at) };
  }

  /** Says that bytes were written, or read. */
  moved(way: "write" | "read", byteLength: number): void {
    Atomics.add(this.#counts, this.#written + Number(way === "read"), onGrain(byteLength));
  }
}

/** The wires of a rank. */
export class Wires {
  readonly rank: number;
  readonly size: number;
  /** To each rank. */
  readonly to: readonly End[];
  /** From each rank. */
  readonly from: readonly End[];
  readonly #counts: Int32Array;
  /** The bell as it was heard last. */
  #heard = 0;

  constructor(shared: SharedArrayBuffer, rank: number) {
    const size = ranksOf(shared)!;
    const ranks = [...Array(size).keys()];
    const counts = new Int32Array(shared, 0, countsOf(size) / 4);
    const basePtr = addressOf(new Uint8Array(shared), true) + countsOf(size);
    const wire = (from: number, to: number) => {
      const place = size * from + to;
      return new End(counts, 1 + size + 2 * place, basePtr + wireLength * place);
    };
    this.rank = rank;
    this.size = size;
    this.to = ranks.map((peer) => wire(rank, peer));
    this.from = ranks.map((peer) => wire(peer, rank));
    this.#counts = counts;
    // As if it had rung: the others may have written before.
    this.#heard = Atomics.load(counts, 1 + rank) - 1;
  }

  /** Tells a rank that there is something to read on a wire to it, or room on one from it. */
  ring(rank: number): void {
    Atomics.add(this.#counts, 1 + rank, 1);
    Atomics.notify(this.#counts, 1 + rank);
  }

  /** Whether this rank's bell has rung since this was asked last. */
  hears(): boolean {
    const now = Atomics.load(this.#counts, 1 + this.rank);
    const rang = now !== this.#heard;
    this.#heard = now;
    return rang;
  }

  /** Waits until the bell rings, if it has not rung since {@link hears} was asked; so many milliseconds at most. */
  rest(most: number): void {
    Atomics.wait(this.#counts, 1 + this.rank, this.#heard, most);
  }
}
