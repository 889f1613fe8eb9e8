/** Programs on ranks that are threads of this process, in the world that workers of a page have. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { onTestFinished } from "vitest";
import { newWires } from "../../src/browser/workers/wires.js";
import { root } from "../harness/process.js";
import { browserOptions } from "./context.js";

/**
 * Writes a program for browsers that Node.js runs in a thread, and gives its file, which is there as long as the test runs. Its
 * imports are those of a folder.
 */
export async function programFor(contents: string, folder = "test/ranks"): Promise<string> {
  const { outputFiles } = await build({
    ...browserOptions,
    stdin: {
      contents: `
        import { workerData } from "node:worker_threads";
        import { joinWorld } from "wasm-mpi";
        joinWorld(workerData.shared, workerData.rank);
        ${contents}`,
      resolveDir: join(root, folder),
    },
    alias: { "wasm-mpi": join(root, "src", "browser", "index.ts") },
    format: "esm",
    external: ["node:*"],
    write: false,
  });
  const made = mkdtempSync(join(tmpdir(), "wasm-mpi-test-"));
  onTestFinished(() => rmSync(made, { recursive: true }));
  const file = join(made, "rank.mjs");
  writeFileSync(file, outputFiles![0]!.text);
  return file;
}

/** What each rank posts, in order. One that fails ends all. */
export async function runRanks<T>(file: string, ranks: number): Promise<T[][]> {
  const shared = newWires(ranks);
  const workers = Array.from({ length: ranks }, (_, rank) => new Worker(file, { workerData: { shared, rank } }));
  const ends = workers.map((worker) => {
    const posted: T[] = [];
    worker.on("message", (value: T) => posted.push(value));
    return new Promise<T[]>((resolve, reject) => worker.on("error", reject).on("exit", () => resolve(posted)));
  });
  try {
    return await Promise.all(ends);
  } finally {
    for (const worker of workers) void worker.terminate();
  }
}
