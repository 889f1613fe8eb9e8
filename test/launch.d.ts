import { type Family, type Launcher } from "../src/mpi/launcher.js";
/** The folder of the package. */
export declare const root: string;
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
/** Every library that the tests know on this system, present or not. */
export declare const libraries: readonly TestLibrary[];
/** Printed once per run, as vitest's global set-up: `MPI: Open MPI 4.1.4 (/usr/bin/mpiexec.openmpi), MPICH not found`. */
export default function printLibraries(): void;
/** A library and a number of ranks: spread it into {@link runRanks}. */
export interface TestJob {
  readonly library: LibraryName;
  readonly ranks: number;
}
/**
 * A suite for each library with each number of ranks; `solo` where the numbers contain 1. A library that is missing is
 * shown as left out, or as a failure where {@link required}.
 */
export declare function eachLibrary(ranks: readonly number[], suite: (job: TestJob) => void): void;
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
export declare function runRanks(
  options: TestJob &
    RunOptions & {
      readonly program: string;
      readonly args?: readonly string[];
    },
): Promise<Result>;
/** Runs `node args...`. Rejects when it takes too long. */
export declare function runNode(args: readonly string[], options?: RunOptions): Promise<Result>;
