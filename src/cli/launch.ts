/** Starts this program, or one of the user's, as several ranks. */
import type { ChildProcess, SpawnOptions } from "node:child_process";
import { constants, totalmem } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { wrong } from "../argument.js";
import { LibraryError } from "../errors.js";
import { type Family, familyOf } from "../mpi/library/abi.js";
import { type Launch, type Launcher, launchCommand, requireLauncher } from "../mpi/library/launcher.js";
import { loadLibrary } from "../mpi/library/library.js";
import type { Placement } from "../mpi/library/placement.js";
import { ending, exitCode } from "../mpi/library/watch/ending.js";
import { builtin, packageRoot } from "../package.js";
import { progressVariable } from "./progress.js";
import { type Ending, type Guard, guard } from "./run/guard.js";
import { heldInput, Interrupted } from "./run/interruption.js";

/** This command line program. */
export const self = join(packageRoot, "dist", "cli.js");

/** How a program ended. */
export interface Outcome {
  /** Exit code; 128 + the number of the signal for a program that was killed, or that was told to end by this process. */
  readonly code: number;
  /** The signal that this process got, and on which it had the program end. */
  readonly signal: Ending | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Of a launcher that is quiet: the end of what came through its standard error, which was passed on. */
  readonly heard?: string;
}

/** How a program ended. @throws Interrupted where it was made to by this process, which was told to end */
export function uninterrupted(outcome: Outcome): Outcome {
  if (outcome.signal) throw new Interrupted(outcome);
  return outcome;
}

/** What becomes of a program's standard output and standard error. */
export interface Streams {
  /** `held` brings the program signals, see {@link heldInput}. Default: `ignore`. */
  readonly stdin?: "inherit" | "ignore" | "held";
  /** `capture` keeps the text for the outcome. */
  readonly stdout: "inherit" | "capture" | "stderr";
  readonly stderr: "inherit" | "capture";
  /** Milliseconds after which the command is ended; default: none. */
  readonly timeout?: number;
  /** Ends the command early. */
  readonly stop?: AbortSignal;
  /** The command is a launcher, which ends soon after its ranks have said that they end the job, or is ended. */
  readonly isLauncher?: boolean;
  /** The launcher says nothing where ranks do not begin: its standard error goes through this process, which then can. */
  readonly isQuiet?: boolean;
  /** What the run is called where its progress is told; default: its case. */
  readonly title?: string;
}

/** Memory that a rank takes at least: Node.js and the MPI library. */
const rankByteLength = 64 * 2 ** 20;

/**
 * The launcher that belongs to the library in use.
 * @throws UsageError when this machine has no memory for its ranks, LibraryError when there is no launcher
 */
export function launcherFor(ranks: number, { hosts }: Placement = {}): Launcher {
  const most = Math.floor(totalmem() / rankByteLength);
  if (!hosts && ranks > most) {
    const expected = `at most ${most} ranks, which this machine has the memory for (64 MiB each)`;
    throw wrong('"--ranks"', expected, ranks, "Start fewer.");
  }
  return requireLauncher(ranks, askedFamily());
}

/** The family of the library that `WASM_MPI_LIBRARY` names, if it does. */
function askedFamily(): Family | undefined {
  const asked = process.env.WASM_MPI_LIBRARY;
  return asked && asked !== "solo" ? familyOf(loadLibrary(asked).abi.name) : undefined;
}

/** Whether ranks need a launcher: several, or one at a place that is asked for. */
export function needsLauncher(ranks: number, { hosts, bind }: Placement = {}): boolean {
  return ranks > 1 || hosts !== undefined || bind === "core";
}

/**
 * Runs `node program...` on `ranks` ranks: under a launcher if they need one, else as it is.
 * @throws LibraryError when there is no launcher, UsageError for places that it cannot give
 */
export function launch(
  ranks: number,
  program: readonly string[],
  streams: Streams,
  placement?: Placement,
): Promise<Outcome> {
  if (!needsLauncher(ranks, placement)) {
    return start({ command: process.execPath, args: program, env: process.env }, streams);
  }
  const command = launchCommand(launcherFor(ranks, placement), ranks, program, placement);
  const isQuiet = placement?.hosts === undefined && placement?.bind !== "core";
  return start(command, { ...streams, isLauncher: true, isQuiet });
}

/** A line of this program: of the command, or of a rank. */
const ours = /\bwasm-mpi(?: \w+)?: /;

/** What launchers, and libraries that do not begin, say: seldom what a user may do. */
const foreign = /ORTE_ERROR_LOG|PMIx|PMIX ERROR|^\S*mpiexec: Error|^\[mpiexec@|Fatal error in \w*Init/m;

/**
 * What to say of a job that has failed where its ranks can have said nothing: their library did not begin, or the launcher.
 * Ranks of this program always tell why they fail.
 */
function unbegun(ranks: number, { code, heard }: Outcome): string | undefined {
  if (code === 0 || heard === undefined || ours.test(heard)) return undefined;
  const { path } = launcherFor(ranks);
  const expected = `${ranks === 1 ? "1 rank" : `${ranks} ranks`} to begin under ${path}`;
  return `launch: expected ${expected}, got exit code ${code}. wasm-mpi doctor tells why.`;
}

/**
 * The same of a program of the user's, which may have meant to fail without a word: whether ranks begin here is tried.
 * @throws Interrupted
 */
export async function unbegunProgram(ranks: number, outcome: Outcome): Promise<string | undefined> {
  const { heard, signal } = outcome;
  if (signal || (heard && !foreign.test(heard))) return undefined;
  const line = unbegun(ranks, outcome);
  if (line === undefined) return undefined;
  const { code } = await tryRanks(launcherFor(ranks), ranks);
  return code === 0 ? undefined : line;
}

/** Milliseconds that a job which only says what its library is may take to start and end. */
export const trialTime = 30_000;

/** Starts ranks that say what their library is, and end. @param variables of theirs, besides those of the launcher @throws Interrupted */
export async function tryRanks(launcher: Launcher, ranks: number, variables: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const { env, ...command } = launchCommand(launcher, ranks, [self, "doctor", "--json"]);
  const streams: Streams = { stdout: "capture", stderr: "capture", timeout: trialTime };
  return uninterrupted(await start({ ...command, env: { ...env, ...variables } }, streams));
}

/** What became of a run: its result, or why there is none. */
export interface RunOutcome {
  readonly code: number;
  /** What it printed on standard output. */
  readonly result?: string;
  /** Why there is no result, unless the ranks have said it on standard error. */
  readonly line?: string;
}

/**
 * Does a run of this program on `ranks` ranks. **Local.**
 * @throws LibraryError when there is no launcher
 */
export async function launchRun(
  ranks: number,
  program: readonly string[],
  { title, placement }: { readonly title?: string; readonly placement?: Placement } = {},
): Promise<RunOutcome> {
  const streams: Streams = {
    stdin: "held",
    stdout: "capture",
    stderr: "inherit",
    ...(title === undefined ? {} : { title }),
  };
  const outcome = await launch(ranks, program, streams, placement);
  const { code, signal, stdout } = outcome;
  const told = /^\{"stopped":.*\}$/m.exec(stdout);
  if (told) {
    const { stopped: line, code: asked } = JSON.parse(told[0]) as { stopped: string; code: number };
    return { code: signal ? code : asked, line };
  }
  // A run that had its result before it heard of a signal was not ended by the signal.
  const isResult = stdout !== "" && !/^= +BAD TERMINATION OF/m.test(stdout); // What MPICH's launcher says among the results.
  if (isResult && (code === 0 || signal)) return { code: 0, result: stdout };
  if (signal) return { code, line: `stopped by ${signal}` };
  // At times MPICH's launcher leaves with 0 on a signal.
  if (code === 0) return { code: 128 + constants.signals.SIGTERM, line: "the launcher ended before the run did" };
  // MPICH's launcher leaves with the number of the signal that ended a rank, and says it there.
  const number = code > 128 ? code - 128 : Number(/\(signal (\d+)\)/.exec(stdout)?.[1] ?? 0);
  const name = signalName(number);
  // Codes of an MPICH that does not begin look like those of signals.
  if (name && !foreign.test(outcome.heard ?? "")) return { code: 128 + number, line: `the job was ended by ${name}` };
  process.stderr.write(stdout);
  const line = unbegun(ranks, outcome);
  return { code, ...(line === undefined ? {} : { line }) };
}

/** `SIGKILL` of 9; nothing for what is the number of no signal. */
export function signalName(number: number): string | undefined {
  return Object.entries(constants.signals).find((entry) => entry[1] === number)?.[0];
}

/** Starts this very command as ranks under a launcher. @param command its name */
export async function relaunch(ranks: number, command: string, placement: Placement): Promise<void> {
  const { code, result, line } = await launchRun(ranks, [self, ...process.argv.slice(2)], { placement });
  process.exitCode = code;
  if (result) process.stdout.write(result);
  if (line) process.stderr.write(`wasm-mpi ${command}: ${line}\n`);
}

/** Runs a command to its end. */
export function start({ command, args, env: basic, forwarded }: Launch, streams: Streams): Promise<Outcome> {
  const { FORCE_COLOR, WASM_MPI_TIMEOUT } = process.env;
  const mayEnd = streams.isLauncher === true && WASM_MPI_TIMEOUT !== undefined;
  const isHeard = mayEnd || streams.isQuiet === true;
  const stdout = streams.stdout === "capture" || mayEnd ? "pipe" : streams.stdout === "stderr" ? 2 : "inherit";
  const stderr = streams.stderr === "capture" || isHeard ? "pipe" : "inherit";
  // A rank cannot see whether standard error is a terminal: between them is the launcher. It reads this variable.
  const progress = progressVariable(process.stderr.isTTY === true && streams.stderr === "inherit", streams.title);
  // Under Open MPI ranks take standard output for a terminal, whatever it is.
  const plain = FORCE_COLOR === undefined && !(process.stdout.isTTY && streams.stdout === "inherit");
  const { stdin = "ignore" } = streams;
  const env: NodeJS.ProcessEnv = {
    ...basic,
    WASM_MPI_PROGRESS: progress,
    ...(plain ? { NO_COLOR: "1" } : {}),
    ...(stdin === "held" ? { [heldInput]: "stdin" } : {}),
  };
  const names = forwarded ? Object.keys(env).filter((name) => forwarded.test(name)) : [];
  const words = [...names.flatMap((name) => ["-x", name]), ...args];
  const options: SpawnOptions = {
    env,
    timeout: streams.timeout,
    // In a group of its own, which a terminal sends no signals: this process passes them on.
    detached: process.platform !== "win32",
    stdio: [stdin === "held" ? "pipe" : stdin, stdout, stderr],
  };
  const started = guard(
    () => builtin("child_process").spawn(command, words, options),
    stdin === "held" ? "line" : "signal",
    streams.stop,
  );
  return outcome(command, started, isHeard ? streams : undefined);
}

/** Characters of a launcher's standard error that are kept, and of its last line: that of a progress bar never ends. */
const heardLength = { all: 65_536, line: 1024 };

/** @param heard what becomes of the streams of a launcher that is heard */
function outcome(command: string, { child, end, release }: Guard, heard?: Streams): Promise<Outcome> {
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    const what = heard?.[name] ?? "capture";
    if (what !== "capture") pass(child[name], what === "stderr" ? process.stderr : process[name]);
    else {
      child[name]?.setEncoding("utf8").on("data", (text: string) => {
        texts[name] += text;
      });
    }
  }
  const ear = heard ? new Ear(child, end) : undefined;
  let last = "";
  if (heard?.isQuiet) {
    child.stderr?.on("data", (text: Buffer | string) => {
      last += text;
      // Not with each piece, of which there may be many.
      if (last.length > 2 * heardLength.all) last = last.slice(-heardLength.all);
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", (error) => {
      release();
      const text = `launch: expected ${command} to start, got "${(error as NodeJS.ErrnoException).code}". Start fewer ranks, or name another launcher in WASM_MPI_LAUNCHER.`;
      reject(new LibraryError(text, { cause: error }));
    });
    child.on("close", (left, killed) => {
      ear?.release();
      const signal = release();
      const ending = signal ?? killed;
      const ended = ending ? 128 + constants.signals[ending] : left!;
      const told = ear?.isOver ? exitCode : ear?.isLost ? 1 : ended;
      const code = signal ? ended : told;
      resolve({ code, signal, ...texts, ...(heard?.isQuiet ? { heard: last } : {}) });
    });
  });
}

/**
 * Passes on what comes through a stream; where that takes no more (a full disk, a reader that has left), the stream is still read:
 * a launcher that cannot write waits for ever, and hears no signal.
 */
function pass(from: Readable | null, to: NodeJS.WriteStream): void {
  let takes = true;
  const leave = () => {
    takes = false;
    from?.resume();
  };
  to.once("error", leave);
  from?.on("data", (text: Buffer) => {
    if (!takes || to.write(text)) return;
    from.pause();
    to.once("drain", () => from.resume());
  });
  from?.once("close", () => to.off("error", leave));
}

/**
 * Seconds in which a launcher ends whose ranks have ended the job, and then lets go of its pipes. Open MPI's waits for hosts
 * that do not answer until the system gives up the connection, after some 15 minutes.
 */
const patience = { end: 5, pipes: 0.5 };

const lost = /Local abort before MPI_INIT completed/;

/** Hears ranks say that they end the job, and has the launcher end where it does not do so by itself. */
class Ear {
  isOver = false;
  /** A rank of Open MPI has ended before the library began, and could tell nobody: the launcher may wait for it for ever. */
  isLost = false;
  #last = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(child: ChildProcess, end: () => void) {
    child.stderr?.on("data", (text: Buffer | string) => {
      this.#last += text;
      if (!this.isOver && !this.isLost) {
        this.isOver = ending.test(this.#last);
        this.isLost = lost.test(this.#last);
        if (this.isOver || this.isLost) this.#timer = setTimeout(end, 1e3 * patience.end);
      }
      this.#last = this.#last.slice(this.#last.lastIndexOf("\n") + 1).slice(-heardLength.line);
    });
    child.on("exit", () => {
      if (!this.isOver && !this.isLost) return;
      this.release();
      // What it has reached hosts by may go on without it.
      this.#timer = setTimeout(() => {
        for (const stream of [child.stdout, child.stderr]) stream?.destroy();
      }, 1e3 * patience.pipes);
    });
  }

  release(): void {
    clearTimeout(this.#timer);
  }
}
