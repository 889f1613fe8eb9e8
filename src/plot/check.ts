/** Whether panels and options can be drawn. */
import { expectKeys, expectList, expectOneOf, show, wrong } from "../argument.js";
import { mapNames } from "./colours.js";
import { columnsOf } from "./figure/maps.js";
import type { Panel, PlotOptions } from "./index.js";

/** @throws UsageError for panels or options that cannot be drawn */
export function check(panels: readonly Panel[], options: PlotOptions): void {
  const todo = "Pass { title, values, shape } for each field.";
  if (!Array.isArray(panels)) throw wrong('plot: "panels"', "a list of panels", show(panels), todo);
  const strange = panels.find((panel) => typeof panel !== "object" || panel === null);
  if (strange !== undefined) throw wrong('plot: "panels"', "panels", show(strange), todo);
  const shape = panels[0]?.shape;
  if (!shape) throw wrong('plot: "panels"', "at least one panel", "none", todo);
  panels.forEach((panel, p) => {
    checkPanel(`panels[${p}]`, panel, shape);
  });
  expectKeys("plot", options, [
    "title",
    "coordinates",
    "faces",
    "axes",
    "units",
    "label",
    "range",
    "map",
    "log",
    "contours",
    "arrows",
    "longest",
    "width",
  ]);
  const { coordinates, faces, axes, units, range, map, log, width } = options;
  for (const name of ["title", "label"] as const) {
    if (!["undefined", "string"].includes(typeof options[name])) {
      throw wrong(`plot: "${name}"`, "a text", show(options[name]), "Write it in quotes.");
    }
  }
  if (range !== undefined) checkRange('plot: "range"', range);
  if (map !== undefined) expectOneOf('plot: "map"', map, mapNames);
  if (log !== undefined && typeof log !== "boolean") {
    throw wrong('plot: "log"', "true or false", show(log), "Leave it out for a linear scale.");
  }
  if (log && range !== undefined && !(range[0] > 0)) {
    throw wrong('plot: "range"', "numbers above 0, as log is on", show(range), "Write [0.01, 1], for example.");
  }
  if (coordinates !== undefined) checkCoordinates(coordinates, shape);
  if (faces !== undefined) checkFaces(faces, shape);
  if (axes !== undefined) checkNames("axes", axes, shape.length);
  if (units !== undefined) {
    const texts = Array.isArray(units) ? Array.from(units, (text) => text ?? "1") : units;
    checkNames("units", texts as readonly string[], shape.length);
  }
  checkContours(options, shape.length);
  checkArrows(options, panels);
  const least = shape.length === 1 ? 240 : 200 + 100 * columnsOf(panels.length);
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
  const { title, shape, values, blocks } = panel;
  if (typeof title !== "string") {
    throw wrong(`plot: "${name}.title"`, "a text", show(title), 'Write what the panel shows, or "".');
  }
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
  expectKeys(`plot: "${name}"`, panel, ["title", "values", "shape", "blocks", "vectors", "dotted"]);
  checkDotted(`plot: "${name}.dotted"`, panel);
  checkVectors(`plot: "${name}.vectors"`, panel, cells);
  if (blocks !== undefined) checkBlocks(`plot: "${name}.blocks"`, blocks, shape);
}

/** @throws UsageError for a heat map that is to be dotted */
function checkDotted(where: string, { dotted, shape }: Panel): void {
  if (dotted === undefined || (typeof dotted === "boolean" && (!dotted || shape.length === 1))) return;
  const expected = shape.length === 1 ? "true or false" : "none, as only lines can be dotted";
  throw wrong(where, expected, show(dotted), "Leave it out.");
}

/** Coordinates that are nearer to each other, or further apart than 1e290, leave no digits for pixels. */
const leastSpan = 1e-290;

/** @throws UsageError for what is not a text for each axis */
function checkNames(option: "axes" | "units", texts: readonly string[], count: number): void {
  const [what, todo] = option === "axes" ? ["names", "Name each axis."] : ["units", "Give those of each axis."];
  const where = `plot: "${option}"`;
  const strange = expectList(where, texts, `${count} ${what}`, todo, count).find((text) => typeof text !== "string");
  if (strange !== undefined) throw wrong(where, `${what} as texts`, show(strange), todo);
}

/** Round values at most that contours are drawn at. */
const mostLevels = 64;

/** @throws UsageError for contours of lines, or at what is no value of a scale */
function checkContours({ contours, log }: PlotOptions, axes: number): void {
  if (contours === undefined) return;
  const where = 'plot: "contours"';
  if (axes === 1) throw wrong(where, "2 or 3 axes", "1", "Leave it out.");
  const todo = "Write 8, or [0.2, 0.4], for example.";
  const isCount = Number.isInteger(contours) && (contours as number) > 0 && (contours as number) <= mostLevels;
  const isLevels =
    isList(contours) &&
    contours.length > 0 &&
    contours.length <= mostLevels &&
    Array.from(contours).every(Number.isFinite);
  const expected = `a whole number from 1 to ${mostLevels}, or a list of at most as many levels`;
  if (!isCount && !isLevels) throw wrong(where, expected, show(contours), todo);
  if (log && isLevels && !Array.from(contours).every((level) => level > 0)) {
    throw wrong(where, "levels above 0, as log is on", show(contours), "Leave out the others.");
  }
}

/** @throws UsageError for words or a length of arrows that there are none of */
function checkArrows({ arrows, longest }: PlotOptions, panels: readonly Panel[]): void {
  const hasVectors = panels.some(({ vectors }) => vectors !== undefined);
  for (const [name, value] of Object.entries({ arrows, longest })) {
    if (value === undefined || hasVectors) continue;
    throw wrong(`plot: "${name}"`, "a panel with vectors", "none", "Give vectors to a panel, or leave it out.");
  }
  if (arrows !== undefined && typeof arrows !== "string") {
    throw wrong('plot: "arrows"', "a text", show(arrows), "Say what the arrows are.");
  }
  if (longest !== undefined && !(longest >= 0 && longest < Infinity)) {
    throw wrong('plot: "longest"', "a finite number from 0", show(longest), "Leave it out for the longest arrow.");
  }
}

/** @throws UsageError for vectors that are not two components of each cell of a plane */
function checkVectors(where: string, { vectors, shape }: Panel, cells: number): void {
  if (vectors === undefined) return;
  const todo = "Pass the components along axis 0 and axis 1.";
  if (shape.length === 1) throw wrong(where, "none, as there is 1 axis", show(vectors), "Leave it out.");
  if (!Array.isArray(vectors) || vectors.length !== 2 || !vectors.every(isList)) {
    throw wrong(where, "two lists of numbers", show(vectors), todo);
  }
  const stray = vectors.find(({ length }) => length !== cells);
  if (stray) throw wrong(where, `${cells} values each (shape ${listed(shape)})`, stray.length, todo);
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
