/**
 * The command line in a process that runs one command after another. Most of a short command is what a process does before
 * it: a sixth of `npm test` went into that. The README's commands, those in another environment, and all of the full tests
 * run in processes of their own.
 */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";

/** What a command printed, and its exit code; `thrown` is what it did not catch. */
export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly thrown?: string;
}

/** Commands that a process runs before another takes its place: what they leave behind is freed. */
export const most = 40;

/** Commands that look at the machine, or that start programs that are to find a new process. */
const started = /^(doctor|bench|run)$/;

export class CommandServer {
  readonly #folder: string;
  #child: ChildProcess | undefined;
  #count = 0;
  /** When the last command is done. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @param folder - that of the package */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Whether a command can be run here; one that is refused can be any. */
  takes(args: readonly string[], isRefused: boolean): boolean {
    return args.length > 0 && (isRefused || !started.test(args[0]!));
  }

  /** Runs a command when those before it are done, or rejects when the process ends or takes too long, which ends it. */
  run(args: readonly string[], env: NodeJS.ProcessEnv, cwd: string, timeoutMs: number): Promise<Answer> {
    const answer = this.#turn.then(() => this.#runNow(args, env, cwd, timeoutMs));
    this.#turn = answer.catch(() => {});
    return answer;
  }

  #runNow(args: readonly string[], env: NodeJS.ProcessEnv, cwd: string, timeoutMs: number): Promise<Answer> {
    // A process that has ended takes no message.
    if (!this.#child?.connected || this.#count % most === 0) this.#renew(env);
    this.#count++;
    const child = this.#child!;
    return new Promise((resolve, reject) => {
      const finish = () => {
        clearTimeout(timer);
        child.off("message", answered).off("exit", failed);
      };
      const answered = (answer: unknown) => {
        finish();
        resolve(answer as Answer);
      };
      const failed = (code: number | null, signal: NodeJS.Signals | null) => {
        finish();
        reject(new Error(`the process of commands ended with ${signal ?? `exit code ${code}`}: ${args.join(" ")}`));
      };
      const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
      child.on("message", answered).on("exit", failed).send({ args, cwd });
    });
  }

  #renew(env: NodeJS.ProcessEnv): void {
    if (this.#child?.connected) this.#child.disconnect();
    this.#count = 0;
    const program = join(this.#folder, "test", "harness", "commands.mjs");
    // What is printed without the streams of the process, warnings above all, is nobody's.
    const child = fork(program, { env, execArgv: [], stdio: ["ignore", "ignore", "ignore", "ipc"] });
    // The tests end without waiting for it.
    child.unref();
    child.channel?.unref();
    this.#child = child;
  }
}
