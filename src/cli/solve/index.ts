/** `wasm-mpi solve` */
import type { Command } from "commander";
import { show, wrong } from "../../argument.js";
import { mpi } from "../../mpi/index.js";
import { detectJob } from "../../mpi/library/launcher.js";
import { checkPicture } from "../../plot/index.js";
import { needsLauncher, relaunch } from "../launch.js";
import { expectOfAll } from "../options/filed.js";
import type { CommandName, OptionsOf } from "../options/index.js";
import { table } from "../options/table.js";
import { progressLine } from "../progress.js";
import { withLocalShape, withWholeShape } from "../run/local.js";
import { type PlaceKey, placesOf } from "../run/placement.js";
import { counted } from "../run/report.js";
import { threadsFor } from "../run/threads.js";
import { limitWaiting } from "../run/timeout.js";
import { recorded, stateKept, taskIn } from "./config.js";
import { checkAdded, lookKeys } from "./files.js";
import { describeNames, describeSolve, namesJson } from "./report.js";
import { checkTask, runTask, usualHalo } from "./run.js";
import { drawsAny, meaningOf, type Task } from "./task.js";

/** What is asked for: on the command line, in the file of `--config`, by default. @throws FileError, UsageError */
export async function taskOf(
  equations: readonly string[],
  options: object,
  command: Command,
  name: CommandName,
): Promise<Task> {
  const { config, ...rest } = options as { readonly config?: string } & Omit<Task, "equations">;
  const { restart } = rest;
  if (restart !== undefined && config !== undefined) {
    throw wrong('"--config"', `none with --restart, as "${restart}" has the options`, show(config), "Leave it out.");
  }
  if (restart !== undefined && equations.length > 0) {
    const expected = `none with --restart, as "${restart}" has them`;
    throw wrong('"equations"', expected, show(equations[0]), "Leave them out.");
  }
  checkKept(restart, command);
  const filed =
    config !== undefined ? taskIn(config, table[name]) : restart === undefined ? {} : await recorded(restart);
  const asked = Object.entries(rest).filter(([key]) => command.getOptionValueSource(key) === "cli");
  if (restart !== undefined) await checkAdded(Object.fromEntries(asked), filed, () => stateKept(restart));
  checkPace(Object.fromEntries(asked), filed, restart === undefined ? ["config", config] : ["restart", restart]);
  const displaced = alternatives.filter((keys) => asked.some(([key]) => keys.includes(key))).flat();
  const fromFile = Object.entries(filed).filter(([key]) => !displaced.includes(key));
  const texts = equations.length > 0 ? equations : (filed.equations ?? []);
  const values = { ...rest, ...Object.fromEntries([...fromFile, ...asked]), equations: texts };
  const { variable, ...others } = values as Task;
  // The file of a run does not have its --plot, which the variable may have been for.
  const isLeft = restart !== undefined && command.getOptionValueSource("variable") !== "cli" && !drawsAny(others);
  const task: Task = isLeft || variable === undefined ? others : { ...others, variable };
  if (restart !== undefined && task.until === filed.until) await expectTimeLeft(restart, task);
  limitWaiting(task);
  return task;
}

/** Options of which there is one: those of the command line take the place of the file's. */
const alternatives: readonly (readonly string[])[] = [
  ["shape", "localShape"],
  ["every", "everySteps"],
];

/** @throws UsageError for a file that is further than the end of its first run, where that is the only one known */
async function expectTimeLeft(path: string, task: Task): Promise<void> {
  const time = (await stateKept(path))?.time;
  const { until } = meaningOf(task);
  if (time === undefined || time <= until) return;
  const expected = `a time from ${time}, that of the restart`;
  throw wrong(
    '"--until"',
    expected,
    `${until}, the end of the first run of "${path}"`,
    "Add --until with a later time.",
  );
}

/** @throws UsageError for what a file that is continued has already, and would be ignored */
function checkKept(restart: string | undefined, command: Command): void {
  if (restart === undefined) return;
  const isSaid = (key: string) => command.getOptionValueSource(key) === "cli";
  const reasons: Readonly<Record<string, string>> = {
    save: `as "${restart}" has its variables`,
    unit: `as "${restart}" has its variables`,
    initial: `which begins with the last frame of "${restart}"`,
    xdmf: "which continues the text where there is one",
    // Of tables and pictures that are added some may be replaced.
    ...(lookKeys.some(isSaid) ? {} : { overwrite: `which appends to "${restart}"` }),
  };
  const flag = Object.keys(reasons).find(isSaid);
  if (flag === undefined) return;
  throw wrong(`"--${flag}"`, `none with --restart, ${reasons[flag]}`, "one", "Leave it out.");
}

/** @throws UsageError for steps of another kind than those of the file with the options */
function checkPace(
  asked: Partial<Task>,
  filed: Partial<Task>,
  [flag, path]: readonly [flag: string, path: string | undefined],
): void {
  for (const [key, kept] of [
    ["cfl", "dt"],
    ["dt", "cfl"],
  ] as const) {
    if (asked[key] === undefined || asked[kept] !== undefined || filed[kept] === undefined) continue;
    throw wrong(
      `"--${key}"`,
      `none with --${flag}, as "${path}" has ${kept} ${filed[kept]}`,
      asked[key],
      "Leave it out.",
    );
  }
}

/** `wasm-mpi solve` */
export async function solve(equations: string[], options: OptionsOf<"solve">, parsed: Command): Promise<void> {
  if (options.list) return list(equations, parsed, options.json ?? false);
  const {
    ranks: asked,
    hosts,
    hostfile,
    bind,
    json,
    list: _,
    ...given
  } = (await taskOf(equations, options, parsed, "solve")) as Task &
    Pick<OptionsOf<"solve">, PlaceKey | "json" | "list">;
  const job = detectJob();
  const { ranks, placement } = placesOf({ ranks: asked, hosts, hostfile, bind, threads: given.threads });
  const isStarter = !job && needsLauncher(ranks, placement);
  if (isStarter && options.config !== undefined) expectOfAll(options.config);
  const told: Task = withWholeShape(given, ranks, usualHalo);
  const halo = withLocalShape(given, ranks, () => checkTask(told, ranks));
  const isAlone = !job && !isStarter;
  const task = { ...told, threads: threadsFor(told.threads, meaningOf(told).shape, isAlone) };
  if (!job && task.plot !== undefined) await checkPicture(task.plot);
  if (isStarter) {
    await relaunch(ranks, "solve", placement);
    return;
  }
  const world = mpi.init();
  const { report, draw } = await runTask(
    world,
    task,
    progressLine(world.rank === 0, `solve on ${counted(world.size, "rank")}`, task.logEvery),
    halo,
  );
  mpi.finalize();
  if (world.rank !== 0) return;
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : describeSolve(report));
  await draw?.();
  if (draw && !json) process.stdout.write(`picture: ${task.plot}\n`);
}

/** Lists the equations that have a name. @throws UsageError for anything else that is asked for */
function list(equations: readonly string[], command: Command, json: boolean): void {
  const stray = table.solve.find(({ key }) => {
    return key !== "list" && key !== "json" && command.getOptionValueSource(key) === "cli";
  });
  const [got] = [...equations.map((text) => JSON.stringify(text)), ...(stray ? [`--${stray.key}`] : [])];
  if (got !== undefined) throw wrong('"--list"', "nothing besides, but for --json", got, "Leave out one of them.");
  if ((detectJob()?.rank ?? 0) === 0) process.stdout.write(json ? namesJson() : describeNames());
}
