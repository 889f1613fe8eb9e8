/** The donor cell on a row of cells of two axes. Layout and vectors: see pass.ts. */
import { highest, shifted, storePart } from "./pass";

// The two vectors of a turn.
type First = u8;
type Second = u16;

/** Bytes of a vector from where a turn begins: added to addresses as a constant, which takes no instruction. */
@inline
function offset<K>(): usize {
  return sizeof<K>() == 2 ? 16 : 0;
}

/** `[v]+ psi_L + [v]- psi_R` */
@inline
function upwind<T>(v: v128, left: v128, right: v128): v128 {
  const zero = v128.splat<T>(0);
  return v128.add<T>(v128.mul<T>(v128.pmax<T>(v, zero), left), v128.mul<T>(v128.pmin<T>(v, zero), right));
}

/** Fluxes through the upper faces within the row. */
@inline
function upperOf<T, U, K>(k: usize, now: v128, psi: usize, c2: usize, u2: v128): v128 {
  const velocity = sizeof<U>() == 2 ? u2 : v128.load(c2 + k, offset<K>() + sizeof<T>());
  return upwind<T>(velocity, now, v128.load(psi + k, offset<K>() + sizeof<T>()));
}

/** New values of cells, from what flows within the row. */
@inline
function valueOf<T, U, G, K>(
  k: usize, now: v128, within: v128, psiHigh: usize, c1: usize, f1: usize, g: usize, u1: v128,
): v128 {
  const velocity = sizeof<U>() == 2 ? u1 : v128.load(c1 + k, offset<K>());
  const upper = upwind<T>(velocity, now, v128.load(psiHigh + k, offset<K>()));
  const earlier = v128.sub<T>(upper, v128.load(f1 + k, offset<K>()));
  v128.store(f1 + k, upper, offset<K>());
  let change = v128.add<T>(earlier, within);
  if (sizeof<G>() == 2) change = v128.div<T>(change, v128.load(g + k, offset<K>()));
  return v128.sub<T>(now, change);
}

/**
 * Writes n bytes of a row of cells: psi less what leaves. psiHigh: of the next row; c2: C on lower faces within the row, c1: on
 * faces between it and the next one, for which u2 and u1 stand if U says so; f1: fluxes between it and the row before, which
 * become those between it and the next one.
 *
 * With two vectors a turn 256 x 256 cells take 0.95 ns each, with one 1.06.
 */
export function donorRow<T, U, G>(
  out: usize, n: usize, psi: usize, psiHigh: usize, c2: usize, c1: usize, f1: usize, g: usize, uniform1: f64, uniform2: f64,
): void {
  const size = sizeof<T>();
  const u1 = v128.splat<T>(<T>uniform1), u2 = v128.splat<T>(<T>uniform2);
  // Face 0 into the last element, as if it came from a vector before the first.
  let before = highest<T>(upperOf<T, U, First>(0, v128.load(psi - size), psi - size, c2 - size, u2));
  let k: usize = 0;
  for (; k + 32 <= n; k += 32) {
    const now = v128.load(psi + k), later = v128.load(psi + k, 16);
    const upper = upperOf<T, U, First>(k, now, psi, c2, u2);
    const within = v128.sub<T>(upper, shifted<T>(before, upper));
    v128.store(out + k, valueOf<T, U, G, First>(k, now, within, psiHigh, c1, f1, g, u1));
    before = upperOf<T, U, Second>(k, later, psi, c2, u2);
    const beside = v128.sub<T>(before, shifted<T>(upper, before));
    v128.store(out + k, valueOf<T, U, G, Second>(k, later, beside, psiHigh, c1, f1, g, u1), 16);
  }
  for (; k < n; k += 16) {
    const now = v128.load(psi + k);
    const upper = upperOf<T, U, First>(k, now, psi, c2, u2);
    const within = v128.sub<T>(upper, shifted<T>(before, upper));
    storePart<T>(out + k, valueOf<T, U, G, First>(k, now, within, psiHigh, c1, f1, g, u1), <i32>(n - k));
    before = upper;
  }
}
