/** What looks on while a solve goes on, besides its file. */
import { data } from "../../pde/trackers/data.js";
import { steadyState } from "../../pde/trackers/simple.js";
import type { Tracker } from "../../pde/trackers/tracker.js";
import { intervalOf } from "./frames.js";
import type { Meant, Task } from "./task.js";

/** Steps between looks for a steady state, which cost about a step each. */
const steadySteps = 10;

/** The trackers of a task. */
export function trackersOf(task: Task, { measure }: Meant): readonly Tracker[] {
  const { data: path, dataEvery, steadyState: isWanted, atol, rtol } = task;
  const interval = dataEvery === undefined ? intervalOf(task) : { every: dataEvery };
  const tolerances = { ...(atol === undefined ? {} : { atol }), ...(rtol === undefined ? {} : { rtol }) };
  return [
    ...(path === undefined ? [] : [data(measure, { path, ...interval })]),
    ...(isWanted ? [steadyState({ steps: steadySteps, ...tolerances })] : []),
  ];
}

/** How long a task may take. */
export function clockOf({ maxRuntime }: Task): { readonly maxRuntime?: number } {
  return maxRuntime === undefined ? {} : { maxRuntime };
}
