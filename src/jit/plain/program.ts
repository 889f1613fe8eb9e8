/** A translated module at work: its text is a file, which debuggers and coverage find, with its sources beside it. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { requireHere } from "../../package.js";
import type { Signatures } from "../border/signature.js";
import { cacheFolder, note, plainFolder, writeWhole } from "../cache.js";
import type { Program } from "../link.js";
import type { Sources } from "../sources.js";
import { runtime } from "./runtime.js";

/** What the text of a translated module exports. */
interface Translated {
  readonly byteLength: number;
  readonly signatures: Signatures;
  readonly imports: readonly { readonly module: string; readonly name: string }[];
  instantiate(of: typeof runtime, table: object, base: number): Record<string, unknown>;
}

/** The program of a text that `compilePlain()` has made. The text is written to a folder of the cache. */
export function plainProgram(text: Uint8Array, key: string, sources: Sources): Program {
  const file = save(text, key, sources);
  process.setSourceMapsEnabled(true); // Stack traces show the lines of the source.
  const { byteLength, signatures, imports, instantiate } = requireHere(file) as Translated;
  return { byteLength, signatures, at: (base) => ({ imports, start: (table) => instantiate(runtime, table, base) }) };
}

/** Saves a text, in the cache if possible, and returns the path. */
function save(text: Uint8Array, key: string, { files, urls }: Sources): string {
  const saveIn = (folder: string): string => {
    for (const [name, source] of files) if (!urls.has(name)) write(join(folder, name), Buffer.from(source));
    const file = join(folder, "module.cjs");
    write(file, text);
    return file;
  };
  const cache = cacheFolder();
  try {
    if (cache !== undefined) return saveIn(plainFolder(cache, key));
  } catch {
    // The disk is full or read-only.
  }
  return saveIn(join(temporaryFolder(), key));
}

/** Writes a file that is not there yet. */
function write(file: string, bytes: Uint8Array): void {
  if (existsSync(file) && readFileSync(file).equals(bytes)) {
    note(file);
    return;
  }
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeWhole(file, bytes);
}

let processFolder: string | undefined;

/** A folder for the time of this process, where nothing is kept. */
function temporaryFolder(): string {
  if (processFolder === undefined) {
    processFolder = mkdtempSync(join(tmpdir(), "wasm-mpi-"));
    process.once("exit", () => rmSync(processFolder!, { recursive: true, force: true }));
  }
  return processFolder;
}
