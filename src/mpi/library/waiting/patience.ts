/**
 * What a rank does between two questions whether something has come.
 *
 *     a core for each rank    ask 20 times  ->  ask for 1 ms, or for 100 us on a busy machine  ->  sleep after each question
 *     ranks share cores       yield the core for 1 ms  ->  sleep for a twentieth of the time so far, 1 ms at most
 *
 * A rank that asks without a pause keeps its core from other work, and the rank that it waits for may be what waits for the
 * core. Whoever sleeps a moment gets the core when it wakes up, also beside busy processes; and where there is none, the
 * answer comes within the time of asking. Measured beside two busy processes on two cores, 2 ranks, 100 us of work and a
 * message a step, median of five in us: 350 (Open MPI), 240 (MPICH); 500 and 250 when it yields instead until yields prove
 * long; 2400 and 180 when it yields between 20 and 100 us: within a session, yielding gives a whole slice away.
 *
 * A machine is taken for busy when the last wait that came to a sleep lasted longer than 2 ms, as long as other processes
 * keep a core. Elsewhere a sleep costs more than it gives: a rank wakes up late, so that the rank that waits for it sleeps as
 * well and wakes up late in turn. Steps of 256^2 on 2 idle cores took 0.21 ms when each wait slept after 100 us, and take
 * 0.20 ms now (MPICH, medians of 14); beside two busy processes 0.35 and 0.27 ms (Open MPI), 0.44 and 0.38 ms (MPICH).
 *
 * Where ranks share cores, those that yield for long take turns with those that compute: a job of 4 ranks on two busy cores
 * that computed on 1, 2, 3 and 4 of them in turn took 23 s so, and 13 s since they sleep. Sleeping makes a wait a
 * twentieth longer at most.
 */
import { system } from "../machine.js";

/** Questions before the first look at the clock. */
const questions = 20;

/** How long a rank asks without a pause, in ms: on a busy machine, and on any other. */
const askingTimes = { busy: 0.1, idle: 1 };

/** A wait that sleeps and lasts longer shows that the machine is busy, in ms. */
const longWait = 2;

/** How long a rank yields where ranks share cores, in ms. */
const yieldingTime = 1;

/** The share of the time so far that a rank sleeps where ranks share cores, and the longest sleep in us. */
const [sleepShare, longestSleep] = [0.05, 1000];

export class Patience {
  /** More ranks than cores: whoever is waited for needs the core at once. */
  readonly #crowded: boolean;
  /** When this wait began to look at the clock, in ms. */
  #since = 0;
  /** How long the next pause of this wait sleeps where ranks share cores, in us. */
  #sleep = 0;
  /** How long waits ask without a pause, in ms. */
  #askingTime = askingTimes.idle;
  /** This wait has slept where each rank has a core. */
  #hasSlept = false;

  constructor(crowded: boolean) {
    this.#crowded = crowded;
  }

  /** Pauses after the question number `asked` of a wait, from 1 on. */
  pause(asked: number): void {
    if (asked === questions) {
      this.#since = performance.now();
      this.#sleep = 0;
    }
    if (this.#crowded) this.#share(asked);
    else if (asked > questions && performance.now() - this.#since > this.#askingTime) {
      this.#hasSlept = true;
      system().sleep(1);
    }
  }

  /** The answer is there: what the wait tells about the machine is noted for the next ones. */
  end(): void {
    if (!this.#hasSlept) return;
    this.#hasSlept = false;
    const isBusy = performance.now() - this.#since > longWait;
    this.#askingTime = isBusy ? askingTimes.busy : askingTimes.idle;
  }

  #share(asked: number): void {
    const isLong = asked > questions;
    // A time is a number on the heap: not one for each question.
    if (isLong && (this.#sleep > 0 || asked % questions === 0)) {
      const elapsed = performance.now() - this.#since;
      this.#sleep = elapsed > yieldingTime ? Math.ceil(Math.min(sleepShare * 1e3 * elapsed, longestSleep)) : 0;
    }
    if (isLong && this.#sleep > 0) system().sleep(this.#sleep);
    else system().yieldCore();
  }
}
