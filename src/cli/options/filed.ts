/** Options in a file, by their names in camel case, beside what a command is about: its case, its equations. */
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { nearest, show, wrongFile } from "../../argument.js";
import { detectJob } from "../../mpi/library/launcher.js";
import { longOf, type Row } from "./row.js";
import { fits, type Schema } from "./schema.js";

/** What a file with options is of. */
export interface Subject {
  readonly command: string;
  /** The key of what the command is about, its values, and one for error texts. */
  readonly key: string;
  readonly schema: Schema;
  readonly example: string;
  readonly rows: readonly Row[];
}

/** Keys that say nothing of a run: the schema for editors, and the command as the attribute `config` of files names it. */
const around = ["$schema", "command"];

/** What there is in place of a file of texts, by the error of reading it. */
export function unread(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" ? "no such file" : code === "EISDIR" ? "a folder" : `one that cannot be read (${code})`;
}

/** What the engine says of a text that is no JSON, with the line in place of a count of characters. */
function placed({ message }: SyntaxError, text: string): string {
  return message.replace(/position (\d+)( \(line \d+ column \d+\))?/, (_, position: string) => {
    const lines = text.slice(0, Number(position)).split("\n");
    return `line ${lines.length} column ${lines.at(-1)!.length + 1}`;
  });
}

/**
 * Several ranks read the file each for itself, where a pipe gives what it has once, and standard input is another for each.
 * @throws FileError for what only the process has that was given it
 */
export function expectOfAll(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if ((!found || found.isFile() || found.isDirectory()) && !/^\/(dev|proc)\//.test(resolve(path))) return;
  throw wrongFile(path, "a file that each rank can read", "what one process reads", "Write it to a file first.");
}

/** The options in a JSON file. **Local.** @throws FileError for what is none, UsageError for a text that an option does not read */
export function optionsIn(path: string, subject: Subject): Readonly<Record<string, unknown>> {
  const { command, key, example } = subject;
  const expected = `a JSON object with ${key} and options of ${command}`;
  if (detectJob()) expectOfAll(path);
  let text = "";
  let parsed: unknown;
  try {
    text = readFileSync(path, "utf8").replace(/^\ufeff/, ""); // Editors of Windows put a mark of the encoding there.
    parsed = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError)
      throw wrongFile(path, expected, `a file that is no JSON (${placed(error, text)})`, "Name another, or mend it.");
    throw wrongFile(path, expected, unread(error), "Name another.");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw wrongFile(path, expected, show(parsed), `Write { "${key}": ${example} }, for example.`);
  }
  const { $schema: _, command: named = command, ...options } = parsed as Readonly<Record<string, unknown>>;
  if (named !== command)
    throw wrongFile(path, `options of ${command}`, `"command": ${show(named)}`, "Name another file.");
  // A file names no other one.
  const rows = subject.rows.filter((row) => row.key !== "config");
  const entries = Object.entries(options).map(([name, value]) => {
    const isAssigned = rows.some((row) => row.key === name && row.kind.setsNames);
    return [name, isAssigned ? assigned(value) : value] as const;
  });
  for (const [name, value] of entries) checkEntry(path, name, value, { ...subject, rows });
  return Object.fromEntries(entries);
}

/** What a file may set a name to: a text, a number, or numbers. */
const amounts: readonly Schema[] = [
  { type: "string" },
  { type: "number" },
  { type: "array", items: { type: "number" }, minItems: 1 },
];

/** The texts `NAME = VALUE` of an object; anything else as it is. */
function assigned(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  const isRight = entries.every(([name, amount]) => !name.includes("=") && amounts.some((form) => fits(form, amount)));
  return isRight ? entries.map(([name, amount]) => `${name} = ${[amount].flat().join(", ")}`) : value;
}

function checkEntry(path: string, name: string, value: unknown, { key, schema, example, rows }: Subject): void {
  const row = rows.find((known) => known.key === name);
  if (name !== key && row === undefined) {
    const near = nearest(name, [key, ...rows.map((known) => known.key)]);
    const todo = near ? `Did you mean ${near}?` : "Remove it.";
    throw wrongFile(path, `"${key}" and names of options in camel case`, show(name), todo);
  }
  if (!fits(row?.kind.schema ?? schema, value)) {
    const form = row ? formOf(row) : example;
    const todo = form === undefined ? `See ${longOf(row!.flag)}.` : `Write ${form}, for example.`;
    throw wrongFile(path, `"${name}" in the form of the option`, JSON.stringify(value), todo);
  }
  if (row) for (const text of row.kind.texts(value)) row.kind.read(longOf(row.flag), text, row.example ?? "");
}

/** The example of an option as a file has it: `[256,256]` of `256,256`, without the quotes that are for a shell. */
function formOf({ flag, kind, example }: Row): string | undefined {
  if (example === undefined) return undefined;
  const text = example.replace(/^"(.*)"$/, "$1");
  return JSON.stringify(kind.schema.type === "string" ? text : kind.read(longOf(flag), text, text));
}

function schemaOfKind({ schema, setsNames }: Row["kind"]): Schema {
  if (!setsNames) return schema;
  return { anyOf: [schema, { type: "object", additionalProperties: { anyOf: amounts } }] };
}

/** What an editor knows of such a file. */
export function schemaOf({ command, key, schema, example, rows }: Subject): Schema {
  const about = { ...schema, description: `what ${command} is about, ${example}` };
  const options = rows
    .filter((row) => row.key !== "config")
    .map(({ key: name, kind, about: description }) => [name, { ...schemaOfKind(kind), description }] as const);
  const texts = Object.fromEntries(around.map((name) => [name, { type: "string" } as const]));
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: `A run of wasm-mpi ${command}`,
    type: "object",
    properties: { ...texts, [key]: about, ...Object.fromEntries(options) },
    additionalProperties: false,
  };
}
