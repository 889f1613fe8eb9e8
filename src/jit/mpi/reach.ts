/** What compiled code hands to a call: addresses and datatypes of data, ranks and tags, checked and as the library has them. */
import { wrong } from "../../argument.js";
import { overlap, overlapping } from "../../mpi/data/overlap.js";
import { addressOf } from "../../mpi/library/native.js";
import { ANY_SOURCE, ANY_TAG, PROC_NULL } from "../../mpi/library/status.js";
import type { World } from "../../mpi/library/world.js";
import { allocator } from "../../wasm/core.js";
import { memory } from "../../wasm/memory.js";
import type { Datatypes } from "./datatypes.js";

/** No rank and no tag in any library: what it refuses. */
const wrongRank = 2 ** 31 - 1;
export const wrongTag = -(2 ** 31);

function hexadecimal(handle: number): string {
  return `0x${(handle >>> 0).toString(16)}`;
}

/** The checks, for one library; calls are made in the classes below. */
export class Reach {
  /** The machine address of the memory. */
  protected readonly base: number;
  readonly #world: World;
  readonly #datatypes: Datatypes;
  readonly #steps: readonly number[];
  readonly #sizes: readonly number[];
  #limit = 0;

  constructor(world: World, datatypes: Datatypes) {
    this.#world = world;
    this.#datatypes = datatypes;
    this.#steps = datatypes.steps;
    this.#sizes = datatypes.sizes;
    this.base = addressOf(memory.u8(0, 1));
  }

  /** The machine address of data. @throws UsageError when it does not lie in the memory */
  protected at(ptr: number, count: number, type: number): number {
    const start = ptr >>> 0;
    // Of a type that there is none of, no end is within the limit.
    const end = start + (count - 1) * this.#steps[type]! + this.#sizes[type]!;
    if (!(end <= this.#limit)) this.#expectInside(start, type, end);
    return this.base + start;
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
  protected expectApart(
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
  protected rank(rank: number): number {
    if (rank >= 0) return rank;
    return rank === PROC_NULL ? this.#world.constants.MPI_PROC_NULL : wrongRank;
  }

  protected source(rank: number): number {
    return rank === ANY_SOURCE ? this.#world.constants.MPI_ANY_SOURCE : this.rank(rank);
  }

  protected tag(tag: number): number {
    if (tag >= 0) return tag;
    return tag === ANY_TAG ? this.#world.constants.MPI_ANY_TAG : wrongTag;
  }
}
