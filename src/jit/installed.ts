/** The compiler as a package, which is optional: what was compiled once runs without it. */
import { dirname } from "node:path";
import { LibraryError } from "../errors.js";
import { installCommand, requireHere } from "../package.js";

/** A compiler that is installed. */
export interface Compiler {
  readonly version: string;
  readonly folder: string;
}

/** AssemblyScript's compiler, where it is installed. */
export function findCompiler(): Compiler | undefined {
  try {
    const file = requireHere.resolve("assemblyscript/package.json");
    return { version: (requireHere(file) as Compiler).version, folder: dirname(file) };
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
