/** Starts this program, or one of the user's, as several ranks. */
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import {
  type Family,
  familyOf,
  type Launch,
  type Launcher,
  launchCommand,
  requireLauncher,
} from "../mpi/library/launcher.js";
import { loadLibrary } from "../mpi/library/library.js";
import { packageRoot } from "../package.js";

/** This command line program. */
export const self = join(packageRoot, "dist", "cli.js");

/** How a program ended. */
export interface Outcome {
  /** Exit code; 128 + the number of the signal for a program that was killed. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What becomes of a program's standard output and standard error. */
export interface Streams {
  readonly stdin?: "inherit" | "ignore";
  /** `capture` keeps the text for the outcome. */
  readonly stdout: "inherit" | "capture" | "stderr";
  readonly stderr: "inherit" | "capture";
  /** Milliseconds after which the command is ended; default: none. */
  readonly timeout?: number;
}

/** The launcher that belongs to the library in use. @throws LibraryError when there is none */
export function launcherFor(ranks: number): Launcher {
  return requireLauncher(ranks, askedFamily());
}

/** The family of the library that `WASM_MPI_LIBRARY` names, if it does. */
function askedFamily(): Family | undefined {
  const asked = process.env.WASM_MPI_LIBRARY;
  return asked && asked !== "solo" ? familyOf(loadLibrary(asked).abi.name) : undefined;
}

/**
 * Runs `node program...` on `ranks` ranks: under a launcher if there are several, else as it is.
 * @throws LibraryError when there is no launcher
 */
export function launch(ranks: number, program: readonly string[], streams: Streams): Promise<Outcome> {
  if (ranks === 1) return start({ command: process.execPath, args: program, env: process.env }, streams);
  return start(launchCommand(launcherFor(ranks), ranks, program), streams);
}

/** Runs a command to its end. */
export function start({ command, args, env }: Launch, streams: Streams): Promise<Outcome> {
  const stdout = streams.stdout === "capture" ? "pipe" : streams.stdout === "stderr" ? 2 : "inherit";
  const stderr = streams.stderr === "capture" ? "pipe" : "inherit";
  // A rank cannot see whether standard error is a terminal: between them is the launcher. It reads this variable.
  const progress = process.stderr.isTTY && stderr === "inherit" ? "1" : "0";
  // Under Open MPI ranks take standard output for a terminal, whatever it is.
  const plain = process.env.FORCE_COLOR === undefined && !(process.stdout.isTTY && stdout === "inherit");
  const child = spawn(command, args, {
    env: { ...env, WASM_MPI_PROGRESS: progress, ...(plain ? { NO_COLOR: "1" } : {}) },
    timeout: streams.timeout,
    stdio: [streams.stdin ?? "ignore", stdout, stderr],
  });
  return outcome(child);
}

function outcome(child: ChildProcess): Promise<Outcome> {
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
    });
  }
  // The terminal sends Ctrl-C to the launcher as well: wait for its end. Other signals reach this process alone, which
  // passes them on.
  const ignore = () => {};
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  process.on("SIGINT", ignore).on("SIGTERM", forward).on("SIGHUP", forward);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      process.off("SIGINT", ignore).off("SIGTERM", forward).off("SIGHUP", forward);
      resolve({ code: code ?? 128 + constants.signals[signal!], ...texts });
    });
  });
}
