/** Equations and options of `solve` in a file, and what the file of a run says of them. */
import { existsSync } from "node:fs";
import { wrongFile } from "../../argument.js";
import { SnapshotReader } from "../../io/reader.js";
import { framesPath, type RestartState, restartPath, stateAttribute } from "../../pde/restart.js";
import { shellWord } from "../manual/shell.js";
import { optionsIn, type Subject } from "../options/filed.js";
import { longOf, type Row } from "../options/row.js";
import { breachOf, type Schema } from "../options/schema.js";
import { equations } from "./rows.js";
import type { Task } from "./task.js";

const texts: Schema = { type: "array", items: { type: "string" }, minItems: 1 };

/** What a file with equations has. @param rows the options of the command, which may be `compare solve` */
export function subjectOf(rows: readonly Row[]): Subject {
  return { command: "solve", key: "equations", schema: texts, example: '["c = laplace(c)"]', rows };
}

/** The equations and options of a JSON file. **Local.** @param rows the options @throws FileError, UsageError */
export function taskIn(path: string, rows: readonly Row[]): Partial<Task> {
  return optionsIn(path, subjectOf(rows)) as Partial<Task>;
}

const kept = (equations as readonly Row[]).filter((row) => row.decides || row.recorded);

/** What shaped a run: the options of the task that its bits, its end and its files depend on. */
export function recordOf(task: Task): Readonly<Record<string, unknown>> {
  const values = task as unknown as Readonly<Record<string, unknown>>;
  const isSaid = (value: unknown) => value !== undefined && !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(kept.filter(({ key }) => isSaid(values[key])).map(({ key }) => [key, values[key]]));
}

/** What that attribute holds. */
const configSchema: Schema = {
  type: "object",
  properties: {
    command: { const: "solve" },
    equations: texts,
    ...Object.fromEntries(kept.map(({ key, kind }) => [key, kind.schema])),
  },
  required: ["command", "equations"],
};

/** What of the attribute is no option of a run, in words; undefined where all is. */
function breachIn(task: Readonly<Record<string, unknown>>): string | undefined {
  const breach = breachOf(configSchema, task);
  if (breach !== undefined) return breach;
  const unread = kept.find(({ key, kind, flag }) => {
    try {
      if (task[key] !== undefined) for (const text of kind.texts(task[key])) kind.read(longOf(flag), text, "");
      return false;
    } catch {
      return true;
    }
  });
  return unread && `has "${unread.key}": ${JSON.stringify(task[unread.key])}`;
}

/** The attribute `config` of the file of a run: what `--config` reads. */
export function configOf(task: Task): string {
  return JSON.stringify({ command: "solve", equations: task.equations, ...recordOf(task) });
}

/** The equations and options in the file of a run. Each rank reads it. @throws FileError */
export async function recorded(path: string): Promise<Partial<Task>> {
  const reader = await SnapshotReader.open(path);
  reader.close();
  const { config, [stateAttribute]: state } = reader.attributes;
  const [expected, todo] = ["a file that wasm-mpi solve wrote", "Choose another, or start anew with --output."];
  if (typeof state === "string") {
    const frames = framesPath(path);
    throw wrongFile(path, expected, "the state beside it", frames ? `Name ${frames}.` : "Name the file with frames.");
  }
  if (typeof config !== "string") {
    const isOfProgram = existsSync(restartPath(path));
    const got = isOfProgram ? "one of a program with storage()" : 'one without the attribute "config"';
    throw wrongFile(path, expected, got, isOfProgram ? "Go on in that program, by solve({ restart })." : todo);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(config);
  } catch {
    throw wrongFile(path, expected, 'one whose attribute "config" is no JSON', todo);
  }
  const { command, ...task } = (parsed ?? {}) as Readonly<Record<string, unknown>>;
  if (command !== "solve") throw wrongFile(path, expected, 'one whose attribute "config" is not of solve', todo);
  const breach = breachIn({ command, ...task });
  if (breach !== undefined) throw wrongFile(path, expected, `one whose attribute "config" ${breach}`, todo);
  if (!existsSync(restartPath(path))) {
    const [name] = reader.variables;
    const anew = `--initial ${shellWord(`${name} = ${path}:${name}`)}`;
    const state = `the state from which the run of "${path}" goes on, beside it`;
    throw wrongFile(restartPath(path), state, "nothing", `Put it back, or start anew with the last frame, by ${anew}.`);
  }
  return task;
}

/** The state beside the file of a run; nothing where there is none, which is told where the run goes on. Each rank reads it. @throws FileError */
export async function stateKept(path: string): Promise<RestartState | undefined> {
  const reader = await SnapshotReader.open(restartPath(path));
  reader.close();
  try {
    return JSON.parse(String(reader.attributes[stateAttribute])) as RestartState;
  } catch {
    return undefined;
  }
}
