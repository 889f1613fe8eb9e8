/**
 * Loops of compiled code, made faster where neither the compiler nor the engine does it: conditions go to the end of a
 * loop, and what stays the same in it is computed before it. Results keep their bits: the same operations, in other places.
 */
import { providedModules } from "../sources.js";
import type { FunctionInfo, FunctionRef, Node, Tree } from "./tree.js";
import { isFixed, isMoved } from "./views.js";

/**
 * Loops of `for` with their condition at the end: one jump a turn instead of two.
 *
 *     loop L { if c { ...; br L } }      becomes      if c { loop L { ...; br_if L c } }
 *
 * Up to a tenth faster where a turn is short.
 */
export function turnLoops(tree: Tree): void {
  const turn = (node: Node): Node => {
    tree.each(node, turn);
    const kind = tree.kind(node);
    if (kind === "Block" || kind === "If") tree.finalize(node);
    return kind === "Loop" ? turned(tree, node) : node;
  };
  changeKnownBodies(tree, (_, body) => turn(body));
}

/**
 * Computes before a loop what is the same in each of its turns: numbers from variables that are not set in the loop, and
 * what views of fields hold. Inner loops come first, so that an expression goes as far out as it can.
 */
export function hoistInvariants(tree: Tree): void {
  const hoisting = new Hoisting(tree);
  changeKnownBodies(tree, (ref, body) => hoisting.hoisted(ref, body));
}

/** Changes the bodies of functions; not those with a node of an unknown kind, below which anything may be. */
function changeKnownBodies(tree: Tree, change: (ref: FunctionRef, body: Node) => Node): void {
  tree.changeBodies(change, (body) => tree.knows(body));
}

/** A loop that the compiler made of `for`, turned if nothing but its end goes back to its start. */
function turned(tree: Tree, loop: Node): Node {
  const [name, test] = [tree.get<string>(loop, "Name"), tree.get<Node>(loop, "Body")];
  if (!name?.startsWith("for-loop|") || tree.kind(test) !== "If" || tree.get(test, "IfFalse")) return loop;
  const block = tree.get<Node>(test, "IfTrue");
  if (tree.kind(block) !== "Block" || tree.get(block, "Name")) return loop;
  const last = tree.get<Node[]>(block, "Children").at(-1)!;
  if (tree.kind(last) !== "Break" || tree.get(last, "Name") !== name || tree.get(last, "Condition")) return loop;
  const condition = tree.get<Node>(test, "Condition");
  // No two blocks may have the same name; a condition with inlined calls has blocks until the calls are optimised.
  if (some(tree, condition, (node) => ["Block", "Loop"].includes(tree.kind(node)!))) return loop;
  if (some(tree, block, (node) => node !== last && leavesFor(tree, node, name))) return loop;
  const again = tree.module.br(name, tree.module.copyExpression(condition));
  tree.each(block, (child) => (child === last ? again : child));
  tree.finalize(block);
  tree.each(loop, () => block);
  tree.finalize(loop);
  return tree.module.if(condition, loop);
}

/** True when something holds for a node or a node below it. */
function some(tree: Tree, node: Node, holds: (node: Node) => boolean): boolean {
  let isFound = holds(node);
  tree.each(node, (child) => {
    isFound ||= some(tree, child, holds);
    return child;
  });
  return isFound;
}

function leavesFor(tree: Tree, node: Node, name: string): boolean {
  const kind = tree.kind(node);
  if (kind === "Break") return tree.get(node, "Name") === name;
  if (kind !== "Switch") return false;
  return tree.get<string[]>(node, "Names").includes(name) || tree.get(node, "DefaultName") === name;
}

/** What a call may change, as far as it concerns what is computed before a loop. */
interface Effects {
  /** Global variables that the call may set; `undefined` for all. */
  readonly globals: ReadonlySet<string> | undefined;
  /** Whether views may get other elements. */
  readonly moves: boolean;
}

const anything: Effects = { globals: undefined, moves: true };
const nothing: Effects = { globals: new Set(), moves: false };

/** The effects of each function, by name. */
function effectsOf(tree: Tree): ReadonlyMap<string, Effects> {
  const functions = [...tree.functions().values()];
  const hasOperations = functions.some(({ module, base }) => module === "mpi" && base === "createOp");
  const effects = new Map<string, Effects>(
    functions.map((info) => [info.name, directEffects(tree, info, hasOperations)]),
  );
  // Each round adds the effects of the called functions, until nothing is added.
  for (let isChanged = true; isChanged; ) {
    isChanged = false;
    for (const { name, body } of functions) {
      if (body === 0 || effects.get(name) === anything) continue;
      const [before, now] = [effects.get(name)!, effectsBelow(tree, effects, body)];
      isChanged ||= before.moves !== now.moves || before.globals?.size !== now.globals?.size;
      effects.set(name, now);
    }
  }
  return effects;
}

/** True for the calls of MPI that take operations. */
function isReduction({ module, base }: FunctionInfo): boolean {
  return module === "mpi" && ["allreduce", "reduce", "scan"].includes(base);
}

/** The effects of a function without those of the functions that it calls. */
function directEffects(tree: Tree, info: FunctionInfo, hasOperations: boolean): Effects {
  if (info.body !== 0) return tree.knows(info.body) ? nothing : anything;
  // The functions of this package call nothing of the module that imports them, but for operations of its own.
  if (!providedModules.includes(info.module) || (hasOperations && isReduction(info))) return anything;
  return isMoved(info) ? { ...nothing, moves: true } : nothing;
}

function effectsBelow(tree: Tree, effects: ReadonlyMap<string, Effects>, node: Node): Effects {
  const globals = new Set<string>();
  let [all, moves] = [false, false];
  const scan = (child: Node): Node => {
    const kind = tree.kind(child);
    if (kind === "GlobalSet") globals.add(tree.get(child, "Name"));
    const called =
      kind === "Call" ? effects.get(tree.get(child, "Target")) : kind === "CallIndirect" ? anything : nothing;
    moves ||= called!.moves;
    all ||= called!.globals === undefined;
    for (const name of called!.globals ?? []) globals.add(name);
    tree.each(child, scan);
    return child;
  };
  scan(node);
  return { globals: all ? undefined : globals, moves };
}

/** Instructions that may trap: they are never executed before a loop. */
const trapping = [
  ...["DivSInt32", "DivUInt32", "RemSInt32", "RemUInt32", "DivSInt64", "DivUInt64", "RemSInt64", "RemUInt64"],
  ...["TruncSFloat32ToInt32", "TruncUFloat32ToInt32", "TruncSFloat64ToInt32", "TruncUFloat64ToInt32"],
  ...["TruncSFloat32ToInt64", "TruncUFloat32ToInt64", "TruncSFloat64ToInt64", "TruncUFloat64ToInt64"],
];

/** What a loop leaves as it is. */
interface Surroundings {
  /** Local variables that are set in the loop. */
  readonly locals: ReadonlySet<number>;
  readonly effects: Effects;
  /** The results of `#key` for nodes of the loop. */
  readonly keys: Map<Node, string | undefined>;
}

class Hoisting {
  readonly #tree: Tree;
  readonly #effects: ReadonlyMap<string, Effects>;
  readonly #fixed: string | undefined;
  readonly #trapping: ReadonlySet<string>;

  constructor(tree: Tree) {
    this.#tree = tree;
    this.#effects = effectsOf(tree);
    this.#fixed = [...tree.functions().values()].find(isFixed)?.name;
    this.#trapping = new Set(trapping.map((name) => `${tree.constant(name)}`));
  }

  /** A node of a function after all loops in it have been relieved; another node when it is a loop itself. */
  hoisted(ref: FunctionRef, node: Node): Node {
    this.#tree.each(node, (child) => this.hoisted(ref, child));
    return this.#tree.kind(node) === "Loop" ? this.#relieved(ref, node) : node;
  }

  /** A loop behind the expressions that stay the same in it. */
  #relieved(ref: FunctionRef, loop: Node): Node {
    const tree = this.#tree;
    const { local, block } = tree.module;
    const locals = new Set<number>();
    const scan = (node: Node): Node => {
      if (tree.kind(node) === "LocalSet") locals.add(tree.get(node, "Index"));
      tree.each(node, scan);
      return node;
    };
    scan(loop);
    const around: Surroundings = { locals, effects: effectsBelow(tree, this.#effects, loop), keys: new Map() };
    const before: Node[] = [];
    const variables = new Map<string, number>();
    const pull = (node: Node): Node => {
      const key = this.#key(node, around);
      if (key === undefined || ["Const", "LocalGet"].includes(tree.kind(node)!)) {
        tree.each(node, pull);
        return node;
      }
      const type = tree.type(node);
      let variable = variables.get(key);
      if (variable === undefined) {
        variable = tree.addLocal(ref, type);
        variables.set(key, variable);
        before.push(local.set(variable, node));
      }
      return local.get(variable, type);
    };
    tree.each(loop, pull);
    return before.length === 0 ? loop : block(null, [...before, loop], tree.type(loop));
  }

  /** The same text for nodes of the same value; `undefined` for a node that may change in the loop or must stay there. */
  #key(node: Node, around: Surroundings): string | undefined {
    const { keys } = around;
    if (!keys.has(node)) keys.set(node, this.#newKey(node, around));
    return keys.get(node);
  }

  #newKey(node: Node, around: Surroundings): string | undefined {
    const tree = this.#tree;
    const kind = tree.kind(node);
    const { locals, effects } = around;
    if (kind === "Const") return tree.text(node);
    if (kind === "LocalGet") {
      const index = tree.get<number>(node, "Index");
      return locals.has(index) ? undefined : `local ${index}`;
    }
    if (kind === "GlobalGet") {
      const name = tree.get<string>(node, "Name");
      return !effects.globals || effects.globals.has(name) ? undefined : `global ${name}`;
    }
    let head: string;
    if (kind === "Unary" || kind === "Binary") {
      const op = String(tree.get<number>(node, "Op"));
      if (this.#trapping.has(op)) return undefined;
      head = `${kind} ${op}`;
    } else if (kind === "Select") head = kind;
    else if (kind === "Call" && tree.get(node, "Target") === this.#fixed && !effects.moves) head = "fixed";
    else return undefined;
    const below: (string | undefined)[] = [];
    tree.each(node, (child) => {
      below.push(this.#key(child, around));
      return child;
    });
    return below.includes(undefined) ? undefined : `${head}(${below.join(", ")})`;
  }
}
