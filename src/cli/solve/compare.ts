/** `wasm-mpi compare solve` */
import { format, parse } from "node:path";
import type { Command } from "commander";
import { wrong } from "../../argument.js";
import { compareRuns, type Subject } from "../compare.js";
import { argumentsOf, type OptionsOf } from "../options/index.js";
import { longOf } from "../options/row.js";
import { table } from "../options/table.js";
import { threadsOr1 } from "../run/threads.js";
import { type LookKey, lookKeys, looksByFlag } from "./files.js";
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
export function subjectOf(asked: Task, plot: string | undefined): Subject {
  const { variable, ...rest } = asked;
  const drawsItself = [asked.pictures, asked.movie, asked.kymograph].some((path) => path !== undefined);
  const chosen = variable === undefined ? {} : { variable };
  // Frames are those of files, which there are in any case.
  const task: Task = { ...rest, ...(drawsItself ? chosen : {}), output: asked.output ?? "out.h5" };
  // Whether there are files already is asked of the names that the runs give them.
  const checked: Task = { ...task, ...chosen, ...(plot === undefined ? {} : { plot }), overwrite: true };
  const [first] = task.equations;
  const isNamed = first !== undefined && /^[\w-]+$/.test(first);
  const name = isNamed ? first : "solve";
  // A table of each run, called like its file.
  const looksOf = (options: { readonly output: string }): Pick<Task, LookKey> => {
    const suffix = parse(options.output).name.slice(parse(asked.output ?? name).name.length);
    const files = lookKeys.flatMap((key) => {
      const { dir, name: base, ext, root } = parse(task[key] ?? "");
      return task[key] === undefined ? [] : [[key, format({ root, dir, base: `${base}${suffix}${ext}` })] as const];
    });
    return Object.fromEntries(files);
  };
  const ofRun = <T extends { readonly output: string }>(options: T) => ({ ...options, ...looksOf(options) });
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
    looksOf: (options) => looksByFlag(looksOf(options)),
    reads: () => {
      const { constants, initial, mask } = meaningOf(task);
      const values = [...Object.values(constants), ...Object.values(initial), mask?.open];
      return values.flatMap((value) => (typeof value === "object" ? [value.path] : []));
    },
    about: (report) => ({ equations: (report as SolveReport).equations }),
    describe: ({ options }) => stepText(options),
    suggestion: () => {
      const isPlane = isNamed && meaningOf(task).shape.length === 2;
      return isPlane ? [`solve ${first} --plot out.png`, "the first and the last field"] : undefined;
    },
  };
}
