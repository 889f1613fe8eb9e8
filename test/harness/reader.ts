/** What a reader of a page does: copies the programs and sources to a folder, and runs the programs and commands there. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, delimiter, dirname, join, relative } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { isFull } from "./effort.js";
import { launched, runRanks, type TestJob } from "./launch.js";
import { type Command, nameOf, type Page } from "./page.js";
import { type Result, root, runNode, wasmMpi } from "./process.js";

const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
const timeoutMs = 50_000;

/** What starts the ranks of commands that do not choose: in the full tests the first launcher, as for a reader. */
const starter = isFull ? launched[0] : launched.at(-1);

/** What runs programs one after another, in a fraction of the time of a job for each. */
const together = { program: "../harness/programs.mjs" } as const;

/** What programs have printed that ran together, on all ranks. */
function printedBy<K>(keys: readonly K[], { code, stdout, transcript }: Result): ReadonlyMap<K, string> {
  if (code !== 0) throw new Error(transcript);
  const ranks = JSON.parse(stdout) as string[][];
  return new Map(keys.map((key, index) => [key, ranks.map((texts) => texts[index]).join("")]));
}

/** What the programs of these paths print that run one after another on one rank, by path; what fails prints its error. */
export async function runAllAlone(paths: readonly string[], limitMs: number): Promise<ReadonlyMap<string, string>> {
  const words = [join(root, "test", "ranks", together.program), ...paths];
  return printedBy(paths, await runNode(words, { env: { NO_COLOR: "1" }, timeoutMs: limitMs }));
}

export class Reader {
  /** Inside the package, so that the programs find it by its name; there while the tests of a file run. */
  readonly folder: string;
  /** The page that people try before others. */
  readonly #isFirst: boolean;

  constructor(page: Page) {
    this.#isFirst = page.path === "README.md";
    this.folder = join(root, "out", `pages-${process.pid}`, basename(page.path, ".md"));
    beforeAll(() => {
      mkdirSync(this.folder, { recursive: true });
      for (const { language, text } of page.blocks) {
        const name = nameOf(text);
        if (name && ["js", "ts"].includes(language)) writeFileSync(join(this.folder, name), text);
      }
    });
    afterAll(() => rmSync(dirname(this.folder), { recursive: true, force: true }));
  }

  /** Runs `node program` in a job of ranks, as a reader with a launcher does. */
  runProgram(job: TestJob, name: string): Promise<Result> {
    const program = join("..", "..", relative(root, this.folder), name);
    // Open MPI gives the ranks a terminal, on which Node colours numbers.
    return runRanks({ ...job, program, cwd: this.folder, env: { NO_COLOR: "1" }, timeoutMs });
  }

  /** What programs print that run one after another in one job. */
  async runTogether(ranks: number, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const args = names.map((name) => join(this.folder, name));
    const job = { ...together, args, env: { NO_COLOR: "1" }, timeoutMs };
    return printedBy(names, await runRanks({ ...job, library: starter!.name, ranks }));
  }

  /** Runs `node program`. */
  runAlone(name: string, env: Readonly<Record<string, string>> = {}): Promise<Result> {
    return runNode([name], { cwd: this.folder, env, timeoutMs });
  }

  /** Runs a command as the page has it. */
  runCommand(command: Command): Promise<Result> {
    const { tool, mpiexec: ranks, args } = command;
    const cwd = this.folder;
    const isFree = startsRanks(command) && !("WASM_MPI_LIBRARY" in command.env);
    const env = isFree && starter ? { WASM_MPI_LAUNCHER: starter.launcher.path, ...command.env } : command.env;
    if (tool === "node") return runNode(args, { cwd, env, timeoutMs });
    // The reader has no configuration in a folder above that of the program, as there is one here.
    if (tool === "tsc") return runNode([tsc, "--ignoreConfig", ...args], { cwd, timeoutMs });
    if (ranks === 0) return wasmMpi(args, { cwd, env, timeoutMs, isApart: this.#isFirst });
    return runRanks({ library: starter!.name, ranks, program: "../../dist/cli.js", args, env, cwd, timeoutMs });
  }
}

function startsRanks({ tool, mpiexec, args }: Command): boolean {
  if (tool !== "wasm-mpi") return false;
  return mpiexec > 1 || args[0] === "bench" || args.includes("-n") || args.includes("--ranks");
}

/** Why a command cannot run on this machine, if it cannot. */
export function obstacle(command: Command): string | undefined {
  const { WASM_MPI_LIBRARY: wanted, WASM_MPI_LAUNCHER: launcher } = command.env;
  if (wanted && !launched.some(({ name }) => name === wanted)) return `needs ${wanted}`;
  const folders = (process.env.PATH ?? "").split(delimiter);
  if (launcher && !folders.some((folder) => existsSync(join(folder, launcher)))) return `needs ${launcher}`;
  return startsRanks(command) && launched.length === 0 ? "needs an MPI launcher" : undefined;
}
