/** The modules of `assembly/` as bytes, and the one memory; a browser has src/browser/binary.ts in place of this module. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { wrongMemory } from "../argument.js";
import { LibraryError } from "../errors.js";
import { here, packageRoot } from "../package.js";

/**
 * A module of `dist/`: `heap`, `kernels`, `functions`, and the debug builds of the first two.
 * @throws LibraryError where a bundle has this code, and no folder above it has the package
 */
export function moduleOf(name: string): WebAssembly.Module {
  const path = join(packageRoot, "dist", `${name}.wasm`);
  return compiled(bytesOf(path));
}

function bytesOf(path: string): Uint8Array<ArrayBuffer> {
  try {
    return readFileSync(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new LibraryError(
      `wasm-mpi: expected the installed package, whose kernels a bundle does not hold, got none above "${dirname(fileURLToPath(here))}". Run npm install wasm-mpi where the bundle is.`,
      { tried: [path], cause },
    );
  }
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
