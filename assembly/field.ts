/**
 * Kernels on blocks of cells. A block has up to three axes; missing ones come first and have one cell:
 *
 *   1D  (1, 1, nx)      2D  (1, nx, ny)      3D  (nx, ny, nz)
 *
 * A cell (i, j, k) lies at `ptr + i * stride0 + j * stride1 + k * size`, with strides in bytes and `ptr` the address of
 * the first interior cell; halo cells have negative indices or indices from n on. `size` is the length of an element
 * [byte]; `type` is the type of the elements: 0 f64, 1 f32, 2 i32.
 *
 * "The cells" below are those of the box: 0 <= i < n0, 0 <= j < n1, 0 <= k < n2. No kernel reads or writes beyond them.
 */
const single = 1;
const integer = 2;

/**
 * Copies a box of rows, to pack, unpack and copy halos; strides of 0 repeat a row or a plane of the source:
 *
 *   to[i, j, :] = from[i, j, :]
 *
 * `byteLength`: of a row [byte]. The two boxes must not overlap.
 *
 * Reads: the rows i < n0, j < n1 of `from`. Writes: the same rows of `to`.
 */
export function copyBox(
  toPtr: usize,
  toStride0: i32,
  toStride1: i32,
  fromPtr: usize,
  fromStride0: i32,
  fromStride1: i32,
  n0: i32,
  n1: i32,
  byteLength: i32,
): void {
  for (let i = 0; i < n0; i++) {
    let to = toPtr + <usize>(i * toStride0);
    let from = fromPtr + <usize>(i * fromStride0);
    if (byteLength == 4) {
      for (let j = 0; j < n1; j++) {
        store<u32>(to, load<u32>(from));
        to += <usize>toStride1;
        from += <usize>fromStride1;
      }
    } else if (byteLength == 8) {
      for (let j = 0; j < n1; j++) {
        store<u64>(to, load<u64>(from));
        to += <usize>toStride1;
        from += <usize>fromStride1;
      }
    } else if (byteLength == 16) {
      for (let j = 0; j < n1; j++) {
        v128.store(to, v128.load(from));
        to += <usize>toStride1;
        from += <usize>fromStride1;
      }
    } else {
      for (let j = 0; j < n1; j++) {
        memory.copy(to, from, byteLength);
        to += <usize>toStride1;
        from += <usize>fromStride1;
      }
    }
  }
}

/**
 * Sets the cells to one number:
 *
 *   cell = value
 *
 * `value` [unit of the cells]: rounded to f32 where the cells are f32; for i32 a whole number in the range of i32.
 *
 * Reads: nothing. Writes: the cells.
 */
export function fillBox(
  ptr: usize,
  stride0: i32,
  stride1: i32,
  n0: i32,
  n1: i32,
  n2: i32,
  value: f64,
  type: i32,
): void {
  if (type == single) fill<f32>(ptr, stride0, stride1, n0, n1, n2, <f32>value);
  else if (type == integer) fill<i32>(ptr, stride0, stride1, n0, n1, n2, <i32>value);
  else fill<f64>(ptr, stride0, stride1, n0, n1, n2, value);
}

function fill<T>(ptr: usize, stride0: i32, stride1: i32, n0: i32, n1: i32, n2: i32, value: T): void {
  for (let i = 0; i < n0; i++) {
    for (let j = 0; j < n1; j++) {
      const row = ptr + <usize>(i * stride0) + <usize>(j * stride1);
      for (let k = 0; k < n2; k++) store<T>(row + <usize>k * sizeof<T>(), value);
    }
  }
}

/**
 * Adds a multiple of other cells to the cells, in the arithmetic of their type, f64 or f32:
 *
 *   to = to + factor * from
 *
 * `factor` [unit of to over unit of from]: rounded to f32 where the cells are f32. Both boxes have the same strides.
 *
 * Reads: the cells of `to` and `from`. Writes: the cells of `to`.
 */
export function addScaled(
  to: usize,
  stride0: i32,
  stride1: i32,
  n0: i32,
  n1: i32,
  n2: i32,
  from: usize,
  factor: f64,
  type: i32,
): void {
  if (type == single) addTo<f32>(to, stride0, stride1, n0, n1, n2, from, <f32>factor);
  else addTo<f64>(to, stride0, stride1, n0, n1, n2, from, factor);
}

function addTo<T>(to: usize, stride0: i32, stride1: i32, n0: i32, n1: i32, n2: i32, from: usize, factor: T): void {
  for (let i = 0; i < n0; i++) {
    for (let j = 0; j < n1; j++) {
      const row = <usize>(i * stride0) + <usize>(j * stride1);
      for (let k = 0; k < n2; k++) {
        const at = row + <usize>k * sizeof<T>();
        store<T>(to + at, load<T>(to + at) + factor * load<T>(from + at));
      }
    }
  }
}

/**
 * The least value of the cells, Infinity where there are none, NaN where a value is NaN. The result does not depend on
 * the order of the cells.
 *
 * Reads: the cells. Writes: nothing.
 */
export function minimum(ptr: usize, stride0: i32, stride1: i32, n0: i32, n1: i32, n2: i32, type: i32): f64 {
  if (type == single) return least<f32>(ptr, stride0, stride1, n0, n1, n2);
  if (type == integer) return least<i32>(ptr, stride0, stride1, n0, n1, n2);
  return least<f64>(ptr, stride0, stride1, n0, n1, n2);
}

function least<T>(ptr: usize, stride0: i32, stride1: i32, n0: i32, n1: i32, n2: i32): f64 {
  let value = Infinity;
  for (let i = 0; i < n0; i++) {
    for (let j = 0; j < n1; j++) {
      const row = ptr + <usize>(i * stride0) + <usize>(j * stride1);
      for (let k = 0; k < n2; k++) value = min(value, <f64>load<T>(row + <usize>k * sizeof<T>()));
    }
  }
  return value;
}

/**
 * The greatest value of the cells, -Infinity where there are none, NaN where a value is NaN.
 *
 * Reads: the cells. Writes: nothing.
 */
export function maximum(ptr: usize, stride0: i32, stride1: i32, n0: i32, n1: i32, n2: i32, type: i32): f64 {
  if (type == single) return greatest<f32>(ptr, stride0, stride1, n0, n1, n2);
  if (type == integer) return greatest<i32>(ptr, stride0, stride1, n0, n1, n2);
  return greatest<f64>(ptr, stride0, stride1, n0, n1, n2);
}

function greatest<T>(ptr: usize, stride0: i32, stride1: i32, n0: i32, n1: i32, n2: i32): f64 {
  let value = -Infinity;
  for (let i = 0; i < n0; i++) {
    for (let j = 0; j < n1; j++) {
      const row = ptr + <usize>(i * stride0) + <usize>(j * stride1);
      for (let k = 0; k < n2; k++) value = max(value, <f64>load<T>(row + <usize>k * sizeof<T>()));
    }
  }
  return value;
}

/** A bijective mixing of 64 bits (the finaliser of SplitMix64; Steele, Lea and Flood 2014). */
function mix(x: u64): u64 {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/**
 * A hash of the places and the bits of all values; the hashes of blocks add up to that of the whole field, however the
 * field is split:
 *
 *   sum over the cells of mix(bits + mix(index + 0x9e3779b97f4a7c15))   modulo 2^64
 *   index = ((start0 + i) total1 + start1 + j) total2 + start2 + k
 *
 * `start0..2`: global indices of the first cell of the block; `total1`, `total2`: global counts of axes 1 and 2.
 *
 * Reads: the cells. Writes: nothing.
 */
export function digest(
  ptr: usize,
  stride0: i32,
  stride1: i32,
  n0: i32,
  n1: i32,
  n2: i32,
  start0: i32,
  start1: i32,
  start2: i32,
  total1: i32,
  total2: i32,
  type: i32,
): u64 {
  const size: usize = type == 0 ? 8 : 4;
  let sum: u64 = 0;
  for (let i = 0; i < n0; i++) {
    for (let j = 0; j < n1; j++) {
      const row = ptr + <usize>(i * stride0) + <usize>(j * stride1);
      let index = (<u64>(start0 + i) * total1 + <u64>(start1 + j)) * total2 + start2;
      for (let k = 0; k < n2; k++) {
        const at = row + <usize>k * size;
        const bits = size == 8 ? load<u64>(at) : <u64>load<u32>(at);
        sum += mix(bits + mix(index + 0x9e3779b97f4a7c15));
        index++;
      }
    }
  }
  return sum;
}
