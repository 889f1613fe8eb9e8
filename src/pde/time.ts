/** When steps of a fixed length end. */
import { expectNumber, show, wrong } from "../argument.js";

/** Differences of times that are smaller than this many steps mean nothing. */
export const tolerance = 1e-9;

/** After how many steps, and when, steps of one length begin: at the start, or where a run before had cut its last step. */
export interface Beginning {
  readonly step: number;
  readonly time: number;
}

/** Steps of one length from a start to an end; the last one is shorter where the end is none of their multiples. */
export class Schedule {
  readonly start: number;
  readonly from: Beginning;
  readonly until: number;
  readonly dt: number;
  /** How many steps there are. */
  readonly count: number;
  /** True where the last step is shorter than the others. */
  readonly isCut: boolean;

  /** @throws UsageError */
  constructor(where: string, start: unknown, until: unknown, dt: unknown, from?: Beginning) {
    this.start = expectNumber(`${where}: "start"`, start, {}, "Leave it out for 0.");
    this.until = expectNumber(`${where}: "until"`, until, { least: this.start }, "Name the time of the end.");
    if (typeof dt !== "number" || !(dt > 0) || !Number.isFinite(dt)) {
      throw wrong(`${where}: "dt"`, "a time above 0", show(dt), "Name the length of a step.");
    }
    this.dt = dt;
    this.from = from ?? { step: 0, time: this.start };
    const exact = (this.until - this.from.time) / dt;
    if (exact > Number.MAX_SAFE_INTEGER) {
      throw wrong(`${where}: "dt"`, "at most 2^53 steps", `${exact} of ${dt}`, "Use a longer step.");
    }
    const whole = Math.round(exact);
    this.isCut = Math.abs(exact - whole) > tolerance;
    this.count = this.from.step + (this.isCut ? Math.ceil(exact) : whole);
  }

  /** When a step ends that nothing cuts. */
  wholeTimeOf(step: number): number {
    return this.from.time + (step - this.from.step) * this.dt;
  }

  /** When a step ends; step 0 ends at the start. */
  timeOf(step: number): number {
    return step === this.count ? this.until : this.wholeTimeOf(step);
  }

  /** How long the step is that follows a number of steps. */
  lengthOf(step: number): number {
    return this.isCut && step === this.count - 1 ? this.until - this.timeOf(step) : this.dt;
  }

  /** The two ends nearest to the one that was asked for, which are multiples of the step. */
  get neighbours(): readonly [number, number] {
    return [this.wholeTimeOf(this.count - 1), this.wholeTimeOf(this.count)];
  }
}
