/** The loop over time, with what looks on. */
import { nearest, show, wrong } from "../argument.js";
import { type ErrorRecord, errorOf, recordOf } from "../errors.js";
import type { Comm } from "../mpi/comm/comm.js";
import { blemished, findBlemish } from "./finite.js";
import { Interruption } from "./interruption.js";
import type { March } from "./march.js";
import type { SolveOptions } from "./options.js";
import type { RestartState, StateFile } from "./restart.js";
import { tolerance } from "./time.js";
import { Failure, type Run, type Stop, type Tracker } from "./trackers/tracker.js";

/** Runs a march to its end, with its trackers. **Collective.** */
export async function follow(march: March, options: SolveOptions, resumed: RestartState | undefined): Promise<void> {
  const onlookers = new Onlookers(march, options, resumed);
  try {
    await onlookers.begin();
    await onlookers.listen();
    while (!march.isOver) {
      const dt = march.step(onlookers.due, (time, step) => onlookers.isDue(time, step));
      const waits = onlookers.tell(dt);
      if (waits) await waits;
      if (onlookers.isToListen(waits !== undefined)) await onlookers.listen();
    }
    await onlookers.finish();
  } catch (error) {
    // What fails in the end because of it is not told.
    await onlookers.end().catch(() => undefined);
    throw error;
  }
  await onlookers.end();
}

/** What looks on while a march is taken step by step: its trackers, and the clock. */
export class Onlookers {
  readonly #march: March;
  readonly #resumed: RestartState | undefined;
  readonly #restarted: string | undefined;
  readonly #trackers: readonly Tracker[];
  readonly #maxRuntime: number | undefined;
  readonly #interruption: Interruption | undefined;
  readonly #begin = performance.now();
  /** The step after which each tracker was called last. */
  readonly #told = new Map<Tracker, number>();
  /** The files of states that trackers have asked for. */
  readonly #states: StateFile[] = [];

  /** @param resumed the state that the march has gone on from */
  constructor(
    march: March,
    { track = [], maxRuntime, restart, signal }: Pick<SolveOptions, "track" | "maxRuntime" | "restart" | "signal">,
    resumed: RestartState | undefined,
  ) {
    this.#march = march;
    this.#resumed = resumed;
    this.#restarted = restart;
    this.#trackers = track;
    this.#maxRuntime = maxRuntime;
    this.#interruption = signal && new Interruption(signal, march.problem.domain.grid.comm);
  }

  /** Calls the trackers before the first step. **Collective.** */
  async begin(): Promise<void> {
    const march = this.#march;
    const fresh: Tracker[] = [];
    for (const [i, tracker] of this.#trackers.entries()) {
      await tracker.begin?.(this.#moment());
      // Several of one name, as callbacks are, keep their order.
      const isAlike = ({ name }: { readonly name: string }) => name === tracker.name;
      const place = this.#trackers.slice(0, i).filter(isAlike).length;
      const before = this.#resumed?.trackers.filter(isAlike)[place];
      if (before) {
        // Times that steps come to differ from those of intervals by rounding.
        tracker.due.resume(march.schedule.start, march.time + tolerance * march.schedule.dt, before.due);
        if (before.kept !== undefined) tracker.resume?.(before.kept);
      } else {
        tracker.due.begin(march.time);
        fresh.push(tracker);
      }
    }
    // The state of the start may have been written before any tracker was called.
    if (march.steps === 0 && fresh.length > 0) await this.#call(fresh);
  }

  /** The next time at which a tracker is due, which steps of any length must not pass. */
  get due(): number {
    return Math.min(...this.#trackers.map(({ due }) => due.next).filter((time) => time > this.#march.time));
  }

  /** What a restart brings back of the trackers. */
  get states(): RestartState["trackers"] {
    const { start } = this.#march.schedule;
    return this.#trackers.map(({ name, due, kept }) => ({ name, due: due.stateOf(start), kept }));
  }

  /** Calls the trackers that have not seen the end. **Collective.** @throws UsageError for values that are not finite */
  async finish(): Promise<void> {
    const march = this.#march;
    await this.#call(this.#trackers.filter((tracker) => this.#told.get(tracker) !== march.steps));
    const blemish = findBlemish(march.arrays);
    if (blemish) throw blemished("Pde.solve", blemish, march.time, march.steps);
  }

  /** Whether ranks are to ask for a signal after a step. @param wasCalled whether trackers were, which may abort it */
  isToListen(wasCalled: boolean): boolean {
    return this.#interruption?.noteStep() || (wasCalled && this.#interruption !== undefined);
  }

  /** Ends the march where its signal was aborted. **Collective.** */
  async listen(): Promise<void> {
    const march = this.#march;
    if (march.isOver || !this.#interruption) return;
    if (await this.#interruption.isAborted()) march.stopped = "interrupt";
  }

  /** Ends all trackers, after errors too. **Collective.** @throws the error of the first that could not end well */
  async end(): Promise<void> {
    const failures: unknown[] = [];
    for (const tracker of this.#trackers) {
      try {
        await tracker.end?.(this.#moment());
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  /** Whether a tracker is due at a time, after a number of steps of the usual length; the clock aside. */
  isDue(time: number, step: number): boolean {
    const { dt } = this.#march.schedule;
    return this.#trackers.some(({ due }) => due.isReached(time, step, dt));
  }

  /** Calls the trackers that are due after a step; a promise where there are any. **Collective.** @param dt its length */
  tell(dt: number): Promise<void> | undefined {
    const march = this.#march;
    const [wall, isLate] = this.#clock();
    if (isLate) march.stopped ??= "maxRuntime";
    const due = this.#trackers.filter((tracker, i) => tracker.due.isDue(march.time, march.steps, dt, wall[i] === 1));
    return due.length > 0 ? this.#call(due) : undefined;
  }

  /** Which trackers are due by the clock of rank 0, and whether the time is over. */
  #clock(): readonly [ArrayLike<number>, boolean] {
    const maxRuntime = this.#maxRuntime;
    const timed = this.#trackers.some(({ due }) => due.wall !== undefined);
    if (!timed && maxRuntime === undefined) return [[], false];
    const { comm } = this.#march.problem.domain.grid;
    const flags = new Int32Array(this.#trackers.length + 1);
    if (comm.rank === 0) {
      for (const [i, { due }] of this.#trackers.entries()) flags[i] = Number(due.isWallDue());
      const seconds = (performance.now() - this.#begin) / 1e3;
      flags[this.#trackers.length] = Number(maxRuntime !== undefined && seconds > maxRuntime);
    }
    if (comm.size > 1) comm.bcast(flags);
    return [flags, flags.at(-1) === 1];
  }

  async #call(trackers: readonly Tracker[]): Promise<void> {
    const march = this.#march;
    const { grid } = march.problem.domain;
    const words: string[] = [];
    const failures: Failure[] = [];
    for (const tracker of trackers) {
      this.#told.set(tracker, march.steps);
      const word = await tracker.call(this.#moment());
      if (word instanceof Failure) failures.push(word);
      else if (word) words.push(word);
    }
    // What trackers behind it have done in this step belongs to a state as well.
    for (const file of this.#states.splice(0)) {
      await file.write(grid, { ...march.restart, trackers: this.states }, march.restartFields());
    }
    const stop = agreed(grid.comm, words, failures[0]);
    if (stop) march.stopped ??= stop;
  }

  #moment(): Run {
    const march = this.#march;
    const { schedule, course, problem } = march;
    const { grid, dtype } = problem.domain;
    return {
      grid,
      dtype,
      time: march.time,
      step: march.steps,
      start: schedule.start,
      until: schedule.until,
      fields: march.fields,
      arrays: march.arrays,
      open: problem.openField,
      watch: course.watch,
      resumed: this.#resumed?.step,
      restarted: this.#restarted,
      saveRestart: (file) => this.#states.push(file),
    };
  }
}

/** Why trackers end a run. */
const stops = ["stop", "steadyState"] as const;

/**
 * What trackers say on any of the ranks: they may look at what is local.
 * **Collective.** @throws UsageError on all ranks for an unknown word, and the error that one of them has met
 */
function agreed(comm: Comm, words: readonly string[], failure: Failure | undefined): Stop | undefined {
  const strange = words.find((word) => !stops.includes(word as Stop));
  const said = strange === undefined ? stops.findIndex((stop) => words.includes(stop)) + 1 : stops.length + 1;
  const most = new Int32Array([failure ? stops.length + 2 : said]);
  if (comm.size > 1) comm.allreduce(most.slice(), most, { op: "max" });
  if (most[0]! <= stops.length) return stops[most[0]! - 1];
  if (most[0] === stops.length + 2) throw failureOf(comm, failure);
  const all = comm.size > 1 ? (comm.allgatherObject(strange ?? null) as (string | null)[]) : [strange!];
  const rank = all.findIndex((word) => word !== null);
  const got = show(all[rank]) + (comm.size > 1 ? ` on rank ${rank}` : "");
  const near = nearest(all[rank]!, stops);
  throw wrong(
    'Pde.solve: "track"',
    `"stop" or nothing from a callback`,
    got,
    near ? `Did you mean ${near}?` : "Return nothing to go on.",
  );
}

/** What a rank has met: its own error, on the others a copy of the first. **Collective.** */
function failureOf(comm: Comm, failure: Failure | undefined): unknown {
  const records = comm.size > 1 ? comm.allgatherObject(failure ? recordOf(failure.error) : null) : [];
  if (failure) return failure.error;
  return errorOf((records as (ErrorRecord | null)[]).find((record) => record !== null)!);
}
