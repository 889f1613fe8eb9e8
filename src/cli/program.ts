/** The whole command line: every command with its options and its help. What a command does is loaded when it is called. */
import { Argument, Command, Help, Option } from "commander";
import { cases } from "../advection/cases/case.js";
import { packageVersion } from "../package.js";
import { endingOf } from "./manual/help.js";
import { shellOf } from "./manual/shell.js";
import { whatOf, withoutCopy } from "./options/bench.js";
import { addOptions } from "./options/index.js";
import { fileArgument, folderArgument } from "./options/kind.js";

const caseNames = Object.values(cases).map((known) => `${known.name} (${known.about})`);
const aboutCase = ["[case]", caseNames.join("; "), "gaussian"] as const;
const aboutEquations = ["[equations...]", 'one text an unknown, "c = laplace(c)", or a name, cahn-hilliard'] as const;

/** All commands, as parts of one. */
export function programOf(): Command {
  const program = new Command("wasm-mpi")
    .description("MPI on the memory of WebAssembly kernels, and distributed MPDATA advection.")
    .version(packageVersion())
    .configureHelp({ optionDescription: describe })
    .enablePositionalOptions()
    .showSuggestionAfterError();
  addOptions(program.command("advect"), "advect")
    .description("Advect a field with MPDATA, on one rank or many.")
    .argument(...aboutCase)
    .action(async (name, options, command) => (await import("./commands.js")).advect(name, options, command));
  const compare = addOptions(program.command("compare"), "compare")
    .description("Run the same case on several rank counts and compare all bits, or those of two files.")
    .argument(...aboutCase)
    .argument("[file]", "with a file in place of the case: the file to compare it with")
    .action(async (name, file, options, command) =>
      (await import("./commands.js")).compare(name, file, options, command),
    );
  addOptions(program.command("solve"), "solve")
    .description("Solve equations that are given as text, on one rank or many.")
    .argument(...aboutEquations)
    .action(async (texts, options, command) => (await import("./commands.js")).solve(texts, options, command));
  addOptions(program.command("converge"), "converge")
    .description("Run a case on several shapes and measure how fast its error falls.")
    .argument(...aboutCase)
    .action(async (name, options, command) => (await import("./commands.js")).converge(name, options, command));
  addOptions(program.command("view"), "view")
    .description("List the frames of an HDF5 file, and draw some of them.")
    .argument("<file>", "a file that wasm-mpi wrote", fileArgument)
    .action(async (path, options) => (await import("./view/index.js")).view(path, options));
  addOptions(program.command("bench").addOption(new Option(withoutCopy).hideHelp()), "bench")
    .description(
      "Time messages, reductions, files, equations and advection, beside C, mpi4py, Numba, h5py and py-pde where they are.",
    )
    .argument(
      "<what>",
      "pingpong (half round trip), ring (one hop), allreduce (sum), pi (integral and sum of one number), imb (calls in compiled code), halo (an exchange of halos), io (a frame of a file), output (a run that writes frames), pde (a step of equations), advection (a step of MPDATA), hpcg (an iteration of conjugate gradients), scaling (a step of MPDATA on more and more cores)",
      whatOf,
    )
    .action(async (what, options) => (await import("./bench.js")).bench(what, options));
  addOptions(program.command("run"), "run")
    .description("Run a JavaScript program on several ranks; a rank that fails ends the job.")
    .argument("<file>", "the program; it calls mpi.init()", fileArgument)
    .argument("[args...]", "its arguments")
    .passThroughOptions()
    .action(async (file, args, options) => (await import("./run.js")).run(file, args, options));
  addOptions(program.command("build"), "build")
    .description("Compile AssemblyScript with MPI to a file for loadModule().")
    .argument("<file>", "the source, a .ts file; it may import others in its folder", fileArgument)
    .action(async (file, options) => (await import("./build.js")).build(file, options));
  addOptions(program.command("demo"), "demo")
    .description("Show what this is: a case on 1, 2 and 3 ranks, its bits compared, with files, a picture and a page.")
    .action(async (options, command) => (await import("./commands.js")).demo(options, command));
  addOptions(program.command("init"), "init")
    .description("Make a small project: a solver that runs, and a test that compares 1 and 3 ranks.")
    .argument("<folder>", "a folder that is new or empty", folderArgument)
    .action(async (folder, options) => (await import("./init.js")).init(folder, options));
  addOptions(program.command("doctor"), "doctor")
    .description("Say what is installed and whether it works: what a bug report needs.")
    .action(async (options) => (await import("./commands.js")).doctor(options));
  program
    .command("completion")
    .description("Print a script by which a shell completes commands, options and their values.")
    .addArgument(new Argument("<shell>", "bash, zsh or fish").argParser(shellOf))
    .action(async (shell) => (await import("./manual/completion.js")).completion(shell, program));
  addOptions(compare.command("solve"), "compare solve")
    .description("Solve equations on several rank counts and compare all bits.")
    .argument(...aboutEquations)
    .action(async (texts, options, command) => (await import("./commands.js")).compareSolve(texts, options, command));
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
