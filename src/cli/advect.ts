import type { Command } from "commander";
import { caseOf } from "../advection/cases/case.js";
import { haloNeeded } from "../advection/options.js";
import { show, wrong } from "../argument.js";
import { mpi } from "../mpi/index.js";
import { detectJob } from "../mpi/library/launcher.js";
import { checkPicture } from "../plot/index.js";
import { needsLauncher, relaunch } from "./launch.js";
import { expectOfAll, optionsIn } from "./options/filed.js";
import { type OptionsOf, type SchemeOptions, schemeMeant, schemeOf } from "./options/index.js";
import { progressLine } from "./progress.js";
import { continuedRun, type Run, subject } from "./run/config.js";
import { withLocalShape, withWholeShape } from "./run/local.js";
import { type PlaceKey, placesOf } from "./run/placement.js";
import { counted, describe, jsonOf } from "./run/report.js";
import { checkOutput, checkRun, runCase, setupOf } from "./run/setup.js";
import { threadsFor } from "./run/threads.js";
import { limitWaiting } from "./run/timeout.js";

type Options = OptionsOf<"advect">;

/** The scheme of a case, where the command line names no option of the scheme. */
export function schemeOfCase(name: string, command: Command): Partial<SchemeOptions> {
  return schemeMeant(caseOf(name).scheme, (key) => command.getOptionValueSource(key) === "cli");
}

/** `wasm-mpi advect` */
export async function advect(word: string, line: Options, parsed: Command): Promise<void> {
  const { name, options, isNamed } = filed(word, line, parsed);
  limitWaiting(options);
  const { ranks: asked, hosts, hostfile, bind, json, config, ...given } = options;
  const job = detectJob();
  const { ranks, placement } = placesOf({ ranks: asked, hosts, hostfile, bind, threads: given.threads });
  const isStarter = !job && needsLauncher(ranks, placement);
  if (isStarter && config !== undefined) expectOfAll(config);
  const { restart } = options;
  const scheme = restart === undefined ? schemeMeant(caseOf(name).scheme, isNamed) : {};
  const rest = withWholeShape({ ...given, ...scheme }, ranks, haloNeeded(schemeOf({ ...given, ...scheme })));
  const comm = job && restart !== undefined ? mpi.init() : undefined;
  const told: Run =
    restart === undefined ? { ...rest, case: name } : await continuedRun(restart, askedOf(rest, name, parsed), comm);
  checkOutput(told);
  withLocalShape(given, ranks, () => checkRun(told, ranks));
  const isAlone = !job && !isStarter;
  const run = { ...told, threads: threadsFor(told.threads, setupOf(told).setup.shape, isAlone) };
  if (!job && run.plot !== undefined) await checkPicture(run.plot);
  if (isStarter) {
    await relaunch(ranks, "advect", placement);
    return;
  }
  const world = mpi.init();
  const { report, draw } = await runCase(
    world,
    run,
    progressLine(world.rank === 0, `${run.case} on ${counted(world.size, "rank")}`, run.logEvery),
  );
  mpi.finalize();
  if (world.rank !== 0) return;
  process.stdout.write(json ? jsonOf(report) : describe(report));
  await draw?.();
  if (draw && !json) process.stdout.write(`picture: ${run.plot}\n`);
}

/** What is asked for on the command line and in the file of `--config`, of which the former counts. @throws FileError, UsageError */
function filed(word: string, line: Options, command: Command) {
  const { config, restart } = line;
  const isSaid = (key: string) => command.getOptionValueSource(key) === "cli";
  if (config === undefined) return { name: word, options: line, isNamed: isSaid };
  if (restart !== undefined) {
    throw wrong('"--config"', `none with --restart, as "${restart}" has the options`, show(config), "Leave it out.");
  }
  const { case: named = word, ...found } = optionsIn(config, subject) as Partial<Options> & { readonly case?: string };
  const said = Object.fromEntries(Object.entries(line).filter(([key]) => isSaid(key)));
  // Of the whole shape and that of a block there is one.
  const { shape, localShape, ...rest } = found;
  const isShaped = isSaid("shape") || isSaid("localShape");
  const cells = isShaped ? {} : { ...(shape && { shape }), ...(localShape && { localShape }) };
  const isNamed = (key: string) => isSaid(key) || Object.hasOwn(found, key);
  return {
    name: command.args.length > 0 ? word : named,
    options: { ...line, ...cells, ...rest, ...said } as Options,
    isNamed,
  };
}

/** What was asked for on the command line, without what options are by default. */
function askedOf(options: Omit<Options, PlaceKey | "json" | "config">, name: string, command: Command): Partial<Run> {
  const asked = Object.entries(options).filter(([key]) => command.getOptionValueSource(key) === "cli");
  return { ...Object.fromEntries(asked), ...(command.args.length > 0 ? { case: name } : {}) };
}
