/** The ranks and tags that stand for something else, and what a receive brought, as the library says it. */
import type { Scratch } from "./native.js";
import type { World } from "./world.js";

/** Stands for any rank in `from`. */
export const ANY_SOURCE = -1;
/** Stands for any tag in `tag` of a receive. */
export const ANY_TAG = -2;
/** The rank that does not exist: messages to and from it complete at once and carry nothing. */
export const PROC_NULL = -3;
/** The root of a collective call on an intercommunicator, on that rank itself. */
export const ROOT = -4;

/** What a receive brought. */
export interface Status {
  /** Rank of the sender, or `PROC_NULL`. */
  readonly source: number;
  /** Tag of the message. */
  readonly tag: number;
  /** Elements received, of the receive buffer's type; `NaN` where the message ends within one (MPI says `MPI_UNDEFINED`). */
  readonly count: number;
}

/** The status where nothing was received: of a send, and of a request that was not active. */
export const nothing: Status = { source: ANY_SOURCE, tag: ANY_TAG, count: 0 };
const nobody: Status = { source: PROC_NULL, tag: ANY_TAG, count: 0 };

/** What has to be known of a receive to count its elements. */
interface Received {
  readonly datatype: number;
  /** Elements in one `datatype`. */
  readonly unit: number;
  readonly type: { readonly kind: string; readonly size?: number; readonly byteLength: number };
}

/** The status that the last call, a receive from `from` by the library's number, wrote at `world.statusPtr`. */
export function readStatus(world: World, received: Received, from: number): Status {
  // MPICH 4.0 leaves this status empty where the receive is nonblocking.
  if (from === world.constants.MPI_PROC_NULL) return nobody;
  const { scratch, statusOffset } = world;
  const at = (statusOffset + world.library.abi.statusSource) >> 2;
  const source = scratch.i32[at]!;
  const tag = scratch.i32[at + 1]!;
  const count = receivedCount(world, received);
  return { source: world.rankFrom(source), tag, count: Number.isInteger(count) ? count : Number.NaN };
}

/** Elements received, by the status at `world.statusPtr`; a fraction where the last one is not whole. */
export function receivedCount(world: World, { type, unit, datatype }: Received): number {
  const { scratch, statusOffset } = world;
  const { statusBytes } = world.library.abi;
  if (!statusBytes && unit === 1 && type.kind !== "struct") {
    const count = countOf(world, datatype);
    if (count >= 0) return count; // Else it ends within an element.
  }
  const size = type.size ?? type.byteLength;
  if (size === 0) return 0;
  if (!statusBytes) return countOf(world, world.constants.MPI_BYTE) / size;
  const low = scratch.i32[(statusOffset + statusBytes.low) >> 2]! >>> 0;
  const high = scratch.i32[(statusOffset + statusBytes.high) >> 2]! >>> statusBytes.shift;
  return (high * 2 ** 32 + low) / size;
}

function countOf(world: World, datatype: number): number {
  const { raw, scratch, statusPtr } = world;
  world.check(raw.MPI_Get_count(statusPtr, datatype, scratch.address), "MPI_Get_count");
  return scratch.i32[0]!;
}

/** Puts a status that a call on several requests wrote in some scratch memory where {@link readStatus} reads it. */
export function takeStatus(world: World, scratch: Scratch, offset: number): void {
  world.scratch.bytes.set(scratch.bytes.subarray(offset, offset + world.library.abi.statusSize), world.statusOffset);
}
