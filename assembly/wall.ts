/**
 * Kernels for the halo cells beyond walls. A box is one layer of cells along the wall, see field.ts: `ptr` its first
 * cell, strides in bytes. `type`: 0 f64, 1 f32.
 */
const single = 1;

/** `cell = -cell` for all cells of a box. */
export function negateBox(ptr: usize, stride0: i32, stride1: i32, n0: i32, n1: i32, n2: i32, type: i32): void {
  if (type == single) negate<f32>(ptr, stride0, stride1, n0, n1, n2);
  else negate<f64>(ptr, stride0, stride1, n0, n1, n2);
}

function negate<T>(ptr: usize, stride0: i32, stride1: i32, n0: i32, n1: i32, n2: i32): void {
  for (let i = 0; i < n0; i++) {
    for (let j = 0; j < n1; j++) {
      const row = ptr + <usize>(i * stride0) + <usize>(j * stride1);
      for (let k = 0; k < n2; k++) {
        const at = row + <usize>k * sizeof<T>();
        store<T>(at, -load<T>(at));
      }
    }
  }
}

/**
 * Continues a profile beyond a wall as a geometric series, never below 0; cell 0 lies at the wall, inwards are 1, 2:
 *
 *   psi[-h] = max(psi[-h+1] - r (psi[-h+2] - psi[-h+1]), 0),  h = 1 .. layers
 *   r = (psi[1] - psi[0]) / (psi[2] - psi[1]), 0 where the denominator is at most `threshold` in magnitude
 *
 * The box is that of the cells 0; `inward` is the distance of the cells 1 from it [byte], negative at an upper wall.
 */
export function extrapolate(
  ptr: usize,
  stride0: i32,
  stride1: i32,
  n0: i32,
  n1: i32,
  n2: i32,
  inward: i32,
  layers: i32,
  threshold: f64,
  type: i32,
): void {
  if (type == single) series<f32>(ptr, stride0, stride1, n0, n1, n2, inward, layers, <f32>threshold);
  else series<f64>(ptr, stride0, stride1, n0, n1, n2, inward, layers, threshold);
}

function series<T>(
  ptr: usize,
  stride0: i32,
  stride1: i32,
  n0: i32,
  n1: i32,
  n2: i32,
  inward: i32,
  layers: i32,
  threshold: T,
): void {
  const step = <usize>inward;
  for (let i = 0; i < n0; i++) {
    for (let j = 0; j < n1; j++) {
      const row = ptr + <usize>(i * stride0) + <usize>(j * stride1);
      for (let k = 0; k < n2; k++) {
        let at = row + <usize>k * sizeof<T>();
        let inner = load<T>(at + step);
        let edge = load<T>(at);
        const last = load<T>(at + 2 * step) - inner;
        const ratio = abs<T>(last) <= threshold ? <T>0 : (inner - edge) / last;
        for (let layer = 0; layer < layers; layer++) {
          const beyond = max<T>(edge - ratio * (inner - edge), 0);
          at -= step;
          store<T>(at, beyond);
          inner = edge;
          edge = beyond;
        }
      }
    }
  }
}
