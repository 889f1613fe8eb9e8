/**
 * Rows of antidiffusive velocities on three axes, all terms but those of a divergent flow: with the bits of the loops of
 * velocity.ts, whose sums go in the same order. Modes and formulae: see there; layout and vectors: see pass.ts.
 *
 * With third order two loops take 23 and 25 cycles for a vector of f64, of which divisions are 20 and 15, in place of 80 in seven
 * loops. One loop takes as long: it has so many instructions that too few turns are under way at once. Addresses are made from
 * that of R in each turn, so that a turn keeps few of them: 96 instructions in place of 118, but no faster. What is stored aside
 * before more is loaded: see limited.ts; without it a loop has 16 instructions more, for the stack, and takes 6 cycles more.
 */
import { shifted, storePart } from "./pass";
import { byG, fraction, inverseG, magnitude } from "./velocity";

// W: whether the faces are those within a row. L and R are then in one row, and addresses are those of L, in `firstTerms` of the
// cell before it; else of the cell before R, in `firstTerms` of R. Elements from there are added as constants, which takes no
// instruction.

/** The length of an element where the faces are within a row, else 0. */
@inline
function oneWithin<T, W>(): usize {
  return sizeof<W>() == 2 ? sizeof<T>() : 0;
}

@inline
function twoWithin<T, W>(): usize {
  return sizeof<W>() == 2 ? 2 * sizeof<T>() : 0;
}

/** The mean of four faces, as sums of those of R and of L. */
@inline
function meanOf<T>(right: v128, rightNext: v128, left: v128, leftNext: v128): v128 {
  return v128.mul<T>(v128.add<T>(v128.add<T>(right, rightNext), v128.add<T>(left, leftNext)), v128.splat<T>(0.25));
}

/**
 * Terms along the axis, whose stride is s, and those with the transverse axis t, which is not that of rows, on n bytes of faces.
 * ct: C on the lower faces of R along t. To `kept`, four vectors a turn: the sum of the basic terms, the third-order terms along
 * and across, the mean of the transverse faces.
 */
function firstTerms<T, M, G, W>(
  kept: usize, n: usize, r: usize, s: usize, c: usize, g: usize, t: usize, ct: usize, epsilon: f64,
): void {
  const size = sizeof<T>();
  const eps = v128.splat<T>(<T>epsilon), whole = v128.splat<T>(1);
  const back = <usize>0 - s, down = <usize>0 - t;
  r -= twoWithin<T, W>();
  ct -= oneWithin<T, W>();
  for (let k: usize = 0; k < n; k += 16) {
    const atR = r + k, atL = sizeof<W>() == 2 ? atR : atR + back;
    const faceR = ct + k, faceL = sizeof<W>() == 2 ? faceR : faceR + back;
    const mean = meanOf<T>(
      v128.load(faceR, oneWithin<T, W>()), v128.load(faceR + t, oneWithin<T, W>()), v128.load(faceL), v128.load(faceL + t),
    );
    const courant = v128.load(c + k), speed = v128.abs<T>(courant), inverse = inverseG<T, G>(g + k, s);
    const scaled = byG<T, G>(speed, inverse), half = byG<T, G>(v128.mul<T>(courant, v128.splat<T>(-0.5)), inverse);
    const psiR = magnitude<T, M>(v128.load(atR, twoWithin<T, W>())), psiL = magnitude<T, M>(v128.load(atL, oneWithin<T, W>()));
    const pair = v128.add<T>(psiR, psiL);
    const highR = magnitude<T, M>(v128.load(atR + t, twoWithin<T, W>()));
    const highL = magnitude<T, M>(v128.load(atL + t, oneWithin<T, W>()));
    const lowR = magnitude<T, M>(v128.load(atR + down, twoWithin<T, W>()));
    const lowL = magnitude<T, M>(v128.load(atL + down, oneWithin<T, W>()));
    const first = v128.mul<T>(
      v128.mul<T>(speed, v128.sub<T>(whole, scaled)),
      fraction<T, M>(v128.sub<T>(psiR, psiL), pair, 2, eps),
    );
    v128.store(kept, v128.add<T>(first, cross<T, M>(half, mean, highR, highL, lowR, lowL, eps)));
    v128.store(kept, mean, 48);
    const beyondR = sizeof<W>() == 2 ? v128.load(atR, 3 * size) : v128.load(atR + s);
    const beyondL = sizeof<W>() == 2 ? v128.load(atR) : v128.load(atL + back);
    const outer = v128.add<T>(magnitude<T, M>(beyondR), magnitude<T, M>(beyondL));
    v128.store(kept, thirdAlong<T, M>(courant, scaled, outer, pair, eps), 16);
    const coefficient = crossCoefficient<T, G>(speed, scaled, inverse);
    v128.store(kept, thirdCross<T, M>(coefficient, mean, highR, highL, lowR, lowL, eps), 32);
    kept += 64;
  }
}

/**
 * The velocities: what `firstTerms` has kept, and the terms with the transverse axis u, and with both. u is that of rows unless
 * the faces are within a row. cu: C on the lower faces of R along u.
 */
function secondTerms<T, M, G, W>(
  v: usize, n: usize, r: usize, s: usize, c: usize, g: usize, t: usize, u: usize, cu: usize, kept: usize, epsilon: f64,
): void {
  const size = sizeof<T>();
  const eps = v128.splat<T>(<T>epsilon);
  const back = <usize>0 - s, down = <usize>0 - t, under = <usize>0 - u;
  r -= size;
  cu -= oneWithin<T, W>();
  let sameBefore = eps, oppositeBefore = eps, facesBefore = eps;
  if (sizeof<W>() == 2) {
    // What the vector before the first one ends with.
    const high = r + u + size - 16, low = r - u + size - 16;
    sameBefore = v128.add<T>(magnitude<T, M>(v128.load(high + t)), magnitude<T, M>(v128.load(low - t)));
    oppositeBefore = v128.add<T>(magnitude<T, M>(v128.load(low + t)), magnitude<T, M>(v128.load(high - t)));
    facesBefore = v128.add<T>(v128.load(cu + size - 16), v128.load(cu + u + size - 16));
  }
  for (let k: usize = 0; ; k += 16) {
    // Rows of R and L, or above and below along u.
    const at = r + k, high = sizeof<W>() == 2 ? at + u : at, low = sizeof<W>() == 2 ? at + under : at + back;
    const face = cu + k;
    let mean: v128;
    if (sizeof<W>() == 2) {
      const faces = v128.add<T>(v128.load(face, size), v128.load(face + u, size));
      mean = v128.mul<T>(v128.add<T>(faces, shifted<T>(facesBefore, faces)), v128.splat<T>(0.25));
      facesBefore = faces;
    } else {
      mean = meanOf<T>(v128.load(face), v128.load(face, size), v128.load(face + back), v128.load(face + back, size));
    }
    const courant = v128.load(c + k), inverse = inverseG<T, G>(g + k, s);
    const half = byG<T, G>(v128.mul<T>(courant, v128.splat<T>(-0.5)), inverse);
    const highR = rightHigh<T, M, W>(high), highL = leftHigh<T, M, W>(high, low);
    const lowR = rightLow<T, M, W>(high, low), lowL = leftLow<T, M, W>(low);
    let result = v128.add<T>(v128.load(kept), cross<T, M>(half, mean, highR, highL, lowR, lowL, eps));
    const speed = v128.abs<T>(courant), scaled = byG<T, G>(speed, inverse);
    const coefficient = crossCoefficient<T, G>(speed, scaled, inverse);
    result = v128.add<T>(v128.add<T>(result, v128.load(kept, 16)), v128.load(kept, 32));
    result = v128.add<T>(result, thirdCross<T, M>(coefficient, mean, highR, highL, lowR, lowL, eps));
    v128.store(kept, result);
    const highUp = high + t, lowUp = low + t, highDown = high + down, lowDown = low + down;
    const sameR = v128.add<T>(rightHigh<T, M, W>(highUp), rightLow<T, M, W>(highDown, lowDown));
    const oppositeR = v128.add<T>(rightLow<T, M, W>(highUp, lowUp), rightHigh<T, M, W>(highDown));
    let sameL: v128, oppositeL: v128;
    if (sizeof<W>() == 2) {
      sameL = shifted<T>(sameBefore, sameR);
      oppositeL = shifted<T>(oppositeBefore, oppositeR);
      sameBefore = sameR;
      oppositeBefore = oppositeR;
    } else {
      sameL = v128.add<T>(leftHigh<T, M, W>(highUp, lowUp), leftLow<T, M, W>(lowDown));
      oppositeL = v128.add<T>(leftLow<T, M, W>(lowUp), leftHigh<T, M, W>(highDown, lowDown));
    }
    const same = v128.add<T>(sameR, sameL), opposite = v128.add<T>(oppositeR, oppositeL);
    const corner = thirdCorner<T, M, G>(courant, v128.load(kept, 48), mean, inverse, same, opposite, eps);
    result = v128.add<T>(result, corner);
    if (k + 16 >= n) return storePart<T>(v + k, result, <i32>(n - k));
    v128.store(v + k, result);
    kept += 64;
  }
}

// Cells of `secondTerms`: of two rows that are those of R and L (`high` and `low`), or above and below along u.

@inline
function rightHigh<T, M, W>(high: usize): v128 {
  return magnitude<T, M>(v128.load(high, sizeof<W>() == 2 ? sizeof<T>() : 2 * sizeof<T>()));
}

@inline
function leftHigh<T, M, W>(high: usize, low: usize): v128 {
  return magnitude<T, M>(sizeof<W>() == 2 ? v128.load(high) : v128.load(low, 2 * sizeof<T>()));
}

@inline
function rightLow<T, M, W>(high: usize, low: usize): v128 {
  return magnitude<T, M>(sizeof<W>() == 2 ? v128.load(low, sizeof<T>()) : v128.load(high));
}

@inline
function leftLow<T, M, W>(low: usize): v128 {
  return magnitude<T, M>(v128.load(low));
}

/** Velocities of basic terms alone, in one loop: 22 cycles for a vector of faces in place of 23 in two. */
function basicTerms<T, M, G, W>(
  v: usize, n: usize, r: usize, s: usize, c: usize, g: usize, t: usize, ct: usize, u: usize, cu: usize, aside: usize, epsilon: f64,
): void {
  const size = sizeof<T>();
  const eps = v128.splat<T>(<T>epsilon), whole = v128.splat<T>(1);
  const back = <usize>0 - s, down = <usize>0 - t, under = <usize>0 - u;
  r -= size;
  ct -= oneWithin<T, W>();
  cu -= oneWithin<T, W>();
  for (let k: usize = 0; ; k += 16) {
    const atR = r + k, atL = sizeof<W>() == 2 ? atR : atR + back;
    const courant = v128.load(c + k), speed = v128.abs<T>(courant), inverse = inverseG<T, G>(g + k, s);
    const scaled = byG<T, G>(speed, inverse), half = byG<T, G>(v128.mul<T>(courant, v128.splat<T>(-0.5)), inverse);
    const psiR = cellR<T, M>(atR), psiL = cellL<T, M, W>(atL);
    const first = v128.mul<T>(
      v128.mul<T>(speed, v128.sub<T>(whole, scaled)),
      fraction<T, M>(v128.sub<T>(psiR, psiL), v128.add<T>(psiR, psiL), 2, eps),
    );
    const faceT = ct + k, faceTL = sizeof<W>() == 2 ? faceT : faceT + back;
    const meanT = meanOf<T>(
      v128.load(faceT, oneWithin<T, W>()), v128.load(faceT + t, oneWithin<T, W>()), v128.load(faceTL), v128.load(faceTL + t),
    );
    const aboveR = cellR<T, M>(atR + t), aboveL = cellL<T, M, W>(atL + t);
    const belowR = cellR<T, M>(atR + down), belowL = cellL<T, M, W>(atL + down);
    const withT = v128.add<T>(first, cross<T, M>(half, meanT, aboveR, aboveL, belowR, belowL, eps));
    v128.store(aside + k, withT);

    const face = cu + k;
    let mean: v128, highR: v128, highL: v128, lowR: v128, lowL: v128;
    if (sizeof<W>() == 2) {
      mean = meanOf<T>(v128.load(face, size), v128.load(face + u, size), v128.load(face), v128.load(face + u));
      highR = cellR<T, M>(atR + u);
      highL = cellL<T, M, W>(atR + u);
      lowR = cellR<T, M>(atR + under);
      lowL = cellL<T, M, W>(atR + under);
    } else {
      mean = meanOf<T>(v128.load(face), v128.load(face, size), v128.load(face + back), v128.load(face + back, size));
      highR = magnitude<T, M>(v128.load(atR, 2 * size));
      highL = magnitude<T, M>(v128.load(atL, 2 * size));
      lowR = magnitude<T, M>(v128.load(atR));
      lowL = magnitude<T, M>(v128.load(atL));
    }
    const result = v128.add<T>(withT, cross<T, M>(half, mean, highR, highL, lowR, lowL, eps));
    if (k + 16 >= n) return storePart<T>(v + k, result, <i32>(n - k));
    v128.store(v + k, result);
  }
}

// Cells of `basicTerms`: one element after an address, but L within a row.

@inline
function cellR<T, M>(at: usize): v128 {
  return magnitude<T, M>(v128.load(at, sizeof<T>()));
}

@inline
function cellL<T, M, W>(at: usize): v128 {
  return magnitude<T, M>(sizeof<W>() == 2 ? v128.load(at) : v128.load(at, sizeof<T>()));
}

/** Velocities on n bytes of faces between the rows of R and L, or (W) within a row; X: with the terms of third order. */
export function velocities<T, M, G, X, W>(
  v: usize, n: usize, r: usize, s: usize, c: usize, g: usize, t: usize, ct: usize, u: usize, cu: usize, kept: usize, epsilon: f64,
): void {
  if (sizeof<X>() == 2) {
    firstTerms<T, M, G, W>(kept, n, r, s, c, g, t, ct, epsilon);
    secondTerms<T, M, G, W>(v, n, r, s, c, g, t, u, cu, kept, epsilon);
  } else {
    basicTerms<T, M, G, W>(v, n, r, s, c, g, t, ct, u, cu, kept, epsilon);
  }
}

/** `half` is `- C / (2 Gb)`, `mean` that of the transverse faces. */
@inline
function cross<T, M>(
  half: v128, mean: v128, rightHigh: v128, leftHigh: v128, rightLow: v128, leftLow: v128, eps: v128,
): v128 {
  const up = v128.add<T>(rightHigh, leftHigh), down = v128.add<T>(rightLow, leftLow);
  return v128.mul<T>(v128.mul<T>(half, mean), fraction<T, M>(v128.sub<T>(up, down), v128.add<T>(up, down), 4, eps));
}

@inline
function thirdCross<T, M>(
  coefficient: v128, mean: v128, rightHigh: v128, leftHigh: v128, rightLow: v128, leftLow: v128, eps: v128,
): v128 {
  const rising = v128.add<T>(rightHigh, leftLow), falling = v128.add<T>(leftHigh, rightLow);
  const xt = fraction<T, M>(v128.sub<T>(rising, falling), v128.add<T>(rising, falling), 4, eps);
  return v128.mul<T>(v128.mul<T>(coefficient, mean), xt);
}

/** `|C| (1 - 2 |C| / Gb) / Gb`, `scaled` being `|C| / Gb` */
@inline
function crossCoefficient<T, G>(speed: v128, scaled: v128, inverse: v128): v128 {
  const twice = v128.add<T>(scaled, scaled);
  return byG<T, G>(v128.mul<T>(speed, v128.sub<T>(v128.splat<T>(1), twice)), inverse);
}

/** `scaled` is `|C| / Gb`, `outer` the sum of psi beyond L and R, `pair` that of L and R. */
@inline
function thirdAlong<T, M>(courant: v128, scaled: v128, outer: v128, pair: v128, eps: v128): v128 {
  const xx = fraction<T, M>(v128.sub<T>(outer, pair), v128.add<T>(outer, pair), 4, eps);
  const twice = v128.add<T>(scaled, scaled);
  // 3 |C| / Gb - 2 (C / Gb)^2 - 1, with the bits of these products.
  const bracket = v128.sub<T>(
    v128.sub<T>(v128.add<T>(twice, scaled), v128.mul<T>(twice, scaled)),
    v128.splat<T>(1),
  );
  return v128.mul<T>(v128.mul<T>(v128.mul<T>(courant, bracket), v128.splat<T>(1.0 / 3.0)), xx);
}

@inline
function thirdCorner<T, M, G>(
  courant: v128, meanT: v128, meanU: v128, inverse: v128, same: v128, opposite: v128, eps: v128,
): v128 {
  const tu = fraction<T, M>(v128.sub<T>(same, opposite), v128.add<T>(same, opposite), 8, eps);
  const means = v128.mul<T>(byG<T, G>(meanT, inverse), byG<T, G>(meanU, inverse));
  return v128.mul<T>(v128.mul<T>(v128.mul<T>(courant, v128.splat<T>(-2.0 / 3.0)), means), tu);
}
