/**
 * Datatypes as runs of bytes. A datatype is a list of (offset, length) in the order in which its bytes travel, and an
 * extent, the distance between consecutive elements of it:
 *
 * ```
 * MPI_Type_vector(2, 1, 3, MPI_INT):   | int |     |     | int |
 *                              byte    0     4     8    12    16    runs (0, 4) (12, 4), extent 16, size 8
 * ```
 */
import { copy } from "./memory.js";

/** A predefined type: what reductions need to know of it. */
export interface Unit {
  readonly handle: number;
  /** What its values are, e.g. `i32`; of pairs, both: `f64 i32`. */
  readonly kind: string;
}

/** Consecutive elements of a type at a distance in bytes from the start of the type that they are part of. */
export interface Part {
  readonly type: Datatype;
  readonly offset: number;
  readonly count: number;
}

/** The lower and the upper bound of a type where they were set and do not follow from its parts. */
export interface Bounds {
  readonly lb: number;
  readonly ub: number;
}

/** A datatype: its bytes in the order in which they travel. */
export class Datatype {
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
  readonly lb: number;
  readonly extent: number;
  readonly trueLb: number;
  readonly trueExtent: number;
  readonly size: number;
  /** Elements of it follow each other without gaps, so any number of them is one run of bytes. */
  readonly dense: boolean;
  /** Its basic values as runs of (bytes of each, how many). */
  readonly basics: readonly (readonly [byteLength: number, count: number])[];
  /** The alignment in bytes that a C compiler would give it. */
  readonly alignment: number;
  /** The predefined type that it consists of, if of one only. */
  readonly unit: Unit | undefined;
  /** Somebody set its bounds, or those of a part. */
  readonly bounded: boolean;
  predefined = false;
  committed = false;
  name = "";

  /**
   * @param parts what it consists of, in order
   * @param options its bounds where they do not follow from the parts; as of a C structure, with a gap at its end
   */
  constructor(parts: Iterable<Part>, { bounds, structure }: { bounds?: Bounds; structure?: boolean } = {}) {
    const runs = new Runs();
    const basics: [number, number][] = [];
    const natural = new Range();
    const set = new Range();
    const bytes = new Range();
    let unit: Unit | undefined | null = null;
    let alignment = 1;
    for (const { type, offset, count } of parts) {
      if (count <= 0) continue;
      const last = offset + (count - 1) * type.extent;
      for (const at of [offset, last]) {
        (type.bounded ? set : natural).cover(at + type.lb, at + type.lb + type.extent);
        if (type.size > 0) bytes.cover(at + type.trueLb, at + type.trueLb + type.trueExtent);
      }
      if (type.size === 0) continue;
      runs.add(type, offset, count);
      addBasics(basics, type, count);
      unit = unit === null || unit?.handle === type.unit?.handle ? type.unit : undefined;
      alignment = Math.max(alignment, type.alignment);
    }
    if (bounds) set.replace(bounds.lb, bounds.ub);
    const range = set.empty ? natural : set;
    const extent = range.high - range.low;
    this.offsets = runs.offsets;
    this.lengths = runs.lengths;
    this.size = runs.size;
    this.lb = range.low;
    this.extent = structure && set.empty ? Math.ceil(extent / alignment) * alignment : extent;
    this.trueLb = bytes.low;
    this.trueExtent = bytes.high - bytes.low;
    this.bounded = !set.empty;
    this.basics = basics;
    this.alignment = alignment;
    this.unit = unit ?? undefined;
    this.dense = runs.size > 0 && runs.offsets.length === 1 && this.extent === this.size;
  }

  /** A predefined type of one value. */
  static basic(byteLength: number, alignment: number, unit: Unit): Datatype {
    const type = new Datatype([]);
    const fields = {
      offsets: [0],
      lengths: [byteLength],
      size: byteLength,
      extent: byteLength,
      trueExtent: byteLength,
      alignment,
      basics: [[byteLength, 1]],
      dense: true,
      unit,
    };
    return Object.assign(type, fields, { predefined: true, committed: true });
  }

  /** The number of basic values. */
  get basicCount(): number {
    return this.basics.reduce((sum, [, count]) => sum + count, 0);
  }
}

/** A range of offsets that grows with what it covers; from 0 to 0 at first. */
class Range {
  low = 0;
  high = 0;
  empty = true;

  cover(low: number, high: number): void {
    if (this.empty) this.replace(low, high);
    else this.replace(Math.min(this.low, low), Math.max(this.high, high));
  }

  replace(low: number, high: number): void {
    this.empty = false;
    this.low = low;
    this.high = high;
  }
}

/** Runs of bytes, where one that follows another directly is made part of it. */
class Runs {
  readonly offsets: number[] = [];
  readonly lengths: number[] = [];
  size = 0;

  add(type: Datatype, offset: number, count: number): void {
    if (type.dense) this.#add(offset + type.trueLb, count * type.size);
    else {
      for (let element = 0; element < count; element++) {
        for (let run = 0; run < type.offsets.length; run++) {
          this.#add(offset + element * type.extent + type.offsets[run]!, type.lengths[run]!);
        }
      }
    }
  }

  #add(offset: number, length: number): void {
    const last = this.offsets.length - 1;
    if (last >= 0 && this.offsets[last]! + this.lengths[last]! === offset) this.lengths[last]! += length;
    else {
      this.offsets.push(offset);
      this.lengths.push(length);
    }
    this.size += length;
  }
}

function addBasics(basics: [number, number][], type: Datatype, count: number): void {
  const add = (byteLength: number, times: number) => {
    const last = basics.at(-1);
    if (last && last[0] === byteLength) last[1] += times;
    else basics.push([byteLength, times]);
  };
  if (type.basics.length === 1) add(type.basics[0]![0], type.basics[0]![1] * count);
  else {
    for (let element = 0; element < count; element++) {
      for (const [byteLength, times] of type.basics) add(byteLength, times);
    }
  }
}

/**
 * Calls `visit` with every run of consecutive elements of a type that the bytes from `start` to `end` of their data
 * lie in: its distance from the first element's address, and its length.
 */
export function eachRun(
  type: Datatype,
  start: number,
  end: number,
  visit: (offset: number, byteLength: number) => void,
): void {
  if (end <= start || type.size === 0) return;
  if (type.dense) {
    visit(type.trueLb + start, end - start);
    return;
  }
  let element = Math.floor(start / type.size);
  let skip = start - element * type.size;
  for (let left = end - start; ; element++) {
    const base = element * type.extent;
    for (let run = 0; run < type.offsets.length; run++) {
      const length = type.lengths[run]!;
      if (skip >= length) {
        skip -= length;
        continue;
      }
      const byteLength = Math.min(length - skip, left);
      visit(base + type.offsets[run]! + skip, byteLength);
      left -= byteLength;
      skip = 0;
      if (left === 0) return;
    }
  }
}

/** Elements of a datatype in memory. */
export interface Data {
  readonly ptr: number;
  readonly type: Datatype;
  /** Of the data, without gaps. */
  readonly byteLength: number;
}

/** Copies the bytes from `start` to `end` of data to consecutive ones at `to`. */
export function pack(from: Data, to: number, start = 0, end: number = from.byteLength): void {
  let at = to;
  eachRun(from.type, start, end, (offset, byteLength) => {
    copy(at, from.ptr + offset, byteLength);
    at += byteLength;
  });
}

/** Copies consecutive bytes at `from` to the bytes from `start` to `end` of data. */
export function unpack(to: Data, from: number, start = 0, end: number = to.byteLength): void {
  let at = from;
  eachRun(to.type, start, end, (offset, byteLength) => {
    copy(to.ptr + offset, at, byteLength);
    at += byteLength;
  });
}
