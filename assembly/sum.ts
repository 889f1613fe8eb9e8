/**
 * Exact sums of f64 values. The accumulator is one long fixed-point number of 68 limbs of 32 bits, each in an i64 so
 * that carries can wait:
 *
 *   limb 0 (2^-1074) ... limb 67        value = sum over l of limb[l] * 2^(32 l - 1074)
 *
 * A finite f64 is a 53-bit integer times 2^(e - 1074), 0 <= e <= 2045, and touches at most three limbs. Adding is
 * integer arithmetic: the result depends neither on the order nor on the number of ranks. Every limb grows by less than
 * 2^32 per value, so that 2^30 values fit between two carries. Source: Kulisch 1981; Neal 2015, "small superaccumulator".
 */

/** Limbs of an accumulator; behind them one i64 counts the values that are not finite. */
const limbs: i32 = 68;
const carryEvery: i32 = 1 << 29;

/**
 * Adds the cells of a block to the accumulator at `sumPtr` (69 i64, zero at first) and carries. `type`: 0 f64, 1 f32,
 * 2 i32; the latter two are exact as f64.
 */
export function addToSum(
  sumPtr: usize,
  ptr: usize,
  stride0: i32,
  stride1: i32,
  n0: i32,
  n1: i32,
  n2: i32,
  type: i32,
): void {
  if (type == 1) addAll<f32>(sumPtr, ptr, stride0, stride1, n0, n1, n2);
  else if (type == 2) addAll<i32>(sumPtr, ptr, stride0, stride1, n0, n1, n2);
  else addAll<f64>(sumPtr, ptr, stride0, stride1, n0, n1, n2);
}

function addAll<T>(sumPtr: usize, ptr: usize, stride0: i32, stride1: i32, n0: i32, n1: i32, n2: i32): void {
  let waiting = 0;
  for (let i = 0; i < n0; i++) {
    for (let j = 0; j < n1; j++) {
      const row = ptr + <usize>(i * stride0) + <usize>(j * stride1);
      for (let k = 0; k < n2; k++) {
        add(sumPtr, reinterpret<u64>(<f64>load<T>(row + <usize>k * sizeof<T>())));
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
  const limb = sumPtr + ((<usize>(shift >> 5)) << 3);
  const within = <u64>(shift & 31);
  const low = mantissa << within;
  // The bits that the shift pushes out; shifting by 64 - 0 would shift by nothing, hence in two steps.
  const high = (mantissa >> (63 - within)) >> 1;
  const sign = <i64>bits >> 63;
  addLimb(limb, low & 0xffffffff, sign);
  addLimb(limb + 8, low >> 32, sign);
  addLimb(limb + 16, high, sign);
}

/** Adds `value`, or subtracts it where `sign` is -1. */
function addLimb(limb: usize, value: u64, sign: i64): void {
  store<i64>(limb, load<i64>(limb) + ((<i64>value ^ sign) - sign));
}

/** Carries, so that every limb but the last lies in 0 to 2^32 - 1; the last holds the sign. */
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
