import { accessSync, constants, statSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { expectKeys, expectList, show, wrong } from "../argument.js";
import { FileError, LibraryError } from "../errors.js";
import { builtin } from "../package.js";
import { throughLinks } from "../path.js";
import { Film } from "./film.js";

/** One field in a picture. */
export interface Panel {
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
  /** What the values are; stands at the colour bar or, in one dimension, at the y axis. Default: `value`. */
  label?: string;
  /** The values at the ends of the colour scale or, in one dimension, of the y axis. Default: those of what is shown. */
  range?: readonly [low: number, high: number];
  /** Width of the picture in CSS pixels; the file has twice as many for crispness. Default: what the panels need. */
  width?: number;
}

/**
 * Draws panels side by side with one colour scale and a colour bar and writes a PNG. **Local.**
 *
 * One axis: all panels as lines in one chart. Two: heat maps, x to the right, y upwards, both to the same scale (but no
 * panel thinner than 24 pixels). Three: the middle plane along z, which the title names. The colour scale spans the
 * finite values of what is shown; cells that are not finite are grey.
 *
 * @throws UsageError where an argument is wrong, FileError where the file cannot be written.
 * @example
 * await plot("psi.png", [{ title: "t = 0", values: psi0, shape: [64, 64] }, { title: "t = 1", values: psi1, shape: [64, 64] }]);
 */
export async function plot(path: string, panels: readonly Panel[], options: PlotOptions = {}): Promise<void> {
  checkPath(path);
  check(panels, options);
  await drawInto(path, panels, options);
}

async function drawInto(
  path: string,
  panels: readonly Panel[],
  options: PlotOptions | PlaneOptions | ChartOptions,
): Promise<void> {
  await write(path, await drawn(path, panels, options));
}

/** The bytes of a picture. @param path that it is for */
async function drawn(
  path: string,
  panels: readonly Panel[],
  options: PlotOptions | PlaneOptions | SteadyOptions | ChartOptions,
): Promise<Uint8Array> {
  const draw = await loadDraw();
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
    checkPath(this.#path);
    check(panels, options);
    const bytes = Buffer.from(await drawn(this.#path, panels, { ...options, isSteady: true }));
    if (this.#film.count === 0) await write(this.#path, this.#film.first(bytes));
    else this.#film.add(bytes);
  }
}

/** How a plane is drawn whose axes have nothing in common. */
export interface PlaneOptions extends PlotOptions {
  /** Each axis has a scale of its own. */
  isStretched: true;
}

/**
 * Draws one plane, each axis to a scale of its own, and writes a PNG, for figures of this package's own. **Local.**
 *
 * @throws UsageError where an argument is wrong, FileError where the file cannot be written.
 */
export async function plane(path: string, panel: Panel, options: PlotOptions): Promise<void> {
  checkPath(path);
  check([panel], options);
  await drawInto(path, [panel], { ...options, isStretched: true } as PlaneOptions);
}

/** ECharts and the canvas cost 50 ms and 30 MB, so only a picture loads them. @throws LibraryError without the canvas */
async function loadDraw(): Promise<typeof import("./draw.js").draw> {
  try {
    return (await import("./draw.js")).draw;
  } catch (cause) {
    const text = String((cause as Error).message).split("\n")[0];
    throw new LibraryError(
      `plot: expected the package @napi-rs/canvas with its binary for ${process.platform}-${process.arch}, got "${text}". Install it with its optional dependencies: npm install @napi-rs/canvas; or draw no picture.`,
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
 * Draws curves over named points in one chart and writes a PNG, for figures of this package's own. **Local.**
 *
 * @throws UsageError where the name does not end in .png, FileError where the file cannot be written.
 */
export async function chart(path: string, curves: readonly Panel[], options: ChartOptions): Promise<void> {
  checkPath(path);
  expectKeys("chart", options, ["title", "label", "across", "points"]);
  await drawInto(path, curves, options);
}

/** Writes a file under a temporary name first, so that no half of it is ever seen under the final one. */
async function write(name: string, bytes: Uint8Array): Promise<void> {
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
 * @throws UsageError when the name does not end in .png, FileError when its folder cannot be written to, LibraryError when
 * there is nothing to draw with.
 */
export async function checkPicture(path: string): Promise<void> {
  checkPath(path);
  await loadDraw();
}

/** @throws UsageError, FileError */
function checkPath(path: string): void {
  if (typeof path !== "string" || !path.endsWith(".png")) {
    throw wrong(
      'plot: "path"',
      "a name ending in .png",
      show(path),
      "PNG is the only format; give the file that ending.",
    );
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
  const message = `plot: expected a path that can be written, got "${path}" (${reason}). Name a file in a folder that exists and is yours to write.`;
  return new FileError(message, path, cause);
}

/** @throws UsageError for panels or options that cannot be drawn */
function check(panels: readonly Panel[], options: PlotOptions): void {
  const todo = "Pass { title, values, shape } for each field.";
  if (!Array.isArray(panels)) throw wrong('plot: "panels"', "a list of panels", show(panels), todo);
  const strange = panels.find((panel) => typeof panel !== "object" || panel === null);
  if (strange !== undefined) throw wrong('plot: "panels"', "panels", show(strange), todo);
  const shape = panels[0]?.shape;
  if (!shape) throw wrong('plot: "panels"', "at least one panel", "none", todo);
  panels.forEach((panel, p) => {
    checkPanel(`panels[${p}]`, panel, shape);
  });
  expectKeys("plot", options, ["title", "coordinates", "faces", "axes", "label", "range", "width"]);
  const { coordinates, faces, axes, range, width } = options;
  if (range !== undefined) checkRange('plot: "range"', range);
  if (coordinates !== undefined) checkCoordinates(coordinates, shape);
  if (faces !== undefined) checkFaces(faces, shape);
  if (axes !== undefined) checkAxes(axes, shape.length);
  const least = shape.length === 1 ? 240 : 200 + 100 * panels.length;
  if (width !== undefined && !(Number.isInteger(width) && width >= least && width <= 8000)) {
    const todo = "Leave it out for a width that suits the panels.";
    throw wrong('plot: "width"', `an integer from ${least} to 8000 pixels`, width, todo);
  }
}

/** @throws UsageError for ends that are not two finite numbers in order */
export function checkRange(where: string, range: unknown): void {
  const isRange = Array.isArray(range) && range.length === 2 && range.every(Number.isFinite) && range[0] < range[1];
  if (isRange) return;
  throw wrong(where, "two finite numbers, the smaller first", show(range), "Write [0, 1], for example.");
}

/** @throws UsageError for a panel that is none, or of another shape than the first */
function checkPanel(name: string, panel: Panel, first: readonly number[]): void {
  const { shape, values, blocks } = panel;
  const where = `plot: "${name}.shape"`;
  if (!isList(shape)) throw wrong(where, "a list of cells", show(shape), "Give the number of cells of each axis.");
  if (shape.length < 1 || shape.length > 3) {
    throw wrong(where, "1 to 3 axes", listed(shape), "Take a slice with fewer axes.");
  }
  if (!shape.every((n) => Number.isInteger(n) && n > 0)) {
    throw wrong(where, "positive integers", listed(shape), "Give the number of cells of each axis.");
  }
  if (listed(shape) !== listed(first)) {
    throw wrong(where, `${listed(first)} as of panels[0]`, listed(shape), "Plot other shapes into other files.");
  }
  const cells = Array.from(shape).reduce((product, n) => product * n, 1);
  if (!isList(values)) {
    throw wrong(`plot: "${name}.values"`, "a list of numbers", show(values), "Pass one value per cell, without halo.");
  }
  if (values.length !== cells) {
    const expected = `${cells} values (shape ${listed(shape)})`;
    throw wrong(`plot: "${name}.values"`, expected, values.length, "Pass one value per cell, without halo.");
  }
  expectKeys(`plot: "${name}"`, panel, ["title", "values", "shape", "blocks"]);
  if (blocks !== undefined) checkBlocks(`plot: "${name}.blocks"`, blocks, shape);
}

/** Coordinates that are nearer to each other, or further apart than 1e290, leave no digits for pixels. */
const leastSpan = 1e-290;

/** @throws UsageError for what is not a name of each axis */
function checkAxes(axes: readonly string[], count: number): void {
  const todo = "Name each axis.";
  const strange = expectList('plot: "axes"', axes, `${count} names`, todo, count).find(
    (name) => typeof name !== "string",
  );
  if (strange !== undefined) throw wrong('plot: "axes"', "names as texts", show(strange), todo);
}

/** @throws UsageError for what is not the faces of each axis, as far as they are given */
function checkFaces(faces: NonNullable<PlotOptions["faces"]>, shape: readonly number[]): void {
  const todo = "Pass those of grid.axes.";
  expectList('plot: "faces"', faces, `${shape.length} lists, one an axis`, todo, shape.length);
  for (const [axis, list] of faces.entries()) {
    if (list === undefined) continue;
    const expected = `${shape[axis]! + 1} finite, increasing numbers`;
    if (!isList(list)) throw wrong(`plot: "faces[${axis}]"`, expected, show(list), todo);
    const isRising = Array.from(list).every((face, i) => Number.isFinite(face) && (i === 0 || face > list[i - 1]!));
    if (list.length === shape[axis]! + 1 && isRising) continue;
    throw wrong(`plot: "faces[${axis}]"`, expected, isRising ? list.length : "others", todo);
  }
}

/** @throws UsageError for coordinates that are not the cell centres of each axis */
function checkCoordinates(coordinates: readonly ArrayLike<number>[], shape: readonly number[]): void {
  if (!Array.isArray(coordinates) || coordinates.length !== shape.length) {
    const got = Array.isArray(coordinates) ? coordinates.length : show(coordinates);
    const expected = `${shape.length} arrays (shape ${listed(shape)})`;
    throw wrong('plot: "coordinates"', expected, got, "Pass the cell centres of each axis.");
  }
  (coordinates as readonly ArrayLike<number>[]).forEach((centres, axis) => {
    const where = `plot: "coordinates[${axis}]"`;
    if (centres?.length !== shape[axis]) {
      throw wrong(
        where,
        `${shape[axis]} values`,
        isList(centres) ? centres.length : show(centres),
        "Pass one coordinate per cell of the axis.",
      );
    }
    for (let i = 0; i < centres.length; i++) {
      if (Number.isFinite(centres[i]) && (i === 0 || centres[i]! > centres[i - 1]!)) continue;
      const got = `${centres[i]}${i ? ` after ${centres[i - 1]}` : ""} at [${i}]`;
      throw wrong(where, "finite, increasing values", got, "Pass the cell centres in the order of the cells.");
    }
    const span = centres[centres.length - 1]! - centres[0]!;
    if (centres.length === 1 || (span >= leastSpan && span <= 1e290)) return;
    const todo = "Give them in another unit.";
    throw wrong(where, `centres from ${leastSpan} to 1e+290 apart`, span, todo);
  });
}

/** Whether something is an array, of numbers as far as is known, typed or not. */
function isList(value: unknown): value is ArrayLike<number> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function listed(numbers: readonly number[]): string {
  return `[${Array.from(numbers).join(", ")}]`;
}

/** Edges of blocks along each axis: from 0 to the number of cells, increasing. @throws UsageError */
function checkBlocks(where: string, blocks: readonly (readonly number[])[], shape: readonly number[]): void {
  const todo = "Give the first cell of each block along the axis, and the number of cells at the end.";
  if (!Array.isArray(blocks) || blocks.length !== shape.length) {
    const got = Array.isArray(blocks) ? blocks.length : show(blocks);
    throw wrong(where, `${shape.length} lists of edges, one an axis`, got, todo);
  }
  blocks.forEach((edges: unknown, axis) => {
    const rises = (edge: unknown, i: number, all: readonly number[]) =>
      Number.isInteger(edge) && (i === 0 ? edge === 0 : (edge as number) > all[i - 1]!);
    if (Array.isArray(edges) && edges.every(rises) && edges.at(-1) === shape[axis]) return;
    throw wrong(`${where.slice(0, -1)}[${axis}]"`, `whole numbers rising from 0 to ${shape[axis]}`, show(edges), todo);
  });
}
