/**
 * What the main thread and one other thread tell each other, in words of 32 bits of the one memory:
 *
 *     byte 0     what the main thread writes: the number of the request, the function, how many arguments, how long to ask
 *     byte 64    what the other thread writes: the number of the request that is done, how it went, and what it returned
 *     byte 128   the number of the request that one of both has taken
 *     byte 192   the arguments, numbers of 64 bits
 *
 * A thread that waits asks for a while, and then sleeps until the other side, which sees that it sleeps, wakes it up. A
 * request is done by the side that takes it first.
 */

/** Places of words. */
export const at = {
  ...{ asked: 0, fn: 1, count: 2, asking: 3, mainSleeps: 4 },
  ...{ done: 16, outcome: 17, sleeps: 18, kind: 19 },
  taken: 32,
} as const;

/** The byte at which what a function returns lies, in 8 bytes, and the kinds of it. */
export const resultAt = 80;
export const kinds = { nothing: 0, number: 1, bigint: 2 } as const;

/** Bytes before the arguments, and how many arguments there may be. */
export const headLength = 192;
export const mostArguments = 104;

/** Bytes of a slot. */
export const slotLength = headLength + 8 * mostArguments;

/** How a request went; `full` where the system has no addresses for a memory that it needs. */
export const outcomes = { well: 1, failed: 2, full: 3 } as const;

/** Questions between two looks at the clock, which take as long as some of them. */
const questions = 64;

/**
 * Waits as long as a word has a value: asks for some microseconds, then sleeps. False when it still has the value after
 * `timeout` milliseconds of sleep.
 */
export function waitWhile(
  words: Int32Array,
  word: number,
  value: number,
  sleeps: number,
  { asking, timeout }: { readonly asking: number; readonly timeout: number },
): boolean {
  if (asking > 0) {
    const until = performance.now() + asking / 1e3;
    do {
      for (let asked = 0; asked < questions; asked++) if (Atomics.load(words, word) !== value) return true;
    } while (performance.now() < until);
  }
  // Whoever changes the word looks at this flag afterwards, so that one of both sees what the other has done.
  Atomics.store(words, sleeps, 1);
  let result = "ok";
  // A call that was meant for an earlier sleep may come late.
  while (result !== "timed-out" && Atomics.load(words, word) === value)
    result = Atomics.wait(words, word, value, timeout);
  Atomics.store(words, sleeps, 0);
  return result !== "timed-out";
}

/** Takes a request: true for the side that is the first to. */
export function take(words: Int32Array, request: number): boolean {
  const before = (request - 1) | 0;
  return Atomics.compareExchange(words, at.taken, before, request) === before;
}

/** Changes a word, and wakes up the side that sleeps until it does. */
export function change(words: Int32Array, word: number, value: number, sleeps: number): void {
  Atomics.store(words, word, value);
  if (Atomics.load(words, sleeps) === 1) Atomics.notify(words, word);
}
