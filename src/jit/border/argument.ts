/** From JavaScript to compiled code: what a parameter takes, by its type, and what becomes of it. */
import { show, wrong } from "../../argument.js";
import { numbers, type ShortName, toLong } from "../../elements.js";
import { Comm } from "../../mpi/comm/comm.js";
import { detached } from "../../mpi/library/native.js";
import { isHeapArray } from "../../wasm/heap.js";
import { freedCount, inMemory, isFreed } from "../../wasm/memory.js";
import { datatypeHandle } from "../mpi/datatypes.js";
import { commHandleOf } from "../mpi/host.js";
import { type Border, hasWords } from "./border.js";
import type { Crossing, Kind } from "./signature.js";

/** Makes of a value of JavaScript what compiled code takes; `first` arrays were lent when the call began. */
export type Lower = (value: unknown, first: number) => number | bigint;

/**
 * The last two objects that a parameter got and that need no second look, with what compiled code takes for them: most calls
 * pass the same objects as the calls before, and steps in turn two. An object that has its elements in `data` may have others
 * there in the next call.
 */
export class Recent {
  #last: unknown;
  #lastData: unknown;
  #lastPtr = 0;
  #previous: unknown;
  #previousData: unknown;
  #previousPtr = 0;
  /** What was freed since is not remembered. */
  #count = freedCount;

  /** `undefined` for an object that is not remembered. */
  get(value: unknown): number | undefined {
    if (this.#count !== freedCount) {
      this.#count = freedCount;
      this.#last = this.#previous = undefined;
    }
    if (value === this.#last && hasData(value, this.#lastData)) return this.#lastPtr;
    return value === this.#previous && hasData(value, this.#previousData) ? this.#previousPtr : undefined;
  }

  /** @param elements the object itself, or its `data` */
  put(value: unknown, elements: ArrayBufferView, ptr: number): number {
    [this.#previous, this.#previousData, this.#previousPtr] = [this.#last, this.#lastData, this.#lastPtr];
    [this.#last, this.#lastData, this.#lastPtr] = [value, elements === value ? undefined : elements, ptr];
    return ptr;
  }
}

/** Whether an object still has what it had as its `data`, `undefined` of an array. */
function hasData(value: unknown, data: unknown): boolean {
  return data === undefined || (value as { readonly data: unknown }).data === data;
}

/** Whole numbers of up to 32 bits. */
const ranges: Readonly<Partial<Record<Kind, readonly [least: number, most: number]>>> = {
  i8: [-(2 ** 7), 2 ** 7 - 1],
  u8: [0, 2 ** 8 - 1],
  i16: [-(2 ** 15), 2 ** 15 - 1],
  u16: [0, 2 ** 16 - 1],
  i32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
  isize: [-(2 ** 31), 2 ** 31 - 1],
  usize: [0, 2 ** 32 - 1],
  comm: [-(2 ** 31), 2 ** 31 - 1],
};

/** A field of a grid, or what is as one. */
interface Cells {
  readonly data: ArrayBufferView;
  readonly grid: { readonly blockShape: readonly number[]; readonly haloWidth: number };
}

/**
 * What makes of a value what a parameter takes.
 * @param where the function and the parameter, for errors
 * @param recent remembers the objects that the parameter gets
 */
export function lowering(crossing: Crossing, where: string, border: Border, recent = new Recent()): Lower {
  const { kind } = crossing;
  switch (kind) {
    case "f64":
    case "f32":
      return floating(kind, where);
    case "i64":
    case "u64":
      return wide(kind, where);
    case "bool":
      return (value) => {
        if (value === true || value === 1) return 1;
        if (value === false || value === 0) return 0;
        throw wrong(where, "true or false (bool)", show(value), "Pass a comparison.");
      };
    case "comm":
      return (value) => (value instanceof Comm ? commHandleOf(value) : whole(kind, where)(value));
    case "usize":
    case "isize":
      return address(kind, where, recent);
    case "string":
      return (value) => {
        if (typeof value === "string") return border.text(value, crossing.classId!);
        if (value === null && crossing.isNullable) return 0;
        throw wrong(where, "a text (string)", show(value), "Pass a text.");
      };
    case "object":
      return handle(crossing, where, border);
    case "void":
      return () => 0;
    default:
      return kind in ranges ? whole(kind, where) : data(crossing, where, border, recent);
  }
}

/** What a value is as a number: `bigint`s where that is exact. */
function numberOf(value: unknown): unknown {
  if (typeof value === "boolean") return Number(value);
  if (typeof value !== "bigint") return value;
  return BigInt(Number(value)) === value ? Number(value) : value;
}

function whole(kind: Kind, where: string): (value: unknown) => number {
  const [least, most] = ranges[kind]!;
  return (value) => {
    const number = numberOf(value) as number;
    if (Number.isInteger(number) && number >= least && number <= most) return number;
    if (kind === "comm") throw wrong(where, "a communicator", show(value), "Pass a Comm.");
    const todo =
      typeof number === "number"
        ? "Round it, or declare the parameter as f64 or i64."
        : value instanceof Comm
          ? 'Declare the parameter as Comm of "mpi".'
          : "Pass a number.";
    throw wrong(where, `a whole number from ${least} to ${most} (${kind})`, show(value), todo);
  };
}

function floating(kind: "f32" | "f64", where: string): Lower {
  return (value) => {
    const number = numberOf(value);
    if (typeof number === "number") return number;
    const todo = typeof number === "bigint" ? "Pass a number, or declare the parameter as i64." : "Pass a number.";
    throw wrong(where, `a number (${kind})`, show(value), todo);
  };
}

function wide(kind: "i64" | "u64", where: string): Lower {
  const [least, most] = kind === "i64" ? [-(2n ** 63n), 2n ** 63n - 1n] : [0n, 2n ** 64n - 1n];
  return (value) => {
    const isExact = Number.isSafeInteger(value) || typeof value === "boolean";
    const number = isExact ? BigInt(value as number) : value;
    if (typeof number === "bigint" && number >= least && number <= most) return number;
    const expected = `a whole number from ${least} to ${most} (${kind}), a bigint beyond 2^53`;
    throw wrong(where, expected, show(value), "Pass a bigint.");
  };
}

/** The elements of an array or a field; `undefined` for anything else. */
function elementsOf(value: unknown): ArrayBufferView | undefined {
  if (ArrayBuffer.isView(value)) return value;
  const elements = (value as { data?: unknown } | null | undefined)?.data;
  return ArrayBuffer.isView(elements) ? elements : undefined;
}

/** An array in the memory, unless it is freed. @throws UsageError */
function inUse(array: ArrayBufferView, where: string): ArrayBufferView {
  if (isFreed(array)) throw wrong(where, "an array or field in use", "a freed one", "Free it when nothing needs it.");
  return array;
}

function address(kind: "usize" | "isize", where: string, recent: Recent): Lower {
  const number = whole(kind, where);
  return (value) => {
    const elements = elementsOf(value);
    if (elements === undefined) {
      if (typeof value === "number" || typeof value === "bigint") return number(value);
      const expected = "an array in the WebAssembly memory, a field or an address";
      throw wrong(where, `${expected} (${kind})`, show(value), "Pass one of them.");
    }
    if (inMemory(elements)) return recent.put(value, elements, inUse(elements, where).byteOffset);
    throw wrong(
      where,
      `an array in the WebAssembly memory (${kind})`,
      `${show(elements)} elsewhere`,
      "Make it with heap.array(), or declare the parameter as an array.",
    );
  };
}

/** An object that compiled code has made, by its address. */
function handle({ classes, name, isNullable }: Crossing, where: string, border: Border): Lower {
  return (value) => {
    if (value === null && isNullable) return 0;
    if (typeof value === "number" && classes!.includes(border.handles.get(value) ?? "")) return value;
    const expected = `an object of the class ${name}, as a function of the module returned it`;
    throw wrong(where, expected, show(value), "Pass what a function of the module returned.");
  };
}

function holds(array: ArrayBufferView, element: ShortName): boolean {
  const name = (array as Float64Array)[Symbol.toStringTag] as string;
  return name === numbers[element].array.name || (element === "u8" && name === "Uint8ClampedArray");
}

/** The words of a view, by its kind, of elements that begin at an address. */
type Words = (value: unknown, array: ArrayBufferView) => readonly number[] | undefined;

/** Views of arrays and fields in the memory: made once, and again where compiled code has changed one. */
function view({ name, element }: Crossing, where: string, border: Border, expected: string, wordsOf: Words): Lower {
  let last: unknown;
  let elements: ArrayBufferView | undefined;
  let words: readonly number[] | undefined;
  let ptr = 0;
  let count = 0;
  return (value) => {
    const array = elementsOf(value);
    const isLast = value === last && array === elements && count === freedCount;
    if (isLast && words !== undefined && hasWords(ptr, words)) return ptr;
    if (typeof value === "number" && border.handles.get(value) === name) return value;
    const found = array && holds(array, element!) ? wordsOf(value, array) : undefined;
    if (array === undefined || found === undefined) {
      const got = array === value ? show(value) : describe(value);
      throw wrong(where, `${expected} (${name})`, got, `Pass one of ${element}.`);
    }
    if (!inMemory(array)) {
      const got = `${show(array)} elsewhere`;
      throw wrong(where, `an array in the WebAssembly memory (${name})`, got, "Make it with heap.array().");
    }
    inUse(array, where);
    [last, elements, words, ptr, count] = [value, array, found, border.view(found), freedCount];
    return ptr;
  };
}

function axesText(count: number): string {
  return `${count} ${count === 1 ? "axis" : "axes"}`;
}

/** A field in an error, by what makes it another one than was expected. */
function describe(value: unknown): string {
  const { data, grid } = (value ?? {}) as Partial<Cells>;
  if (!ArrayBuffer.isView(data) || !Array.isArray(grid?.blockShape)) return show(value);
  return `one with ${axesText(grid.blockShape.length)} of ${show(data)}`;
}

/** The words of `Array1` to `Array3` of "field", in the order of its members. */
function cellWords(axes: number, unit: number): Words {
  return (value, array) => {
    const { grid } = value as Partial<Cells>;
    const [shape, halo] = grid ? [grid.blockShape, grid.haloWidth] : [[array.byteLength / unit], 0];
    if (shape.length !== axes) return undefined;
    const strides: number[] = [1];
    for (let axis = axes - 1; axis > 0; axis--) strides.unshift(strides[0]! * (shape[axis]! + 2 * halo));
    const originPtr = array.byteOffset + unit * halo * strides.reduce((sum, stride) => sum + stride, 0);
    return [originPtr, ...strides.slice(0, -1), ...shape, halo];
  };
}

function data(crossing: Crossing, where: string, border: Border, recent: Recent): Lower {
  const { kind, element, axes } = crossing;
  const { name: arrays, BYTES_PER_ELEMENT: unit } = numbers[element!].array;
  if (kind === "cells") {
    const expected = `${axes === 1 ? `a ${arrays} or ` : ""}a field with ${axesText(axes!)} of ${element}`;
    return view(crossing, where, border, expected, cellWords(axes!, unit));
  }
  if (kind === "view") {
    const datatype = datatypeHandle(toLong(element!));
    return view(crossing, where, border, `a ${arrays}`, (_, { byteOffset, byteLength }) => {
      const length = byteLength / unit;
      return [byteOffset, length, length, 1, 1, 1, datatype, unit];
    });
  }
  return array(crossing, where, border, recent);
}

/** Arrays of AssemblyScript. */
function array(crossing: Crossing, where: string, border: Border, recent: Recent): Lower {
  const { kind, element, name, classId, isNullable } = crossing;
  const { name: arrays, BYTES_PER_ELEMENT: unit } = numbers[element!].array;
  const expected = kind === "buffer" ? "an ArrayBuffer" : name === arrays ? `a ${name}` : `a ${arrays} (${name})`;
  return (value, first) => {
    if (value === null && isNullable) return 0;
    const array = kind === "buffer" && value instanceof ArrayBuffer ? new Uint8Array(value) : elementsOf(value);
    if (array === undefined || !(kind === "buffer" || holds(array, element!))) {
      const todo = Array.isArray(value) ? `Pass ${arrays}.from(...) of it.` : `Pass an array of ${element}.`;
      throw wrong(where, expected, show(array ?? value), todo);
    }
    if (detached(array.buffer)) throw wrong(where, expected, "a detached one", "Make it anew.");
    if (kind === "typed") {
      if (!inMemory(array)) return border.copyWithHeader(where, classId!, array, first);
      return recent.put(value, array, border.header(where, classId!, inUse(array, where)));
    }
    const isObject = isHeapArray(array);
    if (!isObject && inMemory(array)) inUse(array, where);
    if (kind !== "array") return isObject ? array.byteOffset : border.copy(where, array, first);
    const length = array.byteLength / unit;
    if (isObject) return border.header(where, classId!, array, length);
    return border.copyWithHeader(where, classId!, array, first, length);
  };
}
