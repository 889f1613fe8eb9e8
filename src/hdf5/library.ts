/** h5wasm, and the words of what goes wrong with files. h5wasm is loaded when the first file is opened, not on import. */
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Dataset, Group } from "h5wasm/node";
import { wrongFile, wrongMemory } from "../argument.js";
import { packageRoot } from "../package.js";
import { kind } from "../path.js";
import { patiently } from "../tiering.js";

/** Longer texts do not fit an object header (64 KiB in all) and go to the heap of the file. */
const HEADER_TEXT = 60_000;
/** The first bytes of an HDF5 file. */
const SIGNATURE = "\x89HDF\r\n\x1a\n";
/** Where they may be: other programs (MATLAB) put something of theirs before. */
const BEGINNINGS = [0, 512, 1024, 2048, 4096];

/** What to do about a file that cannot be read. */
export const DAMAGED = "The file is damaged or incomplete; use another copy.";

type Hdf5 = typeof import("h5wasm/node");

let library: Hdf5 | undefined;
/** How many instances of h5wasm were given up. */
let failed = 0;

/** The instance that is loaded, or being loaded, and its number. */
let loading: { readonly number: number; readonly hdf5: Promise<Hdf5> } | undefined;

/** h5wasm, with its errors thrown. */
export async function load(): Promise<Hdf5> {
  if (loading?.number !== failed) loading = { number: failed, hdf5: instance(failed) };
  library = await loading.hdf5;
  return library;
}

async function instance(number: number): Promise<Hdf5> {
  const { error: print } = console;
  let refused: string | undefined;
  // h5wasm keeps what it finds here. It prints a warning of texts in a damaged file that are no UTF-8, and why it has no memory.
  console.error = (...texts: unknown[]) => {
    const text = String(texts[0]);
    refused ??= /^failed to asynchronously prepare wasm: (.*)/.exec(text)?.[1];
    if (refused === undefined && !text.startsWith("warning: Invalid U")) print.apply(console, texts);
  };
  try {
    return await patiently(async () => {
      const { href } = pathToFileURL(join(packageRoot, "dist", "hdf5.js")); // Made of it by scripts/hdf5.mjs.
      const hdf5: Hdf5 = await import(number === 0 ? href : `${href}?${number}`);
      (await hdf5.ready).activate_throwing_error_handler(); // without it, errors are only printed
      return hdf5;
    });
  } catch (cause) {
    throw refused === undefined ? cause : wrongMemory("h5wasm", refused, cause);
  } finally {
    console.error = print;
  }
}

/** The same where this process has awaited {@link load}. */
export function loaded(): Hdf5 {
  return library!;
}

/**
 * Has the next {@link load} take a new instance of h5wasm. An error that it throws leaves HDF5 as it was in the middle of
 * the call: the file stays open, and is not looked at again under its name. Files that are open stay with their instance.
 */
export function renew(): void {
  failed++;
}

/** Scalars: fixed-length UTF-8 for texts (`char` in netCDF), i32 for integers that fit, else f64. */
export function setAttributes(target: Dataset | Group, attributes: Record<string, string | number | undefined>): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "number") {
      target.create_attribute(name, value, [], Object.is(value, value | 0) ? "<i" : "<d");
    } else if (value !== undefined) {
      const length = Buffer.byteLength(value);
      target.create_attribute(name, value, [], length > HEADER_TEXT ? "S" : `S${Math.max(1, length)}`);
    }
  }
}

/** HDF5's numbers of the classes of types that are read: integers, floats and texts. */
const PLAIN_TYPES = [0, 1, 3];

/**
 * Attributes that are numbers or texts, by name. Others are not touched: h5wasm does not return from lists of references
 * that are damaged.
 */
export function attributesOf(source: Dataset | Group): Record<string, unknown> {
  const { attrs } = source;
  const plain = Object.keys(attrs).flatMap((name) => {
    const attribute = attrs[name]!;
    return PLAIN_TYPES.includes(attribute.metadata.type) ? [[name, attribute.json_value as unknown] as const] : [];
  });
  return Object.fromEntries(plain);
}

/** Keeps other files away from HDF5, whose errors say less and leak a file descriptor each. */
export function checkSignature(path: string, todo = "Choose a file that wasm-mpi wrote."): void {
  const found = kind(path);
  if (found !== "a file") throw wrongFile(path, "an existing file", found, "Check the path.");
  let heads: string[];
  try {
    const fd = openSync(path, "r");
    try {
      heads = BEGINNINGS.map((position) => {
        const head = Buffer.alloc(SIGNATURE.length);
        readSync(fd, head, 0, head.length, position);
        return head.toString("latin1");
      });
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    throw wrongFile(path, "a file that can be read", cause, "Check its permissions.");
  }
  if (heads.includes(SIGNATURE)) return;
  if (heads[0]!.startsWith("CDF")) {
    throw wrongFile(path, "an HDF5 file", "one of netCDF-3", "Convert it: nccopy -k nc4 OLD.nc NEW.nc.");
  }
  throw wrongFile(path, "an HDF5 file", "one that does not begin like HDF5", todo);
}

/** Runs what may fail when something else has failed already. */
export function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // The error that led here is the one to report.
  }
}
