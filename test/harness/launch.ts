/**
 * Starts programs for tests: `test/ranks/*.mjs` under each MPI library's launcher, and plain Node.
 *
 * ```ts
 * eachLibrary([1, 2, 3, 4], (job) => {
 *   it("adds up all ranks", async () => {
 *     const result = await runRanks({ ...job, program: "mpi-sum.mjs" });
 *     expect(result.code, result.transcript).toBe(0);
 *   });
 * });
 * ```
 *
 * The programs import the package by its name, so they run what is in `dist/`.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, it } from "vitest";
import {
  type Family,
  familyTitle,
  findLaunchers,
  type Launcher,
  launchCommand,
} from "../../src/mpi/library/launcher.js";
import { testCache } from "./folder.js";

/** The folder of the package. */
export const root: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** `solo` is one rank without a launcher and without an MPI library. */
export type LibraryName = "solo" | Family;

/** A library with its launcher, if it can run here. */
export interface TestLibrary {
  readonly name: LibraryName;
  /** For people, with the version where it is known: `Open MPI 4.1.4`. */
  readonly title: string;
  readonly launcher: Launcher | undefined;
  readonly available: boolean;
}

const wanted: readonly Family[] = process.platform === "win32" ? ["msmpi", "mpich"] : ["openmpi", "mpich"];

/** Every library that the tests know on this system, present or not. */
export const libraries: readonly TestLibrary[] = (() => {
  const launchers = findLaunchers();
  const solo: TestLibrary = { name: "solo", title: "solo", launcher: undefined, available: true };
  return [
    solo,
    ...wanted.map((name): TestLibrary => {
      const launcher = launchers.find((one) => one.family === name);
      return { name, title: familyTitle[name], launcher, available: launcher !== undefined };
    }),
  ];
})();

/** A machine on which setup installs every library: there, a missing one is a failure and not left out. */
const required =
  process.env.CI === "true" &&
  process.env.WASM_MPI_NO_INSTALL !== "1" &&
  process.platform === "linux" &&
  existsSync("/usr/bin/apt-get");

/** Printed once per run, as vitest's global set-up: `MPI: Open MPI 4.1.4 (/usr/bin/mpiexec.openmpi), MPICH not found`. */
export default function printLibraries(): void {
  rmSync(testCache, { recursive: true, force: true });
  const parts = libraries.slice(1).map(({ title, launcher }) => {
    if (!launcher) return `${title} not found${required ? "" : " (its tests are left out)"}`;
    const said = spawnSync(launcher.path, ["--version"], { encoding: "utf8", timeout: 10_000 });
    const version = /\d+\.\d+(\.\d+)?/.exec(`${said.stdout}${said.stderr}`)?.[0] ?? "of unknown version";
    return `${title} ${version} (${launcher.path})`;
  });
  process.stdout.write(`MPI: ${parts.join(", ")}\n`);
}

/** A library and a number of ranks: spread it into {@link runRanks}. */
export interface TestJob {
  readonly library: LibraryName;
  readonly ranks: number;
}

/**
 * A suite for each library with each number of ranks; `solo` where the numbers contain 1. A library that is missing is
 * shown as left out, or as a failure where {@link required}.
 */
export function eachLibrary(ranks: readonly number[], suite: (job: TestJob) => void): void {
  for (const { name: library, title, available } of libraries) {
    for (const count of library === "solo" ? ranks.filter((one) => one === 1) : ranks) {
      const job = { library, ranks: count };
      const name = `${title}, ${count} ${count === 1 ? "rank" : "ranks"}`;
      if (available) describe(name, () => suite(job));
      else if (!required) describe.skip(name, () => suite(job));
      else {
        it(name, () => {
          throw new Error(`tests: expected ${title} on this machine (CI=true), got no launcher of it. Install it.`);
        });
      }
    }
  }
}

/** A suite for `jit` as it is, and the same in plain mode, in this process and in those that it starts. */
export function eachMode(suite: (isPlain: boolean) => void): void {
  for (const isPlain of [false, true]) {
    describe(isPlain ? "in plain mode" : "compiled", () => {
      beforeAll(() => {
        process.env.WASM_MPI_DISABLE_JIT = isPlain ? "1" : "0";
      });
      afterAll(() => {
        delete process.env.WASM_MPI_DISABLE_JIT;
      });
      suite(isPlain);
    });
  }
}

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

/** Runs `test/ranks/<program>` on `ranks` ranks. Rejects when it takes too long. */
export function runRanks(
  options: TestJob & RunOptions & { readonly program: string; readonly args?: readonly string[] },
): Promise<Result> {
  const { library, ranks, program, args = [] } = options;
  const words = [join(root, "test/ranks", program), ...args];
  if (library === "solo") {
    if (ranks !== 1) throw new Error(`runRanks: "ranks" expected 1 for solo, got ${ranks}.`);
    return runNode(words, options);
  }
  const launcher = libraries.find((one) => one.name === library)?.launcher;
  if (!launcher) throw new Error(`runRanks: expected a launcher of ${library}, got none. Use eachLibrary.`);
  const launch = launchCommand(launcher, ranks, words);
  return run(launch.command, launch.args, launch.env, options);
}

/** Runs `node args...`. Rejects when it takes too long. */
export function runNode(args: readonly string[], options: RunOptions = {}): Promise<Result> {
  return run(process.execPath, args, process.env, options);
}

/** Programs of ours that still run; a test run that is interrupted takes them along. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) signalGroup(child, "SIGKILL");
});

/** Variables of the person or the runner that would change what the programs do. */
const cleared = ["WASM_MPI_LIBRARY", "WASM_MPI_LEAKS", "WASM_MPI_DEBUG", "NODE_OPTIONS", "FORCE_COLOR", "VITEST"];

function run(command: string, args: readonly string[], base: NodeJS.ProcessEnv, options: RunOptions): Promise<Result> {
  const { timeoutMs = 30_000, cwd = root } = options;
  const env = { ...base };
  for (const name of cleared) delete env[name];
  for (const [name, value] of Object.entries(options.env ?? {})) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
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
    const transcriptOf = (end: string) =>
      `${end}: ${[command, ...args].join(" ")}\n--- standard output\n${stdout}\n--- standard error\n${stderr}`;

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
      if (ended - begin >= timeoutMs) reject(new Error(transcriptOf(`killed after ${seconds} s`)));
      else {
        const transcript = transcriptOf(signal ?? `exit code ${code}`);
        resolve({ code, signal, stdout, stderr, seconds, ended, transcript });
      }
    });
  });
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (process.platform === "win32" || child.pid === undefined) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // It has ended by itself.
  }
}
