import { UsageError } from "../errors.js";
import { type ElementName, elementTypeNamed } from "./element.js";
import type { ArrayOf } from "./external.js";
import { type FileOptions, type MpiFile, openFile } from "./file.js";
import { MemoryComm } from "./memorycomm.js";
import type { Data } from "./message.js";
import { Objects } from "./object.js";
import {
  allocateWindow,
  type CreateWindowOptions,
  createDynamicWindow,
  createWindow,
  type Window,
  type WindowOptions,
} from "./window.js";
import { PROC_NULL, type World } from "./world.js";

/**
 * A communicator. Data are typed arrays, in JavaScript's memory or in WebAssembly memory, or views of them; count and
 * datatype follow from them. Errors of the library are thrown as {@link MpiError}.
 */
export class Comm extends Objects {
  /**
   * The calls on addresses in a WebAssembly memory, for elements of one type: without a check of arguments and without
   * allocation. **Local.**
   */
  on(memory: WebAssembly.Memory, type: ElementName): MemoryComm {
    return new MemoryComm(this, memory, elementTypeNamed(type, 'Comm.on: "type"'));
  }

  /**
   * Opens a file on all ranks, to read unless `options` say otherwise. **Collective.** Close it when done.
   * @throws MpiError whose text names the file; the ranks go on
   */
  openFile(path: string, options: FileOptions = {}): MpiFile {
    return openFile(this.world, this.handle, path, options);
  }

  /** A communicator of the same ranks whose messages never meet this one's. **Collective.** Free it when done. */
  dup(): Comm {
    const { world } = this;
    world.check(world.raw.MPI_Comm_dup(this.handle, world.scratch.address), "MPI_Comm_dup");
    return new Comm(world, world.readHandle(0));
  }

  /**
   * A communicator of the ranks that gave the same `color`, ordered by `key` (default: this rank), or `undefined` on
   * ranks that gave none. **Collective.** Free it when done.
   */
  split(options: { color: number | undefined; key?: number }): Comm | undefined {
    const { world } = this;
    const color = options.color ?? world.constants.MPI_UNDEFINED;
    const code = world.raw.MPI_Comm_split(this.handle, color, options.key ?? this.rank, world.scratch.address);
    world.check(code, "MPI_Comm_split");
    const handle = world.readHandle(0);
    return handle === world.constants.MPI_COMM_NULL ? undefined : new Comm(world, handle);
  }

  /**
   * A communicator whose ranks form a grid, the last dimension varying fastest. **Collective.** Free it when done.
   * @returns `undefined` on ranks beyond the product of `dims`
   */
  cartCreate(options: {
    dims: readonly number[];
    periods: readonly boolean[];
    reorder?: boolean;
  }): CartComm | undefined {
    const { world } = this;
    const { dims, periods } = options;
    if (dims.length !== periods.length) {
      throw new UsageError(
        `MPI_Cart_create: "periods" expected ${dims.length} values, one a dimension, got ${periods.length}. Give as many as "dims".`,
      );
    }
    const { MPI_COMM_NULL } = world.constants;
    const dimsPtr = world.integers(dims);
    const periodsPtr = world.integers(periods.map(Number));
    const reorder = Number(options.reorder ?? false);
    const newCommPtr = world.scratch.address;
    const code = world.raw.MPI_Cart_create(this.handle, dims.length, dimsPtr, periodsPtr, reorder, newCommPtr);
    world.check(code, "MPI_Cart_create");
    const handle = world.readHandle(0);
    return handle === MPI_COMM_NULL ? undefined : new CartComm(world, handle, dims, periods);
  }

  /**
   * A window over memory that exists: a typed array, or a contiguous view, which also keeps a `WebAssembly.Memory` alive.
   * May be empty, and of another length on each rank. **Collective.** Free it when done.
   */
  createWindow<D extends Data>(data: D, options: CreateWindowOptions = {}): Window<D> {
    return createWindow(this, data, options);
  }

  /** A window over memory of the library's, `length` elements on this rank, not set to 0. **Collective.** Free it when done. */
  allocateWindow<N extends ElementName>(type: N, length: number, options: WindowOptions = {}): Window<ArrayOf<N>> {
    return allocateWindow(this, "allocate", type, length, options);
  }

  /**
   * As {@link allocateWindow}, over memory that all ranks, which have to be on one node, can use directly: see
   * {@link Window.shared}. **Collective.** Free it when done.
   */
  allocateSharedWindow<N extends ElementName>(
    type: N,
    length: number,
    options: WindowOptions = {},
  ): Window<ArrayOf<N>> {
    return allocateWindow(this, "shared", type, length, options);
  }

  /** A window to which each rank attaches memory of its own with {@link Window.attach}. **Collective.** Free it when done. */
  createDynamicWindow(options: WindowOptions = {}): Window<undefined> {
    return createDynamicWindow(this, options);
  }
}

/** A communicator whose ranks form a grid. */
export class CartComm extends Comm {
  readonly dims: readonly number[];
  readonly periods: readonly boolean[];
  /** This rank's place in the grid. */
  readonly coords: readonly number[];

  /** @internal */
  constructor(world: World, handle: number, dims: readonly number[], periods: readonly boolean[]) {
    super(world, handle);
    this.dims = [...dims];
    this.periods = [...periods];
    this.coords = this.coordsOf(this.rank);
  }

  /** The place of a rank in the grid. **Local.** */
  coordsOf(rank: number): number[] {
    const { world, dims } = this;
    const coords = new Int32Array(dims.length);
    world.check(world.raw.MPI_Cart_coords(this.handle, rank, dims.length, world.addressOf(coords)), "MPI_Cart_coords");
    return [...coords];
  }

  /** The rank at a place in the grid; periodic dimensions wrap. **Local.** */
  rankAt(coords: readonly number[]): number {
    const { world, dims } = this;
    if (coords.length !== dims.length) {
      throw new UsageError(
        `MPI_Cart_rank: "coords" expected ${dims.length} values, one a dimension, got ${coords.length}. Give as many as "dims" has.`,
      );
    }
    const coordsPtr = world.integers(coords);
    world.check(world.raw.MPI_Cart_rank(this.handle, coordsPtr, world.scratch.address), "MPI_Cart_rank");
    return world.scratch.i32[0]!;
  }

  /** The neighbours `displacement` places down (`source`) and up (`dest`) a dimension, or `PROC_NULL`. **Local.** */
  shift(axis: number, displacement = 1): { source: number; dest: number } {
    const { world } = this;
    const last = this.dims.length - 1;
    if (!Number.isInteger(axis) || axis < 0 || axis > last) {
      throw new UsageError(
        `MPI_Cart_shift: "axis" expected a dimension from 0 to ${last}, got ${axis}. Name a dimension of the grid.`,
      );
    }
    const { address, i32 } = world.scratch;
    world.check(world.raw.MPI_Cart_shift(this.handle, axis, displacement, address, address + 4), "MPI_Cart_shift");
    const rankOf = (rank: number) => (rank === world.constants.MPI_PROC_NULL ? PROC_NULL : rank);
    return { source: rankOf(i32[0]!), dest: rankOf(i32[1]!) };
  }
}
