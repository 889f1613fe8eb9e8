/** The tracker that keeps frames in memory. */
import { expectKeys } from "../../argument.js";
import type { Run, Tracker } from "./tracker.js";
import { Due, type Interval } from "./when.js";

/** A frame in memory: of each unknown the values of this block, in C order. */
export interface Frame {
  /** The time of the solution. */
  readonly time: number;
  /** Steps taken until then. */
  readonly step: number;
  /** By the name of the unknown; of a complex one `psi_re` and `psi_im`. */
  readonly values: Readonly<Record<string, ArrayLike<number>>>;
}

/**
 * Keeps the blocks of this rank in memory: `frames` of the tracker is their list.
 *
 * ```js
 * const kept = frames({ every: 0.2 });
 * await new Pde({ c: "laplace(c)" }).solve({ grid, initial: { c }, until: 1, dt: 0.1, track: [kept] });
 * console.log(kept.frames.map(({ time }) => time.toFixed(1)).join(" ")); // 0.0 0.2 0.4 0.6 0.8 1.0
 * ```
 */
export function frames(options: Interval = {}): Tracker & { readonly frames: readonly Frame[] } {
  expectKeys("frames", options, ["every", "steps"]);
  const list: Frame[] = [];
  return {
    name: "frames",
    due: new Due("frames", options),
    frames: list,
    begin() {
      list.length = 0;
    },
    call({ arrays, time, step }: Run) {
      const values = Array.from(arrays, ([name, field]) => [name, field.interior()] as const);
      list.push({ time, step, values: Object.fromEntries(values) });
      return undefined;
    },
  };
}
