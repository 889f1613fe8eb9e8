import { rmSync } from "node:fs";
import { FileError } from "../errors.js";
import type { Field } from "../grid/field.js";
import type { Grid } from "../grid/grid.js";
import { onRoot } from "./agree.js";
import { checkTarget, unfinished } from "./hdf5.js";
import { SnapshotReader } from "./reader.js";
import type { SnapshotLayout, Values } from "./snapshot.js";
import type { Fields, Store } from "./store.js";
import { SnapshotWriter, type WriterOptions } from "./writer.js";

/** A file that rank 0 writes through HDF5: it gathers the fields, which may then be compressed. For small grids. */
export class ChunkedStore implements Store {
  readonly backend = "gather";
  readonly #grid: Grid;
  readonly #path: string;
  readonly #writer: SnapshotWriter | undefined;

  private constructor(grid: Grid, path: string, writer: SnapshotWriter | undefined) {
    this.#grid = grid;
    this.#path = path;
    this.#writer = writer;
  }

  static async create(grid: Grid, path: string, layout: SnapshotLayout, options: WriterOptions): Promise<ChunkedStore> {
    const { overwrite = false, gzip = 0 } = options;
    const writer = await onRoot(grid.comm, path, () => {
      checkTarget(path, overwrite);
      return SnapshotWriter.create(unfinished(path), layout, { overwrite: true, gzip });
    });
    return new ChunkedStore(grid, path, writer);
  }

  static async append(grid: Grid, path: string): Promise<ChunkedStore> {
    return new ChunkedStore(grid, path, await onRoot(grid.comm, path, () => SnapshotWriter.append(path)));
  }

  async write(time: number, fields: Fields, walltime: () => number): Promise<void> {
    const diagnostics = { ...Object.values(fields)[0]!.figures(), walltime: walltime() };
    const whole = Object.entries(fields).map(([name, field]) => [name, field.gather()] as const);
    const values = Object.fromEntries(whole) as Record<string, Values>;
    await onRoot(this.#grid.comm, this.#path, () => {
      this.#writer!.write(time, values, diagnostics);
      this.#writer!.rename(this.#path);
    });
  }

  async read(name: string, frame: number, field: Field): Promise<void> {
    const whole = await onRoot(this.#grid.comm, this.#path, async () => {
      const reader = await SnapshotReader.open(this.#path);
      try {
        return reader.read(name, frame);
      } finally {
        reader.close();
      }
    });
    field.scatter(whole);
  }

  async close(): Promise<void> {
    await onRoot(this.#grid.comm, this.#path, () => {
      try {
        this.#writer!.close();
        rmSync(unfinished(this.#path), { force: true }); // There is one if there was no frame.
      } catch (cause) {
        const message = `file "${this.#path}": expected to be closed, got "${(cause as Error).message}". Check its frames.`;
        throw new FileError(message, this.#path, cause);
      }
    });
  }
}
