/**
 * The marks of views, see `assembly/jit/field.ts`: calls of two imports. `fixed(ptr)` is the number at an address in a view,
 * the same until `moved()` is called. They tell other passes what the stores of a loop leave as it is.
 */
import type { FunctionInfo, Node, Tree } from "./tree.js";

const viewModule = "field";

/** True for the import whose calls load what a view holds. */
export function isFixed({ module, base }: FunctionInfo): boolean {
  return module === viewModule && base === "fixed";
}

/** True for the import that is called when views get other elements. */
export function isMoved({ module, base }: FunctionInfo): boolean {
  return module === viewModule && base === "moved";
}

/** Makes plain loads of the calls of `fixed`, and nothing of those of `moved`. */
export function unmarkViews(tree: Tree): void {
  const imports = [...tree.functions().values()].filter((info) => isFixed(info) || isMoved(info));
  const marks = new Map(imports.map((mark) => [mark.name, mark]));
  const unmark = (node: Node): Node => {
    tree.each(node, unmark);
    const mark = tree.kind(node) === "Call" ? marks.get(tree.get(node, "Target")) : undefined;
    if (!mark) return node;
    return isMoved(mark) ? tree.module.nop() : tree.module.i32.load(0, 4, tree.get<Node[]>(node, "Operands")[0]!);
  };
  if (marks.size === 0) return;
  tree.changeBodies((_, body) => unmark(body));
  for (const name of marks.keys()) tree.module.removeFunction(name);
}
