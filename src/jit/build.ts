/** Compiling ahead of time to a file, and loading modules that were compiled so. */
import { readFileSync } from "node:fs";
import { expectKeys, show, wrong } from "../argument.js";
import { CompileError, FileError, LibraryError } from "../errors.js";
import { compile } from "./apart.js";
import { type AnyExports, checkImports, type Imports, type Linked, link, programOf } from "./link.js";
import { type CompileOptions, filesFrom } from "./sources.js";

/** Options of {@link loadModule}. */
export interface LoadOptions {
  /** Functions that the module imports, by module and name, beside those that this package provides. */
  readonly imports?: Imports;
}

/**
 * Links a module that `wasm-mpi build` has made, as `jit` links what it compiles. Free the module when done. **Local.**
 *
 * ```js
 * const { mean, free } = loadModule("mean.wasm"); // npx wasm-mpi build mean.ts
 * console.log(mean(Float64Array.of(1, 2, 6))); // 3
 * free();
 * ```
 * @param module the file, its URL, or its bytes
 * @throws FileError when the file cannot be read; UsageError for other bytes
 */
export function loadModule<E extends object = AnyExports>(
  module: string | URL | Uint8Array,
  options: LoadOptions = {},
): Linked<E> {
  expectKeys("loadModule", options, ["imports"]);
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
 * Compiles a file, with the files beside and below it that it imports. **Local.**
 * @throws FileError when the file cannot be read; CompileError that shows the lines that are wrong
 */
export async function buildModule(file: string, options: CompileOptions): Promise<Uint8Array> {
  try {
    return await compile({ sources: { files: filesFrom(file), urls: new Map() }, options, isPlain: false });
  } catch (error) {
    const text = String((error as Error)?.message).replace(/^jit: /, "");
    if (error instanceof CompileError) throw new CompileError(text, error);
    if (error instanceof LibraryError) throw new LibraryError(text);
    throw error;
  }
}
