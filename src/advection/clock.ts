/** The time of a solver. Roundings of equal steps do not add up: the time is the start of the first of them plus n dt. */
export class Clock {
  /** Steps taken. */
  steps = 0;
  /** Time of the fields. */
  time = 0;
  /** Time of the step to take, or last taken. */
  dt: number;
  /** The adaptive time step, before it is cut. */
  fitted: number;
  #anchor: { readonly time: number; readonly steps: number; readonly dt: number };
  /** The time step that was given. */
  readonly #usual: number;
  /** The time that the step to take is cut to meet. */
  #target: number | undefined;

  constructor(dt: number) {
    this.dt = dt;
    this.fitted = dt;
    this.#usual = dt;
    this.#anchor = { time: 0, steps: 0, dt };
  }

  /** Goes to where a run is after that many steps of `dt`, or at another time with steps of another length. */
  resume(steps: number, time: number, dt: number): void {
    this.steps = steps;
    this.time = time;
    this.fitted = dt;
    this.#begin(dt);
  }

  /** Equal steps begin here; or at 0, where they were the usual ones: a run that is continued knows no more than the time. */
  #begin(dt: number): void {
    const { time, steps } = this;
    const isRegular = time === steps * this.#usual;
    this.#anchor = isRegular ? { time: 0, steps: 0, dt: this.#usual } : { time, steps, dt };
  }

  /** Prepares a step; a step that would end beyond `until` is cut, unless it ends there but for rounding. */
  take(dt: number, until = Number.POSITIVE_INFINITY): void {
    const rest = until - this.time;
    const isLast = rest <= dt * (1 + 1e-9);
    this.dt = rest < dt * (1 - 1e-9) ? rest : dt;
    this.#target = isLast ? until : undefined;
  }

  /** The time at which the step to take ends. */
  get end(): number {
    if (this.#target !== undefined) return this.#target;
    if (this.dt !== this.#anchor.dt) this.#anchor = { time: this.time, steps: this.steps, dt: this.dt };
    return this.#anchor.time + (this.steps + 1 - this.#anchor.steps) * this.dt;
  }

  /** Takes the step. */
  tick(): void {
    const wasCut = this.#target !== undefined;
    this.time = this.end;
    this.steps++;
    if (wasCut) this.#begin(this.dt);
    this.#target = undefined;
  }
}
