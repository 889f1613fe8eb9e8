/** Pictures of characters. */
import { coloursOf, type Rgb } from "../colours.js";
import { edgesAlong } from "../figure/parts.js";
import { type Shown, shownOf } from "../figure/shown.js";
import type { Panel, PlotOptions } from "../index.js";
import { isConstant, sample, type Ticks, ticksOf } from "../scale.js";
import { columnsFor, curves } from "./curves.js";
import { blocksOf, colourCode, plain, type Screen } from "./screen.js";

/** The colours of curves, for dark and light terminals. */
const lineColours: readonly Rgb[] = [
  [86, 180, 233],
  [230, 159, 0],
  [0, 158, 115],
  [204, 121, 167],
  [213, 94, 0],
  [0, 114, 178],
];

/** The lines of a picture: of one axis all panels in one chart, else each below the other. Arguments have been checked. */
export function textOf(panels: readonly Panel[], options: PlotOptions, screen: Screen): string[] {
  return panels[0]!.shape.length === 1 ? chart(panels, options, screen) : mapsOf(panels, options, screen);
}

/** Columns and lines beyond which a picture says no more. */
const [mostColumns, mostLines] = [100, 40];

/** Numbers as a screen can show them: `1.5×10⁻⁶`, or `1.5e-6` where there is nothing but ASCII. */
function writer({ colours }: Screen, format: Ticks["format"]): Ticks["format"] {
  if (colours !== "none") return format;
  const digitOf = (raised: string) => "-0123456789"["⁻⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(raised)]!;
  return (value) =>
    format(value)
      .replace("−", "-")
      .replace(/(?:×|\b)10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)/, (whole, power: string) => {
        return `${whole.startsWith("×") ? "" : "1"}e${power.replace(/./g, digitOf)}`;
      });
}

/** Numbers with as many digits as tell these two apart. */
function endsOf(screen: Screen, low: number, high: number, format: Ticks["format"]): [string, string] {
  const write = writer(screen, format);
  return [write(low), write(high)];
}

/** The ends of an axis, each with as many digits as are right to a hundredth of its length. */
function axisEnds(screen: Screen, low: number, high: number): [string, string] {
  const formats = [4, 20, 100, 500].map((count) => ticksOf(low, high, count).format);
  const isRight = (format: Ticks["format"]) => {
    const read = endsOf({ ...screen, colours: "none" }, low, high, format).map(Number);
    return Math.max(Math.abs(read[0]! - low), Math.abs(read[1]! - high)) <= (high - low) / 100;
  };
  return endsOf(screen, low, high, formats.find(isRight) ?? formats.at(-1)!);
}

function mapsOf(panels: readonly Panel[], options: PlotOptions, screen: Screen): string[] {
  const [nx, ny, nz] = panels[0]!.shape as [number, number, number?];
  const edges = [edgesAlong(options, 0, nx), edgesAlong(options, 1, ny)] as const;
  const [spanX, spanY] = edges.map((e) => e.at(-1)! - e[0]!) as [number, number];
  const plane = Math.floor((nz ?? 1) / 2);
  const suffix = nz === undefined ? "" : `, ${options.axes?.[2] ?? "z"}: cell ${plane} of ${nz}`;
  const planes = panels.map(({ values }) =>
    nz === undefined ? values : Float64Array.from({ length: nx * ny }, (_, cell) => values[cell * nz + plane]!),
  );
  const shown = shownOf(planes, options);
  const yEnds = axisEnds(screen, edges[1][0]!, edges[1].at(-1)!);
  const margin = Math.max(...yEnds.map((end) => end.length), (options.axes?.[1] ?? "y").length) + 1;
  const room = [
    Math.max(2, Math.min(screen.columns - margin - 1, mostColumns)),
    2 * Math.max(1, Math.min(screen.rows, mostLines)),
  ] as const;
  const scale = Math.min(room[0] / spanX, room[1] / spanY);
  const width = Math.max(2, Math.round(scale * spanX));
  const height = 2 * Math.max(1, Math.round((scale * spanY) / 2));
  const table = coloursOf(shown.map);
  return [
    ...shown.fields.flatMap((values, p) => {
      const places = sample(values, edges, shown.range, [width, height]);
      const rowOf = (row: number) => [...places.subarray(row * width, (row + 1) * width)];
      const lines = Array.from({ length: height / 2 }, (_, i) => {
        return blocksOf(rowOf(2 * i), rowOf(2 * i + 1), table, screen);
      });
      return [panels[p]!.title + suffix, ...beside(lines, yEnds, options.axes?.[1] ?? "y", margin)];
    }),
    below(axisEnds(screen, edges[0][0]!, edges[0].at(-1)!), options.axes?.[0] ?? "x", width, margin),
    scaleLine(shown, options, table, screen),
  ];
}

/** Lines with the ends and the name of an upright axis at their left. */
function beside(
  lines: readonly string[],
  [low, high]: readonly [string, string],
  name: string,
  margin: number,
): string[] {
  const last = lines.length - 1;
  return lines.map((line, i) => {
    const words = i === 0 ? high : i === last ? low : i === Math.floor(lines.length / 2) ? name : "";
    return `${words.padStart(margin - 1)} ${line}`.trimEnd();
  });
}

/** The ends and the name of the axis to the right. */
function below([low, high]: readonly [string, string], name: string, width: number, margin: number): string {
  const middle = " ".repeat(Math.max(1, Math.floor((width - name.length) / 2) - low.length)) + name;
  const left = low + middle;
  return `${" ".repeat(margin)}${left}${high.padStart(Math.max(high.length + 1, width - left.length))}`;
}

/** What the colours are. */
function scaleLine(
  { range, ticks, strange }: Shown,
  { label = "value" }: PlotOptions,
  table: readonly Rgb[],
  screen: Screen,
): string {
  const notes = strange === undefined ? "" : `, ${strange}: ${screen.colours === "none" ? "?" : "grey"}`;
  if (!range) return `${label}: no finite value`;
  const [low, high] = range;
  if (isConstant(range)) return `${label}: ${writer(screen, ticks(low, high, 1).format)(low)} in all cells${notes}`;
  const format = writer(screen, ticks(low, high, 7).format);
  const steps = Array.from({ length: 20 }, (_, i) => i / 19);
  return `${label}: ${format(low)} ${blocksOf(steps, steps, table, screen)} ${format(high)}${notes}`;
}

function chart(panels: readonly Panel[], options: PlotOptions, screen: Screen): string[] {
  const n = panels[0]!.shape[0]!;
  const edges = edgesAlong(options, 0, n);
  const shown = shownOf(
    panels.map(({ values }) => values),
    options,
  );
  const { range, ticks, strange } = shown;
  const { label = "value" } = options;
  if (!range) return [`${label}: no finite value`];
  const flat = isConstant(range);
  const [low, high] = flat ? [range[0] - (Math.abs(range[0]) || 1), range[0] + (Math.abs(range[0]) || 1)] : range;
  const yEnds: [string, string] = flat ? ["", ""] : endsOf(screen, low, high, ticks(low, high, 7).format);
  const middle = flat ? writer(screen, ticks(low, high, 1).format)(range[0]) : "";
  const margin = Math.max(...[...yEnds, middle].map((end) => end.length)) + 1;
  const width = Math.max(2, Math.min(screen.columns - margin - 1, mostColumns));
  const height = Math.max(3, Math.min(screen.rows, 16, Math.ceil(width / 4)));
  const centres = Float64Array.from({ length: n }, (_, i) => options.coordinates?.[0]?.[i] ?? i + 0.5);
  const places = shown.fields.map((values) =>
    columnsFor(values, centres, edges, [low, high], width * (screen.colours === "none" ? 1 : 2)),
  );
  const drawn = curves(
    places,
    panels.map(({ dotted = false }) => dotted),
    [width, height],
    screen,
    (p) => codeOf(p, screen),
  );
  const legend = panels.map(
    ({ title }, p) => `${codeOf(p, screen)}${drawn.marks[p]}${screen.colours === "none" ? "" : plain} ${title}`,
  );
  const gaps = strange === "not above 0" ? ` (without values ${strange})` : "";
  return [
    `${label}${gaps}:  ${legend.join("   ")}`,
    ...beside(drawn.lines, yEnds, middle, margin),
    below(axisEnds(screen, edges[0]!, edges[n]!), options.axes?.[0] ?? "x", width, margin),
  ];
}

const codeOf = (p: number, screen: Screen) =>
  screen.colours === "none" ? "" : colourCode(lineColours[p % lineColours.length]!, screen, "front");
