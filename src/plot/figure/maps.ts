/** Heat maps beside and below each other, with one colour scale. */

import { longestDrawn, type Size } from "../arrows.js";
import { ticksAlong, ticksIn, titleAlong } from "../axes.js";
import { notFinite } from "../colours.js";
import { hasContours, lowered } from "../contours.js";
import type { Panel } from "../index.js";
import { edgesOf, isConstant, paint, type Ticks } from "../scale.js";
import { arrowsOver, contoursOver, levelsOf, notesOf, placesAlong } from "./overlay.js";
import {
  around,
  axis,
  border,
  density,
  edgesAlong,
  type Figure,
  frame,
  type Image,
  ink,
  inner,
  labelOf,
  leading,
  type MapOptions,
  type Measure,
  place as partOf,
  size,
  steadyWidth,
  widest,
  words,
  wrap,
} from "./parts.js";
import { shownOf } from "./shown.js";

/** Panels beside each other at most, and in pictures of more than that. */
const mostInRow = 5;
const mostColumns = 8;

/** How many panels stand beside each other: rows have one length, and pictures are wider than high. */
export function columnsOf(panels: number): number {
  if (panels <= mostInRow) return panels;
  const rows = Math.ceil(panels / Math.min(mostColumns, Math.ceil(Math.sqrt(1.5 * panels))));
  return Math.ceil(panels / rows);
}

/** Pixels along the longer side of panels in one row, where the picture may have any width. */
const usualRoom = (panels: number) => [420, 340][panels - 1] ?? 280;

type Edges = readonly [Float64Array, Float64Array];

/** The size of panels with so much room, in which both axes have one scale unless they are stretched. */
function sizeIn(room: number, edges: Edges, isStretched = false): Size {
  if (isStretched) return { width: room, height: Math.round(0.75 * room) };
  const [across, upwards] = edges.map((faces) => faces.at(-1)! - faces[0]!) as [number, number];
  const scale = Math.min(room / across, (1.25 * room) / upwards);
  return { width: Math.max(24, Math.round(scale * across)), height: Math.max(24, Math.round(scale * upwards)) };
}

/** What the longest arrow of planes in one row stands for, where the picture may have any width: `longest` of films. */
export function longestArrow(panels: readonly Panel[], options: MapOptions): number | undefined {
  const all = panels.flatMap(({ vectors }) => (vectors ? [vectors] : []));
  const edges = [0, 1].map((axis) => edgesAlong(options, axis, panels[0]!.shape[axis]!)) as [
    Float64Array,
    Float64Array,
  ];
  const centres = [placesAlong(options, 0, edges[0]), placesAlong(options, 1, edges[1])] as const;
  return longestDrawn(all, centres, sizeIn(usualRoom(panels.length), edges, options.isStretched));
}

/** Heat maps in rows, the colour bar at the right. */
export function maps(panels: readonly Panel[], options: MapOptions, measure: Measure): Figure {
  const [nx, ny, nz] = panels[0]!.shape as [number, number, number?];
  const edges = [edgesAlong(options, 0, nx), edgesAlong(options, 1, ny)] as const;
  const [[left, right], [bottom, top]] = edges.map((e) => [e[0]!, e.at(-1)!]) as [[number, number], [number, number]];
  const names = options.axes ?? ["x", "y", "z"];
  const plane = Math.floor((nz ?? 1) / 2);
  const inPlane = (values: ArrayLike<number>) =>
    nz === undefined ? values : Float64Array.from({ length: nx * ny }, (_, cell) => values[cell * nz + plane]!);
  const planes = panels.map(({ values }) => inPlane(values));
  const z = nz && Number((options.coordinates?.[2]?.[plane] ?? plane + 0.5).toPrecision(4));
  const suffix = nz === undefined ? "" : `, ${names[2]} = ${z} (plane ${plane} of ${nz})`;
  const shown = shownOf(planes, options);
  const { fields, range, map, strange, ticks } = shown;
  const levels = hasContours([nx, ny]) ? levelsOf(options, shown) : { values: [], format: String };
  const vectors = panels.map((panel) => panel.vectors?.map(inPlane) as Panel["vectors"]);
  const centres = [placesAlong(options, 0, edges[0]), placesAlong(options, 1, edges[1])] as const;
  const [low, high] = range ?? [0, 1];
  const bar = ticks(low, high, 7);
  const { isSteady = false } = options;
  const label = isSteady ? labelOf(options, [0, 1]) : labelOf(options, range);
  const columns = columnsOf(panels.length);
  const rows = Math.ceil(panels.length / columns);

  // From the left: margin with the y axis, slots with a panel in each, colour bar, its ticks, its label.
  const xTickWidth = widest(ticksAlong(options, 0, left, right, 7), measure);
  const yTickWidth = widest(ticksAlong(options, 1, bottom, top, 7), measure);
  const marginLeft = Math.ceil(40 + yTickWidth);
  const gap = Math.ceil(Math.max(24, xTickWidth + 10));
  const barGap = Math.max(20, Math.ceil(xTickWidth / 2) + 8);
  const barWidth = 14;
  const labelAt = barWidth + 12 + (isSteady && !options.range ? steadyWidth(measure) : widest(bar, measure));
  const strangeWidth = barWidth + 8 + measure(strange ?? "not finite", size.tick);
  const wordsWidth = Math.max(labelAt + 24, strange || isSteady ? strangeWidth : 0);
  const marginRight = Math.ceil(barGap + wordsWidth + 12);
  const wanted = rows > 1 ? 200 : usualRoom(panels.length);
  const free = options.width && (options.width - marginLeft - marginRight - gap * (columns - 1)) / columns;
  const room = Math.max(24, Math.floor(free ?? wanted));
  const { width, height } = sizeIn(room, edges, options.isStretched);
  const drawn = vectors.filter((each) => each !== undefined);
  const longest = options.longest ?? longestDrawn(drawn, centres, { width, height });
  const slot = free === undefined ? Math.max(width, 140) : room;
  const needed = marginLeft + columns * slot + (columns - 1) * gap + marginRight;
  const whole = Math.max(options.width ?? 0, needed);

  // From the top: title, then of each row titles, panels (or the colour bar where that is taller) and ticks; axis name.
  const heading = wrap(options.title ?? "", whole - 24, (text) => measure(text, size.title));
  const titles = panels.map(({ title }) => wrap(title + suffix, slot + gap - 10, (text) => measure(text, size.panel)));
  const titlesAt = 12 + (options.title ? Math.ceil(heading.length * size.title * leading) + 8 : 0);
  const titlesHeight = Math.ceil(Math.max(...titles.map((t) => t.length)) * size.panel * leading);
  const step = height + titlesHeight + 8 + 24;
  const rowsHeight = height + (rows - 1) * step;
  const barHeight = Math.max(rows > 1 ? Math.min(rowsHeight, 480) : height, 120);
  const tallest = Math.max(barHeight, Math.ceil(measure(label, size.name)));
  const firstTop = titlesAt + Math.max(titlesHeight + 8, Math.ceil((tallest - rowsHeight) / 2));
  const lastBottom = firstTop + rowsHeight;
  const barTop = firstTop + Math.round((rowsHeight - barHeight) / 2);

  const graphics: object[] = [];
  const images: Image[] = [];
  const [grid, xAxis, yAxis]: [object[], object[], object[]] = [[], [], []];
  if (options.title) graphics.push(words(measure, heading, whole / 2, 12, size.title));
  const [across, upwards] = [
    { length: width, each: xTickWidth + 16, pair: (ticks: Ticks) => widest(ticks, measure) + 6 },
    { length: height, each: 30, pair: () => size.tick + 2 },
  ];
  const xTicks = ticksIn(options, 0, [left, right], across!);
  const yTicks = ticksIn(options, 1, [bottom, top], upwards!);
  fields.forEach((values, p) => {
    const [column, row] = [p % columns, Math.floor(p / columns)];
    const panelTop = firstTop + row * step;
    const panelBottom = panelTop + height;
    const at = marginLeft + column * (slot + gap) + Math.round((slot - width) / 2);
    const pixels = paint(values, edges, range, [width * density, height * density], map);
    images.push({ pixels, x: at, y: panelTop, width });
    const lines = titles[p]!;
    const titleTop = panelTop - 8 - lines.length * size.panel * leading;
    graphics.push(words(measure, lines, at + width / 2, titleTop, size.panel));
    const rectangle = { x: at, y: panelTop, width, height };
    const heights = levels.values.map(lowered(planes[p]!, options.log));
    graphics.push(...contoursOver(values, centres, heights, rectangle));
    graphics.push(...arrowsOver(vectors[p], centres, longest, rectangle));
    const [vertical, horizontal] = inner(panels[p]!);
    for (const cell of vertical!) {
      const x = at + (width * (edges[0][cell]! - left)) / (right - left);
      graphics.push(...border(x, panelTop, x, panelBottom));
    }
    for (const cell of horizontal!) {
      const y = panelBottom - (height * (edges[1][cell]! - bottom)) / (top - bottom);
      graphics.push(...border(at, y, at + width, y));
    }
    grid.push(frame(at, panelTop, width, height));
    const isLowest = p + columns >= panels.length;
    xAxis.push({ gridIndex: p, ...axis(measure, xTicks, left, right, isLowest ? titleAlong(options, 0) : "", 24) });
    yAxis.push({
      gridIndex: p,
      ...axis(measure, yTicks, bottom, top, column ? "" : titleAlong(options, 1), yTickWidth + 16, column === 0),
    });
  });

  const barAt = marginLeft + columns * (slot + gap) - gap + barGap;
  const pixelRows = barHeight * density;
  const ramp = Float64Array.from({ length: pixelRows }, (_, i) => place(i / (pixelRows - 1), low, high));
  if (!range) ramp.fill(Number.NaN);
  const rampPixels = paint(ramp, [edgesOf(1), edgesOf(pixelRows)], range, [barWidth * density, pixelRows], map);
  images.push({ pixels: rampPixels, x: barAt, y: barTop, width: barWidth });
  grid.push(frame(barAt, barTop, barWidth, barHeight));
  const barIndex = { gridIndex: panels.length };
  xAxis.push({ ...barIndex, type: "value", min: 0, max: 1, show: false });
  const [from, to] = range && !isConstant(range) ? range : around(low);
  const barTicks = ticks(low, high, Math.min(7, Math.floor(barHeight / 30)));
  yAxis.push({ ...barIndex, position: "right", ...axis(measure, barTicks, from, to, "", 0) });
  graphics.push({
    ...words(measure, [label], barAt + labelAt, barTop + barHeight / 2, size.name),
    rotation: Math.PI / 2,
  });
  if (strange) {
    const style = { fill: `rgb(${notFinite})`, stroke: ink, lineWidth: 1 };
    const [x, y] = [barAt, barTop + barHeight + 14];
    graphics.push({ type: "rect", silent: true, x, y, shape: { width: barWidth, height: barWidth }, style });
    graphics.push(words(measure, [strange], x + barWidth + 6, y + 1, size.tick, "left"));
  }
  for (const level of levels.values) {
    const y = barTop + barHeight * (1 - partOf(level, from, to));
    if (level >= from && level <= to) graphics.push(...border(barAt, y, barAt + barWidth, y));
  }
  const end = Math.max(
    lastBottom + 46,
    firstTop + (rowsHeight + tallest) / 2 + 14,
    barTop + barHeight + (strange || isSteady ? 36 : 0),
  );
  const notes = notesOf(measure, levels, panels, longest, options, whole - 24);
  graphics.push(...notes.draw(12, end + 2));
  return {
    width: Math.ceil(whole),
    height: Math.ceil(end + (notes.height > 0 ? notes.height + 8 : 0)),
    option: { grid, xAxis, yAxis, graphic: graphics },
    images,
  };
}

/** A number between two others, in a way that does not overflow. */
function place(part: number, low: number, high: number): number {
  return low * (1 - part) + high * part;
}
