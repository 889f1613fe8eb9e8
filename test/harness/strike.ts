/** Signals to the processes of a job: the command, its launcher, MPICH's daemon, the ranks. Linux, for /proc. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "./process.js";

export const targets = ["command", "launcher", "daemon", "first rank", "last rank"] as const;
export type Target = (typeof targets)[number];

/** What came of a signal. */
export interface Struck {
  /** The exit code of the command; 128 + the number of the signal that ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Seconds until the command had ended, and until all processes had. */
  readonly seconds: number;
  readonly allSeconds: number;
  /** For the message of an expectation. */
  readonly transcript: string;
}

const read = (path: string) => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // The process has ended.
  }
};

/** The processes below one, by their start. */
function descendantsOf(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

const programOf = (pid: number) => read(`/proc/${pid}/cmdline`).split("\0")[0]!;

function isRunning(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== "" && stat.slice(stat.lastIndexOf(")") + 2)[0] !== "Z";
}

/** Whether a command has computed for 1 s, so that its start is behind it however slow the machine is. */
export function isUnderWay(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]) > 100; // Hundredths of a second in the program and in the system.
}

/** Seconds that a job may take to be over. */
const patience = 10;

/**
 * Runs `wasm-mpi args...`, sends a signal to one of its processes when `isReady`, and waits until all have ended; a process
 * that has not after 10 s is ended, and the test fails. `undefined` where the job has no such process.
 */
export async function strike(
  args: readonly string[],
  {
    target,
    signal,
    isReady,
    env = {},
  }: {
    readonly target: Target;
    readonly signal: NodeJS.Signals;
    readonly isReady: (pid: number) => boolean | Promise<boolean>;
    readonly env?: Readonly<Record<string, string>>;
  },
): Promise<Struck | undefined> {
  const command = spawn(process.execPath, [join(root, "dist/cli.js"), ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  command.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  command.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<number>((resolve) => {
    command.on("close", (code, name) => resolve(code ?? (name === "SIGKILL" ? 137 : 143)));
  });
  const pid = command.pid!;
  const transcriptOf = (end: string) =>
    `${end}: ${signal} to the ${target} of wasm-mpi ${args.join(" ")}\n--- standard output\n${stdout}\n--- standard error\n${stderr}`;
  const limit = Date.now() + 30_000;
  while (!(await isReady(pid))) {
    if (Date.now() > limit || !isRunning(pid)) {
      command.kill("SIGTERM");
      throw new Error(transcriptOf("not ready"));
    }
    await sleep(20);
  }
  const all = descendantsOf(pid);
  const ranks = all.filter((each) => programOf(each).endsWith("/node"));
  const launcher = all.find((each) => /mpiexec|mpirun|orterun/.test(programOf(each)));
  const daemon = all.find((each) => programOf(each).includes("hydra_pmi_proxy"));
  const struck = { command: pid, launcher, daemon, "first rank": ranks[0], "last rank": ranks.at(-1) }[target];
  const begin = performance.now();
  const since = () => (performance.now() - begin) / 1e3;
  process.kill(struck ?? pid, struck === undefined ? "SIGTERM" : signal);
  const code = await Promise.race([ended, sleep(1e3 * patience, undefined)]);
  const seconds = since();
  while ([pid, ...all].some(isRunning) && since() < patience) await sleep(20);
  const left = [pid, ...all].filter(isRunning);
  for (const each of left) process.kill(each, "SIGKILL");
  if (left.length > 0 || code === undefined) throw new Error(transcriptOf(`${left.length} processes left`));
  if (struck === undefined) return undefined;
  return { code, stdout, stderr, seconds, allSeconds: since(), transcript: transcriptOf(`exit code ${code}`) };
}
