/**
 * The non-oscillatory option (flux-corrected transport): how much of the fluxes into and out of a cell keeps it within
 * the bounds of its neighbourhood.
 * Source: Zalesak 1979; Smolarkiewicz and Grabowski 1990.
 */
import { Pass } from "./sweep";

type Plain = u8;
type Gauge = u16;

/** `[v]+ psi_L + [v]- psi_R`, in the gauge v itself. */
@inline
function fluxAt<M>(c: usize, r: usize, s: usize): v128 {
  const zero = f64x2.splat(0);
  const v = v128.load(c);
  if (sizeof<M>() == 2) return v;
  return f64x2.add(
    f64x2.mul(f64x2.pmax(v, zero), v128.load(r - s)),
    f64x2.mul(f64x2.pmin(v, zero), v128.load(r)),
  );
}

@inline
function greater(most: v128, a: usize, s: usize): v128 {
  return f64x2.pmax(f64x2.pmax(most, v128.load(a - s)), v128.load(a + s));
}

@inline
function less(least: v128, a: usize, s: usize): v128 {
  return f64x2.pmin(f64x2.pmin(least, v128.load(a - s)), v128.load(a + s));
}

/** What flows into and out of a cell through the faces of one axis. */
@inline
function into(low: v128, high: v128): v128 {
  const zero = f64x2.splat(0);
  return f64x2.sub(f64x2.pmax(low, zero), f64x2.pmin(high, zero));
}

function ratios<M>(p: Pass, first: usize, up: usize, down: usize, dimensions: i32): void {
  const eps = f64x2.splat(p.epsilon);
  const s0 = <usize>p.stride0, s1 = <usize>p.stride1;
  for (let i = 0; i < p.n0; i++) {
    for (let j = 0; j < p.n1; j++) {
      const start = <usize>i * s0 + <usize>j * s1;
      for (let at = start; at < start + (<usize>p.n2 << 3); at += 16) {
        const now = p.psi + at, before = first + at;
        const psi = v128.load(now);
        let most = f64x2.pmax(psi, v128.load(before));
        let least = f64x2.pmin(psi, v128.load(before));
        most = greater(greater(most, now, 8), before, 8);
        least = less(less(least, now, 8), before, 8);
        let low = fluxAt<M>(p.c2 + at, now, 8);
        let high = fluxAt<M>(p.c2 + at + 8, now + 8, 8);
        let inflow = into(low, high);
        let outflow = into(high, low);
        if (dimensions >= 2) {
          most = greater(greater(most, now, s1), before, s1);
          least = less(less(least, now, s1), before, s1);
          low = fluxAt<M>(p.c1 + at, now, s1);
          high = fluxAt<M>(p.c1 + at + s1, now + s1, s1);
          inflow = f64x2.add(into(low, high), inflow);
          outflow = f64x2.add(into(high, low), outflow);
        }
        if (dimensions == 3) {
          most = greater(greater(most, now, s0), before, s0);
          least = less(less(least, now, s0), before, s0);
          low = fluxAt<M>(p.c0 + at, now, s0);
          high = fluxAt<M>(p.c0 + at + s0, now + s0, s0);
          inflow = f64x2.add(into(low, high), inflow);
          outflow = f64x2.add(into(high, low), outflow);
        }
        let rise = f64x2.sub(most, psi);
        let fall = f64x2.sub(psi, least);
        if (p.g != 0) {
          const g = v128.load(p.g + at);
          rise = f64x2.mul(rise, g);
          fall = f64x2.mul(fall, g);
        }
        v128.store(up + at, f64x2.div(rise, f64x2.add(inflow, eps)));
        v128.store(down + at, f64x2.div(fall, f64x2.add(outflow, eps)));
      }
    }
  }
}

/**
 * For every cell the ratio of the rise, and of the fall, that its bounds allow to what its fluxes would bring:
 *
 *   up   = (pmax - psi) G / (sum over axes of [F_{-}]+ - [F_{+}]-  + eps)
 *   down = (psi - pmin) G / (sum over axes of [F_{+}]+ - [F_{-}]-  + eps)
 *
 * pmax, pmin: over the cell and its face neighbours, of psi at the step's start (`first`) and before this pass.
 * F: fluxes of the velocity c, which are c itself in the gauge (`mode` 1).
 *
 * Reads: psi and first with a halo of 1, c on the faces 0..n. Writes: up and down on the interior.
 */
export function limiterRatios(p: Pass, first: usize, up: usize, down: usize, dimensions: i32, mode: i32): void {
  if (mode == 1) ratios<Gauge>(p, first, up, down, dimensions);
  else ratios<Plain>(p, first, up, down, dimensions);
}

/** `C'lim = [C']+ min(1, down_L, up_R) + [C']- min(1, up_L, down_R)` on a row of n faces. */
function limitRow(
  c: usize, v: usize, byteLength: usize, psi: usize, s: usize, up: usize, down: usize, bySign: bool,
): void {
  const zero = f64x2.splat(0), one = f64x2.splat(1);
  for (let k: usize = 0; k < byteLength; k += 16) {
    const velocity = v128.load(c + k);
    let forward = f64x2.pmin(f64x2.pmin(one, v128.load(down + k - s)), v128.load(up + k));
    let backward = f64x2.pmin(f64x2.pmin(one, v128.load(up + k - s)), v128.load(down + k));
    if (bySign) {
      // Where the upwind psi is not positive, what leaves it lets it rise.
      const swapped = forward;
      forward = v128.bitselect(forward, backward, f64x2.gt(v128.load(psi + k - s), zero));
      backward = v128.bitselect(backward, swapped, f64x2.gt(v128.load(psi + k), zero));
    }
    const limited = f64x2.add(
      f64x2.mul(f64x2.pmax(velocity, zero), forward),
      f64x2.mul(f64x2.pmin(velocity, zero), backward),
    );
    v128.store(v + k, limited);
  }
}

/**
 * Writes the limited velocity of c to v on the faces 0..n; `mode` 2 (variable sign) swaps the ratios by the sign of psi.
 * Reads: c on the faces 0..n; psi, up and down with a halo of 1.
 */
export function limitVelocity(p: Pass, up: usize, down: usize, dimensions: i32, mode: i32): void {
  const n2 = <usize>p.n2 << 3;
  const s0 = <usize>p.stride0, s1 = <usize>p.stride1;
  const bySign = mode == 2;
  for (let i = 0; i <= p.n0; i++) {
    for (let j = 0; j <= p.n1; j++) {
      const at = <usize>i * s0 + <usize>j * s1;
      const psi = p.psi + at, rise = up + at, fall = down + at;
      if (dimensions == 3 && j < p.n1) limitRow(p.c0 + at, p.v0 + at, n2, psi, s0, rise, fall, bySign);
      if (dimensions >= 2 && i < p.n0) limitRow(p.c1 + at, p.v1 + at, n2, psi, s1, rise, fall, bySign);
      if (i < p.n0 && j < p.n1) limitRow(p.c2 + at, p.v2 + at, n2 + 8, psi, 8, rise, fall, bySign);
    }
  }
}
