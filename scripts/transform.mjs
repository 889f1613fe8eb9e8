/** What is done to the kernels of assembly/ beside what asc does: passes of `jit`. The build makes one file of it for asc. */
import { keepConstants } from "../src/jit/passes/constants.ts";
import { hoistInvariants } from "../src/jit/passes/loops.ts";
import { Tree } from "../src/jit/passes/tree.ts";

export default class {
  afterCompile(module) {
    // First of all functions are put in the places of their calls: what stands in a loop is known then. Once is enough: with the
    // optimizer between the two passes and until nothing changes (asc's converge), the kernels have the same instructions but
    // for an order of locals, and take 25 s of a processor to compile, not 15.
    const optimize = () => this.program.module.optimize(3, 0, false, false);
    const tree = new Tree(this.binaryen, module, optimize);
    for (const pass of [optimize, hoistInvariants, keepConstants]) pass(tree);
  }
}
