import { expectKeys, keysOf, show, wrong } from "../../argument.js";
import type { Communicator } from "../calls/communicator.js";
import type { Data } from "../data/buffer.js";
import {
  type ElementName,
  type ElementType,
  elementTypeNamed,
  elementTypeOf,
  type TypedArray,
} from "../data/element.js";
import { type ArrayOf, detach, externalArray, externalBytes } from "../data/foreign.js";
import { detachedError, View } from "../data/view.js";
import type { Constant } from "../library/abi.js";
import { type Hints, withHints } from "../library/info.js";
import { system } from "../library/machine.js";
import { addressOf, detached } from "../library/native.js";
import { Accesses } from "./access.js";
import { Parts, type Reach } from "./reach.js";

/** Systems give no memory to programs below this address. */
const firstAddress = 65536;

/** How the memory of a window came about. */
export type WindowFlavor = "create" | "allocate" | "shared" | "dynamic";

/** Options of the calls that make windows. */
export interface WindowOptions {
  /** Hints for the library by MPI's keys, for example `{ accumulate_ordering: "none" }`. */
  readonly info?: Hints;
}

const windowKeys = keysOf<WindowOptions>({ info: true });

/** Options of {@link Comm.createWindow}. */
export interface CreateWindowOptions extends WindowOptions {
  /** Bytes in one step of `at`. Default: those of an element. */
  readonly unit?: number;
}

const createWindowKeys = keysOf<CreateWindowOptions>({ unit: true, info: true });

/** What a window is made of. */
interface Made<A> {
  readonly flavor: WindowFlavor;
  readonly array: A;
  /** Absent in a dynamic window, as the parts of the ranks. */
  readonly type?: ElementType;
  readonly parts?: Parts;
}

/**
 * Memory of each rank that the others read and write without its help, made with `comm.createWindow()`,
 * `comm.allocateWindow()`, `comm.allocateSharedWindow()` or `comm.createDynamicWindow()`. Its memory stays alive until
 * {@link free}, even if nothing else refers to it.
 *
 * ```js
 * const window = comm.createWindow(new Float64Array(4)); // What each rank offers.
 * window.fence();
 * window.put(Float64Array.of(comm.rank), { target: (comm.rank + 1) % comm.size, at: 2 });
 * window.fence();
 * console.log(window.array[2]); // 2 on 3 ranks
 * window.free();
 * ```
 */
export class Window<A = unknown> extends Accesses {
  /** How it was made: `create`, `allocate`, `shared` or `dynamic`. */
  readonly flavor: WindowFlavor;
  /**
   * This rank's part: what was given to `createWindow`, or the library's memory, which becomes an array of length 0 with
   * {@link free}. `undefined` in a dynamic window.
   */
  readonly array: A;
  readonly #type: ElementType | undefined;
  readonly #parts: Parts | undefined;
  /** Arrays over memory of the library's, by rank. */
  readonly #external = new Map<number, TypedArray>();
  /** What is attached to a dynamic window, by address. */
  readonly #attached = new Map<number, { readonly byteLength: number; readonly keep: unknown }>();

  /** @internal */
  constructor(comm: Communicator, handle: number, { flavor, array, type, parts }: Made<A>) {
    super(comm.world, handle, comm);
    this.flavor = flavor;
    this.array = array;
    this.#type = type;
    this.#parts = parts;
    const { world } = this;
    if (flavor === "allocate" || flavor === "shared") this.#external.set(this.rank, array as TypedArray);
    world.windows.add(this);
    world.call("MPI_Win_set_errhandler", handle, world.constants.MPI_ERRORS_RETURN);
  }

  /**
   * The part of a rank, of a window made with `allocateSharedWindow()`: the same memory, so `Atomics` on it are exact
   * between ranks (but `Atomics.wait` is refused). Its length becomes 0 with {@link free}. **Local.**
   */
  shared(rank: number): A {
    const call = "MPI_Win_shared_query";
    this.#expectFlavor("shared", "shared");
    const { world } = this;
    const target = this.rankOf(rank, call, "rank");
    let array = this.#external.get(rank);
    if (!array) {
      const { raw, scratch } = world;
      const { address } = scratch;
      world.check(raw.MPI_Win_shared_query(this.handle, target, address, address + 8, address + 16), call);
      const { name } = this.#type!;
      array = externalArray(name as ElementName, world.readPointer(16), world.readPointer(0));
      this.#external.set(rank, array);
    }
    return array as A;
  }

  /**
   * Adds memory to this rank's part of a dynamic window. Returns the `at` of its first byte: tell it to the others;
   * further ones follow in bytes. **Local.**
   */
  attach(data: Data): number {
    this.#expectFlavor("attach", "dynamic");
    const { address, byteLength, keep } = memoryOf(data, "MPI_Win_attach");
    const { world } = this;
    world.call("MPI_Win_attach", this.handle, address, byteLength);
    this.#attached.set(address, { byteLength, keep });
    return address;
  }

  /** Takes memory out of a dynamic window, when nobody uses it any more. **Local.** */
  detach(data: Data): void {
    this.#expectFlavor("detach", "dynamic");
    const { address } = memoryOf(data, "MPI_Win_detach");
    const { world } = this;
    if (!this.#attached.has(address)) {
      throw wrong(
        'MPI_Win_detach: "array"',
        "memory that is attached",
        "other memory",
        "Pass what was given to attach().",
      );
    }
    world.call("MPI_Win_detach", this.handle, address);
    this.#attached.delete(address);
  }

  /** Of a dynamic window only what this rank has attached itself is known, and that nothing lies at the first addresses. */
  protected expectInside(call: string, target: number, at: number, reach: Reach): void {
    if (this.#parts) this.#parts.expectInside(call, target, at, reach);
    else if (target === this.rank) this.#expectAttached(call, at, reach);
    else if (at < firstAddress && reach[0] !== reach[1]) {
      const todo = "Attach memory there, and send its address to this rank.";
      throw wrong(`${call}: "at"`, "what attach() returned on the target", at, todo);
    }
  }

  #expectAttached(call: string, at: number, [first, end]: Reach): void {
    if (first === end) return;
    for (const [address, { byteLength }] of this.#attached) {
      if (at + first >= address && at + end <= address + byteLength) return;
    }
    throw wrong(`${call}: "at"`, "data within memory that is attached", at, "Count from what attach() returned.");
  }

  #expectFlavor(method: string, flavor: WindowFlavor): void {
    if (this.flavor === flavor) return;
    throw wrong(
      `Window.${method}`,
      `a window of ${makers[flavor]}()`,
      `one of ${makers[this.flavor]}()`,
      `Make one with comm.${makers[flavor]}().`,
    );
  }

  /** The name that tools and messages of the library show; empty by default. **Local.** */
  get name(): string {
    const { world } = this;
    const { MPI_MAX_OBJECT_NAME } = world.constants;
    const text = new Uint8Array(MPI_MAX_OBJECT_NAME);
    world.call("MPI_Win_get_name", this.handle, world.addressOf(text), world.outPtr);
    return new TextDecoder().decode(text.subarray(0, world.out));
  }

  set name(name: string) {
    this.rename("MPI_Win_set_name", name);
  }

  /** Address of this rank's part; 0 in a dynamic window. **Local.** */
  get base(): number {
    return this.#attribute("MPI_WIN_BASE");
  }

  /** Bytes of this rank's part; 0 in a dynamic window. **Local.** */
  get byteLength(): number {
    return this.#number("MPI_WIN_SIZE", 8);
  }

  /** Bytes in one step of `at` for calls to this rank; 1 in a dynamic window. **Local.** */
  get unit(): number {
    return this.#number("MPI_WIN_DISP_UNIT", 4);
  }

  /**
   * `unified` where the window's memory and what others see of it are one; `separate` where they meet only when the
   * window is synchronised. **Local.**
   */
  get model(): "unified" | "separate" {
    return this.#number("MPI_WIN_MODEL", 4) === this.world.constants.MPI_WIN_UNIFIED ? "unified" : "separate";
  }

  /** The pointer that an attribute is. */
  #attribute(key: Constant): number {
    const { world } = this;
    const { address } = world.scratch;
    world.call("MPI_Win_get_attr", this.handle, world.constants[key], address, address + 16);
    return world.readPointer(0);
  }

  /** The integer that an attribute points at. */
  #number(key: Constant, byteLength: 4 | 8): number {
    const from = this.#attribute(key);
    const { world } = this;
    system().memcpy(world.outPtr, from, byteLength);
    return byteLength === 4 ? world.out : world.readPointer(0);
  }

  /** Releases the window, and the memory that the library allocated for it. **Collective.** */
  free(): void {
    this.release("MPI_Win_free");
    this.end();
  }

  /** Lets go of all memory. @internal */
  end(): void {
    for (const array of this.#external.values()) detach(array);
    this.#external.clear();
    this.#attached.clear();
    this.world.windows.delete(this);
  }
}

const makers: Record<WindowFlavor, string> = {
  create: "createWindow",
  allocate: "allocateWindow",
  shared: "allocateSharedWindow",
  dynamic: "createDynamicWindow",
};

/** A window over memory that exists. */
export function createWindow<D extends Data>(comm: Communicator, data: D, options: CreateWindowOptions): Window<D> {
  const { world } = comm;
  const call = "MPI_Win_create";
  expectKeys(call, options, createWindowKeys);
  const { address, byteLength, type } = memoryOf(data, call);
  const { unit = type.byteLength } = options;
  if (!Number.isInteger(unit) || unit < 1 || unit > 2 ** 31 - 1) {
    throw wrong(`${call}: "unit"`, "a whole number from 1 to 2147483647", show(unit), "Count in bytes.");
  }
  const handle = withHints(world, options.info, call, (info) => {
    const code = world.raw.MPI_Win_create(address, byteLength, unit, info, comm.handle, world.outPtr);
    world.check(code, call);
    return world.readHandle(0);
  });
  const parts = new Parts(comm, byteLength, unit);
  return new Window(comm, handle, { flavor: "create", array: data, type, parts });
}

/** A window over memory that the library allocates. */
export function allocateWindow<N extends ElementName>(
  comm: Communicator,
  flavor: "allocate" | "shared",
  name: N,
  length: number,
  options: WindowOptions,
): Window<ArrayOf<N>> {
  const { world } = comm;
  const call = flavor === "shared" ? "MPI_Win_allocate_shared" : "MPI_Win_allocate";
  expectKeys(call, options, windowKeys);
  const type = elementTypeNamed(name, `${call}: "type"`);
  const byteLength = externalBytes(type, length, call);
  const { address } = world.scratch;
  const [handle, base] = withHints(world, options.info, call, (info) => {
    world.call(call, byteLength, type.byteLength, info, comm.handle, address + 8, address);
    return [world.readHandle(0), world.readPointer(8)];
  }) as [number, number];
  const parts = new Parts(comm, byteLength, type.byteLength);
  return new Window(comm, handle, { flavor, array: externalArray(name, base, byteLength), type, parts });
}

/** A window without memory, to which each rank attaches what it likes. */
export function createDynamicWindow(comm: Communicator, options: WindowOptions): Window<undefined> {
  const { world } = comm;
  const call = "MPI_Win_create_dynamic";
  expectKeys(call, options, windowKeys);
  const handle = withHints(world, options.info, call, (info) => {
    world.check(world.raw.MPI_Win_create_dynamic(info, comm.handle, world.outPtr), call);
    return world.readHandle(0);
  });
  return new Window(comm, handle, { flavor: "dynamic", array: undefined });
}

/** Elements side by side, as memory. */
function memoryOf(data: Data, call: string) {
  const type = elementTypeOf(data);
  if (type) {
    const array = data as TypedArray | DataView;
    if (detached(array.buffer)) throw detachedError(call, "array");
    return { address: addressOf(array, true, call), byteLength: array.byteLength, type, keep: array };
  }
  if (data instanceof View && data.contiguous && !data.datatype) {
    const { type, length, byteOffset } = data;
    if (detached(data.buffer)) throw detachedError(call, "array");
    return {
      address: addressOf(data.bytes, true, call) + byteOffset,
      byteLength: length * type.byteLength,
      type,
      keep: data,
    };
  }
  const got = data instanceof View ? String(data) : Array.isArray(data) ? "Array" : show(data);
  throw wrong(`${call}: "array"`, "a typed array or a contiguous view", got, "Pass for example a Float64Array.");
}
