/** The compiler's tree of a module: Binaryen's nodes, which are numbers, with what is below each kind of them. */

export type Node = number;

type Method = (...values: unknown[]) => unknown;

/** What of Binaryen is used here. */
export interface Binaryen {
  readonly [name: string]: unknown;
}

/** A module of Binaryen. */
export interface Module {
  getNumFunctions(): number;
  getFunctionByIndex(index: number): number;
  getGlobal(name: string): number;
  removeFunction(name: string): void;
  copyExpression(node: Node): Node;
  block(name: null, children: readonly Node[], type: number): Node;
  if(condition: Node, ifTrue: Node): Node;
  br(name: string, condition: Node): Node;
  nop(): Node;
  readonly local: { get(index: number, type: number): Node; set(index: number, value: Node): Node };
  readonly i32: { load(offset: number, align: number, ptr: Node): Node };
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
  /** 0 for an import. */
  readonly body: Node;
}

export class Tree {
  readonly module: Module;
  readonly #b: Binaryen;
  readonly #kinds: ReadonlyMap<number, string>;

  constructor(binaryen: Binaryen, module: Module) {
    this.#b = binaryen;
    this.module = module;
    this.#kinds = new Map(Object.keys(shapes).map((kind) => [binaryen[`${kind}Id`] as number, kind]));
  }

  /** A number of Binaryen's, by its name. */
  constant(name: string): number {
    return this.#b[name] as number;
  }

  #class(name: string): Record<string, Method> {
    return this.#b[name] as Record<string, Method>;
  }

  /** The functions, by reference. */
  functions(): ReadonlyMap<number, FunctionInfo> {
    const { module } = this;
    const count = module.getNumFunctions();
    const info = this.#b.getFunctionInfo as (one: number) => FunctionInfo;
    return new Map(
      Array.from({ length: count }, (_, i) => module.getFunctionByIndex(i)).map((one) => [one, info(one)] as const),
    );
  }

  setBody(one: number, body: Node): void {
    this.#class("Function").setBody!(one, body);
  }

  /** A new local variable of a function; returns its index. */
  addLocal(one: number, type: number): number {
    return (this.#b._BinaryenFunctionAddVar as Method)(one, type) as number;
  }

  /** `undefined` for one that is not known here. */
  kind(node: Node): string | undefined {
    return this.#kinds.get((this.#b.getExpressionId as (node: Node) => number)(node));
  }

  type(node: Node): number {
    return this.#class("Expression").getType!(node) as number;
  }

  text(node: Node): string {
    return (this.#b.emitText as (node: Node) => string)(node);
  }

  /** Something of a node: `get(node, "Name")` of a loop. */
  get<T>(node: Node, key: string): T {
    return this.#class(this.kind(node)!)[`get${key}`]!(node) as T;
  }

  /** Computes the type of a node again, after something below it has another one. */
  finalize(node: Node): void {
    this.#class("Expression").finalize!(node);
  }

  /** True when all nodes below a node are known, and itself. */
  knows(node: Node): boolean {
    let isKnown = this.kind(node) !== undefined;
    this.each(node, (child) => {
      isKnown &&= this.knows(child);
      return child;
    });
    return isKnown;
  }

  /** Visits what is directly below a node, and puts in its place what is returned; nothing where that is not known. */
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
