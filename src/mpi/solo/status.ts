/**
 * Statuses of the standard ABI, 32 bytes:
 *
 * ```
 * | MPI_SOURCE | MPI_TAG | MPI_ERROR | bytes received (low, high) | cancelled | free | free |
 * 0            4         8           12                           20          24     28
 * ```
 */
import { codeOf, constants } from "./failure.js";
import { readInt, writeInt } from "./memory.js";

const { MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_PROC_NULL, MPI_STATUS_IGNORE } = constants;

/** Bytes of a status. */
export const statusSize = 32;

/** How a call ended: its error code, and what the status says. */
export interface Outcome {
  readonly code: number;
  readonly source: number;
  readonly tag: number;
  readonly byteLength: number;
  readonly cancelled?: boolean;
}

/** Nothing was received. */
export const nothing: Outcome = { code: 0, source: MPI_ANY_SOURCE, tag: MPI_ANY_TAG, byteLength: 0 };
/** The rank that does not exist sent nothing. */
export const nobody: Outcome = { code: 0, source: MPI_PROC_NULL, tag: MPI_ANY_TAG, byteLength: 0 };

/** The outcome of waiting for what can never happen. */
export function never(text: string): Outcome {
  return { ...nothing, code: codeOf("OTHER", text) };
}

/** Writes a status, if one is wanted, and gives back the error code. */
export function report(ptr: number, { code, source, tag, byteLength, cancelled }: Outcome): number {
  if (ptr === MPI_STATUS_IGNORE) return code;
  writeInt(ptr, source);
  writeInt(ptr, tag, 1);
  writeInt(ptr, code, 2);
  writeInt(ptr, byteLength, 3);
  writeInt(ptr, Math.floor(byteLength / 2 ** 32), 4);
  writeInt(ptr, cancelled ? 1 : 0, 5);
  return code;
}

/** The bytes received, of a status. */
export function bytesOf(ptr: number): number {
  return (readInt(ptr, 3) >>> 0) + readInt(ptr, 4) * 2 ** 32;
}

/** True when a status is that of a call that was cancelled. */
export function isCancelled(ptr: number): boolean {
  return readInt(ptr, 5) !== 0;
}
