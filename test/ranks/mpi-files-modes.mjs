/** Part of mpi-files.mjs: how files are opened, by whom, and under which names. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MpiFile, mpi } from "wasm-mpi/mpi";
import {
  bytesOf,
  count,
  create,
  elementsOf,
  folder,
  library,
  range,
  skipName,
  withFile,
  withNewFile,
} from "./mpi-files-scratch.mjs";
import { comm, rank, size } from "./mpi-world.mjs";

export function describesItself() {
  const path = join(folder, "described");
  const file = comm.openFile(path, { ...create, deleteOnClose: true, info: { romio_cb_write: "enable" } });
  assert.ok(file instanceof MpiFile);
  assert.equal(file.path, path);
  assert.equal(String(file), `file "${path}", read, write, create, deleteOnClose`);
  assert.deepEqual(file.mode, {
    read: true,
    write: true,
    create: true,
    exclusive: false,
    append: false,
    deleteOnClose: true,
    unique: false,
    sequential: false,
  });
  if (library !== "solo") assert.equal(file.info.romio_cb_write, "enable");
  file.setInfo({ romio_cb_read: "disable" });
  assert.deepEqual(file.view, { type: "byte", offset: 0, datarep: "native" });
  const block = { globalShape: [4, size], start: [0, rank], shape: [4, 1] };
  file.setView({ offset: 24, type: "float64", ...block, info: { romio_cb_write: "enable" } });
  assert.deepEqual(file.view, { type: "float64", ...block, offset: 24, datarep: "native" });
  file.setView({});
  assert.deepEqual(file.view, { type: "byte", offset: 0, datarep: "native" });
  assert.equal(file.freed, false);
  assert.ok(existsSync(path));
  comm.barrier();
  file.close();
  assert.equal(file.freed, true);
  assert.equal(String(file), `file "${path}", closed`);
  comm.barrier();
  assert.ok(!existsSync(path));
}

/** OMPIO of Open MPI 4 corrupts files: it must not even be loaded. */
export function usesRomio() {
  if (library !== "openmpi" || process.platform !== "linux") return;
  const maps = readFileSync("/proc/self/maps", "utf8");
  assert.equal(maps.includes("mca_io_romio"), true);
  assert.equal(maps.includes("mca_io_ompio"), false);
}

export function opensInEveryMode() {
  const path = join(folder, "modes");
  const made = comm.openFile(path, { write: true, create: true, exclusive: true });
  assert.equal(String(made), `file "${path}", write, create, exclusive`);
  count(4, made.writeAtAll(4 * rank, Uint8Array.of(1, 2, 3, 4)));
  made.close();
  const read = comm.openFile(path);
  assert.equal(String(read), `file "${path}", read`);
  const data = new DataView(new ArrayBuffer(8), 2, 4);
  count(4, read.readAtAll(4 * rank, data));
  assert.equal(data.getUint32(0), 0x01020304);
  read.close();
  const appended = comm.openFile(path, { write: true, append: true, unique: true });
  assert.equal(String(appended), `file "${path}", write, append, unique`);
  assert.equal(appended.position, 4 * size);
  appended.writeOrdered(Uint8Array.of(9));
  appended.close();
  const expected = [...Array(size).fill([1, 2, 3, 4]).flat(), ...Array(size).fill(9)];
  assert.deepEqual([...bytesOf(path)], expected);
  if (rank === 0) mpi.deleteFile(path, { info: { nothing: "known" } });
  comm.barrier();
  assert.ok(!existsSync(path));
}

export function writesInOrderOnly() {
  withNewFile(
    (file, path) => {
      file.setView({ type: "int32" });
      count(1, file.writeOrdered(Int32Array.of(rank)));
      // The next view begins behind what has been written.
      file.setView({ type: "int32", offset: "current" });
      assert.equal(file.view.offset, 4 * size);
      count(1, file.writeOrdered(Int32Array.of(10 + rank)));
      assert.deepEqual(elementsOf(path, Int32Array), [...range(size), ...range(size, 10)]);
    },
    { write: true, create: true, sequential: true },
  );
}

export function isAtomic() {
  withFile((file) => {
    assert.equal(file.atomic, false);
    file.setAtomic(true);
    assert.equal(file.atomic, true);
    // All write the same elements; a reader sees those of one rank.
    file.setView({ type: "int32" });
    for (let i = 0; i < 10; i++) {
      file.writeAt(0, new Int32Array(100).fill(rank));
      const data = new Int32Array(100);
      count(100, file.readAt(0, data));
      assert.equal(new Set(data).size, 1);
    }
    comm.barrier();
    file.setAtomic(false);
    assert.equal(file.atomic, false);
  });
}

export function opensOnPartOfTheRanks() {
  const half = comm.split({ color: rank % 2 });
  if (rank % 2) skipName();
  withNewFile(
    (file, path) => {
      file.writeOrdered(Uint8Array.of(rank));
      assert.deepEqual(
        [...bytesOf(path, half)],
        range(size).filter((r) => r % 2 === rank % 2),
      );
    },
    create,
    half,
  );
  half.free();
}

export function takesAnyName() {
  const path = join(folder, process.platform === "win32" ? "täglich 日本.dat" : "täglich 日本 12:30:00.dat");
  const file = comm.openFile(path, create);
  file.writeAtAll(rank, Uint8Array.of(rank));
  file.close();
  assert.deepEqual([...bytesOf(path)], range(size));
  if (rank === 0) mpi.deleteFile(path);
  comm.barrier();
  assert.ok(!existsSync(path));
}
