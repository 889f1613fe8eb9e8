/** What a reader of a page does: copies the programs and sources to a folder, and runs the programs and commands there. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, delimiter, dirname, join, relative } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { isFull } from "./effort.js";
import { inJob, launched, programInJob, runRanks, type TestJob } from "./launch.js";
import { type Command, nameOf, type Page } from "./page.js";
import { type Result, root, runNode, wasmMpi } from "./process.js";

const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
const timeoutMs = 50_000;

/** True for a program to which its process or its number of threads matters: it runs in a process of its own. */
const isApart = (text: string) => /process\.|threads/.test(text);

/** What starts the ranks of commands that do not choose: in the full tests the first launcher, as for a reader. */
const starter = isFull ? launched[0] : launched.at(-1);

/** What the programs of these paths print that run one after another on one rank, by path; what fails prints its error. */
export async function runAllAlone(paths: readonly string[], limitMs: number): Promise<ReadonlyMap<string, string>> {
  const words = [join(root, "test", "harness", "programs.mjs"), ...paths];
  const { code, stdout, transcript } = await runNode(words, { env: { NO_COLOR: "1" }, timeoutMs: limitMs });
  if (code !== 0) throw new Error(transcript);
  const [texts] = JSON.parse(stdout) as [string[]];
  return new Map(paths.map((path, index) => [path, texts[index]!]));
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
    if (ranks > 0) return inJob({ library: starter!.name, ranks }, args, { env, cwd, timeoutMs, isApart: true });
    const shared = isFull || this.#isFirst ? undefined : this.#runShared(command);
    return shared ?? wasmMpi(args, { cwd, env, timeoutMs, isApart: this.#isFirst });
  }

  /**
   * Runs a command that starts ranks in a job that has run others before, where nothing in it depends on how they are
   * started: the job takes it as one that a launcher has started. `undefined` elsewhere.
   */
  #runShared({ env, args }: Command): Promise<Result> | undefined {
    const place = args.indexOf("-n");
    if (place < 0 || !starter || Object.keys(env).length > 0 || args[0] === "bench") return undefined;
    const job = { library: starter.name, ranks: Number(args[place + 1]) };
    const options = { cwd: this.folder, timeoutMs };
    if (args[0] !== "run") return inJob(job, args, options);
    const program = join(this.folder, args[place + 2]!);
    const isAlike = place + 3 === args.length && existsSync(program) && !isApart(readFileSync(program, "utf8"));
    return isAlike ? programInJob(job, program, options) : undefined;
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
