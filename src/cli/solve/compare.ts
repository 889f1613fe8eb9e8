/** `wasm-mpi compare solve` */
import { join, parse } from "node:path";
import type { Command } from "commander";
import { wrong } from "../../argument.js";
import { compareRuns, type Subject } from "../compare.js";
import { argumentsOf, type OptionsOf } from "../options/index.js";
import { longOf } from "../options/row.js";
import { table } from "../options/table.js";
import { threadsOr1 } from "../run/threads.js";
import { taskOf } from "./index.js";
import { type SolveReport, stepText } from "./report.js";
import { checkTask, runTask } from "./run.js";
import { meaningOf, type Task } from "./task.js";

/** `wasm-mpi compare solve`, the equations of `solve` behind that word. */
export async function compareSolve(
  equations: string[],
  options: OptionsOf<"compare solve">,
  parsed: Command,
): Promise<void> {
  const compare = parsed.parent!;
  for (const { flag, key } of table.compare) {
    if (compare.getOptionValueSource(key) !== "cli") continue;
    throw wrong(`"${longOf(flag)}"`, 'options behind "solve"', "it before", "Put it behind.");
  }
  const asked = (await taskOf(equations, options, parsed, "compare solve")) as Task & OptionsOf<"compare solve">;
  const { ranks: _, split: __, fewer: ___, json: ____, plot, html, terminal: _____, ...task } = asked;
  await compareRuns(subjectOf({ ...task, threads: threadsOr1(task.threads) }, plot ?? html), asked);
}

/** A solve, as something to compare. @param plot the picture of all runs, which is drawn from their files */
function subjectOf(asked: Task, plot: string | undefined): Subject {
  const { variable, ...rest } = asked;
  const drawsItself = [asked.pictures, asked.movie, asked.kymograph].some((path) => path !== undefined);
  const chosen = variable === undefined ? {} : { variable };
  // Frames are those of files, which there are in any case.
  const task: Task = { ...rest, ...(drawsItself ? chosen : {}), output: asked.output ?? "out.h5" };
  const checked: Task = { ...task, ...chosen, ...(plot === undefined ? {} : { plot }) };
  const [first] = task.equations;
  const isNamed = first !== undefined && /^[\w-]+$/.test(first);
  const name = isNamed ? first : "solve";
  // A table of each run, called like its file.
  const ofRun = <T extends { readonly output: string }>(options: T): T & Partial<Task> => {
    const suffix = parse(options.output).name.slice(parse(asked.output ?? name).name.length);
    const { data, probeData, pictures, movie, kymograph } = task;
    const files = Object.entries({ data, probeData, pictures, movie, kymograph }).flatMap(([key, path]) => {
      const { dir, name: base, ext } = parse(path ?? "");
      return path === undefined ? [] : [[key, join(dir, `${base}${suffix}${ext}`)]];
    });
    return { ...options, ...Object.fromEntries(files) };
  };
  return {
    name,
    ...{ drawn: variable, output: asked.output, overwrite: task.overwrite, logEvery: task.logEvery },
    check: (split, ranks) => checkTask(split ? { ...checked, split } : checked, ranks),
    argumentsFor: (options) => [
      "solve",
      ...argumentsOf("solve", { ...task, ...ofRun(options), json: true }),
      ...task.equations,
    ],
    run: async (comm, options, progress) => (await runTask(comm, { ...task, ...ofRun(options) }, progress)).report,
    about: (report) => ({ equations: (report as SolveReport).equations }),
    describe: ({ options }) => stepText(options),
    suggestion: () => (isNamed && meaningOf(task).shape.length === 2 ? `solve ${first} --plot out.png` : undefined),
  };
}
