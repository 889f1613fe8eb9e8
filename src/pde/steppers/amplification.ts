/** How steppers amplify modes: the polynomial R(z) of a mode that changes by its eigenvalue, z = dt times that. */
import type { StepperName } from "./name.js";

/** A complex number. */
export type Complex = readonly [re: number, im: number];

const multiply = ([a, b]: Complex, [c, d]: Complex): Complex => [a * c - b * d, a * d + b * c];

/** The absolute value of `1 + z + z^2 c2 + z^3 c3 ...` */
function polynomial(coefficients: readonly number[]): (z: Complex) => number {
  return (z) => {
    let sum: Complex = [0, 0];
    for (const c of coefficients.toReversed()) {
      const [re, im] = multiply(sum, z);
      sum = [re + c, im];
    }
    return Math.hypot(...sum);
  };
}

/** The larger root of `x^2 - (1 + 1.5 z) x + 0.5 z`, in absolute value. */
function adamsBashforth(z: Complex): number {
  const half: Complex = [(1 + 1.5 * z[0]) / 2, (1.5 * z[1]) / 2];
  const [re, im] = multiply(half, half);
  const square: Complex = [re - z[0] / 2, im - z[1] / 2];
  const size = Math.sqrt(Math.hypot(...square));
  const angle = Math.atan2(square[1], square[0]) / 2;
  const root: Complex = [size * Math.cos(angle), size * Math.sin(angle)];
  return Math.max(Math.hypot(half[0] + root[0], half[1] + root[1]), Math.hypot(half[0] - root[0], half[1] - root[1]));
}

/** The absolute value of the amplification of a mode in one step. */
const amplifications: Readonly<Partial<Record<StepperName, (z: Complex) => number>>> = {
  euler: polynomial([1, 1]),
  milstein: polynomial([1, 1]),
  // Of modes that the part at the old time alone moves.
  implicit: polynomial([1, 1]),
  "crank-nicolson": polynomial([1, 1]),
  ssprk3: polynomial([1, 1, 1 / 2, 1 / 6]),
  rk4: polynomial([1, 1, 1 / 2, 1 / 6, 1 / 24]),
  "adams-bashforth": adamsBashforth,
  // With three stages; with more of them oscillations grow less.
  rkl2: polynomial([1, 1, 1 / 2, 1 / 15]),
};

/** Steppers that let oscillations grow, however short the step is. */
export const growing: ReadonlySet<StepperName> = new Set<StepperName>(["euler", "milstein", "adams-bashforth", "rkl2"]);

/** By how much an oscillation grows per unit of time, as an exponent. @param oscillation in radians per unit of time */
export function growthOf(stepper: StepperName, oscillation: number, dt: number): number {
  return Math.log(amplifications[stepper]!([0, dt * oscillation])) / dt;
}

/** A mode that is amplified by no more than this does not grow. */
const margin = 1 + 1e-12;

const known = new Map<string, number>();

/** The largest absolute value of z in a direction up to which a stepper does not amplify a mode. */
export function radiusOf(stepper: StepperName, angle: number): number {
  // Directions are few: those between two known ones have the smaller radius of both.
  const steps = (Math.abs(angle) / Math.PI) * 2048;
  return Math.min(radiusAt(stepper, Math.floor(steps)), radiusAt(stepper, Math.ceil(steps)));
}

function radiusAt(stepper: StepperName, step: number): number {
  const key = `${stepper} ${step}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const angle = (step / 2048) * Math.PI;
  // Exactly on the axes.
  const [re, im] = step === 2048 ? [-1, 0] : step === 1024 ? [0, 1] : [Math.cos(angle), Math.sin(angle)];
  const amplification = amplifications[stepper]!;
  const isStable = (r: number) => amplification([r * re, r * im]) <= margin;
  let low = 0;
  const width = 1 / 256;
  while (low < 8 && isStable(low + width)) low += width;
  let high = low + width;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (isStable(middle)) low = middle;
    else high = middle;
  }
  known.set(key, low);
  return low;
}
