/**
 * What is made of the rows of the options: the parser, the arguments of started ranks, what a restart takes from its
 * file, the scheme that the solver is given.
 */
import { type Command, Option } from "commander";
import type { MpdataOptions } from "../../advection/options.js";
import { type Kind, onOff } from "./kind.js";
import { longOf, type Row } from "./row.js";
import type { scheme } from "./scheme.js";
import { table } from "./table.js";

/** A command that has options. */
export type CommandName = keyof typeof table;

type RowOf<C extends CommandName> = (typeof table)[C][number];
type Named<C extends CommandName, K> = Extract<RowOf<C>, { readonly key: K }>;
type ValueOf<R> = R extends { readonly kind: Kind<infer T> } ? T : never;
type WithDefault<C extends CommandName> = Extract<RowOf<C>, { readonly default: unknown }>["key"];

/** The parsed options of a command: those with a default are always there. */
export type OptionsOf<C extends CommandName> = {
  readonly [K in WithDefault<C>]: ValueOf<Named<C, K>>;
} & {
  readonly [K in Exclude<RowOf<C>["key"], WithDefault<C>>]?: ValueOf<Named<C, K>>;
};

/** Gives a command its options. */
export function addOptions(command: Command, name: CommandName): Command {
  for (const row of table[name] as readonly Row[]) command.addOption(optionOf(row));
  return command;
}

function optionOf({ flag, kind, about, example = "", default: usual }: Row): Option {
  const option = new Option(flag, about);
  if (usual !== undefined) option.default(usual);
  const read = (value: string, before: unknown) => kind.read(longOf(flag), value, example, before);
  return kind === onOff ? option : option.argParser(read);
}

/** The commands that have an option, by its name in full or in short. */
export function commandsWith(flag: string): CommandName[] {
  const isOf = (row: Row) => row.flag.split(/[ ,]+/).includes(flag);
  const names = (Object.keys(table) as CommandName[]).filter((name) => !name.includes(" "));
  return names.filter((name) => (table[name] as readonly Row[]).some(isOf));
}

/** The options of a command, by their names in full. */
export function flagsOf(name: CommandName): string[] {
  return (table[name] as readonly Row[]).map(({ flag }) => longOf(flag));
}

/** The option of a command that another command has by this short name: `--ranks` of compare for `-n`. */
export function fullNameOf(short: string, name: CommandName): string | undefined {
  const rows = Object.values(table).flat() as readonly Row[];
  const meant = rows.find(({ flag }) => flag.startsWith(`${short}, `));
  return meant && (table[name] as readonly Row[]).some(({ key }) => key === meant.key) ? longOf(meant.flag) : undefined;
}

/** The arguments from which a command reads these options. */
export function argumentsOf<C extends CommandName>(name: C, options: Partial<OptionsOf<C>>): string[] {
  return (table[name] as readonly Row[]).flatMap(({ key, flag, kind }) => {
    const value = (options as Readonly<Record<string, unknown>>)[key];
    if (value === undefined || value === false) return [];
    return kind === onOff ? [longOf(flag)] : kind.texts(value).flatMap((words) => [longOf(flag), words]);
  });
}

/** The values of options that have a default. */
export function defaultsOf<C extends CommandName>(name: C): Pick<OptionsOf<C>, WithDefault<C>> {
  const rows = (table[name] as readonly Row[]).filter((row) => row.default !== undefined);
  return Object.fromEntries(rows.map((row) => [row.key, row.default])) as Pick<OptionsOf<C>, WithDefault<C>>;
}

/** The rows of `advect` that pass. */
export function rowsThat(passes: (row: Row) => boolean): readonly Row[] {
  return (table.advect as readonly Row[]).filter(passes);
}

type SolverName = Extract<(typeof scheme)[number], { readonly solver: string }>["solver"];

/** The options of the scheme, by the solver's names. */
export type SchemeOptions = Pick<MpdataOptions, SolverName>;

/**
 * The scheme that is meant where a command line names no option of it: the case's, by the names of options.
 * @param isNamed whether an option is on the command line
 */
export function schemeMeant(scheme: Partial<SchemeOptions> = {}, isNamed: (key: string) => boolean): object {
  const rows = rowsThat(({ solver }) => solver !== undefined);
  if (rows.some(({ key }) => isNamed(key))) return {};
  const meant = rows.filter(({ solver }) => scheme[solver as SolverName] !== undefined);
  return Object.fromEntries(meant.map(({ key, solver }) => [key, scheme[solver as SolverName]]));
}

/** The options of the scheme for `Mpdata`; those that are off are left out. */
export function schemeOf(options: Partial<OptionsOf<"advect">>): SchemeOptions {
  const values = options as Readonly<Record<string, unknown>>;
  const on = rowsThat(({ key, solver }) => solver !== undefined && values[key] !== undefined && values[key] !== false);
  return Object.fromEntries(on.map(({ key, solver }) => [solver, values[key]]));
}
