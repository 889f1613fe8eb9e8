/** AssemblyScript's compiler as a library: sources in memory to a module that can be moved. */

import { compileError, type Diagnostic, startOf } from "../diagnostics.js";
import { CompileError } from "../errors.js";
import { patiently } from "../tiering.js";
import { type Range, type Refusal, signaturesOf } from "./border/declared.js";
import type { Signatures } from "./border/signature.js";
import { inlinedTooOften, type Limited, limitTypes } from "./limits.js";
import { Origins, type Traced } from "./origin.js";
import { passesOf } from "./passes/index.js";
import { hasOperations, refuseOperations } from "./passes/operation.js";
import { refuseStencils, type StencilProgram, StencilReader } from "./passes/stencil.js";
import { addSweep } from "./passes/sweep.js";
import { type Binaryen, type Module, Tree } from "./passes/tree.js";
import { translate } from "./plain/translate.js";
import { compiledBase, compiledPages, compiledShift, layoutOf, movable } from "./relocate.js";
import {
  addressOf,
  type CompileOptions,
  isProvided,
  plainTextOf,
  runtimeName,
  type Sources,
  textOf,
  titleOf,
} from "./sources.js";

/** An error or a warning of the compiler, as far as it is used here. */
interface Report {
  readonly message: string;
  readonly category: number;
  readonly range: Range | null;
}
/** The category of a {@link Report} that is an error. */
const isError = 3;

/** What one run of the compiler makes. */
interface Output {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes of static data. */
  readonly byteLength: number;
  /** The source map, where one is asked for. */
  readonly map: string;
  readonly signatures: Signatures;
}

/**
 * Compiles files, by name; the first is the one whose exports are the module's. The compiler has state: one compilation is
 * to end before another one begins, see `apart.ts`. **Local.**
 * @throws CompileError that shows the lines that are wrong
 */
export async function compile(
  files: ReadonlyMap<string, string>,
  options: CompileOptions,
  urls: ReadonlyMap<string, string> = new Map(),
): Promise<Uint8Array<ArrayBuffer>> {
  return (await compileMovable({ files, urls }, options, false)).bytes;
}

/** As {@link compile}, to the text of a module of JavaScript, in UTF-8, with a source map. **Local.** */
export async function compilePlain(sources: Sources, options: CompileOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { bytes, map } = await compileMovable(sources, { ...options, optimize: 0 }, true);
  try {
    const text = translate(bytes, layoutOf(bytes)!, JSON.parse(map), (name) => addressOf(name, sources));
    return new TextEncoder().encode(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CompileError(
      `jit: expected instructions that plain mode knows, got ${error.message}. Leave out WASM_MPI_DISABLE_JIT.`,
      startOf(entryTitle(sources)),
    );
  }
}

/** What is to be compiled. */
export interface Task {
  readonly sources: Sources;
  readonly options: CompileOptions;
  readonly isPlain: boolean;
}

/** Compiles for WebAssembly or for plain mode. **Local.** @throws CompileError */
export function compileTask({ sources, options, isPlain }: Task): Promise<Uint8Array<ArrayBuffer>> {
  return isPlain ? compilePlain(sources, options) : compile(sources.files, options, sources.urls);
}

/** The name of the file whose exports are the module's. */
function entryOf(files: ReadonlyMap<string, string>): string {
  return [...files.keys()][0]!;
}

/** What errors call that file. */
function entryTitle(sources: Sources): string {
  return titleOf(entryOf(sources.files), sources);
}

/** Compiles for two addresses of the static data, and makes one module of the two that can be moved to any. */
async function compileMovable(sources: Sources, options: CompileOptions, plain: boolean) {
  const first = await compileAt(compiledBase, sources, options, plain);
  // A module without static data holds no address.
  const second =
    first.byteLength === 0 ? first : await compileAt(compiledBase + compiledShift, sources, options, plain);
  const bytes = movable(first.bytes, second.bytes, first.byteLength, first.signatures);
  if (!bytes) {
    throw new CompileError(
      "jit: expected static data that can be moved, got addresses that code computes with. Allocate it with heap.alloc().",
      startOf(entryTitle(sources)),
    );
  }
  return { bytes, map: first.map };
}

/** AssemblyScript, once a source was compiled. */
let assemblyscript: Promise<typeof import("assemblyscript/asc")> | undefined;

async function compileAt(
  base: number,
  sources: Sources,
  { optimize, debug, axes }: CompileOptions,
  plain: boolean,
): Promise<Output> {
  // The name is no literal, so that bundlers leave 8 MB out that not everybody has.
  const name: string = "assemblyscript/asc";
  assemblyscript ??= patiently(() => import(/* @vite-ignore */ name) as Promise<typeof import("assemblyscript/asc")>);
  const { main } = await assemblyscript;
  const { files } = sources;
  const entry = entryOf(files);
  const errors: Report[] = [];
  let origins: Origins | undefined;
  let told = 0;
  let [bytes, byteLength, map] = [new Uint8Array(), 0, ""];
  let limit: CompileError | undefined;
  let signatures: Signatures = { exports: {}, imports: {} };
  class Setup {
    declare readonly program: StencilProgram &
      Limited &
      Traced & {
        readonly options: { runtime: number; stackSize: number; sourceMap: boolean };
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
      // The compiler's collector may run at any moment and needs a stack of references; ours runs only when it is called.
      const { options, module } = this.program;
      Object.assign(options, { runtime: 1, stackSize: 0 });
      module.useShadowStack = false;
      // Places of calls, for what is told of the offsets in them, and of functions that MPI calls.
      if (axes !== undefined || hasOperations(files)) options.sourceMap = true;
    }

    afterInitialize() {
      origins = new Origins(this.program);
      limitTypes(this.program, (name) => {
        const got = `${name.slice(0, 60)} ...`;
        const todo = "Mend what makes a type of itself without end.";
        limit = new CompileError(
          `jit: expected types with names of at most 1000 letters, got ${got}. ${todo}`,
          startOf(titleOf(entry, sources)),
        );
        throw limit;
      });
    }

    afterCompile(module: Module) {
      const { binaryen, program } = this;
      const { refusals, ...declared } = signaturesOf(program, entry, axes !== undefined);
      signatures = declared;
      const inlined = inlinedTooOften(program);
      const refuse = ({ message, range }: Refusal) => errors.push({ message, range, category: isError });
      [...refusals, ...inlined].forEach(refuse);
      if (inlined.length > 0) throw new Error("what follows would take minutes");
      const { init } = binaryen.getGlobalInfo(module.getGlobal("~lib/memory/__heap_base"));
      byteLength = binaryen.getExpressionInfo(init).value - base;
      const tree = new Tree(binaryen, module, () => program.module.optimize(optimize, 0, false, false));
      if (axes === undefined) {
        refuseStencils(program).forEach(refuse);
        if (hasOperations(files)) refuseOperations(tree, program).forEach(refuse);
      } else {
        const reader = new StencilReader(tree, program, axes);
        const kernel = reader.read(entry);
        reader.refusals.forEach(refuse);
        if (!kernel) return;
        const distances = addSweep(tree, kernel, { axes, isPlain: plain, isInlined: optimize === 3 });
        signatures = { exports: {}, imports: {}, stencil: { ...kernel.stencil, distances } };
      }
      for (const pass of passesOf(optimize, axes !== undefined)) pass(tree);
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
  const read = plain ? plainTextOf : textOf;
  const result = await withoutExit(() =>
    main(words, {
      readFile: (path: string) => read(path.replaceAll("\\", "/"), files) ?? null,
      writeFile: (name, contents) => {
        if (name.endsWith(".map")) map = contents as unknown as string;
        else bytes = contents as Uint8Array<ArrayBuffer>;
      },
      listFiles: () => [],
      reportDiagnostic: (diagnostic) => {
        const report = diagnostic as unknown as Report;
        if (report.category === isError) addError(errors, report, origins?.of(told));
        told++;
      },
      transforms: [Setup as never],
    }),
  );
  if (limit) throw limit;
  const diagnostics = errors.map((report) => diagnosticOf(report, sources));
  if (diagnostics.length > 0) throw compileError("jit", diagnostics);
  if (result.error) {
    const said = result.error.message;
    throw new CompileError(
      `jit: expected source that compiles, got "${said}" from the compiler. Make the source smaller until it compiles.`,
      startOf(titleOf(entry, sources)),
    );
  }
  return { bytes, byteLength, map, signatures };
}

/**
 * Adds an error, where the caller can mend it: one that was found in a file that is not the caller's, at the place in the
 * caller's sources that it comes from. Of several from one place the first is the cause.
 */
function addError(errors: Report[], error: Report, origin: Range | undefined): void {
  if (!error.range || !origin || !isProvided(error.range.source.normalizedPath)) errors.push(error);
  else if (!errors.some(({ range }) => range === origin)) errors.push({ ...error, range: origin });
}

function diagnosticOf({ message, range }: Report, sources: Sources): Diagnostic {
  if (!range) return { message, file: entryTitle(sources) };
  const name = range.source.normalizedPath;
  return {
    message: reworded(message),
    file: titleOf(name, sources),
    text: textOf(name, sources.files) ?? "",
    position: range.start,
  };
}

/** Names modules and files as sources do, and not as the compiler looks them up. */
function reworded(message: string): string {
  const [, refusal] = /^User-defined: "(.*)"$/s.exec(message) ?? [];
  if (refusal !== undefined) return refusal;
  if (/^Conversion from type 'f(32|64)' to 'i32'/.test(message)) {
    return `${message} A variable that begins as 0 is an i32: write 0.0 there.`;
  }
  const [, library, name] = /^File '(~lib\/)?(.+)\.ts' not found\.$/.exec(message) ?? [];
  if (name === undefined) return message.replace(/'~lib\/(mpi|field)'/, '"$1"');
  if (library === undefined) return `There is no file "${name}.ts" among the sources. Give it as one of { files }.`;
  const how = `@external("${name}", "f") declare function f(): void`;
  return `There is no module "${name}". Sources import "mpi", "field" and each other; functions of JavaScript are declared: ${how}.`;
}

/**
 * Runs the compiler. A compiler that crashes prints a report and ends the process, and with it all that the user has
 * computed; here the crash becomes an error with the first line of the report.
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
    if (error === crash) return { error: crash as Error };
    // Of deep nesting the compiler throws as it comes, and its report of a crash may crash in turn.
    return { error: new Error(error instanceof RangeError ? `a crash (${error})` : "a crash") };
  } finally {
    Object.assign(process, { exit });
    console.error = print;
  }
}
