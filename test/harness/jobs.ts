/**
 * Jobs of ranks that run one command after another, as `server.ts` has a process for them: a short command on three ranks
 * takes a second of a processor, of which the start of the launcher and of the ranks is nine tenths.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { on } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Launch, type Launcher, launchCommand } from "../../src/mpi/library/launcher.js";
import { environmentOf, root, signalGroup } from "./process.js";
import { type Answer, most } from "./server.js";

/** A command of the command line, or with `program` one of `node program`. */
export interface Task {
  readonly cwd: string;
  readonly program?: string;
  readonly args: readonly string[];
}

/** How a rank is told what to do, and what it says line by line. */
interface Rank {
  readonly socket: Socket;
  readonly lines: AsyncIterator<string>;
}

/** The connections of a job, by rank. */
async function ranksOf(server: Server, count: number): Promise<Rank[]> {
  const ranks: Rank[] = [];
  let missing = count;
  for await (const [socket] of on(server, "connection") as AsyncIterable<[Socket]>) {
    const lines = createInterface({ input: socket.unref() })[Symbol.asyncIterator]();
    const { rank } = JSON.parse((await lines.next()).value!) as { rank: number };
    ranks[rank] = { socket, lines };
    if (--missing === 0) break;
  }
  server.close();
  return ranks;
}

async function answerOf({ lines }: Rank): Promise<Answer> {
  const { value } = await lines.next();
  if (value === undefined) throw new Error("a rank has ended");
  const answer = JSON.parse(value) as Answer;
  if (answer.thrown !== undefined) throw new Error(answer.thrown);
  return answer;
}

class SharedJob {
  readonly #child: ChildProcess;
  readonly #ranks: Promise<Rank[]>;
  readonly #ended: Promise<never>;
  #isBusy = false;
  #left = most;

  constructor(server: Server, { command, args, env }: Launch, ranks: number) {
    this.#ranks = ranksOf(server, ranks);
    // What is printed without the streams of the ranks, warnings above all, is nobody's.
    this.#child = spawn(command, args, { env, detached: process.platform !== "win32", stdio: "ignore" });
    // The tests end without waiting for it.
    this.#child.unref();
    this.#ended = new Promise((_, reject) => {
      this.#child.on("error", reject).on("exit", (code, signal) => {
        this.#left = 0;
        server.close();
        reject(new Error(`the job ended with ${signal ?? `exit code ${code}`}`));
      });
    });
    for (const promise of [this.#ranks, this.#ended]) promise.catch(() => {});
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Whether it takes no further command. */
  get isOver(): boolean {
    return this.#left === 0;
  }

  /** What a command did, on all ranks; rejects, and the job is over, where one does not catch an error, or in time. */
  async run(task: Task, timeoutMs: number): Promise<Answer> {
    this.#isBusy = true;
    this.#left--;
    const timer = setTimeout(() => this.end(), timeoutMs);
    try {
      const answers = await Promise.race([this.#answersTo(task), this.#ended]);
      const textOf = (name: "stdout" | "stderr") => answers.map((answer) => answer[name]).join("");
      const code = answers.find((answer) => answer.code !== 0)?.code ?? 0;
      return { code, stdout: textOf("stdout"), stderr: textOf("stderr") };
    } catch (error) {
      this.end();
      throw new Error(`${(error as Error).message}: ${[task.program ?? "wasm-mpi", ...task.args].join(" ")}`);
    } finally {
      clearTimeout(timer);
      this.#isBusy = false;
    }
  }

  async #answersTo(task: Task): Promise<Answer[]> {
    const ranks = await this.#ranks;
    for (const { socket } of ranks) socket.write(`${JSON.stringify(task)}\n`);
    return Promise.all(ranks.map(answerOf));
  }

  /** Has the ranks leave in order. */
  close(): void {
    this.#left = 0;
    this.#ranks.then(
      (ranks) => {
        for (const { socket } of ranks) socket.end();
      },
      () => {},
    );
  }

  /** Ends all its processes. */
  end(): void {
    this.#left = 0;
    signalGroup(this.#child, "SIGTERM");
    setTimeout(() => signalGroup(this.#child, "SIGKILL"), 3000).unref();
  }
}

/** Jobs that wait for commands at a time: each rank takes the memory of a process. */
const kept = 3;

export class JobServer {
  /** By launcher and number of ranks, the one used last behind the others. */
  readonly #jobs = new Map<string, SharedJob>();
  /** When the last command of each is done. */
  readonly #turns = new Map<string, Promise<void>>();
  #started = 0;

  constructor() {
    process.on("exit", () => {
      for (const job of this.#jobs.values()) if (job.isBusy) job.end();
    });
  }

  /** Runs a command in a job of so many ranks, when those before it are done. */
  run(launcher: Launcher, ranks: number, task: Task, timeoutMs: number): Promise<Answer> {
    const key = `${ranks} ${launcher.path}`;
    const turn = (this.#turns.get(key) ?? Promise.resolve()).then(() => {
      const known = this.#jobs.get(key);
      const job = known && !known.isOver ? known : this.#start(launcher, ranks);
      if (known !== job) known?.close();
      this.#jobs.delete(key);
      this.#jobs.set(key, job);
      for (const [name, waiting] of [...this.#jobs].slice(0, -kept)) {
        if (waiting.isBusy) continue;
        this.#jobs.delete(name);
        waiting.close();
      }
      return job.run(task, timeoutMs);
    });
    this.#turns.set(
      key,
      turn.then(
        () => {},
        () => {},
      ),
    );
    return turn;
  }

  #start(launcher: Launcher, ranks: number): SharedJob {
    const name = `wasm-mpi-test-${process.pid}-${this.#started++}`;
    const path = process.platform === "win32" ? `\\\\?\\pipe\\${name}` : join(tmpdir(), name);
    const server = createServer().listen(path).unref();
    const program = join(root, "test", "harness", "rank.mjs");
    const launch = launchCommand(launcher, ranks, [program, path]);
    // Open MPI gives the ranks a terminal, on which Node colours numbers.
    const env = environmentOf(launch.env, { env: { NO_COLOR: "1" } });
    return new SharedJob(server, { ...launch, env }, ranks);
  }
}
