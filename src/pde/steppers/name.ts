/** What the methods are called by which steps in time are made. */

/** The steppers. */
export const stepperNames = [
  "euler",
  "rk4",
  "ssprk3",
  "adams-bashforth",
  "rkf45",
  "leapfrog",
  "rkl2",
  "milstein",
  "implicit",
  "crank-nicolson",
] as const;
/** The methods by which steps in time are made. */
export type StepperName = (typeof stepperNames)[number];
