/** Modules by what they are made of: compiled once by each version of the compiler, and kept on disk. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { builtin } from "../package.js";
import { compile } from "./apart.js";
import { cached, cacheFolder, writeWhole } from "./cache.js";
import type { Task } from "./compiler.js";
import { findCompiler } from "./installed.js";

/**
 * The module of a key of `keyOf`, compiled or found. Without the compiler those are found that the last one made. **Local.**
 * @throws CompileError; LibraryError where the module is not kept and there is no compiler
 */
export function moduleOf(key: string, task: Task, folder: string | undefined = cacheFolder()) {
  const installed = findCompiler()?.version;
  const version = installed ?? (folder === undefined ? undefined : lastVersion(folder));
  if (folder === undefined || version === undefined) return compile(task);
  const make = async () => {
    const bytes = await compile(task);
    // After the lock has made the folder.
    remember(folder, version);
    return bytes;
  };
  return cached(keptKey(key, version), make, folder);
}

/** The key under which the module of a version of the compiler is kept. */
function keptKey(key: string, version: string): string {
  return builtin("crypto").createHash("sha256").update(`${key} ${version}`).digest("hex");
}

function versionFile(folder: string): string {
  return join(folder, "compiler");
}

/** The version of the compiler that made a module of a folder last. */
function lastVersion(folder: string): string | undefined {
  try {
    return readFileSync(versionFile(folder), "utf8");
  } catch {
    return undefined;
  }
}

function remember(folder: string, version: string): void {
  if (lastVersion(folder) === version) return;
  try {
    writeWhole(versionFile(folder), Buffer.from(version));
  } catch {
    // On a full or read-only disk the module is not kept either.
  }
}
