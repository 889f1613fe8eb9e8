/** What a file holds once: fields that do not change, such as masks and the G factor. */
import { expectKeys, show, wrong } from "../argument.js";
import { toShort } from "../elements.js";
import type { AnyField } from "../grid/field.js";
import { Grid } from "../grid/grid.js";
import { type StoredVariable, VARIABLE_KEYS, type Variable } from "./snapshot.js";

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
