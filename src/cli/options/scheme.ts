/** The options of the scheme of MPDATA. */
import { choice, numbers, onOff, whole } from "./kind.js";
import type { Row } from "./row.js";

/** What flow and scheme are. */
export const scheme = [
  {
    key: "courant",
    flag: "--courant <c>",
    kind: numbers,
    about: "Courant number along each axis, e.g. 0.3,0.2 (cases of a uniform flow)",
    example: "0.3,0.2",
    decides: true,
  },
  {
    key: "iterations",
    flag: "--iterations <n>",
    // More take a step longer than anybody waits, and change nothing that a double shows.
    kind: whole(1, 1000),
    filed: whole(1, 1e6), // As many as `Mpdata` takes.
    about: "passes of MPDATA: 1 is donor cell",
    example: "2",
    details: "at most 1000",
    default: 2,
    decides: true,
    solver: "iterations",
  },
  {
    key: "infiniteGauge",
    flag: "--infinite-gauge",
    kind: onOff,
    about: "linearise about an infinite background: sharper, psi of either sign",
    decides: true,
    solver: "infiniteGauge",
    eitherSign: true,
  },
  {
    key: "nonoscillatory",
    flag: "--nonoscillatory",
    kind: onOff,
    about: "limit the corrections: no new extremes",
    decides: true,
    solver: "nonoscillatory",
  },
  {
    key: "thirdOrder",
    flag: "--third-order",
    kind: onOff,
    about: "add the third-order terms",
    decides: true,
    solver: "thirdOrderTerms",
  },
  {
    key: "divergentFlow",
    flag: "--divergent-flow",
    kind: onOff,
    about: "add the terms for a flow with divergence",
    decides: true,
    solver: "divergentFlow",
  },
  {
    key: "variableSign",
    flag: "--variable-sign",
    kind: onOff,
    about: "use |psi| in the corrections: psi of either sign",
    decides: true,
    solver: "variableSign",
    eitherSign: true,
  },
  {
    key: "dtype",
    flag: "--dtype <type>",
    kind: choice(["f64", "f32"]),
    about: "type of the field and of all arithmetic: f64 or f32",
    example: "f32",
    details: "f32 needs half the memory",
    default: "f64",
    decides: true,
  },
] as const satisfies readonly Row[];
