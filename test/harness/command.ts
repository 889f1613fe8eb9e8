/** The command line as tests run it: by itself, and under a launcher as a user would start it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import { libraries, type Result, type RunOptions, root, runNode, runRanks, type TestJob } from "./launch.js";

const cli = join(root, "dist", "cli.js");

/** Runs `wasm-mpi args...`. */
export function wasmMpi(args: readonly string[], options: RunOptions = {}): Promise<Result> {
  return runNode([cli, ...args], options);
}

/** Runs `mpiexec -n ranks wasm-mpi args...`. */
export function inJob(job: TestJob, args: readonly string[], options: RunOptions = {}): Promise<Result> {
  return runRanks({ ...job, ...options, program: "../../dist/cli.js", args });
}

/** The libraries with a launcher on this machine, in the form of `it.each`. */
export const launched = libraries.flatMap(({ name, title, launcher }) => (launcher ? [{ name, title, launcher }] : []));

/** An environment in which no launcher is found. */
export const noLauncher = { WASM_MPI_LAUNCHER: "/nowhere/mpiexec" };

/** The one JSON document of a command that succeeded; anything else on standard output fails the test. */
export function documentOf<T>(result: Result): T {
  expect(result.code, result.transcript).toBe(0);
  expect(result.stdout, result.transcript).toMatch(/^\{.*\}\n$/); // One line: the dot matches no line break.
  return JSON.parse(result.stdout) as T;
}

/** A folder for the files of a test file, removed after its tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "wasm-mpi-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
