/** What all ranks have to make a solver of alike: passes and exchanges follow from it, and ranks would wait for one another. */
import { comparedOf, expectAlike, named, withoutBlock } from "../grid/alike.js";
import { type AnyOptions, mpdataKeys, type Scheme } from "./options.js";

/** What is given for an axis: a function that changes in time is asked for in every step, together. */
function flowOf(value: unknown): unknown {
  return typeof value === "function" && value.length >= 4 ? "a function of the time" : withoutBlock(value);
}

/** Checks that all ranks make the same solver. **Collective.** @throws UsageError on all ranks */
export function expectSameSolver(scheme: Scheme, options: AnyOptions): void {
  const { fields: psi, iterations, epsilon, maxCourant, dt } = scheme;
  const { comm } = psi[0]!.grid;
  if (comm.size === 1) return;
  expectAlike(comm, () => {
    const { courant, velocity, stream, g } = options;
    const flow = { courant: courant?.map(flowOf), velocity: velocity?.map(flowOf), stream: flowOf(stream) };
    const values = { psi, iterations, epsilon, maxCourant, dt, ...flow, g: withoutBlock(g) };
    return named("Mpdata", { ...comparedOf(options, mpdataKeys), ...values });
  });
}
