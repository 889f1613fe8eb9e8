/** The whole command line: every command with its options and its help. */
import { Command, Help, type Option } from "commander";
import { packageVersion } from "../package.js";
import { addAdvect } from "./advect.js";
import { addBench } from "./bench.js";
import { addBuild } from "./build.js";
import { addCompare } from "./compare.js";
import { addConverge } from "./converge.js";
import { addDemo } from "./demo.js";
import { addDoctor } from "./doctor.js";
import { addInit } from "./init.js";
import { addCompletion } from "./manual/completion.js";
import { endingOf } from "./manual/help.js";
import { addRun } from "./run.js";
import { addCompareSolve } from "./solve/compare.js";
import { addSolve } from "./solve/index.js";
import { addView } from "./view/index.js";

/** All commands, as parts of one. */
export function programOf(): Command {
  const program = new Command("wasm-mpi")
    .description("MPI on the memory of WebAssembly kernels, and distributed MPDATA advection.")
    .version(packageVersion())
    .configureHelp({ optionDescription: describe })
    .enablePositionalOptions()
    .showSuggestionAfterError();
  for (const add of [
    addAdvect,
    addCompare,
    addSolve,
    addConverge,
    addView,
    addBench,
    addRun,
    addBuild,
    addDemo,
    addInit,
    addDoctor,
  ])
    add(program);
  addCompletion(program);
  addCompareSolve(program);
  for (const command of commandsOf(program)) command.addHelpText("after", () => endingOf(nameOf(command)));
  return program;
}

const help = new Help();

/** What the help says of an option: nothing of a default that is no value, as of a list that is empty or a switch that is off. */
function describe(option: Option): string {
  const { defaultValue: usual, description } = option;
  const isNone = usual === false || (Array.isArray(usual) && usual.length === 0);
  return isNone ? description : help.optionDescription(option);
}

/** The program itself, its commands, and theirs. */
export function commandsOf(program: Command): Command[] {
  return [program, ...program.commands, ...program.commands.flatMap((each) => each.commands)];
}

/** `compare solve`; nothing for the program itself. */
export function nameOf(command: Command): string {
  const { parent } = command;
  return parent === null ? "" : `${nameOf(parent)} ${command.name()}`.trim();
}
