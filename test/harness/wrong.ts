/** Wrong use of the command line: what is wrong, and the one line that is to be said of it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { temporaryFolder } from "./command.js";
import type { Result } from "./process.js";

/** Wrong arguments in {@link folderInTheWay}, what is said about them, and the exit code: 2 for the arguments, 1 else. */
export type Row = readonly [args: string, text: string, code?: 1 | 2];

/** A folder with files and folders that are in the way of the commands of {@link takenPaths}. */
export function folderInTheWay(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "folder"));
  mkdirSync(join(folder, "folder.png"));
  writeFileSync(join(folder, "there.h5"), "mine");
  writeFileSync(join(folder, "taken-2.h5"), "mine");
  writeFileSync(join(folder, "text.txt"), "no program");
  return folder;
}

/** Files that cannot be written, in {@link folderInTheWay}. */
export const takenPaths: readonly Row[] = [
  [
    "advect --output nowhere/out.h5",
    'wasm-mpi advect: file "nowhere/out.h5": expected an existing directory, got nothing at "nowhere". Create it, or choose another path.',
    1,
  ],
  [
    "advect --output there.h5",
    'wasm-mpi advect: file "there.h5": expected a path without a file, got an existing file. Choose another path, add --overwrite, or continue it with --restart.',
    1,
  ],
  [
    "compare --ranks 1,2 --output taken.h5",
    'wasm-mpi compare: "--output" expected names of new files, got "taken-2.h5", which exists. Choose another name, or add --overwrite.',
    1,
  ],
  [
    "advect --output folder --overwrite",
    'wasm-mpi advect: file "folder": expected a path for a file, got a directory. Choose another path.',
    1,
  ],
];

/** Exactly this line on standard error, nothing on standard output, this exit code. */
export function expectLine(result: Result, text: string, code: number): void {
  expect(result.stderr, result.transcript).toBe(`${text}\n`);
  expect(result.stdout, result.transcript).toBe("");
  expect(result.code, result.transcript).toBe(code);
}

/** The same for a job, in which a launcher may add lines of its own. */
export function expectLineOfJob(result: Result, text: string, code: number): void {
  const said = result.stderr.split("\n");
  expect(
    said.filter((line) => line === text),
    result.transcript,
  ).toEqual([text]);
  expect(
    said.filter((line) => /wasm-mpi|expected|Error|^ +at /.test(line)),
    result.transcript,
  ).toEqual([text]);
  expect(result.stdout, result.transcript).toBe("");
  expect(result.code, result.transcript).toBe(code);
}
