/** Versions of Node.js beside the one that runs: npm has them as the package `node`. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * The program of a version, as `24` or `24.21.0`, which is installed into out/nodes the first time.
 * @throws Error where npm cannot install it
 */
export function programOf(version) {
  const folder = join(root, "out", "nodes", version);
  const program = join(folder, "node_modules", "node", "bin", "node");
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    const args = ["install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", `node@${version}`];
    const { status, error } = spawnSync("npm", args, { stdio: ["ignore", "ignore", "inherit"] });
    if (status !== 0 || !existsSync(program)) {
      const got = error ? error.message : `exit code ${status}`;
      throw new Error(`expected npm to install node@${version}, got ${got}. Is its registry reachable from here?`);
    }
  }
  return program;
}
