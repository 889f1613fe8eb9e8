/** npm for tests of the package. */
import { type Result, type RunOptions, runCommand } from "./process.js";

const isWindows = process.platform === "win32";

/** Runs npm in a folder, with the user's settings and cache. */
export function npm(args: readonly string[], cwd: string, options: RunOptions = {}): Promise<Result> {
  return runCommand(isWindows ? "npm.cmd" : "npm", args, process.env, { timeoutMs: 300_000, ...options, cwd });
}
