/**
 * Kernels for the halo cells beyond walls. A box is one layer of cells along the wall, laid out as in field.ts: `ptr` is
 * the address of its first cell, strides are in bytes. `type`: 0 f64, 1 f32, 2 i32.
 */
const single = 1;
const integer = 2;

/** Forms of a linear wall. */
const negated = 0;
const twoTerms = 1;

/**
 * Sets a layer to a linear function of two others:
 *
 *   form 0   to = -near, the sign bit changed and nothing else
 *   form 1   to = a + b near
 *   form 2   to = (a + b near) + c far
 *
 * a = -0 and b = 1 change no bit of a number, and so leave their term out.
 *
 * `near`, `far`: distance of the two layers from the box [byte]; 0 is the box itself. `aPtr`, `bPtr`, `cPtr`:
 * coefficients, of the type of the cells; `aStep`, `bStep`, `cStep`: from one cell's to the next cell's [byte], 0 for one
 * number, the size of an element for one value a cell of the box in C order.
 *
 * Reads: the layers at `near` and, in form 2, at `far`; the coefficients of the form. Writes: the cells of the box.
 */
export function linearWall(
  ptr: usize,
  stride0: i32,
  stride1: i32,
  n0: i32,
  n1: i32,
  n2: i32,
  near: i32,
  far: i32,
  aPtr: usize,
  aStep: i32,
  bPtr: usize,
  bStep: i32,
  cPtr: usize,
  cStep: i32,
  form: i32,
  type: i32,
): void {
  if (type == single) {
    linear<f32>(ptr, stride0, stride1, n0, n1, n2, near, far, aPtr, aStep, bPtr, bStep, cPtr, cStep, form);
  } else if (type == integer) {
    linear<i32>(ptr, stride0, stride1, n0, n1, n2, near, far, aPtr, aStep, bPtr, bStep, cPtr, cStep, form);
  } else {
    linear<f64>(ptr, stride0, stride1, n0, n1, n2, near, far, aPtr, aStep, bPtr, bStep, cPtr, cStep, form);
  }
}

function linear<T>(
  ptr: usize,
  stride0: i32,
  stride1: i32,
  n0: i32,
  n1: i32,
  n2: i32,
  near: usize,
  far: usize,
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  c: usize,
  cStep: usize,
  form: i32,
): void {
  // A layer across the last axis has one cell a row: its cells are taken along the second axis.
  const isColumn = n2 == 1;
  const rows = isColumn ? 1 : n1;
  const count = isColumn ? n1 : n2;
  const step: usize = isColumn ? <usize>stride1 : sizeof<T>();
  for (let i = 0; i < n0; i++) {
    for (let j = 0; j < rows; j++) {
      let at = ptr + <usize>(i * stride0) + <usize>(j * stride1);
      if (form == negated) {
        for (let k = 0; k < count; k++) {
          store<T>(at, -load<T>(at + near));
          at += step;
        }
      } else if (form == twoTerms) {
        for (let k = 0; k < count; k++) {
          store<T>(at, load<T>(a) + load<T>(b) * load<T>(at + near));
          at += step;
          a += aStep;
          b += bStep;
        }
      } else {
        for (let k = 0; k < count; k++) {
          store<T>(at, load<T>(a) + load<T>(b) * load<T>(at + near) + load<T>(c) * load<T>(at + far));
          at += step;
          a += aStep;
          b += bStep;
          c += cStep;
        }
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
 * The box is that of the cells 0. `inward`: distance of the cells 1 from the cells 0 [byte], negative at an upper wall.
 * `threshold` [unit of psi]. `type`: 0 f64 or 1 f32.
 *
 * Reads: the cells 0, 1 and 2. Writes: the cells -layers .. -1.
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
