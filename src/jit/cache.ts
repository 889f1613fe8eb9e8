/** Compiled modules on disk, by a hash of all that they were made of. */
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** The hash at the start of a file, of the bytes behind it. */
const hashLength = 32;
/** When a lock is taken over, whoever holds it: no compilation takes so long. */
const patienceMs = 120_000;
const dayMs = 86_400_000;
/** A file that nobody has read for so long is removed. */
const keptMs = 90 * dayMs;

/** The folder: `WASM_MPI_CACHE`, else one of this package in the user's cache folder; `undefined` for 0 or nothing. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const asked = env.WASM_MPI_CACHE;
  if (asked !== undefined) return asked === "" || asked === "0" ? undefined : asked;
  if (process.platform === "win32") return join(env.LOCALAPPDATA ?? join(homedir(), "AppData", "Local"), "wasm-mpi");
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "wasm-mpi");
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "wasm-mpi");
}

function hashOf(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

/** The bytes of a file, if it is there and whole. */
function read(file: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const content = readFileSync(file);
    const bytes = new Uint8Array(content.subarray(hashLength));
    if (!hashOf(bytes).equals(content.subarray(0, hashLength))) return undefined;
    note(file);
    return bytes;
  } catch {
    return undefined;
  }
}

/** Tells by the time of a file that it was read, once a day. */
function note(file: string): void {
  const now = Date.now();
  if (now - statSync(file).mtimeMs > dayMs) utimesSync(file, now / 1000, now / 1000);
}

/** Removes what nobody has read for long; it is made again when it is asked for. */
function prune(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    try {
      if (Date.now() - statSync(path).mtimeMs > keptMs) rmSync(path, { recursive: true, force: true });
    } catch {
      // Another process was faster.
    }
  }
}

/** Writes under another name first, so that nobody reads half a file. */
function write(file: string, bytes: Uint8Array): void {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    writeFileSync(temporary, Buffer.concat([hashOf(bytes), bytes]));
    renameSync(temporary, file);
    prune(dirname(file));
  } catch {
    rmSync(temporary, { force: true }); // A full or read-only disk: the next program compiles again.
  }
}

/**
 * The bytes kept under a key, or those that `make` makes, which are then kept. Of several processes that ask for the same
 * at once one makes them and the others wait for the file. Files that are damaged are made again. **Local.**
 */
export async function cached(
  key: string,
  make: () => Promise<Uint8Array<ArrayBuffer>>,
  folder: string | undefined = cacheFolder(),
): Promise<Uint8Array<ArrayBuffer>> {
  if (folder === undefined) return make();
  const file = join(folder, `${key}.wasm`);
  const kept = read(file);
  if (kept) return kept;
  const lock = `${file}.lock`;
  const mine = `${hostname()} ${process.pid}`;
  for (;;) {
    const state = take(lock, mine, folder);
    if (state === "none") return make();
    const found = read(file); // Another process may have finished just before the lock was free.
    if (state === "mine") {
      try {
        const bytes = found ?? (await make());
        if (!found) write(file, bytes);
        return bytes;
      } finally {
        rmSync(lock, { force: true });
      }
    }
    if (found) return found;
    await sleep(20);
  }
}

/** Takes a lock; `none` where the folder cannot be written to. */
function take(lock: string, mine: string, folder: string): "mine" | "taken" | "none" {
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(lock, mine, { flag: "wx" });
    return "mine";
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST" || !isLock(lock)) return "none";
    if (isAbandoned(lock)) rmSync(lock, { force: true });
    return "taken";
  }
}

/** False where the folder itself is what exists: as a file. */
function isLock(lock: string): boolean {
  try {
    return statSync(lock).isFile();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT"; // Freed in between.
  }
}

/** True for a lock of a process that has ended, as far as that can be known here, or one that is too old. */
function isAbandoned(lock: string): boolean {
  try {
    if (Date.now() - statSync(lock).mtimeMs > patienceMs) return true;
    const [host, pid] = readFileSync(lock, "utf8").split(" ");
    if (host !== hostname() || !Number(pid)) return false;
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
