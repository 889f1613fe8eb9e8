/** AssemblyScript's compiler as a library: sources in memory to a module that can be moved. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { CompileError } from "../errors.js";
import { packageRoot, packageVersion } from "../package.js";
import { hoistInvariants, turnLoops, unmarkViews } from "./passes/loops.js";
import { type Binaryen, type Module, Tree } from "./passes/tree.js";
import { translate } from "./plain/translate.js";
import { compiledBase, compiledPages, compiledShift, layoutOf, movable } from "./relocate.js";

/** What changes the code that is made. */
export interface CompileOptions {
  readonly optimize: 0 | 1 | 2 | 3;
  readonly debug: boolean;
}

/** Sources: their texts by name, the first of which is the one whose exports count. */
export interface Sources {
  readonly files: ReadonlyMap<string, string>;
  /** The URLs of those that were read from files. */
  readonly urls: ReadonlyMap<string, string>;
}

/** The modules that sources can import by name: files in `assembly/jit`. */
const libraries: readonly string[] = ["mpi", "field"];
const runtimeName = "wasm-mpi-runtime";

function libraryFile(name: string): string {
  return join(packageRoot, "assembly", "jit", `${name}.ts`);
}

/** The text of a file of `assembly/jit`; `undefined` when there is none. */
function libraryText(name: string): string | undefined {
  const file = libraryFile(name);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** Another number for each change of what is made of the compiler's output. */
const format = 2;

/** The folder of the compiler, and its version. */
function compilerPackage() {
  const require = createRequire(import.meta.url);
  const { version } = require("assemblyscript/package.json") as { version: string };
  return { version, folder: dirname(require.resolve("assemblyscript/package.json")) };
}

/**
 * A hash of all that a module is made of: sources, options, the libraries of this package, the compiler's version; of
 * its text in plain mode also where the sources are.
 */
export function keyOf({ files, urls }: Sources, options: CompileOptions, plain = false): string {
  const { version } = compilerPackage();
  const texts = [...libraries, "runtime"].map((name) => [name, libraryText(name)]);
  const places = plain ? [packageRoot, [...urls]] : [];
  const all = [format, packageVersion(), version, options.optimize, options.debug, texts, [...files], places];
  return createHash("sha256").update(JSON.stringify(all)).digest("hex");
}

/** The source that the compiler asks for by a path, from what it may read: nothing else is on its disk. */
function sourceOf(path: string, files: ReadonlyMap<string, string>, plain: boolean): string | undefined {
  if (path === `${runtimeName}.ts`) return libraryText("runtime");
  const name = /(?:^|\/)node_modules\/(\w+)\/index\.ts$/.exec(path)?.[1];
  if (name === undefined || !libraries.includes(name)) return files.get(path);
  // In plain mode the methods of views are called, not inlined, so that one can step over them.
  return plain && name === "field" ? libraryText(name)?.replace(/^ *@inline$/gm, "") : libraryText(name);
}

// What of the compiler's objects is used here.
interface Range {
  readonly start: number;
  readonly source: { readonly normalizedPath: string };
}
interface Diagnostic {
  readonly message: string;
  readonly category: number;
  readonly range: Range | null;
}
/** The category of a {@link Diagnostic} that is an error. */
const isError = 3;

/** One compilation after the other: the compiler has state that they would share. */
let last: Promise<unknown> = Promise.resolve();

function inTurn<T>(action: () => Promise<T>): Promise<T> {
  const result = last.then(action);
  last = result.catch(() => undefined);
  return result;
}

/**
 * Compiles files, by name; the first is the one whose exports are the module's. **Local.**
 * @throws CompileError that shows the lines that are wrong
 */
export function compile(files: ReadonlyMap<string, string>, options: CompileOptions): Promise<Uint8Array<ArrayBuffer>> {
  return inTurn(async () => (await compileNow(files, options, false)).bytes);
}

/** As {@link compile}, to the text of a module of JavaScript, in UTF-8, with a source map. **Local.** */
export function compilePlain({ files, urls }: Sources, options: CompileOptions): Promise<Uint8Array<ArrayBuffer>> {
  return inTurn(async () => {
    const { bytes, map } = await compileNow(files, { ...options, optimize: 0 }, true);
    const { folder } = compilerPackage();
    const urlOf = (name: string): string | undefined => {
      if (files.has(name)) return urls.get(name) ?? name;
      if (name === `${runtimeName}.ts`) return pathToFileURL(libraryFile("runtime")).href;
      const library = /^~lib\/(\w+)\/index\.ts$/.exec(name)?.[1];
      if (library && libraries.includes(library)) return pathToFileURL(libraryFile(library)).href;
      return name.replace(/^~lib\//, `${pathToFileURL(join(folder, "std", "assembly")).href}/`);
    };
    try {
      return new TextEncoder().encode(translate(bytes, layoutOf(bytes)!, JSON.parse(map), urlOf));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new CompileError(
        `jit: expected instructions that plain mode knows, got ${error.message}. Leave out WASM_MPI_DISABLE_JIT.`,
        place(files),
      );
    }
  });
}

async function compileNow(files: ReadonlyMap<string, string>, options: CompileOptions, plain: boolean) {
  const first = await compileAt(compiledBase, files, options, plain);
  // Without static data no address is in it.
  const second = first.byteLength === 0 ? first : await compileAt(compiledBase + compiledShift, files, options, plain);
  const bytes = movable(first.bytes, second.bytes, first.byteLength);
  if (!bytes) {
    throw new CompileError(
      "jit: expected static data that can be moved, got addresses that code computes with. Allocate it with heap.alloc().",
      place(files),
    );
  }
  return { bytes, map: first.map };
}

function place(files: ReadonlyMap<string, string>) {
  return { file: [...files.keys()][0]!, line: 1, column: 1 };
}

async function compileAt(
  base: number,
  files: ReadonlyMap<string, string>,
  { optimize, debug }: CompileOptions,
  plain: boolean,
) {
  const { main } = await import("assemblyscript/asc");
  const entry = [...files.keys()][0]!;
  const errors: Diagnostic[] = [];
  let [bytes, byteLength, map] = [new Uint8Array(), 0, ""];
  class Setup {
    declare readonly program: {
      readonly options: { runtime: number; stackSize: number };
      readonly module: {
        useShadowStack: boolean;
        optimize(optimizeLevel: number, shrinkLevel: number, debugInfo: boolean, zeroFilledMemory: boolean): void;
      };
    };
    declare readonly binaryen: Binaryen & {
      getGlobalInfo(global: number): { readonly init: number };
      getExpressionInfo(expression: number): { readonly value: number };
    };

    constructor() {
      // Without the stack of references that a collector needs which runs at any moment; ours runs when it is called.
      const { options, module } = this.program;
      Object.assign(options, { runtime: 1, stackSize: 0 });
      module.useShadowStack = false;
    }

    afterCompile(module: Module) {
      const { binaryen } = this;
      const { init } = binaryen.getGlobalInfo(module.getGlobal("~lib/memory/__heap_base"));
      byteLength = binaryen.getExpressionInfo(init).value - base;
      const tree = new Tree(binaryen, module);
      if (optimize === 3) {
        // Twice: what the first round brings before a loop shows that more stays the same in it.
        for (let round = 0; round < 2; round++) {
          turnLoops(tree);
          this.program.module.optimize(optimize, 0, false, false);
          hoistInvariants(tree);
        }
      }
      unmarkViews(tree);
    }
  }
  // biome-ignore format: an option and its value
  const words = [
    entry, "--outFile", "module.wasm", "--runtime", runtimeName,
    "--importMemory", "--noExportMemory", "--sharedMemory", "--initialMemory", String(compiledPages), "--maximumMemory", "65536",
    "--memoryBase", String(base), "--enable", "simd", "--enable", "threads",
    "--optimizeLevel", String(optimize), "--shrinkLevel", "0",
    ...(debug || plain ? ["--debug"] : []), ...(debug ? [] : ["--noAssert"]), ...(plain ? ["--sourceMap"] : []),
  ];
  const result = await withoutExit(() =>
    main(words, {
      readFile: (name: string) => sourceOf(name.replaceAll("\\", "/"), files, plain) ?? null,
      writeFile: (name, contents) => {
        if (name.endsWith(".map")) map = contents as unknown as string;
        else bytes = contents as Uint8Array<ArrayBuffer>;
      },
      listFiles: () => [],
      reportDiagnostic: (one) => {
        if ((one as unknown as Diagnostic).category === isError) errors.push(one as unknown as Diagnostic);
      },
      transforms: [Setup as never],
    }),
  );
  if (errors.length > 0) throw compileError(errors, files);
  if (result.error) {
    const said = result.error.message;
    throw new CompileError(
      `jit: expected source that compiles, got "${said}" from the compiler. Make the source smaller until it compiles.`,
      place(files),
    );
  }
  return { bytes, byteLength, map };
}

/**
 * Runs the compiler. Where it crashes it prints a report and ends the process, with all that the user has computed; here
 * it returns an error with the first line of what went wrong.
 */
async function withoutExit<R extends { readonly error: Error | null }>(
  run: () => Promise<R>,
): Promise<{ readonly error: Error | null }> {
  const { exit } = process;
  const { error: print } = console;
  let crash: Error | undefined;
  console.error = (...values: unknown[]) => {
    const report = /compiler has crashed during (\w+)(?:.*?((?:Range|Type)?Error: [^\n]*))?/s.exec(String(values[0]));
    if (report) crash = new Error(`a crash during ${report[1]}${report[2] ? ` (${report[2]})` : ""}`);
    else print(...values);
  };
  process.exit = (code) => {
    throw crash ?? exit(code);
  };
  try {
    return await run();
  } catch (error) {
    if (error !== crash) throw error;
    return { error: crash as Error };
  } finally {
    Object.assign(process, { exit });
    console.error = print;
  }
}

/** At most so many errors are shown; the others often follow from them. */
const shown = 5;

function compileError(errors: readonly Diagnostic[], files: ReadonlyMap<string, string>): CompileError {
  const places = errors.slice(0, shown).map(({ message, range }) => {
    const { file, line, column, text } = range ? lineOf(range, files) : { ...place(files), text: "" };
    // Tabs stay tabs, so that the caret is under its column however wide they are.
    const caret = `${text.slice(0, column - 1).replace(/[^\t]/g, " ")}^`;
    const lines = [`${file}:${line}:${column}: ${message}`, `  ${text}`, `  ${caret}`];
    return { file, line, column, lines: range ? lines : lines.slice(0, 1) };
  });
  const count = errors.length === 1 ? "an error" : `${errors.length} errors`;
  const rest = errors.length > shown ? [`and ${errors.length - shown} more`] : [];
  const head = `jit: expected source that compiles, got ${count}. Mend ${errors.length === 1 ? "this line" : "these lines"}.`;
  return new CompileError([head, ...places.flatMap(({ lines }) => lines), ...rest].join("\n"), places[0]!);
}

function lineOf({ start, source }: Range, files: ReadonlyMap<string, string>) {
  const file = source.normalizedPath;
  const library = /^~lib\/(\w+)\/index\.ts$/.exec(file)?.[1];
  const whole = library
    ? libraryText(library)
    : file === `${runtimeName}.ts`
      ? libraryText("runtime")
      : files.get(file);
  const before = (whole ?? "").slice(0, start).split("\n");
  const text = (whole ?? "").split("\n")[before.length - 1]!.trimEnd();
  return { file, line: before.length, column: before.at(-1)!.length + 1, text };
}
