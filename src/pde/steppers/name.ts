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

/** More stages than a step of `rkl2` can ever be waited for: they do the work of 250 000 000 000 steps of Euler's method. */
export const mostStages = 1e6;
