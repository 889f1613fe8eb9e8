/** What is where in a picture, in CSS pixels, and how ECharts is told. */
import type { ChartOptions, Panel, PlaneOptions, PlotOptions, SteadyOptions } from "./index.js";
import {
  edgesOf,
  isConstant,
  notFinite,
  outline,
  paint,
  pointTicks,
  type Range,
  rangeOf,
  singleTick,
  type Ticks,
  ticksOf,
} from "./scale.js";

/** A picture before it is drawn. */
export interface Figure {
  width: number;
  height: number;
  option: Record<string, unknown>;
  /** Images that go beneath what ECharts draws, so that frames and ticks stay whole. */
  images: Image[];
}

/** RGBA pixels, `density` times `width` in a row, and where their corner is. */
interface Image {
  pixels: Uint8ClampedArray<ArrayBuffer>;
  x: number;
  y: number;
  width: number;
}

/** The width of a text in a font size. */
export type Measure = (text: string, size: number) => number;

/** Pixels of the file per CSS pixel. */
export const density = 2;

export const fontName = "wasm-mpi sans";
export const font = `"${fontName}", sans-serif`;
const ink = "#1a1a1a";
const size = { title: 15, panel: 13, name: 12, tick: 11 };
const leading = 1.3;
/** Okabe and Ito's colours, which colour-blind readers can tell apart. */
const lineColours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const lineTypes = ["solid", [6, 4], [2, 3]];

/** The edges of cells along an axis. */
function edgesAlong({ faces, coordinates }: PlotOptions, axis: number, n: number): Float64Array {
  const known = faces?.[axis];
  return known ? Float64Array.from(known) : edgesOf(n, coordinates?.[axis]);
}

/** Heat maps in a row, the colour bar at the right. */
export function maps(panels: readonly Panel[], options: MapOptions, measure: Measure): Figure {
  const [nx, ny, nz] = panels[0]!.shape as [number, number, number?];
  const edges = [edgesAlong(options, 0, nx), edgesAlong(options, 1, ny)] as const;
  const [[left, right], [bottom, top]] = edges.map((e) => [e[0]!, e.at(-1)!]) as [[number, number], [number, number]];
  const names = options.axes ?? ["x", "y", "z"];
  const plane = Math.floor((nz ?? 1) / 2);
  const planes = panels.map(({ values }) =>
    nz === undefined ? values : Float64Array.from({ length: nx * ny }, (_, cell) => values[cell * nz + plane]!),
  );
  const z = nz && Number((options.coordinates?.[2]?.[plane] ?? plane + 0.5).toPrecision(4));
  const suffix = nz === undefined ? "" : `, ${names[2]} = ${z} (plane ${plane} of ${nz})`;
  const range = options.range ?? rangeOf(planes);
  const bar = barTicks(range, 7);
  const { isSteady = false } = options;
  const label = isSteady ? labelOf(options, [0, 1]) : labelOf(options, range);
  const grey = planes.some((values) => Array.prototype.some.call(values, (value) => !Number.isFinite(value)));

  // From the left: margin with the y axis, slots with a panel in each, colour bar, its ticks, its label.
  const xTickWidth = widest(ticksOf(left, right, 7), measure);
  const yTickWidth = widest(ticksOf(bottom, top, 7), measure);
  const marginLeft = Math.ceil(40 + yTickWidth);
  const gap = Math.ceil(Math.max(24, xTickWidth + 10));
  const barGap = Math.max(20, Math.ceil(xTickWidth / 2) + 8);
  const barWidth = 14;
  const labelAt = barWidth + 12 + (isSteady && !options.range ? steadyWidth(measure) : widest(bar, measure));
  const wordsWidth = Math.max(labelAt + 24, grey || isSteady ? barWidth + 8 + measure("not finite", size.tick) : 0);
  const marginRight = Math.ceil(barGap + wordsWidth + 12);
  const wanted = [420, 340][panels.length - 1] ?? 280;
  const free = options.width && (options.width - marginLeft - marginRight - gap * (panels.length - 1)) / panels.length;
  const room = Math.max(24, Math.floor(free ?? wanted));
  const scale = Math.min(room / (right - left), (1.25 * room) / (top - bottom));
  const width = options.isStretched ? room : Math.max(24, Math.round(scale * (right - left)));
  const height = options.isStretched ? Math.round(0.75 * room) : Math.max(24, Math.round(scale * (top - bottom)));
  const slot = free === undefined ? Math.max(width, 140) : room;
  const needed = marginLeft + panels.length * slot + (panels.length - 1) * gap + marginRight;
  const whole = Math.max(options.width ?? 0, needed);

  // From the top: title, panel titles, panels (or the colour bar where that is taller), ticks, axis name.
  const heading = wrap(options.title ?? "", whole - 24, (text) => measure(text, size.title));
  const titles = panels.map(({ title }) => wrap(title + suffix, slot + gap - 10, (text) => measure(text, size.panel)));
  const titlesAt = 12 + (options.title ? Math.ceil(heading.length * size.title * leading) + 8 : 0);
  const titlesHeight = Math.ceil(Math.max(...titles.map((t) => t.length)) * size.panel * leading);
  const barHeight = Math.max(height, 120);
  const tallest = Math.max(barHeight, Math.ceil(measure(label, size.name)));
  const panelTop = titlesAt + Math.max(titlesHeight + 8, Math.ceil((tallest - height) / 2));
  const panelBottom = panelTop + height;
  const barTop = panelTop + Math.round((height - barHeight) / 2);

  const graphics: object[] = [];
  const images: Image[] = [];
  const [grid, xAxis, yAxis]: [object[], object[], object[]] = [[], [], []];
  if (options.title) graphics.push(words(heading, whole / 2, 12, size.title));
  const xTicks = ticksOf(left, right, Math.max(1, Math.min(7, Math.floor(width / (xTickWidth + 16)))));
  const yTicks = ticksOf(bottom, top, Math.max(1, Math.min(7, Math.floor(height / 30))));
  planes.forEach((values, p) => {
    const at = marginLeft + p * (slot + gap) + Math.round((slot - width) / 2);
    const pixels = paint(values, edges, range, [width * density, height * density]);
    images.push({ pixels, x: at, y: panelTop, width });
    const lines = titles[p]!;
    const titleTop = panelTop - 8 - lines.length * size.panel * leading;
    graphics.push(words(lines, at + width / 2, titleTop, size.panel));
    const [across, upwards] = inner(panels[p]!);
    for (const cell of across!) {
      const x = at + (width * (edges[0][cell]! - left)) / (right - left);
      graphics.push(...border(x, panelTop, x, panelBottom));
    }
    for (const cell of upwards!) {
      const y = panelBottom - (height * (edges[1][cell]! - bottom)) / (top - bottom);
      graphics.push(...border(at, y, at + width, y));
    }
    grid.push(frame(at, panelTop, width, height));
    xAxis.push({ gridIndex: p, ...axis(xTicks, left, right, names[0]!, 24) });
    yAxis.push({ gridIndex: p, ...axis(yTicks, bottom, top, p ? "" : names[1]!, yTickWidth + 16, p === 0) });
  });

  const barAt = marginLeft + panels.length * (slot + gap) - gap + barGap;
  const [low, high] = range ?? [0, 1];
  const rows = barHeight * density;
  const ramp = Float64Array.from({ length: rows }, (_, i) => low + (i / (rows - 1)) * (high - low));
  if (!range) ramp.fill(Number.NaN);
  const rampPixels = paint(ramp, [edgesOf(1), edgesOf(rows)], range, [barWidth * density, rows]);
  images.push({ pixels: rampPixels, x: barAt, y: barTop, width: barWidth });
  grid.push(frame(barAt, barTop, barWidth, barHeight));
  const barIndex = { gridIndex: panels.length };
  xAxis.push({ ...barIndex, type: "value", min: 0, max: 1, show: false });
  const [from, to] = range && !isConstant(range) ? range : around(low);
  yAxis.push({
    ...barIndex,
    position: "right",
    ...axis(barTicks(range, Math.min(7, Math.floor(barHeight / 30))), from, to, "", 0),
  });
  graphics.push({
    ...words([label], barAt + labelAt, barTop + barHeight / 2, size.name),
    rotation: Math.PI / 2,
  });
  if (grey) {
    const style = { fill: `rgb(${notFinite})`, stroke: ink, lineWidth: 1 };
    const [x, y] = [barAt, barTop + barHeight + 14];
    graphics.push({ type: "rect", silent: true, x, y, shape: { width: barWidth, height: barWidth }, style });
    graphics.push(words(["not finite"], x + barWidth + 6, y + 1, size.tick, "left"));
  }
  const end = Math.max(
    panelBottom + 46,
    panelTop + (height + tallest) / 2 + 14,
    barTop + barHeight + (grey || isSteady ? 36 : 0),
  );
  return { width: Math.ceil(whole), height: Math.ceil(end), option: { grid, xAxis, yAxis, graphic: graphics }, images };
}

/** All panels as lines in one chart, the legend above it. */
export function lines(panels: readonly Panel[], options: LineOptions, measure: Measure): Figure {
  const n = panels[0]!.shape[0]!;
  const edges = edgesAlong(options, 0, n);
  const centre = (i: number) => options.coordinates?.[0]?.[i] ?? i + 0.5;
  const range = options.range ?? rangeOf(panels.map(({ values }) => values));
  const flat = !range || isConstant(range);
  const [least, largest] = range ?? [0, 0];
  const pad = flat ? Math.abs(least) / 10 || 1 : options.range ? 0 : largest / 20 - least / 20;
  const [low, high] = [Math.max(least - pad, -Number.MAX_VALUE), Math.min(largest + pad, Number.MAX_VALUE)];
  const yTicks = range ? (flat ? singleTick(range[0]) : ticksOf(low, high, 7)) : noTicks;
  const { isSteady = false } = options;
  const label = isSteady ? labelOf(options, [0, 1]) : labelOf(options, range);

  const whole = options.width ?? 640;
  const yTickWidth = isSteady && !options.range ? steadyWidth(measure) : widest(yTicks, measure);
  const left = Math.ceil(44 + yTickWidth);
  const { points } = options;
  const atMost = (count: number) =>
    points ? pointTicks(points, count) : ticksOf(edges[0]!, edges[n]!, Math.max(1, Math.min(7, count)));
  const xTickWidth = widest(atMost(points ? n : 7), measure);
  const width = whole - left - Math.max(24, Math.ceil(xTickWidth / 2) + 8);
  const height = Math.max(Math.round(width * 0.6), Math.ceil(measure(label, size.name)));
  const xTicks = atMost(Math.floor(width / (xTickWidth + 16)));

  const graphic: object[] = [];
  let top = 12;
  if (options.title) {
    const heading = wrap(options.title, whole - 24, (text) => measure(text, size.title));
    graphic.push(words(heading, whole / 2, top, size.title));
    top += Math.ceil(heading.length * size.title * leading) + 8;
  }
  let x = left;
  const series = panels.map(({ title, values }, p) => {
    const text = wrap(title, width - 32, (line) => measure(line, size.name));
    const textWidth = Math.max(...text.map((line) => measure(line, size.name)));
    if (x > left && x + 32 + textWidth > left + width) {
      x = left;
      top += 20;
    }
    const style = {
      stroke: lineColours[p % lineColours.length],
      lineWidth: 1.8,
      lineDash: lineTypes[(p + Math.floor(p / lineColours.length)) % lineTypes.length],
    };
    graphic.push({ type: "line", silent: true, shape: { x1: x, x2: x + 26, y1: top + 8, y2: top + 8 }, style });
    graphic.push(words(text, x + 32, top, size.name, "left"));
    x += 32 + textWidth + 20;
    top += (text.length - 1) * Math.ceil(size.name * leading);
    const finite = (i: number) => Number.isFinite(values[i]);
    const data = outline(values, 4 * width * density).map((i) => ({
      value: [place(centre(i), edges[0]!, edges[n]!), finite(i) ? place(values[i]!, low, high) : Number.NaN],
      // A value alone between gaps has no line: a dot shows it.
      symbol: n <= 40 || !(finite(i - 1) || finite(i + 1)) ? "circle" : "none",
    }));
    const lineStyle = { width: style.lineWidth, type: style.lineDash };
    return { type: "line", data, color: style.stroke, lineStyle, symbolSize: 4, showSymbol: true, showAllSymbol: true };
  });
  top += 26;
  panels.forEach((panel, p) => {
    const style = { stroke: lineColours[p % lineColours.length], opacity: 0.5, lineWidth: 1, lineDash: [4, 4] };
    for (const cell of inner(panel)[0]!) {
      const x = left + (width * (edges[cell]! - edges[0]!)) / (edges[n]! - edges[0]!);
      graphic.push({ type: "line", silent: true, shape: { x1: x, x2: x, y1: top, y2: top + height }, style });
    }
  });
  const option = {
    grid: frame(left, top, width, height),
    xAxis: axis(xTicks, edges[0]!, edges[n]!, options.across ?? options.axes?.[0] ?? "x", 24),
    yAxis: axis(yTicks, low, high, label, yTickWidth + 16),
    graphic,
    series,
  };
  return { width: whole, height: top + height + 46, option, images: [] };
}

/** The options of `plot`, or of a plane. */
type MapOptions = PlotOptions & Partial<PlaneOptions> & Partial<SteadyOptions>;

/** The options of `plot`, or of a chart over named points. */
type LineOptions = PlotOptions & Partial<ChartOptions> & Partial<SteadyOptions>;

/** The edges between the blocks of a panel along each axis, as cells: those at its ends are its frame. */
function inner({ blocks, shape }: Panel): number[][] {
  return shape.map((n, axis) => (blocks?.[axis] ?? []).filter((cell) => cell > 0 && cell < n));
}

/** A thin line over a heat map: white, and dark at its sides, so that it is seen on every colour. */
function border(x1: number, y1: number, x2: number, y2: number): object[] {
  return [
    { stroke: "#000", opacity: 0.35, lineWidth: 2 },
    { stroke: "#fff", opacity: 0.9, lineWidth: 1 },
  ].map((style) => ({ type: "line", silent: true, shape: { x1, y1, x2, y2 }, style }));
}

function labelOf(options: PlotOptions, range: Range): string {
  return `${options.label ?? "value"}${range ? "" : " (no finite value)"}`;
}

/** A range in whose middle a value is. */
function around(value: number): [number, number] {
  const pad = Math.max(1, Math.abs(value)) / 2;
  return [value - pad, value + pad];
}

const noTicks: Ticks = { values: [], format: String };

function barTicks(range: Range, count: number): Ticks {
  if (!range) return noTicks;
  return isConstant(range) ? singleTick(range[0]) : ticksOf(range[0], range[1], count);
}

function widest(ticks: Ticks, measure: Measure): number {
  return Math.max(0, ...ticks.values.map((value) => measure(ticks.format(value), size.tick)));
}

/** Room for the numbers at ticks whose range changes from picture to picture: longer ones reach into what is beside them. */
function steadyWidth(measure: Measure): number {
  return measure("−2.5×10⁻¹⁰", size.tick);
}

/** Lines of a text no wider than `limit`, broken at blanks, or anywhere where there is none. */
function wrap(text: string, limit: number, measure: (text: string) => number): string[] {
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

function words(text: readonly string[], x: number, y: number, fontSize: number, align = "center"): object {
  const style = { text: text.join("\n"), font: `${fontSize}px ${font}`, lineHeight: fontSize * leading, fill: ink };
  return { type: "text", silent: true, x, y, style: { ...style, align, verticalAlign: "top" } };
}

function frame(left: number, top: number, width: number, height: number): object {
  const border = { show: true, backgroundColor: "transparent", borderColor: ink, borderWidth: 1 };
  return { left, top, width, height, outerBoundsMode: "none", ...border };
}

/** Where a number is between two others: 0 at the first, 1 at the second. In halves, because differences can overflow. */
function place(value: number, low: number, high: number): number {
  return (value / 2 - low / 2) / (high / 2 - low / 2);
}

/**
 * An axis from `min` to `max`. ECharts is told of 0 to 1: it rounds to 20 decimals, and fails where that leaves nothing.
 */
function axis(ticks: Ticks, min: number, max: number, name: string, nameGap: number, labels = true): object {
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
