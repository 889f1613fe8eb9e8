import { accessSync, constants, statSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { expectKeys, isFull, show, wrong } from "../argument.js";
import { FileError, LibraryError } from "../errors.js";
import { builtin, installCommand } from "../package.js";
import { throughLinks } from "../path.js";
import { check } from "./check.js";
import type { MapName } from "./colours.js";
import type { FigureOptions } from "./figure/figure.js";
import { Film } from "./film.js";

export { checkRange } from "./check.js";

/** One field in a picture. */
export interface Panel {
  /** Stands above the panel. */
  title: string;
  /** One value per cell in C order: axis 0 is x, axis 1 y, axis 2 z; the last axis is contiguous. */
  values: ArrayLike<number>;
  /** Cells per axis, 1 to 3 axes. */
  shape: readonly number[];
  /**
   * Edges of blocks along each axis in cells, both ends included, as `[[0, 128, 256], [0, 256]]`; drawn as thin lines.
   * Default: none.
   */
  blocks?: readonly (readonly number[])[];
  /**
   * In 2 and 3 dimensions: what is drawn as arrows, the components along axis 0 and axis 1, one value a cell each. Default: none.
   */
  vectors?: readonly [ArrayLike<number>, ArrayLike<number>];
  /** In one dimension: a thin dotted line, for what the others are compared with. Default: false. */
  dotted?: boolean;
}

/** How a picture is drawn. */
export interface PlotOptions {
  /** Stands above all panels. */
  title?: string;
  /** Cell centres per axis, increasing. Default: 0.5, 1.5, ... */
  coordinates?: readonly ArrayLike<number>[];
  /** Faces of the cells per axis, one more than cells, increasing. Default: halfway between the centres. */
  faces?: readonly (ArrayLike<number> | undefined)[];
  /** The names of the axes. Default: x, y, z. */
  axes?: readonly string[];
  /**
   * The units of the axes, which stand at their names; angles, as `radian`, `degree`, `degrees_east` and `degrees_north`, have
   * degrees at their ticks. Default: none.
   */
  units?: readonly (string | undefined)[];
  /** What the values are; stands at the colour bar or, in one dimension, at the y axis. Default: `value`. */
  label?: string;
  /** The values at the ends of the colour scale or, in one dimension, of the y axis. Default: those of what is shown. */
  range?: readonly [low: number, high: number];
  /**
   * The colours: `viridis`, `magma`, `plasma`, `grey`, or `coolwarm` for values of both signs, whose middle is 0 where no
   * range is given. Default: `viridis`.
   */
  map?: MapName;
  /** A logarithmic scale of the values; those that are not above 0 have no place on it. Default: false. */
  log?: boolean;
  /** In 2 and 3 dimensions: contours at about so many round values, or at these. Default: none. */
  contours?: number | readonly number[];
  /** What the arrows are. Default: `vectors`. */
  arrows?: string;
  /** What an arrow as long as their distance stands for. Default: the longest one that is drawn. */
  longest?: number;
  /** Width of the picture in CSS pixels; the file has twice as many for crispness. Default: what the panels need. */
  width?: number;
}

/**
 * Draws panels side by side with one colour scale and a colour bar and writes a PNG or an SVG, as the ending of
 * the path says; the PNG needs the package `@napi-rs/canvas`. More than five panels stand in rows. **Local.**
 *
 * One axis: all panels as lines in one chart. Two: heat maps, x to the right, y upwards, both to the same scale (but no
 * panel thinner than 24 pixels). Three: the middle plane along z, which the title names. The colour scale spans the
 * finite values of what is shown; cells that are not finite are grey.
 *
 * ```js
 * const wave = Float64Array.from({ length: 64 }, (_, i) => Math.sin(i / 10)); // 8 x 8 cells, the last axis contiguous.
 * const panels = [{ title: "now", values: wave, shape: [8, 8] }, { title: "later", values: wave.map((v) => -v), shape: [8, 8] }];
 * if (comm.rank === 0) await plot("wave.svg", panels, { label: "height", map: "coolwarm" });
 * ```
 *
 * @throws UsageError where an argument is wrong, FileError where the file cannot be written.
 */
export async function plot(path: string, panels: readonly Panel[], options: PlotOptions = {}): Promise<void> {
  checkPath(path);
  check(panels, options);
  await drawInto(path, panels, options);
}

async function drawInto(path: string, panels: readonly Panel[], options: FigureOptions): Promise<void> {
  await write(path, await drawn(path, panels, options));
}

/** The bytes of a picture. @param path that it is for */
async function drawn(path: string, panels: readonly Panel[], options: FigureOptions): Promise<Uint8Array> {
  const draw = await loadDraw(path);
  try {
    return await draw(panels, options);
  } catch (cause) {
    const reason = String((cause as Error).message).split("\n")[0] || "an error without words";
    throw new FileError(
      `plot: expected panels that can be drawn, got "${reason}" for "${path}". Draw less, or other values.`,
      path,
      cause,
    );
  }
}

/** How pictures of a film are drawn. */
export interface SteadyOptions extends PlotOptions {
  /** What numbers are written at the colours moves nothing. */
  isSteady: true;
}

/** Pictures one after another in one animated PNG, all laid out alike, for figures of this package's own. */
export class Reel {
  readonly #path: string;
  readonly #film: Film;

  /** @param rate pictures a second */
  constructor(path: string, rate: number) {
    this.#path = path;
    this.#film = new Film(path, rate);
  }

  /** Goes on behind so many pictures of the file; further ones are left out. **Local.** */
  goOn(count: number): void {
    this.#film.goOn(count);
  }

  /**
   * Draws a picture as {@link plot} does, and puts it behind the others. **Local.**
   * @throws UsageError where an argument is wrong, FileError where the file cannot be written, or is another one
   */
  async add(panels: readonly Panel[], options: PlotOptions): Promise<void> {
    checkPath(this.#path, [".png"]);
    check(panels, options);
    const bytes = Buffer.from(await drawn(this.#path, panels, { ...options, isSteady: true }));
    if (this.#film.count === 0) await write(this.#path, this.#film.first(bytes));
    else this.#film.add(bytes);
  }
}

/** What animated pictures end in. */
const filmEndings = [".png", ".gif"];

/** Pictures one after another, all laid out alike: an animated PNG or GIF as the ending says, for figures of this package's own. */
export interface Moving {
  /** Draws a picture behind the others. **Local.** @throws UsageError, FileError */
  add(panels: readonly Panel[], options: PlotOptions): Promise<void>;
  /** Ends the file. **Local.** @throws FileError */
  end(): Promise<void>;
}

/** As {@link checkPicture}, of an animated picture. **Local.** */
export async function checkMoving(path: string): Promise<void> {
  checkPath(path, filmEndings);
  await loadDraw(path);
}

/**
 * Begins an animated picture. **Local.**
 * @param rate pictures a second
 * @throws UsageError, FileError, LibraryError as {@link checkPicture}
 */
export async function moving(path: string, rate: number): Promise<Moving> {
  await checkMoving(path);
  if (path.endsWith(".png")) {
    const reel = new Reel(path, rate);
    return { add: (panels, options) => reel.add(panels, options), end: async () => undefined };
  }
  const { Gif } = await import("./gif.js");
  const gif = new Gif(rate);
  return {
    async add(panels, options) {
      check(panels, options);
      await gif.add(panels, { ...options, isSteady: true });
    },
    end: () => write(path, gif.end()),
  };
}

/** How a plane is drawn whose axes have nothing in common. */
export interface PlaneOptions extends PlotOptions {
  /** Each axis has a scale of its own. */
  isStretched: true;
}

/**
 * Draws one plane, each axis to a scale of its own, and writes a picture, for figures of this package's own. **Local.**
 *
 * @throws UsageError where an argument is wrong, FileError where the file cannot be written.
 */
export async function plane(path: string, panel: Panel, options: PlotOptions): Promise<void> {
  checkPath(path);
  check([panel], options);
  await drawInto(path, [panel], { ...options, isStretched: true } as PlaneOptions);
}

/**
 * ECharts and the canvas cost 50 ms and 30 MB, so only a picture loads them, and an SVG no canvas.
 * @throws LibraryError without the canvas
 */
async function loadDraw(path: string): Promise<typeof import("./canvas.js").draw> {
  if (path.endsWith(".svg")) return (await import("./vector.js")).draw;
  try {
    return (await import("./canvas.js")).draw;
  } catch (cause) {
    const text = String((cause as Error).message).split("\n")[0];
    throw new LibraryError(
      `plot: expected the package @napi-rs/canvas with its binary for ${process.platform}-${process.arch}, got "${text}". Install it, or draw an .svg or no picture: ${installCommand("@napi-rs/canvas")}`,
      { cause },
    );
  }
}

/** How a chart over named points is drawn. */
export interface ChartOptions {
  title: string;
  /** What the values are; stands at the y axis. */
  label: string;
  /** What the points are; stands at the x axis. */
  across: string;
  /** What stands at each point; they are evenly spaced. */
  points: readonly string[];
}

/**
 * Draws curves over named points in one chart and writes a picture, for figures of this package's own. **Local.**
 *
 * @throws UsageError where the name does not end in .png or .svg, FileError where the file cannot be written.
 */
export async function chart(path: string, curves: readonly Panel[], options: ChartOptions): Promise<void> {
  checkPath(path);
  expectKeys("chart", options, ["title", "label", "across", "points"]);
  await drawInto(path, curves, options);
}

/** A chart over named points, whose values span powers of ten. */
export interface Diagram {
  title: string;
  /** What the values are; stands at the y axis. */
  label: string;
  /** What the points are; stands at the x axis. */
  across: string;
  /** What stands at each point; they are evenly spaced. */
  points: readonly string[];
  /** What a colour, and what a kind of line stands for. */
  colours: readonly string[];
  lines: readonly string[];
  curves: readonly Curve[];
}

/** A curve of a diagram. */
export interface Curve {
  /** Numbers of its colour and its kind of line in the lists of the diagram. */
  colour: number;
  line: number;
  /** Above 0, one a point; NaN where there is none, which the curve has a gap for. */
  values: readonly number[];
}

/** Diagrams that stand side by side. */
export interface RowOptions {
  title: string;
  diagrams: readonly Diagram[];
}

/**
 * Draws diagrams side by side and writes a picture, for figures of this package's own. **Local.**
 *
 * @throws UsageError where the name does not end in .png or .svg, FileError where the file cannot be written.
 */
export async function diagrams(path: string, options: RowOptions): Promise<void> {
  checkPath(path);
  await drawInto(path, [], options);
}

/** Writes a file under a temporary name first, so that no half of it is ever seen under the final one. */
export async function write(name: string, bytes: Uint8Array): Promise<void> {
  const path = throughLinks(name);
  const temporary = `${path}.${builtin("crypto").randomUUID().slice(0, 8)}.tmp`;
  try {
    await writeFile(temporary, bytes);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw unwritable(path, cause);
  }
}

/**
 * Checks that a picture can be drawn and written, before a long run that ends with it. **Local.**
 *
 * @throws UsageError when the name does not end in .png or .svg, FileError when its folder cannot be written to, LibraryError when
 * there is nothing to draw with.
 */
export async function checkPicture(path: string): Promise<void> {
  checkPath(path);
  await loadDraw(path);
}

/** What the names of pictures end in. */
const pictureEndings = [".png", ".svg"];

/** @throws UsageError, FileError */
export function checkPath(path: string, endings = pictureEndings): void {
  if (typeof path !== "string" || !endings.some((ending) => path.endsWith(ending))) {
    const expected = `a name ending in ${endings.join(" or ")}`;
    throw wrong('plot: "path"', expected, show(path), "Give the file the ending of its format.");
  }
  try {
    accessSync(dirname(throughLinks(path)), constants.W_OK);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw Object.assign(new Error(), { code: "EISDIR" });
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

function unwritable(path: string, cause: unknown): FileError {
  const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
  const todo = isFull(cause) ? "Make room." : "Name a file in a folder that exists and is yours to write.";
  const message = `plot: expected a path that can be written, got "${path}" (${reason}). ${todo}`;
  return new FileError(message, path, cause);
}
