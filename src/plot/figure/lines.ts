/** Curves in one chart. */
import { ticksAlong, titleAlong } from "../axes.js";
import type { Panel } from "../index.js";
import { isConstant, outline, pointTicks } from "../scale.js";
import {
  axis,
  density,
  edgesAlong,
  type Figure,
  frame,
  ink,
  inner,
  type LineOptions,
  labelOf,
  leading,
  lineColours,
  lineTypes,
  type Measure,
  place,
  size,
  steadyWidth,
  widest,
  words,
  wrap,
} from "./parts.js";
import { shownOf } from "./shown.js";

/** All panels as lines in one chart, the legend above it. */
export function lines(panels: readonly Panel[], options: LineOptions, measure: Measure): Figure {
  const n = panels[0]!.shape[0]!;
  const edges = edgesAlong(options, 0, n);
  const centre = (i: number) => options.coordinates?.[0]?.[i] ?? i + 0.5;
  const { fields, range, ticks, strange } = shownOf(
    panels.map(({ values }) => values),
    options,
  );
  const flat = !range || isConstant(range);
  const [least, largest] = range ?? [0, 0];
  const pad = flat ? Math.abs(least) / 10 || 1 : options.range ? 0 : largest / 20 - least / 20;
  const [low, high] = [Math.max(least - pad, -Number.MAX_VALUE), Math.min(largest + pad, Number.MAX_VALUE)];
  const yTicks = ticks(low, high, 7);
  const { isSteady = false } = options;
  const gaps = strange === "not above 0" ? ` (without values ${strange})` : "";
  const label = (isSteady ? labelOf(options, [0, 1]) : labelOf(options, range)) + gaps;

  const whole = options.width ?? 640;
  const yTickWidth = isSteady && !options.range ? steadyWidth(measure) : widest(yTicks, measure);
  const left = Math.ceil(44 + yTickWidth);
  const { points } = options;
  const atMost = (count: number) =>
    points ? pointTicks(points, count) : ticksAlong(options, 0, edges[0]!, edges[n]!, Math.max(1, Math.min(7, count)));
  const xTickWidth = widest(atMost(points ? n : 7), measure);
  const width = whole - left - Math.max(24, Math.ceil(xTickWidth / 2) + 8);
  const height = Math.max(Math.round(width * 0.6), Math.ceil(measure(label, size.name)));
  const xTicks = atMost(Math.floor(width / (xTickWidth + 16)));

  const graphic: object[] = [];
  let top = 12;
  if (options.title) {
    const heading = wrap(options.title, whole - 24, (text) => measure(text, size.title));
    graphic.push(words(measure, heading, whole / 2, top, size.title));
    top += Math.ceil(heading.length * size.title * leading) + 8;
  }
  let x = left;
  const drawn = panels.filter(({ dotted }) => !dotted);
  const series = panels.map((panel, p) => {
    const { title, dotted } = panel;
    const values = fields[p]!;
    const number = dotted ? 0 : drawn.indexOf(panel);
    const text = wrap(title, width - 32, (line) => measure(line, size.name));
    const textWidth = Math.max(...text.map((line) => measure(line, size.name)));
    if (x > left && x + 32 + textWidth > left + width) {
      x = left;
      top += 20;
    }
    const style = dotted
      ? { stroke: ink, lineWidth: 1.2, lineDash: [1.5, 3] }
      : {
          stroke: lineColours[number % lineColours.length],
          lineWidth: 1.8,
          lineDash: lineTypes[(number + Math.floor(number / lineColours.length)) % lineTypes.length],
        };
    graphic.push({ type: "line", silent: true, shape: { x1: x, x2: x + 26, y1: top + 8, y2: top + 8 }, style });
    graphic.push(words(measure, text, x + 32, top, size.name, "left"));
    x += 32 + textWidth + 20;
    top += (text.length - 1) * Math.ceil(size.name * leading);
    const finite = (i: number) => Number.isFinite(values[i]);
    // A value alone between gaps has no line: a dot shows it, a larger one where there is no line at all.
    const isLonely = (i: number) => !(finite(i - 1) || finite(i + 1));
    const hasLine = values.length > 1 && Array.prototype.some.call(values, (_, i) => finite(i) && !isLonely(i));
    const data = outline(values, 4 * width * density).map((i) => ({
      value: [place(centre(i), edges[0]!, edges[n]!), finite(i) ? place(values[i]!, low, high) : Number.NaN],
      symbol: (n <= 40 && !dotted) || isLonely(i) ? "circle" : "none",
    }));
    const lineStyle = { width: style.lineWidth, type: style.lineDash };
    return {
      type: "line",
      data,
      color: style.stroke,
      lineStyle,
      symbolSize: hasLine ? 4 : 7,
      showSymbol: true,
      showAllSymbol: true,
    };
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
    xAxis: axis(measure, xTicks, edges[0]!, edges[n]!, options.across ?? titleAlong(options, 0), 24),
    yAxis: axis(measure, yTicks, low, high, label, yTickWidth + 16),
    graphic,
    series,
  };
  return { width: whole, height: top + height + 46, option, images: [] };
}
