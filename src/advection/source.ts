import { expectKeys, showAll, wrong } from "../argument.js";
import type { Field, Float } from "../grid/field.js";
import { everywhere } from "../mpi/comm/everywhere.js";
import { core } from "../wasm/core.js";

/** Computes rates of change: sets `out`, one field for each of `fields`, 0 at the call; halos of `fields` are set. */
export type Rates<D extends Float = "f64"> = (
  fields: readonly Field<D>[],
  out: readonly Field<D>[],
  time: number,
) => void;

/**
 * Right-hand sides `d psi / dt = ... + rhs`. Functions are called on every rank and set the interior of `out`, which has
 * the layout of `fields`; what they make of a cell may depend on it and its halo alone, for the same bits on any split.
 */
export interface Source<D extends Float = "f64"> {
  /**
   * `euler`: the whole step at its start, before the advection. `trapezoidal`: half of it before the advection, from the
   * state and time at the step's start, and half of it after, from those at its end.
   */
  readonly scheme: "euler" | "trapezoidal";
  /** The rates of the state in `fields`. */
  readonly rhs: Rates<D>;
  /**
   * Trapezoidal, for the second half: the rates R of the state that is to be reached, where the equation
   * `R = rhs(fields + step R)` can be solved for it. Default: `rhs` of the state after the advection.
   */
  readonly implicit?: (fields: readonly Field<D>[], out: readonly Field<D>[], time: number, step: number) => void;
}

/** @throws UsageError */
export function checkSource(source: Source<Float>): void {
  expectKeys('Mpdata: "source"', source, ["scheme", "rhs", "implicit"]);
  const { scheme, rhs, implicit } = source;
  if (scheme !== "euler" && scheme !== "trapezoidal") {
    throw wrong('Mpdata: "source"', 'the scheme "euler" or "trapezoidal"', showAll(scheme), "Choose one.");
  }
  for (const [name, value] of Object.entries({ rhs, implicit })) {
    if (typeof value === "function" || (name === "implicit" && value === undefined)) continue;
    throw wrong(
      'Mpdata: "source"',
      `a function as "${name}"`,
      showAll(value),
      "Give one that sets the rates of change.",
    );
  }
  if (scheme === "euler" && implicit) {
    throw wrong(
      'Mpdata: "source"',
      'no "implicit" with the scheme "euler"',
      "one",
      'Leave it out, or use "trapezoidal".',
    );
  }
}

/** Adds the sources to the fields, around the advection of a step. */
export class Sources {
  readonly #fields: readonly Field<Float>[];
  readonly #source: Source<Float>;
  readonly #rates: readonly Field<Float>[];

  constructor(fields: readonly Field<Float>[], source: Source<Float>) {
    this.#fields = fields;
    this.#source = source;
    this.#rates = fields.map(({ grid, dtype }) => grid.field(0, { dtype }));
  }

  /** Whether there is something to do after the advection. */
  get isTrapezoidal(): boolean {
    return this.#source.scheme === "trapezoidal";
  }

  /** What comes before the advection. The halos must be set. */
  before(time: number, dt: number): void {
    this.#clear();
    this.#call(() => this.#source.rhs(this.#fields, this.#rates, time));
    this.#add(this.isTrapezoidal ? dt / 2 : dt);
  }

  /** The second half, after the advection. The halos must be set. @param time at the end of the step */
  after(time: number, dt: number): void {
    this.#clear();
    const { rhs, implicit } = this.#source;
    this.#call(() => {
      if (implicit) implicit(this.#fields, this.#rates, time, dt / 2);
      else rhs(this.#fields, this.#rates, time);
    });
    this.#add(dt / 2);
  }

  /** Calls a function of the user: what it throws on one rank ends the step on all. **Collective.** */
  #call(run: () => void): void {
    everywhere(this.#fields[0]!.grid.comm, run);
  }

  #clear(): void {
    for (const rate of this.#rates) core().fillBox(...rate.box(), 0, rate.kernelType);
  }

  #add(step: number): void {
    for (const [index, field] of this.#fields.entries()) {
      core().addScaled(...field.box(), this.#rates[index]!.originPtr, step, field.kernelType);
    }
  }

  /** **Local.** */
  free(): void {
    for (const field of this.#rates) field.free();
  }
}
