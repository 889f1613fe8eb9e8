/**
 * Which test files start ranks. Ranks are started in one way, by `launch.ts`; a file starts ranks if it imports that one,
 * directly or through others. The files without ranks find no launcher at all, so that none can start some unnoticed.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const folder = dirname(dirname(fileURLToPath(import.meta.url)));
const launch = join(folder, "harness", "launch.ts");

/** The files below `test/` that a file imports for their values. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const names = [...text.matchAll(/^(?:import|export)\s+(?!type\b)[^"]*"(\.[^"]+)\.js"/gm)].map(([, name]) => name!);
  return names
    .map((name) => join(dirname(file), `${name}.ts`))
    .filter((path) => path.startsWith(folder + sep) && existsSync(path));
}

function reaches(file: string, seen = new Set<string>()): boolean {
  if (file === launch) return true;
  if (seen.has(file)) return false;
  seen.add(file);
  return importsOf(file).some((path) => reaches(path, seen));
}

/** The test files as paths from the package on, `test/grid/grid.test.ts`, those without ranks and those with. */
export function testFiles(): { readonly unit: readonly string[]; readonly ranks: readonly string[] } {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => join(folder, name));
  const named = (list: readonly string[]) =>
    list.map((file) => relative(dirname(folder), file).split(sep).join("/")).toSorted();
  return {
    unit: named(files.filter((file) => !reaches(file))),
    ranks: named(files.filter((file) => reaches(file))),
  };
}
