/** What a stepper is: how the unknowns come from one time to another. */
import type { Id } from "../../expression/graph.js";
import type { Problem } from "../programs/problem.js";
import { type Rates, Stage, type StagePlan } from "../programs/stage.js";
import type { State } from "../programs/state.js";

/** What a stepper works on. */
export interface Workplace {
  readonly problem: Problem;
  readonly state: State;
  readonly rates: Rates;
  /** Called before each evaluation of the equations, when the time of it is known. **Collective.** */
  readonly prepare?: () => void;
}

/** A rate as a part that is linear and symmetric, which closed cells have none of, and the rest. */
export interface Split {
  readonly linear: Id | undefined;
  readonly rest: Id;
}

/** Advances the unknowns by steps whose length the caller chooses. */
export interface Stepper {
  /** A step from `t` to `t + dt`. **Collective.** */
  step(t: number, dt: number): void;
  /** Two steps of one length, from `t` and from `later`, with the bits of both one by one. **Collective.** */
  readonly pair?: ((t: number, later: number, dt: number) => void) | undefined;
  /** The slots that the next step needs besides the unknowns: a restart keeps them. */
  readonly history?: readonly string[];
  /** The slots that the first step reads besides, while there is no history. */
  readonly beginning?: readonly string[];
  /** Prepares the history at the first step. **Collective.** */
  start?(t: number, dt: number): void;
  /** The history is there, from a run before. **Local.** */
  resume?(): void;
  /** What of each rate an implicit stepper solves for, and what it takes at the old time. */
  readonly splits?: ReadonlyMap<string, Split>;
  /** The programs of its stages, in order. */
  readonly stages: readonly Stage[];
  /** Releases memory. **Local.** */
  free(): void;
}

/** The names of the numbers of steppers in programs. */
export const numbersOfStepper = { time: "t", dt: "#dt" } as const;

/** A stage, and where in the step it evaluates the equations. */
export interface TimedPlan extends StagePlan {
  /** The time of the evaluation, in steps behind the start of the step. */
  readonly time: number;
}

/** Runs stages one after the other. */
export class Stages {
  readonly list: readonly Stage[];
  readonly #times: readonly number[];
  readonly #numbers: Record<string, number>;
  readonly #prepare: (() => void) | undefined;

  constructor({ problem, state, rates, prepare }: Workplace, plans: readonly TimedPlan[]) {
    this.#prepare = prepare;
    this.#numbers = problem.numbers;
    this.list = plans.map((plan) => new Stage(problem, state, rates, plan));
    this.#times = plans.map(({ time }) => time);
  }

  /** **Collective.** */
  run(t: number, dt: number): void {
    this.#numbers[numbersOfStepper.dt] = dt;
    for (let i = 0; i < this.list.length; i++) {
      this.#numbers.t = t + this.#times[i]! * dt;
      this.#prepare?.();
      this.list[i]!.run();
    }
  }

  /** **Local.** */
  free(): void {
    for (const stage of this.list) stage.free();
  }
}
