/** What is done to the tree of a module before the compiler optimises it. A new pass is a file here and a line below. */
import { keepConstants } from "./constants.js";
import { hoistInvariants, turnLoops } from "./loops.js";
import { outlineLoops } from "./outline.js";
import type { Tree } from "./tree.js";
import { unmarkViews } from "./views.js";

/** A change of a module that leaves what the module computes as it is, to the bit. */
export type Pass = (tree: Tree) => void;

/** What makes loops faster: after {@link optimize} more expressions are seen to be the same. */
const faster: readonly Pass[] = [turnLoops, optimize, hoistInvariants];

/** What makes instructions of the marks in `assembly/jit`: calls that are imports until then. */
const marks: readonly Pass[] = [unmarkViews];

/**
 * The passes for a level of optimisation, in their order.
 * @param isSweep - for the sweep of a stencil, which is called again and again
 */
export function passesOf(level: 0 | 1 | 2 | 3, isSweep = false): readonly Pass[] {
  if (level < 3) return marks;
  // Twice: what the first round brings before a loop shows that more stays the same in the loop.
  return [...faster, ...faster, ...marks, ...(isSweep ? [] : [outlineLoops]), keepConstants];
}

/** The compiler's own passes. */
function optimize(tree: Tree): void {
  tree.optimize();
}
