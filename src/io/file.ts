/**
 * Snapshot files on one process: HDF5 through h5wasm, which is loaded when the first file is opened, not on import.
 *
 * A frame counts once `time` has grown by it. That is written and flushed after everything else of the frame, so a
 * run that stops in the middle of a frame leaves the frames before it.
 */
import { closeSync, openSync, readSync, rmSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Dataset, File, Group } from "h5wasm/node";
import { FileError } from "../errors.js";
import {
  AXES,
  CONVENTIONS,
  cells,
  checkFrame,
  checkKeys,
  checkLayout,
  chunkShape,
  DIAGNOSTICS,
  type Diagnostics,
  misuse,
  quoted,
  type SnapshotLayout,
  slabs,
  type Values,
} from "./snapshot.js";

export type { Diagnostics, SnapshotLayout, Variable } from "./snapshot.js";

/** Frames per chunk of the diagnostics: 4 KiB, rewritten with each frame. */
const SERIES_CHUNK = 512;
/** The same of `time`: 64 KiB, because the frame that begins a chunk is the only one a stop can leave at time 0. */
const TIME_CHUNK = 8192;
/** Longer texts do not fit an object header (64 KiB in all) and go to the heap of the file. */
const HEADER_TEXT = 60_000;
/** The first bytes of an HDF5 file. */
const SIGNATURE = "\x89HDF\r\n\x1a\n";

/**
 * Writes a new snapshot file, frame by frame. Local: one process, no MPI.
 *
 * Values are not compressed: gzip at level 1 saved 41 % of a smooth 512 x 512 field and took 33 ms instead of 1.4 ms.
 *
 * @example
 * const writer = await SnapshotWriter.create("out.h5", {
 *   shape: [2],
 *   coordinates: [Float64Array.of(0.25, 0.75)],
 *   variables: { psi: { units: "1", longName: "advected scalar" } },
 * });
 * writer.write(0, { psi: Float64Array.of(1, 2) }, { min: 1, max: 2, sum: 3 });
 * writer.close();
 */
export class SnapshotWriter {
  readonly #path: string;
  readonly #shape: readonly number[];
  readonly #file: File;
  readonly #time: Dataset;
  readonly #variables: ReadonlyMap<string, Dataset>;
  readonly #dtypes: ReadonlyMap<string, "f64" | "f32">;
  readonly #diagnostics: readonly Dataset[];
  #frames = 0;
  #state: "open" | "failed" | "closed" = "open";

  private constructor(path: string, layout: SnapshotLayout, file: File) {
    this.#path = path;
    this.#shape = [...layout.shape];
    this.#file = file;
    const { variables, coordinateUnits = "1", timeUnits = "1" } = layout;
    setAttributes(file, { Conventions: CONVENTIONS, ...layout.attributes });

    this.#time = createSeries(file, "time", TIME_CHUNK);
    setAttributes(this.#time, { units: timeUnits, long_name: "time", axis: "T" });
    this.#time.make_scale("time");
    const axes = AXES.slice(0, layout.shape.length);
    for (const [i, axis] of axes.entries()) {
      const scale = file.create_dataset({ name: axis, data: layout.coordinates[i]!, dtype: "<d" });
      const long_name = `cell centres along ${axis}`;
      setAttributes(scale, { units: coordinateUnits, long_name, axis: axis.toUpperCase() });
      scale.make_scale(axis);
    }

    this.#variables = new Map(
      Object.entries(variables).map(([name, { units, longName, dtype }]) => {
        const dataset = file.create_dataset({
          name,
          data: dtype === "f32" ? new Float32Array(0) : new Float64Array(0),
          shape: [0, ...layout.shape],
          maxshape: [null, ...layout.shape],
          chunks: [1, ...chunkShape(layout.shape)],
          dtype: dtype === "f32" ? "<f" : "<d",
        });
        setAttributes(dataset, { units, long_name: longName });
        // Of the variable's own type, as netCDF wants it.
        dataset.create_attribute("_FillValue", Number.NaN, [], dtype === "f32" ? "<f" : "<d");
        for (const [i, scale] of ["time", ...axes].entries()) dataset.attach_scale(i, scale);
        return [name, dataset];
      }),
    );
    this.#dtypes = new Map(Object.entries(variables).map(([name, { dtype = "f64" }]) => [name, dtype]));
    const [first, { units }] = Object.entries(variables)[0]!;
    this.#diagnostics = DIAGNOSTICS.map((name) => {
      const dataset = createSeries(file, name, SERIES_CHUNK);
      setAttributes(dataset, { units, long_name: `${name} of ${first}` });
      dataset.attach_scale(0, "time");
      return dataset;
    });
    file.flush();
  }

  /**
   * Creates the file; an existing one is replaced only with `overwrite`.
   *
   * @throws UsageError if the layout contradicts itself; FileError if the file cannot be made. Neither leaves a file.
   */
  static async create(
    path: string,
    layout: SnapshotLayout,
    options: { overwrite?: boolean } = {},
  ): Promise<SnapshotWriter> {
    checkPath("SnapshotWriter.create", path);
    checkLayout("SnapshotWriter.create", layout);
    checkKeys('SnapshotWriter.create: "options"', options, ["overwrite"]);
    const hdf5 = await load();
    let ours = claim(path, options.overwrite === true);
    let file: File | undefined;
    try {
      // The file itself of version 1.8, as 1.10 marks files that are being written and a killed run leaves the mark.
      new hdf5.File(resolve(path), "w", { libver: "v108" }).close();
      ours = true;
      // Its contents of version 1.10, whose lists of chunks only grow: 1.8 rebuilds a tree, now and then, with the
      // earlier frames out of reach between two writes to the disk (1 of 60 runs killed at random was damaged so).
      file = new hdf5.File(resolve(path), "a", { libver: "v110" });
      if (file.file_id === -1n) throw new Error("H5Fopen failed");
      return new SnapshotWriter(path, layout, file);
    } catch (cause) {
      quietly(() => file?.close());
      if (ours) quietly(() => rmSync(path, { force: true }));
      throw refusal(path, "a file that HDF5 can create", cause, "Close or free what is in the way.");
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
    const layout = { shape: this.#shape, variables: this.#dtypes };
    checkFrame("SnapshotWriter.write", layout, { time, values, diagnostics });
    const frame = this.#frames;
    try {
      for (const [name, dataset] of this.#variables) {
        dataset.resize([frame + 1, ...this.#shape]);
        const data = values[name]!;
        const row = data.length / this.#shape[0]!;
        for (const [begin, end] of slabs(this.#shape)) {
          const ranges: [number, number][] = [
            [frame, frame + 1],
            [begin, end],
          ];
          dataset.write_slice(ranges, data.subarray(begin * row, end * row));
        }
      }
      for (const [i, name] of DIAGNOSTICS.entries()) append(this.#diagnostics[i]!, frame, diagnostics[name]);
      this.#file.flush();
      append(this.#time, frame, time);
      this.#file.flush();
    } catch (cause) {
      this.#state = "failed";
      const todo = "The frames before it are whole. Make room, and write the others to a new file.";
      throw refusal(this.#path, `to write frame ${frame}`, cause, todo);
    }
    this.#frames++;
  }

  /** Closes the file; again does nothing. */
  close(): void {
    const state = this.#state;
    this.#state = "closed";
    if (state === "open") this.#file.close();
    if (state === "failed") quietly(() => this.#file.close());
  }

  #checkOpen(): void {
    if (this.#state === "closed") {
      throw misuse("SnapshotWriter.write:", "an open file", "a closed one", "Write before close().");
    }
    if (this.#state === "failed") {
      const got = `one that failed at frame ${this.#frames}`;
      throw refusal(this.#path, "a file that can be written", got, "Write to a new file.");
    }
  }
}

/** Reads a snapshot file, one frame at a time: the frames that were whole when it was opened. */
export class SnapshotReader {
  /** Cells per axis. */
  readonly shape: readonly number[];
  /** Time of each frame. */
  readonly times: Float64Array;
  /** Names of the variables, in alphabetical order. */
  readonly variables: string[];
  /** Cell centres per axis. */
  readonly coordinates: Float64Array[];
  /** Attributes of the whole file. */
  readonly attributes: Record<string, unknown>;
  readonly #path: string;
  readonly #file: File;
  readonly #datasets: ReadonlyMap<string, Dataset>;
  #open = true;

  private constructor(path: string, file: File) {
    this.#path = path;
    this.#file = file;
    const foreign = (got: string) =>
      refusal(path, "a snapshot file of wasm-mpi", got, "Choose a file that wasm-mpi wrote.");
    const names = file.keys();
    if (!names.includes("time")) throw foreign('one without the dataset "time"');
    this.attributes = Object.fromEntries(
      Object.keys(file.attrs).map((name) => [name, file.get_attribute(name, true) as unknown]),
    );
    const { Conventions: conventions } = this.attributes;
    if (!String(conventions).startsWith("CF-")) {
      throw foreign('one without the root attribute "Conventions" of CF');
    }

    const datasets = new Map<string, Dataset>();
    for (const name of names) {
      const entity = file.get(name);
      if (entity === null || !("slice" in entity) || (entity.dtype !== "<d" && entity.dtype !== "<f")) {
        throw foreign(`one in which "${name}" is no dataset of floats`);
      }
      datasets.set(name, entity);
    }
    const hasOneAxis = (name: string) => datasets.get(name)?.shape?.length === 1;
    const count = AXES.filter(hasOneAxis).length;
    const scalars = ["time", ...AXES.slice(0, Math.max(1, count)), ...DIAGNOSTICS];
    const missing = scalars.find((name) => !hasOneAxis(name) || datasets.get(name)!.dtype !== "<d");
    if (missing !== undefined) throw foreign(`one without the dataset "${missing}" along one axis`);
    this.times = datasets.get("time")!.value as Float64Array;
    this.coordinates = AXES.slice(0, count).map((axis) => datasets.get(axis)!.value as Float64Array);
    this.shape = this.coordinates.map((centres) => centres.length);

    this.variables = names.filter((name) => !scalars.includes(name));
    if (this.variables.length === 0) throw foreign("one without variables");
    for (const name of [...this.variables, ...DIAGNOSTICS]) {
      const got = datasets.get(name)!.shape ?? [];
      const expected = [this.times.length, ...(this.variables.includes(name) ? this.shape : [])];
      // A frame that was cut off may have reached some datasets; `time` has the last word.
      const fits =
        got.length === expected.length && got.every((n, i) => (i === 0 ? n >= expected[i]! : n === expected[i]));
      if (!fits) throw foreign(`one in which "${name}" has shape [${got.join(", ")}], not [${expected.join(", ")}]`);
    }
    this.#datasets = datasets;
  }

  /** @throws FileError if there is no such file, it is not whole HDF5, or another program wrote it. */
  static async open(path: string): Promise<SnapshotReader> {
    checkPath("SnapshotReader.open", path);
    checkSignature(path);
    const hdf5 = await load();
    let file: File | undefined;
    try {
      file = new hdf5.File(resolve(path), "r");
      if (file.file_id === -1n) throw new Error("H5Fopen failed");
      return new SnapshotReader(path, file);
    } catch (cause) {
      quietly(() => file?.close());
      throw cause instanceof FileError ? cause : refusal(path, "a whole HDF5 file", cause, DAMAGED);
    }
  }

  /**
   * Values of one variable in one frame, in C order, as a new array of the variable's type. Only this frame is read.
   *
   * @param frame - index of the frame; a negative one counts from the end
   * @throws UsageError for a variable or a frame that the file does not have; FileError if the file is damaged.
   */
  read(variable: string, frame: number): Values {
    const index = this.#index("SnapshotReader.read", frame);
    if (!this.variables.includes(variable)) {
      const expected = `one of ${quoted(this.variables)}`;
      throw misuse('SnapshotReader.read: "variable"', expected, `"${variable}"`, "Choose one of them.");
    }
    const length = cells(this.shape);
    const values = this.#datasets.get(variable)!.dtype === "<f" ? new Float32Array(length) : new Float64Array(length);
    const row = values.length / this.shape[0]!;
    for (const [begin, end] of slabs(this.shape)) {
      values.set(this.#slice(variable, index, [begin, end]), begin * row);
    }
    return values;
  }

  /** Name and type of a variable: `psi`, or `psi (f32)`. */
  typeOf(variable: string): string {
    return this.#datasets.get(variable)?.dtype === "<f" ? `${variable} (f32)` : variable;
  }

  /** Diagnostics of the first variable in one frame; a negative frame counts from the end. */
  diagnostics(frame: number): Diagnostics {
    const index = this.#index("SnapshotReader.diagnostics", frame);
    const [min, max, sum] = DIAGNOSTICS.map((name) => this.#slice(name, index)[0]!);
    return { min: min!, max: max!, sum: sum! };
  }

  /** Closes the file; again does nothing. */
  close(): void {
    if (this.#open) this.#file.close();
    this.#open = false;
  }

  #slice(name: string, frame: number, rows?: [number, number]): Values {
    try {
      const ranges: [number, number][] = [[frame, frame + 1]];
      if (rows !== undefined) ranges.push(rows);
      return this.#datasets.get(name)!.slice(ranges) as Values;
    } catch (cause) {
      throw refusal(this.#path, `to read frame ${frame} of "${name}"`, cause, DAMAGED);
    }
  }

  #index(where: string, frame: number): number {
    const n = this.times.length;
    if (!this.#open) throw misuse(`${where}:`, "an open file", "a closed one", "Read before close().");
    if (n === 0) throw misuse(`${where}:`, "a file with frames", "none", "Open it again after the first frame.");
    if (Number.isInteger(frame) && frame >= -n && frame < n) return frame < 0 ? frame + n : frame;
    const expected = `an integer in [${-n}, ${n - 1}] (${n} frames)`;
    throw misuse(`${where}: "frame"`, expected, String(frame), "Choose one of them.");
  }
}

const DAMAGED = "The file is damaged or incomplete; use another copy.";

async function load() {
  const hdf5 = await import("h5wasm/node");
  (await hdf5.ready).activate_throwing_error_handler(); // without it, errors are only printed
  return hdf5;
}

/** A dataset with one value per frame. */
function createSeries(file: File, name: string, chunk: number): Dataset {
  const data = new Float64Array(0);
  return file.create_dataset({ name, data, shape: [0], maxshape: [null], chunks: [chunk], dtype: "<d" });
}

function append(series: Dataset, frame: number, value: number): void {
  series.resize([frame + 1]);
  series.write_slice([[frame, frame + 1]], Float64Array.of(value));
}

/** Scalars: fixed-length UTF-8 for texts (`char` in netCDF), i32 for integers that fit, else f64. */
function setAttributes(target: Dataset | Group, attributes: Record<string, string | number | undefined>): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "number") {
      target.create_attribute(name, value, [], Object.is(value, value | 0) ? "<i" : "<d");
    } else if (value !== undefined) {
      const length = Buffer.byteLength(value);
      target.create_attribute(name, value, [], length > HEADER_TEXT ? "S" : `S${Math.max(1, length)}`);
    }
  }
}

/** Makes sure that the path can be written before HDF5 touches it; whether this made a new file. */
function claim(path: string, overwrite: boolean): boolean {
  const directory = dirname(path);
  const parent = kind(directory);
  if (parent !== "a directory") {
    const got = `${parent} at "${directory}"`;
    throw refusal(path, "an existing directory", got, "Create it, or choose another path.");
  }
  const found = kind(path);
  if (found === "a file" && !overwrite) {
    const todo = "Choose another path, or pass { overwrite: true } (--overwrite).";
    throw refusal(path, "a path without a file", "an existing file", todo);
  }
  if (found !== "a file" && found !== "nothing") {
    throw refusal(path, "a path for a file", found, "Choose another path.");
  }
  try {
    closeSync(openSync(path, found === "a file" ? "r+" : "wx"));
  } catch (cause) {
    throw refusal(path, "a path that can be written", cause, "Check the permissions, or choose another path.");
  }
  return found === "nothing";
}

/** Keeps other files away from HDF5, whose errors say less and leak a file descriptor each. */
function checkSignature(path: string): void {
  const found = kind(path);
  if (found !== "a file") throw refusal(path, "an existing file", found, "Check the path.");
  const head = Buffer.alloc(SIGNATURE.length);
  try {
    const fd = openSync(path, "r");
    readSync(fd, head);
    closeSync(fd);
  } catch (cause) {
    throw refusal(path, "a file that can be read", cause, "Check its permissions.");
  }
  if (head.toString("latin1") === SIGNATURE) return;
  throw refusal(path, "an HDF5 file", "one that does not begin like HDF5", "Choose a file that wasm-mpi wrote.");
}

function kind(path: string): "nothing" | "a file" | "a directory" | "a device or pipe" {
  try {
    const stat = statSync(path);
    if (stat.isFile()) return "a file";
    return stat.isDirectory() ? "a directory" : "a device or pipe";
  } catch {
    return "nothing"; // or not to be seen: opening it tells
  }
}

function checkPath(where: string, path: unknown): void {
  if (typeof path === "string" && path !== "" && !path.includes("\0")) return;
  throw misuse(`${where}: "path"`, "the name of a file", JSON.stringify(path) ?? "undefined", "Pass one.");
}

/** @param got - what there is instead, or the error that says it */
function refusal(path: string, expected: string, got: unknown, todo: string): FileError {
  const text = typeof got === "string" ? got : `"${reason(got)}"`;
  return new FileError(
    `file "${path}": expected ${expected}, got ${text}. ${todo}`,
    path,
    got instanceof Error ? got : undefined,
  );
}

/** The system's words in an error of HDF5 or Node, else the innermost reason in HDF5's error stack. */
function reason(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const system = /error message = '([^']*)'/.exec(text)?.[1];
  const innermost = [...text.matchAll(/^ *#\d+: .*\(\): (.*)$/gm)].at(-1)?.[1];
  // HDF5 words its errors in a temporary file.
  return (system ?? innermost ?? text.split(", ")[0]) || "an error without words, as when the disk of /tmp is full";
}

function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // The error that led here is the one to report.
  }
}
