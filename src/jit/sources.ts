/** What is compiled: the sources of a caller, by name, and the files of `assembly/jit`, which callers import. */
import { appendFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expectKeys, show, wrong } from "../argument.js";
import { FileError } from "../errors.js";
import { builtin, packageRoot, packageVersion } from "../package.js";
import { requireCompiler } from "./installed.js";
import { isPath } from "./path.js";

/** Several files, by name with `.ts`, as texts or as URLs of files to read. The first is the one whose exports count. */
export interface Files {
  /** The texts or URLs by the names that `import` in them uses. */
  readonly files: Readonly<Record<string, string | URL>>;
}

/** Sources: their texts by name, the first of which is the one whose exports count. */
export interface Sources {
  readonly files: ReadonlyMap<string, string>;
  /** The URLs of those that were read from files. */
  readonly urls: ReadonlyMap<string, string>;
}

/** What changes the code that is made of sources. */
export interface CompileOptions {
  readonly optimize: 0 | 1 | 2 | 3;
  readonly debug: boolean;
  /** Of a kernel of a stencil: how many axes the cells lie along. */
  readonly axes?: number;
}

/** The modules that sources can import by name: files of `assembly/jit`, and `mpi` a folder, whose `index.ts` has its names. */
const libraries: readonly string[] = ["mpi", "field", "stencil"];

/** The modules from which compiled code gets functions of this package: callers give no imports of these names. */
export const providedModules: readonly string[] = ["env", "heap", ...libraries];

/** The compiler's name of `assembly/jit/runtime.ts`. */
export const runtimeName = "wasm-mpi-runtime";

/** True for the names of sources and functions of the compiler and of this package. */
export function isProvided(name: string): boolean {
  return name.startsWith("~lib/") || name.startsWith(runtimeName);
}

/** Another number for each change of what is made of the compiler's output. */
const format = 11;

/** The sources of a call. @param where the call in error texts @throws UsageError for what are none */
export function readSources(source: string | URL | Files, where = "jit"): Sources {
  const urls = new Map<string, string>();
  if (typeof source === "string" && isPath(source)) {
    const todo = `Pass new URL(${show(source)}, import.meta.url).`;
    throw wrong(`${where}: "source"`, "a text, or the URL of a file", `the path ${show(source)}`, todo);
  }
  if (typeof source === "string") return { files: new Map([["kernel.ts", source]]), urls };
  if (source instanceof URL) return sourcesAt(source, where);
  const files: unknown = source?.files;
  if (files === null || typeof files !== "object" || Object.keys(files).length === 0) {
    throw wrong(
      `${where}: "source"`,
      'a text, the URL of a file or { files: { "name.ts": text } }',
      show(source),
      "Pass the text of a source.",
    );
  }
  expectKeys(`${where}: "source"`, source, ["files"]);
  const texts = new Map(
    Object.entries(files).map(([name, content]: [string, unknown]) => {
      if (!/^[\w-]+(\/[\w-]+)*\.ts$/.test(name)) {
        throw wrong(`${where}: "files"`, 'names such as "kernel.ts" or "stencils/heat.ts"', show(name), "Rename it.");
      }
      if (typeof content === "string") return [name, content];
      if (content instanceof URL) {
        urls.set(name, content.href);
        const text = readFileSync(content, "utf8");
        tellRead(fileURLToPath(content), text);
        return [name, text];
      }
      throw wrong(
        `${where}: "files"`,
        `the text or the URL of ${name}`,
        show(content),
        `Pass a text, or new URL("./${name}", import.meta.url).`,
      );
    }),
  );
  return { files: texts, urls };
}

/** Tells a `wasm-mpi run --watch` that has started this process of a file whose changes matter, and what was in it. */
function tellRead(path: string, text: string): void {
  const list = process.env[watchedVariable];
  if (list) appendFileSync(list, `${JSON.stringify([path, text])}\n`);
}

/** The variable that names a file for the paths and the texts of the kernels that a program reads, a pair in a line. */
export const watchedVariable = "WASM_MPI_WATCHED";

/** A file and those that it imports, in whatever folders. @throws UsageError for another URL than that of a source */
function sourcesAt(url: URL, where: string): Sources {
  const expected = "the file: URL of a .ts file";
  if (url.protocol !== "file:" || !url.pathname.endsWith(".ts")) {
    throw wrong(`${where}: "source"`, expected, url.href, 'Pass new URL("./kernel.ts", import.meta.url).');
  }
  const paths = [...importedFrom(fileURLToPath(url), `${where}: "source"`)];
  // The compiler knows no folder above the first one: all have names below the folder that they have in common.
  let top = dirname(paths[0]![0]);
  while (!paths.every(([path]) => path.startsWith(top.endsWith(sep) ? top : top + sep))) top = dirname(top);
  const nameOf = (path: string) => relative(top, path).replaceAll("\\", "/");
  for (const [path, text] of paths) tellRead(path, text);
  return {
    files: new Map(paths.map(([path, text]) => [nameOf(path), text])),
    urls: new Map(paths.map(([path]) => [nameOf(path), pathToFileURL(path).href])),
  };
}

/**
 * The texts of a file and of those that it imports, by their paths. A file that is missing the compiler tells.
 * @param where the argument in error texts @throws FileError when the first file cannot be read
 */
function importedFrom(file: string, where: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  const add = (path: string) => {
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch (error) {
      if (texts.size > 0) return;
      const what = (error as NodeJS.ErrnoException).code === "ENOENT" ? "does not exist" : "cannot be read";
      throw new FileError(`${where} expected a source, got ${file}, which ${what}. Check the path.`, file, error);
    }
    texts.set(path, text);
    for (const [, target] of text.matchAll(/\b(?:from|import)\s*["'](\.[^"']*)["']/g)) {
      const imported = resolve(dirname(path), withoutExtension(`${target}.ts`));
      if (!texts.has(imported)) add(imported);
    }
  };
  add(resolve(file));
  return texts;
}

/** The name of the file that `./a`, `./a.ts` and, as in JavaScript, `./a.js` stand for, from the compiler's, `a.ts.ts`. */
function withoutExtension(name: string): string {
  return name.replace(/\.[jt]s\.ts$/, ".ts");
}

/**
 * A file and those that it imports, by names relative to its folder: those below it.
 * @throws FileError when the first file cannot be read
 */
export function filesFrom(file: string): ReadonlyMap<string, string> {
  const folder = dirname(resolve(file));
  const nameOf = (path: string) => relative(folder, path).replaceAll("\\", "/");
  const texts = [...importedFrom(file, '"file"')];
  return new Map(texts.map(([path, text]) => [nameOf(path), text] as const).filter(([name]) => !name.startsWith("..")));
}

/** What errors call a source: its path where it was read from a file, from the current folder if it is in it. */
export function titleOf(name: string, { urls }: Sources): string {
  const url = urls.get(withoutExtension(name));
  if (url === undefined) return name;
  const path = fileURLToPath(url);
  const near = relative(process.cwd(), path);
  return near.startsWith("..") ? path : near;
}

/** Where the files are that callers import, and what the compiler is to take for its own runtime. */
const providedFolder = join(packageRoot, "assembly", "jit");

/** A file of `assembly/jit`. */
function providedFile(name: string): string {
  return join(providedFolder, `${name}.ts`);
}

/** The text of a file of `assembly/jit`; `undefined` when it is not there. */
function providedText(name: string): string | undefined {
  const file = providedFile(name);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/**
 * The name in `assembly/jit` of a source, from the path by which the compiler asks for it (`node_modules/mpi/index.ts`) or
 * the name that the compiler gives it (`~lib/mpi/index.ts`); `undefined` for sources of callers and of the compiler.
 */
function providedName(path: string): string | undefined {
  if (path === `${runtimeName}.ts`) return "runtime";
  const [, library, file] = /(?:^~lib|(?:^|\/)node_modules)\/(\w+)\/(\w+)\.ts$/.exec(path) ?? [];
  if (library === undefined || !libraries.includes(library)) return undefined;
  return file === "index" && library !== "mpi" ? library : `${library}/${file}`;
}

/** The text of a source by the compiler's path or name of it: nothing else is on the compiler's disk. */
export function textOf(path: string, files: ReadonlyMap<string, string>): string | undefined {
  const name = providedName(path);
  return name === undefined ? files.get(withoutExtension(path)) : providedText(name);
}

/** As {@link textOf}; the methods of views are called there, not inlined, so that a debugger can step over them. */
export function plainTextOf(path: string, files: ReadonlyMap<string, string>): string | undefined {
  const text = textOf(path, files);
  return providedName(path) === "field" ? text?.replace(/^ *@inline$/gm, "") : text;
}

/** Where a debugger finds a source, by the compiler's name of it: an address, or the name of a file beside the module. */
export function addressOf(name: string, { files, urls }: Sources): string {
  const file = withoutExtension(name);
  if (files.has(file)) return urls.get(file) ?? file;
  const provided = providedName(name);
  if (provided !== undefined) return pathToFileURL(providedFile(provided)).href;
  const standard = join(requireCompiler().folder, "std", "assembly");
  return name.replace(/^~lib\//, `${pathToFileURL(standard).href}/`);
}

/** The files of `assembly/jit` with their texts, once they were read: a program asks for many keys. */
let providedTexts: (readonly [file: string, text: string])[] | undefined;

/**
 * A hash of all that a module is made of but the compiler: sources, options, the files of `assembly/jit`; in plain mode also
 * of where the sources are.
 */
export function keyOf({ files, urls }: Sources, options: CompileOptions, plain = false): string {
  providedTexts ??= readdirSync(providedFolder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .toSorted()
    .map((file) => [file, readFileSync(join(providedFolder, file), "utf8")]);
  const places = plain ? [packageRoot, [...urls]] : [];
  const all = [
    format,
    packageVersion(),
    options.optimize,
    options.debug,
    options.axes,
    providedTexts,
    [...files],
    places,
  ];
  return builtin("crypto").createHash("sha256").update(JSON.stringify(all)).digest("hex");
}
