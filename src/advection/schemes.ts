/** Schemes that have a name in tables of times. */
import { type SchemeOptions, splitSwitches } from "./options.js";

export type SchemeName = "upwind" | "basic" | "fct" | "third-order" | "gauge-fct";

type Options = Pick<SchemeOptions, "iterations" | "nonoscillatory" | "thirdOrderTerms" | "infiniteGauge">;

/** The options of each scheme for `Mpdata`, on a grid of so many axes. */
export function namedSchemes(axes: number): Readonly<Record<SchemeName, Options & { readonly iterations: number }>> {
  return {
    upwind: { iterations: 1 },
    basic: { iterations: axes === 3 ? 3 : 2 },
    fct: { iterations: 2, nonoscillatory: true },
    "third-order": { iterations: 3, nonoscillatory: true, thirdOrderTerms: true },
    "gauge-fct": { iterations: 3, nonoscillatory: true, infiniteGauge: true },
  };
}

/** The options of a scheme that steps between those of other equations may have. */
export const splitKeys = ["iterations", ...splitSwitches] as const;

/** Some of these options. */
export type SplitScheme = Pick<SchemeOptions, (typeof splitKeys)[number]>;

/** A scheme for values of either sign without new extremes: 2 passes, where nothing else is asked for. */
export function schemeBetween(asked: SplitScheme): SplitScheme {
  const { iterations = 2, infiniteGauge = iterations === 2 && !asked.variableSign } = asked;
  const { variableSign = iterations > 2 && !infiniteGauge, nonoscillatory = iterations > 1 } = asked;
  return { ...asked, iterations, infiniteGauge, variableSign, nonoscillatory };
}
