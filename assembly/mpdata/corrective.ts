/**
 * A corrective pass of the basic scheme on two or three axes with a flow that differs from face to face: fluxes and update,
 * row by row. Each loop takes the faces of one axis along a row, so that it has few addresses and keeps what neighbours
 * share in registers; rows of fluxes stay in the cache. Two vectors a turn are no faster on 2 axes, 2 % on 3, for 33 kB of code.
 * Layout, ranges and vectors: see pass.ts.
 */
import { facesEnd, following, highest, Pass, shifted, storePart } from "./pass";

// Compile-time switches, see sweep.ts.
type D2 = u16;
type D3 = u32;
type No = u8;
type Yes = u16;

/** Bytes of rows that stay in the cache of a core. */
const stripBytes: usize = 384 * 1024;

/**
 * The antidiffusive velocity on a vector of faces between the cells L and R, see sweep.ts: `pair` is `psi_R + psi_L`, `up`
 * and `down` the same sum beyond the face along its first transverse axis, `above` and `below` along its second one;
 * `four`, `fourZ`: sums of the four faces of these axes that touch L and R. g: of R; s: from L to R.
 */
@inline
function velocity<T, D, G>(
  courant: v128, difference: v128, pair: v128, up: v128, down: v128, faces: v128, above: v128, below: v128, facesZ: v128,
  g: usize, s: usize, eps: v128,
): v128 {
  const speed = v128.abs<T>(courant);
  let along: v128;
  let across = v128.mul<T>(courant, v128.splat<T>(0.125)); // C / 2 times the 1/4 of the means
  if (sizeof<G>() == 2) {
    const inverse = v128.div<T>(v128.splat<T>(2), v128.add<T>(v128.load(g), v128.load(g - s))); // 1 / Gb
    along = v128.mul<T>(speed, v128.sub<T>(v128.splat<T>(1), v128.mul<T>(speed, inverse)));
    across = v128.mul<T>(across, inverse);
  } else {
    along = v128.mul<T>(speed, v128.sub<T>(v128.splat<T>(1), speed));
  }
  const a = v128.mul<T>(along, difference);
  const sum = v128.add<T>(pair, eps);
  // One division for both fractions: a / sum - b / four = (a four - b sum) / (sum four).
  const four = v128.add<T>(v128.add<T>(up, down), eps);
  const b = v128.mul<T>(v128.mul<T>(across, faces), v128.sub<T>(up, down));
  const first = v128.div<T>(v128.sub<T>(v128.mul<T>(a, four), v128.mul<T>(b, sum)), v128.mul<T>(sum, four));
  if (sizeof<D>() == 2) return first;
  const fourZ = v128.add<T>(v128.add<T>(above, below), eps);
  const bz = v128.mul<T>(v128.mul<T>(across, facesZ), v128.sub<T>(above, below));
  return v128.sub<T>(first, v128.div<T>(bz, fourZ));
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
 */
function between<T, D, G, S, A>(
  f: usize, change: usize, v: usize, n: usize, r: usize, s: usize, c: usize, c2: usize, t: usize, ct: usize, g: usize,
  epsilon: f64,
): void {
  const size = sizeof<T>();
  const eps = v128.splat<T>(<T>epsilon);
  const l = r - s, c2l = c2 - s, ctl = ct - s, back = <usize>0 - t;
  let psiR = v128.load(r), psiL = v128.load(l);
  let before = v128.add<T>(v128.load(r - 16), v128.load(l - 16));
  let now = v128.add<T>(psiR, psiL);
  for (let k: usize = 0; ; k += 16) {
    const atR = r + k, atL = l + k;
    const nextR = v128.load(atR, 16), nextL = v128.load(atL, 16);
    const next = v128.add<T>(nextR, nextL);
    const high = following<T>(now, next), low = shifted<T>(before, now);
    const faces2 = v128.add<T>(
      v128.add<T>(v128.load(c2 + k), v128.load(c2 + k, size)),
      v128.add<T>(v128.load(c2l + k), v128.load(c2l + k, size)),
    );
    const difference = v128.sub<T>(psiR, psiL);
    const courant = v128.load(c + k);
    let result: v128;
    if (sizeof<D>() == 2) {
      result = velocity<T, D, G>(courant, difference, now, high, low, faces2, high, low, faces2, g + k, s, eps);
    } else {
      const over = v128.add<T>(v128.load(atR + t), v128.load(atL + t));
      const under = v128.add<T>(v128.load(atR + back), v128.load(atL + back));
      const atC = ct + k, atCl = ctl + k;
      const facesT = v128.add<T>(
        v128.add<T>(v128.load(atC), v128.load(atC + t)),
        v128.add<T>(v128.load(atCl), v128.load(atCl + t)),
      );
      result = sizeof<A>() == 2
        ? velocity<T, D, G>(courant, difference, now, high, low, faces2, over, under, facesT, g + k, s, eps)
        : velocity<T, D, G>(courant, difference, now, over, under, facesT, high, low, faces2, g + k, s, eps);
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
function velocityWithin<T, D, G>(
  at: usize, t: usize, u: usize, c: usize, facesT: v128, facesU: v128, psiL: v128, psiR: v128, g: usize, eps: v128,
): v128 {
  const size = sizeof<T>();
  const up = at + t, down = at - t;
  const upSum = v128.add<T>(v128.load(up, size), v128.load(up));
  const downSum = v128.add<T>(v128.load(down, size), v128.load(down));
  const difference = v128.sub<T>(psiR, psiL), pair = v128.add<T>(psiR, psiL);
  const courant = v128.load(c);
  if (sizeof<D>() == 2) {
    return velocity<T, D, G>(courant, difference, pair, upSum, downSum, facesT, upSum, downSum, facesT, g, size, eps);
  }
  const above = at + u, below = at - u;
  const aboveSum = v128.add<T>(v128.load(above, size), v128.load(above));
  const belowSum = v128.add<T>(v128.load(below, size), v128.load(below));
  return velocity<T, D, G>(courant, difference, pair, upSum, downSum, facesT, aboveSum, belowSum, facesU, g, size, eps);
}

/**
 * Updates n bytes of a row of cells, from the fluxes within it and the `change` that those of the other axes make.
 *
 * psi, c, g: of the row; t: stride of axis 1, ct: C on its lower faces; u, cu: of axis 0. v: where the velocity of the faces
 * is kept if S says so, `faces` bytes of them.
 */
function update<T, D, G, S>(
  out: usize, v: usize, n: usize, faces: usize, psi: usize, c: usize, t: usize, ct: usize, u: usize, cu: usize, g: usize,
  change: usize, epsilon: f64,
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
  const facesT = v128.add<T>(
    v128.add<T>(v128.load(ct), v128.load(ctNext)),
    v128.add<T>(v128.load(ct - size), v128.load(ctNext - size)),
  );
  let facesU = facesT;
  if (sizeof<D>() == 4) {
    facesU = v128.add<T>(
      v128.add<T>(v128.load(cu), v128.load(cuNext)),
      v128.add<T>(v128.load(cu - size), v128.load(cuNext - size)),
    );
  }
  const psiBefore = v128.load(psi - size);
  const first = velocityWithin<T, D, G>(psi - size, t, u, c, facesT, facesU, psiBefore, psiL, g, eps);
  let before = highest<T>(upwind<T>(first, psiBefore, psiL));
  if (sizeof<S>() == 2) storePart<T>(v, first, <i32>faces);
  for (let k: usize = 0; ; k += 16) {
    const at = psi + k;
    psiL = v128.load(at);
    const psiR = v128.load(at, size);
    const nowT = v128.add<T>(v128.load(ct + k, size), v128.load(ctNext + k, size));
    const facesT = v128.add<T>(nowT, shifted<T>(wideT, nowT));
    wideT = nowT;
    let facesU = facesT;
    if (sizeof<D>() == 4) {
      const nowU = v128.add<T>(v128.load(cu + k, size), v128.load(cuNext + k, size));
      facesU = v128.add<T>(nowU, shifted<T>(wideU, nowU));
      wideU = nowU;
    }
    const result = velocityWithin<T, D, G>(at, t, u, cRight + k, facesT, facesU, psiL, psiR, gRight + k, eps);
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
  // For the velocity on upper faces that belong to the next range.
  const unused = sizeof<D>() == 4 ? lower0 + <usize>p.n1 * room : lower0;

  // On 3 axes strips of rows, of which all planes that a turn reads and the fluxes stay in the cache.
  const strip = sizeof<D>() == 4 ? max(8, <i32>(stripBytes / (11 * room))) : high1;
  for (let from = low1; from < high1; from += strip) {
    const to = min(from + strip, high1);
    if (sizeof<D>() == 4) {
      for (let j = from; j < to; j++) {
        const at = <usize>low0 * s0 + <usize>j * s1 + k0;
        between<T, D, G, S, No>(
          lower0 + <usize>j * room, change, v0 + at, n, psi + at, s0, c0 + at, c2 + at, s1, c1 + at, g + at, epsilon,
        );
      }
    }
    for (let i = low0; i < high0; i++) {
      let at = <usize>i * s0 + <usize>from * s1 + k0;
      const keeps0 = i + 1 < high0 || upper0;
      between<T, D, G, S, Yes>(f1, change, v1 + at, n, psi + at, s1, c1 + at, c2 + at, s0, c0 + at, g + at, epsilon);
      for (let j = from; j < to; j++) {
        const next = at + s1, over = at + s0;
        between<T, D, G, S, Yes>(
          f1, change, j + 1 < high1 || upper1 ? v1 + next : unused,
          n, psi + next, s1, c1 + next, c2 + next, s0, c0 + next, g + next, epsilon,
        );
        if (sizeof<D>() == 4) {
          between<T, D, G, S, No>(
            lower0 + <usize>j * room, change, keeps0 ? v0 + over : unused,
            n, psi + over, s0, c0 + over, c2 + over, s1, c1 + over, g + over, epsilon,
          );
        }
        update<T, D, G, S>(
          out + at, v2 + at, n, faces, psi + at, c2 + at, s1, c1 + at, s0, c0 + at, g + at, change, epsilon,
        );
        at = next;
      }
    }
  }
}
