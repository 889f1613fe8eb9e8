import { accessSync, constants } from "node:fs";
import { expectKeys, expectNumber, expectOneOf, expectOptions, show, wrong, wrongFile } from "../argument.js";
import { type AnyField, expectCells } from "../grid/field.js";
import { Grid } from "../grid/grid.js";
import { everywhere } from "../mpi/comm/everywhere.js";
import { Lane } from "../mpi/comm/lane.js";
import { expectSame, expectSameNumber } from "../mpi/comm/same.js";
import { mpi } from "../mpi/index.js";
import { checkPath, checkTarget, throughLinks } from "../path.js";
import { onRoot } from "./agree.js";
import { ChunkedStore } from "./chunked.js";
import { backendFor, ContiguousStore } from "./contiguous.js";
import { FrameTable } from "./frametable.js";
import { SnapshotReader } from "./reader.js";
import {
  byteLengthOf,
  cells,
  checkLayout,
  type Dtype,
  dtypesOf,
  quoted,
  type StorageForm,
  type StoredVariable,
  type Variable,
  variablesThat,
} from "./snapshot.js";
import { laidOut, staticsOf } from "./statics.js";
import { BACKENDS, type Backend, type Contents, type Fields, type Store } from "./store.js";
import { SnapshotWriter } from "./writer.js";
import { Xdmf, xdmfPath } from "./xdmf.js";

/** What an {@link Output} holds besides the fields, and how it is written. */
export interface OutputOptions {
  /** The fields that each frame has, by name; `min`, `max` and `sum` are those of the first. */
  readonly variables: Readonly<Record<string, Variable>>;
  /** Attributes of the whole file. */
  readonly attributes?: Readonly<Record<string, string | number>>;
  readonly timeUnits?: string;
  readonly coordinateUnits?: string;
  /** Replace an existing file. Default: refuse. */
  readonly overwrite?: boolean;
  /**
   * How values get into the file. `mpiio`: every rank writes its block through MPI-IO. `posix`: the same through the
   * operating system. `gather`: rank 0 collects and compresses whole frames. Default: `posix` where all ranks are on one
   * node and their blocks are each in one piece in the file, else `mpiio`.
   */
  readonly backend?: Backend;
  /**
   * Frames to make room for, where there are several variables; more are moved to the end of the file when they come. Not
   * for `gather`. Default: 16, or what fits into 1 MiB.
   */
  readonly capacity?: number;
  /** Reserve the disk's space for `capacity` frames at once: a full disk is noticed now. Not for `gather`. */
  readonly preallocate?: boolean;
  /** Count a frame only when the disk has it, so that it outlives a power failure; slower. Not for `gather`. */
  readonly durable?: boolean;
  /**
   * Write an XDMF text beside the file, by which ParaView reads it: `out.xdmf` of `out.h5`. For 2 and 3 axes. The file has
   * the corners of the cells as well. Default: none.
   */
  readonly xdmf?: boolean;
  /** Level of compression from 1 to 9, 0 for none; default 4. For `gather` only. */
  readonly gzip?: number;
}

/** How a file is continued; see {@link OutputOptions}. */
export type AppendOptions = Pick<OutputOptions, "backend" | "durable">;

const createKeys = ["variables", "attributes", "timeUnits", "coordinateUnits", "overwrite", "xdmf"];
const storeKeys = ["backend", "capacity", "preallocate", "durable", "gzip"];

/**
 * One HDF5 file of the fields of all ranks, a frame at a time. A frame is in the file whole or not at all, whenever the
 * run is stopped; readers may look on. An error of the file is thrown on every rank.
 *
 * ```js
 * const output = await Output.create(grid, "out.h5", { variables: { psi: { units: "K" } } });
 * await output.write(solver.time, { psi });
 * await output.close();
 * ```
 */
export class Output {
  readonly grid: Grid;
  readonly path: string;
  /** The types of the variables by name, that of the diagnostics first. */
  readonly variables: Readonly<Record<string, Dtype>>;
  /** The types of those that do not change by name. */
  readonly statics: Readonly<Record<string, Dtype>>;
  /** Attributes of the whole file. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly #store: Store;
  readonly #times: number[];
  /** The text beside the file, where there is one: on rank 0. */
  readonly #xdmf: { readonly text: Xdmf | undefined } | undefined;
  /** When the run began, as `performance.now()`; earlier for one that continues others. */
  readonly #begin: number;
  #isOpen = true;

  private constructor(grid: Grid, path: string, store: Store, contents: Contents, xdmf: Xdmf | boolean) {
    this.#xdmf = xdmf ? { text: xdmf === true ? undefined : xdmf } : undefined;
    this.grid = grid;
    this.path = path;
    this.#store = store;
    this.variables = contents.variables;
    this.statics = contents.statics;
    this.attributes = contents.attributes;
    this.#times = [...contents.times];
    this.#begin = performance.now() - 1e3 * contents.walltime;
  }

  /**
   * Creates the file; it gets its name with the first frame. **Collective**; other calls may be made before the promise
   * is settled.
   * @throws UsageError for wrong options; FileError when it exists and `overwrite` is not set, or cannot be written
   */
  static async create(grid: Grid, path: string, options: OutputOptions): Promise<Output> {
    const where = "Output.create";
    checkGrid(where, grid);
    expectSame(grid.comm, `${where}: "path"`, show(path));
    checkPath(where, path);
    expectSame(
      grid.comm,
      `${where}: "options"`,
      everywhere(grid.comm, () => sharedText(options)),
    );
    expectOptions(`${where}: "options"`, options, [...createKeys, ...storeKeys]);
    const { variables, attributes = {}, timeUnits, coordinateUnits, overwrite = false, xdmf = false } = options;
    if (xdmf && grid.shape.length === 1) {
      throw wrong(`${where}: "xdmf"`, "a grid of 2 or 3 axes with it", "one of 1", "Leave it out.");
    }
    const statics = staticsOf(where, grid, variables);
    const stored = laidOut(variables);
    const layout = {
      shape: grid.shape,
      bounds: grid.bounds,
      periodic: grid.periodic,
      ...(grid.system === "cartesian" ? {} : { system: grid.system }),
      ...(grid.axes.some(({ faces }) => faces) ? { faces: grid.axes.map(({ faces }) => faces) } : {}),
      ...(xdmf ? { hasMesh: true } : {}),
      coordinates: grid.shape.map((_, axis) => grid.coordinates(axis)),
      variables: stored,
      attributes:
        typeof attributes === "object" ? { ...attributes, decomposition: grid.split.join(" x ") } : attributes,
      ...(timeUnits === undefined ? {} : { timeUnits }),
      ...(coordinateUnits === undefined ? {} : { coordinateUnits }),
    };
    checkLayout(where, layout);
    const { backend, gzip = 4, durable = false, preallocate = false } = checkBackend(where, options);
    const [dtypes, staticTypes] = typesOf(stored);
    const bytes = Object.values(dtypes).reduce((sum, dtype) => sum + byteLengthOf(dtype), 0) * cells(grid.shape);
    const { capacity = Math.max(16, Math.floor(2 ** 20 / bytes)) } = options;
    const blocks = backend === "gather" ? undefined : backendFor(grid, backend);
    const asNow = structuredClone(layout); // The file is made later.
    return Lane.of(grid.comm).call(async (lane) => {
      if (xdmf) await lane.fromRoot(() => void checkTarget(xdmfPath(path), overwrite));
      const store = blocks
        ? await ContiguousStore.create(grid, lane, path, asNow, {
            ...{ overwrite, capacity, durable, preallocate },
            ...{ backend: blocks, statics },
          })
        : await ChunkedStore.create(grid, lane, path, asNow, { overwrite, gzip, statics });
      const contents = { variables: dtypes, statics: staticTypes, times: new Float64Array(0), walltime: 0 };
      const text = xdmf && (grid.comm.rank > 0 || new Xdmf(path, asNow));
      return new Output(grid, path, store, { ...contents, attributes: asNow.attributes }, text);
    });
  }

  /**
   * Opens a file that {@link create} made, to read its frames and to write more behind them; on any number of ranks and
   * any split. **Collective**; other calls may be made before the promise is settled.
   * @throws FileError when there is no such file, it is damaged or of another program, or the grid is another one
   */
  static async append(grid: Grid, path: string, options: AppendOptions = {}): Promise<Output> {
    const where = "Output.append";
    checkGrid(where, grid);
    expectSame(grid.comm, `${where}: "path"`, show(path));
    checkPath(where, path);
    expectSame(
      grid.comm,
      `${where}: "options"`,
      everywhere(grid.comm, () => sharedText(options)),
    );
    expectKeys(`${where}: "options"`, options, ["backend", "durable"]);
    const { backend, durable = false } = checkBackend(where, options);
    const blocks = backendFor(grid, backend === "gather" ? "posix" : backend);
    return Lane.of(grid.comm).call(async (lane) => {
      let table: FrameTable | undefined;
      let writer: SnapshotWriter | undefined;
      let xdmf: Xdmf | undefined;
      const { plan, target, hasMesh, ...contents } = await lane.fromRoot(async () => {
        const { reading, contents } = await openFor(grid, path);
        const target = throughLinks(path);
        const { layout } = reading;
        try {
          checkForm(contents.form, options);
          checkWritable(path);
          if (contents.form === "chunked") writer = await SnapshotWriter.append(target);
          else table = FrameTable.open(reading, durable);
        } finally {
          reading.close();
        }
        if (layout.hasMesh) {
          xdmf = new Xdmf(path, layout);
          xdmf.write(contents.times);
        }
        return { ...contents, plan: table?.plan, target, hasMesh: layout.hasMesh ?? false };
      });
      const store = plan
        ? await ContiguousStore.open(grid, lane, path, { table, plan }, { durable, backend: blocks })
        : ChunkedStore.append(grid, target, writer);
      return new Output(grid, path, store, contents, xdmf ?? hasMesh);
    });
  }

  /**
   * Opens a file of {@link create} to read whole frames in this process; also one that is being written, whose new frames
   * `refresh()` finds. **Local.**
   *
   * ```js
   * const file = await Output.open("out.h5");
   * const last = file.read("psi", -1); // The whole grid, in C order.
   * await file.refresh(); // True where there are more frames now.
   * file.close();
   * ```
   * @throws FileError when there is no such file, or it is damaged or of another program
   */
  static open(path: string): Promise<SnapshotReader> {
    return SnapshotReader.open(path);
  }

  /** How values get into the file: see {@link OutputOptions}. */
  get backend(): Backend {
    return this.#store.backend;
  }

  /** Time of each frame. */
  get times(): Float64Array {
    return Float64Array.from(this.#times);
  }

  /**
   * Appends a frame of the fields as they are now; the promise is settled when this returns. **Collective** and blocking.
   * @throws FileError when it cannot be written; the frames before stay
   */
  async write(time: number, fields: Fields): Promise<void> {
    const where = "Output.write";
    this.#checkOpen(where);
    expectSameNumber(this.grid.comm, `${where}: "time"`, time);
    expectNumber(`${where}: "time"`, time, {}, "Check the time step.");
    const last = this.#times.at(-1) ?? Number.NEGATIVE_INFINITY;
    if (time <= last) {
      throw wrong(`${where}: "time"`, `a time after ${last}, that of the last frame`, time, "Check the time step.");
    }
    const names = Object.keys(this.variables);
    everywhere(this.grid.comm, () => {
      expectOptions(`${where}: "fields"`, fields, names);
      for (const name of names) this.#checkField(where, name, fields[name]);
    });
    const ordered = Object.fromEntries(names.map((name) => [name, fields[name]!]));
    this.#store.write(time, ordered, () => (performance.now() - this.#begin) / 1e3);
    this.#times.push(time);
    if (this.#xdmf) onRoot(this.grid.comm, this.path, () => this.#xdmf!.text!.write([time]));
  }

  /**
   * Sets a field to a variable of a frame; its halo stays as it is until the next exchange. Each rank reads its block,
   * before this returns. **Collective** and blocking.
   * @param frame index of the frame; a negative one counts from the end
   */
  async read(name: string, frame: number, field: AnyField): Promise<void> {
    const where = "Output.read";
    this.#checkOpen(where);
    expectSame(this.grid.comm, `${where}: "name, frame"`, `${show(name)}, ${show(frame)}`);
    const types = { ...this.variables, ...this.statics };
    if (!Object.hasOwn(types, name)) {
      const expected = `one of ${quoted(Object.keys(types))}`;
      throw wrong(`${where}: "name"`, expected, show(name), "Choose one of them.");
    }
    const n = this.#times.length;
    if (!(Number.isInteger(frame) && frame >= -n && frame < n)) {
      if (n === 0) throw wrong(`${where}`, "a file with frames", "none", "Write one first.");
      const expected = `an integer in [${-n}, ${n - 1}] (${n === 1 ? "1 frame" : `${n} frames`})`;
      throw wrong(`${where}: "frame"`, expected, show(frame), "Choose one of them.");
    }
    everywhere(this.grid.comm, () => this.#checkField(where, name, field));
    const isStatic = Object.hasOwn(this.statics, name);
    this.#store.read(name, isStatic ? 0 : frame < 0 ? frame + n : frame, field);
  }

  #checkField(where: string, name: string, field: AnyField | undefined): void {
    const dtype = this.variables[name] ?? this.statics[name]!;
    if (field === undefined) {
      const expected = `the variables ${quoted(Object.keys(this.variables))}`;
      throw wrong(`${where}: "fields"`, expected, `no ${JSON.stringify(name)}`, "Pass all of them.");
    }
    if (field?.grid !== this.grid) {
      const got = field?.grid instanceof Grid ? `one on ${field.grid}` : show(field);
      throw wrong(`${where}: "${name}"`, "a field on the grid of the output", got, "Make it with grid.field().");
    }
    field.expectInUse();
    expectCells(`${where}: "${name}"`, field);
    if (field.dtype === dtype) return;
    const todo = "Give the variable and the field one dtype, f64, f32 or i32.";
    throw wrong(`${where}: "${name}"`, `a field of ${dtype}`, `one of ${field.dtype}`, todo);
  }

  #checkOpen(where: string): void {
    if (this.#isOpen) return;
    throw wrong(`${where}`, "an open file", "a closed one", "Do it before close().");
  }

  /** Completes the file; again does nothing. **Collective** and blocking. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#store.close();
  }

  toString(): string {
    const count = this.#times.length;
    return `file ${JSON.stringify(this.path)}, ${count} ${count === 1 ? "frame" : "frames"} of ${Object.keys(this.variables).join(", ")}, ${this.backend}`;
  }
}

/** What all ranks have to pass alike of the options: the rest is what rank 0 alone writes. */
function sharedText(options: Partial<OutputOptions> | undefined): string {
  const { variables, backend, durable, xdmf } = options ?? {};
  const all = typeof variables === "object" && variables !== null ? variables : {};
  const types = Object.entries(all).map(
    ([name, variable]) => `${name}: ${variable?.static === undefined ? show(variable?.dtype ?? "f64") : "static"}`,
  );
  const { gzip, capacity, preallocate } = options ?? {};
  const forms = Object.entries({ gzip, capacity, preallocate }).filter(([, value]) => value !== undefined);
  const form = forms.map(([name, value]) => `, ${name}: ${show(value)}`).join("");
  return `{ variables: { ${types.join(", ")} }, backend: ${show(backend)}, durable: ${show(durable)}, xdmf: ${show(xdmf)}${form} }`;
}

/** @throws UsageError unless it is a grid */
function checkGrid(where: string, grid: unknown): void {
  if (!(grid instanceof Grid)) throw wrong(`${where}: "grid"`, "a grid", show(grid), "Make it with new Grid().");
}

type StoreOptions = Pick<
  OutputOptions,
  "overwrite" | "xdmf" | "backend" | "capacity" | "preallocate" | "durable" | "gzip"
>;

/** @throws UsageError for options of a store that contradict each other. */
function checkBackend(where: string, options: StoreOptions): StoreOptions {
  const { backend, capacity, preallocate, durable, gzip, overwrite, xdmf } = options;
  if (backend !== undefined) expectOneOf(`${where}: "backend"`, backend, BACKENDS, "Leave it out.");
  for (const [name, value] of Object.entries({ preallocate, durable, overwrite, xdmf })) {
    if (value !== undefined && typeof value !== "boolean") {
      throw wrong(`${where}: "${name}"`, "true or false", show(value), "Give one of them.");
    }
  }
  if (capacity !== undefined && !(Number.isSafeInteger(capacity) && capacity >= 1)) {
    throw wrong(`${where}: "capacity"`, "a whole number of frames from 1", show(capacity), "Leave it out.");
  }
  if (gzip !== undefined && !(Number.isInteger(gzip) && gzip >= 0 && gzip <= 9)) {
    throw wrong(`${where}: "gzip"`, "a level from 0 to 9", show(gzip), "Leave it out.");
  }
  const strange = Object.entries(backend === "gather" ? { capacity, preallocate, durable } : { gzip });
  const stranger = strange.find(([, value]) => value !== undefined);
  if (stranger) {
    const expected = backend === "gather" ? 'none with the backend "gather"' : 'the backend "gather" with it';
    throw wrong(`${where}: "${stranger[0]}"`, expected, String(stranger[1]), "Leave out one of them.");
  }
  if (backend === "mpiio" && mpi.versionInfo().library === "solo") {
    throw wrong(`${where}: "backend"`, "posix or gather without an MPI library", '"mpiio"', "Leave it out.");
  }
  return options;
}

/** @throws UsageError for options that a file of this form does not have */
function checkForm(form: StorageForm, { backend, durable }: AppendOptions): void {
  const where = "Output.append";
  if ((form === "chunked") !== (backend === "gather") && backend !== undefined) {
    const expected = form === "chunked" ? '"gather", as for this file before' : '"mpiio" or "posix" for this file';
    throw wrong(`${where}: "backend"`, expected, `"${backend}"`, "Leave it out.");
  }
  if (form === "chunked" && durable !== undefined) {
    throw wrong(`${where}: "durable"`, "a file whose blocks the ranks write", "one of rank 0", "Leave it out.");
  }
}

/** @throws FileError for a file that may only be read: a copy could take its place */
function checkWritable(path: string): void {
  try {
    accessSync(path, constants.W_OK);
  } catch (cause) {
    const todo = "Check its permissions, or continue in a new file: Output.create (--output NEW.h5).";
    throw wrongFile(path, "a file that can be written", cause, todo);
  }
}

/** A file that is to be continued, and what all ranks have to know of it. */
interface Found {
  readonly reading: SnapshotReader;
  readonly contents: Contents & { readonly form: StorageForm };
}

/** Opens a file on rank 0, to be continued on a grid. */
async function openFor(grid: Grid, path: string): Promise<Found> {
  const reading = await SnapshotReader.open(path);
  try {
    if (reading.form === undefined) {
      throw wrongFile(path, "a file that Output made", "one of another program", "Choose a file that wasm-mpi wrote.");
    }
    if (reading.shape.join() !== grid.shape.join()) {
      const expected = `the ${grid.shape.join(" x ")} cells of the grid`;
      throw wrongFile(path, expected, reading.shape.join(" x "), "Make the grid that the file is of.");
    }
    const { system } = reading;
    if (system !== grid.system) {
      throw wrongFile(path, `the ${grid.system} coordinates of the grid`, system, "Make the grid that the file is of.");
    }
    const other = reading.coordinates.findIndex((centres, axis) => {
      return grid.coordinates(axis).some((centre, index) => centre !== centres[index]);
    });
    if (other >= 0) {
      const expected = `the cell centres of the grid along ${grid.axes[other]!.name}`;
      throw wrongFile(path, expected, "others", "Make the grid that the file is of, with the same bounds.");
    }
    const { bounds, periodic } = reading; // Files of earlier versions do not tell.
    if (bounds && String(bounds) !== String(grid.bounds)) {
      const expected = `the bounds ${JSON.stringify(grid.bounds)} of the grid`;
      throw wrongFile(path, expected, JSON.stringify(bounds), "Make the grid that the file is of.");
    }
    if (periodic && String(periodic) !== String(grid.periodic)) {
      const expected = `the periodic axes ${JSON.stringify(grid.periodic)} of the grid`;
      throw wrongFile(path, expected, JSON.stringify(periodic), "Make the grid that the file is of.");
    }
    if (reading.times.length === 0) {
      throw wrongFile(path, "a file with frames", "none", "Run it again from the start.");
    }
    return { reading, contents: contentsOf(reading, reading.form) };
  } catch (error) {
    reading.close();
    throw error;
  }
}

/** What is in a file whose last frame a run on a grid is to begin with. **Local.** @throws FileError as `Output.append` */
export async function contentsFor(grid: Grid, path: string): Promise<Contents> {
  const { reading, contents } = await openFor(grid, path);
  reading.close();
  return contents;
}

function contentsOf(reading: SnapshotReader, form: StorageForm): Found["contents"] {
  const { times, attributes, layout } = reading;
  const { walltime } = reading.diagnostics(-1);
  const [variables, statics] = typesOf(layout.variables);
  return { form, variables, statics, times, attributes, walltime };
}

/** The types of the variables that change, and of those that do not. */
function typesOf(variables: Readonly<Record<string, StoredVariable>>) {
  return [dtypesOf(variablesThat(false, variables)), dtypesOf(variablesThat(true, variables))] as const;
}
