/** What looks on while a solve goes on, besides its file. */
import type { March } from "../../pde/march.js";
import { conservation } from "../../pde/trackers/conservation.js";
import { data } from "../../pde/trackers/data.js";
import { movie } from "../../pde/trackers/movie.js";
import { kymograph, picture } from "../../pde/trackers/picture.js";
import { probe } from "../../pde/trackers/probe.js";
import { steadyState } from "../../pde/trackers/simple.js";
import type { Tracker } from "../../pde/trackers/tracker.js";
import { type Units, unitsOfVariable } from "../../pde/trackers/units.js";
import { intervalOf } from "./frames.js";
import type { Meant, Task } from "./task.js";

/** Steps between looks for a steady state or a drift, which cost about a step each. */
const steps = 10;

/** What a table of points has: the unknowns, of complex ones both parts, and further values. */
function valuesAt({ save }: Meant, { fields }: March): Readonly<Record<string, string>> {
  const unknowns = Object.entries(fields).flatMap(([name, field]) =>
    "re" in field
      ? ["re", "im"].map((part) => [`${name}_${part}`, `${part}(${name})`] as const)
      : [[name, name] as const],
  );
  return { ...Object.fromEntries(unknowns), ...save };
}

/** The text of an unknown by the name of its array: `re(psi)` for `psi_re`. */
function textOf(array: string, { fields }: March): string {
  if (Object.hasOwn(fields, array)) return array;
  return `${array.slice(-2)}(${array.slice(0, -3)})`;
}

/** The units of pictures: further values of the file are in none. */
function unitsOf({ units, save }: Meant, variable: string | undefined, march: March): Readonly<{ units?: Units }> {
  const known = Object.entries(units).filter(([name]) => !Object.hasOwn(save, name));
  const text = variable === undefined ? undefined : unitsOfVariable(variable, units, [...march.arrays.keys()]);
  const all = [...known, ...(text === undefined ? [] : [[textOf(variable!, march), text] as const])];
  return all.length > 0 ? { units: Object.fromEntries(all) } : {};
}

/** The trackers of a task. */
export function trackersOf(task: Task, meant: Meant, march: March): readonly Tracker[] {
  const { measure, conserve } = meant;
  const { data: path, dataEvery, probe: points, probeData, steadyState: isWanted, atol, rtol, drift } = task;
  const { pictures, movie: film, kymograph: line, kymographAxis: axis, variable } = task;
  const range = task.range === undefined ? {} : { range: task.range as [number, number] };
  const value = variable === undefined ? {} : { value: textOf(variable, march) };
  const drawn = { ...value, ...range, ...unitsOf(meant, variable, march) };
  const interval = dataEvery === undefined ? intervalOf(task) : { every: dataEvery };
  const tolerances = { ...(atol === undefined ? {} : { atol }), ...(rtol === undefined ? {} : { rtol }) };
  return [
    ...(path === undefined ? [] : [data(measure, { path, ...interval })]),
    ...(probeData === undefined
      ? []
      : [probe(points, { values: valuesAt(meant, march), path: probeData, ...interval })]),
    ...(pictures === undefined ? [] : [picture(pictures, { ...interval, ...drawn })]),
    ...(film === undefined ? [] : [movie(film, { ...interval, ...drawn })]),
    ...(line === undefined
      ? []
      : [kymograph(line, { ...interval, ...drawn, ...(axis === undefined ? {} : { axis }) })]),
    ...(Object.keys(conserve).length > 0
      ? [conservation(conserve, { steps, ...(drift === undefined ? {} : { atol: drift, rtol: drift }) })]
      : []),
    ...(isWanted ? [steadyState({ steps, ...tolerances })] : []),
  ];
}

/** How long a task may take. */
export function clockOf({ maxRuntime }: Task): { readonly maxRuntime?: number } {
  return maxRuntime === undefined ? {} : { maxRuntime };
}
