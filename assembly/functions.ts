/**
 * The functions of expressions: the same bits on every engine, which the functions of JavaScript's `Math` do not give. Each
 * is here for `f64`, and for `f32` with an `f` behind its name. All but `erf` and `mod` are AssemblyScript's, which come
 * from musl; their tables lie in a memory that is this module's alone.
 */

export function sin(x: f64): f64 {
  return Math.sin(x);
}

export function sinf(x: f32): f32 {
  return Mathf.sin(x);
}

export function cos(x: f64): f64 {
  return Math.cos(x);
}

export function cosf(x: f32): f32 {
  return Mathf.cos(x);
}

export function tan(x: f64): f64 {
  return Math.tan(x);
}

export function tanf(x: f32): f32 {
  return Mathf.tan(x);
}

export function asin(x: f64): f64 {
  return Math.asin(x);
}

export function asinf(x: f32): f32 {
  return Mathf.asin(x);
}

export function acos(x: f64): f64 {
  return Math.acos(x);
}

export function acosf(x: f32): f32 {
  return Mathf.acos(x);
}

export function atan(x: f64): f64 {
  return Math.atan(x);
}

export function atanf(x: f32): f32 {
  return Mathf.atan(x);
}

export function sinh(x: f64): f64 {
  return Math.sinh(x);
}

export function sinhf(x: f32): f32 {
  return Mathf.sinh(x);
}

export function cosh(x: f64): f64 {
  return Math.cosh(x);
}

export function coshf(x: f32): f32 {
  return Mathf.cosh(x);
}

export function tanh(x: f64): f64 {
  return Math.tanh(x);
}

export function tanhf(x: f32): f32 {
  return Mathf.tanh(x);
}

export function exp(x: f64): f64 {
  return Math.exp(x);
}

export function expf(x: f32): f32 {
  return Mathf.exp(x);
}

export function log(x: f64): f64 {
  return Math.log(x);
}

export function logf(x: f32): f32 {
  return Mathf.log(x);
}

export function cbrt(x: f64): f64 {
  return Math.cbrt(x);
}

export function cbrtf(x: f32): f32 {
  return Mathf.cbrt(x);
}

export function atan2(y: f64, x: f64): f64 {
  return Math.atan2(y, x);
}

export function atan2f(y: f32, x: f32): f32 {
  return Mathf.atan2(y, x);
}

export function hypot(x: f64, y: f64): f64 {
  return Math.hypot(x, y);
}

export function hypotf(x: f32, y: f32): f32 {
  return Mathf.hypot(x, y);
}

export function pow(x: f64, y: f64): f64 {
  return x ** y;
}

export function powf(x: f32, y: f32): f32 {
  return Mathf.pow(x, y);
}

/**
 * What is left of `x` when `y` is taken from it as often as it goes, with the sign of `y`: `x - y floor(x / y)`, exact but
 * for the one addition where the signs differ.
 */
export function mod(x: f64, y: f64): f64 {
  const rest = Math.mod(x, y);
  if (rest == 0) return copysign(rest, y);
  return rest < 0 == y < 0 ? rest : rest + y;
}

export function modf(x: f32, y: f32): f32 {
  const rest = Mathf.mod(x, y);
  if (rest == 0) return copysign(rest, y);
  return rest < 0 == y < 0 ? rest : rest + y;
}

/**
 *     erf(x) = 2 / sqrt(pi) * integral of exp(-s^2) for s from 0 to x
 *
 * Below 1 it is `x + x P(x^2)`; up to 6 `1 - exp(-x^2) Q(t)` with `t = (x - 2.5) / (x + 2.5)`, the variable in which
 * `erfc(x) exp(x^2)` is smooth; beyond 6 it is 1 to the last bit. P and Q are interpolated at Chebyshev nodes, computed
 * with 60 digits.
 *
 * Source: the form is that of J. L. Schonfelder, Math. Comp. 32 (1978), 1232-1240.
 */
export function erf(x: f64): f64 {
  const size = abs(x);
  if (size < 1) return x + x * nearErf(x * x);
  if (size >= 6) return copysign(1, x);
  return copysign(1 - Math.exp(-size * size) * farErf((size - 2.5) / (size + 2.5)), x); // NaN stays NaN.
}

export function erff(x: f32): f32 {
  return <f32>erf(<f64>x);
}

/** P: relative error 1e-17 on [0, 1]. */
function nearErf(square: f64): f64 {
  let sum = 5.957176147748911e-11;
  sum = sum * square - 1.1372848856791674e-9;
  sum = sum * square + 1.4659775274047436e-8;
  sum = sum * square - 1.6350312701054695e-7;
  sum = sum * square + 1.6461000484121368e-6;
  sum = sum * square - 1.4925595266831182e-5;
  sum = sum * square + 0.0001205533111164271;
  sum = sum * square - 0.000854832698083379;
  sum = sum * square + 0.0052239776248180145;
  sum = sum * square - 0.026866170645076792;
  sum = sum * square + 0.11283791670954879;
  sum = sum * square - 0.3761263890318375;
  sum = sum * square + 0.1283791670955126;
  return sum;
}

/** Q: relative error 1e-17 for x from 1 to 6. */
function farErf(t: f64): f64 {
  let sum = 3.3657006736237105e-7;
  sum = sum * t + 1.2966926825389417e-7;
  sum = sum * t - 1.79706306540687e-6;
  sum = sum * t - 2.3140931150942177e-6;
  sum = sum * t + 7.5513017799442535e-6;
  sum = sum * t + 1.8617072081910595e-5;
  sum = sum * t - 3.4182063549802165e-5;
  sum = sum * t - 0.00012887741536369735;
  sum = sum * t + 0.00022838036598153182;
  sum = sum * t + 0.0008759154630794508;
  sum = sum * t - 0.002642365963784453;
  sum = sum * t - 0.003993701166223159;
  sum = sum * t + 0.039922539075574935;
  sum = sum * t - 0.1250330523788247;
  sum = sum * t + 0.2517131932174494;
  sum = sum * t - 0.3717367339489734;
  sum = sum * t + 0.2108063640611436;
  return sum;
}
