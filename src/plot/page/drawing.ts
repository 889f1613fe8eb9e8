/** The pictures of the page: a heat map or a curve, and the profile along a line. */
import {
  arrowAt,
  arrowsIn,
  arrowsMost,
  type Places,
  type Size,
  spacing,
  type Vectors,
  withoutArrows,
} from "../arrows.js";
import { coarseOf, partsOf } from "../coarse.js";
import { coloursOf, type MapName, notFinite } from "../colours.js";
import { contourOf, hasContours, lowered, mostParts, roundLevels } from "../contours.js";
import { logTicks, singleTick, ticksOf } from "../scale.js";
import { type Axis, type Box, placeOn, Sheet } from "./box.js";
import type { Contents } from "./contents.js";

/** What is shown. */
export interface View {
  readonly contents: Contents;
  readonly title: string;
  readonly values: ArrayLike<number>;
  readonly exact: ArrayLike<number> | undefined;
  readonly vectors: Vectors | undefined;
  /** What the longest arrow of all frames stands for, in a rectangle of so many pixels. */
  readonly longest: (places: Places, size: Size) => number | undefined;
  readonly scale: Axis;
  readonly map: MapName;
  readonly hasBlocks: boolean;
  /** The cell that is pointed at. */
  readonly cell: readonly number[] | undefined;
}

const [room, below, above] = [64, 42, 46];

/** Pixels of lines without their light sides: contours are looked at from farther away than arrows. */
const [contourWidth, arrowWidth] = [1.5, 1.2];

const axisOf = ({ edges, titles, units }: Contents, axis: number): Axis => ({
  low: edges[axis]![0]!,
  high: edges[axis]!.at(-1)!,
  label: titles[axis]!,
  units: units[axis],
});

/** The cell of each of equal steps along an axis. */
function cellsAlong(edges: readonly number[], steps: number): Int32Array {
  const [low, high] = [edges[0]!, edges.at(-1)!];
  let cell = 0;
  return Int32Array.from({ length: steps }, (_, step) => {
    const at = low + ((step + 0.5) / steps) * (high - low);
    while (cell < edges.length - 2 && edges[cell + 1]! <= at) cell++;
    return cell;
  });
}

/** The cell at a part of an axis. */
export function cellAt(edges: readonly number[], part: number): number {
  const at = edges[0]! + part * (edges.at(-1)! - edges[0]!);
  const next = edges.findIndex((edge) => edge > at);
  return Math.min(Math.max((next < 0 ? edges.length : next) - 1, 0), edges.length - 2);
}

/** Draws the picture. @returns where in the canvas it lies */
export function drawPicture(canvas: HTMLCanvasElement, view: View): Box {
  return view.contents.shape.length === 1 ? drawCurve(canvas, view) : drawMap(canvas, view);
}

function drawCurve(canvas: HTMLCanvasElement, { contents, title, values, exact, scale, cell }: View): Box {
  const sheet = new Sheet(canvas, Math.min(460, Math.max(260, window.innerHeight * 0.55)));
  const box = { left: room, top: above, width: sheet.width - room - 14, height: sheet.height - above - below };
  const across = axisOf(contents, 0);
  const [xs] = contents.coordinates as [readonly number[]];
  sheet.text(title, box.left + box.width / 2, 12, "center", box.width);
  sheet.axes(box, across, scale);
  if (exact) sheet.curve(box, across, scale, xs, exact, true);
  sheet.curve(box, across, scale, xs, values);
  if (cell) {
    const x = box.left + placeOn(across, xs[cell[0]!]!) * box.width;
    sheet.line(x, box.top, x, box.top + box.height);
  }
  return box;
}

function drawMap(canvas: HTMLCanvasElement, view: View): Box {
  const { contents, title, scale, cell, hasBlocks } = view;
  const [across, up] = [axisOf(contents, 0), axisOf(contents, 1)];
  const ratio = (across.high - across.low) / (up.high - up.low);
  // Where one axis is many times as long as the other, each has a scale of its own.
  const stretched = ratio < 1 / 8 ? 1 / 2 : ratio;
  const shown = ratio > 8 ? 2 : stretched;
  const most = Math.max(220, window.innerHeight * 0.68);
  const free = canvas.parentElement!.clientWidth - 24 - room - 102;
  const height = Math.min(most, free / shown);
  const { arrows } = contents;
  const levels = levelsFor(view);
  const sheet = new Sheet(canvas, height + above + below + (arrows === undefined ? 0 : 24));
  const box = { left: room, top: above, width: Math.min(free, height * shown), height };
  paint(sheet, box, view);
  drawContours(sheet, box, view, levels);
  if (arrows !== undefined) {
    const places = placesOf(contents, view.vectors);
    const longest = view.longest(places, box);
    const rectangle = { ...box, x: box.left, y: box.top };
    if (view.vectors && longest) strokes(sheet, arrowsIn(view.vectors, places, rectangle, longest), arrowWidth);
    drawKey(sheet, arrows, longest);
  }
  sheet.text(title, box.left, 12, "left", sheet.width - box.left);
  const { context } = sheet;
  if (hasBlocks && contents.blocks) {
    context.save();
    context.strokeStyle = "#ffffff";
    context.globalCompositeOperation = "difference";
    for (const x of contents.blocks[0]!.slice(1, -1)) {
      const at = box.left + placeOn(across, x) * box.width;
      sheet.line(at, box.top, at, box.top + box.height);
    }
    for (const y of contents.blocks[1]!.slice(1, -1)) {
      const at = box.top + (1 - placeOn(up, y)) * box.height;
      sheet.line(box.left, at, box.left + box.width, at);
    }
    context.restore();
  }
  sheet.axes(box, across, up);
  const bar = { ...box, left: box.left + box.width + 16, width: 14 };
  const colours = coloursOf(view.map);
  for (let y = 0; y < height; y++) {
    context.fillStyle = `rgb(${colours[Math.round((1 - y / height) * 255)]!.join()})`;
    context.fillRect(bar.left, bar.top + y, bar.width, Math.min(1, height - y) + 0.5);
  }
  context.fillStyle = sheet.ink;
  sheet.axes(bar, undefined, scale, "right");
  for (const level of levels) {
    const place = placeOn(scale, level);
    const y = bar.top + (1 - place) * bar.height;
    if (place >= 0 && place <= 1) sheet.line(bar.left, y, bar.left + bar.width, y);
  }
  if (cell) drawCross(sheet, box, view, cell);
  return box;
}

/** The levels of contours on the scale of the colours: round ones between its ends, or those asked for. */
export function levelsFor({ contents, scale }: Pick<View, "contents" | "scale">): readonly number[] {
  const { contours, shape } = contents;
  if (!hasContours(shape)) return [];
  if (typeof contours !== "number") return [...new Set(contours)];
  const { low, high, log } = scale;
  if (!(low < high)) return [];
  if (!log) return roundLevels(contours, low, high, (count) => ticksOf(low, high, count)).values;
  const [first, last] = [Math.log10(low), Math.log10(high)];
  const powers = roundLevels(contours, first, last, (count) => logTicks(first, last, count)).values;
  return powers.map((power) => 10 ** power);
}

/** Draws pieces of lines, dark with light sides, so that they are seen on every colour. */
function strokes({ context }: Sheet, pieces: readonly number[], lineWidth: number): void {
  context.save();
  context.lineCap = "round";
  context.beginPath();
  for (let i = 0; i < pieces.length; i += 4) {
    context.moveTo(pieces[i]!, pieces[i + 1]!);
    context.lineTo(pieces[i + 2]!, pieces[i + 3]!);
  }
  for (const [style, width] of [
    ["#ffffff8c", lineWidth + 2],
    ["#1a1a1ae6", lineWidth],
  ] as const) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.stroke();
  }
  context.restore();
}

function drawContours(sheet: Sheet, box: Box, { contents, values, scale }: View, levels: readonly number[]): void {
  if (levels.length === 0) return;
  const { log } = scale;
  const shape = contents.shape;
  const parts = partsOf(shape, mostParts);
  const drawn = log ? Float64Array.from(values, (value) => (value > 0 ? Math.log10(value) : Number.NaN)) : values;
  const [xs, ys] = placesOf(contents, undefined).map((places, axis) =>
    coarseOf(places, [shape[axis]!], [parts[axis]!]),
  );
  const across = xs!.map((place) => box.left + place * box.width);
  const upwards = ys!.map((place) => box.top + (1 - place) * box.height);
  const plane = coarseOf(drawn, shape, parts);
  const heights = levels.map((level) => (log ? Math.log10(level) : level)).map(lowered(values, log));
  for (const height of heights) strokes(sheet, contourOf(plane, [across, upwards], height), contourWidth);
}

/** The centres of the cells along both axes, or of the parts that arrows are kept of, from 0 to 1. */
function placesOf(contents: Contents, vectors: Vectors | undefined): [Float64Array, Float64Array] {
  const { coordinates, shape, cells } = contents;
  return [0, 1].map((axis) => {
    const places = Float64Array.from(coordinates[axis]!, (at) => placeOn(axisOf(contents, axis), at));
    return vectors ? coarseOf(places, [shape[axis]!], [Math.min(cells[axis]!, arrowsMost)]) : places;
  }) as [Float64Array, Float64Array];
}

/** Says below the picture what the arrows are. */
function drawKey(sheet: Sheet, arrows: string, longest: number | undefined): void {
  const y = sheet.height - 10;
  if (longest) strokes(sheet, arrowAt(room + spacing / 2, y, spacing, 0), arrowWidth);
  const short = Number(longest?.toPrecision(3));
  const words = longest ? `${arrows}: ${singleTick(short).format(short)}` : withoutArrows(arrows, longest);
  sheet.text(words, room + spacing + 8, y, "left", sheet.width - room - spacing - 8);
}

function drawCross(sheet: Sheet, box: Box, { contents }: View, cell: readonly number[]): void {
  const { context } = sheet;
  const [x, y] = [0, 1].map((axis) => placeOn(axisOf(contents, axis), contents.coordinates[axis]![cell[axis]!]!));
  context.save();
  context.globalCompositeOperation = "difference";
  context.strokeStyle = "#ffffff";
  context.setLineDash([4, 4]);
  sheet.line(box.left, box.top + (1 - y!) * box.height, box.left + box.width, box.top + (1 - y!) * box.height);
  sheet.line(box.left + x! * box.width, box.top, box.left + x! * box.width, box.top + box.height);
  context.restore();
}

function paint({ context, dots }: Sheet, box: Box, { contents, values, scale, map }: View): void {
  const [width, height] = [Math.max(1, Math.round(box.width * dots)), Math.max(1, Math.round(box.height * dots))];
  const image = new ImageData(width, height);
  const words = new Uint32Array(image.data.buffer);
  const wordOf = ([red, green, blue]: readonly number[]) => ((255 << 24) | (blue! << 16) | (green! << 8) | red!) >>> 0;
  const table = Uint32Array.from(coloursOf(map), wordOf);
  const blemish = wordOf(notFinite);
  // Each value once: there are fewer of them than dots, mostly.
  const colours = Uint32Array.from(values, (value) => {
    const place = placeOn(scale, value);
    return Number.isNaN(place) ? blemish : table[Math.round(Math.min(Math.max(place, 0), 1) * 255)]!;
  });
  const [columns, rows] = [cellsAlong(contents.edges[0]!, width), cellsAlong(contents.edges[1]!, height)];
  const ny = contents.shape[1]!;
  for (let y = 0; y < height; y++) {
    const j = rows[height - 1 - y]!;
    for (let x = 0; x < width; x++) words[y * width + x] = colours[columns[x]! * ny + j]!;
  }
  context.putImageData(image, Math.round(box.left * dots), Math.round(box.top * dots));
}

/** Draws the values along an axis through the cell that is pointed at. */
export function drawProfile(canvas: HTMLCanvasElement, { contents, values, scale, cell }: View, axis: number): void {
  const sheet = new Sheet(canvas, 220);
  const box = { left: room, top: 26, width: sheet.width - room - 14, height: 220 - 26 - below };
  const across = axisOf(contents, axis);
  sheet.axes(box, across, scale);
  const [nx, ny] = contents.shape as [number, number];
  const line = Float64Array.from({ length: axis === 0 ? nx : ny }, (_, k) =>
    axis === 0 ? values[k * ny + cell![1]!]! : values[cell![0]! * ny + k]!,
  );
  sheet.curve(box, across, scale, contents.coordinates[axis]!, line);
  const x = box.left + placeOn(across, contents.coordinates[axis]![cell![axis]!]!) * box.width;
  sheet.line(x, box.top, x, box.top + box.height);
}
