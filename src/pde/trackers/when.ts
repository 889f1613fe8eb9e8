/** When a tracker is called: at times, after numbers of steps, or as the clock on the wall says. */
import { expectKeys, expectWhole, show, wrong } from "../../argument.js";
import { tolerance } from "../time.js";

/** Times in the solution: an interval, a list, or a row that grows; or seconds on the wall. */
export type Every =
  | number
  | readonly number[]
  /** Intervals that grow: the first one, and by which factor each is longer than the one before. */
  | { readonly logarithmic: readonly [interval: number, factor: number] }
  /** Times that grow: the first one after the start, and by which factor each is later than the one before. */
  | { readonly geometric: readonly [time: number, factor: number] }
  /** Seconds, by the clock of rank 0. */
  | { readonly wall: number };

/** How often a tracker is called, besides at the start and at the end. */
export interface Interval {
  /** In the time of the solution. */
  readonly every?: Every;
  /** In steps. */
  readonly steps?: number;
}

/** What a restart brings back. */
export interface DueState {
  /** JSON has no infinity. */
  readonly next: number | null;
  readonly count: number;
  /** From when intervals count, where that is not the start of the run: of a tracker that a restart had begun with. */
  readonly start?: number;
}

/** The times at which a tracker is due. */
export class Due {
  readonly #every: Every | undefined;
  readonly #steps: number | undefined;
  #start = 0;
  #count = 0;
  #next = Number.POSITIVE_INFINITY;
  #lastWall = 0;

  /** @throws UsageError */
  constructor(where: string, { every, steps }: Interval) {
    if (steps !== undefined) expectWhole(`${where}: "steps"`, steps, { least: 1 }, "Name a number of steps.");
    if (every !== undefined) checkEvery(where, every);
    this.#every = every;
    this.#steps = steps;
  }

  /** The next time in the solution at which the tracker is due. */
  get next(): number {
    return this.#next;
  }

  /** Seconds on the wall between two calls. */
  get wall(): number | undefined {
    return typeof this.#every === "object" && "wall" in this.#every ? this.#every.wall : undefined;
  }

  /** How often the tracker is called, as was asked for. */
  get interval(): Interval {
    return {
      ...(this.#every === undefined ? {} : { every: this.#every }),
      ...(this.#steps === undefined ? {} : { steps: this.#steps }),
    };
  }

  /** @param start of the run */
  stateOf(start: number): DueState {
    return { next: this.#next, count: this.#count, ...(this.#start === start ? {} : { start: this.#start }) };
  }

  /** Starts at a time, which the call at the start is for. */
  begin(start: number): void {
    this.#start = start;
    this.#lastWall = performance.now();
    this.#advance(start);
  }

  /** Goes on where a run before has stopped. @param start of the run @param time of the restart */
  resume(start: number, time: number, state: DueState): void {
    this.#start = state.start ?? start;
    this.#lastWall = performance.now();
    [this.#next, this.#count] = [state.next ?? Number.POSITIVE_INFINITY, state.count];
    const isBefore = this.#count === 0 || this.#timeAt(this.#count - 1) <= time;
    if (isBefore && Number.isFinite(this.#next) && this.#next === this.#timeAt(this.#count)) return;
    // The run before had another interval, also one that has this time under this number, or none, or was at its end.
    this.#count = 0;
    this.#advance(time);
  }

  /** True at the end of a step that the tracker is due at. @param wallDue as rank 0 says */
  isDue(time: number, step: number, dt: number, wallDue: boolean): boolean {
    const isReached = this.isReached(time, step, dt);
    if (this.#isTimeReached(time, dt)) this.#advance(time + tolerance * dt);
    return isReached || (wallDue && this.wall !== undefined);
  }

  /** True where the tracker is due at the end of a step, whatever the clock says. */
  isReached(time: number, step: number, dt: number): boolean {
    return (this.#steps !== undefined && step % this.#steps === 0) || this.#isTimeReached(time, dt);
  }

  #isTimeReached(time: number, dt: number): boolean {
    return time >= this.#next - tolerance * dt;
  }

  /** True where the clock says so. **Local.** */
  isWallDue(): boolean {
    const now = performance.now();
    if (this.wall === undefined || now - this.#lastWall < 1e3 * this.wall) return false;
    this.#lastWall = now;
    return true;
  }

  /** Sets the next time behind another one. */
  #advance(time: number): void {
    const every = this.#every;
    if (typeof every === "number") {
      this.#count = Math.max(this.#count + 1, Math.floor((time - this.#start) / every));
      while (this.#timeOf(this.#count) <= time) this.#count++;
    } else if (every !== undefined && !("wall" in every)) {
      while (this.#timeAt(this.#count) <= time) this.#count++;
    }
    this.#next = this.#timeAt(this.#count);
  }

  /** The time of a number; infinite behind the last one, and where there are none. */
  #timeAt(count: number): number {
    const every = this.#every;
    const isNone = every === undefined || (typeof every === "object" && "wall" in every);
    return isNone || (Array.isArray(every) && count >= every.length) ? Number.POSITIVE_INFINITY : this.#timeOf(count);
  }

  #timeOf(count: number): number {
    const every = this.#every!;
    if (typeof every === "number") return this.#start + count * every;
    if ("logarithmic" in every) {
      const [interval, factor] = every.logarithmic;
      let sum = 0;
      let length = interval;
      for (let i = 0; i <= count; i++, length *= factor) sum += length;
      return this.#start + sum;
    }
    if ("geometric" in every) {
      let time = every.geometric[0];
      for (let i = 0; i < count; i++) time *= every.geometric[1];
      return this.#start + time;
    }
    return (every as readonly number[])[count]!;
  }
}

function checkEvery(where: string, every: Every): void {
  const at = `${where}: "every"`;
  const isAbove = (value: unknown, least: number) =>
    typeof value === "number" && value > least && Number.isFinite(value);
  const expected = "a time above 0, a list of times, { logarithmic }, { geometric } or { wall }";
  const refuse = (got: unknown) => wrong(at, expected, show(got), "Write every: 1, for example.");
  if (typeof every === "number") {
    if (!isAbove(every, 0)) throw refuse(every);
    return;
  }
  if (Array.isArray(every)) {
    const times = every as readonly unknown[];
    const rises = times.every(
      (time, i) => Number.isFinite(time) && (i === 0 || (time as number) > (times[i - 1] as number)),
    );
    if (!rises) throw wrong(at, "times in ascending order", show(every), "Sort them.");
    return;
  }
  if (typeof every !== "object" || every === null) throw refuse(every);
  expectKeys(at, every, ["logarithmic", "geometric", "wall"]);
  const [kind] = Object.entries(every);
  if (!kind) throw refuse(every);
  const [name, value] = kind as [string, unknown];
  const isRow = Array.isArray(value) && value.length === 2 && isAbove(value[0], 0) && isAbove(value[1], 1);
  if (name === "wall" ? !isAbove(value, 0) : !isRow) {
    const form = name === "wall" ? "seconds above 0" : "a first time above 0 and a factor above 1";
    throw wrong(`${where}: "every.${name}"`, form, show(value), "Write every: 1, for example.");
  }
}
