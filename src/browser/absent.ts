/**
 * What there is none of in a browser: MPI libraries and their launchers, files, AssemblyScript's compiler, threads and the end
 * of a process. The build takes this module in place of those that do it in Node.js (scripts/seams.mjs); where a program can
 * ask for one of these, it is told so.
 */
import { wrong } from "../argument.js";
import type { UsageError } from "../errors.js";
import type { compileStencil as stencilCompiler } from "../jit/stencil.js";
import type { Comm } from "../mpi/comm/comm.js";
import type { Functions } from "../mpi/solo/functions.js";
import type { Row } from "../pde/trackers/table.js";
import type { MessagePort } from "../wasm/thread.js";

const files = "Node.js, which has files";

/** The error of a program that asks for something of Node.js. */
function absent(where: string, expected: string, todo: string): UsageError {
  return wrong(where, expected, "a browser", todo);
}

// src/package.ts

/** A page's stack traces are not looked into. */
export const codeFolders: readonly string[] = [];

export function builtin(name: string): never {
  throw absent(`node:${name}`, "Node.js", "Run the program there.");
}

// src/mpi/library/cores.ts

/** Not asked where a rank has one thread. */
export function coresOfRank(): { readonly count: number; readonly bound: undefined } {
  return { count: 1, bound: undefined };
}

export function isCrowded(): boolean {
  return false;
}

// src/mpi/library/departure.ts

export function mendFinalize(): void {}

// src/mpi/library/watch/watch.ts

export function watch(): void {}

// src/mpi/solo/files.ts

/** The world's functions on files say that they are not supported. */
export function fileFunctions(): Functions {
  return {};
}

// src/mpi/alike.ts

/** The ranks of a page are of one bundle. */
export function expectAlike(): void {}

// src/mpi/ending.ts

export function rankOf({ rank, size }: Comm): string {
  return `rank ${rank} of ${size}`;
}

export const secondCall = "a second one";

export function tell(lines: readonly string[]): void {
  for (const line of lines) console.error(`wasm-mpi: ${line}`);
}

export function endWithLine(): void {}

export function endJobWithRank(): void {}

// src/wasm/thread.ts

export const threadProgram = "";

export function startThread(): never {
  throw absent("threads", "Node.js, which starts threads", "Leave them out.");
}

export function heardFrom(_port: MessagePort): undefined {}

// src/jit/stencil.ts

export const compileStencil: typeof stencilCompiler = async (where) => {
  throw absent(
    `${where}: "source"`,
    "Node.js, which has the compiler of AssemblyScript",
    "Write the kernel as a text.",
  );
};

// src/grid/input.ts

export async function readField(): Promise<never> {
  throw absent("Grid.read", files, "Make the field of an array: grid.field(values).");
}

export async function readInto(where: string): Promise<never> {
  throw absent(where, files, "Set the field to an array: field.set(values).");
}

// src/io/output.ts

const output = (name: string) => async (): Promise<never> => {
  throw absent(`Output.${name}`, files, "Take the values with field.gather().");
};

export const Output = { create: output("create"), append: output("append") };

// src/io/datasets.ts

/** Of files that are not there. */
export class Mould {}

// src/pde/trackers/table.ts

export function checkTable(where: string, path: unknown): void {
  if (path !== undefined) throw absent(`${where}: "path"`, files, "Leave it out, and take the rows of the tracker.");
}

/** Rows in memory. */
export class Table {
  readonly rows: Row[] = [];

  begin(): void {
    this.rows.length = 0;
  }

  add(row: Row): void {
    if (this.rows.at(-1)?.step === row.step) this.rows.pop();
    this.rows.push(row);
  }
}
