/** Datatypes of views whose elements do not lie side by side, made once and kept for the next view of the same shape. */
import type { World } from "../library/world.js";
import type { ElementType } from "./element.js";

/** Elements that need not lie side by side: a view, or part of one. */
interface Layout {
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** In elements. */
  readonly strides: readonly number[];
}

/** The datatype of elements that need not lie side by side, and how many of it make them up. */
export function stridedType(world: World, layout: Layout): { count: number; datatype: number } {
  const byRow = layout.strides[0]! > 0;
  return { count: byRow ? layout.shape[0]! : 1, datatype: rowType(world, layout, byRow) };
}

/**
 * The datatype of one index along the first axis of a view, as long as the step to the next; so a number of them stands
 * for a number of rows, as elements do for an array. Kept for the next view of the same shape.
 *
 *       shape [3, 2], strides [5, 2]:   |x.x..|x.x..|x.x..|     row: x.x, extent 5
 *
 * Where the first axis runs backwards it is the type of the whole view.
 */
function rowType(world: World, layout: Layout, byRow: boolean): number {
  const { type, shape, strides } = layout;
  const key = `${type.name} ${byRow ? shape.slice(1) : shape} ${strides}`;
  return rowTypesOf(world).take(key, () => {
    let datatype = laidOut(world, type);
    const temporary: number[] = [];
    for (let axis = shape.length - 1; axis >= Number(byRow); axis--) {
      const stride = strides[axis]! * type.byteLength;
      world.call("MPI_Type_create_hvector", shape[axis]!, 1, stride, datatype, world.outPtr);
      datatype = world.readHandle(0);
      temporary.push(datatype);
    }
    const extent = Math.abs(strides[0]! * type.byteLength);
    world.call("MPI_Type_create_resized", datatype, 0, extent, world.outPtr);
    const row = world.readHandle(0);
    world.call("MPI_Type_commit", world.outPtr);
    for (const handle of temporary) world.freeType(handle);
    return row;
  });
}

/**
 * The datatype of an element for files and for further datatypes. One with padding, which is predefined, ROMIO cannot lay
 * out; made of its parts it can be.
 */
export function laidOut(world: World, type: ElementType): number {
  const { constants } = world;
  if (type.name !== "float64int32" || !world.differs.paddedTypesCrash) return constants[type.datatype!];
  return rowTypesOf(world).take(type.name, () => {
    const { MPI_DOUBLE, MPI_INT32_T } = constants;
    const lengths = world.integers([1, 1]);
    const offsets = world.addressOf(BigInt64Array.of(0n, 8n));
    const types = world.addressOf(world.handles([MPI_DOUBLE, MPI_INT32_T]));
    world.call("MPI_Type_create_struct", 2, lengths, offsets, types, world.outPtr);
    const parts = world.readHandle(0);
    world.call("MPI_Type_create_resized", parts, 0, type.byteLength, world.outPtr);
    const whole = world.readHandle(0);
    world.call("MPI_Type_commit", world.outPtr);
    world.freeType(parts);
    return whole;
  });
}

const known = new WeakMap<World, RowTypes>();

/** The datatypes of rows in a world; freed when it ends, because MPICH warns of those that are not. */
export function rowTypesOf(world: World): RowTypes {
  let types = known.get(world);
  if (!types) {
    // One call may need a type for what it sends to each rank, and another for what it receives from each.
    types = new RowTypes((handle) => world.freeType(handle), Math.max(256, 4 * world.size));
    known.set(world, types);
    world.onEnd.push(() => types!.clear());
  }
  return types;
}

/** The types of the rows of views, the ones used last. A message under way keeps a type that is dropped here. */
export class RowTypes {
  readonly #types = new Map<string, number>();
  readonly #pinned = new Map<string, number>();
  readonly #free: (handle: number) => void;
  /** The largest number of types that are kept. */
  readonly room: number;
  /** Runs with the handle of each type before it is freed. */
  readonly onDrop: ((handle: number) => void)[] = [];

  constructor(free: (handle: number) => void, room: number) {
    this.#free = free;
    this.room = room;
  }

  /** The number of types that are kept. */
  get size(): number {
    return this.#types.size;
  }

  take(key: string, make: () => number): number {
    const types = this.#types;
    const pinned = this.#pinned.get(key);
    if (pinned !== undefined) return pinned;
    const handle = types.get(key) ?? make();
    types.delete(key);
    types.set(key, handle);
    if (types.size > this.room) {
      const [oldest, dropped] = types.entries().next().value!;
      types.delete(oldest);
      this.#drop(dropped);
    }
    return handle;
  }

  /** Keeps those of the types that are among `values` until the end: they are of a call that is begun again and again. */
  pin(values: readonly number[]): void {
    for (const [key, handle] of this.#types) {
      if (!values.includes(handle)) continue;
      this.#types.delete(key);
      this.#pinned.set(key, handle);
    }
  }

  #drop(handle: number): void {
    for (const run of this.onDrop) run(handle);
    this.#free(handle);
  }

  clear(): void {
    for (const types of [this.#types, this.#pinned]) {
      for (const handle of types.values()) this.#drop(handle);
      types.clear();
    }
  }
}
