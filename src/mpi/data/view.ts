import { expectKeys, keysOf, show, wrong } from "../../argument.js";
import type { UsageError } from "../../errors.js";
import { isShared } from "../../host.js";
import { detached } from "../library/native.js";
import { Datatype } from "./datatype.js";
import { type ElementName, type ElementType, elementTypeNamed, elementTypeOf } from "./element.js";

/** Memory that a view can look at. */
export type Viewable = ArrayBufferView | ArrayBufferLike | WebAssembly.Memory;

/** Options of `mpi.view()`. */
export interface ViewOptions {
  /** First element, in elements of the array from its beginning; bytes for a buffer, a memory or a `DataView`. Default 0. */
  readonly offset?: number;
  /** Elements along each axis. Default: all that follow, along one axis. */
  readonly shape?: readonly number[];
  /**
   * Elements from one index to the next, along each axis; may be negative, and for data that is only sent 0. Default:
   * contiguous, the last axis fastest.
   */
  readonly strides?: readonly number[];
  /** Default: that of the array. Needed for a buffer or a memory. `complex128` takes two elements of a `Float64Array` as one. */
  readonly type?: ElementName;
}

/** Options of `mpi.view()` for elements of a derived datatype. */
export interface DatatypeViewOptions {
  /** The type of the elements, made by `mpi.datatype`. */
  readonly datatype: Datatype;
  /** Address of the first one, as in {@link ViewOptions}. Default 0. */
  readonly offset?: number;
  /** Number of them, an extent apart. Default: as many as fit. */
  readonly count?: number;
}

const where = "mpi.view";
const viewKeys = keysOf<ViewOptions>({ offset: true, shape: true, strides: true, type: true });
const datatypeViewKeys = keysOf<DatatypeViewOptions>({ datatype: true, offset: true, count: true });

/**
 * Elements in memory that need not lie side by side, made with `mpi.view()`: a message is read from or written to where
 * they are, through a derived datatype, without a copy. Follows a `WebAssembly.Memory` that grows.
 *
 * ```js
 * const matrix = Float64Array.from({ length: 12 }, (_, i) => i); // 3 rows of 4.
 * const column = mpi.view(matrix, { offset: 1, shape: [3], strides: [4] });
 * const copy = new Float64Array(3);
 * comm.sendrecv(column, copy, { to: comm.rank, from: comm.rank });
 * console.log(copy.join(" ")); // 1 5 9
 * ```
 */
export class View {
  /** @internal */ readonly source: Viewable;
  /** Bytes from the beginning of the buffer to the first element. @internal */
  readonly byteOffset: number;
  /** @internal */ readonly type: ElementType;
  /** Elements along each axis. */
  readonly shape: readonly number[];
  /** In elements. */
  readonly strides: readonly number[];
  /** Number of elements. */
  readonly length: number;
  /** True when the elements lie side by side in order. @internal */
  readonly contiguous: boolean;
  /** Set where the elements are those of a derived datatype. @internal */
  readonly datatype: Datatype | undefined;
  #overlaps: boolean | undefined;

  /** @internal */
  constructor(source: Viewable, options: ViewOptions | DatatypeViewOptions) {
    this.source = source;
    const range = rangeOf(source);
    expectOptions(options);
    this.datatype = "datatype" in options ? options.datatype : undefined;
    this.type = this.datatype
      ? { name: this.datatype.title, kind: "struct", byteLength: this.datatype.extent, size: this.datatype.size }
      : elementOf(source, (options as ViewOptions).type);
    const { offset = 0 } = options;
    expectIndex(offset, `${where}: "offset"`);
    const start = offset * (elementTypeOf(source)?.byteLength ?? 1);
    if ("datatype" in options) {
      const { count = fitting(options.datatype, range.byteLength - start) } = options;
      expectIndex(count, `${where}: "count"`);
      this.shape = [count];
      this.strides = [1];
    } else {
      const { shape = [Math.max(0, Math.floor((range.byteLength - start) / this.type.byteLength))], strides } = options;
      expectShape(shape, strides);
      this.shape = [...shape];
      this.strides = strides ? [...strides] : contiguous(shape);
    }
    this.length = this.shape.reduce((product, n) => product * n, 1);
    const side = contiguous(this.shape);
    this.contiguous =
      !this.datatype &&
      (this.length === 0 || this.shape.every((n, axis) => n === 1 || this.strides[axis] === side[axis]));
    this.byteOffset = range.byteOffset + start;
    this.#expectRoom(range.byteLength, start);
  }

  /** Every element has to lie in the memory that is looked at. */
  #expectRoom(byteLength: number, start: number): void {
    let [first, last] = [start, start];
    const reach = (byteOffset: number) => {
      first += Math.min(byteOffset, 0);
      last += Math.max(byteOffset, 0);
    };
    if (this.length > 0 && this.datatype) {
      const { trueLowerBound, trueExtent, extent } = this.datatype;
      first += trueLowerBound;
      last = first + trueExtent;
      reach((this.length - 1) * extent);
    } else if (this.length > 0) {
      for (const [axis, n] of this.shape.entries()) reach((n - 1) * this.strides[axis]! * this.type.byteLength);
      last += this.type.byteLength;
    }
    if (first >= 0 && last <= byteLength) return;
    const mend = this.datatype ? "offset or count" : "offset, shape or strides";
    throw wrong(where, `elements within ${byteLength} bytes`, `bytes ${first} to ${last}`, `Mend ${mend}.`);
  }

  /**
   * True when two indices are known to have one place, so that nothing can be received: along one axis, or along two.
   * @internal
   */
  get overlaps(): boolean {
    this.#overlaps ??= !this.datatype && this.length > 1 && overlap(this.shape, this.strides);
    return this.#overlaps;
  }

  /** The buffer that is looked at. @internal */
  get buffer(): ArrayBufferLike {
    const { source } = this;
    if (source instanceof WebAssembly.Memory) return source.buffer;
    return ArrayBuffer.isView(source) ? source.buffer : source;
  }

  /** The array over the whole buffer that is looked at. @internal */
  get bytes(): Uint8Array {
    return new Uint8Array(this.buffer);
  }

  /** The elements, in order, side by side. Not for those of a derived datatype. @internal */
  pack(): Uint8Array {
    const packed = new Uint8Array(this.length * this.type.byteLength);
    this.#copy(packed, false);
    return packed;
  }

  /** The reverse of {@link pack}. @internal */
  unpack(packed: Uint8Array): void {
    this.#copy(packed, true);
  }

  #copy(packed: Uint8Array, back: boolean): void {
    const { buffer, shape, strides, byteOffset, type } = this;
    // In the largest words that all elements begin with.
    const Words = type.byteLength % 4 === 0 && byteOffset % 4 === 0 ? Uint32Array : Uint8Array;
    const unit = Words.BYTES_PER_ELEMENT;
    const words = new Words(buffer as ArrayBuffer, 0, Math.floor(buffer.byteLength / unit));
    const side = new Words(packed.buffer as ArrayBuffer, packed.byteOffset, packed.byteLength / unit);
    const width = type.byteLength / unit;
    const [to, from] = back ? [words, side] : [side, words];
    const last = shape.length - 1;
    const step = strides[last]! * width;
    let next = 0;
    const walk = (axis: number, begin: number) => {
      if (axis < last) {
        for (let i = 0; i < shape[axis]!; i++) walk(axis + 1, begin + i * strides[axis]! * width);
        return;
      }
      for (let i = 0, at = begin; i < shape[axis]!; i++, at += step) {
        for (let word = 0; word < width; word++, next++) {
          to[back ? at + word : next] = from[back ? next : at + word]!;
        }
      }
    };
    walk(0, byteOffset / unit);
  }

  /** What `console.log` prints. @internal */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `<${this}>`;
  }

  /** For example `view of 3 x 2 float64, strides 5 x 2`. */
  toString(): string {
    const strides = this.contiguous || this.datatype ? "" : `, strides ${this.strides.join(" x ")}`;
    return `view of ${this.shape.join(" x ")} ${this.type.name}${strides}`;
  }
}

function contiguous(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/**
 * Steps of `a` along one axis and of `b` along another meet when `a s = b t`; the least such steps are `t / g` and
 * `s / g`, with the greatest common divisor `g` of the strides `s` and `t`.
 */
function overlap(shape: readonly number[], strides: readonly number[]): boolean {
  return shape.some((n, axis) => {
    const s = Math.abs(strides[axis]!);
    if (n > 1 && s === 0) return true;
    return shape.slice(0, axis).some((m, before) => {
      const t = Math.abs(strides[before]!);
      const g = divisor(s, t);
      return t / g < n && s / g < m;
    });
  });
}

function divisor(a: number, b: number): number {
  return b === 0 ? a || 1 : divisor(b, a % b);
}

/** How many elements of a datatype fit, at least one: less is an error to be told. */
function fitting(datatype: Datatype, byteLength: number): number {
  const { trueLowerBound, trueExtent, extent } = datatype;
  if (extent <= 0) return 1;
  return Math.max(1, Math.floor((byteLength - trueLowerBound - trueExtent) / extent) + 1);
}

function rangeOf(source: unknown): { byteOffset: number; byteLength: number } {
  const buffer =
    source instanceof WebAssembly.Memory ? source.buffer : ArrayBuffer.isView(source) ? source.buffer : source;
  if (!(buffer instanceof ArrayBuffer || isShared(buffer))) {
    throw wrong(
      `${where}: "array"`,
      "a typed array, a DataView, an ArrayBuffer or a WebAssembly.Memory",
      show(source),
      "Pass for example a Float64Array.",
    );
  }
  if (detached(buffer)) throw detachedError(where, "array");
  return ArrayBuffer.isView(source) ? source : { byteOffset: 0, byteLength: buffer.byteLength };
}

/** The error for an array over the old buffer of a memory that has grown. @internal */
export function detachedError(call: string, argument: string): UsageError {
  return wrong(
    `${call}: "${argument}"`,
    "an array in memory",
    "a detached one",
    "Make it anew after memory.grow(), or pass mpi.view(memory, options).",
  );
}

function elementOf(source: Viewable, type: string | undefined): ElementType {
  const known = elementTypeOf(source);
  if (type !== undefined) return elementTypeNamed(type, `${where}: "type"`);
  if (known) return known;
  throw wrong(`${where}: "type"`, "the type of the elements", "undefined", 'Give for example "float64".');
}

function expectOptions(options: ViewOptions | DatatypeViewOptions): void {
  const isDatatype = typeof options === "object" && options !== null && "datatype" in options;
  expectKeys(where, options, isDatatype ? datatypeViewKeys : viewKeys);
  if (isDatatype && !(options.datatype instanceof Datatype)) {
    throw wrong(
      `${where}: "datatype"`,
      "one made with mpi.datatype",
      show(options.datatype),
      'Elements by their name go into "type".',
    );
  }
}

function expectShape(shape: readonly number[], strides: readonly number[] | undefined): void {
  if (!Array.isArray(shape) || shape.length === 0) {
    throw wrong(`${where}: "shape"`, "at least one axis", show(shape), "Give [n].");
  }
  for (const n of shape) expectIndex(n, `${where}: "shape"`, shape);
  if (strides === undefined) return;
  if (Array.isArray(strides) && strides.length === shape.length && strides.every(Number.isSafeInteger)) return;
  throw wrong(
    `${where}: "strides"`,
    `${shape.length} whole numbers, one an axis`,
    show(strides),
    'Give as many as "shape" has.',
  );
}

function expectIndex(value: number, argument: string, whole: unknown = value): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw wrong(argument, "whole numbers from 0", show(whole), "Count in elements.");
}
