/** The steppers by name. */
import type { StepperName } from "../options.js";
import { type AdaptiveStepper, adaptiveStepper } from "./adaptive.js";
import { explicitStepper } from "./explicit.js";
import { leapfrog } from "./leapfrog.js";
import { adamsBashforth } from "./multistep.js";
import type { Stepper, Workplace } from "./stepper.js";

/** The stepper of a name. @param tolerance of an adaptive one, which is left out for steps of one length */
export function stepperOf(name: StepperName, workplace: Workplace, tolerance?: number): Stepper | AdaptiveStepper {
  if (tolerance !== undefined) return adaptiveStepper(name, workplace, tolerance);
  switch (name) {
    case "adams-bashforth":
      return adamsBashforth(workplace);
    case "leapfrog":
      return leapfrog(workplace);
    default:
      return explicitStepper(name, workplace);
  }
}
