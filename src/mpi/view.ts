import { UsageError } from "../errors.js";
import type { Datatype } from "./datatype.js";
import { type ElementName, type ElementType, elementTypeNamed, elementTypeOf, show } from "./element.js";

/** Memory that a view can look at. */
export type Source = ArrayBufferView | ArrayBufferLike | WebAssembly.Memory;

/** Options of `mpi.view()`. */
export interface ViewOptions {
  /** First element, in elements of the array from its beginning; bytes for a buffer, a memory or a `DataView`. Default 0. */
  readonly offset?: number;
  /** Elements along each axis. Default: all that follow, along one axis. */
  readonly shape?: readonly number[];
  /** Elements from one index to the next, along each axis; may be negative. Default: contiguous, the last axis fastest. */
  readonly strides?: readonly number[];
  /** Default: that of the array. Needed for a buffer or a memory. `complex128` takes two elements of a `Float64Array` as one. */
  readonly type?: ElementName;
}

/**
 * Elements in memory that need not lie side by side, made with `mpi.view()`: a message is read from or written to where
 * they are, through a derived datatype, without a copy.
 */
export class View {
  /** @internal */ readonly source: Source;
  /** Bytes from the beginning of the buffer to the first element. @internal */
  readonly byteOffset: number;
  /** @internal */ readonly type: ElementType;
  readonly shape: readonly number[];
  /** In elements. */
  readonly strides: readonly number[];
  /** Number of elements. */
  readonly length: number;
  /** Set where the elements are those of a derived datatype. @internal */
  readonly datatype: Datatype | undefined;

  /** @internal */
  constructor(
    source: Source,
    options: ViewOptions | { readonly datatype: Datatype; readonly offset?: number; readonly count?: number },
  ) {
    const where = "mpi.view";
    this.source = source;
    const range = rangeOf(source, where);
    this.datatype = "datatype" in options ? options.datatype : undefined;
    this.type = this.datatype
      ? { name: String(this.datatype), kind: "struct", byteLength: this.datatype.extent }
      : elementOf(source, (options as ViewOptions).type, where);
    const { byteLength } = this.type;
    const unit = elementTypeOf(source)?.byteLength ?? 1;
    const { offset = 0 } = options;
    expectIndex(offset, `${where}: "offset"`);
    const room = Math.max(0, Math.floor((range.byteLength - offset * unit) / (byteLength || 1)));
    const { shape, strides } =
      "datatype" in options
        ? { shape: [options.count ?? room], strides: [1] }
        : { shape: options.shape ?? [room], strides: options.strides };
    for (const n of shape) expectIndex(n, `${where}: "shape"`, shape);
    if (shape.length === 0) throw new UsageError(`${where}: "shape" expected at least one axis, got []. Give [n].`);
    this.shape = [...shape];
    this.strides = strides ? [...strides] : contiguous(shape);
    if (this.strides.length !== shape.length || !this.strides.every(Number.isInteger)) {
      throw new UsageError(
        `${where}: "strides" expected ${shape.length} whole numbers, one an axis, got ${show(strides)}. Give as many as "shape" has.`,
      );
    }
    this.length = shape.reduce((product, n) => product * n, 1);
    this.byteOffset = range.byteOffset + offset * unit;
    this.#expectRoom(range, offset * unit, where);
  }

  /** Every element has to lie in the memory that is looked at. */
  #expectRoom(range: { byteLength: number }, start: number, where: string): void {
    if (this.length === 0) return;
    const { byteLength } = this.type;
    let [first, last] = [start, start];
    if (this.datatype) {
      const { trueLowerBound, trueExtent, extent } = this.datatype;
      first = start + trueLowerBound;
      last = first + (this.length - 1) * extent + trueExtent;
    } else {
      for (const [axis, n] of this.shape.entries()) {
        const reach = (n - 1) * this.strides[axis]! * byteLength;
        if (reach < 0) first += reach;
        else last += reach;
      }
      last += byteLength;
    }
    if (first >= 0 && last <= range.byteLength) return;
    throw new UsageError(
      `${where}: expected elements within ${range.byteLength} bytes, got bytes ${first} to ${last}. Mend offset, shape or strides.`,
    );
  }

  /** True when the elements lie side by side in order. @internal */
  get contiguous(): boolean {
    const expected = contiguous(this.shape);
    return this.length === 0 || this.shape.every((n, axis) => n === 1 || this.strides[axis] === expected[axis]);
  }

  /** The array over the whole buffer that is looked at. @internal */
  get bytes(): Uint8Array {
    const { source } = this;
    if (source instanceof WebAssembly.Memory) return new Uint8Array(source.buffer);
    return new Uint8Array(ArrayBuffer.isView(source) ? source.buffer : source);
  }

  /** The elements, in order, side by side. @internal */
  pack(): Uint8Array {
    const packed = new Uint8Array(this.length * this.type.byteLength);
    this.#copy((bytes, at, offset) => packed.set(bytes.subarray(at, at + this.type.byteLength), offset));
    return packed;
  }

  /** The reverse of {@link pack}. @internal */
  unpack(packed: Uint8Array): void {
    this.#copy((bytes, at, offset) => bytes.set(packed.subarray(offset, offset + this.type.byteLength), at));
  }

  #copy(move: (bytes: Uint8Array, at: number, offset: number) => void): void {
    const { bytes, shape, strides } = this;
    const { byteLength } = this.type;
    let offset = 0;
    const walk = (axis: number, at: number) => {
      if (axis === shape.length) {
        move(bytes, at, offset);
        offset += byteLength;
        return;
      }
      for (let i = 0; i < shape[axis]!; i++) walk(axis + 1, at + i * strides[axis]! * byteLength);
    };
    walk(0, this.byteOffset);
  }

  toString(): string {
    const strides = this.contiguous ? "" : `, strides ${this.strides.join(" x ")}`;
    return `view of ${this.shape.join(" x ")} ${this.type.name}${strides}`;
  }
}

function contiguous(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

function rangeOf(source: unknown, where: string): { byteOffset: number; byteLength: number } {
  if (ArrayBuffer.isView(source)) return source;
  const buffer = source instanceof WebAssembly.Memory ? source.buffer : source;
  if (buffer instanceof ArrayBuffer || buffer instanceof SharedArrayBuffer) {
    return { byteOffset: 0, byteLength: buffer.byteLength };
  }
  throw new UsageError(
    `${where}: "array" expected a typed array, a DataView, an ArrayBuffer or a WebAssembly.Memory, got ${show(source)}. Pass for example a Float64Array.`,
  );
}

function elementOf(source: Source, type: string | undefined, where: string): ElementType {
  const own = elementTypeOf(source);
  if (type !== undefined) return elementTypeNamed(type, `${where}: "type"`);
  if (own) return own;
  throw new UsageError(
    `${where}: "type" expected the type of the elements, got undefined. Give for example "float64".`,
  );
}

function expectIndex(value: number, where: string, whole: unknown = value): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new UsageError(`${where} expected whole numbers from 0 on, got ${show(whole)}. Count in elements.`);
}
