/** Charts side by side whose values span powers of ten. */
import type { Diagram, RowOptions } from "../index.js";
import { pointTicks, type Ticks } from "../scale.js";
import {
  axis,
  type Figure,
  frame,
  ink,
  leading,
  lineColours,
  lineTypes,
  type Measure,
  place,
  size,
  widest,
  words,
  wrap,
} from "./parts.js";

const gap = 28;
const plotWidth = 400;
const plotHeight = 300;

/** All diagrams in a row. */
export function row({ diagrams, title }: RowOptions, measure: Measure): Figure {
  const option = { grid: [], xAxis: [], yAxis: [], series: [], graphic: [] } as Record<string, object[]>;
  const scales = diagrams.map(scaleOf);
  const lefts = scales.map(({ ticks }) => Math.ceil(44 + widest(ticks, measure)));
  const width = lefts.reduce((sum, left) => sum + left + plotWidth + gap, 0);
  const heading = wrap(title, width - 24, (text) => measure(text, size.title));
  option.graphic!.push(words(measure, heading, width / 2, 12, size.title));
  const titlesAt = 12 + Math.ceil(heading.length * size.title * leading) + 8;
  const legends = diagrams.map((diagram) => legendOf(diagram, measure));
  const top = titlesAt + 26 + Math.max(...legends.map(({ height }) => height));
  let x = 0;
  for (const [number, diagram] of diagrams.entries()) {
    const left = x + lefts[number]!;
    x = left + plotWidth + gap;
    const { low, high, ticks } = scales[number]!;
    const at = { xAxisIndex: number, yAxisIndex: number };
    option.grid!.push(frame(left, top, plotWidth, plotHeight));
    const { points } = diagram;
    const names = pointTicks(points, Math.floor(plotWidth / (widest(pointTicks(points, points.length), measure) + 12)));
    option.xAxis!.push({ gridIndex: number, ...axis(measure, names, 0, points.length, diagram.across, 24) });
    option.yAxis!.push({ gridIndex: number, ...axis(measure, ticks, low, high, diagram.label, lefts[number]! - 28) });
    option.graphic!.push(words(measure, [diagram.title], left + plotWidth / 2, titlesAt, size.panel));
    option.graphic!.push(...legends[number]!.draw(left, titlesAt + 22));
    for (const { colour, line, values } of diagram.curves) {
      const data = values.map((value, i) => {
        return [place(i + 0.5, 0, points.length), value > 0 ? place(Math.log10(value), low, high) : Number.NaN];
      });
      const lineStyle = { width: 1.8, type: lineTypes[line % lineTypes.length] };
      const dots = { symbol: "circle", symbolSize: 4, showSymbol: true, showAllSymbol: true };
      option.series!.push({ type: "line", ...at, data, color: colourAt(colour), lineStyle, ...dots });
    }
  }
  return { width: Math.ceil(x), height: top + plotHeight + 46, option, images: [] };
}

/** Diagrams have up to nine curves of a kind, by colour alone: those of charts, then purple, brown and grey. */
const colours = [...lineColours, "#6a3d9a", "#8c510a", "#636363"];
const colourAt = (colour: number) => colours[colour % colours.length]!;

/** Where ticks are between powers of ten, the fewest first. */
const steps = [[1], [1, 2, 5], [1, 1.5, 2, 3, 5, 7], [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8]];

/** The ends of the y axis as powers of ten, a little beyond all values, and three ticks or more. */
function scaleOf({ curves }: Diagram): { readonly low: number; readonly high: number; readonly ticks: Ticks } {
  const all = curves.flatMap(({ values }) => values.filter((value) => value > 0)).map(Math.log10);
  const [least, largest] = [Math.min(...all), Math.max(...all)];
  const pad = Math.max(0.05 * (largest - least), 0.15);
  const [low, high] = [least - pad, largest + pad];
  const powers = Array.from({ length: Math.floor(high) - Math.floor(low) + 1 }, (_, i) => Math.floor(low) + i);
  const ticksAt = (between: readonly number[]) =>
    powers.flatMap((power) => between.map((step) => power + Math.log10(step))).filter((at) => at >= low && at <= high);
  const values = steps.map(ticksAt).find(({ length }) => length >= 3) ?? ticksAt(steps.at(-1)!);
  return { low, high, ticks: { values, format: (value) => String(Number((10 ** value).toPrecision(2))) } };
}

/** What colours and, where there are several, lines stand for, in rows below each other as wide as the diagram. */
function legendOf({ colours, lines }: Diagram, measure: Measure) {
  const entries = [
    ...colours.map((text, number) => ({ text, style: { stroke: colourAt(number), lineWidth: 4 } })),
    ...(lines.length > 1 ? lines : []).map((text, number) => {
      return { text, style: { stroke: ink, lineWidth: 1.8, lineDash: lineTypes[number % lineTypes.length] } };
    }),
  ];
  let [x, y] = [0, 0];
  const placed = entries.map(({ text, style }, number) => {
    const width = 26 + measure(text, size.tick) + 16;
    if (x > 0 && (x + width > plotWidth || number === colours.length)) [x, y] = [0, y + 18];
    const entry = { text, style, x, y };
    x += width;
    return entry;
  });
  const draw = (left: number, top: number) =>
    placed.flatMap((entry) => {
      const [x1, y1] = [left + entry.x, top + entry.y + 8];
      const shape = { x1, x2: x1 + 22, y1, y2: y1 };
      return [
        { type: "line", silent: true, shape, style: entry.style },
        words(measure, [entry.text], x1 + 26, top + entry.y + 1, size.tick, "left"),
      ];
    });
  return { height: y + 22, draw };
}
