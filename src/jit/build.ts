/** Compiling ahead of time, and modules that were. */
import { readFileSync } from "node:fs";
import { basename, dirname, join, posix } from "node:path";
import { show, wrong } from "../argument.js";
import { CompileError, FileError } from "../errors.js";
import { type CompileOptions, compile } from "./compiler.js";
import { checkImports, type Imports, type Linked, link, programOf } from "./link.js";

/** Options of {@link loadModule}. */
export interface LoadOptions {
  /** Functions that the module imports, by module and name, beside what this package provides. */
  readonly imports?: Imports;
}

/**
 * Links a module that `wasm-mpi build` has made, as `jit` does with what it compiles. Free it when done. **Local.**
 * @param module the file, its URL, or its bytes
 * @throws FileError when the file cannot be read; UsageError for other bytes
 */
export function loadModule<E extends object = Record<string, (...values: unknown[]) => number>>(
  module: string | URL | Uint8Array,
  options: LoadOptions = {},
): Linked<E> {
  for (const key of Object.keys(options)) {
    if (key !== "imports") {
      throw wrong("loadModule", "options among imports", key, "Check its spelling.");
    }
  }
  const { imports = {} } = options;
  checkImports(imports, "loadModule");
  if (typeof module !== "string" && !(module instanceof URL) && !(module instanceof Uint8Array)) {
    throw wrong('loadModule: "module"', "a path, a URL or bytes", show(module), "Pass the file of wasm-mpi build.");
  }
  const bytes = new Uint8Array(module instanceof Uint8Array ? module : read(module));
  return link<E>(programOf(bytes, "loadModule"), imports, "loadModule");
}

function read(file: string | URL): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const what = (error as NodeJS.ErrnoException).code === "ENOENT" ? "does not exist" : "cannot be read";
    throw new FileError(
      `loadModule: expected a file of wasm-mpi build, got ${file}, which ${what}. Check the path.`,
      String(file),
      error,
    );
  }
}

/**
 * Compiles a file, with those beside and below it that it imports. **Local.**
 * @throws FileError when it cannot be read; CompileError that shows the lines that are wrong
 */
export async function buildModule(file: string, options: CompileOptions): Promise<Uint8Array> {
  try {
    return await compile(sourcesOf(file), options);
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    throw new CompileError(error.message.replace(/^jit: /, ""), error);
  }
}

/** A file and those that it imports, by names relative to its folder; what is missing the compiler tells. */
function sourcesOf(file: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  const add = (name: string) => {
    const path = join(dirname(file), name);
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch (error) {
      if (texts.size > 0) return;
      const what = (error as NodeJS.ErrnoException).code === "ENOENT" ? "does not exist" : "cannot be read";
      throw new FileError(`"file" expected a source, got ${file}, which ${what}. Check the path.`, file, error);
    }
    texts.set(name, text);
    for (const [, target] of text.matchAll(/\bfrom\s*["'](\.[^"']*)["']/g)) {
      const other = `${posix.join(posix.dirname(name), target!)}.ts`;
      if (!other.startsWith("..") && !texts.has(other)) add(other);
    }
  };
  add(basename(file));
  return texts;
}
