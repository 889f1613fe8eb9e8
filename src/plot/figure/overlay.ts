/** What lies over heat maps: contours and arrows, and what is said of them below. */
import { arrowAt, arrowsIn, type Places, spacing, type Vectors, withoutArrows } from "../arrows.js";
import { coarseOf, partsOf } from "../coarse.js";
import { contourOf, mostParts, roundLevels, withoutContours } from "../contours.js";
import type { Panel, PlotOptions } from "../index.js";
import { singleTick, type Ticks } from "../scale.js";
import { ink, leading, type Measure, place, size, words, wrap } from "./parts.js";
import type { Shown } from "./shown.js";

/** A rectangle in CSS pixels. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Pieces of lines, dark with light sides, so that they are seen on every colour. */
function strokes(pieces: readonly number[], lineWidth: number): object[] {
  if (pieces.length === 0) return [];
  return [
    { stroke: "#fff", opacity: 0.45, lineWidth: lineWidth + 1.6 },
    { stroke: ink, opacity: 0.9, lineWidth },
  ].map((style) => ({
    type: "strokes",
    silent: true,
    shape: { pieces },
    style: { ...style, fill: "none", lineCap: "round", lineJoin: "round" },
  }));
}

/** The levels of contours on a scale, and how they are written: round ones strictly between its ends, or those asked for. */
export function levelsOf(
  { contours, log = false }: Pick<PlotOptions, "contours" | "log">,
  { range, ticks }: Pick<Shown, "range" | "ticks">,
): Ticks {
  if (contours === undefined) return { values: [], format: String };
  if (typeof contours !== "number") {
    const values = [...new Set(contours)].toSorted((a, b) => a - b).map((level) => (log ? Math.log10(level) : level));
    return {
      values,
      format: (at) =>
        (log ? singleTick(Number((10 ** at).toPrecision(6))) : singleTick(at)).format(log ? 10 ** at : at),
    };
  }
  const [low, high] = range ?? [0, 0];
  return roundLevels(contours, low, high, (count) => ticks(low, high, count));
}

/** The contours of a plane over its panel. */
export function contoursOver(
  values: ArrayLike<number>,
  [xs, ys]: readonly [ArrayLike<number>, ArrayLike<number>],
  levels: readonly number[],
  { x, y, width, height }: Rectangle,
): object[] {
  if (levels.length === 0) return [];
  const shape = [xs.length, ys.length];
  const parts = partsOf(shape, mostParts);
  const drawn = coarseOf(values, shape, parts);
  const across = coarseOf(xs, [shape[0]!], [parts[0]!]).map((at) => x + at * width);
  const upwards = coarseOf(ys, [shape[1]!], [parts[1]!]).map((at) => y + (1 - at) * height);
  // An array of all pieces would be too long for the arguments of one call.
  const pieces: number[] = [];
  for (const level of levels) for (const end of contourOf(drawn, [across, upwards], level)) pieces.push(hundredth(end));
  return strokes(pieces, 1);
}

const hundredth = (pixels: number) => Math.round(100 * pixels) / 100;

/** The arrows of a plane over its panel. */
export function arrowsOver(
  vectors: Vectors | undefined,
  places: Places,
  longest: number | undefined,
  rectangle: Rectangle,
): object[] {
  if (!vectors || !longest) return [];
  return strokes(arrowsIn(vectors, places, rectangle, longest).map(hundredth), 1.1);
}

/** What is said below the panels, from a height on. */
export interface Notes {
  readonly height: number;
  draw(x: number, y: number): object[];
}

/** The levels of the contours, and a key to the arrows. @param longest what an arrow as long as their distance stands for */
export function notesOf(
  measure: Measure,
  { values, format }: Ticks,
  panels: readonly Panel[],
  longest: number | undefined,
  options: PlotOptions,
  width: number,
): Notes {
  const drawn: ((x: number, y: number) => object[])[] = [];
  let height = 0;
  const line = (text: string, left: number, also: (x: number, y: number) => object[]) => {
    const lines = wrap(text, width - left, (part) => measure(part, size.tick));
    const top = height;
    height += Math.ceil(lines.length * size.tick * leading) + 4;
    drawn.push((x, y) => [...also(x, y + top), words(measure, lines, x + left, y + top, size.tick, "left")]);
  };
  if (options.contours !== undefined) {
    const levels = values.map(format).join(", ");
    line(values.length === 0 ? withoutContours(panels[0]!.shape) : `contours at ${levels}`, 0, () => []);
  }
  if (panels.some(({ vectors }) => vectors)) {
    const label = options.arrows ?? "vectors";
    if (longest) {
      const short = Number(longest.toPrecision(3));
      const text = `${label}: ${singleTick(short).format(short)}`;
      line(text, spacing + 8, (x, y) => strokes(arrowAt(x + spacing / 2, y + 6, spacing, 0), 1.1));
    } else line(withoutArrows(label, longest), 0, () => []);
  }
  return { height, draw: (x, y) => drawn.flatMap((each) => each(x, y)) };
}

/** The centres of the cells along an axis, from 0 at its first face to 1 at its last. */
export function placesAlong({ coordinates }: PlotOptions, axis: number, edges: Float64Array): Float64Array {
  const n = edges.length - 1;
  return Float64Array.from({ length: n }, (_, i) => place(coordinates?.[axis]?.[i] ?? i + 0.5, edges[0]!, edges[n]!));
}
