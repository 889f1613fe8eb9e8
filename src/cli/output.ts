/** Files that an option names. */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { FileError } from "../errors.js";

/**
 * Writes a file under another name first, so that nobody reads half of it.
 * @param option the option that names it, for error texts: `--output`
 * @throws FileError when it cannot be written
 */
export function writeFor(option: string, path: string, contents: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, contents);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    const text = `"${option}" expected a file that can be written, got ${path} (${code}). Choose another.`;
    throw new FileError(text, path, error);
  }
}
