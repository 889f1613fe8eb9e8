/** Folders for files that are not meant to stay. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileError } from "../errors.js";

/** A new folder for temporary files, gone with this process. @throws FileError when none can be made */
export function temporaryFolder(kind = ""): string {
  const parent = tmpdir();
  try {
    const folder = mkdtempSync(join(parent, `wasm-mpi-${kind}`));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    return folder;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new FileError(
      `"TMPDIR" expected an existing folder that can be written, got "${parent}" (${code}). Create it, or set TMPDIR to another.`,
      parent,
      cause,
    );
  }
}
