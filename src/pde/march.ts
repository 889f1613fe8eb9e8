/** Equations on their way from the start to the end. */
import { wrong } from "../argument.js";
import type { AnyField } from "../grid/field.js";
import { expectSameSolve } from "./alike.js";
import { type Course, courseOf } from "./course.js";
import { blemished, findBlemish } from "./finite.js";
import { expectFinite, setInitial } from "./initial.js";
import { OpenCells } from "./mask.js";
import { checkSolve, type Equations, type Solution, type SolveOptions, type Stepping } from "./options.js";
import { arraysOfField, hintOfConstants, type PdeField, Problem } from "./programs/problem.js";
import { present, State } from "./programs/state.js";
import type { RestartState } from "./restart.js";
import { digestsOf } from "./setup.js";
import { type NoiseFields, noiseFields } from "./sources/noise.js";
import { type AdaptiveStepper, growthOf } from "./steppers/adaptive.js";
import { lengthOf } from "./steppers/flow.js";
import { velocity } from "./steppers/leapfrog.js";
import { Schedule, tolerance } from "./time.js";

const where = "Pde.solve";

/** A solve that is taken step by step. */
export class March {
  readonly course: Course;
  readonly problem: Problem;
  /** Why the march ended before its time. */
  stopped: Solution["stopped"] | undefined;
  readonly #state: State;
  readonly #noise: NoiseFields;
  readonly #open: OpenCells | undefined;
  readonly #release: (() => void)[] = [];
  #steps = 0;
  #time: number;
  /** The length of the next step of an adaptive stepper; of steps by a flow the longest that other terms allow. */
  #dt: number;
  #hasHistory = false;
  #schedule: Schedule;
  /** How steps are made, and whether their length was found at the start of the run. */
  readonly #stepping: Stepping & { readonly isAuto: boolean };

  /** Sets the unknowns to their values at the start. **Collective.** @throws UsageError, CompileError */
  constructor(equations: Equations, options: SolveOptions) {
    expectSameSolve(equations, options);
    const stepping = checkSolve(options, equations);
    this.#stepping = { ...stepping, isAuto: options.dt === "auto" };
    const { grid, dtype = "f64" } = options;
    const names = Object.keys(equations.texts);
    const { constants, boundary, complex, order, kinds } = equations;
    const subject = {
      where: "Pde",
      fields: kinds,
      parts: equations.parts,
      owners: names,
      hint: hintOfConstants(kinds, equations.parts),
    };
    const problem = new Problem({ ...subject, constants, boundary, complex, order }, grid, dtype, stepping.overlap);
    this.problem = problem;
    this.#state = new State(
      problem.domain,
      names.flatMap((name) => arraysOfField(name, kinds[name])),
    );
    this.#noise = noiseFields(problem.domain);
    this.#release.push(
      () => problem.free(),
      () => this.#noise.free(),
    );
    try {
      if (equations.mask) {
        const open = new OpenCells(problem, this.#state, this.#noise, equations.mask);
        this.#release.push(() => open.free());
        this.#open = open;
      }
      // Those of a restart come later; how long steps are does not depend on it.
      problem.numbers.t = options.start ?? 0;
      this.#setInitial(equations, options.initial);
      this.#open?.update(options.start ?? 0);
      const parts = { stepping, problem, state: this.#state, noise: this.#noise, release: this.#release };
      this.course = courseOf(equations, options, parts);
      this.#schedule = this.course.schedule;
      checkEnd(this.#schedule, stepping);
    } catch (error) {
      this.free();
      throw error;
    }
    [this.#time, this.#dt] = [this.#schedule.start, this.course.flow?.longest ?? this.#schedule.dt];
  }

  #setInitial({ texts, isSecond }: Equations, initial: SolveOptions["initial"]): void {
    const { problem } = this;
    const fieldOf = (name: string) => this.#state.field(present, name);
    setInitial(problem, initial, fieldOf);
    expectFinite(problem, "", fieldOf);
    if (!isSecond) return;
    const rateOf = (name: string) => this.#state.field(velocity, name);
    const rates = Object.keys(texts).map((name) => {
      return [name, Object.hasOwn(initial, `${name}_t`) ? initial[`${name}_t`]! : 0] as const;
    });
    setInitial(problem, Object.fromEntries(rates), rateOf, "_t");
    expectFinite(problem, "_t", rateOf);
    // Closed cells stay where they are.
    const open = problem.openField?.interior();
    for (const name of open ? Object.keys(texts) : []) {
      const field = rateOf(name);
      field.set(field.interior().map((value, place) => (open![place] === 0 ? 0 : value)));
    }
  }

  /** When steps end. */
  get schedule(): Schedule {
    return this.#schedule;
  }

  /** The unknowns at the present time: others after a step than before. */
  get fields(): Readonly<Record<string, PdeField>> {
    return this.course.fields();
  }

  /** The arrays of the unknowns. */
  get arrays(): ReadonlyMap<string, AnyField> {
    return new Map(this.#state.names.map((name) => [name, this.#state.field(present, name)]));
  }

  /** Steps taken. */
  get steps(): number {
    return this.#steps;
  }

  /** The time of the unknowns. */
  get time(): number {
    return this.#time;
  }

  /** True where there is nothing to be done any more. */
  get isOver(): boolean {
    const { stepper } = this.course;
    if (this.stopped !== undefined) return true;
    return "attempt" in stepper || this.course.flow
      ? this.#time >= this.schedule.until
      : this.#steps >= this.schedule.count;
  }

  /** Takes steps. **Collective.** */
  advance(steps: number): void {
    const end = this.#steps + steps;
    while (this.#steps < end && !this.isOver) {
      this.step(Number.POSITIVE_INFINITY, (_, step) => step >= end);
    }
  }

  /**
   * Takes a step, then limits and asks for a stop; or two steps at once, where nothing comes between them. **Collective.**
   * @param due a time that an adaptive step must not pass
   * @param isSeen whether something looks at the unknowns at a time, after a number of steps; alike on all ranks
   * @returns how long a step was
   */
  step(due: number, isSeen: (time: number, step: number) => boolean): number {
    const { stepper } = this.course;
    if ("attempt" in stepper) return this.#adapt(stepper, Math.min(due, this.schedule.until));
    if (this.course.flow) return this.#flow(this.course.flow, Math.min(due, this.schedule.until));
    const { schedule } = this;
    const [t, dt] = [schedule.timeOf(this.#steps), schedule.lengthOf(this.#steps)];
    if (stepper.pair && this.#canPair(isSeen)) {
      const later = schedule.timeOf(this.#steps + 1);
      this.#steps++;
      // What looks at noise afterwards finds that of the last step.
      this.#prepare(later);
      stepper.pair(t, later, dt);
      this.#finish(schedule.timeOf(this.#steps + 1));
      return dt;
    }
    this.#prepare(t);
    if (!this.#hasHistory) stepper.start?.(t, dt);
    this.#hasHistory = true;
    stepper.step(t, dt);
    const isCut = dt !== schedule.dt;
    const end = schedule.timeOf(this.#steps + 1);
    // The end of the run may be some other number than that of the step, with which a longer run goes on.
    this.#finish(end, isCut ? end : schedule.wholeTimeOf(this.#steps + 1));
    return schedule.dt;
  }

  /** Whether the next two steps are of one length, and what is between them is neither changed nor looked at. */
  #canPair(isSeen: (time: number, step: number) => boolean): boolean {
    const { schedule, course } = this;
    const middle = this.#steps + 1;
    if (course.limiter || course.stopper || this.#open?.isDynamic) return false;
    if (middle >= schedule.count || schedule.lengthOf(middle) !== schedule.dt) return false;
    return !isSeen(schedule.timeOf(middle), middle);
  }

  /** What is chosen at the start of a step. */
  #prepare(time: number): void {
    this.#noise.draw(this.#steps);
    this.#open?.update(time);
  }

  #adapt(stepper: AdaptiveStepper, target: number): number {
    this.#prepare(this.#time);
    for (;;) {
      const rest = target - this.#time;
      // What is left is no step of its own.
      const isCut = this.#dt >= rest * (1 - tolerance);
      const dt = isCut ? rest : this.#dt;
      if (!(this.#time + dt > this.#time)) throw this.#tooShort(dt);
      const error = stepper.attempt(this.#time, dt);
      const next = dt * growthOf(error);
      if (!(error <= 1)) {
        this.#dt = next;
        continue;
      }
      stepper.accept();
      // The length before it was cut is tried again.
      this.#dt = isCut ? Math.max(this.#dt, next) : next;
      this.#finish(isCut ? target : this.#time + dt);
      return dt;
    }
  }

  /** Takes a step as long as a flow allows. */
  #flow(flow: NonNullable<Course["flow"]>, target: number): number {
    this.#prepare(this.#time);
    const longest = lengthOf(flow, this.#dt, this.#time);
    if (Number.isNaN(longest)) throw blemished(where, findBlemish(this.arrays)!, this.#time, this.#steps);
    const rest = target - this.#time;
    const isCut = longest >= rest * (1 - tolerance);
    const dt = isCut ? rest : longest;
    if (!(this.#time + dt > this.#time)) throw this.#tooShort(dt);
    this.course.stepper.step(this.#time, dt);
    this.#finish(isCut ? target : this.#time + dt);
    return dt;
  }

  #tooShort(dt: number): Error {
    const got = `${dt} at time ${this.#time} (step ${this.#steps})`;
    const todo = "The solution may have no end; raise the tolerance, or stop before.";
    return wrong(where, "steps that change the time", got, todo);
  }

  /** @param named the time for texts */
  #finish(time: number, named = time): void {
    const { limiter, stopper } = this.course;
    this.#steps++;
    this.#time = time;
    if (limiter) {
      this.problem.numbers.t = named;
      limiter.run();
    }
    if (!stopper) return;
    stopper.run(named);
    if (stopper.number("stop") !== 0) this.stopped = "stop";
  }

  /** What a restart needs besides trackers. **Collective.** */
  get restart(): Omit<RestartState, "trackers"> {
    const { numbers, subject } = this.problem;
    const constants = Object.keys(subject.constants).filter((name) => name in numbers);
    return {
      setup: this.course.setup,
      step: this.#steps,
      time: this.#time,
      ...(this.#schedule.from.step > 0 && { from: this.#schedule.from }),
      dt: this.#dt,
      history: this.#hasHistory,
      constants: Object.fromEntries(constants.map((name) => [name, numbers[name]!])),
      fields: digestsOf(subject.constants),
    };
  }

  /** The fields of a restart by their names in its file. @throws UsageError for a name that an unknown has as well */
  restartFields(hasHistory = this.#hasHistory): ReadonlyMap<string, AnyField> {
    const { history = [], beginning = [] } = this.course.stepper;
    const entries = [present, ...(hasHistory ? history : beginning)].flatMap((slot) =>
      this.#state.names.map((name) => {
        return [slot === present ? name : `history_${slot}_${name}`, this.#state.field(slot, name)] as const;
      }),
    );
    if (this.#open?.isDynamic) entries.push(["history_open", this.#open.field]);
    const fields = new Map<string, AnyField>();
    for (const [name, field] of entries) {
      if (fields.has(name))
        throw wrong(where, "unknowns named otherwise than what a restart keeps", name, "Rename it.");
      fields.set(name, field);
    }
    return fields;
  }

  /** Goes on where a run before has stopped; its fields are set already. **Collective.** */
  resume({ step, time, from, dt, history, constants }: RestartState): void {
    if (time > this.schedule.until) {
      const expected = `a time from ${time}, that of the restart`;
      throw wrong(`${where}: "until"`, expected, this.schedule.until, "Go on longer.");
    }
    if (!("attempt" in this.course.stepper) && !this.course.flow) {
      const { start, until } = this.#schedule;
      const length = this.#stepping.isAuto && dt !== null ? dt : this.#schedule.dt;
      const before = new Schedule(where, start, until, length, from);
      // A last step that was cut ended at a time of its own, from which steps are counted.
      const isCut = Math.abs(before.wholeTimeOf(step) - time) > tolerance * length;
      this.#schedule = isCut ? new Schedule(where, start, until, length, { step, time }) : before;
      checkEnd(this.#schedule, this.#stepping);
    }
    // JSON has no infinity.
    [this.#steps, this.#time, this.#dt, this.#hasHistory] = [step, time, dt ?? Number.POSITIVE_INFINITY, history];
    Object.assign(this.problem.numbers, constants);
    if (this.#open) this.problem.countOpen();
    if (history) this.course.stepper.resume?.();
  }

  /** Releases all but the unknowns. **Local.** */
  end(): void {
    for (const free of this.#release.splice(0).reverse()) free();
    this.#state.free([present]);
  }

  /** **Local.** */
  free(): void {
    this.end();
    this.#state.free();
  }
}

/** @throws UsageError where steps of one length do not end at the end, and the stepper needs them to */
function checkEnd(schedule: Schedule, { stepper, tolerance }: Stepping): void {
  if (tolerance !== undefined || !schedule.isCut) return;
  if (stepper !== "adams-bashforth" && stepper !== "leapfrog") return;
  const [below, above] = schedule.neighbours;
  const expected = `the start and whole steps of ${schedule.dt} for ${stepper}`;
  throw wrong(`${where}: "until"`, expected, schedule.until, `Use ${below} or ${above}.`);
}
