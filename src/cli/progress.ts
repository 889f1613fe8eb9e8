/** What is told of a run while it goes on: a line that is rewritten on a terminal, lines of a log where they are asked for. */
import type { Progress } from "./run/simulate.js";

/** Milliseconds of a run before which nothing is said of the time left: new code is slow until the engine has optimised it. */
const WARM_UP = 1000;

/** Seconds between the lines of a measurement in a log. */
const LOG_PAUSE = 30;

/** How far a run was at a time, in milliseconds. */
interface Mark {
  readonly now: number;
  readonly done: number;
}

/**
 * The time that a run still takes at its speed since a mark, which is a quarter to a half of its time old: the first steps
 * are slow, those before a restart took no time, and a machine gets busy.
 */
export class Estimate {
  readonly #begin: number;
  #older: Mark | undefined;
  #newer: Mark | undefined;

  constructor(begin: number) {
    this.#begin = begin;
  }

  /** Seconds left; undefined where it is too soon to say. */
  left(done: number, steps: number, now: number): number | undefined {
    const mark = { now, done };
    this.#newer ??= mark;
    this.#older ??= mark;
    if (now - this.#begin >= 2 * (this.#newer.now - this.#begin)) [this.#older, this.#newer] = [this.#newer, mark];
    const taken = done - this.#older.done;
    if (now - this.#begin < WARM_UP || taken <= 0) return undefined;
    return ((now - this.#older.now) / 1e3 / taken) * (steps - done);
  }
}

/** `4.2 s`, `12 min 30 s`, `3 h 5 min` */
export function durationText(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Whether the standard error of the command is a terminal, and what its run is called. */
interface Told {
  readonly isTerminal: boolean;
  readonly title: string | undefined;
}

/**
 * Under a launcher that this program started, only the parent process knows whether standard error is a terminal, and which
 * of its runs this is: it says both in WASM_MPI_PROGRESS, as {@link progressVariable} has it.
 */
function told(): Told {
  const text = process.env.WASM_MPI_PROGRESS;
  if (text === undefined) return { isTerminal: process.stderr.isTTY === true, title: undefined };
  const [isTerminal, title] = [text.slice(0, 1) === "1", text.slice(2)];
  return { isTerminal, title: title === "" ? undefined : title };
}

/** The value of WASM_MPI_PROGRESS for a run of that name: `1`, `0 run 2 of 3, cone on 2 ranks`. */
export function progressVariable(isTerminal: boolean, title = ""): string {
  return `${isTerminal ? 1 : 0} ${title}`.trimEnd();
}

/** Rewrites the line on the terminal; an empty text clears it. */
function rewrite(text: string): void {
  process.stderr.write(`\r${text}\u001b[K`);
}

/** Says on the terminal, if there is one, what comes next; the run that comes rewrites the line. */
export function announce(text: string): void {
  if (process.stderr.isTTY) rewrite(text);
}

/**
 * Tells the progress of steps on the standard error of one rank: in a line that is rewritten, if that is a terminal, and in
 * a line of its own after every `logEvery` steps and the last.
 */
export function progressLine(shown: boolean, name: string, logEvery?: number): Progress {
  const { isTerminal, title = name } = told();
  if (!shown || !(isTerminal || logEvery !== undefined)) return () => {};
  const begin = performance.now();
  const estimate = new Estimate(begin);
  let last = 0;
  return (done, steps) => {
    const now = performance.now();
    const left = estimate.left(done, steps, now);
    const isLogged = logEvery !== undefined && (done % logEvery === 0 || done === steps);
    const isRewritten = isTerminal && (done === steps || isLogged || now - last >= 100);
    if (!isLogged && !isRewritten) return;
    const text = `${title}: step ${done} of ${steps}, ${Math.floor((100 * done) / steps)} %`;
    if (isRewritten) rewrite("");
    if (isLogged) process.stderr.write(`${text}${sinceText(begin, now)}${leftText(left)}\n`);
    if (!isRewritten || (isLogged && done === steps)) return;
    last = now;
    rewrite(`${text}${leftText(left)} `);
    if (done === steps) rewrite("");
  };
}

const leftText = (left: number | undefined) => (left === undefined ? "" : `, ${durationText(left)} left`);
const sinceText = (begin: number, now: number) => `, ${durationText((now - begin) / 1e3)} so far`;

/**
 * As {@link progressLine}, of the parts of a measurement, which takes minutes and has no option that asks for lines: where
 * there is no terminal a line after a part is written when the one before is half a minute old, for the logs of batch jobs.
 */
export function measureLine(shown: boolean, name: string): Progress {
  if (!shown || told().isTerminal) return progressLine(shown, name);
  const begin = performance.now();
  const estimate = new Estimate(begin);
  let last = begin;
  return (done, parts) => {
    const now = performance.now();
    const left = estimate.left(done, parts, now);
    if (now - last < 1e3 * LOG_PAUSE || done === parts) return;
    last = now;
    process.stderr.write(`${name}: part ${done} of ${parts}${sinceText(begin, now)}${leftText(left)}\n`);
  };
}
