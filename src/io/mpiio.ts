import { closeSync, openSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { reason, wrongFile } from "../argument.js";
import type { AnyField } from "../grid/field.js";
import type { Summary } from "../grid/figures.js";
import type { Comm } from "../mpi/comm/comm.js";
import { View } from "../mpi/data/view.js";
import type { MpiFile } from "../mpi/file/file.js";
import type { Hints } from "../mpi/library/info.js";
import type { Blocks, FramePlace } from "./blocks.js";

/** Hints by which ROMIO, of Open MPI and MPICH, has one rank read and write for all. */
const throughOne: Hints = { cb_nodes: "1", romio_cb_write: "enable", romio_cb_read: "enable" };

/**
 * Blocks through MPI-IO: a datatype skips the halo in memory, another one the other ranks' blocks in the file, and all
 * ranks write together, so that the library can join small pieces.
 */
export class MpiioBlocks implements Blocks {
  readonly backend = "mpiio";
  readonly #parent: Comm;
  readonly #path: string;
  readonly #hints: Hints;
  #opened: { readonly comm: Comm; readonly file: MpiFile } | undefined;
  readonly #views = new WeakMap<AnyField, View>();
  /** What the file's view is of. */
  #seen = "";

  /**
   * **Local.** MPI opens the file with the first block, because that is blocking.
   * @param oneWriter whether a single rank is to get at the file, for all
   * @throws Error of the system
   */
  constructor(comm: Comm, path: string, oneWriter: boolean) {
    this.#parent = comm;
    this.#path = path;
    this.#hints = oneWriter ? throughOne : {};
    closeSync(openSync(path, "r+"));
  }

  get #file(): MpiFile {
    if (!this.#opened) {
      // Open MPI 4's own implementation corrupts files of Cartesian communicators; it is switched off, and not given one.
      const comm = this.#parent.split({ color: 0, key: this.#parent.rank })!;
      try {
        this.#opened = { comm, file: comm.openFile(this.#path, { read: true, write: true, info: this.#hints }) };
      } catch (cause) {
        comm.free();
        throw wrongFile(this.#path, "a file that MPI-IO can open", cause, 'Try { backend: "posix" }.');
      }
    }
    return this.#opened.file;
  }

  write(field: AnyField, place: FramePlace, summary?: Summary): void {
    summary?.add(field.box());
    this.#move(field, place, "write");
  }

  read(field: AnyField, place: FramePlace): void {
    this.#move(field, place, "read");
  }

  #move(field: AnyField, { address, frame }: FramePlace, way: "read" | "write"): void {
    this.#see(field, address);
    const view = this.#viewOf(field);
    const offset = frame * view.length;
    if (way === "read") {
      const { count } = this.#file.readAtAll(offset, view);
      if (count < view.length) throw new Error(`${count} of ${view.length} values`);
      return;
    }
    try {
      const { count } = this.#file.writeAtAll(offset, view);
      if (count < view.length) throw new Error(`${count} of ${view.length} values written`);
    } catch (cause) {
      // Open MPI does not tell what the system said.
      const { bavail, bsize } = statfsSync(dirname(this.#file.path));
      throw new Error(`${reason(cause)} (${bavail * bsize} bytes free)`, { cause });
    }
  }

  /** Sets the file's view to the blocks of this rank in the frames of a variable. */
  #see({ grid, dtype, shape: globalShape, blockShape: shape }: AnyField, address: number): void {
    const key = `${address} ${dtype}`;
    if (this.#seen === key) return;
    this.#seen = "";
    const { start } = grid;
    this.#file.setView({ offset: address, type: dtype, globalShape, start, shape });
    this.#seen = key;
  }

  /** The interior of a field in memory. */
  #viewOf(field: AnyField): View {
    let view = this.#views.get(field);
    if (!view) {
      const { grid, data, strides, blockShape: shape } = field;
      const offset = field.index(...grid.shape.map(() => 0));
      view = new View(data, { offset, shape, strides });
      this.#views.set(field, view);
    }
    return view;
  }

  sync(): void {
    this.#file.sync();
  }

  close(): void {
    this.#opened?.file.close();
    this.#opened?.comm.free();
  }
}
