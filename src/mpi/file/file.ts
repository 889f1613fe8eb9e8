import { expectKeys, expectWhole, keysOf, show, wrong } from "../../argument.js";
import { isWindows } from "../../host.js";
import { elementTypes } from "../data/element.js";
import { type Hints, takeEntries, withHints } from "../library/info.js";
import type { World } from "../library/world.js";
import { naming } from "./handle.js";
import { amodeOf, type FileMode, modeNames, modeOf } from "./mode.js";
import { Transfers } from "./transfers.js";
import { type FileView, layoutOf } from "./view.js";

/** Options of `openFile()`; equal on all ranks. */
export interface FileOptions extends FileMode {
  /** Hints to the library by MPI's keys. */
  readonly info?: Hints;
}

/** Options of `mpi.deleteFile()`. */
export type DeleteFileOptions = Omit<FileOptions, keyof FileMode>;

const deleteFileKeys = keysOf<DeleteFileOptions>({ info: true });
const fileKeys = [...modeNames, ...deleteFileKeys];

/**
 * A file that all ranks of a communicator have open, made with `comm.openFile()`. Each rank sees it through its own
 * view, at first as bytes. Offsets are in elements of the view. Close it when done.
 *
 * ```js
 * const file = comm.openFile("all.bin", { read: true, write: true, create: true });
 * file.setView({ type: "f64", globalShape: [4 * comm.size], start: [4 * comm.rank], shape: [4] });
 * file.writeAll(new Float64Array(4).fill(comm.rank));
 * comm.barrier(); // The others have written, too.
 * console.log(file.size); // 96 on 3 ranks
 * file.close();
 * ```
 */
export class MpiFile extends Transfers {
  #view: FileView = {};

  /**
   * Sets what this rank sees of the file, and all file pointers to 0. **Collective**; `datarep` and the size of `type`
   * have to be equal on all ranks.
   */
  setView(view: FileView): void {
    const { world } = this;
    const call = "MPI_File_set_view";
    const { handle } = this;
    const layout = layoutOf(world, view, this.mode.sequential ? "current" : 0);
    const { offset, etype, filetype } = layout;
    try {
      withHints(world, view.info, call, (info) => {
        const datarep = world.text(view.datarep ?? "native");
        this.check(world.raw.MPI_File_set_view(handle, offset, etype, filetype, datarep, info), call);
      });
    } finally {
      if (layout.temporary) world.freeType(filetype);
    }
    this.layout = layout;
    this.#view = copyOf(view);
  }

  /** The view that is set; `offset` and `datarep` as the library has them. **Local.** */
  get view(): FileView {
    const { world } = this;
    const { raw, scratch } = world;
    const text = new Uint8Array(129);
    const { address } = scratch;
    const code = raw.MPI_File_get_view(this.handle, address, address + 8, address + 16, world.addressOf(text));
    this.check(code, "MPI_File_get_view");
    const offset = world.readPointer(0);
    const predefined: ReadonlySet<number> = new Set(
      Object.values(elementTypes).map(({ datatype }) => world.constants[datatype]),
    );
    for (const type of [world.readHandle(8), world.readHandle(16)]) if (!predefined.has(type)) world.freeType(type);
    const datarep = new TextDecoder().decode(text.subarray(0, text.indexOf(0)));
    return { type: "byte", ...this.#view, offset, datarep };
  }

  /** Cuts the file or makes it longer, to a number of bytes. **Collective.** */
  setSize(byteLength: number): void {
    this.#resize("MPI_File_set_size", byteLength);
  }

  /** Reserves room on the disk for a number of bytes; the file gets at least as long. **Collective.** */
  preallocate(byteLength: number): void {
    this.#resize("MPI_File_preallocate", byteLength);
  }

  #resize(call: "MPI_File_set_size" | "MPI_File_preallocate", byteLength: number): void {
    expectWhole(`${call}: "byteLength"`, byteLength, { least: 0 }, "Count in bytes.");
    this.check(this.world.raw[call](this.handle, byteLength), call);
  }

  /** Brings what was written to the disk, and makes it visible to the other ranks. **Collective.** */
  sync(): void {
    this.check(this.world.raw.MPI_File_sync(this.handle), "MPI_File_sync");
  }

  /** True when each read sees writes of other ranks as a whole or not at all. **Local.** */
  get atomic(): boolean {
    const { world } = this;
    this.check(world.raw.MPI_File_get_atomicity(this.handle, world.outPtr), "MPI_File_get_atomicity");
    return world.out !== 0;
  }

  /** Sets {@link atomic}. **Collective.** */
  setAtomic(atomic: boolean): void {
    if (typeof atomic !== "boolean") {
      throw wrong('MPI_File_set_atomicity: "atomic"', "true or false", show(atomic), "Give one of them.");
    }
    this.check(this.world.raw.MPI_File_set_atomicity(this.handle, Number(atomic)), "MPI_File_set_atomicity");
  }

  /** How the file was opened. **Local.** */
  get mode(): Required<FileMode> {
    const { world } = this;
    this.check(world.raw.MPI_File_get_amode(this.handle, world.outPtr), "MPI_File_get_amode");
    return modeOf(world, world.out);
  }

  /** The hints that the library follows. **Local.** */
  get info(): Hints {
    const { world } = this;
    this.check(world.raw.MPI_File_get_info(this.handle, world.outPtr), "MPI_File_get_info");
    return takeEntries(world, world.readHandle(0));
  }

  /** Gives hints; the library may ignore those that came too late. **Collective.** */
  setInfo(info: Hints): void {
    const { handle } = this;
    withHints(this.world, info, "MPI_File_set_info", (hints) => {
      this.check(this.world.raw.MPI_File_set_info(handle, hints), "MPI_File_set_info");
    });
  }

  /** Closes the file; all requests on it have to be complete. **Collective.** */
  close(): void {
    const { world } = this;
    world.writePointer(0, this.handle);
    this.check(world.raw.MPI_File_close(world.outPtr), "MPI_File_close");
    this.forget();
  }

  /** Closes it at the end of a block that begins with `using`. @internal */
  override dispose(): void {
    if (!this.freed) this.close();
  }

  /** What it is, in one line: path, and how it is open. **Local.** */
  override toString(): string {
    if (this.freed) return `file ${show(this.path)}, closed`;
    const { mode } = this;
    return `file ${show(this.path)}, ${modeNames.filter((name) => mode[name as keyof FileMode]).join(", ")}`;
  }
}

/** Opens a file on all ranks of a communicator. */
export function openFile(world: World, comm: number, path: string, options: FileOptions): MpiFile {
  const call = "MPI_File_open";
  expectPath(path, call);
  expectKeys(call, options, fileKeys);
  const amode = amodeOf(world, options, call);
  const { raw } = world;
  return withHints(world, options.info, call, (info) => {
    const code = raw.MPI_File_open(comm, world.text(nameOf(world, path)), amode, info, world.outPtr);
    world.check(code, call, naming(path));
    return new MpiFile(world, world.readPointer(0), path);
  });
}

/** Deletes a file. */
export function deleteFile(world: World, path: string, options: DeleteFileOptions): void {
  const call = "MPI_File_delete";
  expectPath(path, call);
  expectKeys(call, options, deleteFileKeys);
  withHints(world, options.info, call, (hints) => {
    world.check(world.raw.MPI_File_delete(world.text(nameOf(world, path)), hints), call, naming(path));
  });
}

function expectPath(path: unknown, call: string): void {
  if (typeof path === "string" && path !== "" && !path.includes("\0")) return;
  throw wrong(`${call}: "path"`, "the name of a file", show(path), "Pass it as a text.");
}

/** The name of a file as the library takes it, which may expect a kind of file system before a colon. */
function nameOf(world: World, path: string): string {
  const plain = !path.includes(":") || /^([a-z]*fs2?|lustre|daos|quobyte|ime):/.test(path);
  return plain || isWindows || !world.differs.pathsHavePrefix ? path : `ufs:${path}`;
}

function copyOf(view: FileView): FileView {
  const { info: _, globalShape, start, shape, ...rest } = view;
  if (!globalShape || !start || !shape) return rest;
  return { ...rest, globalShape: [...globalShape], start: [...start], shape: [...shape] };
}
