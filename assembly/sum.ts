/**
 * Exact sums of f64 values. The accumulator is one long fixed-point number of 68 limbs of 32 bits, each in an i64 so
 * that carries can wait:
 *
 *   limb 0 (2^-1074) ... limb 67        value = sum over l of limb[l] * 2^(32 l - 1074)
 *
 * A finite f64 is a 53-bit integer times 2^(e - 1074), 0 <= e <= 2045, and touches at most three limbs. Adding is
 * integer arithmetic: the result depends neither on the order nor on the number of ranks. Every limb grows by less than
 * 2^32 per value, so that 2^30 values fit between two carries. Source: Kulisch 1981; Neal 2015, "small superaccumulator".
 *
 * Most values get there in company. Next to M = 1.5 * 2^k, f64 are multiples of u = 2^(k - 52), and count them: as
 * integers the bits of M + n u are those of M plus n.
 *
 *   |x| < 2^E   k = E + 1    t = x + M      rounds x to a multiple of u; the bits of t are added up, for all x
 *                            x - (t - M)    is exact, and at most u / 2: the same again with k = E - 51
 *
 * Where nothing remains after that, as for values within a factor of 2^51 and for round ones, the sums of n u are the
 * exact ones. Source: Rump, Ogita and Oishi 2008, section 3 (the extraction).
 *
 * Values of one sign whose exponents are at most 16 apart, as most densities and temperatures are, take half of that: of
 * 1024 of them, multiples of g and below 2^17 * 2^52 g, those of
 *
 *   top = x without its last 27 bits     are multiples of 2^27 g, and add up to less than 2^79 g = 2^52 * 2^27 g
 *   x - top                              are below 2^43 g, and add up to less than 2^53 g
 *
 * so that a sum of f64 rounds neither.
 */

/** Limbs of an accumulator; behind them one i64 counts the values that are not finite. */
const limbs: i32 = 68;
const carryEvery: i32 = 1 << 29;
/** Behind that counter the least and the greatest value, f64. */
const leastAt: usize = 69 * 8;
const greatestAt: usize = 70 * 8;
/** Values that are added in company; their counts of u fit into an i64. */
const company: i32 = 1024;
/** How far apart exponents may be for values to be added as f64, and the bits of such a value that are added first. */
const mostApart: i32 = 16;
const topBits: i64 = -1 << 27;

/**
 * Adds the cells of a block to an accumulator, exactly, and takes the extremes of the cells and of all before, NaN where
 * a value is NaN:
 *
 *   sum = sum + (sum over the cells)    least = min(least, cells)    greatest = max(greatest, cells)
 *
 * `sumPtr`: 69 i64, at first 0, then the least value, at first Infinity, and the greatest, at first -Infinity, both f64.
 * The block: see field.ts. `type`: 0 f64, 1 f32, 2 i32; all values are exact as f64.
 *
 * Reads: the cells. Writes: the accumulator, with carries done.
 */
export function addFigures(
  sumPtr: usize,
  ptr: usize,
  stride0: i32,
  stride1: i32,
  n0: i32,
  n1: i32,
  n2: i32,
  type: i32,
): void {
  packFigures(0, sumPtr, ptr, stride0, stride1, n0, n1, n2, type);
}

/**
 * Does the same and copies the cells, which are in the cache then, to where they lie side by side:
 *
 *   to[(i n1 + j) n2 + k] = cell[i, j, k]
 *
 * `toPtr`: memory that the block does not overlap; 0: no copy. The other arguments: see `addFigures`.
 *
 * Reads: the cells. Writes: the copy, and the accumulator, with carries done.
 */
export function packFigures(
  toPtr: usize,
  sumPtr: usize,
  ptr: usize,
  stride0: i32,
  stride1: i32,
  n0: i32,
  n1: i32,
  n2: i32,
  type: i32,
): void {
  if (type == 1) addAll<f32>(toPtr, sumPtr, ptr, stride0, stride1, n0, n1, n2);
  else if (type == 2) addAll<i32>(toPtr, sumPtr, ptr, stride0, stride1, n0, n1, n2);
  else addAll<f64>(toPtr, sumPtr, ptr, stride0, stride1, n0, n1, n2);
}

function addAll<T>(
  toPtr: usize,
  sumPtr: usize,
  ptr: usize,
  stride0: i32,
  stride1: i32,
  n0: i32,
  n1: i32,
  n2: i32,
): void {
  let waiting = 0;
  // Until values are found that are not: their neighbours are not, either.
  let areSimilar = n2 >= 64;
  for (let i = 0; i < n0; i++) {
    for (let j = 0; j < n1; j++) {
      const row = ptr + <usize>(i * stride0) + <usize>(j * stride1);
      for (let k = 0; k < n2; k += company) {
        const at = row + <usize>k * sizeof<T>();
        const count = min(company, n2 - k);
        areSimilar = areSimilar && addSimilar<T>(sumPtr, at, count);
        if (!areSimilar) addSome<T>(sumPtr, at, count);
        if (toPtr != 0) {
          const byteLength = <usize>count * sizeof<T>();
          memory.copy(toPtr, at, byteLength);
          toPtr += byteLength;
        }
      }
      waiting += n2;
      if (waiting >= carryEvery) {
        carrySum(sumPtr);
        waiting = 0;
      }
    }
  }
  carrySum(sumPtr);
}

/** Two values that lie side by side, as f64. */
function pair<T>(ptr: usize): v128 {
  if (sizeof<T>() == 8) return v128.load(ptr);
  const two = v128.load64_zero(ptr);
  return isFloat<T>() ? f64x2.promote_low_f32x4(two) : f64x2.convert_low_i32x4_s(two);
}

/**
 * Adds up to 1024 values of one sign with similar exponents as f64, and looks for the least and the greatest. Returns false,
 * and adds nothing, where they are others.
 */
function addSimilar<T>(sumPtr: usize, ptr: usize, count: i32): bool {
  const size = sizeof<T>();
  const end = ptr + <usize>(count & ~3) * size;
  const mask = i64x2.splat(topBits);
  let low = f64x2.splat(Infinity);
  let high = f64x2.splat(-Infinity);
  let low1 = low;
  let high1 = high;
  let top = f64x2.splat(0);
  let top1 = top;
  let rest = top;
  let rest1 = top;
  for (let at = ptr; at < end; at += 4 * size) {
    const x = pair<T>(at);
    const y = pair<T>(at + 2 * size);
    low = f64x2.pmin(low, x);
    high = f64x2.pmax(high, x);
    low1 = f64x2.pmin(low1, y);
    high1 = f64x2.pmax(high1, y);
    const t = v128.and(x, mask);
    const s = v128.and(y, mask);
    top = f64x2.add(top, t);
    top1 = f64x2.add(top1, s);
    rest = f64x2.add(rest, f64x2.sub(x, t));
    rest1 = f64x2.add(rest1, f64x2.sub(y, s));
  }
  low = f64x2.pmin(low, low1);
  high = f64x2.pmax(high, high1);
  let least = min(f64x2.extract_lane(low, 0), f64x2.extract_lane(low, 1));
  let greatest = max(f64x2.extract_lane(high, 0), f64x2.extract_lane(high, 1));
  let sum = sumOfLanes(f64x2.add(top, top1));
  let restSum = sumOfLanes(f64x2.add(rest, rest1));
  for (let at = end, all = ptr + <usize>count * size; at < all; at += size) {
    const value = <f64>load<T>(at);
    const begin = reinterpret<f64>(reinterpret<i64>(value) & topBits);
    least = min(least, value);
    greatest = max(greatest, value);
    sum += begin;
    restSum += value - begin;
  }
  // A NaN is in the sum of the rests, or in the extremes.
  if (!(least > 0 || greatest < 0) || !(abs(restSum) < Infinity)) return false;
  const first = exponentOf(least);
  const last = exponentOf(greatest);
  if (abs(first - last) > mostApart || min(first, last) == 0 || max(first, last) > 2030) return false;
  add(sumPtr, reinterpret<u64>(sum));
  add(sumPtr, reinterpret<u64>(restSum));
  store<f64>(sumPtr + leastAt, min(load<f64>(sumPtr + leastAt), least));
  store<f64>(sumPtr + greatestAt, max(load<f64>(sumPtr + greatestAt), greatest));
  return true;
}

/** The exponent field of a value. */
function exponentOf(value: f64): i32 {
  return <i32>(reinterpret<u64>(value) >> 52) & 0x7ff;
}

function sumOfLanes(two: v128): f64 {
  return f64x2.extract_lane(two, 0) + f64x2.extract_lane(two, 1);
}

/**
 * Adds up to 1024 values, by fours, and looks for the least and the greatest. Not in one loop, with the exponent of the
 * values before: that took 0.9 x the time from the cache, and 1.2 x from memory.
 */
function addSome<T>(sumPtr: usize, ptr: usize, count: i32): void {
  const size = sizeof<T>();
  const end = ptr + <usize>(count & ~3) * size;
  let low = f64x2.splat(Infinity);
  let high = f64x2.splat(-Infinity);
  let low1 = low;
  let high1 = high;
  for (let at = ptr; at < end; at += 4 * size) {
    const x = pair<T>(at);
    const y = pair<T>(at + 2 * size);
    // pmin and pmax leave out NaN and take zeros of both signs for equal; min and max do not, and take twice the time.
    low = f64x2.pmin(low, x);
    high = f64x2.pmax(high, x);
    low1 = f64x2.pmin(low1, y);
    high1 = f64x2.pmax(high1, y);
  }
  low = f64x2.min(low, low1);
  high = f64x2.max(high, high1);
  let least = min(f64x2.extract_lane(low, 0), f64x2.extract_lane(low, 1));
  let greatest = max(f64x2.extract_lane(high, 0), f64x2.extract_lane(high, 1));
  // The least of values from 0 on is -0 where there is one; the greatest of those up to 0 is 0 where there is one.
  if (least == 0) least = isSigned<T>(ptr, end, false) ? -0.0 : 0.0;
  if (greatest == 0) greatest = isSigned<T>(ptr, end, true) ? -0.0 : 0.0;
  const bits = reinterpret<u64>(max(abs(least), abs(greatest)));
  const exponent = <i32>(bits >> 52);
  let rest = ptr;
  // M has to be an f64, and so have to be the last bits. Without fours the exponent is that of infinity. A NaN among the
  // values makes addCounts leave all of them to the loop below, and is no 0.
  if (
    bits == 0 ? areZeros<T>(ptr, end) : exponent > 60 && exponent < 2040 && addCounts<T>(sumPtr, ptr, end, exponent)
  ) {
    rest = end;
  }
  for (const all = ptr + <usize>count * size; rest < all; rest += size) {
    const value = <f64>load<T>(rest);
    add(sumPtr, reinterpret<u64>(value));
    least = min(least, value);
    greatest = max(greatest, value);
  }
  store<f64>(sumPtr + leastAt, min(load<f64>(sumPtr + leastAt), least));
  store<f64>(sumPtr + greatestAt, max(load<f64>(sumPtr + greatestAt), greatest));
}

/** Whether all values are 0: the extremes of others are not, or they are NaN. */
function areZeros<T>(ptr: usize, end: usize): bool {
  let others = i64x2.splat(0);
  for (let at = ptr; at < end; at += 2 * sizeof<T>()) others = v128.or(others, f64x2.ne(pair<T>(at), f64x2.splat(0)));
  return !v128.any_true(others);
}

/** Whether one of the values, or every one, has the sign -. */
function isSigned<T>(ptr: usize, end: usize, every: bool): bool {
  let some = i64x2.splat(0);
  let all = i64x2.splat(-1);
  for (let at = ptr; at < end; at += 2 * sizeof<T>()) {
    const x = pair<T>(at);
    some = v128.or(some, x);
    all = v128.and(all, x);
  }
  if (every) return (i64x2.extract_lane(all, 0) & i64x2.extract_lane(all, 1)) < 0;
  return (i64x2.extract_lane(some, 0) | i64x2.extract_lane(some, 1)) < 0;
}

/** Adds values below 2^(exponent - 1022), by fours. Returns false, and adds nothing, where a bit would be left over. */
function addCounts<T>(sumPtr: usize, ptr: usize, end: usize, exponent: i32): bool {
  const size = sizeof<T>();
  const first = magnet(exponent + 2);
  const second = magnet(exponent - 50);
  const m1 = f64x2.splat(reinterpret<f64>(first));
  const m2 = f64x2.splat(reinterpret<f64>(second));
  let sum1 = i64x2.splat(0);
  let sum2 = sum1;
  let sum3 = sum1;
  let sum4 = sum1;
  let left = sum1;
  for (let at = ptr; at < end; at += 4 * size) {
    let x = pair<T>(at);
    let y = pair<T>(at + 2 * size);
    let t = f64x2.add(x, m1);
    let s = f64x2.add(y, m1);
    sum1 = i64x2.add(sum1, t);
    sum2 = i64x2.add(sum2, s);
    x = f64x2.sub(x, f64x2.sub(t, m1));
    y = f64x2.sub(y, f64x2.sub(s, m1));
    t = f64x2.add(x, m2);
    s = f64x2.add(y, m2);
    sum3 = i64x2.add(sum3, t);
    sum4 = i64x2.add(sum4, s);
    left = v128.or(left, f64x2.ne(x, f64x2.sub(t, m2)));
    left = v128.or(left, f64x2.ne(y, f64x2.sub(s, m2)));
  }
  if (v128.any_true(left)) return false;
  const count = <u64>((end - ptr) / size);
  addScaledCount(sumPtr, lanes(i64x2.add(sum1, sum2)) - <i64>(count * first), exponent + 1);
  addScaledCount(sumPtr, lanes(i64x2.add(sum3, sum4)) - <i64>(count * second), exponent - 51);
  return true;
}

/** The bits of 1.5 * 2^k, of the exponent field k + 1023. */
function magnet(field: i32): u64 {
  return ((<u64>field) << 52) | (1 << 51);
}

function lanes(two: v128): i64 {
  return i64x2.extract_lane(two, 0) + i64x2.extract_lane(two, 1);
}

/** Adds `count * 2^(shift - 1074)`. */
function addScaledCount(sumPtr: usize, count: i64, shift: i32): void {
  const sign = count >> 63;
  addShifted(sumPtr, <u64>((count ^ sign) - sign), shift, sign);
}

/** Adds one value, given by its bits. */
function add(sumPtr: usize, bits: u64): void {
  const exponent = <i32>(bits >> 52) & 0x7ff;
  let mantissa = bits & 0x000fffffffffffff;
  if (exponent == 0x7ff) {
    const counter = sumPtr + ((<usize>limbs) << 3);
    store<i64>(counter, load<i64>(counter) + 1);
    return;
  }
  let shift = 0;
  if (exponent != 0) {
    mantissa |= 0x0010000000000000;
    shift = exponent - 1;
  }
  addShifted(sumPtr, mantissa, shift, <i64>bits >> 63);
}

/** Adds `mantissa * 2^(shift - 1074)`, or subtracts it where `sign` is -1. */
function addShifted(sumPtr: usize, mantissa: u64, shift: i32, sign: i64): void {
  const limb = sumPtr + ((<usize>(shift >> 5)) << 3);
  const within = <u64>(shift & 31);
  const low = mantissa << within;
  // The bits that the shift pushes out; shifting by 64 - 0 would shift by nothing, hence in two steps.
  const high = (mantissa >> (63 - within)) >> 1;
  addLimb(limb, low & 0xffffffff, sign);
  addLimb(limb + 8, low >> 32, sign);
  addLimb(limb + 16, high, sign);
}

/** Adds `value`, or subtracts it where `sign` is -1. */
function addLimb(limb: usize, value: u64, sign: i64): void {
  store<i64>(limb, load<i64>(limb) + ((<i64>value ^ sign) - sign));
}

/**
 * Carries, so that every limb but the last lies in 0 to 2^32 - 1; the last holds the sign. The value stays:
 *
 *   limb[l + 1] = limb[l + 1] + floor(limb[l] / 2^32)    limb[l] = limb[l] mod 2^32    for l = 0 .. 66
 *
 * Reads / writes: the limbs 0 .. 67 at `sumPtr`.
 */
export function carrySum(sumPtr: usize): void {
  let carry: i64 = 0;
  for (let l = 0; l < limbs - 1; l++) {
    const limb = sumPtr + ((<usize>l) << 3);
    const value = load<i64>(limb) + carry;
    store<i64>(limb, value & 0xffffffff);
    carry = value >> 32;
  }
  const last = sumPtr + ((<usize>(limbs - 1)) << 3);
  store<i64>(last, load<i64>(last) + carry);
}
