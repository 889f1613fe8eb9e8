import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The URL of this code. A bundle of a user's that is a CommonJS module has a path alone. */
export const here: string = import.meta.url ?? pathToFileURL(__filename).href;

/** Loads a module as code beside this one would. */
export const requireHere: NodeJS.Require = createRequire(here);

/** What is read of a `package.json`. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

/**
 * The folder of the installed package: the nearest one above this code that holds its `package.json`. In a bundle of a
 * user's, where code has left its folder, the package is looked up as the user's own code would be; kernels and threads are
 * read from there.
 */
export const packageRoot: string = (() => {
  let folder = dirname(fileURLToPath(here));
  while (!existsSync(join(folder, "package.json")) && folder !== dirname(folder)) folder = dirname(folder);
  if (existsSync(join(folder, "package.json")) && manifestIn(folder).name === "wasm-mpi") return folder;
  try {
    return dirname(requireHere.resolve("wasm-mpi/package.json"));
  } catch {
    return folder; // Code that needs no file of the package runs.
  }
})();

/** The folders that this package's lines of a stack trace lie in: what runs, and what its source maps name. */
export const codeFolders: readonly string[] = (() => {
  const folder = /^(.*\/)(?:dist|src)\//.exec(here)?.[1];
  if (!folder) return [here];
  const urls = [`${folder}dist/`, `${folder}src/`];
  return [...urls, ...urls.map((url) => fileURLToPath(url))]; // Source maps name files by path.
})();

/** The version of this package. */
export function packageVersion(): string {
  return manifestIn(packageRoot).version;
}

/**
 * What a `package.json` asks npm for: the folder of a clone, the file or address that the package was installed from, or the
 * registry's version and later ones that fit. npm notes in `node_modules` where each package came from.
 */
export function originOf(packageFolder: string, version: string): string {
  const modules = dirname(packageFolder);
  if (basename(modules) !== "node_modules") return fileAddress(packageFolder);
  const notes = join(modules, ".package-lock.json");
  const from = existsSync(notes) ? resolvedIn(notes) : "";
  if (from.startsWith("file:")) return fileAddress(resolve(modules, "..", from.slice("file:".length)));
  return from === "" || /\/-\/wasm-mpi-[^/]+$/.test(from) ? `^${version}` : from; // Addresses of registries end so.
}

function resolvedIn(notes: string): string {
  const { packages } = JSON.parse(readFileSync(notes, "utf8")) as { packages?: Record<string, { resolved?: string }> };
  return packages?.["node_modules/wasm-mpi"]?.resolved ?? "";
}

function fileAddress(path: string): string {
  return `file:${path.replaceAll("\\", "/")}`;
}

/** A package that may be installed beside this one, and takes more room than all the rest of it. */
export type OptionalPackage = "assemblyscript" | "@napi-rs/canvas";

/** The command that installs an optional package in a version that fits this one. */
export function installCommand(name: OptionalPackage): string {
  const range = manifestIn(packageRoot).peerDependencies[name]!;
  // Without the caret, which some shells take for a sign of theirs.
  return `npm install ${name}@${/^\^(0\.\d+|\d+)/.exec(range)![1]}`;
}

/** The modules of {@link builtin}. */
interface Builtins {
  readonly crypto: typeof import("node:crypto");
  readonly child_process: typeof import("node:child_process");
  readonly v8: typeof import("node:v8");
  readonly zlib: typeof import("node:zlib");
}

/**
 * A module of Node.js that few programs need: each takes 2 to 3 ms to load, where all of this package takes some 40. Under a
 * launcher every rank loads all that is imported.
 */
export function builtin<N extends keyof Builtins>(name: N): Builtins[N] {
  return requireHere(`node:${name}`) as Builtins[N];
}
