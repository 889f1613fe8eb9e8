/** Folders for files that are not meant to stay. */
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileError } from "../errors.js";

/** A new folder for temporary files, gone with this process where it is empty. @throws FileError when none can be made */
export function temporaryFolder(kind = ""): string {
  const parent = tmpdir();
  try {
    const folder = mkdtempSync(join(parent, `wasm-mpi-${kind}`));
    process.once("exit", () => removeEmpty(folder));
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

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It has files, or is gone.
  }
}
