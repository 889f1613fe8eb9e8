/** What the program `wasm-mpi` does with its arguments, and how it ends. */
import { type Command, CommanderError } from "commander";
import { nearest } from "../argument.js";
import { checkVariables } from "../environment.js";
import { CompileError, FileError, KernelError, LibraryError, UsageError } from "../errors.js";
import { detectJob } from "../mpi/library/launcher.js";
import { type CommandName, commandsWith, flagsOf, fullNameOf } from "./options/index.js";
import { table } from "./options/table.js";
import { commandsOf, programOf } from "./program.js";
import { Interrupted, isHeld, Stopped, stoppedText } from "./run/interruption.js";
import { limitWaiting } from "./run/timeout.js";
import { inOptions } from "./solve/words.js";
import { printable } from "./terminal.js";

/** Runs the command that the arguments of this process name. */
export async function main(): Promise<void> {
  const program = programOf();
  for (const command of commandsOf(program)) {
    // Help and errors are printed once for all ranks: help here, errors by `end`.
    command.exitOverride().configureOutput({
      writeOut: (text) => rank() === 0 && process.stdout.write(text),
      writeErr: () => {},
    });
  }
  // Before ranks are started, or this one joins its job.
  program.hook("preAction", (_, command) => limitWaiting(command.opts()));
  process.stdout.on("error", leave);
  // Nobody can be told.
  process.stderr.on("error", () => {});
  try {
    checkVariables();
    detectJob();
    checkDirectory();
    const words = wordsOf(program, process.argv.slice(2));
    if (words.length === 0) program.outputHelp();
    else await program.parseAsync(words, { from: "user" });
  } catch (error) {
    await end(program, error as Error);
  }
}

/** What ends the job, which most commands that fail have not begun. */
async function finalize(): Promise<void> {
  (await import("../mpi/index.js")).mpi.finalize();
}

let leaves = false;

/**
 * A reader that has seen enough (`| head`) is no error: what is still to be drawn is drawn, and the exit code is that of the command.
 * A device that is full is one.
 */
async function leave(error: NodeJS.ErrnoException): Promise<void> {
  if (leaves) return;
  leaves = true;
  if (error.code === "EPIPE") return;
  process.exitCode = 1;
  const got = `"${error.code ?? error.message}"`;
  process.stderr.write(`wasm-mpi: expected a standard output that takes the result, got ${got}. Make room there.\n`);
  await finalize();
  process.exit(1);
}

/**
 * Ends with one line for an error that is the same on all ranks. Any other error is thrown on: uncaught, it ends the
 * job and names the rank that failed.
 */
async function end(program: Command, error: Error): Promise<void> {
  const command = program.commands.find((known) => known.name() === (program.args[0] ?? process.argv[2]));
  const where = command ? `wasm-mpi ${command.name()}` : "wasm-mpi";
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return;
    fail(2, rank(), `${where}: ${reword(error, command?.name())} See ${where} --help.`);
  } else if (error instanceof UsageError) {
    fail(2, rank(), `${where}: ${inOptions(error.message)}`);
  } else if (error instanceof LibraryError || error instanceof FileError) {
    const { mpi } = await import("../mpi/index.js");
    // Before the job begins, a single node may lack the library or the file: the first rank of each node says it.
    fail(1, mpi.initialized ? rank() : rankOnNode(), `${where}: ${inFlags(error.message)}`);
  } else if (error instanceof Interrupted) {
    fail(error.code, rank(), `${where}: ${error.message}`);
  } else if (error instanceof Stopped) {
    // The command that had the run stopped has the exit code, and says the line where it is.
    if (!isHeld()) fail(error.code, rank(), `${where}: ${error.message}`);
    else if (rank() === 0) process.stdout.write(stoppedText(error.message, error.code));
  } else if (error instanceof CompileError) {
    // Texts of `solve` are options; elsewhere sources are files.
    const isText = command?.name() === "solve" || command?.name() === "compare";
    fail(isText ? 2 : 1, rank(), `${where}: ${inOptions(error.message)}`);
  } else if (error instanceof KernelError && !detectJob()) {
    fail(1, 0, `${where}: ${error.message}`);
  } else if (isForbidden(error)) {
    const flag = permissions[error.permission] ?? "the permission";
    const got = `none (${error.message.split(".")[0]})`;
    fail(1, rank(), `${where}: expected a permission of Node.js, got ${got}. Start node with ${flag}.`);
  } else throw error;
  await finalize();
}

/** What gives a process the permissions that Node.js calls so. */
const permissions: Readonly<Record<string, string>> = {
  ChildProcess: "--allow-child-process",
  WorkerThreads: "--allow-worker",
  FileSystemRead: "--allow-fs-read",
  FileSystemWrite: "--allow-fs-write",
};

/** Whether Node.js was started without the permission for a call: to start programs or threads, to read or write files. */
function isForbidden(error: Error): error is Error & { readonly permission: string } {
  return (error as NodeJS.ErrnoException).code === "ERR_ACCESS_DENIED";
}

/**
 * Rank 0 says what is wrong and leaves with the exit code, which is the job's. The other ranks leave with 0, because a
 * launcher ends the job at the first code that is not 0, at times before rank 0 has said anything.
 */
function fail(code: number, speaker: number, line: string): void {
  if (speaker !== 0) return;
  process.exitCode = code;
  process.stderr.write(`${printable(line)}\n`);
}

/** @throws FileError where the working directory was deleted */
function checkDirectory(): void {
  try {
    process.cwd();
  } catch (cause) {
    throw new FileError(
      "expected a working directory that exists, got one that was deleted. Change to another.",
      ".",
      cause,
    );
  }
}

/**
 * `help compare solve` as `compare solve --help`, because Commander looks at the first of these names alone.
 * @throws CommanderError for a word that is no command
 */
function wordsOf(program: Command, [first, ...rest]: readonly string[]): string[] {
  if (first !== "help") return first === undefined ? [] : [first, ...rest];
  const words = rest.filter((word) => !["-h", "--help", "help"].includes(word));
  let command = program;
  for (const word of words) {
    const found = command.commands.find((known) => known.name() === word);
    if (found) command = found;
    else if (word.startsWith("-")) throw new CommanderError(1, "commander.unknownOption", `unknown option '${word}'`);
    else {
      const near = nearest(
        word,
        command.commands.map((known) => known.name()),
      );
      const text = `unknown command '${word}'${near ? ` (Did you mean ${near}?)` : ""}`;
      throw new CommanderError(1, "commander.unknownCommand", text);
    }
  }
  return [...words, "--help"];
}

/** What to do instead of an option that a command has not. */
function insteadOf(flag: string, name: string | undefined): string {
  if (name === undefined || !(name in table)) return "";
  // What launchers and schedulers call the number of ranks.
  if (/^(--n|--?(np|nprocs|ntasks))$/.test(flag)) {
    const meant = commandsWith("-n").includes(name as CommandName) ? "-n" : fullNameOf("-n", name as CommandName);
    return meant ? ` Did you mean ${meant}?` : "";
  }
  const full = fullNameOf(flag, name as CommandName);
  const others = commandsWith(flag);
  const near = likeliest(flag, flagsOf(name as CommandName));
  if (!full && near && others.length === 0) return ` Did you mean ${near}?`;
  return full ? ` Did you mean ${full}?` : others.length > 0 ? ` It is one of ${others.join(", ")}.` : "";
}

/** The option that another one was most likely to be: as programs call it, this one or others, else by its letters. */
function likeliest(flag: string, flags: readonly string[]): string | undefined {
  const [name, ...names] = [flag, ...flags].map((text) => text.replace(/^--/, ""));
  const word = flag.startsWith("--") ? nearest(name!, names) : undefined;
  return word === undefined ? nearest(flag, flags) : `--${word}`;
}

/** What this command line calls what texts of the library name for programs. */
function inFlags(text: string): string {
  return text
    .replace(/pass \{[^}]*\} \((--[\w-]+[^)]*)\)/g, "add $1")
    .replace(/\b[A-Z]\w+\.\w+ \((--[\w-]+[^)]*)\)/g, "$1");
}

function rank(): number {
  try {
    return detectJob()?.rank ?? 0;
  } catch {
    return 0; // The variables are wrong, and every process says so.
  }
}

function rankOnNode(): number {
  const { OMPI_COMM_WORLD_LOCAL_RANK, MPI_LOCALRANKID, SLURM_LOCALID } = process.env;
  return rank() > 0 ? Number(OMPI_COMM_WORLD_LOCAL_RANK ?? MPI_LOCALRANKID ?? SLURM_LOCALID ?? rank()) || 0 : 0;
}

/** Commander's text in the grammar of this package's errors. */
function reword(error: CommanderError, command: string | undefined): string {
  const text = error.message
    .replace(/^error: /, "")
    .replace(/\s*\n\s*/g, " ")
    .trim();
  const unknown = /^unknown (option|command) '(.*?)'(?: \(Did you mean (.+)\?\))?$/.exec(text);
  if (unknown) {
    const [, kind, word, near] = unknown;
    // Commander compares letters alone.
    const instead = insteadOf(word!, command) || (near ? ` Did you mean ${near}?` : "");
    return `expected a known ${kind}, got ${word || '""'}.${instead}`;
  }
  const empty = /^option '(?:-\w, )?(--[\w-]+) <.+>' argument missing|^missing required argument '(\w+)'/.exec(text);
  if (empty) return `"${empty[1] ?? empty[2]}" expected a value, got none.`;
  const many = /^too many arguments for '\w+'\. Expected (\d+) arguments? but got (\d+)/.exec(text);
  if (many) return `expected at most ${many[1]} ${many[1] === "1" ? "argument" : "arguments"}, got ${many[2]}.`;
  return `${text.charAt(0).toLowerCase()}${text.slice(1).replace(/\.?$/, ".")}`;
}
