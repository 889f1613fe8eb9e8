/**
 * Snapshot files that one process writes through HDF5, chunk by chunk, which can compress them.
 *
 * A frame counts once `time` has grown by it. That is written and flushed after everything else of the frame, so a
 * run that stops in the middle of a frame leaves the frames before it.
 */
import { closeSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { Dataset, File } from "h5wasm/node";
import { expectKeys, wrong, wrongFile } from "../argument.js";
import { load, quietly, renew } from "../hdf5/library.js";
import { checkPath, checkTarget, expectThere, type Identity, unfinished } from "../path.js";
import { createDatasets, type Datasets, notCreated } from "./datasets.js";
import { SnapshotReader } from "./reader.js";
import {
  checkFrame,
  checkLayout,
  DIAGNOSTICS,
  type Diagnostics,
  type Dtype,
  dtypesOf,
  type SnapshotLayout,
  shapeOf,
  slabs,
  type Values,
  variablesThat,
} from "./snapshot.js";

/** How a file is written. */
export interface WriterOptions {
  /** Replaces an existing file. Default: refuse. */
  readonly overwrite?: boolean;
  /**
   * Level of compression, 1 to 9; 0, the default, for none: level 1 saved 41 % of a smooth field of 512 x 512 and took
   * 33 ms instead of 1.4 ms.
   */
  readonly gzip?: number;
}

/**
 * Writes a new snapshot file, frame by frame. Local: one process, no MPI.
 *
 * @example
 * const writer = await SnapshotWriter.create("out.h5", {
 *   shape: [2],
 *   coordinates: [Float64Array.of(0.25, 0.75)],
 *   variables: { psi: { units: "1", longName: "advected scalar" } },
 * });
 * writer.write(0, { psi: Float64Array.of(1, 2) }, { min: 1, max: 2, sum: 3, walltime: 0 });
 * writer.close();
 */
export class SnapshotWriter {
  #path: string;
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  readonly #file: File;
  readonly #datasets: Datasets;
  readonly #dtypes: ReadonlyMap<string, Dtype>;
  readonly #identity: Identity;
  #frames = 0;
  #state: "open" | "failed" | "closed" = "open";
  /** HDF5 may write no more to the file, see {@link close}. */
  #isLeft = false;

  private constructor(path: string, layout: SnapshotLayout, file: File, gzip: number) {
    this.#path = path;
    this.#shapes = new Map(
      Object.entries(layout.variables).map(([name, variable]) => [name, shapeOf(layout, variable)]),
    );
    this.#file = file;
    this.#datasets = createDatasets(file, layout, { form: "chunked", gzip });
    this.#dtypes = new Map(Object.entries(dtypesOf(variablesThat(false, layout.variables))));
    file.flush();
    this.#identity = statSync(path);
  }

  /**
   * Creates the file; an existing one is replaced only with `overwrite`.
   *
   * @throws UsageError if the layout contradicts itself; FileError if the file cannot be made. Neither leaves a file.
   */
  static async create(path: string, layout: SnapshotLayout, options: WriterOptions = {}): Promise<SnapshotWriter> {
    checkPath("SnapshotWriter.create", path);
    checkLayout("SnapshotWriter.create", layout);
    expectKeys('SnapshotWriter.create: "options"', options, ["overwrite", "gzip"]);
    const { overwrite = false, gzip = 0 } = options;
    if (!(Number.isInteger(gzip) && gzip >= 0 && gzip <= 9)) {
      throw wrong('SnapshotWriter.create: "gzip"', "a level from 0 to 9", String(gzip), "Leave it out for none.");
    }
    const hdf5 = await load();
    let ours = claim(path, overwrite);
    let file: File | undefined;
    try {
      // The file itself of version 1.8, as 1.10 marks files that are being written and a killed run leaves the mark.
      new hdf5.File(resolve(path), "w", { libver: "v108", track_order: true }).close();
      ours = true;
      // Its contents of version 1.10, whose lists of chunks only grow: 1.8 rebuilds a tree, now and then, with the
      // earlier frames out of reach between two writes to the disk (1 of 60 runs killed at random was damaged so).
      file = new hdf5.File(resolve(path), "a", { libver: "v110" });
      if (file.file_id === -1n) throw new Error("H5Fopen failed");
      return new SnapshotWriter(path, layout, file, gzip);
    } catch (cause) {
      quietly(() => file?.close());
      if (ours) quietly(() => rmSync(path, { force: true }));
      throw notCreated(path, cause);
    }
  }

  /**
   * Continues a file that {@link create} made, after its last whole frame. Its frames are copied to a new file, which
   * then takes its name: HDF5 would not append safely to one whose run was killed.
   *
   * @throws FileError if the file is not such a file, or the copy cannot be written
   */
  static async append(path: string): Promise<SnapshotWriter> {
    const reader = await SnapshotReader.open(path);
    const copy = unfinished(path);
    let writer: SnapshotWriter | undefined;
    try {
      writer = await SnapshotWriter.create(copy, reader.layout, { overwrite: true, gzip: reader.gzip });
      for (const name of reader.statics) writer.writeStatic(name, reader.read(name, 0));
      for (const [frame, time] of reader.times.entries()) {
        const values = Object.fromEntries(reader.variables.map((name) => [name, reader.read(name, frame)]));
        writer.write(time, values, reader.diagnostics(frame));
      }
      writer.rename(path);
      return writer;
    } catch (error) {
      if (writer) writer.#discard();
      quietly(() => rmSync(copy, { force: true }));
      throw error;
    } finally {
      reader.close();
    }
  }

  /**
   * Appends one frame: time, the values of every variable (C order) and the diagnostics of the first one.
   * When it returns, the operating system has the frame, and readers see it.
   *
   * @throws UsageError for values that do not fit, before anything is written; FileError if the disk does not take
   *   the frame: the earlier frames stay, and this file takes no more.
   */
  write(time: number, values: Readonly<Record<string, Values>>, diagnostics: Diagnostics): void {
    this.#checkOpen();
    const layout = { shapes: this.#shapes, variables: this.#dtypes };
    checkFrame("SnapshotWriter.write", layout, { time, values, diagnostics });
    const frame = this.#frames;
    this.#expectThere();
    try {
      for (const [name, dataset] of this.#datasets.variables) {
        const shape = this.#shapes.get(name)!;
        dataset.resize([frame + 1, ...shape]);
        const data = values[name]!;
        const row = data.length / shape[0]!;
        for (const [begin, end] of slabs(shape)) {
          const ranges: [number, number][] = [
            [frame, frame + 1],
            [begin, end],
          ];
          dataset.write_slice(ranges, data.subarray(begin * row, end * row));
        }
      }
      for (const name of DIAGNOSTICS) append(this.#datasets.diagnostics.get(name)!, frame, diagnostics[name]);
      this.#file.flush();
      append(this.#datasets.time, frame, time);
      this.#file.flush();
    } catch (cause) {
      this.#state = "failed";
      this.#isLeft = frame > 0;
      if (this.#isLeft) renew();
      const rest = "The frames before it are whole. Make room, and write the others to a new file.";
      const todo = frame === 0 ? "Make room, then start again." : rest;
      throw wrongFile(this.#path, `to write frame ${frame}`, cause, todo);
    }
    this.#frames++;
  }

  /** Writes the values of a variable that does not change; before the first frame. @throws FileError as {@link write} */
  writeStatic(name: string, values: Values): void {
    this.#checkOpen();
    try {
      const dataset = this.#datasets.statics.get(name)!;
      const shape = this.#shapes.get(name)!;
      dataset.resize([...shape]);
      const row = values.length / shape[0]!;
      for (const [begin, end] of slabs(shape)) {
        dataset.write_slice([[begin, end]], values.subarray(begin * row, end * row));
      }
    } catch (cause) {
      this.#state = "failed";
      throw wrongFile(this.#path, `to write "${name}"`, cause, "Make room, and write to a new file.");
    }
  }

  /** Gives the file another name. */
  rename(path: string): void {
    if (path === this.#path) return;
    renameSync(this.#path, path);
    this.#path = path;
  }

  /**
   * Closes the file; again does nothing. One that could not be written is left to the end of the process: with it HDF5 would write
   * down what refers to values that the disk has not taken, and the frames before would be out of reach.
   */
  close(): void {
    const state = this.#state;
    this.#state = "closed";
    if (state === "open") {
      this.#file.close();
      if (this.#frames > 0) expectThere(this.#path, this.#identity);
    }
    if (state === "failed" && !this.#isLeft) this.#discard();
  }

  /** Closes a file that nobody reads any more. */
  #discard(): void {
    this.#state = "closed";
    quietly(() => this.#file.close());
  }

  /** @throws FileError where the file was removed or replaced */
  #expectThere(): void {
    try {
      expectThere(this.#path, this.#identity);
    } catch (error) {
      this.#state = "failed";
      throw error;
    }
  }

  #checkOpen(): void {
    if (this.#state === "closed") {
      throw wrong("SnapshotWriter.write", "an open file", "a closed one", "Write before close().");
    }
    if (this.#state === "failed") {
      const got = `one that failed at frame ${this.#frames}`;
      throw wrongFile(this.#path, "a file that can be written", got, "Write to a new file.");
    }
  }
}

function append(series: Dataset, frame: number, value: number): void {
  series.resize([frame + 1]);
  series.write_slice([[frame, frame + 1]], Float64Array.of(value));
}

/** Makes sure that the path can be written before HDF5 touches it; whether this made a new file. */
function claim(path: string, overwrite: boolean): boolean {
  const found = checkTarget(path, overwrite);
  try {
    closeSync(openSync(path, found === "a file" ? "r+" : "wx"));
  } catch (cause) {
    throw wrongFile(path, "a path that can be written", cause, "Check the permissions, or choose another path.");
  }
  return found === "nothing";
}
