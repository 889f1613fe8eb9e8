/**
 * The non-oscillatory option (flux-corrected transport): how much of the fluxes into and out of a cell keeps it within
 * the bounds of its neighbourhood.
 * Source: Zalesak 1979; Smolarkiewicz and Grabowski 1990.
 */
import { Pass, storePart } from "./pass";
import { Gauge, Plain } from "./switches";


/** `[v]+ psi_L + [v]- psi_R`, in the gauge v itself. */
@inline
function fluxAt<T, M>(c: usize, r: usize, s: usize): v128 {
  const zero = v128.splat<T>(0);
  const v = v128.load(c);
  if (sizeof<M>() == 2) return v;
  return v128.add<T>(
    v128.mul<T>(v128.pmax<T>(v, zero), v128.load(r - s)),
    v128.mul<T>(v128.pmin<T>(v, zero), v128.load(r)),
  );
}

@inline
function greater<T>(most: v128, a: usize, s: usize): v128 {
  return v128.pmax<T>(v128.pmax<T>(most, v128.load(a - s)), v128.load(a + s));
}

@inline
function less<T>(least: v128, a: usize, s: usize): v128 {
  return v128.pmin<T>(v128.pmin<T>(least, v128.load(a - s)), v128.load(a + s));
}

// On 3 axes, extrema and fluxes made once a cell and kept in a ring of planes: 37 cycles for a vector of f64 in place of 42 in the
// cache, but a step at 64^3 takes as long, for 10 kB of code. In strips of rows: as long up to 256^3.

/** What flows into and out of a cell through the faces of one axis. */
@inline
function into<T>(low: v128, high: v128): v128 {
  const zero = v128.splat<T>(0);
  return v128.sub<T>(v128.pmax<T>(low, zero), v128.pmin<T>(high, zero));
}

function ratios<T, M>(p: Pass, first: i32, end: i32): void {
  if (first >= end) return;
  const size = sizeof<T>();
  const eps = v128.splat<T>(<T>p.epsilon), whole = v128.splat<T>(1);
  const dimensions = p.dimensions;
  const s0 = <usize>p.stride0, s1 = <usize>p.stride1;
  const low1 = p.low1(first), low2 = p.low2(first), high0 = p.high0(end), high1 = p.high1(end);
  const rowBytes = <usize>(p.high2(end) - low2) * size;
  for (let i = p.low0(first); i < high0; i++) {
    for (let j = low1; j < high1; j++) {
      const start = <usize>i * s0 + <usize>j * s1 + <usize>low2 * size;
      for (let at = start; ; at += 16) {
        const now = p.psi + at, before = p.start + at;
        const psi = v128.load(now);
        let most = v128.pmax<T>(psi, v128.load(before));
        let least = v128.pmin<T>(psi, v128.load(before));
        most = greater<T>(greater<T>(most, now, size), before, size);
        least = less<T>(less<T>(least, now, size), before, size);
        let low = fluxAt<T, M>(p.c2 + at, now, size);
        let high = fluxAt<T, M>(p.c2 + at + size, now + size, size);
        let inflow = into<T>(low, high);
        let outflow = into<T>(high, low);
        if (dimensions >= 2) {
          most = greater<T>(greater<T>(most, now, s1), before, s1);
          least = less<T>(less<T>(least, now, s1), before, s1);
          low = fluxAt<T, M>(p.c1 + at, now, s1);
          high = fluxAt<T, M>(p.c1 + at + s1, now + s1, s1);
          inflow = v128.add<T>(into<T>(low, high), inflow);
          outflow = v128.add<T>(into<T>(high, low), outflow);
        }
        if (dimensions == 3) {
          most = greater<T>(greater<T>(most, now, s0), before, s0);
          least = less<T>(less<T>(least, now, s0), before, s0);
          low = fluxAt<T, M>(p.c0 + at, now, s0);
          high = fluxAt<T, M>(p.c0 + at + s0, now + s0, s0);
          inflow = v128.add<T>(into<T>(low, high), inflow);
          outflow = v128.add<T>(into<T>(high, low), outflow);
        }
        let rise = v128.sub<T>(most, psi);
        let fall = v128.sub<T>(psi, least);
        if (p.g != 0) {
          const g = v128.load(p.g + at);
          rise = v128.mul<T>(rise, g);
          fall = v128.mul<T>(fall, g);
        }
        rise = v128.pmin<T>(whole, v128.div<T>(rise, v128.add<T>(inflow, eps)));
        fall = v128.pmin<T>(whole, v128.div<T>(fall, v128.add<T>(outflow, eps)));
        const rest = <i32>(start + rowBytes - at);
        if (rest <= 16) {
          storePart<T>(p.up + at, rise, rest);
          storePart<T>(p.down + at, fall, rest);
          break;
        }
        v128.store(p.up + at, rise);
        v128.store(p.down + at, fall);
      }
    }
  }
}

/**
 * For every cell the ratio of the rise, and of the fall, that its bounds allow to what its fluxes would bring,
 * 1 where it is greater:
 *
 *   up   = min(1, (pmax - psi) G / (sum over axes of [F_{-}]+ - [F_{+}]-  + eps))
 *   down = min(1, (psi - pmin) G / (sum over axes of [F_{+}]+ - [F_{-}]-  + eps))
 *
 * pmax, pmin: over the cell and its face neighbours, of psi at the step's start (p.start) and before this pass.
 * F: fluxes of the velocity c, which are c itself in the gauge (p.mode 1).
 *
 * Reads: psi and start with a halo of 1, c on the faces of the cells. Writes: up and down in the cells of the range.
 */
export function limiterRatios(p: Pass, first: i32, end: i32): void {
  if (p.single) {
    if (p.mode == 1) ratios<f32, Gauge>(p, first, end);
    else ratios<f32, Plain>(p, first, end);
  } else {
    if (p.mode == 1) ratios<f64, Gauge>(p, first, end);
    else ratios<f64, Plain>(p, first, end);
  }
}
