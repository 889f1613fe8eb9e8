/**
 * Whether it is worth asking other threads. Beside other work on the cores a thread that is woken up may get no core, or that
 * of the main thread: then the main thread runs all parts by itself for a while, and the others sleep.
 *
 *     asked 32 times  -> of some use: go on
 *                     -> mostly in vain: none is asked for 20 ms, then 32 times again; for 40, 80 ... 640 ms if still in vain
 */

/** How many times threads are asked before it is decided, and how many of these may be in vain. */
const [tries, vain] = [32, 8];

/** For how long no other thread is asked, in ms. */
const pauses = { least: 20, most: 640 };

/** A wait for a thread that is longer than so many ms, and than what the main thread did itself, is in vain. */
const shortWait = 0.1;

export class Worth {
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
