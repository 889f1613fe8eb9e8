/** The units of what a file of frames has, by the names that texts have for it: unknowns, further values, axes and the time. */
import { nearest, show, wrong } from "../../argument.js";
import type { OutputOptions } from "../../io/options.js";

/** Units by name: `{ c: "mol m-3", x: "m", t: "s" }`. */
export type Units = Readonly<Record<string, string>>;

/** What has units. */
export interface Measured {
  /** The arrays of unknowns, and further values. */
  readonly variables: readonly string[];
  /** The axes of the grid. */
  readonly axes: readonly string[];
}

/** The unknown whose real or imaginary part an array is; other arrays are what they are called. */
function unknownOf(name: string, variables: readonly string[]): string {
  const base = name.replace(/_(re|im)$/, "");
  const isPart = base !== name && variables.includes(`${base}_re`) && variables.includes(`${base}_im`);
  return isPart ? base : name;
}

/** The name of the time, as texts have it. */
const clock = "t";

/** @param where the option in error texts: `storage: "units"` @throws UsageError for a name of nothing in the file, or units without a letter */
export function checkUnits(where: string, units: Units, { variables, axes }: Measured): void {
  for (const [name, text] of Object.entries(units)) {
    const known = [...new Set(variables.map((each) => unknownOf(each, variables))), ...axes, clock];
    if (text === "") throw wrong(where, `units of ${name}`, '""', 'Write "m", for example, or leave it out.');
    if (known.includes(name) || variables.includes(name)) continue;
    const near = nearest(name, known);
    throw wrong(where, `names among ${known.join(", ")}`, show(name), near ? `Did you mean ${near}?` : "Leave it out.");
  }
}

/** The units of a variable; of a part of a complex one those of the whole. */
export function unitsOfVariable(name: string, units: Units, variables: readonly string[]): string | undefined {
  // A variable may be called like what every object has: constructor.
  const key = [name, unknownOf(name, variables)].find((each) => Object.hasOwn(units, each));
  return key === undefined ? undefined : units[key];
}

/** The units of axes and time as `Output.create` takes them. */
export function unitsOfPlace(
  units: Units,
  axes: readonly string[],
): Pick<OutputOptions, "timeUnits" | "coordinateUnits"> {
  const isSaid = axes.some((axis) => units[axis] !== undefined);
  return {
    ...(units[clock] === undefined ? {} : { timeUnits: units[clock] }),
    ...(isSaid ? { coordinateUnits: axes.map((axis) => units[axis] ?? "1") } : {}),
  };
}

/** The units along axes, and those of the time, where they are said. */
export function unitsAlong(
  units: Units | undefined,
  axes: readonly string[],
): readonly [axes: readonly (string | undefined)[], time: string | undefined] {
  return [axes.map((axis) => units?.[axis]), units?.[clock]];
}

/** The units of axes and time by their names, from what a file says of them. */
export function placeUnitsOf(axes: readonly string[], of: readonly (string | undefined)[], time: string): Units {
  return Object.fromEntries([...axes.map((axis, i) => [axis, of[i] ?? "1"] as const), [clock, time] as const]);
}
