/** The loop over time, with what looks on. */
import { blemished, findBlemish } from "./finite.js";
import type { March } from "./march.js";
import type { SolveOptions } from "./options.js";
import { type RestartState, writeRestart } from "./restart.js";
import type { Run, Tracker } from "./trackers/tracker.js";

/** Runs a march to its end, with its trackers. **Collective.** */
export async function follow(march: March, options: SolveOptions, resumed: RestartState | undefined): Promise<void> {
  const loop = new Loop(march, options, resumed);
  try {
    await loop.run();
  } finally {
    await loop.end();
  }
}

class Loop {
  readonly #march: March;
  readonly #resumed: RestartState | undefined;
  readonly #trackers: readonly Tracker[];
  readonly #maxRuntime: number | undefined;
  readonly #restarted: string | undefined;
  readonly #begin = performance.now();
  /** The step after which each tracker was called last. */
  readonly #told = new Map<Tracker, number>();

  constructor(march: March, { track = [], maxRuntime, restart }: SolveOptions, resumed: RestartState | undefined) {
    this.#march = march;
    this.#resumed = resumed;
    this.#trackers = track;
    this.#maxRuntime = maxRuntime;
    this.#restarted = restart;
  }

  async run(): Promise<void> {
    const march = this.#march;
    for (const tracker of this.#trackers) {
      await tracker.begin?.(this.#moment());
      const before = this.#resumed?.trackers.find(({ name }) => name === tracker.name);
      if (before) tracker.due.resume(march.schedule.start, before.due);
      else tracker.due.begin(march.time);
    }
    if (!this.#resumed) await this.#call(this.#trackers);
    while (!march.isOver) {
      const due = this.#trackers.map(({ due }) => due.next).filter((time) => time > march.time);
      const dt = march.step(Math.min(...due));
      const waits = this.#tell(dt);
      if (waits) await waits;
    }
    await this.#call(this.#trackers.filter((tracker) => this.#told.get(tracker) !== march.steps));
    const blemish = findBlemish(march.arrays);
    if (blemish) throw blemished("Pde.solve", blemish, march.time, march.steps);
  }

  async end(): Promise<void> {
    for (const tracker of this.#trackers) await tracker.end?.(this.#moment());
  }

  /** Calls the trackers that are due after a step; a promise where there are any. */
  #tell(dt: number): Promise<void> | undefined {
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
    for (const tracker of trackers) {
      this.#told.set(tracker, march.steps);
      const stop = await tracker.call(this.#moment());
      if (stop) march.stopped ??= stop;
    }
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
      saveRestart: (path) => {
        const trackers = this.#trackers.map(({ name, due }) => ({ name, due: due.state }));
        return writeRestart(grid, path, { ...march.restart, trackers }, march.restartFields());
      },
    };
      restarted: this.#restarted,
  }
}
