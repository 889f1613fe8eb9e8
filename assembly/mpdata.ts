/**
 * MPDATA: one pass over a block, fluxes and update in one sweep.
 *
 * psi lives in cells; velocity components and fluxes on faces. Face f of an axis lies between the cells f - 1 and f and
 * is stored at the index of cell f, so that all arrays share one layout (see field.ts):
 *
 *   cell          -1      0      1            n-1     n
 *             |  halo |      |      | ...  |      |  halo |
 *   face            0      1      2      n-1      n
 *
 * Every kernel works on pairs of neighbours along the last axis. A pair may reach one element beyond the end of a row:
 * it reads what lies there and writes into the halo, which the next exchange sets again. Each element sees the same
 * operations wherever its pair begins, so results do not depend on the split.
 */

/** Compile-time switches are types: one byte for "no", eight for "yes". */
type No = u8;
type Yes = u64;
/** And for the number of axes: one byte for each. */
type D1 = u8;
type D2 = u16;
type D3 = u32;

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
  /** Room for fluxes: `2 n1 + 4` rows of `n2 + 2` values. */
  flux: usize;
  epsilon: f64;
}

/** |x| */
function abs(x: v128): v128 {
  return v128.andnot(x, f64x2.splat(-0.0));
}

/**
 * Antidiffusive velocity on a pair of faces between the cells L and R, basic terms:
 *
 *   C' = |C| (1 - |C| / Gb) A / 2  -  C / (2 Gb) (Cy4 By + Cz4 Bz)
 *   A  = 2 (psi_R - psi_L) / (psi_R + psi_L + eps)
 *   By = (sum of psi at L + y, R + y  -  sum at L - y, R - y) / (sum of the four + eps);  Bz alike
 *
 * Gb: mean of G at L and R. Cy4: mean of the four y faces that touch L and R.
 * Source: Smolarkiewicz 1984; Smolarkiewicz and Margolin 1998.
 *
 * Reads: psi at L, R and their transverse neighbours; C here; transverse C on the faces of L and R. Halo: 1.
 */
function antidiffusive<D, G>(
  r: usize, s: usize, c: v128,
  y: usize, cy: usize, z: usize, cz: usize,
  g: usize, eps: v128,
): v128 {
  const psiR = v128.load(r);
  const psiL = v128.load(r - s);
  const speed = abs(c);
  let along = f64x2.mul(speed, f64x2.sub(f64x2.splat(1), speed));
  let across = f64x2.mul(c, f64x2.splat(0.125)); // C / 2 times the 1/4 of the means below
  if (sizeof<G>() == 8) {
    const inverse = f64x2.div(f64x2.splat(2), f64x2.add(v128.load(g), v128.load(g - s))); // 1 / Gb
    along = f64x2.mul(speed, f64x2.sub(f64x2.splat(1), f64x2.mul(speed, inverse)));
    across = f64x2.mul(across, inverse);
  }
  const difference = f64x2.mul(along, f64x2.sub(psiR, psiL));
  const sum = f64x2.add(f64x2.add(psiR, psiL), eps);
  if (sizeof<D>() == 1) return f64x2.div(difference, sum);

  // One division for both fractions: a / sum - b / four = (a four - b sum) / (sum four).
  const up = f64x2.add(v128.load(r + y), v128.load(r - s + y));
  const down = f64x2.add(v128.load(r - y), v128.load(r - s - y));
  const four = f64x2.add(f64x2.add(up, down), eps);
  const b = f64x2.mul(f64x2.mul(across, faces(cy, s, y)), f64x2.sub(up, down));
  const first = f64x2.div(
    f64x2.sub(f64x2.mul(difference, four), f64x2.mul(b, sum)),
    f64x2.mul(sum, four),
  );
  if (sizeof<D>() == 2) return first;

  const above = f64x2.add(v128.load(r + z), v128.load(r - s + z));
  const below = f64x2.add(v128.load(r - z), v128.load(r - s - z));
  const other = f64x2.add(f64x2.add(above, below), eps);
  const last = f64x2.mul(f64x2.mul(across, faces(cz, s, z)), f64x2.sub(above, below));
  return f64x2.sub(first, f64x2.div(last, other));
}

/** The sum of the four transverse faces that touch the cells L and R; `c` is the lower one of R, `t` its axis. */
function faces(c: usize, s: usize, t: usize): v128 {
  return f64x2.add(
    f64x2.add(v128.load(c), v128.load(c + t)),
    f64x2.add(v128.load(c - s), v128.load(c - s + t)),
  );
}

/**
 * Upwind fluxes of a row of faces, `F = [v]+ psi_L + [v]- psi_R`, where v is C itself (first pass) or the antidiffusive
 * velocity (corrective passes), which is kept at `v` if that is not 0.
 *
 * Arguments: `n` faces [1]; `r`, `c`, `cy`, `cz`, `g`, `v` addresses at the first face of the row [byte]; `s` stride
 * across the faces, `y`, `z` along them [byte].
 */
function fluxRow<Corrective, D, G>(
  flux: usize, n: i32, r: usize, s: usize, c: usize,
  y: usize, cy: usize, z: usize, cz: usize,
  g: usize, v: usize, epsilon: f64,
): void {
  const zero = f64x2.splat(0);
  const eps = f64x2.splat(epsilon);
  const end = flux + (<usize>n << 3);
  if (sizeof<Corrective>() == 8) {
    if (v != 0) {
      for (let k: usize = 0; flux + k < end; k += 16) {
        const velocity = antidiffusive<D, G>(r + k, s, v128.load(c + k), y, cy + k, z, cz + k, g + k, eps);
        v128.store(v + k, velocity);
        v128.store(flux + k, upwind(velocity, r + k, s, zero));
      }
      return;
    }
    for (let k: usize = 0; flux + k < end; k += 16) {
      const velocity = antidiffusive<D, G>(r + k, s, v128.load(c + k), y, cy + k, z, cz + k, g + k, eps);
      v128.store(flux + k, upwind(velocity, r + k, s, zero));
    }
    return;
  }
  for (let k: usize = 0; flux + k < end; k += 16) {
    v128.store(flux + k, upwind(v128.load(c + k), r + k, s, zero));
  }
}

/** `[v]+ psi_L + [v]- psi_R` */
function upwind(v: v128, r: usize, s: usize, zero: v128): v128 {
  return f64x2.add(
    f64x2.mul(f64x2.pmax(v, zero), v128.load(r - s)),
    f64x2.mul(f64x2.pmin(v, zero), v128.load(r)),
  );
}

/**
 * `out = psi - ((F0_{+} - F0_{-}) + (F1_{+} - F1_{-}) + (F2_{+} - F2_{-})) / G` on a row of n cells, the terms of axes
 * 0, 1, 2 in this order, those of missing axes left out.
 */
function updateRow<D, G>(
  n: i32, out: usize, psi: usize, g: usize,
  x0: usize, x1: usize, y0: usize, y1: usize, z0: usize,
): void {
  const end = out + (<usize>n << 3);
  for (let k: usize = 0; out + k < end; k += 16) {
    let change = f64x2.sub(v128.load(z0 + k + 8), v128.load(z0 + k));
    if (sizeof<D>() >= 2) {
      let before = f64x2.sub(v128.load(y1 + k), v128.load(y0 + k));
      if (sizeof<D>() == 4) before = f64x2.add(f64x2.sub(v128.load(x1 + k), v128.load(x0 + k)), before);
      change = f64x2.add(before, change);
    }
    if (sizeof<G>() == 8) change = f64x2.div(change, v128.load(g + k));
    v128.store(out + k, f64x2.sub(v128.load(psi + k), change));
  }
}

/**
 * One pass over all rows of a block. Fluxes wait in `p.flux` until both faces of a cell are known:
 *
 *   axis 2: one row, faces 0..n2 of the current row
 *   axis 1: two rows, faces j and j + 1
 *   axis 0: two planes of n1 rows, faces i and i + 1
 *
 * Reads: psi with a halo of 1, c with a halo of 1 (corrective). Writes: out on the interior, v on the faces 0..n.
 */
function sweep<Corrective, D, G>(p: Pass): void {
  const n0 = p.n0, n1 = p.n1, n2 = p.n2;
  const s0 = <usize>p.stride0, s1 = <usize>p.stride1, s2: usize = 8;
  const eps = p.epsilon;
  const row = <usize>(n2 + 2) << 3;
  const plane = <usize>n1 * row;
  const z = p.flux;
  let y0 = z + row, y1 = y0 + row;
  let x0 = y1 + row, x1 = x0 + plane;

  if (sizeof<D>() == 4) fluxPlane<Corrective, D, G>(p, x0, 0);
  for (let i = 0; i < n0; i++) {
    if (sizeof<D>() == 4) fluxPlane<Corrective, D, G>(p, x1, <usize>(i + 1) * s0);
    if (sizeof<D>() >= 2) {
      const at = <usize>i * s0;
      fluxRow<Corrective, D, G>(y0, n2, p.psi + at, s1, p.c1 + at,
        s2, p.c2 + at, s0, p.c0 + at, p.g + at, p.v1 == 0 ? 0 : p.v1 + at, eps);
    }
    for (let j = 0; j < n1; j++) {
      const at = <usize>i * s0 + <usize>j * s1;
      if (sizeof<D>() >= 2) {
        const next = at + s1;
        fluxRow<Corrective, D, G>(y1, n2, p.psi + next, s1, p.c1 + next,
          s2, p.c2 + next, s0, p.c0 + next, p.g + next, p.v1 == 0 ? 0 : p.v1 + next, eps);
      }
      fluxRow<Corrective, D, G>(z, n2 + 1, p.psi + at, s2, p.c2 + at,
        s1, p.c1 + at, s0, p.c0 + at, p.g + at, p.v2 == 0 ? 0 : p.v2 + at, eps);
      const offset = <usize>j * row;
      updateRow<D, G>(n2, p.out + at, p.psi + at, p.g + at, x0 + offset, x1 + offset, y0, y1, z);
      const swap = y0;
      y0 = y1;
      y1 = swap;
    }
    const swap = x0;
    x0 = x1;
    x1 = swap;
  }
}

/** The fluxes on a plane of faces of axis 0, `at` bytes from face 0. */
function fluxPlane<Corrective, D, G>(p: Pass, flux: usize, at: usize): void {
  const row = <usize>(p.n2 + 2) << 3;
  const s1 = <usize>p.stride1;
  for (let j = 0; j < p.n1; j++) {
    fluxRow<Corrective, D, G>(flux + <usize>j * row, p.n2, p.psi + at, <usize>p.stride0, p.c0 + at,
      s1, p.c1 + at, 8, p.c2 + at, p.g + at, p.v0 == 0 ? 0 : p.v0 + at, p.epsilon);
    at += s1;
  }
}

/** Pass 1: donor cell with the Courant field. `dimensions`: 1, 2 or 3. */
export function donorPass(p: Pass, dimensions: i32): void {
  if (p.g == 0) {
    if (dimensions == 1) sweep<No, D1, No>(p);
    else if (dimensions == 2) sweep<No, D2, No>(p);
    else sweep<No, D3, No>(p);
  } else {
    if (dimensions == 1) sweep<No, D1, Yes>(p);
    else if (dimensions == 2) sweep<No, D2, Yes>(p);
    else sweep<No, D3, Yes>(p);
  }
}

/** Passes 2, 3, ...: donor cell with the antidiffusive velocity of the pass before. */
export function correctivePass(p: Pass, dimensions: i32): void {
  if (p.g == 0) {
    if (dimensions == 1) sweep<Yes, D1, No>(p);
    else if (dimensions == 2) sweep<Yes, D2, No>(p);
    else sweep<Yes, D3, No>(p);
  } else {
    if (dimensions == 1) sweep<Yes, D1, Yes>(p);
    else if (dimensions == 2) sweep<Yes, D2, Yes>(p);
    else sweep<Yes, D3, Yes>(p);
  }
}

/**
 * The greatest outflow of a cell, its Courant number: `max over cells of sum over axes of ([C_{+}]+ - [C_{-}]-) / G`;
 * NaN when one is NaN. Reads c on the faces 0..n.
 */
export function courantNumber(p: Pass, dimensions: i32): f64 {
  let greatest: f64 = 0;
  for (let i = 0; i < p.n0; i++) {
    for (let j = 0; j < p.n1; j++) {
      for (let k = 0; k < p.n2; k++) {
        const at = <usize>i * <usize>p.stride0 + <usize>j * <usize>p.stride1 + (<usize>k << 3);
        let outflow: f64 = 0;
        if (dimensions == 3) outflow += outflowOf(p.c0 + at, <usize>p.stride0);
        if (dimensions >= 2) outflow += outflowOf(p.c1 + at, <usize>p.stride1);
        outflow += outflowOf(p.c2 + at, 8);
        greatest = max(greatest, p.g == 0 ? outflow : outflow / load<f64>(p.g + at));
      }
    }
  }
  return greatest;
}

/** `[C_{+}]+ - [C_{-}]-` of one axis. */
function outflowOf(c: usize, s: usize): f64 {
  return max(load<f64>(c + s), 0) - min(load<f64>(c), 0);
}
