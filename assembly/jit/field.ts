/**
 * Views of fields and arrays, for loops over cells. A view is an address, a shape and the width of a halo around the cells;
 * the last axis is contiguous, as in a field of `grid.field()`. The address is that of the first element, in the halo:
 *
 *     Array2, nx = 2, ny = 3, halo = 1        address of (i, j) = ptr + ((i + halo) * (ny + 2 halo) + j + halo) * size
 *
 *     ptr -> (-1,-1) (-1,0) (-1,1) (-1,2) (-1,3)
 *            ( 0,-1) ( 0,0) ( 0,1) ( 0,2) ( 0,3)
 *            ( 1,-1) ( 1,0) ( 1,1) ( 1,2) ( 1,3)
 *            ( 2,-1) ( 2,0) ( 2,1) ( 2,2) ( 2,3)
 *
 * `get` is one load and `set` one store; a debug build checks the indices. A view takes some memory until its `free()` or that
 * of the module: make a view once and `moveTo` other addresses.
 */
import { View } from "mpi";

/**
 * Marks for the compiler, see `src/jit/passes/views.ts`. `fixed(ptr)` is the number at an address in a view: the same until
 * `moved()` is called, whatever is stored elsewhere, and so loaded before a loop. It becomes a load, `moved()` nothing.
 */
// @ts-ignore: decorator
@external("field", "fixed")
declare function fixed(ptr: usize): i32;
// @ts-ignore: decorator
@external("field", "moved")
declare function moved(): void;

/** A view of cells along one axis. */
// @ts-ignore: decorator
@unmanaged
export class Array1<T> {
  /** Address of cell 0. */
  private origin: usize;
  private n0: i32;
  private width: i32;

  /** @param ptr the address of the first element, in the halo @param halo its width in cells */
  constructor(ptr: usize, nx: i32, halo: i32 = 0) {
    this.origin = ptr + <usize>halo * sizeof<T>();
    this.n0 = nx;
    this.width = halo;
  }

  /** Cells along x, without the halo. */
  // @ts-ignore: decorator
  @inline
  get nx(): i32 {
    return fixed(changetype<usize>(this) + offsetof<Array1<T>>("n0"));
  }

  /** Width of the halo, in cells. */
  // @ts-ignore: decorator
  @inline
  get halo(): i32 {
    return fixed(changetype<usize>(this) + offsetof<Array1<T>>("width"));
  }

  /** Address of the first element, in the halo. */
  get ptr(): usize {
    return fixed(changetype<usize>(this) + offsetof<Array1<T>>("origin")) - <usize>this.halo * sizeof<T>();
  }

  /** Lets the view show other elements, of the same shape. */
  moveTo(ptr: usize): this {
    moved();
    this.origin = ptr + <usize>this.halo * sizeof<T>();
    return this;
  }

  /** Address of a cell. */
  // @ts-ignore: decorator
  @inline
  at(i: i32): usize {
    if (!ASC_NO_ASSERT) assert(i >= -this.halo && i < this.nx + this.halo, "Array1: index x beyond the halo");
    return fixed(changetype<usize>(this) + offsetof<Array1<T>>("origin")) + <usize>i * sizeof<T>();
  }

  /** The value of a cell; those of the halo have indices below 0 or from the number of cells on. */
  // @ts-ignore: decorator
  @inline
  get(i: i32): T {
    return load<T>(this.at(i));
  }

  /** Sets the value of a cell. */
  // @ts-ignore: decorator
  @inline
  set(i: i32, value: T): void {
    store<T>(this.at(i), value);
  }

  /** The cells from `i` to `i + count - 1`, for messages. */
  part(i: i32, count: i32): View<T> {
    if (!ASC_NO_ASSERT) assert(count >= 0 && i + count <= this.nx + this.halo, "Array1: part beyond the halo");
    return new View<T>(this.at(i), count);
  }

  /** Releases the view, not the elements. */
  free(): void {
    heap.free(changetype<usize>(this));
  }
}

/** A view of cells along two axes. */
// @ts-ignore: decorator
@unmanaged
export class Array2<T> {
  /** Address of cell (0, 0). */
  private origin: usize;
  private s0: i32;
  private n0: i32;
  private n1: i32;
  private width: i32;

  /** @param ptr the address of the first element, in the halo @param halo its width in cells */
  constructor(ptr: usize, nx: i32, ny: i32, halo: i32 = 0) {
    this.s0 = ny + 2 * halo;
    this.n0 = nx;
    this.n1 = ny;
    this.width = halo;
    this.origin = ptr + <usize>(halo * this.s0 + halo) * sizeof<T>();
  }

  /** Elements from one row to the next. */
  // @ts-ignore: decorator
  @inline
  get stride(): i32 {
    return fixed(changetype<usize>(this) + offsetof<Array2<T>>("s0"));
  }

  /** Cells along x, without the halo. */
  // @ts-ignore: decorator
  @inline
  get nx(): i32 {
    return fixed(changetype<usize>(this) + offsetof<Array2<T>>("n0"));
  }

  /** Cells along y, without the halo. */
  // @ts-ignore: decorator
  @inline
  get ny(): i32 {
    return fixed(changetype<usize>(this) + offsetof<Array2<T>>("n1"));
  }

  /** Width of the halo, in cells. */
  // @ts-ignore: decorator
  @inline
  get halo(): i32 {
    return fixed(changetype<usize>(this) + offsetof<Array2<T>>("width"));
  }

  /** Address of the first element, in the halo. */
  get ptr(): usize {
    return fixed(changetype<usize>(this) + offsetof<Array2<T>>("origin")) - <usize>(this.halo * this.stride + this.halo) * sizeof<T>();
  }

  /** Lets the view show other elements, of the same shape. */
  moveTo(ptr: usize): this {
    moved();
    this.origin = ptr + <usize>(this.halo * this.stride + this.halo) * sizeof<T>();
    return this;
  }

  /** Address of a cell. */
  // @ts-ignore: decorator
  @inline
  at(i: i32, j: i32): usize {
    if (!ASC_NO_ASSERT) assert(i >= -this.halo && i < this.nx + this.halo, "Array2: index x beyond the halo");
    if (!ASC_NO_ASSERT) assert(j >= -this.halo && j < this.ny + this.halo, "Array2: index y beyond the halo");
    return fixed(changetype<usize>(this) + offsetof<Array2<T>>("origin")) + <usize>(i * this.stride + j) * sizeof<T>();
  }

  /** The value of a cell; those of the halo have indices below 0 or from the number of cells on. */
  // @ts-ignore: decorator
  @inline
  get(i: i32, j: i32): T {
    return load<T>(this.at(i, j));
  }

  /** Sets the value of a cell. */
  // @ts-ignore: decorator
  @inline
  set(i: i32, j: i32, value: T): void {
    store<T>(this.at(i, j), value);
  }

  /** The cells (i, 0) to (i, ny - 1), for messages. */
  row(i: i32): View<T> {
    return new View<T>(this.at(i, 0), this.ny);
  }

  /** The cells (0, j) to (nx - 1, j), for messages. */
  column(j: i32): View<T> {
    return new View<T>(this.at(0, j), this.nx, this.stride);
  }

  /** Releases the view, not the elements. */
  free(): void {
    heap.free(changetype<usize>(this));
  }
}

/** A view of cells along three axes. */
// @ts-ignore: decorator
@unmanaged
export class Array3<T> {
  /** Address of cell (0, 0, 0). */
  private origin: usize;
  private s0: i32;
  private s1: i32;
  private n0: i32;
  private n1: i32;
  private n2: i32;
  private width: i32;

  /** @param ptr the address of the first element, in the halo @param halo its width in cells */
  constructor(ptr: usize, nx: i32, ny: i32, nz: i32, halo: i32 = 0) {
    this.s1 = nz + 2 * halo;
    this.s0 = (ny + 2 * halo) * this.s1;
    this.n0 = nx;
    this.n1 = ny;
    this.n2 = nz;
    this.width = halo;
    this.origin = ptr + <usize>(halo * (this.s0 + this.s1 + 1)) * sizeof<T>();
  }

  /** Elements from one plane (i) to the next. */
  // @ts-ignore: decorator
  @inline
  get stride0(): i32 {
    return fixed(changetype<usize>(this) + offsetof<Array3<T>>("s0"));
  }

  /** Elements from one row (j) to the next. */
  // @ts-ignore: decorator
  @inline
  get stride1(): i32 {
    return fixed(changetype<usize>(this) + offsetof<Array3<T>>("s1"));
  }

  /** Cells along x, without the halo. */
  // @ts-ignore: decorator
  @inline
  get nx(): i32 {
    return fixed(changetype<usize>(this) + offsetof<Array3<T>>("n0"));
  }

  /** Cells along y, without the halo. */
  // @ts-ignore: decorator
  @inline
  get ny(): i32 {
    return fixed(changetype<usize>(this) + offsetof<Array3<T>>("n1"));
  }

  /** Cells along z, without the halo. */
  // @ts-ignore: decorator
  @inline
  get nz(): i32 {
    return fixed(changetype<usize>(this) + offsetof<Array3<T>>("n2"));
  }

  /** Width of the halo, in cells. */
  // @ts-ignore: decorator
  @inline
  get halo(): i32 {
    return fixed(changetype<usize>(this) + offsetof<Array3<T>>("width"));
  }

  /** Address of the first element, in the halo. */
  get ptr(): usize {
    return fixed(changetype<usize>(this) + offsetof<Array3<T>>("origin")) - <usize>(this.halo * (this.stride0 + this.stride1 + 1)) * sizeof<T>();
  }

  /** Lets the view show other elements, of the same shape. */
  moveTo(ptr: usize): this {
    moved();
    this.origin = ptr + <usize>(this.halo * (this.stride0 + this.stride1 + 1)) * sizeof<T>();
    return this;
  }

  /** Address of a cell. */
  // @ts-ignore: decorator
  @inline
  at(i: i32, j: i32, k: i32): usize {
    if (!ASC_NO_ASSERT) assert(i >= -this.halo && i < this.nx + this.halo, "Array3: index x beyond the halo");
    if (!ASC_NO_ASSERT) assert(j >= -this.halo && j < this.ny + this.halo, "Array3: index y beyond the halo");
    if (!ASC_NO_ASSERT) assert(k >= -this.halo && k < this.nz + this.halo, "Array3: index z beyond the halo");
    return fixed(changetype<usize>(this) + offsetof<Array3<T>>("origin")) + <usize>(i * this.stride0 + j * this.stride1 + k) * sizeof<T>();
  }

  /** The value of a cell; those of the halo have indices below 0 or from the number of cells on. */
  // @ts-ignore: decorator
  @inline
  get(i: i32, j: i32, k: i32): T {
    return load<T>(this.at(i, j, k));
  }

  /** Sets the value of a cell. */
  // @ts-ignore: decorator
  @inline
  set(i: i32, j: i32, k: i32, value: T): void {
    store<T>(this.at(i, j, k), value);
  }

  /** The cells (i, 0, 0) to (i, ny - 1, nz - 1), for messages. */
  planeX(i: i32): View<T> {
    return new View<T>(this.at(i, 0, 0), this.ny, this.stride1, this.nz);
  }

  /** The cells (0, j, 0) to (nx - 1, j, nz - 1), for messages. */
  planeY(j: i32): View<T> {
    return new View<T>(this.at(0, j, 0), this.nx, this.stride0, this.nz);
  }

  /** The cells (0, 0, k) to (nx - 1, ny - 1, k), for messages. */
  planeZ(k: i32): View<T> {
    return new View<T>(this.at(0, 0, k), this.nx, this.stride0, this.ny, this.stride1);
  }

  /** Releases the view, not the elements. */
  free(): void {
    heap.free(changetype<usize>(this));
  }
}
