import { expectKeys, show, wrong } from "../argument.js";
import { isPlain } from "../environment.js";
import { onAllRanks } from "./broadcast.js";
import type { Called } from "./called.js";
import { moduleOf } from "./kept.js";
import { type AnyExports, checkImports, type Imports, type Linked, link, programOf } from "./link.js";
import { plainProgram } from "./plain/program.js";
import { type CompileOptions, type Files, keyOf, readSources } from "./sources.js";

/** Options of {@link jit}. */
export interface JitOptions {
  /** How much the compiler optimises, 0 to 3. Default: 3, or 0 with `debug`. */
  readonly optimize?: 0 | 1 | 2 | 3;
  /** Checks assertions, and names functions in errors. Default: false. */
  readonly debug?: boolean;
  /** Functions that the source may import, by module and name, beside those that this package provides. */
  readonly imports?: Imports;
  /** Compiles on this rank alone, for a source that other ranks do not have. Default: false. */
  readonly local?: boolean;
}

/** A compiled module: what its source exports, and `free()`. */
export type Jitted<E extends object> = Linked<E>;

/**
 * Compiles AssemblyScript and links it to the one WebAssembly memory. Resolves to what the source exports: numbers, texts,
 * arrays and fields are checked and passed as the types that the source declares. Arrays of `heap.array` and fields are passed
 * themselves, other typed arrays are copied, and copied back after the call. Free the module when done. **Collective** after
 * `mpi.init()`, with the same source and options on all ranks, of which rank 0 compiles; **local** before `mpi.init()`, and
 * with `local`. A source in a file is given as its URL, `new URL("./heat.ts", import.meta.url)`; the files that it imports by relative
 * paths are read as well. What was compiled once is kept on disk, see `WASM_MPI_CACHE`.
 *
 * ```js
 * const { mean, free } = await jit(`
 *   export function mean(values: Float64Array): f64 {
 *     let sum = 0.0;
 *     for (let i = 0; i < values.length; i++) sum += values[i];
 *     return sum / values.length;
 *   }
 * `);
 * mean(heap.array("f64", 100));
 * ```
 * @throws CompileError that shows the lines that are wrong; LibraryError without the package assemblyscript, which is optional; calls throw UsageError for a value that is not of the declared
 * type, and KernelError for a trap
 */
export async function jit<E extends object = AnyExports>(
  source: string | URL | Files,
  options: JitOptions = {},
): Promise<Jitted<Called<E>>> {
  const settings = checkOptions(options);
  const sources = readSources(source);
  const plain = isPlain();
  const key = keyOf(sources, settings, plain);
  const make = () => moduleOf(key, { sources, options: settings, isPlain: plain });
  const bytes = await (options.local ? make() : onAllRanks(key, make));
  const program = plain ? plainProgram(bytes, key, sources) : programOf(bytes, "jit");
  return link<Called<E>>(program, options.imports ?? {}, "jit");
}

function checkOptions(options: JitOptions): CompileOptions {
  expectKeys("jit", options, ["optimize", "debug", "imports", "local"]);
  const { debug = false, optimize = debug ? 0 : 3, imports = {}, local = false } = options;
  if (typeof debug !== "boolean") {
    throw wrong('jit: "debug"', "true or false", show(debug), "Leave it out for false.");
  }
  if (typeof local !== "boolean") {
    throw wrong('jit: "local"', "true or false", show(local), "Leave it out for false.");
  }
  if (![0, 1, 2, 3].includes(optimize)) {
    throw wrong('jit: "optimize"', "0, 1, 2 or 3", show(optimize), "Leave it out for 3.");
  }
  checkImports(imports, "jit");
  return { debug, optimize };
}
