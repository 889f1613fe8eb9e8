/** Equations and options of `solve` in a file, and what the file of a run says of them. */
import { readFileSync } from "node:fs";
import { nearest, show, wrongFile } from "../../argument.js";
import { SnapshotReader } from "../../io/reader.js";
import { longOf } from "../options/index.js";
import type { Row } from "../options/row.js";
import { fits, type Schema } from "../options/schema.js";
import { equations } from "./rows.js";
import type { Task } from "./task.js";

const texts: Schema = { type: "array", items: { type: "string" }, minItems: 1 };

/** The equations and options of a JSON file. **Local.** @param rows the options @throws FileError, UsageError */
export function taskIn(path: string, rows: readonly Row[]): Partial<Task> {
  const expected = "a JSON object with equations and options of solve";
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const got = error instanceof SyntaxError ? "a file that is no JSON" : error;
    throw wrongFile(path, expected, got, "Name another, or mend it.");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw wrongFile(path, expected, show(parsed), 'Write { "equations": ["c = laplace(c)"] }, for example.');
  }
  for (const [key, value] of Object.entries(parsed)) checkEntry(path, key, value, rows);
  return parsed as Partial<Task>;
}

/** @throws FileError for what is no option, UsageError for a text that the option does not read */
function checkEntry(path: string, key: string, value: unknown, rows: readonly Row[]): void {
  const row = rows.find((known) => known.key === key);
  if (key !== "equations" && row === undefined) {
    const near = nearest(key, ["equations", ...rows.map((known) => known.key)]);
    const todo = near ? `Did you mean ${near}?` : "Remove it.";
    throw wrongFile(path, '"equations" and names of options in camel case', show(key), todo);
  }
  if (!fits(row?.kind.schema ?? texts, value)) {
    const todo = row ? `See ${longOf(row.flag)}.` : 'Write ["c = laplace(c)"], for example.';
    throw wrongFile(path, `"${key}" in the form of the option`, JSON.stringify(value), todo);
  }
  if (row) for (const text of row.kind.texts(value)) row.kind.read(longOf(row.flag), text, row.example ?? "");
}

const kept = (equations as readonly Row[]).filter((row) => row.decides || row.recorded);

/** What shaped a run: the options of the task that its bits, its end and its files depend on. */
export function recordOf(task: Task): Readonly<Record<string, unknown>> {
  const values = task as unknown as Readonly<Record<string, unknown>>;
  const isSaid = (value: unknown) => value !== undefined && !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(kept.filter(({ key }) => isSaid(values[key])).map(({ key }) => [key, values[key]]));
}

/** The attribute `config` of the file of a run: what `--config` reads. */
export function configOf(task: Task): string {
  return JSON.stringify({ command: "solve", equations: task.equations, ...recordOf(task) });
}

/** The equations and options in the file of a run. Each rank reads it. @throws FileError */
export async function recorded(path: string): Promise<Partial<Task>> {
  const reader = await SnapshotReader.open(path);
  reader.close();
  const { config } = reader.attributes;
  const [expected, todo] = ["a file that wasm-mpi solve wrote", "Choose another, or start anew with --output."];
  if (typeof config !== "string") throw wrongFile(path, expected, 'one without the attribute "config"', todo);
  const { command, ...task } = JSON.parse(config) as { readonly command?: unknown };
  if (command !== "solve") throw wrongFile(path, expected, 'one whose attribute "config" is not of solve', todo);
  return task;
}
