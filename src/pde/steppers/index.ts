/** The steppers by name. */

import { type AdaptiveStepper, adaptiveStepper } from "./adaptive.js";
import { explicitStepper } from "./explicit.js";
import { implicitStepper } from "./implicit.js";
import { leapfrog } from "./leapfrog.js";
import { legendre } from "./legendre.js";
import { adamsBashforth } from "./multistep.js";
import type { StepperName } from "./name.js";
import type { Stepper, Workplace } from "./stepper.js";

/**
 * The stepper of a name.
 * @param tolerance of an adaptive one, `undefined` for steps of one length
 * @param stages of `rkl2`
 * @param residual of linear equations, as a share of their right side
 */
export function stepperOf(
  name: StepperName,
  workplace: Workplace,
  tolerance: number | undefined,
  stages: number,
  residual: number,
): Stepper | AdaptiveStepper {
  if (tolerance !== undefined) return adaptiveStepper(name, workplace, tolerance);
  switch (name) {
    case "adams-bashforth":
      return adamsBashforth(workplace);
    case "leapfrog":
      return leapfrog(workplace);
    case "rkl2":
      return legendre(workplace, stages);
    case "implicit":
    case "crank-nicolson":
      return implicitStepper(workplace, name === "crank-nicolson", residual);
    case "milstein":
      return explicitStepper("euler", workplace);
    default:
      return explicitStepper(name, workplace);
  }
}
