/**
 * Kernels of stencils, see `assembly/jit/stencil.ts`: what the one function that a source exports reads and sets of the
 * fields around a cell, and what in it would make the result depend on the order of the cells.
 */
import type { Program, Range, Refusal } from "../border/declared.js";
import { isProvided } from "../sources.js";
import { isSetter, refuseOutside } from "./outside.js";
import type { Node, Tree } from "./tree.js";

/** What a field of a kernel can have in its cells. */
export type CellType = "f64" | "f32" | "i32";

/** What a number of a kernel can be. */
export type NumberType = CellType | "u32" | "bool";

/** A parameter of a kernel. */
export type Parameter =
  | {
      readonly kind: "field";
      readonly name: string;
      readonly type: CellType;
      /** Each offset that is read, once: one number an axis. */
      readonly reads: readonly (readonly number[])[];
      readonly isSet: boolean;
    }
  | { readonly kind: "number"; readonly name: string; readonly type: NumberType };

/** A kernel as its source declares it. */
export interface Stencil {
  /** The name of the function. */
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** Whether the kernel asks where the cell is. */
  readonly isPlaced: boolean;
  /** The axes along which it asks for the coordinate of the cell. */
  readonly centres: readonly number[];
}

/** A call of a function of `assembly/jit/stencil.ts`. */
export type Mark =
  | { readonly kind: "at"; readonly type: CellType; readonly offset: readonly number[] }
  | { readonly kind: "set"; readonly type: CellType }
  | { readonly kind: "index"; readonly axis: number }
  | { readonly kind: "centre"; readonly axis: number };

/** A kernel that was understood: its marks, by the calls that they are. */
export interface Kernel {
  readonly stencil: Stencil;
  /** The compiler's name of the function. */
  readonly target: string;
  readonly marks: ReadonlyMap<Node, Mark>;
}

const library = "~lib/stencil/index/";
const cellTypes: readonly string[] = ["f64", "f32", "i32"];
const numberTypes: readonly string[] = [...cellTypes, "u32", "bool"];
const cellsPattern = /^Cells<(\w+)>$/;
/** The compiler's number of an offset that is left out. */
const absent = 2 ** 31 - 1;
const noSources: ReadonlySet<number> = new Set();

/** A function as the compiler has it, as far as it is used here. */
interface Instance {
  readonly debugLocations?: ReadonlyMap<Node, Range>;
  readonly signature?: { readonly returnType: { toString(): string } };
}

/** The compiler's program, as far as it is used here. */
export interface StencilProgram extends Program {
  readonly instancesByName: ReadonlyMap<string, object>;
  readonly elementsByName: ReadonlyMap<string, object>;
  readonly sources: readonly Source[];
}

export interface Source {
  readonly normalizedPath: string;
  readonly statements: readonly {
    readonly range: Range;
    readonly path?: { readonly value: string; readonly range: Range } | null;
  }[];
}

/** A global variable of a source, as far as it is used here. */
interface Global {
  readonly kind: number;
  readonly internalName: string;
  is(flags: number): boolean;
  readonly identifierNode: { readonly range: Range };
}

// Numbers of the compiler, of `ElementKind` and `CommonFlags`.
const globalKind = 0;
const [constFlag, readonlyFlag, ambientFlag] = [1 << 3, 1 << 6, 1 << 15];

/** The name of an offset for error texts: `(1, 0)`. */
function nameOf(offset: readonly number[]): string {
  return `(${offset.join(", ")})`;
}

/** The imports of "stencil" in a module that is not compiled as a kernel. */
export function refuseStencils({ sources }: StencilProgram): readonly Refusal[] {
  const message = 'Kernels of "stencil" are compiled by grid.kernel().';
  return sources.flatMap(({ normalizedPath, statements }) => {
    if (normalizedPath.startsWith("~lib/")) return [];
    const paths = statements.flatMap(({ path }) => (path?.value === "stencil" ? [path] : []));
    return paths.map(({ range }) => ({ message, range }));
  });
}

/** Reads the kernel of a module; what is wrong with the kernel goes to `refusals`. */
export class StencilReader {
  readonly refusals: Refusal[] = [];
  readonly #tree: Tree;
  readonly #program: StencilProgram;
  readonly #axes: number;
  readonly #bodies: ReadonlyMap<string, Node>;
  /** The parameters of the kernel that each local variable of each function may be, by `function local`. */
  readonly #sources = new Map<string, Set<number>>();
  readonly #marks = new Map<Node, Mark>();
  #isChanged = false;

  constructor(tree: Tree, program: StencilProgram, axes: number) {
    this.#tree = tree;
    this.#program = program;
    this.#axes = axes;
    this.#bodies = new Map([...tree.functions().values()].map(({ name, body }) => [name, body]));
  }

  /** The kernel of a file; `undefined` where something is wrong. */
  read(entry: string): Kernel | undefined {
    const file = entry.replace(/\.ts$/, "");
    this.#checkImports();
    this.#checkGlobals();
    const declared = this.#declared(file);
    if (!declared) return undefined;
    const { name, parameters } = declared;
    const root = `${file}/${name}`;
    for (const [index, { kind }] of parameters.entries()) if (kind === "field") this.#add(`${root} ${index}`, [index]);
    const reached = this.#trace(root);
    const reads = parameters.map(() => new Map<string, readonly number[]>());
    const places = parameters.map(() => new Map<string, Range>());
    const set = new Set<number>();
    for (const caller of reached) this.#readMarks(caller, reads, places, set);
    const stencil: Stencil = {
      name,
      parameters: parameters.map((parameter, index) => {
        if (parameter.kind !== "field") return parameter;
        return { ...parameter, reads: [...reads[index]!.values()], isSet: set.has(index) };
      }),
      isPlaced: [...this.#marks.values()].some(({ kind }) => kind === "index" || kind === "centre"),
      centres: [...new Set([...this.#marks.values()].flatMap((mark) => (mark.kind === "centre" ? [mark.axis] : [])))],
    };
    if (this.refusals.length === 0) this.#checkOrder(stencil, places);
    if (this.refusals.length === 0) this.refusals.push(...refuseOutside(this.#tree, this.#program, this.#files()));
    if (this.refusals.length === 0 && set.size === 0) {
      this.#refuse("A kernel sets a field: call set of one of its Cells.", declared.range);
    }
    this.refusals.sort((a, b) => a.range.start - b.range.start);
    return this.refusals.length > 0 ? undefined : { stencil, target: root, marks: this.#marks };
  }

  #refuse(message: string, range: Range): void {
    this.refusals.push({ message, range });
  }

  /** The files of the source: those that are not of the compiler or of this package. */
  #files(): readonly Source[] {
    return this.#program.sources.filter(({ normalizedPath }) => !isProvided(normalizedPath));
  }

  #checkImports(): void {
    for (const { statements } of this.#files()) {
      for (const { path } of statements) {
        if (!path || path.value === "stencil" || path.value.startsWith(".")) continue;
        this.#refuse(`A kernel imports "stencil" and files beside it, not ${JSON.stringify(path.value)}.`, path.range);
      }
    }
  }

  #checkGlobals(): void {
    const files = this.#files().map(({ normalizedPath }) => `${normalizedPath.replace(/\.ts$/, "")}/`);
    for (const element of this.#program.elementsByName.values()) {
      const global = element as Global;
      if (global.kind !== globalKind || !files.some((file) => global.internalName.startsWith(file))) continue;
      if ((global.is(constFlag) || global.is(readonlyFlag)) && !global.is(ambientFlag)) continue;
      const name = global.internalName.replace(/^.*\//, "").replace("#", ".");
      const todo = "Make it constant, or a parameter.";
      this.#refuse(`${name} may change from cell to cell, whose order is open. ${todo}`, global.identifierNode.range);
    }
  }

  /** The one function that is exported, with its parameters. */
  #declared(file: string): { name: string; parameters: Parameter[]; range: Range } | undefined {
    const exported = [...(this.#program.filesByName.get(file)?.exports ?? [])];
    const all = "A kernel exports one function, which is called for each cell";
    const [first, second] = exported;
    if (!first) {
      const [start] = this.#files();
      this.refusals.push({ message: `${all}.`, range: { start: 0, source: start! } });
      return undefined;
    }
    const [name, element] = first;
    if (second) this.#refuse(`${all}, and not ${second[0]} beside ${name}.`, second[1].identifierNode.range);
    const instance = element.getResolvedInstance?.("");
    if (!instance) {
      this.#refuse(`${all}, and not ${name}.`, element.identifierNode.range);
      return undefined;
    }
    const { parameterTypes, returnType } = instance.signature;
    const { parameters: nodes, returnType: resultNode } = instance.prototype.functionTypeNode;
    if (returnType.toString() !== "void") this.#refuse("A kernel returns nothing: it calls set.", resultNode.range);
    const parameters = parameterTypes.map((type, index): Parameter => {
      const { text } = nodes[index]!.name;
      const written = type.toString().replace(library, "");
      const cell = cellsPattern.exec(written)?.[1];
      const isField = cell !== undefined;
      if (!(isField ? cellTypes.includes(cell) : numberTypes.includes(written))) {
        const known = "Cells of f64, f32 or i32, and numbers: f64, f32, i32, u32 or bool";
        const got = written.replace(/[~\w./-]*\//g, "");
        this.#refuse(`${text} is ${got}. A kernel takes ${known}.`, nodes[index]!.type.range);
      }
      if (isField) return { kind: "field", name: text, type: cell as CellType, reads: [], isSet: false };
      return { kind: "number", name: text, type: written as NumberType };
    });
    return { name, parameters, range: element.identifierNode.range };
  }

  #add(local: string, sources: Iterable<number>): void {
    const known = this.#sources.get(local) ?? new Set();
    const before = known.size;
    for (const source of sources) known.add(source);
    this.#sources.set(local, known);
    this.#isChanged ||= known.size > before;
  }

  /** Finds out which parameters each variable may be, from call to call until nothing is added; returns the functions. */
  #trace(root: string): ReadonlySet<string> {
    const reached = new Set([root]);
    do {
      this.#isChanged = false;
      for (const caller of reached) this.#traceBody(caller, reached);
    } while (this.#isChanged);
    return reached;
  }

  #traceBody(caller: string, reached: Set<string>): void {
    const tree = this.#tree;
    const visit = (node: Node): Node => {
      tree.each(node, visit);
      const kind = tree.kind(node);
      if (kind === "LocalSet") {
        this.#add(`${caller} ${tree.get(node, "Index")}`, this.#sourcesOf(caller, tree.get(node, "Value")));
      } else if (kind === "Call") {
        const target = tree.get<string>(node, "Target");
        if (target.startsWith(library) || isSetter(target)) return node;
        for (const [index, operand] of tree.get<Node[]>(node, "Operands").entries()) {
          this.#add(`${target} ${index}`, this.#sourcesOf(caller, operand));
        }
        if (!reached.has(target) && this.#bodies.get(target)) {
          reached.add(target);
          this.#isChanged = true;
        }
      }
      return node;
    };
    visit(this.#bodies.get(caller)!);
  }

  /** The parameters of the kernel that a value may be. */
  #sourcesOf(caller: string, node: Node): ReadonlySet<number> {
    const tree = this.#tree;
    const kind = tree.kind(node);
    if (kind === "LocalGet") return this.#sources.get(`${caller} ${tree.get(node, "Index")}`) ?? noSources;
    if (kind === "LocalSet") return this.#sourcesOf(caller, tree.get(node, "Value"));
    const all = (nodes: readonly Node[]) => new Set(nodes.flatMap((each) => [...this.#sourcesOf(caller, each)]));
    if (kind === "If" || kind === "Select") {
      const arms = [tree.get<Node>(node, "IfTrue"), tree.get<Node>(node, "IfFalse")];
      return all(arms.filter((arm) => arm !== 0));
    }
    if (kind === "Block") {
      const left: Node[] = [];
      const name = tree.get<string | null>(node, "Name");
      const visit = (child: Node): Node => {
        if (tree.kind(child) === "Break" && tree.get(child, "Name") === name) left.push(tree.get(child, "Value"));
        tree.each(child, visit);
        return child;
      };
      if (name) visit(node);
      return all([...left, ...tree.get<Node[]>(node, "Children").slice(-1)].filter((each) => each !== 0));
    }
    // A function gives back Cells that it was given: there are no others.
    if (kind === "Call" && this.#givesCells(tree.get(node, "Target"))) return all(tree.get<Node[]>(node, "Operands"));
    return noSources;
  }

  #givesCells(target: string): boolean {
    const { signature } = (this.#program.instancesByName.get(target) ?? {}) as Instance;
    return cellsPattern.test(signature?.returnType.toString().replace(library, "") ?? "");
  }

  /** Reads the marks of a function, and checks that Cells go nowhere else. */
  #readMarks(
    caller: string,
    reads: readonly Map<string, readonly number[]>[],
    places: readonly Map<string, Range>[],
    set: Set<number>,
  ): void {
    const tree = this.#tree;
    const { debugLocations = new Map<Node, Range>() } = (this.#program.instancesByName.get(caller) ?? {}) as Instance;
    const [start] = this.#files();
    const walk = (node: Node, around: Range): void => {
      const range = debugLocations.get(node) ?? around;
      const mark = this.#markOf(node, range);
      if (mark) {
        this.#marks.set(node, mark);
        if (mark.kind === "at" || mark.kind === "set") {
          const sources = this.#sourcesOf(caller, tree.get<Node[]>(node, "Operands")[0]!);
          if (sources.size === 0) this.#refuse("Cells are parameters of the kernel: there are no others.", range);
          for (const source of sources) {
            if (mark.kind === "set") set.add(source);
            else {
              reads[source]!.set(nameOf(mark.offset), mark.offset);
              if (!places[source]!.has(nameOf(mark.offset))) places[source]!.set(nameOf(mark.offset), range);
            }
          }
        }
      } else if (this.#keepsCells(caller, node)) {
        this.#refuse("Cells can be passed to functions by name, and kept nowhere.", range);
      }
      tree.each(node, (child) => {
        walk(child, range);
        return child;
      });
    };
    walk(this.#bodies.get(caller)!, { start: 0, source: start! });
  }

  /** True for a node by which Cells would get to where nobody follows them. */
  #keepsCells(caller: string, node: Node): boolean {
    const tree = this.#tree;
    const kind = tree.kind(node);
    const isCells = (value: Node) => this.#sourcesOf(caller, value).size > 0;
    if (kind === "Store" || kind === "GlobalSet") return isCells(tree.get(node, "Value"));
    if (kind === "Call" && !isSetter(tree.get(node, "Target"))) return false;
    return (kind === "Call" || kind === "CallIndirect") && tree.get<Node[]>(node, "Operands").some(isCells);
  }

  #markOf(node: Node, range: Range): Mark | undefined {
    const tree = this.#tree;
    if (tree.kind(node) !== "Call") return undefined;
    const target = tree.get<string>(node, "Target");
    if (!target.startsWith(library)) return undefined;
    const member = target.slice(library.length);
    const operands = tree.get<Node[]>(node, "Operands");
    const [, type, method] = /^Cells<(\w+)>#(\w+)$/.exec(member) ?? [];
    if (method === "set") return { kind: "set", type: type as CellType };
    if (method === "at") return { kind: "at", type: type as CellType, offset: this.#offset(operands.slice(1), range) };
    const axis = this.#constant(operands[0]!);
    if (axis === undefined || axis < 0 || axis >= this.#axes) {
      const known = this.#axes === 1 ? "0, that of the only axis" : `a constant from 0 to ${this.#axes - 1}`;
      this.#refuse(`The axis of ${member} is ${known} of the grid.`, range);
    }
    return { kind: member === "i" ? "index" : "centre", axis: axis ?? 0 };
  }

  /** The offsets of a call of `at`. */
  #offset(operands: readonly Node[], range: Range): readonly number[] {
    const axes = this.#axes;
    const some = axes === 1 ? "1 offset, for the axis" : `${axes} offsets, one for each axis`;
    const written = operands.map((operand) => this.#constant(operand));
    const count = written.filter((value) => value !== absent).length;
    if (count !== axes) this.#refuse(`at takes ${some} of the grid, and not ${count}.`, range);
    else if (written.includes(undefined)) {
      this.#refuse(
        "The offsets of at are constants, so that what a cell reads is known before the run. Pass functions values of at, not offsets.",
        range,
      );
    }
    return written.slice(0, axes).map((value) => value ?? 0);
  }

  /** The number that a node is in every cell; `undefined` for a node that may change. */
  #constant(node: Node): number | undefined {
    const folded = this.#tree.fold(node);
    return folded === 0 ? undefined : this.#tree.get<number>(folded, "ValueI32");
  }

  #checkOrder({ parameters }: Stencil, places: readonly ReadonlyMap<string, Range>[]): void {
    for (const [index, parameter] of parameters.entries()) {
      if (parameter.kind !== "field" || !parameter.isSet) continue;
      for (const [offset, range] of places[index]!) {
        if (!/[1-9]/.test(offset)) continue;
        const centre = nameOf(new Array(this.#axes).fill(0));
        const why = "the order of the cells is open";
        this.#refuse(`${parameter.name} is set, and so read at ${centre} only, not at ${offset}: ${why}.`, range);
      }
    }
  }
}
