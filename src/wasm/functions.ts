import { wrongMemory } from "../argument.js";
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

/**
 * The functions of expressions, loaded when first needed. Compiled expressions import them as the module `functions`.
 * @throws KernelError where the system has no addresses for the memory with their tables
 */
export function functions(): Functions {
  if (made) return made;
  const compiled = functionsModule();
  try {
    made = new WebAssembly.Instance(compiled).exports as Functions;
  } catch (cause) {
    throw wrongMemory("functions", (cause as Error).message, cause);
  }
  return made;
}
