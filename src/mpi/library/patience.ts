/**
 * What a rank does between two questions whether something has come.
 *
 *     a core for each rank    ask 20 times  ->  ask for 100 us  ->  sleep after each question
 *     ranks share cores       yield the core after each question
 *
 * A rank that asks without a pause keeps its core from other work, and the rank that it waits for may be what waits for the
 * core. Whoever sleeps a moment gets the core when it wakes up, also beside busy processes; and where there is none, the
 * answer comes within the time of asking. Measured beside two busy processes on two cores, 2 ranks, 100 us of work and a
 * message a step, median of five in us: 350 (Open MPI), 240 (MPICH); 500 and 250 when it yields instead until yields prove
 * long; 2400 and 180 when it yields between 20 and 100 us: within a session, yielding gives a whole slice away.
 */
import { system } from "./native.js";

/** Questions before the first look at the clock. */
const questions = 20;

/** How long a rank asks without a pause, in ms. */
const askingTime = 0.1;

export class Patience {
  /** More ranks than cores: whoever is waited for needs the core at once. */
  readonly #crowded: boolean;
  /** When this wait began to look at the clock, in ms. */
  #since = 0;

  constructor(crowded: boolean) {
    this.#crowded = crowded;
  }

  /** Pauses after the question number `asked` of a wait, from 1 on. */
  pause(asked: number): void {
    if (this.#crowded) system().yieldCore();
    else if (asked === questions) this.#since = performance.now();
    else if (asked > questions && performance.now() - this.#since > askingTime) system().sleep(1);
  }
}
