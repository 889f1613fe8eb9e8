/**
 * The antidiffusive velocity of a corrective pass, term by term: each adds to a row of faces that stays in the cache; some of
 * them in one loop.
 * Face f of an axis lies between the cells L = f - 1 and R = f and is stored at the index of R, see pass.ts.
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
import { facesEnd, Pass, storePart } from "./pass";
import { velocities } from "./space";
import { Gauge, No, Plain, Variable, Yes } from "./switches";

/** Terms besides the first and the cross terms, as bits of the member `terms`. */
const withoutCross = 1;
export const thirdOrder = 2;
export const divergentFlow = 4;
const allPasses = 8;

/** psi as it stands in fractions. */
@inline
export function magnitude<T, M>(psi: v128): v128 {
  return sizeof<M>() == 4 ? v128.abs<T>(psi) : psi;
}

@inline
function psiAt<T, M>(ptr: usize): v128 {
  return magnitude<T, M>(v128.load(ptr));
}

@inline
export function fraction<T, M>(differences: v128, sum: v128, terms: f64, eps: v128): v128 {
  if (sizeof<M>() == 2) return v128.mul<T>(differences, v128.splat<T>(<T>(1.0 / terms)));
  return v128.div<T>(differences, v128.add<T>(sum, eps));
}

/** 1 / Gb; g: of R. */
@inline
export function inverseG<T, G>(g: usize, s: usize): v128 {
  if (sizeof<G>() == 1) return v128.splat<T>(1);
  return v128.div<T>(v128.splat<T>(2), v128.add<T>(v128.load(g), v128.load(g - s)));
}

/**
 * The antidiffusive velocity on faces whose Courant numbers are `courant`, with one transverse axis, basic terms.
 * `mean`: of the four transverse faces; `pair`: `psi_R + psi_L`; `up` and `down`: that of the cells one farther along the
 * transverse axis; `inverse` of the mean of G at L and R.
 */
@inline
export function velocity<T, M, G>(
  courant: v128, speed: v128, mean: v128, inverse: v128, difference: v128, pair: v128, up: v128, down: v128, eps: v128,
): v128 {
  const whole = v128.splat<T>(1);
  const a = fraction<T, M>(difference, pair, 2, eps);
  const b = fraction<T, M>(v128.sub<T>(up, down), v128.add<T>(up, down), 4, eps);
  const half = byG<T, G>(v128.mul<T>(courant, v128.splat<T>(-0.5)), inverse);
  return v128.add<T>(
    v128.mul<T>(v128.mul<T>(speed, v128.sub<T>(whole, byG<T, G>(speed, inverse))), a),
    v128.mul<T>(v128.mul<T>(half, mean), b),
  );
}

/**
 * That velocity and the terms of third order; `outer`: the sum of psi beyond R and L; `rising` and `falling`: of the cells
 * one farther along the transverse axis, those on one diagonal and on the other one.
 */
@inline
export function withThird<T, M, G>(
  basic: v128, courant: v128, speed: v128, mean: v128, inverse: v128, pair: v128, outer: v128, rising: v128, falling: v128,
  eps: v128,
): v128 {
  const whole = v128.splat<T>(1);
  const xt = fraction<T, M>(v128.sub<T>(rising, falling), v128.add<T>(rising, falling), 4, eps);
  const xx = fraction<T, M>(v128.sub<T>(outer, pair), v128.add<T>(outer, pair), 4, eps);
  const scaled = byG<T, G>(speed, inverse), twice = v128.add<T>(scaled, scaled);
  // 3 |C| / Gb - 2 (C / Gb)^2 - 1, with the bits of these products.
  const bracket = v128.sub<T>(v128.sub<T>(v128.add<T>(twice, scaled), v128.mul<T>(twice, scaled)), whole);
  const third = v128.mul<T>(v128.mul<T>(courant, bracket), v128.splat<T>(1.0 / 3.0));
  const coefficient = byG<T, G>(v128.mul<T>(speed, v128.sub<T>(whole, twice)), inverse);
  return v128.add<T>(
    v128.add<T>(basic, v128.mul<T>(third, xx)),
    v128.mul<T>(v128.mul<T>(coefficient, mean), xt),
  );
}

/** v over the mean of G at L and R, of which `inverse` is the inverse. */
@inline
export function byG<T, G>(v: v128, inverse: v128): v128 {
  return sizeof<G>() == 2 ? v128.mul<T>(v, inverse) : v;
}

/** Ct4; `ct` is the lower face of R, `t` the stride of the transverse axis. */
@inline
function mean<T>(ct: usize, s: usize, t: usize): v128 {
  const four = v128.add<T>(
    v128.add<T>(v128.load(ct), v128.load(ct + t)),
    v128.add<T>(v128.load(ct - s), v128.load(ct - s + t)),
  );
  return v128.mul<T>(four, v128.splat<T>(0.25));
}

@inline
function sum<T>(v: usize, term: v128): v128 {
  return v128.add<T>(v128.load(v), term);
}

/** `C' = |C| / 2 (1 - |C| / Gb) A,  A = 2 (p_R - p_L) / ...` */
function along<T, M, G>(v: usize, n: usize, r: usize, s: usize, c: usize, g: usize, epsilon: f64): void {
  const eps = v128.splat<T>(<T>epsilon);
  for (let k: usize = 0; ; k += 16) {
    const psiR = psiAt<T, M>(r + k);
    const psiL = psiAt<T, M>(r + k - s);
    const speed = v128.abs<T>(v128.load(c + k));
    const rest = v128.sub<T>(v128.splat<T>(1), v128.mul<T>(speed, inverseG<T, G>(g + k, s)));
    const a = fraction<T, M>(v128.sub<T>(psiR, psiL), v128.add<T>(psiR, psiL), 2, eps);
    const result = v128.mul<T>(v128.mul<T>(speed, rest), a);
    if (k + 16 >= n) return storePart<T>(v + k, result, <i32>(n - k));
    v128.store(v + k, result);
  }
}

/**
 * The sum of the series that infinitely many passes would add (dpdc), in place of the first term r:
 *
 *   C' = r (r v2 + v1),  v1 = 1 / (1 - a),  v2 = - A / 2 v1 / (1 - a^2),  a = min(|A| / 2, 1 - 2^-20)
 *
 * One axis, G = 1. v holds r; A as in `along`.
 */
function series<T>(v: usize, n: usize, r: usize, s: usize, epsilon: f64): void {
  const eps = v128.splat<T>(<T>epsilon), whole = v128.splat<T>(1);
  const most = v128.splat<T>(<T>(1.0 - 1.0 / 1048576.0));
  for (let k: usize = 0; ; k += 16) {
    const psiR = v128.load(r + k);
    const psiL = v128.load(r + k - s);
    const half = v128.div<T>(v128.sub<T>(psiR, psiL), v128.add<T>(v128.add<T>(psiR, psiL), eps));
    const a = v128.pmin<T>(v128.abs<T>(half), most);
    const first = v128.div<T>(whole, v128.sub<T>(whole, a));
    const second = v128.div<T>(v128.mul<T>(half, first), v128.sub<T>(whole, v128.mul<T>(a, a)));
    const velocity = v128.load(v + k);
    const result = v128.mul<T>(velocity, v128.sub<T>(first, v128.mul<T>(velocity, second)));
    if (k + 16 >= n) return storePart<T>(v + k, result, <i32>(n - k));
    v128.store(v + k, result);
  }
}

/** `C' += - C / (2 Gb) Ct4 Bt,  Bt = (p at R + t, L + t - at R - t, L - t) / ...` */
function cross<T, M, G>(
  v: usize, n: usize, r: usize, s: usize, c: usize, g: usize, t: usize, ct: usize, epsilon: f64,
): void {
  const eps = v128.splat<T>(<T>epsilon);
  for (let k: usize = 0; ; k += 16) {
    const up = v128.add<T>(psiAt<T, M>(r + k + t), psiAt<T, M>(r + k - s + t));
    const down = v128.add<T>(psiAt<T, M>(r + k - t), psiAt<T, M>(r + k - s - t));
    const b = fraction<T, M>(v128.sub<T>(up, down), v128.add<T>(up, down), 4, eps);
    const half = v128.mul<T>(v128.mul<T>(v128.load(c + k), v128.splat<T>(-0.5)), inverseG<T, G>(g + k, s));
    const result = sum<T>(v + k, v128.mul<T>(v128.mul<T>(half, mean<T>(ct + k, s, t)), b));
    if (k + 16 >= n) return storePart<T>(v + k, result, <i32>(n - k));
    v128.store(v + k, result);
  }
}

/** `C' += XX (3 C |C| / Gb - 2 C^3 / Gb^2 - C) / 6,  XX = 2 (p_{R+1} - p_R - p_L + p_{L-1}) / ...` */
function thirdAlong<T, M, G>(v: usize, n: usize, r: usize, s: usize, c: usize, g: usize, epsilon: f64): void {
  const eps = v128.splat<T>(<T>epsilon);
  for (let k: usize = 0; ; k += 16) {
    const outer = v128.add<T>(psiAt<T, M>(r + k + s), psiAt<T, M>(r + k - 2 * s));
    const inner = v128.add<T>(psiAt<T, M>(r + k), psiAt<T, M>(r + k - s));
    const xx = fraction<T, M>(v128.sub<T>(outer, inner), v128.add<T>(outer, inner), 4, eps);
    const courant = v128.load(c + k);
    // C (3 |C| / Gb - 2 (C / Gb)^2 - 1) / 3
    const scaled = v128.mul<T>(courant, inverseG<T, G>(g + k, s));
    const bracket = v128.sub<T>(
      v128.sub<T>(
        v128.mul<T>(v128.splat<T>(3), v128.abs<T>(scaled)),
        v128.mul<T>(v128.splat<T>(2), v128.mul<T>(scaled, scaled)),
      ),
      v128.splat<T>(1),
    );
    const result = sum<T>(v + k, v128.mul<T>(v128.mul<T>(v128.mul<T>(courant, bracket), v128.splat<T>(1.0 / 3.0)), xx));
    if (k + 16 >= n) return storePart<T>(v + k, result, <i32>(n - k));
    v128.store(v + k, result);
  }
}

/** `C' += XT (|C| - 2 C^2 / Gb) Ct4 / (2 Gb),  XT = 2 (p_{R+t} - p_{L+t} - p_{R-t} + p_{L-t}) / ...` */
function thirdCross<T, M, G>(
  v: usize, n: usize, r: usize, s: usize, c: usize, g: usize, t: usize, ct: usize, epsilon: f64,
): void {
  const eps = v128.splat<T>(<T>epsilon);
  for (let k: usize = 0; ; k += 16) {
    const rising = v128.add<T>(psiAt<T, M>(r + k + t), psiAt<T, M>(r + k - s - t));
    const falling = v128.add<T>(psiAt<T, M>(r + k - s + t), psiAt<T, M>(r + k - t));
    const xt = fraction<T, M>(v128.sub<T>(rising, falling), v128.add<T>(rising, falling), 4, eps);
    const inverse = inverseG<T, G>(g + k, s);
    const speed = v128.abs<T>(v128.load(c + k));
    // |C| (1 - 2 |C| / Gb) / Gb
    const rest = v128.sub<T>(v128.splat<T>(1), v128.mul<T>(v128.splat<T>(2), v128.mul<T>(speed, inverse)));
    const coefficient = v128.mul<T>(v128.mul<T>(speed, rest), inverse);
    const result = sum<T>(v + k, v128.mul<T>(v128.mul<T>(coefficient, mean<T>(ct + k, s, t)), xt));
    if (k + 16 >= n) return storePart<T>(v + k, result, <i32>(n - k));
    v128.store(v + k, result);
  }
}

/**
 * `C' += - 2 / 3 C Ct4 Cu4 / Gb^2 TU,  TU = (sum over L, R of p_{+t+u} + p_{-t-u} - p_{+t-u} - p_{-t+u}) / ...` with both
 * transverse axes t and u.
 */
function thirdCorner<T, M, G>(
  v: usize, n: usize, r: usize, s: usize, c: usize, g: usize,
  t: usize, ct: usize, u: usize, cu: usize, epsilon: f64,
): void {
  const eps = v128.splat<T>(<T>epsilon);
  for (let k: usize = 0; ; k += 16) {
    const right = r + k;
    const left = right - s;
    const same = v128.add<T>(
      v128.add<T>(psiAt<T, M>(right + t + u), psiAt<T, M>(right - t - u)),
      v128.add<T>(psiAt<T, M>(left + t + u), psiAt<T, M>(left - t - u)),
    );
    const opposite = v128.add<T>(
      v128.add<T>(psiAt<T, M>(right + t - u), psiAt<T, M>(right - t + u)),
      v128.add<T>(psiAt<T, M>(left + t - u), psiAt<T, M>(left - t + u)),
    );
    const tu = fraction<T, M>(v128.sub<T>(same, opposite), v128.add<T>(same, opposite), 8, eps);
    const inverse = inverseG<T, G>(g + k, s);
    const means = v128.mul<T>(v128.mul<T>(mean<T>(ct + k, s, t), inverse), v128.mul<T>(mean<T>(cu + k, s, u), inverse));
    const coefficient = v128.mul<T>(v128.mul<T>(v128.load(c + k), v128.splat<T>(-2.0 / 3.0)), means);
    const result = sum<T>(v + k, v128.mul<T>(coefficient, tu));
    if (k + 16 >= n) return storePart<T>(v + k, result, <i32>(n - k));
    v128.store(v + k, result);
  }
}

/** The divergence along a transverse axis of the faces of L and R, of which `ct` are the lower ones of R. */
@inline
function divergenceAcross<T>(ct: usize, s: usize, t: usize): v128 {
  return v128.sub<T>(
    v128.add<T>(v128.load(ct + t), v128.load(ct - s + t)),
    v128.add<T>(v128.load(ct), v128.load(ct - s)),
  );
}

/**
 * `C' += - C / (4 Gb) D`, in the gauge times `(psi_L + psi_R) / 2`, for each axis. D is the divergence of C over L and R: along the
 * axis `C_{f+1} - C_{f-1}`, of a transverse axis upper less lower faces of L and R.
 */
export function divergence<T, M, G>(
  v: usize, n: usize, r: usize, s: usize, c: usize, g: usize, t: usize, ct: usize, u: usize, cu: usize,
): void {
  for (let k: usize = 0; ; k += 16) {
    let coefficient = v128.mul<T>(v128.mul<T>(v128.load(c + k), v128.splat<T>(-0.25)), inverseG<T, G>(g + k, s));
    if (sizeof<M>() == 2) {
      const psi = v128.add<T>(v128.load(r + k), v128.load(r + k - s));
      coefficient = v128.mul<T>(coefficient, v128.mul<T>(psi, v128.splat<T>(0.5)));
    }
    let result = sum<T>(v + k, v128.mul<T>(coefficient, v128.sub<T>(v128.load(c + k + s), v128.load(c + k - s))));
    if (t) result = v128.add<T>(result, v128.mul<T>(coefficient, divergenceAcross<T>(ct + k, s, t)));
    if (u) result = v128.add<T>(result, v128.mul<T>(coefficient, divergenceAcross<T>(cu + k, s, u)));
    if (k + 16 >= n) return storePart<T>(v + k, result, <i32>(n - k));
    v128.store(v + k, result);
  }
}

/**
 * Basic terms and (X) those of third order with one transverse axis in one loop. The basic ones are stored aside, where nobody
 * reads them, before the others are loaded, see limited.ts.
 */
function planeRow<T, M, G, X>(
  v: usize, n: usize, r: usize, s: usize, c: usize, g: usize, t: usize, ct: usize, aside: usize, epsilon: f64,
): void {
  const eps = v128.splat<T>(<T>epsilon);
  const l = r - s, above = r + t, aboveL = l + t, below = r - t, belowL = l - t, beyondR = r + s, beyondL = l - s;
  for (let k: usize = 0; ; k += 16) {
    const faces = mean<T>(ct + k, s, t);
    const courant = v128.load(c + k), speed = v128.abs<T>(courant), inverse = inverseG<T, G>(g + k, s);
    const psiR = psiAt<T, M>(r + k), psiL = psiAt<T, M>(l + k);
    const upR = psiAt<T, M>(above + k), upL = psiAt<T, M>(aboveL + k);
    const downR = psiAt<T, M>(below + k), downL = psiAt<T, M>(belowL + k);
    const up = v128.add<T>(upR, upL), down = v128.add<T>(downR, downL), pair = v128.add<T>(psiR, psiL);
    let result = velocity<T, M, G>(courant, speed, faces, inverse, v128.sub<T>(psiR, psiL), pair, up, down, eps);
    if (sizeof<X>() == 2) {
      v128.store(aside + k, result);
      const outer = v128.add<T>(psiAt<T, M>(beyondR + k), psiAt<T, M>(beyondL + k));
      const rising = v128.add<T>(upR, downL), falling = v128.add<T>(upL, downR);
      result = withThird<T, M, G>(result, courant, speed, faces, inverse, pair, outer, rising, falling, eps);
    }
    if (k + 16 >= n) return storePart<T>(v + k, result, <i32>(n - k));
    v128.store(v + k, result);
  }
}

/**
 * One row of faces of an axis; transverse axes t and u, 0 where there is none. On three axes terms in two loops, 3.5 kB of code
 * for each type and mode: not for f32 with a mode or G. On two axes one loop.
 */
function row<T, M, G>(
  p: Pass, terms: i32, at: usize, n: usize, v: usize, s: usize, c: usize, t: usize, ct: usize, u: usize, cu: usize,
): void {
  const r = p.psi + at, g = p.g + at, epsilon = p.epsilon;
  v += at;
  c += at;
  ct += at;
  cu += at;
  if ((sizeof<T>() == 8 || (sizeof<M>() == 1 && sizeof<G>() == 1)) && u != 0 && !(terms & withoutCross)) {
    const isThird = (terms & thirdOrder) != 0;
    if (s == sizeof<T>()) {
      if (isThird) velocities<T, M, G, Yes, Yes>(v, n, r, s, c, g, t, ct, u, cu, p.flux, epsilon);
      else velocities<T, M, G, No, Yes>(v, n, r, s, c, g, t, ct, u, cu, p.flux, epsilon);
    } else {
      if (isThird) velocities<T, M, G, Yes, No>(v, n, r, s, c, g, t, ct, u, cu, p.flux, epsilon);
      else velocities<T, M, G, No, No>(v, n, r, s, c, g, t, ct, u, cu, p.flux, epsilon);
    }
  } else if (sizeof<T>() == 8 && sizeof<G>() == 1 && t != 0 && !(terms & withoutCross)) {
    if (terms & thirdOrder) planeRow<T, M, G, Yes>(v, n, r, s, c, g, t, ct, p.flux, epsilon);
    else planeRow<T, M, G, No>(v, n, r, s, c, g, t, ct, p.flux, epsilon);
  } else {
    along<T, M, G>(v, n, r, s, c, g, epsilon);
    if (terms & allPasses) series<T>(v, n, r, s, epsilon);
    if (!(terms & withoutCross)) {
      if (t) cross<T, M, G>(v, n, r, s, c, g, t, ct, epsilon);
      if (u) cross<T, M, G>(v, n, r, s, c, g, u, cu, epsilon);
    }
    if (terms & thirdOrder) {
      thirdAlong<T, M, G>(v, n, r, s, c, g, epsilon);
      if (t) thirdCross<T, M, G>(v, n, r, s, c, g, t, ct, epsilon);
      if (u) thirdCross<T, M, G>(v, n, r, s, c, g, u, cu, epsilon);
      if (u) thirdCorner<T, M, G>(v, n, r, s, c, g, t, ct, u, cu, epsilon);
    }
  }
  if (terms & divergentFlow) divergence<T, M, G>(v, n, r, s, c, g, t, ct, u, cu);
}

function allAxes<T, M, G>(p: Pass, first: i32, end: i32): void {
  if (first >= end) return;
  const size = sizeof<T>();
  const dimensions = p.dimensions, terms = p.terms;
  const low1 = p.low1(first), low2 = p.low2(first), high0 = p.high0(end), high1 = p.high1(end), high2 = p.high2(end);
  const end0 = facesEnd(high0, p.n0), end1 = facesEnd(high1, p.n1);
  const n2 = <usize>(high2 - low2) * size, faces2 = <usize>(facesEnd(high2, p.n2) - low2) * size;
  const s0 = <usize>p.stride0, s1 = <usize>p.stride1;
  for (let i = p.low0(first); i < end0; i++) {
    for (let j = low1; j < end1; j++) {
      const at = <usize>i * s0 + <usize>j * s1 + <usize>low2 * size;
      if (dimensions == 1) {
        if (i < high0 && j < high1) row<T, M, G>(p, terms, at, faces2, p.v2, size, p.c2, 0, 0, 0, 0);
      } else if (dimensions == 2) {
        if (i < high0) row<T, M, G>(p, terms, at, n2, p.v1, s1, p.c1, size, p.c2, 0, 0);
        if (i < high0 && j < high1) row<T, M, G>(p, terms, at, faces2, p.v2, size, p.c2, s1, p.c1, 0, 0);
      } else {
        if (j < high1) row<T, M, G>(p, terms, at, n2, p.v0, s0, p.c0, s1, p.c1, size, p.c2);
        if (i < high0) row<T, M, G>(p, terms, at, n2, p.v1, s1, p.c1, s0, p.c0, size, p.c2);
        if (i < high0 && j < high1) row<T, M, G>(p, terms, at, faces2, p.v2, size, p.c2, s0, p.c0, s1, p.c1);
      }
    }
  }
}

/**
 * Writes the antidiffusive velocity, from psi and the velocity c of the pass before, to v: on the lower faces of the
 * cells of the range, and on the faces n where the block ends. p.terms: bits of `withoutCross`, `thirdOrder`,
 * `divergentFlow`, `allPasses`.
 *
 * Reads: psi, c and G with a halo of 1; psi and c with a halo of 2 for third order and divergent flow.
 */
export function antidiffusiveVelocity(p: Pass, first: i32, end: i32): void {
  if (p.single) allModes<f32>(p, first, end);
  else allModes<f64>(p, first, end);
}

function allModes<T>(p: Pass, first: i32, end: i32): void {
  const mode = p.mode;
  if (p.g == 0) {
    if (mode == 0) allAxes<T, Plain, No>(p, first, end);
    else if (mode == 1) allAxes<T, Gauge, No>(p, first, end);
    else allAxes<T, Variable, No>(p, first, end);
  } else {
    if (mode == 0) allAxes<T, Plain, Yes>(p, first, end);
    else if (mode == 1) allAxes<T, Gauge, Yes>(p, first, end);
    else allAxes<T, Variable, Yes>(p, first, end);
  }
}
