/** What a reader of a page does: copies the programs and sources to a folder, and runs the programs and commands there. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, delimiter, dirname, join, relative } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { launched, runRanks, type TestJob } from "./launch.js";
import { type Command, nameOf, type Page } from "./page.js";
import { type Result, root, runNode, wasmMpi } from "./process.js";

const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
const timeoutMs = 50_000;

export class Reader {
  /** Inside the package, so that the programs find it by its name; there while the tests of a file run. */
  readonly folder: string;

  constructor(page: Page) {
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
    return runRanks({ ...job, program: join("..", "..", relative(root, this.folder), name), timeoutMs });
  }

  /** Runs `node program`. */
  runAlone(name: string, env: Readonly<Record<string, string>> = {}): Promise<Result> {
    return runNode([name], { cwd: this.folder, env, timeoutMs });
  }

  /** Runs a command as the page has it. */
  runCommand({ tool, mpiexec: ranks, args, env }: Command): Promise<Result> {
    const cwd = this.folder;
    if (tool === "node") return runNode(args, { cwd, env, timeoutMs });
    // The reader has no configuration in a folder above that of the program, as there is one here.
    if (tool === "tsc") return runNode([tsc, "--ignoreConfig", ...args], { cwd, timeoutMs });
    if (ranks === 0) return wasmMpi(args, { cwd, env, timeoutMs });
    return runRanks({ library: launched[0]!.name, ranks, program: "../../dist/cli.js", args, env, cwd, timeoutMs });
  }
}

/** Why a command cannot run on this machine, if it cannot. */
export function obstacle({ tool, env, mpiexec, args }: Command): string | undefined {
  const { WASM_MPI_LIBRARY: wanted, WASM_MPI_LAUNCHER: launcher } = env;
  if (wanted && !launched.some(({ name }) => name === wanted)) return `needs ${wanted}`;
  const folders = (process.env.PATH ?? "").split(delimiter);
  if (launcher && !folders.some((folder) => existsSync(join(folder, launcher)))) return `needs ${launcher}`;
  if (tool !== "wasm-mpi") return undefined;
  const several = mpiexec > 1 || args[0] === "bench" || args.includes("-n") || args.includes("--ranks");
  return several && launched.length === 0 ? "needs an MPI launcher" : undefined;
}
