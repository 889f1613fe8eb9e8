/**
 * Diffusion as part of the flow: what the donor cell carries with the velocity below is the flux of advection and
 * diffusion together.
 */
import { facesEnd, Pass, storePart } from "./pass";
import { No, Yes } from "./switches";


/** `v = C - 2 mu Gb (p_R - p_L) / (p_R + p_L + eps)` on a row of faces. A: of |psi|; G: whether there is a G factor. */
function row<T, A, G>(v: usize, byteLength: usize, r: usize, s: usize, c: usize, g: usize, mu: f64, epsilon: f64): void {
  const eps = v128.splat<T>(<T>epsilon);
  for (let k: usize = 0; ; k += 16) {
    let psiR = v128.load(r + k);
    let psiL = v128.load(r + k - s);
    if (sizeof<A>() == 2) {
      psiR = v128.abs<T>(psiR);
      psiL = v128.abs<T>(psiL);
    }
    let twice = v128.splat<T>(<T>(2.0 * mu));
    if (sizeof<G>() == 2) {
      // 2 Gb is the sum of both.
      twice = v128.mul<T>(v128.splat<T>(<T>mu), v128.add<T>(v128.load(g + k), v128.load(g + k - s)));
    }
    const fraction = v128.div<T>(v128.sub<T>(psiR, psiL), v128.add<T>(v128.add<T>(psiR, psiL), eps));
    const result = v128.sub<T>(v128.load(c + k), v128.mul<T>(twice, fraction));
    if (k + 16 >= byteLength) return storePart<T>(v + k, result, <i32>(byteLength - k));
    v128.store(v + k, result);
  }
}

function allAxes<T, A, G>(p: Pass, first: i32, end: i32): void {
  if (first >= end) return;
  const size = sizeof<T>();
  const dimensions = p.dimensions;
  const low1 = p.low1(first), low2 = p.low2(first), high0 = p.high0(end), high1 = p.high1(end), high2 = p.high2(end);
  const end0 = facesEnd(high0, p.n0), end1 = facesEnd(high1, p.n1);
  const n2 = <usize>(high2 - low2) * size, faces2 = <usize>(facesEnd(high2, p.n2) - low2) * size;
  const s0 = <usize>p.stride0, s1 = <usize>p.stride1;
  const epsilon = p.epsilon;
  for (let i = p.low0(first); i < end0; i++) {
    for (let j = low1; j < end1; j++) {
      const at = <usize>i * s0 + <usize>j * s1 + <usize>low2 * size;
      const r = p.psi + at, g = p.g + at;
      if (dimensions == 3 && j < high1) row<T, A, G>(p.v0 + at, n2, r, s0, p.c0 + at, g, p.mu0, epsilon);
      if (dimensions >= 2 && i < high0) row<T, A, G>(p.v1 + at, n2, r, s1, p.c1 + at, g, p.mu1, epsilon);
      if (i < high0 && j < high1) row<T, A, G>(p.v2 + at, faces2, r, size, p.c2 + at, g, p.mu2, epsilon);
    }
  }
}

/**
 * Writes to v the velocity c and what diffusion adds:
 *
 *   v = C - 2 mu Gb (psi_R - psi_L) / (psi_R + psi_L + eps)           with |psi| for variable sign, p.mode 2
 *
 * mu: p.mu0..2, diffusivity times time step over the squared size of a cell [1]. Reads: psi and G with a halo of 1, c on
 * the faces 0..n. Writes: v on the lower faces of the cells of the range, and on the faces n where the block ends.
 * Source: Smolarkiewicz and Clark 1986.
 */
export function diffusiveVelocity(p: Pass, first: i32, end: i32): void {
  if (p.single) byMode<f32>(p, first, end);
  else byMode<f64>(p, first, end);
}

function byMode<T>(p: Pass, first: i32, end: i32): void {
  if (p.g == 0) {
    if (p.mode == 2) allAxes<T, Yes, No>(p, first, end);
    else allAxes<T, No, No>(p, first, end);
  } else {
    if (p.mode == 2) allAxes<T, Yes, Yes>(p, first, end);
    else allAxes<T, No, Yes>(p, first, end);
  }
}
