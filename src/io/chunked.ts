import { rmSync } from "node:fs";
import { FileError } from "../errors.js";
import type { AnyField } from "../grid/field.js";
import type { Figures } from "../grid/figures.js";
import type { Grid } from "../grid/grid.js";
import type { Lane } from "../mpi/comm/lane.js";
import { checkTarget, throughLinks, unfinished } from "../path.js";
import { onRoot } from "./agree.js";
import { readWhole } from "./contiguous.js";
import type { SnapshotLayout, Values } from "./snapshot.js";
import type { Fields, Store } from "./store.js";
import { SnapshotWriter, type WriterOptions } from "./writer.js";

/** A file that rank 0 writes through HDF5: it gathers the fields, which may then be compressed. For small grids. */
export class ChunkedStore implements Store {
  readonly backend = "gather";
  readonly choice = {
    backend: "gather",
    reason: "as asked; rank 0 writes whole frames",
    oneWriter: false,
  } as const;
  readonly #grid: Grid;
  readonly #path: string;
  readonly #writer: SnapshotWriter | undefined;
  /** What is to be written with the first frame. */
  #statics: Fields;
  #counted: number;

  private constructor(
    grid: Grid,
    path: string,
    writer: SnapshotWriter | undefined,
    { statics, frames }: { readonly statics: Fields; readonly frames: number },
  ) {
    this.#statics = statics;
    this.#counted = frames;
    this.#grid = grid;
    this.#path = path;
    this.#writer = writer;
  }

  static async create(
    grid: Grid,
    lane: Lane,
    path: string,
    layout: SnapshotLayout,
    options: WriterOptions & { readonly statics: Fields },
  ): Promise<ChunkedStore> {
    const { overwrite = false, gzip = 0, statics } = options;
    let writer: SnapshotWriter | undefined;
    const target = await lane.fromRoot(async () => {
      const target = throughLinks(path);
      checkTarget(target, overwrite);
      writer = await SnapshotWriter.create(unfinished(target), layout, { overwrite: true, gzip });
      return target;
    });
    return new ChunkedStore(grid, target, writer, { statics, frames: 0 });
  }

  /** Continues a file. @param writer of it, on rank 0 */
  static append(grid: Grid, path: string, writer: SnapshotWriter | undefined, frames: number): ChunkedStore {
    return new ChunkedStore(grid, path, writer, { statics: {}, frames });
  }

  get counted(): number {
    return this.#counted;
  }

  /** Frames count when they are written. */
  settle(): void {}

  abandon(): void {}

  /** What the file has become is noticed when a frame is written. */
  isReady(): boolean {
    return true;
  }

  expectReady(): void {}

  write(time: number, fields: Fields, walltime: () => number, figures?: Figures): void {
    const diagnostics = { ...(figures ?? Object.values(fields)[0]!.figures()), walltime: walltime() };
    const whole = Object.entries(fields).map(([name, field]) => [name, field.gather()] as const);
    const values = Object.fromEntries(whole) as Record<string, Values>;
    for (const [name, field] of Object.entries(this.#statics)) {
      const values = field.gather();
      onRoot(this.#grid.comm, this.#path, () => this.#writer!.writeStatic(name, values!));
    }
    this.#statics = {};
    onRoot(this.#grid.comm, this.#path, () => {
      this.#writer!.write(time, values, diagnostics);
      this.#writer!.rename(this.#path);
    });
    this.#counted++;
  }

  read(name: string, frame: number, field: AnyField): void {
    field.scatter(onRoot(this.#grid.comm, this.#path, () => readWhole(this.#path, name, frame)));
  }

  close(): void {
    onRoot(this.#grid.comm, this.#path, () => {
      try {
        this.#writer!.close();
        rmSync(unfinished(this.#path), { force: true }); // There is one if there was no frame.
      } catch (cause) {
        if (cause instanceof FileError) throw cause;
        const message = `file "${this.#path}": expected to be closed, got "${(cause as Error).message}". Check its frames.`;
        throw new FileError(message, this.#path, cause);
      }
    });
  }
}
