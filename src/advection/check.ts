/** Checks of what a solver is given, before the first step. All are collective and say the same on every rank. */
import { wrong } from "../argument.js";
import type { AnyField } from "../grid/field.js";
import { indexOf } from "../grid/order.js";
import { sideName, sides } from "../grid/side.js";
import { modes, type Scheme } from "./options.js";
import { traits } from "./walls/condition.js";

/** A flow that is refused: the cause of its error. */
export class Outflow {
  /** The greatest outflow of a cell as a share of its content in a step; infinite where the flow is not finite. */
  readonly greatest: number;
  /** The cell by its indices in the grid. */
  readonly cell: readonly number[];
  /** The name of the axis along which most of it flows. */
  readonly axis: string;

  constructor(greatest: number, cell: readonly number[], axis: string) {
    this.greatest = greatest;
    this.cell = cell;
    this.axis = axis;
  }
}

/**
 * Refuses a Courant number above the limit and says where it is.
 * @param greatest the greatest over all ranks
 * @param flow the option that it comes from, and the Courant field
 */
export function checkCourant(
  greatest: number,
  maxCourant: number,
  flow: { readonly option: string; readonly components: readonly AnyField[] },
  g: AnyField | undefined,
): void {
  if (greatest <= maxCourant + 1e-9) return;
  const courant = flow.components;
  const { grid } = courant[0]!;
  // The first cell, in C order, whose outflow is the greatest.
  const local = greatestOutflow(greatest, courant, g);
  const all = grid.comm.allgather(Float64Array.from(local), new Float64Array(local.length * grid.comm.size));
  const places = Array.from({ length: grid.comm.size }, (_, rank) => [...all.subarray(5 * rank, 5 * rank + 5)]);
  const [, axis, ...indices] = places.filter((place) => place[0] === 1).sort(byPlace)[0]!;
  const cell = indices.slice(0, grid.shape.length);
  const { name } = grid.axes[axis!]!;
  const hasValue = greatest !== Number.POSITIVE_INFINITY;
  const got = hasValue ? greatest.toPrecision(6) : "a value that is not finite";
  throw wrong(
    `Mpdata: "${flow.option}"`,
    `an outflow of at most ${maxCourant} a step from each cell`,
    `${got} at [${cell.join(", ")}], most of it along ${name}`,
    hasValue ? "Take a smaller time step." : "Mend the flow there.",
    new Outflow(greatest, cell, name),
  );
}

/** `[found, axis that contributes most, i, j, k]` of the first cell of this block with this outflow. **Local.** */
function greatestOutflow(greatest: number, courant: readonly AnyField[], g: AnyField | undefined): number[] {
  const { grid } = courant[0]!;
  const total = grid.blockShape.reduce((product, n) => product * n, 1);
  for (let number = 0; number < total; number++) {
    const cell = indexOf(grid.blockShape, number);
    const parts = courant.map((field, axis) => {
      const low = field.index(...cell);
      return Math.max(field.data[low + field.strides[axis]!]!, 0) - Math.min(field.data[low]!, 0);
    });
    let outflow = parts.reduce((sum, part) => sum + part, 0);
    if (g) outflow /= g.data[g.index(...cell)]!;
    if (outflow === greatest || !Number.isFinite(outflow)) {
      const axis = parts.findIndex((part) => !Number.isFinite(part) || part === Math.max(...parts));
      const global = cell.map((index, other) => grid.start[other]! + index);
      return [1, axis, ...global, 0, 0].slice(0, 5);
    }
  }
  return [0, 0, 0, 0, 0];
}

function byPlace(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => index >= 2 && value !== b[index]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}

/** Refuses psi that is not finite, and psi of both signs where the scheme's fractions need one. **Collective.** */
export function checkPsi(scheme: Scheme): void {
  const { fields, iterations, mode, mu, conditions } = scheme;
  const { grid } = fields[0]!;
  checkConstants(scheme);
  const walls = conditions.psi.flatMap((ends, axis) =>
    sides.map((side) => ({ ...ends[side], at: sideName(grid, axis, side) })),
  );
  const positive = walls.find(({ kind }) => traits[kind].needsPositive);
  for (const [index, field] of fields.entries()) {
    const [least, greatest] = [field.min(), field.max()];
    const name = fields.length > 1 ? `psi[${index}]` : "psi";
    if (!Number.isFinite(least) || !Number.isFinite(greatest)) {
      throw wrong(`Mpdata: "${name}"`, "finite values", "NaN or infinity", "Check the initial condition.");
    }
    if (least < 0 && iterations > 1 && mode === modes.plain) {
      throw wrong(
        `Mpdata: "${name}"`,
        `values of at least 0 with ${iterations} passes`,
        `a minimum of ${least}`,
        "Use infiniteGauge or variableSign, or add a constant to psi.",
      );
    }
    if (least < 0 && mu && mode !== modes.variable) {
      throw wrong(
        `Mpdata: "${name}"`,
        "values of at least 0 with mu",
        `a minimum of ${least}`,
        "Use variableSign, or add a constant to psi.",
      );
    }
    if (least < 0 && positive) {
      throw wrong(
        `Mpdata: "${name}"`,
        `values of at least 0 at the ${positive.kind} wall ${positive.at}`,
        `a minimum of ${least}`,
        "Choose another condition, or add a constant to psi.",
      );
    }
  }
}

/**
 * Refuses psi that diffusion has made NaN. Where psi nearly vanishes beside a cell the diffusive velocity is 2 mu / dx outwards on
 * each of its faces, so that with the flow more can leave than there is; smooth fields take twice as much. **Collective.**
 */
export function checkDiffused({ fields }: Scheme, steps: number): void {
  if (fields.every((field) => Number.isFinite(field.min()) && Number.isFinite(field.max()))) return;
  throw wrong(
    'Mpdata: "mu"',
    "finite values of psi",
    `NaN or infinity at step ${steps}`,
    "Keep the sum of 4 mu dt / dx^2 and of the Courant numbers to at most 1: take a smaller time step.",
  );
}

/** Refuses a constant beyond a wall that is negative where the scheme's fractions need psi of one sign. */
function checkConstants({ fields, iterations, mode, conditions }: Scheme): void {
  if (iterations === 1 || mode !== modes.plain) return;
  for (const [axis, ends] of conditions.psi.entries()) {
    for (const side of sides) {
      const wall = ends[side];
      if (wall.kind !== "constant" || wall.value >= 0) continue;
      throw wrong(
        'Mpdata: "boundary"',
        `a constant of at least 0 at ${sideName(fields[0]!.grid, axis, side)} with ${iterations} passes`,
        wall.value,
        "Use infiniteGauge or variableSign, or add a constant to psi.",
      );
    }
  }
}

/** Refuses a G factor that is not positive and finite. **Collective.** */
export function checkG(g: AnyField): void {
  const [least, greatest] = [g.min(), g.max()];
  if (least > 0 && greatest < Number.POSITIVE_INFINITY) return;
  throw wrong('Mpdata: "g"', "positive finite values", `${least} to ${greatest}`, "Check the G factor.");
}
