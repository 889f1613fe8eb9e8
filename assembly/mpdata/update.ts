/**
 * Fluxes that the limiter has cut, and the update of cells from them. Layout, ranges and vectors: see pass.ts; what the ratios are:
 * limiter.ts.
 */
import { highest, Pass, shifted, storePart, stripBytes } from "./pass";
import { D1, D2, D3, Gauge, Perhaps, Plain, Variable } from "./switches";

/** `[v]+ psi_L + [v]- psi_R`, in the gauge v itself. */
@inline
export function upwind<T, M>(v: v128, left: v128, right: v128): v128 {
  if (sizeof<M>() == 2) return v;
  const zero = v128.splat<T>(0);
  return v128.add<T>(v128.mul<T>(v128.pmax<T>(v, zero), left), v128.mul<T>(v128.pmin<T>(v, zero), right));
}

/** The part of v above 0. */
@inline
export function above<T>(v: v128): v128 {
  return v128.pmax<T>(v, v128.splat<T>(0));
}

/** The part of v below 0. */
@inline
export function below<T>(v: v128): v128 {
  return v128.pmin<T>(v, v128.splat<T>(0));
}

/** The flux of the limited velocity between the cells L and R, whose ratios are at most 1. */
@inline
function limitedFlux<T, M>(v: v128, upL: v128, downL: v128, upR: v128, downR: v128, left: v128, right: v128): v128 {
  const zero = v128.splat<T>(0);
  let forward = v128.pmin<T>(downL, upR), backward = v128.pmin<T>(upL, downR);
  if (sizeof<M>() == 4) {
    // Where the upwind psi is not positive, what leaves it lets it rise.
    const swapped = forward;
    forward = v128.bitselect(forward, backward, v128.gt<T>(left, zero));
    backward = v128.bitselect(backward, swapped, v128.gt<T>(right, zero));
  }
  const ahead = v128.mul<T>(above<T>(v), forward), back = v128.mul<T>(below<T>(v), backward);
  const limited = v128.add<T>(ahead, back);
  // Ratios are not negative, so that `ahead` is the part above 0. `back` is not the part below it where v is limited to -0.
  if (sizeof<M>() == 1) return v128.add<T>(v128.mul<T>(ahead, left), v128.mul<T>(below<T>(limited), right));
  return upwind<T, M>(limited, left, right);
}

/** Limited fluxes through n bytes of the faces between the row of `r` and that of `l`, whose ratios end with L. */
export function limitedBetween<T, M>(
  f: usize, n: usize, v: usize, r: usize, l: usize, upL: usize, downL: usize, upR: usize, downR: usize,
): void {
  for (let k: usize = 0; k < n; k += 16) {
    v128.store(
      f + k,
      limitedFlux<T, M>(
        v128.load(v + k), v128.load(upL + k), v128.load(downL + k), v128.load(upR + k), v128.load(downR + k),
        v128.load(l + k), v128.load(r + k),
      ),
    );
  }
}

/**
 * Writes n bytes of a row of cells: psi less what leaves with the limited fluxes. `v2`: velocities on lower faces within the
 * row; `psi1`, `v1`, `up1`, `down1`: of the next row along axis 1, and of the faces before it; `f1`: limited fluxes between the row
 * and the one before, which become those between it and the next one. Those that end with 0: alike, along axis 0. G: whether there
 * is a G factor; Perhaps: where `g` is not 0.
 */
export function update<T, D, M, G>(
  out: usize, n: usize, psi: usize, v2: usize, up: usize, down: usize, g: usize,
  psi1: usize, v1: usize, f1: usize, up1: usize, down1: usize,
  psi0: usize, v0: usize, f0: usize, up0: usize, down0: usize,
): void {
  const size = sizeof<T>();
  let before = highest<T>(
    limitedFlux<T, M>(
      v128.load(v2), v128.load(up - size), v128.load(down - size), v128.load(up), v128.load(down),
      v128.load(psi - size), v128.load(psi),
    ),
  );
  for (let k: usize = 0; ; k += 16) {
    const now = v128.load(psi + k), rise = v128.load(up + k), fall = v128.load(down + k);
    const upper2 = limitedFlux<T, M>(
      v128.load(v2 + k, size), rise, fall, v128.load(up + k, size), v128.load(down + k, size),
      now, v128.load(psi + k, size),
    );
    let change = v128.sub<T>(upper2, shifted<T>(before, upper2));
    before = upper2;
    if (sizeof<D>() >= 2) {
      const upper1 = limitedFlux<T, M>(
        v128.load(v1 + k), rise, fall, v128.load(up1 + k), v128.load(down1 + k), now, v128.load(psi1 + k),
      );
      let earlier = v128.sub<T>(upper1, v128.load(f1 + k));
      v128.store(f1 + k, upper1);
      if (sizeof<D>() == 4) {
        const upper0 = limitedFlux<T, M>(
          v128.load(v0 + k), rise, fall, v128.load(up0 + k), v128.load(down0 + k), now, v128.load(psi0 + k),
        );
        earlier = v128.add<T>(v128.sub<T>(upper0, v128.load(f0 + k)), earlier);
        v128.store(f0 + k, upper0);
      }
      change = v128.add<T>(earlier, change);
    }
    if (sizeof<G>() == 2 || (sizeof<G>() == 4 && g != 0)) change = v128.div<T>(change, v128.load(g + k));
    const result = v128.sub<T>(now, change);
    if (k + 16 >= n) return storePart<T>(out + k, result, <i32>(n - k));
    v128.store(out + k, result);
  }
}

/**
 * The end of a corrective pass, in one sweep:
 *
 *   C'lim = [C']+ min(down_L, up_R) + [C']- min(up_L, down_R)
 *   out   = psi - (sum over axes 0, 1, 2 of F_{+} - F_{-}) / G
 *
 * F: upwind fluxes of C'lim, in the gauge (p.mode 1) C'lim itself. p.mode 2 (variable sign) swaps the ratios by the sign of psi.
 *
 * Reads: the velocity c on the faces 0..n; psi, up and down, which are at most 1, with a halo of 1; G. Writes: out in the cells of
 * the range; the room for fluxes.
 */
export function limitedUpdate(p: Pass, first: i32, end: i32): void {
  if (first >= end) return;
  if (p.single) byMode<f32>(p, first, end);
  else byMode<f64>(p, first, end);
}

function byMode<T>(p: Pass, first: i32, end: i32): void {
  if (p.mode == 0) byAxes<T, Plain>(p, first, end);
  else if (p.mode == 1) byAxes<T, Gauge>(p, first, end);
  else byAxes<T, Variable>(p, first, end);
}

function byAxes<T, M>(p: Pass, first: i32, end: i32): void {
  if (p.dimensions == 1) rows<T, D1, M>(p, first, end);
  else if (p.dimensions == 2) rows<T, D2, M>(p, first, end);
  else rows<T, D3, M>(p, first, end);
}

function rows<T, D, M>(p: Pass, first: i32, end: i32): void {
  const size = sizeof<T>();
  const low0 = p.low0(first), high0 = p.high0(end), low1 = p.low1(first), high1 = p.high1(end);
  const s0 = <usize>p.stride0, s1 = <usize>p.stride1;
  const k0 = <usize>p.low2(first) * size, n = <usize>p.high2(end) * size - k0;
  const psi = p.psi, up = p.up, down = p.down, c0 = p.c0, c1 = p.c1, g = p.g;
  const room = <usize>(p.n2 + 4) * size, f1 = p.flux, lower0 = f1 + room;
  // On 3 axes strips of rows, of which the planes that a turn reads and the fluxes stay in the cache.
  const strip = sizeof<D>() == 4 ? max(8, <i32>(stripBytes / (11 * room))) : high1;
  for (let from = low1; from < high1; from += strip) {
    const to = min(from + strip, high1);
    if (sizeof<D>() == 4) {
      for (let j = from; j < to; j++) {
        const at = <usize>low0 * s0 + <usize>j * s1 + k0;
        between<T, M>(lower0 + <usize>j * room, n, c0 + at, psi + at, up + at, down + at, s0);
      }
    }
    for (let i = low0; i < high0; i++) {
      let at = <usize>i * s0 + <usize>from * s1 + k0;
      if (sizeof<D>() >= 2) between<T, M>(f1, n, c1 + at, psi + at, up + at, down + at, s1);
      for (let j = from; j < to; j++) {
        const next = at + s1, over = at + s0;
        update<T, D, M, Perhaps>(
          p.out + at, n, psi + at, p.c2 + at, up + at, down + at, g ? g + at : 0,
          psi + next, c1 + next, f1, up + next, down + next,
          psi + over, c0 + over, lower0 + <usize>j * room, up + over, down + over,
        );
        at = next;
      }
    }
  }
}

/** Limited fluxes through n bytes of the faces between the row of R and the one s before it. */
@inline
function between<T, M>(f: usize, n: usize, v: usize, r: usize, up: usize, down: usize, s: usize): void {
  limitedBetween<T, M>(f, n, v, r, r - s, up - s, down - s, up, down);
}
