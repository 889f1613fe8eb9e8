import { Handle } from "../library/handle.js";
import type { World } from "../library/world.js";

/**
 * A derived datatype: a layout of elements in memory, made with `mpi.datatype`, for `mpi.view(array, { datatype })` and
 * for further datatypes. Free it when done; messages under way and datatypes made of it stay whole. **Local.**
 *
 * ```js
 * const column = mpi.datatype.vector({ count: 4, blockLength: 1, stride: 5 }, "f64");
 * console.log(column.size, column.extent); // 32 128
 * const matrix = Float64Array.from({ length: 20 }, (_, i) => i); // 4 rows of 5.
 * comm.bcast(mpi.view(matrix, { datatype: column, count: 1 }));
 * column.free();
 * ```
 */
export class Datatype extends Handle {
  protected readonly kind = "datatype";
  /** Bytes of data. */
  readonly size: number;
  /** Bytes from one to the next. */
  readonly extent: number;
  /** Bytes from the address of one to where its extent begins; may be negative. */
  readonly lowerBound: number;
  /** Bytes from the first byte of data to the last. */
  readonly trueExtent: number;
  /** Bytes from the address of one to its first byte of data; may be negative. */
  readonly trueLowerBound: number;
  readonly #layout: string;
  #named = "";
  #committed = false;

  /** @internal `layout` is what messages call it: `vector of float64`. */
  constructor(world: World, handle: number, layout = "datatype") {
    super(world, handle);
    const { scratch } = world;
    const { address } = scratch;
    this.size = world.integer("MPI_Type_size", handle);
    world.call("MPI_Type_get_extent", handle, address, address + 8);
    [this.lowerBound, this.extent] = [scratch.signed(0), scratch.signed(8)];
    world.call("MPI_Type_get_true_extent", handle, address, address + 8);
    [this.trueLowerBound, this.trueExtent] = [scratch.signed(0), scratch.signed(8)];
    this.#layout = layout;
  }

  /** The handle, committed: what messages need, and other datatypes do not. @internal */
  committed(): number {
    const { world, handle } = this;
    if (!this.#committed) {
      world.writeHandle(0, handle);
      world.call("MPI_Type_commit", world.outPtr);
      this.#committed = true;
    }
    return handle;
  }

  /** A name for debuggers and error messages; empty until set. */
  get name(): string {
    const { world } = this;
    world.call("MPI_Type_get_name", this.handle, world.textPtr(world.constants.MPI_MAX_OBJECT_NAME), world.outPtr);
    return world.readText(world.out);
  }

  set name(name: string) {
    this.rename("MPI_Type_set_name", name);
    this.#named = name;
  }

  /** Its name, or else its layout. @internal */
  get title(): string {
    return this.#named || this.#layout;
  }

  /** Releases the datatype. **Local.** */
  free(): void {
    this.release("MPI_Type_free");
  }

  /** For example `vector of float64: 24 bytes, extent 88`. */
  override toString(): string {
    return `${this.title}: ${this.size} bytes, extent ${this.extent}`;
  }
}
