import { type Stats, statSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Dataset, File } from "h5wasm/node";
import { show, wrong, wrongFile } from "../argument.js";
import { numbers } from "../elements.js";
import { FileError } from "../errors.js";
import { axisNames, type Coordinates } from "../grid/axis.js";
import type { Place } from "../grid/field.js";
import { attributesOf, checkSignature, DAMAGED, load, loaded, quietly, renew } from "../hdf5/library.js";
import { checkPath } from "../path.js";
import {
  BOUNDS,
  cells,
  DIAGNOSTICS,
  type Diagnostics,
  type Dtype,
  dtypeOf,
  faceAxisOf,
  faceScale,
  facesName,
  MESH,
  PLACE,
  parts,
  quoted,
  type SnapshotLayout,
  STORAGE_FORMS,
  type StorageForm,
  type StoredVariable,
  SYSTEM,
  shapeOf,
  storageName,
  type Values,
} from "./snapshot.js";
import { faultOfPlaces, isEven, isRising } from "./sound.js";

/** One text for texts that are equal. */
function alikeOr(texts: readonly string[]): string | readonly string[] {
  return texts.every((text) => text === texts[0]) ? texts[0]! : texts;
}

/** Milliseconds since its last change for which a file may be one that is being written. */
const RECENT = 2000;
/**
 * Milliseconds to wait before a look at such a file is repeated, which is done once where the file rests; each time three
 * times as long.
 */
const [FIRST_WAIT, LAST_WAIT] = [10, 270];

/**
 * Reads a snapshot file, one frame at a time: the frames that were whole when it was opened, or {@link refresh}ed.
 *
 * ```js
 * const file = await Output.open("out.h5");
 * console.log(file.shape, file.variables); // [ 32, 32 ] [ 'psi' ]
 * const first = file.read("psi", 0);
 * console.log(file.times.length, first.length); // 1 1024
 * file.close();
 * ```
 */
export class SnapshotReader {
  /** Cells per axis. */
  readonly shape: readonly number[];
  /** Names of the variables, in alphabetical order. */
  readonly variables: string[];
  /** Names of those that are the same in all frames, in alphabetical order. */
  readonly statics: string[];
  /** What the axes measure. */
  readonly system: Coordinates;
  /** The names of the axes. */
  readonly axes: readonly string[];
  /** Cell centres per axis. */
  readonly coordinates: Float64Array[];
  /** Both ends of each axis; undefined in files of earlier versions. */
  readonly bounds: readonly (readonly [number, number])[] | undefined;
  /** Which axes wrap around; undefined in files of earlier versions. */
  readonly periodic: readonly boolean[] | undefined;
  /** Attributes of the whole file. */
  readonly attributes: Record<string, unknown>;
  /** The path of the file. */
  readonly path: string;
  /** The values of each variable along each axis. */
  readonly #shapes = new Map<string, readonly number[]>();
  #times: Float64Array;
  #file: File;
  #datasets: ReadonlyMap<string, Dataset>;
  readonly #texts: ReadonlyMap<string, Record<string, unknown>>;
  #open = true;

  private constructor(path: string, file: File) {
    this.path = path;
    this.#file = file;
    const [expected, todo] = ["a snapshot file of wasm-mpi", "Choose a file that wasm-mpi wrote."];
    const names = file.keys();
    if (!names.includes("time")) throw wrongFile(path, expected, 'one without the dataset "time"', todo);
    const datasets = new Map<string, Dataset>();
    const lengthOf = (name: string): number | undefined => {
      const found = names.includes(name) ? numbersOf(file, name) : undefined;
      if (found?.dtype !== "<d" || found.shape?.length !== 1) return undefined;
      datasets.set(name, found);
      return found.shape[0]!;
    };
    // `time` first: where somebody writes, what is read after it has at least as many frames.
    const frames = lengthOf("time");
    this.attributes = attributesOf(file);
    const { Conventions: conventions, variables, statics } = this.attributes;
    if (!String(conventions).startsWith("CF-"))
      throw wrongFile(path, expected, 'one without the root attribute "Conventions" of CF', todo);
    this.system = this.#systemOf(names);
    const known = axisNames(this.system);
    const axes = known.slice(0, Math.max(1, known.filter((axis) => lengthOf(axis) !== undefined).length));
    this.axes = axes;
    const scalars = ["time", ...axes, ...DIAGNOSTICS];
    const missing = scalars.find((name) => lengthOf(name) === undefined);
    if (missing !== undefined)
      throw wrongFile(path, expected, `one without the dataset "${missing}" along one axis`, todo);
    this.#times = (datasets.get("time")!.value as Float64Array).slice(0, frames);
    this.coordinates = axes.map((axis) => datasets.get(axis)!.value as Float64Array);
    this.shape = this.coordinates.map((centres) => centres.length);

    const described = axes.map((axis) => attributesOf(datasets.get(axis)!));
    const [lower, upper] = BOUNDS.map((end) => described.map((texts) => texts[end]));
    const isKnown = [...lower!, ...upper!].every((value) => typeof value === "number");
    this.bounds = isKnown ? lower!.map((low, axis) => [low, upper![axis]] as [number, number]) : undefined;
    const wraps = described.map(({ periodic }) => periodic);
    this.periodic = wraps.includes(undefined) ? undefined : wraps.map((value) => value === 1);

    const declared = typeof variables === "string" ? variables.split(" ") : undefined;
    const fixed = typeof statics === "string" ? statics.split(" ") : [];
    const others = names.filter((name) => !scalars.includes(name)).toSorted();
    this.statics = others.filter((name) => fixed.includes(name));
    this.variables = others.filter((name) => declared?.includes(name) ?? this.#isVariable(name));
    const absent = [...fixed, ...(declared ?? [])].find((name) => !others.includes(name));
    if (absent !== undefined) throw wrongFile(path, expected, `one without its variable "${absent}"`, todo);
    if (this.variables.length === 0) throw wrongFile(path, expected, "one without variables", todo);
    for (const name of [...this.statics, ...this.variables, ...DIAGNOSTICS]) {
      const dataset = numbersOf(file, name);
      if (!dataset) throw wrongFile(path, expected, `one in which "${name}" is no dataset of f64, f32 or i32`, todo);
      datasets.set(name, dataset);
      const got = dataset.shape ?? [];
      const isStatic = this.statics.includes(name);
      const isCells = isStatic || this.variables.includes(name);
      if (isCells) this.#shapes.set(name, this.#shapeOf(attributesOf(dataset)[PLACE]));
      const due = [...(isStatic ? [] : [frames!]), ...(isCells ? this.shapeOf(name) : [])];
      // A frame that was cut off may have reached some datasets; `time` has the last word. Statics come with the first.
      const isMore = (n: number, i: number) => i === 0 && (isStatic ? frames === 0 : n > due[i]!);
      const fits = got.length === due.length && got.every((n, i) => n === due[i] || isMore(n, i));
      if (!fits) {
        const shapes = `shape [${got.join(", ")}], not [${due.join(", ")}]`;
        throw wrongFile(path, expected, `one in which "${name}" has ${shapes}`, todo);
      }
    }
    this.#datasets = datasets;
    this.#checkSound(scalars);
    this.#texts = new Map([...datasets].map(([name, dataset]) => [name, attributesOf(dataset)]));
  }

  /** @throws FileError where what a file of this package says cannot be true */
  #checkSound(scalars: readonly string[]): void {
    if (this.form === undefined) return;
    const growing = [...this.variables, ...DIAGNOSTICS];
    const placed = [...this.variables, ...scalars].map((name) => {
      const shape = this.#datasets.get(name)!.shape ?? [];
      const { filters, metadata } = this.#datasets.get(name)!;
      const frames = this.#times.length;
      const chunks =
        this.form === "compressed" && metadata.chunks
          ? { chunk: metadata.chunks, filters: filters.length, frames }
          : undefined;
      return { name, shape, headerAddress: this.headerAddress(name), elementLength: this.elementLength(name), chunks };
    });
    // In the other form, rank 0 writes all through HDF5, with checksums.
    const isOurs = this.form !== "chunked";
    const uneven = this.coordinates.findIndex((centres, axis) => {
      const faces = this.#facesOf(axis);
      return isOurs && !(faces ? isRising(faces) : isEven(centres));
    });
    const fault =
      (isOurs ? faultOfPlaces(this.path, placed, growing) : undefined) ??
      (isRising(this.#times) ? undefined : "times that do not rise") ??
      (uneven < 0 ? undefined : `cell centres along ${this.axes[uneven]} that are not evenly spaced`);
    if (fault !== undefined)
      throw wrongFile(this.path, "a sound snapshot file of wasm-mpi", `one with ${fault}`, DAMAGED);
  }

  /** What the axes of a file measure: of a file of another program that says it in its own way, x, y and z. */
  #systemOf(names: readonly string[]): Coordinates {
    const said = this.attributes[SYSTEM];
    const isKnown = said === "polar" || said === "spherical" || said === "cylindrical";
    return isKnown && names.includes("r") && !names.includes("x") ? said : "cartesian";
  }

  /** The faces of the cells of an axis, where these differ in size. */
  #facesOf(axis: number): Float64Array | undefined {
    const name = facesName(this.axes[axis]!);
    const isNamed = attributesOf(this.#datasets.get(this.axes[axis]!)!).bounds === name;
    const ends = isNamed ? numbersOf(this.#file, name)?.value : undefined;
    if (!(ends instanceof Float64Array) || ends.length !== 2 * this.shape[axis]!) return undefined;
    return Float64Array.from({ length: this.shape[axis]! + 1 }, (_, face) => ends[Math.max(0, 2 * face - 1)]!);
  }

  /** Whether a dataset of a file that does not name its variables looks like one; what others added is left alone. */
  #isVariable(name: string): boolean {
    const [, ...cells] = numbersOf(this.#file, name)?.shape ?? [];
    return cells.join() === this.shape.join();
  }

  /**
   * Opens a file; where it is being written, when its frames fit together.
   * @throws FileError if there is no such file, it is not whole HDF5, or another program wrote it.
   */
  static async open(path: string): Promise<SnapshotReader> {
    checkPath("Output.open", path);
    checkSignature(path);
    const stamp = stampOf(statSync(path));
    for (let wait = FIRST_WAIT; ; wait *= 3) {
      await load();
      try {
        return SnapshotReader.openAtOnce(path);
      } catch (error) {
        const found = statSync(path, { throwIfNoEntry: false });
        if (!found || Date.now() - found.mtimeMs > RECENT) throw error;
        const rests = stampOf(found) === stamp;
        if (rests && wait > FIRST_WAIT) throw error;
        if (wait > LAST_WAIT) {
          throw wrongFile(path, "a file that rests while it is read", "one that is being written", "Try again.");
        }
        await sleep(wait);
      }
    }
  }

  /**
   * As {@link open}, where HDF5 is loaded; looks once. @internal
   */
  static openAtOnce(path: string): SnapshotReader {
    const hdf5 = loaded();
    checkSignature(path);
    let file: File | undefined;
    try {
      file = new hdf5.File(resolve(path), "r");
      if (file.file_id === -1n) throw new Error("H5Fopen failed");
      return new SnapshotReader(path, file);
    } catch (cause) {
      quietly(() => file?.close());
      if (cause instanceof FileError) throw cause;
      renew();
      throw wrongFile(path, "a whole HDF5 file", cause, DAMAGED);
    }
  }

  #shapeOf(place: unknown): readonly number[] {
    const { shape, periodic, system } = this;
    return shapeOf({ shape, system, ...(periodic ? { periodic } : {}) }, { at: place as Place });
  }

  /** The values of a variable along each axis: one more than there are cells across faces between walls. */
  shapeOf(variable: string): readonly number[] {
    this.#checkVariable("Output.open().shapeOf", variable);
    return this.#shapes.get(variable)!;
  }

  /** The coordinates of the values of a variable along each axis: centres of cells, or the faces across one. */
  coordinatesOf(variable: string): Float64Array[] {
    const across = faceAxisOf(this, { at: this.#placeOf(variable) ?? "cell" });
    return this.coordinates.map((centres, axis) => {
      const scale = axis === across ? numbersOf(this.#file, faceScale(this.axes[axis]!))?.value : undefined;
      return scale instanceof Float64Array ? scale : centres;
    });
  }

  /** Units of the coordinates along each axis, where the file says them. */
  get axisUnits(): readonly (string | undefined)[] {
    return this.axes.map((axis) => {
      const { units } = this.#texts.get(axis)!;
      return units === undefined ? undefined : String(units);
    });
  }

  /** Time of each frame. */
  get times(): Float64Array {
    return this.#times;
  }

  /**
   * Looks at the file again, for the frames that were written meanwhile.
   * @returns whether there are new ones
   * @throws FileError as {@link open}, and when there is another file in its place
   */
  async refresh(): Promise<boolean> {
    if (!this.#open) throw wrong("Output.open().refresh", "an open file", "a closed one", "Do it before close().");
    // HDF5 keeps what it knows of a file until it is closed.
    this.#file.close();
    this.#open = false;
    const again = await SnapshotReader.open(this.path);
    const describe = ({ shape, variables }: SnapshotReader) => `${variables.join(", ")} of ${shape.join(" x ")} cells`;
    if (describe(again) !== describe(this) || again.times.length < this.#times.length) {
      again.close();
      const got = `${describe(again)} in ${again.times.length} frames`;
      throw wrongFile(this.path, `${describe(this)} as before`, got, "Open the new file.");
    }
    this.#open = true;
    const before = this.#times.length;
    [this.#file, this.#datasets, this.#times] = [again.#file, again.#datasets, again.#times];
    return this.#times.length > before;
  }

  /**
   * Values of one variable in one frame, in C order, as a new array of the variable's type. Only this frame is read; a static
   * variable is the same in each.
   *
   * @param frame - index of the frame; a negative one counts from the end
   * @throws UsageError for a variable or a frame that the file does not have; FileError if the file is damaged.
   */
  read(variable: string, frame: number): Values {
    const index = this.#place("Output.open().read", variable, frame);
    const values = new numbers[this.#dtype(variable)].array(cells(this.shapeOf(variable)));
    let begin = 0;
    for (const part of this.#parts(variable, index)) {
      values.set(part, begin);
      begin += part.length;
    }
    return values;
  }

  /**
   * The values that {@link read} gives, in parts of at most 4 MiB one after the other, each a new array: for frames that
   * need not be in memory whole. Frames of the same shape come in the same parts, whatever file they are in.
   *
   * @throws as {@link read}
   */
  readParts(variable: string, frame: number): Generator<Values, undefined> {
    return this.#parts(variable, this.#place("Output.open().readParts", variable, frame));
  }

  /** Name and type of a variable: `psi`, or `psi (f32)`. */
  typeOf(variable: string): string {
    this.#checkVariable("Output.open().typeOf", variable);
    const dtype = this.#dtype(variable);
    const told = [
      ...(dtype === "f64" ? [] : [dtype]),
      ...(this.#placeOf(variable) ? [`at ${this.#placeOf(variable)}s`] : []),
    ];
    return told.length === 0 ? variable : `${variable} (${told.join(", ")})`;
  }

  /** Where a variable has its values, if these are no cells. */
  #placeOf(variable: string): Place | undefined {
    const place = this.#texts.get(variable)![PLACE];
    return axisNames(this.system).some((name) => place === `${name}-face`) ? (place as Place) : undefined;
  }

  #dtype(variable: string): Dtype {
    return dtypeOf(this.#datasets.get(variable)!.dtype)!;
  }

  /** What a file with the same contents is made of. */
  get layout(): SnapshotLayout {
    const textOf = (name: string, attribute: string) => {
      const text = this.#texts.get(name)![attribute];
      return text === undefined ? undefined : String(text);
    };
    const laidOut = (name: string): [string, StoredVariable] => {
      const [units, longName] = [textOf(name, "units"), textOf(name, "long_name")];
      const told = { ...(units === undefined ? {} : { units }), ...(longName === undefined ? {} : { longName }) };
      const isStatic = this.statics.includes(name) ? { isStatic: true } : {};
      const at = this.#placeOf(name);
      return [name, { dtype: this.#dtype(name), ...told, ...(at ? { at } : {}), ...isStatic }];
    };
    const all = this.variables.map(laidOut);
    const faces = this.axes.map((_, axis) => this.#facesOf(axis));
    // The diagnostics are those of the first variable.
    const first = textOf("sum", "long_name")?.replace(/^sum of /, "");
    all.sort(([a], [b]) => Number(b === first) - Number(a === first));
    const {
      Conventions: _,
      storage: __,
      variables: ___,
      statics: ____,
      ...others
    } = this.attributes as Record<string, string | number>;
    const { [SYSTEM]: said, ...attributes } = others;
    if (this.system === "cartesian" && said !== undefined) attributes[SYSTEM] = said;
    return {
      shape: this.shape,
      coordinates: this.coordinates,
      ...(this.bounds ? { bounds: this.bounds } : {}),
      ...(this.system === "cartesian" ? {} : { system: this.system }),
      ...(faces.some((known) => known) ? { faces } : {}),
      ...(this.periodic ? { periodic: this.periodic } : {}),
      ...(this.bounds && this.#hasMesh ? { hasMesh: true } : {}),
      coordinateUnits: alikeOr(this.axisUnits.map((units) => units ?? "1")),
      timeUnits: textOf("time", "units") ?? "1",
      variables: Object.fromEntries([...all, ...this.statics.map(laidOut)]),
      attributes,
    };
  }

  /** Whether it has the corners of the cells: a variable may have their name where there are none. */
  get #hasMesh(): boolean {
    return this.#file.keys().includes(MESH) && ![...this.variables, ...this.statics].includes(MESH);
  }

  /** Level of compression, 0 for none. */
  get gzip(): number {
    const { filters } = this.#datasets.get(this.variables[0]!)!;
    return filters.find(({ id }) => id === 1)?.cd_values[0] ?? 0;
  }

  /** How the values lie in a file that wasm-mpi wrote: `contiguous` or `chunked`; undefined for others. */
  get form(): StorageForm | undefined {
    const { storage } = this.attributes;
    return STORAGE_FORMS.find((form) => storage === storageName(form));
  }

  /** Bytes of an element of a dataset. @internal */
  elementLength(name: string): number {
    return this.#datasets.get(name)!.metadata.size;
  }

  /** Where the header of a dataset is in the file. @internal */
  headerAddress(name: string): number {
    return Number(Buffer.from(this.#datasets.get(name)!.create_reference().ref_data).readBigUInt64LE());
  }

  /** Diagnostics of the first variable in one frame; a negative frame counts from the end. */
  diagnostics(frame: number): Diagnostics {
    const index = this.#index("Output.open().diagnostics", frame);
    return Object.fromEntries(
      DIAGNOSTICS.map((name) => [name, this.#slice(name, index, [])[0]!]),
    ) as unknown as Diagnostics;
  }

  /** Closes the file; again does nothing. */
  close(): void {
    if (this.#open) this.#file.close();
    this.#open = false;
  }

  *#parts(variable: string, frame: number): Generator<Values, undefined> {
    for (const ranges of parts(this.shapeOf(variable))) yield this.#slice(variable, frame, ranges);
  }

  #slice(name: string, frame: number, ranges: readonly [number, number][]): Values {
    try {
      const all = this.statics.includes(name) ? ranges : [[frame, frame + 1] as [number, number], ...ranges];
      return this.#datasets.get(name)!.slice([...all]) as Values;
    } catch (cause) {
      renew();
      throw wrongFile(this.path, `to read frame ${frame} of "${name}"`, cause, DAMAGED);
    }
  }

  /** The index of a frame, of a variable that there is. */
  #place(where: string, variable: string, frame: number): number {
    const index = this.#index(where, frame);
    this.#checkVariable(where, variable);
    return index;
  }

  #checkVariable(where: string, variable: string): void {
    const known = [...this.variables, ...this.statics];
    if (known.includes(variable)) return;
    throw wrong(`${where}: "variable"`, `one of ${quoted(known)}`, show(variable), "Choose one of them.");
  }

  #index(where: string, frame: number): number {
    const n = this.times.length;
    if (!this.#open) throw wrong(`${where}`, "an open file", "a closed one", "Read before close().");
    if (n === 0) throw wrong(`${where}`, "a file with frames", "none", "Open it again after the first frame.");
    if (Number.isInteger(frame) && frame >= -n && frame < n) return frame < 0 ? frame + n : frame;
    const expected = `an integer in [${-n}, ${n - 1}] (${n === 1 ? "1 frame" : `${n} frames`})`;
    throw wrong(`${where}: "frame"`, expected, show(frame), "Choose one of them.");
  }
}

/** A dataset of f64, f32 or i32; undefined where there is something else of that name. */
function numbersOf(file: File, name: string): Dataset | undefined {
  const found = file.get(name);
  return found !== null && "slice" in found && dtypeOf(found.dtype) ? found : undefined;
}

/** What changes when somebody writes to a file. */
function stampOf({ mtimeMs, size, ino }: Stats): string {
  return `${mtimeMs} ${size} ${ino}`;
}
