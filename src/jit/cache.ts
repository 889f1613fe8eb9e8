/**
 * Compiled modules on disk, by a key: a hash of all that they were made of, in 64 hexadecimal digits.
 *
 *     KEY.wasm                              a module behind the hash of its key and bytes
 *     KEY.wasm.lock                         exists while a process makes the module, see lock.ts
 *     KEY.wasm.UUID.tmp                     while a process writes it
 *     compiler                              the version of the compiler that made a module last, see kept.ts
 *     plain/KEY/module.cjs and NAME.ts      a module of plain mode, and the sources that are no files elsewhere
 *     commands/                             what Node.js keeps of the command line (src/cli/index.ts)
 *
 * Folders and files are the user's own: nobody else is to put code there that runs.
 *
 * The folder may lie in one with files of the user, and users may put files into it: only files of these names are ever
 * removed, and links never.
 */
import {
  existsSync,
  lstatSync,
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
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { builtin } from "../package.js";
import { patienceMs, releaseLock, takeLock } from "./lock.js";

/** The hash at the start of a file, of its key and the bytes behind the hash: a file under another name is none. */
const hashLength = 32;
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

function hashOf(key: string, bytes: Uint8Array): Buffer {
  return builtin("crypto").createHash("sha256").update(key).update(bytes).digest();
}

/** The bytes of a file, if it is there, whole, and that of the key. */
function read(file: string, key: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const content = readFileSync(file);
    const bytes = new Uint8Array(content.subarray(hashLength));
    if (!hashOf(key, bytes).equals(content.subarray(0, hashLength))) return undefined;
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

/** Writes a file under another name first, so that nobody reads half a file. */
export function writeWhole(file: string, content: Uint8Array): void {
  const temporary = `${file}.${builtin("crypto").randomUUID()}.tmp`;
  try {
    writeFileSync(temporary, content, { mode: 0o600 });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function write(file: string, key: string, bytes: Uint8Array): void {
  // On a full or read-only disk the next program compiles again.
  attempt(() => writeWhole(file, Buffer.concat([hashOf(key, bytes), bytes])));
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
  const kept = read(file, key);
  if (kept) return kept;
  const lock = `${file}.lock`;
  const begin = Date.now();
  for (;;) {
    const state = takeLock(lock, folder);
    if (state === "none" || (state === "taken" && Date.now() - begin > patienceMs)) return make();
    const found = read(file, key); // Another process may have finished just before the lock was free.
    if (state === "mine") {
      try {
        const bytes = found ?? (await make());
        if (!found) write(file, key, bytes);
        return bytes;
      } finally {
        releaseLock(lock);
      }
    }
    if (found) return found;
    await sleep(20);
  }
}
