/** What the parts of mpi-files.mjs share: files for one use, and short ways to place, count and look. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { mpi } from "wasm-mpi/mpi";
import { comm } from "./mpi-world.mjs";

export const [, , library, folder] = process.argv;
export const create = { read: true, write: true, create: true };
let files = 0;
/** The file of `withFile`, from its first use on. */
export let common;

/** Leaves out the name of a new file, which other ranks use at the same time. */
export function skipName() {
  files++;
}

/** Runs `use` with a new file open on all ranks, which is closed and deleted afterwards. */
export function withNewFile(use, options = create, owner = comm) {
  const path = join(folder, `file${files++}`);
  const file = owner.openFile(path, options);
  use(file, path);
  file.close();
  owner.barrier();
  if (owner.rank === 0) mpi.deleteFile(path);
  owner.barrier();
}

/** Runs `use` with an empty file; always the same one, as to open one takes the longest of all calls. */
export function withFile(use) {
  common ??= comm.openFile(join(folder, "common"), { ...create, deleteOnClose: true });
  common.setSize(0);
  use(common, common.path);
  comm.barrier();
}

/** The bytes of the file, as all ranks have written them. */
export function bytesOf(path, owner = comm) {
  owner.barrier();
  const bytes = readFileSync(path);
  owner.barrier();
  return bytes;
}

/** The file as elements of a type. */
export function elementsOf(path, Type, offset = 0) {
  const bytes = bytesOf(path);
  return [...new Type(Uint8Array.from(bytes).buffer, offset)];
}

export function count(expected, status) {
  assert.deepEqual(status, { source: mpi.ANY_SOURCE, tag: mpi.ANY_TAG, count: expected });
}

/** The file, with this rank's pointer at `offset`. */
export function from(file, offset) {
  file.seek({ offset });
  return file;
}

export function fromShared(file, offset) {
  file.seekShared({ offset });
  return file;
}

export function range(length, first = 0) {
  return Array.from({ length }, (_, i) => first + i);
}
