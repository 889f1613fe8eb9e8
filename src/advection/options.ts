import { UsageError } from "../errors.js";
import type { Field, FieldValue } from "../grid/field.js";
import { type Boundary, type Conditions, type CourantBoundary, checkBoundaries, type GBoundary } from "./condition.js";

/** What an {@link Mpdata} solver is made of. */
export interface MpdataOptions {
  /** The advected field or fields, updated in place; all on one grid. */
  readonly psi: Field | readonly Field[];
  /**
   * The Courant field `G u dt / dx`, dimensionless, one entry an axis: a number, a function of the face's position, or
   * an array of the block's faces (C order, one more than cells along its own axis).
   */
  readonly courant: readonly FieldValue[];
  /** The G factor (density, Jacobian), positive; a number, a function of the cell centre, or an array. Default: 1. */
  readonly g?: FieldValue;
  /** Passes: 1 is donor cell, each further one corrects. Default: 2. */
  readonly iterations?: number;
  /** Linearise about an infinite background: sharper, for fields of either sign; bounds only with `nonoscillatory`. */
  readonly infiniteGauge?: boolean;
  /** Limit the corrections so that no new extremes appear (flux-corrected transport). */
  readonly nonoscillatory?: boolean;
  /** Third-order terms; with 3 passes the scheme is of third order in space and time for a uniform flow. */
  readonly thirdOrderTerms?: boolean;
  /** Terms that a flow with divergence needs for second order. */
  readonly divergentFlow?: boolean;
  /** Use |psi| where the scheme needs one sign, for fields of either sign; excludes `infiniteGauge`. */
  readonly variableSign?: boolean;
  /** Leave out the cross terms between axes. */
  readonly dimensionallySplit?: boolean;
  /** What psi is beyond the walls. Default: `periodic` on the grid's periodic axes, `open` on the others. */
  readonly boundary?: Boundary;
  /** What the G factor is beyond the walls. Default: `polar` where psi is, else `open`. */
  readonly gBoundary?: GBoundary;
  /** What the flow is on and beyond the walls. Default: as psi; `constant` where psi is constant or extrapolated. */
  readonly courantBoundary?: CourantBoundary;
  /** Added to denominators, in units of psi. Default: 1e-15, at least 1e-150, for f32 1e-18. */
  readonly epsilon?: number;
  /** The greatest outflow of a cell that is accepted. Default: 1. */
  readonly maxCourant?: number;
}

/** The options that are on or off, and ask for a corrective pass. */
const switches = [
  "infiniteGauge",
  "nonoscillatory",
  "thirdOrderTerms",
  "divergentFlow",
  "variableSign",
  "dimensionallySplit",
] as const;

const known: readonly string[] = [
  "psi",
  "courant",
  "g",
  "iterations",
  ...switches,
  "boundary",
  "gBoundary",
  "courantBoundary",
  "epsilon",
  "maxCourant",
];

/** How fractions of psi are taken, as the kernels number it: plain, infinite gauge, variable sign. */
export const modes = { plain: 0, gauge: 1, variable: 2 } as const;

/** The scheme's parameters, checked. */
export interface Scheme {
  readonly fields: readonly Field[];
  readonly iterations: number;
  readonly epsilon: number;
  readonly maxCourant: number;
  readonly mode: (typeof modes)[keyof typeof modes];
  /** Which terms the antidiffusive velocity has, as bits; see assembly/mpdata/velocity.ts. */
  readonly terms: number;
  readonly nonoscillatory: boolean;
  /** Velocity, limiter and update apart, as every option needs; without options one sweep does all. */
  readonly staged: boolean;
  /** Layers of the halo that the passes read. */
  readonly haloWidth: number;
  /** The options that are on, by name. */
  readonly names: readonly string[];
  readonly conditions: Conditions;
}

/** Layers of the halo that a scheme reads. */
export function haloNeeded(options: Pick<MpdataOptions, "thirdOrderTerms" | "divergentFlow">): number {
  return options.thirdOrderTerms || options.divergentFlow ? 2 : 1;
}

/** Checks what does not need the values of fields. @throws UsageError */
export function checkOptions(options: MpdataOptions): Scheme {
  const stranger = Object.keys(options).find((key) => !known.includes(key));
  if (stranger) {
    throw new UsageError(`Mpdata: expected options among ${known.join(", ")}, got "${stranger}". Remove or rename it.`);
  }
  const { psi, iterations = 2, epsilon = 1e-15, maxCourant = 1 } = options;
  const fields = Array.isArray(psi) ? (psi as readonly Field[]) : [psi as Field];
  const grid = fields[0]?.grid;
  if (!grid || fields.some((field) => field.grid !== grid)) {
    const got = grid ? "fields of several grids" : "none";
    throw new UsageError(`Mpdata: "psi" expected fields of one grid, got ${got}. Make them with grid.field().`);
  }
  const types = [...new Set(fields.map(({ dtype }) => dtype))];
  if (types.length > 1 || types[0] === "i32") {
    throw new UsageError(
      `Mpdata: "psi" expected fields of f64, or all of f32, got ${types.join(" and ")}. Make them with grid.field(value, { dtype: "f32" }).`,
    );
  }
  if (!Number.isInteger(iterations) || iterations < 1) {
    throw new UsageError(`Mpdata: "iterations" expected a whole number of passes from 1, got ${iterations}. Use 2.`);
  }
  const least = types[0] === "f32" ? 1e-18 : 1e-150;
  if (!(epsilon >= least && epsilon < Number.POSITIVE_INFINITY)) {
    throw new UsageError(`Mpdata: "epsilon" expected a number from ${least}, got ${epsilon}. Leave it out for 1e-15.`);
  }
  if (!(maxCourant > 0 && maxCourant < Number.POSITIVE_INFINITY)) {
    throw new UsageError(`Mpdata: "maxCourant" expected a positive number, got ${maxCourant}. Leave it out for 1.`);
  }
  const axes = grid.shape.length;
  if (!Array.isArray(options.courant) || options.courant.length !== axes) {
    const got = Array.isArray(options.courant) ? `${options.courant.length}` : String(options.courant);
    throw new UsageError(
      `Mpdata: "courant" expected ${axes} entries, one an axis, got ${got}. Give one for each axis.`,
    );
  }
  const haloWidth = haloNeeded(options);
  if (grid.haloWidth < haloWidth) {
    throw new UsageError(
      `Mpdata: "psi" expected a grid with a halo of at least ${haloWidth}, got ${grid.haloWidth}. Make the grid with halo: ${haloWidth}.`,
    );
  }
  checkSwitches(options, iterations);
  if (options.gBoundary && options.g === undefined) {
    throw new UsageError('Mpdata: "gBoundary" expected a G factor, got none. Leave it out, or give "g".');
  }
  const conditions = checkBoundaries(options, grid, haloWidth);
  const mode = options.infiniteGauge ? modes.gauge : options.variableSign ? modes.variable : modes.plain;
  const terms =
    (options.dimensionallySplit ? 1 : 0) + (options.thirdOrderTerms ? 2 : 0) + (options.divergentFlow ? 4 : 0);
  const nonoscillatory = options.nonoscillatory ?? false;
  const staged = mode !== modes.plain || terms > 0 || nonoscillatory;
  const names = switches.filter((name) => options[name]);
  return { fields, iterations, epsilon, maxCourant, mode, terms, nonoscillatory, staged, haloWidth, names, conditions };
}

function checkSwitches(options: MpdataOptions, iterations: number): void {
  for (const name of switches) {
    const value = options[name];
    if (value !== undefined && typeof value !== "boolean") {
      throw new UsageError(
        `Mpdata: "${name}" expected true or false, got ${JSON.stringify(value)}. Leave it out for false.`,
      );
    }
    if (value && iterations === 1) {
      throw new UsageError(
        `Mpdata: "${name}" expected at least 2 passes, got iterations: 1. Leave it out, or use iterations: 2.`,
      );
    }
  }
  if (options.infiniteGauge && options.variableSign) {
    throw new UsageError(
      'Mpdata: "variableSign" expected no infiniteGauge, got both. Each makes fields of either sign possible; choose one.',
    );
  }
  if (options.infiniteGauge && iterations > 2) {
    process.emitWarning(
      `Mpdata: "infiniteGauge" expected 2 passes, got ${iterations}, with which it is less accurate. Use iterations: 2.`,
    );
  }
}
