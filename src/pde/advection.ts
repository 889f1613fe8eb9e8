/** Unknowns that a flow carries along: what is said of them. */
import { type SplitScheme, splitKeys } from "../advection/schemes.js";
import { expectKeys, expectOneOf, expectOptions, show, wrong } from "../argument.js";
import type { Grid } from "../grid/grid.js";

/**
 * How a flow carries an unknown c along: `- divergence(v c)` is added to its rate by steps of MPDATA, each between two half
 * steps of what the text says. The scheme is one for values of either sign, with 2 passes, unless its options say otherwise.
 */
export interface Advection extends SplitScheme {
  /**
   * The velocity v by axis, length per time: numbers, or texts of coordinates, `t` and constants that are numbers, of which a
   * face has the value at its centre, on walls as well: where that is 0, nothing passes. There is no flow along an axis that
   * is left out.
   */
  readonly velocity: Readonly<Record<string, number | string>>;
}

/** The flows by unknown. */
export type Advections = Readonly<Record<string, Advection>>;

/** Checks what was passed to `new Pde()`. @param names of the unknowns with first derivatives in time @throws UsageError */
export function parseAdvections(where: string, given: unknown, names: readonly string[]): Advections {
  if (given === undefined) return {};
  const example = `{ ${names[0] ?? "c"}: { velocity: { x: 1 } } }`;
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw wrong(`${where}: "advection"`, "an object with the flows of unknowns", show(given), `Write ${example}.`);
  }
  if (names.length === 0) {
    throw wrong(`${where}: "advection"`, "first derivatives in time with it", "second ones", "Leave it out.");
  }
  for (const [name, advection] of Object.entries(given) as [string, Advection][]) {
    expectOneOf(`${where}: "advection"`, name, names);
    const at = `${where}: "advection.${name}"`;
    expectOptions(at, advection, ["velocity", ...splitKeys]);
    const { velocity } = advection;
    const isTable = typeof velocity === "object" && velocity !== null && !Array.isArray(velocity);
    const entries = isTable ? Object.entries(velocity) : [];
    if (entries.length === 0) {
      throw wrong(
        `${at.slice(0, -1)}.velocity"`,
        "velocities by axis",
        isTable ? "none" : show(velocity),
        "Write { x: 1 }, for example.",
      );
    }
    for (const [axis, value] of entries) {
      if (typeof value === "string" || Number.isFinite(value)) continue;
      throw wrong(
        `${at.slice(0, -1)}.velocity.${axis}"`,
        "a number or a text",
        show(value),
        'Write "-y", for example.',
      );
    }
  }
  return given as Advections;
}

/** Steppers that take a step from the unknowns alone, of any length. */
const known: readonly string[] = ["euler", "rk4", "ssprk3", "rkl2", "implicit", "crank-nicolson"];

/** What goes with flows. */
export interface Surroundings {
  readonly grid: Grid;
  /** `adaptive euler` where steps are adaptive. */
  readonly stepper: string;
  readonly dt: unknown;
  readonly hasNoise: boolean;
  readonly hasMask: boolean;
}

/** @throws UsageError for what flows do not go with */
export function checkSurroundings(
  advections: Advections,
  { grid, stepper, dt, hasNoise, hasMask }: Surroundings,
): void {
  const flows = Object.entries(advections);
  if (flows.length === 0) return;
  const text = "Write the flow as -u * d_dx(c) in the text instead.";
  if (hasMask) throw wrong('Pde: "mask"', "none with advection", "one", text);
  if (hasNoise) throw wrong('Pde: "noise"', "none with advection", "some", text);
  if (!known.includes(stepper)) {
    throw wrong('Pde.solve: "stepper"', `one of ${known.join(", ")} for advection`, stepper, "Use one of them.");
  }
  if (typeof dt === "object" && dt !== null) {
    throw wrong('Pde.solve: "dt"', 'a time or "auto" with advection', "{ cfl }", "Name the length of a step.");
  }
  const uneven = grid.axes.find((axis) => axis.metric);
  if (uneven) {
    const got = `cells that differ in ${uneven.faces ? "size" : "volume"} along ${uneven.name}`;
    throw wrong('Pde.solve: "grid"', "equal cells for advection", got, text);
  }
  const names = grid.axes.map(({ name }) => name);
  for (const [name, { velocity }] of flows) expectKeys(`Pde: "advection.${name}.velocity"`, velocity, names);
}

/** What flows do, a line for each unknown. */
export function flowsText(advections: Advections): readonly string[] {
  return Object.entries(advections).map(([name, { velocity }]) => {
    const speeds = Object.entries(velocity).map(([axis, speed]) => `${speed} along ${axis}`);
    return `${name} carried along by MPDATA: ${speeds.join(", ")}`;
  });
}
