/**
 * Starts ranks for tests: `test/ranks/*.mjs` and the command line under each MPI library's launcher.
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
 * The programs import the package by its name, so they run what is in `dist/`. Files that import this one, directly or
 * through others, run two at a time (see `vitest.config.ts`).
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Family, familyTitle } from "../../src/mpi/library/abi.js";
import { findLaunchers, type Launcher, launchCommand } from "../../src/mpi/library/launcher.js";
import { isFull } from "./effort.js";
import { JobServer, type Task } from "./jobs.js";
import { type Result, type RunOptions, resultOf, root, runCommand, runNode } from "./process.js";

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
      const launcher = launchers.find(({ family }) => family === name);
      return { name, title: familyTitle[name], launcher, available: launcher !== undefined };
    }),
  ];
})();

/** The libraries with a launcher on this machine, in the form of `it.each`. */
export const launched = libraries.flatMap(({ name, title, launcher }) => (launcher ? [{ name, title, launcher }] : []));

/**
 * The libraries for what hardly depends on the library: all in the full tests, else the last, whose jobs start and end in
 * half the time of the first.
 */
export const launchedLast = isFull ? launched : launched.slice(-1);

/** Whether a library is among {@link launchedLast}. */
export const isLast = (library: LibraryName): boolean => launchedLast.some(({ name }) => name === library);

/** The rows of a table for the library at a place of {@link launched}: all in the full tests, else they take turns. */
export function turnsOf<T>(rows: readonly T[], library: LibraryName): readonly T[] {
  const place = launched.findIndex(({ name }) => name === library);
  return isFull || launched.length < 2 ? rows : rows.filter((_, index) => index % launched.length === place);
}

/** A machine on which setup installs every library: there, a missing one is a failure and not left out. */
export const required =
  process.env.CI === "true" &&
  process.env.WASM_MPI_NO_INSTALL !== "1" &&
  process.platform === "linux" &&
  existsSync("/usr/bin/apt-get");

/** A library and a number of ranks: spread it into {@link runRanks}. */
export interface TestJob {
  readonly library: LibraryName;
  readonly ranks: number;
}

/**
 * The number of ranks that is tried on a library, all of them in the full tests: 3, which divides none of the common sizes,
 * on the first, which yields where ranks share cores, and 2 on the last, a core for each where there are 2; the last number
 * where these are not among them.
 */
function triedOn(library: LibraryName, ranks: readonly number[]): readonly number[] {
  if (isFull) return ranks;
  const tried = launched.length > 1 && isLast(library) ? 2 : 3;
  return ranks.includes(tried) ? [tried] : ranks.slice(-1);
}

/**
 * A suite for each library with each number of ranks that is tried; `solo` where the numbers contain 1. A library that is
 * missing is shown as left out, or as a failure where it is {@link required}.
 */
export function eachLibrary(ranks: readonly number[], suite: (job: TestJob) => void): void {
  eachNumber(ranks, suite, (library) => triedOn(library, ranks));
}

function eachNumber(
  ranks: readonly number[],
  suite: (job: TestJob) => void,
  numbersOn: (library: LibraryName) => readonly number[],
): void {
  for (const { name: library, title, available } of libraries) {
    for (const count of library === "solo" ? ranks.filter((number) => number === 1) : numbersOn(library)) {
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

/** Runs `test/ranks/<program>` on `ranks` ranks. Rejects when the program takes too long. */
export function runRanks(
  options: TestJob & RunOptions & { readonly program: string; readonly args?: readonly string[] },
): Promise<Result> {
  const { library, ranks, program, args = [] } = options;
  const words = [join(root, "test/ranks", program), ...args];
  if (library === "solo") {
    if (ranks !== 1) throw new Error(`runRanks: "ranks" expected 1 for solo, got ${ranks}.`);
    return runNode(words, options);
  }
  const launcher = libraries.find(({ name }) => name === library)?.launcher;
  if (!launcher) throw new Error(`runRanks: expected a launcher of ${library}, got none. Use eachLibrary.`);
  const launch = launchCommand(launcher, ranks, words);
  return runCommand(launch.command, launch.args, launch.env, options);
}

/** What a program of a job printed, or why the job failed. */
type Printed = (program: string) => Promise<string>;

/**
 * A suite for each library with each number of ranks, for programs that `all.mjs` runs on parts of one job: in the full
 * tests one job for each number of ranks, else one a library with some of them.
 * @param isOnce - for what does not depend on the library: outside the full tests on the first one alone, with the most ranks
 */
export function eachPart(
  programs: readonly string[],
  numbers: readonly number[],
  suite: (job: TestJob, printed: Printed) => void,
  { isOnce = false }: { readonly isOnce?: boolean } = {},
): void {
  const timeoutMs = isFull ? 1_700_000 : 240_000;
  const jobs = new Map<string, Promise<Result>>();
  const start = (library: LibraryName, ranks: number, parts: readonly number[]) => {
    const key = `${library} ${ranks}`;
    const args = [parts.join(","), ...programs];
    const job = jobs.get(key) ?? runRanks({ library, ranks, program: "all.mjs", args, timeoutMs });
    jobs.set(key, job);
    return job;
  };
  const isLeftOut = (library: LibraryName) => isOnce && !isFull && launched.length > 1 && isLast(library);
  const partsOn = (library: LibraryName) => (isLeftOut(library) ? [] : partsOf(numbers, library));
  eachNumber(
    numbers,
    (job) => {
      const { library, ranks } = job;
      const isApart = isFull || library === "solo";
      suite(job, async (program) => {
        const parts = isApart ? [ranks] : partsOn(library);
        const { code, stdout, transcript } = await start(library, Math.max(...parts), parts);
        expect(code, transcript).toBe(0);
        const isHead = (line: string) => /^\S+\.mjs on \d+$/.test(line);
        const lines = stdout.split("\n");
        const begin = lines.indexOf(`${program} on ${ranks}`) + 1;
        const length = lines.slice(begin).findIndex(isHead);
        return lines
          .slice(begin, length < 0 ? undefined : begin + length)
          .join("\n")
          .trim();
      });
    },
    partsOn,
  );
}

/**
 * The numbers of ranks that a library's job has parts of outside the full tests: 2 on the last library, and the
 * most on the first, for the reasons of {@link triedOn}: jobs of the last take thrice the time where ranks share cores.
 */
function partsOf(numbers: readonly number[], library: LibraryName): readonly number[] {
  if (isFull || launched.length < 2) return numbers;
  return isLast(library) ? numbers.filter((ranks) => ranks === 2) : numbers.slice(-1);
}

const jobs = new JobServer();

/** Commands that look at the machine, start programs, which may be to fail, or load the compiler. */
const notShared = /^(run|bench|doctor|build)$/;

/**
 * Runs `mpiexec -n ranks wasm-mpi args...`: in a job that has run others before, where the environment is that of the tests
 * and `isApart` does not ask for a job of its own.
 */
export function inJob(
  job: TestJob,
  args: readonly string[],
  { isApart = false, ...options }: RunOptions & { readonly isApart?: boolean } = {},
): Promise<Result> {
  const isShared =
    !isFull && !isApart && job.library !== "solo" && options.env === undefined && !notShared.test(args[0] ?? "");
  if (isShared) return runShared(job, { cwd: options.cwd ?? root, args }, options);
  return runRanks({ ...job, ...options, program: "../../dist/cli.js", args });
}

/** Runs `mpiexec -n ranks node program` in a job that has run others before. */
export function programInJob(job: TestJob, program: string, options: RunOptions): Promise<Result> {
  return runShared(job, { cwd: options.cwd ?? root, program, args: [] }, options);
}

async function runShared({ library, ranks }: TestJob, task: Task, { timeoutMs = 30_000 }: RunOptions): Promise<Result> {
  const { launcher } = launched.find(({ name }) => name === library)!;
  const begin = Date.now();
  const answer = await jobs.run(launcher, ranks, task, timeoutMs);
  return resultOf(answer, [`mpiexec -n ${ranks}`, task.program ?? "wasm-mpi", ...task.args], begin);
}
