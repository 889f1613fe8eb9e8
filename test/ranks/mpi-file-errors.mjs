/**
 * Wrong use of every call on files. Rank 0 prints one JSON object: the error (class and text) of each.
 * Afterwards all ranks still read and write together.
 *
 *   mpi-file-errors.mjs LIBRARY FOLDER
 */
import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { Datatype, mpi } from "wasm-mpi/mpi";
import { texts, wrong } from "./mpi-wrong.mjs";

const [, , library, folder] = process.argv;

wrong("delete before init", () => mpi.deleteFile("file"));
const comm = mpi.init();
const { rank, size } = comm;
const path = join(folder, "file");
const array = Float64Array.of(1, 2);

wrong("path: missing", () => comm.openFile());
wrong("path: empty", () => comm.openFile(""));
wrong("path: zero byte", () => comm.openFile("a\0b"));
wrong("path: list", () => mpi.deleteFile(["a"]));
wrong("mode: unknown", () => comm.openFile(path, { wirte: true }));
wrong("mode: neither", () => comm.openFile(path, { read: false }));
wrong("mode: no boolean", () => comm.openFile(path, { write: "yes" }));
wrong("mode: create to read", () => comm.openFile(path, { create: true }));
wrong("mode: exclusive alone", () => comm.openFile(path, { write: true, exclusive: true }));
wrong("mode: sequential both ways", () => comm.openFile(path, { read: true, write: true, sequential: true }));
wrong("info: number", () => comm.openFile(path, { info: { cb_nodes: 2 } }));
wrong("open: no such file", () => comm.openFile(path));
wrong("open: no such folder", () => comm.openFile(join(folder, "none", "file"), { write: true, create: true }));
wrong("open: a folder", () => comm.openFile(folder, { write: true }));
wrong("delete: no such file", () => mpi.deleteFile(path));

const file = comm.openFile(path, { read: true, write: true, create: true });
wrong("open: exists", () => comm.openFile(path, { write: true, create: true, exclusive: true }));
wrong("view: unknown", () => file.setView({ etype: "float64" }));
wrong("view: offset", () => file.setView({ offset: -8 }));
wrong("view: type", () => file.setView({ type: "double" }));
wrong("view: part of a block", () => file.setView({ type: "float64", globalShape: [4, 4], start: [0, 0] }));
wrong("view: no axis", () => file.setView({ globalShape: [], start: [], shape: [] }));
wrong("view: axes", () => file.setView({ globalShape: [4, 4], start: [0], shape: [2] }));
wrong("view: outside", () => file.setView({ globalShape: [4, 4], start: [0, 3], shape: [4, 2] }));
wrong("view: filetype", () => file.setView({ filetype: "float64" }));
const { world } = comm;
world.raw.MPI_Type_contiguous(2, world.constants.MPI_DOUBLE, world.scratch.address);
const filetype = new Datatype(world, world.readHandle(0));
wrong("view: filetype and block", () => file.setView({ filetype, globalShape: [2], start: [0], shape: [1] }));
world.freeType(filetype.handle);
wrong("view: info", () => file.setView({ info: { cb_nodes: null } }));
wrong("view: datarep", () => file.setView({ datarep: "roman" }));
wrong("data: list", () => file.write([1, 2]));
wrong("data: buffer", () => file.iread(new ArrayBuffer(8)));
wrong("data: missing", () => file.readAtAll(0));
wrong("offset: negative", () => file.readAt(-1, array));
wrong("offset: fraction", () => file.iwriteAt(0.5, array));
wrong("offset: missing", () => file.writeAtAll(array, array));
wrong("offset: beyond 2^53", () => file.ireadAtAll(2 ** 53, array));
wrong("seek: from", () => file.seek({ offset: 0, from: "middle" }));
wrong("seek: negative", () => file.seek({ offset: -1 }));
wrong("seek: fraction", () => file.seekShared({ offset: 0.5, from: "current" }));
wrong("seek: before the start", () => file.seek({ offset: -1, from: "current" }));
wrong("byteOffset", () => file.byteOffset("0"));
wrong("setSize", () => file.setSize(-1));
wrong("setAtomic", () => file.setAtomic(1));
wrong("preallocate", () => file.preallocate(1.5));
file.setView({ type: "float64" });
wrong("data: part of an element", () => file.writeAt(0, new Uint8Array(12)));
file.setView({ type: "float64", globalShape: [2], start: [0], shape: [0] });
wrong("data: for an empty block", () => file.writeAll(array));
file.setView({ type: "float64" });
file.writeAtAll(2 * rank, array);
file.close();
wrong("closed", () => file.write(array));
wrong("closed twice", () => file.close());

const reading = comm.openFile(path);
wrong("write to read", () => reading.write(array));
wrong("iwrite to read", () => reading.iwriteAt(0, array));
wrong("cut to read", () => reading.setSize(0));
reading.close();
const writing = comm.openFile(path, { write: true });
wrong("read to write", () => writing.readAt(0, array));
wrong("iread to write", () => writing.iread(array));
writing.close();
const ordered = comm.openFile(path, { sequential: true });
wrong("sequential: at", () => ordered.readAt(0, array));
ordered.close();
if (process.geteuid && process.geteuid() !== 0) forbids();
if (process.platform === "linux" && library !== "solo") fillsTheDisk();

const again = comm.openFile(path, { deleteOnClose: true });
again.setView({ type: "float64" });
const all = new Float64Array(2 * size);
assert.equal(again.readAtAll(0, all).count, 2 * size);
assert.deepEqual([...all], Array(size).fill([1, 2]).flat());
again.close();
mpi.finalize();
wrong("after finalize", () => comm.openFile(path));
if (rank === 0) console.log(JSON.stringify(texts));

/** Root may open everything. */
function forbids() {
  const secret = join(folder, "secret");
  comm.openFile(secret, { write: true, create: true }).close();
  if (rank === 0) chmodSync(secret, 0);
  comm.barrier();
  wrong("open: forbidden", () => comm.openFile(secret));
  comm.barrier();
  if (rank === 0) mpi.deleteFile(secret);
}

function fillsTheDisk() {
  const full = comm.openFile("/dev/full", { write: true });
  wrong("full disk", () => full.write(array));
  wrong("full disk, all", () => full.writeAll(array));
  full.close();
}
