/** When steps of a fixed length end. */
import { expectNumber, show, wrong } from "../argument.js";

/** Differences of times that are smaller than this many steps mean nothing. */
export const tolerance = 1e-9;

/** Steps of one length from a start to an end; the last one is shorter where the end is none of their multiples. */
export class Schedule {
  readonly start: number;
  readonly until: number;
  readonly dt: number;
  /** How many steps there are. */
  readonly count: number;
  /** True where the last step is shorter than the others. */
  readonly isCut: boolean;

  /** @throws UsageError */
  constructor(where: string, start: unknown, until: unknown, dt: unknown) {
    this.start = expectNumber(`${where}: "start"`, start, {}, "Leave it out for 0.");
    this.until = expectNumber(`${where}: "until"`, until, { least: this.start }, "Name the time of the end.");
    if (typeof dt !== "number" || !(dt > 0) || !Number.isFinite(dt)) {
      throw wrong(`${where}: "dt"`, "a time above 0", show(dt), "Name the length of a step.");
    }
    this.dt = dt;
    const exact = (this.until - this.start) / dt;
    if (exact > Number.MAX_SAFE_INTEGER) {
      throw wrong(`${where}: "dt"`, "at most 2^53 steps", `${exact} of ${dt}`, "Use a longer step.");
    }
    const whole = Math.round(exact);
    this.isCut = Math.abs(exact - whole) > tolerance;
    this.count = this.isCut ? Math.ceil(exact) : whole;
  }

  /** When a step ends; step 0 ends at the start. */
  timeOf(step: number): number {
    return step === this.count ? this.until : this.start + step * this.dt;
  }

  /** How long the step is that follows a number of steps. */
  lengthOf(step: number): number {
    return this.isCut && step === this.count - 1 ? this.until - this.timeOf(step) : this.dt;
  }

  /** The two ends nearest to the one that was asked for, which are multiples of the step. */
  get neighbours(): readonly [number, number] {
    return [this.start + (this.count - 1) * this.dt, this.start + this.count * this.dt];
  }
}
