/** Waiting without blocking the event loop, and what to say when nothing is left in it but that. */

import { expectOptions, keysOf, show, wrong } from "../../../argument.js";
import { later, soon, whenIdle } from "../../../host.js";
import { currentWorld } from "../world.js";

/** Options of the `completion()` of a request. */
export interface CompletionOptions {
  /**
   * An `AbortSignal`: once it is aborted, a receive is cancelled and its promise rejected with the signal's reason, unless the
   * message has come. Other calls cannot be cancelled: their promise is rejected, and they stay under way.
   */
  readonly signal: { readonly aborted: boolean; readonly reason: unknown };
}

const completionKeys = keysOf<CompletionOptions>({ signal: true });

/** What is asked whether it is complete. */
interface Polled {
  /** What a message calls it: `MPI_Irecv`. */
  readonly title: string;
}

/** Between turns of the event loop a test takes place first in each, so many times, and then every millisecond. */
const turns = 1000;

/** What takes fewer turns is not noted, which costs as much as a turn. */
const shortTurns = 10;

/** After so many milliseconds without anything else to do it is said what is waited for. */
const patience = 5000;

/** What has taken more than a few turns and is not complete. */
const polls = new Set<{ readonly request: Polled; readonly isBounded: boolean }>();
/** How many of them have come to their end. */
let ended = 0;
/** Runs while there is nothing else in the event loop than polls. */
let timer: NodeJS.Timeout | undefined;

/** What a test gives when it gives something; `isBounded` where the program itself limits the time that it takes. */
export function polled<T>(request: Polled, test: () => T | undefined, isBounded = false): Promise<T> {
  return new Promise((done, failed) => {
    const first = test();
    if (first !== undefined) {
      done(first);
      return;
    }
    const poll = { request, isBounded };
    let tries = 0;
    const askAgain = () => {
      if (++tries === shortTurns) polls.add(poll);
      if (tries < turns) {
        const { waiting } = currentWorld();
        if (waiting.crowded) waiting.yieldCore();
        soon(ask);
      } else later(ask); // The event loop is then empty but for polls, which keepPolling() notices.
    };
    const ask = () => {
      try {
        const result = test();
        if (result === undefined) askAgain();
        else {
          end(poll);
          done(result);
        }
      } catch (error) {
        end(poll);
        failed(error);
      }
    };
    askAgain();
  });
}

function end(poll: Parameters<(typeof polls)["add"]>[0]): void {
  if (!polls.delete(poll)) return;
  ended++;
  if (polls.size > 0) return;
  clearTimeout(timer);
  timer = undefined;
}

/** As {@link polled} with a signal; `giveUp` says whether the test goes on, to tell how it ended. */
export function polledUntil<T>(
  request: Polled,
  options: CompletionOptions,
  test: () => T | undefined,
  giveUp: () => boolean,
): Promise<T> {
  const where = "Request.completion";
  expectOptions(where, options, completionKeys);
  const { signal } = options;
  if (typeof signal?.aborted !== "boolean") {
    const todo = "Make one with AbortSignal.timeout(ms) or new AbortController().";
    throw wrong(`${where}: "signal"`, "an AbortSignal", show(signal), todo);
  }
  let isGivenUp = false;
  const tested = () => {
    const result = test();
    if (result !== undefined || isGivenUp || !signal.aborted) return result;
    isGivenUp = true;
    if (!giveUp()) throw signal.reason;
    return undefined;
  };
  return polled(request, tested, true);
}

/** `MPI_Irecv (2), MPI_Iallreduce`: what is asked for now. */
function titles(known: readonly { readonly request: Polled }[]): string {
  const counts = new Map<string, number>();
  for (const { request } of known) counts.set(request.title, (counts.get(request.title) ?? 0) + 1);
  return [...counts].map(([title, count]) => (count === 1 ? title : `${title} (${count})`)).join(", ");
}

/** What is asked for at the end of the job, `undefined` when there is nothing. */
export function polledTitles(): string | undefined {
  return polls.size === 0 ? undefined : titles([...polls]);
}

/** True while something is asked for, which keeps the process alive. */
export function isPolling(): boolean {
  return polls.size > 0;
}

/** True while there is nothing in the event loop but what other ranks are awaited for, without a limit of the program's. */
export function isHeldUp(): boolean {
  return timer !== undefined && [...polls].some(({ isBounded }) => !isBounded);
}

/**
 * Keeps the process alive while something is asked for; `say` gets its names where there is nothing else for long, and
 * returns whether it has told them.
 */
export function keepPolling(say: (names: string) => boolean): void {
  let isSaid = false;
  whenIdle(() => {
    if (polls.size === 0) return;
    const before = ended;
    timer = setTimeout(() => {
      timer = undefined;
      const unbounded = [...polls].filter(({ isBounded }) => !isBounded);
      if (isSaid || ended > before || unbounded.length === 0) return;
      isSaid = say(titles(unbounded));
    }, patience);
  });
}
