import { expectKeys, expectNumber, expectOptions, show, wrong } from "../argument.js";
import { type AnyField, expectCells, type Place } from "../grid/field.js";
import type { Figures } from "../grid/figures.js";
import { Grid } from "../grid/grid.js";
import { quietly } from "../hdf5/library.js";
import { everywhere } from "../mpi/comm/everywhere.js";
import { Lane } from "../mpi/comm/lane.js";
import { expectSame, expectSameNumber } from "../mpi/comm/same.js";
import { checkPath, checkTarget, throughLinks } from "../path.js";
import { onRoot } from "./agree.js";
import { ChunkedStore } from "./chunked.js";
import { type Contents, checkWritable, laidOut, openFor, staticsOf } from "./contents.js";
import { ContiguousStore, tableOptions } from "./contiguous.js";
import type { Mould } from "./datasets.js";
import { FrameTable } from "./frametable.js";
import {
  type AppendOptions,
  checkBackend,
  checkForm,
  createKeys,
  type OutputOptions,
  sharedText,
  storeKeys,
} from "./options.js";
import { SnapshotReader } from "./reader.js";
import { byteLengthOf, cells, checkLayout, type Dtype, placesOf, quoted, typesOf } from "./snapshot.js";
import { type Backend, backendFor, type Choice, elsewhere, type Fields, isOnOneHost, type Store } from "./store.js";
import { SnapshotWriter } from "./writer.js";
import { Xdmf, xdmfPath } from "./xdmf.js";

/**
 * One HDF5 file of the fields of all ranks, a frame at a time. A frame is in the file whole or not at all, whenever the
 * run is stopped; readers may look on. An error of the file is thrown on every rank: with `beside` at the next call.
 *
 * ```js
 * const output = await Output.create(grid, "out.h5", { variables: { psi: { units: "K" } } });
 * await output.write(0, { psi });
 * await output.close();
 * ```
 */
export class Output {
  /** The grid of the fields. */
  readonly grid: Grid;
  /** The path of the file. */
  readonly path: string;
  /** The types of the variables by name, that of the diagnostics first. */
  readonly variables: Readonly<Record<string, Dtype>>;
  /** The types of those that do not change by name. */
  readonly statics: Readonly<Record<string, Dtype>>;
  /** Attributes of the whole file. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Where variables have their values, of those that have them at faces. */
  readonly #places: Readonly<Record<string, Place>>;
  readonly #store: Store;
  readonly #times: number[];
  /** The text beside the file, where there is one: on rank 0. */
  readonly #xdmf: { readonly text: Xdmf | undefined } | undefined;
  /** Frames that the text has. */
  #told: number;
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
    this.#places = contents.places;
    this.attributes = contents.attributes;
    this.#times = [...contents.times];
    this.#told = contents.times.length;
    this.#begin = performance.now() - 1e3 * contents.walltime;
  }

  /**
   * Creates the file; it gets its name with the first frame. **Collective**; other calls may be made before the promise
   * is settled.
   * @throws UsageError for wrong options; FileError when it exists and `overwrite` is not set, or cannot be written
   */
  static create(grid: Grid, path: string, options: OutputOptions): Promise<Output> {
    return Output.#create(grid, path, options);
  }

  /** {@link create} for one of several files of one frame, without room for others. **Collective.** @internal */
  static createSingle(grid: Grid, path: string, options: OutputOptions, mould: Mould): Promise<Output> {
    return Output.#create(grid, path, options, { mould });
  }

  /** {@link create} for a run that goes on from others, which took so many seconds. **Collective.** @internal */
  static createBehind(grid: Grid, path: string, options: OutputOptions, walltime: number): Promise<Output> {
    return Output.#create(grid, path, options, { walltime });
  }

  static async #create(
    grid: Grid,
    path: string,
    options: OutputOptions,
    { mould, walltime = 0 }: { readonly mould?: Mould; readonly walltime?: number } = {},
  ): Promise<Output> {
    const where = "Output.create";
    checkGrid(where, grid);
    expectSame(grid.comm, `${where}: "path"`, show(path));
    checkPath(where, path);
    const told = everywhere(grid.comm, () => {
      expectOptions(`${where}: "options"`, options, [...createKeys, ...storeKeys]);
      return sharedText(options);
    });
    expectSame(grid.comm, `${where}: "options"`, told);
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
    const { backend, durable = false, preallocate = false, beside = false } = checkBackend(where, options);
    const { gzip = backend === "gather" ? 4 : 0 } = options;
    const [dtypes, staticTypes] = typesOf(stored);
    const bytes = Object.values(dtypes).reduce((sum, dtype) => sum + byteLengthOf(dtype), 0) * cells(grid.shape);
    const { capacity = Math.max(16, Math.floor(2 ** 20 / bytes)) } = options;
    const choice = backend === "gather" ? undefined : backendFor(where, grid, path, { backend, beside, gzip });
    const asNow = structuredClone(layout); // The file is made later.
    return Lane.of(grid.comm).call(async (lane) => {
      if (xdmf) await lane.fromRoot(() => void checkTarget(xdmfPath(path), overwrite));
      const store = choice
        ? await ContiguousStore.create(grid, lane, path, asNow, {
            ...{ overwrite, capacity, durable, preallocate, beside, gzip },
            ...{ choice, statics, isSingle: mould !== undefined, mould },
          })
        : await ChunkedStore.create(grid, lane, path, asNow, { overwrite, gzip, statics });
      const places = placesOf(stored);
      const contents = { places, variables: dtypes, statics: staticTypes, times: new Float64Array(0), walltime };
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
    const told = everywhere(grid.comm, () => {
      expectKeys(`${where}: "options"`, options, ["backend", "durable", "beside"]);
      return sharedText(options);
    });
    expectSame(grid.comm, `${where}: "options"`, told);
    const { backend, durable = false, beside = false } = checkBackend(where, options);
    const asked = backend === "gather" ? "posix" : backend;
    const blocks = backendFor(where, grid, path, { backend: asked, beside, gzip: 0 });
    const isHere = isOnOneHost(grid.comm);
    return Lane.of(grid.comm).call(async (lane) => {
      let table: FrameTable | undefined;
      let writer: SnapshotWriter | undefined;
      let xdmf: Xdmf | undefined;
      const { plan, target, hasMesh, gzip, ...contents } = await lane.fromRoot(async () => {
        const { reading, contents } = await openFor(grid, path);
        const target = throughLinks(path);
        const { layout } = reading;
        const gzip = contents.form === "compressed" ? reading.gzip : 0;
        try {
          checkForm(contents.form, options);
          if (gzip > 0 && backend === undefined && !isHere) throw elsewhere(where, "gzip");
          checkWritable(path);
          if (contents.form === "chunked") writer = await SnapshotWriter.append(target);
          else table = FrameTable.open(reading, tableOptions({ durable, beside, gzip: 0 }));
          if (layout.hasMesh) {
            xdmf = new Xdmf(path, layout);
            xdmf.write(contents.times);
          }
          return { ...contents, plan: table?.plan, target, hasMesh: layout.hasMesh ?? false, gzip };
        } catch (error) {
          quietly(() => (table ?? writer)?.close());
          throw error;
        } finally {
          reading.close();
        }
      });
      const choice: Choice = gzip > 0 ? { ...blocks, backend: "posix" } : blocks;
      const store = plan
        ? await ContiguousStore.open(grid, lane, path, { table, plan }, { durable, choice, beside, gzip })
        : ChunkedStore.append(grid, target, writer, contents.times.length);
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

  /** Why this backend was chosen, for people: `the ranks are on several hosts`. */
  get reason(): string {
    return this.#store.choice.reason;
  }

  /** Time of each frame, those under way included. */
  get times(): Float64Array {
    return Float64Array.from(this.#times);
  }

  /**
   * Appends a frame of the fields as they are now; the promise is settled when this returns. **Collective** and blocking.
   * @throws FileError when it cannot be written, or with `beside` one before it; the frames before that stay
   */
  write(time: number, fields: Fields): Promise<void> {
    return this.writeFrame(time, fields);
  }

  /**
   * {@link write}, with the figures that the frame has in the file in place of those of its first field. **Collective.**
   * @internal
   */
  async writeFrame(time: number, fields: Fields, figures?: Figures): Promise<void> {
    const where = "Output.write";
    this.#checkOpen(where);
    if (!this.#isWell(time, fields)) this.#expectWell(where, time, fields);
    const ordered = Object.fromEntries(Object.keys(this.variables).map((name) => [name, fields[name]!]));
    this.#follow(() => {
      this.#store.write(time, ordered, () => (performance.now() - this.#begin) / 1e3, figures);
      this.#times.push(time);
    });
  }

  /** Whether nothing is wrong with a frame on any rank. **Collective**: a reduction of three numbers. */
  #isWell(time: number, fields: Fields): boolean {
    const last = this.#times.at(-1) ?? Number.NEGATIVE_INFINITY;
    let isWell = this.#store.isReady() && Number.isFinite(time) && time > last;
    try {
      if (isWell) this.#checkFields("Output.write", fields);
    } catch {
      isWell = false;
    }
    const { comm } = this.grid;
    if (comm.size === 1) return isWell;
    const told = Float64Array.from(isWell ? [0, time, -time] : [1, 0, 0]);
    const [ill, greatest, ofNegatives] = comm.allreduce(told, new Float64Array(3), { op: "max" });
    return ill === 0 && greatest === -ofNegatives!;
  }

  /** Finds what is wrong with a frame, one thing after the other. **Collective.** @throws UsageError or FileError for it */
  #expectWell(where: string, time: number, fields: Fields): void {
    expectSameNumber(this.grid.comm, `${where}: "time"`, time);
    const order = typeof time === "object" ? "Write write(time, { psi })." : "Check the time step.";
    expectNumber(`${where}: "time"`, time, {}, order);
    const last = this.#times.at(-1) ?? Number.NEGATIVE_INFINITY;
    if (time <= last) {
      const todo = "Check the time step; a solver goes on from there after resume().";
      throw wrong(`${where}: "time"`, `a time after ${last}, that of the last frame`, time, todo);
    }
    everywhere(this.grid.comm, () => this.#checkFields(where, fields));
    this.#follow(() => this.#store.expectReady());
  }

  /** @throws UsageError unless all variables have a field that suits. **Local.** */
  #checkFields(where: string, fields: Fields): void {
    const names = Object.keys(this.variables);
    expectOptions(`${where}: "fields"`, fields, names);
    for (const name of names) this.#checkField(where, name, fields[name]);
  }

  /**
   * Waits until all frames are in the file. **Collective** and blocking; without `beside` there is nothing to wait for.
   * @throws FileError when one cannot be written; the frames before stay
   */
  async flush(): Promise<void> {
    this.#checkOpen("Output.flush");
    this.#follow(() => this.#store.settle("all"));
  }

  /** Frames that do not count yet. @internal */
  get underWay(): number {
    return this.#times.length - this.#store.counted;
  }

  /** Closes the file without the frames that do not count yet. **Collective.** @internal */
  abandon(): Promise<void> {
    this.#store.abandon();
    return this.close();
  }

  /** Has the frames counted that all ranks have written, without waiting for others. **Collective.** @internal */
  settle(): void {
    this.#follow(() => this.#store.settle("written"));
  }

  /** Does something with the store; the times and the text beside the file are then those of its frames. */
  #follow(action: () => void): void {
    try {
      action();
    } catch (error) {
      // Those behind a frame that was not written are not either.
      this.#times.length = this.#store.counted;
      throw error;
    } finally {
      const counted = this.#times.slice(this.#told, this.#store.counted);
      this.#told += counted.length;
      if (this.#xdmf && counted.length > 0) onRoot(this.grid.comm, this.path, () => this.#xdmf!.text!.write(counted));
    }
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
    this.#follow(() => this.#store.settle("all"));
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
    const place = Object.hasOwn(this.#places, name) ? this.#places[name]! : "cell";
    if (place === "cell") expectCells(`${where}: "${name}"`, field);
    else if (field.at !== place) {
      const todo = `Make it with grid.field(value, { at: "${place}" }).`;
      throw wrong(`${where}: "${name}"`, `a field of ${place}s`, `one of ${field.at}s`, todo);
    }
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
    this.#follow(() => this.#store.close());
  }

  /** What it holds, in one line: path, frames, variables, way to write. **Local.** */
  toString(): string {
    const count = this.#times.length;
    return `file ${JSON.stringify(this.path)}, ${count} ${count === 1 ? "frame" : "frames"} of ${Object.keys(this.variables).join(", ")}, ${this.backend}`;
  }
}

/** @throws UsageError unless it is a grid */
function checkGrid(where: string, grid: unknown): void {
  if (!(grid instanceof Grid)) throw wrong(`${where}: "grid"`, "a grid", show(grid), "Make it with new Grid().");
}
