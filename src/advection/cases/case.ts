/** The set-ups that the command line knows by name: initial condition, flow and walls; a scheme only where the plain one fails. */
import { expectOneOf, wrong } from "../../argument.js";
import type { AnyField, Field, FieldValue } from "../../grid/field.js";
import type { AnyOptions } from "../options.js";
import type { Boundary } from "../walls/condition.js";
import { drop } from "./drop.js";
import { options1d } from "./options1d.js";
import { oscillator } from "./oscillator.js";
import { pole } from "./pole.js";
import { isWholeTurn, wrapped } from "./return.js";
import { sphere } from "./sphere.js";

/** A set-up, ready for a grid and a solver. */
export interface Setup {
  readonly shape: readonly number[];
  readonly bounds: readonly (readonly [number, number])[];
  /** The unit of the coordinates. Default: none. */
  readonly units?: string;
  readonly periodic: boolean | readonly boolean[];
  readonly boundary?: Boundary;
  /** The initial condition, a function of the cell centre. */
  readonly psi: FieldValue;
  /** The name of psi. Default: psi. */
  readonly name?: string;
  /** Further fields by name, advected with psi, with their initial conditions. */
  readonly others?: Readonly<Record<string, FieldValue>>;
  /** Whether a field takes both signs, then or later. */
  readonly isSigned?: boolean;
  /** The Courant field, one entry an axis. */
  readonly courant: readonly FieldValue[];
  /** The G factor. */
  readonly g?: FieldValue;
  /** The limit of the Courant number, where the published flow exceeds the default. */
  readonly maxCourant?: number;
  /** Makes what couples the fields, psi and the others in this order. **Collective.** */
  couple?(fields: readonly AnyField[]): Coupling;
  /** Time of a step. */
  readonly dt: number;
  /** Steps unless told otherwise. */
  readonly steps: number;
  /**
   * The published statistics by name, of the last field and this block of the first, C order. **Collective.**
   */
  statistics?(psi: AnyField, first: ArrayLike<number>): Readonly<Record<string, number>>;
  /** A length that the set-up grows with; run times that are to be compared do too. Default: 1. */
  readonly length?: number;
  /** What psi is at a time, where that is known. */
  exact?(time: number): FieldValue | undefined;
}

/** What couples the fields of a set-up, and has to be released. */
export interface Coupling extends Pick<AnyOptions, "before" | "source"> {
  /** The velocity of the last step, one field an axis, where the next one is extrapolated from it. */
  readonly velocity?: readonly Field<"f64">[];
  free?(): void;
}

/** What a user may choose of a set-up. */
export interface CaseChoice {
  readonly shape?: readonly number[];
  /** Constant Courant numbers, for cases whose flow is uniform. */
  readonly courant?: readonly number[];
}

/** A named set-up. */
export interface Case {
  readonly name: string;
  readonly about: string;
  /** The scheme, where the plain one of two passes cannot run the case. */
  readonly scheme?: Pick<AnyOptions, "variableSign" | "nonoscillatory" | "divergentFlow">;
  /** @throws UsageError when the choice does not fit. */
  setup(choice: CaseChoice): Setup;
}

/** A Gaussian of width n / 10 at the centre of a periodic box, in a uniform flow; 1 to 3 axes, cells of size 1. */
const gaussian: Case = {
  name: "gaussian",
  about: "a Gaussian carried by a uniform flow through a periodic box, 1 to 3 axes",
  setup({ shape = [256, 256], courant = [0.3, 0.2, 0.1].slice(0, shape.length) }) {
    if (courant.length !== shape.length) {
      throw wrong(
        'gaussian: "courant"',
        `${shape.length} numbers, one an axis`,
        courant.length,
        "Give one for each axis of the shape.",
      );
    }
    const psi = (...position: number[]): number => {
      const exponent = shape.reduce((sum, n, axis) => sum + (position[axis]! - n / 2) ** 2 / (2 * (n / 10) ** 2), 0);
      return Math.exp(-exponent);
    };
    const bounds = shape.map((n) => [0, n] as const);
    const exact =
      (time: number) =>
      (...position: number[]) =>
        psi(...shape.map((n, axis) => wrapped(position[axis]! - courant[axis]! * time, n)));
    return { shape, bounds, periodic: true, psi, courant, dt: 1, steps: 100, length: shape[0]!, exact };
  },
};

/**
 * The rotating cone: a cone of height 4 on a background of 1, carried six times around by solid-body rotation; nodes at
 * 0 .. 100 along both axes, whatever their number.
 * @see Smolarkiewicz and Margolin 1998
 */
const cone: Case = {
  name: "cone",
  about: "a cone in solid-body rotation, 2 axes, open walls",
  setup({ shape = [101, 101], courant }) {
    if (courant) {
      throw wrong('cone: "courant"', "none (the flow is a rotation)", `[${courant.join(", ")}]`, "Leave it out.");
    }
    if (shape.length !== 2 || shape.some((n) => n < 2)) {
      throw wrong('cone: "shape"', "2 axes of at least 2 cells", `[${shape.join(", ")}]`, "Give for example 101,101.");
    }
    const [dx, dy] = shape.map((n) => 100 / (n - 1)) as [number, number];
    const omega = 0.1;
    const dt = 0.1 * Math.min(dx, dy);
    const psi = (x: number, y: number): number => {
      const d2 = (x - 50) ** 2 + (y - 75) ** 2;
      return 1 + (d2 <= 225 ? 4 - Math.sqrt(d2 / (15 / 4) ** 2) : 0);
    };
    return {
      shape,
      bounds: [
        [-dx / 2, 100 + dx / 2],
        [-dy / 2, 100 + dy / 2],
      ],
      periodic: false,
      psi,
      courant: [(_x, y) => (omega * (y - 50) * dt) / dx, (x) => (-omega * (x - 50) * dt) / dy],
      dt,
      steps: Math.round((3768 * 0.1) / dt),
      exact: (time) => (isWholeTurn(omega * time, omega * dt) ? psi : undefined),
    };
  },
};

/** The cases by name. */
export const cases: Readonly<Record<string, Case>> = { gaussian, cone, options1d, sphere, pole, oscillator, drop };

/** A case by its name. @throws UsageError for an unknown one. */
export function caseOf(name: string): Case {
  return cases[expectOneOf("case", name, Object.keys(cases))]!;
}
