/**
 * MPDATA: one pass over a range of a block, fluxes and update in one sweep; corrective passes on several axes in a flow that
 * differs from face to face: see corrective.ts. Layout, ranges and vectors: see pass.ts.
 */
import { correct } from "./corrective";
import { donorRow } from "./donor";
import { facesEnd, highest, Pass, shifted, storePart } from "./pass";
import { D1, D2, D3, No, Yes } from "./switches";

// Further switches: what the velocity of a pass is.
type Donor = u8;
type Corrective = u16;
type Flux = u32;

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
  const fourZ = v128.add<T>(v128.add<T>(above, below), eps);
  const bz = v128.mul<T>(v128.mul<T>(across, faces<T, U>(cz, s, z, uz)), v128.sub<T>(above, below));
  return v128.sub<T>(first, v128.div<T>(bz, fourZ));
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

/** Flux of the velocity v between L and R: upwind, `F = [v]+ psi_L + [v]- psi_R`, or (K is Flux) v itself. */
@inline
function flux<T, K>(v: v128, r: usize, s: usize): v128 {
  if (sizeof<K>() == 4) return v;
  const zero = v128.splat<T>(0);
  return v128.add<T>(
    v128.mul<T>(v128.pmax<T>(v, zero), v128.load(r - s)),
    v128.mul<T>(v128.pmin<T>(v, zero), v128.load(r)),
  );
}

/**
 * One pass over a range, fluxes and update in one sweep:
 *
 *   out = psi - ((F0_{+} - F0_{-}) + (F1_{+} - F1_{-}) + (F2_{+} - F2_{-})) / G
 *
 * with the terms of axes 0, 1, 2 in this order and those of missing axes left out. The upper fluxes of a pair of cells
 * are computed, the lower ones remembered: of axis 2 in a register, of axis 1 in a row, of axis 0 in a plane of rows.
 *
 * Reads: psi with a halo of 1, c on the faces of the cells, with a halo of 1 in a corrective pass, G with a halo of 1.
 * Writes: out in the cells; where S says so, v on their lower faces and on the faces n; the room for fluxes.
 */
function sweep<T, K, U, D, G, S>(p: Pass, first: i32, end: i32): void {
  if (first >= end) return;
  // Locals: a store might change a member of p, so that it would be loaded again for every cell.
  const n0 = p.n0, n1 = p.n1, n2 = p.n2;
  const low0 = p.low0(first), high0 = p.high0(end), low1 = p.low1(first), high1 = p.high1(end);
  const s0 = <usize>p.stride0, s1 = <usize>p.stride1;
  const psi = p.psi, out = p.out, g = p.g, c0 = p.c0, c1 = p.c1, c2 = p.c2, v0 = p.v0, v1 = p.v1, v2 = p.v2;
  const eps = v128.splat<T>(<T>p.epsilon);
  const u0 = v128.splat<T>(<T>p.uniform0), u1 = v128.splat<T>(<T>p.uniform1), u2 = v128.splat<T>(<T>p.uniform2);
  const size = sizeof<T>();
  const k0 = <usize>p.low2(first) * size;
  const rowBytes = <usize>p.high2(end) * size - k0;
  const faceBytes = <usize>facesEnd(p.high2(end), n2) * size - k0;
  // Of the last vector of a row, from the start of the row.
  const lastBytes = (rowBytes - 1) & ~15;
  const rowRoom = <usize>(n2 + 4) * size;
  const lower1 = p.flux;
  const lower0 = lower1 + rowRoom;
  // For the velocity on upper faces that belong to the next range.
  const unused = sizeof<D>() == 4 ? lower0 + <usize>n1 * rowRoom : lower0;

  if (sizeof<D>() == 4) {
    for (let j = low1; j < high1; j++) {
      const start = <usize>low0 * s0 + <usize>j * s1 + k0;
      const row0 = lower0 + <usize>j * rowRoom - start;
      for (let at = start; at < start + rowBytes; at += 16) {
        const velocity0 = velocity<T, K, U, D, G>(
          psi + at, s0, c0 + at, s1, c1 + at, size, c2 + at, g + at, u0, u1, u2, eps,
        );
        v128.store(row0 + at, flux<T, K>(velocity0, psi + at, s0));
        if (sizeof<S>() == 2) storePart<T>(v0 + at, velocity0, <i32>(start + rowBytes - at));
      }
    }
  }
  for (let i = low0; i < high0; i++) {
    const upperV0 = i + 1 < high0 || high0 == n0;
    if (sizeof<D>() >= 2) {
      const start = <usize>i * s0 + <usize>low1 * s1 + k0;
      const row1 = lower1 - start;
      for (let at = start; at < start + rowBytes; at += 16) {
        const velocity1 = velocity<T, K, U, D, G>(
          psi + at, s1, c1 + at, size, c2 + at, s0, c0 + at, g + at, u1, u2, u0, eps,
        );
        v128.store(row1 + at, flux<T, K>(velocity1, psi + at, s1));
        if (sizeof<S>() == 2) storePart<T>(v1 + at, velocity1, <i32>(start + rowBytes - at));
      }
    }
    if (sizeof<K>() == 1 && sizeof<D>() == 2) {
      let at = <usize>i * s0 + <usize>low1 * s1 + k0;
      for (let j = low1; j < high1; j++, at += s1) {
        donorRow<T, U, G>(
          out + at, rowBytes, psi + at, psi + at + s1, c2 + at, c1 + at + s1, lower1, g + at, p.uniform1, p.uniform2,
        );
      }
      continue;
    }
    for (let j = low1; j < high1; j++) {
      const start = <usize>i * s0 + <usize>j * s1 + k0;
      const row0 = lower0 + <usize>j * rowRoom - start;
      const row1 = lower1 - start;
      const last = start + lastBytes;
      const kept0 = upperV0 ? v0 + s0 : unused - start;
      const kept1 = j + 1 < high1 || high1 == n1 ? v1 + s1 : unused - start;
      // Face 0 into the upper lane, as if it came from a pair before the first.
      const velocityFirst = velocity<T, K, U, D, G>(
        psi + start, size, c2 + start, s1, c1 + start, s0, c0 + start, g + start, u2, u1, u0, eps,
      );
      let before = highest<T>(flux<T, K>(velocityFirst, psi + start, size));
      if (sizeof<S>() == 2) storePart<T>(v2 + start, velocityFirst, <i32>faceBytes);
      for (let at = start; ; at += 16) {
        const right = at + size;
        const velocity2 = velocity<T, K, U, D, G>(
          psi + right, size, c2 + right, s1, c1 + right, s0, c0 + right, g + right, u2, u1, u0, eps,
        );
        let velocity1 = velocity2;
        let velocity0 = velocity2;
        const upper2 = flux<T, K>(velocity2, psi + right, size);
        let change = v128.sub<T>(upper2, shifted<T>(before, upper2));
        before = upper2;
        if (sizeof<D>() >= 2) {
          const next = at + s1;
          velocity1 = velocity<T, K, U, D, G>(
            psi + next, s1, c1 + next, size, c2 + next, s0, c0 + next, g + next, u1, u2, u0, eps,
          );
          const upper1 = flux<T, K>(velocity1, psi + next, s1);
          let earlier = v128.sub<T>(upper1, v128.load(row1 + at));
          v128.store(row1 + at, upper1);
          if (sizeof<D>() == 4) {
            const over = at + s0;
            velocity0 = velocity<T, K, U, D, G>(
              psi + over, s0, c0 + over, s1, c1 + over, size, c2 + over, g + over, u0, u1, u2, eps,
            );
            const upper0 = flux<T, K>(velocity0, psi + over, s0);
            earlier = v128.add<T>(v128.sub<T>(upper0, v128.load(row0 + at)), earlier);
            v128.store(row0 + at, upper0);
          }
          change = v128.add<T>(earlier, change);
        }
        if (sizeof<G>() == 2) change = v128.div<T>(change, v128.load(g + at));
        const result = v128.sub<T>(v128.load(psi + at), change);
        if (at == last) {
          const rest = <i32>(rowBytes - lastBytes);
          storePart<T>(out + at, result, rest);
          if (sizeof<S>() == 2) {
            storePart<T>(v2 + right, velocity2, <i32>(faceBytes - lastBytes - size));
            if (sizeof<D>() >= 2) storePart<T>(kept1 + at, velocity1, rest);
            if (sizeof<D>() == 4) storePart<T>(kept0 + at, velocity0, rest);
          }
          break;
        }
        v128.store(out + at, result);
        if (sizeof<S>() == 2) {
          v128.store(v2 + right, velocity2);
          if (sizeof<D>() >= 2) v128.store(kept1 + at, velocity1);
          if (sizeof<D>() == 4) v128.store(kept0 + at, velocity0);
        }
      }
    }
  }
}

function sweepAxes<K, U, G, S>(p: Pass, first: i32, end: i32): void {
  if (p.single) sweepBy<f32, K, U, G, S>(p, first, end);
  else sweepBy<f64, K, U, G, S>(p, first, end);
}

function sweepBy<T, K, U, G, S>(p: Pass, first: i32, end: i32): void {
  if (p.dimensions == 1) sweep<T, K, U, D1, G, S>(p, first, end);
  else if (p.dimensions == 2) sweep<T, K, U, D2, G, S>(p, first, end);
  else sweep<T, K, U, D3, G, S>(p, first, end);
}

/** A corrective pass with a flow that differs from face to face. */
function correctBy<T, G, S>(p: Pass, first: i32, end: i32): void {
  if (p.dimensions == 1) sweep<T, Corrective, No, D1, G, S>(p, first, end);
  else if (p.dimensions == 2) correct<T, D2, G, S>(p, first, end);
  else correct<T, D3, G, S>(p, first, end);
}

function correctAxes<G, S>(p: Pass, first: i32, end: i32): void {
  if (p.single) correctBy<f32, G, S>(p, first, end);
  else correctBy<f64, G, S>(p, first, end);
}

/** Donor cell with the velocity c: pass 1 with the Courant field, later passes with what `antidiffusiveVelocity` made. */
export function donorPass(p: Pass, first: i32, end: i32): void {
  if (p.uniform) sweepAxes<Donor, Yes, No, No>(p, first, end);
  else if (p.g == 0) sweepAxes<Donor, No, No, No>(p, first, end);
  else sweepAxes<Donor, No, Yes, No>(p, first, end);
}

/** A later pass of the infinite gauge: the velocity c is the flux. */
export function fluxPass(p: Pass, first: i32, end: i32): void {
  if (p.g == 0) sweepAxes<Flux, No, No, No>(p, first, end);
  else sweepAxes<Flux, No, Yes, No>(p, first, end);
}

/** Passes 2, 3, ...: donor cell with the antidiffusive velocity, from the velocity c of the pass before; v where not 0. */
export function correctivePass(p: Pass, first: i32, end: i32): void {
  if (p.v2 == 0) {
    if (p.uniform) sweepAxes<Corrective, Yes, No, No>(p, first, end);
    else if (p.g == 0) correctAxes<No, No>(p, first, end);
    else correctAxes<Yes, No>(p, first, end);
  } else {
    if (p.uniform) sweepAxes<Corrective, Yes, No, Yes>(p, first, end);
    else if (p.g == 0) correctAxes<No, Yes>(p, first, end);
    else correctAxes<Yes, Yes>(p, first, end);
  }
}
