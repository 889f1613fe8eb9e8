/** The compiler as a package, which is optional: what was compiled once runs without it. */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { LibraryError } from "../errors.js";
import { installCommand } from "../package.js";

const require = createRequire(import.meta.url);

/** A compiler that is installed. */
export interface Compiler {
  readonly version: string;
  readonly folder: string;
}

/** AssemblyScript's compiler, where it is installed. */
export function findCompiler(): Compiler | undefined {
  try {
    const file = require.resolve("assemblyscript/package.json");
    return { version: (require(file) as Compiler).version, folder: dirname(file) };
  } catch {
    return undefined;
  }
}

/** AssemblyScript's compiler. @throws LibraryError that names the command which installs it */
export function requireCompiler(): Compiler {
  const compiler = findCompiler();
  if (compiler) return compiler;
  throw new LibraryError(
    `jit: expected the package assemblyscript, which compiles kernels, got none. Install it: ${installCommand("assemblyscript")}`,
  );
}
