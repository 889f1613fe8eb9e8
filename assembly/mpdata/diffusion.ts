/**
 * Diffusion as part of the flow: what the donor cell carries with the velocity below is the flux of advection and
 * diffusion together.
 */
import { Pass } from "./sweep";

type No = u8;
type Yes = u16;

/** `v = C - 2 mu Gb (p_R - p_L) / (p_R + p_L + eps)` on a row of faces. A: of |psi|; G: whether there is a G factor. */
function row<T, A, G>(v: usize, byteLength: usize, r: usize, s: usize, c: usize, g: usize, mu: f64, epsilon: f64): void {
  const eps = v128.splat<T>(<T>epsilon);
  for (let k: usize = 0; k < byteLength; k += 16) {
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
    v128.store(v + k, v128.sub<T>(v128.load(c + k), v128.mul<T>(twice, fraction)));
  }
}

function allAxes<T, A, G>(p: Pass, dimensions: i32, mu0: f64, mu1: f64, mu2: f64): void {
  const one = sizeof<T>();
  const n2 = <usize>p.n2 * one;
  const s0 = <usize>p.stride0, s1 = <usize>p.stride1;
  const epsilon = p.epsilon;
  for (let i = 0; i <= p.n0; i++) {
    for (let j = 0; j <= p.n1; j++) {
      const at = <usize>i * s0 + <usize>j * s1;
      const r = p.psi + at, g = p.g + at;
      if (dimensions == 3 && j < p.n1) row<T, A, G>(p.v0 + at, n2, r, s0, p.c0 + at, g, mu0, epsilon);
      if (dimensions >= 2 && i < p.n0) row<T, A, G>(p.v1 + at, n2, r, s1, p.c1 + at, g, mu1, epsilon);
      if (i < p.n0 && j < p.n1) row<T, A, G>(p.v2 + at, n2 + one, r, one, p.c2 + at, g, mu2, epsilon);
    }
  }
}

/**
 * Writes to v, on the faces 0..n of every axis, the velocity c and what diffusion adds:
 *
 *   v = C - 2 mu Gb (psi_R - psi_L) / (psi_R + psi_L + eps)           with |psi| for variable sign, `mode` 2
 *
 * `mu0..2`: diffusivity times time step over the squared size of a cell [1]. Reads: psi and G with a halo of 1, c on the
 * faces 0..n. Source: Smolarkiewicz and Clark 1986.
 */
export function diffusiveVelocity(p: Pass, dimensions: i32, mu0: f64, mu1: f64, mu2: f64, mode: i32): void {
  if (p.single) byMode<f32>(p, dimensions, mu0, mu1, mu2, mode);
  else byMode<f64>(p, dimensions, mu0, mu1, mu2, mode);
}

function byMode<T>(p: Pass, dimensions: i32, mu0: f64, mu1: f64, mu2: f64, mode: i32): void {
  if (p.g == 0) {
    if (mode == 2) allAxes<T, Yes, No>(p, dimensions, mu0, mu1, mu2);
    else allAxes<T, No, No>(p, dimensions, mu0, mu1, mu2);
  } else {
    if (mode == 2) allAxes<T, Yes, Yes>(p, dimensions, mu0, mu1, mu2);
    else allAxes<T, No, Yes>(p, dimensions, mu0, mu1, mu2);
  }
}
