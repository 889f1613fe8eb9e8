/** The greatest Courant number and divergence of a flow. */
import { Pass } from "./pass";
import { No, Yes } from "./switches";


/**
 * The greatest outflow of a cell of the range, its Courant number, NaN where one is NaN:
 *
 *   max over cells of  (sum over axes of [C_{+}]+ - [C_{-}]-) / G            [1]
 *
 * Reads: c on the lower and upper faces of the cells, G in the cells. Writes: nothing. Halo: none but the faces n.
 */
export function courantNumber(p: Pass, first: i32, end: i32): f64 {
  return p.single ? greatest<f32, Yes>(p, first, end) : greatest<f64, Yes>(p, first, end);
}

/**
 * The greatest divergence of a cell of the range, without its sign, NaN where one is NaN:
 *
 *   max over cells of  |sum over axes of C_{+} - C_{-}| / G                  [1]
 *
 * Reads: c on the lower and upper faces of the cells, G in the cells. Writes: nothing. Halo: none but the faces n.
 */
export function greatestDivergence(p: Pass, first: i32, end: i32): f64 {
  return p.single ? greatest<f32, No>(p, first, end) : greatest<f64, No>(p, first, end);
}

/** The greatest sum over the axes of `part` of the faces of a cell, over G and without its sign. */
function greatest<T, Out>(p: Pass, first: i32, end: i32): f64 {
  const size = sizeof<T>();
  const dimensions = p.dimensions;
  const s0 = <usize>p.stride0, s1 = <usize>p.stride1;
  const high0 = p.high0(end), high1 = p.high1(end), high2 = p.high2(end);
  let most: f64 = 0;
  for (let i = p.low0(first); i < high0; i++) {
    for (let j = p.low1(first); j < high1; j++) {
      for (let k = p.low2(first); k < high2; k++) {
        const at = <usize>i * s0 + <usize>j * s1 + <usize>k * size;
        let total: f64 = 0;
        if (dimensions == 3) total += part<T, Out>(p.c0 + at, s0);
        if (dimensions >= 2) total += part<T, Out>(p.c1 + at, s1);
        total += part<T, Out>(p.c2 + at, size);
        most = max(most, abs(p.g == 0 ? total : total / <f64>load<T>(p.g + at)));
      }
    }
  }
  return most;
}

/** Of one axis `[C_{+}]+ - [C_{-}]-` where `Out`, else `C_{+} - C_{-}`. */
function part<T, Out>(c: usize, s: usize): f64 {
  const low = <f64>load<T>(c);
  const high = <f64>load<T>(c + s);
  return sizeof<Out>() == 2 ? max(high, 0) - min(low, 0) : high - low;
}
