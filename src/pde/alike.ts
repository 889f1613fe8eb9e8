/** What all ranks have to ask a solver for alike. */
import { comparedOf, expectAlike, named, unknownIn, withoutBlock } from "../grid/alike.js";
import { Grid } from "../grid/grid.js";
import { type Equations, type SolveOptions, solveKeys } from "./options.js";
import type { Tracker } from "./trackers/tracker.js";

/** Values at the start, with lists in place of which each rank has those of its block. */
function withoutBlocks(values: unknown): unknown {
  if (typeof values !== "object" || values === null) return values;
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, withoutBlock(value)]));
}

/** Trackers by name, how often they are called, and what else they ask for. */
function trackersOf(track: unknown): unknown {
  if (!Array.isArray(track)) return track;
  return track.map((tracker: Partial<Tracker> | null | undefined) => {
    const asked = tracker?.asked;
    return [tracker?.name, tracker?.due?.interval, ...(asked === undefined ? [] : [asked])];
  });
}

/** Checks that all ranks solve the same. **Collective**, where there is a grid. @throws UsageError on all ranks */
export function expectSameSolve(equations: Equations, options: SolveOptions): void {
  if (!(options?.grid instanceof Grid) || options.grid.comm.size === 1) return;
  const { comm } = options.grid;
  const { texts, parts, isSecond, isStratonovich, kinds, complex: _, ...asked } = equations;
  expectAlike(comm, () => {
    const values = comparedOf(options, solveKeys);
    return {
      ...named("Pde", { equations: [texts, isSecond ? 2 : 1], define: parts, ...asked }),
      ...named("Pde", { complex: kinds, interpretation: isStratonovich ? "stratonovich" : "ito" }),
      ...named("Pde.solve", { options: unknownIn(options, solveKeys) }),
      ...named("Pde.solve", { ...values, initial: withoutBlocks(values.initial), track: trackersOf(values.track) }),
    };
  });
}
