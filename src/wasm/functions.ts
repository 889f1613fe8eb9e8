import { moduleOf } from "./binary.js";

/** The functions of expressions by name: `sin`, for `f32` `sinf`. See assembly/functions.ts. */
export type Functions = Readonly<Record<string, (...args: number[]) => number>>;

let module: WebAssembly.Module | undefined;
let made: Functions | undefined;

/** The module of the functions, compiled when first needed: a thread makes an instance of its own. */
export function functionsModule(): WebAssembly.Module {
  module ??= moduleOf("functions");
  return module;
}

/** The functions of expressions, loaded when first needed. Compiled expressions import them as the module `functions`. */
export function functions(): Functions {
  made ??= new WebAssembly.Instance(functionsModule()).exports as Functions;
  return made;
}
