import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the installed package: the nearest one above this code that holds a `package.json`. */
export const packageRoot: string = (() => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json")) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
})();

/** The version of this package. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { version: string }).version;
}

/** The modules of {@link builtin}. */
interface Builtins {
  readonly crypto: typeof import("node:crypto");
  readonly child_process: typeof import("node:child_process");
  readonly v8: typeof import("node:v8");
  readonly zlib: typeof import("node:zlib");
}

const require = createRequire(import.meta.url);

/**
 * A module of Node.js that few programs need: each takes 2 to 3 ms to load, where all of this package takes some 40. Under a
 * launcher every rank loads all that is imported.
 */
export function builtin<N extends keyof Builtins>(name: N): Builtins[N] {
  return require(`node:${name}`) as Builtins[N];
}
