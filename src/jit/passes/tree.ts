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
  block(name: string | null, children: readonly Node[], type: number): Node;
  loop(name: string, body: Node): Node;
  if(condition: Node, ifTrue: Node): Node;
  br(name: string, condition?: Node): Node;
  return(value?: Node): Node;
  unreachable(): Node;
  select(condition: Node, ifTrue: Node, ifFalse: Node): Node;
  call(name: string, operands: readonly Node[], type: number): Node;
  nop(): Node;
  readonly local: {
    get(index: number, type: number): Node;
    set(index: number, value: Node): Node;
    tee(index: number, value: Node, type: number): Node;
  };
  readonly global: { get(name: string, type: number): Node; set(name: string, value: Node): Node };
  readonly i32: Access & {
    const(value: number): Node;
    add(a: Node, b: Node): Node;
    mul(a: Node, b: Node): Node;
    and(a: Node, b: Node): Node;
    sub(a: Node, b: Node): Node;
    shr_u(a: Node, b: Node): Node;
    eq(a: Node, b: Node): Node;
    lt_s(a: Node, b: Node): Node;
    lt_u(a: Node, b: Node): Node;
    le_s(a: Node, b: Node): Node;
    le_u(a: Node, b: Node): Node;
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
      if (changed !== body) this.setBody(ref, changed);
    }
  }

  /** Sets the body of a function. */
  setBody(ref: FunctionRef, body: Node): void {
    this.#class("Function").setBody!(ref, body);
  }

  /** Adds a function, without a result unless one is named. */
  addFunction(
    name: string,
    parameters: readonly number[],
    variables: readonly number[],
    body: Node,
    result: number = this.constant("none"),
  ): void {
    const createType = this.#binaryen.createType as (types: readonly number[]) => number;
    this.module.addFunction(name, createType(parameters), result, variables, body);
  }

  /** The types of the parameters of a function, and of its variables behind them. */
  localTypes(ref: FunctionRef): readonly number[] {
    type Info = { readonly params: number; readonly vars: readonly number[] };
    const { params, vars } = (this.#binaryen.getFunctionInfo as (ref: FunctionRef) => Info)(ref);
    return [...(this.#binaryen.expandType as (type: number) => readonly number[])(params), ...vars];
  }

  /** The constant 0 of a type of numbers or vectors. */
  zero(type: number): Node {
    const { i32, i64, f32, f64, v128 } = this.module as unknown as Record<string, { const: Method }>;
    const makers = new Map<number, () => unknown>([
      [this.constant("i32"), () => i32!.const(0)],
      [this.constant("i64"), () => i64!.const(0n)],
      [this.constant("f32"), () => f32!.const(0)],
      [this.constant("f64"), () => f64!.const(0)],
      [this.constant("v128"), () => v128!.const(new Array(16).fill(0))],
    ]);
    return makers.get(type)!() as Node;
  }

  /** Puts functions of up to so many nodes, and those that are called in one place only, in the places of their calls. */
  inline(size: number): void {
    (this.#binaryen.setAlwaysInlineMaxSize as Method)(size);
    (this.#binaryen.setOneCallerInlineMaxSize as Method)(100_000);
    this.module.runPasses(["inlining"]);
  }

  /** Keeps functions, by the pattern of their names, from being put in the places of their calls. */
  keepCalls(pattern: string): void {
    const { getPassArgument, setPassArgument } = this.#binaryen as Record<string, Method>;
    const before = getPassArgument!("no-inline");
    setPassArgument!("no-inline", pattern);
    this.module.runPasses(["no-inline"]);
    setPassArgument!("no-inline", before);
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

  /** Sets a property of a node. */
  set(node: Node, key: string, value: unknown): void {
    this.#class(this.kind(node)!)[`set${key}`]!(node, value);
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
