import { Command, CommanderError } from "commander";
import { FileError, LibraryError, UsageError } from "../errors.js";
import { mpi } from "../mpi/index.js";
import { detectJob } from "../mpi/launcher.js";
import { packageVersion } from "../package.js";
import { addAdvect } from "./advect.js";
import { addCompare } from "./compare.js";
import { addDoctor } from "./doctor.js";
import { addRun } from "./run.js";

const program = new Command("wasm-mpi")
  .description("MPI inside compiled WebAssembly kernels, and distributed MPDATA advection.")
  .version(packageVersion())
  .enablePositionalOptions()
  .showSuggestionAfterError();

for (const add of [addAdvect, addCompare, addRun, addDoctor]) add(program);
for (const command of [program, ...program.commands]) {
  // Help goes to standard output as always; what is wrong is said below, once for all ranks.
  command.exitOverride().configureOutput({ writeErr: () => {} });
  command.addHelpText("after", "\nAlso works under a launcher: mpiexec -n 3 npx wasm-mpi ...");
}

// A reader that has seen enough (`| head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  mpi.finalize();
  process.exit(0);
});

try {
  if (process.argv.length === 2) program.outputHelp();
  else await program.parseAsync();
} catch (error) {
  end(error as Error);
}

/**
 * Ends with one line for an error that is the same on all ranks. Anything else is left to the rank that failed, whose
 * end is the end of the job.
 */
function end(error: Error): void {
  const command = program.commands.find((one) => one.name() === program.args[0]);
  const where = command ? `wasm-mpi ${command.name()}` : "wasm-mpi";
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
    if (error.exitCode !== 0) say(`${where}: ${reword(error)} See ${where} --help.`);
  } else if (error instanceof UsageError || error instanceof LibraryError || error instanceof FileError) {
    process.exitCode = error instanceof UsageError ? 2 : 1;
    say(`${where}: ${error.message}`);
  } else throw error;
  mpi.finalize();
}

/** Writes a line to standard error, from one rank. */
function say(line: string): void {
  if ((detectJob()?.rank ?? 0) === 0) process.stderr.write(`${line}\n`);
}

/** Commander's text in the grammar of this package's errors. */
function reword(error: CommanderError): string {
  const text = error.message
    .replace(/^error: /, "")
    .replace(/\s*\n\s*/g, " ")
    .trim();
  const unknown = /^unknown (option|command) '([^']+)'(?: \(Did you mean (.+)\?\))?/.exec(text);
  if (unknown)
    return `expected a known ${unknown[1]}, got ${unknown[2]}.${unknown[3] ? ` Did you mean ${unknown[3]}?` : ""}`;
  return `${text.charAt(0).toLowerCase()}${text.slice(1).replace(/\.?$/, ".")}`;
}
