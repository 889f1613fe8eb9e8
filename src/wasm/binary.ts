/** The modules of `assembly/` as bytes, and the one memory; a browser has src/browser/binary.ts in place of this module. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../package.js";

/** A module of `dist/`: `heap`, `kernels`, `functions`, and the debug builds of the first two. */
export function moduleOf(name: string): WebAssembly.Module {
  return compiled(readFileSync(join(packageRoot, "dist", `${name}.wasm`)));
}

/** The module of some bytes. */
export function compiled(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  return new WebAssembly.Module(bytes);
}

/** The one memory, shared by threads. */
export function newMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
}
