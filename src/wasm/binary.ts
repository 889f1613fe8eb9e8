/** The modules of `assembly/` as bytes, and the one memory; a browser has src/browser/binary.ts in place of this module. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { wrongMemory } from "../argument.js";
import { packageRoot } from "../package.js";

/** A module of `dist/`: `heap`, `kernels`, `functions`, and the debug builds of the first two. */
export function moduleOf(name: string): WebAssembly.Module {
  return compiled(readFileSync(join(packageRoot, "dist", `${name}.wasm`)));
}

/** The module of some bytes. */
export function compiled(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  return new WebAssembly.Module(bytes);
}

/** The one memory, shared by threads. @throws KernelError where the system has no addresses for it */
export function newMemory(): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
  } catch (cause) {
    throw wrongMemory("memory", (cause as Error).message, cause);
  }
}
