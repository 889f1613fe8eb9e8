/** What figures are made of: texts, frames, axes, in CSS pixels, and how ECharts is told. */
import type { ChartOptions, Panel, PlaneOptions, PlotOptions, SteadyOptions } from "../index.js";
import { edgesOf, type Range, type Ticks } from "../scale.js";

/** A picture before it is drawn. */
export interface Figure {
  width: number;
  height: number;
  option: Record<string, unknown>;
  /** Images that go beneath what ECharts draws, so that frames and ticks stay whole. */
  images: Image[];
}

/** RGBA pixels, `density` times `width` in a row, and where their corner is. */
export interface Image {
  pixels: Uint8ClampedArray<ArrayBuffer>;
  x: number;
  y: number;
  width: number;
}

/** How wide texts are where a figure is drawn. */
export interface Measure {
  /** The width of a text in a font size. */
  (text: string, size: number): number;
  /** The names of the font. ECharts keeps widths by them, so that those of another renderer are written otherwise. */
  readonly font: string;
}

/** A measure of what is written in a font. */
export function measureOf(font: string, widthOf: (text: string, size: number) => number): Measure {
  return Object.assign(widthOf, { font });
}

/** Pixels of the file per CSS pixel. */
export const density = 2;

export const fontName = "wasm-mpi sans";
/** Where the font of the package is not, as in an SVG that another machine shows, one of the same widths. */
export const fontNames: readonly string[] = [`'${fontName}'`, "'DejaVu Sans'", "Verdana", "sans-serif"];
export const ink = "#1a1a1a";
export const size = { title: 15, panel: 13, name: 12, tick: 11 };
export const leading = 1.3;
/** Okabe and Ito's colours, which colour-blind readers can tell apart. */
export const lineColours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
export const lineTypes = ["solid", [6, 4], [2, 3]];

/** The edges of cells along an axis. */
export function edgesAlong({ faces, coordinates }: PlotOptions, axis: number, n: number): Float64Array {
  const known = faces?.[axis];
  return known ? Float64Array.from(known) : edgesOf(n, coordinates?.[axis]);
}

/** The options of `plot`, or of a plane. */
export type MapOptions = PlotOptions & Partial<PlaneOptions> & Partial<SteadyOptions>;

/** The options of `plot`, or of a chart over named points. */
export type LineOptions = PlotOptions & Partial<ChartOptions> & Partial<SteadyOptions>;

/** The edges between the blocks of a panel along each axis, as cells: those at its ends are its frame. */
export function inner({ blocks, shape }: Panel): number[][] {
  return shape.map((n, axis) => (blocks?.[axis] ?? []).filter((cell) => cell > 0 && cell < n));
}

/** A thin line over a heat map: white, and dark at its sides, so that it is seen on every colour. */
export function border(x1: number, y1: number, x2: number, y2: number): object[] {
  return [
    { stroke: "#000", opacity: 0.35, lineWidth: 2 },
    { stroke: "#fff", opacity: 0.9, lineWidth: 1 },
  ].map((style) => ({ type: "line", silent: true, shape: { x1, y1, x2, y2 }, style }));
}

export function labelOf(options: PlotOptions, range: Range): string {
  return `${options.label ?? "value"}${range ? "" : " (no finite value)"}`;
}

/** A range in whose middle a value is. */
export function around(value: number): [number, number] {
  const pad = Math.max(1, Math.abs(value)) / 2;
  return [value - pad, value + pad];
}

export function widest(ticks: Ticks, measure: Measure): number {
  return Math.max(0, ...ticks.values.map((value) => measure(ticks.format(value), size.tick)));
}

/** Room for the numbers at ticks whose range changes from picture to picture: longer ones reach into what is beside them. */
export function steadyWidth(measure: Measure): number {
  return measure("−2.5×10⁻¹⁰", size.tick);
}

/** Lines of a text no wider than `limit`, broken at blanks, or anywhere where there is none. */
export function wrap(text: string, limit: number, measure: (text: string) => number): string[] {
  const done: string[] = [];
  let line = "";
  for (const word of text.match(/\S+\s*/g) ?? []) {
    for (const piece of measure(word.trimEnd()) > limit ? word : [word]) {
      if (line && measure((line + piece).trimEnd()) > limit) {
        done.push(line.trimEnd());
        line = "";
      }
      line += piece;
    }
  }
  return [...done, line.trimEnd()];
}

export function words(
  { font }: Measure,
  text: readonly string[],
  x: number,
  y: number,
  fontSize: number,
  align = "center",
): object {
  const style = { text: text.join("\n"), font: `${fontSize}px ${font}`, lineHeight: fontSize * leading, fill: ink };
  return { type: "text", silent: true, x, y, style: { ...style, align, verticalAlign: "top" } };
}

export function frame(left: number, top: number, width: number, height: number): object {
  const border = { show: true, backgroundColor: "transparent", borderColor: ink, borderWidth: 1 };
  return { left, top, width, height, outerBoundsMode: "none", ...border };
}

/** Where a number is between two others: 0 at the first, 1 at the second. In halves, because differences can overflow. */
export function place(value: number, low: number, high: number): number {
  return (value / 2 - low / 2) / (high / 2 - low / 2);
}

/**
 * An axis from `min` to `max`. ECharts is told of 0 to 1: it rounds to 20 decimals, and fails where that leaves nothing.
 */
export function axis(
  { font }: Measure,
  ticks: Ticks,
  min: number,
  max: number,
  name: string,
  nameGap: number,
  labels = true,
): object {
  const lineStyle = { color: ink, width: 1 };
  const text = { color: ink, fontFamily: font };
  const places = ticks.values.map((value) => place(value, min, max));
  const textOf = (at: number) => {
    const distances = places.map((each) => Math.abs(each - at));
    return ticks.format(ticks.values[distances.indexOf(Math.min(...distances))]!);
  };
  return {
    type: "value",
    min: 0,
    max: 1,
    name,
    nameGap,
    nameLocation: "middle",
    nameMoveOverlap: false,
    nameTextStyle: { ...text, fontSize: size.name },
    axisLine: { show: false, onZero: false },
    axisTick: { show: true, length: 4, lineStyle, customValues: places },
    axisLabel: {
      ...text,
      show: labels,
      fontSize: size.tick,
      customValues: places,
      formatter: textOf,
      hideOverlap: true,
    },
    splitLine: { show: false },
  };
}
