/** What tests of the command line share. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import type { Result } from "./process.js";

/** An environment in which no launcher is found. */
export const noLauncher = { WASM_MPI_LAUNCHER: "/nowhere/mpiexec" };

/** The one JSON document of a command that succeeded; anything else on standard output fails the test. */
export function documentOf<T>(result: Result): T {
  expect(result.code, result.transcript).toBe(0);
  expect(result.stdout, result.transcript).toMatch(/^\{.*\}\n$/); // One line: the dot matches no line break.
  return JSON.parse(result.stdout) as T;
}

/** A folder for the files of a test file, removed after its tests: asked for beside them, not in one. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "wasm-mpi-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
