import { type Stats, statSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { wrong } from "../argument.js";
import { FileError } from "../errors.js";
import { detectJob } from "../mpi/library/launcher.js";
import { launch, launcherFor, needsLauncher, signalName, unbegunProgram } from "./launch.js";
import type { OptionsOf } from "./options/index.js";
import { placesOf } from "./run/placement.js";
import { runAgain } from "./run/watch.js";

type Options = OptionsOf<"run">;

/** `wasm-mpi run` */
export async function run(file: string, args: string[], options: Options): Promise<void> {
  const path = resolve(file);
  const found = seen(path);
  if (!found?.isFile()) {
    const what = found ? "is not a file" : "does not exist";
    throw new FileError(`"file" expected a JavaScript program, got ${file}, which ${what}. Check the path.`, path);
  }
  const loader = loaderOf(file, path);
  const { ranks, placement } = placesOf(options);
  if (options.watch && (options.json || detectJob())) {
    const [got, todo] = options.json
      ? ["--json as well", "Leave one of them out."]
      : ["one of mpiexec", "Use wasm-mpi run -n N --watch."];
    throw wrong('"--watch"', "a job started by wasm-mpi run, without a document at its end", got, todo);
  }
  if (detectJob()) {
    await runHere(path, args, options, loader);
    return;
  }
  const stray = options.ranks === undefined ? strayRanks(file, args, ranks) : undefined;
  if (stray) process.stderr.write(`wasm-mpi run: ${stray}\n`);
  const launcher = needsLauncher(ranks, placement) ? launcherFor(ranks, placement).path : null;
  const begin = performance.now();
  const stdout = options.json ? "stderr" : "inherit";
  const streams = { stdin: "inherit", stdout, stderr: "inherit" } as const;
  const words = [...(loader ? ["--import", loader] : []), path, ...args];
  const start = (stop?: AbortSignal) => launch(ranks, words, stop ? { ...streams, stop } : streams, placement);
  const outcome = await (options.watch ? runAgain(path, start) : start());
  const { code, signal } = outcome;
  const seconds = (performance.now() - begin) / 1e3;
  if (options.json) process.stdout.write(`${JSON.stringify({ file: path, ranks, launcher, code, seconds })}\n`);
  // Open MPI's launcher, kept from telling what ranks have told themselves, is silent on a rank that could tell nothing.
  const killed = signal ? undefined : signalName(code - 128);
  const unbegun = launcher === null ? undefined : await unbegunProgram(ranks, outcome);
  const line = unbegun ?? (killed && `the job was ended by ${killed}`);
  if (line) process.stderr.write(`wasm-mpi run: ${line}\n`);
  process.exitCode = code;
}

/** What is at a path; undefined where nothing is, or cannot be, as under a name that is too long. */
function seen(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** What is said of a number of ranks that stands behind the program, whose option it is there. @param ranks that it runs on */
export function strayRanks(file: string, args: readonly string[], ranks: number): string | undefined {
  const place = args.findIndex((word) => word === "-n" || word === "-np");
  const [flag, count = ""] = args.slice(place < 0 ? args.length : place);
  if (!/^\d+$/.test(count) || Number(count) === ranks) return undefined;
  const here = `${flag} ${count} behind ${file} goes to the program, which runs on ${ranks === 1 ? "1 rank" : `${ranks} ranks`}`;
  return `${here}. For ranks write -n before it; -n ${ranks} there leaves this line out.`;
}

/**
 * The module that Node.js loads before a program in TypeScript, which it runs by itself from 22.18 on: tsx, where the program's
 * project has it. Nothing where the environment has Node.js load something that may do it.
 * @throws UsageError where Node.js would print a stack of its own
 */
function loaderOf(file: string, path: string): string | undefined {
  const { typescript } = process.features as { readonly typescript?: string | false };
  const mayLoad = /--(?:import|require|loader|experimental-loader)\b|(?:^|\s)-r\b/.test(process.env.NODE_OPTIONS ?? "");
  if (!/\.[cm]?ts$/.test(file) || typescript || mayLoad) return;
  try {
    return pathToFileURL(createRequire(path).resolve("tsx")).href;
  } catch (cause) {
    const got = `${file}, which Node.js ${process.versions.node} does not run`;
    const todo = "Install tsx, which run then takes, npm install --save-dev tsx, or use Node.js 22.18 or later.";
    throw wrong('"file"', "a JavaScript program", got, todo, cause);
  }
}

/** Under a launcher this process is a rank already: it becomes the program. */
async function runHere(path: string, args: string[], options: Options, loader?: string): Promise<void> {
  if (options.json) {
    throw wrong('"--json"', "a job started by wasm-mpi run", "one of mpiexec", "Use wasm-mpi run -n N --json.");
  }
  process.argv.splice(1, process.argv.length, path, ...args);
  try {
    if (loader) await import(loader);
    await import(pathToFileURL(path).href);
  } catch (error) {
    // The error may be of this rank alone: uncaught, it ends the job; otherwise this rank would wait for the others.
    process.nextTick(() => {
      throw error;
    });
  }
}
