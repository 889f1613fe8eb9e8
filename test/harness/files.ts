/**
 * What test files start, found by what they import, directly or through others: `launch.ts` starts ranks, in one way, and
 * `process.ts` starts other programs, mostly the command line. Files without ranks find no launcher at all, so that none can
 * start some unnoticed. `npm run test:quick` runs those that start nothing.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

const folder = dirname(dirname(fileURLToPath(import.meta.url)));
const [launch, program] = ["launch.ts", "process.ts"].map((name) => join(folder, "harness", name)) as [string, string];

/** What the files of a kind start: nothing, nothing with a memory of their own, programs, or ranks. */
export type Kind = "unit" | "memory" | "commands" | "ranks";

/** The file that starts nothing and needs room at the end of the memory, all of which others use up. */
const atEnd = "test/wasm/end.test.ts";

/** The files below `test/` that a file imports for their values. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const names = [...text.matchAll(/^(?:import|export)\s+(?!type\b)[^"]*"(\.[^"]+)\.js"/gm)].map(([, name]) => name!);
  return names
    .map((name) => join(dirname(file), `${name}.ts`))
    .filter((path) => path.startsWith(folder + sep) && existsSync(path));
}

function reaches(file: string, target: string, seen = new Set<string>()): boolean {
  if (file === target) return true;
  if (seen.has(file)) return false;
  seen.add(file);
  return importsOf(file).some((path) => reaches(path, target, seen));
}

function kindOf(file: string): Kind {
  if (reaches(file, launch)) return "ranks";
  return reaches(file, program) ? "commands" : "unit";
}

/** The test files of each kind, as paths from the package on: `test/grid/grid.test.ts`. */
export function testFiles(): Readonly<Record<Kind, readonly string[]>> {
  const files: Record<Kind, string[]> = { unit: [], memory: [], commands: [], ranks: [] };
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => name.split(sep).join("/"))
    .toSorted();
  for (const name of names) {
    const path = `${basename(folder)}/${name}`;
    files[path === atEnd ? "memory" : kindOf(join(folder, name))].push(path);
  }
  if (files.memory.length === 0) throw new Error(`files.ts: expected ${atEnd}, got no such file.`);
  return files;
}
