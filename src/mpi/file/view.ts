import { expectOptions, expectWhole, keysOf, show, wrong } from "../../argument.js";
import { largestInt } from "../data/buffer.js";
import { Datatype } from "../data/datatype.js";
import { type ElementName, elementTypeNamed } from "../data/element.js";
import { laidOut } from "../data/rows.js";
import type { Hints } from "../library/info.js";
import type { World } from "../library/world.js";

/**
 * What a rank sees of a file: elements of one type from a byte on; all of them, those of a block of an array that is in
 * the file (`globalShape`, `start`, `shape`, the last axis fastest), or those that a datatype picks, again and again.
 *
 *       globalShape [3, 5], start [1, 2], shape [2, 2]:   . . . . .
 *                                                         . . 0 1 .
 *                                                         . . 2 3 .
 */
export interface FileView {
  /** Bytes before the view; default 0. Of a sequential file always `current`: where the shared pointer is. */
  readonly offset?: number | "current";
  /** Type of the elements; the unit of all offsets but this one. Default `byte`. */
  readonly type?: ElementName | Datatype;
  /** Elements along each axis of the array in the file, equal on all ranks. */
  readonly globalShape?: readonly number[];
  /** First element of this rank's block, along each axis. */
  readonly start?: readonly number[];
  /** Elements of this rank's block along each axis; 0 where it has none. */
  readonly shape?: readonly number[];
  /** The elements of this rank, instead of a block: a datatype made of `type`. */
  readonly filetype?: Datatype;
  /** How numbers are stored: `native` (default, as in memory) or `external32` (big-endian). */
  readonly datarep?: string;
  /** Hints to the library by MPI's keys. */
  readonly info?: Hints;
}

/** A view as `MPI_File_set_view` takes it. */
export interface Layout {
  readonly offset: number;
  readonly etype: number;
  readonly filetype: number;
  /** To be freed after the call. */
  readonly temporary: boolean;
  /** Bytes of data in an element. */
  readonly unit: number;
  /** Bytes from the start of an element to the end of its data. */
  readonly reach: number;
  /** True when elements that follow each other in the view do so in the file. */
  readonly contiguous: boolean;
  /** True when this rank's block has no elements. */
  readonly empty: boolean;
}

const call = "MPI_File_set_view";
const viewKeys = keysOf<FileView>({
  offset: true,
  type: true,
  globalShape: true,
  start: true,
  shape: true,
  filetype: true,
  datarep: true,
  info: true,
});

/** Describes a view to the library; `beginning` is the default of its offset. @throws UsageError when it is none */
export function layoutOf(world: World, view: FileView, beginning: number | "current"): Layout {
  expectOptions(call, view, viewKeys);
  const { offset = beginning, type = "byte", filetype, globalShape, start, shape } = view;
  if (offset !== "current") expectOffset(offset, call, "bytes");
  const named = type instanceof Datatype ? undefined : elementTypeNamed(type, `${call}: "type"`);
  const etype = type instanceof Datatype ? type.committed() : laidOut(world, named!);
  const reach = type instanceof Datatype ? type.trueLowerBound + type.trueExtent : (named!.size ?? named!.byteLength);
  const common = {
    offset: offset === "current" ? world.constants.MPI_DISPLACEMENT_CURRENT : offset,
    etype,
    unit: sizeOf(world, etype),
    reach,
    temporary: false,
    empty: false,
  };
  const block = [globalShape, start, shape];
  if (filetype !== undefined) {
    if (!(filetype instanceof Datatype)) {
      throw wrong(`${call}: "filetype"`, "a datatype", show(filetype), "Make it with mpi.datatype.");
    }
    if (block.some((list) => list !== undefined)) {
      throw wrong(call, 'a block or "filetype"', "both", "Leave out one of them.");
    }
    return { ...common, filetype: filetype.committed(), contiguous: false };
  }
  if (block.every((list) => list === undefined)) return { ...common, filetype: etype, contiguous: true };
  expectBlock(globalShape, start, shape);
  // No datatype has no elements; nothing can be read or written through this one.
  if (shape!.includes(0)) return { ...common, filetype: etype, contiguous: true, empty: true };
  return {
    ...common,
    filetype: subarray(world, globalShape!, start!, shape!, etype),
    temporary: true,
    contiguous: false,
  };
}

/** Bytes of data in a datatype. */
export function sizeOf(world: World, datatype: number): number {
  world.call("MPI_Type_size", datatype, world.outPtr);
  return world.out;
}

function subarray(
  world: World,
  globalShape: readonly number[],
  start: readonly number[],
  shape: readonly number[],
  etype: number,
): number {
  const { raw, constants } = world;
  const code = raw.MPI_Type_create_subarray(
    shape.length,
    world.integers(globalShape),
    world.integers(shape),
    world.integers(start),
    constants.MPI_ORDER_C,
    etype,
    world.outPtr,
  );
  world.check(code, "MPI_Type_create_subarray");
  const filetype = world.readHandle(0);
  world.call("MPI_Type_commit", world.outPtr);
  return filetype;
}

function expectBlock(globalShape: unknown, start: unknown, shape: unknown): void {
  const lists = Object.entries({ globalShape, start, shape });
  for (const [name, list] of lists) {
    if (Array.isArray(list) && list.length > 0 && list.every((n) => Number.isInteger(n) && n >= 0 && n <= largestInt)) {
      continue;
    }
    throw wrong(
      `${call}: "${name}"`,
      "whole numbers from 0, one an axis",
      show(list),
      "Give globalShape, start and shape.",
    );
  }
  const [whole, first, block] = [globalShape, start, shape] as [number[], number[], number[]];
  const fits =
    first.length === whole.length &&
    block.length === whole.length &&
    whole.every((n, axis) => first[axis]! + block[axis]! <= n);
  if (fits) return;
  throw wrong(
    call,
    `a block within [${whole.join(", ")}]`,
    `start [${first.join(", ")}], shape [${block.join(", ")}]`,
    "Mend start or shape.",
  );
}

/** Checks an offset in a file. @throws UsageError naming the call */
export function expectOffset(offset: unknown, where: string, unit: string, smallest = 0): void {
  expectWhole(`${where}: "offset"`, offset, smallest === 0 ? { least: 0 } : {}, `Count in ${unit}.`);
}
