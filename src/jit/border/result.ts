/** From compiled code to JavaScript: what a result becomes, by its type. */
import { numbers } from "../../elements.js";
import { allocator } from "../../wasm/core.js";
import { viewTo } from "../../wasm/memory.js";
import { type Border, wordAt } from "./border.js";
import type { Crossing } from "./signature.js";

/** Makes of a value of compiled code one of JavaScript. */
export type Lift = (value: never) => unknown;

/** The text of a string of AssemblyScript: two bytes a unit, and the number of bytes in the 4 bytes before the first. */
export function textAt(ptr: number): string {
  if (ptr === 0) return "";
  const start = ptr >>> 0;
  const byteLength = wordAt(start - 4);
  const { buffer } = viewTo(start + byteLength);
  return Buffer.from(new Uint8Array(buffer, start, byteLength)).toString("utf16le");
}

/** The flags of a block of the runtime, as `assembly/jit/runtime.ts` has them. */
const [managed, pinned] = [1, 2];

/** What makes of a result of a type a value of JavaScript; `undefined` where it is one. Arrays become copies. */
export function lifting(crossing: Crossing, border: Border): Lift | undefined {
  const { kind, name, classes, isNullable } = crossing;
  switch (kind) {
    case "bool":
      return (value: number) => value !== 0;
    case "u8":
      return (value: number) => value & 0xff;
    case "u16":
      return (value: number) => value & 0xffff;
    case "u32":
    case "usize":
      return (value: number) => value >>> 0;
    case "u64":
      return (value: bigint) => BigInt.asUintN(64, value);
    case "string":
      return (ptr: number) => (ptr === 0 && isNullable ? null : textAt(ptr));
    case "typed":
    case "static":
    case "array":
    case "buffer":
      return (ptr: number) => (ptr === 0 ? null : copyOf(arrayAt(ptr >>> 0, crossing)));
    case "view":
    case "cells":
    case "object":
      return (ptr: number) => (ptr === 0 ? null : handleOf(ptr >>> 0, classes?.[0] ?? name, border, kind === "object"));
    default:
      return undefined;
  }
}

/** As {@link lifting}, for functions of JavaScript that compiled code calls: they get arrays as views of the memory. */
export function liftingLive(crossing: Crossing, border: Border): Lift | undefined {
  if (!["typed", "static", "array", "buffer"].includes(crossing.kind)) return lifting(crossing, border);
  return (ptr: number) => (ptr === 0 ? null : arrayAt(ptr >>> 0, crossing));
}

type AnyArray = InstanceType<(typeof numbers)[keyof typeof numbers]["array"]>;

/** An array of compiled code as a view of the memory. */
function arrayAt(ptr: number, { kind, element, name }: Crossing): AnyArray {
  const { array } = numbers[element!];
  const Type = name.startsWith("Uint8Clamped") ? (Uint8ClampedArray as never as typeof array) : array;
  const isObject = kind === "static" || kind === "buffer";
  const start = isObject ? ptr : wordAt(ptr + 4);
  const length =
    kind === "array" ? wordAt(ptr + 12) : (isObject ? wordAt(ptr - 4) : wordAt(ptr + 8)) / Type.BYTES_PER_ELEMENT;
  return new Type(allocator().memory.buffer as never, start, length) as AnyArray;
}

function copyOf(array: AnyArray): AnyArray {
  const Type = array.constructor as new (from: AnyArray) => AnyArray;
  return new Type(array);
}

/** The address of an object, which is not collected from now on. */
function handleOf(ptr: number, name: string, border: Border, hasHeader: boolean): number {
  border.handles.set(ptr, name);
  if (hasHeader) {
    const view = viewTo(ptr);
    const flags = view.getUint32(ptr - 20, true);
    if (flags & managed) view.setUint32(ptr - 20, flags | pinned, true);
  }
  return ptr;
}
