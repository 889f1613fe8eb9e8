/**
 * MPDATA: one pass over a block, fluxes and update in one sweep.
 *
 * psi lives in cells; velocity components and fluxes on faces. Face f of an axis lies between the cells f - 1 and f and
 * is stored at the index of cell f, so that all arrays share one layout (see ../field.ts):
 *
 *   cell          -1      0      1            n-1     n
 *             |  halo |      |      | ...  |      |  halo |
 *   face            0      1      2      n-1      n
 *
 * Every kernel works on vectors of neighbours along the last axis, two of f64 or four of f32 (T). A vector may reach
 * some elements beyond the end of a row: it reads what lies there and writes into the halo, which the next exchange sets
 * again, or into the row that follows, which is written after it. Each element sees the same operations wherever its
 * vector begins, so results do not depend on the split.
 */

/**
 * Compile-time switches are types, told apart by their size, so that no cell pays for an option.
 * K: what the velocity of a pass is; D: number of axes; the others: yes or no.
 */
type Donor = u8;
type Corrective = u16;
type Flux = u32;
type D1 = u8;
type D2 = u16;
type D3 = u32;
type No = u8;
type Yes = u16;

/** What a pass reads and writes. Addresses are those of the first interior cell or face 0; strides in bytes. */
@unmanaged
export class Pass {
  /** Cells along the three axes of the layout. */
  n0: i32;
  n1: i32;
  n2: i32;
  stride0: i32;
  stride1: i32;
  /** psi before the pass, and after it (another array). */
  psi: usize;
  out: usize;
  /** Velocity of the previous pass on the faces of each axis (the Courant field in passes 1 and 2). */
  c0: usize;
  c1: usize;
  c2: usize;
  /** Where the antidiffusive velocity of a corrective pass is kept for the next one; 0 when it is not needed. */
  v0: usize;
  v1: usize;
  v2: usize;
  /** G factor, or 0 for G = 1. */
  g: usize;
  /** Room for fluxes: `n1 + 1` rows of `n2 + 4` values. */
  flux: usize;
  /** 1 where c0..2 are the same on all faces, halos included, and G = 1: the numbers below stand for them. */
  uniform: i32;
  /** 1 where all values are f32. */
  single: i32;
  reserved: i32;
  epsilon: f64;
  uniform0: f64;
  uniform1: f64;
  uniform2: f64;
}

/**
 * Velocity on a pair of faces between the cells L and R.
 *
 * Donor and Flux: C itself. Corrective: the antidiffusive velocity, basic terms,
 *
 *   C' = |C| (1 - |C| / Gb) A / 2  -  C / (2 Gb) (Cy4 By + Cz4 Bz)
 *   A  = 2 (psi_R - psi_L) / (psi_R + psi_L + eps)
 *   By = (sum of psi at L + y, R + y  -  sum at L - y, R - y) / (sum of the four + eps);  Bz alike
 *
 * Gb: mean of G at L and R. Cy4: mean of the four y faces that touch L and R.
 * Source: Smolarkiewicz 1984; Smolarkiewicz and Margolin 1998.
 *
 * Arguments: `r` address of psi at R [byte]; `s` stride from L to R, `y`, `z` strides along the face [byte]; `c`, `cy`,
 * `cz` addresses of C on this face and on the lower transverse faces of R; `g` of G at R. Uniform: `uc`, `uy`, `uz` the
 * Courant numbers [1]. Reads: psi at L, R and their transverse neighbours. Halo: 1.
 */
@inline
function velocity<T, K, U, D, G>(
  r: usize, s: usize, c: usize, y: usize, cy: usize, z: usize, cz: usize, g: usize,
  uc: v128, uy: v128, uz: v128, eps: v128,
): v128 {
  const courant = sizeof<U>() == 2 ? uc : v128.load(c);
  if (sizeof<K>() != 2) return courant;

  const speed = v128.abs<T>(courant);
  let along: v128;
  let across = v128.mul<T>(courant, v128.splat<T>(0.125)); // C / 2 times the 1/4 of the means below
  if (sizeof<G>() == 2) {
    const inverse = v128.div<T>(v128.splat<T>(2), v128.add<T>(v128.load(g), v128.load(g - s))); // 1 / Gb
    along = v128.mul<T>(speed, v128.sub<T>(v128.splat<T>(1), v128.mul<T>(speed, inverse)));
    across = v128.mul<T>(across, inverse);
  } else {
    along = v128.mul<T>(speed, v128.sub<T>(v128.splat<T>(1), speed));
  }
  const psiR = v128.load(r);
  const psiL = v128.load(r - s);
  const difference = v128.mul<T>(along, v128.sub<T>(psiR, psiL));
  const sum = v128.add<T>(v128.add<T>(psiR, psiL), eps);
  if (sizeof<D>() == 1) return v128.div<T>(difference, sum);

  // One division for both fractions: a / sum - b / four = (a four - b sum) / (sum four).
  const up = v128.add<T>(v128.load(r + y), v128.load(r - s + y));
  const down = v128.add<T>(v128.load(r - y), v128.load(r - s - y));
  const four = v128.add<T>(v128.add<T>(up, down), eps);
  const b = v128.mul<T>(v128.mul<T>(across, faces<T, U>(cy, s, y, uy)), v128.sub<T>(up, down));
  const first = v128.div<T>(v128.sub<T>(v128.mul<T>(difference, four), v128.mul<T>(b, sum)), v128.mul<T>(sum, four));
  if (sizeof<D>() == 2) return first;

  const above = v128.add<T>(v128.load(r + z), v128.load(r - s + z));
  const below = v128.add<T>(v128.load(r - z), v128.load(r - s - z));
  const other = v128.add<T>(v128.add<T>(above, below), eps);
  const last = v128.mul<T>(v128.mul<T>(across, faces<T, U>(cz, s, z, uz)), v128.sub<T>(above, below));
  return v128.sub<T>(first, v128.div<T>(last, other));
}

/** The sum of the four transverse faces that touch the cells L and R; `c` is the lower one of R, `t` its axis. */
@inline
function faces<T, U>(c: usize, s: usize, t: usize, u: v128): v128 {
  if (sizeof<U>() == 2) return v128.add<T>(v128.add<T>(u, u), v128.add<T>(u, u));
  return v128.add<T>(
    v128.add<T>(v128.load(c), v128.load(c + t)),
    v128.add<T>(v128.load(c - s), v128.load(c - s + t)),
  );
}

/** Upwind flux `F = [v]+ psi_L + [v]- psi_R` */
@inline
function upwind<T>(v: v128, r: usize, s: usize): v128 {
  const zero = v128.splat<T>(0);
  return v128.add<T>(
    v128.mul<T>(v128.pmax<T>(v, zero), v128.load(r - s)),
    v128.mul<T>(v128.pmin<T>(v, zero), v128.load(r)),
  );
}

/**
 * Flux through a pair of faces at `r`, see `velocity` for the arguments: upwind, or (K is Flux) the velocity itself.
 * Keeps the velocity at `kept` where S says so.
 */
@inline
function flux<T, K, U, D, G, S>(
  r: usize, s: usize, c: usize, y: usize, cy: usize, z: usize, cz: usize, g: usize, kept: usize,
  uc: v128, uy: v128, uz: v128, eps: v128,
): v128 {
  const v = velocity<T, K, U, D, G>(r, s, c, y, cy, z, cz, g, uc, uy, uz, eps);
  if (sizeof<S>() == 2) v128.store(kept, v);
  return sizeof<K>() == 4 ? v : upwind<T>(v, r, s);
}

/** The first element in the place of the last. */
@inline
function last<T>(v: v128): v128 {
  return sizeof<T>() == 4 ? v128.shuffle<f32>(v, v, 0, 0, 0, 0) : v128.shuffle<f64>(v, v, 0, 0);
}

/** The elements one before those of `v`; `before` holds the vector that ends there. */
@inline
function shifted<T>(before: v128, v: v128): v128 {
  return sizeof<T>() == 4 ? v128.shuffle<f32>(before, v, 3, 4, 5, 6) : v128.shuffle<f64>(before, v, 1, 2);
}

/**
 * One pass over all rows of a block, fluxes and update in one sweep:
 *
 *   out = psi - ((F0_{+} - F0_{-}) + (F1_{+} - F1_{-}) + (F2_{+} - F2_{-})) / G
 *
 * with the terms of axes 0, 1, 2 in this order and those of missing axes left out. The upper fluxes of a pair of cells
 * are computed, the lower ones remembered: of axis 2 in a register, of axis 1 in a row, of axis 0 in a plane of rows.
 *
 * Reads: psi with a halo of 1, c with a halo of 1 (corrective). Writes: out on the interior, v on the faces 0..n.
 */
function sweep<T, K, U, D, G, S>(p: Pass): void {
  // Locals: a store might change a member of p, so that it would be loaded again for every cell.
  const n0 = p.n0, n1 = p.n1;
  const s0 = <usize>p.stride0, s1 = <usize>p.stride1;
  const psi = p.psi, out = p.out, g = p.g, c0 = p.c0, c1 = p.c1, c2 = p.c2, v0 = p.v0, v1 = p.v1, v2 = p.v2;
  const eps = v128.splat<T>(<T>p.epsilon);
  const u0 = v128.splat<T>(<T>p.uniform0), u1 = v128.splat<T>(<T>p.uniform1), u2 = v128.splat<T>(<T>p.uniform2);
  const one = sizeof<T>();
  const rowBytes = <usize>p.n2 * one;
  const rowRoom = <usize>(p.n2 + 4) * one;
  const lower1 = p.flux;
  const lower0 = lower1 + rowRoom;

  if (sizeof<D>() == 4) {
    for (let j = 0; j < n1; j++) {
      const start = <usize>j * s1;
      const row0 = lower0 + <usize>j * rowRoom - start;
      for (let at = start; at < start + rowBytes; at += 16) {
        const lower = flux<T, K, U, D, G, S>(
          psi + at, s0, c0 + at, s1, c1 + at, one, c2 + at, g + at, v0 + at, u0, u1, u2, eps,
        );
        v128.store(row0 + at, lower);
      }
    }
  }
  for (let i = 0; i < n0; i++) {
    if (sizeof<D>() >= 2) {
      const start = <usize>i * s0;
      const row1 = lower1 - start;
      for (let at = start; at < start + rowBytes; at += 16) {
        const lower = flux<T, K, U, D, G, S>(
          psi + at, s1, c1 + at, one, c2 + at, s0, c0 + at, g + at, v1 + at, u1, u2, u0, eps,
        );
        v128.store(row1 + at, lower);
      }
    }
    for (let j = 0; j < n1; j++) {
      const start = <usize>i * s0 + <usize>j * s1;
      const row0 = lower0 + <usize>j * rowRoom - start;
      const row1 = lower1 - start;
      const end = start + rowBytes;
      // Face 0 into the upper lane, as if it came from a pair before the first.
      let before = flux<T, K, U, D, G, S>(
        psi + start, one, c2 + start, s1, c1 + start, s0, c0 + start, g + start, v2 + start, u2, u1, u0, eps,
      );
      before = last<T>(before);
      for (let at = start; at < end; at += 16) {
        const right = at + one;
        const upper2 = flux<T, K, U, D, G, S>(
          psi + right, one, c2 + right, s1, c1 + right, s0, c0 + right, g + right, v2 + right, u2, u1, u0, eps,
        );
        let change = v128.sub<T>(upper2, shifted<T>(before, upper2));
        before = upper2;
        if (sizeof<D>() >= 2) {
          const next = at + s1;
          const upper1 = flux<T, K, U, D, G, S>(
            psi + next, s1, c1 + next, one, c2 + next, s0, c0 + next, g + next, v1 + next, u1, u2, u0, eps,
          );
          let earlier = v128.sub<T>(upper1, v128.load(row1 + at));
          v128.store(row1 + at, upper1);
          if (sizeof<D>() == 4) {
            const over = at + s0;
            const upper0 = flux<T, K, U, D, G, S>(
              psi + over, s0, c0 + over, s1, c1 + over, one, c2 + over, g + over, v0 + over, u0, u1, u2, eps,
            );
            earlier = v128.add<T>(v128.sub<T>(upper0, v128.load(row0 + at)), earlier);
            v128.store(row0 + at, upper0);
          }
          change = v128.add<T>(earlier, change);
        }
        if (sizeof<G>() == 2) change = v128.div<T>(change, v128.load(g + at));
        v128.store(out + at, v128.sub<T>(v128.load(psi + at), change));
      }
    }
  }
}

function sweepAxes<K, U, G, S>(p: Pass, dimensions: i32): void {
  if (p.single) sweepBy<f32, K, U, G, S>(p, dimensions);
  else sweepBy<f64, K, U, G, S>(p, dimensions);
}

function sweepBy<T, K, U, G, S>(p: Pass, dimensions: i32): void {
  if (dimensions == 1) sweep<T, K, U, D1, G, S>(p);
  else if (dimensions == 2) sweep<T, K, U, D2, G, S>(p);
  else sweep<T, K, U, D3, G, S>(p);
}

/** Pass 1: donor cell with the Courant field. `dimensions`: 1, 2 or 3. */
export function donorPass(p: Pass, dimensions: i32): void {
  if (p.uniform) sweepAxes<Donor, Yes, No, No>(p, dimensions);
  else if (p.g == 0) sweepAxes<Donor, No, No, No>(p, dimensions);
  else sweepAxes<Donor, No, Yes, No>(p, dimensions);
}

/** A later pass of the infinite gauge: the velocity is the flux. */
export function fluxPass(p: Pass, dimensions: i32): void {
  if (p.g == 0) sweepAxes<Flux, No, No, No>(p, dimensions);
  else sweepAxes<Flux, No, Yes, No>(p, dimensions);
}

/** Passes 2, 3, ...: donor cell with the antidiffusive velocity of the pass before. */
export function correctivePass(p: Pass, dimensions: i32): void {
  if (p.v2 == 0) {
    if (p.uniform) sweepAxes<Corrective, Yes, No, No>(p, dimensions);
    else if (p.g == 0) sweepAxes<Corrective, No, No, No>(p, dimensions);
    else sweepAxes<Corrective, No, Yes, No>(p, dimensions);
  } else {
    if (p.uniform) sweepAxes<Corrective, Yes, No, Yes>(p, dimensions);
    else if (p.g == 0) sweepAxes<Corrective, No, No, Yes>(p, dimensions);
    else sweepAxes<Corrective, No, Yes, Yes>(p, dimensions);
  }
}

/**
 * The greatest outflow of a cell, its Courant number: `max over cells of sum over axes of ([C_{+}]+ - [C_{-}]-) / G`;
 * NaN when one is NaN. Reads c on the faces 0..n.
 */
export function courantNumber(p: Pass, dimensions: i32): f64 {
  return p.single ? greatest<f32, Yes>(p, dimensions) : greatest<f64, Yes>(p, dimensions);
}

/** The greatest sum over the axes of `part` of the faces of a cell, over G and without its sign. */
function greatest<T, Out>(p: Pass, dimensions: i32): f64 {
  const one = sizeof<T>();
  let most: f64 = 0;
  for (let i = 0; i < p.n0; i++) {
    for (let j = 0; j < p.n1; j++) {
      for (let k = 0; k < p.n2; k++) {
        const at = <usize>i * <usize>p.stride0 + <usize>j * <usize>p.stride1 + <usize>k * one;
        let total: f64 = 0;
        if (dimensions == 3) total += part<T, Out>(p.c0 + at, <usize>p.stride0);
        if (dimensions >= 2) total += part<T, Out>(p.c1 + at, <usize>p.stride1);
        total += part<T, Out>(p.c2 + at, one);
        most = max(most, abs(p.g == 0 ? total : total / <f64>load<T>(p.g + at)));
      }
    }
  }
  return most;
}

/** Of one axis `[C_{+}]+ - [C_{-}]-` where `Out`, else `C_{+} - C_{-}`. */
function part<T, Out>(c: usize, s: usize): f64 {
  const low = <f64>load<T>(c);
  const high = <f64>load<T>(c + s);
  return sizeof<Out>() == 2 ? max(high, 0) - min(low, 0) : high - low;
}

/** The greatest `|sum over axes of C_{+} - C_{-}| / G` of a cell; NaN when one is NaN. Reads c on the faces 0..n. */
export function greatestDivergence(p: Pass, dimensions: i32): f64 {
  return p.single ? greatest<f32, No>(p, dimensions) : greatest<f64, No>(p, dimensions);
}
