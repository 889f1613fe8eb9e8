/**
 * Whether it is worth asking other threads. Beside other work on the cores a thread that is woken up may get no core, or that
 * of the main thread: then the main thread runs all parts by itself for a while, and the others sleep.
 *
 *     asked for 2 ms, in which threads wake up, then 32 times
 *                     -> of some use: go on
 *                     -> mostly in vain: none is asked for 20 ms, then all that again; for 40, 80 ... 640 ms if still in vain
 *
 * Where the first 32 requests decided, which take less than a sleeping thread does to wake up, two threads on two idle cores
 * were as fast as one from 64^2 to 256^2.
 */

/** How many times threads are asked before it is decided, and how many of these may be in vain. */
const [tries, vain] = [32, 8];

/** For how long no other thread is asked, in ms. */
const pauses = { least: 20, most: 640 };

/** A wait for a thread that is longer than so many ms, and than what the main thread did itself, is in vain. */
const shortWait = 0.1;

/** How long threads that were not asked may take to wake up, in ms: what is in vain meanwhile does not count. */
const wakingTime = 2;

export class Worth {
  #last = Number.NEGATIVE_INFINITY;
  #awake = 0;
  #tried = 0;
  #vain = 0;
  #until = 0;
  #pause = pauses.least;

  /** True when others are to be asked, at a time in ms. */
  isAt(now: number): boolean {
    return now >= this.#until;
  }

  /** True where a wait from `end` to `now` is in vain, for one who has worked from `begin` to `end`. */
  isVain(begin: number, end: number, now: number): boolean {
    return now - end > Math.max(shortWait, end - begin);
  }

  /** Notes whether others were asked in vain. */
  note(isVain: boolean, now: number): void {
    if (now - this.#last > wakingTime) this.#awake = now + wakingTime;
    this.#last = now;
    if (now < this.#awake) return;
    this.#tried++;
    if (isVain) this.#vain++;
    if (this.#tried < tries) return;
    if (this.#vain > vain) {
      this.#until = now + this.#pause;
      this.#pause = Math.min(2 * this.#pause, pauses.most);
    } else this.#pause = pauses.least;
    this.#tried = 0;
    this.#vain = 0;
  }
}
