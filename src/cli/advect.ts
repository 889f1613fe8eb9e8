import type { Command } from "commander";
import { cases } from "../advection/cases/case.js";
import { haloNeeded } from "../advection/options.js";
import { wrong } from "../argument.js";
import { checkSplit, chooseSplit } from "../grid/decompose.js";
import { BACKENDS } from "../io/store.js";
import { mpi } from "../mpi/index.js";
import { detectJob } from "../mpi/library/launcher.js";
import { checkPicture } from "../plot/index.js";
import { launch, self } from "./launch.js";
import { choice, integer, integers, numbers } from "./options.js";
import { progressLine } from "./progress.js";
import { continuedRun } from "./run/config.js";
import { ranksText } from "./run/picture.js";
import { checkOutput, jsonOf, type Report, type Run, schemeOf, setupOf, simulate } from "./run/simulate.js";

interface Options extends Omit<Run, "case"> {
  readonly ranks?: number;
  readonly json?: boolean;
}

/** Adds the options that describe a run, which `advect` and `compare` share. */
export function addRunOptions(command: Command): Command {
  return addSchemeOptions(command)
    .option(
      "--shape <cells>",
      "cells along each axis, e.g. 256,256 (default: the case's)",
      integers("--shape", 1, "256,256"),
    )
    .option("--steps <n>", "time steps (default: the case's)", integer("--steps", 0))
    .option("--every <n>", "steps between frames in the file (default: first and last only)", integer("--every", 1))
    .option("--overwrite", "replace existing HDF5 files", false)
    .option(
      "--backend <name>",
      "how values get into the file: mpiio, posix, gather (default: what suits)",
      choice("--backend", BACKENDS),
    )
    .option("--json", "print one JSON document");
}

/** Adds the case and the options of its flow and scheme. */
export function addSchemeOptions(command: Command): Command {
  const names = Object.values(cases).map(({ name, about }) => `${name} (${about})`);
  return command
    .argument("[case]", names.join("; "), "gaussian")
    .option(
      "--courant <c>",
      "Courant number along each axis, e.g. 0.3,0.2 (cases of a uniform flow)",
      numbers("--courant"),
    )
    .option("--iterations <n>", "passes of MPDATA: 1 is donor cell", integer("--iterations", 1), 2)
    .option("--infinite-gauge", "linearise about an infinite background: sharper, psi of either sign")
    .option("--nonoscillatory", "limit the corrections: no new extremes")
    .option("--third-order", "add the third-order terms")
    .option("--divergent-flow", "add the terms for a flow with divergence")
    .option("--variable-sign", "use |psi| in the corrections: psi of either sign")
    .option(
      "--dtype <type>",
      "type of the field and of all arithmetic: f64 or f32",
      choice("--dtype", ["f64", "f32"]),
      "f64",
    );
}

/** `wasm-mpi advect` */
export function addAdvect(program: Command): void {
  addRunOptions(program.command("advect").description("Advect a field with MPDATA, on one rank or many."))
    .option(
      "--split <blocks>",
      "blocks along each axis, e.g. 2,1 (default: least surface)",
      integers("--split", 1, "2,1"),
    )
    .option("-n, --ranks <n>", "start that many ranks under the MPI launcher", integer("--ranks", 1))
    .option("--output <file>", "write snapshots to this HDF5 file")
    .option("--restart <file>", "continue the run of this HDF5 file; --steps is the total")
    .option("--plot <file>", "draw the first and last field, with the blocks of the ranks, to this PNG file")
    .action(async (name: string, options: Options, command: Command) => {
      const { ranks: asked, json, ...rest } = options;
      const job = detectJob();
      if (asked !== undefined && job && job.size !== asked) {
        throw wrong('"--ranks"', `${job.size}, the ranks of this job`, asked, "Leave it out under a launcher.");
      }
      const { restart } = options;
      const comm = job && restart !== undefined ? mpi.init() : undefined;
      const run: Run =
        restart === undefined ? { ...rest, case: name } : await continuedRun(restart, given(rest, name, command), comm);
      checkOutput(run);
      checkRun(run, job?.size ?? asked ?? 1);
      if (!job && run.plot !== undefined) checkPicture(run.plot);
      if (!job && (asked ?? 1) > 1) {
        process.exitCode = await relaunch(asked!);
        return;
      }
      const world = mpi.init();
      const report = await simulate(world, run, progressLine(world.rank === 0, run.case));
      mpi.finalize();
      if (world.rank === 0) process.stdout.write(json ? jsonOf(report) : describe(report));
    });
}

/** What was asked for on the command line, without what options are by default. */
function given(options: Omit<Options, "ranks" | "json">, name: string, command: Command): Partial<Run> {
  const own = Object.entries(options).filter(([key]) => command.getOptionValueSource(key) === "cli");
  return { ...Object.fromEntries(own), ...(command.args.length > 0 ? { case: name } : {}) };
}

/** Cells of a field of 1 GiB, the largest block of the heap. */
const mostCells = 2 ** 27;

/** Finds what is wrong with a run before any rank starts on it, so that it is said once. @throws UsageError */
export function checkRun(run: Run, ranks: number): void {
  const { setup } = setupOf(run);
  const cells = setup.shape.reduce((product, n) => product * n, 1) / ranks;
  if (cells >= mostCells) {
    throw wrong(
      '"--shape"',
      `fewer than ${mostCells} cells a rank (1 GiB)`,
      Math.ceil(cells),
      "Use more ranks or a smaller grid.",
    );
  }
  if (run.split) checkSplit(run.split, setup.shape, ranks, haloNeeded(schemeOf(run)));
  else chooseSplit(setup.shape, ranks, haloNeeded(schemeOf(run)));
}

/** Starts this very command as several ranks. */
async function relaunch(ranks: number): Promise<number> {
  const { code } = await launch(ranks, [self, ...process.argv.slice(2)], { stdout: "inherit", stderr: "inherit" });
  return code;
}

/** Statistics by name, in a line. */
function described(statistics: Readonly<Record<string, number>>): string {
  return Object.entries(statistics)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

/** A report for people. */
export function describe(report: Report): string {
  const { shape, ranks, split, options, steps, startStep, secondsPerStep, nsPerCellStep, exchangeShare } = report;
  const taken = steps - startStep;
  const counted = (n: number, one: string, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;
  const where = ranksText({ ranks, split });
  const { iterations, ...others } = options;
  const switches = Object.keys(others).filter((name) => others[name] === true);
  const type = options.dtype === undefined ? [] : [String(options.dtype)];
  const scheme = [`${counted(Number(iterations), "pass", "passes")} of MPDATA`, ...switches, ...type].join(", ");
  const share = (100 * exchangeShare).toFixed(0);
  const lines = [
    `${report.case}: ${shape.join(" x ")} cells, ${where}, ${scheme}`,
    `${counted(taken, "step")}${startStep > 0 ? ` from step ${startStep}` : ""} in ${(taken * secondsPerStep).toPrecision(3)} s, ${nsPerCellStep.toPrecision(3)} ns per cell and step, ${share} % of it exchanging halos or waiting`,
    ...Object.entries(report.fields).map(([name, { min, max, sum, digest }], _, all) => {
      return `${all.length > 1 ? `${name}: ` : ""}min ${min}, max ${max}, sum ${sum}, digest ${digest}`;
    }),
    ...(report.statistics ? [described(report.statistics)] : []),
    `MPI: ${report.mpi.version}`,
    ...(report.file ? [`file: ${report.file}`] : []),
    ...(report.plot ? [`picture: ${report.plot}`] : []),
  ];
  return `${lines.join("\n")}\n`;
}
