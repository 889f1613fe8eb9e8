import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../package.js";

/** The functions of expressions by name: `sin`, for `f32` `sinf`. See assembly/functions.ts. */
export type Functions = Readonly<Record<string, (...args: number[]) => number>>;

let made: Functions | undefined;

/** The functions of expressions, loaded when first needed. Compiled expressions import them as the module `functions`. */
export function functions(): Functions {
  if (!made) {
    const module = new WebAssembly.Module(readFileSync(join(packageRoot, "dist", "functions.wasm")));
    made = new WebAssembly.Instance(module).exports as Functions;
  }
  return made;
}
