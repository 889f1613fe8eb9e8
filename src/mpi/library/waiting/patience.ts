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
 * A machine is taken for busy for 100 ms after a wait that came to a sleep, if this thread has been without a core since the
 * last such wait, which Linux tells, or if the wait lasted longer than 2 ms. Beside one busy process both ranks often share a
 * core, for thousands of steps: the answer comes when the other rank sleeps, after 1.2 to 1.5 ms, so that the length of a wait
 * does not tell; and a short wait is no sign of an idle machine. Two processes with 0.2 ms of work a step that wait so, without
 * MPI, in turn, in ms a step; first the length of the last wait alone as the sign, then both signs for 100 ms, then asking for 20
 * us on a busy machine, where a rank that has its turn beside a busy process gives it away too soon:
 *
 *     beside                                                  length         both           20 us
 *     one busy process, where they began on one core          0.95 to 1.4    0.55 to 0.66   0.46 to 0.64
 *     one busy process, where they began on two               0.44 to 0.49   0.44 to 0.51   -
 *     two busy processes                                      0.53 to 1.6    0.50 to 0.79   0.62 to 0.72
 *
 * On an idle machine a sleep costs more than it gives: a rank wakes up late, so that the rank that waits for it sleeps as
 * well and wakes up late in turn. Steps of 256^2 on 2 idle cores took 0.21 ms when each wait slept after 100 us, and take
 * 0.20 ms now (MPICH, medians of 14). A look at the system takes 1.5 us, after a sleep of some 55.
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

/** Signs of a busy machine, in ms: a wait that sleeps and lasts longer, and so long without a core since the last that slept. */
const signs = { wait: 2, withoutCore: 0.2 };

/** How long a machine is taken for busy after the last sign, in ms: many turns of a scheduler that gives each process 4. */
const busyTime = 100;

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
  /** How long this wait asks without a pause, in ms. */
  #askingTime = askingTimes.idle;
  /** Until when the machine is taken for busy, in ms. */
  #busyUntil = 0;
  /** How long this thread had been without a core at the last look, in ms; what was before the first look is no sign. */
  #withoutCore = Number.POSITIVE_INFINITY;
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
      this.#askingTime = this.#since < this.#busyUntil ? askingTimes.busy : askingTimes.idle;
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
    const [now, withoutCore] = [performance.now(), system().timeWithoutCore()];
    const isBusy = now - this.#since > signs.wait || withoutCore - this.#withoutCore > signs.withoutCore;
    this.#withoutCore = withoutCore;
    if (isBusy) this.#busyUntil = now + busyTime;
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
