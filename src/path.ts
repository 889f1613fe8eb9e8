/** Paths of files: what is there, and where a file that is to be written really is. */
import fs, { existsSync, lstatSync, readlinkSync, type Stats, statfsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { show, wrong, wrongFile } from "./argument.js";

/** More links than that lead in a circle. */
const MOST_LINKS = 40;

/** @throws UsageError unless it is the name of a file */
export function checkPath(where: string, path: unknown): void {
  if (typeof path === "string" && path !== "" && !path.includes("\0")) return;
  throw wrong(`${where}: "path"`, "the name of a file", show(path), "Pass one.");
}

/** What a path leads to. */
export function kind(path: string): "nothing" | "a file" | "a directory" | "a device or pipe" | "links in a circle" {
  try {
    const stat = statSync(path);
    if (stat.isFile()) return "a file";
    return stat.isDirectory() ? "a directory" : "a device or pipe";
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ELOOP") return "links in a circle";
    return "nothing"; // or not to be seen: opening it tells
  }
}

/** Whether a path is that of a symbolic link. */
function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false; // or not to be seen, as a name that is too long
  }
}

/** What is where a new file is to be. @throws FileError unless one can be there, in place of another with `overwrite` */
export function checkTarget(path: string, overwrite: boolean): "nothing" | "a file" {
  const directory = dirname(path);
  const parent = kind(directory);
  if (parent !== "a directory") {
    const got = `${parent} at "${directory}"`;
    throw wrongFile(path, "an existing directory", got, "Create it, or choose another path.");
  }
  const found = kind(path);
  if (found === "a file" && !overwrite) {
    const todo =
      "Choose another path, pass { overwrite: true } (--overwrite), or continue it with Output.append (--restart).";
    throw wrongFile(path, "a path without a file", "an existing file", todo);
  }
  if (found === "a file" || found === "nothing") return found;
  throw wrongFile(path, "a path for a file", found, "Choose another path.");
}

/** The path that a symbolic link leads to, which need not exist; another path as it is. A file is written there. */
export function throughLinks(path: string): string {
  let target = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    if (!isLink(target)) return target;
    target = resolve(dirname(target), readlinkSync(target));
  }
  throw wrongFile(path, "a path to a file", `more than ${MOST_LINKS} symbolic links`, "Choose another path.");
}

/** The name of a file that has no frames yet. */
export function unfinished(path: string): string {
  return `${path}.part`;
}

/** What a file is known by, whatever its path. */
export type Identity = Pick<Stats, "ino" | "dev">;

/** Whether a path leads to the file that it led to before. */
export function isThere(path: string, { ino, dev }: Identity): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.ino === ino && found.dev === dev;
}

/** @throws FileError unless the path leads to the file that it led to before */
export function expectThere(path: string, identity: Identity): void {
  if (isThere(path, identity)) return;
  const [got, todo] = existsSync(path)
    ? ["another in its place", "Give each run a file of its own."]
    : ["none", "Leave it where it is while it is written."];
  throw wrongFile(path, "the file that this run made", got, todo);
}

/** File systems that keep parts of files in the memory of each host, by the number that `statfs` gives. */
const incoherentSystems: Readonly<Record<number, string>> = {
  26985: "NFS", // 0x6969
  20859: "SMB", // 0x517b
  4266872130: "SMB", // 0xfe534d42
  4283649346: "CIFS", // 0xff534d42
  16914839: "9P", // 0x01021997
  1702057286: "FUSE", // 0x65735546
};

/** All of their names. */
export const incoherentNames: readonly string[] = [...new Set(Object.values(incoherentSystems))];

/**
 * The file system of a file, there or not yet, by its name, where a host may not see at once what others have written;
 * `undefined` for others.
 */
export function incoherentSystem(path: string): string | undefined {
  for (const place of [path, dirname(path)]) {
    try {
      return incoherentSystems[statfsSync(place).type >>> 0];
    } catch {
      // Not there.
    }
  }
  return undefined;
}

/**
 * Gives a file its name, under which another one may be.
 * @param isDurable whether the disk is to have the name
 */
export function takePlace(part: string, path: string, isDurable: boolean): void {
  const before = held(path);
  try {
    fs.renameSync(part, path);
  } finally {
    // Linux waits for the disk until the bytes of a file that is still being written are gone, 5 to 30 ms for 8 MiB: a thread of
    // the engine does.
    if (before !== undefined) fs.close(before, () => {});
  }
  if (!isDurable || process.platform === "win32") return;
  const folder = fs.openSync(dirname(path), "r");
  try {
    fs.fsyncSync(folder);
  } finally {
    fs.closeSync(folder);
  }
}

/** Writes a file under another name first, so that one under its own is always whole. @throws FileError, or what the system says */
export function replaceFile(path: string, contents: string | Uint8Array): void {
  const target = throughLinks(path);
  const found = kind(target);
  if (found === "a device or pipe") throw wrongFile(path, "a path for a file", found, "Choose another path.");
  const part = unfinished(target);
  try {
    fs.writeFileSync(part, contents);
    takePlace(part, target, false);
  } catch (error) {
    fs.rmSync(part, { force: true });
    throw error;
  }
}

/** Opens a file, so that its bytes do not go with its name. */
function held(path: string): number | undefined {
  // Windows replaces no file that is open.
  if (process.platform === "win32") return undefined;
  try {
    // Of a pipe that somebody has put there nothing is waited for.
    return fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  } catch {
    return undefined; // There is none, or it may not be read.
  }
}
