/** Starts programs for tests and waits for their end. Those of ranks under a launcher are started by `launch.ts`. */
import { type ChildProcess, spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isFull } from "./effort.js";
import { type Answer, CommandServer } from "./server.js";

/** The folder of the package. */
export const root: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** How a program ended. */
export interface Result {
  /** The exit code, `null` when a signal ended the program. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
  /** When it ended, as `Date.now()`. */
  readonly ended: number;
  /** Command, ending and all output, as the message of an expectation. */
  readonly transcript: string;
}

export interface RunOptions {
  /** Variables to set, or with `undefined` to remove. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default 30 s. After it the program is killed and the test fails with the output so far. */
  readonly timeoutMs?: number;
  /** Default: the folder of the package. */
  readonly cwd?: string;
}

/** Runs `node args...`. Rejects when the program takes too long. */
export function runNode(args: readonly string[], options: RunOptions = {}): Promise<Result> {
  return runCommand(process.execPath, args, process.env, options);
}

const server = new CommandServer(root);

/** Whether a command is to have a process of its own, and whether it is refused before it starts anything. */
interface Sharing {
  readonly isApart?: boolean;
  readonly isRefused?: boolean;
}

/**
 * Runs `wasm-mpi args...`, as built: in a process that has run others before, where the environment is that of the tests
 * and `isApart` does not ask for a process of its own.
 */
export function wasmMpi(
  args: readonly string[],
  { isApart = false, isRefused = false, ...options }: RunOptions & Sharing = {},
): Promise<Result> {
  const isSurrounding = Object.entries(options.env ?? {}).every(([name, value]) => process.env[name] === value);
  if (isFull || isApart || !isSurrounding || !server.takes(args, isRefused)) {
    return runNode([join(root, "dist", "cli.js"), ...args], options);
  }
  return runShared(args, options);
}

async function runShared(args: readonly string[], options: RunOptions): Promise<Result> {
  const { timeoutMs = 30_000, cwd = root } = options;
  const begin = Date.now();
  const answer = await server.run(args, environmentOf(process.env, {}), cwd, timeoutMs);
  return resultOf(answer, ["wasm-mpi", ...args], begin);
}

/** What a command did in a process that others share, which began at a time and has just answered. */
export function resultOf(answer: Answer, words: readonly string[], begin: number): Result {
  const ended = Date.now();
  const { stdout, thrown } = answer;
  const code = thrown === undefined ? answer.code : 1;
  const stderr = answer.stderr + (thrown ?? "");
  const transcript = transcriptOf(`exit code ${code}`, words, stdout, stderr);
  return { code, signal: null, stdout, stderr, seconds: (ended - begin) / 1e3, ended, transcript };
}

function transcriptOf(end: string, words: readonly string[], stdout: string, stderr: string): string {
  return `${end}: ${words.join(" ")}\n--- standard output\n${stdout}\n--- standard error\n${stderr}`;
}

/** The environment of what tests start. */
export function environmentOf(base: NodeJS.ProcessEnv, options: RunOptions = {}): NodeJS.ProcessEnv {
  const env = { ...base };
  for (const name of cleared) delete env[name];
  for (const [name, value] of Object.entries(options.env ?? {})) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
  return env;
}

/** Programs of ours that still run; a test run that is interrupted takes them along. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) signalGroup(child, "SIGKILL");
});

/** Variables of the person or the runner that would change what the programs do. */
const cleared = ["WASM_MPI_LIBRARY", "WASM_MPI_LEAKS", "WASM_MPI_DEBUG", "NODE_OPTIONS", "FORCE_COLOR", "VITEST"];

/** Runs a command. Rejects when it takes too long. */
export function runCommand(
  command: string,
  args: readonly string[],
  base: NodeJS.ProcessEnv,
  options: RunOptions,
): Promise<Result> {
  const { timeoutMs = 30_000, cwd = root } = options;
  const env = environmentOf(base, options);
  const begin = Date.now();
  return new Promise((resolve, reject) => {
    // In a process group of its own, so that the launcher and its helpers can be ended together.
    const detached = process.platform !== "win32";
    const child = spawn(command, args, { cwd, env, detached, stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const transcript = (end: string) => transcriptOf(end, [command, ...args], stdout, stderr);
    const timers = [
      // First the signal that launchers pass on to their ranks, which may be in groups of their own.
      setTimeout(() => signalGroup(child, "SIGTERM"), timeoutMs),
      setTimeout(() => signalGroup(child, "SIGKILL"), timeoutMs + 3000),
      // A process that escaped may hold the pipes open for ever.
      setTimeout(() => child.emit("close", null, "SIGKILL"), timeoutMs + 4000),
    ];
    const stop = () => {
      for (const timer of timers) clearTimeout(timer);
      running.delete(child);
    };
    child.on("error", (error) => {
      stop();
      reject(error);
    });
    child.on("close", (code, signal) => {
      stop();
      const ended = Date.now();
      const seconds = (ended - begin) / 1e3;
      if (ended - begin >= timeoutMs) reject(new Error(transcript(`killed after ${seconds} s`)));
      else {
        const told = transcript(signal ?? `exit code ${code}`);
        resolve({ code, signal, stdout, stderr, seconds, ended, transcript: told });
      }
    });
  });
}

/** Sends a signal to a program and all that it has started. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (process.platform === "win32" || child.pid === undefined) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // It has ended by itself.
  }
}
