/**
 * What the kernels of MPDATA share: the block of their arguments, the range of cells they work on, and stores that end
 * with a row.
 *
 * psi lives in cells; velocity components and fluxes on faces. Face f of an axis lies between the cells f - 1 and f and
 * is stored at the index of cell f, so that all arrays share one layout (see ../field.ts):
 *
 *   cell          -1      0      1            n-1     n
 *             |  halo |      |      | ...  |      |  halo |
 *   face            0      1      2      n-1      n
 *
 * Every kernel takes a range, the cells `first` to `end - 1` along the outermost axis that has more than one cell, and
 * writes results of these cells and of their lower faces; the range that ends with the block writes the face n as well.
 * Ranges that together make up the block write each cell and each face once. A range reads no result of another one, so
 * that they may be taken in any order or at the same time, each with room for fluxes of its own.
 *
 * Kernels work on vectors of neighbours along the last axis, two of f64 or four of f32 (T). The last vector of a row may
 * reach up to three elements beyond the end of the row, or of the array: what lies there is read and has no effect, and
 * only elements of the row are written. Each element sees the same operations wherever its vector begins, and so the
 * bits of results depend neither on the ranges nor on the split over ranks.
 */

/** Bytes of rows that stay in the cache of a core. */
export const stripBytes: usize = 384 * 1024;

/** What a kernel reads and writes. Addresses are those of the first interior cell or face 0; strides in bytes. */
@unmanaged
export class Pass {
  /** Cells along the three axes of the layout. */
  n0: i32;
  n1: i32;
  n2: i32;
  stride0: i32;
  stride1: i32;
  /** Axes of the grid: 1, 2 or 3. Those of the layout before them are missing and have one cell. */
  dimensions: i32;
  /** 1 where all values are f32. */
  single: i32;
  /** 1 where c0..2 are the same on all faces, halos included, and G = 1: uniform0..2 stand for them. */
  uniform: i32;
  /** 0 plain, 1 infinite gauge, 2 variable sign. */
  mode: i32;
  /** Terms of the antidiffusive velocity, see velocity.ts. */
  terms: i32;
  /** psi before the pass, and after it (another array). */
  psi: usize;
  out: usize;
  /** Velocity that is read, on the faces of each axis: the Courant field, or what the pass before has made. */
  c0: usize;
  c1: usize;
  c2: usize;
  /** Velocity that is written; 0 where a corrective pass need not keep it. */
  v0: usize;
  v1: usize;
  v2: usize;
  /** G factor, or 0 for G = 1. */
  g: usize;
  /** Room for rows: `n1 + 3` of `n2 + 4` values on 3 axes, else 21 of `n2 + 32`. */
  flux: usize;
  /** The limiter: psi at the start of the step, and the ratios of what psi may rise and fall. */
  start: usize;
  up: usize;
  down: usize;
  /** Walls that the cells touch on two axes, as bits: below 1 and above 2 along axis 1, before 4 and after 8 along axis 2. */
  walls: i32;
  /** Added to denominators [unit of psi]. */
  epsilon: f64;
  /** Courant numbers along the axes [1]. */
  uniform0: f64;
  uniform1: f64;
  uniform2: f64;
  /** Diffusivity times time step over the squared size of a cell, along the axes [1]. */
  mu0: f64;
  mu1: f64;
  mu2: f64;

  // The cells of a range along each axis: from low to high - 1.
  @inline
  low0(first: i32): i32 {
    return this.n0 > 1 ? first : 0;
  }
  @inline
  high0(end: i32): i32 {
    return this.n0 > 1 ? end : this.n0;
  }
  @inline
  low1(first: i32): i32 {
    return this.n0 == 1 && this.n1 > 1 ? first : 0;
  }
  @inline
  high1(end: i32): i32 {
    return this.n0 == 1 && this.n1 > 1 ? end : this.n1;
  }
  @inline
  low2(first: i32): i32 {
    return this.n0 == 1 && this.n1 == 1 ? first : 0;
  }
  @inline
  high2(end: i32): i32 {
    return this.n0 == 1 && this.n1 == 1 ? end : this.n2;
  }
}

/** The end of the faces of cells that end at `high`: their lower ones, and n where the block of n cells ends there. */
@inline
export function facesEnd(high: i32, n: i32): i32 {
  return high == n ? n + 1 : high;
}

/** Whether a range that begins, or ends, there touches a wall. */
@inline
export function wallBelow(p: Pass, low1: i32): bool {
  return (p.walls & 1) != 0 && low1 == 0;
}
@inline
export function wallAbove(p: Pass, high1: i32): bool {
  return (p.walls & 2) != 0 && high1 == p.n1;
}
@inline
export function wallBefore(p: Pass, low2: i32): bool {
  return (p.walls & 4) != 0 && low2 == 0;
}
@inline
export function wallAfter(p: Pass, high2: i32): bool {
  return (p.walls & 8) != 0 && high2 == p.n2;
}

/** The elements one before those of `v`; `before` holds the vector that ends there. */
@inline
export function shifted<T>(before: v128, v: v128): v128 {
  return sizeof<T>() == 4 ? v128.shuffle<f32>(before, v, 3, 4, 5, 6) : v128.shuffle<f64>(before, v, 1, 2);
}

/** The elements one after those of `v`; `after` holds the vector that begins there. */
@inline
export function following<T>(v: v128, after: v128): v128 {
  return sizeof<T>() == 4 ? v128.shuffle<f32>(v, after, 1, 2, 3, 4) : v128.shuffle<f64>(v, after, 1, 2);
}

/** The first element in the place of the last. */
@inline
export function highest<T>(v: v128): v128 {
  return sizeof<T>() == 4 ? v128.shuffle<f32>(v, v, 0, 0, 0, 0) : v128.shuffle<f64>(v, v, 0, 0);
}

/** Stores those elements of `v` that lie in the next `byteLength` bytes; none where that is not positive. */
@inline
export function storePart<T>(ptr: usize, v: v128, byteLength: i32): void {
  if (byteLength >= 16) {
    v128.store(ptr, v);
  } else if (byteLength >= 8) {
    v128.store64_lane(ptr, v, 0);
    if (sizeof<T>() == 4 && byteLength >= 12) v128.store32_lane(ptr, v, 2, 8);
  } else if (sizeof<T>() == 4 && byteLength >= 4) {
    v128.store32_lane(ptr, v, 0);
  }
}
