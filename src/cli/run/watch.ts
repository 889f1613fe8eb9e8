/** `wasm-mpi run --watch`: starts a program again whenever its file, or a file of a kernel that it has read, has changed. */
import { type FSWatcher, readFileSync, watch, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { watchedVariable } from "../../jit/sources.js";
import { temporaryFolder } from "../folder.js";
import type { Outcome } from "../launch.js";
import { type Ending, endings } from "./guard.js";

/** Editors write a file in several steps: milliseconds after the last one. */
const quiet = 100;

/** The text of a file; `undefined` where there is none, as while an editor replaces it. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Files and what was in them when they were read last. Folders are watched, since editors put other files in place. */
class Watched {
  readonly #texts = new Map<string, string | undefined>();
  readonly #folders = new Map<string, FSWatcher>();
  readonly #list: string;
  readonly #changed: (path: string) => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param list the file of the paths and texts that ranks read @param changed called with the path of a file that has changed */
  constructor(list: string, changed: (path: string) => void) {
    this.#list = list;
    this.#changed = changed;
    this.#watch(dirname(list));
  }

  /** @param text what the program has read, which the file may have no more */
  add(path: string, text = textOf(path)): void {
    if (this.#texts.has(path)) return;
    this.#texts.set(path, text);
    this.#watch(dirname(path));
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#folders.values()) watcher.close();
  }

  #watch(folder: string): void {
    if (this.#folders.has(folder)) return;
    const look = () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#look(), quiet);
    };
    this.#folders.set(folder, watch(folder, look).on("error", look));
  }

  #look(): void {
    // The last line may not be whole yet.
    const lines = textOf(this.#list)?.split("\n").slice(0, -1) ?? [];
    for (const line of lines) this.add(...(JSON.parse(line) as [path: string, text: string]));
    for (const [path, before] of this.#texts) {
      const text = textOf(path);
      if (text === undefined || text === before) continue;
      this.#texts.set(path, text);
      this.#changed(path);
    }
  }
}

/** A change that is waited for; Node.js 20 has no Promise.withResolvers. */
function pending(): { readonly promise: Promise<string>; resolve(path: string): void } {
  let resolve: (path: string) => void = () => {};
  const promise = new Promise<string>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

type Next = { readonly file: string; readonly signal?: never } | { readonly file?: never; readonly signal: Ending };

/** Waits for a change while nothing runs, or for a signal, which by itself would leave the folder of this process. */
function next(change: Promise<string>): Promise<Next> {
  return new Promise((resolve) => {
    const settle = (first: Next) => {
      for (const name of endings) process.off(name, hear);
      resolve(first);
    };
    const hear = (signal: Ending) => settle({ signal });
    for (const name of endings) process.on(name, hear);
    change.then((file) => settle({ file }));
  });
}

/**
 * Runs a program until this process is told to end. @param run starts it; its `stop` ends it early @returns how the last run ended
 */
export async function runAgain(path: string, run: (stop: AbortSignal) => Promise<Outcome>): Promise<Outcome> {
  const list = join(temporaryFolder("watch-"), "files");
  writeFileSync(list, "");
  process.env[watchedVariable] = list;
  let changed = pending();
  const watched = new Watched(list, (file) => changed.resolve(file));
  watched.add(path);
  const say = (text: string) => process.stderr.write(`wasm-mpi run: ${text}\n`);
  try {
    for (;;) {
      const stop = new AbortController();
      const running = run(stop.signal);
      const first = await Promise.race([running, changed.promise]);
      if (typeof first === "string") stop.abort();
      const outcome = await running;
      if (outcome.signal) return outcome;
      if (typeof first !== "string") say(`${basename(path)} ended with code ${outcome.code}, waits for a change`);
      const { file, signal } = await next(changed.promise);
      if (signal) return { ...outcome, signal, code: 128 + constants.signals[signal] };
      changed = pending();
      say(`${relative(process.cwd(), file)} has changed, starts again`);
    }
  } finally {
    watched.close();
  }
}
