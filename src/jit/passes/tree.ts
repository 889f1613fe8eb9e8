/** The compiler's tree of a module: Binaryen's nodes and functions, which are numbers, with what is below each node. */

/** A reference to a node, an expression. */
export type Node = number;
/** A reference to a function. */
export type FunctionRef = number;

type Method = (...values: unknown[]) => unknown;

/** Binaryen, whose functions are called by name. */
export interface Binaryen {
  readonly [name: string]: unknown;
}

/** A module of Binaryen. */
export interface Module {
  getNumFunctions(): number;
  getFunctionByIndex(index: number): FunctionRef;
  getGlobal(name: string): number;
  getNumElementSegments(): number;
  getElementSegmentByIndex(index: number): number;
  removeFunction(name: string): void;
  runPasses(names: readonly string[]): void;
  addFunction(name: string, parameters: number, results: number, variables: readonly number[], body: Node): FunctionRef;
  addFunctionExport(name: string, exported: string): void;
  removeExport(exported: string): void;
  addGlobal(name: string, type: number, isMutable: boolean, value: Node): void;
  addGlobalExport(name: string, exported: string): void;
  copyExpression(node: Node): Node;
  block(name: null, children: readonly Node[], type: number): Node;
  loop(name: string, body: Node): Node;
  if(condition: Node, ifTrue: Node): Node;
  br(name: string, condition: Node): Node;
  call(name: string, operands: readonly Node[], type: number): Node;
  nop(): Node;
  readonly local: { get(index: number, type: number): Node; set(index: number, value: Node): Node };
  readonly global: { get(name: string, type: number): Node; set(name: string, value: Node): Node };
  readonly i32: Access & {
    const(value: number): Node;
    add(a: Node, b: Node): Node;
    mul(a: Node, b: Node): Node;
    and(a: Node, b: Node): Node;
    lt_s(a: Node, b: Node): Node;
  };
  readonly f32: Access;
  readonly f64: Access & {
    const(value: number): Node;
    add(a: Node, b: Node): Node;
    mul(a: Node, b: Node): Node;
    readonly convert_s: { i32(a: Node): Node };
  };
}

/** Loads and stores of a type. */
interface Access {
  load(offset: number, align: number, ptr: Node): Node;
  store(offset: number, align: number, ptr: Node, value: Node): Node;
}

/** What lies below a node of each kind; a list ends in `*`. Nodes of other kinds are not known here. */
const shapes: Readonly<Record<string, readonly string[]>> = {
  Block: ["Child*"],
  If: ["Condition", "IfTrue", "IfFalse"],
  Loop: ["Body"],
  Break: ["Condition", "Value"],
  Switch: ["Condition", "Value"],
  Call: ["Operand*"],
  CallIndirect: ["Target", "Operand*"],
  LocalGet: [],
  LocalSet: ["Value"],
  GlobalGet: [],
  GlobalSet: ["Value"],
  Load: ["Ptr"],
  Store: ["Ptr", "Value"],
  Const: [],
  Unary: ["Value"],
  Binary: ["Left", "Right"],
  Select: ["IfTrue", "IfFalse", "Condition"],
  Drop: ["Value"],
  Return: ["Value"],
  MemorySize: [],
  MemoryGrow: ["Delta"],
  Nop: [],
  Unreachable: [],
  AtomicCmpxchg: ["Ptr", "Expected", "Replacement"],
  AtomicRMW: ["Ptr", "Value"],
  AtomicWait: ["Ptr", "Expected", "Timeout"],
  AtomicNotify: ["Ptr", "NotifyCount"],
  AtomicFence: [],
  SIMDExtract: ["Vec"],
  SIMDReplace: ["Vec", "Value"],
  SIMDShuffle: ["Left", "Right"],
  SIMDTernary: ["A", "B", "C"],
  SIMDShift: ["Vec", "Shift"],
  SIMDLoad: ["Ptr"],
  SIMDLoadStoreLane: ["Ptr", "Vec"],
  MemoryInit: ["Dest", "Offset", "Size"],
  DataDrop: [],
  MemoryCopy: ["Dest", "Source", "Size"],
  MemoryFill: ["Dest", "Value", "Size"],
  RefNull: [],
  RefFunc: [],
  RefIsNull: ["Value"],
};

const plural: Readonly<Record<string, string>> = { Child: "Children", Operand: "Operands" };

/** A function of a module. */
export interface FunctionInfo {
  readonly name: string;
  /** Of an import: its module and name there. */
  readonly module: string;
  readonly base: string;
  /** Types of all parameters and of all results, as Binaryen numbers them. */
  readonly params: number;
  readonly results: number;
  /** 0 for an import. */
  readonly body: Node;
}

export class Tree {
  readonly module: Module;
  /** Runs the compiler's own passes. */
  readonly optimize: () => void;
  readonly #binaryen: Binaryen;
  readonly #kinds: ReadonlyMap<number, string>;

  constructor(binaryen: Binaryen, module: Module, optimize: () => void) {
    this.#binaryen = binaryen;
    this.module = module;
    this.optimize = optimize;
    this.#kinds = new Map(Object.keys(shapes).map((kind) => [binaryen[`${kind}Id`] as number, kind]));
  }

  /** A constant of Binaryen, by its name. */
  constant(name: string): number {
    return this.#binaryen[name] as number;
  }

  #class(name: string): Record<string, Method> {
    return this.#binaryen[name] as Record<string, Method>;
  }

  /** The functions, by reference. */
  functions(): ReadonlyMap<FunctionRef, FunctionInfo> {
    const { module } = this;
    const count = module.getNumFunctions();
    const infoOf = this.#binaryen.getFunctionInfo as (ref: FunctionRef) => FunctionInfo;
    const refs = Array.from({ length: count }, (_, i) => module.getFunctionByIndex(i));
    return new Map(refs.map((ref) => [ref, infoOf(ref)] as const));
  }

  /** The functions, by name. */
  functionsByName(): ReadonlyMap<string, FunctionInfo> {
    return new Map(Array.from(this.functions().values(), (info) => [info.name, info] as const));
  }

  /** The names of the functions that are called by their place in a table. */
  tableNames(): readonly string[] {
    const { module } = this;
    const infoOf = this.#binaryen.getElementSegmentInfo as (ref: number) => { readonly data: readonly string[] };
    const segments = Array.from({ length: module.getNumElementSegments() }, (_, index) => index);
    return segments.flatMap((index) => infoOf(module.getElementSegmentByIndex(index)).data);
  }

  /** Changes the bodies of the functions that are no imports: of all of them, or those that `where` picks out. */
  changeBodies(change: (ref: FunctionRef, body: Node) => Node, where: (body: Node) => boolean = () => true): void {
    for (const [ref, { body }] of this.functions()) {
      if (body === 0 || !where(body)) continue;
      const changed = change(ref, body);
      if (changed !== body) this.#class("Function").setBody!(ref, changed);
    }
  }

  /** Adds a function without a result. */
  addFunction(name: string, parameters: readonly number[], variables: readonly number[], body: Node): void {
    const createType = this.#binaryen.createType as (types: readonly number[]) => number;
    this.module.addFunction(name, createType(parameters), this.constant("none"), variables, body);
  }

  /** Puts functions of up to so many nodes, and those that are called in one place only, in the places of their calls. */
  inline(size: number): void {
    (this.#binaryen.setAlwaysInlineMaxSize as Method)(size);
    (this.#binaryen.setOneCallerInlineMaxSize as Method)(100_000);
    this.module.runPasses(["inlining"]);
  }

  /** The constant that a node is in any surroundings; 0 for a node that is none. */
  fold(node: Node): Node {
    const { ExpressionRunner } = this.#binaryen as unknown as {
      ExpressionRunner: new (
        module: Module,
        flags: number,
        maxDepth: number,
        maxTurns: number,
      ) => { runAndDispose(node: Node): Node };
    };
    return new ExpressionRunner(this.module, 0, 50, 0).runAndDispose(node);
  }

  /** A new local variable of a function; returns its index. */
  addLocal(ref: FunctionRef, type: number): number {
    return (this.#binaryen._BinaryenFunctionAddVar as Method)(ref, type) as number;
  }

  /** The name of a node's kind; `undefined` for kinds that are not known here. */
  kind(node: Node): string | undefined {
    return this.#kinds.get((this.#binaryen.getExpressionId as (node: Node) => number)(node));
  }

  type(node: Node): number {
    return this.#class("Expression").getType!(node) as number;
  }

  text(node: Node): string {
    return (this.#binaryen.emitText as (node: Node) => string)(node);
  }

  /** A property of a node: `get(loop, "Name")`. */
  get<T>(node: Node, key: string): T {
    return this.#class(this.kind(node)!)[`get${key}`]!(node) as T;
  }

  /** Computes the type of a node again, after a node below has got another type. */
  finalize(node: Node): void {
    this.#class("Expression").finalize!(node);
  }

  /** True when a node and all below it are of known kinds. */
  knows(node: Node): boolean {
    let isKnown = this.kind(node) !== undefined;
    this.each(node, (child) => {
      isKnown &&= this.knows(child);
      return child;
    });
    return isKnown;
  }

  /** Visits each node directly below a node, and puts in its place what is returned; none below a node of an unknown kind. */
  each(node: Node, visit: (child: Node) => Node): void {
    const kind = this.kind(node);
    if (kind === undefined) return;
    const access = this.#class(kind);
    for (const key of shapes[kind]!) {
      const name = key.replace("*", "");
      if (name === key) {
        const child = access[`get${key}`]!(node) as Node;
        if (!child) continue;
        const next = visit(child);
        if (next !== child) access[`set${key}`]!(node, next);
        continue;
      }
      const count = access[`getNum${plural[name]}`]!(node) as number;
      for (let i = 0; i < count; i++) {
        const child = access[`get${name}At`]!(node, i) as Node;
        const next = visit(child);
        if (next !== child) access[`set${name}At`]!(node, i, next);
      }
    }
  }
}
