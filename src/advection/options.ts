import { UsageError } from "../errors.js";
import { axisName } from "../grid/decompose.js";
import type { Field, FieldValue } from "../grid/field.js";
import type { Grid } from "../grid/grid.js";

/** What happens at the ends of an axis. `periodic`: it wraps. `open`: what reaches the wall leaves. */
export type Condition = "periodic" | "open";

/** Conditions by axis (`x`) or side (`x-`, `x+`), the side winning over the axis. */
export type Boundary = Readonly<Record<string, Condition>>;

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
  /** Default: `periodic` on the grid's periodic axes, `open` on the others. */
  readonly boundary?: Boundary;
  /** Added to denominators, in units of psi. Default: 1e-15, at least 1e-150. */
  readonly epsilon?: number;
  /** The greatest outflow of a cell that is accepted. Default: 1. */
  readonly maxCourant?: number;
}

/** Layers of the halo that the passes read. */
export const haloNeeded = 1;

const known = ["psi", "courant", "g", "iterations", "boundary", "epsilon", "maxCourant"];

/** The scheme's parameters, checked. */
export interface Scheme {
  readonly fields: readonly Field[];
  readonly iterations: number;
  readonly epsilon: number;
  readonly maxCourant: number;
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
  if (!Number.isInteger(iterations) || iterations < 1) {
    throw new UsageError(`Mpdata: "iterations" expected a whole number of passes from 1, got ${iterations}. Use 2.`);
  }
  if (!(epsilon >= 1e-150 && epsilon < Number.POSITIVE_INFINITY)) {
    throw new UsageError(`Mpdata: "epsilon" expected a number from 1e-150, got ${epsilon}. Leave it out for 1e-15.`);
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
  if (grid.haloWidth < haloNeeded) {
    throw new UsageError(
      `Mpdata: "psi" expected a grid with a halo of at least ${haloNeeded}, got ${grid.haloWidth}. Make the grid with halo: ${haloNeeded}.`,
    );
  }
  checkBoundary(options.boundary ?? {}, grid);
  return { fields, iterations, epsilon, maxCourant };
}

/** The only conditions so far follow from the grid: periodic where it wraps, open elsewhere. Others are refused. */
function checkBoundary(boundary: Boundary, grid: Grid): void {
  for (const [key, condition] of Object.entries(boundary)) {
    const axis = "xyz".indexOf(key[0] ?? "?");
    if (!/^[xyz][-+]?$/.test(key) || axis >= grid.shape.length) {
      const sides = grid.shape.map((_, index) => axisName(index)).map((name) => `${name}, ${name}-, ${name}+`);
      throw new UsageError(`Mpdata: "boundary" expected sides among ${sides.join(", ")}, got "${key}". Name a side.`);
    }
    const fitting: Condition = grid.periodic[axis] ? "periodic" : "open";
    if (condition !== fitting) {
      const why = grid.periodic[axis] ? "a periodic axis of the grid" : "an axis that is not periodic";
      throw new UsageError(
        `Mpdata: "boundary" expected "${fitting}" at ${key} (${why}), got ${JSON.stringify(condition)}. Change the grid's "periodic" or the condition.`,
      );
    }
  }
}
