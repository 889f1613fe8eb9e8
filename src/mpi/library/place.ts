/**
 * Buffers that stay where they are for as long as the library may read or write them. A buffer that is resizable could
 * shrink, and one that is transferred could be freed, while the library has its address: the first is refused, the second
 * is prevented, once a buffer and for good.
 */
import { wrong } from "../../argument.js";
import { isShared } from "../../host.js";
import { pinned } from "./machine.js";

/** Bytes in a page of a `WebAssembly.Memory`, the unit of its length. */
const pageLength = 65536;

/** A buffer as newer versions of Node.js have it. */
interface Movable {
  readonly resizable?: boolean;
  readonly transfer?: () => ArrayBuffer;
}

/** Refuses a buffer that could shrink. A memory of WebAssembly only grows, also where its buffer can be resized. */
export function expectFixed(buffer: ArrayBufferLike, call: string, argument: string): void {
  if (isShared(buffer) || !(buffer as Movable).resizable || isMemory(buffer as ArrayBuffer)) return;
  throw wrong(
    `${call}: "${argument}"`,
    "memory that cannot shrink",
    "a resizable ArrayBuffer",
    "Pass a copy, or an array over a buffer of fixed length.",
  );
}

/** Keeps a buffer from being transferred, from now on for good. Shared ones and memories of WebAssembly never are. */
export function pin(buffer: ArrayBufferLike): void {
  if (isShared(buffer) || buffer.byteLength === 0) return;
  transfers ??= transfersOfMarked();
  // V8 ends the process when a memory grows whose buffer is marked.
  if (transfers === "refused" && isMemory(buffer as ArrayBuffer)) return;
  pinned(buffer);
  if (transfers === "made") refuseTransfer(buffer as ArrayBuffer);
}

/** What `buffer.transfer()` does with a buffer that is marked: Node.js 20 lacks it, 22 ignores the mark. */
let transfers: "absent" | "made" | "refused" | undefined;

function transfersOfMarked(): "absent" | "made" | "refused" {
  const buffer = new ArrayBuffer(8);
  const { transfer } = buffer as Movable;
  if (!transfer) return "absent";
  pinned(buffer);
  try {
    transfer.call(buffer);
    return "made";
  } catch {
    return "refused";
  }
}

/** Makes `buffer.transfer()` an error, where a mark does not or would keep this package from it. */
export function refuseTransfer(buffer: ArrayBuffer): void {
  for (const name of ["transfer", "transferToFixedLength"]) {
    const value = () => {
      const where = `ArrayBuffer.${name}`;
      throw wrong(where, "a buffer that MPI does not use", "one that it reads or writes", "Transfer buffer.slice(0).");
    };
    Object.defineProperty(buffer, name, { value });
  }
}

/** True for the buffer of a `WebAssembly.Memory`. */
function isMemory(buffer: ArrayBuffer): boolean {
  return buffer.byteLength % pageLength === 0 && refusalOf(buffer) !== refusalOf(new ArrayBuffer(8));
}

/**
 * What is wrong about transferring a buffer twice at once, which never happens: that it is there twice, or before that
 * something about the buffer itself.
 */
function refusalOf(buffer: ArrayBuffer): string | undefined {
  try {
    structuredClone(undefined, { transfer: [buffer, buffer] });
    return undefined;
  } catch (error) {
    return String(error);
  }
}
