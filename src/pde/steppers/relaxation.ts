/** Poisson's equation as the end of damped oscillations. */
import { wrong } from "../../argument.js";
import { functions } from "../../wasm/functions.js";
import type { Problem } from "../programs/problem.js";
import { type Rates, Stage, type StageTerms } from "../programs/stage.js";
import { present, type State } from "../programs/state.js";
import type { Advice } from "./linear.js";

/** The slot of what the linear operator is to be. */
export const wanted = "wanted";
/** The slot of the last change. */
const change = "change";

const parameters = { force: "#force", keep: "#keep" } as const;

/** Iterations between two looks at the residual. */
const between = 16;
/** How many times a mode of the assumed frequency gets smaller by a factor of e before the assumption is looked at. */
const patience = 5;
/** Of the residual of then, what is left after that many times where the assumption is right, is less: e to the -2.5. */
const halfway = 0.082;

/** What is known of the operator: `-A` has eigenvalues between these. */
export interface Spectrum {
  /** About the least; iterations are fewest where it is right, and it is mended where it is too large. */
  readonly least: number;
  /** Not below the greatest. */
  readonly greatest: number;
}

/**
 * Equations `A(x) = b` for one unknown, of an operator A whose eigenvalues are negative: x swings like a chain of masses
 * in honey until it rests,
 *
 *     change' = keep change + force (A(x) - b)        x' = x + change'
 *
 * with `force = (2 / (sqrt least + sqrt greatest))^2` and `keep = ((sqrt greatest - sqrt least) / (sqrt greatest + sqrt
 * least))^2`, for which all modes between the two frequencies die out at the same rate. The number of iterations grows as
 * the number of cells along an axis. They need halos alone; now and then the largest residual of all ranks is looked at,
 * which is exact.
 * @see Frankel, Math. Comp. 4 (1950) 65
 */
export class Relaxation {
  readonly #problem: Problem;
  readonly #state: State;
  readonly #name: string;
  readonly #advance: Stage;
  readonly #look: Stage;

  /** @param rates the operator; the solution is in the slot of the present */
  constructor(problem: Problem, state: State, rates: Rates, name: string) {
    this.#problem = problem;
    this.#state = state;
    this.#name = name;
    const changed = ({ graph, at, rate, number }: StageTerms) => {
      const pull = graph.mul(number(parameters.force), graph.sub(rate, at(wanted)));
      return graph.add(graph.mul(number(parameters.keep), at(change)), pull);
    };
    this.#advance = new Stage(problem, state, rates, {
      read: present,
      stores: { [present]: (terms) => terms.graph.add(terms.at(present), changed(terms)), [change]: changed },
    });
    this.#look = new Stage(problem, state, rates, {
      read: present,
      stores: {},
      reductions: [
        {
          name: "#size",
          operation: "max",
          of: ({ graph, at, rate }) => graph.unary("abs", graph.sub(rate, at(wanted))),
        },
      ],
    });
  }

  /**
   * Relaxes from what is in the slot of the solution until no residual is larger than `enough`, or than the rounding of its
   * terms. **Collective.**
   * @returns how many iterations it took
   * @throws UsageError where a mode grows, and where numbers are too large
   */
  solve({ least, greatest }: Spectrum, enough: number, where: string, advice: Advice): number {
    const { shape } = this.#problem.domain.grid;
    const most = 100 * shape.reduce((product, n) => product * n, 1) + 10_000;
    const { pow } = functions();
    let frequency = Math.min(least, greatest);
    let { keep, force, window } = this.#tune(frequency, greatest);
    const first = this.#residual();
    let [iterations, since, growing] = [0, 0, 0];
    let [size, then] = [first, first];
    while (size > enough) {
      for (let i = 0; i < between; i++) this.#advance.run();
      iterations += between;
      since += between;
      size = this.#residual();
      if (!Number.isFinite(size)) throw wrong(where, "a solution of 64-bit numbers", "larger ones", advice.range);
      if (size > 1e6 * first) throw wrong(where, advice.sign, "others", advice.other);
      if (iterations > most) throw wrong(where, "an end of iterations", `${most} of them`, "Use a larger tolerance.");
      if (since < window) continue;
      // Where modes swing too slowly to be damped, the residual tells the frequency of the slowest.
      if (size > then * halfway) {
        if (size <= this.#rounding(greatest, window)) break;
        const rate = pow!(size / then, 1 / since);
        const found = (1 + keep - rate - keep / rate) / force;
        growing = found > 0 ? 0 : growing + 1;
        if (growing > 2) throw wrong(where, advice.sign, "others", advice.other);
        frequency = Math.max(Math.min(found, frequency), frequency / 100);
        ({ keep, force, window } = this.#tune(frequency, greatest));
      }
      then = size;
      since = 0;
    }
    if (Number.isFinite(this.#state.field(present, this.#name).sum())) return iterations;
    throw wrong(where, "a solution of 64-bit numbers", "larger ones", advice.range);
  }

  /** Sets the damping for the slowest frequency. @returns it, and after how many iterations it is looked at */
  #tune(least: number, greatest: number): { readonly keep: number; readonly force: number; readonly window: number } {
    const { numbers } = this.#problem;
    const [slow, fast] = [Math.sqrt(least), Math.sqrt(greatest)];
    const root = (fast - slow) / (fast + slow);
    const [keep, force] = [root * root, (2 / (fast + slow)) * (2 / (fast + slow))];
    numbers[parameters.keep] = keep;
    numbers[parameters.force] = force;
    return { keep, force, window: Math.ceil(patience / (1 - root)) };
  }

  /** The largest residual. **Collective.** */
  #residual(): number {
    this.#look.run();
    return this.#look.number("#size");
  }

  /**
   * What residuals can be by rounding alone: errors of as many iterations as a mode lives add up like steps of a random
   * walk. Measured floors are about a fifth of it. **Collective.**
   */
  #rounding(greatest: number, window: number): number {
    const values = this.#state.field(present, this.#name);
    const terms = Number.EPSILON * greatest * Math.max(values.max(), -values.min());
    return 8 * terms * Math.sqrt(window / patience);
  }

  /** **Local.** */
  free(): void {
    this.#advance.free();
    this.#look.free();
  }
}
