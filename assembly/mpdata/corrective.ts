/**
 * A corrective pass of the basic scheme on two or three axes with a flow that differs from face to face: fluxes and update,
 * row by row. Each loop takes the faces of one axis along a row, so that it has few addresses and keeps what neighbours
 * share in registers; rows of fluxes stay in the cache. Two vectors a turn are no faster on 2 axes, 2 % on 3, for 33 kB of code. On 3
 * axes a loop for each of the two divisions between rows: 117 instructions in place of 105, 3 % slower.
 * Layout, ranges and vectors: see pass.ts.
 */
import { facesEnd, following, highest, Pass, shifted, storePart, stripBytes } from "./pass";
import { No, Yes } from "./switches";
import { inverseG } from "./velocity";

/**
 * The antidiffusive velocity on a vector of faces between the cells L and R, see sweep.ts, with the terms of one transverse
 * axis: `pair` is `psi_R + psi_L`, `up` and `down` the same sum beyond the face along that axis, `faces` the sum of its four
 * faces that touch L and R. `inverse` of the mean of G at L and R; `across`, see below.
 */
@inline
function velocity<T, G>(
  courant: v128, inverse: v128, across: v128, difference: v128, pair: v128, up: v128, down: v128, faces: v128, eps: v128,
): v128 {
  const speed = v128.abs<T>(courant);
  const share = sizeof<G>() == 2 ? v128.mul<T>(speed, inverse) : speed;
  const a = v128.mul<T>(v128.mul<T>(speed, v128.sub<T>(v128.splat<T>(1), share)), difference);
  const sum = v128.add<T>(pair, eps);
  // One division for both fractions: a / sum - b / four = (a four - b sum) / (sum four).
  const four = v128.add<T>(v128.add<T>(up, down), eps);
  const b = v128.mul<T>(v128.mul<T>(across, faces), v128.sub<T>(up, down));
  return v128.div<T>(v128.sub<T>(v128.mul<T>(a, four), v128.mul<T>(b, sum)), v128.mul<T>(sum, four));
}

/** The velocity of the one transverse axis, and the terms of another one. */
@inline
function withSecond<T>(first: v128, across: v128, up: v128, down: v128, faces: v128, eps: v128): v128 {
  const four = v128.add<T>(v128.add<T>(up, down), eps);
  const b = v128.mul<T>(v128.mul<T>(across, faces), v128.sub<T>(up, down));
  return v128.sub<T>(first, v128.div<T>(b, four));
}

/** `C / (2 Gb)`, times the 1/4 of the means of faces. */
@inline
function acrossOf<T, G>(courant: v128, inverse: v128): v128 {
  const across = v128.mul<T>(courant, v128.splat<T>(0.125));
  return sizeof<G>() == 2 ? v128.mul<T>(across, inverse) : across;
}

/** `(C at a + C at a + far) + (C at b + C at b + far)` */
@inline
function fourFaces<T>(a: usize, b: usize, far: usize): v128 {
  return v128.add<T>(
    v128.add<T>(v128.load(a), v128.load(a + far)),
    v128.add<T>(v128.load(b), v128.load(b + far)),
  );
}

/** Flux of the velocity v between L and R: `[v]+ psi_L + [v]- psi_R` */
@inline
function upwind<T>(v: v128, left: v128, right: v128): v128 {
  const zero = v128.splat<T>(0);
  return v128.add<T>(v128.mul<T>(v128.pmax<T>(v, zero), left), v128.mul<T>(v128.pmin<T>(v, zero), right));
}

/**
 * Fluxes through n bytes of the faces between two rows: puts them in the place of those in `f`, the lower faces of the
 * cells of L, and to `change` what that adds to the change of these cells. The rows are neighbours along axis 1, or (A is
 * No) along axis 0, and then `change` holds that of axis 1.
 *
 * r: psi at R; s: from L to R; c: C on the faces; c2: on the faces of R within its row; t: stride of the third axis, ct: C on its
 * lower faces of R. v: where the velocity is kept if S says so.
 *
 * On 3 axes the terms of the first transverse axis are stored aside, where nobody reads them, before those of the second one are
 * loaded: the engine loads what a turn needs before it computes, as far as no store is in between, and has 16 registers. A
 * step of 3 passes takes 27.6 ns a cell at 64^3 in place of 30.4.
 */
function between<T, D, G, S, A>(
  f: usize, change: usize, v: usize, n: usize, r: usize, s: usize, c: usize, c2: usize, t: usize, ct: usize, g: usize,
  aside: usize, epsilon: f64,
): void {
  const size = sizeof<T>();
  const eps = v128.splat<T>(<T>epsilon);
  const l = r - s, c2l = c2 - s, ctl = ct - s, back = <usize>0 - t;
  let psiR = v128.load(r), psiL = v128.load(l);
  let before = v128.add<T>(v128.load(r - 16), v128.load(l - 16));
  let now = v128.add<T>(psiR, psiL);
  for (let k: usize = 0; ; k += 16) {
    const atR = r + k, atL = l + k;
    const difference = v128.sub<T>(psiR, psiL);
    const courant = v128.load(c + k), inverse = inverseG<T, G>(g + k, s), across = acrossOf<T, G>(courant, inverse);
    let result = courant;
    if (sizeof<D>() == 4 && sizeof<A>() == 1) {
      const over = v128.add<T>(v128.load(atR + t), v128.load(atL + t));
      const under = v128.add<T>(v128.load(atR + back), v128.load(atL + back));
      const facesT = fourFaces<T>(ct + k, ctl + k, t);
      result = velocity<T, G>(courant, inverse, across, difference, now, over, under, facesT, eps);
      v128.store(aside + k, result);
    }
    const nextR = v128.load(atR, 16), nextL = v128.load(atL, 16);
    const next = v128.add<T>(nextR, nextL);
    const high = following<T>(now, next), low = shifted<T>(before, now);
    const faces2 = fourFaces<T>(c2 + k, c2l + k, size);
    if (sizeof<D>() == 4 && sizeof<A>() == 1) {
      result = withSecond<T>(result, across, high, low, faces2, eps);
    } else {
      result = velocity<T, G>(courant, inverse, across, difference, now, high, low, faces2, eps);
      if (sizeof<D>() == 4) {
        v128.store(aside + k, result);
        const over = v128.add<T>(v128.load(atR + t), v128.load(atL + t));
        const under = v128.add<T>(v128.load(atR + back), v128.load(atL + back));
        result = withSecond<T>(result, across, over, under, fourFaces<T>(ct + k, ctl + k, t), eps);
      }
    }
    const flux = upwind<T>(result, psiL, psiR);
    let total = v128.sub<T>(flux, v128.load(f + k));
    if (sizeof<A>() == 1) total = v128.add<T>(total, v128.load(change + k));
    v128.store(f + k, flux);
    v128.store(change + k, total);
    if (k + 16 >= n) {
      if (sizeof<S>() == 2) storePart<T>(v + k, result, <i32>(n - k));
      return;
    }
    if (sizeof<S>() == 2) v128.store(v + k, result);
    psiR = nextR;
    psiL = nextL;
    before = now;
    now = next;
  }
}

/** The velocity on the faces within a row between the cells `at` and those one after them; see `update`. */
@inline
function velocityWithin<T, G>(
  at: usize, t: usize, courant: v128, inverse: v128, across: v128, facesT: v128, psiL: v128, psiR: v128, eps: v128,
): v128 {
  const up = sumOfPair<T>(at + t), down = sumOfPair<T>(at - t);
  const difference = v128.sub<T>(psiR, psiL), pair = v128.add<T>(psiR, psiL);
  return velocity<T, G>(courant, inverse, across, difference, pair, up, down, facesT, eps);
}

/** The cells after those at `at`, and these. */
@inline
function sumOfPair<T>(at: usize): v128 {
  return v128.add<T>(v128.load(at, sizeof<T>()), v128.load(at));
}

/**
 * Updates n bytes of a row of cells, from the fluxes within it and the `change` that those of the other axes make.
 *
 * psi, c, g: of the row; t: stride of axis 1, ct: C on its lower faces; u, cu: of axis 0. v: where the velocity of the faces
 * is kept if S says so, `faces` bytes of them. aside: as in `between`.
 */
function update<T, D, G, S>(
  out: usize, v: usize, n: usize, faces: usize, psi: usize, c: usize, t: usize, ct: usize, u: usize, cu: usize, g: usize,
  change: usize, aside: usize, epsilon: f64,
): void {
  const size = sizeof<T>();
  const eps = v128.splat<T>(<T>epsilon);
  const ctNext = ct + t, cuNext = cu + u;
  const cRight = c + size, gRight = g + size, vRight = v + size;
  // Sums of the faces of both rows, those that end with face 0.
  let wideT = v128.add<T>(v128.load(ct - 16, size), v128.load(ctNext - 16, size)), wideU = wideT;
  if (sizeof<D>() == 4) wideU = v128.add<T>(v128.load(cu - 16, size), v128.load(cuNext - 16, size));
  let psiL = v128.load(psi);
  // Face 0 into the last element, as if it came from a vector before the first.
  let courant = v128.load(c), inverse = inverseG<T, G>(g, size), across = acrossOf<T, G>(courant, inverse);
  const psiBefore = v128.load(psi - size);
  let result = velocityWithin<T, G>(
    psi - size, t, courant, inverse, across, fourFaces<T>(ct, ct - size, t), psiBefore, psiL, eps,
  );
  if (sizeof<D>() == 4) {
    const up = sumOfPair<T>(psi - size + u), down = sumOfPair<T>(psi - size - u);
    result = withSecond<T>(result, across, up, down, fourFaces<T>(cu, cu - size, u), eps);
  }
  let before = highest<T>(upwind<T>(result, psiBefore, psiL));
  if (sizeof<S>() == 2) storePart<T>(v, result, <i32>faces);
  for (let k: usize = 0; ; k += 16) {
    const at = psi + k;
    psiL = v128.load(at);
    const psiR = v128.load(at, size);
    const nowT = v128.add<T>(v128.load(ct + k, size), v128.load(ctNext + k, size));
    const facesT = v128.add<T>(nowT, shifted<T>(wideT, nowT));
    wideT = nowT;
    courant = v128.load(cRight + k);
    inverse = inverseG<T, G>(gRight + k, size);
    across = acrossOf<T, G>(courant, inverse);
    result = velocityWithin<T, G>(at, t, courant, inverse, across, facesT, psiL, psiR, eps);
    if (sizeof<D>() == 4) {
      v128.store(aside + k, result);
      const nowU = v128.add<T>(v128.load(cu + k, size), v128.load(cuNext + k, size));
      const facesU = v128.add<T>(nowU, shifted<T>(wideU, nowU));
      wideU = nowU;
      result = withSecond<T>(result, across, sumOfPair<T>(at + u), sumOfPair<T>(at - u), facesU, eps);
    }
    const upper = upwind<T>(result, psiL, psiR);
    let total = v128.add<T>(v128.load(change + k), v128.sub<T>(upper, shifted<T>(before, upper)));
    before = upper;
    if (sizeof<G>() == 2) total = v128.div<T>(total, v128.load(g + k));
    const value = v128.sub<T>(psiL, total);
    if (k + 16 >= n) {
      if (sizeof<S>() == 2) storePart<T>(vRight + k, result, <i32>(faces - k - size));
      return storePart<T>(out + k, value, <i32>(n - k));
    }
    v128.store(out + k, value);
    if (sizeof<S>() == 2) v128.store(vRight + k, result);
  }
}

/**
 * One corrective pass over a range:
 *
 *   out = psi - ((F0_{+} - F0_{-}) + (F1_{+} - F1_{-}) + (F2_{+} - F2_{-})) / G
 *
 * with the terms of axes 0, 1, 2 in this order. Reads, writes and halo: as `sweep` of sweep.ts.
 */
export function correct<T, D, G, S>(p: Pass, first: i32, end: i32): void {
  if (first >= end) return;
  const size = sizeof<T>();
  const low0 = p.low0(first), high0 = p.high0(end), low1 = p.low1(first), high1 = p.high1(end);
  const s0 = <usize>p.stride0, s1 = <usize>p.stride1;
  const psi = p.psi, out = p.out, g = p.g, c0 = p.c0, c1 = p.c1, c2 = p.c2, v0 = p.v0, v1 = p.v1, v2 = p.v2;
  const epsilon = p.epsilon;
  const upper0 = high0 == p.n0, upper1 = high1 == p.n1;
  const k0 = <usize>p.low2(first) * size;
  const n = <usize>p.high2(end) * size - k0;
  const faces = <usize>facesEnd(p.high2(end), p.n2) * size - k0;
  const room = <usize>(p.n2 + 4) * size;
  const f1 = p.flux, change = f1 + room, lower0 = change + room;
  // For the velocity on upper faces that belong to the next range, and what is stored aside.
  const unused = sizeof<D>() == 4 ? lower0 + <usize>p.n1 * room : lower0;

  // On 3 axes strips of rows, of which all planes that a turn reads and the fluxes stay in the cache.
  const strip = sizeof<D>() == 4 ? max(8, <i32>(stripBytes / (11 * room))) : high1;
  for (let from = low1; from < high1; from += strip) {
    const to = min(from + strip, high1);
    if (sizeof<D>() == 4) {
      for (let j = from; j < to; j++) {
        const at = <usize>low0 * s0 + <usize>j * s1 + k0;
        between<T, D, G, S, No>(
          lower0 + <usize>j * room, change, v0 + at, n, psi + at, s0, c0 + at, c2 + at, s1, c1 + at, g + at, unused, epsilon,
        );
      }
    }
    for (let i = low0; i < high0; i++) {
      let at = <usize>i * s0 + <usize>from * s1 + k0;
      const keeps0 = i + 1 < high0 || upper0;
      between<T, D, G, S, Yes>(f1, change, v1 + at, n, psi + at, s1, c1 + at, c2 + at, s0, c0 + at, g + at, unused, epsilon);
      for (let j = from; j < to; j++) {
        const next = at + s1, over = at + s0;
        between<T, D, G, S, Yes>(
          f1, change, j + 1 < high1 || upper1 ? v1 + next : unused,
          n, psi + next, s1, c1 + next, c2 + next, s0, c0 + next, g + next, unused, epsilon,
        );
        if (sizeof<D>() == 4) {
          between<T, D, G, S, No>(
            lower0 + <usize>j * room, change, keeps0 ? v0 + over : unused,
            n, psi + over, s0, c0 + over, c2 + over, s1, c1 + over, g + over, unused, epsilon,
          );
        }
        update<T, D, G, S>(
          out + at, v2 + at, n, faces, psi + at, c2 + at, s1, c1 + at, s0, c0 + at, g + at, change, unused, epsilon,
        );
        at = next;
      }
    }
  }
}
