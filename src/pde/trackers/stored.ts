/** What a file of frames has already that a run is to go on with, and whether it is what the run would have made. */
import { existsSync } from "node:fs";
import { show, wrong } from "../../argument.js";
import type { Grid } from "../../grid/grid.js";
import { Output } from "../../io/output.js";
import { Lane } from "../../mpi/comm/lane.js";
import { type Measured, placeUnitsOf, type Units, unitsOfVariable } from "./units.js";

/** Of a file of frames what a restart does not change. */
interface Stored {
  /** The units of each variable; undefined where none are said. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** The units of axes and time, by their names. */
  readonly place: Units;
  /** The level of compression. */
  readonly gzip: number;
}

/** What a file has; undefined where there is none. **Collective.** @throws FileError */
export function storedIn(grid: Grid, path: string): Promise<Stored | undefined> {
  const read = async (): Promise<Stored | undefined> => {
    if (!existsSync(path)) return undefined;
    const reader = await Output.open(path);
    try {
      const { layout, axes, axisUnits, gzip } = reader;
      const variables = Object.entries(layout.variables).map(([name, { units }]) => [name, units] as const);
      const place = placeUnitsOf(axes, axisUnits, layout.timeUnits ?? "1");
      return { variables: Object.fromEntries(variables), place, gzip };
    } finally {
      reader.close();
    }
  };
  return Lane.of(grid.comm).call((lane) => lane.fromRoot(read));
}

/** What is asked of a file. */
interface Asked {
  readonly units: Units;
  readonly gzip: number | undefined;
  /** The names of further values. */
  readonly save: readonly string[];
}

/** What is not asked for stays as it is in the file. @throws UsageError for what the file has otherwise */
export function expectAsStored(
  where: string,
  path: string,
  { variables, place, gzip }: Stored,
  asked: Asked,
  measured: Measured,
): void {
  const file = JSON.stringify(path);
  const refuse = (option: string, expected: string, got: string, todo: string) => {
    return wrong(`${where}: "${option}"`, `${expected}, as in the file ${file} that goes on`, got, todo);
  };
  const names = Object.keys(variables);
  const unknowns = measured.variables.filter((name) => !asked.save.includes(name));
  if (!unknowns.every((name) => names.includes(name))) {
    const expected = `a file with ${unknowns.join(", ")}`;
    throw wrong(`${where}: "path"`, expected, `${file}, which has ${names.join(", ")}`, "Store in another file.");
  }
  if (names.length !== measured.variables.length || !measured.variables.every((name) => names.includes(name))) {
    const saved = names.filter((name) => asked.save.includes(name) || !measured.variables.includes(name));
    const told = (list: readonly string[]) => list.join(", ") || "none";
    throw refuse("save", told(saved), told(asked.save), "Give the same ones, or store in another file.");
  }
  const todo = "Leave it out, or store in another file.";
  const check = (name: string, before: string | undefined, now: string | undefined) => {
    if (now === undefined || now === before) return;
    throw refuse("units", `${before === undefined ? "none" : show(before)} for ${name}`, show(now), todo);
  };
  for (const name of names) check(name, variables[name], unitsOfVariable(name, asked.units, measured.variables));
  for (const [name, before] of Object.entries(place)) check(name, before, asked.units[name]);
  if (asked.gzip !== undefined && asked.gzip !== gzip) throw refuse("gzip", String(gzip), String(asked.gzip), todo);
}
