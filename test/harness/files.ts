/**
 * Which test files start ranks. Ranks are started in one way, by `launch.ts`; a file starts ranks if it imports that one,
 * directly or through others. The files without ranks find no launcher at all, so that none can start some unnoticed.
 * Those of them that start the command line again and again have a kind of their own, which `npm run test:quick` leaves out.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

const folder = dirname(dirname(fileURLToPath(import.meta.url)));
const launch = join(folder, "harness", "launch.ts");

/** The files without ranks that start the command line again and again. */
const commands: readonly string[] = [
  "cli/alone",
  "cli/bench",
  "cli/errors",
  "cli/scripts",
  "cli/view",
  "io/output",
  "io/restart",
];

export type Kind = "unit" | "commands" | "ranks";

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

/** The test files of each kind, as paths from the package on: `test/grid/grid.test.ts`. */
export function testFiles(): Readonly<Record<Kind, readonly string[]>> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => name.split(sep).join("/"))
    .toSorted();
  const ranks = names.filter((name) => reaches(join(folder, name)));
  const alone = names.filter((name) => !ranks.includes(name));
  const wanted = commands.map((name) => `${name}.test.ts`);
  const missing = wanted.filter((name) => !alone.includes(name));
  if (missing.length > 0) {
    throw new Error(`test files: expected files without ranks, got ${missing.join(", ")}. Mend the list in files.ts.`);
  }
  const paths = (list: readonly string[]) => list.map((name) => `${basename(folder)}/${name}`);
  return {
    unit: paths(alone.filter((name) => !wanted.includes(name))),
    commands: paths(wanted),
    ranks: paths(ranks),
  };
}
