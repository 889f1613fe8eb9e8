import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the tests keep compiled modules. */
export const testCache: string = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "out", "test-cache");

/** Empties the folder: vitest's set-up of a run, so that each run compiles with the compiler as it is. */
export default function emptyCache(): void {
  rmSync(testCache, { recursive: true, force: true });
}
