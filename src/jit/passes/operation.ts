/**
 * Functions of `createOp` of "mpi", which the MPI library calls in the middle of a reduction: they must not call MPI, whose
 * memory for the reduction under way they would change, and not read what is before the elements that they are given.
 */
import { type Range, type Refusal, refuseOnce } from "../border/declared.js";
import { isProvided } from "../sources.js";
import type { StencilProgram } from "./stencil.js";
import type { FunctionInfo, Node, Tree } from "./tree.js";

const messages = {
  call: "A function of createOp calls no MPI: it is called in the middle of a reduction. Make the call before or after.",
  index: "A function of createOp gets elements that are numbered from 0. Group those that belong together.",
};

const makerPattern = /^~lib\/mpi\/reductions\/createOp</;
const viewPattern = /^~lib\/mpi\/data\/View</;
const elementPattern = /^~lib\/mpi\/data\/View<\w+>#(get|set)$/;
/** The imports of "mpi" that only tell something, or end the job. */
const harmless: readonly string[] = ["initialized", "rank", "size", "wtime", "abort"];
/** Bytes of the header before an object of the compiler, such as one that stands for a function. */
const headerLength = 20;

/** A function as the compiler has it, as far as it is used here. */
interface Instance {
  readonly debugLocations?: ReadonlyMap<Node, Range>;
  readonly identifierNode?: { readonly range: Range };
  readonly signature?: { readonly parameterTypes: readonly { toString(): string }[] };
  /** Where the object is that stands for the function, of one that is a value somewhere. */
  readonly memorySegment?: { readonly offset: { readonly low: number } } | null;
}

/** True for sources in which there may be something to refuse: places are kept for them. */
export function hasOperations(files: ReadonlyMap<string, string>): boolean {
  return [...files.values()].some((text) => /\bcreateOp\b/.test(text));
}

/** What in the functions of `createOp` is refused, each place once. */
export function refuseOperations(tree: Tree, program: StencilProgram): readonly Refusal[] {
  return new Operations(tree, program).refusals();
}

class Operations {
  readonly #tree: Tree;
  readonly #instances: ReadonlyMap<string, Instance>;
  readonly #functions: ReadonlyMap<string, FunctionInfo>;
  readonly #looked = new Set<string>();
  /** Whether a function calls MPI, at once or by another function. */
  readonly #calls = new Map<string, boolean>();
  readonly #found: Refusal[] = [];

  constructor(tree: Tree, program: StencilProgram) {
    this.#tree = tree;
    this.#instances = program.instancesByName as ReadonlyMap<string, Instance>;
    this.#functions = tree.functionsByName();
  }

  refusals(): readonly Refusal[] {
    if (![...this.#functions.keys()].some((name) => makerPattern.test(name))) return [];
    for (const { body } of this.#functions.values()) {
      this.#visit(body, (node) => {
        if (!makerPattern.test(this.#targetOf(node) ?? "")) return;
        for (const name of this.#namesOf(this.#tree.get<Node[]>(node, "Operands")[0]!)) this.#look(name);
      });
    }
    return this.#found;
  }

  #visit(node: Node, each: (node: Node) => void): void {
    if (node === 0) return;
    each(node);
    this.#tree.each(node, (child) => {
      this.#visit(child, each);
      return child;
    });
  }

  #targetOf(node: Node): string | undefined {
    return this.#tree.kind(node) === "Call" ? this.#tree.get<string>(node, "Target") : undefined;
  }

  /** The functions that a value may stand for: one where it is constant, else all that take views. */
  #namesOf(value: Node): readonly string[] {
    const values = [...this.#instances].filter(([, { memorySegment }]) => memorySegment);
    const folded = this.#tree.fold(value);
    const found = values.filter(([, { memorySegment, signature }]) => {
      if (folded !== 0) return memorySegment!.offset.low + headerLength === this.#tree.get<number>(folded, "ValueI32");
      return signature?.parameterTypes.every((type) => viewPattern.test(type.toString()));
    });
    return found.map(([name]) => name);
  }

  /** Looks at a function of a source and those that it calls. */
  #look(name: string): void {
    const { body = 0 } = this.#functions.get(name) ?? {};
    if (this.#looked.has(name) || body === 0) return;
    this.#looked.add(name);
    const { debugLocations, identifierNode } = this.#instances.get(name) ?? {};
    const walk = (node: Node, around: Range | undefined): void => {
      const known = debugLocations?.get(node);
      const range = known && !isProvided(known.source.normalizedPath) ? known : around;
      const target = this.#targetOf(node);
      if (target !== undefined && !isProvided(target) && this.#functions.get(target)?.body) this.#look(target);
      else if (this.#isCall(node)) this.#refuse("call", range);
      if (elementPattern.test(target ?? "") && this.#isNegative(node)) this.#refuse("index", range);
      this.#tree.each(node, (child) => {
        walk(child, range);
        return child;
      });
    };
    walk(body, identifierNode?.range);
  }

  #isNegative(node: Node): boolean {
    const index = this.#tree.fold(this.#tree.get<Node[]>(node, "Operands")[1]!);
    return index !== 0 && this.#tree.get<number>(index, "ValueI32") < 0;
  }

  #refuse(problem: keyof typeof messages, range: Range | undefined): void {
    if (range !== undefined) refuseOnce(this.#found, messages[problem], range);
  }

  /** Whether a node calls MPI. */
  #isCall(node: Node): boolean {
    const target = this.#targetOf(node);
    if (target !== undefined) return this.#callsMpi(target);
    if (this.#tree.kind(node) !== "CallIndirect") return false;
    const [params, results] = [this.#tree.get<number>(node, "Params"), this.#tree.get<number>(node, "Results")];
    return this.#tree.tableNames().some((name) => {
      const called = this.#functions.get(name);
      return called?.params === params && called.results === results && this.#callsMpi(name);
    });
  }

  #callsMpi(name: string): boolean {
    const known = this.#calls.get(name);
    if (known !== undefined) return known;
    this.#calls.set(name, false);
    const { module, base, body } = this.#functions.get(name) ?? { module: "", base: "", body: 0 };
    let calls = body === 0 && module === "mpi" && !harmless.includes(base);
    this.#visit(body, (node) => {
      calls ||= this.#isCall(node);
    });
    this.#calls.set(name, calls);
    return calls;
  }
}
