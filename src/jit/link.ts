/** A compiled module at work: its imports, its exports as functions of JavaScript, its traps as errors, and its release. */
import { nearest, show, wrong } from "../argument.js";
import { memory } from "../wasm/memory.js";
import { Border } from "./border/border.js";
import { exposed, imported, wrapped } from "./border/call.js";
import type { Signatures } from "./border/signature.js";
import { environment, type Table } from "./environment.js";
import { freeOps, pendingOf } from "./mpi/host.js";
import { startOps } from "./mpi/ops.js";
import { layoutOf, moved } from "./relocate.js";
import { providedModules } from "./sources.js";
import { told } from "./trap.js";

/** Functions that a module may import, by module and name. */
export type Imports = Readonly<Record<string, Readonly<Record<string, (...values: never[]) => unknown>>>>;

/** What a module exports whose types are not named: functions and variables of any type. */
// biome-ignore lint/suspicious/noExplicitAny: TypeScript does not know the source.
export type AnyExports = Record<string, any>;

/** What a compiled module exports, and `free()`. */
export type Linked<E extends object> = E & {
  /** Gives back the memory of the module: its static data and all that it allocated. **Local.** */
  free(): void;
};

/** Checks the imports that a caller gives. @throws UsageError for names of this package and for what is no function */
export function checkImports(imports: Imports, where: string): void {
  expectModules(`${where}: "imports"`, imports, "modules");
  for (const [name, functions] of Object.entries(imports)) {
    if (providedModules.includes(name)) {
      throw wrong(
        `${where}: "imports"`,
        `modules other than ${providedModules.join(", ")}`,
        show(name),
        "Choose another name.",
      );
    }
    expectModules(`${where}: "imports.${name}"`, functions, "functions");
    for (const [key, value] of Object.entries(functions)) {
      if (typeof value === "function") continue;
      throw wrong(`${where}: "imports.${name}.${key}"`, "a function", show(value), "Leave out what is none.");
    }
  }
}

function expectModules(where: string, value: unknown, what: string): void {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw wrong(
    where,
    `an object of ${what} by name`,
    show(value),
    "Write { host: { progress: (n) => ... } } for imports.",
  );
}

/** A module before it is linked. */
export interface Program {
  /** Bytes of its static data. */
  readonly byteLength: number;
  readonly signatures: Signatures;
  /** The module with its static data at an address. */
  at(base: number): {
    /** None in plain mode. */
    readonly module?: WebAssembly.Module;
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
    signatures: layout.signatures,
    at(base) {
      const module = new WebAssembly.Module(moved(bytes, layout, base));
      return {
        module,
        imports: WebAssembly.Module.imports(module),
        start: (table) => new WebAssembly.Instance(module, table as WebAssembly.Imports).exports,
      };
    },
  };
}

/** The imports of a caller, which get and return values of JavaScript. */
function lifted(imports: Imports, signatures: Signatures, border: Border): Table {
  const known = Object.entries(imports).map(([from, functions]) => {
    const entries = Object.entries(functions).map(([name, run]) => {
      const members = signatures.imports[from] ?? {};
      const signature = Object.hasOwn(members, name) ? members[name] : undefined;
      return [name, signature ? imported(`${from}.${name}`, run as never, signature, border) : run];
    });
    return [from, Object.fromEntries(entries)];
  });
  return Object.fromEntries(known);
}

/** The exports of a module after its start. */
function started(start: () => Record<string, unknown>): Record<string, unknown> {
  try {
    return start();
  } catch (error) {
    throw told("start", error);
  }
}

/** Links a program to the one memory. **Local.** @throws UsageError for an import that nobody provides */
export function link<E extends object>(program: Program, imports: Imports, where: string): Linked<E> {
  const border = new Border();
  const table: Table = { ...environment(), ...lifted(imports, program.signatures, border) };
  const staticPtr = program.byteLength > 0 ? memory.alloc(program.byteLength) : 0;
  try {
    const module = program.at(staticPtr);
    checkLinks(module.imports, table, where);
    const exports = started(() => module.start(table));
    const endCalls = endingCalls(table.mpi!, exports);
    const free = () => {
      if (border.isFreed) return;
      expectNonePending(table.mpi!);
      freeOps(table.mpi!);
      border.free();
      (exports.__end as () => void)();
      if (staticPtr !== 0) memory.free(staticPtr);
    };
    const all = exposedAll(exports, program.signatures, border, endCalls);
    return Object.defineProperty(all, "free", { value: free }) as Linked<E>;
  } catch (error) {
    freeOps(table.mpi!);
    if (staticPtr !== 0) memory.free(staticPtr);
    throw error;
  }
}

/**
 * Starts the operations of a module, known by its imports. @returns what frees the memory of calls of MPI that have thrown:
 * of a function that an operation calls those of the reduction go on
 */
function endingCalls(imports: object, exports: Record<string, unknown>): () => void {
  const { __combine, __endCalls } = exports as { __combine: Parameters<typeof startOps>[1]; __endCalls?: () => void };
  let depth = 0;
  startOps(imports, (...ptrs) => {
    depth++;
    try {
      __combine(...ptrs);
    } finally {
      depth--;
    }
  });
  return () => {
    if (depth === 0) __endCalls?.();
  };
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

/** The functions and variables of a module for JavaScript. */
function exposedAll(
  exports: Record<string, unknown>,
  signatures: Signatures,
  border: Border,
  endCalls: () => void,
): object {
  const surroundings = {
    border,
    setLength: exports.__setArgumentsLength as (count: number) => void,
    told(name: string, error: unknown) {
      endCalls();
      return told(name, error);
    },
  };
  const properties = Object.entries(signatures.exports).map(([name, signature]): [string, PropertyDescriptor] => {
    if ("variable" in signature) {
      return [name, exposed(name, exports[name] as WebAssembly.Global, signature, surroundings)];
    }
    const run = exports[name] as (...values: unknown[]) => unknown;
    return [name, { enumerable: true, value: wrapped(name, run, signature, surroundings) }];
  });
  const variables = Object.entries(signatures.exports).flatMap(([name, value]) => ("variable" in value ? [name] : []));
  return Object.create(guard(variables), Object.fromEntries(properties)) as object;
}

/** What lies beneath the exports, so that setting what is none of them is an error. Exports are found before it. */
function guard(variables: readonly string[]): object {
  const set = (_: object, key: string | symbol) => {
    const name = String(key);
    const near = nearest(name, variables);
    const todo = near ? `Did you mean ${near}?` : "Keep what is not of the module elsewhere.";
    throw wrong(name, "a variable that the source exports (export let)", "none", todo);
  };
  return new Proxy({}, { set });
}

/** @throws UsageError while requests are under way that a module, known by its imports, has begun */
function expectNonePending(imports: object): void {
  const pending = pendingOf(imports);
  if (pending === 0) return;
  const todo = "Wait for them before, with wait or waitall.";
  throw wrong("free", "requests of isend and irecv that are over", `${pending} under way`, todo);
}
