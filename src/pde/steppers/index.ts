/** The steppers by name. */
import type { StepperName } from "../options.js";
import { explicitStepper } from "./explicit.js";
import { adamsBashforth } from "./multistep.js";
import type { Stepper, Workplace } from "./stepper.js";

/** The stepper of a name. */
export function stepperOf(name: StepperName, workplace: Workplace): Stepper {
  return name === "adams-bashforth" ? adamsBashforth(workplace) : explicitStepper(name, workplace);
}
