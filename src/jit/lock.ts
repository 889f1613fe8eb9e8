/**
 * Locks of the cache: a file that exists while a process makes a module, with the process in it:
 *
 *     HOST PID START        START: when the process began, as the system counts it; nothing where that cannot be known
 *
 * Nobody waits long for a lock whose process is gone, or that has no process in it because the disk was full.
 */
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { hostname } from "node:os";

/** When a lock is taken over, whoever holds it, and how long anybody waits: no compilation is worth more. */
export const patienceMs = 30_000;
/** A process writes its lock within this time after it has made the file. */
const writtenMs = 2_000;

/** When a process began; `undefined` where that cannot be known, "" for a process that has ended. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name of the program is in parentheses and may hold any character; behind it are the state and, 19 words on, the start.
    const words = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return words[0] === "Z" || words[0] === "X" ? "" : words[19];
  } catch {
    return undefined;
  }
}

/** What this process writes into its locks. */
function ownText(): string {
  return [hostname(), process.pid, startOf(process.pid) ?? ""].join(" ");
}

/** Takes a lock; `none` where there cannot be one: the folder cannot be written to, or something else has the name. */
export function takeLock(lock: string, folder: string): "mine" | "taken" | "none" {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch {
    return "none";
  }
  let file: number;
  try {
    file = openSync(lock, "wx", 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST" || !isLock(lock)) return "none";
    if (isAbandoned(lock)) rmSync(lock, { force: true });
    return "taken";
  }
  try {
    writeSync(file, ownText());
    return "mine";
  } catch {
    rmSync(lock, { force: true }); // The disk is full: an empty lock would keep others waiting.
    return "none";
  } finally {
    closeSync(file);
  }
}

/** Gives a lock of this process back, unless another process has taken it over. */
export function releaseLock(lock: string): void {
  try {
    if (readFileSync(lock, "utf8") === ownText()) unlinkSync(lock);
  } catch {
    // It is gone.
  }
}

/** False where something else exists: a folder or a link in place of the lock. */
function isLock(lock: string): boolean {
  try {
    return lstatSync(lock).isFile();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT"; // Freed in between.
  }
}

/** True for a lock of a process that has ended, as far as that can be known here, or one that is too old. */
function isAbandoned(lock: string): boolean {
  try {
    const ageMs = Date.now() - statSync(lock).mtimeMs;
    if (ageMs > patienceMs) return true;
    const [host, pid, start] = readFileSync(lock, "utf8").split(" ");
    if (!Number(pid)) return ageMs > writtenMs;
    if (host !== hostname()) return false;
    process.kill(Number(pid), 0);
    const now = startOf(Number(pid));
    // The number may have been given to another process.
    return now === "" || (now !== undefined && Boolean(start) && now !== start);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
