import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../package.js";

/** The functions of expressions by name: `sin`, for `f32` `sinf`. See assembly/functions.ts. */
export type Functions = Readonly<Record<string, (...args: number[]) => number>>;

let compiled: WebAssembly.Module | undefined;
let made: Functions | undefined;

/** The module of the functions, compiled when first needed: a thread makes an instance of its own. */
export function functionsModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(join(packageRoot, "dist", "functions.wasm")));
  return compiled;
}

/** The functions of expressions, loaded when first needed. Compiled expressions import them as the module `functions`. */
export function functions(): Functions {
  made ??= new WebAssembly.Instance(functionsModule()).exports as Functions;
  return made;
}
