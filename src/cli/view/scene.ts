/** What is drawn of a file: its frames, with what is subtracted, cut or projected. */

import { caseOf } from "../../advection/cases/case.js";
import { wrong, wrongFile } from "../../argument.js";
import { blockStart } from "../../grid/decompose.js";
import { meaningApart, partnersOf } from "../../io/difference.js";
import { SnapshotReader } from "../../io/reader.js";
import type { Panel } from "../../plot/index.js";
import { timeText, unitsText } from "../../plot/words.js";
import type { OptionsOf } from "../options/index.js";
import { counted, titleOf } from "./listing.js";
import { planeOf, type Section, sectionOf } from "./section.js";
import { type VectorSource, vectorSourceOf } from "./vectors.js";

type Options = OptionsOf<"view">;

/** Cells that are read at a time: a small file can claim to have any number. */
const mostCells = 2 ** 27;

/** A variable of a file, as it is drawn. */
export class Scene {
  readonly variable: string;
  readonly title: string | null;
  /** The variable with its units. */
  readonly label: string;
  /** What is drawn of the axes, these with their units. */
  readonly section: Section;
  /** What pictures of a frame show of the section. */
  readonly plane: Section;
  /** What is drawn as arrows. */
  readonly vectors: VectorSource | undefined;
  readonly #reader: SnapshotReader;
  readonly #minus: SnapshotReader | undefined;
  /** The frames of the second file at the times of those of the first. */
  #partners: ReadonlyMap<number, number> = new Map();
  /** What the run was asked for, where a run wrote the file. */
  readonly #config: Readonly<Record<string, unknown>>;

  private constructor(reader: SnapshotReader, minus: SnapshotReader | undefined, options: Options) {
    const { layout } = reader;
    this.#reader = reader;
    this.#minus = minus;
    this.#config = configOf(reader);
    this.variable = variableOf(reader, options);
    const units = unitsText(layout.variables[this.variable]!.units, " [", "]");
    this.label = `${this.variable}${minus ? ", difference" : ""}${units}`;
    this.title = titleOf(reader);
    this.section = sectionOf(this.#extent(), options);
    this.plane = planeOf(this.section);
    checkContours(options, this.section);
    const { at } = layout.variables[this.variable]!;
    if (options.vectors !== undefined && at !== undefined) {
      throw wrong(
        '"--vectors"',
        "a --variable of cells below them",
        `${this.variable} at ${at}s`,
        "Choose another one.",
      );
    }
    const read = (variable: string, frame: number) => this.#open(this.#difference(variable, frame), frame);
    this.vectors = vectorSourceOf(reader, this.section, options, read, this.#config);
  }

  /** Reads what is to be drawn of a file. The scene closes the second file. @throws UsageError, FileError */
  static async of(reader: SnapshotReader, options: Options): Promise<Scene> {
    const { path, times } = reader;
    if (times.length === 0) {
      throw wrongFile(path, "a file with frames to draw", "none", "Leave out what draws.");
    }
    const minus = options.minus === undefined ? undefined : await SnapshotReader.open(options.minus);
    try {
      const scene = new Scene(reader, minus, options);
      if (minus) scene.#checkSame(minus);
      return scene;
    } catch (error) {
      minus?.close();
      throw error;
    }
  }

  close(): void {
    this.#minus?.close();
  }

  /** The numbers of frames that are meant, from 0. @throws UsageError for one that there is not */
  framesOf(meant: Options["frames"], usual: readonly number[] | "all"): readonly number[] {
    const count = this.#reader.times.length;
    const frames = meant ?? usual;
    const known = Array.from({ length: count }, (_, frame) => frame).filter((frame) => this.#has(frame));
    if (frames === "all") return known;
    // First and last are those of which there is a difference.
    if (meant === undefined) return frames.map((frame) => known.at(frame)!);
    const stray = frames.find((frame) => frame < -count || frame >= count);
    if (stray !== undefined) {
      const expected = `whole numbers from ${-count} to ${count - 1} (${counted(count)})`;
      throw wrong('"--frames"', expected, stray, "Choose some of them.");
    }
    const numbers = frames.map((frame) => (frame < 0 ? frame + count : frame));
    const alone = numbers.find((frame) => !this.#has(frame));
    if (alone !== undefined) {
      const [times, path] = [`${timeText(this.timeOf(alone))}, where ${this.#minus!.path} has none`, known.join(", ")];
      throw wrong(
        '"--frames"',
        `some of ${path}, as --minus has their times`,
        `${alone} at ${times}`,
        "Choose others.",
      );
    }
    return numbers;
  }

  /** Whether there is something to draw of a frame: of a difference in both files. */
  #has(frame: number): boolean {
    return this.#minus === undefined || this.#partners.has(frame);
  }

  /** What is said of frames that are left out of a difference, as the second file has none of their times. */
  get leftOut(): readonly string[] {
    const { times } = this.#reader;
    const alone = Array.from(times.keys()).filter((frame) => !this.#has(frame));
    if (alone.length === 0) return [];
    const noun = alone.length === 1 ? "frame" : "frames";
    return [
      `left out: ${noun} ${alone.join(", ")}, at whose ${alone.length === 1 ? "time" : "times"} ${this.#minus!.path} has none`,
    ];
  }

  /** First and last frame. */
  get ends(): readonly number[] {
    const count = this.#minus ? this.#partners.size : this.#reader.times.length;
    return count > 1 ? [0, -1] : [0];
  }

  /** How values are stored; a difference of two has all of its digits in f64. */
  get dtype(): "f64" | "f32" {
    const { dtype } = this.#reader.layout.variables[this.variable]!;
    return dtype === "f32" && !this.#minus && this.section.shape.length === this.#reader.shape.length ? "f32" : "f64";
  }

  timeOf(frame: number): number {
    return this.#reader.times[frame]!;
  }

  /** `t [s]` */
  get timeLabel(): string {
    return `t${unitsText(this.#reader.layout.timeUnits, " [", "]")}`;
  }

  /** `t = 12.5 s` */
  timeTextOf(frame: number): string {
    return timeText(this.timeOf(frame), this.#reader.layout.timeUnits);
  }

  /** What is drawn of a frame. @throws FileError, UsageError for frames that are too large */
  valuesOf(frame: number): ArrayLike<number> {
    this.checkRoom(1, this.#reader.shapeOf(this.variable));
    return this.section.of(this.#whole(frame));
  }

  /** A frame as a panel. */
  panelOf(frame: number): Panel {
    const { section, plane } = this;
    const [across, upwards] = this.vectors?.of(frame) ?? [];
    return {
      title: `${this.timeTextOf(frame)}${section.words}${plane.words}`,
      values: plane.of(this.valuesOf(frame)),
      shape: plane.shape,
      ...(across && upwards ? { vectors: [plane.of(across), plane.of(upwards)] } : {}),
    };
  }

  /** A frame as a panel, beside it what is known of it. */
  panelsOf(frame: number, hasBlocks = false): Panel[] {
    const panel = { ...this.panelOf(frame), ...(hasBlocks ? this.blocks : {}) };
    const exact = this.exactOf(frame);
    return exact ? [panel, exact] : [panel];
  }

  /** @throws UsageError for more cells than are drawn, of so many frames of a shape */
  checkRoom(frames: number, shape: readonly number[] = this.section.shape): void {
    const cells = frames * shape.reduce((product, n) => product * n, 1);
    if (cells <= mostCells) return;
    const todo = "Choose fewer --frames, or read the file with another program.";
    throw wrong('"--frames"', `frames of at most ${mostCells} cells together (1 GiB)`, cells, todo);
  }

  /** What is known of a frame without a computation, where there is one axis and the case says it. */
  exactOf(frame: number): Panel | undefined {
    const { command, case: name, shape, courant, initial } = this.#config;
    const time = this.timeOf(frame);
    const isMeant = command === "advect" && typeof name === "string" && initial === undefined && !this.#minus;
    if (!isMeant || this.variable !== "psi" || this.#reader.shape.length !== 1 || !(time > 0)) return undefined;
    try {
      const choice = { shape, ...(courant === undefined ? {} : { courant }) } as { shape: number[] };
      const exact = caseOf(name as string)
        .setup(choice)
        .exact?.(time);
      if (typeof exact !== "function") return undefined;
      const values = this.section.coordinates[0]!.map((x) => exact(x, 0, 0));
      return { title: `exact, ${this.timeTextOf(frame)}`, values, shape: this.section.shape, dotted: true };
    } catch {
      return undefined; // A file of another version may name what is not known any more.
    }
  }

  /** The borders of the blocks that wrote the file. @throws FileError where nothing is known of them */
  get blocks(): Required<Pick<Panel, "blocks">> {
    const { path, attributes, shape } = this.#reader;
    const split = String(attributes.decomposition ?? "")
      .split(" x ")
      .map(Number);
    const isSplit =
      split.length === shape.length && split.every((n, axis) => Number.isInteger(n) && n > 0 && n <= shape[axis]!);
    if (!isSplit) {
      const got = JSON.stringify(attributes.decomposition ?? null);
      throw wrongFile(path, 'an attribute "decomposition" for --blocks', got, "Leave out --blocks.");
    }
    const edges = shape.map((n, axis) =>
      Array.from({ length: split[axis]! + 1 }, (_, i) => blockStart(n, split[axis]!, i)),
    );
    // Across faces between walls there is one value more than there are cells.
    const { kept, shape: drawn } = this.plane;
    return { blocks: kept.map((axis, i) => [...edges[this.section.kept[axis]!]!.slice(0, -1), drawn[i]!]) };
  }

  #extent() {
    const reader = this.#reader;
    const { layout, axes, coordinates: centres } = reader;
    const coordinates = reader.coordinatesOf(this.variable);
    const isOfCells = coordinates.every((values, axis) => values === centres[axis]);
    return {
      shape: reader.shapeOf(this.variable),
      axes,
      coordinates,
      units: reader.axisUnits,
      faces: axes.map((_, axis) => (isOfCells ? layout.faces?.[axis] : undefined)),
    };
  }

  #whole(frame: number): ArrayLike<number> {
    const values = this.#difference(this.variable, frame);
    return this.variable === "mask" ? values : this.#open(values, frame);
  }

  /** The values of a variable, without those of the second file. */
  #difference(variable: string, frame: number): ArrayLike<number> {
    const values = this.#reader.read(variable, frame);
    return this.#minus ? difference(values, this.#minus.read(variable, this.#partners.get(frame)!)) : values;
  }

  /** Values without those of cells that take no part. */
  #open(values: ArrayLike<number>, frame: number): ArrayLike<number> {
    const reader = this.#reader;
    const mask = reader.statics.includes("mask") ? reader.read("mask", frame) : undefined;
    return mask?.length === values.length
      ? Float64Array.from(values, (value, i) => (mask[i] ? value : Number.NaN))
      : values;
  }

  /** @throws FileError for a second file of another shape, place or units, or without a frame at a time of the first */
  #checkSame(minus: SnapshotReader): void {
    const { path, times } = this.#reader;
    const todo = `Choose a file of the same run as ${path}.`;
    const variables = [this.variable, ...(this.vectors?.variables ?? [])];
    for (const variable of variables) {
      const describe = (reader: SnapshotReader) => {
        const { at = "cell" } = reader.layout.variables[variable] ?? {};
        return [...reader.variables, ...reader.statics].includes(variable)
          ? `"${variable}" of ${reader.shapeOf(variable).join(" x ")} ${at}s`
          : `one without "${variable}"`;
      };
      const [expected, got] = [this.#reader, minus].map(describe) as [string, string];
      if (got !== expected) throw wrongFile(minus.path, `${expected} for --minus`, got, todo);
    }
    const apart = meaningApart(this.#reader, minus, variables);
    if (apart) throw wrongFile(minus.path, `${apart[0]} for --minus, as ${path}`, apart[1], todo);
    this.#partners = new Map(partnersOf(times, minus.times));
    if (this.#partners.size > 0) return;
    const rangeOf = (list: ArrayLike<number>) => `times from ${list[0]} to ${list[list.length - 1]}`;
    throw wrongFile(
      minus.path,
      `a frame at a time of ${path} for --minus, ${rangeOf(times)}`,
      rangeOf(minus.times),
      todo,
    );
  }
}

/** @throws UsageError for contours of a line, or at what has no place on the scale */
function checkContours({ contours, log, kymograph }: Options, { shape }: Section): void {
  if (contours === undefined) return;
  if (shape.length === 1 && kymograph === undefined) {
    const todo = "Leave it out, or cut along fewer axes.";
    throw wrong('"--contours"', "a map of 2 axes", "a line along 1", todo);
  }
  if (!log || typeof contours === "number" || contours.every((level) => level > 0)) return;
  throw wrong('"--contours"', "levels above 0, as --log is on", contours.join(","), "Leave out the others.");
}

function difference(values: ArrayLike<number>, others: ArrayLike<number>): Float64Array {
  return Float64Array.from(values, (value, i) => value - others[i]!);
}

/** What the run was asked for, as its file says. */
function configOf({ attributes }: SnapshotReader): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(String(attributes.config ?? "{}")));
  } catch {
    return {};
  }
}

/** @throws UsageError for a variable that is not in the file */
function variableOf(reader: SnapshotReader, { variable = Object.keys(reader.layout.variables)[0]! }: Options): string {
  const variables = [...reader.variables, ...reader.statics];
  if (variables.includes(variable)) return variable;
  throw wrong('"--variable"', `one of ${variables.join(", ")}`, JSON.stringify(variable), "Choose one of them.");
}
