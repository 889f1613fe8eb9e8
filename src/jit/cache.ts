/**
 * Compiled modules on disk, by a key: a hash of all that they were made of, in 64 hexadecimal digits.
 *
 *     KEY.wasm                              a module behind the hash of its bytes
 *     KEY.wasm.lock                         exists while a process makes the module
 *     KEY.wasm.UUID.tmp                     while a process writes it
 *     plain/KEY/module.cjs and NAME.ts      a module of plain mode, and the sources that are no files elsewhere
 *
 * The folder may lie in one with files of the user, and users may put files into it: only files of these names are ever
 * removed, and links never.
 */
import { createHash, randomUUID } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { homedir, hostname } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** The hash at the start of a file, of the bytes behind it. */
const hashLength = 32;
/** When a lock is taken over, whoever holds it: no compilation takes so long. */
const patienceMs = 120_000;
const dayMs = 86_400_000;
/** A module that nobody has read for so long is removed. */
const keptMs = 90 * dayMs;

const temporarySuffix = /\.[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\.tmp/.source;
const keyName = /^[\da-f]{64}$/;
const moduleName = new RegExp(`^[\\da-f]{64}\\.wasm(\\.lock|${temporarySuffix})?$`);
/** The files of a module of plain mode. */
const plainName = new RegExp(`^(module\\.cjs|[\\w-]+\\.ts)(${temporarySuffix})?$`);

/**
 * The folder: `wasm-mpi-cache` in the one that `WASM_MPI_CACHE` names, else `wasm-mpi` in the user's folder for caches;
 * `undefined` when the variable is 0 or nothing.
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const asked = env.WASM_MPI_CACHE;
  if (asked !== undefined) return asked === "" || asked === "0" ? undefined : join(asked, "wasm-mpi-cache");
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

/** Tells by the time of a file that it was read, once a day, where that can be told: a cache may be read-only. */
export function note(file: string): void {
  attempt(() => {
    const now = Date.now();
    if (now - statSync(file).mtimeMs > dayMs) utimesSync(file, now / 1000, now / 1000);
  });
}

/** The folder of a module of plain mode in the folder of the cache. */
export function plainFolder(folder: string, key: string): string {
  return join(folder, "plain", key);
}

/** Does what may fail, or what another process may have done before. */
function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // It can wait for the next time.
  }
}

/** Removes the modules that nobody has read for long; they are made again when they are asked for. */
function prune(folder: string): void {
  for (const name of readdirSync(folder)) if (moduleName.test(name)) attempt(() => pruneFile(join(folder, name)));
  const plain = join(folder, "plain");
  if (!isFolder(plain)) return;
  for (const name of readdirSync(plain)) if (keyName.test(name)) attempt(() => prunePlain(join(plain, name)));
}

/** True for a folder, false for a link to one. */
function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function isOld(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs > keptMs;
}

/** Removes a file that is old, and neither a link nor a folder. */
function pruneFile(path: string): void {
  if (lstatSync(path).isFile() && isOld(path)) unlinkSync(path);
}

/** Removes a module of plain mode that is old. */
function prunePlain(folder: string): void {
  const module = join(folder, "module.cjs");
  if (isFolder(folder) && isOld(existsSync(module) ? module : folder)) removePlain(folder);
}

/** Removes the files of a module of plain mode, and the folders that are empty then. */
function removePlain(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (plainName.test(name)) pruneFile(path);
    else if (/^[\w-]+$/.test(name) && isFolder(path)) attempt(() => removePlain(path));
  }
  rmdirSync(folder);
}

/** Writes under another name first, so that nobody reads half a file. */
function write(file: string, bytes: Uint8Array): void {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    writeFileSync(temporary, Buffer.concat([hashOf(bytes), bytes]));
    renameSync(temporary, file);
  } catch {
    rmSync(temporary, { force: true }); // A full or read-only disk: the next program compiles again.
  }
  attempt(() => prune(dirname(file)));
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

/** False where something else exists: a file in place of the folder, a link in place of the lock. */
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
    if (Date.now() - statSync(lock).mtimeMs > patienceMs) return true;
    const [host, pid] = readFileSync(lock, "utf8").split(" ");
    if (host !== hostname() || !Number(pid)) return false;
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
