/** The constructors of derived datatypes. */
import { expectOptions, expectWhole, keysOf, show, wrong } from "../../argument.js";
import { UsageError } from "../../errors.js";
import type { FunctionName } from "../library/prototypes.js";
import type { World } from "../library/world.js";
import { currentWorld } from "../library/world.js";
import { largestInt } from "./buffer.js";
import { Datatype } from "./datatype.js";
import { type ElementName, elementTypeNamed } from "./element.js";
import { laidOut } from "./rows.js";

/** What a datatype is made of: elements by their name, or another datatype. */
export type BaseType = ElementName | Datatype;

/** Blocks at equal distances. */
export interface VectorOptions {
  /** Number of blocks. */
  readonly count: number;
  /** Elements in each. */
  readonly blockLength: number;
  /** From the beginning of a block to that of the next: elements for `vector`, bytes for `hvector`; may be negative. */
  readonly stride: number;
}

const vectorKeys = keysOf<VectorOptions>({ count: true, blockLength: true, stride: true });

/** Blocks anywhere. */
export interface IndexedOptions {
  /** Elements in each block. */
  readonly blockLengths: readonly number[];
  /** Where each block begins: elements for `indexed`, bytes for `hindexed`; may be negative. */
  readonly displacements: readonly number[];
}

const indexedKeys = keysOf<IndexedOptions>({ blockLengths: true, displacements: true });

/** Blocks of one length, anywhere. */
export interface IndexedBlockOptions {
  /** Elements in each block. */
  readonly blockLength: number;
  /** Where each block begins, in elements; may be negative. */
  readonly displacements: readonly number[];
}

const indexedBlockKeys = keysOf<IndexedBlockOptions>({ blockLength: true, displacements: true });

/** A box in an array of several axes. */
export interface SubarrayOptions {
  /** Elements of the whole array along each axis. */
  readonly shape: readonly number[];
  /** Elements of the box along each axis, at least one. */
  readonly subshape: readonly number[];
  /** Where the box begins along each axis. */
  readonly start: readonly number[];
  /** `C` (default): the last axis is contiguous; `Fortran`: the first. */
  readonly order?: "C" | "Fortran";
}

const subarrayKeys = keysOf<SubarrayOptions>({ shape: true, subshape: true, start: true, order: true });

/** A part of a `struct`. */
export interface StructPart {
  /** Where it begins, in bytes; may be negative. */
  readonly offset: number;
  /** The type of its elements. */
  readonly type: BaseType;
  /** Number of elements, one behind the other. Default 1. */
  readonly count?: number;
}

const partKeys = keysOf<StructPart>({ offset: true, type: true, count: true });

/** Where a datatype begins and ends, in bytes. */
export interface Bounds {
  /** Where it begins; may be negative. */
  readonly lowerBound: number;
  /** From one to the next. */
  readonly extent: number;
}

const boundsKeys = keysOf<Bounds>({ lowerBound: true, extent: true });

/**
 * Makes derived datatypes: layouts of elements in memory, for `mpi.view(array, { datatype })`. All are **Local**, throw
 * {@link UsageError} for counts that are none, and have to be freed.
 */
export const datatype = {
  /** `count` elements, one behind the other. */
  contiguous(count: number, type: BaseType): Datatype {
    const where = "mpi.datatype.contiguous";
    const base = baseOf(type, where);
    expectCount(count, where, "count");
    return made(base, "MPI_Type_contiguous", "contiguous", (ptr, { raw }) =>
      raw.MPI_Type_contiguous(count, base.handle, ptr),
    );
  },

  /** Blocks at equal distances, in elements. */
  vector(options: VectorOptions, type: BaseType): Datatype {
    const where = "mpi.datatype.vector";
    const base = baseOf(type, where);
    expectOptions(where, options, vectorKeys);
    const { count, blockLength, stride } = options;
    expectCount(count, where, "count");
    expectCount(blockLength, where, "blockLength");
    expectElements(stride, where, "stride");
    return made(base, "MPI_Type_vector", "vector", (ptr, { raw }) =>
      raw.MPI_Type_vector(count, blockLength, stride, base.handle, ptr),
    );
  },

  /** Blocks at equal distances, in bytes. */
  hvector(options: VectorOptions, type: BaseType): Datatype {
    const where = "mpi.datatype.hvector";
    const base = baseOf(type, where);
    expectOptions(where, options, vectorKeys);
    const { count, blockLength, stride } = options;
    expectCount(count, where, "count");
    expectCount(blockLength, where, "blockLength");
    expectBytes(stride, where, "stride");
    return made(base, "MPI_Type_create_hvector", "hvector", (ptr, { raw }) =>
      raw.MPI_Type_create_hvector(count, blockLength, stride, base.handle, ptr),
    );
  },

  /** Blocks anywhere, in elements. */
  indexed(options: IndexedOptions, type: BaseType): Datatype {
    const where = "mpi.datatype.indexed";
    const base = baseOf(type, where);
    expectOptions(where, options, indexedKeys);
    const { blockLengths, displacements } = options;
    const count = expectBlocks(blockLengths, displacements, where, expectElements);
    return made(base, "MPI_Type_indexed", "indexed", (ptr, world) => {
      const [lengthsPtr, displacementsPtr] = [world.integers(blockLengths), world.integers(displacements)];
      return world.raw.MPI_Type_indexed(count, lengthsPtr, displacementsPtr, base.handle, ptr);
    });
  },

  /** Blocks anywhere, in bytes. */
  hindexed(options: IndexedOptions, type: BaseType): Datatype {
    const where = "mpi.datatype.hindexed";
    const base = baseOf(type, where);
    expectOptions(where, options, indexedKeys);
    const { blockLengths, displacements } = options;
    const count = expectBlocks(blockLengths, displacements, where, expectBytes);
    return made(base, "MPI_Type_create_hindexed", "hindexed", (ptr, world) => {
      const [lengthsPtr, displacementsPtr] = [world.integers(blockLengths), addressesOf(world, displacements)];
      return world.raw.MPI_Type_create_hindexed(count, lengthsPtr, displacementsPtr, base.handle, ptr);
    });
  },

  /** Blocks of one length anywhere, in elements. */
  indexedBlock(options: IndexedBlockOptions, type: BaseType): Datatype {
    const where = "mpi.datatype.indexedBlock";
    const base = baseOf(type, where);
    expectOptions(where, options, indexedBlockKeys);
    const { blockLength, displacements } = options;
    expectCount(blockLength, where, "blockLength");
    expectList(displacements, where, "displacements", expectElements);
    const { length } = displacements;
    return made(base, "MPI_Type_create_indexed_block", "indexedBlock", (ptr, world) => {
      const displacementsPtr = world.integers(displacements);
      return world.raw.MPI_Type_create_indexed_block(length, blockLength, displacementsPtr, base.handle, ptr);
    });
  },

  /** A box in an array of several axes. Its extent is the whole array. */
  subarray(options: SubarrayOptions, type: BaseType): Datatype {
    const where = "mpi.datatype.subarray";
    const base = baseOf(type, where);
    expectOptions(where, options, subarrayKeys);
    const { shape, subshape, start, order = "C" } = options;
    expectList(shape, where, "shape", expectCount);
    const axes = shape.length;
    for (const [name, list] of Object.entries({ subshape, start })) {
      expectList(list, where, name, expectCount);
      if (list.length === axes) continue;
      throw wrong(
        `${where}: "${name}"`,
        `${axes} whole numbers, one an axis`,
        show(list),
        'Give as many as "shape" has.',
      );
    }
    if (axes === 0 || shape.some((n, axis) => subshape[axis]! < 1 || start[axis]! + subshape[axis]! > n)) {
      throw wrong(
        where,
        `a box of at least one element within shape ${show(shape)}`,
        `subshape ${show(subshape)} from ${show(start)} on`,
        "Mend subshape or start.",
      );
    }
    if (order !== "C" && order !== "Fortran") {
      throw wrong(`${where}: "order"`, '"C" or "Fortran"', show(order), "Name one of them.");
    }
    return made(base, "MPI_Type_create_subarray", "subarray", (ptr, world) => {
      const { raw, constants } = world;
      const [sizesPtr, subsizesPtr, startsPtr] = [shape, subshape, start].map((list) => world.integers(list));
      const layout = order === "C" ? constants.MPI_ORDER_C : constants.MPI_ORDER_FORTRAN;
      return raw.MPI_Type_create_subarray(axes, sizesPtr!, subsizesPtr!, startsPtr!, layout, base.handle, ptr);
    });
  },

  /** Elements of different types. End it with {@link datatype.resized} where the C compiler would pad it. */
  struct(fields: readonly StructPart[]): Datatype {
    const where = "mpi.datatype.struct";
    if (!Array.isArray(fields)) {
      throw wrong(`${where}: "fields"`, "a list of { offset, type, count }", show(fields), "Give one for each part.");
    }
    for (const [index, part] of fields.entries()) expectOptions(`${where}: "fields[${index}]"`, part, partKeys);
    const bases = fields.map(({ type }: StructPart, index) => baseOf(type, where, `fields[${index}].type`));
    const counts = fields.map(({ count = 1 }: StructPart, index) =>
      expectCount(count, where, `fields[${index}].count`),
    );
    const offsets = fields.map(({ offset }: StructPart, index) =>
      expectBytes(offset, where, `fields[${index}].offset`),
    );
    const world = bases[0]?.world ?? currentWorld();
    const names = bases.map(({ name }, index) => (counts[index] === 1 ? name : `${counts[index]} ${name}`));
    const base = { world, handle: 0, name: `{ ${names.join(", ")} }` };
    return made(base, "MPI_Type_create_struct", "struct", (ptr) => {
      const types = world.addressOf(world.handles(bases.map(({ handle }) => handle)));
      const [countsPtr, offsetsPtr] = [world.integers(counts), addressesOf(world, offsets)];
      return world.raw.MPI_Type_create_struct(fields.length, countsPtr, offsetsPtr, types, ptr);
    });
  },

  /** The same elements with other bounds: `extent` is where the next one begins. */
  resized(type: BaseType, bounds: Bounds): Datatype {
    const where = "mpi.datatype.resized";
    const base = baseOf(type, where);
    expectOptions(where, bounds, boundsKeys);
    const { lowerBound, extent } = bounds;
    expectBytes(lowerBound, where, "lowerBound");
    expectBytes(extent, where, "extent");
    return made(base, "MPI_Type_create_resized", "resized", (ptr, { raw }) =>
      raw.MPI_Type_create_resized(base.handle, lowerBound, extent, ptr),
    );
  },

  /** A datatype of the same layout, to be freed by itself. */
  dup(type: BaseType): Datatype {
    const base = baseOf(type, "mpi.datatype.dup");
    return made(base, "MPI_Type_dup", "copy", (ptr, { raw }) => raw.MPI_Type_dup(base.handle, ptr));
  },
} as const;

interface Base {
  readonly world: World;
  readonly handle: number;
  readonly name: string;
}

function baseOf(type: BaseType, where: string, argument = "type"): Base {
  if (type instanceof Datatype) return { world: type.world, handle: type.handle, name: type.title };
  const world = currentWorld();
  const element = elementTypeNamed(type, `${where}: "${argument}"`);
  return { world, handle: laidOut(world, element), name: element.name };
}

/** Makes a datatype with a call that writes its handle at an address. */
function made(base: Base, call: FunctionName, layout: string, create: (ptr: number, world: World) => number): Datatype {
  const { world, name } = base;
  world.check(create(world.outPtr, world), call);
  return new Datatype(world, world.readHandle(0), `${layout} of ${name}`);
}

/** Numbers of type `MPI_Aint`, as a C array that the next call reads. */
function addressesOf(world: World, values: readonly number[]): number {
  return world.addressOf(BigInt64Array.from(values, BigInt));
}

function expectCount(value: number, where: string, name: string): number {
  return expectWhole(`${where}: "${name}"`, value, { least: 0, most: largestInt }, "Count from 0 on.");
}

function expectElements(value: number, where: string, name: string): number {
  if (Number.isInteger(value) && Math.abs(value) <= largestInt) return value;
  throw wrong(
    `${where}: "${name}"`,
    `a whole number from -${largestInt} to ${largestInt}`,
    show(value),
    "Count in elements.",
  );
}

function expectBytes(value: number, where: string, name: string): number {
  if (Number.isSafeInteger(value)) return value;
  throw wrong(`${where}: "${name}"`, "a whole number of bytes", show(value), "Count in bytes.");
}

function expectList(
  list: readonly number[],
  where: string,
  name: string,
  expectOne: (value: number, where: string, name: string) => number,
): void {
  if (!Array.isArray(list)) {
    throw wrong(`${where}: "${name}"`, "a list of whole numbers", show(list), "Give a list.");
  }
  for (const [index, value] of list.entries()) expectOne(value, where, `${name}[${index}]`);
}

/** Checks the blocks. Returns their number. */
function expectBlocks(
  blockLengths: readonly number[],
  displacements: readonly number[],
  where: string,
  expectOne: (value: number, where: string, name: string) => number,
): number {
  expectList(blockLengths, where, "blockLengths", expectCount);
  expectList(displacements, where, "displacements", expectOne);
  if (displacements.length === blockLengths.length) return blockLengths.length;
  throw wrong(
    `${where}: "displacements"`,
    `${blockLengths.length} whole numbers, one a block`,
    show(displacements),
    'Give as many as "blockLengths".',
  );
}
