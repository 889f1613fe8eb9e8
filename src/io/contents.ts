/** What a file holds: fields that do not change, such as masks and the G factor, and all of it where a run goes on from it. */
import { accessSync, constants } from "node:fs";
import { expectKeys, show, wrong, wrongFile } from "../argument.js";
import { toShort } from "../elements.js";
import type { AnyField, Place } from "../grid/field.js";
import { Grid } from "../grid/grid.js";
import { SnapshotReader } from "./reader.js";
import {
  type Dtype,
  placesOf,
  type StorageForm,
  type StoredVariable,
  typesOf,
  VARIABLE_KEYS,
  type Variable,
} from "./snapshot.js";

type Variables = Readonly<Record<string, Variable>>;

/** Entries of an object; none where it is something else, which is refused where the variables are checked. */
function entriesOf(variables: Variables): [string, Variable][] {
  return typeof variables === "object" && variables !== null ? Object.entries(variables) : [];
}

/** The fields that are written once, by name. @throws UsageError for what is no field of the grid, or of another type */
export function staticsOf(where: string, grid: Grid, variables: Variables): Readonly<Record<string, AnyField>> {
  const entries = entriesOf(variables);
  for (const [name, variable] of entries) {
    if (typeof variable === "object") expectKeys(`${where}: "variables.${name}"`, variable ?? {}, VARIABLE_KEYS);
  }
  const all = entries.filter(([, variable]) => variable?.static !== undefined);
  for (const [name, variable] of all) {
    const { static: field, dtype } = variable;
    const what = `${where}: "variables.${name}.static"`;
    if (field?.grid !== grid) {
      const got = field?.grid instanceof Grid ? `one on ${field.grid}` : show(field);
      throw wrong(what, "a field on the grid of the output", got, "Make it with grid.field().");
    }
    if (variable.at !== undefined && variable.at !== field.at) {
      throw wrong(what, `a field at ${variable.at}s`, `one at ${field.at}s`, 'Leave out "at".');
    }
    if (dtype !== undefined && toShort(dtype) !== field.dtype) {
      throw wrong(what, `a field of ${toShort(dtype)}`, `one of ${field.dtype}`, "Leave out the dtype.");
    }
  }
  return Object.fromEntries(all.map(([name, variable]) => [name, variable.static!]));
}

/** Variables as they are laid out, which for static ones is by the type of the field. */
export function laidOut(variables: Variables): Readonly<Record<string, StoredVariable>> {
  const all = entriesOf(variables);
  if (!all.some(([, variable]) => variable?.static !== undefined)) return variables;
  return Object.fromEntries(
    all.map(([name, variable]): [string, StoredVariable] => {
      if (variable?.static === undefined) return [name, variable];
      const { static: field, ...rest } = variable;
      return [name, { ...rest, dtype: field.dtype, at: field.at, isStatic: true }];
    }),
  );
}

/** What a file that is continued holds. */
export interface Contents {
  readonly variables: Readonly<Record<string, Dtype>>;
  readonly statics: Readonly<Record<string, Dtype>>;
  /** Where variables have their values, by name, of those that have them at faces. */
  readonly places: Readonly<Record<string, Place>>;
  readonly times: Float64Array;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Seconds that its runs took until the last frame. */
  readonly walltime: number;
}

/** @throws FileError for a file that may only be read: a copy could take its place */
export function checkWritable(path: string): void {
  try {
    accessSync(path, constants.W_OK);
  } catch (cause) {
    const todo = "Check its permissions, or continue in a new file: Output.create (--output NEW.h5).";
    throw wrongFile(path, "a file that can be written", cause, todo);
  }
}

/** A file that is to be continued, and what all ranks have to know of it. */
export interface Found {
  readonly reading: SnapshotReader;
  readonly contents: Contents & { readonly form: StorageForm };
}

/** Opens a file on rank 0, to be continued on a grid. */
export async function openFor(grid: Grid, path: string): Promise<Found> {
  const reading = await SnapshotReader.open(path);
  try {
    if (reading.form === undefined) {
      throw wrongFile(path, "a file that Output made", "one of another program", "Choose a file that wasm-mpi wrote.");
    }
    if (reading.shape.join() !== grid.shape.join()) {
      const expected = `the ${grid.shape.join(" x ")} cells of the grid`;
      throw wrongFile(path, expected, reading.shape.join(" x "), "Make the grid that the file is of.");
    }
    const { system } = reading;
    if (system !== grid.system) {
      throw wrongFile(path, `the ${grid.system} coordinates of the grid`, system, "Make the grid that the file is of.");
    }
    const other = reading.coordinates.findIndex((centres, axis) => {
      return grid.coordinates(axis).some((centre, index) => centre !== centres[index]);
    });
    if (other >= 0) {
      const expected = `the cell centres of the grid along ${grid.axes[other]!.name}`;
      throw wrongFile(path, expected, "others", "Make the grid that the file is of, with the same bounds.");
    }
    const { bounds, periodic } = reading; // Files of earlier versions do not tell.
    if (bounds && String(bounds) !== String(grid.bounds)) {
      const expected = `the bounds ${JSON.stringify(grid.bounds)} of the grid`;
      throw wrongFile(path, expected, JSON.stringify(bounds), "Make the grid that the file is of.");
    }
    if (periodic && String(periodic) !== String(grid.periodic)) {
      const expected = `the periodic axes ${JSON.stringify(grid.periodic)} of the grid`;
      throw wrongFile(path, expected, JSON.stringify(periodic), "Make the grid that the file is of.");
    }
    if (reading.times.length === 0) {
      throw wrongFile(path, "a file with frames", "none", "Run it again from the start.");
    }
    return { reading, contents: contentsOf(reading, reading.form) };
  } catch (error) {
    reading.close();
    throw error;
  }
}

/** What is in a file whose last frame a run on a grid is to begin with. **Local.** @throws FileError as `Output.append` */
export async function contentsFor(grid: Grid, path: string): Promise<Found["contents"]> {
  const { reading, contents } = await openFor(grid, path);
  reading.close();
  return contents;
}

function contentsOf(reading: SnapshotReader, form: StorageForm): Found["contents"] {
  const { times, attributes, layout } = reading;
  const { walltime } = reading.diagnostics(-1);
  const [variables, statics] = typesOf(layout.variables);
  return { form, variables, statics, places: placesOf(layout.variables), times, attributes, walltime };
}
