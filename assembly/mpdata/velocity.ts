/**
 * The antidiffusive velocity of a corrective pass, term by term: each adds to a row of faces that stays in the cache.
 * Face f of an axis lies between the cells L = f - 1 and R = f and is stored at the index of R, see sweep.ts.
 *
 * Every term is a coefficient times a fraction of psi. What a fraction is depends on the mode:
 *
 *   plain      sum of differences / (sum of psi + eps)
 *   gauge      sum of differences / number of terms             infinite gauge
 *   variable   as plain, of |psi|                               variable sign
 *
 * Below `Ct4` is the mean of the four faces of a transverse axis t that touch L and R, `Gb` the mean of G at L and R.
 * Sources: Smolarkiewicz 1984; Smolarkiewicz and Margolin 1998; third order: Waruszewski et al. 2018.
 */
import { Pass } from "./sweep";

type Plain = u8;
type Gauge = u16;
type Variable = u32;
type No = u8;
type Yes = u16;

/** Terms besides the first and the cross terms, as bits of the argument `terms`. */
const withoutCross = 1;
const thirdOrder = 2;
const divergentFlow = 4;

@inline
function psiAt<M>(ptr: usize): v128 {
  const psi = v128.load(ptr);
  return sizeof<M>() == 4 ? f64x2.abs(psi) : psi;
}

@inline
function fraction<M>(differences: v128, sum: v128, terms: f64, eps: v128): v128 {
  if (sizeof<M>() == 2) return f64x2.mul(differences, f64x2.splat(1.0 / terms));
  return f64x2.div(differences, f64x2.add(sum, eps));
}

/** 1 / Gb */
@inline
function inverseG<G>(g: usize, s: usize): v128 {
  if (sizeof<G>() == 1) return f64x2.splat(1);
  return f64x2.div(f64x2.splat(2), f64x2.add(v128.load(g), v128.load(g - s)));
}

/** Ct4; `ct` is the lower face of R, `t` the stride of the transverse axis. */
@inline
function mean(ct: usize, s: usize, t: usize): v128 {
  const sum = f64x2.add(
    f64x2.add(v128.load(ct), v128.load(ct + t)),
    f64x2.add(v128.load(ct - s), v128.load(ct - s + t)),
  );
  return f64x2.mul(sum, f64x2.splat(0.25));
}

@inline
function addTo(v: usize, term: v128): void {
  v128.store(v, f64x2.add(v128.load(v), term));
}

/** `C' = |C| / 2 (1 - |C| / Gb) A,  A = 2 (p_R - p_L) / ...` */
function along<M, G>(v: usize, n: usize, r: usize, s: usize, c: usize, g: usize, epsilon: f64): void {
  const eps = f64x2.splat(epsilon);
  for (let k: usize = 0; k < n; k += 16) {
    const psiR = psiAt<M>(r + k);
    const psiL = psiAt<M>(r + k - s);
    const speed = f64x2.abs(v128.load(c + k));
    const rest = f64x2.sub(f64x2.splat(1), f64x2.mul(speed, inverseG<G>(g + k, s)));
    const a = fraction<M>(f64x2.sub(psiR, psiL), f64x2.add(psiR, psiL), 2, eps);
    v128.store(v + k, f64x2.mul(f64x2.mul(speed, rest), a));
  }
}

/** `C' += - C / (2 Gb) Ct4 Bt,  Bt = (p at R + t, L + t - at R - t, L - t) / ...` */
function cross<M, G>(
  v: usize, n: usize, r: usize, s: usize, c: usize, g: usize, t: usize, ct: usize, epsilon: f64,
): void {
  const eps = f64x2.splat(epsilon);
  for (let k: usize = 0; k < n; k += 16) {
    const up = f64x2.add(psiAt<M>(r + k + t), psiAt<M>(r + k - s + t));
    const down = f64x2.add(psiAt<M>(r + k - t), psiAt<M>(r + k - s - t));
    const b = fraction<M>(f64x2.sub(up, down), f64x2.add(up, down), 4, eps);
    const half = f64x2.mul(f64x2.mul(v128.load(c + k), f64x2.splat(-0.5)), inverseG<G>(g + k, s));
    addTo(v + k, f64x2.mul(f64x2.mul(half, mean(ct + k, s, t)), b));
  }
}

/** `C' += XX (3 C |C| / Gb - 2 C^3 / Gb^2 - C) / 6,  XX = 2 (p_{R+1} - p_R - p_L + p_{L-1}) / ...` */
function thirdAlong<M, G>(v: usize, n: usize, r: usize, s: usize, c: usize, g: usize, epsilon: f64): void {
  const eps = f64x2.splat(epsilon);
  for (let k: usize = 0; k < n; k += 16) {
    const outer = f64x2.add(psiAt<M>(r + k + s), psiAt<M>(r + k - 2 * s));
    const inner = f64x2.add(psiAt<M>(r + k), psiAt<M>(r + k - s));
    const xx = fraction<M>(f64x2.sub(outer, inner), f64x2.add(outer, inner), 4, eps);
    const courant = v128.load(c + k);
    // C (3 |C| / Gb - 2 (C / Gb)^2 - 1) / 3
    const scaled = f64x2.mul(courant, inverseG<G>(g + k, s));
    const bracket = f64x2.sub(
      f64x2.sub(
        f64x2.mul(f64x2.splat(3), f64x2.abs(scaled)),
        f64x2.mul(f64x2.splat(2), f64x2.mul(scaled, scaled)),
      ),
      f64x2.splat(1),
    );
    addTo(v + k, f64x2.mul(f64x2.mul(f64x2.mul(courant, bracket), f64x2.splat(1.0 / 3.0)), xx));
  }
}

/** `C' += XT (|C| - 2 C^2 / Gb) Ct4 / (2 Gb),  XT = 2 (p_{R+t} - p_{L+t} - p_{R-t} + p_{L-t}) / ...` */
function thirdCross<M, G>(
  v: usize, n: usize, r: usize, s: usize, c: usize, g: usize, t: usize, ct: usize, epsilon: f64,
): void {
  const eps = f64x2.splat(epsilon);
  for (let k: usize = 0; k < n; k += 16) {
    const rising = f64x2.add(psiAt<M>(r + k + t), psiAt<M>(r + k - s - t));
    const falling = f64x2.add(psiAt<M>(r + k - s + t), psiAt<M>(r + k - t));
    const xt = fraction<M>(f64x2.sub(rising, falling), f64x2.add(rising, falling), 4, eps);
    const inverse = inverseG<G>(g + k, s);
    const speed = f64x2.abs(v128.load(c + k));
    // |C| (1 - 2 |C| / Gb) / Gb
    const rest = f64x2.sub(f64x2.splat(1), f64x2.mul(f64x2.splat(2), f64x2.mul(speed, inverse)));
    const coefficient = f64x2.mul(f64x2.mul(speed, rest), inverse);
    addTo(v + k, f64x2.mul(f64x2.mul(coefficient, mean(ct + k, s, t)), xt));
  }
}

/**
 * `C' += - 2 / 3 C Ct4 Cu4 / Gb^2 TU,  TU = (sum over L, R of p_{+t+u} + p_{-t-u} - p_{+t-u} - p_{-t+u}) / ...` with both
 * transverse axes t and u.
 */
function thirdCorner<M, G>(
  v: usize, n: usize, r: usize, s: usize, c: usize, g: usize,
  t: usize, ct: usize, u: usize, cu: usize, epsilon: f64,
): void {
  const eps = f64x2.splat(epsilon);
  for (let k: usize = 0; k < n; k += 16) {
    const right = r + k;
    const left = right - s;
    const same = f64x2.add(
      f64x2.add(psiAt<M>(right + t + u), psiAt<M>(right - t - u)),
      f64x2.add(psiAt<M>(left + t + u), psiAt<M>(left - t - u)),
    );
    const opposite = f64x2.add(
      f64x2.add(psiAt<M>(right + t - u), psiAt<M>(right - t + u)),
      f64x2.add(psiAt<M>(left + t - u), psiAt<M>(left - t + u)),
    );
    const tu = fraction<M>(f64x2.sub(same, opposite), f64x2.add(same, opposite), 8, eps);
    const inverse = inverseG<G>(g + k, s);
    const means = f64x2.mul(f64x2.mul(mean(ct + k, s, t), inverse), f64x2.mul(mean(cu + k, s, u), inverse));
    const coefficient = f64x2.mul(f64x2.mul(v128.load(c + k), f64x2.splat(-2.0 / 3.0)), means);
    addTo(v + k, f64x2.mul(coefficient, tu));
  }
}

/**
 * `C' += - C / (4 Gb) D`, in the gauge times `(psi_L + psi_R) / 2`. D is the divergence of C over L and R: along the
 * axis `C_{f+1} - C_{f-1}`, of a transverse axis upper less lower faces of L and R.
 */
function divergence<M, G>(
  v: usize, n: usize, r: usize, s: usize, c: usize, g: usize, t: usize, ct: usize,
): void {
  for (let k: usize = 0; k < n; k += 16) {
    const difference = t == 0
      ? f64x2.sub(v128.load(c + k + s), v128.load(c + k - s))
      : f64x2.sub(
          f64x2.add(v128.load(ct + k + t), v128.load(ct + k - s + t)),
          f64x2.add(v128.load(ct + k), v128.load(ct + k - s)),
        );
    let coefficient = f64x2.mul(f64x2.mul(v128.load(c + k), f64x2.splat(-0.25)), inverseG<G>(g + k, s));
    if (sizeof<M>() == 2) {
      const psi = f64x2.add(v128.load(r + k), v128.load(r + k - s));
      coefficient = f64x2.mul(coefficient, f64x2.mul(psi, f64x2.splat(0.5)));
    }
    addTo(v + k, f64x2.mul(coefficient, difference));
  }
}

/** One row of faces of an axis; transverse axes t and u, 0 where there is none. */
function row<M, G>(
  p: Pass, terms: i32, at: usize, n: usize, v: usize, s: usize, c: usize, t: usize, ct: usize, u: usize, cu: usize,
): void {
  const r = p.psi + at, g = p.g + at, epsilon = p.epsilon;
  v += at;
  c += at;
  ct += at;
  cu += at;
  along<M, G>(v, n, r, s, c, g, epsilon);
  if (!(terms & withoutCross)) {
    if (t) cross<M, G>(v, n, r, s, c, g, t, ct, epsilon);
    if (u) cross<M, G>(v, n, r, s, c, g, u, cu, epsilon);
  }
  if (terms & thirdOrder) {
    thirdAlong<M, G>(v, n, r, s, c, g, epsilon);
    if (t) thirdCross<M, G>(v, n, r, s, c, g, t, ct, epsilon);
    if (u) thirdCross<M, G>(v, n, r, s, c, g, u, cu, epsilon);
    if (u) thirdCorner<M, G>(v, n, r, s, c, g, t, ct, u, cu, epsilon);
  }
  if (terms & divergentFlow) {
    divergence<M, G>(v, n, r, s, c, g, 0, 0);
    if (t) divergence<M, G>(v, n, r, s, c, g, t, ct);
    if (u) divergence<M, G>(v, n, r, s, c, g, u, cu);
  }
}

function allAxes<M, G>(p: Pass, dimensions: i32, terms: i32): void {
  const n0 = p.n0, n1 = p.n1;
  const n2 = <usize>p.n2 << 3;
  const s0 = <usize>p.stride0, s1 = <usize>p.stride1;
  for (let i = 0; i <= n0; i++) {
    for (let j = 0; j <= n1; j++) {
      const at = <usize>i * s0 + <usize>j * s1;
      if (dimensions == 1) {
        if (i < n0 && j < n1) row<M, G>(p, terms, at, n2 + 8, p.v2, 8, p.c2, 0, 0, 0, 0);
      } else if (dimensions == 2) {
        if (i < n0) row<M, G>(p, terms, at, n2, p.v1, s1, p.c1, 8, p.c2, 0, 0);
        if (i < n0 && j < n1) row<M, G>(p, terms, at, n2 + 8, p.v2, 8, p.c2, s1, p.c1, 0, 0);
      } else {
        if (j < n1) row<M, G>(p, terms, at, n2, p.v0, s0, p.c0, s1, p.c1, 8, p.c2);
        if (i < n0) row<M, G>(p, terms, at, n2, p.v1, s1, p.c1, s0, p.c0, 8, p.c2);
        if (i < n0 && j < n1) row<M, G>(p, terms, at, n2 + 8, p.v2, 8, p.c2, s0, p.c0, s1, p.c1);
      }
    }
  }
}

/**
 * Writes the antidiffusive velocity, from psi and the velocity c of the pass before, to v on the faces 0..n of every
 * axis. `terms`: bits of `withoutCross`, `thirdOrder`, `divergentFlow`; `mode`: 0 plain, 1 gauge, 2 variable sign.
 *
 * Reads: psi and c with a halo of 1, of 2 for third order and divergent flow.
 */
export function antidiffusiveVelocity(p: Pass, dimensions: i32, terms: i32, mode: i32): void {
  if (p.g == 0) {
    if (mode == 0) allAxes<Plain, No>(p, dimensions, terms);
    else if (mode == 1) allAxes<Gauge, No>(p, dimensions, terms);
    else allAxes<Variable, No>(p, dimensions, terms);
  } else {
    if (mode == 0) allAxes<Plain, Yes>(p, dimensions, terms);
    else if (mode == 1) allAxes<Gauge, Yes>(p, dimensions, terms);
    else allAxes<Variable, Yes>(p, dimensions, terms);
  }
}
