/**
 * What a kernel of a stencil must not do besides reading and setting its cells: write to memory, make objects, and look at
 * what differs from cell to cell or from rank to rank. Tables of numbers that nothing writes to are left.
 */
import { type Range, type Refusal, refuseOnce } from "../border/declared.js";
import { runtimeName } from "../sources.js";
import type { Source, StencilProgram } from "./stencil.js";
import type { FunctionInfo, Node, Tree } from "./tree.js";

const messages = {
  write:
    "A kernel sets its Cells and local variables, and writes nothing else: the order of the cells is open. Call set of a field.",
  read: "A kernel reads its Cells, numbers and constants: what else is in memory may change. Pass it as a field.",
  object:
    "A kernel makes no objects: each cell would take memory. Use numbers, or a table outside functions: const w: StaticArray<f64> = [1, 2, 1].",
  outside:
    "Random numbers, clocks and functions of outside differ from cell to cell and from rank to rank. Pass a number to the kernel.",
};

type Problem = keyof typeof messages;

/** Nodes that write; what an allocation would write is found before. */
const writes: ReadonlySet<string | undefined> = new Set([
  "Store",
  "SIMDLoadStoreLane",
  "MemoryInit",
  "MemoryCopy",
  "MemoryFill",
  "MemoryGrow",
  "AtomicRMW",
  "AtomicCmpxchg",
  "AtomicWait",
  "AtomicNotify",
]);
/** Nodes that read memory: in functions of the compiler's library these are the elements of tables. */
const reads: ReadonlySet<string | undefined> = new Set(["Load", "SIMDLoad", "MemorySize"]);

/** What begins the names of functions that make objects, of those that move bytes, and of those of `assembly/jit/stencil.ts`. */
const makers = new RegExp(`^(${runtimeName}|~lib/rt(?!/common))/|#constructor$`);
const [movers, marks] = ["~lib/memory/", "~lib/stencil/"];

/** A node of a source, as far as it is looked at here. */
interface Written {
  readonly range: Range;
  readonly text?: unknown;
}

/** A file, as far as it is looked at here. */
interface File {
  lookup(name: string): { readonly internalName: string } | null;
  /** What is outside functions. */
  readonly startFunction: Instance;
}

/** A function as the compiler has it, as far as it is looked at here. */
interface Instance {
  readonly debugLocations?: ReadonlyMap<Node, Range>;
  readonly identifierNode?: { readonly range: Range };
}

/** What in the files of a kernel is refused: of what follows from another refusal nothing. */
export function refuseOutside(tree: Tree, program: StencilProgram, files: readonly Source[]): readonly Refusal[] {
  const outside = new Outside(tree, program, files);
  const tries = [() => namesOf(program, files), () => outside.ofStart(), () => outside.ofFunctions()];
  for (const refusals of tries) {
    const found = refusals();
    if (found.length > 0) return found;
  }
  return [];
}

function fileOf({ filesByName }: StencilProgram, source: Source): File {
  return filesByName.get(nameOf(source)) as unknown as File;
}

/** Names of the compiler that stand for addresses, of which the tree shows nothing. */
function namesOf(program: StencilProgram, files: readonly Source[]): Refusal[] {
  return files.flatMap((source) => {
    const file = fileOf(program, source);
    const found: Refusal[] = [];
    const known = new Set<unknown>();
    const check = ({ text, range }: Written, isUsed: boolean) => {
      const isAddress = typeof text === "string" && (isUsed ? /^(changetype|memory|heap)$|^__/ : /^__/).test(text);
      if (!isAddress || !file.lookup(text)?.internalName.startsWith("~lib/")) return;
      const message = `${text} is not for kernels: addresses differ from rank to rank. Use Cells and numbers.`;
      refuseOnce(found, message, range);
    };
    const visit = (value: unknown): void => {
      if (typeof value !== "object" || value === null || known.has(value)) return;
      known.add(value);
      if (Array.isArray(value)) value.forEach(visit);
      if (!("range" in value)) return;
      check(value as Written, false);
      // Called, or with a member named: a variable of the same name is neither.
      if ("expression" in value && ("args" in value || "property" in value)) check(value.expression as Written, true);
      for (const [key, below] of Object.entries(value)) if (key !== "range" && key !== "source") visit(below);
    };
    source.statements.forEach(visit);
    return found;
  });
}

function nameOf({ normalizedPath }: Source): string {
  return normalizedPath.replace(/\.ts$/, "");
}

class Outside {
  readonly #tree: Tree;
  readonly #program: StencilProgram;
  readonly #files: readonly Source[];
  readonly #functions: ReadonlyMap<string, FunctionInfo>;
  /** What the functions of the compiler's library do; `undefined` for those that may be called. */
  readonly #known = new Map<string, Problem | undefined>();

  constructor(tree: Tree, program: StencilProgram, files: readonly Source[]) {
    this.#tree = tree;
    this.#program = program;
    this.#files = files;
    this.#functions = tree.functionsByName();
  }

  /** What is done outside functions, when the kernel is made. */
  ofStart(): Refusal[] {
    return this.#refusals((source) => [[`start:${nameOf(source)}`, fileOf(this.#program, source).startFunction]]);
  }

  ofFunctions(): Refusal[] {
    return this.#refusals((source) => {
      // Constructors are refused where they are called.
      const isLooked = (name: string) => name.startsWith(`${nameOf(source)}/`) && !makers.test(name);
      const names = [...this.#functions.keys()].filter(isLooked);
      return names.map((name) => [name, this.#program.instancesByName.get(name) as Instance | undefined]);
    });
  }

  #refusals(functionsOf: (source: Source) => readonly (readonly [name: string, Instance | undefined])[]): Refusal[] {
    const found: Refusal[] = [];
    for (const source of this.#files) {
      for (const [name, instance] of functionsOf(source)) {
        const { body = 0 } = this.#functions.get(name) ?? {};
        if (body !== 0) this.#walk(body, instance, source, found);
      }
    }
    return found;
  }

  /** Finds what a function of a source does, each place once. */
  #walk(body: Node, instance: Instance | undefined, source: Source, found: Refusal[]): void {
    const walk = (node: Node, around: Range, isCalled = false): void => {
      const known = instance?.debugLocations?.get(node);
      // What is put in place of a call is in a file of the compiler.
      const range = known && this.#files.some((file) => file === known.source) ? known : around;
      const kind = this.#tree.kind(node);
      // A function that is called by value is looked up in memory.
      const problem = reads.has(kind) && !isCalled ? "read" : this.#problemAt(node);
      if (problem) refuseOnce(found, messages[problem], range);
      this.#tree.each(node, (child) => {
        walk(child, range, kind === "CallIndirect" && child === this.#tree.get(node, "Target"));
        return child;
      });
    };
    const named = instance?.identifierNode?.range;
    walk(body, named?.source === source ? named : { start: 0, source });
  }

  #problemAt(node: Node): Problem | undefined {
    const tree = this.#tree;
    const kind = tree.kind(node);
    if (writes.has(kind)) return "write";
    if (kind === "MemorySize") return "read";
    if (kind === "Call") return this.#problemOf(tree.get(node, "Target"));
    if (kind !== "CallIndirect") return undefined;
    const problems = tree.tableNames().map((name) => this.#problemOf(name));
    return problems.find((problem) => problem !== undefined);
  }

  /** What a function does that is called; those of the sources are looked at by themselves. */
  #problemOf(target: string): Problem | undefined {
    if (target.startsWith(marks)) return undefined;
    if (makers.test(target)) return "object";
    // A list may grow when an element is set.
    if (/#__u?set$/.test(target)) return "write";
    if (target.startsWith(movers)) return "write";
    if (this.#known.has(target)) return this.#known.get(target);
    this.#known.set(target, undefined);
    const { body, base } = this.#functions.get(target) ?? { body: 0, base: "" };
    let problem: Problem | undefined;
    const walk = (node: Node): Node => {
      problem ??= this.#problemAt(node);
      this.#tree.each(node, walk);
      return node;
    };
    if (body !== 0 && (target.startsWith("~") || isSetter(target))) walk(body);
    else if (body === 0 && base !== "abort") problem = "outside";
    this.#known.set(target, problem);
    return problem;
  }
}

/** True for what the compiler makes of assignments to members of objects: there is no place of the source in it. */
export function isSetter(target: string): boolean {
  return target.includes("#set:");
}
