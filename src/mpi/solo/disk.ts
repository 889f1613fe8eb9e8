import { type ErrorName, fail } from "./failure.js";

/** Error classes by the codes of the operating system. */
const classes: Readonly<Record<string, ErrorName>> = {
  ENOENT: "NO_SUCH_FILE",
  EEXIST: "FILE_EXISTS",
  EACCES: "ACCESS",
  EPERM: "ACCESS",
  EROFS: "READ_ONLY",
  ENOSPC: "NO_SPACE",
  EDQUOT: "QUOTA",
  ENAMETOOLONG: "BAD_FILE",
  ENOTDIR: "BAD_FILE",
  EISDIR: "BAD_FILE",
};

/** Runs a call of the operating system; its error becomes one of MPI. */
export function onDisk<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return fail(classes[code] ?? "IO", classes[code] ? undefined : `input or output failed: ${code}`);
  }
}
