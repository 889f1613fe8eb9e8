import { show, wrong } from "../../argument.js";
import type { UsageError } from "../../errors.js";
import { addressOf, detached } from "../library/native.js";
import type { World } from "../library/world.js";
import { type ElementType, elementTypeOf, type TypedArray } from "./element.js";
import { detachedError, View } from "./view.js";

/** What messages are read from and written to: a typed array, the bytes of a `DataView`, or a {@link View}. */
export type Data = TypedArray | DataView | View;

/** Stands for the data of this rank that is in the result already. */
export const IN_PLACE: unique symbol = Symbol("mpi.IN_PLACE");

/** Data as the library takes it. */
export interface Message {
  readonly address: number;
  /** Number of `datatype`. */
  readonly count: number;
  readonly datatype: number;
  /** Elements in one `datatype`: 1, or those of a row of a view that is not contiguous. */
  readonly unit: number;
  /** Number of elements, `count * unit`. */
  readonly length: number;
  readonly type: ElementType;
}

/** The largest C `int`: the type of counts and tags. */
export const largestInt = 2 ** 31 - 1;

/** Describes data to the library. @throws UsageError when it is no data or too long; names the call and the argument. */
export function messageOf(world: World, data: Data, call: string, argument: string): Message {
  const type = elementTypeOf(data);
  if (type) {
    const array = data as TypedArray | DataView;
    const length = type.kind === "byte" ? array.byteLength : (array as TypedArray).length;
    if (length > largestInt) throw tooLong(length, call, argument);
    if (length === 0 && detached(array.buffer)) throw detachedError(call, argument);
    world.keep(array);
    return {
      address: addressOf(array),
      count: length,
      datatype: world.constants[type.datatype!],
      unit: 1,
      length,
      type,
    };
  }
  if (data instanceof View) return messageOfView(world, data, call, argument);
  throw wrong(
    `${call}: "${argument}"`,
    "a typed array",
    Array.isArray(data) ? "Array" : show(data),
    "Pass for example a Float64Array.",
  );
}

function messageOfView(world: World, view: View, call: string, argument: string): Message {
  const { type, length, buffer, byteOffset, contiguous } = view;
  if (detached(buffer)) throw detachedError(call, argument);
  if (view.overlaps && receives(call, argument)) {
    throw wrong(`${call}: "${argument}"`, "a view whose elements have a place each", view, "Receive into another one.");
  }
  const { bytes } = view;
  world.keep(bytes);
  const address = addressOf(bytes) + byteOffset;
  const count = contiguous || view.datatype ? length : view.strides[0]! > 0 ? view.shape[0]! : 1;
  if (count > largestInt) throw tooLong(length, call, argument);
  if (view.datatype) return { address, count, datatype: view.datatype.committed(), unit: 1, length, type };
  if (contiguous) return { address, count, datatype: world.constants[type.datatype!], unit: 1, length, type };
  const strided = stridedType(world, view);
  return { address, ...strided, unit: length / strided.count, length, type };
}

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

const receiving = /^MPI_(I?m?recv|Recv_init|I?sendrecv_replace|I?bcast|Bcast_init|File_i?read\w*|Unpack|R?get)$/i;

/** True for an argument that a call writes to. */
function receives(call: string, argument: string): boolean {
  if (argument.startsWith("recv") || argument === "inout" || argument === "result") return true;
  return receiving.test(call) && !argument.startsWith("send");
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
  return world.rowTypes.take(key, () => {
    const { raw, scratch, constants } = world;
    let datatype = constants[type.datatype!];
    const temporary: number[] = [];
    for (let axis = shape.length - 1; axis >= Number(byRow); axis--) {
      const stride = strides[axis]! * type.byteLength;
      world.check(
        raw.MPI_Type_create_hvector(shape[axis]!, 1, stride, datatype, scratch.address),
        "MPI_Type_create_hvector",
      );
      datatype = world.readHandle(0);
      temporary.push(datatype);
    }
    const extent = Math.abs(strides[0]! * type.byteLength);
    world.check(raw.MPI_Type_create_resized(datatype, 0, extent, scratch.address), "MPI_Type_create_resized");
    const row = world.readHandle(0);
    world.check(raw.MPI_Type_commit(scratch.address), "MPI_Type_commit");
    for (const handle of temporary) world.freeType(handle);
    return row;
  });
}

/** The types of the rows of views, the ones used last. A message under way keeps a type that is dropped here. */
export class RowTypes {
  readonly #types = new Map<string, number>();
  readonly #pinned = new Map<string, number>();
  readonly #free: (handle: number) => void;
  /** The largest number of types that are kept. */
  readonly room: number;
  /** Another number whenever a type was freed. */
  generation = 0;

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
      this.generation++;
      this.#free(dropped);
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

  clear(): void {
    this.generation++;
    for (const types of [this.#types, this.#pinned]) {
      for (const handle of types.values()) this.#free(handle);
      types.clear();
    }
  }
}

function tooLong(length: number, call: string, argument: string): UsageError {
  return wrong(`${call}: "${argument}"`, `at most ${largestInt} elements`, length, "Pass it in parts.");
}

/** `2 float64`. */
export function describe(message: Message): string {
  return `${message.length} ${message.type.name}`;
}

/** True when elements of two types may meet: of one type, or those of derived datatypes, whose bytes have to agree. */
export function matches(one: ElementType, other: ElementType): boolean {
  const loose = ({ kind }: ElementType) => kind === "struct" || kind === "packed";
  return one.name === other.name || loose(one) || loose(other);
}

/** Bytes of data in a number of elements, without gaps. */
export function dataLength({ size, byteLength }: ElementType, length: number): number {
  return length * (size ?? byteLength);
}

/** Checks that a result holds a number of elements of the type that is sent. @throws UsageError naming both */
export function expectResult(call: string, recv: Message, send: Message, length: number, where = ""): void {
  if (matches(recv.type, send.type) && dataLength(recv.type, recv.length) === dataLength(send.type, length)) return;
  throw wrong(`${call}: "recv"`, `${length} ${send.type.name}`, describe(recv), `Allocate it to fit "send"${where}.`);
}
