/** A run of a case, what a file says of it, and how it is continued from the file. */
import { statSync } from "node:fs";
import { show, wrong, wrongFile } from "../../argument.js";
import { SnapshotReader } from "../../io/reader.js";
import { Lane } from "../../mpi/comm/lane.js";
import type { Comm } from "../../mpi/index.js";
import type { Subject } from "../options/filed.js";
import { defaultsOf, type OptionsOf, rowsThat } from "../options/index.js";
import { longOf, type Row } from "../options/row.js";
import { breachOf, type Schema } from "../options/schema.js";
import type { PlaceKey } from "./placement.js";

/** A run of a case, as the command line describes it. */
export interface Run extends Omit<OptionsOf<"advect">, PlaceKey | "json" | "config"> {
  readonly case: string;
}

/** The options that a file decides: those that the bits depend on. */
const decided = rowsThat(({ decides }) => decides === true);
const recorded = rowsThat(({ decides, recorded: kept }) => decides === true || kept === true);

/** What the attribute `config` of a file holds, which everything needed to run it again is in. */
export const configSchema: Schema = {
  type: "object",
  properties: {
    command: { const: "advect" },
    case: { type: "string", description: "the name of the case" },
    ...Object.fromEntries(
      recorded.map(({ key, kind, filed = kind, about }) => [key, { ...filed.schema, description: about }]),
    ),
  },
  required: ["command", "case", "shape", "steps", "iterations"],
  additionalProperties: false,
};

/** What a file of `--config` has. */
export const subject: Subject = {
  command: "advect",
  key: "case",
  schema: { type: "string" },
  example: '"cone"',
  rows: rowsThat(() => true),
};

/** The attribute `config` of the file of a run: what `--config` reads. */
export function configOf(run: Run, shape: readonly number[], steps: number): string {
  const values: Readonly<Record<string, unknown>> = { ...run, ...typeOf(run), shape, steps };
  const options = Object.fromEntries(recorded.map(({ key }) => [key, values[key]]));
  return JSON.stringify({ command: "advect", case: run.case, shape, ...options });
}

/** The type of the arithmetic where it is not f64: files and reports of f64 do not name it. */
export function typeOf({ dtype }: Run): { readonly dtype: "f32" | undefined } {
  return { dtype: dtype === "f64" ? undefined : dtype };
}

/**
 * The run that a file is of, to be continued with some options. **Collective** where there is a communicator.
 * @param asked the options on the command line; those that the file decides have to be equal to the file's
 */
export async function continuedRun(path: string, asked: Partial<Run>, comm?: Comm): Promise<Run> {
  const read = async () => {
    const reader = await SnapshotReader.open(path);
    reader.close();
    return recordedRun(path, reader.attributes.config);
  };
  const run = comm ? await Lane.of(comm).call((lane) => lane.fromRoot(read)) : await read();
  expectAsRecorded("case", run.case, asked.case, path);
  for (const { key, flag } of decided) expectAsRecorded(longOf(flag), entryOf(run, key), entryOf(asked, key), path);
  if (asked.output !== undefined && isSameFile(asked.output, path)) {
    const todo = "Leave it out to append to that file.";
    throw wrong('"--output"', `another file than "${path}" with --restart`, `"${asked.output}"`, todo);
  }
  if (asked.overwrite && asked.output === undefined) {
    throw wrong('"--overwrite"', `none with --restart, which appends to "${path}"`, "true", "Leave out one of them.");
  }
  if (asked.initial !== undefined) {
    const expected = `none with --restart, which begins with the last frame of "${path}"`;
    throw wrong('"--initial"', expected, `"${asked.initial}"`, "Leave out one of them.");
  }
  const changed = rowsThat(({ key, decides }) => !decides && entryOf(asked, key) !== undefined);
  return { ...run, ...Object.fromEntries(changed.map(({ key }) => [key, entryOf(asked, key)])), restart: path };
}

/** Whether two paths lead to one file that there is. */
export function isSameFile(first: string, second: string): boolean {
  const [a, b] = [first, second].map((path) => statSync(path, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

function entryOf(run: Partial<Run>, key: Row["key"]): unknown {
  return run[key as keyof Run];
}

/** @throws UsageError for an option on the command line that is not as in the file */
function expectAsRecorded(name: string, kept: unknown, asked: unknown, path: string): void {
  const expected = kept ?? false;
  if (asked === undefined || String(expected) === String(asked)) return;
  const shown = expected === false ? "none" : expected;
  // A text that is no word, or of several lines, is in quotes.
  const isWord = typeof asked !== "string" || /^[\x21-\x7e]+$/.test(asked);
  const got = isWord ? asked : show(asked);
  throw wrong(`"${name}"`, `${shown}, as in "${path}"`, got, "Leave it out with --restart.");
}

/** @throws FileError where the attribute is none that `advect` wrote */
function recordedRun(path: string, config: unknown): Run {
  const [expected, todo] = ["a file that wasm-mpi advect wrote", "Choose another, or start anew with --output."];
  if (typeof config !== "string") throw wrongFile(path, expected, 'one without the attribute "config"', todo);
  let parsed: unknown;
  try {
    parsed = JSON.parse(config);
  } catch {
    throw wrongFile(path, expected, 'one whose attribute "config" is no JSON', todo);
  }
  const { command, split: _, ...run } = (parsed ?? {}) as Run & { command?: unknown };
  if (command !== "advect") throw wrongFile(path, expected, 'one whose attribute "config" is not of advect', todo);
  const breach = breachOf(configSchema, parsed as Readonly<Record<string, unknown>>);
  if (breach !== undefined) throw wrongFile(path, expected, `one whose attribute "config" ${breach}`, todo);
  return { ...defaultsOf("advect"), ...run };
}
