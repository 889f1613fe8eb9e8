/**
 * Constants of vectors and of floating point, kept out of loops: each becomes a local variable of its function, set at the
 * start of the function. From version 24 on, Node.js makes such a constant from whole numbers in every turn of a loop:
 * MPDATA of two passes with a flow of numbers, 256 x 256 cells, took 5.8 ns a cell and step and takes 4.1 so, as with
 * version 20; a polynomial of f64 in compiled code 1.7 and 1.4.
 *
 * What a variable is set from is a global variable that nothing sets, but that may change as far as the engine knows: a
 * constant would be put back into the loop.
 */
import type { FunctionRef, Node, Tree } from "./tree.js";

/** Zero takes no time to make. */
const zero = /const (i32x4( 0x0{8}){4}|0)\)$/;

/** Makes variables of the constants that stand in loops. */
export function keepConstants(tree: Tree): void {
  new Keeping(tree).run();
}

class Keeping {
  readonly #tree: Tree;
  readonly #types: readonly number[];
  /** The names of global variables, by the text of the constant. */
  readonly #globals = new Map<string, string>();

  constructor(tree: Tree) {
    this.#tree = tree;
    this.#types = ["v128", "f64", "f32"].map((name) => tree.constant(name));
  }

  run(): void {
    this.#tree.changeBodies(
      (ref, body) => this.#changed(ref, body),
      (body) => this.#tree.knows(body),
    );
  }

  #changed(ref: FunctionRef, body: Node): Node {
    const tree = this.#tree;
    const { global, local, block } = tree.module;
    const variables = new Map<string, { readonly index: number; readonly type: number }>();
    const change = (node: Node, inLoop: boolean): Node => {
      const kind = tree.kind(node);
      const name = inLoop && kind === "Const" ? this.#globalOf(node) : undefined;
      if (name === undefined) {
        tree.each(node, (child) => change(child, inLoop || kind === "Loop"));
        return node;
      }
      const type = tree.type(node);
      const variable = variables.get(name) ?? { index: tree.addLocal(ref, type), type };
      variables.set(name, variable);
      return local.get(variable.index, type);
    };
    const changed = change(body, false);
    if (variables.size === 0) return changed;
    const sets = Array.from(variables, ([name, { index, type }]) => local.set(index, global.get(name, type)));
    return block(null, [...sets, changed], tree.type(changed));
  }

  /** The global variable that holds a constant; `undefined` for one that may stay where it is. */
  #globalOf(node: Node): string | undefined {
    const { module } = this.#tree;
    const type = this.#tree.type(node);
    const text = this.#tree.text(node).trim();
    if (!this.#types.includes(type) || zero.test(text)) return undefined;
    let name = this.#globals.get(text);
    if (name === undefined) {
      name = `constant|${this.#globals.size}`;
      this.#globals.set(text, name);
      module.addGlobal(name, type, true, module.copyExpression(node));
      // Exported, so that the compiler as well takes it for a variable that may change.
      module.addGlobalExport(name, name);
    }
    return name;
  }
}
