import { UsageError } from "../errors.js";
import type { Field } from "../grid/field.js";
import type { Grid } from "../grid/grid.js";
import { Fill } from "./boundary.js";
import { checkCourant, checkG, checkPsi } from "./check.js";
import type { Walls } from "./condition.js";
import { setCourant, velocityFields } from "./flow.js";
import { checkOptions, type MpdataOptions, type Scheme } from "./options.js";
import { Pass } from "./pass.js";
import { Passes } from "./passes.js";

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
export class Mpdata {
  readonly grid: Grid;
  readonly iterations: number;
  /** Steps taken so far. */
  steps = 0;
  /** Seconds spent in `advance` so far, on this rank, and those of them in halo exchanges. */
  readonly seconds = { total: 0, exchange: 0 };
  readonly #scheme: Scheme;
  readonly #courant: readonly Field[];
  readonly #g: Field | undefined;
  readonly #pass: Pass;
  readonly #passes: Passes;

  /**
   * Checks the input on all ranks. **Collective.**
   * @throws UsageError for wrong options, a Courant number above the limit, psi or G that the scheme cannot advect
   */
  constructor(options: MpdataOptions) {
    this.#scheme = checkOptions(options);
    const { fields, iterations, epsilon, maxCourant, conditions, haloWidth } = this.#scheme;
    this.iterations = iterations;
    const { grid, dtype } = fields[0]!;
    this.grid = grid;
    this.#courant = velocityFields(grid, dtype);
    this.#g = options.g === undefined ? undefined : grid.field(0, { dtype });
    this.#pass = new Pass(fields[0]!, epsilon, this.#g, this.#uniform(options));
    this.#passes = new Passes(this.#scheme, this.#pass, this.#courant);
    try {
      setCourant(this.#courant, options.courant, conditions.courant, haloWidth);
      if (this.#g) {
        this.#g.set(options.g!);
        checkG(this.#g);
        fillG(this.#g, conditions.g, haloWidth);
      }
      checkCourant(this.courantNumber(), maxCourant, this.#courant, this.#g);
      checkPsi(this.#scheme);
    } catch (error) {
      this.free();
      throw error;
    }
  }

  /**
   * The Courant numbers where numbers are all that was given and no wall changes them: the kernels then do without
   * arrays. The bits are the same.
   */
  #uniform({ courant, g }: MpdataOptions): readonly number[] | undefined {
    const plain = g === undefined && this.grid.periodic.every(Boolean);
    return plain && courant.every((value) => typeof value === "number") ? courant : undefined;
  }

  /**
   * Takes steps; psi is updated in place. **Collective.**
   * @returns seconds a step on this rank
   */
  advance(steps = 1): number {
    if (!Number.isInteger(steps) || steps < 0) {
      throw new UsageError(
        `Mpdata.advance: "steps" expected a whole number from 0, got ${steps}. Give the steps to take.`,
      );
    }
    const begin = performance.now();
    for (let step = 0; step < steps; step++) this.#passes.step();
    this.#passes.settle();
    this.steps += steps;
    const seconds = (performance.now() - begin) / 1e3;
    this.seconds.total += seconds;
    this.seconds.exchange = this.#passes.exchangeSeconds;
    return steps === 0 ? 0 : seconds / steps;
  }

  /** The greatest Courant number, the outflow of a cell as a share of its content in a step. **Collective.** */
  courantNumber(): number {
    const own = this.#pass.courantNumber(this.#courant);
    return this.grid.comm.allreduce(Number.isNaN(own) ? Number.POSITIVE_INFINITY : own, { op: "max" });
  }

  /** Releases everything but psi. The solver must not be used afterwards. **Local.** */
  free(): void {
    this.#passes.free();
    this.#pass.free();
    for (const field of this.#courant) field.free();
    this.#g?.free();
  }

  toString(): string {
    const g = this.#g ? ", G factor" : "";
    const passes = this.iterations === 1 ? "1 pass" : `${this.iterations} passes`;
    return `${[`MPDATA, ${passes}`, ...this.#scheme.names].join(", ")}${g}, on ${this.grid}`;
  }
}

/** Fills the halo of the G factor, once for all steps. **Collective.** */
function fillG(g: Field, walls: Walls, width: number): void {
  const fill = new Fill(g.grid, [{ field: g, walls }], width);
  const halo = g.grid.halo([g], { fill: fill.run });
  halo.exchange();
  halo.free();
  fill.free();
}
