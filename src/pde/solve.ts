/** A solve from its options to its end. */
import { follow } from "./loop.js";
import { March } from "./march.js";
import type { Equations, Solution, SolveOptions } from "./options.js";
import type { Problem } from "./programs/problem.js";
import { readRestart } from "./restart.js";

export { March } from "./march.js";

/**
 * Solves equations from the start to the end. **Collective.**
 * @param begin is told the problem
 * @throws UsageError, CompileError
 */
export async function solve(
  equations: Equations,
  options: SolveOptions,
  begin: (problem: Problem) => void,
): Promise<Solution> {
  const march = new March(equations, options);
  try {
    begin(march.problem);
    const before =
      options.restart === undefined ? undefined : await readRestart(options.grid, options.restart, march.course.setup);
    if (before) {
      await before.read(march.restartFields(before.state.history));
      march.resume(before.state);
    }
    await follow(march, options, before?.state);
  } catch (error) {
    march.free();
    throw error;
  }
  march.end();
  return { fields: march.fields, time: march.time, steps: march.steps, stopped: march.stopped ?? "until" };
}
