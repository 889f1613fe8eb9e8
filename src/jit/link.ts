/** A compiled module at work: its imports, its exports as functions of JavaScript, its traps as errors, and its release. */
import { show, wrong } from "../argument.js";
import { KernelError } from "../errors.js";
import { Comm } from "../mpi/comm/comm.js";
import { allocator } from "../wasm/core.js";
import { inMemory, memory } from "../wasm/memory.js";
import { commHandleOf, mpiImports } from "./mpi/host.js";
import { layoutOf, moved } from "./relocate.js";
import { providedModules } from "./sources.js";

/** Functions that a module may import, by module and name. */
export type Imports = Readonly<Record<string, Readonly<Record<string, (...values: never[]) => unknown>>>>;

/** What a compiled module exports, and `free()`. */
export type Linked<E extends object> = E & {
  /** Gives back the memory of the module: its static data and all that it allocated. **Local.** */
  free(): void;
};

/** Checks the imports that a caller gives. @throws UsageError for names of this package and for what is no function */
export function checkImports(imports: Imports, where: string): void {
  for (const [name, functions] of Object.entries(imports)) {
    if (providedModules.includes(name)) {
      throw wrong(
        `${where}: "imports"`,
        `modules other than ${providedModules.join(", ")}`,
        show(name),
        "Choose another name.",
      );
    }
    for (const [key, value] of Object.entries(functions)) {
      if (typeof value === "function") continue;
      throw wrong(`${where}: "imports.${name}.${key}"`, "a function", show(value), "Leave out what is none.");
    }
  }
}

/** What `abort` in compiled code throws, so that the call from JavaScript ends. */
class Aborted extends Error {}

/** The imports that this package provides to each module. */
function environment(): Table {
  const { memory: linear, alloc, free } = allocator();
  return {
    env: {
      memory: linear,
      abort(message: number, file: number, line: number, column: number) {
        throw new Aborted(`${textAt(message) || "abort"} (${textAt(file) || "source"}:${line}:${column})`);
      },
      seed: Math.random,
      "console.log": (text: number) => console.log(textAt(text)),
    },
    heap: { alloc, free },
    mpi: mpiImports(),
  };
}

/** The text of a string of AssemblyScript: two bytes a unit, and the number of bytes in the 4 bytes before the first. */
function textAt(ptr: number): string {
  if (ptr === 0) return "";
  const { buffer } = allocator().memory;
  const byteLength = new DataView(buffer).getUint32((ptr >>> 0) - 4, true);
  return Buffer.from(new Uint8Array(buffer, ptr >>> 0, byteLength)).toString("utf16le");
}

/** All that a module may import, by module and name. */
type Table = Record<string, Record<string, unknown>>;

/** A module before it is linked. */
export interface Program {
  /** Bytes of its static data. */
  readonly byteLength: number;
  /** The module with its static data at an address. */
  at(base: number): {
    readonly imports: readonly { readonly module: string; readonly name: string }[];
    /** Links the module, runs its start, and returns its exports. */
    start(table: Table): Record<string, unknown>;
  };
}

/** The program of a module that `compile()` has made. @throws UsageError for other bytes */
export function programOf(bytes: Uint8Array<ArrayBuffer>, where: string): Program {
  const layout = layoutOf(bytes);
  if (!layout) {
    throw wrong(where, 'a module made by jit or "wasm-mpi build"', "other bytes", "Build it again.");
  }
  return {
    byteLength: layout.byteLength,
    at(base) {
      const module = new WebAssembly.Module(moved(bytes, layout, base));
      return {
        imports: WebAssembly.Module.imports(module),
        start: (table) => new WebAssembly.Instance(module, table as WebAssembly.Imports).exports,
      };
    },
  };
}

/** Links a program to the one memory. **Local.** @throws UsageError for an import that nobody provides */
export function link<E extends object>(program: Program, imports: Imports, where: string): Linked<E> {
  const table: Table = { ...environment(), ...imports };
  const staticPtr = program.byteLength > 0 ? memory.alloc(program.byteLength) : 0;
  try {
    const module = program.at(staticPtr);
    checkLinks(module.imports, table, where);
    const exports = guard("start", () => module.start(table))();
    return new Exports(exports, staticPtr, where).table as Linked<E>;
  } catch (error) {
    if (staticPtr !== 0) memory.free(staticPtr);
    throw error;
  }
}

function checkLinks(imports: ReturnType<Program["at"]>["imports"], table: Table, where: string): void {
  for (const { module: from, name } of imports) {
    if (Object.hasOwn(table, from) && Object.hasOwn(table[from]!, name)) continue;
    const action = providedModules.includes(from)
      ? "Leave it out."
      : `Give it as imports: { ${JSON.stringify(from)}: { ${JSON.stringify(name)}: ... } }.`;
    throw wrong(where, 'imports of "mpi", "field" and those in "imports"', `${from}.${name}`, action);
  }
}

class Exports {
  readonly table: Record<string, unknown> = {};
  readonly #staticPtr: number;
  readonly #end: () => void;
  #freed = false;

  constructor(exports: Record<string, unknown>, staticPtr: number, where: string) {
    this.#staticPtr = staticPtr;
    this.#end = exports.__end as () => void;
    for (const [name, value] of Object.entries(exports)) {
      if (name === "free") {
        throw wrong(
          where,
          "exports other than free, which gives back the module",
          "a function of that name",
          "Rename it.",
        );
      }
      if (name.startsWith("__")) continue;
      if (typeof value === "function") this.table[name] = this.#wrap(name, value as (...values: unknown[]) => unknown);
      else this.#expose(name, value as WebAssembly.Global);
    }
    Object.defineProperty(this.table, "free", { value: () => this.#free() });
  }

  #wrap(name: string, run: (...values: unknown[]) => unknown) {
    const guarded = guard(name, run);
    const count = run.length;
    return (...values: unknown[]): unknown => {
      if (this.#freed) {
        throw wrong(name, "a module in use", "a freed one", "Call free() last.");
      }
      if (values.length !== count) {
        throw wrong(
          name,
          `${count} ${count === 1 ? "argument" : "arguments"}`,
          values.length,
          "Give each parameter a value.",
        );
      }
      for (let i = 0; i < count; i++) {
        if (typeof values[i] !== "number") values[i] = argumentOf(values[i], name, i);
      }
      return guarded(...values);
    };
  }

  #expose(name: string, global: WebAssembly.Global): void {
    Object.defineProperty(this.table, name, { enumerable: true, get: () => global.value });
  }

  #free(): void {
    if (this.#freed) return;
    this.#freed = true;
    this.#end();
    if (this.#staticPtr !== 0) memory.free(this.#staticPtr);
  }
}

/** An argument as compiled code takes it: arrays in the memory as addresses. */
function argumentOf(value: unknown, name: string, index: number): number | bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "boolean") return Number(value);
  if (value instanceof Comm) return commHandleOf(value);
  const data = ArrayBuffer.isView(value) ? value : (value as { data?: unknown } | null | undefined)?.data;
  if (ArrayBuffer.isView(data)) {
    if (inMemory(data)) return data.byteOffset;
    throw wrong(
      `${name}: argument ${index}`,
      "an array in the WebAssembly memory",
      `${show(data)} elsewhere`,
      "Make it with heap.array().",
    );
  }
  throw wrong(
    `${name}: argument ${index}`,
    "a number, an array in the WebAssembly memory, a field or a communicator",
    show(value),
    "Pass one of them.",
  );
}

/** A function whose traps are {@link KernelError}s with its name; errors that its imports throw pass through. */
function guard<R>(name: string, run: (...values: unknown[]) => R): (...values: unknown[]) => R {
  return (...values) => {
    try {
      return run(...values);
    } catch (error) {
      throw isTrap(error) ? trapped(name, error) : error;
    }
  };
}

function isTrap(error: unknown): error is Error {
  if (error instanceof Aborted || error instanceof WebAssembly.RuntimeError) return true;
  return error instanceof RangeError && error.message.startsWith("Maximum call stack");
}

/** The compiled functions in a stack trace, by the names of a debug build; in plain mode with their lines. */
function pathOf(error: Error): string {
  const frames = Array.from(String(error.stack).matchAll(/^ +at (\S+) \((.*)\)$/gm), ([, name, place]) => {
    const line = /[^/\\]+\.ts:\d+:\d+$/.exec(place!)?.[0];
    return { name: name!, text: line ? `${name} (${line})` : name! };
  });
  const inner = frames.filter(({ name }) => name.includes("/") && !name.startsWith("~lib/"));
  const texts = inner.slice(0, 3).map(({ text }) => text);
  return texts.length > 0 ? ` in ${texts.join(", called by ")}` : "";
}

function trapped(name: string, error: Error): KernelError {
  const what = error instanceof RangeError ? "stack overflow" : error.message;
  const path = pathOf(error);
  const action = path ? "Mend that function." : "Compile it with { debug: true } to see where.";
  const kind = error instanceof Aborted ? "abort" : "trap";
  const text = `${name}: expected the function to return, got the ${kind} "${what}"${path}. ${action}`;
  return new KernelError(text, name, error);
}
