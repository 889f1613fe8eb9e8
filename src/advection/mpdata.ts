import { expectKeys, expectWhole, isAbove, wrong } from "../argument.js";
import { type AnyField, expectCells, Field, type Float } from "../grid/field.js";
import type { Grid } from "../grid/grid.js";
import type { Comm } from "../mpi/comm/comm.js";
import { everywhere } from "../mpi/comm/everywhere.js";
import { expectSameSolver } from "./alike.js";
import { checkCourant, checkDiffused, checkG, checkPsi } from "./check.js";
import { Clock } from "./clock.js";
import { Flow, type FlowValue } from "./flow.js";
import { Kernels } from "./kernels.js";
import { type AnyOptions, checkEntries, checkOptions, type MpdataOptions, type Scheme } from "./options.js";
import { Passes } from "./passes.js";
import { checkState, type ResumedState } from "./resume.js";
import { Sources } from "./source.js";
import type { Walls } from "./walls/condition.js";
import { Fill } from "./walls/fill.js";

/**
 * MPDATA, the multidimensional positive definite advection transport algorithm: solves `d(G psi)/dt + div(G u psi) = 0`
 * on 1 to 3 axes. The bits of the result do not depend on the number of ranks or the split.
 *
 * ```js
 * const solver = new Mpdata({ psi, courant: [0.3, 0.2], iterations: 3 });
 * solver.advance(100);
 * ```
 * @see Smolarkiewicz 1984; Smolarkiewicz and Margolin 1998
 */
export class Mpdata<D extends Float = "f64"> {
  /** The grid of the fields. */
  readonly grid: Grid;
  /** Passes a step: 1 is upwind, each further one corrects the one before. */
  readonly iterations: number;
  /** The advected fields, in the order they were given. */
  readonly fields: readonly Field<D>[];
  /** Whether the interior of the block is computed while messages travel. */
  readonly overlap: boolean;
  /** Seconds spent in `advance` and `advanceTo` so far, on this rank, and those of them in halo exchanges. */
  readonly seconds = { total: 0, exchange: 0 };
  readonly #scheme: Scheme;
  readonly #hooks: Pick<MpdataOptions<D>, "before" | "after">;
  readonly #g: AnyField | undefined;
  readonly #flow: Flow;
  readonly #kernels: Kernels;
  readonly #passes: Passes;
  readonly #sources: Sources | undefined;
  readonly #clock: Clock;
  /** The Courant number that steps of `advanceTo` are fitted to, while it runs. */
  #fitted: number | undefined;
  #isStepping = false;

  /**
   * Checks the input on all ranks. **Collective.**
   * @throws UsageError for wrong options, a Courant number above the limit, psi or G that the scheme cannot advect
   */
  constructor(options: MpdataOptions<D>) {
    const checked = options as unknown as AnyOptions; // What it calls gets the fields that it has.
    const comm = commOf(options);
    this.#scheme = comm ? everywhere(comm, () => checkOptions(checked)) : checkOptions(checked);
    expectSameSolver(this.#scheme, checked);
    const { before, after } = options;
    const { source } = checked;
    const { fields, iterations, epsilon, mode, flow, dt, conditions, haloWidth } = this.#scheme;
    this.iterations = iterations;
    this.overlap = this.#scheme.overlap;
    this.fields = fields as readonly Field<Float>[] as readonly Field<D>[];
    const { grid, dtype } = fields[0]!;
    this.grid = grid;
    this.#hooks = { ...(before ? { before } : {}), ...(after ? { after } : {}) };
    this.#clock = new Clock(dt);
    this.#g = options.g === undefined ? undefined : grid.field(0, { dtype });
    this.#flow = new Flow(grid, dtype, this.#g, flow, { walls: conditions.courant, width: haloWidth });
    this.#kernels = new Kernels(fields[0]!, { epsilon, mode }, this.#g);
    this.#passes = new Passes(this.#scheme, this.#kernels, this.#flow.components);
    this.#sources = source && new Sources(fields, source);
    try {
      if (this.#g) {
        everywhere(grid.comm, () => this.#g!.setAs('Mpdata: "g"', options.g!));
        checkG(this.#g);
        fillG(this.#g, conditions.g, haloWidth);
      }
      this.#computeFlow();
      checkPsi(this.#scheme);
    } catch (error) {
      this.free();
      throw error;
    }
  }

  /** Steps taken so far. */
  get steps(): number {
    return this.#clock.steps;
  }

  /** Time of the fields, 0 at first. */
  get time(): number {
    return this.#clock.time;
  }

  /** Time of a step: of the one under way, else of the one last taken. */
  get dt(): number {
    return this.#clock.dt;
  }

  /** Time of the next step of {@link advanceTo}, unless the flow needs another: what {@link resume} takes as `dt`. */
  get nextDt(): number {
    return this.#clock.fitted;
  }

  /**
   * Takes steps of the time that was given; psi is updated in place. **Collective.**
   * @returns seconds a step on this rank
   * @throws UsageError for a flow above the limit, before the step that would take it; for diffusion that has made psi NaN
   */
  advance(steps = 1): number {
    expectWhole('Mpdata.advance: "steps"', steps, { least: 0 }, "Give the steps to take.");
    const before = this.seconds.total;
    this.#run("advance", () => {
      for (let step = 0; step < steps; step++) {
        this.#clock.take(this.#scheme.dt);
        if (step + 1 < steps && this.#mayPair()) {
          this.#stepTwice();
          step++;
        } else this.#step(() => this.#computeFlow());
      }
    });
    return steps === 0 ? 0 : (this.seconds.total - before) / steps;
  }

  /**
   * Takes steps up to a time, which is met exactly: the last one is cut. Steps are of the time that was given or of a
   * half, a quarter ... of it: halved until the Courant number keeps to the limit, doubled where it falls below half of
   * it. For a flow given as `velocity`, `stream` or by {@link setVelocity}. **Collective.**
   * @param options `maxCourant`: the limit; default: that of the solver
   * @returns steps taken
   */
  advanceTo(time: number, options: { readonly maxCourant?: number } = {}): number {
    const limit = this.#checkTarget(time, options);
    const before = this.steps;
    this.#fitted = limit;
    try {
      this.#run("advanceTo", () => {
        while (this.time < time) this.#step(() => this.#fitStep(time, limit));
      });
    } finally {
      this.#fitted = undefined;
    }
    return this.steps - before;
  }

  #checkTarget(time: number, options: { readonly maxCourant?: number }): number {
    expectKeys("Mpdata.advanceTo", options, ["maxCourant"]);
    if (!(Number.isFinite(time) && time >= this.time)) {
      throw wrong(
        'Mpdata.advanceTo: "time"',
        `a number from ${this.time}, the time of the fields`,
        time,
        "Give the time to reach.",
      );
    }
    const { maxCourant } = this.#scheme;
    const limit = options.maxCourant ?? maxCourant;
    if (!(isAbove(0, limit) && limit <= maxCourant)) {
      throw wrong(
        'Mpdata.advanceTo: "maxCourant"',
        `a number above 0, at most ${maxCourant} as for the solver`,
        limit,
        `Leave it out for ${maxCourant}.`,
      );
    }
    if (this.#flow.scales) return limit;
    throw wrong(
      "Mpdata.advanceTo",
      'a flow of "velocity" or "stream"',
      '"courant", which is of one time step',
      "Give the velocity, or use advance.",
    );
  }

  /**
   * Continues a run whose fields the caller has put back: as after that many steps, at that time. The bits are then those
   * of the run that was not interrupted. **Local.**
   */
  resume(state: ResumedState): void {
    const { steps, time, dt, velocity } = checkState(state, this.grid, this.#scheme.dt);
    if (this.#isStepping) {
      throw wrong("Mpdata.resume", "no step under way", "a call from a hook", "Call it elsewhere.");
    }
    this.#clock.resume(steps, time, dt);
    if (velocity) this.#flow.rememberCells(velocity.fields, velocity.time);
  }

  /** Does the work of an advance, outside of which psi is in the users' fields. */
  #run(name: string, work: () => void): void {
    if (this.#isStepping) {
      throw wrong(`Mpdata.${name}`, "no step under way", "a call from a hook", "Call it elsewhere.");
    }
    const begin = performance.now();
    this.#isStepping = true;
    try {
      work();
    } finally {
      this.#isStepping = false;
      this.#passes.settle();
      this.seconds.total += (performance.now() - begin) / 1e3;
      this.seconds.exchange = this.#passes.exchangeSeconds;
    }
    if (this.#scheme.mu) checkDiffused(this.#scheme, this.steps);
  }

  /** Whether nothing sees or changes fields or flow between two steps. */
  #mayPair(): boolean {
    const { before, after } = this.#hooks;
    return this.iterations === 1 && this.#scheme.paired && !before && !after && !this.#sources && !this.#flow.changes;
  }

  #stepTwice(): void {
    this.#computeFlow();
    this.#passes.stepTwice();
    this.#clock.tick();
    this.#clock.take(this.#scheme.dt);
    this.#clock.tick();
  }

  #step(prepareFlow: () => void): void {
    const { before, after } = this.#hooks;
    if (before) {
      this.#passes.settle();
      everywhere(this.grid.comm, () => before(this));
    }
    prepareFlow();
    const { time, dt } = this;
    if (this.#sources) {
      this.#passes.settle();
      this.#passes.fill();
      this.#sources.before(time, dt);
    }
    this.#passes.step(dt);
    if (this.#sources?.isTrapezoidal) {
      this.#passes.settle();
      this.#passes.fill();
      this.#sources.after(this.#clock.end, dt);
    }
    this.#clock.tick();
    if (after) {
      this.#passes.settle();
      everywhere(this.grid.comm, () => after(this));
    }
  }

  /** Finds the time step, and computes its flow. */
  #fitStep(end: number, limit: number): void {
    const courantOf = (dt: number) => {
      this.#clock.take(dt, end);
      this.#computeFlow(Number.POSITIVE_INFINITY);
      return this.courantNumber();
    };
    const least = this.#scheme.dt / 2 ** 40;
    let dt = this.#clock.fitted;
    let courant = courantOf(dt);
    if (courant <= limit + 1e-9) {
      // Not above what is needed to end: a cut step says nothing of those to come.
      if (courant < limit / 2 && 2 * dt <= this.#scheme.dt && this.#clock.dt === dt) {
        if (courantOf(2 * dt) <= limit + 1e-9) dt *= 2;
        else courantOf(dt);
      }
    } else {
      for (; courant > limit + 1e-9; courant = courantOf(dt)) {
        dt /= 2;
        if (Number.isFinite(courant) && dt >= least) continue;
        this.#flow.forget();
        checkCourant(courant, limit, this.#flow, this.#g);
      }
    }
    this.#clock.fitted = dt;
  }

  /** Computes the flow of the step to take, and checks it, unless that is done. **Collective.** */
  #computeFlow(limit = this.#scheme.maxCourant): void {
    const { time, dt } = this;
    if (!this.#flow.compute(time, dt)) return;
    this.#kernels.setUniform(this.#flow.uniform(dt));
    if (limit === Number.POSITIVE_INFINITY) return;
    const courant = this.courantNumber();
    if (courant <= limit + 1e-9) return;
    this.#flow.forget();
    checkCourant(courant, limit, this.#flow, this.#g);
  }

  /**
   * Sets the Courant field, in the forms of the option `courant`, in place of the flow so far. **Collective.**
   * @throws UsageError for a Courant number above the limit, or one that is not finite; the flow is then as before
   */
  setCourant(courant: readonly FlowValue[]): void {
    if (this.#fitted !== undefined) {
      throw wrong("Mpdata.setCourant", "a step of known time", "one of advanceTo", "Use setVelocity, or advance.");
    }
    this.#flow.use({ kind: "courant", values: checkEntries("courant", courant, this.grid) });
    this.#useFlow();
  }

  /**
   * Sets the flow from velocities in the cells, length per time, in place of the flow so far: on a face the mean of both
   * sides, times the mean of G, dt / dx. The fields are copied. **Collective.**
   * @param velocity one field an axis
   * @param options `extrapolate`: to the half step, from these fields and those of the last time that were set, the
   * first time as they are
   * @throws UsageError for a Courant number above the limit, or one that is not finite; the flow is then as before
   */
  setVelocity(velocity: readonly AnyField[], options: { readonly extrapolate?: boolean } = {}): void {
    expectKeys("Mpdata.setVelocity", options, ["extrapolate"]);
    if (checkEntries("velocity", velocity, this.grid).some((field) => field?.grid !== this.grid)) {
      throw wrong(
        'Mpdata.setVelocity: "velocity"',
        "fields of the grid of psi",
        "others",
        "Make them with grid.field().",
      );
    }
    for (const field of velocity) expectCells('Mpdata.setVelocity: "velocity"', field);
    this.#flow.useCells(velocity, this.time, options.extrapolate ?? false);
    // A step of advanceTo is still to be fitted to it.
    if (this.#fitted === undefined) this.#useFlow();
  }

  #useFlow(): void {
    try {
      this.#computeFlow();
    } catch (error) {
      this.#flow.undo();
      throw error;
    }
  }

  /** The greatest Courant number, the outflow of a cell as a share of its content in a step. **Collective.** */
  courantNumber(): number {
    return this.#greatest(this.#kernels.courantNumber(this.#flow.components));
  }

  /** The greatest divergence of the Courant field in a cell, over G and without its sign, a step. **Collective.** */
  divergence(): number {
    return this.#greatest(this.#kernels.divergence(this.#flow.components));
  }

  #greatest(local: number): number {
    return this.grid.comm.allreduce(Number.isNaN(local) ? Number.POSITIVE_INFINITY : local, { op: "max" });
  }

  /** Releases everything but psi. The solver must not be used afterwards. **Local.** */
  free(): void {
    this.#passes.free();
    this.#kernels.free();
    this.#flow.free();
    this.#sources?.free();
    this.#g?.free();
  }

  /** What it does, in one line: scheme, fields, grid. **Local.** */
  toString(): string {
    const { names, mu } = this.#scheme;
    const passes = this.iterations === 1 ? "1 pass" : `${this.iterations} passes`;
    const others = [mu && "diffusion", this.#sources && "sources", this.#g && "G factor"].filter(Boolean);
    return `${[`MPDATA, ${passes}`, ...names, ...others].join(", ")}, on ${this.grid}`;
  }
}

/** The communicator of the fields, where options have some that are fields. **Local.** */
function commOf(options: { readonly psi?: unknown }): Comm | undefined {
  try {
    const first: unknown = Array.isArray(options.psi) ? options.psi[0] : options.psi;
    return first instanceof Field ? first.grid.comm : undefined;
  } catch {
    return undefined;
  }
}

/** Fills the halo of the G factor, once for all steps. **Collective.** */
function fillG(g: AnyField, walls: Walls, width: number): void {
  const fill = new Fill(g.grid, [{ field: g, walls }], width);
  const halo = g.grid.halo([g], { fill: fill.run });
  halo.exchange();
  halo.free();
  fill.free();
}
